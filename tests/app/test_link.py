"""The link that holds the answers: the same case on the other side, nothing about the person, and a sentence for a bad one."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any, get_args
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from streamlit.testing.v1 import AppTest

from estimator.errors import FileProblems, InputError
from estimator.outputs.words import FIELDS
from estimator.plan import load_plans
from estimator.scenario import (
    CAN_BE_SURGICAL,
    NATIONS,
    US_STATES,
    Accounts,
    Area,
    Paperwork,
    Scenario,
    Used,
    Work,
    read_scenario,
)
from estimator.ui import link, state
from estimator.vocabulary import (
    SURGERY_PARTS,
    WANTED_SERVICES,
    Assignment,
    Condition,
    JobDemand,
    Management,
    Mode,
    Network,
    Region,
    Service,
)
from tests.cases import scenario

APP = Path(__file__).parents[2] / "app.py"
HOME = "https://estimate.example.org/hamstring"
UK = (Region.NHS, Region.UK_PRIVATE)


def example(region: Region) -> Scenario:
    return read_scenario(state.EXAMPLES / f"{region}.toml")


def text_of(made: Scenario) -> str:
    return link.of(made)["answers"]


def problems(text: str | list[str]) -> str:
    """What is said about a link that cannot be read."""
    with pytest.raises(InputError) as caught:
        link.read({"answers": text})
    return str(caught.value)


# ---------------------------------------------------------------- there and back


@pytest.mark.parametrize("region", list(Region))
def test_every_example_comes_back_as_it_was(region: Region) -> None:
    sent = example(region)
    back = link.read(link.of(sent))
    if region == Region.US_PRIVATE:  # Ohio has one price level, so its counties stay at home
        sent = sent.model_copy(update={"area": Area(state="OH")})
    assert sent == back


def test_a_link_is_short_and_readable() -> None:
    assert text_of(example(Region.NHS)) == (
        "1~region:nhs~injury:strain_grade_2~treatment:conservative~hurt:2026-04-13~care:2026-04-15~nation:England~"
        "place:London~services:physician_visit,physical_therapy,imaging_ultrasound~setting:nhs~network:not_applicable~"
        "plan:nhs_england~accounts:usual~work:daily_pay:120,job_demand:heavy~items:3~end"
    )


def paths(model: type[BaseModel], above: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """Where the answers of a model stand; a record inside it counts by its own fields where the link takes it apart."""
    found: set[tuple[str, ...]] = set()
    for name, field in model.model_fields.items():
        inner = next((kind for kind in (field.annotation, *get_args(field.annotation)) if kind in (Area, Used)), None)
        found |= paths(inner, (name,)) if inner is not None else {(*above, name)}
    return found


def test_every_answer_has_its_part_in_the_link() -> None:
    amounts = {("used", name) for name in state.USED_AMOUNTS}
    parts = {part.path for part in link.PARTS} - {("used",)} | amounts
    assert paths(Scenario) == parts
    assert {*Scenario.model_fields} <= {*FIELDS, *link.OTHER_FIELDS, "injury_date", "care_starts", "services"}


amounts = st.integers(0, 10_000_000_000).map(lambda minor: Decimal(minor).scaleb(-2))
rates = st.integers(0, 1_000_000).map(lambda ppm: Decimal(ppm).scaleb(-6))
days = st.dates(date(2015, 1, 1), date(2035, 12, 31))
counts = st.integers(0, 1000)


def areas(region: Region) -> st.SearchStrategy[dict[str, str | None]]:
    if region in UK:
        places = st.none() | st.sampled_from(sorted(link._known(region)["place"]))
        return st.fixed_dictionaries({"nation": st.none() | st.sampled_from(NATIONS), "region": places})
    somewhere = (st.none() | st.sampled_from(sorted(US_STATES))).flatmap(
        lambda code: st.fixed_dictionaries(
            {"state": st.just(code), "county": st.sampled_from([None, *state.counties_of(region, code)])}
        )
    )
    localities = sorted(link._known(region)["locality"])
    if not localities:
        return somewhere
    return somewhere | st.fixed_dictionaries({"locality": st.sampled_from(localities)})


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Any scenario that the page could hold, and many that it could not."""
    region = draw(st.sampled_from(Region))
    condition = draw(st.sampled_from(Condition))
    known = link._known(region)
    counters = st.dictionaries(st.sampled_from(sorted(known["visits"])), amounts, max_size=3)
    used = {name: draw(amounts) for name in draw(st.sets(st.sampled_from(state.USED_AMOUNTS), max_size=4))}
    used |= {field: draw(counters) for field in state.USED_GROUPS if field != "visits"}
    used["visits"] = draw(st.dictionaries(st.sampled_from(sorted(known["visits"])), counts, max_size=3))
    mode = draw(st.sampled_from(Mode))
    services = [each for each in WANTED_SERVICES if each != Service.SURGERY]
    hurt = draw(st.dates(date(2015, 1, 1), date(2033, 12, 31)))
    accounts = st.none() | st.builds(Accounts, employer_reimbursement=amounts, health_savings=amounts, tax_rate=rates)
    work = st.none() | st.builds(
        Work,
        job_demand=st.sampled_from(JobDemand),
        daily_pay=st.none() | amounts,
        days_per_week=st.integers(1, 7),
        is_employee=st.booleans(),
        full_pay_days=counts,
        half_pay_days=counts,
    )
    data: dict[str, Any] = {
        "condition": condition,
        "management": draw(st.sampled_from([None, *Management])) if condition in CAN_BE_SURGICAL else None,
        "injury_date": hurt,
        "care_starts": hurt + timedelta(days=draw(st.integers(0, 730))),
        "region": region,
        "area": draw(areas(region)),
        "mode": mode,
        "services": draw(st.permutations(services))[: draw(st.integers(1, 17))] if mode == Mode.PLANNED else (),
        "setting": draw(st.none() | st.sampled_from(sorted(known["setting"]))),
        "network": draw(st.sampled_from(Network)),
        "plan": draw(st.none() | st.sampled_from(sorted(known["plan"]))),
        "secondary": draw(st.none() | st.sampled_from(sorted(known["second"]))) if known["second"] else None,
        "secondary_since": draw(st.none() | days),
        "used": used,
        "paperwork": {field: draw(st.booleans()) for field in state.PAPERWORK},
        "accounts": draw(accounts),
        "assignment": draw(st.sampled_from(Assignment)),
        "work": draw(work),
        "own_prices": draw(st.dictionaries(st.sampled_from(services), amounts, max_size=6)),
        "prescription_items": draw(st.integers(0, 50)),
        "prices_as_of": draw(st.none() | days),
    }
    return Scenario.model_validate(data)


