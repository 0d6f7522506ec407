"""The figure of forget biases: with the variants of the LSTM, and from rows that are older than these."""

from __future__ import annotations

import pandas as pd

from analysis.figures import forget_bias
from tests.support.rows import synthetic

FRAME = synthetic.frame(synthetic.with_truth(seeds=3), studies=("forget-bias",))
LABELS = dict.fromkeys(forget_bias.LABELS, "w")


def built(frame: pd.DataFrame) -> tuple[pd.DataFrame, int, list[str]]:
    """Return the data, the number of panels and the ids of the series."""
    figure = forget_bias.build(frame)
    assert figure is not None
    drawing = forget_bias.draw(figure.data, "paper", LABELS)
    lines = [line.get_gid() for axes in drawing.axes for line in axes.lines]
    return figure.data, len(drawing.axes), [gid for gid in lines if gid]


def test_the_path_of_the_cell_without_a_forget_gate_is_level_and_stands_beside_that_of_each_bias() -> None:
    data, panels, series = built(FRAME)
    carried = data.loc[(data["name"] == "lstm-1997") & (data["path"] == "forget-path")]
    assert len(carried) == len(synthetic.LAGS)
    assert carried["forget_bias"].isna().all()
    assert (carried[["median", "low", "high"]] == 0.0).all(axis=None)
    assert panels == 3
    assert [gid for gid in series if gid.startswith("series-lstm-1997")] == [
        "series-lstm-1997--forget-path-lstm",
        "series-lstm-1997--total-lstm",
    ]


def test_rows_of_the_lstm_alone_are_drawn_as_before() -> None:
    _, panels, series = built(FRAME.loc[FRAME["cell"] == "lstm"])
    assert panels == 2
    assert len(series) == 2 * len(set(FRAME.loc[FRAME["cell"] == "lstm", "initialiser_value"]))


def test_rows_without_the_lstm_make_no_figure() -> None:
    assert forget_bias.build(FRAME.loc[FRAME["cell"] != "lstm"]) is None
