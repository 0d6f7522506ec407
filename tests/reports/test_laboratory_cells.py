"""The laboratory's cells in a browser: the same weights and inputs give the kernels' values, gradients and profiles."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cells import Layer, gradient_profile
from cells.initialisers import Initialiser, chrono, gaussian, with_keep_bias
from cells.registry import find_cell
from reports import bundle
from tests.support.browser import CHROMIUM, opened

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium installed"),
]
CELLS = ("rnn", "lstm", "gru")
VALUES = 1e-12
"""Absolute: both sides are float64; sums of at most a hundred products in another order, tanh and exp within 2 ULP."""
DECADES = 1e-9
"""Of a profile: a relative error of 1e-12 a step, over hundreds of steps."""
SHORT = {"weight_ih_l0": "ih", "weight_hh_l0": "hh", "bias_ih_l0": "bi", "bias_hh_l0": "bh"}
PAGE = """<!DOCTYPE html><html lang="en"><title>t</title><pre id="found"></pre><script>"use strict";
SCRIPTS
const given = GIVEN;
// dL/db of a row of gates: the sum over steps.
const biasGradient = (found, row) =>
  found.slice(1).reduce((sum, d) => sum + d.sums[row] * 2 ** d.exponent, 0);
document.getElementById("found").textContent = JSON.stringify((() => { BODY })());
</script></html>"""


def in_browser(folder: Path, body: str, given: Any) -> Any:
    """Return what `body`, the inside of a function that knows `given` and the laboratory's cells, returns there."""
    folder_of_scripts = bundle.FOLDER / "script"
    scripts = "".join((folder_of_scripts / f"laboratory-{name}.js").read_text() for name in ("cells", "weights"))
    page = folder / "cells.html"
    filled = PAGE.replace("BODY", body).replace("GIVEN", json.dumps(given)).replace("SCRIPTS", scripts)
    page.write_text(filled, encoding="utf-8")
    found = re.search(r'<pre id="found">(.+?)</pre>', opened(page, folder / "profile").stdout, re.DOTALL)
    assert found is not None, "the script of the page has not ended"
    return json.loads(html.unescape(found[1]))


def case(cell: str, steps: int, hidden: int, initialiser: str | Initialiser, inputs: int = 3) -> dict[str, Any]:
    """Return a layer with input and gradient of its last state, for both sides."""
    rng = np.random.default_rng([steps, hidden])
    layer = Layer(cell, inputs, hidden, dtype="float64", initialiser=initialiser, rng=rng)
    return {"layer": layer, "x": rng.standard_normal((steps, 1, inputs)), "last": rng.standard_normal((1, hidden))}


def told(cell: str, one: dict[str, Any]) -> dict[str, Any]:
    """Return a case as the page reads it."""
    weights = {SHORT[name]: values.reshape(-1).tolist() for name, values in one["layer"].parameters.items()}
    return {"cell": cell, "weights": weights, "x": one["x"][:, 0].tolist(), "last": one["last"][0].tolist()}


RUN = """
return given.map(({ cell, weights, x, last }) => {
  for (const name in weights) weights[name] = Float64Array.from(weights[name]);
  const steps = cells.run(cell, weights, x), found = cells.back(cell, weights, steps, Float64Array.from(last));
  const plain = (v, d) => [...v].map((value) => value * 2 ** d.exponent);
  return {
    states: ["h", "c"].map((name) => steps.map((step) => [...step[name]])),
    gradients: found.map((d) => ({ h: plain(d.h, d), c: plain(d.total, d) })),
    bias: Array.from(weights.bi, (_, row) => biasGradient(found, row)),
    profile: Object.fromEntries(
      [["h", ["h"]], ["c", ["total"]], ["joint", ["h", "c"]]]
        .map(([name, of]) => [name, cells.profile(found, of).map(String)]),
    ),
  };
});"""


