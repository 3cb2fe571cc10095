"""One code, one place, one date: its price, with parts and sources; never a figure for what is not paid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

from pydantic import SerializeAsAny

from estimator.errors import InputError, NoPrice
from estimator.fee_schedule import Component, Fee, Locality, Setting
from estimator.files import Record, read_rows, suggestion
from estimator.money import to_decimal
from estimator.pathway import Source
from estimator.pricing import multiple_of_medicare, place_of
from estimator.scenario import NATIONS, US_STATES, Area
from estimator.tariff import MEDICARE_MULTIPLE, PriceRow, Tariff, load_tariff
from estimator.vocabulary import PriceKind, Region

LINE_COLUMNS = ("code", "modifier", "area", "setting", "date", "reduced")
SETTINGS: Mapping[str, Setting] = {
    "nonfacility": "nonfacility",
    "facility": "facility",
    "independent_clinic": "nonfacility",
    "hospital_outpatient": "facility",
}


class ComponentPart(Record):
    """A relative value and the index of the place it is multiplied by."""

    rvu: Decimal
    gpci: Decimal


class FeeParts(Record):
    """The three parts of a Medicare fee and the conversion factor."""

    work: ComponentPart
    practice_expense: ComponentPart
    malpractice: ComponentPart
    conversion_factor: Decimal


class PriceRange(Record):
    """A listed price per unit; low and high are the 10th and 90th percentile or the published range."""

    low: Decimal
    typical: Decimal
    high: Decimal
    unit: str
    area: str
    note: str


class Price(Record):
    """The price of one code; `allowed` is null, with a reason, where there is none to pay."""

    code: str
    modifier: str = ""
    area: str
    setting: str
    date: date
    allowed: Decimal | None
    currency: str
    status: str
    """Medicare's status letter; elsewhere `listed`, `multiple_of_medicare` or `not_listed`."""
    reason: str = ""
    note: str = ""
    use_instead: str | None = None
    reduced: bool = False
    components: FeeParts | None = None
    range: PriceRange | None = None
    cash: PriceRange | None = None
    charge: PriceRange | None = None
    sources: tuple[Source, ...]


class PriceProblem(Record):
    """A line of a file that cannot be priced, and why."""

    code: str
    error: str


class Prices(Record):
    """The prices of a whole file, in the order of its rows."""

    prices: tuple[SerializeAsAny[Price | PriceProblem], ...]


def price(
    region: Region,
    code: str,
    area: str = "",
    setting: str = "",
    on: date | None = None,
    *,
    modifier: str = "",
    reduced: bool = False,
    qualifying_apm: bool = False,
    as_of: date | None = None,
    tariffs: Path | None = None,
) -> Price:
    """The price of a code; raises `InputError` for an unknown code, place, setting or a date without a table."""
    tariff = load_tariff(region, tariffs)
    on = on or date(max(tariff.schedule.years), 1, 1) if region == Region.MEDICARE_PART_B and tariff.schedule else on
    on = on or date.today()
    if region == Region.MEDICARE_PART_B:
        return _medicare(
            tariff, code, area, setting, on, as_of, modifier, reduced=reduced, qualifying_apm=qualifying_apm
        )
    if reduced or modifier:
        raise InputError("reduced, modifier: only medicare_part_b has them; leave them out.")
    return _listed(tariff, code, area, setting, on, as_of)


# ---------------------------------------------------------------- Medicare


def _medicare(
    tariff: Tariff,
    code: str,
    area: str,
    setting: str,
    on: date,
    as_of: date | None,
    modifier: str,
    *,
    reduced: bool,
    qualifying_apm: bool,
) -> Price:
    assert tariff.schedule is not None
    asked = on
    if on.year not in tariff.schedule.years and as_of is not None:
        on = as_of
    place = tariff.schedule.find_locality(area or "NATIONAL", on)
    if setting and setting not in SETTINGS:
        raise InputError(
            f"setting: expected one of {', '.join(SETTINGS)} (got {setting!r}){suggestion(setting, [*SETTINGS])}."
        )
    fee = tariff.schedule.price(
        code.upper(),
        modifier.upper(),
        place,
        SETTINGS[setting or "nonfacility"],
        on,
        reduced=reduced,
        qualifying_apm=qualifying_apm,
    )
    found = _fee_price(fee, place, on, tariff)
    if asked == on:
        return found
    warning = f"No {asked.year} fee schedule table is loaded: this is the price of {on}."
    return found.model_copy(update={"note": f"{warning} {found.note}".strip()})


def _fee_price(fee: Fee, place: Locality, on: date, tariff: Tariff) -> Price:
    wanted = (f"cms-pfs-{fee.year}", f"cms-gpci-{fee.year}")
    return Price(
        code=fee.code,
        modifier=fee.modifier,
        area=place.area,
        setting=fee.setting,
        date=on,
        allowed=fee.allowed,
        currency=tariff.region.currency,
        status=fee.status,
        reason=fee.reason,
        note=fee.note,
        use_instead=fee.use_instead,
        reduced=fee.is_reduced,
        components=_parts(fee),
        sources=tuple(source for source in tariff.region.source if source.id in wanted),
    )


def _parts(fee: Fee) -> FeeParts | None:
    if fee.work is None or fee.practice_expense is None or fee.malpractice is None or fee.conversion_factor is None:
        return None

    def part(component: Component) -> ComponentPart:
        return ComponentPart(rvu=component.rvu, gpci=component.gpci)

    return FeeParts(
        work=part(fee.work),
        practice_expense=part(fee.practice_expense),
        malpractice=part(fee.malpractice),
        conversion_factor=fee.conversion_factor,
    )


