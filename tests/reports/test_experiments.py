"""Experiments of one's own on the page: in words, cited, measured again; and hostile text stays text."""

from __future__ import annotations

import dataclasses
import html as markup
import json
import math
import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest

import recurbench
from analysis import analyse
from analysis.experiments.asked import answer
from analysis.experiments.levels import told, value_name
from analysis.figures import draw
from analysis.result import LOGARITHM, Analysis, Estimate
from bench.about import ABOUT, About
from bench.experiments.definition import Experiment, from_json
from cells.registry import cell_meanings
from reports import asked as chapter
from reports import citing, wording
from reports.build import citation, write
from reports.check import check
from reports.numbers import show, show_value
from reports.source import asked_in
from tests.analysis.experiments.test_experiments import LEGAL
from tests.support import exports
from tests.support.rows import synthetic_analysis as synthetic
from tests.support.rows.synthetic_experiments import experiment, frame

MACHINE = ({"cpu": "Example CPU", "cells": cell_meanings(), "measured_at": "2026-01-02"},)
HOSTILE = """</script><script>alert(1)</script> $x_{ \\frac** [a](javascript:alert(1)) `c` "q" 'q' & 50 % }"""
ASKED = (
    experiment("long-memory", "gradient-flow", {"cell": ["lstm", "gru"], "gate_bias": [0, 3]}, question=HOSTILE),
    experiment("nothing", "gates", {"cell": "gru", "seq_len": 5}, question=HOSTILE),
)


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    rows = pd.concat([frame(ASKED[0]), frame(ASKED[1], status="diverged")], ignore_index=True)
    return analyse(rows, MACHINE, experiments=ASKED)


@pytest.fixture(scope="module")
def page(analysis, text, tmp_path_factory) -> Path:
    return write(analysis, tmp_path_factory.mktemp("asked"), text, draw)


def test_the_page_has_a_chapter_of_them(page, empty_page):
    html = page.read_text(encoding="utf-8")
    assert check(page) == []
    assert '<li><a href="#experiments">Your experiments</a></li>' in html
    assert html.index('id="bilstm"') < html.index('id="experiments"') < html.index('id="methods"')
    assert '<figure id="experiment-long-memory">' in html
    assert "Most of the gradient is left with LSTM, forget bias 3" in html
    assert '<div class="absent" id="experiment-nothing">' in html
    assert re.search(r"30 of 30 rows have no value: 30 are not finite", html)
    assert 'id="experiments"' not in empty_page.read_text(encoding="utf-8")


EVERY_KIND = (
    experiment("times", "runtime", {"cell": ["lstm", "gru"], "backend": ["cpu", "cpu-again", "torch"]}, blocks=4),
    experiment("alone", "runtime", {"cell": "lstm", "backend": ["cpu", "cpu-again"]}, blocks=4),
    experiment("counts", "parameters", {"cell": ["lstm", "gru"], "hidden_size": [4, 8]}),
    experiment("exponents", "lyapunov-spectrum", {"cell": ["rnn", "lstm"], "hidden_size": 4}),
    experiment("open", "gates", {"cell": "gru", "seq_len": 5}),
    experiment("learning", "training", {"cell": ["lstm", "gru"], "learning_rate": [1e-3, 1e-2], "clip": [0, 1]}),
    experiment("errors", "training", {"cell": "gru", "task": "adding", "optimiser": ["adam", "sgd"]}),
    experiment("solved", "solving", {"task": ["delayed-xor", "adding"], "budget": [100, 200], "train_size": [0, 100]}),
    experiment("fed", "solving", {"cell": "rnn", "layout": ["steps", "flat"]}, {"task": "shifted-input", "offset": 5}),
)


