"""One plan's terms, read and checked. A plan is a file with terms, never code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from estimator.errors import FileProblems, InputError
from estimator.files import Amount, Prose, Rate, Record, Whole, read_toml, region_file, suggestion, validate
from estimator.messages import cached_by_language, say
from estimator.pathway import Source
from estimator.vocabulary import BILLED_SERVICES, Network, Reason, Region, Service

Resets = Literal["plan_year", "episode"]
Services = Annotated[tuple[Service, ...], Field(min_length=1)]
Share = Literal["deductible", "copay", "coinsurance", "over_limit", "not_covered", "balance_bill"]
"""The parts of a bill that can be left to the patient."""


def _billed(services: tuple[Service, ...]) -> tuple[Service, ...]:
    for service in services:
        if service not in BILLED_SERVICES:
            raise ValueError(
                say("surgery is billed as surgery_surgeon, surgery_anaesthetist and surgery_facility; name those")
            )
    return services


class Premium(Record):
    """Shown beside the cost of an episode, never inside it."""

    amount: Amount
    per: Literal["month", "year"] = "month"
    note: Prose = ""


class Deductible(Record):
    """What the patient pays first; `family_amount` is shared by the family, whichever is used up first."""

    amount: Amount
    resets: Resets = "plan_year"
    family_amount: Amount | None = None
    is_aggregate: bool = False
    """In family cover only the family amount counts: nobody's own share ends it sooner."""

    @model_validator(mode="after")
    def _aggregate_needs_family(self) -> Deductible:
        if self.is_aggregate and self.family_amount is None:
            missing = say("give the family_amount that the family meets together")
            raise ValueError(f"is_aggregate: {missing}")
        return self


class SeparateDeductible(Record):
    """A deductible of its own for the benefits that name it."""

    id: str
    amount: Amount
    resets: Resets = "plan_year"


class OutOfPocketMax(Record):
    """The most the patient pays in covered cost sharing in a plan year."""

    amount: Amount
    family_amount: Amount | None = None
    is_aggregate: bool = False
    """Only the family amount counts, except that nobody pays more than `amount` (the federal limit for one person)."""


class OutOfNetwork(Record):
    """Separate amounts for care outside the network; without this table such care is not covered."""

    deductible: Amount = Decimal(0)
    out_of_pocket_max: Amount | None = None


class Benefit(Record):
    """The terms for a group of services."""

    services: Services
    network: Literal["in_network", "out_of_network", "any"] | None = None
    pays_as_in_network: bool = False
    """With network = "any": outside the network the same deductible and maximum hold and nothing is billed above the
    allowed amount, as the No Surprises Act asks for emergencies."""
    copay: Amount = Decimal(0)
    copay_per: Literal["visit", "unit", "day", "stay"] = "visit"
    copay_order: Literal["after_deductible", "before_deductible"] = "after_deductible"
    """Where the deductible applies too: the copay comes out of what the deductible leaves, or before it."""
    first_visits: Whole | None = None
    """So many visits a plan year at `first_visits_copay` without the deductible; the other terms hold after them."""
    first_visits_copay: Amount = Decimal(0)
    bundle: str | None = None
    """Benefits of one bundle on one day share one copay, such as an emergency visit with its crutches."""
    patient_coinsurance: Rate = Decimal(0)
    deductible_applies: bool = True
    separate_deductible: str | None = None
    """The id of the plan's `[[separate_deductible]]` that applies instead of its deductible."""
    counts_to_out_of_pocket_max: bool = True
    visit_limit: Whole | None = None
    visit_limit_resets: Literal["plan_year", "episode", "month"] = "plan_year"
    visits_under_deductible_count: bool = True
    """Whether visits the patient pays for under the deductible use up the limit."""
    visit_group: str | None = None
    """Benefits that share a count of visits but not a money limit."""
    benefit_limit: Amount | None = None
    benefit_limit_resets: Resets = "plan_year"
    limit_counts: Literal["plan_pays", "allowed"] = "plan_pays"
    limit_group: str | None = None
    fee_cap_per_visit: Amount | None = None
    """The most the plan recognises for a visit; what the provider asks above it is the patient's."""
    prior_authorization_after_visit: Whole | None = None
    without_authorization: Literal["patient_pays", "provider_pays", "plan_pays_less"] = "patient_pays"
    authorization_penalty: Rate = Decimal(0)
    """With `plan_pays_less`: the share of its payment that the plan keeps back."""
    referral_required: bool = False
    note: Prose = ""

    _check_services = field_validator("services")(_billed)

    @property
    def group(self) -> str:
        """The name under which visits and money limits are counted."""
        outside = "@out_of_network" if self.network == Network.OUT_OF_NETWORK.value else ""
        return self.limit_group or self.services[0].value + outside

    @property
    def counter(self) -> str:
        """The name under which visits are counted."""
        return self.visit_group or self.group

    @property
    def counts_visits(self) -> bool:
        return not (self.visit_limit is self.prior_authorization_after_visit is self.first_visits is None)


