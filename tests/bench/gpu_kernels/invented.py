"""Rows of an invented GPU, made from the estimate itself: none stands for a GPU."""

import itertools
import math
from dataclasses import asdict, replace

import numpy as np
import pandas as pd

from bench.case import as_row, make_case
from bench.rows import COLUMNS, Measurement
from bench.run.environment import Environment
from bench.run.store import Store
from cells.cuda.device.facts import H200
from cells.cuda.plan.rule import Workload, choose, sharings, terms
from tests.bench.conftest import FACTS
from tests.cells.cuda.test_costs import UNFITTED

# An invented GPU: its clusters meet slowly, its launches are quick, and its memories are slower.
INVENTED = replace(
    UNFITTED,
    barrier_cluster=3000,
    barrier_launch=4000,
    push_latency=100,
    formulas=500,
    tile_overhead=200,
    multiply_adds_float32=80,
    busy_warps=10,
    shared_bytes=90,
    cache_bytes=40,
)
NOISE = 0.02  # of the logarithm of a time
WAYS = {"forward": "kernel_forward_s", "backward": "kernel_backward_s"}
NAME = "NVIDIA H200"
DAY = "2031-05-06"


def case_of(cell, hidden, batch, direction, variant, dtype="float32", steps=64):
    sizes = {"seq_len": steps, "hidden_size": hidden, "input_size": hidden, "batch_size": batch}
    return make_case("sharings", cell, "cuda", direction, dtype=dtype, variant=variant, **sizes)


def invented(cells=("lstm", "gru-reset-before"), sizes=(32, 128, 256, 1024), batches=(1, 16, 128), dtype="float32"):
    """(case, rows): three samples of every kernel with every sharing that fits, and with the rule's."""
    rng = np.random.default_rng(7)
    for cell, hidden, batch, direction in itertools.product(cells, sizes, batches, ("inference", "training")):
        ways = ("forward", "backward") if direction == "training" else ("forward",)
        fits = set.intersection(*(set(sharings(Workload(cell, hidden, batch, dtype, H200, way))) for way in ways))
        for variant in ("-", *sorted(fits)):
            case = case_of(cell, hidden, batch, direction, variant, dtype)
            yield case, [row for way in ways for row in samples(case, way, rng)]


def samples(case, way, rng):
    keep = case.direction == "training"
    work = Workload(case.cell, case.hidden_size, case.batch_size, case.dtype, H200, way, keep)
    sharing = None if case.word("variant") == "-" else case.word("variant")
    choice = choose(work, sharing=sharing, costs=UNFITTED)
    cycles = terms(choice.config, case.batch_size, choice.groups, choice.rows, H200).cycles(INVENTED)
    seconds = cycles / INVENTED.clock * case.seq_len
    for replicate in range(3):
        value = seconds * math.exp(NOISE * rng.standard_normal())
        yield Measurement(case, WAYS[way], value, "s", replicate=replicate)


def frame_of(items, environment="one", version="aaa", day=DAY):
    run = {
        "environment": environment,
        "code_version": version,
        "run": "",
        "whole": 1,
        "measured_at": f"{day}T10:00:00+00:00",
    }
    rows = [{**asdict(row), **as_row(case), **run} for case, rows in items for row in rows]
    return pd.DataFrame(rows)[list(COLUMNS)].astype({"value": float})


FEW = {"cells": ("lstm",), "sizes": (32, 256), "batches": (16,)}


def environment_of(name):
    return Environment(FACTS | {"gpu": {"name": name, "driver": "999.1", "versions": {}, "used": True}})


def stored(path, *names):
    store = Store(path)
    with store.writing() as writer:
        for name in names:
            with writer.run(environment_of(name)) as run:
                for case, rows in invented(**FEW):
                    run.add(case, 0, rows, "aaa")
    return store
