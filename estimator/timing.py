"""The same episode at other start dates inside the clinical window: where the end of a plan year changes the cost.

The window is data (`pathways/timing_windows.toml`). No date outside it is ever called cheaper: a start that the person
chose outside it is shown, and marked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from estimator.errors import FileProblems, InputError
from estimator.estimate import Case, calendar_of
from estimator.files import Prose, Record, read_toml, validate
from estimator.messages import cached_by_language, marked, say
from estimator.money import format_money, to_minor
from estimator.pathway import Source
from estimator.plan import Benefit, Deductible, Plan, SeparateDeductible
from estimator.projection import SEED, project
from estimator.quote import Quote, quote
from estimator.scenario import LATEST, Used
from estimator.vocabulary import Condition, Management

FILE = Path(__file__).parent / "pathways" / "timing_windows.toml"
STEP_DAYS = 7
DRAWS = 2_000
LONGEST_AFTER_INJURY = timedelta(days=730)
Day = Annotated[int, Field(ge=0, le=365)]

# ---------------------------------------------------------------- what the file holds


class Window(Record):
    """When treatment of one condition may start; days count from the anchor."""

    condition: Condition
    management: Management
    anchor: Literal["injury", "care_starts"]
    earliest_day: Day
    latest_day: Day
    operation_by_day: Day | None = None
    says: Prose
    source: str

    @model_validator(mode="after")
    def _ordered(self) -> Window:
        if self.earliest_day > self.latest_day:
            raise ValueError("earliest_day <= latest_day does not hold")
        return self


class WindowsFile(Record):
    """`timing_windows.toml`: one window for each condition and management."""

    window: tuple[Window, ...]
    source: tuple[Source, ...]

    @property
    def sources(self) -> dict[str, Source]:
        return {source.id: source for source in self.source}


@cached_by_language
def load_windows(path: Path = FILE) -> WindowsFile:
    """The shipped windows; raises `FileProblems` naming the field."""
    file = validate(WindowsFile, read_toml(path), path.name)
    problems = [
        f"{path.name}: window {window.condition} {window.management}: source '{window.source}' is not declared."
        for window in file.window
        if window.source not in file.sources
    ]
    pairs = [(window.condition, window.management) for window in file.window]
    problems += [
        f"{path.name}: window {c} {m} stands twice." for c, m in sorted({p for p in pairs if pairs.count(p) > 1})
    ]
    if problems:
        raise FileProblems(problems)
    return file


# ---------------------------------------------------------------- the record


class StartDate(Record):
    """The episode begun on one date: the likely cost, the range in 8 of 10 cases, and the plan years it touches."""

    starts: date
    days_after_injury: int
    in_window: bool
    is_chosen: bool
    """Whether it is the start the person gave."""
    first_visit: date
    last_visit: date
    surgery_on: date | None
    visits_by_plan_year: tuple[int, ...]
    """Visits on each side of the plan-year ends that the episode crosses; one figure where it crosses none."""
    likely: Decimal
    p10: Decimal
    p50: Decimal
    p90: Decimal
    against_chosen: Decimal
    """The likely cost less that of the chosen start."""
    says: str


class PlanYearStart(Record):
    """A plan year begins while the episode may run: the deductible, the maximum and yearly limits start afresh."""

    on: date
    last_start_before: date | None
    """The latest start in the window whose care all falls before it."""
    first_start_after: date | None
    """The earliest start in the window whose care all falls after it."""


class Timing(Record):
    """Start dates side by side, in order of date, on common draws; money in `currency`."""

    currency: str
    plan: str
    plan_name: str
    condition: Condition
    management: Management
    draws: int
    seed: int
    window_opens: date
    window_closes: date
    """The last start that the window allows."""
    window_says: str
    window_source: Source
    rows: tuple[StartDate, ...]
    plan_year_starts: tuple[PlanYearStart, ...]
    cheapest: date | None
    """The start with the lowest likely cost among those in the window, the earliest of equals; None without any."""
    saves: Decimal
    """What the cheapest start saves against the earliest one in the window, by the likely course."""
    says: tuple[str, ...]


def start_dates(
    case: Case,
    draws: int = DRAWS,
    seed: int = SEED,
    step_days: int = STEP_DAYS,
    not_before: date | None = None,
) -> Timing:
    """The episode at every start in its window, `step_days` apart, and at each plan year's first day.

    `not_before` leaves out days that are gone. What the plan year has used up counts only for starts in the plan year of
    the chosen start; prices not yet published are those of the chosen start, for every row alike.
    """
    if not 1 <= step_days <= 56:
        raise InputError(f"step_days: choose a number of days from 1 to 56 (got {step_days}).")
    search = _Search.of(case, draws, seed)
    courses = [search.course(start) for start in search.starts(step_days, not_before)]
    chosen = next(course for course in courses if search.is_chosen(course.start))
    rows = tuple(search.row(course, chosen.quoted.totals.patient_pays) for course in courses)
    inside = [row for row in rows if row.in_window]
    best = min(inside, key=lambda row: (row.likely, row.starts), default=None)
    saves = inside[0].likely - best.likely if best is not None else Decimal("0.00")
    return Timing(
        currency=chosen.quoted.currency,
        plan=case.plan.id,
        plan_name=case.plan.title,
        condition=case.scenario.condition,
        management=case.scenario.treatment,
        draws=draws,
        seed=seed,
        window_opens=search.first,
        window_closes=search.last,
        window_says=search.window.says,
        window_source=load_windows().sources[search.window.source],
        rows=rows,
        plan_year_starts=tuple(_plan_year_starts(case, rows)),
        cheapest=best.starts if best is not None else None,
        saves=saves,
        says=tuple(_says(case, search.window, rows, chosen.quoted.currency)),
    )


# ---------------------------------------------------------------- which dates


def safe_starts(case: Case) -> tuple[date, date]:
    """The first and the last day on which treatment may start; raises `InputError` where no window is on file."""
    return _span(case, _window_of(case))


@dataclass(frozen=True, slots=True)
class _Course:
    """One start with its case and its likely course."""

    start: date
    case: Case
    quoted: Quote


@dataclass(frozen=True, slots=True)
class _Search:
    """A case with its window, and how many draws each start gets."""

    case: Case
    window: Window
    first: date
    last: date
    draws: int
    seed: int

    @classmethod
    def of(cls, case: Case, draws: int, seed: int) -> _Search:
        window = _window_of(case)
        return cls(case, window, *_span(case, window), draws, seed)

    def starts(self, step_days: int, not_before: date | None) -> list[date]:
        """The window in steps, its last day, each plan year's first day in it, and the chosen start."""
        days = {self.first + timedelta(days=n) for n in range(0, (self.last - self.first).days + 1, step_days)}
        years = [self.case.plan.plan_year_start(year) for year in range(self.first.year, self.last.year + 1)]
        days |= {day for day in (self.last, *years) if self.first <= day <= self.last}
        days = {day for day in days if not_before is None or day >= not_before}
        return sorted(days | {self.case.scenario.care_starts})

    def is_chosen(self, start: date) -> bool:
        return start == self.case.scenario.care_starts

    def course(self, start: date) -> _Course:
        moved = begun_on(self.case, start)
        return _Course(start, moved, quote(moved))

    def row(self, course: _Course, chosen: Decimal) -> StartDate:
        """A start's cost beside the likely cost of the chosen one."""
        spread = project(course.case, self.draws, self.seed).patient_pays
        made = course.quoted
        likely = made.totals.patient_pays
        row = StartDate(
            starts=course.start,
            days_after_injury=(course.start - self.case.scenario.injury_date).days,
            in_window=self.first <= course.start <= self.last,
            is_chosen=self.is_chosen(course.start),
            first_visit=made.first_visit,
            last_visit=made.last_visit,
            surgery_on=made.surgery_on,
            visits_by_plan_year=_visits_by_plan_year(made, self.case.plan),
            likely=likely,
            p10=spread.p10,
            p50=spread.p50,
            p90=spread.p90,
            against_chosen=likely - chosen,
            says="",
        )
        return row.model_copy(update={"says": _row_says(row, self.case, made.currency)})


