"""What a kernel takes of a multiprocessor, read without running it."""

import pytest

from bench.measures import machine_code
from bench.metrics import METRICS
from bench.studies import kernels

needs_compiler = pytest.mark.skipif(machine_code.why_not() is not None, reason=str(machine_code.why_not()))


@pytest.mark.parametrize(
    ("registers", "shared", "threads", "of_chip", "blocks"),
    [
        (32, 0, 1024, 164 * 1024, 2),  # threads
        (128, 0, 512, 228 * 1024, 1),  # registers, all of them
        (129, 0, 384, 228 * 1024, 1),  # rounded up to 136: 15 warps, 12 in fours
        (32, 100 * 1024, 128, 228 * 1024, 2),  # shared memory
        (16, 0, 32, 228 * 1024, 16),  # a warp takes the room of four
        (255, 227 * 1024, 256, 228 * 1024, 1),  # all that a block may have
    ],
)
def test_blocks_of_a_multiprocessor_are_what_its_scarcest_resource_allows(registers, shared, threads, of_chip, blocks):
    assert machine_code.resident_blocks(registers, shared, threads, of_chip) == blocks


@needs_compiler
@pytest.mark.cuda_compiler
def test_a_kernel_has_rows_of_what_it_takes():
    cases = [c for c in kernels.STUDY.cases_in("quick") if c.hidden_size == 128]
    assert {c.backend for c in cases} == {"sm_80", "sm_90a"}
    assert {c.word("variant") for c in cases if c.backend == "sm_90a"} == {"block", "cluster", "grid", "launch"}
    case = next(c for c in cases if (c.backend, c.direction, c.word("variant")) == ("sm_90a", "forward", "launch"))
    found = {row.metric: row for row in machine_code.measure(case, 0)}
    assert set(found) <= set(METRICS)
    assert all(row.unit == METRICS[name][0] for name, row in found.items())
    assert found["stack_bytes"].value == found["spill_bytes"].value == 0
    assert 0 < found["registers"].value <= 255
    assert found["blocks_per_multiprocessor"].value >= 1
