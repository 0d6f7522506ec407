"""Recurrent weights in the order in which the threads of a tile hold them, made on the device."""

from __future__ import annotations

import numpy as np

from cells.cuda import kernel
from cells.cuda.device.launch import launch
from cells.cuda.device.memory import DeviceArray, empty
from cells.cuda.plan.config import KernelConfig
from cells.cuda.plan.tile import Tile


def pack(config: KernelConfig, tile: Tile, way: str, weights: DeviceArray, places: DeviceArray) -> DeviceArray:
    """Weights for the threads of every part, flat: [part][piece][row of a thread][thread][4].

    On tensor cores words of two bfloat16: [part][piece][thread][4], fragments of mma.m16n8k16. weights: weight_hh
    (gates * H, H). places (gates,) int32: which block of its rows each gate of the product is. way: "forward", where a
    part has its units' rows of every gate, or "backward", where it has its units' columns of all gates.
    """
    kind, each = ("uint32", 2) if tile.tensor else (config.real, 1)
    size = config.parts * tile.padded_rows * tile.padded_depth // each
    out = empty((size,), np.dtype(kind))
    packing = kernel.pack(config.real, way, tile.tensor, config.rounded)
    of_config = (config.hidden, config.units)
    of_tile = (tile.rows, tile.depth, tile.pieces, tile.row_warps, tile.depth_warps, tile.each, tile.lanes)
    arguments = (weights, places, out, size // 4, *of_config, *of_tile)
    launch(packing, (-(-size // 4 // packing.threads), 1), 0, arguments)
    return out
