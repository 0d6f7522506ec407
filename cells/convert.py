"""Weights of Keras: what `get_weights()` of a Keras layer gives, as parameters of a layer here, and back.

Keras keeps, for each direction, a kernel (I, G H), a recurrent kernel (H, G H) and, with `use_bias`, a bias. They are
the transposed weights of this suite, which has PyTorch's, with the blocks of the gates in another order:

    Keras                     cell here             blocks         bias
    SimpleRNN                 "rnn"                 h              (H,)
    LSTM                      "lstm"                i f c o        (4 H,)
    GRU                       "gru"                 z r h          (2, 3 H), of the input and of the recurrent product
    GRU(reset_after=False)    "gru-reset-before"    z r h          (3 H,)

Both libraries take z near 1 to keep the state: h = z h_prev + (1 - z) n. A layer here has two biases a gate, which are
added; where Keras has one, it stands in bias_ih, and bias_hh is zero. Of the GRU that resets after the product they are
not added (r scales W_hn h_prev + b_hn), and Keras has two as well.

What the parameters do not say must agree by itself: Keras's defaults tanh and sigmoid; and of Bidirectional the merge,
"concat" and "sum" as here, "ave" as "mean" here. Arrays of Keras are batch first; here time is: x.swapaxes(0, 1).

Source: Keras 3, keras/src/layers/rnn; `tests/support/golden/make_keras.py` has its answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.arrays import as_floats
from cells.bidirectional import SUFFIXES
from cells.layer import Layer
from cells.registry import find_cell
from cells.spec import CellSpec
from cells.validation import check_shape, one_of

Array = NDArray[Any]

BLOCKS = {
    "rnn": ("a",),
    "lstm": ("i", "f", "g", "o"),
    "gru": ("z", "r", "n"),
    "gru-reset-before": ("z", "r", "n"),
}
"""The gates of a cell, by the names that they have here, in the order of Keras's blocks."""
TWO_BIASES = ("gru",)
"""Cells whose biases cannot be added: Keras keeps one for each product."""


def from_keras(cell: str, arrays: Sequence[Any]) -> dict[str, Array]:
    """Parameters for `Layer.load_parameters` from what a Keras layer's `get_weights()` gives.

    Parameters
    ----------
    cell
        "rnn" (SimpleRNN), "lstm", "gru" (GRU) or "gru-reset-before" (GRU with reset_after=False).
    arrays
        [kernel (I, G H), recurrent_kernel (H, G H), bias], without the bias where `use_bias` is False: then the biases
        are zero. Of Bidirectional those of the forward layer and then those of the backward layer.

    Returns
    -------
    dict
        By PyTorch's names, in the dtype of the arrays; none shares memory with them.

    Raises
    ------
    ValueError, TypeError
        For a cell that Keras has not, another number of arrays, a wrong shape or dtype.

    """
    spec = _spec(cell)
    if isinstance(arrays, np.ndarray) or not isinstance(arrays, Sequence):
        raise TypeError(f"arrays are {type(arrays).__name__}; allowed: the list that get_weights() of Keras gives")
    count = len(arrays)
    if count not in (2, 3, 4, 6):
        raise ValueError(
            f"{count} arrays; allowed: kernel, recurrent_kernel and bias, 3, or 2 with use_bias=False, and twice as "
            "many of Bidirectional; of a model with several layers, those of one layer"
        )
    directions = 1 if count in (2, 3) else 2
    each = count // directions
    parameters: dict[str, Array] = {}
    for suffix, start in zip(SUFFIXES[:directions], range(0, count, each), strict=True):
        own = _of_direction(spec, [as_floats(f"array {n}", arrays[n]) for n in range(start, start + each)], start)
        parameters |= {name + suffix: value for name, value in own.items()}
    return parameters


