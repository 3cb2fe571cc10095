"""Other start dates: never outside the window, on common draws, and cheaper or dearer for a reason that can be seen."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from estimator.errors import FileProblems, InputError
from estimator.estimate import Case, open_case
from estimator.quote import quote
from estimator.scenario import Used
from estimator.timing import FILE, Timing, load_windows, start_dates
from estimator.vocabulary import Region
from tests.cases import TREATMENTS, case

DRAWS = 200

YEAR_END: dict[str, Any] = {
    "condition": "proximal_tendinopathy",
    "injury_date": "2026-09-01",
    "care_starts": "2026-11-02",
}


def timing(**changes: Any) -> Timing:
    return start_dates(case(**changes), DRAWS)


def likely(given: Case) -> Decimal:
    return quote(given).totals.patient_pays


# ---------------------------------------------------------------- the window


@pytest.mark.parametrize(("condition", "management"), TREATMENTS)
def test_every_condition_and_management_has_a_window(condition: str, management: str) -> None:
    made = timing(condition=condition, management=management, injury_date="2026-11-16", care_starts="2026-11-18")
    assert all(made.window_opens <= row.starts <= made.window_closes for row in made.rows if row.in_window)
    assert made.cheapest in [row.starts for row in made.rows if row.in_window]


def test_therapy_for_a_strain_starts_from_day_2_to_day_21_of_the_injury() -> None:
    made = timing()
    assert tuple((day - date(2026, 3, 2)).days for day in (made.window_opens, made.window_closes)) == (2, 21)


def test_starts_are_a_week_apart_with_the_last_day_and_the_chosen_one_among_them() -> None:
    made = timing(care_starts="2026-03-06")
    days = [row.days_after_injury for row in made.rows]
    assert days == [2, 4, 9, 16, 21]
    assert [row.days_after_injury for row in made.rows if row.is_chosen] == [4]


def test_an_avulsion_is_operated_on_within_six_weeks_of_the_injury() -> None:
    made = timing(condition="avulsion_grade_4", injury_date="2026-11-20", care_starts="2026-11-24")
    operations = [row.surgery_on for row in made.rows if row.in_window]
    assert all(day is not None and day <= date(2026, 11, 20) + timedelta(days=42) for day in operations)
    assert made.window_closes < date(2026, 12, 18), "1 January is a holiday, so the operation cannot wait for it"


def test_a_tendinopathy_may_wait_from_the_start_first_chosen() -> None:
    assert date(2026, 11, 2) == timing(**YEAR_END).window_opens


def test_a_chosen_start_outside_the_window_is_shown_marked_and_never_the_cheapest() -> None:
    made = timing(care_starts="2026-06-01")
    [chosen] = [row for row in made.rows if row.is_chosen]
    assert not chosen.in_window
    assert "outside the window" in chosen.says
    assert any("as soon as you safely can" in sentence for sentence in made.says)
    assert made.cheapest is not None
    assert made.cheapest <= made.window_closes


def test_no_date_is_offered_once_the_window_is_over() -> None:
    made = start_dates(case(care_starts="2026-06-01"), DRAWS, not_before=date(2026, 5, 1))
    assert (None, Decimal("0.00")) == (made.cheapest, made.saves)
    assert [date(2026, 6, 1)] == [row.starts for row in made.rows]


def test_days_that_are_gone_are_left_out() -> None:
    made = start_dates(case(care_starts="2026-03-20"), DRAWS, not_before=date(2026, 3, 16))
    assert date(2026, 3, 16) <= made.rows[0].starts


def test_every_window_names_a_source_and_what_waiting_means() -> None:
    file = load_windows()
    assert {window.source for window in file.window} == {source.id for source in file.source}
    assert all(window.says.endswith(".") for window in file.window)


def test_a_window_that_ends_before_it_begins_is_refused(tmp_path: Any) -> None:
    text = FILE.read_text(encoding="utf-8").replace("earliest_day = 2\n", "earliest_day = 99\n", 1)
    broken = tmp_path / "timing_windows.toml"
    broken.write_text(text, encoding="utf-8")
    with pytest.raises(FileProblems, match="earliest_day <= latest_day"):
        load_windows(broken)


# ---------------------------------------------------------------- what each start costs


def test_a_row_is_the_quote_of_a_scenario_with_that_start() -> None:
    made = timing(**YEAR_END)
    for row in made.rows[:3]:
        moved = case(**YEAR_END | {"care_starts": row.starts.isoformat()})
        assert (likely(moved), quote(moved).last_visit) == (row.likely, row.last_visit)


def test_rows_say_how_much_more_or_less_than_the_chosen_start_they_cost() -> None:
    made = timing(**YEAR_END, used={"deductible": "900.00", "out_of_pocket": "900.00"})
    chosen = next(row for row in made.rows if row.is_chosen)
    assert [row.likely - chosen.likely for row in made.rows] == [row.against_chosen for row in made.rows]


def test_a_deductible_nearly_met_makes_this_plan_year_cheaper() -> None:
    made = timing(**YEAR_END, used={"deductible": "900.00", "out_of_pocket": "900.00"})
    assert made.rows[0].starts == made.cheapest
    assert made.rows[0].likely < made.rows[-1].likely


def test_what_is_used_up_does_not_follow_into_the_next_plan_year() -> None:
    used = {"deductible": "1000.00", "out_of_pocket": "4500.00"}
    next_year = [row for row in timing(**YEAR_END, used=used).rows if row.starts.year == 2027]
    fresh = [row for row in timing(**YEAR_END).rows if row.starts.year == 2027]
    assert [row.likely for row in fresh] == [row.likely for row in next_year]


def test_the_plan_years_first_day_is_one_of_the_starts_and_marks_the_cliff() -> None:
    made = timing(**YEAR_END)
    [cliff] = made.plan_year_starts
    assert date(2027, 1, 1) == cliff.on == cliff.first_start_after
    assert cliff.on in [row.starts for row in made.rows]


def test_visits_are_counted_on_each_side_of_the_cliff() -> None:
    for row in timing(**YEAR_END).rows:
        crosses = row.first_visit.year < row.last_visit.year
        assert crosses == (len(row.visits_by_plan_year) == 2)
        assert crosses == ("plan year ends" in row.says)


def test_a_plan_year_from_july_has_its_cliff_in_july(tmp_path: Any) -> None:
    terms = 'id = "july"\nplan_year_starts = "07-01"\n[deductible]\namount = 500.00\n'
    terms += '[[benefit]]\nservices = ["physical_therapy", "physical_therapy_evaluation"]\npatient_coinsurance = 0.20\n'
    file = tmp_path / "july.toml"
    file.write_text(terms, encoding="utf-8")
    made = timing(plan=str(file), injury_date="2026-06-20", care_starts="2026-06-22")
    assert [date(2026, 7, 1)] == [each.on for each in made.plan_year_starts]


def test_cover_that_never_starts_afresh_has_no_cliff() -> None:
    made = timing(region=Region.NHS, injury_date="2026-12-10", care_starts="2026-12-14")
    assert made.plan_year_starts == ()
    assert any("Every start in the window" in sentence for sentence in made.says)


def test_every_start_meets_the_same_draws() -> None:
    made = timing(**YEAR_END)
    same_year = [row for row in made.rows if row.visits_by_plan_year == made.rows[-1].visits_by_plan_year]
    assert len(same_year) > 1
    assert len({row.likely for row in same_year}) == 1
    assert made == timing(**YEAR_END)


def test_the_spread_is_in_order() -> None:
    assert all(row.p10 <= row.p50 <= row.p90 for row in timing(**YEAR_END).rows)


def test_every_sentence_ends_and_none_urges_a_later_start_for_the_money_alone() -> None:
    made = timing(**YEAR_END, used={"deductible": "900.00"})
    assert all(sentence.endswith(".") for sentence in (*made.says, *(row.says for row in made.rows)))
    assert made.window_says == made.says[0]


def test_the_case_itself_is_left_as_it_was() -> None:
    given = open_case(case(**YEAR_END).scenario)
    start_dates(given, DRAWS)
    assert (date(2026, 11, 2), Used()) == (given.scenario.care_starts, given.scenario.used)


@pytest.mark.parametrize("step", [0, 57])
def test_a_step_must_be_a_sensible_number_of_days(step: int) -> None:
    with pytest.raises(InputError, match="step_days"):
        start_dates(case(), DRAWS, step_days=step)
