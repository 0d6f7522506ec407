"""A row is measured anew when the code that measures it changes, and only then."""

from __future__ import annotations

import shutil

import pytest

from bench.case import Case
from bench.measures import counts, gradient_flow, runtime
from bench.run import code
from bench.run.environment import ROOT
from cells import sources

FLOW = Case("gradients", "lstm", direction="profile")
TIME = Case("runtime", "lstm")
DEVICE = Case("gpu", "lstm", "cuda")


@pytest.fixture
def edit(tmp_path, monkeypatch):
    """Append a line to a file of a copy of the sources."""
    for package in sources.PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(sources, "ROOT", tmp_path)
    real = code._source
    monkeypatch.setattr(code, "_source", lambda measure: tmp_path / real(measure).relative_to(ROOT))

    def append(file, line):
        path = tmp_path / file
        assert path.exists(), file
        path.write_text(path.read_text() + f"\n{line}\n")
        forget()

    forget()
    yield append
    monkeypatch.undo()
    forget()


def forget():
    for cached in (sources.closure, sources._meaning, sources._imported, code._version):
        cached.cache_clear()


def versions():
    return {
        "flow": code.code_version(gradient_flow.measure_flow, FLOW),
        "time": code.code_version(runtime.measure, TIME),
        "device": code.code_version(runtime.measure, DEVICE),
        "counts": code.code_version(counts.measure, FLOW),
    }


@pytest.mark.parametrize(
    ("file", "changed"),
    [
        ("cells/formula.py", {"flow", "time", "device", "counts"}),
        ("cells/cpu/kernels/sequence.py", {"flow", "time"}),
        ("cells/cuda/kernels/forward.py", {"device"}),
        ("cells/cuda/plan/costs.toml", {"device"}),
        ("bench/measures/gradient_flow.py", {"flow"}),
        ("bench/contenders/pytorch.py", {"time", "device"}),
        ("bench/run/gpu_doctor.py", set()),
    ],
)
def test_an_edit_invalidates_what_it_measures_and_nothing_else(edit, file, changed):
    before = versions()
    edit(file, "edited = 1")
    after = versions()
    assert {name for name in before if before[name] != after[name]} == changed


def test_comments_and_docstrings_leave_rows_valid(edit):
    before = versions()
    edit("bench/measures/gradient_flow.py", "# a comment\n\n'''A string that does nothing.'''")
    assert versions() == before
