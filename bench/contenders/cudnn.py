"""cuDNN as a contender, as `torch.nn` calls it; in this process, on the problem's own device memory. TF32 is off."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any

from bench.case import Case
from bench.contenders import torch_gpu
from bench.contenders.clocks import EventClock, Sample
from bench.contenders.problem import GPU, Problem


class Cudnn:
    """cuDNN's layers, in the case's dtype or in half precision."""

    device = GPU

    def why_not(self, case: Case) -> str | None:
        """Return the reason why cuDNN cannot do the case here, or None."""
        if importlib.util.find_spec("torch") is None:
            return "cuDNN needs PyTorch with CUDA; install with `pip install torch`, in a build for the GPU's driver"
        if case.cell not in torch_gpu.MODULES:
            return f"cuDNN has no cell {case.cell!r}; allowed: {', '.join(torch_gpu.MODULES)}"
        return None

    def prepare(self, problem: Problem) -> CudnnLayer:
        """Make a module with the problem's parameters; RuntimeError where PyTorch has no GPU or takes no cuDNN."""
        return CudnnLayer(problem)


class CudnnLayer:
    """A module of PyTorch on the GPU."""

    def __init__(self, problem: Problem) -> None:
        torch = torch_gpu.torch_or_none()
        if torch is None:
            reason = torch_gpu.why_no_torch()
            raise RuntimeError(f"cuDNN needs PyTorch with CUDA, in a build for the GPU's driver: {reason}")
        case = problem.case
        self._torch = torch
        self._training = problem.d_output is not None
        dtype = torch.float16 if case.backend == "cudnn-fp16" else getattr(torch, case.dtype)
        self._module = torch_gpu.make_module(torch, case, problem.parameters, dtype, training=self._training)
        x = torch.as_tensor(problem.x, device=torch_gpu.DEVICE)
        self._x = x.to(dtype).detach().requires_grad_(self._training)
        if not torch.backends.cudnn.is_acceptable(self._x):
            raise RuntimeError(f"PyTorch does not take cuDNN for {dtype} here; it would compare us with something else")
        self._d_output = None
        if self._training:
            self._d_output = torch.as_tensor(problem.d_output, device=torch_gpu.DEVICE).to(dtype)
        self.clock = EventClock(self.call)

    def call(self) -> object:
        """Queue one call on the default stream."""
        if not self._training:
            with self._torch.inference_mode():
                return self._module(self._x)
        self._module.zero_grad(set_to_none=True)
        self._x.grad = None
        output, _ = self._module(self._x)
        output.backward(self._d_output)
        return output

    def results(self) -> Mapping[str, Any]:
        """Return device tensors: output (T, B, H), and in training every gradient."""
        output: Any = self.call()
        if not self._training:
            return {"output": output[0]}
        gradients = {name: value.grad for name, value in self._module.named_parameters()}
        return {"output": output.detach(), "input": self._x.grad, **gradients}

    def resources(self) -> list[Sample]:
        """Count device memory at its highest, by PyTorch's allocator, which cuDNN's workspace comes from."""
        cuda = self._torch.cuda
        self._module.zero_grad(set_to_none=True)
        self._x.grad = None
        cuda.synchronize()
        before = cuda.memory_allocated()
        cuda.reset_peak_memory_stats()
        self.call()
        cuda.synchronize()
        return [Sample("peak_device_bytes", float(cuda.max_memory_allocated() - before), "B")]
