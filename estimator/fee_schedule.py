"""The Medicare physician fee schedule: what Medicare allows for a code, in a place, on a date.

A price is (work x its index + practice expense x its index + malpractice x its index) x conversion factor,
computed exactly and rounded once, at the very end, halves up (42 USC 1395w-4(b)(1)). Whether there is a price
at all is decided by the status of the code. The same-day therapy reduction is part of the formula; the
percentages for surgery, imaging, assistants and non-participants are taken of the printed two-decimal fee.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from pathlib import Path
from typing import Literal

from estimator.errors import FileProblems, InputError
from estimator.messages import marked, say

Setting = Literal["nonfacility", "facility"]

RELATIVE_VALUES = "relative_values.csv"
CONVERSION_FACTORS = "conversion_factors.csv"
LOCALITIES = "localities.csv"
COUNTIES = "counties.csv"
EPISODE_CODES = "episode_codes.csv"

COLUMNS: Mapping[str, tuple[str, ...]] = {
    RELATIVE_VALUES: (
        "year", "code", "modifier", "status", "work_rvu", "pe_nonfacility_rvu", "pe_facility_rvu", "mp_rvu",
        "mult_proc", "global_days", "pctc_ind", "nonfac_na", "fac_na",
    ),
    CONVERSION_FACTORS: ("year", "qualifying_apm", "factor", "source", "note"),
    LOCALITIES: ("year", "mac", "locality", "state", "name", "work_gpci", "pe_gpci", "mp_gpci"),
    COUNTIES: ("state", "county", "mac", "locality"),
    EPISODE_CODES: ("code", "use_instead", "note"),
}  # fmt: skip

ALL_COUNTIES = "ALL COUNTIES"
ALL_OTHER_COUNTIES = "ALL OTHER COUNTIES"

THERAPY, IMAGING, SURGERY = "5", "4", "2"  # multiple-procedure indicators
PAYABLE_STATUSES = frozenset("ART")
PRICING_MODIFIERS = frozenset({"26", "TC", "53"})
# Who, where or why; the fee itself stays the same.
NEUTRAL_MODIFIERS = frozenset({
    "GP", "GO", "GN", "KX", "CQ", "CO", "25", "59", "XE", "XP", "XS", "XU", "LT", "RT", "AT",
    "GA", "GX", "GY", "GZ",
})  # fmt: skip

STATUS_REASONS: Mapping[str, str] = {
    "B": "is bundled: it is paid inside the other services of the day, and nobody may bill the patient.",
    "C": "has no national price: Medicare's contractor sets it case by case. Use the clinic's own figure.",
    "D": "was deleted.",
    "E": "is priced outside the fee schedule (for a drug, in Medicare's quarterly drug price list).",
    "F": "was deleted and has no grace period.",
    "G": "is not valid for Medicare, which uses another code.",
    "H": "was deleted with its modifier.",
    "I": "is not valid for Medicare, which uses another code.",
    "J": "is anaesthesia, paid by base units and time and not by relative values.",
    "L": "is a local code, priced by Medicare's contractor.",
    "M": "only reports a measurement and is never paid.",
    "N": "is not covered by Medicare: the patient pays the clinic's own price.",
    "P": "is bundled or excluded: it is paid with another service or not as a physician service.",
    "Q": "only reports functional information and is never paid.",
    "X": "is outside physician services by law, so the fee schedule has no price for it.",
}
RESTRICTED = "Coverage is restricted: Medicare pays this code only in special circumstances."
ONLY_ALONE = "Paid only when the same clinician is paid for nothing else that day."
NO_VALUES = "has no relative values this year: Medicare's contractor decides. Use the clinic's own figure."
THERAPY_IN_HOSPITAL = "Outpatient therapy in a hospital is paid at the same amount as in an office."
TECHNICAL_IN_HOSPITAL = "A hospital is paid for the technical part under its own system; this amount is the office one."
RARE_IN_FACILITY = "The schedule marks this as rarely or never done in a facility; the office values are used."
RARE_IN_OFFICE = "The schedule marks this as rarely or never done in an office; the facility values are used."
BY_REPORT = "is the sixth or a later procedure of the day, which Medicare prices by report."

STATE_NAMES: Mapping[str, str] = {
    "AL": marked("Alabama"),
    "AK": marked("Alaska"),
    "AZ": marked("Arizona"),
    "AR": marked("Arkansas"),
    "CA": marked("California"),
    "CO": marked("Colorado"),
    "CT": marked("Connecticut"),
    "DE": marked("Delaware"),
    "DC": marked("District of Columbia"),
    "FL": marked("Florida"),
    "GA": marked("Georgia"),
    "GU": marked("Guam"),
    "HI": marked("Hawaii"),
    "ID": marked("Idaho"),
    "IL": marked("Illinois"),
    "IN": marked("Indiana"),
    "IA": marked("Iowa"),
    "KS": marked("Kansas"),
    "KY": marked("Kentucky"),
    "LA": marked("Louisiana"),
    "ME": marked("Maine"),
    "MD": marked("Maryland"),
    "MA": marked("Massachusetts"),
    "MI": marked("Michigan"),
    "MN": marked("Minnesota"),
    "MS": marked("Mississippi"),
    "MO": marked("Missouri"),
    "MT": marked("Montana"),
    "NE": marked("Nebraska"),
    "NV": marked("Nevada"),
    "NH": marked("New Hampshire"),
    "NJ": marked("New Jersey"),
    "NM": marked("New Mexico"),
    "NY": marked("New York"),
    "NC": marked("North Carolina"),
    "ND": marked("North Dakota"),
    "OH": marked("Ohio"),
    "OK": marked("Oklahoma"),
    "OR": marked("Oregon"),
    "PA": marked("Pennsylvania"),
    "PR": marked("Puerto Rico"),
    "RI": marked("Rhode Island"),
    "SC": marked("South Carolina"),
    "SD": marked("South Dakota"),
    "TN": marked("Tennessee"),
    "TX": marked("Texas"),
    "UT": marked("Utah"),
    "VT": marked("Vermont"),
    "VA": marked("Virginia"),
    "VI": marked("Virgin Islands"),
    "WA": marked("Washington"),
    "WV": marked("West Virginia"),
    "WI": marked("Wisconsin"),
    "WY": marked("Wyoming"),
}
COUNTY_ALIASES: Mapping[tuple[str, str], str] = {
    ("FL", "MIAMIDADE"): "DADE",
    ("NY", "MANHATTAN"): "NEWYORK",
    ("NY", "BROOKLYN"): "KINGS",
    ("NY", "STATENISLAND"): "RICHMOND",
    ("NY", "THEBRONX"): "BRONX",
}
LIKELY_TYPO = 0.87  # no true county of a split state is this close to another county listed there

CENT = Decimal("0.01")
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class PaymentRules:
    """The shares that adjust a fee, each a share of one."""

    same_day_reduction: Decimal = Decimal("0.50")  # of practice expense, indicator 5
    imaging_technical_reduction: Decimal = Decimal("0.50")  # of the technical part, indicator 4
    imaging_professional_reduction: Decimal = Decimal("0.05")  # of the professional part, indicator 4
    later_surgery_share: Decimal = Decimal("0.50")  # second to fifth procedure, indicator 2
    assistant_share: Decimal = Decimal("0.85")  # 42 USC 1395m(v)
    nonparticipating_share: Decimal = Decimal("0.95")  # 42 USC 1395w-4(a)(3)
    limiting_charge_share: Decimal = Decimal("1.0925")  # of the full fee: 0.95 x 1.15


@dataclass(frozen=True, slots=True)
class Locality:
    """A payment locality of one year, or the nation (year None, indices of one)."""

    year: int | None
    mac: str
    number: str
    state: str
    name: str
    work_gpci: Decimal
    pe_gpci: Decimal
    mp_gpci: Decimal

    @property
    def area(self) -> str:
        """The short name people write: `NY-01`."""
        return f"{self.state}-{self.number}" if self.state else "NATIONAL"

    def __str__(self) -> str:
        return f"{self.area} {self.name}"


NATIONAL = Locality(None, "", "", "", "National average", Decimal("1.000"), Decimal("1.000"), Decimal("1.000"))


@dataclass(frozen=True, slots=True)
class RelativeValue:
    """One row of the relative value table."""

    year: int
    code: str
    modifier: str
    status: str
    work: Decimal
    pe_nonfacility: Decimal
    pe_facility: Decimal
    malpractice: Decimal
    mult_proc: str
    global_days: str
    pctc_ind: str
    is_rare_in_office: bool
    is_rare_in_facility: bool

    def practice_expense(self, setting: Setting) -> Decimal:
        """The practice expense of the setting."""
        return self.pe_facility if setting == "facility" else self.pe_nonfacility

    @property
    def has_values(self) -> bool:
        """Whether there is anything to multiply."""
        return bool(self.work or self.pe_nonfacility or self.pe_facility or self.malpractice)


@dataclass(frozen=True, slots=True)
class Component:
    """One of the three parts of a price: its relative value, after any reduction, and its index."""

    rvu: Decimal
    gpci: Decimal


@dataclass(frozen=True, slots=True)
class Fee:
    """The allowed amount of one unit, or the reason why there is none (then no figure is given at all)."""

    code: str
    modifier: str
    setting: Setting
    locality: Locality
    year: int
    status: str
    mult_proc: str
    allowed: Decimal | None
    work: Component | None
    practice_expense: Component | None
    malpractice: Component | None
    conversion_factor: Decimal | None
    is_reduced: bool
    reason: str  # why there is no price; blank when there is one
    note: str  # what to know about a price
    use_instead: str | None


@dataclass(frozen=True, slots=True)
class DayLine:
    """One line of a day after the multiple-procedure rules; `allowed` is for all its units."""

    code: str
    modifier: str
    units: int
    allowed: Decimal | None
    fee: Fee
    full_units: int
    reduced_units: int
    reason: str


@dataclass(frozen=True, slots=True)
class AssistantPayment:
    """A line furnished by an assistant: what Medicare pays and what the patient owes."""

    deductible: Decimal
    coinsurance: Decimal
    medicare_pays: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class NonparticipatingFee:
    """What a non-participating clinician may collect, and Medicare's basis."""

    allowed: Decimal
    limiting_charge: Decimal
    balance_bill: Decimal


