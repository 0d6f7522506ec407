"""The dial of the forget gate: its starting point, its curves, and what a large bias does beside."""

from __future__ import annotations

from analysis.result import Number
from reports import page
from reports.explorable import HEIGHT, STEPS, WIDTH, Curve, curve, curves
from reports.inline import inline
from reports.laboratory.measured import Setting, forget_paths
from reports.numbers import show_number
from reports.scene import Context, Scene

ACTIVE_BIAS = 1.0  # where the dial stands before it is turned


def forget_dial(block: page.ForgetDial, scene: Scene) -> Context:
    """Return the dial at its starting point, the fixed curves, and what a large bias does beside, where measured."""
    start = curve(ACTIVE_BIAS)
    warning = scene.text.filled(scene.text("ui", "dial_warning"), scene.facts)

    def row(item: Curve) -> str:
        return scene.text.told(
            "ui",
            "dial_row",
            facts={
                "bias": item.bias,
                "gate": Number(item.gate, digits=3),
                "half_life": Number(item.half_life, digits=3),
            },
        )

    measured = forget_paths(scene)
    return {
        "note": inline(scene.text("ui", "dial_note")),
        "warning": None if warning is None else inline(warning),
        "description": " ".join(row(item) for item in curves()),
        "measured": [
            {
                "bias": item["bias"],
                "points": _points(item),
                "told": item["told"],
            }
            for item in measured
        ],
        "width": WIDTH,
        "height": HEIGHT,
        "steps": STEPS,
        "start": start,
        "gate": show_number(start.gate, digits=3),
        "half_life": show_number(start.half_life, digits=3),
        "curves": [
            {
                "path": item.path,
                "x": round(item.label_x, 1),
                "y": round(item.label_y, 1),
                "bias": show_number(item.bias),
                "gate": show_number(item.gate, digits=3),
                "half_life": show_number(item.half_life, digits=3),
            }
            for item in curves()
        ],
    }


def _points(item: Setting) -> list[tuple[float, float]]:
    """Return where the dial marks what is left of a measured cell state."""
    return [
        (round(lag / STEPS * WIDTH, 1), round(HEIGHT * (1 - 10.0**left), 1))
        for lag, left in zip(item["lags"], item["curves"][1], strict=True)
        if lag <= STEPS
    ]
