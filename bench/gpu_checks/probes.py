"""Probes: what our kernels and calls rely on and only a GPU can settle, each by itself in about a second."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from bench.gpu_checks import passes
from bench.gpu_checks.check import Result, Tell, passed_if
from bench.gpu_checks.parent import BOUND
from bench.gpu_checks.passes import Pass
from bench.gpu_checks.probe_kernels import (
    CLUSTERS,
    PHASE_THREADS,
    fragments_kernel,
    last_words_kernel,
    phases_kernel,
    ranks_kernel,
    rounding_kernel,
    spin_kernel,
)
from bench.run.environment import ROOT
from cells.cuda.device import target
from cells.cuda.device.launch import launch
from cells.cuda.device.memory import clear, empty, to_device, zeros
from cells.cuda.device.submit import blocks_at_once, clusters_at_once

SPIN_S = 20.0  # for a machine to be usable again after a kernel that never ends was killed
FLUSHED = 1 << 30  # bytes
GRAPHS = Pass("lstm", "training", 16, 3, 8, 20, sharing="launch")
"""What the probe of graphs runs."""


@dataclass(frozen=True)
class Probe:
    """A probe, and what is left of it in the simulator.

    Parameters
    ----------
    run
        Finds out, on a GPU.
    simulated
        What the simulator runs in its place; None for the same.
    needs_gpu
        Why the simulator cannot do it at all; empty where it can.

    """

    run: Callable[[], Result]
    simulated: Callable[[], Result] | None = None
    needs_gpu: str = ""


def clusters() -> Result:
    """Let each block of a cluster reach the shared memory of each other one, at every size that the rule may take."""
    if not target.facts().clusters:
        return Result("skipped", f"{target.facts().name} has no clusters")
    for blocks in CLUSTERS:
        out = zeros((blocks, blocks), np.int32)
        launch(ranks_kernel(blocks), (blocks, 1), 256, (out,), cluster=blocks)
        expected = 100 * np.arange(blocks)[None, :] + np.arange(blocks)[:, None]
        if not np.array_equal(out.numpy(), expected):
            return Result("wrong", f"a cluster of {blocks} wrote {out.numpy().tolist()}; right: {expected.tolist()}")
    return Result("passed")


def room_for_clusters() -> Result:
    """Count the clusters of each size that the GPU holds at once, a block on each multiprocessor, as the rule does."""
    facts = target.facts()
    if not facts.clusters:
        return Result("skipped", f"{facts.name} has no clusters")
    held = {}
    counted = {}
    for blocks in CLUSTERS:
        grid = (blocks, facts.multiprocessors)
        held[str(blocks)] = clusters_at_once(ranks_kernel(blocks), grid, facts.shared_bytes, blocks)
        counted[str(blocks)] = facts.clusters_of(blocks)
    reason = f"the driver holds {held} clusters by their size, the rule counts on {counted}: see HOPPER_GPCS"
    return passed_if(held == counted, reason, clusters_at_once=held, rule_counts_on=counted)


def room_for_blocks() -> Result:
    """Launch more blocks that wait for each other than can all be there: that is refused, and does not spin."""
    kernel = phases_kernel()
    blocks = blocks_at_once(kernel, 0) * target.facts().multiprocessors + 1
    numbers = empty((2 * blocks * PHASE_THREADS,), np.float32)
    out = zeros((blocks * PHASE_THREADS,), np.int32)
    arguments = (numbers, zeros((1,), np.int32), out, blocks, 1)
    try:
        launch(kernel, (blocks, 1), 0, arguments, together=True)
    except ValueError as error:
        return Result("passed", "", {"refused": str(error)})
    return Result("wrong", f"{blocks} blocks that wait for each other were launched; there is room for {blocks - 1}")


def phases() -> Result:
    """Synchronise as many blocks as the GPU has multiprocessors, over many phases."""
    return phases_of(target.facts().multiprocessors, 20_000)


def phases_of(blocks: int, count: int) -> Result:
    """Synchronise the grid over that many phases: no block reads an old number."""
    numbers = empty((2 * blocks * PHASE_THREADS,), np.float32)
    out = zeros((blocks * PHASE_THREADS,), np.int32)
    launch(phases_kernel(), (blocks, 1), 0, (numbers, zeros((1,), np.int32), out, blocks, count), together=True)
    stale = int(out.numpy().sum())
    return passed_if(stale == 0, f"{stale} of {count * blocks * PHASE_THREADS} numbers were old", phases=count)


def fragments() -> Result:
    """Multiply on tensor cores: every number is where the layout says."""
    rng = np.random.default_rng(7)
    a = rng.integers(-15, 16, (16, 16))  # exact in bfloat16, and sums are exact in float32
    b = rng.integers(-15, 16, (16, 8))
    out = zeros((16, 8), np.float32)
    launch(fragments_kernel(), (1, 1), 0, (to_device(a.astype(np.float32)), to_device(b.astype(np.float32)), out))
    product = out.numpy()
    return passed_if(bool((product == a @ b).all()), f"the product is {product.tolist()}; right: {(a @ b).tolist()}")


def rounding() -> Result:
    """Round to bfloat16: to the nearest, ties to even, NaN stays NaN; of a pair the first one is below."""
    bits = np.array([0x3F808000, 0x3F818000, 0x3F800001, 0xBF80FFFF, 0x7FC00000, 0x40000000], np.uint32)
    right = np.array([0x3F80, 0x3F82, 0x3F80, 0xBF81, 0x7FC0, 0x4000], np.uint32)
    rounded = zeros(bits.shape, np.float32)
    packed = zeros(bits.shape, np.uint32)
    launch(rounding_kernel(), (1, 1), 0, (to_device(bits.view(np.float32)), rounded, packed, len(bits)))
    upper = rounded.numpy().view(np.uint32) >> 16
    words = packed.numpy()
    same = bool(np.isnan(rounded.numpy()[4])) and bool((np.delete(upper, 4) == np.delete(right, 4)).all())
    pairs = [n for n in range(len(bits)) if 4 not in (n, (n + 1) % len(bits))]
    same &= all(int(words[n]) == int(right[n]) | int(right[(n + 1) % len(bits)]) << 16 for n in pairs)
    return passed_if(same, f"rounded {[hex(x) for x in upper]}, packed {[hex(x) for x in words]}")


def last_words() -> Result:
    """Use all the shared memory that a block may have, to its last word."""
    most = target.facts().shared_bytes
    out = zeros((4,), np.float32)
    launch(last_words_kernel(most), (1, 1), most, (out,))
    found = out.numpy().tolist()
    return passed_if(found == [1, 2, 3, 4], f"the last words of {most} bytes are {found}; right: [1, 2, 3, 4]")


def most_shared() -> Result:
    """Use all the shared memory that a block may have; more is refused and breaks nothing."""
    allowed = last_words()
    if allowed.status != "passed":
        return allowed
    most = target.facts().shared_bytes
    out = zeros((4,), np.float32)
    try:
        launch(last_words_kernel(most), (1, 1), most + 1024, (out,))
    except Exception as error:
        clear(out)
        return passed_if(not out.numpy().any(), "the context is broken after a refusal", refused=str(error))
    return Result("wrong", f"{most + 1024} bytes were allowed; the device says {most}")


def events() -> Result:
    """Compare times between events with the host's clock, for work that lasts: their unit and stream are right."""
    from cells.cuda.device.stream import current_stream

    array = empty((FLUSHED,), np.uint8)

    def work() -> None:
        for _ in range(20):
            clear(array)

    timer = target.device().timer()
    timer.series(work, 1)
    begin = time.perf_counter()
    between = sum(timer.series(work, 3))
    current_stream().sync()
    host = time.perf_counter() - begin
    return passed_if(0.8 < between / host < 1.05, "events and the host disagree", event_s=between, host_s=host)