@given(scenarios())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def test_any_scenario_comes_back_as_it_was(sent: Scenario) -> None:
    try:
        params = link.of(sent)
    except InputError as error:
        assume("too many amounts" not in str(error))
        raise
    assert sent == link.read(params)
    assert params == link.of(link.read(params))
    assert len(quote(params["answers"], safe=link.UNENCODED)) <= link.LONGEST


def words_known(sent: Scenario) -> set[str]:
    """Every word that may stand in a link."""
    enums = (Region, Condition, Management, Mode, Network, Assignment, JobDemand, Service)
    models = (Used, Paperwork, Accounts, Work)
    known = {word for words in link._known(sent.region).values() for word in words}
    known |= {str(member) for enum in enums for member in enum} | {
        name for model in models for name in model.model_fields
    }
    return known | {*NATIONS, *US_STATES, *state.counties_of(sent.region, sent.area.state), "yes", "no", "usual"}


NUMBER_OR_DAY = re.compile(r"\d+(\.\d+)?|\d{4}-\d\d-\d\d")


@given(scenarios(), st.text(min_size=1, max_size=30).filter(str.isprintable), st.sampled_from(range(7)))
def test_a_link_holds_only_numbers_days_and_words_that_are_known_here(sent: Scenario, said: str, where: int) -> None:
    """Whatever a person writes where a file takes a text."""
    area = "region" if sent.region in UK else "county"
    update: dict[str, object] = {
        0: {"plan": said},
        1: {"secondary": said},
        2: {"setting": said},
        3: {"area": sent.area.model_copy(update={area: said})},
        4: {"area": sent.area.model_copy(update={"locality": said})},
        5: {"used": sent.used.model_copy(update={"visits": {said: 3}, "secondary_paid": {said: Decimal(5)}})},
        6: {
            "used": sent.used.model_copy(update={"thresholds": {said: Decimal(5)}, "benefit_paid": {said: Decimal(5)}})
        },
    }[where]
    try:
        text = text_of(sent.model_copy(update=update))
    except InputError:
        return
    for part in text.split("~")[1:-1]:
        _, _, value = part.partition(":")
        words = {value} if value in words_known(sent) else {*re.split("[:,]", value)} - words_known(sent)
        assert {word for word in words if not NUMBER_OR_DAY.fullmatch(word)} <= words_known(sent)


