"""Options side by side: a dot for the middle, a bar for 8 in 10, the amount as text, and the same rows as a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape

from estimator.outputs.tables import Column, Table
from estimator.outputs.words import Words, chance
from estimator.outputs.workbook import Cell, Sheet

YOURS = "Your case"


@dataclass(frozen=True, slots=True)
class Row:
    """One option; shares and the difference are counted case by case against the reader's own."""

    name: str
    differs: str
    low: Decimal
    middle: Decimal
    high: Decimal
    cheaper: Decimal | None = None
    """The share of cases in which it costs less than the reader's own; None where it is not counted."""
    same: Decimal | None = None
    difference: Decimal | None = None
    """The middle of the differences, case by case; above zero where it costs more."""
    weeks: Decimal | None = None
    """Weeks from the start of care to the first therapy session."""
    is_yours: bool = False


def sorted_by_cost(rows: Sequence[Row]) -> list[Row]:
    """What costs the reader least stands first; among equals their own case."""
    return sorted(rows, key=lambda row: (row.middle, row.high, not row.is_yours, row.name))


# ---------------------------------------------------------------- in words


def amount(row: Row, words: Words) -> str:
    """The middle amount."""
    return "nothing" if row.high == 0 else words.about(row.middle)


def eight_in_ten(row: Row, words: Words) -> str:
    """The range in 8 of 10 cases."""
    said = words.span(row.low, row.high)
    return f"8 in 10: {said}" if "–" in said else "the same in 8 of 10 cases"


def against(row: Row, yours: Row) -> str:
    """How an option stands against the reader's own, in cases."""
    if row.is_yours:
        return "your case"
    if row.cheaper is None or row.same is None:
        return _at_least(row, yours)
    dearer = 1 - row.cheaper - row.same
    if row.same == 1:
        return "costs the same in every case"
    if row.cheaper >= dearer:
        return f"cheaper than yours {chance(row.cheaper)}"
    return f"dearer than yours {chance(dearer)}"


def _at_least(row: Row, yours: Row) -> str:
    """Where cases were not counted together: ranges that do not touch leave at most 2 of 10 cases open."""
    if row.low > yours.high:
        return "dearer than yours in at least 8 of 10 cases"
    if row.high < yours.low:
        return "cheaper than yours in at least 8 of 10 cases"
    if (row.low, row.middle, row.high) == (yours.low, yours.middle, yours.high):
        return "about the same as yours"
    return ""


def usual_difference(row: Row, words: Words) -> str:
    """The middle of the differences; never a negative amount."""
    if row.difference is None:
        return ""
    if row.difference == 0:
        return "none"
    return f"{words.about(abs(row.difference))} {'more' if row.difference > 0 else 'less'}"


def weeks_in_words(weeks: Decimal | None) -> str:
    """A wait as people say it."""
    if weeks is None:
        return "no therapy planned"
    if weeks < 1:
        return "under a week"
    whole = round(weeks)
    return f"about {whole} {'week' if whole == 1 else 'weeks'}"


def takeaway(rows: Sequence[Row], words: Words) -> str:
    """What the comparison says in one or two sentences."""
    ordered = sorted_by_cost(rows)
    yours = next(row for row in ordered if row.is_yours)
    best = next((row for row in ordered if row.middle == ordered[0].middle and row.is_yours), ordered[0])
    others = [row for row in ordered if not row.is_yours]
    if not others:
        return "Choose something to compare with."
    mine = amount(yours, words)
    if best.is_yours:
        ties = [row for row in others if row.middle == best.middle]
        if ties:
            return f"Nothing here is likely to cost less than your own case ({mine}); some cost the same."
        nearest = others[0]
        return (
            f"Your own case is the cheapest here: most likely {mine}. Next comes “{nearest.name}”, "
            f"{amount(nearest, words)}."
        )
    said = against(best, yours)
    return (
        f"“{best.name}” costs least: most likely {amount(best, words)} instead of {mine}{f'; {said}' if said else ''}."
    )


# ---------------------------------------------------------------- the picture


