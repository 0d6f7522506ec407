"""Axes of the studies on a GPU, without numba: machines with a GPU may have none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.case import Case, make_case
from cells.registry import main_cells

if TYPE_CHECKING:
    from cells.cuda.device.facts import Facts

CELLS = main_cells()
"""Cells that are no variant of another one."""
DIRECTIONS = ("inference", "training")
LENGTHS = (64, 256, 1024)
BATCHES = (1, 16, 64, 128)
SIZES = (32, 64, 128, 256, 512, 768, 1024)
FEW_SIZES = (64, 256, 1024)
HALF_FROM = 256
"""Units from which half precision is measured: below, a step waits and does not multiply, and half the bits win
nothing."""
PUBLISHED = (
    (("rnn", "lstm", "gru"), 1024, 16, 768),
    (("rnn", "lstm", "gru"), 100, 64, 512),
    (("rnn",), 50, 16, 1760),
    (("lstm",), 25, 16, 512),
    (("lstm",), 150, 16, 256),
    (("gru",), 1500, 32, 1024),
)
"""(cells, T, B, H): DeepBench's rows, and FlashRNN's and Haste's shape, which is a point of the grid."""
ROUNDS = 15
"""Samples of an item at most: a series of calls lasts 20 ms."""
SHARING_LENGTH = 256
SHARING_BATCH = 16
SHARING_INPUTS = 16
"""Few, because the question is what a step costs and not what the product of the input costs."""


def fitting(cell: str, hidden: int, batch: int, dtype: str, facts: Facts, direction: str) -> tuple[str, ...]:
    """List the sharings that have a kernel for every way that a call of this direction goes."""
    from cells.cuda.plan.rule import Workload, sharings

    ways = ("forward", "backward") if direction == "training" else ("forward",)
    of_ways = [sharings(Workload(cell, hidden, batch, dtype, facts, way)) for way in ways]
    return tuple(name for name in of_ways[0] if all(name in names for names in of_ways))


def sharing_case(
    cell: str, direction: str, hidden: int, variant: str, steps: int = SHARING_LENGTH, batch: int = SHARING_BATCH
) -> Case:
    """Make the case of one sharing, or of the rule's choice ("-")."""
    sizes = {"seq_len": steps, "batch_size": batch, "hidden_size": hidden, "input_size": SHARING_INPUTS}
    return make_case("sharings", cell, "cuda", direction, variant=variant, **sizes)
