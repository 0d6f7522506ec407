"""The cell that CONTRIBUTING.md adds, added as it says: one file and one line."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CHECK = """
    import numpy as np
    from cells import Layer, cell_names, count_parameters
    from cells.reference import reference

    assert "min-gru" in cell_names()
    assert count_parameters("min-gru", 3, 5, bias="single") == 2 * 5 * 3 + 2 * 5
    rng = np.random.default_rng(0)
    layer = Layer("min-gru", 3, 5, dtype="float64", bidirectional="mean", rng=rng)
    assert set(layer.parameters) == {f"{n}_l0{s}" for n in ("weight_ih", "bias_ih") for s in ("", "_reverse")}
    x, d_output = rng.standard_normal((7, 2, 3)), rng.standard_normal((7, 2, 5))
    trace = layer.forward(x)
    gradients = trace.backward(d_output)
    expected = reference("min-gru", layer.parameters, x, d_output, "mean")
    np.testing.assert_allclose(trace.output, expected.output, atol=1e-14)
    np.testing.assert_allclose(gradients.input, expected.input, atol=1e-13)
    for name, value in layer.parameters.items():
        np.testing.assert_allclose(gradients.parameters[name], expected.parameters[name], atol=1e-13)
        place = tuple(0 for _ in value.shape)
        ends = []
        for sign in (1, -1):
            moved = {key: np.array(array) for key, array in layer.parameters.items()}
            moved[name][place] += sign * 1e-6
            other = Layer("min-gru", 3, 5, dtype="float64", bidirectional="mean")
            other.load_parameters(moved)
            ends.append((other(x)[0] * d_output).sum())
        assert abs((ends[0] - ends[1]) / 2e-6 - gradients.parameters[name][place]) < 1e-7, name
    from cells import gradient_profile, lyapunov_spectrum, step_jacobians
    one = Layer("min-gru", 3, 5, dtype="float64", rng=rng)
    trace = one.forward(x)
    keep = 1 - trace.gates["z"]
    jacobians = step_jacobians(trace)
    np.testing.assert_allclose(np.diagonal(jacobians, axis1=2, axis2=3), keep, atol=1e-14)
    profile = gradient_profile(one, x, np.ones((2, 5)))["h"]
    expected = np.log10(np.linalg.norm(np.prod(keep, axis=0), axis=1))
    np.testing.assert_allclose(profile[0], expected, atol=1e-12)
    volume = lyapunov_spectrum(one, x[:, :1], burn_in=0).sum()
    np.testing.assert_allclose(volume, np.log(keep[:, 0]).mean(axis=0).sum(), atol=1e-9)
    single = Layer("min-gru", 3, 33, dtype="float32", rng=rng)
    assert single.forward(x).backward(np.ones((7, 2, 33))).parameters["weight_ih_l0"].dtype == np.float32
    print("worked")
"""


def copy_with_the_new_cell(folder):
    """The package in `folder`, with the cell of CONTRIBUTING.md."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    (source,) = re.findall(r"`cells/equations/min_gru\.py`:\n\n```python\n(.*?)```", text, re.S)
    for path in [*(ROOT / "cells").rglob("*.py"), *(ROOT / "cells").rglob("*.toml")]:
        copy = folder / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text())
    (folder / "cells" / "equations" / "min_gru.py").write_text(source)
    registry = folder / "cells" / "registry.py"
    changed = registry.read_text().replace('    "rnn",\n', '    "rnn",\n    "min_gru",\n')
    assert changed.count("min_gru") == 1
    registry.write_text(changed)


def assert_works(check, folder, **environment):
    """Runs the lines of `check`, which print "worked" at their end, with the package in `folder`."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(check)],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "worked\n", done.stderr


@pytest.mark.slow
def test_the_worked_example_of_a_new_cell_works(tmp_path):
    copy_with_the_new_cell(tmp_path)
    assert_works(CHECK, tmp_path)
