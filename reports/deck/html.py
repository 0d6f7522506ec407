"""The deck as one HTML file: it opens offline, needs no script to be read, and asks nothing of the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from reports import bundle
from reports.catalogue import Catalogue
from reports.deck.drawings import title_of
from reports.deck.slides import TOP, Slide
from reports.render import policy
from reports.slim import share_glyphs
from reports.templates import templates

WORDS = ("controls", "notes_title", "previous", "next", "show_notes", "theme", "full", "keys")
COLOURS = "colours.css"
LETTERS_BEFORE = "<main"  # where the outlines of letters stand, which all drawings share


def html(slides: Sequence[Slide], drawings: Mapping[str, str], text: Catalogue) -> str:
    """Return the deck; `drawings` are inline SVGs by figure id, in the page's own ink."""
    folder = bundle.FOLDER / "deck"
    style = "".join(
        path.read_text(encoding="utf-8") for path in (bundle.FOLDER / "style" / COLOURS, folder / "deck.css")
    )
    script = (folder / "deck.js").read_text(encoding="utf-8")
    page = (
        templates()
        .get_template("deck/deck.html")
        .render(
            language=text.language,
            slides=slides,
            sizes={slide.id: round(title_of(slide)[0]) for slide in slides},
            drawings={name: Markup(drawing) for name, drawing in drawings.items()},
            words={word: text(TOP, word) for word in WORDS},
            style=Markup(style),
            script=Markup(script),
            policy=policy(style, script),
        )
    )
    return share_glyphs(page, LETTERS_BEFORE)
