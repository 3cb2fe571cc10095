"""One scenario model behind the file, the command line and the form."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from estimator.errors import FileProblems, InputError
from estimator.estimate import open_case
from estimator.quote import quote
from estimator.scenario import Area, Scenario, Used, Work, read_scenario
from estimator.vocabulary import Management, Mode, Region
from tests.cases import EXAMPLES, case, scenario

GOOD: dict[str, Any] = {
    "condition": "strain_grade_2",
    "injury_date": "2026-03-02",
    "care_starts": "2026-03-04",
    "region": "us_private",
    "area": {"state": "OH"},
    "services": ["physical_therapy"],
}


def written(tmp_path: Path, **changes: Any) -> Path:
    path = tmp_path / "scenario.json"
    path.write_text(
        json.dumps({key: value for key, value in (GOOD | changes).items() if value is not None}), encoding="utf-8"
    )
    return path


def problems(tmp_path: Path, **changes: Any) -> list[str]:
    path = written(tmp_path, **changes)
    with pytest.raises(FileProblems) as caught:
        read_scenario(path)
    return [problem.removeprefix(f"{path}: ").replace("?.", "?") for problem in caught.value.problems]


# ---------------------------------------------------------------- files


@pytest.mark.parametrize("region", Region)
def test_the_example_of_every_region_is_a_valid_scenario(region: Region) -> None:
    made = read_scenario(EXAMPLES / f"{region}.toml")
    assert region == made.region
    assert quote(open_case(made)).lines


def fields(model: type[BaseModel]) -> set[str]:
    return {*model.model_fields}


@pytest.mark.parametrize("region", Region)
def test_the_example_of_every_region_names_every_field(region: Region) -> None:
    """In force or as a comment, so that nobody has to read the schema."""
    text = (EXAMPLES / f"{region}.toml").read_text(encoding="utf-8")
    named = {*re.findall(r"^#?\s*([a-z_]+) *=", text, re.MULTILINE)} | {
        *re.findall(r"^#?\s*\[([a-z_]+)\]", text, re.MULTILINE)
    }
    assert set() == (fields(Scenario) | fields(Used) | fields(Work)) - named


@pytest.mark.parametrize("region", Region)
def test_the_example_of_every_region_holds_no_name(region: Region) -> None:
    text = (EXAMPLES / f"{region}.toml").read_text(encoding="utf-8")
    assert "No name, birth date, " in text
    assert text.endswith("\n")


def test_toml_and_json_mean_the_same(tmp_path: Path) -> None:
    text = (EXAMPLES / "us_private.toml").read_text(encoding="utf-8")
    data = json.loads(json.dumps(tomllib.loads(text), default=str))
    path = tmp_path / "same.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    assert read_scenario(EXAMPLES / "us_private.toml") == read_scenario(path)


@pytest.mark.parametrize("region", Region)
def test_a_scenario_survives_its_own_json(region: Region, tmp_path: Path) -> None:
    made = read_scenario(EXAMPLES / f"{region}.toml")
    path = tmp_path / "again.json"
    path.write_text(made.model_dump_json(exclude_none=True), encoding="utf-8")
    assert made == read_scenario(path)


# ---------------------------------------------------------------- what is refused, and in which words


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"plna": "ppo"}, "plna: unknown field; did you mean 'plan'?"),
        ({"condition": None}, "condition: this field is missing."),
        (
            {"condition": "strain_grade_5"},
            "condition: expected one of strain_grade_1, strain_grade_2, strain_grade_3, avulsion_grade_4, "
            "recurrent_strain, proximal_tendinopathy, undiagnosed (got 'strain_grade_5'); did you mean 'strain_grade_3'?",
        ),
        ({"region": "us"}, "region: expected one of us_private, medicare_part_b, nhs, uk_private (got 'us')"),
        ({"injury_date": "2026-02-30"}, "injury_date: expected a date such as 2026-03-02 (got '2026-02-30')."),
        ({"injury_date": "2.3.2026"}, "injury_date: expected a date such as 2026-03-02 (got '2.3.2026')."),
        ({"injury_date": "1999-03-02"}, "injury_date: expected a date from 2015-01-01 to 2035-12-31 (got 1999-03-02)."),
        ({"care_starts": "2040-01-01"}, "care_starts: expected a date from 2015-01-01 to 2035-12-31 (got 2040-01-01)."),
        (
            {"care_starts": "2026-03-01"},
            "care_starts: care cannot start before the injury (2026-03-01 is before 2026-03-02).",
        ),
        (
            {"care_starts": "2028-03-02"},
            "care_starts: care that starts more than two years after the injury is not modelled.",
        ),
        ({"area": {"state": "ZZ"}}, "area.state: expected a US state's two letters, such as OH (got 'ZZ')."),
        (
            {"area": {"state": "OH", "town": "Dayton"}},
            "area.town: unknown field; known: state, county, locality, nation, region.",
        ),
        ({"area": {"nation": "England"}}, "area.nation: us_private takes a state, such as OH."),
        ({"region": "nhs"}, "area.state: nhs takes a nation or region, such as England or London."),
        (
            {"region": "uk_private", "area": {"state": "OH"}},
            "area.state: uk_private takes a nation or region, such as England or London.",
        ),
        (
            {"region": "nhs", "area": {"nation": "Ireland"}},
            "area.nation: expected one of England, Scotland, Wales, Northern Ireland (got 'Ireland').",
        ),
        (
            {"services": []},
            "services: name at least one service, such as ['physical_therapy'], or use mode = 'average'.",
        ),
        ({"mode": "average"}, "services: leave this out with mode = 'average'; the two modes are never mixed."),
        ({"services": ["physio"]}, "services[1]: expected one of "),
        (
            {"services": ["physical_therapy", "surgery"]},
            "services: surgery is chosen with management = 'surgical', not as a service.",
        ),
        (
            {"services": ["surgery_surgeon"]},
            "services: surgery is chosen with management = 'surgical', not as a service.",
        ),
        (
            {"management": "surgical"},
            "management: surgery is modelled for avulsion_grade_4, proximal_tendinopathy, strain_grade_3, not for strain_grade_2.",
        ),
        ({"used": {"deductible": -1}}, "used.deductible: an amount must lie between 0.00 and 100,000,000.00 (got -1)."),
        (
            {"used": {"deductible": 0.005}},
            "used.deductible: an amount has at most two decimals, such as 120.00 (got 0.005).",
        ),
        ({"used": {"visits": {"therapies": -1}}}, "used.visits.therapies: "),
        ({"used": {"visits": {"therapies": 1.5}}}, "used.visits.therapies: "),
        (
            {"own_prices": {"massage_therapy": -5}},
            "own_prices.massage_therapy: an amount must lie between 0.00 and 100,000,000.00 (got -5).",
        ),
        ({"own_prices": {"massage": 5}}, "own_prices.massage"),
        ({"prescription_items": -1}, "prescription_items: "),
        ({"prescription_items": 51}, "prescription_items: "),
        ({"work": {"days_per_week": 8}}, "work.days_per_week: "),
        (
            {"work": {"job": "heavy"}},
            "work.job: unknown field; known: job_demand, daily_pay, days_per_week, is_employee, full_pay_days, half_pay_days.",
        ),
        ({"network": "outside"}, "network: expected one of in_network, out_of_network, not_applicable (got 'outside')"),
        (
            {"prices_as_of": "2010-01-01"},
            "prices_as_of: expected a date from 2015-01-01 to 2035-12-31 (got 2010-01-01).",
        ),
    ],
)
def test_a_field_that_does_not_fit_is_refused_by_name(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    (said,) = problems(tmp_path, **changes)
    assert said.startswith(problem)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    said = problems(tmp_path, condition="sprain", injury_date="soon", plna="x", used={"deductible": -1})
    assert ["condition", "injury_date", "used.deductible", "plna"] == [problem.partition(":")[0] for problem in said]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"plan": "pppo"}, "plan: there is no plan 'pppo' in us_private; did you mean 'ppo'?"),
        (
            {"plan": "part_b"},
            "plan: there is no plan 'part_b' in us_private; known: bronze, gold, hdhp_hsa, hmo, ppo, uninsured",
        ),
        ({"plan": "nowhere.toml"}, "nowhere.toml: there is no such file."),
        ({"secondary": "ppo"}, "plan: 'ppo' is a primary plan; name it under plan."),
        (
            {"region": "medicare_part_b", "plan": "medigap_g"},
            "plan: 'medigap_g' is a secondary plan; name it under secondary.",
        ),
        (
            {"region": "medicare_part_b", "area": {"state": "CA"}},
            "California is served by 29 Medicare localities. Which county is the clinic in?",
        ),
        ({"region": "medicare_part_b", "area": {"locality": "XX-99"}}, "No locality 'XX-99'"),
        ({"region": "medicare_part_b", "area": {"locality": "Empire"}}, "No locality 'Empire'"),
        (
            {"region": "nhs", "area": {"nation": "England", "region": "Londn"}},
            "area.region: no waiting list is published for 'Londn'; did you mean 'London'?",
        ),
        (
            {"setting": "moon"},
            "setting: us_private has the settings independent_clinic, hospital_outpatient (got 'moon')",
        ),
        (
            {"services": ["shockwave"], "condition": "strain_grade_1"},
            "services: none of the services named is part of the course for this injury; name another.",
        ),
    ],
)
def test_what_only_the_tariff_can_know_is_refused_by_name(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        quote(case(**changes))
    assert message in str(caught.value)


def test_a_plan_name_with_a_control_character_is_refused_before_it_is_looked_for() -> None:
    with pytest.raises(ValidationError, match="plain text without control characters"):
        case(plan="nul\0.toml")


@pytest.mark.parametrize("written_as", ["NATIONAL", "national", "National"])
def test_the_nation_as_a_place_of_medicare_is_understood_however_it_is_written(written_as: str) -> None:
    made = quote(case(region="medicare_part_b", area={"locality": written_as}))
    assert Decimal("97.86") == made.lines[0].allowed


def test_a_medicare_locality_in_the_words_of_another_region_is_refused_or_understood() -> None:
    with pytest.raises(InputError):
        quote(case(area={"locality": "zz"}))


def test_a_plan_may_be_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'id = "mine"\n[[benefit]]\nservices = ["physical_therapy_evaluation", "physical_therapy"]\ncopay = 15.00\n',
        encoding="utf-8",
    )
    made = quote(case(plan=str(path)))
    visits = len({line.date for line in made.lines})
    assert ("mine", Decimal("15.00") * visits) == (made.plan, made.totals.patient_pays)


# ---------------------------------------------------------------- what is understood


def test_a_service_named_twice_counts_once() -> None:
    assert ("physical_therapy", "massage_therapy") == scenario(
        services=["physical_therapy", "massage_therapy", "physical_therapy"]
    ).services


def test_a_state_may_be_written_small() -> None:
    assert "OH" == Area(state="oh").state


@pytest.mark.parametrize(
    ("condition", "usual"),
    [
        ("avulsion_grade_4", Management.SURGICAL),
        ("strain_grade_3", Management.CONSERVATIVE),
        ("undiagnosed", Management.CONSERVATIVE),
    ],
)
def test_without_a_choice_the_condition_is_managed_as_usual(condition: str, usual: Management) -> None:
    assert usual == scenario(condition=condition).treatment


def test_care_may_start_on_the_day_of_the_injury_and_two_years_after() -> None:
    assert date(2026, 3, 2) == scenario(care_starts="2026-03-02").care_starts
    assert date(2028, 3, 1) == scenario(care_starts="2028-03-01").care_starts


def test_the_average_patient_needs_no_services() -> None:
    assert () == scenario(mode=Mode.AVERAGE).services


def test_a_planned_operation_needs_no_other_service() -> None:
    assert quote(case(condition="avulsion_grade_4", services=[])).surgery_on is not None


@pytest.mark.parametrize(
    ("changes", "plan"),
    [
        ({}, "ppo"),
        ({"region": "medicare_part_b"}, "part_b"),
        ({"region": "uk_private"}, None),
        ({"region": "nhs", "area": {"nation": "Wales"}}, "nhs_wales"),
        ({"region": "nhs", "area": {"nation": "Northern Ireland"}}, "nhs_northern_ireland"),
        ({"region": "nhs", "area": {}}, "nhs_england"),
    ],
)
def test_without_a_plan_the_usual_one_of_the_region_is_taken(changes: dict[str, Any], plan: str | None) -> None:
    opened = case(**changes)
    assert (plan or opened.tariff.region.default_plan) == opened.plan.id


def what_is_said(**changes: Any) -> str:
    """The refusal, or the warnings that come with the answer."""
    try:
        return " ".join(quote(case(**changes)).warnings)
    except InputError as error:
        return str(error)


def test_an_nhs_plan_of_another_nation_is_not_taken_without_a_word() -> None:
    """Free prescriptions in Scotland do not help a patient in England."""
    assert "Scotland" in what_is_said(
        region="nhs", area={"nation": "England"}, plan="nhs_scotland", prescription_items=3
    )


def test_a_used_amount_under_a_name_the_plan_does_not_know_is_not_ignored() -> None:
    """`physio = 59` of 60 visits would otherwise promise 59 visits too many."""
    assert "physio" in what_is_said(used={"visits": {"physio": 59}})
