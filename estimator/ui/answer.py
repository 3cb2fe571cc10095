"""The answer on the page: the sentence first, the reasons one step below, the sources one step below that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from html import escape

import streamlit as st

from estimator.errors import InputError
from estimator.messages import say, say_html, say_many
from estimator.outputs import charts, figures, tables
from estimator.outputs.todo import todo
from estimator.outputs.why import Reasons, Why
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
    number,
    range_sentence,
)
from estimator.pathway import RedFlag, Source
from estimator.projection import Spread
from estimator.quote import WaitEntry
from estimator.requirements import AppealStep, ChecklistItem
from estimator.ui import frame, nhs_money, state, ways
from estimator.ui.result import Answer
from estimator.vocabulary import SourceKind

COPY = """<script>
{
  const box = document.currentScript.parentElement;
  const field = box.querySelector("textarea");
  const said = box.querySelector("[role=status]");
  const button = box.querySelector("button");
  const inSight = () => { field.value = button.dataset.list; field.hidden = false; field.select(); };
  button.addEventListener("click", async () => {
    let copied = true;
    try { await navigator.clipboard.writeText(button.dataset.list); }
    catch { inSight(); copied = document.execCommand("copy"); } // without https there is no clipboard
    if (copied) { field.hidden = true; button.focus(); }
    said.textContent = copied ? said.dataset.copied : said.dataset.failed;
  });
}
</script>"""
"""What it copies stands in an attribute, so that no text of anybody's becomes part of a script."""
UNFOLD = """<script>
window.whysUnfold ??= document.addEventListener("toggle", ({ target }) => {
  const more = target.matches?.("details.why[open]") && target.querySelector(".why-more:empty");
  if (more) more.innerHTML = more.dataset.why;
}, true) ?? true;
</script>"""
"""Puts in what stands behind an amount when it is opened for the first time; listens once, whatever is drawn again."""


def draw(answer: Answer) -> None:
    """Everything the engine says about one scenario."""
    reasons = Reasons(answer.case, answer.quote, answer.projection, answer.words)
    st.html(UNFOLD, unsafe_allow_javascript=True)
    _hero(answer, reasons)
    _facts(answer, reasons)
    _fan(answer)
    _take_care(answer)
    _where_it_goes(answer, reasons)
    nhs_money.draw(answer, reasons)
    _unknown(answer)
    _checklist(answer)
    _after(answer, reasons)
    ways.draw(answer)
    _every_line(answer, reasons)
    _sources(answer)
    _limits(answer)


# ---------------------------------------------------------------- before any price


def see_someone_now(flags: Sequence[RedFlag]) -> None:
    """What to do about warning signs; stands above everything else."""
    if not flags:
        return
    is_emergency = any(flag.urgency == "emergency" for flag in flags)
    title = say("Get seen now") if is_emergency else say("See a doctor first")
    each = "".join(
        f"<li><b>{escape(flag.do)}</b><br>{say_html('{question} You said yes.', question=flag.asks)}</li>"
        for flag in flags
    )
    frame.put(
        f'<section class="alarm" role="alert"><h2>{escape(title)}</h2><ul>{each}</ul>'
        f"<p>{escape(say('The price can wait. It stays on this page for later.'))}</p></section>"
    )


def cannot_answer(error: InputError) -> None:
    """What to change, in a sentence; everything typed stays."""
    each = "".join(f"<li>{escape(sentence)}</li>" for sentence in mended(str(error), state.words()))
    frame.put(
        f'<section class="mend" role="alert"><h2>{escape(say("One thing to change"))}</h2><ul>{each}</ul>'
        f"<p>{escape(say('Everything you typed is kept.'))}</p></section>"
    )


# ---------------------------------------------------------------- the sentence


def from_before() -> None:
    """Say that the dimmed answer is not for what is typed now."""
    frame.put(f'<p class="note">{escape(say("Below is the answer from before this change."))}</p>')


