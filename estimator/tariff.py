"""One region's tariff, read and checked: its words, factors, prices and how a visit is billed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field, model_validator

from estimator.errors import FileProblems, InputError, NoPrice
from estimator.fee_schedule import FeeSchedule
from estimator.files import (
    Prose,
    Quantity,
    Record,
    decimal_cell,
    read_rows,
    read_toml,
    region_file,
    suggestion,
    validate,
)
from estimator.messages import cached_by_language, say, say_figures
from estimator.money import to_minor
from estimator.pathway import Source
from estimator.vocabulary import BILLED_SERVICES, WANTED_SERVICES, PriceKind, Region, Service, SourceKind

UNITS = ("visit", "15_minutes", "item", "scan", "procedure", "injection", "mile", "attendance")
CODE_TYPES = ("CPT", "HCPCS", "HRG", "TFC", "CCSD", "LOCAL")


class Factor(Record):
    """A dated scalar: one value, or a range around a typical one."""

    id: str
    effective_from: date
    effective_to: date | None = None
    value: Quantity | None = None
    low: Quantity | None = None
    typical: Quantity | None = None
    high: Quantity | None = None
    unit: str
    source: str
    note: Prose = ""

    @model_validator(mode="after")
    def _one_form(self) -> Factor:
        ranged = (self.low, self.typical, self.high)
        if (self.value is None) == any(part is None for part in ranged):
            raise ValueError("give either value, or low, typical and high")
        if self.value is None and not self.low <= self.typical <= self.high:  # type: ignore[operator]
            raise ValueError(f"low <= typical <= high does not hold ({', '.join(map(str, ranged))})")
        return self

    @property
    def middle(self) -> Decimal:
        return self.value if self.value is not None else self.typical or Decimal(0)


class VisitCapEntry(Record):
    """The most visits a health system usually gives."""

    id: str
    services: tuple[Service, ...]
    visits: Annotated[int, Field(ge=1)]
    source: str
    note: Prose = ""


class Verified(Record):
    """What has been checked, for which years, by what."""

    years: Prose
    what: Prose
    by: Prose


class NotModelled(Record):
    """What the estimate leaves out, and why."""

    what: Prose
    why: Prose


class RegionFile(Record):
    """`region.toml`: who the region is, its words, factors and sources."""

    id: Region
    name: Prose
    currency: Literal["USD", "GBP"]
    country: Literal["US", "GB"]
    pricing: Literal["listed", "fee_schedule"]
    area_kind: Literal["state", "locality", "nhs", "uk_region"]
    settings: tuple[str, ...]
    default_plan: str
    self_pay_prices_from: Region | None = None
    labels: Mapping[str, Prose] = {}
    explain: Mapping[str, Prose] = {}
    not_offered: Mapping[Service, Prose] = {}
    unpriced: Mapping[Service, Prose] = {}
    visit_cap: tuple[VisitCapEntry, ...] = ()
    factor: tuple[Factor, ...] = ()
    verified: tuple[Verified, ...] = ()
    not_modelled: tuple[NotModelled, ...] = ()
    source: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One price of one code: low, typical and high per unit, in minor units."""

    code_type: str
    code: str
    description: str
    unit: str
    area: str
    setting: str
    price_kind: PriceKind
    effective_from: date
    effective_to: date | None
    low: int
    typical: int
    high: int
    source: str
    note: str

    def in_force(self, on: date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)

    @property
    def key(self) -> tuple[str, str, str, PriceKind]:
        return (self.code, self.area, self.setting, self.price_kind)


