"""An adjudication of one draw as a statement: lines with reasons, totals, dated events and closing accumulators."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np

from estimator.adjudication import AMOUNTS, UNLIMITED, Adjudication, adjudicate
from estimator.coverage import Coverage, CoveredLines, cover
from estimator.errors import FileProblems, InputError
from estimator.files import Record, decimal_cell, read_rows
from estimator.money import format_money, to_decimal, to_minor
from estimator.plan import Plan
from estimator.pricing import ClaimLine, ClaimLines
from estimator.scenario import EARLIEST, LATEST, Used
from estimator.vocabulary import BILLED_SERVICES, REASONS, SERVICE_NAMES, Network, Reason, Service


class Amounts(Record):
    """Money of a line or a total, as exact decimals: `charge = plan_pays + secondary_pays + patient_pays + write_off`."""

    charge: Decimal
    allowed: Decimal
    deductible: Decimal
    copay: Decimal
    coinsurance: Decimal
    over_limit: Decimal
    not_covered: Decimal
    balance_bill: Decimal
    write_off: Decimal
    plan_pays: Decimal
    secondary_pays: Decimal
    patient_pays: Decimal


class LineStatement(Amounts):
    """One claim line and who pays it."""

    line: int
    date: date
    service: Service
    code: str
    units: int
    network: Network
    reason: Reason
    explanation: str


EventKind = Literal[
    "deductible_met",
    "out_of_pocket_max_met",
    "visit_limit_reached",
    "benefit_limit_reached",
    "prior_authorization_due",
    "plan_year_starts",
    "threshold",
]


class Event(Record):
    """Something that happens to the cover on a date."""

    date: date
    kind: EventKind
    id: str
    """The kind, or the id of a threshold."""
    text: str
    line: int | None = None


class Statement(Record):
    """Who pays what on every line, in order, with totals and what the plan year looks like afterwards."""

    currency: str
    plan: str
    secondary: str | None
    lines: tuple[LineStatement, ...]
    totals: Amounts
    events: tuple[Event, ...]
    accumulators: Used


def statement(
    covered: CoveredLines,
    result: Adjudication,
    plan: Plan,
    secondary: Plan | None,
    labels: Mapping[str, str] | None = None,
) -> Statement:
    """The statement of a single-draw adjudication; lines that are absent in the draw are left out.

    `labels` are the region's own words, such as excess for deductible.
    """
    claims = covered.claims
    rows = [i for i in range(len(claims.lines)) if claims.present[i, 0]]
    words = {key: (labels or {}).get(key, key).lower() for key in ("deductible", "copay")}
    lines = tuple(_line(number, i, covered, result, words) for number, i in enumerate(rows, start=1))
    return Statement(
        currency=claims.currency,
        plan=plan.id,
        secondary=secondary.id if secondary else None,
        lines=lines,
        totals=_total(result, rows),
        events=tuple(sorted(_events(covered, result, plan, rows, words), key=lambda event: event.date)),
        accumulators=result.closing[0],
    )


def _line(
    number: int, index: int, covered: CoveredLines, result: Adjudication, words: Mapping[str, str]
) -> LineStatement:
    line, coverage = covered.claims.lines[index], covered.coverage[index]
    amounts = {name: int(getattr(result, name)[index, 0]) for name in AMOUNTS}
    is_capped = int(result.out_of_pocket_left[index, 0]) == 0
    reason = _reason(coverage, amounts, line, is_capped=is_capped)
    return LineStatement(
        line=number,
        date=line.day,
        service=line.service,
        code=line.code,
        units=line.units,
        network=line.network,
        reason=reason,
        explanation=_explanation(reason, amounts, coverage, covered.claims.currency, words),
        **{name: to_decimal(amount) for name, amount in amounts.items()},
    )


def _total(result: Adjudication, rows: Sequence[int]) -> Amounts:
    return Amounts(**{name: to_decimal(int(getattr(result, name)[rows].sum())) for name in AMOUNTS})


def _reason(coverage: Coverage, amounts: dict[str, int], line: ClaimLine, *, is_capped: bool) -> Reason:
    """The one word that says most about a line; the explanation tells the rest."""
    if line.in_surgical_fee:
        return Reason.IN_SURGICAL_FEE
    if line.is_unpriced:
        return Reason.NO_PUBLISHED_PRICE
    benefit = coverage.benefit
    if benefit is None:
        return coverage.reason
    owes = benefit.patient_coinsurance > 0 or benefit.copay > 0
    if amounts["over_limit"]:
        return (
            Reason.VISIT_LIMIT if benefit.visit_limit is not None and not amounts["plan_pays"] else Reason.BENEFIT_LIMIT
        )
    if amounts["coinsurance"]:
        return Reason.COINSURANCE
    if amounts["copay"]:
        return Reason.COPAY
    if amounts["deductible"]:
        return Reason.DEDUCTIBLE
    return Reason.OUT_OF_POCKET_MAX if owes and is_capped else Reason.NO_COST_SHARING


def _explanation(
    reason: Reason, amounts: dict[str, int], coverage: Coverage, currency: str, labels: Mapping[str, str]
) -> str:
    """The line in one or two plain sentences."""

    def money(name: str) -> str:
        return format_money(amounts[name], currency)

    words: list[str] = []
    if amounts["deductible"]:
        words.append(f"{money('deductible')} goes toward your {labels['deductible']}.")
    if amounts["copay"]:
        words.append(f"{money('copay')} is your {labels['copay']}.")
    if amounts["coinsurance"] and coverage.benefit is not None:
        percent = (coverage.benefit.patient_coinsurance * 100).normalize()
        words.append(f"{money('coinsurance')} is your {percent:f}% share.")
    if amounts["over_limit"]:
        words.append(f"{money('over_limit')} is above the plan's limit.")
    if amounts["balance_bill"]:
        words.append(f"{money('balance_bill')} is billed above what the plan recognises.")
    if amounts["secondary_pays"]:
        words.append(f"Your second cover pays {money('secondary_pays')}.")
    return " ".join(words) or REASONS[reason]


def _events(
    covered: CoveredLines, result: Adjudication, plan: Plan, rows: Sequence[int], words: Mapping[str, str]
) -> Iterator[Event]:
    lines, currency = covered.claims.lines, covered.claims.currency
    yield from _new_plan_years(covered, plan, rows, words)
    was: dict[str, bool] = {}
    running: dict[str, int] = {}
    year: int | None = None
    warned: set[tuple[str, int]] = set()
    for number, i in enumerate(rows, start=1):
        line, coverage = lines[i], covered.coverage[i]
        if coverage.plan_year != year:
            year, was, running = coverage.plan_year, {}, {}
        for kind, left, amount in (
            (
                "deductible_met",
                result.deductible_left,
                plan.deductible.amount if plan.deductible else Decimal(0),
            ),
            (
                "out_of_pocket_max_met",
                result.out_of_pocket_left,
                plan.out_of_pocket_max.amount if plan.out_of_pocket_max else None,
            ),
        ):
            if amount and not was.get(kind) and left[i, 0] == 0 and left[i, 0] < UNLIMITED:
                was[kind] = True
                yield _amount_event(kind, line, number, amount, currency, words)
        benefit = coverage.benefit
        if benefit is None:
            continue
        count, group = int(result.visit_number[i, 0]), benefit.group
        due = benefit.prior_authorization_after_visit
        if due is not None and count == due and (key := (f"authorization:{group}", coverage.plan_year)) not in warned:
            warned.add(key)
            text = f"Visit {count}: your plan must approve further visits before the next one."
            yield Event(
                date=line.day,
                kind="prior_authorization_due",
                id="prior_authorization_due",
                text=text,
                line=number,
            )
        if (
            benefit.visit_limit is not None
            and count == benefit.visit_limit
            and (key := (f"visits:{group}", coverage.plan_year)) not in warned
        ):
            warned.add(key)
            what = SERVICE_NAMES[line.service].lower()
            text = f"Visit {count} is the last {what} visit your plan covers."
            yield Event(date=line.day, kind="visit_limit_reached", id="visit_limit_reached", text=text, line=number)
        if (
            benefit.benefit_limit is not None
            and result.over_limit[i, 0]
            and (key := (f"money:{group}", coverage.plan_year)) not in warned
        ):
            warned.add(key)
            text = f"Your plan's money limit of {format_money(to_minor(benefit.benefit_limit), currency)} is used up."
            yield Event(
                date=line.day,
                kind="benefit_limit_reached",
                id="benefit_limit_reached",
                text=text,
                line=number,
            )
        for threshold in plan.threshold:
            if line.service in threshold.services:
                before = running.get(threshold.id, 0)
                running[threshold.id] = before + int(result.allowed[i, 0])
                if before <= to_minor(threshold.amount) < running[threshold.id]:
                    text = threshold.note or f"The running total passes {threshold.amount}."
                    yield Event(date=line.day, kind="threshold", id=threshold.id, text=text, line=number)


def _amount_event(
    kind: str, line: ClaimLine, number: int, amount: Decimal, currency: str, words: Mapping[str, str]
) -> Event:
    shown = format_money(to_minor(amount), currency)
    if kind == "deductible_met":
        text = f"You have paid your {words['deductible']} of {shown}; from here your plan pays its part."
        return Event(date=line.day, kind="deductible_met", id=kind, text=text, line=number)
    text = (
        f"You have reached your out-of-pocket maximum of {shown}; covered care costs you nothing more this plan year."
    )
    return Event(date=line.day, kind="out_of_pocket_max_met", id=kind, text=text, line=number)


def _new_plan_years(
    covered: CoveredLines, plan: Plan, rows: Sequence[int], words: Mapping[str, str]
) -> Iterator[Event]:
    years = sorted({covered.coverage[i].plan_year for i in rows})
    resets = bool(
        plan.deductible or plan.out_of_pocket_max or any(b.visit_limit or b.benefit_limit for b in plan.benefit)
    )
    for year in years[1:] if resets else ():
        text = f"A new plan year starts: your {words['deductible']} and limits begin again."
        yield Event(date=plan.plan_year_start(year), kind="plan_year_starts", id="plan_year_starts", text=text)


# ---------------------------------------------------------------- claim lines from a file

Item = TypeVar("Item")
LINE_COLUMNS = ("line", "date", "service", "code", "units", "charge", "allowed", "network")


def read_lines(path: Path, currency: str) -> ClaimLines:
    """Claim lines from a CSV file, in order of date; raises `FileProblems` naming every row and field."""
    problems: list[str] = []
    rows: list[tuple[ClaimLine, int, int]] = []
    for number, cells in read_rows(path, LINE_COLUMNS):
        where = f"{path}: row {number}"
        try:
            rows.append(_claim_line(cells))
        except (ValueError, InputError) as error:
            problems.append(f"{where}: {error}")
    if not rows and not problems:
        problems.append(f"{path}: there are no claim lines below the header.")
    numbers = [line.line_number for line, _, _ in rows]
    problems += [f"{path}: line {n} stands twice." for n in sorted({n for n in numbers if numbers.count(n) > 1})]
    if problems:
        raise FileProblems(problems)
    rows.sort(key=lambda row: (row[0].day, row[0].line_number))
    return ClaimLines(
        tuple(line for line, _, _ in rows),
        currency,
        np.array([[charge] for _, charge, _ in rows], dtype=np.int64),
        np.array([[allowed] for _, _, allowed in rows], dtype=np.int64),
        np.ones((len(rows), 1), dtype=bool),
    )


def _claim_line(cells: dict[str, str]) -> tuple[ClaimLine, int, int]:
    day = _field(cells, "date", date.fromisoformat, "a date such as 2026-03-02")
    if not EARLIEST <= day <= LATEST:
        raise ValueError(f"date: expected a date from {EARLIEST} to {LATEST} (got {day})")
    service = _field(cells, "service", Service, "one of " + ", ".join(BILLED_SERVICES))
    if service not in BILLED_SERVICES:
        raise ValueError("service: surgery is billed as surgery_surgeon, surgery_anaesthetist and surgery_facility")
    units = _field(cells, "units", int, "a whole number such as 1") if cells["units"] else 1
    number = _field(cells, "line", int, "a whole number such as 1")
    if not 1 <= units <= 1000:
        raise ValueError(f"units: expected a whole number from 1 to 1000 (got {units})")
    network = (
        _field(cells, "network", Network, "one of " + ", ".join(Network))
        if cells["network"]
        else Network.NOT_APPLICABLE
    )
    charge, allowed = (_amount(cells, column) for column in ("charge", "allowed"))
    return ClaimLine(number, day, service, cells["code"], units, network), charge, allowed


def _field(cells: dict[str, str], column: str, parse: Callable[[str], Item], expected: str) -> Item:
    try:
        return parse(cells[column])
    except ValueError:
        raise ValueError(f"{column}: expected {expected} (got {cells[column]!r})") from None


def _amount(cells: dict[str, str], column: str) -> int:
    try:
        return to_minor(decimal_cell(cells[column]))
    except (ValueError, InputError) as error:
        raise ValueError(f"{column}: {error}") from None


def adjudicate_lines(
    claims: ClaimLines,
    plan: Plan,
    used: Used | None = None,
    secondary: Plan | None = None,
    labels: Mapping[str, str] | None = None,
) -> Statement:
    """The statement for given claim lines; line numbers are those of the file."""
    covered = cover(claims, plan)
    made = statement(covered, adjudicate(covered, plan, used, secondary), plan, secondary, labels)
    numbers = [line.line_number for line in claims.lines]
    lines = [line.model_copy(update={"line": n}) for line, n in zip(made.lines, numbers, strict=True)]
    events = [e.model_copy(update={"line": numbers[e.line - 1]}) if e.line else e for e in made.events]
    return made.model_copy(update={"lines": tuple(sorted(lines, key=lambda line: line.line)), "events": tuple(events)})
