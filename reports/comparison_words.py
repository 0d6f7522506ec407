"""What a comparison says in words: for the table of the terminal and for the page alike."""

from __future__ import annotations

from analysis.comparison.rounding import ROUNDING
from analysis.comparison.values import CHANGED, Comparison, Factor, Flip, Numbers, Place, Times
from analysis.result import Estimate, Fact, Number
from reports.catalogue import Catalogue
from reports.numbers import NOTHING, show, show_number
from reports.scene import level, slug

COMPARE = "compare"


def headline(comparison: Comparison, text: Catalogue) -> str:
    """Say in one sentence whether anything changed beyond the noise."""
    if not comparison.changed:
        return text(COMPARE, "nothing")
    return text(COMPARE, "changed" if comparison.machines.same_machine else "machines")


def summary(comparison: Comparison, text: Catalogue) -> list[str]:
    """Say what was compared and what changed, a sentence each; what was not measured on both sides is not told."""
    facts = summary_facts(comparison)
    told = [
        name
        for name, fact in (
            ("numbers_paired", facts["paired"]),
            ("numbers_seeds", facts["points"]),
            ("times_points", facts["timed"]),
            ("times_unjudged", facts["unjudged"]),
            ("machines_two", comparison.times and not comparison.machines.same_machine),
            ("verdicts_told", facts["claims"]),
            ("verdicts_none", not facts["claims"]),
            ("only_told", facts["only"]),
        )
        if fact
    ]
    return [text.told(COMPARE, name, facts=facts) for name in told]


def summary_facts(comparison: Comparison) -> dict[str, Fact]:
    """Count what the summary tells."""
    tested = [factor for item in comparison.times for factor in item.factors if factor.p is not None]
    return {
        "paired": sum(item.paired for item in comparison.numbers),
        "beyond": sum(item.beyond for item in comparison.numbers),
        "points": sum(item.points for item in comparison.numbers),
        "tests": sum(item.tests for item in comparison.numbers),
        "apart": sum(item.apart for item in comparison.numbers),
        "timed": sum(int(item.points["p"].notna().sum()) for item in comparison.times),
        "stand_out": sum(len(item.differing) for item in comparison.times),
        "questions": len(tested),
        "factors": sum(factor.differs for factor in tested),
        "unjudged": sum(item.noise.source == "none" for item in comparison.times),
        "flips": len(comparison.verdicts.flips),
        "claims": comparison.verdicts.judged,
        "only": sum(item.only_a + item.only_b for item in comparison.coverage),
    }


def noise_words(times: Times, comparison: Comparison, text: Catalogue) -> str:
    """Say which noise was used for a study's times."""
    noise = times.noise
    there = set(times.points["backend"])
    peers = [level("backend", name, text) for name in comparison.machines.peers if name in there]
    facts: dict[str, Fact] = {
        "noise_points": noise.points,
        "noise_total": Number(100 * noise.total, digits=2),
        "noise_within": Number(100 * noise.within, digits=2),
        "peers": ", ".join(peers),
    }
    told = [noise.source]
    told += ["again"] if noise.again else []
    told += ["day"] if not peers else []
    told += ["rates"] if times.unit != "s" else []
    return " ".join(text.told(COMPARE, "noise", name, facts=facts) for name in told)


def factor_name(factor: Factor, text: Catalogue) -> str:
    """Name a factor: "PyTorch, training", "recurbench over PyTorch, training", "LSTM, training"."""
    who = level("backend", factor.backend, text)
    if factor.kind == "cell":
        who = level("name", factor.name, text)
    elif factor.kind in ("again", "peers"):
        other = level("backend", factor.name, text)
        over = {"a": other, "b": who} if factor.kind == "again" else {"a": who, "b": other}
        who = text.told(COMPARE, "words", "over", facts=over)
    return f"{who}, {level('direction', factor.direction, text)}"


def place_words(place: Place, text: Catalogue) -> str:
    """Name a point: "LSTM, T = 200, H = 64, step = 18"; without what is left at its default."""
    found = []
    for name, value in place:
        word = text(COMPARE, "places", name)
        if isinstance(value, str):
            if value not in ("-", "none"):
                found.append(level("name" if name == "cell" else name, value, text))
        elif value or name in ("step", "seed"):
            found.append(f"{word} = {show_number(float(value))}")  # type: ignore[arg-type]
    return ", ".join(found) or NOTHING


def estimate_words(estimate: Estimate | None, text: Catalogue) -> str:
    """Write an estimate with its interval and the word of its unit, a dash where there is none."""
    if estimate is None:
        return NOTHING
    unit = text("units", estimate.unit) if text.has("units", estimate.unit) and estimate.unit != "ratio" else ""
    return f"{show(estimate)} {unit}".rstrip()


def outcome_words(item: Numbers, text: Catalogue) -> str:
    """Say how a metric came out."""
    return text(COMPARE, "outcomes", slug(item.outcome))


def sorted_numbers(comparison: Comparison) -> tuple[list[Numbers], list[Numbers]]:
    """Return the metrics whose numbers are not the same, what changed first, and those whose numbers are."""
    other = [item for item in comparison.numbers if item.outcome != "same"]
    other.sort(key=lambda item: (item.outcome not in CHANGED, item.study, item.metric))
    return other, [item for item in comparison.numbers if item.outcome == "same"]


def flip_words(flip: Flip, text: Catalogue) -> dict[str, str]:
    """Return number, short title, the two verdicts and the two estimates of a claim."""
    verdicts = [text("verdicts", slug(name), "name") for name in flip.verdicts]
    estimates = [estimate_words(estimate, text) for estimate in flip.estimates]
    return {
        "number": str(flip.number),
        "title": text("claims", flip.claim_id, "title"),
        "before": verdicts[0],
        "after": verdicts[1],
        "slug_before": slug(flip.verdicts[0]),
        "slug_after": slug(flip.verdicts[1]),
        "estimate_before": estimates[0],
        "estimate_after": estimates[1],
    }


def fact_name(name: str, text: Catalogue) -> str:
    """Return the word for a fact of an environment; one that has none stands for itself."""
    return text("environment", name) if text.has("environment", name) else name.removeprefix("versions.")


def how_facts(comparison: Comparison) -> dict[str, Fact]:
    """Return the numbers that the methods quote."""
    return {
        "double": Number(ROUNDING["float64"]),
        "single": Number(ROUNDING["float32"]),
        "families": comparison.families,
    }


def stand_outs(times: Times, text: Catalogue) -> list[tuple[str, str, str, str]]:
    """Return the points that stand out: where, ratio with its interval, ratio over the common factor, p-value."""
    names = [name for name in text.keys(COMPARE, "places") if name in times.points.columns]
    varying = [name for name in names if times.points[name].nunique() > 1]
    found = []
    for row in times.differing.to_dict("records"):
        place = tuple((name, row[name] if isinstance(row[name], str) else float(row[name])) for name in varying)
        ratio = Estimate(row["ratio"], row["low"], row["high"], "ratio", 1)
        found.append((place_words(place, text), show(ratio), show_number(row["over"], digits=3), show_number(row["p"])))
    return found
