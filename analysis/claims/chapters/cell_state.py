"""Chapter "Long-short term memory": the cell state, what it keeps, what changes it."""

from analysis.claims.claim import Alternative, Claim, Interval
from analysis.claims.statistics.counted import states_beside
from analysis.claims.statistics.flow import LONGER, cell_beside_hidden, horizon_ratio_of_states, left_of_cell_state
from analysis.claims.statistics.probed import with_squashed_twice
from analysis.claims.statistics.rates import cell_from_hidden
from analysis.claims.statistics.squashed import gate_range

KEPT = -3.0
"""log10: a gradient below a thousandth of its start has vanished."""

CLAIMS = (
    Claim(
        id="only-difference-is-cell-state",
        number=3,
        quote="if we ignore what happens inside the Node or “cell”, the only difference with traditional or "
        "“vanilla” RNN is the Cell state.",
        study="parameters",
        also_reads=("ends",),
        statistic=with_squashed_twice(states_beside("lstm", "rnn")),
        predicts=Interval(1, 1),
        figure="parameter-count",
        basis="definition",
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
        reference={"initialiser_value": "0", "path": "total"},
        quantifier="never",
        alternatives=tuple(
            Alternative("epsilon", 10.0**left, predicts=Interval(low=left)) for left in (-1.0, -2.0, -7.0)
        ),
    ),
    Claim(
        id="long-and-short-memory",
        number=5,
        quote="Cell state is the **long memory** component that avoids vanishing.",
        study="gradients",
        statistic=cell_beside_hidden("lstm"),
        figure="gradient-profile",
        slices_by=("initialiser", "hidden_size"),
        reference={"initialiser": "torch", "hidden_size": "64"},
        kind="half right",
        alternatives=(
            *(
                Alternative("epsilon", epsilon, horizon_ratio_of_states("lstm", epsilon), Interval(low=LONGER))
                for epsilon in (1e-1, 1e-2, 1e-3, 1e-7)
            ),
            *(
                Alternative("normalisation", start, horizon_ratio_of_states("lstm", start=start), Interval(low=LONGER))
                for start in ("hidden", "second")
            ),
        ),
    ),
    Claim(
        id="cell-state-independent-of-hidden",
        number=6,
        quote="Cell state is independent of “at” or hidden state of the vanilla RNN model and it is also available "
        "here, the is called **short memory**.",
        study="jacobians",
        statistic=cell_from_hidden(),
        figure="jacobian-profile",
        kind="half right",
        slices_by=("initialiser",),
        reference={"initialiser": "torch"},
    ),
    Claim(
        id="forget-between-zero-and-one",
        number=7,
        quote="The first one is to **forget** (multiply between 0 and 1)",
        study="gates",
        also_reads=("activations",),
        statistic=gate_range("lstm", "f"),
        predicts=Interval(low=0.0, high=1.0),
        figure="gates-along-sequence",
        slices_by=("initialiser",),
        reference={"initialiser": "torch"},
        basis="definition",
    ),
    Claim(
        id="learn-between-minus-one-and-one",
        number=8,
        quote="The second one is to **learn/refresh** (multiply between -1 and 1)",
        study="gates",
        also_reads=("activations",),
        statistic=gate_range("lstm", "g"),
        predicts=Interval(low=-1.0, high=1.0),
        figure="gates-along-sequence",
        slices_by=("initialiser",),
        reference={"initialiser": "torch"},
        kind="half right",
    ),
)
