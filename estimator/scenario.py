"""What the person tells us: one model behind the file, the command line and the form.

Nothing here names a person: no name, birth date, member number or diagnosis text.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from estimator.files import Amount, Name, Rate, Record, Whole, read_structured, validate
from estimator.messages import say
from estimator.vocabulary import (
    SURGERY_PARTS,
    Assignment,
    Condition,
    JobDemand,
    Management,
    Mode,
    Network,
    Region,
    Service,
)

EARLIEST, LATEST = date(2015, 1, 1), date(2035, 12, 31)

SURGICAL_BY_DEFAULT = frozenset({Condition.AVULSION_GRADE_4})
CAN_BE_SURGICAL = frozenset({Condition.STRAIN_GRADE_3, Condition.AVULSION_GRADE_4, Condition.PROXIMAL_TENDINOPATHY})
US_STATES = frozenset(
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK "
    "OR PA PR RI SC SD TN TX UT VT VA VI WA WV WI WY".split()
)
NATIONS = ("England", "Scotland", "Wales", "Northern Ireland")


class Area(Record):
    """Where care takes place; each region uses the fields that fit it."""

    state: Annotated[str, Field(max_length=2)] | None = None
    county: Name | None = None
    locality: Name | None = None
    nation: str | None = None
    region: Name | None = None

    @field_validator("state")
    @classmethod
    def _known_state(cls, value: str | None) -> str | None:
        if value is not None and value.upper() not in US_STATES:
            raise ValueError(say("expected a US state's two letters, such as OH (got {value})", value=repr(value)))
        return value.upper() if value else None

    @field_validator("nation")
    @classmethod
    def _known_nation(cls, value: str | None) -> str | None:
        if value is not None and value not in NATIONS:
            known = ", ".join(NATIONS)
            raise ValueError(say("expected one of {known} (got {value})", known=known, value=repr(value)))
        return value


class Used(Record):
    """What the plan year has already used up before this episode."""

    deductible: Amount = Decimal(0)
    out_of_pocket: Amount = Decimal(0)
    family_deductible: Amount = Decimal(0)
    family_out_of_pocket: Amount = Decimal(0)
    out_of_network_deductible: Amount = Decimal(0)
    out_of_network_out_of_pocket: Amount = Decimal(0)
    separate_deductibles: Mapping[str, Amount] = Field(default_factory=dict)
    """Deductibles of their own, by id."""
    visits: Mapping[str, Whole] = Field(default_factory=dict)
    """Visits by limit group or service, such as `{ physical_therapy = 3 }`."""
    benefit_paid: Mapping[str, Amount] = Field(default_factory=dict)
    """Money limits used, by limit group or service."""
    thresholds: Mapping[str, Amount] = Field(default_factory=dict)
    """Allowed amounts counted toward a threshold, such as the therapy threshold."""
    secondary_paid: Mapping[str, Amount] = Field(default_factory=dict)
    """Money limits of the second cover used, by limit group."""
    secondary_deductible: Amount = Decimal(0)
    secondary_out_of_pocket: Amount = Decimal(0)


class Paperwork(Record):
    """What will be in place when care starts; each is assumed to be, unless the person says otherwise."""

    referral: bool = True
    """The referral or prescription that some plans want."""
    prior_authorization: bool = True
    """The plan's approval of visits beyond its first ones."""
    medical_need_confirmed: bool = True
    """Medicare: the therapist confirms the need above the therapy threshold (KX)."""
    advance_notice: bool = True
    """Medicare: the person was told in writing beforehand that it may not be paid (ABN)."""


class Accounts(Record):
    """Money set aside for care; it changes where the patient's share comes from, never how large it is."""

    employer_reimbursement: Amount = Decimal(0)
    """An HRA: the employer's money, used first."""
    health_savings: Amount = Decimal(0)
    """An HSA or FSA: the person's own money, before tax."""
    tax_rate: Rate = Decimal(0)
    """The person's tax rate, for the tax saved on `health_savings`."""


