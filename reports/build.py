"""From rows to the page: analyse, draw, write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from analysis.by_study import ByStudy
from analysis.cells import using
from analysis.kept import kept_here
from analysis.result import EXPERIMENT_FIGURE, Analysis, Figure
from bench.names import unknown
from reports import citing, downloads, slide, snippets, wording
from reports.address import ORIGINAL, page_file
from reports.asked import again
from reports.catalogue import Catalogue, chosen, load_catalogue
from reports.content import PAGE
from reports.inline import plain
from reports.kept import drawings as kept_drawings
from reports.progress import told, tracked
from reports.render import render
from reports.scene import Scene
from reports.source import COMMAND, address_of, asked_in, read
from reports.translations import translations


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


def citation(source: Path, figure_id: str | None, form: str, language: str = "en", url: str = "") -> str:
    """Return the citation of a figure of a run, or of the whole report where `figure_id` is None.

    Only what it needs is built: that figure, or all figures, whose versions are the report's; nothing is judged.

    Raises
    ------
    ValueError
        Where figure or format is unknown, the run lacks the figure, or the address is none.

    """
    text = load_catalogue(language)
    if form not in (*citing.FORMATS, *snippets.FORMATS):
        raise ValueError(unknown("citation format", form, (*citing.FORMATS, *snippets.FORMATS)))
    suite = figure_id in (None, citing.SUITE)
    if suite and form in snippets.FORMATS:  # known before anything is built
        raise ValueError(f"format {form!r} is of one figure; allowed without one: {', '.join(citing.FORMATS)}")
    write_as = snippets.render if form in snippets.FORMATS else citing.render
    url = address_of(source, url)
    if suite:
        found, environments = built(source)
        return citing.render(citing.of_suite(found, environments, text, url), form)
    found, environments = built(source, (str(figure_id),), also=(citing.SUITE,))
    return write_as(citing.of_figure(found[0], environments, text, url), form)


def built(
    source: Path, ids: Sequence[str] = (), also: Sequence[str] = ()
) -> tuple[list[Figure], Sequence[Mapping[str, object]]]:
    """Build figures of a run alone, without judging anything; return them with the environments of the run.

    Parameters
    ----------
    source
        As for `build_pages`.
    ids
        The figures; all that the rows suffice for where there are none.
    also
        What else is allowed where the caller asked for a name, for the error.

    Raises
    ------
    ValueError
        Where a figure is unknown, or the rows do not suffice for one that is asked for.

    """
    from analysis import build_figures
    from analysis.figures import REGISTRY

    own = {EXPERIMENT_FIGURE + experiment.name: experiment for experiment in asked_in(source)}
    for name in ids:
        if name not in REGISTRY and name not in own:
            raise ValueError(unknown("figure", name, (*also, *REGISTRY, *own)))
    frame, environments = read(source)
    found = build_figures(frame, environments, tuple(dict.fromkeys(ids)) or None, own.values(), kept_here())
    for name in ids:
        if found[name] is None:
            studies = own[name].study if name in own else " and ".join(REGISTRY[name].STUDIES)
            raise ValueError(f"the rows of {source} do not suffice for figure {name!r}; it needs a run of {studies}")
    return [figure for figure in found.values() if figure is not None], environments


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
