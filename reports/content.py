"""What stands where. A new figure is one line here, one entry in each catalogue, and one file in `analysis/figures`."""

from __future__ import annotations

from reports.page import (
    CiteSuite,
    Decisions,
    Definitions,
    Equations,
    FigureBlock,
    ForgetDial,
    Machine,
    Notation,
    Page,
    Prose,
    Section,
    TableBlock,
    Verdicts,
)

PAGE = Page(
    (
        Section("verdicts", (Verdicts(),)),
        Section(
            "vanishing",
            (
                Prose("vanishing", "problem"),
                FigureBlock("gradient-profile", toggles=True),
                TableBlock("horizons"),
                FigureBlock("decay-rate"),
                TableBlock("factors"),
                Prose("vanishing", "gain"),
                FigureBlock("phase-diagram"),
                Prose("vanishing", "theory"),
                FigureBlock("mean-field"),
                Prose("vanishing", "bias"),
                ForgetDial(),
                FigureBlock("forget-bias"),
                Prose("vanishing", "directions"),
                FigureBlock("jacobian-profile"),
                Prose("vanishing", "spectra"),
                FigureBlock("lyapunov-spectrum"),
                Prose("vanishing", "anchors"),
                TableBlock("anchors"),
            ),
        ),
        Section(
            "cell",
            (
                Equations(),
                Prose("cell", "activations"),
                FigureBlock("activations"),
                TableBlock("activations"),
                Prose("cell", "gates"),
                FigureBlock("gates-along-sequence"),
                TableBlock("gates"),
            ),
        ),
        Section(
            "runtime",
            (
                Prose("runtime", "length"),
                FigureBlock("runtime-vs-length"),
                FigureBlock("runtime-vs-hidden"),
                FigureBlock("peer-ratio"),
                TableBlock("grid"),
                FigureBlock("step-parts"),
                Prose("runtime", "fair"),
                FigureBlock("time-ratio"),
                FigureBlock("time-per-parameter"),
                FigureBlock("same-work-longer"),
                TableBlock("scaling"),
                TableBlock("runtime"),
            ),
        ),
        Section(
            "cuda",
            (
                Prose("cuda", "how"),
                FigureBlock("cuda-ratio"),
                TableBlock("cuda"),
                Prose("cuda", "step"),
                FigureBlock("cuda-step"),
                TableBlock("cuda-published"),
                TableBlock("cuda-sharings"),
                Prose("cuda", "conditions"),
            ),
            whole=True,
        ),
        Section(
            "parameters",
            (Prose("parameters", "count"), FigureBlock("parameter-count"), TableBlock("parameters")),
        ),
        Section("bilstm", (Prose("bilstm", "what"), FigureBlock("input-reach"))),
        Section(
            "methods",
            (
                Prose("methods", "gradients"),
                Definitions(),
                Prose("methods", "timing"),
                TableBlock("call-costs"),
                Prose("methods", "kernels"),
                TableBlock("kernels"),
                Prose("methods", "statistics"),
                Decisions(),
            ),
        ),
        Section("notation", (Notation(),)),
        Section("machine", (Machine(),)),
        Section("cite", (CiteSuite(),)),
    )
)
