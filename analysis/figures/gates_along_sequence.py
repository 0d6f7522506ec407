"""Figure "gates-along-sequence": how far the gates stand open, step by step, per cell and initialiser."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from analysis.cells import cell_order, known
from analysis.drawing import legend, marks, style
from analysis.drawing.build import make, over_seeds
from analysis.drawing.lines import banded_line
from analysis.result import Fact, Figure, Number, fact_key
from analysis.select import INITIALISER_ORDER, main_level, measured, ordered

ID = "gates-along-sequence"
STUDIES = ("gates",)
INITIALISERS = ("torch", "keras", "torch-fb1", "chrono")
"""Those that set the gates' biases in different ways; `orthogonal` leaves them as `torch` does."""

LABELS = (
    "x",
    "y",
    *(f"gate.{name}" for name in ("f", "i", "o", "z", "r")),
    *(f"initialiser.{name}" for name in INITIALISERS),
)
FACTS = (
    "hidden_size",
    "seq_len",
    "seeds",
    "lstm_f_torch",
    "lstm_i_torch",
    "lstm_o_torch",
    "gru_z_torch",
    "gru_r_torch",
)
"""Facts of a full run: <cell>_<gate>_<initialiser>, the mean over steps and seeds. There are more."""


def build(frame: pd.DataFrame) -> Figure | None:
    """Median over seeds of each gate's mean over units and batch, with the band of 95 % of the seeds."""
    gates = {gate for name in known().gated for gate in _gates(name)}
    rows = measured(frame, "gates", [f"gate_mean_{gate}" for gate in sorted(gates)])
    rows = rows.loc[rows["name"].isin(known().gated) & rows["initialiser"].isin(INITIALISERS)]
    if rows.empty:
        return None
    rows = rows.loc[rows["hidden_size"] == main_level(rows, "hidden_size", ("name", "initialiser", "seed"))]
    rows = rows.loc[rows["seq_len"] == main_level(rows, "seq_len", ("name", "initialiser", "seed"))]
    rows = rows.assign(gate=rows["metric"].str.removeprefix("gate_mean_"))
    rows = rows.sort_values(["name", "initialiser", "gate", "step", "seed"])
    data = over_seeds(rows, ["name", "initialiser", "gate", "step"], "value")
    facts: dict[str, Fact] = {
        "hidden_size": float(rows["hidden_size"].iloc[0]),
        "seq_len": float(rows["seq_len"].iloc[0]),
        "seeds": rows["seed"].nunique(),
    }
    for (name, gate, initialiser), part in rows.groupby(["name", "gate", "initialiser"]):
        key = fact_key(name, gate, initialiser)
        facts[key] = Number(float(part["value"].mean()), digits=2)
    return make(ID, data, STUDIES, facts, seeds=rows["seed"].nunique())


def _gates(name: str) -> tuple[str, ...]:
    """Return the gates proper of a cell, σ of something: first the one that keeps the state; no candidates."""
    cell = known().find(name)
    return tuple(sorted(cell.sigmoid_gates, key=lambda gate: gate != cell.keeps))


def _mark(gate: str) -> marks.Mark:
    """Return the mark of a gate; one whose name is not in the palette has the mark of what is like nothing else."""
    return marks.GATES.get(gate, marks.OTHER)


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw a row per cell, a column per initialiser, a line per gate; each row has its legend at the right."""
    names = ordered(data["name"], cell_order())
    initialisers = ordered(data["initialiser"], INITIALISER_ORDER)
    with style.canvas(
        style_name, len(names), len(initialisers), ratio=0.62 * len(initialisers) / len(names) * 1.35,
        sharex=True, sharey=True,
    ) as drawing:  # fmt: skip
        look = drawing.look
        for row, name in zip(drawing.panels, names, strict=True):
            for axes, initialiser in zip(row, initialisers, strict=True):
                here = data.loc[(data["name"] == name) & (data["initialiser"] == initialiser)]
                for gate in (gate for gate in _gates(name) if gate in set(here["gate"])):
                    part = here.loc[here["gate"] == gate]
                    mark = _mark(gate)
                    places = (_gates(name).index(gate) * 4, max(2, len(part) // 3))
                    banded_line(axes, part, "step", mark, f"series-{name}--{gate}-{initialiser}", markevery=places)
                axes.set_ylim(0, 1)
                axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
                axes.xaxis.set_major_locator(MaxNLocator(3, integer=True))
                axes.set_xlim(1, data["step"].max())
                if here.empty:
                    axes.axis("off")
                    drawing.panels[0][initialisers.index(initialiser)].tick_params(labelbottom=True)
            row[0].set_ylabel(style.word(labels, "cell", name), fontweight="bold")
            legend.beside(row[-1], [legend.entry(_mark(g), style.word(labels, "gate", g)) for g in _gates(name)])
        for axes, initialiser in zip(drawing.panels[0], initialisers, strict=True):
            axes.set_title(style.word(labels, "initialiser", initialiser), loc="left")
        drawing.figure.supxlabel(labels["x"], fontsize=look.type_size)
        drawing.figure.supylabel(labels["y"], fontsize=look.type_size)
    return drawing.figure
