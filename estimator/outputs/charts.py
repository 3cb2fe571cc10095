"""Pictures of a projection and a quote, each with alt text that states its takeaway.

Colours are Streamlit's placeholders: the browser puts in `chartCategoricalColors` of the theme in use, so one figure serves
light and dark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from html import escape
from itertools import pairwise

import plotly.graph_objects as go

from estimator.messages import say, say_html
from estimator.outputs.tables import name_of, payers
from estimator.outputs.words import Words, first_wait_date
from estimator.projection import Projection
from estimator.quote import Part, PhaseEntry, Quote

YOU, EVENT, INK, QUIET, BAND, LINE, GROUND = (
    "#000001", "#000004", "#000005", "#000006", "#000007", "#000008", "#000010",
)  # fmt: skip
CONFIG = {"displayModeBar": False, "scrollZoom": False, "showTips": False}
MOST_PHASES = 5
"""Phase names take the first places among the notes, phase numbers the next; the style sheet shows one or the other."""
ROOM_FOR_A_NAME, ROOM_FOR_A_MONTH = 0.1, 0.06
MOST_MONTHS = 9


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure, what it says in words, and how to draw it."""

    figure: go.Figure
    alt: str


@dataclass(frozen=True, slots=True)
class _Mark:
    """Something that happens on a date."""

    on: date
    text: str


def fan(projection: Projection, quote: Quote, words: Words) -> Picture:
    """Money by week: the middle line, the band of 8 in 10, phases behind and events on it."""
    start = projection.by_week[0].ends - timedelta(days=6)
    days = [start, *(week.ends for week in projection.by_week)]
    low, middle, high = (
        [0.0, *(float(getattr(week, name)) for week in projection.by_week)] for name in ("p10", "p50", "p90")
    )
    top = max(high[-1], 1.0) * 1.32
    spans = [
        f"{words.day(day)}<br><b>{words.about(_decimal(mid))}</b><br>"
        + say("8 in 10: {span}", span=words.span(_decimal(lo), _decimal(hi)))
        for day, lo, mid, hi in zip(days, low, middle, high, strict=True)
    ]
    line = go.Scatter(
        x=days,
        y=middle,
        mode="lines",
        line={"color": YOU, "width": 3},
        text=spans,
        hovertemplate="%{text}<extra></extra>",
        hovertemplatefallback="",  # what `%{nothing}` in the title becomes
    )
    notes = [
        *_phase_notes(quote.phases, days[0], days[-1]),
        *_event_notes(marks(quote, words), days, top),
        *_end_labels(projection, words, days[-1], (low[-1], middle[-1], high[-1]), top),
    ]
    shapes = [*_bands(quote.phases, days[0], days[-1]), *_ticks(marks(quote, words), days[0], days[-1])]
    # Notes and shapes go in at once: one by one, Plotly checks all those before again.
    layout = {**_layout(days[0], days[-1], top, words), "annotations": notes, "shapes": shapes}
    figure = go.Figure([_edge(days, high), _edge(days, low, fill="tonexty"), line], layout)
    return Picture(figure, _fan_alt(projection, quote, words))


def _edge(days: list[date], values: list[float], fill: str | None = None) -> go.Scatter:
    """An edge of the band; the two digits after the colour are its opacity, 20%."""
    line = {"width": 0, "color": YOU}
    return go.Scatter(x=days, y=values, mode="lines", line=line, fill=fill, fillcolor=f"{YOU}33", hoverinfo="skip")


def _decimal(value: float) -> Decimal:
    return Decimal(str(round(value, 2)))


def _layout(first: date, last: date, top: float, words: Words) -> dict[str, object]:
    """The frame; the marks of both axes are text, because Plotly writes months and numbers in English only."""
    amounts, named = round_amounts(_decimal(top)), list(months(first, last, words))
    axis = {
        "tickmode": "array",
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
        "tickfont": {"color": QUIET, "size": 13},
        "title": None,
    }
    return {
        "height": 380,
        "margin": {"l": 4, "r": 12, "t": 44, "b": 28},
        "showlegend": False,
        "hovermode": "x unified",
        "dragmode": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": INK, "size": 13},
        "hoverlabel": {"bgcolor": GROUND, "bordercolor": LINE, "font": {"color": INK, "size": 14}},
        "xaxis": {
            **axis,
            "type": "date",
            "tickvals": [day for day, _ in named],
            "ticktext": [name for _, name in named],
            "unifiedhovertitle": {"text": "%{nothing}"},  # it would be a date in English; the text has its own
        },
        "yaxis": {
            **axis,
            "range": [0, top],
            "tickvals": [float(amount) for amount in amounts],
            "ticktext": [words.about(amount) for amount in amounts],
            "showgrid": True,
            "gridcolor": LINE,
            "automargin": True,
        },
    }


