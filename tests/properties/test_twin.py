"""The engine against its slow twin, for any plan, any second plan and any lines."""

from __future__ import annotations

import os
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from estimator.adjudication import adjudicate
from estimator.coverage import Cash, cover
from estimator.money import to_decimal
from estimator.plan import Plan
from estimator.pricing import ClaimLines
from estimator.scenario import Paperwork, Used
from tests.properties import strategies
from tests.properties.strategies import many_draws, plans, secondaries, used_before
from tests.twin import AMOUNTS, Twin, TwinResult

EXAMPLES = int(os.environ.get("ESTIMATOR_FUZZ", "200"))
"""More by hand: `ESTIMATOR_FUZZ=100000 pytest tests/properties/test_twin.py`."""


def twin_of(
    claims: ClaimLines,
    draw: int,
    plan: Plan,
    used: Used,
    secondary: Plan | None,
    paperwork: Paperwork,
    cash: Cash | None = None,
) -> TwinResult:
    def decimals(column: int, amounts: object) -> list[Decimal]:
        return [to_decimal(value) for value in amounts[:, column]]  # type: ignore[index]

    return Twin(plan, used, secondary, paperwork, cash).run(
        claims.lines, decimals(draw, claims.charge), decimals(draw, claims.allowed), claims.present[:, draw].tolist()
    )


@settings(max_examples=EXAMPLES)
@given(many_draws(draws=2), plans(), st.none() | secondaries(), used_before(), strategies.paperwork)
def test_the_engine_and_its_twin_agree_on_every_amount(
    claims: ClaimLines, plan: Plan, secondary: Plan | None, used: Used, paperwork: Paperwork
) -> None:
    result = adjudicate(cover(claims, plan, paperwork), plan, used, secondary)
    for draw in range(claims.draws):
        expected = twin_of(claims, draw, plan, used, secondary, paperwork)
        for index, line in enumerate(expected.lines):
            actual = {name: to_decimal(getattr(result, name)[index, draw]) for name in AMOUNTS}
            assert line == actual, f"draw {draw}, line {index + 1}"
        reached = {name for name, flags in result.reached.items() if flags[draw]}
        assert expected.reached == reached, f"draw {draw}"


@settings(max_examples=EXAMPLES)
@given(many_draws(draws=2), plans(), st.none() | secondaries(), used_before(), strategies.paperwork, strategies.cash)
def test_they_agree_where_some_care_is_paid_in_cash(
    claims: ClaimLines, plan: Plan, secondary: Plan | None, used: Used, paperwork: Paperwork, cash: Cash
) -> None:
    result = adjudicate(cover(claims, plan, paperwork, cash), plan, used, secondary)
    for draw in range(claims.draws):
        expected = twin_of(claims, draw, plan, used, secondary, paperwork, cash)
        for index, line in enumerate(expected.lines):
            actual = {name: to_decimal(getattr(result, name)[index, draw]) for name in AMOUNTS}
            assert line == actual, f"draw {draw}, line {index + 1}"
        reached = {name for name, flags in result.reached.items() if flags[draw]}
        assert expected.reached == reached, f"draw {draw}"
