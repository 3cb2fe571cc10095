"""Dated visits + tariff -> claim lines: what each service would be billed and allowed at.

Prices are sampled as floats, rounded once to minor units, and every later step is exact. One rank per provider and draw
keeps a whole course at one clinic's price level.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

import numpy as np

from estimator.draws import Draws, Flags
from estimator.errors import InputError, NoPrice
from estimator.fee_schedule import NATIONAL, Locality, Setting
from estimator.messages import marked, say
from estimator.money import MINOR_PER_MAJOR, Cents, rate, round_to_minor, share, to_minor
from estimator.pathway import Pathway, Source
from estimator.scenario import US_STATES, Area, Scenario
from estimator.schedule import Slot, Visits
from estimator.tariff import MEDICARE_MULTIPLE, BillingRow, PriceRow, Tariff
from estimator.uprating import uprated_price
from estimator.vocabulary import Assignment, Network, PriceKind, Service, SourceKind


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """One service on one visit: everything that is the same in every draw."""

    line_number: int
    day: date
    service: Service
    code: str
    units: int
    network: Network
    phase: int = 0
    visit_service: Service | None = None
    """What the visit is for, such as surgery for its three bills; None where the line says it all."""
    modifier: str = ""
    code_type: str = ""
    description: str = ""
    price: PriceUsed | None = None
    is_unpriced: bool = False
    in_surgical_fee: bool = False


@dataclass(frozen=True, slots=True)
class PriceUsed:
    """The price behind a line: per unit, in minor units, with its source."""

    code: str
    description: str
    unit: str
    kind: PriceKind
    low: int
    typical: int
    high: int
    source: Source
    note: str
    method: str
    """`listed`, `fee_schedule`, `multiple_of_medicare` or `own_price`."""


@dataclass(frozen=True, slots=True)
class ClaimLines:
    """Priced lines in order of date; the arrays have shape (lines, draws)."""

    lines: tuple[ClaimLine, ...]
    currency: str
    charge: Cents
    allowed: Cents
    present: Flags
    warnings: tuple[str, ...] = ()

    @property
    def draws(self) -> int:
        return int(self.charge.shape[1])

    def block(self, first: int, last: int) -> ClaimLines:
        """Some of the draws; draws never meet, so blocks give identical results."""
        part = slice(first, last)
        return ClaimLines(
            self.lines,
            self.currency,
            self.charge[:, part],
            self.allowed[:, part],
            self.present[:, part],
            self.warnings,
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where prices are looked up: area names from the most specific to the whole country, and Medicare localities."""

    areas: tuple[str, ...]
    localities: tuple[Locality, ...]


def place_of(area: Area, tariff: Tariff, on: date) -> Place:
    """The places of a region that fit an area; asks when a state alone does not say enough."""
    match tariff.region.area_kind:
        case "locality":
            return Place(("",), (_locality(area, tariff, on),))
        case "state":
            if area.locality is not None:
                instead = say(
                    "{region} takes a state, such as OH, and a county; leave this out.", region=tariff.region.id
                )
                raise InputError(f"area.locality: {instead}")
            return Place((*([area.state] if area.state else []), ""), _localities_of_state(area, tariff, on))
        case "nhs":
            nation, region = area.nation or "England", area.region
            return Place((*([f"{nation}/{region}"] if region else []), nation, ""), ())
        case _:
            region = area.region or ""
            if "London" in region:  # the city, or one of its five care boards
                return Place((region, "London", ""), ())
            return Place((region, "UK excluding London", ""), ())


def _locality(area: Area, tariff: Tariff, on: date) -> Locality:
    assert tariff.schedule is not None
    on = _year_loaded(tariff, on)
    if area.locality:
        return tariff.schedule.find_locality(area.locality, on)
    return tariff.schedule.locality_for(area.state, area.county, on=on) if area.state else NATIONAL


