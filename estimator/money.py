"""Whole minor units, rates in parts per million, and the only places where money is rounded."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from estimator.errors import InputError

Cents = NDArray[np.int64]
"""Money as whole minor units (cents, pence); any shape."""

Minor = TypeVar("Minor", int, Cents)

PPM = 1_000_000
MINOR_PER_MAJOR = 100  # both currencies in use, USD and GBP, have two decimals
SYMBOLS = {"USD": "$", "GBP": "£"}
LARGEST_MAJOR = Decimal(100_000_000)


def rate(value: Decimal) -> int:
    """A share of one as whole parts per million; refuses what six decimals cannot hold."""
    ppm = value * PPM
    if value.is_nan() or not 0 <= value <= 1 or ppm != ppm.to_integral_value():
        raise InputError(f"a rate is a share from 0 to 1 with at most six decimals, such as 0.20 (got {value})")
    return int(ppm)


def share(amount: Minor, rate_ppm: int) -> Minor:
    """The part of `amount` at this rate, to the nearest minor unit, halves up."""
    return (amount * rate_ppm + PPM // 2) // PPM


def to_minor(value: Decimal) -> int:
    """An exact amount in major units as minor units; refuses fractions of a cent and absurd sizes."""
    if not value.is_finite():
        raise InputError(f"an amount must be a number such as 120.00 (got {value})")
    if not 0 <= value <= LARGEST_MAJOR:
        raise InputError(f"an amount must lie between 0.00 and {LARGEST_MAJOR:,.2f} (got {value})")
    minor = value * MINOR_PER_MAJOR
    if minor != minor.to_integral_value():
        raise InputError(f"an amount has at most two decimals, such as 120.00 (got {value})")
    return int(minor)


def round_to_minor(value: Decimal) -> int:
    """A computed amount in major units rounded once, halves up, to minor units."""
    return int((value * MINOR_PER_MAJOR).to_integral_value(rounding=ROUND_HALF_UP))


def to_decimal(minor: int) -> Decimal:
    """Minor units as an exact amount in major units with two decimals."""
    return Decimal(int(minor)).scaleb(-2)


def format_money(minor: float, currency: str, *, whole: bool = False) -> str:
    """Money as a reader expects it: `$1,240.00`, or `$1,240` when `whole` is wanted."""
    step = Decimal(1) if whole else Decimal("0.01")
    amount = Decimal(round(minor)).scaleb(-2).quantize(step, rounding=ROUND_HALF_UP)
    return f"{SYMBOLS[currency]}{amount:,}"
