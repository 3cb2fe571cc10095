"""Statutory Sick Pay by date, the employer's own sick pay, and the pay that is lost after both.

The rates and rules are dated data in `uk_private/sick_pay.toml`. A day's pay is the weekly rate over the qualifying
days of the week, cut to four decimals, and each week (Sunday to Saturday) is rounded up to the penny, as the official
calculator does. A week's usual pay is rounded once, halves up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field, field_validator, model_validator

from estimator.draws import Ints
from estimator.errors import FileProblems, InputError
from estimator.files import Amount, Prose, Rate, Record, read_toml, region_file, validate
from estimator.messages import cached_by_language
from estimator.money import round_to_minor, to_decimal, to_minor
from estimator.pathway import Source
from estimator.scenario import Work
from estimator.vocabulary import Region

PENNY, FOUR_DECIMALS, NOTHING = Decimal("0.01"), Decimal("0.0001"), Decimal("0.00")
SATURDAY = 5
LONGEST_ABSENCE = timedelta(days=1200)

Days = Annotated[int, Field(ge=0, le=1000)]


# ---------------------------------------------------------------- the dated rules


class SickPayRate(Record):
    """The rules of one tax year."""

    effective_from: date
    effective_to: date
    weekly_rate: Amount
    lower_earnings_limit: Amount | None = None
    """Who earns less on average gets nothing; none since April 2026."""
    earnings_share: Rate | None = None
    """Not more than this share of average weekly earnings; since April 2026."""
    waiting_days: Annotated[int, Field(ge=0, le=7)]
    """Qualifying days without pay at the start of a spell or a run of linked spells."""
    minimum_days: Annotated[int, Field(ge=1, le=7)]
    """Calendar days a spell must last to count."""
    source: str
    note: Prose = ""


class SickPayRules(Record):
    """`sick_pay.toml`."""

    maximum_weeks: int
    linking_weeks: int
    """Spells with at most so many weeks between them count as one."""
    continuous_since: date
    """Off work without a break since before this day: nothing under the rules of April 2026."""
    rate: tuple[SickPayRate, ...]
    source: tuple[Source, ...]

    @model_validator(mode="after")
    def _without_gaps(self) -> SickPayRules:
        for earlier, later in zip(self.rate, self.rate[1:], strict=False):
            if later.effective_from != earlier.effective_to + timedelta(days=1):
                raise ValueError(f"rate: the rates must follow one another without a gap (see {later.effective_from})")
        known = {source.id for source in self.source}
        for row in self.rate:
            if row.source not in known:
                raise ValueError(f"rate: source '{row.source}' is not declared")
        return self

    def on(self, day: date) -> SickPayRate:
        """The rules in force on a day; the newest known ones on later days."""
        if day < self.rate[0].effective_from:
            raise InputError(
                f"sick pay: no rate is known for {day}; the first one starts {self.rate[0].effective_from}."
            )
        return next((row for row in self.rate if row.effective_from <= day <= row.effective_to), self.rate[-1])


@cached_by_language
def load_sick_pay(tariffs: Path | None = None) -> SickPayRules:
    """The rules by date; raises `FileProblems` naming every field that is wrong."""
    path = region_file(Region.UK_PRIVATE, "sick_pay.toml", tariffs)
    rules = validate(SickPayRules, read_toml(path), "uk_private/sick_pay.toml")
    if not rules.rate:
        raise FileProblems(["uk_private/sick_pay.toml: rate: give at least one [[rate]]."])
    return rules


# ---------------------------------------------------------------- what is asked


class Spell(Record):
    """Days off sick without a break, both ends included, working days or not."""

    first: date
    last: date

    @model_validator(mode="after")
    def _in_order(self) -> Spell:
        if self.last < self.first:
            raise ValueError(f"last: {self.last} lies before the first day, {self.first}")
        if self.last - self.first > LONGEST_ABSENCE:
            raise ValueError(f"last: absences of more than {LONGEST_ABSENCE.days} days are not modelled")
        return self

    @property
    def length(self) -> int:
        return (self.last - self.first).days + 1


class Job(Record):
    """What the job pays and on which days; Monday is 0."""

    weekly_pay: Amount
    """Average weekly earnings before tax; sick pay and lost pay are worked out from them."""
    working_days: tuple[Annotated[int, Field(ge=0, le=6)], ...] = (0, 1, 2, 3, 4)
    is_employee: bool = True
    """Self-employed people have no sick pay."""

    @field_validator("working_days")
    @classmethod
    def _some_days(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value or len({*value}) != len(value):
            raise ValueError("name each working day of the week once, 0 for Monday to 6 for Sunday")
        return tuple(sorted(value))


class EmployerPay(Record):
    """The employer's own sick pay: working days left at full pay, then at half pay, when the absence begins."""

    full_pay_days: Days = 0
    half_pay_days: Days = 0
    adds_to_statutory: bool = False
    """Whether half pay comes on top of statutory pay, up to full pay; otherwise statutory pay is part of it."""


