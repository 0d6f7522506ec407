"""The parameters of one direction of a layer, and their packed form that the kernels read."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cells.cpu.kernels import pack
from cells.cpu.kernels.tile import provide
from cells.cpu.layout import Array, GateRows, PackedWeights, Panels, TransposedWeights, Units, whole_vectors
from cells.cpu.memory import aligned
from cells.cpu.plan import Plan, make_plan
from cells.cpu.target import target
from cells.cpu.threads.pool import get_threads, run, split
from cells.spec import CellSpec, Layout

PACKING = 8.0  # floating-point operations that take about as long as to pack one number


@dataclass(frozen=True)
class SlotRun:
    """A run of slots that one product fills.

    kind: its parameters are weight_<kind> and bias_<kind>.
    source: what is multiplied, as in `cells.spec.Product`.
    gates: its slots and its rows in the parameters.
    """

    kind: str
    source: str
    gates: GateRows


@dataclass(eq=False)
class Prepared:
    """The plan for one shape of input and number of threads, and slots and states of finished inference calls.

    Whoever infers takes a window from `idle` and gives it back; calls in several threads have one each.
    """

    plan: Plan
    idle: list[Units]


@dataclass(eq=False)
class Weights:
    """The parameters of one direction, and what is kept between calls: packed weights, the plan of the last shape."""

    spec: CellSpec
    parameters: Mapping[str, Array]
    hidden_size: int
    _packed: dict[Panels, PackedWeights] = field(default_factory=dict)
    _transposed: dict[Panels, TransposedWeights] = field(default_factory=dict)
    _prepared: dict[tuple[tuple[int, ...], int], Prepared] = field(default_factory=dict)

    @functools.cached_property
    def layout(self) -> Layout:
        """Return the numbers of the cell that the drivers take."""
        return self.spec.layout

    @functools.cached_property
    def runs(self) -> tuple[SlotRun, ...]:
        """Return the slots of the input, the recurrent and the masked product."""
        return tuple(
            SlotRun(
                kind=product.kind + "_l0",
                source=product.source,
                gates=GateRows(product.first, np.array(product.places, np.intp) * self.hidden_size, self.hidden_size),
            )
            for product in self.spec.products
        )

    def prepare(self, x: Array) -> Prepared:
        """Return the plan for an input (T, B, I), with the present number of threads, and its idle windows."""
        key = (x.shape, get_threads())
        prepared = self._prepared.get(key)
        if prepared is None:
            prepared = Prepared(make_plan(self.spec, self.hidden_size, x.shape, x.itemsize), [])
            self._prepared.clear()  # one shape at a time is usual; a new length at each call must not pile up
            self._prepared[key] = prepared
        return prepared

    def plan(self, x: Array) -> Plan:
        """Return the plan for an input (T, B, I), with the present number of threads."""
        return self.prepare(x).plan

    def packed(self, panels: Panels) -> PackedWeights:
        """Return the weights for a forward pass."""
        packed = self._packed.get(panels)
        if packed is None:
            provide(self._dtype)
            packed = self._packed[panels] = self._pack(panels)
        return packed

    def transposed(self, panels: Panels) -> TransposedWeights:
        """Return the weights for a backward pass."""
        transposed = self._transposed.get(panels)
        if transposed is None:
            provide(self._dtype)
            transposed = self._transposed[panels] = self._pack_back(panels)
        return transposed

    def forget_packed(self) -> None:
        """Pack anew at the next call, as after an update of the parameters."""
        self._packed.clear()
        self._transposed.clear()

    def _pack(self, panels: Panels) -> PackedWeights:
        bias = np.zeros((len(self.spec.slots), whole_vectors(self.hidden_size, self._itemsize)), self._dtype)
        for slots in self.runs:
            for slot, place in enumerate(slots.gates.places, slots.gates.slot):
                values = self.parameters["bias_" + slots.kind]
                bias[slot, : self.hidden_size] += values[place : place + self.hidden_size]
        input_run, recurrent, masked = self.runs
        return PackedWeights(
            self._in_columns(input_run, panels.many_rows, False),
            self._in_columns(recurrent, panels.recurrent, panels.interleaved),
            self._in_columns(masked, panels.masked, panels.interleaved),
            bias.ravel(),
        )

    def _pack_back(self, panels: Panels) -> TransposedWeights:
        input_run, recurrent, masked = self.runs
        return TransposedWeights(
            self._in_rows(input_run, target().vectors),
            self._in_rows(recurrent, panels.back),
            self._in_rows(masked, panels.back),
        )

    def _in_columns(self, slots: SlotRun, panel: int, interleaved: bool) -> Array:
        weight = self._source(slots)
        out = self._room(slots, weight.shape[1], self.hidden_size)
        vectors = whole_vectors(self.hidden_size, self._itemsize) // target().lanes(self._itemsize)
        together = len(slots.gates.places) if interleaved else 1
        shares = split(len(slots.gates.places) * -(-vectors // panel), PACKING * out.size)
        run(pack.forward, shares, weight, tuple(slots.gates), panel, together, out)
        return out

    def _in_rows(self, slots: SlotRun, panel: int) -> Array:
        weight = self._source(slots)
        out = self._room(slots, self.hidden_size, weight.shape[1])
        shares = split(len(slots.gates.places), PACKING * out.size)
        run(pack.backward, shares, weight, tuple(slots.gates), panel, out)
        return out

    def _source(self, slots: SlotRun) -> Array:
        return self.parameters.get("weight_" + slots.kind, np.empty((0, self.hidden_size), self._dtype))

    def _room(self, slots: SlotRun, depth: int, columns: int) -> Array:
        return aligned((len(slots.gates.places) * depth * whole_vectors(columns, self._itemsize),), self._dtype)

    @functools.cached_property
    def _dtype(self) -> np.dtype[Any]:
        return self.parameters["bias_ih_l0"].dtype

    @functools.cached_property
    def _itemsize(self) -> int:
        return self._dtype.itemsize
