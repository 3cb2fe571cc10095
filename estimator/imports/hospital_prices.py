"""A hospital's own price file becomes price rows: 45 CFR 180.50, the agency's layouts of versions 2 and 3.

Tall and wide tables and JSON, plain, gzip or zip, of any size. Only dollar amounts for one unit of one of the
wanted codes enter a median; everything else is counted and reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Literal, cast

from estimator.errors import FileProblems, InputError
from estimator.imports.rates import (
    PLAIN_MODIFIERS,
    QUARTER_HOUR,
    CodePrices,
    Finding,
    Gathered,
    JsonRecord,
    Row,
    Source,
    Spread,
    amount_of,
    as_json,
    code_type_of,
    price_row,
    read_date,
    slug,
    unit_of,
    wanted_codes,
)
from estimator.imports.streams import JsonFile, JsonObject, PriceFile, Table, Wanted, any_of

Layout = Literal["tall", "wide", "json"]

VERSIONS = ("2", "3")
KNOWN_TYPES = frozenset({"CPT", "HCPCS"})
GROSS, CASH = "standard_charge|gross", "standard_charge|discounted_cash"
MINIMUM, MAXIMUM = "standard_charge|min", "standard_charge|max"
COMMON_COLUMNS = ("description", "code|1", "code|1|type", "setting", GROSS, CASH, MINIMUM, MAXIMUM)
RATE_FIELDS: Mapping[str, str] = {  # the last part of a column's name -> field of a rate
    "negotiated_dollar": "dollars",
    "negotiated_percentage": "percentage",
    "negotiated_algorithm": "algorithm",
    "methodology": "methodology",
    "additional_payer_notes": "notes",
}
TALL_COLUMNS = (
    "payer_name",
    "plan_name",
    "standard_charge|negotiated_dollar",
    "standard_charge|negotiated_percentage",
    "standard_charge|negotiated_algorithm",
    "standard_charge|methodology",
)
OWN_COLUMNS = (
    "description",
    "setting",
    "billing_class",
    "modifiers",
    "drug_unit_of_measurement",
    GROSS,
    CASH,
    MINIMUM,
    MAXIMUM,
    "additional_generic_notes",
)
TOP_COLUMNS = ("hospital_name", "last_updated_on", "version")
TOP_NAMES = frozenset(
    {"hospital_name", "standard_charge_information", "hospital_address", "hospital_location", "location_name"}
)
CLASSES = ("facility", "both", "unstated", "professional")  # the first that has figures gives the row
SETTINGS = ("outpatient", "both")


@dataclass(frozen=True, slots=True)
class HospitalPrices:
    """What one hospital's file says about the wanted codes, and what was left out of it."""

    file: Path
    layout: Layout
    version: str
    hospital: str
    state: str
    last_updated_on: date
    rows_read: int  # of a table; elements of JSON
    rows_of_our_codes: int
    prices: tuple[CodePrices, ...]
    findings: tuple[Finding, ...]
    codes_not_found: tuple[str, ...]

    def source(self, retrieved: date | None = None) -> Source:
        """The record that imported rows cite."""
        return Source(
            id=self.source_id,
            kind="survey",
            title=f"Standard charges of {self.hospital}, {self.layout} layout, version {self.version}",
            publisher=self.hospital,
            url="",
            retrieved=retrieved or self.last_updated_on,
            note=f"One hospital's posted prices, dated {self.last_updated_on}; low and high are the 10th and 90th "
            "percentile of its items or of its commercial plans.",
        )

    @property
    def source_id(self) -> str:
        return f"hospital-{slug(self.hospital)}-{self.last_updated_on}"

    def to_rows(self, effective_from: date | None = None) -> list[Row]:
        """Rows in the format of prices.csv: charge, cash and allowed, for the hospital's outpatients.

        Facility amounts come first; a professional amount stands in where there is no other, and says so.
        """
        since = effective_from or self.last_updated_on
        rows: list[Row] = []
        for code in sorted({each.code for each in self.prices}):
            for classes in (CLASSES[:3], CLASSES[3:]):
                for kind in ("charge", "cash", "allowed"):
                    row = self._row(code, kind, classes, since)
                    if row is not None and not any(_key(row) == _key(other) for other in rows):
                        rows.append(row)
        return rows

    def _row(self, code: str, kind: str, classes: Sequence[str], since: date) -> Row | None:
        order = [(setting, each) for each in classes for setting in SETTINGS]
        held = {(each.setting, each.billing_class): each for each in self.prices if each.code == code}
        for prices in (held[key] for key in order if key in held):
            figures = _figures(prices, kind)
            if figures is not None:
                return price_row(
                    prices,
                    kind,
                    figures,
                    area=self.state,
                    setting="hospital_outpatient",
                    since=since,
                    source=self.source_id,
                    note=_note(prices, kind, figures),
                )
        return None

    def to_json(self) -> JsonRecord:
        """Everything, for `--json`."""
        return as_json(self)