def cents(amount: Decimal) -> Decimal:
    """The amount to the nearest cent, halves up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def lesser_of(charge: Decimal, fee: Decimal) -> Decimal:
    """Medicare allows the lower of the actual charge and the fee (42 USC 1395w-4(a)(1))."""
    return min(charge, fee)


def assistant_payment(
    allowed: Decimal,
    *,
    deductible: Decimal = Decimal("0.00"),
    patient_coinsurance: Decimal = Decimal("0.20"),
    coinsurance_on_unreduced: bool = True,
    rules: PaymentRules | None = None,
) -> AssistantPayment:
    """Payment for therapy furnished in whole or in part by an assistant (modifiers CQ and CO).

    Medicare pays 85% of its share. The patient's coinsurance is on the unreduced amount, unless the switch
    says otherwise; `allowed` is before the 85%, and `deductible` is what of it the deductible takes.
    """
    share = (rules or PaymentRules()).assistant_share
    basis = allowed if coinsurance_on_unreduced else cents(allowed * share)
    taken = min(deductible, basis)
    coinsurance = cents((basis - taken) * patient_coinsurance)
    medicare = basis - taken - coinsurance
    if coinsurance_on_unreduced:
        medicare = cents(medicare * share)
    return AssistantPayment(taken, coinsurance, medicare, taken + coinsurance + medicare)


def nonparticipating(
    fee: Decimal, *, assigned: bool, charge: Decimal | None = None, rules: PaymentRules | None = None
) -> NonparticipatingFee:
    """The fee of a clinician who does not participate: 95%, and if not assigned a bill of at most 109.25%.

    Without a charge, an unassigned clinician is taken to bill the most the law lets them.
    """
    rules = rules or PaymentRules()
    schedule_amount = cents(fee * rules.nonparticipating_share)
    limit = cents(fee * rules.limiting_charge_share)
    billed = limit if charge is None else min(charge, limit)
    allowed = schedule_amount if charge is None else lesser_of(charge, schedule_amount)
    balance = Decimal("0.00") if assigned else max(billed - allowed, Decimal("0.00"))
    return NonparticipatingFee(allowed, limit, balance)


def units_from_minutes(minutes: Mapping[str, int]) -> dict[str, int]:
    """Billable units of the timed codes of one day (Claims Processing Manual, chapter 5, section 20.2).

    The minutes of all timed codes together decide how many units there are: 8 to 22 make one, 23 to 37 two,
    and so on. Each code first has its full quarter hours; units left over go to the largest remainders, of
    equal ones to the code with more minutes, then to the lower code.
    """
    for code, spent in minutes.items():
        if type(spent) is not int or spent < 0:
            raise InputError(f"Minutes of {code} must be a whole number, zero or more (got {spent!r}).")
    total_units = (sum(minutes.values()) + 7) // 15
    units = {code: spent // 15 for code, spent in minutes.items()}
    by_remainder = sorted(minutes, key=lambda code: (-(minutes[code] % 15), -minutes[code], code))
    for code in by_remainder[: total_units - sum(units.values())]:
        units[code] += 1
    return units


def _county_key(county: str) -> str:
    """A county's name without the ways of writing it: `Saint Louis County` is `STLOUIS`."""
    name = re.sub(r"[^A-Z ]+", " ", county.upper().replace("'", "").replace("’", ""))
    name = re.sub(r"\bSAINT\b", "ST", " ".join(name.split()))
    name = re.sub(r"^CITY OF (.+)$", r"\1 CITY", name)
    name = re.sub(r"^(PARISH|COUNTY|BOROUGH) OF ", "", name)
    name = re.sub(r" (COUNTY|CNTY|PARISH|BOROUGH|CENSUS AREA|MUNICIPIO)$", "", name)
    return name.replace(" ", "")


