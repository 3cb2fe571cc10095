"""Numbers as sentences: money, dates, chances and the answer itself, in the reader's own words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from estimator.estimate import Case
from estimator.events import Event
from estimator.money import format_money, to_minor
from estimator.projection import OUTCOMES, Projection, Spread
from estimator.quote import Quote, QuoteLine
from estimator.tariff import RegionFile
from estimator.vocabulary import (
    SERVICE_NAMES,
    Assignment,
    JobDemand,
    Management,
    Network,
    Reason,
    Region,
    Service,
    SourceKind,
)

PLAIN_LABELS = {
    "allowed_amount": "Price that counts",
    "deductible": "Deductible",
    "out_of_pocket_max": "Out-of-pocket maximum",
    "coinsurance": "Your share",
    "copay": "Copay",
    "balance_bill": "Extra charge",
    "plan_pays": "Plan pays",
    "secondary_pays": "Second cover pays",
    "write_off": "Discount nobody pays",
    "visit_limit": "Visit limit",
    "benefit_limit": "Money limit",
    "prior_authorization": "Approval",
}
REGIONS = {
    Region.US_PRIVATE: "Private insurance in the US, or no insurance",
    Region.MEDICARE_PART_B: "Medicare in the US, for most people from 65 on",
    Region.NHS: "The NHS, paid for by taxes",
    Region.UK_PRIVATE: "Private care in the UK, paid by you or an insurer",
}
SETTINGS = {
    "independent_clinic": ("A clinic of its own", "Usually the cheaper place for the same care."),
    "hospital_outpatient": (
        "A hospital's outpatient department",
        "The same care often costs 1.3 to 3 times as much.",
    ),
    "private_hospital": ("A private hospital", "Scans, specialists and operations under one roof."),
    "nonfacility": ("A doctor's office or therapy clinic", "One bill for the visit."),
    "facility": ("A hospital", "The doctor's bill is smaller, and the hospital sends one of its own."),
    "nhs": ("The NHS", ""),
}
NETWORKS = {
    Network.IN_NETWORK: ("In the plan's network", "The provider has agreed its prices with your plan."),
    Network.OUT_OF_NETWORK: ("Outside the network", "You may pay more, or all of it."),
    Network.NOT_APPLICABLE: ("There is no network", ""),
}
ASSIGNMENTS = {
    Assignment.PARTICIPATING: ("Takes it as full payment", "Most doctors and therapists do."),
    Assignment.ACCEPTED: ("Has not signed up, but takes it this time", "The price is a little lower."),
    Assignment.NOT_ACCEPTED: ("Does not take it", "You may be billed more, up to a legal limit."),
}
JOBS = {
    JobDemand.SEDENTARY: ("Mostly sitting", "Such as an office or driving."),
    JobDemand.LIGHT_OR_STANDING: ("Standing or light work", "Such as a shop, teaching or a kitchen."),
    JobDemand.HEAVY: ("Heavy work", "Such as building, nursing or a warehouse."),
}
MANAGEMENTS = {
    Management.CONSERVATIVE: ("Without an operation", "Rest, then exercises and therapy."),
    Management.SURGICAL: ("With an operation", "The tendon or muscle is sewn back, then therapy."),
}
KINDS = {
    SourceKind.OFFICIAL: "Official figure",
    SourceKind.SURVEY: "Published prices",
    SourceKind.ASSUMPTION: "No published figure; our estimate",
}
UNITS = {
    "15_minutes": "15 minutes",
    "attendance": "visit",
}
EVENTS = {
    "deductible_met": "{deductible} paid",
    "out_of_pocket_max_met": "Most you pay reached",
    "visit_limit_reached": "Last covered visit",
    "benefit_limit_reached": "{benefit_limit} used up",
    "prior_authorization_due": "{prior_authorization} due",
    "plan_year_starts": "New plan year",
    "threshold": "Paperwork check",
}
ISO_DATE = re.compile(r"\b(20\d\d)-(\d\d)-(\d\d)\b")
MONTHS = "January February March April May June July August September October November December".split()
SMALL = Decimal(100)
"""Below this, an estimate keeps its cents."""


@dataclass(frozen=True, slots=True)
class Words:
    """The way one region writes money, dates and terms."""

    currency: str
    country: str
    labels: Mapping[str, str]
    explanations: Mapping[str, str]

    @classmethod
    def of(cls, region: RegionFile) -> Words:
        """The words of a region's file."""
        return cls(region.currency, region.country, region.labels, region.explain)

    def exact(self, amount: Decimal) -> str:
        """An exact amount, with cents."""
        return format_money(to_minor(amount), self.currency)

    def about(self, amount: Decimal, beside: Decimal = Decimal(0)) -> str:
        """An estimate: whole above a hundred, where cents would pretend to know too much; `beside` keeps a pair alike."""
        whole = max(amount, beside) >= SMALL or amount == int(amount)
        return format_money(to_minor(amount), self.currency, whole=whole)

    def span(self, low: Decimal, high: Decimal) -> str:
        """A range with an en dash, or one amount where both ends are the same."""
        first, last = self.about(low, high), self.about(high)
        return first if first == last else f"{first}–{last}"

    def day(self, on: date, *, year: bool = False) -> str:
        """A date as the country writes it: April 28, or 28 April."""
        month = MONTHS[on.month - 1]
        if self.country == "US":
            return f"{month} {on.day}, {on.year}" if year else f"{month} {on.day}"
        return f"{on.day} {month} {on.year}" if year else f"{on.day} {month}"

    def plain(self, text: str) -> str:
        """A sentence with its dates written as the country writes them."""
        return ISO_DATE.sub(lambda m: self.day(date(int(m[1]), int(m[2]), int(m[3])), year=True), text)

    def label(self, term: str) -> str:
        """The region's own word for a term."""
        return self.labels.get(term, PLAIN_LABELS.get(term, term.replace("_", " ").capitalize()))

    def inside(self, term: str) -> str:
        """A term inside a sentence: small letters, unless it holds a name."""
        label = self.label(term)
        return label if any(c.isupper() for c in label[1:]) else label.lower()

    def explain(self, term: str) -> str:
        """A term in plain words; empty where there is nothing to add."""
        return self.explanations.get(term, "")

    def service(self, service: Service) -> str:
        """A service in the region's words."""
        return self.labels.get(service.value, SERVICE_NAMES[service])

    def event(self, event: Event) -> str:
        """An event in a few words, for a label."""
        terms = {term: self.label(term) for term in PLAIN_LABELS}
        return EVENTS.get(event.kind, event.kind.replace("_", " ").capitalize()).format(**terms)