def _key(row: Row) -> tuple[str, ...]:
    return row["code"], row["setting"], row["price_kind"]


def _figures(prices: CodePrices, kind: str) -> Spread | None:
    return {"charge": prices.gross, "cash": prices.cash, "allowed": prices.negotiated}[kind]


def _note(prices: CodePrices, kind: str, figures: Spread) -> str:
    what = {"facility": "Facility", "professional": "Professional", "both": "Facility and professional"}
    amounts = f"{what.get(prices.billing_class, 'Not said whether facility or professional')} amounts"
    if kind == "allowed":
        return f"{amounts}; commercial plans: {figures.count}, payers: {prices.payers}."
    return f"{amounts}; posted items: {figures.count}."


def import_hospital_prices(file: Path, codes: frozenset[str] | None = None) -> HospitalPrices:
    """Read a hospital's price file, restricted to the codes (by default those an episode may bill)."""
    wanted = wanted_codes(codes)
    with PriceFile(file) as source:
        if source.layout() == "json":
            return _read_json(source, wanted)
        return _read_table(source, wanted)


# ---------------------------------------------------------------- one item, from any layout


@dataclass(slots=True)
class _Rate:
    payer: str = ""
    plan: str = ""
    dollars: object = ""
    percentage: object = ""
    algorithm: object = ""
    methodology: object = ""
    notes: object = ""

    @property
    def is_given(self) -> bool:
        return any(each not in ("", None) for each in (self.dollars, self.percentage, self.algorithm))


@dataclass(slots=True)
class _Item:
    """One charge of the file: a row of a table, or an entry of JSON's `standard_charges`."""

    where: str
    description: str
    codes: Sequence[tuple[str, str]]  # code, type
    setting: str
    billing_class: str
    modifiers: Sequence[str]
    is_drug: bool
    gross: object
    cash: object
    minimum: object
    maximum: object
    notes: str
    rates: Sequence[_Rate] = ()


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Where an item's amounts belong, or the finding that it is."""

    is_ours: bool = False
    label: str = ""
    reason: str = ""
    what: str = ""
    place: tuple[str, str, str] | None = None
    is_unmarked: bool = False


