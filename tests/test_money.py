"""Minor units, rates and the one place where money is rounded."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimator.errors import InputError
from estimator.money import (
    LARGEST_MAJOR,
    PPM,
    format_money,
    rate,
    round_to_minor,
    share,
    to_decimal,
    to_minor,
)

minor = st.integers(0, int(LARGEST_MAJOR) * 100)
ppm = st.integers(0, PPM)


# ---------------------------------------------------------------------- share


@pytest.mark.parametrize(
    ("amount", "percent", "part"),
    [
        (2906, "0.175", 509),  # 5.0855
        (9860, "0.175", 1726),  # 17.255
        (3, "0.5", 2),  # half of 3 cents
        (1, "0.5", 1),
        (1, "0.499999", 0),
        (100, "0.333333", 33),
        (0, "1", 0),
        (12345, "1", 12345),
        (12345, "0", 0),
    ],
)
def test_a_share_is_rounded_halves_up(amount: int, percent: str, part: int) -> None:
    assert part == share(amount, rate(Decimal(percent)))


@given(minor, ppm)
def test_a_share_is_what_decimals_say(amount: int, rate_ppm: int) -> None:
    exact = Decimal(amount) * rate_ppm / PPM
    assert int(exact.quantize(Decimal(1), ROUND_HALF_UP)) == share(amount, rate_ppm)


@given(st.lists(minor, min_size=1, max_size=20), ppm)
def test_a_share_of_an_array_is_the_share_of_each(amounts: list[int], rate_ppm: int) -> None:
    together = share(np.array(amounts, dtype=np.int64), rate_ppm)
    assert together.dtype == np.int64
    assert [share(amount, rate_ppm) for amount in amounts] == together.tolist()


@given(minor, ppm)
def test_a_share_and_the_rest_are_the_whole(amount: int, rate_ppm: int) -> None:
    assert 0 <= share(amount, rate_ppm) <= amount


# ---------------------------------------------------------------------- rates and amounts


@pytest.mark.parametrize(
    ("text", "expected"), [("0", 0), ("0.2", 200_000), ("0.175", 175_000), ("1", PPM), ("0.000001", 1)]
)
def test_a_rate_is_whole_parts_per_million(text: str, expected: int) -> None:
    assert expected == rate(Decimal(text))


@pytest.mark.parametrize("text", ["20", "1.000001", "-0.1", "0.0000001", "NaN", "1e999999", "1e-999999", "Infinity"])
def test_a_rate_that_is_not_a_share_of_one_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="share from 0 to 1"):
        rate(Decimal(text))


@pytest.mark.parametrize(
    ("text", "expected"), [("0", 0), ("0.01", 1), ("120", 12_000), ("120.10", 12_010), ("1E+2", 10_000)]
)
def test_an_amount_is_whole_minor_units(text: str, expected: int) -> None:
    assert expected == to_minor(Decimal(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.001", "at most two decimals"),
        ("-0.01", "between 0.00"),
        ("100000000.01", "between 0.00 and 100,000,000.00"),
        ("NaN", "must be a number"),
        ("sNaN", "must be a number"),
        ("Infinity", "must be a number"),
    ],
)
def test_an_amount_that_is_none_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        to_minor(Decimal(text))


@given(minor)
def test_minor_units_and_decimals_are_the_same_amount(amount: int) -> None:
    assert amount == to_minor(to_decimal(amount))
    assert "." in str(to_decimal(amount))


@pytest.mark.parametrize(
    ("text", "expected"), [("5.0855", 509), ("17.255", 1726), ("0.005", 1), ("0.0049", 0), ("14.496", 1450)]
)
def test_a_computed_amount_is_rounded_once_halves_up(text: str, expected: int) -> None:
    assert expected == round_to_minor(Decimal(text))


# ---------------------------------------------------------------------- formatting


@pytest.mark.parametrize(
    ("amount", "currency", "whole", "shown"),
    [
        (124_000, "USD", False, "$1,240.00"),
        (124_000, "USD", True, "$1,240"),
        (5, "GBP", False, "£0.05"),
        (0, "GBP", True, "£0"),
        (123_456_789, "GBP", False, "£1,234,567.89"),
        (2_960.4, "USD", False, "$29.60"),
    ],
)
def test_money_is_shown_as_a_reader_expects_it(amount: float, currency: str, whole: bool, shown: str) -> None:
    assert shown == format_money(amount, currency, whole=whole)


@pytest.mark.parametrize(("amount", "shown"), [(50, "$1"), (150, "$2"), (250, "$3"), (149, "$1")])
def test_whole_money_is_rounded_halves_up_too(amount: int, shown: str) -> None:
    assert shown == format_money(amount, "USD", whole=True)
