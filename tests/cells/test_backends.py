"""What a layer says of a backend that is not known, not there, or cannot do what was asked."""

from __future__ import annotations

import pytest

from cells import Layer
from cells.backend import find_backend
from cells.cuda.device import target
from cells.cuda.device.target import CudaUnavailable
from tests.cells.test_input import GOOD, REFUSED, good_layer, refusal


@pytest.mark.parametrize("backend", ["gpu", "CUDA", "", None, 0])
def test_unknown_backend_is_refused_with_the_known_ones(backend):
    refusal(lambda: Layer("lstm", **GOOD, backend=backend), repr(backend), "cpu", "cuda", error=REFUSED)
    refusal(lambda: good_layer().to(backend), repr(backend), "cpu", "cuda", error=REFUSED)


def test_without_a_gpu_the_backend_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(target, "missing", lambda: "the driver sleeps")
    find_backend.cache_clear()
    for call in (lambda: Layer("lstm", **GOOD, backend="cuda"), lambda: good_layer().to("cuda")):
        refusal(call, "the driver sleeps", 'backend="cpu"', error=CudaUnavailable)


def test_a_reason_why_no_kernel_runs_names_what_would_help():
    reason = target.missing()
    assert reason is None or "pip install" in reason or "needed: an NVIDIA GPU" in reason


@pytest.mark.parametrize("sharing", ["block", "cluster", "grid", "launch"])
def test_sharing_is_refused_on_the_cpu(sharing):
    refusal(lambda: Layer("lstm", **GOOD, sharing=sharing), repr(sharing), "'cpu'", 'backend="cuda"')


def test_bfloat16_is_refused_on_the_cpu():
    refusal(lambda: Layer("lstm", **GOOD, dtype="bfloat16"), "'bfloat16'", "float32", "float64", 'backend "cuda"')