class Exclusion(Record):
    """Services the plan does not cover, and why."""

    services: Services
    reason: Literal[
        Reason.NOT_COVERED, Reason.EXPERIMENTAL, Reason.NOT_OFFERED, Reason.SELF_PAY_ONLY, Reason.NO_INSURANCE
    ] = Reason.NOT_COVERED
    needs_notice: bool = False
    """Medicare: without written notice beforehand the provider, not the patient, bears the cost."""
    note: Prose = ""
    source: str = ""

    _check_services = field_validator("services")(_billed)


class Threshold(Record):
    """An amount whose crossing asks for paperwork; a dated event, not a cap."""

    id: str
    services: Services
    amount: Amount
    counts: Literal["allowed"] = "allowed"
    needs_confirmation: bool = False
    """Above the amount the plan pays only if the need is confirmed (Medicare's KX)."""
    note: Prose = ""

    _check_services = field_validator("services")(_billed)


class Pays(Record):
    """What a second payer pays of what the first one left."""

    services: Services | None = None
    of: Annotated[tuple[Share, ...], Field(min_length=1)]
    share: Rate = Decimal(1)
    visit_copay: Amount = Decimal(0)
    limit: Amount | None = None
    limit_group: str | None = None
    limit_resets: Resets = "plan_year"
    note: Prose = ""

    @property
    def group(self) -> str:
        return self.limit_group or (self.services[0].value if self.services else "all")


