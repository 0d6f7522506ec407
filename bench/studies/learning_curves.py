"""Train each cell on more and more sequences of a data set, with as many units and with as many parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.case import Case
from bench.measures.data_training import measure_data_training
from bench.studies import training_axes as axes
from bench.studies.axes import FIRST_SEED
from bench.studies.training_axes import GRU, HIDDEN_SIZE, LSTM, RNN, SEEDS, Arm
from bench.study import Computed, PerPreset, Study, nothing_lacking
from bench.tasks.registry import find_task
from cells import count_parameters

SIZES = {"digits-rows": (30, 100, 300, 1000), "sunspots": (32, 64, 128, 178), "japanese-vowels": (27, 54, 108, 216)}
"""Data set to the sequences that are trained on; the last is all there are, or nearly."""
BUDGET = 600
SMALLEST_BATCH = 16


@dataclass(frozen=True)
class Sizes:
    """Data sets, seeds, and training steps at most."""

    tasks: tuple[str, ...]
    seeds: int
    budget: int = BUDGET


def hidden_sizes(arm: Arm, inputs: int, outputs: int) -> tuple[int, ...]:
    """Return the hidden size of all cells, and that at which a cell has as many parameters as the LSTM of that size."""
    wanted = _parameters(LSTM.cell, inputs, HIDDEN_SIZE, outputs)
    nearest = min(range(1, 4 * HIDDEN_SIZE), key=lambda h: abs(_parameters(arm.cell, inputs, h, outputs) - wanted))
    return tuple(dict.fromkeys((HIDDEN_SIZE, nearest)))


def _parameters(cell: str, inputs: int, hidden: int, outputs: int) -> int:
    """Count those of the layer and of the readout."""
    return count_parameters(cell, input_size=inputs, hidden_size=hidden, bias="double") + outputs * (hidden + 1)


def there(tasks: tuple[str, ...]) -> Iterator[str]:
    """Yield the data sets that this machine has."""
    return (name for name in tasks if find_task(name).lacking() is None)


def lacking() -> str | None:
    """Say how to get the data, where this machine has none of them."""
    if any(there(tuple(SIZES))):
        return nothing_lacking()
    return find_task("digits-rows").lacking()


def cases(sizes: Sizes) -> list[Case]:
    """List each cell at both hidden sizes, on each training set; a larger one has all of a smaller one of its seed."""
    found = []
    for name in there(sizes.tasks):
        task = find_task(name)
        assert task.only_steps is not None  # data have the length they have
        for size in SIZES[name]:
            for arm in (RNN, LSTM, GRU):
                for hidden in hidden_sizes(arm, task.inputs, task.outputs):
                    found += [
                        axes.training(
                            "learning-curves", name, arm, task.only_steps, FIRST_SEED + place,
                            hidden_size=hidden, train_size=size, batch_size=min(task.batch, SMALLEST_BATCH),
                            learning_rate=0.0, budget=sizes.budget, role="-",
                        )
                        for place in range(sizes.seeds)
                    ]  # fmt: skip
    return found


STUDY = Study(
    name="learning-curves",
    question="How much data does each cell need?",
    sizes=PerPreset(
        quick=Sizes((), 0),
        course=Sizes(tuple(SIZES), SEEDS.course.judging),
        full=Sizes(tuple(SIZES), SEEDS.full.judging, budget=2000),
    ),
    cases=cases,
    measure=Computed(measure_data_training),
    lacking=lacking,
)
