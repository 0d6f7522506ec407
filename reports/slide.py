"""The words around a figure on a slide: the finding as a title, and whose it is."""

from __future__ import annotations

from analysis.drawing.frame import CREDIT, HEADLINE
from analysis.result import Figure
from reports import citing, wording
from reports.catalogue import Catalogue
from reports.inline import plain

BETWEEN = " · "


def around(figure: Figure, reference: citing.Reference, text: Catalogue) -> dict[str, str]:
    """Return what stands around the drawing, by the keys of `analysis.drawing.frame`, without markup."""
    return {HEADLINE: headline(figure, text), CREDIT: credit(reference)}


def headline(figure: Figure, text: Catalogue) -> str:
    """Return the title of a figure's slide."""
    return plain(wording.headline(figure, text))


def credit(reference: citing.Reference) -> str:
    """Return the line that names a figure, its version, its licence and its address: the page's, if it has one."""
    whose = () if reference.id == citing.SUITE else (citing.PROJECT,)
    found = [*whose, f"{reference.id} @ {reference.version}", citing.LICENCE, reference.url]
    return BETWEEN.join(part for part in found if part)
