"""From rows to the exercises: only the figures and tables that they use are built and drawn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.cells import cells_of, using
from analysis.exercises import EXERCISES
from analysis.kept import kept_here
from analysis.result import Analysis
from reports.catalogue import Catalogue, load_catalogue
from reports.exercises import notebook, page

if TYPE_CHECKING:
    from reports.downloads import Draw

NAMES = {False: "exercises", True: "exercises-answers"}
"""Names of the files, without and with answers."""


def build(source: Path, out: Path, language: str = "en", answers: bool = False) -> tuple[Path, Path]:
    """Write the page and the notebook of the exercises.

    Parameters
    ----------
    source
        As for `reports.build.build`.
    out
        The folder for both; made where it does not exist.
    language
        A language that has a catalogue in `reports/text/`.
    answers
        Whether the answers stand there, and what students get wrong: for whoever teaches.

    Returns
    -------
    tuple of Path
        The page and the notebook: `exercises.<language>.html` and `.ipynb`, or `exercises-answers.<language>....`.

    """
    text = load_catalogue(language)
    return write(analysed(source), out, text, run_name(source), answers)


def write(
    analysis: Analysis, out: Path, text: Catalogue, run: str, answers: bool, draw: Draw | None = None
) -> tuple[Path, Path]:
    """Write page and notebook of an analysis; `run` is what `recurbench.open` finds its rows by."""
    import matplotlib as mpl

    mpl.use("Agg")
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    with using(analysis.cells):
        html = page.html(analysis, text, answers, draw)
    name = f"{NAMES[answers]}.{text.language}"
    targets = out / f"{name}.html", out / f"{name}.ipynb"
    contents = html, notebook.written(notebook.notebook(text, run, answers))
    for target, content in zip(targets, contents, strict=True):
        target.write_text(content, encoding="utf-8", newline="\n")
    return targets


def analysed(source: Path) -> Analysis:
    """Return the figures and tables of a run that exercises use; nothing is judged."""
    from analysis import build_figures
    from analysis.experiments.asked import is_asked
    from analysis.figures import REGISTRY
    from analysis.tables import build_table
    from reports.source import read

    frame, environments = read(source)
    ids = tuple(dict.fromkeys(each for exercise in EXERCISES.values() for each in exercise.figures))
    figures = build_figures(frame, environments, ids, kept=kept_here())
    lecture = frame.loc[~is_asked(frame["study"])]
    names = dict.fromkeys(each for exercise in EXERCISES.values() for each in exercise.tables)
    tables = [build_table(name, lecture, environments) for name in names]
    return replace(
        Analysis((), (), (), {}, environments, cells=cells_of(environments, frame["cell"].unique())),
        figures=tuple(figure for figure in figures.values() if figure is not None),
        tables=tuple(table for table in tables if table is not None),
        missing={name: ", ".join(REGISTRY[name].STUDIES) for name, figure in figures.items() if figure is None},
    )


def run_name(source: Path) -> str:
    """Return what a notebook opens: the name of a committed run, else where the rows are."""
    from reports.source import REFERENCE, located

    found = located(source).resolve()
    return found.name if found.parent == REFERENCE.resolve() else str(found)
