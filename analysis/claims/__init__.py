"""The lecture's claims, one file per chapter, in the lecture's order."""

from analysis.claims.chapters import activations, bilstm, cell_state, gates, gru, lstm_benefits, lstm_limits, vanishing
from analysis.claims.claim import Claim, Interval
from analysis.claims.rule import judge

CHAPTERS = (vanishing, cell_state, gates, activations, lstm_benefits, lstm_limits, bilstm, gru)

CLAIMS: tuple[Claim, ...] = tuple(
    sorted((claim for chapter in CHAPTERS for claim in chapter.CLAIMS), key=lambda claim: claim.number)
)
"""All claims, by their number in the lecture."""

__all__ = ["CHAPTERS", "CLAIMS", "Claim", "Interval", "judge"]