def price_file(path: Path, *, qualifying_apm: bool = False, tariffs: Path | None = None) -> Prices:
    """Prices for every row of a CSV file with columns code, modifier, area, setting, date and reduced (Medicare)."""
    tariff = load_tariff(Region.MEDICARE_PART_B, tariffs)
    return Prices(prices=tuple(_price_rows(path, tariff, qualifying_apm=qualifying_apm)))


def _price_rows(path: Path, tariff: Tariff, *, qualifying_apm: bool) -> Iterator[Price | PriceProblem]:
    for number, cells in read_rows(path, LINE_COLUMNS[:1], LINE_COLUMNS[1:]):
        try:
            yield _price_row(cells, tariff, qualifying_apm=qualifying_apm)
        except (InputError, ValueError) as error:
            yield PriceProblem(code=cells["code"], error=f"{path}: row {number}: {error}")


def _price_row(cells: Mapping[str, str], tariff: Tariff, *, qualifying_apm: bool) -> Price:
    assert tariff.schedule is not None
    text = cells.get("date", "")
    try:
        on = date.fromisoformat(text) if text else date(max(tariff.schedule.years), 1, 1)
    except ValueError:
        raise ValueError(f"date: expected a date such as 2026-06-01 (got {text!r})") from None
    words = {"": False, "0": False, "no": False, "false": False, "1": True, "yes": True, "true": True}
    reduced = cells.get("reduced", "").lower()
    if reduced not in words:
        raise ValueError(f"reduced: expected yes, no or blank (got {reduced!r})")
    return _medicare(
        tariff,
        cells["code"],
        cells.get("area", ""),
        cells.get("setting", ""),
        on,
        None,
        cells.get("modifier", ""),
        reduced=words[reduced],
        qualifying_apm=qualifying_apm,
    )


# ---------------------------------------------------------------- listed prices


def _listed(tariff: Tariff, code: str, area: str, setting: str, on: date, as_of: date | None) -> Price:
    known = sorted({row.code for row in tariff.prices} | {row.code for row in tariff.billing})
    if code not in known:
        raise InputError(f"code: {tariff.region.id} has no code '{code}'{suggestion(code, known)}.")
    if setting and setting not in tariff.region.settings:
        raise InputError(
            f"setting: {tariff.region.id} has the settings {', '.join(tariff.region.settings)} (got {setting!r})."
        )
    setting = setting or tariff.region.settings[0]
    place = place_of(area_named(area, tariff), tariff, on)
    found = {kind: tariff.find_price(code, place.areas, setting, kind, on, as_of) for kind in PriceKind}
    allowed = found[PriceKind.ALLOWED]
    status, used = ("listed", _range(allowed)) if allowed else ("not_listed", None)
    sources = [tariff.source(row.source) for row in found.values() if row is not None]
    if allowed is None and tariff.schedule is not None and (factor := tariff.find_factor(MEDICARE_MULTIPLE, on)):
        used = _multiple(tariff, code, place.localities, on)
        if used is not None:
            status = "multiple_of_medicare"
            sources.append(tariff.source(factor.source))
    if used is None and found[PriceKind.CASH] is None and found[PriceKind.CHARGE] is None:
        raise NoPrice(
            f"No price is published for {code} in {tariff.region.id}; ask for one and add it as your own price."
        )
    return Price(
        code=code,
        area=place.areas[0] or "NATIONAL",
        setting=setting,
        date=on,
        allowed=used.typical if used else None,
        currency=tariff.region.currency,
        status=status,
        reason="" if used else "There is no insurer's price for this; people who pay themselves pay the cash price.",
        range=used,
        cash=_range(found[PriceKind.CASH]),
        charge=_range(found[PriceKind.CHARGE]),
        sources=tuple({source.id: source for source in sources}.values()),
    )


def area_named(text: str, tariff: Tariff) -> Area:
    """An area as people write it: `OH`, `NY-01`, `England/London`, `Scotland`, `London`."""
    match tariff.region.area_kind:
        case "state":
            state = text[:2].upper()
            if text and (state not in US_STATES or len(text) != 2):
                raise InputError(f"area: expected a US state's two letters, such as OH (got {text!r}).")
            return Area(state=state) if text else Area()
        case "locality":
            return Area(locality=text or None)
        case _:
            nation, _, region = text.partition("/")
            if text.upper() in US_STATES:
                raise InputError(
                    f"area: {tariff.region.id} takes a nation or region, such as England or London (got {text!r})."
                )
            if nation in NATIONS:
                return Area(nation=nation, region=region or None)
            return Area(region=text or None)


def _range(row: PriceRow | None) -> PriceRange | None:
    if row is None:
        return None
    return PriceRange(
        low=to_decimal(row.low),
        typical=to_decimal(row.typical),
        high=to_decimal(row.high),
        unit=row.unit,
        area=row.area or "whole country",
        note=row.note,
    )


def _multiple(tariff: Tariff, code: str, localities: tuple[Locality, ...], on: date) -> PriceRange | None:
    used = multiple_of_medicare(tariff, code, "", localities, "nonfacility", on)
    if used is None:
        return None
    return PriceRange(
        low=to_decimal(used.low),
        typical=to_decimal(used.typical),
        high=to_decimal(used.high),
        unit=used.unit,
        area="",
        note=used.note,
    )
