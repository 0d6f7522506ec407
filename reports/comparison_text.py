"""A comparison as text for the terminal."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence

from analysis.comparison.values import Comparison, Times
from reports.catalogue import Catalogue
from reports.comparison_words import (
    COMPARE,
    estimate_words,
    fact_name,
    factor_name,
    flip_words,
    headline,
    noise_words,
    outcome_words,
    place_words,
    sorted_numbers,
    stand_outs,
    summary,
)
from reports.inline import plain
from reports.numbers import NOTHING, show, show_number

MOST_ROWS = 12
"""Rows of one table in a terminal; the page has them all."""
WIDTH = 110


def lines(comparison: Comparison, text: Catalogue) -> list[str]:
    """Return the lines to print: what changed, the machines, times, numbers, verdicts, what only one side has."""
    found = [f"A  {comparison.a}", f"B  {comparison.b}", "", plain(headline(comparison, text))]
    for sentence in summary(comparison, text):
        found += _wrapped(plain(sentence), "- ")
    differing = comparison.machines.differing
    if differing:
        found += ["", text(COMPARE, "sections", "runs")]
        found += _table(
            ("", "A", "B"), [(fact_name(name, text), a or NOTHING, b or NOTHING) for name, a, b in differing]
        )
    for times in comparison.times:
        found += ["", *_times(times, comparison, text)]
    found += _numbers(comparison, text) + _verdicts(comparison, text) + _only(comparison, text)
    return found


def _times(times: Times, comparison: Comparison, text: Catalogue) -> list[str]:
    """Show the overall factors, those over unchanged code, and cells and points that stand out."""
    found = [text.told(COMPARE, "words", "factors", facts={"study": times.study})]
    shown = [factor for factor in times.factors if factor.kind != "cell" or factor.differs]
    rows = [
        (
            factor_name(factor, text),
            show(factor.estimate),
            show_number(factor.estimate.n),
            tested(factor.p, factor.differs, text),
        )
        for factor in shown
    ]
    found += _table(_heads(text, "factor", "ratio", "points", "differs"), rows)
    out = stand_outs(times, text)
    if out:
        found += _table(_heads(text, "where", "ratio", "over"), [row[:3] for row in out])
    return [*found, *_wrapped(plain(noise_words(times, comparison, text)), "  ")]


def tested(p: float | None, differs: bool, text: Catalogue) -> str:
    """Say whether something differs beyond the noise, or that it is not tested."""
    return text(COMPARE, "words", "untested" if p is None else "yes" if differs else "no")


def _numbers(comparison: Comparison, text: Catalogue) -> list[str]:
    other, same = sorted_numbers(comparison)
    found: list[str] = []
    if other:
        rows = [
            (
                f"{item.study} {item.metric}",
                f"{show_number(item.beyond)} / {show_number(item.paired)}",
                f"{show_number(item.apart)} / {show_number(item.tests)}",
                estimate_words(item.furthest, text),
                outcome_words(item, text),
            )
            for item in other
        ]
        found += ["", text(COMPARE, "words", "not_same")]
        found += _table(_heads(text, "metric", "beyond", "apart", "furthest", "outcome"), rows)
        furthest = [item for item in other if item.apart][:MOST_ROWS]
        found += [f"  {item.study} {item.metric}: {place_words(item.furthest_at, text)}" for item in furthest]
    if same:
        counted = Counter(item.study for item in same)
        told = {study: text.filled(text(COMPARE, "words", "metrics"), {"count": n}) for study, n in counted.items()}
        listed = ", ".join(f"{study} ({metrics})" for study, metrics in told.items())
        found += ["", *_wrapped(f"{text(COMPARE, 'words', 'all_same')}: {listed}", "")]
    return found


def _verdicts(comparison: Comparison, text: Catalogue) -> list[str]:
    found: list[str] = []
    for name, flips in (("flips", comparison.verdicts.flips), ("one_sided", comparison.verdicts.one_sided)):
        if flips:
            told = [flip_words(flip, text) for flip in flips]
            rows = [
                (
                    f"{flip['number']:>2} {plain(flip['title'])}",
                    f"{flip['before']} → {flip['after']}",
                    f"{flip['estimate_before']} → {flip['estimate_after']}",
                )
                for flip in told
            ]
            found += ["", text(COMPARE, "words", name), *_table(_heads(text, "claim", "verdict", "estimate"), rows)]
    return found


def _only(comparison: Comparison, text: Catalogue) -> list[str]:
    """Count by study what only one side has."""
    studies: dict[str, list[int]] = {}
    for item in comparison.coverage:
        of = studies.setdefault(item.study, [0, 0, 0])
        for place, count in enumerate((item.both, item.only_a, item.only_b)):
            of[place] += count
    rows = [(study, *map(show_number, of)) for study, of in studies.items() if of[1] or of[2]]
    if not rows:
        return []
    return ["", text(COMPARE, "sections", "only"), *_table(_heads(text, "study", "both", "only_a", "only_b"), rows)]


def _heads(text: Catalogue, *names: str) -> tuple[str, ...]:
    return tuple(text(COMPARE, "heads", name) for name in names)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Align columns; rows beyond `MOST_ROWS` are counted."""
    shown = [heads, *rows[:MOST_ROWS]]
    widths = [max(len(row[place]) for row in shown) for place in range(len(heads))]
    found = [
        "  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in shown
    ]
    return found if len(rows) <= MOST_ROWS else [*found, f"  … +{len(rows) - MOST_ROWS}"]


def _wrapped(sentence: str, first: str) -> list[str]:
    kept = sentence.replace(" %", "\u00a0%")  # a line does not begin with the unit
    return textwrap.wrap(kept, WIDTH, initial_indent=first, subsequent_indent=" " * len(first))
