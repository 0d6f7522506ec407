"""Links, references and the numbers that a definition holds in its formula."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from analysis.drawing.build import BAND
from analysis.figures.gradient_profile import THRESHOLD as DRAWN_THRESHOLD
from analysis.statistics.fits import EPSILONS, FIRST_LAG
from bench.studies.axes import CHRONO_T_MAX
from cells.initialisers import chrono, find_initialiser
from cells.registry import find_cell
from reports.catalogue import languages, load_catalogue
from reports.works import WORKS

LINK = re.compile(r"\]\(#([A-Za-z0-9_-]+)\)")


def sentences(text):
    for path in text.leaves():
        for entry in text.sentences(*path):
            yield from entry.values() if isinstance(entry, dict) else (entry,)


def targets(text):
    return {target for sentence in sentences(text) for target in LINK.findall(sentence)}


@pytest.mark.parametrize("language", languages())
def test_every_link_of_a_catalogue_leads_somewhere(language, full_page):
    """Those of a sentence that is left out of this page, too."""
    anchors = set(re.findall(r' id="([^"]+)"', full_page.read_text(encoding="utf-8")))
    found = targets(load_catalogue(language))
    assert found - anchors == set()
    assert {"definition-gain", "initialisation-chrono", "ref-tallec-2018"} <= found


@pytest.mark.parametrize("language", languages())
def test_every_work_is_cited(language):
    found = targets(load_catalogue(language))
    assert {f"ref-{work.key}" for work in WORKS} - found == set()


@pytest.mark.parametrize("language", languages())
def test_a_citation_has_the_year_of_its_work(language):
    years = {f"ref-{work.key}": str(work.year) for work in WORKS}
    for sentence in sentences(load_catalogue(language)):
        for words, target in re.findall(r"\[([^\]]+)\]\(#(ref-[a-z0-9-]+)\)", sentence):
            assert years[target] in words, words


def test_works_stand_in_the_order_of_their_keys():
    assert [work.key for work in WORKS] == sorted(work.key for work in WORKS)
    for work in WORKS:
        assert work.key.endswith(str(work.year))
        assert work.address.startswith("https://")


def test_what_the_definitions_say_of_lags_and_horizons_is_what_is_computed():
    assert FIRST_LAG == 10  # "lags of ten and more"
    assert EPSILONS == (1e-3, 1e-7)  # "a thousandth, unless a ten-millionth is said"
    assert BAND == (0.025, 0.975)  # "central 95 %"
    assert DRAWN_THRESHOLD == math.log10(EPSILONS[0])


@pytest.mark.parametrize("language", languages())
def test_what_is_said_of_chrono_is_what_is_drawn(language):
    longest = re.search(r"T_\{\\max\} = (\d+)", load_catalogue(language)("initialisations", "chrono", "meaning"))
    assert float(longest[1]) == CHRONO_T_MAX
    rng = np.random.default_rng(1)
    lstm, gru = find_cell("lstm"), find_cell("gru")
    drawn = chrono(CHRONO_T_MAX)(lstm, 1, 400, rng)["bias_ih_l0"]
    forget = lstm.gate_block(drawn, "f", 400)
    assert 0 <= forget.min() < 1 < math.log(CHRONO_T_MAX - 2) < forget.max() <= math.log(CHRONO_T_MAX - 1)
    assert (lstm.gate_block(drawn, "i", 400) == -forget).all()
    update = gru.gate_block(chrono(CHRONO_T_MAX)(gru, 1, 400, rng)["bias_ih_l0"], "z", 400)
    assert (update >= 0).all()  # z keeps the state


@pytest.mark.parametrize("language", languages())
def test_every_initialisation_of_the_box_exists(language):
    names = load_catalogue(language).keys("initialisations")
    assert [find_initialiser(name, CHRONO_T_MAX).name for name in names] == list(names)
