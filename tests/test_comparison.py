"""Several plans side by side on the same patients."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from estimator import comparison
from estimator.adjudication import adjudicate
from estimator.comparison import (
    MOST_VISITS,
    Care,
    Pair,
    Terms,
    break_even,
    can_pay_cash,
    compare,
    other_care,
    pair,
    paying_cash,
    with_care,
    with_terms,
)
from estimator.coverage import Cash, cover
from estimator.errors import InputError
from estimator.estimate import WAITING_SERVICES, Case, open_case
from estimator.mixes import mixes_with_draws
from estimator.plan import Plan
from estimator.pricing import ClaimLine, ClaimLines
from estimator.projection import patient_totals, project
from estimator.quote import quote
from estimator.vocabulary import Network, Reason, Service
from tests.cases import case, scenario

DRAWS = 1_000


def test_each_option_is_what_its_plan_gives_alone() -> None:
    made = compare(scenario(), ["ppo", "gold", "uninsured"], DRAWS, 7)
    assert ["ppo", "gold", "uninsured"] == [option.plan for option in made.options]
    for option in made.options:
        alone = case(plan=option.plan)
        assert quote(alone).totals.patient_pays == option.quoted
        assert project(alone, DRAWS, 7).patient_pays == option.patient_pays


def test_how_often_a_plan_is_cheaper_is_counted_on_the_same_draws() -> None:
    made = compare(scenario(), ["ppo", "gold"], DRAWS, 7)
    first, second = (patient_totals(case(plan=plan), DRAWS, 7) for plan in ("ppo", "gold"))
    assert None is made.options[0].cheaper_than_first
    assert Decimal(str(round(float((second < first).mean()), 4))) == made.options[1].cheaper_than_first


def test_a_plan_costs_the_same_as_itself_in_every_draw() -> None:
    twin = compare(scenario(), ["ppo", "ppo"], DRAWS).options[1]
    assert (Decimal("0.0"), Decimal("1.0")) == (twin.cheaper_than_first, twin.same_as_first)


@pytest.mark.parametrize("plans", [[], ["ppo"], ["ppo"] * 7])
def test_two_to_six_plans_are_compared(plans: list[str]) -> None:
    with pytest.raises(InputError, match=rf"plan: name 2 to 6 plans with --plan \(got {len(plans)}\)"):
        compare(scenario(), plans, DRAWS)


def test_six_plans_are_compared() -> None:
    plans = ["ppo", "hmo", "hdhp_hsa", "bronze", "gold", "uninsured"]
    assert plans == [option.plan for option in compare(scenario(), plans, 200).options]


def test_a_plan_of_another_region_is_refused() -> None:
    with pytest.raises(InputError, match="there is no plan 'part_b' in us_private"):
        compare(scenario(), ["ppo", "part_b"], DRAWS)


def test_the_second_cover_stays_with_every_option() -> None:
    made = compare(scenario(region="medicare_part_b", secondary="medigap_g"), ["part_b", "medicare_advantage"], DRAWS)
    assert Decimal("283.00") == made.options[0].quoted


# ---------------------------------------------------------------- draw by draw


def test_two_identical_options_differ_in_no_draw() -> None:
    first, second = (patient_totals(case(), DRAWS, 7) for _ in range(2))
    assert not (first - second).any()
    assert Pair(Decimal("0.0"), Decimal("1.0"), Decimal("0.0"), Decimal("0.00")) == pair(first, second)


def test_the_order_of_two_options_does_not_matter() -> None:
    first, second = (patient_totals(case(plan=plan), DRAWS, 7) for plan in ("ppo", "bronze"))
    forth, back = pair(first, second), pair(second, first)
    assert (forth.first_cheaper, forth.same, forth.second_cheaper) == (
        back.second_cheaper,
        back.same,
        back.first_cheaper,
    )
    assert 0 < forth.first_cheaper < 1
    assert forth.difference == -back.difference


def test_the_order_of_the_plans_changes_no_option() -> None:
    forth = compare(scenario(), ["ppo", "gold", "bronze"], DRAWS).options
    back = compare(scenario(), ["bronze", "gold", "ppo"], DRAWS).options
    for option, same in zip(forth, reversed(back), strict=True):
        assert (option.plan, option.quoted, option.patient_pays) == (same.plan, same.quoted, same.patient_pays)


def test_the_shares_of_a_pair_add_up_to_one_and_are_counted() -> None:
    counted = pair(np.array([100, 200, 300, 400]), np.array([200, 200, 200, 500]))
    assert Pair(Decimal("0.5"), Decimal("0.25"), Decimal("0.25"), Decimal("-0.50")) == counted


def test_options_of_different_draws_are_not_paired() -> None:
    with pytest.raises(ValueError, match="the same draws"):
        pair(np.zeros(3, dtype=np.int64), np.zeros(4, dtype=np.int64))


def test_a_mix_meets_the_same_patients_as_the_plan_behind_it() -> None:
    wanted = scenario(region="uk_private", plan="pmi_excess_outpatient_limit", services=["physical_therapy"])
    found, draws = mixes_with_draws(wanted, draws=DRAWS, seed=7)
    assert np.array_equal(patient_totals(open_case(wanted), DRAWS, 7), draws["insurance:pmi_excess_outpatient_limit"])
    assert {option.id for option in found.options} == {*draws}
    for option in found.options:
        assert option.patient_pays.p50 == Decimal(int(np.percentile(draws[option.id], 50, method="inverted_cdf"))) / 100


# ---------------------------------------------------------------- other terms


def test_other_terms_change_only_what_they_name() -> None:
    before = case().plan
    after = with_terms(before, Terms(deductible=Decimal(2500), visit_limit=10), Network.IN_NETWORK)
    assert after.deductible is not None
    assert Decimal(2500) == after.deductible.amount
    assert before.out_of_pocket_max == after.out_of_pocket_max
    therapy = after.benefit_for(Service.PHYSICAL_THERAPY, Network.IN_NETWORK)
    assert therapy is not None
    assert 10 == therapy.visit_limit
    for service in (Service.IMAGING_MRI, Service.PHYSICIAN_VISIT):
        assert before.benefit_for(service, Network.IN_NETWORK) == after.benefit_for(service, Network.IN_NETWORK)
    assert before == with_terms(before, Terms(), Network.IN_NETWORK)


def test_a_family_amount_is_never_below_one_person_s() -> None:
    after = with_terms(
        case(plan="bronze").plan,
        Terms(deductible=Decimal(20_000), out_of_pocket_max=Decimal(30_000)),
        Network.IN_NETWORK,
    )
    assert after.deductible is not None
    assert after.out_of_pocket_max is not None
    assert (Decimal(20_000), Decimal(30_000)) == (after.deductible.family_amount, after.out_of_pocket_max.family_amount)


@pytest.mark.parametrize(
    ("less", "more"),
    [
        (Terms(deductible=Decimal(0)), Terms(deductible=Decimal(3000))),
        (Terms(out_of_pocket_max=Decimal(300)), Terms(out_of_pocket_max=Decimal(9000))),
        (Terms(coinsurance=Decimal(0)), Terms(coinsurance=Decimal("0.5"))),
        (Terms(visit_limit=60), Terms(visit_limit=2)),
    ],
)
def test_harder_terms_cost_more_in_no_draw_less(less: Terms, more: Terms) -> None:
    own = case(services=["physical_therapy", "imaging_mri"])
    mild, hard = (
        patient_totals(replace(own, plan=with_terms(own.plan, terms, Network.IN_NETWORK)), DRAWS, 7)
        for terms in (less, more)
    )
    assert (hard >= mild).all()
    assert (hard > mild).any()


# ---------------------------------------------------------------- which care


@pytest.mark.parametrize(
    ("services", "condition", "management", "expected"),
    [
        (["physical_therapy"], "strain_grade_2", "conservative", [Care.MASSAGE, Care.BOTH]),
        (["physical_therapy", "massage_therapy"], "strain_grade_1", "conservative", [Care.THERAPY, Care.MASSAGE]),
        (["massage_therapy"], "proximal_tendinopathy", "conservative", [Care.THERAPY, Care.BOTH]),
        (["physical_therapy"], "strain_grade_3", "conservative", [Care.BOTH]),
        (["physical_therapy"], "undiagnosed", "conservative", [Care.BOTH]),
        (["physical_therapy"], "avulsion_grade_4", "conservative", []),
        (["physical_therapy"], "avulsion_grade_4", "surgical", [Care.BOTH]),
        (["physician_visit"], "strain_grade_2", "conservative", []),
    ],
)
def test_other_care_is_what_the_pathway_allows(
    services: list[str], condition: str, management: str, expected: list[Care]
) -> None:
    own = case(services=services, condition=condition, management=management)
    assert expected == [*other_care(own)]


def test_the_average_patient_s_care_is_not_exchanged() -> None:
    assert () == other_care(case(mode="average"))


def test_exchanged_care_leaves_the_rest_as_it_is() -> None:
    own = scenario(services=["imaging_mri", "physical_therapy", "physician_visit"])
    made = with_care(own, Care.MASSAGE)
    assert {Service.IMAGING_MRI, Service.PHYSICIAN_VISIT, Service.MASSAGE_THERAPY} == {*made.services}
    assert {*own.services} == {*with_care(made, Care.THERAPY).services}


# ---------------------------------------------------------------- cash beside a plan

PLAN = Plan.model_validate(
    {
        "id": "worked",
        "deductible": {"amount": 200},
        "out_of_pocket_max": {"amount": 300},
        "benefit": [
            {"services": ["physical_therapy"], "patient_coinsurance": "0.2", "visit_limit": 1, "limit_group": "hands"},
            {"services": ["chiropractic"], "patient_coinsurance": "0.2", "visit_limit": 1, "limit_group": "hands"},
            {"services": ["imaging_mri"], "patient_coinsurance": "0.2"},
        ],
    }
)


def paid(bills: list[tuple[Service, int]], *, counts: bool | None) -> list[int]:
    """What the patient pays of each bill in whole dollars, one bill a day, with therapy in cash unless `counts` is None."""
    lines = tuple(
        ClaimLine(n, date(2026, 3, n), service, "", 1, Network.IN_NETWORK)
        for n, (service, _) in enumerate(bills, start=1)
    )
    amounts = np.array([[amount * 100] for _, amount in bills])
    claims = ClaimLines(lines, "USD", amounts, amounts, np.ones(amounts.shape, dtype=bool))
    cash = Cash(frozenset({Service.PHYSICAL_THERAPY}), counts) if counts is not None else None
    return (adjudicate(cover(claims, PLAN, cash=cash), PLAN).patient_pays[:, 0] // 100).tolist()


THERAPY, SCAN, CHIRO = Service.PHYSICAL_THERAPY, Service.IMAGING_MRI, Service.CHIROPRACTIC


@pytest.mark.parametrize(
    ("bills", "counts", "expected"),
    [
        # the scan meets a deductible of 200, or of 80 after 120 in cash: 80 and a fifth of 120
        ([(THERAPY, 120), (SCAN, 200)], False, [120, 200]),
        ([(THERAPY, 120), (SCAN, 200)], True, [120, 104]),
        # the order matters: after the scan there is nothing left that cash could count to
        ([(SCAN, 200), (THERAPY, 120)], True, [200, 120]),
        # 150 and 150 in cash reach the maximum of 300: the scan is free, later cash is still paid
        ([(THERAPY, 150), (THERAPY, 150), (SCAN, 200), (THERAPY, 90)], True, [150, 150, 0, 90]),
        # cash does not use up the one visit that therapy and chiropractic share; 200 of deductible are left, or 80
        ([(THERAPY, 120), (CHIRO, 100)], False, [120, 100]),
        ([(THERAPY, 120), (CHIRO, 100)], True, [120, 84]),
        # under the plan the second visit is over the limit
        ([(THERAPY, 120), (CHIRO, 100)], None, [120, 100]),
    ],
)
def test_cash_is_paid_in_full_and_counts_where_the_plan_says_so(
    bills: list[tuple[Service, int]], counts: bool | None, expected: list[int]
) -> None:
    assert expected == paid(bills, counts=counts)


def test_cash_pays_the_self_pay_price_of_someone_without_insurance() -> None:
    own = case(services=["physical_therapy"], plan="gold")
    for counts in (False, True):
        in_cash = patient_totals(paying_cash(own, counts=counts), DRAWS, 7)
        assert np.array_equal(patient_totals(case(services=["physical_therapy"], plan="uninsured"), DRAWS, 7), in_cash)


def test_a_plan_pays_nothing_of_what_is_paid_in_cash() -> None:
    lines = quote(paying_cash(case(services=["physical_therapy", "imaging_mri"]), counts=True)).lines
    therapy = [line for line in lines if line.visit_service in WAITING_SERVICES]
    assert therapy
    assert {(line.reason, line.plan_pays, line.patient_pays - line.charge) for line in therapy} == {
        (Reason.SELF_PAY_ONLY, Decimal("0.00"), Decimal("0.00"))
    }


def test_cash_that_counts_costs_in_no_draw_more_and_in_some_less() -> None:
    own = case(services=["physical_therapy", "imaging_mri", "physician_visit"], plan="ppo")
    lost, counted = (patient_totals(paying_cash(own, counts=counts), DRAWS, 7) for counts in (False, True))
    assert (counted <= lost).all()
    assert (counted < lost).any()


@pytest.mark.parametrize(
    "changes",
    [
        {"plan": "uninsured"},
        {"services": ["imaging_mri"]},
        {"region": "medicare_part_b"},
        {"region": "uk_private", "plan": "uk_self_pay"},
    ],
)
def test_there_is_no_choice_of_cash_where_no_plan_pays_for_therapy_or_the_clinic_must_bill(
    changes: dict[str, Any],
) -> None:
    assert not can_pay_cash(case(**changes))
    with pytest.raises(InputError, match="nothing to pay in cash"):
        paying_cash(case(**changes), counts=False)


# ---------------------------------------------------------------- break-even


def test_the_likely_course_stands_in_the_row_of_visits() -> None:
    for plan in ("ppo", "hdhp_hsa", "bronze"):
        own = case(plan=plan, services=["physical_therapy", "imaging_mri", "physician_visit"])
        found = break_even(own)
        assert quote(own).totals.patient_pays == found.with_plan[found.likely_visits]
        assert quote(paying_cash(own, counts=False)).totals.patient_pays == found.in_cash[found.likely_visits]


def test_without_a_visit_both_ways_cost_the_same() -> None:
    found = break_even(case(services=["physical_therapy", "imaging_mri"]))
    assert found.with_plan[0] == found.in_cash[0]


def hospital_with(deductible: int, *, visit_limit: int | None = None, used: int = 0) -> Case:
    """Therapy in Ohio's hospitals, dearer than in cash at a price the person knows, under a plan with other terms."""
    own = case(services=["physical_therapy"], setting="hospital_outpatient", used={"deductible": used})
    return replace(
        own, plan=with_terms(own.plan, Terms(Decimal(deductible), visit_limit=visit_limit), Network.IN_NETWORK)
    )


