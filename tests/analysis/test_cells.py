"""What rows say of their cells."""

from __future__ import annotations

from analysis.cells import cells_of, known
from cells.registry import cell_meanings


def test_a_cell_state_is_kept_by_a_forget_gate_or_carried_whole() -> None:
    states = {name: known().find(name).cell_state for name in known().names}
    assert states == {
        "rnn": None,
        "lstm": "c",
        "lstm-1997": "c",
        "lstm-coupled": "c",
        "gru": None,
        "gru-reset-before": None,
    }
    assert not known().find("lstm-1997").has_forget_gate


def test_rows_from_before_a_cell_could_carry_a_state_are_read() -> None:
    old = {name: {k: v for k, v in cell_meanings()[name].items() if k != "carries"} for name in ("rnn", "lstm", "gru")}
    found = cells_of([{"cells": old}])
    assert [found.find(name).cell_state for name in ("rnn", "lstm", "gru")] == [None, "c", None]
