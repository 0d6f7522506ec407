"""What the blocks of the page are filled from, and the words that all of them share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.cells import known
from analysis.result import Analysis, Estimate, Fact
from reports import citing
from reports.catalogue import Catalogue
from reports.downloads import Drawn
from reports.numbers import level_as_number, show
from reports.translations import Translation

Context = dict[str, Any]
"""What a template is filled with."""
SAME = {"name": "cell", "fastest": "backend"}
"""Variables whose levels are those of another."""


@dataclass(frozen=True)
class Scene:
    """What the blocks are filled from."""

    analysis: Analysis
    text: Catalogue
    references: Mapping[str, citing.Reference]
    drawn: Mapping[str, Drawn]
    command: str
    translations: tuple[Translation, ...] = ()

    @property
    def facts(self) -> dict[str, Fact]:
        """Facts that chapter prose may quote: `{name}` of the run, `{figure-id:name}`, `{claim-id:name}`."""
        known = dict(self.analysis.facts)
        if all(finding.estimate is None for finding in self.analysis.findings):
            known.pop("judged", None)  # a tally of nothing is no finding
        for owner, facts in [(figure.id, figure.facts) for figure in self.analysis.figures] + [
            (finding.claim_id, finding.facts) for finding in self.analysis.findings
        ]:
            known.update({f"{owner}:{name}": value for name, value in facts.items()})
        return known

    def level(self, variable: str, name: str) -> str:
        """Return the words for a level of a variable; sizes and other numbers stand for themselves."""
        return level(variable, name, self.text)


def level(variable: str, name: str, text: Catalogue) -> str:
    """Return the words for a level of a variable; a level that has none (a size, a number) stands for itself.

    A cell's word is its label, unless the catalogue has another one in its language.
    """
    kind = SAME.get(variable, variable)
    if text.has("levels", kind, name):
        return text("levels", kind, name)
    return known().find(name).label if kind == "cell" and name in known() else level_as_number(name)


def slug(verdict: str) -> str:
    """Return the verdict as a class name."""
    return verdict.replace(" ", "-")


def quantity(estimate: Estimate, text: Catalogue) -> str:
    """Return the number with its interval and the word of its unit."""
    shown = show(estimate)
    unit = text("units", estimate.unit)
    return f"{shown} {unit}".rstrip()
