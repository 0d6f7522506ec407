"""A signal ends a run where it waits, and loses no row."""

from __future__ import annotations

import os
import signal
import time

import pytest

from bench.gpu_checks.interrupts import Interrupts
from bench.gpu_checks.runner import Runner
from tests.bench.gpu_checks.running import FAULTY, cases_of, check, point_that_meets, variants


def test_a_signal_interrupts_waiting_and_nothing_else(log):
    kept, lines = [], []
    interrupts = Interrupts()

    def keep(items):
        os.kill(os.getpid(), signal.SIGTERM)  # arrives while rows are on their way
        kept.extend(items)

    runner = Runner(lines.append, None, FAULTY, keep=keep, waiting=interrupts.waiting)
    points = check("point", cases=cases_of("block"), blocks=2)
    with interrupts.caught(), pytest.raises(KeyboardInterrupt):
        runner.run("contact", [points, check("fine", number=1), check("fine", number=2)])
    assert len(kept) == 2
    assert [result.status for _, result, _ in runner.outcome.results] == ["passed", "not reached", "not reached"]
    assert [line["name"] for line in lines if line.get("reason") == "the run was interrupted"] == ["fine 1", "fine 2"]
    assert interrupts.raised


def test_rows_that_were_measured_when_a_signal_came_are_kept(log):
    """Those that stand unread on the worker's output, too: the worker sends the signal right behind them."""
    kept = []
    interrupts = Interrupts()
    runner = Runner(lambda line: None, None, FAULTY, keep=kept.extend, waiting=interrupts.waiting)
    with interrupts.caught(), pytest.raises(KeyboardInterrupt):
        runner.run("contact", point_that_meets("interrupt"))
    assert variants(kept) == ["block", "block"]


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_each_signal_that_ends_a_run_interrupts_it(name):
    interrupts = Interrupts()
    with interrupts.caught():
        os.kill(os.getpid(), getattr(signal, name))
        with pytest.raises(KeyboardInterrupt), interrupts.waiting():
            time.sleep(5)
    assert interrupts.raised


def test_an_interrupted_run_names_what_it_did_not_reach(log, monkeypatch):
    runner = Runner(lambda line: None, None, FAULTY)
    monkeypatch.setattr(runner, "_do", lambda check: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        runner.run("contact", [check("fine", number=1), check("fine", number=2)])
    assert [result.reason for _, result, _ in runner.outcome.results] == ["the run was interrupted"] * 2
