"""A case: everything that decides what one measurement means."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, fields
from typing import Any

BACKENDS = {
    "cpu": "recurbench",
    "cpu-again": "recurbench, measured again",
    "torch": "PyTorch",
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

DIRECTIONS = ("inference", "training", "profile", "count", "forward", "backward")
INPUTS = ("normal", "zero", "start", "-")
MERGES = ("none", "mean", "concat", "sum")
LATER = {"variant": "-"}
"""Fields that came after rows had been stored, with what those rows have: keys of such cases stay as they were."""


@dataclass(frozen=True, order=True)
class Case:
    """One point of a study's grid.

    Sizes are counts; `seed` draws parameters and inputs; `threads` is the number of CPU threads.
    `cell` is a name of the registry, or "activation" for rows about sigma and tanh alone, "matrix" for rows about
    random matrices alone. `direction` is what a call does; "forward" and "backward" are the ways of a kernel that is
    compiled and not run. `initialiser_value` is the parameter of an initialiser that has one (gain, T_max, forget
    bias), else 0. `gate_bias` is added to the bias of the gate that keeps the state (f of the LSTM, z of the GRU).
    `inputs` is "normal" (N(0, 1) times `input_scale`), "zero", "start" (zero after a random state to start from), or
    "-" where no sequence is fed. `variant` names who shares the units of a batch row on the GPU, where that is forced
    or compiled; "-" elsewhere.
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
    gate_bias: float = 0.0
    inputs: str = "normal"
    input_scale: float = 1.0
    seed: int = 0
    threads: int = 1
    variant: str = "-"

    def __post_init__(self) -> None:
        for name in ("seq_len", "hidden_size", "input_size", "batch_size", "threads"):
            if getattr(self, name) < 1:
                raise ValueError(f"case.{name} is {getattr(self, name)}; allowed: 1 or more")
        for name, known in (
            ("backend", BACKENDS),
            ("direction", DIRECTIONS),
            ("merge", MERGES),
            ("inputs", INPUTS),
        ):
            if getattr(self, name) not in known:
                raise ValueError(f"unknown {name} {getattr(self, name)!r}; known: {', '.join(known)}")

    @property
    def key(self) -> str:
        """16 hex digits that name this case in the store, the same on every machine."""
        told = {name: value for name, value in asdict(self).items() if LATER.get(name) != value}
        text = "|".join(f"{name}={value}" for name, value in sorted(told.items()))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def label(self) -> str:
        """Short text for a progress line or a test id."""
        shape = f"T{self.seq_len}-B{self.batch_size}-I{self.input_size}-H{self.hidden_size}"
        merge = "" if self.merge == "none" else f"-bi-{self.merge}"
        initialiser = self.initialiser + (f"{self.initialiser_value:g}" if self.initialiser_value else "")
        if self.gate_bias:
            initialiser += f"-bias{self.gate_bias:g}"
        inputs = "" if self.inputs in ("normal", "-") else f"-{self.inputs}"
        inputs += f"-scale{self.input_scale:g}" if self.input_scale != 1 else ""
        threads = f"-{self.threads}threads" if self.threads > 1 else ""
        variant = "" if self.variant == "-" else f"-{self.variant}"
        what = f"{self.study}-{self.cell}{merge}-{self.backend}{variant}{threads}-{self.direction}"
        return f"{what}-{shape}-{initialiser}{inputs}-s{self.seed}"


CASE_COLUMNS = tuple(field.name for field in fields(Case))


def with_later_fields(frame: Any) -> Any:
    """A tidy frame (pandas) with every column of `Case`: what was exported before a field came has its default."""
    return frame.assign(**{name: value for name, value in LATER.items() if name not in frame.columns})


def case_from(row: dict[str, Any]) -> Case:
    """The case of a row of the store or of a tidy frame."""
    return Case(**{name: row[name] for name in CASE_COLUMNS})