def test_values_gradients_and_profiles_are_those_of_the_kernels(tmp_path):
    cases = {}
    for cell in CELLS:
        cases[cell, "usual"] = case(cell, 30, 7, "torch")
        cases[cell, "strong"] = case(cell, 20, 9, with_keep_bias(gaussian(3.0), 1.5))
        # Far below the least float64, 1e-308.
        cases[cell, "lost"] = case(cell, 1500, 8, with_keep_bias("torch", -3.0), inputs=1)
    found = in_browser(tmp_path, RUN, [told(cell, one) for (cell, _), one in cases.items()])
    for ((cell, kind), one), ours in zip(cases.items(), found, strict=True):
        layer: Layer = one["layer"]
        trace = layer.forward(one["x"])
        d_output = np.zeros(trace.output.shape)
        d_output[-1] = one["last"]
        gradients = trace.backward(d_output)
        profile = gradient_profile(layer, one["x"], one["last"])
        bias = gradients.parameters["bias_ih_l0"]
        np.testing.assert_allclose(ours["bias"], bias, rtol=0, atol=VALUES * max(1.0, np.abs(bias).max()))
        for n, state in enumerate(layer.spec.states):
            where = f"{cell}, {kind}, {state}"
            np.testing.assert_allclose(
                ours["states"][n], trace.states[state][1:, 0], rtol=0, atol=VALUES, err_msg=where
            )
            flowed = [step[state] for step in ours["gradients"]]
            wanted = gradients.states[state][:, 0]
            size = max(1.0, np.abs(wanted).max())
            np.testing.assert_allclose(flowed, wanted, rtol=0, atol=VALUES * size, err_msg=where)
            decades = np.array([float(value.replace("Infinity", "inf")) for value in ours["profile"][state]])
            np.testing.assert_allclose(decades, profile[state][:, 0], rtol=0, atol=DECADES, err_msg=where)
        lowest = min(float(value) for value in ours["profile"]["h"])
        assert (lowest < -350) == (kind == "lost"), f"{cell}, {kind}: down to 10^{lowest:.0f}"


def test_the_joint_profile_is_that_of_the_measure(tmp_path):
    from cells.flow.profile import trace_profile

    one = case("lstm", 60, 8, chrono(100.0))
    (ours,) = in_browser(tmp_path, RUN, [told("lstm", one)])
    wanted = trace_profile(one["layer"].forward(one["x"]), one["last"])["joint"][:, 0]
    np.testing.assert_allclose([float(value) for value in ours["profile"]["joint"]], wanted, rtol=0, atol=DECADES)


def test_the_gradient_is_that_of_finite_differences(tmp_path):
    one = told("lstm", case("lstm", 12, 5, "torch"))
    body = """
    const { cell, weights, x, last } = given;
    for (const name in weights) weights[name] = Float64Array.from(weights[name]);
    const loss = () => cells.run(cell, weights, x).at(-1).h.reduce((sum, h, k) => sum + h * last[k], 0);
    const found = cells.back(cell, weights, cells.run(cell, weights, x), Float64Array.from(last));
    return [...weights.bi].map((bias, k) => {
      const step = 1e-5, ends = [bias + step, bias - step].map((value) => { weights.bi[k] = value; return loss(); });
      weights.bi[k] = bias;
      return [(ends[0] - ends[1]) / (2 * step), biasGradient(found, k)];
    });"""
    differences, ours = np.array(in_browser(tmp_path, body, one)).T
    np.testing.assert_allclose(ours, differences, rtol=0, atol=1e-9)  # step² and rounding over the step
    assert np.abs(ours).max() > 0.1


def test_two_directions_are_two_layers(tmp_path):
    rng = np.random.default_rng(5)
    layer = Layer("lstm", 2, 6, dtype="float64", bidirectional="concat", rng=rng)
    x = rng.standard_normal((17, 1, 2))
    weights = [
        {short: layer.parameters[name + ending].reshape(-1).tolist() for name, short in SHORT.items()}
        for ending in ("", "_reverse")
    ]
    body = """
    const [x, ...weights] = given;
    const states = (w, read) => cells.run("lstm", w, read).map(({ h }) => [...h]);
    return [states(weights[0], x), states(weights[1], [...x].reverse()).reverse()];"""
    forward, backward = in_browser(tmp_path, body, [x[:, 0].tolist(), *weights])
    np.testing.assert_allclose(np.concatenate((forward, backward), axis=1), layer(x)[0][:, 0], rtol=0, atol=VALUES)


