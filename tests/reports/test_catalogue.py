"""The catalogue: an entry for everything, nothing idle, no number typed by hand."""

from __future__ import annotations

import re

import pytest

from analysis.claims import CLAIMS
from analysis.figures import REGISTRY
from analysis.result import VERDICTS, Estimate
from reports.cards import card
from reports.catalogue import Catalogue, languages, load_catalogue, placeholders
from reports.data_table import data_table
from reports.inline import inline, plain
from reports.scene import Scene, slug
from reports.wording import headline, labels

NUMBER = re.compile(r"\d")
ALLOWED = re.compile(
    r"\$[^$]*\$|`[^`]*`|\{[a-z0-9_:.-]+|https?://\S+"  # maths, code, facts, addresses
    r"|\[[^\]]+\]\(#ref-[a-z0-9-]+\)|\]\(#[a-z0-9-]+\)"  # citations, links
    r"|95 %"  # the level of every interval and band
    r"|b?float16|float32|float64|TF32|H100|arXiv:[0-9.]+|\(\d{4}\)|[ie]n 2014"  # types, names, sources, years
    r"|CC BY 4\.0|BSD 3|Serif 4|License 1\.1"  # licences
    r"|: 1 toma, 0 ignora|de 0 a 1|entre [−0-9]+ y [0-9]+"  # ends of a range, in Spanish
    r"|: 1 takes, 0 ignores|σ = [01]|rounds to 1|from 0 to 1|between [−0-9]+ and [0-9]+|[:=] ?[01]\b"  # ends of a range
    r"|σ\([−0-9.]+\)|tanh\([−0-9.]+\)"  # arguments on the slide
)
"""Where a digit may stand in prose: maths, code, facts, years, licences, and the ends of a range by definition."""
PROSE = (
    "claims",
    "chapters",
    "figures",
    "tables",
    "verdicts",
    "equations",
    "definitions",
    "initialisations",
    "answer",
    "page",
    "compare",
    "experiments",
    "exercises",
)

OPTIONAL = ("levels", "variables", "units", "columns", "environment", "studies")
"""Vocabularies: a run uses the words of the levels that it has."""

FEW_BLOCKS = {"noise_blocks"}
"""Facts of a run with too few blocks for an interval; a full run has others in their place."""


@pytest.mark.parametrize("language", languages())
def test_every_claim_and_verdict_has_its_words(language):
    text = load_catalogue(language)
    for claim in CLAIMS:
        assert text("claims", claim.id, "title")
        assert text.sentences("claims", claim.id, "why")
        if claim.statistic is not None:
            assert text("claims", claim.id, "measure")
    for verdict in VERDICTS:
        assert text("verdicts", slug(verdict), "name")
    assert set(text.keys("claims")) == {claim.id for claim in CLAIMS}


@pytest.mark.parametrize("language", languages())
def test_every_claim_can_be_told_without_a_measurement(language):
    text = load_catalogue(language)
    for claim in CLAIMS:
        assert text.told("claims", claim.id, "why", facts={})


@pytest.mark.parametrize("language", languages())
def test_no_number_is_typed(language):
    text = load_catalogue(language)
    for path in text.leaves():
        if path[0] in PROSE:
            for sentence in text.sentences(*path):
                if isinstance(sentence, str):
                    assert not NUMBER.search(ALLOWED.sub("", sentence)), f"{'.'.join(path)}: {sentence}"


def test_every_entry_is_used(text, full_page, empty_page):
    # test_comparison.py, test_experiments.py and test_deck.py in this folder, tests/test_opened.py
    elsewhere = (*OPTIONAL, "compare", "notebook", "experiments", "deck", "exercises")
    idle = {path for path in text.leaves() if path not in text.used and path[0] not in elsewhere}
    idle -= {path for path in idle if path[:2] == ("chapters", "experiments")}
    assert idle == set()


def test_every_label_of_a_figure_has_its_word(text):
    for figure_id, module in REGISTRY.items():
        assert set(module.LABELS) <= set(labels(figure_id, text)), figure_id


