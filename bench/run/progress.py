"""The progress bar with the time left."""

from __future__ import annotations

import sys
from typing import IO, Any

from tqdm import tqdm


def progress_bar(total: int, stream: IO[str] | None = None) -> Any:
    """Open a bar over `total` items on `stream` (standard error); a file gets a line every 15 s."""
    stream = stream or sys.stderr
    interval = 0.2 if stream.isatty() else 15.0
    return tqdm(total=total, file=stream, mininterval=interval, unit="item", smoothing=0.1, dynamic_ncols=True)
