"""The comparison on the page: your case in one line, the options as rows, and what would change them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from html import escape
from typing import TypeVar, cast

import streamlit as st

from estimator.comparison import Care, care_of, other_care
from estimator.fee_schedule import STATE_NAMES
from estimator.messages import say, say_html, speaker
from estimator.outputs import comparison_chart, tables
from estimator.outputs.words import most_likely, number, range_sentence, setting
from estimator.outputs.workbook import to_csv, to_xlsx
from estimator.projection import DRAWS
from estimator.ui import frame, options, state
from estimator.ui.comparison_questions import (
    any_two,
    cash_or_plan,
    nhs_or_private,
    other_starts,
    too_late,
    what_if,
    what_if_now,
)
from estimator.ui.options import MOST_OTHERS, NONE, SHOWN_AT_FIRST, UK, Change, Compared
from estimator.ui.result import Answer
from estimator.vocabulary import Mode, Region, Service

NEW_YEAR_IN_SIGHT = timedelta(days=120)
"""People think of waiting for a new plan year when it is this near."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Choice = TypeVar("Choice", bound=str)


def draw(mine: Answer) -> None:
    """The whole comparison of one scenario."""
    _your_case(mine)
    with st.spinner(say("Working out the options")):
        offered = _offered(mine)
        changes = _choose(mine, offered)
        moved = what_if_now(mine)
        shown = changes if moved is None else [*changes, moved]
        found = options.compared(mine, shown)
    _add(mine)
    _side_by_side(found, mine)
    any_two(found, mine)
    what_if(mine, room=len(changes) < MOST_OTHERS)
    cash_or_plan(mine)
    other_starts(mine)
    nhs_or_private(mine)
    _notes(mine, shown)


# ---------------------------------------------------------------- your case


def case_line(mine: Answer) -> str:
    """The reader's case in one line: injury, place, cover, start."""
    scenario = mine.scenario
    area = scenario.area
    place = area.locality or say(STATE_NAMES.get(area.state or "", "")) or area.region or area.nation
    injury = mine.case.pathway.condition(scenario.condition).name
    cover = options.own_cover(mine)
    day = mine.words.day(scenario.care_starts, year=True)
    if not place:
        return say("{injury}; {cover}; care from {day}.", injury=injury, cover=cover, day=day)
    return say("{injury}, {place}; {cover}; care from {day}.", injury=injury, place=place, cover=cover, day=day)


def _your_case(mine: Answer) -> None:
    spread, words = mine.projection.patient_pays, mine.words
    pays = say_html('You most likely pay <b class="you-ink">{amount}</b>.', amount=most_likely(spread, words))
    frame.put(
        f'<section class="cmp-mine" aria-label="{escape(say("Your case"))}"><p>{escape(case_line(mine))} {pays} '
        f"{escape(range_sentence(spread, words))}</p></section>"
    )
    st.page_link("estimator/ui/pages/my_cost.py", label=say("Change your case"), icon=":material/edit:")


# ---------------------------------------------------------------- which options


def _added() -> list[Change]:
    return cast(list[Change], options.memory().setdefault(state.of_region("added"), []))


def _offered(mine: Answer) -> dict[str, Change]:
    """Everything that can be shown, by id; what the reader added stands last."""
    every = [*options.suggestions(mine), *(change for change in _added() if _still_fits(change, mine))]
    return {change.id: change for change in every}


def _still_fits(change: Change, mine: Answer) -> bool:
    return (
        (change.plan is None or change.plan in options.other_plans(mine))
        and (change.secondary is None or change.secondary in options.second_covers(mine))
        and (change.setting is None or change.setting in options.settings(mine))
        and (change.care is None or change.care in other_care(mine.case))
        and (change.start is None or change.start == options.other_start(mine))
    )


def _choose(mine: Answer, offered: dict[str, Change]) -> list[Change]:
    """The options picked; the first few of a first visit are picked already."""
    _why_not(mine)
    if not offered:
        return []
    memory, key = options.memory(), state.of_region("picked")
    first = list(offered)[: MOST_OTHERS if mine.case.scenario.region == Region.NHS else SHOWN_AT_FIRST]
    picked = [each for each in cast(list[str], memory.setdefault(key, first)) if each in offered]
    memory[key] = picked
    if st.session_state.get(f"compare_{key}") != picked:
        st.session_state[f"compare_{key}"] = picked
    st.pills(
        say("Compare your case with"),
        list(offered),
        selection_mode="multi",
        format_func=lambda each: options.name(offered[each], mine),
        key=f"compare_{key}",
        on_change=_picked,
        args=(key, list(offered), MOST_OTHERS - (what_if_now(mine) is not None)),
    )
    if st.session_state.pop("compare_full", False):
        st.caption(say("Six rows at most, your own included. Take one out first."))
    return [offered[each] for each in offered if each in picked]


