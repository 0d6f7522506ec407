"""PyTorch at training: torch.nn.RNN, LSTM and GRU with torch.nn.Linear, torch.optim.Adam and clip_grad_norm_."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bench.case import Case

Array = NDArray[Any]
MODULES = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
READOUT = "readout_"
ADAMS: Mapping[str, Mapping[str, bool]] = {
    "for-loop": {"foreach": False},
    "foreach": {"foreach": True},
    "fused": {"fused": True},
}
"""The ways in which torch.optim.Adam can update; which is fastest depends on the sizes, so that each is tried."""
TRIED = 12
"""Steps that are taken to try one."""
_fastest: dict[Case, str] = {}


class Prepared:
    """A module and a readout with the case's parameters, and batches to train them on."""

    def __init__(
        self, case: Case, parameters: Mapping[str, Array], batches: Sequence[tuple[Array, Array]], adam: str = ""
    ) -> None:
        torch.set_num_threads(case.threads)
        self._case = case
        self._module = MODULES[case.cell](case.input_size, case.hidden_size)
        self._readout = torch.nn.Linear(case.hidden_size, batches[0][1].shape[1])
        for module, prefix in ((self._module, ""), (self._readout, READOUT)):
            module.to(getattr(torch, case.dtype))
            own = {name: torch.tensor(parameters[prefix + name]) for name, _ in module.named_parameters()}
            module.load_state_dict(own)
        self._parameters = [*self._module.parameters(), *self._readout.parameters()]
        self._batches = itertools.cycle(batches)
        settings: dict[str, Any] = dict(ADAMS[adam or self._fastest_adam(batches[0])])
        self._adam = torch.optim.Adam(self._parameters, lr=case.number("learning_rate"), **settings)

    def _last(self, x: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = self._module(x)[0]
        return output[-1]

    def call(self) -> tuple[float, float]:
        """Make one step, from a batch to the update; return the loss and the norm of its gradient."""
        x, targets = (torch.from_numpy(array) for array in next(self._batches))
        self._adam.zero_grad(set_to_none=True)
        loss = torch.nn.functional.mse_loss(self._readout(self._last(x)), targets)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self._parameters, self._case.number("clip"))
        self._adam.step()
        return loss.item(), norm.item()

    def results(self, steps: int) -> dict[str, Any]:
        """Make the first steps; return losses, norms, and the parameters after them by name."""
        made = [self.call() for _ in range(steps)]
        parameters = {name: value.detach().numpy() for name, value in self._named().items()}
        losses, norms = np.array(made).T
        return {"losses": losses, "norms": norms, "parameters": parameters}

    def _fastest_adam(self, batch: tuple[Array, Array]) -> str:
        """Try each way of Adam on a batch of these sizes, once in a process; return the fastest one's name."""
        case = self._case
        if case not in _fastest:
            shapes = {name: value.shape for name, value in self._named().items()}
            rng = np.random.default_rng(0)
            start = {name: 0.1 * rng.standard_normal(tuple(shape)).astype(case.dtype) for name, shape in shapes.items()}
            taken = {way: _median(type(self)(case, start, [batch], way).call) for way in ADAMS}
            _fastest[case] = min(taken, key=lambda way: taken[way])
        return _fastest[case]

    def _named(self) -> dict[str, torch.Tensor]:
        own, readout = self._module.named_parameters(), self._readout.named_parameters()
        return dict(own) | {READOUT + name: value for name, value in readout}


def _median(call: Callable[[], object]) -> float:
    times = []
    for _ in range(TRIED):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)
