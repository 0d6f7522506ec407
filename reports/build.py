"""From rows to the page: load, analyse, draw, write."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.by_study import ByStudy
from analysis.cells import using
from analysis.exported import is_table
from analysis.kept import kept_here
from analysis.result import EXPERIMENT_FIGURE, Analysis, Figure
from bench.names import unknown
from reports import citing, downloads, slide, snippets, wording
from reports.address import ORIGINAL, checked_url, page_file
from reports.asked import again
from reports.catalogue import Catalogue, chosen, load_catalogue
from reports.content import PAGE
from reports.inline import plain
from reports.kept import drawings as kept_drawings
from reports.render import render
from reports.scene import Scene
from reports.translations import translations

if TYPE_CHECKING:
    import pandas as pd

    from bench.experiments.definition import Experiment

REFERENCE = Path(__file__).parent / "reference"
COMMAND = "pytest --benchmark --preset course"
CUDA_STUDIES = ("gpu", "sharings", "kernels")


def build(source: Path, out: Path, language: str = ORIGINAL, url: str = "") -> Path:
    """Write the report of a run in one language; `build_pages` says what the parameters are."""
    (page,) = build_pages(source, out, (language,), url)
    return page


def build_pages(source: Path, out: Path, languages: Sequence[str] = (ORIGINAL,), url: str = "") -> tuple[Path, ...]:
    """Write the report of a run: the rows are analysed once, and there is a page for each language.

    Parameters
    ----------
    source
        A store (`.sqlite`), an exported folder, or the name of a committed run under `reports/reference/`.
    out
        The folder for `report.<language>.html` and `figures/`; made where it does not exist.
    languages
        Languages that have a catalogue in `reports/text/`, or "all". Their pages link to each other, and to pages of
        the same version that lie in `out` already.
    url
        The address at which others will find the page, for its citations; without one that which was kept with the
        run counts, and where there is none either, they name the page's file. The name `report.<language>.html` in it
        becomes that of each page's language.

    Returns
    -------
    tuple
        The pages, in the order of the languages.

    Raises
    ------
    FileNotFoundError
        Where there are no rows at `source`.
    reports.catalogue.CatalogueError
        Where a language is unknown, or lacks an entry that the page needs.

    """
    chosen(languages)  # before the minutes that an analysis takes
    url = address_of(source, url)
    return write_pages(analysed(source), out, languages, url)


def analysed(source: Path) -> Analysis:
    """Read the rows of a run and analyse them; `build_pages` says what a source is."""
    from analysis import analyse

    with told("rows read"):
        frame, environments = read(source)
        rows = ByStudy(frame)
    kept = kept_here()
    with told("claims judged, figures and tables made"):
        return analyse(rows, environments, tracked("parts"), asked_in(source), kept)


def write_pages(
    analysis: Analysis, out: Path, languages: Sequence[str] = (ORIGINAL,), url: str = ""
) -> tuple[Path, ...]:
    """Write the pages of an analysis, one for each language, as `build_pages` does."""
    texts = [load_catalogue(language) for language in chosen(languages)]
    written = [text.language for text in texts]
    pages = []
    for text in texts:
        with told(f"page drawn and written ({text.language})"):
            pages.append(write(analysis, out, text, url=url, written=written))
    kept = kept_here()
    if kept:
        kept.tidy()
    return tuple(pages)


@contextmanager
def told(stage: str) -> Iterator[None]:
    """Say in a line on stderr how long a stage of the build took; in a terminal there are bars instead."""
    began = time.perf_counter()
    yield
    if not sys.stderr.isatty():
        print(f"{stage}: {time.perf_counter() - began:.1f} s", file=sys.stderr)


def tracked(what: str, total: int | None = None) -> Callable[[Iterable[Any]], Iterable[Any]]:
    """Return a wrapper that shows a progress bar over what it wraps; only in a terminal."""
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[misc]
        monitor_interval = 0  # no watching thread: a process with two threads cannot be forked safely

    return lambda items: Bar(items, desc=what, total=total, unit=what, disable=None, leave=False)


def reference_folder() -> Path:
    """Return the committed run that is shown where nothing was measured yet: the first by name."""
    found = sorted(path.parent for path in REFERENCE.glob("*/environment.json"))
    folders = [folder for folder in found if not folder.name.startswith("cuda-")]
    if not folders:
        raise FileNotFoundError(f"no committed run in {REFERENCE}; measure one with `{COMMAND}`")
    return folders[0]


def citation(source: Path, figure_id: str | None, form: str, language: str = "en", url: str = "") -> str:
    """Return the citation of a figure of a run, or of the whole report where `figure_id` is None.

    Only what it needs is built: that figure, or all figures, whose versions are the report's; nothing is judged.

    Raises
    ------
    ValueError
        Where figure or format is unknown, the run lacks the figure, or the address is none.

    """
    from analysis import build_figures
    from analysis.figures import REGISTRY

    text = load_catalogue(language)
    if form not in (*citing.FORMATS, *snippets.FORMATS):
        raise ValueError(unknown("citation format", form, (*citing.FORMATS, *snippets.FORMATS)))
    suite = figure_id in (None, citing.SUITE)
    if suite and form in snippets.FORMATS:  # known before anything is built
        raise ValueError(f"format {form!r} is of one figure; allowed without one: {', '.join(citing.FORMATS)}")
    write_as = snippets.render if form in snippets.FORMATS else citing.render
    url = address_of(source, url)
    own = {EXPERIMENT_FIGURE + experiment.name: experiment for experiment in asked_in(source)}
    if not suite and figure_id not in REGISTRY and figure_id not in own:
        raise ValueError(unknown("figure", figure_id, (citing.SUITE, *REGISTRY, *own)))
    frame, environments = read(source)
    built = build_figures(frame, environments, None if suite else (str(figure_id),), own.values(), kept_here())
    found = [figure for figure in built.values() if figure is not None]
    if suite:
        return citing.render(citing.of_suite(found, environments, text, url), form)
    if not found:
        name = str(figure_id)
        studies = own[name].study if name in own else " and ".join(REGISTRY[name].STUDIES)
        raise ValueError(f"the rows of {source} do not suffice for figure {figure_id!r}; it needs a run of {studies}")
    return write_as(citing.of_figure(found[0], environments, text, url), form)


def address_of(source: Path, url: str = "") -> str:
    """Return the page's address: the one that is given, else the one that is kept with the run; ValueError if none."""
    from analysis.load import load_about

    kept = "" if url else load_about(located(source)).settings.get("url", "")
    return checked_url(url or kept) if url or kept else ""


