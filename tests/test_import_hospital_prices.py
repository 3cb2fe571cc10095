"""A hospital's own price file: what is read, what is left out and counted, and files that must be refused."""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from estimator.errors import FileProblems, InputError
from estimator.files import read_rows
from estimator.imports import streams
from estimator.imports.hospital_prices import HospitalPrices, import_hospital_prices
from estimator.imports.rates import (
    PRICE_COLUMNS,
    CodePrices,
    as_json,
    is_placeholder,
    market,
    percentile,
    write_rows,
)

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "tests" / "data" / "mrf"
REFERENCE = Path(os.environ.get("ESTIMATOR_REFERENCE", ROOT.parent / "shared" / "reference")) / "us_private" / "mrf"
needs_reference = pytest.mark.skipif(
    not REFERENCE.is_dir(),
    reason="real files are not here; set ESTIMATOR_REFERENCE to the reference folder",
)
TALL = DATA / "tall_v3.csv"
EXAMPLE_CODES = frozenset({"70551", "49505", "80048", "C1785", "92626", "99283"})  # of the agency's own examples


def counts(read: HospitalPrices) -> dict[str, int]:
    return {each.kind: each.count for each in read.findings}


def prices_of(read: HospitalPrices, code: str, setting: str, billing_class: str) -> CodePrices:
    return next(e for e in read.prices if (e.code, e.setting, e.billing_class) == (code, setting, billing_class))


def row_of(read: HospitalPrices, code: str, kind: str) -> tuple[str, ...]:
    row = next(row for row in read.to_rows() if (row["code"], row["price_kind"]) == (code, kind))
    return row["low"], row["typical"], row["high"]


def refusal(file: Path) -> str:
    with pytest.raises(InputError) as caught:
        import_hospital_prices(file)
    assert str(caught.value).startswith(str(file))
    return str(caught.value)


# ---------------------------------------------------------------- what is read and what is left out


def test_a_tall_file_says_whose_it_is() -> None:
    read = import_hospital_prices(TALL)
    assert (read.layout, read.version, read.hospital, read.state) == ("tall", "3.0.0", "Example Hospital", "OH")
    assert date(2026, 4, 1) == read.last_updated_on
    assert read.rows_read == 19


def test_each_commercial_plan_counts_once_and_odd_amounts_not_at_all() -> None:
    scan = prices_of(import_hospital_prices(TALL), "73718", "outpatient", "facility")
    dollars = {(e.payer, e.plan): e.amount for e in scan.rates if e.market == "commercial"}
    assert dollars == {("Alpha", "HMO"): 300, ("Alpha", "PPO"): 400, ("Beta", "PPO"): 1200}
    assert scan.negotiated is not None
    assert (Decimal("320.00"), Decimal("400.00"), Decimal("1040.00"), 3) == (
        scan.negotiated.low,
        scan.negotiated.typical,
        scan.negotiated.high,
        scan.negotiated.count,
    )
    assert scan.payers == 2
    assert (scan.stated_min, scan.stated_max) == (300, 800)


def test_a_charge_repeated_for_every_payer_counts_once() -> None:
    scan = prices_of(import_hospital_prices(TALL), "73718", "outpatient", "facility")
    assert scan.gross is not None
    assert (1, Decimal("2000.00")) == (scan.gross.count, scan.gross.typical)


def test_everything_left_out_is_counted() -> None:
    expected = {
        "placeholder": 1,
        "percentage_only": 1,
        "algorithm_only": 1,
        "not_commercial": 1,
        "unreadable_amount": 1,
        "modifier": 1,
        "inpatient": 1,
        "per_visit_for_timed_code": 1,
        "per_day": 1,
        "other_code_type": 1,
        "label": 4,
        "unit_not_marked": 2,
        "class_not_stated": 2,
        "outside_stated_range": 2,
    }
    assert expected == counts(import_hospital_prices(TALL))


def test_a_finding_says_where_it_was_met_first() -> None:
    words = {each.kind: str(each) for each in import_hospital_prices(TALL).findings}
    assert "row 7: Gamma PPO: 1.00" in words["placeholder"]
    assert "row 11: Zeta PPO: 'N/A'" in words["unreadable_amount"]


