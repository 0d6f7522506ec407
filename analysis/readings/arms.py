"""Networks set side by side at as many units, and at as many parameters: two arms of one comparison.

An LSTM with as many units as a simple cell has four times its parameters. Whoever compares them says which of both is
equal, so both are measured.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.select import measured

EQUAL_SIZE, EQUAL_PARAMETERS = "equal-size", "equal-parameters"
CLOSE = 0.1
"""Counts of parameters that differ by less than this share are equal: whole numbers of units come no closer."""
BEST = ("best_accuracy", "best_mse")


def arms(size: pd.Series, other_size: pd.Series, parameters: pd.Series, other_parameters: pd.Series) -> pd.Series:
    """Say of each pair of networks what is equal: the units of a direction, or all parameters; "" where neither is."""
    close = (parameters / other_parameters - 1).abs() < CLOSE
    named = np.select([size == other_size, close], [EQUAL_SIZE, EQUAL_PARAMETERS], "")
    return pd.Series(named, index=size.index)


def skills(frame: pd.DataFrame, name: str, other: str) -> pd.DataFrame:
    """Pair a cell with another on one seed, at each size of the training set.

    Skill is the accuracy where answers are classes, and else the share of the variance that is explained, 1 − MSE /
    baseline: both are 1 for a network that is always right.

    Returns
    -------
    DataFrame
        Columns `task`, `train_size`, `seed`, `arm`, `hidden_size` of the cell, `skill`, `skill_other`.

    """
    keys = ["task", "train_size", "seed"]
    runs = _skilled(frame)
    own, rival = (runs.loc[runs["name"] == cell] for cell in (name, other))
    pair = own.merge(rival, on=keys, suffixes=("", "_other"))
    pair["arm"] = arms(pair["hidden_size"], pair["hidden_size_other"], pair["parameters"], pair["parameters_other"])
    return pair.loc[pair["arm"] != "", [*keys, "arm", "hidden_size", "skill", "skill_other"]].reset_index(drop=True)


def _skilled(frame: pd.DataFrame) -> pd.DataFrame:
    """Networks of the study of learning curves: their skill, and their parameters."""
    keys = ["task", "train_size", "name", "hidden_size", "seed"]
    rows = measured(frame, "learning-curves", (*BEST, "parameters", "baseline_loss"))
    values = {metric: part.set_index(keys)["value"] for metric, part in rows.groupby("metric")}
    found = [part.rename("skill") for metric, part in values.items() if metric == "best_accuracy"]
    if "best_mse" in values and "baseline_loss" in values:
        explained = 1 - values["best_mse"] / values["baseline_loss"]
        found.append(explained.loc[values["best_mse"].index].rename("skill"))
    if not found or "parameters" not in values:
        return pd.DataFrame(columns=[*keys, "skill", "parameters"]).astype({"skill": float, "parameters": float})
    skill = pd.concat(found).dropna()
    return pd.concat([skill, values["parameters"].rename("parameters")], axis=1, join="inner").reset_index()


def last_errors(frame: pd.DataFrame) -> pd.DataFrame:
    """Mean squared error of each network after its training, where the answer lies ahead or behind.

    Returns
    -------
    DataFrame
        Columns `context` ("future" or "past"), `offset`, `seed`, `directions` (1 or 2), `hidden_size`, `parameters`,
        `error`.

    """
    keys = ["offset", "seed", "merge", "hidden_size"]
    rows = measured(frame, "future-context", ("test_mse", "parameters")).sort_values("step")
    errors = rows.loc[rows["metric"] == "test_mse"].groupby(keys, as_index=False).tail(1)
    counts = rows.loc[rows["metric"] == "parameters", [*keys, "value"]].rename(columns={"value": "parameters"})
    found = errors.loc[:, [*keys, "value"]].rename(columns={"value": "error"}).merge(counts, on=keys)
    found["context"] = np.where(found["offset"] > 0, "future", "past")
    found["directions"] = np.where(found["merge"] == "none", 1, 2)
    return found.loc[:, ["context", "offset", "seed", "directions", "hidden_size", "parameters", "error"]]
