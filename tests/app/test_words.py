"""The sentences, tables and pictures, without the page around them."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from estimator.estimate import Case, open_case
from estimator.outputs import charts, tables, words
from estimator.outputs.words import Words
from estimator.projection import Projection, project
from estimator.quote import Quote, quote
from estimator.scenario import read_scenario
from estimator.ui import drawing
from estimator.ui.state import EXAMPLES
from estimator.vocabulary import Condition, Region

US = Words("USD", "US", {}, {})
UK = Words("GBP", "GB", {"deductible": "Excess"}, {})


@pytest.fixture(scope="module", params=list(Region))
def made(request: pytest.FixtureRequest) -> tuple[Case, Quote, Projection, Words]:
    case = open_case(read_scenario(EXAMPLES / f"{request.param}.toml"))
    return case, quote(case), project(case, 1000), Words.of(case.tariff.region)


def test_an_estimate_is_whole_above_a_hundred_and_exact_below() -> None:
    said = [US.about(Decimal(amount)) for amount in ("1240.49", "100.00", "29.70", "30.00", "0")]
    assert said == ["$1,240", "$100", "$29.70", "$30", "$0"]


def test_a_range_writes_both_ends_alike() -> None:
    assert UK.span(Decimal("80.16"), Decimal("643.20")) == "£80–£643"
    assert UK.span(Decimal("9.90"), Decimal("9.90")) == "£9.90"


def test_dates_are_written_as_the_country_writes_them() -> None:
    day = date(2026, 4, 28)
    assert (US.day(day), UK.day(day, year=True)) == ("April 28", "28 April 2026")
    assert UK.plain("Known until 2026-12-31.") == "Known until 31 December 2026."


@pytest.mark.parametrize(
    ("share", "said"),
    [
        ("0", "in none of the cases"),
        ("0.004", "in fewer than 1 of 100 cases"),
        ("0.07", "in about 7 of 100 cases"),
        ("0.8", "in about 8 of 10 cases"),
        ("0.995", "in nearly every case"),
        ("1", "in every case"),
    ],
)
def test_a_chance_is_counted_in_cases(share: str, said: str) -> None:
    assert words.chance(Decimal(share)) == said


def test_an_error_names_the_question_and_not_the_field() -> None:
    [said] = words.mended("your answers: care_starts: care cannot start before the injury (2026-01-05 is before)", UK)
    assert said == "When care starts: Care cannot start before the injury (5 January 2026 is before)."


def test_what_is_lately_past_due_says_so_in_words() -> None:
    assert words.deadline(date(2026, 3, 4), "by", date(2026, 3, 7), UK) == "By 4 March 2026 (3 days late)"
    assert words.deadline(date(2026, 3, 4), "before", date(2026, 11, 7), UK) == "Before 4 March 2026"


def test_every_amount_in_a_table_is_the_quote_s(made: tuple[Case, Quote, Projection, Words]) -> None:
    _, quoted, _, spoken = made
    who = [field for field, _ in tables.payers(quoted, spoken)]
    table = tables.lines(quoted, spoken)
    assert len(table.rows) == len(quoted.lines)
    for row, line in zip(table.rows, quoted.lines, strict=True):
        assert row[2 : 3 + len(who)] == tuple(spoken.exact(getattr(line, f)) for f in ("charge", *who))
    assert table.total[3] == spoken.exact(quoted.totals.patient_pays)


def test_the_fan_starts_at_zero_and_says_its_takeaway(made: tuple[Case, Quote, Projection, Words]) -> None:
    _, quoted, projection, spoken = made
    picture = charts.fan(projection, quoted, spoken)
    low, high = picture.figure.layout.yaxis.range
    assert low == 0 < high
    assert spoken.about(projection.patient_pays.p50) in picture.alt
    assert tuple(picture.figure.data[2].y[1:]) == tuple(float(week.p50) for week in projection.by_week)


def test_the_answer_in_words_has_no_loose_ends(made: tuple[Case, Quote, Projection, Words]) -> None:
    case, quoted, projection, spoken = made
    for said in (
        words.cover_sentence(case, quoted, spoken),
        words.range_sentence(projection.patient_pays, spoken),
        charts.bars(quoted.by_phase, quoted, spoken),
    ):
        assert "Decimal" not in said
        assert "None" not in said
        assert "_" not in said


@pytest.mark.parametrize("condition", list(Condition))
def test_every_injury_has_a_drawing_with_words(condition: Condition) -> None:
    assert drawing.thighs(condition).startswith("<svg")
    assert "thigh" in drawing.alt(condition)


def test_the_style_sheet_has_every_colour_of_a_payer() -> None:
    sheet = (Path(charts.__file__).parents[1] / "ui" / "style.css").read_text(encoding="utf-8")
    assert [name for name in charts.COLOURS.values() if f"i.{name}" not in sheet] == []
