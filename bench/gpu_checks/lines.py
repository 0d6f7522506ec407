"""What the command says: text on standard output, and lines of JSON in a file as well.

Neither a reader that has gone, nor a full disk, nor an encoding without the letters ends the minutes on a GPU.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def show(text: str) -> None:
    """Print text for as long as somebody reads it."""
    try:
        try:
            print(text, flush=True)
        except UnicodeEncodeError as error:
            print(text.encode(error.encoding, "backslashreplace").decode(error.encoding), flush=True)
    except BrokenPipeError:
        _silence()
    except OSError:  # a full disk: the text stays in the buffer, and the next line tries again
        pass


def finish() -> None:
    """Write out what standard output still holds, or drop it: Python's own try at exit would change the status."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        _silence()


def _silence() -> None:
    """Send standard output to nowhere from now on."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, sys.stdout.fileno())
    except (AttributeError, OSError):  # it is no file
        sys.stdout = open(os.devnull, "w")
    finally:
        os.close(nowhere)


class Lines:
    """Lines of JSON, on standard output and behind those that a file has already."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
        size = os.fstat(self._file).st_size
        self._torn = size > 0 and os.pread(self._file, 1, size - 1) != b"\n"
        self._failed = False

    def say(self, line: Mapping[str, Any]) -> None:
        """Write a line; a file that cannot take it is named once on standard output, where all lines go on."""
        text = json.dumps(line)
        try:
            self._write(text.encode() + b"\n")
        except OSError as error:
            if not self._failed:
                show(json.dumps({"kind": "lines not stored", "reason": str(error)}))
            self._failed = True
        show(text)

    def _write(self, data: bytes) -> None:
        left = b"\n" + data if self._torn else data
        while left:
            written = os.write(self._file, left)
            self._torn = written < len(left)
            left = left[written:]

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)
