"""Which checks there are, and in which order."""

from __future__ import annotations

import json

import pytest

from bench.gpu_checks.probes import SPIN_S
from bench.gpu_checks.stages import PLANS, Setting, plan
from cells.cuda.device.facts import A100, H200
from cells.registry import distinct_cells


@pytest.mark.parametrize("facts", [A100, H200], ids=lambda facts: facts.name)
@pytest.mark.parametrize("preset", ["toy", "quick", "course"])
def test_every_check_has_a_name_of_its_own_and_travels_as_json(facts, preset):
    checks = list(plan(Setting(facts, torch=True, blocks=3, preset=preset), list(PLANS)))
    assert len({check.name for check in checks}) == len(checks)
    for check in checks:
        assert json.loads(json.dumps(check.arguments)) == check.arguments
        assert 0 < check.expected_s <= check.limit_s


def test_contact_has_each_sharing_of_each_cell_both_ways():
    checks = [check for check in plan(Setting(H200, True, 3), ["contact"]) if check.action == "pass"]
    passes = [check.arguments["pass"] for check in checks]
    found = {(each["cell"], each["sharing"], each["way"]) for each in passes}
    ways = ("inference", "training")
    assert found == {(c, s, w) for c in distinct_cells() for s in ("block", "cluster", "grid", "launch") for w in ways}


def test_contact_asks_what_may_hang_last():
    checks = list(plan(Setting(H200, True, 3), ["contact"]))
    sharing = [check.arguments["pass"]["sharing"] if check.action == "pass" else check.action for check in checks]
    assert list(dict.fromkeys(sharing)) == ["probe", "block", "launch", "profile", "product", "cluster", "grid"]


def test_only_probes_that_import_pytorch_or_wait_for_the_gpu_have_a_minute():
    limits = {check.name: check.limit_s for check in plan(Setting(H200, True, 3), ["contact"])}
    assert {name.rpartition(" ")[2] for name, limit in limits.items() if limit >= 60} == {
        "shared-with-torch",
        "killed-spinner",
    }
    assert SPIN_S < limits["contact probe killed-spinner"]


def test_the_published_shape_is_the_first_of_the_grid():
    first = next(plan(Setting(H200, True, 3), ["grid"]))
    assert first.name == "grid lstm-training-T1024-B16-H768"
    assert {case["backend"] for case in first.arguments["cases"]} == {"cuda", "cuda-again", "cudnn"}
