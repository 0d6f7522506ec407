"""Parameters, floating-point operations and bytes of a recurrent layer, counted from the cell's shapes."""

from __future__ import annotations

import math

from cells.registry import find_cell
from cells.validation import check_size, one_of

BIASES = ("single", "double", "none")


def count_parameters(
    cell: str, input_size: int, hidden_size: int, bias: str = "double", bidirectional: bool = False
) -> int:
    """Count the trainable parameters of one layer.

    P = D [G H (I + H) + n_b G H] with G gates, D directions and n_b bias vectors per gate: 1 in the lecture
    ("single"), 2 in PyTorch and cuDNN ("double"), 0 for "none".

    Raises ValueError for an unknown cell or bias or a size below 1, TypeError for a size that is no integer.
    """
    spec = find_cell(cell)
    sizes = check_size("input_size", input_size), check_size("hidden_size", hidden_size)
    one_of("bias", bias, BIASES)
    if not isinstance(bidirectional, bool):
        raise TypeError(f"bidirectional is {bidirectional!r}; allowed: True or False")
    shapes = spec.parameter_shapes(*sizes)
    kept = {"single": ("weight", "bias_ih"), "double": ("weight", "bias"), "none": ("weight",)}[bias]
    count = sum(math.prod(shape) for name, shape in shapes.items() if name.startswith(kept))
    return count * (2 if bidirectional else 1)


def count_flops(
    cell: str,
    *,
    seq_len: int,
    batch_size: int,
    input_size: int,
    hidden_size: int,
    direction: str = "inference",
    bidirectional: bool = False,
) -> int:
    """Multiplications and additions in the products of one call: 2 T B (weights), three times that in training.

    Training adds the gradient of the products' inputs and of their weights, each as large as the forward product.
    Element-wise work is left out, as is usual; it is of order H where the products are of order H (I + H).
    """
    one_of("direction", direction, ("inference", "training"))
    rows = check_size("seq_len", seq_len) * check_size("batch_size", batch_size)
    weights = count_parameters(cell, input_size, hidden_size, "none", bidirectional)
    return 2 * rows * weights * (3 if direction == "training" else 1)


def count_bytes(parameters: int, dtype: str) -> int:
    """Bytes of that many parameters. Raises TypeError or ValueError for another number or dtype."""
    return (
        check_size("parameters", parameters)
        * {"float32": 4, "float64": 8}[one_of("dtype", dtype, ("float32", "float64"))]
    )
