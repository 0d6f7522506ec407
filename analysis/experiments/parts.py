"""What the reading of an experiment hands on: data, layout, facts and the values behind its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.experiments.quoting import Item
from analysis.result import Fact, Layout


@dataclass(frozen=True)
class Answer:
    """All that the figure and the table of an experiment are made of."""

    data: pd.DataFrame
    layout: Layout
    facts: Mapping[str, Fact]
    items: Sequence[Item]