def test_a_link_with_more_amounts_than_fit_is_refused_in_a_sentence() -> None:
    counters = sorted(link._known(Region.US_PRIVATE)["visits"])
    many = {name: Decimal("12345.67") for name in counters}
    sent = scenario(used={"visits": dict.fromkeys(counters, 9), "benefit_paid": many, "thresholds": many})
    with pytest.raises(InputError, match="Save your answers as a file instead"):
        link.of(sent)


# ---------------------------------------------------------------- nothing about the person


def test_free_text_that_changes_nothing_stays_at_home() -> None:
    told = scenario(
        area={"state": "OH", "county": "Jane Doe"},
        used={"visits": {"Jane Doe": 3, "physical_therapy": 2}, "benefit_paid": {"born 1980-01-02": 5}},
    )
    assert "Jane" not in text_of(told)
    assert "born" not in text_of(told)
    assert "visits:physical_therapy:2" in text_of(told)


@pytest.mark.parametrize("region", UK)
def test_a_postcode_becomes_its_region(region: Region) -> None:
    for postcode in ("LS6", "ls6 2ab"):
        sent = scenario(region=region, area={"region": postcode})
        assert "ls6" not in text_of(sent).lower()
        assert "North East and Yorkshire" in text_of(sent) or "Yorkshire and the Humber" in text_of(sent)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"plan": "my_own_plan.toml"}, "Your cover: a link can only hold what is offered here."),
        ({"plan": "/home/jane/plan.toml"}, "Your cover"),
        ({"secondary": "jane.toml"}, "Your second cover"),
        ({"setting": "Dr Jane Doe"}, "Where you are treated"),
        ({"area": {"state": "CA", "county": "Jane Doe"}}, "Where you live"),
        ({"region": Region.UK_PRIVATE, "area": {"region": "Jane Doe"}}, "Where you live"),
        ({"region": Region.MEDICARE_PART_B, "area": {"locality": "Jane Doe"}}, "Where you live"),
    ],
)
def test_what_would_be_another_case_without_its_text_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(FileProblems) as caught:
        link.of(scenario(**changes))
    assert says in str(caught.value)
    assert "Jane" not in str(caught.value)


def test_a_locality_travels_by_its_short_name() -> None:
    sent = scenario(region=Region.MEDICARE_PART_B, area={"locality": " ny-01 "})
    assert link.read(link.of(sent)).area == Area(locality="NY-01")


def test_without_pay_means_no_pay_no_tax_and_no_savings() -> None:
    sent = example(Region.US_PRIVATE).model_copy(update={"accounts": Accounts(tax_rate=Decimal("0.22"))})
    plain = link.without_pay(sent)
    assert plain.work == Work()
    assert plain.accounts is None
    assert {"work", "accounts"} == {
        name for name in Scenario.model_fields if getattr(sent, name) != getattr(plain, name)
    }


# ---------------------------------------------------------------- a link that cannot be read

GOOD = (
    "1~region:us_private~injury:strain_grade_2~hurt:2026-03-02~care:2026-03-04~state:OH~services:physical_therapy~end"
)


def changed(**parts: str | None) -> str:
    """The good link with other parts; None leaves a part out."""
    held = dict(part.split(":", 1) for part in GOOD.split("~")[1:-1]) | parts
    return "~".join(["1", *(f"{name}:{value}" for name, value in held.items() if value is not None), "end"])


