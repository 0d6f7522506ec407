"""The cells once more, in plain NumPy float64 from the equations: the reference that shares no code with `cells`.

    rnn               h = tanh(W x + b + U h' + d)                                  Elman 1990, as torch.nn.RNN
    lstm              i, f, o = sigmoid(W x + b + U h' + d);  g = tanh(same)        Gers et al. 2000; the lecture
                      c = f c' + i g;  h = o tanh(c)
    lstm-1997         as lstm without f:  c = c' + i g                              Hochreiter & Schmidhuber 1997
    lstm-coupled      as lstm without i:  c = f c' + (1 - f) g                      Greff et al. 2017
    gru               r, z = sigmoid(W x + b + U h' + d);  h = (1 - z) n + z h'
                      n = tanh(W x + b + r (U h' + d))                              Cho et al. 2014 v1, as torch.nn.GRU
    gru-reset-before  n = tanh(W x + b + U (r h') + d)                              Cho et al. 2014 v3

W, b are weight_ih, bias_ih; U, d are weight_hh, bias_hh; a prime marks the step before. Gates are stacked along
the first axis in PyTorch's order.

Derivatives are complex-step derivatives (Squire & Trapp 1998): Im L(p + i e v) / e with e = 1e-150. Nothing is
subtracted, so they are exact to rounding, and no backward pass is written that could share a mistake with the one
under test. Every formula here is analytic, so it runs on complex arrays unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

Arrays = Mapping[str, np.ndarray]

STACK = {
    "rnn": ("n",),
    "lstm": ("i", "f", "g", "o"),
    "lstm-1997": ("i", "g", "o"),
    "lstm-coupled": ("f", "g", "o"),
    "gru": ("r", "z", "n"),
    "gru-reset-before": ("r", "z", "n"),
}
"""Cell name to the blocks of its weights, in order."""

STATES = {cell: ("h", "c") if cell.startswith("lstm") else ("h",) for cell in STACK}
"""Cell name to the names of what it carries from step to step."""

COMPLEX_STEP = 1e-150  # small enough that its square vanishes, far above the smallest normal double


@dataclass(frozen=True)
class Run:
    """What one run gives; shapes as the layer's: a leading direction axis exactly when there are two directions.

    output: (T, B, H), or (T, B, 2H) for concat; final[name]: ([2,] B, H)
    states[name]: ([2,] T + 1, B, H), index 0 the start; gates[name]: ([2,] T, B, H); each in processing order.
    """

    output: np.ndarray
    final: dict[str, np.ndarray]
    states: dict[str, np.ndarray]
    gates: dict[str, np.ndarray]


@dataclass(frozen=True)
class Along:
    """A direction in the space of everything a loss depends on; arrays that are left out stay fixed.

    states[name]: ([2,] T + 1, B, H), added to that state right after its step has computed it.
    """

    parameters: Arrays = field(default_factory=dict)
    x: np.ndarray | None = None
    initial: Arrays = field(default_factory=dict)
    states: Arrays = field(default_factory=dict)


def sigmoid(a: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-a)), also for complex a."""
    return 1.0 / (1.0 + np.exp(-a))


def step(cell: str, p: Arrays, x: np.ndarray, state: Arrays, nudge: Arrays) -> tuple[dict, dict]:
    """One step for a batch: x (B, I) and state[name] (B, H) to the next state and the gates; nudge is added."""
    if cell not in STACK:
        raise ValueError(f"the oracle has no cell {cell!r}; known: {', '.join(STACK)}")
    h = state["h"]
    W, U, b, d = (
        dict(zip(STACK[cell], np.split(p[name], len(STACK[cell])), strict=True))
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )

    def affine(gate: str) -> np.ndarray:
        return x @ W[gate].T + b[gate] + h @ U[gate].T + d[gate]

    if cell == "rnn":
        n = np.tanh(affine("n"))
        return {"h": n + nudge["h"]}, {}
    if cell.startswith("lstm"):
        gates = {gate: (np.tanh if gate == "g" else sigmoid)(affine(gate)) for gate in STACK[cell]}
        if cell == "lstm-1997":
            c = state["c"] + gates["i"] * gates["g"]
        elif cell == "lstm-coupled":
            c = gates["f"] * state["c"] + (1.0 - gates["f"]) * gates["g"]
        else:
            c = gates["f"] * state["c"] + gates["i"] * gates["g"]
        c = c + nudge["c"]
        return {"h": gates["o"] * np.tanh(c) + nudge["h"], "c": c}, gates
    r, z = sigmoid(affine("r")), sigmoid(affine("z"))
    if cell == "gru":
        n = np.tanh(x @ W["n"].T + b["n"] + r * (h @ U["n"].T + d["n"]))
    else:
        n = np.tanh(x @ W["n"].T + b["n"] + (r * h) @ U["n"].T + d["n"])
    return {"h": (1.0 - z) * n + z * h + nudge["h"]}, {"r": r, "z": z, "n": n}


