"""Whatever was done to an export by hand, it is read as it was, or the file, the line and the column are named."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.load import load, load_environments
from analysis.schema_check import in_column
from bench.case import CASE_COLUMNS, case_from
from bench.columns import SCHEMA, Real, Whole, Words
from bench.rows import COLUMNS
from cells.registry import cell_meanings
from tests.support import exports
from tests.support.exports import edited, with_cell

WHOLE = [name for name, kind in SCHEMA.items() if isinstance(kind, Whole)]
NUMBERS = [name for name, kind in SCHEMA.items() if isinstance(kind, Real)]
NAMES = [name for name, kind in SCHEMA.items() if name not in (*WHOLE, *NUMBERS, "reason", "unit")]
NO_NUMBERS = ("nan", "inf", "-inf", "1e400", "three", "3,5", "0x10", "True", "1 000")
FREE = ("reason", "run", "variant")
CELLS = len(COLUMNS)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return exports.write(tmp_path / "export", exports.small_frame())


def refusal(table: Path) -> str:
    with pytest.raises(ValueError, match=re.escape(table.name)) as caught:
        load(table.parent)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_small_export_itself_is_read(table: Path) -> None:
    assert len(load(table.parent)) == len(exports.small_frame())
    assert {SCHEMA[name].allowed for name in COLUMNS}  # every column says what it allows


def shown(text: str) -> str:
    """How a message quotes a cell."""
    return (
        text if text in ("nan", "inf", "-inf", "1e400", "3.5", "-3", "1e300", "-1") else repr(text) if text else "empty"
    )


def assert_named(table: Path, column: str, texts: Sequence[str], allowed: str) -> None:
    """Put each text into a row of its own, as many as a message names; each is named with its line."""
    for line, text in enumerate(texts, 2):
        with_cell(table, line, column, text)
    first, *others = [f"line {line}: {shown(text)}" for line, text in enumerate(texts, 2)]
    first = first.replace(":", f": {column} is", 1)
    assert f"measurements.csv, {', '.join([first, *others])}; allowed: {allowed}" in refusal(table)


@pytest.mark.parametrize("column", [*WHOLE, *NUMBERS])
def test_what_is_no_number_is_named(table: Path, column: str) -> None:
    assert_named(table, column, ["inf", "nan", "three"], "")


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", *NO_NUMBERS])
@pytest.mark.parametrize("column", [*WHOLE, *NUMBERS])
def test_everything_that_is_no_number_is_named(table: Path, column: str, text: str) -> None:
    assert_named(table, column, [text], "a number" if (column, text) == ("value", "") else "")


@pytest.mark.parametrize("column", WHOLE)
def test_whole_numbers_are_whole_and_in_their_range(table: Path, column: str) -> None:
    assert_named(table, column, ["3.5", "-3", "1e300"], "0 or 1" if column == "whole" else "whole numbers, ")


@pytest.mark.parametrize(
    "column", [name for name in WHOLE if name in ("hidden_size", "seq_len", "batch_size", "threads")]
)
def test_a_count_is_one_at_least(table: Path, column: str) -> None:
    assert f"{column} is 0; allowed: whole numbers, 1 or more" in refusal(with_cell(table, 2, column, "0"))


@pytest.mark.parametrize("text", ["-1", "0", "1e300"])
def test_a_time_is_more_than_nothing(table: Path, text: str) -> None:
    assert f"line 2: value is {text}; allowed: " in refusal(with_cell(table, 2, "value", text))


WORDS = [name for name in NAMES if name not in (*FREE, "environment", "code_version")]


@pytest.mark.parametrize("column", WORDS)
def test_a_word_is_one_of_the_known(table: Path, column: str) -> None:
    assert_named(table, column, ["", "NONE", "nobody "], SCHEMA[column].allowed)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["nobody", "Lstm", "-1", "3.5", "1e300", "nan", "ok "])
@pytest.mark.parametrize("column", WORDS)
def test_every_word_that_is_unknown_is_named(table: Path, column: str, text: str) -> None:
    assert_named(table, column, [text], SCHEMA[column].allowed)


@pytest.mark.parametrize(
    ("column", "text", "allowed"),
    [
        ("backend", "tpu", "cpu, cpu-again, torch"),
        ("merge", "max", "none, mean, concat, sum"),
        ("cell", "LSTM", "gru, "),
        ("inputs", "ones", "normal, zero, start, -"),
        ("metric", "gate_mean", "elapsed_s, "),
        ("metric", "lost_seen_never", "elapsed_s, "),
        ("unit", "ms", "'s' where metric is first_call_cold_s"),
        ("metric", "first_call_warm_s", "rows that differ in one of study"),
        ("metric", "parameters_single", "'count' where metric is parameters_single"),
        ("status", "failed", "nothing where status is failed"),
        ("status", "zero", "nothing where status is zero"),
        ("value", "", "a number where status is ok"),
        ("environment", "elsewhere", "an id that is described beside the rows: synthetic"),
        ("environment", "8.66842E+11", "letters, digits, _ and -"),
        ("code_version", "8.66842E+11", "letters, digits, _ and -"),
        ("variant", "two words", "a word without spaces"),
        ("measured_at", "2026-02-30T00:00:00Z", "a date that exists"),
        ("measured_at", "28/11/2026 09:40", "a date that exists"),
        ("step", "nan", "finite numbers"),
        ("input_scale", "-1", "finite numbers, 0 or more"),
        ("input_seed", "-2", "whole numbers, -1 or more"),
        ("whole", "2", "0 or 1"),
    ],
)
def test_what_is_wrong_beside_others_is_named(table: Path, column: str, text: str, allowed: str) -> None:
    message = refusal(with_cell(table, 2, column, text))
    assert "measurements.csv, line " in message
    assert column in message or column in ("metric", "status")
    assert f"allowed: {allowed}" in message


def test_a_value_of_an_item_that_failed_is_named(table: Path) -> None:
    last = len(exports.small_frame()) + 1
    message = refusal(with_cell(table, last, "value", "1"))
    assert f"line {last}: value is 1; allowed: nothing where status is failed" in message


def test_the_first_cells_are_named_and_the_others_counted(table: Path) -> None:
    def change(rows: list[list[str]]) -> None:
        for row in rows[1:11]:
            row[rows[0].index("hidden_size")] = "3.5"

    message = refusal(edited(table, change))
    assert "line 2: hidden_size is 3.5, line 3: 3.5, line 4: 3.5; allowed: whole numbers, 1 or more" in message
    assert message.endswith("; and 7 more")


def test_the_line_is_that_of_the_file_also_after_line_ends_in_cells_and_empty_lines(table: Path) -> None:
    with_cell(table, 2, "reason", "first line\nsecond line")
    with_cell(table, 4, "threads", "0")
    text = table.read_text().replace("second line", "second line\n", 1)
    table.write_text(text)
    lines = text.splitlines()
    line = next(i for i, line in enumerate(lines, 1) if ",0,0,0.0,0.0," in line and i > 3)
    assert f"line {line}: threads is 0" in refusal(table)


def test_rows_twice_are_named_with_both_lines(table: Path) -> None:
    message = refusal(edited(table, lambda rows: rows.append(rows[3])))
    last = len(exports.small_frame()) + 2
    assert f"measurements.csv, line {last}: the same row as line 4" in message
    everything = exports.small_frame()
    both = exports.write(table.parent, pd.concat([everything, everything]))
    assert f"{len(everything)} rows stand there twice" in refusal(both)


def test_what_excel_writes_is_read_or_named(table: Path) -> None:
    plain, rows = load(table.parent), table.read_bytes()
    table.write_bytes(b"\xef\xbb\xbf" + rows.replace(b"\n", b"\r\n"))
    pd.testing.assert_frame_equal(load(table.parent), plain)
    table.write_bytes(rows.replace(b",", b";"))
    assert "line 1: columns are separated by semicolons; allowed: commas" in refusal(table)
    table.write_bytes(rows.replace(b",", b"\t"))
    assert "separated by tabs" in refusal(table)
    table.write_bytes(rows.replace(b",1.0,-1.0,", b",1,0,-1.0,", 1))
    assert re.search(rf"line 2: ({CELLS + 1}|more) cells.*allowed: {CELLS}, one a column", refusal(table))


def test_one_cell_too_many_or_too_few_is_named(table: Path) -> None:
    edited(table, lambda rows: rows[5].append("x"))
    assert f"line 6: {CELLS + 1} cells; allowed: {CELLS}" in refusal(table)
    edited(table, lambda rows: [rows[5].pop() for _ in range(2)])
    assert "line 6: measured_at is empty" in refusal(table)


def test_rows_and_columns_in_another_order_are_the_same(table: Path) -> None:
    plain, frame = load(table.parent), exports.small_frame()
    exports.write(table.parent, frame.iloc[::-1].loc[:, list(COLUMNS[::-1])])
    pd.testing.assert_frame_equal(load(table.parent), plain)


def test_columns_that_are_twice_missing_or_unknown_are_named(table: Path) -> None:
    frame = exports.small_frame()
    exports.write(table.parent, frame.assign(temperature=1.0))
    assert "unknown columns ['temperature']" in refusal(table)
    exports.write(table.parent, frame.drop(columns="cell"))
    assert "missing columns ['cell']" in refusal(table)
    exports.write(table.parent, pd.concat([frame, frame["value"]], axis=1))
    assert "line 1: column value stands there twice" in refusal(table)


def test_an_id_of_digits_alone_stays_text(table: Path) -> None:
    ids = {"environment": "012345678901", "code_version": "1234567e1012", "run": "20261128"}
    exports.write(
        table.parent, exports.small_frame().assign(**ids), {"012345678901": exports.ENVIRONMENTS["synthetic"]}
    )
    frame = load(table.parent)
    assert {name: set(frame[name]) for name in ids} == {name: {text} for name, text in ids.items()}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"synthetic": ', "environment.json is no JSON"),
        ("", "environment.json is no JSON"),
        ("[]", "environment.json holds a list; allowed: a mapping"),
        ('{"synthetic": []}', "'synthetic' is a list; allowed: a mapping of facts"),
        ('{"synthetic": {"cells": ["rnn"]}}', r"cells are described by \['rnn'\]; allowed: a mapping"),
        ('{"synthetic": {"cells": {"rnn": {}}}}', "description of cell 'rnn' lacks order"),
        ("{}", r"line 2: environment is 'synthetic'.*described beside the rows: none is; and"),
    ],
)
def test_an_environment_that_is_no_description_is_named(table: Path, text: str, message: str) -> None:
    (table.parent / "environment.json").write_text(text)
    with pytest.raises(ValueError, match=message):
        load(table.parent)


@pytest.mark.parametrize("key", ["label", "color_slot", "states", "equation", "keeps", "maps"])
@pytest.mark.parametrize("wrong", ["nothing at all", -1, {"gate": 1}, [], [1]], ids=str)
def test_a_cell_whose_description_cannot_be_is_named(table: Path, key: str, wrong: object) -> None:
    fine = {("label", "nothing at all"), ("equation", "[]")}
    if (key, str(wrong)) in fine:
        return
    meanings = cell_meanings() | {"lstm": {**cell_meanings()["lstm"], key: wrong}}
    exports.write(table.parent, exports.small_frame(), {"synthetic": {"cells": meanings}})
    with pytest.raises(ValueError, match=f"the description of cell 'lstm': {key} is .*; allowed: "):
        load_environments(table.parent)


def test_a_cell_that_only_the_environment_knows_is_allowed_and_no_other(table: Path) -> None:
    meanings = cell_meanings() | {"new-cell": cell_meanings()["rnn"]}
    frame = exports.small_frame()
    exports.write(
        table.parent, frame.assign(cell=frame["cell"].replace("rnn", "new-cell")), {"synthetic": {"cells": meanings}}
    )
    assert "new-cell" in set(load(table.parent)["cell"])
    assert "cell is 'newer-cell'" in refusal(with_cell(table, 2, "cell", "newer-cell"))


def test_what_a_case_may_be_its_columns_may_hold_and_nothing_else() -> None:
    """The schema of a column and the checks of `bench.case.Case` say the same of every word and every least number."""
    frame = exports.small_frame()
    row = frame.iloc[0].to_dict()
    for name in CASE_COLUMNS:
        kind = SCHEMA[name]
        if isinstance(kind, Words):
            tried: tuple[object, ...] = (*kind.known, "nobody")
        elif isinstance(kind, Whole) and name != "input_seed":  # a condition: its case takes every number
            tried = (kind.least, kind.least - 1)
        else:
            continue
        for value in tried:
            try:
                case_from({**row, name: value})
                expected = True
            except ValueError:
                expected = False
            assert not list(in_column(name, kind, pd.Series([value]))) == expected, (name, value)


TEXTS = st.one_of(
    st.sampled_from(
        ["", "0", "1", "2", "-1", "3.5", "nan", "inf", "1e300", "lstm", "LSTM", "ok", "zero", "s", "none", "-"]
    ),
    st.integers().map(str),
    st.floats().map(repr),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=8),
)


def assert_read_or_named(folder: Path, line: int, column: str, text: str) -> None:
    table = with_cell(exports.write(folder / "export", exports.small_frame()), line, column, text)
    try:
        frame, message = load(table.parent), None
    except ValueError as error:
        frame, message = None, str(error)
    if message is not None:
        assert re.search(rf"measurements\.csv, line {line}\b", message) or "the same row as" in message
        assert column in message
    else:
        assert 0 < len(frame) <= len(exports.small_frame())  # fewer where another version or run was made up
        assert np.isfinite(frame.loc[frame["status"] == "ok", "value"]).all()


EDITS = {"line": st.integers(2, 17), "column": st.sampled_from(COLUMNS), "text": TEXTS}
FIXED = {"deadline": None, "derandomize": True, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


@settings(max_examples=15, **FIXED)
@given(**EDITS)
def test_an_edit_of_one_cell_is_read_or_named(tmp_path: Path, line: int, column: str, text: str) -> None:
    assert_read_or_named(tmp_path, line, column, text)


@pytest.mark.slow
@settings(max_examples=1000, **FIXED)
@given(**EDITS)
def test_many_edits_of_one_cell_are_read_or_named(tmp_path: Path, line: int, column: str, text: str) -> None:
    assert_read_or_named(tmp_path, line, column, text)


def test_the_message_is_one_line_and_the_command_ends_with_two(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import recurbench

    with_cell(table, 17, "hidden_size", "3.5")
    assert recurbench.main(["report", "--source", str(table.parent), "--out", str(table.parent / "page")]) == 2
    told = capsys.readouterr().err
    assert told.endswith("measurements.csv, line 17: hidden_size is 3.5; allowed: whole numbers, 1 or more\n")
    assert told.count("\n") == 1
    assert json.loads((table.parent / "environment.json").read_text())  # nothing was written over
