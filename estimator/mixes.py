"""NHS and private care side by side and mixed: what each way costs the person, and how long it takes.

A mix is made of courses of the same injury on the same draws: each leg keeps some of the visits of an NHS or a private
course and is priced and adjudicated by the engine, so nothing here reckons a price of its own.

Weeks to the return to sport are those of the pathway for every way. One trial (Bayer 2017) found that rehabilitation
from day 2 instead of day 9 shortened a severe acute strain; it is used for grades 2 and 3 only, from those days only,
and is never made larger for a longer wait. Nothing shows that earlier massage shortens recovery, so none is claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

import numpy as np

from estimator.adjudication import adjudicate
from estimator.coverage import cover
from estimator.draws import CHUNK, Draws, Flags, Floats, Ints, point, sample
from estimator.errors import InputError
from estimator.estimate import WAITING_SERVICES, Case, Course, open_case, run
from estimator.files import Record
from estimator.messages import marked, say
from estimator.money import to_decimal
from estimator.pathway import Component, Source
from estimator.places_uk import nhs_area
from estimator.plan import Plan
from estimator.pricing import ClaimLine, ClaimLines, price_visits
from estimator.projection import BLOCK, PERCENTILES, SEED
from estimator.scenario import Area, Scenario, Used
from estimator.schedule import Slot, Visits
from estimator.statement import adjudicate_lines
from estimator.tariff import Tariff
from estimator.vocabulary import Condition, Management, Mode, Network, Region, Service

DRAWS = 2_000
MOST_DRAWS = CHUNK
MOST_PLANS = 3
MOST_SESSIONS = 52
"""Break-even sessions are looked for up to one a week for a year."""

SELF_PAY, USUAL_INSURANCE = "uk_self_pay", "pmi_excess_outpatient_limit"

SCANS = (Service.IMAGING_MRI, Service.IMAGING_ULTRASOUND, Service.IMAGING_XRAY)
THERAPY = WAITING_SERVICES
SESSIONS = (
    *THERAPY,
    Service.MASSAGE_THERAPY,
    Service.SHOCKWAVE,
    Service.ACUPUNCTURE,
    Service.DRY_NEEDLING,
    Service.CHIROPRACTIC,
)
"""What is bought privately where the NHS makes the diagnosis; scans, operations and prescriptions stay with the NHS."""

TRIAL_CONDITIONS = (Condition.STRAIN_GRADE_2, Condition.STRAIN_GRADE_3)
Trial = Literal["early_group", "late_group", "between_the_groups", "not_studied"]
Way = Literal[
    "nhs",
    "nhs_diagnosis_private_sessions",
    "private_scan_nhs_care",
    "nhs_course_private_top_up",
    "private",
    "insurance",
]

NAMES: dict[Way, str] = {
    "nhs": marked("NHS only"),
    "nhs_diagnosis_private_sessions": marked("NHS diagnosis, private sessions"),
    "private_scan_nhs_care": marked("Private scan, NHS care"),
    "nhs_course_private_top_up": marked("NHS course, private top-up"),
    "private": marked("Private, you pay"),
    "insurance": marked("Private, insured"),
}
SAYS: dict[Way, str] = {
    "nhs": marked("You wait for the NHS and pay only what it does not offer."),
    "nhs_diagnosis_private_sessions": marked(
        "The NHS finds out what it is; you buy the sessions and do not wait for them."
    ),
    "private_scan_nhs_care": marked("You buy the scan and take its report to the NHS, which does the rest."),
    "nhs_course_private_top_up": marked(
        "You wait for the NHS course; when it ends you buy the sessions that are still useful."
    ),
    "private": marked("You buy everything and do not wait for sessions."),
    "insurance": marked("Your insurer pays by the terms of the policy, and you do not wait for sessions."),
}


# ---------------------------------------------------------------- the answer


class Range(Record):
    """The likely case, and the middle and range in 8 of 10 cases."""

    likely: Decimal
    p10: Decimal
    p50: Decimal
    p90: Decimal


class MixOption(Record):
    """One way to be treated: money in pounds, time in weeks."""

    id: str
    way: Way
    name: str
    says: str
    plan: str | None
    patient_pays: Range
    not_counted: tuple[Service, ...]
    """Care of this way that has no published price: the way costs at least `patient_pays`, and beats no other."""
    nhs_pays: Decimal
    """What the likely course costs the health service, for information."""
    private_sessions: int
    """Therapy sessions bought privately in the likely course."""
    weeks_to_first_session: Range | None
    """From the start of care to the first therapy session offered; None where no therapy is asked for."""
    recovered_before: Decimal
    """The share of cases that recover before that session."""
    weeks_to_return: Range
    """The pathway's recovery time, from the injury; the same for every way."""
    trial: Trial
    weeks_to_return_in_trial: Decimal | None
    """The likely weeks with the trial's difference added for a late start; None where the trial says nothing."""
    weeks_saved: Decimal | None
    """Likely weeks to the first session, compared with the NHS alone."""
    extra_cost: Decimal
    """Likely cost above that of the NHS alone."""
    weeks_saved_per_pound: Decimal | None
    pounds_per_week_saved: Decimal | None
    slower_and_dearer_than: tuple[str, ...]
    """Ways that cost no more and bring the first session no later, one of the two truly better."""
    later_return_and_dearer_than: tuple[str, ...]
    """The same for the return to sport."""