class Work(Record):
    """The job, for days off and lost pay; optional."""

    job_demand: JobDemand = JobDemand.LIGHT_OR_STANDING
    daily_pay: Amount | None = None
    days_per_week: Annotated[int, Field(ge=1, le=7)] = 5
    is_employee: bool = True
    """Self-employed people have no sick pay (United Kingdom)."""
    full_pay_days: Whole = 0
    """Working days of sickness at full pay that the employer still owes, then `half_pay_days` at half pay."""
    half_pay_days: Whole = 0


class Scenario(Record):
    """One injury, one place, one cover."""

    condition: Condition
    management: Management | None = None
    injury_date: date
    care_starts: date
    region: Region
    area: Area = Area()
    mode: Mode = Mode.PLANNED
    services: tuple[Service, ...] = ()
    setting: Name | None = None
    network: Network = Network.IN_NETWORK
    plan: Name | None = None
    secondary: Name | None = None
    secondary_since: date | None = None
    """When the second cover began, for its qualifying period."""
    used: Used = Used()
    paperwork: Paperwork = Paperwork()
    accounts: Accounts | None = None
    assignment: Assignment = Assignment.PARTICIPATING
    work: Work | None = None
    own_prices: Mapping[Service, Amount] = Field(default_factory=dict)
    prescription_items: Annotated[int, Field(ge=0, le=50)] = 0
    prices_as_of: date | None = None

    @field_validator("services")
    @classmethod
    def _wanted_services(cls, value: tuple[Service, ...]) -> tuple[Service, ...]:
        for service in value:
            if service in SURGERY_PARTS or service == Service.SURGERY:
                raise ValueError(say("surgery is chosen with management = 'surgical', not as a service"))
            if service == Service.AMBULANCE:
                raise ValueError(say("an ambulance is not part of the course; leave it out"))
        return tuple(dict.fromkeys(value))

    @field_validator("injury_date", "care_starts", "prices_as_of", "secondary_since")
    @classmethod
    def _sensible_date(cls, value: date | None) -> date | None:
        if value is not None and not EARLIEST <= value <= LATEST:
            raise ValueError(
                say(
                    "expected a date from {earliest_day} to {latest_day} (got {day})",
                    earliest_day=EARLIEST,
                    latest_day=LATEST,
                    day=value,
                )
            )
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Scenario:
        if self.care_starts < self.injury_date:
            too_early = say(
                "care cannot start before the injury ({care_day} is before {injury_day})",
                care_day=self.care_starts,
                injury_day=self.injury_date,
            )
            raise ValueError(f"care_starts: {too_early}")
        if self.care_starts - self.injury_date > timedelta(days=730):
            too_late = say("care that starts more than two years after the injury is not modelled")
            raise ValueError(f"care_starts: {too_late}")
        if self.management == Management.SURGICAL and self.condition not in CAN_BE_SURGICAL:
            possible = ", ".join(sorted(CAN_BE_SURGICAL))
            unknown = say("surgery is modelled for {known}, not for {value}", known=possible, value=self.condition)
            raise ValueError(f"management: {unknown}")
        if self.mode == Mode.PLANNED and not self.services and self.treatment == Management.CONSERVATIVE:
            nothing = say("name at least one service, such as ['physical_therapy'], or use mode = 'average'")
            raise ValueError(f"services: {nothing}")
        if self.mode == Mode.AVERAGE and self.services:
            mixed = say("leave this out with mode = 'average'; the two modes are never mixed")
            raise ValueError(f"services: {mixed}")
        self._area_fits_region()
        return self

    def _area_fits_region(self) -> None:
        american = self.region in (Region.US_PRIVATE, Region.MEDICARE_PART_B)
        foreign = ("nation", "region") if american else ("state", "county", "locality")
        for field in foreign:
            if getattr(self.area, field) is not None:
                if american:
                    instead = say("{region} takes a state, such as OH", region=self.region)
                else:
                    instead = say("{region} takes a nation or region, such as England or London", region=self.region)
                raise ValueError(f"area.{field}: {instead}")

    @property
    def treatment(self) -> Management:
        """The chosen management, or the usual one for the condition."""
        usual = Management.SURGICAL if self.condition in SURGICAL_BY_DEFAULT else Management.CONSERVATIVE
        return self.management or usual


def read_scenario(path: Path) -> Scenario:
    """A scenario from a TOML or JSON file; raises `InputError` naming every problem."""
    return validate(Scenario, read_structured(path), str(path))
