"""Time a step of training, beside PyTorch on the same network and batches."""

from __future__ import annotations

from dataclasses import dataclass

from bench.case import Case, make_case
from bench.contenders.training.registry import able
from bench.measures import training_speed
from bench.studies.axes import FIRST_SEED, PEER_CELLS, all_threads_and_one
from bench.study import PerPreset, Study
from bench.tasks.registry import find_task

TASK = "adding"
STEPS = 50
BATCH = 32
LEARNING_RATE = 1e-3
CLIP = 1.0
PLAIN = ("cpu", "cpu-again", "torch")
COMPILED = "torch-compile"


@dataclass(frozen=True)
class Sizes:
    """Hidden sizes; those at which PyTorch is compiled too, and the threads it then has (None: as all others).

    A shape and number of threads takes half a minute to compile.
    """

    hidden_sizes: tuple[int, ...]
    compiled_at: tuple[int, ...] = ()
    compiled_threads: int | None = None

    def backends(self, hidden_size: int, threads: int) -> tuple[str, ...]:
        """Name who is timed at a hidden size with so many threads."""
        compiled = hidden_size in self.compiled_at and self.compiled_threads in (None, threads)
        return (*PLAIN, COMPILED) if compiled else PLAIN


def cases(sizes: Sizes) -> list[Case]:
    """List every cell at every hidden size, with all threads and with one; contenders side by side."""
    found = []
    for hidden_size in sizes.hidden_sizes:
        for threads in all_threads_and_one():
            for cell in PEER_CELLS:
                case = training_step("training-speed", cell, hidden_size, threads)
                found += [case.replaced(backend=name) for name in able(case, sizes.backends(hidden_size, threads))]
    return found


def training_step(study: str, cell: str, hidden_size: int, threads: int) -> Case:
    """Return a step of training on the adding task."""
    return make_case(
        study,
        cell,
        direction="training",
        seq_len=STEPS,
        hidden_size=hidden_size,
        input_size=find_task(TASK).inputs,
        batch_size=BATCH,
        seed=FIRST_SEED,
        threads=threads,
        inputs="-",
        task=TASK,
        optimiser="adam",
        learning_rate=LEARNING_RATE,
        clip=CLIP,
    )


STUDY = Study(
    name="training-speed",
    question="How long does a step of training take?",
    sizes=PerPreset(
        quick=Sizes((32,)),
        course=Sizes((32, 128), compiled_at=(32,), compiled_threads=1),
        full=Sizes((32, 128), compiled_at=(32, 128)),
    ),
    cases=cases,
    measure=training_speed.measure,
    timed=True,
    blocks=PerPreset(quick=3, course=8, full=19),
    rounds=PerPreset(quick=5, course=5, full=9),
)
