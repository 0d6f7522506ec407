"""A figure of a run: it shows itself in a notebook, and gives its data, its citation and its files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.cells import using
from analysis.result import EXPERIMENT_FIGURE, Fact, Figure
from bench.names import unknown
from recurbench.opened.lazily import Lazy
from recurbench.opened.run import Run, words
from reports import citing, wording
from reports.inline import plain

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure as Canvas

    from reports.downloads import Order


@dataclass(frozen=True, repr=False, eq=False)
class OpenFigure:
    """A figure of a run.

    Parameters
    ----------
    built
        The figure as `analysis` built it.
    environments
        The machines that its rows were measured on.
    language
        Of title, finding, how it is read, alternative text and the words in the drawing.
    url
        The address of the page that has it, where the run keeps one: for citations.

    """

    built: Figure
    environments: tuple[Mapping[str, object], ...]
    language: str
    url: str = ""

    @property
    def id(self) -> str:
        """Its name, on the page and in citations."""
        return self.built.id

    @property
    def version(self) -> str:
        """The hash of the rows that are drawn: 12 hex digits."""
        return self.built.rows_sha

    @property
    def title(self) -> str:
        """What it shows, in a few words; an experiment's is its name."""
        return self._reference().title

    @property
    def headline(self) -> str:
        """What is found, in one short sentence, as the title of a slide."""
        with using(self.built.cells):
            return plain(wording.headline(self.built, words(self.language)))

    @property
    def finding(self) -> str:
        """What is found, with its numbers; empty where the rows suffice for no sentence of it."""
        return self._reference().finding

    @property
    def read(self) -> str:
        """How it is read: axes, marks, bands and sizes."""
        return self._reference().read

    @property
    def caption(self) -> str:
        """What is found, then how it is read."""
        return self._reference().caption

    @property
    def alt(self) -> str:
        """The same for readers who do not see it, made from its data."""
        with using(self.built.cells):
            return wording.alt(self.built, words(self.language))

    @property
    def facts(self) -> Mapping[str, Fact]:
        """The numbers that its words quote, and more of their kind."""
        return dict(self.built.facts)

    @property
    def data(self) -> pd.DataFrame:
        """A copy of the rows that are drawn, with intervals as columns."""
        return self.built.data.copy()

    def cite(self, form: str = "bibtex", url: str = "") -> str:
        """Return its citation.

        Parameters
        ----------
        form
            One of `reports.citing.FORMATS`: bibtex, csl, apa, latex, markdown or html.
        url
            The address of the page that has it, if it was published; that which the run keeps, unless another is given.

        """
        return citing.render(self._reference(url), form)

    def draw(self, style: str = "paper") -> Canvas:
        """Return the drawing, to change it before it is saved.

        Parameters
        ----------
        style
            paper (on white), slide-light, slide-dark, or page (transparent, its ink to be replaced by the page's).

        Returns
        -------
        matplotlib.figure.Figure
            With a canvas of its own: pyplot does not know it, and Matplotlib's backend stays what it was.

        """
        with _plain_settings():
            return _drawn(self._order(), style)

    def save(self, path: str | Path, style: str = "paper", url: str = "") -> Path:
        """Write it to a file, as the page offers it, and return where.

        Parameters
        ----------
        path
            Its ending says what is written: .svg, .pdf or .png, the drawing; .csv, its data; .json, all that a machine
            needs to know about it; .bib, its citation.
        style, url
            As for `draw` and `cite`.

        Raises
        ------
        ValueError
            Where the ending is another one; the message names those that are allowed.

        """
        from reports import downloads

        path = Path(path).expanduser()
        ending = path.suffix.removeprefix(".").lower()
        if ending not in (*downloads.PRINTED, *downloads.TOLD):
            endings = [f".{known}" for known in (*downloads.PRINTED, *downloads.TOLD)]
            raise ValueError(unknown("file ending", path.suffix, endings, told="allowed"))
        order = self._order(url)
        path.write_bytes(downloads.told(order, ending) if ending in downloads.TOLD else _printed(order, ending, style))
        return path

    def _repr_svg_(self) -> str:
        """Return the drawing alone, on white."""
        return _printed(self._order(), "svg", "paper").decode()

    def _repr_html_(self) -> str:
        """Return it for a notebook: title, drawing, finding, how it is read and citation."""
        return self.shown_html()

    def shown_html(self, *, found: bool = True) -> str:
        """Return the same; without what is found where that shall be found out by whoever looks."""
        from reports.notebook import figure_html

        order = self._order()
        drawing = _printed(order, "svg", "paper")
        with using(self.built.cells):
            return figure_html(self.built, order.reference, drawing, order.alt, words(self.language), found=found)

    def __repr__(self) -> str:
        return f"Figure {self.id}@{self.version}: {self.title}"

    def _reference(self, url: str = "") -> citing.Reference:
        with using(self.built.cells):
            return citing.of_figure(self.built, self.environments, words(self.language), url or self.url)

    def _order(self, url: str = "") -> Order:
        from reports.build import order

        with using(self.built.cells):
            return order(self.built, self._reference(url), words(self.language))


class Figures(Lazy[OpenFigure]):
    """Figure id to figure, of those whose studies were measured: in the order of the page, experiments last.

    Only the figure that is asked for is built. Where its study was measured in a part that does not suffice, asking for
    it is answered with `Missing`, a KeyError.
    """

    what = "figure"

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run

    def known(self) -> tuple[str, ...]:
        """Return all figures, in the order of the page."""
        return tuple(self._needed())

    def names(self) -> tuple[str, ...]:
        """Return the figures whose studies have rows; none is built for it."""
        return tuple(name for name, studies in self._needed().items() if set(studies) <= self.run.studies)

    def build(self, name: str) -> OpenFigure | None:
        """Build a figure from the rows; nothing else is analysed."""
        from analysis import build_figures
        from analysis.kept import kept_here

        run = self.run
        built = build_figures(run.frame, run.environments, (name,), run.experiments, kept_here())[name]
        return None if built is None else OpenFigure(built, run.environments, run.language, run.url)

    def lacking(self, name: str) -> str:
        """Say which studies it needs."""
        return f"figure {name!r} is not in {self.run.name}; it needs a run of {' and '.join(self._needed()[name])}"

    def _needed(self) -> dict[str, tuple[str, ...]]:
        """Return the studies that each figure needs."""
        from analysis.figures import REGISTRY
        from reports.content import PAGE

        lecture = {name: REGISTRY[name].STUDIES for name in PAGE.figure_ids()}
        return lecture | {EXPERIMENT_FIGURE + asked.name: (asked.study,) for asked in self.run.experiments}

    def _repr_html_(self) -> str:
        """Return the ids with their titles."""
        from reports.notebook import figures_html

        return figures_html(self.names(), self.run.text)


def _printed(order: Order, ending: str, style: str) -> bytes:
    """Return a drawing as a file, the same bytes as those beside the page."""
    from reports import downloads

    dpi = downloads.SLIDE_DPI if style.startswith("slide") else downloads.PAPER_DPI
    with _plain_settings():
        return downloads.printed(order, _drawn(order, style), ending, dpi)


def _drawn(order: Order, style: str) -> Canvas:
    return order.draw(order.figure, style, order.labels)


@contextmanager
def _plain_settings() -> Iterator[None]:
    """Draw under Matplotlib's own settings, whatever the notebook has set, and leave those as they were."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        yield
