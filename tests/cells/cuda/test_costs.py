"""The constants of the rule: the file that holds them, and the estimate that they enter."""

import math
from dataclasses import fields, replace

import pytest

from cells.cuda.device.facts import A100, H200
from cells.cuda.plan import costs
from cells.cuda.plan.costs import ESTIMATES, FILE, NAMES, Costs, load, read, write
from cells.cuda.plan.rule import SHARINGS, Workload, candidates, choose, terms

# The constants before any was fitted; tests that fix a number take these, whatever the file holds by now.
UNFITTED = Costs(
    barrier_block=40,
    barrier_cluster=450,
    barrier_grid=2200,
    barrier_launch=6500,
    pull_latency=900,
    push_latency=60,
    pushes=32,
    formulas=350,
    tile_overhead=120,
    multiply_adds_float32=128,
    multiply_adds_float64=64,
    multiply_adds_tensor=1024,
    busy_warps=8,
    shared_bytes=128,
    cache_bytes=64,
    cache_share=0.5,
    clock=1.8e9,
)
# Choices of the rule with those constants, from when they were numbers in its source and a cluster of blocks was taken
# to fit anywhere: (cell, H, B, dtype, way, GPU) to (sharing, units, rows at once, groups, cycles of a step).
HOPPER = replace(H200, gpcs=(H200.multiprocessors,))
CHOICES = {
    ("rnn", 5, 1, "float32", "forward", HOPPER): ("block", 5, 1, 1, 602.0),
    ("rnn", 64, 16, "float32", "backward", HOPPER): ("block", 64, 1, 16, 602.0),
    ("rnn", 1760, 16, "float32", "forward", HOPPER): ("grid", 32, 4, 2, 7274.0),
    ("rnn", 128, 500, "float64", "backward", A100): ("block", 128, 2, 250, 3246.0),
    ("lstm", 32, 2, "float64", "forward", HOPPER): ("block", 32, 1, 2, 634.0),
    ("lstm", 128, 16, "float32", "backward", HOPPER): ("cluster", 16, 1, 16, 1047.5),
    ("lstm", 256, 64, "float32", "forward", HOPPER): ("cluster", 32, 4, 16, 2032.0),
    ("lstm", 512, 16, "bfloat16", "forward", HOPPER): ("grid", 8, 8, 2, 4082.0),
    ("lstm", 512, 16, "bfloat16", "backward", HOPPER): ("grid", 8, 8, 2, 4594.0),
    ("lstm", 1024, 16, "float32", "forward", HOPPER): ("grid", 8, 8, 1, 7786.0),
    ("lstm", 1024, 16, "float32", "backward", HOPPER): ("grid", 8, 4, 1, 8026.0),
    ("lstm", 1024, 128, "float64", "forward", A100): ("launch", 32, 8, 16, 126390.0),
    ("lstm", 1024, 128, "float64", "backward", A100): ("launch", 64, 4, 32, 213430.0),
    ("gru", 20, 3, "float32", "forward", HOPPER): ("block", 20, 1, 3, 602.0),
    ("gru", 256, 1, "float32", "forward", HOPPER): ("cluster", 32, 1, 1, 1179.0),
    ("gru", 256, 1, "float32", "backward", HOPPER): ("cluster", 32, 1, 1, 1291.0),
    ("gru", 768, 64, "bfloat16", "backward", HOPPER): ("grid", 12, 8, 2, 8538.0),
    ("gru", 1024, 16, "float32", "forward", A100): ("grid", 12, 4, 1, 10074.0),
    ("gru", 1024, 16, "float32", "backward", A100): ("launch", 32, 8, 2, 14924.222222222223),
    ("gru-reset-before", 64, 16, "float32", "backward", HOPPER): ("block", 64, 1, 16, 886.0),
    ("gru-reset-before", 512, 64, "float64", "forward", HOPPER): ("grid", 8, 8, 2, 13654.0),
    ("gru-reset-before", 512, 64, "float64", "backward", HOPPER): ("grid", 8, 4, 2, 14614.0),
    ("gru-reset-before", 1024, 16, "bfloat16", "forward", A100): ("grid", 12, 8, 1, 10102.0),
}
LSTM = Workload("lstm", 256, 16, "float32", HOPPER)
# The same of forced sharings.
FORCED = {
    "block": (256, 1, 16, 12858.0),
    "cluster": (32, 1, 16, 1563.0),
    "grid": (4, 8, 2, 3826.0),
    "launch": (4, 8, 2, 8250.121212121212),
}
ENTRY = 'value = 1\nunit = "cycles"\nmeaning = "a test"\norigin = "estimate"\n'


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "costs.toml"
    path.write_bytes(FILE.read_bytes())
    return path


def told(choice):
    return choice.config.units, choice.config.rows, choice.groups, choice.cycles


@pytest.mark.parametrize(("given", "expected"), CHOICES.items(), ids=lambda value: "-".join(map(str, value[:5])))
def test_the_rule_chooses_what_it_chose_with_constants_in_its_source(given, expected):
    *problem, way, facts = given
    choice = choose(Workload(*problem, facts, way), costs=UNFITTED)
    assert (choice.config.sharing, *told(choice)) == expected


@pytest.mark.parametrize("sharing", SHARINGS)
def test_a_forced_sharing_costs_what_it_cost_with_constants_in_the_source(sharing):
    assert told(choose(LSTM, sharing=sharing, costs=UNFITTED)) == FORCED[sharing]


