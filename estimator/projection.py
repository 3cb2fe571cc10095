"""Many draws -> a distribution: what the person is likely to pay, when, for what, and what the spread comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated

import numpy as np
from pydantic import Field

from estimator.adjudication import adjudicate
from estimator.draws import CHUNK, Draws, Floats, Ints, sample
from estimator.errors import InputError
from estimator.estimate import Case, Course, run
from estimator.files import Record
from estimator.messages import inside_a_sentence, marked, say
from estimator.money import to_decimal
from estimator.pathway import Component
from estimator.sick_pay import EmployerPay, job_of, lost_pay
from estimator.vocabulary import DISCLAIMER, JobDemand, Region, Service, service_name

BLOCK = 2_048
"""Draws adjudicated at a time, so that the working arrays stay in cache; any size gives the same answer."""

PAID = ("patient_pays", "plan_pays", "secondary_pays")
"""The amounts a projection adds up."""

DRAWS, SEED = 10_000, 20_260_302
MOST_DRAWS = 1_000_000
PERCENTILES = (10, 50, 90)

OUTCOMES = {
    "deductible_met": marked("Your deductible is used up"),
    "out_of_pocket_max_met": marked("You reach your out-of-pocket maximum"),
    "visit_limit_reached": marked("You need more visits than your plan covers"),
    "benefit_limit_reached": marked("A money limit of your plan is used up"),
}

PRICE_LEVELS = {
    "physical_therapist": marked("The price level of your physical therapist"),
    "massage_therapist": marked("The price level of your massage therapist"),
    "physician": marked("The price level of your physician"),
    "specialist": marked("The price level of your specialist"),
    "imaging": marked("The price level of your imaging"),
    "prolotherapist": marked("The price level of your prolotherapist"),
    "shockwave": marked("The price level of your shockwave"),
    "acupuncturist": marked("The price level of your acupuncturist"),
    "dry_needling": marked("The price level of your dry needling"),
    "chiropractor": marked("The price level of your chiropractor"),
    "home_health": marked("The price level of your home health"),
    "supplier": marked("The price level of your supplier"),
    "hospital": marked("The price level of your hospital"),
    "home": marked("The price level of your home"),
    "pharmacy": marked("The price level of your pharmacy"),
}
"""One for each kind of provider in the pathway."""


class Spread(Record):
    """The middle and the range in 8 of 10 cases; statistics, not money that anyone pays."""

    p10: Decimal
    p50: Decimal
    p90: Decimal
    mean: Decimal
    p50_error: Decimal
    """The sampling error of the middle (one standard error): smaller with more draws."""


class Week(Record):
    """Money paid by the patient up to the end of one week of care."""

    week: Annotated[int, Field(ge=0)]
    ends: date
    p10: Decimal
    p50: Decimal
    p90: Decimal


class Share(Record):
    """The patient's money by phase or service: the mean over all draws, and the range."""

    id: str
    name: str
    mean_visits: Decimal
    patient_mean: Decimal
    patient_p10: Decimal
    patient_p90: Decimal
    plan_mean: Decimal


class Outcome(Record):
    """How often something happens to the cover, in draws out of all draws."""

    id: str
    name: str
    probability: Decimal


class Driver(Record):
    """How much of the spread one uncertain quantity explains on its own (squared rank correlation)."""

    id: str
    name: str
    share: Decimal


class Days(Record):
    """A number of days or weeks: the middle and the range in 8 of 10 cases."""

    p10: int
    p50: int
    p90: int


class WorkLoss(Record):
    """Days off work and lost pay: beside the cost of care, never inside it."""

    job_demand: JobDemand
    days_off: Days
    working_days_off: Days
    lost_pay: Spread | None
    note: str


