"""Whatever becomes of a worker, every other check has its turn, the time is kept, and a line says what happened."""

from __future__ import annotations

import sys
import time
from dataclasses import replace

import pytest

from bench.case import Case, as_row
from bench.gpu_checks import process
from bench.gpu_checks.check import Check
from bench.gpu_checks.runner import Runner
from tests.bench.gpu_checks.running import FAULTY, cases_of, check, point_that_meets, run, variants

FAULTS = {
    "crash": ("died", "SIGSEGV"),
    "exit": ("died", "exit status 3"),
    "hang": ("hung", "no answer in"),
    "out of memory": ("died", "SIGKILL, as when memory runs out"),
    "endless garbage": ("hung", "no answer in"),
    "unnamed signal": ("died", "signal 40"),
    "closed": ("died", "its output ended, and the process did not"),
    "no number": ("wrong", "no finite number: error"),
    "sticky": ("failed", "the context was broken afterwards: CUDA_ERROR_ILLEGAL_ADDRESS"),
    "wrong": ("wrong", "off by a lot"),
}
SLACK_S = 5.0


@pytest.mark.parametrize("fault", FAULTS)
def test_every_other_check_runs_once_and_the_line_says_what_happened(fault, log):
    status, reason = FAULTS[fault]
    limit = 1.5 if status == "hung" else 60
    outcome, lines = run([check("fine", number=1), check(fault, limit), check("fine", number=2)])
    assert [result.status for _, result, _ in outcome.results] == ["passed", status, "passed"]
    assert log.read_text().split() == ["1", "2"]
    (line,) = [line for line in lines if line["kind"] == "check" and line["name"] == fault]
    assert line["status"] == status
    assert reason in line["reason"]


def test_what_a_worker_said_last_is_in_the_line(log):
    _, lines = run([check("crash")])
    assert "an illegal instruction was met" in lines[1]["reason"]
    _, lines = run([check("hang", 1.0)])
    assert "waiting for a block that never comes" in lines[1]["reason"]


def test_garbage_is_told_and_the_answer_behind_it_is_taken(log):
    outcome, lines = run([check("garbage", number=1), check("fine", number=2)])
    assert [result.status for _, result, _ in outcome.results] == ["passed", "passed"]
    noise = [line["text"] for line in lines if line["kind"] == "noise"]
    assert len(noise) == 3
    assert noise[0].endswith("no JSON")


def test_many_faults_in_a_row_lose_nothing_else(log):
    bad = [fault for fault, (status, _) in FAULTS.items() if status != "hung"]
    checks = [each for number, fault in enumerate(bad) for each in (check(fault), check("fine", number=number))]
    outcome, _ = run(checks)
    assert log.read_text().split() == [str(number) for number in range(len(bad))]
    assert len(outcome.results) == 2 * len(bad)


def test_the_budget_holds_and_what_was_not_reached_is_named(log):
    checks = [check("fine", number=1), check("hang"), check("fine", number=2), check("fine", number=3)]
    begin = time.monotonic()
    outcome, lines = run(checks, seconds=3.0)
    assert time.monotonic() - begin < 3.0 + SLACK_S
    assert [result.status for _, result, _ in outcome.results] == ["passed", *["not reached"] * 3]
    assert "the time was up while it ran" in lines[2]["reason"]
    assert [line["name"] for line in lines if line.get("reason") == "the time was up"] == ["fine 2", "fine 3"]


def test_a_worker_that_cannot_start_becomes_a_line(log):
    lines = []
    runner = Runner(lines.append, 20, (sys.executable, "-c", "raise SystemExit('no such GPU')"))
    assert "no such GPU" in runner.hello()
    assert lines[0]["status"] == "died"
    assert "no such GPU" in lines[0]["reason"]


def test_a_stage_says_beforehand_how_long_it_should_take(log):
    _, lines = run([check("fine", number=1), check("fine", number=2)])
    assert lines[0] == {"kind": "stage", "stage": "contact", "checks": 2, "expected_s": 0.2}
    assert lines[-1]["kind"] == "stage end"


def test_rows_that_nobody_takes_stand_in_a_line(log):
    def full(items):
        raise OSError("no space left on device")

    lines = []
    cases = [as_row(Case("sharings", "rnn", "cuda"))]
    runner = Runner(lines.append, None, FAULTY, keep=full)
    runner.run("contact", [check("point", cases=cases, blocks=1), check("fine", number=1)])
    runner.end()
    (lost,) = [line for line in lines if line["kind"] == "rows not stored"]
    assert lost["reason"] == "OSError: no space left on device"
    assert lost["items"][0]["case"] == cases[0]
    assert [result.status for _, result, _ in runner.outcome.results] == ["passed", "passed"]


