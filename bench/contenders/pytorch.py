"""PyTorch as a peer: torch.nn.RNN, LSTM and GRU on the CPU, as its documentation says to use them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray

from bench.case import Case
from bench.contenders.convolution import CONVOLUTION, WIDTH, for_other_libraries

MODULES = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}


class Prepared:
    """A module with the case's parameters and inputs."""

    def __init__(
        self, case: Case, parameters: Mapping[str, NDArray[Any]], x: NDArray[Any], d_output: NDArray[Any] | None
    ) -> None:
        torch.set_num_threads(case.threads)
        self._is_convolution = case.cell == CONVOLUTION
        if self._is_convolution:
            weight, padded = for_other_libraries(parameters, x)
            self._module = torch.nn.Conv1d(case.input_size, case.hidden_size, WIDTH)
            self._module.to(getattr(torch, case.dtype))
            self._module.load_state_dict({"weight": torch.tensor(weight), "bias": torch.tensor(parameters["bias"])})
            self._x = torch.tensor(padded)
            self._d_output = None
            return
        self._merge = case.merge
        self._module = MODULES[case.cell](case.input_size, case.hidden_size, bidirectional=case.merge != "none")
        self._module.to(getattr(torch, case.dtype))
        self._module.load_state_dict({name: torch.tensor(value) for name, value in parameters.items()})
        self._x = torch.tensor(x, requires_grad=d_output is not None)
        self._d_output = None if d_output is None else torch.tensor(d_output)

    def _output(self) -> torch.Tensor:
        if self._is_convolution:
            return self._module(self._x)
        output, _ = self._module(self._x)
        if self._merge in ("none", "concat"):
            return output
        parts = output.unflatten(2, (2, -1))
        return parts.mean(2) if self._merge == "mean" else parts.sum(2)

    def call(self) -> torch.Tensor:
        """Run inference, or forward and backward pass with every gradient, as the case says."""
        if self._d_output is None:
            with torch.inference_mode():
                return self._output()
        self._module.zero_grad(set_to_none=True)
        self._x.grad = None
        output = self._output()
        output.backward(self._d_output)
        return output

    def results(self) -> dict[str, NDArray[Any]]:
        """Return the output (T, B, H), and in training every gradient."""
        results = {"output": self.call().detach().numpy()}
        if self._is_convolution:
            return {"output": results["output"].transpose(2, 0, 1)}
        if self._d_output is not None:
            results["input"] = self._x.grad.numpy()
            results.update({name: value.grad.numpy() for name, value in self._module.named_parameters()})
        return results
