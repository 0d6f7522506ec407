"""The deck as PowerPoint: real text, notes, alternative texts, and each figure as a vector with a picture beside it.

PowerPoint draws a figure from its SVG (an extension of the picture's `blip`); a program that does not know the
extension shows the PNG. Same slides, same bytes: the clock of the archive and of its properties stands still.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from reports.deck.drawings import CLAIM_LINE, TITLE_LINE, TITLE_SIZE, Pictured, title_of
from reports.deck.slides import Judged, Note, Slide

EXTRA = "slides"
WIDTH, HEIGHT, SIDE = 13.333, 7.5, 0.27
"""Of a slide, in inches."""
STANDS_STILL = datetime(2000, 1, 1, tzinfo=UTC)
IN_ARCHIVE = (1980, 1, 1, 0, 0, 0)
SVG_URI = "{96DAC541-7B7A-43D3-8B79-37D633B846F1}"
SVG_SPACE = "http://schemas.microsoft.com/office/drawing/2016/SVG/main"
LOCALES = {"en": "en-US", "es": "es-MX"}
THEMES = {"slide-light": ("FFFFFF", "1A1A1A", "565C65"), "slide-dark": ("12161D", "F2F2F2", "A5ABB4")}
"""Style of the drawings to ground, ink and soft ink."""
VERDICTS = {
    "supported": ("17663A", "86D3A4"), "refuted": ("9B2C12", "F3A58D"), "depends": ("76500A", "ECC46E"),
    "half-right": ("6B35A8", "CFA8F7"), "inconclusive": ("2A5578", "9CC5E6"), "exercise": ("5A6508", "C2D24F"),
    "fact": ("0F5C63", "86CDD3"),
}  # fmt: skip
"""Verdict to its colour on a light and on a dark ground: those of the page."""


class MissingExtraError(ValueError):
    """What writes PowerPoint is not installed."""


def require() -> None:
    """Raise MissingExtraError where python-pptx is not installed."""
    try:
        import pptx  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            f"PowerPoint needs python-pptx, the extra {EXTRA!r}: pip install 'recurbench[{EXTRA}]'; "
            "without it: --format html"
        ) from error


def pptx_bytes(
    slides: Sequence[Slide], pictures: Mapping[str, Pictured], style: str, language: str, authors: str
) -> bytes:
    """Return the deck; `pictures` are the figures drawn in `style`, "slide-light" or "slide-dark"."""
    require()
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(WIDTH), Inches(HEIGHT)
    for slide in slides:
        _Page(deck, slide, style).fill(pictures.get(slide.figure))
    about = deck.core_properties
    about.title, about.author, about.language = slides[0].title, authors, LOCALES.get(language, language)
    about.last_modified_by, about.revision = authors, 1
    about.created = about.modified = about.last_printed = STANDS_STILL.replace(tzinfo=None)
    for page in deck.slides:
        for part in (page, page.notes_slide) if page.has_notes_slide else (page,):
            for run in part._element.iter("{http://schemas.openxmlformats.org/drawingml/2006/main}rPr"):
                run.set("lang", LOCALES.get(language, language))
    stream = io.BytesIO()
    deck.save(stream)
    return _still(stream.getvalue())


def _still(archive: bytes) -> bytes:
    """Return the archive without times, its members in the order of their names; the list of types comes first."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as given, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name in sorted(given.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            member = zipfile.ZipInfo(name, IN_ARCHIVE)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 0
            made.writestr(member, given.read(name))
    return stream.getvalue()


