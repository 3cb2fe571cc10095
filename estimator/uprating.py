"""Bringing an older posted price to the date of service by a stated yearly growth, never silently.

Only private prices that somebody posted or estimated are raised; charges set by law and free care stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from estimator.messages import say_many
from estimator.money import round_to_minor, to_decimal
from estimator.pathway import Source
from estimator.tariff import PriceRow, Tariff
from estimator.vocabulary import PriceKind, SourceKind

PRICE_GROWTH = "private_price_inflation"
"""The factor in `region.toml` with the yearly growth; a region without it raises no prices."""


@dataclass(frozen=True, slots=True)
class Uprated:
    """A price raised to the date of service: per unit, in minor units, with what was done to it."""

    low: int
    typical: int
    high: int
    years: int
    published: date
    note: str
    source: Source
    """Where the growth comes from; the price keeps its own source."""


def whole_years(published: date, on: date) -> int:
    """Complete years between two dates; a price of 29 February turns a year older on 1 March."""
    return max(on.year - published.year - ((on.month, on.day) < (published.month, published.day)), 0)


def uprated_price(row: PriceRow, on: date, tariff: Tariff) -> Uprated | None:
    """The price of a row on a date of service, or None where it stays as it is.

    Growth is compounded over complete years: the low price by the low growth, the high one by the high growth. A price
    is raised only if it is a cash price above zero whose source is not official, and at least a year old.
    """
    factor = tariff.find_factor(PRICE_GROWTH, on)
    years = whole_years(row.effective_from, on)
    is_official = tariff.source(row.source).kind == SourceKind.OFFICIAL
    if factor is None or not years or row.price_kind != PriceKind.CASH or is_official or not row.high:
        return None
    rates = [part if part is not None else factor.middle for part in (factor.low, factor.typical, factor.high)]
    low, typical, high = (
        _grown(price, growth, years) for price, growth in zip((row.low, row.typical, row.high), rates, strict=True)
    )
    return Uprated(
        low, typical, high, years, row.effective_from, _note(row, rates, years), tariff.source(factor.source)
    )


def _grown(price: int, growth: Decimal, years: int) -> int:
    return round_to_minor(to_decimal(price) * (1 + growth) ** years)


def _note(row: PriceRow, rates: list[Decimal], years: int) -> str:
    low, typical, high = (f"{(rate * 100).normalize():f}" for rate in rates)
    return say_many(
        "The price of {day} was {amount}; raised by {typical}% a year ({low}% to {high}%) for {count} year, which is our "
        "estimate.",
        "The price of {day} was {amount}; raised by {typical}% a year ({low}% to {high}%) for {count} years, which is our "
        "estimate.",
        years,
        day=row.effective_from,
        amount=to_decimal(row.typical),
        typical=typical,
        low=low,
        high=high,
    )