def watermark() -> Result:
    """Ask the memory pool for its highest use: it counts from where it was told to begin."""
    grown = target.device().peak_bytes(lambda: clear(empty((64 << 20,), np.uint8)))
    if grown is None:
        return Result("skipped", "this device has no pool: peak memory is not measured")
    return passed_if(grown == 64 << 20, f"64 MiB more are counted as {grown} bytes", grown=grown)


def graphs() -> Result:
    """Run a training loop that drops its results: it finds its graphs again, and captures none anew."""
    from cells.cuda.device import submit

    numbers = passes.draw(GRAPHS)
    layer = passes.make_layer(GRAPHS, numbers.parameters)
    x = to_device(numbers.x.astype(np.float32))
    d_output = to_device(numbers.d_output.astype(np.float32))
    counts = []
    for _ in range(6):
        layer.forward(x).backward(d_output)
        counts.append(len(submit.graphs()))
    return passed_if(counts[-1] == counts[2], f"graphs after each call: {counts}", graphs=counts)


def shared_with_torch() -> Result:
    """Mix PyTorch's work with ours: it is done in the order of the calls, on one stream, in one context, unwaited."""
    from bench.contenders.torch_gpu import torch_or_none, why_no_torch
    from cells.cuda.device.memory import copy

    torch = torch_or_none()
    if torch is None:
        return Result("skipped", str(why_no_torch()))

    for turn in range(200):
        theirs = torch.randn(1 << 20, device="cuda")
        ours = empty((1 << 20,), np.float32)
        copy(to_device(theirs), ours)
        shared = torch.as_tensor(ours, device="cuda")
        theirs.mul_(2)
        if shared.data_ptr() != ours.address or not bool((shared * 2 == theirs).all()):
            return Result("wrong", f"turn {turn}: PyTorch and this suite saw different numbers")
    return Result("passed", "", {"torch_stream": torch.cuda.current_stream().cuda_stream})


