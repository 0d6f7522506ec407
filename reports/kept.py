"""Drawings that are kept from one page to the next, while the figure, its words and the code stay the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from analysis import figures
from analysis.by_study import hash_of
from analysis.kept import Kept
from analysis.pool import parallel_map
from reports import downloads


def drawings(
    orders: Sequence[downloads.Order],
    kept: Kept | None = None,
    track: Callable[[Iterable[Any]], Iterable[Any]] = iter,
) -> list[downloads.Drawn]:
    """Draw what is ordered, by one process per core where that is safe; what is kept is not drawn again.

    Only what `analysis.figures.draw` draws is kept: nothing is known about how another function draws.
    """
    keys = {place: _key(order, kept) for place, order in enumerate(orders) if kept and order.draw is figures.draw}
    found = {place: kept.get(key) for place, key in keys.items() if kept and kept.has(key)}
    lacking = [place for place in range(len(orders)) if place not in found]
    drawn = parallel_map(downloads.drawn, [orders[place] for place in lacking], track)
    for place, drawing in zip(lacking, drawn, strict=True):
        found[place] = drawing
        if kept and place in keys:
            kept.put(keys[place], drawing)
    return [found[place] for place in range(len(orders))]


def _key(order: downloads.Order, kept: Kept) -> str:
    """Name a drawing by all that goes into its files, beside the code."""
    figure = order.figure
    return kept.key(
        "drawing", figure.id, hash_of(figure.data), figure.rows_sha, figure.studies, figure.seeds, dict(figure.facts),
        figure.cells, figure.layout, sorted(order.labels.items()), order.reference, order.alt, order.command,
        order.headline,
    )  # fmt: skip
