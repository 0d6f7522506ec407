"""The small trained networks that the laboratory opens (`python -m bench.networks`)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("networks.json")
SYMBOLS = "XYabcd"
"""How the six inputs of temporal order are written: the two that matter, and the others."""
EXAMPLES = {
    "XY": "baXcdbadcabYcdabacdb",
    "YX": "dcbYabacdbXcabdcdabc",
    "XX": "abdcXdabcadbXcadbcad",
    "YY": "cdYbadcacbdYdbacbdac",
}
"""A sequence of the task for each order of X and Y, of the length that the networks were trained on."""
ANSWERS = ("XX", "XY", "YX", "YY")
"""The classes, as `bench.tasks.temporal_order` spells them."""

LINES = {
    "rnn": {"state": ("h", "tanh({sa}) = {h}")},
    "lstm": {
        "forget": ("f", "σ({sf}) = {f}"),
        "input": ("i", "σ({si}) = {i}"),
        "candidate": ("g", "tanh({sg}) = {g}"),
        "cell": ("c", "{f} · {c0} + {i} · {g} = {c}"),
        "output": ("o", "σ({so}) = {o}"),
        "state": ("h", "{o} · tanh({c}) = {h}"),
    },
    "gru": {
        "reset": ("r", "σ({sr}) = {r}"),
        "update": ("z", "σ({sz}) = {z}"),
        "candidate": ("n", "tanh({sn}) = {n}"),
        "state": ("h", "(1 − {z}) · {n} + {z} · {h0} = {h}"),
    },
}
"""What each line of a cell's equations gives, and how it is written with its numbers: s before a gate is the sum in
it, and 0 behind a state is the one before."""


@cache
def stored() -> dict[str, Any]:
    """Return the file: task, seq_len, hidden_size, fresh (sequences), and networks by cell."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found
