"""The GPU's side of the suite as far as a machine without one can say: nothing in here is a measurement."""

import itertools
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
from bench.gpu_kernels import __main__ as gpu_kernels
from bench.measures import machine_code, runtime
from bench.metrics import METRICS
from bench.run import gpu_facts as gpu
from bench.run.doctor import describe
from bench.run.environment import ROOT, Environment
from bench.run.gpu_doctor import sharing_table
from bench.run.plan import plan
from bench.studies import gpu as gpu_study
from bench.studies import gpu_axes, kernels
from bench.study import PRESETS
from cells import cell_names
from cells.cuda.device import target
from cells.cuda.device.rehearsal import Rehearsal
from cells.reference import reference
from cells.registry import main_cells
from tests.bench.conftest import FACTS

# Invented answers in the form of nvidia-smi's: they test the parser and stand for no GPU.
LINE = "NVIDIA Invented 9000, 999.88.77, 1755, 2619, 1980, 412.34, 700.00, 61, 0x0000000000000004"
SPARSE = "NVIDIA Invented 9000, 999.88.77, 300, [N/A], 1980, [N/A], [Not Supported], 35, [N/A]"
CASE = Case("gpu", "lstm", "cuda", "training", "none", 3, 4, 4, 2)
needs_compiler = pytest.mark.skipif(machine_code.why_not() is not None, reason=str(machine_code.why_not()))


@pytest.fixture
def with_gpu(monkeypatch):
    monkeypatch.setattr(gpu, "available", lambda: True)


def test_an_answer_of_nvidia_smi_is_read_in_units():
    found = gpu.parse(LINE)
    assert (found.name, found.driver) == ("NVIDIA Invented 9000", "999.88.77")
    assert (found.clock_hz, found.memory_clock_hz, found.highest_clock_hz) == (1.755e9, 2.619e9, 1.98e9)
    assert (found.power_w, found.power_limit_w, found.temperature_c) == (412.34, 700.0, 61.0)
    assert found.slowdowns == ("power cap",)


def test_what_a_gpu_does_not_tell_is_none_and_slows_nothing():
    found = gpu.parse(SPARSE)
    assert (found.clock_hz, found.memory_clock_hz, found.power_w, found.reasons) == (3e8, None, None, None)
    assert found.slowdowns == ()


@pytest.mark.parametrize(("mask", "names"), [(0x1, ()), (0x2, ()), (0x100, ()), (0x64, 3)])
def test_an_idle_gpu_or_one_with_chosen_clocks_is_not_slowed_down(mask, names):
    found = gpu.parse(LINE.rsplit(",", 1)[0] + f", {mask:#018x}").slowdowns
    assert found == names or len(found) == names


def test_another_number_of_fields_is_refused():
    with pytest.raises(ValueError, match="allowed: 9 fields"):
        gpu.parse("NVIDIA Invented 9000, 999.88.77")


def test_an_older_driver_is_asked_by_the_older_name(monkeypatch):
    asked = []

    def answer(*command):
        asked.append(command[1])
        return "" if "clocks_event_reasons" in command[1] else LINE

    monkeypatch.setattr(gpu, "output", answer)
    assert gpu.read() == gpu.parse(LINE)
    assert len(asked) == 2


def test_only_a_gpu_that_is_used_makes_another_environment():
    told = {"name": "one", "driver": "1", "versions": {}, "used": True, "clock_hz": 1e9}
    without = Environment(FACTS).id
    assert Environment(FACTS | {"gpu": None}).id == without
    assert Environment(FACTS | {"gpu": told | {"used": False}}).id == without
    used = Environment(FACTS | {"gpu": told}).id
    assert used != without
    assert Environment(FACTS | {"gpu": told | {"clock_hz": 2e9}}).id == used
    assert Environment(FACTS | {"gpu": told | {"driver": "2"}}).id != used


@pytest.mark.parametrize("preset", PRESETS)
def test_without_a_gpu_no_preset_plans_anything_on_one(preset, monkeypatch):
    monkeypatch.setattr(gpu, "available", lambda: False)
    assert plan(preset, ["gpu", "sharings"]) == []


@pytest.mark.parametrize("preset", PRESETS)
def test_without_a_compiler_no_preset_plans_to_compile(preset, monkeypatch):
    monkeypatch.setattr(machine_code, "why_not", lambda: "no compiler")
    assert plan(preset, ["kernels"]) == []


