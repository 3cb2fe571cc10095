"""The same injury under several plans and in other ways, on the same draws, so that differences are real.

Every option meets the same patients: the streams of random numbers are keyed by name, so draw 17 is the same person at the
same clinics under every plan. Two options are therefore compared draw by draw (`pair`), never by their ranges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

import numpy as np

from estimator.adjudication import adjudicate
from estimator.coverage import Cash, cover
from estimator.draws import Ints, point
from estimator.errors import InputError
from estimator.estimate import WAITING_SERVICES, Case, open_case, run
from estimator.files import Record
from estimator.messages import say
from estimator.money import to_decimal
from estimator.plan import Benefit, Plan
from estimator.pricing import ClaimLine, ClaimLines
from estimator.projection import DRAWS, SEED, Spread, patient_totals, project
from estimator.quote import quote
from estimator.scenario import Scenario
from estimator.vocabulary import Management, Mode, Network, Service

MOST_OPTIONS = 6
MOST_VISITS = 52
"""Break-even visits are looked for up to one a week for a year."""


class Option(Record):
    """One plan's answer; `cheaper_than_first` is the share of draws in which it costs the patient less."""

    plan: str
    plan_name: str
    quoted: Decimal
    patient_pays: Spread
    cheaper_than_first: Decimal | None
    same_as_first: Decimal | None


class Comparison(Record):
    """Several plans side by side, in the order asked for."""

    currency: str
    draws: int
    seed: int
    options: tuple[Option, ...]


def compare(
    scenario: Scenario,
    plans: Sequence[str],
    draws: int = DRAWS,
    seed: int = SEED,
    tariffs: Path | None = None,
) -> Comparison:
    """Each plan on common draws; raises `InputError` for fewer than two or more than six plans."""
    if not 2 <= len(plans) <= MOST_OPTIONS:
        raise InputError(f"plan: name 2 to {MOST_OPTIONS} plans with --plan (got {len(plans)}).")
    cases = [open_case(scenario.model_copy(update={"plan": plan}), tariffs) for plan in plans]
    totals = [patient_totals(case, draws, seed) for case in cases]
    options = []
    for number, (case, total) in enumerate(zip(cases, totals, strict=True)):
        against = pair(total, totals[0]) if number else None
        options.append(
            Option(
                plan=case.plan.id,
                plan_name=case.plan.title,
                quoted=quote(case).totals.patient_pays,
                patient_pays=project(case, draws, seed).patient_pays,
                cheaper_than_first=against.first_cheaper if against else None,
                same_as_first=against.same if against else None,
            )
        )
    return Comparison(currency=cases[0].tariff.region.currency, draws=draws, seed=seed, options=tuple(options))


# ---------------------------------------------------------------- two options, draw by draw


@dataclass(frozen=True, slots=True)
class Pair:
    """Two options counted draw by draw: in what share of the draws which of them costs less."""

    first_cheaper: Decimal
    same: Decimal
    second_cheaper: Decimal
    difference: Decimal
    """The middle of the differences, first less second."""


def pair(first: Ints, second: Ints) -> Pair:
    """What the patient pays under two options, in the same draws and minor units."""
    if first.shape != second.shape:
        raise ValueError(f"options need the same draws (got {first.shape} and {second.shape})")
    difference = first - second
    cheaper, same = _share(float((difference < 0).mean())), _share(float((difference == 0).mean()))
    return Pair(cheaper, same, 1 - cheaper - same, to_decimal(round(float(np.median(difference)))))


def _share(value: float) -> Decimal:
    return Decimal(str(round(value, 4)))


