"""Numbers as sentences: money, dates, chances and the answer itself, in the reader's own words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from babel.dates import format_date, format_skeleton, get_month_names
from babel.lists import format_list
from babel.numbers import format_decimal

from estimator.estimate import Case
from estimator.events import Event
from estimator.messages import Language, inside_a_sentence, language, locale_of, marked, say, say_many
from estimator.money import format_money, to_minor
from estimator.projection import OUTCOMES, Outcome, Projection, Spread
from estimator.quote import Quote, QuoteLine
from estimator.tariff import RegionFile
from estimator.vocabulary import (
    Assignment,
    JobDemand,
    Management,
    Network,
    Reason,
    Region,
    Service,
    SourceKind,
    service_name,
)

Key = TypeVar("Key")
Text = TypeVar("Text", str, tuple[str, str])


class Spoken(Mapping[Key, Text]):
    """A table of marked texts; each is said as it is looked up."""

    def __init__(self, texts: Mapping[Key, Text], speak: Callable[[Text], Text]) -> None:
        self._texts: Mapping[Key, Text] = texts
        self._speak: Callable[[Text], Text] = speak

    def __getitem__(self, key: Key) -> Text:
        return self._speak(self._texts[key])

    def __iter__(self) -> Iterator[Key]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


def both(pair: tuple[str, str]) -> tuple[str, str]:
    """A name and what it means, both said."""
    name, meaning = pair
    return say(name), say(meaning)


PLAIN_LABELS = Spoken(
    {
        "allowed_amount": marked("Price that counts"),
        "deductible": marked("Deductible"),
        "out_of_pocket_max": marked("Out-of-pocket maximum"),
        "coinsurance": marked("Your share"),
        "copay": marked("Copay"),
        "balance_bill": marked("Extra charge"),
        "plan_pays": marked("Plan pays"),
        "secondary_pays": marked("Second cover pays"),
        "write_off": marked("Discount nobody pays"),
        "visit_limit": marked("Visit limit"),
        "benefit_limit": marked("Money limit"),
        "prior_authorization": marked("Approval"),
    },
    say,
)
REGION_NAMES = Spoken(
    {
        Region.US_PRIVATE: marked("US private insurance"),
        Region.MEDICARE_PART_B: marked("Medicare Part B"),
        Region.NHS: marked("NHS"),
        Region.UK_PRIVATE: marked("UK private care"),
    },
    say,
)
"""The names of the regions' files, here because a choice of region names them all in the reader's language."""
REGIONS = Spoken(
    {
        Region.US_PRIVATE: marked("Private insurance in the US, or no insurance"),
        Region.MEDICARE_PART_B: marked("Medicare in the US, for most people from 65 on"),
        Region.NHS: marked("The NHS, paid for by taxes"),
        Region.UK_PRIVATE: marked("Private care in the UK, paid by you or an insurer"),
    },
    say,
)
SETTINGS = Spoken(
    {
        "independent_clinic": (marked("A clinic of its own"), marked("Usually the cheaper place for the same care.")),
        "hospital_outpatient": (
            marked("A hospital's outpatient department"),
            marked("The same care often costs 1.3 to 3 times as much."),
        ),
        "private_hospital": (marked("A private hospital"), marked("Scans, specialists and operations under one roof.")),
        "nonfacility": (marked("A doctor's office or therapy clinic"), marked("One bill for the visit.")),
        "facility": (
            marked("A hospital"),
            marked("The doctor's bill is smaller, and the hospital sends one of its own."),
        ),
        "nhs": (marked("The NHS"), ""),
    },
    both,
)
NETWORKS = Spoken(
    {
        Network.IN_NETWORK: (
            marked("In the plan's network"),
            marked("The provider has agreed its prices with your plan."),
        ),
        Network.OUT_OF_NETWORK: (marked("Outside the network"), marked("You may pay more, or all of it.")),
        Network.NOT_APPLICABLE: (marked("There is no network"), ""),
    },
    both,
)
ASSIGNMENTS = Spoken(
    {
        Assignment.PARTICIPATING: (marked("Takes it as full payment"), marked("Most doctors and therapists do.")),
        Assignment.ACCEPTED: (
            marked("Has not signed up, but takes it this time"),
            marked("The price is a little lower."),
        ),
        Assignment.NOT_ACCEPTED: (marked("Does not take it"), marked("You may be billed more, up to a legal limit.")),
    },
    both,
)
JOBS = Spoken(
    {
        JobDemand.SEDENTARY: (marked("Mostly sitting"), marked("Such as an office or driving.")),
        JobDemand.LIGHT_OR_STANDING: (
            marked("Standing or light work"),
            marked("Such as a shop, teaching or a kitchen."),
        ),
        JobDemand.HEAVY: (marked("Heavy work"), marked("Such as building, nursing or a warehouse.")),
    },
    both,
)
MANAGEMENTS = Spoken(
    {
        Management.CONSERVATIVE: (marked("Without an operation"), marked("Rest, then exercises and therapy.")),
        Management.SURGICAL: (marked("With an operation"), marked("The tendon or muscle is sewn back, then therapy.")),
    },
    both,
)
KINDS = Spoken(
    {
        SourceKind.OFFICIAL: marked("Official figure"),
        SourceKind.SURVEY: marked("Published prices"),
        SourceKind.ASSUMPTION: marked("No published figure; our estimate"),
    },
    say,
)
UNITS = Spoken(
    {
        "visit": marked("visit"),
        "15_minutes": marked("15 minutes"),
        "item": marked("item"),
        "scan": marked("scan"),
        "procedure": marked("procedure"),
        "injection": marked("injection"),
        "mile": marked("mile"),
        "attendance": marked("visit"),
    },
    say,
)
EVENTS = {
    "deductible_met": marked("{deductible} paid"),
    "out_of_pocket_max_met": marked("Most you pay reached"),
    "visit_limit_reached": marked("Last covered visit"),
    "benefit_limit_reached": marked("{benefit_limit} used up"),
    "prior_authorization_due": marked("{prior_authorization} due"),
    "plan_year_starts": marked("New plan year"),
    "threshold": marked("Paperwork check"),
}
ISO_DATE = re.compile(r"\b(20\d\d)-(\d\d)-(\d\d)\b")
SPANISH_OR = re.compile(r" o (?=h?[oó])", re.IGNORECASE)
"""The Spanish "o" is "u" before its own sound, which the lists of Unicode CLDR leave out."""
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
        locale = locale_of(self.country)
        return format_date(on, "long", locale) if year else format_skeleton("MMMMd", on, locale=locale)

    def month(self, on: date) -> str:
        """The short name of a month, for an axis."""
        return str(get_month_names("abbreviated", locale=locale_of(self.country))[on.month])

    def plain(self, text: str) -> str:
        """A sentence with its dates written as the country writes them."""
        return ISO_DATE.sub(lambda m: self.day(date(int(m[1]), int(m[2]), int(m[3])), year=True), text)

    def label(self, term: str) -> str:
        """The region's own word for a term."""
        return self.labels.get(term, PLAIN_LABELS.get(term, term.replace("_", " ").capitalize()))

    def inside(self, term: str) -> str:
        """A term inside a sentence: small letters, unless it holds a name."""
        return inside_a_sentence(self.label(term))

    def explain(self, term: str) -> str:
        """A term in plain words; empty where there is nothing to add."""
        return self.explanations.get(term, "")

    def service(self, service: Service) -> str:
        """A service in the region's words."""
        return service_name(service, self.labels)

    def event(self, event: Event) -> str:
        """An event in a few words, for a label."""
        return say(EVENTS[event.kind], **{term: self.label(term) for term in PLAIN_LABELS})

    def either(self, names: Sequence[str]) -> str:
        """Names as a list of which any one may be meant: a, b, or c."""
        listed = format_list(names, "or", locale_of(self.country))
        return SPANISH_OR.sub(" u ", listed) if language() == Language.SPANISH else listed


