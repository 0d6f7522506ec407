"""Probes: small experiments on one layer, each for a sentence of the lecture about what a cell does."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.case import Case
from bench.draw import draw
from bench.measures.gradient_flow import log_row, profile_rows
from bench.rows import Measurement
from cells import Layer

Array = NDArray[np.floating[Any]]
END = 20.0
"""A gate's bias at which sigma is 0 or 1 to eight digits: the limits that the lecture speaks of."""


def measure_ends(case: Case, block: int) -> list[Measurement]:
    """What a gate does at both of its ends, as a share; step: the bias, +END or -END, of the gate in question.

    LSTM: share of c_{t-1} kept (bias of f), share of the candidate taken (i), share of tanh c passed on (o). GRU: share
    of h_{t-1} kept, with z open and r closed (bias of z positive), and the other way round.
    """
    rows = []
    for bias in (-END, END):
        if case.cell == "lstm":
            rows += [
                Measurement(case, "share_kept", _kept(_biased(case, f=bias)), "1", block, step=bias),
                Measurement(case, "share_taken", _taken(_biased(case, i=bias)), "1", block, step=bias),
                Measurement(case, "share_passed", _passed(_biased(case, o=bias)), "1", block, step=bias),
            ]
        else:
            layer = _biased(case, z=bias, r=-bias)
            rows.append(Measurement(case, "share_kept", _kept_by_gru(layer), "1", block, step=bias))
    if case.cell == "lstm":
        rows.append(Measurement(case, "squashed_twice", _squashed_twice(case), "1", block))
    return rows


def _biased(case: Case, **biases: float) -> tuple[Layer, Array, dict[str, Array]]:
    """The case's layer with the biases of some gates replaced, one step of input, and a state to start from."""
    layer, x, _, rng = draw(case)
    hidden, parameters = case.hidden_size, {name: values.copy() for name, values in layer.parameters.items()}
    for gate, bias in biases.items():
        for name, value in (("bias_ih_l0", bias), ("bias_hh_l0", 0.0)):
            layer.spec.gate_block(parameters[name], gate, hidden)[:] = value
    layer.load_parameters(parameters)
    start: dict[str, Array] = {name: rng.standard_normal((case.batch_size, hidden)) for name in layer.spec.states}
    return layer, x[:1], start


def _kept(setting: tuple[Layer, Array, dict[str, Array]]) -> float:
    """Change of c_t over the change of c_{t-1} that caused it."""
    layer, x, start = setting
    moved = start | {"c": start["c"] + 1}
    return float(np.mean(layer(x, moved)[1]["c"] - layer(x, start)[1]["c"]))


def _taken(setting: tuple[Layer, Array, dict[str, Array]]) -> float:
    """What was added to f c_{t-1}, over the candidate."""
    layer, x, start = setting
    trace = layer.forward(x, start)
    added = trace.states["c"][1] - trace.gates["f"][0] * start["c"]
    return float(np.sum(added * trace.gates["g"][0]) / np.sum(np.square(trace.gates["g"][0])))


def _passed(setting: tuple[Layer, Array, dict[str, Array]]) -> float:
    """h_t over tanh c_t."""
    layer, x, start = setting
    final = layer(x, start)[1]
    squashed = np.tanh(final["c"])
    return float(np.sum(final["h"] * squashed) / np.sum(np.square(squashed)))


def _kept_by_gru(setting: tuple[Layer, Array, dict[str, Array]]) -> float:
    """Least-squares share of h_{t-1} in h_t, beside a share of the candidate."""
    layer, x, start = setting
    trace = layer.forward(x, start)
    columns = np.stack([start["h"].ravel(), trace.gates["n"][0].ravel()], axis=1)
    shares = np.linalg.lstsq(columns, trace.output[0].ravel(), rcond=None)[0]
    return float(shares[0])


