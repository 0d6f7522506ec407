"""The page in a browser that can reach nothing: the script runs under the policy, the network stays silent."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OFFLINE = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr",
)  # fmt: skip


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium installed")
def test_script_runs_and_nothing_is_refused(full_page, tmp_path):
    command = [CHROMIUM, *OFFLINE, f"--user-data-dir={tmp_path}", "--dump-dom", full_page.resolve().as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert re.search(r"<html[^>]* class=\"js\"", done.stdout)
    assert '<button type="button" data-verdict="supported"' in done.stdout
    assert "40 of 40 shown" in done.stdout
    assert not re.search(r"CONSOLE.*(Refused|violates|Error)", done.stderr), done.stderr
