"""Kernels on disk: a second process finds them, and another CPU's are never used."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from bench.run.environment import ROOT

SCRIPT = """
import json, sys
import numpy as np
from numba.core.dispatcher import Dispatcher
from cells import Layer, gradient_profile
from cells.cpu.target import target

layer = Layer("lstm", 3, 5, rng=np.random.default_rng(0))
trace = layer.forward(np.ones((2, 1, 3)))
total = float(trace.backward(np.ones((2, 1, 5))).input.sum() + layer(np.ones((2, 1, 3)))[0].sum())
gradient_profile(layer, np.ones((2, 1, 3)), np.ones((1, 5)))
modules = [m for name, m in sys.modules.items() if name.startswith("cells.cpu.")]
kernels = [k for m in modules for k in vars(m).values()
           if isinstance(k, Dispatcher) and k.py_func.__module__ == m.__name__ and k.signatures]
hits, misses = (sum(sum(getattr(k.stats, name).values()) for k in kernels) for name in ("cache_hits", "cache_misses"))
print(json.dumps({"hits": hits, "misses": misses, "target": target().name, "total": total}))
"""


def run(cache, **environment):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env=os.environ | {"RECURBENCH_CACHE_DIR": str(cache)} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="restricts an x86-64 CPU")
def test_a_second_process_compiles_nothing_and_a_changed_cpu_everything(tmp_path):
    first = run(tmp_path)
    assert first["misses"] > 0
    assert first["hits"] == 0
    again = run(tmp_path)
    assert again["misses"] == 0
    assert again["hits"] > 0
    assert again["total"] == first["total"]
    other = run(tmp_path, NUMBA_CPU_NAME="x86-64", NUMBA_CPU_FEATURES="+sse2")
    assert other["target"] == "plain"
    assert other["misses"] > 0
    assert other["total"] == pytest.approx(first["total"], rel=1e-5)
