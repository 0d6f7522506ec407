"""The command that fits: which rows it reads, of which GPU, and what it writes."""

import json
from dataclasses import replace

import pytest

from bench.gpu_kernels import __main__ as gpu_kernels
from bench.gpu_kernels import fit as gpu_fit
from bench.gpu_kernels.fit_command import fit_command
from bench.run.store import StoreError
from cells.cuda.device.facts import A100, H200
from cells.cuda.plan import costs
from tests.bench.gpu_kernels.invented import NAME, stored
from tests.cells.cuda.test_costs import UNFITTED


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
    with pytest.raises(ValueError, match=f"unknown GPU 'H800'; the rows are of: {other}, {NAME}"):
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
