"""Marks: one for each cell and implementation, and ink in the style's own colour."""

from __future__ import annotations

import pytest

from analysis.cells import known
from analysis.drawing import marks, style


def test_no_two_cells_of_the_registry_look_alike() -> None:
    found = [marks.cell_mark(name) for name in known().names]
    assert len(found) == len({(mark.color, mark.marker) for mark in found})


def test_what_nobody_knows_has_the_mark_of_nothing_else() -> None:
    assert marks.cell_mark("nobody") == marks.OTHER
    assert marks.cell_mark("convolution") == marks.CONVOLUTION


@pytest.mark.parametrize("name", style.STYLES)
def test_this_suite_is_drawn_in_the_ink_of_the_style(name: str) -> None:
    look = style.look(name)
    assert marks.backend_mark("cpu", look).color == look.ink
    assert marks.backend_mark("torch", look) == marks.BACKENDS["torch"]


def test_shades_are_as_many_as_there_are_levels() -> None:
    colors = marks.shades([1, 8, 64])
    assert list(colors) == [1, 8, 64]
    assert len(set(colors.values())) == 3
