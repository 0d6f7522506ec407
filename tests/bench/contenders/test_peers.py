import importlib.util
import itertools
from dataclasses import replace

import pytest

from bench.case import Case
from bench.contenders import process, registry
from bench.contenders.problem import make_problem
from bench.measures import runtime

pytestmark = pytest.mark.torch
needs = {
    "torch": pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed"),
    "onnxruntime": pytest.mark.skipif(
        not all(map(importlib.util.find_spec, ("onnxruntime", "onnx"))), reason="ONNX Runtime is not installed"
    ),
}
PEERS = [
    pytest.param(backend, cell, direction, merge, marks=needs[backend])
    for backend, peer in registry.PEERS.items()
    for cell, direction, merge in itertools.product(peer.cells, peer.directions, ("none", "mean"))
    if merge in peer.merges and (cell != "convolution" or (direction, merge) == ("inference", "none"))
]


@pytest.fixture(autouse=True, scope="module")
def stopped():
    yield
    process.stop_peers()


@pytest.mark.parametrize(("backend", "cell", "direction", "merge"), PEERS)
def test_a_peer_computes_the_same_layer(backend, cell, direction, merge):
    case = Case(
        study="runtime",
        cell=cell,
        backend=backend,
        direction=direction,
        merge=merge,
        seq_len=4,
        batch_size=3,
        hidden_size=8,
        input_size=5,
    )
    rows = runtime.measure(case, 0, rounds=2)
    assert len([row for row in rows if row.metric == "elapsed_s"]) == 2


def prepare_in(backend):
    return registry.find_contender(backend).prepare(make_problem(Case(study="runtime", cell="rnn", backend=backend)))


@needs["torch"]
def test_a_peer_that_dies_is_reported_and_started_anew():
    prepared = prepare_in("torch")
    prepared._peer._process.kill()
    prepared._peer._process.wait()
    with pytest.raises(process.PeerError, match="torch ended during results"):
        prepared.results()
    assert prepare_in("torch").results()["output"].shape == (1, 1, 1)


@needs["torch"]
def test_an_error_in_a_peer_arrives_with_its_text():
    case = Case(study="runtime", cell="rnn", backend="torch")
    problem = replace(make_problem(case), x="no array")
    with pytest.raises(process.PeerError, match="torch, prepare: TypeError"):
        registry.find_contender("torch").prepare(problem)


def test_a_peer_that_is_not_installed_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(process.PeerError, match=r"peer torch needs torch; install with"):
        prepare_in("torch")


def test_a_peer_says_what_it_cannot_do(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    case = Case(study="runtime", cell="rnn", backend="onnxruntime", direction="training")
    why = registry.find_contender("onnxruntime").why_not(case)
    assert why == "peer onnxruntime has no direction 'training'; allowed: inference"
    assert registry.able(case, registry.PEERS) == ["torch"]
