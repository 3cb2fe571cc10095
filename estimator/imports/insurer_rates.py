"""An insurer's in-network file becomes price rows: 45 CFR 147.212, the published JSON layout of versions 1 and 2.

The file names each code once, then what groups of providers are paid for it. Only dollar amounts for one
service enter a median; every group of providers counts once for each rate it is listed with.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

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
    amount_of,
    as_json,
    code_type_of,
    is_placeholder,
    price_row,
    read_date,
    slug,
    unit_of,
    wanted_codes,
)
from estimator.imports.streams import Element, JsonFile, JsonObject, PriceFile, any_of

ALL_CODES = "CSTM-00"
OFFICE_PLACES = frozenset({"11", "49", "CSTM-00"})  # office, independent clinic, any place
HOSPITAL_PLACES = frozenset({"19", "22"})
DOLLAR_TYPES = frozenset({"negotiated", "fee schedule"})
LEFT_OUT_TYPES = {"percentage": "percentage_only", "per diem": "per_day", "derived": "derived"}
TOP_NAMES = frozenset({"reporting_entity_name", "reporting_entity_type", "in_network", "provider_references"})
NEVER = date(9999, 12, 31)
OTHER_FILES = {
    "reporting_structure": "the insurer's table of contents: fetch one of the in-network files it names",
    "out_of_network": "the insurer's file of past out-of-network amounts, which states no negotiated rates",
    "standard_charge_information": "a hospital's file: use hospital-prices",
    "provider_groups": "a list of providers that in-network files refer to",
}


@dataclass(frozen=True, slots=True)
class InsurerRates:
    """What one insurer's file says about the wanted codes, and what was left out of it.

    A setting is `outpatient`, `both` or `unstated`, with the place of a professional's service after it.
    """

    file: Path
    version: str
    insurer: str
    plan: str
    last_updated_on: date
    codes_read: int
    codes_of_ours: int
    provider_groups: int
    prices: tuple[CodePrices, ...]
    findings: tuple[Finding, ...]
    codes_not_found: tuple[str, ...]

    @property
    def source_id(self) -> str:
        return f"insurer-{slug(f'{self.insurer} {self.plan}')}-{self.last_updated_on}"

    def source(self, retrieved: date | None = None) -> Source:
        """The record that imported rows cite."""
        name = f"{self.insurer}, {self.plan}" if self.plan else self.insurer
        return Source(
            id=self.source_id,
            kind="survey",
            title=f"In-network rates of {name}, version {self.version}",
            publisher=self.insurer,
            url="",
            retrieved=retrieved or self.last_updated_on,
            note=f"One insurer's file, dated {self.last_updated_on}; low and high are the 10th and 90th percentile of "
            "its rates, each weighed by the groups of providers it is listed for. Groups that never provide the "
            "service are listed too.",
        )

    def to_rows(self, effective_from: date | None = None, area: str = "") -> list[Row]:
        """Rows in the format of prices.csv: professionals in an office, and facilities for outpatients."""
        since = effective_from or self.last_updated_on
        rows = []
        for code in sorted({each.code for each in self.prices}):
            for setting, wanted in (("independent_clinic", "professional"), ("hospital_outpatient", "facility")):
                prices = self._best(code, wanted)
                if prices is not None and prices.negotiated is not None:
                    note = f"{wanted.capitalize()} rates; groups of providers: {prices.negotiated.count}."
                    rows.append(
                        price_row(
                            prices,
                            "allowed",
                            prices.negotiated,
                            area=area,
                            setting=setting,
                            since=since,
                            source=self.source_id,
                            note=note,
                        )
                    )
        return rows

    def _best(self, code: str, billing_class: str) -> CodePrices | None:
        """The clearest setting that has figures."""
        order = ("outpatient", "both", "unstated")
        if billing_class == "professional":
            order = ("outpatient, office", "both, office", "unstated, office")
        held = {
            e.setting: e for e in self.prices if (e.code, e.billing_class) == (code, billing_class) and e.negotiated
        }
        return next((held[setting] for setting in order if setting in held), None)

    def to_json(self) -> JsonRecord:
        """Everything, for `--json`."""
        return as_json(self)


def import_insurer_rates(file: Path, codes: frozenset[str] | None = None) -> InsurerRates:
    """Read an insurer's in-network file, restricted to the codes (by default those an episode may bill)."""
    wanted = wanted_codes(codes)
    with PriceFile(file) as source:
        if source.layout() != "json":
            raise InputError(f"{file}: row 1: this is not JSON; insurers publish in-network rates as JSON.")
        layout = JsonFile(
            file=source,
            arrays={"in_network": "negotiated_rates", "provider_references": ""},
            code_key="billing_code",
            known=TOP_NAMES,
            what="an insurer's in-network file",
        )
        reader = _Reader(wanted, file)
        for element in layout.elements(any_of({*wanted, ALL_CODES})):
            reader.take(element)
    return reader.result(layout)


