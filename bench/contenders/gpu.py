"""Contenders on the GPU: this suite and cuDNN through PyTorch, in one process, on the same numbers in device memory.

Handed over before any clock starts: parameters, input, dL/d output. A training step is the forward pass and the
backward pass with every gradient. Both sides' parameters live on the device. In training this suite packs its recurrent
weights anew for each call, as an update between two steps would make it do; the update itself is in no contender's
time. TF32 is off on both sides.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bench.case import Case
from bench.draw import draw_parameters
from cells import Layer
from cells.reference import reference

Array = NDArray[Any]
Call = Callable[[], object]
DEVICE = "cuda"  # of PyTorch's tensors
PERIOD = 64  # steps that are drawn: a longer sequence repeats them, or drawing would take longer than measuring
MODULES = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU"}
KEPT = 3  # problems and references: those of the cells of one shape, which are measured side by side


@dataclass(frozen=True)
class Problem:
    """What every contender is given: parameters on the host; x (T, B, I) and dL/d output (T, B, H) on the GPU."""

    case: Case
    parameters: Mapping[str, Array]
    x: Any
    d_output: Any


class Contender(Protocol):
    """Somebody's implementation of a case, ready to run on the GPU."""

    def call(self) -> object:
        """Queue one call on the default stream; what it returns keeps its results alive."""

    def results(self) -> Mapping[str, Any]:
        """Device arrays: "output", and in training every gradient by name ("input", the parameters' names)."""

    def peak_bytes(self) -> int | None:
        """Device memory of one call at its highest, above what it was given; None where nobody counts."""


def make_problem(case: Case) -> Problem:
    """The problem of the case's cell, shape, direction and seed; the same for every contender."""
    return _problem(_of_shape(case))


def _of_shape(case: Case) -> Case:
    return replace(case, study="gpu", backend="cuda", dtype="float32", variant="-")


@functools.lru_cache(maxsize=KEPT)
def _problem(case: Case) -> Problem:
    drawn = min(case.seq_len, PERIOD)
    rng = np.random.default_rng(case.seed)
    parameters = draw_parameters(case, rng)  # without a layer of the CPU, whose kernels nobody needs here
    x = rng.standard_normal((drawn, case.batch_size, case.input_size))
    d_output = None
    if case.direction == "training":
        d_output = _repeated(rng.standard_normal((drawn, case.batch_size, case.hidden_size)), case)
    return Problem(case, parameters, _repeated(x, case), d_output)


def _repeated(period: Array, case: Case) -> Any:
    """(T, B, W) on the device: the period again and again."""
    from cells.cuda.device.memory import copy, empty, to_device

    one = to_device(period.astype(case.dtype))
    if len(period) == case.seq_len:
        return one
    out = empty((case.seq_len, *period.shape[1:]), case.dtype)
    for begin in range(0, case.seq_len, len(period)):
        part = out[begin : begin + len(period)]
        copy(one[: part.shape[0]], part)
    return out


def make_contender(case: Case) -> Contender:
    """The contender of the case's backend, prepared for it."""
    problem = make_problem(case)
    return CudnnContender(case, problem) if case.backend.startswith("cudnn") else OwnContender(case, problem)


class OwnContender:
    """Our kernels, called as a user calls them who keeps arrays on the device."""

    def __init__(self, case: Case, problem: Problem) -> None:
        sharing = None if case.variant == "-" else case.variant
        sizes = (case.cell, case.input_size, case.hidden_size)
        self._layer = Layer(*sizes, dtype=case.dtype, backend="cuda", sharing=sharing)
        self._layer.load_parameters(problem.parameters)
        self._x, self._d_output = problem.x, problem.d_output

    def call(self) -> object:
        """See `Contender`."""
        if self._d_output is None:
            return self._layer(self._x)
        for weights in self._layer.directions:  # in training an update lies between two calls
            weights.forget_packed()
        trace = self._layer.forward(self._x)
        return trace, trace.backward(self._d_output)

    def results(self) -> Mapping[str, Any]:
        """See `Contender`."""
        if self._d_output is None:
            return {"output": self._layer(self._x)[0]}
        trace = self._layer.forward(self._x)
        gradients = trace.backward(self._d_output)
        return {"output": trace.runs[0].states[0][1:], "input": gradients.input, **gradients.parameters}

    def time_loops(self) -> dict[str, Call]:
        """The kernels of the time loop alone, by the metric that their time is: no product over all steps, no packing.

        They run on what a call has left on the device: times do not depend on the numbers.
        """
        from cells.cuda.run import loop_alone

        (weights,) = self._layer.directions
        loops = loop_alone(weights, self._x, self._d_output)
        return {f"kernel_{way}_s": call for way, call in loops.items()}

    def peak_bytes(self) -> int | None:
        """See `Contender`. By the counter of the memory pool; what cuBLAS has for itself is not in it."""
        from cells.cuda.device.launch import current_stream
        from cells.cuda.device.target import SIMULATED, cuda_core

        if SIMULATED:
            return None
        from cuda.bindings import driver

        pool = cuda_core().Device(0).memory_resource
        if not hasattr(pool, "attributes"):
            return None
        if self._d_output is not None:  # a call packs anew and frees the old ones: they must not count as given
            for weights in self._layer.directions:
                weights.forget_packed()
        current_stream().sync()
        before = int(pool.attributes.used_mem_current)
        highest = driver.CUmemPool_attribute.CU_MEMPOOL_ATTR_USED_MEM_HIGH
        (status,) = driver.cuMemPoolSetAttribute(pool.handle, highest, driver.cuuint64_t(0))
        if status != driver.CUresult.CUDA_SUCCESS:
            return None
        self.call()
        current_stream().sync()
        return int(pool.attributes.used_mem_high) - before


