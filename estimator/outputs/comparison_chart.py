"""Options side by side: a dot for the middle, a bar for 8 in 10, the amount as text, and the same rows as a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape

from estimator.comparison import BreakEven, Pair
from estimator.messages import marked, say, say_many
from estimator.outputs.tables import Column, Table
from estimator.outputs.words import Words, chance
from estimator.outputs.workbook import Cell, Sheet

YOURS = marked("Your case")
WORTH_SAYING = Decimal("0.095")
"""Below about 1 in 10, the cases in which two options cost the same are left unsaid."""
VISITS_SHOWN = (1, 2, 4, 6, 8, 12, 16, 20, 30, 40, 52)


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
    missing: tuple[str, ...] = ()
    """Care without a published price that other options have in their sum: this one costs at least so much."""
    is_yours: bool = False


def sorted_by_cost(rows: Sequence[Row]) -> list[Row]:
    """What costs the reader least stands first; among equals their own case, and last what lacks a price."""
    return sorted(rows, key=lambda row: (row.middle, bool(row.missing), row.high, not row.is_yours, row.name))


# ---------------------------------------------------------------- in words


def amount(row: Row, words: Words) -> str:
    """The middle amount."""
    if row.missing:
        return say("at least {amount}", amount=words.about(row.middle))
    return say("nothing") if row.high == 0 else words.about(row.middle)


def eight_in_ten(row: Row, words: Words) -> str:
    """The range in 8 of 10 cases."""
    if words.about(row.low, row.high) == words.about(row.high):
        return say("the same in 8 of 10 cases")
    return say("8 in 10: {range}", range=words.span(row.low, row.high))


def worst_in_ten(row: Row, words: Words) -> str:
    """What the dearest of ten cases costs at least; empty where it costs as much as the others."""
    if words.about(row.low, row.high) == words.about(row.high):
        return ""
    return say("worst case in ten: {amount} or more", amount=words.about(row.high))


def against(row: Row) -> str:
    """How an option stands against the reader's own, in cases."""
    if row.is_yours:
        return say("your case")
    if row.missing:
        return say("not counted against yours: a price is missing")
    if row.cheaper is None or row.same is None:
        return ""
    dearer = 1 - row.cheaper - row.same
    if row.same == 1:
        return say("costs the same in every case")
    is_cheaper = row.cheaper >= dearer
    often, the_same = chance(row.cheaper if is_cheaper else dearer), chance(row.same)
    if row.same < WORTH_SAYING:
        if is_cheaper:
            return say("cheaper than yours {how_often}", how_often=often)
        return say("dearer than yours {how_often}", how_often=often)
    if is_cheaper:
        return say(
            "cheaper than yours {how_often}, the same {how_often_the_same}",
            how_often=often,
            how_often_the_same=the_same,
        )
    return say(
        "dearer than yours {how_often}, the same {how_often_the_same}", how_often=often, how_often_the_same=the_same
    )


def usual_difference(row: Row, words: Words) -> str:
    """The middle of the differences; never a negative amount."""
    if row.difference is None or row.missing:
        return ""
    if row.difference == 0:
        return say("none")
    shown = words.about(abs(row.difference))
    return say("{amount} more", amount=shown) if row.difference > 0 else say("{amount} less", amount=shown)


def weeks_in_words(weeks: Decimal | None) -> str:
    """A wait as people say it."""
    if weeks is None:
        return say("no therapy planned")
    return say("under a week") if weeks < 1 else say_many("about {count} week", "about {count} weeks", round(weeks))


