"""The simulated GPU finds what a GPU gets wrong at random, and passes a kernel that is right."""

from __future__ import annotations

import numpy as np
import pytest
from numba import float32

simulator = pytest.importorskip("cells.cuda.simulator.machine", exc_type=ImportError)
simulated = pytest.importorskip("cells.cuda.simulator.instructions", exc_type=ImportError)
cuda, SimulationError = simulated.cuda, simulator.SimulationError


def launch(kernel, *arguments, grid=(1, 1), threads=4, shared_bytes=64, **how):
    simulator.run(kernel, grid, threads, shared_bytes, arguments, **how)


def numbers(count):
    return np.zeros(count, np.float32)


def turn_around(meet):
    """A kernel in which a thread reads what another one of its block has written, after `meet`."""

    def kernel(out):
        thread, shared = cuda.threadIdx.x, cuda.shared.array(0, float32, alignment=16)
        shared[thread] = thread
        meet()
        out[thread] = shared[3 - thread]

    return kernel


def test_a_missing_barrier_is_a_race_in_shared_memory():
    with pytest.raises(SimulationError, match=r"race: thread . of block 0 .* shared memory\[.\].* no barrier between"):
        launch(turn_around(lambda: None), numbers(4))


def test_with_the_barrier_it_is_none():
    out = numbers(4)
    launch(turn_around(cuda.syncthreads), out)
    np.testing.assert_array_equal(out, [3, 2, 1, 0])


def test_two_threads_that_write_one_place_are_a_race():
    def kernel(out):
        out[0] = cuda.threadIdx.x

    with pytest.raises(SimulationError, match=r"race: .* writes argument 0\[0\]"):
        launch(kernel, numbers(1))


def test_a_write_over_what_another_thread_has_read_is_a_race():
    def kernel(given, out):
        thread = cuda.threadIdx.x
        out[thread] = given[0]
        if thread == 0:
            given[0] = 1

    with pytest.raises(SimulationError, match="race"):
        launch(kernel, numbers(1), numbers(4))


@pytest.mark.parametrize("together", [False, True])
def test_blocks_that_read_each_others_writes_are_a_race_in_global_memory(together):
    def kernel(out, read):
        block = cuda.blockIdx.x
        out[block] = 1
        cuda.syncthreads()
        read[block] = out[1 - block]

    with pytest.raises(SimulationError, match=r"race: thread 0 of block . .* argument 0\[.\]"):
        launch(kernel, numbers(2), numbers(2), grid=(2, 1), threads=1, together=together)


def test_a_barrier_in_a_branch_is_a_deadlock():
    def kernel(out):
        if cuda.threadIdx.x < 2:
            cuda.syncthreads()
        else:
            simulated.from_lane(out[0], 1)

    with pytest.raises(SimulationError, match="deadlock: 4 threads wait"):
        launch(kernel, numbers(1))


def test_waiting_for_a_block_that_never_comes_is_a_deadlock():
    def kernel(counter):
        simulated.wait_for(counter, 0, 3)

    with pytest.raises(SimulationError, match="deadlock: 2 threads wait"):
        launch(kernel, np.zeros(1, np.int32), grid=(2, 1), threads=1, together=True)


def test_blocks_that_do_not_run_together_cannot_wait_for_each_other():
    def kernel(counter):
        simulated.arrive(counter, 0)
        simulated.wait_for(counter, 0, 2)

    with pytest.raises(SimulationError, match="deadlock"):
        launch(kernel, np.zeros(1, np.int32), grid=(2, 1), threads=1)


@pytest.mark.parametrize("index", [-1, 4])
@pytest.mark.parametrize("writing", [False, True])
def test_an_index_outside_is_an_error(index, writing):
    def kernel(out):
        if writing:
            out[index] = 1
        else:
            out[0] = out[index]

    with pytest.raises(SimulationError, match=rf"argument 0\[{index}\] is outside of its 4 elements"):
        launch(kernel, numbers(4), threads=1)


def test_shared_memory_has_bounds_too():
    def kernel(out):
        out[0] = cuda.shared.array(0, float32, alignment=16)[16]

    with pytest.raises(SimulationError, match=r"shared memory\[16\] is outside of its 16 elements"):
        launch(kernel, numbers(1), threads=1)


def test_what_nobody_has_written_is_nan():
    def kernel(out):
        out[0] = cuda.shared.array(0, float32, alignment=16)[3]
        out[1] = cuda.local.array(2, float32)[1]

    out = numbers(2)
    launch(kernel, out, threads=1)
    assert np.isnan(out).all()


def test_four_neighbours_stand_at_a_multiple_of_four():
    def kernel(given, out, at):
        out[0] = sum(simulated.load4(given, at))

    out = numbers(1)
    launch(kernel, np.arange(8, dtype=np.float32), out, 4, threads=1)
    assert out[0] == 4 + 5 + 6 + 7
    with pytest.raises(SimulationError, match=r"argument 0\[2\]; allowed: multiples of 4"):
        launch(kernel, numbers(8), out, 2, threads=1)


def sum_of_the_warp(value):
    for distance in (16, 8, 4, 2, 1):
        value = value + simulated.from_lane(value, distance)
    return value


