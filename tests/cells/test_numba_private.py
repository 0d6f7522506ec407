"""What of numba's inside the kernels stand on: after an upgrade the names of these tests say what is gone."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import numba
import pytest
from numba import config, njit, types
from numba.core.base import BaseContext
from numba.core.compiler import CompileResult
from numba.core.dispatcher import Dispatcher
from numba.core.typing.context import BaseContext as TypingContext

from cells import numba_private

ROOT = Path(__file__).parents[2]
SETTINGS = ("CACHE_DIR", "CPU_NAME", "CPU_FEATURES")


@pytest.mark.parametrize("name", SETTINGS)
def test_setting_is_an_attribute_of_numba_config(name):
    assert hasattr(config, name)


def test_njit_reads_the_cache_directory_while_it_decorates(tmp_path):
    with numba_private.using_cache_directory(tmp_path):
        kept = njit(cache=True)(_one_more)
    assert config.CACHE_DIR != str(tmp_path)
    assert Path(kept._cache.cache_path).is_relative_to(tmp_path)


def _one_more(x):
    return x + 1


def test_a_dispatcher_is_a_type_and_gives_its_compile_result():
    dispatcher = njit(_one_more)
    assert isinstance(dispatcher, Dispatcher)
    assert types.Dispatcher(dispatcher).dispatcher is dispatcher
    dispatcher.compile((types.int64,))
    compiled = dispatcher.get_compile_result(dispatcher.nopython_signatures[0])
    assert isinstance(compiled, CompileResult)
    assert {"library", "fndesc"} <= set(compiled._fields)


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        (TypingContext.resolve_function_type, ["self", "func", "args", "kws"]),
        (BaseContext.call_internal_no_propagate, ["self", "builder", "fndesc", "sig", "args"]),
        (BaseContext.make_array, ["self", "typ"]),
        (BaseContext.make_tuple, ["self", "builder", "typ", "values"]),
    ],
    ids=lambda value: getattr(value, "__qualname__", ""),
)
def test_method_takes_what_the_kernels_give(method, parameters):
    assert list(inspect.signature(method).parameters) == parameters


def test_the_context_knows_the_library_that_is_being_compiled():
    assert isinstance(inspect.getattr_static(BaseContext, "active_code_library"), property)


@pytest.mark.parametrize("name", numba_private.__all__)
def test_name_is_there(name):
    assert getattr(numba_private, name)


def test_nothing_else_of_the_cpu_reaches_into_numba():
    files = [*(ROOT / "cells").glob("*.py"), *(ROOT / "cells" / "cpu").rglob("*.py")]
    public = {"numba", "numba.extending"}
    reached = {
        (path.name, node.module)
        for path in files
        if path.name != "numba_private.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "numba"
        if node.module not in public or "config" in [alias.name for alias in node.names]
    }
    assert not reached


def test_numba_is_the_minor_version_that_this_was_tried_with():
    assert numba.__version__.startswith("0.68.")
