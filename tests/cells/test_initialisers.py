"""Every named initialiser has the distribution and the structure of its definition."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import stats

from cells import Layer, cell_names, initialisers
from cells.registry import find_cell
from cells.spec import Keeps

H = 160
INPUTS = 24
IMPLAUSIBLE = 1e-6  # a right distribution fails a Kolmogorov-Smirnov test at this level once in 1e6 seeds
ORTHOGONAL = 1e-12  # QR of a matrix of side 160 in float64
NAMES = ("torch", "keras", "torch-fb1", "orthogonal")
EVERY = {name: name for name in NAMES} | {
    "gaussian": initialisers.gaussian(1.5),
    "chrono": initialisers.chrono(100),
}


def drawn(cell, initialiser, *, seed=0, dtype="float64", merge=None, hidden_size=H) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    sizes = {"input_size": INPUTS, "hidden_size": hidden_size}
    return dict(Layer(cell, **sizes, dtype=dtype, initialiser=initialiser, bidirectional=merge, rng=rng).parameters)


def block(cell: str, array: np.ndarray, gate: str, hidden_size: int = H) -> np.ndarray:
    """The rows of one gate."""
    return find_cell(cell).gate_block(array, gate, hidden_size)


def bias(cell: str, parameters: dict[str, np.ndarray], gate: str) -> np.ndarray:
    """The biases of a gate, added: two of one that sees the state."""
    spec = find_cell(cell)
    names = ("bias_ih_l0", "bias_hh_l0") if gate in spec.hidden_gates else ("bias_ih_l0",)
    return sum(block(cell, parameters[name], gate) for name in names)


def is_uniform(values: np.ndarray, bound: float) -> bool:
    inside = np.max(np.abs(values)) <= bound
    return bool(inside and stats.kstest(values.ravel(), stats.uniform(-bound, 2 * bound).cdf).pvalue > IMPLAUSIBLE)


def assert_orthonormal_columns(matrix: np.ndarray) -> None:
    np.testing.assert_allclose(matrix.T @ matrix, np.eye(matrix.shape[1]), rtol=0, atol=ORTHOGONAL)


@pytest.mark.parametrize("initialiser", EVERY.values(), ids=EVERY)
@pytest.mark.parametrize("cell", cell_names())
def test_same_rng_gives_same_parameters(cell, initialiser):
    one, two = drawn(cell, initialiser, seed=3), drawn(cell, initialiser, seed=3)
    other = drawn(cell, initialiser, seed=4)
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name])
    assert any(not np.array_equal(array, other[name]) for name, array in one.items())


@pytest.mark.parametrize("initialiser", EVERY.values(), ids=EVERY)
@pytest.mark.parametrize("cell", cell_names())
def test_float32_parameters_are_the_float64_ones_rounded(cell, initialiser):
    wide, narrow = drawn(cell, initialiser), drawn(cell, initialiser, dtype="float32")
    for name, array in wide.items():
        assert narrow[name].dtype == np.float32
        np.testing.assert_allclose(narrow[name], array.astype(np.float32), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("initialiser", EVERY.values(), ids=EVERY)
@pytest.mark.parametrize("cell", cell_names())
def test_parameters_have_the_names_and_shapes_of_torch(cell, initialiser):
    kH, hH = (len(gates) * H for gates in (find_cell(cell).gates, find_cell(cell).hidden_gates))
    shapes = {"weight_ih": (kH, INPUTS), "bias_ih": (kH,)}
    if hH:  # the gates that see the state
        shapes |= {"weight_hh": (hH, H), "bias_hh": (hH,)}
    one, two = drawn(cell, initialiser), drawn(cell, initialiser, merge="concat")
    assert {n: a.shape for n, a in one.items()} == {f"{n}_l0": s for n, s in shapes.items()}
    both = {f"{n}_l0{suffix}": s for n, s in shapes.items() for suffix in ("", "_reverse")}
    assert {n: a.shape for n, a in two.items()} == both
    assert all(np.all(np.isfinite(a)) for a in two.values())


@pytest.mark.parametrize("initialiser", EVERY.values(), ids=EVERY)
@pytest.mark.parametrize("cell", cell_names())
def test_the_two_directions_are_drawn_apart(cell, initialiser):
    parameters = drawn(cell, initialiser, merge="mean")
    weights = [name for name in parameters if name.startswith("weight_") and name.endswith("_l0")]
    assert weights
    for name in weights:
        assert not np.array_equal(parameters[name], parameters[name + "_reverse"])


@pytest.mark.parametrize("cell", cell_names())
def test_torch_draws_everything_uniform_within_one_over_root_hidden(cell):
    for name, array in drawn(cell, "torch", merge="concat").items():
        assert is_uniform(array, 1.0 / H**0.5), name


@pytest.mark.parametrize("cell", cell_names())
def test_torch_fb1_is_torch_with_one_forget_bias_at_one(cell):
    plain, raised = drawn(cell, "torch"), drawn(cell, "torch-fb1")
    changed = [name for name in plain if not np.array_equal(plain[name], raised[name])]
    spec = find_cell(cell)
    if spec.forget_gate is None:
        assert changed == []
        return
    assert changed == ["bias_ih_l0"]
    forget, sign = spec.forget_gate.gate, spec.forget_gate.sign
    for gate in set(spec.gates) - {forget}:
        np.testing.assert_array_equal(block(cell, raised[changed[0]], gate), block(cell, plain[changed[0]], gate))
    raised_by = block(cell, raised[changed[0]], forget) - block(cell, plain[changed[0]], forget)
    np.testing.assert_allclose(raised_by, sign, rtol=0, atol=1e-15)
    assert np.mean(bias(cell, raised, forget)) == pytest.approx(sign, abs=0.05)


@pytest.mark.parametrize("cell", cell_names())
def test_keras_has_glorot_inputs_and_one_orthogonal_recurrent_kernel(cell):
    parameters, spec = drawn(cell, "keras"), find_cell(cell)
    assert is_uniform(parameters["weight_ih_l0"], (6.0 / (INPUTS + len(spec.gates) * H)) ** 0.5)
    assert ("weight_hh_l0" in parameters) == (spec.hidden_gates != ())
    if spec.hidden_gates:
        assert_orthonormal_columns(parameters["weight_hh_l0"])


@pytest.mark.parametrize("cell", cell_names())
def test_keras_has_zero_biases_but_one_forget_bias_at_one(cell):
    forget = find_cell(cell).forget_gate
    parameters = {name: values.copy() for name, values in drawn(cell, "keras", merge="sum").items()}
    for suffix in ("_l0", "_l0_reverse"):
        if forget is not None:
            raised = block(cell, parameters["bias_ih" + suffix], forget.gate)
            np.testing.assert_array_equal(raised, np.full(H, forget.sign))
            raised[:] = 0.0
    assert not any(values.any() for name, values in parameters.items() if name.startswith("bias_"))


@pytest.mark.parametrize("cell", cell_names())
def test_orthogonal_is_orthogonal_gate_by_gate(cell):
    parameters = drawn(cell, "orthogonal", merge="concat")
    for suffix in ("_l0", "_l0_reverse"):
        blocks = [block(cell, parameters["weight_hh" + suffix], gate) for gate in find_cell(cell).hidden_gates]
        for matrix in blocks:
            assert_orthonormal_columns(matrix)
        assert all(not np.array_equal(blocks[0], other) for other in blocks[1:])


def test_orthogonal_matrices_have_no_preferred_direction():
    """Haar measure: without the signs of R's diagonal, QR makes the diagonal of Q negative too often."""
    traces = [
        np.trace(block("lstm", drawn("lstm", "orthogonal", seed=seed, hidden_size=6)["weight_hh_l0"], gate, 6))
        for seed in range(60)
        for gate in "ifgo"
    ]
    assert abs(np.mean(traces)) < 5.0 / len(traces) ** 0.5  # the trace of a Haar matrix has mean 0 and variance 1


