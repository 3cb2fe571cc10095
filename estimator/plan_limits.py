"""Federal limits for a plan year, as dated figures of the region, and a plan file held against them.

Out-of-pocket limits: 42 U.S.C. 18022(c), for each person in family cover too. Rules for a plan with a health savings
account: 26 U.S.C. 223(c)(2); from 2026 bronze and catastrophic marketplace plans qualify whatever their deductible
(Public Law 119-21, section 71307).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from estimator.files import Record
from estimator.money import format_money, to_minor
from estimator.pathway import Source
from estimator.plan import Benefit, Plan
from estimator.tariff import Factor, Tariff
from estimator.vocabulary import SERVICE_NAMES, Network

LIMIT_NAMES = {
    "aca_out_of_pocket_limit_self": "Highest out-of-pocket maximum, one person",
    "aca_out_of_pocket_limit_family": "Highest out-of-pocket maximum, family",
    "hdhp_minimum_deductible_self": "High-deductible plan: lowest deductible, one person",
    "hdhp_minimum_deductible_family": "High-deductible plan: lowest deductible, family",
    "hdhp_out_of_pocket_limit_self": "High-deductible plan: highest out-of-pocket maximum, one person",
    "hdhp_out_of_pocket_limit_family": "High-deductible plan: highest out-of-pocket maximum, family",
    "hsa_contribution_limit_self": "Most you may pay into a health savings account, one person",
    "hsa_contribution_limit_family": "Most you may pay into a health savings account, family",
    "fsa_salary_reduction_limit": "Most you may pay into a flexible spending account",
}

SAVINGS_TAGS = frozenset({"hdhp", "hsa"})
ANY_DEDUCTIBLE_TAGS = frozenset({"bronze", "catastrophic"})
ANY_DEDUCTIBLE_FROM = 2026
EXEMPT_TAGS = frozenset({"grandfathered", "short_term"})
"""Plans the federal out-of-pocket limit does not bind."""


class PublishedLimit(Record):
    """One federal figure of a year, with its source."""

    id: str
    name: str
    year: int
    amount: Decimal
    source: Source
    note: str


def published_limits(tariff: Tariff, year: int) -> tuple[PublishedLimit, ...]:
    """The federal figures on file for exactly this year; none for a year nobody has published."""
    limits = ((name, _factor(tariff, name, year)) for name in LIMIT_NAMES)
    return tuple(
        PublishedLimit(
            id=name,
            name=LIMIT_NAMES[name],
            year=year,
            amount=factor.middle,
            source=tariff.source(factor.source),
            note=factor.note,
        )
        for name, factor in limits
        if factor is not None
    )


def limit_warnings(plan: Plan, tariff: Tariff, year: int) -> tuple[str, ...]:
    """Where a plan's terms break a federal limit of the plan year that begins in `year`, in plain sentences."""
    if plan.role != "primary" or not plan.benefit or plan.region not in (None, tariff.region.id):
        return ()
    if not any(factor.id in LIMIT_NAMES for factor in tariff.region.factor):
        return ()
    check = _Check(plan, tariff, year)
    return tuple(dict.fromkeys([*check.out_of_pocket(), *check.savings_plan()]))


def _factor(tariff: Tariff, name: str, year: int) -> Factor | None:
    """The figure of this year; one that merely has not been replaced yet does not stand for a later year."""
    found = tariff.find_factor(name, date(year, 1, 1))
    return found if found is not None and found.effective_from.year == year else None


