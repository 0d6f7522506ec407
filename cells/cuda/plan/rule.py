"""The rule: which configuration a pass takes. Each candidate has an estimate of a step's cycles; the smallest wins.

The estimate adds what a step waits for (its barrier, the latencies of its memory) to what it works (multiply-adds,
reads of shared memory and of the second-level cache, whichever is most). Its constants stand in
`cells.cuda.plan.costs`, each with where it comes from. `recurbench doctor` prints the rule's choices; a caller may
force a sharing by name.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from cells.cuda.device.facts import Facts
from cells.cuda.plan.config import KernelConfig
from cells.cuda.plan.costs import ESTIMATES, Costs, Product, Terms
from cells.cuda.plan.tile import WARP, Tile
from cells.registry import find_cell
from cells.unknown import unknown
from cells.validation import SHARINGS

WAVEFRONT = 128  # bytes of shared memory that one access of a warp reads at once: 32 banks of 4 bytes
REGISTERS, MOST_OF_A_THREAD = 65536, 255
# Warps of a product: a thread has 128 registers then, and the rest of a kernel needs half of them. Half as many where
# it needs more, for a second product or for float64.
MOST_WARPS = 16
MOST_UNITS = {"float32": 512, "float64": 256}  # of a block, times rows: a thread has one, and needs its registers
CLUSTERS = (2, 4, 8)  # 16 blocks need a permission that not every GPU gives
ROWS = (1, 2, 4, 8)


class Workload(NamedTuple):
    """What a time loop is chosen for. way: "forward" or "backward". keep: slots are kept for the backward pass."""

    cell: str
    hidden: int
    batch: int
    dtype: str
    facts: Facts
    way: str = "forward"
    keep: bool = True


@dataclass(frozen=True)
class Choice:
    """A configuration and its grid, `groups` groups of `rows` rows each; and the estimate of a step."""

    config: KernelConfig
    groups: int
    rows: int
    cycles: float

    @property
    def grid(self) -> tuple[int, int]:
        """Blocks."""
        return self.config.parts, self.groups


@functools.lru_cache(maxsize=256)
def choose(work: Workload, *, sharing: str | None = None, costs: Costs = ESTIMATES) -> Choice:
    """Return the cheapest candidate; of one sharing, if that is named."""
    if sharing not in (None, *SHARINGS):
        raise ValueError(unknown("sharing", sharing, SHARINGS))
    found = list(candidates(work, sharing=sharing, costs=costs))
    if not found:
        raise ValueError(
            f"sharing {sharing!r} does not fit {work.cell} with {work.hidden} units in {work.dtype} on "
            f"{work.facts.name}; allowed here: {', '.join(sharings(work))}"
        )
    return min(found, key=lambda choice: choice.cycles)


def sharings(work: Workload) -> tuple[str, ...]:
    """Those that have a candidate."""
    return tuple(name for name in SHARINGS if any(candidates(work, sharing=name)))


def candidates(work: Workload, *, sharing: str | None = None, costs: Costs = ESTIMATES) -> Iterator[Choice]:
    """Every configuration that fits, with its estimate."""
    for each in SHARINGS if sharing is None else (sharing,):
        if each == "cluster" and not work.facts.clusters:
            continue
        for units in _units(work.hidden, each, work.facts):
            for rows in ROWS:
                if rows > 1 and rows >= 2 * work.batch:
                    continue
                on_tensor_cores = work.dtype == "bfloat16" and rows == 8 and each in ("grid", "launch")
                for tensor in (False, True) if on_tensor_cores else (False,):
                    choice = _candidate(work, each, units, rows, tensor=tensor, costs=costs)
                    if choice is not None:
                        yield choice


def _units(hidden: int, sharing: str, facts: Facts) -> list[int]:
    """Units of a block that are worth a look."""
    if sharing == "block":
        return [hidden]
    if sharing == "cluster":
        return [-(-hidden // parts) for parts in CLUSTERS if parts <= hidden and facts.clusters_of(parts)]
    sizes = {2, 4, 6, 8, 12, 16, 24, 32, 48, 64, min(hidden, 8)}
    parts_allowed = facts.multiprocessors if sharing == "grid" else 10**9
    return sorted(units for units in sizes if units <= hidden and -(-hidden // units) <= parts_allowed)


def _candidate(work: Workload, sharing: str, units: int, rows: int, *, tensor: bool, costs: Costs) -> Choice | None:
    cell, hidden, batch, dtype, facts, way, keep = work
    numbers = find_cell(cell).numbers
    real = "float64" if dtype == "float64" else "float32"
    streams = sharing in ("block", "launch")
    # A block's rows of the weights, and their depth, for both products.
    sizes = [
        (gates * units, hidden) if way == "forward" else (units, gates * hidden)
        for gates in (numbers.recurrent_slots, numbers.masked_slots)
    ]
    count = sum(1 for size in sizes if size[0] and size[1])
    room = Room(facts.shared_bytes // max(count, 1), products=count, units=units)
    tiles = [
        make_tile(own, depth, rows, real, room, held=sharing != "launch", tensor=tensor) if own and depth else None
        for own, depth in sizes
    ]
    parts = -(-hidden // units)
    recurrent, masked = tiles
    config = KernelConfig(
        cell, real, hidden, units, parts, rows, sharing, recurrent, masked, rounded=dtype == "bfloat16", keep=keep
    )
    if units * rows > MOST_UNITS[real] or config.shared_bytes > facts.shared_bytes:
        return None
    if not streams and any(_streamed(tile) for tile in config.tiles):
        return None
    if sharing == "grid":
        groups = min(facts.multiprocessors // parts, -(-batch // rows))
        tiles_of_rows = -(-batch // rows)
        of_group = -(-tiles_of_rows // groups) * rows
        groups = -(-batch // of_group)
    else:
        of_group = rows
        groups = -(-batch // rows)
    return Choice(config, groups, of_group, terms(config, batch, groups, of_group, facts).cycles(costs))


def profile_config(cell: str, hidden: int, dtype: str, facts: Facts) -> KernelConfig:
    """One block for each row of the batch, whatever the size: what does not fit on chip is read at every step."""
    numbers = find_cell(cell).numbers
    real = "float64" if dtype == "float64" else "float32"
    depths = [gates * hidden for gates in (numbers.recurrent_slots, numbers.masked_slots)]
    count = sum(1 for depth in depths if depth)
    of_carry = (len(find_cell(cell).states) * hidden + WARP) * (8 if real == "float64" else 4)
    room = Room((facts.shared_bytes - of_carry) // max(count, 1), products=count + 1, units=1)
    tiles = [make_tile(hidden, depth, 1, real, room, held=True, tensor=False) if depth else None for depth in depths]
    recurrent, masked = tiles
    return KernelConfig(cell, real, hidden, hidden, 1, 1, "block", recurrent, masked, rounded=dtype == "bfloat16")


class Room(NamedTuple):
    """What a block leaves to one product of a step.

    shared: bytes of shared memory. products: how many share a thread's registers. units: of the block.
    """

    shared: int
    products: int
    units: int


def make_tile(rows: int, depth: int, batch: int, real: str, room: Room, *, held: bool, tensor: bool) -> Tile:
    """Return a tile for a product: warps until a thread has few weights, in registers, then in shared memory.

    held: whether weights stay on chip between steps at all.
    """
    itemsize = 8 if real == "float64" else 4
    most = MOST_WARPS // (2 if room.products > 1 or itemsize == 8 else 1)
    if tensor:
        row_warps = -(-rows // 16)
        lanes = 4
        each = 16
        width = 16
    else:
        each = 2 if batch == 8 and (itemsize == 8 or rows < 8) else 4
        # Few rows, as on the way back: more lanes for each, or those of a warp would multiply zeros.
        lanes = next((n for n in (2, 4, 8, 16) if n * 4 >= min(depth, 32) and WARP // n * each <= max(rows, 4)), 32)
        while -(-rows // (WARP // lanes * each)) > most:
            lanes, each = (lanes // 2, each) if lanes > 2 else (lanes, each * 2)
        row_warps = -(-rows // (WARP // lanes * each))
        width = 4 * lanes
    depth_warps = 1

    def pieces(warps: int) -> int:
        return -(-depth // (width * warps))

    words = (4 if tensor else 4 * each) * itemsize // 4
    while pieces(depth_warps) > 1 and row_warps * depth_warps * 2 <= most:
        if row_warps * depth_warps >= 8 and pieces(depth_warps) * words <= 64 // room.products:
            break
        depth_warps *= 2
    threads = WARP * row_warps * depth_warps
    allowed = min(REGISTERS // (-(-max(threads, room.units * batch) // 128) * 128), MOST_OF_A_THREAD) - _busy_registers(
        each, batch, itemsize, tensor, room.products
    )
    in_registers = max(min(pieces(depth_warps), allowed // room.products // words), 0) if held else 0
    left = pieces(depth_warps) - in_registers
    vectors = 2 * batch * pieces(depth_warps) * width * depth_warps * itemsize
    sums = depth_warps * batch * row_warps * (16 if tensor else WARP // lanes * each) * itemsize
    fitting = (room.shared - vectors - sums - 1024) // (words * 4 * threads)
    in_shared = max(min(left, fitting), 0) if held and not tensor else 0
    return Tile(rows, depth, batch, each, lanes, row_warps, depth_warps, in_registers, in_shared, tensor)


def _busy_registers(each: int, batch: int, itemsize: int, tensor: bool, products: int) -> int:
    """Return registers of a thread that hold no weights: sums, a vector, the unit's slots and states, addresses."""
    of_numbers = 24 + (0 if tensor else each * batch + 4)
    return 52 + of_numbers * itemsize // 4 + 16 * (products - 1)


