"""Chapter "LSTM benefits vs limitations": the benefits."""

from analysis.claims.claim import Alternative, Claim, Interval, margins
from analysis.claims.statistics.flow import EPSILON, LONGER
from analysis.claims.statistics.probed import largest_difference
from analysis.claims.statistics.rates import gain_of_moving_gates
from analysis.claims.statistics.remembered import UNTRAINED, horizon_ratio_with_training, longest_ratio
from analysis.claims.statistics.squashed import ROUNDING
from analysis.statistics.intervals import SLOPE_MARGIN

LOST = 1e-3
"""A state of which less than a thousandth is gone was preserved."""

USUAL_RATE = 3e-3
"""The learning rate that a comparison without a choice of its own would take: one for all."""

CLAIMS = (
    Claim(
        id="long-term-dependencies",
        number=20,
        quote="Long-Term Dependency Handling",
        study="memory-tasks",
        statistic=longest_ratio("lstm", "rnn"),
        predicts=Interval(low=LONGER),
        figure="solved-share",
        slices_by=("task", "initialiser"),
        reference={"task": "delayed-xor", "initialiser": "torch"},
        alternatives=(
            *margins(lambda least: Interval(low=least), 1.0, 1.5),
            Alternative("reading", "orthogonal-rnn", longest_ratio("lstm", "rnn", other_start="orthogonal")),
            Alternative("rate", USUAL_RATE, longest_ratio("lstm", "rnn", rate=USUAL_RATE)),
        ),
    ),
    Claim(
        id="mitigates-vanishing",
        number=21,
        quote="Vanishing Gradient Mitigation",
        study="gradients",
        also_reads=("during-training",),
        statistic=horizon_ratio_with_training("lstm", "rnn", EPSILON),
        predicts=Interval(low=LONGER),
        figure="gradient-profile",
        slices_by=("training", "initialiser", "hidden_size"),
        reference={"training": UNTRAINED, "initialiser": "torch", "hidden_size": "64"},
        alternatives=(
            *margins(lambda least: Interval(low=least), 1.5, 3.0),
            *(
                Alternative("epsilon", epsilon, horizon_ratio_with_training("lstm", "rnn", epsilon))
                for epsilon in (1e-1, 1e-2, 1e-7)
            ),
        ),
    ),
    Claim(
        id="gates-improve-flow",
        number=22,
        quote="Gating Mechanisms: Improved Information Flow Control",
        study="clamped",
        statistic=gain_of_moving_gates(),
        predicts=Interval(low=SLOPE_MARGIN),
        figure="gates-along-sequence",
        slices_by=("name", "initialiser", "input_size"),
        reference={"name": "lstm", "initialiser": "torch", "input_size": "1"},
        kind="half right",
        alternatives=tuple(
            Alternative("margin", margin, predicts=Interval(low=margin)) for margin in (0.0, SLOPE_MARGIN)
        ),
    ),
    Claim(
        id="variable-length",
        number=23,
        quote="Variable Sequence Length Handling",
        study="sequences",
        statistic=largest_difference("padding_difference"),
        predicts=Interval(high=ROUNDING),
        figure="input-reach",
        slices_by=("name",),
        reference={"name": "lstm"},
        basis="definition",
    ),
    Claim(
        id="state-preservation",
        number=24,
        quote="State Preservation: Context Maintenance",
        study="sequences",
        statistic=largest_difference("state_lost", "chunk_difference"),
        predicts=Interval(high=LOST),
        figure="forget-bias",
        slices_by=("quantity", "name"),
        scope={"name": "lstm"},
        reference={"quantity": "state_lost", "name": "lstm"},
        basis="definition",
    ),
)
