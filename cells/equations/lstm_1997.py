"""The LSTM of 1997, without a forget gate: the cell state is never multiplied (Hochreiter & Schmidhuber 1997).

i = sigma(W_i [h_prev, x] + b_i)      g = tanh(W_g [h_prev, x] + b_g)
o = sigma(W_o [h_prev, x] + b_o)
c = c_prev + i g                      h = o tanh(c)

The weight of c on itself is exactly 1: the paper's constant error carousel. Two things are otherwise in the paper;
here they are as in the LSTM of today, so that the forget gate is the only difference between the two. The paper
squashes the candidate by 4 sigma - 2 and the cell state by 2 sigma - 1, and not by tanh. And it truncates the gradient:
no error flows back through gates and candidate into the step before.
"""

from cells.formula import dsigmoid, dtanh, formula, sigmoid, tanh
from cells.spec import CellNumbers, CellSpec


@formula
def lstm_1997_forward(a_i, a_g, a_o, c_prev):
    """Activations, cell state and hidden state from the pre-activations."""
    i = sigmoid(a_i)
    g = tanh(a_g)
    o = sigmoid(a_o)
    c = c_prev + i * g
    return o * tanh(c), c, i, g, o


@formula
def lstm_1997_backward(dh, dc, i, g, o, c):
    """dL/d pre-activations and the total dL/dc (with the path through h), which is dL/dc_prev too."""
    tanh_c = tanh(c)
    dc_total = dc + dh * o * dtanh(tanh_c)
    return dc_total * g * dsigmoid(i), dc_total * i * dtanh(g), dh * tanh_c * dsigmoid(o), dc_total


def forward(cell, k, slots, previous, state):
    """Slots i, g, o; states h, c."""
    h, c, i, g, o = lstm_1997_forward(slots[0, k], slots[1, k], slots[2, k], previous[1, k])
    slots[0, k] = i
    slots[1, k] = g
    slots[2, k] = o
    state[0, k] = h
    state[1, k] = c


def backward(cell, k, slots, previous, state, d_slots, d_state, d_previous):
    """h_prev acts through the products alone; c_prev is c but for what was added."""
    da_i, da_g, da_o, dc_total = lstm_1997_backward(
        d_state[0, k], d_state[1, k], slots[0, k], slots[1, k], slots[2, k], state[1, k]
    )
    d_slots[0, k] = da_i
    d_slots[1, k] = da_g
    d_slots[2, k] = da_o
    d_state[1, k] = dc_total
    d_previous[0, k] = 0
    d_previous[1, k] = dc_total


class Lstm1997(CellNumbers):
    """Marker of the LSTM without a forget gate."""


SPEC = CellSpec(
    name="lstm-1997",
    label="LSTM of 1997",
    marker=Lstm1997,
    states=("h", "c"),
    gates=("i", "g", "o"),
    slots=("i", "g", "o"),
    input_gates=("i", "g", "o"),
    recurrent_gates=("i", "g", "o"),
    sigmoid_gates=("i", "o"),
    candidate="g",
    carries="c",
    writes="i",
    shows="o",
    forward=forward,
    backward=backward,
    equation=(("cell", r"C_t = C_{t-1} + i_t \odot \tilde{C}_t"),),
    color_slot=4,
    variant_of="lstm",
    sources=("Hochreiter & Schmidhuber 1997, Long short-term memory, Neural Computation 9(8)",),
)
