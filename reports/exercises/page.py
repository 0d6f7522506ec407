"""The exercises as a page: the same look, script and policy as the report; a figure stands where it is first used."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from analysis.exercises import EXERCISES
from analysis.result import Analysis, Figure
from reports import bundle, citing, provenance, wording
from reports.assets import inline_svg, svg_bytes
from reports.catalogue import Catalogue
from reports.downloads import Draw
from reports.exercises.tasks import TASKS, Task
from reports.exercises.words import TOP, Told, told, worked_out
from reports.inline import inline, plain, unlinked
from reports.render import LETTERS_BEFORE, policy
from reports.slim import share_glyphs
from reports.templates import templates

LABELS = (
    "teaches", "hint", "asked", "answer", "mistakes", "means_head", "command", "write", "unanswered", "drawn_above",
)  # fmt: skip
"""Words of the page that name its parts."""


def html(analysis: Analysis, text: Catalogue, answers: bool, draw: Draw | None = None) -> str:
    """Return the page; the cells of the analysis have to be in force."""
    style, script = bundle.stylesheet(), bundle.script()
    which = "with_answers" if answers else "without_answers"
    page = (
        templates()
        .get_template("exercises.html")
        .render(
            language=text.language,
            ui=text.table("ui"),
            words={name: text(TOP, name) for name in ("title", "kicker", "skip", *LABELS)},
            subtitle=plain(text(TOP, which)),
            colophon=text("page", "colophon"),
            script_words=text.table("script"),
            run=provenance.run(analysis.environments, text),
            answers=answers,
            tasks=tasks(analysis, text, answers, draw),
            style=Markup(style),
            script=Markup(script),
            policy=policy(style, script),
        )
    )
    return share_glyphs(page, LETTERS_BEFORE)


def tasks(analysis: Analysis, text: Catalogue, answers: bool, draw: Draw | None) -> list[dict[str, Any]]:
    """Return what the template needs of each exercise, in the order of a course."""
    figures = {figure.id: figure for figure in analysis.figures}
    found = worked_out(analysis)
    shown: dict[str, int] = {}
    out = []
    for number, task in enumerate(TASKS, 1):
        ids = EXERCISES[task.name].figures
        drawings = [
            drawing(figures[each], analysis, text, draw) for each in ids if each in figures and each not in shown
        ]
        above = [(each, shown[each], text("figures", each, "title")) for each in ids if each in shown]
        absent = [missing(each, analysis, text) for each in ids if each not in figures]
        words = told(task.name, found[task.name] if answers else None, figures, text)
        out.append(context(number, task, words, text) | {"figures": drawings, "above": above, "absent": absent})
        shown |= {each: number for each in ids if each in figures and each not in shown}
    return out


def context(number: int, task: Task, words: Told, text: Catalogue) -> dict[str, Any]:
    """Return the words of an exercise as HTML."""
    return {
        "number": number,
        "id": task.name,
        "title": inline(words.title),
        "level": text(TOP, "levels", task.level),
        "means": [text(TOP, "means", name) for name in task.means],
        "teaches": _inline(words.teaches),
        "do": [_inline(sentence) for sentence in words.do],
        "asks": [(name, _inline(meaning)) for name, meaning in words.asks.items()],
        "hint": _inline(words.hint),
        "command": task.command.strip(),
        "answer": [_inline(sentence) for sentence in words.answer],
        "mistakes": [_inline(sentence) for sentence in words.mistakes],
        "listing": task.listing.read_text(encoding="utf-8") if task.listing is not None else "",
    }


def drawing(figure: Figure, analysis: Analysis, text: Catalogue, draw: Draw | None) -> dict[str, Any]:
    """Return a figure without its finding, which would be an answer: drawing, how it is read, where it is from."""
    import matplotlib.pyplot as plt

    from reports.build import order

    reference = citing.of_figure(figure, analysis.environments, text)
    wanted = order(figure, reference, text, draw)
    canvas = wanted.draw(figure, "page", wanted.labels)
    svg = inline_svg(svg_bytes(canvas, figure.id, {"Title": reference.title}), figure.id, reference.title, wanted.alt)
    plt.close(canvas)
    return {
        "id": figure.id,
        "title": _inline(wording.title(figure.id, text)),
        "svg": svg,
        "read": _inline(wording.how(figure, text)),
        "version": figure.rows_sha,
    }


def missing(figure_id: str, analysis: Analysis, text: Catalogue) -> tuple[Markup, str]:
    """Return the title of a figure that was not measured, and the studies that it needs."""
    studies = analysis.missing[figure_id].split(", ")
    return _inline(text("figures", figure_id, "title")), " + ".join(text("studies", study) for study in studies)


def _inline(markup: str) -> Markup:
    """Return HTML of a catalogue text; its links lead into the report, which is another page."""
    return inline(unlinked(markup))
