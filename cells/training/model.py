"""A network that can be trained: a layer of recurrent units and a linear readout of its last step or of every step."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from cells.arrays import shape_of
from cells.backend import Weights
from cells.bidirectional import SUFFIXES, past_end
from cells.cpu import engine
from cells.cpu.kernels.losses import BAD_LOSS, FINE, Wanted, score
from cells.cpu.kernels.readout import predict
from cells.cpu.layout import Array
from cells.cpu.threads.pool import get_threads
from cells.cpu.training import DirectionPass
from cells.layer import Layer
from cells.trace import Trace, read_only
from cells.training.wanted import LOSSES, READS, check_wanted, own_lengths, refuse
from cells.training.workspace import Workspace
from cells.validation import check_array, check_names, check_shape, check_size, one_of

READOUT = ("readout_weight", "readout_bias")
MOST_WORKSPACES = 4


class Model:
    """A layer and a linear readout with its loss.

    Parameters
    ----------
    layer : Layer
        On backend "cpu". It stays the caller's: its parameters are trained in place, and show what was learned.
    outputs : int
        O, the outputs of the readout; classes for "cross-entropy".
    reads : str
        "last": the output at each row's last step; of two directions the final states of both, merged. "every": the
        output at every step.
    loss : str
        "cross-entropy" of softmax, or "squared-error". Either is a weighted mean over rows, and steps if every one is
        read; the squared error also over outputs.
    rng : numpy.random.Generator, optional
        What the readout is drawn from, as torch.nn.Linear: U(-1/sqrt(F), 1/sqrt(F)) with F inputs of the readout. A
        fresh unseeded one if None.

    Raises
    ------
    ValueError, TypeError
        With the given and the allowed.

    Notes
    -----
    A model can be copied and pickled with its layer; a copy shares no memory with the model. A trace that was made
    before a step of training is of parameters that are no more: take its gradients before the step.

    """

    def __init__(
        self,
        layer: Layer,
        outputs: int,
        *,
        reads: str = "last",
        loss: str = "cross-entropy",
        rng: np.random.Generator | None = None,
    ) -> None:
        if not isinstance(layer, Layer):
            raise TypeError(f"layer is {type(layer).__name__}; allowed: cells.Layer")
        if layer.backend != "cpu":
            raise ValueError(f"layer is on backend {layer.backend!r}; allowed: 'cpu', as of layer.to('cpu')")
        if rng is not None and not isinstance(rng, np.random.Generator):
            raise TypeError(f"rng is {type(rng).__name__}; allowed: numpy.random.Generator or None")
        self.layer = layer
        self.outputs = check_size("outputs", outputs)
        self.reads: str = one_of("reads", reads, READS)
        self.loss_name: str = one_of("loss", loss, LOSSES)
        if self.loss_name == "cross-entropy" and self.outputs < 2:
            raise ValueError(f"outputs is {self.outputs} with loss 'cross-entropy'; allowed: at least 2 classes")
        generator = np.random.default_rng() if rng is None else rng
        features = layer.hidden_size * (2 if layer.bidirectional == "concat" else 1)
        bound = 1 / math.sqrt(features)
        weight = generator.uniform(-bound, bound, (self.outputs, features))
        self._allocate({"readout_weight": weight, "readout_bias": generator.uniform(-bound, bound, self.outputs)})

    def _allocate(self, readout_parameters: Mapping[str, Array]) -> None:
        """Lay all parameters out in one vector, from the layer's and the readout's, and their gradients in another."""
        shapes = {name: value.shape for name, value in {**self.layer.parameters, **readout_parameters}.items()}
        size = sum(math.prod(shape) for shape in shapes.values())
        self._flat, self._gradient = (np.zeros(size, self.layer.dtype) for _ in range(2))
        self._values, self._d_values = (_views(flat, shapes) for flat in (self._flat, self._gradient))
        for name in READOUT:
            self._values[name][...] = readout_parameters[name]
        self._parameters = MappingProxyType({name: read_only(value) for name, value in self._values.items()})
        self._workspaces: dict[tuple[tuple[int, ...], int], Workspace] = {}
        self._bound: Sequence[Weights] | None = None
        self._bind()

    def _bind(self) -> None:
        """Let the layer's parameters be parts of the vector, with the values that the layer has now."""
        if self.layer.directions is self._bound:
            return
        ours = {name: value for name, value in self._values.items() if name not in READOUT}
        for name, value in self.layer.parameters.items():
            ours[name][...] = value
        self.layer.hold(ours)
        self._bound = self.layer.directions
        self._workspaces.clear()

    def __getstate__(self) -> dict[str, Any]:
        """Return settings and parameters: all that a copy is made of."""
        return {
            "layer": copy.copy(self.layer),
            "settings": (self.outputs, self.reads, self.loss_name),
            "readout": {name: np.array(self._values[name]) for name in READOUT},
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Become the model of that state, with parameters of its own."""
        self.layer = state["layer"]
        self.outputs, self.reads, self.loss_name = state["settings"]
        self._allocate(state["readout"])

    def __repr__(self) -> str:
        """Say what the model is, as the call that makes such a one."""
        return f"Model({self.layer!r}, outputs={self.outputs}, reads={self.reads!r}, loss={self.loss_name!r})"

    @property
    def parameters(self) -> Mapping[str, Array]:
        """Every parameter by name, those of the layer and of the readout: views of what is trained, read-only."""
        self._bind()
        return self._parameters

    def load_parameters(self, mapping: Mapping[str, Any]) -> None:
        """Set every parameter; errors as of `Layer.load_parameters`, and then nothing is changed."""
        check_names("parameters", mapping, tuple(self._values))
        loaded = {}
        for name, value in self._values.items():
            legend = "rows columns" if value.ndim == 2 else "rows"
            loaded[name] = check_array(name, mapping[name], value.shape, legend, self.layer.array_dtype)
        self._bind()
        for name, value in loaded.items():
            self._values[name][...] = value
        self.forget_packed()

    def forget_packed(self) -> None:
        """Let the layer read its parameters anew: they were changed."""
        for weights in self.layer.directions:
            weights.forget_packed()

    def predict(self, x: Any, lengths: Any = None) -> Array:
        """Return the outputs of the readout for x (T, B, I).

        Parameters
        ----------
        x : (T, B, I) array
            The input.
        lengths : (B,) integers, optional
            The steps of each row, 1 to T; T if None. What x holds past a row's end is not looked at.

        Returns
        -------
        (B, O) array, or (T, B, O) where every step is read, zero past the end of a row.

        """
        self._bind()
        layer = self.layer
        checked, ends = self._check_input(x, lengths)
        steps = len(checked)
        reads = []
        for d, weights in enumerate(self._directions):
            output, final = engine.infer(weights, engine.in_order(checked, d, ends), None, ends)
            reads.append(final[0] if self.reads == "last" else engine.in_order(output, d, ends))
        features = engine.merge_outputs(reads, layer.bidirectional)
        scores = np.empty((*features.shape[:-1], self.outputs), features.dtype)
        flat = np.ascontiguousarray(features).reshape(-1, features.shape[-1])
        weight, bias = (self._values[name] for name in READOUT)
        predict(flat, weight, bias, scores.reshape(-1, self.outputs))
        if ends is not None and self.reads == "every":
            scores[past_end(ends, steps)] = 0
        return scores

    def loss(self, x: Any, targets: Any, lengths: Any = None, weights: Any = None) -> float:
        """Return the loss; arguments and errors as of `Trainer.step`, but a loss that is not finite is returned."""
        scores = self.predict(x, lengths)
        steps, batch = np.shape(x)[:2]
        ends = own_lengths(lengths, steps, batch)
        wanted = self._check_wanted(targets, weights, steps, batch)
        flat = scores.reshape(-1, self.outputs)
        every = int(self.reads == "every")
        real = np.full(batch, steps, np.int64) if ends is None else ends
        loss, found = score(tuple(wanted), real, every, flat, np.empty(len(flat)), np.empty_like(flat))
        self._refuse(found, wanted, steps, real)
        return float(loss)

    def gradients(
        self, x: Any, targets: Any, lengths: Any = None, weights: Any = None
    ) -> tuple[float, dict[str, Array]]:
        """Return the loss and its gradient by each parameter's name; arguments and errors as of `Trainer.step`.

        FloatingPointError where the loss is not finite.
        """
        loss, found = self.differentiate(x, targets, lengths, weights)
        if found != FINE:
            raise FloatingPointError(f"the loss is {loss}; allowed: a finite one")
        return loss, {name: value.copy() for name, value in self._d_values.items()}

    def differentiate(self, x: Any, targets: Any, lengths: Any, weights: Any) -> tuple[float, int]:
        """Set the gradient of the loss in `flat_gradient`; return the loss, and `FINE` or `BAD_LOSS`: none was set."""
        self._bind()
        checked, ends = self._check_input(x, lengths)
        steps, batch = checked.shape[:2]
        wanted = self._check_wanted(targets, weights, steps, batch)
        loss, found = self.workspace(checked.shape).differentiate(checked, wanted, ends)
        if found not in (FINE, BAD_LOSS):
            self._refuse(found, wanted, steps, np.full(batch, steps, np.int64) if ends is None else ends)
        return loss, found

    @property
    def flat_parameters(self) -> Array:
        """All parameters as one vector (N,), which may be written: then call `forget_packed`."""
        self._bind()
        return self._flat

    @property
    def flat_gradient(self) -> Array:
        """The gradient of all parameters as one vector (N,), as the last `differentiate` set it."""
        return self._gradient

    def trace(self, x: Any, lengths: Any = None) -> Trace:
        """Return `layer.forward(x, lengths=lengths)`, with the parameters as they are now."""
        return self.layer.forward(x, lengths=lengths)

    @property
    def _directions(self) -> list[engine.Weights]:
        return cast(list[engine.Weights], self.layer.directions)  # of a layer on the CPU

    def _check_input(self, x: Any, given: Any) -> tuple[Array, NDArray[np.int64] | None]:
        """Return x and the lengths, None where every row has all T steps."""
        layer = self.layer
        shape, ends = (None, None, layer.input_size), None
        if given is not None:
            check_shape("x", shape_of("x", x), shape, "T B I")
            ends = own_lengths(given, *shape_of("x", x)[:2])
        return engine.check("x", x, shape, "T B I", layer.array_dtype, ends), ends

    def _check_wanted(self, targets: Any, weights: Any, steps: int, batch: int) -> Wanted:
        shape, legend = ((steps, batch), "T B") if self.reads == "every" else ((batch,), "B")
        return check_wanted(self.loss_name, targets, weights, shape, legend, self.outputs, self.layer.array_dtype)

    def _refuse(self, found: int, wanted: Wanted, steps: int, lengths: NDArray[np.int64]) -> None:
        real = (np.arange(steps)[:, None] < lengths) if self.reads == "every" else lengths > 0
        refuse(found, wanted, real.reshape(-1), self.outputs)

    def workspace(self, shape: tuple[int, ...]) -> Workspace:
        """Return the memory of steps over inputs of a shape (T, B, I), with the present number of threads."""
        key = (shape, get_threads())
        found = self._workspaces.get(key)
        if found is None:
            if len(self._workspaces) >= MOST_WORKSPACES:
                del self._workspaces[next(iter(self._workspaces))]
            found = self._workspaces[key] = self._make_workspace(shape)
        return found

    def _make_workspace(self, shape: tuple[int, ...]) -> Workspace:
        steps, batch, inputs = shape
        layer = self.layer
        every = self.reads == "every"
        passes = []
        for suffix, weights in zip(SUFFIXES, self._directions, strict=False):
            d_flat = {name: self._d_values[name + suffix].reshape(-1) for name in weights.parameters}
            passes.append(DirectionPass(weights, (steps, batch, inputs), d_flat, every=every))
        parameters, gradients = ((v[READOUT[0]], v[READOUT[1]]) for v in (self._values, self._d_values))
        return Workspace(passes, layer.bidirectional, self.reads, self.loss_name, parameters, gradients)


def _views(flat: Array, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
    """Cut a vector into arrays of these shapes, one after another."""
    views, start = {}, 0
    for name, shape in shapes.items():
        end = start + math.prod(shape)
        views[name] = flat[start:end].reshape(shape)
        start = end
    return views
