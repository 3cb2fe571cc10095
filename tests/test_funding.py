"""Accounts: the employer's money first, then savings, then the own pocket; the tax saved stands apart."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimator.funding import Funding, fund
from estimator.quote import quote
from estimator.scenario import Accounts
from tests.cases import case

cents = st.decimals(0, 20_000, places=2)


def accounts(employer: str = "0", savings: str = "0", tax: str = "0") -> Accounts:
    return Accounts.model_validate({"employer_reimbursement": employer, "health_savings": savings, "tax_rate": tax})


def parts(made: Funding) -> tuple[Decimal, Decimal, Decimal]:
    return made.employer_pays, made.from_savings, made.own_pocket


@pytest.mark.parametrize(
    ("employer", "savings", "expected"),
    [
        ("0", "0", ("0.00", "0.00", "1000.00")),
        ("300", "0", ("300.00", "0.00", "700.00")),
        ("0", "300", ("0.00", "300.00", "700.00")),
        ("300", "500", ("300.00", "500.00", "200.00")),
        ("300", "900", ("300.00", "700.00", "0.00")),
        ("1500", "900", ("1000.00", "0.00", "0.00")),
    ],
)
def test_the_employers_money_comes_first_and_the_own_pocket_last(
    employer: str, savings: str, expected: tuple[str, ...]
) -> None:
    assert tuple(Decimal(amount) for amount in expected) == parts(fund(Decimal("1000.00"), accounts(employer, savings)))


@given(cents, cents, cents)
def test_the_parts_add_up_to_what_the_patient_pays(paid: Decimal, employer: Decimal, savings: Decimal) -> None:
    made = fund(paid, accounts(str(employer), str(savings), "0.24"))
    assert paid == made.patient_pays == sum(parts(made))
    assert employer == made.employer_pays + made.employer_left
    assert savings == made.from_savings + made.savings_left


def test_the_tax_saved_is_the_rate_on_the_savings_used_and_never_part_of_the_cost() -> None:
    made = fund(Decimal("1000.00"), accounts("300", "500", "0.24"))
    assert Decimal("120.00") == made.tax_saved
    assert made.patient_pays == sum(parts(made))


def test_the_employers_money_saves_no_tax_of_yours() -> None:
    assert Decimal("0.00") == fund(Decimal("1000.00"), accounts("1500", "500", "0.24")).tax_saved


def test_the_tax_saved_is_rounded_halves_up_to_the_cent() -> None:
    assert Decimal("0.13") == fund(Decimal("0.50"), accounts("0", "0.50", "0.25")).tax_saved


def test_a_quote_is_funded_from_what_its_patient_pays() -> None:
    made = quote(case())
    assert made.totals.patient_pays == fund(made.totals, accounts("100"), made.currency).patient_pays


def test_the_split_is_told_in_sentences_with_the_currency_of_the_quote() -> None:
    made = fund(Decimal("80.00"), accounts("0", "50", "0.20"), "GBP")
    assert "£10.00 in tax" in " ".join(made.says)
    assert all(sentence.endswith(".") for sentence in made.says)


def test_both_kinds_of_account_together_are_questioned() -> None:
    assert any("may not pay into an HSA" in sentence for sentence in fund(Decimal(100), accounts("50", "50")).says)
    assert not any("HSA" in sentence for sentence in fund(Decimal(100), accounts("50")).says)
