"""Outward codes: the right nation and region, a question where a district lies in two, and clear refusals."""

from __future__ import annotations

import pytest

from estimator.errors import InputError
from estimator.places_uk import area_of_postcode, find_place, load_outward_codes, nhs_area, outward_code
from estimator.scenario import NATIONS, Area
from estimator.tariff import load_tariff
from estimator.vocabulary import Region
from estimator.waits import load_waits, wait_for
from tests.cases import TARIFFS

REGIONS = {
    "North East", "North West", "Yorkshire and the Humber", "East Midlands", "West Midlands", "East of England",
    "London", "South East", "South West",
}  # fmt: skip
CODES = load_outward_codes()
WAITS = load_waits(TARIFFS / "nhs" / "waits.csv")


@pytest.mark.parametrize(
    ("text", "outward"),
    [("SW1A", "SW1A"), ("ls6", "LS6"), ("LS6 2AB", "LS6"), ("sw1a2aa", "SW1A"), ("M1 1AE", "M1"), ("B33 8TH", "B33")],
)
def test_only_the_first_half_of_a_postcode_is_kept(text: str, outward: str) -> None:
    assert outward == outward_code(text)


@pytest.mark.parametrize("text", ["OH", "London", "12345", "", "SW", "1AA", "SW1A 2A"])
def test_what_is_no_postcode_is_not_taken_for_one(text: str) -> None:
    assert outward_code(text) is None


@pytest.mark.parametrize(
    ("code", "nation", "region", "nhs"),
    [
        ("SW1A", "England", "London", "London"),
        ("LS6", "England", "Yorkshire and the Humber", "North East and Yorkshire"),
        ("B33", "England", "West Midlands", "Midlands"),
        ("EN5", "England", "London", "London"),
        ("EN6", "England", "East of England", "East of England"),
        ("SK7", "England", "North West", "North West"),
        ("SK17", "England", "East Midlands", "Midlands"),
        ("CA1", "England", "North West", "North East and Yorkshire"),
        ("MK9", "England", "South East", "East of England"),
        ("CH1", "England", "North West", "North West"),
        ("CH7", "Wales", "Wales", ""),
        ("SY23", "Wales", "Wales", ""),
        ("G12", "Scotland", "Scotland", ""),
        ("BT7", "Northern Ireland", "Northern Ireland", ""),
    ],
)
def test_an_outward_code_has_its_place(code: str, nation: str, region: str, nhs: str) -> None:
    place = find_place(code)
    assert (nation, region, nhs) == (place.nation, place.region, place.nhs_region)


@pytest.mark.parametrize(("code", "one", "other"), [("CH4", "North West", "Wales"), ("TD15", "North East", "Scotland")])
def test_a_district_in_two_regions_is_asked_about(code: str, one: str, other: str) -> None:
    with pytest.raises(InputError, match=f"{code} lies partly in {one} and partly in {other}; give the region instead"):
        find_place(code)


def test_the_channel_islands_are_not_in_the_nhs() -> None:
    with pytest.raises(InputError, match=r"JE2 is in Jersey, which is not part of the UK's NHS\."):
        find_place("JE2")


def test_an_unknown_code_and_a_word_are_refused() -> None:
    with pytest.raises(InputError, match="no place is known for the outward code QQ1"):
        find_place("QQ1")
    with pytest.raises(
        InputError, match="'London' is no postcode; give the first half of one, such as LS6, or a region"
    ):
        find_place("London")


def test_a_postcode_is_not_taken_for_a_place_in_america() -> None:
    with pytest.raises(InputError, match="us_private takes a US state"):
        area_of_postcode("LS6", Region.US_PRIVATE)


def test_the_nhs_and_private_prices_each_get_the_region_they_know() -> None:
    assert Area(nation="England", region="North East and Yorkshire") == area_of_postcode("LS6", Region.NHS)
    assert Area(nation="England", region="Yorkshire and the Humber") == area_of_postcode("LS6", Region.UK_PRIVATE)
    assert Area(nation="Scotland", region=None) == area_of_postcode("G12", Region.NHS)


@pytest.mark.parametrize("code", CODES)
def test_every_row_names_a_known_region_and_a_declared_source(code: str) -> None:
    place = CODES[code]
    assert place.region in (REGIONS if place.nation == "England" else {place.nation})
    assert not place.also or place.also in REGIONS | {*NATIONS}
    assert place.source in {source.id for source in load_tariff(Region.UK_PRIVATE).region.source}


@pytest.mark.parametrize("code", [code for code, place in CODES.items() if not place.also])
def test_every_outward_code_has_an_nhs_wait(code: str) -> None:
    text = code if code[-1].isdigit() else f"{code}99"
    found = wait_for(area_of_postcode(text, Region.NHS), WAITS)
    assert found is not None
    assert found.is_borrowed == (CODES[code].nation != "England")


def test_all_121_postcode_areas_of_the_four_nations_are_listed() -> None:
    assert sum(code.isalpha() for code in CODES) == 121


@pytest.mark.parametrize(
    ("region", "nation", "nhs"),
    [
        ("West Midlands", None, "Midlands"),
        ("London", None, "London"),
        ("UK excluding London", None, None),
        ("Wales", "Wales", None),
        (None, None, None),
    ],
)
def test_a_region_of_private_prices_has_its_nhs_name(region: str | None, nation: str | None, nhs: str | None) -> None:
    assert Area(nation=nation, region=nhs) == nhs_area(Area(region=region))