def _window_of(case: Case) -> Window:
    wanted = (case.scenario.condition, case.scenario.treatment)
    for window in load_windows().window:
        if (window.condition, window.management) == wanted:
            return window
    raise InputError(f"timing: no window is on file for {wanted[0]} with {wanted[1]} treatment.")


def _span(case: Case, window: Window) -> tuple[date, date]:
    """The first and the last start of the window; an operation still falls on a working day in time."""
    scenario = case.scenario
    anchor = scenario.injury_date if window.anchor == "injury" else scenario.care_starts
    first = anchor + timedelta(days=window.earliest_day)
    last = min(anchor + timedelta(days=window.latest_day), scenario.injury_date + LONGEST_AFTER_INJURY, LATEST)
    if window.operation_by_day is not None:
        calendar = calendar_of(scenario, case.tariff)
        lead = timedelta(days=case.pathway.file.surgery.days_after_care_starts)
        by = anchor + timedelta(days=window.operation_by_day)
        while last > first and calendar.on_or_after(last + lead) > by:
            last -= timedelta(days=1)
    return first, last


def begun_on(case: Case, start: date) -> Case:
    """The same case begun on another date, whether that is safe or not."""
    scenario = case.scenario
    changes: dict[str, object] = {"care_starts": start, "prices_as_of": scenario.prices_as_of or scenario.care_starts}
    if case.plan.plan_year(start) != case.plan.plan_year(scenario.care_starts):
        changes["used"] = _carried_over(scenario.used, case.plan)
    return replace(case, scenario=scenario.model_copy(update=changes))