def unit(name: str) -> str:
    """What a price is for, in words."""
    return UNITS.get(name, name.replace("_", " "))


def setting(name: str) -> tuple[str, str]:
    """A place of care and what it means for the price."""
    return SETTINGS.get(name, (name.replace("_", " ").capitalize(), ""))


# ---------------------------------------------------------------- chances and times


def chance(share: Decimal) -> str:
    """A probability as people count: 9 in 10, fewer than 1 in 100."""
    if share == 0:
        return "in none of the cases"
    if share < Decimal("0.01"):
        return "in fewer than 1 of 100 cases"
    if share == 1:
        return "in every case"
    if share >= Decimal("0.99"):
        return "in nearly every case"
    if share < Decimal("0.095") or share > Decimal("0.905"):
        return f"in about {round(share * 100)} of 100 cases"
    return f"in about {round(share * 10)} of 10 cases"


def days(count: int) -> str:
    """A length of time that fits its size."""
    if count == 1:
        return "1 day"
    return f"{count} days" if count < 21 else f"{round(count / 7)} weeks"


def days_span(low: int, high: int) -> str:
    """A range of days or weeks, in one unit."""
    if high < 21:
        return f"{low}–{high} days" if low != high else days(low)
    first, last = round(low / 7), round(high / 7)
    return f"{first}–{last} weeks" if first != last else f"{last} weeks"


# ---------------------------------------------------------------- the answer


def most_likely(spread: Spread, words: Words) -> str:
    """The headline: the middle amount."""
    return "nothing" if spread.p90 == 0 else words.about(spread.p50)


def range_sentence(spread: Spread, words: Words) -> str:
    """The range in 8 of 10 cases, as a sentence."""
    low, high = words.about(spread.p10, spread.p90), words.about(spread.p90)
    if spread.p90 == 0:
        return "That holds in at least 9 of 10 cases."
    if low == high:
        return "In at least 8 of 10 cases it is exactly that."
    return f"In 8 of 10 cases between {low} and {high}."


def cover_sentence(case: Case, quote: Quote, words: Words) -> str:
    """What the cover does about it: how far it reaches, with a date where there is one, and what it leaves out."""
    return f"{_reach(case, quote, words)}{_left_out(case, quote, words)}"


NOT_PAID_FOR = (
    Reason.NOT_COVERED,
    Reason.EXPERIMENTAL,
    Reason.NOT_OFFERED,
    Reason.SELF_PAY_ONLY,
    Reason.OUT_OF_NETWORK,
    Reason.NO_REFERRAL,
)