def _nearest_codes(code: str, codes: Iterable[str]) -> list[str]:
    """The three codes most like this one: the same characters in the same places, then close in number."""

    def distance(other: str) -> tuple[int, int, str]:
        differing = sum(mine != theirs for mine, theirs in zip(code.ljust(5), other, strict=False))
        apart = abs(int(code) - int(other)) if code.isdigit() and other.isdigit() else 0
        return differing, apart, other

    return [other for other in sorted(codes, key=distance) if distance(other)[0] <= 2][:3]


def _state_code(text: str) -> str:
    """The two letters of a state written either way."""
    key = " ".join(text.upper().split())
    if key in STATE_NAMES:
        return key
    names = {name.upper(): code for code, name in STATE_NAMES.items()}
    if key in names:
        return names[key]
    near = [names.get(name, name) for name in difflib.get_close_matches(key, [*names, *STATE_NAMES], 3, 0.5)]
    nearest = ", ".join(dict.fromkeys(f"{STATE_NAMES[code]} ({code})" for code in near))
    raise InputError(f"No state {text!r}." + (f" Nearest: {nearest}." if near else " Use its two letters."))


@dataclass(frozen=True, eq=False)
class FeeSchedule:
    """Every year's tables, and the rules that turn them into prices."""

    values: Mapping[tuple[int, str, str], RelativeValue]
    factors: Mapping[tuple[int, bool], Decimal]
    places: Mapping[int, Mapping[tuple[str, str], Locality]]  # year -> (contractor, number) -> locality
    counties: Mapping[str, Mapping[str, tuple[str, str]]]  # state -> county key -> (contractor, number)
    county_names: Mapping[tuple[str, str], str] = field(default_factory=dict)  # (state, key) -> as printed
    advice: Mapping[str, tuple[str | None, str]] = field(default_factory=dict)  # code -> (use instead, note)
    rules: PaymentRules = PaymentRules()

    # ------------------------------------------------------------------ loading

    @classmethod
    def load(cls, folder: Path, rules: PaymentRules | None = None) -> FeeSchedule:
        """Read and check the tables of a folder; all problems are reported together."""
        problems: list[str] = []
        values: dict[tuple[int, str, str], RelativeValue] = {}
        factors: dict[tuple[int, bool], Decimal] = {}
        places: dict[int, dict[tuple[str, str], Locality]] = {}
        areas: set[tuple[int, str, str]] = set()
        counties: dict[str, dict[str, tuple[str, str]]] = {}
        county_names: dict[tuple[str, str], str] = {}
        advice: dict[str, tuple[str | None, str]] = {}

        for row in _rows(folder / RELATIVE_VALUES, problems):
            key = (row.whole("year"), row.match("code", CODE, "five letters or digits"), row["modifier"])
            if key in values:
                row.problem("code", "this year, code and modifier appear twice")
            values[key] = RelativeValue(
                *key,
                row.match("status", re.compile("[A-Z]"), "one capital letter"),
                row.amount("work_rvu"),
                row.amount("pe_nonfacility_rvu"),
                row.amount("pe_facility_rvu"),
                row.amount("mp_rvu"),
                row["mult_proc"],
                row["global_days"],
                row["pctc_ind"],
                row.match("nonfac_na", NA, "NA or blank") == "NA",
                row.match("fac_na", NA, "NA or blank") == "NA",
            )
        for row in _rows(folder / CONVERSION_FACTORS, problems):
            year = row.whole("year")
            who = row.match("qualifying_apm", re.compile("yes|no|"), "yes, no or blank for both")
            for qualifying in {"yes": (True,), "no": (False,)}.get(who, (False, True)):
                if (year, qualifying) in factors:
                    row.problem("qualifying_apm", f"{year} already has this factor")
                factors[year, qualifying] = row.amount("factor")
        for row in _rows(folder / LOCALITIES, problems):
            place = Locality(
                row.whole("year"),
                row.match("mac", MAC, "five digits"),
                row.match("locality", NUMBER, "two digits"),
                row.one_of("state", STATE_NAMES),
                row.match("name", re.compile(".+"), "a name"),
                row.amount("work_gpci"),
                row.amount("pe_gpci"),
                row.amount("mp_gpci"),
            )
            year = place.year or 0
            in_year = places.setdefault(year, {})
            if (place.mac, place.number) in in_year or (year, place.state, place.number) in areas:
                row.problem("locality", f"{place.area} appears twice in {year}")
            in_year[place.mac, place.number] = place
            areas.add((year, place.state, place.number))
        if (folder / COUNTIES).exists():
            for row in _rows(folder / COUNTIES, problems):
                state, county = (
                    row.one_of("state", STATE_NAMES),
                    row.match("county", re.compile(".+"), "a name"),
                )
                where = (
                    row.match("mac", MAC, "five digits"),
                    row.match("locality", NUMBER, "two digits"),
                )
                if places and where not in places[max(places)]:
                    row.problem("locality", f"{'-'.join(where)} is not in {LOCALITIES} of {max(places)}")
                name = _county_key(county)
                if name in counties.setdefault(state, {}):
                    row.problem("county", f"{county} of {state} appears twice")
                counties[state][name] = where
                county_names[state, name] = county
            served = {where for by_county in counties.values() for where in by_county.values()}
            for where, place in (places[max(places)] if places else {}).items():
                if where not in served:
                    problems.append(f"{folder / COUNTIES}: no county leads to {place}")
        if (folder / EPISODE_CODES).exists():
            for row in _rows(folder / EPISODE_CODES, problems):
                code = row.match("code", CODE, "five letters or digits")
                if code in advice:
                    row.problem("code", f"{code} appears twice")
                advice[code] = (row["use_instead"] or None, row["note"])
        for year in sorted({year for year, _, _ in values}):
            if year not in places:
                problems.append(f"{folder / LOCALITIES}: no rows for {year}, which {RELATIVE_VALUES} has")
            if (year, False) not in factors:
                problems.append(f"{folder / CONVERSION_FACTORS}: no factor for {year}")
        if problems:
            raise FileProblems(problems)
        return cls(values, factors, places, counties, county_names, advice, rules or PaymentRules())

    @cached_property
    def years(self) -> tuple[int, ...]:
        """The years with a table."""
        return tuple(sorted({year for year, _, _ in self.values}))

    def year_of(self, on: date) -> int:
        """The year whose table holds on a date, or an error saying how to import one."""
        if on.year not in self.years:
            loaded = ", ".join(map(str, self.years)) or "none"
            raise InputError(
                say(
                    "No {year} fee schedule table is loaded (loaded: {loaded_years}). Import one with: estimator import pfs "
                    "PPRRVU.csv GPCI.csv --year {year}",
                    year=on.year,
                    loaded_years=loaded,
                )
            )
        return on.year

    # ------------------------------------------------------------------ one price

    def price(
        self,
        code: str,
        modifier: str,
        locality: Locality,
        setting: Setting,
        on: date,
        *,
        reduced: bool = False,
        qualifying_apm: bool = False,
    ) -> Fee:
        """The allowed amount of one unit; `reduced` asks for the same-day therapy amount."""
        year = self.year_of(on)
        row = self.relative_value(code, modifier, year)
        if setting not in ("nonfacility", "facility"):
            raise InputError(f"Setting must be 'nonfacility' or 'facility' (got {setting!r}).")
        if locality.year not in (year, None):
            locality = self._same_place(locality, year)
        reason, use_instead = self._unpayable(row)
        if reason:
            return Fee(
                row.code, row.modifier, setting, locality, year, row.status, row.mult_proc,
                None, None, None, None, None, False, reason, "", use_instead,
            )  # fmt: skip
        if reduced and row.mult_proc != THERAPY:
            raise InputError(f"{row.code} has no same-day therapy reduction in {year}; ask for its full price.")
        return self._priced(row, locality, setting, self._factor(year, qualifying_apm), reduced)

    def _priced(
        self, row: RelativeValue, locality: Locality, setting: Setting, factor: Decimal, is_reduced: bool
    ) -> Fee:
        """The formula: three products summed, times the factor, rounded once."""
        expense = row.practice_expense(setting)
        if is_reduced:
            expense *= ONE - self.rules.same_day_reduction
        total = row.work * locality.work_gpci + expense * locality.pe_gpci + row.malpractice * locality.mp_gpci
        return Fee(
            row.code, row.modifier, setting, locality, row.year, row.status, row.mult_proc,
            cents(total * factor),
            Component(row.work, locality.work_gpci),
            Component(expense, locality.pe_gpci),
            Component(row.malpractice, locality.mp_gpci),
            factor, is_reduced, "", _note(row, setting), None,
        )  # fmt: skip

    def _variant(self, fee: Fee, modifier: str, *, is_reduced: bool = False) -> Fee | None:
        """A fee again, for one of its parts or reduced; None when the code has no such part with a price."""
        row = self.values.get((fee.year, fee.code, modifier))
        if row is None or fee.conversion_factor is None or self._unpayable(row)[0]:
            return None
        return self._priced(row, fee.locality, fee.setting, fee.conversion_factor, is_reduced)

    def relative_value(self, code: str, modifier: str, year: int) -> RelativeValue:
        """The row of a code; modifiers that do not change the fee are set aside."""
        row = self.values.get((year, code, modifier))
        if row is not None:
            return row
        code = code.strip().upper()
        written = re.split(r"[\s,;:]+", modifier.strip().upper()) if modifier.strip() else []
        priced = [word for word in written if word not in NEUTRAL_MODIFIERS]
        row = self.values.get((year, code, priced[0] if priced else "")) if len(priced) < 2 else None
        if row is not None:
            return row
        rows = sorted(known for found, name, known in self.values if (found, name) == (year, code))
        if rows:
            options = ", ".join(option or "no modifier" for option in rows)
            raise InputError(f"{code} has no modifier {' '.join(priced)!r} in {year}; it has: {options}.")
        near = _nearest_codes(code, {name for found, name, _ in self.values if found == year})
        raise InputError(
            f"No code {code!r} in the {year} table."
            + (f" Nearest: {', '.join(near)}." if near else "")
            + " To load every code of the year, import it with --codes all."
        )

    def _unpayable(self, row: RelativeValue) -> tuple[str, str | None]:
        """Why a code has no price, and the code to use instead; a blank reason when it has one."""
        if row.status in PAYABLE_STATUSES:
            return ("", None) if row.has_values else (f"{row.code} {NO_VALUES}", None)
        general = STATUS_REASONS.get(row.status, f"is not paid under the fee schedule (status {row.status}).")
        instead, note = self.advice.get(row.code, (None, ""))
        words = [f"{row.code} {general}"]
        if instead:
            words.append(f"Use {instead}.")
        if note:
            words.append(note)
        return " ".join(words), instead

    def _factor(self, year: int, qualifying_apm: bool) -> Decimal:
        """The conversion factor of the year for this clinician."""
        try:
            return self.factors[year, qualifying_apm]
        except KeyError:
            raise InputError(
                f"No {year} conversion factor for qualifying participants is loaded: add a row with "
                f"qualifying_apm=yes to {CONVERSION_FACTORS}, or import the agency's QPP file of {year}."
            ) from None

    # ------------------------------------------------------------------ one day

    def therapy_day(
        self,
        units: Sequence[tuple[str, str, int]],
        locality: Locality,
        setting: Setting,
        on: date,
        *,
        qualifying_apm: bool = False,
    ) -> tuple[DayLine, ...]:
        """The lines (code, modifier, units) of one day after the same-day therapy reduction, in their order.

        Over all units of indicator-5 codes one is paid in full: the one with the highest practice expense in
        the setting, of equal ones the dearer, of those the lower code. Every other such unit is paid reduced;
        other codes are paid in full.
        """
        return self._day(units, locality, setting, on, qualifying_apm, {THERAPY: self._therapy})

    def imaging_day(
        self,
        units: Sequence[tuple[str, str, int]],
        locality: Locality,
        setting: Setting,
        on: date,
        *,
        qualifying_apm: bool = False,
    ) -> tuple[DayLine, ...]:
        """The lines of one session after the imaging rule (indicator 4).

        The dearest technical part and the dearest professional part are paid in full, every other technical
        part at 50% and every other professional part at 95%.
        """
        return self._day(units, locality, setting, on, qualifying_apm, {IMAGING: self._imaging})

    def surgery_day(
        self,
        units: Sequence[tuple[str, str, int]],
        locality: Locality,
        setting: Setting,
        on: date,
        *,
        qualifying_apm: bool = False,
    ) -> tuple[DayLine, ...]:
        """The lines of one day after the surgery rule (indicator 2): by fee 100%, then 50% four times."""
        return self._day(units, locality, setting, on, qualifying_apm, {SURGERY: self._surgery})

    def day(
        self,
        units: Sequence[tuple[str, str, int]],
        locality: Locality,
        setting: Setting,
        on: date,
        *,
        qualifying_apm: bool = False,
    ) -> tuple[DayLine, ...]:
        """The lines of one day after all three multiple-procedure rules, each among its own codes."""
        rules: dict[str, _Rule] = {THERAPY: self._therapy, IMAGING: self._imaging, SURGERY: self._surgery}
        return self._day(units, locality, setting, on, qualifying_apm, rules)

    def _day(
        self,
        units: Sequence[tuple[str, str, int]],
        locality: Locality,
        setting: Setting,
        on: date,
        qualifying_apm: bool,
        rules: Mapping[str, _Rule],
    ) -> tuple[DayLine, ...]:
        """Full prices first, then each rule over the lines of its indicator."""
        lines: list[DayLine] = []
        for code, modifier, count in units:
            if type(count) is not int or count < 1:
                raise InputError(f"Units of {code} must be a whole number, one or more (got {count!r}).")
            fee = self.price(code, modifier, locality, setting, on, qualifying_apm=qualifying_apm)
            total = None if fee.allowed is None else fee.allowed * count
            full = 0 if total is None else count
            lines.append(DayLine(fee.code, fee.modifier, count, total, fee, full, 0, fee.reason))
        for indicator, rule in rules.items():
            among = [
                number
                for number, line in enumerate(lines)
                if line.allowed is not None and line.fee.mult_proc == indicator
            ]
            among.sort(key=lambda number: (lines[number].code, lines[number].modifier, number))
            if among:
                changed = rule([lines[number] for number in among])
                for number, line in zip(among, changed, strict=True):
                    lines[number] = line
        return tuple(lines)

    def _therapy(self, lines: list[DayLine]) -> list[DayLine]:
        """The same-day reduction, over lines in the order of their codes."""

        def rank(number: int) -> tuple[Decimal, Decimal, int]:
            fee = lines[number].fee
            expense = fee.practice_expense
            return (expense.rvu if expense else Decimal(0)), _amount(fee), -number

        owner = max(range(len(lines)), key=rank)
        result = []
        for number, line in enumerate(lines):
            reduced = self._variant(line.fee, line.fee.modifier, is_reduced=True)
            full_units = int(number == owner)
            rest = line.units - full_units
            total = _amount(line.fee) * full_units + _amount(reduced) * rest
            result.append(replace(line, allowed=total, full_units=full_units, reduced_units=rest))
        return result

    def _imaging(self, lines: list[DayLine]) -> list[DayLine]:
        """The imaging rule, over lines in the order of their codes: each part has one owner paid in full."""
        shares = {
            "TC": ONE - self.rules.imaging_technical_reduction,
            "26": ONE - self.rules.imaging_professional_reduction,
        }
        parts = [self._imaging_parts(line.fee) for line in lines]
        owners = {
            name: max(
                (number for number, held in enumerate(parts) if name in held),
                key=lambda number: (parts[number][name], -number),
                default=None,
            )
            for name in shares
        }
        result = []
        for number, (line, held) in enumerate(zip(lines, parts, strict=True)):
            owned = {name for name in held if owners[name] == number}
            other_units = _total(cents(fee * shares[name]) for name, fee in held.items()) * (line.units - 1)
            first_unit = _total(fee if name in owned else cents(fee * shares[name]) for name, fee in held.items())
            full_units = int(owned == set(held))
            total = (_amount(line.fee) if full_units else first_unit) + other_units
            result.append(replace(line, allowed=total, full_units=full_units, reduced_units=line.units - full_units))
        return result

    def _imaging_parts(self, fee: Fee) -> dict[str, Decimal]:
        """The fees of the technical and professional parts that a line holds."""
        row = self.values[fee.year, fee.code, fee.modifier]
        whole = {"3": "TC", "2": "26"}.get(row.pctc_ind, fee.modifier)  # codes that are one part only
        if whole:
            return {whole: _amount(fee)}
        both = {name: self._variant(fee, name) for name in ("TC", "26")}
        return {name: _amount(part) for name, part in both.items() if part is not None}

    def _surgery(self, lines: list[DayLine]) -> list[DayLine]:
        """The surgery rule, over lines in the order of their codes."""
        units = [number for number, line in enumerate(lines) for _ in range(line.units)]
        order = sorted(units, key=lambda number: -_amount(lines[number].fee))
        totals = [Decimal(0)] * len(lines)
        for place, number in enumerate(order[:5]):
            share = ONE if place == 0 else self.rules.later_surgery_share
            totals[number] += cents(_amount(lines[number].fee) * share)
        by_report = set(order[5:])
        result = []
        for number, line in enumerate(lines):
            if number in by_report:
                reason = f"{line.code} {BY_REPORT}"
                result.append(replace(line, allowed=None, full_units=0, reduced_units=0, reason=reason))
            else:
                full_units = int(number == order[0])
                rest = line.units - full_units
                result.append(replace(line, allowed=totals[number], full_units=full_units, reduced_units=rest))
        return result

    # ------------------------------------------------------------------ places

    def localities(self, on: date) -> tuple[Locality, ...]:
        """The localities of a date's year, by state and number."""
        return tuple(sorted(self.places[self.year_of(on)].values(), key=lambda place: (place.state, place.number)))

    def find_locality(self, text: str, on: date) -> Locality:
        """The locality a person names: `NY-01`, `13202-01`, `NATIONAL`, its name, or a state with one."""
        key = " ".join(text.upper().split())
        if key == "NATIONAL":
            return NATIONAL
        places = self.localities(on)
        pair = re.fullmatch(r"([A-Z]{2}|\d{4,5})\s*-\s*(\d{1,2})", key)
        if pair:
            where, number = pair[1].zfill(5) if pair[1].isdigit() else pair[1], pair[2].zfill(2)
            for place in places:
                if where in (place.mac, place.state) and number == place.number:
                    return place
            siblings = [str(place) for place in places if where in (place.mac, place.state)]
            if siblings:
                known = "; ".join(siblings)
                raise InputError(
                    say("No locality {value}. {place} has: {known}.", value=repr(text), place=where, known=known)
                )
        named = [place for place in places if place.name.upper() == key]
        if len(named) == 1:
            return named[0]
        if key in STATE_NAMES or key in (name.upper() for name in STATE_NAMES.values()):
            return self.locality_for(key, on=on)
        names = {
            **{place.area: place for place in places},
            **{f"{place.mac}-{place.number}": place for place in places},
            **{place.name.upper(): place for place in places},
        }
        close = difflib.get_close_matches(key, names, 4, 0.65) or difflib.get_close_matches(key, names, 4, 0.4)
        near = dict.fromkeys(str(names[name]) for name in close)
        said = [say("No locality {value}.", value=repr(text))]
        if near:
            said.append(say("Nearest: {known}.", known="; ".join(near)))
        raise InputError(" ".join([*said, say("Write an area as NY-01, 13202-01 or NATIONAL.")]))

    def locality_for(self, state: str, county: str | None = None, *, on: date | None = None) -> Locality:
        """The locality of a state and county; the state alone is enough where one locality serves it."""
        code = _state_code(state)
        year = self.years[-1] if on is None else self.year_of(on)
        places = self.places[year]
        listed = self.counties.get(code) or {
            _county_key(place.name): (place.mac, place.number) for place in places.values() if place.state == code
        }
        served = sorted(set(listed.values()))
        if not served:
            raise InputError(
                say("No Medicare locality of {year} serves {state}.", year=year, state=say(STATE_NAMES[code]))
            )
        if len(served) == 1:
            return places[served[0]]
        if county is None or not county.strip():
            options = "; ".join(self._described(code, where, places[where]) for where in served)
            raise InputError(
                say(
                    "{state} is served by {number} Medicare localities. Which county is the clinic in? {options}.",
                    state=say(STATE_NAMES[code]),
                    number=len(served),
                    options=options,
                )
            )
        key = _county_key(county)
        key = COUNTY_ALIASES.get((code, key), key)
        for name in (key, f"{key}CITY"):
            if name in listed:
                return places[listed[name]]
        counties = {name: self.county_names.get((code, name), name) for name in listed}
        typos = difflib.get_close_matches(key, listed, 3, LIKELY_TYPO)
        rest = listed.get(_county_key(ALL_OTHER_COUNTIES))
        if typos or rest is None:
            near = typos or difflib.get_close_matches(key, listed, 3, 0.5) or sorted(listed)
            raise InputError(
                say(
                    "No county {value} in {state}. Nearest: {known}.",
                    value=repr(county),
                    state=say(STATE_NAMES[code]),
                    known=", ".join(counties[name] for name in near),
                )
            )
        return places[rest]

    def _described(self, state: str, where: tuple[str, str], place: Locality) -> str:
        """A locality with the counties of this state that it serves."""
        names = [
            self.county_names.get((state, key), key)
            for key, found in self.counties.get(state, {}).items()
            if found == where
        ]
        return f"{place} ({', '.join(name.lower() if name.isupper() else name for name in names)})"

    def _same_place(self, locality: Locality, year: int) -> Locality:
        """The same locality in another year."""
        try:
            return self.places[year][locality.mac, locality.number]
        except KeyError:
            gone = say(
                "Locality {place} of {year} does not exist in {other_year}.",
                place=locality,
                year=locality.year,
                other_year=year,
            )
            raise InputError(gone) from None


