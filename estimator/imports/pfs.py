"""The yearly import of Medicare's physician fee schedule: the agency's own files become the tariff tables.

Three files: relative values (PPRRVU), geographic indices (GPCI, Addendum E) and, when counties move, the
localities by county (LOCCO). Columns are found by their headings, never by their place. Descriptors are
dropped: no table has a column for them. Everything is checked before anything is written.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

from estimator.errors import FileProblems, InputError
from estimator.fee_schedule import (
    ALL_COUNTIES,
    ALL_OTHER_COUNTIES,
    COLUMNS,
    CONVERSION_FACTORS,
    COUNTIES,
    EPISODE_CODES,
    LOCALITIES,
    PAYABLE_STATUSES,
    RELATIVE_VALUES,
    STATE_NAMES,
    STATUS_REASONS,
    FeeSchedule,
)

Row = tuple[str, ...]

VALUE_COLUMNS: Mapping[str, str] = {  # field -> heading, its two lines joined
    "code": "HCPCS",
    "modifier": "MOD",
    "status": "STATUS CODE",
    "work_rvu": "WORK RVU",
    "pe_nonfacility_rvu": "NON-FAC PE RVU",
    "pe_facility_rvu": "FACILITY PE RVU",
    "mp_rvu": "MP RVU",
    "mult_proc": "MULT PROC",
    "global_days": "GLOB DAYS",
    "pctc_ind": "PCTC IND",
    "factor": "CONV FACTOR",
}
FIRST_YEAR_OF_TWO_FACTORS = 2026  # 42 USC 1395w-4(d)(1)(A)
LOWER_IMAGING_CAP = "NON-FACILITY PE USED FOR OPPS PAYMENT AMOUNT"  # its heading takes five lines
SPELLINGS: Mapping[str, str] = {  # what the agency prints -> what is meant
    "ORAGNGE": "ORANGE",
    "POUGHKPSIE": "POUGHKEEPSIE",
    "CNTYS": "COUNTIES",
    "CNTY": "COUNTY",
    "SURR.": "SURROUNDING",
}
PROPER: Mapping[str, str] = {
    "DEKALB": "DeKalb", "DUPAGE": "DuPage", "DC": "DC", "MD": "MD", "VA": "VA", "NJ": "NJ", "NYC": "NYC",
    "N": "N", "OF": "of",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PfsImport:
    """What one import read, changed and wrote."""

    year: int
    release: str
    codes: int  # rows of relative values kept for the year
    codes_in_file: int
    payable: int
    localities: int
    counties: int  # rows of the county table; 0 when it was left alone
    conversion_factor: Decimal
    compared_with: int | None  # the year before, when its table is there
    changes: tuple[str, ...]
    contradictions: tuple[str, ...]
    warnings: tuple[str, ...]
    written: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    """The lines of an agency file below its headings."""

    path: Path
    title: str
    columns: Mapping[str, int]
    lines: tuple[tuple[int, list[str]], ...]  # line number of the file, fields

    def refuse(self, line: int, reason: str) -> InputError:
        """The error that names a line of this file."""
        return InputError(f"{self.path}: line {line}: {reason}")


def shipped_tables() -> Path:
    """The folder of this project's own Medicare tables, in a checkout or in an installed package."""
    package = Path(__file__).resolve().parents[1]
    checkout = package.parent / "tariffs"
    return (checkout if checkout.is_dir() else package / "_tariffs") / "medicare_part_b"


