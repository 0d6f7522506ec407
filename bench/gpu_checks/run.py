"""A whole run of the command: the machine, stage after stage, what was postponed, and the table."""

from __future__ import annotations

import argparse
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from fnmatch import fnmatch
from typing import Any

from bench.gpu_checks.check import BAD, WITH_ROWS, Check, Result
from bench.gpu_checks.facts import as_lines
from bench.gpu_checks.interrupts import STATUS as INTERRUPTED_STATUS
from bench.gpu_checks.interrupts import Interrupts
from bench.gpu_checks.lines import Lines, show
from bench.gpu_checks.outside import collect_tests
from bench.gpu_checks.process import COMMAND
from bench.gpu_checks.rows import Rows, open_rows
from bench.gpu_checks.runner import INTERRUPTED, LEAST_S, TIME_IS_UP, Runner
from bench.gpu_checks.stages import Setting, plan
from bench.gpu_checks.summary import table, verdict
from bench.run.store import StoreError
from cells.cuda.device.facts import H200, Facts

TEST_LIMIT_S = 120.0


def run(arguments: argparse.Namespace, lines: Lines, began: float, command: Sequence[str] | None) -> int:
    """Run the checks of the stages that were asked for; the exit status."""
    interrupts = Interrupts()
    with ExitStack() as stack:
        left = None if arguments.seconds is None else arguments.seconds - (time.monotonic() - began)
        runner = Runner(lines.say, left, command or COMMAND, waiting=interrupts.waiting)
        stack.enter_context(interrupts.caught())
        stack.callback(runner.end)
        words = {"stages": list(arguments.stages), "only": arguments.only, "seconds": arguments.seconds}
        now = datetime.now(UTC).isoformat(timespec="seconds")
        lines.say({"kind": "start", "at": now, **words, "store": str(arguments.store)})
        try:
            ended = _run(arguments, lines, runner, interrupts, stack)
        except KeyboardInterrupt:  # while the machine was asked
            lines.say({"kind": "interrupted"})
            ended = f"{INTERRUPTED} before the first check"
        except Exception as error:  # of this command's own: what came before it is not lost
            traceback.print_exception(error)
            ended = f"{type(error).__name__}: {error}"
        results = runner.outcome.results
        if results:
            show("\n".join(table(results)))
        lines.say(verdict(results) if ended is None else {"kind": "end", "reason": ended})
        if interrupts.raised:
            return INTERRUPTED_STATUS
        if ended is not None:
            return 1 if results else 2
        return 1 if runner.outcome.having(*BAD) else 0


def _run(
    arguments: argparse.Namespace, lines: Lines, runner: Runner, interrupts: Interrupts, stack: ExitStack
) -> str | None:
    """Ask the machine and do the stages; the reason where nothing could be done."""
    facts = runner.hello()
    if isinstance(facts, str):
        return facts
    for line in as_lines(facts):
        lines.say(line)
    if facts["missing"]:
        return str(facts["missing"])
    rows: Rows | None = None
    if set(arguments.stages) & set(WITH_ROWS):
        try:
            rows = stack.enter_context(open_rows(arguments.store, facts))
        except StoreError as error:
            return str(error)
        runner.keep = rows.keep
    _run_stages(arguments, lines, runner, interrupts, _setting(arguments, facts), rows)
    if not runner.outcome.results:
        return f"no check of these stages has {arguments.only!r} in its name; see --list"
    return None


def _setting(arguments: argparse.Namespace, facts: Mapping[str, Any]) -> Setting:
    chip = facts["chip"]
    of_chip = Facts(**chip | {name: tuple(chip[name]) for name in ("capability", "gpcs")})  # JSON has lists
    preset = arguments.preset or ("toy" if facts["simulated"] else "quick")
    return Setting(of_chip, facts["torch"], arguments.blocks, preset)


def _run_stages(
    arguments: argparse.Namespace,
    lines: Lines,
    runner: Runner,
    interrupts: Interrupts,
    setting: Setting,
    rows: Rows | None,
) -> None:
    not_begun = list(arguments.stages)
    try:
        while not_begun:
            stage = not_begun[0]
            checks: list[Check] = []
            reason = None
            try:
                with interrupts.waiting():
                    checks = _checks(setting, stage, arguments.only, runner.left)
            except Exception as error:
                reason = f"{type(error).__name__}: {error}"
                lines.say({"kind": "stage", "stage": stage, "checks": 0, "reason": reason})
                runner.record(_whole(stage), Result(_status(error, runner), reason))
            not_begun.remove(stage)
            if reason is None:
                runner.run(stage, checks, rows.has if rows is not None else lambda check: False)
        runner.run_postponed()
    except KeyboardInterrupt:
        lines.say({"kind": "interrupted", "stages_not_begun": not_begun})
        for stage in not_begun:
            runner.record(_whole(stage), Result("not reached", INTERRUPTED))


def _status(error: Exception, runner: Runner) -> str:
    """Return what became of a stage that could not be planned."""
    if runner.left() < LEAST_S:
        return "not reached"
    # A machine whose numba does not import has no CPU grid, and nothing is wrong with that.
    return "skipped" if isinstance(error, ImportError) else "failed"


def _whole(stage: str) -> Check:
    """Return what stands for all checks of a stage that has not been planned."""
    return Check(stage, f"{stage}: every check", "plan", {}, 0.0, 0.0)


def _checks(setting: Setting, stage: str, pattern: str, left: Callable[[], float]) -> list[Check]:
    """List the checks of a stage; those of stage "tests" are what pytest collects while there is time left."""
    if stage != "tests":
        return _chosen(plan(setting, [stage]), pattern)
    seconds = left()
    if seconds < LEAST_S:
        raise RuntimeError(f"{TIME_IS_UP} before pytest was asked for its tests")
    nodes = collect_tests(seconds)
    return _chosen(
        (Check("tests", f"tests {node}", "test", {"node": node}, 1.0, TEST_LIMIT_S) for node in nodes), pattern
    )


def _chosen(checks: Iterator[Check], pattern: str) -> list[Check]:
    """Choose the checks with a pattern in their name, in which * and ? stand for other characters, and [ for itself."""
    anywhere = f"*{pattern.replace('[', '[[]')}*"
    return [check for check in checks if fnmatch(check.name, anywhere)]


def name_checks(arguments: argparse.Namespace, preset: str) -> None:
    """Name the checks of the stages that were asked for, as for the GPU of a data sheet."""
    setting = Setting(H200, torch=True, blocks=arguments.blocks, preset=preset)
    for stage in arguments.stages:
        checks = _checks(setting, stage, arguments.only, lambda: float("inf"))
        show(f"{stage}: {len(checks)} checks, about {sum(check.expected_s for check in checks):.0f} s")
        for check in checks:
            show(f"  {check.name}")