def keep_address(source: Path, url: str) -> bool:
    """Keep the page's address with the run, for later pages, citations and exports; say whether it was kept.

    Only a store keeps it: an exported folder and a reference run stay as they are.
    """
    from bench.run.store import Store

    checked_url(url)
    if not Path(source).is_file() or is_table(Path(source)):
        return False
    with Store(source).writing() as writer:
        writer.keep_setting("url", url)
    return True


def read(source: Path) -> tuple[pd.DataFrame, tuple[Mapping[str, object], ...]]:
    """Return the rows and the environments of a run, with the days and code versions that stand in its rows.

    What was measured on a GPU, or compiled for one, is a run of its own: its studies join a run that lacks them.
    """
    import pandas as pd

    from analysis.load import in_order, load

    source = located(source)
    frame = load(source)
    found = list(_environments(source))
    for companion in companions(source):
        more = load(companion)
        lacking = set(CUDA_STUDIES) - set(frame["study"].unique())
        more = more.loc[more["study"].isin(lacking)]
        if not more.empty:
            frame = in_order(pd.concat([frame, more], ignore_index=True))
            found += _environments(companion)
    return frame, described(frame, found)


def located(source: Path) -> Path:
    """Return where a run lies: a path, or the name of a committed one."""
    source = Path(source)
    return REFERENCE / source if not source.exists() and (REFERENCE / source).is_dir() else source


def asked_in(source: Path) -> tuple[Experiment, ...]:
    """Return the experiments of one's own that a run keeps, sorted by name."""
    from analysis.experiments.asked import definitions
    from analysis.load import load_about

    source = located(source)
    return definitions(load_about(source).experiments) if source.exists() else ()


def companions(source: Path) -> list[Path]:
    """Return runs on a GPU beside a run: `cuda-...` beside a committed one, `gpu.sqlite` beside a store."""
    source = source.resolve()
    if source.parent == REFERENCE.resolve():
        return [] if source.name.startswith("cuda-") else sorted(REFERENCE.glob("cuda-*"))
    beside = source.with_name("gpu.sqlite")
    return [beside] if source.is_file() and beside.is_file() and beside != source else []


