"""From two runs to what changed: load, judge, compare, write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reports.catalogue import load_catalogue
from reports.progress import tracked
from reports.source import REFERENCE

if TYPE_CHECKING:
    from analysis.comparison.values import Side


def compare_runs(a: str, b: str, out: Path, language: str = "en") -> tuple[list[str], Path]:
    """Compare run B with run A.

    Parameters
    ----------
    a, b
        Each a store, an exported folder, or the name of a committed run under `reports/reference/`.
    out
        The folder for the page and the tables of points; made where it does not exist.
    language
        A language that has a catalogue in `reports/text/`.

    Returns
    -------
    tuple
        The lines of the text table, and the page.

    Raises
    ------
    FileNotFoundError
        Where there are no rows at a path.
    ValueError
        Where both are the same run, or have no case in common.

    """
    from analysis.cells import cells_of, using
    from analysis.comparison import compare
    from analysis.comparison.flips import judged
    from reports import comparison_page, comparison_text

    text = load_catalogue(language)
    places = found(a), found(b)
    if places[0].resolve() == places[1].resolve():
        raise ValueError(
            f"A and B are the same run, {places[0]}; allowed: two runs, such as a store and a reference run"
        )
    sides = read(a, places[0]), read(b, places[1])
    findings = judged(sides[0], tracked(f"claims of {a}")), judged(sides[1], tracked(f"claims of {b}"))
    comparison = compare(*sides, findings)
    with using(cells_of((*sides[0].environments, *sides[1].environments))):
        return comparison_text.lines(comparison, text), comparison_page.write(comparison, out, text)


def found(name: str) -> Path:
    """Return where the rows of a run are: a path, or a folder of that name among the committed runs."""
    path = Path(name)
    if path.exists():
        return path
    if (REFERENCE / name).is_dir():
        return REFERENCE / name
    known = sorted(folder.name for folder in REFERENCE.iterdir() if (folder / "environment.json").is_file())
    raise FileNotFoundError(
        f"no run at {name}; allowed: a store, an exported folder, or a committed run: {', '.join(known)}"
    )


def read(name: str, path: Path) -> Side:
    """Read one run; ValueError says which where its rows are of several machines."""
    from analysis.comparison.values import Side
    from analysis.load import load, load_environments

    return Side(name, load(path), load_environments(path))
