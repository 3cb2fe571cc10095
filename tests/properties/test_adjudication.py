"""What must hold of the cost sharing for any plan and any lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from estimator.adjudication import AMOUNTS, PARTS, Adjudication, adjudicate
from estimator.coverage import cover
from estimator.errors import FileProblems
from estimator.files import validate
from estimator.money import to_minor
from estimator.plan import Benefit, Plan
from estimator.pricing import ClaimLines
from estimator.scenario import Paperwork, Used
from estimator.vocabulary import Network, Service
from tests.properties import strategies
from tests.properties.strategies import (
    Bill,
    Terms,
    bills,
    claim_lines,
    many_draws,
    plans,
    secondaries,
    used_before,
)

EXAMPLES = settings(max_examples=100)


def run(
    claims: ClaimLines,
    plan: Plan,
    used: Used | None = None,
    secondary: Plan | None = None,
    paperwork: Paperwork | None = None,
) -> Adjudication:
    return adjudicate(cover(claims, plan, paperwork), plan, used, secondary)


def patient_total(lines: Sequence[Bill], plan: Plan, used: Used | None = None, secondary: Plan | None = None) -> int:
    return int(run(claim_lines(lines), plan, used, secondary).patient_pays.sum())


# ---------------------------------------------------------------------- 1 and 2: nothing lost, nothing negative


@EXAMPLES
@given(many_draws(), plans(), st.none() | secondaries(), used_before(), strategies.paperwork)
def test_nothing_is_lost(
    claims: ClaimLines, plan: Plan, secondary: Plan | None, used: Used, paperwork: Paperwork
) -> None:
    result = run(claims, plan, used, secondary, paperwork)
    paid = result.plan_pays + result.secondary_pays + result.patient_pays + result.write_off
    assert np.array_equal(claims.charge, paid)
    shares = sum(getattr(result, part) for part in PARTS)
    assert np.array_equal(result.patient_pays + result.secondary_pays, shares)


@EXAMPLES
@given(many_draws(), plans(), st.none() | secondaries(), used_before(), strategies.paperwork)
def test_nothing_is_negative_and_no_share_is_above_its_charge(
    claims: ClaimLines, plan: Plan, secondary: Plan | None, used: Used, paperwork: Paperwork
) -> None:
    result = run(claims, plan, used, secondary, paperwork)
    for name in AMOUNTS:
        amount = getattr(result, name)
        assert (amount >= 0).all(), name
        assert (amount <= claims.charge).all(), name
        assert not amount[~claims.present].any(), name


# ---------------------------------------------------------------------- 3: amounts and limits are never exceeded


@EXAMPLES
@given(many_draws(), plans(), used_before())
def test_deductible_maximum_and_limits_are_never_exceeded(claims: ClaimLines, plan: Plan, used: Used) -> None:
    covered = cover(claims, plan)
    result = adjudicate(covered, plan, used)
    years = [each.plan_year for each in covered.coverage]
    for year in sorted(set(years)):
        before = used if year == years[0] else Used()
        rows = [i for i, each in enumerate(years) if each == year]
        for outside in (False, True):
            mine = [i for i in rows if paid_outside(claims, i, plan) is outside]
            counted = [i for i in mine if (b := covered.coverage[i].benefit) and b.counts_to_out_of_pocket_max]
            shared = (result.deductible + result.copay + result.coinsurance)[counted].sum(axis=0)
            for most, spent in maxima(plan, before, outside=outside):
                assert (shared <= max(to_minor(most) - to_minor(spent), 0)).all()
            main = [i for i in mine if not paid_apart(claims, i, plan)]
            for most, spent in deductibles(plan, before, outside=outside):
                assert (result.deductible[main].sum(axis=0) <= max(to_minor(most) - to_minor(spent), 0)).all()
        for benefit in plan.benefit:
            same = [i for i in rows if covered.coverage[i].benefit == benefit]
            if benefit.benefit_limit is not None:
                assert (result.plan_pays[same].sum(axis=0) <= to_minor(benefit.benefit_limit)).all()
            if benefit.visit_limit is not None and benefit.visits_under_deductible_count:
                eligible = (result.allowed - result.over_limit)[same] > 0
                for draw in range(claims.draws):
                    visits = [
                        (
                            period(claims.lines[i].day, benefit),
                            claims.lines[i].day,
                            visit_service(claims.lines[i].service),
                        )
                        for i, is_eligible in zip(same, eligible[:, draw], strict=True)
                        if is_eligible
                    ]
                    counted = Counter(when for when, _, _ in set(visits))
                    assert all(number <= benefit.visit_limit for number in counted.values())


def period(day: date, benefit: Benefit) -> int:
    """What a visit limit counts in, within a plan year: the month or the whole of it."""
    return day.month if benefit.visit_limit_resets == "month" else 0


def visit_service(service: Service) -> str:
    return service.removesuffix("_evaluation")


def paid_outside(claims: ClaimLines, index: int, plan: Plan) -> bool:
    """Whether a line counts to what is kept apart outside the network; care that pays as in the network does not."""
    line = claims.lines[index]
    benefit = plan.benefit_for(line.service, line.network)
    if benefit is not None and benefit.pays_as_in_network:
        return False
    return line.network == Network.OUT_OF_NETWORK and plan.out_of_network is not None


def paid_apart(claims: ClaimLines, index: int, plan: Plan) -> bool:
    """Whether a line has a deductible of its own."""
    benefit = plan.benefit_for(claims.lines[index].service, claims.lines[index].network)
    return benefit is not None and benefit.separate_deductible is not None


def maxima(plan: Plan, used: Used, *, outside: bool) -> Iterator[tuple[Decimal, Decimal]]:
    if outside:
        if plan.out_of_network is not None and plan.out_of_network.out_of_pocket_max is not None:
            yield plan.out_of_network.out_of_pocket_max, used.out_of_network_out_of_pocket
    elif plan.out_of_pocket_max is not None:
        yield plan.out_of_pocket_max.amount, used.out_of_pocket
        if plan.out_of_pocket_max.family_amount is not None:
            yield plan.out_of_pocket_max.family_amount, used.family_out_of_pocket


def deductibles(plan: Plan, used: Used, *, outside: bool) -> Iterator[tuple[Decimal, Decimal]]:
    if outside:
        yield (plan.out_of_network.deductible if plan.out_of_network else Decimal(0)), used.out_of_network_deductible
    elif plan.deductible is None:
        yield Decimal(0), Decimal(0)
    else:
        if not plan.deductible.is_aggregate:
            yield plan.deductible.amount, used.deductible
        if plan.deductible.family_amount is not None:
            yield plan.deductible.family_amount, used.family_deductible


@EXAMPLES
@given(bills(), plans(Terms(deductible=True, lasting=True)), used_before())
def test_a_deductible_for_the_episode_is_paid_once_over_all_plan_years(
    lines: list[Bill], plan: Plan, used: Used
) -> None:
    assert plan.deductible is not None
    claims = claim_lines(lines)
    result = run(claims, plan, used)
    mine = [i for i in range(len(lines)) if not paid_outside(claims, i, plan) and not paid_apart(claims, i, plan)]
    for most, spent in deductibles(plan, used, outside=False):
        assert int(result.deductible[mine].sum()) <= max(to_minor(most) - to_minor(spent), 0)


# ---------------------------------------------------------------------- 4: draws never meet


@EXAMPLES
@given(many_draws(draws=5), plans(), st.none() | secondaries(), used_before(), st.integers(1, 5))
def test_one_draw_among_many_and_blocks_of_any_size_give_the_same_answer(
    claims: ClaimLines, plan: Plan, secondary: Plan | None, used: Used, size: int
) -> None:
    together = run(claims, plan, used, secondary)
    for first in range(0, claims.draws, size):
        block = claims.block(first, min(first + size, claims.draws))
        alone = run(block, plan, used, secondary)
        for name in AMOUNTS:
            assert np.array_equal(getattr(together, name)[:, first : first + size], getattr(alone, name)), name
        for event in together.reached.keys() | alone.reached.keys():
            none = np.zeros(claims.draws, dtype=bool)
            among = together.reached.get(event, none)[first : first + size]
            assert np.array_equal(among, alone.reached.get(event, none[: block.draws])), event


@EXAMPLES
@given(many_draws(draws=1), plans(), st.none() | secondaries(), used_before())
def test_a_line_that_is_absent_in_a_draw_is_as_if_it_had_never_been_written(
    claims: ClaimLines, plan: Plan, secondary: Plan | None, used: Used
) -> None:
    rows = [i for i in range(len(claims.lines)) if claims.present[i, 0]]
    assume(rows)
    # `used` belongs to the plan year and the month of the first line written, present or not
    opening, first = claims.lines[0].day, claims.lines[rows[0]].day
    assume(plan.plan_year(opening) == plan.plan_year(first))
    assume(opening.month == first.month or all(each.visit_limit_resets != "month" for each in plan.benefit))
    without = ClaimLines(
        tuple(claims.lines[i] for i in rows),
        claims.currency,
        claims.charge[rows],
        claims.allowed[rows],
        claims.present[rows],
    )
    result, expected = run(claims, plan, used, secondary), run(without, plan, used, secondary)
    for name in AMOUNTS:
        assert np.array_equal(getattr(expected, name), getattr(result, name)[rows]), name
    if claims.present[-1, 0]:
        assert expected.closing == result.closing


def test_each_draw_has_its_own_stays() -> None:
    """Where the middle day of three is absent there are two stays, and two copays."""
    plan = plan_of({"services": ["surgery_facility"], "copay": 200, "copay_per": "stay"})
    days = [Bill(DAY + timedelta(day), Service.SURGERY_FACILITY, allowed=100_000, charge=100_000) for day in range(3)]
    claims = claim_lines(days, days)
    present = np.array([[True, True], [True, False], [True, True]])
    amounts = np.where(present, claims.charge, 0)
    result = run(replace(claims, charge=amounts, allowed=amounts, present=present), plan)
    assert result.copay.tolist() == [[20_000, 20_000], [0, 0], [0, 20_000]]


# ---------------------------------------------------------------------- 6: more never costs less


def raised_deductible(plan: Plan, by: Decimal) -> Plan:
    assert plan.deductible is not None
    terms = plan.deductible
    family = None if terms.family_amount is None else terms.family_amount + by
    new = terms.model_copy(update={"amount": terms.amount + by, "family_amount": family})
    return plan.model_copy(update={"deductible": new})


def limits_meet_a_maximum(plan: Plan) -> bool:
    """Whether a plan has both an out-of-pocket maximum and a limit on what it pays."""
    outside = plan.out_of_network is not None and plan.out_of_network.out_of_pocket_max is not None
    has_limit = any(each.benefit_limit is not None for each in plan.benefit)
    return (plan.out_of_pocket_max is not None or outside) and has_limit


@EXAMPLES
@given(bills(), plans(Terms(deductible=True)), used_before(), st.sampled_from([1, 50, 1000, 9_999]))
def test_raising_the_deductible_never_lowers_the_patients_total(
    lines: list[Bill], plan: Plan, used: Used, by: int
) -> None:
    """Three exceptions are shown below: a second payer, a money limit beside a maximum, and visits that do not count."""
    assume(not limits_meet_a_maximum(plan))
    assume(all(each.visits_under_deductible_count for each in plan.benefit))
    higher = raised_deductible(plan, Decimal(by).scaleb(-2))
    assert patient_total(lines, plan, used) <= patient_total(lines, higher, used)


@EXAMPLES
@given(bills(), plans(), used_before(), st.data(), st.sampled_from([1, 50, 1000, 9_999]))
def test_raising_a_price_never_lowers_the_patients_total(
    lines: list[Bill], plan: Plan, used: Used, data: st.DataObject, by: int
) -> None:
    """The provider asks more and the plan recognises all of it. The exception, a second payer, is shown below."""
    index = data.draw(st.integers(0, len(lines) - 1))
    dearer = replace(lines[index], charge=lines[index].charge + by, allowed=lines[index].allowed + by)
    raised = [*lines[:index], dearer, *lines[index + 1 :]]
    assert patient_total(lines, plan, used) <= patient_total(raised, plan, used)


DAY = date(2026, 3, 2)


def plan_of(*benefits: dict[str, object], **terms: object) -> Plan:
    return Plan.model_validate({"id": "made", "benefit": benefits, **terms})


def test_a_second_payer_of_deductibles_can_make_a_higher_deductible_cheaper() -> None:
    """It pays what the deductible leaves to the patient, but not the coinsurance: a true term of such covers."""
    second = Plan.model_validate({"id": "second", "role": "secondary", "pays": [{"of": ["deductible"]}]})
    lines = [Bill(DAY, Service.PHYSICAL_THERAPY, allowed=10_000, charge=10_000)]
    low, high = (
        plan_of({"services": ["physical_therapy"], "patient_coinsurance": "0.20"}, deductible={"amount": amount})
        for amount in (0, 100)
    )
    assert (patient_total(lines, low, None, second), patient_total(lines, high, None, second)) == (2_000, 0)


def test_a_money_limit_beside_a_maximum_can_make_a_higher_deductible_cheaper() -> None:
    """The deductible falls on care above a money limit, where it costs nothing extra, and fills the maximum sooner."""
    lines = [
        Bill(DAY, Service.PHYSICAL_THERAPY, allowed=20_000, charge=20_000),
        Bill(DAY + timedelta(1), Service.IMAGING_MRI, allowed=20_000, charge=20_000),
    ]
    low, high = (
        plan_of(
            {"services": ["physical_therapy"], "benefit_limit": 100},
            {"services": ["imaging_mri"], "patient_coinsurance": "0.50", "deductible_applies": False},
            deductible={"amount": amount},
            out_of_pocket_max={"amount": 100},
        )
        for amount in (0, 100)
    )
    # without: 100 above the limit and 100 coinsurance; with: 100 deductible, which is the maximum, and no more
    assert (patient_total(lines, low), patient_total(lines, high)) == (20_000, 10_000)


def test_visits_that_do_not_count_can_make_a_higher_deductible_cheaper() -> None:
    """A visit paid from the deductible leaves the one covered visit for a dearer day."""
    lines = [
        Bill(DAY, Service.PHYSICAL_THERAPY, allowed=10_000, charge=10_000),
        Bill(DAY + timedelta(1), Service.PHYSICAL_THERAPY, allowed=30_000, charge=30_000),
    ]
    low, high = (
        plan_of(
            {"services": ["physical_therapy"], "visit_limit": 1, "visits_under_deductible_count": False},
            deductible={"amount": amount},
        )
        for amount in (0, 100)
    )
    # without: the second visit is over the limit; with: the first is the deductible and the second is covered
    assert (patient_total(lines, low), patient_total(lines, high)) == (30_000, 10_000)


def test_a_provider_who_bears_unconfirmed_care_can_make_a_higher_price_cheaper() -> None:
    """Above a threshold, without the confirmation and without notice, Medicare makes the provider pay."""
    plan = plan_of(
        {"services": ["physical_therapy"], "patient_coinsurance": "0.20"},
        threshold=[{"id": "t", "services": ["physical_therapy"], "amount": 100, "needs_confirmation": True}],
    )
    papers = Paperwork(medical_need_confirmed=False, advance_notice=False)
    cheap, dear = (
        int(run(claim_lines([bill]), plan, None, None, papers).patient_pays.sum())
        for bill in (Bill(DAY, Service.PHYSICAL_THERAPY, allowed=price, charge=price) for price in (10_000, 10_001))
    )
    assert (cheap, dear) == (2_000, 0)


def test_a_second_payer_of_one_service_can_make_a_higher_price_cheaper() -> None:
    """The dearer visit uses up the deductible that the second payer pays, before the scan that it does not pay."""
    second = Plan.model_validate(
        {"id": "second", "role": "secondary", "pays": [{"services": ["physical_therapy"], "of": ["deductible"]}]}
    )
    plan = plan_of({"services": ["physical_therapy", "imaging_mri"]}, deductible={"amount": 100})
    scan = Bill(DAY + timedelta(1), Service.IMAGING_MRI, allowed=10_000, charge=10_000)
    cheap, dear = (
        patient_total([Bill(DAY, Service.PHYSICAL_THERAPY, allowed=price, charge=price), scan], plan, None, second)
        for price in (0, 10_000)
    )
    assert (cheap, dear) == (10_000, 0)


# ---------------------------------------------------------------------- 7: no sharing, and all of it


@EXAMPLES
@given(bills(), plans(Terms(free=True)))
def test_a_plan_with_no_sharing_leaves_the_patient_nothing_of_what_is_covered(lines: list[Bill], plan: Plan) -> None:
    claims = claim_lines(lines)
    result = run(claims, plan)
    assert np.array_equal(result.patient_pays, result.not_covered + result.balance_bill)
    for index, each in enumerate(cover(claims, plan).coverage):
        if each.benefit is not None:
            assert result.plan_pays[index] == result.allowed[index]


@EXAMPLES
@given(bills(), plans(Terms(all_coinsurance=True, maximum=False)), used_before())
def test_full_coinsurance_leaves_the_plan_nothing_where_there_is_no_maximum(
    lines: list[Bill], plan: Plan, used: Used
) -> None:
    result = run(claim_lines(lines), plan, used)
    assert not result.plan_pays.any()
    assert np.array_equal(result.patient_pays, result.charge - result.write_off)


@EXAMPLES
@given(bills(), plans(Terms(all_coinsurance=True, outside=False)))
def test_full_coinsurance_leaves_the_plan_nothing_before_the_maximum(lines: list[Bill], plan: Plan) -> None:
    result = run(claim_lines(lines), plan)
    for index in range(len(lines)):
        if result.out_of_pocket_left[index] > 0:
            assert result.plan_pays[index] == 0


# ---------------------------------------------------------------------- 8: a new plan year


def next_year(day: date, years: int) -> date:
    return day.replace(year=day.year + years)


@EXAMPLES
@given(bills(days=365), plans(Terms(lasting=False)), st.none() | secondaries())
def test_the_same_episode_in_a_new_plan_year_costs_the_same_again(
    lines: list[Bill], plan: Plan, secondary: Plan | None
) -> None:
    plan = plan.model_copy(update={"plan_year_starts": "01-01"})
    assume(secondary is None or all(rule.limit_resets == "plan_year" for rule in secondary.pays))
    again = [replace(line, day=next_year(line.day, 2)) for line in lines]
    both = run(claim_lines([*lines, *again]), plan, None, secondary)
    once = run(claim_lines(lines), plan, None, secondary)
    for name in AMOUNTS:
        amounts = getattr(both, name)
        assert np.array_equal(getattr(once, name), amounts[: len(lines)]), name
        assert np.array_equal(getattr(once, name), amounts[len(lines) :]), name
    assert once.closing == both.closing


# ---------------------------------------------------------------------- 9: closing accumulators are opening ones


@EXAMPLES
@given(bills(days=365, max_size=8), plans(), st.none() | secondaries(), used_before(), st.data())
def test_closing_accumulators_fed_back_go_on_where_they_stopped(
    lines: list[Bill], plan: Plan, secondary: Plan | None, used: Used, data: st.DataObject
) -> None:
    plan = plan.model_copy(update={"plan_year_starts": "01-01"})
    days = sorted({line.day for line in lines})
    assume(len(days) > 1)
    cut_day = data.draw(st.sampled_from(days[1:]))  # a visit is never cut in two, nor a stay
    cut = next(i for i, line in enumerate(lines) if line.day == cut_day)
    last_day = lines[cut - 1].day
    assume(cut_day - last_day > timedelta(1) or all(each.copay_per != "stay" for each in plan.benefit))
    # a count by month is told as one number, so it can only be handed on within the month
    assume(cut_day.month == last_day.month or all(each.visit_limit_resets != "month" for each in plan.benefit))
    whole = run(claim_lines(lines), plan, used, secondary)
    first = run(claim_lines(lines[:cut]), plan, used, secondary)
    rest = run(claim_lines(lines[cut:]), plan, first.closing[0], secondary)
    for name in AMOUNTS:
        assert np.array_equal(getattr(whole, name), np.concatenate([getattr(first, name), getattr(rest, name)])), name
    assert whole.closing == rest.closing


# ---------------------------------------------------------------------- two rules for one part


@EXAMPLES
@example([["coinsurance"], ["coinsurance"]])
@given(st.lists(st.lists(st.sampled_from(PARTS), min_size=1, max_size=2), min_size=2, max_size=3))
def test_a_second_payer_never_pays_more_than_was_left(of: list[list[str]]) -> None:
    """Rules that speak of one part twice are either refused or paid once."""
    try:
        second = validate(Plan, {"id": "s", "role": "secondary", "pays": [{"of": parts} for parts in of]}, "s")
    except FileProblems:
        return
    plan = plan_of(
        {"services": ["physical_therapy"], "copay": 10, "patient_coinsurance": "0.20"}, deductible={"amount": 50}
    )
    result = run(claim_lines([Bill(DAY, Service.PHYSICAL_THERAPY, allowed=20_000, charge=25_000)]), plan, None, second)
    assert (result.patient_pays >= 0).all()
