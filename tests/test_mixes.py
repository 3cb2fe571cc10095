"""NHS, private and mixed care: the engine's own totals in every part, an honest frontier, and no claims beyond the trial."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from estimator.draws import point
from estimator.errors import InputError
from estimator.estimate import run
from estimator.mixes import Mixes, MixOption, mixes
from estimator.projection import project
from estimator.quote import quote
from estimator.scenario import read_scenario
from estimator.vocabulary import Service
from tests.cases import EXAMPLES, case, scenario

DRAWS = 500
WIDE = ("physical_therapy", "physician_visit", "imaging_mri", "specialist_visit", "massage_therapy")


@cache
def made(services: tuple[str, ...] = WIDE, plans: tuple[str, ...] = (), nation: str = "", **changes: Any) -> Mixes:
    area = {"area": {"nation": nation}} if nation else {}
    return mixes(scenario(**{"region": "nhs", "services": list(services)} | area | changes), plans, DRAWS)


def option(answer: Mixes, way: str) -> MixOption:
    return next(each for each in answer.options if each.way == way)


# ---------------------------------------------------------------- the engine, put together


def test_the_nhs_alone_costs_what_its_projection_says() -> None:
    alone = option(made(), "nhs")
    given = case(region="nhs", services=list(WIDE))
    spread = project(given, DRAWS).patient_pays
    assert quote(given).totals.patient_pays == alone.patient_pays.likely
    assert (spread.p10, spread.p50, spread.p90) == (
        alone.patient_pays.p10,
        alone.patient_pays.p50,
        alone.patient_pays.p90,
    )
    assert quote(given).totals.plan_pays == alone.nhs_pays


@pytest.mark.parametrize(("way", "plan"), [("private", "uk_self_pay"), ("insurance", "pmi_excess_outpatient_limit")])
def test_private_care_costs_what_its_projection_says(way: str, plan: str) -> None:
    alone = option(made(), way)
    given = case(region="uk_private", area={"nation": "England", "region": "London"}, services=list(WIDE), plan=plan)
    spread = project(given, DRAWS).patient_pays
    assert quote(given).totals.patient_pays == alone.patient_pays.likely
    assert (spread.p10, spread.p50, spread.p90) == (
        alone.patient_pays.p10,
        alone.patient_pays.p50,
        alone.patient_pays.p90,
    )


def test_a_private_scan_adds_the_price_of_the_scan_and_nothing_else() -> None:
    scan, alone = option(made(), "private_scan_nhs_care"), option(made(), "nhs")
    assert Decimal("400.00") == scan.extra_cost
    assert alone.nhs_pays - Decimal("190.83") == scan.nhs_pays


def test_private_sessions_after_an_nhs_diagnosis_cost_the_sessions() -> None:
    mix = option(made(("physical_therapy", "physician_visit", "imaging_mri")), "nhs_diagnosis_private_sessions")
    assert (Decimal("594.00"), 8) == (mix.patient_pays.likely, mix.private_sessions)  # 90.00 and seven times 72.00
    assert Decimal("238.83") == mix.nhs_pays  # a GP visit and a scan


def test_an_operation_stays_with_the_nhs_when_only_the_sessions_are_private() -> None:
    answer = made(("physical_therapy",), condition="avulsion_grade_4")
    mix = option(answer, "nhs_diagnosis_private_sessions")
    assert mix.nhs_pays > 0
    assert mix.patient_pays.likely < option(answer, "private").patient_pays.likely - 5000


def test_the_top_up_begins_with_a_first_appointment_after_the_usual_six_sessions() -> None:
    mix = option(made(("physical_therapy",)), "nhs_course_private_top_up")
    assert (2, Decimal("162.00")) == (mix.private_sessions, mix.patient_pays.likely)  # 90.00 and 72.00
    assert Decimal("474.36") == mix.nhs_pays  # six times 79.06


@pytest.mark.parametrize("sessions", [0, 1, 5, 8, 30])
def test_nhs_and_private_sessions_make_up_the_whole_course(sessions: int) -> None:
    asked = scenario(region="nhs")
    mix = option(mixes(asked, (), 100, discharge_after=sessions), "nhs_course_private_top_up")
    assert max(8 - sessions, 0) == mix.private_sessions
    assert Decimal("79.06") * min(sessions, 8) == mix.nhs_pays


def test_a_cash_plan_pays_back_part_of_private_sessions() -> None:
    without, with_it = (
        option(made(("physical_therapy",), region="uk_private", **extra), "private").patient_pays.likely
        for extra in ({}, {"secondary": "cash_plan"})
    )
    assert without - with_it == Decimal("200.00")


def test_a_mix_without_therapy_offers_no_sessions() -> None:
    answer = made(("imaging_mri",))
    assert {"nhs", "private_scan_nhs_care", "private", "insurance"} == {each.way for each in answer.options}
    assert all(each.weeks_to_first_session is None and each.weeks_saved is None for each in answer.options)


def test_several_insurances_stand_side_by_side() -> None:
    answer = made(("physical_therapy",), ("pmi_excess_only", "pmi_therapies_limit"))
    assert {"insurance:pmi_excess_only", "insurance:pmi_therapies_limit"} <= {each.id for each in answer.options}


def test_an_undiagnosed_injury_is_every_condition_in_its_share() -> None:
    given = case(region="nhs", services=["physical_therapy"], condition="undiagnosed")
    mix = option(made(("physical_therapy",), condition="undiagnosed"), "nhs")
    assert project(given, DRAWS).patient_pays.p90 == mix.patient_pays.p90


def test_the_same_seed_gives_the_same_answer() -> None:
    asked = scenario(region="nhs")
    assert mixes(asked, (), 200, seed=7).model_dump_json() == mixes(asked, (), 200, seed=7).model_dump_json()


@pytest.mark.parametrize("nation", ["England", "Scotland", "Wales", "Northern Ireland"])
def test_every_nation_has_its_mixes(nation: str) -> None:
    answer = made(("physical_therapy",), nation=nation)
    assert Decimal("0.00") == option(answer, "nhs").patient_pays.likely
    assert (nation != "England") == any("No wait is published" in note for note in answer.notes)


# ---------------------------------------------------------------- weeks and pounds


def test_the_wait_of_a_mix_is_the_published_wait_and_a_private_way_has_none() -> None:
    answer = made(("physical_therapy",), nation="England")
    nhs, private = (option(answer, way).weeks_to_first_session for way in ("nhs", "private"))
    assert nhs is not None
    assert private is not None
    assert 7 <= nhs.likely <= 8  # England's median so far is 7.2 weeks; then the next working day
    assert Decimal("0.0") == private.p90


def test_pounds_for_each_week_saved_are_extra_cost_over_weeks() -> None:
    bought = option(made(("physical_therapy",)), "private")
    assert bought.weeks_saved is not None
    assert bought.pounds_per_week_saved == (bought.extra_cost / bought.weeks_saved).quantize(Decimal("0.01"))
    assert bought.weeks_saved_per_pound == (bought.weeks_saved / bought.extra_cost).quantize(Decimal("0.0001"))


def test_a_way_that_saves_no_weeks_has_no_price_for_a_week() -> None:
    scan = option(made(), "private_scan_nhs_care")
    assert (Decimal("0.0"), None, None) == (scan.weeks_saved, scan.weeks_saved_per_pound, scan.pounds_per_week_saved)


def test_nobody_on_the_frontier_is_beaten_and_everybody_else_is() -> None:
    options = made().options
    for each in options:
        better = {
            other.id
            for other in options
            if other.patient_pays.likely <= each.patient_pays.likely
            and _first(other) <= _first(each)
            and (other.patient_pays.likely, _first(other)) != (each.patient_pays.likely, _first(each))
        }
        assert better == {*each.slower_and_dearer_than}
    assert any(not each.slower_and_dearer_than for each in options)


def _first(each: MixOption) -> Decimal:
    assert each.weeks_to_first_session is not None
    return each.weeks_to_first_session.likely


def test_the_options_are_in_order_of_their_cost() -> None:
    costs = [each.patient_pays.likely for each in made().options]
    assert sorted(costs) == costs


# ---------------------------------------------------------------- what the trial does and does not say


def test_the_pathways_recovery_is_the_same_for_every_way() -> None:
    assert len({each.weeks_to_return.model_dump_json() for each in made().options}) == 1


def test_a_late_start_of_a_grade_2_strain_adds_the_trials_days_once() -> None:
    nhs, private = (option(made(), way) for way in ("nhs", "private"))
    assert (nhs.trial, private.trial) == ("late_group", "early_group")
    assert (Decimal("7.2"), Decimal("4.3")) == (nhs.weeks_to_return_in_trial, private.weeks_to_return_in_trial)


def test_a_much_longer_wait_adds_no_more_than_the_trial_measured() -> None:
    long, longer = (
        option(mixes(scenario(region="nhs", area={"nation": "England", "region": region}), (), 100), "nhs")
        for region in ("Midlands", "London")
    )
    assert _first(long) < _first(longer)
    assert long.weeks_to_return_in_trial == longer.weeks_to_return_in_trial


@pytest.mark.parametrize("condition", ["strain_grade_1", "recurrent_strain", "proximal_tendinopathy", "undiagnosed"])
def test_other_injuries_were_not_studied(condition: str) -> None:
    answer = made(("physical_therapy",), condition=condition)
    assert {"not_studied"} == {each.trial for each in answer.options}
    assert any("was not studied" in note and "none is claimed" in note for note in answer.notes)


def test_a_start_between_the_two_groups_has_no_figure() -> None:
    answer = mixes(scenario(region="nhs", injury_date="2026-03-02", care_starts="2026-03-06"), (), 100)
    private = option(answer, "private")
    assert (private.trial, private.weeks_to_return_in_trial) == ("between_the_groups", None)


def test_massage_is_never_rehabilitation() -> None:
    answer = made(("massage_therapy",))
    assert {"not_studied"} == {each.trial for each in answer.options}
    assert "Nothing shows that earlier massage shortens recovery, so no days are saved for it." in answer.notes


def test_the_trial_is_cited() -> None:
    assert made().trial_source.id == "bayer-2017"


# ---------------------------------------------------------------- break-even


def test_an_excess_of_150_pays_from_the_second_session_in_london() -> None:
    found = made(("physical_therapy",), ("pmi_excess_only",)).break_even
    assert (found[0].id, found[0].sessions) == ("excess:pmi_excess_only", 2)
    assert (Decimal("162.00"), Decimal("150.00")) == (found[0].self_pay, found[0].with_cover)  # 90.00 + 72.00


def test_a_premium_for_a_year_pays_only_after_many_sessions() -> None:
    found = {each.id: each for each in made(("physical_therapy",), ("pmi_county_medical_2018",)).break_even}
    assert found["excess:pmi_county_medical_2018"].sessions is None  # it insures no sessions
    assert Decimal("398.16") == found["premium:pmi_county_medical_2018"].fixed_cost  # 12 x 33.18


def test_a_cash_plan_that_pays_back_less_than_its_premium_never_pays() -> None:
    answer = made(("physical_therapy",), region="uk_private", secondary="cash_plan")
    cash = answer.break_even[-1]
    assert (None, Decimal("427.68")) == (cash.sessions, cash.fixed_cost)
    assert "never pays within 52 weekly sessions" in cash.says
    assert "does not cover an injury you already have" in cash.says


# ---------------------------------------------------------------- bad input


def test_american_care_has_no_mixes() -> None:
    with pytest.raises(InputError, match="region: NHS and private care are mixed only in the UK"):
        mixes(scenario())


def test_the_average_patient_has_no_mixes() -> None:
    with pytest.raises(InputError, match="mode: mixes compare your own course of care; name the services"):
        mixes(scenario(region="nhs", mode="average"))


@pytest.mark.parametrize("draws", [99, 10_001])
def test_too_few_or_too_many_draws_are_refused(draws: int) -> None:
    with pytest.raises(InputError, match=r"draws: choose a number from 100 to 10,000"):
        mixes(scenario(region="nhs"), draws=draws)


def test_too_many_insurances_are_refused() -> None:
    with pytest.raises(InputError, match=r"plan: name at most 3 insurances \(got 4\)"):
        mixes(scenario(region="nhs"), ("a", "b", "c", "d"))


def test_an_unknown_insurance_is_refused() -> None:
    with pytest.raises(InputError, match="there is no plan 'pmi_excess_onl' in uk_private"):
        mixes(scenario(region="nhs"), ("pmi_excess_onl",))


def test_every_session_service_of_the_nhs_course_is_a_therapy() -> None:
    course = run(case(region="nhs"), case(region="nhs").components[0], point())
    assert {Service.PHYSICAL_THERAPY_EVALUATION, Service.PHYSICAL_THERAPY} == {
        slot.service for slot in course.visits.slots
    }


def test_a_way_with_care_nobody_prices_says_so_beats_none_and_has_no_price_a_week() -> None:
    made = mixes(read_scenario(EXAMPLES / "nhs.toml"), draws=200)
    short = {option.id for option in made.options if Service.IMAGING_ULTRASOUND in option.not_counted}
    assert {"private", "private_scan_nhs_care"} <= {option.way for option in made.options if option.id in short}
    assert all(option.pounds_per_week_saved is None for option in made.options if option.id in short)
    assert all(not short & {*option.slower_and_dearer_than} for option in made.options)
