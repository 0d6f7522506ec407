"""What the answers of the exercises are: computed from the figures and tables of a run, never typed.

An exercise asks for values by name (`Worked.expected`); the words of its answer quote `Worked.facts` beside those of
its figures. Its words stand in the catalogue, and how it is shown in `reports.exercises`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from analysis.result import LOGARITHM, Estimate, Fact, Figure, Number, Table
from analysis.statistics.intervals import TIME_MARGIN
from analysis.theory import closed_forms
from analysis.theory.closed_forms import sigmoid, underflow_steps

READ_STEPS, READ_SHARE = 5.0, 0.1
"""How far a number that is read off an axis may be away: steps at least, and as a share of the number."""
CLOSE = 0.015
"""The same of a factor per step, which is worked out by hand to two decimals."""
HALF = 0.5
"""Share of the trainings that has to solve a task for it to count as learned."""
COUNTED = (32, 64)
"""Inputs and units of the layer whose parameters are counted by hand."""
ASKED_SIZE = 64
"""Hidden size of the experiment that exercise "own-claim" asks for."""
ONE_GATE = 2 / 3
"""Affine maps of a cell with one gate and a candidate, over the three of a GRU."""


@dataclass(frozen=True)
class Expected:
    """A value that an exercise asks for; a number is right within `tolerance`, a name whatever its case."""

    value: float | str
    tolerance: float = 0.0

    def agrees(self, given: object) -> bool:
        """Say whether an answer is right; what is of another kind is not."""
        if isinstance(self.value, str):
            return isinstance(given, str) and given.strip().casefold() == self.value.casefold()
        try:
            number = float(given)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            return False
        return number == self.value or abs(number - self.value) <= self.tolerance


@dataclass(frozen=True)
class Worked:
    """An exercise, worked out: the values that it asks for by name, and the facts that its answer quotes."""

    expected: Mapping[str, Expected]
    facts: Mapping[str, Fact]


@dataclass(frozen=True)
class Exercise:
    """What an exercise is made from: figures and tables by id, and what works it out from them."""

    figures: tuple[str, ...]
    work: Callable[[Mapping[str, Figure], Mapping[str, Table]], Worked]
    tables: tuple[str, ...] = ()


def worked(name: str, figures: Mapping[str, Figure], tables: Mapping[str, Table]) -> Worked | None:
    """Work an exercise out; None where the run lacks a figure, or a figure the cells that the exercise is about.

    Parameters
    ----------
    name
        One of `EXERCISES`.
    figures, tables
        By id, at least those that the exercise names.

    """
    exercise = EXERCISES[name]
    if not set(exercise.figures) <= set(figures):
        return None
    try:
        return exercise.work(figures, tables)
    except (KeyError, IndexError):  # a quick run has the figure, but not this cell or initialisation
        return None


def horizon(figures: Mapping[str, Figure], tables: Mapping[str, Table]) -> Worked:
    """Read where two curves cross the threshold."""
    facts = figures["gradient-profile"].facts
    found = {name: _value(facts[f"{name}_torch_horizon"]) for name in ("rnn", "lstm")}
    return Worked(
        {name: Expected(steps, max(READ_STEPS, READ_SHARE * steps)) for name, steps in found.items()},
        {"tolerance": READ_STEPS},
    )


def constant_gate(figures: Mapping[str, Figure], tables: Mapping[str, Table]) -> Worked:
    """Raise σ(1) to the longest lag; how many decades more the measured path of the forget gates leaves."""
    facts = figures["forget-bias"].facts
    lag, gate = _value(facts["lag"]), sigmoid(1.0)
    left = lag * math.log10(gate)
    measured = _value(facts["path_1"])
    return Worked(
        {"gate": Expected(gate, 0.005), "left": Expected(left, 0.01 * abs(left))},
        {
            "left": Number(left, LOGARITHM),
            "exponent": Number(left, digits=3),
            "apart": Number(abs(measured - left), digits=2),
        },
    )


def parameters(figures: Mapping[str, Figure], tables: Mapping[str, Table]) -> Worked:
    """Count at sizes that the figure does not show; the formula is the one that all rows of counts are held to."""
    inputs, units = COUNTED
    found = {name: float(closed_forms.parameters(name, inputs, units, 1)) for name in ("rnn", "gru", "lstm")}
    return Worked(
        {name: Expected(found[name]) for name in ("lstm", "gru")},
        found
        | {"input_size": float(inputs), "hidden_size": float(units)}
        | {"lstm_double": float(closed_forms.parameters("lstm", inputs, units, 2))},
    )


def lost_in_float32(figures: Mapping[str, Figure], tables: Mapping[str, Table]) -> Worked:
    """Extrapolate the slope to the smallest normal number of float32; beside it, where a plain pass lost it."""
    factor = _value(figures["gradient-profile"].facts["lstm_torch_factor"])
    slope = _value(figures["gradient-profile"].facts["lstm_torch_slope"])
    lost = underflow_steps(10.0**slope, "float32")[0]
    facts: dict[str, Fact] = {
        "lost": Number(lost, digits=3),
        "factor": Number(factor, digits=3),
        "smallest": Number(slope * lost, LOGARITHM),
        "exponent": Number(slope * lost, digits=3),
    }
    horizons = tables.get("horizons")
    for row in horizons.rows if horizons is not None else ():
        told = dict(zip(horizons.columns, row, strict=True)) if horizons is not None else {}
        seen = told["seen_float32"]
        if (told["cell"], told["initialiser"]) == ("lstm", "torch") and seen is not None:
            facts["seen"] = seen
    return Worked({"lost": Expected(lost, max(READ_STEPS, 0.03 * lost))}, facts)


def initialiser(figures: Mapping[str, Figure], tables: Mapping[str, Table]) -> Worked:
    """Find what keeps most of an LSTM's gradient to the start of the sequence, and how many keep a thousandth."""
    figure = figures["gradient-profile"]
    data = figure.data.loc[figure.data["name"] == "lstm"]
    left = data.loc[data["lag"] == data["lag"].max()].set_index("initialiser")["median"]
    kept = int((left > _value(figure.facts["threshold"])).sum())
    return Worked(
        {"best": Expected(str(left.idxmax())), "kept": Expected(kept)}, {"kept": kept, "initialisers": len(left)}
    )


