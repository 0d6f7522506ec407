"""Where numbers stand: groups of rows, windows of steps, padding, even cuts. One form for the host and for kernels.

The unit axis of every array the kernels touch is padded to whole vectors (`whole_vectors`) or chunks (`whole_chunks`),
which spares them their tails. Padded weights are zero, so padded units never reach a real one.

What is marked `helper` is plain Python on the host, and compiled where a kernel calls it.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cells.cpu.memory import aligned
from cells.cpu.target import target
from cells.kernel_cache import helper

Array = NDArray[Any]
VECTOR_BYTES = target().vector_bytes
CHUNK_BYTES = target().chunk_bytes
COLLIDING = 2048
PlainBlocking: TypeAlias = tuple[tuple[int, ...], tuple[int, int, int, int, bool], int]


@helper
def whole_vectors(size: int, itemsize: int) -> int:
    """Round a number of units up to whole vectors."""
    lanes = VECTOR_BYTES // itemsize
    return (size + lanes - 1) // lanes * lanes


@helper
def whole_chunks(size: int, itemsize: int) -> int:
    """Round a number of units up to whole chunks: what a row takes in an array of states or slots."""
    chunk = CHUNK_BYTES // itemsize
    return (size + chunk - 1) // chunk * chunk


def window_steps(steps: int, step_bytes: int) -> int:
    """Return the distance of two groups in steps: `steps`, or one more where their rows would collide.

    Rows a multiple of 2 KiB apart share few sets of the first-level cache, and push each other out.
    """
    return steps + (steps * step_bytes % COLLIDING == 0)


class EvenCut(NamedTuple):
    """A length in `parts` of `size`, the first `longer` of them one longer: none is a narrow rest."""

    parts: int
    size: int
    longer: int


@helper
def even_cut(length: int, most: int) -> EvenCut:
    """Cut a length into the fewest parts of at most `most`, as even as can be."""
    parts = (length + most - 1) // most
    return EvenCut(parts, length // parts, length % parts)


@helper
def part_size(cut: EvenCut, part: int) -> int:
    """Return the size of a part."""
    return cut.size + (part < cut.longer)


@helper
def part_start(cut: EvenCut, part: int) -> int:
    """Return where a part begins."""
    return cut.size * part + min(part, cut.longer)


def even_panel(vectors: int, parties: int, most: int) -> int:
    """Return the vectors of the widest panel, at most `most`, that gives each thread as many panels; 0: there is none.

    Each thread's part is of whole chunks, so that no thread's formula touches another's units.
    """
    part, rest = divmod(vectors, parties)
    if rest or part % 2:
        return 0
    return max(panel for panel in range(1, min(part, most) + 1) if part % panel == 0)


class Panels(NamedTuple):
    """The most vectors of a panel of packed weights, for each kind of product.

    many_rows: products of the input, whose rows are steps and samples.
    recurrent, masked, back: the products of one step, forward and backward.
    interleaved: whether no thread has more than one row. Then the products of a step go through strips, in which the
    panels of all gates stand side by side; else through tiles, a gate after another.
    """

    many_rows: int
    recurrent: int
    masked: int
    back: int
    interleaved: bool


class Groups(NamedTuple):
    """Where the rows of a batch stand in arrays of slots and states.

    An array is (kinds, C * W, G * H'): C groups one after another, each with the W steps of its window one after
    another, each step with the rows of the group one after another. The last group may have fewer rows. One kind:

        | group 0                                | group 1
        | step 0         | step 1         | ...  | step 0         | ...
        | row 0 | row 1 ..| row 0 | row 1 ..|     | row G | row G+1 ..|         each row H units, padded to H'

    So a formula runs over a step of a group as over one line, and a product takes step t of all groups of a thread at
    once: row r of tile i is row r of group first + i.

    batch: B, rows of the whole batch.
    rows: G, rows of a group.
    hidden: H, units of a row.
    columns: H in whole vectors, as products write them.
    stride: H' = H in whole chunks, from one row to the next.
    steps: how many are kept; the window may be a step longer, see `window_steps`.
    slot_window, state_window: W of slots, and of states, which keep one step more: the start.
    """

    batch: int
    rows: int
    hidden: int
    columns: int
    stride: int
    steps: int
    slot_window: int
    state_window: int

    def make_slots(self, kinds: int, dtype: np.dtype[Any]) -> Array:
        """Return an uninitialised array of slots; padded units that no product writes are zero."""
        return self._allocate(kinds, self.slot_window, dtype)

    def make_states(self, kinds: int, dtype: np.dtype[Any]) -> Array:
        """Return an uninitialised array of states; padded units that no product writes are zero."""
        return self._allocate(kinds, self.state_window, dtype)

    def unpadded(self, array: Array, steps: int) -> Array:
        """Return the first steps (kinds, steps, B, H): a view where the batch is one group, else a copy."""
        split = self._split(array)[:, :, :steps]
        joined = split.transpose(0, 2, 1, 3, 4).reshape(len(array), split.shape[2], -1, split.shape[4])
        return joined[:, :, : self.batch, : self.hidden]

    def step(self, array: Array, step: int) -> Array:
        """Return a copy (kinds, B, H) of one step."""
        split = self._split(array)[:, :, step]
        return split.reshape(len(array), -1, split.shape[3])[:, : self.batch, : self.hidden].copy()

    def set_step(self, array: Array, step: int, values: Array | None) -> None:
        """Set one step to `values` (kinds, B, H), or to zero."""
        split = self._split(array)[:, :, step]
        split[...] = 0
        if values is not None:
            for c in range(group_count(self)):
                rows = values[:, c * self.rows : (c + 1) * self.rows]
                split[:, c, : rows.shape[1], : self.hidden] = rows

    def set_all(self, array: Array, values: Array) -> None:
        """Set the first steps to `values` (kinds, steps, B, H), and all the rest, padding too, to zero."""
        split = self._split(array)
        split[...] = 0
        for c in range(group_count(self)):
            rows = values[:, :, c * self.rows : (c + 1) * self.rows]
            split[:, c, : rows.shape[1], : rows.shape[2], : self.hidden] = rows

    def clear_from(self, array: Array, first: NDArray[np.int64]) -> None:
        """Set each row to zero from its step first[b] (B,) on."""
        split = self._split(array)
        by_group = np.zeros(split.shape[1] * self.rows, np.int64)
        by_group[: self.batch] = first
        split[:, np.arange(split.shape[2])[None, :, None] >= by_group.reshape(-1, 1, self.rows)] = 0

    def _allocate(self, kinds: int, steps: int, dtype: np.dtype[Any]) -> Array:
        array = aligned((kinds, group_count(self) * steps, self.rows * self.stride), dtype)
        if self.stride > self.columns:
            self._split(array)[..., self.columns :] = 0
        return array

    def _split(self, array: Array) -> Array:
        """Return a view (kinds, C, W, G, H') with all padding."""
        return array.reshape(len(array), group_count(self), -1, self.rows, self.stride)


def make_groups(batch: int, rows: int, hidden: int, steps: int, itemsize: int) -> Groups:
    """Return the groups of `rows` rows of a batch, for arrays that keep `steps` steps."""
    stride = whole_chunks(hidden, itemsize)
    step_bytes = rows * stride * itemsize
    return Groups(
        batch=batch,
        rows=rows,
        hidden=hidden,
        columns=whole_vectors(hidden, itemsize),
        stride=stride,
        steps=steps,
        slot_window=window_steps(steps, step_bytes),
        state_window=window_steps(steps + 1, step_bytes),
    )


@helper
def group_count(groups: Groups) -> int:
    """Return C, the number of groups."""
    return (groups.batch + groups.rows - 1) // groups.rows


@helper
def rows_of(groups: Groups, c: int) -> int:
    """Return the rows of the batch in group c."""
    return min(groups.rows, groups.batch - c * groups.rows)


@helper
def rows_between(groups: Groups, first: int, last: int) -> int:
    """Return the rows of the batch in the groups [first, last)."""
    return min(last * groups.rows, groups.batch) - first * groups.rows


@helper
def slot_place(groups: Groups, c: int, t: int) -> int:
    """Return where step t of group c stands in axis 1 of slots."""
    return c * groups.slot_window + t


@helper
def state_place(groups: Groups, c: int, t: int) -> int:
    """Return where state t of group c stands in axis 1 of states: the one that step t starts from."""
    return c * groups.state_window + t


@helper
def state_of_row(groups: Groups, b: int, t: int) -> int:
    """Return where state t of batch row b begins in one kind of states, flat: a number of elements."""
    return (state_place(groups, b // groups.rows, t) * groups.rows + b % groups.rows) * groups.stride


class Blocking(NamedTuple):
    """How a pass is cut.

    groups: where its rows stand.
    panels: how wide the panels of its packed weights are.
    block: steps whose input products are taken together.
    """

    groups: Groups
    panels: Panels
    block: int

    @property
    def plain(self) -> PlainBlocking:
        """Return what a kernel is called with, see `named_blocking`."""
        return tuple(self.groups), (*self.panels,), self.block


@helper
def named_blocking(plain: PlainBlocking) -> Blocking:
    """Return what `Blocking.plain` was made of.

    From Python a kernel is called with plain tuples, and names their parts itself: numba takes two microseconds to
    recognise a named tuple, ten times as long as a plain one, and a small layer's whole call takes fifty.
    """
    groups, panels, block = plain
    return Blocking(Groups(*groups), Panels(*panels), block)
