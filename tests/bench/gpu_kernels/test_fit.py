"""The fit of the rule's constants. Every row in here is invented, from the estimate itself: none stands for a GPU."""

import math
import re

import numpy as np
import pandas as pd
import pytest

from bench.gpu_kernels.fit import fit, measured
from bench.gpu_kernels.fit_report import regrets, report
from cells.cuda.device.facts import H200
from cells.cuda.plan import costs
from tests.bench.gpu_kernels.invented import DAY, INVENTED, NOISE, frame_of, invented
from tests.cells.cuda.test_costs import UNFITTED


@pytest.fixture(scope="module")
def frame():
    return frame_of(invented())


@pytest.fixture(scope="module")
def found(frame):
    return fit(frame, H200, UNFITTED)


def test_constants_are_found_again_as_well_as_the_fit_says(found):
    for name, factor in found.factors.items():
        off = abs(math.log(getattr(found.after, name) / getattr(INVENTED, name)))
        assert off <= 3 * math.log(factor) + 1e-3, name
    for name in "barrier_cluster formulas tile_overhead multiply_adds_float32 shared_bytes cache_bytes".split():
        assert getattr(found.after, name) == pytest.approx(getattr(INVENTED, name), rel=0.1), name
        assert found.factors[name] < 1.25, name


def test_steps_are_predicted_as_well_as_they_were_measured(found):
    off = [math.log(point.predicted_s(found.after) / point.measured_s) for point in found.points]
    assert np.std(off) < NOISE
    assert abs(np.mean(off)) < NOISE
    before = [math.log(point.predicted_s(found.before) / point.measured_s) for point in found.points]
    assert np.std(before) > 5 * NOISE


def test_a_constant_that_no_row_tells_of_stays(found):
    for name in ("multiply_adds_float64", "multiply_adds_tensor", "clock"):
        assert name not in found.factors
        assert getattr(found.after, name) == getattr(UNFITTED, name)
        assert re.search(rf"^{name} .* not informed ", report(found), re.MULTILINE)


def test_a_constant_that_rows_tell_only_in_a_sum_is_said_to_be_uncertain(found):
    # Every pull is followed by the barrier of a grid or a launch.
    assert found.factors["pull_latency"] > 3
    for barrier in ("barrier_grid", "barrier_launch"):
        after, true = (getattr(known, barrier) + known.pull_latency for known in (found.after, INVENTED))
        assert after == pytest.approx(true, rel=0.05)


def test_afterwards_the_rule_takes_the_faster_sharing(found):
    changed = [regret for regret in regrets(found) if regret.before[0] != regret.after[0]]
    assert any(regret.before[0] == "cluster" and regret.before[1] > 1.1 for regret in changed)
    for regret in regrets(found):
        sharing, loss, _ = regret.after
        assert loss < 1 + 5 * NOISE, regret.point
        assert sharing == regret.fastest or loss > 1


def test_a_step_is_the_median_over_samples_of_the_code_that_ran_last(few):
    plain = fit(few, H200, UNFITTED)
    spoilt = few.copy()
    spoilt.loc[spoilt["replicate"] == 1, "value"] = 1e3
    assert [p.measured_s for p in fit(spoilt, H200, UNFITTED).points] == pytest.approx(
        [p.measured_s for p in plain.points], rel=5 * NOISE
    )
    older = few.assign(value=few["value"] * 10, code_version="older", measured_at="2030-01-01T10:00:00+00:00")
    both = fit(pd.concat([few, older]), H200, UNFITTED)
    assert both.points == plain.points
    assert both.day == DAY


def test_rows_that_failed_or_are_of_something_else_are_left_out(few):
    failed = few.assign(status="failed", value=np.nan, reason="a reason")
    others = [few.assign(study="gpu"), few.assign(backend="cuda-again"), few.assign(metric="event_s"), failed]
    assert len(measured(pd.concat([few, *others]))) == len(few)
    with pytest.raises(
        ValueError, match=r"no row to fit among .* needed: study sharings, backend cuda, metric kernel_"
    ):
        measured(pd.concat(others))
    with pytest.raises(ValueError, match="of the studies none with the metrics none"):
        measured(few[:0])
    with pytest.raises(ValueError, match=r"took 0\.0 s; allowed: more than 0"):
        measured(few.assign(value=0.0))
    with pytest.raises(ValueError, match="lack the columns seq_len, reason; allowed"):
        measured(few.drop(columns=["seq_len", "reason"]))


def test_a_point_has_the_configuration_that_the_rule_ran(few):
    for point in fit(few, H200, UNFITTED).points:
        assert point.choice.config.keep == (point.direction == "training")
        assert point.variant in ("-", point.choice.config.sharing)
        assert point.predicted_s(UNFITTED) == point.choice.cycles / UNFITTED.clock
    kernels = {f"{point.direction} {point.way}" for point in fit(few, H200, UNFITTED).points}
    assert kernels == {"inference forward", "training forward", "training backward"}


def test_the_report_shows_constants_steps_and_choices(found):
    head, constants, steps, ratios, choices, losses = report(found).split("\n\n")
    assert head.startswith(f"{H200.name}, {DAY}: {len(found.points)} measured steps")
    assert len(constants.splitlines()) == 1 + len(costs.NAMES)
    assert len(steps.splitlines()) == 1 + len(found.points)
    assert ratios.count("geometric mean") == 2
    assert "predicted / measured after: geometric mean 1.0" in ratios
    assert len(choices.splitlines()) == 1 + len(regrets(found))
    assert "time taken / fastest before" in losses


def test_one_sharing_alone_tells_nothing_of_the_choice(few):
    alone = fit(few[few["variant"] == "grid"], H200, UNFITTED)
    assert regrets(alone) == ()
    assert "no kernel was measured with two sharings" in report(alone)
