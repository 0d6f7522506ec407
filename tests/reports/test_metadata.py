"""Who else reads what is written about the project: citation files by their schemas, citations by biber and CSL."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import warnings
from importlib import metadata
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from reports import citing
from reports.datapackage import datapackage
from reports.downloads import csv_bytes
from tests.support.rows import synthetic_analysis as synthetic

ROOT = Path(__file__).parents[2]
URL = "https://example.org/course/report.html"
ZENODO_UPLOADS = {
    "publication", "poster", "presentation", "dataset", "image", "video", "software", "lesson", "physicalobject",
    "other",
}  # fmt: skip
"""What Zenodo takes as `upload_type`: the vocabulary of its deposit interface."""
ZENODO_FIELDS = {
    "title", "description", "upload_type", "license", "creators", "keywords", "version", "publication_date", "language",
    "access_right", "related_identifiers", "contributors", "references", "notes", "doi", "communities", "grants",
}  # fmt: skip


@pytest.fixture(scope="module")
def citation_file():
    return YAML(typ="safe", pure=True).load(ROOT / "CITATION.cff")


def schema_in(package, name):
    """Return a schema that a package ships; what else the package needs is not installed, so it is not imported."""
    (file,) = (file for file in metadata.files(package) if str(file).endswith(name))
    return json.loads(file.read_text(encoding="utf-8"))


def test_the_citation_file_follows_its_schema(citation_file):
    schema = schema_in("cffconvert", "schemas/1.2.0/schema.json")
    validator = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())
    assert [error.message for error in validator.iter_errors(citation_file)] == []
    broken = citation_file | {"license": "nobody's"}
    assert list(validator.iter_errors(broken))


def test_zenodo_gets_what_it_takes_and_the_same_as_the_citation_file(citation_file):
    told = json.loads((ROOT / ".zenodo.json").read_text(encoding="utf-8"))
    assert set(told) <= ZENODO_FIELDS
    assert {"title", "description", "upload_type", "creators"} <= set(told)
    assert told["upload_type"] in ZENODO_UPLOADS
    assert [set(creator) - {"name", "affiliation", "orcid", "gnd"} for creator in told["creators"]] == [set()]
    assert told["title"] == citation_file["title"]
    assert told["description"] == citation_file["abstract"]
    assert told["license"] == citation_file["license"]
    assert told["keywords"] == citation_file["keywords"]
    assert [creator["name"] for creator in told["creators"]] == [author["name"] for author in citation_file["authors"]]


def test_the_data_of_all_figures_are_a_data_package(text, tmp_path):
    whole = synthetic.full(text)
    page = b"<!DOCTYPE html><title>page</title>"
    written = datapackage(whole, text, URL, {"report.en.html": page})
    assert written == datapackage(whole, text, URL, {"report.en.html": page})
    package = json.loads(written)
    validator = jsonschema.Draft4Validator(schema_in("datapackage", "profiles/data-package.json"))
    assert [error.message for error in validator.iter_errors(package)] == []
    assert list(validator.iter_errors(package | {"resources": []}))
    tables = {resource["name"]: resource for resource in package["resources"] if resource["format"] == "csv"}
    assert set(tables) == {figure.id for figure in whole.figures}
    tabular = jsonschema.Draft4Validator(schema_in("datapackage", "profiles/tabular-data-resource.json"))
    for figure in whole.figures:
        told = tables[figure.id]
        assert [error.message for error in tabular.iter_errors(told)] == []
        content = csv_bytes(figure.data)
        assert told["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        assert told["bytes"] == len(content)
        assert [field["name"] for field in told["schema"]["fields"]] == list(figure.data.columns)
        assert told["version"] == figure.rows_sha
    (beside,) = (resource for resource in package["resources"] if resource["format"] == "html")
    assert beside["bytes"] == len(page)


@pytest.fixture(scope="module", params=["", URL], ids=["file", "address"])
def references(request, text):
    return citing.references(synthetic.full(text), text, request.param)


def test_every_citation_can_be_set_by_a_csl_processor(references):
    import citeproc
    from citeproc.source.json import CiteProcJSON

    items = [item for each in references.values() for item in json.loads(citing.csl_json(each))]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a field that the processor does not know is a warning
        source = CiteProcJSON(items)
    style = citeproc.CitationStylesStyle("harvard-cite-them-right", validate=False)
    bibliography = citeproc.CitationStylesBibliography(style, source, citeproc.formatter.plain)
    for item in items:
        bibliography.register(citeproc.Citation([citeproc.CitationItem(item["id"])]))
    printed = [str(entry) for entry in bibliography.bibliography()]
    assert len(printed) == len(items)
    for item in items:
        assert any(item["title"] in line for line in printed)


@pytest.mark.skipif(shutil.which("biber") is None, reason="no biber installed")
def test_biber_reads_every_entry(references, tmp_path):
    (tmp_path / "all.bib").write_text("\n".join(map(citing.bibtex, references.values())), encoding="utf-8")
    command = ["biber", "--tool", "--validate-datamodel", "--output-file=out.bib", "all.bib"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "WARN" not in said, said
    assert "ERROR" not in said, said
    again = (tmp_path / "out.bib").read_text(encoding="utf-8")
    assert again.upper().count("@MISC{") == len(references)


@pytest.mark.skipif(shutil.which("biber") is None, reason="no biber installed")
def test_biber_finds_what_is_wrong(tmp_path):
    (tmp_path / "bad.bib").write_text("@misc{a,\n  titel = {x},\n}\n", encoding="utf-8")
    command = ["biber", "--tool", "--validate-datamodel", "--output-file=out.bib", "bad.bib"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "WARN" in done.stdout + done.stderr
