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
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from bench.gpu_checks.check import STATUSES
from bench.gpu_checks.worker import MARK
from bench.run.environment import ROOT

COMMAND = (sys.executable, "-m", "bench.gpu_checks.worker")
ENDING_S = 2.0  # for a killed process to be gone; one that the driver holds in the kernel may take longer
MOST_NOISE = 20  # lines of it that are kept
MOST_UNREAD = 16  # pieces of 64 KiB that are read of a lost worker: more than a pipe holds
LONGEST = 64 << 20  # bytes of one line: rows of a check have some thousands
TAIL = 600  # characters of its error output that a line quotes
FIELDS: dict[str, Any] = {"status": str, "reason": str, "numbers": dict, "items": list, "broken": (str, type(None))}
"""Types of the fields of an answer to a check."""

Waiting = Callable[[], AbstractContextManager[None]]
"""Makes a context in which a signal may interrupt the runner."""


class Lost(Exception):
    """The worker gave no answer; the message says what is known.

    how: "hung" or "died". items: the rows that it had handed over by then. running: the kind of work it named last.
    """

    def __init__(self, how: str, reason: str, items: Sequence[Mapping[str, Any]] = (), running: str | None = None):
        super().__init__(reason)
        self.how = how
        self.items = tuple(items)
        self.running = running


class Worker:
    """A process that does checks. It has a process group of its own, which ends with it."""

    def __init__(self, command: Sequence[str] = COMMAND, waiting: Waiting = nullcontext) -> None:
        self._waiting = waiting
        self._errors = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, process_group=0
        )
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout, selectors.EVENT_READ)
        self._read = b""
        self._running: str | None = None
        self._items: list[dict[str, Any]] = []
        self.noise: list[str] = []
        """What came on the worker's output and was no answer."""

    def ask(
        self, action: str, arguments: Mapping[str, Any], seconds: float, silence_s: float | None = None
    ) -> dict[str, Any]:
        """Return the answer to one request, with all its items.

        Raises `Lost` where none comes within `seconds`, where the worker says nothing at all for `silence_s`, and where
        it ends; then it has been killed.
        """
        begin = time.monotonic()
        heard = begin
        told = self._told()
        self._items = []
        self._running = None
        with contextlib.suppress(OSError):  # it is gone already; why is told below
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps({"action": action, "arguments": arguments}).encode() + b"\n")
            self._process.stdin.flush()
        while True:
            for message in self._messages():
                heard = time.monotonic()
                if "item" in message:
                    self._items.append(message["item"])
                elif "begins" in message:
                    self._running = message["begins"]
                else:
                    if "facts" not in message:
                        message["items"] = [*self._items, *message["items"]]
                    return message
            until = begin + seconds if silence_s is None else min(begin + seconds, heard + silence_s)
            left = until - time.monotonic()
            if left <= 0:
                raise self._hung(until - begin, told)
            with self._waiting():
                ready = self._selector.select(left)
            if ready and not self._more():
                raise self._died(told)

    def _hung(self, seconds: float, told: int) -> Lost:
        words = self._tail(told)
        items = self.handed_over()
        during = f" while it was at {self._running}" if self._running else ""
        gone = "" if self.end() else "; it cannot be killed"
        return Lost("hung", f"no answer in {seconds:.1f} s{during}{gone}{words}", items, self._running)

    def _died(self, told: int) -> Lost:
        with contextlib.suppress(subprocess.TimeoutExpired):  # it closed its output, or the driver holds it
            self._process.wait(ENDING_S)
        words = self._tail(told)
        cause = _cause(self._process.returncode)
        items = self.handed_over()
        self.end()
        return Lost("died", cause + words, items, self._running)

    def handed_over(self) -> tuple[dict[str, Any], ...]:
        """Return the rows of the request that is not answered yet, with what stands unread on the worker's output."""
        with contextlib.suppress(OSError, ValueError):  # nothing stands there, or it has been closed
            for _ in range(MOST_UNREAD):  # a worker that goes on printing must not hold the runner here
                if not self._more():
                    break
        self._items += [message["item"] for message in self._messages() if "item" in message]
        return tuple(self._items)

    def _more(self) -> bool:
        """Read what is there; False at the end of the output."""
        assert self._process.stdout is not None
        data = os.read(self._process.stdout.fileno(), 1 << 16)
        self._read += data
        return bool(data)

    def _messages(self) -> list[dict[str, Any]]:
        """Return what the worker has said by now, up to an answer; keep lines that are neither as noise."""
        messages: list[dict[str, Any]] = []
        while b"\n" in self._read:
            line, _, self._read = self._read.partition(b"\n")
            text = line.decode(errors="replace")
            message = parse(text)
            if message is not None:
                messages.append(message)
                if "facts" in message or "status" in message:
                    break
            elif len(self.noise) < MOST_NOISE:
                self.noise.append(text[:TAIL])
        if len(self._read) > LONGEST and b"\n" not in self._read:
            self._read = b""
        return messages

    def _told(self) -> int:
        """Return how much it has written to its error output so far."""
        return os.fstat(self._errors.fileno()).st_size

    def _tail(self, begin: int) -> str:
        """Return what it has written there since."""
        size = self._told()
        self._errors.seek(max(begin, size - TAIL))
        text = " ".join(self._errors.read().decode(errors="replace").split())
        return f"; it said: {text}" if text else ""

    def end(self) -> bool:
        """Kill the process and its group; False where it is still there afterwards."""
        with contextlib.suppress(OSError):  # no such process, any more
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


def parse(text: str) -> dict[str, Any] | None:
    """Return what a line of the worker says, or None for one that is no message of it.

    That is {"facts": {...}}, {"begins": a kind of work}, {"item": {...}}, or an answer with `FIELDS`.
    """
    try:
        message = json.loads(text.removeprefix(MARK)) if text.startswith(MARK) else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict):
        return None
    for name, kind in (("facts", dict), ("begins", str), ("item", dict)):
        if name in message:
            return {name: message[name]} if isinstance(message[name], kind) else None
    answer: dict[str, Any] = {"reason": "", "numbers": {}, "items": [], "broken": None} | message
    fits = all(isinstance(answer.get(name), kind) for name, kind in FIELDS.items())
    if not fits or answer["status"] not in STATUSES or not all(isinstance(item, dict) for item in answer["items"]):
        return None
    return answer


def _cause(code: int | None) -> str:
    """Return words for an exit status."""
    if code is None:
        return "its output ended, and the process did not"
    if code >= 0:
        return f"it ended with exit status {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:  # of the signals for programs' own use only the first and the last have names
        name = f"signal {-code}"
    return f"it was killed by {name}" + (", as when memory runs out" if name == "SIGKILL" else "")
