"""What is planned on a GPU, and what without one."""

import itertools
from types import SimpleNamespace

import pytest

from bench.measures import machine_code
from bench.run import gpu_facts as gpu
from bench.run.plan import plan
from bench.studies import gpu as gpu_study
from bench.studies import gpu_axes
from bench.study import PRESETS
from cells.registry import main_cells


@pytest.fixture
def with_gpu(monkeypatch):
    monkeypatch.setattr(gpu, "available", lambda: True)


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