class BreakEven(Record):
    """From how many private sessions on a cover is cheaper than paying for each of them."""

    id: str
    name: str
    sessions: int | None
    """None: not within a year of weekly sessions."""
    self_pay: Decimal
    """What so many sessions cost without the cover; of a year of weekly ones where there is no such number."""
    with_cover: Decimal
    """What they cost with it, the fixed cost included."""
    fixed_cost: Decimal
    says: str


class Mixes(Record):
    """Every way, cheapest first, with the frontier marked, and the break-even numbers of sessions."""

    currency: str
    draws: int
    seed: int
    options: tuple[MixOption, ...]
    break_even: tuple[BreakEven, ...]
    notes: tuple[str, ...]
    trial_source: Source


def mixes(
    scenario: Scenario,
    plans: Sequence[str] = (),
    draws: int = DRAWS,
    seed: int = SEED,
    tariffs: Path | None = None,
    discharge_after: int | None = None,
) -> Mixes:
    """Every way to treat one injury in the UK, on common draws.

    `plans` are insurances to compare (the scenario's own, or a usual one, where none is named); a cash plan comes from
    `scenario.secondary`. `discharge_after` is the number of NHS sessions before the private top-up, the usual course
    where nothing is said.
    """
    return mixes_with_draws(scenario, plans, draws, seed, tariffs, discharge_after)[0]


def mixes_with_draws(
    scenario: Scenario,
    plans: Sequence[str] = (),
    draws: int = DRAWS,
    seed: int = SEED,
    tariffs: Path | None = None,
    discharge_after: int | None = None,
) -> tuple[Mixes, Mapping[str, Ints]]:
    """The same, with what the person pays in every draw, in minor units, by the id of each way."""
    if scenario.region not in (Region.NHS, Region.UK_PRIVATE):
        raise InputError(f"region: NHS and private care are mixed only in the UK (got {scenario.region}).")
    if scenario.mode == Mode.AVERAGE:
        raise InputError(
            "mode: mixes compare your own course of care; name the services, and leave out mode = 'average'."
        )
    if not 100 <= draws <= MOST_DRAWS:
        raise InputError(f"draws: choose a number from 100 to {MOST_DRAWS:,} (got {draws:,}).")
    if len(plans) > MOST_PLANS:
        raise InputError(f"plan: name at most {MOST_PLANS} insurances (got {len(plans)}).")
    table = _Table.of(scenario, plans, tariffs, discharge_after)
    made = [_Made.of(table, recipe, draws, seed) for recipe in table.recipes()]
    base = next(each for each in made if each.recipe.way == "nhs")
    options = [_option(table, each, base) for each in made]
    compared = [_compared(option, options) for option in options]
    found = Mixes(
        currency="GBP",
        draws=draws,
        seed=seed,
        options=tuple(sorted(compared, key=lambda option: option.patient_pays.likely)),
        break_even=tuple(_break_evens(table)),
        notes=tuple(_notes(table, options)),
        trial_source=table.tariff.source(table.trial_factor("early_rehabilitation_difference")[1]),
    )
    return found, {each.recipe.id: each.spread.patient for each in made}


# ---------------------------------------------------------------- the cases behind a mix

Pick = Callable[[Course, Flags], Flags]
"""Which visits of a course a leg keeps: shape (visits, draws)."""


