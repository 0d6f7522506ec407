"""Figures as files, and snippets to paste them."""

import ast
import re

import html5lib
import pytest

import recurbench
from reports import citing, figure_files, snippets
from reports.build import citation
from tests.support import exports
from tests.support.rows import synthetic as rows
from tests.support.rows import synthetic_analysis as synthetic

URL = "https://example.org/course/report.html"
HOSTILE = 'a "b" <c> {d} \\e & $f$ # [g](h) _i_'


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    frame = rows.frame(rows.Truth(seeds=2, blocks=3), studies=("activations", "parameters"))
    folder = tmp_path_factory.mktemp("drawn") / "export"
    exports.write(folder, frame)
    return folder


def test_what_is_asked_for_is_written_and_nothing_else(export, tmp_path, monkeypatch):
    monkeypatch.setattr("analysis.claims.judge", None)
    asked = ["activations", "--variant", "paper", "slide-dark", "--format", "svg", "csv", "--source", str(export)]
    assert recurbench.main(["figures", *asked, "--out", str(tmp_path), "--url", URL]) == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"activations.svg", "activations-slide-dark.svg", "activations.csv"}
    assert f"{URL}#activations" in (tmp_path / "activations-slide-dark.svg").read_text()
    assert (tmp_path / "activations.csv").read_text().startswith("activation,x,value")


def test_without_ids_every_figure_of_the_run_is_written(export, tmp_path):
    written = figure_files.write(export, tmp_path, formats=("csv",))
    assert {path.name for path in written} == {"activations.csv", "parameter-count.csv"}


@pytest.mark.parametrize("form", ["png", "pdf"])
def test_a_figure_is_written_in_every_format(form, export, tmp_path):
    (path,) = figure_files.write(export, tmp_path, ["activations"], ["slide-light"], formats=[form])
    assert path.name == f"activations-slide-light.{form}"
    assert path.read_bytes().startswith({"png": b"\x89PNG", "pdf": b"%PDF"}[form])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["x"], "unknown figure 'x'; known: activations"),
        (
            ["activations", "--variant", "poster"],
            "unknown variant 'poster'; known: page, paper",
        ),
        (["activations", "--format", "gif"], "unknown figure format 'gif'; known: png, pdf, svg, csv"),
        (["activations", "--language", "xx"], "unknown language 'xx'; known: en"),
        (["spread"], "the rows of .* do not suffice for figure 'spread'; it needs a run of spread"),
    ],
)
def test_wrong_use_names_what_is_allowed(options, message, export, tmp_path, capsys):
    assert recurbench.main(["figures", *options, "--source", str(export), "--out", str(tmp_path)]) == 2
    assert re.search(message, capsys.readouterr().err)


@pytest.fixture(scope="module")
def references(text):
    """One figure without an address and one with; and one whose words are hostile."""
    found = [citing.references(synthetic.full(text), text, url)["gradient-profile"] for url in ("", URL)]
    hostile = citing.Reference(
        "a-b", HOSTILE, HOSTILE, "A", "2026", "0" * 12, "en", text.table("citing"), "", HOSTILE, HOSTILE
    )
    return [*found, hostile]


@pytest.mark.parametrize("form", snippets.FORMATS)
def test_a_snippet_names_figure_version_and_licence(form, references):
    for reference in references:
        written = snippets.render(reference, form)
        assert reference.version in written
        assert citing.LICENCE in written
        assert reference.id in written
        if reference.url:
            assert URL in written.replace("\\#", "#").replace("\\_", "_")


@pytest.mark.parametrize("form", ["reveal", "moodle"])
def test_snippets_of_html_are_well_formed_and_have_an_alternative_text(form, references):
    for reference in references:
        parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
        found = parser.parseFragment(snippets.render(reference, form))
        (image,) = found.iter("img")
        assert image.get("alt") == reference.caption
        assert not list(found.iter("c"))


def test_the_snippet_of_jupyter_is_python_that_shows_the_picture(references):
    for reference in references:
        written = snippets.jupyter(reference)
        strings = [node.value for node in ast.walk(ast.parse(written)) if isinstance(node, ast.Constant)]
        assert reference.caption in strings
        assert reference.file("png") in strings
        assert ("url=" in written) == bool(reference.url)


def test_the_snippet_of_beamer_is_one_balanced_frame(references):
    for reference in references:
        written = snippets.beamer(reference)
        assert written.startswith("\\begin{frame}{")
        assert written.endswith("\\end{frame}\n")
        plain = re.sub(r"\\[{}\\]", "", written)
        assert plain.count("{") == plain.count("}")
        assert not re.search(r"(?<!\\)[#&%]", plain)
        assert f"{{{reference.id}.pdf}}" in written


def test_the_snippet_of_quarto_can_be_referred_to(references):
    for reference in references:
        written = snippets.quarto(reference)
        assert written.startswith("## ")
        assert re.search(rf'^!\[.*\]\(\S+\.svg\){{#fig-{reference.id} fig-alt=".*"}}$', written, re.MULTILINE)
        assert written.count(":::") == 2


def test_a_snippet_comes_from_the_shell_and_is_of_one_figure(export):
    assert citation(export, "activations", "quarto").startswith("## ")
    for name in (None, citing.SUITE):
        with pytest.raises(ValueError, match="format 'quarto' is of one figure; allowed without one: bibtex, csl"):
            citation(export, name, "quarto")
