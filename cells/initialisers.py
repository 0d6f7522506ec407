"""Initialisers: how parameters are drawn. Same generator, same numbers, on every machine and for every dtype.

Numbers are drawn in float64 and cast, parameter by parameter in the order of `CellSpec.parameter_shapes`. Only
generator methods with a stable stream are used: `random` and `standard_normal`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.spec import CellSpec, Keeps
from cells.unknown import unknown

Array = NDArray[np.float64]
Parameters = dict[str, Array]


@dataclass(frozen=True)
class Initialiser:
    """A named way to draw parameters; `value` is its parameter, where it has one, else 0.

    `draw` takes the cell, I, H, the generator and then `arguments`. It is a function of a module, not one made inside
    of another: so an initialiser can be pickled, and two of the same arguments are equal.
    """

    name: str
    draw: Callable[..., Parameters]
    value: float = 0.0
    arguments: tuple[Any, ...] = ()

    def __call__(self, spec: CellSpec, input_size: int, hidden_size: int, rng: np.random.Generator) -> Parameters:
        """Parameters of one direction in float64, by PyTorch's names."""
        return self.draw(spec, input_size, hidden_size, rng, *self.arguments)


def _uniform(shape: tuple[int, ...], bound: float, rng: np.random.Generator) -> Array:
    return (2 * rng.random(shape) - 1) * bound


def _orthogonal(rows: int, columns: int, rng: np.random.Generator) -> Array:
    """Orthonormal columns (or rows, if there are fewer), uniform over such matrices (Saxe et al. 2014)."""
    normal = rng.standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(normal)
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)  # without the signs the distribution is not uniform
    return q if rows >= columns else q.T


def _torch(spec: CellSpec, input_size: int, hidden_size: int, rng: np.random.Generator) -> Parameters:
    """U(-1/sqrt(H), 1/sqrt(H)) for every parameter, as torch.nn.RNN, LSTM and GRU."""
    shapes = spec.parameter_shapes(input_size, hidden_size)
    return {name: _uniform(shape, 1 / math.sqrt(hidden_size), rng) for name, shape in shapes.items()}


def _keras(spec: CellSpec, input_size: int, hidden_size: int, rng: np.random.Generator) -> Parameters:
    """Glorot uniform input weights, (H, kH) orthogonal recurrent weights, zero biases, forget bias 1 (Keras)."""
    parameters = _zeros(spec, input_size, hidden_size)
    shape = parameters["weight_ih_l0"].shape
    parameters["weight_ih_l0"] = _uniform(shape, math.sqrt(6 / (input_size + shape[0])), rng)
    if "weight_hh_l0" in parameters:
        parameters["weight_hh_l0"] = _orthogonal(hidden_size, parameters["weight_hh_l0"].shape[0], rng).T
    _add_bias(spec, parameters, spec.forget_gate, hidden_size, 1.0)
    return parameters


def _orthogonal_per_gate(spec: CellSpec, input_size: int, hidden_size: int, rng: np.random.Generator) -> Parameters:
    """Input weights and biases as `torch`; one orthogonal matrix for each gate's recurrent weights."""
    parameters = _torch(spec, input_size, hidden_size, rng)
    for gate in spec.hidden_gates:
        block = spec.gate_block(parameters["weight_hh_l0"], gate, hidden_size)
        block[:] = _orthogonal(hidden_size, hidden_size, rng)
    return parameters


def _zeros(spec: CellSpec, input_size: int, hidden_size: int) -> Parameters:
    return {name: np.zeros(shape) for name, shape in spec.parameter_shapes(input_size, hidden_size).items()}


def _add_bias(spec: CellSpec, parameters: Parameters, keeps: Keeps | None, hidden_size: int, value: float) -> None:
    """Let a gate keep more: move its bias by `value` towards the end that keeps, in bias_ih; None changes nothing."""
    if keeps is not None:
        spec.gate_block(parameters["bias_ih_l0"], keeps.gate, hidden_size)[:] += keeps.sign * value


