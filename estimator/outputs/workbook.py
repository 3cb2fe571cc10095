"""Tables as files that a spreadsheet opens: plain values, and no text that it could take for a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook, Worksheet  # type: ignore[import-untyped]  # ships no types

Cell = str | int | Decimal | None
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
BYTE_ORDER_MARK = "\ufeff"
"""Without it some spreadsheets read the pound sign as two other letters."""
MONEY_FORMATS = {"USD": "[$$-409]#,##0.00", "GBP": "[$£-809]#,##0.00"}
"""The numbers name the locale of the sign, so that it stays the same on every machine."""
CURRENCY_AT_THE_END = re.compile(rf"\(({'|'.join(MONEY_FORMATS)})\)$")
MADE = datetime(1980, 1, 1)
"""The moment written into every workbook: the same table gives the same bytes."""
NARROWEST, WIDEST = 10, 48
"""Letters in a column; longer texts go on in a next line of their cell."""
LONGEST_TEXT, LONGEST_NAME = 32_767, 31
"""What the format allows in a cell, and in the name of a sheet."""
NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A name, one row of headings, and rows of values; a heading that ends in a currency, `(USD)`, stands over amounts."""

    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


# ---------------------------------------------------------------- text


def to_csv(sheet: Sheet) -> str:
    """A sheet as CSV (RFC 4180), with a byte order mark; amounts have a point and no grouping."""
    return write_csv([sheet.head, *sheet.rows])


def write_csv(rows: Iterable[Iterable[Cell]]) -> str:
    """Rows as CSV text; a text that starts like a formula gets an apostrophe in front."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_plain(cell) for cell in row])
    return BYTE_ORDER_MARK + text.getvalue()


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return str(cell)
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


# ---------------------------------------------------------------- a workbook


def to_xlsx(sheets: Sheet | Sequence[Sheet]) -> bytes:
    """One sheet or several as an Excel workbook: numbers are numbers, every text stays a text, nothing is a link."""
    from xlsxwriter.workbook import Workbook

    file = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(file, options) as book:
        book.set_properties({"created": MADE})
        named: list[str] = []
        for sheet in [sheets] if isinstance(sheets, Sheet) else sheets:
            named.append(_name(sheet.name, named))
            _fill(book.add_worksheet(named[-1]), sheet, book)
    return file.getvalue()


def _name(wanted: str, taken: Sequence[str]) -> str:
    """A name the format allows: some marks and more than 31 letters are not, nor the same name twice."""
    plain = NOT_IN_A_NAME.sub(" ", wanted).strip(" '") or "Sheet"
    if plain.lower() == "history":  # Excel keeps this one for itself
        plain = f"{plain} 1"
    name, number = plain[:LONGEST_NAME].strip(" '"), 1
    while name.lower() in {each.lower() for each in taken}:
        number += 1
        name = f"{plain[: LONGEST_NAME - len(f' {number}')].strip()} {number}"
    return name


def _fill(page: Worksheet, sheet: Sheet, book: Workbook) -> None:
    heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    text = book.add_format({"text_wrap": True, "valign": "top"})
    guarded = book.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True})
    number = book.add_format({"valign": "top"})
    money = {name: book.add_format({"valign": "top", "num_format": code}) for name, code in MONEY_FORMATS.items()}
    for column, title in enumerate(sheet.head):
        page.write_string(0, column, title[:LONGEST_TEXT], heading)
        currency = _currency(title)
        amount = money[currency] if currency else number
        cells = [row[column] for row in sheet.rows]
        page.set_column(column, column, _width(title, cells, is_money=currency is not None))
        for row, cell in enumerate(cells, start=1):
            if isinstance(cell, str):
                # an apostrophe that is not part of the text: it stays a text even after somebody edits the cell
                style = guarded if cell.startswith(FORMULA_STARTS) else text
                page.write_string(row, column, cell[:LONGEST_TEXT], style)
            elif cell is not None:
                page.write_number(
                    row, column, cell, amount
                )  # a decimal is written out digit by digit, never as a float
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    page.set_landscape()
    page.fit_to_pages(1, 0)


def _currency(title: str) -> str | None:
    found = CURRENCY_AT_THE_END.search(title)
    return found[1] if found else None


def _width(title: str, cells: Iterable[Cell], *, is_money: bool) -> int:
    """Letters that the widest value needs; a heading may break between its words."""
    shown = [_shown(cell, is_money=is_money) for cell in cells if cell is not None]
    longest = max((len(line) for text in shown for line in text.splitlines()), default=0)
    words = max((len(word) for word in title.split()), default=0)
    return min(max(longest, words, NARROWEST), WIDEST) + 2


def _shown(cell: str | int | Decimal, *, is_money: bool) -> str:
    return f"${cell:,.2f}" if is_money and not isinstance(cell, str) else str(cell)
