"""An outward code, the first half of a postcode, as a place: nation, region of England and NHS region.

`uk_private/outward_codes.csv` holds one row for each postcode area, and rows of their own for the districts that lie
elsewhere. A district that lies in two regions is asked about, never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from estimator.errors import FileProblems, InputError
from estimator.files import read_rows, region_file
from estimator.messages import marked, say
from estimator.scenario import NATIONS, Area
from estimator.vocabulary import Region

COLUMNS = ("outward", "nation", "region", "nhs_region", "also", "source", "note")
OUTWARD = re.compile(r"([A-Z]{1,2})(\d{1,2})[A-Z]?")
FULL = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?) *\d[A-Z]{2}")
NHS_REGIONS = {
    "North East": "North East and Yorkshire",
    "Yorkshire and the Humber": "North East and Yorkshire",
    "East Midlands": "Midlands",
    "West Midlands": "Midlands",
}
"""The regions of England that have another name in the NHS."""
CROWN_DEPENDENCIES = {"JE": marked("Jersey"), "GY": marked("Guernsey"), "IM": marked("the Isle of Man")}


@dataclass(frozen=True, slots=True)
class PlaceUK:
    """Where an outward code lies; outside England the region is the nation."""

    outward: str
    nation: str
    region: str
    nhs_region: str
    also: str
    """Another region the district reaches into; the person says which."""
    source: str


@cache
def load_outward_codes(tariffs: Path | None = None) -> dict[str, PlaceUK]:
    """Postcode areas and the districts that differ from their area, by code."""
    places: dict[str, PlaceUK] = {}
    problems: list[str] = []
    for number, cells in read_rows(region_file(Region.UK_PRIVATE, "outward_codes.csv", tariffs), COLUMNS):
        where = f"uk_private/outward_codes.csv: row {number}"
        if cells["nation"] not in NATIONS:
            problems.append(f"{where}: nation: expected one of {', '.join(NATIONS)} (got {cells['nation']!r}).")
        if cells["outward"] in places:
            problems.append(f"{where}: {cells['outward']} stands twice; keep one.")
        fields = (cells[column] for column in COLUMNS[:-1])
        places[cells["outward"]] = PlaceUK(*fields)
    if problems:
        raise FileProblems(problems)
    return places


def outward_code(text: str) -> str | None:
    """The outward code in a text such as `SW1A` or `ls6 2ab`, or None where it is not a postcode; the rest is dropped."""
    code = " ".join(text.upper().split())
    full = FULL.fullmatch(code)
    if full is not None:
        return full.group(1)
    return code if OUTWARD.fullmatch(code) else None


def find_place(text: str, tariffs: Path | None = None) -> PlaceUK:
    """The place of an outward code or postcode; raises `InputError` where it is none, abroad, or in two regions."""
    code = outward_code(text)
    if code is None:
        unknown = say("{value} is no postcode; give the first half of one, such as LS6, or a region.", value=repr(text))
        raise InputError(f"area: {unknown}")
    match = OUTWARD.fullmatch(code)
    assert match is not None
    letters, digits = match.groups()
    if letters in CROWN_DEPENDENCIES:
        where = say(CROWN_DEPENDENCIES[letters])
        abroad = say("{code} is in {place}, which is not part of the UK's NHS.", code=code, place=where)
        raise InputError(f"area: {abroad}")
    places = load_outward_codes(tariffs)
    found = places.get(letters + digits) or places.get(letters)
    if found is None:
        unknown = say("no place is known for the outward code {code}; give a nation or region instead.", code=code)
        raise InputError(f"area: {unknown}")
    if found.also:
        between = say(
            "{code} lies partly in {region} and partly in {other_region}; give the region instead.",
            code=code,
            region=found.region,
            other_region=found.also,
        )
        raise InputError(f"area: {between}")
    return PlaceUK(code, found.nation, found.region, found.nhs_region, found.also, found.source)


def area_of_postcode(text: str, region: Region, tariffs: Path | None = None) -> Area:
    """The area of a scenario for an outward code: the NHS's own region, or the region of private prices."""
    if region not in (Region.NHS, Region.UK_PRIVATE):
        instead = say("{region} takes a US state, such as OH (got {value}).", region=region, value=repr(text))
        raise InputError(f"area: {instead}")
    place = find_place(text, tariffs)
    name = place.nhs_region if region == Region.NHS else place.region
    return Area(nation=place.nation, region=name or None)


def nhs_area(area: Area) -> Area:
    """An area of private prices as the NHS knows it: a nation, an NHS region, or a board of the NHS."""
    if area.region in NATIONS:
        return area.model_copy(update={"nation": area.region, "region": None})
    if area.region == "UK excluding London":
        return area.model_copy(update={"region": None})
    return area.model_copy(update={"region": NHS_REGIONS.get(area.region or "", area.region)})