class Plan(Record):
    """One plan. `id` is enough; every term left out means there is none."""

    id: Annotated[str, Field(min_length=1, max_length=80)]
    name: Prose = ""
    region: Region | None = None
    role: Literal["primary", "secondary"] = "primary"
    effective_from: date | None = None
    effective_to: date | None = None
    prices: Literal["allowed", "cash"] = "allowed"
    shows_claim_modifiers: bool = False
    """Whether a statement names the modifiers a claim carries (Medicare's GP, KX, GA, GY, GZ)."""
    plan_year_starts: str = "01-01"
    tags: tuple[str, ...] = ()
    summary: Prose = ""
    note: Prose = ""
    premium: Premium | None = None
    deductible: Deductible | None = None
    separate_deductible: tuple[SeparateDeductible, ...] = ()
    out_of_pocket_max: OutOfPocketMax | None = None
    out_of_network: OutOfNetwork | None = None
    benefit: tuple[Benefit, ...] = ()
    exclusion: tuple[Exclusion, ...] = ()
    threshold: tuple[Threshold, ...] = ()
    pays: tuple[Pays, ...] = ()
    qualifying_days: Whole = 0
    """A second cover pays only for care this many days after it began."""
    secondary_deductible: Amount | None = None
    out_of_pocket_limit: Amount | None = None
    source: str | tuple[Source, ...] = ()
    sources: tuple[Source, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _one_source_table(cls, data: Any) -> Any:
        """`source = "id"` names a source of the region; `[[source]]` tables are the plan's own."""
        if isinstance(data, Mapping) and isinstance(data.get("source"), list):
            own = data["source"]
            if not own or not all(isinstance(table, Mapping) for table in own):
                wanted = say("write the id of a source in quotes, or [[source]] tables")
                raise ValueError(f"source: {wanted}")
            return {**data, "source": str(own[0].get("id", "")), "sources": own}
        return data

    @field_validator("plan_year_starts")
    @classmethod
    def _month_and_day(cls, value: str) -> str:
        try:
            if not re.fullmatch(r"\d\d-\d\d", value):
                raise ValueError(value)
            date.fromisoformat(f"2001-{value}")
        except ValueError:
            wanted = say("expected a month and day of every year, such as 01-01 (got {value})", value=repr(value))
            raise ValueError(wanted) from None
        return value

    @model_validator(mode="after")
    def _terms_agree(self) -> Plan:
        if self.role == "primary" and self.pays:
            misplaced = say("only a plan with role = 'secondary' has [[pays]]")
            raise ValueError(f"pays: {misplaced}")
        if self.role == "secondary" and (self.benefit or self.deductible):
            raise ValueError(say("a plan with role = 'secondary' says what it pays in [[pays]], not in [[benefit]]"))
        if self.role == "primary" and (self.secondary_deductible is not None or self.out_of_pocket_limit is not None):
            field = "secondary_deductible" if self.secondary_deductible is not None else "out_of_pocket_limit"
            misplaced = say("only a plan with role = 'secondary' has one")
            raise ValueError(f"{field}: {misplaced}")
        if (
            self.effective_from is not None
            and self.effective_to is not None
            and self.effective_to < self.effective_from
        ):
            backward = say(
                "{last_day} lies before effective_from {first_day}",
                last_day=self.effective_to,
                first_day=self.effective_from,
            )
            raise ValueError(f"effective_to: {backward}")
        self._limits_agree()
        self._parts_are_paid_once()
        named = {entry.id for entry in self.separate_deductible}
        for benefit in self.benefit:
            if benefit.separate_deductible is not None and benefit.separate_deductible not in named:
                unknown = say("there is no [[separate_deductible]] '{name}'", name=benefit.separate_deductible)
                raise ValueError(f"benefit: separate_deductible: {unknown}")
        for service, network in self._doubled():
            doubled = say("{service} has two terms for {network}; keep one", service=service, network=network)
            raise ValueError(f"benefit: {doubled}")
        both = {s for e in self.exclusion for s in e.services} & {s for b in self.benefit for s in b.services}
        if both:
            doubled = say("{services} is both a benefit and excluded; keep one", services=", ".join(sorted(both)))
            raise ValueError(f"exclusion: {doubled}")
        return self

    def _limits_agree(self) -> None:
        limits: dict[str, Decimal] = {}
        for benefit in self.benefit:
            if (
                benefit.benefit_limit is not None
                and limits.setdefault(benefit.group, benefit.benefit_limit) != benefit.benefit_limit
            ):
                differ = say(
                    "the limit '{name}' has two amounts, {amount} and {other_amount}; give both benefits the same, or each a "
                    "limit_group of its own",
                    name=benefit.group,
                    amount=limits[benefit.group],
                    other_amount=benefit.benefit_limit,
                )
                raise ValueError(f"benefit: {differ}")

    def _parts_are_paid_once(self) -> None:
        for number, rule in enumerate(self.pays):
            for other in self.pays[:number]:
                both = {*rule.of} & {*other.of}
                if both and (rule.services is None or other.services is None or {*rule.services} & {*other.services}):
                    parts = ", ".join(sorted(both))
                    twice = say("{parts} is paid by two rules for the same service; keep one", parts=parts)
                    raise ValueError(f"pays: {twice}")

    def _doubled(self) -> Iterator[tuple[Service, str]]:
        for network in (Network.IN_NETWORK, Network.OUT_OF_NETWORK):
            seen: set[Service] = set()
            for benefit in self.benefit:
                if benefit.network not in (network, "any") and not (
                    benefit.network is None and network == Network.IN_NETWORK
                ):
                    continue
                for service in benefit.services:
                    if service in seen:
                        yield service, network.value.replace("_", " ")
                    seen.add(service)

    def benefit_for(self, service: Service, network: Network) -> Benefit | None:
        """The terms for a service, or None where the plan does not cover it."""
        if network != Network.OUT_OF_NETWORK:
            fitting: tuple[str | None, ...] = (Network.IN_NETWORK.value, "any", None)
        elif self.out_of_network is None:
            fitting = (Network.OUT_OF_NETWORK.value, "any")
        else:
            fitting = (Network.OUT_OF_NETWORK.value, "any", None)
        for wanted in fitting:
            for benefit in self.benefit:
                if benefit.network == wanted and service in benefit.services:
                    return benefit
        return None

    def reason_not_covered(self, service: Service, network: Network) -> Reason:
        for exclusion in self.exclusion:
            if service in exclusion.services:
                return Reason(exclusion.reason)
        if not self.benefit:
            return Reason.NO_INSURANCE
        if network == Network.OUT_OF_NETWORK and self.benefit_for(service, Network.IN_NETWORK) is not None:
            return Reason.OUT_OF_NETWORK
        return Reason.NOT_COVERED

    def needs_notice(self, service: Service) -> bool:
        """Whether the patient owes an uncovered service only after written notice (Medicare's ABN)."""
        return any(exclusion.needs_notice for exclusion in self.exclusion if service in exclusion.services)

    def self_paid(self, network: Network) -> frozenset[Service]:
        """Services for which the person pays the self-pay price."""
        if self.prices == "cash":
            return frozenset(BILLED_SERVICES)
        return frozenset(
            service
            for service in BILLED_SERVICES
            if self.benefit_for(service, network) is None and self.benefit_for(service, Network.IN_NETWORK) is None
        )

    def plan_year(self, day: date) -> int:
        """The year in which the plan year of `day` began."""
        month, first = (int(part) for part in self.plan_year_starts.split("-"))
        return day.year if (day.month, day.day) >= (month, first) else day.year - 1

    def plan_year_start(self, year: int) -> date:
        return date.fromisoformat(f"{year}-{self.plan_year_starts}")

    @property
    def title(self) -> str:
        return self.name or self.id


def read_plan(path: Path) -> Plan:
    """A plan file; raises `FileProblems` naming every field that is wrong."""
    return validate(Plan, read_toml(path), str(path))


@cached_by_language
def load_plans(region: Region, tariffs: Path | None = None) -> dict[str, Plan]:
    """The plans shipped for a region, by id."""
    plans: dict[str, Plan] = {}
    problems: list[str] = []
    for path in sorted(region_file(region, "plans", tariffs).glob("*.toml")):
        where = f"{region}/plans/{path.name}"
        plan = validate(Plan, read_toml(path), where)
        if plan.region not in (None, region):
            problems.append(f"{where}: region: expected {region} (got {plan.region}).")
        if plan.id != path.stem:
            problems.append(f"{where}: id: expected {path.stem!r}, the name of the file (got {plan.id!r}).")
        plans[plan.id] = plan
    if problems:
        raise FileProblems(problems)
    return plans


def find_plan(name: str, region: Region, role: str = "primary", tariffs: Path | None = None) -> Plan:
    """A plan by its id in the region, or by the path of a plan file."""
    shipped = load_plans(region, tariffs)
    if name in shipped:
        plan = shipped[name]
    elif name.endswith(".toml"):
        plan = read_plan(Path(name))
    else:
        known = [plan.id for plan in shipped.values() if plan.role == role]
        unknown = say(
            "there is no plan '{name}' in {region}{suggestion}. Name one of the region's plans, or the path of a plan file "
            "ending in .toml.",
            name=name,
            region=region,
            suggestion=suggestion(name, known),
        )
        raise InputError(f"plan: {unknown}")
    if plan.region not in (None, region):
        foreign = say(
            "'{name}' belongs to {own_region}, not to {region}.", name=name, own_region=plan.region, region=region
        )
        raise InputError(f"plan: {foreign}")
    if plan.role != role:
        field = "plan" if plan.role == "primary" else "secondary"
        misplaced = say("'{name}' is a {role} plan; name it under {field}.", name=name, role=plan.role, field=field)
        raise InputError(f"plan: {misplaced}")
    return plan


def any_plan(name: str, role: str, tariffs: Path | None = None) -> Plan:
    """A plan file by its path, or a shipped plan of any region by its id."""
    if name.endswith(".toml") or Path(name).exists():
        plan = read_plan(Path(name))
        if plan.role != role:
            raise InputError(f"{name}: role: expected '{role}' (got '{plan.role}').")
        return plan
    shipped = {plan.id: plan.region or region for region in Region for plan in load_plans(region, tariffs).values()}
    if name not in shipped:
        raise InputError(
            f"plan: there is no plan '{name}'{suggestion(name, [*shipped])}. Name a plan file ending in .toml."
        )
    plan = find_plan(name, shipped[name], role, tariffs)
    return plan.model_copy(update={"region": shipped[name]})
