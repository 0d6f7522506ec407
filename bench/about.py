"""What is known of a run as a whole, beside its rows and its machines: settings, and experiments of one's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DEFAULT_STORE = Path("results") / "recurbench.sqlite"
"""Where rows go, unless the user says otherwise."""
ABOUT = "run.json"
"""The file of an export that says it."""
SETTINGS = ("url",)
"""url: the address at which the page of the run stands."""


@dataclass(frozen=True)
class About:
    """Settings by name, and the definitions of experiments by name (`bench.experiments.definition.from_json`)."""

    settings: Mapping[str, str] = field(default_factory=dict)
    experiments: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values: the content of the file `ABOUT`."""
        return {"settings": dict(self.settings), "experiments": dict(self.experiments)}


def read_about(folder: Path) -> About:
    """Return what the file `ABOUT` of an exported folder says; exports that were made before it existed say nothing.

    Raises ValueError where it is no JSON, or has other parts than settings and experiments.
    """
    file = folder / ABOUT
    if not file.exists():
        return About()
    try:
        found = json.loads(file.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise ValueError(f"{file} is no JSON: {error}; export it again") from error
    parts = ("settings", "experiments")
    if not isinstance(found, dict) or set(found) - set(parts) or not all(isinstance(v, dict) for v in found.values()):
        raise ValueError(f"{file} has other parts than an export writes; allowed: {', '.join(parts)}, each a mapping")
    settings, experiments = found.get("settings", {}), found.get("experiments", {})
    for name, value in settings.items():
        if name not in SETTINGS or not isinstance(value, str):
            raise ValueError(f"{file}: setting {name!r} is {value!r}; allowed: {', '.join(SETTINGS)}, each a text")
    for name, definition in experiments.items():
        if not isinstance(definition, dict) or definition.get("name") != name:
            raise ValueError(f"{file}: experiment {name!r} is {definition!r}; allowed: a definition with that name")
    return About(settings, experiments)