def _squashed_twice(case: Case) -> float:
    """Largest |h - tanh(tanh a)| of an LSTM with f = 0, i = o = 1: what is left of it is an RNN squashed twice."""
    layer, x, start = _biased(case, f=-END, i=END, o=END)
    trace = layer.forward(x, start)
    return float(np.max(np.abs(trace.output[0] - np.tanh(trace.gates["g"][0]))))


def measure_sequences(case: Case, block: int) -> list[Measurement]:
    """Sequences of various lengths, in chunks, and read in one direction or two; differences over the largest output.

    `padding_difference`: a batch padded to one length against each sequence on its own. `chunk_difference`: two halves
    with the state carried over against the whole. `future_gradient`: largest |dy_t/dx_s| over s > t. `state_lost`:
    share of c that is gone after T steps of an LSTM with f open and i closed.
    """
    layer, x, _, rng = draw(case)
    lengths = rng.integers(1, case.seq_len + 1, case.batch_size)
    padded = np.where(np.arange(case.seq_len)[:, None, None] < lengths[None, :, None], x, 0.0)
    output = layer.forward(padded).output
    rows = []
    if case.merge == "none":
        worst = 0.0
        for b, length in enumerate(lengths):
            single = layer(x[:length, b : b + 1])[0]
            worst = max(worst, float(np.abs(output[:length, b] - single[:, 0]).max() / np.abs(single).max()))
        rows.append(Measurement(case, "padding_difference", worst, "1", block))
        whole, half = layer(x)[0], case.seq_len // 2
        first, carried = layer(x[:half])
        second = layer(x[half:], carried)[0]
        difference = np.abs(np.concatenate((first, second)) - whole).max() / np.abs(whole).max()
        rows.append(Measurement(case, "chunk_difference", float(difference), "1", block))
    trace, middle = layer.forward(x), case.seq_len // 2
    d_output = np.zeros(trace.output.shape)
    d_output[middle] = rng.standard_normal(d_output.shape[1:])
    future = float(np.abs(trace.backward(d_output).input[middle + 1 :]).max())
    rows.append(Measurement(case, "future_gradient", future, "1", block))
    if case.merge == "none" and "c" in trace.states:
        layer, _, start = _biased(case, f=END, i=-END)
        kept = layer(x, start)[1]["c"]
        lost = np.abs(kept - start["c"]).max() / np.abs(start["c"]).max()
        rows.append(Measurement(case, "state_lost", float(lost), "1", block))
    return rows


def measure_reach(case: Case, block: int) -> list[Measurement]:
    """log10 of ||dL/dx_s||, for a loss at the step t in the middle, over the batch; step: s - t, above 0 the future.

    A row has status "underflow" where the derivative is exactly zero: the output does not depend on that input.
    """
    layer, x, start, rng = draw(case)
    trace, middle = layer.forward(x, start), case.seq_len // 2
    d_output = np.zeros(trace.output.shape)
    d_output[middle] = rng.standard_normal(d_output.shape[1:])
    norms = np.linalg.norm(trace.backward(d_output).input, axis=(1, 2))
    with np.errstate(divide="ignore"):
        values = np.log10(norms)
    return [log_row(case, "log10_reach", float(value), block, float(s - middle)) for s, value in enumerate(values)]


def measure_clamped(case: Case, block: int) -> list[Measurement]:
    """The gradient profile with gates that move, and with each gate held at its unit's own mean opening."""
    layer, x, start, rng = draw(case)
    trace = layer.forward(x, start)
    d_last = rng.standard_normal((case.batch_size, case.hidden_size))
    parameters = {name: values.copy() for name, values in layer.parameters.items()}
    for gate in layer.spec.sigmoid_gates:
        opening = trace.gates[gate].mean(axis=(0, 1))
        for name, values in parameters.items():
            layer.spec.gate_block(values, gate, case.hidden_size)[:] = 0
            if name == "bias_ih_l0":
                layer.spec.gate_block(values, gate, case.hidden_size)[:] = np.log(opening / (1 - opening))
    layer.load_parameters(parameters)
    held = layer.forward(x, start)
    return profile_rows(case, block, trace, d_last) + profile_rows(case, block, held, d_last, "log10_clamped")