@dataclass(frozen=True, slots=True)
class Leg:
    """Some visits of one case; `priced_by` is another case where somebody else treats on the same dates."""

    case: Case
    pick: Pick
    priced_by: Case | None = None
    starts_with_evaluation: bool = False
    """Whether a new therapist examines first, at the price of a first appointment."""

    @property
    def payer(self) -> Case:
        return self.priced_by or self.case


@dataclass(frozen=True, slots=True)
class Recipe:
    """A way and its legs."""

    way: Way
    legs: tuple[Leg, ...]
    plan: Plan | None = None

    @property
    def id(self) -> str:
        return f"{self.way}:{self.plan.id}" if self.plan is not None else self.way


@dataclass(frozen=True, slots=True)
class _Table:
    """The cases that mixes are made of: NHS, private and insured, of one scenario."""

    scenario: Scenario
    nhs: Case
    nhs_without_cap: Case
    private: Case
    insured: tuple[Case, ...]
    discharge_after: int

    @classmethod
    def of(cls, scenario: Scenario, plans: Sequence[str], tariffs: Path | None, discharge_after: int | None) -> _Table:
        shared = {"setting": None, "network": Network.IN_NETWORK}
        nhs = open_case(
            scenario.model_copy(
                update={
                    **shared,
                    "region": Region.NHS,
                    "area": nhs_area(scenario.area),
                    "plan": None,
                    "secondary": None,
                    "used": Used(),
                }
            ),
            tariffs,
        )
        private_area = _private_area(scenario.area)
        own = scenario.plan if scenario.region == Region.UK_PRIVATE and scenario.plan != SELF_PAY else None
        secondary = scenario.secondary if scenario.region == Region.UK_PRIVATE else None
        used = scenario.used if scenario.region == Region.UK_PRIVATE else Used()

        def bought(plan: str) -> Case:
            update = {**shared, "region": Region.UK_PRIVATE, "area": private_area, "plan": plan}
            return open_case(scenario.model_copy(update={**update, "secondary": secondary, "used": used}), tariffs)

        region = nhs.tariff.region.model_copy(update={"visit_cap": ()})
        usual = nhs.tariff.factor("usual_physiotherapy_sessions", scenario.care_starts).middle
        return cls(
            scenario=scenario,
            nhs=nhs,
            nhs_without_cap=replace(nhs, tariff=replace(nhs.tariff, region=region)),
            private=bought(SELF_PAY),
            insured=tuple(bought(plan) for plan in plans or [own or USUAL_INSURANCE]),
            discharge_after=int(usual) if discharge_after is None else discharge_after,
        )

    @property
    def tariff(self) -> Tariff:
        return self.nhs.tariff

    def recipes(self) -> Iterator[Recipe]:
        """The ways that make sense for what is asked."""
        services = {*self.scenario.services}
        wants_therapy = bool(services & {*THERAPY})
        yield Recipe("nhs", (Leg(self.nhs, _all),))
        if wants_therapy:
            yield Recipe(
                "nhs_diagnosis_private_sessions", (Leg(self.nhs, _but(SESSIONS)), Leg(self.private, _only(SESSIONS)))
            )
        if services & {*SCANS}:
            yield Recipe("private_scan_nhs_care", (Leg(self.private, _only(SCANS)), Leg(self.nhs, _but(SCANS))))
        if wants_therapy:
            first = self.discharge_after
            yield Recipe(
                "nhs_course_private_top_up",
                (
                    Leg(self.nhs_without_cap, _sessions_up_to(first)),
                    Leg(self.nhs_without_cap, _sessions_after(first), self.private, starts_with_evaluation=True),
                ),
            )
        yield Recipe("private", (Leg(self.private, _all),))
        for case in self.insured:
            yield Recipe("insurance", (Leg(case, _all),), case.plan)

    def trial_factor(self, name: str) -> tuple[Decimal, str]:
        factor = self.tariff.factor(name, self.scenario.care_starts)
        return factor.middle, factor.source


def _private_area(area: Area) -> Area:
    """The same place where private prices know London and the rest: a London board of the NHS is London."""
    if area.region is not None and "London" in area.region and not area.region.startswith("UK"):
        return area.model_copy(update={"region": "London"})
    return area


def _all(course: Course, _: Flags) -> Flags:
    return course.visits.present


def _only(services: Sequence[Service]) -> Pick:
    return lambda course, _: course.visits.present & _of(course, services)


def _but(services: Sequence[Service]) -> Pick:
    return lambda course, _: course.visits.present & ~_of(course, services)


