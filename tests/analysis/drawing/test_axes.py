"""Axes: ticks where they were asked for, numbers as they are read."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure as Canvas

from analysis.drawing import axes as scales


def test_an_axis_of_ratios_has_the_ticks_between_its_ends() -> None:
    panel = Canvas().subplots()
    scales.ratio_axis(panel, 0.7, 4.5)
    assert list(panel.get_yticks()) == [0.75, 1, 1.5, 2, 3, 4]
    assert panel.get_ylim() == pytest.approx((0.7, 4.5))
    assert panel.get_yscale() == "log"


def test_an_axis_of_sizes_has_a_tick_for_each() -> None:
    panel = Canvas().subplots()
    scales.size_axis(panel, [32, 100, 1024])
    assert [label.get_text() for label in panel.get_xticklabels()] == ["32", "100", "1,024"]


def test_fewer_ticks_are_the_powers_of_two_where_there_are_any() -> None:
    assert scales.powers_of_two([32, 48, 64, 96]) == [32, 64]
    assert scales.powers_of_two([10, 100]) == [10, 100]


@pytest.mark.parametrize(
    ("write", "value", "text"),
    [
        (scales.thousands, 2048.0, "2,048"), (scales.thousands, 0.5, "0.5"),
        (scales.signed, -0.25, "−0.25"), (scales.signed, 3.0, "3"),
        (scales.power, -3.0, "$10^{-3}$"), (scales.power, 0.0, "1"),
        (scales.seconds, 2e-3, "2 ms"), (scales.seconds, 1e-4, "100 µs"), (scales.seconds, 3e-9, "3 ns"),
    ],
)  # fmt: skip
def test_a_number_is_written_as_it_is_read(write, value: float, text: str) -> None:  # type: ignore[no-untyped-def]
    assert write(value) == text
