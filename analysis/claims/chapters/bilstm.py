"""Chapter "BI-LSTM"."""

from analysis.claims.rule import Claim, Interval
from analysis.claims.statistics.counted import count_ratio
from analysis.claims.statistics.probed import largest_difference
from analysis.claims.statistics.timed import time_ratio

CLAIMS = (
    Claim(
        id="one-direction-sees-the-past",
        number=30,
        quote="we only focus on **giving past context to predict future**.",
        study="sequences",
        statistic=largest_difference("future_gradient"),
        predicts=Interval(0, 0),
        figure="input-reach",
        slices_by=("name",),
        reference={"name": "lstm"},
        never=True,
    ),
    Claim(
        id="bilstm-is-two-lstms",
        number=31,
        quote="simply uses **two traditional LSTM models (forward and reverse)**",
        study="parameters",
        statistic=count_ratio("bilstm", "lstm"),
        predicts=Interval(2, 2),
        figure="parameter-count",
    ),
    Claim(
        id="merged-by-the-mean",
        number=32,
        quote="at the end the output of the two models is calculated by getting the **mean value**.",
        study="runtime",
        statistic=time_ratio("bilstm", "lstm"),
        figure="runtime-vs-hidden",
        slices_by=("backend", "direction"),
        reference={"backend": "cpu"},
        kind="imprecise",
    ),
    Claim(
        id="future-context-helps",
        number=33,
        quote="Sometimes it is desirable to give future context to predict what is missing in a more efficient way.",
        figure="input-reach",
    ),
)