def import_pfs(
    pprrvu: Path,
    gpci: Path,
    locco: Path | None = None,
    *,
    year: int,
    into: Path,
    codes: Literal["episode", "all"] = "episode",
    indices_against: Path | None = None,
    shipped: Path | None = None,
) -> PfsImport:
    """Read the agency's files of one year into the tables of a folder; rows of other years stay as they are.

    `codes="episode"` keeps the codes of the folder's own `episode_codes.csv`, or else of the shipped one.
    `indices_against` is a second source of indices to compare with (an Addendum E or a localities table).
    """
    if codes not in ("episode", "all"):
        raise InputError(f"Codes must be 'episode' or 'all' (got {codes!r}).")
    shipped = shipped or shipped_tables()
    warnings: list[str] = []

    values, factor, release, caps = _read_values(pprrvu, year, warnings)
    indices = _read_indices(gpci, year, warnings)
    counties = None if locco is None else _read_counties(locco, indices, warnings)
    if counties is None and not (into / COUNTIES).exists():
        warnings.append(f"No county file was given, so {COUNTIES} is missing: places are found by state only.")

    kept = values
    listed = _own_rows(into, EPISODE_CODES) or _own_rows(shipped, EPISODE_CODES)
    if codes == "episode":
        if not listed:
            raise InputError(f"No {EPISODE_CODES} in {into} or {shipped}: write one, or use --codes all.")
        wanted = {row[0] for row in listed}
        kept = [row for row in values if row[1] in wanted]
        missing = sorted(wanted - {row[1] for row in kept})
        if missing:
            warnings.append(f"Not in the {year} file: {', '.join(missing)}.")
    if caps and codes == "all":
        warnings.append(
            f"{len(caps)} payable imaging rows have a lower hospital-based cap, which the schedule does not "
            f"apply: {', '.join(caps)}."
        )

    old_values, old_indices = _own_rows(into, RELATIVE_VALUES), _own_rows(into, LOCALITIES)
    old_factors = _own_rows(into, CONVERSION_FACTORS)
    known_in, known = into, _of_year(old_indices, year)
    if not known:
        known_in, known = shipped, _of_year(_own_rows(shipped, LOCALITIES), year)
    contradictions = _contradictions(indices, known, known_in / LOCALITIES)
    if indices_against is not None:
        other = _read_any_indices(indices_against, year, warnings)
        contradictions += _contradictions(indices, other, indices_against)

    factors = _factor_rows(old_factors, _own_rows(shipped, CONVERSION_FACTORS), year, factor, release, pprrvu)
    if year >= FIRST_YEAR_OF_TWO_FACTORS and not any(row[:2] == (str(year), "yes") for row in factors):
        warnings.append(
            f"The {year} factor for qualifying participants is not in this file: import the agency's "
            f"QPP file as well, or add its row to {CONVERSION_FACTORS}."
        )
    tables: dict[str, list[Row]] = {
        RELATIVE_VALUES: sorted([*(row for row in old_values if row[0] != str(year)), *kept]),
        CONVERSION_FACTORS: factors,
        LOCALITIES: sorted([*(row for row in old_indices if row[0] != str(year)), *indices], key=_place_order),
    }
    if counties is not None:
        tables[COUNTIES] = counties
    if listed and not (into / EPISODE_CODES).exists():
        tables[EPISODE_CODES] = listed
    values_before = _of_year(old_values or _own_rows(shipped, RELATIVE_VALUES), year - 1)
    indices_before = _of_year(old_indices or _own_rows(shipped, LOCALITIES), year - 1)
    factors_before = _of_year(old_factors or _own_rows(shipped, CONVERSION_FACTORS), year - 1)
    changes = (
        _factor_changes(factors_before, factors, year)
        + _value_changes(values_before, kept)
        + _index_changes(indices_before, indices)
    )
    written = _write(into, tables)
    return PfsImport(
        year=year,
        release=release,
        codes=len(kept),
        codes_in_file=len(values),
        payable=sum(row[3] in PAYABLE_STATUSES for row in kept),
        localities=len(indices),
        counties=len(counties or ()),
        conversion_factor=factor,
        compared_with=year - 1 if values_before else None,
        changes=tuple(changes),
        contradictions=tuple(contradictions),
        warnings=tuple(warnings),
        written=written,
    )


