"""`python -m bench.gpu_checks`: what a GPU is asked in the minutes that it is at hand."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.gpu_checks.check import BAD, STAGES, Check

if TYPE_CHECKING:
    from bench.gpu_checks.rows import Rows
    from bench.gpu_checks.runner import Runner
    from bench.gpu_checks.stages import Setting

DEFAULT_STAGES = tuple(stage for stage in STAGES if stage != "tests")
DEFAULT_OUT = Path("results") / "gpu-checks"
BLOCKS = 3
DESCRIPTION = "Check a GPU within a budget of seconds. 0: nothing was wrong; 1: something was; 2: no GPU, or wrong use."
PRESETS = ("toy", "quick", "course")
LINES, ROWS = "lines.jsonl", "gpu.sqlite"


def main(argv: Sequence[str] | None = None, command: Sequence[str] | None = None) -> int:
    """Check a GPU within a budget of seconds. 0: nothing was wrong; 1: something was; 2: no GPU, or wrong use.

    `command` starts a worker; a test has its own.
    """
    arguments = _parser().parse_args(argv)
    if arguments.wheels is not None:
        return _wheels(arguments.wheels)
    if arguments.cubins is not None:
        if not arguments.cubins.is_dir():
            return _refuse(f"--cubins is {arguments.cubins}; allowed: a folder of machine code")
        os.environ["RECURBENCH_CUBINS"] = str(arguments.cubins.resolve())
    if arguments.list:
        return _list(arguments)
    return _run(arguments, command)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.gpu_checks", description=DESCRIPTION)
    stages = f"only this one of {', '.join(STAGES)}; may be repeated (default: all but tests)"
    parser.add_argument("--stage", action="append", choices=STAGES, help=stages)
    parser.add_argument("--only", metavar="PATTERN", default="", help="only checks whose name has this in it (*, ?)")
    parser.add_argument("--list", action="store_true", help="name the checks, for the GPU of a data sheet; run nothing")
    parser.add_argument("--seconds", type=_positive, help="end within so many seconds (default: no bound)")
    parser.add_argument("--blocks", type=_count, default=BLOCKS, help=f"blocks of a time (default {BLOCKS})")
    preset = f"{', '.join(PRESETS)}: how many shapes are timed (default quick; toy in the simulator)"
    parser.add_argument("--preset", choices=PRESETS, metavar="PRESET", help=preset)
    parser.add_argument("--cubins", type=Path, metavar="FOLDER", help="machine code that came along")
    out = f"where {LINES} goes, and {ROWS} (default: $OUT, else {DEFAULT_OUT})"
    parser.add_argument("--out", type=Path, default=Path(os.environ.get("OUT") or DEFAULT_OUT), help=out)
    parser.add_argument("--store", type=Path, help=f"where rows go (default: {ROWS} beside the lines)")
    wheels = "fetch what has to travel to a machine without a network, list sizes, and stop (default folder .whl)"
    parser.add_argument("--wheels", type=Path, nargs="?", const=Path(".whl"), metavar="FOLDER", help=wheels)
    return parser


def _refuse(reason: str) -> int:
    print(reason, file=sys.stderr)
    return 2


def _positive(text: str) -> float:
    """A number above 0, for argparse."""
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text!r}; allowed: a number above 0")
    return value


def _count(text: str) -> int:
    """An integer of at least 1, for argparse."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r}; allowed: an integer of at least 1")
    return value


def _wheels(folder: Path) -> int:
    from bench.gpu_checks.wheels import fetch, listing

    print("\n".join(listing(fetch(folder))))
    return 0


def _chosen(checks: Iterator[Check], pattern: str) -> list[Check]:
    return [check for check in checks if fnmatch(check.name, f"*{pattern}*")]


