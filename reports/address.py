"""Where the page and the files of its figures are to be found: names of files, one for each language, and addresses."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

ORIGINAL = "en"
"""The language of the lecture: its files of figures have no mark, as they are cited."""
ALLOWED = (
    "the page's address, with http:// or https:// and a host, in the characters of an address "
    "(others as %XX), without # and without a user's name"
)
CHARACTERS = re.compile(r"[A-Za-z0-9._~:/?@!$&()*+,;=%\[\]-]+")
"""Those of RFC 3986 but # and the apostrophe, which would end a quotation."""
HALF_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
PAGE_FILE = re.compile(r"(?<=/)report\.[a-z]+(?:-[A-Za-z]+)*\.html$")
HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")


def page_file(language: str) -> str:
    """Return the name of the page's file in a language."""
    return f"report.{language}.html"


def figure_file(figure_id: str, ending: str, language: str, style: str = "") -> str:
    """Return the name of a figure's file: "decay-rate.svg", "decay-rate.es.svg", "decay-rate-slide-dark.es.png".

    Its data are the same in every language, and so is the name of their file.
    """
    mark = "" if language == ORIGINAL or ending == "csv" else f".{language}"
    return f"{figure_id}{style and f'-{style}'}{mark}.{ending}"


def in_language(url: str, language: str) -> str:
    """Return the address of the page in another language, where the address names a page's file by its language."""
    path, mark, query = url.partition("?")
    return PAGE_FILE.sub(page_file(language), path) + mark + query


def checked_url(url: str) -> str:
    """Return the address of the page, or raise ValueError that says what one looks like.

    A figure's address is the page's with `#` and its id, so that the page's has no `#` of its own.
    """
    if not CHARACTERS.fullmatch(url) or HALF_ESCAPE.search(url):
        raise ValueError(f"url is {url!r}; allowed: {ALLOWED}")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueError(f"url is {url!r}: {error}; allowed: {ALLOWED}") from error
    bracketed = f"[{host}]" if ":" in host else host
    named = "@" in parts.netloc or (parts.netloc.endswith(":") and port is None)
    if parts.scheme not in ("http", "https") or not HOST.fullmatch(bracketed) or named:
        raise ValueError(f"url is {url!r}; allowed: {ALLOWED}")
    return url


def beside(url: str, file: str) -> str:
    """Return the address of a file that lies beside the page; the file alone where the page has no address."""
    return urljoin(url, file) if url else file
