"""Claims: quoted from the lecture, judged by the rule, and by the data alone."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.claims import CHAPTERS, CLAIMS, Claim, Interval, judge
from analysis.claims.rule import share_rule, telling_variable
from analysis.claims.samples import Samples
from analysis.figures import REGISTRY
from analysis.result import VERDICTS, Estimate, Finding
from tests.support.rows import synthetic

LECTURE = Path(__file__).parents[3] / "analysis" / "claims" / "lecture.txt"
BY_NUMBER = {claim.number: claim for claim in CLAIMS}
EXPECTED = {
    1: "supported", 2: "inconclusive", 6: "refuted", 11: "supported", 14: "refuted", 16: "supported", 18: "supported",
    22: "imprecise", 23: "supported", 24: "supported", 30: "supported", 39: "refuted",
    4: "refuted", 5: "refuted", 7: "supported", 9: "supported", 12: "supported", 13: "supported", 17: "refuted",
    19: "supported", 21: "depends", 25: "supported", 28: "supported", 31: "supported", 36: "supported",
    37: "depends", 38: "supported",
    40: "depends", 3: "imprecise", 8: "imprecise", 10: "imprecise", 15: "imprecise", 32: "imprecise",
    26: "not testable", 34: "fact",
}  # fmt: skip


def plain(text: str) -> str:
    """Words only: line breaks and bold marks are the file's, not the lecture's."""
    return re.sub(r"\s+", " ", text.replace("**", ""))


def verdict(number: int, frame: pd.DataFrame) -> Finding:
    return judge(BY_NUMBER[number], frame)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_each_quote_stands_in_the_lecture(claim: Claim) -> None:
    assert plain(claim.quote) in plain(LECTURE.read_text(encoding="utf-8"))


def test_all_forty_claims_are_there_in_the_lecture_s_order() -> None:
    assert [claim.number for claim in CLAIMS] == list(range(1, 41))
    assert len({claim.id for claim in CLAIMS}) == 40
    assert sum(len(chapter.CLAIMS) for chapter in CHAPTERS) == 40


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_a_claim_points_to_a_figure_that_exists(claim: Claim) -> None:
    assert claim.figure in {"", *REGISTRY}


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_each_claim_has_the_verdict_that_the_rows_were_made_for(claim: Claim, rows: pd.DataFrame) -> None:
    finding = judge(claim, rows)
    assert finding.verdict == EXPECTED.get(claim.number, "not measured")
    assert finding.verdict in VERDICTS
    assert (finding.estimate is None) == (finding.verdict in ("not measured", "not testable", "fact"))
    assert (finding.depends_on != "") == (finding.verdict == "depends")


@pytest.mark.parametrize("claim", [claim for claim in CLAIMS if claim.study], ids=lambda claim: claim.id)
def test_a_claim_without_its_study_is_not_measured(claim: Claim, rows: pd.DataFrame) -> None:
    finding = judge(claim, rows.loc[rows["study"] != claim.study])
    assert (finding.verdict, finding.estimate, finding.slices) == ("not measured", None, ())


def test_what_the_dependence_is_on_is_named(rows: pd.DataFrame) -> None:
    assert verdict(21, rows).depends_on == "initialiser"
    assert verdict(37, rows).depends_on == "backend"


def test_the_slices_carry_the_ratios_the_rows_were_made_with(rows: pd.DataFrame) -> None:
    slices = {part.level: part for part in verdict(37, rows).slices if part.variable == "backend"}
    assert slices["cpu"].estimate.value == pytest.approx(0.8, rel=0.02)
    assert slices["torch"].estimate.value == pytest.approx(2.5, rel=0.02)
    assert (slices["cpu"].verdict, slices["torch"].verdict) == ("supported", "refuted")


@pytest.mark.parametrize(
    ("ratios", "expected"),
    [
        ({"cpu": 0.8, "torch": 0.8}, "supported"),
        ({"cpu": 1.3, "torch": 2.5}, "refuted"),
        ({"cpu": 0.98, "torch": 0.98}, "refuted"),
        ({"cpu": 1.3, "torch": 0.8}, "depends"),
    ],
)
def test_the_verdict_flips_when_the_times_flip(ratios: dict[str, float], expected: str) -> None:
    frame = synthetic.frame(synthetic.with_truth(training_ratio=ratios), studies=("runtime",))
    assert verdict(37, frame).verdict == expected


def test_the_verdict_flips_when_the_gradients_flip(rows: pd.DataFrame) -> None:
    slow = {key: 0.9 if key[0] == "lstm" else 0.5 for key in synthetic.FACTORS}
    frame = synthetic.frame(synthetic.with_truth(factors=slow), studies=("gradients",))
    assert verdict(21, frame).verdict == "supported"
    assert verdict(21, rows).verdict == "depends"


def test_a_horizon_beyond_the_sequence_is_a_lower_bound(rows: pd.DataFrame) -> None:
    slices = {part.level: part for part in verdict(21, rows).slices}
    assert slices["chrono"].estimate.high == float("inf")
    assert slices["chrono"].estimate.low > 2
    horizon = verdict(21, rows).facts["horizon_chrono"]
    assert (horizon.low, horizon.high) == (100, float("inf"))


def test_a_ratio_inside_the_noise_is_not_called_faster() -> None:
    rows = pd.DataFrame({"point": "a", "sample": range(5), "value": [0.9, 0.91, 0.9, 0.89, 0.9]})
    noisy = Claim(
        "x", 1, "", "s", lambda frame: Samples(frame, ("point",), "ratio", scale="ratio"), Interval(high=0.95)
    )
    assert judge(noisy, rows).verdict == "supported"
    assert judge(noisy, rows.assign(noise_low=0.85, noise_high=1.15)).verdict == "inconclusive"


def test_two_seeds_decide_nothing() -> None:
    frame = synthetic.frame(synthetic.with_truth(seeds=2), studies=("gradients",))
    assert verdict(21, frame).verdict == "inconclusive"


@pytest.mark.parametrize(
    ("verdicts", "never", "expected"),
    [
        (["supported"] * 9 + ["refuted"], False, "supported"),
        (["supported"] * 9 + ["refuted"], True, "refuted"),
        (["supported"] * 8 + ["refuted"] * 2, False, "depends"),
        (["supported"] * 8 + ["inconclusive"] * 2, False, "inconclusive"),
        (["refuted"] * 9 + ["inconclusive"], False, "refuted"),
    ],
)
def test_the_share_of_the_grid_decides(verdicts: list[str], never: bool, expected: str) -> None:
    assert share_rule(pd.Series(verdicts), never) == expected


def test_the_telling_variable_parts_the_verdicts() -> None:
    points = pd.DataFrame(
        [(a, b, "supported" if b == "y" else "refuted") for a in (1, 2, 3) for b in "xy"], columns=["a", "b", "verdict"]
    )
    assert telling_variable(points, ("a", "b")) == "b"


def test_only_units_with_every_point_count() -> None:
    frame = pd.DataFrame(
        [("a", seed, 1.0) for seed in range(6)] + [("b", seed, 3.0) for seed in range(4)],
        columns=["point", "sample", "value"],
    )
    estimate = Samples(frame, ("point",), "1", centre="mean").estimate(np.random.default_rng(0))
    assert (estimate.value, estimate.n) == (2.0, 4)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.7, 0.9, "supported"), (1.0, 1.2, "refuted"), (0.9, 1.0, "inconclusive"), (0.95, 0.95, "supported")],
)
def test_an_interval_is_judged_by_where_it_lies(low: float, high: float, expected: str) -> None:
    assert Interval(high=0.95).verdict(Estimate((low + high) / 2, low, high, "ratio", 9)) == expected


def test_a_claim_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="known: test, imprecise, not testable, fact"):
        Claim("x", 1, "", kind="guess")
