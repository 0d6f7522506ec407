"""Chapter "LSTM benefits vs limitations": the benefits."""

from analysis.claims.claim import Claim, Interval
from analysis.claims.flow import horizon_ratio

LONGER = 2.0
"""Mitigation worth the name: the gradient lasts at least twice as long."""

CLAIMS = (
    Claim(
        id="long-term-dependencies",
        number=20,
        quote="Long-Term Dependency Handling",
        figure="gradient-profile",
    ),
    Claim(
        id="mitigates-vanishing",
        number=21,
        quote="Vanishing Gradient Mitigation",
        study="gradients",
        statistic=horizon_ratio("lstm", "rnn"),
        predicts=Interval(low=LONGER),
        figure="gradient-profile",
        slices_by=("initialiser",),
        reference={"initialiser": "torch"},
    ),
    Claim(
        id="gates-improve-flow",
        number=22,
        quote="Gating Mechanisms: Improved Information Flow Control",
        figure="gates-along-sequence",
    ),
    Claim(
        id="variable-length",
        number=23,
        quote="Variable Sequence Length Handling",
    ),
    Claim(
        id="state-preservation",
        number=24,
        quote="State Preservation: Context Maintenance",
        figure="forget-bias",
    ),
)