def unit(name: str) -> str:
    """What a price is for, in words."""
    return UNITS.get(name, name.replace("_", " "))


def setting(name: str) -> tuple[str, str]:
    """A place of care and what it means for the price."""
    return SETTINGS.get(name, (name.replace("_", " ").capitalize(), ""))


def number(count: int) -> str:
    """A large number with its thousands set apart."""
    return format_decimal(count, locale=language() or Language.AMERICAN)


# ---------------------------------------------------------------- chances and times


def chance(share: Decimal) -> str:
    """A probability as people count: 9 in 10, fewer than 1 in 100."""
    if share == 0:
        return say("in none of the cases")
    if share < Decimal("0.01"):
        return say("in fewer than 1 of 100 cases")
    if share == 1:
        return say("in every case")
    if share >= Decimal("0.99"):
        return say("in nearly every case")
    if share < Decimal("0.095") or share > Decimal("0.905"):
        return say("in about {cases} of 100 cases", cases=round(share * 100))
    return say("in about {cases} of 10 cases", cases=round(share * 10))


def days(count: int) -> str:
    """A length of time that fits its size."""
    if count < 21:
        return say_many("{count} day", "{count} days", count)
    return weeks(round(count / 7))


def weeks(count: int) -> str:
    """A number of weeks."""
    return say_many("{count} week", "{count} weeks", count)


