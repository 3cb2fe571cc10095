"""The import of a marketplace plan: rows of the benefits-and-cost-sharing file become a plan file.

Columns are found by their headings, never by their place, in the older (2014-16), the newer and the states' own
spellings. A wording is read as the federal instructions to insurers define it:

- `$30`: the copay and nothing else, the deductible does not matter; `after deductible`: the deductible first;
- `before deductible`, since 2017 `with deductible`: the copay first, what is left of the price meets the deductible;
- `No Charge`, `0%`, `Not Applicable`: that part asks for nothing; `No Charge after deductible`: the deductible only;
- 100% outside the network is how a filing says that such care is not covered.

Nothing is read by default: a row is understood, or refused with its column and words; what no row says is `missing`.
"""

from __future__ import annotations

import csv
import difflib
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Literal

from estimator.errors import InputError
from estimator.files import parse_toml, validate
from estimator.money import rate, to_minor
from estimator.plan import Plan
from estimator.plan_file import plan_to_toml
from estimator.vocabulary import BILLED_SERVICES, SERVICE_NAMES, Service

LONGEST_LINE = 1_000_000  # bytes; anything longer is not a table
MOST_WORDINGS = 10_000  # distinct wordings that a check keeps apart
TYPE_NAMES = {
    b"PK": "a zip archive or a spreadsheet",
    b"\x1f\x8b": "a gzip file",
    b"%P": "a PDF",
    b"\xd0\xcf": "a spreadsheet",
}
NEVER_LISTED = (
    Service.MASSAGE_THERAPY,
    Service.INJECTION_STEROID,
    Service.INJECTION_PRP,
    Service.PROLOTHERAPY,
    Service.SHOCKWAVE,
    Service.DRY_NEEDLING,
    Service.HOME_CARE,
    Service.TRAVEL,
)
"""Services for which the layout has no benefit of its own."""

HEADINGS: Mapping[str, tuple[str, ...]] = {  # field -> headings without case, spaces and punctuation
    "plan_id": ("planid",),
    "component": ("standardcomponentid",),
    "year": ("businessyear",),
    "benefit": ("benefitname",),
    "is_covered": ("iscovered",),
    "copay_1": ("copayinntier1", "copayinnetworktier1"),
    "copay_2": ("copayinntier2", "copayinnetworktier2"),
    "copay_out": ("copayoutofnet", "copayoutofnetwork"),
    "coinsurance_1": ("coinsinntier1", "coinsuranceinntier1", "coinsuranceinnetworktier1"),
    "coinsurance_2": ("coinsinntier2", "coinsuranceinntier2", "coinsuranceinnetworktier2"),
    "coinsurance_out": ("coinsoutofnet", "coinsuranceoutofnet", "coinsuranceoutofnetwork"),
    "has_limit": ("quantlimitonsvc", "quantitylimitonsvc", "quantitativelimitonservice"),
    "limit_quantity": ("limitqty", "limitquantity"),
    "limit_unit": ("limitunit",),
    "deductible_1": ("issubjtodedtier1", "issubjectedtodedtier1", "issubjecttodedtier1"),
    "deductible_2": ("issubjtodedtier2", "issubjectedtodedtier2", "issubjecttodedtier2"),
    "not_in_maximum": ("isexclfrominnmoop", "isexcludedfrominnmoop"),
    "not_in_maximum_out": ("isexclfromoonmoop", "isexcludedfromoonmoop"),
    "explanation": ("explanation",),
    "exclusions": ("exclusions",),
}
REQUIRED = ("plan_id", "benefit", "is_covered")
TERMS = (
    "benefit", "is_covered", "copay_1", "coinsurance_1", "copay_2", "coinsurance_2", "copay_out", "coinsurance_out",
    "has_limit", "limit_quantity", "limit_unit", "deductible_1", "deductible_2", "not_in_maximum", "not_in_maximum_out",
)  # fmt: skip
"""The fields that decide how a row is read, and whether two rows of one benefit contradict each other."""

Timing = Literal["none", "before", "after"]
Per = Literal["visit", "day", "stay"]
Resets = Literal["plan_year", "episode", "month"]


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not read: the column and the words that could not be, and why."""

    row: int
    benefit: str
    column: str
    words: str
    why: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.column} of {self.benefit!r}: {self.words!r}: {self.why}"


@dataclass(frozen=True, slots=True)
class RefusedWording:
    """One wording a check could not read, and how often it stands in the file."""

    column: str
    words: str
    why: str
    count: int
    first_row: int


@dataclass(frozen=True, slots=True)
class ExchangePlan:
    """One imported plan: its terms, what the file does not say, and what was not read."""

    plan: Plan
    missing: tuple[str, ...]
    refused: tuple[RefusedRow, ...]
    notices: tuple[str, ...]  # what was read in one of two possible ways, and which
    rows: int  # rows of the plan in the file


@dataclass(frozen=True, slots=True)
class CheckReport:
    """How much of a whole file was understood."""

    file: Path
    rows: int
    understood: int
    used: int  # understood rows of benefits that an episode uses
    silent: int  # understood rows that say neither whether nor what is covered
    plans: int
    refused: tuple[RefusedWording, ...]
    wordings: Mapping[str, int]  # distinct wordings read, by kind: copay, coinsurance, limit, combination
    notices: Mapping[str, int]  # readings worth knowing, and in how many rows

    @property
    def refused_rows(self) -> int:
        return self.rows - self.understood


class _Refused(Exception):
    """A cell that cannot be read, or a term that a plan file cannot hold."""

    def __init__(self, column: str, words: str, why: str) -> None:
        super().__init__(column, words, why)
        self.column, self.words, self.why = column, words, why


@dataclass(frozen=True, slots=True)
class _Part:
    """One cell of cost sharing: a copay in major units or a share of one."""

    amount: Decimal
    timing: Timing
    per: Per = "visit"
    is_stated: bool = True  # false for Not Applicable


@dataclass(frozen=True, slots=True)
class _Limit:
    quantity: Decimal
    what: str  # visit, day, treatment, procedure, item, exam, hour, month, admission, dollar ...
    period: str  # visit, day, week, month, year, episode, lifetime
    every: int  # how many periods


@dataclass(frozen=True, slots=True)
class _Sharing:
    """What the patient pays in one network."""

    copay: Decimal
    copay_per: Per
    copay_order: Literal["after_deductible", "before_deductible"]
    coinsurance: Decimal
    deductible_applies: bool


@dataclass(frozen=True, slots=True)
class _Terms:
    """A row as understood. A network whose sharing is None is not covered, or, if in `silent`, not spoken of."""

    benefit: str
    is_covered: bool | None
    sharing: Mapping[str, _Sharing | None] = field(default_factory=dict)  # "1", "2", "out"
    silent: frozenset[str] = frozenset()
    limit: _Limit | None = None
    counts_in: bool = True
    counts_out: bool = True
    notices: tuple[str, ...] = ()
    wordings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    cells: Mapping[str, str]


# ---------------------------------------------------------------- reading the file


def _plain(text: str) -> str:
    """A heading or a name without case, spaces and punctuation."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _open(path: Path) -> BinaryIO:
    try:
        if path.is_dir():
            raise InputError(f"{path}: this is a folder; name a file in it.")
        return path.open("rb")
    except FileNotFoundError:
        near = difflib.get_close_matches(path.name, [p.name for p in path.parent.glob("*")], n=1)
        hint = f" Did you mean {path.parent / near[0]}?" if near else ""
        raise InputError(f"{path}: there is no such file.{hint}") from None
    except OSError as error:
        raise InputError(f"{path}: the file cannot be read ({error.strerror or error}).") from None


