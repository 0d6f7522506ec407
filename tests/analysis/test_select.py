"""Order of levels: the house's where it has one, then what it does not know."""

from __future__ import annotations

from analysis.select import ordered, ordered_keys


def test_known_levels_come_first_and_unknown_ones_sorted() -> None:
    assert ordered(["z", "b", "a", "torch"], ("torch", "b", "keras")) == ["torch", "b", "a", "z"]


def test_keys_are_sorted_place_by_place() -> None:
    keys = [("gru", 64), ("lstm", 8), ("gru", 8), ("rnn", 16)]
    assert ordered_keys(keys, ("rnn", "lstm", "gru"), ()) == [("rnn", 16), ("lstm", 8), ("gru", 8), ("gru", 64)]
