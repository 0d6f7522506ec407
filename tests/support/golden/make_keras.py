"""Write keras.npz from Keras, here: `python tests/support/golden/make_keras.py`, where Keras 3 and a backend of it are.

It needs nothing of this suite, so any environment does:

    python -m venv /tmp/keras && /tmp/keras/bin/pip install keras numpy torch
    KERAS_BACKEND=torch /tmp/keras/bin/python tests/support/golden/make_keras.py

The file has, for each case, `<case>/x` (B, T, I), `<case>/output` (B, T, H or 2 H) and `<case>/weight_<n>`, the list
that `get_weights()` gives; all are float64 and batch first, as there. `version` is Keras's. LSTM and GRU go through
PyTorch's own float64 kernels; SimpleRNN and GRU(reset_after=False) through `keras.ops.matmul`, which rounds the product
of two float64 arrays to float32 (3.15): they are good to 1e-6.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

FILE = Path(__file__).with_name("keras.npz")
BATCH, STEPS, INPUTS, HIDDEN = 2, 5, 3, 4


def layers():
    """Yield each case's name and its Keras layer; a case is <cell>[-no-bias][-<merge of this suite>]."""
    rnn = keras.layers
    kinds = {
        "rnn": lambda **how: rnn.SimpleRNN(HIDDEN, return_sequences=True, **how),
        "lstm": lambda **how: rnn.LSTM(HIDDEN, return_sequences=True, **how),
        "gru": lambda **how: rnn.GRU(HIDDEN, return_sequences=True, reset_after=True, **how),
        "gru-reset-before": lambda **how: rnn.GRU(HIDDEN, return_sequences=True, reset_after=False, **how),
    }
    for cell, make in kinds.items():
        yield cell, make()
        yield f"{cell}-no-bias", make(use_bias=False)
    for cell, mode, merge in (("lstm", "concat", "concat"), ("lstm", "ave", "mean"), ("gru", "sum", "sum")):
        yield f"{cell}-{merge}", rnn.Bidirectional(kinds[cell](), merge_mode=mode)


def main() -> None:
    keras.config.set_floatx("float64")
    arrays = {"version": np.array(keras.__version__)}
    rng = np.random.default_rng(20261128)
    for case, layer in layers():
        layer.build((BATCH, STEPS, INPUTS))
        # Keras starts from zero biases: drawn ones would show a gate in another one's place.
        layer.set_weights([rng.uniform(-1, 1, weight.shape) for weight in layer.get_weights()])
        x = rng.uniform(-1.5, 1.5, (BATCH, STEPS, INPUTS))
        arrays[f"{case}/x"] = x
        arrays[f"{case}/output"] = keras.ops.convert_to_numpy(layer(x))
        arrays |= {f"{case}/weight_{n}": weight for n, weight in enumerate(layer.get_weights())}
    np.savez_compressed(FILE, **arrays)
    print(f"{FILE.name}: Keras {keras.__version__}, {FILE.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
