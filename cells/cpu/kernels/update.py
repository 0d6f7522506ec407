"""Norm of the gradient, clipping and the update of all parameters in one pass: PyTorch's formulas, all vectors flat.

Each returns the L2 norm of the gradient before clipping, its sum taken in float64. Where the norm is NaN or infinite
nothing is changed.
"""

from __future__ import annotations

import math

import numpy as np

from cells.kernel_cache import inner, inner_in_any_order, kernel

EPSILON = 1e-6  # torch.nn.utils.clip_grad_norm_


@inner_in_any_order
def _squares(values):
    total = 0.0
    for value in values:
        total += np.float64(value) * np.float64(value)
    return total


@inner
def _factor(norm, clip):
    """Return what clipping multiplies the gradient by; a clip of infinity is none."""
    factor = clip / (norm + EPSILON)
    return factor if factor < 1.0 else 1.0


@kernel
def norm_of(gradient):
    """Return the L2 norm."""
    return math.sqrt(_squares(gradient))


@kernel
def adam(parameters, gradient, memory, clip, learning_rate, beta1, beta2, epsilon, step):
    """Of memory (2, N): the means of the gradient and of its square. step: from 1. Kingma & Ba 2015, algorithm 1."""
    norm = math.sqrt(_squares(gradient))
    if not math.isfinite(norm):
        return norm
    number = parameters.dtype.type
    factor = number(_factor(norm, clip))
    size = number(learning_rate / (1.0 - beta1**step))
    correction = number(1.0 / math.sqrt(1.0 - beta2**step))
    keep1, take1, keep2, take2 = number(beta1), number(1.0 - beta1), number(beta2), number(1.0 - beta2)
    added = number(epsilon)
    mean, square = memory[0], memory[1]
    for n in range(parameters.size):
        g = gradient[n] * factor
        m = keep1 * mean[n] + take1 * g
        v = keep2 * square[n] + take2 * (g * g)
        mean[n] = m
        square[n] = v
        parameters[n] -= size * m / (math.sqrt(v) * correction + added)
    return norm


@kernel
def sgd(parameters, gradient, memory, clip, learning_rate, momentum):
    """Of memory (1, N): the running sum of gradients, which `momentum` keeps."""
    norm = math.sqrt(_squares(gradient))
    if not math.isfinite(norm):
        return norm
    number = parameters.dtype.type
    factor, size, keep = number(_factor(norm, clip)), number(learning_rate), number(momentum)
    moving = memory[0]
    for n in range(parameters.size):
        m = keep * moving[n] + gradient[n] * factor
        moving[n] = m
        parameters[n] -= size * m
    return norm


@kernel
def rmsprop(parameters, gradient, memory, clip, learning_rate, alpha, epsilon):
    """Of memory (1, N): the mean of the squared gradient (Tieleman & Hinton 2012)."""
    norm = math.sqrt(_squares(gradient))
    if not math.isfinite(norm):
        return norm
    number = parameters.dtype.type
    factor, size, added = number(_factor(norm, clip)), number(learning_rate), number(epsilon)
    keep, take = number(alpha), number(1.0 - alpha)
    square = memory[0]
    for n in range(parameters.size):
        g = gradient[n] * factor
        v = keep * square[n] + take * (g * g)
        square[n] = v
        parameters[n] -= size * g / (math.sqrt(v) + added)
    return norm
