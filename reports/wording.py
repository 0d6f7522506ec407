"""The words of a figure: title, headline, finding, how it is read, description, and those that its drawing asks for.

Those of the lecture's figures stand in the catalogue by their ids. Those of an experiment are put together from its
name and its numbers; what its user wrote as a question is no part of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from analysis.cells import known
from analysis.experiments.levels import described, in_order, value_name
from analysis.result import EXPERIMENT_FIGURE, Estimate, Fact, Figure, Layout, fact_key
from reports.catalogue import Catalogue
from reports.inline import plain
from reports.numbers import shown

TOP = "experiments"
FIGURES = "figures"


def title(figure_id: str, text: Catalogue) -> str:
    """Return a figure's title; an experiment's is its name as it is read: "Long memory" of "experiment-long-memory"."""
    if not figure_id.startswith(EXPERIMENT_FIGURE):
        return text(FIGURES, figure_id, "title")
    words = figure_id.removeprefix(EXPERIMENT_FIGURE).replace("-", " ").strip()
    return words[:1].upper() + words[1:]


def headline(figure: Figure, text: Catalogue) -> str:
    """Return what is found as one short sentence, as the title of a slide: the first that can be told, or the title."""
    if figure.layout is not None:
        return title(figure.id, text)
    return next(iter(text.tellable(FIGURES, figure.id, "headline", facts=figure.facts)), title(figure.id, text))


def alt(figure: Figure, text: Catalogue) -> str:
    """Return what a reader is told who does not see a figure, without markup."""
    layout = figure.layout
    if layout is None:
        return plain(text.told(FIGURES, figure.id, "alt", facts=figure.facts))
    words = labels(figure.id, text)
    axes: dict[str, Fact] = {
        "value": _first_upper(value_name(layout, figure.data, words)),
        "along": words[f"x.{layout.x}"],
    }
    return plain(f"{text.told(TOP, 'alt', facts=axes)} {finding(figure, text)}")


def finding(figure: Figure, text: Catalogue) -> str:
    """Return what is found, in the catalogue's markup; empty where the rows suffice for no sentence of it."""
    if figure.layout is None:
        return " ".join(text.tellable(FIGURES, figure.id, "finding", facts=figure.facts))
    return _experiment_finding(figure, figure.layout, text)


def how(figure: Figure, text: Catalogue) -> str:
    """Return how a figure is read: its axes, marks, lines and bands, and the sizes that all of it has in common."""
    if figure.layout is None:
        return text.told(FIGURES, figure.id, "read", facts=figure.facts)
    return _experiment_how(figure, figure.layout, text)


def _experiment_finding(figure: Figure, layout: Layout, text: Catalogue) -> str:
    """Return what an experiment found: the highest and the lowest value, or how each peer compares."""
    words = labels(figure.id, text)
    levels: dict[str, Fact] = {word: described(found, words) for word, found in layout.quoted.items() if found}
    if layout.reading in ("lyapunov-spectrum", "largest-exponent"):
        levels |= _ways(figure, text.table(TOP, "ways"))
    if layout.reading != "runtime":
        return text.told(TOP, "finding", layout.reading, facts={**figure.facts, **levels})
    sentences = []
    for peer in in_order("backend", figure.data["backend"]):
        facts: dict[str, Fact] = {"peer": words.get(f"backend.{peer}", peer)}
        pairs = [f"{word}_{whose}" for word in ("alone", "least", "most") for whose in ("own", "theirs")]
        for word in ("alone", "mean", "points", "least", "most", "own_from", "own_to", *pairs):
            key = fact_key(peer, word)
            facts |= {word: figure.facts[key]} if key in figure.facts else {}
            facts |= {f"{word}_place": levels[key]} if key in levels else {}
        sentences.append(text.told(TOP, "finding", "runtime", facts=facts))
    return " ".join(sentences)


def _experiment_how(figure: Figure, layout: Layout, text: Catalogue) -> str:
    """Return how the figure of an experiment is read, and what everything in it has in common."""
    kind = layout.scale if layout.scale == "ratio" else "times" if layout.scale == "seconds" else "mean"
    if layout.values[0] == "median":
        kind = "curve" if figure.seeds > 1 else "alone"
    elif layout.values[0] == layout.values[1]:
        kind = "exact"
    sentences = [text.told(TOP, "how", kind, facts=figure.facts)]
    if "noise_low" in figure.facts:
        sentences.append(text.told(TOP, "how", "noise" if kind == "ratio" else "noise_told", facts=figure.facts))
    if any(isinstance(fact, Estimate) and "[" in shown(fact) for fact in figure.facts.values()):
        sentences.append(text(TOP, "how", f"brackets_{kind}"))
    words = labels(figure.id, text)
    gates = _other_gates(figure, words)
    if gates:
        sentences.append(text.told(TOP, "how", "keeps", facts={"gates": gates}))
    if layout.quoted.get("common"):
        common = described(layout.quoted["common"], words)
        sentences.append(text.told(TOP, "common", facts={"common": common}))
    return " ".join(sentences)


def _ways(figure: Figure, words: Mapping[str, str]) -> dict[str, Fact]:
    """Say of each quoted exponent what its sign means; an interval around zero decides nothing."""
    found: dict[str, Fact] = {}
    for word in ("highest", "lowest", "only"):
        value = figure.facts.get(f"{word}_value")
        if isinstance(value, Estimate):
            low, high = (end if math.isfinite(end) else value.value for end in (value.low, value.high))
            found[f"{word}_way"] = words["apart" if low > 0 else "together" if high < 0 else "undecided"]
    return found


def _other_gates(figure: Figure, words: Mapping[str, str]) -> str:
    """Name, of each cell without a forget gate, the one that a forget bias goes to; empty where none is asked."""
    told = {field for field, _ in _layout(figure).quoted.get("common", ())}
    if "gate_bias" not in told | set(figure.data.columns):
        return ""
    cells = [known().find(name) for name in in_order("name", figure.data["name"])]
    kept = [
        (words[f"cell.{cell.name}"], cell.keeps)
        for cell in cells
        if cell.keeps is not None and not cell.has_forget_gate
    ]
    return ", ".join(f"{label}: {words.get(f'gate.{gate}', gate)}" for label, gate in kept)


def labels(figure_id: str, text: Catalogue) -> dict[str, str]:
    """Return the words of a drawing: levels as `<kind>.<level>`, and its own, such as the names of its axes."""
    cells = {f"cell.{name}": known().find(name).label for name in known().order}
    kinds = text.keys("levels")
    levels = {f"{kind}.{name}": word for kind in kinds for name, word in text.table("levels", kind).items()}
    own = (TOP, "labels") if figure_id.startswith(EXPERIMENT_FIGURE) else ("labels", figure_id)
    return cells | levels | text.table(*own)


def _layout(figure: Figure) -> Layout:
    if figure.layout is None:
        raise ValueError(f"figure {figure.id!r} has no layout; allowed: figures of experiments")
    return figure.layout


def _first_upper(words: str) -> str:
    return words[:1].upper() + words[1:]
