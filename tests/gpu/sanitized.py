"""What the sanitizer watches: `python -m tests.gpu.sanitized CELL ...` runs every kernel of these cells once."""

from __future__ import annotations

import sys

import numpy as np

from cells import gradient_profile
from cells.cuda.multiply import using_products
from cells.validation import CUDA_DTYPES, SHARINGS
from tests.cells.cuda.answers import answer
from tests.gpu.passes import fits
from tests.problem import Problem, layer_for

SIZES = (3, 9, 33, 5)


def main(cells: list[str]) -> None:
    """Every sharing and dtype, the profile, both merges that have kernels of their own, products of both providers."""
    for cell in cells:
        for dtype in CUDA_DTYPES:
            for sharing in SHARINGS:
                problem = Problem(cell, *SIZES)
                if fits(problem, dtype, sharing):
                    answer(problem, problem.draw(), dtype, backend="cuda", sharing=sharing)
            layer = layer_for(problem, problem.draw(), dtype, backend="cuda")
            gradient_profile(layer, problem.draw().x, np.ones(SIZES[1:3]))
        for merge in ("concat", "mean"):
            two = Problem(cell, *SIZES, merge)
            with using_products("own"):
                answer(two, two.draw(), "float32", backend="cuda")


if __name__ == "__main__":
    main(sys.argv[1:])