# ---------------------------------------------------------------------- the agency's files


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """The lines of a comma-separated file in Latin-1, each with its number, its fields trimmed."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from None
    if raw[:2] in (b"PK", b"\xd0\xcf"):
        raise InputError(f"{path}: line 1: this is a spreadsheet or an archive; give the .csv file inside it.")
    if b"\0" in raw:
        raise InputError(f"{path}: line 1: this is not a text file; give the agency's .csv file.")
    text = raw.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines = []
    try:
        for fields in reader:
            lines.append((reader.line_num, [" ".join(cell.split()) for cell in fields]))
    except csv.Error as error:
        raise InputError(f"{path}: line {reader.line_num}: not comma-separated text ({error}).") from None
    return lines


def _title(path: Path, lines: Sequence[tuple[int, list[str]]], year: int, warnings: list[str]) -> str:
    """The words above the headings, checked to be of the year asked for."""
    about = re.compile(r"fee schedule|gpci|geographic", re.IGNORECASE)
    titles = (cell for _, fields in lines for cell in fields if about.search(cell))
    title = next((cell for cell in titles if re.search(r"\b(?:19|20)\d\d\b", cell)), "")
    found = re.search(r"\b(?:19|20)\d\d\b", title)
    if found is None:
        warnings.append(f"{path} does not say which year it is for; taken as {year}.")
    elif int(found[0]) != year:
        number = next(number for number, fields in lines if title in fields)
        raise InputError(f"{path}: line {number}: this file is for {found[0]}, not for {year}.")
    return title


def _read_values(path: Path, year: int, warnings: list[str]) -> tuple[list[Row], Decimal, str, tuple[str, ...]]:
    """The rows of the relative value table, the factor, the release, and the rows with a lower cap."""
    table = _values_table(path, year, warnings)
    columns = table.columns
    problems: list[str] = []
    rows: dict[tuple[str, str], Row] = {}
    factors: dict[str, int] = {}
    caps: list[str] = []
    width = max(columns.values()) + 1
    for line, fields in table.lines:
        where = f"{path}: line {line}"
        cell = {name: fields[column] if column < len(fields) else "" for name, column in columns.items()}
        is_code = re.fullmatch(r"[0-9A-Za-z]{1,5}", cell["code"]) is not None
        if not is_code and not any(text for name, text in cell.items() if name != "code"):
            continue  # blank, or a footnote
        if len(fields) < width:
            problems.append(f"{where}: expected at least {width} fields (got {len(fields)})")
            continue
        code = cell["code"].upper().zfill(5)
        if not is_code or not any(letter.isdigit() for letter in code):
            problems.append(f"{where}: expected a five-character code (got {cell['code']!r})")
            continue
        if not re.fullmatch(r"|[0-9A-Z]{2}", cell["modifier"]):
            problems.append(f"{where}: expected a two-character modifier or none (got {cell['modifier']!r})")
        if cell["status"] not in PAYABLE_STATUSES and cell["status"] not in STATUS_REASONS:
            problems.append(f"{where}: unknown status {cell['status']!r} of {code}")
        amounts = []
        for name in ("work_rvu", "pe_nonfacility_rvu", "pe_facility_rvu", "mp_rvu"):
            amount = _decimal(cell[name], 2)
            if amount is None:
                problems.append(f"{where}: expected a number under {VALUE_COLUMNS[name]!r} (got {cell[name]!r})")
            amounts.append(amount or "")
        for name in ("nonfac_na", "fac_na"):
            if cell[name] not in ("", "NA"):
                problems.append(f"{where}: expected NA or nothing as the indicator of {code} (got {cell[name]!r})")
        factor = _decimal(cell["factor"], 4)
        if factor is None or Decimal(factor) == 0:
            problems.append(f"{where}: expected a conversion factor (got {cell['factor']!r})")
        else:
            factors.setdefault(factor, line)
        if (code, cell["modifier"]) in rows:
            problems.append(f"{where}: {code} {cell['modifier']} appears twice".replace("  ", " "))
        days = cell["global_days"]
        rows[code, cell["modifier"]] = (
            str(year), code, cell["modifier"], cell["status"], *amounts, cell["mult_proc"],
            days.zfill(3) if days.isdigit() else days, cell["pctc_ind"], cell["nonfac_na"], cell["fac_na"],
        )  # fmt: skip
        cap = _decimal(cell.get("cap", ""), 2)
        if cap and amounts[1] and 0 < Decimal(cap) < Decimal(amounts[1]) and cell["status"] in PAYABLE_STATUSES:
            caps.append(f"{code} {cell['modifier']}".strip())
    if not rows and not problems:
        problems.append(f"{path}: no codes below the headings")
    if len(factors) > 1:
        found = ", ".join(f"{factor} (first on line {line})" for factor, line in factors.items())
        problems.append(f"{path}: more than one conversion factor: {found}")
    if problems:
        raise FileProblems(_shortened(problems))
    named = re.search(r"(\w+) Release", table.title, re.IGNORECASE)
    release = named[1].capitalize() if named else ""
    return list(rows.values()), Decimal(next(iter(factors))), release, tuple(caps)


def _values_table(path: Path, year: int, warnings: list[str]) -> _Table:
    """The headings of a relative value file: two lines read together, the lower one starting with HCPCS."""
    lines = _lines(path)
    start = next((at for at, (_, fields) in enumerate(lines) if fields[:1] and fields[0].upper() == "HCPCS"), 0)
    if start < 1:
        raise InputError(
            f"{path}: line 1: not a relative value file: no two-line heading with HCPCS at its lower left."
        )
    number, lower = lines[start]
    title = _title(path, lines[: start - 1], year, warnings)
    above = lines[start - 1][1]
    upper = [*above, *[""] * (len(lower) - len(above))]
    names = [f"{top} {bottom}".strip().upper() for top, bottom in zip(upper, lower, strict=False)]
    columns: dict[str, int] = {}
    problems = []
    for name, heading in VALUE_COLUMNS.items():
        at = [column for column, found in enumerate(names) if found == heading]
        if len(at) == 1:
            columns[name] = at[0]
        else:
            problems.append(f"{path}: line {number}: expected one column headed {heading!r} (found {len(at)})")
    for name, expense in (("nonfac_na", "pe_nonfacility_rvu"), ("fac_na", "pe_facility_rvu")):
        after = columns.get(expense, -1) + 1
        if expense in columns and names[after : after + 1] == ["NA INDICATOR"]:
            columns[name] = after
        elif expense in columns:
            heading = VALUE_COLUMNS[expense]
            problems.append(f"{path}: line {number}: expected 'NA INDICATOR' beside {heading!r}")
    if problems:
        raise FileProblems(problems)
    tops = [fields for _, fields in lines[max(start - 4, 0) : start + 1]]
    for column in range(len(lower)):
        whole = " ".join(row[column] for row in tops if column < len(row) and row[column]).upper()
        if whole == LOWER_IMAGING_CAP:
            columns["cap"] = column
    return _Table(path, title, columns, tuple(lines[start + 1 :]))


def _read_indices(path: Path, year: int, warnings: list[str]) -> list[Row]:
    """The rows of the localities table from an Addendum E."""
    lines = _lines(path)
    start, columns = -1, dict[str, int]()
    for at, (_, fields) in enumerate(lines):
        found = _index_columns(fields)
        if found:
            start, columns = at, found
            break
    if start < 0:
        raise InputError(
            f"{path}: line 1: not a file of geographic indices: no heading line with a locality number and "
            "the work, practice expense and malpractice GPCI."
        )
    _title(path, lines[: start + 1], year, warnings)
    problems: list[str] = []
    rows: dict[tuple[str, str], Row] = {}
    areas: set[tuple[str, str]] = set()
    for line, fields in lines[start + 1 :]:
        texts = [cell for cell in fields if cell]
        if len(texts) < 2:
            continue  # blank, or a footnote
        where = f"{path}: line {line}"
        if len(fields) <= max(columns.values()):
            problems.append(f"{where}: expected {max(columns.values()) + 1} fields (got {len(fields)})")
            continue
        cell = {name: fields[column] for name, column in columns.items()}
        mac, number = cell["mac"].zfill(5), cell["locality"].zfill(2)
        state = cell["state"].strip("* ").upper()
        if not re.fullmatch(r"\d{5}", mac):
            problems.append(f"{where}: expected a five-digit contractor (got {cell['mac']!r})")
            continue
        if not re.fullmatch(r"\d{2}", number):
            problems.append(f"{where}: expected a two-digit locality (got {cell['locality']!r})")
            continue
        if state not in STATE_NAMES:
            problems.append(f"{where}: expected the two letters of a state (got {cell['state']!r})")
        indices = []
        for name in ("work_gpci", "pe_gpci", "mp_gpci"):
            index = _decimal(cell[name], 3)
            if index is None or Decimal(index) == 0:
                problems.append(f"{where}: expected an index as {name} (got {cell[name]!r})")
            indices.append(index or "")
        if (mac, number) in rows or (state, number) in areas:
            problems.append(f"{where}: locality {state}-{number} ({mac}-{number}) appears twice")
        areas.add((state, number))
        rows[mac, number] = (str(year), mac, number, state, _proper(cell["name"].rstrip("* ")), *indices)
    if not rows and not problems:
        problems.append(f"{path}: no localities below the headings")
    if problems:
        raise FileProblems(_shortened(problems))
    return sorted(rows.values(), key=_place_order)


def _index_columns(fields: Sequence[str]) -> dict[str, int] | None:
    """The columns of an Addendum E, when this line is its heading; the floored work index is preferred."""
    names = [cell.upper() for cell in fields]
    patterns = {
        "mac": r"MEDICARE ADMIN\w* CONTRACTOR|^MAC$|^CONTRACTOR",
        "state": r"^STATE$",
        "locality": r"^LOCALITY (NUMBER|NO\.?)|^LOCALITY$",
        "name": r"^LOCALITY NAME",
        "work_gpci": r"\b(PW|WORK) GPCI",
        "pe_gpci": r"\bPE GPCI",
        "mp_gpci": r"\b(MP|PLI) GPCI",
    }
    columns = {}
    for name, pattern in patterns.items():
        at = [column for column, found in enumerate(names) if re.search(pattern, found)]
        if name == "work_gpci" and len(at) > 1:
            at = [column for column in at if re.search(r"WITH 1\.0", names[column])]
        if len(at) != 1:
            return None
        columns[name] = at[0]
    return columns


def _read_any_indices(path: Path, year: int, warnings: list[str]) -> list[Row]:
    """Indices of a second source: an Addendum E, or a plain table with our own column names."""
    lines = _lines(path)
    names = [cell.lower() for cell in lines[0][1]] if lines else []
    if not {"mac", "work_gpci", "pe_gpci", "mp_gpci"} <= set(names):
        return _read_indices(path, year, warnings)
    number = "locality" if "locality" in names else "locality_number"
    order = [names.index(name) for name in ("mac", number, "state", "work_gpci", "pe_gpci", "mp_gpci")]
    rows = []
    for line, fields in lines[1:]:
        if "year" in names and fields[names.index("year")] != str(year):
            continue
        mac, locality, state, *indices = (fields[column] for column in order)
        exact = [_decimal(index, 3) for index in indices]
        if None in exact:
            raise InputError(f"{path}: line {line}: expected three indices (got {', '.join(indices)})")
        rows.append((str(year), mac.zfill(5), locality.zfill(2), state, "", *(index or "" for index in exact)))
    return rows


def _read_counties(path: Path, indices: Sequence[Row], warnings: list[str]) -> list[Row]:
    """The rows of the county table; the state of a locality is the one its indices are listed under."""
    lines = _lines(path)
    start = next(
        (
            at
            for at, (_, fields) in enumerate(lines)
            if {"LOCALITY NUMBER", "COUNTIES"} <= {cell.upper() for cell in fields}
        ),
        None,
    )
    if start is None:
        raise InputError(
            f"{path}: line 1: not a file of localities by county: no heading line with LOCALITY NUMBER and COUNTIES."
        )
    header = [cell.upper() for cell in lines[start][1]]
    number_at, counties_at = header.index("LOCALITY NUMBER"), header.index("COUNTIES")
    state_at = header.index("STATE") if "STATE" in header else None
    places = {(row[1], row[2]): row for row in indices}
    problems: list[str] = []
    found: dict[tuple[str, str], tuple[str, str]] = {}
    exceptions: list[tuple[str, str]] = []
    heading = ""
    for line, fields in lines[start + 1 :]:
        if len([cell for cell in fields if cell]) < 2:
            continue  # blank, or a footnote
        where = f"{path}: line {line}"
        if len(fields) <= counties_at:
            problems.append(f"{where}: expected {counties_at + 1} fields (got {len(fields)})")
            continue
        key = (fields[0].zfill(5), fields[number_at].zfill(2))
        if key not in places:
            problems.append(f"{where}: locality {'-'.join(key)} has no geographic indices")
            continue
        state = places[key][3]
        if state_at is not None:
            heading = fields[state_at] or heading
            if heading and not heading.upper().startswith(STATE_NAMES[state].upper()):
                problems.append(f"{where}: {'-'.join(key)} is under {heading} here but in {state} by its indices")
        text = _spelled(fields[counties_at].upper())
        if text != fields[counties_at].upper():
            warnings.append(f"{where}: read as {text!r}.")
        named, excepted = _counties(text, state)
        exceptions += [(state, county) for county in excepted]
        if "GUAM" in heading.upper() and state == "HI":
            named.append(("GU", ALL_COUNTIES))
        for county in named:
            if found.setdefault(county, key) != key:
                problems.append(f"{where}: {county[1]} of {county[0]} is in two localities")
    for key in sorted(set(places) - set(found.values())):
        problems.append(f"{path}: no county leads to locality {'-'.join(key)} {places[key][4]}")
    for exception in exceptions:
        if exception not in found:
            state, name = exception
            problems.append(f"{path}: {name} of {state} is excepted from its locality and is in no other one")
    if problems:
        raise FileProblems(_shortened(problems))
    return sorted(
        (state, county if county.startswith("ALL ") else _proper(county), *key)
        for (state, county), key in found.items()
    )


def _counties(text: str, state: str) -> tuple[list[tuple[str, str]], list[str]]:
    """The (state, county) pairs that a county text names, and the counties it excepts."""
    rest, _, excepted = text.partition(" EXCEPT ")
    rest = rest.rstrip(", ")
    if rest in ("ALL COUNTIES", "ALL COUNTY EQUIVALENTS"):
        whole = ALL_OTHER_COUNTIES if excepted else ALL_COUNTIES
        return [(state, whole)], _names(excepted)
    if rest == "ALL OTHER COUNTIES":
        return [(state, ALL_OTHER_COUNTIES)], _names(excepted)
    codes = {name.upper(): code for code, name in STATE_NAMES.items()}
    pairs = []
    for group in text.split(";"):
        names, _, elsewhere = group.strip().rpartition(" IN ")
        if names and elsewhere in codes:
            pairs += [(codes[elsewhere], name) for name in _names(names)]
        else:
            pairs += [(state, name) for name in _names(group)]
    return pairs, []


def _names(text: str) -> list[str]:
    """Names divided by commas, slashes and the word AND."""
    parts = re.split(r",|/|\bAND\b", re.sub(r"\bCOUNTY\b", " ", text))
    return [" ".join(part.split()) for part in parts if part.strip()]


# ---------------------------------------------------------------------- words and figures


def _decimal(text: str, places: int) -> str | None:
    """A plain decimal to at least so many places (`1` is `1.000`); None for anything else."""
    if not re.fullmatch(r"\d*\.?\d+|\d+\.", text):
        return None
    value = Decimal(text)
    rounded = value.quantize(Decimal(1).scaleb(-places))
    return str(rounded) if rounded == value else f"{value.normalize():f}"


def _spelled(text: str) -> str:
    """A text with the agency's slips and short forms written out."""
    for printed, meant in SPELLINGS.items():
        text = re.sub(rf"(?<!\w){re.escape(printed)}(?!\w)", meant, text)
    return text