def days_span(low: int, high: int) -> str:
    """A range of days or weeks, in one unit."""
    if high < 21:
        return say("{low}–{high} days", low=low, high=high) if low != high else days(low)
    return weeks_span(round(low / 7), round(high / 7))


def weeks_span(low: int, high: int) -> str:
    """A range of weeks."""
    return say("{low}–{high} weeks", low=low, high=high) if low != high else weeks(high)


# ---------------------------------------------------------------- the answer


def most_likely(spread: Spread, words: Words) -> str:
    """The headline: the middle amount."""
    return say("nothing") if spread.p90 == 0 else words.about(spread.p50)


def range_sentence(spread: Spread, words: Words) -> str:
    """The range in 8 of 10 cases, as a sentence."""
    low, high = words.about(spread.p10, spread.p90), words.about(spread.p90)
    if spread.p90 == 0:
        return say("That holds in at least 9 of 10 cases.")
    if low == high:
        return say("In at least 8 of 10 cases it is exactly that.")
    return say("In 8 of 10 cases between {low} and {high}.", low=low, high=high)


def cover_sentence(case: Case, quote: Quote, words: Words) -> str:
    """What the cover does about it: how far it reaches, with a date where there is one, and what it leaves out."""
    return f"{_reach(case, quote, words)} {_left_out(case, quote, words)}".strip()


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
        return say_many(
            "{service} likely starts about {day}, after a wait of some {count} week.",
            "{service} likely starts about {day}, after a wait of some {count} weeks.",
            round(quote.wait.median_weeks),
            service=words.service(Service.PHYSICAL_THERAPY),
            day=words.day(first),
        )
    by_kind = {event.kind: event for event in reversed(quote.events)}
    if (limit := by_kind.get("visit_limit_reached")) is not None:
        line = _line_of(limit, quote)
        if line is None or limit.visit_number is None or line.reason == Reason.VISIT_LIMIT:
            return dated(limit, words)
        return say(
            "Your plan covers {service} visits up to {day} (visit {number}).",
            service=inside_a_sentence(words.service(line.visit_service)),
            day=words.day(limit.date),
            number=limit.visit_number,
        )
    if (limit := by_kind.get("benefit_limit_reached")) is not None:
        return dated(limit, words)
    if (due := by_kind.get("prior_authorization_due")) is not None:
        if due.visit_number is None:
            return dated(due, words)
        return say(
            "Your plan must approve further visits after visit {number}, on {day}.",
            number=due.visit_number,
            day=words.day(due.date),
        )
    if (new := by_kind.get("plan_year_starts")) is not None:
        return dated(new, words)
    if not case.plan.benefit:
        return say("No insurance pays toward this; these are prices for people who pay themselves.")
    return say("No limit of your cover is reached by the last visit, on {day}.", day=words.day(quote.last_visit))