def _sessions_up_to(most: int) -> Pick:
    """Everything but the therapy sessions after the `most`-th of each draw."""
    return lambda course, number: course.visits.present & (~_of(course, THERAPY) | (number <= most))


def _sessions_after(most: int) -> Pick:
    return lambda course, number: course.visits.present & _of(course, THERAPY) & (number > most)


def _of(course: Course, services: Sequence[Service]) -> Flags:
    return np.array([[slot.service in services] for slot in course.visits.slots], dtype=bool)


# ---------------------------------------------------------------- running a mix


@dataclass(frozen=True, slots=True)
class _Result:
    """One mix in one run of draws; every array has shape (draws,)."""

    patient: Ints
    nhs_pays: Ints
    private_sessions: Ints
    first_session_days: Floats | None
    recovery_days: Floats
    not_counted: tuple[Service, ...]


@dataclass(frozen=True, slots=True)
class _Made:
    """A mix in the likely case and in many draws."""

    recipe: Recipe
    likely: _Result
    spread: _Result

    @classmethod
    def of(cls, table: _Table, recipe: Recipe, draws: int, seed: int) -> _Made:
        parts = table.nhs.components
        likely = _run(recipe, max(parts, key=lambda part: part.share), point())
        edges = [0, *np.round(np.cumsum([part.share for part in parts]) * draws).astype(int)]
        runs = [
            _run(recipe, part, sample(int(last - first), seed))
            for part, first, last in zip(parts, edges, edges[1:], strict=False)
            if last > first
        ]
        return cls(recipe, likely, _joined(runs))


def _joined(runs: Sequence[_Result]) -> _Result:
    days = [run.first_session_days for run in runs if run.first_session_days is not None]
    return _Result(
        patient=np.concatenate([run.patient for run in runs]),
        nhs_pays=np.concatenate([run.nhs_pays for run in runs]),
        private_sessions=np.concatenate([run.private_sessions for run in runs]),
        first_session_days=np.concatenate(days) if len(days) == len(runs) else None,
        recovery_days=np.concatenate([run.recovery_days for run in runs]),
        not_counted=tuple(dict.fromkeys(service for run in runs for service in run.not_counted)),
    )


def _run(recipe: Recipe, part: Component, draws: Draws) -> _Result:
    patient, nhs_pays, sessions = (np.zeros(draws.count, dtype=np.int64) for _ in range(3))
    first: Floats | None = None
    recovery: Floats = np.zeros(draws.count)
    not_counted: dict[Service, None] = {}
    for leg in recipe.legs:
        course = run(leg.case, part, draws)
        recovery = course.wanted.recovery_days
        keep = leg.pick(course, _session_number(course))
        offered = _first_session_days(course, keep)
        if offered is not None:
            first = offered if first is None else np.minimum(first, offered)
        not_counted |= dict.fromkeys(_without_price(course, keep))
        paid, plan_paid = _pays(leg, course, keep, draws)
        patient += paid
        if leg.payer.scenario.region == Region.NHS:
            nhs_pays += plan_paid
        else:
            sessions += (keep & _of(course, THERAPY)).sum(axis=0)
    return _Result(patient, nhs_pays, sessions, first, recovery, tuple(not_counted))


def _without_price(course: Course, keep: Flags) -> list[Service]:
    """The services among the kept visits for which no price is published."""
    unpriced = {line.visit_service for line in course.claims.lines if line.is_unpriced}
    kept = [slot.service for slot, flags in zip(course.visits.slots, keep, strict=True) if flags.any()]
    return [service for service in dict.fromkeys(kept) if service in unpriced]


def _session_number(course: Course) -> Flags:
    """The running number of each therapy session in each draw."""
    return np.cumsum(course.visits.present & _of(course, THERAPY), axis=0)


def _pays(leg: Leg, course: Course, keep: Flags, draws: Draws) -> tuple[Ints, Ints]:
    """What the person and the first payer pay for the visits a leg keeps."""
    payer = leg.payer
    nothing = np.zeros(draws.count, dtype=np.int64)
    if not keep.any():
        return nothing, nothing.copy()
    visits = (
        _examined_first(course.visits, keep) if leg.starts_with_evaluation else replace(course.visits, present=keep)
    )
    self_paid = payer.plan.self_paid(payer.scenario.network)
    claims = price_visits(visits, payer.scenario, payer.tariff, payer.pathway, draws, self_paid=self_paid)
    covered = cover(claims, payer.plan, payer.scenario.paperwork)
    patient, plan = nothing, nothing.copy()
    for begin in range(0, draws.count, BLOCK):
        here = slice(begin, min(begin + BLOCK, draws.count))
        result = adjudicate(covered.block(here.start, here.stop), payer.plan, payer.scenario.used, payer.secondary)
        patient[here], plan[here] = result.patient_pays.sum(axis=0), result.plan_pays.sum(axis=0)
    return patient, plan


