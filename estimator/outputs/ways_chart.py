"""Ways to be treated as a picture: what each costs against the weeks to the first session, and the same as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from html import escape
from itertools import pairwise

from estimator.mixes import MixOption
from estimator.outputs.tables import Column, Table
from estimator.outputs.words import Words

NEAR_ACROSS, NEAR_UP = 9.0, 9.0
"""Dots closer than this, in hundredths of the picture, would cover each other and become one."""
ROOM = 1.12


@dataclass(slots=True)
class _Dot:
    """One place in the picture, in hundredths from the left and from the bottom, and the ways that stand there."""

    across: float
    up: float
    is_beaten: bool
    numbers: list[int] = field(default_factory=list)


def short_name(option: MixOption) -> str:
    """The name of a way without saying insurance twice."""
    return option.name.replace("Private, insured: Private medical insurance", "Private medical insurance")


def is_beaten(option: MixOption) -> bool:
    """Whether another way costs no more and starts no later."""
    return bool(option.slower_and_dearer_than)


def weeks(option: MixOption) -> str:
    """The likely wait for the first therapy session, in words."""
    return "no therapy" if option.weeks_to_first_session is None else _weeks(option.weeks_to_first_session.likely)


def weeks_in_8_of_10(option: MixOption) -> str:
    """The range of that wait; empty where it is always the same."""
    found = option.weeks_to_first_session
    if found is None or round(found.p10) == round(found.p90):
        return ""
    return f"{round(found.p10)}–{round(found.p90)} weeks"


def _weeks(count: Decimal) -> str:
    if count < 1:
        return "under a week"
    whole = round(count)
    return f"{whole} {'week' if whole == 1 else 'weeks'}"


def chart(options: Sequence[MixOption], words: Words) -> str:
    """Cost upward, weeks to the first session to the right; the ways that no other beats are joined by a line.

    HTML, so that numbers stay readable at any width; empty where no therapy is asked for.
    """
    timed = [option for option in options if option.weeks_to_first_session is not None]
    if not timed:
        return ""
    most = max(option.patient_pays.likely for option in timed) or Decimal(1)
    longest = max(_likely(option) for option in timed) or Decimal(1)
    dots = _dots(options, float(longest) * ROOM, float(most) * ROOM)
    drawn = "".join(
        f'<b class="way-dot{" beaten" if dot.is_beaten else ""}" style="left:{dot.across:.1f}%;bottom:{dot.up:.1f}%">'
        f"{', '.join(str(number) for number in dot.numbers)}</b>"
        for dot in dots
    )
    lines = "".join(
        f'<i class="way-grid" style="bottom:{100 * share / ROOM:.1f}%"><span>{escape(words.about(most * Decimal(share)))}</span></i>'
        for share in (0, 0.5, 1)
    )
    return (
        f'<div class="ways-picture" role="img" aria-label="{escape(alt(options, words))}">'
        '<p class="way-axis">What you pay</p>'
        f'<div class="way-field">{lines}{_frontier(dots)}{drawn}</div>'
        f'<p class="way-axis across"><span>No wait</span><span>First session after {_weeks(longest)}</span></p></div>'
    )


def _likely(option: MixOption) -> Decimal:
    assert option.weeks_to_first_session is not None
    return option.weeks_to_first_session.likely


def _dots(options: Sequence[MixOption], wide: float, high: float) -> list[_Dot]:
    """Where the ways stand; the ones that no other beats come first, so that they give a shared dot its place."""
    dots: list[_Dot] = []
    numbered = [(number, each) for number, each in enumerate(options, start=1) if each.weeks_to_first_session]
    for number, option in sorted(numbered, key=lambda pair: (is_beaten(pair[1]), pair[0])):
        across = float(_likely(option)) / wide * 100
        up = float(option.patient_pays.likely) / high * 100
        near = next(
            (d for d in dots if abs(d.across - across) < NEAR_ACROSS and abs(d.up - up) < NEAR_UP),
            None,
        )
        if near is None:
            near = _Dot(across, up, is_beaten(option))
            dots.append(near)
        near.numbers.append(number)
    return dots


def _frontier(dots: Sequence[_Dot]) -> str:
    """Lines between the ways that no other beats."""
    best = sorted((dot for dot in dots if not dot.is_beaten), key=lambda dot: dot.across)
    drawn = "".join(
        f'<line x1="{one.across:.1f}" y1="{100 - one.up:.1f}" x2="{other.across:.1f}" y2="{100 - other.up:.1f}"/>'
        for one, other in pairwise(best)
    )
    return f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">{drawn}</svg>' if drawn else ""


def alt(options: Sequence[MixOption], words: Words) -> str:
    """The picture in words: which ways make sense, then every way."""
    best = [f"{n} {short_name(option)}" for n, option in enumerate(options, start=1) if not is_beaten(option)]
    each = "; ".join(
        f"{n} {short_name(option)}: {words.about(option.patient_pays.likely)}, first session {weeks(option)}"
        for n, option in enumerate(options, start=1)
    )
    lead = f"No other way is both cheaper and sooner than: {', '.join(best)}."
    return f"What you pay against the weeks to the first session. {lead} {each}. The table below has the same rows."


def table(options: Sequence[MixOption], words: Words) -> Table:
    """The picture as numbers."""
    columns = (
        Column("Way"),
        Column("You pay, one likely course", is_amount=True),
        Column("8 in 10", is_amount=True),
        Column("First session", is_amount=True, explain="From the start of care, in the likely course."),
        Column("8 in 10", is_amount=True),
        Column("Sessions you buy", is_amount=True),
        Column("The NHS pays", is_amount=True, explain="For information; it is nobody's bill."),
    )
    rows = tuple(
        (
            f"{number} {short_name(option)}",
            words.about(option.patient_pays.likely),
            words.span(option.patient_pays.p10, option.patient_pays.p90),
            weeks(option),
            weeks_in_8_of_10(option) or weeks(option),
            str(option.private_sessions),
            words.about(option.nhs_pays),
        )
        for number, option in enumerate(options, start=1)
    )
    return Table("Ways to be treated, the cheapest first", columns, rows)
