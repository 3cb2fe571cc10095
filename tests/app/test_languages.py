"""The pages in each language: nothing unsaid, the same amounts, and easy to read."""

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
import textstat
from streamlit.testing.v1 import AppTest

from estimator import messages
from estimator.messages import Language
from estimator.scenario import read_scenario
from estimator.ui import state
from estimator.vocabulary import Region
from tools.messages import READERS

APP = Path(__file__).parents[2] / "app.py"
PAGES = ("my_cost", "compare", "sources")
US = (Region.US_PRIVATE, Region.MEDICARE_PART_B)
MONEY = re.compile(r"[$£]\d[\d,]*(?:\.\d\d)?")
WIDGETS = ("checkbox", "radio", "selectbox", "multiselect", "number_input", "text_input", "date_input", "button")


class Unsaid:
    """Stands behind a catalogue and writes down what it lacks."""

    def __init__(self) -> None:
        self.texts: set[str] = set()

    def gettext(self, text: str) -> str:
        self.texts.add(text)
        return text

    def ngettext(self, one: str, many: str, count: int) -> str:
        self.texts.add(many)
        return one if count == 1 else many


@pytest.fixture
def unsaid() -> Iterator[Unsaid]:
    missing = Unsaid()
    messages._catalogue.cache_clear()
    for read in READERS:
        read.cache_clear()  # type: ignore[attr-defined]
    for language in Language:
        messages._catalogue(language).add_fallback(missing)  # type: ignore[arg-type]
    yield missing
    messages._catalogue.cache_clear()


def opened(region: Region, language: str, page: str = "my_cost") -> AppTest:
    """A page with everything on it opened."""
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params["lang"] = language
    app.run()
    example = state.answers_of(read_scenario(state.EXAMPLES / f"{region}.toml"))
    app.session_state["answers"] = {**app.session_state["answers"], **example}
    for key in (
        *(f"step_{number}" for number in range(1, 6)),
        "compare_add",
        "compare_if",
        "compare_dates",
        "compare_two",
        "compare_cash",
    ):
        app.session_state[key] = True
    app.run() if page == "my_cost" else app.switch_page(f"estimator/ui/pages/{page}.py").run()
    assert not app.exception
    return app


def text(app: AppTest) -> str:
    """Everything a person can read in what we draw ourselves and in the labels of widgets."""
    bodies = [element.proto.body for element in app.get("html")]
    drawn = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", " ".join(bodies))))
    labels = " ".join(widget.label for kind in WIDGETS for widget in app.get(kind))
    return f"{drawn} {labels}"


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("region", US)
def test_english_and_spanish_name_the_same_amounts(region: Region, page: str) -> None:
    english, spanish = (text(opened(region, language, page)) for language in ("en", "es"))
    assert MONEY.search(english)
    assert Counter(MONEY.findall(english)) == Counter(MONEY.findall(spanish))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("region", US)
def test_a_page_in_spanish_says_everything_in_spanish(region: Region, page: str, unsaid: Unsaid) -> None:
    assert messages._catalogue(Language.SPANISH).gettext("Nobody says this.") == "Nobody says this."
    unsaid.texts.clear()
    opened(region, "es", page)
    assert set() == unsaid.texts


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("region", list(Region))
def test_a_page_in_english_finds_every_text_in_its_catalogue(region: Region, page: str, unsaid: Unsaid) -> None:
    opened(region, "en", page)
    assert set() == unsaid.texts


def test_the_united_kingdom_is_spoken_to_in_british_english() -> None:
    app = opened(Region.UK_PRIVATE, "es")
    assert "Anesthesiologist" not in text(app)
    assert "Usted" not in text(app)


# ---------------------------------------------------------------- easy to read


NOT_READ = re.compile(r"<(table|style|script|svg|ol class=\"cites\")\b.*?</(?:table|style|script|svg|ol)>", re.DOTALL)
BLOCK = re.compile(r"</?(?:p|li|h\d|dt|dd|div|section|summary|ul|ol|details)\b[^>]*>")
FEWEST_WORDS = 4


def sentences(app: AppTest) -> str:
    """What the page says in sentences: no tables, names of publications, or labels of one or two words."""
    drawn = " ".join(NOT_READ.sub(" ", element.proto.body) for element in app.get("html"))
    blocks = (unescape(re.sub(r"<[^>]+>", "", block)).strip() for block in BLOCK.split(drawn))
    whole = (re.sub(r"\s+", " ", block) for block in blocks if len(block.split()) >= FEWEST_WORDS)
    return " ".join(block if block.endswith((".", "?", ":")) else f"{block}." for block in whole)


@pytest.mark.parametrize("region", list(Region))
def test_the_patient_s_page_reads_at_about_eighth_grade(region: Region) -> None:
    """Flesch-Kincaid grade of a page with all its questions open."""
    read = sentences(opened(region, "en"))
    assert len(read.split()) > 800
    assert textstat.flesch_kincaid_grade(read) < 8.5


@pytest.mark.parametrize("region", US)
def test_the_patient_s_page_in_spanish_reads_as_easily(region: Region) -> None:
    """Fernández Huerta's scale for Spanish: 60 to 70 is plain language, as of the eighth grade; higher is easier."""
    read = sentences(opened(region, "es"))
    try:
        textstat.set_lang("es")
        assert textstat.fernandez_huerta(read) > 60
    finally:
        textstat.set_lang("en")