def _why_not(mine: Answer) -> None:
    """What a reader may look for and not find, with the reason."""
    if mine.case.scenario.region in UK and mine.case.scenario.mode == Mode.AVERAGE:
        said = say(
            "NHS and private care are compared for care that you choose yourself. On My cost, choose “I choose the kinds of "
            "care” under question 5."
        )
        frame.put(f"<p>{escape(said)}</p>")
    day = options.new_year(mine)
    if (
        day is not None
        and day - mine.case.scenario.care_starts <= NEW_YEAR_IN_SIGHT
        and options.other_start(mine) is None
    ):
        frame.put(f'<p class="note">{escape(too_late(day, mine))}</p>')


def _picked(key: str, order: Sequence[str], most: int) -> None:
    wanted = cast(list[str], st.session_state[f"compare_{key}"])
    if len(wanted) > most:
        st.session_state.compare_full = True
        st.session_state[f"compare_{key}"] = options.memory()[key]
        return
    options.memory()[key] = [each for each in order if each in wanted]


# ---------------------------------------------------------------- one more


def _add(mine: Answer) -> None:
    """A form of what may differ, and nothing else."""
    plans, seconds, places = options.other_plans(mine), options.second_covers(mine), options.settings(mine)
    care, cash, start = other_care(mine.case), options.cash_choices(mine), options.other_start(mine)
    if sum(map(bool, (plans, seconds, places, care, cash, start))) < 2:
        return
    title = say("**Add an option**: change more than one thing")
    with st.expander(title, key="compare_add", on_change="rerun") as step:
        if not step.open:
            return
        st.html(f'<p class="hc note">{escape(say("What you leave as it is stays as in your case."))}</p>')
        chosen = Change(
            plan=_pick(say("Cover"), "plan", {name: plan.title for name, plan in plans.items()}),
            secondary=_pick(say("Second cover"), "secondary", _titles(seconds)),
            setting=_pick(say("Where you are treated"), "setting", {name: setting(name)[0] for name in places}),
            care=_pick(say("Kind of care"), "care", {each: options.name(Change(care=each), mine) for each in care}),
            cash=_pick(say("How you pay"), "cash", {each: options.name(Change(cash=each), mine) for each in cash}),
            start=start if start is not None and _tick_start(start, mine) else None,
        )
        st.button(
            say("Add this option"),
            key="compare_add_now",
            on_click=_add_now,
            args=(chosen,),
            disabled=chosen == Change(),
        )
        if st.session_state.pop("compare_added_full", False):
            st.caption(say("It is in the list above. Six rows at most, your own included: take one out to see it."))


def _titles(seconds: Sequence[str]) -> dict[str, str]:
    known = state.plans("secondary")
    return {name: say("None") if name == NONE else known[name].title for name in seconds}


def _pick(label: str, field: str, choices: dict[Choice, str]) -> Choice | None:
    """What should differ in one field; None, written as nothing, where it stays as it is."""
    if not choices:
        return None
    chosen = st.selectbox(
        label,
        ["", *choices],
        format_func=lambda each: choices[cast(Choice, each)] if each else say("As in your case"),
        key=f"compare_add_{state.of_region(field)}",
    )
    return cast(Choice, chosen) if chosen else None


def _tick_start(day: date, mine: Answer) -> bool:
    label = options.name(Change(start=day), mine)
    return st.checkbox(label, key=f"compare_add_{state.of_region('start')}")


def _add_now(change: Change) -> None:
    added, memory = _added(), options.memory()
    if change not in added:
        added.append(change)
    picked = cast(list[str], memory.setdefault(state.of_region("picked"), []))
    if change.id not in picked:
        if len(picked) < MOST_OTHERS:
            memory[state.of_region("picked")] = [*picked, change.id]
        else:
            st.session_state.compare_added_full = True


