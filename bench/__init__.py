"""What is measured: cases, studies, timing, gradient flow, peers, experiments of one's own, the run and the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.experiments.asking import ask

__all__ = ["ask"]


def __getattr__(name: str) -> Any:
    """Import `ask` when it is asked for: the kernels come with it."""
    if name not in __all__:
        raise AttributeError(f"module 'bench' has no attribute {name!r}; it has {', '.join(__all__)}")
    from bench.experiments import asking

    return getattr(asking, name)
