"""What every study of the registry keeps to."""

import pickle
from pathlib import Path

import pytest

from bench.case import Case
from bench.measures import counts
from bench.studies import grid
from bench.studies.registry import FILES, STUDIES
from bench.study import PRESETS, Computed, PerPreset, Study, always


def test_every_file_with_a_study_has_its_line_and_every_name_is_there_once():
    folder = Path(grid.__file__).parent
    with_study = {path.stem for path in folder.glob("*.py") if "\nSTUDY = Study(" in path.read_text()}
    assert with_study == set(FILES)
    assert len(FILES) == len({study.name for study in STUDIES})
    assert [file.replace("_", "-") for file in FILES] == [study.name for study in STUDIES]


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_a_study_says_what_it_asks_how_often_and_travels_to_other_processes(study):
    assert study.question.endswith("?")
    for preset in PRESETS:
        assert isinstance(study.rounds[preset], int)
        assert isinstance(study.blocks[preset], int)
    assert pickle.loads(pickle.dumps(study)) == study


def test_full_measures_the_grid_with_all_threads_and_with_one(monkeypatch):
    monkeypatch.setattr("bench.studies.axes.get_threads", lambda: 4)
    assert {case.threads for case in grid.STUDY.cases_in("full")} == {4, 1}
    assert {case.threads for case in grid.STUDY.cases_in("course")} == {4}
    assert grid.STUDY.cases_in("quick") == []


def study(**changes):
    values = {
        "name": "gates",
        "question": "?",
        "sizes": always(1),
        "cases": lambda seeds: [Case("gates", "rnn", seed=seed) for seed in range(seeds)],
        "measure": Computed(counts.measure),
    }
    return Study(**values | changes)


def test_a_case_of_another_study_is_refused():
    wrong = study(cases=lambda seeds: [Case("runtime", "rnn")])
    with pytest.raises(ValueError, match="study gates has a case of study 'runtime'; allowed: 'gates'"):
        wrong.cases_in("quick")


def test_sizes_are_those_of_the_preset_and_unknown_presets_are_named():
    seeded = study(sizes=PerPreset(quick=1, course=2, full=3))
    assert [len(seeded.cases_in(preset)) for preset in PRESETS] == [1, 2, 3]
    with pytest.raises(ValueError, match="unknown preset 'fast'; known: quick, course, full"):
        seeded.cases_in("fast")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"timed": True, "rounds": PerPreset(1, 0, 1)}, "rounds of course is 0; allowed: 1 or more"),
        ({"timed": True, "blocks": always(0)}, "blocks of quick is 0; allowed: 1 or more"),
        ({"blocks": always(2)}, "not timed; allowed: 1 block"),
    ],
)
def test_counts_that_make_no_sense_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        study(**changes)
