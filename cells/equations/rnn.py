"""The Elman RNN: h = tanh(W_ih x + b_ih + W_hh h_prev + b_hh)."""

from cells.formula import dtanh, formula, tanh
from cells.spec import CellNumbers, CellSpec


@formula
def rnn_forward(a):
    """Return new hidden state from the pre-activation."""
    return tanh(a)


@formula
def rnn_backward(dh, h):
    """dL/da from dL/dh and the output h."""
    return dh * dtanh(h)


def forward(cell, k, slots, previous, state):
    """Slot a in, h out; the slot keeps h, the RNN's only activation."""
    h = rnn_forward(slots[0, k])
    slots[0, k] = h
    state[0, k] = h


def backward(cell, k, slots, previous, state, d_slots, d_state, d_previous):
    """Leave d_previous at zero: the RNN has no path around its product."""
    d_slots[0, k] = rnn_backward(d_state[0, k], state[0, k])
    d_previous[0, k] = 0


class Rnn(CellNumbers):
    """Marker of the RNN."""


SPEC = CellSpec(
    name="rnn",
    label="RNN",
    marker=Rnn,
    states=("h",),
    gates=("a",),
    slots=("a",),
    input_gates=("a",),
    recurrent_gates=("a",),
    sigmoid_gates=(),
    candidate="a",
    forward=forward,
    backward=backward,
    equation=(("state", r"h_t = \tanh(W\,[h_{t-1}, x_t] + b)"),),
    color_slot=0,
    sources=("Elman 1990, Finding structure in time", "torch.nn.RNN, nonlinearity tanh"),
)
