"""Reading files safely: size, encoding, TOML, JSON and CSV, and a model's complaints in plain words.

Every problem names the file, then the row where there is one, then the field, and says what to write instead.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from estimator.errors import FileProblems, InputError
from estimator.messages import marked, say, say_many
from estimator.money import rate, to_minor

MAX_BYTES = 5_000_000
Model = TypeVar("Model", bound=BaseModel)
JsonObject = dict[str, Any]


class Record(BaseModel):
    """A frozen record read from a file or a form; unknown fields are an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings", allow_inf_nan=False)


def _as_decimal(value: object) -> object:
    """An exact decimal from text or a whole number; a binary float is read through its shortest text."""
    if isinstance(value, bool):
        raise ValueError(say("write a number such as 120.00"))
    return Decimal(repr(value)) if isinstance(value, float) else value


def _valid_amount(value: Decimal) -> Decimal:
    try:
        to_minor(value)
    except InputError as error:
        raise ValueError(str(error)) from None
    return value


def _valid_rate(value: Decimal) -> Decimal:
    if 1 < value <= 100:
        raise ValueError(
            say("a rate is a share of one: write {share} for {percent}%", share=value / 100, percent=value)
        )
    try:
        rate(value)
    except InputError as error:
        raise ValueError(str(error)) from None
    return value


Amount = Annotated[Decimal, BeforeValidator(_as_decimal), AfterValidator(_valid_amount)]
"""Money in major units, at most two decimals, never negative."""

Rate = Annotated[Decimal, BeforeValidator(_as_decimal), AfterValidator(_valid_rate)]
"""A share of one: 0.20, never 20."""


def _not_a_truth(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError(say("write a whole number such as 12"))
    return value


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError(say("write plain text without control characters"))
    return value


Name = Annotated[str, Field(max_length=200), AfterValidator(_printable)]
"""A short text without control characters, such as the id of a plan."""

Prose = Annotated[str, AfterValidator(say)]
"""A text that people read: said in the language in use when its file is read."""

Whole = Annotated[int, BeforeValidator(_not_a_truth), Field(ge=0, le=1000)]
"""A count from 0 to 1000; true and false are not counts."""

Quantity = Annotated[Decimal, BeforeValidator(_as_decimal)]
"""Any exact decimal."""


# ---------------------------------------------------------------- text


def read_text(path: Path, *, limit: int = MAX_BYTES) -> str:
    """The text of a small UTF-8 file; says what is wrong with any other."""
    try:
        if path.is_dir():
            raise InputError(f"{path}: this is a folder; name a file in it.")
        with path.open("rb") as file:
            raw = file.read(limit + 1)
        if len(raw) > limit:
            size = max(path.stat().st_size, limit + 1)
            raise InputError(
                f"{path}: the file has {size / 1e6:,.0f} MB; at most {limit / 1e6:,.0f} MB are read. "
                "Is it the right file?"
            )
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file.{_near(path)}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"{path!s:.200}: the file cannot be read ({reason}).") from None
    return decode(raw, str(path))


def decode(raw: bytes, name: str) -> str:
    """Bytes of a file called `name` as text, refusing what is empty or not text."""
    if not raw.strip():
        empty = say("the file is empty.")
        raise InputError(f"{name}: {empty}")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        foreign = say("byte {number} is not UTF-8 text. Is it the right file?", number=error.start + 1)
        raise InputError(f"{name}: {foreign}") from None
    if "\0" in text:
        binary = say("this is a binary file, not text. Is it the right file?")
        raise InputError(f"{name}: {binary}")
    return text


def _near(path: Path) -> str:
    names = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
    close = difflib.get_close_matches(path.name, names, n=1)
    return f" Did you mean {path.parent / close[0]}?" if close else ""


# ---------------------------------------------------------------- TOML and JSON


def read_toml(path: Path) -> JsonObject:
    """A TOML file with exact decimals."""
    return parse_toml(read_text(path), str(path))


def parse_toml(text: str, name: str) -> JsonObject:
    """TOML text of a file called `name`, with exact decimals."""
    try:
        return tomllib.loads(text, parse_float=_finite)
    except tomllib.TOMLDecodeError as error:
        broken = say("not valid TOML: {problem}.", problem=error)
        raise InputError(f"{name}: {broken}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: {error}.") from None


