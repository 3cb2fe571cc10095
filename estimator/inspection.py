"""Reading every shipped file the way the estimator does, and saying what is wrong or growing old."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from estimator.errors import FileProblems, InputError
from estimator.files import Record, suggestion
from estimator.pathway import load_pathway
from estimator.plan import Plan, load_plans
from estimator.requirements import load_requirements
from estimator.tariff import Tariff, load_tariff
from estimator.vocabulary import Region, SourceKind
from estimator.waits import load_waits

OLD_AFTER = timedelta(days=400)
Loaded = TypeVar("Loaded")


class RegionReport(Record):
    """What one region's folder holds."""

    id: Region
    name: str
    prices: int
    plans: int
    requirements: int
    appeal_steps: int
    sources: dict[SourceKind, int]


class TariffReport(Record):
    """Everything read, what is wrong (errors) and what is growing old (warnings)."""

    regions: tuple[RegionReport, ...]
    problems: tuple[str, ...]
    warnings: tuple[str, ...]


def check_tariffs(tariffs: Path | None = None, today: date | None = None) -> TariffReport:
    """Four rings: each row, each file, the whole set (errors), and age (warnings)."""
    problems: list[str] = []
    warnings: list[str] = []
    reports: list[RegionReport] = []
    _collect(problems, load_pathway)
    for region in Region:
        tariff = _collect(problems, partial(load_tariff, region, tariffs))
        plans = _collect(problems, partial(load_plans, region, tariffs))
        if tariff is None or plans is None:
            continue
        demands = _collect(problems, partial(load_requirements, tariff.file("requirements.toml")))
        _collect(problems, partial(load_waits, tariff.file("waits.csv")))
        problems += _plan_problems(tariff, plans)
        if demands is not None:
            cited = [(entry.id, entry.source) for entry in demands.requirement]
            cited += [(f"appeal step {step.step}", step.source) for step in demands.appeal]
            problems += _unknown_sources(cited, tariff, plans)
        warnings += _age(tariff, today or date.today())
        reports.append(
            RegionReport(
                id=region,
                name=tariff.region.name,
                prices=len(tariff.prices),
                plans=len(plans),
                requirements=len(demands.requirement) if demands else 0,
                appeal_steps=len(demands.appeal) if demands else 0,
                sources={kind: sum(s.kind == kind for s in tariff.region.source) for kind in SourceKind},
            )
        )
    return TariffReport(regions=tuple(reports), problems=tuple(problems), warnings=tuple(warnings))


def _collect(problems: list[str], load: Callable[[], Loaded]) -> Loaded | None:
    try:
        return load()
    except FileProblems as error:
        problems += error.problems
    except InputError as error:
        problems.append(str(error))
    return None


def _plan_problems(tariff: Tariff, plans: dict[str, Plan]) -> Iterator[str]:
    region = tariff.region
    if region.default_plan not in plans:
        yield f"{region.id}/region.toml: default_plan: there is no plan '{region.default_plan}'{suggestion(region.default_plan, [*plans])}."
    for plan in plans.values():
        known = {source.id for source in (*plan.sources, *region.source)}
        cited = {
            name
            for name in (
                plan.source if isinstance(plan.source, str) else "",
                *(e.source for e in plan.exclusion),
            )
            if name
        }
        for name in sorted(cited - known):
            yield f"{region.id}/plans/{plan.id}.toml: source: '{name}' is not declared{suggestion(name, [*known])}."
        if not plan.source:
            yield f"{region.id}/plans/{plan.id}.toml: source: name where the terms come from."


def _unknown_sources(cited: list[tuple[str, str]], tariff: Tariff, plans: dict[str, Plan]) -> Iterator[str]:
    known = {source.id for source in tariff.region.source} | {s.id for plan in plans.values() for s in plan.sources}
    for entry, source in cited:
        if source not in known:
            yield f"{tariff.region.id}/requirements.toml: {entry}: source: '{source}' is not declared{suggestion(source, [*known])}."


def _age(tariff: Tariff, today: date) -> Iterator[str]:
    for source in tariff.region.source:
        if source.retrieved is not None and today - source.retrieved > OLD_AFTER:
            yield f"{tariff.region.id}: source '{source.id}' was last read on {source.retrieved}."
    latest: dict[tuple[str, ...], date | None] = {}
    for row in tariff.prices:
        known = latest.get(row.key, date.min)
        latest[row.key] = None if known is None or row.effective_to is None else max(known, row.effective_to)
    for key, ends in latest.items():
        if ends is not None and ends < today:
            yield f"{tariff.region.id}/prices.csv: the last row of {' '.join(filter(None, key))} ended on {ends}."