def _examined_first(visits: Visits, keep: Flags) -> Visits:
    """The kept sessions, the first one of each draw as a first appointment."""
    is_first = keep & (np.cumsum(keep, axis=0) == 1)
    slots: list[Slot] = []
    present: list[Flags] = []
    hands_on: list[Flags] = []
    for index, slot in enumerate(visits.slots):
        first = replace(slot, service=Service.PHYSICAL_THERAPY_EVALUATION)
        later = replace(slot, service=Service.PHYSICAL_THERAPY)
        for each, here in ((first, is_first[index]), (later, keep[index] & ~is_first[index])):
            if here.any():
                slots.append(each)
                present.append(here)
                hands_on.append(visits.hands_on[index] & here)
    return replace(visits, slots=tuple(slots), present=np.stack(present), hands_on=np.stack(hands_on))


def _first_session_days(course: Course, keep: Flags) -> Floats | None:
    """Days from the start of care to the first therapy session of a leg, the wait of each draw in place of the typical one."""
    rows = [i for i, slot in enumerate(course.visits.slots) if slot.service in THERAPY and keep[i].any()]
    if not rows:
        return None
    case = course.case
    day = (course.visits.slots[rows[0]].day - case.scenario.care_starts).days
    waits = course.visits.wait_days
    if case.wait is None or course.visits.surgery_on is not None:
        return np.full(waits.shape, float(day))
    typical = round(case.wait.median_weeks * 7)
    return np.full(waits.shape, float(day)) if waits.shape[0] == 1 else day - typical + waits


# ---------------------------------------------------------------- options and the frontier


def _option(table: _Table, made: _Made, base: _Made) -> MixOption:
    recipe, likely, spread = made.recipe, made.likely, made.spread
    weeks = _weeks(likely.first_session_days, spread.first_session_days)
    first, first_nhs = (_likely_weeks(each.likely.first_session_days) for each in (made, base))
    saved = None if first is None or first_nhs is None else first_nhs - first
    extra = to_decimal(int(likely.patient[0]) - int(base.likely.patient[0]))
    trial, in_trial = _trial(table, likely)
    returns = _weeks(likely.recovery_days, spread.recovery_days)
    assert returns is not None
    is_bought = saved is not None and saved > 0 and extra > 0 and not likely.not_counted
    name = say(NAMES[recipe.way])
    return MixOption(
        id=recipe.id,
        way=recipe.way,
        name=name if recipe.plan is None else f"{name}: {recipe.plan.title}",
        says=say(SAYS[recipe.way]),
        plan=recipe.plan.id if recipe.plan is not None else None,
        patient_pays=_money(likely.patient, spread.patient),
        not_counted=likely.not_counted,
        nhs_pays=to_decimal(int(likely.nhs_pays[0])),
        private_sessions=int(likely.private_sessions[0]),
        weeks_to_first_session=weeks,
        recovered_before=_recovered_before(table, spread),
        weeks_to_return=returns,
        trial=trial,
        weeks_to_return_in_trial=in_trial,
        weeks_saved=saved,
        extra_cost=extra,
        weeks_saved_per_pound=_rounded(saved / extra, "0.0001") if saved is not None and is_bought else None,
        pounds_per_week_saved=_rounded(extra / saved, "0.01") if saved is not None and is_bought else None,
        slower_and_dearer_than=(),
        later_return_and_dearer_than=(),
    )


def _recovered_before(table: _Table, made: _Result) -> Decimal:
    """Recovery counts from the injury, the wait from the start of care."""
    if made.first_session_days is None:
        return Decimal(0)
    late = (table.scenario.care_starts - table.scenario.injury_date).days
    return _rounded(Decimal(float((made.recovery_days <= made.first_session_days + late).mean())), "0.001")


