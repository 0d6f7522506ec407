"""Kernels to compile where there is no GPU: every maker, cell, sharing, way and dtype at sizes that matter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cells.cuda import kernel
from cells.cuda.device.facts import A100, H200, Facts
from cells.cuda.kernel import Kernel
from cells.cuda.plan.rule import Workload, choose, profile_config, sharings
from cells.cuda.products.matrices import Matrix, MatrixProduct
from cells.cuda.products.product import column_sum_calls, product_calls
from cells.registry import distinct_cells

WAYS = ("forward", "backward")
BATCH = 16
# A small size, the largest whose weights fit one block, and one that needs many blocks.
STEPS = (
    ("lstm", 33, "float32", ("block", "launch"), H200),
    ("lstm", 128, "float32", ("block", "cluster"), H200),
    ("lstm", 512, "float32", ("block", "grid", "launch"), H200),
    ("gru-reset-before", 33, "float32", ("cluster",), H200),
    ("gru-reset-before", 128, "float32", ("block",), H200),
    ("gru-reset-before", 512, "float32", ("grid", "launch"), H200),
    ("gru", 128, "float32", ("block", "cluster"), H200),
    ("rnn", 512, "float32", ("block", "grid"), H200),
    ("lstm", 128, "float64", ("cluster",), H200),
    ("gru-reset-before", 128, "float64", ("block",), H200),
    ("lstm", 512, "bfloat16", ("cluster", "grid"), H200),
    ("gru-reset-before", 512, "bfloat16", ("launch",), H200),
    ("lstm", 128, "float32", ("block", "grid"), A100),
    ("gru-reset-before", 512, "float32", ("block", "grid"), A100),
    ("gru", 512, "bfloat16", ("grid",), A100),
    ("rnn", 33, "float64", ("launch",), A100),
)
PROFILES = (("lstm", 128, "float32", H200), ("gru-reset-before", 512, "float32", A100), ("lstm", 33, "float64", H200))
PRODUCTS = ((64, 16), (64, 512), (4096, 4096))  # rows and columns of `out`: narrow tiles, square ones, wide ones


@dataclass(frozen=True)
class Entry:
    """A kernel, the GPU it is for, and the shared memory that it is launched with."""

    label: str
    kernel: Kernel
    facts: Facts
    shared_bytes: int
    real: str


def catalogue() -> Iterator[Entry]:
    """All of them."""
    yield from steps()
    yield from profiles()
    yield from products()
    yield from others()


def steps() -> Iterator[Entry]:
    """The time loops; sharings that do not fit are left out."""
    others = [
        (cell, 128, "float32", ("block",), H200) for cell in distinct_cells() if cell not in {row[0] for row in STEPS}
    ]
    for cell, hidden, dtype, named, facts in (*STEPS, *others):
        for way in WAYS:
            work = Workload(cell, hidden, BATCH, dtype, facts, way)
            for sharing in sharings(work):
                if sharing in named:
                    config = choose(work, sharing=sharing).config
                    label = f"{way}-{cell}-{hidden}-{dtype}-{sharing}"
                    yield Entry(label, kernel.time_loop(config, way), facts, config.shared_bytes, config.real)


def profiles() -> Iterator[Entry]:
    """The gradient profile and its norms."""
    others = [(cell, 128, "float32", H200) for cell in distinct_cells() if cell not in {row[0] for row in STEPS}]
    for cell, hidden, dtype, facts in (*PROFILES, *others):
        config = profile_config(cell, hidden, dtype, facts)
        label, shared = f"profile-{cell}-{hidden}-{dtype}", kernel.profile_shared_bytes(config)
        yield Entry(label, kernel.profile(config), facts, shared, config.real)
    for real in ("float32", "float64"):
        yield Entry(f"norms-{real}", kernel.norms(real), H200, 0, real)


def products() -> Iterator[Entry]:
    """Products over all steps, whole and in pieces, and sums over them."""
    for facts, real, rounded in ((H200, "float32", False), (H200, "float32", True), (A100, "float64", False)):
        calls = []
        for rows, columns in PRODUCTS:
            a, b, out = Matrix(rows, 8192, 0, 8192), Matrix(columns, 8192, 0, 8192), Matrix(rows, columns, 0, columns)
            asked = MatrixProduct(a, b, out, real, b_transposed=True, rounded=rounded)
            made = product_calls(asked, bias=True, multiprocessors=facts.multiprocessors)
            calls += made[:1] if rounded else made
        if not rounded:
            calls += column_sum_calls(a, Matrix(1, 8192, 0, 8192), real=real, multiprocessors=facts.multiprocessors)
        for call in calls:
            label = f"{call.kernel.name}-{'-'.join(map(str, call.kernel.parameters))}"
            yield Entry(label, call.kernel, facts, call.shared_bytes, real)


def others() -> Iterator[Entry]:
    """Two directions, and a bias that is written before cuBLAS adds to it."""
    for real, accumulate in (("float32", False), ("float32", True), ("float64", True)):
        yield Entry(f"place-{real}-{accumulate}", kernel.place(real, accumulate), H200, 0, real)
    yield Entry("fill", kernel.fill("float32"), A100, 0, "float32")


def unique(entries: Iterator[Entry]) -> list[Entry]:
    """Each kernel once for each GPU."""
    return list({(entry.kernel, entry.facts): entry for entry in entries}.values())
