"""Probes: what our kernels and calls rely on and only a GPU can settle, each by itself in about a second."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from bench.gpu_checks import passes
from bench.gpu_checks.check import Result, Tell, passed_if
from bench.gpu_checks.parent import BOUND
from bench.gpu_checks.passes import Pass
from bench.run.environment import ROOT
from cells.cuda.device import target
from cells.cuda.device.launch import launch
from cells.cuda.device.memory import clear, empty, to_device, zeros
from cells.cuda.device.submit import blocks_at_once, clusters_at_once
from cells.cuda.kernel import Kernel

WARP = 32
CLUSTERS = tuple(range(2, 9))
PHASE_THREADS = 64
SPIN_S = 20.0  # for a machine to be usable again after a kernel that never ends was killed
FLUSHED = 1 << 30  # bytes
GRAPHS = Pass("lstm", "training", 16, 3, 8, 20, sharing="launch")
"""What the probe of graphs runs."""


def _kernel(name: str, parameters: tuple[Any, ...], signature: tuple[str, ...], threads: int = WARP) -> Kernel:
    return Kernel(f"probes.make_{name}", parameters, signature, threads)


def ranks_kernel(blocks: int) -> Kernel:
    """Return the kernel of `cells.cuda.kernels.probes.make_ranks`."""
    return _kernel("ranks", (blocks,), ("int32*",))


def phases_kernel() -> Kernel:
    """Return the kernel of `make_phases`."""
    return _kernel("phases", (PHASE_THREADS,), ("float32*", "int32*", "int32*", "int32", "int32"), PHASE_THREADS)


def fragments_kernel() -> Kernel:
    """Return the kernel of `make_fragments`."""
    return _kernel("fragments", (), ("float32*",) * 3)


def rounding_kernel() -> Kernel:
    """Return the kernel of `make_rounding`."""
    return _kernel("rounding", (), ("float32*", "float32*", "uint32*", "int32"))


def last_words_kernel(shared_bytes: int) -> Kernel:
    """Return the kernel of `make_last_words`."""
    return _kernel("last_words", (shared_bytes // 4,), ("float32*",))


def spin_kernel() -> Kernel:
    """Return the kernel of `make_spin`."""
    return _kernel("spin", (), ("int32*",), 1)


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
    if not facts.clusters or target.SIMULATED:
        return Result("skipped", f"{facts.name} has no clusters, or is simulated and holds any number")
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
    if target.SIMULATED:
        return Result("skipped", "the simulator holds any number")
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
    """Synchronise the grid over many phases: no block reads an old number."""
    blocks, count = (3, 4) if target.SIMULATED else (target.facts().multiprocessors, 20_000)
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


def most_shared() -> Result:
    """Use all the shared memory that a block may have, to its last word; more is refused and breaks nothing."""
    most = target.facts().shared_bytes
    out = zeros((4,), np.float32)
    launch(last_words_kernel(most), (1, 1), most, (out,))
    if out.numpy().tolist() != [1, 2, 3, 4]:
        return Result("wrong", f"the last words of {most} bytes are {out.numpy().tolist()}; right: [1, 2, 3, 4]")
    if target.SIMULATED:
        return Result("passed")
    try:
        launch(last_words_kernel(most), (1, 1), most + 1024, (out,))
    except Exception as error:
        clear(out)
        return passed_if(not out.numpy().any(), "the context is broken after a refusal", refused=str(error))
    return Result("wrong", f"{most + 1024} bytes were allowed; the device says {most}")


def events() -> Result:
    """Compare times between events with the host's clock, for work that lasts: their unit and stream are right."""
    if target.SIMULATED:
        return Result("skipped", "the simulator has no events")
    from bench.contenders.clocks import stream_timer
    from cells.cuda.device.stream import current_stream

    array = empty((FLUSHED,), np.uint8)

    def work() -> None:
        for _ in range(20):
            clear(array)

    stream_timer().series(work, 1)
    begin = time.perf_counter()
    between = sum(stream_timer().series(work, 3))
    current_stream().sync()
    host = time.perf_counter() - begin
    return passed_if(0.8 < between / host < 1.05, "events and the host disagree", event_s=between, host_s=host)


def watermark() -> Result:
    """Ask the memory pool for its highest use: it counts from where it was told to begin."""
    if target.SIMULATED:
        return Result("skipped", "the simulator has no pool")
    from cuda.bindings import driver

    pool = target.cuda_core().Device(0).memory_resource
    if not hasattr(pool, "attributes"):
        return Result("skipped", "this device has no pool: peak memory is not measured")
    highest = driver.CUmemPool_attribute.CU_MEMPOOL_ATTR_USED_MEM_HIGH
    before = int(pool.attributes.used_mem_current)
    driver.cuMemPoolSetAttribute(pool.handle, highest, driver.cuuint64_t(0))
    array = empty((64 << 20,), np.uint8)
    clear(array)
    del array
    grown = int(pool.attributes.used_mem_high) - before
    return passed_if(grown == 64 << 20, f"64 MiB more are counted as {grown} bytes", grown=grown)


def graphs() -> Result:
    """Run a training loop that drops its results: it finds its graphs again, and captures none anew."""
    if target.SIMULATED:
        return Result("skipped", "the simulator has no graphs")
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

    if target.SIMULATED:
        return Result("skipped", "the simulator is none of PyTorch's devices")
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
    if target.SIMULATED:
        return Result("skipped", "the simulator finds a kernel that never ends by itself")
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


PROBES: dict[str, Callable[[], Result]] = {
    "events": events,
    "rounding": rounding,
    "fragments": fragments,
    "most-shared-memory": most_shared,
    "clusters": clusters,
    "room-for-clusters": room_for_clusters,
    "room-for-blocks": room_for_blocks,
    "phases": phases,
    "graphs": graphs,
    "memory-watermark": watermark,
    "shared-with-torch": shared_with_torch,
    "killed-spinner": killed_spinner,
}


def run(arguments: Mapping[str, Any], tell: Tell) -> Result:
    """Run the probe of that name."""
    return PROBES[arguments["probe"]]()


def kernels() -> Iterator[Kernel]:
    """Yield every kernel of a probe, for a folder that travels; those of layers are noted by a rehearsal."""
    yield from (ranks_kernel(blocks) for blocks in CLUSTERS)
    yield from (phases_kernel(), fragments_kernel(), rounding_kernel(), spin_kernel())
    yield last_words_kernel(target.facts().shared_bytes)


if __name__ == "__main__" and sys.argv[1:] == ["spin"]:
    spin()
