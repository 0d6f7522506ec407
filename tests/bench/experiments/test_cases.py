"""From an experiment to its items: every combination once, and combinations that mean nothing are refused."""

import pickle

import pytest

from bench.contenders.registry import installed_peers
from bench.experiments.askable import ASKABLE
from bench.experiments.asking import define
from bench.experiments.cases import cases_of, items_of
from bench.experiments.definition import from_json
from bench.experiments.estimate import in_words, seconds
from bench.experiments.measures import MEASURES
from bench.studies.axes import FIRST_SEED, PEER_CELLS


def test_every_combination_has_as_many_cases_as_seeds():
    cases = cases_of(
        define("gradient-flow", cell=["lstm", "gru"], seq_len=[10, 20], forget_bias=[0, 3], seeds=4, name="mine")
    )
    assert len(set(cases)) == len(cases) == 2 * 2 * 2 * 4
    assert {case.seed for case in cases} == set(range(FIRST_SEED, FIRST_SEED + 4))
    assert {case.number("gate_bias") for case in cases} == {0.0, 3.0}
    assert {case.study for case in cases} == {"experiment:mine"}


def test_a_training_has_the_channels_and_the_batch_of_its_task():
    tasks = {"delayed-xor": (1, 4), "temporal-order": (6, 32)}
    asked = define("training", task=list(tasks), cell="gru", learning_rate=[0.001, 0.01], seeds=2)
    cases = cases_of(asked)
    assert len(cases) == 2 * 2 * 2
    assert {(case.word("task"), (case.input_size, case.batch_size)) for case in cases} == set(tasks.items())
    told = cases_of(define("solving", task="temporal-order", cell="gru", batch_size=8, budget=100))
    assert {(case.batch_size, case.number("budget")) for case in told} == {(8, 100.0)}


def test_grids_are_measured_together_and_what_they_share_once():
    grids = [{"cell": ["rnn", "lstm"]}, {"cell": "lstm", "initialiser": ["torch", "chrono:50"]}]
    cases = cases_of(from_json({"measure": "gates", "axes": grids, "seeds": 1}))
    assert sorted((case.cell, case.initialiser, case.initialiser_value) for case in cases) == [
        ("lstm", "chrono", 50.0), ("lstm", "torch", 0.0), ("rnn", "torch", 0.0),
    ]  # fmt: skip


def test_times_are_taken_in_blocks_of_rivals_with_the_noise_beside():
    experiment = define("runtime", cell="lstm", seq_len=5, hidden_size=4, direction="inference", blocks=2, rounds=3)
    items = items_of(experiment)
    assert {item.case.backend for item in items} == {"cpu", "cpu-again", *installed_peers()}
    assert {(item.block, item.rounds) for item in items} == {(0, 3), (1, 3)}


def test_every_measure_measures_and_says_how_long_it_may_take():
    assert list(MEASURES) == list(ASKABLE)
    small = {"lyapunov-spectrum": {"seq_len": 310}, "parameters": {}, "runtime": {"direction": "inference"}}
    small |= {name: {"budget": 100} for name in ("training", "solving")}
    for name in ASKABLE:
        axes = {"cell": ["lstm"], "hidden_size": 3} | small.get(name, {"seq_len": 12})
        items = items_of(define(name, **axes, seeds=1, blocks=1, rounds=1))
        assert seconds(items, name) > 0
        rows = pickle.loads(pickle.dumps(items[0])).measure()
        metric = ASKABLE[name].metric
        drawn = [row for row in rows if row.metric.startswith(metric)]
        assert drawn
        assert {row.case.study for row in rows} == {f"experiment:{define(name, **axes).name}"}


def test_a_measure_asked_by_its_name_alone_is_about_the_main_cells():
    assert {case.cell for case in cases_of(define("parameters"))} == set(PEER_CELLS)


WRONG = {
    "bias of a gate that is not there": (
        "gradient-flow", {"cell": ["rnn"], "forget_bias": [0, 3]}, "cell rnn has no gate that keeps a state",
    ),
    "initialiser of a gate that is not there": (
        "gates", {"cell": "gru", "initialiser": "forget-bias:1"}, "forget-bias is about a gate that cell gru lacks",
    ),
    "initialiser without its value": ("gates", {"initialiser": "gaussian"}, "is gaussian; allowed: gaussian:VALUE"),
    "initialiser with a value too many": ("gates", {"initialiser": "torch:2"}, "is torch:2; allowed: torch"),
    "initialiser with a wrong value": ("gates", {"initialiser": "chrono:1"}, "t_max is 1; allowed: more than 2"),
    "scale of no input": ("gates", {"inputs": "zero", "input_scale": 2}, "inputs zero have no input_scale"),
    "short spectrum": ("lyapunov-spectrum", {"seq_len": 100}, "seq_len is 100; allowed: more than 300"),
    "memory of a cell without": ("memory", {"cell": "rnn"}, "rnn has no gate that keeps a state; allowed: .*gru"),
    "a peer that cannot": ("runtime", {"backend": "onnxruntime", "direction": "training"}, "onnxruntime"),
    "a case that fills the memory": ("gradient-flow", {"hidden_size": 1_000_000}, r"needs about \d+ GiB; allowed"),
    "a task that is none": ("training", {"task": "adding-up"}, "unknown task 'adding-up'.*did you mean 'adding'"),
    "a sequence that the task lacks": ("training", {"task": "copy-memory"}, "20 steps; allowed: 21 or more"),
    "an offset that the task lacks": ("solving", {"offset": 2}, "task delayed-xor: offset is 2; allowed: 0"),
    "all at once into gates": ("solving", {"layout": "flat", "cell": "gru"}, "layout flat with cell gru.*allowed: rnn"),
    "a batch that the task lacks": ("training", {"batch_size": 32}, "batch_size is 32, .*task delayed-xor: 4 and 0"),
    "a budget of nothing": ("training", {"budget": 0}, "budget is 0; allowed: 1 training step or more"),
    "a call of a study": ("runtime", {"direction": "profile"}, "unknown direction 'profile'; allowed: inference, "),
    "a GPU": ("runtime", {"backend": "cuda"}, "unknown backend 'cuda'; allowed: cpu, cpu-again, torch, onnxruntime"),
    "too many cases": ("gates", {"seq_len": list(range(1, 100_003))}, "100,002 cases or more; allowed: 100,000"),
    "threads": ("runtime", {"threads": 10_000}, "threads is 10000; allowed: 1 to"),
}  # fmt: skip


@pytest.mark.parametrize(("measure", "axes", "message"), WRONG.values(), ids=WRONG)
def test_a_combination_that_means_nothing_is_refused_before_anything_is_measured(measure, axes, message):
    with pytest.raises(ValueError, match=message):
        items_of(define(measure, **axes, seeds=1))


@pytest.mark.parametrize(
    ("duration", "words"), [(0.2, "1 s"), (59.6, "60 s"), (120, "2 min"), (3000, "50 min"), (9000, "2.5 h")]
)
def test_a_duration_is_written_as_a_person_would_say_it(duration, words):
    assert in_words(duration) == words
