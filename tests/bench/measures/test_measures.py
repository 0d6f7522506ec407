import math
from dataclasses import replace

import numpy as np
import pytest

from bench.case import Case
from bench.contenders import own, own_flow
from bench.contenders.tolerance import TOLERANCE, tolerance
from bench.draw import draw
from bench.measures import activations, gates, jacobians, probes, runtime
from bench.measures import counts as parameters
from bench.measures import first_call as compiling
from bench.measures import gradient_flow as gradients
from bench.metrics import METRICS
from cells import cell_names
from cells.registry import main_cells

FLOW = Case(
    study="gradients", cell="lstm", direction="profile", seq_len=40, hidden_size=8, dtype="float64", input_size=2
)


def by_step(rows, metric):
    return {int(row.step): row.value for row in rows if row.metric == metric}


def test_lags_are_dense_at_first_and_reach_the_start():
    for steps in (1, 5, 10, 11, 20, 200, 1000):
        lags = gradients.lag_grid(steps)
        assert lags[0] == 0
        assert lags[-1] == steps
        assert (np.diff(lags) > 0).all()
        assert set(range(min(steps, 10) + 1)) <= set(lags)


@pytest.mark.parametrize("cell", cell_names())
def test_a_profile_agrees_with_finite_differences(cell):
    case = replace(FLOW, cell=cell, seq_len=4)
    layer, x, _, rng = draw(case)
    d_last = rng.standard_normal((1, case.hidden_size))
    start = {name: np.zeros((1, case.hidden_size)) for name in layer.spec.states}
    step, slopes = 1e-6, np.empty(case.hidden_size)
    for unit in range(case.hidden_size):
        ends = []
        for sign in (1, -1):
            moved = {name: value.copy() for name, value in start.items()}
            moved["h"][0, unit] = sign * step
            ends.append(float((layer(x, moved)[0][-1] * d_last).sum()))
        slopes[unit] = (ends[0] - ends[1]) / (2 * step)
    profile = by_step(gradients.measure_flow(case, 0), "log10_norm_h")
    assert profile[4] == pytest.approx(math.log10(np.linalg.norm(slopes)), abs=1e-6)


def test_the_forget_path_is_the_product_of_forget_gates():
    layer, x, _, _ = draw(FLOW)
    f = layer.forward(x).gates["f"][:, 0]
    path = by_step(gradients.measure_flow(FLOW, 0), "log10_forget_path")
    for lag in (0, 1, 7, 40):
        product = np.prod(f[len(f) - lag :], axis=0)
        assert path[lag] == pytest.approx(math.log10(np.sqrt(np.mean(product**2))), abs=1e-12)


def test_a_cell_state_that_no_gate_multiplies_is_kept_whole_at_every_lag():
    rows = [row for row in gradients.measure_flow(replace(FLOW, cell="lstm-1997"), 0) if "forget" in row.metric]
    assert {row.metric for row in rows} == set(gradients.FORGET_PATHS)
    assert len(rows) == 2 * len(gradients.lag_grid(FLOW.seq_len))
    assert {(row.value, row.status) for row in rows} == {(0.0, "ok")}


def test_a_gradient_that_is_exactly_zero_is_a_zero_row_not_a_gap():
    case = FLOW.replaced(cell="rnn", initialiser="gaussian", initialiser_value=0.0, seq_len=30)
    rows = gradients.measure_flow(case, 0)
    last = rows[-1]
    assert (last.status, last.value) == ("zero", None)
    assert "exactly 0" in last.reason


@pytest.mark.parametrize(("gain", "sign"), [(1e-30, -1), (1e30, 1)])
def test_a_gradient_beyond_every_float_is_a_number(gain, sign):
    case = FLOW.replaced(cell="rnn", initialiser="gaussian", initialiser_value=gain, inputs="zero", seq_len=40)
    rows = gradients.measure_flow(case, 0)
    assert all(row.status == "ok" for row in rows)
    assert by_step(rows, "log10_norm_h")[40] == pytest.approx(sign * 1200, abs=20)


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("hidden", [1, 3])
@pytest.mark.parametrize("cell", cell_names())
def test_the_smallest_cases_give_rows_that_are_finite(cell, hidden, steps):
    case = replace(FLOW, cell=cell, seq_len=steps, hidden_size=hidden)
    for measure in (gradients.measure_flow, gates.measure_gates, jacobians.measure, probes.measure_clamped):
        rows = measure(case, 0)
        assert rows
        assert all(row.status == "ok" for row in rows)


