"""Drawings as bytes: the SVG that goes into the page, and the files that stand beside it.

Every save is reproducible: the same rows give the same bytes.
"""

from __future__ import annotations

import base64
import io
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from reports.slim import GLYPH, slim

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

SVG = "http://www.w3.org/2000/svg"
XLINK = "{http://www.w3.org/1999/xlink}href"
SENTINELS = {"#010203": "currentColor", "#030201": "var(--grid)"}
"""Colours that the "page" style draws with, and what stands for them in the page."""

LAYOUT_TABLES = ("GDEF", "GPOS", "GSUB", "MATH", "kern")
"""Tables of a font that say how text is laid out."""
PLAIN = ",:;/?@!$()*=+-._~|[]"  # marks that stand for themselves in a data address, and in an attribute
LETTER = "scale(0.015625)"  # what matplotlib writes on the outline of a letter, and on nothing else
INERT = {"stroke-linejoin": "round", "stroke-linecap": "butt"}  # what matplotlib's style sheet sets for all
REFERENCE = re.compile(r"url\(#([^)]+)\)")
LONG_DECIMAL = re.compile(r"(-?\d+\.\d{2})\d+")


def svg_bytes(canvas: Canvas, salt: str, metadata: Mapping[str, str]) -> bytes:
    """Return the canvas as SVG; `salt` makes the ids reproducible."""
    import matplotlib as mpl

    stream = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": salt, "svg.fonttype": "path"}):
        canvas.savefig(stream, format="svg", metadata={"Date": None, **metadata})
    return stream.getvalue()


def pdf_bytes(canvas: Canvas, metadata: Mapping[str, str]) -> bytes:
    """Return the canvas as PDF with embedded TrueType fonts."""
    import matplotlib as mpl

    stream = io.BytesIO()
    with mpl.rc_context({"pdf.fonttype": 42}), _glyphs_alone():
        canvas.savefig(stream, format="pdf", metadata={"CreationDate": None, **metadata})
    return stream.getvalue()


@contextmanager
def _glyphs_alone() -> Iterator[None]:
    """Embed fonts without their tables of kerning and ligatures: the text is laid out, and no reader asks for them.

    To cut them down takes longer than all else of a PDF. Matplotlib has no setting for it, so fontTools' default is
    changed meanwhile.
    """
    from fontTools.subset import Options  # type: ignore[import-untyped]

    dropped = Options._drop_tables_default
    Options._drop_tables_default = [*dropped, *LAYOUT_TABLES]
    try:
        yield
    finally:
        Options._drop_tables_default = dropped


def png_bytes(canvas: Canvas, metadata: Mapping[str, str], dpi: int = 200) -> bytes:
    """Return the canvas as PNG."""
    stream = io.BytesIO()
    canvas.savefig(stream, format="png", dpi=dpi, metadata={"Software": None, **metadata})
    return stream.getvalue()


def inline_svg(drawing: bytes, figure_id: str, title: str, description: str, panels: str = "") -> str:
    """Return the SVG for the page: small, named for readers who do not see it, unable to collide with another one.

    Letters keep their ids, so that the drawings of a page can share them (`reports.slim.share_glyphs`). Other ids and
    references get the figure's id as prefix (series keep their own name in `data-series`), style attributes become
    presentation attributes (the page's policy allows no inline style), sentinel colours become the page's own, and the
    fixed size gives way to the view box. `panels` is what `reports.panels` says of it.
    """
    root = ET.fromstring(drawing)
    for parent in list(root.iter()):
        for child in list(parent):
            if _name(child) in ("metadata", "style", "title"):
                parent.remove(child)
    letters = {str(path.get("id")) for path in root.iter() if path.get("transform") == LETTER}
    given: Counter[str] = Counter()
    for element in root.iter():
        element.tag = _name(element)
        _rewrite(element, figure_id, letters)
        name = element.get("id")
        if name is not None:
            given[name] += 1
            if given[name] > 1:  # a series may have several artists of one gid
                element.set("id", f"{name}-{given[name]}")
    for length in ("width", "height", "version"):
        root.attrib.pop(length, None)
    label_id, words = f"{figure_id}-svg-title", f"{figure_id}-svg-desc"
    root.attrib.update(INERT, role="img", **{"aria-labelledby": label_id, "aria-describedby": words, "class": "plot"})
    if panels:
        root.set("data-panels", panels)
    for place, (tag, key, text) in enumerate((("title", label_id, title), ("desc", words, description))):
        label = ET.Element(tag, {"id": key})
        label.text = text
        root.insert(place, label)
    slim(root)
    return ET.tostring(root, encoding="unicode", short_empty_elements=True)


def small_svg(drawing: bytes) -> bytes:
    """Return the same drawing in fewer bytes: places in hundredths of a point, no metadata, no indentation."""
    root = ET.fromstring(drawing)
    for element in root.iter():
        for child in [child for child in element if _name(child) == "metadata"]:
            element.remove(child)
        if len(element) and not (element.text or "").strip():
            element.text = None
        element.tail = None
        for name in ("d", "x", "y"):
            if name in element.attrib:
                element.set(name, LONG_DECIMAL.sub(r"\1", " ".join(element.attrib[name].split())))
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", XLINK[1:].partition("}")[0])
    return ET.tostring(root, encoding="unicode").encode()


def data_uri(content: bytes, media_type: str) -> str:
    """Return the content as a `data:` address."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"


def text_uri(content: bytes, media_type: str) -> str:
    """Return a text as a `data:` address that can be read; shorter than the same in base64."""
    return f"data:{media_type};charset=utf-8,{quote(content, safe=PLAIN)}"


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _rewrite(element: ET.Element, figure_id: str, letters: Collection[str]) -> None:
    attributes = dict(element.attrib)
    element.attrib.clear()
    for declaration in filter(None, (part.strip() for part in attributes.pop("style", "").split(";"))):
        name, _, value = declaration.partition(":")
        if name.strip() == "font":
            raise ValueError(f"{figure_id}: the style {declaration!r} has no attribute form; draw text as paths")
        attributes[name.strip()] = value.strip()
    for name, value in attributes.items():
        if name == "id":
            if value.startswith("series-"):
                element.set("data-series", value)
            element.set("id", f"{GLYPH}{value}" if value in letters else f"{figure_id}--{value}")
        elif name in (XLINK, "href"):
            target = value.removeprefix("#")
            element.set("href", f"#{GLYPH}{target}" if target in letters else f"#{figure_id}--{target}")
        elif name in ("d", "transform", "points"):
            element.set(name, value)
        else:
            swapped = SENTINELS.get(value, value)
            element.set(name, REFERENCE.sub(rf"url(#{figure_id}--\1)", swapped))
