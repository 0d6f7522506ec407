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
    from cells.training import Adam, Model, Trainer
    trainer = Trainer(Model(Layer("min-gru", 3, 5, bidirectional="mean", rng=rng), 2, rng=rng), Adam(0.05))
    x, labels = rng.standard_normal((4, 3, 3)), np.array([0, 1, 1])
    losses = [trainer.step(x, labels).loss for _ in range(60)]
    assert losses[-1] < 0.1 * losses[0], losses
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


WAY_THROUGH = """
    import sys
    from pathlib import Path
    import pandas as pd
    from analysis import analyse
    from analysis.theory.closed_forms import critical_gain, factor_per_step
    from analysis.cells import cells_of, using
    from bench.measures import counts
    from bench.rows import COLUMNS
    from bench.case import as_row
    from bench.studies import gates, gradients, jacobians, parameters
    from bench.studies.axes import initialisers_for
    from cells import cell_names
    from cells.registry import cell_meanings
    from reports.build import write
    from reports.catalogue import load_catalogue

    NEW = "min-gru"
    assert [name for name, _ in initialisers_for(NEW)] == ["torch", "keras", "orthogonal", "chrono"]
    for module in (gradients, gates, jacobians):
        assert NEW in {case.cell for case in module.STUDY.cases_in("quick")}
    cases = parameters.STUDY.cases_in("quick")
    assert len(cases) % len(cell_names()) == 0
    rows = [
        as_row(measurement.case)
        | {name: getattr(measurement, name) for name in COLUMNS if hasattr(measurement, name)}
        | {"environment": "here", "code_version": "0", "run": "r", "whole": 1, "measured_at": "2026-01-01T00:00:00Z"}
        for case in cases for measurement in counts.measure(case, 0)
    ]
    environment = {"id": "here", "cpu": "Example", "cells": cell_meanings()}
    analysis = analyse(pd.DataFrame(rows, columns=list(COLUMNS)), (environment,))
    with using(analysis.cells):
        assert factor_per_step(NEW, "torch") == factor_per_step(NEW, "orthogonal") == 0.5
        assert critical_gain(NEW) == float("inf")
    (table,) = (table for table in analysis.tables if table.id == "parameters")
    (line,) = (row for row in table.rows if row[0] == NEW and row[1:3] == (10, 100))
    assert line[3] == line[4] == line[5] == 2 * 100 * 10 + 2 * 100, line
    (figure,) = (figure for figure in analysis.figures if figure.id == "parameter-count")
    assert list(dict.fromkeys(figure.data["name"]))[:2] == ["rnn", NEW]
    html = write(analysis, Path(sys.path[0] or ".") / "page", load_catalogue("en")).read_text()
    assert 'id="equations-min-gru"' in html
    assert "minGRU" in html
    assert analysis.cells.names == cell_names()
    assert cells_of([], ["b", "a", "matrix"]).names == ("a", "b")
    print("worked")
"""


EVERY_CELL = """
    import contextlib
    import io
    import pytest
    from cells import cell_names

    assert "min-gru" in cell_names()
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        code = pytest.main(["-q", "-p", "no:cacheprovider", "tests/analysis/figures/test_every_cell.py"])
    assert code == 0, told.getvalue()
    print("worked")
"""


OWN_CELL = """
    import numpy as np
    from analysis.cells import cells_of, using
    from analysis.theory.closed_forms import factor_per_step
    from cells import Layer, count_parameters
    from cells.reference import reference
    from cells.registry import cell_meanings

    assert 3 * count_parameters("mgu", 3, 5, bias="single") == 2 * count_parameters("gru", 3, 5, bias="single")
    with using(cells_of([{"cells": cell_meanings()}], ["mgu"])):
        assert abs(factor_per_step("mgu", "torch") - (0.5 + 0.25 / 3**0.5)) < 1e-12
    rng = np.random.default_rng(0)
    layer = Layer("mgu", 3, 5, dtype="float64", rng=rng)
    x, d_output = rng.standard_normal((7, 2, 3)), rng.standard_normal((7, 2, 5))
    trace = layer.forward(x)
    gradients = trace.backward(d_output)
    expected = reference("mgu", layer.parameters, x, d_output)
    np.testing.assert_allclose(trace.output, expected.output, atol=1e-14)
    np.testing.assert_allclose(gradients.input, expected.input, atol=1e-13)
    for name, value in layer.parameters.items():
        np.testing.assert_allclose(gradients.parameters[name], expected.parameters[name], atol=1e-13)
        for place in np.ndindex(value.shape):
            ends = []
            for sign in (1, -1):
                moved = {key: np.array(array) for key, array in layer.parameters.items()}
                moved[name][place] += sign * 1e-6
                other = Layer("mgu", 3, 5, dtype="float64")
                other.load_parameters(moved)
                ends.append((other(x)[0] * d_output).sum())
            assert abs((ends[0] - ends[1]) / 2e-6 - gradients.parameters[name][place]) < 1e-7, (name, place)
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
    if "min_gru" not in registry.read_text():
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


def test_a_new_cell_is_in_every_figure_and_table_that_is_about_all_cells(tmp_path):
    copy_with_the_new_cell(tmp_path)
    shutil.copytree(ROOT / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__", "*.npz"))
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    assert_works(EVERY_CELL, tmp_path)


@pytest.mark.slow
def test_the_worked_example_of_a_new_cell_works(tmp_path):
    copy_with_the_new_cell(tmp_path)
    assert_works(CHECK, tmp_path)
    assert_works(TIME_CONSTANTS, tmp_path)


def test_a_new_cell_goes_all_the_way_to_the_page(tmp_path):
    copy_with_the_new_cell(tmp_path)
    assert_works(WAY_THROUGH, tmp_path)


def test_a_new_cell_that_keeps_when_its_gate_is_closed_is_initialised_to_keep(tmp_path):
    copy_with_the_new_cell(tmp_path)
    assert_works(MEANING, tmp_path)


@pytest.mark.slow
def test_the_cell_of_the_last_exercise_works(tmp_path):
    """`reports/exercises/mgu.py.txt`, added as the exercise says: one file and one line."""
    for package in ("cells", "bench", "analysis"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "reports" / "exercises" / "mgu.py.txt", tmp_path / "cells" / "equations" / "mgu.py")
    registry = tmp_path / "cells" / "registry.py"
    registry.write_text(registry.read_text().replace('    "gru",\n', '    "gru",\n    "mgu",\n'))
    assert_works(OWN_CELL, tmp_path)
