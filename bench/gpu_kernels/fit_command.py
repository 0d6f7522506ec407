"""`python -m bench.gpu_kernels --fit ROWS`: print what a fit finds, and write it if asked."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from bench.gpu_kernels.fit import fit_rows
from bench.gpu_kernels.fit_report import report
from bench.run.store import StoreError
from cells.cuda.plan import costs as costs_file


def fit_command(
    path: str | Path, gpu: str | None = None, *, write: bool = False, costs_path: Path = costs_file.FILE
) -> int:
    """Print the fit of the rows at `path`, and write it into the file of constants if asked; 0 done, 2 wrong use."""
    try:
        found = fit_rows(path, gpu, costs_path)
        entries = costs_file.read(costs_path)
    except (OSError, ValueError, StoreError) as error:
        print(error, file=sys.stderr)
        return 2
    print(report(found, entries))
    days = [day for entry in entries.values() for day in re.findall(r"fitted: .*(\d{4}-\d\d-\d\d)", entry.origin)]
    if days and max(days) >= found.day:
        print(f"\nConstants of {max(days)} chose the kernels above; the rows of {found.day} may have run others.")
    if write:
        costs_file.write(found.values, found.origin, costs_path)
        print(f"\nwrote {len(found.values)} constants to {costs_path}")
    return 0
