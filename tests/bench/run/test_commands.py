import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from bench.run.environment import ROOT
from bench.run.plan import plan
from bench.run.store import Store
from recurbench import main

STUDIES = ("--study", "parameters", "--study", "gates")
ITEMS = len(plan("quick", ["parameters", "gates"]))
COUNTS = str(len(plan("quick", ["parameters"])))


def command(store, *rest):
    return [sys.executable, "-m", "pytest", "--benchmark", f"--store={store}", "-p", "no:cacheprovider", *rest]


def benchmark(store, *rest, **options):
    return subprocess.run(command(store, *rest), cwd=ROOT, capture_output=True, text=True, check=False, **options)


def begun(store):
    """A process of pytest that has stored some of its items."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command(store, *STUDIES), cwd=ROOT, **quiet)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and items_in(store) < 5:
        time.sleep(0.01)
    return process


def test_killed_in_the_middle_pytest_benchmark_resumes_with_every_case_once(tmp_path):
    path = tmp_path / "store.sqlite"
    process = begun(path)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = items_in(path)
    assert 5 <= before < ITEMS
    done = benchmark(path, *STUDIES)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{ITEMS - before} items to measure, {before} in" in done.stdout
    frame = Store(path).frame()
    assert (
        frame.groupby(["cell", "merge", "initialiser", "seed", "hidden_size", "input_size", "study"]).ngroups == ITEMS
    )
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_an_interrupted_run_has_begun_and_not_ended(tmp_path):
    path = tmp_path / "store.sqlite"
    process = begun(path)
    process.send_signal(signal.SIGINT)
    assert process.wait() == pytest.ExitCode.INTERRUPTED
    ended = "SELECT count(*), count(ended_at) FROM runs"
    with sqlite3.connect(path) as connection:
        assert connection.execute(ended).fetchone() == (1, 0)
    assert benchmark(path, *STUDIES).returncode == 0
    with sqlite3.connect(path) as connection:
        assert connection.execute(ended).fetchone() == (2, 1)
    assert set(Store(path).frame()["whole"]) == {1}


def items_in(path):
    if not path.exists():
        return 0
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            return connection.execute("SELECT count(*) FROM items").fetchone()[0]
    except sqlite3.OperationalError:  # the table is not there yet
        return 0


def test_runtime_goes_through_pytest_benchmark(tmp_path):
    path = tmp_path / "store.sqlite"
    only = "runtime-rnn-cpu and inference-T50-B1-I32-H32-torch-s0-b0 and not again"
    done = benchmark(path, "--study", "runtime", "-k", only, f"--benchmark-json={tmp_path / 'out.json'}")
    assert done.returncode == 0, done.stdout + done.stderr
    import json

    (entry,) = json.loads((tmp_path / "out.json").read_text())["benchmarks"]
    stored = Store(path).frame().query("metric == 'elapsed_s'")["value"]
    assert sorted(entry["stats"]["data"]) == pytest.approx(sorted(stored))
    assert entry["stats"]["median"] > 0


def test_plain_pytest_collects_no_study():
    command = [sys.executable, "-m", "pytest", "bench", "--collect-only", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "no tests collected" in done.stdout


def test_bad_options_name_the_allowed_ones(tmp_path):
    done = benchmark(tmp_path / "s.sqlite", "--preset", "fast")
    assert done.returncode == 4
    assert "unknown preset 'fast'; known: quick, course, full" in done.stderr


def test_help_is_fast_and_imports_nothing_heavy():
    script = (
        "import sys, recurbench\n"
        "try: recurbench.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'numba', 'pandas', 'seaborn', 'numpy', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_run_status_and_export_tell_one_story(tmp_path, capsys):
    store = ["--store", str(tmp_path / "s.sqlite")]
    assert main(["run", "--study", "parameters", *store]) == 0
    assert f"{COUNTS} items measured, 0 were there already" in capsys.readouterr().out
    assert main(["status", *store]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert ["parameters", COUNTS, COUNTS, "0"] in [line.split() for line in lines]
    assert main(["export", str(tmp_path / "out"), *store]) == 0
    assert (tmp_path / "out" / "measurements.csv").exists()
    assert (tmp_path / "out" / "environment.json").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--preset", "fast"], "unknown preset 'fast'; known: quick, course, full"),
        (["run", "--study", "speed"], "unknown study 'speed'; known: parameters"),
        (["run", "--executor", "gpu"], "unknown executor 'gpu'; known: in-process, processes:N, dask:ADDRESS"),
        (["export", "out"], "no store at"),
    ],
)
def test_wrong_use_is_told_with_exit_code_2(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_doctor_describes_the_machine(capsys):
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "vector features" in out
    assert "numba" in out


@pytest.mark.slow
def test_a_store_without_items_shows_the_reference_and_says_so(tmp_path, capsys):
    store = tmp_path / "empty.sqlite"
    store.touch()
    assert main(["cite", "gradient-profile", "--store", str(store)]) == 0
    captured = capsys.readouterr()
    assert "gradient-profile" in captured.out
    assert "nothing measured in" in captured.err
