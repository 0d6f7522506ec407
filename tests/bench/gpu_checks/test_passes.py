"""A wrong array is found however large the others of its group are."""

from __future__ import annotations

import numpy as np
import pytest

from bench.contenders.tolerance import FLOOR, TOLERANCE, error_scales
from bench.gpu_checks.passes import Pass, errors, truth
from cells.registry import distinct_cells


def right(each):
    """The answer of float64 itself."""
    exact = truth(each.problem)
    return {"values": {"output": exact.output}, "gradients": {"input": exact.input, **exact.parameters}}


@pytest.mark.parametrize("cell", distinct_cells())
def test_an_input_gradient_of_zeros_or_off_by_half_a_percent_is_wrong(cell):
    each = Pass(cell, "training", 64, 16, 40, 32, "bfloat16")  # of sizes at which weights' gradients are far larger
    made = right(each)
    exact = made["gradients"]["input"]
    assert max(errors(each, made).values()) == 0
    made["gradients"]["input"] = np.zeros_like(exact)
    assert errors(each, made)["input"] > TOLERANCE["bfloat16"]
    made["gradients"]["input"] = 1.005 * exact
    assert errors(each, made)["input"] > TOLERANCE["float32"]


def test_a_scale_is_an_arrays_own_but_not_below_its_share_of_the_group():
    assert error_scales({"large": 100.0, "small": 1.0, "nothing": 0.0}) == {
        "large": 100.0,
        "small": 1.0,
        "nothing": 100.0 * FLOOR,
    }
    assert error_scales({"zeros": 0.0}) == {"zeros": 1.0}
    assert error_scales({}) == {}


def test_a_number_that_is_none_stays_so():
    each = Pass("rnn", "training", 2, 1, 2, 3)
    made = right(each)
    made["gradients"]["input"] = made["gradients"]["input"] * np.nan
    assert np.isnan(errors(each, made)["input"])
