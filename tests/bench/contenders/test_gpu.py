"""Contenders on a GPU, as far as a machine without one can say: nothing in here is a measurement."""

import os
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from bench.case import Case
from bench.contenders import clocks, registry, torch_gpu
from bench.contenders.problem import CPU, largest_error, make_problem
from bench.measures import runtime
from bench.metrics import METRICS
from bench.run import gpu_facts as gpu
from bench.run.environment import ROOT
from bench.studies import gpu_axes
from cells.cuda.device import facts, target
from cells.cuda.device.rehearsal import Rehearsal
from cells.reference import reference
from tests.bench.conftest import LINE

CASE = Case("gpu", "lstm", "cuda", "training", "none", 3, 4, 4, 2)


class FakeTimer:
    """Calls once and says that it took so many milliseconds."""

    def series(self, call, count, *, cold=False):
        call()
        return [2e-3 if cold else 1e-3] * count

    def overheads(self, call, count):
        call()
        return [1e-5] * count


class FakeDevice(Rehearsal):
    """A device whose times are known."""

    def timer(self):
        return FakeTimer()


class FakeContender:
    """Has the right results without a GPU, but for `wrong`: the name of a result and what is added to it."""

    device = CPU

    def __init__(self, wrong=("output", 0.0)):
        self.wrong = wrong

    def why_not(self, case):
        return None

    def prepare(self, problem):
        exact = reference(problem.case.cell, problem.parameters, problem.x, problem.d_output, None)
        results = {"output": exact.output, "input": exact.input, **exact.parameters}
        name, error = self.wrong
        results[name] = results[name] + np.abs(results[name]).max() * error
        return SimpleNamespace(
            clock=clocks.EventClock(lambda: None, state=True),
            results=lambda: results,
            resources=lambda: [clocks.Sample("peak_device_bytes", 4096.0, "B")],
        )


@pytest.fixture
def faked(monkeypatch):
    """A GPU that answers, and a contender on it that has the right results."""
    monkeypatch.setattr(gpu, "read", lambda: gpu.parse(LINE))
    monkeypatch.setitem(registry.CONTENDERS, "cuda", FakeContender())
    runtime.validation_error.cache_clear()
    with target.using_device(FakeDevice(facts.H200)):
        yield
    runtime.validation_error.cache_clear()


@pytest.mark.usefixtures("faked")
def test_an_item_on_the_gpu_keeps_every_sample_and_says_how_the_gpu_was():
    rows = runtime.measure(CASE, 0, 15)
    assert all(row.unit == METRICS[row.metric][0] for row in rows if not row.metric.startswith("flops"))
    by = {metric: [row for row in rows if row.metric == metric] for metric in {row.metric for row in rows}}
    assert [row.replicate for row in by["event_s"]] == list(range(15))
    assert {row.value for row in by["event_cold_s"]} == {2e-3}
    assert len(by["launch_overhead_s"]) == clocks.OVERHEADS
    assert [row.replicate for row in by["gpu_clock_hz"]] == [0, 1]
    assert {(row.value, row.reason) for row in by["gpu_throttled"]} == {(1.0, "power cap")}
    assert by["peak_device_bytes"][0].value == 4096
    assert by["validation_error"][0].value == 0


@pytest.mark.usefixtures("faked")
def test_what_an_item_measures_does_not_depend_on_the_item_before():
    first = {row.metric for row in runtime.measure(CASE, 1, 15)}
    assert first == {"event_s", "event_cold_s", "launch_overhead_s", "gpu_clock_hz", "gpu_throttled"}
    assert {row.metric for row in runtime.measure(CASE, 2, 15)} == first


@pytest.mark.usefixtures("faked")
@pytest.mark.parametrize("error", [1e-3, float("nan")])
@pytest.mark.parametrize("name", ["output", "input", "bias_hh_l0"])
def test_a_wrong_contender_on_the_gpu_gets_no_time(name, error, monkeypatch):
    monkeypatch.setitem(registry.CONTENDERS, "cuda", FakeContender((name, error)))
    with pytest.raises(ValueError, match=r"against float64; allowed: 5e-05 for float32"):
        runtime.measure(CASE, 0, 15)


@pytest.mark.torch
@pytest.mark.parametrize("direction", ["inference", "training"])
@pytest.mark.parametrize("cell", gpu_axes.CELLS)
def test_the_contender_through_pytorch_computes_the_same_layer(cell, direction, monkeypatch):
    """On PyTorch's CPU, by the same calls; its reference in float64 against ours in NumPy."""
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch_gpu, "DEVICE", "cpu")
    monkeypatch.setattr(torch_gpu, "torch_or_none", lambda: torch)
    monkeypatch.setattr(torch.backends.cudnn, "is_acceptable", lambda tensor: True)
    case = replace(CASE, cell=cell, direction=direction, backend="cudnn")
    problem = make_problem(case, CPU)
    prepared = registry.find_contender("cudnn").prepare(problem)
    prepared.call()
    assert 0 < largest_error(case, CPU, prepared.results()) < 5e-6
    exact = torch_gpu.exact(torch, case, problem.parameters, problem.x, problem.d_output)
    assert largest_error(case, CPU, exact) < 1e-12


SIMULATED = """
from bench.contenders import problem
from bench.measures import runtime
from bench.run import gpu_facts as gpu
from bench.case import Case

problem.PERIOD = 2
assert not gpu.available(), "the simulator is no GPU to measure"
case = Case("sharings", "rnn", "cuda", "training", "none", 3, 3, 3, 1)
rows = runtime.measure(case, 0, 15)
(error,) = [row.value for row in rows if row.metric == "validation_error"]
assert 0 < error < 5e-5, error
assert {row.metric for row in rows} >= {"kernel_forward_s", "kernel_backward_s"}
x = problem.make_problem(case, problem.GPU).x.numpy()
assert (x[2] == x[0]).all() and (x[1] != x[0]).all()
"""


def test_our_contender_is_validated_in_the_simulator():
    environment = os.environ | {"RECURBENCH_CUDA": "simulator"}
    command = [sys.executable, "-c", SIMULATED]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