def takeaway(rows: Sequence[Row], words: Words) -> str:
    """What the comparison says in one or two sentences; what lacks a price is never called the cheapest."""
    ordered = [row for row in sorted_by_cost(rows) if row.is_yours or not row.missing]
    yours = next(row for row in ordered if row.is_yours)
    others = [row for row in ordered if not row.is_yours]
    if not others:
        return say("Choose something to compare with.") if len(rows) == 1 else say("Every other sum lacks a price.")
    mine, best = amount(yours, words), others[0]
    if best.middle > yours.middle:
        return say(
            "Your own case is the cheapest here: most likely {amount}. Next comes “{option}”, {next_amount}.",
            amount=mine,
            option=best.name,
            next_amount=amount(best, words),
        )
    if best.middle == yours.middle:
        return say(
            "Nothing here is likely to cost less than your own case ({amount}); some cost the same.", amount=mine
        )
    if not (how := against(best)):
        return say(
            "“{option}” costs least: most likely {amount} instead of {own_amount}.",
            option=best.name,
            amount=amount(best, words),
            own_amount=mine,
        )
    return say(
        "“{option}” costs least: most likely {amount} instead of {own_amount}; {against}.",
        option=best.name,
        amount=amount(best, words),
        own_amount=mine,
        against=how,
    )


# ---------------------------------------------------------------- any two options


def duel(first: str, second: str, counted: Pair, words: Words) -> str:
    """Which of two options costs less, and how often."""
    if counted.same == 1:
        return say("“{first}” and “{second}” cost the same in every case.", first=first, second=second)
    said = [
        say(
            "“{first}” costs less than “{second}” {how_often}.",
            first=first,
            second=second,
            how_often=chance(counted.first_cheaper),
        )
    ]
    if counted.same:
        said.append(say("They cost the same {how_often}.", how_often=chance(counted.same)))
    if counted.difference:
        said.append(
            say(
                "“{dearer}” usually costs {amount} more.",
                dearer=first if counted.difference > 0 else second,
                amount=words.about(abs(counted.difference)),
            )
        )
    return " ".join(said)


Count = Callable[[int, int], Pair | None]
"""Two options by their places in a row of names; None where they cannot be counted against each other."""


def pairs_table(names: Sequence[str], count: Count) -> Table:
    """Every pair: in how many of 100 cases the option of the row costs less than that of the column."""
    shares = _shares(names, count)
    rows = tuple(
        (name, *("" if i == j else _of_100(share) for j, share in enumerate(shares[i]))) for i, name in enumerate(names)
    )
    columns = (Column(say("Option")), *(Column(name, is_amount=True) for name in names))
    caption = say("Of 100 cases: in how many the option of the row costs less than the one named with the number")
    return Table(caption, columns, rows)


def pairs_sheet(names: Sequence[str], count: Count) -> Sheet:
    """The same as shares of one, for a file."""
    head = (say("option"), *(say("share of cases cheaper than “{option}”", option=name) for name in names))
    rows = tuple((name, *shares) for name, shares in zip(names, _shares(names, count), strict=True))
    return Sheet(say("any two"), head, rows)


def _shares(names: Sequence[str], count: Count) -> list[list[Decimal | None]]:
    """How often the option of the row costs less; each pair is counted once."""
    shares: list[list[Decimal | None]] = [[None] * len(names) for _ in names]
    for i in range(len(names)):
        for j in range(i + 1, len(names)):
            if (counted := count(i, j)) is not None:
                shares[i][j], shares[j][i] = counted.first_cheaper, counted.second_cheaper
    return shares


def _of_100(share: Decimal | None) -> str:
    """Whole cases; what is not quite none or all of them does not look as if it were."""
    if share is None:
        return "–"
    whole = round(share * 100)
    if whole == 0 and share > 0:
        return "< 1"
    return "> 99" if whole == 100 and share < 1 else f"{whole}"


# ---------------------------------------------------------------- cash or the plan, visit by visit


