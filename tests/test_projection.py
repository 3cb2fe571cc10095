"""Many draws: steady, ordered, bounded, and the same however they are cut into blocks."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest

from estimator import projection
from estimator.adjudication import adjudicate
from estimator.draws import CHUNK, point, sample
from estimator.errors import InputError
from estimator.estimate import Case, open_case, run
from estimator.plan import Deductible, OutOfPocketMax
from estimator.projection import PAID, SEED, Projection, patient_totals, project, totals
from estimator.quote import quote
from estimator.scenario import read_scenario
from estimator.vocabulary import Region, Service
from tests.cases import ALL_SERVICES, EXAMPLES, TREATMENTS, case

FEW = 2_000
WORK = {"job_demand": "heavy", "daily_pay": "200.00", "days_per_week": 5}


def example(region: Region) -> Case:
    return open_case(read_scenario(EXAMPLES / f"{region}.toml"))


def with_deductible(opened: Case, amount: str) -> Case:
    return replace(opened, plan=opened.plan.model_copy(update={"deductible": Deductible(amount=Decimal(amount))}))


def spreads(made: Projection) -> list[projection.Spread]:
    return [made.patient_pays, made.plan_pays, made.secondary_pays]


# ---------------------------------------------------------------- steady


@pytest.mark.parametrize("region", Region)
def test_the_same_seed_gives_the_same_bytes(region: Region) -> None:
    made = [project(example(region), FEW, 7).model_dump_json() for _ in range(2)]
    assert made[0] == made[1]


def test_another_seed_gives_other_numbers() -> None:
    assert project(case(), FEW, 7).patient_pays != project(case(), FEW, 8).patient_pays


@pytest.mark.parametrize("region", Region)
@pytest.mark.parametrize("block", [1, 37, 777, 10_000])
def test_blocks_of_any_size_give_the_same_answer(region: Region, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    draws = 120
    expected = project(example(region), draws, 7).model_dump_json()
    monkeypatch.setattr(projection, "BLOCK", block)
    assert expected == project(example(region), draws, 7).model_dump_json()


def test_two_seeds_agree_within_the_sampling_error_they_state() -> None:
    made = [project(case(services=["physical_therapy", "imaging_mri"]), 10_000, seed).patient_pays for seed in (1, 2)]
    error = made[0].p50_error + made[1].p50_error
    assert abs(made[0].p50 - made[1].p50) <= 4 * error


def test_more_draws_have_a_smaller_sampling_error() -> None:
    few, many = (project(case(), draws, 3).patient_pays.p50_error for draws in (1_000, 16_000))
    assert many < few / 2


def test_25_000_draws_run_in_three_chunks() -> None:
    made = project(case(), 25_000)
    assert 25_000 == made.draws == len(patient_totals(case(), 25_000))
    one = project(case(), 10_000)
    assert abs(made.patient_pays.p50 - one.patient_pays.p50) <= 4 * one.patient_pays.p50_error


def test_the_mean_of_several_chunks_weighs_each_by_its_draws() -> None:
    everyone = patient_totals(case(), 12_000, 5)
    assert pytest.approx(everyone.mean() / 100, abs=0.006) == float(project(case(), 12_000, 5).patient_pays.mean)


def test_the_first_chunk_of_many_draws_is_that_of_few() -> None:
    assert (patient_totals(case(), CHUNK, 5) == patient_totals(case(), CHUNK + 500, 5)[:CHUNK]).all()


@pytest.mark.parametrize(("draws", "shown"), [(99, "99"), (0, "0"), (-5, "-5"), (1_000_001, "1,000,001")])
def test_too_few_or_too_many_draws_are_refused(draws: int, shown: str) -> None:
    with pytest.raises(InputError, match=f"draws: choose a number from 100 to 1,000,000 \\(got {shown}\\)"):
        project(case(), draws)


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_seed_that_is_none_is_refused(seed: int) -> None:
    with pytest.raises(InputError, match="seed: choose a whole number from 0 to 9223372036854775807"):
        project(case(), 100, seed)


def test_a_hundred_draws_are_enough_to_answer() -> None:
    assert 100 == project(case(), 100).draws


# ---------------------------------------------------------------- one draw and many


@pytest.mark.parametrize("region", Region)
def test_a_quote_is_what_the_engine_says_of_the_likely_draw(region: Region) -> None:
    opened = example(region)
    course = run(opened, opened.components[0], point())
    result = adjudicate(course.covered, opened.plan, opened.scenario.used, opened.secondary)
    made = quote(opened).totals
    assert [int(result.patient_pays.sum()), int(result.plan_pays.sum()), int(result.charge.sum())] == [
        int(amount * 100) for amount in (made.patient_pays, made.plan_pays, made.charge)
    ]


@pytest.mark.parametrize("region", Region)
def test_the_quote_lies_in_the_range_of_the_projection(region: Region) -> None:
    all_draws = patient_totals(example(region), FEW) / 100
    assert all_draws.min() <= float(quote(example(region)).totals.patient_pays) <= all_draws.max()


# ---------------------------------------------------------------- ordered and adding up


@pytest.mark.parametrize("region", Region)
def test_percentiles_are_in_order_and_never_negative(region: Region) -> None:
    made = project(example(region), FEW)
    for spread in spreads(made):
        assert 0 <= spread.p10 <= spread.p50 <= spread.p90
        assert spread.p50_error >= 0
    for part in (*made.by_phase, *made.by_service):
        assert 0 <= part.patient_p10 <= part.patient_p90
    days = made.recovery_days
    assert 0 < days.p10 <= days.p50 <= days.p90


@pytest.mark.parametrize("region", Region)
def test_money_by_week_never_falls_and_ends_at_the_total(region: Region) -> None:
    made = project(example(region), FEW)
    for name in ("p10", "p50", "p90"):
        weekly = [getattr(week, name) for week in made.by_week]
        assert sorted(weekly) == weekly
        assert getattr(made.patient_pays, name) == weekly[-1]
    assert [*range(len(made.by_week))] == [week.week for week in made.by_week]


@pytest.mark.parametrize("region", Region)
def test_the_parts_of_the_mean_add_up_to_the_mean(region: Region) -> None:
    made = project(example(region), FEW)
    for parts in (made.by_phase, made.by_service):
        rounding = 0.005 * (len(parts) + 1)
        assert pytest.approx(float(made.patient_pays.mean), abs=rounding) == float(
            sum(part.patient_mean for part in parts)
        )
        paid = float(made.plan_pays.mean + made.secondary_pays.mean)
        assert pytest.approx(paid, abs=rounding + 0.005) == float(sum(part.plan_mean for part in parts))


@pytest.mark.parametrize("region", Region)
def test_chances_lie_between_0_and_1(region: Region) -> None:
    made = project(example(region), FEW)
    assert all(0 <= outcome.probability <= 1 for outcome in made.outcomes)
    assert all(0 <= driver.share <= 1 for driver in made.drivers)
    assert sorted((driver.share for driver in made.drivers), reverse=True) == [driver.share for driver in made.drivers]


def test_every_course_of_every_condition_can_be_projected() -> None:
    for region in Region:
        for condition, management in TREATMENTS:
            for wants in ({"services": ALL_SERVICES}, {"mode": "average"}):
                made = project(case(region=region, condition=condition, management=management, **wants), 100)
                assert made.patient_pays.p10 <= made.patient_pays.p90


def test_only_outcomes_that_the_plan_knows_are_told() -> None:
    def told(**changes: object) -> set[str]:
        return {outcome.id for outcome in project(case(**changes), 100).outcomes}

    assert {"deductible_met", "out_of_pocket_max_met", "visit_limit_reached"} == told(plan="ppo")
    assert set() == told(plan="uninsured")
    assert {"deductible_met", "benefit_limit_reached"} == told(region="uk_private", plan="pmi_excess_outpatient_limit")
    assert {"deductible_met", "therapy_threshold", "medical_review_threshold"} == told(region="medicare_part_b")


def test_the_chance_of_meeting_the_deductible_is_the_share_of_draws_that_do() -> None:
    opened = case(services=["physical_therapy", "imaging_mri"])
    course = run(opened, opened.components[0], projection.sample(FEW, 7))
    result = adjudicate(course.covered, opened.plan, opened.scenario.used, None)
    met = (result.deductible.sum(axis=0) == 100_000).mean()
    chance = next(o.probability for o in project(opened, FEW, 7).outcomes if o.id == "deductible_met")
    assert 0 < met < 1
    assert pytest.approx(met, abs=1e-4) == float(chance)


# ---------------------------------------------------------------- what changes the answer


@pytest.mark.parametrize("condition", ["strain_grade_1", "strain_grade_2", "strain_grade_3"])
def test_a_higher_deductible_never_costs_less_in_any_draw(condition: str) -> None:
    opened = case(condition=condition, services=["physical_therapy", "imaging_mri", "physician_visit"])
    paid = [patient_totals(with_deductible(opened, amount), FEW) for amount in ("0.00", "500.00", "1000.00", "3000.00")]
    assert all((more >= less).all() for less, more in pairwise(paid))
    assert paid[0].mean() < paid[-1].mean()


def test_a_lower_out_of_pocket_maximum_never_costs_more() -> None:
    opened = case(condition="avulsion_grade_4", services=["physical_therapy", "imaging_mri"])
    low = replace(
        opened, plan=opened.plan.model_copy(update={"out_of_pocket_max": OutOfPocketMax(amount=Decimal("1500.00"))})
    )
    less, more = patient_totals(low, FEW), patient_totals(opened, FEW)
    assert (less <= more).all()
    assert 150_000 == less.max()


def test_what_is_used_already_lowers_the_rest_of_the_deductible() -> None:
    fresh, used = patient_totals(case(), FEW), patient_totals(case(used={"deductible": "400.00"}), FEW)
    assert (used <= fresh).all()
    assert used.mean() < fresh.mean()


def test_a_second_cover_never_makes_it_dearer() -> None:
    alone = patient_totals(case(region="medicare_part_b"), FEW)
    for second in ("medigap_a", "medigap_g", "medigap_n", "medigap_k"):
        assert (patient_totals(case(region="medicare_part_b", secondary=second), FEW) <= alone).all()


def test_with_medigap_g_only_the_part_b_deductible_remains() -> None:
    made = patient_totals(case(region="medicare_part_b", secondary="medigap_g", condition="strain_grade_3"), FEW)
    assert 28_300 == made.max()


def test_two_plans_meet_the_same_patients() -> None:
    ppo, gold = (totals(case(plan=plan), FEW, SEED, 0) for plan in ("ppo", "gold"))
    assert (ppo.recovery_days == gold.recovery_days).all()
    assert (ppo.visits_by_service[Service.PHYSICAL_THERAPY] == gold.visits_by_service[Service.PHYSICAL_THERAPY]).all()


def test_a_slow_recovery_drives_the_spread() -> None:
    drivers = [driver.id for driver in project(case(), 10_000).drivers]
    assert {"recovery", "visits:physical_therapy"} & {*drivers[:2]}


# ---------------------------------------------------------------- an undiagnosed injury


def test_an_undiagnosed_injury_takes_its_draws_from_the_grades_by_their_shares() -> None:
    made = totals(case(condition="undiagnosed"), 1000, 7, 0)
    (conditions, counts) = np.unique(made.inputs["condition"], return_counts=True)
    assert ([0, 1, 2], [700, 270, 30]) == (conditions.tolist(), counts.tolist())
    assert 1000 == made.patient.shape[0] == made.by_week.shape[1] == made.recovery_days.shape[0]


def test_its_mean_is_the_mix_of_the_means_of_the_grades() -> None:
    shares = {"strain_grade_1": 0.70, "strain_grade_2": 0.27, "strain_grade_3": 0.03}
    mixed = patient_totals(case(condition="undiagnosed"), 10_000).mean()
    parts = sum(share * patient_totals(case(condition=grade), 10_000).mean() for grade, share in shares.items())
    assert pytest.approx(parts, rel=0.05) == mixed


# ---------------------------------------------------------------- work: beside, never inside


def test_lost_pay_stands_beside_the_cost_and_never_inside() -> None:
    without, with_work = project(case(), FEW), project(case(work=WORK), FEW)
    assert without.patient_pays == with_work.patient_pays
    assert without.work is None
    assert with_work.work is not None
    assert with_work.work.lost_pay is not None


def test_lost_pay_is_days_off_times_five_sevenths_times_the_daily_pay() -> None:
    work = project(case(work=WORK), FEW).work
    assert work is not None
    assert work.lost_pay is not None
    row = next(r for r in case().pathway.work_loss if (r.condition, r.job_demand) == ("strain_grade_2", "heavy"))
    assert row.days_low <= work.days_off.p10 <= work.days_off.p50 <= work.days_off.p90 <= row.days_high
    assert pytest.approx(work.days_off.p50 * 5 / 7 * 200, abs=0.01) == float(work.lost_pay.p50)
    assert round(work.days_off.p50 * 5 / 7) == work.working_days_off.p50


def test_without_a_daily_pay_there_are_days_but_no_lost_pay() -> None:
    work = project(case(work={"job_demand": "heavy"}), FEW).work
    assert work is not None
    assert work.lost_pay is None


def test_a_heavy_job_loses_more_days_than_a_desk() -> None:
    days = {}
    for job in ("sedentary", "heavy"):
        work = project(case(work={"job_demand": job}), FEW).work
        assert work is not None
        days[job] = work.days_off.p50
    assert days["sedentary"] < days["heavy"]


# ---------------------------------------------------------------- the NHS


def test_nhs_waits_stand_in_the_projection_and_elsewhere_there_are_none() -> None:
    nhs = project(case(region="nhs", area={"nation": "England"}), 10_000).wait_weeks
    assert nhs is not None
    assert (7, True) == (nhs.p50, nhs.p10 < nhs.p50 < nhs.p90)
    assert project(case(), 100).wait_weeks is None


def test_three_items_in_england_cost_29_70_in_every_draw() -> None:
    made = project(case(region="nhs", area={"nation": "England"}, prescription_items=3), FEW).patient_pays
    assert {Decimal("29.70")} == {made.p10, made.p50, made.p90, made.mean}


def test_a_service_without_a_price_is_named() -> None:
    assert (Service.HOME_CARE,) == project(case(services=["physical_therapy", "home_care"]), 100).unpriced


def test_keeping_only_what_is_paid_changes_no_amount() -> None:
    opened = case()
    made = run(opened, opened.components[0], sample(500, 3))
    whole = adjudicate(made.covered, opened.plan, opened.scenario.used)
    kept = adjudicate(made.covered, opened.plan, opened.scenario.used, keep=PAID)
    for name in PAID:
        assert (getattr(whole, name) == getattr(kept, name)).all()
    assert (0, 500) == kept.charge.shape
