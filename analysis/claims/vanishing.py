"""Chapter "Vanishing gradient"."""

from analysis.claims.cell_state import KEPT
from analysis.claims.claim import Claim, Interval
from analysis.claims.rates import left_of_start, rate_beyond_recurrence
from analysis.statistics import SLOPE_MARGIN

CLAIMS = (
    Claim(
        id="vanishing-from-recursion",
        number=1,
        quote="**vanishing problem** is an effect that happens because of hidden state and recursion.",
        study="gain",
        statistic=rate_beyond_recurrence(),
        predicts=Interval(low=-SLOPE_MARGIN, high=SLOPE_MARGIN),
        figure="phase-diagram",
        slices_by=("initialiser", "gain"),
    ),
    Claim(
        id="long-sequence-loses-memory",
        number=2,
        quote="if sequence is too long then memory vanish or gets lost.",
        study="jacobians",
        statistic=left_of_start(),
        predicts=Interval(high=KEPT),
        figure="jacobian-profile",
        slices_by=("initialiser", "name"),
        reference={"initialiser": "torch"},
    ),
)
