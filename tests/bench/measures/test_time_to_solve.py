"""Trainings are timed up to the test that they passed, and what is not solved is censored."""

from bench.measures import time_to_solve
from bench.studies.time_to_solve import STUDY
from bench.studies.training_axes import GRU, training


def rows_of(case):
    return {row.metric: row for row in time_to_solve.measure(case, 0, 1)}


def test_seconds_end_with_the_first_of_the_tests_that_were_passed():
    case = training("time-to-solve", "delayed-xor", GRU, 4, 2000, hidden_size=8, learning_rate=1e-2, budget=1000)
    rows = rows_of(case)
    assert rows["solved"].value == 1
    assert 0 < rows["steps_to_solve"].value < 1000
    assert rows["seconds_to_solve"].status == "ok"
    assert rows["seconds_to_solve"].value > 0


def test_what_is_not_solved_takes_more_seconds_than_it_was_given():
    case = training("time-to-solve", "delayed-xor", GRU, 4, 2000, hidden_size=8, learning_rate=1e-5, budget=100)
    rows = rows_of(case)
    assert (rows["solved"].value, rows["seconds_to_solve"].status) == (0, "censored")
    assert rows["seconds_to_solve"].reason == "not solved in the budget"
    assert rows["seconds_to_solve"].value > 0


def test_rivals_of_a_seed_are_measured_one_after_another():
    cases = STUDY.cases_in("course")
    assert {case.cell for case in cases} == {"lstm", "gru"}
    assert "seed" in STUDY.meets
