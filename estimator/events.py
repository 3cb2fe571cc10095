"""What happens to the cover, and when: limits reached, plan years begun, approval due. One draw, in order of date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Literal

from estimator.adjudication import Adjudication
from estimator.coverage import Coverage, CoveredLines
from estimator.files import Record
from estimator.messages import say
from estimator.money import format_money, to_minor
from estimator.plan import Benefit, Plan

EventKind = Literal[
    "deductible_met",
    "out_of_pocket_max_met",
    "visit_limit_reached",
    "benefit_limit_reached",
    "prior_authorization_due",
    "plan_year_starts",
    "threshold",
]


VISIT_EVENTS = ("visit_limit_reached", "prior_authorization_due")


class Event(Record):
    """Something that happens to the cover on a date."""

    date: date
    kind: EventKind
    id: str
    """The kind, or the id of a threshold."""
    text: str
    line: int | None = None
    visit_number: int | None = None
    """The running visit of the limit or approval it is about."""


def events(
    covered: CoveredLines, result: Adjudication, plan: Plan, rows: Sequence[int], words: Mapping[str, str]
) -> tuple[Event, ...]:
    """The timeline of a single-draw adjudication.

    `rows` are the lines that are present, numbered from 1 in that order; `words` are the region's own, such as excess
    for deductible.
    """
    found = [*_plan_years(covered, plan, rows, words), *_thresholds(covered, result, plan, rows)]
    said: set[tuple[str, str, int]] = set()
    for number, i in enumerate(rows, start=1):
        for kind, key, text in _of_line(i, covered, result, plan, words):
            if (kind, key, covered.coverage[i].plan_year) not in said:
                said.add((kind, key, covered.coverage[i].plan_year))
                visit = int(result.visit_number[i, 0]) if kind in VISIT_EVENTS else None
                day = covered.claims.lines[i].day
                found.append(Event(date=day, kind=kind, id=kind, text=text, line=number, visit_number=visit))
    return tuple(sorted(found, key=lambda event: event.date))


def _of_line(
    i: int, covered: CoveredLines, result: Adjudication, plan: Plan, words: Mapping[str, str]
) -> Iterator[tuple[EventKind, str, str]]:
    """(kind, what it is about, sentence) for everything that one line brings about."""
    coverage, currency = covered.coverage[i], covered.claims.currency
    benefit = coverage.benefit
    if benefit is None:
        return
    outside = coverage.is_out_of_network and plan.out_of_network is not None
    met = result.deductible[i, 0] and not result.deductible_left[i, 0]
    if plan.deductible is not None and met and not outside and benefit.separate_deductible is None:
        shown = format_money(to_minor(plan.deductible.amount), currency)
        yield (
            "deductible_met",
            "",
            say(
                "You have paid your {deductible} of {amount}; from here your plan pays its part.",
                deductible=words["deductible"],
                amount=shown,
            ),
        )
    shared = result.deductible[i, 0] + result.copay[i, 0] + result.coinsurance[i, 0]
    if plan.out_of_pocket_max is not None and shared and not result.out_of_pocket_left[i, 0] and not outside:
        shown = format_money(to_minor(plan.out_of_pocket_max.amount), currency)
        yield (
            "out_of_pocket_max_met",
            "",
            say(
                "You have reached your out-of-pocket maximum of {amount}; covered care costs you nothing more this plan year.",
                amount=shown,
            ),
        )
    yield from _limits(i, coverage, benefit, covered, result, words)


def _limits(
    i: int,
    coverage: Coverage,
    benefit: Benefit,
    covered: CoveredLines,
    result: Adjudication,
    words: Mapping[str, str],
) -> Iterator[tuple[EventKind, str, str]]:
    count, what = int(result.visit_number[i, 0]), words[coverage.visit_service.value]
    if benefit.prior_authorization_after_visit is not None and count == benefit.prior_authorization_after_visit:
        text = say("Visit {number}: your plan must approve further visits before the next one.", number=count)
        yield "prior_authorization_due", benefit.counter, text
    is_over_visits = benefit.visit_limit is not None and count > benefit.visit_limit
    if benefit.visit_limit is not None and count == benefit.visit_limit:
        yield (
            "visit_limit_reached",
            benefit.counter,
            say("Visit {number} is the last {service} visit your plan covers.", number=count, service=what),
        )
    elif is_over_visits:
        text = say("The {number} visits your plan covers are used up.", number=benefit.visit_limit)
        yield "visit_limit_reached", benefit.counter, text
    if benefit.benefit_limit is not None and result.over_limit[i, 0] and not is_over_visits:
        shown = format_money(to_minor(benefit.benefit_limit), covered.claims.currency)
        yield (
            "benefit_limit_reached",
            benefit.group,
            say("Your plan's money limit of {amount} is used up.", amount=shown),
        )


def _thresholds(covered: CoveredLines, result: Adjudication, plan: Plan, rows: Sequence[int]) -> Iterator[Event]:
    for threshold in plan.threshold:
        years: set[int] = set()
        for i in result.above[threshold.id]:
            if i in rows and covered.coverage[i].plan_year not in years:
                years.add(covered.coverage[i].plan_year)
                shown = format_money(to_minor(threshold.amount), covered.claims.currency)
                passed = say("The year's total passes {amount}.", amount=shown)
                text = f"{passed} {threshold.note}".strip()
                day, number = covered.claims.lines[i].day, rows.index(i) + 1
                yield Event(date=day, kind="threshold", id=threshold.id, text=text, line=number)


def _plan_years(covered: CoveredLines, plan: Plan, rows: Sequence[int], words: Mapping[str, str]) -> Iterator[Event]:
    """The start of each later plan year, where anything begins again with it."""
    has_deductible = plan.deductible is not None and plan.deductible.resets == "plan_year"
    limited = any(
        (benefit.visit_limit is not None and benefit.visit_limit_resets == "plan_year")
        or (benefit.benefit_limit is not None and benefit.benefit_limit_resets == "plan_year")
        for benefit in plan.benefit
    )
    has_limits = limited or plan.out_of_pocket_max is not None
    if has_deductible and has_limits:
        text = say("A new plan year starts: your {deductible} and limits begin again.", deductible=words["deductible"])
    elif has_deductible:
        text = say("A new plan year starts: your {deductible} begins again.", deductible=words["deductible"])
    elif has_limits:
        text = say("A new plan year starts: your limits begin again.")
    else:
        return
    for year in sorted({covered.coverage[i].plan_year for i in rows})[1:]:
        yield Event(date=plan.plan_year_start(year), kind="plan_year_starts", id="plan_year_starts", text=text)