def round_amounts(top: Decimal) -> list[Decimal]:
    """Round amounts from zero to the top of an axis, about four steps of them."""
    rough = top / 4
    power = Decimal(10) ** rough.adjusted()
    step = next(power * factor for factor in (1, 2, Decimal("2.5"), 5, 10) if power * factor >= rough)
    return [step * n for n in range(int(top / step) + 1)]


def months(first: date, last: date, words: Words) -> Iterator[tuple[date, str]]:
    """The middle of each month, or of what shows of it, with its name; some are left out where they would crowd."""
    whole = [date(first.year + n // 12, n % 12 + 1, 1) for n in range(first.month - 1, first.month + 36)]
    shown = [(max(start, first), min(end, last)) for start, end in pairwise(whole) if start <= last and end > first]
    every = -(-len(shown) // MOST_MONTHS)
    for start, end in shown[::every]:
        if (end - start) / (last - first) >= ROOM_FOR_A_MONTH:
            yield start + (end - start) / 2, words.month(start)


def phases_shown(projection: Projection, quote: Quote) -> list[PhaseEntry]:
    """The phases that the fan chart reaches."""
    first, last = projection.by_week[0].ends - timedelta(days=6), projection.by_week[-1].ends
    return _shown(quote.phases, first, last)


def _shown(phases: Sequence[PhaseEntry], first: date, last: date) -> list[PhaseEntry]:
    return [phase for phase in phases if phase.ends >= first and phase.starts <= last]


def _bands(phases: Sequence[PhaseEntry], first: date, last: date) -> Iterator[dict[str, object]]:
    for phase in _shown(phases, first, last):
        if phase.number % 2:
            yield {
                "type": "rect",
                "x0": max(phase.starts, first),
                "x1": min(phase.ends + timedelta(days=1), last),
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "fillcolor": BAND,
                "line": {"width": 0},
                "layer": "below",
            }


def _ticks(happens: Sequence[_Mark], first: date, last: date) -> Iterator[dict[str, object]]:
    """A line on the date of each event."""
    for mark in happens:
        if first <= mark.on <= last:
            yield {
                "type": "line",
                "x0": mark.on,
                "x1": mark.on,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "line": {"color": EVENT, "width": 1.5, "dash": "dot"},
            }


def _phase_notes(phases: Sequence[PhaseEntry], first: date, last: date) -> Iterator[dict[str, object]]:
    """The names above the bands, then their numbers for narrow screens; both padded to a fixed count."""
    shown = _shown(phases, first, last)[:MOST_PHASES]
    for wanted in (_two_lines, _number):
        for phase in shown:
            begin, end = max(phase.starts, first), min(phase.ends, last)
            text = wanted if (end - begin) / (last - first) >= ROOM_FOR_A_NAME else _number
            yield {
                "x": begin + (end - begin) / 2,
                "y": 1,
                "yref": "paper",
                "yanchor": "bottom",
                "text": text(phase),
                "showarrow": False,
                "font": {"color": QUIET, "size": 12},
                "visible": (end - begin).days >= 6,
            }
        for _ in range(MOST_PHASES - len(shown)):
            yield {"x": first, "y": 1, "yref": "paper", "text": "", "showarrow": False, "visible": False}


def _two_lines(phase: PhaseEntry) -> str:
    words = phase.name.split()
    cut = max(1, len(words) - 1) if len(words) < 3 else len(words) - 1 if len(words[-1]) > 5 else len(words) - 2
    return f"{' '.join(words[:cut])}<br>{' '.join(words[cut:])}"


def _number(phase: PhaseEntry) -> str:
    return str(phase.number)


def marks(quote: Quote, words: Words) -> list[_Mark]:
    """The dated events of a quote, one of each kind, and the end of a wait."""
    seen: dict[str, _Mark] = {}
    for event in quote.events:
        seen.setdefault(event.kind, _Mark(event.date, words.event(event)))
    if quote.wait is not None and (first := first_wait_date(quote)) is not None:
        seen["wait"] = _Mark(first, say("Wait likely ends"))
    return sorted(seen.values(), key=lambda mark: mark.on)[:4]


def _event_notes(happens: Sequence[_Mark], days: Sequence[date], top: float) -> Iterator[dict[str, object]]:
    length = (days[-1] - days[0]).days
    inside = [mark for mark in happens if days[0] <= mark.on <= days[-1]]
    for row, mark in enumerate(inside):
        right = (mark.on - days[0]).days > length * 0.5
        yield {
            "x": mark.on,
            "y": top * (0.985 - 0.075 * row),
            "yanchor": "top",
            "xanchor": "right" if right else "left",
            "xshift": -4 if right else 4,
            "text": mark.text,
            "showarrow": False,
            "font": {"color": EVENT, "size": 13},
        }


def _end_labels(
    projection: Projection, words: Words, last: date, ends: tuple[float, float, float], top: float
) -> Iterator[dict[str, object]]:
    """The amounts, written where the lines end; those that would cover each other are left to the sentence above."""
    low, middle, high = ends
    spread = projection.patient_pays
    base = {"x": last, "xanchor": "right", "showarrow": False}
    bold = {"color": YOU, "size": 15}
    yield {
        **base,
        "y": middle,
        "yanchor": "bottom",
        "text": say_html("<b>{amount}</b> most likely", amount=words.about(spread.p50)),
        "font": bold,
    }
    if high - middle > top * 0.12:
        text = say("1 in 10 pay more than {amount}", amount=words.about(spread.p90))
        yield {**base, "y": high, "yanchor": "bottom", "text": text, "font": {"color": QUIET, "size": 13}}
    if middle - low > top * 0.12 and low > top * 0.08:
        text = say("1 in 10 pay less than {amount}", amount=words.about(spread.p10))
        yield {**base, "y": low, "yanchor": "top", "text": text, "font": {"color": QUIET, "size": 13}}


def _fan_alt(projection: Projection, quote: Quote, words: Words) -> str:
    said = [takeaway(projection, words)]
    if happens := [say("{event} on {day}", event=mark.text, day=words.day(mark.on)) for mark in marks(quote, words)]:
        said.append(f"{'; '.join(happens)}.")
    return " ".join((*said, say("The table below has the same numbers.")))


def takeaway(projection: Projection, words: Words) -> str:
    """What the picture of money by week says."""
    spread = projection.patient_pays
    return say(
        "What you will have paid, week by week, until {day}. Most likely {amount} in the end; in 8 of 10 cases between {low} "
        "and {high}.",
        day=words.day(projection.by_week[-1].ends, year=True),
        amount=words.about(spread.p50),
        low=words.about(spread.p10),
        high=words.about(spread.p90),
    )


# ---------------------------------------------------------------- where it goes


COLOURS = {"patient_pays": "you", "plan_pays": "plan", "secondary_pays": "second", "write_off": "nobody"}


def bars(parts: Sequence[Part], quote: Quote, words: Words) -> str:
    """Horizontal bars split by who pays, with the amounts as text; drawn in HTML so that they fit any width."""
    key, insides = _bars(parts, quote, words)
    rows = "".join(f'<div class="bar">{inside}</div>' for inside in insides)
    return f'{key}<div class="bars" role="img" aria-label="{escape(_bars_alt(parts, words))}">{rows}</div>'


def bars_with_reasons(parts: Sequence[Part], quote: Quote, words: Words, below: Callable[[Part], str]) -> str:
    """The same bars as a list, each with markup under it: a picture of one piece could not be opened here and there."""
    key, insides = _bars(parts, quote, words)
    rows = "".join(f'<li class="bar">{inside}{below(part)}</li>' for part, inside in zip(parts, insides, strict=True))
    return f'{key}<p class="unseen">{escape(_takeaway(parts, words))}</p><ul class="bars">{rows}</ul>'


def _bars(parts: Sequence[Part], quote: Quote, words: Words) -> tuple[str, list[str]]:
    """The key of the colours, and what stands inside each bar."""
    who = payers(quote, words)
    whole = [sum((getattr(part, field) for field, _ in who), Decimal(0)) for part in parts]
    longest = max(whole, default=Decimal(0)) or Decimal(1)
    colours = "".join(f'<li><i class="{COLOURS[field]}"></i>{escape(column.title)}</li>' for field, column in who)
    insides = []
    for part, price in zip(parts, whole, strict=True):
        pieces = "".join(
            f'<i class="{COLOURS[field]}" style="width:{float(getattr(part, field) / longest * 100):.2f}%"></i>'
            for field, _ in who
            if getattr(part, field)
        )
        pays = say_html(
            '<b class="you-ink">You pay {amount}</b> of {price}',
            amount=words.exact(part.patient_pays),
            price=words.exact(price),
        )
        insides.append(
            f'<div class="bar-name">{escape(name_of(part, words))}<span>{pays}</span></div>'
            f'<div class="bar-line" aria-hidden="true">{pieces}</div>'
        )
    return f'<ul class="key" aria-hidden="true">{colours}</ul>', insides


def _takeaway(parts: Sequence[Part], words: Words) -> str:
    """What the bars show, for those who cannot see them and read the rows beside."""
    most = max(parts, key=lambda part: part.patient_pays, default=None)
    if most is None or not most.patient_pays:
        return say("You pay nothing for any of them.")
    return say("Most of what you pay falls under {part}.", part=name_of(most, words))


def _bars_alt(parts: Sequence[Part], words: Words) -> str:
    if not parts:
        return say("No visits are counted.")
    most = max(parts, key=lambda part: part.patient_pays)
    if not most.patient_pays:
        return say("Bars by part of the course: you pay nothing for any of them.")
    each = "; ".join(f"{name_of(part, words)} {words.exact(part.patient_pays)}" for part in parts)
    return say(
        "Bars by part of the course. Most of what you pay falls under {part}. You pay: {amounts}.",
        part=name_of(most, words),
        amounts=each,
    )
