"""Lines with bands: the band spans the ends, the line runs through the middle."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from matplotlib.figure import Figure as Canvas

from analysis.drawing import lines, marks, style


def test_a_band_reaches_from_the_lower_to_the_upper_ends() -> None:
    panel = Canvas().subplots()
    data = pd.DataFrame({"lag": [0, 1, 2], "median": [3.0, 2.0, 1.0], "low": [2.0, 1.0, 0.0], "high": [4.0, 3.0, 2.5]})
    line = lines.banded_line(panel, data, "lag", marks.PALETTE[0], "series-a", markevery=2)
    assert list(line.get_ydata()) == [3.0, 2.0, 1.0]
    assert (line.get_gid(), line.get_color(), line.get_markevery()) == ("series-a", marks.PALETTE[0].color, 2)
    (band,) = panel.collections
    corners = band.get_paths()[0].vertices
    assert (corners[:, 1].min(), corners[:, 1].max()) == (0.0, 4.0)


@pytest.mark.parametrize("data", [{"ratio": [1.0]}, {"noise_low": [math.nan], "noise_high": [math.nan]}])
def test_noise_that_is_not_known_is_not_drawn(data: dict[str, list[float]]) -> None:
    panel = Canvas().subplots()
    lines.noise_band(panel, pd.DataFrame(data), style.look("paper"), 0.1)
    assert not panel.patches


def test_noise_is_drawn_as_wide_as_its_widest() -> None:
    panel = Canvas().subplots()
    data = pd.DataFrame({"noise_low": [0.9, 0.8], "noise_high": [1.2, 1.1]})
    lines.noise_band(panel, data, style.look("paper"), 0.1)
    (band,) = panel.patches
    assert band.get_bbox().intervaly == pytest.approx([0.8, 1.2])
