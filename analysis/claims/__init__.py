"""The lecture's claims, one file per chapter, in the lecture's order."""

import copyreg
from typing import Any

from analysis.claims.chapters import activations, bilstm, cell_state, gates, gru, lstm_benefits, lstm_limits, vanishing
from analysis.claims.claim import Claim, Interval
from analysis.claims.rule import judge
from bench.names import unknown

CHAPTERS = (vanishing, cell_state, gates, activations, lstm_benefits, lstm_limits, bilstm, gru)

CLAIMS: tuple[Claim, ...] = tuple(
    sorted((claim for chapter in CHAPTERS for claim in chapter.CLAIMS), key=lambda claim: claim.number)
)
"""All claims, by their number in the lecture."""


def find_claim(claim_id: str) -> Claim:
    """Return the claim of that id; ValueError names the known ones."""
    for claim in CLAIMS:
        if claim.id == claim_id:
            return claim
    raise ValueError(unknown("claim", claim_id, [claim.id for claim in CLAIMS]))


def _reduced(claim: Claim) -> Any:
    """Send a claim of the lecture by its id: its statistics are functions made by functions, which do not travel."""
    if any(claim is each for each in CLAIMS):
        return find_claim, (claim.id,)
    return object.__reduce_ex__(claim, 4)


copyreg.pickle(Claim, _reduced)

__all__ = ["CHAPTERS", "CLAIMS", "Claim", "Interval", "find_claim", "judge"]
