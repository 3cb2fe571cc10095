"""One quote: it adds up, it names its sources, and no region, plan or condition breaks it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from estimator.estimate import Case, open_case
from estimator.plan import Plan, load_plans
from estimator.quote import Quote, quote
from estimator.requirements import checklist
from estimator.scenario import read_scenario
from estimator.vocabulary import Condition, Mode, Reason, Region, Service
from tests.cases import ALL_SERVICES, EXAMPLES, TREATMENTS, case

AMOUNTS = (
    "charge", "allowed", "deductible", "copay", "coinsurance", "over_limit", "not_covered", "balance_bill", "write_off",
    "plan_pays", "secondary_pays", "patient_pays",
)  # fmt: skip
PLANS = [(region, plan) for region in Region for plan in load_plans(region).values()]
PRIMARY = [(region, plan) for region, plan in PLANS if plan.role == "primary"]
SECONDARY = [(region, plan) for region, plan in PLANS if plan.role == "secondary"]


def example(region: Region) -> Case:
    return open_case(read_scenario(EXAMPLES / f"{region}.toml"))


def total(lines: Iterator[Any] | tuple[Any, ...], amount: str) -> Decimal:
    return sum((getattr(line, amount) for line in lines), Decimal("0.00"))


def adds_up(made: Quote) -> bool:
    """Charge identity on every line, lines to totals, parts to totals, nothing negative."""
    parts = ("patient_pays", "plan_pays", "secondary_pays", "write_off")
    return (
        all(
            line.charge == line.plan_pays + line.secondary_pays + line.patient_pays + line.write_off
            for line in made.lines
        )
        and all(total(made.lines, amount) == getattr(made.totals, amount) for amount in AMOUNTS)
        and all(getattr(line, amount) >= 0 for line in made.lines for amount in AMOUNTS)
        and all(total(made.by_phase, part) == getattr(made.totals, part) for part in parts)
        and all(total(made.by_service, part) == getattr(made.totals, part) for part in parts)
    )


# ---------------------------------------------------------------- nothing crashes, everything adds up


def sweep(region: Region, **plans: str | None) -> Iterator[tuple[str, Quote]]:
    """Every condition, management and mode under one plan."""
    for condition, management in TREATMENTS:
        for mode in Mode:
            wants: dict[str, Any] = {"mode": "average"}
            if mode == Mode.PLANNED:
                wants = {"services": ALL_SERVICES, "prescription_items": 2}
            opened = case(region=region, condition=condition, management=management, **wants, **plans)
            made = quote(opened)
            assert checklist(opened, made).items
            yield f"{condition} {management} {mode}", made


@pytest.mark.parametrize(("region", "plan"), PRIMARY, ids=[f"{r}-{p.id}" for r, p in PRIMARY])
def test_every_condition_has_a_quote_that_adds_up_and_a_checklist(region: Region, plan: Plan) -> None:
    assert [] == [name for name, made in sweep(region, plan=plan.id) if not adds_up(made)]


@pytest.mark.parametrize(("region", "plan"), SECONDARY, ids=[f"{r}-{p.id}" for r, p in SECONDARY])
def test_every_condition_has_one_with_a_second_cover_too(region: Region, plan: Plan) -> None:
    for name, made in sweep(region, secondary=plan.id):
        assert adds_up(made), name
        assert plan.id == made.secondary


@pytest.mark.parametrize("setting", ["independent_clinic", "hospital_outpatient"])
@pytest.mark.parametrize("network", ["in_network", "out_of_network", "not_applicable"])
def test_every_network_and_setting_has_a_quote_that_adds_up(setting: str, network: str) -> None:
    for plan in ("ppo", "hmo", "uninsured"):
        made = quote(
            case(plan=plan, setting=setting, network=network, condition="strain_grade_3", services=ALL_SERVICES)
        )
        assert adds_up(made)


@pytest.mark.parametrize("region", Region)
def test_the_example_of_a_region_adds_up(region: Region) -> None:
    assert adds_up(quote(example(region)))


# ---------------------------------------------------------------- what it says


@pytest.mark.parametrize("region", Region)
def test_the_same_case_gives_the_same_bytes(region: Region) -> None:
    assert quote(example(region)).model_dump_json() == quote(example(region)).model_dump_json()


@pytest.mark.parametrize("region", Region)
def test_every_priced_line_names_its_source(region: Region) -> None:
    made = quote(example(region))
    sources = {(entry.service, entry.code, entry.source.id) for entry in made.prices}
    free = (Reason.NO_PUBLISHED_PRICE, Reason.IN_SURGICAL_FEE)
    assert [] == [
        line.line
        for line in made.lines
        if line.reason not in free and (line.service, line.code, line.price_source) not in sources
    ]


@pytest.mark.parametrize("region", Region)
def test_every_line_is_explained_in_a_sentence(region: Region) -> None:
    assert [] == [line.line for line in quote(example(region)).lines if not line.explanation.endswith(".")]


@pytest.mark.parametrize("region", Region)
def test_lines_and_events_stand_in_order_of_date(region: Region) -> None:
    made = quote(example(region))
    assert sorted(line.date for line in made.lines) == [line.date for line in made.lines]
    assert sorted(event.date for event in made.events) == [event.date for event in made.events]
    assert [*range(1, len(made.lines) + 1)] == [line.line for line in made.lines]
    assert (made.lines[0].date, made.lines[-1].date) == (made.first_visit, made.last_visit)


def test_visits_of_a_service_are_counted_once_however_many_lines_they_have() -> None:
    made = quote(case())
    days = {line.date for line in made.lines if line.service == Service.PHYSICAL_THERAPY}
    part = next(part for part in made.by_service if part.id == "physical_therapy")
    assert len(days) == part.visits
    assert len(days) < len([line for line in made.lines if line.service == Service.PHYSICAL_THERAPY])


def test_phases_carry_what_must_be_true_to_move_on_and_follow_one_another() -> None:
    phases = quote(case()).phases
    assert [1, 2, 3, 4, 5] == [phase.number for phase in phases]
    assert all(earlier.ends < later.starts for earlier, later in pairwise(phases))
    assert phases[1].enter_when == "You can walk without pain."


def test_red_flags_come_with_every_quote() -> None:
    flags = quote(case()).safety.red_flags
    assert {"emergency", "urgent"} == {flag["urgency"] for flag in flags}


@pytest.mark.parametrize(
    ("condition", "first"),
    [("avulsion_grade_4", True), ("strain_grade_3", True), ("undiagnosed", True), ("strain_grade_1", False)],
)
def test_a_doctor_comes_first_where_the_grade_asks_for_one(condition: str, first: bool) -> None:
    assert first == (quote(case(condition=condition)).safety.doctor_first is not None)


def test_a_steroid_injection_in_a_fresh_tear_is_warned_of() -> None:
    made = quote(case(condition="strain_grade_3", services=ALL_SERVICES))
    chronic = quote(case(condition="proximal_tendinopathy", services=ALL_SERVICES))
    said = "A steroid injection is not advised in a fresh tear: it may weaken the tissue."
    steroid = [any(line.service == Service.INJECTION_STEROID for line in each.lines) for each in (made, chronic)]
    assert (steroid[0], False) == (said in made.safety.warnings, said in chronic.safety.warnings)


def test_the_chance_of_reinjury_stands_in_the_quote() -> None:
    assert {60: Decimal("0.09"), 365: Decimal("0.17")} == {
        r.horizon_days: r.probability for r in quote(case()).recurrence
    }


def test_the_recovery_time_is_that_of_the_table() -> None:
    recovery = quote(case()).recovery
    assert (15, 30, 60) == (recovery.p10_days, recovery.median_days, recovery.p90_days)


def test_an_undiagnosed_injury_is_quoted_for_the_likeliest_grade_with_the_others_beside_it() -> None:
    made = quote(case(condition="undiagnosed"))
    assert (Condition.UNDIAGNOSED, Condition.STRAIN_GRADE_1) == (made.condition, made.priced_condition)
    totals = [other.patient_pays for other in made.alternatives]
    assert [Decimal("0.7"), Decimal("0.27"), Decimal("0.03")] == [other.share for other in made.alternatives]
    assert made.totals.patient_pays == totals[0] < totals[1] < totals[2]


def test_a_known_injury_has_no_alternatives() -> None:
    assert () == quote(case()).alternatives


def test_an_assumed_price_is_said_to_be_assumed() -> None:
    assert any(text.startswith("No published price, our estimate: ") for text in quote(case()).assumptions)


def test_terms_of_a_plan_that_are_too_young_or_too_old_are_said_to_be() -> None:
    opened = case()
    young = replace(opened, plan=opened.plan.model_copy(update={"effective_from": date(2026, 4, 1)}))
    old = replace(opened, plan=opened.plan.model_copy(update={"effective_to": date(2026, 3, 10)}))
    assert any("known from 2026-04-01" in warning for warning in quote(young).warnings)
    assert any("known until 2026-03-10" in warning for warning in quote(old).warnings)
    assert [] == [warning for warning in quote(opened).warnings if "The terms of" in warning]


def test_warnings_about_dates_are_told_apart_from_those_about_care_and_cover() -> None:
    late = {"injury_date": "2026-12-10", "care_starts": "2026-12-12", "prices_as_of": "2026-12-12"}
    opened = case(services=["physical_therapy", "massage_therapy", "shockwave"], used={"visits": {"other": 1}}, **late)
    made = quote(replace(opened, plan=opened.plan.model_copy(update={"effective_to": date(2026, 12, 31)})))
    others = [warning for warning in made.warnings if warning not in made.date_warnings]
    assert {*made.date_warnings} < {*made.warnings}
    assert [True] * 2 == [any(said in w for w in made.date_warnings) for said in ("fees of 2027", "The terms of")]
    assert [True] * 2 == [any(said in w for w in others) for said in ("Shockwave therapy", "'other'")]
    assert opened.pathway.massage_rule(Condition.STRAIN_GRADE_2, opened.scenario.treatment).says in others


def test_each_line_says_in_one_word_why_it_is_paid_so() -> None:
    made = quote(case(services=["physician_visit", "physical_therapy", "massage_therapy"]))
    shared = quote(case(used={"deductible": "1000.00"}))
    reasons = {(line.service, line.reason) for line in (*made.lines, *shared.lines)}
    assert {
        (Service.PHYSICIAN_VISIT, Reason.COPAY),
        (Service.PHYSICAL_THERAPY_EVALUATION, Reason.DEDUCTIBLE),
        (Service.PHYSICAL_THERAPY_EVALUATION, Reason.COINSURANCE),
        (Service.PHYSICAL_THERAPY, Reason.DEDUCTIBLE),
        (Service.PHYSICAL_THERAPY, Reason.COINSURANCE),
        (Service.MASSAGE_THERAPY, Reason.NOT_COVERED),
    } == reasons


# ---------------------------------------------------------------- what is used up already


def test_a_deductible_met_before_costs_nothing_more() -> None:
    assert Decimal("0.00") == quote(case(used={"deductible": "1000.00"})).totals.deductible
    assert Decimal("650.00") == quote(case(used={"deductible": "350.00"}, services=ALL_SERVICES)).totals.deductible


def test_a_deductible_met_before_is_not_met_again_in_this_episode() -> None:
    made = quote(case(used={"deductible": "1000.00"}))
    assert [] == [event for event in made.events if event.kind == "deductible_met"]


def test_used_visits_count_toward_the_limit() -> None:
    made = quote(case(used={"visits": {"therapies": 58}}))
    over = {line.date for line in made.lines if line.reason == Reason.VISIT_LIMIT}
    visits = sorted({line.date for line in made.lines})
    assert {*visits[2:]} == over
    assert [visits[1]] == [event.date for event in made.events if event.kind == "visit_limit_reached"]


def test_closing_accumulators_add_this_episode_to_what_was_used() -> None:
    made = quote(case(used={"deductible": "100.00", "out_of_pocket": "100.00", "visits": {"therapies": 3}}))
    visits = len({line.date for line in made.lines})
    closing = made.accumulators
    assert Decimal("100.00") + made.totals.deductible == Decimal(str(closing["deductible"]))
    assert {"therapies": 3 + visits} == {name: count for name, count in closing["visits"].items() if count}


# ---------------------------------------------------------------- across the new year

LONG = {
    "condition": "avulsion_grade_4",
    "services": ["physician_visit", "specialist_visit", "imaging_mri", "physical_therapy"],
}
IN_OCTOBER = {"injury_date": "2026-10-19", "care_starts": "2026-10-20"}
IN_JANUARY = {"injury_date": "2027-01-04", "care_starts": "2027-01-05"}


def test_an_episode_started_on_20_october_meets_a_calendar_year_deductible_twice() -> None:
    made = quote(case(**LONG, **IN_OCTOBER))
    assert Decimal("2000.00") == made.totals.deductible
    assert [2026, 2027] == [event.date.year for event in made.events if event.kind == "deductible_met"]
    assert [date(2027, 1, 1)] == [event.date for event in made.events if event.kind == "plan_year_starts"]


def test_the_same_episode_started_on_5_january_meets_it_once_and_costs_less() -> None:
    early, late = quote(case(**LONG, **IN_JANUARY)), quote(case(**LONG, **IN_OCTOBER))
    assert Decimal("1000.00") == early.totals.deductible
    assert [2027] == [event.date.year for event in early.events if event.kind == "deductible_met"]
    assert [] == [event for event in early.events if event.kind == "plan_year_starts"]
    assert early.totals.patient_pays < late.totals.patient_pays


def test_a_plan_year_that_starts_in_october_meets_it_once() -> None:
    opened = case(**LONG, **IN_OCTOBER)
    moved = replace(opened, plan=opened.plan.model_copy(update={"plan_year_starts": "10-01"}))
    assert Decimal("1000.00") == quote(moved).totals.deductible


def test_what_was_used_belongs_to_the_first_plan_year_only() -> None:
    made = quote(case(**LONG, **IN_OCTOBER, used={"deductible": "1000.00"}))
    by_year = {year: sum(line.deductible for line in made.lines if line.date.year == year) for year in (2026, 2027)}
    assert {2026: Decimal("0.00"), 2027: Decimal("1000.00")} == by_year


def test_an_excess_that_swallows_its_limit_is_pointed_out(tmp_path: Path) -> None:
    path = tmp_path / "swallowed.toml"
    path.write_text(
        'id = "swallowed"\n[deductible]\namount = 500.00\n[[benefit]]\nservices = ["physical_therapy"]\n'
        'benefit_limit = 500.00\nlimit_counts = "allowed"\n',
        encoding="utf-8",
    )
    made = quote(case(region="uk_private", area={"region": "London"}, plan=str(path)))
    assert any("so this cover pays nothing there" in warning for warning in made.warnings)


def test_a_cash_plan_pays_nothing_for_care_in_its_qualifying_period() -> None:
    terms = {"region": "uk_private", "area": {"region": "London"}, "secondary": "cash_plan_aviva"}
    terms |= {"care_starts": "2026-03-04", "injury_date": "2026-03-02", "services": ["physical_therapy"]}
    long_since, lately = quote(case(**terms)), quote(case(**terms, secondary_since="2026-02-10"))
    first_day = date(2026, 3, 12)  # 30 days after 10 February
    assert Decimal("150.00") == long_since.totals.secondary_pays
    assert {Decimal("0.00")} == {line.secondary_pays for line in lately.lines if line.date < first_day}
    assert lately.totals.secondary_pays > 0
