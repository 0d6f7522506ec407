"""The machines of two runs side by side: what differs, and which peers are the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analysis.cells import FACT
from analysis.comparison.values import Machines, Side

MACHINE = ("cpu", "cores", "architecture", "gpu.name")
"""Facts that make two runs runs on one machine, or machines of one model: times compare as a change only then."""
PEERS = {"torch": ("versions.torch",), "onnxruntime": ("versions.onnxruntime",)} | dict.fromkeys(
    ("cudnn", "cudnn-fp16"),
    ("versions.torch", "gpu.driver", "gpu.versions.nvidia-cudnn-cu13", "gpu.versions.nvidia-cudnn-cu12"),
)
"""Peer to the facts that name its code: those that are known must agree, and one must be known."""
PASSING = ("load_average", "id")
"""Facts that say nothing of the machine but how it was doing."""


def compare_environments(a: Side, b: Side) -> Machines:
    """Compare the environments of two runs; the versions of the code that measured count as a fact."""
    facts_a, facts_b = _facts(a), _facts(b)
    names = [name for name in dict.fromkeys((*facts_a, *facts_b)) if name not in PASSING]
    facts = tuple((name, facts_a.get(name, ""), facts_b.get(name, "")) for name in names)
    same = all(facts_a.get(name, "") == facts_b.get(name, "") for name in MACHINE) and bool(facts_a.get("cpu"))
    known = {peer: [(facts_a.get(name, ""), facts_b.get(name, "")) for name in of] for peer, of in PEERS.items()}
    peers = tuple(
        peer for peer, pairs in known.items() if pairs[0][0] and all(first == second for first, second in pairs)
    )
    return Machines(facts, same, peers)


def _facts(side: Side) -> dict[str, str]:
    """Return the facts of a side as text, nested names joined by a dot; those of several environments with a slash."""
    found: dict[str, list[str]] = {}
    for environment in side.environments:
        for name, value in _flat(environment):
            if value not in found.setdefault(name, []):
                found[name].append(value)
    days = sorted({str(moment)[:10] for moment in side.frame["measured_at"]})
    found["measured_at"] = [" – ".join(dict.fromkeys((days[0], days[-1])))]
    return {name: " / ".join(values) for name, values in found.items()}


def _flat(environment: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in environment.items():
        name = f"{prefix}{key}"
        if name == FACT:
            continue
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}.")
        elif value is not None and value != "":
            yield name, str(value)
