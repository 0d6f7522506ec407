"""`python -m bench.gpu_checks.one_pass JSON`: one pass and its profile, for a tool that watches the whole process."""

from __future__ import annotations

import json
import sys

from bench.gpu_checks import passes
from bench.gpu_checks.parent import die_with_parent
from bench.gpu_checks.passes import Pass
from cells import gradient_profile


def main(text: str) -> None:
    """Run a layer forward and backward and, in one direction, its gradient profile."""
    die_with_parent()  # the tool may be killed without a chance to end what it watches
    call = Pass(**json.loads(text))
    numbers = passes.draw(call.problem)
    layer = passes.make_layer(call, numbers.parameters)
    passes.answer(call, layer)
    if call.merge is None:
        gradient_profile(layer, numbers.x, numbers.d_output[-1])


if __name__ == "__main__":
    main(sys.argv[1])
