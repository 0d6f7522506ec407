"""A test problem: sizes, and every number drawn for them; and how the layer's answer to it is compared.

An answer is a dict of groups, each a dict of arrays: output, final, states, gates (values), d_parameters, d_input,
d_initial, d_states (gradients). An error is relative to the largest value of its yardstick's groups.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from cells.registry import find_cell

Answer = dict[str, dict[str, np.ndarray]]

GROUPS = ("output", "final", "states", "gates", "d_parameters", "d_input", "d_initial", "d_states")

SEQ_LENS = (1, 2, 37)
BATCH_SIZES = (1, 3, 17)
HIDDEN_SIZES = (1, 5, 16, 33, 64)
INPUT_SIZES = (1, 7, 32)
MERGES = (None, "concat", "mean", "sum")
INITIALS = (False, True)

TOLERANCE = {
    "float64": 1e-10,  # rounding is about 1e-14 after 37 steps; a wrong term is 1e-3 or more
    "float32": 2e-5,  # 2**-24 = 6e-8 per operation, fused multiply-add, rational tanh at 2e-7; grows with T
}

YARDSTICK = {
    "float64": (("output", "final", "states"),),
    # A gradient may be one number that cancels: at T = B = I = 1 an LSTM's input gradient can be 1e-5 of the terms it
    # adds up. So float32 is measured against the largest gradient; float64, above, group by group.
    "float32": (("output", "final", "states"), ("d_parameters", "d_input", "d_initial")),
}
"""Groups that share the largest value an error is relative to; every other group has its own."""


class Stream:
    """Numbers from raw PCG64 words: NumPy promises these bits for every version, and not those of distributions."""

    def __init__(self, key: str):
        self._bits = np.random.PCG64(zlib.crc32(key.encode()))

    def uniform(self, scale: float, *shape: int) -> np.ndarray:
        """Float64 array, uniform in (-scale, scale), every entry exact in float32 too."""
        words = self._bits.random_raw(int(np.prod(shape))) >> np.uint64(11)
        unit = np.asarray(words, dtype=np.float64) * 2.0**-53
        return ((2.0 * unit - 1.0) * scale).astype(np.float32).astype(np.float64).reshape(shape)

    def integers(self, high: int, count: int) -> np.ndarray:
        """`count` indices below `high`."""
        return (self._bits.random_raw(count) >> np.uint64(11)).astype(np.int64) % high


@dataclass(frozen=True)
class Problem:
    """Sizes of one problem; every array follows from them, the same on every machine.

    `initial` False leaves the start to its default, zero.
    """

    cell: str
    seq_len: int
    batch_size: int
    hidden_size: int
    input_size: int
    merge: str | None = None
    initial: bool = True

    @property
    def label(self) -> str:
        start = "start" if self.initial else "zero"
        sizes = f"T{self.seq_len}-B{self.batch_size}-H{self.hidden_size}-I{self.input_size}"
        return f"{self.cell}-{sizes}-{self.merge}-{start}"

    def draw(self) -> Given:
        """Parameters, input, start and the loss's weights for these sizes, float64."""
        T, B, H = self.seq_len, self.batch_size, self.hidden_size
        stream, spec = Stream(self.label), find_cell(self.cell)
        parameters = {}
        for suffix in ("", "_reverse") if self.merge is not None else ("",):
            for name, shape in spec.parameter_shapes(self.input_size, H).items():
                scale = 1.5 / shape[1] ** 0.5 if len(shape) == 2 else 0.5
                parameters[name + suffix] = stream.uniform(scale, *shape)
        state = (B, H) if self.merge is None else (2, B, H)
        width = 2 * H if self.merge == "concat" else H
        start = {name: stream.uniform(0.9, *state) for name in spec.states}
        return Given(
            parameters=parameters,
            x=stream.uniform(1.5, T, B, self.input_size),
            start=start if self.initial else {name: np.zeros(state) for name in start},
            d_output=stream.uniform(1.0, T, B, width),
            d_final={name: stream.uniform(1.0, *state) for name in spec.states},
        )


@dataclass(frozen=True)
class Given:
    """The arrays of a problem: start[name] and d_final[name] ([2,] B, H); x (T, B, I); d_output as the output."""

    parameters: dict[str, np.ndarray]
    x: np.ndarray
    start: dict[str, np.ndarray]
    d_output: np.ndarray
    d_final: dict[str, np.ndarray]


