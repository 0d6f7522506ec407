"""Which rows count where a case was measured more than once: whole runs, never single cases.

Contenders may be compared only where they were measured beside each other. So where a study was measured by several
versions of the code, all rows of a shape come from one of them: the last that measured the whole study. And blocks of
different runs get different numbers, so that nothing that pairs by block pairs what was measured on different days.
"""

from __future__ import annotations

import pandas as pd

from bench.case import CASE_COLUMNS, SHAPE

MEETING = ["study", "environment", *SHAPE]
"""Where contenders of one comparison meet."""


def choose_runs(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep, for each shape of a study on each machine, the rows of one version of the code, each item once.

    Parameters
    ----------
    frame
        Tidy rows, columns ``bench.rows.COLUMNS``.

    Returns
    -------
    DataFrame
        For each shape the rows of the version that measured the study last and whole; where none did, of the version
        with the most items. An item that several runs measured has the rows of the last of them.

    """
    return _last_run_of_an_item(_one_version_of_a_shape(frame))


def separate_blocks(frame: pd.DataFrame) -> pd.DataFrame:
    """Renumber blocks so that no two runs on one machine share a number; the first run keeps its own."""
    if frame["run"].nunique() < 2 and frame["code_version"].nunique() < 2:
        return frame
    groups = frame.groupby(["environment", "run", "code_version"], sort=False)
    runs = groups.agg(began=("measured_at", "min"), low=("block", "min"), high=("block", "max"))
    shifts = {}
    for _, of_machine in runs.sort_values(["began"], kind="stable").groupby(level="environment", sort=False):
        taken = -1
        for row in of_machine.itertuples():
            shift = max(0, taken + 1 - row.low)
            shifts[row.Index] = shift
            taken = max(taken, row.high + shift)
    by_group = runs.index.map(shifts).to_numpy()
    return frame.assign(block=frame["block"] + by_group[groups.ngroup()])


def _one_version_of_a_shape(frame: pd.DataFrame) -> pd.DataFrame:
    if frame["code_version"].nunique() < 2:
        return frame
    versions = frame.groupby([*MEETING, "code_version"], sort=False)
    candidates = versions.agg(whole=("whole", "max"), last=("measured_at", "max")).reset_index()
    items = frame.drop_duplicates([*CASE_COLUMNS, "environment", "code_version", "block"])
    size = items.groupby([*MEETING, "code_version"], sort=False).size().rename("size").reset_index()
    candidates = candidates.merge(size, on=[*MEETING, "code_version"])
    # Among whole versions the last; where none is whole, the one with the most items, and of equals the last.
    candidates["size"] = candidates["size"].where(candidates["whole"] == 0, 0)
    order = candidates.sort_values(["whole", "size", "last", "code_version"], kind="stable")
    chosen = order.drop_duplicates(MEETING, keep="last")
    return frame.merge(chosen[[*MEETING, "code_version"]], on=[*MEETING, "code_version"], how="inner")


def _last_run_of_an_item(frame: pd.DataFrame) -> pd.DataFrame:
    if frame["run"].nunique() < 2:
        return frame
    item = [*CASE_COLUMNS, "environment", "block"]
    runs = frame.groupby([*item, "run"], sort=False)["measured_at"].max().reset_index()
    last = runs.sort_values(["measured_at", "run"], kind="stable").drop_duplicates(item, keep="last")
    return frame.merge(last[[*item, "run"]], on=[*item, "run"], how="inner")
