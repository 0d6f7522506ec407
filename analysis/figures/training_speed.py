"""Figure "training-speed": steps of training per second, over those of PyTorch on the same network and batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

from analysis.cells import known
from analysis.drawing import legend, marks, style
from analysis.drawing.axes import thousands
from analysis.drawing.build import make
from analysis.readings.call_times import OWN
from analysis.readings.training_times import PEERS, STUDY, at_best_threads, speed_ratios, step_times
from analysis.result import Fact, Figure, Number, fact_key
from analysis.select import ordered
from analysis.statistics.intervals import generator
from analysis.statistics.paired import block_ratios, noise_facts, paired_ratio

ID = "training-speed"
STUDIES = (STUDY,)
LABELS = ("x", "y", "noise", *(f"backend.{name}" for name in PEERS))
FACTS = (
    "seq_len", "batch_size", "smallest", "largest",
    *(f"{name}_{what}" for name in ("rnn", "lstm", "gru") for what in ("steps", "torch", "torch_most")),
    "noise_low", "noise_high",
)  # fmt: skip
"""Facts of a full run, at the smallest and (`_most`) the largest H: <cell>_steps, steps per second of this suite;
<cell>_torch, these over PyTorch's; each with the number of threads at which it is faster. <cell>_torch_compile too,
where that was measured, at the smallest H with one thread."""

PLACE = ["hidden_size", "threads"]
TIE = 1.0
POWERS = tuple(2.0**power for power in range(-4, 10))
ROOM = 1.35
"""Of the axis beyond the intervals: for the ratios that are written there."""


def build(frame: pd.DataFrame) -> Figure | None:
    """Average the paired ratio of times geometrically over blocks, with its interval, at every size."""
    rows = step_times(frame)
    data = speed_ratios(rows, ID)
    if data.empty:
        return None
    return make(ID, data, STUDIES, _facts(data, rows))


def _facts(data: pd.DataFrame, rows: pd.DataFrame) -> dict[str, Fact]:
    facts: dict[str, Fact] = {name: float(data[name].iloc[0]) for name in ("seq_len", "batch_size")}
    facts |= {"smallest": float(data["hidden_size"].min()), "largest": float(data["hidden_size"].max())}
    facts |= noise_facts(data)
    rng = generator(f"{ID}-best")
    for name, part in rows.groupby("name"):
        for hidden_size, ending in ((facts["largest"], "_most"), (facts["smallest"], "")):
            here = part.loc[part["hidden_size"] == hidden_size]
            own, there = at_best_threads(here, OWN), at_best_threads(here, "torch")
            if not block_ratios(there, own).empty:
                facts[fact_key(name, "torch") + ending] = paired_ratio(there, own, rng)
                facts[fact_key(name, "steps") + ending] = Number(1 / float(own["value"].median()), digits=2)
            once = here.loc[here["threads"] == 1]
            own, compiled = once.loc[once["backend"] == OWN], once.loc[once["backend"] == "torch-compile"]
            if not block_ratios(compiled, own).empty:
                facts[fact_key(name, "torch_compile") + ending] = paired_ratio(compiled, own, rng)
    return facts


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw a panel per cell, a row per size and number of threads; right of 1 this suite makes more steps."""
    names = ordered(data["name"], known().main)
    places = sorted(set(data[PLACE].itertuples(index=False, name=None)))
    backends = ordered(data["backend"], PEERS)
    with style.canvas(style_name, 1, len(names), ratio=0.95 * len(names), sharex=True, sharey=True) as drawing:
        look = drawing.look
        for axes, name in zip(drawing.flat, names, strict=True):
            here = data.loc[data["name"] == name]
            if "noise_low" in here.columns and here["noise_low"].notna().any():
                axes.axvspan(here["noise_low"].min(), here["noise_high"].max(), color=look.ink, alpha=0.12, linewidth=0)
            axes.axvline(TIE, color=look.ink, linewidth=look.line * 0.5)
            for backend in backends:
                _dots(axes, here.loc[here["backend"] == backend], places, backend, name, look)
            axes.set_title(style.word(labels, "cell", name), loc="left")
            axes.set_yticks(range(len(places)), [", ".join(map(thousands, place)) for place in places])
            axes.tick_params(axis="y", length=0)
            axes.grid(False, axis="y")
        _ratio_axis(drawing.flat[0], data)
        drawing.flat[0].set_ylim(len(places) - 0.5, -0.5)
        drawing.flat[0].set_ylabel(labels["y"])
        drawing.figure.supxlabel(labels["x"], fontsize=look.type_size)
        handles = legend.backend_handles(backends, labels, look)
        for handle in handles:
            handle.set_linestyle("-")
        if "noise_low" in data.columns:
            handles.append(legend.swatch(look, labels["noise"]))
        drawing.legend(handles)
    return drawing.figure


def _dots(
    axes: Axes, part: pd.DataFrame, places: list[tuple[int, int]], backend: str, name: str, look: style.Look
) -> None:
    """Draw the ratios to a peer, each with its interval, and write them: of the first peer above, of others below."""
    if part.empty:
        return
    mark = marks.backend_mark(backend, look)
    heights = [places.index(place) for place in part[PLACE].itertuples(index=False, name=None)]
    axes.hlines(heights, part["low"], part["high"], color=mark.color, linewidth=look.line)
    axes.plot(
        part["ratio"], heights, color=mark.color, linestyle="none", marker=mark.marker, gid=f"series-{name}--{backend}"
    )
    for ratio, height in zip(part["ratio"], heights, strict=True):
        text = f"{ratio:.1f}" if ratio < 10 else f"{ratio:.0f}"
        side, va = (1, "bottom") if backend == PEERS[0] else (-1, "top")
        place: Any = {"xytext": (0, side * look.marker * 0.9), "textcoords": "offset points", "ha": "center", "va": va}
        axes.annotate(text, (ratio, height), fontsize=look.small(0.8), color=look.ink, **place)


def _ratio_axis(axes: Axes, data: pd.DataFrame) -> None:
    """Make x a logarithmic axis of ratios, with 1 on it."""
    low = min(TIE, data["ratio"].min(), data["low"].min()) / ROOM
    high = max(TIE, data["ratio"].max(), data["high"].max()) * ROOM
    axes.set_xscale("log", base=2)
    axes.set_xlim(low, high)
    axes.set_xticks([tick for tick in POWERS if low <= tick <= high])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(FuncFormatter(thousands))
