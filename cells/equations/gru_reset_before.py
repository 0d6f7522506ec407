"""The GRU with the reset gate applied before the recurrent product (Cho et al. 2014, version 3).

r = sigma(W_ir x + b_ir + W_hr h_prev + b_hr)
z = sigma(W_iz x + b_iz + W_hz h_prev + b_hz)
n = tanh(W_in x + b_in + W_hn (r h_prev) + b_hn)
h = (1 - z) n + z h_prev

The candidate needs a second product, on the masked state r h_prev: the one cell here with two products a step.
"""

from cells.formula import ONE, dsigmoid, dtanh, formula, sigmoid, tanh
from cells.spec import CellNumbers, CellSpec, Keeps


@formula
def mask_forward(a_r, h_prev):
    """Reset gate and masked state."""
    r = sigmoid(a_r)
    return r, r * h_prev


@formula
def mask_derivative(d_masked, r, h_prev):
    """dL/da_r and the part of dL/dh_prev that runs through the masked state."""
    return d_masked * h_prev * dsigmoid(r), d_masked * r


@formula
def mix_forward(a_z, a_n, h_prev):
    """Hidden state and activations once the masked product is there."""
    z = sigmoid(a_z)
    n = tanh(a_n)
    return (ONE - z) * n + z * h_prev, z, n


@formula
def mix_backward(dh, z, n, h_prev):
    """dL/d pre-activations of z and n and the part of dL/dh_prev that runs through z alone."""
    return dh * (h_prev - n) * dsigmoid(z), dh * (ONE - z) * dtanh(n), dh * z


def mask(cell, k, slots, previous):
    """Slot r gets the gate, slot `masked` the state it lets through."""
    r, masked = mask_forward(slots[0, k], previous[0, k])
    slots[0, k] = r
    slots[3, k] = masked


def forward(cell, k, slots, previous, state):
    """Slots z and n; state h."""
    h, z, n = mix_forward(slots[1, k], slots[2, k], previous[0, k])
    slots[1, k] = z
    slots[2, k] = n
    state[0, k] = h


def backward(cell, k, slots, previous, state, d_slots, d_state, d_previous):
    """Leave the reset gate's gradient to the masked product: `mask_backward` sets it."""
    da_z, da_n, dh_prev = mix_backward(d_state[0, k], slots[1, k], slots[2, k], previous[0, k])
    d_slots[1, k] = da_z
    d_slots[2, k] = da_n
    d_slots[3, k] = 0
    d_previous[0, k] = dh_prev


def mask_backward(cell, k, slots, previous, d_slots, d_previous):
    """Slot `masked` of d_slots holds dL/d(r h_prev), from the masked product."""
    da_r, dh_prev = mask_derivative(d_slots[3, k], slots[0, k], previous[0, k])
    d_slots[0, k] = da_r
    d_previous[0, k] += dh_prev


class GruResetBefore(CellNumbers):
    """Marker of the GRU whose reset gate acts before the product."""


SPEC = CellSpec(
    name="gru-reset-before",
    label="GRU, reset before",
    marker=GruResetBefore,
    states=("h",),
    gates=("r", "z", "n"),
    slots=("r", "z", "n", "masked"),
    input_gates=("r", "z", "n"),
    recurrent_gates=("r", "z"),
    masked_gates=("n",),
    masked_first=2,
    mask_slot=3,
    sigmoid_gates=("r", "z"),
    candidate="n",
    keeps=Keeps("z", when="open", state="h"),
    resets="r",
    forward=forward,
    backward=backward,
    mask=mask,
    mask_backward=mask_backward,
    equation=(("candidate", r"n_t = \tanh(W_n x_t + b_n + U_n (r_t \odot h_{t-1}))"),),
    color_slot=3,
    variant_of="gru",
    sources=("Cho et al. 2014, arXiv:1406.1078v3, equations 5 to 8",),
)