def _trial(table: _Table, likely: _Result) -> tuple[Trial, Decimal | None]:
    """Which group of the trial a way resembles, and its likely weeks to the return; never scaled to other waits."""
    scenario, first = table.scenario, likely.first_session_days
    is_studied = scenario.condition in TRIAL_CONDITIONS and scenario.treatment == Management.CONSERVATIVE
    if not is_studied or first is None:
        return "not_studied", None
    start = round(float(first[0])) + (scenario.care_starts - scenario.injury_date).days
    weeks = Decimal(str(float(likely.recovery_days[0]) / 7))
    if start <= table.trial_factor("early_rehabilitation_early_day")[0]:
        return "early_group", _rounded(weeks, "0.1")
    if start >= table.trial_factor("early_rehabilitation_late_day")[0]:
        return "late_group", _rounded(weeks + table.trial_factor("early_rehabilitation_difference")[0] / 7, "0.1")
    return "between_the_groups", None


def _compared(option: MixOption, options: Sequence[MixOption]) -> MixOption:
    """An option with the ways that beat it."""

    def beaten_by(weeks: Callable[[MixOption], Decimal | None]) -> tuple[str, ...]:
        return tuple(other.id for other in options if other is not option and _beats(other, option, weeks))

    return option.model_copy(
        update={
            "slower_and_dearer_than": beaten_by(_wait_weeks),
            "later_return_and_dearer_than": beaten_by(_return_weeks),
        }
    )


def _wait_weeks(option: MixOption) -> Decimal | None:
    return option.weeks_to_first_session.likely if option.weeks_to_first_session else None


def _return_weeks(option: MixOption) -> Decimal:
    known = option.weeks_to_return_in_trial
    return option.weeks_to_return.likely if known is None else known


def _beats(one: MixOption, other: MixOption, weeks: Callable[[MixOption], Decimal | None]) -> bool:
    """Whether `one` costs no more and takes no longer, and one of the two is truly better; its sum must be whole."""
    if one.not_counted:
        return False
    mine, theirs = (one.patient_pays.likely, weeks(one)), (other.patient_pays.likely, weeks(other))
    if mine[1] is None or theirs[1] is None:
        return False
    return mine[0] <= theirs[0] and mine[1] <= theirs[1] and mine != theirs


def _money(likely: Ints, spread: Ints) -> Range:
    low, middle, high = (to_decimal(int(each)) for each in _percentiles(spread))
    return Range(likely=to_decimal(int(likely[0])), p10=low, p50=middle, p90=high)


def _weeks(likely: Floats | None, spread: Floats | None) -> Range | None:
    if likely is None or spread is None:
        return None
    low, middle, high = (_rounded(Decimal(float(each) / 7), "0.1") for each in _percentiles(spread))
    return Range(likely=_rounded(Decimal(float(likely[0]) / 7), "0.1"), p10=low, p50=middle, p90=high)


def _likely_weeks(days: Floats | None) -> Decimal | None:
    return None if days is None else _rounded(Decimal(float(days[0]) / 7), "0.1")


def _percentiles(values: Ints | Floats) -> Floats:
    return np.asarray(np.percentile(values, PERCENTILES, method="inverted_cdf"))


def _rounded(value: Decimal, step: str) -> Decimal:
    return value.quantize(Decimal(step))


# ---------------------------------------------------------------- break-even


def _break_evens(table: _Table) -> Iterator[BreakEven]:
    """From how many sessions on each cover is cheaper than paying for every session oneself."""
    prices = _session_prices(table)
    if prices is None:
        return
    alone = _running_cost(table.private, prices, with_secondary=False)
    for case in table.insured:
        insured = _running_cost(case, prices, with_secondary=False)
        yield _break_even("excess", case.plan, alone, insured, 0)
        if case.plan.premium is not None:
            yield _break_even("premium", case.plan, alone, insured, _yearly(case.plan))
    cash = table.private.secondary
    if cash is not None and cash.premium is not None:
        paid_back = _running_cost(table.private, prices, with_secondary=True)
        yield _break_even("premium", cash, alone, paid_back, _yearly(cash))


def _yearly(plan: Plan) -> int:
    assert plan.premium is not None
    return int(plan.premium.amount * 100) * (12 if plan.premium.per == "month" else 1)


