"""On every floor a name that nobody knows is answered with the known ones, and the one that was probably meant."""

from __future__ import annotations

import re

import pytest

from analysis.drawing.style import look
from bench.case import make_case
from bench.contenders.registry import find_contender
from bench.names import unknown
from bench.studies.registry import find_studies
from bench.study import check_preset
from cells.registry import find_cell
from reports.catalogue import load_catalogue
from reports.citing import FORMATS, render


@pytest.mark.parametrize(
    ("call", "meant"),
    [
        (lambda: find_cell("LSTM"), "lstm"),
        (lambda: find_studies(["forget_bais"]), "forget-bias"),
        (lambda: check_preset("Quick"), "quick"),
        (lambda: make_case("runtime", "LSTM"), "lstm"),
        (lambda: make_case("runtime", "lstm", gate_bais=1.0), "gate_bias"),
        (lambda: find_contender("onnx-runtime"), "onnxruntime"),
        (lambda: look("slide-drak"), "slide-dark"),
        (lambda: load_catalogue("EN"), "en"),
        (lambda: render(None, "bibtx"), "bibtex"),
    ],
)
def test_a_name_that_is_nearly_right_is_answered_with_the_right_one(call, meant):
    with pytest.raises(ValueError, match=re.escape(f"did you mean {meant!r}?")):
        call()


def test_a_name_that_is_near_to_nothing_is_answered_with_the_known_ones_alone():
    message = unknown("citation format", "zebra", FORMATS)
    assert message == f"unknown citation format 'zebra'; known: {', '.join(FORMATS)}"