def test_facility_and_professional_amounts_stay_apart() -> None:
    read = import_hospital_prices(TALL)
    facility, professional = (prices_of(read, "99283", "both", each) for each in ("facility", "professional"))
    assert facility.negotiated is not None
    assert professional.negotiated is not None
    assert (facility.negotiated.typical, professional.negotiated.typical) == (500, 150)


def test_rows_are_in_the_format_of_the_price_table(tmp_path: Path) -> None:
    read = import_hospital_prices(TALL)
    write_rows(read.to_rows(), tmp_path / "prices.csv")
    rows = [row for _, row in read_rows(tmp_path / "prices.csv", PRICE_COLUMNS)]
    assert read.to_rows() == rows
    keys = [(row["code"], row["setting"], row["area"], row["price_kind"]) for row in rows]
    assert len(keys) == len(set(keys))
    assert all(Decimal(row["low"]) <= Decimal(row["typical"]) <= Decimal(row["high"]) for row in rows)
    assert {"hospital-example-hospital-2026-04-01"} == {row["source"] for row in rows}
    assert read.source().id == rows[0]["source"]


def test_a_visits_facility_part_has_our_own_code() -> None:
    read = import_hospital_prices(TALL)
    assert row_of(read, "emergency-facility", "allowed") == ("500.00", "500.00", "500.00")
    assert row_of(read, "99283", "allowed") == ("150.00", "150.00", "150.00")


def test_a_record_can_be_shown_as_json() -> None:
    shown = json.loads(json.dumps(import_hospital_prices(TALL).to_json()))
    assert shown["last_updated_on"] == "2026-04-01"
    assert next(e for e in shown["prices"] if e["code"] == "73718")["gross"]["typical"] == "2000.00"
    assert as_json(import_hospital_prices(TALL).source())["kind"] == "survey"


def test_codes_may_be_chosen() -> None:
    read = import_hospital_prices(TALL, frozenset({"73718", "12345"}))
    assert {"73718"} == {each.code for each in read.prices}
    assert read.codes_not_found == ("12345",)
    with pytest.raises(InputError, match="five characters"):
        import_hospital_prices(TALL, frozenset({"physio"}))


@pytest.mark.parametrize("amount", ["0", "0.01", "1.00", "999999999", "999999.99", "9999999"])
def test_figures_that_stand_for_no_price_are_known(amount: str) -> None:
    assert is_placeholder(Decimal(amount))


@pytest.mark.parametrize("amount", ["1.01", "99.99", "999.00", "9999.00"])
def test_figures_that_only_look_odd_are_kept(amount: str) -> None:
    assert not is_placeholder(Decimal(amount))


@pytest.mark.parametrize(
    ("payer", "plan", "expected"),
    [
        ("Alpha", "PPO", "commercial"),
        ("Blue Advantage", "All products", "commercial"),
        ("Alpha", "Ambetter Exchange", "commercial"),
        ("HUMANA MCR ADV - ALL OTHER PLANS", "", "medicare"),
        ("MERIDIAN DNSP", "", "medicare"),
        ("Alpha", "Managed Medicaid HMO", "medicaid"),
        ("TriCare East", "All", "other_public"),
        ("Workers' Compensation", "State", "injury_at_work_or_on_the_road"),
    ],
)
def test_public_cover_is_told_by_its_name(payer: str, plan: str, expected: str) -> None:
    assert expected == market(payer, plan)


def test_percentiles_lie_between_neighbours() -> None:
    amounts = {Decimal(10): 1, Decimal(20): 2, Decimal(50): 1}
    assert [Decimal("13.00"), Decimal("20.00"), Decimal("41.00")] == [
        percentile(amounts, Decimal(share)) for share in ("0.1", "0.5", "0.9")
    ]


# ---------------------------------------------------------------- flat prices


Entry = tuple[str, str, str, str, str]  # code, gross, payer, plan, dollars


