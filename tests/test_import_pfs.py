"""The yearly import: the shipped tables from the agency's files, and files it must refuse."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from estimator.errors import FileProblems, InputError
from estimator.fee_schedule import NATIONAL, FeeSchedule
from estimator.imports.pfs import PfsImport, import_pfs

ROOT = Path(__file__).resolve().parents[1]
TABLES = ROOT / "tariffs" / "medicare_part_b"
REFERENCE = Path(os.environ.get("ESTIMATOR_REFERENCE", ROOT.parent / "shared" / "reference"))
RAW = REFERENCE / "medicare" / "raw"
IMPORTED = ("relative_values.csv", "conversion_factors.csv", "localities.csv", "counties.csv")

needs_raw = pytest.mark.skipif(
    not RAW.is_dir(),
    reason="the agency's files are not here; set ESTIMATOR_REFERENCE to the reference folder",
)


# ---------------------------------------------------------------------- the agency's own files


def import_raw(year: int, into: Path, codes: str = "episode") -> PfsImport:
    files = {
        2025: ("PPRRVU2025_Oct.stripped.csv", "GPCI2025.csv"),
        2026: ("PPRRVU2026_Jul_nonQPP.stripped.csv", "GPCI2026.rebuilt.csv"),
    }
    values, indices = files[year]
    return import_pfs(
        RAW / values,
        RAW / indices,
        RAW / "25LOCCO.csv",
        year=year,
        into=into,
        codes="all" if codes == "all" else "episode",
        indices_against=REFERENCE / "medicare" / f"gpci_{year}.csv",
    )


@needs_raw
@pytest.mark.parametrize("years", [(2025, 2026), (2026, 2025), (2025, 2026, 2025)])
def test_the_agencys_files_give_the_shipped_tables_byte_for_byte(tmp_path: Path, years: Sequence[int]) -> None:
    for year in years:
        assert import_raw(year, tmp_path).contradictions == ()
    for name in (*IMPORTED, "episode_codes.csv"):
        assert (tmp_path / name).read_bytes() == (TABLES / name).read_bytes(), name


@needs_raw
def test_the_import_counts_and_says_what_changed(tmp_path: Path) -> None:
    first = import_raw(2025, tmp_path)
    assert (first.codes, first.codes_in_file, first.localities, first.counties) == (157, 19090, 109, 208)
    second = import_raw(2026, tmp_path)
    assert (second.codes, second.codes_in_file, second.compared_with) == (159, 19356, 2025)
    assert second.conversion_factor == Decimal("33.4009")
    assert second.release == "July"
    assert "Conversion factor: 32.3465 -> 33.4009 (+3.26%)." in second.changes
    assert "98979: new." in second.changes
    assert "97110: pe_nonfacility_rvu 0.43 -> 0.41, pe_facility_rvu 0.43 -> 0.41." in second.changes
    assert "OH-00 Ohio: pe_gpci 0.911 -> 0.913, mp_gpci 1.033 -> 1.008." in second.changes
    assert set(second.written) == {tmp_path / name for name in IMPORTED}


@needs_raw
def test_every_code_of_the_file_can_be_kept(tmp_path: Path) -> None:
    done = import_raw(2026, tmp_path, "all")
    assert done.codes == done.codes_in_file == 19356
    schedule = FeeSchedule.load(tmp_path)
    episode = FeeSchedule.load(TABLES)
    on = date(2026, 6, 1)
    for year, code, modifier in episode.values:
        if year == 2026:
            fees = [each.price(code, modifier, NATIONAL, "facility", on) for each in (schedule, episode)]
            assert fees[0] == fees[1]


# ---------------------------------------------------------------------- small made-up files

HEADINGS = [  # the two lines of the heading, and what stands below
    ("", "HCPCS", "code"), ("", "MOD", "modifier"), ("", "DESCRIPTION", "words"),
    ("STATUS", "CODE", "status"), ("MEDICARE ", "PAYMENT", ""), ("WORK", "RVU", "work"),
    ("NON-FAC", "PE RVU", "office"), ("NA", "INDICATOR", "office_na"), ("FACILITY", "PE RVU", "facility"),
    ("NA", "INDICATOR", "facility_na"),
    ("MP", "RVU", "mp"), ("NON-FACILITY", "TOTAL", ""), ("FACILITY", "TOTAL", ""), ("PCTC", "IND", "pctc"),
    ("GLOB", "DAYS", "days"), ("MULT", "PROC", "mult"), ("CONV", "FACTOR", "factor"),
]  # fmt: skip
EXERCISE = {
    "code": "97110", "words": "Caf\xe9 words, that must not stay", "status": "A", "work": "0.45",
    "office": "0.41", "facility": "0.41", "facility_na": "NA", "mp": ".01", "pctc": "7", "days": "XXX",
    "mult": "5", "factor": "33.4009",
}  # fmt: skip
SHOCKWAVE = {
    **EXERCISE, "code": "101T", "status": "C", "work": "0", "office": "0", "facility": "0",
    "facility_na": "", "mp": "0", "pctc": "0", "mult": "0",
}  # fmt: skip
INJECTION = {**EXERCISE, "code": "20610", "facility_na": "", "pctc": "0", "days": "0", "mult": "2"}

GPCI = """\
ADDENDUM E. FINAL CY 2030 GEOGRAPHIC PRACTICE COST INDICES (GPCIs) BY STATE,,,,,,
,,,,,,
Medicare Administrative Contractor (MAC),State,Locality Number,Locality Name,\
2030 PW GPCI (with 1.0 Floor),2030 PE GPCI,2030 MP GPCI
2102,AK,1,ALASKA*,1.5,1.065,0.551
12302,MD,1,BALTIMORE/SURR. CNTYS,1.016,1.073,1.237
12302,MD,99,REST OF MARYLAND,1.01,1.012,.918
12202,DC,1,DC + MD/VA SUBURBS,1.054,1.178,1.113
"MAC Assignments as of November 22, 2028",,,,,,
*Work GPCI reflects a 1.5 floor in Alaska.,,,,,,
"""
LOCCO = """\
COUNTIES INCLUDED IN 2030 LOCALITIES.,,,,
,,,,
Medicare Adminstrative Contractor,Locality Number,State ,Fee Schedule Area ,Counties
2102,1,ALASKA ,STATEWIDE ,ALL COUNTIES
12202,1,DISTRICT OF COLUMBIA ,DC + MD/VA SUBURBS ,"DISTRICT OF COLUMBIA; ARLINGTON, FAIRFAX IN VIRGINIA; \
MONTGOMERY AND PRINCE GEORGE'S IN MARYLAND"
12302,1,MARYLAND ,BALTIMORE,"BALTIMORE, BALTIMORE CITY AND HOWARD"
12302,99,,REST OF STATE ,ALL OTHER COUNTIES EXCEPT MONTGOMERY AND PRINCE GEORGE'S
12302,99,,REST OF STATE ,ALL OTHER COUNTIES EXCEPT MONTGOMERY AND PRINCE GEORGE'S
*  Payment locality is serviced by two carriers.,,,,
"""


def pprrvu(*rows: dict[str, str], year: int = 2030, headings: Sequence[tuple[str, str, str]] = HEADINGS) -> str:
    """A relative value file in the agency's layout."""
    lines = [
        ["", "", f"{year} National Physician Fee Schedule Relative Value File April Release"],
        ["", "", f"CPT codes and descriptions only are copyright {year - 1}."],
        ["", "", f"RELEASED 11/11/{year - 1}"],
        [top for top, _, _ in headings],
        [bottom for _, bottom, _ in headings],
        *([row.get(field, "") for _, _, field in headings] for row in rows),
    ]
    width = len(headings)
    quoted = (
        ",".join(f'"{cell}"' if "," in cell else cell for cell in [*line, *[""] * (width - len(line))])
        for line in lines
    )
    return "\n".join(quoted) + "\n"


