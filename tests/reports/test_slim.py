"""Fewer characters, the same drawing: paths keep their places, letters are shared, what says nothing goes."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from reports.slim import share_glyphs, short, short_path, slim

LETTER = '<path id="glyph-DejaVuSans-41" d="M0 0h{}z" transform="scale(.0156)" />'


def places(path: str) -> list[tuple[float, float]]:
    """Return the ends of the steps of a relative path, independently of how it was written."""
    found, x, y = [], 0.0, 0.0
    for command, rest in re.findall(r"([Mlhvqcz])([^A-Za-z]*)", path):
        numbers = [float(number) for number in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", rest)]
        if command in "hv":
            for number in numbers:
                x, y = (x + number, y) if command == "h" else (x, y + number)
                found.append((x, y))
        elif command != "z":
            width = {"M": 2, "l": 2, "q": 4, "c": 6}[command]
            for place in range(0, len(numbers), width):
                step = numbers[place + width - 2 : place + width]
                x, y = step if command == "M" else (x + step[0], y + step[1])
                found.append((x, y))
    return found


def test_a_relative_path_has_the_same_places():
    """Steps of a third, a thousand of them: were each rounded by itself, the end would be off by three points."""
    points = [(step / 3, (step * 7919 % 101) / 7) for step in range(1000)]
    written = short_path("M " + " L ".join(f"{x:.6f} {y:.6f}" for x, y in points))
    for (x, y), (at_x, at_y) in zip(points, places(written), strict=True):
        assert (at_x, at_y) == pytest.approx((x, y), abs=0.0051)


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("M 10 10 L 20.004 10 L 20 12.5 z", "M10 10h10v2.5z"),
        ("M 0 0 L 1 1 L 2 2 L 1.5 3", "M0 0l1 1 1 1-.5 1"),
        ("M 1 1 Q 2 3 4 5 C 1 1 2 2 3 3 z", "M1 1q1 2 3 4c-3-4-2-3-1-2z"),
        ("M 1 1 L 2 2 z M 5 5 L 6 5", "M1 1l1 1zM5 5h1"),
    ],
)
def test_steps_are_written_shortly(path, written):
    assert short_path(path) == written


def test_an_unknown_command_is_an_error():
    with pytest.raises(ValueError, match="command 'A'"):
        short_path("M 0 0 A 1 1 0 0 1 2 2")


def test_small_scales_keep_their_digits():
    assert (
        short("translate(51.747258 147.062026) scale(0.0855 -0.0855)") == "translate(51.75 147.06) scale(.0855 -.0855)"
    )


def test_what_shows_nothing_goes_and_what_is_named_stays():
    root = ET.fromstring(
        '<svg>\n <title>A b</title> <g id="figure_1"> <path d="M 0 0 L 1 1" fill="none" />'
        '<g><path d="M 0 0 L 1 1" fill="none" stroke="red" /></g><g data-series="series-x" id="y">'
        '<path d="M 2 2" fill="red" /></g></g></svg>'
    )
    slim(root)
    assert ET.tostring(root, encoding="unicode") == (
        '<svg><title>A b</title><path d="M0 0l1 1" fill="none" stroke="red" />'
        '<g data-series="series-x"><path d="M2 2" fill="red" /></g></svg>'
    )


def test_letters_of_all_drawings_stand_once():
    page = "<header></header>" + 2 * f'<svg><defs>{LETTER.format(1)}</defs><use href="#glyph-DejaVuSans-41" /></svg>'
    shared = share_glyphs(page, "<header>")
    assert shared.count('<path id="g0"') == 1
    assert shared.count('<use href="#g0" />') == 2
    assert "glyph-" not in shared
    with pytest.raises(ValueError, match="two outlines"):
        share_glyphs(LETTER.format(1) + LETTER.format(2), "<header>")
