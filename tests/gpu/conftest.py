"""These tests run where a GPU is; elsewhere they say what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from cells.cuda.device import target


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    own = [item for item in items if Path(__file__).parent in item.path.parents]
    reason = None
    if own:
        reason = "the simulator is no GPU" if target.SIMULATED else target.missing()
    for item in own:
        item.add_marker(pytest.mark.gpu)
        if reason is not None:
            item.add_marker(pytest.mark.skip(reason=reason))
