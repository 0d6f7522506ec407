"""What a product over all time steps is asked with: matrices inside of flat arrays, and the product of two of them."""

from __future__ import annotations

from dataclasses import dataclass

REALS = {"float32": 4, "float64": 8}  # bytes


@dataclass(frozen=True)
class Matrix:
    """A row-major matrix inside of a flat array: element (i, j) is at first + i * stride + j."""

    rows: int
    columns: int
    first: int
    stride: int


@dataclass(frozen=True)
class MatrixProduct:
    """The product out = op(a) op(b); a, b, out: as they are stored, op transposes where asked.

    real: type of all numbers, float32 or float64. rounded: operands of float32 are rounded to bfloat16, sums are not.
    Raises ValueError where shapes do not fit, or for another type.
    """

    a: Matrix
    b: Matrix
    out: Matrix
    real: str
    a_transposed: bool = False
    b_transposed: bool = False
    rounded: bool = False

    def __post_init__(self) -> None:
        a, b, out = self.a, self.b, self.out
        rows, depth = (a.columns, a.rows) if self.a_transposed else (a.rows, a.columns)
        inner, columns = (b.columns, b.rows) if self.b_transposed else (b.rows, b.columns)
        if depth != inner or (rows, columns) != (out.rows, out.columns) or min(rows, columns, depth) < 1:
            raise ValueError(
                f"op(a) is {(rows, depth)}, op(b) {(inner, columns)}, out {(out.rows, out.columns)}; "
                "allowed: (n, k), (k, m), (n, m), none of them 0"
            )
        check_real(self.real, self.rounded)

    @property
    def depth(self) -> int:
        """The inner dimension."""
        return self.a.rows if self.a_transposed else self.a.columns


def check_real(real: str, rounded: bool) -> None:
    """Raise ValueError for a type that no product has."""
    if real not in REALS or (rounded and real != "float32"):
        raise ValueError(f"real is {real!r}, rounded {rounded}; allowed: float32, or float64 that is not rounded")
