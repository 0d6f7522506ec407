"""The same drawing in fewer characters: what does not show goes, paths are relative, letters are kept once."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

GLYPH = "glyph-"
"""Prefix of the id of a letter's outline, which is the same in every figure."""

REFERRED = re.compile(r"url\(#([^)]+)\)")
TOKEN = re.compile(r"[A-Za-z]|-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?")
NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
MOVED = re.compile(r"translate\((?P<x>[-\d.]+) (?P<y>[-\d.]+)\)")
OUTLINE = re.compile(rf'<path id="({GLYPH}[^"]+)" ([^>]*?)\s*/>')
EMPTY_DEFS = "<defs />"
PAIRS = {"M": 1, "L": 1, "Q": 2, "C": 3, "Z": 0}
"""Commands of a path, as matplotlib writes them, to their number of points."""

SMALL = 100  # a place is kept in hundredths of a point


def slim(root: ET.Element) -> None:
    """Make a drawing smaller in place; what it shows moves by less than a hundredth of a point.

    White space, ids that nothing refers to, groups that say nothing and shapes without colour go.
    """
    blank = {path.get("id") for path in root.iter() if path.tag == "path" and not path.get("d")}  # a space
    for parent in list(root.iter()):
        for child in list(parent):
            if (child.tag == "path" and not child.get("d")) or child.get("href", "#")[1:] in blank:
                parent.remove(child)
    referred = set(_referred(root))
    for element in root.iter():
        if element.get("id") is not None and element.get("id") not in referred and element is not root:
            del element.attrib["id"]
        if _unnamed(element):
            element.text = None
        element.tail = None
        moved = MOVED.fullmatch(element.get("transform", "")) if element.tag == "use" else None
        if moved:  # a letter in its line
            del element.attrib["transform"]
            element.attrib |= {name: f"{float(moved[name]):.1f}" for name in ("x", "y") if float(moved[name])}
        for name in ("d", "x", "y", "transform"):
            if name in element.attrib:
                element.set(name, short_path(element.attrib[name]) if name == "d" else short(element.attrib[name]))
    _thin(root)


def short(value: str) -> str:
    """Return numbers in a text to hundredths, and small ones (scales) to ten-thousandths: "0.0855", "12.3"."""

    def rounded(match: re.Match[str]) -> str:
        number = float(match[0])
        return _written(round(number, 2 if abs(number) >= 1 else 4))

    return NUMBER.sub(rounded, value)


def short_path(path: str) -> str:
    """Return a path with relative steps in hundredths, which do not add up their roundings.

    >>> short_path("M 10 10 L 20.004 10 L 20 12.5 z")
    'M10 10h10v2.5z'
    """
    tokens = TOKEN.findall(path)
    written: list[str] = []
    pen = start = (0, 0)
    place = 0
    while place < len(tokens):
        command = tokens[place].upper()
        if tokens[place] not in ("z", *PAIRS):
            raise ValueError(f"a path has the command {tokens[place]!r}; known are {', '.join(PAIRS)} and z")
        count = 2 * PAIRS[command]
        numbers = [round(float(token) * SMALL) for token in tokens[place + 1 : place + 1 + count]]
        place += 1 + count
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        if command == "Z":
            written.append("z")
            pen = start
        elif command == "M":
            pen = start = points[0]
            written.append("M" + _joined(numbers))
        else:
            steps = [(x - pen[0], y - pen[1]) for x, y in points]
            pen = points[-1]
            written.append(_step(command, steps))
    return _unrepeated(written)


def share_glyphs(html: str, before: str) -> str:
    """Return a page whose figures share the outlines of their letters: one hidden drawing before a text has them.

    Raises
    ------
    ValueError
        Where two outlines of one name differ.

    """
    found: dict[str, str] = {}
    for name, rest in OUTLINE.findall(html):
        if found.setdefault(name, rest) != rest:
            raise ValueError(f"the letter {name!r} has two outlines")
    if not found:
        return html
    names = {name: f"g{place}" for place, name in enumerate(sorted(found))}
    outlines = "".join(f'<path id="{names[name]}" {found[name]}/>' for name in sorted(found))
    html = OUTLINE.sub("", html).replace("<defs></defs>", "").replace(EMPTY_DEFS, "")
    html = re.sub(rf'href="#({GLYPH}[^"]+)"', lambda match: f'href="#{names[match[1]]}"', html)
    letters = f'<svg class="letters" width="0" height="0" aria-hidden="true"><defs>{outlines}</defs></svg>\n'
    return html.replace(before, letters + before, 1)


def _referred(root: ET.Element) -> Iterator[str]:
    for element in root.iter():
        for name, value in element.attrib.items():
            if name == "href":
                yield value.removeprefix("#")
            elif name.startswith("aria-"):
                yield from value.split()
            yield from REFERRED.findall(value)


def _unnamed(element: ET.Element) -> bool:
    return element.tag not in ("title", "desc")


def _thin(parent: ET.Element) -> None:
    """Remove groups that say nothing, and shapes that show nothing, below an element."""
    kept: list[ET.Element] = []
    for child in list(parent):
        _thin(child)
        if child.tag == "g" and not child.attrib:
            kept.extend(child)
        elif not _invisible(child):
            kept.append(child)
    parent[:] = kept


def _invisible(element: ET.Element) -> bool:
    if element.tag in ("g", "defs"):
        return not len(element) and "id" not in element.attrib and "data-series" not in element.attrib
    colourless = element.get("fill") == "none" and element.get("stroke", "none") == "none"
    return element.tag == "path" and colourless and "id" not in element.attrib


def _step(command: str, steps: list[tuple[int, int]]) -> str:
    if command == "L" and steps[0][1] == 0:
        return "h" + _joined([steps[0][0]])
    if command == "L" and steps[0][0] == 0:
        return "v" + _joined([steps[0][1]])
    return command.lower() + _joined([number for step in steps for number in step])


def _joined(numbers: list[int]) -> str:
    text = ""
    for number in numbers:
        written = _written(number / SMALL)
        text += written if not text or written.startswith("-") else f" {written}"
    return text


def _unrepeated(steps: list[str]) -> str:
    """Join the steps of a path; a command that follows itself need not be written again."""
    text, last = "", ""
    for step in steps:
        command, rest = step[0], step[1:]
        again = command == last and command not in "Mz"
        text += (rest if rest.startswith("-") else f" {rest}") if again else step
        last = command
    return text


def _written(number: float) -> str:
    text = f"{number:.4f}".rstrip("0").rstrip(".")
    if text in ("-0", ""):
        return "0"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text
