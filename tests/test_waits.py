"""NHS waits: the published shares come back out of the distribution made from them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from estimator.draws import point, sample
from estimator.errors import InputError
from estimator.quote import quote
from estimator.scenario import Area
from estimator.waits import load_waits, wait_for
from tests.cases import NO_REFERENCE, REFERENCE, TARIFFS, case

WAITS = load_waits(TARIFFS / "nhs" / "waits.csv")


def bands() -> dict[str, list[dict[str, str]]]:
    """The published bands by area, read plainly from the file."""
    areas: dict[str, list[dict[str, str]]] = {}
    with (TARIFFS / "nhs" / "waits.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            areas.setdefault(row["area"], []).append(row)
    return areas


def published_share(rows: list[dict[str, str]], weeks: int) -> float:
    people = sum(int(row["people"]) for row in rows)
    return sum(int(row["people"]) for row in rows if row["weeks_to"] and int(row["weeks_to"]) <= weeks) / people


BANDS = bands()


@pytest.mark.parametrize("area", BANDS)
@pytest.mark.parametrize("weeks", [12, 18, 52])
def test_the_share_seen_within_a_published_edge_is_the_published_share(area: str, weeks: int) -> None:
    assert pytest.approx(published_share(BANDS[area], weeks), abs=1e-12) == WAITS[area].share_within(weeks)


def test_every_area_of_the_file_has_a_wait() -> None:
    assert {*BANDS} == {*WAITS}


def test_in_england_725_of_1000_have_waited_12_weeks_or_less_and_870_18_weeks() -> None:
    assert (0.725, 0.870) == tuple(round(WAITS["England"].share_within(weeks), 3) for weeks in (12, 18))


@pytest.mark.parametrize("area", ["England", "England/London", "England/Devon"])
def test_many_draws_wait_as_long_as_published(area: str) -> None:
    weeks = WAITS[area].weeks(sample(20_000, 4))
    for edge in (12, 18):
        share = published_share(BANDS[area], edge)
        assert pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / 20_000)) == (weeks <= edge).mean()


def test_nobody_waits_longer_than_the_last_published_edge() -> None:
    longest = max(int(row["weeks_from"]) for row in BANDS["England"])
    assert longest >= WAITS["England"].weeks(sample(20_000, 4)).max()


def test_the_likely_case_waits_the_median() -> None:
    wait = WAITS["England"]
    assert pytest.approx(wait.median_weeks) == wait.weeks(point())[0]
    assert pytest.approx(0.5) == wait.share_within(wait.median_weeks)


@pytest.mark.parametrize("area", BANDS)
def test_bands_follow_one_another_without_a_gap(area: str) -> None:
    rows = BANDS[area]
    assert "0" == rows[0]["weeks_from"]
    assert [row["weeks_to"] for row in rows[:-1]] == [row["weeks_from"] for row in rows[1:]]
    assert all(earlier < later for earlier, later in pairwise(WAITS[area].edges_weeks[:-1]))


def test_a_region_has_its_own_wait() -> None:
    found = wait_for(Area(nation="England", region="london"), WAITS)
    assert found is not None
    assert ("England/London", date(2025, 10, 31), False) == (found.area, found.as_of, found.is_borrowed)


@pytest.mark.parametrize("nation", ["Scotland", "Wales", "Northern Ireland"])
def test_a_nation_without_figures_borrows_those_of_england_and_says_so(nation: str) -> None:
    found = wait_for(Area(nation=nation), WAITS)
    assert found is not None
    assert (nation, True, WAITS["England"].shares) == (found.area, found.is_borrowed, found.shares)


def test_a_quote_for_scotland_says_that_the_wait_is_borrowed() -> None:
    entry = quote(case(region="nhs", area={"nation": "Scotland"})).wait
    assert entry is not None
    assert entry.note.startswith("No such figures are published for Scotland; England's stand in")


def test_a_quote_for_england_does_not_say_so() -> None:
    entry = quote(case(region="nhs", area={"nation": "England"})).wait
    assert entry is not None
    assert "stand in" not in entry.note
    assert (7.2, 0.87) == (float(entry.median_weeks), float(entry.share_within_18_weeks))


def test_an_unknown_english_region_is_refused_with_a_suggestion() -> None:
    with pytest.raises(
        InputError, match=r"area\.region: no waiting list is published for 'Londn'; did you mean 'London'\?"
    ):
        wait_for(Area(nation="England", region="Londn"), WAITS)


def test_a_region_without_a_waiting_list_has_no_wait() -> None:
    assert load_waits(TARIFFS / "uk_private" / "waits.csv") == {}
    assert wait_for(Area(region="London"), {}) is None


# ---------------------------------------------------------------- re-keyed from the reference


def reference() -> Iterator[dict[str, str]]:
    path = REFERENCE / "uk" / "nhs_msk_waits_oct2025.csv"
    if not path.is_file():
        pytest.skip(NO_REFERENCE)
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def plain(name: str) -> str:
    return name.casefold()


EDGES = ("w0_1", "w1_2", "w2_4", "w4_12", "w12_18", "w18_52", "w52_104", "w104_plus")


def test_every_area_of_the_reference_has_the_same_number_of_people_in_every_band() -> None:
    expected = {plain(row["org_name"]): [int(row[edge]) for edge in EDGES] for row in reference()}
    actual = {
        plain(area.partition("/")[2] or area): [int(row["people"]) for row in rows] for area, rows in BANDS.items()
    }
    assert {name: people for name, people in expected.items() if sum(people)} == actual


def test_the_shares_and_medians_that_the_reference_states_come_out() -> None:
    for row in reference():
        area = next(
            (
                each
                for each in WAITS.values()
                if plain(each.area.partition("/")[2] or each.area) == plain(row["org_name"])
            ),
            None,
        )
        if area is not None:
            made = (area.share_within(12) * 100, area.share_within(18) * 100, area.median_weeks)
            stated = [
                float(row[column]) for column in ("pct_within_12w", "pct_within_18w", "median_weeks_interpolated")
            ]
            assert pytest.approx(stated, abs=0.051) == list(made), row["org_name"]


def test_the_regions_add_up_to_england() -> None:
    totals = {area: sum(int(row["people"]) for row in rows) for area, rows in BANDS.items()}
    regions = (
        "London",
        "South East",
        "South West",
        "Midlands",
        "East of England",
        "North West",
        "North East and Yorkshire",
    )
    assert 400_506 == totals["England"]
    assert totals["England"] == sum(totals[f"England/{region}"] for region in regions)
