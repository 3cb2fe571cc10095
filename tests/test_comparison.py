"""Several plans side by side on the same patients."""

from __future__ import annotations

from decimal import Decimal

import pytest

from estimator.comparison import compare
from estimator.errors import InputError
from estimator.projection import patient_totals, project
from estimator.quote import quote
from tests.cases import case, scenario

DRAWS = 1_000


def test_each_option_is_what_its_plan_gives_alone() -> None:
    made = compare(scenario(), ["ppo", "gold", "uninsured"], DRAWS, 7)
    assert ["ppo", "gold", "uninsured"] == [option.plan for option in made.options]
    for option in made.options:
        alone = case(plan=option.plan)
        assert quote(alone).totals.patient_pays == option.quoted
        assert project(alone, DRAWS, 7).patient_pays == option.patient_pays


def test_how_often_a_plan_is_cheaper_is_counted_on_the_same_draws() -> None:
    made = compare(scenario(), ["ppo", "gold"], DRAWS, 7)
    first, second = (patient_totals(case(plan=plan), DRAWS, 7) for plan in ("ppo", "gold"))
    assert None is made.options[0].cheaper_than_first
    assert Decimal(str(round(float((second < first).mean()), 4))) == made.options[1].cheaper_than_first


def test_a_plan_costs_the_same_as_itself_in_every_draw() -> None:
    twin = compare(scenario(), ["ppo", "ppo"], DRAWS).options[1]
    assert (Decimal("0.0"), Decimal("1.0")) == (twin.cheaper_than_first, twin.same_as_first)


@pytest.mark.parametrize("plans", [[], ["ppo"], ["ppo"] * 7])
def test_two_to_six_plans_are_compared(plans: list[str]) -> None:
    with pytest.raises(InputError, match=rf"plan: name 2 to 6 plans with --plan \(got {len(plans)}\)"):
        compare(scenario(), plans, DRAWS)


def test_six_plans_are_compared() -> None:
    plans = ["ppo", "hmo", "hdhp_hsa", "bronze", "gold", "uninsured"]
    assert plans == [option.plan for option in compare(scenario(), plans, 200).options]


def test_a_plan_of_another_region_is_refused() -> None:
    with pytest.raises(InputError, match="there is no plan 'part_b' in us_private"):
        compare(scenario(), ["ppo", "part_b"], DRAWS)


def test_the_second_cover_stays_with_every_option() -> None:
    made = compare(scenario(region="medicare_part_b", secondary="medigap_g"), ["part_b", "medicare_advantage"], DRAWS)
    assert Decimal("283.00") == made.options[0].quoted
