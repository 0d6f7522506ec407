"""The LSTM with a forget gate, as the lecture writes it and PyTorch computes it.

i = sigma(W_i [h_prev, x] + b_i)      f = sigma(W_f [h_prev, x] + b_f)
g = tanh(W_g [h_prev, x] + b_g)       o = sigma(W_o [h_prev, x] + b_o)
c = f c_prev + i g                    h = o tanh(c)
"""

from cells.formula import dsigmoid, dtanh, formula, sigmoid, tanh
from cells.spec import CellNumbers, CellSpec, Keeps


@formula
def lstm_forward(a_i, a_f, a_g, a_o, c_prev):
    """Activations, cell state and hidden state from the pre-activations."""
    i = sigmoid(a_i)
    f = sigmoid(a_f)
    g = tanh(a_g)
    o = sigmoid(a_o)
    c = f * c_prev + i * g
    return o * tanh(c), c, i, f, g, o


@formula
def lstm_backward(dh, dc, i, f, g, o, c_prev, c):
    """dL/d pre-activations, dL/dc_prev and the total dL/dc (with the path through h) from dL/dh and dL/dc."""
    tanh_c = tanh(c)
    dc_total = dc + dh * o * dtanh(tanh_c)
    da_i = dc_total * g * dsigmoid(i)
    da_f = dc_total * c_prev * dsigmoid(f)
    da_g = dc_total * i * dtanh(g)
    da_o = dh * tanh_c * dsigmoid(o)
    return da_i, da_f, da_g, da_o, dc_total * f, dc_total


def forward(cell, k, slots, previous, state):
    """Slots i, f, g, o; states h, c."""
    h, c, i, f, g, o = lstm_forward(slots[0, k], slots[1, k], slots[2, k], slots[3, k], previous[1, k])
    slots[0, k] = i
    slots[1, k] = f
    slots[2, k] = g
    slots[3, k] = o
    state[0, k] = h
    state[1, k] = c


def backward(cell, k, slots, previous, state, d_slots, d_state, d_previous):
    """h_prev acts through the products alone; c_prev only through f."""
    da_i, da_f, da_g, da_o, dc_prev, dc_total = lstm_backward(
        d_state[0, k], d_state[1, k], slots[0, k], slots[1, k], slots[2, k], slots[3, k], previous[1, k], state[1, k]
    )
    d_slots[0, k] = da_i
    d_slots[1, k] = da_f
    d_slots[2, k] = da_g
    d_slots[3, k] = da_o
    d_state[1, k] = dc_total
    d_previous[0, k] = 0
    d_previous[1, k] = dc_prev


class Lstm(CellNumbers):
    """Marker of the LSTM."""


SPEC = CellSpec(
    name="lstm",
    label="LSTM",
    marker=Lstm,
    states=("h", "c"),
    gates=("i", "f", "g", "o"),
    slots=("i", "f", "g", "o"),
    input_gates=("i", "f", "g", "o"),
    recurrent_gates=("i", "f", "g", "o"),
    sigmoid_gates=("i", "f", "o"),
    candidate="g",
    keeps=Keeps("f", when="open", state="c"),
    writes="i",
    shows="o",
    forward=forward,
    backward=backward,
    equation=(
        ("forget", r"f_t = \sigma(W_f\,[h_{t-1}, x_t] + b_f)"),
        ("input", r"i_t = \sigma(W_i\,[h_{t-1}, x_t] + b_i)"),
        ("candidate", r"\tilde{C}_t = \tanh(W_C\,[h_{t-1}, x_t] + b_C)"),
        ("cell", r"C_t = f_t \odot C_{t-1} + i_t \odot \tilde{C}_t"),
        ("output", r"o_t = \sigma(W_o\,[h_{t-1}, x_t] + b_o)"),
        ("state", r"h_t = o_t \odot \tanh(C_t)"),
    ),
    color_slot=1,
    sources=(
        "Hochreiter & Schmidhuber 1997, Long short-term memory",
        "Gers, Schmidhuber & Cummins 2000, Learning to forget (the forget gate)",
        "torch.nn.LSTM",
    ),
)