def _hero(answer: Answer, reasons: Reasons) -> None:
    spread, words = answer.projection.patient_pays, answer.words
    doctor = answer.quote.safety.doctor_first
    warned = "".join(f'<p class="warned">{escape(words.plain(text))}</p>' for text in answer.quote.date_warnings)
    first = f'<p class="warned"><b>{escape(doctor)}</b></p>' if doctor else ""
    said = f"{range_sentence(spread, words)} {cover_sentence(answer.case, answer.quote, words)}"
    frame.put(
        f'<section class="hero" aria-label="{escape(say("Your estimate"))}">{first}'
        f'<h2 class="hero-lead">{escape(say("Most likely you pay"))}</h2>'
        f'<p class="hero-sum">{escape(most_likely(spread, words))}</p>'
        f'<p class="hero-say">{escape(said)}</p>{warned}<p class="note">{escape(answer.quote.disclaimer)}</p>'
        f"{reasons.to_html(reasons.headline())}</section>"
    )
    st.page_link(
        "estimator/ui/pages/compare.py",
        label=say("Compare with what else you could do"),
        icon=":material/compare_arrows:",
    )


def _take_care(answer: Answer) -> None:
    """What to mind with the care that is planned; what the dates do to the sum stands at the sum."""
    others = (text for text in answer.quote.warnings if text not in answer.quote.date_warnings)
    cautions = [answer.words.plain(text) for text in (*others, *answer.quote.safety.warnings)]
    if cautions:
        frame.put(f'<div class="safety"><h3>{escape(say("Take care"))}</h3>{_list(cautions)}</div>')


# ---------------------------------------------------------------- three facts


def _facts(answer: Answer, reasons: Reasons) -> None:
    projection, words = answer.projection, answer.words
    facts = [_fact("you", say("You pay"), projection.patient_pays, reasons.payer("patient_pays"), answer, reasons)]
    if answer.case.plan.benefit:
        why = reasons.payer("plan_pays")
        facts.append(_fact("plan", words.label("plan_pays"), projection.plan_pays, why, answer, reasons, "plan_pays"))
    if answer.quote.secondary is not None:
        why = reasons.payer("secondary_pays")
        title = words.label("secondary_pays")
        facts.append(_fact("second", title, projection.secondary_pays, why, answer, reasons, "secondary_pays"))
    facts.append(_cover_fact(answer))
    frame.put(f'<div class="facts">{"".join(facts)}</div>{_funding(answer, reasons)}{_along(answer)}')


def _fact(
    kind: str, title: str, spread: Spread, why: Why, answer: Answer, reasons: Reasons, term: str | None = None
) -> str:
    """What one payer pays."""
    explain = answer.words.explain(term) if term is not None else ""
    amount, note = answer.words.about(spread.p50), ways.in_ten(spread.p10, spread.p90, answer.words)
    return _card(kind, title, amount, note, explain, reasons.to_html(why))


def _card(kind: str, title: str, value: str, note: str, explain: str = "", why: str = "") -> str:
    plainly = f'<p class="note">{escape(explain)}</p>' if explain else ""
    return (
        f'<div class="fact {kind}"><p class="fact-title">{escape(title)}</p>'
        f'<p class="fact-sum">{escape(value)}</p><p class="note">{escape(note)}</p>{plainly}{why}</div>'
    )


def _cover_fact(answer: Answer) -> str:
    words = answer.words
    happens = charts.marks(answer.quote, words)
    first, last = words.day(answer.quote.first_visit), words.day(answer.quote.last_visit)
    if happens:
        care = say("Care from {first} to {last} in the likely course", first=first, last=last)
        return _card("event", happens[0].text, words.day(happens[0].on), care)
    if answer.case.plan.benefit:
        return _card("event", say("Last visit, likely"), last, say("No limit of your cover is reached by then"))
    return _card("event", say("Last visit, likely"), last, say("The first on {day}", day=first))


def _funding(answer: Answer, reasons: Reasons) -> str:
    """Where the person's share comes from, shown apart: it changes nothing about what care costs."""
    funding = answer.quote.funding
    if funding is None:
        return ""
    return (
        f'<section class="apart"><h3>{escape(say("Where your share comes from"))}</h3>'
        f'<p class="note">{escape(say("For one likely course."))}</p>{_list(funding.says)}'
        f"{reasons.to_html(reasons.funding())}</section>"
    )


def _along(answer: Answer) -> str:
    """Dated events of the likely course, and how often each may happen."""
    words = answer.words
    said = [dated(event, words) for event in answer.quote.events]
    odds = along_the_way(answer.projection, words)
    said += [say("{event}: {chance}.", event=event, chance=share) for event, share in odds]
    if answer.quote.wait is not None:
        said.append(_waiting_list(answer.quote.wait, answer))
    return f"<h3>{escape(say('Along the way'))}</h3>{_list(said)}" if said else ""


