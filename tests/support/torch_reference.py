"""PyTorch's answer to a problem, float64: torch.nn where it has the cell, and a loop that autograd unrolls.

The loop gives what torch.nn does not: gates, and the total gradient of every h_t and c_t (`retain_grad`; index 0
is the start). It is written with torch operations only and is checked against torch.nn wherever that exists.
"""

from __future__ import annotations

import numpy as np
import torch

from tests.support.oracle import STACK, STATES
from tests.support.problem import Answer, Given, Problem

MODULES = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}


def _leaf(a: np.ndarray) -> torch.Tensor:
    return torch.tensor(a, dtype=torch.float64, requires_grad=True)


def _merge(merge: str | None, output: torch.Tensor) -> torch.Tensor:
    """output: (T, B, D * H), directions concatenated, as torch.nn gives it."""
    if merge in (None, "concat"):
        return output
    forward, reverse = output.chunk(2, dim=-1)
    return (forward + reverse) / 2 if merge == "mean" else forward + reverse


def _loss(given: Given, output: torch.Tensor, final: dict[str, torch.Tensor]) -> torch.Tensor:
    loss = (torch.tensor(given.d_output) * output).sum()
    for name, d in given.d_final.items():
        loss = loss + (torch.tensor(d) * final[name]).sum()
    return loss


def _numpy(tensors: dict[str, torch.Tensor]) -> dict[str, np.ndarray]:
    return {name: t.detach().numpy() for name, t in tensors.items()}


def _grads(tensors: dict[str, torch.Tensor]) -> dict[str, np.ndarray]:
    return {name: np.zeros(t.shape) if t.grad is None else t.grad.numpy() for name, t in tensors.items()}


def answer_of_module(problem: Problem, given: Given) -> Answer:
    """Output, final state and gradients by torch.nn.RNN, LSTM or GRU."""
    two = problem.merge is not None
    module = MODULES[problem.cell](problem.input_size, problem.hidden_size, bidirectional=two, dtype=torch.float64)
    module.load_state_dict({name: torch.tensor(a) for name, a in given.parameters.items()})
    x, start = _leaf(given.x), {name: _leaf(a) for name, a in given.start.items()}
    full = {name: t if two else t[None] for name, t in start.items()}
    output, last = module(x, (full["h"], full["c"]) if problem.cell == "lstm" else full["h"])
    last = last if problem.cell == "lstm" else (last,)
    final = {name: t if two else t[0] for name, t in zip(STATES[problem.cell], last, strict=True)}
    output = _merge(problem.merge, output)
    _loss(given, output, final).backward()
    return {
        "output": {"output": output.detach().numpy()},
        "final": _numpy(final),
        "d_parameters": _grads(dict(module.named_parameters())),
        "d_input": {"input": x.grad.numpy()},
        "d_initial": _grads(start),
    }


def _step(cell: str, p: dict, x: torch.Tensor, state: dict) -> tuple[dict, dict]:
    h = state["h"]
    a = x @ p["weight_ih"].T + p["bias_ih"]
    if cell == "gru-reset-before":
        (ar, az, an), (Ur, Uz, Un), (dr, dz, dn) = a.chunk(3, -1), p["weight_hh"].chunk(3), p["bias_hh"].chunk(3)
        r, z = torch.sigmoid(ar + h @ Ur.T + dr), torch.sigmoid(az + h @ Uz.T + dz)
        n = torch.tanh(an + (r * h) @ Un.T + dn)
        return {"h": (1 - z) * n + z * h}, {"r": r, "z": z, "n": n}
    u = h @ p["weight_hh"].T + p["bias_hh"]
    if cell == "rnn":
        return {"h": torch.tanh(a + u)}, {}
    if cell == "gru":
        (ar, az, an), (ur, uz, un) = a.chunk(3, -1), u.chunk(3, -1)
        r, z = torch.sigmoid(ar + ur), torch.sigmoid(az + uz)
        n = torch.tanh(an + r * un)
        return {"h": (1 - z) * n + z * h}, {"r": r, "z": z, "n": n}
    parts = zip(STACK[cell], (a + u).chunk(len(STACK[cell]), -1), strict=True)
    gates = {gate: torch.tanh(part) if gate == "g" else torch.sigmoid(part) for gate, part in parts}
    kept = state["c"] if cell == "lstm-1997" else gates["f"] * state["c"]
    written = (1 - gates["f"]) if cell == "lstm-coupled" else gates["i"]
    c = kept + written * gates["g"]
    return {"h": gates["o"] * torch.tanh(c), "c": c}, gates


def answer_of_loop(problem: Problem, given: Given) -> Answer:
    """The whole answer, by autograd through a loop."""
    cell, two = problem.cell, problem.merge is not None
    parameters = {name: _leaf(a) for name, a in given.parameters.items()}
    x, start = _leaf(given.x), {name: _leaf(a) for name, a in given.start.items()}
    states: list[list[dict]] = []
    gates: list[list[dict]] = []
    for direction, suffix in enumerate(("_l0", "_l0_reverse") if two else ("_l0",)):
        p = {name.removesuffix(suffix): t for name, t in parameters.items() if name.endswith(suffix)}
        state = {name: (t[direction] if two else t).clone() for name, t in start.items()}
        states.append([state])
        gates.append([])
        for t in range(problem.seq_len):
            state, gate = _step(cell, p, x[t if direction == 0 else -1 - t], state)
            states[-1].append(state)
            gates[-1].append(gate)
    for tensor in (tensor for d in states for s in d for tensor in s.values()):
        tensor.retain_grad()
    hidden = [torch.stack([s["h"] for s in d[1:]]) for d in states]
    output = _merge(problem.merge, torch.cat([hidden[0], hidden[1].flip(0)], -1) if two else hidden[0])

    def directions(arrays: list[np.ndarray]) -> np.ndarray:
        return np.stack(arrays) if two else arrays[0]

    final = {s: torch.stack([d[-1][s] for d in states]) if two else states[0][-1][s] for s in STATES[cell]}
    _loss(given, output, final).backward()
    return {
        "output": {"output": output.detach().numpy()},
        "final": _numpy(final),
        "states": {
            s: directions([np.stack([one[s].detach().numpy() for one in d]) for d in states]) for s in STATES[cell]
        },
        "gates": {
            g: directions([np.stack([one[g].detach().numpy() for one in d]) for d in gates])
            for g in (STACK[cell] if cell != "rnn" else ())
        },
        "d_parameters": _grads(parameters),
        "d_input": {"input": x.grad.numpy()},
        "d_initial": _grads(start),
        "d_states": {s: directions([np.stack([_grads(one)[s] for one in d]) for d in states]) for s in STATES[cell]},
    }


def answer_of_torch(problem: Problem, given: Given) -> Answer:
    """The loop's answer, with torch.nn's in place of every part that torch.nn gives."""
    answer = answer_of_loop(problem, given)
    if problem.cell in MODULES:
        answer |= answer_of_module(problem, given)
    return answer
