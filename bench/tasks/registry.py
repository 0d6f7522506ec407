"""The tasks there are: one line each."""

from __future__ import annotations

from importlib import import_module

from bench.names import unknown
from bench.task import Task

FILES = (
    "delayed_xor",
    "temporal_order",
    "adding",
)

TASKS: tuple[Task, ...] = tuple(import_module(f"bench.tasks.{file}").TASK for file in FILES)


def find_task(name: str) -> Task:
    """Return the task of that name.

    Raises ValueError for an unknown name.
    """
    known = {task.name: task for task in TASKS}
    if name not in known:
        raise ValueError(unknown("task", name, known))
    return known[name]
