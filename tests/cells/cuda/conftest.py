"""What the simulated GPU and the rule of configurations are, for a test that wants others."""

from __future__ import annotations

import pytest

from cells.cuda.device import target


@pytest.fixture
def on(monkeypatch):
    """`on(facts, **of_plan)`: as if the GPU, and the constants of the rule, were others."""
    from cells.cuda.plan import rule as plan

    def use(facts, **constants):
        monkeypatch.setattr(target, "facts", lambda: facts)
        for name, value in constants.items():
            monkeypatch.setattr(plan, name, value)
        plan.choose.cache_clear()

    yield use
    plan.choose.cache_clear()
