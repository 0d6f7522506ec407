"""Experiments of one's own: the rows that count, what is drawn and quoted, and that nothing else changes."""

from __future__ import annotations

import dataclasses
import math
import pickle
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from analysis import analyse, build_figures
from analysis.cells import cells_of, using
from analysis.drawing.style import STYLES
from analysis.experiments.asked import answer, definitions
from analysis.experiments.chosen import rows_of
from analysis.figures import draw
from analysis.result import Estimate
from bench.case import as_row
from bench.experiments.cases import cases_of
from bench.experiments.definition import Experiment
from cells.registry import cell_meanings
from reports.catalogue import load_catalogue
from reports.wording import labels
from tests.support.rows import synthetic
from tests.support.rows.synthetic_experiments import experiment, frame

MACHINE = ({"cpu": "Example CPU", "cells": cell_meanings()},)
TIMES = {"cell": ["lstm", "gru"], "backend": ["cpu", "cpu-again", "torch"]}
LEGAL = [
    experiment("profile", "gradient-flow", {"cell": ["lstm", "gru"], "seq_len": [50, 100], "gate_bias": [0, 3]}),
    experiment("one-case", "gradient-flow", {"cell": "gru"}, seeds=1),
    experiment("against-bias", "gradient-flow", {"cell": "lstm", "gate_bias": [0, 1, 2]}, x="gate_bias"),
    experiment("short", "gradient-flow", {"cell": "lstm", "seq_len": [5, 100]}, x="seq_len"),
    experiment("many-levels", "every-step", {"cell": "gru", "gate_bias": [n / 5 for n in range(30)]}, seeds=1),
    experiment("cells-on-x", "every-step", {"seq_len": [20, 50]}, x="cell", colour="seq_len"),
    experiment("windows", "truncated", {"cell": "lstm", "initialiser": ["torch", "chrono:100"]}),
    experiment("windows-last", "truncated", {"cell": ["lstm", "gru"]}, x="cell"),
    experiment("jacobians", "step-jacobians", {"cell": ["rnn", "lstm"], "inputs": ["normal", "start"]}),
    experiment("jacobians-last", "step-jacobians", {"cell": "rnn", "input_size": [1, 4]}, x="input_size"),
    experiment("spectrum", "lyapunov-spectrum", {"cell": ["lstm", "gru"], "hidden_size": [8, 16]}),
    experiment("largest", "lyapunov-spectrum", {"cell": "lstm", "hidden_size": [8, 16]}, x="hidden_size"),
    experiment("gates", "gates", {"cell": ["lstm", "gru"], "gate_bias": [0, 1], "seq_len": 20}),
    experiment("opening", "gates", {"cell": "gru", "gate_bias": [0, 1], "seq_len": 20}, x="gate_bias"),
    experiment("memory", "memory", {"cell": "lstm", "write_bias": [0, -1]}, {"cell": "gru"}, column="cell"),
    experiment("learning", "training", {"cell": ["lstm", "gru"], "task": "temporal-order"}),
    experiment("errors", "training", {"cell": ["lstm", "gru"], "task": "adding", "learning_rate": [1e-3, 1e-2]}),
    experiment("both-scores", "training", {"cell": "gru", "task": ["adding", "delayed-xor"]}),
    experiment("at-the-end", "training", {"cell": ["lstm", "gru"], "hidden_size": [8, 16]}, x="hidden_size"),
    experiment("errors-at-the-end", "training", {"task": "adding", "seq_len": [20, 50]}, x="seq_len"),
    experiment("solved", "solving", {"cell": ["rnn", "gru"], "learning_rate": [1e-3, 1e-2]}),
    experiment("parameters", "parameters", {"hidden_size": [16, 64], "input_size": [1, 4], "merge": ["none", "mean"]}),
    experiment("ratio", "runtime", TIMES | {"seq_len": [25, 50]}, blocks=3),
    experiment("ratio-of-one", "runtime", TIMES | {"cell": "lstm"}, blocks=3),
    experiment("steps-of-a-number", "memory", {"cell": ["lstm", "gru"]}, x="step", column="seq_len"),
    experiment("places-of-what-does-not-vary", "every-step", {"cell": "gru"}, colour="hidden_size", column="inputs"),
    experiment("one-time", "runtime", {"cell": "gru"}, x="merge", colour="dtype", column="backend", blocks=2),
    experiment("every-merge", "runtime", {"merge": ["none", "mean", "concat"]}, column="merge", blocks=2),
    experiment("peer-alone", "runtime", {"backend": ["torch"], "threads": [1]}, x="backend", blocks=2),
    experiment("own-times", "runtime", {"cell": ["lstm", "gru"], "direction": ["inference", "training"]}, blocks=3),
    experiment("own-times-of-two-blocks", "runtime", {"cell": ["lstm", "gru"], "hidden_size": [8, 16]}, blocks=2),
]
FAST = ("profile", "one-case", "short", "gates", "memory", "learning", "solved", "parameters", "ratio", "own-times")
"""Those that are drawn by the fast tests too."""