def _proper(text: str) -> str:
    """A name in capitals as a reader would write it."""
    return re.sub(
        r"[A-Z]+(?:'[A-Z]+)?",
        lambda found: PROPER.get(found[0], found[0].capitalize()),
        _spelled(text.upper()),
    )


def _shortened(problems: Sequence[str]) -> list[str]:
    """The first twenty problems, and how many more there are."""
    shown = list(problems[:20])
    if len(problems) > len(shown):
        shown.append(f"... and {len(problems) - len(shown)} more")
    return shown


def _place_order(row: Row) -> tuple[str, ...]:
    """Localities by year, state and number."""
    return row[0], row[3], row[2], row[1]


# ---------------------------------------------------------------------- our own tables


def _own_rows(folder: Path, name: str) -> list[Row]:
    """The rows a table of ours already has; an empty list when it is not there."""
    path = folder / name
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = [tuple(row) for row in csv.reader(file)]
    width = len(COLUMNS[name])
    if rows[:1] != [COLUMNS[name]] or any(len(row) != width for row in rows):
        raise InputError(f"{path}: row 1: expected the columns {','.join(COLUMNS[name])}, {width} fields a row")
    return rows[1:]


def _of_year(rows: Iterable[Row], year: int) -> list[Row]:
    """The rows of one year."""
    return [row for row in rows if row[0] == str(year)]


