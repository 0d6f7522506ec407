"""One worker process, as the runner sees it: ask it, wait for a bounded time, end it with all that it has started."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import Any

from bench.gpu_checks.check import STATUSES
from bench.gpu_checks.worker import MARK
from bench.run.environment import ROOT

COMMAND = (sys.executable, "-m", "bench.gpu_checks.worker")
ENDING_S = 2.0  # for a killed process to be gone; one that the driver holds in the kernel may take longer
MOST_NOISE = 20  # lines of it that are kept
LONGEST = 64 << 20  # bytes of one line: rows of a check have some thousands
TAIL = 600  # characters of its error output that a line quotes


class Lost(Exception):
    """The worker gave no answer; `how` is "hung" or "died", and the message says what is known."""

    def __init__(self, how: str, reason: str) -> None:
        super().__init__(reason)
        self.how = how


class Worker:
    """A process that does checks. Not a session of its own: who ends the runner's group ends this one, too."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._errors = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, process_group=0
        )
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout, selectors.EVENT_READ)
        self._read = b""
        self.noise: list[str] = []
        """What came on the worker's output and was no answer."""

    def ask(self, action: str, given: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """The answer to one request; `Lost` where none came in time, and then the worker has been ended."""
        deadline = time.monotonic() + seconds
        told = self._told()
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps({"action": action, "given": given}).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:  # it is gone already; why is told below
            pass
        while True:
            answer = self._answer()
            if answer is not None:
                return answer
            left = deadline - time.monotonic()
            if left <= 0:
                last = self._tail(told)
                gone = self.end()
                raise Lost("hung", f"no answer in {seconds:.1f} s{'' if gone else '; it cannot be killed'}{last}")
            if self._selector.select(left) and not self._more():
                self._process.wait(ENDING_S)
                last = self._tail(told)
                code = self._process.returncode
                self.end()
                raise Lost("died", _cause(code) + last)

    def _more(self) -> bool:
        """Read what is there; False at the end of the output."""
        assert self._process.stdout is not None
        found = os.read(self._process.stdout.fileno(), 1 << 16)
        self._read += found
        return bool(found)

    def _answer(self) -> dict[str, Any] | None:
        while b"\n" in self._read:
            line, _, self._read = self._read.partition(b"\n")
            text = line.decode(errors="replace")
            found = _parse(text)
            if found is not None:
                return found
            if len(self.noise) < MOST_NOISE:
                self.noise.append(text[:TAIL])
        if len(self._read) > LONGEST:
            self._read = b""
        return None

    def _told(self) -> int:
        """How much it has written to its error output so far."""
        return os.fstat(self._errors.fileno()).st_size

    def _tail(self, begin: int) -> str:
        """What it has written there since."""
        size = self._told()
        self._errors.seek(max(begin, size - TAIL))
        text = " ".join(self._errors.read().decode(errors="replace").split())
        return f"; it said: {text}" if text else ""

    def end(self) -> bool:
        """Kill the process and its group; False where it is still there afterwards."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        try:
            self._process.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            return False
        finally:
            self._selector.close()
            for stream in (self._process.stdin, self._process.stdout, self._errors):
                with contextlib.suppress(OSError):
                    if stream is not None:
                        stream.close()
        return True


def _parse(text: str) -> dict[str, Any] | None:
    """An answer, or None for what is none."""
    try:
        found = json.loads(text.removeprefix(MARK)) if text.startswith(MARK) else None
    except ValueError:
        return None
    if not isinstance(found, dict) or not ("facts" in found or found.get("status") in STATUSES):
        return None
    return {"reason": "", "numbers": {}, "items": []} | found


def _cause(code: int | None) -> str:
    """Words for an exit status."""
    if code is None:
        return "its output ended"
    if code >= 0:
        return f"it ended with exit status {code}"
    name = signal.Signals(-code).name
    return f"it was killed by {name}" + (", as when memory runs out" if name == "SIGKILL" else "")
