"""The sentences, tables and pictures, without the page around them."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from estimator.estimate import Case, open_case
from estimator.events import Event
from estimator.messages import Language, listening, speaking
from estimator.outputs import charts, tables, words
from estimator.outputs.words import Words
from estimator.projection import Projection, project
from estimator.quote import Quote, quote
from estimator.scenario import read_scenario
from estimator.tariff import load_tariff
from estimator.ui import drawing
from estimator.ui.state import EXAMPLES
from estimator.vocabulary import Condition, Region, SourceKind

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


def test_the_axes_of_the_fan_are_written_in_the_reader_s_words(made: tuple[Case, Quote, Projection, Words]) -> None:
    _, quoted, projection, spoken = made
    axes = charts.fan(projection, quoted, spoken).figure.layout
    assert axes.yaxis.ticktext == tuple(spoken.about(Decimal(str(value))) for value in axes.yaxis.tickvals)
    assert len(axes.yaxis.tickvals) in range(3, 6)
    assert max(axes.yaxis.tickvals) <= axes.yaxis.range[1]
    assert axes.xaxis.ticktext == tuple(spoken.month(day) for day in axes.xaxis.tickvals)
    assert projection.by_week[0].ends.month in [day.month for day in axes.xaxis.tickvals]
    assert all(projection.by_week[0].ends - timedelta(days=6) <= day for day in axes.xaxis.tickvals)
    assert all(day <= projection.by_week[-1].ends for day in axes.xaxis.tickvals)


@pytest.mark.parametrize("weeks", [1, 3, 30, 70])
def test_every_month_that_shows_has_its_name_and_none_covers_another(weeks: int) -> None:
    first = date(2026, 11, 20)
    found = list(charts.months(first, first + timedelta(days=7 * weeks), US))
    assert 1 <= len(found) <= charts.MOST_MONTHS
    assert [day for day, _ in found] == sorted(day for day, _ in found)
    assert all(US.month(day) == name for day, name in found)


def test_the_fan_speaks_spanish() -> None:
    with speaking(Language.SPANISH):
        case = open_case(read_scenario(EXAMPLES / "us_private.toml"))
        quoted, projection, spoken = quote(case), project(case, 1000), Words.of(case.tariff.region)
        picture = charts.fan(projection, quoted, spoken)
    assert picture.figure.layout.xaxis.ticktext[:3] == ("mar", "abr", "may")
    assert spoken.about(projection.patient_pays.p50) in picture.alt
    assert "de marzo<br>" in picture.figure.data[2].text[0]


def test_a_table_of_terms_is_said_when_a_term_is_looked_up() -> None:
    with listening() as heard:
        said = words.KINDS[SourceKind.OFFICIAL], *words.SETTINGS["facility"], words.unit("mile")
        assert dict(words.REGIONS).keys() == {*Region}
    assert tuple(heard[:4]) == said
    assert {*heard[4:]} == {*words.REGIONS.values()}


def test_a_region_is_called_the_same_in_the_choice_and_in_its_file() -> None:
    assert {region: load_tariff(region).region.name for region in Region} == dict(words.REGION_NAMES)


def test_a_list_ends_as_each_language_ends_it() -> None:
    names = ["acupuntura", "masaje", "ondas de choque"]
    assert US.either(names[:1]) == "acupuntura"
    assert US.either(names) == "acupuntura, masaje, or ondas de choque"
    assert UK.either(names) == "acupuntura, masaje or ondas de choque"
    with speaking(Language.SPANISH):
        assert US.either(names) == "acupuntura, masaje u ondas de choque"
        assert US.either(names[:2]) == "acupuntura o masaje"


def test_an_event_starts_with_its_date() -> None:
    paid = Event(date=date(2026, 3, 16), kind="deductible_met", id="deductible_met", text="You have paid it.")
    new = Event(date=date(2027, 1, 1), kind="plan_year_starts", id="plan_year_starts", text="A new year starts: again.")
    assert words.dated(paid, US) == "On March 16: you have paid it."
    assert words.dated(new, US) == "On January 1: A new year starts: again."


def test_lengths_of_time_are_told_in_a_unit_that_fits() -> None:
    assert [words.days(count) for count in (1, 20, 21, 100)] == ["1 day", "20 days", "3 weeks", "14 weeks"]
    assert [words.days_span(3, 9), words.days_span(5, 5), words.days_span(40, 42)] == ["3–9 days", "5 days", "6 weeks"]


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