def _factor_rows(
    old: Sequence[Row], shipped: Sequence[Row], year: int, factor: Decimal, release: str, path: Path
) -> list[Row]:
    """The conversion factors: this file's, and those already known of this and other years."""
    is_qualifying = re.search(r"(?<!NON)(?<!NON[-_ ])QPP", path.stem.upper()) is not None
    who = "" if year < FIRST_YEAR_OF_TWO_FACTORS else "yes" if is_qualifying else "no"
    note = f"From the {release} release of the relative value file." if release else "From the relative value file."
    kept = {row[:2]: row for row in shipped if row[0] == str(year)}
    kept |= {row[:2]: row for row in old}
    if not who:
        kept = {key: row for key, row in kept.items() if key[0] != str(year)}
    kept[str(year), who] = (str(year), who, str(factor), f"cms-pfs-{year}", note)
    return sorted(kept.values())


def _contradictions(indices: Iterable[Row], others: Iterable[Row], source: Path) -> list[str]:
    """Each index that a second source of the same year has otherwise."""
    known = {(row[1], row[2]): row for row in others}
    if not known:
        return []
    found = []
    seen = set()
    for row in indices:
        key = (row[1], row[2])
        seen.add(key)
        area = f"{row[3]}-{row[2]}"
        if key not in known:
            found.append(f"{area} ({'-'.join(key)}) is not in {source}.")
            continue
        for at, name in ((5, "work"), (6, "practice expense"), (7, "malpractice")):
            if Decimal(row[at]) != Decimal(known[key][at]):
                found.append(f"{area} {name} index: {row[at]} in this file, {known[key][at]} in {source}.")
    found += [f"{'-'.join(key)} is in {source} but not in this file." for key in sorted(set(known) - seen)]
    return found


