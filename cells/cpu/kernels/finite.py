"""Whether every number of an array is finite, in one pass: a layer looks at each input before it computes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.kernel_cache import kernel

# The type of the bits and the exponent that only infinities and NaN have, by itemsize.
BITS = {4: (np.int32, 0x7F80_0000), 8: (np.int64, 0x7FF0_0000_0000_0000)}


def all_finite(array: NDArray[Any]) -> bool:
    """Say whether a C-contiguous float array holds neither NaN nor infinity."""
    bits, exponent = BITS[array.itemsize]
    return not _any_with(array.reshape(-1).view(bits), bits(exponent))


@kernel
def _any_with(values, exponent):
    found = 0
    for value in values:
        found |= (value & exponent) == exponent
    return found != 0
