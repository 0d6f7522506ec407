"""The equations that the page shows, as LaTeX: maths is the same in every language, the words are not.

Symbols follow the lecture, corrected: `W` stands before [h, x], one bias per gate, h for the short memory and
C for the long one. The catalogue explains each line under `equations.<cell>.<line>`.
"""

from __future__ import annotations

CELLS: dict[str, tuple[tuple[str, str], ...]] = {
    "rnn": (("state", r"h_t = \tanh(W\,[h_{t-1}, x_t] + b)"),),
    "lstm": (
        ("forget", r"f_t = \sigma(W_f\,[h_{t-1}, x_t] + b_f)"),
        ("input", r"i_t = \sigma(W_i\,[h_{t-1}, x_t] + b_i)"),
        ("candidate", r"\tilde{C}_t = \tanh(W_C\,[h_{t-1}, x_t] + b_C)"),
        ("cell", r"C_t = f_t \odot C_{t-1} + i_t \odot \tilde{C}_t"),
        ("output", r"o_t = \sigma(W_o\,[h_{t-1}, x_t] + b_o)"),
        ("state", r"h_t = o_t \odot \tanh(C_t)"),
    ),
    "gru": (
        ("reset", r"r_t = \sigma(W_r\,[h_{t-1}, x_t] + b_r)"),
        ("update", r"z_t = \sigma(W_z\,[h_{t-1}, x_t] + b_z)"),
        ("candidate", r"n_t = \tanh(W_n x_t + b_n + r_t \odot (U_n h_{t-1} + c_n))"),
        ("state", r"h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}"),
    ),
    "gru-reset-before": (("candidate", r"n_t = \tanh(W_n x_t + b_n + U_n (r_t \odot h_{t-1}))"),),
}
"""Cell to its lines: (name in the catalogue, LaTeX)."""

DEFINITIONS: tuple[tuple[str, str], ...] = (
    ("profile", r"G(k) = \frac{\lVert \partial L / \partial h_{T-k} \rVert}{\lVert \partial L / \partial h_T \rVert}"),
    ("chain", r"\frac{\partial h_T}{\partial h_{T-k}} = \prod_{j=0}^{k-1} \frac{\partial h_{T-j}}{\partial h_{T-j-1}}"),
    ("rate", r"\lambda = \frac{d\,\ln\,G(k)}{dk}"),
    ("half-life", r"k_{1/2} = \frac{\ln\,2}{\lvert \lambda \rvert}"),
    ("exponents", r"\lambda_i = \frac{1}{T} \sum_t \ln\,\lvert R_{ii,t} \rvert, \quad Q_t R_t = J_t Q_{t-1}"),
    ("dimension", r"D = k + \frac{\lambda_1 + \dots + \lambda_k}{\lvert \lambda_{k+1} \rvert}"),
    (
        "mean-field",
        r"q = g^2\,E\,\tanh^2(a), \quad \chi = g^2\,E\,(1 - \tanh^2 a)^2, \quad \lambda_1 = \frac{1}{2} \ln\,\chi",
    ),
    ("parameters", r"P = D \cdot \left( k H (I + H) + n_b\, k H \right)"),
)
"""Definitions of the methods chapter: (name in the catalogue, LaTeX)."""
