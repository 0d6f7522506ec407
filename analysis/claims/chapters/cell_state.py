"""Chapter "Long-short term memory": the cell state, what it keeps, what changes it."""

from analysis.claims.rule import Claim, Interval
from analysis.claims.statistics.counted import count_difference
from analysis.claims.statistics.flow import LONGER, horizon_ratio_of_states, left_of_cell_state
from analysis.claims.statistics.probed import with_squashed_twice
from analysis.claims.statistics.rates import cell_from_hidden
from analysis.claims.statistics.squashed import ROUNDING, gate_range

KEPT = -3.0
"""log10: a gradient below a thousandth of its start has vanished."""

CLAIMS = (
    Claim(
        id="only-difference-is-cell-state",
        number=3,
        quote="the only difference with traditional or “vanilla” RNN is the Cell state.",
        study="parameters",
        statistic=with_squashed_twice(count_difference("lstm", "rnn", "gates")),
        figure="parameter-count",
        kind="imprecise",
    ),
    Claim(
        id="cell-state-does-not-vanish",
        number=4,
        quote="Cell state is a variable that travels in each iteration and is not suitable of vanishing problem",
        study="forget-bias",
        statistic=left_of_cell_state("forget-bias", "initialiser_value", paths=True),
        predicts=Interval(low=KEPT),
        figure="forget-bias",
        slices_by=("initialiser_value", "path"),
        scope={"path": "total"},
        reference={"initialiser_value": "0"},
        never=True,
    ),
    Claim(
        id="long-and-short-memory",
        number=5,
        quote="Cell state is the **long memory** component that avoids vanishing.",
        study="gradients",
        statistic=horizon_ratio_of_states("lstm"),
        predicts=Interval(low=LONGER),
        figure="gradient-profile",
        slices_by=("initialiser",),
        reference={"initialiser": "torch"},
    ),
    Claim(
        id="cell-state-independent-of-hidden",
        number=6,
        quote="Cell state is independent of “at” or hidden state of the vanilla RNN model",
        study="jacobians",
        statistic=cell_from_hidden(),
        predicts=Interval(high=ROUNDING),
        figure="jacobian-profile",
        slices_by=("initialiser",),
        reference={"initialiser": "torch"},
    ),
    Claim(
        id="forget-between-zero-and-one",
        number=7,
        quote="The first one is to **forget** (multiply between 0 and 1)",
        study="gates",
        statistic=gate_range("lstm", "f"),
        predicts=Interval(low=0.0, high=1.0),
        figure="gates-along-sequence",
        slices_by=("initialiser",),
    ),
    Claim(
        id="learn-between-minus-one-and-one",
        number=8,
        quote="The second one is to **learn/refresh** (multiply between -1 and 1)",
        study="gates",
        statistic=gate_range("lstm", "g"),
        predicts=Interval(low=-1.0, high=1.0),
        figure="gates-along-sequence",
        slices_by=("initialiser",),
        kind="imprecise",
    ),
)
