"""What travels is what the checks launch: found by rehearsal, compiled where a compiler is."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest

from bench.gpu_checks import cubins as parcel
from bench.gpu_checks.facts import travelled
from bench.gpu_kernels import __main__ as gpu_kernels
from bench.measures import machine_code
from bench.run import gpu_facts
from cells.cuda.device import cubins
from cells.cuda.device.facts import A100, H200
from cells.registry import distinct_cells
from cells.validation import SHARINGS

needs_compiler = pytest.mark.skipif(machine_code.why_not() is not None, reason=str(machine_code.why_not()))


@pytest.fixture(scope="module")
def contact():
    return parcel.kernels_of(["contact"], H200, "toy")


def test_every_kind_of_kernel_is_found_once(contact):
    assert len(set(contact)) == len(contact)
    counts = Counter(kernel.name for kernel in contact)
    kinds = {"forward", "backward", "profile", "norms", "pack", "product", "sums", "fill", "ranks", "phases"}
    assert kinds <= set(counts)
    # Of each cell and sharing a loop for training and one for inference, which keeps no slots.
    configs = [kernel.parameters[0] for kernel in contact if kernel.name == "forward"]
    found = {(config.cell, config.sharing, config.keep) for config in configs}
    assert found == set(product(distinct_cells(), SHARINGS, (False, True)))


def test_a_gpu_without_clusters_needs_no_kernel_of_them():
    kernels = parcel.kernels_of(["parity"], A100, "toy")
    configs = [kernel.parameters[0] for kernel in kernels if kernel.name == "forward"]
    assert {config.sharing for config in configs} == {"block", "grid", "launch"}


@needs_compiler
@pytest.mark.cuda_compiler
def test_a_folder_is_filled_says_what_it_is_and_is_bounded(contact, tmp_path, monkeypatch):
    few = [kernel for kernel in contact if kernel.name in ("norms", "spin", "rounding")]
    size = parcel.fill(tmp_path, few, H200.capability, 2)
    assert size == sum(path.stat().st_size for path in tmp_path.iterdir())
    told = travelled(tmp_path)
    assert (told["kernels"], told["of_these_sources"]) == (len(few), True)
    assert {"numba-cuda", "ptxas"} <= set(told["compilers"])
    for kernel in few:
        assert cubins.find(tmp_path, cubins.key(kernel, H200.capability)).code.startswith(b"\x7fELF")
    monkeypatch.setattr(parcel, "MOST_BYTES", size - 1)
    with pytest.raises(ValueError, match="allowed: 0; name fewer stages"):
        parcel.fill(tmp_path, few, H200.capability, 2)


def test_a_folder_of_other_sources_is_known(tmp_path):
    (tmp_path / cubins.MANIFEST).write_text('{"sources": "0123456789abcdef", "compilers": {}}')
    assert not travelled(tmp_path)["of_these_sources"]


@pytest.mark.parametrize("text", ["{", "[]", '{"compilers": 3}', ""])
def test_a_damaged_manifest_is_told_and_taken_for_an_empty_one(text, tmp_path, monkeypatch):
    (tmp_path / cubins.MANIFEST).write_text(text)
    (tmp_path / f"norms-sm_90a-0{cubins.ENDING}").write_bytes(b"code")
    facts = travelled(tmp_path)
    assert (facts["kernels"], facts["compilers"], facts["of_these_sources"]) == (1, {}, False)
    assert cubins.MANIFEST in facts["manifest"]
    monkeypatch.setenv("RECURBENCH_CUBINS", str(tmp_path))
    assert "ptxas" not in gpu_facts.versions()  # others who read it go on, too


def test_a_parcel_may_hold_the_kernels_of_several_chips(monkeypatch, tmp_path, capsys):
    packed = {}
    monkeypatch.setattr(gpu_kernels, "why_not", lambda: None)
    monkeypatch.setattr(parcel, "kernels_of", lambda stages, chip, preset: ["the same", chip.gpcs])
    monkeypatch.setattr(parcel, "fill", lambda folder, kernels, *_: packed.setdefault(folder.name, kernels) and 0)
    words = ["--for", "sm_90a", "--stage", "contact"]
    assert gpu_kernels.main([*words, "--into", str(tmp_path / "one")]) == 0
    assert packed["one"] == ["the same", H200.gpcs]
    counts = ["--multiprocessors", "132", "--multiprocessors", "114"]
    assert gpu_kernels.main([*words, *counts, "--into", str(tmp_path / "both")]) == 0
    assert packed["both"] == ["the same", H200.gpcs, (14,) * 8 + (2,)]
    assert "with 132 multiprocessors, NVIDIA H200 with 114 multiprocessors" in capsys.readouterr().out


@needs_compiler
def test_an_old_folder_is_refused(tmp_path, capsys):
    (tmp_path / "norms-sm_90a-0.cubin.gz").write_bytes(b"old")
    assert gpu_kernels.main(["--for", "sm_90a", "--into", str(tmp_path)]) == 2
    assert "is not empty; allowed: a new folder" in capsys.readouterr().err