def _waiting_list(wait: WaitEntry, answer: Answer) -> str:
    said = say(
        "Waiting list, {area}: half of the people have waited up to {weeks} weeks, and {share} of 100 up to 18 weeks "
        "(as of {day}).",
        area=wait.area,
        weeks=round(wait.median_weeks),
        share=round(wait.share_within_18_weeks * 100),
        day=answer.words.day(wait.as_of, year=True),
    )
    return f"{said} {wait.note}"


# ---------------------------------------------------------------- money by week


def _fan(answer: Answer) -> None:
    frame.put(f"<h2>{escape(say('Your money, week by week'))}</h2>")
    if answer.projection.patient_pays.p90 == 0:
        frame.put(f"<p>{escape(say('There is nothing to draw: in at least 9 of 10 cases you pay nothing.'))}</p>")
        return
    picture = charts.fan(answer.projection, answer.quote, answer.words)
    with st.container(key="fan"):
        st.plotly_chart(picture.figure, config=charts.CONFIG, alt=picture.alt)
    named = "".join(
        "<li>"
        + say_html(
            "<b>{number} {phase}.</b> Move on when: {criteria}",
            number=phase.number,
            phase=phase.name,
            criteria=phase.leave_when,
        )
        + "</li>"
        for phase in charts.phases_shown(answer.projection, answer.quote)
    )
    phases = _more(say("The phases, and when to move on"), f'<ol class="phases">{named}</ol>')
    weeks = _more(say("The same numbers as a table"), tables.to_html(tables.by_week(answer.projection, answer.words)))
    below = say(
        "The line is the most likely sum so far. The band holds 8 of 10 cases. Numbers and names above it are the phases of "
        "recovery."
    )
    frame.put(f'<p class="note">{escape(below)}</p>{phases}{weeks}')


