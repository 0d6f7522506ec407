"""What the doctor says of a GPU, and of the rule that chooses a kernel."""

import pytest

from bench.measures import machine_code
from bench.run import gpu_facts as gpu
from bench.run.doctor import describe
from bench.run.gpu_doctor import sharing_table
from cells import cell_names

needs_compiler = pytest.mark.skipif(machine_code.why_not() is not None, reason=str(machine_code.why_not()))


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
