"""Gradient curves: chosen by what most cases share, whole states where a cell has more than one."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.readings.gradient_curves import gradient_curves, handed_on, state_curves
from analysis.select import measured


def test_a_curve_is_relative_to_its_start(rows: pd.DataFrame) -> None:
    curves = gradient_curves(rows, "gradients", "log10_norm_h")
    assert (curves.loc[curves["lag"] == 0, "log10_g"] == 0).all()
    assert curves["seq_len"].nunique() == 1
    assert set(curves["inputs"]) == {"normal"}


def test_a_path_through_the_forget_gates_is_not_divided_by_its_start(rows: pd.DataFrame) -> None:
    path = measured(rows, "forget-bias", "log10_forget_path")
    curves = gradient_curves(rows, "forget-bias", "log10_forget_path")
    assert set(curves["log10_g"]) == set(path["value"])


def test_a_cell_with_two_states_hands_on_both(rows: pd.DataFrame) -> None:
    joint = gradient_curves(rows, "gradients", "log10_norm_joint")
    assert set(joint["name"]) == {"lstm"}
    curves = state_curves(rows)
    pd.testing.assert_frame_equal(curves.loc[curves["name"] == "lstm"].reset_index(drop=True), joint)
    hidden = gradient_curves(rows, "gradients", "log10_norm_h")
    assert set(curves["name"]) == set(hidden["name"])
    assert len(curves) == len(hidden.loc[hidden["name"] != "lstm"]) + len(joint)


def test_chosen_rows_are_joined_in_the_same_way(rows: pd.DataFrame) -> None:
    chosen = measured(rows, "gradients", ("log10_norm_h", "log10_norm_joint"))
    assert handed_on(chosen).groupby("name")["log10_g"].min().to_dict() == pytest.approx(
        state_curves(rows).groupby("name")["log10_g"].min().to_dict()
    )


def test_without_rows_there_are_no_curves(rows: pd.DataFrame) -> None:
    none = state_curves(rows.iloc[:0])
    assert none.empty
    assert {"name", "lag", "log10_g"} <= set(none.columns)
