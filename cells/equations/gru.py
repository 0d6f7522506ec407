"""The GRU with the reset gate applied after the recurrent product, as PyTorch and cuDNN compute it.

r = sigma(W_ir x + b_ir + W_hr h_prev + b_hr)
z = sigma(W_iz x + b_iz + W_hz h_prev + b_hz)
n = tanh(W_in x + b_in + r (W_hn h_prev + b_hn))
h = (1 - z) n + z h_prev              z near 1 keeps the state
"""

from cells.formula import ONE, dsigmoid, dtanh, formula, sigmoid, tanh
from cells.spec import CellNumbers, CellSpec, Keeps


@formula
def gru_forward(a_n, a_r, a_z, hidden_n, h_prev):
    """Hidden state and activations; `hidden_n` is W_hn h_prev + b_hn, which the reset gate scales."""
    r, z = sigmoid(a_r), sigmoid(a_z)
    n = tanh(a_n + r * hidden_n)
    return (ONE - z) * n + z * h_prev, n, r, z


@formula
def gru_backward(dh, n, r, z, hidden_n, h_prev):
    """dL/d pre-activations, dL/d hidden_n and the part of dL/dh_prev that runs through z alone."""
    da_n = dh * (ONE - z) * dtanh(n)
    da_z = dh * (h_prev - n) * dsigmoid(z)
    da_r = da_n * hidden_n * dsigmoid(r)
    return da_n, da_r, da_z, da_n * r, dh * z


def forward(cell, k, slots, previous, state):
    """Slots n, r, z and hidden_n; state h."""
    h, n, r, z = gru_forward(slots[0, k], slots[1, k], slots[2, k], slots[3, k], previous[0, k])
    slots[0, k] = n
    slots[1, k] = r
    slots[2, k] = z
    state[0, k] = h


def backward(cell, k, slots, previous, state, d_slots, d_state, d_previous):
    """hidden_n has a gradient of its own because only the recurrent product feeds it."""
    da_n, da_r, da_z, d_hidden_n, dh_prev = gru_backward(
        d_state[0, k], slots[0, k], slots[1, k], slots[2, k], slots[3, k], previous[0, k]
    )
    d_slots[0, k] = da_n
    d_slots[1, k] = da_r
    d_slots[2, k] = da_z
    d_slots[3, k] = d_hidden_n
    d_previous[0, k] = dh_prev


class Gru(CellNumbers):
    """Marker of the GRU."""


SPEC = CellSpec(
    name="gru",
    label="GRU",
    marker=Gru,
    states=("h",),
    gates=("r", "z", "n"),
    slots=("n", "r", "z", "hidden_n"),
    input_gates=("n", "r", "z"),
    recurrent_gates=("r", "z", "n"),
    recurrent_first=1,
    sigmoid_gates=("r", "z"),
    candidate="n",
    keeps=Keeps("z", when="open", state="h"),
    resets="r",
    forward=forward,
    backward=backward,
    equation=(
        ("reset", r"r_t = \sigma(W_r\,[h_{t-1}, x_t] + b_r)"),
        ("update", r"z_t = \sigma(W_z\,[h_{t-1}, x_t] + b_z)"),
        ("candidate", r"n_t = \tanh(W_n x_t + b_n + r_t \odot (U_n h_{t-1} + c_n))"),
        ("state", r"h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}"),
    ),
    color_slot=2,
    sources=("Cho et al. 2014, arXiv:1406.1078v1", "torch.nn.GRU"),
)
