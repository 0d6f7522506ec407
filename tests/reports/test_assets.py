"""Drawings in the page: no collisions, no inline styles, the page's colours, names for who does not see them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from analysis.result import Figure
from reports.assets import inline_svg, svg_bytes
from tests.support.rows import synthetic_analysis as synthetic


@pytest.fixture(scope="module")
def drawing() -> bytes:
    figure = Figure("a", synthetic.data(), "0" * 12, ())
    return svg_bytes(synthetic.draw(figure, "page", {}), "a", {"Title": "T"})


def test_ids_and_references_carry_the_figure(drawing):
    root = ET.fromstring(inline_svg(drawing, "fig", "Title", "Words"))
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert all(name.startswith("fig-") for name in ids)
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