def test_the_good_link_is_good() -> None:
    assert link.read({"answers": GOOD}) == scenario(area={"state": "OH"})
    assert link.read({"answers": [GOOD], "lang": "es", "utm_source": "<b>"}) == scenario(area={"state": "OH"})


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"region": "mars"}, "Which system you are treated in: "),
        ({"region": None}, "Which system you are treated in: "),
        ({"injury": "strain_grade_9"}, "What happened: "),
        ({"injury": None}, "What happened: "),
        ({"hurt": "2026-13-45"}, "Day of the injury: "),
        ({"hurt": "0001-01-01"}, "Day of the injury: "),
        ({"hurt": ""}, "Day of the injury: "),
        ({"care": "2026-03-01"}, "When care starts: "),
        ({"care": "2030-03-04"}, "When care starts: "),
        ({"state": "ZZ"}, "Where you live: "),
        ({"county": "Franklin"}, "Where you live: "),
        ({"nation": "England"}, "Where you live: "),
        ({"place": "LS6"}, "Where you live: "),
        ({"locality": "NY-01"}, "Where you live: "),
        ({"services": "surgery"}, "How you would like to be treated: "),
        ({"services": None}, "How you would like to be treated: "),
        ({"services": ""}, "How you would like to be treated: "),
        ({"treatment": "surgical"}, "With or without an operation: "),
        ({"mode": "average"}, "How you would like to be treated: "),
        ({"setting": "moon"}, "Where you are treated: "),
        ({"network": "intranet"}, "In or outside the plan's network: "),
        ({"plan": "platinum"}, "Your cover: "),
        ({"plan": "/etc/passwd"}, "Your cover: "),
        ({"plan": "../../x.toml"}, "Your cover: "),
        ({"second": "ppo"}, "Your second cover: "),
        ({"second_since": "yesterday"}, "Second cover since: "),
        ({"used": "deductible:-5"}, "What has been used this year: "),
        ({"used": "deductible:NaN"}, "What has been used this year: "),
        ({"used": "deductible:nan"}, "What has been used this year: "),
        ({"used": "deductible:infinity"}, "What has been used this year: "),
        ({"used": "deductible:1e999"}, "What has been used this year: "),
        ({"used": "deductible:1.005"}, "What has been used this year: "),
        ({"used": "deductible:999999999"}, "What has been used this year: "),
        ({"used": "deductible:1,deductible:2"}, "What has been used this year: "),
        ({"used": "deductible"}, "What has been used this year: "),
        ({"used": "name:3"}, "What has been used this year: "),
        ({"used": "visits:3"}, "What has been used this year: "),
        ({"visits": "jane_doe:3"}, "What has been used this year: "),
        ({"visits": "physical_therapy:1001"}, "What has been used this year: "),
        ({"visits": "physical_therapy:yes"}, "What has been used this year: "),
        ({"visits": "physical_therapy:1.5"}, "What has been used this year: "),
        ({"paperwork": "referral:perhaps"}, "Paperwork: "),
        ({"paperwork": "birth_date:no"}, "Paperwork: "),
        ({"accounts": "tax_rate:22"}, "Money set aside for care: "),
        ({"accounts": "tax_rate:1e999999"}, "Money set aside for care: "),
        ({"accounts": "tax_rate:snan"}, "Money set aside for care: "),
        ({"work": "employer:acme"}, "Your work: "),
        ({"work": "days_per_week:8"}, "Your work: "),
        ({"prices": "massage_therapy:free"}, "Your own price: "),
        ({"prices": "unicorn:5"}, "Your own price: "),
        ({"items": "51"}, "Items on prescription: "),
        ({"items": "9" * 400}, "Items on prescription: "),
        ({"assignment": "maybe"}, "Your doctor and Medicare's price: "),
        ({"as_of": "2099-01-01"}, "Prices as of: "),
    ],
)
def test_an_answer_that_does_not_fit_is_named_in_words(parts: dict[str, str | None], says: str) -> None:
    said = problems(changed(**parts))
    assert said.startswith(says)
    assert said.splitlines() == list(dict.fromkeys(said.splitlines()))
    for value in parts.values():
        assert value is None or len(value) < 4 or value not in said, "a link's own text is never repeated"