def _reach(case: Case, quote: Quote, words: Words) -> str:
    first = first_wait_date(quote)
    if quote.wait is not None and first is not None:
        weeks = round(quote.wait.median_weeks)
        physio = words.service(Service.PHYSICAL_THERAPY)
        return f"{physio} likely starts about {words.day(first)}, after a wait of some {weeks} weeks."
    by_kind = {event.kind: event for event in reversed(quote.events)}
    if (limit := by_kind.get("visit_limit_reached")) is not None:
        line = _line_of(limit, quote)
        if line is None or limit.visit_number is None or line.reason == Reason.VISIT_LIMIT:
            return dated(limit, words)
        what = _inside_sentence(words.service(line.visit_service))
        return f"Your plan covers {what} visits up to {words.day(limit.date)} (visit {limit.visit_number})."
    if (limit := by_kind.get("benefit_limit_reached")) is not None:
        return dated(limit, words)
    if (due := by_kind.get("prior_authorization_due")) is not None:
        if due.visit_number is None:
            return dated(due, words)
        return f"Your plan must approve further visits after visit {due.visit_number}, on {words.day(due.date)}."
    if (new := by_kind.get("plan_year_starts")) is not None:
        return dated(new, words)
    if not case.plan.benefit:
        return "No insurance pays toward this; these are prices for people who pay themselves."
    return f"No limit of your cover is reached by the last visit, on {words.day(quote.last_visit)}."


def _line_of(event: Event, quote: Quote) -> QuoteLine | None:
    """The line that brings an event about; lines are numbered from 1."""
    return quote.lines[event.line - 1] if event.line is not None else None


def _inside_sentence(name: str) -> str:
    return name if name[:2].isupper() else name[0].lower() + name[1:]


def _left_out(case: Case, quote: Quote, words: Words) -> str:
    """The kinds of care that the cover does not pay for at all."""
    if not case.plan.benefit:
        return ""
    named = {words.service(line.service): None for line in quote.lines if line.reason in NOT_PAID_FOR}
    if not named:
        return ""
    listed = [_inside_sentence(name) for name in named]
    said = listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} or {listed[-1]}"
    return f" It does not pay for {said}."


def first_wait_date(quote: Quote) -> date | None:
    """The first visit for which the person stands on a waiting list."""
    waiting = (Service.PHYSICAL_THERAPY_EVALUATION, Service.PHYSICAL_THERAPY)
    return min((line.date for line in quote.lines if line.service in waiting), default=None)


def dated(event: Event, words: Words) -> str:
    """An event as a sentence that starts with its date."""
    text = event.text[0].lower() + event.text[1:] if event.text[1:2].islower() else event.text
    return f"From {words.day(event.date)} {text}" if text.startswith("a new") else f"On {words.day(event.date)}: {text}"


OUTCOME_TERMS = {"deductible_met": "Your {} is used up", "out_of_pocket_max_met": "You reach your {}"}
"""Outcomes named by the region's own term; the term is the first part of the id."""


def along_the_way(projection: Projection, words: Words) -> Iterator[tuple[str, str]]:
    """What may happen to the cover, and how often."""
    for outcome in projection.outcomes:
        if outcome.id in OUTCOME_TERMS:
            name = OUTCOME_TERMS[outcome.id].format(words.inside(outcome.id.removesuffix("_met")))
            yield name, chance(outcome.probability)
            continue
        own = outcome.id in OUTCOMES
        name = outcome.name.rstrip(".") if own else f"You pass the {outcome.id.replace('_', ' ')}"
        yield name, chance(outcome.probability)


def deadline(due: date | None, how: str, today: date, words: Words) -> str:
    """A due date in words; what is lately past due says by how much."""
    if due is None:
        return how[:1].upper() + how[1:]
    lead = "Before" if how == "before" else "By"
    said = f"{lead} {words.day(due, year=True)}"
    late = (today - due).days
    return f"{said} ({late} {'day' if late == 1 else 'days'} late)" if 0 < late <= 60 else said


def mended(message: str, words: Words) -> list[str]:
    """The sentences of an input error, without the file and field names that a form does not show."""
    return [words.plain(_sentence(line)) for line in message.splitlines() if line.strip()]


FIELDS = {
    "services": "How you would like to be treated",
    "care_starts": "When care starts",
    "injury_date": "Day of the injury",
    "area": "Where you live",
    "plan": "Your cover",
    "secondary": "Your second cover",
    "management": "With or without an operation",
    "used": "What has been used this year",
    "own_prices": "Your own price",
    "work": "Your work",
    "prices_as_of": "Prices as of",
    "setting": "Where you are treated",
}


def sentence(message: str) -> str:
    """What an error says, without the name of the field it is about."""
    said = message.partition(": ")[2] or message
    return f"{said[0].upper()}{said[1:]}"


def _sentence(line: str) -> str:
    parts = [part.strip() for part in line.split(": ")]
    while len(parts) > 1 and parts[0] in ("your answers", "scenario"):
        parts.pop(0)
    field = ""
    while len(parts) > 1 and re.fullmatch(r"[a-z_.\[\]0-9]+", parts[0]):
        field = field or FIELDS.get(parts[0].split(".")[0].split("[")[0], "")
        parts.pop(0)
    said = ": ".join(parts)
    said = said[0].upper() + said[1:]
    said = said if said.endswith((".", "?")) else f"{said}."
    return f"{field}: {said}" if field else said