class _Page:
    """One slide while it is filled, from the top down."""

    def __init__(self, deck: Any, slide: Slide, style: str) -> None:
        self.slide = slide
        self.dark = style == "slide-dark"
        self.ground, self.ink, self.soft = THEMES[style]
        self.page = deck.slides.add_slide(deck.slide_layouts[5])  # "Title Only": the outline knows the title
        fill = self.page.background.fill
        fill.solid()
        fill.fore_color.rgb = _rgb(self.ground)

    def fill(self, picture: Pictured | None) -> None:
        """Write title, lines, verdicts, figure, credit and notes."""
        slide = self.slide
        large = {"opening": 44.0, "closing": 34.0, "tally": 32.0, "chapter": 32.0}.get(slide.kind, TITLE_SIZE)
        top = {"opening": 2.3, "closing": 0.6}.get(slide.kind, 0.2)
        lines, line = [slide.title], large * 1.25 / 72
        if slide.kind == "figure":
            (large, lines), line = title_of(slide), TITLE_LINE
        height = len(lines) * line
        self._title("\v".join(lines), top, height, large)
        top += height + 0.08
        if slide.lines:
            self._text(
                [(line, 22 if place % 2 == 0 else 20) for place, line in enumerate(slide.lines)], top + 0.15, 3.0
            )
        if slide.counted:
            self._tally(top + 0.15)
        if slide.judged:
            top = self._judged(top)
        if picture is not None:
            self._picture(picture, top + 0.02)
        if slide.credit:
            self._text([(slide.credit, 14)], HEIGHT - 0.42, 0.35, self.soft)
        if slide.notes:
            self.page.notes_slide.notes_text_frame.text = _spoken(slide.notes)

    def _title(self, words: str, top: float, height: float, size: float) -> None:
        from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
        from pptx.util import Inches, Pt

        title = self.page.shapes.title
        title.left, title.top = Inches(SIDE), Inches(top)
        title.width, title.height = Inches(WIDTH - 2 * SIDE), Inches(height)
        frame = title.text_frame
        _no_margins(frame)
        frame.vertical_anchor = MSO_ANCHOR.TOP if self.slide.kind == "figure" else MSO_ANCHOR.BOTTOM
        frame.text = words  # \v ends a line within the paragraph
        frame.paragraphs[0].alignment = PP_ALIGN.LEFT
        for run in frame.paragraphs[0].runs:
            run.font.size, run.font.bold = Pt(size), True
            run.font.color.rgb = _rgb(self.ink)

    def _text(self, lines: Sequence[tuple[str, float]], top: float, height: float, color: str = "") -> None:
        from pptx.util import Pt

        frame = self._frame(SIDE, top, WIDTH - 2 * SIDE, height)
        for place, (line, size) in enumerate(lines):
            paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
            paragraph.space_after = Pt(size * 0.5)
            self._run(paragraph, line, size, color or self.ink)

    def _judged(self, top: float) -> float:
        """Write the claims with their verdicts, in two columns where they are many; return where they end."""
        judged = self.slide.judged
        if self.slide.kind == "figure":
            frame = self._frame(SIDE, top, WIDTH - 2 * SIDE, CLAIM_LINE * len(judged))
            self._claims(frame, judged, 19, 0)
            return top + CLAIM_LINE * len(judged)
        columns = 2 if len(judged) > 9 else 1
        each = -(-len(judged) // columns)
        width = (WIDTH - 2 * SIDE) / columns
        for column in range(columns):
            frame = self._frame(SIDE + column * width, top + 0.2, width - 0.2, 6.0)
            self._claims(
                frame, judged[column * each : (column + 1) * each], 18 if columns > 1 else 26, 8 if columns > 1 else 14
            )
        return top

    def _claims(self, frame: Any, judged: Sequence[Judged], size: float, after: float) -> None:
        from pptx.util import Pt

        for place, item in enumerate(judged):
            paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
            paragraph.space_after = Pt(after)
            self._run(paragraph, f"{item.verdict}  ", size, self._verdict(item.slug), bold=True)
            self._run(paragraph, f"{item.number}. {item.title}", size, self.ink)

    def _tally(self, top: float) -> None:
        from pptx.util import Inches, Pt

        counted = self.slide.counted
        shape = self.page.shapes.add_table(
            len(counted), 3, Inches(SIDE), Inches(top), Inches(WIDTH - 2 * SIDE), Inches(0.55 * len(counted))
        )
        table = shape.table
        table.first_row = table.horz_banding = False
        for column, width in enumerate((0.9, 3.0, WIDTH - 2 * SIDE - 3.9)):
            table.columns[column].width = Inches(width)
        for row, item in enumerate(counted):
            color = self._verdict(item.slug)
            cells = ((str(item.count), color, True), (item.verdict, color, True), (item.meaning, self.ink, False))
            for column, (words, ink, bold) in enumerate(cells):
                cell = table.cell(row, column)
                cell.fill.background()
                paragraph = cell.text_frame.paragraphs[0]
                self._run(paragraph, words, 22, ink, bold=bold)
                paragraph.space_after = Pt(0)

    def _picture(self, picture: Pictured, top: float) -> None:
        """Place a figure below `top`, as large as the room allows."""
        from pptx.util import Inches

        room_width, room_height = WIDTH - 2 * SIDE, HEIGHT - 0.45 - top
        scale = min(room_width / picture.width, room_height / picture.height)
        width, height = picture.width * scale, picture.height * scale
        shape = self.page.shapes.add_picture(
            io.BytesIO(picture.png), Inches((WIDTH - width) / 2), Inches(top), Inches(width), Inches(height)
        )
        named = shape._element.nvPicPr.cNvPr
        named.set("descr", self.slide.alt)
        named.set("name", self.slide.figure)
        _add_svg(self.page.part, shape._element, picture.svg)

    def _frame(self, left: float, top: float, width: float, height: float) -> Any:
        from pptx.util import Inches

        frame = self.page.shapes.add_textbox(Inches(left), Inches(top), Inches(width), Inches(height)).text_frame
        frame.word_wrap = True
        _no_margins(frame)
        return frame

    def _run(self, paragraph: Any, words: str, size: float, color: str, *, bold: bool = False) -> None:
        from pptx.util import Pt

        run = paragraph.add_run()
        run.text = words
        run.font.size, run.font.bold = Pt(size), bold
        run.font.color.rgb = _rgb(color)

    def _verdict(self, slug: str) -> str:
        return VERDICTS[slug][self.dark] if slug in VERDICTS else self.soft


def _add_svg(part: Any, picture: Any, svg: bytes) -> None:
    """Give a picture its vector: a part of its own, and the extension that names it in the picture's blip."""
    from pptx.opc.constants import RELATIONSHIP_TYPE
    from pptx.opc.package import Part
    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls, qn

    name = part.package.next_partname("/ppt/media/vector%d.svg")
    vector = Part(name, "image/svg+xml", part.package, svg)
    relation = part.relate_to(vector, RELATIONSHIP_TYPE.IMAGE)
    blip = picture.blipFill.find(qn("a:blip"))
    blip.append(
        parse_xml(
            f'<a:extLst {nsdecls("a", "r")}><a:ext uri="{SVG_URI}">'
            f'<asvg:svgBlip xmlns:asvg="{SVG_SPACE}" r:embed="{relation}"/></a:ext></a:extLst>'
        )
    )


def _spoken(notes: Sequence[Note]) -> str:
    return "\n\n".join("\n".join((note.heading, *note.sentences)) for note in notes)


def _no_margins(frame: Any) -> None:
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    frame.word_wrap = True


def _rgb(color: str) -> Any:
    from pptx.dml.color import RGBColor

    return RGBColor.from_string(color)
