"""The comparison on the page: your case in one line, the options as rows, and what would change them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from html import escape
from typing import TypeVar, cast

import streamlit as st

from estimator.comparison import BreakEven, Care, Terms, break_even, can_pay_cash, care_of, other_care, therapy_terms
from estimator.errors import InputError
from estimator.fee_schedule import STATE_NAMES
from estimator.messages import language, say, say_html, say_many, speaker
from estimator.outputs import comparison_chart, tables
from estimator.outputs.comparison_chart import Row
from estimator.outputs.tables import Column, Table
from estimator.outputs.words import Words, mended, most_likely, number, range_sentence, setting
from estimator.outputs.workbook import to_csv, to_xlsx
from estimator.plan import Plan
from estimator.projection import DRAWS
from estimator.timing import StartDate, Timing, safe_starts, start_dates
from estimator.ui import options, state
from estimator.ui.options import MOST_OTHERS, NONE, OWN, SHOWN_AT_FIRST, UK, YEARLY, Change, Compared
from estimator.ui.result import Answer
from estimator.vocabulary import Mode, Region, Service

CLIFF_IN_SIGHT = timedelta(days=60)
"""The section on start dates opens by itself where the plan year ends this soon after the last visit."""
NEW_YEAR_IN_SIGHT = timedelta(days=120)
"""People think of waiting for a new plan year when it is this near."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LAWS = (
    ("Tennessee Code 56-7-610", "https://codes.findlaw.com/tn/title-56-insurance/tn-code-sect-56-7-610/"),
    ("Texas House Bill 2002 (2023)", "https://capitol.texas.gov/tlodocs/88R/billtext/html/HB02002F.htm"),
)
"""Where some plans must count cash to the deductible."""
Choice = TypeVar("Choice", bound=str)


def draw(mine: Answer) -> None:
    """The whole comparison of one scenario."""
    _your_case(mine)
    with st.spinner(say("Working out the options")):
        offered = _offered(mine)
        changes = _choose(mine, offered)
        what_if = _what_if_now(mine)
        shown = changes if what_if is None else [*changes, what_if]
        found = options.compared(mine, shown)
    _add(mine)
    _side_by_side(found, mine)
    _any_two(found, mine)
    _what_if(mine, room=len(changes) < MOST_OTHERS)
    _cash_or_plan(mine)
    _start_dates(mine)
    _ways(mine)
    _notes(mine, shown)


def _html(text: str) -> None:
    st.html(f'<div class="hc">{text}</div>')


# ---------------------------------------------------------------- your case


def case_line(mine: Answer) -> str:
    """The reader's case in one line: injury, place, cover, start."""
    scenario = mine.scenario
    area = scenario.area
    place = area.locality or STATE_NAMES.get(area.state or "") or area.region or area.nation
    injury = mine.case.pathway.condition(scenario.condition).name
    cover = options.own_cover(mine)
    day = mine.words.day(scenario.care_starts, year=True)
    if not place:
        return say("{injury}; {cover}; care from {day}.", injury=injury, cover=cover, day=day)
    return say("{injury}, {place}; {cover}; care from {day}.", injury=injury, place=place, cover=cover, day=day)


def _your_case(mine: Answer) -> None:
    spread, words = mine.projection.patient_pays, mine.words
    pays = say_html('You most likely pay <b class="you-ink">{amount}</b>.', amount=most_likely(spread, words))
    _html(
        f'<section class="cmp-mine" aria-label="{escape(say("Your case"))}"><p>{escape(case_line(mine))} {pays} '
        f"{escape(range_sentence(spread, words))}</p></section>"
    )
    st.page_link("estimator/ui/pages/my_cost.py", label=say("Change your case"), icon=":material/edit:")


# ---------------------------------------------------------------- which options


def _memory() -> dict[str, object]:
    """What was chosen on this page in this visit, by region."""
    return cast(dict[str, object], st.session_state.setdefault("compare", {}))


def _added() -> list[Change]:
    return cast(list[Change], _memory().setdefault(state.of_region("added"), []))


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
        and (change.start is None or change.start == _other_start(mine))
    )


