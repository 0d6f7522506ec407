"""Chapter "Vanishing gradient"."""

from analysis.claims.claim import Claim

CLAIMS = (
    Claim(
        id="vanishing-from-recursion",
        number=1,
        quote="**vanishing problem** is an effect that happens because of hidden state and recursion.",
        figure="gradient-profile",
    ),
    Claim(
        id="long-sequence-loses-memory",
        number=2,
        quote="if sequence is too long then memory vanish or gets lost.",
        figure="gradient-profile",
    ),
)