# ---------------------------------------------------------------- what if the plan had other terms


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms that a plan could have instead of its own; None leaves its own."""

    deductible: Decimal | None = None
    out_of_pocket_max: Decimal | None = None
    copay: Decimal | None = None
    """For a therapy visit, as the two below."""
    coinsurance: Decimal | None = None
    visit_limit: int | None = None


def with_terms(plan: Plan, terms: Terms, network: Network) -> Plan:
    """The plan with other terms: a what-if, never a plan that somebody sells."""
    update: dict[str, object] = {}
    for field, amount in (("deductible", terms.deductible), ("out_of_pocket_max", terms.out_of_pocket_max)):
        pot = getattr(plan, field)
        if amount is not None and pot is not None:
            family = pot.family_amount
            shared = None if family is None else max(family, amount)
            update[field] = pot.model_copy(update={"amount": amount, "family_amount": shared})
    therapy = therapy_terms(plan, network)
    wanted = {
        "copay": terms.copay,
        "patient_coinsurance": terms.coinsurance,
        "visit_limit": terms.visit_limit,
    }
    new = {field: value for field, value in wanted.items() if value is not None}
    if new:
        update["benefit"] = tuple(
            benefit.model_copy(update=new) if any(benefit is each for each in therapy) else benefit
            for benefit in plan.benefit
        )
    return plan.model_copy(update=update)


def therapy_terms(plan: Plan, network: Network) -> list[Benefit]:
    """The plan's terms for a therapy visit."""
    found = [plan.benefit_for(service, network) for service in WAITING_SERVICES]
    return [benefit for benefit in found if benefit is not None]


# ---------------------------------------------------------------- which care


class Care(StrEnum):
    """Which of the two kinds of treatment is used; everything else of the course stays."""

    THERAPY = "therapy"
    MASSAGE = "massage"
    BOTH = "both"


SERVICES_OF = {
    Care.THERAPY: (Service.PHYSICAL_THERAPY,),
    Care.MASSAGE: (Service.MASSAGE_THERAPY,),
    Care.BOTH: (Service.PHYSICAL_THERAPY, Service.MASSAGE_THERAPY),
}


def care_of(scenario: Scenario) -> Care | None:
    """The kinds of treatment in a scenario; None where it names neither, or counts what the average patient uses."""
    wanted = {Service.PHYSICAL_THERAPY, Service.MASSAGE_THERAPY} & {*scenario.services}
    return next((care for care, services in SERVICES_OF.items() if wanted == {*services}), None)


def other_care(case: Case) -> tuple[Care, ...]:
    """The other kinds of treatment that the pathway allows for this injury.

    Massage is left out where the pathway blocks it; alone it is left out where a doctor comes first or after an
    operation, because there it cannot stand in for therapy.
    """
    scenario, pathway = case.scenario, case.pathway
    own = care_of(scenario)
    if scenario.mode == Mode.AVERAGE or own is None:
        return ()
    possible = {part.condition for part in case.components}
    offered = {
        row.service
        for row in pathway.visits
        if row.condition in possible and row.management == scenario.treatment and row.visits_high
    }
    can_massage = (
        Service.MASSAGE_THERAPY in offered
        and pathway.massage_rule(scenario.condition, scenario.treatment).block_until_day is not None
    )
    doctor_first = scenario.condition in {entry.condition for entry in pathway.file.doctor_first}
    massage_alone = can_massage and not doctor_first and scenario.treatment == Management.CONSERVATIVE
    fits = {
        Care.THERAPY: Service.PHYSICAL_THERAPY in offered,
        Care.MASSAGE: massage_alone,
        Care.BOTH: can_massage and Service.PHYSICAL_THERAPY in offered,
    }
    return tuple(care for care in Care if care != own and fits[care])


def with_care(scenario: Scenario, care: Care) -> Scenario:
    """The scenario with the other kind of treatment; the rest of the care stays."""
    rest = tuple(
        service for service in scenario.services if service not in (*WAITING_SERVICES, Service.MASSAGE_THERAPY)
    )
    return scenario.model_copy(update={"services": (*rest, *SERVICES_OF[care])})


# ---------------------------------------------------------------- cash beside a plan


def can_pay_cash(case: Case) -> bool:
    """Whether therapy is planned that the plan pays for, and that a clinic could be paid for in cash instead.

    A clinic that takes Medicare has to bill it, so there is no such choice where prices are a fee schedule.
    """
    wants_therapy = case.scenario.mode == Mode.AVERAGE or Service.PHYSICAL_THERAPY in case.scenario.services
    return (
        wants_therapy
        and case.plan.prices != "cash"
        and case.tariff.region.pricing == "listed"
        and bool(therapy_terms(case.plan, case.scenario.network))
    )


