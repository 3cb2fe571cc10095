"""Sources and method on the page: how the estimate is made, every figure in use, and what is checked or left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from html import escape

import streamlit as st

from estimator.errors import InputError
from estimator.estimate import Case, open_case
from estimator.inspection import check_tariffs
from estimator.messages import marked, say, say_html, say_many, speaking
from estimator.outputs import figures, tables
from estimator.outputs.figures import Notes
from estimator.outputs.words import KINDS, REGION_NAMES, REGIONS, Words, number
from estimator.plan import load_plans
from estimator.projection import DRAWS
from estimator.quote import Quote, quote
from estimator.scenario import read_scenario
from estimator.tariff import RegionFile
from estimator.ui import frame, result, state
from estimator.vocabulary import Region, SourceKind

PLAN, YOU, EVENT, LINE, WHITE = "#0B6B62", "#B4430F", "#7A3E9D", "#79838A", "#FFFFFF"
STEPS = (
    (
        marked("Your answers"),
        marked("The injury, the place, your cover, what you have used, the care you want. No name is asked."),
    ),
    (
        marked("Visits"),
        marked(
            "Tables of care say, for each injury and phase, how many visits are likely, the fewest and the most, and how many "
            "people still need care by then."
        ),
    ),
    (
        marked("Dates"),
        marked("Each visit gets a day: working days only, after the waiting list, and never sooner than is safe."),
    ),
    (marked("Prices"), marked("Each visit becomes the lines of a bill, at the price of that place on that day.")),
    (
        marked("Your cover"),
        marked(
            "Line by line, in order of date: is it covered, is a limit used up, what you pay first, the fixed charge, your "
            "share, the most you pay in a year, the second cover. Whole cents and pence, never rounded twice."
        ),
    ),
    (
        marked("The answer"),
        marked(
            "Steps 2 to 5 run {draws} times, each time with another recovery, other visits and another price level. “Most "
            "likely” is the middle of them all; 8 of 10 lie in the range."
        ),
    ),
)
DRAWN = (
    marked("Your answers"),
    marked("Visits in each phase"),
    marked("A date for each visit"),
    marked("A price for each line"),
    marked("Your cover's terms"),
    marked("The answer"),
)
ROOM_FOR_A_TITLE = 24
"""Letters that fit a box of the drawing at full size."""


def draw() -> None:
    """The whole page."""
    _method()
    region = _region()
    with speaking(frame.spoken_in(region)):
        _of_region(region)


def _of_region(region: Region) -> None:
    case, quoted, is_yours = _case(region)
    words, notes = Words.of(case.tariff.region), Notes()
    parts = _figures(case, quoted, is_yours, words, notes)
    frame.put(f"{_h2(say('Every figure in use'))}{_whose(case, is_yours)}")
    for place, (title, table) in enumerate(parts):
        with st.expander(f"**{title}**: {_counted(table)}", key=f"figures_{place}"):
            frame.put(tables.to_html(table))
    with st.expander(
        say("**The sources**: {number} of them, by number", number=len(notes.sources)), key="figures_sources"
    ):
        frame.put(notes.to_html(words))
    _checked(case.tariff.region)
    _age(case.tariff.region, words)


def _h2(title: str) -> str:
    return f"<h2>{escape(title)}</h2>"


def _p(text: str) -> str:
    return f"<p>{escape(text)}</p>"


# ---------------------------------------------------------------- how it is made


def _method() -> None:
    frame.put(_h2(say("How the estimate is made")))
    with st.container(key="method"):
        picture, said = st.columns([2, 3], gap="large")
        with picture:
            st.image(steps_drawing(), alt=steps_alt(), width="stretch")
        with said:
            each = "".join(f"<li><b>{escape(title)}.</b> {escape(text)}</li>" for title, text in _steps())
            beside = say_html(
                "Beside the many courses stands <b>one likely course</b>, with the likely number of visits and typical "
                "prices. It is the bill you can read line by line. What nobody has published is our own estimate, and says "
                "so: <span class='guess'>{mark}</span>.",
                mark=KINDS[SourceKind.ASSUMPTION],
            )
            frame.put(f"<ol>{each}</ol><p>{beside}</p>")


def _steps() -> Iterator[tuple[str, str]]:
    for title, text in STEPS:
        yield say(title), say(text, draws=number(DRAWS))


def steps_drawing() -> str:
    """The six steps from top to bottom, and the way back for the next course; its colours stand on light and dark pages."""
    boxes = "".join(_box(place, title) for place, title in enumerate(_drawn()))
    arrows = "".join(
        f'<path d="M183 {62 + 70 * place}V{72 + 70 * place}" stroke="{LINE}" stroke-width="3" marker-end="url(#end)"/>'
        for place in range(len(DRAWN) - 1)
    )
    back = f'<path d="M50 316H22V106H38" fill="none" stroke="{EVENT}" stroke-width="3" marker-end="url(#back)"/>'
    label = (
        f'<rect x="4" y="146" width="36" height="130" rx="8" fill="{EVENT}"/>'
        f'<text transform="translate(28 211) rotate(-90)" text-anchor="middle" font-size="17" font-weight="600" '
        f'fill="{WHITE}" font-family="sans-serif">{escape(say("{draws} times", draws=number(DRAWS)))}</text>'
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 424" width="320" height="424"><defs>'
        f"{_arrow('end', LINE)}{_arrow('back', EVENT)}</defs>{boxes}{arrows}{back}{label}</svg>"
    )


def _drawn() -> list[str]:
    return [say(title) for title in DRAWN]


def _arrow(name: str, colour: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 10 10" refX="2" refY="5" markerWidth="4" markerHeight="4" orient="auto">'
        f'<path d="M0 0L10 5L0 10Z" fill="{colour}"/></marker>'
    )


def _box(place: int, title: str) -> str:
    left, top, wide = 52, 10 + 70 * place, 262
    fill = PLAN if place < len(DRAWN) - 1 else YOU
    said = f"{place + 1}. {title}"
    size = min(18, 18 * ROOM_FOR_A_TITLE // len(said))
    return (
        f'<rect x="{left}" y="{top}" width="{wide}" height="50" rx="8" fill="{fill}"/>'
        f'<text x="{left + wide / 2:g}" y="{top + 31}" text-anchor="middle" font-size="{size}" font-weight="600" '
        f'fill="{WHITE}" font-family="sans-serif">{escape(said)}</text>'
    )


def steps_alt() -> str:
    """What the drawing shows, in words."""
    return say(
        "Six steps, one after the other: {steps}. The steps from the visits to the cover's terms run {draws} times.",
        steps="; ".join(title[0].lower() + title[1:] for title in _drawn()),
        draws=number(DRAWS),
    )


# ---------------------------------------------------------------- which region


def _region() -> Region:
    st.session_state.setdefault("sources_region", state.region())
    names = dict(REGION_NAMES)
    return st.radio(
        say("Figures for"),
        list(names),
        format_func=names.__getitem__,
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
    injury, plan = case.pathway.condition(case.scenario.condition).name, case.plan.title
    if is_yours:
        return _p(say("Prices and visits are those of your own case ({injury}, {plan}).", injury=injury, plan=plan))
    return _p(
        say("Prices and visits are those of the example of this region ({injury}, {plan}).", injury=injury, plan=plan)
    )


# ---------------------------------------------------------------- the figures


def _figures(case: Case, quoted: Quote, is_yours: bool, words: Words, notes: Notes) -> list[tuple[str, tables.Table]]:
    region, on = case.tariff.region, case.scenario.care_starts
    own = [case.plan.id, *([case.secondary.id] if case.secondary is not None else [])]
    made = [
        (say("Prices"), figures.prices(quoted, words, notes)),
        (say("Visits"), figures.visits(case, words, notes)),
        (say("Recovery and waiting"), figures.course(case, quoted, words, notes)),
        (
            say("Terms of the plans"),
            figures.plans(load_plans(region.id).values(), region, own if is_yours else (), words, notes),
        ),
        (say("Other figures of this region"), figures.factors(region, on, words, notes)),
    ]
    return [(title, table) for title, table in made if table.rows]


def _counted(table: tables.Table) -> str:
    guesses, rows = sum(KINDS[SourceKind.ASSUMPTION] in row for row in table.rows), len(table.rows)
    if guesses == rows:
        return say("{number}, all of them our estimate", number=rows)
    if guesses:
        return say_many(
            "{number}, {count} of them our estimate", "{number}, {count} of them our estimate", guesses, number=rows
        )
    return say("{number}, all published", number=rows)


# ---------------------------------------------------------------- what is checked, what is left out, how old


def _checked(region: RegionFile) -> None:
    checked = _list(
        say_html("<b>{years}.</b> {what} Checked by {by}", years=each.years, what=_stop(each.what), by=_stop(each.by))
        for each in region.verified
    )
    missing = _list(f"<b>{escape(_stop(each.what))}</b> {escape(each.why)}" for each in region.not_modelled)
    nothing = say("Nothing in this region has been held against a published example yet.")
    frame.put(
        f"{_h2(say('What is checked'))}{checked or _p(nothing)}"
        f"{_h2(say('What is not in the estimate'))}{missing or _p(say('Nothing we know of.'))}"
    )


def _stop(text: str) -> str:
    return text if text.endswith((".", "?")) else f"{text}."


def _age(region: RegionFile, words: Words) -> None:
    with speaking(None):  # they are read as they are written, and said again for the page
        found = check_tariffs(today=date.today()).warnings
    warnings = _list(escape(text) for text in figures.age(found, region, words))
    read = ""
    if (between := figures.read_between(region)) is not None:
        first, last = (words.day(day, year=True) for day in between)
        if first == last:
            read = _p(say("The sources of this region were read on {day}.", day=first))
        else:
            read = _p(say("The sources of this region were read from {first} to {last}.", first=first, last=last))
    frame.put(f"{_h2(say('How old the data are'))}{read}{warnings or _p(say('Nothing is known to be out of date.'))}")


def _list(sentences: Iterable[str]) -> str:
    """Sentences that are HTML already."""
    rows = "".join(f"<li>{text}</li>" for text in sentences)
    return f'<ul class="plain">{rows}</ul>' if rows else ""