_Rule = Callable[[list[DayLine]], list[DayLine]]


def _amount(fee: Fee | None) -> Decimal:
    """The amount of a fee known to have one."""
    assert fee is not None, "a multiple-procedure rule reached a code without a price"
    assert fee.allowed is not None, fee.reason
    return fee.allowed


def _total(amounts: Iterable[Decimal]) -> Decimal:
    """A sum that is a Decimal even of nothing."""
    return sum(amounts, Decimal(0))


def _note(row: RelativeValue, setting: Setting) -> str:
    """What to know about a price: restricted cover, or a setting the schedule marks NA."""
    words = []
    if row.status == "R":
        words.append(RESTRICTED)
    if row.status == "T":
        words.append(ONLY_ALONE)
    if setting == "facility" and row.is_rare_in_facility:
        if row.pctc_ind == "7":
            words.append(THERAPY_IN_HOSPITAL)
        elif row.pctc_ind == "1" and row.modifier in ("", "TC"):
            words.append(TECHNICAL_IN_HOSPITAL)
        else:
            words.append(RARE_IN_FACILITY)
    if setting == "nonfacility" and row.is_rare_in_office:
        words.append(RARE_IN_OFFICE)
    return " ".join(words)


CODE = re.compile(r"[0-9A-Z]{5}")
MAC = re.compile(r"\d{5}")
NUMBER = re.compile(r"\d{2}")
NA = re.compile("NA|")
AMOUNT = re.compile(r"\d+(\.\d+)?")


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of a table, and where to report what is wrong with it."""

    where: str
    fields: Mapping[str, str]
    problems: list[str]

    def __getitem__(self, name: str) -> str:
        return self.fields[name]

    def problem(self, name: str, words: str) -> None:
        """Note a problem of a field."""
        self.problems.append(f"{self.where}, {name}: {words}")

    def match(self, name: str, pattern: re.Pattern[str], expected: str) -> str:
        """A text of a given form."""
        if not pattern.fullmatch(self[name]):
            self.problem(name, f"expected {expected} (got {self[name]!r})")
        return self[name]

    def one_of(self, name: str, allowed: Mapping[str, str]) -> str:
        """A text from a list."""
        if self[name] not in allowed:
            self.problem(name, f"expected the two letters of a state (got {self[name]!r})")
        return self[name]

    def whole(self, name: str) -> int:
        """A year; zero stands in for a wrong one, which has been noted."""
        if not re.fullmatch(r"\d{4}", self[name]):
            self.problem(name, f"expected a year (got {self[name]!r})")
            return 0
        return int(self[name])

    def amount(self, name: str) -> Decimal:
        """A decimal, zero or more; zero stands in for a wrong one, which has been noted."""
        if not AMOUNT.fullmatch(self[name]):
            self.problem(name, f"expected a decimal, zero or more (got {self[name]!r})")
            return Decimal(0)
        return Decimal(self[name])


def _rows(path: Path, problems: list[str]) -> list[_Row]:
    """The rows of a table; row numbers count the header, as a spreadsheet does."""
    columns = COLUMNS[path.name]
    try:
        with path.open(encoding="utf-8", newline="") as file:
            table = list(csv.reader(file, strict=True))
    except FileNotFoundError:
        problems.append(f"{path}: missing. Import it with: estimator import pfs PPRRVU.csv GPCI.csv --year YEAR")
        return []
    except (UnicodeDecodeError, csv.Error) as error:
        problems.append(f"{path}: not a table in UTF-8 ({error})")
        return []
    if not table or tuple(table[0]) != columns:
        problems.append(f"{path}: row 1: expected the columns {','.join(columns)}")
        return []
    rows = []
    for number, fields in enumerate(table[1:], start=2):
        where = f"{path}: row {number}"
        if len(fields) != len(columns):
            problems.append(f"{where}: expected {len(columns)} fields (got {len(fields)})")
            continue
        rows.append(_Row(where, dict(zip(columns, fields, strict=True)), problems))
    return rows
