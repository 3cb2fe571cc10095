"""What one visitor has answered; nothing here outlives the browser tab.

The answers are a plain dictionary in the session. Widgets are views of it: a step that is closed draws none of them, and no
answer is lost. Answers that only make sense in one region carry its name, so that going back finds them as they were left.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TypeVar, cast

import streamlit as st

from estimator.errors import InputError
from estimator.files import decode, parse_json, parse_toml, validate
from estimator.messages import say
from estimator.outputs.words import Words
from estimator.pathway import load_pathway
from estimator.places_uk import area_of_postcode, find_place, outward_code
from estimator.plan import Plan, load_plans
from estimator.scenario import CAN_BE_SURGICAL, NATIONS, Accounts, Area, Paperwork, Scenario, Used, Work, read_scenario
from estimator.tariff import Tariff, load_tariff
from estimator.vocabulary import Assignment, Condition, Management, Mode, Network, Region, Service
from estimator.waits import load_waits

EXAMPLES = Path(__file__).parents[1] / "examples"
FIRST_REGION = Region.US_PRIVATE
IMPLIED = frozenset({Service.PHYSICAL_THERAPY_EVALUATION, Service.SURGERY, Service.PRESCRIPTION, Service.TRAVEL})
"""Not offered as a choice: part of another choice, or asked for elsewhere."""
USED_AMOUNTS = (
    "deductible",
    "out_of_pocket",
    "family_deductible",
    "family_out_of_pocket",
    "out_of_network_deductible",
    "out_of_network_out_of_pocket",
    "secondary_deductible",
    "secondary_out_of_pocket",
)
USED_GROUPS = ("separate_deductibles", "visits", "benefit_paid", "thresholds", "secondary_paid")
PAPERWORK = tuple(Paperwork.model_fields)
ACCOUNTS = ("employer_reimbursement", "health_savings")
UK = (Region.NHS, Region.UK_PRIVATE)
Answers = dict[str, object]
Value = TypeVar("Value")


# ---------------------------------------------------------------- the answers of this visit


def answers() -> Answers:
    """The answers so far; a first visit opens on the complete example."""
    held = st.session_state.get("answers")  # one look: a page asks for its answers some hundreds of times
    if held is None:
        held = st.session_state.answers = {}
        st.session_state.is_example = True
        load(read_scenario(EXAMPLES / f"{FIRST_REGION}.toml"))
    return cast(Answers, held)


def get(key: str, kind: type[Value]) -> Value | None:
    """An answer of the kind expected, or None."""
    value = answers().get(key)
    return value if isinstance(value, kind) else None


def put(key: str, value: object) -> None:
    """Set an answer from code; its widget follows."""
    answers()[key] = value
    st.session_state.pop(key, None)


def put_if_missing(key: str, value: object) -> None:
    """Give an answer a first value."""
    answers().setdefault(key, value)


def seed(key: str, default: object = None) -> str:
    """Make a widget show its answer; returns the widget's key."""
    value = answers().setdefault(key, default)
    if key not in st.session_state:
        st.session_state[key] = value
    return key


def remember(key: str) -> None:
    """Keep what a widget now says."""
    answers()[key] = st.session_state[key]
    changed()


def changed() -> None:
    """Note that the answers are the person's own from here on: no longer the example, nor those of a link."""
    st.session_state.is_example = False
    st.session_state.is_changed = True


def is_changed() -> bool:
    """Whether the person has changed an answer since the page, or the last link, was opened."""
    return bool(st.session_state.get("is_changed", False))


def of_region(name: str) -> str:
    """The key of an answer that belongs to the region in view."""
    return f"{region()}_{name}"


# ---------------------------------------------------------------- readings used by form and answer


def region() -> Region:
    """The region in view."""
    return get("region", Region) or FIRST_REGION


def tariff() -> Tariff:
    """The tariff in view; the engine reads each only once."""
    return load_tariff(region())


def words() -> Words:
    """The words of the region in view."""
    return Words.of(tariff().region)


def plans(role: str) -> dict[str, Plan]:
    """The plans on offer on the day care starts; those of the nearest years where none is in force."""
    day = get("care_starts", date) or date.today()
    every = {name: plan for name, plan in load_plans(region()).items() if plan.role == role}
    valid = {
        name: plan
        for name, plan in every.items()
        if (plan.effective_from is None or plan.effective_from <= day)
        and (plan.effective_to is None or day <= plan.effective_to)
    }
    usual = tariff().region.default_plan
    return dict(sorted((valid or every).items(), key=lambda item: item[0] != usual))


