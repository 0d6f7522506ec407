"""What the upper floors hand out can be pickled and copied, and is the same afterwards."""

from __future__ import annotations

import copy
import pickle
from dataclasses import fields, replace

import pandas as pd
import pytest

from analysis.claims import CLAIMS, find_claim
from bench.case import make_case
from bench.run.environment import this_environment
from bench.run.store import Store
from bench.studies.registry import STUDIES
from bench.study import Item
from reports.catalogue import load_catalogue
from reports.citing import references
from tests.support.rows import synthetic_analysis

WAYS = {f"pickle {p}": (lambda value, p=p: pickle.loads(pickle.dumps(value, p))) for p in (0, 2, 4, 5)}
WAYS |= {"deepcopy": copy.deepcopy, "copy": copy.copy}
EVERY_WAY = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


@EVERY_WAY
def test_what_is_measured(way):
    case = make_case("runtime", "lstm", gate_bias=1.0, seed=3)
    item = Item(STUDIES[0], case, block=0, rounds=1)
    assert way(case) == case
    assert way(case).key == case.key
    assert way(item).key == item.key
    assert way(this_environment()).id == this_environment().id
    for study in STUDIES:
        assert way(study) == study


def no_samples(frame):
    return None


@EVERY_WAY
def test_claims_of_the_lecture_and_one_of_a_users_own(way):
    for claim in CLAIMS:
        assert way(claim) is claim
    own = replace(CLAIMS[0], id="mine", statistic=no_samples, alternatives=())
    assert way(own) == own


def test_a_claim_that_nobody_knows_is_answered():
    with pytest.raises(ValueError, match=r"unknown claim 'gru-fewer-weigths'.*did you mean 'gru-fewer-weights'"):
        find_claim("gru-fewer-weigths")


@EVERY_WAY
def test_a_store(way, tmp_path):
    store = Store(tmp_path / "rows.sqlite")
    assert way(store).path == store.path
    assert way(store).counts() == store.counts() == []


@EVERY_WAY
def test_an_analysis_with_its_findings_figures_and_tables_and_what_is_said_of_it(way):
    text = load_catalogue("en")
    analysis = synthetic_analysis.full(text)
    again = way(analysis)
    for field in fields(analysis):
        if field.name != "figures":
            assert getattr(again, field.name) == getattr(analysis, field.name)
    assert analysis.figures
    for mine, other in zip(analysis.figures, again.figures, strict=True):
        pd.testing.assert_frame_equal(mine.data, other.data)
        assert (mine.id, mine.rows_sha, mine.facts) == (other.id, other.rows_sha, other.facts)
    assert way(references(analysis, text)) == references(again, way(text))
