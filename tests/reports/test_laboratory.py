"""What the laboratory is given: measured settings, trained networks, and words for every part."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from analysis.cells import using
from bench.task import score
from bench.tasks.registry import find_task
from bench.tasks.temporal_order import PLACES, bounds
from cells import Layer
from cells.registry import find_cell
from cells.training import Model
from reports import bundle
from reports.laboratory import networks
from reports.laboratory.blocks import LISTED, ONLY, cell_laboratory, data_block, gradient_laboratory
from reports.laboratory.measured import (
    BIASES,
    GAINS,
    drawn_gain,
    forget_paths,
    kept_bias,
    measured_settings,
)
from reports.page import CellLaboratory, GradientLaboratory
from reports.scene import Scene
from tests.support.rows import synthetic_analysis as synthetic

LABORATORY = ("laboratory-cells", "laboratory-weights", "laboratory-gradient", "laboratory-cell")
MOST_BYTES = 18_000
"""Of the laboratory's scripts together, comments and indentation aside."""


@pytest.fixture(scope="module")
def scene(text) -> Scene:
    return Scene(synthetic.full(text), text, {}, {}, "")


def test_measured_settings_are_those_of_the_figures(scene):
    found = measured_settings(scene)
    curves = [item for item in found if "curves" in item]
    assert {item["cell"] for item in curves} == {"rnn", "lstm", "gru"}
    for item in curves:
        low, median, high = item["curves"]
        assert item["lags"] == [0, 8, 16, 24, 32]
        assert median == [0, -0.8, -1.6, -2.4, -3.2]
        assert all(a <= b <= c for a, b, c in zip(low, median, high, strict=True))
        assert item["gain"] == pytest.approx(1 / np.sqrt(3), abs=1e-3)
        assert "H = 64, T = 40" in item["told"]
    rates = [item for item in found if "slope" in item]
    assert next(item["slope"] for item in rates if item["cell"] == "gru") == [-0.31, -0.3, -0.29]
    assert {item["gain"] for item in rates} == {0.5, 1, 2}
    assert all("20 networks" in item["told"] for item in found)


def test_a_gradient_of_exactly_zero_is_left_out_of_the_page(text):
    whole = synthetic.full(text)
    figures = []
    for figure in whole.figures:
        if figure.id in ("gradient-profile", "phase-diagram", "forget-bias"):
            data = figure.data.reset_index(drop=True)
            data.loc[data.index[data["name"].isin(["gru", "lstm"])][-1], "low"] = -np.inf
            figure = replace(figure, data=data)
        figures.append(figure)
    scene = Scene(replace(whole, figures=tuple(figures)), text, {}, {}, "")
    before = Scene(whole, text, {}, {}, "")
    found = [*measured_settings(scene), *forget_paths(scene)]
    assert "inf" not in json.dumps(found, allow_nan=False)
    assert len(measured_settings(scene)) == len(measured_settings(before)) - 1  # the rate; a curve ends earlier


def test_forget_paths_are_measured_at_each_bias(scene):
    found = forget_paths(scene)
    assert [item["bias"] for item in found] == [0, 2]
    assert "forget bias 2" in found[1]["told"]


def test_nothing_measured_is_no_setting(text):
    empty = Scene(synthetic.empty(), text, {}, {}, "")
    assert measured_settings(empty) == []
    assert forget_paths(empty) == []
    block = gradient_laboratory(GradientLaboratory(), empty)
    assert block["rows"] == []
    assert block["caption"] is None


