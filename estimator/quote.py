"""One draw -> an exact, itemised quote: every visit, line, reason, event and source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import reduce

from estimator.adjudication import adjudicate
from estimator.draws import point
from estimator.estimate import Case, Course, run
from estimator.events import Event
from estimator.files import Record
from estimator.funding import Funding, fund
from estimator.messages import say
from estimator.money import to_decimal
from estimator.pathway import Pathway, Source
from estimator.plan_limits import limit_warnings
from estimator.pricing import PriceUsed, prices_used
from estimator.scenario import NATIONS
from estimator.statement import Amounts, LineStatement, Statement, statement
from estimator.tariff import worst_kind
from estimator.vocabulary import (
    DISCLAIMER,
    Condition,
    Management,
    Mode,
    Reason,
    Region,
    Service,
    SourceKind,
    reason_said,
    service_name,
)


class QuoteLine(LineStatement):
    """A claim line of a quote, with its phase and the kind of source its price has."""

    phase: int
    visit_service: Service
    price_kind: SourceKind | None
    price_source: str | None


class PriceEntry(Record):
    """One price in use, per unit, and where it comes from."""

    service: Service
    code: str
    description: str
    unit: str
    low: Decimal
    typical: Decimal
    high: Decimal
    method: str
    source: Source
    note: str


class Part(Record):
    """What one phase or service costs and who pays."""

    id: str
    name: str
    visits: int
    patient_pays: Decimal
    plan_pays: Decimal
    secondary_pays: Decimal
    write_off: Decimal


class PhaseEntry(Record):
    """A phase of recovery with the criteria for moving on; days count from the start of the course."""

    number: int
    name: str
    starts: date
    ends: date
    enter_when: str
    leave_when: str


class Safety(Record):
    """What comes before any price."""

    red_flags: tuple[dict[str, str], ...]
    doctor_first: str | None
    warnings: tuple[str, ...]


class Unknown(Record):
    """A service without a published price: left out of the total until the person adds a figure."""

    service: Service
    visits: int
    why: str


class Recovery(Record):
    """Days to return to sport, from the start of the course."""

    median_days: int
    p10_days: int
    p90_days: int
    source: Source


class Recurrence(Record):
    """The chance that the injury comes back within a number of days of returning."""

    horizon_days: int
    probability: Decimal
    low: Decimal
    high: Decimal
    note: str


class WaitEntry(Record):
    """The wait in front of waiting-list care."""

    area: str
    median_weeks: Decimal
    share_within_18_weeks: Decimal
    as_of: date
    note: str


class Alternative(Record):
    """The same quote for another condition of an undiagnosed injury."""

    condition: Condition
    name: str
    share: Decimal
    patient_pays: Decimal


class Quote(Record):
    """An exact quote for one likely course; money in `currency`."""

    currency: str
    region: Region
    condition: Condition
    priced_condition: Condition
    """The condition the lines are for; differs from `condition` when the injury is not diagnosed."""
    management: Management
    mode: Mode
    plan: str
    plan_name: str
    secondary: str | None
    totals: Amounts
    lines: tuple[QuoteLine, ...]
    events: tuple[Event, ...]
    by_phase: tuple[Part, ...]
    by_service: tuple[Part, ...]
    phases: tuple[PhaseEntry, ...]
    first_visit: date
    last_visit: date
    surgery_on: date | None
    recovery: Recovery
    recurrence: tuple[Recurrence, ...]
    wait: WaitEntry | None
    alternatives: tuple[Alternative, ...]
    safety: Safety
    unknown: tuple[Unknown, ...]
    prices: tuple[PriceEntry, ...]
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]
    date_warnings: tuple[str, ...] = ()
    """Those of `warnings` about the dates of prices and terms; the others are about the care and the cover."""
    funding: Funding | None
    """Where the patient's share comes from, when the scenario names accounts."""
    accumulators: dict[str, object]
    disclaimer: str = DISCLAIMER


@dataclass(frozen=True, slots=True)
class QuotedCourse:
    """The steps behind a quote, for those who want to look inside."""

    course: Course
    statement: Statement


def quote(case: Case) -> Quote:
    """The likely course under the plan, exact to the cent.

    An undiagnosed injury is quoted for its most likely condition; `alternatives` gives the totals of the others.
    """
    courses = {part: quoted_course(case, index) for index, part in enumerate(case.components)}
    likely = max(courses, key=lambda part: part.share)
    alternatives = tuple(
        Alternative(
            condition=part.condition,
            name=case.pathway.condition(part.condition).name,
            share=Decimal(str(part.share)),
            patient_pays=made.statement.totals.patient_pays,
        )
        for part, made in courses.items()
        if len(courses) > 1
    )
    return _quote(case, courses[likely], alternatives)


def quoted_course(case: Case, component: int = 0) -> QuotedCourse:
    """One condition of a case, run with the one likely draw."""
    course = run(case, case.components[component], point())
    result = adjudicate(course.covered, case.plan, case.scenario.used, case.secondary, case.secondary_from)
    labels = case.tariff.region.labels
    return QuotedCourse(course, statement(course.covered, result, case.plan, case.secondary, labels))


