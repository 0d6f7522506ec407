"""Citations: every format, for every figure and for the whole report."""

from __future__ import annotations

import dataclasses
import json

import pytest

from reports import citing
from reports.content import PAGE
from tests.support.rows import synthetic_analysis as synthetic


@pytest.fixture(scope="module")
def references(text):
    return citing.references(synthetic.full(text), text)


@pytest.mark.parametrize("form", citing.FORMATS)
def test_every_figure_is_cited_with_its_version(form, references):
    assert list(references) == [citing.SUITE, *PAGE.figure_ids()]
    for reference in references.values():
        written = citing.render(reference, form)
        assert reference.key in written or reference.title in written
        if form not in ("latex",):
            assert reference.version in written


def test_unknown_format_names_the_known_ones(references):
    with pytest.raises(ValueError, match="unknown citation format 'ris'; known: bibtex, csl, apa"):
        citing.render(references[citing.SUITE], "ris")


def test_bibtex_is_balanced_and_escaped():
    reference = citing.Reference("a-b", "50 % of {x} & σ_y", "c", "A", "2026", "0" * 12, "report.en.html")
    written = citing.bibtex(reference)
    assert r"50 \% of \{x\} \& $\sigma$\_y" in written
    plain = written.replace(r"\{", "").replace(r"\}", "")
    assert plain.count("{") == plain.count("}")


def test_csl_json_is_json(references):
    item = json.loads(citing.csl_json(references["gradient-profile"]))[0]
    assert item["issued"] == {"date-parts": [[2026]]}
    assert item["type"] == "figure"


def test_html_escapes_the_caption():
    reference = citing.Reference("a", 'a "b" <c>', '"x" <y>', "A", "2026", "0" * 12, "report.en.html")
    assert "<c>" not in citing.html(reference)
    assert "<y>" not in citing.html(reference)


def test_version_of_the_report_follows_its_figures(text):
    analysis = synthetic.full(text)
    changed = dataclasses.replace(analysis.figures[0], rows_sha="f" * 12)
    other = dataclasses.replace(analysis, figures=(changed, *analysis.figures[1:]))
    first, second = (citing.references(each, text)[citing.SUITE] for each in (analysis, other))
    assert first.version != second.version


def test_cite_names_the_figures_of_the_run(text):
    assert citing.cite("decay-rate", "bibtex", synthetic.full(text)).startswith("@misc{recurbench-decay-rate,")
    with pytest.raises(ValueError, match="unknown figure 'x'; this run has: recurbench, gradient-profile"):
        citing.cite("x", "bibtex", synthetic.full(text))
