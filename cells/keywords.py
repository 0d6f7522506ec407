"""Keywords that a layer has in PyTorch or Keras and not here: an error says how it is done here."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import ParamSpec

from cells.unknown import nearest

P = ParamSpec("P")

_STACK = (
    "layers are stacked by hand, the output of one is the input of the next: Layer(cell, I, H), then Layer(cell, H, H)"
)
_TIME_FIRST = "arrays have time first, (T, B, I): x.swapaxes(0, 1) turns one of the other order"
_DROPOUT = "nothing is dropped; multiply x, or the output between two layers, by a mask of your own"
_BIAS = "every cell has its biases; zeros in load_parameters are none"
_FIXED = (
    "a cell has its functions, tanh and sigma, as in PyTorch and Keras unless told otherwise; other cells: cell_names()"
)
_DRAWN = 'parameters are drawn as initialiser says, "torch", "keras" or a value of cells.initialisers'
_KEPT = "a call returns the output at every step, of which output[-1] is the last, and the final state by name"

HERE = {
    "num_layers": _STACK,
    "units": "the number of units is hidden_size, and input_size stands before it",
    "batch_first": _TIME_FIRST,
    "time_major": _TIME_FIRST,
    "dropout": _DROPOUT,
    "recurrent_dropout": _DROPOUT,
    "bias": _BIAS,
    "use_bias": _BIAS,
    "nonlinearity": _FIXED,
    "activation": _FIXED,
    "recurrent_activation": _FIXED,
    "kernel_initializer": _DRAWN,
    "recurrent_initializer": _DRAWN,
    "bias_initializer": _DRAWN,
    "unit_forget_bias": 'that is part of initialiser="keras", or cells.initialisers.forget_bias(1.0)',
    "return_sequences": _KEPT,
    "return_state": _KEPT,
    "go_backwards": "x[::-1] runs from the end to the start",
    "stateful": "the final state of a call is the initial one of the next: layer(x, initial=final)",
    "merge_mode": 'that is bidirectional="concat", "mean" (Keras: "ave") or "sum"',
    "reset_after": 'that is the cell: "gru" resets after the product, "gru-reset-before" before it',
    "proj_size": "the output is the hidden state; multiply it by a matrix of your own",
    "device": 'that is backend="cpu" or backend="cuda"',
    "seed": "that is rng=numpy.random.default_rng(seed)",
}
"""What is done here instead, by PyTorch's and Keras's keyword."""


def saying_how_it_is_done_here(call: Callable[P, None]) -> Callable[P, None]:
    """Let a function refuse a keyword that it does not have with the way it is done here, or with the nearest name."""
    known = [name for name in inspect.signature(call).parameters if name != "self"]

    @functools.wraps(call)
    def checked(*given: P.args, **named: P.kwargs) -> None:
        for name in named:
            if name not in known:
                raise TypeError(_message(name, known))
        call(*given, **named)

    return checked


def _message(name: str, known: list[str]) -> str:
    near = nearest(name, known)
    how = HERE.get(name) or ("" if near is None else f"did you mean {near!r}?")
    return f"a layer has no keyword {name!r}{f': {how}' if how else ''}; allowed: {', '.join(known)}"
