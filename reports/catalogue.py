"""The words of a language: one folder of TOML files, strict look-ups, numbers only through `{facts}`.

A word that follows a number names its forms: `{seeds|one: # seed|other: # seeds}` (`reports.plurals`).

A language exists when the folder `reports/text/<language>` does; its files are read as one. An entry that is looked up
and absent raises `CatalogueError`; the tests also fail on entries that nothing looks up.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from analysis.result import Fact
from bench.names import unknown
from reports.numbers import shown
from reports.plurals import PluralError, Plurals, plurals

FOLDER = Path(__file__).parent / "text"
PLACEHOLDER = re.compile(r"\{(?P<name>[a-z0-9_-]+(?::[a-z0-9_-]+)?)(?P<alone>\.value)?(?:\|(?P<forms>[^{}]*))?\}")
"""`{fact}`, `{owner:fact}`, `{fact.value}`, an estimate without its interval, `{fact|one: # seed|other: # seeds}`."""
EVERY = "all"
"""Stands for every language, where languages are chosen."""
MATHS = re.compile(r"(\$[^$]+\$)")


class CatalogueError(ValueError):
    """An entry of the catalogue is missing, or no sentence of it can be filled with the facts at hand."""


def languages() -> tuple[str, ...]:
    """Return the languages that have a catalogue, for example ("en", "es")."""
    return tuple(sorted(path.name for path in FOLDER.iterdir() if path.is_dir()))


def chosen(names: Iterable[str]) -> tuple[str, ...]:
    """Return the languages of these names, each once; "all" stands for all."""
    return tuple(dict.fromkeys(known for name in names for known in (languages() if name == EVERY else (name,))))


class Catalogue:
    """The words of one language; remembers which entries were used."""

    def __init__(self, language: str, words: Mapping[str, Any]) -> None:
        self.language = language
        self.words = words
        self.used: set[tuple[str, ...]] = set()

    def _find(self, path: tuple[str, ...]) -> Any:
        entry: Any = self.words
        for depth, key in enumerate(path):
            if not isinstance(entry, Mapping) or key not in entry:
                known = ", ".join(sorted(entry)) if isinstance(entry, Mapping) else "no entries"
                where = ".".join(path[:depth]) or "the catalogue"
                raise CatalogueError(f"text/{self.language}: no entry {key!r} in {where}; known: {known}")
            entry = entry[key]
        self.used.add(path)
        return entry

    def __call__(self, *path: str) -> str:
        """Return the text of an entry, as written (no facts filled in)."""
        entry = self._find(path)
        if not isinstance(entry, str):
            raise CatalogueError(f"text/{self.language}: {'.'.join(path)} is a {type(entry).__name__}; allowed: text")
        return entry

    def has(self, *path: str) -> bool:
        """Whether an entry exists (for the entries that are optional by design)."""
        entry: Any = self.words
        for key in path:
            if not isinstance(entry, Mapping) or key not in entry:
                return False
            entry = entry[key]
        return True

    def sentences(self, *path: str) -> tuple[str, ...]:
        """Return an entry that is a text or a list of texts."""
        entry = self._find(path)
        return (entry,) if isinstance(entry, str) else tuple(entry)

    def records(self, *path: str) -> tuple[Mapping[str, str], ...]:
        """Return an entry that is a list of small tables, `[[...]]` in TOML."""
        return tuple(self._find(path))

    def keys(self, *path: str) -> tuple[str, ...]:
        """Return the entries below a table, in the order of the file."""
        return tuple(self._find(path))

    def table(self, *path: str) -> dict[str, str]:
        """Return a table of texts, each marked as used."""
        return {key: self(*path, key) for key in self._find(path)}

    def tellable(self, *path: str, facts: Mapping[str, Fact]) -> list[str]:
        """Return the sentences of an entry whose facts are all known, filled in; none where all need others."""
        filled = (self.filled(sentence, facts) for sentence in self.sentences(*path))
        return [sentence for sentence in filled if sentence is not None]

    def told(self, *path: str, facts: Mapping[str, Fact]) -> str:
        """Return the sentences of an entry whose facts are all known, filled in and joined.

        Sentences that need an absent fact are left out: what was not measured is not told.
        """
        kept = self.tellable(*path, facts=facts)
        if not kept:
            needed = sorted({name for sentence in self.sentences(*path) for name in placeholders(sentence)})
            raise CatalogueError(
                f"text/{self.language}: no sentence of {'.'.join(path)} can be told; needs {', '.join(needed)}; "
                f"known facts: {', '.join(sorted(facts)) or 'none'}"
            )
        return " ".join(kept)

    @cached_property
    def plurals(self) -> Plurals:
        """The rules by which a word takes its singular or one of its plurals."""
        try:
            return plurals(self.table("plural"))
        except PluralError as error:
            raise CatalogueError(f"text/{self.language}: {error}") from error

    def filled(self, sentence: str, facts: Mapping[str, Fact]) -> str | None:
        """Return the sentence with its facts, rounded, or None where one of them is not known."""
        if any(name not in facts for name in placeholders(sentence)):
            return None

        def word(match: re.Match[str]) -> str:
            number = shown(facts[match["name"]], alone=bool(match["alone"]))
            if match["forms"] is None:
                return number
            try:
                return self.plurals.form(number, match["forms"])
            except PluralError as error:
                raise CatalogueError(f"text/{self.language}: {error}") from error

        parts = MATHS.split(sentence)
        parts[::2] = [PLACEHOLDER.sub(word, part) for part in parts[::2]]
        return "".join(parts)

    def leaves(self) -> set[tuple[str, ...]]:
        """Return the path of every text, or list, of the catalogue."""
        return set(_leaves(self.words, ()))


def load_catalogue(language: str) -> Catalogue:
    """Read the files of `text/<language>` as one catalogue."""
    if language not in languages():
        raise CatalogueError(unknown("language", language, languages()))
    words: dict[str, Any] = {}
    for path in sorted((FOLDER / language).glob("*.toml")):
        _join(words, tomllib.loads(path.read_text(encoding="utf-8")), f"text/{language}/{path.name}")
    return Catalogue(language, words)


def placeholders(sentence: str) -> tuple[str, ...]:
    """Return the names of the facts that a sentence needs; braces inside `$maths$` are LaTeX."""
    plain = MATHS.split(sentence)[::2]
    return tuple(match["name"] for part in plain for match in PLACEHOLDER.finditer(part))


def _leaves(entry: Any, path: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    if not isinstance(entry, Mapping):
        yield path
        return
    for key, below in entry.items():
        yield from _leaves(below, (*path, key))


def _join(words: dict[str, Any], more: Mapping[str, Any], source: str) -> None:
    """Add the entries of a file; an entry that another file has already is an error."""
    for key, entry in more.items():
        if key not in words:
            words[key] = entry
        elif isinstance(entry, dict) and isinstance(words[key], dict):
            _join(words[key], entry, source)
        else:
            raise CatalogueError(f"{source}: the entry {key!r} stands in another file already; allowed: once")