def tall(entries: list[Entry], into: Path) -> Path:
    lines = TALL.read_text(encoding="utf-8").splitlines()[:3]
    lines += [
        f"Item {code},{code},CPT,,,facility,,outpatient,,,{gross},,{payer},{plan},{dollars},,,,,,,fee schedule,,,15 min"
        for code, gross, payer, plan, dollars in entries
    ]
    into.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return into


def test_one_flat_price_for_everything_is_left_out(tmp_path: Path) -> None:
    codes = ("73718", "73502", "99213", "20551", "97110")
    entries = [(code, f"{100 + at}", "Flat", "PPO", "250.00") for at, code in enumerate(codes)]
    entries += [(code, "", "Real", "PPO", f"{80 + at}") for at, code in enumerate(codes)]
    read = import_hospital_prices(tall(entries, tmp_path / "flat.csv"))
    assert counts(read) == {"flat_price": 5}
    assert {"Real"} == {rate.payer for each in read.prices for rate in each.rates}


def test_one_price_for_every_timed_code_of_a_plan_is_left_out(tmp_path: Path) -> None:
    timed = ("97110", "97140", "97530")
    entries = [(code, "", "Visit", "PPO", "125.00") for code in timed]
    entries += [
        (code, "", "Visit", "PPO", f"{300 + at}") for at, code in enumerate(("73718", "73502", "99213", "20551"))
    ]
    read = import_hospital_prices(tall(entries, tmp_path / "visit.csv"))
    assert counts(read) == {"flat_timed_price": 3}


def test_a_flat_charge_is_left_out(tmp_path: Path) -> None:
    codes = ("73718", "73502", "99213", "20551")
    read = import_hospital_prices(tall([(code, "500.00", "", "", "") for code in codes], tmp_path / "flat.csv"))
    assert read.prices == ()
    assert counts(read) == {"flat_price": 4}


# ---------------------------------------------------------------- layouts and packings


def wide_of(read_from: Path, into: Path, version: str) -> Path:
    """The tall file's rows, one payer to a row, in the wide layout."""
    lines = read_from.read_text(encoding="utf-8").splitlines()
    header = lines[2].split(",")
    plans = ["Alpha|PPO", "Alpha|HMO", "Beta|PPO"]
    fields = ("negotiated_dollar", "negotiated_percentage", "negotiated_algorithm", "methodology")
    first = [*header[:12], "standard_charge | min", "standard_charge | max"]
    names = first + [f"standard_charge | {plan.replace('|', ' | ')} | {field}" for plan in plans for field in fields]
    body = [
        "Scan,0610,RC,73718,CPT,facility,,outpatient,,,2000,1000,300,1200,400,,,fee schedule,300,,,fee schedule,1200,,,fee schedule"
    ]
    top = lines[1].replace("3.0.0", version)
    into.write_text("\n".join([lines[0], top, ",".join(names), *body]) + "\n", encoding="utf-8-sig")
    return into


def json_of(into: Path, version: str, extra: int = 0) -> Path:
    def payer(name: str, plan: str, dollars: float) -> dict[str, object]:
        return {"payer_name": name, "plan_name": plan, "standard_charge_dollar": dollars, "methodology": "fee schedule"}

    charges = {
        "setting": "outpatient",
        "billing_class": "facility",
        "gross_charge": 2000,
        "discounted_cash": 1000,
        "minimum": 300,
        "maximum": 1200,
        "payers_information": [payer("Alpha", "PPO", 400), payer("Alpha", "HMO", 300), payer("Beta", "PPO", 1200.0)],
    }
    other = {
        "description": 'A "quoted" thing \\ with ]}[{ brackets',
        "code_information": [{"code": "00001", "type": "CPT"}],
        "standard_charges": [charges],
    }
    scan = {
        "description": "Scan\\",
        "code_information": [{"code": "0610", "type": "RC"}, {"code": "73718", "type": "CPT"}],
        "standard_charges": [charges],
    }
    file = {
        "hospital_name": "Example Hospital",
        "last_updated_on": "2026-04-01",
        "standard_charge_information": [*[other] * extra, scan, *[other] * extra],
        "modifier_information": [{"code": "26", "description": "x", "modifier_payer_information": []}],
        "license_information": {"state": "OH", "license_number": "1"},
        "version": version,
    }
    into.write_text(json.dumps(file), encoding="utf-8")
    return into


