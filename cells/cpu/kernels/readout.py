"""The linear readout of a layer, and the gradient of its loss back to the states.

A *read* is what the readout sees of one row of the batch at one step: the state of one direction, or the merged states
of two. Reads are numbered by row where only the last step is read, else step * B + row. Direction d runs through its
sequence from its own start: a row of length L is read at step t from its state t + 1 in the forward direction, L - t in
the reverse one, and at its end from state L in both.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cells.cpu.kernels.losses import BAD_LOSS, FINE, Wanted, mean_loss, weigh
from cells.cpu.layout import Array, Groups, group_count, state_of_row, state_place
from cells.cpu.threads.fork import do_or_keep, kept_task_of
from cells.kernel_cache import helper, inner, inner_in_any_order, kernel

NONE, MEAN, SUM, CONCAT = range(4)
AT_T, AT_ENDS, IN_OUTPUT = range(3)
MERGE_CODES = {None: NONE, "mean": MEAN, "sum": SUM, "concat": CONCAT}


class Reading(NamedTuple):
    """How a layer is read.

    groups: where its rows stand. merge: of `MERGE_CODES`. every: 1 where every step is read. lengths: (B,).
    place: where the gradient of a read goes, to all states at T, to those at the rows' ends, or to the output.
    """

    groups: Groups
    merge: int
    every: int
    lengths: NDArray[np.int64]
    place: int


class Readout(NamedTuple):
    """weight (O, F) and bias (O,) of the readout, or their gradients."""

    weight: Array
    bias: Array


class ReadScratch(NamedTuple):
    """Of every read: features (R, F), scores (R, O), the gradient of the scores, and of one read that of its features.

    given: (R,), the weight of each read in the sum of losses, 0 for what no loss sees.
    """

    features: Array
    scores: Array
    d_scores: Array
    d_features: Array
    given: NDArray[np.float64]


class Direction(NamedTuple):
    """States of a direction, and the gradients of what is read of them, see `Reading.place`.

    d_output: (T, B, H), of its output in the order of its steps; no steps where the last one alone is read.
    d_ends: (S, B, H), of the final states of rows that end early, zero but for h.
    """

    states: Array
    d_states: Array
    d_output: Array
    d_ends: Array


@helper
def _step_of(reading: Reading, direction: int, t: int, b: int) -> int:
    """Return the step of a direction at whose end a row is read for step t."""
    length: int = reading.lengths[b]
    if reading.every == 0:
        return length - 1
    return length - 1 - t if direction == 1 and t < length else t


@inner_in_any_order
def _dot(one, other):
    total = one.dtype.type(0)
    for k in range(one.size):
        total += one[k] * other[k]
    return total


@inner
def affine(features, weight, bias, given, scores):
    """scores[r] = weight features[r] + bias, for the reads r that have a weight in `given`, or all if that is empty."""
    for r in range(features.shape[0]):
        if given.size == 0 or given[r] != 0:
            row = features[r]
            for o in range(weight.shape[0]):
                scores[r, o] = bias[o] + _dot(row, weight[o])


@inner
def _gather(one, other, reading, given, features):
    """Merge what is read of the directions into features."""
    groups, batch = reading.groups, reading.groups.batch
    hidden = groups.hidden
    first, second = one.states.reshape(-1), other.states.reshape(-1)
    half = features.dtype.type(0.5)
    for r in range(features.shape[0]):
        if given[r] == 0:
            continue
        t, b = (r // batch, r % batch) if reading.every != 0 else (0, r)
        row = features[r]
        place = state_of_row(groups, b, _step_of(reading, 0, t, b) + 1)
        state = first[place : place + hidden]
        for k in range(hidden):
            row[k] = state[k]
        if reading.merge == NONE:
            continue
        place = state_of_row(groups, b, _step_of(reading, 1, t, b) + 1)
        state = second[place : place + hidden]
        if reading.merge == CONCAT:
            half_row = row[hidden:]
            for k in range(hidden):
                half_row[k] = state[k]
        else:
            scale = half if reading.merge == MEAN else half + half
            for k in range(hidden):
                row[k] = (row[k] + state[k]) * scale


@inner
def _start(direction, reading, steps):
    """Let the gradients of all states at T be zero."""
    groups = reading.groups
    for s in range(direction.d_states.shape[0]):
        for c in range(group_count(groups)):
            direction.d_states[s, state_place(groups, c, steps)] = 0


@inner
def _send_to(direction, number, reading, t, b, steps, d_features, scale):
    """Set the gradient of what a direction gave for a read, from the part of d_features that is its own."""
    groups = reading.groups
    hidden = groups.hidden
    if reading.place == AT_T:
        place = state_of_row(groups, b, steps)
        into = direction.d_states.reshape(-1)[place : place + hidden]
    elif reading.place == AT_ENDS:
        into = direction.d_ends.reshape(-1)[b * hidden : (b + 1) * hidden]
    else:
        place = (_step_of(reading, number, t, b) * groups.batch + b) * hidden
        into = direction.d_output.reshape(-1)[place : place + hidden]
    for k in range(hidden):
        into[k] = d_features[k] * scale


@inner
def _send_back(one, other, reading, steps, readout, d_readout, scratch):
    """Set the gradients of the readout, and those of the states that were read."""
    groups, batch = reading.groups, reading.groups.batch
    hidden = groups.hidden
    weight, d_weight, d_bias = readout.weight, d_readout.weight, d_readout.bias
    d_weight[:] = 0
    d_bias[:] = 0
    d_row = scratch.d_features
    number = d_row.dtype.type
    scale = number(0.5) if reading.merge == MEAN else number(1)
    second = d_row[hidden:] if reading.merge == CONCAT else d_row
    for r in range(scratch.features.shape[0]):
        t, b = (r // batch, r % batch) if reading.every != 0 else (0, r)
        d_row[:] = 0
        if scratch.given[r] != 0:
            row = scratch.features[r]
            for o in range(weight.shape[0]):
                d = scratch.d_scores[r, o]
                d_bias[o] += d
                of_output, d_of_output = weight[o], d_weight[o]
                for k in range(row.size):
                    d_row[k] += d * of_output[k]
                    d_of_output[k] += d * row[k]
        _send_to(one, 0, reading, t, b, steps, d_row, scale)
        if reading.merge != NONE:
            _send_to(other, 1, reading, t, b, steps, second, scale)


@inner
def _learn(share, one, other, steps, reading, wanted, readout, d_readout, scratch, answer):
    """Read the directions, and send the gradient of the loss back to them; the share is all there is.

    Of a single direction `other` is not touched. answer: (2,), gets the loss and what was found; where that is anything
    but `FINE` no gradient is set.
    """
    found, total = weigh(wanted, reading.lengths, reading.every, readout.weight.shape[0], scratch.given)
    loss = 0.0
    if found == FINE:
        _gather(one, other, reading, scratch.given, scratch.features)
        affine(scratch.features, readout.weight, readout.bias, scratch.given, scratch.scores)
        loss = mean_loss(wanted, scratch.given, total, scratch.scores, scratch.d_scores)
        if not math.isfinite(loss):
            found = BAD_LOSS
    answer[0] = loss
    answer[1] = found
    if found == FINE:
        _start(one, reading, steps)
        if reading.merge != NONE:
            _start(other, reading, steps)
        _send_back(one, other, reading, steps, readout, d_readout, scratch)


_learn_task = kept_task_of(_learn)


@kernel
def learn(worker_table, shares, one, other, steps, reading, wanted, readout, d_readout, scratch, answer, room):
    """Do `_learn`, or keep the task in `room`; all but steps, answer and room are plain tuples."""
    groups, merge, every, lengths, place = reading
    how = Reading(Groups(*groups), merge, every, lengths, place)
    directions = (Direction(*one), Direction(*other))
    rest = (Wanted(*wanted), Readout(*readout), Readout(*d_readout), ReadScratch(*scratch), answer)
    arguments = (*directions, steps, how, *rest)
    do_or_keep(worker_table, shares, _learn_task(worker_table, shares, arguments, room), room)


@kernel
def predict(features, weight, bias, scores):
    """Set scores (R, O) = weight features (R, F) + bias, with the sums of a training step."""
    affine(features, weight, bias, np.empty(0), scores)
