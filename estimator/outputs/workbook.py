"""Tables as files that a spreadsheet opens: plain values, and no text that it could take for a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO

Cell = str | int | Decimal | None
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
BYTE_ORDER_MARK = "\ufeff"
"""Without it some spreadsheets read the pound sign as two other letters."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A name, one row of headings, and rows of values."""

    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


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
