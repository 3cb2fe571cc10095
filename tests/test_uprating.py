"""Older posted prices are raised by a stated growth, and say so; charges set by law are not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from estimator.tariff import PriceRow, Tariff, load_tariff
from estimator.uprating import uprated_price, whole_years
from estimator.vocabulary import PriceKind, Region, SourceKind

TARIFF: Tariff = load_tariff(Region.UK_PRIVATE)


def row(code: str, area: str = "") -> PriceRow:
    return [each for each in TARIFF.prices if (each.code, each.area) == (code, area)][-1]


@pytest.mark.parametrize(
    ("published", "on", "years"),
    [
        ("2024-07-26", "2025-07-25", 0),
        ("2024-07-26", "2025-07-26", 1),
        ("2024-07-26", "2026-12-31", 2),
        ("2024-02-29", "2025-02-28", 0),
        ("2024-02-29", "2025-03-01", 1),
        ("2026-01-01", "2025-06-01", 0),
    ],
)
def test_only_complete_years_count(published: str, on: str, years: int) -> None:
    assert years == whole_years(date.fromisoformat(published), date.fromisoformat(on))


def test_a_price_two_years_old_grows_by_3_5_and_8_percent_a_year() -> None:
    made = uprated_price(row("acupuncture-session"), date(2026, 3, 2), TARIFF)
    assert made is not None
    assert (made.low, made.typical, made.high, made.years) == (3713, 3859, 4082, 2)  # 35.00 x 1.0609, 1.1025, 1.1664


def test_the_note_says_the_old_price_the_growth_and_that_it_is_an_estimate() -> None:
    made = uprated_price(row("acupuncture-session"), date(2026, 3, 2), TARIFF)
    assert made is not None
    assert (
        made.note
        == "The price of 2024-01-01 was 35.00; raised by 5% a year (3% to 8%) for 2 years, which is our estimate."
    )
    assert (made.source.kind, made.source.id) == (SourceKind.ASSUMPTION, "price-growth-assumption")


def test_a_price_of_this_year_stays_as_it_is() -> None:
    assert uprated_price(row("physio-initial"), date(2026, 12, 31), TARIFF) is None


def test_a_planning_band_for_2026_is_raised_in_2027() -> None:
    made = uprated_price(row("physio-follow-up", "London"), date(2027, 1, 1), TARIFF)
    assert made is not None
    assert (made.low, made.typical, made.high) == (5665, 7560, 10800)


@pytest.mark.parametrize("code", ["gp-nhs", "ae-nhs", "prescription-nhs-item"])
def test_free_care_and_charges_set_by_law_are_never_raised(code: str) -> None:
    assert uprated_price(row(code), date(2030, 1, 1), TARIFF) is None


def test_only_prices_of_people_who_pay_themselves_are_raised() -> None:
    insured = replace(row("acupuncture-session"), price_kind=PriceKind.ALLOWED)
    assert uprated_price(insured, date(2026, 3, 2), TARIFF) is None


def test_a_region_without_a_stated_growth_raises_nothing() -> None:
    other = load_tariff(Region.US_PRIVATE)
    cash = next(each for each in other.prices if each.price_kind == PriceKind.CASH)
    assert uprated_price(cash, date(2035, 1, 1), other) is None


@pytest.mark.parametrize("years", range(1, 10))
def test_the_range_stays_in_order_and_never_shrinks(years: int) -> None:
    for price in TARIFF.prices:
        made = uprated_price(price, date(price.effective_from.year + years, 12, 31), TARIFF)
        if made is not None:
            assert price.low <= made.low <= made.typical <= made.high
            assert price.high <= made.high
