"""The fit of the rule's constants. Every row in here is invented, from the estimate itself: none stands for a GPU."""

import itertools
import json
import math
import re
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest

from bench.case import as_row, make_case
from bench.gpu_kernels import __main__ as gpu_kernels
from bench.gpu_kernels import fit as gpu_fit
from bench.gpu_kernels.fit import fit, fit_command, measured
from bench.gpu_kernels.fit_report import regrets, report
from bench.rows import COLUMNS, Measurement
from bench.run.environment import Environment
from bench.run.store import Store, StoreError
from cells.cuda.device.target import A100, H200
from cells.cuda.plan import costs
from cells.cuda.plan.rule import Workload, choose, sharings, terms
from tests.bench.conftest import FACTS
from tests.cells.cuda.test_costs import UNFITTED

# An invented GPU: its clusters meet slowly, its launches are quick, and its memories are slower.
INVENTED = replace(
    UNFITTED,
    barrier_cluster=3000,
    barrier_launch=4000,
    push_latency=100,
    formulas=500,
    tile_overhead=200,
    multiply_adds_float32=80,
    busy_warps=10,
    shared_bytes=90,
    cache_bytes=40,
)
NOISE = 0.02  # of the logarithm of a time
WAYS = {"forward": "kernel_forward_s", "backward": "kernel_backward_s"}
NAME = "NVIDIA H200"
DAY = "2031-05-06"


def case_of(cell, hidden, batch, direction, variant, dtype="float32", steps=64):
    sizes = {"seq_len": steps, "hidden_size": hidden, "input_size": hidden, "batch_size": batch}
    return make_case("sharings", cell, "cuda", direction, dtype=dtype, variant=variant, **sizes)


def invented(cells=("lstm", "gru-reset-before"), sizes=(32, 128, 256, 1024), batches=(1, 16, 128), dtype="float32"):
    """(case, rows): three samples of every kernel with every sharing that fits, and with the rule's."""
    rng = np.random.default_rng(7)
    for cell, hidden, batch, direction in itertools.product(cells, sizes, batches, ("inference", "training")):
        ways = ("forward", "backward") if direction == "training" else ("forward",)
        fits = set.intersection(*(set(sharings(Workload(cell, hidden, batch, dtype, H200, way))) for way in ways))
        for variant in ("-", *sorted(fits)):
            case = case_of(cell, hidden, batch, direction, variant, dtype)
            yield case, [row for way in ways for row in samples(case, way, rng)]


def samples(case, way, rng):
    keep = case.direction == "training"
    work = Workload(case.cell, case.hidden_size, case.batch_size, case.dtype, H200, way, keep)
    sharing = None if case.word("variant") == "-" else case.word("variant")
    choice = choose(work, sharing=sharing, costs=UNFITTED)
    cycles = terms(choice.config, case.batch_size, choice.groups, choice.rows, H200).cycles(INVENTED)
    seconds = cycles / INVENTED.clock * case.seq_len
    for replicate in range(3):
        value = seconds * math.exp(NOISE * rng.standard_normal())
        yield Measurement(case, WAYS[way], value, "s", replicate=replicate)


def frame_of(items, environment="one", version="aaa", day=DAY):
    run = {
        "environment": environment,
        "code_version": version,
        "run": "",
        "whole": 1,
        "measured_at": f"{day}T10:00:00+00:00",
    }
    rows = [{**asdict(row), **as_row(case), **run} for case, rows in items for row in rows]
    return pd.DataFrame(rows)[list(COLUMNS)].astype({"value": float})


FEW = {"cells": ("lstm",), "sizes": (32, 256), "batches": (16,)}


@pytest.fixture(scope="module")
def frame():
    return frame_of(invented())


@pytest.fixture(scope="module")
def found(frame):
    return fit(frame, H200, UNFITTED)


@pytest.fixture(scope="module")
def few():
    return frame_of(invented(**FEW))


@pytest.fixture
def constants(tmp_path):
    """A file with the constants before any fit."""
    path = tmp_path / "costs.toml"
    path.write_bytes(costs.FILE.read_bytes())
    costs.write(asdict(UNFITTED), "estimate", path)
    return path


def environment_of(name):
    return Environment(FACTS | {"gpu": {"name": name, "driver": "999.1", "versions": {}, "used": True}})


@pytest.fixture
def rows(tmp_path):
    """A store with few rows."""
    return stored(tmp_path / "rows.sqlite", NAME)


def stored(path, *names):
    store = Store(path)
    with store.writing() as writer:
        for name in names:
            with writer.run(environment_of(name)) as run:
                for case, rows in invented(**FEW):
                    run.add(case, 0, rows, "aaa")
    return store


