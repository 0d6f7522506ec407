"""A study that is named and has no case on this machine says why, through both front doors."""

import subprocess
import sys

import pytest

from bench.run import gpu_facts
from bench.run.environment import ROOT
from recurbench import main


def benchmark(store, *words):
    command = [sys.executable, "-m", "pytest", "--benchmark", f"--store={store}", "-p", "no:cacheprovider", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("study", ["gpu", "sharings"])
def test_without_a_gpu_the_command_names_what_is_missing_and_stores_nothing(study, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(gpu_facts, "available", lambda: False)
    store = tmp_path / "s.sqlite"
    assert main(["run", "--study", study, "--store", str(store)]) == 2
    told = capsys.readouterr().err
    assert f"study {study} has no cases here: " in told
    assert any(word in told for word in ("needed: ", "pip install", "nvidia-smi sees no GPU", "simulator"))
    assert not store.exists()


def test_the_reason_is_that_of_the_kernels(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(gpu_facts, "available", lambda: False)
    monkeypatch.setattr("cells.cuda.device.target.missing", lambda: "cuda-core is not installed: pip install it")
    monkeypatch.setattr("cells.cuda.device.target.SIMULATED", False)
    assert main(["run", "--study", "gpu", "--store", str(tmp_path / "s.sqlite")]) == 2
    assert "study gpu has no cases here: cuda-core is not installed: pip install it\n" in capsys.readouterr().err


def test_a_preset_that_leaves_a_study_out_names_those_that_have_it(tmp_path, capsys):
    assert main(["run", "--study", "grid", "--store", str(tmp_path / "s.sqlite")]) == 2
    told = capsys.readouterr().err
    assert told == "study grid has no cases here: preset quick leaves it out; allowed: course, full\n"


def test_studies_that_have_cases_are_measured_beside_one_that_has_none(tmp_path, capsys):
    words = ["run", "--study", "grid", "--study", "parameters", "--store", str(tmp_path / "s.sqlite")]
    assert main(words) == 0
    captured = capsys.readouterr()
    assert "study grid has no cases here: " in captured.err
    assert "items measured, 0 were there already" in captured.out


def test_nothing_is_said_of_a_study_that_nobody_named(tmp_path, capsys):
    assert main(["run", "--study", "parameters", "--store", str(tmp_path / "s.sqlite")]) == 0
    assert "has no cases" not in capsys.readouterr().err


def test_pytest_says_it_too(tmp_path):
    alone = benchmark(tmp_path / "s.sqlite", "--study", "grid")
    assert alone.returncode == pytest.ExitCode.USAGE_ERROR
    assert "study grid has no cases here: preset quick leaves it out" in alone.stderr
    beside = benchmark(tmp_path / "s.sqlite", "--study", "grid", "--study", "parameters", "--collect-only")
    assert beside.returncode == 0, beside.stdout + beside.stderr
    assert "study grid has no cases here: preset quick leaves it out" in beside.stdout
