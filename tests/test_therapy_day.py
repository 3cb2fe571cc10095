"""One day of Medicare therapy, priced together."""

from datetime import date
from decimal import Decimal

import pytest

from estimator.errors import InputError
from estimator.therapy_day import TherapyDay, therapy_day
from estimator.vocabulary import Assignment

ON = date(2026, 6, 1)


def day(*units: tuple[str, str, int], **terms: object) -> TherapyDay:
    return therapy_day(units, "NATIONAL", "nonfacility", ON, **terms)  # type: ignore[arg-type]


def test_the_issue_s_day_is_one_full_unit_and_two_reduced_ones() -> None:
    made = day(("97110", "", 2), ("97140", "", 1))
    assert Decimal("72.48") == made.allowed
    assert [Decimal("51.27"), Decimal("21.21")] == [line.allowed for line in made.lines]
    assert Decimal("14.49") == made.patient_pays  # 20% of 51.27 is 10.25, of 21.21 it is 4.24
    assert made.allowed == made.patient_pays + made.medicare_pays


def test_minutes_become_units_by_the_8_minute_rule() -> None:
    made = day(minutes={"97110": 33, "97140": 7})  # 40 minutes make three units; the larger remainder takes the third
    assert [("97110", 2), ("97140", 1)] == [(line.code, line.units) for line in made.lines]
    assert Decimal("72.48") == made.allowed


def test_the_deductible_is_taken_in_the_order_of_the_lines() -> None:
    made = day(("97110", "", 2), ("97140", "", 1), deductible_left=Decimal("60.00"))
    assert [Decimal("51.27"), Decimal("8.73")] == [line.deductible for line in made.lines]
    assert Decimal("2.50") == made.coinsurance  # 20% of the 12.48 that is left


def test_an_assistant_is_paid_85_percent_of_medicare_s_share_and_the_patient_owes_the_same() -> None:
    made = day(("97110", "", 1), by_assistant=frozenset({"97110"}))
    # allowed 29.06: the patient's 20% is 5.81; Medicare pays 85% of 23.25, which is 19.76
    assert (Decimal("5.81"), Decimal("19.76")) == (made.patient_pays, made.medicare_pays)
    on_reduced = day(("97110", "", 1), by_assistant=frozenset({"97110"}), coinsurance_on_unreduced=False)
    assert Decimal("4.94") == on_reduced.patient_pays  # 20% of 24.70


def test_without_assignment_the_patient_owes_up_to_the_limiting_charge() -> None:
    made = day(("97110", "", 1), assignment=Assignment.NOT_ACCEPTED)
    # 95% of 29.06 is 27.61 and 109.25% is 31.75: 5.52 coinsurance and 4.14 above the allowed amount
    assert (Decimal("27.61"), Decimal("5.52"), Decimal("4.14")) == (made.allowed, made.coinsurance, made.balance_bill)
    assert Decimal("0.00") == day(("97110", "", 1), assignment=Assignment.ACCEPTED).balance_bill


def test_a_bundled_code_adds_nothing_and_says_why() -> None:
    made = day(("97110", "", 1), ("97010", "", 1))
    assert Decimal("29.06") == made.allowed
    assert made.lines[1].allowed is None
    assert "bundled" in made.lines[1].reason


def test_a_day_without_a_unit_is_refused() -> None:
    with pytest.raises(InputError, match="97110=2"):
        day(minutes={"97110": 7})
    with pytest.raises(InputError, match="setting: expected one of"):
        therapy_day([("97110", "", 1)], "NATIONAL", "moon", ON)