def _localities_of_state(area: Area, tariff: Tariff, on: date) -> tuple[Locality, ...]:
    """The localities of a state; prices use their plain mean unless the county says which."""
    if tariff.schedule is None or not area.state:
        return (NATIONAL,)
    on = _year_loaded(tariff, on)
    if area.county:
        return (tariff.schedule.locality_for(area.state, area.county, on=on),)
    found = tuple(place for place in tariff.schedule.localities(on) if place.state == area.state)
    return found or (tariff.schedule.locality_for(area.state, on=on),)


def _year_loaded(tariff: Tariff, on: date) -> date:
    """The date, or the same day of the nearest year with a fee schedule table."""
    assert tariff.schedule is not None
    years = tariff.schedule.years
    return on if on.year in years else date(min(years, key=lambda year: abs(year - on.year)), 1, 1)


# ---------------------------------------------------------------- pricing a course


@dataclass(slots=True)
class _Priced:
    """The lines so far; belongs to one call of `price_visits`."""

    lines: list[ClaimLine] = field(default_factory=list)
    charge: list[Cents] = field(default_factory=list)
    allowed: list[Cents] = field(default_factory=list)
    present: list[Flags] = field(default_factory=list)
    warnings: dict[str, None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _UnitPrice:
    allowed: Cents
    charge: Cents
    used: PriceUsed


def price_visits(
    visits: Visits,
    scenario: Scenario,
    tariff: Tariff,
    pathway: Pathway,
    draws: Draws,
    *,
    self_paid: frozenset[Service] = frozenset(),
) -> ClaimLines:
    """Claim lines for every dated visit.

    `self_paid` names the services for which the person pays the self-pay price. Raises `NoPrice` for a date outside the
    tariff's validity unless the scenario says `prices_as_of`.
    """
    course = _Course(scenario, tariff, pathway, draws, self_paid)
    for index, slot in enumerate(visits.slots):
        course.add(slot, visits.present[index], visits.hands_on[index])
    return course.result()


class _Course:
    """Prices one course of visits. Lives for one call of `price_visits`."""

    def __init__(
        self,
        scenario: Scenario,
        tariff: Tariff,
        pathway: Pathway,
        draws: Draws,
        self_paid: frozenset[Service],
    ) -> None:
        self.scenario, self.tariff, self.pathway, self.draws, self.self_paid = (
            scenario,
            tariff,
            pathway,
            draws,
            self_paid,
        )
        self.out = _Priced()
        self.billed_once: dict[Service, Flags] = {}
        self.unit_prices: dict[tuple[object, ...], _UnitPrice | None] = {}
        self.places: dict[str, Place] = {}
        self.sampled: dict[tuple[str, int, int, int], Cents] = {}
        self.days: dict[tuple[object, ...], Mapping[BillingRow, tuple[int, PriceUsed] | None]] = {}
        self.setting = scenario.setting or tariff.region.settings[0]
        if self.setting not in tariff.region.settings:
            known = say(
                "{region} has the settings {settings} (got {value}).",
                region=tariff.region.id,
                settings=", ".join(tariff.region.settings),
                value=repr(self.setting),
            )
            raise InputError(f"setting: {known}")

    # -------------------------------------------------------- one visit

    def add(self, slot: Slot, present: Flags, hands_on: Flags) -> None:
        cash = self._billed_services(slot) <= self.self_paid
        tariff = self._tariff_for(slot.service, cash=cash)
        rows = tariff.lines_for(slot.service, slot.phase, cash=cash)
        if slot.service in self.scenario.own_prices:
            self._own_price(slot, rows, present)
        elif not rows:
            self._line(slot, None, present, None)
        elif tariff.region.pricing == "fee_schedule" and not cash:
            self._fee_schedule_visit(slot, rows, tariff, present, hands_on)
        else:
            for row in rows:
                price = self._unit_price(row, slot, tariff, cash=cash)
                self._line(slot, row, self._billed(row, slot, present, hands_on), price)
        self.billed_once[slot.service] = self.billed_once.get(slot.service, np.zeros_like(present)) | present

    def _billed_services(self, slot: Slot) -> set[Service]:
        return {row.billed_service for row in self.tariff.billing if row.service == slot.service} or {slot.service}

    def _tariff_for(self, service: Service, *, cash: bool) -> Tariff:
        """The region's own tariff, or the one whose self-pay prices it points to."""
        other = self.tariff.self_pay
        serves = other is not None and any(row.service == service for row in other.billing)
        bills = any(row.service == service for row in self.tariff.billing)
        return other if other is not None and serves and (cash or not bills) else self.tariff

    def _billed(self, row: BillingRow, slot: Slot, present: Flags, hands_on: Flags) -> Flags:
        """In which draws a line of a visit is billed."""
        if row.when == "manual_therapy":
            return present & hands_on
        if row.when == "once" and slot.service in self.billed_once:
            return present & ~self.billed_once[slot.service]
        return present

    def _line(self, slot: Slot, row: BillingRow | None, present: Flags, price: _UnitPrice | None) -> None:
        in_fee = slot.in_surgical_fee and self.tariff.region.country == "US"
        units = (row.units if row else 1) * slot.units
        nothing: Cents = np.zeros(self.draws.count, dtype=np.int64)
        charge = nothing if price is None or in_fee else np.where(present, price.charge * units, 0)
        allowed = nothing if price is None or in_fee else np.where(present, price.allowed * units, 0)
        self._append(slot, row, units, present, charge, allowed, price.used if price else None, in_fee=in_fee)

    def _append(
        self,
        slot: Slot,
        row: BillingRow | None,
        units: int,
        present: Flags,
        charge: Cents,
        allowed: Cents,
        used: PriceUsed | None,
        *,
        in_fee: bool = False,
    ) -> None:
        service = row.billed_service if row else slot.service
        self.out.lines.append(
            ClaimLine(
                line_number=len(self.out.lines) + 1,
                day=slot.day,
                service=service,
                code=row.code if row else "",
                units=units,
                network=self._network(),
                phase=slot.phase,
                visit_service=slot.service,
                modifier=row.modifier if row else "",
                code_type=row.code_type if row else "",
                description=used.description if used else "",
                price=used,
                is_unpriced=used is None and not in_fee,
                in_surgical_fee=in_fee,
            )
        )
        self.out.charge.append(charge)
        self.out.allowed.append(allowed)
        self.out.present.append(present)

    def _network(self) -> Network:
        """A clinician who refuses assignment may bill the difference, as one outside a network does."""
        if self.scenario.assignment == Assignment.NOT_ACCEPTED and self.tariff.region.pricing == "fee_schedule":
            return Network.OUT_OF_NETWORK
        return self.scenario.network

    def _own_price(self, slot: Slot, rows: list[BillingRow], present: Flags) -> None:
        """The person's or clinic's own figure, for the whole visit."""
        minor = to_minor(self.scenario.own_prices[slot.service])
        used = PriceUsed(
            rows[0].code if rows else "",
            say("Your own figure."),
            "visit",
            PriceKind.ALLOWED,
            minor,
            minor,
            minor,
            _own_source(),
            "",
            "own_price",
        )
        amount = np.where(present, minor * slot.units, 0).astype(np.int64)
        self._append(slot, rows[0] if rows else None, slot.units, present, amount, amount, used)

    # -------------------------------------------------------- listed prices

    def _unit_price(self, row: BillingRow, slot: Slot, tariff: Tariff, *, cash: bool) -> _UnitPrice | None:
        key = (tariff.region.id, row.code, row.modifier, cash, slot.service, slot.day)
        if key not in self.unit_prices:
            self.unit_prices[key] = self._find_unit_price(row, slot, tariff, cash=cash)
        return self.unit_prices[key]

    def _find_unit_price(self, row: BillingRow, slot: Slot, tariff: Tariff, *, cash: bool) -> _UnitPrice | None:
        kinds = (PriceKind.CASH, PriceKind.ALLOWED, PriceKind.CHARGE) if cash else (PriceKind.ALLOWED,)
        used = next((u for u in (self._listed(row, slot, tariff, kind) for kind in kinds) if u is not None), None)
        if used is None and not cash:
            used = self._multiple_of_medicare(row, slot, tariff) or self._listed(row, slot, tariff, PriceKind.CASH)
        if used is None:
            return None
        billed = None if cash else self._listed(row, slot, tariff, PriceKind.CHARGE)
        allowed = self._sampled(used, slot)
        charge = np.maximum(self._sampled(billed, slot), allowed) if billed is not None else allowed
        return _UnitPrice(allowed, charge, used)

    def _listed(self, row: BillingRow, slot: Slot, tariff: Tariff, kind: PriceKind) -> PriceUsed | None:
        setting = self.setting if self.setting in tariff.region.settings else tariff.region.settings[0]
        areas = self._place(tariff).areas
        found = tariff.find_price(row.code, areas, setting, kind, slot.day, self.scenario.prices_as_of)
        if found is None:
            return None
        if not found.in_force(slot.day):
            self._warn_as_of(slot.day)
        listed = _listed_price(found, tariff)
        raised = uprated_price(found, self.scenario.prices_as_of or slot.day, tariff)
        if raised is None:
            return listed
        warning = say("Older published prices are brought to the date of care by a stated yearly rate.")
        self.out.warnings[warning] = None
        return replace(
            listed,
            low=raised.low,
            typical=raised.typical,
            high=raised.high,
            note=f"{found.note} {raised.note}".strip(),
            method="uprated",
        )

    def _multiple_of_medicare(self, row: BillingRow, slot: Slot, tariff: Tariff) -> PriceUsed | None:
        if row.code_type not in ("CPT", "HCPCS"):
            return None
        setting: Setting = "facility" if row.billed_service == Service.SURGERY_SURGEON else "nonfacility"
        localities, as_of = self._place(tariff).localities, self.scenario.prices_as_of
        loaded = _year_loaded(tariff, slot.day).year if tariff.schedule else slot.day.year
        if loaded != slot.day.year:
            warning = say(
                "Medicare fees of {year} are not loaded: those of {loaded_year} stand behind clinic prices then.",
                year=slot.day.year,
                loaded_year=loaded,
            )
            self.out.warnings[warning] = None
        try:
            return multiple_of_medicare(tariff, row.code, row.modifier, localities, setting, slot.day)
        except NoPrice:
            if as_of is None:
                raise
        self._warn_as_of(slot.day)
        return multiple_of_medicare(tariff, row.code, row.modifier, localities, setting, as_of)

    def _sampled(self, used: PriceUsed, slot: Slot) -> Cents:
        if used.low == used.high:
            return np.full(self.draws.count, used.typical, dtype=np.int64)
        provider = self.pathway.file.providers[slot.service]
        key = (provider, used.low, used.typical, used.high)
        if key not in self.sampled:
            price = self.draws.price(f"price:{provider}", used.low, used.typical, used.high)
            self.sampled[key] = np.floor(price + 0.5).astype(np.int64)
        return self.sampled[key]

    def _place(self, tariff: Tariff) -> Place:
        name = tariff.region.id
        if name not in self.places:
            area = self.scenario.area if tariff is self.tariff else _area_for(self.scenario.area, tariff)
            self.places[name] = place_of(area, tariff, self.scenario.care_starts)
        return self.places[name]

    # -------------------------------------------------------- the fee schedule

    def _fee_schedule_visit(
        self, slot: Slot, rows: list[BillingRow], tariff: Tariff, present: Flags, hands_on: Flags
    ) -> None:
        """A visit priced by the Medicare fee schedule, with the same-day reduction over its units."""
        billable = [row for row in rows if row.code_type in ("CPT", "HCPCS")]
        full = self._day(slot, tuple(billable), tariff)
        reduced = self._day(slot, tuple(row for row in billable if row.when != "manual_therapy"), tariff)
        for row in rows:
            billed = self._billed(row, slot, present, hands_on)
            if full.get(row) is None:
                price = None if row in full else self._unit_price(row, slot, tariff, cash=False)
                self._line(slot, row, billed, price)
                continue
            amount, used = full[row] or (0, None)
            without = (reduced.get(row) or (0, None))[0]
            in_fee = slot.in_surgical_fee
            fee = np.where(billed, np.where(hands_on, amount, without or amount), 0).astype(np.int64)
            fee = np.zeros_like(fee) if in_fee else fee
            charge, allowed = self._by_assignment(fee, tariff, slot.day)
            self._append(slot, row, row.units * slot.units, billed, charge, allowed, used, in_fee=in_fee)

    def _by_assignment(self, fee: Cents, tariff: Tariff, on: date) -> tuple[Cents, Cents]:
        """(charge, allowed): a clinician who does not participate is allowed less, and may bill more."""
        if self.scenario.assignment == Assignment.PARTICIPATING:
            return fee, fee
        allowed = share(fee, rate(tariff.factor("non_participating_share", on).middle))
        if self.scenario.assignment == Assignment.ACCEPTED:
            return allowed, allowed
        limit = tariff.factor("limiting_charge_multiple", on).middle - 1
        return fee + share(fee, rate(limit)), allowed

    def _day(
        self, slot: Slot, rows: tuple[BillingRow, ...], tariff: Tariff
    ) -> Mapping[BillingRow, tuple[int, PriceUsed] | None]:
        """Each row's allowed amount for its units; None where the schedule has no price."""
        assert tariff.schedule is not None
        on = slot.day
        if on.year not in tariff.schedule.years:
            if self.scenario.prices_as_of is None:
                last = max(tariff.schedule.years)
                raise NoPrice(
                    say(
                        "No {year} fee schedule table is loaded for {day}. Import it with estimator import pfs, or estimate "
                        "with --prices-as-of {last_day}.",
                        year=on.year,
                        day=on,
                        last_day=date(last, 12, 31),
                    )
                )
            on = self.scenario.prices_as_of
            tariff.schedule.year_of(on)
            self._warn_as_of(slot.day)
        key = (rows, slot.units, on.year)
        if key not in self.days:
            self.days[key] = self._price_day(slot, rows, tariff, on)
        return self.days[key]

    def _price_day(
        self, slot: Slot, rows: tuple[BillingRow, ...], tariff: Tariff, on: date
    ) -> Mapping[BillingRow, tuple[int, PriceUsed] | None]:
        assert tariff.schedule is not None
        locality = self._place(tariff).localities[0]
        setting: Setting = "facility" if self.setting in ("facility", "hospital_outpatient") else "nonfacility"
        units = [(row.code, row.modifier, row.units * slot.units) for row in rows]
        try:
            lines = tariff.schedule.day(units, locality, setting, on)
        except InputError:
            return dict.fromkeys(rows)
        return {
            row: None
            if line.allowed is None or line.fee.allowed is None
            else (round_to_minor(line.allowed), _schedule_price(row, line.fee.allowed, tariff, on, locality))
            for row, line in zip(rows, lines, strict=True)
        }

    def _warn_as_of(self, day: date) -> None:
        as_of = self.scenario.prices_as_of
        if as_of is not None and day > as_of:
            warning = say(
                "Prices for {year} are not published yet: visits then are priced as of {day}.", year=day.year, day=as_of
            )
        else:
            warning = say(
                "No prices for {year} are loaded: visits then are priced as of {day}.", year=day.year, day=as_of
            )
        self.out.warnings[warning] = None

    # -------------------------------------------------------- the result

    def result(self) -> ClaimLines:
        shape = (0, self.draws.count)
        out = self.out
        return ClaimLines(
            tuple(out.lines),
            self.tariff.region.currency,
            np.stack(out.charge) if out.lines else np.zeros(shape, dtype=np.int64),
            np.stack(out.allowed) if out.lines else np.zeros(shape, dtype=np.int64),
            np.stack(out.present) if out.lines else np.zeros(shape, dtype=bool),
            tuple(out.warnings),
        )


# ---------------------------------------------------------------- records of prices

TIMED_CODES = frozenset(
    "97032 97033 97035 97110 97112 97113 97116 97124 97140 97530 97535 97542 97750 97760 97761 97763".split()
)
"""Therapy codes billed by 15 minutes of contact (Claims Processing Manual, chapter 5, section 20.2)."""


def _unit(code: str) -> str:
    return "15_minutes" if code in TIMED_CODES else "visit"


OWN_TITLE, OWN_PUBLISHER = marked("Your own figure"), marked("you or your clinic")


def _own_source() -> Source:
    return Source(id="own-price", kind=SourceKind.SURVEY, title=say(OWN_TITLE), publisher=say(OWN_PUBLISHER))


def _listed_price(row: PriceRow, tariff: Tariff) -> PriceUsed:
    return PriceUsed(
        row.code, row.description, row.unit, row.price_kind, row.low, row.typical, row.high,
        tariff.source(row.source), row.note, "listed",
    )  # fmt: skip


def multiple_of_medicare(
    tariff: Tariff, code: str, modifier: str, localities: tuple[Locality, ...], setting: Setting, on: date
) -> PriceUsed | None:
    """An insurer's price as a stated multiple of the Medicare fee in the same place; None where Medicare has no fee.

    Several localities of one state are averaged plainly.
    """
    if tariff.schedule is None or not any(entry.id == MEDICARE_MULTIPLE for entry in tariff.region.factor):
        return None
    factor = tariff.factor(MEDICARE_MULTIPLE, on)
    on = _year_loaded(tariff, on)
    fees: list[Decimal] = []
    for locality in localities:
        try:
            fee = tariff.schedule.price(code, modifier, locality, setting, on).allowed
        except InputError:
            return None
        if fee is None:
            return None
        fees.append(fee)
    mean = sum(fees, start=Decimal(0)) / len(fees)
    low, typical, high = (
        round_to_minor(mean * (part or factor.middle)) for part in (factor.low, factor.typical, factor.high)
    )
    multiple, amount = f"{factor.middle.normalize():f}", f"{mean:.2f}"
    note = say("{multiple} times the {year} Medicare fee of {amount}.", multiple=multiple, year=on.year, amount=amount)
    return PriceUsed(
        code, "", _unit(code), PriceKind.ALLOWED, low, typical, high,
        tariff.source(factor.source), note, "multiple_of_medicare",
    )  # fmt: skip


def _schedule_price(row: BillingRow, fee: Decimal, tariff: Tariff, on: date, locality: Locality) -> PriceUsed:
    minor = int(fee * MINOR_PER_MAJOR)
    source = tariff.source(f"cms-pfs-{on.year}")
    return PriceUsed(
        row.code, "", _unit(row.code), PriceKind.ALLOWED, minor, minor, minor,
        source, say("Fee schedule {year}, {area}.", year=on.year, area=locality.area), "fee_schedule",
    )  # fmt: skip


def _area_for(area: Area, tariff: Tariff) -> Area:
    """The same place in the words of another region's tariff."""
    if tariff.region.area_kind == "uk_region" and area.nation is not None:
        return Area(region=area.region or area.nation)
    if tariff.region.area_kind == "state" and area.locality and not area.state:
        state = area.locality[:2].upper()
        return Area(state=state) if state in US_STATES and area.locality.upper() != "NATIONAL" else Area()
    return area


def prices_used(lines: ClaimLines) -> Iterator[tuple[Service, PriceUsed]]:
    """Every distinct price behind the lines, for "where these numbers come from"."""
    seen: set[tuple[Service, str, str]] = set()
    for line in lines.lines:
        if line.price is not None and (key := (line.service, line.code, line.price.source.id)) not in seen:
            seen.add(key)
            yield line.service, line.price