def test_biases_are_those_that_the_initialisers_draw():
    """The middle of the gate that keeps, and the spread of a recurrent weight, as the suite draws them."""
    from cells.initialisers import find_initialiser

    for name in GAINS:
        for cell in ("rnn", "lstm", "gru"):
            if cell not in ONLY.get(name, LISTED):
                continue
            value = {"gaussian": 1.0, "chrono": 100.0}.get(name)
            spec, hidden = find_cell(cell), 200
            drawn = find_initialiser(name, value)(spec, 1, hidden, np.random.default_rng(1))
            gate = spec.gate_block(drawn["weight_hh_l0"], spec.gates[-1], hidden)
            spread = np.linalg.norm(gate) / np.sqrt(hidden)
            assert spread == pytest.approx(drawn_gain(cell, name), rel=0.03)
            if spec.keeps is not None:
                bias = spec.gate_block(drawn["bias_ih_l0"], spec.keeps.gate, hidden)
                assert np.median(bias) == pytest.approx(kept_bias(cell, name), abs=0.2)
    assert set(BIASES) <= set(GAINS)


def test_data_cannot_close_their_element():
    block = str(data_block({"words": "</script><b>&"}))
    assert not set("<>&") & set(block)
    assert json.loads(block) == {"words": "</script><b>&"}


def test_every_trained_cell_has_a_line_for_each_equation(scene):
    with using(scene.analysis.cells):
        block = cell_laboratory(CellLaboratory(), scene)
    assert [name for name, *_ in block["cells"]] == ["rnn", "lstm", "gru"]
    for name, _, lines in block["cells"]:
        assert [line for line, *_ in lines] == list(networks.LINES[name])
        spec = find_cell(name)
        assert {of for of, _ in networks.LINES[name].values()} <= {*spec.gates, *spec.states}


def test_examples_are_sequences_of_the_task():
    for answer, sequence in networks.EXAMPLES.items():
        assert set(sequence) <= set(networks.SYMBOLS)
        assert len(sequence) == networks.stored()["seq_len"]
        for symbol, place in zip(answer, PLACES, strict=True):
            first, last = bounds(place, len(sequence))
            assert symbol in sequence[first : last + 1]
        assert sum(sequence.count(symbol) for symbol in "XY") == 2


def model_of(cell: str, when: str) -> Model:
    stored = networks.stored()
    task, hidden = find_task(stored["task"]), stored["hidden_size"]
    model = Model(Layer(cell, task.inputs, hidden), task.outputs, reads=task.reads, loss=task.loss)
    numbers = stored["networks"][cell][when]
    shapes = {name: values.shape for name, values in model.parameters.items()}
    model.load_parameters({name: np.array(numbers[name], np.float32).reshape(shape) for name, shape in shapes.items()})
    return model


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_trained_networks_solve_fresh_sequences_and_untrained_ones_do_not(cell):
    stored = networks.stored()
    task = find_task(stored["task"])
    fresh = task.draw(np.random.default_rng(12345), stored["seq_len"], 2000)
    right = {when: score(task, model_of(cell, when).predict(fresh.x), fresh) for when in ("before", "after")}
    assert right["after"] >= 0.995
    assert right["before"] == pytest.approx(1 - stored["networks"][cell]["before"]["error"], abs=0.05)
    assert right["before"] < 0.4
    assert stored["networks"][cell]["after"]["error"] <= 0.005


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_trained_networks_answer_the_examples(cell):
    symbols = np.eye(len(networks.SYMBOLS), dtype=np.float32)
    for answer, sequence in networks.EXAMPLES.items():
        x = symbols[[networks.SYMBOLS.index(symbol) for symbol in sequence]][:, None]
        assert networks.ANSWERS[int(model_of(cell, "after").predict(x).argmax())] == answer


def test_the_laboratory_is_small():
    packed = sum(len(bundle.REMARK.sub("", bundle._read("script", f"{name}.js")).encode()) for name in LABORATORY)
    assert packed <= MOST_BYTES


def test_a_hostile_name_is_no_setting(scene):
    figures = [replace(figure, data=figure.data.assign(name="</script>")) for figure in scene.analysis.figures]
    hostile = replace(scene, analysis=replace(scene.analysis, figures=tuple(figures)))
    assert measured_settings(hostile) == []
