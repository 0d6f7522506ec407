"""What a cell declares: its names, where its numbers live, its formulas, what its gates mean, and its sources.

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

ENDS = {"open": 1.0, "closed": -1.0}
"""Ends of a gate, near 1 and near 0, and the sign of a bias that moves the gate there."""


class CellNumbers(NamedTuple):
    """Hold the numbers of a `CellSpec` that the drivers need while they run.

    Each cell subclasses it: its type is the marker on which the drivers dispatch to the cell's formulas.
    """

    states: int
    slots: int
    input_slots: int
    recurrent_first: int
    recurrent_slots: int
    masked_first: int
    masked_slots: int
    mask_slot: int


class Product(NamedTuple):
    """Describe one of a cell's products of a step: which parameters, from what, into which slots.

    kind: "ih" or "hh", the parameters weight_<kind> and bias_<kind>. first: the slot of its first gate. gates: its
    gates in the order of the slots, none where the cell has no such product. source: what is multiplied, "input" x,
    "state" h_prev or "masked" (slot `mask_slot`). blocks: the gates in the order of the parameters' blocks of H rows.
    """

    kind: str
    first: int
    gates: tuple[str, ...]
    source: str
    blocks: tuple[str, ...]

    @property
    def places(self) -> tuple[int, ...]:
        """Return the block of each gate in the parameters."""
        return tuple(self.blocks.index(gate) for gate in self.gates)


@dataclass(frozen=True)
class Keeps:
    """Say which gate keeps a state, and at which of its ends.

    gate: the gate's name. when: "open", if the state is kept where the gate is near 1 (f of the LSTM), or "closed", if
    it is kept where the gate is near 0 (z of minGRU). state: the state that is kept.
    """

    gate: str
    when: str
    state: str

    def __post_init__(self) -> None:
        if self.when not in ENDS:
            raise ValueError(f"gate {self.gate!r} keeps its state when {self.when!r}; allowed: {', '.join(ENDS)}")

    @property
    def sign(self) -> float:
        """Return the sign of a bias that makes the gate keep: 1.0 or -1.0."""
        return ENDS[self.when]

    def share(self, values: Any) -> Any:
        """Return the share of the state that is kept, from the gate's values; an array of any shape or a number."""
        return values if self.when == "open" else 1 - values


