"""Figure "parameter-count": parameters of each cell at the same sizes, with the multiple of the RNN's."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure as Canvas

from analysis.cells import LECTURE, known
from analysis.drawing import marks, style
from analysis.drawing.axes import thousands
from analysis.drawing.build import make
from analysis.readings.parameter_counts import counts
from analysis.result import Fact, Figure
from analysis.select import ordered

ID = "parameter-count"
STUDIES = ("parameters",)
LABELS = ("x", "size")
"""`size` is the title of a panel, with the places {input_size} and {hidden_size}."""

FACTS = (
    "input_size",
    "hidden_size",
    "rnn",
    "gru",
    "lstm",
    "bilstm",
    "gru_per_rnn",
    "lstm_per_rnn",
    "bilstm_per_rnn",
    "gru_per_lstm",
    "lstm_double",
)
"""Facts at the largest sizes."""

PANELS = 4
USUAL = ((1, 32), (10, 100), (28, 128), (256, 256))
"""(I, H) shown where a run has them: a scalar series, the lecture's sizes, rows of digits, a large layer."""


def build(frame: pd.DataFrame) -> Figure | None:
    """Parameters with one bias vector per affine map, at up to four sizes."""
    found = counts(frame)
    if "parameters_single" not in found.columns:
        return None
    found = found.loc[found["name"].isin(_shown())].dropna(subset=["parameters_single"])
    sizes = found.loc[:, ["input_size", "hidden_size"]].drop_duplicates()
    usual = [pair in USUAL for pair in sizes.itertuples(index=False, name=None)]
    sizes = sizes.loc[usual] if sum(usual) == len(USUAL) else sizes
    sizes = sizes.sort_values(["hidden_size", "input_size"]).iloc[_spread(len(sizes))]
    data = found.merge(sizes, on=["input_size", "hidden_size"])
    if data.empty:
        return None
    rnn = data.loc[data["name"] == "rnn"].set_index(["input_size", "hidden_size"])["parameters_single"]
    keys = pd.MultiIndex.from_frame(data[["input_size", "hidden_size"]])
    data["per_rnn"] = data["parameters_single"].to_numpy() / rnn.reindex(keys).to_numpy()
    rank = data["name"].map({name: position for position, name in enumerate(_shown())})
    data = data.assign(rank=rank).sort_values(["hidden_size", "input_size", "rank"])
    columns = ["input_size", "hidden_size", "name", "parameters_single", "per_rnn"]
    if "parameters_double" in data.columns:
        columns.insert(4, "parameters_double")
    return make(ID, data.loc[:, columns], STUDIES, _facts(data))


def _shown() -> tuple[str, ...]:
    """Return cells and the lecture's BiLSTM from few maps to many; variants are left to the table."""

    def maps(name: str) -> int:
        cell = known().find(name)
        return cell.directions * ((cell.maps or 0) + (cell.recurrent_maps or 0))

    names = known().main + ((LECTURE,) if LECTURE in known() else ())
    return tuple(sorted(names, key=maps))


def _spread(count: int) -> list[int]:
    """Positions of at most `PANELS` of `count` sizes, first and last among them."""
    if count <= PANELS:
        return list(range(count))
    return [round(i * (count - 1) / (PANELS - 1)) for i in range(PANELS)]


def _facts(data: pd.DataFrame) -> dict[str, Fact]:
    last = data.loc[data["hidden_size"] == data["hidden_size"].max()]
    last = last.loc[last["input_size"] == last["input_size"].max()].set_index("name")
    facts: dict[str, Fact] = {name: float(last[name].iloc[0]) for name in ("input_size", "hidden_size")}
    for name, row in last.iterrows():
        facts[str(name)] = float(row["parameters_single"])
        facts[f"{name}_per_rnn"] = float(row["per_rnn"])
        if "parameters_double" in last.columns:
            facts[f"{name}_double"] = float(row["parameters_double"])
    if {"gru", "lstm"} <= set(last.index):
        ratio = last["parameters_single"]["gru"] / last["parameters_single"]["lstm"]
        facts["gru_per_lstm"] = float(ratio)
    return facts


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw a panel per size with a bar per cell; each bar carries its count and its multiple of the RNN's."""
    sizes = list(data[["input_size", "hidden_size"]].drop_duplicates().itertuples(index=False, name=None))
    columns = min(2, len(sizes))
    rows = -(-len(sizes) // columns)
    with style.canvas(style_name, rows, columns, ratio=columns * 1.95 / rows) as drawing:
        look = drawing.look
        for axes, (inputs, hidden) in zip(drawing.flat, sizes, strict=False):
            part = data.loc[(data["input_size"] == inputs) & (data["hidden_size"] == hidden)]
            names = ordered(part["name"], _shown())
            part = part.set_index("name").loc[names]
            places = range(len(names))
            bars = axes.barh(
                places,
                part["parameters_single"],
                color=[marks.cell_mark(name).color for name in names],
                height=0.68,
                linewidth=0,
            )
            for name, bar in zip(names, bars, strict=True):
                bar.set_gid(f"series-{name}--{inputs}-{hidden}")
                count, multiple = part.loc[name, "parameters_single"], part.loc[name, "per_rnn"]
                axes.annotate(
                    f"{thousands(count)}  ({multiple:.3g}×)",
                    (count, bar.get_y() + bar.get_height() / 2),
                    xytext=(look.type_size * 0.4, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=look.small(0.9),
                )
            axes.set_yticks(places, [style.word(labels, "cell", name) for name in names])
            axes.invert_yaxis()
            axes.set_xlim(0, float(part["parameters_single"].max()) * 1.42)
            axes.set_xticks([])
            axes.grid(False)
            axes.tick_params(axis="y", length=0)
            axes.spines["bottom"].set_color("none")
            axes.set_title(labels["size"].format(input_size=inputs, hidden_size=hidden), loc="left")
        for axes in drawing.flat[len(sizes) :]:
            axes.axis("off")
        drawing.figure.supxlabel(labels["x"], fontsize=look.type_size)
    return drawing.figure
