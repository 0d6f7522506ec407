"""Where the page is to be found: the address that citations, links and files of figures carry."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

ALLOWED = (
    "the page's address, with http:// or https:// and a host, in the characters of an address "
    "(others as %XX), without # and without a user's name"
)
CHARACTERS = re.compile(r"[A-Za-z0-9._~:/?@!$&()*+,;=%\[\]-]+")
"""Those of RFC 3986 but # and the apostrophe, which would end a quotation."""
HALF_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")


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