def plan() -> Plan:
    """The cover in view."""
    offered = plans("primary")
    chosen = get(of_region("plan"), str) or tariff().region.default_plan
    if tariff().region.area_kind == "nhs":
        chosen = f"nhs_{(get('nation', str) or 'England').lower().replace(' ', '_')}"
    return offered.get(chosen) or offered.get(tariff().region.default_plan) or next(iter(offered.values()))


def secondary() -> Plan | None:
    """The second cover in view."""
    return plans("secondary").get(get(of_region("secondary"), str) or "")


def condition() -> Condition:
    """The injury in view."""
    return get("condition", Condition) or Condition.UNDIAGNOSED


def managements() -> tuple[Management, ...]:
    """The ways of treating the injury, the usual one first."""
    return load_pathway().condition(condition()).management


def management() -> Management:
    """The way of treating it in view."""
    chosen = get("management", Management)
    return chosen if chosen in managements() else managements()[0]


def services_offered() -> tuple[Service, ...]:
    """The kinds of care that belong to the course of this injury."""
    pathway = load_pathway()
    entry = pathway.condition(condition())
    possible = {part.condition for part in entry.mix} or {entry.id}
    rows = {row.service for row in pathway.visits if row.condition in possible and row.management == management()}
    return tuple(service for service in Service if service in rows and service not in IMPLIED)


def services() -> tuple[Service, ...]:
    """The kinds of care chosen, as far as they belong to this injury; therapy where nothing is left."""
    chosen = cast(list[Service], answers().get(of_region("services")) or [])
    kept = tuple(service for service in services_offered() if service in chosen)
    return kept or ((Service.PHYSICAL_THERAPY,) if management() == Management.CONSERVATIVE else ())


def networks() -> tuple[Network, ...]:
    """The choices of network where the plan tells them apart; otherwise none."""
    tells = plan().out_of_network is not None or any(benefit.network for benefit in plan().benefit)
    return (Network.IN_NETWORK, Network.OUT_OF_NETWORK) if tells else ()


def paperwork_asked() -> tuple[str, ...]:
    """The papers on which this cover depends."""
    cover = plan()
    depends = {
        "referral": any(benefit.referral_required for benefit in cover.benefit),
        "prior_authorization": any(benefit.prior_authorization_after_visit is not None for benefit in cover.benefit),
        "medical_need_confirmed": any(threshold.needs_confirmation for threshold in cover.threshold),
        "advance_notice": any(exclusion.needs_notice for exclusion in cover.exclusion),
    }
    return tuple(field for field in PAPERWORK if depends.get(field, False))


def county_choices(state: str | None) -> tuple[str, ...]:
    """The counties of a state where the price depends on them."""
    return counties_of(region(), state)


def counties_of(region: Region, state: str | None) -> tuple[str, ...]:
    """The counties of a state where a region's price depends on them."""
    schedule = load_tariff(region).schedule
    if schedule is None or not state:
        return ()
    found = schedule.counties.get(state, {})
    if len(set(found.values())) < 2:
        return ()
    return tuple(sorted({schedule.county_names.get((state, key), key) for key in found}))


# ---------------------------------------------------------------- answers <-> scenario


def load(scenario: Scenario) -> None:
    """Make a scenario the answers in view; the answers of other regions stay."""
    held, where = cast(Answers, st.session_state.answers), scenario.region
    for key in [key for key in held if key.startswith((f"{where}_used_", f"{where}_price_"))]:
        put(key, None)
    for key, value in answers_of(scenario).items():
        put(key, value)


def answers_of(scenario: Scenario) -> Answers:
    """A scenario as answers, the way the form holds them."""
    where, used = scenario.region, scenario.used
    new: Answers = {
        "condition": scenario.condition,
        "management": scenario.treatment,
        "injury_date": scenario.injury_date,
        "care_starts": scenario.care_starts,
        "region": where,
        "mode": scenario.mode,
        "prices_as_of": scenario.prices_as_of,
        "has_work": scenario.work is not None,
        f"{where}_plan": scenario.plan or load_tariff(where).region.default_plan,
        f"{where}_secondary": scenario.secondary,
        f"{where}_setting": scenario.setting,
        f"{where}_network": scenario.network,
        f"{where}_services": list(scenario.services),
        f"{where}_prescription_items": scenario.prescription_items,
        f"{where}_own_prices": list(scenario.own_prices),
        f"{where}_secondary_since": scenario.secondary_since,
        f"{where}_assignment": scenario.assignment,
    }
    if scenario.work is not None:
        pay = scenario.work.daily_pay
        new |= {
            "job_demand": scenario.work.job_demand,
            "days_per_week": scenario.work.days_per_week,
            f"{where}_daily_pay": float(pay) if pay is not None else None,
            "is_employee": scenario.work.is_employee,
            "full_pay_days": scenario.work.full_pay_days,
            "half_pay_days": scenario.work.half_pay_days,
        }
    area = scenario.area
    if where in UK:
        new |= {"nation": area.nation or "England", f"{where}_place": area.region, "postcode": ""}
    else:
        new |= {"state": area.state, "county": area.county, "locality": area.locality}
    new |= {f"{where}_price_{service}": float(price) for service, price in scenario.own_prices.items()}
    new |= {f"{where}_paper_{field}": getattr(scenario.paperwork, field) for field in PAPERWORK}
    accounts = scenario.accounts or Accounts()
    new |= {f"{where}_account_{field}": float(getattr(accounts, field)) for field in ACCOUNTS}
    new[f"{where}_account_tax_percent"] = float(accounts.tax_rate * 100)
    new |= {f"{where}_used_{field}": float(getattr(used, field)) for field in USED_AMOUNTS}
    for field in USED_GROUPS:
        held: Mapping[str, Decimal | int] = getattr(used, field)
        new |= {f"{where}_used_{field}_{k}": v if field == "visits" else float(v) for k, v in held.items()}
    return new


