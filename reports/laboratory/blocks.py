"""From the laboratory's blocks to what their templates need."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup

from analysis.result import Number
from reports import page
from reports.inline import inline, mathml
from reports.laboratory import networks
from reports.laboratory.measured import BIASES, GAINS, measured_settings
from reports.numbers import show_number, show_power
from reports.scene import Context, Scene

LISTED = ("rnn", "lstm", "bilstm", "gru")
ONLY = {"torch-fb1": ("lstm", "bilstm"), "chrono": ("lstm", "bilstm", "gru")}
"""Initialisers that not every cell has."""
HIDDEN_SIZES = (8, 16, 32, 64)
START = {"cell": "lstm", "H": 64}
RANGES = (
    ("gain", 0.0, 3.0, 0.05, 1.0),
    ("bias", -2.0, 8.0, 0.25, 0.0),
    ("input", 0.0, 3.0, 0.1, 1.0),
    ("T", 20.0, 200.0, 10.0, 200.0),
)
"""Dials: name, least, most, step, start. With the hidden sizes they bound what a redraw costs."""
TRIES = (
    "cell=lstm",
    "cell=lstm&bias=3",
    "cell=lstm&init=chrono",
    "cell=rnn&init=orthogonal",
    "cell=rnn&init=gaussian&gain=2",
    "cell=bilstm",
)
"""Settings worth a look, by number of their words."""


def gradient_laboratory(block: page.GradientLaboratory, scene: Scene) -> Context:
    """Return the controls, what the script is given, and the table that stands there without it."""
    text = scene.text
    measured = measured_settings(scene)
    path = ("laboratory", "gradient")
    rows = [
        (scene.level("cell", item["cell"]), scene.level("initialiser", item["init"]), show_power(item["curves"][1][-1]))
        for item in measured
        if "curves" in item
    ]
    return {
        "words": text.table(*path, "page"),
        "note": inline(text(*path, "note")),
        "without": inline(text(*path, "without")),
        "cells": [(name, scene.level("cell", name)) for name in LISTED],
        "initialisers": [
            {
                "name": name,
                "label": scene.level("initialiser", name),
                "cells": " ".join(ONLY.get(name, LISTED)),
                "gain": f"{gain:.3f}",
                "bias": f"{BIASES.get(name, 0.0):.3f}",
            }
            for name, gain in GAINS.items()
        ],
        "hidden_sizes": HIDDEN_SIZES,
        "start": START,
        "ranges": [
            {"name": name, "min": low, "max": high, "step": step, "value": start, "shown": show_number(start)}
            for name, low, high, step, start in RANGES
        ],
        "tries": list(zip(TRIES, text.sentences(*path, "tries"), strict=True)),
        "heads": text.table(*path, "heads"),
        "rows": rows,
        "caption": text.filled(text(*path, "caption"), scene.facts) if rows else None,
        "data": data_block({"words": text.table(*path, "script"), "measured": measured}),
    }


def cell_laboratory(block: page.CellLaboratory, scene: Scene) -> Context:
    """Return the equations of the cells that were trained, their networks, and where those come from."""
    text = scene.text
    path = ("laboratory", "cell")
    stored = networks.stored()
    trained = stored["networks"]
    lines = text.table(*path, "lines")
    cells = [cell for cell in scene.analysis.cells.known if cell.name in trained]
    rows = [
        {
            "cell": scene.level("cell", cell.name),
            "steps": show_number(trained[cell.name]["steps"]),
            "before": show_number(trained[cell.name]["before"]["error"], "share"),
            "after": show_number(trained[cell.name]["after"]["error"], "share"),
        }
        for cell in cells
    ]
    facts = {"seq_len": Number(stored["seq_len"]), "hidden_size": Number(stored["hidden_size"])}
    given = {
        "words": text.table(*path, "script") | {"lines": lines, "answers": networks.ANSWERS},
        "networks": {name: {when: network[when] for when in ("before", "after")} for name, network in trained.items()},
        "symbols": networks.SYMBOLS,
        "lines": networks.LINES,
    }
    return {
        "words": text.table(*path, "page"),
        "note": inline(text(*path, "note")),
        "origin": inline(text.told(*path, "origin", facts=facts | {"fresh": Number(stored["fresh"])})),
        "cells": [
            (
                cell.name,
                scene.level("cell", cell.name),
                [(name, lines[name], mathml(latex)) for name, latex in cell.equation],
            )
            for cell in cells
        ],
        "start": START["cell"],
        "examples": list(networks.EXAMPLES.items()),
        "units": range(1, stored["hidden_size"] + 1),
        "symbols": networks.SYMBOLS,
        "rows": rows,
        "data": data_block(given),
    }


def data_block(given: Any) -> Markup:
    """Return JSON for a script element: nothing in it can close the element."""
    text = json.dumps(given, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
