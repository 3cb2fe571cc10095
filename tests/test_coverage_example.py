"""The federal Simple Fracture example: what real documents print, and what we print beside them.

A case in `golden/worked/coverage_example/` holds a plan's terms, what its own document printed (`[printed]`) and our answer
(`[ours]`), with a sentence for each difference.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from estimator.coverage_example import CoverageExample, Visits, as_printed, coverage_example, load_example
from estimator.errors import InputError
from estimator.files import read_toml, validate
from estimator.plan import Plan, load_plans
from estimator.vocabulary import Region, Service, SourceKind

FOLDER = Path(__file__).parent / "golden" / "worked" / "coverage_example"
CASES = {path.stem: read_toml(path) for path in sorted(FOLDER.glob("*.toml"))}
PARTS = ("deductibles", "copayments", "coinsurance", "limits_or_exclusions")
FILED = [name for name in CASES if not name.startswith("official_sample")]

every_case = pytest.mark.parametrize("case", CASES.values(), ids=[*CASES])


def answer(case: dict[str, Any]) -> CoverageExample:
    return coverage_example(validate(Plan, case["given"]["plan"], "given.plan"), case["given"]["edition"])


def printed(made: CoverageExample) -> dict[str, Decimal]:
    return {part: getattr(made, part).printed for part in (*PARTS, "total")}


def plan(**terms: Any) -> Plan:
    """A plan whose services all cost 20% after a deductible of 500, changed where a test says so."""
    shared = {
        "services": [
            "emergency_visit",
            "specialist_visit",
            "imaging_xray",
            "equipment",
            "prescription",
            "physical_therapy",
        ],
        "patient_coinsurance": "0.20",
    }
    return Plan.model_validate({"id": "p", "deductible": {"amount": "500.00"}, "benefit": [shared], **terms})


def copay(service: str, amount: str, **terms: Any) -> dict[str, Any]:
    return {"services": [service], "copay": amount, "deductible_applies": False, **terms}


def coinsurance(*services: str, **terms: Any) -> dict[str, Any]:
    return {"services": [*services], "patient_coinsurance": "0.20", **terms}


COPAY_PLAN = [copay("emergency_visit", "350.00"), coinsurance("equipment", "imaging_xray", "physical_therapy")]
REST = [copay("specialist_visit", "60.00"), copay("prescription", "10.00")]

# ---------------------------------------------------------------- against real documents


@every_case
def test_our_answer_is_the_one_recorded_beside_the_printed_one(case: dict[str, Any]) -> None:
    assert case["ours"] == printed(answer(case))


@every_case
def test_the_total_is_within_100_or_a_tenth_of_the_printed_one(case: dict[str, Any]) -> None:
    theirs = case["printed"]["total"]
    assert abs(case["ours"]["total"] - theirs) <= max(Decimal(100), theirs / 10)


@every_case
def test_every_difference_from_the_printed_answer_is_explained(case: dict[str, Any]) -> None:
    differing = [part for part in PARTS if case["ours"][part] != case["printed"][part]]
    explained = [sentence.split(":")[0].lower().replace(" ", "_") for sentence in case["differences"]]
    assert sorted(differing) == sorted(explained)


@every_case
def test_a_case_says_why_it_is_right(case: dict[str, Any]) -> None:
    assert set(case) == {"title", "why", "source", "differences", "printed", "ours", "given"}
    assert case["title"][0].isupper()
    assert case["why"].endswith(".")
    assert case["source"]
    assert all(sentence.endswith(".") for sentence in case["differences"])


@pytest.mark.parametrize("name", ["001", "002", "003", "004"])
def test_four_employers_plans_come_out_exactly_as_they_were_printed(name: str) -> None:
    case = CASES[f"employer_plan_{name}"]
    assert case["printed"] == printed(answer(case))


def test_the_official_sample_plan_comes_to_the_printed_total() -> None:
    assert Decimal(1100) == answer(CASES["official_sample"]).total.printed


# ---------------------------------------------------------------- the guide's rule


@pytest.mark.parametrize(
    ("exact", "shown"),
    [("0", 0), ("4.99", 0), ("5.00", 10), ("44.99", 40), ("99.99", 100), ("100", 100), ("149.99", 100), ("150.00", 200),
     ("250.00", 300), ("2449.99", 2400)],
)  # fmt: skip
def test_amounts_are_rounded_as_the_guide_says(exact: str, shown: int) -> None:
    assert Decimal(shown) == as_printed(Decimal(exact))


def test_a_deductible_that_is_used_up_is_printed_exactly() -> None:
    made = coverage_example(plan(deductible={"amount": "1250.00"}))
    assert (Decimal(1250), Decimal(1250)) == (made.deductibles.exact, made.deductibles.printed)


def test_a_deductible_that_is_not_used_up_is_rounded() -> None:
    made = coverage_example(plan(deductible={"amount": "3750.00"}))
    assert Decimal(2800) == made.deductibles.printed


def test_a_second_deductible_that_is_used_up_is_exact_beside_a_rounded_first_one() -> None:
    own = coinsurance("physical_therapy", separate_deductible="therapy")
    rest = coinsurance("emergency_visit", "specialist_visit", "imaging_xray", "equipment", "prescription")
    made = coverage_example(
        plan(
            deductible={"amount": "9000.00"},
            separate_deductible=[{"id": "therapy", "amount": "150.00"}],
            benefit=[own, rest],
        )
    )
    assert Decimal(150) + as_printed(Decimal(2800 - 364)) == made.deductibles.printed


def test_the_printed_total_is_the_sum_of_the_printed_parts() -> None:
    made = answer(CASES["employer_plan_002"])
    assert (Decimal("1229.00"), Decimal(1300)) == (made.total.exact, made.total.printed)


@pytest.mark.parametrize("edition", ["current", "2016"])
def test_the_lines_add_up_to_the_guides_total(edition: Any) -> None:
    made = coverage_example(plan(), edition)
    assert made.total_example_cost == sum(line.allowed for line in made.lines)
    assert all(line.allowed == line.plan_pays + line.patient_pays for line in made.lines)


def test_an_out_of_pocket_maximum_stops_the_example() -> None:
    made = coverage_example(plan(out_of_pocket_max={"amount": "600.00"}))
    assert Decimal(600) == made.total.exact


# ---------------------------------------------------------------- bundles


def test_a_plain_emergency_copay_holds_the_crutches_and_the_first_x_ray() -> None:
    made = coverage_example(plan(benefit=[*COPAY_PLAN, *REST]))
    first_day = [line for line in made.lines if line.date == made.lines[0].date and line.category != "prescription"]
    assert {Service.EMERGENCY_VISIT} == {line.service for line in first_day}
    assert Decimal(350) == sum(line.patient_pays for line in first_day)


def test_a_plain_specialist_copay_holds_the_x_ray_of_the_visit() -> None:
    made = coverage_example(plan(benefit=[*COPAY_PLAN, *REST]))
    assert Decimal(120) == sum(line.copay for line in made.lines if line.service == Service.SPECIALIST_VISIT)
    assert Service.IMAGING_XRAY not in {line.service for line in made.lines}


def test_coinsurance_holds_nothing() -> None:
    made = coverage_example(plan())
    assert {Service.EQUIPMENT, Service.IMAGING_XRAY} <= {line.service for line in made.lines}


def test_a_copay_with_coinsurance_holds_nothing() -> None:
    emergency = copay("emergency_visit", "350.00", patient_coinsurance="0.20")
    made = coverage_example(plan(benefit=[emergency, COPAY_PLAN[1], *REST]))
    assert Service.EQUIPMENT in {line.service for line in made.lines}


def test_a_bundle_holds_exactly_the_services_that_name_it() -> None:
    emergency = copay("emergency_visit", "350.00", bundle="emergency")
    crutches = coinsurance("equipment", bundle="emergency")
    made = coverage_example(plan(benefit=[emergency, crutches, coinsurance("imaging_xray", "physical_therapy"), *REST]))
    first_day = [line for line in made.lines if line.date == made.lines[0].date]
    assert Service.EQUIPMENT not in {line.service for line in made.lines}
    assert [line.service for line in first_day if line.category == "x_ray"] == [Service.IMAGING_XRAY]


def test_a_bundle_of_one_benefit_alone_says_that_nothing_else_is_inside() -> None:
    emergency = copay("emergency_visit", "350.00", bundle="emergency")
    made = coverage_example(plan(benefit=[emergency, COPAY_PLAN[1], *REST]))
    assert Service.EQUIPMENT in {line.service for line in made.lines}
    assert any("covers nothing else" in note for note in made.notes)


def test_an_ambulance_without_terms_of_its_own_is_an_emergency_visit_of_its_own() -> None:
    made = coverage_example(plan(benefit=[*COPAY_PLAN, *REST]))
    [ride] = [line for line in made.lines if line.category == "ambulance"]
    assert Decimal(350) == ride.copay
    assert any("no terms for an ambulance" in note for note in made.notes)


# ---------------------------------------------------------------- order, dates, cover


def test_care_is_counted_in_the_order_emergency_ambulance_specialist_therapy() -> None:
    made = coverage_example(plan())
    order = ("emergency_facility", "ambulance", "specialist", "therapy")
    days = [[line.date for line in made.lines if line.category == category] for category in order]
    assert all(max(earlier) < min(later) for earlier, later in pairwise(days))


@pytest.mark.parametrize("starts", ["01-01", "02-28", "07-01", "11-01"])
def test_the_example_stays_within_one_plan_year(starts: str) -> None:
    given = plan(plan_year_starts=starts)
    made = coverage_example(given, visits=Visits(specialist=3, therapy=12, x_rays=3))
    assert len({given.plan_year(line.date) for line in made.lines}) == 1
    assert Decimal(500) == made.deductibles.exact


def test_the_example_is_for_one_person_alone() -> None:
    family = {"amount": "500.00", "family_amount": "400.00", "is_aggregate": True}
    assert coverage_example(plan()).total == coverage_example(plan(deductible=family)).total


def test_a_service_without_terms_stands_under_limits_or_exclusions_and_is_named() -> None:
    made = coverage_example(plan(benefit=[*COPAY_PLAN[:1], coinsurance("imaging_xray", "physical_therapy"), *REST[:1]]))
    assert Decimal("5.00") == made.limits_or_exclusions.exact
    assert any("says nothing about prescription item" in note for note in made.notes)


def test_therapy_beyond_the_visit_limit_stands_under_limits_or_exclusions() -> None:
    therapy = coinsurance("physical_therapy", visit_limit=3)
    rest = coinsurance("emergency_visit", "specialist_visit", "imaging_xray", "equipment", "prescription")
    assert Decimal("145.60") == coverage_example(plan(benefit=[therapy, rest])).limits_or_exclusions.exact


# ---------------------------------------------------------------- visits


def test_the_number_of_visits_is_a_stated_assumption() -> None:
    file = load_example()
    source = next(source for source in file.source if source.id == file.visits.source)
    assert (file.visits.specialist, file.visits.therapy, file.visits.x_rays) == (2, 5, 3)
    assert source.kind == SourceKind.ASSUMPTION


def test_the_table_of_other_counts_holds_the_answer_itself() -> None:
    made = coverage_example(plan(benefit=[*COPAY_PLAN, *REST]))
    own = [trial for trial in made.by_visits if trial.visits == made.visits]
    assert [made.total.printed] * 3 == [trial.total for trial in own]


def test_one_specialist_visit_fewer_saves_its_copay() -> None:
    given = plan(benefit=[*COPAY_PLAN, *REST])
    one = coverage_example(given, visits=Visits(specialist=1, therapy=5, x_rays=3))
    assert Decimal(60) == coverage_example(given).copayments.exact - one.copayments.exact


def test_a_copay_is_never_more_than_the_visit_costs() -> None:
    therapy = copay("physical_therapy", "90.00")
    rest = coinsurance("emergency_visit", "specialist_visit", "imaging_xray", "equipment", "prescription")
    assert Decimal("364.00") == coverage_example(plan(benefit=[therapy, rest])).copayments.exact


# ---------------------------------------------------------------- the file and the edges


def test_the_amounts_of_each_edition_add_up_to_its_total() -> None:
    for edition in load_example().edition:
        assert edition.total == sum(item.allowed for item in edition.item)


def test_every_source_named_in_the_scenario_is_declared() -> None:
    file = load_example()
    named = {file.visits.source, file.days.source, *(edition.source for edition in file.edition)}
    assert named == {source.id for source in file.source}


@pytest.mark.parametrize("name", sorted(load_plans(Region.US_PRIVATE)))
def test_every_shipped_us_plan_has_an_answer(name: str) -> None:
    made = coverage_example(load_plans(Region.US_PRIVATE)[name])
    assert Decimal(0) <= made.total.exact <= made.total_example_cost
    assert made.model_dump_json()


def test_a_second_cover_has_no_example_of_its_own() -> None:
    second = Plan.model_validate({"id": "second", "role": "secondary", "pays": [{"of": ["copay"]}]})
    with pytest.raises(InputError, match="role = 'primary'"):
        coverage_example(second)


def test_a_plan_of_another_region_is_refused() -> None:
    with pytest.raises(InputError, match="US private plan"):
        coverage_example(load_plans(Region.NHS)["nhs_england"])
