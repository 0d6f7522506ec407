"""A case: everything that decides what one measurement means."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from bench import names
from bench.conditions import CONDITIONS, Conditions, Value, conditions

BACKENDS = {
    "cpu": "recurbench",
    "cpu-again": "recurbench, measured again",
    "torch": "PyTorch",
    "torch-compile": "PyTorch, compiled",
    "onnxruntime": "ONNX Runtime",
    "cuda": "recurbench on the GPU",
    "cuda-again": "recurbench on the GPU, measured again",
    "cudnn": "cuDNN",
    "cudnn-fp16": "cuDNN, half precision",
    "sm_80": "machine code for the A100",
    "sm_90a": "machine code for the H200",
}
"""Backend name to the name a reader sees.

`cpu-again` and `cuda-again` are the same kernels a second time: the A/A rows. `sm_...` are kernels that are compiled
and not run.
"""

ON_GPU = ("cuda", "cuda-again", "cudnn", "cudnn-fp16", "sm_80", "sm_90a")
"""Backends whose kernels are CUDA kernels."""

DIRECTIONS = ("inference", "training", "profile", "count", "forward", "backward", "spectrum")
MERGES = ("none", "mean", "concat", "sum")


@dataclass(frozen=True, order=True)
class Case:
    """One point of a study's grid: what every study has, and the named conditions of this one.

    Parameters
    ----------
    study
        A name of `bench.names.study_names()`, or "experiment:" and the name of an experiment.
    cell
        A name of the registry of cells, or one of `bench.names.OTHER_WORK` for rows that are about no cell.
    backend
        Who computes: a key of `BACKENDS`.
    direction
        What a call does; "forward" is a pass that keeps every state and gate, "profile" the gradient's norm at every
        lag, "spectrum" all Lyapunov exponents. Of a kernel that is compiled and not run, "forward" and "backward" are
        its ways.
    merge
        How the outputs of two directions become one; "none" for one direction.
    seq_len, hidden_size, input_size, batch_size
        Counts, at least 1.
    dtype
        Of the operands.
    initialiser, initialiser_value
        A name of `cells.initialisers`, and its parameter where it has one (gain, T_max, forget bias), else 0.
    seed
        Draws parameters and inputs; at least 0.
    threads
        CPU threads, at least 1.
    conditions
        What `bench.conditions.conditions(...)` gives: pairs of name and value that differ from the default.

    Raises
    ------
    ValueError
        Where a value is not allowed; the message names the allowed ones.

    """

    study: str
    cell: str
    backend: str = "cpu"
    direction: str = "inference"
    merge: str = "none"
    seq_len: int = 1
    hidden_size: int = 1
    input_size: int = 1
    batch_size: int = 1
    dtype: str = "float32"
    initialiser: str = "torch"
    initialiser_value: float = 0.0
    seed: int = 0
    threads: int = 1
    conditions: Conditions = ()

    def __post_init__(self) -> None:
        for name, least in LEAST.items():
            if getattr(self, name) < least:
                raise ValueError(f"case.{name} is {getattr(self, name)}; allowed: {least} or more")
        cells = (*names.cell_names(), *names.OTHER_WORK)
        for name, known in (
            ("cell", cells),
            ("backend", tuple(BACKENDS)),
            ("direction", DIRECTIONS),
            ("merge", MERGES),
            ("dtype", names.DTYPES),
            ("initialiser", names.INITIALISERS),
        ):
            if getattr(self, name) not in known:
                raise ValueError(names.unknown(name, getattr(self, name), known))
        if not names.is_study(self.study):
            raise ValueError(names.unknown("study", self.study, names.study_names()))
        # Checked, sorted and without defaults: equal cases have equal conditions.
        object.__setattr__(self, "conditions", conditions(**dict(self.conditions)))

    def replaced(self, **settings: Any) -> Case:
        """Return this case with other values of its fields or conditions."""
        core = {name: getattr(self, name) for name in CORE_COLUMNS}
        return make_case(**(core | dict(self.conditions) | settings))

    def number(self, name: str) -> float:
        """Return the value of a condition that is a number, its default where the case does not set it."""
        value = self._condition(name)
        if isinstance(value, str):
            raise TypeError(f"condition {name!r} is the word {value!r}, not a number")
        return value

    def word(self, name: str) -> str:
        """Return the value of a condition that is a word, its default where the case does not set it."""
        value = self._condition(name)
        if not isinstance(value, str):
            raise TypeError(f"condition {name!r} is the number {value:g}, not a word")
        return value

    def _condition(self, name: str) -> Value:
        if name not in CONDITIONS:
            raise ValueError(names.unknown("condition", name, CONDITIONS))
        return dict(self.conditions).get(name, CONDITIONS[name].default)

    @property
    def key(self) -> str:
        """16 hex digits that name this case in the store, the same on every machine.

        A condition that has its default does not enter, so that a new condition leaves the keys of stored cases as
        they are; those that were columns from the first row on always enter, for the same reason.
        """
        told: dict[str, Any] = {name: getattr(self, name) for name in CORE_COLUMNS}
        for name, condition in CONDITIONS.items():
            value = self._condition(name)
            if condition.always_in_key or value != condition.default:
                told[name] = value
        text = "|".join(f"{name}={value}" for name, value in sorted(told.items()))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def label(self) -> str:
        """Short text for a progress line or a test id."""
        shape = f"T{self.seq_len}-B{self.batch_size}-I{self.input_size}-H{self.hidden_size}"
        merge = "" if self.merge == "none" else f"-bi-{self.merge}"
        initialiser = self.initialiser + (f"{self.initialiser_value:g}" if self.initialiser_value else "")
        threads = f"-{self.threads}threads" if self.threads > 1 else ""
        shorts = (CONDITIONS[name].short(value) for name, value in self.conditions)
        special = "".join(f"-{short}" for short in shorts if short)
        what = f"{self.study}-{self.cell}{merge}-{self.backend}{threads}-{self.direction}"
        return f"{what}-{shape}-{initialiser}{special}-s{self.seed}"


LEAST = {"seq_len": 1, "hidden_size": 1, "input_size": 1, "batch_size": 1, "threads": 1, "seed": 0}
SHAPE = ("seq_len", "hidden_size", "batch_size", "input_size", "direction", "threads")
"""What contenders that are compared have in common: they are measured one after another, in a block of a run."""
CORE_COLUMNS = tuple(field.name for field in fields(Case) if field.name != "conditions")
CASE_COLUMNS = (*CORE_COLUMNS, *CONDITIONS)
"""Columns of a tidy frame that say what was measured: what every case has, then a column for each condition."""


def make_case(study: str, cell: str, backend: str = "cpu", direction: str = "inference", **settings: Any) -> Case:
    """Return a case from its fields and conditions, named alike: `make_case("linear", "rnn", inputs="zero", seed=3)`.

    Raises
    ------
    ValueError
        Where a name or a value is not allowed; the message names the allowed ones.

    """
    core = {name: value for name, value in settings.items() if name in CORE_COLUMNS}
    named = {name: value for name, value in settings.items() if name not in CORE_COLUMNS}
    for name in named:
        if name not in CONDITIONS:
            raise ValueError(names.unknown("setting of a case", name, CASE_COLUMNS))
    return Case(study, cell, backend, direction, **core, conditions=conditions(**named))


def columns_of(case: Case) -> tuple[Any, ...]:
    """Return the case as values of `CASE_COLUMNS`."""
    core = tuple(getattr(case, name) for name in CORE_COLUMNS)
    return core + tuple(dict(case.conditions).get(name, CONDITIONS[name].default) for name in CONDITIONS)


def as_row(case: Case) -> dict[str, Any]:
    """Return the case as the columns of a tidy frame, each with its value; `case_from` takes them back."""
    return dict(zip(CASE_COLUMNS, columns_of(case), strict=True))


def case_from(row: Mapping[str, Any]) -> Case:
    """Return the case of a row of the store or of a tidy frame."""
    return make_case(**{name: row[name] for name in CASE_COLUMNS if name in row})
