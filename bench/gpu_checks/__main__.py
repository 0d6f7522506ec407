"""`python -m bench.gpu_checks`: what a GPU is asked in the minutes that it is at hand."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.gpu_checks.check import STAGES
from bench.gpu_checks.interrupts import STATUS as INTERRUPTED
from bench.gpu_checks.lines import Lines, finish, show

DEFAULT_STAGES = tuple(stage for stage in STAGES if stage != "tests")
DEFAULT_OUT = Path("results") / "gpu-checks"
BLOCKS = 3
DESCRIPTION = (
    "Check a GPU within a budget of seconds. 0: nothing was wrong; 1: something was; 2: no GPU, or wrong use;"
    f" {INTERRUPTED}: interrupted."
)
PRESETS = ("toy", "quick", "course")
LINES = "lines.jsonl"
ROWS = "gpu.sqlite"


def main(argv: Sequence[str] | None = None, command: Sequence[str] | None = None, began: float | None = None) -> int:
    """Check a GPU within a budget of seconds.

    Parameters
    ----------
    argv : sequence of str, optional
        The command line; of this process if not given.
    command : sequence of str, optional
        What starts a worker; a test has its own.
    began : float, optional
        Since when the seconds count, by `time.monotonic`; from now on if not given.

    Returns
    -------
    int
        0: nothing was wrong; 1: something was; 2: there is no GPU to run on, or the command line is wrong; 130: the run
        was interrupted.

    """
    began = time.monotonic() if began is None else began
    try:
        return _main(_parser().parse_args(argv), command, began)
    except KeyboardInterrupt:  # before anything was begun, or in a list
        return INTERRUPTED
    finally:
        finish()


def _main(arguments: argparse.Namespace, command: Sequence[str] | None, began: float) -> int:
    if arguments.wheels is not None:
        return _wheels(arguments.wheels)
    if arguments.cubins is not None:
        if not arguments.cubins.is_dir():
            return refuse(f"--cubins is {arguments.cubins}; allowed: a folder of machine code")
        os.environ["RECURBENCH_CUBINS"] = str(arguments.cubins.resolve())
    from bench.gpu_checks import run

    arguments.stages = arguments.stage or DEFAULT_STAGES
    arguments.store = arguments.store or arguments.out / ROWS
    if arguments.list:
        run.name_checks(arguments, preset=arguments.preset or PRESETS[1])
        return 0
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
        lines = Lines(arguments.out / LINES)
    except OSError as error:
        return refuse(f"--out is {arguments.out}: {error}; allowed: a folder that can be written")
    try:
        return run.run(arguments, lines, began, command)
    finally:
        lines.close()


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


def refuse(reason: str) -> int:
    """Say why nothing is done; the exit status."""
    print(reason, file=sys.stderr)
    return 2


def _positive(text: str) -> float:
    """Read a number above 0, for argparse."""
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text!r}; allowed: a number above 0")
    return value


def _count(text: str) -> int:
    """Read an integer of at least 1, for argparse."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r}; allowed: an integer of at least 1")
    return value


def _wheels(folder: Path) -> int:
    from bench.gpu_checks.wheels import fetch, listing

    show("\n".join(listing(fetch(folder))))
    return 0


def process_began() -> float:
    """Return when this process began, by `time.monotonic`: imports took of the seconds, too.

    Linux says it; elsewhere it is now.
    """
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])  # starttime of proc(5)
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (AttributeError, OSError, ValueError, IndexError):
        age = 0.0
    return time.monotonic() - age


if __name__ == "__main__":
    sys.exit(main(began=process_began()))
