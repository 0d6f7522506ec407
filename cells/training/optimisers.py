"""What updates the parameters: settings as values, PyTorch's formulas and defaults.

An optimiser is frozen and can be shared; what it remembers of a training, a vector or two as long as all parameters,
belongs to the `Trainer`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, Protocol

from numpy.typing import NDArray

from cells.cpu.kernels import update

Array = NDArray[Any]


class Optimiser(Protocol):
    """What a `Trainer` asks of an optimiser."""

    @property
    def learning_rate(self) -> float:
        """Return the learning rate."""

    @property
    def vectors(self) -> int:
        """Return how many vectors as long as all parameters it remembers; all start from zero."""

    def update(self, parameters: Array, gradient: Array, memory: Array, clip: float, step: int) -> float:
        """Clip the gradient and update the parameters in place; return the gradient's norm before clipping.

        Parameters
        ----------
        parameters, gradient : (N,) arrays
            All of them, of one floating-point dtype.
        memory : (vectors, N) array
            What is remembered.
        clip : float
            The largest norm; infinity clips nothing.
        step : int
            The number of this update, from 1.

        Returns
        -------
        float
            The L2 norm; where it is NaN or infinite nothing was changed.

        """


class _Checked:
    """Check the fields of a dataclass: the learning rate and every constant."""

    def __post_init__(self) -> None:
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            object.__setattr__(self, field.name, _number(type(self).__name__, field.name, value))


def _number(optimiser: str, name: str, value: Any) -> float:
    positive = name in ("learning_rate", "epsilon")
    allowed = "a finite number above 0" if positive else "a number from 0 to below 1"
    what = f"{optimiser}: {name} is {value!r}; allowed: {allowed}"
    if isinstance(value, bool) or not hasattr(value, "__float__") or isinstance(value, str):
        raise TypeError(what)
    number = float(value)
    if not (0 < number < math.inf if positive else 0 <= number < 1):
        raise ValueError(what)
    return number


@dataclass(frozen=True)
class Adam(_Checked):
    """Adam, as torch.optim.Adam: the step of each parameter is its mean gradient by the root of its mean square.

    m <- beta1 m + (1 - beta1) g;  v <- beta2 v + (1 - beta2) g^2
    p <- p - learning_rate m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)

    Kingma & Ba 2015, algorithm 1. Raises TypeError or ValueError for a learning rate or epsilon that is not above 0 and
    finite, and for a beta that is not from 0 to below 1.
    """

    learning_rate: float
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    @property
    def vectors(self) -> int:
        """Return 2: the means of the gradient and of its square."""
        return 2

    def update(self, parameters: Array, gradient: Array, memory: Array, clip: float, step: int) -> float:
        """See `Optimiser.update`."""
        settings = (self.learning_rate, self.beta1, self.beta2, self.epsilon)
        norm: float = update.adam(parameters, gradient, memory, clip, *settings, step)
        return norm


@dataclass(frozen=True)
class SGD(_Checked):
    """Gradient descent with momentum, as torch.optim.SGD.

    b <- momentum b + g;  p <- p - learning_rate b

    Raises TypeError or ValueError for a learning rate that is not above 0 and finite, and for a momentum that is not
    from 0 to below 1.
    """

    learning_rate: float
    momentum: float = 0.0

    @property
    def vectors(self) -> int:
        """Return 1: the running sum of gradients."""
        return 1

    def update(self, parameters: Array, gradient: Array, memory: Array, clip: float, step: int) -> float:
        """See `Optimiser.update`."""
        norm: float = update.sgd(parameters, gradient, memory, clip, self.learning_rate, self.momentum)
        return norm


@dataclass(frozen=True)
class RMSprop(_Checked):
    """RMSprop, as torch.optim.RMSprop.

    v <- alpha v + (1 - alpha) g^2;  p <- p - learning_rate g / (sqrt(v) + epsilon)

    Tieleman & Hinton 2012, lecture 6.5. Raises TypeError or ValueError for a learning rate or epsilon that is not above
    0 and finite, and for an alpha that is not from 0 to below 1.
    """

    learning_rate: float
    alpha: float = 0.99
    epsilon: float = 1e-8

    @property
    def vectors(self) -> int:
        """Return 1: the mean of the squared gradient."""
        return 1

    def update(self, parameters: Array, gradient: Array, memory: Array, clip: float, step: int) -> float:
        """See `Optimiser.update`."""
        settings = (self.learning_rate, self.alpha, self.epsilon)
        norm: float = update.rmsprop(parameters, gradient, memory, clip, *settings)
        return norm
