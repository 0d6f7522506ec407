"""Table "scaling": the exponent of time in each size."""

from __future__ import annotations

import pandas as pd

from analysis.cells import cell_order
from analysis.readings.call_times import elapsed
from analysis.result import Estimate, Fact, Table, fact_key
from analysis.select import AGAIN, BACKEND_ORDER, DIRECTION_ORDER, SIZES, ordered_keys, sweep
from analysis.statistics.fits import exponents
from analysis.statistics.intervals import centred, generator


def scaling_table(frame: pd.DataFrame) -> Table | None:
    """Tabulate the exponent p of time ~ size^p along each sweep, median over blocks with its interval."""
    times = elapsed(frame)
    times = times.loc[times["backend"] != AGAIN]
    rng = generator("scaling")
    found: dict[tuple[str, str, str], dict[str, Estimate]] = {}
    for size in SIZES:
        swept = sweep(times, size)
        for key, part in swept.groupby(["direction", "name", "backend"], sort=True):
            slope = exponents(part, size)["exponent"]
            if len(slope):
                found.setdefault(key, {})[size] = centred(slope.to_numpy(), rng)
    if not found:
        return None
    keys = ordered_keys(found, DIRECTION_ORDER, cell_order(), BACKEND_ORDER)
    rows = tuple((*key, *(found[key].get(size) for size in SIZES)) for key in keys)
    facts: dict[str, Fact] = {
        fact_key(name, backend, direction, size): exponent
        for (direction, name, backend), sizes in found.items()
        for size, exponent in sizes.items()
    }
    return Table("scaling", ("direction", "cell", "backend", *SIZES), rows, facts)
