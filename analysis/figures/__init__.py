"""Figures, one file each: `build(frame)` computes the plotted data, `draw(data, style, labels)` only draws them."""

from __future__ import annotations

from types import ModuleType

from analysis.figures import (
    activations,
    cuda_ratio,
    cuda_step,
    decay_rate,
    forget_bias,
    gates_along_sequence,
    gradient_profile,
    input_reach,
    jacobian_profile,
    lyapunov_spectrum,
    mean_field,
    parameter_count,
    peer_ratio,
    phase_diagram,
    runtime_vs_hidden,
    runtime_vs_length,
    same_work_longer,
    step_parts,
    time_per_parameter,
    time_ratio,
)

REGISTRY: dict[str, ModuleType] = {
    module.ID: module
    for module in (
        gradient_profile,
        decay_rate,
        phase_diagram,
        mean_field,
        forget_bias,
        jacobian_profile,
        lyapunov_spectrum,
        gates_along_sequence,
        activations,
        runtime_vs_length,
        runtime_vs_hidden,
        time_ratio,
        time_per_parameter,
        peer_ratio,
        same_work_longer,
        step_parts,
        cuda_ratio,
        cuda_step,
        parameter_count,
        input_reach,
    )
}
"""Figure id to its module, which has `ID`, `STUDIES`, `LABELS` (keys of the catalogue), `FACTS` and `build`."""