def scan_row() -> tuple[tuple[str, str, str], ...]:
    return (("2000.00",) * 3, ("1000.00",) * 3, ("320.00", "400.00", "1040.00"))


@pytest.mark.parametrize("version", ["2.0.0", "2.2.1", "3.0.0"])
@pytest.mark.parametrize("layout", ["tall", "wide", "json"])
def test_all_layouts_and_versions_give_the_same_prices(tmp_path: Path, layout: str, version: str) -> None:
    file = tmp_path / f"file.{layout}"
    if layout == "tall":
        kept = [line for line in TALL.read_text(encoding="utf-8").splitlines() if "PPO,1.00" not in line]
        file.write_text("\r\n".join(kept).replace("3.0.0", version), encoding="utf-8-sig", newline="")
    elif layout == "wide":
        wide_of(TALL, file, version)
    else:
        json_of(file, version)
    read = import_hospital_prices(file)
    assert (layout, version, "OH") == (read.layout, read.version, read.state)
    assert scan_row() == tuple(row_of(read, "73718", kind) for kind in ("charge", "cash", "allowed"))


def packed(file: Path, packing: str) -> Path:
    into = file.with_suffix(f".{packing}")
    if packing == "gz":
        into.write_bytes(gzip.compress(file.read_bytes()))
    else:
        with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(file, f"folder/{file.name}")
            archive.writestr("__MACOSX/._file", "noise")
    return into


@pytest.mark.parametrize("packing", ["gz", "zip"])
@pytest.mark.parametrize("layout", ["csv", "json"])
def test_packed_files_give_the_same_prices(tmp_path: Path, packing: str, layout: str) -> None:
    file = tmp_path / f"file.{layout}"
    if layout == "json":
        json_of(file, "3.0.0")
    else:
        file.write_bytes(TALL.read_bytes())
    plain, unpacked = import_hospital_prices(file), import_hospital_prices(packed(file, packing))
    assert (plain.prices, plain.findings) == (unpacked.prices, unpacked.findings)


def test_blocks_of_any_size_give_the_same_prices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file.csv"
    text = TALL.read_text(encoding="utf-8").replace("Leg scan, plain", "Leg scan,\n plain,\n73718 said twice")
    text = text.replace("Ward day", 'Ward 6" day')
    file.write_text(text, encoding="utf-8")
    whole = import_hospital_prices(file)
    assert whole.rows_read == 19
    for size in (2600, 2611, 2750, 3001):  # the head takes about 1,000 bytes
        monkeypatch.setattr(streams, "BLOCK", size)
        read = import_hospital_prices(file)
        assert (whole.prices, whole.findings, whole.rows_read) == (read.prices, read.findings, read.rows_read), size


def test_a_code_is_found_in_any_column_and_spelling(tmp_path: Path) -> None:
    ways = [
        "x,73718,CPT,,",
        'x,"73718",CPT,,',
        "x, 73718 ,CPT,,",
        "x,,,73718,CPT",
        '"a, ""b""",0610,RC,73718,CPT',
        "x,e0114,hcpcs,,",
    ]
    rows = [f"{way},facility,,outpatient,,,200{at},,,,,,,,,,,,,," for at, way in enumerate(ways)]
    rows += [
        f"{way},facility,,outpatient,,,73718,,,,,,,,,,,,,," for way in ("73718,1,CDM,,", "x,737180,CPT,,", "x,,,,")
    ]
    head = TALL.read_text(encoding="utf-8").splitlines()[:3]
    (tmp_path / "file.csv").write_text("\n".join([*head, *rows]), encoding="utf-8")
    read = import_hospital_prices(tmp_path / "file.csv")
    assert (read.rows_read, read.rows_of_our_codes) == (9, 6)


