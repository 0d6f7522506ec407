"""The forget dial: the curve f^t that is drawn before any script runs, from the definition alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

WIDTH, HEIGHT, STEPS = 560, 220, 50
BIASES = {0.0: 0.1, 1.0: 0.3, 2.0: 0.5, 4.0: 0.7}
"""Forget biases that are drawn as fixed curves, each with the memory at which its label stands."""


@dataclass(frozen=True)
class Curve:
    """A memory under a constant forget gate f = σ(bias)."""

    bias: float
    gate: float
    half_life: float
    path: str
    label_x: float
    label_y: float


def sigmoid(x: float) -> float:
    """σ(x) = 1 / (1 + e^-x)."""
    return 1.0 / (1.0 + math.exp(-x))


def curve(bias: float) -> Curve:
    """Return the curve of f^t over `STEPS` steps, f = σ(bias), in the drawing's coordinates."""
    gate = sigmoid(bias)
    points = ((t / STEPS * WIDTH, HEIGHT * (1 - gate**t)) for t in range(STEPS + 1))
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    half_life = math.log(2) / -math.log(gate)
    at = math.log(BIASES.get(bias, 0.5)) / math.log(gate)
    return Curve(bias, gate, half_life, path, at / STEPS * WIDTH + 6, HEIGHT * (1 - gate**at))


def curves() -> tuple[Curve, ...]:
    """Return the fixed curves."""
    return tuple(curve(bias) for bias in BIASES)
