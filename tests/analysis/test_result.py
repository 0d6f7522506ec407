"""The values that pass to the reports."""

from __future__ import annotations

import pytest

from analysis.result import fact_key
from reports.catalogue import placeholders


@pytest.mark.parametrize(
    ("levels", "key"),
    [
        (("gru-reset-before", "torch-fb1"), "gru_reset_before_torch_fb1"),
        ((-2.0,), "m2"),
        (("left", "forget-path", 0.5), "left_forget_path_0_5"),
        (("hidden_size", "128"), "hidden_size_128"),
        (("-1",), "m1"),
    ],
)
def test_a_fact_has_a_name_that_a_sentence_can_quote(levels: tuple[object, ...], key: str) -> None:
    assert fact_key(*levels) == key
    assert placeholders(f"It is {{{key}}}.") == (key,)