def parse_json(text: str, name: str) -> JsonObject:
    """A JSON object with exact decimals; a key given twice is an error."""

    def once(pairs: list[tuple[str, Any]]) -> JsonObject:
        seen: JsonObject = {}
        for key, value in pairs:
            if key in seen:
                twice = say("{field} is given twice; keep one.", field=key)
                raise InputError(f"{name}: {twice}")
            seen[key] = value
        return seen

    try:
        data = json.loads(text, parse_float=_finite, parse_constant=_finite, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        broken = say("line {number}: not valid JSON: {problem}.", number=error.lineno, problem=error.msg)
        raise InputError(f"{name}: {broken}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: {error}.") from None
    if not isinstance(data, dict):
        wanted = say("expected one JSON object in braces.")
        raise InputError(f"{name}: {wanted}")
    return cast(JsonObject, data)


def _finite(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite():
        raise ValueError(say("{value} is not a number; write one such as 120.00", value=text))
    return value


def read_structured(path: Path) -> JsonObject:
    """A TOML or JSON file, told apart by its ending."""
    text = read_text(path)
    return parse_json(text, str(path)) if path.suffix.lower() == ".json" else parse_toml(text, str(path))


# ---------------------------------------------------------------- CSV


def read_rows(path: Path, required: Sequence[str], optional: Sequence[str] = ()) -> list[tuple[int, dict[str, str]]]:
    """The rows of a CSV file with their line numbers; the header must hold the columns and no others."""
    text = read_text(path)
    return parse_rows(text, str(path), required, optional)


def parse_rows(
    text: str, name: str, required: Sequence[str], optional: Sequence[str] = ()
) -> list[tuple[int, dict[str, str]]]:
    """The rows of CSV text of a file called `name`, with their line numbers."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        problems = _header_problems(header, required, optional, name)
        if problems:
            raise FileProblems(problems)
        rows: list[tuple[int, dict[str, str]]] = []
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                problems.append(f"{name}: row {reader.line_num}: {len(cells)} cells, but the header has {len(header)}.")
            rows.append((reader.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=False))))
    except csv.Error as error:
        raise InputError(f"{name}: row {reader.line_num}: not valid CSV: {error}.") from None
    if problems:
        raise FileProblems(problems)
    return rows


def _header_problems(header: list[str], required: Sequence[str], optional: Sequence[str], name: str) -> list[str]:
    known = [*required, *optional]
    problems = [f"{name}: row 1: the column '{column}' is missing." for column in required if column not in header]
    problems += [
        f"{name}: row 1: unknown column '{column}'{suggestion(column, known)}."
        for column in header
        if column not in known
    ]
    problems += [
        f"{name}: row 1: the column '{c}' stands twice." for c in sorted({c for c in header if header.count(c) > 1})
    ]
    return problems


# ---------------------------------------------------------------- models


def validate(model: type[Model], data: Mapping[str, Any], where: str) -> Model:
    """`data` as a model, or every problem at once in plain words."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise FileProblems(problems_of(error, model, where)) from None


def problems_of(error: ValidationError, model: type[BaseModel], where: str) -> list[str]:
    """A model's complaints as sentences that say where they belong."""
    sentences = (_sentence(detail, model, where) for detail in error.errors(include_url=False))
    return [sentence.replace("?.", "?") for sentence in sentences]


COMPLAINTS: Mapping[str, str] = {
    "bool_parsing": marked("Input should be a valid boolean, unable to interpret input (got {value})."),
    "bool_type": marked("Input should be a valid boolean (got {value})."),
    "decimal_parsing": marked("input should be a valid decimal (got {value})."),
    "decimal_type": marked("decimal input should be an integer, float, string or Decimal object (got {value})."),
    "dict_type": marked("Input should be a valid dictionary (got {value})."),
    "finite_number": marked("input should be a finite number (got {value})."),
    "greater_than_equal": marked("Input should be greater than or equal to {least} (got {value})."),
    "int_from_float": marked("input should be a valid integer, got a number with a fractional part (got {value})."),
    "int_parsing": marked("input should be a valid integer, unable to parse string as an integer (got {value})."),
    "int_parsing_size": marked("unable to parse input string as an integer, exceeded maximum size (got {value})."),
    "int_type": marked("input should be a valid integer (got {value})."),
    "less_than_equal": marked("Input should be less than or equal to {most} (got {value})."),
    "model_type": marked("Input should be a valid dictionary or instance of {record} (got {value})."),
    "string_type": marked("Input should be a valid string (got {value})."),
    "tuple_type": marked("Input should be a valid tuple (got {value})."),
}
"""What pydantic says about a value, by its name for the problem."""
NAMES_IN_COMPLAINTS = {"ge": "least", "le": "most", "class_name": "record"}


def _sentence(detail: ErrorDetails, model: type[BaseModel], where: str) -> str:
    place = _place(detail["loc"])
    said = _complaint(detail, model)
    return f"{where}: {place}: {said}" if place else f"{where}: {said}"


def _complaint(detail: ErrorDetails, model: type[BaseModel]) -> str:
    value, context = _shown(detail.get("input")), detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            return say("this field is missing.")
        case "extra_forbidden":
            near = suggestion(str(detail["loc"][-1]), _fields_at(model, detail["loc"][:-1]))
            return say("unknown field{suggestion}.", suggestion=near)
        case "enum" | "literal_error":
            expected = str(context.get("expected", ""))
            names = [part.strip(" '") for part in expected.replace(" or ", ",").split(",")]
            return say(
                "expected one of {known} (got {value}){suggestion}.",
                known=", ".join(names),
                value=value,
                suggestion=nearest(str(detail.get("input")), names),
            )
        case "value_error":
            return str(context.get("error", detail["msg"])).rstrip(".") + "."
        case "string_too_long":
            most = int(context["max_length"])
            return say_many(
                "String should have at most {count} character (got {value}).",
                "String should have at most {count} characters (got {value}).",
                most,
                value=value,
            )
        case "string_too_short":
            least = int(context["min_length"])
            return say_many(
                "String should have at least {count} character (got {value}).",
                "String should have at least {count} characters (got {value}).",
                least,
                value=value,
            )
        case "too_short" if context.get("field_type") == "Tuple":
            return say_many(
                "Tuple should have at least {count} item after validation, not {found} (got {value}).",
                "Tuple should have at least {count} items after validation, not {found} (got {value}).",
                int(context["min_length"]),
                found=context["actual_length"],
                value=value,
            )
        case kind if kind in COMPLAINTS:
            bounds = {NAMES_IN_COMPLAINTS.get(name, name): bound for name, bound in context.items()}
            return say(COMPLAINTS[kind], value=value, **bounds)
        case kind if kind.startswith("date"):
            return say("expected a date such as 2026-03-02 (got {value}).", value=value)
        case kind if kind.startswith(("decimal", "int", "float", "finite")):
            return f"{detail['msg'][:1].lower()}{detail['msg'][1:]} (got {value})."
        case _:
            return f"{detail['msg']} (got {value})."


def _place(location: tuple[int | str, ...]) -> str:
    words = ""
    for part in location:
        words += f"[{part + 1}]" if isinstance(part, int) else (f".{part}" if words else part)
    return words


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _fields_at(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The field names a place in a model knows, for suggestions."""
    for part in location:
        field = model.model_fields.get(str(part))
        inner = next((m for m in _models_in(field.annotation)), None) if field else None
        if inner is not None:
            model = inner
    return [*model.model_fields]


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models_in(argument)


def nearest(word: str, known: Sequence[str]) -> str:
    """`; did you mean ...?` where a known word is near."""
    close = difflib.get_close_matches(word, known, n=1)
    return say("; did you mean '{name}'?", name=close[0]) if close and close[0] != word else ""


def suggestion(word: str, known: Sequence[str]) -> str:
    """`; did you mean ...?` where a known word is near, otherwise the known words when they are few."""
    close = difflib.get_close_matches(word, known, n=1)
    if close:
        return say("; did you mean '{name}'?", name=close[0]) if word != close[0] else ""
    return say("; known: {names}", names=", ".join(known)) if 0 < len(known) <= 30 else ""


def decimal_cell(text: str) -> Decimal:
    """A plain decimal from a cell of a table."""
    try:
        value = Decimal(text)
    except ArithmeticError:
        value = Decimal("NaN")
    if not value.is_finite() or not math.isfinite(float(value)):
        raise ValueError(f"expected a number such as 120.00 (got {text!r})")
    return value


# ---------------------------------------------------------------- where the data lives


def region_file(region: str, name: str, tariffs: Path | None = None) -> Path:
    """A file of a region's folder: the one under `tariffs` where it has one, otherwise the shipped one.

    A folder of one's own need hold only what differs, such as an imported fee schedule.
    """
    if tariffs is not None:
        if not any((tariffs / folder.name).is_dir() for folder in data_folder().iterdir() if folder.is_dir()):
            raise InputError(f"{tariffs}: there is no region's folder in it, such as {tariffs / region}.")
        if (tariffs / region / name).exists():
            return tariffs / region / name
    return data_folder() / region / name


@cache
def data_folder() -> Path:
    """The shipped tariffs: beside the package in a checkout, inside it in an installed wheel."""
    beside = Path(__file__).resolve().parent.parent / "tariffs"
    return beside if beside.is_dir() else Path(__file__).resolve().parent / "_tariffs"