def test_constants_are_found_again_as_well_as_the_fit_says(found):
    for name, factor in found.factors.items():
        off = abs(math.log(getattr(found.after, name) / getattr(INVENTED, name)))
        assert off <= 3 * math.log(factor) + 1e-3, name
    for name in "barrier_cluster formulas tile_overhead multiply_adds_float32 shared_bytes cache_bytes".split():
        assert getattr(found.after, name) == pytest.approx(getattr(INVENTED, name), rel=0.1), name
        assert found.factors[name] < 1.25, name


def test_steps_are_predicted_as_well_as_they_were_measured(found):
    off = [math.log(point.predicted_s(found.after) / point.measured_s) for point in found.points]
    assert np.std(off) < NOISE
    assert abs(np.mean(off)) < NOISE
    before = [math.log(point.predicted_s(found.before) / point.measured_s) for point in found.points]
    assert np.std(before) > 5 * NOISE


def test_a_constant_that_no_row_tells_of_stays(found):
    for name in ("multiply_adds_float64", "multiply_adds_tensor", "clock"):
        assert name not in found.factors
        assert getattr(found.after, name) == getattr(UNFITTED, name)
        assert re.search(rf"^{name} .* not informed ", report(found), re.MULTILINE)


def test_a_constant_that_rows_tell_only_in_a_sum_is_said_to_be_uncertain(found):
    # Every pull is followed by the barrier of a grid or a launch.
    assert found.factors["pull_latency"] > 3
    for barrier in ("barrier_grid", "barrier_launch"):
        after, true = (getattr(known, barrier) + known.pull_latency for known in (found.after, INVENTED))
        assert after == pytest.approx(true, rel=0.05)


def test_afterwards_the_rule_takes_the_faster_sharing(found):
    changed = [regret for regret in regrets(found) if regret.before[0] != regret.after[0]]
    assert any(regret.before[0] == "cluster" and regret.before[1] > 1.1 for regret in changed)
    for regret in regrets(found):
        sharing, loss, _ = regret.after
        assert loss < 1 + 5 * NOISE, regret.point
        assert sharing == regret.fastest or loss > 1


def test_a_step_is_the_median_over_samples_of_the_code_that_ran_last(few):
    plain = fit(few, H200, UNFITTED)
    spoilt = few.copy()
    spoilt.loc[spoilt["replicate"] == 1, "value"] = 1e3
    assert [p.measured_s for p in fit(spoilt, H200, UNFITTED).points] == pytest.approx(
        [p.measured_s for p in plain.points], rel=5 * NOISE
    )
    older = few.assign(value=few["value"] * 10, code_version="older", measured_at="2030-01-01T10:00:00+00:00")
    both = fit(pd.concat([few, older]), H200, UNFITTED)
    assert both.points == plain.points
    assert both.day == DAY


def test_rows_that_failed_or_are_of_something_else_are_left_out(few):
    failed = few.assign(status="failed", value=np.nan, reason="a reason")
    others = [few.assign(study="gpu"), few.assign(backend="cuda-again"), few.assign(metric="event_s"), failed]
    assert len(measured(pd.concat([few, *others]))) == len(few)
    with pytest.raises(
        ValueError, match=r"no row to fit among .* needed: study sharings, backend cuda, metric kernel_"
    ):
        measured(pd.concat(others))
    with pytest.raises(ValueError, match="of the studies none with the metrics none"):
        measured(few[:0])
    with pytest.raises(ValueError, match=r"took 0\.0 s; allowed: more than 0"):
        measured(few.assign(value=0.0))
    with pytest.raises(ValueError, match="lack the columns seq_len, reason; allowed"):
        measured(few.drop(columns=["seq_len", "reason"]))


def test_a_point_has_the_configuration_that_the_rule_ran(few):
    for point in fit(few, H200, UNFITTED).points:
        assert point.choice.config.keep == (point.direction == "training")
        assert point.variant in ("-", point.choice.config.sharing)
        assert point.predicted_s(UNFITTED) == point.choice.cycles / UNFITTED.clock
    kernels = {f"{point.direction} {point.way}" for point in fit(few, H200, UNFITTED).points}
    assert kernels == {"inference forward", "training forward", "training backward"}


def test_the_report_shows_constants_steps_and_choices(found):
    head, constants, steps, ratios, choices, losses = report(found).split("\n\n")
    assert head.startswith(f"{H200.name}, {DAY}: {len(found.points)} measured steps")
    assert len(constants.splitlines()) == 1 + len(costs.NAMES)
    assert len(steps.splitlines()) == 1 + len(found.points)
    assert ratios.count("geometric mean") == 2
    assert "predicted / measured after: geometric mean 1.0" in ratios
    assert len(choices.splitlines()) == 1 + len(regrets(found))
    assert "time taken / fastest before" in losses


