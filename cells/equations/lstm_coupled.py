"""The LSTM with coupled gates, which writes what it forgets (CIFG of Greff et al. 2017, LSTM: a search space odyssey).

f = sigma(W_f [h_prev, x] + b_f)      g = tanh(W_g [h_prev, x] + b_g)
o = sigma(W_o [h_prev, x] + b_o)
c = f c_prev + (1 - f) g              h = o tanh(c)

The paper names the gate by its other end, i = 1 - f. Here it has the name of the gate that keeps the state, as in the
LSTM, so that whatever sets a forget bias sets it here too.
"""

from cells.formula import ONE, dsigmoid, dtanh, formula, sigmoid, tanh
from cells.spec import CellNumbers, CellSpec, Keeps


@formula
def lstm_coupled_forward(a_f, a_g, a_o, c_prev):
    """Activations, cell state and hidden state from the pre-activations."""
    f = sigmoid(a_f)
    g = tanh(a_g)
    o = sigmoid(a_o)
    c = f * c_prev + (ONE - f) * g
    return o * tanh(c), c, f, g, o


@formula
def lstm_coupled_backward(dh, dc, f, g, o, c_prev, c):
    """dL/d pre-activations, dL/dc_prev and the total dL/dc (with the path through h) from dL/dh and dL/dc."""
    tanh_c = tanh(c)
    dc_total = dc + dh * o * dtanh(tanh_c)
    da_f = dc_total * (c_prev - g) * dsigmoid(f)
    da_g = dc_total * (ONE - f) * dtanh(g)
    da_o = dh * tanh_c * dsigmoid(o)
    return da_f, da_g, da_o, dc_total * f, dc_total


def forward(cell, k, slots, previous, state):
    """Slots f, g, o; states h, c."""
    h, c, f, g, o = lstm_coupled_forward(slots[0, k], slots[1, k], slots[2, k], previous[1, k])
    slots[0, k] = f
    slots[1, k] = g
    slots[2, k] = o
    state[0, k] = h
    state[1, k] = c


def backward(cell, k, slots, previous, state, d_slots, d_state, d_previous):
    """h_prev acts through the products alone; c_prev only through f."""
    da_f, da_g, da_o, dc_prev, dc_total = lstm_coupled_backward(
        d_state[0, k], d_state[1, k], slots[0, k], slots[1, k], slots[2, k], previous[1, k], state[1, k]
    )
    d_slots[0, k] = da_f
    d_slots[1, k] = da_g
    d_slots[2, k] = da_o
    d_state[1, k] = dc_total
    d_previous[0, k] = 0
    d_previous[1, k] = dc_prev


class LstmCoupled(CellNumbers):
    """Marker of the LSTM with coupled gates."""


SPEC = CellSpec(
    name="lstm-coupled",
    label="LSTM, coupled gates",
    marker=LstmCoupled,
    states=("h", "c"),
    gates=("f", "g", "o"),
    slots=("f", "g", "o"),
    input_gates=("f", "g", "o"),
    recurrent_gates=("f", "g", "o"),
    sigmoid_gates=("f", "o"),
    candidate="g",
    keeps=Keeps("f", when="open", state="c"),
    shows="o",
    forward=forward,
    backward=backward,
    equation=(("cell", r"C_t = f_t \odot C_{t-1} + (1 - f_t) \odot \tilde{C}_t"),),
    color_slot=5,
    variant_of="lstm",
    sources=("Greff et al. 2017, LSTM: a search space odyssey, arXiv:1503.04069 (CIFG)",),
)
