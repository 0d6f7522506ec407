"""The metrics: unit and meaning of every number that is measured."""

from __future__ import annotations

METRICS: dict[str, tuple[str, str]] = {
    # runtime
    "elapsed_s": ("s", "wall time of one call"),
    "first_call_cold_s": ("s", "first call in a fresh process with an empty kernel cache: imports and compilation"),
    "first_call_warm_s": ("s", "first call in a fresh process that finds its kernels on disk: imports and loading"),
    "validation_error": ("1", "largest error against float64, relative to the largest value, at this shape"),
    "multiply_add_rate": ("FLOP/s", "measured peak: multiply-adds from registers, two operations each"),
    "whole_s": ("s", "forward and backward pass of one training step, all of it"),
    "input_product_s": ("s", "W_ih x of all steps, forward"),
    "recurrent_product_s": ("s", "W_hh h of all steps, forward"),
    "point_wise_s": ("s", "activations and state of all steps, forward"),
    "point_wise_backward_s": ("s", "derivatives of activations and state of all steps"),
    "recurrent_backward_s": ("s", "transposed W_hh times dL/d pre-activations of all steps"),
    "input_gradient_s": ("s", "transposed W_ih times dL/d pre-activations of all steps"),
    "weight_gradient_s": ("s", "dL/dW_ih and dL/dW_hh: one product each over all steps and samples"),
    "part_flops": ("FLOP", "operations of one part's products; metric name is part_flops_<part>"),
    # GPU
    "event_s": ("s", "time of one call between two events on the GPU's stream, calls queued one after another"),
    "event_cold_s": ("s", "the same, after 256 MB were written: nothing of the call is in the second-level cache"),
    "launch_overhead_s": ("s", "host time of one call that nobody waits for, on an idle GPU"),
    "kernel_forward_s": ("s", "the time loop's forward kernel alone: no product over all steps, no packing"),
    "kernel_backward_s": ("s", "the time loop's backward kernel alone"),
    "peak_device_bytes": ("B", "device memory of one call at its highest, above parameters, input and dL/d output"),
    "gpu_clock_hz": ("Hz", "clock of the multiprocessors; replicate 0 before the item's samples, 1 after them"),
    "gpu_throttled": ("1", "1 where the driver slows the GPU down, and why in `reason`; replicates as gpu_clock_hz"),
    # kernels compiled and not run
    "registers": ("count", "registers of a thread"),
    "stack_bytes": ("B", "stack of a thread"),
    "spill_bytes": ("B", "spill stores and loads of a thread"),
    "shared_bytes": ("B", "shared memory of a block"),
    "threads": ("count", "threads of a block"),
    "blocks": ("count", "blocks of the launch"),
    "blocks_per_multiprocessor": (
        "count",
        "blocks that registers, threads and shared memory let a multiprocessor have",
    ),
    "chosen": ("1", "1 where the rule takes this kernel's sharing, else 0"),
    # gradient flow; step = lag k = T - t
    "log10_norm_h": ("log10", "log10 of the L2 norm over units of dL/dh at lag k, loss at the last step"),
    "log10_norm_joint": ("log10", "log10 of the L2 norm of the gradient of (h, c), two coordinates, at lag k"),
    "log10_norm_c": ("log10", "log10 of the L2 norm over units of dL/dc at lag k, loss at the last step"),
    "log10_norm_every_h": ("log10", "as log10_norm_h, for an independent N(0, 1) gradient at every step's output"),
    "log10_forget_path": ("log10", "log10 of the root mean square over units of prod f over the last k steps"),
    "log10_forget_mean": ("log10", "log10 of the mean over units of prod f over the last k steps"),
    "log10_clamped": ("log10", "as log10_norm, with every gate held at its mean; log10_clamped_<state>"),
    "log10_spectral_radius": ("log10", "log10 of the spectral radius of W_hh"),
    "lost_seen": ("steps", "first lag at which a plain pass has no number left; lost_seen_<normal or denormal>"),
    "lost_computed": ("steps", "the same, computed from the profile in log scale; lost_computed_<...>"),
    "log10_gradient_left": ("log10", "log10 of ||dL/ds_0|| over ||dL/ds_T||, s all states, loss at the last step"),
    # gradient of the recurrent weights; step = number w of last steps whose use of W_hh counts; T is all of them
    "log10_weight_gradient": ("log10", "log10 of the Frobenius norm of dL/dW_hh from the last w steps' use of W_hh"),
    "log10_recent_gradient": ("log10", "log10 of the Frobenius norm of what the last uses of W_hh add to dL/dW_hh"),
    "recent_cosine": ("1", "cosine of the angle between that part and dL/dW_hh, as vectors of all weights"),
    "log10_cut_off": ("log10", "log10 of ||what the steps before the last w add to dL/dW_hh|| over ||dL/dW_hh||"),
    "kept_sd": ("1", "standard deviation over units of the state that is kept (c of the LSTM, h of the GRU), after T"),
    # Jacobians; step = lag k, or time t of the perturbation
    "log10_jacobian": (
        "log10",
        "log10 of a norm of ds_T/ds_{T-k}; log10_jacobian_<joint or cell>_<rms or spectral>, and _cell_path: prod f",
    ),
    "log10_pascanu_bound": ("log10", "log10 of sigma_max(W_hh)^k, which bounds the spectral norm of a simple cell"),
    "log10_perturbation": ("log10", "log10 of the L2 norm of ds_t for a normal ds_0, carried forward"),
    "cell_from_hidden": (
        "1",
        "typical gain from h_{t-1} to c_t: Frobenius norm of dc_t/dh_{t-1} over sqrt(H), rms over steps",
    ),
    # spectra; step = place of an exponent, the largest is 1, or number of factors
    "lyapunov": ("nats per step", "Lyapunov exponent of the joint state"),
    "log10_product_norm": ("log10", "log10 of ||M||_F / sqrt(N) of a product of k Gaussian matrices"),
    "spectral_radius": ("1", "mean over draws of the spectral radius of W_hh"),
    "critical_gain": ("1", "recurrent gain at which the zero state stops being stable"),
    # probes; step = bias of the gate in question
    "share_kept": ("1", "share of the old state that is kept (c of the LSTM, h of the GRU)"),
    "share_taken": ("1", "share of the candidate that is added to c"),
    "share_passed": ("1", "share of tanh c that is passed on to h"),
    "squashed_twice": ("1", "largest |h - tanh(tanh a)| of an LSTM with f = 0, i = o = 1"),
    "padding_difference": ("1", "padded batch against single sequences, largest difference over largest output"),
    "chunk_difference": ("1", "two halves with the state carried over against the whole, relative as above"),
    "log10_reach": ("log10", "log10 of the L2 norm of dL/dx_s, loss at the middle step t; step is s - t"),
    "future_gradient": ("1", "largest |dy_t/dx_s| over s > t"),
    "state_lost": ("1", "share of c that is gone after T steps with f open and i closed"),
    # gates; step = time step t = 1 .. T
    "gate_mean": ("1", "mean of a gate over units and batch; metric name is gate_mean_<gate>"),
    "gate_min": ("1", "smallest value of a gate over units, steps and batch; gate_min_<gate>"),
    "gate_max": ("1", "largest value of a gate over units, steps and batch; gate_max_<gate>"),
    "gate_saturated": ("1", "share of units within .05 of 0 or 1, at each step; gate_saturated_<gate>"),
    "time_constant": ("steps", "1 / (1 - f) at the median of the gate that keeps the state; time_constant_<gate>"),
    # activations; step = x
    "sigmoid": ("1", "sigma(x) as the kernels compute it"),
    "tanh": ("1", "tanh(x) as the kernels compute it"),
    # counts
    "parameters_single": ("count", "parameters with one bias vector per gate, as in the lecture"),
    "parameters_double": ("count", "parameters with two bias vectors per gate, as in PyTorch and cuDNN"),
    "parameters_none": ("count", "parameters without biases"),
    "flops_inference": ("FLOP", "multiplications and additions of the products of one call (T steps, B samples)"),
    "flops_training": ("FLOP", "the same for forward and backward pass"),
    "bytes_parameters": ("B", "bytes of the parameters in the case's dtype (two biases)"),
    "states": ("count", "states that a step hands to the next one"),
    "gates": ("count", "gates: affine maps followed by sigma"),
    "affine_maps": ("count", "affine maps of [h, x] per step, gates and candidate"),
}
"""Metric name to (unit, meaning)."""
