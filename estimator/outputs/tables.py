"""Quotes and projections as tables of words: the twin of every picture, and the lines behind every amount."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from estimator.messages import say
from estimator.outputs.words import KINDS, Words, unit
from estimator.pathway import Source
from estimator.projection import Projection
from estimator.quote import Part, PriceEntry, Quote, QuoteLine
from estimator.vocabulary import Service, SourceKind


@dataclass(frozen=True, slots=True)
class Column:
    """A heading; amounts align right, and a term explains itself."""

    title: str
    is_amount: bool = False
    explain: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of finished text under headings; the first cell of a row names it."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()


# ---------------------------------------------------------------- who pays


def payers(quote: Quote, words: Words) -> list[tuple[str, Column]]:
    """The payers that matter for a quote: the field of an amount and its heading."""
    columns = [("patient_pays", Column(say("You pay"), is_amount=True))]
    if quote.totals.plan_pays or quote.secondary is not None:
        columns.append(("plan_pays", Column(words.label("plan_pays"), True, words.explain("plan_pays"))))
    if quote.secondary is not None:
        columns.append(("secondary_pays", Column(words.label("secondary_pays"), True, words.explain("secondary_pays"))))
    if quote.totals.write_off:
        columns.append(("write_off", Column(say("Nobody pays"), True, words.explain("write_off"))))
    return columns


def by_phase(quote: Quote, words: Words) -> Table:
    """What each phase of recovery costs and who pays."""
    return _by_part(quote.by_phase, say("Phase"), say("Who pays, by phase"), quote, words)


def by_service(quote: Quote, words: Words) -> Table:
    """What each kind of care costs and who pays."""
    return _by_part(quote.by_service, say("Kind of care"), say("Who pays, by kind of care"), quote, words)


def _by_part(parts: Iterable[Part], kind: str, caption: str, quote: Quote, words: Words) -> Table:
    who = payers(quote, words)
    rows = tuple(
        (name_of(part, words), f"{part.visits}", *(words.exact(getattr(part, field)) for field, _ in who))
        for part in parts
    )
    total = (say("Together"), "", *(words.exact(getattr(quote.totals, field)) for field, _ in who))
    columns = (Column(kind), Column(say("Visits"), is_amount=True), *(column for _, column in who))
    return Table(caption, columns, rows, total)


def name_of(part: Part, words: Words) -> str:
    """The name of a phase, or of a service in the region's words."""
    return words.service(Service(part.id)) if part.id in {*Service} else part.name


def by_week(projection: Projection, words: Words) -> Table:
    """The fan chart as numbers."""
    rows = tuple(
        (
            words.day(week.ends, year=True),
            words.about(week.p10),
            words.about(week.p50),
            words.about(week.p90),
        )
        for week in projection.by_week
    )
    columns = (
        Column(say("Up to")),
        Column(say("1 in 10 pay less than"), is_amount=True),
        Column(say("Most likely"), is_amount=True),
        Column(say("1 in 10 pay more than"), is_amount=True),
    )
    return Table(say("What you will have paid, week by week"), columns, rows)


# ---------------------------------------------------------------- why this number


def lines(quote: Quote, words: Words) -> Table:
    """Every line of the likely course: what it is, who pays and why."""
    who = payers(quote, words)
    notes = {source.id: number for number, source in enumerate(sources(quote), start=1)}
    rows = tuple(
        (
            words.day(line.date),
            _what(line, words),
            words.exact(line.charge),
            *(words.exact(getattr(line, field)) for field, _ in who),
            _why(line, notes),
        )
        for line in quote.lines
    )
    total = (
        say("Together"),
        "",
        words.exact(quote.totals.charge),
        *(words.exact(getattr(quote.totals, f)) for f, _ in who),
        "",
    )
    columns = (
        Column(say("Date")),
        Column(say("What")),
        Column(say("Price"), is_amount=True, explain=say("What the provider bills for it.")),
        *(column for _, column in who),
        Column(say("Why")),
    )
    return Table(say("One likely course, line by line"), columns, rows, total)


def _what(line: QuoteLine, words: Words) -> str:
    name = words.service(line.service)
    code = line.code if line.code.isalnum() and any(c.isdigit() for c in line.code) else ""
    units = f" × {line.units}" if line.units > 1 else ""
    return f"{name} ({code}{units})" if code else f"{name}{units}"


def _why(line: QuoteLine, notes: dict[str, int]) -> str:
    guess = say("Price: our estimate.") if line.price_kind == SourceKind.ASSUMPTION else ""
    mark = f"[{notes[line.price_source]}]" if line.price_source in notes else ""
    return " ".join(part for part in (line.explanation, guess, mark) if part)


def sources(quote: Quote) -> list[Source]:
    """The sources of the prices in use, each once, in order of use."""
    return list({entry.source.id: entry.source for entry in quote.prices}.values())


def prices(quote: Quote, words: Words) -> Table:
    """The prices in use, each with its kind and the number of its source; published ones first."""
    notes = {source.id: number for number, source in enumerate(sources(quote), start=1)}
    entries = sorted(quote.prices, key=lambda entry: entry.source.kind == SourceKind.ASSUMPTION)
    rows = tuple(
        (
            words.service(entry.service),
            entry.code if any(c.isdigit() for c in entry.code) else "",
            _band(entry, words),
            unit(entry.unit),
            KINDS[entry.source.kind],
            f"{words.plain(entry.note)} [{notes[entry.source.id]}]".strip(),
        )
        for entry in entries
    )
    columns = (
        Column(say("For")),
        Column(say("Code"), explain=say("The number on the bill.")),
        Column(say("Price"), is_amount=True, explain=say("The typical price, and the range where it is not fixed.")),
        Column(say("For each")),
        Column(say("Kind")),
        Column(say("Note and source")),
    )
    return Table(say("Prices in use"), columns, rows)


def _band(entry: PriceEntry, words: Words) -> str:
    middle = words.exact(entry.typical)
    fixed = entry.low == entry.high
    return middle if fixed else f"{middle} ({words.exact(entry.low)}–{words.exact(entry.high)})"


# ---------------------------------------------------------------- drawing a table


def to_html(table: Table) -> str:
    """A plain HTML table; on a narrow screen the style sheet turns each row into a small card."""
    head = "".join(
        f'<th scope="col"{_side(column)}{_tip(column)}>{escape(column.title)}</th>' for column in table.columns
    )
    body = "".join(_row(table.columns, row) for row in table.rows)
    foot = f"<tfoot>{_row(table.columns, table.total)}</tfoot>" if table.total else ""
    return (
        f'<table class="rows"><caption>{escape(table.caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>{foot}</table>"
    )


def _row(columns: Sequence[Column], cells: Sequence[str]) -> str:
    first, *rest = cells
    named = [f'<th scope="row" data-label="{escape(columns[0].title)}">{escape(first)}</th>']
    named += [
        f'<td data-label="{escape(column.title)}"{_side(column)}>{escape(cell)}</td>'
        for column, cell in zip(columns[1:], rest, strict=True)
    ]
    return f"<tr>{''.join(named)}</tr>"


def _side(column: Column) -> str:
    return ' class="amount"' if column.is_amount else ""


def _tip(column: Column) -> str:
    return f' title="{escape(column.explain)}"' if column.explain else ""
