"""The lines that the command says: nothing that reads or stores them ends a run."""

from __future__ import annotations

import errno
import io
import json
import subprocess
import sys

from bench.gpu_checks import lines
from bench.gpu_checks.__main__ import main
from bench.run.environment import ROOT
from bench.run.store import Store
from tests.bench.gpu_checks.commands import CHIP, FAULTY, command, lines_in, lines_of


def test_lines_are_in_a_file_too_and_the_last_one_counts(told, tmp_path, capsys):
    assert main(["--out", str(tmp_path), "--stage", "grid", "--only", "rnn*H64", "--blocks", "1"], FAULTY) == 0
    printed = lines_of(capsys.readouterr().out)
    assert lines_in(tmp_path) == printed
    assert [line["kind"] for line in printed[:2]] == ["start", "machine"]
    assert printed[1]["multiprocessors"] == CHIP["multiprocessors"]
    assert printed[-1]["kind"] == "end"
    assert printed[-1]["passed"] == sum(line["kind"] == "check" for line in printed)


def test_lines_go_on_where_nobody_reads_them(told, tmp_path, monkeypatch):
    class Closed:
        def write(self, text):
            raise BrokenPipeError

        def flush(self):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Closed())
    assert main(["--out", str(tmp_path), "--stage", "grid", "--only", "rnn*H64", "--blocks", "1"], FAULTY) == 0
    assert lines_in(tmp_path)[-1]["kind"] == "end"


def test_a_full_disk_takes_no_line_and_ends_nothing(told, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(lines.os, "write", full)
    assert main(["--out", str(tmp_path), "--stage", "grid", "--only", "rnn*H64", "--blocks", "1"], FAULTY) == 0
    printed = lines_of(capsys.readouterr().out)
    assert [line["kind"] for line in printed].count("lines not stored") == 1
    assert printed[-1]["passed"] == sum(line["kind"] == "check" for line in printed) > 0


def full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_behind_standard_output_ends_nothing(told, tmp_path):
    with open("/dev/full", "w") as disk:
        done = command(["--out", str(tmp_path), "--stage", "contact", "--only", "product own"], stdout=disk)
    assert done.returncode == 1  # the faulty worker knows no products
    assert lines_in(tmp_path)[-1]["died"] == 3


def test_letters_that_an_encoding_lacks_are_escaped(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, "ascii"))
    lines.show("too far by 5 µs")
    assert raw.getvalue() == b"too far by 5 \\xb5s\n"


def test_a_list_may_be_cut_off(told):
    run = [sys.executable, "-m", "bench.gpu_checks", "--list"]
    process = subprocess.Popen(run, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline().startswith("contact: ")
    process.stdout.close()
    assert (process.stderr.read(), process.wait()) == ("", 0)
    process.stderr.close()


def test_a_later_run_keeps_the_lines_of_an_earlier_one(told, tmp_path):
    words = ["--out", str(tmp_path), "--stage", "steps", "--only", "rnn*H32", "--blocks", "1"]
    assert main(words, FAULTY) == 0
    with (tmp_path / "lines.jsonl").open("a") as file:
        file.write('{"torn')
    earlier = (tmp_path / "lines.jsonl").read_text()
    with Store(tmp_path / "gpu.sqlite").writing():
        assert main(words, FAULTY) == 2
    text = (tmp_path / "lines.jsonl").read_text()
    assert text.startswith(earlier + "\n")
    later = [json.loads(line) for line in text.removeprefix(earlier).splitlines() if line]
    assert [line["kind"] for line in later] == ["start", "machine", "end"]
    assert "another run is writing" in later[-1]["reason"]