class Projection(Record):
    """The distribution of what one case costs; money in `currency`."""

    currency: str
    region: Region
    plan: str
    plan_name: str
    secondary: str | None
    draws: int
    seed: int
    patient_pays: Spread
    plan_pays: Spread
    secondary_pays: Spread
    by_week: tuple[Week, ...]
    by_phase: tuple[Share, ...]
    by_service: tuple[Share, ...]
    outcomes: tuple[Outcome, ...]
    drivers: tuple[Driver, ...]
    recovery_days: Days
    wait_weeks: Days | None
    work: WorkLoss | None
    unpriced: tuple[Service, ...]
    warnings: tuple[str, ...]
    disclaimer: str = DISCLAIMER


@dataclass(frozen=True, slots=True)
class Totals:
    """What one chunk of draws adds up to; every array ends in the draws axis."""

    patient: Ints
    plan: Ints
    secondary: Ints
    by_week: Ints
    by_phase: Mapping[int, Ints]
    by_service: Mapping[Service, Ints]
    plan_by_phase: Mapping[int, Ints]
    plan_by_service: Mapping[Service, Ints]
    visits_by_phase: Mapping[int, Ints]
    visits_by_service: Mapping[Service, Ints]
    reached: Mapping[str, Ints]
    inputs: Mapping[str, Floats]
    recovery_days: Floats
    wait_days: Floats
    days_off: Ints | None
    lost_pay: Ints | None
    unpriced: tuple[Service, ...]
    notes: tuple[str, ...]


def project(case: Case, draws: int = DRAWS, seed: int = SEED) -> Projection:
    """The distribution over many draws; the same seed gives the same numbers.

    Draws are made in chunks of 10,000 and adjudicated in blocks, so memory does not grow with their number; percentiles
    of several chunks are averaged (batch means). Raises `InputError` for fewer than 100 or more than a million draws.
    """
    if not 100 <= draws <= MOST_DRAWS:
        raise InputError(f"draws: choose a number from 100 to {MOST_DRAWS:,} (got {draws:,}).")
    if not 0 <= seed < 2**63:
        raise InputError(f"seed: choose a whole number from 0 to {2**63 - 1} (got {seed}).")
    summaries: list[_Summary] = []
    for chunk, first in enumerate(range(0, draws, CHUNK)):
        size = min(CHUNK, draws - first)
        summaries.append(_summarise(totals(case, size, seed, chunk)))
    return _projection(case, draws, seed, summaries)


def patient_totals(case: Case, draws: int = DRAWS, seed: int = SEED) -> Ints:
    """What the patient pays in each draw, in minor units; the same draws for every plan of the same scenario."""
    sizes = [(chunk, min(CHUNK, draws - first)) for chunk, first in enumerate(range(0, draws, CHUNK))]
    return np.concatenate([totals(case, size, seed, chunk).patient for chunk, size in sizes])


# ---------------------------------------------------------------- one chunk


def totals(case: Case, count: int, seed: int, chunk: int) -> Totals:
    """Run one chunk: each possible condition takes its share of the draws, side by side."""
    parts = case.components
    shares = np.cumsum([part.share for part in parts])
    edges = [0, *np.round(shares * count).astype(int)]
    made = [
        _component_totals(case, part, sample(int(last - first), seed, chunk))
        for part, first, last in zip(parts, edges, edges[1:], strict=False)
        if last > first
    ]
    return made[0] if len(made) == 1 else _side_by_side(made)


