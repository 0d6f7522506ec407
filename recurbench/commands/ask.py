"""Ask a question of one's own."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.experiments.askable import ALIASES, ASKABLE, MEANINGS
from recurbench.outcome import report
from recurbench.places import add_store

if TYPE_CHECKING:
    from bench.experiments.definition import Experiment

TEXT = "measure a question of your own: a measure and any fields, several values each, or a TOML file"
PARTS = {
    "name": (
        str,
        "its name on the page and in citations: small letters, digits, dashes (default: after what varies)",
    ),
    "question": (str, "the question, as a sentence for whoever reads the page"),
    "seeds": (int, "draws of each case (default 5)"),
    "blocks": (int, "shuffled blocks in which times are taken (default 8)"),
    "rounds": (int, "samples of a time in each block (default 5)"),
    "x": (str, "the field on the x axis; step for a profile"),
    "colour": (str, "the field that has a colour for each value"),
    "column": (str, "the field that has a panel for each value"),
}
"""Parts of a definition that are options, with their help."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add an option for every field of a case, and for every part of a definition."""
    parser.usage = "recurbench ask [-h] [--list] MEASURE|FILE.toml [--FIELD VALUE...] [--name NAME] [--seeds N] ..."
    parser.add_argument("what", nargs="?", metavar="MEASURE|FILE.toml", help=f"{', '.join(ASKABLE)}; or a file")
    parser.add_argument("--list", action="store_true", help="describe every measure and its fields, or that of MEASURE")
    for name, (kind, text) in PARTS.items():
        parser.add_argument(f"--{name}", type=kind, help=text)
    parser.add_argument("--dry-run", action="store_true", help="say what would be measured, and measure nothing")
    parser.add_argument("--write", type=Path, metavar="FILE.toml", help="write the definition to a file as well")
    parser.add_argument("--executor", default="in-process", help="in-process (default), processes:N or dask:ADDRESS")
    parser.add_argument("--retry-failed", action="store_true", help="measure items again that failed before")
    add_store(parser)
    fields = parser.add_argument_group("fields", "each takes one value or several; every combination is measured")
    also = {field: alias for alias, field in ALIASES.items()}
    for field, meaning in MEANINGS.items():
        names = [field, also[field]] if field in also else [field]
        options = [f"--{name.replace('_', '-')}" for name in names]
        fields.add_argument(
            *options, dest=f"axis_{field}", action="extend", nargs="+", metavar="VALUE", help=meaning.replace("%", "%%")
        )


def run(arguments: argparse.Namespace) -> int:
    """Measure what the store does not have; 1 where items failed, now or before, 2 for wrong use."""
    if arguments.list:
        print("\n\n".join(described(arguments.what)))
        return 0
    if arguments.what is None:
        raise ValueError(f"nothing is asked; allowed: {', '.join(ASKABLE)}, or a TOML file; --list describes them")
    from bench.experiments.asking import forget_failed, measure
    from bench.experiments.cases import items_of
    from bench.experiments.definition import as_toml
    from bench.run.executor import open_executor
    from bench.run.progress import progress_bar
    from bench.run.store import Store

    experiment = _experiment(arguments)
    items = items_of(experiment)
    store = Store(arguments.store)
    print("\n".join(announced(experiment, items, store)), flush=True)
    if arguments.write is not None:
        arguments.write.write_text(as_toml(experiment), encoding="utf-8")
        print(f"definition: {arguments.write}")
    if arguments.dry_run:
        return 0
    if arguments.retry_failed:
        forget_failed(items, store)
    with open_executor(arguments.executor) as executor:
        outcome = measure(experiment, store, executor, progress_bar, items)
    return report(outcome, store)


def _experiment(arguments: argparse.Namespace) -> Experiment:
    from bench.experiments.asking import define, read_toml

    given: dict[str, Any] = {name: getattr(arguments, name) for name in PARTS}
    axes = {field: getattr(arguments, f"axis_{field}") for field in MEANINGS}
    told = {name: value for name, value in (given | axes).items() if value is not None}
    if not arguments.what.endswith(".toml"):
        return define(arguments.what, **told)
    if told:
        raise ValueError(f"{arguments.what} and {', '.join(f'--{name}' for name in told)}; allowed: a file alone")
    return read_toml(arguments.what)


def announced(experiment: Experiment, items: list[Any], store: Any) -> Iterator[str]:
    """Yield what is about to be measured: the question, how much of it, how long it may take, how to see it."""
    from bench.experiments.estimate import in_words, seconds
    from bench.run.environment import this_environment
    from bench.run.plan import missing

    todo = missing(items, store.done(this_environment()))
    yield f"{experiment.name}: {experiment.question}"
    yield from _notices(experiment, items, store)
    for grid in experiment.grids:
        yield "  " + ", ".join(f"{field} {' '.join(map(_plain, values))}" for field, values in grid.items())
    cases = len({item.case for item in items})
    often = f" in {experiment.blocks} blocks" if items[0].study.timed else ""
    duration = in_words(seconds(todo, experiment.measure))
    time = f", about {duration}, and up to a minute for a cell's first kernels" if todo else ""
    yield f"{cases} cases{often}; {len(todo)} of {len(items)} items to measure{time}"
    yield f'see it: recurbench report --store {store.path}, chapter "Your experiments"'


def _notices(experiment: Experiment, items: list[Any], store: Any) -> Iterator[str]:
    """Yield what a user may not expect: a definition that is replaced, a state that stays at rest, a busy machine."""
    from bench.experiments.definition import from_json
    from bench.run.doctor import concerns

    known = store.about().experiments.get(experiment.name)
    if known is not None and known != experiment.as_json():
        before = from_json(known)
        yield f"note: this replaces what was asked under this name: {before.question}"
        for grid in before.grids:
            yield "  " + ", ".join(f"{field} {' '.join(map(_plain, values))}" for field, values in grid.items())
        yield "  its rows stay in the store; the figure has a new version"
    if any(item.case.word("inputs") == "zero" for item in items):
        yield "note: with inputs zero a cell without biases stays at rest; inputs start leaves it from a random state"
    if items[0].study.timed:
        yield from (f"note: times are not to be trusted now: {concern}" for concern in concerns())


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def described(measure: str | None) -> Iterator[str]:
    """Yield a paragraph for each measure, or for that of the name: what it measures, its fields, its defaults."""
    from bench.experiments.askable import find_askable
    from bench.names import task_names

    for asked in ASKABLE.values() if measure is None else [find_askable(measure)]:
        defaults = ", ".join(f"{field} {value}" for field, value in asked.defaults.items())
        lines = [f"{asked.name}: {asked.meaning}"]
        told = [("fields", ", ".join(asked.fields)), ("unless asked", f"cell rnn lstm gru, {defaults}")]
        if "task" in asked.fields:
            told.append(("tasks", ", ".join(task_names())))
        for what, text in told:
            lines += textwrap.wrap(text, 110, initial_indent=f"  {what:<14}", subsequent_indent=" " * 16)
        yield "\n".join([*lines, f"  {'seeds':<14}{'several' if asked.seeds else 'none: nothing is drawn'}"])
    shown = MEANINGS if measure is None else find_askable(measure).fields
    yield "\n".join(["fields:", *(f"  {field:<14}{MEANINGS[field]}" for field in shown)])
