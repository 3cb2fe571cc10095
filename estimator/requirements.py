"""What the cover demands: a dated checklist for one quote, and the steps if cover is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from estimator.errors import FileProblems
from estimator.estimate import Case, calendar_of
from estimator.files import Prose, Record, read_toml, validate
from estimator.messages import cached_by_language, say, say_many
from estimator.pathway import Source
from estimator.quote import Quote
from estimator.vocabulary import Condition, Management, Service

Status = Literal["dated", "ongoing", "if_it_happens", "if_refused"]


class When(Record):
    """When a requirement applies: every condition given must hold; a list means any of its words."""

    services: tuple[Service, ...] = ()
    plans: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    management: Management | None = None


class Due(Record):
    """When it is due: an anchor, days after it, and how it repeats."""

    anchor: str
    days: Annotated[int, Field(ge=0, le=1000)] = 0
    business_days: bool = False
    every_days: Annotated[int, Field(ge=1, le=1000)] | None = None
    every_visits: Annotated[int, Field(ge=1, le=100)] | None = None
    before: bool = False


class Requirement(Record):
    """One demand of the cover, as the file states it."""

    id: str
    what: Prose
    who: Prose
    evidence: Prose
    without_it: Prose
    when: When = When()
    due: Due
    source: str


class Appeal(Record):
    """One step of appeal, as the file states it."""

    step: Annotated[int, Field(ge=1)]
    what: Prose
    who: Prose
    deadline: Prose
    decided_in: Prose = ""
    when: When = When()
    source: str


class RequirementsFile(Record):
    """`requirements.toml`: what the cover asks for, and the way of appeal."""

    requirement: tuple[Requirement, ...]
    appeal: tuple[Appeal, ...] = ()


class ChecklistItem(Record):
    """One thing to do: by when, by whom, on what evidence, and what happens without it."""

    id: str
    what: str
    who: str
    due: date | None
    due_words: str
    """Where there is no date, the deadline in words; before a date, how it is meant, which only the command line says."""
    status: Status
    evidence: str
    without_it: str
    source: Source


class AppealStep(Record):
    """One step if cover is refused."""

    step: int
    what: str
    who: str
    deadline: str
    decided_in: str
    source: Source


class Checklist(Record):
    """Everything the cover asks for, dated items first, and the way of appeal."""

    plan: str
    secondary: str | None
    items: tuple[ChecklistItem, ...]
    appeal: tuple[AppealStep, ...]


@cached_by_language
def load_requirements(path: Path) -> RequirementsFile:
    """A region's `requirements.toml`; raises `FileProblems` naming the field."""
    name = f"{path.parent.name}/{path.name}"
    file = validate(RequirementsFile, read_toml(path), name)
    problems = [
        f"{name}: {entry.id}: due.anchor: unknown anchor '{entry.due.anchor}'."
        for entry in file.requirement
        if not _is_anchor(entry.due.anchor)
    ]
    if problems:
        raise FileProblems(problems)
    return file


WORD_ANCHORS = {"denial": "if_refused", "invoice": "ongoing", "always": "ongoing"}
PLAIN_ANCHORS = {"injury", "care_starts", "first_visit", "last_visit", "surgery", *WORD_ANCHORS}


def _is_anchor(anchor: str) -> bool:
    kind, _, rest = anchor.partition(":")
    if kind in ("first", "visit"):
        service, _, number = rest.partition(":")
        return service in {*Service} and (kind == "first" or number.isdigit())
    return anchor in PLAIN_ANCHORS or (kind == "event" and bool(rest))


def checklist(case: Case, quoted: Quote) -> Checklist:
    """The dated checklist for a quote; what only may happen, and what comes if cover is refused, stands last."""
    file = load_requirements(case.tariff.file("requirements.toml"))
    calendar = _Dates(case, quoted)
    items = [item for entry in file.requirement if _applies(entry.when, case, quoted) for item in calendar.items(entry)]
    items.sort(key=lambda item: (item.due is None, item.due or date.max))
    steps = tuple(
        AppealStep(
            step=entry.step,
            what=entry.what,
            who=entry.who,
            deadline=entry.deadline,
            decided_in=entry.decided_in,
            source=_source(entry.source, case),
        )
        for entry in sorted(file.appeal, key=lambda entry: entry.step)
        if _applies(entry.when, case, quoted)
    )
    return Checklist(plan=quoted.plan, secondary=quoted.secondary, items=tuple(items), appeal=steps)


