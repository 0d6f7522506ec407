"""Probes: small experiments on one layer, each for a sentence of the lecture about what a cell does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.case import Case
from bench.draw import draw
from bench.measures.gradient_flow import log_row, profile_rows
from bench.rows import Measurement
from cells import Layer
from cells.registry import find_cell
from cells.spec import Keeps

Array = NDArray[np.floating[Any]]
Setting = tuple[Layer, Array, dict[str, Array]]
"""A layer, one step of input (1, B, I), and a state to start from, each (B, H)."""
END = 20.0
"""A gate's bias at which sigma is 0 or 1 to eight digits: the limits that the lecture speaks of."""


def measure_ends(case: Case, block: int) -> list[Measurement]:
    """Measure what a gate does at both of its ends, as a share; step: the bias, +END or -END, of the gate in question.

    Cell with a forget gate (LSTM): share of c_{t-1} kept (bias of f, towards keeping), share of the candidate taken
    (gate that writes, i), share of tanh c passed on (gate that shows, o). Other cells that keep a state (GRU): share of
    h_{t-1} kept, with the gate that keeps (z) at the end that keeps and the one that resets (r) at 0 for a positive
    bias, and the other way round.
    """
    spec = find_cell(case.cell)
    keeps, forget = spec.keeps, spec.forget_gate
    if keeps is None:
        raise ValueError(f"cell {case.cell!r} has no gate that keeps a state; allowed: cells whose spec has `keeps`")
    rows = []
    for bias in (-END, END):
        towards_keeping = {keeps.gate: keeps.sign * bias}
        if forget is None:
            reset = {} if spec.resets is None else {spec.resets: -bias}
            kept = _kept_of_output(_biased(case, towards_keeping | reset))
            rows.append(Measurement(case, "share_kept", kept, "1", block, step=bias))
            continue
        shares = {"share_kept": _kept(_biased(case, towards_keeping), forget)}
        if spec.writes is not None:
            shares["share_taken"] = _taken(_biased(case, {spec.writes: bias}), forget)
        if spec.shows is not None:
            shares["share_passed"] = _passed(_biased(case, {spec.shows: bias}), forget)
        rows += [Measurement(case, metric, share, "1", block, step=bias) for metric, share in shares.items()]
    if forget is not None:
        rows.append(Measurement(case, "squashed_twice", _squashed_twice(case, forget), "1", block))
    return rows


def _biased(case: Case, biases: Mapping[str, float]) -> Setting:
    """Return the case's layer with the biases of some gates replaced, one step of input, and a state to start from."""
    layer, x, _, rng = draw(case)
    hidden = case.hidden_size
    parameters = {name: values.copy() for name, values in layer.parameters.items()}
    for gate, bias in biases.items():
        layer.spec.gate_block(parameters["bias_ih_l0"], gate, hidden)[:] = bias
        if gate in layer.spec.hidden_gates:
            layer.spec.gate_block(parameters["bias_hh_l0"], gate, hidden)[:] = 0.0
    layer.load_parameters(parameters)
    start: dict[str, Array] = {name: rng.standard_normal((case.batch_size, hidden)) for name in layer.spec.states}
    return layer, x[:1], start


def _kept(setting: Setting, forget: Keeps) -> float:
    """Return the change of c_t over the change of c_{t-1} that caused it."""
    layer, x, start = setting
    moved = start | {forget.state: start[forget.state] + 1}
    return float(np.mean(layer(x, moved)[1][forget.state] - layer(x, start)[1][forget.state]))


def _taken(setting: Setting, forget: Keeps) -> float:
    """Return what was added to f c_{t-1}, over the candidate."""
    layer, x, start = setting
    trace = layer.forward(x, start)
    candidate = trace.gates[layer.spec.candidate][0]
    added = trace.states[forget.state][1] - forget.share(trace.gates[forget.gate][0]) * start[forget.state]
    return float(np.sum(added * candidate) / np.sum(np.square(candidate)))


