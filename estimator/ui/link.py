"""A link that holds the answers, and what becomes of one that the page is opened with.

`bind="query-params"` keeps only what a drawn widget holds, and a closed question draws none; so one query parameter holds
the `Scenario` itself, as far as it differs from the usual: `1~region:nhs~injury:strain_grade_2~hurt:2026-04-13~...~end`.
Only words that the model or the shipped files know, dates and numbers may stand in it; no free text goes out or comes in.
What would be another case without such a text is refused, never changed in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum, auto
from functools import cache
from html import escape
from typing import cast
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import streamlit as st
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from estimator.errors import FileProblems, InputError
from estimator.messages import marked, say
from estimator.outputs.words import FIELDS
from estimator.places_uk import area_of_postcode, load_outward_codes, outward_code
from estimator.plan import load_plans
from estimator.scenario import NATIONS, Scenario, Used
from estimator.tariff import load_tariff
from estimator.ui import state
from estimator.vocabulary import Region, Service
from estimator.waits import load_waits

ANSWERS = "answers"
"""The query parameter; every other one is left alone."""
FORM = "1"
"""How the answers are written. It leads, and `END` closes, so that a link cut short is never taken for a whole one."""
END = "end"
LONGEST = 2000
"""Characters of the answers as they stand in the address."""
UNENCODED = ":,@"
NUMBER = re.compile(r"\d{1,9}(\.\d{1,6})?")
WORD = re.compile(r"[a-z_]{1,40}")
USUAL = "usual"
"""A part that is there and holds nothing but usual values, such as a job."""


class Form(Enum):
    """How one part is written."""

    WORD = auto()
    LIST = auto()
    PAIRS = auto()


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a link: its short name and where it stands in a `Scenario`."""

    name: str
    path: tuple[str, ...]
    form: Form = Form.WORD


PARTS = (
    Part("region", ("region",)),
    Part("injury", ("condition",)),
    Part("treatment", ("management",)),
    Part("hurt", ("injury_date",)),
    Part("care", ("care_starts",)),
    Part("state", ("area", "state")),
    Part("county", ("area", "county")),
    Part("locality", ("area", "locality")),
    Part("nation", ("area", "nation")),
    Part("place", ("area", "region")),
    Part("mode", ("mode",)),
    Part("services", ("services",), Form.LIST),
    Part("setting", ("setting",)),
    Part("network", ("network",)),
    Part("plan", ("plan",)),
    Part("second", ("secondary",)),
    Part("second_since", ("secondary_since",)),
    Part("used", ("used",), Form.PAIRS),
    Part("deductibles", ("used", "separate_deductibles"), Form.PAIRS),
    Part("visits", ("used", "visits"), Form.PAIRS),
    Part("paid", ("used", "benefit_paid"), Form.PAIRS),
    Part("toward", ("used", "thresholds"), Form.PAIRS),
    Part("second_paid", ("used", "secondary_paid"), Form.PAIRS),
    Part("paperwork", ("paperwork",), Form.PAIRS),
    Part("accounts", ("accounts",), Form.PAIRS),
    Part("assignment", ("assignment",)),
    Part("work", ("work",), Form.PAIRS),
    Part("prices", ("own_prices",), Form.PAIRS),
    Part("items", ("prescription_items",)),
    Part("as_of", ("prices_as_of",)),
)
BY_NAME: Mapping[str, Part] = {part.name: part for part in PARTS}
OTHER_FIELDS: Mapping[str, str] = {
    "region": marked("Which system you are treated in"),
    "condition": marked("What happened"),
    "mode": marked("Kinds of care"),
    "network": marked("In or outside the plan's network"),
    "secondary_since": marked("Second cover since"),
    "paperwork": marked("Paperwork"),
    "accounts": marked("Money set aside for care"),
    "assignment": marked("Your doctor and Medicare's price"),
    "prescription_items": marked("Items on prescription"),
}
"""The answers that `words.FIELDS` has no name for."""


# ---------------------------------------------------------------- scenario -> link


def of(scenario: Scenario) -> dict[str, str]:
    """A scenario as query parameters; raises `InputError` for one that no link can hold."""
    plain = _without_texts_that_change_nothing(scenario)
    problems = [_cannot_travel(part) for part in _unknown(plain)]
    if problems:
        raise FileProblems(dict.fromkeys(problems))
    text = "~".join((FORM, *_written(plain.model_dump(exclude_defaults=True)), END))
    if len(quote(text, safe=UNENCODED)) > LONGEST:
        raise InputError(say("There are too many amounts of your own for a link. Save your answers as a file instead."))
    return {ANSWERS: text}


def address(page: str | None, params: Mapping[str, str]) -> str:
    """The full address of the page with these parameters and no others."""
    parts = urlsplit(page or "")
    query = urlencode(params, quote_via=quote, safe=UNENCODED)
    return urlunsplit((parts.scheme, parts.netloc, f"{parts.path.rstrip('/')}/", query, ""))


