"""Claims about trained networks: each may come out either way, and the rows decide which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.claims import CLAIMS, judge
from analysis.claims.comparisons import LongestRatio, ShareDifference
from analysis.result import Finding
from tests.support.rows import synthetic
from tests.support.rows.synthetic_training import REACH, WORKS, Learned

BY_NUMBER = {claim.number: claim for claim in CLAIMS}
SEEDS = 6


def made(*studies: str, seeds: int = SEEDS, **learned: Any) -> pd.DataFrame:
    """Rows of trainings that come to something else."""
    return synthetic.frame(synthetic.with_truth(seeds=seeds, blocks=6, learned=Learned(**learned)), studies)


def verdict(number: int, frame: pd.DataFrame) -> Finding:
    return judge(BY_NUMBER[number], frame)


def reach(**cells: float) -> Mapping[tuple[str, str], float]:
    """All starts of a cell reach so far."""
    return {key: cells.get(key[0], steps) for key, steps in REACH.items()}


def xor(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.loc[frame["task"] == "delayed-xor"]


@pytest.mark.parametrize(
    ("far", "expected"),
    [({"lstm": 400.0, "rnn": 15.0}, "supported"), ({"lstm": 28.0, "rnn": 28.0}, "refuted"), ({}, "depends")],
)
def test_the_lstm_reaches_farther_than_the_rnn_or_not(far: dict[str, float], expected: str) -> None:
    finding = verdict(20, xor(made("memory-tasks", reach=reach(**far))))
    assert finding.verdict == expected
    assert finding.depends_on == ("initialiser" if expected == "depends" else "")


@pytest.mark.parametrize(("far", "expected"), [(400.0, "supported"), (15.0, "refuted")])
def test_the_gru_remembers_as_long_as_the_lstm_or_not(far: float, expected: str) -> None:
    assert verdict(35, xor(made("memory-tasks", reach=reach(gru=far, lstm=60.0)))).verdict == expected


def test_two_networks_decide_nothing() -> None:
    assert verdict(20, made("memory-tasks", seeds=2, reach=reach(lstm=28.0, rnn=28.0))).verdict == "inconclusive"


def test_where_both_solve_everything_nothing_is_compared() -> None:
    frame = xor(made("memory-tasks", seeds=3, reach=reach(gru=5000.0, lstm=5000.0)))
    solved = frame["metric"].eq("solved")
    finding = verdict(35, frame.assign(value=frame["value"].mask(solved, 1.0)))
    assert (finding.verdict, finding.slices) == ("not measured", ())


def test_an_oracle_is_no_level() -> None:
    finding = verdict(20, xor(made("memory-tasks", seeds=3)))
    assert {part.level for part in finding.slices if part.variable == "initialiser"} == {"torch", "torch-fb1", "chrono"}
    assert "lstm_chrono_oracle_delayed_xor" in finding.facts


def test_seeds_that_choose_a_rate_are_not_judged() -> None:
    frame = xor(made("memory-tasks"))
    lucky = (frame["role"] == "tuning") & (frame["metric"] == "solved")
    changed = frame.assign(value=frame["value"].mask(lucky, 1.0))
    assert verdict(20, changed).facts["trainings"] == verdict(20, frame).facts["trainings"]
    without = verdict(20, frame.loc[frame["role"] == "judging"])
    assert without.verdict == "not measured"


DATA = {"digits-rows": (0.2, 0.0), "japanese-vowels": (0.2, 0.0), "sunspots": (0.9, 0.0)}


@pytest.mark.parametrize(
    ("behind", "expected"),
    [(DATA, "supported"), ({task: (0.0, 0.0) for task in DATA}, "refuted"), ({}, "depends")],
)
def test_few_data_cost_an_lstm_more_or_not(behind: dict[str, tuple[float, float]], expected: str) -> None:
    learned = {"behind": behind} if behind else {}
    finding = verdict(27, made("learning-curves", **learned))
    assert finding.verdict == expected
    assert {part.level for part in finding.slices if part.variable == "equal"} == {"equal-size", "equal-parameters"}


@pytest.mark.parametrize(
    ("flat", "lstm", "expected"), [(0.95, 0.3, "supported"), (0.3, 0.9, "refuted"), (0.7, 0.6, "inconclusive")]
)
def test_an_lstm_is_harder_to_tune_or_not(flat: float, lstm: float, expected: str) -> None:
    works = WORKS | {("rnn", "flat"): flat, ("lstm", "steps"): lstm}
    assert verdict(29, made("random-search", works=works)).verdict == expected


@pytest.mark.parametrize(("error", "expected"), [(0.02, "supported"), (0.9, "refuted")])
def test_the_future_helps_or_not(error: float, expected: str) -> None:
    finding = verdict(33, made("future-context", future_error={"one": 1.0, "two": error}))
    assert finding.verdict == expected
    control = {part.level: part.verdict for part in finding.slices if part.variable == "context"}
    assert control["past"] == "refuted"


@pytest.mark.parametrize(("left", "expected"), [(-1.0, "supported"), (-8.0, "refuted")])
def test_training_mitigates_vanishing_or_not(left: float, expected: str) -> None:
    frame = made("gradients", "during-training", left_after={"rnn": -8.0, "lstm": left, "gru": -1.0})
    after = {part.level: part.verdict for part in verdict(21, frame).slices if part.variable == "training"}
    assert after == {"before": "refuted", "after": expected}


@pytest.mark.parametrize(("steps", "expected"), [(400.0, "supported"), (3000.0, "refuted")])
def test_a_faster_step_may_not_be_enough(steps: float, expected: str, rows: pd.DataFrame) -> None:
    solving = made("time-to-solve", steps_to_solve={"rnn": 600.0, "lstm": 800.0, "gru": steps})
    finding = verdict(37, pd.concat([rows.loc[rows["study"] == "runtime"], solving]))
    timed = {part.level: part.verdict for part in finding.slices if part.variable == "timed"}
    assert timed == {"step": "supported", "solve": expected}


def test_a_training_that_never_solves_its_task_takes_longer_than_any(rows: pd.DataFrame) -> None:
    solving = made("time-to-solve")
    gone = (solving["cell"] == "gru") & solving["metric"].isin(["seconds_to_solve", "steps_to_solve"])
    failed = solving.assign(status=solving["status"].mask(gone, "censored"))
    finding = verdict(37, pd.concat([rows.loc[rows["study"] == "runtime"], failed]))
    solve = next(part for part in finding.slices if (part.variable, part.level) == ("timed", "solve"))
    assert solve.estimate.high == np.inf


def groups(own: list[int], other: list[int]) -> pd.DataFrame:
    rows = [("own", n, value) for n, value in enumerate(own)] + [("other", n, value) for n, value in enumerate(other)]
    return pd.DataFrame(rows, columns=["group", "sample", "value"])


def test_a_comparison_s_p_values_lie_on_the_sides_of_its_interval() -> None:
    shares, few = ShareDifference(), groups([1] * 9 + [0], [1] * 2 + [0] * 8)
    inside, outside = shares.sides(few, 0.1, np.inf)
    assert inside < 0.025 < outside
    inside, outside = shares.sides(few, -np.inf, 0.1)
    assert outside < 0.025 < inside


def test_pairs_are_matched_by_their_sample() -> None:
    paired = ShareDifference(paired=True)
    together = groups([1, 1, 0, 0, 1, 1, 0, 1], [1, 0, 0, 0, 1, 1, 0, 0])
    shuffled = together.sample(frac=1, random_state=0)
    assert paired.estimate(shuffled, 0.95) == paired.estimate(together, 0.95)


def test_a_ratio_of_lengths_needs_both_edges_for_inside() -> None:
    lengths = (10, 20, 40, 100)
    frame = pd.DataFrame(
        [(group, t, n, float(t <= 20)) for group in ("own", "other") for t in lengths for n in range(10)],
        columns=["group", "seq_len", "sample", "value"],
    )
    inside, outside = LongestRatio().sides(frame, 0.5, 2.0)
    assert inside < 0.001
    assert outside == 1.0
