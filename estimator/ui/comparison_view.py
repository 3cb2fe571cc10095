"""The comparison on the page: your case in one line, the options as rows, and what would change them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from html import escape
from typing import cast

import streamlit as st

from estimator.errors import InputError
from estimator.fee_schedule import STATE_NAMES
from estimator.outputs import comparison_chart, tables
from estimator.outputs.comparison_chart import Row
from estimator.outputs.tables import Column, Table
from estimator.outputs.words import Words, mended, most_likely, range_sentence, setting
from estimator.outputs.workbook import to_csv
from estimator.plan import Plan
from estimator.projection import DRAWS
from estimator.timing import StartDate, Timing, start_dates
from estimator.ui import options, state
from estimator.ui.options import MOST_OTHERS, NONE, SHOWN_AT_FIRST, UK, Change
from estimator.ui.result import Answer
from estimator.vocabulary import Region, Service

AS_NOW = "As in your case"
CLIFF_IN_SIGHT = timedelta(days=60)
"""The section on start dates opens by itself where the plan year ends this soon after the last visit."""


def draw(mine: Answer) -> None:
    """The whole comparison of one scenario."""
    _your_case(mine)
    with st.spinner("Working out the options"):
        offered = _offered(mine)
        changes = _choose(mine, offered)
        what_if = _what_if_now(mine)
        made, problems = options.rows(mine, [*changes, *([what_if] if what_if is not None else [])])
    _add(mine)
    _side_by_side(made, problems, mine)
    _what_if(mine, room=len(changes) < MOST_OTHERS)
    _start_dates(mine)
    _ways(mine)
    _notes(mine, made)


def _html(text: str) -> None:
    st.html(f'<div class="hc">{text}</div>')


# ---------------------------------------------------------------- your case


def case_line(mine: Answer) -> str:
    """The reader's case in one line: injury, place, cover, start."""
    scenario, words = mine.scenario, mine.words
    area = scenario.area
    place = area.locality or STATE_NAMES.get(area.state or "") or area.region or area.nation
    second = f" with {mine.case.secondary.title}" if mine.case.secondary is not None else ""
    injury = mine.case.pathway.condition(scenario.condition).name
    where = f", {place}" if place else ""
    return f"{injury}{where}; {mine.case.plan.title}{second}; care from {words.day(scenario.care_starts, year=True)}"


def _your_case(mine: Answer) -> None:
    spread, words = mine.projection.patient_pays, mine.words
    _html(
        f'<section class="cmp-mine" aria-label="Your case"><p>{escape(case_line(mine))}. You most likely pay '
        f'<b class="you-ink">{escape(most_likely(spread, words))}</b>. {escape(range_sentence(spread, words))}</p></section>'
    )
    st.page_link("estimator/ui/pages/my_cost.py", label="Change your case", icon=":material/edit:")


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
        and (change.massage is None or change.massage == options.can_massage(mine))
    )


