"""Citations: every format, for every figure and for the whole report."""

from __future__ import annotations

import dataclasses
import html
import itertools
import json
import re

import numpy as np
import pytest

import recurbench
from analysis import analyse
from bench.run.environment import IDENTITY, Environment
from bench.run.store import Store
from reports import citing
from reports.build import citation, write
from reports.catalogue import load_catalogue
from reports.check import check
from reports.content import PAGE
from reports.source import read
from tests.bench.run.stores import add
from tests.support import exports
from tests.support.rows import synthetic as rows
from tests.support.rows import synthetic_analysis as synthetic

URL = "https://example.org/course/report.html"
WORDS = load_catalogue("en").table("citing")


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
    reference = citing.Reference("a-b", "50 % of {x} & σ_y", "c", "A", "2026", "0" * 12, "en", WORDS)
    written = citing.bibtex(reference)
    assert r"50 \% of \{x\} \& $\sigma$\_y" in written
    plain = written.replace(r"\{", "").replace(r"\}", "")
    assert plain.count("{") == plain.count("}")


def test_latex_knows_every_character_of_an_exponent():
    assert citing.latex_escape("4.2 × 10⁻⁵⁹ & 3²") == r"4.2 $\times$ 10$^{-59}$ \& 3$^{2}$"
    assert citing.latex_escape("$^{2}$") == r"\$\textasciicircum{}\{2\}\$"


def test_csl_json_is_json(references):
    item = json.loads(citing.csl_json(references["gradient-profile"]))[0]
    assert item["issued"] == {"date-parts": [[2026]]}
    assert item["type"] == "figure"


def test_html_escapes_the_caption():
    reference = citing.Reference("a", 'a "b" <c>', '"x" <y>', "A", "2026", "0" * 12, "en", WORDS)
    assert "<c>" not in citing.html(reference)
    assert "<y>" not in citing.html(reference)


def test_version_of_the_report_follows_its_figures(text):
    analysis = synthetic.full(text)
    changed = dataclasses.replace(analysis.figures[0], rows_sha="f" * 12)
    other = dataclasses.replace(analysis, figures=(changed, *analysis.figures[1:]))
    first, second = (citing.references(each, text)[citing.SUITE] for each in (analysis, other))
    assert first.version != second.version


def test_version_of_the_report_does_not_depend_on_the_order_of_its_figures(text):
    analysis = synthetic.full(text)
    turned = dataclasses.replace(analysis, figures=analysis.figures[::-1])
    assert citing.references(analysis, text)[citing.SUITE] == citing.references(turned, text)[citing.SUITE]


@pytest.fixture(scope="module")
def addressed(text):
    return citing.references(synthetic.full(text), text, URL)


def test_every_format_has_the_address(addressed):
    figure, suite = addressed["gradient-profile"], addressed[citing.SUITE]
    for form in citing.FORMATS:
        assert f"{URL}#gradient-profile" in citing.render(figure, form)
        assert URL in citing.render(suite, form)
        assert "report.en.html" not in citing.render(figure, form).replace(URL, "")
    assert f"  url          = {{{URL}#gradient-profile}},\n" in citing.bibtex(figure)
    assert citing.apa(figure).endswith(f"[Figure]. recurbench. {URL}#gradient-profile CC-BY-4.0")
    assert json.loads(citing.csl_json(figure))[0]["URL"] == f"{URL}#gradient-profile"
    beside = "https://example.org/course/figures/gradient-profile.svg"
    assert f"]({beside})" in citing.markdown(figure)
    assert f'<img src="{beside}"' in citing.html(figure)
    assert f'<a href="{URL}#gradient-profile">' in citing.html(figure)


def test_without_an_address_no_field_is_left_empty(references):
    for form in citing.FORMATS:
        assert "http" not in citing.render(references["gradient-profile"], form).replace(citing.LICENCE_URL, "")
    assert "url" not in citing.bibtex(references["gradient-profile"])
    assert "URL" not in json.loads(citing.csl_json(references["gradient-profile"]))[0]


def test_the_page_and_its_files_have_the_address(text, tmp_path):
    whole = synthetic.full(text)
    name = whole.figures[0].id
    page = write(
        dataclasses.replace(whole, figures=whole.figures[:1], missing=_missing(whole)),
        tmp_path,
        text,
        synthetic.draw,
        URL,
    )
    html = page.read_text(encoding="utf-8")
    linked = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', html)[1])
    assert linked["url"] == linked["@id"] == URL
    (image,) = linked["hasPart"]
    assert image["@id"] == f"{URL}#{name}"
    assert image["contentUrl"] == f"https://example.org/course/figures/{name}.png"
    assert image["isBasedOn"]["distribution"]["contentUrl"] == f"https://example.org/course/figures/{name}.csv"
    figures = tmp_path / "figures"
    assert json.loads((figures / f"{name}.json").read_text())["url"] == f"{URL}#{name}"
    assert f"{URL}#{name}" in (figures / f"{name}.bib").read_text()
    for file in (f"{name}.svg", f"{name}.png", f"{name}.pdf", f"{name}-slide-dark.png"):
        assert f"{URL}#{name}".encode() in (figures / file).read_bytes(), file
    assert check(page) == []


