"""Singular and plural, by the rules of a language and from a number as it is written."""

from __future__ import annotations

import pytest

from analysis.result import Estimate, Number
from reports.catalogue import PLACEHOLDER, Catalogue, CatalogueError, languages, load_catalogue
from reports.plurals import PluralError, operands_of, plurals

# CLDR 47, https://www.unicode.org/cldr/charts/47/supplemental/language_plural_rules.html
SPANISH = {
    "one": "n = 1",
    "many": "e = 0 and i != 0 and i % 1000000 = 0 and v = 0 or e != 0..5",
}
POLISH = {
    "one": "i = 1 and v = 0",
    "few": "v = 0 and i % 10 = 2..4 and i % 100 != 12..14",
    "many": "v = 0 and i != 1 and i % 10 = 0..1 or v = 0 and i % 10 = 5..9 or v = 0 and i % 100 = 12..14",
}
RULES = {"en": dict(load_catalogue("en").words["plural"]), "es": SPANISH, "pl": POLISH, "ja": {}}


@pytest.mark.parametrize(
    ("language", "number", "category"),
    [
        ("en", "0", "other"),
        ("en", "1", "one"),
        ("en", "2", "other"),
        ("en", "1.0", "other"),
        ("en", "1,001", "other"),
        ("en", "> 1", "one"),
        ("en", "1 [1, 2]", "other"),
        ("en", "0 … 1", "one"),
        ("es", "0", "other"),
        ("es", "1", "one"),
        ("es", "1.0", "one"),
        ("es", "2", "other"),
        ("es", "1,000,000", "many"),
        ("es", "1,000,001", "other"),
        ("pl", "1", "one"),
        ("pl", "2", "few"),
        ("pl", "12", "many"),
        ("pl", "22", "few"),
        ("pl", "5", "many"),
        ("pl", "1.5", "other"),
        ("ja", "1", "other"),
    ],
)
def test_a_number_takes_the_category_of_its_language(language, number, category):
    assert plurals(RULES[language]).category(number) == category


def test_operands_are_those_of_a_number_as_written():
    assert operands_of("−1,234.50") == {"n": 1234.5, "i": 1234, "v": 2, "w": 1, "f": 50, "t": 5, "c": 0, "e": 0}


def test_a_form_has_the_number_in_place_of_its_sign():
    english, spanish = plurals(RULES["en"]), plurals(SPANISH)
    assert [english.form(n, "one: # stays|other: # stay") for n in ("0", "1", "2")] == ["0 stay", "1 stays", "2 stay"]
    assert [spanish.form(n, "one: # hilo|many: # de hilos|other: # hilos") for n in ("1", "2", "2,000,000")] == [
        "1 hilo",
        "2 hilos",
        "2,000,000 de hilos",
    ]


def test_a_category_without_a_form_takes_that_of_other():
    assert plurals(SPANISH).form("1,000,000", "one: # paso|other: # pasos") == "1,000,000 pasos"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("single: # step|other: # steps", "plural forms single, other .* allowed: one, other"),
        ("few: # step|other: # steps", "plural forms few, other .* allowed: one, other"),
        ("one: # step", "plural forms one .* other must be there"),
    ],
)
def test_forms_that_a_language_does_not_have_are_refused(written, message):
    with pytest.raises(PluralError, match=message):
        plurals(RULES["en"]).form("1", written)


@pytest.mark.parametrize("number", ["PyTorch", "", "1 s", "–"])
def test_what_is_no_number_has_no_plural(number):
    with pytest.raises(PluralError, match="allowed: a plain number"):
        plurals(RULES["en"]).category(number)


@pytest.mark.parametrize("rule", ["n is 1", "x = 1", "n = one", "n % 0 = 1", "n = 1..", ""])
def test_a_rule_that_cldr_does_not_know_is_refused(rule):
    with pytest.raises(PluralError, match="allowed: CLDR's syntax"):
        plurals({"one": rule})


@pytest.mark.parametrize("category", ["other", "several"])
def test_a_rule_for_no_category_is_refused(category):
    with pytest.raises(PluralError, match=rf"plural rules for {category}; allowed: zero, one, two, few, many"):
        plurals({category: "n = 1"})


def test_a_sentence_takes_its_plural_from_a_fact():
    text = Catalogue("en", {"plural": RULES["en"], "a": "{n|one: # seed|other: # seeds} and {m.value|other: # hours}"})
    facts = {"n": Number(1), "m": Estimate(2.5, 2.0, 3.0, "1", 8)}
    assert text.told("a", facts=facts) == "1 seed and 2.5 hours"
    assert text.told("a", facts=facts | {"n": 2.0}) == "2 seeds and 2.5 hours"


def test_an_error_names_the_language():
    text = Catalogue("xx", {"plural": {"one": "n = 1"}, "a": "{n|few: # seeds|other: # seeds}"})
    with pytest.raises(CatalogueError, match=r"text/xx: plural forms few, other"):
        text.told("a", facts={"n": 1.0})
    with pytest.raises(CatalogueError, match=r"text/xx: plural rule 'many'"):
        Catalogue("xx", {"plural": {"one": "many"}}).plurals.category("1")


@pytest.mark.parametrize("language", languages())
def test_every_plural_of_a_catalogue_has_forms_of_its_language(language):
    text = load_catalogue(language)
    seen = 0
    for path in text.leaves():
        for sentence in text.sentences(*path):
            for match in PLACEHOLDER.finditer(sentence) if isinstance(sentence, str) else ():
                if match["forms"] is not None:
                    assert text.plurals.form("1", match["forms"]), f"{'.'.join(path)}: {sentence}"
                    seen += 1
    assert seen
