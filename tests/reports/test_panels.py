"""Axes as the page's script reads them: what their edges stand for, and which levels their ticks name."""

from __future__ import annotations

import json

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from analysis.drawing.axes import power, seconds, thousands
from reports.panels import number, panels

mpl.use("Agg")


def drawn(prepare) -> list:
    canvas = Figure(figsize=(4, 3))
    axes = canvas.add_axes((0.25, 0.5, 0.5, 0.25))
    axes.plot([1, 2], [3, 4], gid="series-lstm")
    axes.set(xlim=(1, 8), ylim=(-6, 0), xlabel="steps $T$", ylabel="left", title="one")
    prepare(axes)
    return json.loads(panels(canvas))


def test_edges_titles_and_kinds():
    def prepare(axes):
        axes.set_xscale("log", base=2)
        axes.get_lines()[0].set_xdata([1, 1.1])
        axes.yaxis.set_major_formatter(FuncFormatter(power))

    assert drawn(prepare) == [[72, 54, 216, 108, "one", ["steps T", "log", 1, 8], ["left", "power", -6, 0]]]


def test_levels_stand_where_their_ticks_are():
    found = drawn(lambda axes: axes.set_yticks([-1, -2], ["RNN", "GRU"]))
    assert found[0][6] == ["left", "names", -6, 0, [[-1, "RNN"], [-2, "GRU"]]]


def test_sizes_are_levels_even_where_points_stand_side_by_side():
    def prepare(axes):
        axes.set(xlim=(1, 100))
        axes.set_xscale("log", base=2)
        axes.set_xticks([1, 2])
        axes.xaxis.set_major_formatter(FuncFormatter(thousands))
        axes.get_lines()[0].set_xdata([1.1, 1.9])

    name, kind, low, high, ticks = drawn(prepare)[0][5]
    assert (name, kind, low, high) == ("steps T", "names", 0, 2)
    assert ticks == [[0, "1"], [pytest.approx(0.30103), "2"]]


def test_rows_of_a_map_have_no_values():
    assert drawn(lambda axes: axes.set_yticks([])) == []


def test_times_are_seconds():
    def prepare(axes):
        axes.set(ylim=(1e-3, 1))
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(seconds))

    assert drawn(prepare)[0][6][:2] == ["left", "log seconds"]


def test_an_axis_that_is_turned_keeps_its_ends():
    assert drawn(lambda axes: axes.invert_yaxis())[0][6] == ["left", "linear", 0, -6]


def test_a_panel_whose_scale_is_unknown_is_left_out():
    assert drawn(lambda axes: axes.set_yscale("symlog")) == []


@pytest.mark.parametrize(
    ("label", "value"),
    [("−0.5", -0.5), ("1,024", 1024), ("¼", 0.25), ("$10^{-3}$", 1e-3), ("RNN", None), ("32, 1", None)],
)
def test_labels_that_are_numbers(label, value):
    assert number(label) == (value if value is None else pytest.approx(value))