def _choose(mine: Answer, offered: dict[str, Change]) -> list[Change]:
    """The options picked; the first few of a first visit are picked already."""
    if not offered:
        return []
    memory, key = _memory(), state.of_region("picked")
    first = list(offered)[: MOST_OTHERS if mine.case.scenario.region == Region.NHS else SHOWN_AT_FIRST]
    picked = [each for each in cast(list[str], memory.setdefault(key, first)) if each in offered]
    memory[key] = picked
    if st.session_state.get(f"compare_{key}") != picked:
        st.session_state[f"compare_{key}"] = picked
    st.pills(
        "Compare your case with",
        list(offered),
        selection_mode="multi",
        format_func=lambda each: options.name(offered[each], mine),
        key=f"compare_{key}",
        on_change=_picked,
        args=(key, list(offered), MOST_OTHERS - (_what_if_now(mine) is not None)),
    )
    if st.session_state.pop("compare_full", False):
        st.caption("Six rows at most, your own included. Take one out first.")
    return [offered[each] for each in offered if each in picked]


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
    plans, seconds = options.other_plans(mine), options.second_covers(mine)
    places, massage = options.settings(mine), options.can_massage(mine)
    if sum(map(bool, (plans, seconds, places, massage is not None))) < 2:
        return
    with st.expander("**Add an option**: change more than one thing", key="compare_add", on_change="rerun") as step:
        if not step.open:
            return
        st.html('<p class="hc note">What you leave as it is stays as in your case.</p>')
        chosen = Change(
            plan=_pick("Cover", "plan", {name: plan.title for name, plan in plans.items()}),
            secondary=_pick("Second cover", "secondary", _titles(seconds)),
            setting=_pick("Where you are treated", "setting", {name: setting(name)[0] for name in places}),
            massage=massage if massage is not None and _tick_massage(mine, massage) else None,
        )
        st.button(
            "Add this option", key="compare_add_now", on_click=_add_now, args=(chosen,), disabled=chosen == Change()
        )
        if st.session_state.pop("compare_added_full", False):
            st.caption("It is in the list above. Six rows at most, your own included: take one out to see it.")


def _titles(seconds: Sequence[str]) -> dict[str, str]:
    known = state.plans("secondary")
    return {name: "None" if name == NONE else known[name].title for name in seconds}


def _pick(label: str, field: str, choices: dict[str, str]) -> str | None:
    if not choices:
        return None
    return st.selectbox(
        label,
        [None, *choices],
        format_func=lambda name: choices[name] if name is not None else AS_NOW,
        key=f"compare_add_{state.of_region(field)}",
    )


def _tick_massage(mine: Answer, massage: bool) -> bool:
    service = mine.words.service(Service.MASSAGE_THERAPY).lower()
    return st.checkbox(f"{'With' if massage else 'Without'} {service}", key=f"compare_add_{state.of_region('massage')}")


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


def _side_by_side(made: Sequence[Row], problems: Sequence[tuple[str, str]], mine: Answer) -> None:
    ordered, words = comparison_chart.sorted_by_cost(made), mine.words
    with_weeks = mine.case.scenario.region in UK
    alt = comparison_chart.alt_text(ordered, words)
    picture = comparison_chart.chart(ordered, words, alt=alt, with_weeks=with_weeks)
    twin = tables.to_html(comparison_chart.table(ordered, words, with_weeks=with_weeks))
    _html(
        f'<h2>What you would pay</h2><p class="cmp-takeaway">{escape(comparison_chart.takeaway(ordered, words))}</p>'
        f'{picture}<p class="note">The dot is the most likely amount. The bar holds 8 of 10 cases; 1 in 10 costs more than its '
        "right end.</p>"
        f"<details><summary>The same numbers as a table</summary>{twin}</details>{_problems(problems)}"
    )
    st.download_button(
        "Save the table (CSV)",
        data=lambda: to_csv(comparison_chart.sheet(ordered, words.currency)),
        file_name="hamstring-comparison.csv",
        mime="text/csv",
        on_click="ignore",
        key="compare_csv",
        icon=":material/download:",
    )


def _problems(problems: Sequence[tuple[str, str]]) -> str:
    if not problems:
        return ""
    each = "".join(f"<li><b>{escape(title)}.</b> {escape(said)}</li>" for title, said in problems)
    return f'<section class="mend" role="alert"><h2>Could not be compared</h2><ul>{each}</ul></section>'


# ---------------------------------------------------------------- what if