def test_a_deductible_makes_cash_worth_it_for_few_visits_only(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap_cash(monkeypatch)
    found = break_even(hospital_with(1000))
    first = found.plan_wins_from
    assert first is not None
    assert 1 < first
    assert found.with_plan[first] < found.in_cash[first]
    assert all(found.with_plan[n] >= found.in_cash[n] for n in range(1, first))
    less_left = break_even(hospital_with(1000, used=600)).plan_wins_from
    assert less_left is not None
    assert less_left < first


def test_a_visit_limit_ends_what_the_plan_saves(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap_cash(monkeypatch)
    found = break_even(hospital_with(0, visit_limit=6))
    last = found.plan_wins_up_to
    assert 1 == found.plan_wins_from
    assert last is not None
    assert 6 <= last < MOST_VISITS
    assert found.with_plan[last] < found.in_cash[last]
    assert found.with_plan[last + 1] >= found.in_cash[last + 1]


def cheap_cash(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clinic that takes half of the usual self-pay price."""
    whole = comparison.run

    def run(own: Case, *rest: Any) -> Any:
        course = whole(own, *rest)
        if own.cash is None:
            return course
        claims = replace(course.claims, charge=course.claims.charge // 4, allowed=course.claims.allowed // 4)
        return replace(course, claims=claims)

    monkeypatch.setattr(comparison, "run", run)


def test_a_course_without_therapy_has_no_break_even() -> None:
    with pytest.raises(InputError, match="there is no therapy visit"):
        break_even(case(services=["imaging_mri"]))
