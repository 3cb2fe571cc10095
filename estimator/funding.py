"""Where the patient's share comes from: the employer's money, tax-free savings, then the own pocket.

Accounts never change what care costs. The tax saved is shown apart, and never taken off the cost.
"""

from __future__ import annotations

from decimal import Decimal

from estimator.files import Record
from estimator.messages import say
from estimator.money import format_money, rate, share, to_decimal, to_minor
from estimator.scenario import Accounts
from estimator.statement import Amounts


class Funding(Record):
    """`patient_pays = employer_pays + from_savings + own_pocket`; `tax_saved` stands beside it."""

    currency: str
    patient_pays: Decimal
    employer_pays: Decimal
    """From a health reimbursement arrangement (HRA): the employer's money, used first."""
    from_savings: Decimal
    """From a health savings or flexible spending account (HSA, FSA): your own money, before tax."""
    own_pocket: Decimal
    tax_saved: Decimal
    """Tax you did not pay on `from_savings`; not part of the cost."""
    employer_left: Decimal
    savings_left: Decimal
    says: tuple[str, ...]
    """The same in plain sentences, with what to check."""


def fund(paid: Amounts | Decimal, accounts: Accounts, currency: str = "USD") -> Funding:
    """Split what the patient pays over the accounts, the employer's money first.

    `paid` is a total or an amount in major units with at most two decimals.
    """
    owed = to_minor(paid.patient_pays if isinstance(paid, Amounts) else paid)
    reimbursement, savings = to_minor(accounts.employer_reimbursement), to_minor(accounts.health_savings)
    employer = min(owed, reimbursement)
    saved = min(owed - employer, savings)
    tax = share(saved, rate(accounts.tax_rate))
    return Funding(
        currency=currency,
        patient_pays=to_decimal(owed),
        employer_pays=to_decimal(employer),
        from_savings=to_decimal(saved),
        own_pocket=to_decimal(owed - employer - saved),
        tax_saved=to_decimal(tax),
        employer_left=to_decimal(reimbursement - employer),
        savings_left=to_decimal(savings - saved),
        says=_says(accounts, currency, owed, employer, saved, tax),
    )


def _says(accounts: Accounts, currency: str, owed: int, employer: int, saved: int, tax: int) -> tuple[str, ...]:
    def money(minor: int) -> str:
        return format_money(minor, currency)

    says = [say("Your share of {amount} stays the same; this is only where it comes from.", amount=money(owed))]
    if employer:
        says.append(say("Your employer's account pays {amount} of it.", amount=money(employer)))
    if saved:
        says.append(say("Your health savings pay {amount} of it.", amount=money(saved)))
    if employer or saved:
        says.append(say("{amount} is left for your own pocket.", amount=money(owed - employer - saved)))
    if tax:
        percent = f"{(accounts.tax_rate * 100).normalize():f}"
        says.append(
            say(
                "At a tax rate of {percent}% you saved {amount} in tax on that money; it is not taken off here.",
                percent=percent,
                amount=money(tax),
            )
        )
    if accounts.employer_reimbursement and accounts.health_savings:
        says.append(
            say(
                "With a general employer account you usually may not pay into an HSA in the same months; ask your employer "
                "which kind you have."
            )
        )
    if employer or saved:
        says.append(say("Massage, supplies and trips may need a doctor's letter before an account may pay for them."))
    return tuple(says)