def test_every_placeholder_is_a_fact_of_a_full_run(text, analysed):
    scene = Scene(analysed, text, {}, {}, "")
    for figure in analysed.figures:
        for part in ("headline", "finding", "read", "alt"):
            for sentence in text.sentences("figures", figure.id, part):
                told = set(figure.facts) | FEW_BLOCKS
                assert set(placeholders(sentence)) <= told, f"{figure.id}: {sentence}"
    for table in analysed.tables:
        for sentence in text.sentences("tables", table.id, "caption"):
            assert set(placeholders(sentence)) <= set(table.facts), f"{table.id}: {sentence}"
    for finding in analysed.findings:
        measure = ("claims", finding.claim_id, "measure")
        told = text.sentences(*measure) if finding.estimate is not None else ()
        for sentence in (*told, *text.sentences("claims", finding.claim_id, "why")):
            assert set(placeholders(sentence)) <= set(finding.facts), f"{finding.claim_id}: {sentence}"
    assert set(placeholders(text("ui", "dial_warning"))) <= set(scene.facts)
    for chapter in text.keys("chapters"):
        for part in text.keys("chapters", chapter):
            for sentence in text.sentences("chapters", chapter, part):
                assert set(placeholders(sentence)) <= set(scene.facts), f"{chapter}: {sentence}"


@pytest.mark.parametrize("language", languages())
def test_a_finding_is_two_sentences_that_need_facts(language):
    """What the rows do not hold is not told, and what they hold besides stands in the table."""
    text = load_catalogue(language)
    for figure_id in REGISTRY:
        for sentence in text.sentences("figures", figure_id, "finding"):
            assert placeholders(sentence), f"{figure_id}: {sentence}"
        assert len(text.sentences("figures", figure_id, "finding")) <= 2, figure_id


@pytest.mark.parametrize("language", languages())
def test_a_headline_fits_above_a_slide(language, analysed):
    text = load_catalogue(language)
    for figure in analysed.figures:
        assert 10 < len(plain(headline(figure, text))) <= 100, f"{figure.id}: {headline(figure, text)}"


def test_every_word_of_the_data_is_known(text, analysed):
    for figure in analysed.figures:
        assert [text("columns", str(column)) for column in figure.data]
    for table in analysed.tables:
        assert [text("columns", column) for column in table.columns if column not in analysed.cells]
    for finding in analysed.findings:
        assert card(finding, Scene(analysed, text, {}, {}, ""))


def test_a_figure_that_keeps_logarithms_says_so_above_its_data(text, analysed):
    heads = {figure.id: [head for head, _ in data_table(figure, text)["heads"]] for figure in analysed.figures}
    assert "Median (log₁₀)" in heads["gradient-profile"]
    assert "Median" in heads["truncated"]
    named = [key.split(".") for key in text.keys("columns") if "." in key]
    assert named
    for figure in analysed.figures:
        assert {column for owner, column in named if owner == figure.id} <= set(figure.data.columns)


def test_sentence_that_needs_an_unknown_fact_is_left_out():
    catalogue = Catalogue("en", {"a": ["It is {one}.", "And {two}."]})
    assert catalogue.told("a", facts={"one": "1"}) == "It is 1."


def test_a_sentence_may_quote_an_estimate_without_its_interval():
    facts = {"a:ratio": Estimate(0.64, 0.61, 0.67, "1", 8)}
    assert placeholders("It is {a:ratio.value}.") == ("a:ratio",)
    filled = Catalogue("en", {}).filled("It is {a:ratio.value}, or {a:ratio}.", facts)
    assert filled == "It is 0.64, or 0.64 [0.61, 0.67]."


def test_braces_inside_maths_are_not_placeholders():
    assert placeholders("$h_{t}$ is {value}") == ("value",)
    assert Catalogue("en", {}).filled("$h_{t}$ is {value}", {"value": "1"}) == "$h_{t}$ is 1"


def test_markup_escapes_everything_else():
    assert str(inline("<i> *a* `b<c` [d](#e)")) == '&lt;i&gt; <em>a</em> <code>b&lt;c</code> <a href="#e">d</a>'
    assert "<a" not in str(inline("[x](javascript:alert)"))
    assert plain("*a* `b` $x_t$ [d](#e)") == "a b x_t d"
