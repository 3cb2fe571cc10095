"""The answer to one visitor's scenario; the last one is kept for the visit and shared with nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import streamlit as st

from estimator.errors import NoPrice
from estimator.estimate import Case, open_case
from estimator.messages import OFFERED, Language, language
from estimator.outputs.words import Words
from estimator.projection import Projection, project
from estimator.quote import Quote, quote
from estimator.requirements import Checklist, checklist
from estimator.scenario import Scenario
from estimator.tariff import load_tariff


@dataclass(frozen=True, slots=True)
class Answer:
    """One scenario and everything the engine says about it."""

    scenario: Scenario
    case: Case
    quote: Quote
    projection: Projection
    checklist: Checklist
    words: Words
    language: Language | None
    """The language its texts are in."""


def answer(wanted: Scenario) -> Answer:
    """What the engine says; the last answer of this visit is kept, so that opening a step computes nothing.

    Its texts are finished, so another language is another answer. A date that no price covers is answered with the nearest
    prices there are; the quote's warnings then say so.
    """
    last = st.session_state.get("last_answer")
    if isinstance(last, Answer) and (last.scenario, last.language) == (wanted, language()):
        return last
    made = _answer(wanted)
    st.session_state.last_answer = made
    return made


def last_answer() -> Answer | None:
    """The answer shown before, for when the present answers do not fit together."""
    last = st.session_state.get("last_answer")
    if not isinstance(last, Answer):
        return None
    is_as_spoken = last.language == language() or language() not in OFFERED[last.words.country]
    return last if is_as_spoken else answer(last.scenario)


def _answer(wanted: Scenario) -> Answer:
    try:
        return _computed(wanted, wanted)
    except NoPrice:
        for day in _days_with_prices(wanted):
            try:
                return _computed(wanted, wanted.model_copy(update={"prices_as_of": day}))
            except NoPrice:
                continue
        raise


def _computed(wanted: Scenario, scenario: Scenario) -> Answer:
    case = open_case(scenario)
    quoted = quote(case)
    words, todo = Words.of(case.tariff.region), checklist(case, quoted)
    return Answer(wanted, case, quoted, project(case), todo, words, language())


def _days_with_prices(wanted: Scenario) -> list[date]:
    """Days on which prices are on file, the nearest to the care first."""
    own = load_tariff(wanted.region)
    days: set[date] = set()
    for each in (own, own.self_pay):
        if each is None:
            continue
        for row in each.prices:
            days.add(row.effective_from)
            if row.effective_to is not None:
                days.add(row.effective_to)
    if own.schedule is not None:
        days |= {date(year, month, day) for year in own.schedule.years for month, day in ((1, 1), (12, 31))}
    return sorted(days, key=lambda day: abs((day - wanted.care_starts).days))[:12]
