"""An experiment as a value: what is asked, over which axes, and how it shall be drawn. JSON and back."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.columns import SCHEMA, Real, Whole, Words
from bench.experiments.askable import ALIASES, CHOICES, MEANINGS, TIME, Askable, find_askable
from bench.names import EXPERIMENT, EXPERIMENT_NAME, INITIALISERS, unknown

Axes = Mapping[str, tuple[Any, ...]]
"""Field to its values: every combination is measured."""

LONGEST = 300
"""Characters of a question."""
NOTHING = "-"
"""The word of a field that a case does without; nobody asks for it."""
STEP = "step"
"""What stands on x by default where the rows are curves: the lag, the time step or the place."""


@dataclass(frozen=True)
class Experiment:
    """A question of one's own.

    Parameters
    ----------
    name
        Small letters, digits and dashes, at most 60: its name in the store, on the page and in citations.
    question
        As a sentence, for whoever reads the page.
    measure
        A name of `bench.experiments.askable.ASKABLE`.
    grids
        Each maps fields to values; the cases are the combinations of each grid, together. Fields have their own names,
        and an initialiser is written "name" or "name:value".
    seeds
        Draws of every case, where the measure draws anything.
    blocks, rounds
        How often times are taken: shuffled blocks, and samples in each.
    x, colour, column
        What stands on the x axis, what has a colour each, what has a panel each: a field, or "step"; empty: chosen.

    """

    name: str
    question: str
    measure: str
    grids: tuple[Axes, ...]
    seeds: int = 5
    blocks: int = 8
    rounds: int = 5
    x: str = ""
    colour: str = ""
    column: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(EXPERIMENT_NAME, self.name):
            raise ValueError(
                f"name is {self.name!r}; allowed: small letters, digits and dashes, a letter or digit first, at most 60"
            )
        asked = find_askable(self.measure)
        if len(self.question) > LONGEST or not self.question.isprintable():
            raise ValueError(
                f"question is {self.question[:40]!r}, {len(self.question)} characters; allowed: one line of printable"
                f" characters, up to {LONGEST}"
            )
        if not self.grids:
            raise ValueError("the experiment has no axes; allowed: one table of fields with values, or several")
        for grid in self.grids:
            for field, values in grid.items():
                check_field(field, asked)
                if not values:
                    raise ValueError(f"{field} has no values; allowed: one or more")
                if len(set(values)) < len(values):
                    raise ValueError(f"{field} has a value twice: {', '.join(map(str, values))}; allowed: each once")
        for role in ("seeds", "blocks", "rounds"):
            count = getattr(self, role)
            if isinstance(count, bool) or not isinstance(count, int) or count < 1:
                raise ValueError(f"{role} is {count!r}; allowed: whole numbers, 1 or more")
        drawn = [place for place in (self.x, self.colour, self.column) if place]
        for place in drawn:
            if place != STEP:
                check_field(place, asked)
        if len(set(drawn)) < len(drawn):
            raise ValueError(f"x, colour and column are {', '.join(drawn)}; allowed: each another field")

    @property
    def study(self) -> str:
        """The study that its rows belong to."""
        return EXPERIMENT + self.name

    @property
    def asked(self) -> Askable:
        """What its measure is."""
        return find_askable(self.measure)

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values, which `from_json` takes back."""
        return {
            "name": self.name,
            "question": self.question,
            "measure": self.measure,
            "axes": [{field: list(values) for field, values in grid.items()} for grid in self.grids],
            "seeds": self.seeds,
            "blocks": self.blocks,
            "rounds": self.rounds,
            "x": self.x,
            "colour": self.colour,
            "column": self.column,
        }


PARTS = ("name", "question", "measure", "axes", "seeds", "blocks", "rounds", "x", "colour", "column")
"""What a definition in JSON or TOML may have."""


def check_field(field: str, asked: Askable) -> None:
    """Raise ValueError for a field that the measure does not vary; the message names those that it does."""
    if field in asked.fields:
        return
    if field in MEANINGS:
        raise ValueError(f"{asked.name} does not vary {field}; allowed: {', '.join(asked.fields)}")
    raise ValueError(unknown("field", field, asked.fields, told=f"allowed for {asked.name}"))


