"""What a published price file says about each code: amounts gathered, odd ones set apart and counted, and our rows.

Nothing that is not a plain dollar amount for one unit of one service enters a median. What is left out, and
what was read on an assumption, is listed as findings with counts and examples.
"""

from __future__ import annotations

import csv
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from estimator.errors import InputError
from estimator.files import read_rows, region_file

Market = Literal["commercial", "medicare", "medicaid", "other_public", "injury_at_work_or_on_the_road"]
Row = dict[str, str]
JsonRecord = dict[str, object]

PRICE_COLUMNS = (
    "code_type", "code", "description", "unit", "area", "setting", "price_kind", "effective_from", "effective_to",
    "low", "typical", "high", "source", "note",
)  # fmt: skip
BILLING_COLUMNS = (
    "service", "phases", "prices", "billed_service", "code_type", "code", "modifier", "units", "when", "source", "note",
)  # fmt: skip

FINDINGS: Mapping[str, tuple[bool, str]] = {  # kind -> (left out of every median?, what it means)
    "placeholder": (True, "amounts that stand for 'no price', such as 1.00 or a row of nines"),
    "flat_price": (True, "one amount repeated for many different codes of one payer or column"),
    "flat_timed_price": (True, "one amount for every timed code of one plan: a price of a visit, or a placeholder"),
    "percentage_only": (True, "rates given only as a share of the charge"),
    "algorithm_only": (True, "rates given only as a formula in words"),
    "no_amount": (True, "rates without any amount"),
    "per_day": (True, "rates of a whole day (per diem)"),
    "per_visit_for_timed_code": (True, "case rates for a code that is counted in quarter hours"),
    "modifier": (True, "amounts that hold only with a modifier"),
    "inpatient": (True, "amounts for people admitted to hospital"),
    "not_commercial": (True, "rates of Medicare, Medicaid and other public or injury cover, kept apart"),
    "other_code_type": (True, "the same digits under another kind of code"),
    "unreadable_amount": (True, "amounts that are not numbers"),
    "unreadable_row": (True, "rows with more or fewer cells than the header (is a quotation mark not closed?)"),
    "drug_unit": (True, "amounts per unit of a drug"),
    "derived": (True, "amounts the insurer assigns for its own accounts (derived)"),
    "bundle": (True, "one price for a bundle of services"),
    "capitation": (True, "a price per member, not per service (capitation)"),
    "expired": (True, "rates that had ended when the file was dated"),
    "all_codes": (True, "one rate for every code of a kind"),
    "label": (False, "codes whose label (CPT or HCPCS) differs from ours; read by the code itself"),
    "unit_not_marked": (False, "timed codes without '15 minutes' in the row; read as one quarter hour"),
    "class_not_stated": (False, "amounts that do not say whether facility or professional; kept apart"),
    "amount_beside_percentage": (False, "dollar amounts beside a percentage; the dollars were read"),
    "outside_stated_range": (False, "rates below the stated minimum or above the stated maximum"),
}

TIMED_CODES = frozenset(
    "97032 97033 97034 97035 97036 97110 97112 97113 97116 97124 97129 97130 97140 97530 97533 97535 97537 97542 "
    "97750 97755 97760 97761 97763 97810 97811 97813 97814".split()
)  # counted in quarter hours
PLAIN_MODIFIERS = frozenset({"", "GP"})  # GP says only that the service is physical therapy
FACILITY_CODES: Mapping[str, str] = {"99283": "emergency-facility", "27385": "repair-facility"}  # see billing.csv
NINES = re.compile(r"9{6,}")
FLAT_CODES = 4  # an amount on so many codes, and on half of all, is no price of theirs
FLAT_TIMED_CODES = 3
EXAMPLES = 3
MOST_ITEMS = 500_000  # of which we remember whether their charge was counted
CENT = Decimal("0.01")
AMOUNT = re.compile(r"-?\$?\s?-?(\d+|\d{1,3}(,\d{3})+)(\.\d*)?|-?\$?\.\d+")
QUARTER_HOUR = re.compile(r"\b15[ -]?min|\bquarter hour", re.IGNORECASE)
_MARKET_WORDS: tuple[tuple[Market, str], ...] = (
    ("medicaid", r"medicaid|medi-cal\b|\bmcaid|\bmdcd|\bchip\b|community plan|managed mcd|\bmcd\b"),
    ("medicare", r"medicare|\bmcr\b|\bmcare|\bmapd\b|\bma (ppo|hmo|plan)|\bd-?nsp\b|\b[a-z]*-?snp\b"),
    (
        "other_public",
        r"tricare|champus|champva|veteran|\bva\b|\btriwest|\bihs\b|indian health|correction|prison|jail",
    ),
    (
        "injury_at_work_or_on_the_road",
        r"workers?'?s?[ -]*comp|work comp|\bw/?c\b|\bauto\b|no[ -]fault|motor vehicle|liability",
    ),
)
MARKETS = tuple((name, re.compile(words, re.IGNORECASE)) for name, words in _MARKET_WORDS)
"""Tried in this order; everything else counts as commercial."""


