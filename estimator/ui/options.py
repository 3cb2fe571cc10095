"""The options beside the reader's own case: what differs, and what the engine says about each on the same draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal, TypeVar, cast

import numpy as np
import streamlit as st

from estimator.comparison import (
    MOST_OPTIONS,
    Care,
    Pair,
    Terms,
    can_pay_cash,
    other_care,
    pair,
    paying_cash,
    with_care,
    with_terms,
)
from estimator.draws import Ints
from estimator.errors import EstimatorError, InputError
from estimator.estimate import WAITING_SERVICES, Case, open_case
from estimator.messages import inside_a_sentence, language, marked, say
from estimator.mixes import Mixes, MixOption, mixes_with_draws
from estimator.money import to_decimal
from estimator.outputs.comparison_chart import YOURS, Row
from estimator.outputs.words import Words, mended, setting
from estimator.plan import Plan, load_plans
from estimator.projection import DRAWS, PERCENTILES, SEED, totals
from estimator.quote import quote
from estimator.timing import begun_on, safe_starts, starts_afresh
from estimator.ui import state
from estimator.ui.result import Answer
from estimator.vocabulary import Mode, Region, Service

MOST_OTHERS = MOST_OPTIONS - 1
"""The reader's own case is one of them."""
SHOWN_AT_FIRST = 4
MOST_PLANS_SUGGESTED = 5
MOST_SECONDS_SUGGESTED = 3
KEPT = 60
UK = (Region.NHS, Region.UK_PRIVATE)
YEARLY = (Region.US_PRIVATE, Region.MEDICARE_PART_B)
"""Where covers begin a new year on a day that is known."""
NONE = "none"
"""No second cover."""
OWN = "yours"
"""The id of the reader's own case."""
WHAT_IF = "what_if"
"""The id of the plan with other terms."""
Cash = Literal["cash", "cash_counts"]
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Change:
    """What differs from the reader's own case; None is as it is there."""

    plan: str | None = None
    secondary: str | None = None
    setting: str | None = None
    care: Care | None = None
    cash: Cash | None = None
    """Therapy paid in cash beside the plan, and whether that counts to the deductible."""
    start: date | None = None
    way: str | None = None
    """A way to mix NHS and private care, by its id; it stands alone."""
    terms: Terms | None = None
    """What if the plan had other terms."""

    @property
    def id(self) -> str:
        """A name for widgets."""
        if self.terms is not None:
            return WHAT_IF
        parts = (self.plan, self.secondary, self.setting, self.care, self.cash, self.start, self.way)
        return "|".join(f"{part}" for part in parts)