# ---------------------------------------------------------------- one code's rates


_Key = tuple[str, str]
"""Setting, billing class."""


@dataclass(slots=True)
class _Pending:
    """What one code's entry holds, until all of it was read: its kind may come last."""

    expiry: dict[_Key, dict[date, Counter[Decimal]]] = field(default_factory=dict)
    notes: Counter[str] = field(default_factory=Counter)
    unmarked: int = 0


@dataclass(slots=True)
class _Reader:
    """Takes entries one by one; what it cannot use it counts."""

    wanted: frozenset[str]
    path: Path
    gathered: Gathered = field(default_factory=Gathered)
    found: set[str] = field(default_factory=set)
    kept: int = 0
    pending: _Pending = field(default_factory=_Pending)
    dated: dict[tuple[str, str, str], dict[date, Counter[Decimal]]] = field(default_factory=dict)

    def take(self, element: Element) -> None:
        """One code's entry, or a part of it."""
        where = f"in_network, element {element.number:,}"
        try:
            for group in element.fields.get("negotiated_rates") or []:
                self._group(group)
        except (AttributeError, TypeError, KeyError, ValueError):
            raise InputError(
                f"{self.path}: {where}: the entry is not laid out as the published JSON; expected negotiated_rates "
                "with negotiated_prices, each a list of objects."
            ) from None
        if element.is_complete:
            self._close(element.fields, where)
            self.pending = _Pending()

    def _group(self, group: JsonObject) -> None:
        """One list of prices and the groups of providers it holds for."""
        times = len(group.get("provider_references") or ()) + len(group.get("provider_groups") or ())
        for price in group["negotiated_prices"]:
            reason = self._unusable(price)
            if reason:
                self.pending.notes[reason] += 1
                continue
            amount = amount_of(price["negotiated_rate"])
            if amount is None or amount < 0 or is_placeholder(amount):
                self.pending.notes["placeholder" if amount is not None and amount >= 0 else "unreadable_amount"] += 1
                continue
            key = _key_of(price)
            ends = read_date(str(price.get("expiration_date") or "")) or NEVER
            self.pending.expiry.setdefault(key, {}).setdefault(ends, Counter())[amount] += max(1, times)
            if not QUARTER_HOUR.search(str(price.get("additional_information") or "")):
                self.pending.unmarked += 1

    @staticmethod
    def _unusable(price: JsonObject) -> str:
        kind = str(price.get("negotiated_type") or "").casefold()
        if kind not in DOLLAR_TYPES:
            return LEFT_OUT_TYPES.get(kind, "no_amount")
        if str(price.get("setting") or "").casefold() == "inpatient":
            return "inpatient"
        modifiers = price.get("billing_code_modifier") or ()
        if any(str(each).strip().upper() not in PLAIN_MODIFIERS for each in modifiers):
            return "modifier"
        return ""

    def _close(self, fields: JsonObject, where: str) -> None:
        """All of one code's entry was read: it counts, or is counted as left out."""
        code, kind = (str(fields.get(name) or "").strip().upper() for name in ("billing_code", "billing_code_type"))
        amounts = sum(sum(e.values()) for each in self.pending.expiry.values() for e in each.values())
        if code == ALL_CODES and kind in ("CPT", "HCPCS", "CSTM-ALL"):
            self.gathered.note("all_codes", where, kind, max(1, amounts))
            return
        if code not in self.wanted:
            return
        if kind not in ("CPT", "HCPCS"):
            self.gathered.note("other_code_type", where, f"{kind or 'no type'} {code}")
            return
        self.kept += 1
        self.found.add(code)
        arrangement = str(fields.get("negotiation_arrangement") or "ffs").casefold()
        if arrangement in ("bundle", "capitation"):
            self.gathered.note(arrangement, where, code, max(1, amounts))
            return
        if kind != code_type_of(code):
            self.gathered.note("label", where, f"{kind} {code}")
        for reason, times in self.pending.notes.items():
            self.gathered.note(reason, where, code, times)
        is_marked = QUARTER_HOUR.search(f"{fields.get('name')} {fields.get('description')}")
        if unit_of(code) == "15_minutes" and self.pending.unmarked and not is_marked:
            self.gathered.note("unit_not_marked", where, code, self.pending.unmarked)
        for (setting, billing_class), dates in self.pending.expiry.items():
            if billing_class == "unstated":
                self.gathered.note("class_not_stated", where, code)
            held = self.dated.setdefault((code, setting, billing_class), {})
            for ends, counted in dates.items():
                held.setdefault(ends, Counter()).update(counted)

    def result(self, layout: JsonFile) -> InsurerRates:
        """Everything read, as one record; rates that had ended when the file was dated are left out."""
        top = layout.top
        self._check(layout)
        updated = read_date(str(top.get("last_updated_on") or ""))
        assert updated is not None
        plan = str(top.get("plan_name") or "").strip()
        insurer = str(top.get("reporting_entity_name") or "").strip()
        for place, dates in self.dated.items():
            for ends, counted in dates.items():
                if ends < updated:
                    self.gathered.note("expired", place[0], f"until {ends}", sum(counted.values()))
                    continue
                for amount, times in counted.items():
                    self.gathered.rate(place, (insurer, plan), amount, times)
        return InsurerRates(
            file=self.path,
            version=str(top.get("version") or "").strip(),
            insurer=insurer,
            plan=plan,
            last_updated_on=updated,
            codes_read=layout.counts["in_network"],
            codes_of_ours=self.kept,
            provider_groups=layout.counts.get("provider_references", 0),
            prices=self.gathered.prices(is_one_insurer=True),
            findings=self.gathered.findings(),
            codes_not_found=tuple(sorted(self.wanted - self.found)),
        )

    def _check(self, layout: JsonFile) -> None:
        top = layout.top
        if "in_network" not in layout.counts:
            other = next((f"; this is {what}" for name, what in OTHER_FILES.items() if name in top), "")
            names = ", ".join(list(top)[:8])
            raise InputError(
                f"{self.path}: row 1: this JSON has no in_network at the top level (its fields: {names}){other}."
            )
        if not layout.counts["in_network"]:
            raise InputError(f"{self.path}: in_network: the list is empty.")
        problems = [
            f"{self.path}: {name}: this is missing."
            for name in ("reporting_entity_name", "last_updated_on")
            if not top.get(name)
        ]
        if top.get("last_updated_on") and read_date(str(top["last_updated_on"])) is None:
            problems.append(
                f"{self.path}: last_updated_on: expected a date such as 2026-04-01 (got {str(top['last_updated_on'])[:40]!r})."
            )
        if problems:
            raise FileProblems(problems)


def _key_of(price: JsonObject) -> _Key:
    """Setting and billing class of one price; a professional's also by the place of the service."""
    billing_class = {"institutional": "facility", "professional": "professional", "both": "both"}.get(
        str(price.get("billing_class") or "").casefold(), "unstated"
    )
    setting = str(price.get("setting") or "").casefold()
    setting = setting if setting in ("outpatient", "both") else "unstated"
    if billing_class != "professional":
        return setting, billing_class
    places = {str(each).strip().zfill(2) for each in price.get("service_code") or ()}
    if not places or places & OFFICE_PLACES:
        return f"{setting}, office", billing_class
    return f"{setting}, {'hospital' if places & HOSPITAL_PLACES else 'elsewhere'}", billing_class
