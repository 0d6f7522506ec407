"""The cell that CONTRIBUTING.md adds, added as it says: one file and one line."""

import os
import re
import shutil
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


MEANING = """
    import numpy as np
    from cells import Layer, initialisers
    from cells.registry import find_cell

    def kept(initialiser):
        layer = Layer("min-gru", 3, 400, dtype="float64", initialiser=initialiser, rng=np.random.default_rng(0))
        bias = find_cell("min-gru").gate_block(layer.parameters["bias_ih_l0"], "z", 400)
        return 1 - 1 / (1 + np.exp(-bias))  # at zero input z = sigma(b_z), and 1 - z of the state is kept

    share = kept(initialisers.chrono(100))
    assert 0.97 < np.median(share) < 0.99, np.median(share)  # u / (1 + u) with u ~ U(1, 99)
    assert share.min() >= 0.5
    assert share.max() <= 0.99 + 1e-12
    assert kept(initialisers.with_keep_bias("torch", 4.0)).min() > 0.97
    assert np.array_equal(kept("torch-fb1"), kept("torch"))  # no cell state, no forget gate
    print("worked")
"""
TIME_CONSTANTS = """
    import numpy as np
    from bench.case import Case
    from bench.draw import draw
    from bench.measures.gates import measure_gates
    from bench.measures.probes import measure_ends

    sizes = {"direction": "profile", "dtype": "float64", "seq_len": 6, "hidden_size": 20}
    case = Case("gates", "min-gru", initialiser="chrono", initialiser_value=100.0, **sizes)
    layer, x, start, _ = draw(case)
    z = np.median(layer.forward(x).gates["z"], axis=(1, 2))
    found = [row.value for row in measure_gates(case, 0) if row.metric == "time_constant_z"]
    np.testing.assert_allclose(found, 1 / z, rtol=1e-12)
    assert min(found) > 20
    shares = {row.step: row.value for row in measure_ends(Case("ends", "min-gru", **sizes), 0)}
    assert shares[20.0] > 1 - 1e-6
    assert shares[-20.0] < 1e-6
    print("worked")
"""


def copy_with_the_new_cell(folder):
    """Copy the packages into `folder`, with the cell of CONTRIBUTING.md."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    (source,) = re.findall(r"`cells/equations/min_gru\.py`:\n\n```python\n(.*?)```", text, re.S)
    for package in ("cells", "bench", "analysis", "reports"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "reference"))
    (folder / "cells" / "equations" / "min_gru.py").write_text(source)
    registry = folder / "cells" / "registry.py"
    changed = registry.read_text().replace('    "rnn",\n', '    "rnn",\n    "min_gru",\n')
    assert changed.count("min_gru") == 1
    registry.write_text(changed)


def assert_works(check, folder, **environment):
    """Run the lines of `check`, which print "worked" at their end, with the package in `folder`."""
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
    assert_works(TIME_CONSTANTS, tmp_path)


def test_a_new_cell_that_keeps_when_its_gate_is_closed_is_initialised_to_keep(tmp_path):
    copy_with_the_new_cell(tmp_path)
    assert_works(MEANING, tmp_path)
