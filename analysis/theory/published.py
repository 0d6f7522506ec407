"""Numbers from elsewhere that a run is compared with: published by others, or simulated apart from this suite.

They are data, each with its source; nothing here is computed from the rows of a run.

References
----------
.. [1] D. G. Clark, data of "Lyapunov spectrum of random neural networks", github.com/davidclark1/rnn-lyapunov.
.. [2] K. Pöppel, M. Beck, S. Hochreiter, "FlashRNN", 2024.

"""

from __future__ import annotations

CLARK = {2.0: (0.15425, 0.25659, 0.010608), 3.0: (0.30958, 0.28717, 0.025106)}
"""x' = W tanh x at N = 4096, by gain: λ1, Kaplan-Yorke dimension/N, entropy rate/N (nats per step) [1]_."""

HASTE = {"inference": 18.41e-3, "training": 43.86e-3}
"""Seconds of Haste's LSTM in float32 on an H100, input product included, as published beside FlashRNN [2]_."""

HASTE_SHAPE = (1024, 16, 768)
"""T, B, H of that measurement; also a point of this suite's grid."""

SIMULATED_FACTORS = {
    ("rnn", "torch", 128): 0.594,
    ("rnn", "torch", 32): 0.580,
    ("lstm", "torch", 128): 0.653,
    ("lstm", "torch", 32): 0.644,
    ("gru", "torch", 128): 0.647,
    ("gru", "torch", 32): 0.637,
    ("lstm", "torch-fb1", 128): 0.880,
    ("lstm", "torch-fb1", 32): 0.856,
    ("rnn", "keras", 128): 0.926,
    ("rnn", "keras", 32): 0.865,
}
"""Factor per step at (cell, initialiser, H), one input drawn from N(0, 1): simulated apart from this suite."""

UNIFORM_RADIUS = {32: 0.614, 64: 0.610, 128: 0.604, 256: 0.599}
"""Mean spectral radius of U(±1/√H) by H, before its limit 1/√3: simulated, 80 000 to 1 500 draws, to ±.0005."""

TRAINED_RATE = 3e-3
"""Learning rate of Adam behind `TRAINED`: batch 32, gradient clipped at 1, 1500 steps at most, 3 networks each."""

TRAINED: dict[tuple[str, str, str], dict[int, tuple[int, int | None]]] = {
    ("delayed-xor", "rnn", "torch"): {10: (2, None), 20: (3, 700), 40: (0, None), 100: (0, None)},
    ("delayed-xor", "lstm", "torch"): {10: (3, 200), 20: (2, None), 40: (0, None), 100: (0, None)},
    ("delayed-xor", "lstm", "torch-fb1"): {10: (3, 100), 20: (3, 300), 40: (1, None), 100: (0, None)},
    ("delayed-xor", "gru", "torch"): {10: (3, 200), 20: (3, 200), 40: (0, None), 100: (0, None)},
    ("delayed-xor", "lstm", "chrono-oracle"): {10: (3, 100), 20: (3, 200), 40: (3, 300), 100: (3, 700)},
    ("temporal-order", "rnn", "torch"): {20: (3, None), 50: (0, None)},
    ("temporal-order", "lstm", "torch"): {20: (3, None), 50: (0, None)},
    ("temporal-order", "gru", "torch"): {50: (3, 600), 100: (0, None)},
    ("temporal-order", "lstm", "chrono-oracle"): {100: (3, 300)},
    ("temporal-order", "gru", "chrono-oracle"): {100: (3, 300)},
    ("adding", "gru", "torch"): {50: (3, 500)},
    ("adding", "lstm", "torch"): {50: (3, 1450)},
    ("adding", "rnn", "torch"): {50: (0, None)},
}
"""(task, cell, start) and length to how many of `TRAINED_NETWORKS` solved it and their median steps, where that is
known: simulated apart from this suite, with XOR in batches of 32 and not of its four sequences."""
TRAINED_NETWORKS = 3
