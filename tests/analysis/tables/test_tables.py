"""Tables of the page: their numbers are those the rows were made with."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.tables.anchors import anchor_table, anchors
from analysis.tables.gates import gate_table
from analysis.tables.grid import COLUMNS, grid_table
from cells.registry import main_cells
from reports.numbers import shown
from tests.support.rows import synthetic


def test_the_gates_have_the_opening_the_saturation_and_the_time_constant_of_the_rows(rows: pd.DataFrame) -> None:
    table = gate_table(rows)
    assert table is not None
    found = {row[:3]: row[3:] for row in table.rows}
    opening, saturated, constant = found["lstm", "chrono", "f"]
    assert opening.value == pytest.approx(0.95, abs=5e-3)
    assert saturated.value == 1
    assert constant.value == pytest.approx(20)
    assert found["lstm", "torch", "i"][2] is None
    assert ("lstm", "torch", "g") not in found


def test_every_anchor_of_rows_that_were_made_from_theory_is_within_its_tolerance(rows: pd.DataFrame) -> None:
    apart = rows.loc[rows["study"] != "gradients"]  # those follow no published factor
    found = anchors(apart)
    assert len({anchor.kind for anchor in found}) >= 14
    assert [anchor for anchor in found if not anchor.within] == []
    table = anchor_table(apart)
    assert table is not None
    assert table.facts["rows"] == table.facts["within"] == len(found)


def test_rows_that_miss_are_told_apart(rows: pd.DataFrame) -> None:
    rows = rows.loc[rows["study"] != "gradients"]
    gains = rows["metric"] == "critical_gain"
    moved = rows.assign(value=rows["value"].where(~gains, rows["value"] * 1.01))
    beyond = {anchor.kind for anchor in anchors(moved) if not anchor.within}
    assert beyond == {"critical-gain"}


def test_without_rows_there_is_no_table(rows: pd.DataFrame) -> None:
    none = rows.iloc[:0]
    assert gate_table(none) is None
    assert anchor_table(none) is None
    assert grid_table(none) is None


def test_the_grid_has_the_ratio_of_the_fastest_peer_and_the_share_of_the_peak(rows: pd.DataFrame) -> None:
    table = grid_table(rows)
    assert table is not None
    lines = [dict(zip(COLUMNS, row, strict=True)) for row in table.rows]
    assert len(lines) == 3 * len(main_cells()) * 2
    rivals = {line["cell"] for line in lines if line["ratio"] is not None}
    assert rivals == {cell for cell in main_cells() if synthetic.has("torch", cell)}
    assert {shown(line["ratio"], alone=True) for line in lines if line["cell"] in rivals} == {"1.5"}
    assert {shown(line["noise"], alone=True) for line in lines} == {"1"}
    assert {shown(line["peak"]) for line in lines} == {"50 %"}  # at 1e11 FLOP/s, with two threads
    assert {line["onnxruntime_time"] for line in lines if line["direction"] == "training"} == {None}
    assert shown(table.facts["inference_least"]) == shown(table.facts["training_mean"]) == "1.5"


def test_without_peers_or_a_peak_the_grid_has_our_times(rows: pd.DataFrame) -> None:
    alone = rows.loc[rows["backend"].isin(["cpu", "cpu-again"]) & (rows["study"] != "peak")]
    table = grid_table(alone)
    assert table is not None
    for row in table.rows:
        line = dict(zip(COLUMNS, row, strict=True))
        assert shown(line["own_time"]).endswith("s")
        assert {line[name] for name in ("torch_time", "onnxruntime_time", "ratio", "peak")} == {None}