def operations(figures: Mapping[str, Figure], tables: Mapping[str, Table]) -> Worked:
    """Ratio of operations and ratio of times, GRU over LSTM, at the largest layer of this suite's kernels."""
    facts = figures["time-ratio"].facts
    ratio, time = _value(facts["flop_ratio"]), _value(facts["cpu_training"])
    return Worked({"operations": Expected(ratio, 0.005), "time": Expected(time, READ_SHARE * time)}, {})


def verdict(figures: Mapping[str, Figure], tables: Mapping[str, Table]) -> Worked:
    """Judge every size: the GRU is at least `TIME_MARGIN` faster for certain, certainly not, or it stays open."""
    data = figures["time-ratio"].data
    points = data.loc[(data["backend"] == "cpu") & (data["direction"] == "training")]
    if points.empty:
        raise KeyError("cpu training")
    most = 1 - TIME_MARGIN
    found = {
        "faster": int((points["high"] <= most).sum()),
        "not_faster": int((points["low"] > most).sum()),
    }
    found["undecided"] = len(points) - sum(found.values())
    return Worked(
        {name: Expected(count) for name, count in found.items()}, found | {"points": len(points), "most": most}
    )


def own_claim(figures: Mapping[str, Figure], tables: Mapping[str, Table]) -> Worked:
    """Predict the factor per step of an LSTM with a forget bias of one; what was measured at `ASKED_SIZE` units."""
    figure = figures["decay-rate"]
    predicted = _value(figure.facts["lstm_torch_fb1_theory_factor"])
    data = figure.data
    rows = data.loc[(data["name"] == "lstm") & (data["initialiser"] == "torch-fb1")]
    row = rows.iloc[int((rows["hidden_size"] - ASKED_SIZE).abs().argmin())]
    measured = 10.0 ** float(row["value"])
    return Worked(
        {"predicted": Expected(predicted, CLOSE), "measured": Expected(measured, 2 * CLOSE)},
        {
            "predicted": Number(predicted, digits=3),
            "measured": Number(measured, digits=3),
            "gate": Number(sigmoid(1.0), digits=3),
            "hidden_size": float(row["hidden_size"]),
        },
    )


def delayed_xor(figures: Mapping[str, Figure], tables: Mapping[str, Table]) -> Worked:
    """Find the longest sequences over which some learning rate teaches an LSTM the delayed exclusive or."""
    data = figures["learning-rate"].data
    data = data.loc[(data["task"] == "delayed-xor") & (data["name"] == "lstm")]
    facts: dict[str, Fact] = {}
    expected = {}
    for name, start in (("default", "torch"), ("biased", "torch-fb1")):
        arm = data.loc[data["start"] == start]
        learned = arm.loc[arm["share"] >= HALF]
        longest = float(learned["seq_len"].max())
        expected[name] = Expected(longest)
        facts |= {name: longest, f"{name}_rates": int((learned["seq_len"] == longest).sum())}
        facts[f"{name}_of"] = int((arm["seq_len"] == longest).sum())
        beyond = arm.loc[arm["seq_len"] > longest, "seq_len"]
        if len(beyond):
            facts |= {
                f"{name}_next": float(beyond.min()),
                f"{name}_most": int(arm.loc[arm["seq_len"] == beyond.min(), "solved"].max()),
                f"{name}_runs": int(arm.loc[arm["seq_len"] == beyond.min(), "runs"].max()),
            }
        if math.isnan(longest):
            raise KeyError(start)
    return Worked(expected, facts)


def own_cell(figures: Mapping[str, Figure], tables: Mapping[str, Table]) -> Worked:
    """Predict the factor per step of a cell with one gate at zero state: the GRU's, which has two."""
    predicted = _value(figures["decay-rate"].facts["gru_torch_theory_factor"])
    return Worked(
        {"predicted": Expected(predicted, CLOSE), "share": Expected(ONE_GATE, 0.005)},
        {"predicted": Number(predicted, digits=3), "share": Number(ONE_GATE, digits=2)},
    )


EXERCISES: Mapping[str, Exercise] = {
    "horizon": Exercise(("gradient-profile",), horizon),
    "parameters": Exercise(("parameter-count",), parameters),
    "constant-gate": Exercise(("forget-bias",), constant_gate),
    "initialiser": Exercise(("gradient-profile",), initialiser),
    "float32": Exercise(("gradient-profile",), lost_in_float32, ("horizons",)),
    "operations": Exercise(("time-ratio",), operations),
    "verdict": Exercise(("time-ratio",), verdict),
    "delayed-xor": Exercise(("learning-rate",), delayed_xor),
    "own-claim": Exercise(("decay-rate",), own_claim),
    "own-cell": Exercise(("decay-rate",), own_cell),
}
"""Name to exercise, in the order of a course: from reading a figure to a claim and a cell of one's own."""


def _value(fact: Fact) -> float:
    """Return a fact as a number, without its interval."""
    if isinstance(fact, (Estimate, Number)):
        return float(fact.value)
    if isinstance(fact, (str, tuple)):
        raise TypeError(f"the fact is {fact!r}; allowed: a number")
    return float(fact)
