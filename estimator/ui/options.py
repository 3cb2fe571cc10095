"""The options beside the reader's own case: what differs, and what the engine says about each on the same draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar, cast

import numpy as np
import streamlit as st

from estimator.comparison import MOST_OPTIONS
from estimator.draws import Ints
from estimator.errors import InputError
from estimator.estimate import WAITING_SERVICES, Case, open_case
from estimator.mixes import Mixes, MixOption, mixes
from estimator.money import to_decimal
from estimator.outputs.comparison_chart import YOURS, Row
from estimator.outputs.words import mended, setting
from estimator.plan import Benefit, Plan, load_plans
from estimator.projection import DRAWS, PERCENTILES, patient_totals
from estimator.quote import quote
from estimator.ui import state
from estimator.ui.result import Answer
from estimator.vocabulary import Mode, Network, Region, Service

MOST_OTHERS = MOST_OPTIONS - 1
"""The reader's own case is one of them."""
SHOWN_AT_FIRST = 4
MOST_PLANS_SUGGESTED = 5
MOST_SECONDS_SUGGESTED = 3
KEPT = 60
UK = (Region.NHS, Region.UK_PRIVATE)
NONE = "none"
"""No second cover."""
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Change:
    """What differs from the reader's own case; None is as it is there."""

    plan: str | None = None
    secondary: str | None = None
    setting: str | None = None
    massage: bool | None = None
    way: str | None = None
    """A way to mix NHS and private care, by its id; it stands alone."""
    deductible: Decimal | None = None
    copay: Decimal | None = None
    share: Decimal | None = None

    @property
    def id(self) -> str:
        """A name for widgets."""
        return "|".join(f"{part}" for part in (self.plan, self.secondary, self.setting, self.massage, self.way))

    @property
    def is_what_if(self) -> bool:
        return (self.deductible, self.copay, self.share) != (None, None, None)


# ---------------------------------------------------------------- what could be different


def suggestions(mine: Answer) -> list[Change]:
    """What people most often ask: other plans, no insurance, another place, with or without massage, a second cover."""
    case = mine.case
    if case.scenario.region == Region.NHS:
        return [Change(way=option.id) for option in ways(mine)]
    plans = sorted(other_plans(mine).values(), key=lambda plan: any(letter.isdigit() for letter in plan.title))
    cash = [Change(plan=plan.id) for plan in plans if plan.prices == "cash"]
    insured = [Change(plan=plan.id) for plan in plans if plan.prices != "cash"]
    others = [Change(setting=name) for name in settings(mine)]
    if (massage := can_massage(mine)) is not None:
        others.append(Change(massage=massage))
    seconds = [Change(secondary=name) for name in _best_first(second_covers(mine))]
    if case.scenario.region == Region.UK_PRIVATE:
        mixes_first = [Change(way=option.id) for option in ways(mine)]
        return [*cash, *mixes_first[:2], *others, *insured[:2], *seconds[:2], *mixes_first[2:]]
    return [*insured[:2], *others, *cash, *seconds[:MOST_SECONDS_SUGGESTED], *insured[2:MOST_PLANS_SUGGESTED]]


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


def can_massage(mine: Answer) -> bool | None:
    """True to add massage, False to leave it out, None where neither makes sense."""
    scenario = mine.case.scenario
    if scenario.mode != Mode.PLANNED or Service.MASSAGE_THERAPY not in state.services_offered():
        return None
    if Service.MASSAGE_THERAPY not in scenario.services:
        return True
    return False if len(scenario.services) > 1 else None


def ways(mine: Answer) -> list[MixOption]:
    """NHS, private or mixed, where the reader is in the UK; not the way that they go already."""
    if (made := mixed(mine)) is None:
        return []
    gone = ("nhs",) if mine.case.scenario.region == Region.NHS else ("private", "insurance")
    return [option for option in made.options if option.way not in gone]


def mixed(mine: Answer) -> Mixes | None:
    """NHS and private care mixed, on the same number of draws as the rest; None outside the UK."""
    scenario = mine.case.scenario
    if scenario.region not in UK:
        return None
    try:
        return kept(f"mixes|{key(mine.case)}", lambda: mixes(scenario, draws=DRAWS))
    except InputError:
        return None


# ---------------------------------------------------------------- names


def name(change: Change, mine: Answer) -> str:
    """A short name: the first thing that differs leads."""
    if change.way is not None:
        found = next((option for option in ways(mine) if option.id == change.way), None)
        return _way_name(found) if found is not None else change.way
    parts = _parts(change, mine)
    return parts[0][0] if parts else "The same"


def _way_name(option: MixOption) -> str:
    return option.name.replace("Private, insured: Private medical insurance", "Private insurance")


def differs(change: Change, mine: Answer) -> str:
    """What differs beyond the name, or what it means."""
    if change.way is not None:
        return next((option.says for option in ways(mine) if option.id == change.way), "")
    parts = _parts(change, mine)
    if len(parts) == 1:
        return parts[0][1]
    return "; ".join(said if said[1:2].isupper() else said[0].lower() + said[1:] for said, _ in parts[1:])


