"""Studies that train: who chooses is not judged, the oracle is told by its value, and settings are the same for all."""

import math

import pytest

from bench.case import Case
from bench.studies import clipped_training, future_context, memory_tasks, more_tasks, random_search
from bench.studies.training_axes import ORACLE
from cells import count_parameters

TUNED = (memory_tasks.STUDY, more_tasks.STUDY)


@pytest.mark.parametrize("study", TUNED, ids=lambda study: study.name)
@pytest.mark.parametrize("preset", ["quick", "course"])
def test_seeds_that_choose_a_learning_rate_are_not_judged(study, preset):
    seeds = {role: {case.seed for case in study.cases_in(preset) if case.word("role") == role} for role in ROLES}
    assert not seeds["tuning"] & seeds["judging"]
    settings = [{_without_seed(case) for case in study.cases_in(preset) if case.word("role") == role} for role in ROLES]
    assert settings[0] == settings[1]


ROLES = ("tuning", "judging")


def _without_seed(case: Case) -> Case:
    return case.replaced(seed=0, role="-")


@pytest.mark.parametrize("study", [*TUNED, random_search.STUDY], ids=lambda study: study.name)
@pytest.mark.parametrize("preset", ["quick", "course"])
def test_every_training_is_there_once(study, preset):
    cases = study.cases_in(preset)
    assert len(cases) == len(set(cases))


def test_the_course_has_delayed_xor_whole_and_the_oracle_at_every_length():
    cases = [case for case in memory_tasks.STUDY.cases_in("course") if case.word("task") == "delayed-xor"]
    assert {case.seq_len for case in cases} == {10, 20, 40, 100}
    for steps in (10, 20, 40, 100):
        here = [case for case in cases if case.seq_len == steps]
        assert {case.number("learning_rate") for case in here} == {3e-4, 1e-3, 3e-3, 1e-2}
        oracles = {case.cell for case in here if case.initialiser_value == ORACLE * steps}
        assert oracles == {"lstm", "gru"}
        assert {case.cell for case in here if case.initialiser_value == 100} == {"lstm", "gru"}
    assert {(case.batch_size, case.threads) for case in cases} == {(4, 1)}


def test_all_networks_of_a_random_search_have_the_same_settings():
    found = {}
    for case in random_search.STUDY.cases_in("course"):
        drawn = (case.number("learning_rate"), case.number("clip"), case.hidden_size, case.seed)
        found.setdefault((case.cell, case.word("layout"), case.word("task")), []).append(drawn)
    assert len(found) == len(random_search.ARMS) * len(random_search.TASKS)
    assert len({tuple(settings) for settings in found.values()}) == 1
    assert random_search.settings(40)[:16] == random_search.settings(16)
    rates = [math.log10(drawn.learning_rate) for drawn in random_search.settings(200)]
    assert min(rates) < -3.9 < -1.1 < max(rates)


def test_one_direction_has_an_arm_with_the_parameters_of_two():
    counts = {
        arm: (2 if arm[0] == "concat" else 1) * count_parameters("lstm", input_size=1, hidden_size=arm[1])
        + (2 if arm[0] == "concat" else 1) * arm[1] + 1
        for arm in future_context.ARMS
    }  # fmt: skip
    none, equal, both = (counts[arm] for arm in future_context.ARMS)
    assert equal == pytest.approx(both, rel=0.01)
    assert none < 0.6 * both


def test_clipped_and_not_differ_in_nothing_else():
    cases = clipped_training.STUDY.cases_in("course")
    arms = [{case.replaced(clip=0) for case in cases if case.number("clip") == clip} for clip in (0, 1)]
    assert arms[0] == arms[1]
    assert len(arms[0]) == len(cases) // 2
