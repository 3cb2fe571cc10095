"""The five questions, one open at a time; each shows its answer when closed. Together they are a `Scenario`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from html import escape
from typing import TypeVar, cast

import streamlit as st

from estimator.errors import InputError
from estimator.fee_schedule import STATE_NAMES
from estimator.outputs.words import ASSIGNMENTS, JOBS, MANAGEMENTS, NETWORKS, REGIONS, sentence, setting
from estimator.pathway import load_pathway
from estimator.plan import Plan
from estimator.scenario import NATIONS, US_STATES
from estimator.tariff import load_tariff
from estimator.ui import drawing, fields, safety, state
from estimator.vocabulary import Condition, JobDemand, Management, Mode, Network, Region, Service

Choice = TypeVar("Choice")
STEPS: Mapping[int, str] = {
    1: "What happened",
    2: "Where you live",
    3: "What cover you have",
    4: "What has been used this year",
    5: "How you would like to be treated",
}
MODES = {
    Mode.PLANNED: ("I choose the kinds of care", "The estimate counts what you pick below."),
    Mode.AVERAGE: ("I do not know yet", "The estimate counts what people with this injury use on average."),
}


def draw() -> None:
    """All five steps, under the safety questions."""
    safety.draw()
    for number, (title, (said, body)) in enumerate(zip(STEPS.values(), _parts(), strict=True), start=1):
        with st.container(key=f"question_{number}"):
            with st.expander(
                f"**{number}. {title}**", key=_open(number), on_change=_one_at_a_time, args=(number,)
            ) as step:
                if step.open:
                    body()
                    _onward(number)
            if not step.open:
                fields.said(said())


def _parts() -> tuple[tuple[Callable[[], str], Callable[[], None]], ...]:
    return ((_said_1, _step_1), (_said_2, _step_2), (_said_3, _step_3), (_said_4, _step_4), (_said_5, _step_5))


def _open(number: int) -> str:
    return f"step_{number}"


def _one_at_a_time(opened: int) -> None:
    if st.session_state[_open(opened)]:
        for number in STEPS:
            if number != opened:
                st.session_state[_open(number)] = False


def _onward(number: int) -> None:
    following = STEPS.get(number + 1)
    st.button(
        f"Next: {following[0].lower()}{following[1:]}" if following else "Done",
        key=f"next_{number}",
        on_click=_go,
        args=(number,),
        width="stretch",
    )


def _go(number: int) -> None:
    st.session_state[_open(number)] = False
    if number + 1 in STEPS:
        st.session_state[_open(number + 1)] = True


# ---------------------------------------------------------------- 1 what happened


def _said_1() -> str:
    words, injured, starts = state.words(), state.get("injury_date", date), state.get("care_starts", date)
    name = load_pathway().condition(state.condition()).name
    when = f", hurt {words.day(injured, year=True)}" if injured else ""
    care = f", care from {words.day(starts)}" if starts else ""
    return f"{name}{when}{care}"


def _step_1() -> None:
    chosen = state.condition()
    st.image(drawing.thighs(chosen), alt=drawing.alt(chosen), width="stretch" if chosen in drawing.WIDE else 96)
    entries = {entry.id: (entry.name, entry.plain) for entry in load_pathway().file.condition}
    order = [Condition.UNDIAGNOSED, *(each for each in entries if each != Condition.UNDIAGNOSED)]
    fields.choice(
        "Which of these fits best?", "condition", {each: entries[each] for each in order}, changed=_condition_changed
    )
    fields.day("When did it happen?", "injury_date", "For an ache that came slowly: about when it began.")
    fields.day("When does care start?", "care_starts", "The first visit to a doctor or therapist for this injury.")


def _condition_changed(key: str) -> None:
    state.remember(key)
    state.put("management", None)  # back to the usual one


# ---------------------------------------------------------------- 2 where you live


def _said_2() -> str:
    area = state.scenario_area()
    place = [area.county, STATE_NAMES.get(area.state or ""), area.locality, area.region, area.nation]
    where = ", ".join(_tidy(part) for part in place if part)
    return f"{where or 'Anywhere in the country'}; {state.tariff().region.name}"


def _tidy(county: str) -> str:
    return "elsewhere in the state" if county.upper() == "ALL OTHER COUNTIES" else county


def _step_2() -> None:
    names = {region: (load_tariff(region).region.name, REGIONS[region]) for region in Region}
    fields.choice("Which system are you treated in?", "region", names, changed=_region_changed)
    if state.tariff().region.country == "US":
        _us_area()
    else:
        _uk_area()


def _region_changed(key: str) -> None:
    state.remember(key)
    _forget_search()
    state.enter_region()


def _us_area() -> None:
    known = sorted(US_STATES & STATE_NAMES.keys(), key=lambda code: STATE_NAMES[code])
    chosen = fields.select(
        "State",
        "state",
        [None, *known],
        lambda code: STATE_NAMES[code] if code else "Not sure: prices for the whole country",
        changed=_state_changed,
    )
    counties = state.county_choices(chosen)
    if counties:
        needs_one = state.tariff().region.area_kind == "locality"
        others = [name for name in counties if name.upper() == "ALL OTHER COUNTIES"]
        options = [*others, *(name for name in counties if name not in others)]
        fields.select(
            "County of the clinic",
            "county",
            options if needs_one else [None, *options],
            lambda name: (
                "Not sure: the state's average"
                if name is None
                else _tidy(name).capitalize()
                if name in others
                else name
            ),
            changed=_state_changed,
            help_text="Prices differ inside this state.",
        )


def _state_changed(key: str) -> None:
    state.remember(key)
    state.put("locality", None)
    if key == "state":
        state.put("county", None)


def _uk_area() -> None:
    _postcode()
    nation = fields.select("Nation", "nation", NATIONS, str, changed=_place_changed)
    places = state.places()
    if places and nation:
        is_waits = state.tariff().region.area_kind == "nhs"
        elsewhere = "Not sure: all of England" if is_waits else "Elsewhere: outside London"
        label = "Your part of England, for the waiting list" if is_waits else "Where is the clinic?"
        key = state.of_region("place")
        fields.select(label, key, [None, *places], lambda name: name or elsewhere, changed=_place_changed)


def _postcode() -> None:
    """A postcode finds the region; what cannot be found is a sentence, and the text stays."""
    st.text_input(
        "Postcode or region",
        key=state.seed("postcode", ""),
        max_chars=60,
        on_change=_postcode_changed,
        placeholder="Such as LS6",
        help="The first half of a postcode is enough; no more of it is kept, and none of it goes into your file.",
    )
    if (problem := st.session_state.get("postcode_problem")) is not None:
        st.html(f'<p class="hc mend" role="alert">{escape(problem)}</p>')
    elif (found := st.session_state.get("postcode_found")) is not None:
        st.caption(fields.quiet(f"That is {found}."))


def _postcode_changed() -> None:
    state.remember("postcode")
    _forget_search()
    text = state.get("postcode", str) or ""
    if not text.strip():
        return
    try:
        st.session_state.postcode_found = state.find_area(text)
    except InputError as error:
        st.session_state.postcode_problem = sentence(str(error))


def _place_changed(key: str) -> None:
    state.remember(key)
    state.put("postcode", "")
    _forget_search()


def _forget_search() -> None:
    st.session_state.postcode_found = st.session_state.postcode_problem = None


# ---------------------------------------------------------------- 3 what cover


def _said_3() -> str:
    second = state.secondary()
    missing = [WITHOUT[field] for field in state.paperwork_asked() if state.answers().get(_paper(field)) is False]
    with_second = f", with {second.title}" if second else ""
    return "; ".join([f"{state.plan().title}{with_second}", *missing])


def _step_3() -> None:
    plans = state.plans("primary")
    if state.tariff().region.area_kind == "nhs":
        st.markdown(f"**{state.plan().title}.** {state.plan().summary}")
        st.caption("It follows from where you live.")
    else:
        fields.choice(
            "Which is nearest to yours?",
            state.of_region("plan"),
            {name: (p.title, p.summary) for name, p in plans.items()},
        )
    _about(state.plan())
    if state.networks():
        fields.choice("Your clinic is", state.of_region("network"), {each: NETWORKS[each] for each in state.networks()})
    seconds = state.plans("secondary")
    if seconds:
        fields.select(
            "Second cover",
            state.of_region("secondary"),
            [None, *seconds],
            lambda name: seconds[name].title if name else "None",
            help_text="Another plan that pays part of what the first one leaves to you.",
        )
        if (second := state.secondary()) is not None:
            st.caption(fields.quiet(f"{second.summary} {second.note}"))
            if second.qualifying_days:
                fields.day(
                    "Second cover since",
                    state.of_region("secondary_since"),
                    f"It pays from {second.qualifying_days} days after it began. Leave it empty if that is long past.",
                    optional=True,
                )
    _paperwork()
    if state.tariff().region.country == "US":
        _accounts()


PAPERS = {
    "referral": ("A doctor's referral", "Without one, this cover does not pay for some of the care."),
    "prior_authorization": (
        "The plan's approval of further visits (prior authorization)",
        "After a number of visits the plan wants to agree before it pays for more. Your clinic asks for it.",
    ),
    "medical_need_confirmed": (
        "The therapist's word that you still need care (KX)",
        "Above a yearly amount, Medicare pays only if the therapist confirms the need on the bill.",
    ),
    "advance_notice": (
        "A written notice before care that Medicare may not pay for (ABN)",
        "With it, you choose and may have to pay. Without it, your clinic may not charge you.",
    ),
}
WITHOUT = {
    "referral": "no referral",
    "prior_authorization": "no approval of further visits",
    "medical_need_confirmed": "no confirmed need (KX)",
    "advance_notice": "no written notice (ABN)",
}


def _paper(field: str) -> str:
    return state.of_region(f"paper_{field}")


def _paperwork() -> None:
    asked = state.paperwork_asked()
    has_assignment = state.tariff().region.pricing == "fee_schedule"
    if not asked and not has_assignment:
        return
    with st.expander("Paperwork", key="paperwork"):
        if asked:
            st.markdown("What will be in place? We take it that all of it is.")
        for field in asked:
            title, why = PAPERS[field]
            key = _paper(field)
            st.checkbox(title, key=state.seed(key, True), on_change=state.remember, args=(key,))
            st.caption(why)
        if has_assignment:
            fields.choice("Your doctor and Medicare's price (assignment)", state.of_region("assignment"), ASSIGNMENTS)


def _accounts() -> None:
    """Money set aside for care; it changes where a share comes from, never how large it is."""
    with st.expander("Money set aside for care (HRA, HSA, FSA)", key="accounts"):
        fields.amount(
            "Employer's account, HRA", state.of_region("account_employer_reimbursement"), "Your employer's money."
        )
        fields.amount(
            "Health savings, HSA or FSA", state.of_region("account_health_savings"), "Your own money, before tax."
        )
        fields.percent(
            "Your tax rate", state.of_region("account_tax_percent"), "For the tax you saved on your own money."
        )


def _about(plan: Plan) -> None:
    words = state.words()
    said = [plan.note] if plan.note else []
    if plan.premium is not None:
        said.append(
            f"Premium: about {words.about(plan.premium.amount)} a {plan.premium.per}. It is not part of this estimate. {plan.premium.note}"
        )
    if said:
        with st.popover("About this cover", type="tertiary"):
            for text in said:
                st.markdown(fields.quiet(text))


# ---------------------------------------------------------------- 4 what has been used


def _said_4() -> str:
    used, words = state.scenario_used(), state.words()
    said = [f"{words.exact(used.deductible)} of the {words.inside('deductible')}"] if used.deductible else []
    if used.out_of_pocket:
        said.append(f"{words.exact(used.out_of_pocket)} in all")
    said += [f"{count} {'visit' if count == 1 else 'visits'} ({_group(name)})" for name, count in used.visits.items()]
    said += [
        f"{words.exact(paid)} of the {_group(name)} limit"
        for name, paid in (*used.benefit_paid.items(), *used.secondary_paid.items())
    ]
    said += [f"{words.exact(amount)} toward the {_group(name)}" for name, amount in used.thresholds.items()]
    return ", ".join(said) or "nothing yet"


def _group(name: str) -> str:
    """The name of a counter in words; its network follows an @."""
    what, _, network = name.partition("@")
    where = ", outside the network" if network == Network.OUT_OF_NETWORK else ""
    return f"{what.replace('_', ' ')}{where}"


def _step_4() -> None:
    plan, words = state.plan(), state.words()
    asked = 0
    if plan.deductible is not None and plan.deductible.amount and plan.deductible.resets == "plan_year":
        of = words.exact(plan.deductible.amount)
        fields.amount(
            f"{words.label('deductible')} paid so far, of {of}",
            state.of_region("used_deductible"),
            words.explain("deductible"),
        )
        asked += 1
        if plan.deductible.family_amount is not None:
            of = words.exact(plan.deductible.family_amount)
            fields.amount(
                f"Paid by the whole family, of {of}",
                state.of_region("used_family_deductible"),
                words.explain("deductible"),
            )
    if plan.out_of_pocket_max is not None:
        of = words.exact(plan.out_of_pocket_max.amount)
        fields.amount(
            f"Paid in all this year, of {of}",
            state.of_region("used_out_of_pocket"),
            f"Everything you have paid for covered care, the deductible included. {words.explain('out_of_pocket_max')}",
        )
        asked += 1
        if plan.out_of_pocket_max.family_amount is not None:
            of = words.exact(plan.out_of_pocket_max.family_amount)
            fields.amount(f"Paid in all by the family, of {of}", state.of_region("used_family_out_of_pocket"))
    if plan.out_of_network is not None and state.get(state.of_region("network"), Network) == Network.OUT_OF_NETWORK:
        fields.amount("Deductible paid outside the network", state.of_region("used_out_of_network_deductible"))
        fields.amount("Paid in all outside the network", state.of_region("used_out_of_network_out_of_pocket"))
        asked += 1
    second = state.secondary()
    if second is not None and second.secondary_deductible:
        fields.amount("Deductible of the second cover paid so far", state.of_region("used_secondary_deductible"))
        asked += 1
    if second is not None and second.out_of_pocket_limit:
        fields.amount("Paid in all under the second cover", state.of_region("used_secondary_out_of_pocket"))
        asked += 1
    for field, name in state.used_groups():
        key = state.of_region(f"used_{field}_{name}")
        match field:
            case "visits":
                fields.count(f"Visits so far: {_group(name)}", key, 1000, words.explain("visit_limit"))
            case "separate_deductibles":
                fields.amount(f"Paid so far: {_group(name)} deductible", key, words.explain("deductible"))
            case "thresholds":
                fields.amount(f"Billed so far toward the {_group(name)}", key, _threshold_note(plan, name))
            case _:
                whose = " by the second cover" if field == "secondary_paid" else ""
                fields.amount(f"Paid so far{whose}: {_group(name)}", key, words.explain("benefit_limit"))
        asked += 1
    if not asked:
        st.markdown("Nothing to fill in: this cover has no yearly amount or limit that could be used up.")
    else:
        st.caption("Leave 0 if you do not know; your plan can tell you on the phone.")


def _threshold_note(plan: Plan, name: str) -> str:
    return next((threshold.note for threshold in plan.threshold if threshold.id == name), "")


# ---------------------------------------------------------------- 5 how to be treated


def _said_5() -> str:
    words = state.words()
    lead = "with an operation" if state.management() == Management.SURGICAL else ""
    if state.get("mode", Mode) == Mode.AVERAGE:
        said = "what people use on average"
    else:
        names = [words.service(service) for service in state.services()]
        said = (
            ", ".join([names[0], *(name if name[:2].isupper() else name.lower() for name in names[1:])])
            if names
            else ""
        )
    items = state.get(state.of_region("prescription_items"), int) or 0
    on_prescription = f"{items} prescription {'item' if items == 1 else 'items'}" if items else ""
    return "; ".join(part for part in (lead, said, on_prescription) if part)


def _step_5() -> None:
    words = state.words()
    if len(state.managements()) > 1:
        fields.choice("Operation", "management", {each: MANAGEMENTS[each] for each in state.managements()})
    mode = fields.choice("Kinds of care", "mode", MODES)
    if mode == Mode.PLANNED:
        key = state.of_region("services")
        state.put_if_missing(key, list(state.services()))
        offered = state.services_offered()
        kept = [service for service in cast(list[Service], state.answers()[key]) if service in offered]
        if kept != state.answers()[key]:
            state.put(key, kept)
        st.pills(
            "Pick all that you plan",
            offered,
            selection_mode="multi",
            format_func=words.service,
            key=state.seed(key),
            on_change=state.remember,
            args=(key,),
        )
        if not kept:
            st.caption(f"Nothing is picked, so {words.service(Service.PHYSICAL_THERAPY).lower()} is counted.")
    if len(state.tariff().region.settings) > 1:
        fields.choice(
            "Where?", state.of_region("setting"), {name: setting(name) for name in state.tariff().region.settings}
        )
    if state.plan().benefit_for(Service.PRESCRIPTION, Network.IN_NETWORK) is not None:
        fields.count(
            "Items on prescription",
            state.of_region("prescription_items"),
            50,
            "Such as pain tablets: how many times you collect one.",
        )
    _own_prices()
    _job()


def _own_prices() -> None:
    words = state.words()
    key = state.of_region("own_prices")
    state.put_if_missing(key, [])
    choices = [*state.services_offered(), Service.PRESCRIPTION, Service.TRAVEL]
    kept = [service for service in cast(list[Service], state.answers()[key]) if service in choices]
    if kept != state.answers()[key]:
        state.put(key, kept)
    chosen = st.multiselect(
        "Prices you know already",
        choices,
        format_func=words.service,
        key=state.seed(key),
        on_change=state.remember,
        args=(key,),
        placeholder="Choose a kind of care",
        help="A clinic's own price for a visit replaces our figure.",
    )
    for service in chosen:
        fields.amount(f"{words.service(service)}, a visit", state.of_region(f"price_{service}"), optional=True)


def _job() -> None:
    key = "has_work"
    st.checkbox("Count days off work", key=state.seed(key, False), on_change=state.remember, args=(key,))
    if state.answers().get(key):
        fields.choice("Your work", "job_demand", {each: JOBS[each] for each in JobDemand})
        fields.amount(
            "Pay a day",
            state.of_region("daily_pay"),
            "For lost pay; it is shown beside the cost, never in it.",
            optional=True,
        )
        fields.count("Work days a week", "days_per_week", 7, least=1)
        if state.tariff().region.country == "GB":
            _sick_pay()


EMPLOYED = {
    True: ("I have an employer", "Statutory Sick Pay is taken off the pay you lose."),
    False: ("I work for myself", "There is no sick pay."),
}


def _sick_pay() -> None:
    if fields.choice("Sick pay", "is_employee", EMPLOYED):
        more = "Of the sick days your employer owes you this year, those you have left."
        fields.count("Sick days at full pay from your employer", "full_pay_days", 1000, more)
        fields.count("Then sick days at half pay", "half_pay_days", 1000)
