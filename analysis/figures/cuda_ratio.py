"""Figure "cuda-ratio": how many times as long cuDNN takes, over the grid of hidden and batch sizes and lengths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure as Canvas

from analysis.cells import known
from analysis.drawing import legend, marks, style
from analysis.drawing.axes import powers_of_two, ratio_axis, size_axis
from analysis.drawing.build import make
from analysis.drawing.lines import noise_band
from analysis.readings.device_times import (
    AGAIN,
    OWN,
    PLACE,
    REGIMES,
    STUDY,
    by_shape,
    events,
    limits,
    on_grid,
    paired,
    regime,
    together,
)
from analysis.result import Fact, Figure, Number
from analysis.select import DIRECTION_ORDER, ordered
from analysis.statistics.intervals import generator, geometric_mean
from analysis.statistics.paired import noise, noise_blocks, noise_facts, with_noise

ID = "cuda-ratio"
STUDIES = (STUDY,)
DTYPE = "float32"
LABELS = (
    "x",
    "y",
    "batch",
    "noise",
    *(f"direction.{name}" for name in DIRECTION_ORDER),
)
FACTS = (
    "points",
    "slower",
    "lengths",
    "noise_low",
    "noise_high",
    "small_hidden",
    "small_batch",
    "large_from",
    "large_to",
    *(f"{area}_{direction}" for area in ("small", "large") for direction in DIRECTION_ORDER),
    *(f"{direction}_least" for direction in DIRECTION_ORDER),
    *(f"{direction}_least_point" for direction in DIRECTION_ORDER),
)
"""Facts of a full run: <regime>_<direction>, the geometric mean over shapes and cells with its interval over blocks.

Where no band can be drawn, `noise_blocks` stands for its ends: in how many blocks a kernel met itself.
"""

LINE = ["direction", "name", "batch_size", "hidden_size"]


def build(frame: pd.DataFrame) -> Figure | None:
    """Estimate the paired ratio at each shape in float32, and its geometric mean, least and most over the lengths."""
    rows = events(frame)
    rows = rows.loc[(rows["dtype"] == DTYPE) & rows["name"].isin(known().main)]
    ratios = paired(rows)
    ratios = ratios.loc[on_grid(ratios)] if len(ratios) else ratios
    if ratios.empty:
        return None
    data = by_shape(ratios, ID)
    data["regime"] = regime(data)
    over_lengths = data.groupby(LINE)["ratio"].agg(
        mean=lambda values: geometric_mean(values.to_numpy()), least="min", most="max"
    )
    data = data.merge(over_lengths.reset_index(), on=LINE)
    facts: dict[str, Fact] = limits() | _facts(data)
    data = with_noise(data, noise(rows, PLACE, OWN, AGAIN), PLACE)
    facts |= noise_facts(data) or {"noise_blocks": noise_blocks(rows, OWN, AGAIN)}
    ratios = ratios.assign(regime=regime(ratios))
    for area in REGIMES:
        for direction in DIRECTION_ORDER:
            part = ratios.loc[(ratios["regime"] == area) & (ratios["direction"] == direction)]
            if len(part):
                facts[f"{area}_{direction}"] = together(part, generator(f"{area}-{direction}"))
    return make(ID, data, STUDIES, facts)


def _facts(data: pd.DataFrame) -> dict[str, Fact]:
    facts: dict[str, Fact] = {
        "points": len(data),
        "slower": int((data["ratio"] < 1).sum()),
        "lengths": tuple(sorted(set(data["seq_len"]))),
    }
    for direction, part in data.groupby("direction"):
        least = part.loc[part["ratio"].idxmin()]
        facts[f"{direction}_least"] = Number(float(least["ratio"]), digits=3)
        facts[f"{direction}_least_point"] = tuple(int(least[name]) for name in ("seq_len", "batch_size", "hidden_size"))
        facts[f"{direction}_most"] = Number(float(part["ratio"].max()), digits=3)
    return facts


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw a row per pass, a column per cell, a line per batch size; bars span the lengths, the level line is a tie."""
    directions = ordered(data["direction"], DIRECTION_ORDER)
    names = ordered(data["name"], known().main)
    batches = sorted(set(data["batch_size"]))
    colors = marks.shades(batches)
    low, high = min(data["least"].min(), 1.0) / 1.15, max(data["most"].max(), 1.0) * 1.15
    ratio = 0.9 * len(names) / len(directions)
    with style.canvas(style_name, len(directions), len(names), ratio=ratio, sharex=True, sharey=True) as drawing:
        look = drawing.look
        for row, direction in zip(drawing.panels, directions, strict=True):
            here = data.loc[data["direction"] == direction]
            for axes, name in zip(row, names, strict=True):
                noise_band(axes, here, look, 0.13)
                axes.axhline(1, color=look.ink, linewidth=look.line * 0.6)
                for place, batch in enumerate(batches):
                    line = here.loc[(here["name"] == name) & (here["batch_size"] == batch)]
                    line = line.drop_duplicates(LINE).sort_values("hidden_size")
                    if line.empty:
                        continue
                    # beside each other, so that no bar hides another
                    x = line["hidden_size"] * 2.0 ** (0.09 * (place - (len(batches) - 1) / 2))
                    axes.vlines(
                        x, line["least"], line["most"], color=colors[batch], linewidth=look.line * 0.8, alpha=0.7
                    )
                    axes.plot(
                        x, line["mean"], color=colors[batch], marker=marks.MARKERS[place], linewidth=look.line * 0.9,
                        gid=f"series-batch{batch}--{name}-{direction}",
                    )  # fmt: skip
                size_axis(axes, powers_of_two(sorted(set(data["hidden_size"]))))
                ratio_axis(axes, low, high)
            row[0].set_ylabel(style.word(labels, "direction", direction), fontweight="bold")
        for axes, name in zip(drawing.panels[0], names, strict=True):
            axes.set_title(style.word(labels, "cell", name), loc="left")
        drawing.figure.supxlabel(labels["x"], fontsize=look.type_size)
        drawing.figure.supylabel(labels["y"], fontsize=look.type_size)
        handles: list[Any] = list(
            legend.shade_entries(colors, {batch: f"{labels['batch']} {batch}" for batch in batches})
        )
        if "noise_low" in data.columns:
            handles.append(legend.swatch(look, labels["noise"]))
        drawing.legend(handles)
    return drawing.figure
