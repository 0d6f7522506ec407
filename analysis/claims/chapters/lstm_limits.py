"""Chapter "LSTM benefits vs limitations": the limitations."""

from analysis.claims.claim import Alternative, Claim, Interval, margins
from analysis.claims.statistics.learned import data_hunger, settings_that_work
from analysis.claims.statistics.stretched import stretch_ratio
from analysis.claims.statistics.timed import time_ratio
from analysis.statistics.intervals import TIME_MARGIN

POINTS = 0.05
"""Skill, 1 for a network that is always right: by so much more an LSTM has to be behind where data are few."""

SETTINGS = 0.1
"""Share of random settings: one in ten."""

CLAIMS = (
    Claim(
        id="lstm-costs-more",
        number=25,
        quote="LSTMs are computationally more intensive than simpler models, which can lead to longer training times",
        study="runtime",
        statistic=time_ratio("lstm", "rnn"),
        predicts=Interval(low=1 + TIME_MARGIN),
        figure="runtime-vs-hidden",
        slices_by=("backend", "direction"),
        scope={"direction": "training"},
        reference={"backend": "cpu", "direction": "training"},
        quantifier="can",
        alternatives=margins(lambda margin: Interval(low=1 + margin), 0.0, 0.1),
    ),
    Claim(
        id="harder-to-interpret",
        number=26,
        quote="they also make LSTMs more complex and harder to interpret compared to simpler models.",
        kind="not testable",
    ),
    Claim(
        id="needs-much-data",
        number=27,
        quote="LSTMs require a large amount of training data to perform effectively",
        study="learning-curves",
        statistic=data_hunger("lstm", "rnn"),
        predicts=Interval(low=POINTS),
        figure="learning-curves",
        slices_by=("task", "equal"),
        reference={"task": "digits-rows", "equal": "equal-size"},
        alternatives=(
            *margins(lambda least: Interval(low=least), 0.0, 0.02, 0.1),
            Alternative("reading", "struggles", data_hunger("lstm", "rnn", smallest_alone=True)),
            Alternative("reading", "against-gru", data_hunger("lstm", "gru")),
        ),
    ),
    Claim(
        id="hard-to-parallelise",
        number=28,
        quote="they are not as parallel-friendly as some other architectures like Convolutional Neural Networks "
        "(CNNs).",
        study="parallel",
        statistic=stretch_ratio("lstm"),
        predicts=Interval(low=1 + TIME_MARGIN),
        figure="same-work-longer",
        slices_by=("backend",),
        reference={"backend": "cpu"},
        alternatives=(
            *margins(lambda margin: Interval(low=1 + margin), 0.0, 0.1),
            Alternative("pooling", "longest", stretch_ratio("lstm", longest_alone=True)),
        ),
    ),
    Claim(
        id="hard-to-tune",
        number=29,
        quote="The architecture of LSTMs can be more difficult to design and tune compared to feedforward neural "
        "networks.",
        study="random-search",
        also_reads=("memory-tasks",),
        statistic=settings_that_work("lstm"),
        predicts=Interval(low=SETTINGS),
        figure="random-search",
        slices_by=("task",),
        reference={"task": "temporal-order"},
        alternatives=(
            *margins(lambda least: Interval(low=least), 0.0, 0.2),
            Alternative("reading", "gated", settings_that_work("gru")),
        ),
    ),
)
