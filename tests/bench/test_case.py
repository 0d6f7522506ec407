"""A case: its key, its conditions, and what is refused."""

import hashlib

import pytest

from bench.case import CASE_COLUMNS, Case, as_row, make_case
from bench.conditions import CONDITIONS


def test_the_keys_of_stored_cases_stay_as_they_were(case):
    added = {name for name, condition in CONDITIONS.items() if not condition.always_in_key}
    told = {name: value for name, value in as_row(case).items() if name not in added}
    text = "|".join(f"{name}={value}" for name, value in sorted(told.items()))
    assert case.key == hashlib.sha256(text.encode()).hexdigest()[:16]
    assert case.key == "c2beee5dd441610a"
    assert case.replaced(variant="grid").key != case.key
    assert "grid" not in case.label
    assert case.replaced(variant="grid").label != case.label


def test_conditions_are_checked_sorted_and_without_defaults():
    case = make_case("gain", "rnn", inputs="start", input_scale=0, gate_bias=0.0)
    assert case.conditions == (("input_scale", 0.0), ("inputs", "start"))
    assert (case.word("inputs"), case.number("gate_bias"), case.word("variant")) == ("start", 0.0, "-")
    assert case.replaced(inputs="normal", input_scale=1.0) == Case("gain", "rnn")
    assert tuple(as_row(case)) == CASE_COLUMNS


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"study": "nope"}, "unknown study 'nope'; known: .*gradients"),
        ({"cell": "nope"}, "unknown cell 'nope'; known: .*lstm"),
        ({"dtype": "float7"}, "unknown dtype 'float7'; known: float32, float64"),
        ({"hidden_size": 0}, "case.hidden_size is 0; allowed: 1 or more"),
        ({"seed": -1}, "case.seed is -1; allowed: 0 or more"),
        ({"inputs": "noise"}, "unknown inputs 'noise'; known: normal, zero"),
        ({"gate_bias": "much"}, "gate_bias is 'much'; allowed: a finite number"),
        ({"gate_bias": float("nan")}, "gate_bias is nan; allowed: a finite number"),
        ({"mood": "good"}, "unknown setting of a case .mood.; known: .*gate_bias"),
        ({"initialiser": "nope"}, "unknown initialiser 'nope'; known: .*torch"),
    ],
)
def test_a_case_that_is_none_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        make_case(**{"study": "gradients", "cell": "lstm"} | settings)
