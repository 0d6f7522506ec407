"""What travels together into a kernel of the CPU: weights, what a cell has at every step, sequences, gates."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cells.cpu.layout import Array


class ForwardWeights(NamedTuple):
    """The weights of a forward pass in panels, a gate's matrix after another, and what slots start from.

    A panel has the weights of several outputs side by side, an input after another; bias is (P * columns,), padded
    with zeros.
    """

    input: Array
    recurrent: Array
    masked: Array
    bias: Array


class BackwardWeights(NamedTuple):
    """The weights of a backward pass in panels, from dL/d slots to dL/d input and dL/d state.

    A panel has several columns of W side by side, a row after another.
    """

    input: Array
    recurrent: Array
    masked: Array


class Units(NamedTuple):
    """What a cell has at every step, or its gradients: slots (P, C * W, G * H') and states (S, C * W', G * H')."""

    slots: Array
    states: Array


class Sequences(NamedTuple):
    """What a layer is given and gives, or its gradients: input (T, B, I) and output (T, B, H) of all steps.

    output is (0, B, H) in a forward pass that keeps its states; a gradient's input is padded to whole vectors. Of a
    backward pass either may have no steps: an output without a gradient, an input whose gradient nobody asks for.
    """

    input: Array
    output: Array


class Ends(NamedTuple):
    """Where each row of a batch ends, where they do not all end with the sequence.

    steps: (B,) numbers of steps, each 1 to T; (0,) where all have T.
    states: (S, B, H), the final state of each row, or dL/d of it.
    """

    steps: NDArray[np.int64]
    states: Array


class GateRows(NamedTuple):
    """The gates that one product makes: their slots, and their rows in the arrays of parameters.

    slot: of the first gate, the others follow.
    places: (G,), where the rows of each gate begin.
    hidden: H, rows of a gate.
    """

    slot: int
    places: NDArray[np.intp]
    hidden: int