def test_every_answer_that_does_not_fit_is_named() -> None:
    said = problems(changed(plan="x", state="ZZ", items="-1")).splitlines()
    assert [line.split(":")[0] for line in said] == ["Your cover"]  # what the files do not know comes first
    said = problems(changed(state="ZZ", items="-1", injury="x")).splitlines()
    assert {line.split(":")[0] for line in said} == {"What happened", "Where you live", "Items on prescription"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "damaged, or it was made for another version"),
        ("<script>alert(1)</script>", "damaged, or it was made for another version"),
        ("2~region:nhs~end", "damaged, or it was made for another version"),
        (GOOD.replace("OH", "O\u0000H"), "damaged"),
        (GOOD.replace("OH", "\u202eHO"), "damaged"),
        (GOOD.replace("2026-03-02", "\uff12026-03-02"), "damaged"),
        (GOOD[:-1], "cut short"),
        (GOOD[:60], "cut short"),
        ("1", "cut short"),
        ("1~end", "Which system you are treated in"),
        (GOOD.replace("~end", "~name:Jane~end"), "holds something that this page does not know"),
        (GOOD.replace("~end", "~birth_date:1980-01-02~end"), "holds something that this page does not know"),
        (GOOD.replace("~end", "~<img src=x onerror=alert(1)>~end"), "holds something that this page does not know"),
        (GOOD.replace("~end", "~state:OH~end"), "Where you live: the link says two things about it."),
        ("1~" + "x:1~" * 2000 + "end", "longer than any"),
        ("1~" + "x:1~" * 400 + "end", "holds something that this page does not know"),
        ([GOOD, GOOD], "more than once, or not at all"),
        ([], "more than once, or not at all"),
    ],
)
def test_a_damaged_link_is_a_sentence(text: str | list[str], says: str) -> None:
    said = problems(text)
    assert says in said
    assert len(said.splitlines()) == 1
    assert "Jane" not in said
    assert "<" not in said


def is_a_scenario_or_a_sentence(text: str) -> bool:
    try:
        return isinstance(link.read({"answers": text}), Scenario)
    except InputError as problem:
        return all(line.endswith(".") for line in str(problem).splitlines())


@given(st.text(max_size=300) | st.text("1~:,.@-_abcdeginorstuv0", max_size=300).map(lambda text: f"1~{text}~end"))
def test_whatever_stands_in_a_link_is_a_scenario_or_a_sentence(text: str) -> None:
    assert is_a_scenario_or_a_sentence(text)


names = st.sampled_from([part.name for part in link.PARTS])
values = st.text("0123456789.,:-_@ enaif", max_size=40) | st.sampled_from(
    [value for region in Region for value in re.split("[~:,]", text_of(example(region)))]
)


@given(st.dictionaries(names, values, max_size=5))
def test_a_good_link_with_anything_in_it_is_a_scenario_or_a_sentence(parts: Mapping[str, str]) -> None:
    assert is_a_scenario_or_a_sentence(changed(**parts))


def test_the_model_has_the_last_word() -> None:
    with pytest.raises(ValidationError):
        Scenario.model_validate({"region": "nhs"})
    assert len(problems("1~region:nhs~end").splitlines()) == 3


def test_surgery_is_not_a_service_in_a_link() -> None:
    for service in (*SURGERY_PARTS, Service.AMBULANCE):
        assert problems(changed(services=service)).startswith("How you would like to be treated: ")


# ---------------------------------------------------------------- the address


def test_the_address_is_the_page_s_and_parses_back() -> None:
    params = link.of(example(Region.MEDICARE_PART_B))
    for page in ("http://localhost:8501", "http://localhost:8501/", f"{HOME}/", f"{HOME}?answers=old&lang=es#top"):
        parts = urlsplit(link.address(page, params))
        assert parts.netloc == urlsplit(page).netloc
        assert parts.path == f"{urlsplit(page).path.rstrip('/')}/"
        assert {"answers": [params["answers"]]} == parse_qs(parts.query, strict_parsing=True)
    assert " " not in link.address(HOME, params)


# ---------------------------------------------------------------- on the page


