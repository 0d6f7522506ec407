"""The parts of an analysis: each claim, figure and table, with the studies whose rows it reads, and how it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.by_study import ByStudy
from analysis.cells import known
from analysis.claims import CLAIMS, find_claim, judge
from analysis.experiments.asked import answer
from analysis.figures import REGISTRY
from analysis.figures import reads as figure_reads
from analysis.kept import Kept
from analysis.pool import parallel_map
from analysis.readings.device_times import conditions
from analysis.readings.noise import noise_facts
from analysis.result import Fact, Number
from analysis.select import measured, reading
from analysis.tables import BUILDERS, READS
from bench.case import CASE_COLUMNS
from bench.experiments.definition import Experiment

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Part:
    """One part: a "claim", "figure", "table", "experiment", "tally" of a study, or "facts" that sentences quote.

    `reads` are the studies whose rows it is given; of an experiment, `asked` is its definition.
    """

    kind: str
    id: str
    reads: tuple[str, ...]
    asked: Experiment | None = None

    def __hash__(self) -> int:
        return hash((self.kind, self.id))


def figure_part(figure_id: str) -> Part:
    """Return a figure of the lecture as a part."""
    return Part("figure", figure_id, figure_reads(figure_id))


def all_parts(rows: ByStudy, experiments: Sequence[Experiment] = ()) -> tuple[Part, ...]:
    """Return all parts of an analysis of these rows."""
    return (
        *(Part("experiment", asked.name, (asked.study,), asked) for asked in experiments),
        *(Part("claim", claim.id, claim.reads) for claim in CLAIMS),
        *map(figure_part, REGISTRY),
        *(Part("table", table_id, READS[table_id]) for table_id in BUILDERS),
        *(Part("tally", study, (study,)) for study in rows.lecture),
        *(Part("facts", name, studies) for name, (studies, _) in FACTS.items()),
    )


def made(
    parts: Sequence[Part],
    rows: ByStudy,
    kept: Kept | None = None,
    track: Callable[[Iterable[Any]], Iterable[Any]] = iter,
) -> dict[Part, Any]:
    """Make the parts with the cells in force: by one process per core where that is safe; what is kept is not made.

    Parameters
    ----------
    parts
        What is made.
    rows
        From which.
    kept
        Where results are kept; None to make all anew.
    track
        Wraps the results as they come.

    """
    keys = {part: _key(part, rows, kept) for part in parts} if kept else {}
    found: dict[Part, Any] = {}
    for part, key in keys.items():
        if kept and kept.has(key):
            found[part] = kept.get(key)
    # what reads most begins first, so that no process is left alone with it
    lacking = sorted((part for part in parts if part not in found), key=lambda part: -rows.count(part.reads))
    for part, result in zip(lacking, parallel_map(lambda part: make(part, rows), lacking, track), strict=True):
        found[part] = result
        if kept:
            kept.put(keys[part], result)
    return {part: found[part] for part in parts}


def make(part: Part, rows: ByStudy) -> Any:
    """Make a part from the rows of the studies that it declares."""
    frame = rows.of(part.reads)
    with reading(part.reads):
        if part.kind == "claim":
            return judge(find_claim(part.id), frame)
        if part.kind == "figure":
            return REGISTRY[part.id].build(frame)
        if part.kind == "table":
            return BUILDERS[part.id](frame)
        if part.kind == "experiment":
            assert part.asked is not None
            return answer(frame, part.asked)
        return _tally(frame) if part.kind == "tally" else FACTS[part.id][1](frame)


def _key(part: Part, rows: ByStudy, kept: Kept) -> str:
    """Name a result by all it is made from, beside the code."""
    asked = None if part.asked is None else part.asked.as_json()
    return kept.key(part.kind, part.id, asked, known(), [(study, rows.sha(study)) for study in part.reads])


def _tally(frame: pd.DataFrame) -> dict[str, int]:
    """Count the rows of a study, its cases, and rows without a number."""
    return {
        "rows": len(frame),
        "cases": len(frame.drop_duplicates(list(CASE_COLUMNS))),
        "failed": int((frame["status"] == "failed").sum()),
        "underflow": int((frame["status"] == "zero").sum()),
    }


def _first_seed(frame: pd.DataFrame) -> dict[str, Fact]:
    return {"first_seed": int(frame["seed"].min())} if len(frame) else {}


def compile_facts(frame: pd.DataFrame) -> dict[str, Fact]:
    """First calls: the slowest cell's median, cold (compiling) and warm (kernels on disk), and the largest error."""
    facts: dict[str, Fact] = {}
    for metric in ("first_call_cold_s", "first_call_warm_s"):
        rows = measured(frame, "compile", metric)
        if not rows.empty:
            facts[metric.removesuffix("_s")] = Number(float(rows.groupby("name")["value"].median().max()), "s", 3)
    errors = measured(frame, "runtime", "validation_error")
    if not errors.empty:
        facts["validation_error"] = Number(float(errors["value"].max()), digits=2)
    return facts


FACTS: dict[str, tuple[tuple[str, ...], Callable[[pd.DataFrame], dict[str, Fact]]]] = {
    "seeds": (("gradients",), _first_seed),
    "noise": (("runtime",), noise_facts),
    "compile": (("compile", "runtime"), compile_facts),
    "device": (("gpu",), conditions),
}
"""Facts about a run as a whole: the studies that they are read from, and how."""
