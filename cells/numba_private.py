"""All that the CPU's kernels use of numba beyond its documented interface.

Vectors as a type, tasks that threads share and a folder for machine code need more than `numba.njit`. What that takes
stands here and nowhere else, and numba is pinned below the next minor version (`pyproject.toml`): before the pin moves,
`tests/cells/test_numba_private.py` says what of it is no longer there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.core.base import BaseContext
from numba.core.datamodel import models
from numba.core.dispatcher import Dispatcher
from numba.core.errors import RequireLiteralValue
from numba.core.imputils import impl_ret_untracked
from numba.core.typeconv.castgraph import Conversion
from numba.core.typing.context import BaseContext as TypingContext
from numba.core.typing.templates import AbstractTemplate, Signature, infer_global, signature
from numba.np.numpy_support import from_dtype

__all__ = [
    "AbstractTemplate",
    "BaseContext",
    "Conversion",
    "Dispatcher",
    "RequireLiteralValue",
    "Signature",
    "TypingContext",
    "call_compiled",
    "cgutils",
    "compiler_is_off",
    "cpu_features",
    "cpu_name",
    "from_dtype",
    "impl_ret_untracked",
    "infer_global",
    "models",
    "resolve",
    "signature",
    "using_cache_directory",
]


def compiler_is_off() -> bool:
    """Say whether NUMBA_DISABLE_JIT is set, or `numba.config.DISABLE_JIT`: then numba compiles nothing."""
    return bool(config.DISABLE_JIT)  # type: ignore[attr-defined]


def cpu_name() -> str | None:
    """Return the CPU that NUMBA_CPU_NAME names, or None: the one that is there."""
    name: str | None = config.CPU_NAME  # type: ignore[attr-defined]
    return name


def cpu_features() -> str | None:
    """Return the features that NUMBA_CPU_FEATURES names, as "+avx2,-fma", or None: those of the CPU."""
    features: str | None = config.CPU_FEATURES  # type: ignore[attr-defined]
    return features


@contextmanager
def using_cache_directory(directory: Path) -> Iterator[None]:
    """Let what is decorated with `njit(cache=True)` inside the block keep its machine code in a folder.

    numba reads the setting when it decorates, and offers it to the whole process only.
    """
    previous = config.CACHE_DIR  # type: ignore[attr-defined]
    config.CACHE_DIR = str(directory)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        config.CACHE_DIR = previous  # type: ignore[attr-defined]


def resolve(typing_context: TypingContext, function: Dispatcher, arguments: Sequence[types.Type]) -> Signature:
    """Compile a function for types of arguments, while another is being compiled, and return its signature."""
    kind = types.Dispatcher(function)
    found: Signature = typing_context.resolve_function_type(kind, tuple(arguments), {})  # type: ignore[no-untyped-call]
    return found


def call_compiled(
    context: BaseContext, builder: ir.IRBuilder, function: Dispatcher, of: Signature, arguments: Sequence[ir.Value]
) -> None:
    """Write the call of a function with that signature, linking it in. What it raises is lost."""
    compiled = function.get_compile_result(of)
    library, described = compiled.library, compiled.fndesc  # type: ignore[attr-defined]
    context.active_code_library.add_linking_library(library)
    context.call_internal_no_propagate(builder, described, of, arguments)  # type: ignore[no-untyped-call]
