"""Figure "remembers": one trained LSTM reading one sequence: its input, its gates, its cell state and its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from analysis.drawing import marks, on_map, style
from analysis.drawing.axes import signed
from analysis.drawing.build import make
from analysis.figures.peer_ratio import COLORS
from analysis.result import Fact, Figure, Number
from analysis.select import measured

ID = "remembers"
STUDIES = ("one-network",)
GATES = ("f", "i", "o")
SYMBOLS = 6
RELEVANT = 2
NAMES = "XY"
"""The first symbols are those that count; all others are there to be ignored."""
CLASSES = RELEVANT * RELEVANT
LABELS = (
    "x", "y.symbol", "y.state", "y.answer", "bar.gate", "bar.state", "bar.answer", *(f"gate.{gate}" for gate in GATES),
    *(f"symbol.{place}" for place in range(SYMBOLS)), *(f"class.{place}" for place in range(CLASSES)),
)  # fmt: skip
FACTS = (
    "seq_len", "units", "first", "second", "shown_first", "shown_second", "answer_first", "answer_second",
    "confidence", "before", "keeping", "writing_at", "writing_else",
)  # fmt: skip
"""Facts of a full run: `first` and `second`, the steps of the symbols that count, which are `shown_first` and
`shown_second`; `answer_first` and `answer_second`, what the network says at the end, with its probability `confidence`,
and `before`, that of its best guess before the second symbol, both in percent; `keeping`, mean of the forget gate after
the second one; `writing_at` and `writing_else`, mean of the input gate at these two steps and at all others."""

SHADES = 24
"""Of a colour bar."""


def build(frame: pd.DataFrame) -> Figure | None:
    """Long table of all that is drawn, units in the order of their cell state at the end."""
    rows = measured(frame, "one-network")
    rows = rows.loc[rows["metric"].str.startswith("trained_")]
    wanted = {"trained_input", "trained_answer", "trained_state_c", *(f"trained_gate_{gate}" for gate in GATES)}
    if not wanted <= set(rows["metric"]):
        return None
    rows = rows.loc[rows["seed"] == rows["seed"].min()]
    tables = {
        metric: part.pivot(index="replicate", columns="step", values="value")
        for metric, part in rows.loc[rows["metric"].isin(wanted)].groupby("metric")
    }
    state = tables["trained_state_c"]
    order = state.iloc[:, -1].sort_values(ascending=False, kind="stable").index
    answer = np.exp(tables["trained_answer"] - tables["trained_answer"].max())
    parts = {
        "input": tables["trained_input"],
        **{f"gate {gate}": tables[f"trained_gate_{gate}"].loc[order] for gate in GATES},
        "state c": state.loc[order],
        "answer": answer / answer.sum(),
    }
    long = [
        pd.DataFrame({"part": name, "place": place, "step": table.columns, "value": values})
        for name, table in parts.items()
        for place, values in enumerate(table.to_numpy())
    ]
    return make(ID, pd.concat(long, ignore_index=True), STUDIES, _facts(parts), seeds=1)


def _facts(parts: Mapping[str, pd.DataFrame]) -> dict[str, Fact]:
    symbols = _symbols(parts["input"])
    steps = np.asarray(parts["input"].columns, dtype=float)
    at = steps[symbols < RELEVANT]
    answer, kept, written = parts["answer"].to_numpy(), parts["gate f"], parts["gate i"]
    facts: dict[str, Fact] = {
        "seq_len": int(steps.max()),
        "units": len(parts["state c"]),
        **_spelled("answer", int(answer[:, -1].argmax())),
        "confidence": Number(100 * float(answer[:, -1].max()), digits=3),
    }
    if len(at) != 2:  # a sequence of another kind: nothing is said of its symbols
        return facts
    first, second = (int(step) for step in at)
    spelled = symbols[symbols < RELEVANT]
    own = steps[np.isin(steps, at)]
    return facts | {
        "first": first,
        "second": second,
        **_spelled("shown", int(spelled[0] * RELEVANT + spelled[1])),
        "before": Number(100 * float(answer[:, steps == second - 1].max()), digits=2),
        "keeping": Number(float(kept.loc[:, kept.columns > second].to_numpy().mean()), decimals=2),
        "writing_at": Number(float(written[own].to_numpy().mean()), decimals=2),
        "writing_else": Number(float(written.drop(columns=own).to_numpy().mean()), decimals=2),
    }


def _spelled(word: str, number: int) -> dict[str, Fact]:
    """Return the two symbols that a class stands for."""
    return {f"{word}_first": NAMES[number // RELEVANT], f"{word}_second": NAMES[number % RELEVANT]}


def _symbols(inputs: pd.DataFrame) -> NDArray[np.int64]:
    """Return the number of the symbol at each step, of a channel each."""
    return np.asarray(inputs.to_numpy().argmax(axis=0), dtype=np.int64)


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw all parts above one another along one axis of steps; lines go down from the symbols that count."""
    parts = {
        str(name): part.pivot(index="place", columns="step", values="value") for name, part in data.groupby("part")
    }
    rows = ["input", *(f"gate {gate}" for gate in GATES), "state c", "answer"]
    heights = [0.55, 1.25, 1.25, 1.25, 2.2, 1.0]
    if style.look(style_name).slide:
        heights = [0.6, 0.9, 0.9, 0.9, 1.7, 1.9]  # each class of the answer has a line of type
    with style.canvas(style_name, len(rows), 2, ratio=1.02, height_ratios=heights, width_ratios=[1, 0.018]) as drawing:
        look = drawing.look
        drawing.figure.get_layout_engine().set(hspace=0.0, h_pad=0.03)  # type: ignore[union-attr, call-arg]
        symbols = _symbols(parts["input"])
        steps = np.asarray(parts["input"].columns, dtype=float)
        relevant = steps[symbols < RELEVANT]
        for (axes, beside), name in zip(drawing.panels, rows, strict=True):
            beside.axis("off")
            if name == "input":
                _draw_symbols(axes, steps, symbols, labels, look)
            else:
                bar = _draw_map(axes, parts[name], name)
                _colour_bar(drawing, beside, bar, name, labels)
                if look.slide and name in ("gate f", "gate o"):  # the bar between them has the name of all three
                    beside.set_ylabel("")
            axes.grid(False)
            axes.set_xlim(steps[0] - 0.5, steps[-1] + 0.5)
            axes.spines[:].set_linewidth(0)
            axes.tick_params(length=0, labelbottom=name == "answer")
            axes.xaxis.set_major_locator(MaxNLocator(10, integer=True))
            if name != "input":
                for step in relevant:
                    for side in (-0.5, 0.5):
                        axes.axvline(step + side, color=on_map.DARK, linewidth=look.line * 0.5, clip_on=False)
        for (axes, _), name in zip(drawing.panels, rows, strict=True):
            kind, _, level = name.partition(" ")
            word = (
                style.word(labels, "gate", level)
                if kind == "gate"
                else labels[{"input": "y.symbol", "state": "y.state", "answer": "y.answer"}[kind]]
            )
            axes.set_ylabel(word, rotation=0, ha="right", va="center", labelpad=look.type_size * 0.5)
        answer = drawing.panels[-1][0]
        answer.set_yticks(range(len(parts["answer"])), [labels[f"class.{place}"] for place in parts["answer"].index],
                          fontsize=look.small(0.72))  # fmt: skip
        answer.yaxis.tick_left()
        answer.set_xlabel(labels["x"])
        drawing.figure.align_ylabels([axes for axes, _ in drawing.panels])
        drawing.figure.align_ylabels([axes for _, axes in drawing.panels])
    return drawing.figure


