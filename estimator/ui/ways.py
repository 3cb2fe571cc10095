"""Other ways to be treated in the UK: NHS, private and both together, reckoned only when the section is opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from html import escape

import streamlit as st

from estimator.errors import InputError
from estimator.messages import say, say_html
from estimator.mixes import BreakEven, Mixes, mixes
from estimator.outputs import tables, ways_chart
from estimator.outputs.ways_chart import Way
from estimator.outputs.words import Words, chance, mended
from estimator.pathway import Source
from estimator.scenario import Scenario
from estimator.ui import frame
from estimator.ui.result import Answer
from estimator.ui.state import UK
from estimator.vocabulary import Mode, Region

KEPT = "ways_reckoned"
SMALL_SHARE = Decimal("0.005")


def draw(answer: Answer) -> None:
    """The section for readers in the UK; closed, it costs no time."""
    if answer.scenario.region not in UK:
        return
    title = say("**Other ways to be treated**: NHS, private, or some of each")
    with st.expander(title, key="ways", on_change="rerun") as section:
        if section.open:
            _body(answer)


def _body(answer: Answer) -> None:
    scenario = answer.case.scenario
    if scenario.mode == Mode.AVERAGE:
        said = say_html(
            "This compares your own plan of care. Choose “I choose the kinds of care” under <b>5. How you would like to be "
            "treated</b>, and it appears here."
        )
        frame.put(f"<p>{said}</p>")
        return
    try:
        with st.spinner(say("Working out every way")):
            made = _reckoned(scenario)
    except InputError as error:
        each = "".join(f"<li>{escape(sentence)}</li>" for sentence in mended(str(error), answer.words))
        frame.put(f"<p>{escape(say('This cannot be compared yet:'))}</p><ul class='plain'>{each}</ul>")
        return
    frame.put(to_html(made, scenario, answer.words))


def _reckoned(scenario: Scenario) -> Mixes:
    """The ways of one scenario; the last ones of this visit are kept."""
    kept = st.session_state.get(KEPT)
    if isinstance(kept, tuple) and kept[0] == scenario and isinstance(kept[1], Mixes):
        return kept[1]
    made = mixes(scenario)
    st.session_state[KEPT] = (scenario, made)
    return made


def to_html(made: Mixes, scenario: Scenario, words: Words) -> str:
    """Picture, rows, break-even numbers, and what is known about time."""
    shown = ways_chart.ways(made)
    rows = "".join(_row(way, scenario, words) for way in shown)
    breaks = "".join(f"<li>{escape(_break_even(each, words))}</li>" for each in made.break_even)
    notes = "".join(f"<li>{escape(note)}</li>" for note in (*made.notes, *_add_a_price(shown)))
    picture = ways_chart.chart(shown, words)
    below = f'<p class="note">{escape(" ".join(_how_to_read(shown)))}</p>' if picture else ""
    first = say("The cheapest first. Sums are for one likely course; the range holds 8 of 10 cases.")
    twin = tables.to_html(ways_chart.table(shown, words))
    return (
        f'<p>{escape(first)}</p>{picture}{below}<ol class="ways">{rows}</ol>'
        f"<details><summary>{escape(say('The same ways as a table'))}</summary>{twin}</details>"
        + (f'<h3>{escape(say("When a cover pays for itself"))}</h3><ul class="plain">{breaks}</ul>' if breaks else "")
        + f'<h3>{escape(say("What is known, and what is not"))}</h3><ul class="plain">{notes}'
        f"<li>{_trial_source(made.trial_source)}</li></ul>"
    )


def in_ten(low: Decimal, high: Decimal, words: Words) -> str:
    """The range in 8 of 10 cases, as it stands beside an amount."""
    span = words.span(low, high)
    return say("the same in 8 of 10 cases") if span == words.about(high) else say("8 in 10: {span}", span=span)


def _how_to_read(shown: Sequence[Way]) -> Iterator[str]:
    yield say(
        "Each number is a way in the list below. A line joins the ways that no other one beats on both cost and wait."
    )
    if any(way.missing and not way.beaten_by and way.is_timed for way in shown):
        yield say("A dashed number costs more than shown: a price is missing.")


def _add_a_price(shown: Sequence[Way]) -> Iterator[str]:
    if any(way.missing for way in shown):
        yield say("A missing private price: ask for one, and add it under question 5, at “Prices you know already”.")


def _row(way: Way, scenario: Scenario, words: Words) -> str:
    spread = in_ten(way.option.patient_pays.p10, way.option.patient_pays.p90, words)
    said = " ".join(_sentences(way, scenario, words))
    beaten = ""
    if way.beaten_by:
        beaten = say("“{way}” costs no more and starts no later.", way=way.beaten_by[0])
        beaten = f'<p class="note">{escape(beaten)}</p>'
    return (
        f'<li class="{"beaten" if beaten else ""}"><div class="way-name"><b>{escape(way.name)}</b>'
        f'<span><b class="you-ink">{escape(ways_chart.pays(way, words))}</b> <small>{escape(spread)}</small></span></div>'
        f"<p>{escape(said)}</p>{beaten}</li>"
    )


def _sentences(way: Way, scenario: Scenario, words: Words) -> Iterator[str]:
    option = way.option
    yield option.says
    if way.missing:
        named = ", ".join(words.service(service) for service in way.missing)
        yield say("Not in this sum, because no private price is published: {services}.", services=named)
    if option.way == "insurance" and scenario.region == Region.NHS:
        yield say("Only if you have it already: a policy bought now does not cover this injury.")
    if way.is_timed:
        yield _first_session(way)
    if option.recovered_before >= SMALL_SHARE:
        yield say("The injury is over before that session {in_cases}.", in_cases=chance(option.recovered_before))
    if option.pounds_per_week_saved is not None and not way.beaten_by and not way.missing:
        yield say("Each week of waiting less costs {amount}.", amount=words.about(option.pounds_per_week_saved))


def _first_session(way: Way) -> str:
    """When the first session may be; a wait of less than a week is not counted in weeks."""
    found, wait, spread = way.option.weeks_to_first_session, ways_chart.weeks(way), ways_chart.weeks_in_8_of_10(way)
    if found is not None and found.likely < 1:
        within = say("First session within a week.")
        return say("First session within a week (8 in 10: {range}).", range=spread) if spread else within
    after = say("First session after {wait}.", wait=wait)
    return say("First session after {wait} (8 in 10: {range}).", wait=wait, range=spread) if spread else after


def _break_even(each: BreakEven, words: Words) -> str:
    if each.sessions is None:
        return each.says
    paid = say(
        "By then you have paid {with_cover} with it and {without} without.",
        with_cover=words.exact(each.with_cover),
        without=words.exact(each.self_pay),
    )
    return f"{each.says} {paid}"


def _trial_source(source: Source) -> str:
    link = escape(source.title)
    if source.url.startswith("https://"):
        link = f'<a href="{escape(source.url)}" target="_blank" rel="noopener">{link}</a>'
    return f"{escape(say('The trial:'))} {link}, {escape(source.publisher)}. {escape(source.note)}"
