"""Two runs side by side, as text and as a page: every word is used, the page is whole, wrong input is told."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.comparison import compare
from analysis.result import Estimate, Finding
from recurbench.command import main
from reports import comparison_page, comparison_text
from reports.catalogue import load_catalogue
from reports.check import check
from reports.comparison import compare_runs
from tests.analysis.comparison.simulated import run_of_numbers, run_of_times, side
from tests.support.browser import CHROMIUM, OFFLINE


def frames():
    """Two runs that differ in every way that there is a word for."""
    rng = np.random.default_rng(0)
    slower = lambda case: 1.5 if (case.cell, case.backend) == ("lstm", "cpu") else 1.0  # noqa: E731
    seeds = {seed: list(rng.normal(size=3)) for seed in range(8)}
    shifted = {seed: [value + 1 for value in values] for seed, values in seeds.items()}
    shuffled = {seed: list(rng.normal(size=3)) for seed in range(8)}
    found = []
    timed = run_of_times(rng, blocks=3), run_of_times(rng, slower, blocks=3)
    for times, joint, cell in ((timed[0], seeds, seeds), (timed[1], shifted, shuffled)):
        few = run_of_times(rng, study="grid", blocks=2)
        own = run_of_times(rng, study="call-costs", backends=("cpu", "cpu-again"), blocks=2)
        again = own["backend"] == "cpu-again"
        own.loc[again, "value"] *= np.exp(rng.normal(0, 0.3, again.sum()))
        few = few.loc[(few["cell"] == "lstm") & (few["hidden_size"] == 128)]
        rate = few.loc[few["backend"] == "cpu"].assign(study="peak", metric="multiply_add_rate", unit="FLOP/s")
        computed = [
            run_of_numbers(joint),
            run_of_numbers(cell, "log10_norm_c"),
            run_of_numbers(seeds, "log10_norm_joint"),
        ]
        found.append([times, few, own, rate, *computed])
    found[0].append(run_of_numbers({0: [1.0]}, "log10_forget_mean"))
    found[1].append(run_of_numbers({0: [2.0]}, "log10_forget_mean"))
    found[0].append(run_of_numbers({0: [1.0]}, "log10_forget_path"))
    found[1].append(run_of_numbers({9: [2.0]}, "log10_forget_path"))
    found[0].append(run_of_numbers({0: [1.0]}, "log10_gradient_left"))
    return [pd.concat(parts, ignore_index=True) for parts in found]


def finding(claim_id, number, verdict, estimate=None):
    return Finding(claim_id, number, "q", verdict, "gradients", estimate)


VERDICTS = (
    (
        finding("gru-fewer-weights", 36, "supported", Estimate(0.7, 0.6, 0.8, "ratio", 8)),
        finding("three-gates", 9, "not measured"),
    ),
    (
        finding("gru-fewer-weights", 36, "refuted", Estimate(1.2, 1.1, 1.3, "ratio", 8)),
        finding("three-gates", 9, "supported", Estimate(3, 3, 3, "count", 1)),
    ),
)


@pytest.fixture(scope="module")
def words():
    return load_catalogue("en")


@pytest.fixture(scope="module")
def comparison():
    a, b = frames()
    return compare(side(a, "before"), side(b, "after", commit="new"), VERDICTS)


@pytest.fixture(scope="module")
def page(comparison, words, tmp_path_factory):
    return comparison_page.write(comparison, tmp_path_factory.mktemp("compare"), words)


def test_the_page_is_whole(page):
    assert check(page) == []
    text = page.read_text()
    assert "Something changed beyond the noise" in text
    assert 'class="plot"' in text


def test_the_text_names_what_changed(comparison, words):
    text = "\n".join(comparison_text.lines(comparison, words))
    assert "Something changed beyond the noise." in text
    assert re.search(r"LSTM|lstm", text)
    assert "36 " in text
    assert "Supported → Refuted" in text
    assert "Not measured → Supported" in text
    assert all(len(line) < 200 for line in text.splitlines())


def test_all_points_can_be_downloaded(page, comparison):
    times = pd.read_csv(page.parent / "compare-times.csv")
    assert len(times) == sum(len(item.points) for item in comparison.times)
    assert {"study", "cell", "backend", "ratio", "low", "high", "over", "p", "differs"} <= set(times.columns)
    numbers = pd.read_csv(page.parent / "compare-numbers.csv")
    assert set(numbers["metric"]) == {"log10_norm_h", "log10_norm_c", "log10_forget_mean", "log10_forget_path"}


def test_every_word_is_used(comparison, page, words, tmp_path):
    comparison_text.lines(comparison, words)
    a, b = frames()
    rows = a.loc[a["study"] == "runtime"]
    same = compare(side(rows), side(rows.copy()))
    moved = compare(side(a), side(b, cpu="Another"))
    for other in (same, moved):
        comparison_text.lines(other, words)
        comparison_page.write(other, tmp_path, words)
    idle = {path for path in words.leaves() if path[0] == "compare" and path not in words.used}
    assert {path for path in idle if path[1] != "places"} == set()  # a run has words of the columns that vary


def test_every_column_of_a_case_has_its_word(words):
    from bench.case import CASE_COLUMNS

    assert set(words.keys("compare", "places")) == {*CASE_COLUMNS, "metric", "step"} - {"study"}


def test_nothing_is_said_of_a_run_against_itself(tmp_path, capsys):
    folders = [tmp_path / name for name in "ab"]
    rows = run_of_numbers({seed: [0.0, -1.0] for seed in range(3)})
    for folder in folders:
        folder.mkdir()
        rows.to_csv(folder / "measurements.csv", index=False)
        (folder / "environment.json").write_text('{"e": {"cpu": "Example", "versions": {"torch": "2"}}}')
    assert main(["compare", *map(str, folders), "--out", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out
    assert "\nNothing changed beyond the noise.\n" in told
    assert check(Path(told.splitlines()[-1].removeprefix("page: "))) == []


def test_wrong_input_is_told(tmp_path):
    run_of_numbers({0: [1.0]}).to_csv(tmp_path / "measurements.csv", index=False)
    (tmp_path / "environment.json").write_text('{"e": {"cpu": "Example"}}')
    with pytest.raises(ValueError, match="A and B are the same run"):
        compare_runs(str(tmp_path), f"{tmp_path}/.", tmp_path / "out")
    with pytest.raises(FileNotFoundError, match=r"no run at nowhere; allowed: a store, .* xeon-cascade-lake-2-cores"):
        compare_runs("nowhere", str(tmp_path), tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="no export in"):
        compare_runs(str(tmp_path), str(tmp_path / "empty"), tmp_path / "out")


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium installed")
def test_the_script_runs_and_nothing_is_refused(page, tmp_path):
    command = [shutil.which(CHROMIUM), *OFFLINE, f"--user-data-dir={tmp_path}", "--dump-dom", page.resolve().as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert re.search(r"<html[^>]* class=\"js\"", done.stdout)
    assert not re.search(r"CONSOLE.*(Refused|violates|Error)", done.stderr), done.stderr