def _quote(case: Case, made: QuotedCourse, alternatives: tuple[Alternative, ...]) -> Quote:
    course, paid = made.course, made.statement
    lines = tuple(_lines(course, paid))
    terms = tuple(_term_warnings(course))
    part = course.part
    return Quote(
        currency=paid.currency,
        region=case.scenario.region,
        condition=case.scenario.condition,
        priced_condition=part.condition,
        management=part.management,
        mode=case.scenario.mode,
        plan=case.plan.id,
        plan_name=case.plan.title,
        secondary=case.secondary.id if case.secondary else None,
        totals=paid.totals,
        lines=lines,
        events=paid.events,
        by_phase=tuple(_parts(lines, phase_names(case.pathway), lambda line: str(line.phase))),
        by_service=tuple(
            _parts(
                lines,
                {s.value: service_name(s, case.tariff.region.labels) for s in Service},
                lambda line: line.service.value,
            )
        ),
        phases=tuple(_phases(course)),
        first_visit=min(line.date for line in lines) if lines else case.scenario.care_starts,
        last_visit=max(line.date for line in lines) if lines else case.scenario.care_starts,
        surgery_on=course.visits.surgery_on,
        recovery=_recovery(course),
        recurrence=tuple(_recurrence(course)),
        wait=_wait(case),
        alternatives=alternatives,
        safety=_safety(course),
        unknown=tuple(_unknown(course, lines)),
        prices=tuple(_price_entry(service, used) for service, used in prices_used(course.claims)),
        assumptions=tuple(_assumptions(course)),
        warnings=(*course.claims.warnings, *course.wanted.messages, *terms, *_plan_warnings(course)),
        date_warnings=(*course.claims.warnings, *terms),
        funding=fund(paid.totals, case.scenario.accounts, paid.currency) if case.scenario.accounts else None,
        accumulators=paid.accumulators.model_dump(mode="json"),
        disclaimer=say(DISCLAIMER),
    )


def phase_names(pathway: Pathway) -> dict[str, str]:
    """The names of the phases by number."""
    return {str(phase.number): phase.name for phase in pathway.file.phase}


def _lines(course: Course, paid: Statement) -> Iterator[QuoteLine]:
    present = [line for i, line in enumerate(course.claims.lines) if course.claims.present[i, 0]]
    for claim, line in zip(present, paid.lines, strict=True):
        yield QuoteLine(
            **line.model_dump(),
            phase=claim.phase,
            visit_service=claim.visit_service or claim.service,
            price_kind=claim.price.source.kind if claim.price else None,
            price_source=claim.price.source.id if claim.price else None,
        )


def _parts(lines: Iterable[QuoteLine], names: Mapping[str, str], key: Callable[[QuoteLine], str]) -> Iterator[Part]:
    """The lines in groups, in the order of `names`."""
    groups: dict[str, list[QuoteLine]] = {}
    for line in lines:
        groups.setdefault(key(line), []).append(line)
    zero = Decimal("0.00")
    for name in (name for name in names if name in groups):
        group = groups[name]
        yield Part(
            id=name,
            name=names[name],
            visits=len({(line.date, line.visit_service) for line in group}),
            patient_pays=sum((line.patient_pays for line in group), zero),
            plan_pays=sum((line.plan_pays for line in group), zero),
            secondary_pays=sum((line.secondary_pays for line in group), zero),
            write_off=sum((line.write_off for line in group), zero),
        )


def _phases(course: Course) -> Iterator[PhaseEntry]:
    start = course.visits.course_starts
    for phase in course.case.pathway.file.phase:
        yield PhaseEntry(
            number=phase.number,
            name=phase.name,
            starts=start + timedelta(weeks=phase.from_week),
            ends=start + timedelta(weeks=phase.to_week) - timedelta(days=1),
            enter_when=phase.enter_when,
            leave_when=phase.leave_when,
        )


def _recovery(course: Course) -> Recovery:
    row = course.case.pathway.recovery_of(course.part.condition, course.part.management)
    sources = course.case.pathway.sources()
    return Recovery(
        median_days=int(row.median_days),
        p10_days=int(row.p10_days),
        p90_days=int(row.p90_days),
        source=sources[row.source.split()[-1]],
    )


def _recurrence(course: Course) -> Iterator[Recurrence]:
    for row in course.case.pathway.recurrence:
        if (row.condition, row.management) == (course.part.condition, course.part.management):
            yield Recurrence(
                horizon_days=row.horizon_days,
                probability=row.probability,
                low=row.low,
                high=row.high,
                note=row.note,
            )


def _wait(case: Case) -> WaitEntry | None:
    if case.wait is None:
        return None
    note = say("This is how long people on the list have waited so far, not the wait of people already seen.")
    if case.wait.is_borrowed:
        borrowed = say(
            "No such figures are published for {area}; England's stand in, which is our assumption.",
            area=case.wait.area,
        )
        note = f"{borrowed} {note}"
    return WaitEntry(
        area=case.wait.area.partition("/")[2] or case.wait.area,
        median_weeks=Decimal(str(round(case.wait.median_weeks, 1))),
        share_within_18_weeks=Decimal(str(round(case.wait.share_within(18), 3))),
        as_of=case.wait.as_of,
        note=note,
    )


