"""Worked cases: files that a claims clerk can read and argue with, in `golden/worked/`.

A case is right because its `source` says why, not because the engine agrees. Lists in `[expect]` hold one entry for each
claim line; `[expect.total]` holds sums, `events` every dated event, `[expect.used]` the accumulators afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from estimator.adjudication import AMOUNTS
from estimator.files import read_toml, validate
from estimator.money import to_minor
from estimator.plan import Plan, find_plan
from estimator.pricing import ClaimLine, ClaimLines
from estimator.scenario import Paperwork, Used
from estimator.statement import Statement, adjudicate_lines
from estimator.vocabulary import Network, Region, Service

FOLDER = Path(__file__).parent / "golden" / "worked"
WORKED = sorted([*FOLDER.glob("*.toml"), *(FOLDER / "uk").glob("*.toml")])
CASES = {path.stem: read_toml(path) for path in WORKED}
LINE_FIELDS = {"date", "service", "allowed", "charge", "network", "units", "times", "every_days"}
EXPECTATIONS = {*AMOUNTS, "reason", "total", "events", "used"}

every_case = pytest.mark.parametrize("case", CASES.values(), ids=[case["title"] for case in CASES.values()])


def plan_of(given: dict[str, Any], role: str) -> Plan | None:
    """Terms written in the case, or a shipped plan by its id."""
    terms = given.get("plan" if role == "primary" else "secondary")
    if terms is None or isinstance(terms, dict):
        return validate(Plan, {"role": role, **terms}, "given") if terms is not None else None
    return find_plan(terms, Region(given["region"]), role)


def lines_of(given: dict[str, Any]) -> ClaimLines:
    rows = [row for line in given["lines"] for row in repeated(line)]
    lines = tuple(
        ClaimLine(
            number,
            row["date"],
            Service(row["service"]),
            "",
            row.get("units", 1),
            Network(row.get("network", Network.IN_NETWORK)),
        )
        for number, row in enumerate(rows, start=1)
    )
    allowed = np.array([[to_minor(Decimal(row["allowed"]))] for row in rows], dtype=np.int64)
    charge = np.array([[to_minor(Decimal(row.get("charge", row["allowed"])))] for row in rows], dtype=np.int64)
    return ClaimLines(lines, given.get("currency", "USD"), charge, allowed, np.ones((len(rows), 1), dtype=bool))


def repeated(line: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """`times = 3, every_days = 7` is the same line on three days, a week apart."""
    assert set(line) <= LINE_FIELDS, set(line) - LINE_FIELDS
    for turn in range(line.get("times", 1)):
        day: date = line["date"] + timedelta(days=turn * line.get("every_days", 0))
        yield {**line, "date": day}


def answer(case: dict[str, Any]) -> Statement:
    given = case["given"]
    first = plan_of(given, "primary")
    assert first is not None
    used = validate(Used, given.get("used", {}), "used")
    paperwork = validate(Paperwork, given.get("paperwork", {}), "paperwork")
    return adjudicate_lines(lines_of(given), first, used, plan_of(given, "secondary"), paperwork=paperwork)


@every_case
def test_the_worked_case_holds(case: dict[str, Any]) -> None:
    expected = case["expect"]
    assert set(expected) <= EXPECTATIONS, set(expected) - EXPECTATIONS
    made = answer(case)
    for name in expected.keys() - {"total", "events", "used"}:
        actual = [getattr(line, name) for line in made.lines]
        assert expected[name] == actual, f"{name}: {', '.join(str(each) for each in actual)}"
    for name, total in expected.get("total", {}).items():
        assert total == getattr(made.totals, name), name
    if "events" in expected:
        assert expected["events"] == [f"{event.date} {event.id}" for event in made.events]
    for name, amount in expected.get("used", {}).items():
        assert amount == getattr(made.accumulators, name), name


@every_case
def test_every_line_of_a_worked_case_adds_up(case: dict[str, Any]) -> None:
    for line in answer(case).lines:
        assert line.charge == line.plan_pays + line.secondary_pays + line.patient_pays + line.write_off


@every_case
def test_a_worked_case_says_why_it_is_right(case: dict[str, Any]) -> None:
    assert set(case) == {"title", "why", "source", "given", "expect"}
    assert case["title"][0].isupper()
    assert case["why"].endswith(".")
    assert case["source"]


def test_every_worked_case_has_its_own_title() -> None:
    titles = [case["title"] for case in CASES.values()]
    assert len(titles) == len(set(titles))
