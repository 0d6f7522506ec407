import importlib.util

import pytest

from bench.case import Case
from bench.contenders import process
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
    for backend, module in process.MODULES.items()
    for cell in module.cells
    for direction in module.directions
    for merge in module.merges
    if merge in ("none", "mean")
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


@needs["torch"]
def test_a_peer_that_dies_is_reported_and_started_anew():
    case = Case(study="runtime", cell="rnn", backend="torch")
    contender = process.contender(runtime.make_problem(case))
    peer = contender._peer
    peer._process.kill()
    peer._process.wait()
    with pytest.raises(process.PeerError, match="torch ended during results"):
        contender.results()
    assert process.contender(runtime.make_problem(case)).results()["output"].shape == (1, 1, 1)


@needs["torch"]
def test_an_error_in_a_peer_arrives_with_its_text():
    contender = process.contender(runtime.make_problem(Case(study="runtime", cell="rnn", backend="torch")))
    with pytest.raises(process.PeerError, match="torch, time: TypeError"):
        contender.time("many")


def test_a_peer_that_is_not_installed_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(process, "installed_peers", lambda: ())
    process.stop_peers()
    with pytest.raises(process.PeerError, match=r"peer torch needs torch; install with"):
        process.contender(runtime.make_problem(Case(study="runtime", cell="rnn", backend="torch")))
