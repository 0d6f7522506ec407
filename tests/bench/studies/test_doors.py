"""The two front doors, `recurbench run` and `pytest --benchmark`, measure the same items in the same way."""

import os
import subprocess
import sys
from collections import Counter

import pytest

from bench.run.environment import ROOT
from bench.run.plan import plan
from bench.run.store import Store
from bench.studies.registry import STUDIES
from bench.study import PRESETS

TIMED = [study.name for study in STUDIES if study.timed]
STAND_IN = '''
"""Every study has the first of its cases, or one of its own where this machine has none; every sample takes 1 ms."""
from dataclasses import replace
from bench.case import Case
from bench.rows import Measurement
from bench.studies import registry
from bench.study import always


def measure(case, block, rounds):
    return [Measurement(case, "elapsed_s", 1e-3, "s", block, replicate) for replicate in range(rounds)]


def stand_in(study):
    def cases(sizes):
        return [*study.cases(sizes)[:1], Case(study.name, "rnn", seed=1)][:1]
    return replace(study, cases=cases, measure=measure)


registry.STUDIES = tuple(map(stand_in, registry.STUDIES))
'''
RUN = (
    STAND_IN
    + """
import sys
from recurbench import main
if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
"""
)


def through(door, folder, *words):
    """Run one front door on the stand-ins; return the process."""
    (folder / "stand_in.py").write_text(STAND_IN)
    (folder / "run_stand_in.py").write_text(RUN)
    commands = {
        "run": [str(folder / "run_stand_in.py"), "run", "--store", str(folder / "run.sqlite")],
        "pytest": ["-m", "pytest", "-p", "stand_in", "--benchmark", f"--store={folder / 'pytest.sqlite'}", "-q"],
    }
    return subprocess.run(
        [sys.executable, *commands[door], *words],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{folder}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "preset", ["full", *(pytest.param(name, marks=pytest.mark.slow) for name in PRESETS if name != "full")]
)
def test_both_doors_take_the_same_number_of_samples_of_every_timed_study(preset, tmp_path):
    only = [word for name in TIMED for word in ("--study", name)]
    taken = {}
    for door in ("run", "pytest"):
        done = through(door, tmp_path, "--preset", preset, *only)
        assert done.returncode == 0, done.stdout + done.stderr
        frame = Store(tmp_path / f"{door}.sqlite").frame()
        taken[door] = Counter(frame["study"])
    assert taken["run"] == taken["pytest"]
    assert taken["run"] == {s.name: s.rounds[preset] * s.blocks[preset] for s in STUDIES if s.timed}


def test_pytest_collects_every_study_of_the_registry(tmp_path):
    done = through("pytest", tmp_path, "--collect-only")
    assert done.returncode == 0, done.stdout + done.stderr
    names = [line.partition("[")[2] for line in done.stdout.splitlines() if "::test_study[" in line]
    for study in STUDIES:
        assert any(name.startswith(f"{study.name}-") for name in names), study.name


def test_every_item_that_is_planned_is_one_test(tmp_path):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--benchmark",
        "--collect-only",
        "-q",
        f"--store={tmp_path / 's.sqlite'}",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("::test_study[") == len(plan("quick"))
