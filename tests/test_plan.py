"""Plan files: what is refused and how, and what the terms of a good one mean."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from estimator.errors import InputError
from estimator.files import parse_toml, validate
from estimator.plan import Plan, find_plan, load_plans, read_plan
from estimator.plan_file import plan_to_toml
from estimator.vocabulary import Network, Reason, Region, Service

BROKEN = Path(__file__).parent / "data" / "broken"
FILES = sorted((BROKEN / "plans").iterdir())
MESSAGES = tomllib.loads((BROKEN / "messages.toml").read_text(encoding="utf-8"))["plans"]

PT, MRI, MASSAGE = Service.PHYSICAL_THERAPY, Service.IMAGING_MRI, Service.MASSAGE_THERAPY
INSIDE, OUTSIDE = Network.IN_NETWORK, Network.OUT_OF_NETWORK


def plan_of(*benefits: dict[str, object], **terms: object) -> Plan:
    return Plan.model_validate({"id": "made", "benefit": benefits, **terms})


# ---------------------------------------------------------------------- what is refused


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_a_broken_plan_file_is_refused_in_words_that_name_the_field(path: Path) -> None:
    with pytest.raises(InputError) as refused:
        read_plan(path)
    message = str(refused.value)
    at = 0
    for words in MESSAGES[path.stem]:
        assert words in message[at:], f"{words!r} not in {message[at:]!r}"
        at = message.index(words, at) + len(words)


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_every_problem_of_a_broken_plan_file_begins_with_the_file(path: Path) -> None:
    with pytest.raises(InputError) as refused:
        read_plan(path)
    for problem in str(refused.value).splitlines():
        assert problem.startswith(f"{path}: ")


def test_every_broken_plan_file_has_its_message_and_the_other_way_round() -> None:
    assert set(MESSAGES) == {path.stem for path in FILES}


def test_all_problems_of_a_plan_are_told_at_once() -> None:
    with pytest.raises(InputError) as refused:
        read_plan(BROKEN / "plans" / "many_problems.toml")
    assert len(str(refused.value).splitlines()) == 3


def test_a_plan_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "silver.toml").write_text('id = "silver"', encoding="utf-8")
    with pytest.raises(InputError, match=r"no such file.* Did you mean .*silver\.toml"):
        read_plan(tmp_path / "silvr.toml")


def test_an_unknown_plan_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(InputError, match="did you mean 'nhs_england'"):
        find_plan("nhs_englnd", Region.NHS)


def test_a_second_plan_cannot_be_named_as_the_first() -> None:
    with pytest.raises(InputError, match="name it under secondary"):
        find_plan("medigap_g", Region.MEDICARE_PART_B)


def test_a_plan_of_another_region_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('id = "mine"\nregion = "nhs"\n', encoding="utf-8")
    with pytest.raises(InputError, match="belongs to nhs"):
        find_plan(str(path), Region.US_PRIVATE)


# ---------------------------------------------------------------------- what terms mean


def test_an_id_is_enough_for_a_plan_and_every_term_left_out_means_none() -> None:
    plan = Plan(id="bare")
    assert plan.title == "bare"
    assert plan.deductible is plan.out_of_pocket_max is plan.out_of_network is None
    assert plan.benefit_for(PT, INSIDE) is None
    assert plan.reason_not_covered(PT, INSIDE) == Reason.NO_INSURANCE


def test_terms_without_a_network_hold_outside_it_only_with_a_table_for_that() -> None:
    benefit = {"services": ["physical_therapy"], "copay": 20}
    inside_only, both = plan_of(benefit), plan_of(benefit, out_of_network={})
    assert inside_only.benefit_for(PT, OUTSIDE) is None
    assert inside_only.reason_not_covered(PT, OUTSIDE) == Reason.OUT_OF_NETWORK
    assert both.benefit_for(PT, OUTSIDE) == both.benefit_for(PT, INSIDE) == both.benefit[0]


def test_terms_for_any_network_hold_outside_without_such_a_table() -> None:
    plan = plan_of({"services": ["physical_therapy"], "network": "any"})
    assert plan.benefit_for(PT, OUTSIDE) == plan.benefit[0]


def test_terms_for_one_network_come_before_general_ones() -> None:
    plan = plan_of(
        {"services": ["physical_therapy"], "copay": 20},
        {"services": ["physical_therapy"], "copay": 60, "network": "out_of_network"},
        out_of_network={},
    )
    assert [plan.benefit_for(PT, network) for network in (INSIDE, OUTSIDE)] == [*plan.benefit]


def test_care_without_a_network_has_the_terms_inside_it() -> None:
    plan = plan_of({"services": ["physical_therapy"], "network": "in_network"})
    assert plan.benefit_for(PT, Network.NOT_APPLICABLE) == plan.benefit[0]


def test_an_exclusion_says_why() -> None:
    plan = plan_of(
        {"services": ["physical_therapy"]},
        exclusion=[{"services": ["massage_therapy"], "reason": "self_pay_only"}],
    )
    assert plan.reason_not_covered(MASSAGE, INSIDE) == Reason.SELF_PAY_ONLY
    assert plan.reason_not_covered(MRI, INSIDE) == Reason.NOT_COVERED


def test_a_limit_is_named_by_its_group_or_by_its_first_service() -> None:
    plan = plan_of(
        {"services": ["physical_therapy", "chiropractic"]},
        {"services": ["acupuncture"], "limit_group": "therapies"},
    )
    assert [benefit.group for benefit in plan.benefit] == ["physical_therapy", "therapies"]


@pytest.mark.parametrize(
    ("starts", "day", "year"),
    [
        ("01-01", date(2026, 1, 1), 2026),
        ("01-01", date(2026, 12, 31), 2026),
        ("07-01", date(2026, 6, 30), 2025),
        ("07-01", date(2026, 7, 1), 2026),
        ("02-28", date(2028, 2, 29), 2028),
        ("12-31", date(2026, 12, 30), 2025),
        ("12-31", date(2026, 12, 31), 2026),
    ],
)
def test_a_plan_year_is_named_by_the_year_in_which_it_begins(starts: str, day: date, year: int) -> None:
    plan = Plan(id="any", plan_year_starts=starts)
    assert plan.plan_year(day) == year
    assert plan.plan_year_start(year) <= day < plan.plan_year_start(year + 1)


def test_whole_numbers_are_amounts_too() -> None:
    assert Decimal(1500) == plan_of(deductible={"amount": 1500}).deductible.amount  # type: ignore[union-attr]


def test_a_plans_own_sources_are_kept_and_the_first_is_its_source() -> None:
    source = {"id": "leaflet", "kind": "official", "title": "Leaflet", "publisher": "Plan"}
    plan = Plan.model_validate({"id": "any", "source": [source]})
    assert plan.source == "leaflet"
    assert [each.id for each in plan.sources] == ["leaflet"]


@pytest.mark.parametrize("region", Region)
def test_every_shipped_plan_loads_and_has_a_summary(region: Region) -> None:
    plans = load_plans(region)
    assert plans
    for plan in plans.values():
        assert plan.summary.endswith("."), plan.id


@pytest.mark.parametrize("region", Region)
def test_every_shipped_plan_written_to_a_file_reads_back_as_itself(region: Region) -> None:
    for plan in load_plans(region).values():
        assert plan == validate(Plan, parse_toml(plan_to_toml(plan), plan.id), plan.id)
