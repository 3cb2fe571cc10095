"""Files that are not what they should be: each is refused in words, with its name."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticKnownError

from estimator.errors import FileProblems, InputError
from estimator.files import (
    COMPLAINTS,
    NAMES_IN_COMPLAINTS,
    Amount,
    Rate,
    Record,
    decimal_cell,
    parse_json,
    parse_rows,
    parse_toml,
    read_structured,
    read_text,
    suggestion,
    validate,
)


class Cost(Record):
    price: Amount
    share: Rate = Decimal(0)


class Holder(Record):
    costs: tuple[Cost, ...] = ()


def complaint(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_structured(path)
    return str(caught.value)


# ---------------------------------------------------------------- whole files


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "the file is empty."),
        (b" \n\n\t", "the file is empty."),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "byte 1 is not UTF-8 text. Is it the right file?"),
        (b'a = "caf\xe9"', "byte 9 is not UTF-8 text. Is it the right file?"),
        (b'a = "\0"', "this is a binary file, not text. Is it the right file?"),
        (b"a = \n", "not valid TOML: "),
        (b"a = 1\na = 2\n", "not valid TOML: "),
        (b"a = nan", "nan is not a number; write one such as 120.00."),
        (b"a = -inf", "-inf is not a number; write one such as 120.00."),
        (b"a = " + b"[" * 5000, "recursion"),
        (b"a = " + b"9" * 5000, "digits"),
    ],
)
def test_a_file_that_is_not_toml_is_refused_by_name(tmp_path: Path, raw: bytes, message: str) -> None:
    path = tmp_path / "scenario.toml"
    path.write_bytes(raw)
    said = complaint(path)
    assert said.startswith(f"{path}: ")
    assert message in said


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"{", "line 1: not valid JSON: "),
        (b'{"a": 1,\n"b": }', "line 2: not valid JSON: "),
        (b'{"a": NaN}', "NaN is not a number; write one such as 120.00."),
        (b'{"a": -Infinity}', "-Infinity is not a number; write one such as 120.00."),
        (b'{"a": 1, "a": 2}', "a is given twice; keep one."),
        (b"[1, 2]", "expected one JSON object in braces."),
        (b'"text"', "expected one JSON object in braces."),
        (b"[" * 100_000, "recursion"),
    ],
)
def test_a_file_that_is_not_a_json_object_is_refused_by_name(tmp_path: Path, raw: bytes, message: str) -> None:
    path = tmp_path / "scenario.json"
    path.write_bytes(raw)
    said = complaint(path)
    assert said.startswith(f"{path}: ")
    assert message in said


def test_a_big_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "big.toml"
    path.write_bytes(b"#" * 6_000_000)
    assert f"{path}: the file has 6 MB; at most 5 MB are read. Is it the right file?" == complaint(path)


def test_a_200_mb_file_is_refused_in_the_same_words(tmp_path: Path) -> None:
    path = tmp_path / "huge.toml"
    with path.open("wb") as file:
        file.truncate(200_000_000)  # takes no room on the disk
    assert f"{path}: the file has 200 MB; at most 5 MB are read. Is it the right file?" == complaint(path)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert f"{tmp_path}: this is a folder; name a file in it." == complaint(tmp_path)


def test_a_missing_file_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "scenario.toml").write_text("a = 1", encoding="utf-8")
    said = complaint(tmp_path / "scenaro.toml")
    assert f"{tmp_path / 'scenaro.toml'}: there is no such file. Did you mean {tmp_path / 'scenario.toml'}?" == said


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.toml"
    path.write_text("a = 1", encoding="utf-8")

    def refuse(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert f"{path}: the file cannot be read (Permission denied)." == complaint(path)


def test_a_byte_order_mark_is_taken_off(tmp_path: Path) -> None:
    path = tmp_path / "bom.toml"
    path.write_bytes("\ufeffa = 1".encode())
    assert "a = 1" == read_text(path)
    assert {"a": 1} == read_structured(path)


def test_json_is_told_by_the_ending_in_any_case(tmp_path: Path) -> None:
    path = tmp_path / "A.JSON"
    path.write_text('{"a": 0.10}', encoding="utf-8")
    assert {"a": Decimal("0.10")} == read_structured(path)


@given(st.decimals(min_value=0, max_value=10**8, places=2))
def test_a_decimal_is_read_exactly_from_both_kinds_of_file(value: Decimal) -> None:
    assert {"a": value} == parse_toml(f"a = {value:f}", "x") == parse_json(f'{{"a": {value:f}}}', "x")


@given(st.binary(max_size=300))
def test_no_bytes_whatever_break_the_reader(raw: bytes) -> None:
    for parse in (parse_toml, parse_json):
        try:
            made: object = parse(raw.decode("latin-1"), "junk")
        except InputError as error:
            made = error
        assert isinstance(made, dict) or str(made).startswith("junk: ")


# ---------------------------------------------------------------- tables


def rows(text: str) -> list[tuple[int, dict[str, str]]]:
    return parse_rows(text, "t.csv", ("a", "b"), ("c",))


def test_rows_come_with_the_numbers_a_spreadsheet_shows() -> None:
    assert [(2, {"a": "1", "b": "2"}), (4, {"a": "3", "b": "4"})] == rows("a,b\n1, 2\n\n3,4\n")


def test_a_quoted_cell_may_hold_commas_and_lines() -> None:
    assert [(3, {"a": "1,\n2", "b": "x"})] == rows('a,b\n"1,\n2",x\n')


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("a\n1\n", ["t.csv: row 1: the column 'b' is missing."]),
        ("a,b,bb\n1,2,3\n", ["t.csv: row 1: unknown column 'bb'; did you mean 'b'?."]),
        ("a,b,b\n1,2,3\n", ["t.csv: row 1: the column 'b' stands twice."]),
        (
            "a,b\n1\n1,2\n1,2,3\n",
            ["t.csv: row 2: 1 cells, but the header has 2.", "t.csv: row 4: 3 cells, but the header has 2."],
        ),
        ('a,b\n"1,2\n', ["t.csv: row 2: not valid CSV: unexpected end of data."]),
    ],
)
def test_a_table_with_the_wrong_shape_is_refused_by_row(text: str, problems: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        rows(text)
    assert [problem.replace("?.", "?") for problem in problems] == [
        line.replace("?.", "?") for line in str(caught.value).splitlines()
    ]


@pytest.mark.parametrize("text", ["28.1O", "", "nan", "inf", "-inf", "1e400", "12,50", "£12", "1 200", "0x10"])
def test_a_cell_that_is_not_a_plain_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a number such as 120\.00"):
        decimal_cell(text)


# ---------------------------------------------------------------- models


def problems(data: dict[str, object]) -> list[str]:
    with pytest.raises(FileProblems) as caught:
        validate(Cost, data, "plan.toml")
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({}, "plan.toml: price: this field is missing."),
        ({"price": 1, "prise": 1}, "plan.toml: prise: unknown field; did you mean 'price'?"),
        ({"price": -1}, "plan.toml: price: an amount must lie between 0.00 and 100,000,000.00 (got -1)."),
        (
            {"price": Decimal("1.005")},
            "plan.toml: price: an amount has at most two decimals, such as 120.00 (got 1.005).",
        ),
        (
            {"price": Decimal("1e999999")},
            "plan.toml: price: an amount must lie between 0.00 and 100,000,000.00 (got 1E+999999).",
        ),
        ({"price": "12,50"}, "plan.toml: price: input should be a valid decimal (got '12,50')."),
        ({"price": True}, "plan.toml: price: write a number such as 120.00."),
        ({"price": 1, "share": 20}, "plan.toml: share: a rate is a share of one: write 0.2 for 20%."),
        ({"price": 1, "share": 100}, "plan.toml: share: a rate is a share of one: write 1 for 100%."),
        (
            {"price": 1, "share": -1},
            "plan.toml: share: a rate is a share from 0 to 1 with at most six decimals, such as 0.20 (got -1).",
        ),
        (
            {"price": 1, "share": 101},
            "plan.toml: share: a rate is a share from 0 to 1 with at most six decimals, such as 0.20 (got 101).",
        ),
        ({"price": float("nan")}, "plan.toml: price: input should be a finite number (got NaN)."),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_what_to_write(data: dict[str, object], problem: str) -> None:
    (said,) = problems(data)
    assert said.replace("?.", "?").startswith(problem)


@pytest.mark.parametrize("kind", COMPLAINTS)
def test_a_complaint_of_pydantic_keeps_its_words(kind: str) -> None:
    bounds = {"greater_than_equal": {"ge": 3}, "less_than_equal": {"le": 7}, "model_type": {"class_name": "Work"}}
    context = bounds.get(kind)
    theirs = PydanticKnownError(kind, context).message()  # type: ignore[arg-type]
    filled = {NAMES_IN_COMPLAINTS[name]: value for name, value in (context or {}).items()}
    assert f"{theirs} (got 5).".lower() == COMPLAINTS[kind].format(value=5, **filled).lower()


def test_a_place_in_a_list_is_counted_from_one() -> None:
    with pytest.raises(FileProblems, match=r"x\.toml: costs\[2\]\.prise: unknown field; did you mean 'price'\?"):
        validate(Holder, {"costs": [{"price": 1}, {"price": 1, "prise": 2}]}, "x.toml")


def test_every_problem_is_told_at_once() -> None:
    assert 3 == len(problems({"share": 20, "shore": 1}))


def test_a_long_value_is_shown_short() -> None:
    assert max(len(problem) for problem in problems({"price": "9" * 500 + "x"})) < 200


def test_a_binary_float_is_read_through_its_shortest_text() -> None:
    assert Decimal("0.1") == validate(Cost, {"price": 0.1}, "x").price


@pytest.mark.parametrize(
    ("word", "known", "said"),
    [
        ("ppoo", ["ppo", "hmo"], "; did you mean 'ppo'?"),
        ("zzz", ["ppo", "hmo"], "; known: ppo, hmo"),
        ("zzz", [str(number) for number in range(40)], ""),
        ("ppo", ["ppo"], ""),
    ],
)
def test_a_word_is_answered_with_the_nearest_or_with_all_when_they_are_few(
    word: str, known: list[str], said: str
) -> None:
    assert said == suggestion(word, known)


def test_a_record_cannot_be_changed() -> None:
    made = Cost(price=Decimal(1))
    with pytest.raises(ValueError, match="frozen"):
        made.price = Decimal(2)  # type: ignore[misc]
