"""The command that compiles names what is missing, and refuses other words."""

import pytest

from bench.gpu_kernels import __main__ as gpu_kernels


def test_the_command_that_compiles_names_what_is_missing(capsys, monkeypatch):
    monkeypatch.setattr(gpu_kernels, "why_not", lambda: "numba-cuda is not installed")
    assert gpu_kernels.main(["--for", "sm_90a"]) == 2
    assert "nothing can be compiled: numba-cuda is not installed" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["--for", "sm_90a", "--fit", "rows"], ["--for", "sm_42"]])
def test_the_command_that_compiles_refuses_other_words(words, capsys):
    with pytest.raises(SystemExit) as ended:
        gpu_kernels.main(words)
    assert ended.value.code == 2
    assert "sm_90a" in capsys.readouterr().err or not words
