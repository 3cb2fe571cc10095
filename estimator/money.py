"""Whole minor units, rates in parts per million, and the only places where money is rounded."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from estimator.errors import InputError
from estimator.messages import locale_of, say

if TYPE_CHECKING:
    from babel.numbers import NumberPattern

Cents = NDArray[np.int64]
"""Money as whole minor units (cents, pence); any shape."""

Minor = TypeVar("Minor", int, Cents)

PPM = 1_000_000
MINOR_PER_MAJOR = 100  # both currencies in use, USD and GBP, have two decimals
SYMBOLS = {"USD": "$", "GBP": "£"}
COUNTRIES = {"USD": "US", "GBP": "GB"}
LARGEST_MAJOR = Decimal(100_000_000)


def rate(value: Decimal) -> int:
    """A share of one as whole parts per million; refuses what six decimals cannot hold."""
    if value.is_nan() or not 0 <= value <= 1 or value * PPM != (value * PPM).to_integral_value():
        raise InputError(
            say("a rate is a share from 0 to 1 with at most six decimals, such as 0.20 (got {value})", value=value)
        )
    return int(value * PPM)


def share(amount: Minor, rate_ppm: int) -> Minor:
    """The part of `amount` at this rate, to the nearest minor unit, halves up."""
    return (amount * rate_ppm + PPM // 2) // PPM


def to_minor(value: Decimal) -> int:
    """An exact amount in major units as minor units; refuses fractions of a cent and absurd sizes."""
    if not value.is_finite():
        raise InputError(say("an amount must be a number such as 120.00 (got {value})", value=value))
    if not 0 <= value <= LARGEST_MAJOR:
        most = f"{LARGEST_MAJOR:,.2f}"
        raise InputError(say("an amount must lie between 0.00 and {most} (got {value})", most=most, value=value))
    minor = value * MINOR_PER_MAJOR
    if minor != minor.to_integral_value():
        raise InputError(say("an amount has at most two decimals, such as 120.00 (got {value})", value=value))
    return int(minor)


def round_to_minor(value: Decimal) -> int:
    """A computed amount in major units rounded once, halves up, to minor units."""
    return int((value * MINOR_PER_MAJOR).to_integral_value(rounding=ROUND_HALF_UP))


def to_decimal(minor: int) -> Decimal:
    """Minor units as an exact amount in major units with two decimals."""
    return Decimal(int(minor)).scaleb(-2)


def format_money(minor: float, currency: str, *, whole: bool = False) -> str:
    """Money as a reader expects it: `$1,240.00`, or `$1,240` when `whole` is wanted; in the locale in use."""
    return _written(round(minor), currency, whole, locale_of(COUNTRIES[currency]))


@lru_cache(maxsize=8192)
def _written(minor: int, currency: str, whole: bool, locale: str) -> str:
    """One amount; a page writes the same ones over and over."""
    step = Decimal(1) if whole else Decimal("0.01")
    amount = Decimal(minor).scaleb(-2).quantize(step, rounding=ROUND_HALF_UP)
    return str(_pattern(locale, whole).apply(amount, locale, currency=currency, currency_digits=False))


@cache
def _pattern(locale: str, whole: bool) -> NumberPattern:
    """How a locale writes money (Unicode CLDR), with or without cents."""
    from babel.core import Locale
    from babel.numbers import parse_pattern

    standard = Locale.parse(locale).currency_formats["standard"]
    return parse_pattern(standard.pattern.partition(".")[0]) if whole else standard