def _lines(path: Path, file: BinaryIO) -> Iterator[str]:
    """The lines of a text file of any size, one at a time; UTF-8, or Windows Latin where a line is not."""
    number = 0
    while raw := file.readline(LONGEST_LINE):
        number += 1
        if number == 1:
            kind = TYPE_NAMES.get(raw[:2])
            if kind:
                raise InputError(f"{path}: row 1: this is {kind}; give the .csv file itself.")
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if b"\0" in raw or raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise InputError(
                f"{path}: row {number}: this is a binary file or UTF-16, not plain text; save it as CSV UTF-8."
            )
        if len(raw) == LONGEST_LINE:
            raise InputError(f"{path}: row {number}: a line of more than {LONGEST_LINE:,} bytes. Is it the right file?")
        try:
            yield raw.decode("utf-8")
        except UnicodeDecodeError:
            yield raw.decode("cp1252", errors="replace")


def _table(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The header (row 0), then every row with its line number, streamed."""
    with _open(path) as file:
        reader = csv.reader(_lines(path, file), strict=True)
        try:
            header = next(reader, None)
            if header is None or not any(cell.strip() for cell in header):
                raise InputError(f"{path}: the file is empty.")
            yield 0, header
            width = len(header)
            for cells in reader:
                if len(cells) == width or any(cell.strip() for cell in cells):
                    yield reader.line_num, cells
        except csv.Error as error:
            raise InputError(f"{path}: row {reader.line_num}: not valid CSV: {error}. Is the file cut off?") from None


def _positions(
    path: Path, header: Sequence[str], names: Mapping[str, tuple[str, ...]], required: Sequence[str]
) -> dict[str, int]:
    """Where each field stands."""
    found = [_plain(cell) for cell in header]
    at: dict[str, int] = {}
    for name, spellings in names.items():
        places = [place for place, heading in enumerate(found) if heading in spellings]
        if len(places) > 1:
            stand = ", ".join(repr(header[place]) for place in places)
            raise InputError(f"{path}: row 1: two columns for one field: {stand}; keep one.")
        if places:
            at[name] = places[0]
    missing = [name for name in required if name not in at]
    if missing:
        wanted = ", ".join(f"'{names[name][0]}'" for name in missing)
        near = difflib.get_close_matches(names[missing[0]][0], found, n=1, cutoff=0.7)
        hint = f" (is '{header[found.index(near[0])]}' meant?)" if near else ""
        raise InputError(
            f"{path}: row 1: no column {wanted}{hint}. Expected the benefits-and-cost-sharing layout, with headings "
            "such as PlanId, BenefitName, IsCovered, CopayInnTier1 (case, spaces and punctuation do not matter)."
        )
    return at


@dataclass(slots=True)
class _File:
    """A benefits file being read: where its fields stand, then its rows."""

    path: Path
    at: dict[str, int]
    headings: dict[str, str]
    width: int
    rows: Iterator[tuple[int, list[str]]]

    @classmethod
    def open(
        cls, path: Path, names: Mapping[str, tuple[str, ...]] = HEADINGS, required: Sequence[str] = REQUIRED
    ) -> _File:
        rows = _table(path)
        _, header = next(rows)
        at = _positions(path, header, names, required)
        headings = {name: " ".join(header[place].split()) for name, place in at.items()}
        return cls(path, at, headings, len(header), rows)

    def cells(self, row: Sequence[str]) -> dict[str, str]:
        return {name: " ".join(row[place].split()) for name, place in self.at.items()}


# ---------------------------------------------------------------- wordings


_COPAY = re.compile(
    r"\$\s?(?P<amount>[\d,]+(?:\.\d+)?)(?: copay(?:ment)?)?(?: per (?P<per>day|stay|admission|visit))?"
    r"(?: (?P<timing>after|before|with) (?:the )?deductible)?",
    re.IGNORECASE,
)
_COINSURANCE = re.compile(
    r"(?P<rate>\d+(?:\.\d+)?)\s?%(?: coinsurance)?(?P<after> after (?:the )?deductible)?", re.IGNORECASE
)
_LIMIT = re.compile(
    r"(?P<what>[a-z]+?)(?:\(s\)|s)? per (?:(?P<every>\d+) )?(?P<period>[a-z ]+?)(?:\(s\)|s)?", re.IGNORECASE
)
_LIFETIME = re.compile(r"lifetime (?P<what>[a-z]+?)(?:\(s\)|s)?", re.IGNORECASE)
COUNTED = ("visit", "day", "treatment", "session", "procedure", "exam", "item", "hour", "month", "admission", "dollar")
PERIODS: Mapping[str, str] = {
    "visit": "visit", "day": "day", "week": "week", "month": "month", "year": "year", "calendar year": "year",
    "plan year": "year", "benefit period": "year", "episode": "episode", "condition": "episode",
    "admission": "admission", "stay": "admission", "lifetime": "lifetime",
}  # fmt: skip


def _zero_part(text: str) -> _Part | None:
    """The words both columns share for a part that asks for nothing."""
    match text.lower():
        case "not applicable" | "n/a":
            return _Part(Decimal(0), "none", is_stated=False)
        case "no charge":
            return _Part(Decimal(0), "none")
        case "no charge after deductible":
            return _Part(Decimal(0), "after")
    return None


@lru_cache(maxsize=4096)
def _copay(text: str) -> _Part | str:
    """A copay cell, or why it cannot be read."""
    zero = _zero_part(text)
    if zero is not None:
        return zero
    percentage = _COINSURANCE.fullmatch(text)
    if percentage:
        if Decimal(percentage["rate"]) == 0:
            return _Part(Decimal(0), "after" if percentage["after"] else "none")
        return "a percentage in the copay column"
    found = _COPAY.fullmatch(text)
    if not found or not found["amount"].strip(","):
        return "not a copay; expected words such as '$30', '$30 Copay after deductible' or 'No Charge'"
    amount = Decimal(found["amount"].replace(",", ""))
    try:
        to_minor(amount)
    except InputError as error:
        return str(error)
    timing: Timing = {None: "none", "after": "after", "before": "before", "with": "before"}[  # type: ignore[assignment]
        found["timing"] and found["timing"].lower()
    ]
    per: Per = {"day": "day", "stay": "stay", "admission": "stay"}.get((found["per"] or "").lower(), "visit")  # type: ignore[assignment]
    return _Part(amount, timing, per)


@lru_cache(maxsize=4096)
def _coinsurance(text: str) -> _Part | str:
    """A coinsurance cell, or why it cannot be read."""
    zero = _zero_part(text)
    if zero is not None:
        return zero
    money = _COPAY.fullmatch(text)
    if money and Decimal(money["amount"].replace(",", "") or 1) == 0 and not money["timing"]:
        return _Part(Decimal(0), "none")
    if money:
        return "an amount of money in the coinsurance column"
    found = _COINSURANCE.fullmatch(text)
    if not found:
        return "not a coinsurance; expected words such as '20%', '20% Coinsurance after deductible' or 'No Charge'"
    share = Decimal(found["rate"]) / 100
    try:
        rate(share)
    except InputError:
        return "a coinsurance lies between 0% and 100%"
    return _Part(share, "after" if found["after"] else "none")


@lru_cache(maxsize=4096)
def _limit(quantity: str, unit: str) -> _Limit | str:
    """A limit, or why it cannot be read."""
    try:
        amount = Decimal(quantity.replace("$", "").replace(",", ""))
    except ArithmeticError:
        return "not a quantity"
    if not amount.is_finite() or amount < 0 or amount > 1_000_000:
        return "not a quantity"
    lifetime = _LIFETIME.fullmatch(unit)
    found = lifetime or _LIMIT.fullmatch(unit)
    what = found["what"].lower() if found else ""
    period = "lifetime" if lifetime else PERIODS.get(found["period"].lower(), "") if found else ""
    if what not in COUNTED or not period:
        return "not a unit; expected words such as 'Visit(s) per Year'"
    if what != "dollar" and amount != amount.to_integral_value():
        return "not a whole number"
    every = int(found["every"] or 1) if found and not lifetime else 1
    return _Limit(amount, what, period, every) if every else "not a unit"


def _shared(copay: _Part, coinsurance: _Part) -> tuple[_Sharing, str] | str:
    """Both parts together and a remark, or why they cannot stand together."""
    remark, order = "", "after_deductible"
    timings = {copay.timing, coinsurance.timing}
    if copay.amount == 0 or coinsurance.amount == 0:
        applies = timings != {"none"}
        if coinsurance.amount and copay.timing != "none" and coinsurance.timing == "none":
            return "the copay is under the deductible and the coinsurance is not: a plan file has one term for both"
        if copay.amount and copay.timing == "none" and coinsurance.timing == "after":
            order = "before_deductible"
            remark = (
                "A plain copay beside a part after the deductible: the copay is read as due first, then the deductible."
            )
        elif copay.amount and copay.timing == "before":
            order = "before_deductible"
    else:
        applies = coinsurance.timing == "after"
        if copay.timing != "none" and not applies:
            return "the copay is under the deductible and the coinsurance is not: a plan file has one term for both"
        if applies and copay.timing != "after":
            order = "before_deductible"
        if applies and copay.timing == "none":
            remark = (
                "A plain copay beside a part after the deductible: the copay is read as due first, then the deductible."
            )
    return _Sharing(copay.amount, copay.per, order, coinsurance.amount, applies), remark  # type: ignore[arg-type]


def _yes(text: str, column: str) -> bool | None:
    match text.lower():
        case "yes" | "covered" | "y" | "true":
            return True
        case "no" | "not covered" | "n" | "false":
            return False
        case "":
            return None
    raise _Refused(column, text, "expected Yes or No")


def _understand(row: Mapping[str, str], headings: Mapping[str, str]) -> _Terms:
    """What a row says; raises `_Refused` with the first cell that cannot be read."""

    def cell(name: str) -> str:
        return row.get(name, "")

    def column(name: str) -> str:
        return headings.get(name, name)

    name = cell("benefit")
    if not name:
        raise _Refused(column("benefit"), "", "the name of the benefit is blank")
    near = _nearly(name)
    if near is not None:
        raise _Refused(column("benefit"), name, f"not a known benefit, but nearly {near!r}")
    is_covered = _yes(cell("is_covered"), column("is_covered"))
    sharing: dict[str, _Sharing | None] = {}
    silent: set[str] = set()
    notices: list[str] = []
    wordings: list[tuple[str, str]] = []
    for network in ("1", "2", "out"):
        first, second = cell(f"copay_{network}"), cell(f"coinsurance_{network}")
        if not first and not second:
            silent.add(network)
            continue
        copay, coinsurance = _copay(first), _coinsurance(second)
        if not first or not second:
            blank = f"copay_{network}" if not first else f"coinsurance_{network}"
            raise _Refused(column(blank), "", "blank, though the other half of the cost sharing is given")
        if isinstance(copay, str):
            raise _Refused(column(f"copay_{network}"), first, copay)
        if isinstance(coinsurance, str):
            raise _Refused(column(f"coinsurance_{network}"), second, coinsurance)
        wordings += [("copay", first), ("coinsurance", second), ("combination", f"{first} / {second}")]
        if not copay.is_stated and not coinsurance.is_stated:
            silent.add(network)
            continue
        if network == "out" and coinsurance.amount == 1:
            sharing[network] = None
            continue
        both = _shared(copay, coinsurance)
        if isinstance(both, str):
            raise _Refused(
                f"{column(f'copay_{network}')} and {column(f'coinsurance_{network}')}", f"{first} / {second}", both
            )
        sharing[network], remark = both
        if remark and network == "1":
            notices.append(remark)
        said = _yes(cell(f"deductible_{network}"), column(f"deductible_{network}")) if network != "out" else None
        if said is not None and said != both[0].deductible_applies and network == "1":
            notices.append(
                f"{column('deductible_1')} says {'Yes' if said else 'No'}, the words of the cost sharing say otherwise: "
                "the words were followed, because that column speaks for every plan of its package at once."
            )
    if is_covered is None and len(silent) < 3:
        raise _Refused(column("is_covered"), "", "blank, though the row gives cost sharing")
    limit = _limit_of(cell, column, wordings)
    excluded = [_yes(cell(flag), column(flag)) for flag in ("not_in_maximum", "not_in_maximum_out")]
    if is_covered and sharing.get("1") and excluded[0] is None:
        notices.append(
            "The row does not say whether costs count toward the out-of-pocket maximum: they are taken to count."
        )
    return _Terms(
        name, is_covered, sharing, frozenset(silent), limit, excluded[0] is not True, excluded[1] is not True,
        tuple(notices), tuple(wordings),
    )  # fmt: skip


def _limit_of(
    cell: Callable[[str], str], column: Callable[[str], str], wordings: list[tuple[str, str]]
) -> _Limit | None:
    has_limit = _yes(cell("has_limit"), column("has_limit"))
    quantity, unit = cell("limit_quantity"), cell("limit_unit")
    if not quantity and not unit:
        if has_limit:
            raise _Refused(column("limit_quantity"), "", "a limit is announced, but its quantity is blank")
        return None
    if has_limit is False:
        raise _Refused(column("has_limit"), "No", f"no limit is announced, but one is given: {quantity} {unit}")
    if not quantity or not unit:
        blank = "limit_quantity" if not quantity else "limit_unit"
        raise _Refused(column(blank), "", f"a limit without its {'quantity' if not quantity else 'unit'}")
    limit = _limit(quantity, unit)
    if isinstance(limit, str):
        which = "limit_unit" if "unit" in limit else "limit_quantity"
        raise _Refused(column(which), cell(which), limit)
    wordings += [("limit", unit)]
    return limit


# ---------------------------------------------------------------- benefits as services


@cache
def _services() -> Mapping[str, tuple[str, tuple[Service, ...], int]]:
    """Plain benefit name -> its name, our services, its rank."""
    path = Path(__file__).with_name("exchange_benefits.toml")
    table = parse_toml(path.read_text(encoding="utf-8"), path.name)["benefit"]
    return {
        _plain(name): (name, tuple(Service(service) for service in entry["services"]), rank)
        for rank, entry in enumerate(table)
        for name in entry["names"]
    }


@lru_cache(maxsize=4096)
def _nearly(name: str) -> str | None:
    """The known benefit that a misspelt name must have meant."""
    known, plain = _services(), _plain(name)
    if plain in known:
        return None
    close = difflib.get_close_matches(plain, known, n=1, cutoff=0.92)
    return known[close[0]][0] if close else None


def _services_of(name: str) -> tuple[Service, ...]:
    entry = _services().get(_plain(name))
    return entry[1] if entry else ()


def _limit_terms(limit: _Limit | None, headings: Mapping[str, str]) -> dict[str, Any]:
    """A limit in the terms of a plan file, or a refusal that names what they lack."""
    if limit is None:
        return {}
    column, words = (
        headings.get("limit_unit", "LimitUnit"),
        f"{limit.quantity} {limit.what}(s) per {limit.every} {limit.period}",
    )
    resets: Resets
    if (limit.period, limit.every) == ("year", 1) or (limit.period, limit.every) == ("month", 12):
        resets = "plan_year"
    elif (limit.period, limit.every) == ("month", 1):
        resets = "month"
    elif (
        limit.period in ("episode", "lifetime")
        or (limit.period == "year")
        or (limit.period == "month" and limit.every > 12)
    ):
        resets = "episode"  # longer than a plan year: what is left of it lasts for the whole episode
    else:
        raise _Refused(column, words, f"a plan file has no limit per {limit.period}")
    if limit.what == "dollar":
        if resets == "month":
            raise _Refused(column, words, "a plan file has no money limit per month")
        return {"benefit_limit": limit.quantity, "benefit_limit_resets": resets}
    if limit.what in ("hour", "month", "admission"):
        raise _Refused(column, words, f"a plan file does not count {limit.what}s")
    if limit.quantity > 1000:
        raise _Refused(column, words, "a plan file counts at most 1,000 visits")
    return {"visit_limit": int(limit.quantity), "visit_limit_resets": resets}


_NUMBERS = {word: n for n, word in enumerate("one two three four five six seven eight nine ten".split(), start=1)}
_FIRST_VISITS = re.compile(
    r"copay(?:ment)?s?\W+(?:applies\W+)?(?:for\W+)?(?:the\W+)?first\W+(\w+)\W+(?:office\W+)?visits"
    r"|first\W+(\w+)\W+(?:office\W+)?visits\W+copay",
    re.IGNORECASE,
)
_APPROVAL_AFTER = re.compile(
    r"\b(?:PA|prior authorization|pre-?authorization|pre-?certification|prior approval)\b"
    r"[^.]{0,20}?\bafter\W+(?:the\W+)?(?:first\W+)?(\d+)\W+visits",
    re.IGNORECASE,
)
_APPROVAL = re.compile(
    r"\bPA\b|prior auth|pre-?auth|pre-?cert|prior approval|pre-?approval|must be authorized", re.IGNORECASE
)
_VISITS = re.compile(r"(\d+)[ -]?(?:[A-Za-z/()]+[ -]){0,2}visits?\b", re.IGNORECASE)
_COMBINED = re.compile(r"combin|accumulat|shared|aggregate", re.IGNORECASE)
_NAMED: Mapping[Service, re.Pattern[str]] = {
    Service.PHYSICAL_THERAPY: re.compile(r"\bphysical\b|\bPT\b|\btherapies\b", re.IGNORECASE),
    Service.CHIROPRACTIC: re.compile(r"chiropract|spinal manip", re.IGNORECASE),
    Service.ACUPUNCTURE: re.compile(r"acupunct", re.IGNORECASE),
    Service.MASSAGE_THERAPY: re.compile(r"massage", re.IGNORECASE),
}


def _benefits(
    row: _Row, terms: _Terms, services: tuple[Service, ...], tier: str, headings: Mapping[str, str]
) -> list[dict[str, Any]]:
    """A covered row as benefits of a plan file, one for each network it speaks of."""
    limit = _limit_terms(terms.limit, headings)
    explanation = row.cells.get("explanation", "")
    after = _APPROVAL_AFTER.search(explanation)
    if after:
        limit["prior_authorization_after_visit"] = int(after[1])
    words = [f"{headings[name]}: {row.cells[name]}" for name in ("explanation", "exclusions") if row.cells.get(name)]
    note = f"{row.cells['benefit']}, row {row.number}." + (f" In the plan's words, {' '.join(words)}" if words else "")
    found: list[dict[str, Any]] = []
    for key, network, counts in ((tier, "in_network", terms.counts_in), ("out", "out_of_network", terms.counts_out)):
        sharing = terms.sharing.get(key)
        if sharing is None:
            continue
        benefit: dict[str, Any] = {
            "services": list(services),
            "network": network,
            "copay": sharing.copay,
            "patient_coinsurance": sharing.coinsurance,
            "deductible_applies": sharing.deductible_applies,
            "counts_to_out_of_pocket_max": counts,
            "note": _clean(note if network == "in_network" else f"{row.cells['benefit']}, row {row.number}."),
            **limit,
        }
        if sharing.copay:
            benefit |= {"copay_per": sharing.copay_per, "copay_order": sharing.copay_order}
        first = _FIRST_VISITS.search(explanation)
        count = _NUMBERS.get((first[1] or first[2]).lower(), _whole(first[1] or first[2])) if first else None
        if count and sharing.copay and sharing.deductible_applies and network == "in_network":
            benefit |= {"first_visits": count, "first_visits_copay": sharing.copay, "copay": Decimal(0)}
            benefit.pop("copay_order")
        found.append(benefit)
    return found


def _clean(text: str, longest: int = 700) -> str:
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return text if len(text) <= longest else text[: longest - 3] + "..."


def _whole(text: str) -> int | None:
    return int(text) if text.isdigit() else None


# ---------------------------------------------------------------- one plan


def read_plan(
    file: Path,
    plan_id: str,
    attributes: Path | None = None,
    *,
    tier: int = 1,
    year: int | None = None,
    retrieved: date | None = None,
) -> ExchangePlan:
    """One plan of a benefits-and-cost-sharing file, with its deductible and maximum where `attributes` gives them.

    `tier` chooses between two in-network tiers, `year` between the years of one file. `retrieved` is written down with
    the source; without it, the day the file was saved here.
    """
    if tier not in (1, 2):
        raise InputError(f"tier: expected 1 or 2 (got {tier}).")
    source = _File.open(file)
    plan_id, rows = _rows_of(source, plan_id, year)
    found_year = rows[0].cells.get("year", "")
    builder = _Builder(source, plan_id, found_year, str(tier))
    builder.add_rows(rows)
    if attributes is not None:
        builder.add_attributes(*_attributes_of(attributes, plan_id, found_year))
    saved = retrieved or datetime.fromtimestamp(file.stat().st_mtime, tz=UTC).date()
    return builder.result(saved, attributes, len(rows))


def _rows_of(source: _File, plan_id: str, year: int | None) -> tuple[str, list[_Row]]:
    """The id of a plan as the file spells it, and its rows in one year."""
    wanted = plan_id.strip().upper()
    rows: dict[tuple[str, str], list[_Row]] = {}
    known: set[str] = set()
    place = source.at["plan_id"]
    total = 0
    for number, cells in source.rows:
        total += 1
        if len(cells) != source.width:
            raise InputError(
                f"{source.path}: row {number}: {len(cells)} cells, but the header has {source.width}. "
                "Is the file cut off? A plan read from it might lack benefits."
            )
        found = cells[place].strip().upper()
        known.add(found)
        if found == wanted or (len(wanted) == 14 and found[:14] == wanted):
            row = _Row(number, source.cells(cells))
            rows.setdefault((found, row.cells.get("year", "")), []).append(row)
    if not total:
        raise InputError(f"{source.path}: no rows below the headings.")
    if not rows:
        near = difflib.get_close_matches(wanted, sorted(known), n=3, cutoff=0.6)
        hint = f" Nearest: {', '.join(near)}." if near else ""
        raise InputError(
            f"{source.path}: column {source.headings['plan_id']}: no plan {plan_id!r} among {len(known):,} plans.{hint} "
            "A plan id looks like 12345OH0010001-01."
        )
    variants = sorted({found for found, _ in rows})
    if len(variants) > 1:
        raise InputError(
            f"{source.path}: {plan_id} has {len(variants)} variants: {', '.join(variants)}. Name one "
            "(-00 off the marketplace, -01 on it, -02 to -06 with reduced cost sharing)."
        )
    years = sorted({of for _, of in rows})
    if year is not None:
        if str(year) not in years:
            raise InputError(f"{source.path}: {variants[0]} is in the file for {', '.join(years)}, not for {year}.")
        years = [str(year)]
    if len(years) > 1:
        first = [rows[variants[0], of][0].number for of in years]
        places = ", ".join(f"{of} (from row {number})" for of, number in zip(years, first, strict=True))
        raise InputError(f"{source.path}: {variants[0]} is in the file for {places}: name the year.")
    return variants[0], rows[variants[0], years[0]]


_POTS = (("ded", "deductible", "deductible"), ("moop", "out_of_pocket_max", "out-of-pocket maximum"))


class _Builder:
    """A plan on its way from rows to terms."""

    def __init__(self, source: _File, plan_id: str, year: str, tier: str) -> None:
        self.source, self.plan_id, self.year, self.tier = source, plan_id, year, tier
        self.data: dict[str, Any] = {
            "id": plan_id,
            "name": f"Marketplace plan {plan_id}",
            "region": "us_private",
            "role": "primary",
            "plan_year_starts": "01-01",
        }
        self.benefits: list[dict[str, Any]] = []
        self.explanations: dict[Service, str] = {}
        self.excluded: dict[Service, int] = {}
        self.tags = ["insured", "marketplace"]
        self.missing: list[str] = []
        self.refused: list[RefusedRow] = []
        self.notices: list[str] = []
        self.missing_services: dict[Service, str] = {}
        self.has_attributes = False
        if year.isdigit():
            self.data["effective_from"] = date(int(year), 1, 1)

    # ------------------------------------------------------------ rows

    def add_rows(self, rows: Sequence[_Row]) -> None:
        ranked: list[tuple[int, _Row, tuple[Service, ...]]] = []
        for row in self._once_each(rows):
            entry = _services().get(_plain(row.cells["benefit"]))
            ranked.append((entry[2] if entry else len(_services()), row, entry[1] if entry else ()))
        ranked.sort(key=lambda each: (each[0], each[1].number))
        read = [(row, services, self._understood(row, services)) for _, row, services in ranked]
        if self.tier == "2" and not any(terms and terms.sharing.get("2") for _, _, terms in read):
            raise InputError(f"{self.source.path}: {self.plan_id} has no second in-network tier; read it with tier 1.")
        seen: dict[Service, str] = {}
        for row, services, terms in read:
            fresh = tuple(service for service in services if service not in seen)
            if services and not fresh:
                self.notices.append(
                    f"Row {row.number}: {row.cells['benefit']!r} was not used, "
                    f"because {seen[services[0]]!r} is the closer benefit."
                )
            elif terms and fresh and self._add_row(row, terms, fresh):
                seen |= dict.fromkeys(fresh, row.cells["benefit"])
        self._share_limits()

    def _understood(self, row: _Row, services: Sequence[Service]) -> _Terms | None:
        """What a row says, or None where it was refused."""
        try:
            terms = _understand(row.cells, self.source.headings)
            if services and terms.is_covered:
                _limit_terms(terms.limit, self.source.headings)
        except _Refused as error:
            self.refused.append(RefusedRow(row.number, row.cells["benefit"], error.column, error.words, error.why))
            return None
        return terms

    def _once_each(self, rows: Sequence[_Row]) -> Iterator[_Row]:
        """Each benefit once; two rows that contradict each other are an error."""
        first: dict[str, _Row] = {}
        for row in rows:
            key = _plain(row.cells["benefit"])
            known = first.setdefault(key, row)
            if known is row:
                yield row
                continue
            differing = [
                name for name in (*TERMS[1:], "explanation") if known.cells.get(name, "") != row.cells.get(name, "")
            ]
            if differing:
                raise InputError(
                    f"{self.source.path}: row {row.number}: {row.cells['benefit']!r} of {self.plan_id} contradicts row "
                    f"{known.number}: "
                    + "; ".join(
                        f"{self.source.headings[n]} {row.cells[n]!r}, there {known.cells[n]!r}" for n in differing
                    )
                    + ". Keep one of the rows."
                )
            self.notices.append(f"Row {row.number} repeats row {known.number} word for word; it was read once.")

    def _add_row(self, row: _Row, terms: _Terms, services: tuple[Service, ...]) -> bool:
        """Take up what a row says of services; whether it said anything."""
        names = _names(services)
        if terms.is_covered is None:
            self.missing_services |= dict.fromkeys(services, f"row {row.number} does not say whether it is covered")
            return False
        if terms.is_covered is False:
            self.excluded |= dict.fromkeys(services, row.number)
            return True
        own = terms.sharing.get(self.tier)
        if own is None:
            limit = f", {terms.limit.quantity} {terms.limit.what}(s) per {terms.limit.period}" if terms.limit else ""
            self.missing_services |= dict.fromkeys(
                services, f"row {row.number} says it is covered{limit}, but not what you pay"
            )
            return False
        if "out" in terms.silent:
            self.missing.append(f"{names}: what you pay outside the network is not in row {row.number}.")
        if self.tier == "1" and terms.sharing.get("2") not in (None, own):
            self.notices.append(
                f"Row {row.number}: {names}: the second in-network tier has other terms; read it with tier 2."
            )
        self.notices += [f"Row {row.number}: {names}: {notice}" for notice in terms.notices]
        benefits = _benefits(row, terms, services, self.tier, self.source.headings)
        explanation = row.cells.get("explanation", "")
        self._read_explanation(row, terms, names, explanation, benefits)
        self.explanations |= dict.fromkeys(services, explanation)
        self.benefits += benefits
        return True

    def _read_explanation(
        self, row: _Row, terms: _Terms, names: str, explanation: str, benefits: Sequence[dict[str, Any]]
    ) -> None:
        """Say which terms came from the plan's own words, and which of those words did not become a term."""
        if not explanation:
            return
        here = f"Row {row.number}: {names}: "
        if any("first_visits" in benefit for benefit in benefits):
            count = benefits[0]["first_visits"]
            self.notices.append(f"{here}the first {count} visits at the copay are read from the explanation.")
        elif _FIRST_VISITS.search(explanation):
            self.notices.append(
                f"{here}the explanation speaks of first visits; the cost sharing columns were followed."
            )
        if _APPROVAL_AFTER.search(explanation):
            self.notices.append(f"{here}approval after so many visits is read from the explanation.")
        elif _APPROVAL.search(explanation):
            self.notices.append(f"{here}the explanation asks for approval, but not from which visit; see the note.")
        if _APPROVAL.search(explanation) and "prior_authorization" not in self.tags:
            self.tags.append("prior_authorization")
        said = sorted(
            {int(number) for number in _VISITS.findall(explanation)} - {int(terms.limit.quantity) if terms.limit else 0}
        )
        if said and not _APPROVAL_AFTER.search(explanation):
            limit = (
                f"the limit column says {terms.limit.quantity}" if terms.limit else "there is no limit in its column"
            )
            self.notices.append(
                f"{here}the explanation also speaks of {', '.join(map(str, said))} visits; {limit} and was followed."
            )

    def _share_limits(self) -> None:
        """One count of visits for benefits whose words say that they share a limit of the same size."""
        for service, text in self.explanations.items():
            if not _COMBINED.search(text) or re.search(r"\beach\b|separate", text, re.IGNORECASE):
                continue
            own = [benefit for benefit in self.benefits if service in benefit["services"]]
            for other, name in _NAMED.items():
                its = [benefit for benefit in self.benefits if other in benefit["services"]]
                if service in its[0]["services"] if its else True:
                    continue
                limits = {(b.get("visit_limit"), b.get("visit_limit_resets")) for b in (*own, *its)}
                if not name.search(text) or len(limits) > 1 or None in next(iter(limits)):
                    continue
                if not all("visit_group" in benefit for benefit in (*own, *its)):
                    self.notices.append(
                        f"{_names((service, other))} share one count of visits: read from the explanation of the first."
                    )
                for benefit in (*own, *its):
                    benefit["visit_group"] = "combined"

    # ------------------------------------------------------------ attributes

    def add_attributes(self, path: Path, row: int, cells: Mapping[str, str], headings: Mapping[str, str]) -> None:
        """The terms of the plan as a whole: deductible, maximum, names, dates, referral, first visits."""
        self.has_attributes = True
        read = _Attributes(path, row, cells, headings, self.tier)
        self.data["name"] = _clean(cells.get("plan_name", ""), 200) or self.data["name"]
        for name in ("plan_type", "metal"):
            if cells.get(name):
                self.tags.append(_plain(cells[name]))
        if read.yes("is_hsa"):
            self.tags.append("hsa")
        for name, term in (("effective", "effective_from"), ("expires", "effective_to")):
            day = read.day(name)
            if day is not None:
                self.data[term] = day
        if read.yes("referral"):
            self.tags.append("referral")
            kinds = cells.get("referral_kinds", "")
            self.notices.append(f"A referral is needed for a specialist{': ' + _clean(kinds, 200) if kinds else ''}.")
            for benefit in self.benefits:
                if Service.SPECIALIST_VISIT in benefit["services"]:
                    benefit["referral_required"] = True
        self._add_deductibles(read)
        self._add_drugs(read)
        self._add_first_visits(read)

    def _add_deductibles(self, read: _Attributes) -> None:
        outside = any(benefit["network"] == "out_of_network" for benefit in self.benefits)
        separate: dict[str, Any] = {}
        shared: list[str] = []
        for what, term, words in _POTS:
            kind = read.kind(what)
            own, both = read.pot(kind, what, f"inntier{self.tier}"), read.pot(kind, what, "combinnoon")
            out = read.pot(kind, what, "outofnet")
            if own or both:
                self.data[term] = own or both
            else:
                self.missing.append(f"The {words}: {read.path.name} row {read.row} gives no amount.")
            if own and both:
                self.notices.append(
                    f"The {words} in network is {own['amount']}; a plan file cannot add the one of {both['amount']} "
                    "for both networks together."
                )
            if out is not None:
                separate[term] = out["amount"]
            elif both is not None:
                shared.append(words)
        if not outside or (not separate and len(shared) == 2):
            return
        if separate or not shared:
            self.data["out_of_network"] = {"deductible": Decimal(0)} | separate
        for _, term, words in _POTS:
            if words in shared and separate:
                self.notices.append(
                    f"The {words} is one for both networks, which a plan file cannot say beside an amount of its own "
                    "outside the network: outside it there is none in the plan file."
                )
            elif words not in shared and term not in separate:
                self.notices.append(
                    f"Outside the network the file gives no {words}"
                    + (": the network's was taken." if shared and not separate else ": there is none in the plan file.")
                )

    def _add_drugs(self, read: _Attributes) -> None:
        """A deductible and a maximum of their own for drugs."""
        drugs = [benefit for benefit in self.benefits if Service.PRESCRIPTION in benefit["services"]]
        pot = read.pot("dehb", "ded", f"inntier{self.tier}") or read.pot("dehb", "ded", "combinnoon")
        if read.kind("ded") == "mehb" and pot is not None:
            self.data["separate_deductible"] = [{"id": "drugs", "amount": pot["amount"]}]
            for benefit in drugs:
                if benefit["deductible_applies"] and benefit["network"] == "in_network":
                    benefit["separate_deductible"] = "drugs"
        if read.kind("moop") == "mehb" and read.pot("dehb", "moop", f"inntier{self.tier}") is not None:
            self.notices.append(
                "Drugs have an out-of-pocket maximum of their own, which a plan file cannot say: they do not count to the medical one."
            )
            for benefit in drugs:
                benefit["counts_to_out_of_pocket_max"] = False

    def _add_first_visits(self, read: _Attributes) -> None:
        free, at_copay = read.count("free_visits"), read.count("copay_visits")
        for benefit in self.benefits:
            if Service.PHYSICIAN_VISIT not in benefit["services"] or benefit["network"] != "in_network":
                continue
            if free and at_copay:
                self.notices.append(
                    "Primary care has both free visits and visits at a copay first; only the free ones are in the plan file."
                )
            if free:
                benefit |= {"first_visits": free, "first_visits_copay": Decimal(0)}
            elif at_copay and benefit["copay"]:
                benefit |= {
                    "first_visits": at_copay,
                    "first_visits_copay": benefit["copay"],
                    "copay": Decimal(0),
                    "deductible_applies": True,
                }
                benefit.pop("copay_order", None)
            elif at_copay:
                self.notices.append(
                    f"{at_copay} primary care visits at a copay are announced, but the benefit has no copay."
                )

    # ------------------------------------------------------------ the plan

    def result(self, saved: date, attributes: Path | None, rows: int) -> ExchangePlan:
        if not self.has_attributes:
            outside = (
                ", and those outside the network"
                if any(b["network"] == "out_of_network" for b in self.benefits)
                else ""
            )
            self.missing.insert(
                0, f"The deductible and the out-of-pocket maximum{outside}: they stand in the plan attributes file."
            )
        covered = {service for benefit in self.benefits for service in benefit["services"]} | set(self.excluded)
        by_reason: dict[str, list[Service]] = {}
        refused = {s: r for r in self.refused for s in _services_of(r.benefit)}
        for service in BILLED_SERVICES:
            if service in covered:
                continue
            if service in self.missing_services:
                reason = self.missing_services[service]
            elif service in refused:
                reason = (
                    f"row {refused[service].row} was refused ({refused[service].column}: {refused[service].words!r})"
                )
            elif service in NEVER_LISTED:
                reason = "this layout has no benefit for it"
            else:
                reason = "the file has no row for it"
            by_reason.setdefault(reason, []).append(service)
        self.missing += [f"{_names(services)}: {reason}." for reason, services in by_reason.items()]
        exclusions: dict[int, list[str]] = {}
        for excluded, number in self.excluded.items():
            exclusions.setdefault(number, []).append(excluded)
        data = self.data | {
            "tags": list(dict.fromkeys(self.tags)),
            "summary": f"The plan {self.plan_id}{f' of {self.year}' if self.year else ''} as its insurer filed it with the marketplace.",
            "note": _clean(
                "What the file does not say was not assumed; until you add it, an estimate counts a service without terms as not covered. "
                "Missing: " + " ".join(self.missing),
                6000,
            ) if self.missing else "",
            "benefit": self.benefits,
            "exclusion": [
                {"services": services, "reason": "not_covered", "note": f"The filing says it is not covered (row {number})."}
                for number, services in sorted(exclusions.items())
            ],
            "source": _sources(self.source.path, attributes, self.plan_id, self.year, saved),
        }  # fmt: skip
        plan = validate(
            Plan, {key: value for key, value in data.items() if value not in ("", [])}, str(self.source.path)
        )
        return ExchangePlan(plan, tuple(self.missing), tuple(self.refused), tuple(self.notices), rows)


def _sources(file: Path, attributes: Path | None, plan_id: str, year: str, saved: date) -> list[dict[str, Any]]:
    of = f"of {year} " if year else ""
    found = [
        {"id": "benefits-file", "title": f"Marketplace benefits and cost sharing {of}({file.name}), plan {plan_id}"}
    ]
    if attributes is not None:
        found.append(
            {"id": "attributes-file", "title": f"Marketplace plan attributes {of}({attributes.name}), plan {plan_id}"}
        )
    common = {"kind": "official", "publisher": "Filed by the insurer with its marketplace", "retrieved": saved}
    return [entry | common for entry in found]


def _names(services: Sequence[Service]) -> str:
    return ", ".join(SERVICE_NAMES[service] for service in services)


# ---------------------------------------------------------------- the attributes file


ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "plan_id": ("planid",),
    "year": ("businessyear",),
    "plan_name": ("planvariantmarketingname", "planmarketingname"),
    "plan_type": ("plantype",),
    "metal": ("metallevel",),
    "is_hsa": ("ishsaeligible",),
    "referral": ("isreferralrequiredforspecialist",),
    "referral_kinds": ("specialistrequiringreferral",),
    "effective": ("planeffectivedate",),
    "expires": ("planexpirationdate",),
    "ded_integrated": ("medicaldrugdeductiblesintegrated",),
    "moop_integrated": ("medicaldrugmaximumoutofpocketintegrated",),
    "free_visits": ("beginprimarycarecostsharingafternumberofvisits",),
    "copay_visits": ("beginprimarycaredeductiblecoinsuranceafternumberofcopays",),
    **{
        f"{kind}_{what}_{network}_{who}": (
            f"{kind}ded{network}{who}" if what == "ded" else f"{kind}{network}{who}moop",
            *((f"{kind}dedout{network}{who}",) if (what, network) == ("ded", "combinnoon") else ()),
        )
        for kind in ("mehb", "dehb", "tehb")
        for what in ("ded", "moop")
        for network in ("inntier1", "inntier2", "outofnet", "combinnoon")
        for who in ("individual", "family", "familyperperson", "familypergroup")
    },
}