@dataclass(slots=True)
class _Reader:
    """Takes items one by one; what it cannot use it counts."""

    wanted: frozenset[str]
    gathered: Gathered = field(default_factory=Gathered)
    kept: int = 0
    found: set[str] = field(default_factory=set)
    sorted: _Sorted | None = None

    def take(self, item: _Item, *, is_again: bool = False) -> None:
        """Put one item's amounts where they belong; `is_again`: only its rates differ from the item before."""
        if not is_again or self.sorted is None:
            self.sorted = self._sort(item)
        known, gathered = self.sorted, self.gathered
        self.kept += known.is_ours
        if known.label:
            gathered.note("label", item.where, known.label)
        if known.reason:
            gathered.note(known.reason, item.where, known.what, max(1, sum(rate.is_given for rate in item.rates)))
        if known.place is None:
            return
        taken = 0 if is_again else self._charges(item, known.place)
        for rate in item.rates:
            taken += self._rate(item.where, rate, known.place)
        if not taken:
            return
        if item.billing_class == "unstated":
            gathered.note("class_not_stated", item.where, known.what, taken)
        if known.is_unmarked and not any(QUARTER_HOUR.search(str(rate.notes)) for rate in item.rates):
            gathered.note("unit_not_marked", item.where, known.what, taken)

    def _sort(self, item: _Item) -> _Sorted:
        """Which of our codes an item is, and why it cannot be used."""
        own = {(code, kind) for code, kind in item.codes if code in self.wanted}
        codes = sorted({code for code, kind in own if kind in KNOWN_TYPES})
        if not codes:
            code, kind = min(own, default=("", ""))
            return _Sorted(reason="other_code_type" if own else "", what=f"{kind or 'no type'} {code}")
        if len(codes) > 1:
            return _Sorted(is_ours=True, reason="bundle", what=" and ".join(codes))
        code = codes[0]
        self.found.add(code)
        kinds = {kind for _, kind in own}
        label = "" if code_type_of(code) in kinds else f"{min(kinds & KNOWN_TYPES)} {code}"
        reason = _unusable(item)
        if reason:
            return _Sorted(is_ours=True, label=label, reason=reason, what=code)
        is_marked = QUARTER_HOUR.search(f"{item.description} {item.notes}")
        return _Sorted(
            is_ours=True,
            label=label,
            what=code,
            place=(code, item.setting, item.billing_class),
            is_unmarked=unit_of(code) == "15_minutes" and not is_marked,
        )

    def _charges(self, item: _Item, place: tuple[str, str, str]) -> int:
        taken = 0
        gathered = self.gathered
        charges: tuple[tuple[Literal["gross", "cash"], object], ...] = (("gross", item.gross), ("cash", item.cash))
        for kind, value in charges:
            if value in ("", None) or not gathered.is_new(kind, item.description, tuple(item.codes), place, value):
                continue
            amount = gathered.dollars(value, item.where, kind)
            if amount is not None:
                gathered.charge(kind, place, amount)
                taken += 1
        least, most = (amount_of(each) if each not in ("", None) else None for each in (item.minimum, item.maximum))
        if least is not None or most is not None:
            gathered.limits(place, least, most)
        return taken

    def _rate(self, where: str, rate: _Rate, place: tuple[str, str, str]) -> int:
        gathered = self.gathered
        has_percentage = rate.percentage not in ("", None)
        reason = ""
        if rate.dollars in ("", None):
            if has_percentage:
                reason = "percentage_only"
            elif rate.algorithm not in ("", None):
                reason = "algorithm_only"
            elif rate.payer and (rate.methodology or rate.notes):
                reason = "no_amount"
            else:
                return 0
        elif rate.methodology:
            methodology = str(rate.methodology).casefold()
            if methodology == "per diem":
                reason = "per_day"
            elif methodology == "case rate" and unit_of(place[0]) == "15_minutes":
                reason = "per_visit_for_timed_code"
        if reason:
            gathered.note(reason, where, f"{rate.payer} {rate.plan}, {place[0]}")
            return 0
        amount = gathered.dollars(rate.dollars, where, rate.payer, rate.plan)
        if amount is None:
            return 0
        if has_percentage:
            gathered.note("amount_beside_percentage", where, place[0])
        gathered.rate(place, (rate.payer, rate.plan), amount)
        return 1

    def result(
        self, file: Path, layout: Layout, version: str, hospital: str, state: str, updated: date, rows: int
    ) -> HospitalPrices:
        """Everything read, as one record."""
        prices = self.gathered.prices()
        return HospitalPrices(
            file=file,
            layout=layout,
            version=version,
            hospital=hospital,
            state=state,
            last_updated_on=updated,
            rows_read=rows,
            rows_of_our_codes=self.kept,
            prices=prices,
            findings=self.gathered.findings(),
            codes_not_found=tuple(sorted(self.wanted - self.found)),
        )


def _unusable(item: _Item) -> str:
    """The finding that keeps all of an item out."""
    if item.setting == "inpatient":
        return "inpatient"
    if any(each not in PLAIN_MODIFIERS for each in item.modifiers):
        return "modifier"
    return "drug_unit" if item.is_drug else ""


@lru_cache(256)
def _setting(text: str) -> str:
    return {"inpatient": "inpatient", "outpatient": "outpatient"}.get(text.casefold().strip(), "both")


