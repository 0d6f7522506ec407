"""The front door: `import recurbench` for the cells and the analysis, and the command of that name.

Nothing heavy is imported before it is used, so that `recurbench --help` is instant, and a laptop without numba can
read rows and build pages.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis import analyse
    from analysis.load import load, load_environments
    from bench.run.store import Store
    from cells import (
        Gradients,
        Layer,
        Trace,
        cell_names,
        count_bytes,
        count_flops,
        count_parameters,
        get_threads,
        gradient_profile,
        initialisers,
        jacobian_norms,
        lyapunov_spectrum,
        perturbation,
        set_threads,
        step_jacobians,
        using_threads,
    )
    from reports.build import build

__all__ = [
    "Gradients",
    "Layer",
    "Store",
    "Trace",
    "analyse",
    "build",
    "cell_names",
    "count_bytes",
    "count_flops",
    "count_parameters",
    "get_threads",
    "gradient_profile",
    "initialisers",
    "jacobian_norms",
    "load",
    "load_environments",
    "lyapunov_spectrum",
    "perturbation",
    "set_threads",
    "step_jacobians",
    "using_threads",
]

_ELSEWHERE = {
    "Store": "bench.run.store",
    "analyse": "analysis",
    "build": "reports.build",
    "load": "analysis.load",
    "load_environments": "analysis.load",
}
"""Where a name of the front door lives, if not in `cells`."""

STORE = Path("results") / "recurbench.sqlite"
PAGES = Path("results") / "report"


def __getattr__(name: str) -> Any:
    """Import what is asked for."""
    if name not in __all__:
        raise AttributeError(f"module 'recurbench' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(importlib.import_module(_ELSEWHERE.get(name, "cells")), name)


def __dir__() -> list[str]:
    """List what can be asked for."""
    return sorted((*__all__, "main"))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 some items failed, 2 wrong use or unusable input, 130 interrupted."""
    arguments = _parser().parse_args(argv)
    from bench.run.store import StoreError

    try:
        return int(arguments.command(arguments))
    except BrokenPipeError:  # whoever read our output has read enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, StoreError, OSError) as error:
        print(f"recurbench: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nrecurbench: interrupted; what was measured is stored, the same command resumes", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="recurbench", description="Recurrent cells, measured.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: object, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=command)
        return sub

    run = add("run", _run, "measure the studies of a preset; what is stored already is skipped")
    run.add_argument("--preset", default="quick", help="quick (default), course or full")
    run.add_argument("--study", action="append", metavar="NAME", help="only this study; may be repeated")
    run.add_argument("--executor", default="in-process", help="in-process (default), processes:N or dask:ADDRESS")
    run.add_argument("--retry-failed", action="store_true", help="measure items again that failed before")
    report = add("report", _report, "write the HTML page from measured rows")
    report.add_argument(
        "--source", type=Path, help="a store, or an exported folder (default: the store, else the reference)"
    )
    report.add_argument("--out", type=Path, default=PAGES, help=f"folder for the page (default {PAGES})")
    report.add_argument("--language", default="en", help="language of the page (default en)")
    report.add_argument("--open", action="store_true", help="open the page in the browser")
    status = add("status", _status, "what is measured, and what a preset still misses")
    status.add_argument("--preset", default="quick", help="quick (default), course or full")
    studies = add("studies", _studies, "the questions: what varies, what is measured, which figures and claims read it")
    studies.add_argument("study", nargs="?", help="one study in full; all questions if left out")
    export = add("export", _export, "write tidy CSV and environment.json")
    export.add_argument("folder", type=Path)
    export.add_argument("--compress", action="store_true", help="measurements.csv.gz instead of measurements.csv")
    cite = add("cite", _cite, "print the citation of a figure, or of the suite")
    cite.add_argument("figure", nargs="?", help="figure id, as on the page; the suite if left out")
    cite.add_argument("--format", default="bibtex", help="bibtex (default), csl, apa, latex, markdown or html")
    cite.add_argument("--source", type=Path, help="as for report")
    add("doctor", _doctor, "describe this machine, and what would make its timings untrustworthy")
    for sub in (run, report, status, export, cite):
        sub.add_argument("--store", type=Path, default=STORE, help=f"the store (default {STORE})")
    return parser


def _run(arguments: argparse.Namespace) -> int:
    from bench.run.environment import this_environment
    from bench.run.executor import open_executor
    from bench.run.plan import plan, without_cases
    from bench.run.progress import progress_bar
    from bench.run.runner import run
    from bench.run.store import Store

    items = plan(arguments.preset, arguments.study)
    for name, reason in without_cases(arguments.preset, arguments.study).items():
        print(f"study {name} has no cases here: {reason}", file=sys.stderr)
    if not items:
        return 2
    store = Store(arguments.store)
    if arguments.retry_failed and store.exists():
        with store.writing() as writer:
            writer.forget_failed(this_environment(), [item.key for item in items])
    with open_executor(arguments.executor) as executor:
        outcome = run(items, store, executor, progress_bar)
    print(f"{outcome.measured} items measured, {outcome.already_there} were there already; rows: {store.path}")
    for label, reason in outcome.failed:
        print(f"failed: {label}: {reason}", file=sys.stderr)
    return 1 if outcome.failed else 0


def _source(arguments: argparse.Namespace) -> Path:
    """Return the rows to read: named, else the store, else the committed reference."""
    from bench.run.store import Store
    from reports.build import reference_folder

    if arguments.source is not None:
        return Path(arguments.source)
    if Store(arguments.store).counts():
        return Path(arguments.store)
    reference = reference_folder()
    print(f"nothing measured in {arguments.store} yet; showing the reference {reference.name}", file=sys.stderr)
    return reference


def _report(arguments: argparse.Namespace) -> int:
    from reports.build import build

    source = _source(arguments)
    page = build(source, arguments.out, arguments.language).resolve()
    print(f"rows: {source}\npage: {page}")
    if arguments.open:
        import webbrowser

        webbrowser.open(page.as_uri())
    return 0


def _status(arguments: argparse.Namespace) -> int:
    from collections import Counter

    from bench.run.environment import this_environment
    from bench.run.plan import plan
    from bench.run.store import Store

    store = Store(arguments.store)
    environment = this_environment()
    items = plan(arguments.preset)
    done = store.done(environment)
    wanted = Counter(item.study.name for item in items)
    absent = Counter(item.study.name for item in items if item.key not in done)
    print(f"store {store.path}; machine {environment.id}, preset {arguments.preset}")
    print(f"{'study':<14}{'items':>8}{'measured':>10}{'missing':>9}")
    for name, count in wanted.items():
        partial = "  partial" if 0 < absent[name] < count else ""
        print(f"{name:<14}{count:>8}{count - absent[name]:>10}{absent[name]:>9}{partial}")
    current = {(environment.id, item.version) for item in items}
    others = [row for row in store.counts() if (row.environment, row.code_version) not in current or row.failed]
    if others:
        print("\nin the store as well:")
    for row in others:
        partial = "" if row.whole else ", partial: the page takes a whole run where there is one"
        print(
            f"{row.study:<14}{row.items:>8} items, {row.failed} failed, machine {row.environment},"
            f" code {row.code_version}{partial}"
        )
    return 0


def _studies(arguments: argparse.Namespace) -> int:
    from analysis.claims import CLAIMS
    from analysis.figures import REGISTRY
    from bench.run.describe import describe_study
    from bench.studies.registry import STUDIES, find_studies

    if arguments.study is None:
        for study in STUDIES:
            print(f"{study.name:<14}{study.question}")
        return 0
    (study,) = find_studies([arguments.study])
    figures = [name for name, module in REGISTRY.items() if study.name in module.STUDIES]
    claims = [f"{claim.number} {claim.id}" for claim in CLAIMS if claim.study == study.name]
    readers = (("figures", ", ".join(figures) or "none"), ("claims", ", ".join(claims) or "none"))
    for what, text in (*describe_study(study), *readers):
        print(f"{what:<10}{text}")
    return 0


def _export(arguments: argparse.Namespace) -> int:
    from bench.run.store import Store

    rows, environment = Store(arguments.store).export(arguments.folder, arguments.compress)
    print(f"{rows}\n{environment}")
    return 0


def _cite(arguments: argparse.Namespace) -> int:
    from reports.build import citation

    print(citation(_source(arguments), arguments.figure, arguments.format))
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    from bench.run.doctor import concerns, describe
    from bench.run.gpu_doctor import sharing_table

    for what, value in describe():
        print(f"{what:<18}{value}")
    table = sharing_table()
    print("\n" + "\n".join(table) if table else "")
    found = list(concerns())
    print("\ntimings: nothing found that speaks against them" if not found else "\ntimings are not to be trusted now:")
    for concern in found:
        print(f"- {concern}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
