"""Chapter "BI-LSTM"."""

from analysis.claims.claim import Claim, Interval, margins
from analysis.claims.statistics.counted import count_ratio
from analysis.claims.statistics.flow import LONGER
from analysis.claims.statistics.learned import future_gain
from analysis.claims.statistics.probed import largest_difference, with_facts_of
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
        quantifier="never",
        basis="definition",
    ),
    Claim(
        id="bilstm-is-two-lstms",
        number=31,
        quote="simply uses **two traditional LSTM models (forward and reverse)**",
        study="parameters",
        also_reads=("runtime",),
        statistic=with_facts_of(count_ratio("bilstm", "lstm"), time_ratio("bilstm", "lstm")),
        predicts=Interval(2, 2),
        figure="parameter-count",
        basis="definition",
    ),
    Claim(
        id="merged-by-the-mean",
        number=32,
        quote="at the end the output of the two models is calculated by getting the **mean value**.",
        kind="half right",
        basis="definition",
    ),
    Claim(
        id="future-context-helps",
        number=33,
        quote="Sometimes it is desirable to give future context to predict what is missing in a more efficient way.",
        study="future-context",
        statistic=future_gain(),
        predicts=Interval(low=LONGER),
        figure="future-context",
        slices_by=("context", "equal"),
        scope={"context": "future"},
        reference={"context": "future", "equal": "equal-size"},
        quantifier="can",
        alternatives=margins(lambda least: Interval(low=least), 1.0, 10.0),
    ),
)
