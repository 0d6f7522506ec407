"""The memory of a training step for one shape of input, and the stages of a step in their order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cells.bidirectional import in_order
from cells.cpu.kernels.losses import Wanted
from cells.cpu.kernels.readout import (
    AT_ENDS,
    AT_T,
    IN_OUTPUT,
    MERGE_CODES,
    NONE,
    Direction,
    ReadScratch,
    learn,
)
from cells.cpu.layout import Array
from cells.cpu.programme import ALONE, Programme
from cells.cpu.training import DirectionPass

FlatReadout = tuple[Array, Array]


class Workspace:
    """Run steps over inputs of one shape (T, B, I)."""

    def __init__(
        self,
        passes: Sequence[DirectionPass],
        merge: str | None,
        reads: str,
        loss: str,
        readout_parameters: FlatReadout,
        readout_gradients: FlatReadout,
    ) -> None:
        """Take the passes of the directions, and weight and bias of the readout and their gradients."""
        steps, batch, _ = passes[0].x.shape
        self._passes = list(passes)
        self._merge, self._every = MERGE_CODES[merge], int(reads == "every")
        self._readout, self._d_readout = readout_parameters, readout_gradients
        weight = readout_parameters[0]
        count = steps * batch if self._every else batch
        outputs, features = weight.shape
        dtype = weight.dtype
        labelled = loss == "cross-entropy"
        self._wanted = Wanted(
            labels=np.empty(count if labelled else 0, np.int64),
            values=np.empty((0 if labelled else count, outputs), dtype),
            weights=np.ones(count),
        )
        self._scratch = ReadScratch(
            features=np.empty((count, features), dtype),
            scores=np.empty((count, outputs), dtype),
            d_scores=np.empty((count, outputs), dtype),
            d_features=np.empty(features, dtype),
            given=np.empty(count),
        )
        self._lengths = np.full(batch, steps, np.int64)
        self._answer = np.zeros(2)
        self._weighted = self._unequal = False
        self._programmes: dict[int, tuple[Programme, int]] = {}

    def differentiate(self, x: Array, wanted: Wanted, lengths: NDArray[np.int64] | None) -> tuple[float, int]:
        """Return the loss and what was found (`cells.cpu.kernels.readout`); where that is `FINE`, set the gradients."""
        self._passes[0].x[...] = x
        if self._merge != NONE:
            self._passes[1].x[...] = x[::-1] if lengths is None else in_order(x, 1, lengths)
        if wanted.labels.size:
            self._wanted.labels[...] = wanted.labels
        else:
            self._wanted.values[...] = wanted.values
        if wanted.weights.size or self._weighted:
            self._weighted = wanted.weights.size > 0
            self._wanted.weights[...] = wanted.weights if self._weighted else 1
        if lengths is not None or self._unequal:
            self._unequal = lengths is not None
            self._lengths[...] = len(x) if lengths is None else lengths
        programme, judge = self.programme(unequal=lengths is not None)
        programme.run(self._answer, judge)
        return float(self._answer[0]), int(self._answer[1])

    def programme(self, *, unequal: bool = False) -> tuple[Programme, int]:
        """Return the stages of a step, whose rows may be of unequal length, and the number of the one that judges."""
        place = IN_OUTPUT if self._every else AT_ENDS if unequal else AT_T
        return self._programmes.get(place) or self._make_programme(place)

    def _make_programme(self, place: int) -> tuple[Programme, int]:
        programme = Programme()
        for direction in self._passes:
            direction.add_forward(programme)
        directions = [tuple(Direction(p.states, p.d_states, p.d_output, p.d_ends)) for p in self._passes]
        reading = (tuple(self._passes[0].groups), self._merge, self._every, self._lengths, place)
        given = (reading, tuple(self._wanted), self._readout, self._d_readout, tuple(self._scratch), self._answer)
        judge = programme.add(learn, ALONE, directions[0], directions[-1], len(self._passes[0].x), *given)
        for direction in self._passes:
            direction.add_backward(programme, self._lengths if place == AT_ENDS else None)
        self._programmes[place] = programme, judge
        return programme, judge
