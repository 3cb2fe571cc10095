"""A tariff finds the right row on the right day, and a damaged one says where it is damaged."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from estimator.errors import FileProblems, InputError, NoPrice
from estimator.inspection import check_tariffs
from estimator.tariff import load_tariff, worst_kind
from estimator.vocabulary import PriceKind, Region, Service, SourceKind
from tests.cases import TARIFFS

# ---------------------------------------------------------------- finding a price


def test_the_most_specific_place_wins() -> None:
    uk = load_tariff(Region.UK_PRIVATE)
    found = [
        uk.find_price("physio-follow-up", areas, "independent_clinic", PriceKind.CASH, date(2026, 6, 1))
        for areas in (("London", ""), ("Leeds", "UK excluding London", ""), ("",))
    ]
    assert [7200, 5200, 5200] == [row.typical for row in found if row]
    assert ["London", "UK excluding London", ""] == [row.area for row in found if row]


def test_the_state_comes_before_the_whole_country() -> None:
    us = load_tariff(Region.US_PRIVATE)
    ohio = us.find_price("97110", ("OH", ""), "hospital_outpatient", PriceKind.CASH, date(2026, 6, 1))
    nation = us.find_price("97110", ("",), "hospital_outpatient", PriceKind.CASH, date(2026, 6, 1))
    assert ohio is not None
    assert nation is not None
    assert ("OH", "") == (ohio.area, nation.area)
    assert ohio.typical != nation.typical


@pytest.mark.parametrize(
    ("on", "typical"),
    [
        (date(2020, 10, 31), 3500),
        (date(2024, 7, 25), 3500),
        (date(2024, 7, 26), 4000),
        (date(2025, 12, 31), 4000),
        (date(2026, 1, 1), 5200),
    ],
)
def test_the_row_in_force_on_the_day_is_used(on: date, typical: int) -> None:
    found = load_tariff(Region.UK_PRIVATE).find_price(
        "physio-follow-up", ("",), "independent_clinic", PriceKind.CASH, on
    )
    assert found is not None
    assert typical == found.typical


def test_a_date_before_the_first_row_is_refused_with_a_way_out() -> None:
    with pytest.raises(NoPrice) as caught:
        load_tariff(Region.UK_PRIVATE).find_price("physio-follow-up", ("",), "", PriceKind.CASH, date(2020, 10, 30))
    assert "No price for physio-follow-up in uk_private on 2020-10-30" in str(caught.value)
    assert "--prices-as-of" in str(caught.value)


def test_a_date_after_the_last_row_is_refused_with_the_row_to_add() -> None:
    nhs = load_tariff(Region.NHS)
    ended = next(
        row
        for row in nhs.prices
        if row.effective_to is not None and not any(r.code == row.code and r.effective_to is None for r in nhs.prices)
    )
    with pytest.raises(NoPrice) as caught:
        nhs.find_price(ended.code, (ended.area,), ended.setting, ended.price_kind, date(2035, 1, 1))
    assert f"the latest row in nhs/prices.csv ends {ended.effective_to}" in str(caught.value)
    assert "Add a row from" in str(caught.value)


def test_prices_as_of_serve_a_day_without_a_row() -> None:
    uk = load_tariff(Region.UK_PRIVATE)
    found = uk.find_price("physio-follow-up", ("",), "", PriceKind.CASH, date(2019, 1, 1), as_of=date(2026, 1, 1))
    assert found is not None
    assert 5200 == found.typical
    assert not found.in_force(date(2019, 1, 1))


def test_a_row_in_force_is_never_replaced_by_prices_as_of() -> None:
    uk = load_tariff(Region.UK_PRIVATE)
    found = uk.find_price("physio-follow-up", ("",), "", PriceKind.CASH, date(2024, 1, 1), as_of=date(2026, 1, 1))
    assert found is not None
    assert 3500 == found.typical


def test_a_code_without_any_row_has_no_price() -> None:
    assert None is load_tariff(Region.UK_PRIVATE).find_price("97110", ("",), "", PriceKind.CASH, date(2026, 1, 1))


@pytest.mark.parametrize(
    ("on", "value"), [(date(2025, 12, 31), "9200"), (date(2026, 1, 1), "10600"), (date(2031, 1, 1), "12000")]
)
def test_a_factor_is_the_one_in_force(on: date, value: str) -> None:
    assert Decimal(value) == load_tariff(Region.US_PRIVATE).factor("aca_out_of_pocket_limit_self", on).middle


def test_a_missing_factor_names_the_file_to_mend() -> None:
    with pytest.raises(
        NoPrice, match=r"us_private/region\.toml: no factor 'aca_out_of_pocket_limit_self' is in force on 2024-06-01"
    ):
        load_tariff(Region.US_PRIVATE).factor("aca_out_of_pocket_limit_self", date(2024, 6, 1))


def test_who_pays_decides_which_lines_of_a_visit_are_billed() -> None:
    us = load_tariff(Region.US_PRIVATE)
    insured = [row.code for row in us.lines_for(Service.PHYSICAL_THERAPY, 2, cash=False)]
    paying = [row.code for row in us.lines_for(Service.PHYSICAL_THERAPY, 2, cash=True)]
    assert (["97110", "97140"], ["pt-visit"]) == (insured, paying)
    assert ["97110", "97530"] == [row.code for row in us.lines_for(Service.PHYSICAL_THERAPY, 5, cash=False)]


def test_the_least_trustworthy_source_speaks_for_all() -> None:
    assert SourceKind.ASSUMPTION == worst_kind([SourceKind.OFFICIAL, SourceKind.ASSUMPTION, SourceKind.SURVEY])
    assert SourceKind.SURVEY == worst_kind([SourceKind.OFFICIAL, SourceKind.SURVEY])
    assert SourceKind.OFFICIAL == worst_kind([SourceKind.OFFICIAL])


# ---------------------------------------------------------------- a copy with one thing wrong


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """All shipped tariffs, to be damaged."""
    shutil.copytree(TARIFFS, tmp_path / "tariffs")
    return tmp_path / "tariffs"


Damage = Callable[[Path], None]


def cell(file: str, row: int, column: str, value: str) -> Damage:
    """One cell of a table, with rows counted as a spreadsheet does."""

    def damage(tariffs: Path) -> None:
        path = tariffs / file
        with path.open(encoding="utf-8", newline="") as source:
            rows = list(csv.reader(source))
        rows[row - 1][rows[0].index(column)] = value
        with path.open("w", encoding="utf-8", newline="") as target:
            csv.writer(target, lineterminator="\n").writerows(rows)

    return damage


def text(file: str, old: str, new: str) -> Damage:
    def damage(tariffs: Path) -> None:
        path = tariffs / file
        before = path.read_text(encoding="utf-8")
        assert old in before, f"{file} no longer holds {old!r}"
        path.write_text(before.replace(old, new, 1), encoding="utf-8")

    return damage


def twice(file: str, row: int) -> Damage:
    """The same row once more: two prices for one day."""

    def damage(tariffs: Path) -> None:
        lines = (tariffs / file).read_text(encoding="utf-8").splitlines(keepends=True)
        (tariffs / file).write_text("".join([*lines, lines[row - 1]]), encoding="utf-8")

    return damage


def gone(file: str) -> Damage:
    return lambda tariffs: (tariffs / file).unlink()


def holding(file: str, raw: bytes) -> Damage:
    def damage(tariffs: Path) -> None:
        (tariffs / file).write_bytes(raw)

    return damage


PRICES, BILLING, REGION = "us_private/prices.csv", "us_private/billing.csv", "us_private/region.toml"
PLAN, NEEDS = "us_private/plans/ppo.toml", "us_private/requirements.toml"

DAMAGES: dict[str, tuple[Damage, str]] = {
    "a letter in a price": (
        cell(PRICES, 3, "low", "28.1O"),
        "us_private/prices.csv: row 3: low: expected a number such as 120.00 (got '28.1O')",
    ),
    "a price of NaN": (
        cell(PRICES, 3, "typical", "NaN"),
        "us_private/prices.csv: row 3: typical: expected a number such as 120.00 (got 'NaN')",
    ),
    "an infinite price": (
        cell(PRICES, 3, "high", "1e400"),
        "us_private/prices.csv: row 3: high: expected a number such as 120.00 (got '1e400')",
    ),
    "a negative price": (
        cell(PRICES, 3, "low", "-1.00"),
        "us_private/prices.csv: row 3: low: an amount must lie between 0.00 and 100,000,000.00 (got -1.00)",
    ),
    "half a cent": (
        cell(PRICES, 3, "low", "1.005"),
        "us_private/prices.csv: row 3: low: an amount has at most two decimals, such as 120.00 (got 1.005)",
    ),
    "no price": (
        cell(PRICES, 3, "low", ""),
        "us_private/prices.csv: row 3: low: expected a number such as 120.00 (got '')",
    ),
    "low above typical": (
        cell(PRICES, 3, "low", "99999.00"),
        "us_private/prices.csv: row 3: low <= typical <= high does not hold (99999.00, ",
    ),
    "an unknown unit": (
        cell(PRICES, 3, "unit", "hour"),
        "us_private/prices.csv: row 3: unit: expected one of visit, 15_minutes, item, scan, procedure, injection, mile, "
        "attendance (got 'hour')",
    ),
    "an unknown code type": (
        cell(PRICES, 3, "code_type", "ICD"),
        "us_private/prices.csv: row 3: code_type: expected one of CPT, HCPCS, HRG, TFC, CCSD, LOCAL (got 'ICD')",
    ),
    "an open sentence": (
        cell(PRICES, 3, "description", "Exercise"),
        "us_private/prices.csv: row 3: description: end it with a full stop",
    ),
    "a day that is none": (
        cell(PRICES, 3, "effective_from", "2026-02-30"),
        "us_private/prices.csv: row 3: effective_from: ",
    ),
    "an end before the start": (
        cell(PRICES, 3, "effective_to", "2020-01-01"),
        "us_private/prices.csv: row 3: effective_to: 2020-01-01 lies before effective_from ",
    ),
    "an unknown price kind": (cell(PRICES, 3, "price_kind", "list"), "us_private/prices.csv: row 3: price_kind: "),
    "an unknown source of a price": (
        cell(PRICES, 3, "source", "nowhere"),
        "source 'nowhere' is not declared in region.toml.",
    ),
    "two prices for one day": (twice(PRICES, 3), "two rows are in force on "),
    "an unknown column": (
        text(PRICES, "code_type,code,", "code_type,kode,"),
        "row 1: unknown column 'kode'; did you mean 'code'?",
    ),
    "a missing column": (text(PRICES, "code_type,code,", "code_type,kode,"), "row 1: the column 'code' is missing."),
    "a cell too many": (
        text(
            PRICES,
            "\n",
            "\nx,",
        ),
        "row 2: 15 cells, but the header has 14.",
    ),
    "an unknown service": (cell(BILLING, 2, "service", "physio"), "us_private/billing.csv: row 2: service: "),
    "half a unit": (cell(BILLING, 2, "units", "1.5"), "us_private/billing.csv: row 2: units: "),
    "phases that are none": (cell(BILLING, 2, "phases", "early"), "us_private/billing.csv: row 2: phases: "),
    "an unknown when": (
        cell(BILLING, 2, "when", "always"),
        "us_private/billing.csv: row 2: when: expected manual_therapy, once or blank (got 'always')",
    ),
    "an unknown payer": (
        cell(BILLING, 2, "prices", "insurer"),
        "us_private/billing.csv: row 2: prices: expected allowed, cash or blank (got 'insurer')",
    ),
    "an unknown source of a bill": (cell(BILLING, 2, "source", "nowhere"), "us_private/billing.csv: "),
    "surgery billed whole": (
        text(BILLING, "surgery,,,surgery_surgeon", "surgery,,,surgery"),
        "us_private/billing.csv: surgery: billed_service must be one of the billed services (got surgery).",
    ),
    "a service nobody bills": (
        text(REGION, "travel = ", "prolotherapy = "),
        "us_private/billing.csv: travel is neither billed nor listed under [not_offered] or [unpriced].",
    ),
    "a default plan that is none": (
        text(REGION, 'default_plan = "ppo"', 'default_plan = "pp0"'),
        "us_private/region.toml: default_plan: there is no plan 'pp0'; did you mean 'ppo'?",
    ),
    "an unknown field of a region": (
        text(REGION, 'currency = "USD"', 'currency = "USD"\ncurency = "USD"'),
        "us_private/region.toml: curency: unknown field; did you mean 'currency'?",
    ),
    "another currency": (
        text(REGION, 'currency = "USD"', 'currency = "EUR"'),
        "us_private/region.toml: currency: expected one of USD, GBP (got 'EUR')",
    ),
    "an unknown source of a factor": (
        text(REGION, 'source = "aca-limits"', 'source = "aca-limit"'),
        "us_private/region.toml: factor aca_out_of_pocket_limit_self: source 'aca-limit' is not declared; did you mean 'aca-limits'?",
    ),
    "a factor in both forms": (
        text(REGION, "low = 1.0\n", "low = 1.0\nvalue = 1.2\n"),
        "us_private/region.toml: factor[1]: give either value, or low, typical and high.",
    ),
    "an unknown field of a plan": (
        text(PLAN, "copay = 25.00", "copayy = 25.00"),
        "us_private/plans/ppo.toml: benefit[2].copayy: unknown field; did you mean 'copay'?",
    ),
    "20 written for 0.20": (
        text(PLAN, "patient_coinsurance = 0.20", "patient_coinsurance = 20"),
        "us_private/plans/ppo.toml: benefit[1].patient_coinsurance: a rate is a share of one: write 0.2 for 20%.",
    ),
    "a plan with another id": (
        text(PLAN, 'id = "ppo"', 'id = "ppo2"'),
        "us_private/plans/ppo.toml: id: expected 'ppo', the name of the file (got 'ppo2').",
    ),
    "a plan in another region": (
        text(PLAN, 'region = "us_private"', 'region = "nhs"'),
        "us_private/plans/ppo.toml: region: expected us_private (got nhs).",
    ),
    "an unknown source of a plan": (
        text(PLAN, 'source = "illustrative-design"', 'source = "ilustrative-design"'),
        "us_private/plans/ppo.toml: source: 'ilustrative-design' is not declared; did you mean 'illustrative-design'?",
    ),
    "a plan without a source": (
        text(PLAN, 'source = "illustrative-design"\n', ""),
        "us_private/plans/ppo.toml: source: ",
    ),
    "a plan year that starts on no day": (
        text(PLAN, 'plan_year_starts = "01-01"', 'plan_year_starts = "13-01"'),
        "us_private/plans/ppo.toml: plan_year_starts: expected a month and day of every year, such as 01-01 (got '13-01').",
    ),
    "a plan that is not TOML": (holding(PLAN, b'id = "ppo\n'), "not valid TOML"),
    "an empty plan": (holding(PLAN, b"\n"), "the file is empty."),
    "a requirement with an unknown anchor": (
        text(NEEDS, 'anchor = "first_visit"', 'anchor = "first_visits"'),
        "us_private/requirements.toml: in_network_check: due.anchor: unknown anchor 'first_visits'.",
    ),
    "a requirement with an unknown source": (
        text(NEEDS, 'source = "', 'source = "no-'),
        "us_private/requirements.toml: in_network_check: source: 'no-",
    ),
    "a requirement with an unknown field": (
        text(NEEDS, "evidence = ", "evidense = "),
        "us_private/requirements.toml: requirement[1].evidense: unknown field; did you mean 'evidence'?",
    ),
    "a binary table": (holding(PRICES, bytes(range(256))), "is not UTF-8 text. Is it the right file?"),
    "a table of a region that is a picture": (
        holding(REGION, b"\x89PNG\r\n\x1a\n\x00"),
        "is not UTF-8 text. Is it the right file?",
    ),
    "a Medicare value with a letter": (
        cell("medicare_part_b/relative_values.csv", 2, "work_rvu", "O.45"),
        "relative_values.csv: row 2, work_rvu: expected a decimal, zero or more (got 'O.45')",
    ),
    "a band of waits with a letter": (cell("nhs/waits.csv", 2, "people", "4l350"), "nhs/waits.csv: row 2: people: "),
    "a band of waits without a day": (
        cell("nhs/waits.csv", 2, "as_of", "last autumn"),
        "nhs/waits.csv: row 2: as_of: ",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_tariff_says_what_is_wrong_and_where(copy: Path, damage: str) -> None:
    hurt, message = DAMAGES[damage]
    hurt(copy)
    problems = check_tariffs(copy).problems
    assert any(message in problem for problem in problems), problems or "no problem was found"


def test_the_undamaged_copy_is_sound(copy: Path) -> None:
    """The tests above would pass with messages about something else."""
    assert () == check_tariffs(copy).problems


def test_every_problem_of_a_file_is_told_at_once(copy: Path) -> None:
    for row, value in ((3, "x"), (5, "y"), (8, "-2.00")):
        cell(PRICES, row, "low", value)(copy)
    with pytest.raises(FileProblems) as caught:
        load_tariff(Region.US_PRIVATE, copy)
    assert ["row 3", "row 5", "row 8"] == [problem.split(": ")[1] for problem in caught.value.problems]


def test_a_folder_without_any_region_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no region's folder in it"):
        load_tariff(Region.US_PRIVATE, tmp_path)
    assert check_tariffs(tmp_path).problems


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        load_tariff(Region.NHS, tmp_path / "nowhere")


def test_a_folder_of_ones_own_need_hold_only_what_differs(copy: Path) -> None:
    gone(PRICES)(copy)
    gone(REGION)(copy)
    cell("us_private/billing.csv", 2, "note", "Our own note.")(copy)
    made = load_tariff(Region.US_PRIVATE, copy)
    assert load_tariff(Region.US_PRIVATE).prices == made.prices
    assert "Our own note." == made.billing[0].note
