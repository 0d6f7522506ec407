"""What the equations say before anything is measured: factors per step, exponents, horizons, parameters.

Exponents are in nats per step. N: units; g: gain, so that a recurrent weight has variance g²/N; ψ: digamma.
Arguments that no formula allows raise ValueError, which names the given and the allowed.

References
----------
.. [1] F. A. Gers, J. Schmidhuber, F. Cummins, "Learning to forget", Neural Computation 12 (2000).
.. [2] C. M. Newman, "The distribution of Lyapunov exponents: exact results for random matrices", CMP 103 (1986).
.. [3] G. Akemann, Z. Burda, M. Kieburg, "Universal distribution of Lyapunov exponents for products of Ginibre
   matrices", J. Phys. A 47 (2014).
.. [4] H. Sompolinsky, A. Crisanti, H. J. Sommers, "Chaos in random neural networks", PRL 61 (1988).
.. [5] R. Engelken, F. Wolf, L. F. Abbott, "Lyapunov spectra of chaotic recurrent neural networks", PRR 5 (2023).
.. [6] T. Can, K. Krishnamurthy, D. J. Schwab, "Gating creates slow modes and controls phase-space complexity in GRUs
   and LSTMs", MSML 2020.
.. [7] C. Tallec, Y. Ollivier, "Can recurrent neural networks warp time?", ICLR 2018.
.. [8] J. L. Kaplan, J. A. Yorke, "Chaotic behavior of multidimensional difference equations", LNM 730 (1979).

"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.cells import Cell, known

FloatArray = npt.NDArray[np.float64]

TORCH_GAIN = 1 / math.sqrt(3)
"""U(±1/√H) has variance 1/(3H): the spectral radius of the recurrent matrix tends to 1/√3."""


def _require(holds: bool, name: str, given: object, allowed: str = "positive and finite") -> None:
    """Raise ValueError, naming the given and the allowed, unless the condition holds."""
    if not holds:
        raise ValueError(f"{name} = {given!r} was given; allowed: {allowed}")


def sigmoid(x: float) -> float:
    """σ(x) = 1 / (1 + e^-x), without overflow."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def recurrent_gain(cell: str, initialiser: str) -> float | None:
    """Spectral radius of the candidate's recurrent matrix for large H.

    `torch` 1/√3; `orthogonal` 1 per gate; `keras` draws one orthogonal (H, kH) kernel, so that a block of it has
    variance 1/(kH) and radius 1/√k. None where the cell or initialiser has no derivation here.
    """
    maps = known().find(cell).recurrent_maps if cell in known() else None
    if maps is None:
        return None
    keras = 1 / math.sqrt(maps) if maps else 0.0
    gains = {"torch": TORCH_GAIN, "torch-fb1": TORCH_GAIN, "orthogonal": 1.0, "keras": keras}
    return gains.get(initialiser)


def _kept(cell: Cell, bias: float) -> float:
    """Share of the state that is kept a step where the bias of the gate that keeps is moved by `bias` to keeping."""
    if cell.keeps is None:
        return 0.0 if cell.carries is None else 1.0
    return sigmoid(bias)


def _lost(cell: Cell, bias: float) -> float:
    """1 - `_kept`, exact also where nearly all is kept."""
    return 1.0 - _kept(cell, bias) if cell.keeps is None else sigmoid(-bias)


def _gates_at_half(cell: Cell) -> float:
    """Product of the gates σ(0) = ½ between the candidate's recurrent product and the output."""
    return 0.5 ** sum(gate is not None for gate in (cell.writes, cell.shows, cell.resets))


def factor_per_step(cell: str, initialiser: str) -> float | None:
    """Factor per step of a gradient at zero state and zero input, along the slowest direction.

    It is what is kept and what is written: RNN: g. LSTM: f + i·o·g, with f = 1 where there is no forget gate. GRU:
    z + (1 - z)·r·g, where z keeps the state. Where no gate writes, what is not kept is written. A cell whose candidate
    does not see the state has the share that is kept alone. Gates are σ(bias): ½, and f = σ(1) where the initialiser
    sets the forget bias to one [1]_. chrono has a bias per unit and so no single factor.

    Returns
    -------
    float or None
        None where there is no derivation.

    """
    gain = recurrent_gain(cell, initialiser)
    if gain is None:
        return None
    meaning = known().find(cell)
    if initialiser == "torch-fb1" and meaning.keeps is not None and not meaning.has_forget_gate:
        return None
    biased = meaning.has_forget_gate and initialiser in ("keras", "torch-fb1")
    kept = _kept(meaning, 1.0 if biased else 0.0)
    if not meaning.candidate_sees_state:
        return kept
    left = 1.0 if meaning.writes is not None else 1 - kept
    return kept + left * _gates_at_half(meaning) * gain


