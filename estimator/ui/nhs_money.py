"""What NHS care still costs the person, what they can get back, and, for information, what it costs others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from html import escape

import streamlit as st

from estimator.messages import say, say_html, say_many
from estimator.nhs_costs import (
    CERTIFICATES,
    CHARGED_NATION,
    VISITOR_NOTE,
    NhsCosts,
    Prescriptions,
    ServiceCost,
    nhs_costs,
    travel_refund,
)
from estimator.outputs import tables
from estimator.outputs.tables import Column, Table
from estimator.outputs.why import Reasons
from estimator.outputs.words import Words
from estimator.ui import frame
from estimator.ui.result import Answer
from estimator.vocabulary import Region, Service


def draw(answer: Answer, reasons: Reasons) -> None:
    """The section for readers whose care the NHS pays."""
    if answer.scenario.region != Region.NHS:
        return
    costs, words = nhs_costs(answer.case, answer.quote), answer.words
    pays = "".join(f"<li>{said}</li>" for said in _pays(answer, costs, reasons))
    others = "".join(f"<li>{escape(said)}</li>" for said in _others(costs, words))
    frame.put(f'<h2>{escape(say("What you still pay"))}</h2><ul class="plain">{pays}</ul>')
    _trips(answer, costs.nation)
    twin = say("What this care costs the health service, as a table")
    frame.put(
        f'<h3>{escape(say("For information"))}</h3><ul class="plain">{others}</ul>'
        f"<details><summary>{escape(twin)}</summary>{tables.to_html(_table(costs, words))}</details>"
    )


def _priced_on(answer: Answer) -> date:
    """The day whose charges count: of the first visit, or the one that stands in where that has no prices."""
    return answer.case.scenario.prices_as_of or answer.quote.first_visit


# ---------------------------------------------------------------- the person


def _pays(answer: Answer, costs: NhsCosts, reasons: Reasons) -> Iterator[str]:
    """What costs the person something; sentences in HTML."""
    words = answer.words
    scripts = " ".join(_prescriptions(answer, costs.prescriptions))
    yield (
        say_html("<b>Prescriptions.</b> {sentences}", sentences=scripts)
        + reasons.to_html(reasons.of_service(Service.PRESCRIPTION) if costs.prescriptions.paid_singly else None)
    )
    for service, amount in _bought(answer).items():
        yield (
            say_html(
                "<b>{service}.</b> {amount} in the likely course; the NHS does not pay for it.",
                service=words.service(service),
                amount=words.exact(amount),
            )
            + reasons.to_html(reasons.of_service(service))
        )
    yield say_html(
        "<b>Travel, parking, tape, a cold pack.</b> They are not in the estimate. Trips to hospital may be paid back, as below."
    )


def _bought(answer: Answer) -> dict[Service, Decimal]:
    """What the person pays for besides prescriptions, by kind of care."""
    bought: dict[Service, Decimal] = {}
    for line in answer.quote.lines:
        if line.patient_pays and line.service != Service.PRESCRIPTION:
            bought[line.service] = bought.get(line.service, Decimal(0)) + line.patient_pays
    return bought


def _prescriptions(answer: Answer, scripts: Prescriptions) -> Iterator[str]:
    """What the items cost, and whether a certificate would save something; one sentence after the other."""
    words = answer.words
    if scripts.nation != CHARGED_NATION:
        yield say("They are free in {nation}.", nation=scripts.nation)
        return
    if not scripts.items:
        charge = answer.case.tariff.find_factor("prescription_charge", _priced_on(answer))
        if charge is not None:
            yield say("Each item costs {amount}.", amount=words.exact(charge.middle))
        else:
            yield say("There is a charge an item.")
        yield say("You counted none.")
        return
    yield say_many(
        "{count} item, {amount} in all.",
        "{count} items, {amount} in all.",
        scripts.items,
        amount=words.exact(scripts.paid_singly),
    )
    bought = [CERTIFICATES[payment.kind] for payment in scripts.payments if payment.kind != "item"]
    if not scripts.saves or not bought:
        yield say("Pay for each; a prepayment certificate would cost more.")
        yield say("Some people pay nothing: ask.")
        return
    paid, saved = words.exact(scripts.cheapest), words.exact(scripts.saves)
    if len(bought) == 1:
        yield say(
            "Buy a prepayment certificate for {months} months before the first one: you then pay {amount}, {saved} less.",
            months=bought[0],
            amount=paid,
            saved=saved,
        )
    else:
        yield say(
            "Buy a prepayment certificate for {months} months before the first one, and later ones for {later} months: you then "
            "pay {amount}, {saved} less.",
            months=bought[0],
            later=", ".join(str(months) for months in bought[1:]),
            amount=paid,
            saved=saved,
        )
    yield say("The estimate above counts each item singly.")


def _trips(answer: Answer, nation: str) -> None:
    with st.expander(say("**Trips to hospital**: can you get money back?"), key="trips"):
        low = st.checkbox(
            say("My income is low, or I get a benefit such as Universal Credit"),
            key="trips_low_income",
            persist_state="session",
        )
        referred = st.checkbox(
            say("A doctor or dentist referred me to hospital care"), key="trips_referred", persist_state="session"
        )
        miles = st.number_input(
            say("Miles by car, all trips there and back"),
            min_value=0,
            max_value=10_000,
            step=1,
            key="trips_miles",
            persist_state="session",
        )
        made = travel_refund(
            int(miles or 0),
            nation,
            _priced_on(answer),
            answer.case.tariff,
            low_income=low,
            referred_to_hospital=referred,
        )
        if not made.is_possible:
            frame.put(f"<p>{escape(made.says)}</p>")
            return
        if miles:
            said = say_html(
                "<b>About {amount} back by car</b>, at one hospital's rate a mile; ask yours.",
                amount=answer.words.exact(made.refund),
            )
        else:
            said = say_html("<b>You can claim by car</b>, at one hospital's rate a mile; ask yours.")
        then = [
            say("Otherwise the cheapest fare counts."),
            say("Claim within {months} months and keep the tickets.", months=made.claim_within_months),
        ]
        if nation != CHARGED_NATION:
            then.append(say("The rules are England's; {nation} has a scheme of its own.", nation=nation))
        frame.put(f"<p>{said} {escape(' '.join(then))}</p>")


# ---------------------------------------------------------------- the system and the visitor


def _others(costs: NhsCosts, words: Words) -> Iterator[str]:
    """What the care costs the health service, and a visitor from abroad."""
    yield say("This likely course costs the health service about {amount}.", amount=words.about(costs.cost_to_system))
    if costs.nation == CHARGED_NATION:
        yield from costs.notes
        said = say("For such a visitor this course costs about {amount}.", amount=words.about(costs.visitor_pays))
        yield f"{said} {say('Ask for it in writing first.')}"
        return
    yield say(
        "England charges visitors from abroad {percent}% of the cost; {nation} has rules of its own. Ask there for the amount.",
        percent=f"{(costs.visitor_multiplier * 100).normalize():f}",
        nation=costs.nation,
    )
    yield from (note for note in costs.notes if note != say(VISITOR_NOTE))


def _table(costs: NhsCosts, words: Words) -> Table:
    columns = (
        Column(say("Kind of care")),
        Column(say("Visits"), is_amount=True),
        Column(say("Cost to the system"), is_amount=True),
    )
    rows = tuple(_cells(each, words) for each in costs.services)
    total = (say("Together"), "", words.exact(costs.cost_to_system))
    return Table(say("What this care costs the health service, in the likely course"), columns, rows, total)


def _cells(each: ServiceCost, words: Words) -> tuple[str, ...]:
    cost = words.exact(each.cost_to_system) if each.is_counted else say("not known")
    return (words.service(each.service), str(each.visits), cost)
