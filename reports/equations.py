"""The definitions that the page shows, as LaTeX: maths is the same in every language, the words are not.

The equations of the cells come with the rows (`analysis.cells`). Their symbols, as those here, follow the lecture,
corrected: `W` stands before [h, x], one bias per gate, h for the short memory and C for the long one. The catalogue
explains each line of a cell under `equations.<cell>.<line>`.
"""

from __future__ import annotations

DEFINITIONS: tuple[tuple[str, str], ...] = (
    ("profile", r"G(k) = \frac{\lVert \partial L / \partial s_{T-k} \rVert}{\lVert \partial L / \partial s_T \rVert}"),
    ("chain", r"\frac{\partial s_T}{\partial s_{T-k}} = \prod_{j=0}^{k-1} \frac{\partial s_{T-j}}{\partial s_{T-j-1}}"),
    ("rate", r"\lambda = \frac{d\,\ln\,G(k)}{dk}"),
    ("half-life", r"k_{1/2} = \frac{\ln\,2}{\lvert \lambda \rvert}"),
    ("horizon", r"k_\varepsilon = \min\,\{\,k : G(k) < \varepsilon\,\}"),
    ("gain", r"W = g A, \quad A_{ij} \sim N(0,\,1/H)"),
    ("exponents", r"\lambda_i = \frac{1}{T} \sum_t \ln\,\lvert R_{ii,t} \rvert, \quad Q_t R_t = J_t Q_{t-1}"),
    ("dimension", r"D = k + \frac{\lambda_1 + \dots + \lambda_k}{\lvert \lambda_{k+1} \rvert}"),
    ("mean-field", r"q = g^2\,E\,\tanh^2(a), \quad \chi = g^2\,E\,(1 - \tanh^2 a)^2"),
    ("parameters", r"P = D \cdot \left( k H (I + H) + n_b\, k H \right)"),
    ("grid", ""),
    ("block", ""),
    ("noise", ""),
)
"""Definitions of the methods chapter: (name in the catalogue, LaTeX or nothing). s is the state: h, or (h, C)."""