def parameters(cell: str, input_size: int, hidden_size: int, biases: int = 1, directions: int = 1) -> int:
    """P = D · [k·H·I + k'·H² + biases]: D directions, k affine maps of x, of which k' see the state as well.

    `biases` 0: none; 1: one bias vector per map; 2: beside it another one per map that sees the state.
    """
    maps, recurrent = _maps(cell)
    count = maps * hidden_size * input_size + recurrent * hidden_size**2
    return directions * (count + (0, maps, maps + recurrent)[biases] * hidden_size)


def flop_ratio(cell: str, other: str) -> float:
    """Ratio of the products' FLOPs, 2H(k·I + k'·H) per step, at I = H: for k = k' it is so whatever the sizes."""
    return sum(_maps(cell)) / sum(_maps(other))


def has_counts(cell: str) -> bool:
    """Say whether the number of a cell's affine maps is known."""
    return cell in known() and known().find(cell).maps is not None


def _maps(cell: str) -> tuple[int, int]:
    """Affine maps of a step, and those that see the state."""
    meaning = known().find(cell)
    _require(meaning.maps is not None, "cell", cell, "a cell whose environment describes it")
    return meaning.maps or 0, meaning.recurrent_maps or 0


def forget_half_life(bias: float) -> float:
    """Return steps until half of a memory is left at zero input, ln 2 / -ln σ(b_f); inf where σ is one [1]_."""
    decay = float(np.logaddexp(0.0, -bias))  # -ln σ(b) = ln(1 + e^-b), without overflow
    return math.log(2) / decay if decay > 0 else math.inf


def chrono_left(t_max: float, lag: float) -> float:
    """Mean of f^k over the units of a chrono initialisation: f = σ(ln u) = u/(1 + u), u ~ U(1, Tmax - 1) [7]_.

    `t_max`, at least 2, and `lag` k are in steps. Integrated over ln u, exact to 1e-11 up to Tmax = k = 1e6.
    """
    _require(2 <= t_max < math.inf, "t_max", t_max, "2 or more")
    nodes, weights = np.polynomial.legendre.leggauss(64)
    u = np.exp(math.log(t_max - 1) * (nodes + 1) / 2)
    return float(np.average((u / (1 + u)) ** lag, weights=weights * u))


def critical_gain(cell: str, gate_bias: float = 0.0) -> float:
    """Gain of the candidate's recurrent matrix at which the zero state turns unstable, at zero input [6]_.

    Where the factor per step is one. RNN: 1. LSTM: f + i·o·g = 1 gives (1 - f)/(i·o), f = σ(gate_bias), i = o = ½, and
    0 without a forget gate. GRU: z + (1 - z)·r·g = 1 gives 1/r = 2 whatever z = σ(gate_bias), which keeps the state;
    an LSTM of coupled gates has 1/o = 2 in the same way. inf where the candidate does not see the state.
    """
    meaning = known().find(cell)
    _require(meaning.maps is not None, "cell", cell, "a cell whose environment describes it")
    if not meaning.candidate_sees_state:
        return math.inf
    coupled = meaning.writes is None  # what is lost is written: it stands on both sides
    return (1.0 if coupled else _lost(meaning, gate_bias)) / _gates_at_half(meaning)


def underflow_steps(factor: float, dtype: str) -> tuple[float, float]:
    """Return the real k at which factor^k is the smallest normal and denormal number: ln(smallest)/ln(factor).

    `dtype` is float16, float32 or float64. (inf, inf) where the factor is 1 or more.
    """
    _require(0 < factor < math.inf, "factor", factor)
    _require(dtype in ("float16", "float32", "float64"), "dtype", dtype, "float16, float32, float64")
    info = np.finfo(dtype)
    if factor >= 1:
        return math.inf, math.inf
    return math.log(info.tiny) / math.log(factor), math.log(info.smallest_subnormal) / math.log(factor)


def gaussian_product_exponents(size: int, gain: float) -> FloatArray:
    """λ_i = ½[ln(2g²/N) + ψ((N - i + 1)/2)], i = 1..N, of a product of fresh Gaussian matrices [2]_ [3]_.

    `size` N, at least 1; `gain` g, positive. Returns (N,) nats per step, largest first; exact at every N.
    """
    from scipy.special import digamma

    _require(size >= 1, "size", size, "1 or more")
    _require(0 < gain < math.inf, "gain", gain)
    return np.asarray(0.5 * (math.log(2 * gain**2 / size) + digamma(np.arange(size, 0, -1) / 2)))


def gaussian_product_deviations(size: int) -> FloatArray:
    """√(¼ψ'((N - i + 1)/2)): (N,) standard deviations of ln|R_ii| per step, in nats, whatever the gain [2]_.

    |R_ii|·√N/g is a chi variable of N - i + 1 degrees of freedom, independent from step to step.
    """
    from scipy.special import polygamma

    _require(size >= 1, "size", size, "1 or more")
    return np.asarray(0.5 * np.sqrt(polygamma(1, np.arange(size, 0, -1) / 2)))


