"""The table at the end, of results that are made up."""

from __future__ import annotations

import pytest

from bench.gpu_checks.check import STAGES, STATUSES, Check, Result
from bench.gpu_checks.summary import MOST_LINES, WIDTH, table
from cells.registry import distinct_cells


def many(count):
    """Results of every kind, and more of them than a table has room for."""
    for number in range(count):
        stage, status = STAGES[number % len(STAGES)], STATUSES[number % len(STATUSES)]
        cell, sharing = distinct_cells()[number % len(distinct_cells())], ("block", "grid", None)[number % 3]
        shape = {"cell": cell, "direction": "training", "hidden_size": 64 + number, "batch_size": 1}
        arguments = {"pass": {"cell": cell, "dtype": "float32", "sharing": sharing}, "cases": [shape]}
        numbers = {"error": 1e-7 * number, "ratio": 1.5, "step_us": {"backward block": 2.0}}
        action = "pass" if number % 2 else "point"
        yield Check(stage, f"{stage} {number}", action, arguments, 1, 1), Result(status, "why\nnot", numbers), 0.5


@pytest.mark.parametrize("count", [0, 3, 1000])
def test_the_table_is_read_whole(count):
    lines = table(list(many(count)))
    assert len(lines) <= MOST_LINES
    assert all(len(line) <= WIDTH and "\n" not in line for line in lines)
    if count == 1000:
        assert lines[-1].endswith("more: see the lines")
        assert {line.split()[0] for line in lines} >= set(STAGES)


def test_an_error_that_is_no_number_is_the_worst():
    given = {"pass": {"cell": "rnn", "dtype": "float32", "sharing": "block"}}
    results = [
        (Check("contact", f"{error}", "pass", given, 1, 1), Result("wrong", "", {"error": error}), 0.1)
        for error in (1e-7, float("nan"), 2e-7)
    ]
    assert any("rnn float32" in line and "inf" in line for line in table(results))


def test_points_without_any_peer_have_a_line_of_their_own():
    arguments = {"cases": [{"cell": "rnn", "direction": "training", "hidden_size": 64, "batch_size": 1}]}
    alone = Result("passed", "cudnn: RuntimeError: cuDNN needs PyTorch with CUDA", {"seconds": {"cuda": 1.0}})
    beside = Result("passed", "", {"ratio": 2.0})
    results = [(Check("grid", "a point", "point", arguments, 1, 1), result, 0.1) for result in (alone, beside)]
    (line,) = [line for line in table(results) if line.startswith("peer missing or failed")]
    assert line.startswith("peer missing or failed: 1 points; cudnn: RuntimeError: cuDNN needs PyTorch")
    assert not [line for line in table(results[1:]) if "peer missing" in line]