class _Check:
    """One plan against the figures of one year."""

    def __init__(self, plan: Plan, tariff: Tariff, year: int) -> None:
        self.plan, self.tariff, self.year = plan, tariff, year
        self.currency = tariff.region.currency

    def out_of_pocket(self) -> Iterator[str]:
        """The limit that binds every plan but a few."""
        if EXEMPT_TAGS & {*self.plan.tags}:
            return
        one, family = (self._limit(f"aca_out_of_pocket_limit_{who}") for who in ("self", "family"))
        if one is None or family is None:
            yield f"The federal limits for {self.year} are not on file, so this plan is not held against them."
            return
        maximum = self.plan.out_of_pocket_max
        if maximum is None:
            yield (
                f"out_of_pocket_max: the plan file names none; federal law sets at most {self._money(one)} for one person "
                f"in {self.year}. Add the table."
            )
            return
        yield from self._at_most("out_of_pocket_max.amount", maximum.amount, one, "one person")
        yield from self._at_most("out_of_pocket_max.family_amount", maximum.family_amount, family, "a family")

    def savings_plan(self) -> Iterator[str]:
        """What a plan must keep to so that its members may pay into a health savings account."""
        tags = {*self.plan.tags}
        if not SAVINGS_TAGS & tags or (self.year >= ANY_DEDUCTIBLE_FROM and ANY_DEDUCTIBLE_TAGS & tags):
            return
        names = ("minimum_deductible_self", "minimum_deductible_family")
        least, least_family = (self._limit(f"hdhp_{name}") for name in names)
        most, most_family = (self._limit(f"hdhp_out_of_pocket_limit_{who}") for who in ("self", "family"))
        if least is None or least_family is None or most is None or most_family is None:
            yield f"The rules for health savings accounts in {self.year} are not on file, so this plan is not held against them."
            return
        yield from self._deductible(least, least_family)
        if self.plan.out_of_pocket_max is not None:
            who = "one person with a health savings account"
            yield from self._at_most("out_of_pocket_max.amount", self.plan.out_of_pocket_max.amount, most, who)
            family = self.plan.out_of_pocket_max.family_amount
            who = "a family with a health savings account"
            yield from self._at_most("out_of_pocket_max.family_amount", family, most_family, who)
        early = [benefit for benefit in self.plan.benefit if _pays_before_deductible(benefit)]
        if early:
            yield (
                f"benefit: {_services(early)} paid before the deductible; in a plan for a health savings account only "
                "prevention may be. Set deductible_applies = true, or take out the tags hdhp and hsa."
            )
        for separate in self.plan.separate_deductible:
            if separate.amount < least:
                yield (
                    f"separate_deductible '{separate.id}': {self._money(separate.amount)} is below the least deductible of "
                    f"{self._money(least)} that a plan for a health savings account may have in {self.year}."
                )

    def _deductible(self, least: Decimal, least_family: Decimal) -> Iterator[str]:
        deductible = self.plan.deductible
        if deductible is None:
            yield (
                f"deductible: the plan file names none; a plan for a health savings account needs at least "
                f"{self._money(least)} for one person in {self.year}."
            )
            return
        if not deductible.is_aggregate:
            yield from self._at_least("deductible.amount", deductible.amount, least, "one person")
        yield from self._at_least("deductible.family_amount", deductible.family_amount, least_family, "a family")
        has_own_share = deductible.family_amount is not None and not deductible.is_aggregate
        if has_own_share and least <= deductible.amount < least_family:
            yield (
                f"deductible.amount: {self._money(deductible.amount)} is fine for one person alone, but in family cover "
                f"nobody's own deductible may end below {self._money(least_family)} in {self.year}. If it is for one "
                "person alone, leave family_amount out; if the family meets its amount together, set is_aggregate = true."
            )

    def _at_most(self, field: str, amount: Decimal | None, limit: Decimal, who: str) -> Iterator[str]:
        if amount is not None and amount > limit:
            yield (
                f"{field}: {self._money(amount)} is above the federal limit of {self._money(limit)} for {who} "
                f"in {self.year}. Check the figure."
            )

    def _at_least(self, field: str, amount: Decimal | None, limit: Decimal, who: str) -> Iterator[str]:
        if amount is not None and amount < limit:
            yield (
                f"{field}: {self._money(amount)} is below the least deductible of {self._money(limit)} for {who} that a plan "
                f"for a health savings account may have in {self.year}. Check the figure, or take out the tags hdhp and hsa."
            )

    def _limit(self, name: str) -> Decimal | None:
        factor = _factor(self.tariff, name, self.year)
        return factor.middle if factor is not None else None

    def _money(self, amount: Decimal) -> str:
        return format_money(to_minor(amount), self.currency)


def _pays_before_deductible(benefit: Benefit) -> bool:
    if benefit.network == Network.OUT_OF_NETWORK.value:
        return False
    return not benefit.deductible_applies or bool(benefit.first_visits)


def _services(benefits: Iterable[Benefit]) -> str:
    services = dict.fromkeys(service for benefit in benefits for service in benefit.services)
    names = [SERVICE_NAMES[service].lower() for service in services]
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"
