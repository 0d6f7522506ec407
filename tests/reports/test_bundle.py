"""Script and style of the page: every file has its place, nothing outgrows its limit, nothing is lost in packing."""

from __future__ import annotations

import pytest

from reports import bundle


def test_every_file_has_one_place():
    scripts = ["start", *(name for group in bundle.SCRIPTS for name in group)]
    for names, folder, ending in ((scripts, "script", "js"), (list(bundle.STYLES), "style", "css")):
        assert len(names) == len(set(names))
        assert {f"{name}.{ending}" for name in names} == {path.name for path in (bundle.FOLDER / folder).iterdir()}


def test_all_scripts_together_are_small():
    assert len(bundle.script().encode()) <= bundle.SCRIPT_LIMIT


@pytest.mark.parametrize(
    ("code", "packed"),
    [
        ('// why\nconst a = "//"; // b\n\n  // c\n  a;\n', 'const a = "//"; // b\na;'),
        ('if (a === b) {\n  c = d ? +e : "x : y";\n}\n', 'if(a===b){c=d?+e:"x : y";}\n'),
        ("a = b + +c; // d,\ne = f / g;\n", "a = b + +c; // d,\ne=f / g;"),
        ("a(`${b} = ${c && `= ${d}`}`);\n", "a(`${b} = ${c && `= ${d}`}`);\n"),
        ("a = b.match(/ = /);\n", "a = b.match(/ = /);\n"),
    ],
)
def test_packing_keeps_texts_patterns_and_comments(code, packed):
    assert bundle.packed(code) == packed


def test_packing_takes_comments_and_indentation_of_the_style():
    assert bundle.CSS_REMARK.sub("", "/* a\n b */\np {\n  color: red;\n}\n") == "p {\ncolor: red;\n}\n"


@pytest.mark.parametrize("path", sorted((bundle.FOLDER / "script").glob("*.js")), ids=lambda path: path.stem)
def test_no_text_of_a_script_spans_lines(path):
    """Packing takes indentation away, so that a template of several lines would change."""
    for line in path.read_text(encoding="utf-8").splitlines():
        assert line.count("`") % 2 == 0, line
