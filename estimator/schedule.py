"""Visits wanted -> dated visits: working days only, safe days only, waits in front.

Each service and phase has a fixed row of slots; a draw with fewer visits leaves slots empty. Dates are therefore the same
in every draw, and the later steps can walk the claim lines once for all draws.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import holidays
import numpy as np

from estimator.draws import Flags, Floats
from estimator.pathway import Pathway, PhaseVisits, VisitsWanted
from estimator.scenario import Scenario
from estimator.vocabulary import Management, Service

THERAPY_STARTS_ON_DAY = 2
"""The day of the pathway on which therapy may first begin; care that starts later moves the course by the difference."""

HANDS_ON = (Service.PHYSICAL_THERAPY, Service.MASSAGE_THERAPY)
SAME_THERAPIST = {Service.PHYSICAL_THERAPY_EVALUATION: Service.PHYSICAL_THERAPY}
"""Services that take turns with another one: at most one visit a day between them."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working days of one place."""

    days_off: holidays.HolidayBase

    @classmethod
    def of(cls, country: str, subdivision: str | None) -> Calendar:
        return cls(holidays.country_holidays(country, subdiv=subdivision))

    def on_or_after(self, day: date, taken: Collection[date] = ()) -> date:
        while day.weekday() >= 5 or day in self.days_off or day in taken:
            day += timedelta(days=1)
        return day


@dataclass(frozen=True, slots=True)
class VisitCap:
    """The most visits a health system usually gives for a group of services."""

    services: tuple[Service, ...]
    visits: int


@dataclass(frozen=True, slots=True)
class Slot:
    """One possible visit on one date."""

    day: date
    service: Service
    phase: int
    units: int
    in_surgical_fee: bool
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Visits:
    """Dated visits in order of date; `present` and `hands_on` have shape (visits, draws)."""

    slots: tuple[Slot, ...]
    present: Flags
    hands_on: Flags
    """Whether a therapy visit may include hands-on soft-tissue work."""
    course_starts: date
    surgery_on: date | None
    wait_days: Floats
    """The wait before the first waiting-list appointment, shape (draws,)."""
    messages: tuple[str, ...]


def schedule(
    wanted: VisitsWanted,
    scenario: Scenario,
    pathway: Pathway,
    calendar: Calendar,
    *,
    wait_days: Floats,
    typical_wait_days: int = 0,
    waiting_services: Collection[Service] = (),
    service_waits: Mapping[Service, int] | None = None,
    caps: Sequence[VisitCap] = (),
) -> Visits:
    """Dates for every visit wanted.

    `wait_days` (draws,) is the waiting time of each draw; dates use `typical_wait_days`, and a draw that recovers before
    its own wait is over does not attend.
    """
    surgical = wanted.management == Management.SURGICAL
    lead = pathway.file.surgery.days_after_care_starts
    surgery_on = calendar.on_or_after(scenario.care_starts + timedelta(days=lead)) if surgical else None
    wait = 0 if surgical else typical_wait_days
    anchor = surgery_on or _course_start(wanted, scenario, pathway)
    placed: list[tuple[Slot, int, int]] = []
    taken: dict[Service, set[date]] = {}
    for index, row in enumerate(wanted.rows):
        for number in range(row.high):
            day = _ideal_day(row, number, anchor, scenario, pathway, surgical=surgical)
            if row.service in waiting_services:
                day += timedelta(days=wait)
            elif service_waits and not surgical:
                day += timedelta(days=service_waits.get(row.service, 0))
            days = taken.setdefault(SAME_THERAPIST.get(row.service, row.service), set())
            day = calendar.on_or_after(max(day, scenario.care_starts), days)
            days.add(day)
            placed.append(
                (
                    Slot(day, row.service, row.phase, row.units, row.in_surgical_fee, row.sources),
                    index,
                    number,
                )
            )
    order = list(Service)
    placed.sort(key=lambda item: (item[0].day, order.index(item[0].service)))
    slots = tuple(slot for slot, _, _ in placed)
    draws = wanted.recovery_days.shape[0]
    present = np.zeros((len(slots), draws), dtype=bool)
    for position, (slot, index, number) in enumerate(placed):
        row = wanted.rows[index]
        present[position] = (number * row.counts) % row.high < row.counts
        if slot.service in waiting_services and not surgical and draws > 1:
            present[position] &= wanted.recovery_days > wait_days
    present = _within_caps(slots, present, caps)
    course = anchor + timedelta(days=wait)
    present, hands_on = _within_soft_tissue_ceiling(slots, present, pathway, course)
    used: Flags = np.asarray(present.any(axis=1))
    slots = tuple(slot for slot, keep in zip(slots, used, strict=True) if keep)
    present, hands_on = present[used], hands_on[used]
    return Visits(slots, present, hands_on, course, surgery_on, wait_days, wanted.messages)


def _course_start(wanted: VisitsWanted, scenario: Scenario, pathway: Pathway) -> date:
    """Day 0 of the course: the injury, moved on when care starts later than the pathway expects."""
    if pathway.condition(wanted.condition).anchor == "care_starts":
        return scenario.care_starts
    late = (scenario.care_starts - scenario.injury_date).days - THERAPY_STARTS_ON_DAY
    return scenario.injury_date + timedelta(days=max(late, 0))


def _ideal_day(
    row: PhaseVisits, number: int, anchor: date, scenario: Scenario, pathway: Pathway, *, surgical: bool
) -> date:
    """The day a visit would fall on if every day were a working day: evenly spread from the first safe day."""
    plan = pathway.file.surgery
    if surgical and row.phase == 1 and row.service in plan.before_surgery:
        return scenario.care_starts
    if surgical and row.phase == 1 and row.service == Service.SPECIALIST_VISIT:
        return anchor - timedelta(days=plan.consultation_days_before)
    first = max(row.from_day, row.earliest_day)
    return anchor + timedelta(days=first + number * (row.to_day - first) // row.high)


def _within_caps(slots: Sequence[Slot], present: Flags, caps: Sequence[VisitCap]) -> Flags:
    for cap in caps:
        rows = [i for i, slot in enumerate(slots) if slot.service in cap.services]
        if rows:
            counted = np.cumsum(present[rows], axis=0)
            present[rows] &= counted <= cap.visits
    return present


def _within_soft_tissue_ceiling(
    slots: Sequence[Slot], present: Flags, pathway: Pathway, course_starts: date
) -> tuple[Flags, Flags]:
    """Hands-on contacts a week stay at or below the ceiling; therapy comes first, massage takes what is left."""
    rule = pathway.file.soft_tissue
    weeks = [(slot.day - course_starts).days // 7 for slot in slots]
    contacts: Mapping[int, Floats] = {week: np.zeros(present.shape[1]) for week in {*weeks}}
    hands_on = np.zeros_like(present)
    for service in HANDS_ON:
        for i, slot in enumerate(slots):
            if slot.service != service:
                continue
            if service == Service.PHYSICAL_THERAPY and slot.phase not in rule.therapy_phases:
                continue
            allowed = present[i] & (contacts[weeks[i]] < rule.per_week(weeks[i]))
            contacts[weeks[i]][:] += allowed
            hands_on[i] = allowed
            if service == Service.MASSAGE_THERAPY:
                present[i] = allowed
    return present, hands_on