def without_pay(scenario: Scenario) -> Scenario:
    """A scenario without what the person earns, is taxed and has saved; the cost of care stays the same."""
    work = scenario.work.model_copy(update={"daily_pay": None}) if scenario.work is not None else None
    return scenario.model_copy(update={"work": work, "accounts": None})


def _without_texts_that_change_nothing(scenario: Scenario) -> Scenario:
    """A scenario without names that no price or limit depends on, and with places as the shipped files name them."""
    update: dict[str, str | None] = {}
    area = scenario.area
    if scenario.region in state.UK:
        if area.region is not None and outward_code(area.region) is not None:
            found = area_of_postcode(area.region, scenario.region)
            update = {"nation": found.nation, "region": found.region}
    else:
        if not state.counties_of(scenario.region, area.state):
            update["county"] = None
        update["locality"] = _locality(scenario)
    known = _known(scenario.region)
    counters: dict[str, dict[str, Decimal | int]] = {
        field: {name: value for name, value in getattr(scenario.used, field).items() if name in known["visits"]}
        for field in state.USED_GROUPS
    }
    return scenario.model_copy(
        update={"area": area.model_copy(update=update), "used": scenario.used.model_copy(update=counters)}
    )


def _locality(scenario: Scenario) -> str | None:
    """A Medicare locality by its short name, where the schedule finds it."""
    schedule, name = load_tariff(scenario.region).schedule, scenario.area.locality
    if schedule is None or name is None or name in _known(scenario.region)["locality"]:
        return name
    try:
        return schedule.find_locality(name, scenario.care_starts).area
    except InputError:
        return name


def _unknown(scenario: Scenario) -> Iterator[Part]:
    """The parts of a scenario that hold a text nobody here knows, such as the path of a plan file."""
    known = {**_known(scenario.region), "county": frozenset(state.counties_of(scenario.region, scenario.area.state))}
    for part in PARTS:
        value: object = scenario
        for field in part.path:
            value = getattr(value, field)
        if part.form == Form.WORD and value is not None and value not in known.get(part.name, (value,)):
            yield part


def _cannot_travel(part: Part) -> str:
    return say("{answer}: a link can only hold what is offered here.", answer=_name_of(part.path[0]))


def _written(held: Mapping[str, object]) -> Iterator[str]:
    for part in PARTS:
        value: object = held
        for field in part.path:
            value = value.get(field) if isinstance(value, Mapping) else None
        if value is None:
            continue
        if part.form == Form.WORD:
            yield f"{part.name}:{value}"
        elif part.form == Form.LIST:
            yield f"{part.name}:{','.join(map(str, cast(Sequence[object], value)))}"
        else:
            named = sorted(cast(Mapping[str, object], value).items())
            pairs = [f"{name}:{_plain(each)}" for name, each in named if not isinstance(each, Mapping)]
            if pairs or not named:
                yield f"{part.name}:{','.join(pairs) or USUAL}"


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value.normalize() + 0:f}" if isinstance(value, Decimal) else str(value)


# ---------------------------------------------------------------- link -> scenario


def read(params: Mapping[str, str | Sequence[str]]) -> Scenario:
    """The scenario that query parameters hold; raises `InputError` with a sentence for each answer that does not fit."""
    given = params.get(ANSWERS, ())
    texts = (given,) if isinstance(given, str) else tuple(given)
    if len(texts) != 1:
        raise InputError(say("The address must hold the answers once; here they stand more than once, or not at all."))
    text = texts[0]
    if len(text) > LONGEST:
        raise InputError(say("The link is longer than any that this page makes."))
    form, *parts = text.split("~")
    if form != FORM or not (text.isascii() and text.isprintable()):
        raise InputError(say("The link is damaged, or it was made for another version of this page."))
    if not parts or parts.pop() != END:
        raise InputError(say("The link was cut short: its end is missing."))
    return _validated(_taken_apart(parts))


def _taken_apart(parts: Sequence[str]) -> dict[str, str]:
    """The parts by name; each may stand once."""
    named: dict[str, str] = {}
    problems: list[str] = []
    for text in parts:
        name, _, value = text.partition(":")
        if name not in BY_NAME:
            problems.append(say("The link holds something that this page does not know."))
        elif name in named:
            problems.append(say("{answer}: the link says two things about it.", answer=_name_of(BY_NAME[name].path[0])))
        named[name] = value
    if problems:
        raise FileProblems(dict.fromkeys(problems))
    return named


def _validated(named: Mapping[str, str]) -> Scenario:
    if named.get("region") not in list(Region):
        raise InputError(_misfit("region"))
    region = Region(named["region"])
    known = {**_known(region), "county": frozenset(state.counties_of(region, named.get("state", "").upper()))}
    data: dict[str, object] = {}
    misfits: list[str] = []
    for name, text in named.items():
        part = BY_NAME[name]
        value = _value(part, text, known.get(name))
        if value is None:
            misfits.append(part.path[0])
        else:
            _put(data, part, value)
    if not misfits:
        try:
            return Scenario.model_validate(data)
        except ValidationError as error:
            misfits = [_field_of(detail) for detail in error.errors(include_url=False)]
    raise FileProblems(dict.fromkeys(map(_misfit, misfits)))


