"""Every text that the engine writes and a page shows is said in the language in use.

A made-up language puts each text it says between guillemets, so that what was glued on or never asked for stands bare. In
another one a text has no words at all, only what is filled in: words that are left were never said.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from estimator import messages, pathway, plan, requirements, sick_pay, tariff, timing
from estimator.errors import InputError
from estimator.estimate import Case, open_case
from estimator.files import decode, parse_json, parse_toml, validate
from estimator.messages import Language, marked, speaking
from estimator.mixes import mixes
from estimator.nhs_costs import VISITOR_NOTE, nhs_costs, prescriptions, travel_refund
from estimator.pathway import load_pathway
from estimator.places_uk import find_place
from estimator.plan import Plan, find_plan, load_plans
from estimator.plan_limits import limit_warnings
from estimator.projection import PRICE_LEVELS, project
from estimator.quote import Quote, quote
from estimator.requirements import Due, checklist, load_requirements
from estimator.scenario import Scenario
from estimator.tariff import load_tariff
from estimator.timing import start_dates
from estimator.vocabulary import REASONS, Reason, Region, Service, reason_said, service_name
from tests.cases import ALL_SERVICES, case, scenario
from tools.messages import of_code

INNERMOST = re.compile(r"«[^«»]*»")
NAME = re.compile(r"{\w+}")
WORD = re.compile(r"[A-Za-z]{2,}")
UNTRANSLATED = re.compile(r"US\$|NY-01|England|Scotland|Wales|Northern Ireland|nothing_of_the_kind")
READERS = (
    pathway.load_pathway,
    plan.load_plans,
    requirements.load_requirements,
    sick_pay.load_sick_pay,
    tariff.load_tariff,
    timing.load_windows,
)
LATE = {"injury_date": "2026-11-10", "care_starts": "2026-11-12", "prices_as_of": "2026-11-12"}
EARLY = {"injury_date": "2024-02-10", "care_starts": "2024-02-12", "prices_as_of": "2026-03-12"}


class Guillemets(gettext.NullTranslations):
    """A language that says everything in English, between guillemets."""

    def gettext(self, message: str) -> str:
        return f"«{message}»"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"«{msgid1 if n == 1 else msgid2}»"


class Wordless(gettext.NullTranslations):
    """A language that keeps only what is filled in."""

    def gettext(self, message: str) -> str:
        return f"«{' '.join(NAME.findall(message))}»"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


@pytest.fixture(autouse=True)
def made_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(messages, "_catalogue", lambda _: Guillemets())
    for read in READERS:
        read.cache_clear()
    with speaking(Language.BRITISH):
        yield
    for read in READERS:
        read.cache_clear()


@pytest.fixture
def wordless(made_up: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - it comes first
    monkeypatch.setattr(messages, "_catalogue", lambda _: Wordless())


def words(texts: Iterable[str]) -> list[str]:
    """The words left in texts of the wordless language; names and ids have no translation."""
    found = list(texts)
    assert found, "there is nothing to look at"
    return [text for text in found if WORD.search(UNTRANSLATED.sub("", text))]


def bare(text: str) -> str:
    """What of a text stands outside the guillemets."""
    while INNERMOST.search(text):
        text = INNERMOST.sub("", text)
    return text.strip(" .,:;%")


def unsaid(texts: Iterable[str]) -> list[str]:
    found = list(texts)
    assert found, "there is nothing to look at"
    return [text for text in found if bare(text)]


def of_quote(made: Quote) -> Iterator[str]:
    yield from (made.disclaimer, *made.warnings, *made.assumptions, *made.safety.warnings)
    yield from (line.explanation for line in made.lines)
    yield from (event.text for event in made.events)
    yield from (part.name for part in (*made.by_phase, *made.by_service))
    yield from (text for phase in made.phases for text in (phase.name, phase.enter_when, phase.leave_when))
    yield from (other.name for other in made.alternatives)
    yield from (gap.why for gap in made.unknown)
    yield from (entry.note for entry in made.prices)
    if made.wait is not None:
        yield made.wait.note
    if made.funding is not None:
        yield from made.funding.says


CASES: dict[str, dict[str, Any]] = {
    "every kind of care": {"services": ALL_SERVICES, "prescription_items": 3},
    "an injury nobody has named": {"condition": "undiagnosed"},
    "an operation": {"condition": "avulsion_grade_4", "management": "surgical"},
    "the average patient": {"mode": "average"},
    "late": {**LATE, "services": ALL_SERVICES},
    "early": {**EARLY, "services": ALL_SERVICES},
    "a price of one's own": {"own_prices": {"physical_therapy": "77.00"}},
    "no paperwork": {
        "services": ALL_SERVICES,
        "paperwork": {
            "referral": False,
            "prior_authorization": False,
            "medical_need_confirmed": False,
            "advance_notice": False,
        },
    },
    "used up already": {"used": {"visits": {"nothing_of_the_kind": 3}}},
    "money set aside": {"accounts": {"employer_reimbursement": "50.00", "health_savings": "90.00", "tax_rate": "0.22"}},
}


@pytest.mark.usefixtures("wordless")
@pytest.mark.parametrize("region", list(Region))
@pytest.mark.parametrize("which", CASES)
def test_a_quote_and_its_checklist_are_said(which: str, region: Region) -> None:
    opened = case(region=region, **CASES[which])
    made = quote(opened)
    assert [] == words(of_quote(made))
    todo = checklist(opened, made)
    shown = [item.due_words for item in todo.items if item.due is None]
    shown += [text for item in todo.items for text in (item.what, item.who, item.evidence, item.without_it)]
    shown += [text for step in todo.appeal for text in (step.what, step.who, step.deadline, step.decided_in)]
    assert [] == words(shown)


@pytest.mark.usefixtures("wordless")
@pytest.mark.parametrize("region", list(Region))
def test_a_quote_under_any_plan_is_said(region: Region) -> None:
    for entry in load_plans(region).values():
        cover = {"plan": entry.id} if entry.role == "primary" else {"secondary": entry.id}
        made = quote(case(region=region, services=ALL_SERVICES, **cover))
        assert [] == words(of_quote(made)), entry.id


def test_a_price_of_one_s_own_names_its_source_in_the_language_in_use() -> None:
    made = quote(case(own_prices={"physical_therapy": "77.00"}))
    source = next(entry.source for entry in made.prices if entry.source.id == "own-price")
    assert ["«Your own figure»", "«you or your clinic»"] == [source.title, source.publisher]


@pytest.mark.usefixtures("wordless")
@pytest.mark.parametrize("region", list(Region))
def test_a_projection_is_said(region: Region) -> None:
    work = {"job_demand": "heavy", "daily_pay": "120.00"}
    made = project(case(region=region, condition="undiagnosed", services=ALL_SERVICES, work=work), draws=200)
    shown = [made.disclaimer, *made.warnings]
    shown += [entry.name for entry in (*made.by_phase, *made.by_service, *made.outcomes, *made.drivers)]
    assert made.work is not None
    assert [] == words([*shown, made.work.note])


def test_every_provider_of_the_pathway_has_words_for_its_price_level() -> None:
    assert {*load_pathway().file.providers.values()} == PRICE_LEVELS.keys()


@pytest.mark.usefixtures("wordless")
@pytest.mark.parametrize("changes", [{}, LATE, {"care_starts": "2026-08-20"}, {"condition": "undiagnosed", **LATE}])
def test_other_start_dates_are_said(changes: dict[str, str]) -> None:
    made = start_dates(case(used={"deductible": "100.00"}, **changes), draws=100)
    assert [] == words([*made.says, made.window_says, *(row.says for row in made.rows)])


@pytest.mark.usefixtures("wordless")
@pytest.mark.parametrize("which", ["every kind of care", "an operation", "an injury nobody has named"])
def test_nhs_and_private_care_mixed_are_said(which: str) -> None:
    place = {"region": Region.NHS, "area": {"nation": "Wales"}}
    made = mixes(scenario(**place, **CASES[which]), ("pmi_excess_outpatient_limit",), draws=100)
    shown = [text for option in made.options for text in (option.name, option.says)]
    shown += [text for each in made.break_even for text in (each.name, each.says)]
    assert [] == words([*shown, *made.notes])


@pytest.mark.usefixtures("wordless")
@pytest.mark.parametrize("nation", ["England", "Wales"])
def test_what_an_nhs_patient_still_pays_is_said(nation: str) -> None:
    opened = case(region=Region.NHS, area={"nation": nation}, services=ALL_SERVICES, prescription_items=14)
    made = nhs_costs(opened)
    assert [] == words([*made.notes, made.prescriptions.says, *(each.name for each in made.services)])
    for low_income, referred in ((True, True), (True, False), (False, True)):
        refund = travel_refund(
            30, nation, date(2026, 6, 1), opened.tariff, low_income=low_income, referred_to_hospital=referred
        )
        assert [] == words([refund.says])


@pytest.mark.usefixtures("wordless")
def test_certificates_one_after_the_other_are_said() -> None:
    monthly = [date(2026 + month // 12, month % 12 + 1, 5) for month in range(3, 22) for _ in range(3)]
    bought = prescriptions(monthly, "England", load_tariff(Region.NHS))
    assert 1 < sum(payment.kind != "item" for payment in bought.payments)
    assert [] == words([bought.says])


@pytest.mark.usefixtures("wordless")
def test_a_plan_that_breaks_federal_limits_is_told_so_in_the_language_in_use() -> None:
    usual = find_plan("ppo", Region.US_PRIVATE)
    assert usual.out_of_pocket_max is not None
    assert usual.deductible is not None
    high = usual.out_of_pocket_max.model_copy(update={"amount": Decimal(90_000), "family_amount": Decimal(95_000)})
    low = usual.deductible.model_copy(update={"amount": Decimal(10), "family_amount": Decimal(20)})
    odd = [
        usual.model_copy(update={"out_of_pocket_max": high}),
        usual.model_copy(update={"out_of_pocket_max": None}),
        usual.model_copy(update={"out_of_pocket_max": high, "deductible": low, "tags": ("hsa",)}),
        usual.model_copy(update={"deductible": None, "tags": ("hdhp",)}),
    ]
    found = [
        text for each in odd for year in (2026, 2035) for text in limit_warnings(each, load_tariff("us_private"), year)
    ]  # type: ignore[arg-type]
    assert 8 < len({*found})
    assert [] == words(text.rpartition(": ")[2] for text in found)


@pytest.mark.parametrize(
    ("anchor", "days", "business_days", "said"),
    [
        ("denial", 0, False, "«on the day of the refusal»"),
        ("denial", 1, False, "«within 1 day of the refusal»"),
        ("denial", 30, True, "«within 30 working days of the refusal»"),
        ("invoice", 0, False, "«on the day of the invoice»"),
        ("invoice", 120, False, "«within 120 days of the invoice»"),
        ("invoice", 1, True, "«within 1 working day of the invoice»"),
        ("always", 0, False, "«all along»"),
    ],
)
def test_a_deadline_without_a_date_is_one_text(anchor: str, days: int, business_days: bool, said: str) -> None:
    due = Due(anchor=anchor, days=days, business_days=business_days)
    assert said == requirements._words(due)


# ---------------------------------------------------------------- what is wrong


def told(problem: pytest.ExceptionInfo[InputError]) -> list[str]:
    """The sentences of an error without the file and the field they are about."""
    lines = [line.split(": ") for line in str(problem.value).splitlines()]
    return [": ".join(parts[next(i for i, part in enumerate(parts) if "«" in part) :]) for parts in lines]


GOOD = {
    "condition": "strain_grade_2",
    "injury_date": "2026-03-02",
    "care_starts": "2026-03-04",
    "region": "us_private",
    "services": ["physical_therapy"],
}


@pytest.mark.parametrize(
    "changes",
    [
        {"care_starts": "2025-01-01"},
        {"care_starts": "2034-01-01"},
        {"injury_date": "1999-01-01"},
        {"injury_date": "x"},
        {"management": "surgical"},
        {"services": []},
        {"mode": "average"},
        {"mode": "avarage"},
        {"area": {"state": "ZZ"}},
        {"area": {"nation": "Narnia"}},
        {"area": {"nation": "England"}},
        {"region": "nhs", "area": {"state": "OH"}},
        {"services": ["surgery"]},
        {"services": ["ambulance"]},
        {"services": 5},
        {"plan": "x\0y"},
        {"plan": "a" * 300},
        {"plan": 5},
        {"used": {"deductible": "x"}},
        {"used": {"deductible": True}},
        {"used": {"deductible": None}},
        {"used": {"deductible": "NaN"}},
        {"used": {"visits": {"a": True}}},
        {"used": {"visits": {"a": 2000}}},
        {"used": {"visits": {"a": -1}}},
        {"used": {"visits": {"a": 1.5}}},
        {"used": {"visits": {"a": "x"}}},
        {"used": {"visits": {"a": None}}},
        {"used": {"visits": 3}},
        {"accounts": {"tax_rate": 22}},
        {"work": {"is_employee": "maybe"}},
        {"work": 5},
        {"paperwork": {"referral": None}},
        {"conditon": "x"},
        {"colour": "x"},
        {"condition": None},
        {"prescription_items": "9" * 5000},
        {"area": {"state": "OHIO"}},
    ],
    ids=str,
)
def test_what_is_wrong_with_an_answer_is_said(changes: dict[str, Any]) -> None:
    with pytest.raises(InputError) as problem:
        validate(Scenario, {**GOOD, **changes}, "your answers")
    assert [] == unsaid(told(problem))


THERAPY = {"services": ["physical_therapy"]}


@pytest.mark.parametrize(
    "terms",
    [
        {"id": ""},
        {"pays": [{"of": ["copay"]}]},
        {"role": "secondary", "benefit": [THERAPY]},
        {"secondary_deductible": "5.00"},
        {"effective_from": "2026-02-01", "effective_to": "2026-01-01"},
        {"plan_year_starts": "13-01"},
        {"benefit": [{**THERAPY, "separate_deductible": "z"}]},
        {"benefit": [THERAPY, THERAPY]},
        {"benefit": [THERAPY], "exclusion": [THERAPY]},
        {"benefit": [{"services": ["surgery"]}]},
        {"benefit": [{"services": []}]},
        {"benefit": "x"},
        {
            "benefit": [
                {**THERAPY, "benefit_limit": 5, "limit_group": "g"},
                {"services": ["massage_therapy"], "benefit_limit": 6, "limit_group": "g"},
            ]
        },
        {"role": "secondary", "pays": [{"of": ["copay"]}, {"of": ["copay"]}]},
        {"deductible": {"amount": 5, "is_aggregate": True}},
        {"source": []},
        {"sumary": "x"},
    ],
    ids=str,
)
def test_what_is_wrong_with_a_plan_file_is_said(terms: dict[str, Any]) -> None:
    with pytest.raises(InputError) as problem:
        validate(Plan, {"id": "mine", **terms}, "mine.toml")
    assert [] == unsaid(told(problem))


@pytest.mark.parametrize(
    "ask",
    [
        lambda: decode(b"", "f.json"),
        lambda: decode(b"\xff\xfe", "f.json"),
        lambda: decode(b"a\0b", "f.json"),
        lambda: parse_toml("a = ", "f.toml"),
        lambda: parse_toml("a = nan", "f.toml"),
        lambda: parse_json("{", "f.json"),
        lambda: parse_json("[]", "f.json"),
        lambda: parse_json('{"a": 1, "a": 2}', "f.json"),
        lambda: find_place("moon"),
        lambda: find_place("JE2"),
        lambda: find_place("ZZ9"),
        lambda: find_place("TD15"),
        lambda: find_plan("no such plan", Region.US_PRIVATE),
        lambda: find_plan("uk_self_pay", Region.UK_PRIVATE, "secondary"),
        lambda: quote(case(region=Region.US_PRIVATE, services=["prescription"])),
        lambda: quote(case(setting="moon")),
        lambda: case(region=Region.NHS, area={"nation": "England", "region": "Moon"}),
        lambda: quote(case(region=Region.NHS, injury_date="2016-02-10", care_starts="2016-02-12")),
        lambda: quote(case(region="medicare_part_b", injury_date="2030-02-10", care_starts="2030-02-12")),
        lambda: load_tariff(Region.NHS).factor("prescription_charge", date(2016, 1, 1)),
    ],
)
def test_what_cannot_be_answered_is_said(ask: Any) -> None:
    with pytest.raises(InputError) as problem:
        ask()
    assert [] == unsaid(told(problem))


# ---------------------------------------------------------------- words that are shared


def test_a_label_of_the_region_is_not_said_twice() -> None:
    labels = load_tariff(Region.NHS).region.labels
    assert "«Physiotherapy»" == service_name(Service.PHYSICAL_THERAPY, labels)
    assert "«Physical therapy»" == service_name(Service.PHYSICAL_THERAPY)


def test_every_reason_is_said_where_it_is_asked_for() -> None:
    assert {f"«{text}»" for text in REASONS.values()} == {reason_said(reason) for reason in Reason}


def test_the_catalogues_learn_the_tables_of_texts() -> None:
    keys = {key for _, key in of_code()}
    assert set() == {*REASONS.values(), *PRICE_LEVELS.values(), VISITOR_NOTE, marked("Anesthesiologist")} - keys


def test_a_reader_of_requirements_keeps_each_language_apart() -> None:
    file = load_tariff(Region.US_PRIVATE).file("requirements.toml")
    made_up = load_requirements(file).requirement[0].what
    with speaking(None):
        assert f"«{load_requirements(file).requirement[0].what}»" == made_up


def test_an_answer_keeps_the_language_it_was_made_in() -> None:
    opened: Case = open_case(scenario())
    made = quote(opened)
    with speaking(None):
        assert "«An estimate, not medical or insurance advice.»" == made.disclaimer
        assert "An estimate, not medical or insurance advice." == quote(open_case(scenario())).disclaimer
