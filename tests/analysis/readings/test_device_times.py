"""Times on a GPU and the resources of kernels: what is shown is what the rows were made with."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from analysis.figures import cuda_ratio, cuda_step
from analysis.readings.device_times import conditions, events, on_grid, paired, regime
from analysis.result import Number
from analysis.tables.cuda import cuda_table, published_table
from analysis.tables.kernels import COLUMNS, kernel_table
from analysis.tables.sharings import sharing_table
from analysis.theory.published import HASTE, HASTE_SHAPE
from bench.studies.axes import GATED_CELLS
from tests.support.rows import synthetic
from tests.support.rows import synthetic_gpu as devices


@pytest.fixture(scope="module")
def device() -> pd.DataFrame:
    return synthetic.frame(synthetic.with_truth(blocks=5), ("gpu", "sharings", "kernels"))


def test_each_range_of_sizes_has_the_ratio_of_its_rows(device: pd.DataFrame) -> None:
    table = cuda_table(device)
    assert table is not None
    assert {row[0] for row in table.rows} == set(devices.RATIOS)
    for row in table.rows:
        expected = devices.RATIOS[row[0]] * (1.0 if row[2] == "float32" else devices.HALF)
        for cell in row[3:-3]:
            assert cell.value == pytest.approx(expected, rel=0.03)
    by_range = {row[:3]: row[-2:] for row in table.rows}
    sizes = {"wide": 4, "large": 12}  # of the grid
    wide, large = (count * len(devices.COMPARED) for count in sizes.values())
    assert by_range["wide", "training", "float32"] == (wide, wide)
    assert by_range["large", "training", "float32"] == (large, 0)


def test_half_precision_is_compared_with_half_precision(device: pd.DataFrame) -> None:
    ratios = paired(events(device))
    half = ratios.loc[(ratios["dtype"] == "bfloat16") & (regime(ratios) == "large"), "ratio"]
    assert half.median() == pytest.approx(devices.RATIOS["large"] * devices.HALF, rel=0.02)


def test_the_figure_has_every_shape_of_the_grid_and_no_other(device: pd.DataFrame) -> None:
    figure = cuda_ratio.build(device)
    assert figure is not None
    assert len(figure.data) == 2 * len(devices.COMPARED) * len(devices.GRID)
    shapes = set(figure.data[["seq_len", "batch_size", "hidden_size"]].itertuples(index=False, name=None))
    assert shapes == set(devices.GRID)
    assert figure.facts["slower"] == (figure.data["ratio"] < 1).sum()
    assert (figure.data["least"] <= figure.data["mean"]).all()
    assert (figure.data["mean"] <= figure.data["most"]).all()
    assert figure.data["noise_low"].max() < 1 < figure.data["noise_high"].min()
    assert figure.facts["large_training"].value == pytest.approx(devices.RATIOS["large"], rel=0.02)


def test_two_blocks_give_numbers_without_intervals() -> None:
    few = synthetic.frame(synthetic.with_truth(blocks=2), ("gpu",))
    figure = cuda_ratio.build(few)
    assert figure is not None
    assert figure.data[["low", "high"]].isna().all().all()
    assert math.isinf(figure.facts["small_inference"].high)
    assert cuda_table(few) is not None
    assert published_table(few) is not None


def test_a_step_is_a_call_over_its_length(device: pd.DataFrame) -> None:
    figure = cuda_step.build(device)
    assert figure is not None
    length = max(t for t, _, _ in devices.GRID)
    assert figure.facts["seq_len"] == length
    one = figure.data.loc[(figure.data["name"] == "lstm") & (figure.data["backend"] == "cuda")].iloc[0]
    rows = events(device)
    keep = (rows["name"] == "lstm") & (rows["backend"] == "cuda") & (rows["seq_len"] == length)
    for name in ("direction", "batch_size", "hidden_size"):
        keep &= rows[name] == one[name]
    keep &= rows["dtype"] == "float32"
    assert one["median_s"] == pytest.approx(rows.loc[keep, "value"].median() / length)


def test_published_shapes_stand_apart_from_the_grid(device: pd.DataFrame) -> None:
    rows = events(device)
    apart = rows.loc[~on_grid(rows), ["name", "seq_len", "batch_size", "hidden_size"]].drop_duplicates()
    assert set(apart.itertuples(index=False, name=None)) == set(devices.PUBLISHED)
    table = published_table(device)
    assert table is not None
    assert len(table.rows) == 2 * 2 * len(devices.PUBLISHED)
    told = {row[:6]: row[-1] for row in table.rows if row[-1] is not None}
    assert told == {
        ("lstm", direction, "float32", *HASTE_SHAPE): Number(seconds, "s") for direction, seconds in HASTE.items()
    }


def test_a_compared_shape_of_the_grid_is_listed_too(device: pd.DataFrame) -> None:
    """The shape that Haste and FlashRNN published is a point of the full grid."""
    more = device.loc[(device["study"] == "gpu") & (device["seq_len"] == 1024)]
    grid = pd.concat([device, more.assign(hidden_size=1024, input_size=1024)])
    table = published_table(grid)
    assert table is not None
    assert {row[3:6] for row in table.rows if row[3] == 1024} == {(1024, 16, 768)}


def test_without_cudnn_there_are_times_and_no_ratios(device: pd.DataFrame) -> None:
    alone = device.loc[~device["backend"].str.startswith("cudnn")]
    assert cuda_ratio.build(alone) is None
    assert cuda_table(alone) is None
    assert published_table(alone) is None
    assert cuda_step.build(alone) is not None


def test_the_conditions_are_those_of_the_rows(device: pd.DataFrame) -> None:
    facts = conditions(device)
    assert (
        facts["gpu_clock_low"].value == facts["gpu_clock_high"].value == 1.98e9
    )  # and not that of the idle GPU before
    assert facts["gpu_throttled"] == devices.THROTTLED
    assert facts["gpu_launch_cuda"].value == pytest.approx(4e-6)
    assert facts["gpu_cold"].value == pytest.approx(devices.COLD)
    assert facts["gpu_memory"].value == pytest.approx(devices.MEMORY)
    assert facts["gpu_error_float32"].value == devices.ERROR
    assert conditions(device.iloc[:0]) == {}


def test_the_rule_is_measured_against_the_fastest_sharing(device: pd.DataFrame) -> None:
    table = sharing_table(device)
    assert table is not None
    assert [row[-1].value for row in table.rows] == pytest.approx([devices.EXCESS] * len(table.rows))
    assert table.facts["worst"].value == pytest.approx(devices.EXCESS)
    assert {row[3] for row in table.rows if row[2] == 512} == {None}


def test_a_kernel_has_the_occupancy_of_its_blocks(device: pd.DataFrame) -> None:
    table = kernel_table(device)
    assert table is not None
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in table.rows]
    assert len(rows) == 2 * len(GATED_CELLS) * 2 * (3 + 4)  # no clusters on the older architecture
    assert [row["architecture"] for row in rows] == sorted(row["architecture"] for row in rows)
    assert {row["occupancy"].value for row in rows if row["sharing"] == "block"} == {50}
    assert {row["occupancy"].value for row in rows if row["sharing"] == "grid"} == {12.5}
    assert {row["shared_kib"].value for row in rows if row["sharing"] == "launch"} == {8}
    assert {row["sharing"] for row in rows if row["chosen"] is True} == {"block", "grid"}
    assert table.facts["clean"] == table.facts["kernels"] == len(rows)


def test_a_kernel_that_spills_is_counted(device: pd.DataFrame) -> None:
    spilled = device.assign(value=device["value"].where(device["metric"] != "spill_bytes", 8.0))
    table = kernel_table(spilled)
    assert table is not None
    assert table.facts["clean"] == 0


def test_without_rows_there_is_no_table(device: pd.DataFrame) -> None:
    none = device.iloc[:0]
    for maker in (cuda_table, published_table, sharing_table, kernel_table):
        assert maker(none) is None
