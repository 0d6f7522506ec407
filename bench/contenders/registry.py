"""The contenders there are: one line a backend."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from dataclasses import replace

from bench.case import Case
from bench.contenders.contender import Contender
from bench.contenders.convolution import CONVOLUTION
from bench.contenders.cudnn import Cudnn
from bench.contenders.own import Own
from bench.contenders.own_gpu import OwnOnGpu
from bench.contenders.process import PeerContender
from bench.names import unknown

PEERS = {
    "torch": PeerContender(
        "torch",
        module="bench.contenders.pytorch",
        packages=("torch",),
        cells=("rnn", "lstm", "gru", CONVOLUTION),
        directions=("inference", "training"),
        merges=("none", "concat", "mean", "sum"),
    ),
    "onnxruntime": PeerContender(
        "onnxruntime",
        module="bench.contenders.onnx_runtime",
        packages=("onnxruntime", "onnx"),
        cells=("rnn", "lstm", "gru", "gru-reset-before", CONVOLUTION),
        directions=("inference",),
        merges=("none",),
    ),
}
"""Libraries that are timed in a process of their own."""

CONTENDERS: dict[str, Contender] = {
    "cpu": Own(),
    "cpu-again": Own(),
    **PEERS,
    "cuda": OwnOnGpu(),
    "cuda-again": OwnOnGpu(),
    "cudnn": Cudnn(),
    "cudnn-fp16": Cudnn(),
}
"""Backend of a case to its contender."""


def find_contender(backend: str) -> Contender:
    """Return the contender of that backend; ValueError names the known ones."""
    if backend not in CONTENDERS:
        raise ValueError(unknown("backend", backend, CONTENDERS, "timed"))
    return CONTENDERS[backend]


def able(case: Case, backends: Iterable[str]) -> list[str]:
    """Select the backends that can do the case's work on this machine."""
    return [name for name in backends if find_contender(name).why_not(replace(case, backend=name)) is None]


def installed_peers() -> tuple[str, ...]:
    """Name the peers whose packages are there; nothing is imported to find out."""
    return tuple(name for name, peer in PEERS.items() if all(map(importlib.util.find_spec, peer.packages)))
