"""The five questions, one open at a time; each shows its answer when closed. Together they are a `Scenario`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from html import escape
from typing import TypeVar, cast

import streamlit as st

from estimator.errors import InputError
from estimator.fee_schedule import STATE_NAMES
from estimator.messages import inside_a_sentence, marked, say, say_many
from estimator.outputs.words import (
    ASSIGNMENTS,
    JOBS,
    MANAGEMENTS,
    NETWORKS,
    REGION_NAMES,
    REGIONS,
    Spoken,
    both,
    sentence,
    setting,
)
from estimator.pathway import load_pathway
from estimator.plan import Plan
from estimator.scenario import NATIONS, US_STATES
from estimator.ui import drawing, fields, safety, state
from estimator.vocabulary import Condition, JobDemand, Management, Mode, Network, Region, Service

Choice = TypeVar("Choice")
STEPS: Mapping[int, str] = {
    1: marked("What happened"),
    2: marked("Where you live"),
    3: marked("What cover you have"),
    4: marked("What has been used this year"),
    5: marked("How you would like to be treated"),
}
ONWARD: Mapping[int, str] = {
    1: marked("Next: where you live"),
    2: marked("Next: what cover you have"),
    3: marked("Next: what has been used this year"),
    4: marked("Next: how you would like to be treated"),
    5: marked("Done"),
}
"""The button below each step."""
MODES = Spoken(
    {
        Mode.PLANNED: (marked("I choose the kinds of care"), marked("The estimate counts what you pick below.")),
        Mode.AVERAGE: (
            marked("I do not know yet"),
            marked("The estimate counts what people with this injury use on average."),
        ),
    },
    both,
)


def draw() -> None:
    """All five steps, under the safety questions."""
    safety.draw()
    for number, (title, (said, body)) in enumerate(zip(STEPS.values(), _parts(), strict=True), start=1):
        with st.container(key=f"question_{number}"):
            with st.expander(
                f"**{number}. {say(title)}**", key=_open(number), on_change=_one_at_a_time, args=(number,)
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
    st.button(
        say(ONWARD[number]),
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
    if injured is None or starts is None:
        return name
    return say(
        "{injury}, hurt {injured}, care from {starts}",
        injury=name,
        injured=words.day(injured, year=True),
        starts=words.day(starts),
    )


def _step_1() -> None:
    chosen = state.condition()
    st.image(drawing.thighs(chosen), alt=drawing.alt(chosen), width="stretch" if chosen in drawing.WIDE else 96)
    entries = {entry.id: (entry.name, entry.plain) for entry in load_pathway().file.condition}
    order = [Condition.UNDIAGNOSED, *(each for each in entries if each != Condition.UNDIAGNOSED)]
    fields.choice(
        say("Which of these fits best?"),
        "condition",
        {each: entries[each] for each in order},
        changed=_condition_changed,
    )
    fields.day(say("When did it happen?"), "injury_date", say("For an ache that came slowly: about when it began."))
    first = say("The first visit to a doctor or therapist for this injury.")
    fields.day(say("When does care start?"), "care_starts", first)


def _condition_changed(key: str) -> None:
    state.remember(key)
    state.put("management", None)  # back to the usual one


# ---------------------------------------------------------------- 2 where you live


def _said_2() -> str:
    area = state.scenario_area()
    place = [area.county, say(STATE_NAMES.get(area.state or "", "")), area.locality, area.region, area.nation]
    where = ", ".join(_tidy(part) for part in place if part)
    return f"{where or say('Anywhere in the country')}; {state.tariff().region.name}"


def _tidy(county: str) -> str:
    return say("elsewhere in the state") if county.upper() == "ALL OTHER COUNTIES" else county


def _step_2() -> None:
    names = {region: (REGION_NAMES[region], REGIONS[region]) for region in Region}
    fields.choice(say("Which system are you treated in?"), "region", names, changed=_region_changed)
    if state.tariff().region.country == "US":
        _us_area()
    else:
        _uk_area()


def _region_changed(key: str) -> None:
    state.remember(key)
    _forget_search()
    state.enter_region()


def _us_area() -> None:
    known = sorted(US_STATES & STATE_NAMES.keys(), key=lambda code: say(STATE_NAMES[code]))
    chosen = fields.select(
        say("State"),
        "state",
        [None, *known],
        lambda code: say(STATE_NAMES[code]) if code else say("Not sure: prices for the whole country"),
        changed=_state_changed,
    )
    counties = state.county_choices(chosen)
    if counties:
        needs_one = state.tariff().region.area_kind == "locality"
        others = [name for name in counties if name.upper() == "ALL OTHER COUNTIES"]
        options = [*others, *(name for name in counties if name not in others)]
        fields.select(
            say("County of the clinic"),
            "county",
            options if needs_one else [None, *options],
            lambda name: (
                say("Not sure: the state's average")
                if name is None
                else _tidy(name).capitalize()
                if name in others
                else name
            ),
            changed=_state_changed,
            help_text=say("Prices differ inside this state."),
        )


def _state_changed(key: str) -> None:
    state.remember(key)
    state.put("locality", None)
    if key == "state":
        state.put("county", None)


def _uk_area() -> None:
    _postcode()
    nation = fields.select(say("Nation"), "nation", NATIONS, str, changed=_place_changed)
    places = state.places()
    if places and nation:
        is_waits = state.tariff().region.area_kind == "nhs"
        elsewhere = say("Not sure: all of England") if is_waits else say("Elsewhere: outside London")
        label = say("Your part of England, for the waiting list") if is_waits else say("Where is the clinic?")
        key = state.of_region("place")
        fields.select(label, key, [None, *places], lambda name: name or elsewhere, changed=_place_changed)


def _postcode() -> None:
    """A postcode finds the region; what cannot be found is a sentence, and the text stays."""
    st.text_input(
        say("Postcode or region"),
        key=state.seed("postcode", ""),
        max_chars=60,
        on_change=_postcode_changed,
        placeholder=say("Such as LS6"),
        help=say("The first half of a postcode is enough; no more of it is kept, and none of it goes into your file."),
    )
    if (problem := st.session_state.get("postcode_problem")) is not None:
        st.html(f'<p class="hc mend" role="alert">{escape(problem)}</p>')
    elif (found := st.session_state.get("postcode_found")) is not None:
        st.caption(fields.quiet(say("That is {place}.", place=found)))


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
    missing = [say(WITHOUT[field]) for field in state.paperwork_asked() if state.answers().get(_paper(field)) is False]
    plan = state.plan().title
    both = say("{plan}, with {second_plan}", plan=plan, second_plan=second.title) if second else plan
    return "; ".join([both, *missing])


def _step_3() -> None:
    plans = state.plans("primary")
    if state.tariff().region.area_kind == "nhs":
        st.markdown(f"**{state.plan().title}.** {state.plan().summary}")
        st.caption(say("It follows from where you live."))
    else:
        fields.choice(
            say("Which is nearest to yours?"),
            state.of_region("plan"),
            {name: (p.title, p.summary) for name, p in plans.items()},
        )
    _about(state.plan())
    if state.networks():
        fields.choice(
            say("Your clinic is"), state.of_region("network"), {each: NETWORKS[each] for each in state.networks()}
        )
    seconds = state.plans("secondary")
    if seconds:
        fields.select(
            say("Second cover"),
            state.of_region("secondary"),
            [None, *seconds],
            lambda name: seconds[name].title if name else say("None"),
            help_text=say("Another plan that pays part of what the first one leaves to you."),
        )
        if (second := state.secondary()) is not None:
            st.caption(fields.quiet(state.words().plain(f"{second.summary} {second.note}")))
            if second.qualifying_days:
                fields.day(
                    say("Second cover since"),
                    state.of_region("secondary_since"),
                    say(
                        "It pays from {number} days after it began. Leave it empty if that is long past.",
                        number=second.qualifying_days,
                    ),
                    optional=True,
                )
    _paperwork()
    if state.tariff().region.country == "US":
        _accounts()


PAPERS = {
    "referral": (marked("A doctor's referral"), marked("Without one, this cover does not pay for some of the care.")),
    "prior_authorization": (
        marked("The plan's approval of further visits (prior authorization)"),
        marked("After a number of visits the plan wants to agree before it pays for more. Your clinic asks for it."),
    ),
    "medical_need_confirmed": (
        marked("The therapist's word that you still need care (KX)"),
        marked("Above a yearly amount, Medicare pays only if the therapist confirms the need on the bill."),
    ),
    "advance_notice": (
        marked("A written notice before care that Medicare may not pay for (ABN)"),
        marked("With it, you choose and may have to pay. Without it, your clinic may not charge you."),
    ),
}
WITHOUT = {
    "referral": marked("no referral"),
    "prior_authorization": marked("no approval of further visits"),
    "medical_need_confirmed": marked("no confirmed need (KX)"),
    "advance_notice": marked("no written notice (ABN)"),
}


def _paper(field: str) -> str:
    return state.of_region(f"paper_{field}")


def _paperwork() -> None:
    asked = state.paperwork_asked()
    has_assignment = state.tariff().region.pricing == "fee_schedule"
    if not asked and not has_assignment:
        return
    with st.expander(say("Paperwork"), key="paperwork"):
        if asked:
            st.markdown(say("What will be in place? We take it that all of it is."))
        for field in asked:
            title, why = PAPERS[field]
            key = _paper(field)
            st.checkbox(say(title), key=state.seed(key, True), on_change=state.remember, args=(key,))
            st.caption(say(why))
        if has_assignment:
            label = say("Your doctor and Medicare's price (assignment)")
            fields.choice(label, state.of_region("assignment"), ASSIGNMENTS)


def _accounts() -> None:
    """Money set aside for care; it changes where a share comes from, never how large it is."""
    with st.expander(say("Money set aside for care (HRA, HSA, FSA)"), key="accounts"):
        fields.amount(
            say("Employer's account, HRA"),
            state.of_region("account_employer_reimbursement"),
            say("Your employer's money."),
        )
        fields.amount(
            say("Health savings, HSA or FSA"),
            state.of_region("account_health_savings"),
            say("Your own money, before tax."),
        )
        fields.percent(
            say("Your tax rate"),
            state.of_region("account_tax_percent"),
            say("For the tax you saved on your own money."),
        )


PREMIUMS = {
    "month": marked("Premium: about {amount} a month. It is not part of this estimate."),
    "year": marked("Premium: about {amount} a year. It is not part of this estimate."),
}


def _about(plan: Plan) -> None:
    words = state.words()
    said = [plan.note] if plan.note else []
    if plan.premium is not None:
        amount, note = words.about(plan.premium.amount), plan.premium.note
        said.append(f"{say(PREMIUMS[plan.premium.per], amount=amount)} {note}".strip())
    if said:
        with st.popover(say("About this cover"), type="tertiary"):
            for text in said:
                st.markdown(fields.quiet(text))


# ---------------------------------------------------------------- 4 what has been used


def _said_4() -> str:
    used, words = state.scenario_used(), state.words()
    said = []
    if used.deductible:
        paid, deductible = words.exact(used.deductible), words.inside("deductible")
        said.append(say("{amount} of the {deductible}", amount=paid, deductible=deductible))
    if used.out_of_pocket:
        said.append(say("{amount} in all", amount=words.exact(used.out_of_pocket)))
    said += [
        say_many("{count} visit ({care})", "{count} visits ({care})", count, care=_group(name))
        for name, count in used.visits.items()
    ]
    said += [
        say("{amount} of the {care} limit", amount=words.exact(paid), care=_group(name))
        for name, paid in (*used.benefit_paid.items(), *used.secondary_paid.items())
    ]
    said += [
        say("{amount} toward the {limit}", amount=words.exact(amount), limit=_group(name))
        for name, amount in used.thresholds.items()
    ]
    return ", ".join(said) or say("nothing yet")


COUNTERS = {
    "therapies": marked("therapies"),
    "outpatient": marked("outpatient"),
    "diagnostic_consultation": marked("diagnostic consultation"),
    "therapy_threshold": marked("therapy threshold"),
    "medical_review_threshold": marked("medical review threshold"),
}
"""The counters of the shipped plans that are not a service; a plan of one's own may have others."""


