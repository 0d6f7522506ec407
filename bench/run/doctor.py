"""Describe what this machine offers, and what would make its timings untrustworthy."""

from __future__ import annotations

import os
from collections.abc import Iterator

from bench.contenders.registry import PEERS, installed_peers
from bench.run import gpu_doctor
from bench.run.environment import this_environment


def describe() -> list[tuple[str, str]]:
    """List (what, value) about CPU, threads, kernels, BLAS, GPU, peers and versions."""
    import numpy as np

    from cells import get_threads
    from cells.cpu.target import cpu_features, target
    from cells.kernel_cache import cache_directory

    facts = this_environment().facts
    tile = target()
    peers = installed_peers()
    vector = [name for name in ("sse4.2", "avx", "avx2", "fma", "avx512f", "neon") if cpu_features().get(name)]
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    lines = [
        ("cpu", f"{facts['cpu']}, {facts['cores']} cores available"),
        ("vector features", ", ".join(vector) or "none known"),
        ("kernels", f"{tile.name}: vectors of {tile.vector_bytes} B, tile {tile.rows} x {tile.vectors}"),
        ("threads", str(get_threads())),
        ("kernel cache", str(cache_directory())),
        ("memory", f"{facts['memory_gib']} GiB"),
        ("governor", facts["governor"] or "not reported by the system"),
        ("load average", str(facts["load_average"])),
        *gpu_doctor.describe(facts["gpu"]),
        ("blas of numpy", f"{blas['name']} {blas['version']}"),
        ("peers", ", ".join(peers) or f"none (known: {', '.join(PEERS)})"),
        ("python", facts["python"]),
    ]
    return lines + [(package, version) for package, version in facts["versions"].items()]


def concerns() -> Iterator[str]:
    """List the reasons not to trust a time taken now, each with what to do."""
    facts = this_environment().facts
    load = facts["load_average"]
    if load is not None and load > 0.3:
        yield f"load average is {load}: something else runs; wait until it is below 0.3"
    if facts["governor"] not in (None, "performance"):
        yield f"governor is {facts['governor']}: the clock frequency varies; set it to performance"
    yield from gpu_doctor.concerns(facts["gpu"])
    if facts["cores"] < 2:
        yield "one core: the measuring process shares it with everything else"
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "NUMBA_DISABLE_JIT", "NUMBA_CPU_NAME"):
        if os.environ.get(name):
            yield f"{name}={os.environ[name]} changes what is measured; unset it unless you mean it"
    if not installed_peers():
        yield "no peer is installed: runtimes have nothing to be compared with; `make peers` installs them"