def _missing(whole):
    return {figure.id: ", ".join(figure.studies) for figure in whole.figures[1:]} | dict(whole.missing)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "http://localhost:8000/a/",
        "https://[::1]/x",
        "https://a.org/r?x=1&y=(2)",
        "https://a.org/%C3%A9",
    ],
)
def test_an_address_is_taken_as_it_is(url, text):
    reference = citing.references(synthetic.full(text), text, url)["gradient-profile"]
    assert reference.url == f"{url}#gradient-profile"
    assert html.escape(reference.url) in citing.html(reference)
    assert not re.search(r"\]\([^)]*\(", citing.markdown(reference))


@pytest.mark.parametrize(
    "url",
    [
        "example.org/report", "ftp://example.org/", "javascript:alert(1)", "https://", "https:///x", "http:example.org",
        "https://exa mple.org/", "https://example.org/\n", "\x00", " https://example.org", 'https://example.org/"x',
        "https://example.org/'x", "https://example.org/<b>", "https://example.org/{x}", "https://example.org/x\\y",
        "https://example.org/#top", "https://me:secret@example.org/", "https://example.org:port/",
        "https://example.org:99999/", "https://example.org:/", "https://-/", "https://exämple.org/", "https://example.org/%zz",
        "https://[::1/", "mailto:a@b.c", "data:text/html,x", "//example.org/x", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_page_is_refused(url, text):
    with pytest.raises(ValueError, match=r"url is .*; allowed: the page's address, with http:// or https://"):
        citing.references(synthetic.full(text), text, url)


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    frame = rows.frame(rows.Truth(seeds=2, blocks=3), studies=("activations", "gates", "compile"))
    folder = tmp_path_factory.mktemp("cited") / "export"
    exports.write(folder, frame)
    return folder


def test_a_citation_is_that_of_the_page_and_judges_nothing(export, text, monkeypatch):
    analysis = analyse(*read(export))
    known = citing.references(analysis, text)
    monkeypatch.setattr("analysis.claims.judge", None)
    for name in ("activations", citing.SUITE):
        assert citation(export, name, "bibtex") == citing.bibtex(known[name])
    assert citation(export, None, "bibtex") == citing.bibtex(known[citing.SUITE])
    assert f"url          = {{{URL}#activations}}" in citation(export, "activations", "bibtex", url=URL)


def test_a_figure_of_a_citation_is_built_alone(export, monkeypatch):
    def build(frame):
        raise AssertionError("this figure was not asked for")

    monkeypatch.setattr("analysis.figures.gates_along_sequence.build", build)
    assert citation(export, "activations", "bibtex").startswith("@misc{recurbench-activations,")


@pytest.mark.parametrize(
    ("figure", "form", "url", "message"),
    [
        ("x", "bibtex", "", "unknown figure 'x'; known: recurbench, activations"),
        ("activations", "ris", "", "unknown citation format 'ris'; known: bibtex"),
        (
            "decay-rate",
            "bibtex",
            "",
            "the rows of .* do not suffice for figure 'decay-rate'; it needs a run of gradients",
        ),
        ("activations", "bibtex", "ftp://a", "url is 'ftp://a'; allowed: "),
    ],
)
def test_what_cannot_be_cited_says_why(export, figure, form, url, message):
    with pytest.raises(ValueError, match=message):
        citation(export, figure, form, url=url)


@pytest.fixture
def store(tmp_path):
    """A store with the values of sigma and tanh."""
    path = tmp_path / "run.sqlite"
    by_case = itertools.groupby(rows.activations(rows.Truth(), np.random.default_rng(0)), lambda row: row.case)
    for case, measured in by_case:
        add(Store(path), Environment({name: "x" for name in IDENTITY}), case, list(measured))
    return path


def test_an_address_is_kept_in_the_store_and_travels_with_its_export(store, tmp_path, monkeypatch, capsys):
    told = f"{URL}#activations"
    arguments = ["cite", "activations", "--source"]
    assert recurbench.main([*arguments, str(store)]) == 0
    assert "url" not in capsys.readouterr().out
    pages = []
    monkeypatch.setattr("reports.build.build_pages", lambda source, out, names, url: pages.append(url) or [tmp_path])
    assert recurbench.main(["report", "--source", str(store), "--url", URL]) == 0
    assert pages == [URL]
    assert f"{URL} is kept in {store}" in capsys.readouterr().out
    assert recurbench.main([*arguments, str(store)]) == 0
    assert told in capsys.readouterr().out
    Store(store).export(tmp_path / "export")
    before = {path.name: path.read_bytes() for path in (tmp_path / "export").iterdir()}
    assert recurbench.main([*arguments, str(tmp_path / "export")]) == 0
    assert told in capsys.readouterr().out
    assert recurbench.main(["report", "--source", str(tmp_path / "export"), "--url", "https://example.com/"]) == 0
    assert "is kept" not in capsys.readouterr().out
    assert {path.name: path.read_bytes() for path in (tmp_path / "export").iterdir()} == before
    assert recurbench.main([*arguments, str(store), "--url", "https://example.com/"]) == 0
    assert "https://example.com/#activations" in capsys.readouterr().out
    assert Store(store).about().settings == {"url": URL}


def test_an_address_that_is_none_is_not_kept(store, capsys):
    assert recurbench.main(["report", "--source", str(store), "--url", "javascript:alert(1)"]) == 2
    assert "url is 'javascript:alert(1)'; allowed: " in capsys.readouterr().err
    assert Store(store).about().settings == {}
