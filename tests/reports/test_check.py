"""The check itself: each rule finds the page that breaks it, and lets a good one pass."""

from __future__ import annotations

import pytest

from reports.check import check, main
from reports.render import policy

STYLE, SCRIPT = "p { color: red }", "void 0"
GOOD = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>T</title>'
    f'<meta http-equiv="Content-Security-Policy" content="{policy(STYLE, SCRIPT)}">'
    f'<style>{STYLE}</style></head><body><p id="a"><a href="#a">A</a> <a href="https://doi.org/1">D</a></p>'
    f"BODY<script>{SCRIPT}</script></body></html>"
)
BROKEN = {
    "not well-formed": "<p><div></p></div>",
    "stands 2 times": '<p id="a"></p>',
    "dead link": '<a href="#nowhere">x</a>',
    "missing file": '<a href="nothing.html">x</a>',
    "img without alt": '<img src="data:image/png;base64,AAAA">',
    "svg without title": '<svg viewBox="0 0 1 1"></svg>',
    "img src asks": '<img alt="x" src="https://example.org/x.png">',
    "link href asks": '<link rel="stylesheet" href="https://example.org/x.css">',
    "iframe src asks": '<iframe src="other.html"></iframe>',
    "policy does not know": "<script>alert(1)</script>",
    "inline handler": '<p onclick="x()">x</p>',
    "style attribute": '<p style="color: red">x</p>',
    "not filled in: '{value}'": "<p>It is {value}.</p>",
    "not filled in: '{n|one: # step|other: # steps}'": "<p>It is {n|one: # step|other: # steps}.</p>",
    "not filled in: 'nan'": "<p>It is nan.</p>",
    "not filled in: 'None'": "<td>None</td>",
    "not filled in: 'inf'": "<p>inf steps</p>",
    "refers to no id": '<svg aria-hidden="true"><path clip-path="url(#gone)"/></svg>',
    "names no id": '<p aria-labelledby="gone">x</p>',
}


def problems(tmp_path, body):
    path = tmp_path / "page.html"
    path.write_text(GOOD.replace("BODY", body), encoding="utf-8")
    return check(path)


def test_good_page_passes(tmp_path):
    assert problems(tmp_path, "<p>information, infinite, Nancy</p>") == []


@pytest.mark.parametrize("message", BROKEN)
def test_each_rule_finds_what_breaks_it(tmp_path, message):
    found = problems(tmp_path, BROKEN[message])
    assert any(message in problem for problem in found), found


def test_style_sheet_that_asks_for_something_is_found(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(GOOD.replace("BODY", "").replace(STYLE, "p { background: url(https://example.org/x.png) }"))
    assert any("style asks" in problem for problem in check(path))


def test_page_without_a_policy_is_found(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("<!DOCTYPE html><html lang='en'><head><title>T</title></head><body></body></html>")
    assert check(path) == ["no content security policy"]


def test_command_exits_with_one_where_something_is_wrong(tmp_path, capsys):
    path = tmp_path / "page.html"
    path.write_text(GOOD.replace("BODY", ""))
    assert main([str(path)]) == 0
    path.write_text(GOOD.replace("BODY", "<p>nan</p>"))
    assert main([str(path)]) == 1
    assert "nan" in capsys.readouterr().out
    assert main([]) == 2