def _carried_over(used: Used, plan: Plan) -> Used:
    """What is used up whatever the plan year: only what resets with the episode."""
    lasting = {
        name for b in plan.benefit if b.visit_limit_resets == "episode" for name in (b.counter, b.group, *b.services)
    }
    paid = {name for b in plan.benefit if b.benefit_limit_resets == "episode" for name in (b.group, *b.services)}
    separate = {entry.id for entry in plan.separate_deductible if entry.resets == "episode"}
    keeps_deductible = plan.deductible is not None and plan.deductible.resets == "episode"
    return Used(
        deductible=used.deductible if keeps_deductible else Decimal(0),
        family_deductible=used.family_deductible if keeps_deductible else Decimal(0),
        separate_deductibles={name: amount for name, amount in used.separate_deductibles.items() if name in separate},
        visits={name: count for name, count in used.visits.items() if name in lasting},
        benefit_paid={name: amount for name, amount in used.benefit_paid.items() if name in paid},
    )


# ---------------------------------------------------------------- plan years


def _visits_by_plan_year(made: Quote, plan: Plan) -> tuple[int, ...]:
    visits = {(line.date, line.visit_service) for line in made.lines}
    years = sorted({plan.plan_year(day) for day, _ in visits})
    return tuple(sum(1 for day, _ in visits if plan.plan_year(day) == year) for year in years)


def _plan_year_starts(case: Case, rows: Sequence[StartDate]) -> Iterator[PlanYearStart]:
    """Every plan year that begins between the first visit of the earliest start and the last visit of the latest."""
    if not starts_afresh(case):
        return
    first, last = min(row.first_visit for row in rows), max(row.last_visit for row in rows)
    inside = [row for row in rows if row.in_window]
    for year in range(first.year, last.year + 1):
        on = case.plan.plan_year_start(year)
        if first < on <= last:
            before = [row.starts for row in inside if row.last_visit < on]
            after = [row.starts for row in inside if row.first_visit >= on]
            yield PlanYearStart(
                on=on, last_start_before=max(before, default=None), first_start_after=min(after, default=None)
            )


def starts_afresh(case: Case) -> bool:
    """Whether anything of the cover resets with the plan year."""
    plan = case.plan
    pots: list[Deductible | SeparateDeductible] = [*plan.separate_deductible]
    pots += [plan.deductible] if plan.deductible is not None else []
    return (
        plan.out_of_pocket_max is not None
        or bool(plan.threshold)
        or any(pot.amount > 0 and pot.resets == "plan_year" for pot in pots)
        or any(_limit_resets(benefit) for benefit in plan.benefit)
        or (case.secondary is not None and any(rule.limit is not None for rule in case.secondary.pays))
    )


