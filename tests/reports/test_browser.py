"""The page in a browser that can reach nothing: script, policy, and what scrolls at any width."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import CHROMIUM, opened

WIDTHS = (320, 480, 673, 1089, 1400)
"""Of the window, in CSS pixels: both sides of the style's two limits, 42 rem and 68 rem, between telephone and desk."""
VIEWS = (*((width, "100%") for width in WIDTHS), (320, "200%"), (1400, "200%"))
"""Width, and size of the text."""

FRAME = """<!DOCTYPE html><html lang="en"><title>widths</title><body><iframe id="frame"></iframe><pre id="found"></pre>
<script>
const frame = document.getElementById("frame");
frame.height = 900;
frame.onload = () => {
  const page = frame.contentDocument;
  for (const part of page.querySelectorAll("details")) part.open = true;
  const focusable = "a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex='-1'])";
  const named = (item) => item.matches("[role][aria-label], [role][aria-labelledby]");
  const told = (item) => item.cloneNode(false).outerHTML;
  const found = [];
  for (const [width, size] of VIEWS) {
    frame.width = width;
    page.documentElement.style.fontSize = size;
    const problem = (item, what) => found.push({ width, size, what, item: told(item) });
    const root = page.scrollingElement;
    if (size === "100%" && root.scrollWidth > root.clientWidth) problem(root, "the page itself scrolls sideways");
    for (const item of page.body.querySelectorAll("*")) {
      const style = frame.contentWindow.getComputedStyle(item);
      const over = { x: item.scrollWidth - item.clientWidth, y: item.scrollHeight - item.clientHeight };
      for (const side of ["x", "y"]) {
        const overflow = style["overflow-" + side];
        if (over[side] < 2 || overflow === "visible" || item.closest("svg, math") || item.tagName === "INPUT") continue;
        if (overflow === "hidden" || overflow === "clip") problem(item, "something is cut off");
        else if (item.matches("[tabindex='0']")) named(item) || problem(item, "has no name");
        else if (!item.querySelector(focusable)) problem(item, "scrolls and takes no focus");
      }
    }
  }
  document.getElementById("found").textContent = JSON.stringify(found);
};
frame.srcdoc = PAGE;
</script></body></html>"""


def scrolling_problems(page: str, folder: Path, views: Sequence[tuple[int, str]] = VIEWS) -> list[dict[str, Any]]:
    """Open every <details> of a page at several widths and sizes of text; return what scrolls and cannot be reached."""
    within = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)  # it knows the page's script alone
    script = json.dumps(within).replace("<", "\\u003c")
    frame = folder / "widths.html"
    frame.write_text(FRAME.replace("VIEWS", json.dumps(views)).replace("PAGE", script), encoding="utf-8")
    found = re.search(r'<pre id="found">(.+?)</pre>', opened(frame, folder / "profile").stdout, re.DOTALL)
    assert found is not None, "the script of the frame has not ended"
    problems: list[dict[str, Any]] = json.loads(html.unescape(found[1]))
    return problems


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium installed")
def test_script_runs_and_nothing_is_refused(full_page, tmp_path):
    done = opened(full_page, tmp_path)
    assert re.search(r"<html[^>]* class=\"js\"", done.stdout)
    assert '<button type="button" data-verdict="supported"' in done.stdout
    assert "40 of 40 shown" in done.stdout
    assert not re.search(r"CONSOLE.*(Refused|violates|Error)", done.stderr), done.stderr


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium installed")
def test_a_link_restores_a_setting_of_the_laboratory(full_page, tmp_path):
    fragment = "#gradient-laboratory?cell=gru&init=nonsense&gain=0.5&T=60&H=16&other=1"
    done = opened(full_page, tmp_path, fragment=fragment)
    assert not re.search(r"CONSOLE.*(Refused|violates|Error)", done.stderr), done.stderr
    shown = dict(re.findall(r'data-part="(\w+)"[^>]*>([^<]*)<', done.stdout))
    assert re.fullmatch(r"[0-9.]+ steps", shown["half"])
    assert re.fullmatch(r"[0-9]+ steps", shown["horizon"])
    assert "GRU" in shown["measured"]
    link = html.unescape(re.search(r'data-part="link" href="([^"]*)"', done.stdout)[1])
    assert link == "#gradient-laboratory?cell=gru&init=torch&gain=0.5&bias=0&input=1&T=60&H=16&seed=1"
    assert done.stdout.count('<path class="live"') == 1
    # The other laboratory stands at the first step of its example.
    assert re.search(r'data-line="forget".*?data-part="before">σ\([−0-9.]+\) = [0-9.]+<', done.stdout)
    assert shown["step"] == "1 / 20"
    assert "%" in shown["answer"]


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium installed")
def test_whatever_scrolls_at_any_width_is_reached_by_the_keyboard_and_named(full_page, tmp_path):
    assert scrolling_problems(full_page.read_text(encoding="utf-8"), tmp_path) == []


UNREACHABLE = {
    '<div style="overflow: auto; width: 9rem"><p style="width: 20rem">x</p></div>': "scrolls and takes no focus",
    '<div style="overflow-y: scroll; height: 2rem"><p style="height: 9rem">x</p></div>': "scrolls and takes no focus",
    '<div tabindex="0" style="overflow: auto; width: 9rem"><p style="width: 20rem">x</p></div>': "has no name",
    '<div style="overflow: hidden; width: 9rem"><p style="width: 20rem">x</p></div>': "something is cut off",
    '<p style="width: 60rem">x</p>': "the page itself scrolls sideways",
}


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium installed")
def test_the_check_finds_what_cannot_be_reached(tmp_path):
    parts = "".join(f"<details>{element}</details>" for element in UNREACHABLE)
    page = f"<!DOCTYPE html><html lang='en'><title>t</title><body>{parts}</body></html>"
    found = [problem["what"] for problem in scrolling_problems(page, tmp_path, [(320, "100%")])]
    assert sorted(found) == sorted(UNREACHABLE.values())