def job_of(work: Work) -> Job | None:
    """The job of a scenario, worked on the first days of the week; None without its pay."""
    if work.daily_pay is None:
        return None
    days = tuple(range(work.days_per_week))
    return Job(weekly_pay=work.daily_pay * work.days_per_week, working_days=days, is_employee=work.is_employee)


# ---------------------------------------------------------------- the answer


class SickPayWeek(Record):
    """One week, Sunday to Saturday."""

    ends: date
    days_lost: int
    """Working days off sick."""
    days_paid: int
    """Of these, the days with statutory pay."""
    usual_pay: Decimal
    statutory_pay: Decimal
    employer_pay: Decimal
    """What the employer pays besides statutory pay."""
    lost_pay: Decimal


class SickPay(Record):
    """Pay during one absence, before tax; beside the cost of care, never inside it."""

    weeks: tuple[SickPayWeek, ...]
    days_lost: int
    days_paid: int
    waiting_days: int
    """Unpaid waiting days served in this absence."""
    paid_days_left: int
    """Days of statutory pay left in this run of linked spells after the absence."""
    usual_pay: Decimal
    statutory_pay: Decimal
    employer_pay: Decimal
    lost_pay: Decimal
    notes: tuple[str, ...]
    sources: tuple[Source, ...]


def sick_pay(
    absence: Spell,
    job: Job,
    earlier: Sequence[Spell] = (),
    employer: EmployerPay | None = None,
    tariffs: Path | None = None,
) -> SickPay:
    """Statutory and employer's pay for an absence, week by week; `earlier` spells count where they are linked."""
    rules = load_sick_pay(tariffs)
    chain = linked(absence, earlier, rules)
    walk = _Walk(job, rules, [])
    for spell in chain:
        walk.spell(spell, rules.on(chain[0].first))
    own = [day for day in walk.days if absence.first <= day.date <= absence.last]
    weeks = tuple(_weeks(own, job, employer or EmployerPay()))
    return SickPay(
        weeks=weeks,
        days_lost=len(own),
        days_paid=sum(week.days_paid for week in weeks),
        waiting_days=sum(day.is_waiting for day in own),
        paid_days_left=walk.most_days - walk.paid if job.is_employee else 0,
        usual_pay=sum((week.usual_pay for week in weeks), NOTHING),
        statutory_pay=sum((week.statutory_pay for week in weeks), NOTHING),
        employer_pay=sum((week.employer_pay for week in weeks), NOTHING),
        lost_pay=sum((week.lost_pay for week in weeks), NOTHING),
        notes=tuple(_notes(absence, chain, own, walk)),
        sources=rules.source,
    )


def lost_pay(
    days_off: Ints, first_day: date, job: Job, employer: EmployerPay | None = None, tariffs: Path | None = None
) -> Ints:
    """The pay lost after sick pay in each draw, in pence, for so many calendar days off from `first_day`."""
    lost = {0: 0}
    for days in (int(each) for each in np.unique(days_off) if each > 0):
        absence = Spell(first=first_day, last=first_day + timedelta(days=days - 1))
        lost[days] = to_minor(sick_pay(absence, job, (), employer, tariffs).lost_pay)
    return np.array([lost[max(int(each), 0)] for each in days_off], dtype=np.int64)


def linked(absence: Spell, earlier: Sequence[Spell], rules: SickPayRules) -> tuple[Spell, ...]:
    """The absence with the earlier spells it is linked to, in order: each long enough, none more than 8 weeks apart."""
    chain = [absence]
    for spell in sorted(earlier, key=lambda each: each.first, reverse=True):
        between = (chain[0].first - spell.last).days - 1
        if between < 0:
            raise InputError(f"earlier: the spell from {spell.first} to {spell.last} runs into a later one; join them.")
        if between > rules.linking_weeks * 7:
            break
        if spell.length >= rules.on(spell.first).minimum_days:
            chain.insert(0, spell)
    return tuple(chain)


# ---------------------------------------------------------------- day by day


@dataclass(frozen=True, slots=True)
class _Day:
    """One working day off sick: what statutory pay it brings, in pounds with four decimals."""

    date: date
    rate: Decimal
    is_waiting: bool