def market(payer: str, plan: str) -> Market:
    """Which kind of cover a payer's and a plan's name speak of."""
    words = f"{payer} {plan}".replace("_", " ")
    return next((name for name, expression in MARKETS if expression.search(words)), "commercial")


# ---------------------------------------------------------------- words and figures


@cache
def episode_codes() -> Mapping[str, str]:
    """The codes an episode may bill to an insurer, each with our kind of code (CPT or HCPCS)."""
    rows = read_rows(region_file("us_private", "billing.csv"), BILLING_COLUMNS)
    return {row["code"]: row["code_type"] for _, row in rows if row["code_type"] in ("CPT", "HCPCS")}


@cache
def _described() -> Mapping[str, tuple[str, str]]:
    """Our own words and unit for each code we price."""
    rows = read_rows(region_file("us_private", "prices.csv"), PRICE_COLUMNS)
    return {row["code"]: (row["description"], row["unit"]) for _, row in rows}


@cache
def unit_of(code: str) -> str:
    """What one price of a code buys."""
    known = _described().get(code)
    return known[1] if known else "15_minutes" if code in TIMED_CODES else "item"


@cache
def code_type_of(code: str) -> str:
    """Ours where we bill the code; else by its form: five digits, or four and a letter, are CPT."""
    return episode_codes().get(code) or ("CPT" if re.fullmatch(r"\d{4}[0-9A-Z]", code) else "HCPCS")


def wanted_codes(codes: frozenset[str] | None) -> frozenset[str]:
    """The codes asked for, or those of the episode."""
    if codes is None:
        return frozenset(episode_codes())
    wrong = sorted(code for code in codes if not re.fullmatch(r"[0-9A-Z]{5}", code))
    if wrong or not codes:
        raise InputError(f"Codes have five characters, such as 97110 or E0114 (got {', '.join(wrong) or 'none'}).")
    return codes


def amount_of(value: object) -> Decimal | None:
    """A plain amount from a cell or a JSON value; None for anything else."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    return _amount_in(str(value).strip())


@lru_cache(1 << 14)  # a charge is repeated on the row of every payer
def _amount_in(text: str) -> Decimal | None:
    if not AMOUNT.fullmatch(text):
        return None
    try:
        return Decimal(re.sub(r"[$,\s]", "", text))
    except InvalidOperation:
        return None


@lru_cache(1 << 14)
def is_placeholder(amount: Decimal) -> bool:
    """Nothing, a dollar or less, or a row of nines: a figure that fills a required field."""
    return amount <= 1 or bool(NINES.fullmatch(f"{amount:f}".replace(".", "").rstrip("0")))


def read_date(text: str) -> date | None:
    """A date as the layouts write it: 2026-04-01, 4/1/2026 or 04/01/26."""
    for form in ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%Y/%m/%d", "%Y%m%d"):
        try:
            return datetime.strptime(text.strip()[:10], form).date()
        except ValueError:
            continue
    return None


# ---------------------------------------------------------------- records


@dataclass(frozen=True, slots=True)
class Spread:
    """How amounts lie: 10th, 50th and 90th percentile, the ends, and how many there are."""

    low: Decimal
    typical: Decimal
    high: Decimal
    smallest: Decimal
    largest: Decimal
    count: int


@dataclass(frozen=True, slots=True)
class PayerRate:
    """What one plan pays for a code: the median of its dollar rates."""

    payer: str
    plan: str
    market: Market
    amount: Decimal
    rates: int


@dataclass(frozen=True, slots=True)
class CodePrices:
    """One code in one setting and billing class. `negotiated` is over commercial plans, each counted once."""

    code_type: str
    code: str
    unit: str
    setting: str
    billing_class: str
    gross: Spread | None
    cash: Spread | None
    negotiated: Spread | None
    payers: int
    rates: tuple[PayerRate, ...]
    stated_min: Decimal | None
    stated_max: Decimal | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of oddity, how often it was met, and where first."""

    kind: str
    is_left_out: bool
    count: int
    meaning: str
    examples: tuple[str, ...]

    def __str__(self) -> str:
        where = f" ({'; '.join(self.examples)}{'; ...' if self.count > len(self.examples) else ''})"
        words = self.meaning[0].upper() + self.meaning[1:]
        return f"{words}: {self.count:,}, {'left out' if self.is_left_out else 'kept'}{where}."


