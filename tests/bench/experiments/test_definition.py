"""Experiments as values: what is allowed, what is said of anything else, JSON and TOML and back."""

import pickle
import re
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.experiments.askable import ASKABLE
from bench.experiments.asking import define
from bench.experiments.definition import as_toml, from_json

TWO_GRIDS = {
    "measure": "gradient-flow",
    "name": "memory",
    "axes": [{"cell": ["rnn"]}, {"cell": ["lstm", "gru"], "forget-bias": [0, 3], "initialiser": "chrono:100"}],
}


@pytest.mark.parametrize("told", [TWO_GRIDS, {"measure": "runtime", "axes": {"hidden_size": 8}, "blocks": 3}])
def test_a_definition_goes_through_json_toml_and_pickle(told):
    experiment = from_json(told)
    assert from_json(experiment.as_json()) == experiment
    assert from_json(tomllib.loads(as_toml(experiment))) == experiment
    assert pickle.loads(pickle.dumps(experiment)) == experiment


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda text: text.isprintable() and text.strip()))
def test_any_question_goes_through_toml(question):
    experiment = define("gates", question=question)
    assert from_json(tomllib.loads(as_toml(experiment))).question == " ".join(question.split())


def test_users_names_of_fields_and_texts_of_the_command_line_become_values():
    experiment = define("gradient-flow", **{"forget-bias": ["0", "3"], "steps": "100", "units": [8, 16]}, seeds=2)
    assert experiment.grids == ({"gate_bias": (0.0, 3.0), "seq_len": (100,), "hidden_size": (8, 16)},)
    assert re.fullmatch("gradient-flow-by-hidden-size-gate-bias-[0-9a-f]{4}", experiment.name)
    assert define("gradient-flow", steps=10).name != define("gradient-flow", steps=20).name


WRONG = {
    "unknown measure": ({"measure": "gradientflow"}, "did you mean 'gradient-flow'"),
    "unknown part": ({"color": "cell"}, "unknown part 'color'; an experiment has: .*colour"),
    "unknown field": ({"axes": {"hiden_size": 3}}, "did you mean 'hidden_size'"),
    "field of another measure": ({"axes": {"threads": 2}}, "gradient-flow does not vary threads; allowed: cell"),
    "no axes": ({"axes": {}}, "has no axes"),
    "axes of another kind": ({"axes": 3}, "axes has 3; allowed: a table"),
    "no values": ({"axes": {"cell": []}}, "cell has no values"),
    "twice": ({"axes": {"seq_len": [10, 10]}}, "seq_len has a value twice"),
    "two names": ({"axes": {"seq_len": 10, "steps": 10}}, "seq_len twice, as seq_len and steps; allowed: once"),
    "zero": ({"axes": {"seq_len": 0}}, "seq_len is 0; allowed: whole numbers, 1 or more"),
    "fraction": ({"axes": {"seq_len": 1.5}}, "seq_len is 1.5; allowed: whole numbers"),
    "no number": ({"axes": {"seq_len": "many"}}, "seq_len is 'many'; allowed: whole numbers, 1 or more"),
    "commas": ({"axes": {"seq_len": "10,20"}}, "seq_len is '10,20'; allowed: .*; several stand apart, with spaces"),
    "infinite": ({"axes": {"gate_bias": float("inf")}}, "gate_bias is inf; allowed: a finite number"),
    "true": ({"axes": {"seq_len": True}}, "seq_len is True; allowed: whole numbers"),
    "cell": ({"axes": {"cell": "LSTM"}}, "unknown cell 'LSTM'.*did you mean 'lstm'"),
    "initialiser": ({"axes": {"initialiser": "chrnoo:3"}}, "did you mean 'chrono'"),
    "initialiser's value": (
        {"axes": {"initialiser": "chrono:many"}},
        "initialiser is 'many'; allowed: a finite number",
    ),
    "cell of no layer": ({"axes": {"cell": "matrix"}}, "unknown cell 'matrix'; allowed: gru, "),
    "long question": ({"question": "why " * 100}, "399 characters; allowed: one line"),
    "question that turns": ({"question": "why\u202e?"}, "allowed: one line of printable characters"),
    "seeds": ({"seeds": 0}, "seeds is 0; allowed: whole numbers, 1 or more"),
    "seeds of another kind": ({"seeds": "ten"}, "seeds is 'ten'"),
    "name": ({"name": "Long Memory"}, "name is 'Long Memory'; allowed: small letters"),
    "path": ({"name": "../up"}, "name is '../up'; allowed: small letters"),
    "text": ({"question": 3}, "question is 3; allowed: a text"),
    "place": ({"x": "threads"}, "does not vary threads"),
    "places": ({"x": "cell", "colour": "cell"}, "x, colour and column are cell, cell; allowed: each another field"),
}


@pytest.mark.parametrize(("told", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named_with_what_is_allowed(told, message):
    with pytest.raises(ValueError, match=message):
        from_json({"measure": "gradient-flow", "axes": {"cell": "lstm"}} | told)


def test_every_measure_can_be_asked_with_nothing_but_its_name():
    for name in ASKABLE:
        assert define(name).question == ASKABLE[name].question