@pytest.mark.usefixtures("with_gpu")
def test_with_a_gpu_the_grid_is_there_once_with_every_contender(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: SimpleNamespace())
    cases = gpu_study.STUDY.cases_in("course")
    assert len({case.key for case in cases}) == len(cases)
    shapes = {(c.cell, c.seq_len, c.batch_size, c.hidden_size) for c in cases}
    grid = set(itertools.product(main_cells(), (64, 256, 1024), (1, 16, 64, 128), gpu_axes.SIZES))
    assert grid < shapes
    assert shapes - grid == {
        *((cell, 100, 64, 512) for cell in ("rnn", "lstm", "gru")),
        ("rnn", 50, 16, 1760),
        ("lstm", 25, 16, 512),
        ("lstm", 150, 16, 256),
        ("gru", 1500, 32, 1024),
    }
    at = {(c.backend, c.dtype) for c in cases if (c.hidden_size, c.cell) == (512, "gru")}
    full = {("cuda", "float32"), ("cuda-again", "float32"), ("cudnn", "float32")}
    assert at == full | {("cuda", "bfloat16"), ("cudnn-fp16", "float16")}
    assert {(c.backend, c.dtype) for c in cases if c.hidden_size == 64} == full
    assert {c.direction for c in cases} == {"inference", "training"}
    assert len(gpu_study.STUDY.cases_in("quick")) < len(cases) / 5


@pytest.mark.usefixtures("with_gpu")
def test_contenders_of_a_gpu_shape_are_neighbours_in_every_block():
    items = plan("quick", ["gpu"])
    shapes = [(i.block, i.case.seq_len, i.case.hidden_size, i.case.batch_size, i.case.direction) for i in items]
    runs = [key for key, _ in itertools.groupby(shapes)]
    assert len(runs) == len(set(runs))


@pytest.mark.parametrize(
    ("registers", "shared", "threads", "of_chip", "blocks"),
    [
        (32, 0, 1024, 164 * 1024, 2),  # threads
        (128, 0, 512, 228 * 1024, 1),  # registers, all of them
        (129, 0, 384, 228 * 1024, 1),  # rounded up to 136: 15 warps, 12 in fours
        (32, 100 * 1024, 128, 228 * 1024, 2),  # shared memory
        (16, 0, 32, 228 * 1024, 16),  # a warp takes the room of four
        (255, 227 * 1024, 256, 228 * 1024, 1),  # all that a block may have
    ],
)
def test_blocks_of_a_multiprocessor_are_what_its_scarcest_resource_allows(registers, shared, threads, of_chip, blocks):
    assert machine_code.resident_blocks(registers, shared, threads, of_chip) == blocks


@needs_compiler
@pytest.mark.cuda_compiler
def test_a_kernel_has_rows_of_what_it_takes():
    cases = [c for c in kernels.STUDY.cases_in("quick") if c.hidden_size == 128]
    assert {c.backend for c in cases} == {"sm_80", "sm_90a"}
    assert {c.word("variant") for c in cases if c.backend == "sm_90a"} == {"block", "cluster", "grid", "launch"}
    case = next(c for c in cases if (c.backend, c.direction, c.word("variant")) == ("sm_90a", "forward", "launch"))
    found = {row.metric: row for row in machine_code.measure(case, 0)}
    assert set(found) <= set(METRICS)
    assert all(row.unit == METRICS[name][0] for name, row in found.items())
    assert found["stack_bytes"].value == found["spill_bytes"].value == 0
    assert 0 < found["registers"].value <= 255
    assert found["blocks_per_multiprocessor"].value >= 1


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
    with target.using_device(FakeDevice(target.H200)):
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


def test_the_doctor_says_what_is_missing_without_a_gpu(monkeypatch):
    monkeypatch.setattr(gpu, "read", lambda: None)
    monkeypatch.setattr(gpu, "available", lambda: False)
    told = dict(describe())
    assert told["gpu"].startswith("none")
    assert told["cuda kernels"].startswith("do not run here: ")
    assert "needed: " in told["cuda kernels"] or "pip install" in told["cuda kernels"]
    assert told["cuda compiler"] == "ready" or "pip install" in told["cuda compiler"]


@needs_compiler
def test_the_doctor_shows_the_rule_for_every_cell(monkeypatch):
    monkeypatch.setattr(gpu, "available", lambda: False)
    title, head, *lines = sharing_table()
    assert "H200" in title
    assert "not here" in title
    assert [size.strip() for size in head.split("H = ")[1:]] == ["32", "128", "256", "512", "1024"]
    assert [line.split()[0] for line in lines] == list(cell_names())
    assert all(line.count(" / ") == 5 for line in lines)


def test_the_command_names_what_is_missing(capsys, monkeypatch):
    monkeypatch.setattr(gpu, "available", lambda: False)
    assert gpu.main() == 2
    assert "no GPU" in capsys.readouterr().err


def test_the_command_that_compiles_names_what_is_missing(capsys, monkeypatch):
    monkeypatch.setattr(gpu_kernels, "why_not", lambda: "numba-cuda is not installed")
    assert gpu_kernels.main(["--for", "sm_90a"]) == 2
    assert "nothing can be compiled: numba-cuda is not installed" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["--for", "sm_90a", "--fit", "rows"], ["--for", "sm_42"]])
def test_the_command_that_compiles_refuses_other_words(words, capsys):
    with pytest.raises(SystemExit) as ended:
        gpu_kernels.main(words)
    assert ended.value.code == 2
    assert "sm_90a" in capsys.readouterr().err or not words
