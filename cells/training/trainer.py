"""One step of training: the gradient of a batch, clipped, and the update of all parameters in place."""

from __future__ import annotations

import copy
import math
from typing import Any, NamedTuple

import numpy as np

from cells.cpu.kernels.losses import FINE
from cells.training.model import Model
from cells.training.optimisers import SGD, Adam, Optimiser, RMSprop


class Step(NamedTuple):
    """The loss before an update, and the L2 norm of the gradient of all parameters before clipping."""

    loss: float
    gradient_norm: float


class Diverged(FloatingPointError):
    """A loss or a gradient is NaN or infinite.

    Attributes
    ----------
    step : int
        The number of the update that was not made, from 1.
    what : str
        "loss" or "gradient".

    """

    def __init__(self, step: int, what: str) -> None:
        super().__init__(step, what)
        self.step, self.what = step, what

    def __str__(self) -> str:
        """Say what happened where, and that nothing was changed."""
        return f"the {self.what} of step {self.step} is NaN or infinite; the parameters are those before this step"


class Trainer:
    """A model, an optimiser and what it remembers.

    Parameters
    ----------
    model : Model
        Trained in place.
    optimiser : Adam, SGD or RMSprop
        Its settings; the memory is the trainer's own.
    clip : float, optional
        The largest L2 norm of the gradient of all parameters. A larger gradient is scaled by clip / (norm + 1e-6), as
        torch.nn.utils.clip_grad_norm_ does. None clips nothing.

    Raises
    ------
    TypeError, ValueError
        With the given and the allowed.

    Notes
    -----
    The same seed gives the same curve, bit for bit, with any number of threads. A trainer can be copied and pickled,
    with its model and the optimiser's memory: the copy goes on as the trainer would.

    """

    def __init__(self, model: Model, optimiser: Optimiser, clip: float | None = None) -> None:
        if not isinstance(model, Model):
            raise TypeError(f"model is {type(model).__name__}; allowed: cells.training.Model")
        if not isinstance(optimiser, Adam | SGD | RMSprop):
            raise TypeError(f"optimiser is {optimiser!r}; allowed: Adam(...), SGD(...) or RMSprop(...)")
        largest = float(np.finfo(model.layer.array_dtype).max)
        if optimiser.learning_rate > largest:
            dtype = model.layer.dtype
            raise ValueError(f"learning_rate is {optimiser.learning_rate:g}; allowed: up to {largest:.1e} in {dtype}")
        self.model = model
        self.optimiser: Optimiser = optimiser
        self.clip = _check_clip(clip)
        self._steps = 0
        self._memory = np.zeros((optimiser.vectors, model.flat_parameters.size), model.layer.array_dtype)

    @property
    def steps(self) -> int:
        """The updates that were made."""
        return self._steps

    def step(self, x: Any, targets: Any, lengths: Any = None, weights: Any = None) -> Step:
        """Make one update.

        Parameters
        ----------
        x : (T, B, I) array
            The input, floating-point.
        targets : array
            For "cross-entropy" the right classes, integers from 0, (B,) or where every step is read (T, B); for
            "squared-error" floating-point values, (B, O) or (T, B, O).
        lengths : (B,) integers, optional
            The steps of each row, 1 to T; T if None. Targets and weights past a row's end are not read.
        weights : (B,) or (T, B) array, optional
            How much each row, or each step, counts in the mean loss: finite numbers of at least 0, not all 0; 1 if
            None.

        Returns
        -------
        Step
            The loss before the update, and the norm of its gradient before clipping.

        Raises
        ------
        TypeError, ValueError
            For other types, shapes or values: with the given and the allowed.
        Diverged
            For a loss or gradient that is NaN or infinite; model and trainer are as before the call.

        """
        model, number = self.model, self._steps + 1
        loss, found = model.differentiate(x, targets, lengths, weights)
        if found != FINE:
            raise Diverged(number, "loss")
        clip = math.inf if self.clip is None else self.clip
        norm = self.optimiser.update(model.flat_parameters, model.flat_gradient, self._memory, clip, number)
        if not math.isfinite(norm):
            raise Diverged(number, "gradient")
        self._steps = number
        model.forget_packed()
        return Step(loss, norm)

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy is made of, with a model and a memory of its own."""
        return vars(self) | {"model": copy.copy(self.model), "_memory": self._memory.copy()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Become the trainer of that state."""
        vars(self).update(state)
        self._memory = np.array(self._memory)  # what comes out of a pickle may be read-only


def _check_clip(given: Any) -> float | None:
    if given is None:
        return None
    if isinstance(given, bool | str) or not hasattr(given, "__float__"):
        raise TypeError(f"clip is {given!r}; allowed: a number above 0, or None")
    clip = float(given)
    if not clip > 0:
        raise ValueError(f"clip is {given!r}; allowed: a number above 0, or None")
    return clip