def _set_bias(spec: CellSpec, parameters: Parameters, gate: str, hidden_size: int, value: Any) -> None:
    """Set a gate's whole bias, a number or (H,): bias_ih holds it, bias_hh of that gate is zero."""
    spec.gate_block(parameters["bias_ih_l0"], gate, hidden_size)[:] = value
    if gate in spec.hidden_gates:
        spec.gate_block(parameters["bias_hh_l0"], gate, hidden_size)[:] = 0


def _forget_bias(
    spec: CellSpec, input_size: int, hidden_size: int, rng: np.random.Generator, value: float
) -> Parameters:
    parameters = _torch(spec, input_size, hidden_size, rng)
    forget = spec.forget_gate
    if forget is not None:
        _set_bias(spec, parameters, forget.gate, hidden_size, forget.sign * value)
    return parameters


def forget_bias(value: float) -> Initialiser:
    """`torch` with every forget-gate bias set to `value` (bias_ih holds it, bias_hh of that gate is zero).

    A cell without a forget gate stays `torch`.
    """
    value = _finite("forget_bias", "value", value)
    return Initialiser("forget-bias", _forget_bias, value, (value,))


def _torch_fb1(spec: CellSpec, input_size: int, hidden_size: int, rng: np.random.Generator) -> Parameters:
    """`torch` with 1 added to the forget bias, in bias_ih only (Gers et al. 2000; Jozefowicz et al. 2015)."""
    parameters = _torch(spec, input_size, hidden_size, rng)
    _add_bias(spec, parameters, spec.forget_gate, hidden_size, 1.0)
    return parameters


def _gaussian(spec: CellSpec, input_size: int, hidden_size: int, rng: np.random.Generator, gain: float) -> Parameters:
    parameters = _zeros(spec, input_size, hidden_size)
    scales = {"weight_ih_l0": 1 / math.sqrt(input_size), "weight_hh_l0": gain / math.sqrt(hidden_size)}
    for name, scale in scales.items():
        if name in parameters:
            parameters[name] = rng.standard_normal(parameters[name].shape) * scale
    return parameters


def gaussian(gain: float) -> Initialiser:
    """Recurrent weights N(0, gain^2 / H), input weights N(0, 1 / I), biases zero (Sompolinsky et al. 1988)."""
    gain = _not_negative("gaussian", "gain", gain)
    return Initialiser("gaussian", _gaussian, gain, (gain,))


def _scaled_orthogonal(
    spec: CellSpec, input_size: int, hidden_size: int, rng: np.random.Generator, gain: float
) -> Parameters:
    parameters = _zeros(spec, input_size, hidden_size)
    shape = parameters["weight_ih_l0"].shape
    parameters["weight_ih_l0"] = rng.standard_normal(shape) / math.sqrt(input_size)
    for gate in spec.hidden_gates:
        block = spec.gate_block(parameters["weight_hh_l0"], gate, hidden_size)
        block[:] = gain * _orthogonal(hidden_size, hidden_size, rng)
    return parameters


def scaled_orthogonal(gain: float) -> Initialiser:
    """One orthogonal matrix times `gain` for each gate, input weights N(0, 1 / I), biases zero."""
    gain = _not_negative("scaled-orthogonal", "gain", gain)
    return Initialiser("scaled-orthogonal", _scaled_orthogonal, gain, (gain,))


def _keep_bias(
    spec: CellSpec, input_size: int, hidden_size: int, rng: np.random.Generator, base: Initialiser, value: float
) -> Parameters:
    parameters = base(spec, input_size, hidden_size, rng)
    _add_bias(spec, parameters, spec.keeps, hidden_size, value)
    return parameters


def with_keep_bias(base: str | Initialiser, value: float) -> Initialiser:
    """Return `base` with the bias of the gate that keeps the state moved by `value` towards keeping, in bias_ih.

    That is + `value` for f of the LSTM and z of the GRU, and - `value` for a gate that keeps where it is closed, such
    as z of minGRU. Cells without such a gate stay as they are.
    """
    base = find_initialiser(base)
    value = _finite("with_keep_bias", "value", value)
    return Initialiser(f"{base.name}-keep-bias", _keep_bias, value, (base, value))


