"""The answer on the page: the sentence first, the reasons one step below, the sources one step below that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from html import escape

import streamlit as st

from estimator.errors import InputError
from estimator.outputs import charts, tables
from estimator.outputs.words import (
    KINDS,
    along_the_way,
    cover_sentence,
    dated,
    days,
    days_span,
    deadline,
    mended,
    most_likely,
    range_sentence,
)
from estimator.pathway import RedFlag, Source
from estimator.requirements import AppealStep, ChecklistItem
from estimator.ui import nhs_money, state, ways
from estimator.ui.result import Answer
from estimator.vocabulary import SourceKind


def draw(answer: Answer) -> None:
    """Everything the engine says about one scenario."""
    _hero(answer)
    _facts(answer)
    _fan(answer)
    _take_care(answer)
    _where_it_goes(answer)
    nhs_money.draw(answer)
    _unknown(answer)
    _checklist(answer)
    _after(answer)
    ways.draw(answer)
    _why(answer)
    _sources(answer)
    _limits(answer)


def _html(text: str) -> None:
    st.html(f'<div class="hc">{text}</div>')


# ---------------------------------------------------------------- before any price


def see_someone_now(flags: Sequence[RedFlag]) -> None:
    """What to do about warning signs; stands above everything else."""
    if not flags:
        return
    is_emergency = any(flag.urgency == "emergency" for flag in flags)
    title = "Get seen now" if is_emergency else "See a doctor first"
    each = "".join(f"<li><b>{escape(flag.do)}</b><br>{escape(flag.asks)} You said yes.</li>" for flag in flags)
    _html(
        f'<section class="alarm" role="alert"><h2>{title}</h2><ul>{each}</ul>'
        "<p>The price can wait. It stays on this page for later.</p></section>"
    )


def cannot_answer(error: InputError) -> None:
    """What to change, in a sentence; everything typed stays."""
    each = "".join(f"<li>{escape(sentence)}</li>" for sentence in mended(str(error), state.words()))
    _html(
        f'<section class="mend" role="alert"><h2>One thing to change</h2><ul>{each}</ul>'
        "<p>Everything you typed is kept.</p></section>"
    )


# ---------------------------------------------------------------- the sentence


def from_before() -> None:
    """Say that the dimmed answer is not for what is typed now."""
    _html('<p class="note">Below is the answer from before this change.</p>')


def _hero(answer: Answer) -> None:
    spread, words = answer.projection.patient_pays, answer.words
    warnings = [words.plain(text) for text in _price_warnings(answer)]
    doctor = answer.quote.safety.doctor_first
    warned = "".join(f'<p class="warned">{escape(text)}</p>' for text in warnings)
    first = f'<p class="warned"><b>{escape(doctor)}</b></p>' if doctor else ""
    said = f"{range_sentence(spread, words)} {cover_sentence(answer.case, answer.quote, words)}"
    _html(
        f'<section class="hero" aria-label="Your estimate">{first}'
        f'<h2 class="hero-lead">Most likely you pay</h2><p class="hero-sum">{escape(most_likely(spread, words))}</p>'
        f'<p class="hero-say">{escape(said)}</p>{warned}<p class="note">{escape(answer.quote.disclaimer)}</p></section>'
    )


def _take_care(answer: Answer) -> None:
    """What to mind with the care that is planned."""
    cautions = [
        *(text for text in answer.quote.warnings if text not in _price_warnings(answer)),
        *answer.quote.safety.warnings,
    ]
    if cautions:
        _html(f'<div class="safety"><h3>Take care</h3>{_list(answer.words.plain(text) for text in cautions)}</div>')


def _price_warnings(answer: Answer) -> list[str]:
    """Warnings about dates and terms; those about safety stand in the safety box."""
    return [text for text in answer.quote.warnings if text.startswith(("Prices for", "The terms of"))]


# ---------------------------------------------------------------- three facts


def _facts(answer: Answer) -> None:
    projection, words = answer.projection, answer.words
    middle = words.about(projection.patient_pays.p50)
    facts = [_fact("you", "You pay", middle, _eight_in_ten(answer, "patient_pays"), "")]
    if answer.case.plan.benefit:
        label, explain = words.label("plan_pays"), words.explain("plan_pays")
        paid = words.about(projection.plan_pays.p50)
        facts.append(_fact("plan", label, paid, _eight_in_ten(answer, "plan_pays"), explain))
    if answer.quote.secondary is not None:
        facts.append(
            _fact(
                "second",
                words.label("secondary_pays"),
                words.about(projection.secondary_pays.p50),
                _eight_in_ten(answer, "secondary_pays"),
                words.explain("secondary_pays"),
            )
        )
    facts.append(_cover_fact(answer))
    _html(f'<div class="facts">{"".join(facts)}</div>{_funding(answer)}{_along(answer)}')


def _funding(answer: Answer) -> str:
    """Where the person's share comes from, shown apart: it changes nothing about what care costs."""
    funding = answer.quote.funding
    if funding is None:
        return ""
    return (
        '<section class="apart"><h3>Where your share comes from</h3>'
        f'<p class="note">For one likely course.</p>{_list(funding.says)}</section>'
    )


