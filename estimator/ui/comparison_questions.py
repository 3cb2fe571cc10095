"""The questions under the comparison: any two options, other terms, cash or the plan, another start, NHS or private."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from html import escape

import streamlit as st

from estimator.comparison import BreakEven, Terms, break_even, can_pay_cash, therapy_terms
from estimator.errors import InputError
from estimator.messages import language, say, say_many
from estimator.outputs import comparison_chart, figures, tables
from estimator.outputs.comparison_chart import Row
from estimator.outputs.tables import Column, Table
from estimator.outputs.words import Words, mended
from estimator.plan import Plan
from estimator.projection import DRAWS
from estimator.timing import StartDate, Timing, safe_starts, start_dates
from estimator.ui import frame, options
from estimator.ui.options import OWN, YEARLY, Change, Compared
from estimator.ui.result import Answer
from estimator.vocabulary import Region

CLIFF_IN_SIGHT = timedelta(days=60)
"""The section on start dates opens by itself where the plan year ends this soon after the last visit."""
LAWS = ("cash-counts-tennessee", "cash-counts-texas")
"""Where some plans must count cash to the deductible: sources of the region."""


# ---------------------------------------------------------------- any two of them


def any_two(found: Compared, mine: Answer) -> None:
    """How often one option costs less than another, whichever two the reader asks about."""
    ids = [each.id for each in found.made]
    if len(ids) < 2:
        return
    title = say("**Any two of them**: how often one costs less than the other")
    with st.expander(title, key="compare_two", on_change="rerun") as step:
        if not step.open:
            return
        names = dict(zip(ids, found.names, strict=True))
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
        twin = tables.to_html(comparison_chart.pairs_table(found.names, found.pair))
        frame.put(
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


def what_if_now(mine: Answer) -> Change | None:
    """The plan with the terms that the sliders say, where they differ from its own."""
    moved: dict[str, Decimal] = {}
    for field, slider in _sliders(mine).items():
        value = options.memory().get(_term_key(mine, field), slider.own)
        if isinstance(value, Decimal) and value != slider.own and value in slider.values:
            moved[field] = value
    if not moved:
        return None
    visits = moved.pop("visit_limit", None)
    return Change(terms=Terms(**moved, visit_limit=int(visits) if visits is not None else None))


def what_if(mine: Answer, *, room: bool) -> None:
    """The terms of the plan, each as a slider; `room` is whether one more row may be shown."""
    sliders = _sliders(mine)
    if not sliders:
        return
    with st.expander(say("**What if your plan had other terms?**"), key="compare_if", on_change="rerun") as step:
        if not step.open:
            return
        open_now = room or what_if_now(mine) is not None
        if not open_now:
            st.caption(say("Six rows at most, your own included. Take one out above to try other terms."))
        for field, slider in sliders.items():
            key = _term_key(mine, field)
            if key not in st.session_state:
                st.session_state[key] = options.memory().get(key, slider.own)
            st.select_slider(
                say("{term} (now {value})", term=slider.label, value=slider.shown(slider.own)),
                slider.values,
                key=key,
                format_func=slider.shown,
                on_change=_moved,
                args=(key,),
                disabled=not open_now,
            )
        if what_if_now(mine) is not None:
            st.button(say("Back to the plan's own terms"), key="compare_if_reset", on_click=_reset, args=(mine,))


def _moved(key: str) -> None:
    options.memory()[key] = st.session_state[key]


def _reset(mine: Answer) -> None:
    for field in _sliders(mine):
        key = _term_key(mine, field)
        options.memory().pop(key, None)
        st.session_state.pop(key, None)


# ---------------------------------------------------------------- cash or the plan


def cash_or_plan(mine: Answer) -> None:
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
            frame.put(f"<p>{escape(' '.join(mended(str(error), mine.words)))}</p>")
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
        frame.put(
            f'<p class="cmp-two">{escape(first)}</p><ul class="plain">{frame.items(more)}</ul>'
            f"<details><summary>{escape(say('Visit by visit, as a table'))}</summary>{twin}</details>"
            f'<h3>{escape(say("What it rests on"))}</h3><ul class="plain">{frame.items(_cash_rests_on())}<li>{_laws(mine)}</li></ul>'
        )


def _even(mine: Answer, *, counts: bool) -> BreakEven:
    return options.kept(f"even|{counts}|{options.key(mine.case)}", lambda: break_even(mine.case, counts=counts))


def _cash_rests_on() -> Iterator[str]:
    yield say(
        "The visits are those of your likely course, and after them one a week; your other care goes through the plan."
    )
    yield say("Cash visits do not use up the plan's visit limit, and need no approval.")
    yield say("Some clinics in a network must bill your plan: ask before you pay in cash.")


def _laws(mine: Answer) -> str:
    """What counts to the deductible, with the laws that say so."""
    said = say(
        "Most plans count only what they are billed for. By law some plans in Tennessee and Texas count cash that is below "
        "their own price, if you send in the receipt:"
    )
    cited = "".join(f"<li>{figures.cite(mine.case.tariff.source(name), mine.words)}</li>" for name in LAWS)
    return f'{escape(said)}<ul class="plain">{cited}</ul>'


# ---------------------------------------------------------------- another start


def too_late(day: date, mine: Answer) -> str:
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


def other_starts(mine: Answer) -> None:
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
            frame.put(f"<p>{escape(' '.join(mended(str(error), mine.words)))}</p>")
            return
        frame.put(_timing_html(found, mine))


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
    if day is not None and options.other_start(mine) is None:
        said.append(too_late(day, mine))
    said += [words.plain(text) for text in found.says]
    alt = say("Start dates in order. {starts}", starts=" ".join(words.plain(row.says) for row in found.rows))
    reading = say(
        "Here the dot is one likely course, as under “Where it goes” on My cost. The bar holds 8 of 10 cases."
    )
    return (
        f'<ul class="plain">{frame.items(said)}</ul>'
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


def nhs_or_private(mine: Answer) -> None:
    """From how many sessions a cover pays, and what the mixes rest on."""
    mixed = options.mixed(mine)
    if mixed is None:
        return
    made = mixed[0]
    pays = frame.items(each.says for each in made.break_even)
    link = escape(made.trial_source.title)
    if made.trial_source.url.startswith("https://"):
        link = f'<a href="{escape(made.trial_source.url)}" target="_blank" rel="noopener">{link}</a>'
    with st.expander(say("**NHS or private?** What the comparison rests on"), key="compare_ways"):
        head = escape(say("From how many sessions a cover pays"))
        frame.put(
            (f"<h3>{head}</h3><ul class='plain'>{pays}</ul>" if pays else "")
            + f"<h3>{escape(say('What it rests on'))}</h3><ul class='plain'>{frame.items(made.notes)}</ul>"
            + f"<p class='note'>{escape(say('The trial:'))} {link}</p>"
        )
