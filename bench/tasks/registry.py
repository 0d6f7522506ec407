"""The tasks there are: one line each."""

from __future__ import annotations

from importlib import import_module

from bench.names import unknown
from bench.task import Task

FILES = (
    "delayed_xor",
    "temporal_order",
    "temporal_order_3",
    "adding",
    "adding_variable",
    "copy_memory",
    "parity",
    "counting",
    "shifted_input",
    "digits_rows",
    "digits_pixels",
    "sunspots",
    "japanese_vowels",
)

TASKS: tuple[Task, ...] = tuple(import_module(f"bench.tasks.{file}").TASK for file in FILES)


def find_task(name: str, offset: float = 0) -> Task:
    """Return the task of that name, with that many steps from an output to the input that it tells.

    Raises
    ------
    ValueError
        For an unknown name, and for an offset that the task does not have; the message names the allowed ones.

    """
    known = {task.name: task for task in TASKS}
    if name not in known:
        raise ValueError(unknown("task", name, known))
    task = known[name]
    if offset == 0:
        return task
    if task.with_offset is None:
        raise ValueError(f"task {name}: offset is {offset:g}; allowed: 0")
    if offset != int(offset):
        raise ValueError(f"task {name}: offset is {offset:g}; allowed: whole numbers")
    return task.with_offset(int(offset))
