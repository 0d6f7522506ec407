"""The one rounding rule: how every number of the page is written.

An interval decides the digits of its number: its width is shown to two significant digits where they are below 30,
else to one; a number and an end that would then look the same have two digits each. The decimal mark is a point, as in
English and in the Spanish of Mexico; the minus is a minus sign.
"""

from __future__ import annotations

import math
import re

from analysis.result import DIGITS, LOGARITHM, RANGE, Cell, Estimate, Fact, Number

SCALES = {
    "s": ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")),
    "B": ((2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"), (1.0, "B")),
    "Hz": ((1e9, "GHz"), (1e6, "MHz"), (1e3, "kHz"), (1.0, "Hz")),
    "share": ((1e-2, "%"),),
    "FLOP": ((1e12, "TFLOP"), (1e9, "GFLOP"), (1e6, "MFLOP"), (1e3, "kFLOP"), (1.0, "FLOP")),
}
"""Units that have a symbol in every language. Other units are words, and the catalogue has them."""

FINEST = {"decades per step": 4, "decades": 2}
"""Decimals beyond which a unit says nothing: such a number is written 0.0000 and not as a power of ten."""

NOTHING = "–"
"""Stands where there is no number."""

NUMERIC = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
"""A level that is a number, as the rows name it."""

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def shown(value: Fact | Cell, *, alone: bool = False) -> str:
    """Write a fact or a cell of a table.

    Parameters
    ----------
    value
        An estimate or a number, in the digits that it is worth; several numbers, with commas between them; the name
        of a level, as it is; None, for which a dash stands.
    alone
        Whether an estimate is written without its interval.

    """
    if value is None:
        return NOTHING
    if isinstance(value, str):
        return level_as_number(value)
    if isinstance(value, Estimate):
        return show_value(value) if alone else show(value)
    if isinstance(value, tuple):
        return ", ".join(show_number(number) for number in value)
    if not isinstance(value, Number):
        return show_number(value)
    if value.unit == LOGARITHM:
        return show_power(value.value)
    if value.decimals is not None:
        return show_fixed(value.value, value.unit, value.decimals)
    return show_number(value.value, value.unit, value.digits)


def level_as_number(name: str) -> str:
    """Return the name of a level, with a minus sign where it is a negative number: "-2" is "−2"; words stay."""
    return name.replace("-", "−") if NUMERIC.fullmatch(name) else name


def show(estimate: Estimate) -> str:
    """Write an estimate: "0.64 [0.61, 0.67]", "1.24 [1.21, 1.30] ms", "33,300", "≥ 7.7", "0.02 … 0.98".

    A number that is known from one side only (the horizon lies beyond the sequence) is written as its bound; one with
    too few units for an interval is written alone. A decimal logarithm is written as the number it stands for, and so
    are its ends, each in its own digits: "0.94 [0.0031, 5.1]".
    """
    if estimate.unit == LOGARITHM:
        alone = math.isinf(estimate.low) and math.isinf(estimate.high) and math.isfinite(estimate.value)
        ends = "" if alone else f" [{show_power(estimate.low)}, {show_power(estimate.high)}]"
        return show_power(estimate.value) + ends
    scale, symbol = _scale(estimate.value if math.isfinite(estimate.value) else estimate.low, estimate.unit)
    suffix = f" {symbol}" if symbol else ""
    value, low, high = (number / scale for number in (estimate.value, estimate.low, estimate.high))
    if estimate.unit == RANGE:
        return f"{show_number(low, digits=3)} … {show_number(high, digits=3)}"
    if value == -math.inf:
        return f"{show_number(value)}{suffix}" if low == high else f"≤ {show_number(high, digits=3)}{suffix}"
    if not math.isfinite(value):
        return f"> {show_number(low)}{suffix}"
    floor = 0.0 if estimate.unit == "ratio" else -math.inf
    if low == floor and math.isinf(high):
        return f"{show_number(value)}{suffix}"
    if math.isinf(high):
        return f"≥ {show_number(low, digits=3)}{suffix}"
    if low == floor:
        return f"≤ {show_number(high, digits=3)}{suffix}"
    if low == high:
        return f"{show_number(value)}{suffix}"
    finest = FINEST.get(estimate.unit)
    if finest is None and _tiny_or_huge(max(abs(low), abs(high))):
        return f"{show_number(value)} [{show_number(low)}, {show_number(high)}]{suffix}"
    decimals = _decimals(high - low, max(abs(low), abs(high)))
    alike = [end for end in (low, high) if end != value and _fixed(end, decimals) == _fixed(value, decimals)]
    if alike:  # two digits of each, so that they can be told apart
        decimals = max(decimals, *(1 - math.floor(math.log10(abs(number))) for number in (value, *alike) if number))
    if finest is not None:
        decimals = min(decimals, finest)
    elif alike and decimals > DIGITS:
        return f"{show_number(value, digits=2)} [{show_number(low, digits=2)}, {show_number(high, digits=2)}]{suffix}"
    return f"{_fixed(value, decimals)} [{_fixed(low, decimals)}, {_fixed(high, decimals)}]{suffix}"


def show_value(estimate: Estimate) -> str:
    """Write an estimate without its interval, at the digits that the interval allows: "0.64", "1.24 ms"."""
    text = show(estimate)
    if "[" not in text:
        return text
    return text[: text.index("[")].rstrip() + text[text.index("]") + 1 :]


def show_number(value: float, unit: str = "1", digits: int = DIGITS) -> str:
    """Write a number that has no interval: at most `digits` significant ones, no trailing zeros, integers in full."""
    if math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    scale, symbol = _scale(value, unit)
    value /= scale
    suffix = f" {symbol}" if symbol else ""
    if value == 0:
        return f"0{suffix}"
    if _tiny_or_huge(abs(value)):
        exponent = math.floor(math.log10(abs(value)))
        mantissa = _strip(_fixed(value / 10.0**exponent, 1)) if exponent > -300 else "1"
        return f"{mantissa} × 10{str(exponent).translate(SUPERSCRIPT)}{suffix}"
    if value == round(value):
        return f"{_fixed(value, 0)}{suffix}"
    return f"{_strip(_fixed(value, max(0, digits - 1 - math.floor(math.log10(abs(value))))))}{suffix}"


def show_fixed(value: float, unit: str, decimals: int) -> str:
    """Write a number to a fixed number of decimals: "0.993307149", "−0.3 %"."""
    scale, symbol = _scale(value, unit)
    return f"{_fixed(value / scale, decimals)}{f' {symbol}' if symbol else ''}"


def show_power(exponent: float) -> str:
    """Write 10^exponent: "3 × 10⁻³⁰" below a thousandth, to one digit, else the number.

    For gradients, which are kept as logarithms; minus infinity is 0.
    """
    if exponent == -math.inf:
        return "0"
    if -3 <= exponent <= 4:
        return show_number(10.0**exponent, digits=2)
    power = math.floor(exponent)
    digit = round(10.0 ** (exponent - power))
    if digit == 10:
        digit, power = 1, power + 1
    mantissa = "" if digit == 1 else f"{digit} × "
    return f"{mantissa}10{str(power).translate(SUPERSCRIPT)}"


def _tiny_or_huge(size: float) -> bool:
    return size != 0 and (size < 1e-4 or size >= 1e12)


def _scale(value: float, unit: str) -> tuple[float, str]:
    """Return the largest scale of the unit that is not above the value."""
    scales = SCALES.get(unit)
    if scales is None:
        return 1.0, ""
    for scale, symbol in scales:
        if abs(value) >= scale:
            return scale, symbol
    return scales[-1]


def _decimals(width: float, size: float) -> int:
    leading = math.floor(math.log10(width))
    digits = 2 if width / 10.0**leading < 2.995 else 1
    most = DIGITS - 1 - math.floor(math.log10(size))
    return max(0, min(digits - 1 - leading, most))


def _fixed(value: float, decimals: int) -> str:
    text = f"{value:,.{decimals}f}"
    if text.startswith("-"):
        text = text[1:] if float(text.replace(",", "")) == 0 else "−" + text[1:]
    return text


def _strip(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
