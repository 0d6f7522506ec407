"""Kernels of `cells.cuda.products.product`: a matrix product in tiles, and sums over rows.

Both are deterministic: no atomics.

A block has one tile of `out`, a thread several of its rows and columns in registers. Slices of both operands pass
through shared memory, two deep: while one is multiplied, the next is on its way. A warp reads neighbours in global
memory whichever way an operand lies, and writes whole sectors of `out`: columns of a thread are apart, not adjacent.

Every kernel takes the same five pointers, (a, b, bias, out, scratch), and then its scalars.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import int32, int64, types

from cells.cuda.kernels.instructions import cuda, load4, pointer, round_bfloat16
from cells.cuda.products.product import PAD, TileShape
from cells.formula import formula


def _operand(real: str, lines: int, depth: int, threads: int, across: bool, rounded: bool) -> tuple[Any, ...]:
    """How a block reads (lines, depth) of an operand, `threads` elements a pass, neighbours by neighbouring threads.

    `across`: neighbours in memory are of different lines (else of different inner indices). In shared memory lines
    are neighbours: element (line, k) is at k * pitch + line.
    """
    number = getattr(types, real)
    line_step, k_step = (0, threads // lines) if across else (threads // depth, 0)
    passes, pitch = lines * depth // threads, lines + PAD
    step, shared_step = line_step + k_step, k_step * pitch + line_step

    @formula
    def place(thread):
        if across:
            return int32(thread % lines), int32(thread // lines)
        return int32(thread // depth), int32(thread % depth)

    @formula
    def fetch(source, index, stride, lines_left, depth_left, staged):
        if (passes - 1) * line_step < lines_left and (passes - 1) * k_step < depth_left:
            for n in range(passes):
                staged[n] = source[index + n * step * stride]
        else:
            for n in range(passes):
                staged[n] = number(0)
                if n * line_step < lines_left and n * k_step < depth_left:
                    staged[n] = source[index + n * step * stride]
        if rounded:
            for n in range(passes):
                staged[n] = round_bfloat16(staged[n])

    @formula
    def store(shared, index, staged):
        for n in range(passes):
            shared[index + n * shared_step] = staged[n]

    return passes, pitch, place, fetch, store


def make_product(
    real: str, a_transposed: bool, b_transposed: bool, biased: bool, rounded: bool, split: bool, tile: TileShape
) -> Callable[..., None]:
    """out[i, j] = sum over k of op(a)[i, k] op(b)[k, j] (+ bias[j]).

    grid: (tiles of out, pieces of k). `split`: piece p writes to `scratch`, from p * size on, not to `out`.
    """
    tile_rows, tile_columns, tile_depth = tile.rows, tile.columns, tile.depth
    rows_each, columns_each = tile.rows_each, tile.columns_each
    number, (threads_x, threads_y) = getattr(types, real), (tile_columns // columns_each, tile_rows // rows_each)
    threads, groups = threads_x * threads_y, rows_each // 4
    a_passes, a_pitch, a_place, a_fetch, a_store = _operand(real, tile_rows, tile_depth, threads, a_transposed, rounded)
    b_passes, b_pitch, b_place, b_fetch, b_store = _operand(
        real, tile_columns, tile_depth, threads, not b_transposed, rounded
    )
    a_buffer, b_buffer = tile_depth * a_pitch, tile_depth * b_pitch
    mine = rows_each * columns_each

    def product(a, b, bias, out, scratch, a_first, a_stride, b_first, b_stride, out_first, out_stride, size, bias_first,
                rows, columns, depth, piece, tiles):  # fmt: skip
        thread, of_out = cuda.threadIdx.x, cuda.blockIdx.x
        shared = pointer(cuda.shared.array(0, number, alignment=16))
        a_staged, b_staged = cuda.local.array(a_passes, number), cuda.local.array(b_passes, number)
        sums, column = cuda.local.array(mine, number), cuda.local.array(columns_each, number)
        top, left = int32(of_out // tiles * tile_rows), int32(of_out % tiles * tile_columns)
        start = int32(cuda.blockIdx.y * piece)
        length = int32(depth - start if depth - start < piece else piece)

        line, k = a_place(thread)
        a_lines, a_left, a_at = int32(rows - top - line), int32(length - k), int32(k * a_pitch + line)
        if a_transposed:
            a_index = a_first + int64(start + k) * a_stride + top + line
            a_step = a_stride
            a_slice = a_stride
        else:
            a_index = a_first + int64(top + line) * a_stride + start + k
            a_step = a_stride
            a_slice = int64(1)
        line, k = b_place(thread)
        b_lines, b_left, b_at = int32(columns - left - line), int32(length - k), int32(k * b_pitch + line)
        b_at += int32(2 * a_buffer)
        if b_transposed:
            b_index = b_first + int64(left + line) * b_stride + start + k
            b_step = b_stride
            b_slice = int64(1)
        else:
            b_index = b_first + int64(start + k) * b_stride + left + line
            b_step = b_stride
            b_slice = b_stride

        for n in range(mine):
            sums[n] = number(0)
        x, y = int32(thread % threads_x), int32(thread // threads_x)
        a_fetch(a, a_index, a_step, a_lines, a_left, a_staged)
        b_fetch(b, b_index, b_step, b_lines, b_left, b_staged)
        which = int32(0)
        done = int32(0)
        while done < length:
            a_store(shared, a_at + which * a_buffer, a_staged)
            b_store(shared, b_at + which * b_buffer, b_staged)
            cuda.syncthreads()  # one is enough: who writes this buffer again has passed the next one
            done = int32(done + tile_depth)
            a_index += tile_depth * a_slice
            b_index += tile_depth * b_slice
            a_fetch(a, a_index, a_step, a_lines, int32(a_left - done), a_staged)
            b_fetch(b, b_index, b_step, b_lines, int32(b_left - done), b_staged)
            a_row = int32(which * a_buffer + 4 * y)
            b_row = int32(2 * a_buffer + which * b_buffer + x)
            for _ in range(tile_depth):
                for j in range(columns_each):
                    column[j] = shared[b_row + j * threads_x]
                for group in range(groups):
                    row = load4(shared, a_row + group * 4 * threads_y)
                    for i in range(4):
                        for j in range(columns_each):
                            sums[(group * 4 + i) * columns_each + j] += row[i] * column[j]
                a_row = int32(a_row + a_pitch)
                b_row = int32(b_row + b_pitch)
            which = int32(1 - which)

        for j in range(columns_each):
            column[j] = number(0)
            if biased and left + x + j * threads_x < columns:
                column[j] = bias[bias_first + left + x + j * threads_x]
        for n in range(rows_each):
            i = int32(top + n // 4 * 4 * threads_y + 4 * y + n % 4)
            if i < rows:
                at = out_first + i * out_stride + left + x
                if split:
                    at += cuda.blockIdx.y * size
                for j in range(columns_each):
                    if left + x + j * threads_x < columns:
                        value = sums[n * columns_each + j]
                        if biased:
                            value += column[j]
                        if split:
                            scratch[at + j * threads_x] = value
                        else:
                            out[at + j * threads_x] = value

    return product


def make_sums(
    real: str, from_scratch: bool, to_scratch: bool, biased: bool, width: int, lanes: int
) -> Callable[..., None]:
    """Sum rows: lane n of a block has rows n, n + lanes, ... of its piece, then the lanes are added in order.

    grid: (blocks of `width` columns, pieces). Reads `a` or `scratch`; writes `scratch` (pieces, size), or `out`.
    """
    number = getattr(types, real)

    def sums(a, b, bias, out, scratch, first, stride, size, out_first, out_stride, bias_first,
             out_columns, rows, piece):  # fmt: skip
        thread, part = cuda.threadIdx.x, cuda.blockIdx.y
        shared = pointer(cuda.shared.array(0, number, alignment=16))
        place = int64(cuda.blockIdx.x) * width + thread % width
        row = int64(part) * piece
        stop = row + piece if row + piece < rows else int64(rows)
        row += thread // width
        total = number(0)
        if place < size:
            while row < stop:
                if from_scratch:
                    total += scratch[first + row * stride + place]
                else:
                    total += a[first + row * stride + place]
                row += lanes
        shared[thread] = total
        cuda.syncthreads()
        if thread < width and place < size:
            for lane in range(1, lanes):
                total += shared[lane * width + thread]
            if to_scratch:
                scratch[part * size + place] = total
            else:
                i = place // out_columns
                j = place - i * out_columns
                if biased:
                    total += bias[bias_first + j]
                out[out_first + i * out_stride + j] = total

    return sums
