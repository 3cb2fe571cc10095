"""Every figure behind an estimate as tables: its value, its date, how far to trust it, and the number of its source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from html import escape

from estimator.estimate import Case
from estimator.messages import cached_by_language, marked, say
from estimator.money import SYMBOLS
from estimator.outputs.tables import Column, Table
from estimator.outputs.words import KINDS, Words, days_span, unit, weeks
from estimator.outputs.words import days as length
from estimator.pathway import Source
from estimator.plan import Plan
from estimator.quote import PriceEntry, Quote
from estimator.tariff import Factor, RegionFile, load_tariff, worst_kind
from estimator.vocabulary import Management, Region, Service, SourceKind

NAMES = {
    "aca": "ACA",
    "hdhp": "HDHP",
    "hsa": "HSA",
    "fsa": "FSA",
    "nhs": "NHS",
    "medigap": "Medigap",
    "medicare": "Medicare",
    "advantage": "Advantage",
    "b": "B",
    "k": "K",
    "l": "L",
    "n": "N",
}
MONEY = ("USD", "GBP", "pounds", "dollars")
RULE = marked("Published, not official")
"""Terms and rules come from documents, not from price lists."""
STUDY = marked("Published study")
"""Visits and recovery come from studies."""
LAST_READ = re.compile(r"(\w+): source '([^']+)' was last read on (\S+)\.")
LAST_ROW = re.compile(r"(\w+)/prices\.csv: the last row of (\S+) (?:.* )?ended on (\S+)\.")


@dataclass(slots=True)
class Notes:
    """Numbers for sources, in order of first use."""

    sources: dict[str, Source] = field(default_factory=dict)

    def mark(self, source: Source | None) -> str:
        """The number of a source in brackets; empty where there is none."""
        if source is None:
            return ""
        self.sources.setdefault(source.id, source)
        return f"[{list(self.sources).index(source.id) + 1}]"

    def to_html(self, words: Words) -> str:
        """The numbered list of the sources."""
        each = "".join(f"<li>{cite(source, words)}</li>" for source in self.sources.values())
        return f'<ol class="cites">{each}</ol>' if each else ""


def cite(source: Source, words: Words) -> str:
    """A source with its publisher, the day it was read, what kind it is and what to know about it; as HTML."""
    title = escape(source.title)
    if source.url.startswith("https://"):
        title = f'<a href="{escape(source.url)}" target="_blank" rel="noopener">{title}</a>'
    by = f", {escape(source.publisher)}" if source.publisher else ""
    mark = f' <span class="guess">{escape(KINDS[source.kind])}</span>' if source.kind == SourceKind.ASSUMPTION else ""
    read = f" {escape(say('Read {day}.', day=words.day(source.retrieved, year=True)))}" if source.retrieved else ""
    note = f" {escape(words.plain(source.note))}" if source.note else ""
    return f"{title}{by}.{mark}{read}{note}"


def _value() -> Column:
    return Column(say("Value"), True, say("The typical figure, and the range where it is not fixed."))


def _date() -> Column:
    return Column(say("Date"), explain=say("From when it holds, or when its source was last read."))


def _kind_and_note() -> tuple[Column, Column]:
    return Column(say("Kind")), Column(say("Note and source"))


def _kind(kind: SourceKind, published: str) -> str:
    """How far to trust a figure; what is published but not official is named by its kind of document."""
    return say(published) if kind == SourceKind.SURVEY else KINDS[kind]


# ---------------------------------------------------------------- prices


def prices(quote: Quote, words: Words, notes: Notes) -> Table:
    """The prices in use; published ones first."""
    entries = sorted(quote.prices, key=lambda entry: entry.source.kind == SourceKind.ASSUMPTION)
    rows = tuple(
        (
            _price_name(entry, words),
            _range(words.exact(entry.typical), words.exact(entry.low), words.exact(entry.high)),
            unit(entry.unit),
            _read(entry.source, words),
            KINDS[entry.source.kind],
            f"{words.plain(entry.note)} {notes.mark(entry.source)}".strip(),
        )
        for entry in entries
    )
    columns = (Column(say("Price of")), _value(), Column(say("For each")), _date(), *_kind_and_note())
    return Table(say("Prices in use"), columns, rows)


def _price_name(entry: PriceEntry, words: Words) -> str:
    name = words.service(entry.service)
    return f"{name} ({entry.code})" if entry.code.isalnum() and any(c.isdigit() for c in entry.code) else name


def _range(middle: str, low: str, high: str) -> str:
    return middle if low == high else f"{middle} ({low}–{high})"


def _read(source: Source, words: Words) -> str:
    return say("read {day}", day=words.day(source.retrieved, year=True)) if source.retrieved else ""


# ---------------------------------------------------------------- the region's factors


def factors(region: RegionFile, on: date, words: Words, notes: Notes) -> Table:
    """The region's factors in force on a date."""
    known, said = {source.id: source for source in region.source}, factor_words(region.id)
    found = [f for f in region.factor if f.effective_from <= on and (f.effective_to is None or on <= f.effective_to)]
    rows = tuple(
        (
            said[factor.id, factor.unit][0],
            value_of(factor, words),
            said[factor.id, factor.unit][1],
            _period(factor.effective_from, factor.effective_to, words),
            _kind(known[factor.source].kind, RULE),
            f"{words.plain(factor.note)} {notes.mark(known[factor.source])}".strip(),
        )
        for factor in found
    )
    columns = (Column(say("Figure")), _value(), Column(say("What it counts")), _date(), *_kind_and_note())
    return Table(say("Other figures of this region, on {day}", day=words.day(on, year=True)), columns, rows)