@dataclass(frozen=True, slots=True)
class Made:
    """One option as it is shown, and what the patient pays in each draw."""

    id: str
    row: Row
    totals: Ints
    unpriced: tuple[Service, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """Every option that could be reckoned, the reader's own first, and a sentence for each that could not."""

    made: tuple[Made, ...]
    problems: tuple[tuple[str, str], ...]

    @property
    def rows(self) -> list[Row]:
        return [each.row for each in self.made]

    @property
    def names(self) -> list[str]:
        return [each.row.name for each in self.made]

    def pair(self, first: int, second: int) -> Pair | None:
        """Two of the options, draw by draw; None where a price is missing in one of them."""
        one, other = self.made[first], self.made[second]
        return None if one.row.missing or other.row.missing else pair(one.totals, other.totals)


# ---------------------------------------------------------------- what could be different


def suggestions(mine: Answer) -> list[Change]:
    """What people most often ask: other plans, another place, other care, cash, another start, a second cover."""
    case = mine.case
    care = [Change(care=each) for each in other_care(case)]
    if case.scenario.region == Region.NHS:
        return [*(Change(way=option.id) for option in ways(mine)), *care]
    plans = sorted(other_plans(mine).values(), key=lambda plan: any(letter.isdigit() for letter in plan.title))
    uninsured = [Change(plan=plan.id) for plan in plans if plan.prices == "cash"]
    insured = [Change(plan=plan.id) for plan in plans if plan.prices != "cash"]
    others = [*(Change(setting=name) for name in settings(mine)), *care]
    cash = [Change(cash=each) for each in cash_choices(mine)]
    starts = [Change(start=day)] if (day := new_year(mine)) is not None and is_safe(mine, day) else []
    seconds = [Change(secondary=name) for name in _best_first(second_covers(mine))]
    if case.scenario.region == Region.UK_PRIVATE:
        mixed_ways = [Change(way=option.id) for option in ways(mine)]
        return [*uninsured, *mixed_ways[:2], *others, *cash, *insured[:2], *seconds[:2], *mixed_ways[2:]]
    first, more = insured[:2], insured[2:MOST_PLANS_SUGGESTED]
    return [*starts, *first, *others, *cash, *uninsured, *seconds[:MOST_SECONDS_SUGGESTED], *more]


def _best_first(seconds: Sequence[str]) -> list[str]:
    """Going without stands first, then what pays the most parts of a bill."""
    known = state.plans("secondary")

    def breadth(name: str) -> tuple[bool, bool, int]:
        if name == NONE:
            return (False, False, 0)
        plan = known[name]
        return (True, plan.secondary_deductible is not None, -sum(len(rule.of) for rule in plan.pays))

    return sorted(seconds, key=breadth)


def other_plans(mine: Answer) -> dict[str, Plan]:
    """The plans on offer besides the reader's own; in the NHS the plan follows from the place."""
    if mine.case.scenario.region == Region.NHS:
        return {}
    return {name: plan for name, plan in state.plans("primary").items() if name != mine.case.plan.id}


def settings(mine: Answer) -> list[str]:
    """The other places of care; none where a place sends a bill of its own that no price list here holds."""
    if mine.case.tariff.region.pricing == "fee_schedule":
        return []
    offered = mine.case.tariff.region.settings
    own = mine.case.scenario.setting or offered[0]
    return [name for name in offered if name != own]


def second_covers(mine: Answer) -> list[str]:
    """Second covers by id; `NONE` stands for going without, where there is one."""
    own = mine.case.secondary
    names = [name for name in state.plans("secondary") if own is None or name != own.id]
    return names if own is None else [NONE, *names]


def cash_choices(mine: Answer) -> list[Cash]:
    """Cash for therapy beside the cover; whether it may count to the deductible is a question of the US.

    What an NHS patient may buy is among the ways to mix.
    """
    if mine.case.scenario.region == Region.NHS or not can_pay_cash(mine.case):
        return []
    counts_at_all = mine.case.plan.deductible is not None or mine.case.plan.out_of_pocket_max is not None
    return ["cash", "cash_counts"] if mine.case.scenario.region == Region.US_PRIVATE and counts_at_all else ["cash"]


def new_year(mine: Answer) -> date | None:
    """The day after the start of care on which the next plan year begins; None where nothing starts afresh with it."""
    if mine.case.scenario.region not in YEARLY or not starts_afresh(mine.case):
        return None
    plan = mine.case.plan
    return plan.plan_year_start(plan.plan_year(mine.case.scenario.care_starts) + 1)


def is_safe(mine: Answer, day: date) -> bool:
    """Whether treatment of this injury may still start on a day."""
    try:
        first, last = safe_starts(mine.case)
    except InputError:
        return False
    return first <= day <= last


def other_start(mine: Answer) -> date | None:
    """The first day of the next plan year, where treatment may still start then."""
    day = new_year(mine)
    return day if day is not None and is_safe(mine, day) else None


def ways(mine: Answer) -> list[MixOption]:
    """NHS, private or mixed, where the reader is in the UK; not the way that they go already."""
    if (made := mixed(mine)) is None:
        return []
    gone = ("nhs",) if mine.case.scenario.region == Region.NHS else ("private", "insurance")
    return [option for option in made[0].options if option.way not in gone]


def mixed(mine: Answer) -> tuple[Mixes, Mapping[str, Ints]] | None:
    """NHS and private care mixed, on the same draws as the rest; None outside the UK and where it does not fit."""
    scenario = mine.case.scenario
    if scenario.region not in UK or scenario.mode == Mode.AVERAGE:
        return None
    try:
        return kept(f"mixes|{language()}|{key(mine.case)}", lambda: mixes_with_draws(scenario, draws=DRAWS))
    except InputError:
        return None


# ---------------------------------------------------------------- names


Part = tuple[str, str]
"""What differs in a few words, and what that means; each can stand alone."""

CARE: dict[Care, tuple[str, str]] = {
    Care.THERAPY: (
        marked("Only {therapy}"),
        marked("Without {massage}; the rest of the care stays the same"),
    ),
    Care.MASSAGE: (
        marked("Only {massage}"),
        marked("Without {therapy}; the rest of the care stays the same"),
    ),
    Care.BOTH: (
        marked("Both {therapy} and {massage}"),
        marked("The rest of the care stays the same"),
    ),
}
CASH: dict[Cash, tuple[str, str]] = {
    "cash": (
        marked("Cash for therapy"),
        marked("The self-pay price for every therapy visit; it does not count to your {deductible}"),
    ),
    "cash_counts": (
        marked("Cash for therapy, if it counts"),
        marked("The self-pay price for every therapy visit, if your plan counts all of it to your {deductible}"),
    ),
}


def name(change: Change, mine: Answer) -> str:
    """A short name: the first thing that differs leads."""
    if change.way is not None:
        found = _way(change, mine)
        return _way_name(found) if found is not None else change.way
    return next((said for said, _ in _parts(change, mine)), say("The same"))


def differs(change: Change, mine: Answer) -> str:
    """What differs beyond the name, or what it means."""
    if change.way is not None:
        return _way_says(_way(change, mine), mine)
    parts = list(_parts(change, mine))
    return parts[0][1] if len(parts) == 1 else " · ".join(said for said, _ in parts[1:])


def _way(change: Change, mine: Answer) -> MixOption | None:
    return next((option for option in ways(mine) if option.id == change.way), None)


def _way_name(option: MixOption) -> str:
    """A policy goes by its own name, which says already that it is an insurance."""
    known = load_plans(Region.UK_PRIVATE)
    return known[option.plan].title if option.plan in known else option.name


def _way_says(option: MixOption | None, mine: Answer) -> str:
    if option is None:
        return ""
    if option.way == "insurance" and mine.case.scenario.region == Region.NHS:
        only = say("Only if you have it already: a policy bought now does not cover this injury.")
        return f"{option.says} {only}"
    return option.says


def _parts(change: Change, mine: Answer) -> Iterator[Part]:
    words = mine.words
    known = load_plans(mine.case.scenario.region)
    therapy, massage = (
        inside_a_sentence(words.service(each)) for each in (Service.PHYSICAL_THERAPY, Service.MASSAGE_THERAPY)
    )
    if change.plan is not None:
        yield (known[change.plan].title if change.plan in known else change.plan), ""
    if change.secondary == NONE:
        own = mine.case.secondary
        yield say("No second cover"), say("Without {cover}", cover=own.title) if own is not None else ""
    elif change.secondary is not None:
        title = known[change.secondary].title if change.secondary in known else change.secondary
        yield say("With {cover}", cover=title), ""
    if change.setting is not None:
        yield setting(change.setting)[0], say("The same care in another place")
    if change.care is not None:
        title, means = CARE[change.care]
        yield say(title, therapy=therapy, massage=massage), say(means, therapy=therapy, massage=massage)
    if change.cash is not None:
        title, means = CASH[change.cash]
        yield say(title), say(means, deductible=words.inside("deductible"))
    if change.start is not None:
        begins = say("After the new plan year begins, instead of {day}", day=words.day(mine.case.scenario.care_starts))
        yield say("Start on {day}", day=words.day(change.start, year=True)), begins
    if change.terms is not None:
        yield say("What if"), " · ".join(terms_said(change.terms, words))


def terms_said(terms: Terms, words: Words) -> Iterator[str]:
    """The terms that differ from the plan's own, each with its new value."""
    if terms.deductible is not None:
        yield say("{term}: {value}", term=words.label("deductible"), value=words.about(terms.deductible))
    if terms.out_of_pocket_max is not None:
        yield say("{term}: {value}", term=words.label("out_of_pocket_max"), value=words.about(terms.out_of_pocket_max))
    if terms.copay is not None:
        label = say("{copay} for a therapy visit", copay=words.label("copay"))
        yield say("{term}: {value}", term=label, value=words.about(terms.copay))
    if terms.coinsurance is not None:
        label = say("{coinsurance} for therapy", coinsurance=words.label("coinsurance"))
        yield say("{term}: {value}", term=label, value=percent(terms.coinsurance))
    if terms.visit_limit is not None:
        yield say("{term}: {value}", term=say("Therapy visits a plan year"), value=terms.visit_limit)


def percent(share: Decimal) -> str:
    """A share as people write it."""
    return say("{number}%", number=round(share * 100))


# ---------------------------------------------------------------- what the engine says


def compared(mine: Answer, changes: Sequence[Change]) -> Compared:
    """The reader's own case and every option; an option that cannot be reckoned becomes its name and a sentence."""
    own, unpriced = _reckoned(mine.case)
    row = _row(say(YOURS), own_cover(mine), own, own, _weeks(mine.case), is_yours=True)
    made = [Made(OWN, row, own, unpriced)]
    problems: list[tuple[str, str]] = []
    for change in changes:
        try:
            made.append(_way_made(change, mine, own) if change.way is not None else _plan_made(change, mine, own))
        except EstimatorError as error:
            problems.append((name(change, mine), " ".join(mended(str(error), mine.words))))
    return Compared(tuple(_with_missing(_told_apart(made), mine.words)), tuple(problems))


def own_cover(mine: Answer) -> str:
    """The reader's cover, with the second one where there is one."""
    second = mine.case.secondary
    if second is None:
        return mine.case.plan.title
    return say("{cover} with {second_cover}", cover=mine.case.plan.title, second_cover=second.title)


def _told_apart(made: Sequence[Made]) -> list[Made]:
    """Options of one name get what differs beside it."""
    names = [each.row.name for each in made]
    return [
        replace(
            each,
            row=replace(each.row, name=say("{option} ({differs})", option=each.row.name, differs=each.row.differs)),
        )
        if names.count(each.row.name) > 1 and each.row.differs
        else each
        for each in made
    ]


def _with_missing(made: Sequence[Made], words: Words) -> Iterator[Made]:
    """What one option lacks a price for and another does not is named; what all lack takes nothing from a difference."""
    everywhere = set.intersection(*({*each.unpriced} for each in made))
    for each in made:
        missing = tuple(words.service(service) for service in each.unpriced if service not in everywhere)
        yield replace(each, row=replace(each.row, missing=missing)) if missing else each


def _plan_made(change: Change, mine: Answer, own: Ints) -> Made:
    case = case_of(change, mine.case)
    found, unpriced = _reckoned(case)
    row = _row(name(change, mine), differs(change, mine), found, own, _weeks(case))
    return Made(change.id, row, found, unpriced)


def _way_made(change: Change, mine: Answer, own: Ints) -> Made:
    made, option = mixed(mine), _way(change, mine)
    if made is None or option is None:
        raise InputError(f"services: {say('this way does not fit the care you chose.')}")
    weeks = option.weeks_to_first_session
    found = made[1][option.id]
    row = _row(name(change, mine), differs(change, mine), found, own, weeks.likely if weeks is not None else None)
    return Made(change.id, row, found, option.not_counted)


def _row(title: str, what: str, found: Ints, own: Ints, weeks: Decimal | None, *, is_yours: bool = False) -> Row:
    low, middle, high = (to_decimal(int(value)) for value in np.percentile(found, PERCENTILES, method="inverted_cdf"))
    counted = pair(found, own)
    return Row(
        name=title,
        differs=what,
        low=low,
        middle=middle,
        high=high,
        cheaper=counted.first_cheaper,
        same=counted.same,
        difference=counted.difference,
        weeks=weeks,
        is_yours=is_yours,
    )


def case_of(change: Change, own: Case) -> Case:
    """The reader's own case with what differs; raises `InputError` where that does not fit together."""
    update: dict[str, object] = {}
    scenario = own.scenario
    if change.plan is not None:
        update["plan"] = change.plan
    if change.secondary is not None:
        update["secondary"] = None if change.secondary == NONE else change.secondary
    if change.setting is not None:
        update["setting"] = change.setting
    scenario = scenario.model_copy(update=update)
    case = open_case(scenario if change.care is None else with_care(scenario, change.care))
    if change.terms is not None:
        case = replace(case, plan=with_terms(case.plan, change.terms, scenario.network))
    if change.start is not None:
        case = begun_on(case, change.start)
    return case if change.cash is None else paying_cash(case, counts=change.cash == "cash_counts")


def _weeks(case: Case) -> Decimal | None:
    """Weeks from the start of care to the first therapy session of the likely course; asked only in the UK."""
    if case.scenario.region not in UK:
        return None

    def count() -> Decimal | None:
        lines = quote(case).lines
        first = min((line.date for line in lines if line.visit_service in WAITING_SERVICES), default=None)
        return None if first is None else Decimal((first - case.scenario.care_starts).days) / 7

    return kept(f"weeks|{key(case)}", count)


def _reckoned(case: Case) -> tuple[Ints, tuple[Service, ...]]:
    """What the patient pays in each draw, and the care without a price; the draws are those of every other figure."""

    def reckon() -> tuple[Ints, tuple[Service, ...]]:
        made = totals(case, DRAWS, SEED, 0)
        return made.patient, made.unpriced

    return kept(f"totals|{key(case)}", reckon)


# ---------------------------------------------------------------- kept for this visit


def memory() -> dict[str, object]:
    """What was chosen on the page of comparisons in this visit, by region."""
    return cast(dict[str, object], st.session_state.setdefault("compare", {}))


def key(case: Case) -> str:
    """One case as text, to find what was reckoned for it."""
    second = case.secondary.id if case.secondary is not None else ""
    cash = f"{sorted(case.cash.services)}{case.cash.counts}" if case.cash is not None else ""
    return f"{case.scenario.model_dump_json()}|{case.plan.model_dump_json()}|{second}|{cash}"


def kept(key: str, make: Callable[[], Value]) -> Value:
    """What was reckoned before in this visit, or made now; the oldest goes first."""
    held: dict[str, object] = st.session_state.setdefault("reckoned", {})
    if key not in held:
        held[key] = make()
        while len(held) > KEPT:
            held.pop(next(iter(held)))
    return cast(Value, held[key])
