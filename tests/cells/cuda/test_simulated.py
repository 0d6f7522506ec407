"""Layers on the simulated GPU give the answer of the CPU: every cell, sharing, dtype, tail and place of weights."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from cells import cell_names, gradient_profile
from cells.cuda.device import facts, target
from cells.registry import find_cell
from cells.validation import SHARINGS
from tests.cells.cuda.answers import (
    BFLOAT16,
    SAME_OPERANDS,
    answer,
    assert_same_answer,
    errors,
    expected,
    gate_error,
    largest_difference,
)
from tests.support.layers import EVERY_CELL, EVERY_FADING_CELL
from tests.support.problem import TOLERANCE, Problem, group_errors, layer_for
from tests.test_worked_example import assert_works, copy_with_the_new_cell

pytestmark = pytest.mark.skipif(not target.SIMULATED, reason=f"runs with {target.VARIABLE}=simulator")
run = pytest.importorskip("cells.cuda.run", exc_type=ImportError)
memory = pytest.importorskip("cells.cuda.device.memory", exc_type=ImportError)

EVERY_SHARING = pytest.mark.parametrize("sharing", SHARINGS)
SMALL = dataclasses.replace(facts.H200, name="a small GPU", multiprocessors=4, gpcs=(4,))
NARROW = dataclasses.replace(SMALL, name="a GPU with little shared memory", shared_bytes=2304)
PAIRS = list(zip(cell_names(), itertools.cycle(SHARINGS), strict=False))  # every cell, the sharings in turn
TWO_PHASES = [("lstm", sharing) for sharing in SHARINGS] + [("gru-reset-before", sharing) for sharing in SHARINGS]


def choices(problem, dtype, sharing):
    """The configurations of both ways."""
    weights = layer_for(problem, problem.draw(), dtype, backend="cuda", sharing=sharing).directions[0]
    return [run.choice(weights, problem.batch_size, way) for way in ("forward", "backward")]


def has_state_product(cell):
    """Whether a step multiplies the state by weights; without that there are no tiles, and rows need no group."""
    return find_cell(cell).hidden_gates != ()


def assert_right(problem, dtype, sharing):
    found = errors(problem, dtype, sharing=sharing)
    assert max(found.values()) < TOLERANCE[dtype], found


@EVERY_CELL
@EVERY_SHARING
@pytest.mark.parametrize(("dtype", "sizes"), [("float64", (3, 2, 5, 3)), ("float32", (2, 3, 10, 5))])
def test_the_answer_is_that_of_the_cpu(cell, sharing, dtype, sizes):
    assert_right(Problem(cell, *sizes), dtype, sharing)


@EVERY_CELL
@EVERY_SHARING
def test_batches_that_fill_no_group_of_rows(cell, sharing, on):
    on(SMALL)
    problem = Problem(cell, 2, 5, 6, 3)
    rows = [choice.config.rows for choice in choices(problem, "float32", sharing)]
    assert all(problem.batch_size % count for count in rows) or not has_state_product(cell)
    assert_right(problem, "float32", sharing)


@EVERY_CELL
def test_a_group_that_takes_its_rows_in_turns(cell, on):
    on(dataclasses.replace(SMALL, multiprocessors=2, gpcs=(2,)))
    problem = Problem(cell, 2, 17, 5, 3)
    assert all(choice.rows > choice.config.rows for choice in choices(problem, "float32", "grid"))
    assert_right(problem, "float32", "grid")


@pytest.mark.parametrize(("cell", "sharing"), PAIRS)
def test_more_units_than_a_warp_has_lanes_and_a_single_step(cell, sharing):
    assert_right(Problem(cell, 1, 2, 33, 1), "float32", sharing)


@pytest.mark.parametrize(("cell", "sharing"), PAIRS)
def test_one_unit_or_two_and_no_start(cell, sharing):
    assert_right(Problem(cell, 2, 1, 2 if sharing == "cluster" else 1, 1, None, False), "float32", sharing)


@pytest.mark.parametrize("merge", ["concat", "mean", "sum"])
@pytest.mark.parametrize(("cell", "sharing"), [("lstm", "block"), ("gru-reset-before", "cluster")])
def test_two_directions(cell, sharing, merge):
    assert_right(Problem(cell, 2, 2, 5, 3, merge), "float32", sharing)


@pytest.mark.parametrize(("cell", "sharing"), [pair for pair in TWO_PHASES if pair[1] != "launch"])
def test_weights_in_shared_memory(cell, sharing, on):
    on(dataclasses.replace(facts.H200, name="a GPU of few registers"), REGISTERS=0)
    problem = Problem(cell, 2, 1, 10, 3)
    tiles = [tile for choice in choices(problem, "float32", sharing) for tile in choice.config.tiles]
    assert all(tile.in_registers == 0 and tile.in_shared == tile.pieces for tile in tiles)
    assert_right(problem, "float32", sharing)


@pytest.mark.parametrize("cell", ["lstm", "gru-reset-before"])
def test_weights_in_three_places_at_once(cell, on, monkeypatch):
    from cells.cuda.plan import rule as plan

    def spread(*given, **how):
        tile = made(*given, **how)
        return dataclasses.replace(tile, in_registers=tile.pieces // 3, in_shared=tile.pieces // 3)

    made = plan.make_tile
    monkeypatch.setattr(plan, "make_tile", spread)
    monkeypatch.setattr(plan, "MOST_WARPS", 2)
    on(dataclasses.replace(facts.H200, name="a GPU of few warps"))
    problem = Problem(cell, 2, 1, 17, 1)
    for choice in choices(problem, "float32", "block"):
        assert any(0 < tile.in_registers <= tile.in_shared < tile.pieces - 1 for tile in choice.config.tiles), choice
    assert_right(problem, "float32", "block")


@EVERY_CELL
def test_weights_that_fit_nowhere_are_read_at_every_step(cell, on):
    on(NARROW, REGISTERS=0)
    problem = Problem(cell, 2, 2, 10, 3)
    tiles = [tile for choice in choices(problem, "float32", "block") for tile in choice.config.tiles]
    assert all(tile.in_registers + tile.in_shared == 0 for tile in tiles), tiles
    assert_right(problem, "float32", "block")


@EVERY_CELL
def test_bfloat16_rounds_the_operands_on_tensor_cores_and_off(cell):
    problem = Problem(cell, 2, 9, 6, 3)
    tiles = [tile for choice in choices(problem, "bfloat16", "grid") for tile in choice.config.tiles]
    assert any(tile.tensor for tile in tiles) or not has_state_product(cell), tiles
    given = problem.draw()
    grid, block = (answer(problem, given, "bfloat16", backend="cuda", sharing=s) for s in ("grid", "block"))
    found = group_errors(grid, expected(problem), "float32")
    assert TOLERANCE["float32"] < max(found.values()) < BFLOAT16, found
    assert largest_difference(block, grid) < SAME_OPERANDS
    assert max(gate_error(problem, block), gate_error(problem, grid)) < SAME_OPERANDS


def test_bfloat16_of_a_launch_for_each_step_is_that_of_one_launch():
    problem = Problem("gru-reset-before", 2, 9, 6, 3)
    given = problem.draw()
    tiles = [tile for choice in choices(problem, "bfloat16", "launch") for tile in choice.config.tiles]
    assert any(tile.tensor for tile in tiles), tiles
    launch, cluster = (answer(problem, given, "bfloat16", backend="cuda", sharing=s) for s in ("launch", "cluster"))
    assert largest_difference(cluster, launch) < SAME_OPERANDS


@pytest.mark.parametrize("sharing", ["grid", "launch"])
def test_weights_of_several_pieces_on_tensor_cores(sharing, on):
    on(dataclasses.replace(facts.H200, name="a GPU of one warp"), MOST_WARPS=1, ROWS=(8,))
    problem = Problem("rnn", 2, 9, 18, 3)
    tiles = [tile for choice in choices(problem, "bfloat16", sharing) for tile in choice.config.tiles]
    assert all(tile.tensor and tile.pieces == 2 for tile in tiles), tiles
    found = answer(problem, problem.draw(), "bfloat16", backend="cuda", sharing=sharing)
    wrong = group_errors(found, expected(problem), "float32")
    assert max(wrong.values()) < BFLOAT16, wrong
    assert gate_error(problem, found) < SAME_OPERANDS


def test_the_rule_of_a_layer_that_names_no_sharing():
    assert_right(Problem("gru", 2, 2, 5, 3), "float32", None)


def test_two_runs_give_the_same_bits():
    problem = Problem("lstm", 2, 2, 5, 3)
    given = problem.draw()
    first, second = (answer(problem, given, "float32", backend="cuda", sharing="grid") for _ in range(2))
    assert_same_answer(first, second)


# The gradient profile.


def closing_layer(cell, dtype, backend, seq_len):
    """A layer whose gates close the past, so that a step takes away more than two decades of the gradient."""
    problem = Problem(cell, seq_len, 2, 5, 3)
    given = problem.draw()
    for name in given.parameters:
        if name.startswith("weight_"):
            given.parameters[name] = given.parameters[name] * 2.0**-6
    keeps = find_cell(cell).keeps
    if keeps is not None:
        find_cell(cell).gate_block(given.parameters["bias_ih_l0"], keeps.gate, 5)[:] -= keeps.sign * 6
    return layer_for(problem, given, dtype, backend=backend), given.x.astype(dtype), given.d_final["h"].astype(dtype)


@EVERY_FADING_CELL
@pytest.mark.parametrize(("dtype", "seq_len"), [("float64", 5), ("float32", 30)])
def test_the_gradient_profile_is_that_of_the_cpu(cell, dtype, seq_len):
    right = gradient_profile(*closing_layer(cell, "float64", "cpu", seq_len))
    found, again = (gradient_profile(*closing_layer(cell, dtype, "cuda", seq_len)) for _ in range(2))
    decades = {"float64": 1e-12, "float32": 1e-5}[dtype]  # of 50 or more: a rounding of 6e-8 for each of 30 steps
    keeps = find_cell(cell).keeps
    if keeps is not None and keeps.when == "closed":
        decades /= keeps.share(1 / (1 + np.exp(-6)))  # what is kept is 1 - z of a z near 1, whose rounding is the same
    for name, values in right.items():
        assert seq_len == 5 or values[0].max() < -50, "float32 ends at -45"
        np.testing.assert_allclose(found[name], values, rtol=0, atol=decades, err_msg=name)
        np.testing.assert_array_equal(again[name], found[name])


def test_the_profile_of_weights_that_fit_nowhere(on):
    on(NARROW, REGISTERS=0)
    right = gradient_profile(*closing_layer("gru-reset-before", "float64", "cpu", 2))
    found = gradient_profile(*closing_layer("gru-reset-before", "float32", "cuda", 2))
    np.testing.assert_allclose(found["h"], right["h"], rtol=0, atol=1e-6)


def test_the_profile_of_no_loss_is_minus_infinity():
    layer, x, d_last = closing_layer("lstm", "float32", "cuda", 2)
    assert all((values == -np.inf).all() for values in gradient_profile(layer, x, 0 * d_last).values())


# A cell that was not there.

NEW_CELL = """
    import numpy as np
    from cells import Layer, gradient_profile
    from cells.reference import reference

    rng = np.random.default_rng(0)
    x, d_output = rng.standard_normal((3, 2, 3)), rng.standard_normal((3, 2, 5))
    for sharing in ("block", "cluster", "grid", "launch"):
        layer = Layer("min-gru", 3, 5, dtype="float64", bidirectional="mean", backend="cuda", sharing=sharing, rng=rng)
        trace = layer.forward(x)
        gradients = trace.backward(d_output)
        expected = reference("min-gru", layer.parameters, x, d_output, "mean")
        np.testing.assert_allclose(trace.output, expected.output, rtol=0, atol=1e-14)
        np.testing.assert_allclose(layer(x)[0], expected.output, rtol=0, atol=1e-14)
        np.testing.assert_allclose(gradients.input, expected.input, rtol=0, atol=1e-13)
        for name, value in expected.parameters.items():
            np.testing.assert_allclose(gradients.parameters[name], value, rtol=0, atol=1e-13)
    one = Layer("min-gru", 3, 5, dtype="float64", backend="cuda", rng=rng)
    kept = np.prod(1 - one.forward(x).gates["z"], axis=0) * d_output[0]
    profile = gradient_profile(one, x, d_output[0])["h"]
    np.testing.assert_allclose(profile[0], np.log10(np.linalg.norm(kept, axis=1)), rtol=0, atol=1e-12)
    print("worked")
"""


def test_a_new_cell_runs_on_the_gpu_as_it_is(tmp_path):
    copy_with_the_new_cell(tmp_path)
    assert_works(NEW_CELL, tmp_path)


def test_lengths_are_refused_and_norms_of_rows_are_those_of_the_cpu():
    problem = Problem("lstm", 3, 2, 5, 3)
    parameters, x = problem.draw(), np.random.default_rng(0).standard_normal((3, 2, 3))
    gpu, cpu = (layer_for(problem, parameters, "float64", backend=backend) for backend in ("cuda", "cpu"))
    with pytest.raises(
        ValueError, match='lengths are given on backend "cuda"; allowed: lengths=None, or backend "cpu"'
    ):
        gpu(x[..., : gpu.input_size], lengths=[3, 2])
    d_output = np.ones((3, 2, 5))
    found, expected_norms = (layer.forward(x[..., : layer.input_size]).row_norms(d_output) for layer in (gpu, cpu))
    for name, norms in expected_norms.items():
        np.testing.assert_allclose(found[name], norms, rtol=1e-12)
