"""`recurbench.open`: figures, tables and verdicts of a run as values that show themselves in a notebook."""

from __future__ import annotations

import copy
import hashlib
import json
import pickle
import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import html5lib
import matplotlib as mpl
import pandas as pd
import pytest

import recurbench
from analysis.figures import REGISTRY
from bench.about import ABOUT, About
from bench.run.store import StoreError
from recurbench.command import main
from reports import downloads
from reports.build import citation
from reports.citing import FORMATS
from tests.support import exports
from tests.support.rows import synthetic, synthetic_experiments
from tests.support.rows.synthetic_experiments import experiment

STUDIES = ("gates", "parameters")
FIGURES = ["gates-along-sequence", "parameter-count", "experiment-gate-bias", "experiment-nothing"]
QUESTION = "Does <b> or & help?"
ASKED = experiment("gate-bias", "gradient-flow", {"cell": ["lstm", "gru"], "gate_bias": [0, 3]}, question=QUESTION)
NOTHING = experiment("nothing", "parameters", {"cell": ["lstm"]})
LATER = experiment("later", "parameters", {"cell": ["gru"]})
FILES = ("svg", "pdf", "png", "csv", "json", "bib")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = synthetic.frame(synthetic.Truth(seeds=2, blocks=4), studies=STUDIES)
    rows = pd.concat([rows, synthetic_experiments.frame(ASKED), synthetic_experiments.frame(NOTHING, status="failed")])
    folder = exports.write(tmp_path_factory.mktemp("run") / "tiny", rows).parent
    kept = {asked.name: asked.as_json() for asked in (ASKED, NOTHING, LATER)}
    (folder / ABOUT).write_text(json.dumps(About(experiments=kept).as_json()))
    return folder


@pytest.fixture(scope="module")
def results(folder):
    return recurbench.open(folder)


@pytest.fixture(scope="module")
def figure(results):
    return results.figures["parameter-count"]


def well_formed(html: str) -> ET.Element:
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(f"<!DOCTYPE html><html><head><title>t</title></head><body>{html}</body></html>")


def test_a_run_says_what_it_is(results):
    assert results.name == "tiny"
    assert list(results.figures) == FIGURES
    assert [facts["cpu"] for facts in results.environments] == ["Example CPU"]
    told = "".join(well_formed(results._repr_html_()).itertext())
    for part in ("tiny", "Example CPU", f"{len(results.frame):,}", *FIGURES, "Parameters by cell and size"):
        assert part in told
    assert repr(results) == f"tiny: {len(results.frame)} rows, {len(FIGURES)} figures"


def test_every_word_of_a_notebook_is_used(results):
    text = results._run.text
    for shown in (results, results.figures, results.tables, results.experiments):
        well_formed(shown._repr_html_())
    assert {path for path in text.leaves() if path[0] == "notebook"} - text.used == set()


def test_only_the_figure_that_is_asked_for_is_built(folder, monkeypatch):
    results = recurbench.open(folder)
    built = []
    for figure_id, module in REGISTRY.items():
        monkeypatch.setattr(
            module, "build", lambda frame, make=module.build, name=figure_id: built.append(name) or make(frame)
        )
    assert "parameter-count" in results.figures
    assert built == []
    assert results.figures["parameter-count"] is results.figures["parameter-count"]
    results.figures["parameter-count"].cite()
    assert built == ["parameter-count"]


def test_a_figure_shows_itself(figure, tmp_path):
    page = well_formed(figure._repr_html_())
    told = "".join(page.itertext())
    assert figure.title in told
    assert figure.finding in told
    assert figure.read in told
    assert figure.caption == f"{figure.finding} {figure.read}"
    assert json.loads(figure.save(tmp_path / "figure.json").read_text())["headline"] == figure.headline
    assert figure.cite("apa") in told
    image = page.find(".//img")
    assert image.get("alt") == figure.alt
    assert image.get("src").startswith("data:image/svg+xml;base64,")
    assert [element for element in page.iter() if element.get("id")] == []  # nothing that two figures could share
    drawing = ET.fromstring(figure._repr_svg_())
    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    assert repr(figure) == f"Figure parameter-count@{figure.version}: {figure.title}"


def test_a_figure_gives_its_data(figure):
    text = figure.data.to_csv(index=False, lineterminator="\n")
    assert hashlib.sha256(text.encode()).hexdigest()[:12] == figure.version
    mine = figure.data
    mine.iloc[:, -1] = -1
    assert not mine.equals(figure.data)
    assert set(REGISTRY["parameter-count"].FACTS) <= set(figure.facts)


