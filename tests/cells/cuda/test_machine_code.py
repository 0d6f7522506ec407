"""Kernels compiled to machine code, where no GPU is needed: what a thread needs is there, and nothing is spilled."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest


def lacking():
    """Why nothing can be compiled here, or None."""
    from cells.cuda.device.compile import missing

    return missing()


LACKING = lacking()
pytestmark = [pytest.mark.cuda_compiler, pytest.mark.skipif(LACKING is not None, reason=str(LACKING))]


def entries():
    if LACKING is not None:
        return []
    from tests.cells.cuda.catalogue import catalogue, unique

    return unique(catalogue())


def name(entry):
    return f"sm{''.join(map(str, entry.facts.capability))}-{entry.label}"


def compile_entry(entry):
    from cells.cuda.device.compile import compiled

    compiled(entry.kernel, entry.facts.capability)


@pytest.fixture(scope="module")
def on_disk(request):
    """The kernels of the tests that were chosen, compiled by all cores before the first of them."""
    chosen = [item.callspec.params["entry"] for item in request.session.items if "on_disk" in item.fixturenames]
    with ProcessPoolExecutor(min(os.cpu_count() or 1, len(chosen)), mp_context=get_context("spawn")) as pool:
        list(pool.map(compile_entry, chosen))


@pytest.mark.usefixtures("on_disk")
@pytest.mark.parametrize("entry", entries(), ids=name)
def test_a_kernel_fits_the_gpu_and_spills_nothing(entry):
    from cells.cuda.device.compile import compiled

    needs = compiled(entry.kernel, entry.facts.capability).resources
    assert (needs.stack, needs.spills) == (0, 0), needs
    allocated = -(-needs.registers // 8) * 8 * entry.kernel.threads  # registers are given out in eights
    assert allocated <= 65536, (needs, entry.kernel.threads)
    assert entry.shared_bytes <= entry.facts.shared_bytes
    assert entry.real == "float64" or not needs.float64, "float64 in a float32 kernel"


def test_the_same_kernel_is_compiled_once(monkeypatch):
    from cells.cuda.device import compile

    entry = next(entry for entry in entries() if entry.label == "fill")
    first = compile.compiled(entry.kernel, entry.facts.capability)
    compile.compiled.cache_clear()
    monkeypatch.setattr(compile, "_compile", lambda *_: pytest.fail("compiled again"))
    assert compile.compiled(entry.kernel, entry.facts.capability) == first


def test_a_kernel_that_ptxas_refuses_names_its_words():
    from cells.cuda.device.compile import _assemble

    with pytest.raises(RuntimeError, match=r"refused a kernel for sm_80: .*nonsense"):
        _assemble(".version 8.0\n.target sm_80\n.address_size 64\nnonsense", "sm_80")
