"""The federal Simple Fracture example under one plan: a yardstick that every US plan prints about itself.

The guide publishes what each category costs, not how many visits it holds or what one copay covers. Visits are stated
defaults. What a copay covers is the plan's to say: services that name the `bundle` of a visit's benefit are inside its
copay; where that benefit names no bundle, a plain copay is taken to hold what is done and handed out at the visit, and
coinsurance to hold nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from estimator.adjudication import adjudicate
from estimator.coverage import cover
from estimator.errors import InputError
from estimator.files import Amount, Record, read_toml, validate
from estimator.messages import cached_by_language
from estimator.money import to_decimal, to_minor
from estimator.pathway import Source
from estimator.plan import Benefit, Plan
from estimator.pricing import ClaimLine, ClaimLines
from estimator.statement import LineStatement, Statement, statement
from estimator.vocabulary import SERVICE_NAMES, Network, Region, Service

FILE = Path(__file__).parent / "examples" / "coverage_example.toml"
CURRENCY = "USD"
AMBULANCE = "ambulance"

Edition = Literal["current", "2016"]
Moment = Literal["emergency", "x_ray", "prescription", "ambulance", "specialist", "therapy"]
Count = Annotated[int, Field(ge=1, le=50)]

# ---------------------------------------------------------------- what the file holds


class Visits(Record):
    """How many visits the example is taken to hold; nobody publishes it."""

    specialist: Count
    therapy: Count
    x_rays: Count


class DefaultVisits(Visits):
    """The stated defaults, with their source."""

    source: str


class Tried(Record):
    """Counts to try one at a time."""

    specialist: tuple[Count, ...]
    therapy: tuple[Count, ...]
    x_rays: tuple[Count, ...]


class Days(Record):
    """Days from the start of the plan year, and between visits."""

    plan_year: int
    emergency: int
    prescription: int
    ambulance: int
    first_specialist: int
    specialist_every: int
    therapy_after: int
    therapy_every: int
    source: str


class Item(Record):
    """One category of the guide: its allowed amount, when it happens and whose terms apply."""

    category: str
    name: str
    allowed: Amount
    at: Moment
    billed_as: Service | Literal["ambulance"]


class EditionEntry(Record):
    """One edition of the guide."""

    id: Edition
    name: str
    plan_years: str
    total: Amount
    source: str
    item: tuple[Item, ...]


class ExampleFile(Record):
    """`coverage_example.toml`: the scenario as data."""

    title: str
    visits: DefaultVisits
    tried: Tried
    days: Days
    edition: tuple[EditionEntry, ...]
    source: tuple[Source, ...]


@cached_by_language
def load_example(path: Path = FILE) -> ExampleFile:
    """The shipped scenario; raises `FileProblems` naming the field."""
    return validate(ExampleFile, read_toml(path), path.name)


# ---------------------------------------------------------------- the record


class Printed(Record):
    """An amount to the cent, and as the guide's rule prints it."""

    exact: Decimal
    printed: Decimal


class ExampleLine(LineStatement):
    """One line of the example, with the guide's category."""

    category: str
    name: str


class Trial(Record):
    """The printed answer for other numbers of visits."""

    visits: Visits
    deductibles: Decimal
    copayments: Decimal
    coinsurance: Decimal
    limits_or_exclusions: Decimal
    total: Decimal


class CoverageExample(Record):
    """What a plan's own document would print for the Simple Fracture example, beside the exact amounts."""

    title: str
    plan: str
    plan_name: str
    currency: str
    edition: Edition
    edition_name: str
    plan_years: str
    total_example_cost: Decimal
    visits: Visits
    deductibles: Printed
    copayments: Printed
    coinsurance: Printed
    limits_or_exclusions: Printed
    total: Printed
    """`printed` is the sum of the printed parts, as plans print it; `exact` the sum of the exact ones."""
    lines: tuple[ExampleLine, ...]
    by_visits: tuple[Trial, ...]
    """The printed answer with one count changed at a time; the row with the same counts is the answer itself."""
    notes: tuple[str, ...]
    """What the answer rests on: what a copay covers, whose terms apply, what the plan file leaves out."""
    sources: tuple[Source, ...]


# ---------------------------------------------------------------- the guide's rounding


def as_printed(exact: Decimal) -> Decimal:
    """The guide's rule: to the nearest 100 from 100 up, to the nearest 10 below, halves up."""
    step = Decimal(100) if exact >= 100 else Decimal(10)
    return (exact / step).quantize(Decimal(1), ROUND_HALF_UP) * step


