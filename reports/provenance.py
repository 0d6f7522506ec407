"""Where the numbers come from, in one line: the machine, the code, the day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from analysis.cells import FACT
from reports.catalogue import Catalogue
from reports.numbers import show_number

Environment = Mapping[str, object]


def flat(environment: Environment, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Return the environment as (name, text) pairs; nested names are joined by a dot, empty values left out.

    What the cells mean is no fact about a machine and is left out too.
    """
    for key, value in environment.items():
        name = f"{prefix}{key}"
        if name == FACT:
            continue
        if isinstance(value, Mapping):
            yield from flat(value, f"{name}.")
        elif isinstance(value, str):
            if value:
                yield name, value
        elif isinstance(value, Sequence):
            if value:
                yield name, ", ".join(str(item) for item in value)
        elif isinstance(value, float) and name.endswith("_hz"):
            yield name, show_number(value, "Hz", digits=4)
        elif value is not None:
            yield name, str(value)


def first(environments: Sequence[Environment], *names: str) -> str:
    """Return the first known of several names in the first environment that has it, or an empty text."""
    for environment in environments:
        known = dict(flat(environment))
        for name in names:
            if known.get(name):
                return known[name]
    return ""


def machine(environments: Sequence[Environment]) -> str:
    """Return the processor that measured."""
    return first(environments, "cpu")


def gpu(environments: Sequence[Environment]) -> str:
    """Return the GPU that measured, or an empty text."""
    return first(environments, "gpu.name", "gpu")


def commit(environments: Sequence[Environment]) -> str:
    """Return the commit that measured, else the hash of its sources."""
    return first(environments, "commit", "code_version")


def day(environments: Sequence[Environment]) -> str:
    """Return the day or days of the run, as YYYY-MM-DD, or an empty text."""
    return first(environments, "measured_at")


def run(environments: Sequence[Environment], text: Catalogue, version: str = "") -> list[tuple[str, str]]:
    """Return the label and value of what the head of a page says of a run; what is not known is left out."""
    told = {"machine": machine(environments), "day": day(environments), "commit": commit(environments)}
    return [(text("ui", label), value) for label, value in (told | {"version": version}).items() if value]
