"""What a cell declares: its names, where its numbers live, its formulas and its sources.

The legend of shapes used everywhere in `cells`:

    T steps, B batch rows, I inputs, H units, S states, G gates (rows of blocks in weight_ih), P slots.

A *slot* is one row of H numbers per step and batch row. It holds a pre-activation before the cell's formula has
run and the activation (or what the backward pass needs) after it. Slots are ordered so that each product fills a
contiguous run of them: the input product slots 0 .. len(input_gates) - 1, the recurrent product the run that
starts at `recurrent_first`, and, in cells that mask the state before a second product (GRU as first published),
the masked product the run that starts at `masked_first`, from the masked state that stands in slot `mask_slot`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple


class Layout(NamedTuple):
    """The numbers of a `CellSpec` that the drivers need while they run.

    Each cell subclasses it: its type is the marker on which the drivers dispatch to the cell's formulas.
    """

    states: int
    slots: int
    inputs: int
    recurrent_first: int
    recurrent: int
    masked_first: int
    masked: int
    mask_slot: int


@dataclass(frozen=True)
class CellSpec:
    """A recurrent cell.

    `gates` is PyTorch's order of the blocks in a parameter array; `slots` names the slots in order.
    `forward(cell, k, slots, previous, state)` turns pre-activations into activations and the new state of unit k;
    `backward(cell, k, slots, previous, state, d_slots, d_state, d_previous)` turns dL/d state into dL/d slots and
    the part of dL/d previous that passes no product; it leaves in d_state the total dL/d state, that is, with the
    paths that run from one state to another inside the step (c to h in the LSTM).
    `mask(cell, k, slots, previous)` and `mask_backward(cell, k, slots, previous, d_slots, d_previous)` stand
    around the masked product. All take `slots` (P, H), `previous` and `state` (S, H), and index them as [row, k].
    """

    name: str
    title: str
    marker: type[Layout]
    states: tuple[str, ...]
    gates: tuple[str, ...]
    slots: tuple[str, ...]
    input_gates: tuple[str, ...]
    recurrent_gates: tuple[str, ...]
    forward: Callable[..., None]
    backward: Callable[..., None]
    sigmoid_gates: tuple[str, ...]
    sources: tuple[str, ...]
    recurrent_first: int = 0
    masked_gates: tuple[str, ...] = ()
    masked_first: int = 0
    mask_slot: int = 0
    mask: Callable[..., None] | None = None
    mask_backward: Callable[..., None] | None = None

    @property
    def hidden_gates(self) -> tuple[str, ...]:
        """Gates with recurrent weights, in the order of the blocks of weight_hh."""
        return tuple(gate for gate in self.gates if gate in self.recurrent_gates + self.masked_gates)

    @property
    def layout(self) -> Layout:
        """The marker value that the drivers take."""
        return self.marker(
            states=len(self.states),
            slots=len(self.slots),
            inputs=len(self.input_gates),
            recurrent_first=self.recurrent_first,
            recurrent=len(self.recurrent_gates),
            masked_first=self.masked_first,
            masked=len(self.masked_gates),
            mask_slot=self.mask_slot,
        )

    def parameter_shapes(self, input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
        """Parameter name (PyTorch's) to shape, for one direction."""
        rows, hidden_rows = len(self.gates) * hidden_size, len(self.hidden_gates) * hidden_size
        shapes: dict[str, tuple[int, ...]] = {
            "weight_ih_l0": (rows, input_size),
            "weight_hh_l0": (hidden_rows, hidden_size),
            "bias_ih_l0": (rows,),
            "bias_hh_l0": (hidden_rows,),
        }
        return {name: shape for name, shape in shapes.items() if shape[0]}

    def gate_block(self, parameter: Any, gate: str, hidden_size: int) -> Any:
        """The rows of one gate in an array of `weight_ih`, `bias_ih` (all gates) or `weight_hh`, `bias_hh`."""
        gates = self.gates if parameter.shape[0] == len(self.gates) * hidden_size else self.hidden_gates
        start = gates.index(gate) * hidden_size
        return parameter[start : start + hidden_size]
