"""The wait in front of NHS care, as a distribution read from published waiting-list bands.

The bands count people still waiting: the age of the queue, not the finished waits. It runs long, because slow cases
stay on a list, and short, because everyone on it has longer to go; which one wins is not published. Inside a band the
wait is interpolated; the open band is held at its lower edge, so nothing longer than published is invented.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np

from estimator.draws import Draws, Floats
from estimator.errors import InputError
from estimator.files import read_rows, suggestion
from estimator.scenario import Area

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
    bands: dict[str, list[dict[str, str]]] = {}
    for _, cells in read_rows(path, COLUMNS):
        if cells["specialty"] == THERAPY:
            bands.setdefault(cells["area"], []).append(cells)
    return {area: _wait(area, rows) for area, rows in bands.items()}


def _wait(area: str, rows: Sequence[dict[str, str]]) -> Wait:
    rows = sorted(rows, key=lambda row: float(row["weeks_from"]))
    people = np.array([float(row["people"]) for row in rows])
    edges = [0.0, *(float(row["weeks_to"] or row["weeks_from"]) for row in rows)]
    shares = [0.0, *(np.cumsum(people) / people.sum())]
    return Wait(
        area,
        date.fromisoformat(rows[0]["as_of"]),
        tuple(edges),
        tuple(float(s) for s in shares),
        rows[0]["source"],
        False,
    )


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
                raise InputError(
                    f"area.region: no waiting list is published for '{area.region}'{suggestion(area.region, known)}."
                )
        else:
            return waits[names[area.region.casefold()]]
    if nation in waits:
        return waits[nation]
    stand_in = waits.get("England")
    if stand_in is None:
        return None
    return Wait(nation, stand_in.as_of, stand_in.edges_weeks, stand_in.shares, stand_in.source, is_borrowed=True)