def test_a_quotation_mark_inside_a_cell_hides_no_row(tmp_path: Path) -> None:
    rows: list[str] = []
    for at in range(40):
        description = random.Random(at).choice(['6" splint', '"a, b"', '"two\nlines"', "plain", '"said ""so"""'])
        rows.append(f"{description},73718,CPT,,,facility,,outpatient,,,{2000 + at},,,,,,,,,,,,,,")
    head = TALL.read_text(encoding="utf-8").splitlines()[:3]
    file = tmp_path / "file.csv"
    file.write_text("\n".join([*head, *rows]) + "\n", encoding="utf-8")
    read = import_hospital_prices(file)
    assert (read.rows_read, read.rows_of_our_codes) == (40, 40)


@pytest.mark.parametrize("size", [64, 97, 1000, 5003])
def test_json_blocks_of_any_size_give_the_same_prices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    file = json_of(tmp_path / "file.json", "3.0.0", extra=5)
    whole = import_hospital_prices(file)
    assert whole.rows_read == 11
    monkeypatch.setattr(streams, "BLOCK", size)
    read = import_hospital_prices(file)
    assert (whole.prices, whole.rows_read) == (read.prices, read.rows_read)
    monkeypatch.setattr(streams, "LARGEST_PIECE", 450)  # every element is taken in parts
    if size == 1000:
        read = import_hospital_prices(file)
        assert (whole.prices, whole.rows_read) == (read.prices, read.rows_read)


# ---------------------------------------------------------------- files that must be refused


def changed(old: str, new: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        file = folder / "file.csv"
        text = TALL.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        return file

    return write


def holding(content: bytes, name: str = "file.csv") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return write


def zipped(*names: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        with zipfile.ZipFile(folder / "file.zip", "w") as archive:
            for name in names:
                archive.writestr(name, TALL.read_bytes())
        return folder / "file.zip"

    return write


def latin(folder: Path) -> Path:
    text = TALL.read_text(encoding="utf-8").replace('"Leg scan, plain"', "Scan très").replace("Beta", "Bêta")
    (folder / "file.csv").write_bytes(text.encode("latin-1"))
    return folder / "file.csv"


JSON_TOP = (
    b'{"hospital_name": "x", "last_updated_on": "2026-01-01", "version": "3.0.0", "standard_charge_information": '
)


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (holding(b""), "the file is empty"),
        (holding(b"\n\n  \n"), "the file is empty"),
        (holding(b"\xef\xbb\xbf"), "the file is empty"),
        (holding(bytes(range(256)) * 50), "row 1: this is a binary file"),
        (holding(b"%PDF-1.7 ..."), "row 1: this is a binary file"),
        (holding("a,b\n".encode("utf-16")), "row 1: this is UTF-16 text; save it as UTF-8"),
        (holding(b"<!doctype html><html>"), "row 1: this is a web page"),
        (holding(b"a,b,c\n1,2,3\n4,5,6\n7,8,9\n"), "row 1: none of the columns of a hospital's price file"),
        (holding(b"\x1f\x8b\x08 not gzip at all"), "packed file is damaged"),
        (holding(b"PK\x03\x04 not zip at all"), "zip file is damaged or cut short"),
        (holding(gzip.compress(gzip.compress(b"a,b\n"))), "packed twice"),
        (latin, "row 4: this is not UTF-8 text (Latin-1 perhaps)"),
        (changed("setting,", "place,"), "row 3: this looks like the tall layout, but this column is missing: setting."),
        (changed("payer_name,plan_name,", "insurer,product,"), "tall layout, but these columns are missing: payer_name, plan_name."),
        (changed("code|2|type", "code|2|kind"), "row 3: the column 'code|2|type' is missing beside 'code|2'"),
        (changed("hospital_name", "name"), "row 1: the column 'hospital_name' is missing."),
        (changed("3.0.0", "1.0.0"), "row 2, version: only versions 2 and 3 of the agency's layout are read (got '1.0.0')."),
        (changed("2026-04-01", "spring"), "row 2, last_updated_on: expected a date such as 2026-04-01 (got 'spring')."),
        (changed("description,code|1", "description,code|[i]"), "this is the agency's empty template"),
        (changed("Ward day", '"Ward day'), "is a quotation mark not closed?"),
        (zipped("a.csv", "b.csv"), "the zip file holds 2 files (a.csv, b.csv); unpack it and import one of them."),
        (zipped(), "the zip file holds 0 files"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "this is a spreadsheet; save it as CSV"),
        (holding(b"[1, 2]", "file.json"), "row 1: the JSON begins with a list"),
        (holding(b'{"data": []}', "file.json"), "no standard_charge_information at the top level (its fields: data)"),
        (holding(b'{"in_network": []}', "file.json"), "It is an insurer's file: use insurer-rates."),
        (holding(JSON_TOP + b"[]}", "file.json"), "standard_charge_information: the list is empty"),
        (holding(JSON_TOP + b"{}}", "file.json"), "standard_charge_information is not a list"),
        (holding(JSON_TOP + b"[{", "file.json"), "the file is cut short"),
        (holding(JSON_TOP + b"[]]", "file.json"), "not valid JSON"),
        (holding(JSON_TOP + b'[{"code_information": [{"code": "73718" "type": 1}]}]}', "file.json"), "element 1: not valid JSON"),
        (holding(JSON_TOP + b'[{"code_information": ["73718"]}]}', "file.json"), "element 1: the entry is not laid out"),
        (holding(JSON_TOP + b'[{"code_information": [{"code": "73718"}], "x": NaN}]}', "file.json"), "NaN is not a number"),
    ],
)  # fmt: skip
def test_a_file_of_another_kind_is_refused_with_its_place(
    tmp_path: Path, write: Callable[[Path], Path], words: str
) -> None:
    assert words in refusal(write(tmp_path))