def _more(title: str, body: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{body}</details>"


# ---------------------------------------------------------------- where it goes


def _where_it_goes(answer: Answer, reasons: Reasons) -> None:
    quoted, words = answer.quote, answer.words
    total, middle = words.exact(quoted.totals.patient_pays), words.about(answer.projection.patient_pays.p50)
    said = say_html("One likely course, visit by visit: you pay <b>{amount}</b>.", amount=total)
    if middle not in (total, words.about(quoted.totals.patient_pays)):
        said += " " + say_html("Over all cases the middle is {amount}; no two courses are the same.", amount=middle)
    phases, services = tables.by_phase(quoted, words), tables.by_service(quoted, words)
    by_phase = charts.bars_with_reasons(
        quoted.by_phase, quoted, words, lambda part: reasons.to_html(reasons.phase(part))
    )
    by_service = charts.bars_with_reasons(
        quoted.by_service, quoted, words, lambda part: reasons.to_html(reasons.service(part))
    )
    frame.put(
        f"<h2>{escape(say('Where it goes'))}</h2><p>{said}</p>{reasons.to_html(reasons.whole())}"
        f"<h3>{escape(say('By phase of recovery'))}</h3>{by_phase}"
        f"{_more(say('By phase, as a table'), tables.to_html(phases))}"
        f"<h3>{escape(say('By kind of care'))}</h3>{by_service}"
        f"{_more(say('By kind of care, as a table'), tables.to_html(services))}"
        f"{_alternatives(answer, reasons)}"
    )


def _alternatives(answer: Answer, reasons: Reasons) -> str:
    if not answer.quote.alternatives:
        return ""
    rows = "".join(
        "<li>"
        + say_html(
            "{injury}, {share} of 100 people: you would pay <b>{amount}</b>.",
            injury=each.name,
            share=round(each.share * 100),
            amount=answer.words.exact(each.patient_pays),
        )
        + f"{reasons.to_html(reasons.alternative(each))}</li>"
        for each in answer.quote.alternatives
    )
    return f'<h3>{escape(say("Once you know the grade"))}</h3><ul class="plain">{rows}</ul>'


def _unknown(answer: Answer) -> None:
    if not answer.quote.unknown:
        return
    rows = "".join(
        "<li>"
        + say_html(
            "<b>{service}</b> ({visits} counted): {why}",
            service=answer.words.service(each.service),
            visits=each.visits,
            why=each.why,
        )
        + "</li>"
        for each in answer.quote.unknown
    )
    where = say_html("Add a price under <b>5. How you would like to be treated</b>, at “Prices you know already”.")
    frame.put(
        f'<section class="mend"><h2>{escape(say("Not in the total yet"))}</h2><ul>{rows}</ul><p>{where}</p></section>'
    )


# ---------------------------------------------------------------- the checklist


def _checklist(answer: Answer) -> None:
    today = date.today()
    dated_items = [_item(item, answer, today) for item in answer.checklist.items if item.due is not None]
    others = [_item(item, answer, today) for item in answer.checklist.items if item.due is None]
    frame.put(
        f"<h2>{escape(say('Your checklist'))}</h2><p>{escape(say('What your cover asks for, by date.'))}</p>"
        f'<ol class="todo">{"".join(dated_items)}</ol>'
        + (f'<h3>{escape(say("Also"))}</h3><ol class="todo">{"".join(others)}</ol>' if others else "")
    )
    if answer.checklist.items:
        _copied_with_one_press(todo(answer.checklist, answer.words, answer.quote.disclaimer))
    if answer.checklist.appeal:
        with st.expander(say("**If cover is refused**: the steps and their deadlines"), key="refused"):
            frame.put(f'<ol class="steps">{"".join(_appeal(step) for step in answer.checklist.appeal)}</ol>')


def _copied_with_one_press(listed: str) -> None:
    """The list as plain text for notes or tasks; it comes in sight where copying fails, ready to be copied by hand."""
    copied = say("The list is copied. Paste it into your notes or tasks.")
    failed = say("The list could not be copied. It is marked now: copy it with your keyboard or a long press.")
    st.html(
        f'<div class="hc copy"><button type="button" data-list="{escape(listed)}">{escape(say("Copy as to-do list"))}</button>'
        f'<p class="note" role="status" data-copied="{escape(copied)}" data-failed="{escape(failed)}"></p>'
        f'<textarea hidden readonly rows="12" aria-label="{escape(say("Your checklist as a to-do list"))}"></textarea></div>{COPY}',
        unsafe_allow_javascript=True,
    )


def _item(item: ChecklistItem, answer: Answer, today: date) -> str:
    when = deadline(item.due, item.due_words, today, answer.words)
    below = _terms(
        (say("Proof to keep"), escape(item.evidence)),
        (say("Without it"), escape(item.without_it)),
        (say("Source"), _cite(item.source)),
    )
    who = say("Who: {who}", who=item.who)
    return (
        f'<li><p class="when">{escape(when)}</p><p>{escape(item.what)}</p><p class="note">{escape(who)}</p>'
        f"{_more(say('Proof, and what happens without it'), below)}</li>"
    )


def _appeal(step: AppealStep) -> str:
    below = _terms(
        (say("Who"), escape(step.who)),
        (say("Deadline"), escape(step.deadline)),
        (say("Decided in"), escape(step.decided_in)),
        (say("Source"), _cite(step.source)),
    )
    return f"<li><p>{escape(step.what)}</p>{below}</li>"


def _terms(*pairs: tuple[str, str]) -> str:
    """Names and what stands for them, which is HTML already; pairs with nothing to say are left out."""
    return f"<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{said}</dd>' for name, said in pairs if said)}</dl>"


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


def _after(answer: Answer, reasons: Reasons) -> None:
    said = "".join(
        f"<li>{each}</li>" for each in (*_again(answer), *_last_phase(answer, reasons), *_off_work(answer, reasons))
    )
    frame.put(f'<h2>{escape(say("What could come after"))}</h2><ul class="plain">{said}</ul>')


def _again(answer: Answer) -> Iterator[str]:
    """When sport begins again, and how often the injury comes back."""
    back = answer.projection.recovery_days
    yield (
        say_html(
            "<b>Back to sport</b> after about {time}; in 8 of 10 cases {range}.",
            time=days(back.p50),
            range=days_span(back.p10, back.p90),
        )
        + _mark(answer.quote.recovery.source.kind)
    )
    for row in answer.quote.recurrence:
        yield say_html(
            "<b>It comes back</b> within {time} in {share} of 100 people (from {low} to {high}). A new injury is a new course, "
            "with a new bill.",
            time=figures.horizon(row.horizon_days),
            share=round(row.probability * 100),
            low=round(row.low * 100),
            high=round(row.high * 100),
        )


def _last_phase(answer: Answer, reasons: Reasons) -> Iterator[str]:
    last = next((part for part in answer.projection.by_phase if part.id == "5"), None)
    if last is not None and last.patient_p90:
        said = say_html(
            "<b>Keeping it well</b>: visits in the last phase are in the estimate, {amount} on average.",
            amount=answer.words.about(last.patient_mean),
        )
        yield said + reasons.to_html(reasons.average(last.id))


def _off_work(answer: Answer, reasons: Reasons) -> Iterator[str]:
    work, words = answer.projection.work, answer.words
    if work is None:
        return
    off = work.working_days_off
    yield (
        say_many(
            "<b>Days off work</b>, beside the cost of care: about {count} working day; in 8 of 10 cases {low} to {high}.",
            "<b>Days off work</b>, beside the cost of care: about {count} working days; in 8 of 10 cases {low} to {high}.",
            off.p50,
            low=off.p10,
            high=off.p90,
        )
        + _mark(SourceKind.ASSUMPTION)
    )
    if work.lost_pay is not None:
        lost = work.lost_pay
        said = say_html(
            "<b>Lost pay</b>, not in the estimate: about {amount}; in 8 of 10 cases {range}.",
            amount=words.about(lost.p50),
            range=words.span(lost.p10, lost.p90),
        )
        yield f"{said} {escape(_sick_pay(answer))}{reasons.to_html(reasons.lost_pay())}"


def _sick_pay(answer: Answer) -> str:
    """What the lost pay already takes into account."""
    work = answer.case.scenario.work
    if not answer.case.pays_sick_pay or work is None:
        return say("Sick pay is not taken off.")
    if not work.is_employee:
        return say("People who work for themselves have no sick pay.")
    if not work.full_pay_days and not work.half_pay_days:
        return say("Statutory Sick Pay is taken off; your employer may pay more.")
    return say("Statutory Sick Pay and your employer's sick pay are taken off.")


# ---------------------------------------------------------------- every line, and where from


def _every_line(answer: Answer, reasons: Reasons) -> None:
    projection, words = answer.projection, answer.words
    drivers = "; ".join(f"{driver.name[:1].lower()}{driver.name[1:]}" for driver in projection.drivers)
    moves = say("What moves the total most, the strongest first: {drivers}.", drivers=drivers) if drivers else ""
    counted = say(
        "Counted over {draws} possible courses. With other draws the middle would move by about {amount}.",
        draws=number(projection.draws),
        amount=words.exact(projection.patient_pays.p50_error),
    )
    with st.expander(say("**Why this number?** Every visit, its price and who pays"), key="why"):
        frame.put(
            (f"<p>{escape(moves)}</p>" if moves else "")
            + f"<p>{escape(counted)}</p>{tables.to_html(reasons.every_line)}{_price_sources(answer)}"
        )


def _sources(answer: Answer) -> None:
    quoted, words = answer.quote, answer.words
    with st.expander(say("**Where these numbers come from**: prices, dates and what is assumed"), key="sources"):
        rests = _list(words.plain(text) for text in quoted.assumptions)
        frame.put(
            f"{tables.to_html(tables.prices(quoted, words))}{_price_sources(answer)}"
            + (f"<h3>{escape(say('What the estimate assumes'))}</h3>{rests}" if rests else "")
            + f"<h3>{escape(say('Recovery time'))}</h3><p>{_cite(quoted.recovery.source)}</p>"
        )


def _price_sources(answer: Answer) -> str:
    """The numbered sources behind the prices, with the day each was read."""
    each = "".join(f"<li>{figures.cite(source, answer.words)}</li>" for source in tables.sources(answer.quote))
    return f'<h3>{escape(say("Sources of the prices"))}</h3><ol class="cites">{each}</ol>' if each else ""


def _limits(answer: Answer) -> None:
    region = answer.case.tariff.region
    with st.expander(say("**What is checked, and what is left out**"), key="limits"):
        checked = _list(
            say("{what} ({years}; {by}.)", what=each.what, years=each.years, by=each.by) for each in region.verified
        )
        missing = "".join(f"<li><b>{escape(each.what)}</b> {escape(each.why)}</li>" for each in region.not_modelled)
        frame.put(
            (f"<h3>{escape(say('Checked against published examples'))}</h3>{checked}" if checked else "")
            + (f"<h3>{escape(say('Not in the estimate'))}</h3><ul class='plain'>{missing}</ul>" if missing else "")
        )


def _list(sentences: Iterable[str]) -> str:
    rows = "".join(f"<li>{escape(text)}</li>" for text in sentences)
    return f'<ul class="plain">{rows}</ul>' if rows else ""
