"""Counts: parameters under each bias convention, gates, floating-point operations, bytes. Nothing is timed."""

from __future__ import annotations

from bench.case import Case
from bench.metrics import METRICS
from bench.rows import Measurement
from cells.counts import count_bytes, count_flops, count_parameters
from cells.registry import find_cell


def measure(case: Case, block: int) -> list[Measurement]:
    """All counts of a layer of the case's sizes; FLOPs for its T and B."""
    spec = find_cell(case.cell)
    both = case.merge != "none"
    sizes = {"input_size": case.input_size, "hidden_size": case.hidden_size}
    counts = {
        f"parameters_{bias}": count_parameters(case.cell, **sizes, bias=bias, bidirectional=both)
        for bias in ("single", "double", "none")
    }
    for direction in ("inference", "training"):
        counts[f"flops_{direction}"] = count_flops(
            case.cell,
            seq_len=case.seq_len,
            batch_size=case.batch_size,
            **sizes,
            direction=direction,
            bidirectional=both,
        )
    counts["bytes_parameters"] = count_bytes(counts["parameters_double"], case.dtype)
    counts["states"] = len(spec.states)
    counts["gates"] = len(spec.sigmoid_gates)
    counts["affine_maps"] = len(spec.gates)
    return [Measurement(case, metric, float(count), METRICS[metric][0], block) for metric, count in counts.items()]