def _applies(when: When, case: Case, quoted: Quote) -> bool:
    plans = [case.plan] + ([case.secondary] if case.secondary else [])
    services = {line.service for line in quoted.lines} | {line.visit_service for line in quoted.lines}
    return (
        (not when.services or bool(services & {*when.services}))
        and (not when.plans or any(plan.id in when.plans for plan in plans))
        and (not when.tags or any(tag in when.tags for plan in plans for tag in plan.tags))
        and (not when.conditions or quoted.condition in when.conditions)
        and (when.management is None or quoted.management == when.management)
    )


def _source(name: str, case: Case) -> Source:
    own = (
        *case.plan.sources,
        *(case.secondary.sources if case.secondary else ()),
        *case.tariff.region.source,
    )
    return next(source for source in own if source.id == name)


class _Dates:
    """The dates of one quote, by anchor."""

    def __init__(self, case: Case, quoted: Quote) -> None:
        self.case, self.quoted = case, quoted
        self.visits: dict[Service, list[date]] = {}
        for line in quoted.lines:
            for service in {line.service, line.visit_service}:
                days = self.visits.setdefault(service, [])
                if line.date not in days:
                    days.append(line.date)

    def items(self, entry: Requirement) -> Iterator[ChecklistItem]:
        due, anchor = entry.due, entry.due.anchor
        if anchor in WORD_ANCHORS:
            yield self._item(entry, None, _words(due), "if_refused" if anchor == "denial" else "ongoing")
            return
        start = self._anchor(anchor)
        if start is None:
            if anchor.startswith("event:"):
                yield self._item(entry, None, say("if it happens"), "if_it_happens")
            return
        if due.every_visits is not None:
            days = sorted({day for service in entry.when.services for day in self.visits.get(service, ())})
            for number in range(due.every_visits, len(days) + 1, due.every_visits):
                yield self._item(entry, days[number - 1], f"at visit {number}, by", "dated")
            if len(days) < due.every_visits:
                every = say("at every {number}th visit", number=due.every_visits)
                yield self._item(entry, None, every, "if_it_happens")
            return
        if due.every_days is not None:
            day = start + timedelta(days=due.every_days)
            if day > self.quoted.last_visit:
                every = say("every {days} days, if care goes on", days=due.every_days)
                yield self._item(entry, None, every, "if_it_happens")
            while day <= self.quoted.last_visit:
                yield self._item(entry, day, "by", "dated")
                day += timedelta(days=due.every_days)
            return
        day = self._after(start, due)
        yield self._item(entry, day, "before" if due.before else "by", "dated")

    def _after(self, start: date, due: Due) -> date:
        if not due.business_days:
            return start + timedelta(days=due.days)
        working = calendar_of(self.case.scenario, self.case.tariff)
        for _ in range(due.days):
            start = working.on_or_after(start + timedelta(days=1))
        return start

    def _anchor(self, anchor: str) -> date | None:
        kind, _, rest = anchor.partition(":")
        match kind:
            case "injury":
                return self.case.scenario.injury_date
            case "care_starts":
                return self.case.scenario.care_starts
            case "first_visit":
                return self.quoted.first_visit
            case "last_visit":
                return self.quoted.last_visit
            case "surgery":
                return self.quoted.surgery_on
            case "event":
                return next((event.date for event in self.quoted.events if event.id == rest), None)
            case _:
                service, _, number = rest.partition(":")
                days = self.visits.get(Service(service), [])
                index = int(number) - 1 if number else 0
                return days[index] if index < len(days) else None

    def _item(self, entry: Requirement, due: date | None, words: str, status: Status) -> ChecklistItem:
        return ChecklistItem(
            id=entry.id,
            what=entry.what,
            who=entry.who,
            due=due,
            due_words=words,
            status=status,
            evidence=entry.evidence,
            without_it=entry.without_it,
            source=_source(entry.source, self.case),
        )


def _words(due: Due) -> str:
    """A deadline without a date: counted from something that has not happened."""
    match due.anchor:
        case "denial":
            if not due.days:
                return say("on the day of the refusal")
            if due.business_days:
                return say_many(
                    "within {count} working day of the refusal", "within {count} working days of the refusal", due.days
                )
            return say_many("within {count} day of the refusal", "within {count} days of the refusal", due.days)
        case "invoice":
            if not due.days:
                return say("on the day of the invoice")
            if due.business_days:
                return say_many(
                    "within {count} working day of the invoice", "within {count} working days of the invoice", due.days
                )
            return say_many("within {count} day of the invoice", "within {count} days of the invoice", due.days)
        case _:
            return say("all along")
