"""The edition: complete, small enough to be cloned, and what its descriptor says it is."""

from __future__ import annotations

import dataclasses
import hashlib
import json

import pytest

from reports import edition
from reports.address import page_file
from reports.catalogue import languages, load_catalogue
from reports.check import check
from reports.edition import EDITION, LIMIT, EditionError
from tests.support.rows import synthetic_analysis as synthetic


@pytest.fixture
def made_up(monkeypatch, text):
    """The edition is made of an analysis with two figures, drawn simply."""
    whole = synthetic.full(text)
    missing = {figure.id: ", ".join(figure.studies) for figure in whole.figures[2:]}
    few = dataclasses.replace(whole, figures=whole.figures[:2], missing=missing | dict(whole.missing))
    monkeypatch.setattr(edition, "analysed", lambda source: few)
    monkeypatch.setattr("analysis.figures.draw", synthetic.draw)


def contents(folder):
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_it_is_written_anew_with_the_same_bytes(made_up, tmp_path):
    out = tmp_path / "edition"
    out.mkdir()
    (out / "old.html").write_text("of the edition before")
    pages = edition.edition(tmp_path, out)
    first = contents(out)
    assert {page.name for page in pages} == {page_file(language) for language in languages()}
    assert "old.html" not in first
    assert edition.edition(tmp_path, out) == pages
    assert contents(out) == first
    assert [path.name for path in tmp_path.iterdir()] == ["edition"]
    for page in pages:
        assert check(page) == []
    described(out)


def test_it_is_refused_where_a_clone_would_grow_too_large(made_up, monkeypatch, tmp_path):
    out = tmp_path / "edition"
    out.mkdir()
    (out / "before.html").write_text("of the edition before")
    monkeypatch.setattr(edition, "LIMIT", 1000)
    with pytest.raises(EditionError, match="allowed: 1,000"):
        edition.edition(tmp_path, out)
    assert contents(out) == {"before.html": b"of the edition before"}


def described(folder):
    """Hold what lies in an edition against its descriptor."""
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        content = (folder / resource["path"]).read_bytes()
        assert resource["bytes"] == len(content), resource["path"]
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}", resource["path"]
    return {resource["path"] for resource in package["resources"]}


@pytest.mark.skipif(not EDITION.is_dir(), reason="no edition yet")
def test_the_committed_one_is_whole():
    assert sum(map(len, contents(EDITION).values())) <= LIMIT
    paths = described(EDITION)
    assert {page_file(language) for language in languages()} <= paths
    for language in languages():
        page = EDITION / page_file(language)
        assert check(page) == []
        assert load_catalogue(language)("page", "title") in page.read_text(encoding="utf-8")
