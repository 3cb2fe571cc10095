"""The fee schedule against a plain twin, published amounts and the rules of a day."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimator.errors import FileProblems, InputError
from estimator.fee_schedule import (
    COLUMNS,
    NATIONAL,
    FeeSchedule,
    Locality,
    PaymentRules,
    assistant_payment,
    lesser_of,
    nonparticipating,
    units_from_minutes,
)

ROOT = Path(__file__).resolve().parents[1]
TABLES = ROOT / "tariffs" / "medicare_part_b"
REFERENCE = Path(os.environ.get("ESTIMATOR_REFERENCE", ROOT.parent / "shared" / "reference"))
SCHEDULE = FeeSchedule.load(TABLES)
ON = date(2026, 6, 1)


def money(text: str) -> Decimal:
    return Decimal(text)


def rows(name: str) -> Iterator[dict[str, str]]:
    with (TABLES / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def twin(row: dict[str, str], place: dict[str, str], factor: str, setting: str, *, reduced: bool = False) -> Decimal:
    """The formula, read from the files and written out plainly."""
    work = Decimal(row["work_rvu"]) * Decimal(place["work_gpci"])
    expense = Decimal(row[f"pe_{setting}_rvu"]) * Decimal(place["pe_gpci"])
    malpractice = Decimal(row["mp_rvu"]) * Decimal(place["mp_gpci"])
    if reduced:
        expense = expense / 2
    return ((work + expense + malpractice) * Decimal(factor)).quantize(Decimal("0.01"), ROUND_HALF_UP)


# ---------------------------------------------------------------------- one price


@pytest.mark.parametrize("year", [2025, 2026])
def test_every_payable_code_in_every_locality_equals_the_plain_twin(year: int) -> None:
    factors = {(row["year"], row["qualifying_apm"]): row["factor"] for row in rows("conversion_factors.csv")}
    codes = [
        row
        for row in rows("relative_values.csv")
        if row["year"] == str(year)
        and row["status"] in ("A", "R", "T")
        and any(Decimal(row[name]) for name in row if name.endswith("_rvu"))
    ]
    places = [row for row in rows("localities.csv") if row["year"] == str(year)]
    assert (len(places), len(codes)) == (109, {2025: 136, 2026: 138}[year])
    compared = 0
    for place in places:
        locality = SCHEDULE.find_locality(f"{place['mac']}-{place['locality']}", date(year, 3, 1))
        for row in codes:
            for setting in ("nonfacility", "facility"):
                for qualifying, who in ((False, "no"), (True, "yes")):
                    factor = factors.get((str(year), who)) or factors[str(year), ""]
                    for reduced in (False, True) if row["mult_proc"] == "5" else (False,):
                        fee = SCHEDULE.price(
                            row["code"],
                            row["modifier"],
                            locality,
                            setting,
                            date(year, 3, 1),
                            reduced=reduced,
                            qualifying_apm=qualifying,
                        )
                        expected = twin(row, place, factor, setting, reduced=reduced)
                        assert fee.allowed == expected, (row["code"], place["name"], setting, reduced)
                        compared += 1
    assert compared > 50_000


@pytest.mark.parametrize(
    ("code", "allowed"),
    [("97110", "29.06"), ("97140", "27.72"), ("97161", "97.86"), ("99213", "95.19"), ("73721", "204.41")],
)
def test_national_prices_of_2026_are_the_published_ones(code: str, allowed: str) -> None:
    assert SCHEDULE.price(code, "", NATIONAL, "nonfacility", ON).allowed == money(allowed)


def ohio_2020(folder: Path, inputs: list[dict[str, str]]) -> FeeSchedule:
    """A schedule of 2020 with the one locality of Ohio, made from rows of the inputs file."""
    tables: dict[str, list[list[str]]] = {
        "relative_values.csv": [
            [
                "2020", row["code"], row["modifier"], row["status"], row["work_rvu"],
                row["pe_nonfacility_rvu"], row["pe_facility_rvu"], row["mp_rvu"], row["mult_proc"],
                "XXX", "", "", "",
            ]
            for row in inputs
        ],
        "conversion_factors.csv": [["2020", "", inputs[0]["conversion_factor"], "cms-pfs-2020", ""]],
        "localities.csv": [
            [
                "2020", "15202", "00", "OH", "Ohio",
                *(inputs[0][f"{part}_gpci"] for part in ("work", "pe", "mp")),
            ]
        ],
    }  # fmt: skip
    for name, body in tables.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([COLUMNS[name], *body])
    return FeeSchedule.load(folder)


# Relative values of 2020 and the amounts the agency printed for Ohio (contractor 15202, locality 00).
OHIO_2020 = [
    ("97110", "0.45", "0.40", "0.02", "30.21", "23.60"),
    ("97140", "0.43", "0.35", "0.02", "27.83", "22.05"),
    ("97161", "1.20", "1.18", "0.05", "84.17", "64.68"),
    ("G0283", "0.18", "0.20", "0.01", "13.48", "10.18"),
]


def test_the_amounts_printed_for_ohio_in_2020_are_reproduced_in_full_and_reduced(tmp_path: Path) -> None:
    inputs = [
        {
            "code": code, "modifier": "", "status": "A", "mult_proc": "5", "work_rvu": work,
            "pe_nonfacility_rvu": expense, "pe_facility_rvu": expense, "mp_rvu": malpractice,
            "work_gpci": "1.000", "pe_gpci": "0.915", "mp_gpci": "1.049", "conversion_factor": "36.0896",
        }
        for code, work, expense, malpractice, _, _ in OHIO_2020
    ]  # fmt: skip
    schedule = ohio_2020(tmp_path, inputs)
    on = date(2020, 7, 1)
    ohio = schedule.find_locality("OH-00", on)
    found = {
        code: [
            str(schedule.price(code, "", ohio, "nonfacility", on, reduced=reduced).allowed) for reduced in (False, True)
        ]
        for code, *_ in OHIO_2020
    }
    assert found == {code: [full, reduced] for code, _, _, _, full, reduced in OHIO_2020}


def test_every_code_of_the_2020_ohio_inputs_is_priced_and_the_printed_answers_agree(tmp_path: Path) -> None:
    file = REFERENCE / "medicare" / "check_2020_ohio_inputs.csv"
    if not file.exists():
        pytest.skip("the 2020 Ohio inputs are not here; set ESTIMATOR_REFERENCE to the reference folder")
    with file.open(encoding="utf-8", newline="") as lines:
        inputs = list(csv.DictReader(lines))
    schedule = ohio_2020(tmp_path, inputs)
    on = date(2020, 7, 1)
    ohio = schedule.find_locality("OH-00", on)
    printed = 0
    for row in inputs:
        for column, reduced in (("official_nonfacility_fee", False), ("official_therapy_reduced_fee", True)):
            if reduced and row["mult_proc"] != "5":
                continue
            fee = schedule.price(row["code"], row["modifier"], ohio, "nonfacility", on, reduced=reduced)
            assert fee.allowed == twin(row, row, row["conversion_factor"], "nonfacility", reduced=reduced)
            if row[column]:
                printed += 1
                assert fee.allowed == money(row[column])
    assert (len(inputs), printed) == (77, 8)


@pytest.mark.parametrize("setting", ["nonfacility", "facility"])
@pytest.mark.parametrize("reduced", [False, True])
def test_a_code_without_a_price_has_a_reason_and_no_figure_at_all(setting: str, reduced: bool) -> None:
    unpayable = [value for value in SCHEDULE.values.values() if value.status not in "ART"]
    assert {value.status for value in unpayable} == set("BCEINX")
    for value in unpayable:
        fee = SCHEDULE.price(value.code, value.modifier, NATIONAL, setting, date(value.year, 1, 1), reduced=reduced)
        assert fee.reason.endswith(".")
        figures = (fee.allowed, fee.work, fee.practice_expense, fee.malpractice, fee.conversion_factor)
        assert figures == (None,) * 5


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("97010", "bundled"),
        ("97014", "Use G0283"),
        ("99243", "office visit codes"),
        ("0232T", "clinic's own figure"),
        ("97545", "no relative values"),
        ("M0076", "not covered"),
        ("J3301", "outside the fee schedule"),
    ],
)
def test_the_reason_says_what_to_do(code: str, words: str) -> None:
    assert words in SCHEDULE.price(code, "", NATIONAL, "nonfacility", ON).reason


def test_an_invalid_code_names_the_one_to_use() -> None:
    assert SCHEDULE.price("97014", "", NATIONAL, "nonfacility", ON).use_instead == "G0283"


@pytest.mark.parametrize(
    ("code", "modifier", "setting", "words"),
    [
        ("97110", "", "facility", "same amount as in an office"),
        ("73721", "", "facility", "technical part"),
        ("73721", "26", "facility", ""),
        ("27385", "", "nonfacility", "rarely or never done in an office"),
        ("27385", "", "facility", ""),
        ("97026", "", "nonfacility", "restricted"),
    ],
)
def test_a_setting_marked_na_and_restricted_cover_are_said(code: str, modifier: str, setting: str, words: str) -> None:
    note = SCHEDULE.price(code, modifier, NATIONAL, setting, ON).note
    assert (words in note) if words else note == ""


def test_modifiers_that_do_not_change_the_fee_are_set_aside() -> None:
    plain = SCHEDULE.price("97110", "", NATIONAL, "nonfacility", ON)
    assert SCHEDULE.price("97110", "GP KX", NATIONAL, "nonfacility", ON) == plain
    assert SCHEDULE.price("73721", "26,RT", NATIONAL, "facility", ON).modifier == "26"


def test_a_locality_of_another_year_is_read_in_the_year_of_the_date() -> None:
    of_2025 = SCHEDULE.find_locality("OH-00", date(2025, 6, 1))
    fee = SCHEDULE.price("97110", "", of_2025, "nonfacility", ON)
    assert fee.locality == SCHEDULE.find_locality("OH-00", ON)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("97111", "", "nonfacility", ON), "Nearest: 97110, 97112"),
        (("73721", "50", "nonfacility", ON), "it has: no modifier, 26, TC"),
        (("97110", "", "office", ON), "'nonfacility' or 'facility'"),
        (("97110", "", "facility", date(2027, 2, 1)), "estimator import pfs PPRRVU.csv GPCI.csv --year 2027"),
        (("97110", "", "facility", date(2024, 12, 31)), "loaded: 2025, 2026"),
    ],
)
def test_a_question_that_cannot_be_answered_says_what_to_write_instead(
    arguments: tuple[str, str, str, date], words: str
) -> None:
    code, modifier, setting, on = arguments
    with pytest.raises(InputError, match=words.replace("(", r"\(").replace(".", r"\.")):
        SCHEDULE.price(code, modifier, NATIONAL, setting, on)


def test_a_code_outside_the_therapy_rule_has_no_reduced_price() -> None:
    with pytest.raises(InputError, match="no same-day therapy reduction"):
        SCHEDULE.price("99213", "", NATIONAL, "nonfacility", ON, reduced=True)


# ---------------------------------------------------------------------- one day


def test_two_units_of_exercise_and_one_of_manual_therapy_come_to_the_known_total() -> None:
    lines = SCHEDULE.therapy_day([("97110", "", 2), ("97140", "", 1)], NATIONAL, "nonfacility", ON)
    assert [line.allowed for line in lines] == [money("51.27"), money("21.21")]
    assert [(line.full_units, line.reduced_units) for line in lines] == [(1, 1), (0, 1)]


def test_the_full_unit_is_that_with_the_most_practice_expense_even_if_another_is_dearer() -> None:
    # 97755 costs more than 97530 and holds less practice expense.
    contest = SCHEDULE.therapy_day([("97755", "", 1), ("97530", "", 1)], NATIONAL, "nonfacility", ON)
    assert contest[0].fee.allowed is not None
    assert contest[1].fee.allowed is not None
    assert contest[0].fee.allowed > contest[1].fee.allowed
    assert [line.full_units for line in contest] == [0, 1]


def test_equal_practice_expense_goes_to_the_dearer_code() -> None:
    # 97012 and 97032 hold 0.18 each; 97032 has more work.
    lines = SCHEDULE.therapy_day([("97012", "", 1), ("97032", "", 1)], NATIONAL, "nonfacility", ON)
    assert [line.full_units for line in lines] == [0, 1]


def test_other_codes_of_the_day_are_paid_in_full_and_unpayable_ones_not_at_all() -> None:
    lines = SCHEDULE.therapy_day([("99213", "", 1), ("97010", "", 1), ("97110", "", 1)], NATIONAL, "nonfacility", ON)
    assert [line.allowed for line in lines] == [money("95.19"), None, money("29.06")]
    assert "bundled" in lines[1].reason


THERAPY = sorted({
    value.code
    for value in SCHEDULE.values.values()
    if value.year == 2026 and value.mult_proc == "5" and value.status in "ART"
})  # fmt: skip
PLACES = [NATIONAL, *SCHEDULE.localities(ON)]
days = st.lists(st.tuples(st.sampled_from(THERAPY), st.just(""), st.integers(1, 4)), min_size=1, max_size=6)
places = st.sampled_from(PLACES)
settings_of_care = st.sampled_from(["nonfacility", "facility"])


def totals(lines: list[tuple[str, str, int]], place: Locality, setting: str) -> dict[str, Decimal]:
    """What each code is paid on a day."""
    paid: dict[str, Decimal] = {}
    for line in SCHEDULE.therapy_day(lines, place, setting, ON):
        assert line.allowed is not None
        paid[line.code] = paid.get(line.code, Decimal(0)) + line.allowed
    return paid


@given(days.flatmap(lambda day: st.tuples(st.just(day), st.permutations(day))), places, settings_of_care)
def test_the_order_of_lines_does_not_matter(
    both: tuple[list[tuple[str, str, int]], list[tuple[str, str, int]]], place: Locality, setting: str
) -> None:
    first, second = both
    assert totals(first, place, setting) == totals(second, place, setting)


@given(days, st.sampled_from(THERAPY), places, settings_of_care)
def test_a_unit_added_never_lowers_the_total_of_the_day(
    day: list[tuple[str, str, int]], code: str, place: Locality, setting: str
) -> None:
    before = sum(totals(day, place, setting).values())
    assert sum(totals([*day, (code, "", 1)], place, setting).values()) >= before


@given(days, places, settings_of_care)
def test_the_reduction_never_touches_the_unit_with_the_most_practice_expense(
    day: list[tuple[str, str, int]], place: Locality, setting: str
) -> None:
    lines = SCHEDULE.therapy_day(day, place, setting, ON)
    expense = {code: SCHEDULE.relative_value(code, "", 2026).practice_expense(setting) for code, _, _ in day}
    (owner,) = [line for line in lines if line.full_units]
    assert owner.full_units == 1
    assert expense[owner.code] == max(expense.values())


@given(days, places, settings_of_care)
def test_a_day_equals_the_plain_twin(day: list[tuple[str, str, int]], place: Locality, setting: str) -> None:
    units = [code for code, _, count in day for _ in range(count)]
    full = {code: SCHEDULE.price(code, "", place, setting, ON).allowed or Decimal(0) for code in units}
    reduced = {code: SCHEDULE.price(code, "", place, setting, ON, reduced=True).allowed or Decimal(0) for code in units}
    value = {code: SCHEDULE.relative_value(code, "", 2026).practice_expense(setting) for code in units}
    best = max(units, key=lambda code: (value[code], full[code]))
    expected = sum(reduced[code] for code in units) - reduced[best] + full[best]
    assert sum(totals(day, place, setting).values()) == expected


def test_later_imaging_has_its_technical_part_halved_and_its_reading_cut_by_a_twentieth() -> None:
    lines = SCHEDULE.imaging_day([("73718", "", 1), ("73721", "", 1)], NATIONAL, "nonfacility", ON)
    technical = SCHEDULE.price("73721", "TC", NATIONAL, "nonfacility", ON).allowed
    # 73718 has the dearer technical part, 73721 the dearer reading.
    assert technical == money("141.62")
    reading_of_73718 = money("62.13")
    assert SCHEDULE.price("73718", "26", NATIONAL, "nonfacility", ON).allowed == reading_of_73718
    technical_of_73718 = SCHEDULE.price("73718", "TC", NATIONAL, "nonfacility", ON).allowed
    assert technical_of_73718 == money("160.32")
    reading_of_73721 = SCHEDULE.price("73721", "26", NATIONAL, "nonfacility", ON).allowed
    assert reading_of_73721 == money("62.79")
    assert lines[0].allowed == money("160.32") + money("59.02")
    assert lines[1].allowed == money("70.81") + money("62.79")


def test_one_image_alone_is_paid_in_full() -> None:
    (line,) = SCHEDULE.imaging_day([("73721", "", 1)], NATIONAL, "nonfacility", ON)
    assert (line.allowed, line.full_units) == (money("204.41"), 1)


def test_procedures_of_one_day_are_ranked_by_fee_and_the_sixth_is_priced_by_report() -> None:
    units = [("20610", "", 3), ("27385", "", 1), ("27386", "", 1)]
    lines = SCHEDULE.surgery_day(units, NATIONAL, "facility", ON)
    fees = {code: SCHEDULE.price(code, "", NATIONAL, "facility", ON).allowed for code, _, _ in units}
    assert fees == {"27386": money("807.30"), "27385": money("588.52"), "20610": money("39.75")}
    assert [line.allowed for line in lines] == [3 * money("19.88"), money("294.26"), money("807.30")]
    six = SCHEDULE.surgery_day([*units, ("20550", "", 1)], NATIONAL, "facility", ON)
    assert six[3].allowed is None
    assert "by report" in six[3].reason


def test_a_mixed_day_applies_each_rule_among_its_own_codes() -> None:
    units = [("97110", "", 2), ("20610", "", 1), ("73721", "", 1), ("99213", "25", 1)]
    lines = SCHEDULE.day(units, NATIONAL, "nonfacility", ON)
    assert [line.allowed for line in lines] == [
        money("51.27"),
        SCHEDULE.price("20610", "", NATIONAL, "nonfacility", ON).allowed,
        money("204.41"),
        money("95.19"),
    ]


@pytest.mark.parametrize("units", [0, -1, True, 1.5])
def test_units_must_be_whole_and_positive(units: int) -> None:
    with pytest.raises(InputError, match="whole number"):
        SCHEDULE.therapy_day([("97110", "", units)], NATIONAL, "nonfacility", ON)


# The examples of the Claims Processing Manual, chapter 5, section 20.2.
@pytest.mark.parametrize(
    ("minutes", "units"),
    [
        ({"97112": 24, "97110": 23}, {"97112": 2, "97110": 1}),
        ({"97110": 33, "97140": 7}, {"97110": 2, "97140": 1}),
        (
            {"97110": 18, "97140": 13, "97116": 10, "97035": 8},
            {"97110": 1, "97140": 1, "97116": 1, "97035": 0},
        ),
        ({"97112": 7, "97110": 7, "97140": 7}, {"97112": 0, "97110": 1, "97140": 0}),
        ({"97110": 7}, {"97110": 0}),
        ({"97110": 8}, {"97110": 1}),
        ({"97110": 22}, {"97110": 1}),
        ({"97110": 23}, {"97110": 2}),
        ({"97110": 127}, {"97110": 8}),
        ({}, {}),
    ],
)
def test_minutes_become_units_as_in_the_manual(minutes: dict[str, int], units: dict[str, int]) -> None:
    assert units_from_minutes(minutes) == units


@given(st.dictionaries(st.sampled_from(THERAPY), st.integers(0, 200), max_size=8))
def test_units_add_up_to_those_of_all_minutes_and_no_code_gets_more_than_it_began(
    minutes: dict[str, int],
) -> None:
    units = units_from_minutes(minutes)
    assert sum(units.values()) == (sum(minutes.values()) + 7) // 15
    for code, count in units.items():
        assert minutes[code] // 15 <= count <= -(-minutes[code] // 15)
    assert units_from_minutes(dict(reversed(minutes.items()))) == units


def test_minutes_must_be_whole() -> None:
    with pytest.raises(InputError, match="whole number"):
        units_from_minutes({"97110": -1})


# ---------------------------------------------------------------------- who furnishes, who charges what


def test_an_assistants_line_leaves_the_patients_share_as_it_was() -> None:
    paid = assistant_payment(money("100.00"))
    assert (paid.coinsurance, paid.medicare_pays, paid.total) == (
        money("20.00"), money("68.00"), money("88.00"),
    )  # fmt: skip


def test_the_switch_puts_the_patients_share_on_the_reduced_amount() -> None:
    paid = assistant_payment(money("100.00"), coinsurance_on_unreduced=False)
    assert (paid.coinsurance, paid.medicare_pays, paid.total) == (
        money("17.00"), money("68.00"), money("85.00"),
    )  # fmt: skip


def test_the_deductible_comes_before_an_assistants_coinsurance() -> None:
    paid = assistant_payment(money("100.00"), deductible=money("60.00"))
    assert (paid.deductible, paid.coinsurance, paid.medicare_pays) == (
        money("60.00"), money("8.00"), money("27.20"),
    )  # fmt: skip


def test_medicare_allows_the_lower_of_charge_and_fee() -> None:
    assert lesser_of(money("25.00"), money("29.06")) == money("25.00")
    assert lesser_of(money("60.00"), money("29.06")) == money("29.06")


def test_who_does_not_participate_is_paid_less_and_may_bill_to_the_limit_if_not_assigned() -> None:
    fee = money("29.06")
    assigned = nonparticipating(fee, assigned=True)
    assert (assigned.allowed, assigned.balance_bill) == (money("27.61"), money("0.00"))
    open_bill = nonparticipating(fee, assigned=False)
    assert (open_bill.limiting_charge, open_bill.balance_bill) == (money("31.75"), money("4.14"))
    assert nonparticipating(fee, assigned=False, charge=money("29.00")).balance_bill == money("1.39")
    low = nonparticipating(fee, assigned=False, charge=money("20.00"))
    assert (low.allowed, low.balance_bill) == (money("20.00"), money("0.00"))


def test_the_shares_can_come_from_elsewhere() -> None:
    rules = PaymentRules(same_day_reduction=Decimal(0))
    schedule = FeeSchedule.load(TABLES, rules)
    (line,) = schedule.therapy_day([("97110", "", 2)], NATIONAL, "nonfacility", ON)
    assert line.allowed == money("58.12")


# ---------------------------------------------------------------------- places


@pytest.mark.parametrize("year", [2025, 2026])
def test_all_109_localities_are_reached_by_area_by_contractor_and_by_a_county(year: int) -> None:
    on = date(year, 1, 1)
    localities = SCHEDULE.localities(on)
    reached = {
        SCHEDULE.locality_for(row["state"], row["county"].replace("ALL OTHER COUNTIES", "Zzyzx"), on=on)
        for row in rows("counties.csv")
    }
    assert reached == set(localities)
    assert len(localities) == 109
    for place in localities:
        assert SCHEDULE.find_locality(place.area, on) is place
        assert SCHEDULE.find_locality(f"{place.mac}-{place.number}", on) is place


@pytest.mark.parametrize(
    ("state", "county", "area"),
    [
        ("Ohio", None, "OH-00"),
        ("DC", None, "DC-01"),
        ("VA", "Alexandria", "DC-01"),
        ("Virginia", "City of Fairfax", "DC-01"),
        ("VA", "Arlington County", "DC-01"),
        ("VA", "Loudoun", "VA-00"),
        ("MD", "Prince George’s", "DC-01"),
        ("MD", "Montgomery", "DC-01"),
        ("MD", "Baltimore City", "MD-01"),
        ("MD", "Garrett", "MD-99"),
        ("NY", "Queens", "NY-04"),
        ("NY", "Brooklyn", "NY-02"),
        ("FL", "Miami-Dade", "FL-04"),
        ("FL", "Saint Lucie County", "FL-03"),
        ("FL", "Marion", "FL-99"),
        ("TX", "Harrison", "TX-99"),
        ("IL", "Du Page", "IL-15"),
        ("LA", "Orleans Parish", "LA-01"),
        ("CA", "Orange", "CA-18"),
        ("GU", None, "HI-01"),
    ],
)
def test_a_state_and_county_give_one_locality(state: str, county: str | None, area: str) -> None:
    assert SCHEDULE.locality_for(state, county).area == area


def test_a_state_with_several_localities_asks_for_the_county_and_lists_them() -> None:
    with pytest.raises(InputError, match=r"Texas is served by 8 .*Which county.*TX-31 Austin \(Travis\)"):
        SCHEDULE.locality_for("TX")
    with pytest.raises(InputError, match=r"VA-00 Virginia \(all other counties\); DC-01.*Alexandria City"):
        SCHEDULE.locality_for("VA")


def test_a_misspelt_place_suggests_the_nearest_names() -> None:
    with pytest.raises(InputError, match="Nearest: Ohio"):
        SCHEDULE.locality_for("Ohoi")
    with pytest.raises(InputError, match=r"Nearest: Los Angeles\."):
        SCHEDULE.locality_for("CA", "Los Angelos")
    with pytest.raises(InputError, match="Nearest: NY-01 Manhattan"):
        SCHEDULE.find_locality("Manhatan", ON)
    with pytest.raises(InputError, match="NY has: NY-01 Manhattan"):
        SCHEDULE.find_locality("NY-77", ON)
    with pytest.raises(InputError, match="Nearest: "):
        SCHEDULE.find_locality("ZZ-01", ON)


@pytest.mark.parametrize("text", ["ny-1", "NY - 01", "13202-01", " Manhattan "])
def test_a_locality_is_found_however_it_is_written(text: str) -> None:
    assert SCHEDULE.find_locality(text, ON).name == "Manhattan"


def test_national_has_indices_of_one() -> None:
    place = SCHEDULE.find_locality("national", ON)
    assert (place.work_gpci, place.pe_gpci, place.mp_gpci) == (1, 1, 1)


# ---------------------------------------------------------------------- reading the tables


def broken(folder: Path, name: str, old: str, new: str) -> list[str]:
    """The problems found after one change to a copy of the tables."""
    for table in COLUMNS:
        shutil.copy(TABLES / table, folder / table)
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8", newline="\n")
    with pytest.raises(FileProblems) as caught:
        FeeSchedule.load(folder)
    return [problem.replace(f"{folder}{os.sep}", "") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        ("relative_values.csv", "2025,0101T,,C,0.00", "2025,0101T,,C,0.O0",
         "relative_values.csv: row 2, work_rvu: expected a decimal, zero or more (got '0.O0')"),
        ("relative_values.csv", "2025,0101T,,C,0.00", "2025,0101T,,C,-1.00",
         "relative_values.csv: row 2, work_rvu: expected a decimal, zero or more (got '-1.00')"),
        ("relative_values.csv", "2025,0102T", "2025,0101T",
         "relative_values.csv: row 3, code: this year, code and modifier appear twice"),
        ("relative_values.csv", "work_rvu", "work",
         "relative_values.csv: row 1: expected the columns " + ",".join(COLUMNS["relative_values.csv"])),
        ("localities.csv", "2025,02102,01", "2025,2102,01",
         "localities.csv: row 2, mac: expected five digits (got '2102')"),
        ("localities.csv", "2025,02102,01,AK", "2025,02102,01,ZZ",
         "localities.csv: row 2, state: expected the two letters of a state (got 'ZZ')"),
        ("conversion_factors.csv", "2026,no", "2024,no", "conversion_factors.csv: no factor for 2026"),
        ("counties.csv", "AK,ALL COUNTIES,02102,01", "AK,ALL COUNTIES,02102,07",
         "counties.csv: row 2, locality: 02102-07 is not in localities.csv of 2026"),
        ("counties.csv", "AK,ALL COUNTIES,02102,01\n", "", "counties.csv: no county leads to AK-01 Alaska"),
        ("episode_codes.csv", "0102T", "0101T", "episode_codes.csv: row 3, code: 0101T appears twice"),
    ],
)  # fmt: skip
def test_a_broken_table_is_refused_with_file_row_and_field(
    tmp_path: Path, name: str, old: str, new: str, problem: str
) -> None:
    assert problem in broken(tmp_path, name, old, new)


def test_all_problems_are_collected_before_anything_is_raised(tmp_path: Path) -> None:
    problems = broken(tmp_path, "localities.csv", "02102,01,AK,Alaska,1.500", "x,y,z,,w")
    assert len(problems) >= 5


def test_a_missing_table_says_how_to_import_it(tmp_path: Path) -> None:
    with pytest.raises(FileProblems, match=r"missing\. Import it with: estimator import pfs"):
        FeeSchedule.load(tmp_path)
