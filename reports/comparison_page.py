"""A comparison as a page: the same style sheet, script and policy as the report, and the points as CSV beside it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from markupsafe import Markup

from analysis.comparison import drawing
from analysis.comparison.values import Comparison, Coverage, Numbers, Times
from bench.case import CASE_COLUMNS
from reports import bundle
from reports.assets import data_uri, inline_svg, svg_bytes
from reports.catalogue import Catalogue
from reports.comparison_text import tested
from reports.comparison_words import (
    COMPARE,
    estimate_words,
    fact_name,
    factor_name,
    flip_words,
    headline,
    how_facts,
    noise_words,
    outcome_words,
    place_words,
    sorted_numbers,
    stand_outs,
    summary,
)
from reports.downloads import EMBED_LIMIT, csv_bytes
from reports.inline import inline, plain
from reports.numbers import NOTHING, show, show_number
from reports.render import LETTERS_BEFORE, policy
from reports.scene import Context
from reports.slim import share_glyphs
from reports.templates import templates

PAGE = "compare.{language}.html"
FILES = ("times", "numbers")


def write(comparison: Comparison, out: Path, text: Catalogue) -> Path:
    """Write the page and the tables of all compared points, `compare-times.csv` and `compare-numbers.csv`.

    Returns
    -------
    Path
        The page.

    """
    import matplotlib as mpl

    mpl.use("Agg")
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    files = {f"compare-{name}.csv": csv_bytes(frame) for name, frame in zip(FILES, _tables(comparison), strict=True)}
    for name, content in files.items():
        (out / name).write_bytes(content)
    target = out / PAGE.format(language=text.language)
    target.write_text(html(comparison, text, files), encoding="utf-8", newline="\n")
    return target


def html(comparison: Comparison, text: Catalogue, files: dict[str, bytes]) -> str:
    """Return the page; a file of points is inside of it unless it is too large, and then stands beside it."""
    style, script = bundle.stylesheet(), bundle.script()
    links = {name: data_uri(content, "text/csv") for name, content in files.items()}
    other, same = sorted_numbers(comparison)
    flips = (("flips", comparison.verdicts.flips), ("one_sided", comparison.verdicts.one_sided))
    page = (
        templates()
        .get_template("compare.html")
        .render(
            language=text.language,
            ui=text.table("ui"),
            compare={key: text(COMPARE, key) for key in ("title", "kicker", "subtitle", "skip", "run_a", "run_b")},
            colophon=text("page", "colophon"),
            heads=text.table(COMPARE, "heads"),
            words={key: text(COMPARE, "words", key) for key in ("data", "all_same", "not_same", "flips", "one_sided")},
            titles=text.table(COMPARE, "sections"),
            shorts=text.table(COMPARE, "short"),
            leads=text.table(COMPARE, "lead"),
            script_words=text.table("script"),
            headline=inline(headline(comparison, text)),
            summary=[inline(sentence) for sentence in summary(comparison, text)],
            names=(comparison.a, comparison.b),
            times=[timed(item, comparison, text) for item in comparison.times],
            numbers=[numbers(item, text) for item in other],
            same=[numbers(item, text) for item in same],
            flips=[
                {
                    "id": name,
                    "rows": [
                        {**flip_words(flip, text), "title": inline(flip_words(flip, text)["title"])} for flip in of
                    ],
                }
                for name, of in flips
                if of
            ],
            coverage=[covered(item) for item in comparison.coverage if _is_partial(item)],
            facts=_facts(comparison, text),
            how=[
                inline(text.told(COMPARE, "how", part, facts=how_facts(comparison)))
                for part in text.keys(COMPARE, "how")
            ],
            downloads=[(name, link if len(link) <= EMBED_LIMIT else name) for name, link in links.items()],
            style=Markup(style),
            script=Markup(script),
            policy=policy(style, script),
        )
    )
    return share_glyphs(page, LETTERS_BEFORE)


def timed(times: Times, comparison: Comparison, text: Catalogue) -> Context:
    """Return a study's times: the figure of its factors, its noise in words, all factors, the points that stand out."""
    facts = {"study": times.study}
    return {
        "id": f"times-{times.study}-{times.unit.replace('/', '-')}",
        "title": text.told(COMPARE, "words", "factors", facts=facts),
        "noise": inline(noise_words(times, comparison, text)),
        "figure": figure(times, text) if drawing.is_drawn(times) else None,
        "factors": [
            (
                factor_name(factor, text),
                show(factor.estimate),
                show_number(factor.estimate.n),
                tested(factor.p, factor.differs, text),
            )
            for factor in drawing.shown(times)
        ],
        "out": stand_outs(times, text),
        "out_title": text.told(COMPARE, "words", "stand_out", facts=facts),
    }


