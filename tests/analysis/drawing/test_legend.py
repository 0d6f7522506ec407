"""Legends: entries in the house's order, with the words of the catalogue."""

from __future__ import annotations

from analysis.cells import known
from analysis.drawing import legend, marks, style

LOOK = style.look("paper")


def test_cells_stand_in_their_order_whatever_the_data_s() -> None:
    names = list(known().main)
    handles = legend.cell_handles(names[::-1], {f"cell.{names[0]}": "first"}, LOOK)
    assert [handle.get_label() for handle in handles] == ["first", *(known().find(name).label for name in names[1:])]


def test_where_colour_says_something_else_implementations_are_in_ink() -> None:
    own, peer = legend.backend_handles(["torch", "cpu"], {}, LOOK, colored=False)
    assert own.get_color() == peer.get_color() == LOOK.ink
    assert (own.get_markerfacecolor(), peer.get_markerfacecolor()) == (LOOK.ink, "none")


def test_each_shade_has_a_marker_and_a_word_of_its_own() -> None:
    entries = legend.shade_entries(marks.shades([1, 8]), {1: "one", 8: "eight"})
    assert [(entry.get_marker(), entry.get_label()) for entry in entries] == [
        (marks.MARKERS[0], "one"), (marks.MARKERS[1], "eight"),
    ]  # fmt: skip
