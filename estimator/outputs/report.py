"""One case as a page of its own: a single HTML file that opens offline, prints well and calls nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from html import escape
from pathlib import Path

from estimator.estimate import Case
from estimator.messages import locale_of, say, say_html, say_many
from estimator.outputs import charts, figures, tables
from estimator.outputs.figures import Notes
from estimator.outputs.words import (
    KINDS,
    Words,
    along_the_way,
    cover_sentence,
    dated,
    days,
    days_span,
    deadline,
    most_likely,
    number,
    range_sentence,
)
from estimator.pathway import Source
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
    injury = case.pathway.condition(case.scenario.condition).name
    title = say("What a hamstring injury will cost: {injury}", injury=injury)
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
            f"<section>{_h2(say('Every line'))}{tables.to_html(tables.lines(quote, words))}</section>",
            f"<section>{_h2(say('Where the numbers come from'))}{_rests(quote, words)}{prices}{course}"
            f"{_h3(say('Sources'))}{notes.to_html(words)}</section>",
            _left_out(case),
            _foot(quote, projection, words, today),
        )
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{locale_of(words.country).replace("_", "-")}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">'
        f"<title>{escape(title)}</title><style>{STYLE.read_text(encoding='utf-8')}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


def _h2(title: str) -> str:
    return f"<h2>{escape(title)}</h2>"


def _h3(title: str) -> str:
    return f"<h3>{escape(title)}</h3>"


def _foot(quote: Quote, projection: Projection, words: Words, today: date) -> str:
    made = say(
        "Counted over {draws} possible courses, seed {seed}. Made on {day}. This page holds no name and calls no other page.",
        draws=number(projection.draws),
        seed=projection.seed,
        day=words.day(today, year=True),
    )
    return f"<footer><p><b>{escape(quote.disclaimer)}</b></p><p class='note'>{escape(made)}</p></footer>"


# ---------------------------------------------------------------- the answer


def _top(case: Case, quote: Quote, words: Words, today: date) -> str:
    scenario, area = case.scenario, case.scenario.area
    place = (area.county, area.locality or area.state, area.region, area.nation)
    where = ", ".join(part for part in (case.tariff.region.name, *place) if part)
    cover = case.plan.title
    if case.secondary is not None:
        cover = say("{plan} with {second_cover}", plan=cover, second_cover=case.secondary.title)
    lead = say(
        "{injury}, hurt {injury_day}; care from {care_day}",
        injury=case.pathway.condition(scenario.condition).name,
        injury_day=words.day(scenario.injury_date, year=True),
        care_day=words.day(scenario.care_starts, year=True),
    )
    planned = ", ".join(words.service(service) for service in scenario.services)
    made = say("Made on {day}", day=words.day(today, year=True))
    above = "<br>".join(escape(line) for line in (lead, f"{where}; {cover}", planned, made) if line)
    flags = _list(f"<b>{escape(flag['asks'])}</b> {escape(flag['do'])}" for flag in quote.safety.red_flags)
    first = f'<p class="warned"><b>{escape(quote.safety.doctor_first)}</b></p>' if quote.safety.doctor_first else ""
    return (
        f'<header><h1>{escape(say("What your hamstring injury will cost you"))}</h1><p class="lead">{above}</p></header>{first}'
        f'<section class="alarm">{_h2(say("Before any price: is any of this true?"))}{flags}</section>'
    )


def _answer(case: Case, quote: Quote, projection: Projection, words: Words) -> str:
    spread = projection.patient_pays
    said = f"{range_sentence(spread, words)} {cover_sentence(case, quote, words)}"
    warned = "".join(f'<p class="warned">{escape(words.plain(text))}</p>' for text in quote.warnings)
    care = "".join(f'<p class="warned">{escape(words.plain(text))}</p>' for text in quote.safety.warnings)
    unknown = _list(
        say_html(
            "<b>{service}</b> ({visits} counted): {why}",
            service=words.service(each.service),
            visits=each.visits,
            why=each.why,
        )
        for each in quote.unknown
    )
    missing = f"{_h3(say('Not in the total yet'))}{unknown}" if unknown else ""
    return (
        f'<section><p class="lead">{escape(say("Most likely you pay"))}</p><p class="sum">{escape(most_likely(spread, words))}</p>'
        f'<p>{escape(said)}</p><p class="note">{escape(quote.disclaimer)}</p>{warned}{care}{missing}</section>'
    )


# ---------------------------------------------------------------- money by week


def _fan(quote: Quote, projection: Projection, words: Words) -> str:
    title = _h2(say("Your money, week by week"))
    if projection.patient_pays.p90 == 0:
        return f"<section>{title}<p>{escape(say('In at least 9 of 10 cases you pay nothing.'))}</p></section>"
    below = say("The line is the most likely sum so far. The band holds 8 of 10 cases.")
    return (
        f"<section>{title}<figure>{fan_svg(quote, projection, words)}</figure>"
        f'<p class="note">{escape(below)}</p>{tables.to_html(tables.by_week(projection, words))}</section>'
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
    end, said = down(spread.p50) - 10, say("{amount} most likely", amount=words.about(spread.p50))
    return (
        f'<svg viewBox="0 0 {WIDE} {HIGH}" role="img" aria-label="{escape(charts.takeaway(projection, words))}">{bands}'
        f"{_grid(top, down, words)}{_months(start, last, across, words)}"
        f'<path class="fan-band" d="M{path(high)}L{path(reversed(low))}Z"/><path class="fan-line" d="M{path(middle)}"/>'
        f"{_marks(quote, words, start, last, across)}"
        f'<text class="fan-end" x="{WIDE - RIGHT}" y="{end:.1f}" text-anchor="end">{escape(said)}</text>'
        "</svg>"
    )


def _grid(top: Decimal, down: Callable[[Decimal], float], words: Words) -> str:
    """Four lines at round amounts, each with its amount."""
    return "".join(
        f'<line class="fan-grid" x1="{LEFT}" x2="{WIDE - RIGHT}" y1="{down(amount):.1f}" y2="{down(amount):.1f}"/>'
        f'<text x="{LEFT - 8}" y="{down(amount) + 5:.1f}" text-anchor="end">{escape(words.about(amount))}</text>'
        for amount in charts.round_amounts(top)
    )


def _months(start: date, last: date, across: Callable[[date], float], words: Words) -> str:
    return "".join(
        f'<text x="{across(day):.1f}" y="{HIGH - 8}" text-anchor="middle">{escape(name)}</text>'
        for day, name in charts.months(start, last, words)
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
    total = say_html(
        "One likely course, visit by visit: you pay <b>{amount}</b>.", amount=words.exact(quote.totals.patient_pays)
    )
    other = _list(
        say_html(
            "{injury}, {share} of 100 people: you would pay <b>{amount}</b>.",
            injury=each.name,
            share=round(each.share * 100),
            amount=words.exact(each.patient_pays),
        )
        for each in quote.alternatives
    )
    phases, services = tables.by_phase(quote, words), tables.by_service(quote, words)
    return (
        f"<section>{_h2(say('Where it goes'))}<p>{total}</p>"
        f"{_h3(say('By phase'))}{charts.bars(quote.by_phase, quote, words)}{tables.to_html(phases)}"
        f"{_h3(say('By kind of care'))}{charts.bars(quote.by_service, quote, words)}{tables.to_html(services)}"
        f"{_h3(say('Once you know the grade')) + other if other else ''}</section>"
    )


def _along(quote: Quote, projection: Projection, words: Words) -> str:
    happens = [escape(dated(event, words)) for event in quote.events]
    happens += [f"{escape(name)}: {escape(share)}." for name, share in along_the_way(projection, words)]
    if quote.wait is not None:
        waiting = say_many(
            "Waiting list, {area}: half of the people have waited up to {count} week (as of {day}).",
            "Waiting list, {area}: half of the people have waited up to {count} weeks (as of {day}).",
            round(quote.wait.median_weeks),
            area=quote.wait.area,
            day=words.day(quote.wait.as_of, year=True),
        )
        happens.append(f"{escape(waiting)} {escape(quote.wait.note)}")
    return f"<section>{_h2(say('Along the way'))}{_list(happens)}</section>" if happens else ""


# ---------------------------------------------------------------- the checklist


def _todo(checklist: Checklist, words: Words, today: date) -> str:
    items = "".join(_item(item, words, today) for item in checklist.items)
    steps = "".join(_step(step, words) for step in checklist.appeal)
    refused = f'{_h2(say("If cover is refused"))}<ol class="todo">{steps}</ol>' if steps else ""
    if not items:
        return f"<section>{refused}</section>" if refused else ""
    return (
        f"<section>{_h2(say('Your checklist'))}<p>{escape(say('What your cover asks for, by date.'))}</p>"
        f'<ol class="todo">{items}</ol>{refused}</section>'
    )


def _item(item: ChecklistItem, words: Words, today: date) -> str:
    return (
        f'<li><p class="when">{escape(deadline(item.due, item.due_words, today, words))}</p><p>{escape(item.what)}</p><dl>'
        f"{_term(say('Who'), item.who)}{_term(say('Proof to keep'), item.evidence)}"
        f"{_term(say('Without it'), item.without_it)}{_cited(item.source, words)}</dl></li>"
    )


def _step(step: AppealStep, words: Words) -> str:
    decided = _term(say("Decided in"), step.decided_in) if step.decided_in else ""
    return (
        f"<li><p>{escape(step.what)}</p><dl>{_term(say('Who'), step.who)}{_term(say('Deadline'), step.deadline)}{decided}"
        f"{_cited(step.source, words)}</dl></li>"
    )


def _term(term: str, said: str) -> str:
    return f"<dt>{escape(term)}</dt><dd>{escape(said)}</dd>"


def _cited(source: Source, words: Words) -> str:
    return f"<dt>{escape(say('Source'))}</dt><dd>{figures.cite(source, words)}</dd>"


# ---------------------------------------------------------------- after, and what it rests on


def _after(quote: Quote, projection: Projection, words: Words) -> str:
    back = projection.recovery_days
    said = [
        say_html(
            "<b>Back to sport</b> after about {days}; in 8 of 10 cases {span}.",
            days=days(back.p50),
            span=days_span(back.p10, back.p90),
        )
    ]
    said += [
        say_html(
            "<b>It comes back</b> within {time} in {share} of 100 people (from {low} to {high}).",
            time=figures.horizon(row.horizon_days),
            share=round(row.probability * 100),
            low=round(row.low * 100),
            high=round(row.high * 100),
        )
        for row in quote.recurrence
    ]
    return f"<section>{_h2(say('What could come after'))}{_list([*said, *_work(projection, words)])}</section>"


def _work(projection: Projection, words: Words) -> Iterator[str]:
    """Days off and lost pay, where the work is known."""
    if (work := projection.work) is None:
        return
    off = work.working_days_off
    lost_days = say_many(
        "<b>Days off work</b>: about {count} working day; in 8 of 10 cases {low} to {high}.",
        "<b>Days off work</b>: about {count} working days; in 8 of 10 cases {low} to {high}.",
        off.p50,
        low=off.p10,
        high=off.p90,
    )
    yield f'{lost_days} <span class="guess">{escape(KINDS[SourceKind.ASSUMPTION])}</span>'
    if (lost := work.lost_pay) is not None:
        yield say_html(
            "<b>Lost pay</b>, not in the estimate: about {amount}; in 8 of 10 cases {span}.",
            amount=words.about(lost.p50),
            span=words.span(lost.p10, lost.p90),
        )


def _rests(quote: Quote, words: Words) -> str:
    return _list(escape(words.plain(text)) for text in quote.assumptions)


def _left_out(case: Case) -> str:
    region = case.tariff.region
    missing = _list(f"<b>{escape(each.what)}</b> {escape(each.why)}" for each in region.not_modelled)
    return f"<section>{_h2(say('Not in the estimate'))}{missing}</section>" if missing else ""


def _list(sentences: Iterable[str]) -> str:
    """Sentences that are HTML already."""
    rows = "".join(f"<li>{each}</li>" for each in sentences)
    return f"<ul>{rows}</ul>" if rows else ""
