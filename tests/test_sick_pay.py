"""Statutory Sick Pay: the official calculator's own examples, the reform of April 2026, and pay lost after both."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from pydantic import ValidationError

from estimator.errors import InputError
from estimator.scenario import Work
from estimator.sick_pay import EmployerPay, Job, SickPay, Spell, job_of, load_sick_pay, lost_pay, sick_pay

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
WEEKDAYS = (MON, TUE, WED, THU, FRI)


def pay(
    first: str,
    last: str,
    *earlier: tuple[str, str],
    days: tuple[int, ...] = WEEKDAYS,
    weekly: str = "500.00",
    employer: EmployerPay | None = None,
    is_employee: bool = True,
) -> SickPay:
    return sick_pay(
        spell(first, last),
        Job(weekly_pay=Decimal(weekly), working_days=days, is_employee=is_employee),
        [spell(*each) for each in earlier],
        employer,
    )


def spell(first: str, last: str) -> Spell:
    return Spell(first=date.fromisoformat(first), last=date.fromisoformat(last))


def by_week(made: SickPay) -> list[str]:
    return [str(week.statutory_pay) for week in made.weeks]


# ---------------------------------------------------------------- the official calculator's own tests


@pytest.mark.parametrize(
    ("first", "last", "days", "earlier", "paid_days", "total"),
    [
        ("2012-03-26", "2012-04-13", WEEKDAYS, (), 12, "200.94"),
        ("2012-02-28", "2012-04-07", (TUE, WED, THU, FRI), (("2012-01-03", "2012-01-12"),), 24, "490.67"),
        ("2012-07-25", "2012-09-04", (MON, WED, FRI), (("2012-05-07", "2012-07-01"),), 18, "515.11"),
        ("2012-11-23", "2012-12-31", (SAT, SUN), (), 9, "386.33"),
        ("2012-03-29", "2012-05-06", (MON, TUE, WED, THU), (("2011-09-28", "2012-03-19"),), 16, "338.09"),
        ("2012-03-29", "2012-05-06", (MON, TUE, WED, THU), (("2011-09-05", "2012-03-21"),), 0, "0.00"),
        ("2012-03-29", "2012-04-10", (MON, TUE, WED, THU), (("2011-09-05", "2012-03-20"),), 1, "20.40"),
        ("2012-08-28", "2012-10-06", (WED,), (), 3, "257.55"),
        ("2012-04-06", "2012-12-06", WEEKDAYS, (), 140, "2403.80"),
        ("2012-04-06", "2012-12-06", (TUE, WED, THU), (), 84, "2403.80"),
        ("2013-03-26", "2013-04-12", (TUE, WED, THU), (), 6, "172.55"),
        ("2013-01-07", "2013-05-03", (MON, TUE, WED, THU), (), 65, "1398.47"),
        ("2013-01-07", "2013-05-03", (WED, SAT), (("2012-12-01", "2012-12-28"),), 33, "1419.93"),
        ("2013-01-07", "2013-05-03", (TUE, WED, THU), (("2012-09-21", "2012-12-28"),), 45, "1289.45"),
        ("2014-07-10", "2014-07-20", WEEKDAYS, (("2014-06-01", "2014-06-14"),), 7, "122.57"),
        ("2013-10-24", "2013-10-27", (SUN, MON, WED, THU, FRI, SAT), (), 1, "14.45"),
    ],
)
def test_the_official_calculators_own_examples_come_out(
    first: str, last: str, days: tuple[int, ...], earlier: tuple[tuple[str, str], ...], paid_days: int, total: str
) -> None:
    made = pay(first, last, *earlier, days=days)
    assert (paid_days, Decimal(total)) == (made.days_paid, made.statutory_pay)


def test_the_official_weeks_end_on_saturday_and_change_rate_in_april() -> None:
    made = pay("2013-01-07", "2013-05-03", ("2012-09-21", "2012-12-28"), days=(TUE, WED, THU))
    paid = [week for week in made.weeks if week.statutory_pay]
    assert date(2013, 1, 12) == paid[0].ends
    assert [str(week.statutory_pay) for week in paid] == ["85.85"] * 13 + ["86.70"] * 2


# ---------------------------------------------------------------- before the reform


def test_before_the_reform_three_working_days_bring_nothing() -> None:
    made = pay("2025-06-02", "2025-06-13")
    assert (made.waiting_days, made.days_paid, by_week(made)) == (3, 7, ["47.50", "118.75"])


def test_a_four_day_week_divides_the_weekly_rate_by_four() -> None:
    made = pay("2025-06-02", "2025-06-12", days=(MON, TUE, WED, THU))
    assert by_week(made) == ["29.69", "118.75"]  # 118.75 / 4 = 29.6875, rounded up


def test_before_the_reform_three_days_of_illness_do_not_count() -> None:
    made = pay("2025-06-02", "2025-06-04")
    assert (0, 0, Decimal("300.00")) == (made.days_paid, made.waiting_days, made.lost_pay)
    assert made.notes == ("A spell of fewer than 4 days brought no sick pay before 6 April 2026.",)


def test_four_days_count_even_if_some_are_a_weekend() -> None:
    assert pay("2025-06-05", "2025-06-10").days_paid == 1  # Thursday, Friday, Monday wait; Tuesday is paid


@pytest.mark.parametrize(("weekly", "paid"), [("124.99", "0.00"), ("125.00", "47.50")])
def test_before_the_reform_pay_below_the_earnings_limit_brings_nothing(weekly: str, paid: str) -> None:
    assert Decimal(paid) == pay("2025-06-02", "2025-06-06", weekly=weekly).statutory_pay


def test_linked_spells_wait_only_once() -> None:
    alone, joined = pay("2025-07-14", "2025-07-18"), pay("2025-07-14", "2025-07-18", ("2025-06-02", "2025-06-06"))
    assert ([alone.days_paid, joined.days_paid], [alone.waiting_days, joined.waiting_days]) == ([2, 5], [3, 0])


@pytest.mark.parametrize(("last", "paid"), [("2025-05-18", 5), ("2025-05-17", 2)])
def test_spells_are_linked_across_56_days_and_not_across_57(last: str, paid: int) -> None:
    assert paid == pay("2025-07-14", "2025-07-18", ("2025-05-12", last)).days_paid


def test_an_earlier_spell_too_short_to_count_is_not_linked() -> None:
    assert pay("2025-07-14", "2025-07-18", ("2025-06-02", "2025-06-04")).days_paid == 2


def test_sick_pay_ends_after_28_weeks() -> None:
    made = pay("2025-04-07", "2025-12-31")
    assert (made.days_paid, made.paid_days_left) == (140, 0)
    assert 28 * Decimal("118.75") == made.statutory_pay
    assert "Sick pay ends after 28 weeks." in made.notes


# ---------------------------------------------------------------- from 6 April 2026


def test_from_april_2026_the_first_day_is_paid() -> None:
    made = pay("2026-06-01", "2026-06-05")
    assert (made.waiting_days, made.days_paid, by_week(made)) == (0, 5, ["123.25"])


def test_from_april_2026_one_day_is_enough() -> None:
    assert Decimal("24.65") == pay("2026-06-03", "2026-06-03").statutory_pay


def test_a_low_earner_gets_80_percent_from_the_first_day() -> None:
    made = pay("2026-06-01", "2026-06-05", weekly="100.00")
    assert (Decimal("80.00"), Decimal("20.00")) == (made.statutory_pay, made.lost_pay)


@pytest.mark.parametrize(("weekly", "paid"), [("154.05", "123.24"), ("154.06", "123.25"), ("154.07", "123.25")])
def test_the_80_percent_bind_up_to_154_05_a_week(weekly: str, paid: str) -> None:
    assert Decimal(paid) == pay("2026-06-01", "2026-06-05", weekly=weekly).statutory_pay


def test_three_days_a_week_are_cut_to_four_decimals_and_rounded_up() -> None:
    made = pay("2026-06-01", "2026-06-12", days=(MON, WED, FRI), weekly="100.00")
    assert by_week(made) == ["80.00", "80.00"]  # 26.6666 a day, 79.9998 a week
    assert Decimal("26.67") == pay("2026-06-01", "2026-06-01", days=(MON, WED, FRI), weekly="100.00").statutory_pay


def test_who_was_paid_before_the_reform_keeps_the_flat_rate_and_gets_the_new_amount() -> None:
    made = pay("2026-03-23", "2026-04-10", weekly="130.00")
    assert by_week(made) == ["47.50", "118.75", "123.25"]  # 80% of 130.00 would be 104.00
    assert "The rules changed on 2026-04-06 during this spell: you keep the flat rate." in made.notes


def test_who_was_in_waiting_days_is_paid_from_the_day_of_the_reform() -> None:
    made = pay("2026-04-02", "2026-04-10", weekly="130.00")
    assert (made.waiting_days, made.days_paid, by_week(made)) == (2, 5, ["0.00", "104.00"])


def test_a_low_earner_who_was_ill_before_the_reform_is_paid_from_that_day() -> None:
    made = pay("2026-03-23", "2026-04-10", weekly="100.00")
    assert (by_week(made), made.waiting_days) == (["0.00", "0.00", "80.00"], 0)


@pytest.mark.parametrize(("first", "paid"), [("2025-09-21", "0.00"), ("2025-09-22", "80.00")])
def test_a_low_earner_off_work_since_before_22_september_2025_is_not_paid(first: str, paid: str) -> None:
    assert Decimal(paid) == pay(first, "2026-04-10", weekly="100.00").statutory_pay


def test_a_spell_after_the_reform_follows_the_new_rules_even_when_linked() -> None:
    made = pay("2026-04-20", "2026-04-24", ("2026-03-23", "2026-03-27"), weekly="130.00")
    assert Decimal("104.00") == made.statutory_pay


def test_a_rate_that_is_not_published_yet_is_the_last_one_and_says_so() -> None:
    made = pay("2027-06-07", "2027-06-11")
    assert Decimal("123.25") == made.statutory_pay
    assert made.notes == ("Rates after 2027-04-05 are not known yet: the last known ones are used.",)


# ---------------------------------------------------------------- the employer, and what is lost


def test_lost_pay_is_usual_pay_less_sick_pay() -> None:
    made = pay("2026-06-03", "2026-06-09")
    assert [str(week.usual_pay) for week in made.weeks] == ["300.00", "200.00"]
    assert [str(week.lost_pay) for week in made.weeks] == ["226.05", "150.70"]  # 24.65 a day
    assert Decimal("376.75") == made.lost_pay


def test_full_pay_leaves_nothing_lost_and_includes_statutory_pay() -> None:
    made = pay("2026-06-01", "2026-06-05", employer=EmployerPay(full_pay_days=5))
    assert (Decimal("376.75"), Decimal("0.00")) == (made.employer_pay, made.lost_pay)


def test_full_pay_runs_out_and_half_pay_follows() -> None:
    made = pay("2026-06-01", "2026-06-19", employer=EmployerPay(full_pay_days=5, half_pay_days=5))
    assert [str(week.lost_pay) for week in made.weeks] == ["0.00", "250.00", "376.75"]


def test_half_pay_on_top_of_statutory_pay_stops_at_full_pay() -> None:
    added = EmployerPay(half_pay_days=10, adds_to_statutory=True)
    assert Decimal("126.75") == pay("2026-06-01", "2026-06-05", employer=added).lost_pay
    assert Decimal("0.00") == pay("2026-06-01", "2026-06-05", weekly="200.00", employer=added).lost_pay


def test_half_pay_below_statutory_pay_takes_nothing_away() -> None:
    made = pay("2026-06-01", "2026-06-05", weekly="150.00", employer=EmployerPay(half_pay_days=5))
    assert (Decimal("120.00"), Decimal("0.00")) == (made.statutory_pay, made.employer_pay)


def test_self_employed_people_lose_all_their_pay() -> None:
    made = pay("2026-06-01", "2026-06-05", is_employee=False)
    assert (Decimal("0.00"), Decimal("500.00"), 0) == (made.statutory_pay, made.lost_pay, made.paid_days_left)


@pytest.mark.parametrize("last", ["2026-04-03", "2026-05-13", "2026-10-30"])
@pytest.mark.parametrize("weekly", ["90.00", "140.00", "333.33", "1000.00"])
def test_nothing_is_lost_between_the_parts(last: str, weekly: str) -> None:
    made = pay("2026-03-18", last, weekly=weekly, employer=EmployerPay(full_pay_days=7, half_pay_days=11))
    for week in made.weeks:
        assert week.usual_pay == week.statutory_pay + week.employer_pay + week.lost_pay
        assert min(week.statutory_pay, week.employer_pay, week.lost_pay) >= 0


def test_many_draws_lose_what_each_would_lose_alone() -> None:
    job = Job(weekly_pay=Decimal("500.00"))
    lost = lost_pay(np.array([0, 5, 5, 12]), date(2026, 6, 1), job)
    alone = [sick_pay(spell("2026-06-01", last), job).lost_pay for last in ("2026-06-05", "2026-06-05", "2026-06-12")]
    assert [0, *(int(each * 100) for each in alone)] == list(lost)


def test_the_job_of_a_scenario_works_on_the_first_days_of_the_week() -> None:
    job = job_of(Work(daily_pay=Decimal("80.00"), days_per_week=4))
    assert job == Job(weekly_pay=Decimal("320.00"), working_days=(0, 1, 2, 3))
    assert job_of(Work()) is None


# ---------------------------------------------------------------- bad input


def test_an_absence_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValidationError, match="last: 2026-06-01 lies before the first day, 2026-06-02"):
        spell("2026-06-02", "2026-06-01")


def test_spells_that_overlap_are_refused() -> None:
    with pytest.raises(InputError, match="runs into a later one; join them"):
        pay("2026-06-01", "2026-06-05", ("2026-05-20", "2026-06-01"))


def test_a_week_without_working_days_is_refused() -> None:
    with pytest.raises(ValidationError, match="name each working day of the week once"):
        Job(weekly_pay=Decimal(500), working_days=())


def test_a_day_before_the_first_known_rate_is_refused() -> None:
    with pytest.raises(InputError, match="no rate is known for 2010-01-04; the first one starts 2011-04-06"):
        pay("2010-01-04", "2010-01-08")


def test_every_rate_cites_a_declared_source_and_the_years_follow_one_another() -> None:
    rules = load_sick_pay()
    assert {row.source for row in rules.rate} <= {source.id for source in rules.source}
    assert (Decimal("118.75"), Decimal("123.25")) == tuple(rules.on(date(2026, 4, day)).weekly_rate for day in (5, 6))
