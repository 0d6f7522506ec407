"""Figure "time-ratio": time of a GRU over that of an LSTM, per implementation, beside the noise of the measurement."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure as Canvas

from analysis.drawing import legend, marks, style
from analysis.drawing.axes import ratio_axis, size_axis
from analysis.drawing.build import make
from analysis.drawing.lines import noise_band
from analysis.readings.call_times import OWN, PLACE, elapsed
from analysis.result import Fact, Figure, Number, fact_key
from analysis.select import AGAIN, BACKEND_ORDER, DIRECTION_ORDER, ordered, sweep
from analysis.statistics.intervals import generator, known_ends, ratio_between
from analysis.statistics.paired import block_ratios, noise, noise_blocks, noise_facts, paired_ratio, with_noise
from analysis.theory.closed_forms import flop_ratio

ID = "time-ratio"
STUDIES = ("runtime",)
LABELS = (
    "x",
    "y",
    "flops",
    "noise",
    *(f"backend.{name}" for name in BACKEND_ORDER),
    *(f"direction.{name}" for name in DIRECTION_ORDER),
)
FACTS = (
    "flop_ratio",
    "seq_len",
    "batch_size",
    "input_size",
    "noise_low",
    "noise_high",
    "cpu_training",
    "cpu_inference",
)
"""Facts of a full run: <backend>_<direction>, the ratio at the largest hidden size; with peers there are more.

Where no band can be drawn, `noise_blocks` stands for its ends: in how many blocks a kernel met itself.
"""


def build(frame: pd.DataFrame) -> Figure | None:
    """Average the paired ratio geometrically over blocks, with its interval, along the sweep over the hidden size."""
    rows = elapsed(frame)
    swept = sweep(rows.loc[rows["name"].isin(["gru", "lstm"])], "hidden_size")
    rng = generator(ID)
    found = []
    for (backend, *place), part in swept.loc[swept["backend"] != AGAIN].groupby(["backend", *PLACE], sort=True):
        gru, lstm = part.loc[part["name"] == "gru"], part.loc[part["name"] == "lstm"]
        if not block_ratios(gru, lstm).empty:
            ratio = paired_ratio(gru, lstm, rng)
            found.append((backend, *place, ratio.value, *known_ends(ratio), ratio.n))
    if not found:
        return None
    data = pd.DataFrame(found, columns=["backend", *PLACE, "ratio", "low", "high", "blocks"])
    data = with_noise(data, noise(rows, PLACE, OWN, AGAIN), PLACE)
    data["flops"] = flop_ratio("gru", "lstm")
    return make(ID, data, STUDIES, _facts(data, noise_blocks(rows, OWN, AGAIN)))


def _facts(data: pd.DataFrame, blocks: int) -> dict[str, Fact]:
    facts: dict[str, Fact] = {
        "flop_ratio": float(data["flops"].iloc[0]),
        "seq_len": float(data["seq_len"].iloc[0]),
        "batch_size": float(data["batch_size"].iloc[0]),
        "input_size": float(data["input_size"].iloc[0]),
        "largest": float(data["hidden_size"].max()),
    }
    facts |= noise_facts(data) or {"noise_blocks": blocks}
    for (backend, direction), part in data.groupby(["backend", "direction"]):
        row = part.loc[part["hidden_size"].idxmax()]
        key = fact_key(backend, direction)
        facts[key] = ratio_between(row["ratio"], row["low"], row["high"], row["blocks"])
        facts[f"{key}_least"] = Number(float(part["ratio"].min()), digits=3)
        facts[f"{key}_most"] = Number(float(part["ratio"].max()), digits=3)
    return facts


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw a panel per direction and a line per implementation; 1 is a tie, the dashed line the ratio of FLOPs."""
    directions = ordered(data["direction"], DIRECTION_ORDER)
    backends = ordered(data["backend"], BACKEND_ORDER)
    with style.canvas(
        style_name, 1, len(directions), ratio=1.02 * len(directions), sharex=True, sharey=True
    ) as drawing:
        look = drawing.look
        for axes, direction in zip(drawing.flat, directions, strict=True):
            here = data.loc[data["direction"] == direction]
            noise_band(axes, here, look, 0.12)
            axes.axhline(1, color=look.ink, linewidth=look.line * 0.5)
            axes.axhline(
                here["flops"].iloc[0],
                color=marks.cell_mark("gru").color,
                linewidth=look.line * 0.8,
                linestyle=(0, (6, 3)),
            )
            for backend in backends:
                part = here.loc[here["backend"] == backend]
                if part.empty:
                    continue
                mark = marks.backend_mark(backend, look)
                axes.vlines(part["hidden_size"], part["low"], part["high"], color=mark.color, linewidth=look.line)
                axes.plot(
                    part["hidden_size"], part["ratio"], color=mark.color, linestyle=mark.line, marker=mark.marker,
                    gid=f"series-{backend}--{direction}",
                )  # fmt: skip
            axes.set_title(style.word(labels, "direction", direction), loc="left")
            size_axis(axes, sorted(set(data["hidden_size"])))
            axes.set_xlabel(labels["x"])
            ratio_axis(axes, *_span(data))
        drawing.flat[0].set_ylabel(labels["y"])
        handles = legend.backend_handles(backends, labels, look)
        handles.append(
            legend.rule(look, labels["flops"], color=marks.cell_mark("gru").color, dash=(0, (6, 3)), width=0.8)
        )
        if "noise_low" in data.columns:
            handles.append(legend.swatch(look, labels["noise"]))
        drawing.legend(handles, columns=3 if len(handles) > 4 else len(handles))
    return drawing.figure


def _span(data: pd.DataFrame) -> tuple[float, float]:
    """Return the ends of the axis, with room beyond the ratios."""
    return min(data["ratio"].min(), data["flops"].min()) / 1.15, max(data["ratio"].max(), 1.0) * 1.15