def run_direction(cell: str, p: Arrays, x: np.ndarray, initial: Arrays, nudge: Arrays) -> tuple[dict, dict]:
    """One direction over x (T, B, I): states[name] (T + 1, B, H) and gates[name] (T, B, H)."""
    state = {name: initial[name] + nudge[name][0] for name in STATES[cell]}
    states, gates = [state], []
    for t in range(len(x)):
        state, gate = step(cell, p, x[t], state, {name: nudge[name][t + 1] for name in STATES[cell]})
        states.append(state)
        gates.append(gate)
    return (
        {name: np.stack([s[name] for s in states]) for name in states[0]},
        {name: np.stack([g[name] for g in gates]) for name in gates[0]},
    )


def merged(merge: str, forward: np.ndarray, reverse: np.ndarray) -> np.ndarray:
    """The output of two directions, both in the order of x."""
    if merge == "concat":
        return np.concatenate([forward, reverse], axis=-1)
    total = forward + reverse
    return total / 2.0 if merge == "mean" else total


def run(
    cell: str,
    parameters: Arrays,
    x: np.ndarray,
    initial: Arrays | None = None,
    merge: str | None = None,
    nudge: Arrays | None = None,
) -> Run:
    """Forward pass over x (T, B, I); parameters under PyTorch's names; `nudge` as `Along.states`."""
    suffixes = ("_l0",) if merge is None else ("_l0", "_l0_reverse")
    batch, hidden = x.shape[1], parameters["weight_hh_l0"].shape[1]

    def per_direction(arrays: Arrays | None, *shape: int) -> list[dict[str, np.ndarray]]:
        """Arrays ([2,] *shape) split by direction, zeros where there is none."""
        full = {s: (arrays or {}).get(s, np.zeros((len(suffixes), *shape))) for s in STATES[cell]}
        return [{s: a.reshape(-1, *shape)[direction] for s, a in full.items()} for direction in range(len(suffixes))]

    starts = per_direction(initial, batch, hidden)
    nudges = per_direction(nudge, len(x) + 1, batch, hidden)
    runs = []
    for direction, suffix in enumerate(suffixes):
        p = {name: parameters[name + suffix] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
        runs.append(run_direction(cell, p, x if direction == 0 else x[::-1], starts[direction], nudges[direction]))
    if merge is None:
        states, gates = runs[0]
        return Run(states["h"][1:], {s: a[-1] for s, a in states.items()}, states, gates)
    states = {s: np.stack([r[0][s] for r in runs]) for s in runs[0][0]}
    gates = {g: np.stack([r[1][g] for r in runs]) for g in runs[0][1]}
    output = merged(merge, states["h"][0, 1:], states["h"][1, 1:][::-1])
    return Run(output, {s: a[:, -1] for s, a in states.items()}, states, gates)


def derivative(
    cell: str,
    parameters: Arrays,
    x: np.ndarray,
    initial: Arrays,
    merge: str | None,
    d_output: np.ndarray,
    d_final: Arrays,
    along: Along,
) -> float:
    """Directional derivative of L = sum(d_output * output) + sum(d_final * final) at the given point."""
    e = 1j * COMPLEX_STEP
    result = run(
        cell,
        {name: a + e * along.parameters.get(name, 0.0) for name, a in parameters.items()},
        x if along.x is None else x + e * along.x,
        {name: a + e * along.initial.get(name, 0.0) for name, a in initial.items()},
        merge,
        {name: e * a for name, a in along.states.items()},
    )
    loss = np.sum(d_output * result.output) + sum(np.sum(d_final[s] * result.final[s]) for s in d_final)
    return float(np.imag(loss) / COMPLEX_STEP)