@dataclass(frozen=True, slots=True)
class BillingRow:
    """One claim line of a visit: which code, how many units, and when it is billed."""

    service: Service
    phases: range
    prices: str
    billed_service: Service
    code_type: str
    code: str
    modifier: str
    units: int
    when: str
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Tariff:
    """Everything a region's folder says about prices."""

    region: RegionFile
    folder: Path | None
    """The tariffs folder that was asked for, where it is not the shipped one."""
    prices: tuple[PriceRow, ...]
    billing: tuple[BillingRow, ...]
    schedule: FeeSchedule | None
    self_pay: Tariff | None
    _index: Mapping[tuple[str, str, str, PriceKind], tuple[PriceRow, ...]] = field(repr=False, default_factory=dict)

    def factor(self, name: str, on: date) -> Factor:
        """The factor in force on a date; raises `NoPrice` naming the file when there is none."""
        found = self.find_factor(name, on)
        if found is None:
            missing = say(
                "no factor '{name}' is in force on {day}; add a [[factor]] for it, or estimate with --prices-as-of a date "
                "that it covers.",
                name=name,
                day=on,
            )
            raise NoPrice(f"{self.region.id}/region.toml: {missing}")
        return found

    def find_factor(self, name: str, on: date) -> Factor | None:
        matching = [f for f in self.region.factor if f.id == name and f.effective_from <= on]
        matching = [f for f in matching if f.effective_to is None or on <= f.effective_to]
        return max(matching, key=lambda f: f.effective_from, default=None)

    def find_price(
        self,
        code: str,
        areas: Sequence[str],
        setting: str,
        kind: PriceKind,
        on: date,
        as_of: date | None = None,
    ) -> PriceRow | None:
        """The most specific price row in force; `as_of` serves dates on which no row is."""
        expired: PriceRow | None = None
        for area in areas:
            for place in (setting, ""):
                rows = self._index.get((code, area, place, kind), ())
                for day in (on, as_of):
                    match = next((row for row in rows if day is not None and row.in_force(day)), None)
                    if match is not None:
                        return match
                expired = expired or (rows[-1] if rows else None)
        if expired is not None:
            raise NoPrice(self._expired(expired, on))
        return None

    def _expired(self, row: PriceRow, on: date) -> str:
        where = f"{self.region.id}/prices.csv"
        if on < row.effective_from:
            return say(
                "No price for {code} in {region} on {day}: the first row in {file} starts {first_day}. Use a date from "
                "{first_day} on, or estimate with --prices-as-of {first_day}.",
                code=row.code,
                region=self.region.id,
                day=on,
                file=where,
                first_day=row.effective_from,
            )
        return say(
            "No price for {code} in {region} on {day}: the latest row in {file} ends {last_day}. Add a row from {next_day}, "
            "or estimate with --prices-as-of {last_day}.",
            code=row.code,
            region=self.region.id,
            day=on,
            file=where,
            last_day=row.effective_to,
            next_day=(row.effective_to or on) + timedelta(days=1),
        )

    def source(self, name: str) -> Source:
        """A source by its id; one that only an import names is described by its name."""
        found = next((source for source in self.region.source if source.id == name), None)
        return found or Source(id=name, kind=SourceKind.OFFICIAL, title=say("Imported file, {name}", name=name))

    def file(self, name: str) -> Path:
        """Another file of the region's folder."""
        return region_file(self.region.id, name, self.folder)

    def lines_for(self, service: Service, phase: int, *, cash: bool) -> list[BillingRow]:
        """The claim lines of one visit, for an insurer or for a person who pays themselves."""
        rows = [row for row in self.billing if row.service == service and phase in row.phases]
        wanted = "cash" if cash else "allowed"
        exact = [row for row in rows if row.prices in ("", wanted)]
        return exact or rows


# ---------------------------------------------------------------- reading

Item = TypeVar("Item")
PRICE_COLUMNS = (
    "code_type", "code", "description", "unit", "area", "setting", "price_kind", "effective_from", "effective_to",
    "low", "typical", "high", "source", "note",
)  # fmt: skip
BILLING_COLUMNS = (
    "service", "phases", "prices", "billed_service", "code_type", "code", "modifier", "units", "when", "source", "note",
)  # fmt: skip


@cached_by_language
def load_tariff(region: Region, tariffs: Path | None = None) -> Tariff:
    """A region's tariff; raises `FileProblems` with every problem of a file at once."""
    listed = region_file(region, "prices.csv", tariffs)
    file = validate(RegionFile, read_toml(region_file(region, "region.toml", tariffs)), f"{region}/region.toml")
    prices = _read(listed, PRICE_COLUMNS, _price_row, region) if listed.is_file() else ()
    billing = _read(region_file(region, "billing.csv", tariffs), BILLING_COLUMNS, _billing_row, region)
    _check_set(file, prices, billing)
    self_pay = load_tariff(file.self_pay_prices_from, tariffs) if file.self_pay_prices_from else None
    medicare = region_file(Region.MEDICARE_PART_B, "relative_values.csv", tariffs).parent
    needs_schedule = file.pricing == "fee_schedule" or any(f.id == MEDICARE_MULTIPLE for f in file.factor)
    schedule = load_schedule(medicare) if needs_schedule else None
    index: dict[tuple[str, str, str, PriceKind], tuple[PriceRow, ...]] = {}
    for row in sorted(prices, key=lambda r: r.effective_from):
        index[row.key] = (*index.get(row.key, ()), row)
    return Tariff(file, tariffs, prices, billing, schedule, self_pay, index)


MEDICARE_MULTIPLE = "independent_clinic_to_medicare"


@cache
def load_schedule(folder: Path) -> FeeSchedule:
    """The Medicare fee schedule of a folder."""
    return FeeSchedule.load(folder)


def _read(
    path: Path, columns: Sequence[str], parse: Callable[[dict[str, str]], Item], region: Region
) -> tuple[Item, ...]:
    problems: list[str] = []
    items: list[Item] = []
    for number, cells in read_rows(path, columns):
        try:
            items.append(parse(cells))
        except (ValueError, InputError) as error:
            problems.append(f"{region}/{path.name}: row {number}: {error}")
    if problems:
        raise FileProblems(problems)
    return tuple(items)


