"""What the command says of a machine, and what it fetches for one."""

from __future__ import annotations

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from bench.contenders import torch_gpu
from bench.gpu_checks import facts, wheels
from bench.gpu_checks.__main__ import main
from tests.cells.cuda.test_cubins import BARE, say


def test_the_facts_are_json_and_name_what_is_missing():
    found = json.loads(json.dumps(facts.this_machine()))
    assert {"missing", "simulated", "chip", "compiler", "torch", "environment"} <= set(found)
    lines = list(facts.as_lines(found))
    assert lines[0]["kind"] == "machine"
    assert [line["package"] for line in lines[1:]] == list(facts.USES)


@pytest.mark.parametrize("is_available", [lambda: False, lambda: 1 // 0])
def test_a_pytorch_without_a_gpu_is_a_reason_and_no_crash(is_available, monkeypatch):
    broken = SimpleNamespace(cuda=SimpleNamespace(is_available=is_available), __spec__=object())
    monkeypatch.setitem(sys.modules, "torch", broken)
    torch_gpu.why_no_torch.cache_clear()
    torch_gpu.torch_or_none.cache_clear()
    try:
        assert torch_gpu.torch_or_none() is None
        assert torch_gpu.why_no_torch().startswith(("torch.cuda.is_available() is False", "PyTorch cannot be used"))
    finally:
        torch_gpu.why_no_torch.cache_clear()
        torch_gpu.torch_or_none.cache_clear()


def test_a_version_that_differs_is_a_line_and_no_crash(monkeypatch):
    versions = {"numba": "0.68.1", "numba-cuda": "0.20.0"}

    def version(name):
        if name not in versions:
            raise facts.metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(facts.metadata, "version", version)
    told = {line["package"]: line for line in facts.packages()}
    assert told["numba"]["fits"]
    assert (told["numba-cuda"]["found"], told["numba-cuda"]["wanted"], told["numba-cuda"]["fits"]) == (
        "0.20.0",
        "==0.30.4",
        False,
    )
    assert (told["torch"]["found"], told["torch"]["fits"]) == (None, False)


def test_wheels_are_listed_with_their_sizes(monkeypatch, tmp_path, capsys):
    asked = []

    def download(command, **_):
        asked.append(command)
        (tmp_path / "one-1.0-py3-none-any.whl").write_bytes(b"0" * (1 << 20))
        (tmp_path / "two-2.0-py3-none-any.whl").write_bytes(b"0" * (1 << 19))
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(wheels.subprocess, "run", download)
    assert main(["--wheels", str(tmp_path)]) == 0
    assert capsys.readouterr().out.split() == [
        *("1.00", "MiB", "one-1.0-py3-none-any.whl"),
        *("0.50", "MiB", "two-2.0-py3-none-any.whl"),
        *("1.50", "MiB", "together"),
    ]
    (command,) = asked
    assert command[command.index("--python-version") + 1] == wheels.PYTHON
    assert [word.split("==")[0] for word in command[-len(wheels.PACKAGES) :]] == list(wheels.PACKAGES)


def test_a_wheel_that_is_not_to_be_had_is_named(monkeypatch, tmp_path):
    failed = subprocess.CompletedProcess([], 1, "", "No matching distribution found for cuda-core==99")
    monkeypatch.setattr(wheels.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(RuntimeError, match="No matching distribution found for cuda-core==99"):
        wheels.fetch(tmp_path)


WITHOUT_NUMBA = """
import bench.gpu_checks.worker
from bench.measures import runtime
from bench.studies import gpu_axes
from bench.gpu_checks import actions, passes, probes, rows, timing
from bench.gpu_checks.facts import this_machine
from bench.gpu_checks.stages import Setting, plan
from cells.cuda.device.facts import H200

STAGES = ("contact", "parity", "steps", "grid", "half", "sanitizer")
checks = list(plan(Setting(H200, True, 1), STAGES))
for name in {check.action for check in checks}:
    actions.find_action(name)
each = passes.Pass("lstm", "training", 3, 2, 4, 5, initial=True)
assert passes.truth(each.problem).input.shape == (3, 2, 4)
assert this_machine()["missing"]
assert not [name for name in sys.modules if name.split(".")[0] in BLOCKED]
print(json.dumps(len(checks)))
"""


def test_the_worker_needs_no_numba():
    assert say(BARE + WITHOUT_NUMBA) > 100