Bought = Literal["excess", "premium"]
"""A policy that is used, or one that is bought for a year."""
TITLES: dict[Bought, str] = {
    "excess": marked("Using {plan}"),
    "premium": marked("Buying {plan} for a year"),
}
NEVER: dict[Bought, str] = {
    "excess": marked("Using {plan} never pays within {number} weekly sessions."),
    "premium": marked("Buying {plan} for a year never pays within {number} weekly sessions."),
}
PAYS_FROM: dict[Bought, str] = {
    "excess": marked("Using {plan} pays from session {number} on."),
    "premium": marked("Buying {plan} for a year pays from session {number} on."),
}


def _break_even(bought: Bought, plan: Plan, alone: Ints, covered: Ints, fixed: int) -> BreakEven:
    """The first number of sessions at which the cover, with its fixed cost, is truly cheaper."""
    cheaper = np.flatnonzero(covered + fixed < alone)
    number = int(cheaper[0]) + 1 if len(cheaper) else None
    at = (number or len(alone)) - 1
    says = NEVER if number is None else PAYS_FROM
    said = say(says[bought], plan=plan.title, number=number or len(alone))
    if fixed:
        too_late = say("A policy bought now does not cover an injury you already have.")
        said = f"{said} {too_late}"
    return BreakEven(
        id=f"{bought}:{plan.id}",
        name=say(TITLES[bought], plan=plan.title),
        sessions=number,
        self_pay=to_decimal(int(alone[at])),
        with_cover=to_decimal(int(covered[at]) + fixed),
        fixed_cost=to_decimal(fixed),
        says=said,
    )


def _session_prices(table: _Table) -> tuple[int, int] | None:
    """The likely private price of a first appointment and of a follow-up, or None where no therapy is asked for."""
    part = max(table.private.components, key=lambda each: each.share)
    claims = run(table.private, part, point()).claims
    prices = {
        line.service: int(claims.allowed[i, 0])
        for i, line in reversed([*enumerate(claims.lines)])
        if line.service in THERAPY and claims.allowed[i, 0]
    }
    if Service.PHYSICAL_THERAPY not in prices:
        return None
    follow_up = prices[Service.PHYSICAL_THERAPY]
    return prices.get(Service.PHYSICAL_THERAPY_EVALUATION, follow_up), follow_up


def _running_cost(case: Case, prices: tuple[int, int], *, with_secondary: bool) -> Ints:
    """What the person has paid after each weekly session, under the case's plan."""
    starts, network = case.scenario.care_starts, case.scenario.network
    services = [Service.PHYSICAL_THERAPY_EVALUATION, *[Service.PHYSICAL_THERAPY] * (MOST_SESSIONS - 1)]
    lines = tuple(
        ClaimLine(number, starts + timedelta(weeks=number - 1), service, "", 1, network)
        for number, service in enumerate(services, start=1)
    )
    amounts = np.array([[prices[0]], *[[prices[1]]] * (MOST_SESSIONS - 1)], dtype=np.int64)
    claims = ClaimLines(lines, "GBP", amounts, amounts, np.ones(amounts.shape, dtype=bool))
    made = adjudicate_lines(claims, case.plan, case.scenario.used, case.secondary if with_secondary else None)
    return np.cumsum([int(line.patient_pays * 100) for line in made.lines])


# ---------------------------------------------------------------- notes


def _notes(table: _Table, options: Sequence[MixOption]) -> Iterator[str]:
    yield say("Nothing shows that earlier massage shortens recovery, so no days are saved for it.")
    yield say("Private sessions are taken as free on the first safe day; ask the clinic.")
    if any(option.trial in ("early_group", "late_group") for option in options):
        yield say(
            "In one trial of 50 people, therapy from day 9 instead of day 2 meant {days} more days. The usual "
            "recovery stands for the early group. A longer wait was not studied, so it adds no more than that.",
            days=table.trial_factor("early_rehabilitation_difference")[0],
        )
    else:
        yield say(
            "How the start of therapy changes recovery was not studied for these starts or this injury: none is claimed."
        )
    if any(option.way == "nhs_course_private_top_up" for option in options):
        yield say(
            "The NHS course is taken to end after {number} sessions; a first private appointment follows.",
            number=table.discharge_after,
        )
    if table.scenario.treatment == Management.SURGICAL:
        yield say(
            "The wait for an operation is not in the dates: planned operations wait months, a torn-off tendon is urgent."
        )
    if table.nhs.wait is not None and table.nhs.wait.is_borrowed:
        yield say("No wait is published for {area}; England's stands in.", area=table.nhs.wait.area)
