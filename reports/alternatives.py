"""Other ways to judge a claim: on its card where the verdict changes, and all of them in one table of the methods."""

from __future__ import annotations

import math

from analysis.result import LOGARITHM, AlternativeVerdict, Finding, Number
from reports import page
from reports.inline import inline
from reports.numbers import show_number, shown
from reports.scene import Context, Scene, slug


def alternatives(block: page.Alternatives, scene: Scene) -> Context:
    """Return every other way to judge a claim that was tried: a line for each claim and choice."""
    findings = sorted(scene.analysis.findings, key=lambda finding: finding.number)
    return {"claims": [_tried(finding, scene) for finding in findings if finding.alternatives]}


def _tried(finding: Finding, scene: Scene) -> Context:
    """Return a claim with the choices that were tried, each with its values and what the verdict would be."""
    choices: dict[str, list[Context]] = {}
    for other in finding.alternatives:
        told = {
            "level": inline(choice_level(other, scene)),
            "slug": slug(other.verdict),
            "name": scene.text("verdicts", slug(other.verdict), "name"),
            "differs": other.verdict != finding.verdict,
        }
        choices.setdefault(scene.text("choices", other.choice), []).append(told)
    return {
        "number": finding.number,
        "id": f"claim-{finding.claim_id}",
        "title": inline(scene.text("claims", finding.claim_id, "title")),
        "slug": slug(finding.verdict),
        "name": scene.text("verdicts", slug(finding.verdict), "name"),
        "choices": list(choices.items()),
    }


def other_verdict(other: AlternativeVerdict, scene: Scene) -> Context:
    """Return what the verdict would be under another choice."""
    words = scene.text.filled(scene.text("choice", other.choice), {"level": choice_level(other, scene)})
    return {
        "choice": inline(words or ""),
        "slug": slug(other.verdict),
        "name": scene.text("verdicts", slug(other.verdict), "name"),
    }


def choice_level(other: AlternativeVerdict, scene: Scene) -> str:
    """Return the value of a choice: its words in the catalogue, or its number; a confidence in percent."""
    if isinstance(other.level, str):
        return scene.text("levels", other.choice, other.level)
    if other.choice == "confidence":
        return f"{show_number(round(100 * other.level, 6))} %"
    if other.choice == "epsilon":
        return shown(Number(math.log10(other.level), LOGARITHM))
    return show_number(other.level)
