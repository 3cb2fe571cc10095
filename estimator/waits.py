"""The wait in front of NHS care, as a distribution read from published waiting-list bands.

The bands count people still waiting: the age of the queue, not the finished waits. It runs long, because slow cases
stay on a list, and short, because everyone on it has longer to go; which one wins is not published. Inside a band the
wait is interpolated; the open band is held at its lower edge, so nothing longer than published is invented.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np

from estimator.draws import Draws, Floats
from estimator.errors import FileProblems, InputError
from estimator.files import decimal_cell, read_rows, suggestion
from estimator.messages import say
from estimator.scenario import Area
from estimator.vocabulary import Service

COLUMNS = ("nation", "area", "specialty", "measure", "as_of", "weeks_from", "weeks_to", "people", "source")
THERAPY = "community_musculoskeletal"


@dataclass(frozen=True, slots=True)
class Wait:
    """The published bands of one area: upper edges in weeks and the cumulative share of people."""

    area: str
    as_of: date
    edges_weeks: tuple[float, ...]
    shares: tuple[float, ...]
    source: str
    is_borrowed: bool
    """Whether another nation's figures stand in, because this one publishes none."""

    def weeks(self, draws: Draws) -> Floats:
        """The wait of each draw in weeks, shape (draws,)."""
        return np.interp(draws.uniform("wait"), self.shares, self.edges_weeks)

    def share_within(self, weeks: float) -> float:
        """The share of people who have waited at most this long."""
        return float(np.interp(weeks, self.edges_weeks, self.shares))

    @property
    def median_weeks(self) -> float:
        return float(np.interp(0.5, self.shares, self.edges_weeks))


@cache
def load_waits(path: Path) -> dict[str, Wait]:
    """The waits of every area in a region's `waits.csv`, by area name; empty where a region has no such file."""
    if not path.is_file():
        return {}
    bands: dict[str, list[_Band]] = {}
    problems: list[str] = []
    for number, cells in read_rows(path, COLUMNS):
        try:
            band = _band(cells)
        except ValueError as error:
            problems.append(f"{path.parent.name}/{path.name}: row {number}: {error}")
            continue
        if cells["specialty"] == THERAPY:
            bands.setdefault(cells["area"], []).append(band)
    if problems:
        raise FileProblems(problems)
    return {area: _wait(area, rows) for area, rows in bands.items()}


@dataclass(frozen=True, slots=True)
class _Band:
    """People who have waited between two numbers of weeks; the open band ends where it starts."""

    weeks_from: float
    weeks_to: float
    people: int
    as_of: date
    source: str


def _band(cells: Mapping[str, str]) -> _Band:
    values: list[float] = []
    for column in ("weeks_from", "weeks_to", "people"):
        text = cells[column] or (cells["weeks_from"] if column == "weeks_to" else "")
        if not text.isdigit():
            raise ValueError(f"{column}: expected a whole number such as 12 (got {text!r})")
        values.append(float(text))
    try:
        as_of = date.fromisoformat(cells["as_of"])
    except ValueError:
        raise ValueError(f"as_of: expected a date such as 2025-10-31 (got {cells['as_of']!r})") from None
    return _Band(values[0], values[1], int(values[2]), as_of, cells["source"])


def _wait(area: str, bands: Sequence[_Band]) -> Wait:
    bands = sorted(bands, key=lambda band: band.weeks_from)
    people = np.array([band.people for band in bands], dtype=np.float64)
    edges = (0.0, *(band.weeks_to for band in bands))
    shares = (0.0, *(float(share) for share in np.cumsum(people) / people.sum()))
    return Wait(area, bands[0].as_of, edges, shares, bands[0].source, is_borrowed=False)


def wait_for(area: Area, waits: dict[str, Wait]) -> Wait | None:
    """The wait of an area, the nation's where the area has none, or another nation's marked as borrowed."""
    if not waits:
        return None
    nation = area.nation or "England"
    if area.region is not None:
        names = {name.partition("/")[2].casefold(): name for name in waits if name.startswith(f"{nation}/")}
        if area.region.casefold() not in names:
            known = [name.partition("/")[2] for name in waits if name.startswith(f"{nation}/")]
            if nation == "England":
                unknown = say(
                    "no waiting list is published for '{place}'{suggestion}.",
                    place=area.region,
                    suggestion=suggestion(area.region, known),
                )
                raise InputError(f"area.region: {unknown}")
        else:
            return waits[names[area.region.casefold()]]
    if nation in waits:
        return waits[nation]
    stand_in = waits.get("England")
    if stand_in is None:
        return None
    return Wait(nation, stand_in.as_of, stand_in.edges_weeks, stand_in.shares, stand_in.source, is_borrowed=True)


OTHER_COLUMNS = ("nation", "specialty", "measure", "value", "unit", "as_of", "source", "note")
WAITED_FOR = {
    ("mri", "median_wait"): (Service.IMAGING_MRI, Service.IMAGING_ULTRASOUND),
    ("trauma_and_orthopaedics", "median_wait_low"): (Service.SPECIALIST_VISIT,),
}
"""Which published point figures stand for the wait of which services; the lower figure where two are given."""


@cache
def typical_waits(path: Path) -> dict[Service, int]:
    """Days of a typical wait by service, from published point figures; empty where a region has no such file."""
    if not path.is_file():
        return {}
    days: dict[Service, int] = {}
    for number, cells in read_rows(path, OTHER_COLUMNS):
        services = WAITED_FOR.get((cells["specialty"], cells["measure"]), ())
        if services and cells["unit"] != "weeks":
            raise FileProblems(
                [f"{path.parent.name}/{path.name}: row {number}: unit: expected weeks (got {cells['unit']!r})"]
            )
        for service in services:
            days[service] = round(float(decimal_cell(cells["value"])) * 7)
    return days
