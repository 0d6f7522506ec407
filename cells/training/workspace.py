"""The memory of a training step for one shape of input, and the calls of a step in their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.bidirectional import in_order
from cells.cpu.kernels import readout
from cells.cpu.kernels.readout import AT_ENDS, AT_T, FINE, IN_OUTPUT, MERGE_CODES, NONE, Direction, Wanted
from cells.cpu.layout import Array
from cells.cpu.training import DirectionPass

FlatReadout = tuple[Array, Array]


class Workspace:
    """Run steps over inputs of one shape (T, B, I)."""

    def __init__(
        self,
        passes: Sequence[DirectionPass],
        merge: str | None,
        every: bool,
        readout_parameters: FlatReadout,
        readout_gradients: FlatReadout,
        shape: tuple[int, int, int],
    ) -> None:
        """Take the passes of the directions, and weight and bias of the readout and their gradients."""
        steps, batch, _ = shape
        self._passes = list(passes)
        self._steps = steps
        self._merge, self._every = MERGE_CODES[merge], int(every)
        self._readout, self._d_readout = readout_parameters, readout_gradients
        weight = readout_parameters[0]
        reads = steps * batch if every else batch
        outputs, features = weight.shape
        dtype = weight.dtype
        self._room = (
            np.empty((reads, features), dtype),
            np.empty((reads, outputs), dtype),
            np.empty((reads, outputs), dtype),
            np.empty(features, dtype),
            np.empty(reads),
        )
        self._directions = [tuple(Direction(p.states, p.d_states, p.d_output, p.d_ends)) for p in passes]
        self._groups = tuple(passes[0].groups)
        self._all_steps = self._reading(np.full(batch, steps, np.int64), IN_OUTPUT if every else AT_T)

    def _reading(self, lengths: NDArray[np.int64], place: int) -> tuple[Any, ...]:
        return (self._groups, self._merge, self._every, lengths, place)

    def differentiate(self, x: Array, wanted: Wanted, lengths: NDArray[np.int64] | None) -> tuple[float, int]:
        """Return the loss and what was found (`cells.cpu.kernels.readout`); where that is `FINE`, set the gradients."""
        if lengths is None:
            reading = self._all_steps
        else:
            reading = self._reading(lengths, IN_OUTPUT if self._every else AT_ENDS)
        inputs = [x] if self._merge == NONE else [x, in_order(x, 1, lengths)]
        for direction, given in zip(self._passes, inputs, strict=True):
            direction.forward(given)
        loss, found = readout.learn(
            self._directions[0],
            self._directions[-1],
            self._steps,
            reading,
            tuple(wanted),
            self._readout,
            self._d_readout,
            self._room,
        )
        if found == FINE:
            ends = None if self._every else lengths
            for direction, given in zip(self._passes, inputs, strict=True):
                direction.backward(given, ends)
        return loss, found
