"""Federal limits for a plan year, as dated figures of the region, and a plan file held against them.

Out-of-pocket limits: 42 U.S.C. 18022(c), for each person in family cover too. Rules for a plan with a health savings
account: 26 U.S.C. 223(c)(2); from 2026 bronze and catastrophic marketplace plans qualify whatever their deductible
(Public Law 119-21, section 71307).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from estimator.files import Record
from estimator.messages import inside_a_sentence, marked, say, say_many
from estimator.money import format_money, to_minor
from estimator.pathway import Source
from estimator.plan import Benefit, Plan
from estimator.tariff import Factor, Tariff
from estimator.vocabulary import Network, service_name

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


ABOVE_ONE = marked("{amount} is above the federal limit of {limit} for one person in {year}. Check the figure.")
ABOVE_FAMILY = marked("{amount} is above the federal limit of {limit} for a family in {year}. Check the figure.")
ABOVE_ONE_SAVING = marked(
    "{amount} is above the federal limit of {limit} for one person with a health savings account in {year}. Check the figure."
)
ABOVE_FAMILY_SAVING = marked(
    "{amount} is above the federal limit of {limit} for a family with a health savings account in {year}. Check the figure."
)
BELOW_ONE = marked(
    "{amount} is below the least deductible of {limit} for one person that a plan for a health savings account may have in "
    "{year}. Check the figure, or take out the tags hdhp and hsa."
)
BELOW_FAMILY = marked(
    "{amount} is below the least deductible of {limit} for a family that a plan for a health savings account may have in "
    "{year}. Check the figure, or take out the tags hdhp and hsa."
)


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
            yield say(
                "The federal limits for {year} are not on file, so this plan is not held against them.", year=self.year
            )
            return
        maximum = self.plan.out_of_pocket_max
        if maximum is None:
            missing = say(
                "the plan file names none; federal law sets at most {limit} for one person in {year}. Add the table.",
                limit=self._money(one),
                year=self.year,
            )
            yield f"out_of_pocket_max: {missing}"
            return
        yield from self._at_most("out_of_pocket_max.amount", maximum.amount, one, ABOVE_ONE)
        yield from self._at_most("out_of_pocket_max.family_amount", maximum.family_amount, family, ABOVE_FAMILY)

    def savings_plan(self) -> Iterator[str]:
        """What a plan must keep to so that its members may pay into a health savings account."""
        tags = {*self.plan.tags}
        if not SAVINGS_TAGS & tags or (self.year >= ANY_DEDUCTIBLE_FROM and ANY_DEDUCTIBLE_TAGS & tags):
            return
        names = ("minimum_deductible_self", "minimum_deductible_family")
        least, least_family = (self._limit(f"hdhp_{name}") for name in names)
        most, most_family = (self._limit(f"hdhp_out_of_pocket_limit_{who}") for who in ("self", "family"))
        if least is None or least_family is None or most is None or most_family is None:
            yield say(
                "The rules for health savings accounts in {year} are not on file, so this plan is not held against them.",
                year=self.year,
            )
            return
        yield from self._deductible(least, least_family)
        if self.plan.out_of_pocket_max is not None:
            own, family = self.plan.out_of_pocket_max.amount, self.plan.out_of_pocket_max.family_amount
            yield from self._at_most("out_of_pocket_max.amount", own, most, ABOVE_ONE_SAVING)
            yield from self._at_most("out_of_pocket_max.family_amount", family, most_family, ABOVE_FAMILY_SAVING)
        early = [benefit for benefit in self.plan.benefit if _pays_before_deductible(benefit)]
        if early:
            services = dict.fromkeys(service for benefit in early for service in benefit.services)
            too_early = say_many(
                "{services} is paid before the deductible; in a plan for a health savings account only prevention may be. "
                "Set deductible_applies = true, or take out the tags hdhp and hsa.",
                "{services} are paid before the deductible; in a plan for a health savings account only prevention may be. "
                "Set deductible_applies = true, or take out the tags hdhp and hsa.",
                len(services),
                services=", ".join(inside_a_sentence(service_name(service)) for service in services),
            )
            yield f"benefit: {too_early}"
        for separate in self.plan.separate_deductible:
            if separate.amount < least:
                below = say(
                    "{amount} is below the least deductible of {limit} that a plan for a health savings account may have in "
                    "{year}.",
                    amount=self._money(separate.amount),
                    limit=self._money(least),
                    year=self.year,
                )
                yield f"separate_deductible '{separate.id}': {below}"

    def _deductible(self, least: Decimal, least_family: Decimal) -> Iterator[str]:
        deductible = self.plan.deductible
        if deductible is None:
            missing = say(
                "the plan file names none; a plan for a health savings account needs at least {limit} for one person in "
                "{year}.",
                limit=self._money(least),
                year=self.year,
            )
            yield f"deductible: {missing}"
            return
        if not deductible.is_aggregate:
            yield from self._at_least("deductible.amount", deductible.amount, least, BELOW_ONE)
        yield from self._at_least("deductible.family_amount", deductible.family_amount, least_family, BELOW_FAMILY)
        has_own_share = deductible.family_amount is not None and not deductible.is_aggregate
        if has_own_share and least <= deductible.amount < least_family:
            in_family = say(
                "{amount} is fine for one person alone, but in family cover nobody's own deductible may end below {limit} in "
                "{year}. If it is for one person alone, leave family_amount out; if the family meets its amount together, "
                "set is_aggregate = true.",
                amount=self._money(deductible.amount),
                limit=self._money(least_family),
                year=self.year,
            )
            yield f"deductible.amount: {in_family}"

    def _at_most(self, field: str, amount: Decimal | None, limit: Decimal, text: str) -> Iterator[str]:
        if amount is not None and amount > limit:
            yield f"{field}: {self._against(amount, limit, text)}"

    def _at_least(self, field: str, amount: Decimal | None, limit: Decimal, text: str) -> Iterator[str]:
        if amount is not None and amount < limit:
            yield f"{field}: {self._against(amount, limit, text)}"

    def _against(self, amount: Decimal, limit: Decimal, text: str) -> str:
        return say(text, amount=self._money(amount), limit=self._money(limit), year=self.year)

    def _limit(self, name: str) -> Decimal | None:
        factor = _factor(self.tariff, name, self.year)
        return factor.middle if factor is not None else None

    def _money(self, amount: Decimal) -> str:
        return format_money(to_minor(amount), self.currency)


def _pays_before_deductible(benefit: Benefit) -> bool:
    if benefit.network == Network.OUT_OF_NETWORK.value:
        return False
    return not benefit.deductible_applies or bool(benefit.first_visits)