def killed_spinner() -> Result:
    """Kill a process whose kernel never ends, and time how long it takes until another one can use the GPU."""
    command = [*BOUND, sys.executable, "-m", "bench.gpu_checks.probes", "spin"]
    spinner = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert spinner.stdout is not None
    if spinner.stdout.readline().strip() != "spinning":
        spinner.kill()
        return Result("failed", "the process that should spin did not start")
    begin = time.perf_counter()
    spinner.kill()
    spinner.wait()
    clear(empty((1024,), np.uint8))
    zeros((4,), np.int32).numpy()
    seconds = time.perf_counter() - begin
    return passed_if(seconds < SPIN_S, f"the GPU was busy for {seconds:.1f} s", usable_after_s=seconds)


def spin() -> None:
    """Never end; whoever starts this has to bind it to its own life."""
    counters = zeros((1,), np.int32)
    launch(spin_kernel(), (1, 1), 0, (counters,))
    print("spinning", flush=True)
    counters.numpy()


PROBES = {
    "events": Probe(events, needs_gpu="the simulator has no events"),
    "rounding": Probe(rounding),
    "fragments": Probe(fragments),
    "most-shared-memory": Probe(most_shared, simulated=last_words),
    "clusters": Probe(clusters),
    "room-for-clusters": Probe(room_for_clusters, needs_gpu="the simulator holds any number"),
    "room-for-blocks": Probe(room_for_blocks, needs_gpu="the simulator holds any number"),
    "phases": Probe(phases, simulated=partial(phases_of, 3, 4)),
    "graphs": Probe(graphs, needs_gpu="the simulator has no graphs"),
    "memory-watermark": Probe(watermark),
    "shared-with-torch": Probe(shared_with_torch, needs_gpu="the simulator is none of PyTorch's devices"),
    "killed-spinner": Probe(killed_spinner, needs_gpu="the simulator finds by itself what never ends"),
}


def run(arguments: Mapping[str, Any], tell: Tell) -> Result:
    """Run the probe of that name, or in the simulator what is left of it there."""
    probe = PROBES[arguments["probe"]]
    if not target.SIMULATED:
        return probe.run()
    if probe.needs_gpu:
        return Result("skipped", probe.needs_gpu)
    return (probe.simulated or probe.run)()


if __name__ == "__main__" and sys.argv[1:] == ["spin"]:
    spin()