@lru_cache(256)
def _billing_class(text: str) -> str:
    words = text.casefold().strip()
    return {"institutional": "facility"}.get(words, words if words in CLASSES else "unstated")


def _modifiers(value: object) -> tuple[str, ...]:
    if not value:
        return ()
    texts = [str(each) for each in value] if isinstance(value, list) else [str(value)]
    return tuple(part.upper() for text in texts for part in re.split(r"[|,;/\s]+", text) if part)


def _checked_top(path: Path, top: Mapping[str, str], row: str) -> tuple[str, str, date]:
    """Hospital, version and date, or every problem with them."""
    where = f"{path}: {row}"
    problems = [f"{where}{name}: this is blank." for name in TOP_COLUMNS if not top.get(name)]
    version = top.get("version", "").lower().removeprefix("v")
    if version and version.split(".")[0] not in VERSIONS:
        problems.append(f"{where}version: only versions 2 and 3 of the agency's layout are read (got {version!r}).")
    updated = read_date(top.get("last_updated_on", ""))
    if top.get("last_updated_on") and updated is None:
        problems.append(f"{where}last_updated_on: expected a date such as 2026-04-01 (got {top['last_updated_on']!r}).")
    if problems or updated is None:
        raise FileProblems(problems)
    return top["hospital_name"], version, updated


# ---------------------------------------------------------------- tall and wide tables


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where a table keeps what we read."""

    layout: Literal["tall", "wide"]
    width: int  # of the named columns; spreadsheets leave blank ones behind them
    widest: int
    at: Mapping[str, int]
    codes: tuple[tuple[int, int], ...]
    plans: Mapping[tuple[str, str], Mapping[str, int]]  # wide: payer, plan -> field -> column
    own: Callable[[Sequence[str]], tuple[str, ...]]  # the cells of the item itself
    tall: Callable[[Sequence[str]], tuple[str, ...]]  # payer, plan, dollars, percentage, algorithm, methodology


def _read_table(source: PriceFile, wanted: frozenset[str]) -> HospitalPrices:
    table = Table(source)
    head = table.head(3)
    path = source.path
    columns = _columns(path, head)
    (_, names), (number, values) = head[0], head[1]
    top = {_name(name).partition("|")[0]: value for name, value in zip(names, values, strict=False)}
    hospital, version, updated = _checked_top(path, top, f"row {number}, ")
    licence = next((name for name in map(_name, names) if name.startswith("license_number|")), "")
    state = licence.partition("|")[2].strip(" []").upper()
    reader = _Reader(wanted)
    before: tuple[str, ...] | None = None
    item: _Item | None = None
    for line, cells in table.matching(Wanted.of(wanted, (code for code, _ in columns.codes))):
        if not columns.width <= len(cells) <= columns.widest:
            reader.gathered.note("unreadable_row", f"row {line:,}", f"{len(cells)} cells, not {columns.width}")
            continue
        own = columns.own(cells)
        is_again = item is not None and own == before
        if item is None or not is_again:
            item, before = _item_of(cells, columns), own
        item.where = f"row {line:,}"
        item.rates = list(_rates_of(cells, columns))
        reader.take(item, is_again=is_again)
    if not table.records:
        raise InputError(f"{path}: row {table.line}: there are no rows below the header.")
    area = state if re.fullmatch(r"[A-Z]{2}", state) else ""
    return reader.result(path, columns.layout, version, hospital, area, updated, table.records)


def _item_of(cells: Sequence[str], columns: _Columns) -> _Item:
    def cell(name: str) -> str:
        at = columns.at.get(name)
        return "" if at is None else cells[at]

    return _Item(
        where="",
        description=cell("description"),
        codes=[(cells[code].upper(), cells[kind].upper()) for code, kind in columns.codes if cells[code]],
        setting=_setting(cell("setting")),
        billing_class=_billing_class(cell("billing_class")),
        modifiers=_modifiers(cell("modifiers")),
        is_drug=bool(cell("drug_unit_of_measurement")),
        gross=cell(GROSS),
        cash=cell(CASH),
        minimum=cell(MINIMUM),
        maximum=cell(MAXIMUM),
        notes=cell("additional_generic_notes"),
    )


def _rates_of(cells: Sequence[str], columns: _Columns) -> Iterator[_Rate]:
    if columns.layout == "tall":
        rate = _Rate(*columns.tall(cells))
        if rate.payer or rate.is_given:
            yield rate
        return
    for (payer, plan), fields in columns.plans.items():
        rate = _Rate(payer, plan, **{name: cells[at] for name, at in fields.items()})
        if rate.is_given:
            yield rate


def _name(text: str) -> str:
    """A column's name with the blanks around its bars removed; payers' and plans' names as written."""
    return "|".join(part.strip() for part in text.lower().split("|"))


