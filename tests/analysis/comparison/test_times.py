"""Times of two runs: what changed is found, and what did not is not, whatever the day was like."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.comparison import compare
from tests.analysis.comparison.simulated import ENVIRONMENT, run_of_times, side

PEERLESS = ("cpu", "cpu-again")


def compared(seed, change=lambda case: 1.0, **settings):
    rng = np.random.default_rng(seed)
    a = run_of_times(rng, **settings)
    return compare(side(a), side(run_of_times(rng, change, **settings), "B"))


def factors(comparison, kind):
    return {(f.direction, f.name): f for times in comparison.times for f in times.factors if f.kind == kind}


def test_a_run_against_itself_has_nothing_that_changed():
    rows = run_of_times(np.random.default_rng(0))
    comparison = compare(side(rows), side(rows.copy(), "B"))
    assert not comparison.changed
    assert (comparison.times[0].points["ratio"] == 1).all()
    assert comparison.times[0].noise.source == "peers"


def test_a_slower_day_is_no_change():
    comparison = compared(3, day=0.5)
    assert not comparison.changed
    overall = next(f for f in comparison.times[0].factors if f.kind == "overall")
    assert not overall.estimate.low <= 1 <= overall.estimate.high  # it is told, and not judged
    assert overall.p is None


def test_a_cell_that_got_a_fifth_slower_is_found_alone():
    slower = lambda case: 1.2 if case.cell == "gru" and case.backend.startswith("cpu") else 1.0  # noqa: E731
    for settings in ({}, {"backends": PEERLESS}):
        found = factors(compared(1, slower, **settings), "cell")
        assert {name for (_, name), factor in found.items() if factor.differs} == {"gru"}
        assert found["training", "gru"].estimate.low < 1.2 < found["training", "gru"].estimate.high


def test_one_point_that_got_slower_is_found_alone():
    slower = lambda case: 1.4 if (case.cell, case.backend, case.hidden_size) == ("lstm", "cpu", 128) else 1.0  # noqa: E731
    times = compared(2, slower).times[0]
    assert set(zip(times.differing["cell"], times.differing["hidden_size"], strict=True)) == {("lstm", 128)}


def test_kernels_that_all_got_slower_are_found_beside_unchanged_peers_alone():
    slower = lambda case: 1.2 if case.backend.startswith("cpu") else 1.0  # noqa: E731
    found = factors(compared(4, slower), "peers")
    assert len(found) == 3
    assert all(factor.differs for factor in found.values())
    assert not compared(4, slower, backends=PEERLESS).changed


def test_a_peer_of_another_version_is_no_control():
    rng = np.random.default_rng(5)
    a, b = run_of_times(rng), run_of_times(rng)
    newer = side(b, "B", versions={**ENVIRONMENT["versions"], "torch": "3"})
    comparison = compare(side(a), newer)
    assert comparison.machines.peers == ("onnxruntime",)
    assert {name for _, name in factors(comparison, "peers")} == {"onnxruntime"}


def test_two_machines_are_said_to_be_two():
    rng = np.random.default_rng(6)
    comparison = compare(side(run_of_times(rng)), side(run_of_times(rng), "B", cpu="Another"))
    assert not comparison.machines.same_machine
    assert ("cpu", "Example", "Another") in comparison.machines.differing


def test_few_points_are_given_and_not_judged():
    rng = np.random.default_rng(7)
    frames = [
        rows.loc[(rows["cell"] == "lstm") & (rows["hidden_size"] == 128)] for rows in map(run_of_times, [rng, rng])
    ]
    times = compare(side(frames[0]), side(frames[1], "B")).times[0]
    assert times.noise.source == "none"
    assert times.points["p"].isna().all()
    assert np.isinf(times.points["high"]).all()


@pytest.mark.slow
@pytest.mark.parametrize("backends", [("cpu", "cpu-again", "torch", "onnxruntime"), PEERLESS, ("cpu",)], ids=len)
@pytest.mark.parametrize("between", [0.0, 0.03])
def test_nineteen_of_twenty_null_comparisons_find_nothing(backends, between):
    """The share of 100 has a standard error of 2.2 points."""
    changed = [compared(seed, backends=backends, between=between, blocks=5).changed for seed in range(100)]
    assert np.mean(changed) <= 0.05 + 0.045


@pytest.mark.slow
def test_a_fifth_is_found_in_nearly_every_comparison():
    slower = lambda case: 1.2 if case.cell == "lstm" and case.backend.startswith("cpu") else 1.0  # noqa: E731
    found = [factors(compared(seed, slower, blocks=5), "cell") for seed in range(60)]
    assert np.mean([cells["training", "lstm"].differs for cells in found]) >= 0.95
