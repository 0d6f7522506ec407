"""Two runs side by side: what changed beyond the noise, with intervals, and which verdicts flipped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.comparison.values import Comparison, Side
    from analysis.result import Finding


def compare(a: Side, b: Side, findings: tuple[Iterable[Finding], Iterable[Finding]] = ((), ())) -> Comparison:
    """Compare run B with run A, case by case.

    All tests of a comparison share 5 %: each study and metric, and each question that is asked of the times, has an
    equal part of it, which Holm's correction divides among its own tests. So two runs of the same code on the same
    machine are told to differ in one comparison of twenty.

    Parameters
    ----------
    a, b
        The runs; a ratio is B over A, a difference B minus A.
    findings
        The verdicts on either run; none are compared where either is empty.

    Raises
    ------
    ValueError
        Where the runs have no study and metric in common.

    """
    from analysis.comparison.environments import compare_environments
    from analysis.comparison.flips import compare_verdicts
    from analysis.comparison.matching import match
    from analysis.comparison.numbers import compare_numbers
    from analysis.comparison.times import compare_times
    from analysis.comparison.values import Comparison
    from analysis.statistics.tests import LEVEL

    matched = match(a.frame, b.frame)
    machines = compare_environments(a, b)
    numbers = compare_numbers(matched.numbers)
    times = compare_times(matched.times, machines)
    families = sum(item.tests > 0 for item in numbers) + sum(item.families for item in times)
    level = 2 * LEVEL / max(families, 1)
    return Comparison(
        a=a.name,
        b=b.name,
        machines=machines,
        coverage=matched.coverage,
        numbers=tuple(item.decided(level) for item in numbers),
        times=tuple(item.decided(level) for item in times),
        verdicts=compare_verdicts(*findings),
        families=families,
        level=level,
    )
