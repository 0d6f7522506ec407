"""Figure "peer-ratio": how many times as long the fastest other library takes, over the grid of shapes."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure as Canvas

from analysis.cells import known
from analysis.drawing import marks, style
from analysis.drawing.axes import thousands
from analysis.drawing.build import make
from analysis.readings.grid_times import OWN, PEERS, POINT, STUDY, operations, times
from analysis.readings.peak import peak_rate
from analysis.result import Fact, Figure, Number
from analysis.select import AGAIN, DIRECTION_ORDER, ordered
from analysis.statistics.intervals import generator, geometric_mean, known_ends, quartiles
from analysis.statistics.paired import block_ratios, paired_ratio

ID = "peer-ratio"
STUDIES = (STUDY,)
ALSO_READS = ("peak",)
LABELS = (
    "point",
    *(f"direction.{name}" for name in DIRECTION_ORDER),
)
FACTS = (
    "threads",
    "inference_mean",
    "training_mean",
    "inference_least",
    "training_least",
    "inference_least_point",
    "training_least_point",
    "slower",
    "faster",
    "points",
    "inference_peak",
    "training_peak",
)
COLORS = LinearSegmentedColormap.from_list(
    "slower-faster", [marks.OKABE_ITO["vermillion"], "#f7f7f7", marks.OKABE_ITO["blue"]]
)
SPAN = 3.0  # octaves to full colour


def build(frame: pd.DataFrame) -> Figure | None:
    """Take the peer with the smallest paired ratio at each point, with the most threads measured."""
    rows = times(frame)
    rows = rows.loc[rows["backend"] != AGAIN]
    if rows.empty:
        return None
    rows = rows.loc[rows["threads"] == rows["threads"].max()]
    flops = operations(frame)
    rate = peak_rate(frame, rows["threads"].iloc[0], rows["dtype"].iloc[0])
    rng = generator(ID)
    found = []
    for key, part in rows.groupby(["direction", "name", *POINT], sort=True):
        own = part.loc[part["backend"] == OWN]
        ratios = {}
        for peer in PEERS:
            there = part.loc[part["backend"] == peer]
            if not block_ratios(there, own).empty:
                ratios[peer] = paired_ratio(there, own, rng)
        if ratios:
            fastest = min(ratios, key=lambda peer: ratios[peer].value)
            low, median, high = quartiles(own["value"])
            work = flops.get((key[0], key[1], *key[2:]), math.nan)
            ratio = ratios[fastest]
            found.append((*key, fastest, ratio.value, *known_ends(ratio), median, low, high, work / median / rate))
    if not found:
        return None
    names = ["direction", "name", *POINT, "fastest", "ratio", "low", "high", "own_s", "own_low_s", "own_high_s", "peak"]
    data = pd.DataFrame(found, columns=names)
    return make(ID, data, STUDIES, _facts(data, int(rows["threads"].iloc[0])))


def _facts(data: pd.DataFrame, threads: int) -> dict[str, Fact]:
    facts: dict[str, Fact] = {"threads": threads, "points": len(data)}
    facts |= {"slower": int((data["high"] < 1).sum()), "faster": int((data["low"] > 1).sum())}
    for direction, part in data.groupby("direction"):
        least = part.loc[part["ratio"].idxmin()]
        most = part["peak"].max()
        facts[f"{direction}_mean"] = Number(geometric_mean(part["ratio"].to_numpy()), digits=3)
        facts[f"{direction}_least"] = Number(float(least["ratio"]), digits=3)
        facts[f"{direction}_least_point"] = tuple(int(size) for size in least[POINT])
        facts[f"{direction}_peak"] = Number(float(most) * 100, digits=2)
    return facts


def _point(sizes: tuple[int, ...]) -> str:
    return ", ".join(thousands(float(size)) for size in sizes)


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw a panel per pass, a row per point, a column per cell; blue where this suite is faster."""
    directions = ordered(data["direction"], DIRECTION_ORDER)
    points = list(
        dict.fromkeys(data.sort_values(["batch_size", "hidden_size", *POINT])[POINT].itertuples(index=False, name=None))
    )
    names = ordered(data["name"], known().main)
    with style.canvas(style_name, 1, len(directions), ratio=1.25, sharey=True) as drawing:
        look = drawing.look
        for axes, direction in zip(drawing.flat, directions, strict=True):
            part = data.loc[data["direction"] == direction].set_index([*POINT, "name"])["ratio"]
            values = np.array([[part.get((*point, name), math.nan) for name in names] for point in points])
            words = np.array(
                [["" if math.isnan(v) else f"{v:.2f}" if v < 10 else f"{v:.0f}" for v in row] for row in values]
            )
            sns.heatmap(
                np.log2(values),
                ax=axes,
                cmap=COLORS,
                vmin=-SPAN,
                vmax=SPAN,
                cbar=False,
                annot=words,
                fmt="",
                annot_kws={"fontsize": look.small(0.9)},
                linewidths=look.line * 0.4,
                linecolor=look.background if look.background != "none" else "#808080",
                xticklabels=[style.word(labels, "cell", name) for name in names],
                yticklabels=[_point(point) for point in points],
            )
            axes.collections[0].set_gid(f"series-{direction}")
            axes.set_title(style.word(labels, "direction", direction), loc="left")
            axes.tick_params(length=0, rotation=0)
            axes.grid(False)
        drawing.flat[0].set_ylabel(labels["point"])
    return drawing.figure