def _put(data: dict[str, object], part: Part, value: object) -> None:
    *above, last = part.path
    into = data
    for field in above:
        into = cast(dict[str, object], into.setdefault(field, {}))
    if isinstance(value, dict) and isinstance(held := into.get(last), dict):
        held |= value
    else:
        into[last] = value


def _value(part: Part, text: str, known: frozenset[str] | None) -> object:
    """What a part says, before the model looks at it; None where no answer is ever written like that."""
    if part.form == Form.WORD:
        return text if text and (known is None or text in known) else None
    if part.form == Form.LIST:
        return text.split(",")
    pairs: dict[str, str] = {}
    for pair in text.split(",") if text != USUAL else ():
        name, _, value = pair.partition(":")
        if name in pairs or (known is not None and name not in known):
            return None
        if not (NUMBER.fullmatch(value) or WORD.fullmatch(value)):
            return None
        pairs[name] = value
    return pairs


def _field_of(detail: ErrorDetails) -> str:
    """The field of a `Scenario` that the model complains about."""
    if detail["loc"]:
        return str(detail["loc"][0])
    return re.split(r"[:.]", str(detail.get("ctx", {}).get("error", "")), maxsplit=1)[0]


def _misfit(field: str) -> str:
    name = _name_of(field)
    if not name:
        return say("The answers in the link do not fit together.")
    return say("{answer}: the link does not say it, or what it says does not fit.", answer=name)


def _name_of(field: str) -> str:
    return say(OTHER_FIELDS[field]) if field in OTHER_FIELDS else FIELDS.get(field, "")


@cache
def _known(region: Region) -> Mapping[str, frozenset[str]]:
    """The words that the shipped files of a region know, by the part in which they may stand."""
    tariff, plans = load_tariff(region), load_plans(region)
    benefits = [benefit for plan in plans.values() for benefit in plan.benefit]
    counters = {name for benefit in benefits for name in (benefit.group, benefit.counter)} | {*map(str, Service)}
    for plan in plans.values():
        counters |= {deductible.id for deductible in plan.separate_deductible}
        counters |= {threshold.id for threshold in plan.threshold}
        counters |= {rule.group for rule in plan.pays}
    groups = ("deductibles", "visits", "paid", "toward", "second_paid")
    return {
        "plan": frozenset(name for name, plan in plans.items() if plan.role == "primary"),
        "second": frozenset(name for name, plan in plans.items() if plan.role == "secondary"),
        "setting": frozenset(tariff.region.settings),
        "locality": frozenset(_localities(region)),
        "place": frozenset(_places()),
        "used": frozenset(Used.model_fields) - {*state.USED_GROUPS},
        **dict.fromkeys(groups, frozenset(counters)),
    }


def _localities(region: Region) -> Iterator[str]:
    tariff = load_tariff(region)
    if tariff.schedule is not None and tariff.region.area_kind == "locality":
        yield "NATIONAL"
        for year in tariff.schedule.years:
            for place in tariff.schedule.localities(date(year, 1, 1)):
                yield place.area
                yield f"{place.mac}-{place.number}"


def _places() -> Iterator[str]:
    """The parts of the United Kingdom by which prices and waits differ."""
    yield from (*NATIONS, "UK excluding London")
    for listed in load_waits(load_tariff(Region.NHS).file("waits.csv")):
        yield listed.partition("/")[2] or listed
    for place in load_outward_codes().values():
        yield from filter(None, (place.region, place.nhs_region))


# ---------------------------------------------------------------- the page is opened with a link


def arrive() -> None:
    """Take over the answers of the link that the page was opened with, once, and say what became of it.

    The link stays in the address bar, for a reload, until the first answer is changed; then it is taken away, so that it
    is not mistaken for the answers in view.
    """
    texts = st.query_params.get_all(ANSWERS)
    if not texts:
        return
    is_new = texts != st.session_state.get("link_opened")
    if not is_new and state.is_changed():
        del st.query_params[ANSWERS]
        return
    st.session_state.link_opened, st.session_state.is_changed = texts, False
    try:
        brought = read({ANSWERS: texts})
    except InputError as error:
        _cannot_open(error)
        return
    if is_new:
        state.load(brought)
        st.session_state.is_example = False
        st.rerun()  # from the top: the language and the frame follow the answers
    note = say("These are the answers of the link you opened. Change what is different for you.")
    st.html(f'<p class="hc example">{escape(note)}</p>')


def _cannot_open(error: InputError) -> None:
    each = "".join(f"<li>{escape(line)}</li>" for line in str(error).splitlines())
    title = say("This link could not be opened")
    instead = say("Nothing of it was used. Ask for the link again, or answer the questions here.")
    st.html(
        f'<div class="hc"><section class="mend" role="alert"><h2>{escape(title)}</h2><ul>{each}</ul>'
        f"<p>{escape(instead)}</p></section></div>"
    )