def _streamed(tile: Tile) -> int:
    return tile.pieces - tile.in_registers - tile.in_shared


def terms(config: KernelConfig, batch: int, groups: int, of_group: int, facts: Facts) -> Terms:
    """Return what a step of this configuration asks of the GPU, for a batch in `groups` groups of `of_group` rows."""
    blocks = groups * config.parts
    if config.sharing == "cluster":  # which has to find its place inside of one graphics processing cluster
        waves = -(-groups // facts.clusters_of(config.parts))
    else:
        waves = -(-blocks // facts.multiprocessors)
    occupied = min(blocks, facts.multiprocessors) / facts.multiprocessors
    repeats = -(-min(of_group, batch) // config.rows)
    products = tuple(_product(config, tile) for tile in config.tiles)
    return Terms(config.sharing, waves, repeats, occupied, products)


def _product(config: KernelConfig, tile: Tile) -> Product:
    itemsize = 8 if config.real == "float64" else 4
    warps = tile.threads // WARP
    wavefronts = max(tile.lanes * 4 * itemsize // WAVEFRONT, 1)  # of a warp's read of one vector
    vectors = warps * tile.pieces * config.rows * wavefronts * WAVEFRONT
    weights = warps * tile.in_shared * tile.held * WARP * itemsize
    return Product(
        "tensor" if tile.tensor else config.real,
        tile.padded_rows * tile.padded_depth * config.rows,
        warps,
        shared_bytes=vectors + weights,
        streamed_bytes=warps * _streamed(tile) * tile.held * WARP * (4 if tile.tensor else itemsize),
        pulled_bytes=0 if config.pushes else config.rows * tile.depth * itemsize,
        pushed=config.units * config.rows * (config.parts - 1) if config.pushes else None,
    )
