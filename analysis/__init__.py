"""What the rows mean: statistics, fits, theory, claims and findings, figures, tables.

Importing this package is cheap: pandas, scipy and matplotlib are imported where they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from analysis.result import Analysis, Fact, Figure
    from bench.experiments.definition import Experiment


def analyse(
    frame: pd.DataFrame,
    environments: Iterable[Mapping[str, object]] = (),
    track: Callable[[Collection[Any]], Iterable[Any]] = iter,
    experiments: Iterable[Experiment] = (),
) -> Analysis:
    """Judge every claim, build every figure and table that the rows of a run suffice for.

    The same rows in any order give the same result: every bootstrap has a generator of its own.

    Parameters
    ----------
    frame
        Tidy rows, columns ``bench.rows.COLUMNS``, of one or several environments.
    environments
        The machines they were measured on, as the store describes them, and what their cells are (`analysis.cells`).
    track
        Wraps the claims as they are judged: a progress bar, for example.
    experiments
        Questions of one's own (`analysis.experiments.asked.definitions`): each that has rows is answered, and no
        claim, figure, table or fact of the lecture is made from its rows.

    """
    from analysis.cells import cells_of, using
    from analysis.claims import CLAIMS, judge
    from analysis.claims.rule import FRESH_SEED
    from analysis.experiments.asked import answered, is_asked
    from analysis.figures import REGISTRY
    from analysis.load import cells_in, check
    from analysis.readings.device_times import conditions
    from analysis.readings.noise import noise_facts
    from analysis.result import BASES, JUDGED, VERDICTS, Analysis
    from analysis.tables import build_tables
    from bench.case import CASE_COLUMNS

    environments = tuple(environments)
    frame = check(frame, mix_machines=True, cells=cells_in(environments))
    cells = cells_of(environments, frame["cell"].unique())
    own = is_asked(frame["study"])
    frame, of_experiments = frame.loc[~own], frame.loc[own]
    with using(cells):
        asked = answered(of_experiments, experiments)
        findings = tuple(judge(claim, frame) for claim in track(CLAIMS))
        built = {figure_id: module.build(frame) for figure_id, module in REGISTRY.items()}
        built_tables = build_tables(frame)
    verdicts = [finding.verdict for finding in findings]
    facts: dict[str, Fact] = {
        "rows": len(frame),
        "cases": len(frame.drop_duplicates(list(CASE_COLUMNS))),
        "claims": len(findings),
        "judged": sum(finding.verdict in JUDGED for finding in findings),
        "failed": int((frame["status"] == "failed").sum()),
        "underflow": int((frame["status"] == "zero").sum()),
    }
    facts |= {f"verdict_{verdict.replace(' ', '_')}": verdicts.count(verdict) for verdict in VERDICTS}
    facts |= {
        f"supported_by_{basis}": sum((f.verdict, f.basis) == ("supported", basis) for f in findings) for basis in BASES
    }
    drawn = frame.loc[frame["study"] == "gradients", "seed"]
    facts |= {"fresh_seed": FRESH_SEED} | ({"first_seed": int(drawn.min())} if len(drawn) else {})
    facts |= noise_facts(frame)
    facts |= compile_facts(frame) | conditions(frame)
    return Analysis(
        findings=findings,
        figures=tuple(figure for figure in built.values() if figure is not None),
        tables=built_tables,
        missing={name: ", ".join(REGISTRY[name].STUDIES) for name, figure in built.items() if figure is None},
        environments=environments,
        facts=facts,
        cells=cells,
        experiments=asked,
    )


def build_figures(
    frame: pd.DataFrame,
    environments: Iterable[Mapping[str, object]] = (),
    ids: Collection[str] | None = None,
    experiments: Iterable[Experiment] = (),
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
    experiments
        As for `analyse`; their figures have the ids "experiment-NAME".

    Returns
    -------
    dict
        Figure id to the figure; None where the rows do not suffice for it.

    Raises
    ------
    ValueError
        Where nobody knows a figure.

    """
    from analysis.cells import cells_of, using
    from analysis.experiments.asked import answer, is_asked
    from analysis.figures import REGISTRY
    from analysis.result import EXPERIMENT_FIGURE
    from bench.names import unknown

    named = {EXPERIMENT_FIGURE + experiment.name: experiment for experiment in experiments}
    for figure_id in ids or ():
        if figure_id not in REGISTRY and figure_id not in named:
            raise ValueError(unknown("figure", figure_id, (*REGISTRY, *named)))
    wanted = (*REGISTRY, *named) if ids is None else tuple(ids)
    cells = cells_of(environments, frame["cell"].unique())
    own = is_asked(frame["study"])
    lecture, of_experiments = frame.loc[~own], frame.loc[own]
    with using(cells):
        return {
            figure_id: REGISTRY[figure_id].build(lecture)
            if figure_id in REGISTRY
            else answer(of_experiments, named[figure_id]).figure
            for figure_id in wanted
        }


def compile_facts(frame: pd.DataFrame) -> dict[str, Fact]:
    """First calls: the slowest cell's median, cold (compiling) and warm (kernels on disk), and the largest error."""
    from analysis.result import Number
    from analysis.select import measured

    facts: dict[str, Fact] = {}
    for metric in ("first_call_cold_s", "first_call_warm_s"):
        rows = measured(frame, "compile", metric)
        if not rows.empty:
            facts[metric.removesuffix("_s")] = Number(float(rows.groupby("name")["value"].median().max()), "s", 3)
    errors = measured(frame, "runtime", "validation_error")
    if not errors.empty:
        facts["validation_error"] = Number(float(errors["value"].max()), digits=2)
    return facts
