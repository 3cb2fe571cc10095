"""An adjudication of one draw as a statement: lines with reasons, totals, dated events and closing accumulators."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import numpy as np

from estimator.adjudication import AMOUNTS, Adjudication, adjudicate
from estimator.coverage import Coverage, CoveredLines, cover
from estimator.errors import FileProblems, InputError
from estimator.events import Event, events
from estimator.files import Record, decimal_cell, read_rows
from estimator.messages import inside_a_sentence, marked, say
from estimator.money import format_money, to_decimal, to_minor
from estimator.plan import Plan
from estimator.pricing import ClaimLine, ClaimLines
from estimator.scenario import EARLIEST, LATEST, Paperwork, Used
from estimator.vocabulary import BILLED_SERVICES, Network, Reason, Service, reason_said, service_name

TERMS = {"deductible": marked("Deductible"), "copay": marked("Copay")}
"""What a line calls them where its region has no word of its own."""


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
    modifiers: tuple[str, ...] = ()
    """What a Medicare claim carries to say who is liable: GP, KX, GA, GX, GY, GZ."""
    reason: Reason
    explanation: str


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
    words = {key: inside_a_sentence((labels or {}).get(key) or say(term)) for key, term in TERMS.items()}
    words |= {service.value: inside_a_sentence(service_name(service, labels)) for service in Service}
    lines = tuple(_line(number, i, covered, result, plan, words) for number, i in enumerate(rows, start=1))
    return Statement(
        currency=claims.currency,
        plan=plan.id,
        secondary=secondary.id if secondary else None,
        lines=lines,
        totals=_total(result, rows),
        events=events(covered, result, plan, rows, words),
        accumulators=result.closing[0],
    )


def _is_over_visits(coverage: Coverage, number: int) -> bool:
    benefit = coverage.benefit
    return benefit is not None and benefit.visit_limit is not None and number > benefit.visit_limit


def _line(
    number: int, index: int, covered: CoveredLines, result: Adjudication, plan: Plan, words: Mapping[str, str]
) -> LineStatement:
    line, coverage = covered.claims.lines[index], covered.coverage[index]
    amounts = {name: int(getattr(result, name)[index, 0]) for name in AMOUNTS}
    is_capped = int(result.out_of_pocket_left[index, 0]) == 0
    is_over_visits = _is_over_visits(coverage, int(result.visit_number[index, 0]))
    reason = _reason(coverage, amounts, line, covered.paperwork, is_capped=is_capped, is_over_visits=is_over_visits)
    money = {name: to_decimal(amount) for name, amount in amounts.items()}
    paid = Amounts(**money)
    return LineStatement(
        **dict(paid),
        line=number,
        date=line.day,
        service=line.service,
        code=line.code,
        units=line.units,
        network=line.network,
        modifiers=tuple(_modifiers(index, covered, result, plan)),
        reason=reason,
        explanation=_explanation(reason, amounts, coverage, covered.claims.currency, words),
    )


def _modifiers(index: int, covered: CoveredLines, result: Adjudication, plan: Plan) -> Iterator[str]:
    """The modifiers of a Medicare line (Claims Processing Manual, chapters 5 and 30)."""
    if not plan.shows_claim_modifiers:
        return
    line, coverage, paperwork = covered.claims.lines[index], covered.coverage[index], covered.paperwork
    if coverage.benefit is None:
        if plan.needs_notice(line.service):
            yield "GA" if paperwork.advance_notice else "GZ"
        else:
            yield from ("GY", "GX") if paperwork.advance_notice else ("GY",)
        return
    if coverage.visit_service == Service.PHYSICAL_THERAPY:
        yield "GP"
    for threshold in plan.threshold:
        if threshold.needs_confirmation and index in result.above[threshold.id]:
            if paperwork.medical_need_confirmed:
                yield "KX"
            else:
                yield "GA" if paperwork.advance_notice else "GZ"


def _total(result: Adjudication, rows: Sequence[int]) -> Amounts:
    return Amounts(**{name: to_decimal(int(getattr(result, name)[rows].sum())) for name in AMOUNTS})


def _reason(
    coverage: Coverage,
    amounts: dict[str, int],
    line: ClaimLine,
    paperwork: Paperwork,
    *,
    is_capped: bool,
    is_over_visits: bool,
) -> Reason:
    """The one word that says most about a line; the explanation tells the rest."""
    if line.in_surgical_fee:
        return Reason.IN_SURGICAL_FEE
    if line.is_unpriced:
        return Reason.NO_PUBLISHED_PRICE
    benefit = coverage.benefit
    if benefit is None:
        return Reason.PROVIDER_LIABLE if coverage.is_provider_liable else coverage.reason
    refused = amounts["not_covered"] or amounts["write_off"] > max(amounts["charge"] - amounts["allowed"], 0)
    if refused and not amounts["plan_pays"]:
        unapproved = benefit.prior_authorization_after_visit is not None and not paperwork.prior_authorization
        return Reason.NO_AUTHORIZATION if unapproved else Reason.NOT_DOCUMENTED
    owes = benefit.patient_coinsurance > 0 or benefit.copay > 0
    if amounts["over_limit"]:
        return Reason.VISIT_LIMIT if is_over_visits else Reason.BENEFIT_LIMIT
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
        due = labels["deductible"]
        words.append(say("{amount} goes toward your {deductible}.", amount=money("deductible"), deductible=due))
    if amounts["copay"]:
        words.append(say("{amount} is your {copay}.", amount=money("copay"), copay=labels["copay"]))
    if amounts["coinsurance"] and coverage.benefit is not None:
        percent = f"{(coverage.benefit.patient_coinsurance * 100).normalize():f}"
        words.append(say("{amount} is your {percent}% share.", amount=money("coinsurance"), percent=percent))
    if amounts["over_limit"]:
        words.append(say("{amount} is above the plan's limit.", amount=money("over_limit")))
    if amounts["balance_bill"]:
        billed = money("balance_bill")
        words.append(say("{amount} is billed above what the plan recognises.", amount=billed))
    if amounts["secondary_pays"]:
        words.append(say("Your second cover pays {amount}.", amount=money("secondary_pays")))
    if not words:
        words.append(reason_said(reason))
        if reason in (Reason.NOT_DOCUMENTED, Reason.NO_AUTHORIZATION) and not amounts["patient_pays"]:
            words.append(say("Your clinic may not charge you for it."))
    return " ".join(words)


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
    paperwork: Paperwork | None = None,
) -> Statement:
    """The statement for given claim lines; line numbers are those of the file."""
    covered = cover(claims, plan, paperwork)
    made = statement(covered, adjudicate(covered, plan, used, secondary), plan, secondary, labels)
    numbers = [line.line_number for line in claims.lines]
    lines = [line.model_copy(update={"line": n}) for line, n in zip(made.lines, numbers, strict=True)]
    timeline = [e.model_copy(update={"line": numbers[e.line - 1]}) if e.line else e for e in made.events]
    return made.model_copy(
        update={"lines": tuple(sorted(lines, key=lambda line: line.line)), "events": tuple(timeline)}
    )
