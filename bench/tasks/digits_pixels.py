"""Digits written by hand, a pixel at each of 64 steps; which digit it is, is asked for.

The pictures and the parts are those of `digits_rows`; what is far apart there by rows is eight times as far here.
"""

from __future__ import annotations

from bench.task import Task
from bench.tasks.digits_rows import of_pictures

TASK = Task(
    meaning="A digit written by hand, a pixel at each step, row by row; at the end, which digit it is.",
    **of_pictures("digits-pixels", 1),
)
