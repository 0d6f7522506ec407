"""What can be asked: each measure with its meaning, the fields that it varies, and what its rows are read as.

No kernel is imported here, so that a page of experiments is made without them. What measures stands in `measures`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.names import cell_names, unknown

CURVE, NUMBER, TIME = "curve", "number", "time"
"""A metric along `step`; one number a case; times of contenders that are compared."""

LAYER = ("cell", "seq_len", "hidden_size", "input_size", "initialiser", "gate_bias", "write_bias")
FLOW = (*LAYER, "inputs", "input_scale", "input_seed")
"""Fields of a layer, and of a layer under an input, that a measure of gradients or gates may vary."""

TIMED_ON = ("cpu", "cpu-again", "torch", "onnxruntime")
CALLS = ("inference", "training")
CHOICES: Mapping[str, tuple[str, ...]] = {"cell": cell_names(), "backend": TIMED_ON, "direction": CALLS}
"""Fields that can be asked with some of their words only; the others are of studies of the suite itself."""

ALIASES = {"forget_bias": "gate_bias", "steps": "seq_len", "units": "hidden_size", "seed": "seeds"}
"""Names that users have for a field: "forget_bias" is the bias of the gate that keeps, whatever the cell calls it."""

MEANINGS: Mapping[str, str] = {
    "cell": "the recurrent cell",
    "seq_len": "steps T",
    "hidden_size": "units H",
    "input_size": "inputs I",
    "batch_size": "sequences B",
    "dtype": "precision of the arrays",
    "initialiser": "how parameters are drawn: a name, or name:value (chrono:100, forget-bias:1, gaussian:1.5)",
    "gate_bias": "added to the bias of the gate that keeps the state, towards keeping (also called forget_bias)",
    "write_bias": "added to the bias of the gate that writes, towards writing",
    "inputs": "what is fed: normal; start (nothing, after a random state); zero (nothing: a simple cell stays at rest)",
    "input_scale": "standard deviation of the input",
    "input_seed": "a seed that draws the input alone; -1: the case's own",
    "merge": "how the outputs of two directions become one; none for one direction",
    "direction": "what a call does: inference or training",
    "backend": "who computes: cpu (recurbench), cpu-again (the same once more, for the noise), torch, onnxruntime",
    "threads": "CPU threads",
    "task": "what a network is trained for",
    "layout": "how a sequence is fed: steps, one after another; flat, all at once, to a feedforward rnn",
    "offset": "of task shifted-input: steps from an output to the input that it tells, below 0 in the past",
    "learning_rate": "of the optimiser",
    "clip": "largest norm of the gradient of all parameters; 0: not clipped",
    "optimiser": "what updates the parameters",
    "train_size": "sequences of the training set; 0: new ones at every training step",
    "budget": "training steps at most; a training ends earlier where its task is solved",
}
"""Field to what a user reads about it."""


@dataclass(frozen=True, kw_only=True)
class Askable:
    """A measure that can be asked.

    Parameters
    ----------
    name, meaning
        As users write it, and what it measures, as one line.
    question
        What is asked where the user gives no question of their own.
    kind
        `CURVE`, `NUMBER` or `TIME`: how its rows are read and drawn.
    metric
        The metric that is drawn; of a family `metric_<part>` each part is a level of its own.
    part
        What a part of the family is called ("gate"); empty where the metric is no family.
    fields
        The fields of a case that it may vary.
    defaults
        Values of fields that are not asked for, where they differ from those of a case.
    fixed
        Fields that are as they are, whatever is asked.
    by_task
        Fields whose value is the task's own where they are not asked for.
    seeds
        Whether parameters and inputs are drawn, so that every case is measured with several seeds.

    """

    name: str
    meaning: str
    question: str
    kind: str
    metric: str
    fields: tuple[str, ...]
    part: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    by_task: tuple[str, ...] = ()
    seeds: bool = True


TRAINING = (
    "task",
    "cell",
    "initialiser",
    "gate_bias",
    "seq_len",
    "hidden_size",
    "merge",
    "layout",
    "offset",
    "learning_rate",
    "clip",
    "optimiser",
    "batch_size",
    "train_size",
    "budget",
)
"""Fields that a training may vary."""
TRAINED = {
    "task": "delayed-xor",
    "seq_len": 20,
    "hidden_size": 32,
    "learning_rate": 3e-3,
    "clip": 1.0,
    "optimiser": "adam",
    "budget": 2000.0,
}
ONE_TRAINING = {"direction": "training", "threads": 1, "inputs": "-"}

FLOW_LAYER = {"seq_len": 100, "hidden_size": 64, "input_size": 1}
PROFILE = {"direction": "profile", "dtype": "float64"}

ASKABLE: Mapping[str, Askable] = {
    each.name: each
    for each in (
        Askable(
            name="gradient-flow",
            meaning="how much of the gradient is left k steps before the loss",
            question="How fast does the gradient vanish?",
            kind=CURVE,
            metric="log10_norm_h",
            fields=FLOW,
            defaults=FLOW_LAYER,
            fixed=PROFILE,
        ),
        Askable(
            name="every-step",
            meaning="the same, for a loss at every step",
            question="How large is the gradient where every step has a loss?",
            kind=CURVE,
            metric="log10_norm_every_h",
            fields=FLOW,
            defaults=FLOW_LAYER,
            fixed=PROFILE,
        ),
        Askable(
            name="truncated",
            meaning="what truncated back-propagation loses of the recurrent weights' gradient, by window",
            question="What does truncated back-propagation through time lose?",
            kind=CURVE,
            metric="log10_cut_off",
            fields=FLOW,
            defaults=FLOW_LAYER,
            fixed=PROFILE,
        ),
        Askable(
            name="step-jacobians",
            meaning="how a typical direction of the joint state fades, from products of the step Jacobians",
            question="How do directions of the state fade?",
            kind=CURVE,
            metric="log10_jacobian_joint_rms",
            fields=FLOW,
            defaults=FLOW_LAYER,
            fixed=PROFILE,
        ),
        Askable(
            name="lyapunov-spectrum",
            meaning="all Lyapunov exponents of the joint state, largest first",
            question="At which rates does the whole state fade?",
            kind=CURVE,
            metric="lyapunov",
            fields=FLOW,
            defaults=FLOW_LAYER | {"seq_len": 1000, "hidden_size": 32},
            fixed=PROFILE,
        ),
        Askable(
            name="gates",
            meaning="how open each gate is along the sequence",
            question="How open are the gates along a sequence?",
            kind=CURVE,
            metric="gate_mean",
            part="gate",
            fields=FLOW,
            defaults=FLOW_LAYER,
            fixed=PROFILE,
        ),
        Askable(
            name="memory",
            meaning="the gradient of the recurrent weights where every step has a loss",
            question="How sensitive are the recurrent weights?",
            kind=NUMBER,
            metric="log10_weight_gradient",
            fields=FLOW,
            defaults=FLOW_LAYER,
            fixed=PROFILE,
        ),
        Askable(
            name="training",
            meaning="what the test says while a network is trained, and after it has ended",
            question="How soon does a network learn its task?",
            kind=CURVE,
            metric="test_accuracy",
            fields=TRAINING,
            defaults=TRAINED,
            fixed=ONE_TRAINING,
            by_task=("batch_size",),
        ),
        Askable(
            name="solving",
            meaning="the share of trainings that solve their task within the budget",
            question="How many trainings solve their task?",
            kind=NUMBER,
            metric="solved",
            fields=TRAINING,
            defaults=TRAINED,
            fixed=ONE_TRAINING,
            by_task=("batch_size",),
        ),
        Askable(
            name="parameters",
            meaning="parameters, with two bias vectors per gate as PyTorch and cuDNN have them",
            question="How many parameters does each cell have?",
            kind=NUMBER,
            metric="parameters_double",
            fields=("cell", "hidden_size", "input_size", "merge", "seq_len", "batch_size", "dtype"),
            defaults={"hidden_size": 64, "input_size": 32},
            fixed={"direction": "count", "inputs": "-", "initialiser": "-"},
            seeds=False,
        ),
        Askable(
            name="runtime",
            meaning="how long a call takes, beside every peer that is installed, in shuffled blocks",
            question="How long does a call take, and how long with other libraries?",
            kind=TIME,
            metric="elapsed_s",
            fields=(
                "cell",
                "seq_len",
                "hidden_size",
                "input_size",
                "batch_size",
                "direction",
                "merge",
                "dtype",
                "threads",
                "backend",
            ),
            defaults={"seq_len": 100, "hidden_size": 64, "input_size": 32, "batch_size": 16},
            seeds=False,
        ),
    )
}
"""Name of a measure to what it is; the order in which `recurbench ask --list` has them."""


def find_askable(name: str) -> Askable:
    """Return the measure of that name; ValueError names the known ones."""
    if name not in ASKABLE:
        raise ValueError(unknown("measure", name, ASKABLE))
    return ASKABLE[name]