def _passed(setting: Setting, forget: Keeps) -> float:
    """Return h_t over tanh c_t."""
    layer, x, start = setting
    final = layer(x, start)[1]
    squashed = np.tanh(final[forget.state])
    return float(np.sum(final[layer.spec.states[0]] * squashed) / np.sum(np.square(squashed)))


def _kept_of_output(setting: Setting) -> float:
    """Return the least-squares share of h_{t-1} in h_t, beside a share of the candidate."""
    layer, x, start = setting
    trace = layer.forward(x, start)
    candidate = trace.gates[layer.spec.candidate][0]
    columns = np.stack([start[layer.spec.states[0]].ravel(), candidate.ravel()], axis=1)
    shares = np.linalg.lstsq(columns, trace.output[0].ravel(), rcond=None)[0]
    return float(shares[0])


def _squashed_twice(case: Case, forget: Keeps) -> float:
    """Return the largest |h - tanh(tanh a)| with the forget gate at 0 and the gates that write and show at 1.

    What is left of an LSTM then is an RNN squashed twice.
    """
    spec = find_cell(case.cell)
    opened = {gate: END for gate in (spec.writes, spec.shows) if gate is not None}
    layer, x, start = _biased(case, {forget.gate: -forget.sign * END} | opened)
    trace = layer.forward(x, start)
    return float(np.max(np.abs(trace.output[0] - np.tanh(trace.gates[spec.candidate][0]))))


def measure_sequences(case: Case, block: int) -> list[Measurement]:
    """Sequences of various lengths, in chunks, and read in one direction or two; differences over the largest output.

    `padding_difference`: a batch padded to one length against each sequence on its own. `chunk_difference`: two halves
    with the state carried over against the whole. `future_gradient`: largest |dy_t/dx_s| over s > t. `state_lost`:
    share of c that is gone after T steps with the forget gate (if there is one) at the end that keeps and the gate that
    writes closed.
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
        whole = layer(x)[0]
        half = case.seq_len // 2
        first, carried = layer(x[:half])
        second = layer(x[half:], carried)[0]
        difference = np.abs(np.concatenate((first, second)) - whole).max() / np.abs(whole).max()
        rows.append(Measurement(case, "chunk_difference", float(difference), "1", block))
    trace = layer.forward(x)
    middle = case.seq_len // 2
    d_output = np.zeros(trace.output.shape)
    d_output[middle] = rng.standard_normal(d_output.shape[1:])
    future = float(np.abs(trace.backward(d_output).input[middle + 1 :]).max())
    rows.append(Measurement(case, "future_gradient", future, "1", block))
    cell_state, forget = layer.spec.cell_state, layer.spec.forget_gate
    if case.merge == "none" and cell_state is not None:
        closed = {} if layer.spec.writes is None else {layer.spec.writes: -END}
        keeping = {} if forget is None else {forget.gate: forget.sign * END}
        layer, _, start = _biased(case, keeping | closed)
        kept = layer(x, start)[1][cell_state]
        lost = np.abs(kept - start[cell_state]).max() / np.abs(start[cell_state]).max()
        rows.append(Measurement(case, "state_lost", float(lost), "1", block))
    return rows


def measure_reach(case: Case, block: int) -> list[Measurement]:
    """log10 of ||dL/dx_s||, for a loss at the step t in the middle, over the batch; step: s - t, above 0 the future.

    A row has status "zero" where the derivative is exactly zero: the output does not depend on that input.
    """
    layer, x, start, rng = draw(case)
    trace = layer.forward(x, start)
    middle = case.seq_len // 2
    d_output = np.zeros(trace.output.shape)
    d_output[middle] = rng.standard_normal(d_output.shape[1:])
    norms = np.linalg.norm(trace.backward(d_output).input, axis=(1, 2))
    with np.errstate(divide="ignore"):
        values = np.log10(norms)
    return [log_row(case, "log10_reach", float(value), block, float(s - middle)) for s, value in enumerate(values)]


def measure_clamped(case: Case, block: int) -> list[Measurement]:
    """Measure the gradient profile with gates that move, and with each gate held at its unit's own mean opening."""
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
