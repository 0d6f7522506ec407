"""The weighted mean of the losses of scores, and its gradient: cross-entropy of labels, or squared error of values."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cells.cpu.layout import Array
from cells.kernel_cache import inner, kernel

FINE, BAD_LABEL, BAD_WEIGHT, NO_WEIGHT, BAD_LOSS = range(5)
"""What a step of training and `score` found."""


class Wanted(NamedTuple):
    """What is wanted: labels (R,) or, where there are none, values (R, O); weights of the reads (R,), or none."""

    labels: NDArray[np.int64]
    values: Array
    weights: NDArray[np.float64]


@inner
def weigh(wanted, lengths, every, classes, given):
    """Set the weight of every read; return what was found, and the sum of the weights."""
    batch = lengths.size
    total = 0.0
    for r in range(given.size):
        t, b = (r // batch, r % batch) if every != 0 else (0, r)
        if every != 0 and t >= lengths[b]:
            given[r] = 0
            continue
        if wanted.labels.size > 0 and not 0 <= wanted.labels[r] < classes:
            return BAD_LABEL, total
        weight = wanted.weights[r] if wanted.weights.size > 0 else 1.0
        if not 0 <= weight < np.inf:
            return BAD_WEIGHT, total
        given[r] = weight
        total += weight
    return (FINE if total > 0 else NO_WEIGHT), total


@inner
def mean_loss(wanted, given, total, scores, d_scores):
    """Return the weighted mean of the losses, and set dL/d scores, for the reads that have a weight."""
    outputs = scores.shape[1]
    number = scores.dtype.type
    loss = 0.0
    for r in range(scores.shape[0]):
        if given[r] == 0:
            continue
        share = given[r] / total
        row, d_row = scores[r], d_scores[r]
        if wanted.labels.size > 0:
            largest = row[0]
            for o in range(1, outputs):
                largest = max(largest, row[o])
            parts = 0.0
            for o in range(outputs):
                part = math.exp(np.float64(row[o]) - np.float64(largest))
                d_row[o] = number(part)
                parts += part
            label = wanted.labels[r]
            loss += share * (math.log(parts) + np.float64(largest) - np.float64(row[label]))
            scale = number(share / parts)
            for o in range(outputs):
                d_row[o] *= scale
            d_row[label] -= number(share)
        else:
            value = wanted.values[r]
            scale = 2.0 * share / outputs
            squares = 0.0
            for o in range(outputs):
                off = np.float64(row[o]) - np.float64(value[o])
                squares += off * off
                d_row[o] = number(scale * off)
            loss += share * squares / outputs
    return loss


@kernel
def score(wanted, lengths, every, scores, given, d_scores):
    """Return the loss of scores (R, O) and what was found; given (R,) and d_scores (R, O) are scratch."""
    named = Wanted(*wanted)
    found, total = weigh(named, lengths, every, scores.shape[1], given)
    if found != FINE:
        return 0.0, found
    return mean_loss(named, given, total, scores, d_scores), found
