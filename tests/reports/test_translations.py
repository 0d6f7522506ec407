"""Every language but the lecture's: the same entries, the same facts, no word of the lecture's language left."""

from __future__ import annotations

import re

import html5lib
import pytest
from matplotlib.figure import Figure as Canvas

from analysis.claims import CLAIMS
from cells.registry import cell_meanings
from reports.address import ORIGINAL
from reports.build import write
from reports.catalogue import Catalogue, CatalogueError, languages, load_catalogue, placeholders
from reports.check import check
from tests.reports.test_catalogue import OPTIONAL
from tests.support.rows import synthetic_analysis as synthetic

pytestmark = pytest.mark.parametrize("language", [name for name in languages() if name != ORIGINAL], scope="module")

SAME = {
    "links": re.compile(r"\]\((#[^)]+)\)"),
    "maths": re.compile(r"\$[^$]+\$"),
    "code": re.compile(r"`[^`]+`"),
}
"""What a translation keeps of a sentence, beside its facts."""
FUNCTION_WORDS = re.compile(
    r"(?<![\w-])(?:the|and|with|without|is|are|was|of|for|from|that|which|this|these|than|not|its|to|in|on|or|it|where"
    r"|each|every|all|after|before|over|under|between|both|one|two|most|by)(?![\w-])",
    re.IGNORECASE,
)
"""Words that an English sentence can hardly do without, and that are none in Spanish."""
NO_PROSE = re.compile(r"\$[^$]*\$|`[^`]*`|\{[^{}|]*\||(?<=\|)(?:one|many|other):|\{[^{}]*\}|\]\([^)]*\)")
"""Maths, code, facts, names of plural forms, targets of links."""
NAMES = re.compile(r"STIX Two Math|CC BY|Creative Commons|The recurbench authors")
UNTRANSLATED = ("script", "style", "code", "pre", "math")


@pytest.fixture(scope="module")
def translated(language):
    return load_catalogue(language)


@pytest.fixture(scope="module")
def pages(translated, tmp_path_factory):
    """A page with everything measured and one with nothing; what is drawn is none of their concern."""
    full = write(synthetic.full(translated), tmp_path_factory.mktemp("full"), translated, empty_canvas)
    return full, write(synthetic.empty(), tmp_path_factory.mktemp("empty"), translated)


def empty_canvas(figure, style, labels):
    return Canvas(figsize=(1, 1), dpi=20)


def parts(entry):
    """Return the sentences of an entry; of a line of a table, its cells."""
    sentences = (entry,) if isinstance(entry, str) else tuple(entry)
    return [text for item in sentences for text in (item.values() if isinstance(item, dict) else (item,))]


def test_every_entry_of_the_original_and_no_other(translated):
    """A language has rules of the plural of its own, a translation of each quote, and its own names of cells."""
    original = load_catalogue(ORIGINAL)
    own = {path for path in translated.leaves() if path[0] == "plural"}
    own |= {("quotes", claim.id) for claim in CLAIMS}
    own |= {("levels", "cell", name) for name in cell_meanings()}
    expected = {path for path in original.leaves() if path[0] != "plural"}
    assert expected - translated.leaves() == set()
    assert translated.leaves() - expected <= own
    assert {path[1] for path in translated.leaves() if path[0] == "quotes"} == {claim.id for claim in CLAIMS}
    assert not original.has("quotes")


def test_sentence_by_sentence_the_same_facts_links_maths_and_code(translated):
    original = load_catalogue(ORIGINAL)
    for path in sorted(original.leaves() - {("plural", name) for name in original.keys("plural")}):
        pair = parts(original.sentences(*path)), parts(translated.sentences(*path))
        name = ".".join(path)
        assert len(pair[0]) == len(pair[1]), name
        for first, second in zip(*pair, strict=True):
            assert set(placeholders(first)) == set(placeholders(second)), f"{name}: {second}"
            for what, pattern in SAME.items():
                assert set(pattern.findall(first)) == set(pattern.findall(second)), f"{what} of {name}: {second}"


def test_who_made_it_has_one_name(translated):
    assert translated("citing", "authors") == load_catalogue(ORIGINAL)("citing", "authors")


def test_every_cell_whose_label_is_a_phrase_has_a_name(translated):
    for name, cell in cell_meanings().items():
        if " " in cell["label"]:
            assert translated("levels", "cell", name) != cell["label"]


def test_no_word_of_the_original_is_left_in_the_catalogue(translated):
    for path in translated.leaves():
        if path[0] != "plural":
            for sentence in parts(translated.sentences(*path)):
                told = NAMES.sub("", NO_PROSE.sub(" ", sentence))
                assert not FUNCTION_WORDS.search(told), f"{'.'.join(path)}: {sentence}"


def test_no_word_of_the_original_is_left_on_the_page(pages):
    for page in pages:
        document = html5lib.parse(page.read_text(encoding="utf-8"), namespaceHTMLElements=False)
        for text in told(document.find("body")):
            assert not FUNCTION_WORDS.search(NAMES.sub("", text)), text


def told(element):
    """Yield what a reader is told in the page's language, in sight and out of sight."""
    if element.get("lang") == ORIGINAL or element.tag in UNTRANSLATED:
        return
    for text in (element.text, *(element.get(name) for name in ("alt", "title", "aria-label", "content"))):
        if text and text.strip():
            yield text
    for child in element:
        yield from told(child)
        if child.tail and child.tail.strip():
            yield child.tail


def test_the_pages_have_no_problems_and_tell_their_language(pages, language):
    for page in pages:
        assert check(page) == []
        assert f'<html lang="{language}">' in page.read_text(encoding="utf-8")


def test_every_entry_is_used(pages, translated):
    elsewhere = (*OPTIONAL, "compare", "notebook", "experiments", "deck")
    idle = {path for path in translated.leaves() if path not in translated.used and path[0] not in elsewhere}
    assert {path for path in idle if path[:2] != ("chapters", "experiments")} == set()


def test_a_quote_without_a_translation_fails_the_build(translated, tmp_path):
    words = {key: value for key, value in translated.words.items() if key != "quotes"}
    with pytest.raises(CatalogueError, match="quotes"):
        write(synthetic.empty(), tmp_path, Catalogue(translated.language, words))