def _group(name: str) -> str:
    """The name of a counter in words; its network follows an @."""
    what, _, network = name.partition("@")
    if what in {*Service}:
        service = state.words().service(Service(what))
        care = inside_a_sentence(service)
    else:
        care = say(COUNTERS.get(what, what.replace("_", " ")))
    return say("{care}, outside the network", care=care) if network == Network.OUT_OF_NETWORK else care


def _step_4() -> None:
    plan, words = state.plan(), state.words()
    asked = 0
    if plan.deductible is not None and plan.deductible.amount and plan.deductible.resets == "plan_year":
        of = words.exact(plan.deductible.amount)
        fields.amount(
            say("{deductible} paid so far, of {amount}", deductible=words.label("deductible"), amount=of),
            state.of_region("used_deductible"),
            words.explain("deductible"),
        )
        asked += 1
        if plan.deductible.family_amount is not None:
            of = words.exact(plan.deductible.family_amount)
            fields.amount(
                say("Paid by the whole family, of {amount}", amount=of),
                state.of_region("used_family_deductible"),
                words.explain("deductible"),
            )
    if plan.out_of_pocket_max is not None:
        of = words.exact(plan.out_of_pocket_max.amount)
        fields.amount(
            say("Paid in all this year, of {amount}", amount=of),
            state.of_region("used_out_of_pocket"),
            f"{say('Everything you have paid for covered care, the deductible included.')} {words.explain('out_of_pocket_max')}",
        )
        asked += 1
        if plan.out_of_pocket_max.family_amount is not None:
            of = words.exact(plan.out_of_pocket_max.family_amount)
            label = say("Paid in all by the family, of {amount}", amount=of)
            fields.amount(label, state.of_region("used_family_out_of_pocket"))
    if plan.out_of_network is not None and state.get(state.of_region("network"), Network) == Network.OUT_OF_NETWORK:
        fields.amount(say("Deductible paid outside the network"), state.of_region("used_out_of_network_deductible"))
        fields.amount(say("Paid in all outside the network"), state.of_region("used_out_of_network_out_of_pocket"))
        asked += 1
    second = state.secondary()
    if second is not None and second.secondary_deductible:
        fields.amount(say("Deductible of the second cover paid so far"), state.of_region("used_secondary_deductible"))
        asked += 1
    if second is not None and second.out_of_pocket_limit:
        fields.amount(say("Paid in all under the second cover"), state.of_region("used_secondary_out_of_pocket"))
        asked += 1
    for field, name in state.used_groups():
        key = state.of_region(f"used_{field}_{name}")
        match field:
            case "visits":
                fields.count(say("Visits so far: {care}", care=_group(name)), key, 1000, words.explain("visit_limit"))
            case "separate_deductibles":
                label = say("Paid so far: {care} deductible", care=_group(name))
                fields.amount(label, key, words.explain("deductible"))
            case "thresholds":
                fields.amount(say("Billed so far toward the {limit}", limit=_group(name)), key, _note(plan, name))
            case "secondary_paid":
                label = say("Paid so far by the second cover: {care}", care=_group(name))
                fields.amount(label, key, words.explain("benefit_limit"))
            case _:
                label = say("Paid so far: {care}", care=_group(name))
                fields.amount(label, key, words.explain("benefit_limit"))
        asked += 1
    if not asked:
        st.markdown(say("Nothing to fill in: this cover has no yearly amount or limit that could be used up."))
    else:
        st.caption(say("Leave 0 if you do not know; your plan can tell you on the phone."))


