"""The deck: every slide has its figure and its notes, PowerPoint opens it, and two builds give the same bytes."""

import dataclasses
import re
import sys
import xml.etree.ElementTree as ET
import zipfile

import pytest

import recurbench
from analysis.claims import CLAIMS
from analysis.figures import REGISTRY
from analysis.result import Analysis
from reports import citing
from reports.catalogue import languages, load_catalogue, placeholders
from reports.check import check
from reports.deck import build, content
from reports.deck.drawings import room, title_of
from reports.deck.html import html
from reports.deck.slides import TOP, slides
from reports.scene import Scene
from tests.support.rows import synthetic_analysis as synthetic

HOSTILE = '<script>alert("$x$")</script> &amp; <b>'
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


def few(text) -> Analysis:  # type: ignore[no-untyped-def]
    """All verdicts, and three figures of the deck."""
    whole = synthetic.full(text)
    shown = [figure for figure in whole.figures if figure.id in ("gradient-profile", "activations", "time-ratio")]
    return dataclasses.replace(whole, figures=tuple(shown))


def told(analysis, text):
    return slides(Scene(analysis, text, citing.references(analysis, text), {}, ""))


@pytest.fixture(scope="module")
def decks(text, tmp_path_factory):
    pytest.importorskip("pptx")
    return build.write(few(text), tmp_path_factory.mktemp("deck"), text, draw=synthetic.draw)


def test_what_the_deck_shows_exists():
    shown = content.figure_ids()
    assert len(set(shown)) == len(shown)
    assert set(shown) <= set(REGISTRY)
    assert 15 <= len(shown) <= 25
    known = {claim.id: claim.number for claim in CLAIMS}
    for chapter in content.DECK:
        for item in chapter.figures:
            assert set(item.claims) <= set(known)


def test_the_chapters_hold_every_claim_once_in_the_lectures_order():
    numbers = [number for chapter in content.DECK for number in range(chapter.first, chapter.last + 1)]
    assert numbers == sorted(claim.number for claim in CLAIMS)


@pytest.mark.parametrize("language", languages())
def test_every_slide_has_its_notes(language):
    text = load_catalogue(language)
    named = {"opening", "tally", "closing", *content.figure_ids()}
    named |= {f"chapter-{chapter.id}" for chapter in content.DECK}
    assert set(text.keys(TOP, "notes")) == named
    for name in named:
        assert text.sentences(TOP, "notes", name, "point")
        assert text.has(TOP, "notes", name, "ask") == (not name.startswith("chapter-"))


@pytest.mark.parametrize("language", languages())
def test_every_entry_is_used(language):
    text = load_catalogue(language)
    shown = told(synthetic.full(text), text)
    html(shown, {slide.figure: "" for slide in shown if slide.figure}, text)
    assert {path for path in text.leaves() if path[0] == TOP} <= text.used


@pytest.mark.parametrize("language", languages())
def test_no_note_asks_for_a_fact_that_a_full_run_lacks(language, analysed):
    text = load_catalogue(language)
    facts = Scene(analysed, text, {}, {}, "").facts
    for name in text.keys(TOP, "notes"):
        for kind in text.keys(TOP, "notes", name):
            for sentence in text.sentences(TOP, "notes", name, kind):
                assert set(placeholders(sentence)) <= set(facts), f"{language}: {name}.{kind}"


def test_a_figure_that_was_not_measured_has_no_slide(text):
    kinds = [slide.kind for slide in told(synthetic.empty(), text)]
    assert "figure" not in kinds
    assert kinds[0] == "opening"
    assert kinds[-1] == "closing"


def test_slides_say_claim_and_verdict_and_whose_figure_it_is(text):
    analysis = few(text)
    found = {slide.id: slide for slide in told(analysis, text)}
    assert len(found) == len(told(analysis, text))
    slide = found["gradient-profile"]
    assert slide.credit == f"recurbench · gradient-profile @ {analysis.figures[0].rows_sha} · CC-BY-4.0"
    assert [item.number for item in slide.judged] == [2, 21]
    assert [note.heading for note in slide.notes][:2] == [text(TOP, "point"), text(TOP, "ask")]
    assert sum(item.count for item in found["tally"].counted) == len(analysis.findings)