def coverage_example(plan: Plan, edition: Edition = "current", visits: Visits | None = None) -> CoverageExample:
    """The Simple Fracture example under a plan, in network and for one person, as its document would print it.

    Raises `InputError` for a second cover or a plan of another region.
    """
    if plan.role != "primary" or plan.region not in (None, Region.US_PRIVATE):
        raise InputError(
            f"{plan.id}: the coverage example is for a US private plan with role = 'primary'. "
            "Name such a plan, or the path of its file."
        )
    file = load_example()
    entry = next((each for each in file.edition if each.id == edition), None)
    if entry is None:
        raise InputError(f"edition: expected one of {', '.join(e.id for e in file.edition)} (got '{edition}').")
    visits = visits or Visits(**file.visits.model_dump(exclude={"source"}))
    scene = _Scene(_for_one_person(plan), file, entry)
    told, answer = scene.tell(visits)
    known = {source.id: source for source in file.source}
    return CoverageExample(
        title=file.title,
        plan=plan.id,
        plan_name=plan.title,
        currency=CURRENCY,
        edition=entry.id,
        edition_name=entry.name,
        plan_years=entry.plan_years,
        total_example_cost=entry.total,
        visits=visits,
        **answer,
        lines=told,
        by_visits=tuple(scene.trials(visits)),
        notes=tuple(scene.notes(visits)),
        sources=tuple(known[name] for name in (entry.source, file.visits.source, file.days.source)),
    )


def _for_one_person(plan: Plan) -> Plan:
    """Self-only cover, which the example assumes: what a family shares does not apply."""
    alone = {"family_amount": None, "is_aggregate": False}
    return plan.model_copy(
        update={
            "deductible": plan.deductible and plan.deductible.model_copy(update=alone),
            "out_of_pocket_max": plan.out_of_pocket_max and plan.out_of_pocket_max.model_copy(update=alone),
        }
    )


# ---------------------------------------------------------------- the scene


@dataclass(frozen=True, slots=True)
class _Draft:
    """One line before it is billed: with which visit it belongs, and how much of its item it carries."""

    day: date
    item: Item
    visit: Service | None
    """The visit that may hold it; None for a visit of its own."""
    minor: int


