"""The table of worst errors, printed after the tests that fill it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.problem import GROUPS

WORST = pytest.StashKey[dict[tuple[str, str, str], dict[str, tuple[float, str]]]]()


@pytest.fixture
def record_errors(request: pytest.FixtureRequest) -> Callable[[str, str, str, str, dict[str, float]], None]:
    """Keep the largest error per (reference, cell, dtype) and group, and the problem that gave it."""

    def record(reference: str, cell: str, dtype: str, label: str, errors: dict[str, float]) -> None:
        worst = request.config.stash.setdefault(WORST, {}).setdefault((reference, cell, dtype), {})
        for group, error in errors.items():
            worst[group] = max(worst.get(group, (-1.0, "")), (error, label))

    return record


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    rows = config.stash.get(WORST, {})
    if not rows:
        return
    terminalreporter.section("worst error, relative to the largest value (tests/support/problem.py: YARDSTICK)")
    head = ("reference", "cell", "dtype", "worst", *GROUPS, "worst at")
    table = [head]
    for key, worst in sorted(rows.items()):
        error, label = max(worst.values())
        cells = [f"{worst[group][0]:.1e}" if group in worst else "-" for group in GROUPS]
        table.append((*key, f"{error:.1e}", *cells, label))
    widths = [max(len(row[column]) for row in table) for column in range(len(head))]
    for row in table:
        terminalreporter.write_line("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)))