def _attributes_of(path: Path, plan_id: str, year: str) -> tuple[Path, int, Mapping[str, str], Mapping[str, str]]:
    """The row of a plan in an attributes file."""
    names = dict(ATTRIBUTES)
    source = _open_attributes(path, names)
    found: list[_Row] = []
    known: set[str] = set()
    for number, cells in source.rows:
        if len(cells) != source.width:
            raise InputError(
                f"{path}: row {number}: {len(cells)} cells, but the header has {source.width}. Is the file cut off?"
            )
        name = cells[source.at["plan_id"]].strip().upper()
        known.add(name)
        if name == plan_id:
            row = _Row(number, source.cells(cells))
            if not year or row.cells.get("year", year) == year:
                found.append(row)
    if not found:
        near = difflib.get_close_matches(plan_id, sorted(known), n=3, cutoff=0.6)
        of = f" of {year}" if year else ""
        raise InputError(
            f"{path}: column {source.headings['plan_id']}: no plan {plan_id!r}{of} among {len(known):,} plans."
            + (f" Nearest: {', '.join(near)}." if near else "")
        )
    for other in found[1:]:
        differing = [name for name in other.cells if other.cells[name] != found[0].cells[name]]
        if differing:
            raise InputError(
                f"{path}: row {other.number}: {plan_id} contradicts row {found[0].number}: "
                + "; ".join(f"{source.headings[n]} {other.cells[n]!r}, there {found[0].cells[n]!r}" for n in differing)
                + ". Keep one of the rows."
            )
    return path, found[0].number, found[0].cells, source.headings


