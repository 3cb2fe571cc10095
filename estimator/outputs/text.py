"""Results as plain text for a terminal."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from estimator.money import SYMBOLS
from estimator.vocabulary import SERVICE_NAMES

if TYPE_CHECKING:  # a command loads only the records it prints
    from estimator.comparison import Comparison
    from estimator.coverage_example import CoverageExample
    from estimator.imports.exchange_plan import CheckReport, ExchangePlan
    from estimator.imports.pfs import PfsImport
    from estimator.imports.rates import CodePrices, Finding
    from estimator.imports.rates import Spread as Amounts
    from estimator.inspection import TariffReport
    from estimator.lookup import Price, PriceRange, Prices
    from estimator.mixes import Mixes
    from estimator.nhs_costs import NhsCosts
    from estimator.projection import Projection, Spread
    from estimator.quote import Quote
    from estimator.requirements import Checklist
    from estimator.statement import Statement
    from estimator.therapy_day import TherapyDay
    from estimator.timing import Timing


def money(amount: Decimal, currency: str) -> str:
    """An amount with its currency sign, always with cents."""
    return f"{SYMBOLS[currency]}{amount:,.2f}"


def table(rows: Sequence[Sequence[str]], right: Iterable[int] = ()) -> str:
    """Rows in columns; the first row is the header, amounts align right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    aligned = {*right}
    lines = [
        "  ".join(
            cell.rjust(width) if i in aligned else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in [lines[0], "-" * len(lines[0]), *lines[1:]])


def _range(spread: Spread, currency: str) -> str:
    low, high = money(spread.p10, currency), money(spread.p90, currency)
    return f"most likely {money(spread.p50, currency)}; in 8 of 10 cases between {low} and {high}"


def quote(made: Quote) -> str:
    """A quote: the answer first, then every line."""
    names = {part.id: part.name for part in made.by_service}
    lines = [f"You pay {money(made.totals.patient_pays, made.currency)} of {money(made.totals.charge, made.currency)}."]
    lines += [f"Plan: {made.plan_name}. Your plan pays {money(made.totals.plan_pays, made.currency)}."]
    if made.secondary:
        lines[-1] += f" Your second cover pays {money(made.totals.secondary_pays, made.currency)}."
    if made.totals.write_off:
        lines[-1] += (
            f" Nobody pays the other {money(made.totals.write_off, made.currency)}: it is above the agreed prices."
        )
    if made.safety.doctor_first:
        lines += ["", made.safety.doctor_first]
    rows: list[tuple[str, ...]] = [("Date", "Service", "Code", "Units", "Billed", "Allowed", "You pay", "Why")]
    rows += [
        (
            line.date.isoformat(),
            names[line.service.value],
            line.code,
            str(line.units),
            money(line.charge, made.currency),
            money(line.allowed, made.currency),
            money(line.patient_pays, made.currency),
            line.explanation,
        )
        for line in made.lines
    ]
    lines += ["", table(rows, right=(3, 4, 5, 6))]
    if made.events:
        lines += [
            "",
            "What happens to your cover:",
            *(f"  {event.date}  {event.text}" for event in made.events),
        ]
    if made.alternatives:
        lines += ["", "Not examined yet, so it may also be:"]
        lines += [
            f"  {other.name} ({other.share:.0%}): you pay {money(other.patient_pays, made.currency)}"
            for other in made.alternatives
        ]
    if made.wait is not None:
        lines += [
            "",
            f"Wait for a first appointment in {made.wait.area}: about {made.wait.median_weeks} weeks. {made.wait.note}",
        ]
    if made.unknown:
        lines += [
            "",
            "Not in the total:",
            *(f"  {names.get(gap.service.value, SERVICE_NAMES[gap.service])}: {gap.why}" for gap in made.unknown),
        ]
    lines += _notes(made.safety.warnings, made.warnings, made.assumptions)
    return "\n".join([*lines, "", made.disclaimer])


def _notes(*groups: Iterable[str]) -> list[str]:
    notes = [note for group in groups for note in group]
    return ["", "Good to know:", *(f"  - {note}" for note in notes)] if notes else []


def projection(made: Projection) -> str:
    """A projection: the middle and the range first, then weeks, services and what the spread comes from."""
    currency = made.currency
    lines = [f"You pay {_range(made.patient_pays, currency)}."]
    lines += [
        f"Plan: {made.plan_name}. {made.draws:,} draws, seed {made.seed}; "
        f"the middle is known to about {money(made.patient_pays.p50_error, currency)}."
    ]
    if made.wait_weeks is not None:
        wait = made.wait_weeks
        lines += [
            f"Wait for a first appointment: about {wait.p50} weeks; in 8 of 10 cases between {wait.p10} and {wait.p90}."
        ]
    rows: list[tuple[str, ...]] = [
        ("Service", "Visits on average", "You pay on average", "In 8 of 10 cases", "Plan pays on average")
    ]
    rows += [
        (
            share.name,
            f"{share.mean_visits:.1f}",
            money(share.patient_mean, currency),
            f"{money(share.patient_p10, currency)} to {money(share.patient_p90, currency)}",
            money(share.plan_mean, currency),
        )
        for share in made.by_service
    ]
    lines += ["", table(rows, right=(1, 2, 3, 4))]
    weeks: list[tuple[str, ...]] = [("By the end of", "Middle", "8 of 10 between")]
    weeks += [
        (
            week.ends.isoformat(),
            money(week.p50, currency),
            f"{money(week.p10, currency)} and {money(week.p90, currency)}",
        )
        for week in made.by_week
    ]
    lines += ["", table(weeks, right=(1, 2))]
    if made.outcomes:
        lines += ["", *(f"{outcome.probability:6.1%}  {outcome.name}" for outcome in made.outcomes)]
    if made.drivers:
        lines += [
            "",
            "What the spread comes from:",
            *(f"{driver.share:6.0%}  {driver.name}" for driver in made.drivers),
        ]
    if made.work is not None:
        days = made.work.days_off
        lines += ["", f"Beside it: {days.p50} days off work; in 8 of 10 cases {days.p10} to {days.p90}."]
        if made.work.lost_pay is not None:
            lines[-1] += f" Lost pay: {_range(made.work.lost_pay, currency)}."
        lines[-1] += f" {made.work.note}"
    if made.unpriced:
        lines += [
            "",
            f"Without a published price and not in the total: {', '.join(SERVICE_NAMES[s] for s in made.unpriced)}.",
        ]
    lines += _notes(made.warnings)
    return "\n".join([*lines, "", made.disclaimer])


def comparison(made: Comparison) -> str:
    """Options side by side."""
    rows: list[tuple[str, ...]] = [
        ("Plan", "Likely course", "Middle", "8 of 10 between", "Cheaper than the first", "The same")
    ]
    for option in made.options:
        spread = option.patient_pays
        cheaper, same = option.cheaper_than_first, option.same_as_first
        rows.append(
            (
                option.plan_name,
                money(option.quoted, made.currency),
                money(spread.p50, made.currency),
                f"{money(spread.p10, made.currency)} and {money(spread.p90, made.currency)}",
                "" if cheaper is None else f"{cheaper:.0%}",
                "" if same is None else f"{same:.0%}",
            )
        )
    return table(rows, right=(1, 2, 3, 4, 5))


def checklist(made: Checklist) -> str:
    """The checklist with dates first, then what may happen, then the appeal."""
    lines = []
    for item in made.items:
        when = f"{item.due_words} {item.due}" if item.due else item.due_words
        lines += [f"[ ] {when}: {item.what}", f"    Who: {item.who}", f"    Shown by: {item.evidence}"]
        lines += [
            f"    Without it: {item.without_it}",
            f"    Source: {item.source.title} ({item.source.kind})",
            "",
        ]
    if made.appeal:
        lines += ["If cover is refused:"]
        for number, step in enumerate(made.appeal, start=1):
            decided = f" Decided in: {step.decided_in}." if step.decided_in else ""
            lines += [f"{number}. {step.what} {step.who} When: {step.deadline}.{decided}"]
    return "\n".join(lines)


def _price_line(name: str, found: PriceRange | None, currency: str) -> list[str]:
    if found is None:
        return []
    low, high = money(found.low, currency), money(found.high, currency)
    note = f" {found.note}" if found.note else ""
    return [
        f"{name}: {money(found.typical, currency)} per {found.unit} ({low} to {high}; {found.area or 'this area'}).{note}"
    ]


def price(found: Price) -> str:
    """One price with its parts and sources."""
    place = (
        f"{found.code}{'-' + found.modifier if found.modifier else ''} in {found.area}, {found.setting}, {found.date}"
    )
    if found.allowed is None:
        lines = [f"{place}: no price. {found.reason}"]
        lines += [f"Use {found.use_instead} instead."] if found.use_instead else []
    else:
        lines = [f"{place}: {money(found.allowed, found.currency)} (status {found.status})"]
    if found.components is not None:
        parts = found.components
        named = (
            ("work", parts.work),
            ("practice expense", parts.practice_expense),
            ("malpractice", parts.malpractice),
        )
        terms = " + ".join(f"{part.rvu} x {part.gpci} ({name})" for name, part in named)
        lines += [f"= ({terms}) x {parts.conversion_factor}"]
    lines += _price_line("Allowed", found.range, found.currency)
    lines += _price_line("Self-pay", found.cash, found.currency) + _price_line("Billed", found.charge, found.currency)
    lines += [found.note] if found.note else []
    return "\n".join([*lines, *(f"Source: {source.title} ({source.kind})" for source in found.sources)])


def prices(found: Prices) -> str:
    """A file of prices, one row each."""
    from estimator.lookup import PriceProblem

    rows: list[tuple[str, ...]] = [("Code", "Area", "Setting", "Date", "Allowed", "Status or problem")]
    for entry in found.prices:
        if isinstance(entry, PriceProblem):
            rows.append((entry.code, "", "", "", "", entry.error))
        else:
            shown = "" if entry.allowed is None else money(entry.allowed, entry.currency)
            rows.append(
                (
                    entry.code,
                    entry.area,
                    entry.setting,
                    entry.date.isoformat(),
                    shown,
                    entry.reason or entry.status,
                )
            )
    return table(rows, right=(4,))


def statement(made: Statement) -> str:
    """Adjudicated lines with totals, events and closing accumulators."""
    columns = (
        "charge",
        "deductible",
        "copay",
        "coinsurance",
        "over_limit",
        "not_covered",
        "balance_bill",
        "write_off",
        "plan_pays",
        "secondary_pays",
        "patient_pays",
    )
    rows: list[tuple[str, ...]] = [("line", "date", "service", *columns, "reason")]
    rows += [
        (
            str(line.line),
            line.date.isoformat(),
            line.service.value,
            *(f"{getattr(line, c):,.2f}" for c in columns),
            line.reason.value,
        )
        for line in made.lines
    ]
    rows += [("", "", "total", *(f"{getattr(made.totals, c):,.2f}" for c in columns), "")]
    events = [f"{event.date}  {event.text}" for event in made.events]
    return "\n".join([table(rows, right=range(3, 14)), *(["", *events] if events else [])])


def tariff_report(report: TariffReport) -> str:
    """What was read, and what is wrong or old."""
    rows: list[tuple[str, ...]] = [
        ("Region", "Prices", "Plans", "Requirements", "Appeal steps", "Official", "Survey", "Assumption")
    ]
    for region in report.regions:
        kinds = [str(count) for count in region.sources.values()]
        rows.append(
            (
                region.name,
                str(region.prices),
                str(region.plans),
                str(region.requirements),
                str(region.appeal_steps),
                *kinds,
            )
        )
    lines = [table(rows, right=range(1, 8))] if report.regions else []
    lines += ["", *(f"wrong: {problem}" for problem in report.problems)] if report.problems else []
    lines += ["", *(f"old: {warning}" for warning in report.warnings)] if report.warnings else []
    return "\n".join([*lines, "", f"{len(report.problems)} wrong, {len(report.warnings)} growing old."])


def pfs_import(done: PfsImport) -> str:
    """What an import brought in and what changed."""
    lines = [
        f"{done.year}: {done.codes} of {done.codes_in_file} codes ({done.payable} payable), "
        f"{done.localities} localities, factor {done.conversion_factor}."
    ]
    lines += [f"contradiction: {each}" for each in done.contradictions]
    lines += [f"note: {each}" for each in done.warnings]
    if done.compared_with:
        lines += [f"Against {done.compared_with}:", *(f"  {change}" for change in done.changes)]
    return "\n".join([*lines, *(f"written: {path}" for path in done.written)])


def pfs_import_json(done: PfsImport) -> str:
    """The same as one JSON object."""
    return json.dumps(dataclasses.asdict(done), default=str, indent=2, ensure_ascii=False)


def timing(made: Timing) -> str:
    """Start dates side by side; dates outside the window are marked, never recommended."""
    rows: list[tuple[str, ...]] = [("Start", "Likely", "Middle", "8 of 10 between", "Against your start", "")]
    for row in made.rows:
        sign = "+" if row.against_chosen > 0 else ""
        mark = "your start" if row.is_chosen else ("" if row.in_window else "outside the window")
        between = f"{money(row.p10, made.currency)} and {money(row.p90, made.currency)}"
        change = f"{sign}{row.against_chosen:,.2f}"
        rows.append(
            (str(row.starts), money(row.likely, made.currency), money(row.p50, made.currency), between, change, mark)
        )
    return "\n".join([made.window_says, "", table(rows, right=(1, 2, 3, 4)), "", *made.says])


def coverage_example(made: CoverageExample) -> str:
    """The example as a plan's document prints it, then how it depends on the number of visits."""
    parts = (
        ("Deductibles", made.deductibles),
        ("Copayments", made.copayments),
        ("Coinsurance", made.coinsurance),
        ("Limits or exclusions", made.limits_or_exclusions),
        ("The total you would pay", made.total),
    )
    rows: list[tuple[str, ...]] = [("What you would pay", "Printed", "Exact")]
    rows += [(name, f"{part.printed:,.0f}", f"{part.exact:,.2f}") for name, part in parts]
    head = f"{made.title} under {made.plan_name}, {made.edition_name}; example cost {made.total_example_cost:,.2f}."
    trials: list[tuple[str, ...]] = [("Specialist visits", "Therapy visits", "X-rays", "Printed total")]
    trials += [
        (str(t.visits.specialist), str(t.visits.therapy), str(t.visits.x_rays), f"{t.total:,.0f}")
        for t in made.by_visits
    ]
    return "\n".join([head, "", table(rows, right=(1, 2)), "", table(trials, right=(0, 1, 2, 3)), "", *made.notes])


def exchange_plan(made: ExchangePlan, written: Path) -> str:
    """What was read of a marketplace plan, what is missing and what was refused."""
    lines = [f"{written}: {made.plan.title}, {made.rows} rows read."]
    lines += [f"missing: {name}" for name in made.missing]
    lines += [f"refused: {row}" for row in made.refused]
    return "\n".join([*lines, *(f"note: {notice}" for notice in made.notices)])


def exchange_check(report: CheckReport) -> str:
    """How many rows of a file were understood, and each refused wording with its count."""
    lines = [f"{report.file}: {report.understood:,} of {report.rows:,} rows understood, {report.plans:,} plans."]
    lines += [f"  distinct {kind}: {count:,}" for kind, count in report.wordings.items()]
    for each in report.refused:
        where = f"{each.column} {each.words!r} (first in row {each.first_row})"
        lines.append(f"refused {each.count:,} times: {where}: {each.why}")
    return "\n".join([*lines, *(f"note, {count:,} rows: {notice}" for notice, count in report.notices.items())])


def mixes(made: Mixes) -> str:
    """Ways of mixing NHS and private care, by cost; those that are both later and dearer are marked."""
    rows: list[tuple[str, ...]] = [
        ("Way", "Likely cost", "8 of 10 between", "Weeks to first session", "Pounds a week saved", "")
    ]
    for option in made.options:
        paid, first, price = option.patient_pays, option.weeks_to_first_session, option.pounds_per_week_saved
        between = f"{money(paid.p10, made.currency)} and {money(paid.p90, made.currency)}"
        mark = (
            f"slower and dearer than {', '.join(option.slower_and_dearer_than)}"
            if option.slower_and_dearer_than
            else ""
        )
        weeks = "" if first is None else f"{first.likely}"
        least = "at least " if option.not_counted else ""
        saved = "" if price is None else money(price, made.currency)
        rows.append((option.name, f"{least}{money(paid.likely, made.currency)}", between, weeks, saved, mark))
    lines = [table(rows, right=(1, 2, 3, 4)), ""]
    lines += [
        f"{each.name}: {'not within a year' if each.sessions is None else each.sessions} sessions"
        for each in made.break_even
    ]
    return "\n".join([*lines, "", *made.notes])


def price_file(name: str, found: Sequence[CodePrices], findings: Sequence[Finding], written: Path | None) -> str:
    """What a price file holds for our codes, and every oddity in it with its count."""
    head = ("Code", "Setting", "Billing class", "Self-pay", "Billed", "Negotiated", "8 of 10 payers between", "Payers")
    rows: list[tuple[str, ...]] = [head]
    for each in found:
        shown = each.negotiated
        rows.append(
            (
                each.code,
                each.setting,
                each.billing_class,
                _typical(each.cash),
                _typical(each.gross),
                _typical(shown),
                "" if shown is None else f"{shown.low:,.2f} and {shown.high:,.2f}",
                str(each.payers),
            )
        )
    lines = [name, "", table(rows, right=(3, 4, 5, 6, 7)), "", *(str(finding) for finding in findings)]
    return "\n".join([*lines, *([f"written: {written}"] if written else [])])


def _typical(spread: Amounts | None) -> str:
    return "" if spread is None else f"{spread.typical:,.2f}"


def therapy_day(made: TherapyDay) -> str:
    """One day's lines after the rules between them, and who pays."""
    rows: list[tuple[str, ...]] = [
        ("Code", "Units", "In full", "Reduced", "Allowed", "Deductible", "Your 20%", "Medicare pays", "")
    ]
    for line in made.lines:
        allowed = "" if line.allowed is None else f"{line.allowed:,.2f}"
        shares = (f"{line.deductible:,.2f}", f"{line.coinsurance:,.2f}", f"{line.medicare_pays:,.2f}")
        rows.append(
            (line.code, str(line.units), str(line.full_units), str(line.reduced_units), allowed, *shares, line.reason)
        )
    paid, allowed = money(made.patient_pays, made.currency), money(made.allowed, made.currency)
    head = f"{made.area}, {made.setting}, {made.date}: allowed {allowed}; you pay {paid}."
    return "\n".join([head, "", table(rows, right=range(1, 8))])


def nhs_costs(made: NhsCosts) -> str:
    """The money around one course of NHS care."""
    lines = [
        f"You pay {money(made.patient_pays, 'GBP')}; with a prepayment certificate {money(made.patient_pays_least, 'GBP')}."
    ]
    lines += [f"For information: the care costs the system {money(made.cost_to_system, 'GBP')}."]
    lines += [
        f"A visitor who is charged pays {money(made.visitor_pays, 'GBP')} ({made.visitor_multiplier.normalize():f} times)."
    ]
    return "\n".join([*lines, "", *made.notes])