@dataclass(frozen=True, slots=True)
class Source:
    """Where imported prices come from, as `[[source]]` of a region file says it."""

    id: str
    kind: Literal["survey"]
    title: str
    publisher: str
    url: str
    retrieved: date
    note: str


# ---------------------------------------------------------------- percentiles


def percentile(amounts: Mapping[Decimal, int], share: Decimal) -> Decimal:
    """The amount below which a share of all lies, between neighbours in proportion, to the cent."""
    ordered = sorted(amounts.items())
    place = share * (sum(amounts.values()) - 1)
    whole = int(place)
    below, above = _at(ordered, whole), _at(ordered, whole + 1)
    return (below + (above - below) * (place - whole)).quantize(CENT, ROUND_HALF_UP)


def _at(ordered: Sequence[tuple[Decimal, int]], index: int) -> Decimal:
    for amount, times in ordered:
        if index < times:
            return amount
        index -= times
    return ordered[-1][0]


def spread(amounts: Mapping[Decimal, int]) -> Spread | None:
    """How amounts lie, each with the number of times it counts; None without any."""
    if not amounts:
        return None
    low, typical, high = (percentile(amounts, Decimal(tenths) / 10) for tenths in (1, 5, 9))
    smallest, largest = (end.quantize(CENT, ROUND_HALF_UP) for end in (min(amounts), max(amounts)))
    return Spread(low, typical, high, smallest, largest, sum(amounts.values()))


# ---------------------------------------------------------------- gathering


Place = tuple[str, str, str]
"""Code, setting, billing class."""

Plan = tuple[str, str]
"""Payer, plan."""