@pytest.mark.parametrize("form", FORMATS)
def test_a_figure_is_cited_as_by_the_command(form, figure, folder):
    url = "https://example.org/report.html"
    assert figure.cite(form) == citation(folder, figure.id, form)
    assert figure.cite(form, url) == citation(folder, figure.id, form, url=url)


def test_the_run_is_cited_as_by_the_command(results, folder):
    assert results.cite("apa") == citation(folder, None, "apa")


def test_citations_have_the_address_that_the_run_keeps(folder, tmp_path):
    published = shutil.copytree(folder, tmp_path / "published")
    (published / "run.json").write_text('{"settings": {"url": "https://example.org/kept.html"}}')
    figure = recurbench.open(published).figures["parameter-count"]
    assert "https://example.org/kept.html#parameter-count" in figure.cite("apa")
    assert "https://example.org/other.html#parameter-count" in figure.cite("apa", "https://example.org/other.html")


@pytest.mark.slow
def test_the_files_are_those_of_the_page(figure, folder, tmp_path):
    order = figure._order()
    beside = downloads.drawn(order).files
    for ending in FILES:
        path = figure.save(tmp_path / f"{figure.id}.{ending}")
        assert path.read_bytes() == beside[path.name]
    slide = figure.save(tmp_path / "slide.png", style="slide-dark")
    assert slide.read_bytes() == beside[f"{figure.id}-slide-dark.png"]
    assert json.loads((tmp_path / f"{figure.id}.json").read_text())["rows_sha"] == figure.version


@pytest.mark.parametrize("name", ["figure.jpg", "figure", "figure.svgz"])
def test_an_unknown_ending_names_the_allowed_ones(figure, name, tmp_path):
    with pytest.raises(ValueError, match=re.escape("allowed: .svg, .pdf, .png, .csv, .bib, .json")):
        figure.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_keeps_its_settings_and_its_backend_and_changes_no_figure(figure):
    drawn = figure._repr_svg_()
    backend = mpl.get_backend()
    with mpl.rc_context({"axes.facecolor": "red", "savefig.bbox": "tight", "font.size": 30, "lines.linewidth": 9}):
        mine = dict(mpl.rcParams)
        assert figure._repr_svg_() == drawn
        assert dict(mpl.rcParams) == mine
    assert mpl.get_backend() == backend
    assert figure.draw().axes
    with pytest.raises(ValueError, match="did you mean 'slide-dark'"):
        figure.draw("slide-drak")


def test_names_that_are_not_there(results):
    with pytest.raises(KeyError, match=r"unknown figure 'parameter-cuont'; .*did you mean 'parameter-count'\?"):
        results.figures["parameter-cuont"]
    with pytest.raises(KeyError, match=r"figure 'clipping' is not in tiny; it needs a run of clipping"):
        results.figures["clipping"]
    with pytest.raises(KeyError, match=r"unknown table 'anchor'; .*did you mean 'anchors'\?"):
        results.tables["anchor"]
    assert results.figures.get("clipping") is None
    assert "clipping" not in results.figures
    with pytest.raises(ValueError, match="unknown citation format 'bibtx'"):
        results.figures["parameter-count"].cite("bibtx")


def test_tables(results):
    table = results.tables["parameters"]
    assert table.id in results.tables._repr_html_()
    page = well_formed(table._repr_html_())
    assert table.title in "".join(page.itertext())
    assert len(page.findall(".//tbody/tr")) == len(table.data) == len(table.built.rows)
    gates = results.tables["gates"].data
    assert (gates["time_constant_low"] <= gates["time_constant"]).sum() > 3
    assert (gates["time_constant_high"] < gates["time_constant"]).sum() == 0
    with pytest.raises(KeyError, match="table 'grid' is not in tiny"):
        results.tables["grid"]


def test_a_question_of_ones_own(results, folder):
    assert list(results.experiments) == ["gate-bias", "nothing"]
    asked = results.experiments["gate-bias"]
    assert (asked.name, asked.question, asked.definition) == ("gate-bias", QUESTION, ASKED)
    assert set(asked.frame["study"]) == {ASKED.study}
    assert asked.figure.version == results.figures["experiment-gate-bias"].version
    assert asked.figure.cite("latex") == citation(folder, "experiment-gate-bias", "latex")
    assert "LSTM" in asked.figure.caption
    assert {"name", "gate_bias", "value", "value_low", "n"} <= set(asked.data.columns)
    assert len(asked.data) == 4
    told = "".join(well_formed(asked._repr_html_()).itertext())
    for part in (QUESTION, "Gate bias", asked.figure.finding, asked.figure.read, asked.figure.cite("apa")):
        assert part in told
    for shown in (results, results.experiments):
        assert QUESTION in "".join(well_formed(shown._repr_html_()).itertext())
    assert repr(asked) == f"Experiment gate-bias: {QUESTION}"