def figure(times: Times, text: Catalogue) -> Context:
    """Return the figure of a study's factors, its caption and its alternative text."""
    import matplotlib.pyplot as plt

    identifier = f"compare-{times.study}-{times.unit.replace('/', '-')}"
    names = {factor: factor_name(factor, text) for factor in times.factors}
    differing = [f"{names[factor]} {show(factor.estimate)}" for factor in times.factors if factor.differs]
    told = (
        text.told(COMPARE, "figure", "differs", facts={"names": "; ".join(differing)})
        if differing
        else text(COMPARE, "figure", "nothing")
    )
    title = text.told(COMPARE, "words", "factors", facts={"study": times.study})
    alt = plain(text.told(COMPARE, "figure", "alt", facts={"told": told}))
    labels = {name: text(COMPARE, "figure", name) for name in drawing.PANELS}
    canvas = drawing.draw(times, "page", labels, names)
    svg = inline_svg(svg_bytes(canvas, identifier, {"Title": title}), identifier, title, alt)
    plt.close(canvas)
    return {
        "id": identifier,
        "svg": svg,
        "title": title,
        "caption": inline(text.told(COMPARE, "figure", "caption", facts={"told": told})),
    }


def numbers(item: Numbers, text: Catalogue) -> Context:
    """Return a row of the table of computed numbers."""
    return {
        "study": item.study,
        "metric": item.metric,
        "paired": show_number(item.paired),
        "beyond": show_number(item.beyond),
        "largest": show_number(item.largest, digits=2) if item.paired else NOTHING,
        "where": place_words(item.where, text) if item.beyond else "",
        "seeds": f"{item.seeds[0]}, {item.seeds[1]}",
        "compared": show_number(item.tests),
        "apart": show_number(item.apart),
        "difference": estimate_words(item.difference, text),
        "furthest": estimate_words(item.furthest, text),
        "furthest_at": place_words(item.furthest_at, text) if item.tests else "",
        "outcome": outcome_words(item, text),
        "changed": item.outcome in ("different", "other numbers"),
    }


def covered(item: Coverage) -> Context:
    """Return a row of the table of what one side has alone."""
    return {
        "study": item.study,
        "metric": item.metric,
        "both": show_number(item.both),
        "only_a": show_number(item.only_a),
        "only_b": show_number(item.only_b),
        "other_seeds": f"{show_number(item.other_seeds[0])}, {show_number(item.other_seeds[1])}",
        "without": f"{show_number(item.without_value[0])}, {show_number(item.without_value[1])}",
    }


def _is_partial(item: Coverage) -> bool:
    return bool(item.only_a or item.only_b or sum(item.other_seeds) or sum(item.without_value))


def _facts(comparison: Comparison, text: Catalogue) -> list[tuple[str, str, str, bool]]:
    """Return name, value of A, value of B and whether they differ: those that do first."""
    facts = sorted(comparison.machines.facts, key=lambda fact: fact[1] == fact[2])
    return [(fact_name(name, text), a or NOTHING, b or NOTHING, a != b) for name, a, b in facts]


def _tables(comparison: Comparison) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return all points of times, and all points of numbers that are compared over seeds, as they are downloaded."""
    times = [item.points for item in comparison.times]
    found = [item.table.assign(study=item.study, metric=item.metric, unit=item.unit) for item in comparison.numbers]
    first = [name for name in CASE_COLUMNS if name != "seed"]
    tables = []
    for frames in (times, found):
        frame = pd.concat([part for part in frames if len(part)]) if any(map(len, frames)) else pd.DataFrame()
        columns = [name for name in (*first, "metric", "step") if name in frame.columns]
        rest = [name for name in frame.columns if name not in (*columns, "point")]
        tables.append(frame[[*columns, *rest]])
    return tables[0], tables[1]
