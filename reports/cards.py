"""The verdicts: one card per claim, with its number on a line and the band that the claim predicts."""

from __future__ import annotations

import math
import re

from markupsafe import Markup

from analysis.result import JUDGED, VERDICTS, Estimate, Finding, Slice
from reports import page
from reports.address import ORIGINAL
from reports.alternatives import other_verdict
from reports.catalogue import Catalogue
from reports.inline import inline
from reports.numbers import show, show_number
from reports.scene import Context, Scene, quantity, slug

SYMBOL = re.compile(r"(?<![\w$])[A-Za-z]_(?:\{[^}]+\}|\w)")  # a symbol with its index, as the slides write it
QUIET = ("not measured", "not testable")


def verdicts(block: page.Verdicts, scene: Scene) -> Context:
    """Return the tally, and one card per claim in the lecture's order."""
    findings = sorted(scene.analysis.findings, key=lambda finding: finding.number)
    counts = {verdict: sum(finding.verdict == verdict for finding in findings) for verdict in VERDICTS}
    return {
        "tally": [
            {
                "slug": slug(verdict),
                "name": scene.text("verdicts", slug(verdict), "name"),
                "meaning": scene.text("verdicts", slug(verdict), "meaning"),
                "count": count,
            }
            for verdict, count in counts.items()
            if count
        ],
        "total": len(findings),
        "cards": [card(finding, scene) for finding in findings],
    }


def card(finding: Finding, scene: Scene) -> Context:
    """Return a claim: the lecture's sentence, the verdict, the number, one line of why, the figure."""
    path = ("claims", finding.claim_id)
    shown = {figure.id for figure in scene.analysis.figures}
    measured = finding.estimate is not None
    facts = scene.facts | dict(finding.facts)
    return {
        "id": f"claim-{finding.claim_id}",
        "number": finding.number,
        "title": inline(scene.text(*path, "title")),
        "quote": quoted(finding.quote),
        "translation": quoted(translation(finding, scene.text)),
        "verdict": finding.verdict,
        "slug": slug(finding.verdict),
        "name": scene.text("verdicts", slug(finding.verdict), "name"),
        "order": VERDICTS.index(finding.verdict),
        "quiet": finding.verdict in QUIET,
        "measure": inline(scene.text.told(*path, "measure", facts=facts)) if measured else "",
        "estimate": quantity(finding.estimate, scene.text) if finding.estimate else "",
        "sample": sample(finding.estimate),
        "strip": strip(finding.estimate, finding.predicts) if finding.estimate else None,
        "basis": scene.text("bases", finding.basis) if finding.verdict in JUDGED else "",
        "predicts": prediction(finding, scene.text),
        "margin": inline(scene.text.filled(scene.text("ui", "margin"), facts) or "") if measured else "",
        "counts": counts(finding, scene.text),
        "why": inline(scene.text.told(*path, "why", facts=facts)),
        "needs": needs(finding, scene.text),
        "depends_on": scene.text("variables", finding.depends_on) if finding.depends_on else "",
        "figure": finding.figure if finding.figure in shown else "",
        "figure_title": scene.text("figures", finding.figure, "title") if finding.figure in shown else "",
        "slices": [sliced(part, scene) for part in finding.slices],
        "otherwise": scene.text(*(path if scene.text.has(*path, "otherwise") else ("ui",)), "otherwise"),
        "others": [other_verdict(other, scene) for other in finding.alternatives if other.verdict != finding.verdict],
    }


def counts(finding: Finding, text: Catalogue) -> Markup:
    """Return how many levels, and how many points inside them, stand on which side; nothing where there is only one."""
    if finding.estimate is None or finding.predicts is None or finding.verdict == "exercise":
        return Markup()
    levels, points = finding.facts["levels"], finding.facts["points"]
    told: list[str] = [] if finding.quantifier == "everywhere" else [f"says_{finding.quantifier}"]
    told += ["levels"] if levels != 1 else []
    if finding.basis == "measurement" and points not in (levels, 1):  # what is exact has no points in doubt
        told.append("points")
    return inline(" ".join(str(text.filled(text("ui", key), finding.facts)) for key in told))


def sample(estimate: Estimate | None) -> str:
    """How many independent units stand behind an interval; nothing for a count, which is exact."""
    return show_number(estimate.n) if estimate is not None and estimate.low < estimate.high else ""


def quoted(quote: str) -> Markup:
    """Return the lecture's sentence; its emphasis and its symbols (`c_t`, `C_{t-1}`) are set, its words untouched."""
    return inline(SYMBOL.sub(r"$\g<0>$", quote))


def translation(finding: Finding, text: Catalogue) -> str:
    """Return the lecture's sentence in another language; empty in the lecture's own, and where it has numbers alone."""
    told = "" if text.language == ORIGINAL else text("quotes", finding.claim_id)
    return "" if told == finding.quote else told


def needs(finding: Finding, text: Catalogue) -> str:
    """Return what a claim that was not measured waits for."""
    if finding.verdict != "not measured":
        return ""
    if not finding.study:
        return text("ui", "unplanned")
    return f"{text('ui', 'needs')} {text('studies', finding.study)}"


def sliced(part: Slice, scene: Scene) -> Context:
    """Return the finding on one part of the grid; its unit's word apart, for the head of the table."""
    value, bracket, interval = show(part.estimate).partition("[")
    return {
        "variable": scene.text("variables", part.variable),
        "level": scene.level(part.variable, part.level),
        "value": value.rstrip(),
        "interval": bracket + interval,
        "unit": scene.text("units", part.estimate.unit),
        "slug": slug(part.verdict),
        "name": scene.text("verdicts", slug(part.verdict), "name"),
    }


def prediction(finding: Finding, text: Catalogue) -> str:
    """Return the values that would support the claim, in words."""
    if finding.predicts is None or finding.estimate is None or finding.verdict == "exercise":
        return ""
    low, high = (show_number(bound, finding.estimate.unit) for bound in finding.predicts)
    if finding.predicts[0] == finding.predicts[1]:
        return text("ui", "predicts_exactly").replace("{low}", low)
    if math.isinf(finding.predicts[1]):
        return text("ui", "predicts_from").replace("{low}", low)
    if math.isinf(finding.predicts[0]):
        return text("ui", "predicts_to").replace("{high}", high)
    return text("ui", "predicts_between").replace("{low}", low).replace("{high}", high)


def strip(estimate: Estimate, predicts: tuple[float, float] | None) -> Context | None:
    """Geometry, in percent, of the interval on a line with the band that the claim predicts."""
    if predicts is None or not all(map(math.isfinite, (estimate.value, estimate.low, estimate.high))):
        return None
    if estimate.low == estimate.high and predicts[0] == predicts[1]:
        return None  # an exact number against an exact number: nothing to draw
    ends = [estimate.low, estimate.high, estimate.value, *filter(math.isfinite, predicts)]
    low = min(ends)
    high = max(ends)
    pad = 0.15 * (high - low) or 0.5 * abs(high) or 1.0
    low, high = low - pad, high + pad

    def place(value: float) -> float:
        return round(100 * (min(max(value, low), high) - low) / (high - low), 1)

    band = (place(predicts[0]), place(predicts[1]))
    interval = (place(estimate.low), place(estimate.high))
    return {
        "band_x": band[0],
        "band_width": round(max(band[1] - band[0], 0.8), 1),
        "low": interval[0],
        "high": interval[1],
        "value": place(estimate.value),
    }