def test_a_question_without_an_answer_says_why(results):
    nothing = results.experiments["nothing"]
    assert "Nothing to draw" in "".join(well_formed(nothing._repr_html_()).itertext())
    for part in ("figure", "data"):
        with pytest.raises(ValueError, match=r"none of the \d+ rows of experiment 'nothing' has a value: \d+ failed"):
            getattr(nothing, part)
    with pytest.raises(KeyError, match="figure 'experiment-nothing' is not in tiny"):
        results.figures["experiment-nothing"]
    with pytest.raises(KeyError, match="experiment 'later' has no rows in tiny; `recurbench ask` measures them"):
        results.experiments["later"]
    with pytest.raises(KeyError, match=r"unknown experiment 'gate-bais'.*did you mean 'gate-bias'\?"):
        results.experiments["gate-bais"]


def test_environments_show_themselves(results):
    told = "".join(well_formed(results.environments._repr_html_()).itertext())
    assert "Example CPU" in told
    assert repr(results.environments) == "1 environments: Example CPU"


@pytest.mark.parametrize("way", [lambda v: pickle.loads(pickle.dumps(v)), copy.deepcopy, copy.copy])
def test_what_is_opened_travels(way, results, figure):
    assert repr(way(figure)) == repr(figure)
    assert way(figure).data.equals(figure.data)
    assert way(figure).cite() == figure.cite()
    again = way(results)
    assert again.figures["parameter-count"].version == figure.version
    assert again._repr_html_() == results._repr_html_()
    assert repr(way(results.tables["parameters"])) == repr(results.tables["parameters"])
    assert way(results.experiments["gate-bias"]).data.equals(results.experiments["gate-bias"].data)


@pytest.mark.slow
def test_verdicts(results):
    verdicts = results.verdicts
    columns = ["number", "quote", "verdict", "basis", "estimate", "low", "high", "unit", "study"]
    assert list(verdicts.columns) == columns
    assert len(verdicts) == len(results.analysis.findings)
    measured = verdicts.dropna(subset=["estimate", "low", "high"])
    assert len(measured) > 3
    assert (measured["low"] <= measured["high"]).all()
    assert repr(results.analysis) == f"Analysis of {len(verdicts)} findings, 3 figures, {len(results.tables)} tables"


@pytest.mark.parametrize("broken", ["absent", "empty folder", "damaged", "no store"])
def test_the_messages_are_those_of_the_command(broken, folder, tmp_path, capsys):
    path = tmp_path / "run"
    if broken == "empty folder":
        path.mkdir()
    elif broken == "damaged":
        shutil.copytree(folder, path)
        table = path / exports.TABLE
        head, first, *_ = table.read_text().splitlines()
        table.write_text(f"{head}\n{first.replace(',ok,', ',okay,')}\n")
    elif broken == "no store":
        path.write_text("no database")
    assert main(["report", "--source", str(path), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err.strip()
    with pytest.raises((OSError, ValueError, StoreError), match=re.escape(said.removeprefix("recurbench: "))):
        recurbench.open(path)
    with pytest.raises(ValueError, match=r"unknown language 'EN'.*did you mean 'en'"):
        recurbench.open(folder, "EN")


def test_a_run_without_rows_has_no_figures(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "none")
    table = tmp_path / "none" / exports.TABLE
    table.write_text(table.read_text().partition("\n")[0] + "\n")
    results = recurbench.open(tmp_path / "none")
    assert list(results.figures) == []
    assert repr(results) == "none: 0 rows, 0 figures"
    with pytest.raises(KeyError, match="it needs a run of gradients"):
        results.figures["gradient-profile"]


def test_without_a_path_the_store_is_opened_if_it_has_rows_else_the_reference(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("reports.source.reference_folder", lambda: folder)
    assert recurbench.open().name == "tiny"
    assert "nothing measured in results/recurbench.sqlite yet; showing the reference tiny" in capsys.readouterr().err


def test_open_is_asked_for_by_name_and_hides_no_builtin():
    scope: dict[str, object] = {}
    exec("from recurbench import *", scope)
    assert "open" not in scope
    assert "Layer" in scope
    assert "open" in dir(recurbench)