def break_even_says(found: BreakEven, words: Words) -> list[str]:
    """From how many visits on the plan costs less than cash, in sentences."""
    first, last, most = found.plan_wins_from, found.plan_wins_up_to, len(found.with_plan) - 1
    if first is None:
        said = [
            say(
                "Cash costs no more than your plan, however many therapy visits you need (looked at up to {visits}).",
                visits=most,
            )
        ]
    elif first == 1:
        said = [say("Your plan costs less than cash from the first therapy visit on.")]
    else:
        said = [
            say_many(
                "With fewer than {count} therapy visit cash costs no more; from then on your plan costs less.",
                "With fewer than {count} therapy visits cash costs no more; from then on your plan costs less.",
                first,
            )
        ]
    if last is not None:
        said.append(say("That holds up to visit {visit}.", visit=last))
    said.append(
        say(
            "A therapy visit costs about {cash_amount} in cash; your plan counts {plan_amount} for it.",
            cash_amount=words.about(found.cash_price, found.plan_price),
            plan_amount=words.about(found.plan_price, found.cash_price),
        )
    )
    said.append(
        say_many(
            "With {count} therapy visit, as in your likely course, all your care costs you {plan_amount} with the plan "
            "and {cash_amount} with cash for therapy.",
            "With {count} therapy visits, as in your likely course, all your care costs you {plan_amount} with the plan "
            "and {cash_amount} with cash for therapy.",
            found.likely_visits,
            plan_amount=words.exact(found.with_plan[found.likely_visits]),
            cash_amount=words.exact(found.in_cash[found.likely_visits]),
        )
    )
    return said


def break_even_table(found: BreakEven, words: Words) -> Table:
    """What all the care costs with so many therapy visits, with the plan and in cash."""
    first, last = found.plan_wins_from, found.plan_wins_up_to
    turns = {n for n in (found.likely_visits, first, last, last + 1 if last is not None else None) if n is not None}
    shown = sorted(turns | {*VISITS_SHOWN})
    rows = tuple(
        (
            say("{visits} (your likely course)", visits=n) if n == found.likely_visits else f"{n}",
            words.exact(found.with_plan[n]),
            words.exact(found.in_cash[n]),
        )
        for n in shown
        if n < len(found.with_plan)
    )
    columns = (
        Column(say("Therapy visits")),
        Column(say("With your plan"), is_amount=True),
        Column(say("Cash for therapy"), is_amount=True),
    )
    return Table(say("What all your care costs you, by the number of therapy visits"), columns, rows)


# ---------------------------------------------------------------- the picture


def chart(
    rows: Sequence[Row],
    words: Words,
    *,
    alt: str,
    with_weeks: bool = False,
    with_worst: bool = True,
    last: Callable[[Row], str] = against,
) -> str:
    """One row an option on one scale from zero; HTML, so that it fits any width and follows the theme.

    `last` says what stands at the end of a row; how it compares with the reader's own where nothing is given.
    """
    most = max((row.high for row in rows), default=Decimal(0))
    scale = most or Decimal(1)
    drawn = "".join(
        _row(
            row,
            scale,
            words,
            weeks=weeks_in_words(row.weeks) if with_weeks else "",
            worst=worst_in_ten(row, words) if with_worst else "",
            end="" if row.is_yours else last(row),
        )
        for row in rows
    )
    axis = (
        f'<div class="cmp-axis" aria-hidden="true"><span>{escape(words.about(Decimal(0)))}</span>'
        f"<span>{escape(words.about(most))}</span></div>"
    )
    kind = "cmp with-weeks" if with_weeks else "cmp"
    return f'<div class="{kind}" role="img" aria-label="{escape(alt)}">{axis if most else ""}{drawn}</div>'


