"""Ways to be treated as a picture: what each costs against the weeks to the first session, and the same as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from html import escape
from itertools import pairwise

from estimator.messages import say
from estimator.mixes import Mixes, MixOption
from estimator.outputs.tables import Column, Table
from estimator.outputs.words import Words, weeks_span
from estimator.outputs.words import weeks as weeks_said
from estimator.vocabulary import Service

NEAR_ACROSS, NEAR_UP = 9.0, 12.0
"""Dots closer than this, in hundredths of the picture, would cover each other and become one."""
ROOM = 1.12


@dataclass(frozen=True, slots=True)
class Way:
    """One way as a row: its number, what is missing from its sum, and the ways that beat it."""

    number: int
    option: MixOption
    beaten_by: tuple[str, ...]
    """Names of ways that cost no more and start no later, whose own sum is whole."""

    @property
    def missing(self) -> tuple[Service, ...]:
        """Care of this way for which no price is known."""
        return self.option.not_counted

    @property
    def name(self) -> str:
        return _name(self.option)

    @property
    def is_timed(self) -> bool:
        return self.option.weeks_to_first_session is not None


def ways(made: Mixes) -> tuple[Way, ...]:
    """The ways of a comparison in their order; a sum with something missing is the least that a way costs."""
    names = {option.id: _name(option) for option in made.options}
    return tuple(
        Way(number, option, tuple(names[name] for name in option.slower_and_dearer_than))
        for number, option in enumerate(made.options, start=1)
    )


def _name(option: MixOption) -> str:
    """The name of a way without saying insurance twice."""
    policy = say("Private medical insurance")
    return option.name.replace(f"{say('Private, insured')}: {policy}", policy)


def pays(way: Way, words: Words) -> str:
    """What a way costs in one likely course."""
    likely = way.option.patient_pays.likely
    if way.missing:
        return say("at least {amount}", amount=words.about(likely))
    return words.about(likely) if likely else say("nothing")


def weeks(way: Way) -> str:
    """The likely wait for the first therapy session, in words."""
    found = way.option.weeks_to_first_session
    return say("no therapy") if found is None else _weeks(found.likely)


def weeks_in_8_of_10(way: Way) -> str:
    """The range of that wait; empty where it is always the same."""
    found = way.option.weeks_to_first_session
    if found is None or round(found.p10) == round(found.p90):
        return ""
    return weeks_span(round(found.p10), round(found.p90))


def _weeks(count: Decimal) -> str:
    return say("under a week") if count < 1 else weeks_said(round(count))


# ---------------------------------------------------------------- the picture


@dataclass(slots=True)
class _Dot:
    """One place in the picture, in hundredths from the left and from the bottom, and the ways that stand there."""

    across: float
    up: float
    kind: str
    numbers: list[int] = field(default_factory=list)


def chart(shown: Sequence[Way], words: Words) -> str:
    """Cost upward, weeks to the first session to the right; the ways that no other beats are joined by a line.

    HTML, so that numbers stay readable at any width; empty where no therapy is asked for.
    """
    timed = [way for way in shown if way.is_timed]
    if not timed:
        return ""
    most = max(way.option.patient_pays.likely for way in timed) or Decimal(1)
    longest = max(_likely(way) for way in timed) or Decimal(1)
    dots = _dots(timed, float(longest) * ROOM, float(most) * ROOM)
    drawn = "".join(
        f'<b class="way-dot {dot.kind}" style="left:{dot.across:.1f}%;bottom:{dot.up:.1f}%">'
        f"{', '.join(str(number) for number in sorted(dot.numbers))}</b>"
        for dot in dots
    )
    lines = "".join(
        f'<i class="way-grid" style="bottom:{100 * share / ROOM:.1f}%">'
        f"<span>{escape(words.about(most * Decimal(share)))}</span></i>"
        for share in (0, 0.5, 1)
    )
    first = say("First session after {time}", time=_weeks(longest))
    return (
        f'<div class="ways-picture" role="img" aria-label="{escape(alt(shown, words))}">'
        f'<p class="way-axis">{escape(say("What you pay"))}</p>'
        f'<div class="way-field">{lines}{"".join(_frontier(dots))}{drawn}</div>'
        f'<p class="way-axis across"><span>{escape(say("No wait"))}</span><span>{escape(first)}</span></p></div>'
    )


def _likely(way: Way) -> Decimal:
    assert way.option.weeks_to_first_session is not None
    return way.option.weeks_to_first_session.likely


def _kind(way: Way) -> str:
    if way.beaten_by:
        return "beaten"
    return "part" if way.missing else "best"


def _dots(timed: Sequence[Way], wide: float, high: float) -> list[_Dot]:
    """Where the ways stand; the ones that no other beats come first, so that they give a shared dot its place."""
    dots: list[_Dot] = []
    for way in sorted(timed, key=lambda way: (_kind(way) != "best", way.number)):
        across = float(_likely(way)) / wide * 100
        up = float(way.option.patient_pays.likely) / high * 100
        near = next((d for d in dots if abs(d.across - across) < NEAR_ACROSS and abs(d.up - up) < NEAR_UP), None)
        if near is None:
            near = _Dot(across, up, _kind(way))
            dots.append(near)
        near.numbers.append(way.number)
    return dots


def _frontier(dots: Sequence[_Dot]) -> Iterator[str]:
    """Falling lines between the ways that no other beats, each the diagonal of a box."""
    best = sorted((dot for dot in dots if dot.kind == "best"), key=lambda dot: dot.across)
    for one, other in pairwise(best):
        yield (
            f'<i class="way-line" style="left:{one.across:.1f}%;bottom:{other.up:.1f}%;'
            f'width:{other.across - one.across:.1f}%;height:{max(one.up - other.up, 0):.1f}%"></i>'
        )


def alt(shown: Sequence[Way], words: Words) -> str:
    """The picture in words: which ways make sense, then every way."""
    best = ", ".join(f"{way.number} {way.name}" for way in shown if _kind(way) == "best")
    each = "; ".join(
        say(
            "{number} {way}: {amount}, first session {time}",
            number=way.number,
            way=way.name,
            amount=pays(way, words),
            time=weeks(way),
        )
        for way in shown
    )
    return say(
        "What you pay against the weeks to the first session. Nothing is both cheaper and sooner than: {best}. {each}. "
        "The table below has the same rows.",
        best=best,
        each=each,
    )


# ---------------------------------------------------------------- the table


def table(shown: Sequence[Way], words: Words) -> Table:
    """The picture as numbers."""
    columns = (
        Column(say("Way")),
        Column(say("You pay, one likely course"), is_amount=True),
        Column(say("In 8 of 10 cases"), is_amount=True),
        Column(say("First session"), is_amount=True, explain=say("From the start of care, in the likely course.")),
        Column(say("In 8 of 10"), is_amount=True),
        Column(say("Sessions you buy"), is_amount=True),
        Column(say("The NHS pays"), is_amount=True, explain=say("For information; it is nobody's bill.")),
    )
    rows = tuple(
        (
            f"{way.number} {way.name}",
            pays(way, words),
            words.span(way.option.patient_pays.p10, way.option.patient_pays.p90),
            weeks(way),
            weeks_in_8_of_10(way) or weeks(way),
            str(way.option.private_sessions),
            words.about(way.option.nhs_pays),
        )
        for way in shown
    )
    return Table(say("Ways to be treated, the cheapest first"), columns, rows)