def test_a_page_has_experiments_of_every_kind(text, tmp_path):
    """Every column of their data, every level and every word of their figures is in the catalogue."""
    rows = pd.concat([frame(asked) for asked in EVERY_KIND], ignore_index=True)
    page = write(analyse(rows, MACHINE, experiments=EVERY_KIND), tmp_path, text, draw)
    assert check(page) == []
    html = page.read_text(encoding="utf-8")
    assert [asked.name for asked in EVERY_KIND if f'<figure id="experiment-{asked.name}">' not in html] == []


def test_the_figures_of_the_lecture_keep_their_numbers(text, tmp_path, analysis):
    lecture = synthetic.full(text)
    missing = {figure.id: "gates" for figure in lecture.figures[1:]}
    both = dataclasses.replace(lecture, figures=lecture.figures[:1], missing=missing, experiments=analysis.experiments)
    html = write(both, tmp_path, text, synthetic.draw).read_text(encoding="utf-8")
    numbers = re.findall(r'<figure id="([a-z-]+)">.*?>Figure (\d+)\.<', html, flags=re.DOTALL)
    assert numbers == [(lecture.figures[0].id, "1"), ("experiment-long-memory", "2")]


def test_it_comes_with_the_files_of_every_figure(page):
    found = {path.name for path in (page.parent / "figures").iterdir()}
    endings = (".csv", ".bib", ".json", ".svg", ".pdf", ".png", "-slide-light.png", "-slide-dark.png")
    assert found == {f"experiment-long-memory{ending}" for ending in endings}
    told = json.loads((page.parent / "figures" / "experiment-long-memory.json").read_text(encoding="utf-8"))
    assert from_json(told["experiment"]) == ASKED[0]
    assert told["command"] == "recurbench ask long-memory.toml"


def test_what_a_user_wrote_is_escaped_everywhere(page):
    html = page.read_text(encoding="utf-8")
    assert html.count("<script") == 5  # the script, linked data, words of levels, data of two laboratories
    assert "<script>alert" not in html
    assert 'href="javascript' not in html
    assert markup.unescape(html).count(HOSTILE) >= 2
    for name in ("csv", "bib", "svg"):
        assert "alert" not in (page.parent / "figures" / f"experiment-long-memory.{name}").read_text(encoding="utf-8")


def test_the_definition_on_the_page_measures_the_same_again(page):
    html = page.read_text(encoding="utf-8")
    pre = re.search(r'id="experiment-long-memory-definition"[^>]*>(.*?)</pre>', html, flags=re.DOTALL)
    assert pre is not None
    assert from_json(tomllib.loads(markup.unescape(pre[1]))) == ASKED[0]


def test_every_entry_about_experiments_is_used(text, page):
    for asked in LEGAL:
        figure = answer(frame(asked), asked).figure
        assert figure is not None
        assert wording.finding(figure, text)
        assert wording.how(figure, text)
        assert (
            wording.alt(figure, text).count(value_name(figure.layout, figure.data, wording.labels(figure.id, text))[1:])
            >= 1
        )
    for status in ("zero", "censored", "failed"):
        assert chapter.missing(dataclasses.replace(answer(frame(ASKED[0]), ASKED[0]), without={status: 1}), text)
    written = {path for path in text.leaves() if path[0] == "experiments" or path[:2] == ("chapters", "experiments")}
    assert written - text.used == set()


def test_no_input_and_a_zero_input_have_names_apart(text):
    asked = experiment("inputs", "step-jacobians", {"cell": "rnn", "inputs": ["normal", "start", "zero"]})
    words = wording.labels("experiment-inputs", text)
    assert [told("inputs", level, words) for level in ("start", "zero")] == ["no input, random start", "zero input"]
    finding = wording.finding(answer(frame(asked), asked).figure, text)
    assert re.search(r"with (no input, random start|zero input|random input):", finding)


