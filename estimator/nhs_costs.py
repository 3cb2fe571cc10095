"""What NHS care still costs the person, what it costs the system, and what a visitor from abroad is charged.

Prescriptions: a prepayment certificate is bought where it saves money (England only). Every figure is a dated factor of
`nhs/region.toml`; the cost to the system is for information and is nobody's bill.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import reduce
from typing import Literal

from estimator.errors import InputError
from estimator.estimate import Case
from estimator.files import Record
from estimator.messages import marked, say, say_many
from estimator.money import round_to_minor, to_decimal
from estimator.quote import Quote, quote
from estimator.tariff import Tariff
from estimator.vocabulary import Service, service_name

NOTHING = Decimal("0.00")
CHARGED_NATION = "England"
CERTIFICATES = {"prepayment_certificate_3_months": 3, "prepayment_certificate_12_months": 12}

FREE_FOR_VISITORS = (Service.PHYSICIAN_VISIT, Service.EMERGENCY_VISIT)
PAID_AS_RESIDENTS_PAY = (Service.PRESCRIPTION, Service.HOME_CARE, Service.TRAVEL)

Payment = Literal["item", "prepayment_certificate_3_months", "prepayment_certificate_12_months"]


# ---------------------------------------------------------------- prescriptions


class PrescriptionPayment(Record):
    """One charge for an item, or one certificate and the items it covers."""

    kind: Payment
    starts: date
    ends: date
    items: int
    amount: Decimal


class Prescriptions(Record):
    """The cheapest way to pay for a row of prescription items, against paying for each."""

    nation: str
    items: int
    each_item: Decimal
    paid_singly: Decimal
    cheapest: Decimal
    payments: tuple[PrescriptionPayment, ...]
    saves: Decimal
    says: str


def prescriptions(days: Sequence[date], nation: str, tariff: Tariff, prices_as_of: date | None = None) -> Prescriptions:
    """The cheapest mix of single charges and certificates for items fetched on these days.

    Exact: at each item, the cheapest of paying for it alone and of a certificate that starts on that day and serves the
    items of the next 3 or 12 months; at the charges of each day, or of `prices_as_of`. Outside England every item is free.
    """
    if nation != CHARGED_NATION or not days:
        is_free = nation != CHARGED_NATION
        says = say("Prescriptions are free here.") if is_free else say("No prescription item was named.")
        return Prescriptions(
            nation=nation, items=len(days), each_item=NOTHING, paid_singly=NOTHING, cheapest=NOTHING,
            payments=(), saves=NOTHING, says=says,
        )  # fmt: skip
    ordered = sorted(days)
    best: list[tuple[Decimal, tuple[PrescriptionPayment, ...]]] = [(NOTHING, ())]
    for index in range(len(ordered) - 1, -1, -1):
        ways = []
        for payment in _ways(ordered, index, tariff, prices_as_of):
            amount, rest = best[len(ordered) - index - payment.items]
            ways.append((payment.amount + amount, (payment, *rest)))
        best.append(min(ways, key=lambda way: (way[0], len(way[1]))))
    cheapest, payments = best[-1]
    singly = sum((_charge(tariff, prices_as_of or day) for day in ordered), NOTHING)
    return Prescriptions(
        nation=nation,
        items=len(ordered),
        each_item=_charge(tariff, prices_as_of or ordered[0]),
        paid_singly=singly,
        cheapest=cheapest,
        payments=payments,
        saves=singly - cheapest,
        says=_says(payments, singly - cheapest),
    )


def _ways(days: Sequence[date], index: int, tariff: Tariff, prices_as_of: date | None) -> list[PrescriptionPayment]:
    """The ways to pay for the item at `index`, and what else each one covers."""
    first = days[index]
    priced = prices_as_of or first
    ways = [PrescriptionPayment(kind="item", starts=first, ends=first, items=1, amount=_charge(tariff, priced))]
    for name, months in CERTIFICATES.items():
        factor = tariff.find_factor(name, priced)
        if factor is not None:
            ends = months_later(first, months) - timedelta(days=1)
            items = sum(first <= day <= ends for day in days[index:])
            ways.append(
                PrescriptionPayment.model_validate(
                    {"kind": name, "starts": first, "ends": ends, "items": items, "amount": factor.middle}
                )
            )
    return ways


def _charge(tariff: Tariff, day: date) -> Decimal:
    return tariff.factor("prescription_charge", day).middle


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or the first day after a month that lacks it."""
    years, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + years, month + 1, 1)
    return first + timedelta(days=min(day.day - 1, monthrange(first.year, first.month)[1]))


def _says(payments: Sequence[PrescriptionPayment], saves: Decimal) -> str:
    bought = [payment for payment in payments if payment.kind != "item"]
    if not bought:
        return say("Pay for each item; a prepayment certificate would cost more.")
    months = [say_many("{count} month", "{count} months", CERTIFICATES[payment.kind]) for payment in bought]
    return say(
        "Buy a prepayment certificate for {months} before you pay for the first item: it saves {amount}.",
        months=reduce(_and_then, months),
        amount=saves,
    )


def _and_then(first: str, later: str) -> str:
    return say("{first} and then {later}", first=first, later=later)


