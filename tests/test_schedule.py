"""Visits become dates: working days only, safe days only, the wait in front, the weekly ceiling held."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimator.draws import point, sample
from estimator.estimate import Course, calendar_of, open_case, run
from estimator.pathway import load_pathway
from estimator.schedule import Calendar, Visits
from estimator.vocabulary import Condition, Management, Region, Service
from tests.cases import ALL_SERVICES, AREAS, TREATMENTS, case, scenario

THERAPY = (Service.PHYSICAL_THERAPY_EVALUATION, Service.PHYSICAL_THERAPY)
CEILINGS = {0: 2, 2: 3, 6: 2, 12: 1}
"""Hands-on contacts a week from a week of the course on (rule T1)."""


def ceiling(week: int) -> int:
    return CEILINGS[max(start for start in CEILINGS if start <= max(week, 0))]


def courses(draws: int = 0, seed: int = 1, **changes: object) -> list[Course]:
    opened = case(**changes)
    return [run(opened, part, sample(draws, seed) if draws else point()) for part in opened.components]


def visits_of(draws: int = 0, seed: int = 1, **changes: object) -> Visits:
    return courses(draws, seed, **changes)[0].visits


def days(visits: Visits, *services: Service) -> list[date]:
    return [slot.day for slot in visits.slots if not services or slot.service in services]


def treatment(condition: Condition, management: Management) -> dict[str, object]:
    return {"condition": condition, "management": management, "services": ALL_SERVICES}


# ---------------------------------------------------------------- working days

HOLIDAYS: Mapping[str, tuple[dict[str, object], tuple[str, ...]]] = {
    "Ohio": (
        {"region": "us_private", "area": {"state": "OH"}},
        ("2026-05-25", "2026-07-03", "2026-11-26", "2026-12-25", "2027-01-01"),
    ),
    "Massachusetts": ({"region": "us_private", "area": {"state": "MA"}}, ("2026-04-20", "2026-05-25", "2026-12-25")),
    "Medicare in New York": (
        {"region": "medicare_part_b", "area": {"locality": "NY-01"}},
        ("2026-05-25", "2026-06-19", "2026-12-25"),
    ),
    "NHS England": (
        {"region": "nhs", "area": {"nation": "England"}},
        ("2026-04-03", "2026-04-06", "2026-08-31", "2026-12-28"),
    ),
    "NHS Scotland": ({"region": "nhs", "area": {"nation": "Scotland"}}, ("2026-01-02", "2026-08-03", "2026-11-30")),
    "private in Scotland": ({"region": "uk_private", "area": {"nation": "Scotland"}}, ("2026-01-02", "2026-11-30")),
    "Northern Ireland": ({"region": "nhs", "area": {"nation": "Northern Ireland"}}, ("2026-03-17", "2026-07-13")),
}

WORKING = {
    "Ohio": ("2026-04-20", "2026-11-30", "2027-01-04"),
    "NHS England": ("2026-01-02", "2026-03-17", "2026-11-30"),
    "NHS Scotland": ("2026-04-06", "2026-08-31"),
}


def test_the_weekend_and_a_list_of_taken_days_are_stepped_over() -> None:
    calendar = Calendar.of("US", "OH")
    assert date(2026, 3, 9) == calendar.on_or_after(date(2026, 3, 7))
    assert date(2026, 3, 11) == calendar.on_or_after(date(2026, 3, 7), {date(2026, 3, 9), date(2026, 3, 10)})
    assert date(2026, 3, 9) == calendar.on_or_after(date(2026, 3, 9))


@pytest.mark.parametrize("place", HOLIDAYS)
def test_no_visit_falls_on_a_public_holiday_of_the_place(place: str) -> None:
    changes, closed = HOLIDAYS[place]
    chosen = scenario(**changes)
    calendar = calendar_of(chosen, open_case(chosen).tariff)
    for day in map(date.fromisoformat, closed):
        assert calendar.on_or_after(day) > day, f"{day} is a holiday in {place}"


@pytest.mark.parametrize("place", WORKING)
def test_a_holiday_of_somewhere_else_is_a_working_day(place: str) -> None:
    changes, _ = HOLIDAYS[place]
    chosen = scenario(**changes)
    calendar = calendar_of(chosen, open_case(chosen).tariff)
    for day in map(date.fromisoformat, WORKING[place]):
        assert day == calendar.on_or_after(day)


def test_2_january_is_a_working_day_in_england_and_not_in_scotland() -> None:
    start = {"region": "nhs", "injury_date": "2026-01-02", "care_starts": "2026-01-02", "services": ["physician_visit"]}
    assert date(2026, 1, 2) == days(visits_of(**start, area={"nation": "England"}))[0]
    assert date(2026, 1, 5) == days(visits_of(**start, area={"nation": "Scotland"}))[0]


def test_st_andrews_day_is_a_working_day_in_england_and_not_in_scotland() -> None:
    start = {
        "region": "uk_private",
        "injury_date": "2026-11-30",
        "care_starts": "2026-11-30",
        "services": ["physical_therapy"],
    }
    england = visits_of(**start, area={"nation": "England"}, condition="proximal_tendinopathy")
    scotland = visits_of(**start, area={"nation": "Scotland"}, condition="proximal_tendinopathy")
    assert date(2026, 11, 30) in days(england)
    assert date(2026, 11, 30) not in days(scotland)


@pytest.mark.parametrize("region", Region)
@pytest.mark.parametrize(("condition", "management"), TREATMENTS)
def test_every_visit_falls_on_a_working_day_and_none_before_care_starts(
    region: Region, condition: Condition, management: Management
) -> None:
    starts = "2026-10-01" if region == Region.MEDICARE_PART_B else "2026-12-18"
    changes: dict[str, object] = {
        "region": region,
        "injury_date": starts,
        "care_starts": starts,
        "prices_as_of": "2026-12-31",
    }
    for course in courses(**treatment(condition, management), **changes):
        calendar = calendar_of(course.case.scenario, course.case.tariff)
        assert [] == [day for day in days(course.visits) if day.weekday() > 4 or calendar.on_or_after(day) != day]
        assert min(days(course.visits)) >= date.fromisoformat(starts)


@settings(max_examples=25)
@given(st.dates(date(2026, 1, 1), date(2029, 12, 31)), st.integers(0, 60), st.sampled_from(TREATMENTS))
def test_on_any_date_the_rules_of_the_calendar_hold(
    injury: date, later: int, what: tuple[Condition, Management]
) -> None:
    starts = injury + timedelta(days=later)
    changes = {"region": "us_private", "injury_date": injury, "care_starts": starts}
    for course in courses(**treatment(*what), **changes):
        calendar = calendar_of(course.case.scenario, course.case.tariff)
        made = days(course.visits)
        assert [] == [day for day in made if day.weekday() > 4 or calendar.on_or_after(day) != day or day < starts]
        assert sorted(made) == made


@pytest.mark.parametrize(("condition", "management"), TREATMENTS)
def test_a_therapist_is_seen_at_most_once_a_day(condition: Condition, management: Management) -> None:
    for course in courses(500, **treatment(condition, management)):
        seen = days(course.visits, *THERAPY)
        assert len(set(seen)) == len(seen)


# ---------------------------------------------------------------- awkward dates


@pytest.mark.parametrize(
    ("injury", "starts", "first"),
    [
        ("2028-02-28", "2028-02-29", "2028-02-29"),  # a leap day
        ("2026-12-30", "2026-12-31", "2026-12-31"),  # New Year's Eve is a working day
        ("2026-12-31", "2027-01-01", "2027-01-04"),  # New Year's Day is not, and a weekend follows
        ("2026-03-07", "2026-03-07", "2026-03-09"),  # hurt on a Saturday
        ("2026-07-03", "2026-07-03", "2026-07-06"),  # the holiday of the 4th, kept on the Friday
    ],
)
def test_the_first_doctor_visit_is_the_first_working_day_of_care(injury: str, starts: str, first: str) -> None:
    visits = visits_of(injury_date=injury, care_starts=starts, services=["physician_visit", "physical_therapy"])
    assert date.fromisoformat(first) == days(visits, Service.PHYSICIAN_VISIT)[0]


def test_a_course_begun_on_31_december_runs_into_the_new_year() -> None:
    visits = visits_of(injury_date="2026-12-31", care_starts="2026-12-31")
    assert {2027} == {day.year for day in days(visits)}
    assert date(2026, 12, 31) == visits.course_starts


def test_a_course_across_a_leap_day_loses_no_day() -> None:
    leap = visits_of(injury_date="2028-02-21", care_starts="2028-02-21")
    assert date(2028, 2, 21) == leap.course_starts
    assert all(day >= leap.course_starts + timedelta(days=2) for day in days(leap))


# ---------------------------------------------------------------- the start of care


def test_care_that_starts_later_moves_the_course_by_as_much() -> None:
    soon = visits_of(injury_date="2026-03-02", care_starts="2026-03-04")
    late = visits_of(injury_date="2026-03-02", care_starts="2026-04-01")
    assert timedelta(days=28) == late.course_starts - soon.course_starts
    assert timedelta(days=28) == days(late)[0] - days(soon)[0]


def test_care_on_the_day_of_the_injury_still_starts_therapy_on_day_2() -> None:
    visits = visits_of(injury_date="2026-03-02", care_starts="2026-03-02")
    assert date(2026, 3, 4) == min(days(visits, *THERAPY))


def test_a_tendon_that_has_hurt_for_long_counts_from_the_start_of_care() -> None:
    visits = visits_of(condition="proximal_tendinopathy", injury_date="2025-01-06", care_starts="2026-03-04")
    assert date(2026, 3, 4) == visits.course_starts


# ---------------------------------------------------------------- surgery

SURGICAL = [condition for condition, management in TREATMENTS if management == Management.SURGICAL]
BEFORE = (
    Service.PHYSICIAN_VISIT,
    Service.EMERGENCY_VISIT,
    Service.IMAGING_MRI,
    Service.IMAGING_ULTRASOUND,
    Service.IMAGING_XRAY,
)


@pytest.mark.parametrize("condition", SURGICAL)
@pytest.mark.parametrize("region", Region)
def test_surgery_comes_after_care_starts_and_what_belongs_before_it_does(condition: Condition, region: Region) -> None:
    visits = visits_of(**treatment(condition, Management.SURGICAL), region=region, area=AREAS[region])
    assert visits.surgery_on is not None
    assert visits.surgery_on >= date(2026, 3, 4) + timedelta(days=14)
    assert [visits.surgery_on] == days(visits, Service.SURGERY)
    first_phase = [slot for slot in visits.slots if slot.phase == 1]
    assert all(slot.day < visits.surgery_on for slot in first_phase if slot.service in BEFORE)
    consultation = min(days(visits, Service.SPECIALIST_VISIT))
    assert date(2026, 3, 4) <= consultation < visits.surgery_on


@pytest.mark.parametrize("condition", SURGICAL)
def test_therapy_after_an_operation_comes_after_it(condition: Condition) -> None:
    visits = visits_of(**treatment(condition, Management.SURGICAL))
    assert visits.surgery_on is not None
    assert min(days(visits, *THERAPY, Service.MASSAGE_THERAPY)) >= visits.surgery_on


def test_without_surgery_there_is_no_operation_date() -> None:
    assert visits_of().surgery_on is None


# ---------------------------------------------------------------- the weekly ceiling of hands-on work


@pytest.mark.parametrize(("condition", "management"), TREATMENTS)
@pytest.mark.parametrize("seed", range(4))
def test_massage_and_hands_on_therapy_never_exceed_the_ceiling_of_the_week(
    condition: Condition, management: Management, seed: int
) -> None:
    for course in courses(1500, seed, **treatment(condition, management)):
        visits, weeks = course.visits, {}
        for i, slot in enumerate(visits.slots):
            week = (slot.day - visits.course_starts).days // 7
            contact = visits.present[i] & (visits.hands_on[i] | (slot.service == Service.MASSAGE_THERAPY))
            weeks[week] = weeks.get(week, 0) + contact.astype(int)
        over = {week: int(count.max()) for week, count in weeks.items() if count.max() > ceiling(week)}
        assert {} == over


def test_the_ceiling_holds_for_care_that_starts_late_and_for_a_wait() -> None:
    for changes in ({"care_starts": "2026-04-20"}, {"region": "nhs", "area": {"nation": "England"}}):
        visits = visits_of(1500, 3, services=["physical_therapy", "massage_therapy"], **changes)
        weeks: dict[int, np.ndarray] = {}
        for slot, hands_on in zip(visits.slots, visits.hands_on, strict=True):
            week = (slot.day - visits.course_starts).days // 7
            weeks[week] = weeks.get(week, np.zeros(1500)) + hands_on
        assert {} == {week: count.max() for week, count in weeks.items() if count.max() > ceiling(week)}


def test_every_massage_is_hands_on_and_nothing_absent_is() -> None:
    visits = visits_of(2000, 5, services=["physical_therapy", "massage_therapy"])
    assert not (visits.hands_on & ~visits.present).any()
    for slot, present, hands_on in zip(visits.slots, visits.present, visits.hands_on, strict=True):
        if slot.service == Service.MASSAGE_THERAPY:
            assert (present == hands_on).all()


def test_therapy_comes_first_and_massage_takes_what_is_left() -> None:
    alone = visits_of(2000, 5, services=["massage_therapy"])
    beside = visits_of(2000, 5, services=["physical_therapy", "massage_therapy"])
    massages = [
        visits.present[[s.service == Service.MASSAGE_THERAPY for s in visits.slots]].sum() for visits in (alone, beside)
    ]
    assert massages[1] < massages[0]


def test_the_ceilings_are_those_of_the_pathway() -> None:
    assert CEILINGS == {entry.from_week: entry.per_week for entry in load_pathway().file.soft_tissue.ceilings}


# ---------------------------------------------------------------- the wait and the cap of the NHS


def nhs(draws: int = 0, **changes: object) -> Course:
    return courses(draws, **({"region": "nhs", "area": {"nation": "England"}} | changes))[0]


def test_nhs_therapy_stands_behind_the_typical_wait_and_the_doctor_does_not() -> None:
    course = nhs(services=["physical_therapy", "physician_visit"])
    assert course.case.wait is not None
    wait = timedelta(days=round(course.case.wait.median_weeks * 7))
    assert date(2026, 3, 4) == days(course.visits, Service.PHYSICIAN_VISIT)[0]
    assert date(2026, 3, 4) + wait <= days(course.visits, *THERAPY)[0] <= date(2026, 3, 4) + wait + timedelta(days=6)


def test_a_longer_list_means_a_later_first_appointment() -> None:
    waits = {region: nhs(area={"nation": "England", "region": region}).case.wait for region in ("London", "Devon")}
    first = {region: days(nhs(area={"nation": "England", "region": region}).visits, *THERAPY)[0] for region in waits}
    by_wait = sorted(waits, key=lambda region: waits[region].median_weeks)
    assert sorted(first, key=lambda region: first[region]) == by_wait


def test_a_draw_that_recovers_before_its_wait_is_over_does_not_attend() -> None:
    course = nhs(3000)
    recovered = course.wanted.recovery_days <= course.visits.wait_days
    therapy = [slot.service in THERAPY for slot in course.visits.slots]
    assert 0 < recovered.sum() < 3000
    assert not course.visits.present[therapy][:, recovered].any()
    assert course.visits.present[therapy][:, ~recovered].any(axis=0).all()


@pytest.mark.parametrize("condition", ["strain_grade_2", "strain_grade_3", "recurrent_strain", "proximal_tendinopathy"])
@pytest.mark.parametrize("seed", range(3))
def test_the_nhs_gives_at_most_8_sessions(condition: str, seed: int) -> None:
    course = courses(2000, seed, condition=condition, region="nhs", area={"nation": "England"})[0]
    therapy = [slot.service in THERAPY for slot in course.visits.slots]
    assert 8 == course.visits.present[therapy].sum(axis=0).max()


def test_outside_the_nhs_there_is_no_such_cap() -> None:
    course = courses(2000, condition="strain_grade_3")[0]
    therapy = [slot.service in THERAPY for slot in course.visits.slots]
    assert course.visits.present[therapy].sum(axis=0).max() > 8


def test_surgery_does_not_stand_in_the_queue_of_physiotherapy() -> None:
    visits = nhs(condition="avulsion_grade_4", services=["physical_therapy"]).visits
    assert visits.surgery_on == visits.course_starts


# ---------------------------------------------------------------- present or not


@pytest.mark.parametrize(("condition", "management"), TREATMENTS)
def test_every_draw_has_as_many_dated_visits_as_it_wants(condition: Condition, management: Management) -> None:
    for course in courses(1000, **treatment(condition, management)):
        for row in course.wanted.rows:
            if row.service == Service.MASSAGE_THERAPY:
                continue
            slots = [s.service == row.service and s.phase == row.phase for s in course.visits.slots]
            assert (course.visits.present[slots].sum(axis=0) == row.counts).all(), (row.service, row.phase)


def test_a_draw_that_recovers_sooner_has_its_last_visit_no_later_than_a_later_phase_begins() -> None:
    course = courses(3000, condition="strain_grade_2")[0]
    phases = np.array([slot.phase for slot in course.visits.slots])
    last = (course.visits.present * phases[:, None]).max(axis=0)[np.argsort(course.wanted.recovery_days)]
    assert (np.diff(last) >= 0).all()
