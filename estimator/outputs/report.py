"""One case as a page of its own: a single HTML file that opens offline, prints well and calls nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from html import escape
from pathlib import Path

from estimator.estimate import Case
from estimator.outputs import charts, figures, tables
from estimator.outputs.figures import Notes
from estimator.outputs.words import (
    KINDS,
    MONTHS,
    Words,
    along_the_way,
    cover_sentence,
    dated,
    days,
    days_span,
    deadline,
    most_likely,
    range_sentence,
)
from estimator.projection import Projection
from estimator.quote import Quote
from estimator.requirements import AppealStep, Checklist, ChecklistItem
from estimator.vocabulary import SourceKind

STYLE = Path(__file__).with_name("report.css")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
WIDE, HIGH, LEFT, RIGHT, TOP, BOTTOM = 460, 280, 56, 8, 12, 26
"""The fan chart's size and margins."""


def report(case: Case, quote: Quote, projection: Projection, checklist: Checklist, made: date | None = None) -> str:
    """The whole report as one HTML text; the same case and day give the same text."""
    words, today = Words.of(case.tariff.region), made or date.today()
    notes = Notes({source.id: source for source in tables.sources(quote)})
    title = f"What a hamstring injury will cost: {case.pathway.condition(case.scenario.condition).name}"
    prices = tables.to_html(figures.prices(quote, words, notes))
    course = tables.to_html(figures.course(case, quote, words, notes))
    body = "".join(
        (
            _top(case, quote, words, today),
            _answer(case, quote, projection, words),
            _fan(quote, projection, words),
            _where(quote, words),
            _along(quote, projection, words),
            _todo(checklist, words, today),
            _after(quote, projection, words),
            f"<section><h2>Every line</h2>{tables.to_html(tables.lines(quote, words))}</section>",
            f"<section><h2>Where the numbers come from</h2>{_rests(quote, words)}{prices}{course}"
            f"<h3>Sources</h3>{notes.to_html(words)}</section>",
            _left_out(case),
            f"<footer><p><b>{escape(quote.disclaimer)}</b></p><p class='note'>Counted over {projection.draws:,} possible courses, "
            f"seed {projection.seed}. Made on {escape(words.day(today, year=True))}. This page holds no name and calls no other "
            "page.</p></footer>",
        )
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en-{escape(case.tariff.region.country)}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">'
        f"<title>{escape(title)}</title><style>{STYLE.read_text(encoding='utf-8')}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


# ---------------------------------------------------------------- the answer


def _top(case: Case, quote: Quote, words: Words, today: date) -> str:
    scenario = case.scenario
    second = f" with {case.secondary.title}" if case.secondary is not None else ""
    injury = case.pathway.condition(scenario.condition).name
    area = scenario.area
    place = ", ".join(part for part in (area.county, area.locality or area.state, area.region, area.nation) if part)
    lead = f"{injury}, hurt {words.day(scenario.injury_date, year=True)}; care from {words.day(scenario.care_starts, year=True)}"
    where = f"{case.tariff.region.name}{f', {place}' if place else ''}; {case.plan.title}{second}"
    planned = [words.service(service) for service in scenario.services]
    care = f"<br>{escape(', '.join(planned))}" if planned else ""
    flags = _list(f"<b>{escape(flag['asks'])}</b> {escape(flag['do'])}" for flag in quote.safety.red_flags)
    first = f'<p class="warned"><b>{escape(quote.safety.doctor_first)}</b></p>' if quote.safety.doctor_first else ""
    return (
        f'<header><h1>What your hamstring injury will cost you</h1><p class="lead">{escape(lead)}<br>{escape(where)}{care}<br>'
        f"Made on {escape(words.day(today, year=True))}</p></header>{first}"
        f'<section class="alarm"><h2>Before any price: is any of this true?</h2>{flags}</section>'
    )


def _answer(case: Case, quote: Quote, projection: Projection, words: Words) -> str:
    spread = projection.patient_pays
    said = f"{range_sentence(spread, words)} {cover_sentence(case, quote, words)}"
    warned = "".join(f'<p class="warned">{escape(words.plain(text))}</p>' for text in quote.warnings)
    care = "".join(f'<p class="warned">{escape(words.plain(text))}</p>' for text in quote.safety.warnings)
    unknown = _list(
        f"<b>{escape(words.service(each.service))}</b> ({each.visits} counted): {escape(each.why)}"
        for each in quote.unknown
    )
    missing = f"<h3>Not in the total yet</h3>{unknown}" if unknown else ""
    return (
        f'<section><p class="lead">Most likely you pay</p><p class="sum">{escape(most_likely(spread, words))}</p>'
        f'<p>{escape(said)}</p><p class="note">{escape(quote.disclaimer)}</p>{warned}{care}{missing}</section>'
    )


# ---------------------------------------------------------------- money by week


def _fan(quote: Quote, projection: Projection, words: Words) -> str:
    twin = tables.to_html(tables.by_week(projection, words))
    if projection.patient_pays.p90 == 0:
        return "<section><h2>Your money, week by week</h2><p>In at least 9 of 10 cases you pay nothing.</p></section>"
    return (
        f"<section><h2>Your money, week by week</h2><figure>{fan_svg(quote, projection, words)}</figure>"
        '<p class="note">The line is the most likely sum so far. The band holds 8 of 10 cases.</p>'
        f"{twin}</section>"
    )


def fan_svg(quote: Quote, projection: Projection, words: Words) -> str:
    """Money by week as an inline drawing with its takeaway in words."""
    weeks = projection.by_week
    start, last = weeks[0].ends - timedelta(days=6), weeks[-1].ends
    top = max(weeks[-1].p90, Decimal(1)) * Decimal("1.25")

    def across(day: date) -> float:
        return LEFT + (WIDE - LEFT - RIGHT) * (day - start).days / max((last - start).days, 1)

    def down(amount: Decimal) -> float:
        return HIGH - BOTTOM - (HIGH - TOP - BOTTOM) * float(amount / top)

    def path(values: Iterable[tuple[date, Decimal]]) -> str:
        return "L".join(f"{across(day):.1f} {down(amount):.1f}" for day, amount in values)

    zero = (start, Decimal(0))
    high = [zero, *((week.ends, week.p90) for week in weeks)]
    low = [zero, *((week.ends, week.p10) for week in weeks)]
    middle = [zero, *((week.ends, week.p50) for week in weeks)]
    bands = "".join(
        f'<rect class="fan-phase" x="{across(max(phase.starts, start)):.1f}" y="{TOP}" height="{HIGH - TOP - BOTTOM}" '
        f'width="{across(min(phase.ends, last)) - across(max(phase.starts, start)):.1f}"/>'
        for phase in charts.phases_shown(projection, quote)
        if phase.number % 2
    )
    spread = projection.patient_pays
    alt = (
        f"What you will have paid, week by week, until {words.day(last, year=True)}. Most likely {words.about(spread.p50)} in the "
        f"end; in 8 of 10 cases between {words.about(spread.p10)} and {words.about(spread.p90)}."
    )
    end = down(spread.p50) - 10
    return (
        f'<svg viewBox="0 0 {WIDE} {HIGH}" role="img" aria-label="{escape(alt)}">{bands}'
        f"{_grid(top, down, words)}{_months(start, last, across)}"
        f'<path class="fan-band" d="M{path(high)}L{path(reversed(low))}Z"/><path class="fan-line" d="M{path(middle)}"/>'
        f"{_marks(quote, words, start, last, across)}"
        f'<text class="fan-end" x="{WIDE - RIGHT}" y="{end:.1f}" text-anchor="end">{escape(words.about(spread.p50))} most likely</text>'
        "</svg>"
    )


def _grid(top: Decimal, down: Callable[[Decimal], float], words: Words) -> str:
    """Four lines at round amounts, each with its amount."""
    step = _round_step(top / 4)
    amounts = [step * n for n in range(int(top / step) + 1)]
    return "".join(
        f'<line class="fan-grid" x1="{LEFT}" x2="{WIDE - RIGHT}" y1="{down(amount):.1f}" y2="{down(amount):.1f}"/>'
        f'<text x="{LEFT - 8}" y="{down(amount) + 5:.1f}" text-anchor="end">{escape(words.about(amount))}</text>'
        for amount in amounts
    )


def _round_step(rough: Decimal) -> Decimal:
    """The next larger of 1, 2, 2.5, 5 times a power of ten."""
    power = Decimal(10) ** rough.adjusted()
    return next(power * factor for factor in (1, 2, Decimal("2.5"), 5, 10) if power * factor >= rough)


def _months(start: date, last: date, across: Callable[[date], float]) -> str:
    months = [date(start.year + n // 12, n % 12 + 1, 1) for n in range(start.month - 1, start.month + 36)]
    shown = [day for day in months if start <= day <= last]
    every = max(1, -(-len(shown) // 9))
    return "".join(
        f'<text x="{across(day):.1f}" y="{HIGH - 8}" text-anchor="middle">{MONTHS[day.month - 1][:3]}</text>'
        for day in shown[::every]
    )


def _marks(quote: Quote, words: Words, start: date, last: date, across: Callable[[date], float]) -> str:
    inside = [mark for mark in charts.marks(quote, words) if start <= mark.on <= last]
    drawn = ""
    for row, mark in enumerate(inside):
        x = across(mark.on)
        side, shift = ("end", -5) if x > WIDE / 2 else ("start", 5)
        drawn += (
            f'<line class="fan-mark" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HIGH - BOTTOM}"/>'
            f'<text class="fan-said" x="{x + shift:.1f}" y="{TOP + 14 + 18 * row}" text-anchor="{side}">{escape(mark.text)}</text>'
        )
    return drawn


# ---------------------------------------------------------------- where it goes, and what happens on the way


def _where(quote: Quote, words: Words) -> str:
    total = words.exact(quote.totals.patient_pays)
    other = _list(
        f"{escape(each.name)}, {round(each.share * 100)} of 100 people: you would pay "
        f"<b>{escape(words.exact(each.patient_pays))}</b>."
        for each in quote.alternatives
    )
    parts = "".join(
        f"<h3>By {kind.lower()}</h3>{charts.bars(rows, quote, words)}{tables.to_html(tables.by_part(rows, kind, quote, words))}"
        for kind, rows in (("Phase", quote.by_phase), ("Kind of care", quote.by_service))
    )
    return (
        f"<section><h2>Where it goes</h2><p>One likely course, visit by visit: you pay <b>{escape(total)}</b>.</p>{parts}"
        f"{f'<h3>Once you know the grade</h3>{other}' if other else ''}</section>"
    )


def _along(quote: Quote, projection: Projection, words: Words) -> str:
    happens = [escape(dated(event, words)) for event in quote.events]
    happens += [f"{escape(name)}: {escape(share)}." for name, share in along_the_way(projection, words)]
    if quote.wait is not None:
        happens.append(
            f"Waiting list, {escape(quote.wait.area)}: half of the people have waited up to "
            f"{round(quote.wait.median_weeks)} weeks (as of {escape(words.day(quote.wait.as_of, year=True))}). "
            f"{escape(quote.wait.note)}"
        )
    return f"<section><h2>Along the way</h2>{_list(happens)}</section>" if happens else ""


# ---------------------------------------------------------------- the checklist


def _todo(checklist: Checklist, words: Words, today: date) -> str:
    items = "".join(_item(item, words, today) for item in checklist.items)
    steps = "".join(_step(step, words) for step in checklist.appeal)
    refused = f'<h2>If cover is refused</h2><ol class="todo">{steps}</ol>' if steps else ""
    if not items:
        return f"<section>{refused}</section>" if refused else ""
    return (
        "<section><h2>Your checklist</h2><p>What your cover asks for, by date.</p>"
        f'<ol class="todo">{items}</ol>{refused}</section>'
    )


def _item(item: ChecklistItem, words: Words, today: date) -> str:
    return (
        f'<li><p class="when">{escape(deadline(item.due, item.due_words, today, words))}</p><p>{escape(item.what)}</p>'
        f"<dl><dt>Who</dt><dd>{escape(item.who)}</dd><dt>Proof to keep</dt><dd>{escape(item.evidence)}</dd>"
        f"<dt>Without it</dt><dd>{escape(item.without_it)}</dd><dt>Source</dt><dd>{figures.cite(item.source, words)}</dd></dl></li>"
    )


def _step(step: AppealStep, words: Words) -> str:
    decided = f"<dt>Decided in</dt><dd>{escape(step.decided_in)}</dd>" if step.decided_in else ""
    return (
        f"<li><p>{escape(step.what)}</p><dl><dt>Who</dt><dd>{escape(step.who)}</dd><dt>Deadline</dt>"
        f"<dd>{escape(step.deadline)}</dd>{decided}<dt>Source</dt><dd>{figures.cite(step.source, words)}</dd></dl></li>"
    )


# ---------------------------------------------------------------- after, and what it rests on


def _after(quote: Quote, projection: Projection, words: Words) -> str:
    back = projection.recovery_days
    said = [f"<b>Back to sport</b> after about {days(back.p50)}; in 8 of 10 cases {days_span(back.p10, back.p90)}."]
    said += [
        f"<b>It comes back</b> within {figures.horizon(row.horizon_days)} in {round(row.probability * 100)} of 100 people "
        f"(from {round(row.low * 100)} to {round(row.high * 100)})."
        for row in quote.recurrence
    ]
    if (work := projection.work) is not None:
        off = work.working_days_off
        said.append(
            f"<b>Days off work</b>: about {off.p50} working {'day' if off.p50 == 1 else 'days'}; in 8 of 10 cases "
            f'{off.p10} to {off.p90}. <span class="guess">{escape(KINDS[SourceKind.ASSUMPTION])}</span>'
        )
        if work.lost_pay is not None:
            lost = work.lost_pay
            said.append(
                f"<b>Lost pay</b>, not in the estimate: about {escape(words.about(lost.p50))}; in 8 of 10 cases "
                f"{escape(words.span(lost.p10, lost.p90))}."
            )
    return f"<section><h2>What could come after</h2>{_list(said)}</section>"


def _rests(quote: Quote, words: Words) -> str:
    return _list(escape(words.plain(text)) for text in quote.assumptions)


def _left_out(case: Case) -> str:
    region = case.tariff.region
    missing = _list(f"<b>{escape(each.what)}</b> {escape(each.why)}" for each in region.not_modelled)
    return f"<section><h2>Not in the estimate</h2>{missing}</section>" if missing else ""


def _list(sentences: Iterable[str]) -> str:
    """Sentences that are HTML already."""
    rows = "".join(f"<li>{each}</li>" for each in sentences)
    return f"<ul>{rows}</ul>" if rows else ""