def _factor_changes(old: Iterable[Row], new: Iterable[Row], year: int) -> list[str]:
    """The conversion factors against the year before."""
    known = {(row[0], row[1]): Decimal(row[2]) for row in [*old, *new]}

    def of(which: int, who: str) -> Decimal | None:
        return known.get((str(which), who), known.get((str(which), "")))

    lines = []
    for who, words in (("no", ""), ("yes", " for qualifying participants")):
        was, now = of(year - 1, who), of(year, who)
        if was and now and (who == "no" or year >= FIRST_YEAR_OF_TWO_FACTORS):
            percent = ((now / was - 1) * 100).quantize(Decimal("0.01"))
            lines.append(f"Conversion factor{words}: {was} -> {now} ({percent:+}%).")
    return lines


def _value_changes(old: Sequence[Row], new: Sequence[Row]) -> list[str]:
    """One line for every code that is new, gone or different; a line for all of them where they are many."""
    if not old:
        return []
    before, after = {row[1:3]: row[3:] for row in old}, {row[1:3]: row[3:] for row in new}
    names = COLUMNS[RELATIVE_VALUES][3:]
    lines = []
    for keys, words in ((after.keys() - before, "new"), (before.keys() - after, "no longer in the table")):
        labels = [" ".join(key).strip() for key in sorted(keys)]
        if len(labels) > 30:
            lines.append(f"{len(labels)} rows: {words}.")
        else:
            lines += [f"{label}: {words}." for label in labels]
    for key in sorted(before.keys() & after):
        moved = [
            f"{name} {was or 'blank'} -> {now or 'blank'}"
            for name, was, now in zip(names, before[key], after[key], strict=True)
            if was != now
        ]
        if moved:
            lines.append(f"{' '.join(key).strip()}: {', '.join(moved)}.")
    return lines


