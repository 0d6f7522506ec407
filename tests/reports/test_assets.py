"""Drawings in the page: no collisions, no inline styles, the page's colours, names for who does not see them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import matplotlib as mpl
import pytest
from fontTools.subset import Options
from matplotlib.figure import Figure as Canvas

from analysis.drawing import style
from analysis.result import Figure
from reports.assets import LAYOUT_TABLES, inline_svg, pdf_bytes, png_bytes, svg_bytes
from tests.support.rows import synthetic_analysis as synthetic


@pytest.fixture(scope="module")
def drawing() -> bytes:
    figure = Figure("a", synthetic.data(), "0" * 12, ())
    return svg_bytes(synthetic.draw(figure, "page", {}), "a", {"Title": "T"})


def test_ids_and_references_carry_the_figure(drawing):
    root = ET.fromstring(inline_svg(drawing, "fig", "Title", "Words"))
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert all(name.startswith(("fig-", "glyph-")) for name in ids)
    for element in root.iter():
        if element.get("href"):
            assert element.get("href")[1:] in ids
        for value in element.attrib.values():
            for name in re.findall(r"url\(#([^)]+)\)", value):
                assert name in ids


def test_colours_are_the_page_s(drawing):
    svg = inline_svg(drawing, "fig", "Title", "Words")
    assert "#010203" not in svg
    assert "#030201" not in svg
    assert 'stroke="var(--grid)"' in svg
    assert "currentColor" in svg


def test_policy_can_forbid_inline_style(drawing):
    svg = inline_svg(drawing, "fig", "Title", "Words")
    assert "style=" not in svg
    assert "<style" not in svg


def test_it_has_a_name_and_a_description(drawing):
    root = ET.fromstring(inline_svg(drawing, "fig", "A <b>", "Words & more"))
    assert (root[0].tag, root[0].text) == ("title", "A <b>")
    assert (root[1].tag, root[1].text) == ("desc", "Words & more")
    assert root.get("role") == "img"


def test_series_can_be_found(drawing):
    svg = inline_svg(drawing, "fig", "Title", "Words")
    assert svg.count('data-series="series-lstm"') == 2


def test_text_that_is_not_drawn_as_paths_is_refused():
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><text style="font: 10px sans-serif">a</text></svg>'
    with pytest.raises(ValueError, match="draw text as paths"):
        inline_svg(svg, "fig", "Title", "Words")


def test_a_pdf_embeds_glyphs_and_no_tables_of_layout():
    canvas = Canvas()
    canvas.text(0.5, 0.5, "AV fi")
    before = list(Options._drop_tables_default)
    with mpl.rc_context({"pdf.compression": 0}):
        content = pdf_bytes(canvas, {})
    assert b"glyf" in content
    assert not any(table.encode() in content for table in LAYOUT_TABLES)
    assert before == Options._drop_tables_default


def test_a_figure_is_laid_out_once_and_drawn_once_for_each_file(monkeypatch):
    drawn = []
    plain = Canvas.draw
    monkeypatch.setattr(Canvas, "draw", lambda self, renderer: (drawn.append(self), plain(self, renderer)))
    with style.canvas("paper") as drawing:
        drawing.panels[0][0].plot([0, 1], [0, 1])
    assert drawing.figure.get_layout_engine() is None
    for save in (png_bytes, pdf_bytes):
        save(drawing.figure, {})
    assert len(drawn) == 2
