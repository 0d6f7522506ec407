"""Who trains, trains the same network by the same rule, or is told so before any clock starts."""

import importlib.util
import shutil

import numpy as np
import pytest

from bench.case import BACKENDS, make_case
from bench.contenders import process
from bench.contenders.registry import CONTENDERS
from bench.contenders.training import problem, registry
from bench.contenders.training.problem import CHECKED, TOLERANCE, Course, exact_course, largest_error, make_problem
from bench.measures import training_parts, training_speed

PEER_CELLS = ("rnn", "lstm", "gru")
needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")


def case(cell="gru", backend="cpu", study="training-speed", **changes):
    settings = {
        "seq_len": 7, "batch_size": 3, "hidden_size": 5, "input_size": 2, "inputs": "-", "task": "adding",
        "optimiser": "adam", "learning_rate": 1e-2, "clip": 1.0, "seed": 3,
    }  # fmt: skip
    return make_case(study, cell, backend, "training", **settings | changes)


@pytest.mark.parametrize("cell", PEER_CELLS)
def test_this_suite_takes_the_steps_of_float64(cell):
    rows = training_speed.measure(case(cell, threads=2), 0, rounds=2)
    assert [row.metric for row in rows] == ["train_step_s", "train_step_s", "validation_error"]
    assert rows[-1].value < TOLERANCE
    assert all(row.value > 0 for row in rows[:2])


def test_the_rule_of_float64_is_clipping_and_adam():
    """The gradient by finite differences, and the update of the first step by hand."""
    given = case("rnn", hidden_size=2, clip=0.1, dtype="float64")
    start = make_problem(given)
    course = exact_course(given)
    x, targets = start.batches[0]

    def loss(parameters):
        changed = problem.TrainingProblem(given, parameters, start.batches)
        h = np.zeros((3, 2))
        for step in x:
            h = np.tanh(
                step @ changed.parameters["weight_ih_l0"].T + changed.parameters["bias_ih_l0"]
                + h @ changed.parameters["weight_hh_l0"].T + changed.parameters["bias_hh_l0"]
            )  # fmt: skip
        answers = h @ changed.parameters["readout_weight"].T + changed.parameters["readout_bias"]
        return np.mean((answers - targets) ** 2)

    assert course.losses[0] == pytest.approx(loss(start.parameters), rel=1e-12)
    gradients = {}
    for name, value in start.parameters.items():
        gradients[name] = np.zeros_like(value)
        for place in np.ndindex(value.shape):
            moved = [{**start.parameters, name: value.copy()} for _ in range(2)]
            for sign, parameters in zip((1, -1), moved, strict=True):
                parameters[name][place] += sign * 1e-6
            gradients[name][place] = (loss(moved[0]) - loss(moved[1])) / 2e-6
    norm = np.sqrt(sum(np.sum(gradient**2) for gradient in gradients.values()))
    assert norm > 0.1
    assert course.norms[0] == pytest.approx(norm, rel=1e-6)


@pytest.mark.parametrize(
    "wrong",
    [{"clip": 0.05}, {"learning_rate": 1.1e-2}, {"seed": 4}],
    ids=["clipping", "learning rate", "batches"],
)
def test_another_training_is_noticed(wrong):
    given = case()
    assert largest_error(given, exact_course(given)) == 0
    assert largest_error(given, exact_course(case(**wrong))) > 10 * TOLERANCE


def test_a_wrong_contender_gets_no_time(monkeypatch):
    class Wrong:
        def why_not(self, case):
            return None

        def prepare(self, problem):
            return self

        def course(self):
            return Course(np.full(CHECKED, np.nan), np.ones(CHECKED), make_problem(case()).parameters)

    monkeypatch.setitem(registry.TRAINERS, "torch", Wrong())
    with pytest.raises(ValueError, match=r"error nan in the first steps against float64; allowed: 1e-04"):
        training_speed.measure(case(backend="torch", seed=99), 0, rounds=1)


def test_a_task_that_is_answered_otherwise_is_refused():
    with pytest.raises(ValueError, match=r"task temporal-order: cross-entropy, last; allowed: squared-error, last"):
        make_problem(case(task="temporal-order", seq_len=20))


def test_who_cannot_train_says_why(monkeypatch):
    assert registry.find_trainer("torch").why_not(case("gru-reset-before", "torch")) is not None
    monkeypatch.setattr(shutil, "which", lambda name: None)
    reason = registry.find_trainer("torch-compile").why_not(case(backend="torch-compile"))
    assert reason == "peer torch-compile needs a C++ compiler; allowed: c++, g++, clang++, or CXX names it"
    assert "torch-compile" not in registry.able(case(), registry.TRAINERS)
    with pytest.raises(ValueError, match="unknown backend 'jax'; timed at training: cpu"):
        registry.find_trainer("jax")


def test_every_backend_is_timed_at_something():
    assert {*CONTENDERS, *registry.TRAINERS} == {name for name in BACKENDS if not name.startswith("sm_")}


@pytest.mark.parametrize("cell", PEER_CELLS)
def test_the_parts_of_a_step_are_timed_beside_the_whole(cell):
    rows = {row.metric: row.value for row in training_parts.measure(case(cell, study="training-parts"), 0, rounds=2)}
    parts = {name.removeprefix("train_part_s_") for name in rows if name.startswith("train_part_s_")}
    assert parts == {"pack", "forward", "readout", "backward", "parameter_gradients", "update"}
    assert rows["train_step_s"] > 0
    gates = {"rnn": 1, "lstm": 4, "gru": 3}[cell]
    assert rows["part_flops_forward"] == 2 * 7 * 3 * 5 * gates * (2 + 5)
    assert rows["part_flops_parameter_gradients"] == rows["part_flops_forward"]
    assert rows["part_flops_backward"] == 2 * 7 * 3 * 5 * gates * 5


@needs_torch
@pytest.mark.torch
@pytest.mark.parametrize("cell", PEER_CELLS)
def test_pytorch_takes_the_same_steps(cell):
    rows = training_speed.measure(case(cell, "torch"), 0, rounds=1)
    assert rows[-1].value < TOLERANCE
    process.stop_peers()


@needs_torch
@pytest.mark.torch
@pytest.mark.slow
@pytest.mark.parametrize("cell", PEER_CELLS)
def test_compiled_pytorch_takes_the_same_steps(cell):
    rows = training_speed.measure(case(cell, "torch-compile"), 0, rounds=1)
    assert rows[-1].value < TOLERANCE
    process.stop_peers()
