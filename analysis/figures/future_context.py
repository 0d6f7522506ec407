"""Figure "future-context": the error of one direction, of two, and of one with as many parameters."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter

from analysis.drawing import legend, marks, style
from analysis.drawing.axes import power
from analysis.drawing.build import make
from analysis.readings.training_arms import rows_of
from analysis.result import Fact, Figure, Number, fact_key
from analysis.statistics.intervals import centred, exponential, generator

ID = "future-context"
STUDIES = ("future-context",)
ARMS = ("one", "wide", "two")
LABELS = ("y", "past", "future", "baseline", *(f"arm.{arm}" for arm in ARMS))
FACTS = (
    "seeds", "shift", "baseline", "hidden_size", "wide_hidden_size", "seq_len",
    *(fact_key(arm, side) for arm in ARMS for side in ("past", "future")),
)  # fmt: skip
"""Facts of a full run: <one, wide or two>_<past or future>, geometric mean over seeds of the error at the largest
shift; `wide` has one direction and as many parameters as two."""

MARKS = {
    "one": marks.Mark(marks.OKABE_ITO["blue"], "o", "-"),
    "wide": marks.Mark(marks.OKABE_ITO["blue"], "s", "-"),
    "two": marks.TWO_DIRECTIONS,
}


def build(frame: pd.DataFrame) -> Figure | None:
    """Geometric mean over seeds, with its interval, of the error at the last test."""
    rows = rows_of(frame, "future-context", "test_mse")
    if rows.empty:
        return None
    one = rows["merge"] == "none"
    own = rows.loc[one, "hidden_size"].min()
    rows["arm"] = np.where(~one, "two", np.where(rows["hidden_size"] == own, "one", "wide"))
    place = ["arm", "offset", "hidden_size"]
    last = rows.sort_values("step").groupby([*place, "seed", "replicate"], sort=True)["value"].last().reset_index()
    last = last.loc[last["value"] > 0]
    rng = generator(ID)
    found = []
    for key, part in last.groupby(place):
        e = exponential(centred(np.log(part["value"].to_numpy()), rng, centre="mean"))
        found.append((*key, e.value, e.low, e.high, e.n))
    data = pd.DataFrame(found, columns=[*place, "value", "low", "high", "n"])
    ends = data[["low", "high"]]
    data[["low", "high"]] = ends.where(np.isfinite(ends))
    level = rows_of(frame, "future-context", "baseline_loss")["value"]
    shift = float(data["offset"].abs().max())
    facts: dict[str, Fact] = {
        "seeds": last["seed"].nunique(),
        "shift": shift,
        "seq_len": int(rows["seq_len"].max()),
        "hidden_size": int(own),
    }
    if len(level):
        data["baseline"] = float(level.median())
        facts["baseline"] = Number(float(level.median()), digits=2)
    wide = data.loc[data["arm"] == "wide", "hidden_size"]
    if len(wide):
        facts["wide_hidden_size"] = int(wide.max())
    for row in data.loc[data["offset"].abs() == shift].itertuples():
        facts[fact_key(row.arm, "future" if row.offset > 0 else "past")] = Number(row.value, digits=2)
    return make(ID, data, STUDIES, facts, seeds=last["seed"].nunique())


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw a point with its interval per arm, side by side at each shift; errors are logarithmic."""
    offsets = sorted(set(data["offset"]))
    arms = [arm for arm in ARMS if arm in set(data["arm"])]
    with style.canvas(style_name, ratio=2.3) as drawing:
        look, axes = drawing.look, drawing.flat[0]
        for arm, aside in zip(arms, np.linspace(-0.18, 0.18, len(arms)), strict=True):
            part = data.loc[data["arm"] == arm].sort_values("offset")
            x = np.array([offsets.index(offset) for offset in part["offset"]]) + aside
            y = np.log10(part[["value", "low", "high"]])
            axes.vlines(x, y["low"], y["high"], color=MARKS[arm].color, linewidth=look.line)
            axes.plot(
                x, y["value"], marker=MARKS[arm].marker, color=MARKS[arm].color, linestyle="none",
                markersize=look.marker * 1.5, markerfacecolor="none" if arm == "wide" else MARKS[arm].color,
                markeredgewidth=look.line * 0.8, gid=f"series-{'bilstm' if arm == 'two' else 'lstm'}--{arm}",
            )  # fmt: skip
        if "baseline" in data:
            level = np.log10(data["baseline"].iloc[0])
            axes.axhline(level, color=look.ink, linewidth=look.line * 0.6, linestyle=marks.DOTS, zorder=1)
        past = sum(offset < 0 for offset in offsets)
        axes.axvline(past - 0.5, color=look.ink, linewidth=look.line * 0.4)
        axes.set_xlim(-0.5, len(offsets) - 0.5)
        axes.set_xticks(range(len(offsets)), [rf"$x_{{t{'+' if k > 0 else '-'}{abs(k):g}}}$" for k in offsets])
        axes.grid(False, axis="x")
        axes.yaxis.set_major_formatter(FuncFormatter(power))
        axes.yaxis.get_major_locator().set_params(integer=True)  # type: ignore[call-arg]
        axes.set_ylabel(labels["y"])
        for text, x, side in ((labels["past"], past - 0.54, "right"), (labels["future"], past - 0.46, "left")):
            axes.text(x, 1.0, text, transform=axes.get_xaxis_transform(), ha=side, va="bottom")
        handles = [
            legend.entry(marks.Mark(MARKS[arm].color, MARKS[arm].marker, "none"), labels[f"arm.{arm}"]) for arm in arms
        ]
        for arm, handle in zip(arms, handles, strict=True):
            handle.set_markerfacecolor("none" if arm == "wide" else MARKS[arm].color)
        drawing.legend([*handles, legend.rule(look, labels["baseline"])])
    return drawing.figure
