"""Write <cell>.npz from PyTorch, here: `python -m tests.support.golden.make_golden` from the checkout's root."""

from __future__ import annotations

import numpy as np

from tests.support.golden.digest import CELLS, FOLDER, pack
from tests.support.problem import covering_problems, group_errors
from tests.support.torch_reference import MODULES, answer_of_loop, answer_of_module

AGREEMENT = 1e-12  # two orders of summation in float64; the loop stands for torch.nn only if this holds


def main() -> None:
    for cell in CELLS:
        vectors = {}
        for problem in covering_problems(cell):
            given = problem.draw()
            answer = answer_of_loop(problem, given)
            if cell in MODULES:
                module = answer_of_module(problem, given)
                worst = max(group_errors(answer, module).values())
                if worst > AGREEMENT:
                    raise RuntimeError(f"{problem.label}: the loop is {worst:.1e} from torch.nn; allowed {AGREEMENT}")
                answer |= module
            vectors[problem.label] = pack(answer)
        path = FOLDER / f"{cell}.npz"
        np.savez_compressed(path, **vectors)
        print(f"{path.name}: {len(vectors)} problems, {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