def _fact(kind: str, title: str, value: str, note: str, explain: str) -> str:
    tip = f' title="{escape(explain)}"' if explain else ""
    return (
        f'<div class="fact {kind}"><p class="fact-title"{tip}>{escape(title)}</p>'
        f'<p class="fact-sum">{escape(value)}</p><p class="note">{escape(note)}</p></div>'
    )


def _eight_in_ten(answer: Answer, who: str) -> str:
    spread = getattr(answer.projection, who)
    said = answer.words.span(spread.p10, spread.p90)
    return f"8 in 10: {said}" if "–" in said else "the same in 8 of 10 cases"


def _cover_fact(answer: Answer) -> str:
    words = answer.words
    happens = charts.marks(answer.quote, words)
    first, last = answer.quote.first_visit, answer.quote.last_visit
    if happens:
        care = f"Care from {words.day(first)} to {words.day(last)} in the likely course"
        return _fact("event", happens[0].text, words.day(happens[0].on), care, "")
    said = (
        "no limit of your cover is reached by then" if answer.case.plan.benefit else f"the first on {words.day(first)}"
    )
    return _fact("event", "Last visit, likely", words.day(last), said[0].upper() + said[1:], "")


def _along(answer: Answer) -> str:
    """Dated events of the likely course, and how often each may happen."""
    words = answer.words
    dates = [dated(event, words) for event in answer.quote.events]
    odds = [f"{name}: {share}." for name, share in along_the_way(answer.projection, words)]
    listed = "".join(f"<li>{escape(text)}</li>" for text in (*dates, *odds))
    wait = answer.quote.wait
    if wait is not None:
        weeks, share = round(wait.median_weeks), round(wait.share_within_18_weeks * 100)
        said = (
            f"Waiting list, {wait.area}: half of the people have waited up to {weeks} weeks, and {share} of 100 up to 18 weeks "
            f"(as of {words.day(wait.as_of, year=True)}). {wait.note}"
        )
        listed += f"<li>{escape(said)}</li>"
    return f'<h3>Along the way</h3><ul class="plain">{listed}</ul>' if listed else ""


# ---------------------------------------------------------------- money by week