@pytest.fixture(autouse=True)
def _known_cells() -> Iterator[None]:
    with using(cells_of(MACHINE)):
        yield


def slowly(asked: Experiment) -> object:
    marks = (pytest.mark.slow,) if asked.name not in FAST else ()
    return pytest.param(asked, id=asked.name, marks=marks)


@pytest.mark.parametrize("asked", [slowly(each) for each in LEGAL])
def test_every_legal_experiment_is_drawn(asked: Experiment) -> None:
    figure = answer(frame(asked), asked).figure
    assert figure is not None
    words = labels(figure.id, load_catalogue("en"))
    for style in STYLES if asked.name == "parameters" else STYLES[:1]:
        canvas = draw(pickle.loads(pickle.dumps(figure)), style, words)
        gids = {line.get_gid() for axes in canvas.axes for line in axes.lines if line.get_gid()}
        assert gids
        assert all(str(gid).startswith("series-") for gid in gids)


@pytest.mark.parametrize("asked", LEGAL, ids=lambda asked: asked.name)
def test_every_experiment_has_a_version_a_table_and_something_to_quote(asked: Experiment) -> None:
    found = answer(frame(asked), asked)
    again = answer(frame(asked).sample(frac=1, random_state=0), asked)
    assert found.figure is not None
    assert again.figure is not None
    assert found.table is not None
    assert found.figure.id == f"experiment-{asked.name}"
    assert found.figure.rows_sha == again.figure.rows_sha
    assert found.figure.studies == (asked.study,)
    assert found.figure.facts
    assert all(len(row) == len(found.table.columns) for row in found.table.rows)
    assert found.without == {}


@pytest.mark.parametrize("status", ["zero", "diverged", "failed"])
@pytest.mark.parametrize("measure", ["gradient-flow", "gates", "memory", "parameters", "runtime", "truncated"])
def test_an_experiment_without_any_value_says_so(measure: str, status: str) -> None:
    asked = experiment("nothing", measure, {"cell": ["lstm", "gru"]}, blocks=2)
    found = answer(frame(asked, status=status), asked)
    assert (found.figure, found.table) == (None, None)
    assert found.without == {status: found.rows}


def test_some_values_that_are_missing_are_counted_and_the_rest_is_drawn() -> None:
    asked = LEGAL[0]
    rows = frame(asked)
    lost = rows.index[(rows["step"] == 50) & (rows["cell"] == "gru")]
    rows.loc[lost, ["value", "status"]] = [np.nan, "zero"]
    found = answer(rows, asked)
    assert found.figure is not None
    assert found.without == {"zero": len(lost)}
    assert np.isneginf(found.figure.data["median"]).any()
    draw(found.figure, "page", labels(found.figure.id, load_catalogue("en")))


def test_the_gradient_is_that_of_all_that_a_cell_hands_on_over_its_value_at_lag_0() -> None:
    asked = experiment("flow", "gradient-flow", {"cell": "lstm"})
    rows = frame(asked)
    rows.loc[rows["metric"] == "log10_norm_joint", "value"] *= 2
    found = answer(rows, asked)
    assert found.figure is not None
    data = found.figure.data.set_index("lag")["median"]
    assert data[0] == 0
    assert data[100] == pytest.approx(2 * 100 * math.log10(0.9), rel=0.02)


def test_against_a_field_a_gradient_is_its_slope() -> None:
    asked = experiment("slope", "gradient-flow", {"cell": "rnn", "hidden_size": [8, 16]}, x="hidden_size")
    found = answer(frame(asked), asked)
    assert found.figure is not None
    assert found.figure.layout is not None
    assert found.figure.layout.reading == "decay-rate"
    assert found.figure.data["value"].to_numpy() == pytest.approx(math.log10(0.6), rel=0.02)


def test_times_of_a_peer_are_divided_block_by_block() -> None:
    asked = experiment("ratio", "runtime", TIMES, blocks=6)
    found = answer(frame(asked), asked)
    assert found.figure is not None
    assert set(found.figure.data["backend"]) == {"torch"}
    assert found.figure.data["ratio"].to_numpy() == pytest.approx(1.5, rel=0.05)
    least = found.figure.facts["torch_least"]
    assert isinstance(least, Estimate)
    assert least.low < least.value < least.high
    assert {"noise_low", "noise_high", "torch_mean"} <= set(found.figure.facts)


def test_counted_parameters_have_no_interval() -> None:
    asked = experiment("count", "parameters", {"cell": "lstm", "hidden_size": [16, 32]})
    found = answer(frame(asked), asked)
    assert found.figure is not None
    assert list(found.figure.data) == ["name", "hidden_size", "value"]
    assert found.table is not None
    assert "n" not in found.table.columns


def test_the_axis_of_ratios_shows_the_whole_band_of_noise() -> None:
    asked = experiment("ratio", "runtime", TIMES | {"cell": "lstm"}, blocks=6)
    figure = answer(frame(asked), asked).figure
    assert figure is not None
    wide = dataclasses.replace(figure, data=figure.data.assign(noise_low=0.69, noise_high=1.9))
    left, right = draw(wide, "page", labels(figure.id, load_catalogue("en"))).axes[0].get_xlim()
    assert left < 0.69
    assert right > 1.9


