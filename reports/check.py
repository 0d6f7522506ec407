"""Is the page whole? Well-formed, without dead links, readable without sight, and silent on the network.

`python -m reports.check FILE` prints what is wrong and exits with 1 where anything is.
"""

from __future__ import annotations

import base64
import hashlib
import re
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

FETCHING = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "iframe": ("src",),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
    "audio": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "link": ("href",),
    "image": ("href",),
    "use": ("href",),
    "track": ("src",),
    "input": ("src",),
    "form": ("action",),
    "base": ("href",),
}
"""Element to the attributes that make a browser ask for something."""

FOLLOWED = ("alternate",)
"""Relations of a `link` that a reader may follow and no browser fetches."""
INERT = ("data:", "#")
HIDDEN = ("script", "style", "template", "pre", "code", "math")
UNFILLED = re.compile(
    r"\{[a-z0-9_:.-]*(?:\|[^{}]*)?\}|\{\{|\}\}|@[A-Z_]+@|<built-in|object at 0x"
    r"|(?<![\w-])(?:nan|NaN|None|inf|undefined)(?![\w-])"
)
CSS_FETCH = re.compile(r"url\((?!\s*['\"]?(?:data:|#))[^)]*|@import", re.IGNORECASE)
EXECUTED = (None, "", "text/javascript", "module")  # types of a script element that a browser runs


def check(html_path: Path) -> list[str]:
    """Return what is wrong with the page; an empty list where nothing is."""
    path = Path(html_path)
    source = path.read_text(encoding="utf-8")
    document, errors = _parse(source)
    problems = [f"not well-formed: {error}" for error in errors]
    for find in (_duplicate_ids, _unnamed_images, _requests, _unfilled, _policy):
        problems.extend(find(document))
    problems.extend(_links(document, path.parent))
    return problems


def main(arguments: list[str]) -> int:
    """Check the named files; the exit code is 1 where one has a problem, 2 where none was named."""
    if not arguments:
        print("usage: python -m reports.check FILE...", file=sys.stderr)
        return 2
    failed = False
    for argument in arguments:
        for problem in check(Path(argument)):
            failed = True
            print(f"{argument}: {problem}")
    return int(failed)


def _parse(source: str) -> tuple[ET.Element, list[str]]:
    import html5lib

    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=True)
    document = parser.parse(source)
    messages = html5lib.constants.E
    errors = [f"line {place[0]}: {messages.get(code, code) % values}" for place, code, values in parser.errors]
    return document, errors


def _name(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""


def _href(element: ET.Element) -> str | None:
    return element.get("href") or element.get("{http://www.w3.org/1999/xlink}href")


def _duplicate_ids(document: ET.Element) -> Iterator[str]:
    counted = Counter(element.get("id") for element in document.iter() if element.get("id") is not None)
    for name, count in counted.items():
        if count > 1:
            yield f"id {name!r} stands {count} times"
        if not name or re.search(r"\s", str(name)):
            yield f"id {name!r} is empty or has white space"


def _links(document: ET.Element, folder: Path) -> Iterator[str]:
    ids = {element.get("id") for element in document.iter()}
    for element in document.iter():
        for attribute in ("aria-labelledby", "aria-describedby", "for", "data-copy"):
            for name in (element.get(attribute) or "").split():
                if name not in ids:
                    yield f"{_name(element)} {attribute} names no id: {name!r}"
        address = _href(element)
        if address is None:
            continue
        if address.startswith("#"):
            if address[1:].partition("?")[0] not in ids:  # after it: a setting of a laboratory
                yield f"dead link to {address!r}"
        elif not address.startswith(("data:", "https://")) and not (folder / address.partition("#")[0]).is_file():
            yield f"link to a missing file: {address!r}"
    for element in document.iter():
        for value in element.attrib.values():
            for name in re.findall(r"url\(#([^)]+)\)", value):
                if name not in ids:
                    yield f"{_name(element)} refers to no id: url(#{name})"


def _unnamed_images(document: ET.Element) -> Iterator[str]:
    for element in document.iter():
        if _name(element) == "img" and not (element.get("alt") or "").strip():
            yield f"img without alt: {(element.get('src') or '')[:60]!r}"
        if _name(element) == "svg" and element.get("aria-hidden") != "true":
            title = next((child for child in element if _name(child) == "title"), None)
            if title is None or not (title.text or "").strip():
                yield f"svg without title: {element.get('id') or element.get('class')!r}"


def _requests(document: ET.Element) -> Iterator[str]:
    for element in document.iter():
        name = _name(element)
        linked = name == "link" and element.get("rel") in FOLLOWED
        for attribute in () if linked else FETCHING.get(name, ()):
            value = _href(element) if attribute == "href" else element.get(attribute)
            if value and not value.startswith(INERT):
                yield f"{name} {attribute} asks for {value[:80]!r}"
        if name == "meta" and (element.get("http-equiv") or "").lower() == "refresh":
            yield "meta refresh"
        css = (element.text or "") if name == "style" else element.get("style") or ""
        for match in CSS_FETCH.finditer(css):
            yield f"{name} style asks for {match[0][:80]!r}"
        for attribute, value in element.attrib.items():
            if attribute != "style" and "url(" in value and CSS_FETCH.search(value):
                yield f"{name} {attribute} asks for {value[:80]!r}"
            if attribute.lower().startswith("on") and len(attribute) > 2:
                yield f"{name} has the inline handler {attribute}"


def _unfilled(document: ET.Element) -> Iterator[str]:
    for text in _visible(document):
        for match in UNFILLED.finditer(text):
            start = max(0, match.start() - 30)
            yield f"not filled in: {match[0]!r} in {text[start : match.end() + 30].strip()!r}"


def _visible(element: ET.Element) -> Iterator[str]:
    name = _name(element)
    if name not in HIDDEN:
        if element.text and isinstance(element.tag, str):
            yield element.text
        for attribute in ("alt", "title", "aria-label"):
            if element.get(attribute):
                yield str(element.get(attribute))
        for child in element:
            yield from _visible(child)
            if child.tail:
                yield child.tail


def _policy(document: ET.Element) -> Iterator[str]:
    metas = (element for element in document.iter() if _name(element) == "meta")
    policy = next((m.get("content") or "" for m in metas if m.get("http-equiv") == "Content-Security-Policy"), "")
    if not policy:
        yield "no content security policy"
        return
    for element in document.iter():
        name = _name(element)
        if name == "style" or (name == "script" and element.get("type") in EXECUTED):
            digest = base64.b64encode(hashlib.sha256((element.text or "").encode()).digest()).decode("ascii")
            if f"'sha256-{digest}'" not in policy:
                yield f"the policy does not know the hash of a {name}: sha256-{digest}"
        if element.get("style") is not None:
            yield f"{name} has a style attribute, which the policy forbids: {str(element.get('style'))[:60]!r}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
