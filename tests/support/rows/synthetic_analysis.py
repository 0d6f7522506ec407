"""An analysis without measurements: all that the catalogue may ask for, with made-up numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure as Canvas

from analysis.cells import cells_of
from analysis.claims import CLAIMS
from analysis.claims.rule import EVERY_CLAIM
from analysis.result import AlternativeVerdict, Analysis, Estimate, Fact, Figure, Finding, Slice, Table
from cells.registry import cell_meanings
from reports.catalogue import Catalogue, placeholders
from reports.content import PAGE

ENVIRONMENT = {
    "cpu": "Example CPU",
    "cores": 4,
    "versions": {"numba": "0.0"},
    "measured_at": "2026-01-02T03:04:05Z",
    "code_version": "0123456789abcdef",
    "cells": cell_meanings(),
}
CELLS = ("rnn", "lstm", "gru")


def draw(figure: Figure, style: str, labels: Mapping[str, str]) -> Canvas:
    """A drawing with the parts that the page relies on: sentinel colours, series, a legend."""
    with mpl.rc_context({"svg.hashsalt": "synthetic"}):
        canvas = Canvas(figsize=(6.4, 4.0))
        axes = canvas.subplots()
        ink, grid = ("#010203", "#030201") if style == "page" else ("#202020", "#d0d0d0")
        canvas.patch.set_alpha(0)
        axes.patch.set_alpha(0)
        axes.grid(color=grid)
        axes.tick_params(colors=ink)
        for spine in axes.spines.values():
            spine.set_color(grid)
        for number, (cell, colour) in enumerate(zip(CELLS, ("#0072b2", "#d55e00", "#009e73"), strict=True)):
            steps = range(0, 60, 5)
            axes.plot(
                steps,
                [math.exp(-t * (0.05 + 0.03 * number)) for t in steps],
                color=colour,
                marker="osv"[number],
                gid=f"series-{cell}",
                label=cell,
            )
            axes.fill_between([0, 60], [0.1, 0.1], [0.2, 0.2], color=colour, alpha=0.1, gid=f"series-{cell}")
        return canvas


def facts(text: Catalogue, *path: str) -> dict[str, Fact]:
    """A value for every placeholder of an entry."""
    return {name: len(name) / 10 for sentence in text.sentences(*path) for name in placeholders(sentence)}


def data(rows: int = 12) -> pd.DataFrame:
    """A tidy frame with numbers, levels and an interval."""
    return pd.DataFrame(
        {
            "name": [CELLS[n % 3] for n in range(rows)],
            "seq_len": [10 * n for n in range(rows)],
            "value": [0.1 * n for n in range(rows)],
            "low": [0.1 * n - 0.05 for n in range(rows)],
            "high": [0.1 * n + 0.05 for n in range(rows)],
        }
    )


LAYER: dict[str, Fact] = {"hidden_size": 64, "seq_len": 40, "seeds": 20}
"""What the laboratory says of the figures beside which it draws."""


def laboratory_data(figure_id: str) -> pd.DataFrame | None:
    """The columns that the laboratory reads, of the figures beside which it draws; None of all others."""
    lags = range(0, 40, 8)
    curve = {"lag": lags, "median": [-0.1 * lag for lag in lags]}
    curve |= {"low": [-0.12 * lag for lag in lags], "high": [-0.08 * lag for lag in lags], "seeds": 20}
    if figure_id == "gradient-profile":
        return pd.concat([pd.DataFrame({"initialiser": "torch", "name": cell} | curve) for cell in CELLS])
    if figure_id == "forget-bias":
        panels = [
            {"path": path, "name": "lstm", "forget_bias": bias} for path in ("forget-path", "total") for bias in (0, 2)
        ]
        return pd.concat([pd.DataFrame(panel | curve) for panel in panels])
    if figure_id == "phase-diagram":
        gains = {
            "gain": [0.5, 1.0, 2.0],
            "value": [-0.3, -0.1, 0.1],
            "low": [-0.31, -0.11, 0.09],
            "high": [-0.29, -0.09, 0.11],
        }
        return pd.concat(
            [pd.DataFrame({"name": cell} | gains | {"input_scale": 1.0, "gate_bias": 0.0, "n": 20}) for cell in CELLS]
        )
    return None


def finding(claim: object, text: Catalogue, verdict: str) -> Finding:
    """A claim with a made-up number."""
    path = ("claims", claim.id)
    told = [(*path, "why"), ("ui", "levels"), ("ui", "points")] + [(*path, "measure")] * text.has(*path, "measure")
    known = {name: value for entry in told for name, value in facts(text, *entry).items()} | {
        "horizon_torch": "16",
        "horizon_other_torch": "13",
        "horizon_torch_fb1": "54",
        "cpu_training": "0.78 [0.77, 0.79]",
        "torch_training": "1.6 [1.5, 1.7]",
        "flop_ratio": "0.75",
        "hidden_size": "256",
        "own": "393,984",
        "other": "525,312",
        "estimate": Estimate(0.75, 0.75, 0.75, "ratio", 1),
        "levels": 3,
        "points": 9,
    }
    if claim.statistic is None:
        return Finding(
            claim.id,
            claim.number,
            claim.quote,
            claim.kind if claim.kind != "test" else "not measured",
            claim.study,
            figure=claim.figure,
        )
    estimate = Estimate(1.24, 1.21, 1.30, "ratio", 20)
    predicts = (claim.predicts.low, claim.predicts.high) if claim.predicts else None
    slices = tuple(
        Slice(variable, level, estimate, "supported")
        for variable, level in zip(("backend", "initialiser", "direction"), ("cpu", "torch", "training"), strict=True)
    )
    return Finding(
        claim.id,
        claim.number,
        claim.quote,
        claim.kind if claim.kind != "test" else verdict,
        claim.study,
        estimate,
        predicts,
        slices,
        "backend" if verdict == "depends" else "",
        claim.figure,
        known,
        claim.basis,
        claim.quantifier,
        tuple(
            AlternativeVerdict(other.choice, other.level, "inconclusive" if verdict == "refuted" else "refuted")
            for other in (*claim.alternatives, *EVERY_CLAIM)
        ),
    )


def full(text: Catalogue) -> Analysis:
    """Everything measured."""
    ids = PAGE.figure_ids()
    measured = ("supported", "refuted", "depends", "inconclusive")
    return Analysis(
        findings=tuple(finding(claim, text, measured[n % 4]) for n, claim in enumerate(CLAIMS)),
        figures=tuple(
            Figure(
                id,
                data() if laboratory_data(id) is None else laboratory_data(id),
                f"{n:012x}",
                ("gradients",),
                seeds=20,
                facts={
                    name: fact
                    for part in ("headline", "finding", "read", "alt")
                    for name, fact in facts(text, "figures", id, part).items()
                }
                | LAYER,
            )
            for n, id in enumerate(ids)
        ),
        tables=tuple(
            Table(id, ("cell", "measured"), (("lstm", "0.1"), ("gru", "0.2")), facts(text, "tables", id, "caption"))
            for id in PAGE.table_ids()
        ),
        missing={},
        environments=(ENVIRONMENT,),
        cells=cells_of([ENVIRONMENT]),
        facts={
            name: "3"
            for chapter in text.keys("chapters")
            for part in text.keys("chapters", chapter)
            for sentence in text.sentences("chapters", chapter, part)
            for name in placeholders(sentence)
        },
    )


def empty() -> Analysis:
    """Nothing measured."""
    return Analysis(
        findings=tuple(
            Finding(
                claim.id,
                claim.number,
                claim.quote,
                claim.kind if claim.kind in ("fact", "not testable") else "not measured",
                claim.study,
                figure=claim.figure,
            )
            for claim in CLAIMS
        ),
        figures=(),
        tables=(),
        missing={id: "gradients" for id in PAGE.figure_ids()},
        environments=(),
        cells=cells_of([ENVIRONMENT]),
    )