def opened(params: Mapping[str, str | list[str]]) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=60)
    app.context["url"] = HOME
    app.query_params.update(params)
    return app.run()


def html(app: AppTest) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


def text(app: AppTest) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html(app))))


def hero(app: AppTest) -> str:
    found = re.search(r'class="hero-sum">([^<]*)<', html(app))
    assert found is not None, "the page has no answer"
    return unescape(found[1])


def link_on(app: AppTest) -> dict[str, str]:
    """The parameters of the link that the page offers."""
    found = re.search(r'<input type="text" readonly aria-label="Link to these answers" value="([^"]*)"', html(app))
    assert found is not None, "the page offers no link"
    parts = urlsplit(unescape(found[1]))
    assert urlsplit(f"{HOME}/")[:3] == parts[:3]
    return {name: value for name, [value] in parse_qs(parts.query, strict_parsing=True).items()}


@pytest.mark.parametrize("region", list(Region))
def test_a_link_shows_what_the_file_shows(region: Region) -> None:
    by_link = opened(link.of(example(region)))
    by_file = AppTest.from_file(APP, default_timeout=60).run()
    by_file.session_state["answers"] = state.answers_of(example(region))
    by_file.run()
    assert not by_link.exception
    assert hero(by_file) == hero(by_link)
    one, other = by_link.session_state["last_answer"], by_file.session_state["last_answer"]
    assert other.quote == one.quote
    assert other.projection == one.projection
    assert "These are the answers of the link you opened." in text(by_link)
    assert "This is an example." not in text(by_link)


@pytest.mark.parametrize("region", list(Region))
def test_a_link_from_the_page_leads_to_the_same_link(region: Region) -> None:
    app = opened(link.of(example(region)))
    app.checkbox(key="link_pay").check().run()
    sent = link_on(app)
    other = opened(sent)
    other.checkbox(key="link_pay").check().run()
    assert sent == link_on(other)
    assert hero(app) == hero(other)
    assert app.session_state["last_answer"].scenario == other.session_state["last_answer"].scenario


def test_pay_tax_and_savings_travel_only_when_asked_to() -> None:
    sent = example(Region.US_PRIVATE).model_copy(
        update={"accounts": Accounts(health_savings=Decimal(150), tax_rate=Decimal("0.22"))}
    )
    app = opened(link.of(sent))
    assert not app.checkbox(key="link_pay").value
    assert not re.search(r"180|150|0\.22", link_on(app)["answers"])
    plain = opened(link_on(app))
    assert hero(app) == hero(plain)
    assert (
        app.session_state["last_answer"].projection.patient_pays
        == plain.session_state["last_answer"].projection.patient_pays
    )
    assert [box.key for box in plain.checkbox if box.key == "link_pay"] == [], "there is nothing to put in"
    app.checkbox(key="link_pay").check().run()
    assert "accounts:health_savings:150,tax_rate:0.22~" in link_on(app)["answers"]
    assert "work:daily_pay:180" in link_on(app)["answers"]


def test_the_page_says_what_the_link_holds() -> None:
    app = opened({})
    assert "The link holds your answers: injury, dates, place, cover and amounts. It holds no name." in text(app)
    assert "Whoever has the link can read what it holds." in text(app)
    app.context["url"] = "http://localhost:8501"
    assert "the link opens only there" in text(app.run())


def test_no_state_in_the_link_means_no_state_on_the_page() -> None:
    app = opened(link.of(scenario(area={})))
    assert app.session_state["last_answer"].scenario.area == Area()
    assert app.session_state["last_answer"].scenario.used == Used()


def test_the_link_stays_for_a_reload_until_an_answer_is_changed() -> None:
    params = link.of(example(Region.NHS))
    app = opened(params)
    app.session_state["step_1"] = True
    app.run()
    assert params == app.query_params
    before = hero(app)
    app.radio(key="condition").set_value(Condition.STRAIN_GRADE_3).run()
    assert {} == app.query_params
    assert Condition.STRAIN_GRADE_3 == app.session_state["last_answer"].scenario.condition
    assert "of the link you opened" not in text(app)
    app.query_params.update(params)  # the browser's way back brings the same address
    app.run()
    assert Condition.STRAIN_GRADE_3 == app.session_state["last_answer"].scenario.condition
    assert {} == app.query_params
    app.query_params.update(link.of(example(Region.UK_PRIVATE)))
    app.run()
    assert Region.UK_PRIVATE == app.session_state["last_answer"].scenario.region
    assert before != hero(app)


