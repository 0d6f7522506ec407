"""The parameters of one direction of a layer, and their packed form that the kernels read."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.cpu.kernels import pack
from cells.cpu.kernels.pack import width
from cells.cpu.kernels.tile import provide
from cells.cpu.memory import aligned
from cells.cpu.plan import Panels, Plan, make_plan
from cells.cpu.target import target
from cells.cpu.threads.pool import get_threads, run, split
from cells.spec import CellSpec, Layout

Array = NDArray[Any]
PACKING = 8.0  # floating-point operations that take about as long as to pack one number


@dataclass(frozen=True)
class SlotRun:
    """A run of slots that one product fills: its weights' array, its first slot, its gates' first rows in the array."""

    kind: str
    first: int
    places: Array


@dataclass(frozen=True)
class Weights:
    """The parameters of one direction, and what can be kept between calls because they do not change."""

    spec: CellSpec
    parameters: Mapping[str, Array]
    hidden_size: int
    _packed: dict[tuple[str, Panels], tuple[Array, ...]] = field(default_factory=dict)
    _plans: dict[tuple[Any, ...], Plan] = field(default_factory=dict)

    @functools.cached_property
    def layout(self) -> Layout:
        """What the drivers take."""
        return self.spec.layout

    @functools.cached_property
    def runs(self) -> tuple[SlotRun, ...]:
        """Return the slots of the input, the recurrent and the masked product."""
        return tuple(
            SlotRun(product.kind + "_l0", product.first, np.array(product.places, np.intp) * self.hidden_size)
            for product in self.spec.products
        )

    def plan(self, x: Array) -> Plan:
        """The plan for an input (T, B, I), with the present number of threads."""
        key = (x.shape, get_threads())
        plan = self._plans.get(key)
        if plan is None:
            plan = make_plan(self.spec, self.hidden_size, x.shape, x.itemsize)
            self._plans.clear()  # one shape at a time is usual; a new length at each call must not pile up
            self._plans[key] = plan
        return plan

    def packed(self, panels: Panels) -> tuple[Array, ...]:
        """Input, recurrent and masked weights in panels, and what each slot starts from, (P * H,)."""
        return self._kept(self._pack, panels)

    def packed_back(self, panels: Panels) -> tuple[Array, ...]:
        """The weights for the way back, from dL/d slots to dL/d input and dL/d state."""
        return self._kept(self._pack_back, panels)

    def forget_packed(self) -> None:
        """Pack anew at the next call, as after an update of the parameters."""
        self._packed.clear()

    def _kept(self, make: Callable[[Panels], tuple[Array, ...]], panels: Panels) -> tuple[Array, ...]:
        key = (make.__name__, panels)
        packed = self._packed.get(key)
        if packed is None:
            provide(self._dtype)
            packed = self._packed[key] = make(panels)
        return packed

    def _pack(self, panels: Panels) -> tuple[Array, ...]:
        bias = np.zeros((len(self.spec.slots), width(self.hidden_size, self._itemsize)), self._dtype)
        for slots in self.runs:
            for slot, place in enumerate(slots.places, slots.first):
                given = self.parameters["bias_" + slots.kind]
                bias[slot, : self.hidden_size] += given[place : place + self.hidden_size]
        sizes = (panels.tall, panels.recurrent, panels.masked)
        packed = [
            self._transposed(slots, panel, beside)
            for slots, panel, beside in zip(self.runs, sizes, (0, panels.beside, panels.beside), strict=True)
        ]
        return (*packed, bias.ravel())

    def _transposed(self, slots: SlotRun, panel: int, beside: int) -> Array:
        hidden = self.hidden_size
        weight = self._source(slots)
        out = self._panels(slots, weight.shape[1], hidden)
        vectors = width(hidden, self._itemsize) // target().lanes(self._itemsize)
        pieces = len(slots.places) * -(-vectors // panel)
        gates = len(slots.places) if beside else 1
        shares = split(pieces, PACKING * out.size)
        run(pack.forward, shares, weight, slots.places, hidden, panel, gates, out)
        return out

    def _pack_back(self, panels: Panels) -> tuple[Array, ...]:
        packed = []
        for slots, panel in zip(self.runs, (target().vectors, panels.back, panels.back), strict=True):
            weight = self._source(slots)
            out = self._panels(slots, self.hidden_size, weight.shape[1])
            shares = split(len(slots.places), PACKING * out.size)
            run(pack.backward, shares, weight, slots.places, self.hidden_size, panel, out)
            packed.append(out)
        return tuple(packed)

    def _source(self, slots: SlotRun) -> Array:
        return self.parameters.get("weight_" + slots.kind, np.empty((0, self.hidden_size), self._dtype))

    def _panels(self, slots: SlotRun, depth: int, columns: int) -> Array:
        return aligned((len(slots.places) * depth * width(columns, self._itemsize),), self._dtype)

    @functools.cached_property
    def _dtype(self) -> Any:
        return self.parameters["bias_ih_l0"].dtype

    @functools.cached_property
    def _itemsize(self) -> int:
        return int(self._dtype.itemsize)