def _safety(course: Course) -> Safety:
    file = course.case.pathway.file
    stated = course.case.scenario.condition
    services = {slot.service for slot in course.visits.slots}
    return Safety(
        red_flags=tuple({"id": f.id, "urgency": f.urgency, "asks": f.asks, "do": f.do} for f in file.red_flag),
        doctor_first=next((entry.says for entry in file.doctor_first if entry.condition == stated), None),
        warnings=tuple(
            caution.says
            for caution in file.warning
            if services & {*caution.services} and (not caution.conditions or stated in caution.conditions)
        ),
    )


def _unknown(course: Course, lines: Iterable[QuoteLine]) -> Iterator[Unknown]:
    region = course.case.tariff.region
    missing: dict[Service, int] = {}
    for line in lines:
        if line.reason == Reason.NO_PUBLISHED_PRICE:
            missing[line.service] = missing.get(line.service, 0) + 1
    for service, visits in missing.items():
        why = region.unpriced.get(service) or region.not_offered.get(service) or reason_said(Reason.NO_PUBLISHED_PRICE)
        yield Unknown(service=service, visits=visits, why=why)


def _price_entry(service: Service, used: PriceUsed) -> PriceEntry:
    return PriceEntry(
        service=service,
        code=used.code,
        description=used.description,
        unit=used.unit,
        low=to_decimal(used.low),
        typical=to_decimal(used.typical),
        high=to_decimal(used.high),
        method=used.method,
        source=used.source,
        note=used.note,
    )


def _assumptions(course: Course) -> Iterator[str]:
    """What the figures rest on that nobody published."""
    guessed = [
        service_name(service, course.case.tariff.region.labels)
        for service, used in prices_used(course.claims)
        if used.source.kind == SourceKind.ASSUMPTION
    ]
    if guessed:
        named = ", ".join(dict.fromkeys(guessed))
        yield say("No published price, our estimate: {services}.", services=named)
    sources = course.case.pathway.sources()
    kinds = {worst_kind(sources[name].kind for name in row.sources) for row in course.wanted.rows}
    if SourceKind.ASSUMPTION in kinds:
        yield say("Visit counts are expert assumptions with a range, checked against published visit counts.")
    if len(course.case.components) > 1:
        yield course.case.pathway.condition(course.case.scenario.condition).note
    if course.visits.surgery_on is not None:
        yield course.case.pathway.file.surgery.note
    multiple = next((used for _, used in prices_used(course.claims) if used.method == "multiple_of_medicare"), None)
    if multiple is not None:
        yield say("Independent clinics' insurer prices are a stated multiple of the Medicare fee in the same place.")


def _term_warnings(course: Course) -> Iterator[str]:
    """Visits on days for which the plan's terms are not known."""
    plan, last = course.case.plan, max(slot.day for slot in course.visits.slots)
    if plan.effective_from is not None and course.case.scenario.care_starts < plan.effective_from:
        yield say(
            "The terms of {plan} are known from {day}; earlier visits use them too.",
            plan=plan.title,
            day=plan.effective_from,
        )
    if plan.effective_to is not None and last > plan.effective_to:
        yield say(
            "The terms of {plan} are known until {day}; later visits use them too.",
            plan=plan.title,
            day=plan.effective_to,
        )


def _plan_warnings(course: Course) -> Iterator[str]:
    """Where the plan does not fit the person, or its own terms do not fit together."""
    plan = course.case.plan
    nation = course.case.scenario.area.nation
    serves = [name for name in NATIONS if name.lower().replace(" ", "_") in plan.tags]
    if nation is not None and serves and nation not in serves:
        named = reduce(_and, serves)
        yield say(
            "{plan} is for people in {nations}; you said {nation}.", plan=plan.title, nations=named, nation=nation
        )
    excess = plan.deductible.amount if plan.deductible else Decimal(0)
    for benefit in plan.benefit:
        limit = benefit.benefit_limit
        if (
            limit is not None
            and benefit.limit_counts == "allowed"
            and benefit.deductible_applies
            and excess >= limit > 0
        ):
            yield say(
                "What you pay first ({amount}) is not below the limit it comes out of ({limit}), so this cover pays nothing there.",
                amount=excess,
                limit=limit,
            )
            break
    if course.case.scenario.region == Region.US_PRIVATE:
        yield from limit_warnings(plan, course.case.tariff, plan.plan_year(course.case.scenario.care_starts))
    yield from _unused(course)


def _and(first: str, second: str) -> str:
    return say("{first} and {second}", first=first, second=second)


def _unused(course: Course) -> Iterator[str]:
    """What the person says is used up, but no term of the plan counts."""
    plan, used = course.case.plan, course.case.scenario.used
    counted = {name for b in plan.benefit for name in (b.group, b.counter, *(service.value for service in b.services))}
    for name in {**used.visits, **used.benefit_paid}:
        if name not in counted:
            yield say(
                "{plan} counts nothing called '{name}', so what you entered as used there changes nothing.",
                plan=plan.title,
                name=name,
            )
