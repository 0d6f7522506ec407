"""Gradient curves: log10 of what is left of a gradient, lag by lag, one curve per case and seed."""

from __future__ import annotations

import pandas as pd

from analysis.select import main_level, measured
from analysis.statistics.fits import CURVE, horizons, profiles

WHOLE_STATE = ("log10_norm_h", "log10_norm_joint")
"""Metrics of h alone and of the joint state, which only cells of more than one state have."""

SHARED = ("name", "initialiser", "seq_len", "input_size", "inputs", "seed")
"""What varies at the hidden size that most cases of the study share."""


def gradient_curves(
    frame: pd.DataFrame, study: str, metric: str, *, relative: bool = True, zeros: bool = False
) -> pd.DataFrame:
    """Profiles of one metric at N(0, 1) inputs, no added bias, and the sequence length that most cases share.

    With `zeros` a gradient that is exactly 0 is minus infinity; without, its lags are left out (to be drawn).
    """
    rows = measured(frame, study, metric, zeros=zeros)
    if rows.empty:
        return pd.DataFrame(columns=[*CURVE, "lag", "log10_g"]).astype({"log10_g": float})
    if "normal" in set(rows["inputs"]):
        rows = rows.loc[(rows["inputs"] == "normal") & (rows["input_scale"] == 1.0) & (rows["gate_bias"] == 0.0)]
    rows = rows.loc[
        rows["input_size"] == main_level(rows, "input_size", ("name", "initialiser", "hidden_size", "seed"))
    ]
    rows = rows.loc[rows["seq_len"] == main_level(rows, "seq_len", ("name", "initialiser", "hidden_size", "seed"))]
    return profiles(rows, relative=relative and metric != "log10_forget_path")


def common_size(frame: pd.DataFrame) -> int:
    """Return the hidden size at which the study of gradients has most cases: the one that texts name."""
    return main_level(measured(frame, "gradients", WHOLE_STATE), "hidden_size", SHARED)


def state_curves(frame: pd.DataFrame) -> pd.DataFrame:
    """Profiles of all that a cell hands on: h for the RNN and the GRU, (h, c) for the LSTM.

    Comparing h alone would charge the LSTM for a first step in which its gradient moves from h to c.
    """
    return _joint(*(gradient_curves(frame, "gradients", metric) for metric in WHOLE_STATE))


def lasting_curves(frame: pd.DataFrame, epsilon: float) -> pd.DataFrame:
    """Take the same profiles, and longer ones of a cell, initialiser and size whose gradient outlasts the sequence.

    All have the length that most cases share, so that every number of the page is about the same sequences; only where
    some network still has more than `epsilon` left at its end do the longest sequences that were measured take their
    place. Exact zeros count, as minus infinity.
    """
    rows = measured(frame, "gradients", WHOLE_STATE, zeros=True)
    if rows.empty:
        return handed_on(rows)
    rows = rows.loc[(rows["inputs"] == "normal") & (rows["input_size"] == rows["input_size"].min())]
    common = main_level(rows, "seq_len", ("name", "initialiser", "hidden_size", "seed"))
    place = ["name", "initialiser", "hidden_size"]
    curves = handed_on(rows.loc[rows["seq_len"] == common])
    found = horizons(curves, epsilon)
    outlasting = found.loc[found["censored"], place].drop_duplicates()
    longest = rows["seq_len"] == rows.groupby(place)["seq_len"].transform("max")
    longer = handed_on(rows.loc[longest & (rows["seq_len"] > common)]).merge(outlasting, on=place)
    replaced = curves.merge(longer[place].drop_duplicates(), on=place, how="left", indicator=True)["_merge"] == "both"
    return pd.concat([curves.loc[~replaced.to_numpy()], longer], ignore_index=True)


def handed_on(rows: pd.DataFrame) -> pd.DataFrame:
    """Take the same profiles from chosen rows, of both metrics of `WHOLE_STATE`."""
    return _joint(*(profiles(rows.loc[rows["metric"] == metric]) for metric in WHOLE_STATE))


def _joint(hidden: pd.DataFrame, joint: pd.DataFrame) -> pd.DataFrame:
    """Keep the joint state where a cell has more than one state, and h where h is all there is."""
    return pd.concat([hidden.loc[~hidden["name"].isin(joint["name"])], joint], ignore_index=True)
