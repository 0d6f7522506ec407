"""The edition: the pages of the reference run, in every language, as they are cited.

`python -m reports.edition` writes it anew; that is done at a release and at no other time, so that a citation of it
keeps meaning what it meant. The same rows give the same bytes.
"""

from __future__ import annotations

import argparse
import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from analysis.result import Analysis
from reports import citing
from reports.build import analysed, write_pages
from reports.catalogue import load_catalogue
from reports.datapackage import NAME, datapackage
from reports.source import REFERENCE, address_of, reference_folder

EDITION = Path(__file__).parent / "edition"
LIMIT = 12_000_000
"""Bytes of all files together: what a clone carries for it."""
TOLD = ("csv", "json", "bib")
"""Files of a figure that the edition keeps beside those that its pages link to."""
LINK = re.compile(r'(?:href|src)="(figures/[^"#?]+)"')


class EditionError(ValueError):
    """The edition would be larger than a clone should carry, or its pages link to a file that is not there."""


def edition(source: Path, out: Path = EDITION, url: str = "") -> tuple[Path, ...]:
    """Write the edition of a run.

    Parameters
    ----------
    source
        A committed run, an exported folder or a store, as for `reports.build.build_pages`.
    out
        The folder; what it held is replaced once everything new has been written.
    url
        The address at which others will find the pages, for their citations.

    Returns
    -------
    tuple
        The pages, one for each language.

    Raises
    ------
    EditionError
        Where it takes more than `LIMIT` bytes, or a page links to a file that is not there.

    """
    url = address_of(source, url)
    analysis = analysed(source)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".edition-") as scratch:
        whole = Path(scratch) / "whole"
        kept = Path(scratch) / "kept"
        pages = write_pages(analysis, whole, ("all",), url)
        for file in _linked(pages, whole) | _told(analysis, whole):
            target = kept / file.relative_to(whole)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        contents = {page.name: page.read_bytes() for page in pages}
        for name, content in contents.items():
            (kept / name).write_bytes(content)
        (kept / NAME).write_bytes(datapackage(analysis, load_catalogue("en"), url, contents))
        (kept / "README.md").write_text(_told_to_readers(analysis, pages, url), encoding="utf-8", newline="\n")
        size = sum(file.stat().st_size for file in kept.rglob("*") if file.is_file())
        if size > LIMIT:
            raise EditionError(f"the edition takes {size:,} bytes; allowed: {LIMIT:,}")
        shutil.rmtree(out, ignore_errors=True)
        kept.rename(out)
    return tuple(out / page.name for page in pages)


def _linked(pages: Iterable[Path], folder: Path) -> set[Path]:
    """Return the files beside the pages that they link to."""
    found = {folder / name for page in pages for name in LINK.findall(page.read_text(encoding="utf-8"))}
    missing = sorted(str(file.relative_to(folder)) for file in found if not file.is_file())
    if missing:
        raise EditionError(f"pages link to files that are not there: {', '.join(missing)}")
    return found


def _told(analysis: Analysis, folder: Path) -> set[Path]:
    return {folder / "figures" / f"{figure.id}.{ending}" for figure in analysis.every_figure for ending in TOLD}


def _told_to_readers(analysis: Analysis, pages: Iterable[Path], url: str) -> str:
    """Return the README of the edition: what it is, what lies where, how it is cited."""
    text = load_catalogue("en")
    suite = citing.references(analysis, text, url)[citing.SUITE]
    listed = "\n".join(f"- [`{page.name}`]({page.name})" for page in pages)
    return (
        f"# {suite.title}\n\n{suite.caption}\n\n"
        f"The edition of {suite.year}, version `{suite.version}`. "
        "A page opens by double click and needs no network:\n\n"
        f"{listed}\n\n"
        "`figures/` holds the data of every figure (`.csv`), what it was made from (`.json`) "
        f"and its citation (`.bib`); `{NAME}` describes all files for machines ([Data Package](https://specs.frictionlessdata.io/data-package/)).\n\n"
        f"To cite it:\n\n```bibtex\n{citing.bibtex(suite)}```\n\nText, figures and data: {citing.LICENCE}.\n\n"
        "Written by `python -m reports.edition` at a release; it is not edited by hand.\n"
    )


def main() -> None:
    """Write the edition of the committed run."""
    parser = argparse.ArgumentParser(prog="python -m reports.edition", description="write the edition of a run")
    parser.add_argument("--source", type=Path, help=f"the run (default: the first in {REFERENCE.name})")
    parser.add_argument("--out", type=Path, default=EDITION, help="folder of the edition")
    parser.add_argument("--url", default="", help="address at which others will find it")
    given = parser.parse_args()
    for page in edition(given.source or reference_folder(), given.out, given.url):
        print(page)


if __name__ == "__main__":
    main()
