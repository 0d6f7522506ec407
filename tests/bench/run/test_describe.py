"""`recurbench studies`: a study's home, grid, measure and readers from one command."""

import importlib
import subprocess
import sys

import pytest

import recurbench
from bench.studies.registry import STUDIES
from bench.study import PRESETS


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_a_study_is_described_with_its_file_and_its_measure(study, capsys, request):
    assert recurbench.main(["studies", study.name]) == 0
    told = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert told["question"] == study.question
    assert (request.config.rootpath / told["file"]).is_file()
    module, name = told["measure"].rsplit(".", 1)
    assert callable(getattr(importlib.import_module(module), name))
    for preset in PRESETS:
        cases = study.cases_in(preset)
        assert told[preset].startswith(f"{len(cases)} cases" if cases else "no cases: ")


def test_what_varies_and_who_reads_it_are_named(capsys):
    recurbench.main(["studies", "parallel"])
    told = capsys.readouterr().out
    assert "cell convolution, gru, lstm, rnn" in told
    assert "figures   same-work-longer\n" in told
    assert "hard-to-parallelise" in told


def test_all_questions_are_listed(capsys):
    assert recurbench.main(["studies"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [study.name for study in STUDIES]


def test_an_unknown_study_names_those_there_are(capsys):
    assert recurbench.main(["studies", "nonsense"]) == 2
    assert "unknown study 'nonsense'; known: parameters" in capsys.readouterr().err


def test_a_reader_that_has_read_enough_is_no_error():
    command = f"{sys.executable} -m recurbench studies | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert (done.stderr, len(done.stdout.splitlines())) == ("", 1)