def test_a_slide_leaves_less_room_below_more_words(text):
    slide = next(slide for slide in told(few(text), text) if slide.kind == "figure")
    short, long = (dataclasses.replace(slide, title=title, judged=()) for title in ("Short", "many words " * 12))
    assert len(title_of(short)[1]) == 1
    assert len(title_of(long)[1]) > 1
    assert room(long) < room(short)
    assert room(dataclasses.replace(short, judged=slide.judged)) < room(short)


def test_the_html_deck_is_whole_and_asks_nothing_of_the_network(decks):
    assert check(decks[0]) == []
    html = decks[0].read_text(encoding="utf-8")
    assert "unsafe" not in re.search(r'Content-Security-Policy" content="([^"]+)"', html)[1]
    assert html.count('<section class="slide') == len(re.findall(r'<aside class="notes"', html))


def test_powerpoint_has_text_notes_alternative_text_and_a_vector(decks, text):
    pptx = pytest.importorskip("pptx")
    deck = pptx.Presentation(decks[1])
    expected = told(few(text), text)
    assert len(deck.slides) == len(expected)
    for page, slide in zip(deck.slides, expected, strict=True):
        assert page.shapes.title.text_frame.text.replace("\v", " ") == slide.title
        words = " ".join(shape.text_frame.text for shape in page.shapes if shape.has_text_frame)
        assert slide.credit in words
        for note in slide.notes:
            assert note.sentences[0] in page.notes_slide.notes_text_frame.text
        pictures = [shape for shape in page.shapes if shape.shape_type == 13]
        assert len(pictures) == (slide.kind == "figure")
        for picture in pictures:
            assert picture._element.nvPicPr.cNvPr.get("descr") == slide.alt
            blip = next(picture._element.iter(f"{A}blip"))
            (named,) = blip.iter("{http://schemas.microsoft.com/office/drawing/2016/SVG/main}svgBlip")
            relation = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed"
            vector = page.part.related_part(named.get(relation))
            assert vector.content_type == "image/svg+xml"
            assert ET.fromstring(vector.blob).tag == "{http://www.w3.org/2000/svg}svg"
            assert page.part.related_part(blip.get(relation)).content_type == "image/png"
        languages = {run.get("lang") for run in page._element.iter(f"{A}rPr")}
        assert languages <= {"en-US"}
    assert deck.core_properties.language == "en-US"


def test_two_builds_give_the_same_bytes(decks, text, tmp_path):
    for first, second in zip(decks, build.write(few(text), tmp_path, text, draw=synthetic.draw), strict=True):
        assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(decks[1]) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_hostile_words_are_shown_as_they_are_written(text, tmp_path, monkeypatch):
    pptx = pytest.importorskip("pptx")
    monkeypatch.setattr("reports.slide.headline", lambda figure, text: HOSTILE)
    written = build.write(few(text), tmp_path, text, draw=synthetic.draw)
    assert check(written[0]) == []
    assert "<script>alert" not in written[0].read_text(encoding="utf-8")
    titles = [page.shapes.title.text_frame.text for page in pptx.Presentation(written[1]).slides]
    assert titles.count(HOSTILE) == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--format", "odp"], "unknown deck format 'odp'; known: html, pptx"),
        (["--theme", "blue"], "unknown theme 'blue'; known: light, dark"),
        (["--format", "html", "--language", "xx"], "unknown language 'xx'; known: en"),
    ],
)
def test_wrong_use_names_what_is_allowed(options, message, capsys, tmp_path):
    assert recurbench.main(["slides", "--out", str(tmp_path), "--source", "xeon-cascade-lake-2-cores", *options]) == 2
    assert message in capsys.readouterr().err


def test_without_the_extra_the_error_names_it(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, "pptx", None)
    assert recurbench.main(["slides", "--out", str(tmp_path)]) == 2
    assert "pip install 'recurbench[slides]'; without it: --format html" in capsys.readouterr().err
