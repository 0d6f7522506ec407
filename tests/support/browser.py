"""The page in headless Chromium that can reach nothing: opened, or with a script of a test's own inside of it."""

from __future__ import annotations

import html
import importlib.util
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OFFLINE = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr",
)  # fmt: skip
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
FOUND = re.compile(r'<pre id="test-found">(.+?)</pre>', re.DOTALL)
WAIT_MS = 20_000  # of the page's own clock, which waits for nothing that is not loaded


def opened(page: Path, profile: Path, *options: str, fragment: str = "") -> subprocess.CompletedProcess[str]:
    """Open a page and return what it has become."""
    command = [
        str(CHROMIUM),
        *OFFLINE,
        *options,
        f"--user-data-dir={profile}",
        "--dump-dom",
        page.resolve().as_uri() + fragment,
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)


def evaluated(page: str, folder: Path, body: str, *options: str, library: str = "") -> Any:
    """Return what a function body in JavaScript returns inside the page, which is opened without its policy."""
    script = (
        f'addEventListener("load", async () => {{ let found; try {{ found = await (async () => {{ {body} }})(); }}'
        " catch (error) { found = { error: String(error) }; }"
        ' document.body.append(Object.assign(document.createElement("pre"),'
        ' { id: "test-found", textContent: JSON.stringify(found) })); });'
    )
    before, _, after = POLICY.sub("", page).rpartition("</body>")
    target = folder / "evaluated.html"
    safe = library.replace("</script", "<\\/script")
    target.write_text(f"{before}<script>{safe}</script><script>{script}</script></body>{after}", encoding="utf-8")
    done = opened(target, folder / "profile", f"--virtual-time-budget={WAIT_MS}", *options)
    found = FOUND.search(done.stdout)
    assert found is not None, f"the test's script has not ended: {done.stderr[-2000:]}"
    return json.loads(html.unescape(found[1]))


def axe() -> str | None:
    """Return the source of axe-core, from the wheel of requirements-browser.lock; None where it is not installed."""
    found = importlib.util.find_spec("axe_core_python")
    if found is None or not found.submodule_search_locations:
        return None
    return Path(found.submodule_search_locations[0], "axe.min.js").read_text(encoding="utf-8")


def validator() -> Path | None:
    """Return the jar of the Nu HTML checker: VNU_JAR; None where that is not set or Java is not installed."""
    jar = os.environ.get("VNU_JAR", "")
    return Path(jar) if jar and Path(jar).is_file() and shutil.which("java") else None