DRAWN = """
const of = (cell, initialiser, settings = {}, H = 64) =>
  networks.draw(cell, initialiser, 4, H, networks.generator(3), settings);
const told = (w) => Object.fromEntries(Object.entries(w).map(([name, values]) => [name, [...values]]));
return given.map(([cell, initialiser, settings]) => told(of(cell, initialiser, settings)));"""
HIDDEN, INPUTS = 64, 4


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], dict[str, Any]]:
    given = [
        ("lstm", "torch", {}), ("gru", "torch", {"gain": 2, "bias": 3}), ("lstm", "keras", {}), ("gru", "keras", {}),
        ("lstm", "torch-fb1", {}), ("rnn", "orthogonal", {}), ("gru", "orthogonal", {}), ("lstm", "chrono", {}),
        ("gru", "chrono", {}), ("rnn", "gaussian", {"gain": 1.5}), ("rnn", "torch", {}),
    ]  # fmt: skip
    found = in_browser(tmp_path_factory.mktemp("drawn"), DRAWN, given)
    return {
        (cell, initialiser): {name: np.array(values) for name, values in one.items()}
        for (cell, initialiser, _), one in zip(given, found, strict=True)
    }


def gate(cell: str, values: np.ndarray, name: str) -> np.ndarray:
    return find_cell(cell).gate_block(values, name, HIDDEN)


def test_uniform_numbers_fill_their_range(drawn):
    bound = 1 / np.sqrt(HIDDEN)
    for values in drawn["lstm", "torch"].values():
        assert bound * 0.9 < np.abs(values).max() <= bound
    hh = drawn["lstm", "torch"]["hh"]
    assert abs(hh.mean()) < 4 * bound / np.sqrt(3 * hh.size)
    assert hh.std() == pytest.approx(bound / np.sqrt(3), rel=0.02)
    assert np.corrcoef(hh[:-1], hh[1:])[0, 1] == pytest.approx(0, abs=4 / np.sqrt(hh.size))


def test_gain_multiplies_and_the_bias_moves_the_gate_that_keeps(drawn):
    moved, bound = drawn["gru", "torch"], 1 / np.sqrt(HIDDEN)
    assert np.abs(moved["hh"]).max() == pytest.approx(2 * bound, rel=0.01)
    assert gate("gru", moved["bi"], "z").mean() == pytest.approx(3, abs=bound)
    assert np.abs(gate("gru", moved["bi"], "r")).max() <= bound
    assert np.abs(moved["bh"]).max() <= bound


def test_orthogonal_matrices_are_orthogonal(drawn):
    for cell in ("lstm", "gru"):
        columns = drawn[cell, "keras"]["hh"].reshape(-1, HIDDEN)
        np.testing.assert_allclose(columns.T @ columns, np.eye(HIDDEN), atol=1e-12)
    for each in (
        drawn["rnn", "orthogonal"]["hh"],
        gate("gru", drawn["gru", "orthogonal"]["hh"].reshape(-1, HIDDEN), "n"),
    ):
        square = each.reshape(HIDDEN, HIDDEN)
        np.testing.assert_allclose(square.T @ square, np.eye(HIDDEN), atol=1e-12)


def test_forget_biases_are_those_of_the_libraries(drawn):
    keras, fb1 = drawn["lstm", "keras"], drawn["lstm", "torch-fb1"]
    assert set(gate("lstm", keras["bi"], "f")) == {1.0}
    assert set(gate("lstm", keras["bi"], "i")) == {0.0}
    assert not drawn["gru", "keras"]["bi"].any()  # its update gate keeps the output: no forget gate
    assert np.abs(gate("lstm", fb1["bi"], "f") - 1).max() <= 1 / np.sqrt(HIDDEN)
    assert np.abs(keras["ih"]).max() == pytest.approx(np.sqrt(6 / (INPUTS + 4 * HIDDEN)), rel=0.02)


def test_chrono_spreads_the_gates_that_keep(drawn):
    for cell, keeps in (("lstm", "f"), ("gru", "z")):
        one = drawn[cell, "chrono"]
        kept = np.exp(gate(cell, one["bi"], keeps))
        assert kept.min() >= 1
        assert 90 < kept.max() <= 99
        assert kept.mean() == pytest.approx(50, abs=15)
        assert not gate(cell, one["bh"], keeps).any()
    lstm = drawn["lstm", "chrono"]
    np.testing.assert_array_equal(gate("lstm", lstm["bi"], "i"), -gate("lstm", lstm["bi"], "f"))


def test_gaussian_weights_have_their_gain(drawn):
    one = drawn["rnn", "gaussian"]
    assert one["hh"].std() * np.sqrt(HIDDEN) == pytest.approx(1.5, rel=0.05)
    assert one["ih"].std() * np.sqrt(INPUTS) == pytest.approx(1, rel=0.15)
    assert not one["bi"].any()