def _other_start(mine: Answer) -> date | None:
    """The first day of the next plan year, where treatment may still start then."""
    day = options.new_year(mine)
    return day if day is not None and options.is_safe(mine, day) else None


def _choose(mine: Answer, offered: dict[str, Change]) -> list[Change]:
    """The options picked; the first few of a first visit are picked already."""
    _why_not(mine)
    if not offered:
        return []
    memory, key = _memory(), state.of_region("picked")
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
        args=(key, list(offered), MOST_OTHERS - (_what_if_now(mine) is not None)),
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
        _html(f"<p>{escape(said)}</p>")
    day = options.new_year(mine)
    if day is not None and day - mine.case.scenario.care_starts <= NEW_YEAR_IN_SIGHT and _other_start(mine) is None:
        _html(f'<p class="note">{escape(_too_late(day, mine))}</p>')


def _too_late(day: date, mine: Answer) -> str:
    """Why a start in the next plan year is not compared."""
    words = mine.words
    try:
        _, last = safe_starts(mine.case)
    except InputError as error:
        return " ".join(mended(str(error), words))
    return say(
        "A start after the new plan year begins, on {day}, is not compared: it is outside the window for treatment of this "
        "injury, which closes on {last_day}.",
        day=words.day(day, year=True),
        last_day=words.day(last, year=True),
    )


def _picked(key: str, order: Sequence[str], most: int) -> None:
    wanted = cast(list[str], st.session_state[f"compare_{key}"])
    if len(wanted) > most:
        st.session_state.compare_full = True
        st.session_state[f"compare_{key}"] = _memory()[key]
        return
    _memory()[key] = [each for each in order if each in wanted]


# ---------------------------------------------------------------- one more


