"""The exercises: words for each, answers from the rows, a page without problems, notebooks that are the same twice."""

from __future__ import annotations

import nbformat
import pytest

import recurbench
from analysis.exercises import EXERCISES, Expected
from analysis.result import Analysis
from reports.catalogue import languages, load_catalogue, placeholders
from reports.check import check
from reports.exercises import notebook
from reports.exercises.build import write
from reports.exercises.tasks import TASKS
from reports.exercises.words import facts, told, worked_out
from tests.support.rows import synthetic_analysis as synthetic

RUN = "xeon-cascade-lake-2-cores"
LANGUAGE = pytest.mark.parametrize("language", languages())


def test_tasks_are_the_exercises():
    assert [task.name for task in TASKS] == list(EXERCISES)
    assert len(TASKS) == 10


@LANGUAGE
def test_every_exercise_has_its_words(language):
    text = load_catalogue(language)
    assert set(text.keys("exercises", "tasks")) == set(EXERCISES)
    for task in TASKS:
        words = told(task.name, None, {}, text)
        assert set(words.asks) == set(task.asks)
        given = (words.title, *words.do, words.teaches, words.hint, *words.asks.values(), *words.mistakes)
        assert not any(map(placeholders, given)), task.name  # what students are given depends on no run


@LANGUAGE
def test_a_full_run_answers_every_exercise(language, analysed):
    text = load_catalogue(language)
    figures = {figure.id: figure for figure in analysed.figures}
    for name, found in worked_out(analysed).items():
        assert found is not None, name
        assert set(found.expected) == {asked for task in TASKS if task.name == name for asked in task.asks}
        for sentence in text.sentences("exercises", "tasks", name, "answer"):
            lacking = set(placeholders(sentence)) - set(facts(name, found, figures))
            assert lacking <= {"delayed-xor:default_next"} | {"float32:seen"}, f"{name}: {sentence}"
        assert told(name, found, figures, text).answer


@pytest.mark.parametrize("answers", [False, True], ids=["students", "answers"])
@LANGUAGE
def test_the_page_has_no_problems(language, answers, analysed, tmp_path):
    page, _ = write(analysed, tmp_path, load_catalogue(language), RUN, answers, synthetic.draw)
    assert check(page) == []
    html = page.read_text(encoding="utf-8")
    assert ('class="answer-block"' in html) is answers
    again, _ = write(analysed, tmp_path / "again", load_catalogue(language), RUN, answers, synthetic.draw)
    assert again.read_bytes() == page.read_bytes()


def test_a_run_without_rows_says_what_it_would_take(tmp_path):
    empty: Analysis = synthetic.empty()
    page, _ = write(empty, tmp_path, load_catalogue("en"), RUN, True, synthetic.draw)
    assert check(page) == []
    assert "do not suffice for an answer" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("answers", [False, True], ids=["students", "answers"])
@LANGUAGE
def test_notebooks_are_valid_and_differ_in_their_answers(language, answers):
    text = load_catalogue(language)
    content = notebook.written(notebook.notebook(text, RUN, answers))
    assert content == notebook.written(notebook.notebook(text, RUN, answers))
    found = nbformat.reads(content, as_version=4)
    nbformat.validate(found)
    code = [cell.source for cell in found.cells if cell.cell_type == "code"]
    assert any(".answer" in source for source in code) is answers
    assert any("lstm = None" in source for source in code) is not answers
    assert sum(".check(" in source for source in code) == len(TASKS)


@pytest.mark.parametrize(
    ("expected", "right", "wrong"),
    [
        (Expected(13.0, 3.0), 15, 17),
        (Expected("chrono"), " Chrono ", "torch"),
        (Expected(float("inf")), float("inf"), 3),
        (Expected(4352.0), 4352, 4480),
        (Expected(4352.0), 4352, "many"),
    ],
)
def test_an_answer_is_right_within_its_tolerance(expected, right, wrong):
    assert expected.agrees(right)
    assert not expected.agrees(wrong)


@pytest.mark.slow
def test_solutions_agree_with_the_rows_of_the_reference():
    """What the notebook with answers runs, all but the drawings: every solution passes its own check."""
    run = recurbench.open(RUN)
    for task in TASKS:
        exercise = run.exercises[task.name]
        found: dict[str, object] = {"run": run}
        exec(task.solution, found)
        checked = exercise.check(**{name: found[name] for name in task.asks})
        assert checked.right, f"{task.name}: {checked}"
        assert not exercise.check().right
        with pytest.raises(ValueError, match="unknown answer"):
            exercise.check(nonsense=1)
        assert "<p" in exercise.answer._repr_html_()
