"""The closed sets: words that files, code and screens share."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from estimator.messages import marked, say


class Region(StrEnum):
    """A payer region; each has a folder of this name under `tariffs/`."""

    US_PRIVATE = "us_private"
    MEDICARE_PART_B = "medicare_part_b"
    NHS = "nhs"
    UK_PRIVATE = "uk_private"


class Condition(StrEnum):
    """What is wrong, or `undiagnosed`."""

    STRAIN_GRADE_1 = "strain_grade_1"
    STRAIN_GRADE_2 = "strain_grade_2"
    STRAIN_GRADE_3 = "strain_grade_3"
    AVULSION_GRADE_4 = "avulsion_grade_4"
    RECURRENT_STRAIN = "recurrent_strain"
    PROXIMAL_TENDINOPATHY = "proximal_tendinopathy"
    UNDIAGNOSED = "undiagnosed"


class Management(StrEnum):
    """With or without an operation."""

    CONSERVATIVE = "conservative"
    SURGICAL = "surgical"


class Mode(StrEnum):
    """Whose use of care is priced; the two are never mixed."""

    PLANNED = "planned"
    """What the person's own plan costs: the planned services are used (`p_if_planned`)."""
    AVERAGE = "average"
    """What the average patient uses (`probability_used`)."""


class JobDemand(StrEnum):
    """How much a job asks of the leg."""

    SEDENTARY = "sedentary"
    LIGHT_OR_STANDING = "light_or_standing"
    HEAVY = "heavy"


class Service(StrEnum):
    """What a visit is for; `surgery` is billed as its three parts."""

    PHYSICAL_THERAPY_EVALUATION = "physical_therapy_evaluation"
    PHYSICAL_THERAPY = "physical_therapy"
    MASSAGE_THERAPY = "massage_therapy"
    PHYSICIAN_VISIT = "physician_visit"
    SPECIALIST_VISIT = "specialist_visit"
    IMAGING_MRI = "imaging_mri"
    IMAGING_ULTRASOUND = "imaging_ultrasound"
    IMAGING_XRAY = "imaging_xray"
    INJECTION_STEROID = "injection_steroid"
    INJECTION_PRP = "injection_prp"
    PROLOTHERAPY = "prolotherapy"
    SHOCKWAVE = "shockwave"
    ACUPUNCTURE = "acupuncture"
    DRY_NEEDLING = "dry_needling"
    CHIROPRACTIC = "chiropractic"
    HOME_HEALTH = "home_health"
    EQUIPMENT = "equipment"
    EMERGENCY_VISIT = "emergency_visit"
    SURGERY = "surgery"
    SURGERY_SURGEON = "surgery_surgeon"
    SURGERY_ANAESTHETIST = "surgery_anaesthetist"
    SURGERY_FACILITY = "surgery_facility"
    AMBULANCE = "ambulance"
    """Billed only: in a plan's terms and claim lines, not in the pathway."""
    HOME_CARE = "home_care"
    PRESCRIPTION = "prescription"
    TRAVEL = "travel"


SURGERY_PARTS = (Service.SURGERY_SURGEON, Service.SURGERY_ANAESTHETIST, Service.SURGERY_FACILITY)
BILLED_ONLY = (*SURGERY_PARTS, Service.AMBULANCE)
WANTED_SERVICES = tuple(service for service in Service if service not in BILLED_ONLY)
BILLED_SERVICES = tuple(service for service in Service if service != Service.SURGERY)


class Network(StrEnum):
    """Whether the provider has a contract with the plan."""

    IN_NETWORK = "in_network"
    OUT_OF_NETWORK = "out_of_network"
    NOT_APPLICABLE = "not_applicable"


class Assignment(StrEnum):
    """Medicare: what the clinician agreed to take as full payment."""

    PARTICIPATING = "participating"
    ACCEPTED = "accepted"
    """Not participating, but takes the reduced Medicare-approved amount as full payment for this claim."""
    NOT_ACCEPTED = "not_accepted"
    """Not participating, and may bill up to the limiting charge."""


class PriceKind(StrEnum):
    """Which of a code's prices is meant."""

    ALLOWED = "allowed"
    """What an insurer recognises (for the NHS: the cost to the system)."""
    CASH = "cash"
    """What a person pays who pays themselves."""
    CHARGE = "charge"
    """What the provider bills before any contract."""


class SourceKind(StrEnum):
    """How far a figure can be trusted."""

    OFFICIAL = "official"
    SURVEY = "survey"
    ASSUMPTION = "assumption"


class Reason(StrEnum):
    """Why a claim line is paid the way it is; the words are in `REASONS`."""

    COVERED = "covered"
    DEDUCTIBLE = "deductible"
    COPAY = "copay"
    COINSURANCE = "coinsurance"
    NO_COST_SHARING = "no_cost_sharing"
    OUT_OF_POCKET_MAX = "out_of_pocket_max"
    VISIT_LIMIT = "visit_limit"
    BENEFIT_LIMIT = "benefit_limit"
    NOT_COVERED = "not_covered"
    EXPERIMENTAL = "experimental"
    NOT_OFFERED = "not_offered"
    SELF_PAY_ONLY = "self_pay_only"
    NO_INSURANCE = "no_insurance"
    OUT_OF_NETWORK = "out_of_network"
    NO_REFERRAL = "no_referral"
    NO_AUTHORIZATION = "no_authorization"
    NOT_DOCUMENTED = "not_documented"
    PROVIDER_LIABLE = "provider_liable"
    IN_SURGICAL_FEE = "in_surgical_fee"
    NO_PUBLISHED_PRICE = "no_published_price"


