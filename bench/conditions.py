"""Conditions: what only some studies vary. A new one is a line here, and no change of a store or an export."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.names import task_names, unknown

Value = float | str
Conditions = tuple[tuple[str, Value], ...]


@dataclass(frozen=True)
class Condition:
    """A named condition of a case.

    Parameters
    ----------
    meaning
        What it says, as a reader of the rows needs it.
    default
        Its value in every case that does not set it; a float or a word, which also says what kind it is.
    short
        Its value as a part of a case's label.
    allowed
        The words it may have; any word, and any finite number, where this is empty.
    always_in_key
        Whether a case's key has it also at its default: those that were columns from the first row on.

    """

    meaning: str
    default: Value
    short: Callable[[Any], str]
    allowed: tuple[str, ...] = ()
    always_in_key: bool = False


CONDITIONS: dict[str, Condition] = {
    "gate_bias": Condition(
        "added to the bias of the gate that keeps the state, towards keeping it",
        0.0,
        lambda value: f"bias{value:g}",
        always_in_key=True,
    ),
    "write_bias": Condition(
        "added to the bias of the gate that writes, towards writing", 0.0, lambda value: f"write{value:g}"
    ),
    "inputs": Condition(
        'what is fed: "normal" (N(0,1) times `input_scale`), "zero", "start" (zero after a random state), "-" nothing',
        "normal",
        lambda value: "" if value == "-" else str(value),
        allowed=("normal", "zero", "start", "-"),
        always_in_key=True,
    ),
    "input_scale": Condition(
        "standard deviation of the input", 1.0, lambda value: f"scale{value:g}", always_in_key=True
    ),
    "input_seed": Condition(
        "seed that draws the input alone, at least 0; -1: the case's seed draws it, after the parameters",
        -1.0,
        lambda value: f"input{value:g}",
    ),
    "variant": Condition("who shares the units of a batch row on the GPU, where that is forced", "-", str),
    # of trained networks
    "task": Condition(
        'what a network is trained for, a name of `bench.tasks`; "-": nothing is trained',
        "-",
        str,
        allowed=("-", *task_names()),
    ),
    "offset": Condition(
        "steps from an output to the input that it tells, y_t = x_(t + offset)", 0.0, lambda value: f"offset{value:g}"
    ),
    "layout": Condition(
        'how a sequence is fed: "steps", one after another; "flat", all at once to a feedforward network',
        "steps",
        str,
        allowed=("steps", "flat"),
    ),
    "role": Condition(
        'what a training is for: "tuning" chooses the learning rate, "judging" is judged at all of them',
        "-",
        str,
        allowed=("-", "tuning", "judging"),
    ),
    "optimiser": Condition("what updates the parameters", "-", str, allowed=("-", "adam", "sgd", "rmsprop")),
    "learning_rate": Condition("of the optimiser", 0.0, lambda value: f"lr{value:g}"),
    "clip": Condition(
        "largest L2 norm of the gradient of all parameters; 0: not clipped", 0.0, lambda value: f"clip{value:g}"
    ),
    "budget": Condition("training steps at most", 0.0, lambda value: f"budget{value:g}"),
    "train_size": Condition(
        "sequences of the training set; 0: new ones at every step", 0.0, lambda value: f"train{value:g}"
    ),
}
"""Condition name to what it is."""


def conditions(**named: Any) -> Conditions:
    """Return named conditions as a case keeps them: checked, sorted, without those that have their default.

    Raises
    ------
    ValueError
        Where a name or a value is not known; the message names the allowed ones.

    """
    kept: dict[str, Value] = {}
    for name, value in named.items():
        if name not in CONDITIONS:
            raise ValueError(unknown("condition", name, CONDITIONS))
        checked = _checked(name, value)
        if checked != CONDITIONS[name].default:
            kept[name] = checked
    return tuple(sorted(kept.items()))


def _checked(name: str, value: Any) -> Value:
    condition = CONDITIONS[name]
    if isinstance(condition.default, str):
        if not isinstance(value, str) or (condition.allowed and value not in condition.allowed):
            raise ValueError(unknown(name, value, condition.allowed or ("any word",)))
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{name} is {value!r}; allowed: a finite number")
    return number