def test_a_caption_explains_brackets_and_the_gate_of_a_cell_without_a_forget_gate(text, page):
    html = page.read_text(encoding="utf-8")
    assert "forget gate has another gate for that (GRU: update z)" in html
    assert ">Forget bias</th>" in html
    mean = experiment("mean", "memory", {"cell": ["lstm", "rnn"], "gate_bias": [0, 1]}, seeds=8)
    figure = answer(frame(mean), mean).figure
    finding, read = wording.finding(figure, text), wording.how(figure, text)
    assert ("Brackets: 95 % interval of the mean." in read) == ("[" in finding)
    assert "GRU" not in finding + read


def test_a_comparison_says_how_long_both_take(text):
    asked = experiment("long", "runtime", {"cell": "lstm", "backend": ["cpu", "cpu-again", "torch"]}, blocks=4)
    found = answer(frame(asked), asked)
    finding = wording.finding(found.figure, text)
    assert re.search(r"recurbench takes [\d.]+ (m|µ)?s, PyTorch [\d.]+ (m|µ)?s: 1\.\d+", finding)
    assert {"own_s", "peer_s"} <= set(found.table.columns)
    assert value_name(found.figure.layout, found.figure.data, wording.labels(found.figure.id, text)) == (
        "time of PyTorch over recurbench’s, ratio"
    )


def test_the_sign_of_an_exponent_says_what_nearby_states_do(text):
    asked = experiment("signs", "lyapunov-spectrum", {"cell": ["rnn", "lstm"], "hidden_size": 4})
    rows = frame(asked)
    rows.loc[rows["cell"] == "rnn", "value"] += 2
    finding = wording.finding(answer(rows, asked).figure, text)
    assert "with RNN: nearby states come apart. It is −" in finding
    assert "with LSTM: nearby states come together." in finding


@pytest.mark.parametrize("form", citing.FORMATS)
def test_a_figure_of_an_experiment_is_cited_from_an_export(form, tmp_path):
    folder = kept(tmp_path, ASKED)
    cited = citation(folder, "experiment-long-memory", form, url="https://example.org/p.html")
    assert "Long memory" in cited or form == "latex"
    assert "experiment-long-memory" in cited
    with pytest.raises(ValueError, match=r"unknown figure 'experiment-long'.*experiment-long-memory"):
        citation(folder, "experiment-long", form)
    assert asked_in(folder) == ASKED


def test_an_opened_run_has_their_figures_too(tmp_path):
    opened = recurbench.open(kept(tmp_path, ASKED))
    assert list(opened.figures) == ["experiment-long-memory"]
    figure = opened.figures["experiment-long-memory"]
    assert figure.title == "Long memory"
    assert "LSTM, forget bias 3" in figure.alt
    assert opened.cite() == citation(tmp_path, None, "bibtex")
    assert "Long memory" in opened._repr_html_()
    with pytest.raises(KeyError, match="it needs a run of experiment:nothing"):
        opened.figures["experiment-nothing"]


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(-0.03, -2.5, 0.7, LOGARITHM, 5), "0.93 [0.0032, 5]"),
        (Estimate(-60.0, -61.6, -58.8, LOGARITHM, 5), "10⁻⁶⁰ [3 × 10⁻⁶², 2 × 10⁻⁵⁹]"),
        (Estimate(-700.0, -math.inf, -600.0, LOGARITHM, 5), "10⁻⁷⁰⁰ [0, 10⁻⁶⁰⁰]"),
        (Estimate(-1.0, -math.inf, math.inf, LOGARITHM, 2), "0.1"),
    ],
)
def test_a_logarithm_with_a_wide_interval_is_written_as_the_number(estimate, text):
    assert show(estimate) == text
    assert show_value(estimate) == text.partition(" [")[0]


def kept(folder: Path, experiments: tuple[Experiment, ...]) -> Path:
    """An export of experiments with their definitions."""
    exports.write(folder, frame(experiments[0]))
    about = About(experiments={each.name: each.as_json() for each in experiments})
    (folder / ABOUT).write_text(json.dumps(about.as_json()), encoding="utf-8")
    return folder