def to_keras(layer: Layer, use_bias: bool = True) -> list[Array]:
    """Return the arrays that `set_weights()` of the same Keras layer takes; the inverse of `from_keras`.

    Where Keras has one bias it gets the sum of the two; only in "gru" are they kept apart. Of a layer of two directions
    the list is that of Bidirectional. The arrays are in the dtype of the parameters and share no memory with them.

    Parameters
    ----------
    layer
        A layer of a cell that Keras has.
    use_bias
        That of the Keras layer. False leaves the biases out; they must be zero.

    Raises
    ------
    TypeError, ValueError
        For what is no layer, a cell that Keras has not, or biases that are not zero with use_bias=False.

    """
    if not isinstance(layer, Layer):
        raise TypeError(f"layer is {type(layer).__name__}; allowed: a cells.Layer")
    spec = _spec(layer.spec.name)
    arrays: list[Array] = []
    for suffix in SUFFIXES if layer.bidirectional else SUFFIXES[:1]:
        arrays += [_blocks(spec, layer.parameters[f"weight_{kind}_l0{suffix}"]).T.copy() for kind in ("ih", "hh")]
        pair = [_blocks(spec, layer.parameters[f"bias_{kind}_l0{suffix}"]) for kind in ("ih", "hh")]
        bias = np.stack(pair) if spec.name in TWO_BIASES else pair[0] + pair[1]
        if use_bias:
            arrays.append(bias)
        elif bias.any():
            where = " of the reverse direction" if suffix else ""
            raise ValueError(
                f"the biases{where} are not zero, up to {np.abs(bias).max():g}; allowed: use_bias=True, or zero biases"
            )
    return arrays


def _spec(cell: str) -> CellSpec:
    find_cell(cell)  # a cell that nobody knows is another error than one that Keras has not
    return find_cell(one_of("cell of Keras", cell, BLOCKS))


def _of_direction(spec: CellSpec, arrays: Sequence[Array], start: int) -> dict[str, Array]:
    """Return the parameters of one direction; start: the place of its first array in the list, for the messages."""
    kernel, recurrent = arrays[:2]
    gates = len(spec.gates)
    hidden = recurrent.shape[0] if recurrent.ndim else 0
    rows = _rows(spec)
    check_shape(f"array {start + 1}, the recurrent kernel,", recurrent.shape, (None, gates * hidden), f"H {rows}")
    check_shape(f"array {start}, the kernel,", kernel.shape, (None, gates * hidden), f"I {rows}")
    pair = np.zeros((2, gates * hidden), kernel.dtype)
    if len(arrays) == 3:
        _check_bias(spec, arrays[2], pair.shape, start + 2)
        pair = pair.astype(arrays[2].dtype)
        pair[: 2 if spec.name in TWO_BIASES else 1] = arrays[2]
    return {
        "weight_ih_l0": _unblocked(spec, kernel.T),
        "weight_hh_l0": _unblocked(spec, recurrent.T),
        "bias_ih_l0": _unblocked(spec, pair[0]),
        "bias_hh_l0": _unblocked(spec, pair[1]),
    }


def _check_bias(spec: CellSpec, bias: Array, pair: tuple[int, int], place: int) -> None:
    """Raise ValueError for another shape; that of the other GRU says which cell it is."""
    rows = pair[1]
    shapes = {"gru": (2, rows), "gru-reset-before": (rows,)}
    others = [
        cell for cell, shape in shapes.items() if cell != spec.name and spec.name in shapes and bias.shape == shape
    ]
    if others:
        after = others[0] == "gru"
        raise ValueError(
            f"array {place}, the bias, has shape {bias.shape}, as of Keras's GRU with reset_after={after}; allowed: "
            f"{shapes[spec.name]} for cell {spec.name!r}, or cell {others[0]!r} for these arrays"
        )
    two = spec.name in TWO_BIASES
    wanted, legend = ((2, rows), f"biases {_rows(spec)}") if two else ((rows,), _rows(spec))
    check_shape(f"array {place}, the bias,", bias.shape, wanted, legend)


def _rows(spec: CellSpec) -> str:
    """Return what a message calls the columns of a kernel: G H."""
    return "H" if len(spec.gates) == 1 else f"{len(spec.gates)}H"


def _blocks(spec: CellSpec, parameter: Array) -> Array:
    """Return a parameter (G H, ...) with the gates in Keras's order."""
    hidden = parameter.shape[0] // len(spec.gates)
    return np.concatenate([spec.gate_block(parameter, gate, hidden) for gate in BLOCKS[spec.name]])


def _unblocked(spec: CellSpec, parameter: Array) -> Array:
    """Return an array (G H, ...) of Keras's order with the gates in the order of the cell."""
    split = np.split(parameter, len(spec.gates))
    return np.concatenate([split[BLOCKS[spec.name].index(gate)] for gate in spec.gates])
