"""What NHS care still costs the person, what they can get back, and, for information, what it costs others."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from html import escape

import streamlit as st

from estimator.nhs_costs import (
    CERTIFICATES,
    CHARGED_NATION,
    NhsCosts,
    Prescriptions,
    ServiceCost,
    nhs_costs,
    travel_refund,
)
from estimator.outputs import tables
from estimator.outputs.tables import Column, Table
from estimator.outputs.words import Words
from estimator.ui.result import Answer
from estimator.vocabulary import Region, Service


def draw(answer: Answer) -> None:
    """The section for readers whose care the NHS pays."""
    if answer.scenario.region != Region.NHS:
        return
    costs, words = nhs_costs(answer.case, answer.quote), answer.words
    pays = "".join(f"<li>{said}</li>" for said in _pays(answer, costs))
    others = "".join(f"<li>{escape(said)}</li>" for said in _others(costs, words))
    _html(f'<h2>What you still pay</h2><ul class="plain">{pays}</ul>')
    _trips(answer, costs.nation)
    table = tables.to_html(_table(costs, words))
    _html(
        f'<h3>For information</h3><ul class="plain">{others}</ul>'
        f"<details><summary>What this care costs the health service, as a table</summary>{table}</details>"
    )


def _html(text: str) -> None:
    st.html(f'<div class="hc">{text}</div>')


# ---------------------------------------------------------------- the person


def _pays(answer: Answer, costs: NhsCosts) -> Iterator[str]:
    words = answer.words
    yield f"<b>Prescriptions.</b> {escape(_prescriptions(answer, costs.prescriptions))}"
    for service, amount in _bought(answer).items():
        yield (
            f"<b>{escape(words.service(service))}.</b> {escape(words.exact(amount))} in the likely course; the NHS does "
            "not pay for it."
        )
    yield (
        "<b>Travel, parking, tape, a cold pack.</b> They are not in the estimate. Trips to hospital may be paid back, "
        "as below."
    )


def _bought(answer: Answer) -> dict[Service, Decimal]:
    """What the person pays for besides prescriptions, by kind of care."""
    bought: dict[Service, Decimal] = {}
    for line in answer.quote.lines:
        if line.patient_pays and line.service != Service.PRESCRIPTION:
            bought[line.service] = bought.get(line.service, Decimal(0)) + line.patient_pays
    return bought


def _prescriptions(answer: Answer, scripts: Prescriptions) -> str:
    words = answer.words
    if scripts.nation != CHARGED_NATION:
        return f"They are free in {scripts.nation}."
    if not scripts.items:
        charge = answer.case.tariff.find_factor("prescription_charge", answer.quote.first_visit)
        each = f"Each item costs {words.exact(charge.middle)}." if charge is not None else "There is a charge an item."
        return f"{each} You counted none."
    items = f"{scripts.items} {'item' if scripts.items == 1 else 'items'}"
    singly = f"{items}, {words.exact(scripts.paid_singly)} in all."
    bought = [payment for payment in scripts.payments if payment.kind != "item"]
    if not scripts.saves or not bought:
        return f"{singly} Pay for each; a prepayment certificate would cost more. Some people pay nothing: ask."
    length = " and then ".join(f"{CERTIFICATES[payment.kind]} months" for payment in bought)
    return (
        f"{singly} Buy a prepayment certificate for {length} before the first one: you then pay "
        f"{words.exact(scripts.cheapest)}, {words.exact(scripts.saves)} less. The estimate above counts each item singly."
    )


def _trips(answer: Answer, nation: str) -> None:
    with st.expander("**Trips to hospital**: can you get money back?", key="trips"):
        low = st.checkbox(
            "My income is low, or I get a benefit such as Universal Credit",
            key="trips_low_income",
            persist_state="session",
        )
        referred = st.checkbox(
            "A doctor or dentist referred me to hospital care", key="trips_referred", persist_state="session"
        )
        miles = st.number_input(
            "Miles by car, all trips there and back",
            min_value=0,
            max_value=10_000,
            step=1,
            key="trips_miles",
            persist_state="session",
        )
        made = travel_refund(
            int(miles or 0),
            nation,
            answer.quote.first_visit,
            answer.case.tariff,
            low_income=low,
            referred_to_hospital=referred,
        )
        if not made.is_possible:
            _html(f"<p>{escape(made.says)}</p>")
            return
        about = f"About {answer.words.exact(made.refund)} back by car" if miles else "You can claim by car"
        elsewhere = "" if nation == CHARGED_NATION else f" The rules are England's; {nation} has a scheme of its own."
        _html(
            f"<p><b>{escape(about)}</b>, at one hospital's rate a mile; ask yours. Otherwise the cheapest fare counts. "
            f"Claim within {made.claim_within_months} months and keep the tickets.{escape(elsewhere)}</p>"
        )


# ---------------------------------------------------------------- the system and the visitor


def _others(costs: NhsCosts, words: Words) -> Iterator[str]:
    yield f"This likely course costs the health service about {words.about(costs.cost_to_system)}."
    times = f"{(costs.visitor_multiplier * 100).normalize():f}%"
    if costs.nation == CHARGED_NATION:
        yield from costs.notes
        yield f"For such a visitor this course costs about {words.about(costs.visitor_pays)}. Ask for it in writing first."
    else:
        yield (
            f"England charges visitors from abroad {times} of the cost; {costs.nation} has rules of its own. Ask there "
            "for the amount."
        )
        yield from (note for note in costs.notes if not note.startswith("A visitor"))


def _table(costs: NhsCosts, words: Words) -> Table:
    columns = (
        Column("Kind of care"),
        Column("Visits", is_amount=True),
        Column("Cost to the system", is_amount=True),
    )
    rows = tuple(_cells(each, words) for each in costs.services)
    total = ("Together", "", words.exact(costs.cost_to_system))
    return Table("What this care costs the health service, in the likely course", columns, rows, total)


def _cells(each: ServiceCost, words: Words) -> tuple[str, ...]:
    cost = words.exact(each.cost_to_system) if each.is_counted else "not known"
    return (words.service(each.service), str(each.visits), cost)
