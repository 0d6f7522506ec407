"""What a training does inside a network, against the network trained again by hand."""

import numpy as np
import pytest

from bench.measures.trained import LOSS, measure_during, measure_one_network
from bench.studies import during_training, one_network, training_axes
from bench.studies.training_axes import GRU, LSTM, RNN
from bench.training import prepare
from cells.flow.profile import trace_profile

STEPS = 10


def case_of(arm, study="during-training", **settings):
    small = {"hidden_size": 8, "budget": 300, "learning_rate": 3e-3}
    return training_axes.training(study, "temporal-order", arm, STEPS, 1000, **small | settings)


def of_metric(rows, metric):
    return {row.step: row.value for row in rows if row.metric == metric}


@pytest.mark.parametrize("arm", [RNN, LSTM, GRU])
def test_looks_are_those_at_a_network_trained_that_far(arm):
    case = case_of(arm)
    rows = measure_during(case, 0)
    left = of_metric(rows, "log10_left_at")
    assert list(left) == list(of_metric(rows, "test_accuracy")) == [0, 100, 200, 300]
    shorter = prepare(case.replaced(budget=200))
    shorter.run()
    x = shorter.test_set.x[:, :32]
    d_last = np.random.default_rng([case.seed, LOSS]).standard_normal((32, case.hidden_size))
    trace = shorter.model.layer.forward(x)
    profile = trace_profile(trace, d_last)["joint"].mean(axis=1)
    assert left[200] == pytest.approx(profile[0] - profile[-1], abs=1e-12)
    during = of_metric(rows, "log10_profile_during")
    assert set(during) == set(of_metric(rows, "log10_profile_after")) == set(range(STEPS + 1))
    nearest = next(step for step in left if abs(2 * step - 300) == 100)
    assert during[STEPS] - during[0] == pytest.approx(left[nearest], abs=1e-12)
    before = of_metric(rows, "log10_profile_before")
    assert before[STEPS] - before[0] == pytest.approx(left[0], abs=1e-12)
    keeps = shorter.model.layer.spec.keeps
    kept = {phase: of_metric(rows, f"keep_{phase}") for phase in ("before", "during", "after")}
    if keeps is None:
        assert not any(kept.values())
    else:
        assert all(list(found) == list(range(1, STEPS + 1)) for found in kept.values())
        untrained = prepare(case)
        share = keeps.share(untrained.model.layer.forward(x).gates[keeps.gate])
        assert kept["before"][1] == pytest.approx(float(share[0].mean()), abs=1e-7)


def test_one_network_is_written_down_step_by_step():
    case = case_of(LSTM, "one-network", budget=100)
    rows = measure_one_network(case, 0)
    trained = prepare(case)
    trained.run()
    x = trained.test_set.x[:, :1]
    at = {(row.metric, row.step, row.replicate): row.value for row in rows if row.metric.startswith("trained_")}
    trace = trained.model.layer.forward(x)
    gates = len(trace.gates)
    assert len(at) == STEPS * (6 + gates * 8 + 2 * 8 + 4)
    for t in range(1, STEPS + 1):
        for channel in range(6):
            assert at["trained_input", t, channel] == x[t - 1, 0, channel]
        for unit in range(8):
            assert at["trained_gate_f", t, unit] == trace.gates["f"][t - 1, 0, unit]
            assert at["trained_state_c", t, unit] == trace.states["c"][t, 0, unit]
        answer = trained.model.predict(x[:t])[0]
        assert np.allclose([at["trained_answer", t, place] for place in range(4)], answer, atol=1e-5)


def test_the_studies_have_the_networks_that_they_speak_of():
    assert len(one_network.STUDY.cases_in("course")) == 1
    arms = {(case.cell, case.initialiser) for case in during_training.STUDY.cases_in("course")}
    assert arms == {("rnn", "torch"), ("rnn", "orthogonal"), ("lstm", "torch"), ("lstm", "torch-fb1"), ("gru", "torch")}