def test_every_problem_of_the_head_is_named_at_once(tmp_path: Path) -> None:
    file = changed("hospital_name,last_updated_on", "name,date")(tmp_path)
    with pytest.raises(FileProblems) as caught:
        import_hospital_prices(file)
    assert len(caught.value.problems) == 2


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert "there is no such file" in refusal(tmp_path / "none.csv")
    assert "this is a folder" in refusal(tmp_path)


def test_a_truncated_gzip_says_how_far_it_was_read(tmp_path: Path) -> None:
    rows = TALL.read_text(encoding="utf-8") + "".join(
        f"Thing {random.Random(at).random()},{at:05d},CDM,,,facility,,outpatient,,,{at},,,,,,,,,,,,,,\n"
        for at in range(9000)
    )
    data = gzip.compress(rows.encode())
    (tmp_path / "file.csv.gz").write_bytes(data[: len(data) // 2])
    assert "the packed file is cut short after" in refusal(tmp_path / "file.csv.gz")


@pytest.mark.parametrize("packing", ["gzip", "zip"])
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, packing: str) -> None:
    size = 40 << 20
    file = tmp_path / "bomb"
    content = TALL.read_bytes() + b",,,\n" * (size // 4)
    if packing == "gzip":
        file.write_bytes(gzip.compress(content))
    else:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("prices.csv", content)
    assert "unpacks to more than 400 times its size" in refusal(file)


def test_a_row_without_an_end_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(TALL.read_bytes() + b"," * (20 << 20))
    assert "row 23: not valid CSV (it does not end within 8 MB); is a quotation mark not closed?" in refusal(file)


def test_a_row_with_too_few_cells_is_counted_and_left_out(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text(TALL.read_text(encoding="utf-8") + "Short,73718,CPT,,9.99\n", encoding="utf-8")
    assert counts(import_hospital_prices(file))["unreadable_row"] == 1


def test_rows_swallowed_by_an_open_quotation_mark_are_counted(tmp_path: Path) -> None:
    file = changed("\nExercise,0420", '\n"Exercise,0420')(tmp_path)
    assert counts(import_hospital_prices(file))["unreadable_row"] == 1


def peak_of(file: Path) -> tuple[str, float]:
    """What the import of a file says, and the most memory its process took, in MB."""
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from estimator.errors import InputError\n"
        "from estimator.imports.hospital_prices import import_hospital_prices\n"
        "try:\n    print(len(import_hospital_prices(Path(sys.argv[1])).prices))\n"
        "except InputError as error:\n    print(error)\n"
        "status = Path('/proc/self/status')  # what a process inherits from its parent is not in it\n"
        "print(status.read_text().split('VmHWM:')[1].split()[0] if status.exists() else"
        " resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(file)], cwd=ROOT, capture_output=True, text=True, check=True)
    *words, peak = done.stdout.splitlines()
    return "\n".join(words), int(peak) / (1024 if sys.platform != "darwin" else 1024**2)


@pytest.mark.parametrize("start", [b"[", b'{"data": [', b'{"data": "', b"{" + JSON_TOP[1:] + b"[1, "])
def test_two_gigabytes_of_the_wrong_json_are_refused_early_and_in_bounded_memory(tmp_path: Path, start: bytes) -> None:
    file = tmp_path / "file.json"
    with file.open("wb") as stream:
        stream.write(start)
        stream.write(b"1,       " * (5 << 20))
        stream.truncate(2 << 30)  # the rest takes no room on the disk
    words, peak = peak_of(file)
    assert str(file) in words
    assert peak < 350


# ---------------------------------------------------------------- real files


@needs_reference
@pytest.mark.parametrize(
    ("name", "layout", "rows", "ours"),
    [
        ("musc-charleston_tall_v3_excerpt.csv", "tall", 356, 166),
        ("tampa-general_tall_v3_excerpt.csv", "tall", 560, 257),
        ("adventhealth-orlando_json_v3_excerpt.json", "json", 57, 35),
        ("uchicago_json_v3_excerpt.json", "json", 113, 60),
    ],
)
def test_real_excerpts_are_read_to_the_last_row(name: str, layout: str, rows: int, ours: int) -> None:
    read = import_hospital_prices(REFERENCE / "real" / name)
    assert (layout, "3.0.0", rows, ours) == (read.layout, read.version, read.rows_read, read.rows_of_our_codes)
    assert set(counts(read)) <= {"not_commercial", "label", "unit_not_marked", "flat_price", "flat_timed_price"}
    assert len(read.to_rows()) > 20


@needs_reference
def test_the_agencys_version_3_examples_agree_in_all_three_layouts() -> None:
    folder = REFERENCE / "hpt"
    names = ("V3.0.0_Tall_CSV_Format_Example.csv", "V3.0.0_Wide_CSV_Format_Example.csv", "v3_json_format_example.json")
    tall_one, wide, as_object = (import_hospital_prices(folder / name, EXAMPLE_CODES) for name in names)
    assert [tall_one.layout, wide.layout, as_object.layout] == ["tall", "wide", "json"]
    assert tall_one.prices == wide.prices == as_object.prices
    assert counts(tall_one) == counts(wide) == counts(as_object)


@needs_reference
def test_the_agencys_version_2_examples_agree() -> None:
    folder = REFERENCE / "hpt"
    names = (
        "V2.0.0_Tall_CSV_Format_Example.csv",
        "V2.0.0_Wide_CSV_Format_Example.csv",
        "V2.0.0_JSON_Format_Example.json",
    )
    read = [import_hospital_prices(folder / name, EXAMPLE_CODES) for name in names]
    figures = [[(e.code, e.gross, e.cash, e.negotiated) for e in each.prices] for each in read]
    assert figures[0] == figures[1] == figures[2]


@needs_reference
@pytest.mark.parametrize("name", ["V2.0.0_Tall_CSV_Format_Template.csv", "V3.0.0_Wide_CSV_Format_Template.csv"])
def test_the_agencys_empty_templates_are_refused(name: str) -> None:
    assert "empty template" in refusal(REFERENCE / "hpt" / name)


@needs_reference
def test_a_real_header_without_rows_is_refused() -> None:
    assert "row 4: there are no rows below the header" in refusal(REFERENCE / "real" / "grady_wide_v3_header_rows.csv")
