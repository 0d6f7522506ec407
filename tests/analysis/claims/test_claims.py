"""Claims: quoted from the lecture, judged by the rule, and by the data alone."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.claims import CHAPTERS, CLAIMS, Claim, Interval, judge
from analysis.claims.claim import Alternative
from analysis.claims.levels import Level, disagree
from analysis.claims.rule import FRESH_SEED, telling_variable, verdict_of
from analysis.claims.samples import Samples
from analysis.figures import REGISTRY
from analysis.result import VERDICTS, Estimate, Finding
from bench.studies.axes import FIRST_SEED
from tests.support.rows import synthetic

LECTURE = Path(__file__).parents[3] / "analysis" / "claims" / "lecture.txt"
BY_NUMBER = {claim.number: claim for claim in CLAIMS}
EXPECTED = {
    1: "supported", 2: "supported", 6: "half right", 11: "supported", 14: "depends", 16: "supported", 18: "supported",
    22: "half right", 23: "supported", 24: "supported", 30: "supported", 39: "half right",
    4: "refuted", 5: "half right", 7: "supported", 9: "supported", 12: "exercise", 13: "exercise", 17: "refuted",
    19: "supported", 21: "depends", 25: "supported", 28: "supported", 31: "supported", 36: "supported",
    37: "depends", 38: "supported",
    20: "depends", 27: "depends", 29: "supported", 33: "supported", 35: "supported",
    40: "depends", 3: "supported", 8: "half right", 10: "supported", 15: "half right", 32: "half right",
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
    if claim.id != "merged-by-the-mean":  # the sentence alone shows which half is right
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


def test_the_pooled_estimate_decides_and_not_the_share_of_decided_points() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        [(point, sample, 1.10 * np.exp(rng.normal(0, 0.12))) for point in range(10) for sample in range(6)],
        columns=["point", "sample", "value"],
    )
    slower = Claim(
        "x", 1, "", "s", lambda frame: Samples(frame, ("point",), "ratio", scale="ratio", centre="mean"), Interval(1.05)
    )
    finding = judge(slower, frame)
    assert finding.verdict == "supported"
    assert finding.facts["points_open"] > 1
    assert {other.choice: other.verdict for other in finding.alternatives}["pooling"] == "inconclusive"


def test_points_that_contradict_their_level_make_it_depend() -> None:
    frame = pd.DataFrame(
        [
            (point, sample, (2.0 if point < 8 else 0.5) * (1 + sample / 100))
            for point in range(10)
            for sample in range(6)
        ],
        columns=["point", "sample", "value"],
    )
    claim = Claim("x", 1, "", "s", lambda frame: Samples(frame, ("point",), "ratio", scale="ratio"), Interval(1.05))
    finding = judge(claim, frame)
    assert (finding.verdict, finding.depends_on) == ("depends", "point")
    assert (finding.facts["points_supported"], finding.facts["points_refuted"]) == (8, 2)
    assert judge(claim, frame.loc[frame["point"] < 9]).verdict == "supported"  # one point is not two


def test_levels_that_are_different_things_are_not_averaged() -> None:
    frame = pd.DataFrame(
        [(kind, sample, value + sample / 100) for kind, value in (("a", 1.0), ("b", 9.0)) for sample in range(6)],
        columns=["kind", "sample", "value"],
    )
    claim = Claim(
        "x", 1, "", "s", lambda frame: Samples(frame, ("kind",), "1"), Interval(high=3.0),
        slices_by=("kind",), reference={"kind": "a"},
    )  # fmt: skip
    finding = judge(claim, frame)
    assert finding.estimate is not None
    assert finding.estimate.value == pytest.approx(1.025)
    assert (finding.verdict, finding.depends_on) == ("depends", "kind")
    assert [part.verdict for part in finding.slices] == ["supported", "refuted"]


def test_a_gradient_that_is_exactly_zero_is_the_worst_seed(rows: pd.DataFrame) -> None:
    gone = rows["study"].eq("forget-bias") & rows["metric"].eq("log10_norm_c") & rows["initialiser_value"].eq(5.0)
    last = gone & rows["step"].eq(rows.loc[gone & (rows["step"] < rows["seq_len"]), "step"].max())
    changed = rows.assign(status=rows["status"].mask(last, "zero"), value=rows["value"].mask(last))
    slices = {part.level: part for part in verdict(4, changed).slices if part.variable == "initialiser_value"}
    assert slices["5"].estimate.value == -np.inf
    assert slices["5"].verdict == "refuted"


def test_two_seeds_decide_nothing() -> None:
    frame = synthetic.frame(synthetic.with_truth(seeds=2), studies=("gradients",))
    assert verdict(21, frame).verdict == "inconclusive"


def leveled(*verdicts: str, firm: bool = True) -> list[Level]:
    return [Level((place,), Estimate(0, 0, 0, "1", 9), verdict, firm) for place, verdict in enumerate(verdicts)]


@pytest.mark.parametrize(
    ("levels", "quantifier", "expected"),
    [
        (leveled("supported", "supported", "inconclusive"), "everywhere", "supported"),
        (leveled("refuted", "inconclusive"), "everywhere", "refuted"),
        (leveled("supported", "inconclusive", "inconclusive"), "everywhere", "inconclusive"),
        (leveled("supported", "refuted"), "everywhere", "depends"),
        (leveled("supported", "depends"), "everywhere", "depends"),
        (leveled("supported", "supported", "refuted"), "never", "refuted"),
        (leveled("refuted", "refuted", "supported"), "can", "supported"),
        (leveled("supported", "supported") + leveled("refuted", firm=False), "everywhere", "supported"),
        (leveled("supported", "supported") + leveled("refuted", firm=False), "never", "supported"),
        (leveled("supported", firm=False) + leveled("refuted", firm=False), "everywhere", "inconclusive"),
    ],
)
def test_the_levels_decide(levels: list[Level], quantifier: str, expected: str) -> None:
    assert verdict_of(levels, quantifier) == expected


@pytest.mark.parametrize(
    ("points", "verdict", "expected"),
    [
        (["supported"] * 8 + ["refuted"] * 2, "supported", True),
        (["supported"] * 19 + ["refuted"] * 1, "supported", False),
        (["supported"] * 28 + ["refuted"] * 2, "supported", False),
        (["supported"] * 3 + ["refuted"] * 3, "inconclusive", True),
        (["supported"] * 5 + ["refuted"] * 1, "inconclusive", False),
    ],
)
def test_a_tenth_of_the_points_and_at_least_two_have_to_disagree(
    points: list[str], verdict: str, expected: bool
) -> None:
    assert disagree(pd.Series(points), verdict) is expected


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


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kind": "guess"}, "known: test, half right, exercise, not testable, fact"),
        ({"basis": "hope"}, "known: measurement, definition"),
        ({"quantifier": "often"}, "known: everywhere, never, can"),
        ({"slices_by": ("gain",)}, "no reference level of gain"),
        ({"scope": {"path": "total"}}, "scope path; allowed: none"),
    ],
)
def test_a_claim_that_cannot_be_judged_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Claim("x", 1, "", **wrong)  # type: ignore[arg-type]


def test_an_unknown_choice_is_refused() -> None:
    with pytest.raises(ValueError, match="known: reading, epsilon"):
        Alternative("mood", 1.0)


def test_seeds_count_from_where_no_rule_had_seen_them() -> None:
    assert FIRST_SEED == FRESH_SEED
