"""Sources and method: every figure in use with its value, date, kind and source."""

import re
from datetime import date
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import pytest
from streamlit.testing.v1 import AppTest

from estimator.estimate import open_case
from estimator.outputs import figures
from estimator.outputs.figures import Notes
from estimator.outputs.words import KINDS, Words
from estimator.quote import quote
from estimator.scenario import read_scenario
from estimator.tariff import load_tariff
from estimator.ui import sources_view, state
from estimator.vocabulary import Region, SourceKind

APP = Path(__file__).parents[2] / "app.py"
PAGE = "estimator/ui/pages/sources.py"
GUESS = KINDS[SourceKind.ASSUMPTION]


@pytest.fixture(scope="module")
def app() -> AppTest:
    return AppTest.from_file(APP, default_timeout=60).run().switch_page(PAGE).run()


def text(app: AppTest) -> str:
    bodies = [e.proto.body for e in app.get("html") if e.proto.body.startswith(("<div", "<header"))]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", " ".join(bodies))))


@pytest.mark.parametrize("region", list(Region))
def test_every_region_shows_its_figures_and_what_is_left_out(app: AppTest, region: Region) -> None:
    app.radio(key="sources_region").set_value(region).run()
    assert not app.exception
    said, file = text(app), load_tariff(region).region
    case = open_case(read_scenario(state.EXAMPLES / f"{region}.toml"))
    words = Words.of(file)
    for entry in quote(case).prices:
        assert words.exact(entry.typical) in said
        assert entry.source.title in said
    for missing in file.not_modelled:
        assert re.sub(r"\s+", " ", missing.why) in said
    for checked in file.verified:
        assert checked.by in said
    assert GUESS in said
    assert "How old the data are" in said


def test_the_reader_s_own_case_is_used_where_it_is_in_the_region(app: AppTest) -> None:
    app.radio(key="sources_region").set_value(Region.US_PRIVATE).run()
    assert "Prices and visits are those of your own case" in text(app)
    assert "Employer PPO (yours)" in text(app)
    app.radio(key="sources_region").set_value(Region.NHS).run()
    assert "Prices and visits are those of the example of this region" in text(app)
    assert "(yours)" not in text(app)


def test_figures_of_another_country_are_told_in_its_own_language() -> None:
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params["lang"] = "es"
    app.run().switch_page(PAGE).run()
    assert " de 2026" in text(app)
    app.radio(key="sources_region").set_value(Region.NHS).run()
    case = open_case(read_scenario(state.EXAMPLES / f"{Region.NHS}.toml"))
    for entry in quote(case).prices:
        assert Words.of(case.tariff.region).exact(entry.typical) in text(app)
    assert "GBP" not in text(app)
    assert [e.proto.body for e in app.get("html") if e.proto.body.startswith('<div class="hc" lang="en-GB">')]


def test_answers_that_do_not_fit_still_show_the_sources() -> None:
    app = AppTest.from_file(APP, default_timeout=60).run()
    app.session_state["answers"] = {**app.session_state["answers"], "care_starts": date(2026, 1, 5)}
    app.switch_page(PAGE).run()
    assert not app.exception
    assert "the example of this region" in text(app)


@pytest.mark.parametrize("region", list(Region))
def test_every_row_names_a_kind_and_a_source(region: Region) -> None:
    case = open_case(read_scenario(state.EXAMPLES / f"{region}.toml"))
    words, notes, made = Words.of(case.tariff.region), Notes(), quote(case)
    for table in (
        figures.prices(made, words, notes),
        figures.factors(case.tariff.region, case.scenario.care_starts, words, notes),
        figures.visits(case, words, notes),
        figures.course(case, made, words, notes),
    ):
        kind = [column.title for column in table.columns].index("Kind")
        for row in table.rows:
            assert len(row) == len(table.columns)
            assert row[kind]
            assert re.search(r"\[\d+\]$", row[-1])
    assert notes.to_html(words).count("<li>") == len(notes.sources)


def test_a_factor_reads_as_money_a_percentage_or_a_number() -> None:
    region = load_tariff(Region.MEDICARE_PART_B).region
    words, on = Words.of(region), date(2026, 3, 4)
    said = {row[0]: row[1] for row in figures.factors(region, on, words, Notes()).rows}
    assert said["Part B deductible"] == "$283.00"
    assert said["Part B coinsurance"] == "20%"
    assert said["Timed unit minutes"] == "15"


def test_the_age_of_the_data_is_a_sentence() -> None:
    region = load_tariff(Region.NHS).region
    words, source = Words.of(region), region.source[0]
    warnings = (
        f"nhs: source '{source.id}' was last read on 2025-01-02.",
        "nhs/prices.csv: the last row of hn93z allowed ended on 2026-03-31.",
        "us_private: source 'x' was last read on 2020-01-01.",
    )
    first, second = figures.age(warnings, region, words)
    assert first == f"“{source.title}” was last read on 2 January 2025."
    assert second.startswith("The last price on file for hn93z ended on 31 March 2026;")


def test_the_drawing_is_whole_and_described() -> None:
    drawing = ElementTree.fromstring(sources_view.steps_drawing())
    said = " ".join(node.text or "" for node in drawing.iter() if node.tag.endswith("text"))
    for number, title in enumerate(sources_view.DRAWN, start=1):
        assert f"{number}. {title}" in said
        assert title[1:] in sources_view.steps_alt()