def _open_attributes(path: Path, names: dict[str, tuple[str, ...]]) -> _File:
    """An attributes file; the name of the variant is preferred to the name of the plan."""
    rows = _table(path)
    _, header = next(rows)
    plain = {_plain(cell) for cell in header}
    names["plan_name"] = next(((name,) for name in names["plan_name"] if name in plain), names["plan_name"][:1])
    at = _positions(path, header, names, ("plan_id",))
    if not any("_ded_" in name for name in at):
        raise InputError(
            f"{path}: row 1: no column for a deductible, such as 'TEHBDedInnTier1Individual'. Is it the plan attributes file?"
        )
    return _File(path, at, {name: " ".join(header[p].split()) for name, p in at.items()}, len(header), rows)


@dataclass(frozen=True, slots=True)
class _Attributes:
    """One plan's row of the attributes file, read cell by cell."""

    path: Path
    row: int
    cells: Mapping[str, str]
    headings: Mapping[str, str]
    tier: str

    def refuse(self, name: str, why: str) -> InputError:
        return InputError(f"{self.path}: row {self.row}, {self.headings[name]}: {self.cells[name]!r}: {why}.")

    def yes(self, name: str) -> bool | None:
        try:
            return _yes(self.cells.get(name, ""), name)
        except _Refused:
            raise self.refuse(name, "expected Yes or No") from None

    def count(self, name: str) -> int:
        text = self.cells.get(name, "") or "0"
        number = text.removesuffix(".0")
        if not number.isdigit() or int(number) > 100:
            raise self.refuse(name, "expected a number of visits")
        return int(number)

    def day(self, name: str) -> date | None:
        text = self.cells.get(name, "")
        if not text or text == "0":
            return None
        for form in ("%Y-%m-%d", "%m/%d/%Y", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y %H:%M"):
            with suppress(ValueError):
                return datetime.strptime(text, form).replace(tzinfo=UTC).date()
        raise self.refuse(name, "expected a date such as 2026-01-01")

    def kind(self, what: str) -> str:
        """Whether medical care has an amount of its own (mehb) or shares it with drugs (tehb)."""
        said = self.yes(f"{what}_integrated")
        if said is not None:
            return "tehb" if said else "mehb"
        stated = [
            k
            for k in ("tehb", "mehb")
            if any(self._amount(k, what, n, "individual") is not None for n in (f"inntier{self.tier}", "combinnoon"))
        ]
        return stated[0] if stated else "tehb"

    def pot(self, kind: str, what: str, network: str) -> dict[str, Any] | None:
        """A deductible or maximum: the amount for one person and, where given, for the family."""
        amount = self._amount(kind, what, network, "individual")
        if amount is None:
            return None
        person = self._amount(kind, what, network, "familyperperson")
        group = self._amount(kind, what, network, "familypergroup")
        whole = f"{kind}_{what}_{network}_family"
        text = self.cells.get(whole, "")
        if "|" in text:
            person, group = (self._money(whole, part) for part in text.split("|", 1))
        elif text:
            group = person = self._money(whole, text)
        pot: dict[str, Any] = {"amount": amount}
        if group is not None:
            pot["family_amount"] = group
            if person is None:
                pot["is_aggregate"] = True
        return pot

    def _amount(self, kind: str, what: str, network: str, who: str) -> Decimal | None:
        name = f"{kind}_{what}_{network}_{who}"
        return self._money(name, self.cells.get(name, ""))

    def _money(self, name: str, text: str) -> Decimal | None:
        text = text.strip().lower()
        if not text or "not applicable" in text:
            return None
        found = re.fullmatch(r"\$\s?([\d,]+(?:\.\d+)?)(?: per (?:person|group))?", text)
        if not found:
            raise self.refuse(name, "expected an amount such as $1,500, or Not Applicable")
        amount = Decimal(found[1].replace(",", ""))
        try:
            to_minor(amount)
        except InputError as error:
            raise self.refuse(name, str(error)) from None
        return amount


# ---------------------------------------------------------------- the plan file


def to_toml(imported: ExchangePlan) -> str:
    """The plan file: what is missing as comments on top, then every term that is not the plan's default."""
    remarks = "".join(f"# {line}\n" for line in _remarks(imported))
    return f"{remarks}\n{plan_to_toml(imported.plan)}"


def _remarks(imported: ExchangePlan) -> Iterator[str]:
    for title, entries in (
        ("Not in the file, and not assumed", imported.missing),
        ("Refused", [str(row) for row in imported.refused]),
        ("How it was read", imported.notices),
    ):
        if entries:
            yield f"{title}:"
            yield from (f"- {_clean(entry)}" for entry in entries)


def write(imported: ExchangePlan, path: Path) -> None:
    """Write the plan file in one step, after checking that it reads back as the same plan."""
    text = to_toml(imported)
    if validate(Plan, parse_toml(text, str(path)), str(path)) != imported.plan:
        raise AssertionError(f"{path}: the plan file would not read back as the plan")
    try:
        handle, name = tempfile.mkstemp(prefix=".import-", suffix=".toml", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(f"{path}: the plan file cannot be written ({error.strerror or error}).") from None


# ---------------------------------------------------------------- a whole file


@dataclass(slots=True)
class _Tally:
    rows: int = 0
    understood: int = 0
    used: int = 0
    silent: int = 0
    plans: set[str] = field(default_factory=set)
    refused: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)  # [count, first row]
    wordings: dict[str, set[str]] = field(default_factory=dict)
    notices: Counter[str] = field(default_factory=Counter)

    def read(self, wordings: Sequence[tuple[str, str]]) -> None:
        for kind, words in wordings:
            kept = self.wordings.setdefault(kind, set())
            if len(kept) < MOST_WORDINGS:
                kept.add(words)

    def refuse(self, row: int, column: str, words: str, why: str) -> None:
        key = (column, _clean(words, 100), why)
        if key not in self.refused and len(self.refused) >= MOST_WORDINGS:
            key = ("", "", "other wordings")
        self.refused.setdefault(key, [0, row])[0] += 1


def check(file: Path) -> CheckReport:
    """Read a whole file of any size and count what is understood; memory does not grow with the rows."""
    source = _File.open(file)
    tally = _Tally()
    names = [name for name in TERMS if name in source.at]
    places = [source.at[name] for name in names]
    known: dict[tuple[str, ...], _Terms | _Refused] = {}
    for number, cells in source.rows:
        tally.rows += 1
        if len(cells) != source.width:
            tally.refuse(
                number, "(the row)", f"{len(cells)} of {source.width} cells", "not as many cells as the header"
            )
            continue
        key = tuple(cells[place] for place in places)
        found = known.get(key)
        if found is None:
            found = _read_for_check({n: " ".join(c.split()) for n, c in zip(names, key, strict=True)}, source.headings)
            if len(known) < MOST_WORDINGS:
                known[key] = found
            if isinstance(found, _Terms):
                tally.read(found.wordings)
        if isinstance(found, _Refused):
            tally.refuse(number, found.column, found.words, found.why)
            continue
        tally.plans.add(cells[source.at["plan_id"]].strip())
        tally.understood += 1
        tally.used += bool(_services_of(found.benefit))
        tally.silent += found.is_covered is None
        tally.notices.update(found.notices)
    if not tally.rows:
        raise InputError(f"{file}: no rows below the headings.")
    refused = sorted(tally.refused.items(), key=lambda each: (-each[1][0], each[1][1]))
    return CheckReport(
        file=file,
        rows=tally.rows,
        understood=tally.understood,
        used=tally.used,
        silent=tally.silent,
        plans=len(tally.plans),
        refused=tuple(RefusedWording(*key, count=count, first_row=first) for key, (count, first) in refused),
        wordings={kind: len(words) for kind, words in sorted(tally.wordings.items())},
        notices=dict(tally.notices.most_common()),
    )


def _read_for_check(row: Mapping[str, str], headings: Mapping[str, str]) -> _Terms | _Refused:
    """A row as read_plan would read it, or its refusal."""
    try:
        terms = _understand(row, headings)
        if terms.is_covered and _services_of(terms.benefit):
            _limit_terms(terms.limit, headings)
    except _Refused as error:
        return error
    return replace(terms, sharing={})