@dataclass(frozen=True, slots=True)
class _Scene:
    """The scenario under one plan."""

    plan: Plan
    file: ExampleFile
    edition: EditionEntry

    def tell(self, visits: Visits) -> tuple[tuple[ExampleLine, ...], dict[str, Printed]]:
        """The adjudicated lines and the five printed amounts."""
        drafts = sorted(self._drafts(visits), key=lambda draft: draft.day)
        lines = tuple(
            ClaimLine(number, draft.day, self.billed_as(draft), "", 1, Network.IN_NETWORK)
            for number, draft in enumerate(drafts, start=1)
        )
        amounts = np.array([[draft.minor] for draft in drafts], dtype=np.int64)
        present = np.ones((len(lines), 1), dtype=bool)
        covered = cover(ClaimLines(lines, CURRENCY, amounts, amounts.copy(), present), self.plan)
        paid = statement(covered, adjudicate(covered, self.plan), self.plan, None)
        told = tuple(
            ExampleLine(**line.model_dump(), category=draft.item.category, name=draft.item.name)
            for line, draft in zip(paid.lines, drafts, strict=True)
        )
        return told, self._amounts(paid)

    def _amounts(self, paid: Statement) -> dict[str, Printed]:
        totals = paid.totals
        parts = {
            "deductibles": self._deductibles(paid),
            "copayments": _printed(totals.copay),
            "coinsurance": _printed(totals.coinsurance),
            "limits_or_exclusions": _printed(totals.over_limit + totals.not_covered + totals.balance_bill),
        }
        zero = Decimal("0.00")
        whole = Printed(
            exact=sum((part.exact for part in parts.values()), zero),
            printed=sum((part.printed for part in parts.values()), zero),
        )
        return {**parts, "total": whole}

    def _deductibles(self, paid: Statement) -> Printed:
        """A deductible that is used up is printed as it stands; what is paid toward any other is rounded."""
        limits = {entry.id: entry.amount for entry in self.plan.separate_deductible}
        limits[""] = self.plan.deductible.amount if self.plan.deductible else Decimal(0)
        spent = dict.fromkeys(limits, Decimal("0.00"))
        for line in paid.lines:
            benefit = self.plan.benefit_for(line.service, Network.IN_NETWORK)
            spent[(benefit and benefit.separate_deductible) or ""] += line.deductible
        used_up = sum((spent[name] for name in limits if spent[name] >= limits[name]), Decimal(0))
        rest = sum((spent[name] for name in limits if spent[name] < limits[name]), Decimal(0))
        return Printed(exact=paid.totals.deductible, printed=_money(used_up + as_printed(rest)))

    # -------------------------------------------------------- the lines

    def _drafts(self, visits: Visits) -> Iterator[_Draft]:
        for item in self.edition.item:
            times = self._times(item.at, visits)
            for (day, visit), minor in zip(times, _shared(to_minor(item.allowed), len(times)), strict=True):
                yield _Draft(day, item, visit, minor)

    def _times(self, at: Moment, visits: Visits) -> list[tuple[date, Service | None]]:
        """When an item happens, and at which visit."""
        days = self.file.days
        specialist = [days.first_specialist + turn * days.specialist_every for turn in range(visits.specialist)]
        match at:
            case "emergency":
                return [(self._day(days.emergency), Service.EMERGENCY_VISIT)]
            case "x_ray":
                later = [specialist[min(turn, len(specialist) - 1)] for turn in range(visits.x_rays - 1)]
                return [
                    (self._day(days.emergency), Service.EMERGENCY_VISIT),
                    *((self._day(day), Service.SPECIALIST_VISIT) for day in later),
                ]
            case "specialist":
                return [(self._day(day), Service.SPECIALIST_VISIT) for day in specialist]
            case "therapy":
                first = specialist[-1] + days.therapy_after
                return [(self._day(first + turn * days.therapy_every), None) for turn in range(visits.therapy)]
            case "prescription":
                return [(self._day(days.prescription), None)]
            case "ambulance":
                return [(self._day(days.ambulance), None)]

    def _day(self, days: int) -> date:
        return self.plan.plan_year_start(self.file.days.plan_year) + timedelta(days=days)

    # -------------------------------------------------------- whose terms apply

    def billed_as(self, draft: _Draft) -> Service:
        """The service whose terms apply: its own, or those of the visit whose copay holds it."""
        if draft.item.billed_as == AMBULANCE:
            return self._ambulance() or Service.EMERGENCY_VISIT
        service = Service(draft.item.billed_as)
        return draft.visit if draft.visit is not None and self.holds(draft.visit, service) else service

    def holds(self, visit: Service, service: Service) -> bool:
        """Whether one copay for the visit covers the service too."""
        benefit = self.plan.benefit_for(visit, Network.IN_NETWORK)
        if benefit is None or visit == service:
            return False
        if benefit.bundle is not None:
            other = self.plan.benefit_for(service, Network.IN_NETWORK)
            return other is not None and other.bundle == benefit.bundle
        return _is_plain_copay(benefit)

    def _ambulance(self) -> Service | None:
        """The ambulance as a service of its own, where the vocabulary and the plan have terms for it."""
        own = next((service for service in Service if service.value == AMBULANCE), None)
        return own if own is not None and self._names(own) else None

    def _names(self, service: Service) -> bool:
        """Whether the plan says anything about a service."""
        return self.plan.benefit_for(service, Network.IN_NETWORK) is not None or any(
            service in exclusion.services for exclusion in self.plan.exclusion
        )

    # -------------------------------------------------------- what it rests on

    def trials(self, visits: Visits) -> Iterator[Trial]:
        """The printed answer with one count changed at a time."""
        tried: Mapping[str, Sequence[int]] = self.file.tried.model_dump()
        for name, counts in tried.items():
            for count in counts:
                changed = visits.model_copy(update={name: count})
                _, answer = self.tell(changed)
                yield Trial(visits=changed, **{part: amount.printed for part, amount in answer.items()})

    def notes(self, visits: Visits) -> Iterator[str]:
        yield (
            f"The guide does not say how many visits there are: {visits.specialist} with the specialist, "
            f"{visits.therapy} of therapy and {visits.x_rays} x-rays are assumed."
        )
        yield from self._bundle_notes()
        if self._ambulance() is None:
            yield "The plan file has no terms for an ambulance: those of an emergency visit are used, as a visit of its own."
        billed = {self.billed_as(draft) for draft in self._drafts(visits)}
        missing = [SERVICE_NAMES[s].lower() for s in Service if s in billed and not self._names(s)]
        if missing:
            yield (
                f"The plan file says nothing about {_listed(missing)}: it stands under limits or exclusions. "
                "Add a benefit for it."
            )

    def _bundle_notes(self) -> Iterator[str]:
        handed_out = {
            Service.EMERGENCY_VISIT: (Service.EQUIPMENT, Service.IMAGING_XRAY),
            Service.SPECIALIST_VISIT: (Service.IMAGING_XRAY,),
        }
        for visit, services in handed_out.items():
            benefit = self.plan.benefit_for(visit, Network.IN_NETWORK)
            if benefit is None:
                continue
            inside = [f"the {SERVICE_NAMES[s].lower()}" for s in services if self.holds(visit, s)]
            name = SERVICE_NAMES[visit].lower()
            if benefit.bundle is not None:
                what = _listed(inside) if inside else "nothing else"
                yield f"The plan file says that one copay for the {name} covers {what}."
            elif inside:
                yield (
                    f"One copay for the {name} is taken to cover {_listed(inside)} too, as in the published documents compared; "
                    "to say otherwise, give that benefit a bundle."
                )


def _is_plain_copay(benefit: Benefit) -> bool:
    return benefit.copay > 0 and benefit.patient_coinsurance == 0


def _shared(total: int, parts: int) -> list[int]:
    """An amount in even parts that add up to it exactly."""
    return [total * (turn + 1) // parts - total * turn // parts for turn in range(parts)]


def _printed(exact: Decimal) -> Printed:
    return Printed(exact=exact, printed=_money(as_printed(exact)))


def _money(amount: Decimal) -> Decimal:
    return to_decimal(to_minor(amount))


def _listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
