"""Scenarios that many tests start from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from estimator.estimate import Case, open_case
from estimator.scenario import CAN_BE_SURGICAL, Scenario
from estimator.vocabulary import WANTED_SERVICES, Condition, Management, Region, Service

ROOT = Path(__file__).resolve().parents[1]
TARIFFS = ROOT / "tariffs"
EXAMPLES = ROOT / "estimator" / "examples"
REFERENCE = Path(os.environ.get("ESTIMATOR_REFERENCE", ROOT.parent / "shared" / "reference"))

NO_REFERENCE = f"the reference tables are not at {REFERENCE}; name their folder in ESTIMATOR_REFERENCE"

ALL_SERVICES = tuple(service for service in WANTED_SERVICES if service != Service.SURGERY)

AREAS: dict[Region, dict[str, str]] = {
    Region.US_PRIVATE: {"state": "OH", "county": "Franklin"},
    Region.MEDICARE_PART_B: {"state": "NY", "county": "New York"},
    Region.NHS: {"nation": "England", "region": "London"},
    Region.UK_PRIVATE: {"region": "London"},
}

TREATMENTS: tuple[tuple[Condition, Management], ...] = tuple(
    (condition, management)
    for condition in Condition
    for management in Management
    if management == Management.CONSERVATIVE or condition in CAN_BE_SURGICAL
)
"""Every condition with every management that is modelled for it."""


def scenario(**changes: Any) -> Scenario:
    """A grade 2 strain in Ohio under a PPO with physical therapy, changed where a test says so."""
    region = Region(changes.get("region", Region.US_PRIVATE))
    fields: dict[str, Any] = {
        "condition": "strain_grade_2",
        "injury_date": "2026-03-02",
        "care_starts": "2026-03-04",
        "region": region,
        "area": AREAS[region],
        "services": ["physical_therapy"],
    }
    if changes.get("mode") == "average":
        del fields["services"]
    return Scenario.model_validate(fields | changes)


def case(**changes: Any) -> Case:
    """The case of such a scenario."""
    return open_case(scenario(**changes))
