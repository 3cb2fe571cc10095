"""The conductor: runs the steps in order for one condition and keeps what each step made."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from estimator.coverage import CoveredLines, cover
from estimator.draws import Draws
from estimator.errors import InputError
from estimator.pathway import Component, Pathway, VisitsWanted, components, load_pathway, visits_wanted
from estimator.plan import Plan, find_plan
from estimator.pricing import ClaimLines, price_visits
from estimator.scenario import Scenario
from estimator.schedule import Calendar, VisitCap, Visits, schedule
from estimator.tariff import Tariff, load_tariff
from estimator.vocabulary import Region, Service
from estimator.waits import Wait, load_waits, wait_for

WAITING_SERVICES = (Service.PHYSICAL_THERAPY_EVALUATION, Service.PHYSICAL_THERAPY)
SUBDIVISIONS = {"England": "ENG", "Scotland": "SCT", "Wales": "WLS", "Northern Ireland": "NIR"}


@dataclass(frozen=True, slots=True)
class Case:
    """A scenario with everything it refers to: tariff, plans, pathway, waiting list."""

    scenario: Scenario
    tariff: Tariff
    plan: Plan
    secondary: Plan | None
    pathway: Pathway
    wait: Wait | None

    @property
    def components(self) -> tuple[Component, ...]:
        return components(self.scenario, self.pathway)


@dataclass(frozen=True, slots=True)
class Course:
    """One condition's course through every step up to the plan's terms."""

    case: Case
    part: Component
    wanted: VisitsWanted
    visits: Visits
    claims: ClaimLines
    covered: CoveredLines


def open_case(scenario: Scenario, tariffs: Path | None = None) -> Case:
    """Look up what a scenario names; raises `InputError` for a plan or area that does not exist."""
    tariff = load_tariff(scenario.region, tariffs)
    if tariff.region.area_kind == "uk_region" and scenario.area.nation and not scenario.area.region:
        scenario = scenario.model_copy(
            update={"area": scenario.area.model_copy(update={"region": scenario.area.nation})}
        )
    name = scenario.plan or _default_plan(scenario, tariff)
    plan = find_plan(name, scenario.region, "primary", tariffs)
    secondary = find_plan(scenario.secondary, scenario.region, "secondary", tariffs) if scenario.secondary else None
    wait = wait_for(scenario.area, load_waits(tariff.file("waits.csv")))
    return Case(scenario, tariff, plan, secondary, load_pathway(), wait)


def _default_plan(scenario: Scenario, tariff: Tariff) -> str:
    """The region's usual plan; in the NHS, the nation's."""
    if scenario.region == Region.NHS and scenario.area.nation:
        return f"nhs_{scenario.area.nation.lower().replace(' ', '_')}"
    return tariff.region.default_plan


def run(case: Case, part: Component, draws: Draws) -> Course:
    """Pathway, schedule, prices and terms for one condition and a run of draws."""
    wanted = visits_wanted(case.scenario, part, case.pathway, draws)
    weeks = case.wait.weeks(draws) if case.wait else np.zeros(draws.count)
    visits = schedule(
        wanted,
        case.scenario,
        case.pathway,
        calendar_of(case.scenario, case.tariff),
        wait_days=weeks * 7,
        typical_wait_days=round(case.wait.median_weeks * 7) if case.wait else 0,
        waiting_services=WAITING_SERVICES if case.wait else (),
        caps=[VisitCap(cap.services, cap.visits) for cap in case.tariff.region.visit_cap],
    )
    if not visits.slots:
        raise InputError("services: none of the services named is part of the course for this injury; name another.")
    self_paid = case.plan.self_paid(case.scenario.network)
    claims = price_visits(visits, case.scenario, case.tariff, case.pathway, draws, self_paid=self_paid)
    return Course(case, part, wanted, visits, claims, cover(claims, case.plan, case.scenario.paperwork))


def calendar_of(scenario: Scenario, tariff: Tariff) -> Calendar:
    """The working days where care takes place."""
    return _calendar(tariff.region.country, _subdivision(scenario))


@lru_cache(maxsize=64)
def _calendar(country: str, subdivision: str | None) -> Calendar:
    return Calendar.of(country, subdivision)


def _subdivision(scenario: Scenario) -> str | None:
    area = scenario.area
    if area.state or (area.locality and area.locality[:2].isalpha() and area.locality != "NATIONAL"):
        return area.state or (area.locality or "")[:2].upper()
    return (
        SUBDIVISIONS.get(area.nation or area.region or "England") or "ENG"
        if scenario.region in (Region.NHS, Region.UK_PRIVATE)
        else None
    )
