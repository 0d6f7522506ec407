"""How far a result may be from float64: the tolerance of each dtype, and what an error is relative to."""

from collections.abc import Mapping

from bench.case import Case

# float32 and float64: sums of thousands of terms; see tests/cells. bfloat16 has 8 bits, so each operand of a product is
# off by up to 2^-9 of itself: emulated with float64 sums, the worst of an RNN's outputs was off by .0084 (H = 512,
# T = B = 64), an LSTM's by .0051; 10^8 numbers have a worse worst. float16 has 11 bits but holds states and gradients
# too. A wrong formula is off by .1 and more.
TOLERANCE = {"float32": 5e-5, "float64": 1e-10, "bfloat16": 3e-2, "float16": 3e-2}
"""The largest error that each array may have, relative to its scale (`error_scales`)."""

SPECTRUM = 1e-7
"""That of a sum of Lyapunov exponents: directions are made orthogonal again when ten of float64's digits are gone."""

FLOOR = 1e-3
"""The least scale of an array, relative to the largest number of its group."""


def tolerance(case: Case) -> float:
    """Return the largest error that a contender of the case may have."""
    return SPECTRUM if case.direction == "spectrum" else TOLERANCE[case.dtype]


def error_scales(largest: Mapping[str, float]) -> dict[str, float]:
    """Return what the error of each array of a group is divided by, by name.

    That is the array's own largest magnitude, `largest[name]`: relative to the whole group, an input gradient of zeros
    would be within the tolerance wherever a weight's gradient is a hundred times as large. An array that is nearly zero
    beside its group may be a sum that cancels, so that no scale is below `FLOOR` of the group's largest magnitude. A
    group of zeros has scale 1.
    """
    of_group = max(largest.values(), default=0.0)
    return {name: max(value, FLOOR * of_group) or 1.0 for name, value in largest.items()}
