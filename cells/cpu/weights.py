"""The parameters of one direction of a layer, and their packed form that the kernels read."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cells.cpu.arguments import BackwardWeights, ForwardWeights, GateRows, Units
from cells.cpu.kernels import pack
from cells.cpu.kernels.tile import provide
from cells.cpu.layout import Array, Panels, whole_vectors
from cells.cpu.memory import aligned
from cells.cpu.plan import Plan, make_plan
from cells.cpu.target import target
from cells.cpu.threads.pool import call_kernel, get_threads, split
from cells.kernel_cache import require_compiler
from cells.spec import CellNumbers, CellSpec

PACKING = 8.0  # floating-point operations that take about as long as to pack one number


@dataclass(frozen=True)
class ProductSlots:
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
    _forward: dict[Panels, ForwardWeights] = field(default_factory=dict)
    _backward: dict[Panels, BackwardWeights] = field(default_factory=dict)
    _prepared: dict[tuple[tuple[int, ...], int], Prepared] = field(default_factory=dict)

    def __reduce__(self) -> Any:
        """Travel without what is packed and planned: that is of this machine, and made anew."""
        return _own, (self.spec, dict(self.parameters), self.hidden_size)

    @functools.cached_property
    def cell(self) -> CellNumbers:
        """Return the numbers of the cell that the drivers take."""
        return self.spec.numbers

    @functools.cached_property
    def products(self) -> tuple[ProductSlots, ...]:
        """Return the slots of the input, the recurrent and the masked product."""
        return tuple(
            ProductSlots(
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

    def forward(self, panels: Panels) -> ForwardWeights:
        """Return the weights for a forward pass."""
        weights = self._forward.get(panels)
        if weights is None:
            self._provide()
            weights = self._forward[panels] = self._all_forward(panels)
        return weights

    def backward(self, panels: Panels) -> BackwardWeights:
        """Return the weights for a backward pass."""
        weights = self._backward.get(panels)
        if weights is None:
            self._provide()
            weights = self._backward[panels] = self._all_backward(panels)
        return weights

    def forget_packed(self) -> None:
        """Pack anew at the next call, as after an update of the parameters."""
        self._forward.clear()
        self._backward.clear()

    def _provide(self) -> None:
        require_compiler()  # it may have been turned off since the kernels were imported
        provide(self._dtype)

    def _all_forward(self, panels: Panels) -> ForwardWeights:
        bias = np.zeros((len(self.spec.slots), whole_vectors(self.hidden_size, self._itemsize)), self._dtype)
        for slots in self.products:
            for slot, place in enumerate(slots.gates.places, slots.gates.slot):
                values = self.parameters["bias_" + slots.kind]
                bias[slot, : self.hidden_size] += values[place : place + self.hidden_size]
        input_run, recurrent, masked = self.products
        return ForwardWeights(
            self._pack_forward(input_run, panels.many_rows, False),
            self._pack_forward(recurrent, panels.recurrent, panels.interleaved),
            self._pack_forward(masked, panels.masked, panels.interleaved),
            bias.ravel(),
        )

    def _all_backward(self, panels: Panels) -> BackwardWeights:
        input_run, recurrent, masked = self.products
        return BackwardWeights(
            self._pack_backward(input_run, target().vectors),
            self._pack_backward(recurrent, panels.back),
            self._pack_backward(masked, panels.back),
        )

    def _pack_forward(self, slots: ProductSlots, panel: int, interleaved: bool) -> Array:
        weight = self._source(slots)
        out = self._room(slots, weight.shape[1], self.hidden_size)
        vectors = whole_vectors(self.hidden_size, self._itemsize) // target().lanes(self._itemsize)
        together = len(slots.gates.places) if interleaved else 1
        shares = split(len(slots.gates.places) * -(-vectors // panel), PACKING * out.size)
        call_kernel(pack.forward, shares, weight, tuple(slots.gates), panel, together, out)
        return out

    def _pack_backward(self, slots: ProductSlots, panel: int) -> Array:
        weight = self._source(slots)
        out = self._room(slots, self.hidden_size, weight.shape[1])
        shares = split(len(slots.gates.places), PACKING * out.size)
        call_kernel(pack.backward, shares, weight, tuple(slots.gates), panel, out)
        return out

    def _source(self, slots: ProductSlots) -> Array:
        return self.parameters.get("weight_" + slots.kind, np.empty((0, self.hidden_size), self._dtype))

    def _room(self, slots: ProductSlots, depth: int, columns: int) -> Array:
        return aligned((len(slots.gates.places) * depth * whole_vectors(columns, self._itemsize),), self._dtype)

    @functools.cached_property
    def _dtype(self) -> np.dtype[Any]:
        return self.parameters["bias_ih_l0"].dtype

    @functools.cached_property
    def _itemsize(self) -> int:
        return self._dtype.itemsize


def _own(spec: CellSpec, parameters: Mapping[str, Array], hidden_size: int) -> Weights:
    """Return weights with parameters of their own: what comes out of a pickle may be read-only, or another's memory."""
    return Weights(spec, {name: np.array(value, order="C") for name, value in parameters.items()}, hidden_size)