def _parts(change: Change, mine: Answer) -> list[tuple[str, str]]:
    words, region = mine.words, mine.case.scenario.region
    known = load_plans(region)
    parts: list[tuple[str, str]] = []
    if change.plan is not None:
        plan = known.get(change.plan)
        parts.append((plan.title, "") if plan is not None else (change.plan, ""))
    if change.secondary is not None:
        second = known.get(change.secondary)
        title = second.title if second is not None else change.secondary
        own = mine.case.secondary.title if mine.case.secondary is not None else ""
        parts.append(
            ("No second cover", f"without {own}" if own else "") if change.secondary == NONE else (f"With {title}", "")
        )
    if change.setting is not None:
        parts.append((setting(change.setting)[0], "the same care in another place"))
    if change.massage is not None:
        massage = words.service(Service.MASSAGE_THERAPY).lower()
        parts.append((f"{'With' if change.massage else 'Without'} {massage}", "the rest of the care stays the same"))
    terms = []
    if change.deductible is not None:
        terms.append(f"{words.inside('deductible')} {words.about(change.deductible)}")
    if change.copay is not None:
        terms.append(f"{words.inside('copay')} {words.about(change.copay)} for a therapy visit")
    if change.share is not None:
        terms.append(f"{words.inside('coinsurance')} {round(change.share * 100)}% for therapy")
    if terms:
        parts.append(("What if", f"your plan with: {', '.join(terms)}"))
    return parts


# ---------------------------------------------------------------- what the engine says


def rows(mine: Answer, changes: Sequence[Change]) -> tuple[list[Row], list[tuple[str, str]]]:
    """The reader's own case and every option; an option that cannot be reckoned becomes its name and a sentence."""
    own = _totals(mine.case)
    made = [_row(YOURS, _own_words(mine), own, own, _weeks(mine.case), is_yours=True)]
    problems: list[tuple[str, str]] = []
    for change in changes:
        title = name(change, mine)
        try:
            made.append(_mix_row(change, mine) if change.way is not None else _plan_row(change, mine, own))
        except InputError as error:
            problems.append((title, " ".join(mended(str(error), mine.words))))
    return made, problems


def _own_words(mine: Answer) -> str:
    second = mine.case.secondary
    return f"{mine.case.plan.title}{f' with {second.title}' if second else ''}"


def _plan_row(change: Change, mine: Answer, own: Ints) -> Row:
    case = case_of(change, mine.case)
    return _row(name(change, mine), differs(change, mine), _totals(case), own, _weeks(case))


def _row(title: str, what: str, totals: Ints, own: Ints, weeks: Decimal | None, *, is_yours: bool = False) -> Row:
    low, middle, high = (to_decimal(int(value)) for value in np.percentile(totals, PERCENTILES, method="inverted_cdf"))
    difference = int(np.percentile(totals - own, 50, method="inverted_cdf"))
    return Row(
        name=title,
        differs=what,
        low=low,
        middle=middle,
        high=high,
        cheaper=_share(float((totals < own).mean())),
        same=_share(float((totals == own).mean())),
        difference=to_decimal(difference),
        weeks=weeks,
        is_yours=is_yours,
    )


def _mix_row(change: Change, mine: Answer) -> Row:
    option = next((each for each in ways(mine) if each.id == change.way), None)
    if option is None:
        raise InputError("services: this way does not fit the care you chose.")
    pays, weeks = option.patient_pays, option.weeks_to_first_session
    return Row(
        name=name(change, mine),
        differs=option.says,
        low=pays.p10,
        middle=pays.p50,
        high=pays.p90,
        weeks=weeks.likely if weeks is not None else None,
    )


def _share(value: float) -> Decimal:
    return Decimal(str(round(value, 4)))


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
    if change.massage is not None:
        without = tuple(each for each in scenario.services if each != Service.MASSAGE_THERAPY)
        update["services"] = (*without, Service.MASSAGE_THERAPY) if change.massage else without
    case = open_case(scenario.model_copy(update=update))
    return replace(case, plan=with_terms(case.plan, change, scenario.network)) if change.is_what_if else case


def with_terms(plan: Plan, change: Change, network: Network) -> Plan:
    """The plan with other terms: a what-if, never a plan that somebody sells."""
    update: dict[str, object] = {}
    if change.deductible is not None and plan.deductible is not None:
        family = plan.deductible.family_amount
        update["deductible"] = plan.deductible.model_copy(
            update={
                "amount": change.deductible,
                "family_amount": None if family is None else max(family, change.deductible),
            }
        )
    therapy = therapy_terms(plan, network)
    terms = {"copay": change.copay, "patient_coinsurance": change.share}
    new = {field: value for field, value in terms.items() if value is not None}
    if new:
        update["benefit"] = tuple(
            benefit.model_copy(update=new) if any(benefit is each for each in therapy) else benefit
            for benefit in plan.benefit
        )
    return plan.model_copy(update=update)


def therapy_terms(plan: Plan, network: Network) -> list[Benefit]:
    """The plan's terms for a therapy visit."""
    found = [plan.benefit_for(service, network) for service in WAITING_SERVICES]
    return [benefit for benefit in found if benefit is not None]


def _weeks(case: Case) -> Decimal | None:
    """Weeks from the start of care to the first therapy session of the likely course; asked only in the UK."""
    if case.scenario.region not in UK:
        return None

    def count() -> Decimal | None:
        lines = quote(case).lines
        first = min((line.date for line in lines if line.visit_service in WAITING_SERVICES), default=None)
        return None if first is None else Decimal((first - case.scenario.care_starts).days) / 7

    return kept(f"weeks|{key(case)}", count)


def _totals(case: Case) -> Ints:
    return kept(f"totals|{key(case)}", lambda: patient_totals(case))


# ---------------------------------------------------------------- kept for this visit


def key(case: Case) -> str:
    """One case as text, to find what was reckoned for it."""
    second = case.secondary.id if case.secondary is not None else ""
    return f"{case.scenario.model_dump_json()}|{case.plan.model_dump_json()}|{second}"


def kept(key: str, make: Callable[[], Value]) -> Value:
    """What was reckoned before in this visit, or made now; the oldest goes first."""
    held: dict[str, object] = st.session_state.setdefault("reckoned", {})
    if key not in held:
        held[key] = make()
        while len(held) > KEPT:
            held.pop(next(iter(held)))
    return cast(Value, held[key])