def _period(first: date | None, last: date | None, words: Words) -> str:
    if first is not None and last is not None:
        return say("from {first} to {last}", first=words.day(first, year=True), last=words.day(last, year=True))
    if first is not None:
        return say("from {day}", day=words.day(first, year=True))
    return say("to {day}", day=words.day(last, year=True)) if last is not None else ""


@cached_by_language
def factor_words(region: Region) -> Mapping[tuple[str, str], tuple[str, str]]:
    """The name of each factor of a region and what it counts, by its id and unit."""
    return {
        (factor.id, factor.unit): (say(_name_of_factor(factor.id)), say(_counted(factor.unit)))
        for factor in load_tariff(region).region.factor
    }


def _name_of_factor(name: str) -> str:
    """The id of a factor in words."""
    first, *rest = (NAMES.get(part, part) for part in name.split("_"))
    return " ".join([first[:1].upper() + first[1:], *rest])


def value_of(factor: Factor, words: Words) -> str:
    """A factor's value: money, a percentage or a number, with its range."""
    middle = _said(factor.middle, factor.unit, words)
    if factor.low is None or factor.high is None:
        return middle
    return _range(middle, _said(factor.low, factor.unit, words), _said(factor.high, factor.unit, words))


def _said(value: Decimal, what: str, words: Words) -> str:
    if what.startswith(MONEY):
        cents = value * 100
        return words.exact(value) if cents == cents.to_integral_value() else f"{SYMBOLS[words.currency]}{value:f}"
    if "share" in what.split()[:2]:
        return f"{(value * 100).normalize():f}%"
    return f"{value.normalize():f}"


def _counted(text: str) -> str:
    """What a factor counts; the currency already stands in its value."""
    said = re.sub(f"^({'|'.join(MONEY)})\\b,?\\s*", "", text)
    return f"{said[:1].upper()}{said[1:]}" if said else ""


# ---------------------------------------------------------------- plans


def plans(offered: Iterable[Plan], region: RegionFile, yours: Sequence[str], words: Words, notes: Notes) -> Table:
    """Where the terms of each plan come from; the reader's own stand first."""
    known = {source.id: source for source in region.source}
    ordered = sorted(offered, key=lambda plan: (plan.id not in yours, plan.role, plan.title))
    rows = tuple(_plan(plan, known, plan.id in yours, words, notes) for plan in ordered)
    columns = (Column(say("Plan")), Column(say("Terms in force"), is_amount=True), *_kind_and_note())
    return Table(say("Terms of the plans"), columns, rows)


def _plan(
    plan: Plan, known: Mapping[str, Source], is_yours: bool, words: Words, notes: Notes
) -> tuple[str, str, str, str]:
    own = list(plan.sources)
    if not own and isinstance(plan.source, str) and plan.source in known:
        own = [known[plan.source]]
    kind = _kind(worst_kind(source.kind for source in own), RULE) if own else ""
    marks = " ".join(notes.mark(source) for source in own)
    title = say("{plan} (yours)", plan=plan.title) if is_yours else plan.title
    period = _period(plan.effective_from, plan.effective_to, words)
    return title, period, kind, f"{words.plain(plan.note)} {marks}".strip()


# ---------------------------------------------------------------- the course of care