@functools.cache
def torch_or_none() -> Any:
    """PyTorch with a GPU and TF32 off, or None."""
    if importlib.util.find_spec("torch") is None:
        return None
    torch = importlib.import_module("torch")
    if not torch.cuda.is_available():
        return None
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    return torch


class CudnnContender:
    """cuDNN, as `torch.nn` calls it."""

    def __init__(self, case: Case, problem: Problem) -> None:
        torch = torch_or_none()
        if torch is None:
            raise RuntimeError("cuDNN needs PyTorch with CUDA: pip install torch, in a build for the GPU's driver")
        self._torch, self._training = torch, problem.d_output is not None
        kind = torch.float16 if case.backend == "cudnn-fp16" else getattr(torch, case.dtype)
        self._module = module(torch, case, problem.parameters, kind, training=self._training)
        self._x = torch.as_tensor(problem.x, device=DEVICE).to(kind).detach().requires_grad_(self._training)
        if not torch.backends.cudnn.is_acceptable(self._x):
            raise RuntimeError(f"PyTorch does not take cuDNN for {kind} here; it would compare us with something else")
        self._d_output = torch.as_tensor(problem.d_output, device=DEVICE).to(kind) if self._training else None

    def call(self) -> object:
        """See `Contender`."""
        if not self._training:
            with self._torch.inference_mode():
                return self._module(self._x)
        self._module.zero_grad(set_to_none=True)
        self._x.grad = None
        output, _ = self._module(self._x)
        output.backward(self._d_output)
        return output

    def results(self) -> Mapping[str, Any]:
        """See `Contender`."""
        output: Any = self.call()
        if not self._training:
            return {"output": output[0]}
        gradients = {name: value.grad for name, value in self._module.named_parameters()}
        return {"output": output.detach(), "input": self._x.grad, **gradients}

    def peak_bytes(self) -> int | None:
        """See `Contender`. By the counter of PyTorch's allocator, which cuDNN's workspace comes from."""
        cuda = self._torch.cuda
        self._module.zero_grad(set_to_none=True)
        self._x.grad = None
        cuda.synchronize()
        before = cuda.memory_allocated()
        cuda.reset_peak_memory_stats()
        self.call()
        cuda.synchronize()
        return int(cuda.max_memory_allocated() - before)


def module(torch: Any, case: Case, parameters: Mapping[str, Array], kind: Any, *, training: bool) -> Any:
    """The module of a cell on the GPU with these parameters."""
    made = getattr(torch.nn, MODULES[case.cell])(case.input_size, case.hidden_size).to(DEVICE, kind)
    made.load_state_dict({name: torch.tensor(value) for name, value in parameters.items()})
    for value in made.parameters():
        value.requires_grad_(training)
    return made.train(training)


@functools.lru_cache(maxsize=KEPT)
def _expected(case: Case) -> dict[str, Any]:
    """Output and gradients in float64, by name: from PyTorch on the GPU where it is there, else from NumPy."""
    problem, torch = _problem(case), torch_or_none()
    if torch is None or case.cell not in MODULES:
        d_output = None if problem.d_output is None else problem.d_output.numpy()
        found = reference(case.cell, problem.parameters, problem.x.numpy(), d_output, None)
        return {"output": found.output, **({} if d_output is None else {"input": found.input, **found.parameters})}
    training = problem.d_output is not None
    layer = module(torch, case, problem.parameters, torch.float64, training=training)
    x = torch.as_tensor(problem.x, device=DEVICE).double().requires_grad_(training)
    output, _ = layer(x)
    results = {"output": output.detach()}
    if training:
        output.backward(torch.as_tensor(problem.d_output, device=DEVICE).double())
        results |= {"input": x.grad, **{name: value.grad for name, value in layer.named_parameters()}}
    torch.cuda.empty_cache()  # ours is another pool, and both may need most of the memory
    return results


def largest_error(case: Case, results: Mapping[str, Any]) -> float:
    """Largest error of any result, relative to the largest value of its kind (output; gradients)."""
    expected = _expected(_of_shape(case))
    gradients = [name for name in expected if name != "output"]
    errors = []
    for names in (["output"], gradients):
        scale = max((float(abs(expected[name]).max()) for name in names), default=1.0)
        errors += [_distance(results[name], expected[name]) / scale for name in names]
    return float(np.max(errors))  # NaN stays NaN, which no tolerance allows


def _distance(given: Any, expected: Any) -> float:
    if isinstance(expected, np.ndarray):
        host = given.numpy() if hasattr(given, "numpy") else np.asarray(given)
        return float(np.abs(host.astype(np.float64) - expected).max())
    # In pieces of steps: a difference in float64 of a large output would need its size again.
    given = importlib.import_module("torch").as_tensor(given, device=DEVICE)
    pieces = zip(given.split(PERIOD), expected.split(PERIOD), strict=True)
    return float(np.max([float((one.double() - other).abs().max()) for one, other in pieces]))


def forget_references() -> None:
    """Free the references that are kept."""
    _expected.cache_clear()