def _environments(source: Path) -> Sequence[Mapping[str, object]]:
    from analysis.load import load_environments

    if source.is_dir():
        return load_environments(source)
    if source.name.endswith((".csv", ".csv.gz")):
        return load_environments(source.parent)
    from bench.run.store import Store

    return (Store(source).environments(),)


def described(frame: pd.DataFrame, found: Sequence[Mapping[str, object]]) -> tuple[Mapping[str, object], ...]:
    """One mapping per environment: its id, its facts, the days and the code versions of its rows."""
    named: dict[str, dict[str, object]] = {}
    for item in found:
        nested = {str(key): value for key, value in item.items() if isinstance(value, Mapping) and "cpu" in value}
        for key, value in (nested or {str(item.get("id", "")): item}).items():
            named[key] = dict(value)
    for name, facts in named.items():
        rows = frame.loc[frame["environment"] == name] if len(named) > 1 else frame
        facts["id"] = name
        days = sorted({str(moment)[:10] for moment in rows["measured_at"].unique()})
        facts["measured_at"] = " – ".join(dict.fromkeys(days[:1] + days[-1:]))
        facts["code_version"] = ", ".join(sorted(map(str, rows["code_version"].unique())))
    return tuple(named.values())


def write(
    analysis: Analysis,
    out: Path,
    text: Catalogue,
    draw: downloads.Draw | None = None,
    url: str = "",
    written: Iterable[str] = (),
) -> Path:
    """Write the page of an analysis, and the figures' files beside it.

    Parameters
    ----------
    analysis
        What `analysis.analyse` gives.
    out
        The folder for the page and `figures/`; made where it does not exist.
    text
        The words of a language.
    draw
        How a figure is drawn: `analysis.figures.draw`, unless another is given.
    url
        The page's address, as for `build_pages`.
    written
        Languages in which the page is written at the same time: it links to them.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    ValueError
        Where a figure or a table has no place in `reports/content.py`.

    """
    import matplotlib as mpl

    from analysis import figures

    mpl.use("Agg")
    with using(analysis.cells):
        return _write(analysis, Path(out), text, draw or figures.draw, url, written)


def _write(
    analysis: Analysis, out: Path, text: Catalogue, draw: downloads.Draw, url: str, written: Iterable[str]
) -> Path:
    """Write the page with the cells in force that its rows describe."""
    placed = PAGE.figure_ids()
    unplaced = [figure.id for figure in analysis.figures if figure.id not in placed]
    unplaced += [table.id for table in analysis.tables if table.id not in PAGE.table_ids()]
    if unplaced:
        raise ValueError(f"no place in reports/content.py for {', '.join(unplaced)}")
    analysis = replace(analysis, figures=tuple(sorted(analysis.figures, key=lambda figure: placed.index(figure.id))))
    references = citing.references(analysis, text, url)
    orders = [order(figure, references[figure.id], text, draw) for figure in analysis.every_figure]
    drawings = kept_drawings(orders, kept_here(), tracked("figures", len(orders)))
    drawn = {order.figure.id: drawing for order, drawing in zip(orders, drawings, strict=True)}
    others = translations(text.language, references[citing.SUITE].version, written, out)
    scene = Scene(analysis, text, references, drawn, COMMAND, others)
    html = render(PAGE, scene)
    out.mkdir(parents=True, exist_ok=True)
    for item in drawn.values():
        downloads.write(item, out / "figures")
    target = out / page_file(text.language)
    target.write_text(html, encoding="utf-8", newline="\n")
    return target


def order(
    figure: Figure, reference: citing.Reference, text: Catalogue, draw: downloads.Draw | None = None
) -> downloads.Order:
    """Return all that is needed to draw a figure and write its files; its cells have to be in force."""
    from analysis import figures

    return downloads.Order(
        figure=figure,
        draw=draw or figures.draw,
        labels=wording.labels(figure.id, text) | slide.around(figure, reference, text),
        reference=reference,
        alt=wording.alt(figure, text),
        command=COMMAND if figure.layout is None else again(figure.layout.definition),
        headline=plain(wording.headline(figure, text)),
    )
