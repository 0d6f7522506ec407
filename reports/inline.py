"""The small markup of the catalogue: `code`, *emphasis*, **strong**, $maths$ and [links](#anchor).

Everything else is escaped, so a fact that holds HTML shows as text.
"""

from __future__ import annotations

import re
from functools import lru_cache

from latex2mathml.converter import convert
from markupsafe import Markup, escape

TOKEN = re.compile(
    r"\$(?P<maths>[^$]+)\$"
    r"|`(?P<code>[^`]+)`"
    r"|\*\*(?P<strong>[^*]+)\*\*"
    r"|\*(?P<emphasis>[^*\s][^*]*)\*"
    r"|\[(?P<text>[^\]]+)\]\((?P<target>#[A-Za-z0-9_-]+|https://[^\s)]+)\)"
)

PLAINER = {
    ' xmlns="http://www.w3.org/1998/Math/MathML"': "",
    "<mo>&#x02016;</mo>": '<mo stretchy="false">&#x02016;</mo>',  # the bars of a norm do not grow with their line
}
"""What is simplified in the converter's MathML."""


def inline(text: str) -> Markup:
    """HTML of a catalogue text."""
    pieces: list[Markup] = []
    end = 0
    for match in TOKEN.finditer(text):
        pieces.append(escape(text[end : match.start()]))
        end = match.end()
        closing = text[end : end + 1] if match["maths"] and text[end : end + 1] in tuple(".,;:)") else ""
        if closing:  # a formula does not part from its full stop
            pieces.append(Markup('<span class="keep">{}{}</span>').format(_html(match), closing))
            end += 1
        else:
            pieces.append(_html(match))
    pieces.append(escape(text[end:]))
    return Markup("").join(pieces)


def unlinked(text: str) -> str:
    """Return the same text without its links into the page, for where it stands elsewhere."""
    return TOKEN.sub(lambda match: match["text"] if (match["target"] or "").startswith("#") else match[0], text)


def plain(text: str) -> str:
    """Return the same text without its markup, for alternative texts, metadata and citations."""
    return TOKEN.sub(lambda match: _words(match), text)


@lru_cache(maxsize=256)
def mathml(latex: str, display: str = "inline") -> Markup:
    r"""MathML of a formula; it carries no style attribute, so it lives under the strict policy."""
    html = convert(latex, display=display)
    for written, wanted in PLAINER.items():
        html = html.replace(written, wanted)
    return Markup(html)


def _html(match: re.Match[str]) -> Markup:
    if match["maths"]:
        return mathml(match["maths"])
    if match["target"]:
        return Markup('<a href="{}">{}</a>').format(match["target"], inline(match["text"]))
    for name, element in (("code", "code"), ("strong", "strong"), ("emphasis", "em")):
        if match[name]:
            return Markup(f"<{element}>{{}}</{element}>").format(match[name])
    raise ValueError(f"no rule for {match[0]!r}")


def _words(match: re.Match[str]) -> str:
    if match["maths"]:
        spaced = re.sub(r"\\[,;:! ]", " ", match["maths"])
        return re.sub(r"\\([A-Za-z]+)", r"\1", spaced).replace("{", "").replace("}", "")
    return match["code"] or match["strong"] or match["emphasis"] or match["text"]
