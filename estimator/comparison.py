"""The same injury under several plans, on the same draws, so that differences are real."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from estimator.errors import InputError
from estimator.estimate import open_case
from estimator.files import Record
from estimator.projection import DRAWS, SEED, Spread, patient_totals, project
from estimator.quote import quote
from estimator.scenario import Scenario

MOST_OPTIONS = 6


class Option(Record):
    """One plan's answer; `cheaper_than_first` is the share of draws in which it costs the patient less."""

    plan: str
    plan_name: str
    quoted: Decimal
    patient_pays: Spread
    cheaper_than_first: Decimal | None
    same_as_first: Decimal | None


class Comparison(Record):
    """Several plans side by side, in the order asked for."""

    currency: str
    draws: int
    seed: int
    options: tuple[Option, ...]


def compare(
    scenario: Scenario,
    plans: Sequence[str],
    draws: int = DRAWS,
    seed: int = SEED,
    tariffs: Path | None = None,
) -> Comparison:
    """Each plan on common draws; raises `InputError` for fewer than two or more than six plans."""
    if not 2 <= len(plans) <= MOST_OPTIONS:
        raise InputError(f"plan: name 2 to {MOST_OPTIONS} plans with --plan (got {len(plans)}).")
    cases = [open_case(scenario.model_copy(update={"plan": plan}), tariffs) for plan in plans]
    totals = [patient_totals(case, draws, seed) for case in cases]
    options = []
    for number, (case, total) in enumerate(zip(cases, totals, strict=True)):
        options.append(
            Option(
                plan=case.plan.id,
                plan_name=case.plan.title,
                quoted=quote(case).totals.patient_pays,
                patient_pays=project(case, draws, seed).patient_pays,
                cheaper_than_first=_share(float((total < totals[0]).mean())) if number else None,
                same_as_first=_share(float((total == totals[0]).mean())) if number else None,
            )
        )
    return Comparison(currency=cases[0].tariff.region.currency, draws=draws, seed=seed, options=tuple(options))


def _share(value: float) -> Decimal:
    return Decimal(str(round(value, 4)))