def _note(plan: Plan, name: str) -> str:
    return next((threshold.note for threshold in plan.threshold if threshold.id == name), "")


# ---------------------------------------------------------------- 5 how to be treated


def _said_5() -> str:
    words = state.words()
    lead = say("with an operation") if state.management() == Management.SURGICAL else ""
    if state.get("mode", Mode) == Mode.AVERAGE:
        said = say("what people use on average")
    else:
        names = [words.service(service) for service in state.services()]
        said = ", ".join([names[0], *map(inside_a_sentence, names[1:])]) if names else ""
    items = state.get(state.of_region("prescription_items"), int) or 0
    on_prescription = say_many("{count} prescription item", "{count} prescription items", items) if items else ""
    return "; ".join(part for part in (lead, said, on_prescription) if part)


def _step_5() -> None:
    words = state.words()
    if len(state.managements()) > 1:
        fields.choice(say("Operation"), "management", {each: MANAGEMENTS[each] for each in state.managements()})
    mode = fields.choice(say("Kinds of care"), "mode", MODES)
    if mode == Mode.PLANNED:
        key = state.of_region("services")
        state.put_if_missing(key, list(state.services()))
        offered = state.services_offered()
        kept = [service for service in cast(list[Service], state.answers()[key]) if service in offered]
        if kept != state.answers()[key]:
            state.put(key, kept)
        st.pills(
            say("Pick all that you plan"),
            offered,
            selection_mode="multi",
            format_func=words.service,
            key=state.seed(key),
            on_change=state.remember,
            args=(key,),
        )
        if not kept:
            therapy = inside_a_sentence(words.service(Service.PHYSICAL_THERAPY))
            st.caption(say("Nothing is picked, so {service} is counted.", service=therapy))
    if len(state.tariff().region.settings) > 1:
        fields.choice(
            say("Where?"), state.of_region("setting"), {name: setting(name) for name in state.tariff().region.settings}
        )
    if state.plan().benefit_for(Service.PRESCRIPTION, Network.IN_NETWORK) is not None:
        fields.count(
            say("Items on prescription"),
            state.of_region("prescription_items"),
            50,
            say("Such as pain tablets: how many times you collect one."),
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
        say("Prices you know already"),
        choices,
        format_func=words.service,
        key=state.seed(key),
        on_change=state.remember,
        args=(key,),
        placeholder=say("Choose a kind of care"),
        help=say("A clinic's own price for a visit replaces our figure."),
    )
    for service in chosen:
        label = say("{service}, a visit", service=words.service(service))
        fields.amount(label, state.of_region(f"price_{service}"), optional=True)


def _job() -> None:
    key = "has_work"
    st.checkbox(say("Count days off work"), key=state.seed(key, False), on_change=state.remember, args=(key,))
    if state.answers().get(key):
        fields.choice(say("Your work"), "job_demand", {each: JOBS[each] for each in JobDemand})
        fields.amount(
            say("Pay a day"),
            state.of_region("daily_pay"),
            say("For lost pay; it is shown beside the cost, never in it."),
            optional=True,
        )
        fields.count(say("Work days a week"), "days_per_week", 7, least=1)
        if state.tariff().region.country == "GB":
            _sick_pay()


EMPLOYED = Spoken(
    {
        True: (marked("I have an employer"), marked("Statutory Sick Pay is taken off the pay you lose.")),
        False: (marked("I work for myself"), marked("There is no sick pay.")),
    },
    both,
)


def _sick_pay() -> None:
    if fields.choice(say("Sick pay"), "is_employee", EMPLOYED):
        more = say("Of the sick days your employer owes you this year, those you have left.")
        fields.count(say("Sick days at full pay from your employer"), "full_pay_days", 1000, more)
        fields.count(say("Then sick days at half pay"), "half_pay_days", 1000)
