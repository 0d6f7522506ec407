"""One analysis, a page for each language: what they share, how they name each other, how they are cited."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil

import pytest

import recurbench
from analysis.claims import CLAIMS
from reports import catalogue, citing
from reports.address import figure_file, in_language
from reports.build import write
from reports.catalogue import CatalogueError, chosen, load_catalogue
from reports.check import check
from tests.support.rows import synthetic_analysis as synthetic

URL = "https://example.org/course/report.en.html"


@pytest.fixture
def two(tmp_path, monkeypatch):
    """English, and a language "xx" that has the same words."""
    folder = tmp_path / "text"
    for language in ("en", "xx"):
        shutil.copytree(catalogue.FOLDER / "en", folder / language)
    named = folder / "xx" / "page.toml"
    named.write_text(named.read_text(encoding="utf-8").replace('"English"', '"Xish"'), encoding="utf-8")
    quotes = "".join(f'{claim.id} = "xish: {claim.id}"\n' for claim in CLAIMS)
    (folder / "xx" / "quotes.toml").write_text(f"[quotes]\n{quotes}", encoding="utf-8")
    monkeypatch.setattr("reports.catalogue.FOLDER", folder)
    return tuple(map(load_catalogue, ("en", "xx")))


@pytest.fixture
def small(text):
    """An analysis with a single figure."""
    whole = synthetic.full(text)
    missing = {figure.id: "gradients" for figure in whole.figures[1:]}
    return dataclasses.replace(whole, figures=whole.figures[:1], missing=missing)


def linked_data(page):
    return json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page.read_text())[1])


def test_pages_of_two_languages_stand_side_by_side_and_link_to_each_other(two, small, tmp_path):
    english, other = (write(small, tmp_path, text, synthetic.draw, URL, ("en", "xx")) for text in two)
    assert (english.name, other.name) == ("report.en.html", "report.xx.html")
    for page, language, target, name in ((english, "en", "xx", "Xish"), (other, "xx", "en", "English")):
        html = page.read_text(encoding="utf-8")
        assert check(page) == []
        assert f'<html lang="{language}">' in html
        assert f'<link rel="alternate" hreflang="{target}" href="report.{target}.html">' in html
        assert f'<a href="report.{target}.html" hreflang="{target}" lang="{target}">{name}</a>' in html
    first, second = linked_data(english), linked_data(other)
    assert (first["inLanguage"], second["inLanguage"]) == ("en", "xx")
    assert [item["inLanguage"] for item in first["workTranslation"]] == ["xx"]
    assert [item["url"] for item in second["translationOfWork"]] == [URL]
    assert second["url"] == "https://example.org/course/report.xx.html"
    assert first["version"] == second["version"]


def test_the_lecture_is_quoted_in_its_language_with_a_translation_beside(two, small, tmp_path):
    english, other = (write(small, tmp_path, text, synthetic.draw).read_text(encoding="utf-8") for text in two)
    quotes = re.findall(r"<blockquote.*?</blockquote>", english)
    assert [quote.replace("<blockquote>", '<blockquote lang="en">') for quote in quotes] == re.findall(
        r"<blockquote.*?</blockquote>", other
    )
    assert english.count("xish: ") == 0
    assert other.count('<p class="translation">xish: ') == len(CLAIMS)


def test_the_files_of_a_figure_in_another_language_have_names_of_their_own_but_the_data(two, small, tmp_path):
    name = small.figures[0].id
    names = {}
    for text in two:
        write(small, tmp_path / text.language, text, synthetic.draw)
        names[text.language] = {path.name for path in (tmp_path / text.language / "figures").iterdir()}
    assert names["en"] & names["xx"] == {f"{name}.csv"}
    assert {f"{name}.svg", f"{name}-slide-dark.png"} <= names["en"]
    assert {f"{name}.xx.svg", f"{name}.xx.json", f"{name}-slide-dark.xx.png"} <= names["xx"]
    assert len(names["en"]) == len(names["xx"])


def test_a_page_that_lies_beside_is_linked_where_it_tells_the_same_version(two, small, tmp_path):
    english, other = two
    write(small, tmp_path, english, synthetic.draw)
    assert "hreflang" not in (tmp_path / "report.en.html").read_text(encoding="utf-8")
    assert 'hreflang="en"' in write(small, tmp_path, other, synthetic.draw).read_text(encoding="utf-8")
    changed = dataclasses.replace(small.figures[0], rows_sha="f" * 12)
    newer = write(dataclasses.replace(small, figures=(changed,)), tmp_path, other, synthetic.draw)
    assert "hreflang" not in newer.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (URL, "https://example.org/course/report.es.html"),
        ("https://example.org/report.en.html?x=1", "https://example.org/report.es.html?x=1"),
        ("https://example.org/course/", "https://example.org/course/"),
        ("https://example.org/my-report.en.html", "https://example.org/my-report.en.html"),
    ],
)
def test_an_address_that_names_the_file_of_a_language_names_that_of_another(url, told):
    assert in_language(url, "es") == told


@pytest.mark.parametrize(
    ("named", "file"),
    [
        (("a", "svg", "en"), "a.svg"),
        (("a", "svg", "es"), "a.es.svg"),
        (("a", "csv", "es"), "a.csv"),
        (("a", "png", "en", "slide-dark"), "a-slide-dark.png"),
        (("a", "png", "es", "slide-dark"), "a-slide-dark.es.png"),
    ],
)
def test_the_name_of_a_file_tells_its_language(named, file):
    assert figure_file(*named) == file


def test_languages_are_chosen_by_name_each_once_or_all(two):
    assert chosen(["xx", "en", "xx"]) == ("xx", "en")
    assert chosen(["all"]) == ("en", "xx")
    with pytest.raises(CatalogueError, match="unknown language 'yy'; known: en, xx"):
        load_catalogue(chosen(["yy"])[0])


def test_the_command_takes_several_languages(monkeypatch, tmp_path, capsys):
    asked = []

    def build_pages(source, out, names, url):
        asked.append(list(names))
        return [tmp_path / f"report.{name}.html" for name in names]

    monkeypatch.setattr("reports.build.build_pages", build_pages)
    for arguments, names in (([], ["en"]), (["--language", "en", "xx"], ["en", "xx"])):
        assert recurbench.main(["report", "--source", str(tmp_path), *arguments]) == 0
        assert asked[-1] == names
        assert capsys.readouterr().out.count("page: ") == len(names)


def test_a_citation_has_the_words_and_the_page_of_its_language(two, small):
    for text in two:
        reference = citing.references(small, text, URL)[small.figures[0].id]
        assert f"report.{text.language}.html#{reference.id}" in citing.bibtex(reference)
        assert json.loads(citing.csl_json(reference))[0]["language"] == text.language
