"""Contexts into one HTML file: templates, style, script, fonts and the content security policy."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from markupsafe import Markup

from reports import bundle, citing, provenance
from reports.address import ORIGINAL, beside
from reports.catalogue import placeholders
from reports.components import COMPONENTS, absent
from reports.data_table import level_words
from reports.inline import inline, plain
from reports.page import Experiments, Page, Section
from reports.scene import Scene
from reports.slim import share_glyphs
from reports.templates import templates

LETTERS_BEFORE = '<header class="masthead">'  # where the outlines of letters stand, which all drawings share


def render(page: Page, scene: Scene) -> str:
    """Return the whole page."""
    style, script = bundle.stylesheet(), bundle.script()
    text = scene.text
    html = (
        templates()
        .get_template("page.html")
        .render(
            language=text.language,
            ui=text.table("ui"),
            page=text.table("page"),
            script_words=text.table("script"),
            answer=answer(scene),
            run=provenance.run(scene.analysis.environments, text, scene.references[citing.SUITE].version),
            translations=scene.translations,
            sections=[section(item, scene) for item in page.sections if not left_out(item, scene)],
            style=Markup(style),
            script=Markup(script),
            policy=policy(style, script),
            linked_data=linked_data(scene),
            levels=data_block(level_words(scene.analysis.every_figure, text)),
        )
    )
    return share_glyphs(html, LETTERS_BEFORE)


def answer(scene: Scene) -> Markup:
    """Return the sentences under the title that answer it; those that need an unknown fact are left out."""
    filled = (scene.text.filled(sentence, scene.facts) for sentence in scene.text.sentences("answer", "measured"))
    return inline(" ".join(sentence for sentence in filled if sentence is not None))


def left_out(item: Section, scene: Scene) -> bool:
    """Say whether a chapter is about experiments of one's own, of which the run has none."""
    return not scene.analysis.experiments and any(isinstance(block, Experiments) for block in item.blocks)


def section(item: Section, scene: Scene) -> dict[str, Any]:
    """Return a chapter: title, finding in one sentence, blocks."""
    path = ("chapters", item.id)
    lead = scene.text(*path, "lead")
    known = scene.facts
    told = "lead" if all(name in known for name in placeholders(lead)) else "lead_without"
    blocks = []
    if item.whole and not set(item.figure_ids()) & {figure.id for figure in scene.analysis.figures}:
        blocks.append(("blocks/absent.html", absent(item, scene)))
    for block in () if blocks else item.blocks:
        template, fill = COMPONENTS[type(block)]
        blocks.append((f"blocks/{template}.html", fill(block, scene)))
    return {
        "id": item.id,
        "title": scene.text(*path, "title"),
        "short": scene.text(*path, "short"),
        "lead": inline(scene.text.told(*path, told, facts=known)),
        "blocks": blocks,
    }


def policy(style: str, script: str) -> str:
    """Only this style and this script, and no request to anywhere."""
    return (
        f"default-src 'none'; style-src '{digest(style)}'; script-src '{digest(script)}'; "
        "img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
    )


def digest(content: str) -> str:
    """Return the hash of an inline block, as a policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode("ascii")


def linked_data(scene: Scene) -> Markup:
    """Return the report for search engines: Report → ImageObject → Dataset, as JSON-LD."""
    suite = scene.references[citing.SUITE]
    creator = {"@type": "Organization", "name": suite.authors}
    content: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "Report",
        "name": suite.title,
        "description": suite.caption,
        "version": suite.version,
        "inLanguage": scene.text.language,
        "license": citing.LICENCE_URL,
        "creator": creator,
        "hasPart": [
            {
                "@type": "ImageObject",
                "@id": scene.references[figure.id].url or f"#{figure.id}",
                "name": scene.references[figure.id].title,
                "caption": plain(scene.references[figure.id].caption),
                "version": figure.rows_sha,
                "contentUrl": scene.references[figure.id].file("png"),
                "license": citing.LICENCE_URL,
                "isBasedOn": {
                    "@type": "Dataset",
                    "name": scene.references[figure.id].title,
                    "description": scene.drawn[figure.id].alt,
                    "version": figure.rows_sha,
                    "license": citing.LICENCE_URL,
                    "creator": creator,
                    "distribution": {
                        "@type": "DataDownload",
                        "encodingFormat": "text/csv",
                        "contentUrl": scene.references[figure.id].file("csv"),
                    },
                },
            }
            for figure in scene.analysis.every_figure
        ],
    }
    if suite.url:
        content |= {"@id": suite.url, "url": suite.url}
    for kind, of_original in (("translationOfWork", True), ("workTranslation", False)):
        content[kind] = [
            {"@type": "Report", "inLanguage": other.language, "url": beside(suite.page_url, other.file)}
            for other in scene.translations
            if (other.language == ORIGINAL) is of_original
        ]
    return data_block(content)


def data_block(content: object) -> Markup:
    """Return data as JSON that cannot close the script element in which it stands."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