def _index_changes(old: Sequence[Row], new: Sequence[Row]) -> list[str]:
    """One line for every locality that is new, gone or has other indices."""
    if not old:
        return []
    before, after = {row[1:3]: row for row in old}, {row[1:3]: row for row in new}
    lines = []
    for key in sorted({*before, *after}, key=lambda key: _place_order(after.get(key) or before[key])):
        row = after.get(key) or before[key]
        label = f"{row[3]}-{row[2]} {row[4]}"
        if key not in before:
            lines.append(f"{label}: new locality.")
        elif key not in after:
            lines.append(f"{label}: locality no longer in the file.")
        else:
            names = COLUMNS[LOCALITIES][5:]
            moved = [
                f"{name} {was} -> {now}"
                for name, was, now in zip(names, before[key][5:], after[key][5:], strict=True)
                if was != now
            ]
            if moved:
                lines.append(f"{label}: {', '.join(moved)}.")
    return lines


def _write(into: Path, tables: Mapping[str, Sequence[Row]]) -> tuple[Path, ...]:
    """Write all tables beside their places, check that they load, then put each in place in one step."""
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".import-", dir=into) as folder:
        staging = Path(folder)
        for name, rows in tables.items():
            with (staging / name).open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(COLUMNS[name])
                writer.writerows(rows)
        for name in _kept_tables(into, tables):
            (staging / name).write_bytes((into / name).read_bytes())
        try:
            FeeSchedule.load(staging)
        except FileProblems as error:
            found = [problem.replace(str(staging), str(into)) for problem in error.problems]
            raise FileProblems(["Nothing was written, because the tables would not fit:", *found]) from None
        for name in tables:
            (staging / name).replace(into / name)
    return tuple(into / name for name in tables)


def _kept_tables(into: Path, tables: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """The tables of the folder that this import leaves alone."""
    return (name for name in COLUMNS if name not in tables and (into / name).exists())