def _line_of(event: Event, quote: Quote) -> QuoteLine | None:
    """The line that brings an event about; lines are numbered from 1."""
    return quote.lines[event.line - 1] if event.line is not None else None


def _left_out(case: Case, quote: Quote, words: Words) -> str:
    """The kinds of care that the cover does not pay for at all."""
    if not case.plan.benefit:
        return ""
    named = {words.service(line.service): None for line in quote.lines if line.reason in NOT_PAID_FOR}
    if not named:
        return ""
    return say(
        "Your cover does not pay for {services}.", services=words.either([inside_a_sentence(name) for name in named])
    )


def first_wait_date(quote: Quote) -> date | None:
    """The first visit for which the person stands on a waiting list."""
    waiting = (Service.PHYSICAL_THERAPY_EVALUATION, Service.PHYSICAL_THERAPY)
    return min((line.date for line in quote.lines if line.service in waiting), default=None)


def dated(event: Event, words: Words) -> str:
    """An event as a sentence that starts with its date; after a colon both English and Spanish go on in small letters."""
    is_whole = event.kind == "plan_year_starts"  # it has a colon of its own
    text = event.text if is_whole else f"{event.text[:1].lower()}{event.text[1:]}"
    return say("On {day}: {event}", day=words.day(event.date), event=text)


OUTCOME_TERMS = {
    "deductible_met": marked("Your {term} is used up"),
    "out_of_pocket_max_met": marked("You reach your {term}"),
}
"""Outcomes named by the region's own term; the term is the first part of the id."""
THRESHOLDS = {
    "therapy_threshold": marked("You pass the therapy threshold"),
    "medical_review_threshold": marked("You pass the medical review threshold"),
}


def along_the_way(projection: Projection, words: Words) -> Iterator[tuple[str, str]]:
    """What may happen to the cover, and how often."""
    for outcome in projection.outcomes:
        yield _outcome(outcome, words), chance(outcome.probability)


def _outcome(outcome: Outcome, words: Words) -> str:
    if outcome.id in OUTCOME_TERMS:
        return say(OUTCOME_TERMS[outcome.id], term=words.inside(outcome.id.removesuffix("_met")))
    if outcome.id in OUTCOMES:
        return outcome.name.rstrip(".")
    if outcome.id in THRESHOLDS:
        return say(THRESHOLDS[outcome.id])
    return say("You pass the {threshold}", threshold=outcome.id.replace("_", " "))


def deadline(due: date | None, how: str, today: date, words: Words) -> str:
    """A due date in words; what is lately past due says by how much."""
    if due is None:
        return how[:1].upper() + how[1:]
    day, late = words.day(due, year=True), (today - due).days
    if 0 < late <= 60:
        if how == "before":
            return say_many("Before {day} ({count} day late)", "Before {day} ({count} days late)", late, day=day)
        return say_many("By {day} ({count} day late)", "By {day} ({count} days late)", late, day=day)
    return say("Before {day}", day=day) if how == "before" else say("By {day}", day=day)


def mended(message: str, words: Words) -> list[str]:
    """The sentences of an input error, without the file and field names that a form does not show."""
    return [words.plain(_sentence(line)) for line in message.splitlines() if line.strip()]


FIELDS = Spoken(
    {
        "services": marked("How you would like to be treated"),
        "care_starts": marked("When care starts"),
        "injury_date": marked("Day of the injury"),
        "area": marked("Where you live"),
        "plan": marked("Your cover"),
        "secondary": marked("Your second cover"),
        "management": marked("With or without an operation"),
        "used": marked("What has been used this year"),
        "own_prices": marked("Your own price"),
        "work": marked("Your work"),
        "prices_as_of": marked("Prices as of"),
        "setting": marked("Where you are treated"),
    },
    say,
)


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