def _add(mine: Answer) -> None:
    """A form of what may differ, and nothing else."""
    plans, seconds, places = options.other_plans(mine), options.second_covers(mine), options.settings(mine)
    care, cash, start = other_care(mine.case), options.cash_choices(mine), _other_start(mine)
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
    added, memory = _added(), _memory()
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
    _html(
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
                    comparison_chart.pairs_sheet(_names(found), found.pair),
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


def _names(found: Compared) -> list[str]:
    return [row.name for row in found.rows]


# ---------------------------------------------------------------- any two of them


def _any_two(found: Compared, mine: Answer) -> None:
    """How often one option costs less than another, whichever two the reader asks about."""
    ids = [each.id for each in found.made]
    if len(ids) < 2:
        return
    title = say("**Any two of them**: how often one costs less than the other")
    with st.expander(title, key="compare_two", on_change="rerun") as step:
        if not step.open:
            return
        names = dict(zip(ids, _names(found), strict=True))
        cheapest = [ids[found.rows.index(row)] for row in comparison_chart.sorted_by_cost(found.rows)]
        usual = (cheapest[0], OWN if cheapest[0] != OWN else cheapest[1])
        for column, label, field, first in zip(
            st.columns(2), (say("This option"), say("Against this one")), ("first", "second"), usual, strict=True
        ):
            key = f"compare_two_{field}"
            if st.session_state.get(key) not in ids:
                st.session_state[key] = first
            column.selectbox(label, ids, key=key, format_func=lambda each: names[each])
        one, other = (ids.index(st.session_state[f"compare_two_{field}"]) for field in ("first", "second"))
        twin = tables.to_html(comparison_chart.pairs_table(_names(found), found.pair))
        _html(
            f'<p class="cmp-two" role="status">{escape(_two_said(found, one, other, mine.words))}</p>'
            f"<details><summary>{escape(say('Every two of them as a table'))}</summary>"
            f'<div class="cmp-pairs">{twin}</div></details>'
        )


def _two_said(found: Compared, one: int, other: int, words: Words) -> str:
    if one == other:
        return say("Choose two different options.")
    if (counted := found.pair(one, other)) is None:
        return say("A price is missing in one of the two, so they are not counted against each other.")
    return comparison_chart.duel(found.rows[one].name, found.rows[other].name, counted, words)


# ---------------------------------------------------------------- what if


@dataclass(frozen=True, slots=True)
class _Slider:
    """A term of the plan that can be moved: its own value, and the values to choose from."""

    label: str
    own: Decimal
    values: list[Decimal]
    shown: Callable[[Decimal], str]


def _sliders(mine: Answer) -> dict[str, _Slider]:
    """The terms that can be moved, by the field of `Terms`."""
    plan, words = mine.case.plan, mine.words
    found: dict[str, _Slider] = {}
    if plan.deductible is not None:
        own = plan.deductible.amount
        most = max(Decimal(1000), own * 5 if own <= 1000 else own * 2)
        found["deductible"] = _Slider(words.label("deductible"), own, _steps(own, most), words.about)
    if plan.out_of_pocket_max is not None:
        own = plan.out_of_pocket_max.amount
        values = [value for value in _steps(own, own * 2) if value]
        found["out_of_pocket_max"] = _Slider(words.label("out_of_pocket_max"), own, values, words.about)
    therapy = therapy_terms(plan, mine.case.scenario.network)
    if not therapy:
        return found
    usual = therapy[-1]
    if usual.copay:
        values = sorted({usual.copay, *(Decimal(n) for n in range(0, 155, 5))})
        label = say("{copay} for a therapy visit", copay=words.label("copay"))
        found["copay"] = _Slider(label, usual.copay, values, words.about)
    if usual.patient_coinsurance:
        values = sorted({usual.patient_coinsurance, *(Decimal(n) / 100 for n in range(0, 105, 5))})
        label = say("{coinsurance} for therapy", coinsurance=words.label("coinsurance"))
        found["coinsurance"] = _Slider(label, usual.patient_coinsurance, values, options.percent)
    if usual.visit_limit:
        own = Decimal(usual.visit_limit)
        values = sorted({own, *(Decimal(n) for n in range(5, 65, 5))})
        found["visit_limit"] = _Slider(say("Therapy visits a plan year"), own, values, lambda visits: f"{visits}")
    return found


def _steps(own: Decimal, most: Decimal) -> list[Decimal]:
    step = 10 if most <= 1000 else 50 if most <= 5000 else 250
    return sorted({own, *(Decimal(n) for n in range(0, int(most) + 1, step))})


def _term_key(mine: Answer, field: str) -> str:
    return f"compare_if_{mine.case.plan.id}_{field}"


def _what_if_now(mine: Answer) -> Change | None:
    """The plan with the terms that the sliders say, where they differ from its own."""
    moved: dict[str, Decimal] = {}
    for field, slider in _sliders(mine).items():
        value = _memory().get(_term_key(mine, field), slider.own)
        if isinstance(value, Decimal) and value != slider.own and value in slider.values:
            moved[field] = value
    if not moved:
        return None
    visits = moved.pop("visit_limit", None)
    return Change(terms=Terms(**moved, visit_limit=int(visits) if visits is not None else None))


def _what_if(mine: Answer, *, room: bool) -> None:
    sliders = _sliders(mine)
    if not sliders:
        return
    with st.expander(say("**What if your plan had other terms?**"), key="compare_if", on_change="rerun") as step:
        if not step.open:
            return
        open_now = room or _what_if_now(mine) is not None
        if not open_now:
            st.caption(say("Six rows at most, your own included. Take one out above to try other terms."))
        for field, slider in sliders.items():
            key = _term_key(mine, field)
            if key not in st.session_state:
                st.session_state[key] = _memory().get(key, slider.own)
            st.select_slider(
                say("{term} (now {value})", term=slider.label, value=slider.shown(slider.own)),
                slider.values,
                key=key,
                format_func=slider.shown,
                on_change=_moved,
                args=(key,),
                disabled=not open_now,
            )
        if _what_if_now(mine) is not None:
            st.button(say("Back to the plan's own terms"), key="compare_if_reset", on_click=_reset, args=(mine,))


def _moved(key: str) -> None:
    _memory()[key] = st.session_state[key]


def _reset(mine: Answer) -> None:
    for field in _sliders(mine):
        key = _term_key(mine, field)
        _memory().pop(key, None)
        st.session_state.pop(key, None)


# ---------------------------------------------------------------- cash or the plan


def _cash_or_plan(mine: Answer) -> None:
    """From how many visits on the plan costs less than cash; in the UK the mixes say it."""
    if mine.case.scenario.region != Region.US_PRIVATE or not can_pay_cash(mine.case):
        return
    title = say("**Cash or insurance?** From how many visits your plan costs less")
    with st.expander(title, key="compare_cash", on_change="rerun") as step:
        if not step.open:
            return
        try:
            found, counted = _even(mine, counts=False), _even(mine, counts=True)
        except InputError as error:
            _html(f"<p>{escape(' '.join(mended(str(error), mine.words)))}</p>")
            return
        said = comparison_chart.break_even_says(found, mine.words)
        if counted.in_cash[counted.likely_visits] != found.in_cash[found.likely_visits]:
            said.append(
                say(
                    "If your plan counted all that cash to your {deductible}, it would be {amount}.",
                    deductible=mine.words.inside("deductible"),
                    amount=mine.words.exact(counted.in_cash[counted.likely_visits]),
                )
            )
        first, *more = said
        twin = tables.to_html(comparison_chart.break_even_table(found, mine.words))
        _html(
            f'<p class="cmp-two">{escape(first)}</p><ul class="plain">{_listed(more)}</ul>'
            f"<details><summary>{escape(say('Visit by visit, as a table'))}</summary>{twin}</details>"
            f'<h3>{escape(say("What it rests on"))}</h3><ul class="plain">{_listed(_cash_rests_on())}<li>{_laws()}</li></ul>'
        )


def _even(mine: Answer, *, counts: bool) -> BreakEven:
    return options.kept(f"even|{counts}|{options.key(mine.case)}", lambda: break_even(mine.case, counts=counts))


def _cash_rests_on() -> Iterator[str]:
    yield say(
        "The visits are those of your likely course, and after them one a week; your other care goes through the plan."
    )
    yield say("Cash visits do not use up the plan's visit limit, and need no approval.")
    yield say("Some clinics in a network must bill your plan: ask before you pay in cash.")


def _laws() -> str:
    """What counts to the deductible, with the laws that say so."""
    said = say(
        "Most plans count only what they are billed for. By law some plans in Tennessee and Texas count cash that is below "
        "their own price, if you send in the receipt:"
    )
    links = ", ".join(f'<a href="{url}" target="_blank" rel="noopener">{escape(title)}</a>' for title, url in LAWS)
    return f"{escape(said)} {links}."


def _listed(texts: Iterable[str]) -> str:
    return "".join(f"<li>{escape(text)}</li>" for text in texts)


# ---------------------------------------------------------------- another start


def _start_dates(mine: Answer) -> None:
    """Where the end of a plan year changes the cost; only dates that are safe for the injury."""
    if mine.case.scenario.region not in YEARLY:
        return
    st.session_state.setdefault("compare_dates", _is_cliff_in_sight(mine))
    with st.expander(say("**Does the start date matter?**"), key="compare_dates", on_change="rerun") as step:
        if not step.open:
            return
        try:
            with st.spinner(say("Trying other start dates")):
                key = f"dates|{date.today()}|{language()}|{options.key(mine.case)}"
                found = options.kept(key, lambda: _timing(mine))
        except InputError as error:
            _html(f"<p>{escape(' '.join(mended(str(error), mine.words)))}</p>")
            return
        _html(_timing_html(found, mine))


def _timing(mine: Answer) -> Timing:
    starts, today = mine.scenario.care_starts, date.today()
    return start_dates(mine.case, draws=DRAWS, not_before=today if today <= starts else None)


def _is_cliff_in_sight(mine: Answer) -> bool:
    plan: Plan = mine.case.plan
    return plan.plan_year(mine.quote.first_visit) != plan.plan_year(mine.quote.last_visit + CLIFF_IN_SIGHT)


def _timing_html(found: Timing, mine: Answer) -> str:
    words = mine.words
    rows = [
        Row(
            name=say("Start on {day}", day=words.day(row.starts, year=True)),
            differs=_start_differs(row),
            low=row.p10,
            middle=row.likely,
            high=row.p90,
            is_yours=row.is_chosen,
        )
        for row in found.rows
    ]
    said = [_cliff(each.on, each.last_start_before, each.first_start_after, words) for each in found.plan_year_starts]
    if not said:
        said = [say("No plan year begins while the care runs, so nothing starts afresh.")]
    day = options.new_year(mine)
    if day is not None and _other_start(mine) is None:
        said.append(_too_late(day, mine))
    said += [words.plain(text) for text in found.says]
    alt = say("Start dates in order. {starts}", starts=" ".join(words.plain(row.says) for row in found.rows))
    reading = say(
        "Here the dot is one likely course, as under “Where it goes” on My cost. The bar holds 8 of 10 cases."
    )
    return (
        f'<ul class="plain">{_listed(said)}</ul>'
        f"{comparison_chart.chart(rows, words, alt=alt, with_worst=False, last=lambda _: '')}"
        f'<p class="note">{escape(reading)}</p><details><summary>{escape(say("The same numbers as a table"))}</summary>'
        f"{tables.to_html(_dates_table(found, words))}</details>"
    )


def _start_differs(row: StartDate) -> str:
    outside = [] if row.in_window else [say("outside the window for treatment")]
    return " · ".join([_visits_said(row), *outside])


def _visits_said(row: StartDate) -> str:
    visits = row.visits_by_plan_year
    if len(visits) < 2:
        return say_many("{count} visit", "{count} visits", sum(visits))
    return say("{before} visits before the new plan year, {after} in it", before=visits[0], after=sum(visits[1:]))


def _cliff(on: date, before: date | None, after: date | None, words: Words) -> str:
    said = [
        say(
            "A new plan year begins on {day}: what you have paid and used counts from nothing again.",
            day=words.day(on, year=True),
        )
    ]
    if before is not None:
        said.append(say("With a start up to {day} all care falls before it.", day=words.day(before)))
    if after is not None:
        said.append(say("With a start from {day} all care falls into the new year.", day=words.day(after)))
    return " ".join(said)


def _dates_table(found: Timing, words: Words) -> Table:
    columns = (
        Column(say("Start")),
        Column(say("One likely course"), is_amount=True),
        Column(say("1 in 10 pay less than"), is_amount=True),
        Column(say("Worst case in ten"), is_amount=True),
        Column(say("Last visit"), is_amount=True),
        Column(say("Visits")),
    )
    rows = tuple(
        (
            _start_said(row, words),
            words.exact(row.likely),
            words.about(row.p10),
            words.about(row.p90),
            words.day(row.last_visit, year=True),
            _visits_said(row),
        )
        for row in found.rows
    )
    return Table(say("The same care begun on other dates"), columns, rows)


def _start_said(row: StartDate, words: Words) -> str:
    day = words.day(row.starts, year=True)
    return say("{day} (your case)", day=day) if row.is_chosen else day


# ---------------------------------------------------------------- NHS, private, mixed


def _ways(mine: Answer) -> None:
    """From how many sessions a cover pays, and what the mixes rest on."""
    mixed = options.mixed(mine)
    if mixed is None:
        return
    made = mixed[0]
    pays = _listed(each.says for each in made.break_even)
    link = escape(made.trial_source.title)
    if made.trial_source.url.startswith("https://"):
        link = f'<a href="{escape(made.trial_source.url)}" target="_blank" rel="noopener">{link}</a>'
    with st.expander(say("**NHS or private?** What the comparison rests on"), key="compare_ways"):
        head = escape(say("From how many sessions a cover pays"))
        _html(
            (f"<h3>{head}</h3><ul class='plain'>{pays}</ul>" if pays else "")
            + f"<h3>{escape(say('What it rests on'))}</h3><ul class='plain'>{_listed(made.notes)}</ul>"
            + f"<p class='note'>{escape(say('The trial:'))} {link}</p>"
        )


# ---------------------------------------------------------------- what to keep in mind


def _notes(mine: Answer, shown: Sequence[Change]) -> None:
    listed = _listed(_kept_in_mind(mine, shown))
    title = escape(say("Keep in mind"))
    _html(f'<h3>{title}</h3><ul class="plain">{listed}</ul><p class="note">{escape(mine.quote.disclaimer)}</p>')


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
