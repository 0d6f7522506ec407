"""Which files a module is made of."""

from __future__ import annotations

import pytest

from cells import kernel_cache, sources
from cells.cuda.device.cubins import NOT_COMPILED


def names(module, *without):
    return {path.relative_to(sources.ROOT).as_posix() for path in sources.closure(module, without)}


def test_a_closure_has_what_is_imported_directly_or_not_and_nothing_else():
    found = names("cells.cuda.kernels.forward", *NOT_COMPILED)
    assert {"cells/cuda/kernels/forward.py", "cells/cuda/kernels/ptx.py", "cells/lowering.py", "cells/spec.py"} <= found
    assert not {name for name in found if name.startswith("cells/cpu/")}
    assert "cells/cuda/plan/rule.py" not in found
    assert "cells/cuda/kernels/backward.py" not in found


def test_a_package_that_is_left_out_is_left_out_with_what_only_it_imports():
    assert not {name for name in names("cells.cuda.kernels.forward", *NOT_COMPILED) if "/device/" in name}
    assert "cells/cuda/device/target.py" in names("cells.cuda.kernels.forward")


def test_kernels_of_the_cpu_are_made_of_nothing_of_the_gpu():
    assert not {path for path in kernel_cache._sources() if "cuda" in path.parts}


def test_an_import_inside_of_a_function_counts(tmp_path, monkeypatch):
    package = tmp_path / "cells"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "one.py").write_text("def f():\n    from cells import two\n")
    (package / "two.py").write_text("import cells.three\n")
    (package / "three.py").write_text("import numpy\n")
    monkeypatch.setattr(sources, "ROOT", tmp_path)
    sources.closure.cache_clear()
    try:
        assert {path.name for path in sources.closure("cells.one")} >= {"one.py", "two.py", "three.py"}
        before = sources.digest(sources.closure("cells.one"))
        (package / "three.py").write_text("import numpy  # a change\n")
        assert sources.digest(sources.closure("cells.one")) != before
    finally:
        sources.closure.cache_clear()


def test_a_module_that_is_not_there_is_named():
    with pytest.raises(FileNotFoundError, match=r"cells\.nonsense.*has no file"):
        sources.closure("cells.nonsense")