def cast(arrays: dict[str, np.ndarray], dtype: str) -> dict[str, np.ndarray]:
    return {name: a.astype(dtype) for name, a in arrays.items()}


def layer_for(problem: Problem, given: Given, dtype: str, **where: Any) -> Any:
    """A layer of `cells` that holds the problem's parameters. where: backend, sharing."""
    from cells import Layer

    layer = Layer(
        problem.cell,
        input_size=problem.input_size,
        hidden_size=problem.hidden_size,
        dtype=dtype,
        bidirectional=problem.merge,
        rng=np.random.default_rng(0),
        **where,
    )
    layer.load_parameters(given.parameters)
    return layer


def answer_of_layer(problem: Problem, given: Given, dtype: str, **where: Any) -> Answer:
    """What `cells` says."""
    layer = layer_for(problem, given, dtype, **where)
    kind = layer.array_dtype
    trace = layer.forward(given.x.astype(kind), initial=cast(given.start, kind) if problem.initial else None)
    grads = trace.backward(given.d_output.astype(kind), d_final=cast(given.d_final, kind))
    return {
        "output": {"output": trace.output},
        "final": dict(trace.final) if hasattr(trace, "final") else final_of(trace, problem.merge),
        "states": dict(trace.states),
        "gates": {} if layer.spec.simple else {name: trace.gates[name] for name in layer.spec.gates},
        "d_parameters": dict(grads.parameters),
        "d_input": {"input": grads.input},
        "d_initial": dict(grads.initial),
        "d_states": dict(grads.states),
    }


def final_of(trace: Any, merge: str | None) -> dict[str, np.ndarray]:
    """The last state of a trace, ([2,] B, H)."""
    return {name: a[-1] if merge is None else a[:, -1] for name, a in trace.states.items()}


def relative_error(actual: np.ndarray, expected: np.ndarray, scale: float) -> float:
    """max |actual - expected| / scale; infinite where shapes differ or anything is not a number."""
    if np.shape(actual) != np.shape(expected):
        return float("inf")
    error = float(np.max(np.abs(np.asarray(actual, dtype=np.float64) - expected)))
    if error == 0.0:
        return 0.0
    return error / scale if np.isfinite(error) and scale > 0.0 else float("inf")


def yardsticks(largest: dict[str, float], dtype: str) -> dict[str, float]:
    """What an error in each group is relative to, from the largest value of each group."""
    shared = {group: max(largest.get(g, 0.0) for g in groups) for groups in YARDSTICK[dtype] for group in groups}
    return largest | {group: value for group, value in shared.items() if group in largest}


def largest_values(answer: Answer) -> dict[str, float]:
    """Largest absolute value of each group; 0 for an empty one."""
    return {g: max((float(np.max(np.abs(a))) for a in arrays.values()), default=0.0) for g, arrays in answer.items()}


def group_errors(actual: Answer, expected: Answer, dtype: str = "float64") -> dict[str, float]:
    """Largest error of each group of `expected`, relative to its yardstick; names must agree."""
    errors, scale = {}, yardsticks(largest_values(expected), dtype)
    for group, arrays in expected.items():
        if set(actual[group]) != set(arrays):
            raise AssertionError(f"{group} has {sorted(actual[group])}; expected {sorted(arrays)}")
        if arrays:
            errors[group] = max(relative_error(actual[group][n], a, scale[group]) for n, a in arrays.items())
    return errors


def covering_problems(cell: str) -> list[Problem]:
    """Few problems in which every pair of levels of two factors occurs (greedy pairwise covering array)."""
    levels = (SEQ_LENS, BATCH_SIZES, HIDDEN_SIZES, INPUT_SIZES, MERGES, INITIALS)
    rows = list(product(*levels))

    def pairs(row: tuple) -> set[tuple]:
        return {(a, row[a], b, row[b]) for a in range(len(row)) for b in range(a)}

    missing = set().union(*(pairs(row) for row in rows))
    chosen = []
    while missing:
        best = max(rows, key=lambda row: len(pairs(row) & missing))
        chosen.append(Problem(cell, *best))
        missing -= pairs(best)
    return chosen
