"""NHS care: prescriptions and certificates, travel, the cost to the system, and visitors from abroad."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimator.errors import InputError, NoPrice
from estimator.nhs_costs import months_later, nhs_costs, prescriptions, travel_refund
from estimator.quote import quote
from estimator.tariff import load_tariff
from estimator.vocabulary import Region, Service
from tests.cases import case

NHS = load_tariff(Region.NHS)
START = date(2026, 4, 6)


def every(weeks: int, items: int, start: date = START) -> list[date]:
    return [start + timedelta(weeks=weeks * number) for number in range(items)]


def kinds(days: list[date]) -> list[str]:
    return [payment.kind.rpartition("certificate_")[2] for payment in prescriptions(days, "England", NHS).payments]


# ---------------------------------------------------------------- prescriptions


@pytest.mark.parametrize(
    ("items", "cheapest", "bought"),
    [(1, "9.90", ["item"]), (3, "29.70", ["item"] * 3), (4, "32.05", ["3_months"]), (8, "32.05", ["3_months"])],
)
def test_a_three_month_certificate_pays_from_the_fourth_item(items: int, cheapest: str, bought: list[str]) -> None:
    days = every(1, items)
    assert (Decimal(cheapest), bought) == (prescriptions(days, "England", NHS).cheapest, kinds(days))


@pytest.mark.parametrize(("items", "cheapest", "bought"), [(11, "108.90", "item"), (12, "114.50", "12_months")])
def test_a_twelve_month_certificate_pays_from_the_twelfth_item_of_a_year(
    items: int, cheapest: str, bought: str
) -> None:
    days = [START + timedelta(days=31 * number) for number in range(items)]  # never four in three months
    assert (Decimal(cheapest), bought) == (prescriptions(days, "England", NHS).cheapest, kinds(days)[0])


def test_many_items_over_a_year_take_the_twelve_month_certificate() -> None:
    made = prescriptions(every(2, 26), "England", NHS)
    assert (Decimal("257.40"), Decimal("114.50"), Decimal("142.90")) == (made.paid_singly, made.cheapest, made.saves)
    assert made.says == "Buy a prepayment certificate for 12 months before you pay for the first item: it saves 142.90."


def test_a_certificate_and_single_charges_mix() -> None:
    days = [*every(1, 6), date(2026, 9, 1), date(2027, 2, 1)]
    assert (["3_months", "item", "item"], Decimal("51.85")) == (
        kinds(days),
        prescriptions(days, "England", NHS).cheapest,
    )


def test_an_item_a_day_after_the_certificate_ends_is_not_covered() -> None:
    inside, outside = date(2026, 7, 5), date(2026, 7, 6)
    assert prescriptions([*every(1, 3), inside], "England", NHS).payments[0].items == 4
    assert kinds([*every(1, 3), outside]) == ["item"] * 4


@pytest.mark.parametrize("nation", ["Scotland", "Wales", "Northern Ireland"])
def test_outside_england_prescriptions_are_free(nation: str) -> None:
    made = prescriptions(every(1, 9), nation, NHS)
    assert (Decimal("0.00"), Decimal("0.00"), ()) == (made.cheapest, made.saves, made.payments)


@given(st.lists(st.integers(0, 700), min_size=1, max_size=40))
def test_the_cheapest_way_is_never_dearer_and_covers_every_item(days: list[int]) -> None:
    made = prescriptions([START + timedelta(days=day) for day in days], "England", NHS)
    assert made.cheapest <= made.paid_singly
    assert made.cheapest == sum(payment.amount for payment in made.payments)
    assert len(days) == sum(payment.items for payment in made.payments)
    assert all(earlier.ends <= later.starts for earlier, later in pairwise(made.payments))


@pytest.mark.parametrize(
    ("day", "later"),
    [
        ("2026-04-06", "2026-07-06"),
        ("2026-11-30", "2027-03-01"),
        ("2026-12-31", "2027-03-31"),
        ("2027-11-29", "2028-02-29"),
    ],
)
def test_three_months_later(day: str, later: str) -> None:
    assert date.fromisoformat(later) == months_later(date.fromisoformat(day), 3)


# ---------------------------------------------------------------- travel


def test_a_refund_needs_a_low_income_and_a_referral_to_hospital() -> None:
    made = travel_refund(40, "England", START, NHS, low_income=True, referred_to_hospital=True)
    assert (True, Decimal("6.00"), 3) == (made.is_possible, made.refund, made.claim_within_months)


@pytest.mark.parametrize(
    ("low_income", "referred", "why"),
    [(False, True, "your income must be low"), (True, False, "must have referred you")],
)
def test_without_either_there_is_no_refund_and_the_reason_is_given(low_income: bool, referred: bool, why: str) -> None:
    made = travel_refund(40, "England", START, NHS, low_income=low_income, referred_to_hospital=referred)
    assert (False, Decimal("0.00")) == (made.is_possible, made.refund)
    assert why in made.says


def test_negative_miles_are_refused() -> None:
    with pytest.raises(InputError, match="miles: give the miles of all journeys"):
        travel_refund(-1, "England", START, NHS, low_income=True, referred_to_hospital=True)


# ---------------------------------------------------------------- the person, the system, the visitor


def test_eight_items_cost_a_certificate_in_england_and_nothing_in_scotland() -> None:
    asked = {"region": "nhs", "prescription_items": 8}
    england = nhs_costs(case(**asked, area={"nation": "England"}))
    scotland = nhs_costs(case(**asked, area={"nation": "Scotland"}))
    assert (Decimal("79.20"), Decimal("32.05")) == (england.patient_pays, england.patient_pays_least)
    assert (Decimal("0.00"), Decimal("0.00")) == (scotland.patient_pays, scotland.patient_pays_least)


def test_the_cost_to_the_system_is_what_the_quote_says_the_nhs_pays() -> None:
    given_case = case(region="nhs", services=["physical_therapy", "imaging_mri", "physician_visit"])
    assert quote(given_case).totals.plan_pays == nhs_costs(given_case).cost_to_system


def test_a_visitor_pays_one_and_a_half_times_the_cost_of_a_scan_and_nothing_for_the_gp() -> None:
    made = nhs_costs(case(region="nhs", services=["imaging_mri", "physician_visit"]))
    costs = {each.service: each for each in made.services}
    assert Decimal("190.83") == costs[Service.IMAGING_MRI].cost_to_system
    assert Decimal("286.25") == costs[Service.IMAGING_MRI].visitor_pays  # 286.245, rounded halves up
    assert Decimal("0.00") == costs[Service.PHYSICIAN_VISIT].visitor_pays


def test_a_service_without_a_published_cost_is_named() -> None:
    made = nhs_costs(case(region="nhs", services=["imaging_xray", "physical_therapy"], condition="avulsion_grade_4"))
    assert any(note == "No published cost was found for: X-ray." for note in made.notes)


def test_charges_of_another_day_stand_in_where_a_day_has_none() -> None:
    long_ago = [date(2024, 2, 5), date(2024, 2, 20)]
    with pytest.raises(NoPrice):
        prescriptions(long_ago, "England", NHS)
    assert Decimal("19.80") == prescriptions(long_ago, "England", NHS, prices_as_of=date(2026, 4, 1)).paid_singly