@dataclass(slots=True)
class _Walk:
    """Runs through linked spells in order. Lives for one call of `sick_pay`."""

    job: Job
    rules: SickPayRules
    days: list[_Day]
    waited: int = 0
    paid: int = 0
    is_low_earner: bool = False

    @property
    def most_days(self) -> int:
        return self.rules.maximum_weeks * len(self.job.working_days)

    def spell(self, spell: Spell, at_start: SickPayRate) -> None:
        """Each working day of a spell; `at_start` are the rules on the first day of the linked run."""
        limit = at_start.lower_earnings_limit
        self.is_low_earner = limit is not None and self.job.weekly_pay < limit
        was_paid_flat = False
        for number in range(spell.length):
            day = spell.first + timedelta(days=number)
            if day.weekday() not in self.job.working_days:
                continue
            rule = self.rules.on(day)
            is_waiting = self._is_waiting(spell, rule)
            self.waited += is_waiting
            is_paid = not is_waiting and self._is_paid(spell, rule)
            rate = self._day_rate(rule, keeps_flat_rate=was_paid_flat)
            self.days.append(_Day(day, rate if is_paid else Decimal(0), is_waiting))
            self.paid += is_paid
            was_paid_flat = was_paid_flat or (is_paid and rule.earnings_share is None)

    def _is_waiting(self, spell: Spell, rule: SickPayRate) -> bool:
        counts = self.job.is_employee and not self.is_low_earner and spell.length >= rule.minimum_days
        return counts and self.waited < rule.waiting_days

    def _is_paid(self, spell: Spell, rule: SickPayRate) -> bool:
        """Whether a day past the waiting days is paid."""
        if not self.job.is_employee or self.paid >= self.most_days or spell.length < rule.minimum_days:
            return False
        if rule.lower_earnings_limit is not None:
            return not self.is_low_earner
        return spell.first >= self.rules.continuous_since

    def _day_rate(self, rule: SickPayRate, *, keeps_flat_rate: bool) -> Decimal:
        """A day's pay; who was paid in the same spell before the rules changed keeps the flat rate."""
        weekly = rule.weekly_rate
        if rule.earnings_share is not None and not keeps_flat_rate:
            weekly = min(weekly, rule.earnings_share * self.job.weekly_pay)
        return (weekly / len(self.job.working_days)).quantize(FOUR_DECIMALS, ROUND_DOWN)


def _weeks(days: Sequence[_Day], job: Job, employer: EmployerPay) -> list[SickPayWeek]:
    by_week: dict[date, list[_Day]] = {}
    for day in days:
        by_week.setdefault(day.date + timedelta(days=(SATURDAY - day.date.weekday()) % 7), []).append(day)
    weeks: list[SickPayWeek] = []
    so_far = 0
    for ends, group in sorted(by_week.items()):
        full = min(max(employer.full_pay_days - so_far, 0), len(group))
        half = min(max(employer.full_pay_days + employer.half_pay_days - so_far, 0), len(group)) - full
        so_far += len(group)
        usual = _pay(job, Decimal(len(group)))
        statutory = sum((day.rate for day in group), Decimal(0)).quantize(PENNY, ROUND_UP)
        contract = _pay(job, full + Decimal(half) / 2)
        received = _received(statutory, contract, usual, employer, has_full_pay=full > 0)
        weeks.append(
            SickPayWeek(
                ends=ends,
                days_lost=len(group),
                days_paid=sum(day.rate > 0 for day in group),
                usual_pay=usual,
                statutory_pay=statutory,
                employer_pay=received - statutory,
                lost_pay=max(usual - received, NOTHING),
            )
        )
    return weeks


def _received(
    statutory: Decimal, contract: Decimal, usual: Decimal, employer: EmployerPay, *, has_full_pay: bool
) -> Decimal:
    """Statutory and employer's pay together: the larger of the two, or both up to full pay where the contract says so."""
    if employer.adds_to_statutory and not has_full_pay:
        return max(min(statutory + contract, usual), statutory)
    return max(statutory, contract)


def _pay(job: Job, days: Decimal) -> Decimal:
    """The usual pay of so many working days."""
    return to_decimal(round_to_minor(job.weekly_pay * days / len(job.working_days)))


def _notes(absence: Spell, chain: Sequence[Spell], own: Sequence[_Day], walk: _Walk) -> list[str]:
    notes: list[str] = []
    rules, first = walk.rules, walk.rules.on(absence.first)
    paid = [day for day in own if day.rate > 0]
    reform = next((row.effective_from for row in rules.rate if row.lower_earnings_limit is None), None)
    if not walk.job.is_employee:
        return ["Self-employed people get no sick pay from an employer."]
    if len(chain) > 1:
        notes.append(f"Linked with an earlier spell that began on {chain[0].first}: the two count as one.")
    if walk.is_low_earner and first.lower_earnings_limit is not None:
        notes.append(f"Average pay below {first.lower_earnings_limit} a week brought no sick pay before 6 April 2026.")
    elif absence.length < first.minimum_days:
        notes.append(f"A spell of fewer than {first.minimum_days} days brought no sick pay before 6 April 2026.")
    if reform is not None and absence.first < reform <= absence.last and paid:
        began = next((day.date for day in paid), reform)
        says = "you keep the flat rate" if began < reform else "pay starts with the new rules on that day"
        notes.append(f"The rules changed on {reform} during this spell: {says}.")
    if walk.paid >= walk.most_days:
        notes.append(f"Sick pay ends after {rules.maximum_weeks} weeks.")
    if absence.last > rules.rate[-1].effective_to:
        notes.append(f"Rates after {rules.rate[-1].effective_to} are not known yet: the last known ones are used.")
    return notes
