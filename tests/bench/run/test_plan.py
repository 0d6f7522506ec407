import itertools

import pytest

from bench.case import SHAPE
from bench.measures import machine_code
from bench.run import gpu_facts as gpu
from bench.run.plan import missing, plan
from bench.studies import grid, runtime
from bench.studies.registry import STUDIES
from bench.study import PRESETS

NOT_QUICK = {
    "more-tasks",
    "learning-curves",
    "random-search",
    "future-context",
    "during-training",
    "one-network",
    "clipped-training",
}
"""Trainings that a first look leaves out: it has those of memory-tasks."""


@pytest.mark.parametrize("preset", PRESETS)
def test_every_item_of_a_preset_is_there_once(preset):
    items = plan(preset)
    assert len({item.key for item in items}) == len(items)
    absent = set() if grid.STUDY.sizes[preset].points else {"grid"}
    absent |= NOT_QUICK if preset == "quick" else set()
    absent |= set() if gpu.available() else {"gpu", "sharings"}
    absent |= set() if machine_code.why_not() is None else {"kernels"}
    wanted = {study.name for study in STUDIES} - absent
    assert {item.study.name for item in items} == wanted


def test_the_plan_is_the_same_at_every_call():
    assert [item.key for item in plan("course")] == [item.key for item in plan("course")]


def test_contenders_of_a_shape_are_neighbours_in_every_block():
    items = plan("quick", ["runtime"])
    shapes = [(i.block, i.case.seq_len, i.case.hidden_size, i.case.batch_size, i.case.direction) for i in items]
    runs = [key for key, _ in itertools.groupby(shapes)]
    assert len(runs) == len(set(runs))


def test_all_calls_of_a_layer_are_neighbours_where_a_study_says_so():
    items = plan("quick", ["call-costs"])
    layers = [(i.block, i.case.cell, i.case.batch_size, i.case.input_size, i.case.hidden_size) for i in items]
    runs = [key for key, _ in itertools.groupby(layers)]
    assert len(runs) == len(set(runs))
    absent = next(item for item in items if item.case.direction == "profile")
    again = missing(items, {item.key for item in items} - {absent.key})
    assert {item.case.direction for item in again} == {"profile", "training"}
    assert {item.block for item in again} == {absent.block}


def test_blocks_are_shuffled_differently():
    items = plan("quick", ["runtime"])
    orders = [[item.case for item in items if item.block == block] for block in range(runtime.STUDY.blocks.quick)]
    assert len({tuple(order) for order in orders}) == len(orders)
    assert all(set(order) == set(orders[0]) for order in orders)


def test_what_is_done_is_not_planned_again():
    items = plan("quick", ["parameters"])
    assert missing(items, {item.key for item in items[:10]}) == items[10:]


def test_where_a_timed_item_is_missing_its_rivals_are_measured_again_beside_it():
    items = plan("quick", ["runtime"])
    absent = next(item for item in items if item.case.backend == "cpu-again")
    place = (absent.block, *(getattr(absent.case, name) for name in SHAPE))
    rivals = [item for item in items if (item.block, *(getattr(item.case, name) for name in SHAPE)) == place]
    assert {item.case.backend for item in rivals} >= {"cpu", "cpu-again"}
    assert missing(items, {item.key for item in items} - {absent.key}) == rivals


def test_an_unknown_preset_or_study_names_the_known_ones():
    with pytest.raises(ValueError, match="unknown preset 'fast'; known: quick, course, full"):
        plan("fast")
    with pytest.raises(ValueError, match="unknown study 'speed'; known: parameters, "):
        plan("quick", ["speed"])


def test_every_case_has_a_label_of_its_own_within_a_study():
    for study in STUDIES:
        cases = study.cases_in("quick")
        assert len({(case.label, case.merge, case.word("inputs"), case.dtype) for case in cases}) == len(cases)
