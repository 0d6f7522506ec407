"""Rows of earlier versions in today's words: stores are renewed in place, exports as they are read."""

from __future__ import annotations

from typing import Any

from bench.conditions import CONDITIONS
from bench.rows import RUN_DEFAULTS

STATUSES = {"underflow": "zero"}
"""Former names of statuses."""
NOT_REACHED = "not lost within"
"""How the reason of a right-censored row began, when its status was still "failed"."""


def renewed(frame: Any) -> Any:
    """Return a tidy frame (pandas) of any earlier export with today's columns and statuses.

    A condition that came after the rows were exported has its default. Rows that do not know their run belong to one
    run for each version of the code, which counts as whole.
    """
    absent: dict[str, Any] = {
        name: condition.default for name, condition in CONDITIONS.items() if name not in frame.columns
    }
    absent |= {name: value for name, value in RUN_DEFAULTS.items() if name not in frame.columns}
    frame = frame.assign(**absent)
    if not {"status", "reason", "metric", "value", "seq_len"} <= set(frame.columns):
        return frame  # whoever reads them says which columns are missing
    frame["status"] = frame["status"].replace(STATUSES)
    text = frame["reason"].astype(str)
    reached = (frame["status"] == "failed") & frame["metric"].astype(str).str.startswith("lost_")
    reached &= text.str.startswith(NOT_REACHED)
    if reached.any():
        frame["status"] = frame["status"].mask(reached, "censored")
        frame["value"] = frame["value"].mask(reached, frame["seq_len"])
    return frame


RENEW_STATUSES = f"""
UPDATE measurements SET status = 'zero' WHERE status = 'underflow';
UPDATE measurements SET status = 'censored',
    value = (SELECT c.seq_len FROM items i JOIN cases c ON c.key = i.case_key WHERE i.id = measurements.item)
    WHERE status = 'failed' AND metric LIKE 'lost\\_%' ESCAPE '\\' AND reason LIKE '{NOT_REACHED}%';
UPDATE items SET status = 'ok' WHERE status = 'failed'
    AND NOT EXISTS (SELECT 1 FROM measurements m WHERE m.item = items.id AND m.status = 'failed');
"""
"""The same for the tables of a store."""