def _row(row: Row, scale: Decimal, words: Words, *, weeks: str, worst: str, end: str) -> str:
    low, middle = (_percent(value, scale) for value in (row.low, row.middle))
    is_tagged = row.is_yours and row.name != say(YOURS)
    tag = f' <span class="cmp-tag">{escape(say("your case"))}</span>' if is_tagged else ""
    before = f"<span>{escape(say('First therapy session:'))} </span>"
    wait = f'<div class="cmp-weeks">{before}{escape(weeks)}</div>' if weeks else ""
    return (
        f'<div class="cmp-row{" yours" if row.is_yours else ""}">'
        f'<div class="cmp-name"><b>{escape(row.name)}</b>{tag}'
        f'<span class="cmp-differs">{escape(row.differs)}</span><span class="cmp-differs">{escape(_missing(row))}</span></div>'
        f'<div class="cmp-track"><i class="cmp-bar" style="left:{low}%;width:{_width(row, scale)}%"></i>'
        f'<i class="cmp-dot" style="left:{middle}%"></i></div>'
        f'<div class="cmp-sum"><b>{escape(amount(row, words))}</b><span>{escape(eight_in_ten(row, words))}</span>'
        f"<span>{escape(worst)}</span></div>"
        f'<div class="cmp-against">{escape(end)}</div>{wait}</div>'
    )


def _missing(row: Row) -> str:
    if not row.missing:
        return ""
    return say("No price is published for: {services}", services=", ".join(row.missing))


def _percent(value: Decimal, scale: Decimal) -> str:
    return f"{float(value / scale * 100):.2f}"


def _width(row: Row, scale: Decimal) -> str:
    return _percent(row.high - row.low, scale)


def alt_text(rows: Sequence[Row], words: Words) -> str:
    """The picture in words: its takeaway, then every row."""
    each = "; ".join(
        say(
            "{option} {amount} ({range})",
            option=row.name,
            amount=amount(row, words),
            range=eight_in_ten(row, words),
        )
        for row in rows
    )
    return say(
        "Options side by side, the cheapest first. {takeaway} {options}. The table below has the same rows.",
        takeaway=takeaway(rows, words),
        options=each,
    )


# ---------------------------------------------------------------- the table and the file


def table(rows: Sequence[Row], words: Words, *, with_weeks: bool = False) -> Table:
    """The picture as numbers."""
    columns = [
        Column(say("Option")),
        Column(say("Most likely"), is_amount=True, explain=say("Half of the cases cost less, half cost more.")),
        Column(say("1 in 10 pay less than"), is_amount=True),
        Column(say("Worst case in ten"), is_amount=True, explain=say("1 in 10 pay this much or more.")),
        Column(
            say("Usually, against yours"),
            is_amount=True,
            explain=say("The middle of the differences from your case, case by case."),
        ),
        Column(say("Counted in cases")),
    ]
    if with_weeks:
        columns.append(Column(say("First therapy session")))
    cells = tuple(_cells(row, words, with_weeks) for row in rows)
    return Table(say("What you would pay, option by option"), tuple(columns), cells)


def _cells(row: Row, words: Words, with_weeks: bool) -> tuple[str, ...]:
    name = say("{option} ({differs})", option=row.name, differs=row.differs) if row.differs else row.name
    cells = (
        name,
        amount(row, words),
        words.about(row.low),
        words.about(row.high),
        usual_difference(row, words),
        against(row),
    )
    return (*cells, weeks_in_words(row.weeks)) if with_weeks else cells


def sheet(rows: Sequence[Row], currency: str) -> Sheet:
    """The rows as plain numbers, for a file."""
    head = (
        say("option"),
        say("what differs"),
        say("most likely ({currency})", currency=currency),
        say("1 in 10 pay less than ({currency})", currency=currency),
        say("worst case in ten ({currency})", currency=currency),
        say("usual difference from yours ({currency})", currency=currency),
        say("share of cases cheaper than yours"),
        say("share of cases the same as yours"),
        say("weeks to first therapy session"),
        say("care without a published price"),
    )
    cells: list[tuple[Cell, ...]] = [
        (
            row.name,
            say("your case") if row.is_yours else row.differs,
            row.middle,
            row.low,
            row.high,
            row.difference,
            row.cheaper,
            row.same,
            row.weeks,
            ", ".join(row.missing),
        )
        for row in rows
    ]
    return Sheet(say("comparison"), head, tuple(cells))
