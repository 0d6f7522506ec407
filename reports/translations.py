"""The same report in other languages: pages that are written too, or lie beside already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from reports.address import page_file
from reports.catalogue import languages, load_catalogue


@dataclass(frozen=True)
class Translation:
    """A language, its own name for itself, and the file of the page."""

    language: str
    name: str
    file: str


def translations(language: str, version: str, written: Iterable[str], folder: Path) -> tuple[Translation, ...]:
    """Return the other languages of a report, sorted.

    Parameters
    ----------
    language
        That of the page which links to the others.
    version
        The report's; a page of another version that lies in the folder is another report.
    written
        Languages in which the report is being written.
    folder
        Where the pages are.

    """
    found = [
        other
        for other in languages()
        if other != language and (other in written or _lies(folder / page_file(other), version))
    ]
    return tuple(Translation(other, load_catalogue(other)("page", "language"), page_file(other)) for other in found)


def _lies(page: Path, version: str) -> bool:
    """Whether there is a page of this version: its linked data name it."""
    return page.is_file() and f'"version": "{version}"' in page.read_text(encoding="utf-8")