def test_the_file_holds_the_constants_that_the_rule_takes():
    assert ESTIMATES == load()
    work = Workload("gru", 300, 7, "float32", H200)
    assert choose(work) == choose(work, costs=load())
    unfitted = {name for name, entry in read().items() if not entry.origin.startswith("fitted")}
    assert {name: getattr(ESTIMATES, name) for name in unfitted} == {name: getattr(UNFITTED, name) for name in unfitted}


@pytest.mark.parametrize("cell", ["rnn", "gru-reset-before"])
def test_an_estimate_is_its_parts_with_the_costs(cell):
    found = list(candidates(Workload(cell, 200, 33, "bfloat16", H200), costs=UNFITTED))
    assert {choice.config.sharing for choice in found} == set(SHARINGS)
    for choice in found:
        parts = terms(choice.config, 33, choice.groups, choice.rows, H200)
        assert parts.cycles(UNFITTED) == choice.cycles
        assert parts.cycles(replace(UNFITTED, formulas=351)) == choice.cycles + parts.waves


@pytest.mark.parametrize("name", [name for name in NAMES if name != "clock"])
def test_every_constant_but_the_clock_changes_some_estimate(name):
    # Small and large, with every kind of product: each constant is the one that counts somewhere.
    grid = [("lstm", 256, 4, "float32"), ("rnn", 1024, 1, "bfloat16"), ("gru", 512, 64, "float64")]
    grid += [("rnn", 32, 1, "float32"), ("lstm", 1024, 16, "bfloat16"), ("lstm", 1024, 1, "float32")]
    grid += [("lstm", 128, 1, "float32"), ("rnn", 32, 1, "bfloat16")]
    factor = 2 if name in ("busy_warps", "cache_share") else 1 / 8  # tensor cores are fast: reads take longer
    slow = replace(UNFITTED, **{name: getattr(UNFITTED, name) * factor})
    before, after = (
        [c.cycles for g in grid for c in candidates(Workload(*g, H200), costs=k)] for k in (UNFITTED, slow)
    )
    assert before != after


def test_the_estimate_follows_the_costs_and_so_does_the_choice():
    assert choose(LSTM, costs=UNFITTED).config.sharing == "cluster"
    assert choose(LSTM, costs=replace(UNFITTED, barrier_cluster=9000)).config.sharing == "grid"
    assert choose(LSTM, costs=UNFITTED).config.sharing == "cluster"


def test_costs_are_values():
    assert hash(UNFITTED) == hash(replace(UNFITTED))
    assert tuple(field.name for field in fields(Costs)) == NAMES == tuple(read())
    with pytest.raises(AttributeError):
        UNFITTED.clock = 1


def test_writing_nothing_leaves_the_file_as_it_is(file):
    write({}, "estimate", file)
    assert file.read_bytes() == FILE.read_bytes()


def test_what_is_written_is_read_and_the_rest_stays(file):
    before = read(file)
    origin = 'fitted: a "GPU" that is invented'
    write({"pull_latency": 812.3, "cache_share": 1 / 3}, origin, file)
    after = read(file)
    assert load(file) == replace(load(), pull_latency=812.3, cache_share=1 / 3)
    assert {name for name in NAMES if after[name] != before[name]} == {"pull_latency", "cache_share"}
    assert after["pull_latency"] == replace(before["pull_latency"], value=812.3, origin=origin)
    assert file.read_text().startswith(FILE.read_text().split("[")[0])


def test_an_unknown_and_a_missing_constant_are_named(file):
    text = file.read_text().replace("[formulas]", "[formulae]")
    file.write_text(text)
    with pytest.raises(ValueError, match=r"costs.toml: missing formulas; unknown formulae; allowed: barrier_block, "):
        load(file)
    with pytest.raises(ValueError, match="unknown formulae; allowed: barrier_block, "):
        write({"formulae": 1.0}, "estimate", FILE)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (ENTRY.replace("1", "0"), "value 0; allowed: a positive, finite number"),
        (ENTRY.replace("1", "inf"), "value inf; allowed"),
        (ENTRY.replace("1", "nan"), "value nan; allowed"),
        (ENTRY.replace("1", "true"), "value True; allowed"),
        (ENTRY.replace("1", '"1"'), "value '1'; allowed"),
        (ENTRY.replace('"cycles"', '""'), "unit ''; allowed: a text"),
        (ENTRY.replace('"estimate"', '"a guess"'), "allowed: it begins with data sheet, estimate, fitted"),
        (ENTRY.replace("meaning", "reason"), "missing meaning; unknown reason; allowed: value, unit, meaning, origin"),
    ],
)
def test_an_entry_that_is_not_allowed_is_named(file, entry, message):
    rest = file.read_text().split("[barrier_cluster]")[1]
    file.write_text(f"[barrier_block]\n{entry}\n[barrier_cluster]{rest}")
    with pytest.raises(ValueError, match=f"barrier_block.*{message}"):
        load(file)


def test_a_constant_that_is_no_table_and_a_file_that_is_no_toml_are_refused(file):
    file.write_text("barrier_block = 40\n[barrier_cluster]" + file.read_text().split("[barrier_cluster]")[1])
    with pytest.raises(ValueError, match="barrier_block is 40; allowed: a table with value"):
        load(file)
    file.write_text("[barrier_block")
    with pytest.raises(ValueError, match="is no TOML"):
        load(file)
    with pytest.raises(FileNotFoundError, match="no costs at"):
        load(file.with_name("absent.toml"))


def test_no_origin_is_left_out():
    for name, entry in read().items():
        assert entry.origin.startswith(costs.ORIGINS), name
        assert math.isfinite(entry.value)
