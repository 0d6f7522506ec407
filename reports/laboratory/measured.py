"""Measured settings beside which the laboratory draws: curves and rates of figures, as data for its scripts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.result import Fact, Figure
from reports.numbers import level_as_number, show_number
from reports.scene import Scene

GATES = {"rnn": 1, "lstm": 4, "gru": 3}
"""Cells that run in the page, and how many gates each has; a BiLSTM is two of the second."""

GAINS = {
    "torch": math.sqrt(1 / 3),
    "torch-fb1": math.sqrt(1 / 3),
    "chrono": math.sqrt(1 / 3),
    "keras": 1.0,
    "orthogonal": 1.0,
    "gaussian": 1.0,
}
"""The initialisers of the laboratory, and √H times the standard deviation of a recurrent weight that each draws.

Of Keras for one gate: it draws one matrix for all gates, whose columns have the norm 1 together."""

BIASES = {"torch-fb1": 1.0, "keras": 1.0, "chrono": math.log(50)}
"""Biases with which an initialiser lets a gate keep the state; of chrono(100) that of the middle unit."""
UPDATE_BIASED = ("chrono",)
"""Initialisers that move an update gate too, and not the forget gate alone."""
LARGEST_GAIN = 3.0
Setting = dict[str, Any]


def measured_settings(scene: Scene) -> list[Setting]:
    """Return the settings of which the run has a curve or a rate: `cell`, and all that tells how near one is.

    That is `init`, `gain` of the recurrent weights as they are drawn, `bias` of the gate that keeps, and `input`, the
    standard deviation. Then either `lags` and `curves`, log10 of what is left of the gradient, as [low, median, high]
    of networks; or `slope`, decades a step, as [low, mean, high] with the interval of the mean. `told` says which
    setting it is.
    """
    found = {figure.id: figure for figure in scene.analysis.figures}
    profiles = _profiles(found["gradient-profile"], scene) if "gradient-profile" in found else []
    rates = _rates(found["phase-diagram"], scene) if "phase-diagram" in found else []
    return profiles + rates


def drawn_gain(cell: str, initialiser: str) -> float:
    """Return √H times the standard deviation of a recurrent weight as it is drawn."""
    return GAINS[initialiser] / (math.sqrt(GATES[cell]) if initialiser == "keras" else 1.0)


def kept_bias(cell: str, initialiser: str) -> float:
    """Return how far an initialiser moves the gate of a cell that keeps its state."""
    moved = cell == "lstm" or (cell == "gru" and initialiser in UPDATE_BIASED)
    return BIASES.get(initialiser, 0.0) if moved else 0.0


def _profiles(figure: Figure, scene: Scene) -> list[Setting]:
    data = figure.data.loc[figure.data["name"].isin(tuple(GATES)) & figure.data["initialiser"].isin(tuple(GAINS))]
    found = []
    for (cell, initialiser), part in data.groupby(["name", "initialiser"]):
        words = {
            "cell": scene.level("cell", cell),
            "initialiser": scene.level("initialiser", initialiser),
        }
        where = {"cell": cell, "init": initialiser, "gain": _short(drawn_gain(cell, initialiser), 3), "input": 1}
        bias = {"bias": _short(kept_bias(cell, initialiser), 3)}
        found.append(where | bias | curves(part) | {"told": _told("band", figure, words, scene)})
    return found


def _rates(figure: Figure, scene: Scene) -> list[Setting]:
    """Slopes over gain, bias and input; without those of an RNN without input, which start from a random state."""
    data = figure.data
    data = data.loc[data["name"].isin(tuple(GATES)) & (data["gain"] <= LARGEST_GAIN)]
    found = []
    for row in data.itertuples(index=False):
        if (row.name == "rnn" and row.input_scale == 0) or not np.isfinite([row.low, row.value, row.high]).all():
            continue
        numbers = {"gain": row.gain, "bias": row.gate_bias, "input": row.input_scale}
        words = {name: level_as_number(show_number(value)) for name, value in numbers.items()}
        words["cell"] = scene.level("cell", str(row.name))
        found.append(
            {"cell": row.name, "init": "gaussian"}
            | {name: _short(value, 3) for name, value in numbers.items()}
            | {"slope": [_short(value, 5) for value in (row.low, row.value, row.high)]}
            | {"told": _told("rate", figure, words, scene)}
        )
    return found


def forget_paths(scene: Scene) -> list[Setting]:
    """Return what an LSTM's forget gates alone leave of C, at each `bias` that was measured: the product of f."""
    figure = next((figure for figure in scene.analysis.figures if figure.id == "forget-bias"), None)
    if figure is None:
        return []
    data = figure.data.loc[(figure.data["path"] == "forget-path") & (figure.data["name"] == "lstm")]
    return [
        {"bias": _short(bias, 3)} | curves(part) | {"told": _told("path", figure, {"bias": float(bias)}, scene)}
        for bias, part in data.groupby("forget_bias")
    ]


def curves(part: pd.DataFrame) -> Setting:
    """Return `lags`, and under `curves` low, median and high, of the rows of one curve.

    A lag at which a gradient is exactly 0 has no logarithm, and no place in the drawing.
    """
    part = part.loc[np.isfinite(part[["low", "median", "high"]]).all(axis=1)].sort_values("lag")
    lines = [[_short(value, 2) for value in part[column]] for column in ("low", "median", "high")]
    return {"lags": [_short(lag, 0) for lag in part["lag"]], "curves": lines}


def _told(entry: str, figure: Figure, words: Mapping[str, Fact], scene: Scene) -> str:
    return scene.text.told("laboratory", "measured", entry, facts={**figure.facts, **words})


def _short(value: float, decimals: int) -> float | int:
    """Return the number as the page's data hold it: no digit that a drawing cannot show."""
    number = round(float(value), decimals)
    return int(number) if number == int(number) else number
