"""What every page shares: the language that is spoken, how it is chosen, and how the page says which it is."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from estimator import messages
from estimator.messages import Language
from estimator.outputs.words import Words
from estimator.scenario import read_scenario
from estimator.tariff import load_tariff
from estimator.ui import frame, result, state
from estimator.vocabulary import Region

APP = Path(__file__).parents[2] / "app.py"
SPANISH_DAY, ENGLISH_DAY = "4 de marzo de 2026", "March 4, 2026"


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    yield
    messages.use(None)


def opened(address: str | None = None, region: Region = Region.US_PRIVATE) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=60)
    if address is not None:
        app.query_params["lang"] = address
    app.run()
    if region != Region.US_PRIVATE:
        example = state.answers_of(read_scenario(state.EXAMPLES / f"{region}.toml"))
        app.session_state["answers"] = {**app.session_state["answers"], **example}
        app.run()
    assert not app.exception
    return app


def bodies(app: AppTest) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


def language_of(app: AppTest) -> str:
    """The language the page tells the browser."""
    [script] = [element.proto.body for element in app.get("html") if "documentElement.lang" in element.proto.body]
    return script.partition("'")[2].partition("'")[0]


def offered(app: AppTest) -> list[str]:
    return [option for each in app.button_group if each.key == frame.LANGUAGE for option in each.options]


def test_a_page_opens_in_the_usual_language_of_the_country() -> None:
    app = opened()
    assert (language_of(app), offered(app)) == ("en-US", ["English", "Español"])
    assert ENGLISH_DAY in bodies(app)
    assert "lang" not in app.query_params


def test_an_address_can_name_the_language() -> None:
    app = opened("es")
    assert language_of(app) == "es-US"
    assert SPANISH_DAY in bodies(app)
    assert ENGLISH_DAY not in bodies(app)


def test_a_language_nobody_offers_is_passed_over() -> None:
    app = opened("xx');alert(1)//")
    assert language_of(app) == "en-US"
    assert "alert" not in bodies(app)


def test_the_language_of_the_browser_is_spoken_where_nothing_else_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(st.context), "locale", property(lambda _: "es-MX"))
    assert language_of(opened()) == "es-US"
    assert language_of(opened("en")) == "en-US"
    monkeypatch.setattr(type(st.context), "locale", property(lambda _: "fr-CA"))
    assert language_of(opened()) == "en-US"


def test_the_choice_changes_the_answer_stays_on_the_next_page_and_goes_into_the_address() -> None:
    app = opened()
    before = app.session_state["last_answer"]
    app.button_group(key=frame.LANGUAGE).set_value("es").run()
    after = app.session_state["last_answer"]
    assert (before.language, after.language) == (Language.AMERICAN, Language.SPANISH)
    assert before.scenario == after.scenario
    assert before.projection.patient_pays == after.projection.patient_pays
    assert SPANISH_DAY in bodies(app)
    assert app.query_params["lang"] == "es"
    app.switch_page("estimator/ui/pages/sources.py").run()
    assert language_of(app) == "es-US"
    app.button_group(key=frame.LANGUAGE).set_value("en").run()
    assert (language_of(app), app.query_params["lang"]) == ("en-US", "en")


def test_every_choice_stays_chosen_in_another_language() -> None:
    app = opened()
    for number in (1, 2, 5):
        app.session_state["step_1"] = app.session_state["step_2"] = app.session_state["step_5"] = False
        app.session_state[f"step_{number}"] = True
        app.run()
        before = dict(app.session_state["answers"])
        for code in ("es", "en"):
            app.button_group(key=frame.LANGUAGE).set_value(code).run()
            assert not app.exception
            assert app.session_state["answers"] == before
            drawn = {each.key: each.value for each in app.radio if each.key in before}
            assert drawn.items() <= before.items()
            assert drawn


def test_a_choice_stays_chosen_when_the_country_brings_another_language() -> None:
    app = opened("es")
    app.session_state["step_2"] = True
    app.run()
    app.radio(key="region").set_value(Region.UK_PRIVATE).run()
    assert language_of(app) == "en-GB"
    assert app.radio(key="region").value == Region.UK_PRIVATE
    app.run()
    assert app.session_state["answers"]["region"] == Region.UK_PRIVATE


def test_the_united_kingdom_has_one_language_and_no_choice() -> None:
    app = opened("es", Region.NHS)
    assert (language_of(app), offered(app)) == ("en-GB", [])
    assert Words.of(load_tariff(Region.NHS).region).day(date(2026, 4, 15), year=True) in bodies(app)


def test_a_chosen_language_is_found_again_after_a_look_at_the_united_kingdom() -> None:
    app = opened()
    app.button_group(key=frame.LANGUAGE).set_value("es").run()
    app.session_state["answers"] = {**app.session_state["answers"], "region": Region.NHS}
    assert language_of(app.run()) == "en-GB"
    app.session_state["answers"] = {**app.session_state["answers"], "region": Region.US_PRIVATE}
    assert language_of(app.run()) == "es-US"


def test_the_answer_from_before_is_told_again_in_the_language_chosen_since() -> None:
    app = opened()
    app.session_state["answers"] = {**app.session_state["answers"], "care_starts": date(2026, 1, 5)}
    app.run()
    app.button_group(key=frame.LANGUAGE).set_value("es").run()
    assert not app.exception
    assert app.session_state["last_answer"].language == Language.SPANISH


def test_an_answer_for_another_country_is_not_told_in_a_language_that_country_has_not() -> None:
    scenario = read_scenario(state.EXAMPLES / f"{Region.NHS}.toml")
    with messages.speaking(Language.BRITISH):
        st.session_state.last_answer = british = result._answer(scenario)
    with messages.speaking(Language.SPANISH):
        assert result.last_answer() is british


def test_the_style_sheets_are_there_and_one_is_for_paper() -> None:
    assert all(sheet.is_file() for sheet in frame.SHEETS)
    paper = frame.SHEETS[-1].read_text(encoding="utf-8")
    assert paper.count("@media print {") == 1
    assert ".st-key-questions" in paper