def _price_row(cells: Mapping[str, str]) -> PriceRow:
    low, typical, high = (
        _cell(cells, column, lambda text: to_minor(decimal_cell(text))) for column in ("low", "typical", "high")
    )
    if not low <= typical <= high:
        raise ValueError(f"low <= typical <= high does not hold ({cells['low']}, {cells['typical']}, {cells['high']})")
    if cells["unit"] not in UNITS:
        raise ValueError(f"unit: expected one of {', '.join(UNITS)} (got {cells['unit']!r})")
    if cells["code_type"] not in CODE_TYPES:
        raise ValueError(f"code_type: expected one of {', '.join(CODE_TYPES)} (got {cells['code_type']!r})")
    if not cells["description"].endswith("."):
        raise ValueError("description: end it with a full stop")
    row = PriceRow(
        cells["code_type"],
        cells["code"],
        say(cells["description"]),
        cells["unit"],
        cells["area"],
        cells["setting"],
        _cell(cells, "price_kind", PriceKind),
        _cell(cells, "effective_from", date.fromisoformat),
        _cell(cells, "effective_to", date.fromisoformat) if cells["effective_to"] else None,
        low,
        typical,
        high,
        cells["source"],
        say_figures(cells["note"]),
    )
    if row.effective_to is not None and row.effective_to < row.effective_from:
        raise ValueError(f"effective_to: {row.effective_to} lies before effective_from {row.effective_from}")
    return row


def _cell(cells: Mapping[str, str], column: str, parse: Callable[[str], Item]) -> Item:
    try:
        return parse(cells[column])
    except (ValueError, InputError) as error:
        raise ValueError(f"{column}: {error}") from None


def _billing_row(cells: Mapping[str, str]) -> BillingRow:
    if cells["prices"] not in ("", "allowed", "cash"):
        raise ValueError(f"prices: expected allowed, cash or blank (got {cells['prices']!r})")
    if cells["when"] not in ("", "manual_therapy", "once"):
        raise ValueError(f"when: expected manual_therapy, once or blank (got {cells['when']!r})")
    return BillingRow(
        _cell(cells, "service", Service),
        _cell(cells, "phases", _phases),
        cells["prices"],
        _cell(cells, "billed_service", Service),
        cells["code_type"],
        cells["code"],
        cells["modifier"],
        _cell(cells, "units", int),
        cells["when"],
        cells["source"],
        cells["note"],
    )


def _phases(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1) if text else range(1, 6)


def _check_set(file: RegionFile, prices: Iterable[PriceRow], billing: Iterable[BillingRow]) -> None:
    """What only the whole folder can show: sources, overlaps, services without a bill."""
    known = {source.id for source in file.source}
    where = f"{file.id}"
    problems = [
        f"{where}/region.toml: factor {factor.id}: source '{factor.source}' is not declared{suggestion(factor.source, [*known])}."
        for factor in file.factor
        if factor.source not in known
    ]
    groups: dict[tuple[str, str, str, PriceKind], list[PriceRow]] = {}
    for row in prices:
        if row.source not in known:
            problems.append(f"{where}/prices.csv: {row.code}: source '{row.source}' is not declared in region.toml.")
        groups.setdefault(row.key, []).append(row)
    for key, rows in groups.items():
        rows.sort(key=lambda r: r.effective_from)
        for earlier, later in pairwise(rows):
            if earlier.effective_to is None or earlier.effective_to >= later.effective_from:
                problems.append(
                    f"{where}/prices.csv: {' '.join(filter(None, key))}: two rows are in force on {later.effective_from}."
                )
    billed = {row.service for row in billing}
    problems += [
        f"{where}/billing.csv: {service} is neither billed nor listed under [not_offered] or [unpriced]."
        for service in WANTED_SERVICES
        if service not in billed and service not in file.not_offered and service not in file.unpriced
    ]
    problems += [
        f"{where}/billing.csv: {row.service}: billed_service must be one of the billed services (got {row.billed_service})."
        for row in billing
        if row.billed_service not in BILLED_SERVICES
    ]
    problems += [
        f"{where}/billing.csv: {row.service} {row.code}: source '{row.source}' is not declared{suggestion(row.source, [*known])}."
        for row in billing
        if row.source not in known
    ]
    if problems:
        raise FileProblems(problems)


def worst_kind(kinds: Iterable[SourceKind]) -> SourceKind:
    """The least trustworthy of several kinds of source."""
    order = [SourceKind.OFFICIAL, SourceKind.SURVEY, SourceKind.ASSUMPTION]
    return max(kinds, key=order.index, default=SourceKind.ASSUMPTION)
