"""Sources and method on the page: how the estimate is made, every figure in use, and what is checked or left out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from html import escape

import streamlit as st

from estimator.errors import InputError
from estimator.estimate import Case, open_case
from estimator.inspection import check_tariffs
from estimator.outputs import figures, tables
from estimator.outputs.figures import Notes
from estimator.outputs.words import KINDS, REGIONS, Words
from estimator.plan import load_plans
from estimator.projection import DRAWS
from estimator.quote import Quote, quote
from estimator.scenario import read_scenario
from estimator.tariff import RegionFile, load_tariff
from estimator.ui import result, state
from estimator.vocabulary import Region, SourceKind

PLAN, YOU, EVENT, LINE, WHITE = "#0B6B62", "#B4430F", "#7A3E9D", "#79838A", "#FFFFFF"
STEPS = (
    ("Your answers", "The injury, the place, your cover, what you have used, the care you want. No name is asked."),
    (
        "Visits",
        "Tables of care say, for each injury and phase, how many visits are likely, the fewest and the most, and how many "
        "people still need care by then.",
    ),
    ("Dates", "Each visit gets a day: working days only, after the waiting list, and never sooner than is safe."),
    ("Prices", "Each visit becomes the lines of a bill, at the price of that place on that day."),
    (
        "Your cover",
        "Line by line, in order of date: is it covered, is a limit used up, what you pay first, the fixed charge, your "
        "share, the most you pay in a year, the second cover. Whole cents and pence, never rounded twice.",
    ),
    (
        "The answer",
        f"Steps 2 to 5 run {DRAWS:,} times, each time with another recovery, other visits and another price level. “Most "
        "likely” is the middle of them all; 8 of 10 lie in the range.",
    ),
)
DRAWN = (
    "Your answers",
    "Visits in each phase",
    "A date for each visit",
    "A price for each line",
    "Your cover's terms",
    "The answer",
)


def draw() -> None:
    """The whole page."""
    _method()
    region = _region()
    case, quoted, is_yours = _case(region)
    words, notes = Words.of(case.tariff.region), Notes()
    parts = _figures(case, quoted, is_yours, words, notes)
    _html(f"<h2>Every figure in use</h2>{_whose(case, is_yours)}")
    for title, table in parts:
        with st.expander(f"**{title}**: {_counted(table)}"):
            _html(tables.to_html(table))
    with st.expander(f"**The sources**: {len(notes.sources)} of them, by number"):
        _html(notes.to_html(words))
    _checked(case.tariff.region)
    _age(case.tariff.region, words)


def _html(text: str) -> None:
    st.html(f'<div class="hc">{text}</div>')


# ---------------------------------------------------------------- how it is made


def _method() -> None:
    _html("<h2>How the estimate is made</h2>")
    with st.container(key="method"):
        picture, said = st.columns([2, 3], gap="large")
        with picture:
            st.image(steps_drawing(), alt=steps_alt(), width="stretch")
        with said:
            each = "".join(f"<li><b>{escape(title)}.</b> {escape(text)}</li>" for title, text in STEPS)
            _html(
                f"<ol>{each}</ol><p>Beside the many courses stands <b>one likely course</b>, with the likely number of visits "
                "and typical prices. It is the bill you can read line by line. What nobody has published is our own "
                f"estimate, and says so: <span class='guess'>{escape(KINDS[SourceKind.ASSUMPTION])}</span>.</p>"
            )


def steps_drawing() -> str:
    """The six steps from top to bottom, and the way back for the next course; its colours stand on light and dark pages."""
    boxes = "".join(_box(place, title) for place, title in enumerate(DRAWN))
    arrows = "".join(
        f'<path d="M183 {62 + 70 * place}V{72 + 70 * place}" stroke="{LINE}" stroke-width="3" marker-end="url(#end)"/>'
        for place in range(len(DRAWN) - 1)
    )
    back = f'<path d="M50 316H22V106H38" fill="none" stroke="{EVENT}" stroke-width="3" marker-end="url(#back)"/>'
    label = (
        f'<rect x="4" y="146" width="36" height="130" rx="8" fill="{EVENT}"/>'
        f'<text transform="translate(28 211) rotate(-90)" text-anchor="middle" font-size="17" font-weight="600" '
        f'fill="{WHITE}" font-family="sans-serif">{DRAWS:,} times</text>'
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 424" width="320" height="424"><defs>'
        f"{_arrow('end', LINE)}{_arrow('back', EVENT)}</defs>{boxes}{arrows}{back}{label}</svg>"
    )


def _arrow(name: str, colour: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 10 10" refX="2" refY="5" markerWidth="4" markerHeight="4" orient="auto">'
        f'<path d="M0 0L10 5L0 10Z" fill="{colour}"/></marker>'
    )


def _box(place: int, title: str) -> str:
    left, top, wide = 52, 10 + 70 * place, 262
    fill = PLAN if place < len(DRAWN) - 1 else YOU
    return (
        f'<rect x="{left}" y="{top}" width="{wide}" height="50" rx="8" fill="{fill}"/>'
        f'<text x="{left + wide / 2:g}" y="{top + 31}" text-anchor="middle" font-size="18" font-weight="600" fill="{WHITE}" '
        f'font-family="sans-serif">{place + 1}. {escape(title)}</text>'
    )


def steps_alt() -> str:
    """What the drawing shows, in words."""
    return (
        f"Six steps, one after the other: {'; '.join(title[0].lower() + title[1:] for title in DRAWN)}. The steps from the "
        f"visits to the cover's terms run {DRAWS:,} times."
    )


# ---------------------------------------------------------------- which region


def _region() -> Region:
    st.session_state.setdefault("sources_region", state.region())
    choices: list[Region] = list(Region)
    return st.radio(
        "Figures for",
        choices,
        format_func=lambda region: load_tariff(region).region.name,
        captions=[REGIONS[region] for region in Region],
        key="sources_region",
    )


def _case(region: Region) -> tuple[Case, Quote, bool]:
    """The reader's own case where it is in this region and has an answer; the region's example otherwise."""
    if region == state.region():
        try:
            mine = result.answer(state.scenario())
        except InputError:
            pass
        else:
            return mine.case, mine.quote, True
    case = open_case(read_scenario(state.EXAMPLES / f"{region}.toml"))
    return case, quote(case), False


def _whose(case: Case, is_yours: bool) -> str:
    injury = case.pathway.condition(case.scenario.condition).name
    whose = "your own case" if is_yours else "the example of this region"
    return f"<p>Prices and visits are those of {whose} ({escape(injury)}, {escape(case.plan.title)}).</p>"


# ---------------------------------------------------------------- the figures


def _figures(case: Case, quoted: Quote, is_yours: bool, words: Words, notes: Notes) -> list[tuple[str, tables.Table]]:
    region, on = case.tariff.region, case.scenario.care_starts
    own = [case.plan.id, *([case.secondary.id] if case.secondary is not None else [])]
    made = [
        ("Prices", figures.prices(quoted, words, notes)),
        ("Visits", figures.visits(case, words, notes)),
        ("Recovery and waiting", figures.course(case, quoted, words, notes)),
        (
            "Terms of the plans",
            figures.plans(load_plans(region.id).values(), region, own if is_yours else (), words, notes),
        ),
        ("Other figures of this region", figures.factors(region, on, words, notes)),
    ]
    return [(title, table) for title, table in made if table.rows]


def _counted(table: tables.Table) -> str:
    guesses, rows = sum(KINDS[SourceKind.ASSUMPTION] in row for row in table.rows), len(table.rows)
    if guesses == rows:
        return f"{rows}, all of them our estimate"
    return f"{rows}, {guesses} of them our estimate" if guesses else f"{rows}, all published"


# ---------------------------------------------------------------- what is checked, what is left out, how old


def _checked(region: RegionFile) -> None:
    checked = _list(
        f"<b>{escape(each.years)}.</b> {escape(_stop(each.what))} Checked by {escape(_stop(each.by))}"
        for each in region.verified
    )
    missing = _list(f"<b>{escape(_stop(each.what))}</b> {escape(each.why)}" for each in region.not_modelled)
    nothing = "<p>Nothing in this region has been held against a published example yet.</p>"
    _html(
        f"<h2>What is checked</h2>{checked or nothing}"
        f"<h2>What is not in the estimate</h2>{missing or '<p>Nothing we know of.</p>'}"
    )


def _stop(text: str) -> str:
    return text if text.endswith((".", "?")) else f"{text}."


def _age(region: RegionFile, words: Words) -> None:
    warnings = _list(escape(text) for text in figures.age(check_tariffs(today=date.today()).warnings, region, words))
    between = figures.read_between(region)
    read = ""
    if between is not None:
        first, last = (words.day(day, year=True) for day in between)
        read = f"<p>The sources of this region were read {f'on {first}' if first == last else f'from {first} to {last}'}.</p>"
    none = "<p>Nothing is known to be out of date.</p>"
    _html(f"<h2>How old the data are</h2>{read}{warnings or none}")


def _list(sentences: Iterable[str]) -> str:
    """Sentences that are HTML already."""
    rows = "".join(f"<li>{text}</li>" for text in sentences)
    return f'<ul class="plain">{rows}</ul>' if rows else ""