def test_a_gain_of_thirty_two_is_measured_without_an_infinity():
    for cell in ("rnn", "lstm", "gru"):
        case = replace(FLOW, cell=cell, initialiser="gaussian", initialiser_value=32.0, seq_len=3000, hidden_size=32)
        assert all(row.status == "ok" for row in gradients.measure_flow(case, 0))


def test_a_trace_that_holds_nan_is_a_failed_row_with_its_reason():
    case = replace(FLOW, dtype="float32")
    layer, x, _, _ = draw(case)
    trace = layer.forward(x)
    trace.runs[0].units.states[:] = np.nan
    rows = gradients.profile_rows(case, 0, trace, np.ones((1, case.hidden_size), np.float32))
    assert {row.metric for row in rows} == {"log10_norm_h", "log10_norm_c"}
    assert all(row.status == "diverged" and row.value is None and "NaN" in row.reason for row in rows)


def test_gates_stay_between_their_bounds_and_have_a_row_each_step():
    rows = gates.measure_gates(replace(FLOW, study="gates"), 0)
    for gate in "ifo":
        values = by_step(rows, f"gate_mean_{gate}")
        assert set(values) == set(range(1, 41))
        (low,) = by_step(rows, f"gate_min_{gate}").values()
        (high,) = by_step(rows, f"gate_max_{gate}").values()
        assert 0 < low <= min(values.values()) <= max(values.values()) <= high < 1


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 3e-7), ("float64", 1e-15)])
def test_activations_have_the_values_of_the_lecture(dtype, tolerance):
    rows = activations.measure(Case(study="activations", cell="activation", dtype=dtype), 0)
    found = {(row.metric, row.step): row.value for row in rows}
    expected = {5.0: (0.993307149, 0.999909204), 0.1: (0.524979187, 0.099667995), -0.5: (0.377540669, -0.462117157)}
    for x, (sigmoid, tanh) in expected.items():
        assert found["sigmoid", x] == pytest.approx(sigmoid, abs=tolerance + 5e-10)
        assert found["tanh", x] == pytest.approx(tanh, abs=tolerance + 5e-10)


def test_float32_sigma_rounds_to_one_where_exact_arithmetic_says():
    rows = activations.measure(Case(study="activations", cell="activation", dtype="float32"), 0)
    ones = min(row.step for row in rows if row.metric == "sigmoid" and row.value == 1.0)
    # 1 + exp(-x) rounds to 1 once exp(-x) is at most half of float32's last place of 1: x = ln 2^24 = 16.636
    assert 16.6 <= ones <= 16.7


def test_counts_agree_with_the_table():
    rows = parameters.measure(
        Case(study="parameters", cell="lstm", direction="count", input_size=10, hidden_size=100), 0
    )
    found = {row.metric: row.value for row in rows}
    assert (found["parameters_single"], found["parameters_double"]) == (44400, 44800)
    assert (found["gates"], found["affine_maps"]) == (3, 4)
    assert found["flops_training"] == 3 * found["flops_inference"] == 6 * found["parameters_none"]
    assert set(found) <= set(METRICS)


@pytest.mark.parametrize("direction", ["inference", "training"])
@pytest.mark.parametrize("merge", ["none", "mean"])
def test_a_runtime_item_is_validated_and_keeps_every_sample(direction, merge):
    case = Case(study="runtime", cell="lstm", direction=direction, merge=merge, seq_len=3, batch_size=2, hidden_size=5)
    rows = runtime.measure(case, 0, rounds=4)
    assert [row.replicate for row in rows if row.metric == "elapsed_s"] == [0, 1, 2, 3]
    assert all(row.value > 0 for row in rows if row.metric == "elapsed_s")
    (error,) = [row.value for row in rows if row.metric == "validation_error"]
    assert error < TOLERANCE["float32"]


@pytest.mark.parametrize("cell", main_cells())
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("direction", ["forward", "profile"])
def test_a_call_beside_a_plain_pass_is_validated_too(cell, direction, dtype):
    case = Case("call-costs", cell, direction=direction, seq_len=12, batch_size=2, hidden_size=5, dtype=dtype)
    rows = {row.metric: row.value for row in runtime.measure(case, 0, rounds=1)}
    assert set(rows) == {"elapsed_s", "validation_error"}
    assert 0 < rows["validation_error"] < TOLERANCE[dtype]