class Files:
    """Made-up files in a folder, and an import of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.into = folder / "tables"
        self.shipped = folder / "shipped"
        self.write("values.csv", pprrvu(EXERCISE, SHOCKWAVE, INJECTION))
        self.write("gpci.csv", GPCI)
        self.write("locco.csv", LOCCO)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_bytes(text.replace("\n", "\r\n").encode("latin-1"))
        return path

    def run(self, **changes: object) -> PfsImport:
        arguments: dict[str, object] = {
            "locco": self.folder / "locco.csv",
            "year": 2030,
            "into": self.into,
            "codes": "all",
            "shipped": self.shipped,
        }
        return import_pfs(
            self.folder / str(changes.pop("values", "values.csv")),
            self.folder / "gpci.csv",
            **{**arguments, **changes},  # type: ignore[arg-type]
        )

    def table(self, name: str) -> list[str]:
        return (self.into / name).read_text(encoding="utf-8").splitlines()[1:]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_leading_zeros_short_decimals_and_line_ends_are_put_right(files: Files) -> None:
    done = files.run()
    assert files.table("relative_values.csv") == [
        "2030,0101T,,C,0.00,0.00,0.00,0.00,0,XXX,0,,",
        "2030,20610,,A,0.45,0.41,0.41,0.01,2,000,0,,",
        "2030,97110,,A,0.45,0.41,0.41,0.01,5,XXX,7,,NA",
    ]
    assert files.table("localities.csv") == [
        "2030,02102,01,AK,Alaska,1.500,1.065,0.551",
        "2030,12202,01,DC,DC + MD/VA Suburbs,1.054,1.178,1.113",
        "2030,12302,01,MD,Baltimore/Surrounding Counties,1.016,1.073,1.237",
        "2030,12302,99,MD,Rest of Maryland,1.010,1.012,0.918",
    ]
    assert files.table("counties.csv") == [
        "AK,ALL COUNTIES,02102,01",
        "DC,District of Columbia,12202,01",
        "MD,ALL OTHER COUNTIES,12302,99",
        "MD,Baltimore,12302,01",
        "MD,Baltimore City,12302,01",
        "MD,Howard,12302,01",
        "MD,Montgomery,12202,01",
        "MD,Prince George's,12202,01",
        "VA,Arlington,12202,01",
        "VA,Fairfax,12202,01",
    ]
    assert (done.release, done.codes, done.payable, done.localities, done.counties) == ("April", 3, 2, 4, 10)
    assert b"\r" not in b"".join(path.read_bytes() for path in done.written)


def test_no_descriptor_reaches_a_table(files: Files) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in files.run().written)
    assert "words" not in text


def test_columns_are_found_by_their_headings_wherever_they_stand(files: Files) -> None:
    files.run()
    expected = files.table("relative_values.csv")
    moved = [HEADINGS[0], ("PRIC", "IND", "extra"), *reversed(HEADINGS[10:]), *HEADINGS[1:10]]
    files.write("values.csv", pprrvu(EXERCISE, SHOCKWAVE, INJECTION, headings=moved))
    files.run()
    assert files.table("relative_values.csv") == expected


def test_a_footnote_below_the_codes_is_passed_over(files: Files) -> None:
    files.write("values.csv", pprrvu(EXERCISE) + "A footnote of the agency.,,,\n,,another one\n,,,\n")
    assert files.run().codes == 1


def test_the_episode_keeps_only_the_codes_on_its_list(files: Files) -> None:
    files.shipped.mkdir()
    listed = "code,use_instead,note\n97110,,\n97999,,\n"
    (files.shipped / "episode_codes.csv").write_text(listed, encoding="utf-8")
    done = files.run(codes="episode")
    assert (done.codes, done.codes_in_file) == (1, 3)
    assert "Not in the 2030 file: 97999." in done.warnings
    assert (files.into / "episode_codes.csv").read_text(encoding="utf-8") == listed


def test_an_episode_without_a_list_is_refused(files: Files) -> None:
    with pytest.raises(InputError, match="use --codes all"):
        files.run(codes="episode")


def test_other_years_stay_and_the_same_year_is_replaced(files: Files) -> None:
    files.run()
    later = {**EXERCISE, "office": "0.55", "factor": "34.0000"}
    fresh = {**EXERCISE, "code": "97112"}
    files.write("values.csv", pprrvu(later, INJECTION, {**fresh, "factor": "34.0000"}, year=2031).replace(
        "33.4009", "34.0000"
    ))  # fmt: skip
    files.write("gpci.csv", GPCI.replace("2030", "2031").replace("0.551", "0.600"))
    done = files.run(year=2031)
    assert [row[:10] for row in files.table("relative_values.csv")] == [
        "2030,0101T", "2030,20610", "2030,97110", "2031,20610", "2031,97110", "2031,97112",
    ]  # fmt: skip
    assert done.changes == (
        "Conversion factor: 33.4009 -> 34.0000 (+1.79%).",
        "97112: new.",
        "0101T: no longer in the table.",
        "97110: pe_nonfacility_rvu 0.41 -> 0.55.",
        "AK-01 Alaska: mp_gpci 0.551 -> 0.600.",
    )
    before = {path: path.read_bytes() for path in done.written}
    files.run(year=2031)
    assert {path: path.read_bytes() for path in done.written} == before


def test_the_qpp_file_adds_the_other_factor(files: Files) -> None:
    assert any("qualifying participants" in warning for warning in files.run().warnings)
    files.write("PPRRVU2030_QPP.csv", pprrvu({**EXERCISE, "factor": "33.5675"}))
    done = files.run(values="PPRRVU2030_QPP.csv")
    assert not any("qualifying participants" in warning for warning in done.warnings)
    assert [row.split(",")[:3] for row in files.table("conversion_factors.csv")] == [
        ["2030", "no", "33.4009"],
        ["2030", "yes", "33.5675"],
    ]
    files.write("PPRRVU2030_nonQPP.csv", pprrvu(EXERCISE))
    files.run(values="PPRRVU2030_nonQPP.csv")
    assert len(files.table("conversion_factors.csv")) == 2


def test_a_year_of_one_factor_has_one_row_for_everyone(files: Files) -> None:
    files.write("values.csv", pprrvu(EXERCISE, year=2020))
    files.write("gpci.csv", GPCI.replace("2030", "2020"))
    files.run(year=2020)
    assert [row.split(",")[:3] for row in files.table("conversion_factors.csv")] == [["2020", "", "33.4009"]]


def test_indices_that_contradict_the_table_or_another_source_are_reported(files: Files) -> None:
    files.run()
    files.write("gpci.csv", GPCI.replace("1.065", "1.066"))
    other = files.write(
        "other.csv", "mac,locality_number,state,work_gpci,pe_gpci,mp_gpci\n02102,01,AK,1.500,1.066,0.552\n"
    )
    done = files.run(indices_against=other)
    assert done.contradictions == (
        f"AK-01 practice expense index: 1.066 in this file, 1.065 in {files.into / 'localities.csv'}.",
        f"AK-01 malpractice index: 0.551 in this file, 0.552 in {other}.",
        f"DC-01 (12202-01) is not in {other}.",
        f"MD-01 (12302-01) is not in {other}.",
        f"MD-99 (12302-99) is not in {other}.",
    )


def test_without_a_county_file_the_counties_stay_as_they_are(files: Files) -> None:
    assert any("No county file" in warning for warning in files.run(locco=None).warnings)
    assert not (files.into / "counties.csv").exists()
    files.run()
    before = (files.into / "counties.csv").read_bytes()
    done = files.run(locco=None)
    assert (files.into / "counties.csv").read_bytes() == before
    assert (done.counties, done.warnings) == (0, (done.warnings[0],))


def test_a_locality_that_loses_its_counties_stops_the_import(files: Files) -> None:
    files.run()
    before = {path.name: path.read_bytes() for path in files.into.iterdir()}
    files.write("gpci.csv", GPCI.replace("12302,MD,99", "12302,MD,98"))
    with pytest.raises(FileProblems, match="Nothing was written") as caught:
        files.run(locco=None)
    assert str(files.into / "counties.csv") in str(caught.value)
    assert {path.name: path.read_bytes() for path in files.into.iterdir()} == before


Change = Callable[[str], str]


def swap(old: str, new: str) -> Change:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        ("values.csv", swap("HCPCS", "CODE"), "line 1: not a relative value file"),
        ("values.csv", swap("WORK", "JOB"), "line 5: expected one column headed 'WORK RVU' (found 0)"),
        ("values.csv", swap("MULT", "PCTC"), "line 5: expected one column headed 'MULT PROC' (found 0)"),
        ("values.csv", swap("INDICATOR", "INDEX"), "line 5: expected 'NA INDICATOR' beside 'NON-FAC PE RVU'"),
        ("values.csv", swap("2030 National", "2029 National"), "line 1: this file is for 2029, not for 2030"),
        ("values.csv", swap("0.45", "O.45"), "line 6: expected a number under 'WORK RVU' (got 'O.45')"),
        ("values.csv", swap("0.45", "-0.45"), "line 6: expected a number under 'WORK RVU' (got '-0.45')"),
        ("values.csv", swap("0.45", ""), "line 6: expected a number under 'WORK RVU' (got '')"),
        ("values.csv", swap("97110", "971100"), "line 6: expected a five-character code (got '971100')"),
        ("values.csv", swap("97110", ""), "line 6: expected a five-character code (got '')"),
        ("values.csv", swap("20610", "97110"), "line 8: 97110 appears twice"),
        ("values.csv", swap(",A,,0.45", ",Z,,0.45"), "line 6: unknown status 'Z' of 97110"),
        ("values.csv", swap("33.4009", "33.5675"), "more than one conversion factor"),
        ("values.csv", swap(",NA,.01", ",N/A,.01"), "expected NA or nothing as the indicator of 97110"),
        ("values.csv", lambda text: text[:-40], "line 8: expected at least 17 fields"),
        ("values.csv", lambda text: text[: text.index("97110")], "no codes below the headings"),
        ("values.csv", lambda _: "PK\3\4", "line 1: this is a spreadsheet or an archive"),
        ("values.csv", lambda text: text + '97112,"never closed', "not comma-separated text"),
        ("values.csv", lambda text: text + "\0", "line 1: this is not a text file"),
        ("values.csv", lambda _: GPCI, "line 1: not a relative value file"),
        ("values.csv", lambda _: "", "line 1: not a relative value file"),
        ("gpci.csv", lambda _: pprrvu(EXERCISE), "line 1: not a file of geographic indices"),
        ("gpci.csv", swap("2030 PE GPCI", "2030 COST"), "line 1: not a file of geographic indices"),
        ("gpci.csv", swap("CY 2030", "CY 2026"), "line 1: this file is for 2026, not for 2030"),
        ("gpci.csv", swap("1.065", "x"), "line 4: expected an index as pe_gpci (got 'x')"),
        ("gpci.csv", swap("1.065", "0"), "line 4: expected an index as pe_gpci (got '0')"),
        ("gpci.csv", swap(",AK,", ",ZZ,"), "line 4: expected the two letters of a state (got 'ZZ')"),
        ("gpci.csv", swap("2102,AK,1", "2102,AK,one"), "line 4: expected a two-digit locality (got 'one')"),
        ("gpci.csv", swap("MD,99", "MD,1"), "line 6: locality MD-01 (12302-01) appears twice"),
        ("locco.csv", lambda _: GPCI, "line 1: not a file of localities by county"),
        ("locco.csv", swap("2102,1", "2102,7"), "line 4: locality 02102-07 has no geographic indices"),
        ("locco.csv", swap("MARYLAND ,", "DELAWARE ,"), "12302-01 is under DELAWARE here but in MD"),
        ("locco.csv", swap("2102,1,ALASKA ,STATEWIDE ,ALL COUNTIES\n", ""),
         "no county leads to locality 02102-01"),
        ("locco.csv", swap("MONTGOMERY AND PRINCE", "PRINCE"), "MONTGOMERY of MD is excepted"),
        ("locco.csv", swap("AND HOWARD", "AND MONTGOMERY"), "MONTGOMERY of MD is in two localities"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_understood_is_refused_with_line_and_reason(
    files: Files, name: str, change: Change, problem: str
) -> None:
    values = pprrvu(EXERCISE, SHOCKWAVE, INJECTION)
    original = {"values.csv": values, "gpci.csv": GPCI, "locco.csv": LOCCO}[name]
    files.run()
    before = {path.name: path.read_bytes() for path in files.into.iterdir()}
    files.write(name, change(original))
    with pytest.raises(InputError, match=re.escape(problem)) as caught:
        files.run()
    assert str(files.folder / name) in str(caught.value)
    assert {path.name: path.read_bytes() for path in files.into.iterdir()} == before


def test_a_long_list_of_problems_is_cut_short(files: Files) -> None:
    rows = [{**EXERCISE, "code": f"9{number:04}", "work": "x"} for number in range(30)]
    files.write("values.csv", pprrvu(*rows))
    with pytest.raises(FileProblems) as caught:
        files.run()
    assert len(caught.value.problems) == 21
    assert caught.value.problems[-1] == "... and 10 more"


def test_a_missing_file_is_named(files: Files) -> None:
    with pytest.raises(InputError, match=r"absent\.csv: cannot be read"):
        files.run(values="absent.csv")


def test_the_work_index_with_its_floor_is_preferred(files: Files) -> None:
    both = GPCI.replace(
        "2030 PW GPCI (with 1.0 Floor)", "2030 PW GPCI (without 1.0 Floor),2030 PW GPCI (with 1.0 Floor)"
    )
    both = re.sub(r"^(\d+,[A-Z]{2},\d+,[^,]+,)", r"\g<1>0.9,", both, flags=re.MULTILINE)
    files.run()
    expected = files.table("localities.csv")
    files.write("gpci.csv", both)
    files.run()
    assert files.table("localities.csv") == expected
