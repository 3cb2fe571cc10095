"""Federal limits of 2025 to 2027: the figures, and plan files that break them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from estimator.plan import Plan, load_plans
from estimator.plan_limits import LIMIT_NAMES, limit_warnings, published_limits
from estimator.tariff import load_tariff
from estimator.vocabulary import Region

TARIFF = load_tariff(Region.US_PRIVATE)
YEARS = (2025, 2026, 2027)

SELF_LIMIT = {2025: "9200", 2026: "10600", 2027: "12000"}
LEAST_DEDUCTIBLE = {2025: "1650", 2026: "1700", 2027: "1750"}
SAVINGS_MAXIMUM = {2025: "8300", 2026: "8500", 2027: "8700"}


def plan(tags: tuple[str, ...] = (), **terms: Any) -> Plan:
    """A plan within every limit, changed where a test says so."""
    fields: dict[str, Any] = {
        "id": "p",
        "tags": tags,
        "deductible": {"amount": "2000.00"},
        "out_of_pocket_max": {"amount": "8000.00"},
        "benefit": [{"services": ["physical_therapy"], "patient_coinsurance": "0.20"}],
    }
    return Plan.model_validate(fields | terms)


def warnings(given: Plan, year: int = 2026) -> tuple[str, ...]:
    return limit_warnings(given, TARIFF, year)


# ---------------------------------------------------------------- every plan


@pytest.mark.parametrize("year", YEARS)
def test_a_maximum_at_the_federal_limit_is_fine_and_a_cent_more_is_not(year: int) -> None:
    limit = Decimal(SELF_LIMIT[year])
    assert warnings(plan(out_of_pocket_max={"amount": str(limit)}), year) == ()
    [said] = warnings(plan(out_of_pocket_max={"amount": str(limit + Decimal("0.01"))}), year)
    assert f"above the federal limit of ${limit:,.2f} for one person in {year}" in said


@pytest.mark.parametrize("year", YEARS)
def test_a_familys_maximum_may_be_twice_that(year: int) -> None:
    family = 2 * Decimal(SELF_LIMIT[year])
    maximum = {"amount": "8000.00", "family_amount": str(family)}
    assert warnings(plan(out_of_pocket_max=maximum), year) == ()
    [said] = warnings(plan(out_of_pocket_max=maximum | {"family_amount": str(family + 1)}), year)
    assert said.startswith("out_of_pocket_max.family_amount")


def test_one_persons_limit_holds_where_only_the_familys_maximum_counts() -> None:
    maximum = {"amount": "12000.00", "family_amount": "12000.00", "is_aggregate": True}
    assert len(warnings(plan(out_of_pocket_max=maximum))) == 1


def test_a_plan_without_a_maximum_is_asked_for_one() -> None:
    [said] = warnings(plan(out_of_pocket_max=None))
    assert "names none" in said


def test_a_plan_from_before_the_law_is_left_alone() -> None:
    assert warnings(plan(tags=("grandfathered",), out_of_pocket_max={"amount": "20000.00"})) == ()


def test_a_maximum_may_be_too_high_for_one_year_and_fine_in_a_later_one() -> None:
    given = plan(out_of_pocket_max={"amount": "11000.00"})
    assert [len(warnings(given, year)) for year in YEARS] == [1, 1, 0]


# ---------------------------------------------------------------- plans with a health savings account


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("tag", ["hdhp", "hsa"])
def test_the_deductible_of_a_savings_plan_must_reach_the_years_minimum(year: int, tag: str) -> None:
    least = Decimal(LEAST_DEDUCTIBLE[year])
    assert warnings(plan((tag,), deductible={"amount": str(least)}), year) == ()
    [said] = warnings(plan((tag,), deductible={"amount": str(least - 1)}), year)
    assert said.startswith("deductible.amount")


@pytest.mark.parametrize("year", YEARS)
def test_the_maximum_of_a_savings_plan_is_lower_than_that_of_other_plans(year: int) -> None:
    most = Decimal(SAVINGS_MAXIMUM[year])
    over = {"amount": str(most + 1)}
    assert warnings(plan(("hsa",), out_of_pocket_max={"amount": str(most)}), year) == ()
    assert len(warnings(plan(("hsa",), out_of_pocket_max=over), year)) == 1
    assert warnings(plan(out_of_pocket_max=over), year) == ()


def test_a_savings_plan_without_a_deductible_is_warned_about() -> None:
    [said] = warnings(plan(("hdhp",), deductible=None))
    assert "names none" in said


def test_a_familys_deductible_of_a_savings_plan_has_its_own_minimum() -> None:
    given = plan(("hsa",), deductible={"amount": "3400.00", "family_amount": "3399.00"})
    assert [said.split(":")[0] for said in warnings(given)] == ["deductible.family_amount"]


def test_nobodys_own_deductible_in_family_cover_may_end_below_the_familys_minimum() -> None:
    own = {"amount": "2000.00", "family_amount": "4000.00"}
    [said] = warnings(plan(("hsa",), deductible=own))
    assert "$3,400.00" in said
    assert warnings(plan(("hsa",), deductible=own | {"is_aggregate": True})) == ()


@pytest.mark.parametrize(
    "terms",
    [
        {"copay": "40.00", "deductible_applies": False},
        {"patient_coinsurance": "0.20", "first_visits": 3, "first_visits_copay": "30.00"},
    ],
)
def test_a_savings_plan_that_pays_before_the_deductible_is_warned_about(terms: dict[str, Any]) -> None:
    [said] = warnings(plan(("hsa",), benefit=[{"services": ["physical_therapy"], **terms}]))
    assert "physical therapy is paid before the deductible" in said


def test_what_is_paid_outside_the_network_does_not_matter_here() -> None:
    outside = {"services": ["physical_therapy"], "network": "out_of_network", "deductible_applies": False}
    inside = {"services": ["physical_therapy"], "network": "in_network"}
    assert warnings(plan(("hsa",), benefit=[inside, outside])) == ()


def test_a_small_deductible_of_its_own_breaks_a_savings_plan() -> None:
    benefit = {"services": ["physical_therapy"], "separate_deductible": "therapy"}
    given = plan(("hsa",), benefit=[benefit], separate_deductible=[{"id": "therapy", "amount": "300.00"}])
    [said] = warnings(given)
    assert said.startswith("separate_deductible 'therapy'")


def test_bronze_plans_qualify_from_2026_whatever_their_deductible() -> None:
    given = plan(("hsa", "bronze"), deductible={"amount": "100.00"})
    assert [len(warnings(given, year)) for year in YEARS] == [1, 0, 0]


# ---------------------------------------------------------------- figures and edges


@pytest.mark.parametrize("year", YEARS)
def test_every_limit_but_the_flexible_account_is_on_file_for_every_year(year: int) -> None:
    limits = {limit.id: limit for limit in published_limits(TARIFF, year)}
    assert set(LIMIT_NAMES) - {"fsa_salary_reduction_limit"} <= set(limits)
    assert Decimal(SELF_LIMIT[year]) == limits["aca_out_of_pocket_limit_self"].amount
    assert all(limit.source.publisher for limit in limits.values())


def test_a_year_nobody_has_published_is_said_to_be_unknown() -> None:
    assert published_limits(TARIFF, 2028) == ()
    assert warnings(plan(), 2028) == (
        "The federal limits for 2028 are not on file, so this plan is not held against them.",
    )


@pytest.mark.parametrize("name", sorted(load_plans(Region.US_PRIVATE)))
def test_every_shipped_us_plan_keeps_the_limits_of_2026(name: str) -> None:
    assert warnings(load_plans(Region.US_PRIVATE)[name]) == ()


def test_the_limits_are_not_asked_of_a_region_without_them() -> None:
    nhs = load_tariff(Region.NHS)
    assert limit_warnings(load_plans(Region.NHS)["nhs_england"], nhs, 2026) == ()
    assert limit_warnings(load_plans(Region.NHS)["nhs_england"], TARIFF, 2026) == ()


def test_every_warning_is_a_sentence() -> None:
    bad = plan(
        ("hsa",),
        deductible={"amount": "100.00", "family_amount": "200.00"},
        out_of_pocket_max={"amount": "30000.00", "family_amount": "60000.00"},
        benefit=[{"services": ["physical_therapy", "equipment"], "copay": "20.00", "deductible_applies": False}],
    )
    said = warnings(bad)
    assert len(said) == 7
    assert all(sentence.endswith(".") for sentence in said)