@dataclass(frozen=True, kw_only=True)
class CellSpec:
    """Declare a recurrent cell.

    `gates` is PyTorch's order of the blocks in a parameter array; `slots` names the slots in order. The output is the
    first of `states`.
    `forward(cell, k, slots, previous, state)` turns pre-activations into activations and the new state of unit k;
    `backward(cell, k, slots, previous, state, d_slots, d_state, d_previous)` turns dL/d state into dL/d slots and
    the part of dL/d previous that passes no product; it leaves in d_state the total dL/d state, that is, with the
    paths that run from one state to another inside the step (c to h in the LSTM).
    `mask(cell, k, slots, previous)` and `mask_backward(cell, k, slots, previous, d_slots, d_previous)` stand
    around the masked product. All take `slots` (P, H), `previous` and `state` (S, H), and index them as [row, k].

    What the gates mean, so that nobody guesses it from a letter: `candidate` is the gate that holds what could be
    written, and `keeps` says which gate keeps a state and at which end (None: no gate does). `carries` is a state that
    is kept whole at every step, by no gate (c of the LSTM of 1997, whose weight on itself is 1). `writes` is the gate
    that scales the candidate, where that is not simply what `keeps` leaves over; `shows` the gate between the state
    that is kept and the output; `resets` the gate that scales the past on its way into the candidate.

    What a reader needs: `label` is the cell's name in figures and tables, `equation` its lines as (name, LaTeX),
    `color_slot` its place in the palette of the figures, its own for every cell. `variant_of` names the cell that this
    one differs from in a detail: studies and figures that have room for one of them take the other.
    """

    name: str
    label: str
    marker: type[CellNumbers]
    states: tuple[str, ...]
    gates: tuple[str, ...]
    slots: tuple[str, ...]
    input_gates: tuple[str, ...]
    recurrent_gates: tuple[str, ...]
    sigmoid_gates: tuple[str, ...]
    candidate: str
    forward: Callable[..., None]
    backward: Callable[..., None]
    equation: tuple[tuple[str, str], ...]
    color_slot: int
    sources: tuple[str, ...]
    recurrent_first: int = 0
    masked_gates: tuple[str, ...] = ()
    masked_first: int = 0
    mask_slot: int = 0
    mask: Callable[..., None] | None = None
    mask_backward: Callable[..., None] | None = None
    keeps: Keeps | None = None
    carries: str | None = None
    writes: str | None = None
    shows: str | None = None
    resets: str | None = None
    variant_of: str | None = None

    def __post_init__(self) -> None:
        keeps = self.keeps
        self._check("candidate", self.candidate, self.gates)
        for role, gate in (("writes", self.writes), ("shows", self.shows), ("resets", self.resets)):
            self._check(role, gate, (None, *self.sigmoid_gates))
        if keeps is not None:
            self._check("keeps.gate", keeps.gate, self.sigmoid_gates)
            self._check("keeps.state", keeps.state, self.states)
        self._check("carries", self.carries, (None, *self.states[1:]) if keeps is None else (None,))

    def _check(self, role: str, given: str | None, allowed: tuple[str | None, ...]) -> None:
        if given not in allowed:
            raise ValueError(f"cell {self.name!r}: {role} is {given!r}; allowed: {', '.join(map(str, allowed))}")

    @property
    def hidden_gates(self) -> tuple[str, ...]:
        """Return the gates with recurrent weights, in the order of the blocks of weight_hh."""
        return tuple(gate for gate in self.gates if gate in self.recurrent_gates + self.masked_gates)

    @property
    def products(self) -> tuple[Product, Product, Product]:
        """Return the input, the recurrent and the masked product; one that the cell does not make has no gates."""
        return (
            Product("ih", 0, self.input_gates, "input", self.gates),
            Product("hh", self.recurrent_first, self.recurrent_gates, "state", self.hidden_gates),
            Product("hh", self.masked_first, self.masked_gates, "masked", self.hidden_gates),
        )

    @property
    def forget_gate(self) -> Keeps | None:
        """Return the gate that keeps a cell state, a state apart from the output (Gers et al. 2000); None without one.

        The update gate of a GRU keeps the output itself and is no forget gate.
        """
        return None if self.keeps is None or self.keeps.state == self.states[0] else self.keeps

    @property
    def cell_state(self) -> str | None:
        """Return the state that a step keeps apart from the output, by a forget gate or whole; None without one."""
        return self.carries if self.forget_gate is None else self.forget_gate.state

    @property
    def simple(self) -> bool:
        """Say whether the cell is one squashed affine map of input and state, without gates, as the Elman RNN."""
        return not self.sigmoid_gates and self.gates == self.hidden_gates == (self.candidate,)

    @property
    def numbers(self) -> CellNumbers:
        """Return the marker value that the drivers take."""
        return self.marker(
            states=len(self.states),
            slots=len(self.slots),
            input_slots=len(self.input_gates),
            recurrent_first=self.recurrent_first,
            recurrent_slots=len(self.recurrent_gates),
            masked_first=self.masked_first,
            masked_slots=len(self.masked_gates),
            mask_slot=self.mask_slot,
        )

    def parameter_shapes(self, input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
        """Return the shape of each parameter of one direction, by PyTorch's names."""
        rows = len(self.gates) * hidden_size
        hidden_rows = len(self.hidden_gates) * hidden_size
        shapes: dict[str, tuple[int, ...]] = {
            "weight_ih_l0": (rows, input_size),
            "weight_hh_l0": (hidden_rows, hidden_size),
            "bias_ih_l0": (rows,),
            "bias_hh_l0": (hidden_rows,),
        }
        return {name: shape for name, shape in shapes.items() if shape[0]}

    def gate_block(self, parameter: Any, gate: str, hidden_size: int) -> Any:
        """Return the rows of one gate in an array of `weight_ih`, `bias_ih` (all gates) or `weight_hh`, `bias_hh`."""
        gates = self.gates if parameter.shape[0] == len(self.gates) * hidden_size else self.hidden_gates
        start = gates.index(gate) * hidden_size
        return parameter[start : start + hidden_size]
