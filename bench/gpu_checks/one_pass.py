"""`python -m bench.gpu_checks.one_pass JSON`: one pass and its profile, for a tool that watches the whole process."""

from __future__ import annotations

import json
import sys

from bench.gpu_checks import passes
from bench.gpu_checks.passes import Pass
from cells import gradient_profile


def main(text: str) -> None:
    """Forward, backward and, in one direction, the gradient profile."""
    each = Pass(**json.loads(text))
    numbers = passes.draw(each.problem)
    layer = passes.make_layer(each, numbers.parameters)
    passes.answer(each, layer)
    if each.merge is None:
        gradient_profile(layer, numbers.x, numbers.d_output[-1])


if __name__ == "__main__":
    main(sys.argv[1])
