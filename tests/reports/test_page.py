"""The page that a reader opens: whole, silent, honest about what is missing, the same every time."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from analysis.claims import CLAIMS
from analysis.figures import REGISTRY
from reports import components, render, wording
from reports.build import write
from reports.catalogue import Catalogue, CatalogueError, load_catalogue, placeholders
from reports.check import check
from reports.content import PAGE
from reports.dial import forget_dial
from reports.inline import inline
from reports.page import ForgetDial, Machine
from reports.scene import Scene
from tests.support.rows import synthetic_analysis as synthetic

IDS = Path(__file__).with_name("figure_ids.txt")


def test_full_page_has_no_problems(full_page):
    assert check(full_page) == []


def test_empty_page_has_no_problems(empty_page):
    assert check(empty_page) == []


def test_empty_page_says_what_each_figure_needs(empty_page):
    html = empty_page.read_text(encoding="utf-8")
    assert "<figure" not in html
    alone = [figure_id for section in PAGE.sections if not section.whole for figure_id in section.figure_ids()]
    for figure_id in alone:
        assert f'<div class="absent" id="{figure_id}">' in html
    assert html.count("pytest --benchmark --preset course") == len(alone)


def test_a_chapter_without_a_gpu_says_so_once_and_what_to_run(empty_page, full_page):
    html = empty_page.read_text(encoding="utf-8")
    assert html.count("CUDA: not measured on this machine") == 1
    assert html.count("make bench-gpu") == 1
    whole = [figure_id for section in PAGE.sections if section.whole for figure_id in section.figure_ids()]
    assert {"cuda-ratio", "cuda-step"} <= set(whole)
    for figure_id in whole:
        assert f'<span id="{figure_id}"></span>' in html  # a citation of the figure leads to the note
    assert "not measured on this machine" not in full_page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("gpu", "shown"),
    [
        (None, [("GPU", "none")]),
        ("Example GPU", [("GPU", "Example GPU")]),
        (
            {"name": "Example GPU", "clock_hz": 1.98e9, "used": True, "tf32": "off", "versions": {"cuda-core": "0.0"}},
            [
                ("GPU", "Example GPU"),
                ("Kernels can run on it", "yes"),
                ("Clock at the start", "1.98 GHz"),
                ("TF32", "off"),
                ("cuda.core", "0.0"),
            ],
        ),
    ],
    ids=["none", "text", "mapping"],
)
def test_facts_about_the_gpu_have_names(gpu, shown, text):
    analysis = dataclasses.replace(synthetic.empty(), environments=({"gpu": gpu},))
    block = components.machine(Machine(), Scene(analysis, text, {}, {}, ""))
    assert [(name, value) for name, known, value in block["environments"][0] if known] == shown


def test_every_claim_has_a_card_in_the_order_of_the_lecture(full_page):
    html = full_page.read_text(encoding="utf-8")
    assert re.findall(r'id="claim-([a-z0-9-]+)"', html) == [claim.id for claim in CLAIMS]


def test_every_verdict_stands_as_a_word_beside_its_icon(full_page):
    html = full_page.read_text(encoding="utf-8")
    for card in re.findall(r'<li class="card .*?</li>', html, flags=re.DOTALL):
        assert re.search(r'class="chip v-[a-z-]+"><svg class="icon".*?</svg>[A-Z][a-z ]+<', card, flags=re.DOTALL)


def test_two_builds_are_byte_identical(tmp_path, text):
    analysis = synthetic.full(text)
    analysis = dataclasses.replace(
        analysis, figures=analysis.figures[:2], missing={figure.id: "gradients" for figure in analysis.figures[2:]}
    )
    first, second = (write(analysis, tmp_path / name, text, synthetic.draw).parent for name in ("one", "two"))
    names = sorted(str(path.relative_to(first)) for path in first.rglob("*") if path.is_file())
    assert names
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_hostile_text_stays_text(tmp_path, text):
    hostile = "</script><script>alert(1)</script><b>bold</b>"
    analysis = synthetic.full(text)
    findings = tuple(dataclasses.replace(finding, quote=hostile) for finding in analysis.findings)
    counted = {"seeds", "seq_len"}  # a word that follows a number asks for a number
    figures = tuple(
        dataclasses.replace(
            figure,
            data=figure.data.assign(name=hostile),
            facts={name: value if name in counted else hostile for name, value in figure.facts.items()},
        )
        for figure in analysis.figures[:1]
    )
    missing = {figure.id: "gradients" for figure in analysis.figures[1:]}
    environments = ({"cpu": hostile, hostile: hostile, "measured_at": "2026-01-02"},)
    page = write(
        dataclasses.replace(analysis, findings=findings, figures=figures, missing=missing, environments=environments),
        tmp_path,
        text,
        synthetic.draw,
    )
    html = page.read_text(encoding="utf-8")
    assert check(page) == []
    assert "<b>bold" not in html
    assert html.count("<script") == 5  # the script, linked data, words of levels, data of two laboratories


def test_policy_names_the_style_and_the_script_of_the_page(full_page):
    html = full_page.read_text(encoding="utf-8")
    style = re.search(r"<style>(.*?)</style>", html, flags=re.DOTALL)[1]
    script = re.search(r"<script>(.*?)</script>", html, flags=re.DOTALL)[1]
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)[1].replace("&#39;", "'")
    assert policy == render.policy(style, script)
    assert "unsafe" not in policy


def test_linked_data_is_json_that_cannot_close_its_script(full_page):
    html = full_page.read_text(encoding="utf-8")
    text = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, flags=re.DOTALL)[1]
    assert "<" not in text
    content = json.loads(text)
    assert content["@type"] == "Report"
    assert [part["@id"][1:] for part in content["hasPart"]] == list(PAGE.figure_ids())
    assert {part["isBasedOn"]["@type"] for part in content["hasPart"]} == {"Dataset"}


def test_figures_come_with_all_their_files(full_page):
    folder = full_page.parent / "figures"
    for figure_id in PAGE.figure_ids():
        for ending in ("svg", "pdf", "png", "csv", "json", "bib"):
            assert (folder / f"{figure_id}.{ending}").stat().st_size > 0
        for style in ("slide-light", "slide-dark"):
            assert (folder / f"{figure_id}-{style}.png").read_bytes().startswith(b"\x89PNG")


def test_page_is_small_enough_to_mail(full_page):
    assert full_page.stat().st_size < 6_000_000  # a mailbox that takes 10 MB: a letter writes three bytes as four


def test_figure_ids_are_never_dropped():
    """figure_ids.txt has those that were published: they may have been cited, and keep their place and meaning."""
    known = IDS.read_text(encoding="utf-8").split()
    assert known
    assert set(known) <= set(PAGE.figure_ids())
    assert len(known) == len(set(known))


def test_every_figure_has_one_place():
    assert sorted(PAGE.figure_ids()) == sorted(REGISTRY)


def test_figure_without_a_place_is_an_error(tmp_path, text):
    analysis = synthetic.full(text)
    stray = dataclasses.replace(analysis.figures[0], id="stray")
    with pytest.raises(ValueError, match="stray"):
        write(dataclasses.replace(analysis, figures=(stray,)), tmp_path, text)


def test_unknown_language_names_the_known_ones():
    with pytest.raises(CatalogueError, match="unknown language 'xx'; known: en"):
        load_catalogue("xx")


def test_missing_entry_fails_the_build(tmp_path, text):
    words = {key: value for key, value in text.words.items() if key != "ui"}
    with pytest.raises(CatalogueError, match="ui"):
        write(synthetic.empty(), tmp_path, Catalogue("en", words))


@pytest.mark.slow
def test_page_of_analysed_rows_has_no_problems(tmp_path, text, analysed):
    assert check(write(analysed, tmp_path, text)) == []


def test_the_dial_says_what_a_large_bias_does_where_that_was_measured(text, analysed):
    warned = forget_dial(ForgetDial(), Scene(analysed, text, {}, {}, ""))["warning"]
    assert 'href="#memory-curse"' in warned
    assert forget_dial(ForgetDial(), Scene(synthetic.empty(), text, {}, {}, ""))["warning"] is None


def test_where_no_finding_can_be_told_the_reading_stands_alone(text, tmp_path):
    full = synthetic.full(text)
    whole = full.figures[0]
    needed = {name for sentence in text.sentences("figures", whole.id, "read") for name in placeholders(sentence)}
    few = dataclasses.replace(whole, facts={name: whole.facts[name] for name in needed})
    assert wording.finding(whole, text) != wording.finding(few, text) == ""
    assert wording.headline(few, text)
    missing = {figure.id: "gradients" for figure in full.figures[1:]}
    page = write(dataclasses.replace(full, figures=(few,), missing=missing), tmp_path, text, synthetic.draw)
    assert check(page) == []
    caption = page.read_text(encoding="utf-8").partition("<figcaption>")[2].partition("</figcaption>")[0]
    assert 'class="caption"' not in caption
    assert f"</span> {inline(wording.how(few, text))}</p>" in caption
