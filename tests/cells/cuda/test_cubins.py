"""Machine code travels: its name holds on any machine, and it runs where no compiler is."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from cells.cuda import kernel
from cells.cuda.device import cubins
from cells.cuda.device.cubins import Compiled, Resources
from cells.cuda.device.facts import A100, H200
from cells.cuda.device.target import CudaUnavailable
from cells.cuda.plan.rule import Workload, choose
from cells.sources import ROOT

RESOURCES = Resources(32, 0, 0, False)
MADE = Compiled(b"\x7fELF machine code", "entry", RESOURCES, {"numba-cuda": "0.30.4", "ptxas": "13.0.88"})
KERNELS = [
    kernel.time_loop(choose(Workload("lstm", 64, 16, "float32", H200, way), sharing=sharing).config, way)
    for way in ("forward", "backward")
    for sharing in ("block", "grid")
] + [kernel.pack("float32", "forward", False, False), kernel.norms("float64")]

# A machine that has the package, NumPy and what launches kernels, and nothing that compiles.
BARE = """
import importlib.machinery, importlib.metadata, json, sys

BLOCKED = {"numba", "llvmlite", "numba_cuda", "_numba_cuda_redirector"}

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in BLOCKED:
            raise ImportError(f"{name} is not installed here")

for name in [name for name in sys.modules if name.split(".")[0] in BLOCKED]:
    del sys.modules[name]
sys.meta_path.insert(0, Blocked())
"""
KEYS = """
from tests.cells.cuda.test_cubins import KERNELS
from cells.cuda.device import cubins
print(json.dumps([cubins.key(each, (9, 0)) for each in KERNELS]))
"""
LOADING = """
from tests.cells.cuda.test_cubins import KERNELS
from cells.cuda.device.compile import compiled, missing
found = [compiled(each, (9, 0)) for each in KERNELS]
assert missing() is not None
assert not [name for name in sys.modules if name.split(".")[0] in BLOCKED]
print(json.dumps([each.code.hex() for each in found]))
"""


# A machine whose numba-cuda does not fit its other packages: its import fails in some way that nobody foresaw.
UNFIT = """
import json, sys

class Unfit:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "_numba_cuda_redirector":
            raise AttributeError("module 'numpy' has no attribute 'row_stack'")

sys.modules.pop("_numba_cuda_redirector", None)
sys.meta_path.insert(0, Unfit())
from cells.cuda.device import numba_cuda
print(json.dumps(numba_cuda.MISSING))
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder that travels, empty, and no cache behind it."""
    monkeypatch.setenv(cubins.CACHE, str(tmp_path / "cache"))
    monkeypatch.setenv(cubins.TRAVELLING, str(tmp_path))
    return tmp_path


def say(text, interpreter=sys.executable):
    environment = {name: value for name, value in os.environ.items() if name != "RECURBENCH_CUDA"}
    done = subprocess.run(
        [interpreter, "-c", text], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_name_says_kernel_and_architecture_and_differs_with_all_that_matters():
    names = [cubins.key(each, capability) for each in KERNELS for capability in ((8, 0), (9, 0))]
    assert len(set(names)) == len(names)
    assert {name.split("-")[1] for name in names} == {"sm_80", "sm_90a"}


def test_neither_a_compiler_nor_numba_enters_the_name():
    assert say(BARE + KEYS) == [cubins.key(each, (9, 0)) for each in KERNELS]


def test_what_came_along_is_loaded_where_nothing_compiles(folder):
    for number, each in enumerate(KERNELS):
        made = Compiled(f"code {number}".encode(), "entry", RESOURCES, MADE.compilers)
        cubins.keep(folder, cubins.key(each, (9, 0)), made)
    assert [bytes.fromhex(code) for code in say(BARE + LOADING)] == [f"code {n}".encode() for n in range(len(KERNELS))]


def test_a_kernel_that_did_not_come_along_is_named(folder, monkeypatch):
    from cells.cuda.device import compile

    monkeypatch.setattr(compile, "missing", lambda: "numba-cuda is not installed")
    compile.compiled.cache_clear()
    with pytest.raises(CudaUnavailable, match=r"no machine code norms-sm_90a-\w+ in .*: numba-cuda is not installed"):
        compile.compiled(KERNELS[-1], (9, 0))


def test_what_is_kept_is_found(folder):
    assert cubins.find(folder, "norms") is None
    cubins.keep(folder, "norms", MADE)
    assert cubins.find(folder, "norms") == MADE


@pytest.mark.parametrize("damage", [b"", b"\x1f\x8b nonsense", None])
def test_a_damaged_file_is_named(folder, damage):
    cubins.keep(folder, "norms", MADE)
    file = folder / f"norms{cubins.ENDING}"
    file.write_bytes(file.read_bytes()[:-12] if damage is None else damage)
    with pytest.raises(ValueError, match=r"norms\.cubin\.gz is damaged"):
        cubins.find(folder, "norms")


def test_a_folder_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setenv(cubins.TRAVELLING, "no/such/folder")
    with pytest.raises(FileNotFoundError, match=r"RECURBENCH_CUBINS is 'no/such/folder'; allowed: a folder"):
        cubins.travelling()


def test_a_folder_says_what_it_was_made_from(folder):
    assert cubins.manifest(folder) == {}
    cubins.write_manifest(folder, MADE.compilers)
    assert cubins.manifest(folder) == {"sources": cubins.all_sources(), "compilers": dict(MADE.compilers)}


def test_compilers_of_other_versions_have_a_cache_of_their_own(folder):
    assert cubins.cache_folder({"ptxas": "13.0.88"}) != cubins.cache_folder({"ptxas": "13.1.5"})


def test_facts_of_two_chips_differ_in_clusters():
    assert not A100.clusters
    assert [H200.clusters_of(blocks) for blocks in (2, 4, 8)] == [66, 31, 15]


def test_a_compiler_that_does_not_fit_is_a_reason_and_no_crash():
    assert "numba-cuda cannot be imported (AttributeError: module 'numpy' has no attribute" in say(UNFIT)


def test_formulas_that_cannot_be_compiled_are_a_reason_and_never_left_as_python():
    pytest.importorskip("_numba_cuda_redirector")
    broken = UNFIT.replace('name.split(".")[0] == "_numba_cuda_redirector"', 'name == "cells.lowering"')
    assert "AttributeError: module 'numpy' has no attribute" in say(broken)