def chart(
    rows: Sequence[Row],
    words: Words,
    *,
    alt: str,
    with_weeks: bool = False,
    last: Callable[[Row], str] | None = None,
) -> str:
    """One row an option on one scale from zero; HTML, so that it fits any width and follows the theme.

    `last` says what stands at the end of a row; how it compares with the reader's own where nothing is given.
    """
    most = max((row.high for row in rows), default=Decimal(0))
    scale = most or Decimal(1)
    yours = next((row for row in rows if row.is_yours), None)
    end = last or (lambda row: against(row, yours) if yours is not None else "")
    drawn = "".join(_row(row, scale, words, with_weeks, end(row)) for row in rows)
    axis = (
        f'<div class="cmp-axis" aria-hidden="true"><span>{escape(words.about(Decimal(0)))}</span>'
        f"<span>{escape(words.about(most))}</span></div>"
    )
    kind = "cmp with-weeks" if with_weeks else "cmp"
    return f'<div class="{kind}" role="img" aria-label="{escape(alt)}">{axis if most else ""}{drawn}</div>'


def _row(row: Row, scale: Decimal, words: Words, with_weeks: bool, end: str) -> str:
    low, middle = (_percent(value, scale) for value in (row.low, row.middle))
    tag = ' <span class="cmp-tag">your case</span>' if row.is_yours and row.name != YOURS else ""
    said = "" if row.is_yours and end == "your case" else end
    weeks = (
        f'<div class="cmp-weeks"><span>First therapy session: </span>{escape(weeks_in_words(row.weeks))}</div>'
        if with_weeks
        else ""
    )
    return (
        f'<div class="cmp-row{" yours" if row.is_yours else ""}">'
        f'<div class="cmp-name"><b>{escape(row.name)}</b>{tag}'
        f'<span class="cmp-differs">{escape(row.differs)}</span></div>'
        f'<div class="cmp-track"><i class="cmp-bar" style="left:{low}%;width:{_width(row, scale)}%"></i>'
        f'<i class="cmp-dot" style="left:{middle}%"></i></div>'
        f'<div class="cmp-sum"><b>{escape(amount(row, words))}</b><span>{escape(eight_in_ten(row, words))}</span></div>'
        f'<div class="cmp-against">{escape(said)}</div>{weeks}</div>'
    )


def _percent(value: Decimal, scale: Decimal) -> str:
    return f"{float(value / scale * 100):.2f}"


def _width(row: Row, scale: Decimal) -> str:
    return _percent(row.high - row.low, scale)


def alt_text(rows: Sequence[Row], words: Words) -> str:
    """The picture in words: its takeaway, then every row."""
    each = "; ".join(f"{row.name} {amount(row, words)} ({eight_in_ten(row, words)})" for row in rows)
    return (
        f"Options side by side, the cheapest first. {takeaway(rows, words)} {each}. The table below has the same rows."
    )


# ---------------------------------------------------------------- the table and the file


def table(rows: Sequence[Row], words: Words, *, with_weeks: bool = False) -> Table:
    """The picture as numbers."""
    yours = next(row for row in rows if row.is_yours)
    columns = [
        Column("Option"),
        Column("Most likely", is_amount=True, explain="Half of the cases cost less, half cost more."),
        Column("1 in 10 pay less than", is_amount=True),
        Column("1 in 10 pay more than", is_amount=True, explain="The worst case in ten."),
        Column("Usually", is_amount=True, explain="The middle of the differences from your case, case by case."),
        Column("Against yours"),
    ]
    if with_weeks:
        columns.append(Column("First therapy session"))
    return Table(
        "What you would pay, option by option", tuple(columns), tuple(_cells(r, yours, words, with_weeks) for r in rows)
    )


def _cells(row: Row, yours: Row, words: Words, with_weeks: bool) -> tuple[str, ...]:
    sums = tuple(words.about(value) for value in (row.middle, row.low, row.high))
    differs = f" ({row.differs})" if row.differs else ""
    cells = (f"{row.name}{differs}", *sums, usual_difference(row, words), against(row, yours))
    return (*cells, weeks_in_words(row.weeks)) if with_weeks else cells


def sheet(rows: Sequence[Row], currency: str) -> Sheet:
    """The rows as plain numbers, for a file."""
    head = (
        "option",
        "what differs",
        f"most likely ({currency})",
        f"1 in 10 pay less than ({currency})",
        f"1 in 10 pay more than ({currency})",
        f"usual difference from yours ({currency})",
        "share of cases cheaper than yours",
        "share of cases the same as yours",
        "weeks to first therapy session",
    )
    rows_of_cells: list[tuple[Cell, ...]] = [
        (
            row.name,
            "your case" if row.is_yours else row.differs,
            row.middle,
            row.low,
            row.high,
            row.difference,
            row.cheaper,
            row.same,
            row.weeks,
        )
        for row in rows
    ]
    return Sheet("comparison", head, tuple(rows_of_cells))