@pytest.mark.parametrize("asked", LEGAL, ids=lambda asked: asked.name)
def test_every_case_that_is_measured_counts(asked: Experiment) -> None:
    if "backend" in asked.grids[0]:
        pytest.skip("peers may be missing here")
    rows = pd.DataFrame([as_row(case) for case in cases_of(asked)])
    assert len(rows_of(rows, asked)) == len(rows)


def test_rows_of_an_earlier_definition_do_not_count() -> None:
    wide = experiment("e", "gradient-flow", {"cell": ["lstm", "gru"], "gate_bias": [0, 3], "hidden_size": 32}, seeds=4)
    narrow = experiment("e", "gradient-flow", {"cell": "gru", "gate_bias": [3], "hidden_size": 32}, seeds=2)
    moved = experiment("e", "gradient-flow", {"cell": "gru"}, seeds=2)
    rows = frame(wide)
    found = answer(rows, narrow)
    assert found.figure is not None
    assert set(found.figure.data["name"]) == {"gru"}
    assert found.figure.seeds == 2
    assert found.rows == len(frame(narrow))
    assert answer(rows, moved).rows == 0  # a size that no axis names is that of the measure


def test_an_initialiser_is_the_name_and_its_value() -> None:
    asked = experiment("init", "gradient-flow", {"cell": "gru", "initialiser": ["torch", "chrono:100"]})
    rows = pd.concat([frame(asked), frame(experiment("init", "gradient-flow", {"initialiser": "chrono:50"}))])
    found = answer(rows, asked)
    assert found.figure is not None
    assert set(found.figure.data["initialiser"]) == {"torch", "chrono:100"}


def test_what_the_definition_places_stays_there() -> None:
    asked = experiment(
        "e", "gradient-flow", {"cell": ["lstm", "gru"], "gate_bias": [0, 3]}, colour="gate_bias", column="cell"
    )
    figure = answer(frame(asked), asked).figure
    assert figure is not None
    assert figure.layout is not None
    assert (figure.layout.x, figure.layout.colour, figure.layout.panels) == ("lag", "gate_bias", ("name",))


def test_dots_have_no_kinds_of_line() -> None:
    axes = TIMES | {"dtype": ["float32", "float64"], "direction": ["inference", "training"]}
    asked = experiment("e", "runtime", axes | {"backend": ["cpu", "torch", "onnxruntime"]}, blocks=2)
    figure = answer(frame(asked), asked).figure
    assert figure is not None
    assert figure.layout is not None
    assert (figure.layout.x, figure.layout.line) == ("name", "")
    assert {figure.layout.colour, *figure.layout.panels} == {"direction", "dtype", "backend"}


def test_nothing_of_the_lecture_changes_with_experiments() -> None:
    rows = synthetic.frame(synthetic.Truth(seeds=2, blocks=2), studies=("parameters", "activations"))
    without = analyse(rows, MACHINE)
    asked = [LEGAL[0], LEGAL[1], experiment("not-measured", "gates", {"cell": "gru"})]
    own = frame(*asked[:2])
    own.loc[own.index[:3], ["value", "status"]] = [np.nan, "failed"]
    given = analyse(pd.concat([rows, own], ignore_index=True), MACHINE, experiments=asked)
    assert [each.definition for each in given.experiments] == asked[:2]
    assert repr(given.findings) == repr(without.findings)
    assert repr(given.facts) == repr(without.facts)
    assert [(each.id, each.rows_sha) for each in given.figures] == [
        (each.id, each.rows_sha) for each in without.figures
    ]
    assert repr(given.tables) == repr(without.tables)
    assert [each.id for each in given.every_figure[-2:]] == ["experiment-profile", "experiment-one-case"]


def test_a_figure_is_built_alone_as_with_all() -> None:
    rows = frame(LEGAL[0])
    built = build_figures(rows, MACHINE, ["experiment-profile"], [LEGAL[0]])["experiment-profile"]
    whole = answer(rows, LEGAL[0]).figure
    assert built is not None
    assert whole is not None
    assert built.rows_sha == whole.rows_sha
    with pytest.raises(ValueError, match=r"unknown figure 'experiment-other'.*experiment-profile"):
        build_figures(rows, MACHINE, ["experiment-other"], [LEGAL[0]])


def test_a_definition_that_cannot_be_read_is_named() -> None:
    assert definitions({"profile": LEGAL[0].as_json()}) == (LEGAL[0],)
    with pytest.raises(ValueError, match=r"experiment 'profile' of this run: .*measure"):
        definitions({"profile": LEGAL[0].as_json() | {"measure": "nonsense"}})


def test_only_figures_with_a_file_or_a_layout_are_drawn() -> None:
    figure = answer(frame(LEGAL[1]), LEGAL[1]).figure
    assert figure is not None
    with pytest.raises(ValueError, match="unknown figure 'experiment-one-case'"):
        draw(dataclasses.replace(figure, layout=None), "page", {})
