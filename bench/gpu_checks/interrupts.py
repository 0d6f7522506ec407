"""Signals that end a run early: they interrupt waiting, and nothing else, so that no row is lost half way."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

STATUS = 130  # of an interrupted run, as shells have it for Ctrl-C
NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


class Interrupts:
    """Signals, remembered until the runner waits for something, and then raised once as KeyboardInterrupt."""

    def __init__(self) -> None:
        self._received = False
        self._waiting = False
        self.raised = False
        """Whether the run was interrupted."""

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Take Ctrl-C, SIGTERM and SIGHUP; one that this process was started to ignore (nohup) stays ignored."""
        numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
        before = {number: signal.getsignal(number) for number in numbers}
        taken = [number for number in numbers if before[number] is not signal.SIG_IGN]
        for number in taken:
            signal.signal(number, self._receive)
        try:
            yield
        finally:
            for number in taken:
                signal.signal(number, before[number])

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Let a signal interrupt what is done inside; one that came before interrupts at once."""
        self._waiting = True
        try:
            if self._received:
                self._raise()
            yield
        finally:
            self._waiting = False

    def _receive(self, number: int, frame: Any) -> None:
        self._received = True
        if self._waiting:
            self._raise()

    def _raise(self) -> None:
        if not self.raised:  # what is left to do is to keep what there is
            self.raised = True
            raise KeyboardInterrupt