def test_lanes_hand_each_other_numbers():
    def kernel(out):
        thread = cuda.threadIdx.x
        out[thread] = sum_of_the_warp(thread)

    out = numbers(64)
    launch(kernel, out, threads=64)
    np.testing.assert_array_equal(out, np.repeat([sum(range(32)), sum(range(32, 64))], 32))


def test_blocks_meet_at_a_counter():
    """A step of every block, a barrier of the grid, and then the sum over blocks in each of them."""

    def kernel(out, sums, counter):
        thread, block = cuda.threadIdx.x, cuda.blockIdx.x
        for step in range(3):
            out[(step * 3 + block) * 4 + thread] = step + block
            cuda.syncthreads()
            if thread == 0:
                simulated.arrive(counter, 0)
                simulated.wait_for(counter, 0, 3 * (step + 1))
            cuda.syncthreads()
            total = 0
            for other in range(3):
                total += simulated.load_shared_by_blocks(out, (step * 3 + other) * 4 + thread)
            sums[(step * 3 + block) * 4 + thread] = total

    sums = numbers(36)
    launch(kernel, numbers(36), sums, np.zeros(1, np.int32), grid=(3, 1), together=True)
    np.testing.assert_array_equal(sums.reshape(3, 12), np.repeat([[3.0], [6.0], [9.0]], 12, axis=1))


def make_numbers_cross(meet):
    """A kernel of two blocks that write into each other's shared memory."""

    def kernel(out):
        shared = cuda.shared.array(0, float32, alignment=16)
        thread, rank = cuda.threadIdx.x, cuda.blockIdx.x % 2
        simulated.cluster_arrive()
        simulated.cluster_wait()
        simulated.store_in_cluster(shared, thread, 1 - rank, 10 * rank + thread)
        meet()
        out[cuda.blockIdx.x * 4 + thread] = shared[3 - thread]

    return kernel


def cluster_barrier():
    simulated.cluster_arrive()
    simulated.cluster_wait()


def test_blocks_of_a_cluster_write_into_each_other():
    out = numbers(16)
    launch(make_numbers_cross(cluster_barrier), out, grid=(4, 1), cluster=2)
    np.testing.assert_array_equal(out.reshape(4, 4), [[13, 12, 11, 10], [3, 2, 1, 0]] * 2)


@pytest.mark.parametrize("meet", [lambda: None, cuda.syncthreads], ids=["no barrier", "the block's barrier"])
def test_a_store_into_another_block_without_the_clusters_barrier_is_a_race(meet):
    with pytest.raises(SimulationError, match="race"):
        launch(make_numbers_cross(meet), numbers(8), grid=(2, 1), cluster=2)


def test_tensor_cores_multiply_fragments_as_the_manual_lays_them_out():
    """PTX ISA, mma.m16n8k16: lane = 4 group + place; a word holds two neighbours along the depth, the first one low."""

    def kernel(a, b, c, out):
        lane = cuda.threadIdx.x
        group, place = lane // 4, lane % 4

        def pair(matrix, first, step):
            return simulated.pack_bfloat16(matrix[first], matrix[first + step])

        of_a = [pair(a, (group + down) * 16 + 2 * place + right, 1) for right in (0, 8) for down in (0, 8)]
        of_b = [pair(b, (2 * place + down) * 8 + group, 8) for down in (0, 8)]
        where = [(group + down) * 8 + 2 * place + right for down in (0, 8) for right in (0, 1)]
        for n, value in zip(where, simulated.multiply_bfloat16(of_a, of_b, [c[n] for n in where]), strict=True):
            out[n] = value

    rng = np.random.default_rng(0)
    a, b = rng.integers(-128, 128, (16, 16)), rng.integers(-128, 128, (16, 8))  # exact in bfloat16
    c, out = rng.integers(-9, 9, (16, 8)), numbers(128)
    launch(kernel, *(m.astype(np.float32).ravel() for m in (a, b, c)), out, threads=32)
    np.testing.assert_array_equal(out.reshape(16, 8), a @ b + c)


@pytest.mark.parametrize(
    ("given", "nearest"),
    [(1.0, 1.0), (1 + 2**-8, 1.0), (1 + 3 * 2**-8, 1 + 2**-6), (1 + 2**-8 + 2**-20, 1 + 2**-7), (-3e38, -3.0039e38)],
)
def test_bfloat16_is_the_nearest_one_and_ties_go_to_even(given, nearest):
    assert simulated.round_bfloat16(np.float32(given)) == pytest.approx(nearest, rel=1e-4)
    if abs(given) < 2:
        assert simulated.round_bfloat16(np.float32(given)) == nearest
    word = int(simulated.pack_bfloat16(np.float32(given), np.float32(0.5)))
    assert word >> 16 == 0x3F00
    assert np.uint32((word & 0xFFFF) << 16).view(np.float32) == simulated.round_bfloat16(np.float32(given))


def test_an_instruction_outside_of_a_kernel_is_an_error():
    with pytest.raises(SimulationError, match="outside of a launch"):
        cuda.syncthreads()
