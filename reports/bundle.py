"""The page's script and style sheet, put together from files of one idea each; fonts stand inside the style."""

from __future__ import annotations

import base64
import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "html"
FONTS = {
    "MATHS_FONT": "stix-two-math.woff2",
    "SERIF_FONT": "report-serif.woff2",
    "QUOTE_FONT": "report-quote.woff2",
}
SCRIPTS = (
    ("theme",),
    ("verdicts",),
    ("series",),
    ("data", "values"),
    ("copying",),
    ("forget-dial",),
    ("laboratory-cells", "laboratory-weights", "laboratory-gradient", "laboratory-cell"),
    ("contents",),
)
"""Files of `html/script` in their order, after `start`, whose names all can use; those of one tuple share a scope."""

STYLES = (
    "fonts", "colours", "page", "verdicts", "figures", "tables", "comparison", "equations", "forget-dial", "laboratory",
    "exercises", "end", "phone", "print",
)  # fmt: skip
"""Files of `html/style` in their order: a later rule wins."""

SCRIPT_LIMIT = 27_000  # bytes of all scripts together
REMARK = re.compile(r"^[ \t]*(?://.*)?\n|^[ \t]+", re.MULTILINE)
"""What a browser does not need of a script: lines that are comments, indentation, empty lines."""

TEXT = re.compile(r"""("[^"]*"|'[^']*'|`[^`]*`)""")
UNSURE = re.compile(r"`.*`.*`|[^ ]/|/[^ ]")  # templates that may stand in one another; a comment or a pattern
AROUND = re.compile(r" *([=<>!&|?:,;(){}\[\]*]+) *")
CSS_REMARK = re.compile(r"\s*/\*.*?\*/\n?|^[ \t]+", re.MULTILINE | re.DOTALL)


@cache
def script() -> str:
    """Return the page's script: one function in strict mode, in which each group of files has a scope of its own."""
    groups = ["".join(_read("script", f"{name}.js") for name in group) for group in SCRIPTS]
    start = _read("script", "start.js")
    whole = '"use strict";\n(() => {\n' + start + "".join(f"{{\n{group}}}\n" for group in groups) + "})();\n"
    return packed(whole)


def packed(code: str) -> str:
    """Return a script without what a browser does not need: comments of a line, indentation, spaces around marks.

    Texts keep their spaces, and so do lines with several templates, with a comment or with a pattern.
    """
    lines = []
    for line in REMARK.sub("", code).splitlines():
        end = "\n"
        if not UNSURE.search(line):
            parts = TEXT.split(line)  # every second one is a text
            line = "".join(part if place % 2 else AROUND.sub(r"\1", part) for place, part in enumerate(parts))
            end = "" if line.endswith(("{", ";", ",")) else "\n"
        lines.append(line + end)
    return "".join(lines)


@cache
def stylesheet() -> str:
    """Return the style with its fonts inside."""
    style = CSS_REMARK.sub("", "".join(_read("style", f"{name}.css") for name in STYLES))
    for name, file in FONTS.items():
        font = base64.b64encode((FOLDER / "fonts" / file).read_bytes()).decode("ascii")
        style = style.replace(f"@{name}@", f"data:font/woff2;base64,{font}")
    return style


def _read(folder: str, name: str) -> str:
    return (FOLDER / folder / name).read_text(encoding="utf-8")
