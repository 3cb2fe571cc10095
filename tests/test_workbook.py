"""A table as a file for a spreadsheet: numbers that are numbers, texts that stay texts, and the same bytes every time."""

import csv
import re
from decimal import Decimal
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook

from estimator.outputs.comparison_chart import Row, sheet
from estimator.outputs.workbook import FORMULA_STARTS, LONGEST_TEXT, Sheet, to_csv, to_xlsx

HOSTILE = (
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "http://example.org",
    "mailto:a@b.c",
    "{=A1}",
    "007",
)
PLANS = Sheet(
    "comparison",
    ("option", "most likely (USD)", "share of cases"),
    (("Your case", Decimal("1240.49"), None), ("Gold, 40% off", Decimal("8.12"), Decimal("0.8765"))),
)


def read(data: bytes) -> Workbook:
    return load_workbook(BytesIO(data))


def written(data: bytes, part: str = "xl/worksheets/sheet1.xml") -> str:
    with ZipFile(BytesIO(data)) as parts:
        return parts.read(part).decode()


def test_values_come_back_with_their_types() -> None:
    page = read(to_xlsx(PLANS)).active
    assert page is not None
    assert page.title == "comparison"
    assert [tuple(row) for row in page.iter_rows(values_only=True)] == [
        ("option", "most likely (USD)", "share of cases"),
        ("Your case", 1240.49, None),
        ("Gold, 40% off", 8.12, 0.8765),
    ]
    assert [cell.data_type for cell in page[3]] == ["s", "n", "n"]


@pytest.mark.parametrize("minor", [0, 7, 812, 805, 56, 119_999, 120_000, 99_999_999_999])
def test_an_amount_is_written_to_the_cent(minor: int) -> None:
    amount = Decimal(minor).scaleb(-2)
    found = re.findall(r"<v>([^<]*)</v>", written(to_xlsx(Sheet("sums", ("sum (GBP)",), ((amount,),)))))
    assert [Decimal(value) for value in found[1:]] == [amount]  # the first value is the heading's number


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_text_becomes_a_formula_or_a_link(hostile: str) -> None:
    made = to_xlsx(Sheet(hostile, (hostile,), ((hostile,), (f"{hostile}\n{hostile}",))))
    page = read(made).active
    assert page is not None
    cells = [cell for row in page.iter_rows() for cell in row]
    assert [cell.value for cell in cells] == [hostile, hostile, f"{hostile}\n{hostile}"]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.hyperlink for cell in cells] == [None, None, None]
    assert "<f>" not in written(made)
    assert "<hyperlink" not in written(made)


def test_a_text_that_starts_like_a_formula_stays_one_after_an_edit() -> None:
    page = read(to_xlsx(Sheet("texts", ("text",), tuple((text,) for text in (*HOSTILE, "plain"))))).active
    assert page is not None
    guarded = [bool(row[0].quotePrefix) for row in page.iter_rows(min_row=2)]
    assert guarded == [text.startswith(FORMULA_STARTS) for text in (*HOSTILE, "plain")]


@pytest.mark.parametrize(("currency", "sign"), [("USD", "$"), ("GBP", "£")])
def test_amounts_carry_the_sign_of_their_currency_and_two_decimals(currency: str, sign: str) -> None:
    made = Sheet("sums", (f"sum ({currency})", "share"), ((Decimal(5), Decimal("0.5")),))
    page = read(to_xlsx(made)).active
    assert page is not None
    assert re.fullmatch(rf"\[\$\{sign}-\d+\]#,##0\.00", page["A2"].number_format)
    assert page["B2"].number_format == "General"


def test_the_heading_is_bold_and_stays_in_view() -> None:
    page = read(to_xlsx(PLANS)).active
    assert page is not None
    assert [cell.font.b for cell in page[1]] == [True, True, True]
    assert {cell.font.b for cell in page[2]} == {False}
    assert page.freeze_panes == "A2"


def test_a_column_is_as_wide_as_what_it_holds() -> None:
    long = "A plan with a name of forty-one letters!!"
    page = read(to_xlsx(Sheet("widths", ("option", "sum (USD)", "why"), ((long, Decimal(1), "word " * 60),)))).active
    assert page is not None
    first, second, third = (page.column_dimensions[name].width for name in "ABC")
    assert len(long) <= first <= len(long) + 4
    assert 10 <= second <= 14
    assert 40 <= third <= 52  # a paragraph breaks into lines
    assert page["C2"].alignment.wrap_text


def test_sheets_have_names_that_the_format_allows() -> None:
    wanted = ("a/b", "A B", "x" * 40, "x" * 35, "'", "History", "=1+1")
    book = read(to_xlsx([Sheet(name, ("head",), ()) for name in wanted]))
    assert book.sheetnames == ["a b", "A B 2", "x" * 31, f"{'x' * 29} 2", "Sheet", "History 1", "=1+1"]


def test_a_text_too_long_for_a_cell_is_cut_and_not_lost() -> None:
    page = read(to_xlsx(Sheet("long", ("text",), (("x" * (LONGEST_TEXT + 5),),)))).active
    assert page is not None
    assert page["A2"].value == "x" * LONGEST_TEXT


def test_the_same_table_gives_the_same_bytes() -> None:
    assert to_xlsx(PLANS) == to_xlsx([PLANS])
    assert "1980-01-01" in written(to_xlsx(PLANS), "docProps/core.xml")


def test_the_comparison_s_sheet_is_the_same_in_both_files() -> None:
    rows = [
        Row("Your case", "", Decimal("660.10"), Decimal("1033.20"), Decimal("1943.00"), is_yours=True),
        Row("=cheap", "its plan", Decimal(0), Decimal("812.07"), Decimal("900.00"), Decimal("0.82"), Decimal("0.01")),
    ]
    made = sheet(rows, "USD")
    page = read(to_xlsx(made)).active
    assert page is not None
    lines = list(csv.reader(StringIO(to_csv(made).lstrip("\ufeff"))))
    for row, line in zip(page.iter_rows(), lines, strict=True):
        for cell, text in zip(row, line, strict=True):
            if isinstance(cell.value, (int, float)):
                assert Decimal(str(cell.value)) == Decimal(text)
            else:
                assert (cell.value or "") == text.removeprefix("'")
    formats = {cell.number_format for cell in page[2] if isinstance(cell.value, (int, float))}
    assert formats == {"[$$-409]#,##0.00"}