def _write_bias(
    spec: CellSpec, input_size: int, hidden_size: int, rng: np.random.Generator, base: Initialiser, value: float
) -> Parameters:
    parameters = base(spec, input_size, hidden_size, rng)
    if spec.writes is not None:
        spec.gate_block(parameters["bias_ih_l0"], spec.writes, hidden_size)[:] += value
    return parameters


def with_write_bias(base: str | Initialiser, value: float) -> Initialiser:
    """Return `base` with the bias of the gate that writes (i of the LSTM) moved by `value`, in bias_ih.

    Beside `with_keep_bias(base, -value)` it ties what is written to what is kept: sigma(-b) = 1 - sigma(b). Cells
    without such a gate stay as they are.
    """
    base = find_initialiser(base)
    value = _finite("with_write_bias", "value", value)
    return Initialiser(f"{base.name}-write-bias", _write_bias, value, (base, value))


def _chrono(spec: CellSpec, input_size: int, hidden_size: int, rng: np.random.Generator, t_max: float) -> Parameters:
    parameters = _torch(spec, input_size, hidden_size, rng)
    keeps = spec.keeps
    if keeps is None:
        return parameters
    bias = np.log(1 + (t_max - 2) * rng.random(hidden_size))
    _set_bias(spec, parameters, keeps.gate, hidden_size, keeps.sign * bias)
    if spec.writes is not None:
        _set_bias(spec, parameters, spec.writes, hidden_size, -bias)
    return parameters


def chrono(t_max: float) -> Initialiser:
    """Return `torch` with gate biases for memories up to t_max steps (Tallec & Ollivier 2018).

    The gate that keeps the state gets the bias b = ln U(1, t_max - 1), so that a unit keeps the share u / (1 + u) a
    step with u ~ U(1, t_max - 1); -b, if it keeps where it is closed. A gate that writes, where a cell has one (i of
    the LSTM), gets -b. The whole bias stands in bias_ih; bias_hh of these gates is zero. A cell without a gate that
    keeps stays `torch`.
    """
    t_max = _finite("chrono", "t_max", t_max)
    if t_max <= 2:
        raise ValueError(f"chrono: t_max is {t_max:g}; allowed: more than 2")
    return Initialiser("chrono", _chrono, t_max, (t_max,))


def _finite(initialiser: str, what: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise TypeError(f"{initialiser}: {what} is {value!r}; allowed: a finite number")
    if not math.isfinite(value):
        raise ValueError(f"{initialiser}: {what} is {value!r}; allowed: a finite number")
    return float(value)


def _not_negative(initialiser: str, what: str, value: Any) -> float:
    number = _finite(initialiser, what, value)
    if number < 0:
        raise ValueError(f"{initialiser}: {what} is {number:g}; allowed: 0 or more")
    return number


NAMED: dict[str, Initialiser] = {
    "torch": Initialiser("torch", _torch),
    "keras": Initialiser("keras", _keras),
    "torch-fb1": Initialiser("torch-fb1", _torch_fb1),
    "orthogonal": Initialiser("orthogonal", _orthogonal_per_gate),
}
WITH_VALUE = {
    "gaussian": gaussian,
    "scaled-orthogonal": scaled_orthogonal,
    "chrono": chrono,
    "forget-bias": forget_bias,
}


def find_initialiser(given: str | Initialiser, value: float | None = None) -> Initialiser:
    """Return an initialiser itself, or the one of that name; those of `WITH_VALUE` take `value`."""
    if isinstance(given, Initialiser):
        return given
    if isinstance(given, str) and given in NAMED:
        return NAMED[given]
    if isinstance(given, str) and given in WITH_VALUE and value is not None:
        return WITH_VALUE[given](value)
    values = ", ".join(f"cells.initialisers.{make.__name__}(...)" for make in WITH_VALUE.values())
    if isinstance(given, str) and given in WITH_VALUE:
        name = WITH_VALUE[given].__name__
        raise ValueError(f"initialiser {given!r} without its value; allowed: cells.initialisers.{name}(value)")
    raise ValueError(unknown("initialiser", given, sorted(NAMED), f", or one of {values}"))