def read_upload(name: str, raw: bytes) -> Scenario:
    """A scenario file as it was brought; raises `InputError` with a sentence for each problem."""
    text = decode(raw, name)
    data = parse_json(text, name) if name.lower().endswith(".json") else parse_toml(text, name)
    brought = _with_region(validate(Scenario, data, name))
    known = load_plans(brought.region)
    for field, plan_name in (("plan", brought.plan), ("secondary", brought.secondary)):
        if plan_name is not None and plan_name not in known:
            problem = say(
                "the plan '{plan}' is not one of those offered here. "
                "Write one of {plans}, or leave the line out and choose the cover on the page.",
                plan=plan_name,
                plans=", ".join(known),
            )
            raise InputError(f"{name}: {field}: {problem}")
    return brought


def _with_region(brought: Scenario) -> Scenario:
    """A scenario whose area names an outward code, with the region of that code instead."""
    code = brought.area.region
    if brought.region not in UK or code is None or outward_code(code) is None:
        return brought
    return brought.model_copy(update={"area": area_of_postcode(code, brought.region)})


def enter_region() -> None:
    """What a region needs when it is first seen: the care of its example, the usual cover, nothing used yet."""
    if of_region("services") in answers():
        return
    example = read_scenario(EXAMPLES / f"{region()}.toml")
    for name, value in {
        "services": list(example.services),
        "network": example.network,
        "setting": example.setting,
        "prescription_items": example.prescription_items,
        "plan": tariff().region.default_plan,
    }.items():
        put_if_missing(of_region(name), value)


def scenario() -> Scenario:
    """The answers as a scenario; raises `InputError` saying what to change."""
    enter_region()
    data: Answers = {
        "condition": condition(),
        "management": management() if condition() in CAN_BE_SURGICAL else None,
        "injury_date": answers().get("injury_date"),
        "care_starts": answers().get("care_starts"),
        "region": region(),
        "area": scenario_area(),
        "mode": get("mode", Mode) or Mode.PLANNED,
        "services": services() if get("mode", Mode) != Mode.AVERAGE else (),
        "setting": _setting(),
        "network": get(of_region("network"), Network) or Network.IN_NETWORK,
        "plan": plan().id,
        "secondary": found.id if (found := secondary()) is not None else None,
        "secondary_since": answers().get(of_region("secondary_since")),
        "used": scenario_used(),
        "paperwork": {field: answers().get(of_region(f"paper_{field}"), True) for field in PAPERWORK},
        "accounts": _accounts(),
        "assignment": get(of_region("assignment"), Assignment) or Assignment.PARTICIPATING,
        "work": _work(),
        "own_prices": _own_prices(),
        "prescription_items": get(of_region("prescription_items"), int) or 0,
        "prices_as_of": answers().get("prices_as_of"),
    }
    return validate(Scenario, data, "your answers")


def _setting() -> str | None:
    chosen = get(of_region("setting"), str)
    offered = tariff().region.settings
    return chosen if chosen in offered else offered[0]


def scenario_area() -> Area:
    """Where care takes place, in the fields that fit the region."""
    state, county = get("state", str), get("county", str)
    match tariff().region.area_kind:
        case "state":
            offered = county_choices(state)
            return Area(state=state, county=county if state and (not offered or county in offered) else None)
        case "locality":
            offered = county_choices(state)
            if (locality := get("locality", str)) is not None:
                return Area(locality=locality)
            if not offered:
                return Area(state=state, county=county if state else None)
            return Area(state=state, county=county if county in offered else offered[0])
        case _:
            return Area(nation=get("nation", str) or "England", region=_place())