def test_an_answer_of_another_form_is_noise_and_ends_nothing(log):
    outcome, lines = run([check("null", number=1), check("fine", number=2)])
    assert [result.status for _, result, _ in outcome.results] == ["passed", "passed"]
    assert len([line for line in lines if line["kind"] == "noise"]) == 4
    assert log.read_text().split() == ["1", "2"]


@pytest.mark.parametrize(("fault", "status"), [("hang", "hung"), ("crash", "died")])
def test_rows_that_were_measured_before_a_worker_was_lost_are_kept(fault, status, log):
    kept = []
    outcome, lines = run([*point_that_meets(fault), check("fine", number=1)], keep=kept.extend)
    assert [result.status for _, result, _ in outcome.results] == ["passed", status, "passed"]
    assert variants(kept) == ["block", "block"]
    if status == "hung":
        assert "while it was at grid training" in lines[2]["reason"]


def test_rows_that_were_measured_when_the_time_was_up_are_kept(log):
    kept = []
    outcome, _ = run([check("partial", cases=cases_of("block", "grid"), good=1, then="hang")], 3.0, kept.extend)
    assert [result.status for _, result, _ in outcome.results] == ["not reached"]
    assert variants(kept) == ["block"]


def passes(*sharings):
    """Checks of these sharings; those of the grid hang, and are given up after half a second."""
    for number, sharing in enumerate(sharings):
        given = {"pass": {"sharing": sharing, "way": "training"}, "number": number}
        yield Check("contact", f"{sharing} {number}", "pass", given, 0.1, 0.5 if sharing == "grid" else 60.0)


def test_what_hangs_twice_waits_for_all_others_and_is_given_up_after_four_times(log):
    order = ["block", "grid", "grid", "block", "grid", "grid", "grid", "block"]
    outcome, lines = run(list(passes(*order)))
    ends = [(check.name, result.status) for check, result, _ in outcome.results]
    assert ends == [
        *[("block 0", "passed"), ("grid 1", "hung"), ("grid 2", "hung"), ("block 3", "passed"), ("block 7", "passed")],
        *[("grid 4", "hung"), ("grid 5", "hung"), ("grid 6", "skipped")],
    ]
    assert outcome.results[-1][1].reason == "4 checks of grid training hung before"
    assert [line["name"] for line in lines if line["kind"] == "postponed"] == ["grid 4", "grid 5", "grid 6"]


def test_of_a_point_only_the_contender_that_hangs_waits(log):
    last = check("point", cases=cases_of("block", "grid", "launch"), blocks=1)
    kept = []
    outcome, _ = run([*point_that_meets("hang"), *point_that_meets("hang"), last], keep=kept.extend)
    ends = [(check.name, result.status) for check, result, _ in outcome.results[-2:]]
    assert ends == [("point", "passed"), ("point grid training", "passed")]
    assert variants(kept) == ["block", "block"] * 2 + ["block", "launch", "grid"]


def test_a_worker_that_has_done_the_like_before_may_be_silent_for_less_time(log):
    first, hanging, last = passes("block", "grid", "block")
    outcome, _ = run([first, replace(hanging, limit_s=60.0, warm_limit_s=0.5), last])
    assert [result.status for _, result, _ in outcome.results] == ["passed", "hung", "passed"]
    assert "no answer in 0.5 s" in outcome.results[1][1].reason


def test_a_worker_that_cannot_be_started_is_a_line_for_each_check():
    lines = []
    runner = Runner(lines.append, None, ("/nowhere/python",))
    runner.run("contact", [check("fine", number=1), check("fine", number=2)])
    assert [result.status for _, result, _ in runner.outcome.results] == ["died", "died"]
    assert "no worker could be started" in lines[1]["reason"]


def test_an_error_of_the_runners_own_is_a_result_and_the_run_goes_on(log, monkeypatch):
    more = process.Worker._more
    calls = []

    def odd(worker):
        calls.append(worker)
        if len(calls) == 1:
            raise RuntimeError("odd")
        return more(worker)

    monkeypatch.setattr(process.Worker, "_more", odd)
    outcome, lines = run([check("fine", number=1), check("fine", number=2)])
    assert [result.status for _, result, _ in outcome.results] == ["failed", "passed"]
    assert lines[1]["reason"] == "the runner met RuntimeError: odd"
    assert calls[0] is not calls[-1]


def test_too_few_seconds_are_named_as_the_reason():
    runner = Runner(lambda line: None, 1e-3, FAULTY)
    assert "the time was up before anything was begun" in runner.hello()
