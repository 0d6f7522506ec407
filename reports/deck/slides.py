"""The slides as values: plain text, and what to say; how they look is for `reports.deck.html` and `.pptx`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis.result import VERDICTS, Figure, Finding
from reports import citing, slide, wording
from reports.deck.content import DECK, Chapter, Shown
from reports.inline import plain
from reports.scene import Scene, slug

TOP = "deck"


@dataclass(frozen=True)
class Judged:
    """A claim and its verdict; `slug` is the verdict's name for a style."""

    number: int
    title: str
    verdict: str
    slug: str


@dataclass(frozen=True)
class Counted:
    """How many claims have a verdict, and what it means."""

    verdict: str
    slug: str
    count: int
    meaning: str


@dataclass(frozen=True)
class Note:
    """What the presenter reads: a heading and its sentences."""

    heading: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Slide:
    """A slide. `id` is its address in the HTML deck; `kind` is opening, tally, chapter, figure or closing."""

    id: str
    kind: str
    title: str
    lines: tuple[str, ...] = ()
    judged: tuple[Judged, ...] = ()
    counted: tuple[Counted, ...] = ()
    figure: str = ""
    alt: str = ""
    credit: str = ""
    notes: tuple[Note, ...] = ()


def slides(scene: Scene) -> list[Slide]:
    """Return the deck of a run; a figure that was not measured has no slide, a chapter without claims neither."""
    figures = {figure.id: figure for figure in scene.analysis.figures}
    found = [_opening(scene), _tally(scene)]
    for chapter in DECK:
        found.append(_chapter(chapter, scene))
        found += [_figure(shown, figures[shown.figure_id], scene) for shown in chapter.figures
                  if shown.figure_id in figures]  # fmt: skip
    found.append(_closing(scene))
    return found


def _opening(scene: Scene) -> Slide:
    text = scene.text
    return Slide(
        "opening", "opening", text("page", "title"), (text("page", "subtitle"), text("page", "kicker")),
        credit=slide.credit(scene.references[citing.SUITE]), notes=_notes("opening", scene),
    )  # fmt: skip


def _tally(scene: Scene) -> Slide:
    text, findings = scene.text, scene.analysis.findings
    counts = {verdict: sum(finding.verdict == verdict for finding in findings) for verdict in VERDICTS}
    counted = tuple(
        Counted(
            text("verdicts", slug(verdict), "name"), slug(verdict), count, text("verdicts", slug(verdict), "meaning")
        )
        for verdict, count in counts.items()
        if count
    )
    title = text.told(TOP, "tally", facts={"claims": len(findings)})
    return Slide("tally", "tally", plain(title), counted=counted, notes=_notes("tally", scene))


def _chapter(chapter: Chapter, scene: Scene) -> Slide:
    findings = [item for item in scene.analysis.findings if chapter.first <= item.number <= chapter.last]
    return Slide(
        f"chapter-{chapter.id}", "chapter", scene.text(TOP, "chapters", chapter.id),
        judged=_judged(findings, scene), notes=_notes(f"chapter-{chapter.id}", scene),
    )  # fmt: skip


def _figure(shown: Shown, figure: Figure, scene: Scene) -> Slide:
    text = scene.text
    findings = [item for item in scene.analysis.findings if item.claim_id in shown.claims]
    told = ((text(TOP, "found"), wording.finding(figure, text)), (text(TOP, "read"), wording.how(figure, text)))
    more = tuple(Note(heading, (plain(sentence),)) for heading, sentence in told if sentence)
    return Slide(
        figure.id, "figure", slide.headline(figure, text), judged=_judged(findings, scene), figure=figure.id,
        alt=wording.alt(figure, text), credit=slide.credit(scene.references[figure.id]),
        notes=_notes(figure.id, scene) + more,
    )  # fmt: skip


def _closing(scene: Scene) -> Slide:
    text, suite = scene.text, scene.references[citing.SUITE]
    lines = (
        text(TOP, "cite_suite"),
        citing.apa(suite),
        text(TOP, "cite_figure"),
        f"recurbench cite {DECK[0].figures[0].figure_id}",
    )
    return Slide(
        "closing", "closing", text(TOP, "closing"), lines, credit=slide.credit(suite), notes=_notes("closing", scene)
    )


def _judged(findings: Sequence[Finding], scene: Scene) -> tuple[Judged, ...]:
    return tuple(
        Judged(
            finding.number,
            plain(scene.text("claims", finding.claim_id, "title")),
            scene.text("verdicts", slug(finding.verdict), "name"),
            slug(finding.verdict),
        )
        for finding in sorted(findings, key=lambda finding: finding.number)
    )


def _notes(slide_id: str, scene: Scene) -> tuple[Note, ...]:
    """Return what to point at and what to ask; sentences that need a fact that was not measured are left out."""
    return tuple(_told(slide_id, scene))


def _told(slide_id: str, scene: Scene) -> Iterator[Note]:
    for kind in ("point", "ask"):
        if scene.text.has(TOP, "notes", slide_id, kind):
            sentences = tuple(map(plain, scene.text.tellable(TOP, "notes", slide_id, kind, facts=scene.facts)))
            if sentences:
                yield Note(scene.text(TOP, kind), sentences)
