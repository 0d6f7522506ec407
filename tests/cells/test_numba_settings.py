"""Settings of numba's: those with which no kernel can be compiled are named, with all others a layer computes."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numba
import pytest

from cells import Layer
from tests.cells.test_input import GOOD, good_layer, refusal

ROOT = Path(__file__).resolve().parents[2]
STEP = """
    import numpy as np
    from cells import Layer
    layer = Layer("rnn", 3, 5, rng=np.random.default_rng(0))
    trace = layer.forward(np.ones((4, 2, 3), np.float32))
    trace.backward(trace.output)
    print(f"{trace.output.sum():.4f}")
"""


def run(script, **environment):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_compiler_the_error_says_what_is_set_and_how_to_unset_it():
    script = """
        import numpy as np
        import cells
        from cells.reference import reference
        try:
            cells.Layer("lstm", 3, 5)
        except RuntimeError as error:
            print(error)
        shapes = cells.registry.find_cell("rnn").parameter_shapes(3, 5)
        zeros = {name: np.zeros(shape) for name, shape in shapes.items()}
        print(reference("rnn", zeros, np.zeros((2, 1, 3))).output.sum())
        import numba
        numba.config.DISABLE_JIT = False
        print(cells.Layer("lstm", 3, 5))
    """
    done = run(script, NUMBA_DISABLE_JIT="1")
    message, number, layer = done.stdout.splitlines()
    for words in (
        "NUMBA_DISABLE_JIT=1 is set",
        "compiled code",
        "unset NUMBA_DISABLE_JIT",
        "cells.reference.reference",
    ):
        assert words in message
    assert (number, layer.startswith("Layer('lstm'")) == ("0.0", True), done.stderr


def test_a_compiler_that_is_turned_off_later_is_named_too(monkeypatch):
    layer = good_layer()
    monkeypatch.delenv("NUMBA_DISABLE_JIT", raising=False)
    monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
    refusal(
        lambda: Layer("lstm", **GOOD),
        "numba.config.DISABLE_JIT is True",
        "numba.config.DISABLE_JIT = False",
        error=RuntimeError,
    )
    refusal(lambda: layer([[[0.5, 0.5, 0.5]]]), "numba.config.DISABLE_JIT is True", error=RuntimeError)


@pytest.mark.slow
@pytest.mark.parametrize(
    "setting",
    [
        "NUMBA_OPT=0",
        "NUMBA_BOUNDSCHECK=1",
        "NUMBA_CPU_NAME=generic",
        "NUMBA_DEBUGINFO=1",
        "NUMBA_THREADING_LAYER=nonsense",
        "NUMBA_CACHE_DIR=/proc/nowhere",
    ],
)
def test_with_any_other_setting_a_layer_computes_the_same(setting, tmp_path):
    name, value = setting.split("=")
    folders = {"RECURBENCH_CACHE_DIR": str(tmp_path)}  # else machine code of another setting would be found
    usual, other = run(STEP), run(STEP, **folders, **{name: value})
    assert (other.stdout, usual.stdout) == (usual.stdout, other.stdout) != ("", ""), other.stderr


@pytest.mark.slow
def test_where_machine_code_cannot_be_kept_a_warning_says_so_and_none_lies_beside_the_sources():
    before = set((ROOT / "cells").rglob("*.nbi"))
    done = run(STEP, RECURBENCH_CACHE_DIR="/proc/nowhere")
    assert "RuntimeWarning: compiled kernels cannot be kept in /proc/nowhere" in done.stderr
    assert done.stderr.count("RuntimeWarning") == 1
    assert done.stdout == run(STEP).stdout != ""
    assert set((ROOT / "cells").rglob("*.nbi")) == before