def _terms(mine: Answer) -> dict[str, tuple[str, Decimal, list[Decimal]]]:
    """The terms of the plan that can be moved: label, its own value, the values to choose from."""
    plan, words = mine.case.plan, mine.words
    found: dict[str, tuple[str, Decimal, list[Decimal]]] = {}
    if plan.deductible is not None:
        own = plan.deductible.amount
        most = max(Decimal(1000), own * 5 if own <= 1000 else own * 2)
        step = 10 if most <= 1000 else 50 if most <= 5000 else 250
        found["deductible"] = (words.label("deductible"), own, _steps(own, most, step))
    therapy = options.therapy_terms(plan, mine.case.scenario.network)
    if therapy:
        usual = therapy[-1]
        if usual.copay:
            found["copay"] = (
                f"{words.label('copay')} for a therapy visit",
                usual.copay,
                _steps(usual.copay, Decimal(150), 5),
            )
        if usual.patient_coinsurance:
            own = usual.patient_coinsurance
            shares = sorted({own, *(Decimal(n) / 100 for n in range(0, 105, 5))})
            found["share"] = (f"{words.label('coinsurance')} for therapy", own, shares)
    return found


def _steps(own: Decimal, most: Decimal, step: int) -> list[Decimal]:
    return sorted({own, *(Decimal(n) for n in range(0, int(most) + 1, step))})


def _term_key(mine: Answer, field: str) -> str:
    return f"compare_if_{mine.case.plan.id}_{field}"


def _what_if_now(mine: Answer) -> Change | None:
    """The plan with the terms that the sliders say, where they differ from its own."""
    moved: dict[str, Decimal] = {}
    for field, (_, own, values) in _terms(mine).items():
        value = _memory().get(_term_key(mine, field), own)
        if isinstance(value, Decimal) and value != own and value in values:
            moved[field] = value
    if not moved:
        return None
    return Change(deductible=moved.get("deductible"), copay=moved.get("copay"), share=moved.get("share"))


def _what_if(mine: Answer, *, room: bool) -> None:
    terms, words = _terms(mine), mine.words
    if not terms:
        return
    with st.expander("**What if your plan had other terms?**", key="compare_if", on_change="rerun") as step:
        if not step.open:
            return
        open_now = room or _what_if_now(mine) is not None
        if not open_now:
            st.caption("Six rows at most, your own included. Take one out above to try other terms.")
        for field, (label, own, values) in terms.items():
            key = _term_key(mine, field)
            said = _percent if field == "share" else words.about
            if key not in st.session_state:
                st.session_state[key] = _memory().get(key, own)
            st.select_slider(
                f"{label} (now {said(own)})".replace("$", "\\$"),
                values,
                key=key,
                format_func=said,
                on_change=_moved,
                args=(key,),
                disabled=not open_now,
            )
        if _what_if_now(mine) is not None:
            st.button("Back to the plan's own terms", key="compare_if_reset", on_click=_reset, args=(mine,))


def _percent(share: Decimal) -> str:
    return f"{round(share * 100)}%"


def _moved(key: str) -> None:
    _memory()[key] = st.session_state[key]


def _reset(mine: Answer) -> None:
    for field in _terms(mine):
        key = _term_key(mine, field)
        _memory().pop(key, None)
        st.session_state.pop(key, None)


# ---------------------------------------------------------------- another start


def _start_dates(mine: Answer) -> None:
    """Where the end of a plan year changes the cost; only dates that are safe for the injury."""
    if mine.case.scenario.region not in (Region.US_PRIVATE, Region.MEDICARE_PART_B):
        return
    st.session_state.setdefault("compare_dates", _is_cliff_in_sight(mine))
    with st.expander("**Does the start date matter?**", key="compare_dates", on_change="rerun") as step:
        if not step.open:
            return
        try:
            with st.spinner("Trying other start dates"):
                found = options.kept(f"dates|{date.today()}|{options.key(mine.case)}", lambda: _timing(mine))
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
            name=f"Start on {words.day(row.starts, year=True)}",
            differs=_visits_said(row) + ("" if row.in_window else "outside the window for treatment"),
            low=row.p10,
            middle=row.likely,
            high=row.p90,
            is_yours=row.is_chosen,
        )
        for row in found.rows
    ]
    cliffs = "".join(
        f"<li>{escape(_cliff(each.on, each.last_start_before, each.first_start_after, words))}</li>"
        for each in found.plan_year_starts
    )
    none = "" if cliffs else "<li>No plan year begins while the care runs, so nothing starts afresh.</li>"
    says = "".join(f"<li>{escape(words.plain(text))}</li>" for text in found.says)
    alt = "Start dates in order. " + " ".join(words.plain(row.says) for row in found.rows)
    return (
        f'<ul class="plain">{cliffs}{none}{says}</ul>'
        f"{comparison_chart.chart(rows, words, alt=alt, last=lambda _: '')}"
        '<p class="note">Here the dot is one likely course, as under “Where it goes” on My cost. The bar holds 8 of 10 cases.</p>'
        f"<details><summary>The same numbers as a table</summary>{tables.to_html(_dates_table(found, words))}</details>"
    )


