"""The checklist: what the cover asks for, by when, and the way of appeal."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from estimator.errors import FileProblems
from estimator.estimate import Case, open_case
from estimator.quote import quote
from estimator.requirements import Checklist, ChecklistItem, checklist, load_requirements
from estimator.scenario import read_scenario
from estimator.vocabulary import Region, Service
from tests.cases import EXAMPLES, TARIFFS, case

NATIONAL = {"region": "medicare_part_b", "area": {"locality": "NATIONAL"}}
LONG = {**NATIONAL, "condition": "avulsion_grade_4"}


def of(opened: Case) -> Checklist:
    return checklist(opened, quote(opened))


def items(made: Checklist, name: str) -> list[ChecklistItem]:
    return [item for item in made.items if item.id == name]


def item(made: Checklist, name: str) -> ChecklistItem:
    (found,) = items(made, name)
    return found


def ids(made: Checklist) -> set[str]:
    return {entry.id for entry in made.items}


def therapy_days(opened: Case) -> list[date]:
    services = (Service.PHYSICAL_THERAPY_EVALUATION, Service.PHYSICAL_THERAPY)
    return sorted({line.date for line in quote(opened).lines if line.visit_service in services})


# ---------------------------------------------------------------- Medicare


def test_the_plan_of_care_is_certified_within_30_days_of_the_first_treatment() -> None:
    opened = case(**NATIONAL)
    entry = item(of(opened), "certification")
    assert (therapy_days(opened)[0] + timedelta(days=30), "by", "dated") == (entry.due, entry.due_words, entry.status)


def test_a_plan_of_care_and_a_doctors_order_are_there_from_the_first_day() -> None:
    opened = case(**NATIONAL)
    made = of(opened)
    first = therapy_days(opened)[0]
    assert (first, "by") == (item(made, "plan_of_care").due, item(made, "plan_of_care").due_words)
    assert (first, "before") == (item(made, "under_physician_care").due, item(made, "under_physician_care").due_words)


def test_a_progress_report_is_due_every_10_treatment_days_and_the_evaluation_counts() -> None:
    opened = case(**LONG)
    days = therapy_days(opened)
    assert len(days) > 20
    expected = [days[number - 1] for number in range(10, len(days) + 1, 10)]
    reports = items(of(opened), "progress_report")
    assert expected == [report.due for report in reports]
    assert ["at visit 10, by", "at visit 20, by"] == [report.due_words for report in reports][:2]


def test_a_short_course_needs_a_progress_report_only_if_it_grows() -> None:
    opened = case(**NATIONAL, used={})
    assert len(therapy_days(opened)) < 10
    report = item(of(opened), "progress_report")
    assert (None, "if_it_happens") == (report.due, report.status)


def test_the_plan_of_care_is_certified_again_every_90_days_of_a_long_course() -> None:
    opened = case(**LONG)
    first, last = therapy_days(opened)[0], quote(opened).last_visit
    expected = [first + timedelta(days=90 * n) for n in range(1, 9) if first + timedelta(days=90 * n) <= last]
    assert expected
    assert expected == [entry.due for entry in items(of(opened), "recertification")]


def test_a_short_course_is_certified_again_only_if_it_goes_on() -> None:
    entry = item(of(case(**NATIONAL)), "recertification")
    assert (None, "every 90 days, if care goes on", "if_it_happens") == (entry.due, entry.due_words, entry.status)


def test_kx_is_asked_for_on_the_day_the_years_total_passes_the_threshold() -> None:
    """2,400.00 used; evaluation 97.86 + 22.21 brings it to 2,520.07, above 2,480.00 on the first day."""
    opened = case(**NATIONAL, used={"thresholds": {"therapy_threshold": "2400.00"}})
    assert therapy_days(opened)[0] == item(of(opened), "kx_threshold").due


def test_kx_waits_for_the_visit_that_passes_it() -> None:
    """2,350.00 + 120.07 = 2,470.07; the next visit of 29.06 + 21.21 passes 2,480.00."""
    opened = case(**NATIONAL, used={"thresholds": {"therapy_threshold": "2350.00"}})
    assert therapy_days(opened)[1] == item(of(opened), "kx_threshold").due


def test_a_total_that_only_reaches_the_threshold_has_not_passed_it() -> None:
    """2,480.00 less the whole course: the last visit lands exactly on the threshold."""
    course = quote(case(**NATIONAL)).totals.allowed
    exact = case(**NATIONAL, used={"thresholds": {"therapy_threshold": str(2480 - course)}})
    assert None is item(of(exact), "kx_threshold").due
    over = case(**NATIONAL, used={"thresholds": {"therapy_threshold": f"{2480 - course + 1:.2f}"}})
    assert therapy_days(over)[-1] == item(of(over), "kx_threshold").due


def test_far_below_the_threshold_kx_is_only_a_possibility() -> None:
    entry = item(of(case(**NATIONAL)), "kx_threshold")
    assert (None, "if_it_happens") == (entry.due, entry.status)


def test_an_advance_notice_is_asked_for_only_with_care_medicare_may_refuse() -> None:
    assert "advance_notice" not in ids(of(case(**NATIONAL)))
    assert "advance_notice" in ids(of(case(**NATIONAL, services=["physical_therapy", "massage_therapy"])))


def test_massage_is_skilled_therapy_or_yours_to_pay() -> None:
    made = of(case(**NATIONAL, services=["physical_therapy", "massage_therapy"]))
    assert (date(2026, 3, 16), "before") == (item(made, "skilled_massage").due, item(made, "skilled_massage").due_words)


def test_medicare_advantage_has_other_duties_than_original_medicare() -> None:
    original, advantage = of(case(**NATIONAL)), of(case(**NATIONAL, plan="medicare_advantage"))
    assert "certification" in ids(original) - ids(advantage)
    assert {"advantage_network", "advantage_therapy_request"} <= ids(advantage) - ids(original)


def test_ten_business_days_pass_over_weekends_and_holidays() -> None:
    opened = case(**NATIONAL, plan="medicare_advantage", injury_date="2026-05-11", care_starts="2026-05-13")
    first = therapy_days(opened)[0]
    assert date(2026, 5, 13) == first
    assert date(2026, 5, 28) == item(of(opened), "advantage_therapy_request").due  # Memorial Day is 25 May


def test_a_medigap_policy_adds_its_own_check() -> None:
    assert "medigap_check" in ids(of(case(**NATIONAL, secondary="medigap_g"))) - ids(of(case(**NATIONAL)))
    assert "medigap_n_therapy_copay" in ids(of(case(**NATIONAL, secondary="medigap_n"))) - ids(
        of(case(**NATIONAL, secondary="medigap_g"))
    )


# ---------------------------------------------------------------- US private


def test_an_hmo_wants_a_referral_and_a_ppo_does_not() -> None:
    assert "referral" in ids(of(case(plan="hmo"))) - ids(of(case(plan="ppo")))


def test_approval_is_due_when_the_twelfth_visit_comes() -> None:
    opened = case(condition="avulsion_grade_4")
    made, quoted = of(opened), quote(opened)
    due = next(event.date for event in quoted.events if event.kind == "prior_authorization_due")
    assert therapy_days(opened)[11] == due
    (entry,) = items(made, "prior_authorization")
    assert entry.due is not None
    assert "before" == entry.due_words
    assert entry.due >= due


def test_with_few_visits_approval_is_only_a_possibility() -> None:
    assert "if_it_happens" == item(of(case()), "prior_authorization").status


def test_massage_from_a_savings_account_needs_a_letter_of_medical_necessity() -> None:
    assert "letter_of_medical_necessity" in ids(of(case(services=["physical_therapy", "massage_therapy"]))) - ids(
        of(case())
    )


def test_without_insurance_there_is_a_good_faith_estimate_and_no_referral() -> None:
    made = of(case(plan="uninsured"))
    assert {"good_faith_estimate", "good_faith_dispute"} <= ids(made)
    assert set() == ids(made) & {"referral", "prior_authorization", "in_network_check"}


def test_a_deadline_counted_from_an_invoice_is_told_in_words() -> None:
    entry = item(of(case(plan="uninsured")), "good_faith_dispute")
    assert (None, "within 120 days of the invoice", "ongoing") == (entry.due, entry.due_words, entry.status)


def test_surgery_is_authorized_before_its_day() -> None:
    opened = case(condition="avulsion_grade_4")
    entry = item(of(opened), "surgery_authorization")
    assert (quote(opened).surgery_on, "before") == (entry.due, entry.due_words)


# ---------------------------------------------------------------- the UK


def nation(name: str, **changes: object) -> Case:
    return case(
        region="nhs",
        area={"nation": name},
        services=["physical_therapy", "specialist_visit", "imaging_mri"],
        prescription_items=2,
        **changes,
    )


def test_each_nation_of_the_uk_has_its_own_rules() -> None:
    made = {name: ids(of(nation(name))) for name in ("England", "Scotland", "Wales", "Northern Ireland")}
    assert {"right_to_choose", "prescription_exemption", "wait_england"} <= made["England"] - made["Scotland"]
    assert {"refer_yourself_scotland", "wait_scotland", "prescription_free"} <= made["Scotland"] - made["England"]
    assert "wait_wales" in made["Wales"] - made["England"]
    assert "wait_northern_ireland" in made["Northern Ireland"] - made["Wales"]


def test_a_suspected_avulsion_goes_to_hospital_the_next_day() -> None:
    entry = item(of(nation("England", condition="strain_grade_3")), "avulsion_go_to_hospital")
    assert date(2026, 3, 3) == entry.due


def test_an_insurer_in_the_uk_wants_to_be_asked_first() -> None:
    insured, paying = (
        of(case(region="uk_private", plan="pmi_excess_only")),
        of(case(region="uk_private", plan="uk_self_pay")),
    )
    assert {
        "pre_authorisation",
        "open_referral",
        "recognised_provider",
        "pre_existing",
        "excess_each_year",
        "invoice_deadline",
    } <= ids(insured)
    assert set() == ids(paying) & {"pre_authorisation", "open_referral", "recognised_provider"}


def test_an_invoice_is_sent_within_six_months_of_the_first_visit() -> None:
    opened = case(region="uk_private", plan="pmi_excess_only")
    assert quote(opened).first_visit + timedelta(days=180) == item(of(opened), "invoice_deadline").due


def test_a_cash_plan_beside_the_insurance_adds_its_claim() -> None:
    assert "cash_plan_claim" in ids(of(case(region="uk_private", secondary="cash_plan"))) - ids(
        of(case(region="uk_private"))
    )


# ---------------------------------------------------------------- order and appeal


@pytest.mark.parametrize("region", Region)
def test_dated_items_come_first_and_in_order(region: Region) -> None:
    made = of(open_case(read_scenario(EXAMPLES / f"{region}.toml")))
    dates = [entry.due for entry in made.items]
    dated = [day for day in dates if day is not None]
    assert sorted(dated) == dates[: len(dated)]
    assert dated
    assert all((entry.due is not None) == (entry.status == "dated") for entry in made.items)


@pytest.mark.parametrize("region", Region)
def test_every_item_says_who_on_what_evidence_and_what_happens_without_it(region: Region) -> None:
    for entry in of(open_case(read_scenario(EXAMPLES / f"{region}.toml"))).items:
        assert all((entry.what, entry.who, entry.evidence, entry.without_it, entry.source.title)), entry.id


@pytest.mark.parametrize(
    ("changes", "steps"),
    [
        ({}, [1, 2, 3, 4]),
        ({"plan": "uninsured"}, [1]),
        (NATIONAL, [1, 2, 3, 4, 5]),
        ({**NATIONAL, "plan": "medicare_advantage"}, [1, 2, 3, 4, 5]),
        ({"region": "nhs", "area": {"nation": "England"}}, [1, 2]),
        ({"region": "nhs", "area": {"nation": "Scotland"}}, [1, 2, 3]),
        ({"region": "uk_private", "plan": "pmi_excess_only"}, [1, 2]),
        ({"region": "uk_private", "plan": "uk_self_pay"}, [1, 2, 3]),
    ],
)
def test_the_steps_of_appeal_are_in_order_and_none_is_double(changes: dict[str, object], steps: list[int]) -> None:
    made = of(case(**changes))
    assert steps == [step.step for step in made.appeal]
    assert all(step.deadline and step.who for step in made.appeal)


def test_medicare_gives_120_days_for_the_first_appeal_and_an_advantage_plan_65() -> None:
    original, advantage = (of(case(**NATIONAL, plan=plan)).appeal[0] for plan in ("part_b", "medicare_advantage"))
    assert ("within 120 days of receiving the notice", "60 days") == (original.deadline, original.decided_in)
    assert "within 65 days of the date on the refusal" == advantage.deadline


# ---------------------------------------------------------------- anchors


def test_an_item_anchored_to_a_visit_that_does_not_come_is_left_out() -> None:
    few = case(region="uk_private", plan="pmi_therapies_limit", condition="strain_grade_1")
    many = case(region="uk_private", plan="pmi_therapies_limit", condition="avulsion_grade_4")
    assert "sessions_left" not in ids(of(few))
    entry = item(of(many), "sessions_left")
    days = sorted({line.date for line in quote(many).lines if line.service == Service.PHYSICAL_THERAPY})
    assert days[7] == entry.due


REQUIREMENT = """
[[requirement]]
id = "one"
what = "Do it."
who = "You."
evidence = "A note."
without_it = "Nothing."
source = "some"
due = { anchor = "ANCHOR" }
"""


@pytest.mark.parametrize(
    "anchor",
    [
        "injury",
        "care_starts",
        "first_visit",
        "last_visit",
        "surgery",
        "denial",
        "invoice",
        "always",
        "first:imaging_mri",
        "visit:physical_therapy:12",
        "event:deductible_met",
    ],
)
def test_a_known_anchor_is_accepted(tmp_path: Path, anchor: str) -> None:
    path = tmp_path / "requirements.toml"
    path.write_text(REQUIREMENT.replace("ANCHOR", anchor), encoding="utf-8")
    assert anchor == load_requirements(path).requirement[0].due.anchor


@pytest.mark.parametrize(
    "anchor", ["", "tomorrow", "first:physio", "visit:physical_therapy", "visit:physical_therapy:x", "event:"]
)
def test_an_unknown_anchor_is_refused_by_name(tmp_path: Path, anchor: str) -> None:
    path = tmp_path / "requirements.toml"
    path.write_text(REQUIREMENT.replace("ANCHOR", anchor), encoding="utf-8")
    with pytest.raises(FileProblems, match=rf"requirements\.toml: one: due\.anchor: unknown anchor '{anchor}'"):
        load_requirements(path)


def test_the_shipped_files_are_read_from_their_own_folders() -> None:
    assert load_requirements(TARIFFS / "nhs" / "requirements.toml") != load_requirements(
        TARIFFS / "uk_private" / "requirements.toml"
    )
