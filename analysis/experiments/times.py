"""Times of an experiment: those of every other library over ours, pair by pair; ours alone where there is no other."""

from __future__ import annotations

import pandas as pd

from analysis.experiments.curves import metric_rows
from analysis.experiments.levels import fields_of, levels_of
from analysis.experiments.parts import Answer
from analysis.experiments.placing import along, places
from analysis.experiments.quoting import Item, in_common, quotes
from analysis.readings.call_times import OWN, PLACE, timed
from analysis.result import Estimate, Fact, Layout, Levels, Number, fact_key
from analysis.select import AGAIN, BACKEND_ORDER, ordered
from analysis.statistics.intervals import generator, geometric_mean, known_ends
from analysis.statistics.paired import block_ratios, noise, noise_facts, paired_ratio, with_noise
from bench.experiments.definition import Experiment

PREFERRED = ("seq_len", "hidden_size")
"""What times are drawn against where it varies."""
WHERE = (*PLACE, "merge")


def answer(rows: pd.DataFrame, experiment: Experiment) -> Answer | None:
    """Return ratios peer / ours where there are pairs, else times; None where no row has a value."""
    found = metric_rows(rows, (experiment.asked.metric,))
    found = found.loc[found["status"] == "ok"]
    intervals = noise(found, WHERE, OWN, AGAIN)
    peers = ordered(set(found["backend"]) - {OWN, AGAIN}, BACKEND_ORDER)
    ratios = _ratios(found, peers, experiment)
    if not ratios.empty:
        return _compared(with_noise(ratios, intervals, WHERE), peers, experiment)
    found = found.loc[found["backend"] != AGAIN]
    return None if found.empty else _alone(found, intervals, experiment)


def _ratios(found: pd.DataFrame, peers: list[str], experiment: Experiment) -> pd.DataFrame:
    """Estimate the ratio of each peer at each point where blocks have both: geometric mean, interval over blocks."""
    rng = generator(experiment.name)
    keys = ["name", *WHERE]
    rows = []
    for key, part in found.groupby(keys, sort=True):
        own = part.loc[part["backend"] == OWN]
        for peer in peers:
            there = part.loc[part["backend"] == peer]
            if not block_ratios(there, own).empty:
                ratio = paired_ratio(there, own, rng)
                rows.append((*key, peer, ratio.value, *known_ends(ratio), ratio.n, *_medians(own, there)))
    return pd.DataFrame(rows, columns=[*keys, "backend", "ratio", "low", "high", "blocks", "own_s", "peer_s"])


def _medians(own: pd.DataFrame, there: pd.DataFrame) -> tuple[float, float]:
    return float(own["value"].median()), float(there["value"].median())


def _seconds(value: float) -> Number:
    return Number(float(value), "s", digits=2)


def _compared(ratios: pd.DataFrame, peers: list[str], experiment: Experiment) -> Answer:
    levels = levels_of(ratios, fields_of(experiment))
    placed = places(experiment, levels, along(levels, PREFERRED))
    varied = [field for field, found in levels.items() if len(found) > 1 and field not in ("name", "backend")]
    groups = list(dict.fromkeys(["name", "backend", *varied, *placed.columns]))
    noisy = [name for name in ("noise_low", "noise_high") if name in ratios.columns]
    columns = list(dict.fromkeys([*groups, "ratio", "low", "high", "blocks", "own_s", "peer_s", *noisy]))
    data = ratios[columns].sort_values(groups)
    facts: dict[str, Fact] = {"blocks": int(data["blocks"].min()), **noise_facts(data)}
    quoted: dict[str, Levels] = {"common": in_common(experiment, {k: v for k, v in levels.items() if k != "backend"})}
    told = [field for field in ("name", *varied) if len(levels[field]) > 1] or ["name"]
    for peer in [peer for peer in peers if (data["backend"] == peer).any()]:
        part = data.loc[data["backend"] == peer]
        facts[fact_key(peer, "points")] = len(part)
        if len(part) == 1:
            facts[fact_key(peer, "alone")] = _estimate(part.iloc[0])
            facts |= _both(part.iloc[0], fact_key(peer, "alone"))
            continue
        facts[fact_key(peer, "own_from")] = _seconds(part["own_s"].min())
        facts[fact_key(peer, "own_to")] = _seconds(part["own_s"].max())
        facts[fact_key(peer, "mean")] = Number(geometric_mean(part["ratio"].to_numpy()), digits=3)
        for word, place in (("least", part["ratio"].idxmin()), ("most", part["ratio"].idxmax())):
            row = part.loc[place]
            facts[fact_key(peer, word)] = _estimate(row)
            facts |= _both(row, fact_key(peer, word))
            quoted[fact_key(peer, word)] = tuple((field, row[field]) for field in told)
    items = [
        Item(
            tuple((field, row[field]) for field in dict.fromkeys(["backend", *told])),
            _estimate(row),
            beside=tuple((name, _seconds(row[name])) for name in ("own_s", "peer_s")),
        )
        for _, row in data.iterrows()
    ]
    layout = Layout(
        experiment,
        "runtime",
        "ratio",
        placed.x,
        placed.colour,
        placed.line,
        placed.panels,
        ("ratio", "low", "high"),
        quoted,
    )
    return Answer(data, layout, facts, items)


def _both(row: pd.Series, key: str) -> dict[str, Fact]:
    """Return the median times that a ratio is of: ours, and the peer's."""
    return {f"{key}_own": _seconds(row["own_s"]), f"{key}_theirs": _seconds(row["peer_s"])}


def _estimate(row: pd.Series) -> Estimate:
    low = 0.0 if pd.isna(row["low"]) else float(row["low"])
    high = float("inf") if pd.isna(row["high"]) else float(row["high"])
    return Estimate(float(row["ratio"]), low, high, "ratio", int(row["blocks"]))


def _alone(found: pd.DataFrame, intervals: pd.DataFrame, experiment: Experiment) -> Answer:
    levels = levels_of(found, fields_of(experiment))
    placed = places(experiment, levels, along(levels, PREFERRED))
    varied = [field for field, here in levels.items() if len(here) > 1 and field != "name"]
    groups = list(dict.fromkeys(["name", *varied, *placed.columns]))
    data = timed(found, groups)
    told = [field for field in groups if len(levels.get(field, ())) > 1] or ["name"]
    items = [
        Item(
            tuple((field, row[field]) for field in told),
            Estimate(row["median_s"], row["low_s"], row["high_s"], "s", row["samples"]),
        )
        for _, row in data.iterrows()
    ]
    facts, quoted = quotes(items, "seconds")
    facts |= noise_facts(intervals)
    layout = Layout(
        experiment,
        "times", "seconds", placed.x, placed.colour, placed.line, placed.panels, ("median_s", "low_s", "high_s"),
        quoted | {"common": in_common(experiment, levels)},
    )  # fmt: skip
    return Answer(data, layout, facts, items)
