"""The task that CONTRIBUTING.md adds, added as it says: one file and one line."""

import re
import shutil
import subprocess
import sys

import pytest

from bench.run.environment import ROOT


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The tasks and their tests, with the task of CONTRIBUTING.md."""
    folder = tmp_path_factory.mktemp("with-the-task")
    for part in ("cells", "bench", "tests/bench/tasks"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "tests/__init__.py", "tests/bench/__init__.py"):
        shutil.copy(ROOT / file, folder / file)
    text = (ROOT / "CONTRIBUTING.md").read_text()
    (source,) = re.findall(r"`bench/tasks/larger_first\.py`:\n\n```python\n(.*?)```", text, re.S)
    (line,) = re.findall(r"in `bench/tasks/registry\.py` the line `(.*?)`", text)
    (folder / "bench" / "tasks" / "larger_first.py").write_text(source)
    registry = folder / "bench" / "tasks" / "registry.py"
    changed = registry.read_text().replace('    "parity",\n', f'    "parity",\n    {line}\n')
    assert changed.count("larger_first") == 1
    registry.write_text(changed)
    return folder


def call(folder, *words):
    """Run a Python module in the folder; return what it prints."""
    done = subprocess.run([sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_passes_the_tests_of_all_tasks(folder):
    tests = "tests/bench/tasks/test_tasks.py"
    printed = call(folder, "pytest", tests, "-q", "-p", "no:cacheprovider", "-k", "larger-first or file_of_its_name")
    assert re.search(r"1[0-9] passed", printed), printed


def test_a_case_can_be_about_it(folder):
    made = "from bench.case import make_case; make_case('gradients', 'gru', task='larger-first')"
    call(folder, "timeit", "-n", "1", "-r", "1", made)


def test_it_is_formatted(folder):
    file = "bench/tasks/larger_first.py"
    pytest.importorskip("ruff")
    call(folder, "ruff", "check", "--no-cache", file)
    call(folder, "ruff", "format", "--no-cache", "--check", file)
