"""Claim lines from a file, and the statement made of them."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from estimator.adjudication import AMOUNTS, adjudicate
from estimator.coverage import cover
from estimator.errors import InputError
from estimator.plan import Plan
from estimator.pricing import ClaimLine, ClaimLines
from estimator.scenario import Used
from estimator.statement import adjudicate_lines, read_lines, statement
from estimator.vocabulary import Network, Reason, Service

BROKEN = Path(__file__).parent / "data" / "broken"
FILES = sorted((BROKEN / "lines").iterdir())
MESSAGES = tomllib.loads((BROKEN / "messages.toml").read_text(encoding="utf-8"))["lines"]
HEADER = "line,date,service,code,units,charge,allowed,network\n"
PLAN = Plan.model_validate(
    {
        "id": "ppo",
        "deductible": {"amount": "150.00"},
        "benefit": [{"services": ["physical_therapy"], "patient_coinsurance": "0.20", "visit_limit": 3}],
    }
)


def lines_of(tmp_path: Path, text: str) -> ClaimLines:
    path = tmp_path / "lines.csv"
    path.write_text(HEADER + text, encoding="utf-8")
    return read_lines(path, "USD")


# ---------------------------------------------------------------------- what is refused


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_a_broken_file_of_lines_is_refused_in_words_that_name_row_and_field(path: Path) -> None:
    with pytest.raises(InputError) as refused:
        read_lines(path, "USD")
    message = str(refused.value)
    for problem in message.splitlines():
        assert problem.startswith(f"{path}: ")
    at = 0
    for words in MESSAGES[path.stem]:
        assert words in message[at:], f"{words!r} not in {message[at:]!r}"
        at = message.index(words, at) + len(words)


def test_every_broken_file_of_lines_has_its_message_and_the_other_way_round() -> None:
    assert set(MESSAGES) == {path.stem for path in FILES}


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="folder"):
        read_lines(tmp_path, "USD")
    with pytest.raises(InputError, match="no such file"):
        read_lines(tmp_path / "lines.csv", "USD")


def test_a_very_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    with path.open("wb") as file:
        file.truncate(200_000_000)  # sparse: takes no room
    with pytest.raises(InputError, match=r"200 MB; at most 5 MB"):
        read_lines(path, "USD")


# ---------------------------------------------------------------------- what is read


def test_a_line_is_read_field_by_field(tmp_path: Path) -> None:
    claims = lines_of(tmp_path, "7,2026-03-02,physical_therapy,0097,3,100.10,80.05,out_of_network\n")
    expected = ClaimLine(7, date(2026, 3, 2), Service.PHYSICAL_THERAPY, "0097", 3, Network.OUT_OF_NETWORK)
    assert (expected,) == claims.lines
    assert (claims.charge.tolist(), claims.allowed.tolist()) == ([[10_010]], [[8_005]])


def test_blank_units_are_one_and_a_blank_network_is_none(tmp_path: Path) -> None:
    (line,) = lines_of(tmp_path, "1,2026-03-02,physical_therapy,,,100.00,80.00,\n").lines
    assert (line.units, line.network, line.code) == (1, Network.NOT_APPLICABLE, "")


def test_a_file_from_a_spreadsheet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    rows = HEADER + "1, 2026-03-02 ,physical_therapy,97110,1,100.00,80.00,in_network\n\n,,,,,,,\n"
    path.write_bytes(b"\xef\xbb\xbf" + rows.replace("\n", "\r\n").encode())
    assert len(read_lines(path, "USD").lines) == 1


def test_columns_may_come_in_any_order(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_text(
        "allowed,charge,network,units,code,service,date,line\n80.00,100.00,,1,,physical_therapy,2026-03-02,1\n",
        encoding="utf-8",
    )
    assert read_lines(path, "USD").allowed.tolist() == [[8_000]]


# ---------------------------------------------------------------------- the statement


UNSORTED = (
    "1,2026-03-16,physical_therapy,,1,100.00,100.00,in_network\n"
    "2,2026-03-02,physical_therapy,,1,100.00,100.00,in_network\n"
    "3,2026-03-09,physical_therapy,,1,100.00,100.00,in_network\n"
)


def test_lines_out_of_order_are_computed_by_date_and_reported_by_number(tmp_path: Path) -> None:
    made = adjudicate_lines(lines_of(tmp_path, UNSORTED), PLAN)
    assert [line.line for line in made.lines] == [1, 2, 3]
    assert [Decimal(text) for text in ("20.00", "100.00", "60.00")] == [line.patient_pays for line in made.lines]
    assert [(event.id, event.line) for event in made.events] == [("deductible_met", 3), ("visit_limit_reached", 1)]


def test_totals_are_the_sums_of_the_lines(tmp_path: Path) -> None:
    made = adjudicate_lines(lines_of(tmp_path, UNSORTED), PLAN)
    for name in AMOUNTS:
        assert sum(getattr(line, name) for line in made.lines) == getattr(made.totals, name), name


def test_closing_accumulators_say_what_is_used(tmp_path: Path) -> None:
    made = adjudicate_lines(lines_of(tmp_path, UNSORTED), PLAN, Used(deductible=Decimal("30.00")))
    assert Decimal("150.00") == made.accumulators.deductible
    assert made.accumulators.visits == {"physical_therapy": 3}


def test_a_line_explains_itself_in_money(tmp_path: Path) -> None:
    made = adjudicate_lines(lines_of(tmp_path, UNSORTED), PLAN)
    assert made.lines[2].explanation == "$50.00 goes toward your deductible. $10.00 is your 20% share."
    assert made.lines[2].reason == Reason.COINSURANCE


def test_the_regions_own_words_are_used(tmp_path: Path) -> None:
    made = adjudicate_lines(lines_of(tmp_path, UNSORTED), PLAN, labels={"deductible": "Excess"})
    assert "goes toward your excess" in made.lines[1].explanation
    assert "your excess of $150.00" in made.events[0].text


def test_lines_of_other_cover_are_reported_with_it(tmp_path: Path) -> None:
    second = Plan.model_validate({"id": "cash", "role": "secondary", "pays": [{"of": ["coinsurance"]}]})
    made = adjudicate_lines(lines_of(tmp_path, UNSORTED), PLAN, None, second)
    assert (made.plan, made.secondary, made.currency) == ("ppo", "cash", "USD")
    assert "Your second cover pays $20.00." in made.lines[0].explanation


def test_lines_that_are_not_there_are_left_out_of_the_statement() -> None:
    days = (date(2026, 3, 2), date(2026, 3, 9))
    lines = tuple(
        ClaimLine(n, day, Service.PHYSICAL_THERAPY, "", 1, Network.IN_NETWORK) for n, day in enumerate(days, start=1)
    )
    amounts = np.array([[0], [10_000]], dtype=np.int64)
    claims = ClaimLines(lines, "USD", amounts, amounts, np.array([[False], [True]]))
    covered = cover(claims, PLAN)
    made = statement(covered, adjudicate(covered, PLAN), PLAN, None)
    assert [(1, date(2026, 3, 9))] == [(line.line, line.date) for line in made.lines]
    assert made.accumulators.visits == {"physical_therapy": 1}


@pytest.mark.parametrize(
    ("flag", "reason"), [("in_surgical_fee", Reason.IN_SURGICAL_FEE), ("is_unpriced", Reason.NO_PUBLISHED_PRICE)]
)
def test_a_line_without_a_bill_says_why(flag: str, reason: Reason) -> None:
    line = ClaimLine(1, date(2026, 3, 2), Service.PHYSICAL_THERAPY, "", 1, Network.IN_NETWORK, **{flag: True})
    zero = np.zeros((1, 1), dtype=np.int64)
    made = adjudicate_lines(ClaimLines((line,), "USD", zero, zero, np.ones((1, 1), dtype=bool)), PLAN)
    assert reason == made.lines[0].reason
    assert Decimal("0.00") == made.lines[0].patient_pays
