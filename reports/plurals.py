"""Singular and plural: the form of a word that a number takes in a language.

A language's rules stand in its catalogue, `[plural]`, in the syntax of the Unicode CLDR, where those of 200 languages
can be read (https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html):

    [plural]
    one = "i = 1 and v = 0"

A sentence then names a form per category, and `#` is the number itself: `{threads|one: # thread|other: # threads}`.
The category `other` has no rule: it takes whatever the rules of the others leave.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

CATEGORIES = ("zero", "one", "two", "few", "many", "other")
OTHER = "other"
OPERANDS = "nivwftce"
NUMERAL = re.compile(r"[<>≤≥]? ?[−-]?(?P<whole>\d[\d,]*)(?:\.(?P<decimals>\d+))?")
INTERVAL = re.compile(r".+ (?:\[.+, (?P<end>.+)\]|… (?P<most>.+))")
RELATION = re.compile(rf"(?P<operand>[{OPERANDS}])(?: % (?P<modulus>[1-9]\d*))? (?P<sign>!?=) (?P<values>\d[\d.,]*)")
VALUES = re.compile(r"(\d+)(?:\.\.(\d+))?")


class PluralError(ValueError):
    """A rule that CLDR's syntax does not know, a form that a language does not have, or a text that is no number."""


@dataclass(frozen=True)
class Relation:
    """One comparison of a rule, for example `i % 10 != 12..14`."""

    operand: str
    modulus: int | None
    equal: bool
    ranges: tuple[tuple[int, int], ...]

    def holds(self, operands: Mapping[str, float]) -> bool:
        """Whether a number, by its operands, satisfies it."""
        value = operands[self.operand]
        value = value if self.modulus is None else value % self.modulus
        inside = value == int(value) and any(low <= value <= high for low, high in self.ranges)
        return inside is self.equal


@dataclass(frozen=True)
class Plurals:
    """The categories of a language with their rules: alternatives, each of relations that hold together."""

    rules: Mapping[str, tuple[tuple[Relation, ...], ...]]

    @property
    def categories(self) -> tuple[str, ...]:
        """Return the categories that the language distinguishes, in CLDR's order."""
        return tuple(name for name in CATEGORIES if name in self.rules or name == OTHER)

    def category(self, number: str) -> str:
        """Return the category of a number as it is written: in English "1" is `one` and "1.0" is `other`."""
        operands = operands_of(number)
        for name, alternatives in self.rules.items():
            if any(all(relation.holds(operands) for relation in relations) for relations in alternatives):
                return name
        return OTHER

    def form(self, number: str, written: str) -> str:
        """Return the form that a number takes of `one: # thread|other: # threads`, with the number in place of `#`.

        A category without a form of its own takes that of `other`, as in ICU's MessageFormat.

        Raises
        ------
        PluralError
            Where a form belongs to no category of the language, `other` has none, or `number` is no number.

        """
        forms = dict(_form(part) for part in written.split("|"))
        strange = [name for name in forms if name not in self.categories]
        if strange or OTHER not in forms:
            given, allowed = ", ".join(forms), ", ".join(self.categories)
            raise PluralError(f"plural forms {given} in {written!r}; allowed: {allowed}, and {OTHER} must be there")
        return forms.get(self.category(number), forms[OTHER]).replace("#", number)


def plurals(rules: Mapping[str, str]) -> Plurals:
    """Read the rules of a language, category to CLDR's text; `other` has none."""
    strange = sorted(set(rules) - set(CATEGORIES) | set(rules) & {OTHER})
    if strange:
        allowed = ", ".join(CATEGORIES[:-1])
        raise PluralError(f"plural rules for {', '.join(strange)}; allowed: {allowed} ({OTHER} takes what they leave)")
    return Plurals({name: _rule(text) for name, text in rules.items()})


def operands_of(number: str) -> dict[str, float]:
    """Return CLDR's operands of a number as it is written.

    `n` its size, `i` its whole part, `v` and `w` how many decimals it has with and without trailing zeros, `f` and `t`
    these decimals as a whole number; `c` and `e`, a power of ten in compact writing, are not used here and zero. Of an
    interval the upper end counts, as in most of CLDR's languages; of a bound the number.
    """
    interval = INTERVAL.fullmatch(number)
    text = (interval["end"] or interval["most"]) if interval else number
    match = NUMERAL.fullmatch(text)
    if match is None:
        raise PluralError(f"a plural of {number!r}; allowed: a plain number, a bound or an interval, such as 1 or 2.5")
    decimals = match["decimals"] or ""
    short = decimals.rstrip("0")
    whole = int(match["whole"].replace(",", ""))
    return {
        "n": float(f"{whole}.{decimals or 0}"),
        "i": whole,
        "v": len(decimals),
        "w": len(short),
        "f": int(decimals or 0),
        "t": int(short or 0),
        "c": 0,
        "e": 0,
    }


def _form(part: str) -> tuple[str, str]:
    name, _, words = part.partition(":")
    return name.strip(), words.strip()


def _rule(text: str) -> tuple[tuple[Relation, ...], ...]:
    return tuple(tuple(_relation(part) for part in both.split(" and ")) for both in text.split(" or "))


def _relation(text: str) -> Relation:
    match = RELATION.fullmatch(text.strip())
    values = [VALUES.fullmatch(value) for value in match["values"].split(",")] if match else []
    if match is None or None in values:
        raise PluralError(f"plural rule {text!r}; allowed: CLDR's syntax, such as 'i % 10 = 2..4' or 'v != 0'")
    ranges = tuple((int(value[1]), int(value[2] or value[1])) for value in values if value)
    return Relation(match["operand"], int(match["modulus"]) if match["modulus"] else None, match["sign"] == "=", ranges)