def _checks(setting: Setting, stage: str, pattern: str) -> list[Check]:
    """The checks of a stage; those of stage "tests" are what pytest collects."""
    from bench.gpu_checks.outside import collect_tests
    from bench.gpu_checks.stages import plan

    if stage != "tests":
        return _chosen(plan(setting, [stage]), pattern)
    nodes = collect_tests()
    return _chosen((Check("tests", f"tests {node}", "test", {"node": node}, 1.0, 120.0) for node in nodes), pattern)


def _list(arguments: argparse.Namespace) -> int:
    from bench.gpu_checks.stages import Setting
    from cells.cuda.device.target import H200

    setting = Setting(H200, torch=True, blocks=arguments.blocks, preset=arguments.preset or PRESETS[1])
    for stage in arguments.stage or DEFAULT_STAGES:
        checks = _checks(setting, stage, arguments.only)
        print(f"{stage}: {len(checks)} checks, about {sum(check.expected_s for check in checks):.0f} s")
        for check in checks:
            print(f"  {check.name}")
    return 0


def _print(text: str) -> None:
    """To standard output, as long as somebody reads it; the lines stand in their file anyway."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM as Ctrl-C: whoever ends the runner still gets its table, and no worker stays behind."""

    def interrupt(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _run(arguments: argparse.Namespace, command: Sequence[str] | None) -> int:
    from bench.gpu_checks.facts import as_lines
    from bench.gpu_checks.process import COMMAND
    from bench.gpu_checks.rows import open_rows
    from bench.gpu_checks.runner import Runner
    from bench.gpu_checks.summary import table, verdict
    from bench.run.store import StoreError

    with ExitStack() as stack:
        try:
            arguments.out.mkdir(parents=True, exist_ok=True)
            file = stack.enter_context((arguments.out / LINES).open("w"))
        except OSError as error:
            return _refuse(f"--out is {arguments.out}: {error}; allowed: a folder that can be written")

        def say(line: Mapping[str, Any]) -> None:
            text = json.dumps(line)
            print(text, file=file, flush=True)
            _print(text)

        runner = Runner(say, arguments.seconds, command or COMMAND)
        stack.callback(runner.end)
        stack.enter_context(_ended_by_signals())
        try:
            facts = runner.hello()
            for line in as_lines(facts) if facts else ():
                say(line)
            if facts is None or facts["missing"]:
                say({"kind": "end", "reason": facts["missing"] if facts else "no worker could start"})
                return 2
            store = arguments.store or arguments.out / ROWS
            _run_stages(arguments, runner, facts, stack.enter_context(open_rows(store, facts)), say)
        except StoreError as error:
            say({"kind": "end", "reason": str(error)})
            return 2
        except KeyboardInterrupt:
            say({"kind": "interrupted"})
        results = runner.outcome.results
        if not results:
            say({"kind": "end", "reason": f"no check of these stages has {arguments.only!r} in its name; see --list"})
            return 2
        _print("\n".join(table(results)))
        say(verdict(results))
    return 1 if runner.outcome.having(*BAD) else 0


def _run_stages(
    arguments: argparse.Namespace, runner: Runner, facts: Mapping[str, Any], rows: Rows, say: Callable[..., None]
) -> None:
    from bench.gpu_checks.stages import Setting
    from cells.cuda.device.target import Facts

    told = facts["chip"]
    chip = Facts(**told | {name: tuple(told[name]) for name in ("capability", "gpcs")})  # JSON has lists
    preset = arguments.preset or PRESETS[0 if facts["simulated"] else 1]
    setting = Setting(chip, facts["torch"], arguments.blocks, preset)
    for stage in arguments.stage or DEFAULT_STAGES:
        try:
            checks = _checks(setting, stage, arguments.only)
        except (ImportError, RuntimeError) as error:  # a machine whose numba does not import has no CPU grid
            say({"kind": "stage", "stage": stage, "checks": 0, "reason": f"{type(error).__name__}: {error}"})
            continue
        runner.run(stage, checks, rows.keep, rows.has)


if __name__ == "__main__":
    sys.exit(main())
