"""What a visit is billed and allowed at, by region, place, date and payer."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest

from estimator.draws import point, sample
from estimator.errors import InputError, NoPrice
from estimator.estimate import Course, run
from estimator.money import to_decimal
from estimator.pricing import ClaimLine
from estimator.quote import quote
from estimator.tariff import load_tariff
from estimator.vocabulary import PriceKind, Reason, Region, Service
from tests.cases import ALL_SERVICES, case

NATIONAL = {"region": "medicare_part_b", "area": {"locality": "NATIONAL"}}
LONDON = {"region": "uk_private", "area": {"region": "London"}}
LEEDS = {"region": "uk_private", "area": {"region": "Leeds"}}


def course(draws: int = 0, **changes: object) -> Course:
    opened = case(**changes)
    return run(opened, opened.components[0], sample(draws, 11) if draws else point())


def allowed(made: Course) -> list[tuple[ClaimLine, Decimal]]:
    """The lines present in the likely course with what is allowed for each."""
    claims = made.claims
    return [
        (line, to_decimal(int(claims.allowed[i, 0]))) for i, line in enumerate(claims.lines) if claims.present[i, 0]
    ]


def by_day(made: Course, service: Service = Service.PHYSICAL_THERAPY) -> dict[tuple[date, int], dict[str, Decimal]]:
    """The codes and amounts of each visit, by its date and phase."""
    visits: dict[tuple[date, int], dict[str, Decimal]] = defaultdict(dict)
    for line, amount in allowed(made):
        if line.visit_service == service:
            visits[line.day, line.phase][line.code] = amount
    return dict(visits)


def cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


# ---------------------------------------------------------------- Medicare


def test_a_medicare_visit_of_two_exercise_units_and_one_hands_on_unit_is_72_48() -> None:
    visits = [codes for (_, phase), codes in by_day(course(**NATIONAL)).items() if phase == 2]
    assert visits
    assert all({"97110": Decimal("51.27"), "97140": Decimal("21.21")} == codes for codes in visits)
    assert Decimal("72.48") == sum(visits[0].values())


def test_an_early_medicare_visit_has_one_unit_of_each() -> None:
    visits = [codes for (_, phase), codes in by_day(course(**NATIONAL)).items() if phase == 1]
    assert all({"97110": Decimal("29.06"), "97140": Decimal("21.21")} == codes for codes in visits)


def test_where_hands_on_work_is_left_out_the_other_units_are_paid_as_without_it() -> None:
    made = course(2000, **NATIONAL, condition="strain_grade_3", services=["physical_therapy", "massage_therapy"])
    claims = made.claims
    hands_on = {
        slot.day: h
        for slot, h in zip(made.visits.slots, made.visits.hands_on, strict=True)
        if slot.service == "physical_therapy"
    }
    checked = 0
    for i, line in enumerate(claims.lines):
        if line.code == "97140":
            assert (claims.present[i] == (hands_on[line.day])).all()
        if line.code == "97110" and line.visit_service == "physical_therapy" and line.phase in (2, 3):
            without = claims.present[i] & ~hands_on[line.day]
            assert {5127} >= {*claims.allowed[i][without].tolist()}
            checked += int(without.sum())
    assert checked > 0


def test_the_medicare_fee_depends_on_the_place() -> None:
    def first(locality: str) -> Decimal:
        return quote(case(region="medicare_part_b", area={"locality": locality})).lines[0].allowed

    assert Decimal("97.86") == first("NATIONAL")
    assert first("NY-01") > first("NATIONAL") > first("OH-00")


def test_a_state_and_county_mean_the_same_as_their_locality() -> None:
    by_county = quote(case(region="medicare_part_b", area={"state": "NY", "county": "New York"}))
    assert quote(case(region="medicare_part_b", area={"locality": "NY-01"})).totals == by_county.totals


def test_a_date_without_a_fee_schedule_is_refused_and_says_what_to_do() -> None:
    later = {"injury_date": "2027-03-01", "care_starts": "2027-03-03"}
    with pytest.raises(
        NoPrice, match=r"No 2027 fee schedule table is loaded for 2027-03-03.*--prices-as-of 2026-12-31"
    ):
        quote(case(**NATIONAL, **later))


def test_with_prices_as_of_it_is_answered_with_a_visible_warning() -> None:
    later = {"injury_date": "2027-03-01", "care_starts": "2027-03-03"}
    made = quote(case(**NATIONAL, **later, prices_as_of="2026-12-31"))
    assert Decimal("97.86") == made.lines[0].allowed
    assert "Prices for 2027 are not published yet: visits then are priced as of 2026-12-31." in made.warnings


def test_prices_as_of_a_year_without_a_table_are_refused_too() -> None:
    later = {"injury_date": "2027-03-01", "care_starts": "2027-03-03", "prices_as_of": "2023-12-31"}
    with pytest.raises(InputError, match="2023"):
        quote(case(**NATIONAL, **later))


def test_without_need_prices_as_of_change_nothing_and_warn_of_nothing() -> None:
    plain, with_it = quote(case(**NATIONAL)), quote(case(**NATIONAL, prices_as_of="2026-12-31"))
    assert plain.model_dump() == with_it.model_dump()


# ---------------------------------------------------------------- US private


@pytest.mark.parametrize(("code", "fee", "price"), [("97110", "27.87", "33.44"), ("97140", "26.59", "31.91")])
def test_an_independent_clinic_in_ohio_is_allowed_a_multiple_of_the_medicare_fee_there(
    code: str, fee: str, price: str
) -> None:
    us = load_tariff(Region.US_PRIVATE)
    assert us.schedule is not None
    on = date(2026, 3, 4)
    medicare = us.schedule.price(code, "", us.schedule.find_locality("OH-00", on), "nonfacility", on).allowed
    multiple = us.factor("independent_clinic_to_medicare", on).middle
    assert Decimal(fee) == medicare
    assert Decimal(price) == cents(Decimal(fee) * multiple)
    first = next(codes for (_, phase), codes in by_day(course()).items() if phase == 1)
    assert Decimal(price) == first[code]


def test_a_hospital_outpatient_department_is_dearer_than_an_independent_clinic() -> None:
    clinic = quote(case(setting="independent_clinic")).totals
    hospital = quote(case(setting="hospital_outpatient")).totals
    assert hospital.allowed > Decimal("1.4") * clinic.allowed
    assert hospital.charge > clinic.charge


def test_the_first_setting_of_a_region_is_the_usual_one() -> None:
    assert quote(case()).totals == quote(case(setting="independent_clinic")).totals


def test_a_setting_that_is_none_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        InputError, match=r"setting: us_private has the settings independent_clinic, hospital_outpatient \(got 'moon'\)"
    ):
        quote(case(setting="moon"))


def test_where_a_state_has_many_medicare_places_the_county_decides() -> None:
    plain = quote(case(area={"state": "CA"})).totals.allowed
    dear = quote(case(area={"state": "CA", "county": "Santa Clara"})).totals.allowed
    assert dear > plain


def test_the_charge_is_never_below_what_is_allowed() -> None:
    for setting in ("independent_clinic", "hospital_outpatient"):
        claims = course(2000, condition="strain_grade_3", services=ALL_SERVICES, setting=setting).claims
        assert (claims.charge >= claims.allowed).all()


def test_a_us_date_before_any_price_is_refused_and_not_answered_with_nothing() -> None:
    with pytest.raises(NoPrice, match="2025"):
        quote(case(injury_date="2025-03-03", care_starts="2025-03-05"))


def test_such_a_date_is_answered_with_prices_as_of_and_a_warning() -> None:
    made = quote(case(injury_date="2025-03-03", care_starts="2025-03-05", prices_as_of="2026-01-01"))
    assert Decimal("112.63") == made.lines[0].allowed
    assert any("2025" in warning and "2026-01-01" in warning for warning in made.warnings)


# ---------------------------------------------------------------- who pays themselves


def test_a_person_without_insurance_pays_the_cash_price_of_a_visit() -> None:
    made = course(plan="uninsured", services=["physical_therapy", "massage_therapy", "imaging_mri"])
    kinds = {line.price.kind for line, _ in allowed(made) if line.price}
    assert {PriceKind.CASH} == kinds
    assert {"pt-visit"} == {line.code for line, _ in allowed(made) if line.visit_service == Service.PHYSICAL_THERAPY}


def test_without_insurance_the_patient_pays_the_whole_charge() -> None:
    totals = quote(case(plan="uninsured")).totals
    assert totals.charge == totals.patient_pays > 0


def test_a_service_outside_the_plan_is_bought_at_the_cash_price() -> None:
    made = quote(case(services=["physical_therapy", "massage_therapy"]))
    massages = [line for line in made.lines if line.service == Service.MASSAGE_THERAPY]
    assert massages
    assert {(Decimal("90.00"), Decimal("90.00"), Reason.NOT_COVERED)} == {
        (m.charge, m.patient_pays, m.reason) for m in massages
    }


def test_medicare_has_no_price_for_massage_and_uses_the_self_pay_price_of_the_state() -> None:
    made = quote(case(**NATIONAL, services=["physical_therapy", "massage_therapy"]))
    massages = [line for line in made.lines if line.service == Service.MASSAGE_THERAPY]
    assert {(Decimal("90.00"), Reason.SELF_PAY_ONLY)} == {(m.patient_pays, m.reason) for m in massages}


def test_in_the_nhs_massage_is_private_at_the_price_of_london() -> None:
    made = quote(case(region="nhs", area={"nation": "England", "region": "London"}, services=["massage_therapy"]))
    assert {Decimal("65.00")} == {line.patient_pays for line in made.lines}


# ---------------------------------------------------------------- own and missing prices


def test_an_own_price_replaces_the_whole_visit() -> None:
    made = course(own_prices={"physical_therapy": "100.00"})
    visits = by_day(made)
    assert {(Decimal("100.00"),)} == {tuple(codes.values()) for codes in visits.values()}
    assert {"own_price"} == {
        line.price.method for line, _ in allowed(made) if line.price and line.visit_service == "physical_therapy"
    }


def test_an_own_price_leaves_other_services_alone() -> None:
    plain = quote(case(services=["physical_therapy", "imaging_mri"]))
    own = quote(case(services=["physical_therapy", "imaging_mri"], own_prices={"physical_therapy": "100.00"}))
    mri = [[line.allowed for line in made.lines if line.service == Service.IMAGING_MRI] for made in (plain, own)]
    assert mri[0] == mri[1] != []


def test_an_own_price_has_no_spread() -> None:
    claims = course(500, own_prices={"physical_therapy": "100.00"}).claims
    for i, line in enumerate(claims.lines):
        if line.visit_service == Service.PHYSICAL_THERAPY:
            assert {0, 10_000} >= {*claims.allowed[i].tolist()}


def test_a_service_without_a_published_price_is_zero_and_named() -> None:
    made = quote(case(services=["physical_therapy", "home_care"]))
    line = next(line for line in made.lines if line.service == Service.HOME_CARE)
    assert (Decimal("0.00"), Reason.NO_PUBLISHED_PRICE) == (line.charge, line.reason)
    (unknown,) = made.unknown
    assert (Service.HOME_CARE, 1) == (unknown.service, unknown.visits)
    assert unknown.why.endswith(".")


def test_an_own_price_fills_the_gap() -> None:
    made = quote(case(services=["physical_therapy", "home_care"], own_prices={"home_care": "35.00"}))
    assert () == made.unknown
    assert [Decimal("35.00")] == [line.patient_pays for line in made.lines if line.service == Service.HOME_CARE]


def test_medicare_names_the_parts_of_surgery_it_cannot_price() -> None:
    made = quote(case(**NATIONAL, condition="avulsion_grade_4"))
    assert {Service.SURGERY_ANAESTHETIST, Service.SURGERY_FACILITY} <= {gap.service for gap in made.unknown}


# ---------------------------------------------------------------- surgery


@pytest.mark.parametrize("region", ["us_private", "medicare_part_b"])
def test_in_the_us_the_checks_after_surgery_are_inside_the_surgeons_fee(region: str) -> None:
    made = quote(case(region=region, area={"state": "OH"}, condition="avulsion_grade_4", services=["specialist_visit"]))
    checks = [line for line in made.lines if line.reason == Reason.IN_SURGICAL_FEE]
    assert checks
    assert {Decimal("0.00")} == {line.charge for line in checks}
    assert all(made.surgery_on and line.date > made.surgery_on for line in checks)


def test_in_the_uk_the_checks_after_surgery_are_billed() -> None:
    made = quote(case(**LONDON, condition="avulsion_grade_4", services=["specialist_visit"], plan="uk_self_pay"))
    assert [] == [line for line in made.lines if line.reason == Reason.IN_SURGICAL_FEE]


def test_surgery_in_the_us_is_billed_by_surgeon_anaesthetist_and_facility() -> None:
    made = quote(case(condition="avulsion_grade_4", services=[]))
    parts = {line.service: line.allowed for line in made.lines}
    assert {Service.SURGERY_SURGEON, Service.SURGERY_ANAESTHETIST, Service.SURGERY_FACILITY} == {*parts}
    assert all(amount > 0 for amount in parts.values())


# ---------------------------------------------------------------- the UK and the NHS


def test_a_visit_in_london_costs_more_than_outside() -> None:
    def prices(place: dict[str, object]) -> set[Decimal]:
        made = quote(case(**place, plan="uk_self_pay"))
        return {line.charge for line in made.lines if line.service == Service.PHYSICAL_THERAPY}

    assert ({Decimal("72.00")}, {Decimal("52.00")}) == (prices(LONDON), prices(LEEDS))


def test_a_nation_of_the_uk_is_outside_london() -> None:
    wales = quote(case(region="uk_private", area={"nation": "Wales"}, plan="uk_self_pay"))
    assert quote(case(**LEEDS, plan="uk_self_pay")).totals == wales.totals


def test_the_cost_to_the_nhs_is_shown_and_the_patient_pays_nothing() -> None:
    made = quote(case(region="nhs", area={"nation": "Scotland"}, services=["physical_therapy"]))
    assert Decimal("0.00") == made.totals.patient_pays
    assert {Decimal("79.06")} == {line.allowed for line in made.lines if line.service == Service.PHYSICAL_THERAPY}


def test_the_nhs_of_england_charges_9_90_an_item() -> None:
    made = quote(case(region="nhs", area={"nation": "England"}, prescription_items=3))
    assert Decimal("29.70") == made.totals.patient_pays


@pytest.mark.parametrize("nation", ["Scotland", "Wales", "Northern Ireland"])
def test_elsewhere_in_the_uk_prescriptions_are_free(nation: str) -> None:
    assert (
        Decimal("0.00") == quote(case(region="nhs", area={"nation": nation}, prescription_items=3)).totals.patient_pays
    )


# ---------------------------------------------------------------- many draws


def test_a_whole_course_is_at_one_clinics_price_level() -> None:
    """One rank a draw and provider: the dearest draw of one code is the dearest of the next."""
    claims = course(1000, condition="strain_grade_1").claims
    lines = [
        i for i, line in enumerate(claims.lines) if line.visit_service == "physical_therapy" and line.code == "97110"
    ]
    both = claims.present[lines[0]] & claims.present[lines[1]]
    assert both.sum() > 100
    assert (claims.allowed[lines[0]][both] == claims.allowed[lines[1]][both]).all()


def test_sampled_prices_stay_within_their_published_range() -> None:
    claims = course(3000, condition="strain_grade_3", services=ALL_SERVICES).claims
    for i, line in enumerate(claims.lines):
        if line.price is not None and claims.present[i].any() and not line.in_surgical_fee:
            paid = claims.allowed[i][claims.present[i]]
            assert line.price.low * line.units <= paid.min() <= paid.max() <= line.price.high * line.units, line.code


def test_an_absent_line_costs_nothing() -> None:
    claims = course(2000, condition="strain_grade_3", services=ALL_SERVICES).claims
    assert 0 == claims.charge[~claims.present].sum() + claims.allowed[~claims.present].sum()


def test_the_price_of_a_15_minute_unit_is_called_that() -> None:
    made = quote(case())
    assert {"15_minutes"} == {entry.unit for entry in made.prices if entry.code in ("97110", "97140")}