def _draw_symbols(
    axes: Axes, steps: NDArray[np.float64], symbols: NDArray[np.int64], labels: Mapping[str, str], look: style.Look
) -> None:
    """Write each symbol at its step; those that count are large and bold."""
    axes.set_ylim(-1, 1)
    axes.set_yticks([])
    crowded = len(steps) > 64
    for step, symbol in zip(steps, symbols, strict=True):
        counts = symbol < RELEVANT
        text = labels[f"symbol.{symbol}"] if counts or not crowded else "·"
        size = look.type_size * 1.25 if counts else look.small(0.78)
        weight: Any = "bold" if counts else "normal"
        axes.text(step, 0, text, ha="center", va="center", fontsize=size, fontweight=weight, color=look.ink if counts
                  else marks.GREY)  # fmt: skip


def _draw_map(axes: Axes, table: pd.DataFrame, name: str) -> Any:
    """Draw a table as a map: a row per unit, the first one at the top, a column per step."""
    largest = float(np.abs(table.to_numpy()).max()) if name == "state c" else 1.0
    steps = np.asarray(table.columns, dtype=float)
    axes.set_ylim(len(table) - 0.5, -0.5)
    axes.set_yticks([])
    return axes.pcolormesh(
        np.append(steps - 0.5, steps[-1] + 0.5), np.arange(len(table) + 1) - 0.5, table.to_numpy(), cmap=_colours(name),
        vmin=-largest if name == "state c" else 0.0, vmax=largest, edgecolors="face", linewidth=0.2,
        gid=f"series-lstm--{name.replace(' ', '-')}", clip_on=False,
    )  # fmt: skip


def _colours(name: str) -> Colormap:
    if name == "state c":
        return COLORS.reversed()
    color = marks.GATES[name.split()[1]].color if name.startswith("gate") else marks.OKABE_ITO["green"]
    return LinearSegmentedColormap.from_list(name, [on_map.PALE, color])


def _colour_bar(drawing: style.Drawing, place: Axes, shown: Any, name: str, labels: Mapping[str, str]) -> None:
    """Put a bar beside a map, with its ends and what it measures."""
    low, high = shown.get_clim()
    place.axis("on")
    place.grid(False)
    edges = np.linspace(low, high, SHADES + 1)
    place.pcolormesh(
        [0, 1], edges, (edges[1:] + edges[:-1])[:, None] / 2, cmap=shown.cmap, vmin=low, vmax=high, edgecolors="face",
        linewidth=0.2, clip_on=False,
    )  # fmt: skip
    ticks: Sequence[float] = [round(low * 0.9, 1), 0.0, round(high * 0.9, 1)] if low < 0 else [0.0, 1.0]
    place.yaxis.tick_right()
    place.set_yticks(ticks, [signed(tick) for tick in ticks])
    place.set_xticks([])
    place.tick_params(length=0, labelsize=drawing.look.small(0.8))
    place.spines[:].set_linewidth(0)
    place.yaxis.set_label_position("right")
    kind = name.split()[0]
    place.set_ylabel(labels[f"bar.{kind}"], fontsize=drawing.look.small(0.72))