def gaussian_product_norm(gain: float, lag: float) -> float:
    """g^k: root mean square of ‖product of k fresh Gaussian matrices‖_F/√N, at every N [2]_."""
    _require(0 < gain < math.inf, "gain", gain)
    return float(gain**lag)


@dataclass(frozen=True)
class MeanField:
    """Mean field of a tanh RNN: q = E (Wh)²; χ: growth of a squared perturbation per step; κ = E sech⁸/(E sech⁴)².

    `exponent` is λ1 = ½ ln χ and `mean_exponent` the mean over the spectrum, ln g - ½ + E ln sech²; nats per step.
    """

    q: float
    chi: float
    kappa: float
    exponent: float
    mean_exponent: float


def mean_field(gain: float, input_variance: float) -> MeanField:
    """Mean field of h = tanh(W h + u): q = g²·E tanh²(a), χ = g²·E sech⁴(a), a = √(q + s²)·z, z ~ N(0, 1) [4]_ [5]_.

    Parameters
    ----------
    gain
        g, positive.
    input_variance
        s², of u ~ N(0, s²), fresh for every unit and step; 0 for no input.

    Returns
    -------
    MeanField
        With s = 0: q = 0 for g ≤ 1, the positive root for g > 1 (one, as E tanh²/q falls with q).

    """
    from scipy.optimize import brentq

    _require(0 < gain < math.inf, "gain", gain)
    _require(0 <= input_variance < math.inf, "input_variance", input_variance, "0 or more, finite")
    # The trapezoid converges exponentially; z = sinh(y)/1000 is dense near 0, where tanh turns at a large gain.
    y = np.linspace(-math.asinh(1e4), math.asinh(1e4), 4001)
    z = np.sinh(y) / 1000
    weights = np.exp(-(z**2) / 2) * np.cosh(y)
    weights /= weights.sum()

    def excess(q: float) -> float:
        return gain**2 * float(weights @ np.tanh(math.sqrt(q + input_variance) * z) ** 2) - q

    q = 0.0
    if input_variance > 0 or gain > 1 + 1e-12:  # closer to 1, q is below 1e-12 and lost in rounding
        # tanh² a ≥ a² - ⅔a⁴: at s = 0 the excess is positive from 0 to (1 - 1/g²)/2
        q = brentq(excess, 0.0 if input_variance > 0 else (1 - gain**-2) / 4, gain**2, xtol=1e-15)
    a = math.sqrt(q + input_variance) * z
    sech4 = (1 - np.tanh(a) ** 2) ** 2
    chi = gain**2 * float(weights @ sech4)
    kappa = float(weights @ sech4**2) / float(weights @ sech4) ** 2
    log_cosh = float(weights @ np.logaddexp(a, -a)) - math.log(2)
    return MeanField(q, chi, kappa, 0.5 * math.log(chi), math.log(gain) - 0.5 - 2 * log_cosh)


def finite_size_exponent(gain: float, input_variance: float, size: int) -> float:
    """½ ln χ - (3κ - 1)/(4N): λ1 of a tanh RNN of N units with u ~ N(0, s²), in nats per step, to first order in 1/N.

    Derived here: ½·E ln of the mean of N independent g²·sech⁴·z², z ~ N(0, 1). An RNN's weights are fixed, so input or
    chaos must decorrelate its steps: s > 0, or g ≥ 2 and N ≥ 256 (at s = 0 and g < 1 the exponent is ln ρ(W)).
    """
    _require(size >= 1, "size", size, "1 or more")
    field = mean_field(gain, input_variance)
    return field.exponent - (3 * field.kappa - 1) / (4 * size)


def _spectrum(exponents: npt.ArrayLike) -> FloatArray:
    """Sort exponents, largest first; a measured spectrum is not quite."""
    found = np.sort(np.asarray(exponents, dtype=np.float64).ravel())[::-1]
    holds = found.size > 0 and not np.isnan(found).any() and found[0] < math.inf
    _require(bool(holds), "exponents", exponents, "one or more, finite or -inf")
    return found


def kaplan_yorke(exponents: npt.ArrayLike) -> float:
    """D = k + (λ_1 + … + λ_k)/|λ_{k+1}|, k the last with a sum that is not negative: an attractor's dimension [8]_.

    `exponents`: (N,), nats per step; -inf is a direction lost in one step. 0 where λ1 < 0, N where no sum is negative.
    """
    spectrum = _spectrum(exponents)
    sums = np.cumsum(spectrum)
    k = int((sums >= 0).sum())  # the sums rise, then fall
    return float(k) if k in (0, spectrum.size) else k + float(sums[k - 1] / -spectrum[k])


def entropy_rate(exponents: npt.ArrayLike) -> float:
    """Sum of the positive exponents, (N,) nats per step: Pesin's formula for the Kolmogorov-Sinai entropy [5]_."""
    spectrum = _spectrum(exponents)
    return float(spectrum[spectrum > 0].sum())
