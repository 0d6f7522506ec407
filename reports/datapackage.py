"""What a machine reads about the files of a page: a Data Package descriptor of all figures' data.

Source of the form: https://specs.frictionlessdata.io/data-package/, version 1.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from analysis.result import Analysis, Figure
from reports import citing
from reports.catalogue import Catalogue
from reports.data_table import column_head
from reports.downloads import csv_bytes
from reports.inline import plain

NAME = "datapackage.json"
LICENCE = {"name": citing.LICENCE, "path": citing.LICENCE_URL, "title": "Creative Commons Attribution 4.0"}
TYPES = {"i": "integer", "u": "integer", "f": "number", "b": "boolean"}
"""Kind of a column of numbers to its type in a table schema; what is neither is text."""


def datapackage(analysis: Analysis, text: Catalogue, url: str = "", pages: Mapping[str, bytes] | None = None) -> bytes:
    """Return the descriptor of the figures' data, and of the pages that stand beside them.

    Parameters
    ----------
    analysis
        Whose figures they are.
    text
        The language of titles and descriptions.
    url
        The address of the page, where it has one.
    pages
        The name of each page to its content.

    """
    references = citing.references(analysis, text, url)
    suite = references[citing.SUITE]
    package = {
        "profile": "data-package",
        "name": citing.SUITE,
        "id": f"{citing.SUITE}@{suite.version}",
        "title": suite.title,
        "description": suite.caption,
        "version": suite.version,
        "licenses": [LICENCE],
        "contributors": [{"title": suite.authors, "role": "author"}],
        **({"homepage": suite.url} if suite.url else {}),
        "resources": [
            *(_data(figure, references[figure.id], text) for figure in analysis.every_figure),
            *(_page(name, content) for name, content in sorted((pages or {}).items())),
        ],
    }
    return (json.dumps(package, ensure_ascii=False, indent=2) + "\n").encode()


def _data(figure: Figure, reference: citing.Reference, text: Catalogue) -> dict[str, object]:
    """Describe the data of a figure; empty fields are missing values."""
    content = csv_bytes(figure.data)
    return {
        "profile": "tabular-data-resource",
        "name": figure.id,
        "path": f"figures/{figure.id}.csv",
        "title": reference.title,
        "description": reference.caption,
        "version": figure.rows_sha,
        "mediatype": "text/csv",
        "format": "csv",
        "encoding": "utf-8",
        **_size(content),
        "schema": {"fields": [_field(figure, str(name), text) for name in figure.data], "missingValues": [""]},
    }


def _field(figure: Figure, column: str, text: Catalogue) -> dict[str, str]:
    kind = TYPES.get(figure.data[column].dtype.kind, "string")
    return {"name": column, "type": kind, "title": plain(column_head(figure, column, text))}


def _page(name: str, content: bytes) -> dict[str, object]:
    return {"name": name.lower(), "path": name, "mediatype": "text/html", "format": "html", **_size(content)}


def _size(content: bytes) -> dict[str, object]:
    return {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}