def test_one_sharing_alone_tells_nothing_of_the_choice(few):
    alone = fit(few[few["variant"] == "grid"], H200, UNFITTED)
    assert regrets(alone) == ()
    assert "no kernel was measured with two sharings" in report(alone)


@pytest.mark.parametrize("form", ["store", "csv", "csv.gz"])
def test_what_is_written_is_what_was_fitted(form, rows, constants, tmp_path, capsys):
    path = rows.path if form == "store" else tmp_path / "export"
    if form != "store":
        rows.export(path, compress=form == "csv.gz")
    before = costs.read(constants)
    assert fit_command(path, costs_path=constants) == 0
    assert costs.read(constants) == before
    fitted = gpu_fit.fit_rows(path, costs_path=constants)
    assert fit_command(path, write=True, costs_path=constants) == 0
    assert costs.load(constants) == fitted.after != UNFITTED
    day = rows.frame()["measured_at"].max()[:10]
    for name, entry in costs.read(constants).items():
        if name in fitted.factors:
            assert entry.origin == f"fitted: {NAME}, {day}, {len(fitted.points)} steps"
        else:
            assert entry == before[name]
    assert f"wrote {len(fitted.factors)} constants to {constants}" in capsys.readouterr().out


def test_a_second_fit_of_the_same_rows_warns_that_kernels_may_be_others(rows, constants, capsys):
    assert fit_command(rows.path, write=True, costs_path=constants) == 0
    assert "may have run others" not in capsys.readouterr().out
    assert fit_command(rows.path, costs_path=constants) == 0
    assert "may have run others" in capsys.readouterr().out


def test_rows_of_two_gpus_are_not_mixed(tmp_path, constants, capsys):
    other = "NVIDIA H100 80GB HBM3"
    store = stored(tmp_path / "two.sqlite", NAME, other)
    assert fit_command(store.path, costs_path=constants) == 2
    assert f"more than one GPU: {other}, {NAME}; choose one with --gpu NAME" in capsys.readouterr().err
    one = gpu_fit.fit_rows(store.path, other, constants)
    assert one.facts == replace(H200, name=other)
    assert len(one.points) == len(gpu_fit.fit_rows(store.path, NAME, constants).points)
    with pytest.raises(ValueError, match=f"no rows of the GPU 'H800'; known: {other}, {NAME}"):
        gpu_fit.fit_rows(store.path, "H800", constants)


def test_a_gpu_has_its_data_sheet_or_is_refused():
    assert gpu_fit.facts_of("NVIDIA A100-SXM4-80GB") == replace(A100, name="NVIDIA A100-SXM4-80GB")
    for name in ("NVIDIA GeForce RTX 4090", "NVIDIA H100 PCIe"):
        with pytest.raises(ValueError, match=f"no data sheet of '{name}'; known: H100, H200, A100, except H100 PCIe"):
            gpu_fit.facts_of(name)


def test_an_environment_without_a_gpu_is_named(few):
    for facts in ({}, {"one": {}}, {"one": {"gpu": None}}, {"one": {"gpu": {"name": ""}}}):
        with pytest.raises(ValueError, match=r"environment one names no GPU; needed: its facts with gpu\.name"):
            gpu_fit.of_one_gpu(few, facts)


def test_what_cannot_be_read_is_refused_with_what_can(rows, tmp_path, constants, capsys):
    with pytest.raises(
        FileNotFoundError, match=r"no rows at .*absent; allowed: a store \(\*\.sqlite\), or an exported"
    ):
        gpu_fit.read_rows(tmp_path / "absent")
    (tmp_path / "rows.parquet").touch()
    with pytest.raises(ValueError, match="unknown format; allowed: a store"):
        gpu_fit.read_rows(tmp_path / "rows.parquet")
    folder = tmp_path / "export"
    folder.mkdir()
    with pytest.raises(FileNotFoundError, match="is no export; allowed: a store"):
        gpu_fit.read_rows(folder)
    table, environment = rows.export(folder)
    environment.write_text("{")
    with pytest.raises(ValueError, match="is damaged"):
        gpu_fit.read_rows(folder)
    environment.write_text(json.dumps({}))
    table.write_text("")
    with pytest.raises(ValueError, match="is damaged"):
        gpu_fit.read_rows(folder)
    (tmp_path / "text.sqlite").write_text("no store " * 1000)
    with pytest.raises(StoreError, match="damaged or no store"):
        gpu_fit.read_rows(tmp_path / "text.sqlite")
    assert fit_command(tmp_path / "absent", costs_path=constants) == 2
    assert capsys.readouterr().err.startswith("no rows at")


def test_the_command_fits(rows, capsys):
    assert gpu_kernels.main(["--fit", str(rows.path)]) == 0
    assert "predicted / measured after" in capsys.readouterr().out
