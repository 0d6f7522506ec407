"""The rows of a figure in the page: the first as a table, all of them as CSV, from which the script fills the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from analysis.result import Figure
from reports import wording
from reports.catalogue import Catalogue
from reports.numbers import show_number
from reports.scene import Context, level

ROWS_SHOWN = 20  # rows of a figure's data that a reader without scripts sees; the CSV has them all
EVERYWHERE = "*"


def data_table(found: Figure, text: Catalogue) -> Context:
    """Return the first rows of a figure, as texts; numbers are marked so that they align."""
    data = found.data.head(ROWS_SHOWN)
    numeric = [bool(kind.kind in "iuf") for kind in data.dtypes]
    words = wording.labels(found.id, text)
    return {
        "heads": [(column_head(found, str(name), text), num) for name, num in zip(data, numeric, strict=True)],
        "rows": [
            [
                (show_number(float(value)) if is_number else _told(str(name), str(value), words, text), is_number)
                for name, value, is_number in zip(data, row, numeric, strict=True)
            ]
            for row in data.itertuples(index=False, name=None)
        ],
        "total": len(found.data),
        "shown": len(data),
    }


def level_words(figures: Iterable[Figure], text: Catalogue) -> dict[str, dict[str, dict[str, str]]]:
    """Return the words for the levels that figures' data have: figure to column to level to word.

    `*` has those that hold in every figure, where they are not the level's own name; a figure has those that differ.
    """
    words: dict[str, dict[str, dict[str, str]]] = {EVERYWHERE: {}}
    for found in figures:
        labels = wording.labels(found.id, text)
        for name, values in found.data.items():
            if values.dtype.kind in "iuf":
                continue
            column = str(name)
            for value in sorted(set(map(str, values))):
                everywhere, here = level(column, value, text), _told(column, value, labels, text)
                if everywhere != value:
                    words[EVERYWHERE].setdefault(column, {})[value] = everywhere
                if here != everywhere:
                    words.setdefault(found.id, {}).setdefault(column, {})[value] = here
    return words


def column_head(found: Figure, column: str, text: Catalogue) -> str:
    """Return the head of a column of a figure's data; a figure that keeps logarithms there has a word of its own."""
    own = f"{found.id}.{column}" if found.layout is None else f"experiment-{found.layout.scale}.{column}"
    return text("columns", own if text.has("columns", own) else column)


def _told(variable: str, name: str, words: Mapping[str, str], text: Catalogue) -> str:
    """Return the word for a level: that of the figure's drawing, else that of every table; on one line."""
    return " ".join((words.get(f"{variable}.{name}") or level(variable, name, text)).split())