def _visits_said(row: StartDate) -> str:
    visits = row.visits_by_plan_year
    if len(visits) < 2:
        return f"{sum(visits)} visits"
    return f"{visits[0]} visits before the new plan year, {sum(visits[1:])} in it"


def _cliff(on: date, before: date | None, after: date | None, words: Words) -> str:
    said = (
        f"A new plan year begins on {words.day(on, year=True)}: what you have paid and used counts from nothing again."
    )
    if before is not None:
        said += f" With a start up to {words.day(before)} all care falls before it."
    if after is not None:
        said += f" With a start from {words.day(after)} all care falls into the new year."
    return said


def _dates_table(found: Timing, words: Words) -> Table:
    columns = (
        Column("Start"),
        Column("One likely course", is_amount=True),
        Column("1 in 10 pay less than", is_amount=True),
        Column("1 in 10 pay more than", is_amount=True),
        Column("Last visit", is_amount=True),
        Column("Visits"),
    )
    rows = tuple(
        (
            f"{words.day(row.starts, year=True)}{' (your case)' if row.is_chosen else ''}",
            words.exact(row.likely),
            words.about(row.p10),
            words.about(row.p90),
            words.day(row.last_visit, year=True),
            _visits_said(row),
        )
        for row in found.rows
    )
    return Table("The same care begun on other dates", columns, rows)


# ---------------------------------------------------------------- NHS, private, mixed


def _ways(mine: Answer) -> None:
    """From how many sessions a cover pays, and what the mixes rest on."""
    made = options.mixed(mine)
    if made is None:
        return
    pays = "".join(f"<li>{escape(each.says)}</li>" for each in made.break_even)
    rests = "".join(f"<li>{escape(note)}</li>" for note in made.notes)
    link = escape(made.trial_source.title)
    if made.trial_source.url.startswith("https://"):
        link = f'<a href="{escape(made.trial_source.url)}" target="_blank" rel="noopener">{link}</a>'
    with st.expander("**NHS or private?** What the comparison rests on", key="compare_ways"):
        _html(
            (f"<h3>From how many sessions a cover pays</h3><ul class='plain'>{pays}</ul>" if pays else "")
            + f"<h3>What it rests on</h3><ul class='plain'>{rests}</ul><p class='note'>The trial: {link}</p>"
        )


# ---------------------------------------------------------------- what to keep in mind


def _notes(mine: Answer, made: Sequence[Row]) -> None:
    said = [
        f"Every row meets the same {DRAWS:,} possible courses of your injury, so differences come from the option alone."
    ]
    if any(row.cheaper is None for row in made):
        said.append("Mixed ways use as many courses, but are not counted case by case against yours.")
    if mine.case.plan.benefit and mine.case.scenario.region != Region.NHS:
        said.append(
            "What you have used up this year counts under every plan here. Premiums are not part of these amounts."
        )
    if mine.case.tariff.region.pricing == "fee_schedule":
        said.append("A hospital's own bill is not in this estimate, so a hospital is not compared.")
    said.append("A lower price says nothing about how well you recover.")
    listed = "".join(f"<li>{escape(text)}</li>" for text in said)
    _html(f'<h3>Keep in mind</h3><ul class="plain">{listed}</ul><p class="note">{escape(mine.quote.disclaimer)}</p>')