# ---------------------------------------------------------------- side by side


def _side_by_side(found: Compared, mine: Answer) -> None:
    ordered, words = comparison_chart.sorted_by_cost(found.rows), mine.words
    with_weeks = mine.case.scenario.region in UK
    alt = comparison_chart.alt_text(ordered, words)
    picture = comparison_chart.chart(ordered, words, alt=alt, with_weeks=with_weeks)
    twin = tables.to_html(comparison_chart.table(ordered, words, with_weeks=with_weeks))
    reading = say(
        "The dot is the most likely amount. The bar holds 8 of 10 cases; 1 in 10 costs more than its right end."
    )
    frame.put(
        f"<h2>{escape(say('What you would pay'))}</h2>"
        f'<p class="cmp-takeaway">{escape(comparison_chart.takeaway(ordered, words))}</p>'
        f'{picture}<p class="note">{escape(reading)}</p>'
        f"<details><summary>{escape(say('The same numbers as a table'))}</summary>{twin}</details>"
        f"{_problems(found.problems)}"
    )
    with st.container(key="compare_downloads", horizontal=True):
        _download(
            say("Save the table (CSV)"),
            "csv",
            "text/csv",
            lambda: to_csv(comparison_chart.sheet(ordered, words.currency)),
        )
        _download(
            say("Save the table (Excel)"),
            "xlsx",
            XLSX,
            lambda: to_xlsx(
                [
                    comparison_chart.sheet(ordered, words.currency),
                    comparison_chart.pairs_sheet(found.names, found.pair),
                ]
            ),
        )


def _download(label: str, kind: str, mime: str, make: Callable[[], str | bytes]) -> None:
    """A button whose file is made only when it is asked for, in the language of the page."""
    st.download_button(
        label,
        data=speaker(make),
        file_name=f"hamstring-comparison.{kind}",
        mime=mime,
        on_click="ignore",
        key=f"compare_{kind}",
        icon=":material/download:",
    )


def _problems(problems: Sequence[tuple[str, str]]) -> str:
    if not problems:
        return ""
    each = "".join(f"<li><b>{escape(title)}.</b> {escape(said)}</li>" for title, said in problems)
    title = escape(say("Could not be compared"))
    return f'<section class="mend" role="alert"><h2>{title}</h2><ul>{each}</ul></section>'


# ---------------------------------------------------------------- what to keep in mind


def _notes(mine: Answer, shown: Sequence[Change]) -> None:
    listed = frame.items(_kept_in_mind(mine, shown))
    title = escape(say("Keep in mind"))
    frame.put(f'<h3>{title}</h3><ul class="plain">{listed}</ul><p class="note">{escape(mine.quote.disclaimer)}</p>')


def _kept_in_mind(mine: Answer, shown: Sequence[Change]) -> Iterator[str]:
    case = mine.case
    yield say(
        "Every row meets the same {courses} possible courses of your injury, so differences come from the option alone.",
        courses=number(DRAWS),
    )
    if case.plan.benefit and case.scenario.region != Region.NHS:
        yield say(
            "What you have used up this year counts under every plan here. Premiums are not part of these amounts."
        )
    if any(change.cash is not None for change in shown):
        yield say(
            "Cash for therapy means the self-pay price for every therapy visit, with your other care through the plan; the "
            "plan pays none of those visits and does not count them to its visit limit."
        )
        if Service.PHYSICAL_THERAPY in case.scenario.own_prices:
            yield say("The price of therapy that you gave stands for both, cash and the plan's price.")
    if any(change.cash == "cash_counts" for change in shown):
        yield say("Most plans count only what they are billed for; ask yours before you pay in cash.")
    if any(change.care == Care.MASSAGE for change in shown) or care_of(case.scenario) == Care.MASSAGE:
        yield say(
            "Massage alone leaves out the exercises that you do with a therapist. Nothing shows that it shortens recovery."
        )
    if any(change.start is not None for change in shown):
        yield say("A later start is compared for its cost alone; waiting may cost you weeks of recovery.")
        yield say("In a new plan year you begin with nothing paid and nothing used.")
    if case.tariff.region.pricing == "fee_schedule":
        yield say("A hospital's own bill is not in this estimate, so a hospital is not compared.")
    yield say("A lower price says nothing about how well you recover.")
