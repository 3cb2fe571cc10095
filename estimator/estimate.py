"""The conductor: runs the steps in order for one condition and keeps what each step made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np

from estimator.coverage import Cash, CoveredLines, cover
from estimator.draws import Draws
from estimator.errors import InputError
from estimator.messages import say
from estimator.pathway import Component, Pathway, VisitsWanted, components, load_pathway, visits_wanted
from estimator.places_uk import area_of_postcode, outward_code
from estimator.plan import Plan, find_plan
from estimator.pricing import ClaimLines, price_visits
from estimator.scenario import US_STATES, Scenario
from estimator.schedule import Calendar, VisitCap, Visits, schedule
from estimator.tariff import Tariff, load_tariff
from estimator.vocabulary import Region, Service
from estimator.waits import Wait, load_waits, typical_waits, wait_for

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
    service_waits: Mapping[Service, int]
    """Days of a typical wait for services with a waiting list of their own."""
    cash: Cash | None = None
    """What is paid for in cash although the plan covers it."""

    @property
    def pays_sick_pay(self) -> bool:
        """Whether Statutory Sick Pay is taken off lost pay: in the United Kingdom."""
        return self.tariff.region.country == "GB"

    @property
    def secondary_from(self) -> date | None:
        """The first day on which the second cover pays: after its qualifying period."""
        since = self.scenario.secondary_since
        if self.secondary is None or since is None:
            return None
        return since + timedelta(days=self.secondary.qualifying_days)

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
    if tariff.region.country == "GB" and scenario.area.region and outward_code(scenario.area.region) is not None:
        area = area_of_postcode(scenario.area.region, scenario.region)
        scenario = scenario.model_copy(update={"area": area})
    if tariff.region.area_kind == "uk_region" and scenario.area.nation and not scenario.area.region:
        scenario = scenario.model_copy(
            update={"area": scenario.area.model_copy(update={"region": scenario.area.nation})}
        )
    name = scenario.plan or _default_plan(scenario, tariff)
    plan = find_plan(name, scenario.region, "primary", tariffs)
    secondary = find_plan(scenario.secondary, scenario.region, "secondary", tariffs) if scenario.secondary else None
    wait = wait_for(scenario.area, load_waits(tariff.file("waits.csv")))
    waits = typical_waits(tariff.file("waits_other.csv"))
    return Case(scenario, tariff, plan, secondary, load_pathway(), wait, waits)


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
        service_waits=case.service_waits,
        caps=[VisitCap(cap.services, cap.visits) for cap in case.tariff.region.visit_cap],
    )
    if not visits.slots:
        nothing = say("none of the services named is part of the course for this injury; name another.")
        raise InputError(f"services: {nothing}")
    self_paid = case.plan.self_paid(case.scenario.network) | (case.cash.services if case.cash else frozenset())
    claims = price_visits(visits, case.scenario, case.tariff, case.pathway, draws, self_paid=self_paid)
    covered = cover(claims, case.plan, case.scenario.paperwork, case.cash)
    return Course(case, part, wanted, visits, claims, covered)


def calendar_of(scenario: Scenario, tariff: Tariff) -> Calendar:
    """The working days where care takes place."""
    return _calendar(tariff.region.country, _subdivision(scenario))


@lru_cache(maxsize=64)
def _calendar(country: str, subdivision: str | None) -> Calendar:
    return Calendar.of(country, subdivision)


def _subdivision(scenario: Scenario) -> str | None:
    """The part of the country whose holidays count: a US state, or a nation of the United Kingdom."""
    area = scenario.area
    if scenario.region in (Region.NHS, Region.UK_PRIVATE):
        return SUBDIVISIONS.get(area.nation or area.region or "England", "ENG")
    state = area.state or (area.locality or "")[:2].upper()
    return state if state in US_STATES and area.locality not in ("NATIONAL", "national") else None
