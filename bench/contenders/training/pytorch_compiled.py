"""PyTorch at training with torch.compile, which takes no torch.nn.RNN, LSTM or GRU and leaves them as they are.

So the steps are written out in PyTorch's operations, and compiled in pieces: all steps at once take minutes to compile
(GRU, T = 50: 219 s on two cores), and a single step has the costs of a call each time.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import torch

from bench.contenders.training import pytorch

PIECE = 10
"""Steps that are compiled as one."""
Tensors = tuple[torch.Tensor, ...]
linear = torch.nn.functional.linear


def rnn(x: torch.Tensor, states: Tensors, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Tensors:
    """Run a simple RNN over some steps x (K, B, I), from its states to those after them."""
    (h,) = states
    for given in linear(x, w_ih, b_ih).unbind(0):
        h = torch.tanh(given + linear(h, w_hh, b_hh))
    return (h,)


def lstm(x: torch.Tensor, states: Tensors, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Tensors:
    """Run an LSTM over some steps, as `rnn`."""
    h, c = states
    for given in linear(x, w_ih, b_ih).unbind(0):
        i, f, g, o = (given + linear(h, w_hh, b_hh)).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
    return h, c


def gru(x: torch.Tensor, states: Tensors, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Tensors:
    """Run a GRU over some steps, as `rnn`."""
    (h,) = states
    for given in linear(x, w_ih, b_ih).unbind(0):
        r_in, z_in, n_in = given.chunk(3, 1)
        r_back, z_back, n_back = linear(h, w_hh, b_hh).chunk(3, 1)
        z = torch.sigmoid(z_in + z_back)
        n = torch.tanh(n_in + torch.sigmoid(r_in + r_back) * n_back)
        h = n + z * (h - n)
    return (h,)


STEPS: Mapping[str, Callable[..., Tensors]] = {"rnn": rnn, "lstm": lstm, "gru": gru}


@functools.cache
def compiled(cell: str) -> Callable[..., Tensors]:
    """Compile the steps of a cell, once in a process for each size and number of threads."""
    import torch._inductor.config

    torch._inductor.config.compile_threads = 1  # processes of its own would not stop with this one
    made: Callable[..., Tensors] = torch.compile(STEPS[cell], dynamic=False, fullgraph=True)
    return made


class Prepared(pytorch.Prepared):
    """As PyTorch without a compiler, but for the steps of the layer."""

    def _last(self, x: torch.Tensor) -> torch.Tensor:
        case = self._case
        zero = torch.zeros((case.batch_size, case.hidden_size), dtype=x.dtype)
        states: Tensors = (zero,) * (2 if case.cell == "lstm" else 1)
        for piece in torch.split(x, PIECE):
            states = compiled(case.cell)(piece, states, *self._module.parameters())
        return states[0]
