"""The templates of all pages: strict, and everything escaped unless it is marked as HTML."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports import bundle


@cache
def templates() -> Environment:
    """Return what loads the templates of `reports/html`."""
    return Environment(
        loader=FileSystemLoader(bundle.FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