def _limit_resets(benefit: Benefit) -> bool:
    return (benefit.visit_limit is not None and benefit.visit_limit_resets != "episode") or (
        benefit.benefit_limit is not None and benefit.benefit_limit_resets == "plan_year"
    )


# ---------------------------------------------------------------- words


ROW_SAYS = {
    (False, True): marked(
        "Start on {day} (day {number}): most likely {likely}, in 8 of 10 cases between {low} and {high}."
    ),
    (False, False): marked(
        "Start on {day} (day {number}): most likely {likely}, in 8 of 10 cases between {low} and {high}; this is outside "
        "the window for treatment."
    ),
    (True, True): marked(
        "Start on {day} (day {number}): most likely {likely}, in 8 of 10 cases between {low} and {high}; {before} of "
        "{visits} visits fall before the plan year ends and {after} after it."
    ),
    (True, False): marked(
        "Start on {day} (day {number}): most likely {likely}, in 8 of 10 cases between {low} and {high}; {before} of "
        "{visits} visits fall before the plan year ends and {after} after it; this is outside the window for treatment."
    ),
}
"""By whether a plan year ends between the visits, and whether the start lies in the window."""


def _row_says(row: StartDate, case: Case, currency: str) -> str:
    visits = row.visits_by_plan_year
    is_cut = len(visits) > 1 and starts_afresh(case)
    return say(
        ROW_SAYS[is_cut, row.in_window],
        day=row.starts,
        number=row.days_after_injury,
        likely=_money(row.likely, currency),
        low=_money(row.p10, currency),
        high=_money(row.p90, currency),
        before=visits[0],
        visits=sum(visits),
        after=sum(visits[1:]),
    )


def _says(case: Case, window: Window, rows: Sequence[StartDate], currency: str) -> Iterator[str]:
    yield window.says
    inside = [row for row in rows if row.in_window]
    chosen = next(row for row in rows if row.is_chosen)
    if not chosen.in_window:
        yield say(
            "Your start on {day} is outside the window for treatment; start as soon as you safely can, whatever the cost.",
            day=chosen.starts,
        )
    if not inside:
        yield say("No start inside the window is left, so no dates are compared.")
        return
    yield from _cost_says(inside, currency)
    if case.scenario.used != Used() and len({case.plan.plan_year(row.starts) for row in rows}) > 1:
        yield say(
            "What you have used up counts only in the plan year of the start you chose; a start in another one begins afresh."
        )
    yield say("Dates move only within what is safe; ask your clinician before you wait.")


WORTH_A_WORD = Decimal(1)
"""A smaller saving is an accident of rounding, and no reason to wait."""


def _cost_says(inside: Sequence[StartDate], currency: str) -> Iterator[str]:
    best = min(inside, key=lambda row: (row.likely, row.starts))
    dearest = max(inside, key=lambda row: row.likely)
    mild, worst = (pick(inside, key=lambda row: row.p90) for pick in (min, max))
    if dearest.likely == best.likely:
        yield say("Every start in the window most likely costs you {amount}.", amount=_money(best.likely, currency))
    else:
        yield say(
            "Inside the window the likely cost runs from {low} to {high}, most with a start on {day}.",
            low=_money(best.likely, currency),
            high=_money(dearest.likely, currency),
            day=dearest.starts,
        )
    if mild.p90 != worst.p90:
        yield say(
            "One case in ten costs more than {amount} with a start on {day}, and more than {higher_amount} with one on "
            "{dearer_day}.",
            amount=_money(mild.p90, currency),
            day=mild.starts,
            higher_amount=_money(worst.p90, currency),
            dearer_day=worst.starts,
        )
    if best.starts == inside[0].starts:
        yield say("No start is likely to cost less than the earliest one.")
    elif inside[0].likely - best.likely < WORTH_A_WORD:
        amount = _money(WORTH_A_WORD, currency)
        yield say("No start is likely to save as much as {amount} against the earliest one.", amount=amount)
    else:
        yield say(
            "A start on {day} would most likely save {amount} against {earliest_day}; weigh that against a later recovery.",
            day=best.starts,
            amount=_money(inside[0].likely - best.likely, currency),
            earliest_day=inside[0].starts,
        )


def _money(amount: Decimal, currency: str) -> str:
    return format_money(to_minor(amount), currency)
