"""What a step costs: the constants of the rule, which a file holds, and the estimate of a step that they enter.

The file is `costs.toml` beside this one: every constant with its unit, its meaning and where its value comes from.
`bench.gpu_kernels.fit` fits the values to measured steps.
"""

from __future__ import annotations

import itertools
import json
import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from cells.validation import check_names

FILE = Path(__file__).with_name("costs.toml")
ORIGINS = ("data sheet", "estimate", "fitted")


@dataclass(frozen=True)
class Costs:
    """The constants by name; units and meanings stand in the file. All are positive."""

    barrier_block: float
    barrier_cluster: float
    barrier_grid: float
    barrier_launch: float
    pull_latency: float
    push_latency: float
    pushes: float
    formulas: float
    tile_overhead: float
    multiply_adds_float32: float
    multiply_adds_float64: float
    multiply_adds_tensor: float
    busy_warps: float
    shared_bytes: float
    cache_bytes: float
    cache_share: float
    clock: float

    def barrier(self, sharing: str) -> float:
        """Cycles that a step waits for with this sharing, besides its work."""
        cycles: float = getattr(self, f"barrier_{sharing}")
        return cycles

    def multiply_adds(self, kind: str) -> float:
        """Multiply-adds of a multiprocessor in a cycle; kind: "float32", "float64" or "tensor"."""
        rate: float = getattr(self, f"multiply_adds_{kind}")
        return rate


NAMES = tuple(field.name for field in fields(Costs))


@dataclass(frozen=True)
class Entry:
    """One constant as the file tells it; `origin` begins with one of ORIGINS."""

    value: float
    unit: str
    meaning: str
    origin: str


@dataclass(frozen=True)
class Product:
    """What one product of a step asks of a multiprocessor. kind: as in `Costs.multiply_adds`.

    warps: of a block. shared_bytes: read of shared memory. streamed_bytes: of weights, read of the second-level cache.
    pulled_bytes: of vectors, read there too; 0 where they are pushed. pushed: numbers that a block writes to others,
    None where others pull them.
    """

    kind: str
    multiply_adds: int
    warps: int
    shared_bytes: int
    streamed_bytes: int
    pulled_bytes: int
    pushed: int | None

    def delivery(self, costs: Costs) -> float:
        """Cycles until the vectors have come from other blocks, or from global memory."""
        if self.pushed is None:
            return costs.pull_latency
        return costs.push_latency + self.pushed / costs.pushes

    def work(self, costs: Costs, occupied: float) -> float:
        """Cycles of the product: whichever of arithmetic, shared memory and cache takes longest, and what is around it.

        occupied: share of the multiprocessors that have a block.
        """
        busy = min(1.0, self.warps / costs.busy_warps)
        arithmetic = self.multiply_adds / costs.multiply_adds(self.kind) / busy
        cache = self.streamed_bytes / costs.cache_bytes
        cache += self.pulled_bytes / costs.cache_bytes * max(occupied, costs.cache_share)
        return max(arithmetic, self.shared_bytes / costs.shared_bytes, cache) + costs.tile_overhead


@dataclass(frozen=True)
class Terms:
    """The parts of a step's estimate, whatever the constants are.

    waves: of blocks on the GPU, one after another. repeats: tiles of rows that a block takes one after another.
    occupied: share of the multiprocessors that have a block. A step without products still has its barrier.
    """

    sharing: str
    waves: int
    repeats: int
    occupied: float
    products: tuple[Product, ...]

    def cycles(self, costs: Costs) -> float:
        """Estimated cycles of a step: the sum of its products, each with delivery and barrier, and of the formulas."""
        barrier = costs.barrier(self.sharing)
        total = 0.0
        for product in self.products:
            total += product.delivery(costs) + self.repeats * product.work(costs, self.occupied) + barrier
        return self.waves * (total + costs.formulas + (0 if self.products else barrier))


def read(path: Path = FILE) -> dict[str, Entry]:
    """Every constant of a file, in the order of `Costs`; ValueError for a name, field or value that is not allowed."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FileNotFoundError(f"no costs at {path}; allowed: a file with the constants of {FILE}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no TOML: {error}") from error
    check_names(f"{path}", found, NAMES)
    return {name: _entry(f"{path}: {name}", found[name]) for name in NAMES}


def load(path: Path = FILE) -> Costs:
    """Return the constants of a file; errors as for `read`."""
    return Costs(**{name: entry.value for name, entry in read(path).items()})


def write(values: Mapping[str, float], origin: str, path: Path = FILE) -> None:
    """Renew the named constants of a file and their origin; all else stays, the comment before the first one too."""
    entries = read(path)
    check_names("values", dict.fromkeys(entries) | dict(values), NAMES)
    for name, value in values.items():
        old = entries[name]
        told = {"value": value, "unit": old.unit, "meaning": old.meaning, "origin": origin}
        entries[name] = _entry(f"values: {name}", told)
    lines = path.read_text(encoding="utf-8").splitlines()
    head = itertools.takewhile(lambda line: line.startswith("#"), lines)
    tables = ["\n".join(_lines(name, entry)) for name, entry in entries.items()]
    path.write_text("\n\n".join(["\n".join(head), *tables]) + "\n", encoding="utf-8")


def _lines(name: str, entry: Entry) -> Iterator[str]:
    yield f"[{name}]"
    yield f"value = {entry.value:.0f}" if entry.value.is_integer() else f"value = {entry.value!r}"
    # A JSON string is a TOML string.
    yield from (
        f"{key} = {json.dumps(getattr(entry, key), ensure_ascii=False)}" for key in ("unit", "meaning", "origin")
    )


def _entry(where: str, given: object) -> Entry:
    if not isinstance(given, Mapping):
        raise ValueError(f"{where} is {given!r}; allowed: a table with value, unit, meaning, origin")
    check_names(where, given, (field.name for field in fields(Entry)))
    value = given["value"]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise ValueError(f"{where}: value {value!r}; allowed: a positive, finite number")
    for key in ("unit", "meaning", "origin"):
        if not isinstance(given[key], str) or not given[key]:
            raise ValueError(f"{where}: {key} {given[key]!r}; allowed: a text that is not empty")
    if not given["origin"].startswith(ORIGINS):
        raise ValueError(f"{where}: origin {given['origin']!r}; allowed: it begins with {', '.join(ORIGINS)}")
    return Entry(float(value), given["unit"], given["meaning"], given["origin"])


ESTIMATES = load()
"""The constants that the rule takes unless a caller gives others."""
