"""Chapter "Vanishing gradient"."""

from analysis.claims.claim import Alternative, Claim, Interval, margins
from analysis.claims.statistics.rates import rate_beyond_recurrence, steps_until_lost
from analysis.statistics.intervals import SLOPE_MARGIN

TOO_LONG = 1000.0
"""A sequence of so many steps is long: memory is lost if less than a thousandth of it is left by then."""

CLAIMS = (
    Claim(
        id="vanishing-from-recursion",
        number=1,
        quote="**vanishing problem** is an effect that happens because of hidden state and recursion.",
        study="gain",
        also_reads=("mean-field",),
        statistic=rate_beyond_recurrence(),
        predicts=Interval(low=-SLOPE_MARGIN, high=SLOPE_MARGIN),
        figure="phase-diagram",
        slices_by=("arm",),
        reference={"arm": "tanh"},
        alternatives=margins(lambda margin: Interval(-margin, margin), 0.005, 0.02),
    ),
    Claim(
        id="long-sequence-loses-memory",
        number=2,
        quote="if sequence is too long then memory vanish or gets lost.",
        study="gradients",
        also_reads=("jacobians",),
        statistic=steps_until_lost(),
        predicts=Interval(high=TOO_LONG),
        figure="gradient-profile",
        slices_by=("initialiser", "name"),
        reference={"initialiser": "torch", "name": "lstm"},
        alternatives=(
            *(Alternative("limit", limit, predicts=Interval(high=limit)) for limit in (200.0, 500.0)),
            *(Alternative("epsilon", epsilon, steps_until_lost(epsilon)) for epsilon in (1e-1, 1e-2, 1e-7)),
        ),
    ),
)