def test_the_language_of_the_address_outlives_the_link() -> None:
    app = opened({**link.of(example(Region.US_PRIVATE)), "lang": "es"})
    app.session_state["step_1"] = True
    app.run().radio(key="condition").set_value(Condition.STRAIN_GRADE_3).run()
    assert {"lang": "es"} == app.query_params


def test_a_link_opens_in_the_language_it_was_made_in() -> None:
    app = opened({**link.of(example(Region.US_PRIVATE)), "lang": "es"})
    found = re.search(r'<input type="text" readonly aria-label="[^"]*" value="([^"]*)"', html(app))
    assert found is not None
    assert {"lang": ["es"]}.items() <= parse_qs(urlsplit(unescape(found[1])).query).items()
    assert "lang" not in link_on(opened(link.of(example(Region.US_PRIVATE))))


@pytest.mark.parametrize("page", ["compare", "sources"])
def test_other_pages_take_a_link_too(page: str) -> None:
    app = AppTest.from_file(APP, default_timeout=60).run()
    app.query_params.update(link.of(example(Region.UK_PRIVATE)))
    app.switch_page(f"estimator/ui/pages/{page}.py").run()
    assert not app.exception
    assert Region.UK_PRIVATE == app.session_state["answers"]["region"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (
            changed(plan="<script>alert(1)</script>"),
            "Your cover: the link does not say it, or what it says does not fit.",
        ),
        (changed(used="deductible:1e999"), "What has been used this year: the link does not say it"),
        (changed(care="2026-03-01"), "When care starts: the link does not say it, or what it says does not fit."),
        (GOOD[:50], "The link was cut short: its end is missing."),
        ("x" * 100_000, "The link is longer than any that this page makes."),
        ([GOOD, changed(state="NY")], "here they stand more than once"),
    ],
)
def test_a_bad_link_is_a_sentence_above_a_working_page(given: str | list[str], says: str) -> None:
    app = opened({"answers": given})
    assert not app.exception
    assert "This link could not be opened" in text(app)
    assert says in text(app)
    assert "alert(1)" not in html(app)
    untouched = AppTest.from_file(APP, default_timeout=60).run()
    assert hero(untouched) == hero(app)
    assert "This is an example." in text(app)
    app.session_state["step_2"] = True
    app.run().radio(key="region").set_value(Region.NHS).run()
    assert Region.NHS == app.session_state["last_answer"].scenario.region
    assert "This link could not be opened" not in text(app)
    assert {} == app.query_params


@pytest.mark.parametrize("others", [900, 5000])
def test_other_parameters_are_left_alone_however_many(others: int) -> None:
    """Streamlit itself drops an address with more than a thousand parameters."""
    params = {f"k{number}": "<b>" for number in range(others)} | link.of(example(Region.NHS))
    app = opened(params)
    assert not app.exception
    expected = Region.NHS if others < 1000 else Region.US_PRIVATE
    assert expected == app.session_state["last_answer"].scenario.region


def test_answers_that_do_not_fit_together_make_no_link() -> None:
    app = opened({})
    app.session_state["step_1"] = True
    app.run().date_input(key="care_starts").set_value(date(2026, 1, 5)).run()
    assert "Link to these answers" not in html(app)


def test_a_place_that_cannot_travel_is_a_sentence_and_the_page_works() -> None:
    app = opened({})
    app.session_state["answers"] = state.answers_of(scenario(region=Region.UK_PRIVATE, area={"region": "Jane Doe"}))
    app.run()
    assert not app.exception
    assert "a link can only hold what is offered here" in text(app)
    assert hero(app)


def test_the_link_names_only_plans_that_are_shipped() -> None:
    for region in Region:
        primary = {name for name, plan in load_plans(region).items() if plan.role == "primary"}
        assert primary == link._known(region)["plan"]
