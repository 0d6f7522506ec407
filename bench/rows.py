"""The row schema: what passes from `bench` to `analysis`, and nothing else does.

A tidy frame has one row per measured number and these columns, in this order: those of `Case`, then
those of `MEASUREMENT_COLUMNS`, then `RUN_COLUMNS`.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.case import CASE_COLUMNS, Case
from bench.names import unknown

STATUSES = ("ok", "zero", "censored", "diverged", "failed")
"""What a row says of its number: measured; exactly 0, so that its logarithm has none; not reached within the sequence,
so that `value` is what it exceeds; not finite; not measured, because something went wrong."""

WITH_VALUE = ("ok", "censored")


@dataclass(frozen=True)
class Measurement:
    """One measured number.

    `block` numbers the shuffled block that the sample belongs to (samples of one block are adjacent in time);
    `replicate` numbers the sample inside its block; `step` is the coordinate along a profile: the lag k of a
    gradient norm, the time step of a gate, the argument x of an activation (0 where there is none).
    `value` is None unless `status` is "ok", or "censored" (then the number is larger than `value`); `reason` says why:
    nothing measured is dropped.
    """

    case: Case
    metric: str
    value: float | None
    unit: str
    block: int = 0
    replicate: int = 0
    step: float = 0.0
    status: str = "ok"
    reason: str = ""

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(unknown("status", self.status, STATUSES))
        if (self.value is None) == (self.status in WITH_VALUE):
            raise ValueError(f"{self.metric}: value {self.value!r} does not fit status {self.status!r}")
        if self.value is not None and not abs(self.value) < float("inf"):
            raise ValueError(f"{self.metric}: value {self.value!r}; allowed: a finite number, or None with a reason")


MEASUREMENT_COLUMNS = ("metric", "value", "unit", "block", "replicate", "step", "status", "reason")
RUN_COLUMNS = ("environment", "code_version", "run", "whole", "measured_at")
"""Which machine and code; which run; whether all that was planned of the study has been measured with this code (1/0).

Samples of one block and one run are adjacent in time, and may be paired; those of two runs may not.
"""
RUN_DEFAULTS = {"run": "", "whole": 1}
"""What rows have that were exported before rows knew their run: all rows of one code version count as one run."""
COLUMNS = CASE_COLUMNS + MEASUREMENT_COLUMNS + RUN_COLUMNS
