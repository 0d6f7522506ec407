"""What the best guess reaches that does not look at a sequence: its share of right answers, in closed form.

A guess may know at which step it is, and has what it reaches in the long run: on one test set it has a little more or
less. That of a task whose answers are numbers is the variance of the answers, which the rows of a training hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping


def counted(steps: int) -> float:
    """Return the share of the strings a^n b^n, of `steps` symbols at most, that a guess has right.

    It has those of n = 1, 2, 4, 8 and so on: the steps at which they are judged do not overlap.
    """
    largest = (steps - 1) // 2
    return largest.bit_length() / largest


RIGHT: Mapping[str, Callable[[int], float]] = {
    "delayed-xor": lambda steps: 1 / 2,
    "temporal-order": lambda steps: 1 / 4,
    "temporal-order-3": lambda steps: 1 / 8,
    "copy-memory": lambda steps: 1 / 8,
    "counting": counted,
    "parity": lambda steps: 1 / 2,
}
"""By task, from the length of its sequences: share of right answers, or of strings that are right from end to end."""
