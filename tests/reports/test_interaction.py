"""What the page's script does with figures, data and verdicts, and whether everybody can use it: in Chromium."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from reports.content import PAGE
from tests.support.browser import CHROMIUM, axe, evaluated, validator

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium installed")]

VALUES = """
const figure = document.querySelector("figure");
const canvas = figure.querySelector(".canvas"), told = figure.querySelector(".values");
const press = (key) => { canvas.dispatchEvent(new KeyboardEvent("keydown", { key })); return told.textContent; };
const idle = told.textContent;
const keys = ["ArrowRight", "ArrowRight", "ArrowLeft"].map(press);
const other = press("ArrowDown");
const ring = canvas.querySelector(".ring").getBoundingClientRect();
const at = { clientX: ring.x + ring.width / 2 + 3, clientY: ring.y + ring.height / 2, pointerType: "mouse" };
canvas.dispatchEvent(new Event("mouseleave"));
const left = told.textContent === idle && !canvas.querySelector(".ring");
canvas.dispatchEvent(new PointerEvent("pointermove", at));
const pointed = told.textContent;
const [toggle] = figure.querySelectorAll("[data-toggle]");
toggle.click();
const hidden = press("ArrowRight");
return { keys, other, left, pointed, hidden, first: toggle.textContent };
"""


def test_points_are_told_by_keys_and_pointer_and_hidden_series_are_passed_over(full_page, tmp_path):
    found = evaluated(full_page.read_text(encoding="utf-8"), tmp_path, VALUES)
    assert "error" not in found, found
    assert [re.findall(r"[−\d.]+", text) for text in found["keys"]] == [["0", "1"], ["5", "0.779"], ["0", "1"]]
    assert found["keys"][0].startswith(found["first"])
    assert not found["other"].startswith(found["first"])
    assert found["pointed"].split(" · ")[1:] == found["other"].split(" · ")[1:]
    assert not found["hidden"].startswith(found["first"])
    assert found["left"]


TABLES = """
return [...document.querySelectorAll("details.data")].map((part) => {
  const texts = (row) => [...row.cells].map((cell) => cell.textContent);
  const rows = () => [...part.querySelectorAll("tbody tr")].map(texts);
  const before = rows();
  part.open = true;
  part.dispatchEvent(new Event("toggle"));
  const after = rows();
  return {
    figure: part.closest("figure").id, total: after.length, written: part.querySelector(".quiet-count").textContent,
    other: before.map((row, place) => [row, after[place]]).filter(([a, b]) => a.join("|") !== b.join("|")),
  };
});
"""


def test_an_opened_table_has_every_row_written_as_the_page_writes_them(full_page, tmp_path):
    found = evaluated(full_page.read_text(encoding="utf-8"), tmp_path, TABLES)
    assert [table["figure"] for table in found] == list(PAGE.figure_ids())
    for table in found:
        assert table["other"] == [], table["figure"]
        assert table["written"] == f"({table['total']})"


SEARCH = """
const search = document.getElementById("search"), count = document.getElementById("count");
const shown = () => document.querySelectorAll(".card:not([hidden])").length;
search.value = "forget GATE";
search.dispatchEvent(new Event("input"));
const searched = [shown(), count.textContent, location.hash];
document.querySelector("[data-sort=order]").click();
document.querySelector('#filter button[data-verdict="supported"]').click();
const both = [shown(), location.hash, [...document.querySelectorAll(".card")].map((card) => +card.dataset.order)];
location.hash = "#verdicts?verdict=&sort=number&search=";
await new Promise((done) => addEventListener("hashchange", done, { once: true }));
const order = [...document.querySelectorAll(".card")].map((card) => +card.dataset.number);
return { searched, both, all: shown(), order };
"""


def test_verdicts_are_searched_and_the_link_keeps_what_was_chosen(full_page, tmp_path):
    found = evaluated(full_page.read_text(encoding="utf-8"), tmp_path, SEARCH)
    number, count, link = found["searched"]
    assert 0 < number < found["all"]
    assert count == f"{number} of {found['all']} shown"
    assert link == "#verdicts?verdict=&sort=number&search=forget+GATE"
    assert found["both"][0] <= number
    assert found["both"][1] == "#verdicts?verdict=supported&sort=order&search=forget+GATE"
    assert found["both"][2] == sorted(found["both"][2])
    assert found["order"] == sorted(found["order"])


AXE = """
document.documentElement.dataset.theme = THEME;
for (const part of document.querySelectorAll("details")) part.open = true;
await new Promise((done) => setTimeout(done, 300));
const found = await axe.run(document, { resultTypes: ["violations", "incomplete"] });
const told = ({ id, nodes: [node, ...more] }) =>
  `${id}: ${more.length} more, ${node.html.slice(0, 200)} ${node.any[0]?.message}`;
// A sign of a formula stands alone in its element: too short to be judged, in the colour of the text around it.
// Words inside of a drawing stand on the page's ground, which axe does not see through the drawing.
const sign = ({ any: [reason], html }) =>
  ["nonBmp", "shortTextContent"].includes(reason?.data?.messageKey) ||
  (["imgNode", "bgOverlap"].includes(reason?.data?.messageKey) && html.startsWith("<text"));
const open = found.incomplete.map((rule) => ({ ...rule, nodes: rule.nodes.filter((node) => !sign(node)) }));
const left = open.filter((rule) => rule.nodes.length);
return { violations: found.violations.map(told), open: left.map(told), passes: found.passes.length };
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_leaves_nothing_open(theme, full_page, tmp_path):
    library = axe()
    if library is None:
        pytest.skip("axe-core is not installed: make test-browser installs it from requirements-browser.lock")
    page = full_page.read_text(encoding="utf-8")
    body = AXE.replace("THEME", json.dumps(theme))
    found = evaluated(page, tmp_path, body, "--window-size=1400,1000", library=library)
    assert found["violations"] == []
    assert found["open"] == []
    assert found["passes"] > 20
    bad = evaluated(
        '<html><body><img src="data:,"><p style="color:#aaa;background:#fff">x</p></body></html>',
        tmp_path,
        body,
        library=library,
    )
    assert {"image-alt", "color-contrast", "html-has-lang"} <= {rule.partition(":")[0] for rule in bad["violations"]}


def test_the_nu_checker_finds_no_error(full_page, tmp_path):
    jar = validator()
    if jar is None:
        pytest.skip("no Nu checker: VNU_JAR names its jar, and Java runs it")
    bad = tmp_path / "bad.html"
    bad.write_text("<!DOCTYPE html><html lang=en><title>t</title><p><div></p><img></html>", encoding="utf-8")
    assert errors(jar, full_page) == []
    assert len(errors(jar, bad)) >= 2


def errors(jar: Path, page: Path) -> list[str]:
    """Return the errors of a page's markup; an old checker does not know newer CSS, and no method=dialog."""
    command = ["java", "-jar", str(jar), "--errors-only", "--format", "json", str(page)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = [message["message"] for message in json.loads(done.stderr)["messages"]]
    return [
        message for message in found if not message.startswith(("CSS:", "Bad value “dialog” for attribute “method”"))
    ]
