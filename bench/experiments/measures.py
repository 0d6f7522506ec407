"""What measures each askable: the measures of the studies, and what they need of a case beside its fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench import training
from bench.case import Case
from bench.contenders.registry import find_contender
from bench.measures import counts, every_step, gates, gradient_flow, jacobians, runtime, spectra, weight_gradients
from bench.measures.spectra import BURN_IN
from bench.measures.training import measure_training
from bench.study import Computed, Measure
from cells.registry import cell_names, find_cell


def no_more_needed(case: Case) -> str | None:
    """Say that every case can be measured."""
    return None


def needs_recurrent_weights(case: Case) -> str | None:
    """Say what is wrong with a cell whose gates do not see the state."""
    able = [name for name in cell_names() if find_cell(name).hidden_gates]
    return None if case.cell in able else f"cell {case.cell} has no recurrent weights; allowed: {', '.join(able)}"


def needs_a_kept_state(case: Case) -> str | None:
    """Say what is wrong with a cell without a gate that keeps a state."""
    able = [name for name in cell_names() if find_cell(name).keeps and find_cell(name).hidden_gates]
    if case.cell in able:
        return None
    return f"cell {case.cell} has no gate that keeps a state; allowed: {', '.join(able)}"


def needs_a_long_sequence(case: Case) -> str | None:
    """Say what is wrong with a sequence that ends before the state has settled."""
    if case.seq_len > BURN_IN:
        return None
    return f"seq_len is {case.seq_len}; allowed: more than {BURN_IN}, the steps until the state has settled"


def needs_an_able_contender(case: Case) -> str | None:
    """Say why the contender of a case cannot do it on this machine."""
    return find_contender(case.backend).why_not(case)


@dataclass(frozen=True)
class Measured:
    """How an askable is measured, and what each of its cases needs: a reason why not, or None."""

    measure: Measure
    why_not: Callable[[Case], str | None] = no_more_needed
    timed: bool = False


MEASURES: Mapping[str, Measured] = {
    "gradient-flow": Measured(Computed(gradient_flow.measure_flow)),
    "every-step": Measured(Computed(every_step.measure_every_step)),
    "truncated": Measured(Computed(weight_gradients.measure_truncated), needs_recurrent_weights),
    "step-jacobians": Measured(Computed(jacobians.measure)),
    "lyapunov-spectrum": Measured(Computed(spectra.measure_spectrum), needs_a_long_sequence),
    "gates": Measured(Computed(gates.measure_gates)),
    "memory": Measured(Computed(weight_gradients.measure_memory), needs_a_kept_state),
    "training": Measured(Computed(measure_training), training.why_not),
    "solving": Measured(Computed(measure_training), training.why_not),
    "parameters": Measured(Computed(counts.measure)),
    "runtime": Measured(runtime.measure, needs_an_able_contender, timed=True),
}
"""By the names of `bench.experiments.askable.ASKABLE`."""
