"""The parameters of one direction on the device, and the forms of them that kernels read."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cells.cuda.device.interface import Mark
from cells.cuda.device.launch import mark, wait_for_mark
from cells.cuda.device.memory import DeviceArray, to_device
from cells.cuda.pack import pack
from cells.cuda.plan.config import KernelConfig
from cells.cuda.plan.tile import Tile
from cells.spec import CellSpec

Array = NDArray[Any]


class Packed(NamedTuple):
    """Recurrent and masked weights as threads hold them, and the mark behind which they are there."""

    recurrent: DeviceArray
    masked: DeviceArray
    ready: Mark | None


@dataclass(frozen=True)
class Weights:
    """The parameters of one direction on the host, and what of them has been brought to the device.

    dtype: "float32", "float64", or "bfloat16": then parameters are float32 and products round them.
    """

    spec: CellSpec
    parameters: Mapping[str, Array]
    hidden_size: int
    dtype: str
    sharing: str | None = None
    _packed: dict[tuple[str, KernelConfig], Packed] = field(default_factory=dict)
    _places: dict[tuple[str, ...], DeviceArray] = field(default_factory=dict)

    def __reduce__(self) -> Any:
        """Travel without what is on the device: it is brought there anew."""
        return Weights, (self.spec, self.parameters, self.hidden_size, self.dtype, self.sharing)

    @property
    def rounded(self) -> bool:
        """Whether products round their operands to bfloat16."""
        return self.dtype == "bfloat16"

    @functools.cached_property
    def input_weights(self) -> DeviceArray:
        """Weights of the input, (inputs * H, I), gates in the order of the slots."""
        given = self.parameters["weight_ih_l0"]
        gates = [self.spec.gate_block(given, gate, self.hidden_size) for gate in self.spec.input_gates]
        return to_device(np.concatenate(gates))

    @functools.cached_property
    def input_bias(self) -> DeviceArray:
        """What is added to the products of the input, (inputs * H,)."""
        return to_device(self._starts()[: len(self.spec.input_gates)].reshape(-1))

    @functools.cached_property
    def bias(self) -> DeviceArray:
        """What each slot starts from, (P, H): both biases of its gate."""
        return to_device(self._starts())

    @functools.cached_property
    def recurrent_weights(self) -> DeviceArray:
        """weight_hh (gates * H, H), as it is loaded."""
        given = self.parameters.get("weight_hh_l0")
        return to_device(np.zeros((1, 1), self.parameters["weight_ih_l0"].dtype) if given is None else given)

    def packed(self, config: KernelConfig) -> tuple[DeviceArray, DeviceArray]:
        """Recurrent and masked weights as the forward kernel's threads hold them."""
        return self._kept("forward", config)

    def packed_back(self, config: KernelConfig) -> tuple[DeviceArray, DeviceArray]:
        """Return the weights as the backward kernel's threads hold them."""
        return self._kept("backward", config)

    def forget_packed(self) -> None:
        """Pack anew at the next call, as after an update of the parameters; those on the device stay there."""
        self._packed.clear()

    def _starts(self) -> Array:
        spec, own = self.spec, self.parameters
        bias = np.zeros((len(spec.slots), self.hidden_size), own["bias_ih_l0"].dtype)
        for product in spec.products:
            for slot, gate in enumerate(product.gates, product.first):
                bias[slot] += spec.gate_block(own[f"bias_{product.kind}_l0"], gate, self.hidden_size)
        return bias

    def _kept(self, way: str, config: KernelConfig) -> tuple[DeviceArray, DeviceArray]:
        key = (way, config)
        if key not in self._packed:
            runs = ((config.recurrent, self.spec.recurrent_gates), (config.masked, self.spec.masked_gates))
            recurrent, masked = (self._pack(way, config, tile, gates) for tile, gates in runs)
            self._packed[key] = Packed(recurrent, masked, mark())
        packed = self._packed[key]
        wait_for_mark(packed.ready)
        return packed.recurrent, packed.masked

    def _pack(self, way: str, config: KernelConfig, tile: Tile | None, gates: tuple[str, ...]) -> DeviceArray:
        if tile is None:
            return self.recurrent_weights  # nobody reads it
        if gates not in self._places:  # kept: bringing it to the device waits for the stream
            order = [self.spec.hidden_gates.index(gate) for gate in gates]
            self._places[gates] = to_device(np.array(order, np.int32))
        return pack(config, tile, way, self.recurrent_weights, self._places[gates])