def _fan(answer: Answer) -> None:
    _html("<h2>Your money, week by week</h2>")
    if answer.projection.patient_pays.p90 == 0:
        _html("<p>There is nothing to draw: in at least 9 of 10 cases you pay nothing.</p>")
        return
    picture = charts.fan(answer.projection, answer.quote, answer.words)
    with st.container(key="fan"):
        st.plotly_chart(picture.figure, config=charts.CONFIG, alt=picture.alt)
    shown = charts.phases_shown(answer.projection, answer.quote)
    named = "".join(
        f"<li><b>{phase.number} {escape(phase.name)}.</b> Move on when: {escape(_lower(phase.leave_when))}</li>"
        for phase in shown
    )
    phases = _more("The phases, and when to move on", f'<ol class="phases">{named}</ol>')
    weeks = _more("The same numbers as a table", tables.to_html(tables.by_week(answer.projection, answer.words)))
    _html(
        '<p class="note">The line is the most likely sum so far. The band holds 8 of 10 cases. '
        f"Numbers and names above it are the phases of recovery.</p>{phases}{weeks}"
    )


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _more(title: str, body: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{body}</details>"


# ---------------------------------------------------------------- where it goes


def _where_it_goes(answer: Answer) -> None:
    quoted, words = answer.quote, answer.words
    total, middle = words.exact(quoted.totals.patient_pays), words.about(answer.projection.patient_pays.p50)
    same = total in (middle, f"{middle}.00")
    over_all = "" if same else f"Over all cases the middle is {escape(middle)}; no two courses are the same."
    _html(
        "<h2>Where it goes</h2>"
        f"<p>One likely course, visit by visit: you pay <b>{escape(total)}</b>. {over_all}</p>"
        f"<h3>By phase of recovery</h3>{charts.bars(quoted.by_phase, quoted, words)}"
        f"{_more('By phase, as a table', tables.to_html(tables.by_part(quoted.by_phase, 'Phase', quoted, words)))}"
        f"<h3>By kind of care</h3>{charts.bars(quoted.by_service, quoted, words)}"
        f"{_more('By kind of care, as a table', tables.to_html(tables.by_part(quoted.by_service, 'Kind of care', quoted, words)))}"
        f"{_alternatives(answer)}"
    )


def _alternatives(answer: Answer) -> str:
    if not answer.quote.alternatives:
        return ""
    words = answer.words
    rows = "".join(
        f"<li>{escape(each.name)}, {_share(each.share)}: you would pay <b>{escape(words.exact(each.patient_pays))}</b>.</li>"
        for each in answer.quote.alternatives
    )
    return f'<h3>Once you know the grade</h3><ul class="plain">{rows}</ul>'


def _share(share: Decimal) -> str:
    return f"{round(share * 100)} of 100 people"


def _unknown(answer: Answer) -> None:
    if not answer.quote.unknown:
        return
    words = answer.words
    rows = "".join(
        f"<li><b>{escape(words.service(each.service))}</b> ({each.visits} counted): {escape(each.why)}</li>"
        for each in answer.quote.unknown
    )
    _html(
        '<section class="mend"><h2>Not in the total yet</h2>'
        f"<ul>{rows}</ul><p>Add a price under <b>5. How you would like to be treated</b>, at “Prices you know already”.</p></section>"
    )


# ---------------------------------------------------------------- the checklist


def _checklist(answer: Answer) -> None:
    today = date.today()
    dated_items = [item for item in answer.checklist.items if item.due is not None]
    others = [item for item in answer.checklist.items if item.due is None]
    _html(
        f"<h2>Your checklist</h2><p>What your cover asks for, by date.</p>"
        f'<ol class="todo">{"".join(_item(item, answer, today) for item in dated_items)}</ol>'
        + (
            f'<h3>Also</h3><ol class="todo">{"".join(_item(item, answer, today) for item in others)}</ol>'
            if others
            else ""
        )
    )
    if answer.checklist.appeal:
        with st.expander("**If cover is refused**: the steps and their deadlines", key="refused"):
            _html(f'<ol class="steps">{"".join(_appeal(step) for step in answer.checklist.appeal)}</ol>')


def _item(item: ChecklistItem, answer: Answer, today: date) -> str:
    when = deadline(item.due, item.due_words, today, answer.words)
    below = (
        f"<dl><dt>Proof to keep</dt><dd>{escape(item.evidence)}</dd><dt>Without it</dt><dd>{escape(item.without_it)}</dd>"
        f"<dt>Source</dt><dd>{_cite(item.source)}</dd></dl>"
    )
    return (
        f'<li><p class="when">{escape(when)}</p><p>{escape(item.what)}</p><p class="note">Who: {escape(item.who)}</p>'
        f"{_more('Proof, and what happens without it', below)}</li>"
    )


def _appeal(step: AppealStep) -> str:
    decided = f"<dt>Decided in</dt><dd>{escape(step.decided_in)}</dd>" if step.decided_in else ""
    return (
        f"<li><p>{escape(step.what)}</p><dl><dt>Who</dt><dd>{escape(step.who)}</dd><dt>Deadline</dt><dd>{escape(step.deadline)}</dd>"
        f"{decided}<dt>Source</dt><dd>{_cite(step.source)}</dd></dl></li>"
    )


def _cite(source: Source) -> str:
    title = escape(source.title)
    link = (
        f'<a href="{escape(source.url)}" target="_blank" rel="noopener">{title}</a>'
        if source.url.startswith("https://")
        else title
    )
    by = f", {escape(source.publisher)}" if source.publisher else ""
    return f"{link}{by}{_mark(source.kind)}"


def _mark(kind: SourceKind) -> str:
    return f' <span class="guess">{escape(KINDS[kind])}</span>' if kind == SourceKind.ASSUMPTION else ""


# ---------------------------------------------------------------- what could come after


def _after(answer: Answer) -> None:
    words, projection, quoted = answer.words, answer.projection, answer.quote
    back = projection.recovery_days
    said = [
        f"<li><b>Back to sport</b> after about {days(back.p50)}; in 8 of 10 cases {days_span(back.p10, back.p90)}."
        f"{_mark(quoted.recovery.source.kind)}</li>"
    ]
    said += [
        f"<li><b>It comes back</b> within {_horizon(row.horizon_days)} in {_share(row.probability)} "
        f"(from {round(row.low * 100)} to {round(row.high * 100)}). A new injury is a new course, with a new bill.</li>"
        for row in quoted.recurrence
    ]
    last = next((part for part in projection.by_phase if part.id == "5"), None)
    if last is not None and last.patient_p90:
        said.append(
            f"<li><b>Keeping it well</b>: visits in the last phase are in the estimate, "
            f"{escape(words.about(last.patient_mean))} on average.</li>"
        )
    if projection.work is not None:
        work = projection.work
        off = work.working_days_off
        said.append(
            f"<li><b>Days off work</b>, beside the cost of care: about {off.p50} working {'day' if off.p50 == 1 else 'days'}; "
            f"in 8 of 10 cases {off.p10} to {off.p90}.{_mark(SourceKind.ASSUMPTION)}</li>"
        )
        if work.lost_pay is not None:
            lost = work.lost_pay
            said.append(
                f"<li><b>Lost pay</b>, not in the estimate: about {escape(words.about(lost.p50))}; "
                f"in 8 of 10 cases {escape(words.span(lost.p10, lost.p90))}. {_sick_pay(answer)}</li>"
            )
    _html(f'<h2>What could come after</h2><ul class="plain">{"".join(said)}</ul>')


def _sick_pay(answer: Answer) -> str:
    """What the lost pay already takes into account."""
    work = answer.case.scenario.work
    if not answer.case.pays_sick_pay or work is None:
        return "Sick pay is not taken off."
    if not work.is_employee:
        return "People who work for themselves have no sick pay."
    if not work.full_pay_days and not work.half_pay_days:
        return "Statutory Sick Pay is taken off; your employer may pay more."
    return "Statutory Sick Pay and your employer's sick pay are taken off."


def _horizon(count: int) -> str:
    return "a year" if count == 365 else days(count)


# ---------------------------------------------------------------- why, and where from


def _why(answer: Answer) -> None:
    quoted, words = answer.quote, answer.words
    drivers = [_lower(driver.name) for driver in answer.projection.drivers]
    with st.expander("**Why this number?** Every visit, its price and who pays", key="why"):
        _html(
            (f"<p>What moves the total most, the strongest first: {escape('; '.join(drivers))}.</p>" if drivers else "")
            + f"<p>Counted over {answer.projection.draws:,} possible courses. With other draws the middle would move by about "
            f"{escape(words.exact(answer.projection.patient_pays.p50_error))}.</p>"
            f"{tables.to_html(tables.lines(quoted, words))}{_price_sources(answer)}"
        )


def _sources(answer: Answer) -> None:
    quoted, words = answer.quote, answer.words
    with st.expander("**Where these numbers come from**: prices, dates and what is assumed", key="sources"):
        rests = _list(words.plain(text) for text in quoted.assumptions)
        _html(
            f"{tables.to_html(tables.prices(quoted, words))}{_price_sources(answer)}"
            + (f"<h3>What the estimate assumes</h3>{rests}" if rests else "")
            + f"<h3>Recovery time</h3><p>{_cite(quoted.recovery.source)}</p>"
        )


def _price_sources(answer: Answer) -> str:
    """The numbered sources behind the prices, with the day each was read."""
    each = "".join(f"<li>{_long_cite(source, answer)}</li>" for source in tables.sources(answer.quote))
    return f'<h3>Sources of the prices</h3><ol class="cites">{each}</ol>' if each else ""


def _long_cite(source: Source, answer: Answer) -> str:
    read = f" Read {escape(answer.words.day(source.retrieved, year=True))}." if source.retrieved else ""
    note = f" {escape(source.note)}" if source.note else ""
    return f"{_cite(source)}.{read}{note}"


def _limits(answer: Answer) -> None:
    region = answer.case.tariff.region
    with st.expander("**What is checked, and what is left out**", key="limits"):
        checked = _list(f"{each.what} ({each.years}; {each.by}.)" for each in region.verified)
        missing = "".join(f"<li><b>{escape(each.what)}</b> {escape(each.why)}</li>" for each in region.not_modelled)
        _html(
            (f"<h3>Checked against published examples</h3>{checked}" if checked else "")
            + (f"<h3>Not in the estimate</h3><ul class='plain'>{missing}</ul>" if missing else "")
        )


def _list(sentences: Iterable[str]) -> str:
    rows = "".join(f"<li>{escape(text)}</li>" for text in sentences)
    return f'<ul class="plain">{rows}</ul>' if rows else ""