def _columns(path: Path, head: Sequence[tuple[int, list[str]]]) -> _Columns:
    """The columns of row 3, or what is missing from it and which layout it looks like."""
    if any("[payer_name]" in cell or "[i]" in cell for _, cells in head for cell in cells):
        raise InputError(f"{path}: this is the agency's empty template; import a hospital's own file.")
    likely = [(_likeness(cells), number, cells) for number, cells in head]
    if not any(likeness for likeness, _, _ in likely):
        raise InputError(
            f"{path}: row 1: none of the columns of a hospital's price file were found in the first rows "
            f"(expected hospital_name in row 1 and description, code|1, setting in row 3). Is it the right file?"
        )
    if len(head) < 3:
        raise InputError(f"{path}: row {len(head) + 1}: the header in row 3 is missing: the file ends before it.")
    best = max(likely, key=lambda each: each[0])
    if best[0] > likely[2][0]:
        raise InputError(
            f"{path}: row {best[1]}: the column names stand here; row 1 and 2 must hold "
            f"{', '.join(TOP_COLUMNS)} and their values, and row 3 the column names."
        )
    number, cells = head[2]
    names = [_name(cell) for cell in cells]
    problems = _missing_top(path, head[0][1])
    plans = _plan_columns(cells)
    is_wide = bool(plans) and "payer_name" not in names
    layout: Literal["tall", "wide"] = "wide" if is_wide else "tall"
    required = [*COMMON_COLUMNS, *(() if is_wide else TALL_COLUMNS)]
    missing = [name for name in required if name not in names]
    if missing:
        problems.append(
            f"{path}: row {number}: this looks like the {layout} layout, but "
            f"{'these columns are' if len(missing) > 1 else 'this column is'} missing: {', '.join(missing)}."
        )
    twice = sorted({name for name in names if name and names.count(name) > 1})
    problems += [f"{path}: row {number}: the column '{name}' stands twice." for name in twice[:5]]
    if problems:
        raise FileProblems(problems)
    at = {name: index for index, name in enumerate(names) if name}
    codes = [(index, at.get(f"{name}|type", -1)) for name, index in at.items() if re.fullmatch(r"code\|\d+", name)]
    lone = [names[code] for code, kind in codes if kind < 0]
    if lone:
        raise InputError(f"{path}: row {number}: the column '{lone[0]}|type' is missing beside '{lone[0]}'.")
    kinds = [at[name] for name in OWN_COLUMNS if name in at]
    return _Columns(
        layout=layout,
        width=max(at.values()) + 1,
        widest=max(len(cells) for _, cells in head),
        at=at,
        codes=tuple(codes),
        plans=plans,
        own=_cells_at([*kinds, *(index for pair in codes for index in pair)]),
        tall=_cells_at([at.get(name, 0) for name in TALL_COLUMNS]),
    )


