"""Ask: from words, a file or Python to an experiment, and its rows."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.about import DEFAULT_STORE
from bench.experiments.cases import items_of
from bench.experiments.definition import Experiment, from_json, named
from bench.run.environment import this_environment
from bench.run.runner import Outcome, run
from bench.run.store import Store
from bench.study import Item

if TYPE_CHECKING:
    import pandas as pd

SETTINGS = ("name", "question", "seeds", "blocks", "rounds", "x", "colour", "column")
"""Parts of a definition beside its measure and its axes."""


def define(measure: str, **told: Any) -> Experiment:
    """Return an experiment from its parts and axes, by name: what is no part is a field with a value or several.

    Raises
    ------
    ValueError
        Where a name or a value is not allowed; the message names the allowed ones.

    """
    parts = {("seeds" if named(name) == "seeds" else name): told[name] for name in told if _is_part(name)}
    axes = {name: told[name] for name in told if not _is_part(name)}
    return from_json({"measure": measure, "axes": axes or {"cell": _main_cells()}, **parts})


def _is_part(name: str) -> bool:
    return name in SETTINGS or named(name) == "seeds"


def _main_cells() -> list[str]:
    from bench.studies.axes import PEER_CELLS

    return list(PEER_CELLS)


def read_toml(path: str | Path) -> Experiment:
    """Return the experiment of a TOML file; the message of every error names the file.

    Raises
    ------
    FileNotFoundError
        Where there is no such file.
    ValueError
        Where it is no TOML, or no experiment; the message names the part, given and allowed.

    """
    path = Path(path)
    try:
        return from_json(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except FileNotFoundError:
        raise FileNotFoundError(f"no experiment at {path}; allowed: a TOML file, see examples/") from None
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error


def measure(
    experiment: Experiment,
    store: Store,
    executor: Executor | None = None,
    progress: Callable[[int], Any] | None = None,
    items: list[Item] | None = None,
) -> Outcome:
    """Measure what the store does not have of an experiment, and keep its definition; `items`: those of `items_of`."""
    items = items_of(experiment) if items is None else items
    keep(experiment, store)
    return run(items, store, executor, progress, this_environment())


def keep(experiment: Experiment, store: Store) -> None:
    """Keep the definition in the store, so that the page can tell what was asked."""
    with store.writing() as writer:
        writer.keep_experiment(experiment.as_json())


def forget_failed(items: list[Item], store: Store) -> None:
    """Remove what failed of the items on this machine, so that it is measured again."""
    if store.exists():
        with store.writing() as writer:
            writer.forget_failed(this_environment(), [item.key for item in items])


def ask(
    measure_or_file: str | Path, *, store: str | Path = DEFAULT_STORE, retry_failed: bool = False, **told: Any
) -> pd.DataFrame:
    """Measure a question of one's own and return its tidy rows; what the store has already is not measured again.

    Parameters
    ----------
    measure_or_file
        A name of `bench.experiments.askable.ASKABLE`, or the path of a TOML file.
    store
        Where rows go, as those of every run.
    retry_failed
        Measure again what failed before.
    **told
        Fields of a case with a value or a list of values, such as ``cell=["lstm", "gru"], seq_len=300``, and parts of
        the definition: name, question, seeds, blocks, rounds, x, colour, column.

    Returns
    -------
    DataFrame
        The rows of this experiment, columns ``bench.rows.COLUMNS``.

    Raises
    ------
    ValueError
        Where a field, a value or a combination is not allowed, or an item failed; the message names the allowed ones.

    """
    if str(measure_or_file).endswith(".toml"):
        if told:
            raise ValueError(f"{measure_or_file} and {', '.join(told)}; allowed: a file, or a measure with its fields")
        experiment = read_toml(measure_or_file)
    else:
        experiment = define(str(measure_or_file), **told)
    items = items_of(experiment)
    place = Store(store)
    if retry_failed:
        forget_failed(items, place)
    outcome = measure(experiment, place, items=items)
    for when, failed in (("", outcome.failed), (" before", outcome.failed_before)):
        if failed:
            label, reason = failed[0]
            first = f"{len(failed)} items failed{when}, the first: {label}: {reason}"
            raise ValueError(f"{first}; their rows are stored, and retry_failed=True measures them again")
    frame = place.frame()
    return _rows_of(frame, experiment, items)


def _rows_of(frame: pd.DataFrame, experiment: Experiment, items: list[Item]) -> pd.DataFrame:
    """Return the rows of the experiment's cases as this machine and this code measured them."""
    import pandas as pd

    from bench.case import CASE_COLUMNS, columns_of

    mine = frame.loc[(frame["study"] == experiment.study) & (frame["environment"] == this_environment().id)]
    mine = mine.loc[mine["code_version"].isin({item.version for item in items})]
    cases = [columns_of(case) for case in dict.fromkeys(item.case for item in items)]
    return mine.merge(pd.DataFrame(cases, columns=list(CASE_COLUMNS)), on=list(CASE_COLUMNS), how="inner")