def _place() -> str | None:
    """The part of the nation, where the region's prices or waits know it."""
    chosen = get(of_region("place"), str)
    return chosen if chosen in places() else None


def find_area(text: str) -> str:
    """Take a postcode, its first half or a region as the place of care; says which place that is.

    Only the first half of a postcode is kept. Raises `InputError` where no place is meant by it.
    """
    named = {name.casefold(): name for name in (*places_listed(), *NATIONS)}.get(" ".join(text.split()).casefold())
    if named in NATIONS:
        put("nation", named)
        return named
    if named is not None:
        put("nation", "England")
        put(of_region("place"), named)
        return f"England, {named}"
    found = find_place(text)
    in_england = found.nation == "England"
    put("nation", found.nation)
    put(f"{Region.NHS}_place", found.nhs_region if in_england else None)
    put(f"{Region.UK_PRIVATE}_place", found.region if in_england else None)
    put("postcode", found.outward)
    where = found.nhs_region if region() == Region.NHS else found.region
    return f"{found.nation}, {where}" if in_england and where else found.nation


def places() -> tuple[str, ...]:
    """The parts of England that make a difference: London for prices, every listed area for waits."""
    return places_listed() if (get("nation", str) or "England") == "England" else ()


def places_listed() -> tuple[str, ...]:
    """The parts of England by name; for prices, London and the region that was given."""
    if tariff().region.area_kind == "uk_region":
        given = get(of_region("place"), str)
        return ("London", given) if given not in (None, "", "London") else ("London",)
    listed = (name.partition("/")[2] for name in load_waits(tariff().file("waits.csv")) if name.startswith("England/"))
    return tuple(sorted(listed))


def _money(key: str) -> Decimal:
    value = answers().get(key)
    return Decimal(str(round(value, 2))) if isinstance(value, int | float) else Decimal(0)


def scenario_used() -> Used:
    """What has been used, as far as the cover in view asks for it."""
    kept: dict[str, object] = {field: _money(of_region(f"used_{field}")) for field in USED_AMOUNTS}
    for field, name in used_groups():
        value = _money(of_region(f"used_{field}_{name}"))
        group = cast(dict[str, object], kept.setdefault(field, {}))
        if value:
            group[name] = int(value) if field == "visits" else value
    return Used.model_validate(kept)


def used_groups() -> list[tuple[str, str]]:
    """The counters of the plan and the second cover, as pairs of a field of `Used` and a name."""
    found: dict[tuple[str, str], None] = {}
    network = get(of_region("network"), Network) or Network.IN_NETWORK
    for benefit in plan().benefit:
        if benefit.network not in (None, "any", network) and network != Network.NOT_APPLICABLE:
            continue
        if benefit.visit_limit is not None and benefit.visit_limit_resets != "episode":
            found["visits", benefit.counter] = None
        if benefit.benefit_limit is not None and benefit.benefit_limit_resets == "plan_year":
            found["benefit_paid", benefit.group] = None
    for deductible in plan().separate_deductible:
        found["separate_deductibles", deductible.id] = None
    for threshold in plan().threshold:
        found["thresholds", threshold.id] = None
    for pays in second.pays if (second := secondary()) is not None else ():
        if pays.limit is not None:
            found["secondary_paid", pays.group] = None
    for field in ("visits", "benefit_paid"):  # a file may count by service instead
        found |= {(field, name): None for name in Service if _money(of_region(f"used_{field}_{name}"))}
    return list(found)


def _work() -> Work | None:
    if not answers().get("has_work"):
        return None
    pay = answers().get(of_region("daily_pay"))
    is_employee = answers().get("is_employee") is not False
    return Work.model_validate(
        {
            "job_demand": answers().get("job_demand") or "light_or_standing",
            "daily_pay": Decimal(str(round(pay, 2))) if isinstance(pay, int | float) and pay else None,
            "days_per_week": answers().get("days_per_week") or 5,
            "is_employee": is_employee,
            "full_pay_days": (answers().get("full_pay_days") or 0) if is_employee else 0,
            "half_pay_days": (answers().get("half_pay_days") or 0) if is_employee else 0,
        }
    )


def _accounts() -> Accounts | None:
    """Money set aside for care, where there is any."""
    kept: dict[str, Decimal] = {field: _money(of_region(f"account_{field}")) for field in ACCOUNTS}
    rate = _money(of_region("account_tax_percent")) / 100
    return Accounts.model_validate({**kept, "tax_rate": rate}) if any(kept.values()) or rate else None


def _own_prices() -> dict[Service, Decimal]:
    chosen = cast(list[Service], answers().get(of_region("own_prices")) or [])
    return {
        service: _money(of_region(f"price_{service}"))
        for service in chosen
        if answers().get(of_region(f"price_{service}")) is not None
    }
