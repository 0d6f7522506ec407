"""What the rows mean: statistics, fits, theory, claims and findings, figures, tables.

Importing this package is cheap: pandas, scipy and matplotlib are imported where they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from analysis.by_study import ByStudy
    from analysis.kept import Kept
    from analysis.result import Analysis, Fact, Figure
    from bench.experiments.definition import Experiment


def analyse(
    frame: pd.DataFrame | ByStudy,
    environments: Iterable[Mapping[str, object]] = (),
    track: Callable[[Iterable[Any]], Iterable[Any]] = iter,
    experiments: Iterable[Experiment] = (),
    kept: Kept | None = None,
) -> Analysis:
    """Judge every claim, build every figure and table that the rows of a run suffice for.

    The same rows in any order give the same result: every bootstrap has a generator of its own. Each claim, figure and
    table is given the rows of the studies that it declares and no others, by one process per core where that is safe.

    Parameters
    ----------
    frame
        Tidy rows, columns ``bench.rows.COLUMNS``, of one or several environments; or, split by study, rows as
        `analysis.load.load` gives them, which are not checked again.
    environments
        The machines they were measured on, as the store describes them, and what their cells are (`analysis.cells`).
    track
        Wraps what is made as it is made, claims, figures and tables: a progress bar, for example.
    experiments
        Questions of one's own (`analysis.experiments.asked.definitions`): each that has rows is answered, and no
        claim, figure, table or fact of the lecture is made from its rows.
    kept
        Where results are kept and taken from, while their rows and the code stay the same; None to make all anew.

    """
    from analysis.by_study import ByStudy
    from analysis.cells import cells_of, using
    from analysis.claims.rule import FRESH_SEED
    from analysis.figures import REGISTRY
    from analysis.load import cells_in, check
    from analysis.parts import all_parts, made
    from analysis.result import BASES, JUDGED, VERDICTS, Analysis

    environments = tuple(environments)
    rows = (
        frame if isinstance(frame, ByStudy) else ByStudy(check(frame, mix_machines=True, cells=cells_in(environments)))
    )
    cells = cells_of(environments, rows.cells)
    with using(cells):
        found = made(all_parts(rows, tuple(experiments)), rows, kept, track)
    findings, built, tables, asked = (
        {part.id: result for part, result in found.items() if part.kind == kind}
        for kind in ("claim", "figure", "table", "experiment")
    )
    verdicts = [finding.verdict for finding in findings.values()]
    tallies = [result for part, result in found.items() if part.kind == "tally"]
    facts: dict[str, Fact] = {name: sum(tally[name] for tally in tallies) for name in ("rows", "cases")}
    facts |= {"claims": len(findings), "judged": sum(verdict in JUDGED for verdict in verdicts)}
    facts |= {name: sum(tally[name] for tally in tallies) for name in ("failed", "underflow")}
    facts |= {f"verdict_{verdict.replace(' ', '_')}": verdicts.count(verdict) for verdict in VERDICTS}
    facts |= {
        f"supported_by_{basis}": sum((f.verdict, f.basis) == ("supported", basis) for f in findings.values())
        for basis in BASES
    }
    facts["fresh_seed"] = FRESH_SEED
    for part, result in found.items():
        if part.kind == "facts":
            facts |= result
    return Analysis(
        findings=tuple(findings.values()),
        figures=tuple(figure for figure in built.values() if figure is not None),
        tables=tuple(table for table in tables.values() if table is not None),
        missing={name: ", ".join(REGISTRY[name].STUDIES) for name, figure in built.items() if figure is None},
        environments=environments,
        facts=facts,
        cells=cells,
        experiments=tuple(answer for answer in asked.values() if answer.rows),
    )


def build_figures(
    frame: pd.DataFrame,
    environments: Iterable[Mapping[str, object]] = (),
    ids: Collection[str] | None = None,
    experiments: Iterable[Experiment] = (),
    kept: Kept | None = None,
) -> dict[str, Figure | None]:
    """Build figures alone, as `analyse` builds them: nothing is judged.

    Parameters
    ----------
    frame
        Tidy rows as `analysis.load.load` gives them, in its order: they are not checked again.
    environments
        As for `analyse`.
    ids
        The figures; all of them where this is None.
    experiments, kept
        As for `analyse`; the figures of experiments have the ids "experiment-NAME".

    Returns
    -------
    dict
        Figure id to the figure; None where the rows do not suffice for it.

    Raises
    ------
    ValueError
        Where nobody knows a figure.

    """
    from analysis.by_study import ByStudy
    from analysis.cells import cells_of, using
    from analysis.figures import REGISTRY
    from analysis.parts import Part, figure_part, made
    from analysis.result import EXPERIMENT_FIGURE
    from bench.names import unknown

    named = {EXPERIMENT_FIGURE + experiment.name: experiment for experiment in experiments}
    for figure_id in ids or ():
        if figure_id not in REGISTRY and figure_id not in named:
            raise ValueError(unknown("figure", figure_id, (*REGISTRY, *named)))
    wanted = (*REGISTRY, *named) if ids is None else tuple(ids)
    parts = {
        figure_id: figure_part(figure_id)
        if figure_id in REGISTRY
        else Part("experiment", figure_id, (named[figure_id].study,), named[figure_id])
        for figure_id in wanted
    }
    with using(cells_of(environments, frame["cell"].unique())):
        found = made(tuple(parts.values()), ByStudy(frame), kept)
    return {
        figure_id: found[part].figure if part.kind == "experiment" else found[part] for figure_id, part in parts.items()
    }