@pytest.mark.parametrize("cell", main_cells())
def test_a_profile_is_validated_where_float64_alone_would_lose_the_gradient(cell):
    shape = {"seq_len": 250, "hidden_size": 4, "dtype": "float64"}
    case = Case("call-costs", cell, direction="profile", **shape, initialiser="gaussian", initialiser_value=1e-2)
    assert runtime.validation_error(case) < TOLERANCE["float64"]


@pytest.mark.parametrize("cell", main_cells())
def test_the_sum_of_a_spectrum_is_that_of_float64(cell):
    case = Case("call-costs", cell, direction="spectrum", seq_len=310, hidden_size=4, input_size=2, dtype="float64")
    assert 0 < runtime.validation_error(case) < tolerance(case)


@pytest.fixture
def not_validated():
    """Every contender is validated anew."""
    runtime.validation_error.cache_clear()
    yield
    runtime.validation_error.cache_clear()


@pytest.mark.usefixtures("not_validated")
def test_a_wrong_contender_gets_no_time(monkeypatch):
    case = Case(study="runtime", cell="gru", seq_len=3, batch_size=2, hidden_size=5)
    right = own.OwnLayer.results

    def wrong(self):
        return {name: value + 1e-3 for name, value in right(self).items()}

    monkeypatch.setattr(own.OwnLayer, "results", wrong)
    with pytest.raises(ValueError, match=r"error .* against float64; allowed: 5e-05"):
        runtime.measure(case, 0, rounds=1)


@pytest.mark.usefixtures("not_validated")
@pytest.mark.parametrize(("direction", "off"), [("profile", 1e-3), ("spectrum", 1e-6)])
def test_a_wrong_profile_or_spectrum_gets_no_time(monkeypatch, direction, off):
    case = Case("call-costs", "gru", direction=direction, seq_len=310, hidden_size=4, dtype="float64")
    right = own_flow.OwnFlow.results
    monkeypatch.setattr(own_flow.OwnFlow, "results", lambda self: {"output": right(self)["output"] * (1 + off)})
    with pytest.raises(ValueError, match="against float64"):
        runtime.measure(case, 0, rounds=1)


@pytest.mark.usefixtures("not_validated")
def test_a_contender_that_gives_nan_is_wrong(monkeypatch):
    case = Case(study="runtime", cell="gru", seq_len=3, batch_size=2, hidden_size=5)
    monkeypatch.setattr(own.OwnLayer, "results", lambda self: {"output": np.full((3, 2, 5), np.nan)})
    with pytest.raises(ValueError, match="against float64"):
        runtime.measure(case, 0, rounds=1)


def test_what_no_contender_can_do_is_refused_with_the_reason():
    case = Case(study="runtime", cell="convolution", direction="training")
    with pytest.raises(ValueError, match="convolution: given training, none; allowed: inference, none"):
        runtime.measure(case, 0, rounds=1)


def test_a_call_that_no_layer_has_is_refused_with_the_reason():
    with pytest.raises(ValueError, match="no call does 'count'; allowed: inference, forward, training, profile, spec"):
        runtime.measure(Case("call-costs", "rnn", direction="count"), 0, rounds=1)
    with pytest.raises(ValueError, match="profile: given merge 'mean'; allowed: 'none'"):
        runtime.measure(Case("call-costs", "rnn", direction="profile", merge="mean"), 0, rounds=1)


@pytest.mark.slow
def test_a_warm_first_call_needs_no_compilation():
    rows = compiling.measure(Case(study="compile", cell="rnn", hidden_size=4, input_size=2), 0, 1)
    cold, warm = (row.value for row in rows)
    assert warm < cold / 2


@pytest.mark.parametrize("field", ["seq_len", "hidden_size", "input_size", "batch_size", "threads"])
def test_a_case_refuses_sizes_below_one(field):
    with pytest.raises(ValueError, match=rf"case\.{field} is 0; allowed: 1 or more"):
        replace(FLOW, **{field: 0})


def test_a_case_refuses_an_unknown_backend():
    with pytest.raises(ValueError, match="unknown backend 'tpu'; known: cpu"):
        replace(FLOW, backend="tpu")
