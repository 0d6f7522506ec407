"""Chapter "Activation functions"."""

from analysis.claims.claim import Claim, Interval
from analysis.claims.squashed import ROUNDING, worked_values

CLAIMS = (
    Claim(
        id="sigmoid-keeps-or-forgets",
        number=11,
        quote="if the sigmoid function equals 1 means nothing to forget, if 0 means forget everything.",
        figure="activations",
    ),
    Claim(
        id="sigmoid-worked-values",
        number=12,
        quote="in LSTM is used as a vanishing (forget) function, if the sigmoid function equals 1 means nothing to "
        "forget, if 0 means forget everything. 5 0.1 -0.5",
        study="activations",
        statistic=worked_values("sigmoid"),
        predicts=Interval(high=ROUNDING),
        figure="activations",
    ),
    Claim(
        id="tanh-worked-values",
        number=13,
        quote="by increasing or decreasing values through the network. 5 0.1 -0.5",
        study="activations",
        statistic=worked_values("tanh"),
        predicts=Interval(high=ROUNDING),
        figure="activations",
    ),
    Claim(
        id="tanh-avoids-both",
        number=14,
        quote="This helps to avoid vanishing and exploding gradient problem by increasing or decreasing values through "
        "the network.",
        figure="activations",
    ),
)
