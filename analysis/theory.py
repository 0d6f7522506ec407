"""What the equations say before anything is measured: factors per step, parameters, FLOP ratios, fading of a memory.

References
----------
.. [1] R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks", ICML 2013.
.. [2] F. A. Gers, J. Schmidhuber, F. Cummins, "Learning to forget", Neural Computation 12 (2000).

"""

from __future__ import annotations

import math

AFFINE_MAPS = {"rnn": 1, "gru": 3, "gru-reset-before": 3, "lstm": 4}
"""k: affine maps of [h, x] per step, gates and candidate."""

TORCH_GAIN = 1 / math.sqrt(3)
"""U(±1/√H) has variance 1/(3H): the spectral radius of the recurrent matrix tends to 1/√3."""


def sigmoid(x: float) -> float:
    """σ(x) = 1 / (1 + e^-x), without overflow."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def recurrent_gain(cell: str, initialiser: str) -> float | None:
    """Spectral radius of the candidate's recurrent matrix for large H.

    `torch` 1/√3; `orthogonal` 1 per gate; `keras` draws one orthogonal (H, kH) kernel, so that a block of it has
    variance 1/(kH) and radius 1/√k. None where the cell or initialiser has no derivation here.
    """
    if cell not in AFFINE_MAPS:
        return None
    gains = {
        "torch": TORCH_GAIN,
        "torch-fb1": TORCH_GAIN,
        "orthogonal": 1.0,
        "keras": 1 / math.sqrt(AFFINE_MAPS[cell]),
    }
    return gains.get(initialiser)


def factor_per_step(cell: str, initialiser: str) -> float | None:
    """Factor per step of a gradient at zero state and zero input, along the slowest direction.

    RNN: g. LSTM: f + i·o·g. GRU: z + (1 - z)·r·g, where z keeps the state. Gates are σ(bias): ½, and f = σ(1) where
    the initialiser sets the forget bias to one [2]_. chrono has a bias per unit and so no single factor.

    Returns
    -------
    float or None
        None where there is no derivation.

    """
    gain = recurrent_gain(cell, initialiser)
    if gain is None:
        return None
    if cell == "rnn":
        return gain
    if cell == "lstm":
        forget = sigmoid(1.0) if initialiser in ("keras", "torch-fb1") else 0.5
        return forget + 0.25 * gain
    return None if initialiser == "torch-fb1" else 0.5 + 0.25 * gain


def parameters(cell: str, input_size: int, hidden_size: int, biases: int = 1, directions: int = 1) -> int:
    """P = D · [k·H·(I + H) + n_b·k·H]: D directions, k affine maps, n_b bias vectors per map."""
    k = AFFINE_MAPS[cell]
    return directions * (k * hidden_size * (input_size + hidden_size) + biases * k * hidden_size)


def flop_ratio(cell: str, other: str) -> float:
    """Ratio of the products' FLOPs, 2kH(I + H) per step: k/k', whatever the sizes."""
    return AFFINE_MAPS[cell] / AFFINE_MAPS[other]


def log10_forget_product(bias: float, lag: float) -> float:
    """log10 of σ(b_f)^k: how much of a memory is left after k steps at zero input [2]_."""
    return lag * math.log10(sigmoid(bias))
