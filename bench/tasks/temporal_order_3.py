"""Three relevant symbols among others; which came, and in which order, is asked for.

Task 6b of Hochreiter and Schmidhuber 1997, with what `temporal_order` says of 6a. There the relevant symbols stand at
places from 10 to 20, from 33 to 43 and from 66 to 76 of 100 to 110.
"""

from __future__ import annotations

import math

from bench.task import Task
from bench.tasks.temporal_order import LEAST_STEPS, RELEVANT, SYMBOLS, ordered_symbols

PLACES = ((10, 20), (33, 43), (66, 76))

TASK = Task(
    name="temporal-order-3",
    meaning="X or Y three times, other symbols elsewhere; at the end, which came in which order.",
    source="Hochreiter and Schmidhuber 1997, task 6b, without symbols that mark the start and the end",
    inputs=SYMBOLS,
    outputs=RELEVANT ** len(PLACES),
    make=ordered_symbols(PLACES),
    baseline=lambda steps: len(PLACES) * math.log(RELEVANT),
    chance=lambda steps: RELEVANT ** -len(PLACES),
    least_steps=LEAST_STEPS,
)
