"""The published JSON Schemas are those of the records, and the records keep to them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from estimator.comparison import compare
from estimator.estimate import open_case
from estimator.inspection import check_tariffs
from estimator.lookup import price
from estimator.plan import load_plans
from estimator.projection import project
from estimator.quote import quote
from estimator.requirements import checklist
from estimator.scenario import read_scenario
from estimator.schemas import SCHEMAS, schema_of
from estimator.vocabulary import Region
from tests.cases import EXAMPLES, ROOT

PUBLISHED = ROOT / "docs" / "schemas"


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_published_schema_is_that_of_the_record(name: str) -> None:
    """After a change: `make schemas`."""
    assert schema_of(name) == json.loads((PUBLISHED / f"{name}.json").read_text(encoding="utf-8"))


def test_no_published_schema_is_left_over() -> None:
    assert {*SCHEMAS} == {path.stem for path in PUBLISHED.glob("*.json")}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_allows_no_unknown_field(name: str) -> None:
    schema = schema_of(name)
    objects = [schema, *schema.get("$defs", {}).values()]
    assert [] == [
        each.get("title") for each in objects if "properties" in each and each.get("additionalProperties") is not False
    ]


@pytest.mark.parametrize("name", ["quote", "project", "compare", "price", "adjudicate"])
def test_money_is_printed_as_decimal_strings_with_a_currency(name: str) -> None:
    schema = schema_of(name)
    assert "currency" in schema["properties"]
    amounts = [
        field
        for each in (schema, *schema.get("$defs", {}).values())
        for key, field in each.get("properties", {}).items()
        if key in ("patient_pays", "plan_pays", "charge", "allowed", "patient_mean", "typical", "quoted")
    ]
    kinds = {kind["type"] for field in amounts for kind in field.get("anyOf", [field]) if "type" in kind}
    assert "string" in kinds
    assert kinds <= {"string", "null"}


def validator(name: str) -> Any:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    return jsonschema.Draft202012Validator(
        schema_of(name), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_a_schema(name: str) -> None:
    type(validator(name)).check_schema(schema_of(name))


def problems(name: str, text: str) -> list[str]:
    return [f"{error.json_path}: {error.message[:200]}" for error in validator(name).iter_errors(json.loads(text))]


@pytest.mark.parametrize("region", Region)
def test_results_keep_to_their_schemas(region: Region) -> None:
    opened = open_case(read_scenario(EXAMPLES / f"{region}.toml"))
    made = quote(opened)
    assert [] == problems("quote", made.model_dump_json())
    assert [] == problems("project", project(opened, 200).model_dump_json())
    assert [] == problems("requirements", checklist(opened, made).model_dump_json())
    assert [] == problems("scenario", opened.scenario.model_dump_json(exclude_none=True))


def test_the_other_results_keep_to_theirs() -> None:
    example = read_scenario(EXAMPLES / "us_private.toml")
    assert [] == problems("compare", compare(example, ["ppo", "gold"], 200).model_dump_json())
    assert [] == problems("check-tariffs", check_tariffs().model_dump_json())
    assert [] == problems("price", price(Region.MEDICARE_PART_B, "97110").model_dump_json())
    assert [] == problems("price", price(Region.US_PRIVATE, "97110", "OH").model_dump_json())


@pytest.mark.parametrize("region", Region)
def test_every_shipped_plan_keeps_to_the_schema_of_plans(region: Region) -> None:
    for plan in load_plans(region).values():
        assert [] == problems("plan", plan.model_dump_json(exclude_none=True)), plan.id


def test_a_schema_refuses_what_the_model_refuses() -> None:
    assert problems("scenario", '{"condition": "strain_grade_9"}')
    assert problems("met", '{"deductable": "1.00"}')
