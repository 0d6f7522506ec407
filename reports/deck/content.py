"""Which slides the deck has: the chapters of the lecture, its claims by their numbers, and their figures.

A new slide is one line here and its notes in each catalogue (`deck.notes`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shown:
    """A figure worth showing in the lecture hall, with the claims that it answers."""

    figure_id: str
    claims: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chapter:
    """A part of the lecture: `id` is its name in the catalogue; its slide lists the claims from `first` to `last`."""

    id: str
    first: int
    last: int
    figures: tuple[Shown, ...]


DECK = (
    Chapter(
        "vanishing",
        1,
        2,
        (
            Shown("gradient-profile", ("long-sequence-loses-memory", "mitigates-vanishing")),
            Shown("phase-diagram", ("vanishing-from-recursion", "additive-update-prevents-both")),
            Shown("every-step"),
        ),
    ),
    Chapter(
        "cell",
        3,
        19,
        (
            Shown("forget-bias", ("cell-state-does-not-vanish", "state-preservation")),
            Shown("jacobian-profile", ("long-and-short-memory", "cell-state-independent-of-hidden")),
            Shown("gates-along-sequence", ("forget-between-zero-and-one", "forgetting-makes-the-new-state")),
            Shown("activations", ("sigmoid-keeps-or-forgets", "tanh-worked-values")),
            Shown("memory-curse"),
        ),
    ),
    Chapter(
        "learning",
        20,
        24,
        (
            Shown("solved-share", ("long-term-dependencies",)),
            Shown("gradient-while-learning", ("mitigates-vanishing",)),
            Shown("profile-after-training"),
            Shown("remembers", ("gates-improve-flow",)),
        ),
    ),
    Chapter(
        "costs",
        25,
        29,
        (
            Shown("runtime-vs-hidden", ("lstm-costs-more",)),
            Shown("learning-curves", ("needs-much-data",)),
            Shown("same-work-longer", ("hard-to-parallelise",)),
            Shown("random-search", ("hard-to-tune",)),
        ),
    ),
    Chapter(
        "bilstm",
        30,
        33,
        (
            Shown("input-reach", ("one-direction-sees-the-past", "variable-length")),
            Shown("future-context", ("future-context-helps",)),
        ),
    ),
    Chapter(
        "gru",
        34,
        40,
        (
            Shown("parameter-count", ("gru-fewer-weights", "gru-one-gate-fewer")),
            Shown("time-ratio", ("gru-faster-to-train",)),
        ),
    ),
)


def figure_ids() -> tuple[str, ...]:
    """Return the figures of the deck, in the order in which they stand."""
    return tuple(shown.figure_id for chapter in DECK for shown in chapter.figures)
