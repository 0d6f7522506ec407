"""Rows of the studies of losses, windows and long memories, with known rates and growth."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from bench.case import make_case
from bench.measures.clipping import RECENT
from bench.measures.weight_gradients import windows
from bench.rows import Measurement
from bench.studies import clipping as clips
from bench.studies import every_step as every_steps
from bench.studies import memory_curse as curse
from bench.studies import spread as spreads
from bench.studies import truncated as cuts

STEPS, HIDDEN = 100, 64
LAGS = (0, 1, 2, 5, 10, 20, 50, 99)
OWN = math.log10(8.0)
"""Norm that a step's own loss has at 64 units."""
RATE = {"torch": -0.2, "keras": -0.1, "orthogonal": -0.12, "torch-fb1": -0.07, "chrono": -0.006}
"""Decades per step."""
SPREAD = {"torch": (0.01, 0.001), "keras": (0.002, 0.004), "orthogonal": (0.003, 0.001)}
"""Standard deviations of the rate over networks, and over the inputs of one."""
INPUTS_EACH = 6
EXPLOSION = {("rnn", 1.0): 0.0, ("rnn", 2.0): 0.02, ("rnn", 3.0): 0.1, ("lstm", 8.0): 0.2}
"""Decades per step by which the weights' gradient grows, by cell and gain."""
GROWTH = 0.5
"""Decades by which weights' gradient and state of the LSTM grow with each unit of the bias, where nothing is tied."""


def every_step(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """Fades at `RATE` with a loss at the last step; level with a loss at every step, whatever arrives."""
    for of in _networks(every_steps.STUDY, truth):
        case = of.replaced(seq_len=STEPS, hidden_size=HIDDEN)
        for lag in LAGS:
            fading = OWN + RATE[case.initialiser] * lag
            for metric, value in (("log10_norm_h", fading), ("log10_norm_every_h", OWN)):
                yield Measurement(case, metric, value + 0.01 * rng.normal(), "log10", step=lag)


def truncated(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """A window of w cuts a share of 10^(rate w) off a gradient of norm 1; the whole sequence exactly nothing."""
    for of in _networks(cuts.STUDY, truth):
        case = of.replaced(seq_len=STEPS, hidden_size=HIDDEN)
        for window in windows(STEPS):
            yield Measurement(case, "log10_weight_gradient", 0.0, "log10", step=window)
            if window == STEPS:
                yield Measurement(case, "log10_cut_off", None, "log10", step=window, status="zero", reason="exactly 0")
            else:
                share = RATE[case.initialiser] * window + 0.01 * rng.normal()
                yield Measurement(case, "log10_cut_off", share, "log10", step=window)


def memory_curse(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """All remember longer with a larger bias; the state and the weights' gradient of the free LSTM alone grow."""
    for cell, tied in curse.ARMS:
        for bias in curse.BIASES[1 if tied else 0 :]:
            for seed in range(truth.seeds):
                conditions = {"gate_bias": bias, "write_bias": -bias if tied else 0.0}
                case = make_case("memory-curse", cell, direction="profile", dtype="float64", seed=seed, **conditions)
                case = case.replaced(seq_len=4 * STEPS, hidden_size=HIDDEN)
                growth = GROWTH * bias if cell == "lstm" and not tied else 0.0
                weights = 1.5 + growth + 0.01 * rng.normal()
                yield Measurement(case, "log10_weight_gradient", weights, "log10", step=case.seq_len)
                yield Measurement(case, "log10_gradient_left", -80 * math.exp(-bias), "log10")
                yield Measurement(case, "kept_sd", 0.1 * 10 ** (growth + 0.01 * rng.normal()), "1")


def spread(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """Slopes that are a mean, something of the network, and something of each of its inputs."""
    networks = {(of.cell, of.initialiser, of.seed): of for of in _networks(spreads.STUDY, truth)}
    for of in networks.values():
        network, within = SPREAD[of.initialiser]
        rate = RATE[of.initialiser] + network * rng.normal()
        for place in range(INPUTS_EACH):
            case = of.replaced(seq_len=STEPS, hidden_size=HIDDEN, input_seed=of.seed * INPUTS_EACH + place)
            slope = rate + within * rng.normal()
            for lag in LAGS:
                for metric in ("log10_norm_h", *(["log10_norm_joint"] if of.cell == "lstm" else [])):
                    yield Measurement(case, metric, OWN + slope * lag, "log10", step=lag)


def clipping(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """The gradient grows with every step beyond the recent ones, at `EXPLOSION`; what the recent ones add does not."""
    for (cell, gain), steps in itertools.product(clips.ARMS, (RECENT, 20, STEPS)):
        for seed in range(truth.seeds):
            settings = {"direction": "profile", "dtype": "float64", "initialiser": "gaussian", "seq_len": steps}
            case = make_case("clipping", cell, initialiser_value=gain, hidden_size=HIDDEN, seed=seed, **settings)
            recent = 0.5 + 0.01 * rng.normal()
            whole = recent + EXPLOSION[cell, gain] * (steps - RECENT)
            yield Measurement(case, "log10_weight_gradient", whole, "log10", step=steps)
            yield Measurement(case, "log10_recent_gradient", recent, "log10", step=RECENT)
            yield Measurement(case, "recent_cosine", 10 ** (recent - whole), "1", step=RECENT)


def _networks(study: Any, truth: Any) -> Iterator[Any]:
    """Yield the networks of a study, as many seeds of each as are wanted."""
    listed = study.cases_in("quick")
    for case in listed:
        if case.seed == listed[0].seed:
            for seed in range(truth.seeds):
                yield case.replaced(seed=seed)
