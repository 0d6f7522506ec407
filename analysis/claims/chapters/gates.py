"""Chapters "Inside the cell", "Forget gate", "Update gate", "Output gate"."""

from analysis.claims.chapters.activations import NEARLY, OPEN
from analysis.claims.claim import Alternative, Claim, Interval
from analysis.claims.statistics.counted import biases_per_map, count, weights_from_cell_state
from analysis.claims.statistics.flow import left_of_cell_state
from analysis.claims.statistics.probed import share_beside_limit, with_facts_of
from analysis.claims.statistics.squashed import gate_level

DECADES = 3.0
"""Within a thousandth and a thousandfold of its start, a gradient has neither vanished nor exploded."""

CLAIMS = (
    Claim(
        id="three-gates",
        number=9,
        quote="**long memory** (c state) and **short memory** (a state) interacts by using 3 phases or gates.",
        study="parameters",
        statistic=count("lstm", "gates"),
        predicts=Interval(3, 3),
        figure="parameter-count",
        basis="definition",
    ),
    Claim(
        id="output-gate-reads-new-cell-state",
        number=10,
        quote="given a_{t-1} , x_t , new c_t and w_o (weights) decides the next a_{t+1} value",
        study="ends",
        also_reads=("parameters",),
        statistic=with_facts_of(share_beside_limit("share_passed"), weights_from_cell_state("lstm")),
        predicts=Interval(high=NEARLY),
        figure="gates-along-sequence",
        slices_by=("gate_bias",),
        reference={"gate_bias": OPEN},
        basis="definition",
    ),
    Claim(
        id="forgetting-makes-the-new-state",
        number=15,
        quote="by multiplying the C_{t-1} state vector and f_t the long memory is updated to forget and a "
        "**new CT value is born**.",
        study="gates",
        statistic=gate_level("lstm", "i"),
        figure="gates-along-sequence",
        slices_by=("initialiser",),
        reference={"initialiser": "torch"},
        kind="half right",
    ),
    Claim(
        id="update-gate-keeps-or-ignores",
        number=16,
        quote="**this vector represents what information is valuable to include or update** 1 means and 0 means "
        "nothing important.",
        study="ends",
        statistic=share_beside_limit("share_taken"),
        predicts=Interval(high=NEARLY),
        figure="gates-along-sequence",
        slices_by=("gate_bias",),
        reference={"gate_bias": OPEN},
        basis="definition",
    ),
    Claim(
        id="additive-update-prevents-both",
        number=17,
        quote="**vector will be an adding operation** (not multiplication) this is why long memory doesn't have "
        "vanishing or exploding gradient",
        study="gain",
        statistic=left_of_cell_state("gain", "gain"),
        predicts=Interval(low=-DECADES, high=DECADES),
        figure="phase-diagram",
        slices_by=("gain",),
        reference={"gain": "0.5"},
        quantifier="never",
        alternatives=tuple(
            Alternative("epsilon", 10.0**-decades, predicts=Interval(-decades, decades)) for decades in (1.0, 7.0)
        ),
    ),
    Claim(
        id="output-gate-sets-hidden",
        number=18,
        quote="This vector represent **how much of the new information should remain in the short memory.**",
        study="ends",
        statistic=share_beside_limit("share_passed"),
        predicts=Interval(high=NEARLY),
        figure="gates-along-sequence",
        slices_by=("gate_bias",),
        reference={"gate_bias": OPEN},
        basis="definition",
    ),
    Claim(
        id="one-bias-per-gate",
        number=19,
        quote="the W_f matrix and a bias decides how **much about this information should be deleted from long "
        "memory**.",
        study="parameters",
        statistic=biases_per_map("lstm"),
        predicts=Interval(1, 1),
        figure="parameter-count",
        basis="definition",
    ),
)
