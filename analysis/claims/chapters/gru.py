"""Chapters "Gated Recurrent Unit (GRU)" and "Improvement"."""

from analysis.claims.chapters.lstm_benefits import USUAL_RATE
from analysis.claims.claim import Alternative, Claim, Interval, margins
from analysis.claims.statistics.counted import count_difference, count_ratio
from analysis.claims.statistics.flow import LONGER
from analysis.claims.statistics.probed import kept_beyond_reset
from analysis.claims.statistics.rates import horizon_by_update_bias
from analysis.claims.statistics.remembered import longest_ratio, solved_difference, with_solving_steps
from analysis.claims.statistics.timed import STEP, time_ratio, with_time_to_solve
from analysis.statistics.intervals import TIME_MARGIN

FEWER = 0.25
"""Share of networks: a cell that solves a quarter fewer over all lengths does not remember as well."""

CLAIMS = (
    Claim(
        id="gru-proposed-in-2014",
        number=34,
        quote="In 2014 an optimization of LSTM was proposed",
        kind="fact",
    ),
    Claim(
        id="gru-memory-as-efficient",
        number=35,
        quote="in practical evidence brings long memory as efficiently as LSTM",
        study="memory-tasks",
        statistic=with_solving_steps(longest_ratio("gru", "lstm"), ("gru", "lstm")),
        predicts=Interval(low=1 / LONGER),
        figure="solved-share",
        slices_by=("task", "initialiser"),
        reference={"task": "delayed-xor", "initialiser": "torch"},
        alternatives=(
            *margins(lambda least: Interval(low=least), 0.8, 1.0),
            Alternative("reading", "equally", predicts=Interval(1 / LONGER, LONGER)),
            Alternative("reading", "shares", solved_difference("gru", "lstm"), Interval(low=-FEWER)),
            Alternative("rate", USUAL_RATE, longest_ratio("gru", "lstm", rate=USUAL_RATE)),
        ),
    ),
    Claim(
        id="gru-fewer-weights",
        number=36,
        quote="Also GRU involves less weight (Tensors) operations",
        study="parameters",
        statistic=count_ratio("gru", "lstm"),
        predicts=Interval(high=1 - TIME_MARGIN),
        figure="parameter-count",
        basis="definition",
    ),
    Claim(
        id="gru-faster-to-train",
        number=37,
        quote="Also GRU involves less weight (Tensors) operations so it is so much fast to train than LSTM.",
        study="runtime",
        also_reads=("time-to-solve",),
        statistic=with_time_to_solve(time_ratio("gru", "lstm"), "gru", "lstm"),
        predicts=Interval(high=1 - TIME_MARGIN),
        figure="time-ratio",
        slices_by=("timed", "backend", "direction"),
        scope={"direction": "training"},
        reference={"timed": STEP, "backend": "cpu", "direction": "training"},
        alternatives=margins(lambda margin: Interval(high=1 - margin), 0.0, 0.1, 0.2, 0.33),
    ),
    Claim(
        id="gru-one-gate-fewer",
        number=38,
        quote="GRU simplifies LSTM by removing one control gate",
        study="parameters",
        statistic=count_difference("lstm", "gru", "gates"),
        predicts=Interval(1, 1),
        figure="parameter-count",
        basis="definition",
    ),
    Claim(
        id="reset-works-like-forget",
        number=39,
        quote="a reset gate which works in a similar way to the forget gate but now it only needs to decide **what "
        "information needs to be deleted in memory**.",
        study="ends",
        statistic=kept_beyond_reset(),
        figure="gates-along-sequence",
        slices_by=("reset",),
        reference={"reset": "reset-closed"},
        kind="half right",
        basis="definition",
    ),
    Claim(
        id="update-gate-avoids-vanishing",
        number=40,
        quote="The update gate works in two phases, a phase that decides what **new information needs to be updated** "
        "and finally includes a learning component to avoid vanishing.",
        study="gain",
        statistic=horizon_by_update_bias(),
        predicts=Interval(low=LONGER),
        figure="phase-diagram",
        slices_by=("gate_bias", "gain"),
        reference={"gate_bias": "0", "gain": "1"},
        alternatives=(
            *margins(lambda least: Interval(low=least), 1.5, 3.0),
            *(Alternative("epsilon", epsilon, horizon_by_update_bias(epsilon)) for epsilon in (1e-1, 1e-2, 1e-7)),
        ),
    ),
)