def from_json(told: Mapping[str, Any]) -> Experiment:
    """Return the experiment that plain values describe.

    Raises
    ------
    ValueError
        Where a part is unknown, missing or of the wrong kind; the message names given and allowed.

    """
    for part in told:
        if part not in PARTS:
            raise ValueError(unknown("part", part, PARTS, told="an experiment has"))
    texts = {part: told.get(part, "") for part in ("name", "question", "measure", "x", "colour", "column")}
    for part, text in texts.items():
        if not isinstance(text, str):
            raise ValueError(f"{part} is {text!r}; allowed: a text")
    for part in ("measure", "axes"):
        if not told.get(part):
            raise ValueError(f"the experiment has no {part}; needed: measure and axes; allowed: {', '.join(PARTS)}")
    axes = told["axes"]
    tables = axes if isinstance(axes, Sequence) and not isinstance(axes, str) else [axes]
    asked = find_askable(texts["measure"])
    grids = tuple(_grid(table, asked) for table in tables)
    counts = {part: told[part] for part in ("seeds", "blocks", "rounds") if part in told}
    return Experiment(
        name=texts["name"] or default_name(texts["measure"], grids),
        question=" ".join(texts["question"].split()) or asked.question,
        measure=asked.name,
        grids=grids,
        **counts,
        x=named(texts["x"]),
        colour=named(texts["colour"]),
        column=named(texts["column"]),
    )


def named(field: str) -> str:
    """Return a field by its own name; users may write dashes, or a name of `ALIASES`."""
    plain = field.replace("-", "_")
    return ALIASES.get(plain, plain)


def default_name(measure: str, grids: Sequence[Axes]) -> str:
    """Name an experiment after its measure and what it varies; four hex digits tell it from others of that kind."""
    varied = [field for field in MEANINGS if len({value for grid in grids for value in grid.get(field, ())}) > 1]
    words = [measure, *(["by"] if varied else []), *(field.replace("_", "-") for field in varied)]
    told = json.dumps([sorted((field, list(map(str, grid[field]))) for field in grid) for grid in grids])
    return f"{'-'.join(words)[:50].rstrip('-')}-{hashlib.sha256(told.encode()).hexdigest()[:4]}"


def as_toml(experiment: Experiment) -> str:
    """Return the definition as the text of a TOML file, which `recurbench ask FILE` takes."""
    told = experiment.as_json()
    grids = told.pop("axes")
    needless = set() if experiment.asked.kind == TIME else {"blocks", "rounds"}
    needless |= set() if experiment.asked.seeds else {"seeds"}
    lines = [f"{part} = {_toml(value)}" for part, value in told.items() if value != "" and part not in needless]
    for grid in grids:
        lines += ["", "[axes]" if len(grids) == 1 else "[[axes]]"]
        lines += [f"{field} = {_toml(values)}" for field, values in grid.items()]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    """Return a text, a number or a list of them in TOML: its strings are those of JSON, but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def normalised(field: str, value: Any) -> Any:
    """Return a value of a field as a case has it, from a number or a text; an initialiser as "name" or "name:value".

    Raises ValueError where it is none that the field may have; the message names the allowed ones.
    """
    if field == "initialiser":
        name, colon, text = str(value).partition(":")
        known = tuple(name for name in INITIALISERS if name != "-")
        if name not in known:
            raise ValueError(unknown("initialiser", name, known))
        return f"{name}:{_number(field, text):g}" if colon else name
    kind = SCHEMA[field]
    if isinstance(kind, Whole):
        number = _number(field, value, kind.allowed)
        if number != int(number) or not kind.least <= number <= kind.most:
            raise ValueError(f"{field} is {value!r}; allowed: {kind.allowed}")
        return int(number)
    if isinstance(kind, Real):
        number = _number(field, value)
        if not kind.least <= number <= kind.most:
            raise ValueError(f"{field} is {value!r}; allowed: {kind.allowed}")
        return number
    assert isinstance(kind, Words), field
    allowed = CHOICES.get(field, tuple(word for word in kind.known if word != NOTHING))
    if value not in allowed:
        raise ValueError(unknown(field, value, allowed, told="allowed"))
    return value


def _number(field: str, value: Any, allowed: str = "a finite number") -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        several = "; several stand apart, with spaces in a command" if "," in str(value) else ""
        raise ValueError(f"{field} is {value!r}; allowed: {allowed}{several}")
    return number


def _grid(table: Any, asked: Askable) -> dict[str, tuple[Any, ...]]:
    if not isinstance(table, Mapping):
        raise ValueError(f"axes has {table!r}; allowed: a table from fields to values, or a list of such tables")
    grid: dict[str, tuple[Any, ...]] = {}
    called: dict[str, str] = {}
    for field, values in table.items():
        several = values if isinstance(values, Sequence) and not isinstance(values, str) else [values]
        if named(str(field)) in grid:
            both = f"{called[named(str(field))]} and {field}"
            raise ValueError(f"axes has {named(str(field))} twice, as {both}; allowed: once")
        called[named(str(field))] = str(field)
        name = named(str(field))
        check_field(name, asked)
        grid[name] = tuple(normalised(name, value) for value in several)
    return grid