def _component_totals(case: Case, part: Component, draws: Draws) -> Totals:
    course = run(case, part, draws)
    lines, starts = course.claims.lines, case.scenario.care_starts
    weeks = [(line.day - starts).days // 7 for line in lines]
    phases = sorted({line.phase for line in lines})
    services = [service for service in Service if any(line.service == service for line in lines)]
    count = draws.count

    def empty() -> Ints:
        return np.zeros(count, dtype=np.int64)

    patient, plan, secondary = empty(), empty(), empty()
    by_week = np.zeros((max(weeks, default=0) + 1, count), dtype=np.int64)
    by_phase, plan_by_phase = {p: empty() for p in phases}, {p: empty() for p in phases}
    by_service, plan_by_service = {s: empty() for s in services}, {s: empty() for s in services}
    reached: dict[str, Ints] = {}
    for first in range(0, count, BLOCK):
        here = slice(first, min(first + BLOCK, count))
        block = course.covered.block(here.start, here.stop)
        result = adjudicate(block, case.plan, case.scenario.used, case.secondary, case.secondary_from, keep=PAID)
        for i, line in enumerate(lines):
            pays, paid = result.patient_pays[i], result.plan_pays[i] + result.secondary_pays[i]
            by_week[weeks[i], here] += pays
            by_phase[line.phase][here] += pays
            by_service[line.service][here] += pays
            plan_by_phase[line.phase][here] += paid
            plan_by_service[line.service][here] += paid
        patient[here] = result.patient_pays.sum(axis=0)
        plan[here] = result.plan_pays.sum(axis=0)
        secondary[here] = result.secondary_pays.sum(axis=0)
        for event, flags in result.reached.items():
            reached.setdefault(event, empty())[here] = flags
    visits_by_phase, visits_by_service = _visits(course)
    return Totals(
        patient=patient,
        plan=plan,
        secondary=secondary,
        by_week=np.cumsum(by_week, axis=0),
        by_phase=by_phase,
        by_service=by_service,
        plan_by_phase=plan_by_phase,
        plan_by_service=plan_by_service,
        visits_by_phase=visits_by_phase,
        visits_by_service=visits_by_service,
        reached=reached,
        inputs=_inputs(course, draws, visits_by_service),
        recovery_days=course.wanted.recovery_days,
        wait_days=course.visits.wait_days,
        days_off=(days := _days_off(course, draws)),
        lost_pay=_lost_pay(case, days),
        unpriced=tuple(dict.fromkeys(line.service for line in lines if line.is_unpriced)),
        notes=(*course.claims.warnings, *course.wanted.messages),
    )


def _visits(course: Course) -> tuple[dict[int, Ints], dict[Service, Ints]]:
    """Visits per phase and per billed service in each draw; two lines of one visit count once."""
    by_phase: dict[int, Ints] = {}
    by_service: dict[Service, Ints] = {}
    for slot, present in zip(course.visits.slots, course.visits.present, strict=True):
        by_phase[slot.phase] = by_phase.get(slot.phase, 0) + present.astype(np.int64)
    seen: set[tuple[date, Service]] = set()
    for line, present in zip(course.claims.lines, course.claims.present, strict=True):
        if (line.day, line.service) not in seen:
            seen.add((line.day, line.service))
            by_service[line.service] = by_service.get(line.service, 0) + present.astype(np.int64)
    return by_phase, by_service


def _inputs(course: Course, draws: Draws, visits: Mapping[Service, Ints]) -> dict[str, Floats]:
    """The uncertain quantities that may drive the spread."""
    inputs: dict[str, Floats] = {"recovery": draws.uniform("recovery")}
    for service, count in visits.items():
        if count.min() != count.max():
            inputs[f"visits:{service}"] = count.astype(np.float64)
    providers = course.case.pathway.file.providers
    for line in course.claims.lines:
        provider = providers[line.visit_service or line.service]
        if line.price is not None and line.price.low != line.price.high and line.price.method != "fee_schedule":
            inputs.setdefault(f"price:{provider}", draws.uniform(f"price:{provider}"))
    return inputs


def _days_off(course: Course, draws: Draws) -> Ints | None:
    work, part = course.case.scenario.work, course.part
    if work is None:
        return None
    for row in course.case.pathway.work_loss:
        if (row.condition, row.management, row.job_demand) == (
            part.condition,
            part.management,
            work.job_demand,
        ):
            return draws.visits("work", row.days_low, row.days_likely, row.days_high)
    return None


def _lost_pay(case: Case, days_off: Ints | None) -> Ints | None:
    """Pay lost in each draw: after sick pay in the United Kingdom, whole working days elsewhere."""
    work = case.scenario.work
    if work is None or work.daily_pay is None or days_off is None:
        return None
    if not case.pays_sick_pay:
        return np.round(days_off * (work.days_per_week / 7 * float(work.daily_pay) * 100)).astype(np.int64)
    employer = EmployerPay(full_pay_days=work.full_pay_days, half_pay_days=work.half_pay_days)
    job = job_of(work)
    return lost_pay(days_off, case.scenario.injury_date, job, employer, case.tariff.folder) if job else None


def _side_by_side(made: Sequence[Totals]) -> Totals:
    """Chunks of several conditions as one; what a condition lacks is zero in its draws."""
    sizes = [part.patient.shape[0] for part in made]

    def joined(name: str) -> dict[str, Ints]:
        maps: list[Mapping[str, Ints]] = [getattr(part, name) for part in made]
        keys = dict.fromkeys(key for each in maps for key in each)
        return {
            key: np.concatenate(
                [each.get(key, np.zeros(size, dtype=np.int64)) for each, size in zip(maps, sizes, strict=True)]
            )
            for key in keys
        }

    longest = max(part.by_week.shape[0] for part in made)
    weeks = [np.pad(part.by_week, ((0, longest - part.by_week.shape[0]), (0, 0)), mode="edge") for part in made]
    days = [part.days_off for part in made if part.days_off is not None]
    pay = [part.lost_pay for part in made if part.lost_pay is not None]
    inputs = {key: value.astype(np.float64) for key, value in joined("inputs").items()}
    inputs["condition"] = np.repeat(np.arange(len(made), dtype=np.float64), sizes)
    return Totals(
        patient=np.concatenate([part.patient for part in made]),
        plan=np.concatenate([part.plan for part in made]),
        secondary=np.concatenate([part.secondary for part in made]),
        by_week=np.concatenate(weeks, axis=1),
        by_phase=joined("by_phase"),  # type: ignore[arg-type]
        by_service=joined("by_service"),  # type: ignore[arg-type]
        plan_by_phase=joined("plan_by_phase"),  # type: ignore[arg-type]
        plan_by_service=joined("plan_by_service"),  # type: ignore[arg-type]
        visits_by_phase=joined("visits_by_phase"),  # type: ignore[arg-type]
        visits_by_service=joined("visits_by_service"),  # type: ignore[arg-type]
        reached=joined("reached"),
        inputs=inputs,
        recovery_days=np.concatenate([part.recovery_days for part in made]),
        wait_days=np.concatenate([part.wait_days for part in made]),
        days_off=np.concatenate(days) if len(days) == len(made) else None,
        lost_pay=np.concatenate(pay) if len(pay) == len(made) else None,
        unpriced=tuple(dict.fromkeys(service for part in made for service in part.unpriced)),
        notes=tuple(dict.fromkeys(note for part in made for note in part.notes)),
    )


# ---------------------------------------------------------------- statistics


@dataclass(frozen=True, slots=True)
class _Summary:
    """The statistics of one chunk: all that is kept of it."""

    count: int
    spreads: Mapping[str, Floats]
    """p10, p50, p90, mean and the variance of the mean, by name."""
    by_week: Floats
    outcomes: Mapping[str, float]
    drivers: Mapping[str, float]
    errors: Mapping[str, float]
    unpriced: tuple[Service, ...]
    notes: tuple[str, ...]


def _summarise(made: Totals) -> _Summary:
    arrays: dict[str, Ints | Floats] = {
        "patient": made.patient,
        "plan": made.plan,
        "secondary": made.secondary,
        "recovery": made.recovery_days,
        "wait": made.wait_days,
    }
    if made.days_off is not None:
        arrays["days_off"] = made.days_off
    if made.lost_pay is not None:
        arrays["lost_pay"] = made.lost_pay
    arrays |= {f"phase:{key}": value for key, value in made.by_phase.items()}
    arrays |= {f"service:{key}": value for key, value in made.by_service.items()}
    means: dict[str, Ints] = {f"plan_phase:{key}": value for key, value in made.plan_by_phase.items()}
    means |= {f"plan_service:{key}": value for key, value in made.plan_by_service.items()}
    means |= {f"visits_phase:{key}": value for key, value in made.visits_by_phase.items()}
    means |= {f"visits_service:{key}": value for key, value in made.visits_by_service.items()}
    spreads = {name: _spread(values) for name, values in arrays.items()}
    spreads |= {name: np.array([0, 0, 0, float(value.mean())]) for name, value in means.items()}
    return _Summary(
        count=made.patient.shape[0],
        spreads=spreads,
        by_week=np.percentile(made.by_week, PERCENTILES, axis=1, method="inverted_cdf"),
        outcomes={event: float((flags > 0).mean()) for event, flags in made.reached.items()},
        drivers={name: _explained(made.patient, values) for name, values in made.inputs.items()},
        errors={name: _median_error(arrays[name]) for name in ("patient", "plan", "secondary")},
        unpriced=made.unpriced,
        notes=made.notes,
    )


def _spread(values: Ints | Floats) -> Floats:
    low, middle, high = np.percentile(values, PERCENTILES, method="inverted_cdf")
    return np.array([low, middle, high, values.mean()])


def _median_error(values: Ints | Floats) -> float:
    """One standard error of the median, from the order statistics around it."""
    ordered, count = np.sort(values), values.shape[0]
    half = np.sqrt(count) / 2
    low, high = int(max(count / 2 - half, 0)), int(min(count / 2 + half, count - 1))
    return float(ordered[high] - ordered[low]) / 2


def _explained(total: Ints, values: Floats) -> float:
    """The squared correlation of the ranks of an input with those of the total."""
    if total.min() == total.max() or values.min() == values.max():
        return 0.0
    return float(np.corrcoef(_ranks(total), _ranks(values))[0, 1] ** 2)


def _ranks(values: Ints | Floats) -> Floats:
    """Ranks with ties at their mean, so that many equal values do not pretend an order."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    upper = np.cumsum(counts)
    return (upper - (counts - 1) / 2.0)[inverse]


# ---------------------------------------------------------------- the record


def _projection(case: Case, draws: int, seed: int, summaries: Sequence[_Summary]) -> Projection:
    weights = np.array([summary.count for summary in summaries], dtype=np.float64)
    weights /= weights.sum()
    names = dict.fromkeys(name for summary in summaries for name in summary.spreads)
    zero = np.zeros(4)
    spread = {
        name: np.sum([w * s.spreads.get(name, zero) for w, s in zip(weights, summaries, strict=True)], axis=0)
        for name in names
    }
    longest = max(s.by_week.shape[1] for s in summaries)
    padded = [np.pad(s.by_week, ((0, 0), (0, longest - s.by_week.shape[1])), mode="edge") for s in summaries]
    weeks = np.sum([w * each for w, each in zip(weights, padded, strict=True)], axis=0)
    return Projection(
        currency=case.tariff.region.currency,
        region=case.scenario.region,
        plan=case.plan.id,
        plan_name=case.plan.title,
        secondary=case.secondary.id if case.secondary else None,
        draws=draws,
        seed=seed,
        patient_pays=_money_spread(spread["patient"], _error("patient", summaries)),
        plan_pays=_money_spread(spread["plan"], _error("plan", summaries)),
        secondary_pays=_money_spread(spread["secondary"], _error("secondary", summaries)),
        by_week=tuple(_weeks(case, weeks)),
        by_phase=tuple(_shares("phase", spread, {str(p.number): p.name for p in case.pathway.file.phase})),
        by_service=tuple(
            _shares("service", spread, {s.value: service_name(s, case.tariff.region.labels) for s in Service})
        ),
        outcomes=tuple(_outcomes(case, summaries, weights)),
        drivers=tuple(_drivers(summaries, weights)),
        recovery_days=_days(spread["recovery"]),
        wait_weeks=_days(spread["wait"] / 7) if case.wait else None,
        work=_work(case, spread),
        unpriced=tuple(dict.fromkeys(service for summary in summaries for service in summary.unpriced)),
        warnings=tuple(dict.fromkeys(note for summary in summaries for note in summary.notes)),
        disclaimer=say(DISCLAIMER),
    )


def _error(name: str, summaries: Sequence[_Summary]) -> float:
    """The sampling error of the median: within one chunk by order statistics, over several by batch means."""
    within = float(np.mean([summary.errors[name] for summary in summaries]))
    return within / float(np.sqrt(len(summaries)))


def _money(minor: float) -> Decimal:
    return to_decimal(round(minor))


def _money_spread(values: Floats, error: float) -> Spread:
    low, middle, high, mean = (_money(float(value)) for value in values)
    return Spread(p10=low, p50=middle, p90=high, mean=mean, p50_error=_money(error))


def _weeks(case: Case, weeks: Floats) -> Iterator[Week]:
    for week, (low, middle, high) in enumerate(weeks.T):
        ends = case.scenario.care_starts + timedelta(days=7 * week + 6)
        yield Week(week=week, ends=ends, p10=_money(low), p50=_money(middle), p90=_money(high))


def _shares(kind: str, spread: Mapping[str, Floats], names: Mapping[str, str]) -> Iterator[Share]:
    for key, name in names.items():
        if (values := spread.get(f"{kind}:{key}")) is None:
            continue
        visits = float(spread.get(f"visits_{kind}:{key}", np.zeros(4))[3])
        yield Share(
            id=key,
            name=name,
            mean_visits=Decimal(str(round(visits, 2))),
            patient_mean=_money(float(values[3])),
            patient_p10=_money(float(values[0])),
            patient_p90=_money(float(values[2])),
            plan_mean=_money(float(spread[f"plan_{kind}:{key}"][3])),
        )


def _outcomes(case: Case, summaries: Sequence[_Summary], weights: Floats) -> Iterator[Outcome]:
    names = {event: say(text) for event, text in OUTCOMES.items()}
    names |= {threshold.id: threshold.note or threshold.id for threshold in case.plan.threshold}
    plan = case.plan
    possible = {
        "deductible_met": bool(plan.deductible and plan.deductible.amount),
        "out_of_pocket_max_met": plan.out_of_pocket_max is not None,
        "visit_limit_reached": any(benefit.visit_limit is not None for benefit in plan.benefit),
        "benefit_limit_reached": any(benefit.benefit_limit is not None for benefit in plan.benefit),
    }
    for event, name in names.items():
        if possible.get(event, True):
            chance = sum(w * s.outcomes.get(event, 0.0) for w, s in zip(weights, summaries, strict=True))
            yield Outcome(id=event, name=name, probability=Decimal(str(round(float(chance), 4))))


def _drivers(summaries: Sequence[_Summary], weights: Floats) -> Iterator[Driver]:
    names = dict.fromkeys(name for summary in summaries for name in summary.drivers)
    share = {n: sum(w * s.drivers.get(n, 0.0) for w, s in zip(weights, summaries, strict=True)) for n in names}
    for name in sorted(share, key=lambda n: -share[n])[:5]:
        if share[name] >= 0.01:
            yield Driver(id=name, name=_driver_name(name), share=Decimal(str(round(float(share[name]), 3))))


def _driver_name(name: str) -> str:
    kind, _, what = name.partition(":")
    match kind:
        case "recovery":
            return say("How fast you recover")
        case "condition":
            return say("What the injury turns out to be")
        case "visits":
            return say("How many visits: {service}", service=inside_a_sentence(service_name(Service(what))))
        case _:
            return say(PRICE_LEVELS[what])


def _days(values: Floats) -> Days:
    return Days(p10=round(float(values[0])), p50=round(float(values[1])), p90=round(float(values[2])))


def _work(case: Case, spread: Mapping[str, Floats]) -> WorkLoss | None:
    work = case.scenario.work
    if work is None or "days_off" not in spread:
        return None
    days = spread["days_off"]
    rests = say("Days off are expert assumptions by injury and kind of job.")
    after = (
        say("The lost pay is what is left after sick pay.") if case.pays_sick_pay else say("Sick pay is not taken off.")
    )
    return WorkLoss(
        job_demand=work.job_demand,
        days_off=_days(days),
        working_days_off=_days(days * work.days_per_week / 7),
        lost_pay=_money_spread(spread["lost_pay"], 0.0) if "lost_pay" in spread else None,
        note=f"{rests} {after}",
    )
