"""The JSON Schemas of everything a command reads or prints; published under `docs/schemas/`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from estimator.comparison import Comparison
from estimator.coverage_example import CoverageExample
from estimator.inspection import TariffReport
from estimator.lookup import Price, Prices
from estimator.mixes import Mixes
from estimator.nhs_costs import NhsCosts
from estimator.plan import Plan
from estimator.projection import Projection
from estimator.quote import Quote
from estimator.requirements import Checklist
from estimator.scenario import Scenario, Used
from estimator.statement import Statement
from estimator.therapy_day import TherapyDay
from estimator.timing import Timing

SCHEMAS: dict[str, type[BaseModel]] = {
    "scenario": Scenario,
    "plan": Plan,
    "met": Used,
    "quote": Quote,
    "project": Projection,
    "compare": Comparison,
    "price": Price,
    "prices": Prices,
    "adjudicate": Statement,
    "requirements": Checklist,
    "start-dates": Timing,
    "mixes": Mixes,
    "nhs-costs": NhsCosts,
    "therapy-day": TherapyDay,
    "coverage-example": CoverageExample,
    "check-tariffs": TariffReport,
}

READ = ("scenario", "plan", "met")


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of a record: as it is read for files, as it is printed for results."""
    return SCHEMAS[name].model_json_schema(mode="validation" if name in READ else "serialization")