@dataclass(slots=True)
class Gathered:
    """Amounts as they are met, in memory that grows with different amounts and not with rows."""

    charges: dict[Literal["gross", "cash"], dict[Place, Counter[Decimal]]] = field(
        default_factory=lambda: {"gross": defaultdict(Counter), "cash": defaultdict(Counter)}
    )
    rates: dict[Place, dict[Plan, Counter[Decimal]]] = field(default_factory=lambda: defaultdict(dict))
    stated: dict[Place, tuple[Decimal | None, Decimal | None]] = field(default_factory=dict)
    _counts: Counter[str] = field(default_factory=Counter)
    _examples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _seen: set[int] = field(default_factory=set)

    def note(self, kind: str, where: str, what: str = "", times: int = 1) -> None:
        """Count one oddity."""
        self._counts[kind] += times
        if len(self._examples[kind]) < EXAMPLES:
            self._examples[kind].append(f"{where}: {what}" if what else where)

    def is_new(self, *item: object) -> bool:
        """Whether an item's charge is met for the first time; it is repeated on the row of every payer."""
        key = hash(item)
        if key in self._seen:
            return False
        if len(self._seen) < MOST_ITEMS:
            self._seen.add(key)
        return True

    def dollars(self, value: object, where: str, *whose: str) -> Decimal | None:
        """A usable amount; what is not one is counted."""
        amount = amount_of(value)
        if amount is None or amount < 0:
            self.note("unreadable_amount", where, f"{' '.join(whose)}: {str(value)[:40]!r}")
            return None
        if is_placeholder(amount):
            self.note("placeholder", where, f"{' '.join(whose)}: {amount}")
            return None
        return amount

    def charge(self, kind: Literal["gross", "cash"], place: Place, amount: Decimal) -> None:
        """A gross charge or a cash price of one item."""
        self.charges[kind][place][amount] += 1

    def rate(self, place: Place, plan: Plan, amount: Decimal, times: int = 1) -> None:
        """A negotiated dollar amount of one plan."""
        amounts = self.rates[place].get(plan)
        if amounts is None:
            amounts = self.rates[place][plan] = Counter()
        amounts[amount] += times

    def limits(self, place: Place, least: Decimal | None, most: Decimal | None) -> None:
        """The lowest and highest negotiated amount that the file itself states."""
        was_least, was_most = self.stated.get(place, (None, None))
        self.stated[place] = (
            min((each for each in (was_least, least) if each is not None), default=None),
            max((each for each in (was_most, most) if each is not None), default=None),
        )

    # ------------------------------------------------------------ what is left

    def prices(self, *, is_one_insurer: bool = False) -> tuple[CodePrices, ...]:
        """Every code's figures; flat prices are taken out first.

        Of a hospital every commercial plan counts once; of one insurer's file every rate counts.
        """
        self._drop_flat_charges()
        self._drop_flat_rates(is_one_insurer)
        places = {*self.rates, *self.charges["gross"], *self.charges["cash"]}
        found = (self._prices_of(place, is_one_insurer) for place in sorted(places))
        return tuple(each for each in found if each.gross or each.cash or each.rates)

    def _prices_of(self, place: Place, is_one_insurer: bool) -> CodePrices:
        code, setting, billing_class = place
        plans = {plan: amounts for plan, amounts in sorted(self.rates.get(place, {}).items()) if amounts}
        rates = tuple(
            PayerRate(
                payer,
                plan,
                "commercial" if is_one_insurer else market(payer, plan),
                percentile(amounts, Decimal("0.5")),
                sum(amounts.values()),
            )
            for (payer, plan), amounts in plans.items()
        )
        commercial = [each for each in rates if each.market == "commercial"]
        if len(commercial) < len(rates):
            others = [each for each in rates if each.market != "commercial"]
            self.note("not_commercial", code, f"{others[0].payer} {others[0].plan}", sum(e.rates for e in others))
        least, most = self.stated.get(place, (None, None))
        outside = [e for e in rates if (least and e.amount < least) or (most and e.amount > most)]
        if outside:
            self.note("outside_stated_range", code, f"{outside[0].payer} {outside[0].amount}", len(outside))
        amounts = Counter(each.amount for each in commercial)
        if is_one_insurer:
            amounts = Counter()
            for each in plans.values():
                amounts.update(each)
        return CodePrices(
            code_type=code_type_of(code),
            code=code,
            unit=unit_of(code),
            setting=setting,
            billing_class=billing_class,
            gross=spread(self.charges["gross"].get(place, {})),
            cash=spread(self.charges["cash"].get(place, {})),
            negotiated=spread(amounts),
            payers=len({each.payer.casefold() for each in commercial}),
            rates=rates,
            stated_min=least,
            stated_max=most,
        )

    def _drop_flat_charges(self) -> None:
        for kind, places in self.charges.items():
            for amount in self._flat({place: amounts.keys() for place, amounts in places.items()}):
                for (code, *_), amounts in places.items():
                    if amount in amounts:
                        self.note("flat_price", kind, f"{amount} for {code} and others", amounts.pop(amount))

    def _drop_flat_rates(self, is_one_insurer: bool) -> None:
        if is_one_insurer:  # thousands of rates meet by chance: only what many groups share is flat
            for amount in self._flat(
                {place: _frequent(sum(plans.values(), Counter())) for place, plans in self.rates.items()}
            ):
                for place, plans in self.rates.items():
                    for amounts in plans.values():
                        if amount in amounts:
                            self.note("flat_price", place[0], f"{amount}, and others", amounts.pop(amount))
            return
        by_plan: dict[tuple[Plan, str], dict[Place, Counter[Decimal]]] = defaultdict(dict)
        for place, plans in self.rates.items():
            for plan, amounts in plans.items():
                by_plan[plan, place[2]][place] = amounts
        for (plan, _), places in by_plan.items():
            listed = {place: amounts.keys() for place, amounts in places.items()}
            flat = dict.fromkeys(self._flat(listed), "flat_price")
            timed = {place: amounts for place, amounts in listed.items() if unit_of(place[0]) == "15_minutes"}
            if len({place[0] for place in timed}) >= FLAT_TIMED_CODES:
                for amount in self._flat(timed, FLAT_TIMED_CODES, is_all=True):
                    flat.setdefault(amount, "flat_timed_price")
            for amount, kind in flat.items():
                for place, amounts in (places if kind == "flat_price" else {p: places[p] for p in timed}).items():
                    if amount in amounts:
                        name = " ".join(plan).strip()
                        self.note(kind, name, f"{amount} for {place[0]} and others", amounts.pop(amount))

    @staticmethod
    def _flat(
        places: Mapping[Place, Iterable[Decimal]], least: int = FLAT_CODES, *, is_all: bool = False
    ) -> list[Decimal]:
        """The amounts on so many codes that they are the price of none."""
        codes_of: dict[Decimal, set[str]] = defaultdict(set)
        codes = {place[0] for place in places}
        for (code, *_), amounts in places.items():
            for amount in amounts:
                codes_of[amount].add(code)
        needed = max(least, len(codes) if is_all else (len(codes) + 1) // 2)
        return sorted(amount for amount, held in codes_of.items() if len(held) >= needed)

    def findings(self) -> tuple[Finding, ...]:
        """Every oddity met, those left out first."""
        return tuple(
            Finding(kind, is_left_out, self._counts[kind], meaning, tuple(self._examples[kind]))
            for kind, (is_left_out, meaning) in FINDINGS.items()
            if self._counts[kind]
        )


def _frequent(amounts: Counter[Decimal]) -> list[Decimal]:
    """The amounts that at least a fifth of all rates have."""
    return [amount for amount, times in amounts.items() if times * 5 >= sum(amounts.values())]


# ---------------------------------------------------------------- our rows


def price_row(
    prices: CodePrices, kind: str, figures: Spread, *, area: str, setting: str, since: date, source: str, note: str
) -> Row:
    """One row in the format of prices.csv; a facility's part of a visit has a code of its own there."""
    code_type, code = prices.code_type, prices.code
    if prices.billing_class != "professional" and code in FACILITY_CODES:
        code_type, code, setting = "LOCAL", FACILITY_CODES[code], ""
        note = f"Posted for {prices.code}. {note}"
    elif prices.code in FACILITY_CODES:
        setting = ""
    description, unit = _described().get(code, (f"Imported service {code}.", prices.unit))
    cells = (
        code_type, code, description, unit, area, setting, kind, since.isoformat(), "",
        str(figures.low), str(figures.typical), str(figures.high), source, note,
    )  # fmt: skip
    return dict(zip(PRICE_COLUMNS, cells, strict=True))


def write_rows(rows: Sequence[Row], into: Path) -> None:
    """Write rows as a prices.csv, in one step: an older file stays whole until the new one is."""
    if not rows:
        raise InputError(f"{into}: nothing was written, because no price was found.")
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="", dir=into.parent, prefix=".import-", delete=False
        ) as file:
            writer = csv.DictWriter(file, PRICE_COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        Path(file.name).chmod(0o644)
        Path(file.name).replace(into)
    except OSError as error:
        raise InputError(f"{into}: the file cannot be written ({error.strerror or error}).") from None


def as_json(record: object) -> JsonRecord:
    """A record for JSON: amounts as text, dates as 2026-04-01."""
    plain = _plain(asdict(record))  # type: ignore[call-overload]
    assert isinstance(plain, dict)
    return plain


def _plain(value: object) -> object:
    match value:
        case Decimal():
            return f"{value:f}"
        case date() | Path():
            return str(value)
        case dict():
            return {str(key): _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case _:
            return value


def slug(text: str) -> str:
    """A name as part of an id."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:60].strip("-") or "unnamed"
