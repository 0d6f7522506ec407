"""Two vowels, spoken by one of nine men; who speaks is asked for, in sequences of 7 to 29 steps.

Kudo, Toyama and Shimbo 1999: twelve coefficients of the sound at each step, 270 sequences to learn from, 30 of each
man, and 370 to test, as the files of the package aeon have them. They are read here: aeon itself asks for a numba that
this suite cannot use, and is not imported. Channels are normalised with mean and standard deviation over all steps of
the 270. The validation part is drawn from these by a seed; the test part is that of the authors. The guess that does
not look is the best one in hindsight, for the test part.
"""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.data_set import AEON, class_shares, entropy, some_of, split_three
from bench.task import Batch, Split, Task

NAME = "japanese-vowels"
CHANNELS = 12
SPEAKERS = 9
LONGEST = 29
GIVEN = 270
VALIDATION = 54
MOST = GIVEN - VALIDATION


def read(part: str) -> tuple[list[NDArray[np.float64]], NDArray[np.int64]]:
    """Return the sequences of a file, (steps, channels) each, and who speaks, from 0 on.

    After a line "@data" a line is a sequence: channels between colons, numbers between commas, the speaker at the end.
    """
    AEON.check(NAME)
    found = importlib.util.find_spec(AEON.module)
    assert found is not None  # it was there a line ago
    assert found.origin is not None
    path = Path(found.origin).parent / "datasets" / "data" / "JapaneseVowels" / f"JapaneseVowels_{part}.ts"
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [line.split(":") for line in lines[lines.index("@data") + 1 :] if line]
    sequences = [np.array([channel.split(",") for channel in row[:-1]], np.float64).T for row in rows]
    return sequences, np.array([int(row[-1]) - 1 for row in rows])


@functools.cache
def both() -> tuple[Batch, Batch]:
    """Return what is given to learn from, and what to test."""
    (given, speakers), (test, of_test) = read("TRAIN"), read("TEST")
    steps = np.concatenate(given)
    mean, deviation = steps.mean(axis=0), steps.std(axis=0)
    return (
        padded([(sequence - mean) / deviation for sequence in given], speakers),
        padded([(sequence - mean) / deviation for sequence in test], of_test),
    )


def padded(sequences: list[NDArray[np.float64]], speakers: NDArray[np.int64]) -> Batch:
    """Return sequences as a batch, zeros after each one's end."""
    x = np.zeros((LONGEST, len(sequences), CHANNELS), np.float32)
    for row, sequence in enumerate(sequences):
        x[: len(sequence), row] = sequence
    return Batch(x, speakers, np.array([len(sequence) for sequence in sequences]))


def split(train_size: int, seed: int) -> Split:
    """Return the parts, the test part whole."""
    given, test = both()
    return split_three(NAME, given, VALIDATION, 0, train_size, seed)._replace(test=test)


def make(rng: np.random.Generator, steps: int, size: int) -> Batch:
    """Draw sequences to train on."""
    return some_of(split(MOST, 0).train, rng, size)


TASK = Task(
    name=NAME,
    meaning="Two vowels, of 7 to 29 steps; at the end, which of nine men spoke them.",
    source="Kudo, Toyama and Shimbo 1999, as aeon has it",
    inputs=CHANNELS,
    outputs=SPEAKERS,
    make=make,
    test_set=lambda rng, steps: both()[1],
    data_set=split,
    most=MOST,
    lacking=functools.partial(AEON.lacking, NAME),
    baseline=lambda steps: entropy(class_shares(both()[1].targets)),
    chance=lambda steps: float(class_shares(both()[1].targets).max()),
    only_steps=LONGEST,
)