def visits(case: Case, words: Words, notes: Notes) -> Table:
    """How many visits each phase holds for the injury in view: what the tables of care say."""
    scenario, known = case.scenario, case.pathway.sources()
    phases = {phase.number: phase.name for phase in case.pathway.file.phase}
    possible = {part.condition for part in case.components}
    several, planned = len(possible) > 1, {*scenario.services}
    if Service.PHYSICAL_THERAPY in planned:
        planned.add(Service.PHYSICAL_THERAPY_EVALUATION)
    if planned and scenario.treatment == Management.SURGICAL:
        planned.add(Service.SURGERY)
    rows = []
    for row in case.pathway.visits:
        if row.condition not in possible or row.management != scenario.treatment or not row.visits_high:
            continue
        if planned and row.service not in planned:
            continue
        sources = [known[name] for name in row.source.split()]
        name = say(
            "{service}, phase {number}: {phase}",
            service=words.service(row.service),
            number=row.phase,
            phase=phases[row.phase],
        )
        rows.append(
            (
                f"{case.pathway.condition(row.condition).name}, {name}" if several else name,
                _range(f"{row.visits_likely}", f"{row.visits_low}", f"{row.visits_high}"),
                say("{share} of 100", share=round(row.p_if_planned * 100)),
                _kind(worst_kind(source.kind for source in sources), STUDY),
                f"{_sentence(row.note)} {''.join(notes.mark(source) for source in sources)}".strip(),
            )
        )
    columns = (
        Column(say("Visits of")),
        Column(say("Likely visits"), True, say("The likely number, and the fewest and the most.")),
        Column(say("Still in care then"), True, say("How many of 100 people still need care in this phase.")),
        *_kind_and_note(),
    )
    return Table(say("Visits, phase by phase"), columns, tuple(rows))


def course(case: Case, quote: Quote, words: Words, notes: Notes) -> Table:
    """Recovery, the chance that it comes back, and the wait."""
    known = case.pathway.sources()
    recovery = quote.recovery
    rows = [
        (
            say("Back to sport"),
            length(recovery.median_days),
            say("8 of 10: {span}", span=days_span(recovery.p10_days, recovery.p90_days)),
            _read(recovery.source, words),
            _kind(recovery.source.kind, STUDY),
            notes.mark(recovery.source),
        )
    ]
    for row in case.pathway.recurrence:
        if (row.condition, row.management) == (quote.priced_condition, quote.management):
            sources = [known[name] for name in row.source.split()]
            rows.append(
                (
                    say("It comes back within {time}", time=horizon(row.horizon_days)),
                    say("{share} of 100", share=round(row.probability * 100)),
                    say("from {low} to {high} of 100", low=round(row.low * 100), high=round(row.high * 100)),
                    _read(sources[0], words),
                    _kind(worst_kind(source.kind for source in sources), STUDY),
                    f"{_sentence(row.note)} {''.join(notes.mark(source) for source in sources)}".strip(),
                )
            )
    if case.wait is not None and quote.wait is not None:
        source = case.tariff.source(case.wait.source)
        rows.append(
            (
                say("Wait for therapy, {area}", area=quote.wait.area),
                weeks(round(quote.wait.median_weeks)),
                say(
                    "{share} of 100 have waited up to 18 weeks",
                    share=round(quote.wait.share_within_18_weeks * 100),
                ),
                say("as of {day}", day=words.day(case.wait.as_of, year=True)),
                _kind(SourceKind.ASSUMPTION if case.wait.is_borrowed else source.kind, STUDY),
                f"{quote.wait.note} {notes.mark(source)}",
            )
        )
    columns = (Column(say("Figure")), _value(), Column(say("Range")), _date(), *_kind_and_note())
    return Table(say("The course of the injury"), columns, tuple(rows))


def horizon(count: int) -> str:
    """A length of time; a year is called so."""
    return say("a year") if count == 365 else length(count)


def _sentence(text: str) -> str:
    said = text.strip()
    if not said:
        return ""
    said = f"{said[0].upper()}{said[1:]}"
    return said if said.endswith(".") else f"{said}."


# ---------------------------------------------------------------- how old


def age(warnings: Iterable[str], region: RegionFile, words: Words) -> list[str]:
    """The warnings of `check-tariffs` about one region, as sentences."""
    known = {source.id: source.title for source in region.source}
    said = []
    for text in warnings:
        if not text.startswith((f"{region.id}:", f"{region.id}/")):
            continue
        if found := LAST_READ.fullmatch(text):
            text = say("“{source}” was last read on {day}.", source=known.get(found[2], found[2]), day=found[3])
        elif found := LAST_ROW.fullmatch(text):
            text = say(
                "The last price on file for {code} ended on {day}; later dates use it only if you ask for them.",
                code=found[2],
                day=found[3],
            )
        said.append(words.plain(text))
    return said


def read_between(region: RegionFile) -> tuple[date, date] | None:
    """The first and the last day on which a source of the region was read."""
    days = [source.retrieved for source in region.source if source.retrieved is not None]
    return (min(days), max(days)) if days else None