def paying_cash(case: Case, *, counts: bool) -> Case:
    """The case with every therapy visit paid in cash; raises `InputError` where there is no such choice."""
    if not can_pay_cash(case):
        said = say("this cover pays for no therapy here, so there is nothing to pay in cash instead.")
        raise InputError(f"plan: {said}")
    return replace(case, cash=Cash(frozenset(WAITING_SERVICES), counts))


@dataclass(frozen=True, slots=True)
class BreakEven:
    """One likely course with 0, 1, 2, ... therapy visits: what the person pays in all, with the plan and in cash."""

    likely_visits: int
    with_plan: tuple[Decimal, ...]
    in_cash: tuple[Decimal, ...]
    plan_price: Decimal
    """What the plan allows for the last of the likely visits."""
    cash_price: Decimal

    @property
    def plan_wins_from(self) -> int | None:
        """The fewest visits at which the plan costs less than cash; None where it never does."""
        return next((n for n in range(1, len(self.with_plan)) if self.with_plan[n] < self.in_cash[n]), None)

    @property
    def plan_wins_up_to(self) -> int | None:
        """The last visit up to which that holds; None where it does not end."""
        first = self.plan_wins_from
        if first is None:
            return None
        ends = (n - 1 for n in range(first, len(self.with_plan)) if self.with_plan[n] >= self.in_cash[n])
        return next(ends, None)


def break_even(case: Case, *, counts: bool = False) -> BreakEven:
    """From how many therapy visits on the plan costs less than cash, beside the rest of the likely course.

    The visits are those of the likely course on their dates, then one a week like the last of them. The deductible left,
    the other care in between and the plan's limits all count.
    """
    with_plan, visits, plan_price = _by_visits(case)
    in_cash, _, cash_price = _by_visits(paying_cash(case, counts=counts))
    return BreakEven(visits, with_plan, in_cash, plan_price, cash_price)


def _by_visits(case: Case) -> tuple[tuple[Decimal, ...], int, Decimal]:
    """What the person pays with 0 to `MOST_VISITS` therapy visits, the visits of the likely course, and a visit's price.

    The number of visits takes the place of the draws, so one walk over the lines answers for all of them.
    """
    part = max(case.components, key=lambda each: each.share)
    claims = run(case, part, point()).claims
    days = sorted({line.day for line in claims.lines if line.visit_service in WAITING_SERVICES})
    if not days:
        raise InputError(f"services: {say('there is no therapy visit in the likely course of this injury.')}")
    days = days[:MOST_VISITS]
    number = {day: n for n, day in enumerate(days, start=1)}
    rows: list[tuple[ClaimLine, int, int]] = []
    """A line, its row in the claims, and the number of its visit; 0 where it is not therapy."""
    for row, line in enumerate(claims.lines):
        is_therapy = line.visit_service in WAITING_SERVICES
        if not is_therapy or line.day in number:
            rows.append((line, row, number[line.day] if is_therapy else 0))
    last = [(line, row) for line, row, visit in rows if visit == len(days)]
    for visit in range(len(days) + 1, MOST_VISITS + 1):
        day = days[-1] + timedelta(weeks=visit - len(days))
        rows += [(replace(line, day=day), row, visit) for line, row in last]
    rows.sort(key=lambda each: each[0].day)
    present = np.array([[visit <= n for n in range(MOST_VISITS + 1)] for _, _, visit in rows], dtype=bool)
    order = [row for _, row, _ in rows]
    lines = tuple(line for line, _, _ in rows)
    made = ClaimLines(lines, claims.currency, claims.charge[order] * present, claims.allowed[order] * present, present)
    covered = cover(made, case.plan, case.scenario.paperwork, case.cash)
    result = adjudicate(
        covered, case.plan, case.scenario.used, case.secondary, case.secondary_from, keep=("patient_pays",)
    )
    price = sum(int(claims.allowed[row, 0]) for _, row in last)
    return tuple(to_decimal(int(total)) for total in result.patient_pays.sum(axis=0)), len(days), to_decimal(price)
