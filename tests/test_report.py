"""The stand-alone report: the same numbers, whole without a network, and safe with any text."""

import re
from collections import Counter
from dataclasses import replace
from datetime import date
from html import unescape
from html.parser import HTMLParser

import pytest

from estimator.estimate import Case, open_case
from estimator.messages import Language, speaking
from estimator.outputs.report import report
from estimator.outputs.words import Words, most_likely, range_sentence
from estimator.projection import Projection, project
from estimator.quote import Quote, quote
from estimator.requirements import Checklist, checklist
from estimator.scenario import read_scenario
from estimator.vocabulary import Region
from tests.cases import EXAMPLES

Made = tuple[Case, Quote, Projection, Checklist]
MADE = date(2026, 3, 1)
VOID = {"meta", "br", "line", "path", "rect"}


@pytest.fixture(scope="module", params=list(Region))
def made(request: pytest.FixtureRequest) -> Made:
    case = open_case(read_scenario(EXAMPLES / f"{request.param}.toml"))
    quoted = quote(case)
    return case, quoted, project(case, 1000), checklist(case, quoted)


class Reader(HTMLParser):
    """Open tags, what they load, and whether they close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [f"{tag} {name}" for name, _ in attrs if name in ("src", "srcset", "data", "action")]
        self.loads += [f"{tag} {name}" for name, _ in attrs if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", text)))


def test_it_says_what_the_engine_says(made: Made) -> None:
    case, quoted, projection, todo = made
    words, said = Words.of(case.tariff.region), plain(report(case, quoted, projection, todo, MADE))
    assert f"Most likely you pay {most_likely(projection.patient_pays, words)}" in said
    assert range_sentence(projection.patient_pays, words) in said
    assert words.exact(quoted.totals.patient_pays) in said
    for line in quoted.lines:
        assert words.exact(line.patient_pays) in said
    for item in todo.items:
        assert re.sub(r"\s+", " ", item.what) in said
    for entry in quoted.prices:
        assert entry.source.title in said
    assert quoted.disclaimer in said
    assert said.index("Before any price") < said.index("Most likely you pay")


def test_it_is_whole_without_a_network(made: Made) -> None:
    text = report(*made, MADE)
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    assert reader.loads == []
    assert not {"script", "link", "img", "iframe", "object", "embed", "form", "base"} & {*reader.tags}
    assert "@import" not in text
    assert "url(" not in text
    assert "default-src 'none'" in text


def test_the_same_case_and_day_give_the_same_text(made: Made) -> None:
    assert report(*made, MADE) == report(*made, MADE)
    assert [word for word in ("None", "Decimal", "nan") if re.search(rf"\b{word}\b", plain(report(*made, MADE)))] == [
        *(["None"] if any("None" in line.explanation for line in made[1].lines) else [])
    ]


def test_it_has_one_main_heading_a_language_and_a_described_picture(made: Made) -> None:
    case, _, projection, _ = made
    text = report(*made, MADE)
    assert text.count("<h1>") == 1
    assert f'<html lang="en-{case.tariff.region.country}">' in text
    assert ('role="img" aria-label="What you will have paid' in text) == (projection.patient_pays.p90 > 0)
    assert "@media print" in text


@pytest.mark.parametrize("region", [Region.US_PRIVATE, Region.MEDICARE_PART_B])
def test_the_report_is_in_the_language_in_use_with_the_same_amounts(region: Region) -> None:
    texts = []
    for wanted in (Language.AMERICAN, Language.SPANISH):
        with speaking(wanted):
            case = open_case(read_scenario(EXAMPLES / f"{region}.toml"))
            quoted = quote(case)
            texts.append(report(case, quoted, project(case, 1000), checklist(case, quoted), MADE))
    english, spanish = texts
    assert '<html lang="en-US">' in english
    assert '<html lang="es-US">' in spanish
    assert "1 de marzo de 2026" in plain(spanish)
    amounts = [Counter(re.findall(r"\$\d+(?:,\d{3})*(?:\.\d\d)?", plain(text))) for text in texts]
    assert amounts[0] == amounts[1]
    assert amounts[0].total() > 50


def test_text_from_a_file_cannot_become_markup(made: Made) -> None:
    case, quoted, projection, todo = made
    evil = "<script>alert(1)</script>"
    plan = case.plan.model_copy(update={"name": evil})
    changed = replace(case, plan=plan)
    items = tuple(item.model_copy(update={"what": evil}) for item in todo.items)
    text = report(changed, quoted, projection, todo.model_copy(update={"items": items}), MADE)
    assert evil not in text
    assert "&lt;script&gt;" in text


def test_a_case_that_costs_nothing_says_so() -> None:
    scenario = read_scenario(EXAMPLES / "nhs.toml")
    area = scenario.area.model_copy(update={"nation": "Scotland", "region": None})
    case = open_case(scenario.model_copy(update={"area": area, "plan": "nhs_scotland"}))
    quoted = quote(case)
    said = plain(report(case, quoted, project(case, 1000), checklist(case, quoted), MADE))
    assert "Most likely you pay nothing" in said
    assert "In at least 9 of 10 cases you pay nothing." in said
