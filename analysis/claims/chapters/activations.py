"""Chapter "Activation functions"."""

from analysis.claims.claim import Alternative, Claim, Interval, margins
from analysis.claims.statistics.probed import share_beside_limit
from analysis.claims.statistics.rates import rate_under_tanh, slope_saved_by_tanh
from analysis.claims.statistics.squashed import ROUNDING, worked_values
from analysis.statistics.intervals import SLOPE_MARGIN

NEARLY = 1e-6
"""Distance from 0 or 1 within which a share counts as none or all: the limits are reached by a bias of some size."""

OPEN = "20"
"""The bias that opens a gate, at the level whose number stands on a card."""

CLAIMS = (
    Claim(
        id="sigmoid-keeps-or-forgets",
        number=11,
        quote="if the sigmoid function equals 1 means nothing to forget, if 0 means forget everything.",
        study="ends",
        statistic=share_beside_limit("share_kept"),
        predicts=Interval(high=NEARLY),
        figure="activations",
        slices_by=("gate_bias",),
        reference={"gate_bias": OPEN},
        basis="definition",
    ),
    Claim(
        id="sigmoid-worked-values",
        number=12,
        quote="5 0.1 -0.5",
        study="activations",
        statistic=worked_values("sigmoid"),
        predicts=Interval(high=ROUNDING),
        figure="activations",
        kind="exercise",
        basis="definition",
    ),
    Claim(
        id="tanh-worked-values",
        number=13,
        quote="5 0.1 -0.5",
        study="activations",
        statistic=worked_values("tanh"),
        predicts=Interval(high=ROUNDING),
        figure="activations",
        kind="exercise",
        basis="definition",
    ),
    Claim(
        id="tanh-avoids-both",
        number=14,
        quote="This helps to avoid vanishing and exploding gradient problem by increasing or decreasing values through "
        "the network.",
        study="gain",
        statistic=slope_saved_by_tanh(),
        predicts=Interval(high=-SLOPE_MARGIN),
        figure="phase-diagram",
        slices_by=("gain",),
        reference={"gain": "3"},
        alternatives=(
            *margins(lambda margin: Interval(high=-margin), 0.0, 0.02),
            Alternative("reading", "avoids", rate_under_tanh(), Interval(-SLOPE_MARGIN, SLOPE_MARGIN)),
        ),
    ),
)
