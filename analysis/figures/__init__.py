"""The figures, a file each: `build(frame)` computes the data that are plotted, `draw(...)` only draws them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol, cast

from analysis.cells import using
from bench.names import unknown

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure as Canvas

from analysis.drawing import frame
from analysis.experiments import drawing
from analysis.result import Figure


class FigureModule(Protocol):
    """What a file of this folder has.

    `ID` is the figure's name for ever, and the file's, with `-` for `_`. `STUDIES` are those whose rows it needs.
    `ALSO_READS`, where there is one, names studies besides that it reads where they were measured.
    `LABELS` are the keys of the words that its drawing asks for. `FACTS` are the numbers that a full run has at least.
    """

    ID: str
    STUDIES: tuple[str, ...]
    LABELS: tuple[str, ...]
    FACTS: tuple[str, ...]

    def build(self, frame: pd.DataFrame) -> Figure | None:
        """Compute the figure's data and facts from tidy rows; None where the rows do not suffice."""

    def draw(self, data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
        """Draw the data in a style."""


def _found() -> dict[str, FigureModule]:
    """Import every file of this folder; raise ValueError where an id is not the file's name."""
    found = {}
    for name in sorted(entry.name for entry in iter_modules(__path__)):
        module = cast("FigureModule", import_module(f"{__name__}.{name}"))
        if module.ID != name.replace("_", "-"):
            raise ValueError(f"{name}.py has the id {module.ID!r}; allowed: {name.replace('_', '-')!r}")
        found[module.ID] = module
    return found


REGISTRY = _found()
"""Figure id to its module: every file of this folder is a figure. Its place on the page is in `reports/content.py`."""


def reads(figure_id: str) -> tuple[str, ...]:
    """Return the studies whose rows a figure reads."""
    module = REGISTRY[figure_id]
    return (*module.STUDIES, *getattr(module, "ALSO_READS", ()))


def draw(figure: Figure, style: str, labels: Mapping[str, str]) -> Canvas:
    """Draw a figure.

    Parameters
    ----------
    figure
        A figure of `REGISTRY`, from `analyse` or from its module's `build`; or an experiment's, which has a layout.
    style
        One of `analysis.drawing.style.STYLES`: "page", "paper", "slide-light" or "slide-dark".
    labels
        The words for axes, legends and levels, by the keys in the module's `LABELS`. On a slide those that have the
        keys of `analysis.drawing.frame` stand around the drawing.

    Returns
    -------
    matplotlib.figure.Figure
        The drawing, with its layout fixed.

    Raises
    ------
    ValueError
        Where the figure's id or the style is unknown.

    """
    if figure.layout is not None:
        with using(figure.cells), frame.around(labels):
            return drawing.draw(figure, style, labels)
    if figure.id not in REGISTRY:
        raise ValueError(unknown("figure", figure.id, REGISTRY))
    with using(figure.cells), frame.around(labels):
        return REGISTRY[figure.id].draw(figure.data, style, labels)