@pytest.mark.parametrize("gain", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("cell", [cell for cell in cell_names() if find_cell(cell).hidden_gates])
def test_gaussian_has_recurrent_weights_of_variance_gain_squared_over_hidden(cell, gain):
    weights = drawn(cell, initialisers.gaussian(gain))["weight_hh_l0"]
    assert stats.kstest(weights.ravel(), stats.norm(0.0, gain / H**0.5).cdf).pvalue > IMPLAUSIBLE


@pytest.mark.parametrize("t_max", [3, 100, 1000])
def test_chrono_draws_the_forget_bias_as_log_of_a_uniform_time(t_max):
    parameters = drawn("lstm", initialisers.chrono(t_max))
    forget = bias("lstm", parameters, "f")
    times = np.exp(forget)
    assert times.min() >= 1.0 - 1e-12
    assert times.max() <= t_max - 1.0 + 1e-9
    assert stats.kstest(times, stats.uniform(1.0, t_max - 2.0).cdf).pvalue > IMPLAUSIBLE
    np.testing.assert_allclose(bias("lstm", parameters, "i"), -forget, rtol=0, atol=1e-12)


@pytest.mark.parametrize("t_max", [3, 100])
@pytest.mark.parametrize("cell", ["gru", "gru-reset-before"])
def test_chrono_raises_the_gate_that_keeps_a_gru_state(cell, t_max):
    times = np.exp(bias(cell, drawn(cell, initialisers.chrono(t_max)), "z"))
    assert times.min() >= 1.0 - 1e-12
    assert times.max() <= t_max - 1.0 + 1e-9
    assert stats.kstest(times, stats.uniform(1.0, t_max - 2.0).cdf).pvalue > IMPLAUSIBLE


@pytest.mark.parametrize("cell", [cell for cell in cell_names() if find_cell(cell).keeps is not None])
@pytest.mark.parametrize("when", ["open", "closed"])
def test_a_cell_keeps_at_the_end_that_its_spec_names(cell, when):
    """chrono(100) keeps u / (1 + u), u ~ U(1, 99); a bias of 4 keeps sigma(4) = 0.982: both whatever the end."""
    spec = find_cell(cell)
    keeps = dataclasses.replace(spec.keeps, when=when)
    spec = dataclasses.replace(spec, keeps=keeps)

    def kept(initialiser):
        parameters = initialiser(spec, INPUTS, H, np.random.default_rng(0))
        return keeps.share(1 / (1 + np.exp(-bias(cell, parameters, keeps.gate))))

    times = 1 / (1 - kept(initialisers.chrono(100))) - 1
    assert stats.kstest(times, stats.uniform(1.0, 98.0).cdf).pvalue > IMPLAUSIBLE
    assert 0.97 < np.median(kept(initialisers.chrono(100))) < 0.99
    assert np.mean(kept(initialisers.with_keep_bias("torch", 4.0))) == pytest.approx(0.982, abs=0.002)
    if spec.forget_gate is not None:
        assert kept(initialisers.forget_bias(4.0)) == pytest.approx(0.982, abs=1e-4)


@pytest.mark.parametrize("name", ["torch-fb1", "chrono", "forget-bias"])
def test_what_sets_the_bias_of_a_gate_that_keeps_does_not_apply_to_a_cell_without_one(name):
    initialiser = {"chrono": initialisers.chrono(100), "forget-bias": initialisers.forget_bias(5.0)}.get(name, name)
    for cell in ("rnn", "lstm-1997"):
        plain = drawn(cell, "torch")
        for changed in (initialiser, initialisers.with_keep_bias(initialiser, 4.0)):
            for parameter, values in drawn(cell, changed).items():
                np.testing.assert_array_equal(values, plain[parameter])


def test_a_gate_that_writes_closes_where_chrono_keeps():
    parameters = drawn("lstm", initialisers.chrono(100))
    np.testing.assert_array_equal(bias("lstm", parameters, "i"), -bias("lstm", parameters, "f"))


def test_a_spec_whose_roles_name_no_gate_is_refused():
    lstm = find_cell("lstm")
    with pytest.raises(ValueError, match=r"keeps\.gate is 'x'; allowed: i, f, o"):
        dataclasses.replace(lstm, keeps=Keeps("x", when="open", state="c"))
    with pytest.raises(ValueError, match="candidate is 'n'; allowed: i, f, g, o"):
        dataclasses.replace(lstm, candidate="n")
    with pytest.raises(ValueError, match="cell 'lstm': carries is 'c'; allowed: None"):
        dataclasses.replace(lstm, carries="c")
    with pytest.raises(ValueError, match="cell 'lstm-1997': carries is 'h'; allowed: None, c"):
        dataclasses.replace(find_cell("lstm-1997"), carries="h")
    with pytest.raises(ValueError, match="when 'half'; allowed: open, closed"):
        Keeps("f", when="half", state="c")


def test_what_cells_say_of_themselves_fits_together():
    specs = [find_cell(cell) for cell in cell_names()]
    assert len({spec.color_slot for spec in specs}) == len({spec.label for spec in specs}) == len(specs)
    assert {spec.variant_of for spec in specs} <= {None, *cell_names()}


def test_chrono_forgets_as_slowly_as_published():
    """Mean of f**t over units at T_max = 100 and zero input: .73259 after 10 steps, .14965 after 100."""
    forget = np.concatenate(
        [bias("lstm", drawn("lstm", initialisers.chrono(100), seed=seed), "f") for seed in range(20)]
    )
    f = 1.0 / (1.0 + np.exp(-forget))
    for steps, expected in ((10, 0.73259), (100, 0.14965)):
        spread = np.std(f**steps) / f.size**0.5
        assert abs(np.mean(f**steps) - expected) < 5.0 * spread


@pytest.mark.parametrize("gain", [float("nan"), float("inf")])
def test_gaussian_refuses_a_gain_that_is_no_scale(gain):
    with pytest.raises((ValueError, TypeError), match=str(gain)):
        initialisers.gaussian(gain)


@pytest.mark.parametrize("t_max", [0, 1, -5, float("nan")])
def test_chrono_refuses_a_time_below_two(t_max):
    with pytest.raises((ValueError, TypeError), match=str(t_max)):
        initialisers.chrono(t_max)
