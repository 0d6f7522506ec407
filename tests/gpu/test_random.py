"""Random shapes, cells, dtypes, sharings and merges give the answer of the CPU: always the same 200."""

from __future__ import annotations

import numpy as np
import pytest

from cells import cell_names
from cells.validation import CUDA_DTYPES, SHARINGS
from tests.cells.cuda.answers import BFLOAT16, errors
from tests.gpu.passes import compile_ahead, fits
from tests.problem import INITIALS, MERGES, TOLERANCE, Problem

COUNT = 200
MOST = {"steps": 40, "rows": 70, "units": 300, "inputs": 80}
LIMITS = {**TOLERANCE, "bfloat16": BFLOAT16}


def drawn():
    rng = np.random.Generator(np.random.PCG64(20))
    for _ in range(COUNT):
        sizes = [int(rng.integers(1, most, endpoint=True)) for most in MOST.values()]
        levels = (cell_names(), MERGES, INITIALS, CUDA_DTYPES, (None, *SHARINGS))
        cell, merge, initial, dtype, sharing = (level[rng.integers(len(level))] for level in levels)
        yield Problem(cell, *sizes, merge, initial), dtype, sharing


PASSES = list(drawn())


@pytest.fixture(scope="module")
def _compiled():
    compile_ahead(PASSES)


@pytest.mark.usefixtures("_compiled")
@pytest.mark.parametrize(("problem", "dtype", "sharing"), PASSES, ids=lambda value: getattr(value, "label", None))
def test_the_answer_is_that_of_the_cpu(problem, dtype, sharing):
    chosen = sharing if fits(problem, dtype, sharing) else None
    found = errors(problem, dtype, sharing=chosen)
    assert max(found.values()) < LIMITS[dtype], (chosen, found)
