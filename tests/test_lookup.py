"""One code, one place, one date: its price, or why there is none."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from estimator.errors import InputError, NoPrice
from estimator.lookup import Price, PriceProblem, area_named, price, price_file
from estimator.scenario import Area
from estimator.tariff import load_tariff
from estimator.vocabulary import Region

MEDICARE, PRIVATE, NHS, UK = Region.MEDICARE_PART_B, Region.US_PRIVATE, Region.NHS, Region.UK_PRIVATE
ON = date(2026, 6, 1)


# ---------------------------------------------------------------- Medicare


@pytest.mark.parametrize(
    ("code", "allowed"),
    [("97110", "29.06"), ("97140", "27.72"), ("97161", "97.86"), ("99213", "95.19"), ("73721", "204.41")],
)
def test_the_national_fees_of_2026(code: str, allowed: str) -> None:
    made = price(MEDICARE, code, "NATIONAL", on=ON)
    assert (Decimal(allowed), "USD", "NATIONAL") == (made.allowed, made.currency, made.area)


@pytest.mark.parametrize(("code", "reduced"), [("97110", "22.21"), ("97140", "21.21")])
def test_the_second_service_of_a_day_is_paid_less(code: str, reduced: str) -> None:
    made = price(MEDICARE, code, on=ON, reduced=True)
    assert (Decimal(reduced), True) == (made.allowed, made.reduced)


def test_a_fee_shows_its_parts_and_they_multiply_to_it() -> None:
    made = price(MEDICARE, "97110", "NY-01", on=ON)
    parts = made.components
    assert parts is not None
    value = sum(part.rvu * part.gpci for part in (parts.work, parts.practice_expense, parts.malpractice))
    assert round(value * parts.conversion_factor, 2) == made.allowed


def test_a_fee_names_the_files_of_its_year() -> None:
    assert {"cms-pfs-2026", "cms-gpci-2026"} == {source.id for source in price(MEDICARE, "97110", on=ON).sources}


def test_a_bundled_code_has_no_price_and_says_why_once() -> None:
    made = price(MEDICARE, "97010", on=ON)
    assert None is made.allowed
    assert "bundled" in made.reason
    assert 1 == made.reason.count("97010")


def test_a_code_is_read_in_any_case() -> None:
    assert price(MEDICARE, "g0283", on=ON).code == price(MEDICARE, "G0283", on=ON).code


@pytest.mark.parametrize(
    ("area", "shown"),
    [
        ("Ohioo", "Nearest: OH-00 Ohio"),
        ("XX-99", "No locality 'XX-99'"),
        ("Manhatan", "Write an area as NY-01, 13202-01 or NATIONAL"),
    ],
)
def test_an_unknown_locality_is_answered_with_the_nearest(area: str, shown: str) -> None:
    with pytest.raises(InputError) as caught:
        price(MEDICARE, "97110", area, on=ON)
    assert shown in str(caught.value)


def test_an_unknown_code_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"No code '97L10' in the 2026 table\. Nearest: .*97110"):
        price(MEDICARE, "97l10", on=ON)


def test_a_year_without_a_table_is_refused_with_the_way_to_import_it() -> None:
    with pytest.raises(InputError, match=r"No 2027 fee schedule table is loaded .*estimator import pfs"):
        price(MEDICARE, "97110", on=date(2027, 2, 1))


def test_prices_as_of_serve_it_and_say_so() -> None:
    made = price(MEDICARE, "97110", on=date(2027, 2, 1), as_of=date(2026, 12, 31))
    assert Decimal("29.06") == made.allowed
    assert "2026-12-31" in f"{made.date} {made.note}"
    assert any("2027" in text for text in (made.note, made.reason, str(made.date)))


def test_an_unknown_setting_is_answered_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"setting: expected one of nonfacility, facility, .* \(got 'clinic'\)"):
        price(MEDICARE, "97110", setting="clinic", on=ON)


def test_a_facility_is_paid_less_for_an_office_visit() -> None:
    office, facility = (
        price(MEDICARE, "99213", setting=setting, on=ON).allowed
        for setting in ("independent_clinic", "hospital_outpatient")
    )
    assert office is not None
    assert facility is not None
    assert facility < office


def test_the_qualifying_factor_pays_a_little_more() -> None:
    plain, qualifying = (price(MEDICARE, "97110", on=ON, qualifying_apm=flag).allowed for flag in (False, True))
    assert plain is not None
    assert qualifying is not None
    assert plain < qualifying


# ---------------------------------------------------------------- a whole file


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "lines.csv"
    path.write_text(
        "code,modifier,area,setting,date,reduced\n"
        "97110,,NATIONAL,nonfacility,2026-06-01,\n"
        "97110,,NATIONAL,,2026-06-01,yes\n"
        "97lll,,NATIONAL,,2026-06-01,\n"
        "97140,,OH-00,,,no\n"
        "97110,,NATIONAL,,2026-06-31,\n"
        "97110,,NATIONAL,,2026-06-01,maybe\n"
        "97010,,,,,\n",
        encoding="utf-8",
    )
    return path


def test_a_bad_row_in_the_middle_does_not_stop_the_others(lines: Path) -> None:
    made = price_file(lines).prices
    assert [Price, Price, PriceProblem, Price, PriceProblem, PriceProblem, Price] == [type(entry) for entry in made]
    allowed = [entry.allowed for entry in made if isinstance(entry, Price)]
    assert [Decimal("29.06"), Decimal("22.21"), Decimal("26.59"), None] == allowed


def test_a_bad_row_names_its_file_row_and_field(lines: Path) -> None:
    problems = [entry.error for entry in price_file(lines).prices if isinstance(entry, PriceProblem)]
    assert [True, True, True] == [
        problems[0].startswith(f"{lines}: row 4: No code '97LLL'"),
        problems[1] == f"{lines}: row 6: date: expected a date such as 2026-06-01 (got '2026-06-31')",
        problems[2] == f"{lines}: row 7: reduced: expected yes, no or blank (got 'maybe')",
    ]


def test_only_the_code_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    path.write_text("code\n97110\n97140\n", encoding="utf-8")
    assert ["97110", "97140"] == [entry.code for entry in price_file(path).prices]


def test_a_file_without_codes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    path.write_text("cpt,area\n97110,OH\n", encoding="utf-8")
    with pytest.raises(InputError, match="row 1: the column 'code' is missing"):
        price_file(path)


# ---------------------------------------------------------------- listed prices


def test_an_independent_clinic_is_a_multiple_of_the_medicare_fee_of_the_state() -> None:
    made = price(PRIVATE, "97110", "OH", on=ON)
    assert (Decimal("33.44"), "multiple_of_medicare", "OH") == (made.allowed, made.status, made.area)
    assert made.range is not None
    assert (Decimal("27.87"), Decimal("47.38")) == (made.range.low, made.range.high)


def test_a_hospital_has_a_listed_price() -> None:
    made = price(PRIVATE, "97110", "OH", "hospital_outpatient", ON)
    assert ("listed", Decimal("55.74")) == (made.status, made.allowed)
    assert made.cash is not None
    assert "OH" == made.cash.area


def test_without_an_insurers_price_there_is_the_cash_price_and_a_reason() -> None:
    made = price(UK, "physio-follow-up", "London", on=ON)
    assert None is made.allowed
    assert made.reason.endswith(".")
    assert made.cash is not None
    assert (Decimal("72.00"), "GBP") == (made.cash.typical, made.currency)


def test_the_nhs_shows_what_care_costs_it() -> None:
    made = price(NHS, "A08A1", "Scotland", on=ON)
    assert (Decimal("79.06"), "GBP") == (made.allowed, made.currency)


def test_an_unknown_code_of_a_region_is_answered_with_the_nearest() -> None:
    with pytest.raises(
        InputError, match=r"code: uk_private has no code 'physio-initail'; did you mean 'physio-initial'"
    ):
        price(UK, "physio-initail", on=ON)


def test_a_code_nobody_publishes_a_price_for_says_so() -> None:
    with pytest.raises(NoPrice, match="No price is published for home-care-supplies in us_private"):
        price(PRIVATE, "home-care-supplies", on=ON)


def test_a_date_before_every_row_is_refused_and_answered_with_prices_as_of() -> None:
    with pytest.raises(NoPrice, match=r"on 2019-06-01.*--prices-as-of"):
        price(UK, "physio-follow-up", on=date(2019, 6, 1))
    made = price(UK, "physio-follow-up", on=date(2019, 6, 1), as_of=ON)
    assert made.cash is not None
    assert Decimal("52.00") == made.cash.typical


@pytest.mark.parametrize(("region", "extra"), [(PRIVATE, {"reduced": True}), (UK, {"modifier": "26"})])
def test_what_only_medicare_has_is_refused_elsewhere(region: Region, extra: dict[str, object]) -> None:
    with pytest.raises(InputError, match="only medicare_part_b has them"):
        price(region, "97110", on=ON, **extra)  # type: ignore[arg-type]


# ---------------------------------------------------------------- areas as people write them


@pytest.mark.parametrize(
    ("region", "text", "area"),
    [
        (PRIVATE, "oh", Area(state="OH")),
        (PRIVATE, "", Area()),
        (MEDICARE, "NY-01", Area(locality="NY-01")),
        (NHS, "England/London", Area(nation="England", region="London")),
        (NHS, "Scotland", Area(nation="Scotland")),
        (UK, "London", Area(region="London")),
        (UK, "Wales", Area(nation="Wales")),
    ],
)
def test_an_area_is_understood(region: Region, text: str, area: Area) -> None:
    assert area == area_named(text, load_tariff(region))


@pytest.mark.parametrize(
    ("region", "text", "message"),
    [
        (PRIVATE, "ZZ", "area: expected a US state's two letters, such as OH (got 'ZZ')"),
        (PRIVATE, "Ohio", "area: expected a US state's two letters, such as OH (got 'Ohio')"),
        (UK, "OH", "area: uk_private takes a nation or region, such as England or London (got 'OH')"),
        (NHS, "oh", "area: nhs takes a nation or region, such as England or London (got 'oh')"),
    ],
)
def test_an_area_of_another_country_is_refused(region: Region, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        area_named(text, load_tariff(region))
    assert message in str(caught.value)