# ---------------------------------------------------------------- travel


class TravelRefund(Record):
    """What the travel costs scheme would pay back, and why or why not."""

    is_possible: bool
    refund: Decimal
    claim_within_months: int
    says: str


def travel_refund(
    miles: int, nation: str, on: date, tariff: Tariff, *, low_income: bool, referred_to_hospital: bool
) -> TravelRefund:
    """The refund for journeys by car at the example rate; it needs a low income and a referral to hospital care."""
    if miles < 0:
        raise InputError(f"miles: give the miles of all journeys, there and back (got {miles}).")
    if low_income and referred_to_hospital:
        per_mile = tariff.factor("travel_refund_per_mile", on).middle
        refund = to_decimal(round_to_minor(per_mile * miles))
        says = say(
            "About {amount} a mile by car at one hospital's rate; ask yours, and claim the cheapest fare otherwise.",
            amount=per_mile,
        )
        if nation != CHARGED_NATION:
            elsewhere = say("The rules are England's; {nation} has a scheme of its own.", nation=nation)
            says = f"{says} {elsewhere}"
        return TravelRefund(is_possible=True, refund=refund, claim_within_months=3, says=says)
    if low_income:
        says = say(
            "No refund: a doctor or dentist must have referred you to hospital care; physiotherapy you booked yourself and "
            "GP visits do not count."
        )
    else:
        says = say("No refund: your income must be low; physiotherapy you booked yourself and GP visits do not count.")
    return TravelRefund(is_possible=False, refund=NOTHING, claim_within_months=3, says=says)


# ---------------------------------------------------------------- the person, the system, the visitor


class ServiceCost(Record):
    """One service: visits, what it costs the health service, and what a visitor from abroad is charged."""

    service: Service
    name: str
    visits: int
    cost_to_system: Decimal
    visitor_pays: Decimal
    is_counted: bool
    """Whether any published cost was found; otherwise zero stands for unknown."""


class NhsCosts(Record):
    """The money around one course of NHS care."""

    nation: str
    patient_pays: Decimal
    """With prescriptions paid singly, as the quote shows it."""
    patient_pays_least: Decimal
    """With a prepayment certificate where that saves money."""
    prescriptions: Prescriptions
    cost_to_system: Decimal
    visitor_pays: Decimal
    visitor_multiplier: Decimal
    services: tuple[ServiceCost, ...]
    notes: tuple[str, ...]


def nhs_costs(case: Case, made: Quote | None = None) -> NhsCosts:
    """What an NHS course costs the person, the system and a visitor; `made` is its quote where there is one already."""
    made = made or quote(case)
    nation = case.scenario.area.nation or CHARGED_NATION
    as_of = case.scenario.prices_as_of
    multiplier = case.tariff.factor("overseas_visitor_multiplier", as_of or made.first_visit).middle
    fetched = [line.date for line in made.lines if line.service == Service.PRESCRIPTION for _ in range(line.units)]
    scripts = prescriptions(fetched, nation, case.tariff, as_of)
    services = tuple(_services(made, multiplier))
    return NhsCosts(
        nation=nation,
        patient_pays=made.totals.patient_pays,
        patient_pays_least=made.totals.patient_pays - scripts.saves,
        prescriptions=scripts,
        cost_to_system=sum((each.cost_to_system for each in services), NOTHING),
        visitor_pays=sum((each.visitor_pays for each in services), NOTHING),
        visitor_multiplier=multiplier,
        services=services,
        notes=tuple(_notes(nation, services)),
    )


def _services(made: Quote, multiplier: Decimal) -> list[ServiceCost]:
    costs: list[ServiceCost] = []
    for service in dict.fromkeys(line.service for line in made.lines):
        lines = [line for line in made.lines if line.service == service]
        cost = sum((line.plan_pays for line in lines), NOTHING)
        own = sum((line.patient_pays for line in lines), NOTHING)
        visitor = own
        if service not in (*FREE_FOR_VISITORS, *PAID_AS_RESIDENTS_PAY) and cost:
            visitor = own + to_decimal(round_to_minor(cost * multiplier))
        costs.append(
            ServiceCost(
                service=service,
                name=service_name(service),
                visits=len({line.date for line in lines}),
                cost_to_system=cost,
                visitor_pays=visitor,
                is_counted=bool(cost or own),
            )
        )
    return costs


VISITOR_NOTE = marked(
    "A visitor who is not covered pays 150% of the NHS price of hospital and community care, here of its average "
    "cost; GP and A&E visits stay free. That community physiotherapy counts is from general knowledge."
)
"""The note about visitors from abroad, whose charges are England's."""


def _notes(nation: str, services: Sequence[ServiceCost]) -> list[str]:
    notes = [say("What care costs the health service is for information; nobody sends you this bill.")]
    if nation != CHARGED_NATION:
        notes.append(say("The costs are England's and serve as a guide in {nation}.", nation=nation))
    notes.append(say(VISITOR_NOTE))
    unknown = ", ".join(each.name for each in services if not each.is_counted)
    if unknown:
        notes.append(say("No published cost was found for: {services}.", services=unknown))
    return notes