REASONS: dict[Reason, str] = {
    Reason.COVERED: marked("Your plan covers this."),
    Reason.DEDUCTIBLE: marked("It goes toward your deductible, which you pay first."),
    Reason.COPAY: marked("You pay the fixed copay for the visit."),
    Reason.COINSURANCE: marked("You pay your share and the plan pays the rest."),
    Reason.NO_COST_SHARING: marked("Your plan pays all of it."),
    Reason.OUT_OF_POCKET_MAX: marked("You have reached the most you pay in the plan year; the plan pays the rest."),
    Reason.VISIT_LIMIT: marked("The plan's visit limit is used up, so you pay for this visit."),
    Reason.BENEFIT_LIMIT: marked("The plan's money limit is used up, so you pay what is above it."),
    Reason.NOT_COVERED: marked("Your plan does not cover this, so you pay for it."),
    Reason.EXPERIMENTAL: marked("Your plan treats this as unproven and does not cover it."),
    Reason.NOT_OFFERED: marked("This is not offered here, so you would pay for it privately."),
    Reason.SELF_PAY_ONLY: marked("This is sold to people who pay themselves."),
    Reason.NO_INSURANCE: marked("There is no insurance, so you pay the price for people who pay themselves."),
    Reason.OUT_OF_NETWORK: marked("This provider is outside the plan's network."),
    Reason.NO_REFERRAL: marked("Your plan covers this only with a referral, so you pay for it."),
    Reason.NO_AUTHORIZATION: marked("Your plan had not approved this visit."),
    Reason.NOT_DOCUMENTED: marked("Above the yearly amount the therapist must confirm the need, and did not."),
    Reason.PROVIDER_LIABLE: marked(
        "You got no notice in writing beforehand, so your clinic may not charge you for it."
    ),
    Reason.IN_SURGICAL_FEE: marked("This check is part of the surgeon's fee and is not billed again."),
    Reason.NO_PUBLISHED_PRICE: marked("No price is published for this; ask for one and add it as your own price."),
}


SERVICE_NAMES: dict[Service, str] = {
    Service.PHYSICAL_THERAPY_EVALUATION: marked("Physical therapy evaluation"),
    Service.PHYSICAL_THERAPY: marked("Physical therapy"),
    Service.MASSAGE_THERAPY: marked("Massage therapy"),
    Service.PHYSICIAN_VISIT: marked("Doctor visit"),
    Service.SPECIALIST_VISIT: marked("Specialist visit"),
    Service.IMAGING_MRI: marked("MRI scan"),
    Service.IMAGING_ULTRASOUND: marked("Ultrasound scan"),
    Service.IMAGING_XRAY: marked("X-ray"),
    Service.INJECTION_STEROID: marked("Steroid injection"),
    Service.INJECTION_PRP: marked("Platelet-rich plasma (PRP) injection"),
    Service.PROLOTHERAPY: marked("Prolotherapy injection"),
    Service.SHOCKWAVE: marked("Shockwave therapy"),
    Service.ACUPUNCTURE: marked("Acupuncture"),
    Service.DRY_NEEDLING: marked("Dry needling"),
    Service.CHIROPRACTIC: marked("Chiropractic or osteopathy"),
    Service.HOME_HEALTH: marked("Therapy at home"),
    Service.EQUIPMENT: marked("Crutches or brace"),
    Service.EMERGENCY_VISIT: marked("Emergency visit"),
    Service.SURGERY: marked("Surgery"),
    Service.SURGERY_SURGEON: marked("Surgeon"),
    Service.SURGERY_ANAESTHETIST: marked("Anesthesiologist"),
    Service.SURGERY_FACILITY: marked("Operating facility"),
    Service.AMBULANCE: marked("Ambulance"),
    Service.HOME_CARE: marked("Home exercise supplies"),
    Service.PRESCRIPTION: marked("Prescription item"),
    Service.TRAVEL: marked("Travel"),
}


def service_name(service: Service, labels: Mapping[str, str] | None = None) -> str:
    """A service in the region's own words, where it has some; labels come from a file and are said already."""
    own = (labels or {}).get(service.value)
    return own if own is not None else say(SERVICE_NAMES[service])


def reason_said(reason: Reason) -> str:
    """Why a claim line is paid the way it is, in the language in use."""
    return say(REASONS[reason])


DISCLAIMER = marked("An estimate, not medical or insurance advice.")
"""Said once near every answer."""


CURRENCIES: dict[Region, str] = {
    Region.US_PRIVATE: "USD",
    Region.MEDICARE_PART_B: "USD",
    Region.NHS: "GBP",
    Region.UK_PRIVATE: "GBP",
}