def _cells_at(places: Sequence[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    return cast(Callable[[Sequence[str]], tuple[str, ...]], itemgetter(*places))


def _likeness(cells: Sequence[str]) -> int:
    """How many names of the layouts' main header a row holds."""
    names = {_name(cell) for cell in cells}
    known = {*COMMON_COLUMNS, *TALL_COLUMNS} & names
    tops = set(TOP_COLUMNS) & names
    return len(known) * 10 if len(known) > 1 else min(1, len(tops))


def _missing_top(path: Path, cells: Sequence[str]) -> list[str]:
    names = {_name(cell) for cell in cells}
    return [f"{path}: row 1: the column '{name}' is missing." for name in TOP_COLUMNS if name not in names]


def _plan_columns(cells: Sequence[str]) -> dict[tuple[str, str], dict[str, int]]:
    """The wide layout's columns, such as `standard_charge|Payer|Plan|negotiated_dollar`."""
    plans: dict[tuple[str, str], dict[str, int]] = {}
    for index, cell in enumerate(cells):
        parts = [part.strip() for part in cell.split("|")]
        start, end = parts[0].lower(), parts[-1].lower()
        if start == "standard_charge" and len(parts) > 2 and end in RATE_FIELDS:
            payer, plan = parts[1], "|".join(parts[2:-1])
            plans.setdefault((payer, plan), {})[RATE_FIELDS[end]] = index
        elif start == "additional_payer_notes" and len(parts) > 1:
            plans.setdefault((parts[1], "|".join(parts[2:])), {})["notes"] = index
    return plans


# ---------------------------------------------------------------- JSON


def _read_json(source: PriceFile, wanted: frozenset[str]) -> HospitalPrices:
    path = source.path
    array = "standard_charge_information"
    file = JsonFile(
        file=source,
        arrays={array: "standard_charges"},
        code_key="code_information",
        known=TOP_NAMES,
        what="a hospital's price file",
    )
    reader = _Reader(wanted)
    for element in file.elements(any_of(wanted)):
        where = f"{array}, element {element.number:,}"
        if "code_information" not in element.fields:
            if element.is_complete:
                continue
            raise InputError(f"{path}: {where}: its codes come after its charges, and it is too large to hold.")
        try:
            for item in _items_of(element.fields, where):
                reader.take(item)
        except (AttributeError, TypeError, KeyError):
            raise InputError(
                f"{path}: {where}: the entry is not laid out as the agency's JSON; expected "
                "code_information and standard_charges, each a list of objects."
            ) from None
    if array not in file.counts:
        names = ", ".join(list(file.top)[:8])
        hint = " It is an insurer's file: use insurer-rates." if "in_network" in file.top else ""
        raise InputError(f"{path}: row 1: this JSON has no {array} at the top level (its fields: {names}).{hint}")
    if not file.counts[array]:
        raise InputError(f"{path}: {array}: the list is empty.")
    top = {name: str(file.top.get(name) or "").strip() for name in TOP_COLUMNS}
    hospital, version, updated = _checked_top(path, top, "")
    licence = file.top.get("license_information")
    state = str(licence.get("state") or "") if isinstance(licence, dict) else ""
    return reader.result(path, "json", version, hospital, state, updated, file.counts[array])


def _items_of(fields: JsonObject, where: str) -> Iterator[_Item]:
    codes = [(_text(each["code"]).upper(), _text(each.get("type")).upper()) for each in fields["code_information"]]
    for charge in fields.get("standard_charges") or []:
        yield _Item(
            where=where,
            description=_text(fields.get("description")),
            codes=codes,
            setting=_setting(_text(charge.get("setting"))),
            billing_class=_billing_class(_text(charge.get("billing_class"))),
            modifiers=_modifiers(charge.get("modifier_code") or charge.get("modifiers")),
            is_drug=bool(fields.get("drug_information")),
            gross=charge.get("gross_charge"),
            cash=charge.get("discounted_cash"),
            minimum=charge.get("minimum"),
            maximum=charge.get("maximum"),
            notes=_text(charge.get("additional_generic_notes")),
            rates=[_json_rate(each) for each in charge.get("payers_information") or []],
        )


def _json_rate(payer: JsonObject) -> _Rate:
    return _Rate(
        payer=_text(payer.get("payer_name")),
        plan=_text(payer.get("plan_name")),
        dollars=payer.get("standard_charge_dollar"),
        percentage=payer.get("standard_charge_percentage"),
        algorithm=payer.get("standard_charge_algorithm"),
        methodology=_text(payer.get("methodology")),
        notes=_text(payer.get("additional_payer_notes")),
    )


def _text(value: object) -> str:
    return "" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value).strip()
