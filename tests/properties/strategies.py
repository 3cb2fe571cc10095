"""Random plans and random claim lines: every term a plan file can hold, with amounts that like to meet exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from hypothesis import strategies as st

from estimator.coverage import Cash
from estimator.plan import Plan
from estimator.pricing import ClaimLine, ClaimLines
from estimator.scenario import Paperwork, Used
from estimator.vocabulary import Network, Service

SERVICES = (
    Service.PHYSICAL_THERAPY_EVALUATION,
    Service.PHYSICAL_THERAPY,
    Service.CHIROPRACTIC,
    Service.PHYSICIAN_VISIT,
    Service.IMAGING_MRI,
    Service.EQUIPMENT,
    Service.PRESCRIPTION,
)
CLUSTERS = (SERVICES[:2], SERVICES[2:4], SERVICES[4:6], SERVICES[6:])
APART = ((SERVICES[0],), (SERVICES[1],), SERVICES[2:5], SERVICES[5:])
FIRST_DAY = date(2025, 1, 1)
PARTS = ("deductible", "copay", "coinsurance", "over_limit", "not_covered", "balance_bill")

ROUND = (0, 1, 25, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000)
minor_amounts = st.one_of(st.sampled_from(ROUND), st.integers(0, 60_000))
amounts = minor_amounts.map(lambda minor: Decimal(minor).scaleb(-2))
rates = st.one_of(
    st.sampled_from([Decimal(text) for text in ("0", "0.1", "0.175", "0.2", "0.3", "0.333333", "0.5", "1")]),
    st.integers(0, 1_000_000).map(lambda ppm: Decimal(ppm).scaleb(-6)),
)
resets = st.sampled_from(["plan_year", "episode"])
flags = st.booleans()
small = st.integers(0, 4)
year_starts = st.sampled_from(["01-01", "04-01", "07-01", "12-31", "02-28"])


@dataclass(frozen=True)
class Terms:
    """What the strategies may put into a plan; each property says what it must leave out."""

    secondary: bool = True
    outside: bool = True
    maximum: bool = True
    limits: bool = True
    free: bool = False
    """No sharing at all: no deductible, copay, coinsurance or limit."""
    deductible: bool = False
    """There is always a deductible."""
    lasting: bool | None = None
    """Whether amounts and limits last for the episode; None for either."""
    all_coinsurance: bool = False
    """The patient's coinsurance is 100% everywhere."""

    @property
    def resets(self) -> st.SearchStrategy[str]:
        return resets if self.lasting is None else st.just("episode" if self.lasting else "plan_year")


@st.composite
def plans(draw: st.DrawFn, terms: Terms = Terms()) -> Plan:
    """Any first plan."""
    data: dict[str, Any] = {"id": "any", "plan_year_starts": draw(year_starts)}
    if not terms.free and (terms.deductible or draw(flags)):
        data["deductible"] = {"amount": draw(amounts), "resets": draw(terms.resets)}
        if draw(flags):
            data["deductible"] |= {"family_amount": draw(amounts), "is_aggregate": draw(flags)}
    if terms.maximum and draw(flags):
        data["out_of_pocket_max"] = {"amount": draw(amounts)}
        if draw(flags):
            data["out_of_pocket_max"]["family_amount"] = draw(amounts)
    if terms.outside and draw(flags):
        data["out_of_network"] = {"deductible": Decimal(0) if terms.free else draw(amounts)}
        if terms.maximum and draw(flags):
            data["out_of_network"]["out_of_pocket_max"] = draw(amounts)
    groups = {name: draw(group_limits(terms)) for name in ("therapies", "scans")}
    clusters = draw(st.sampled_from([CLUSTERS, APART]))
    if not terms.free and draw(flags):
        data["separate_deductible"] = [{"id": "scans", "amount": draw(amounts), "resets": draw(terms.resets)}]
    shared = {
        "bundle": {"bundle": "day", "copay": draw(amounts)},
        "separate": {"separate_deductible": "scans"} if "separate_deductible" in data else {},
    }
    data["benefit"] = [benefit for cluster in clusters for benefit in draw(benefits_of(cluster, groups, shared, terms))]
    covered = {service for benefit in data["benefit"] for service in benefit["services"]}
    if left_out := [service for service in SERVICES if service not in covered]:
        data["exclusion"] = [{"services": left_out[:1], "reason": "experimental", "needs_notice": draw(flags)}]
    if draw(flags):
        data["threshold"] = [{"id": "therapy_threshold", "services": SERVICES[:2], "amount": draw(amounts)}]
        data["threshold"][0]["needs_confirmation"] = draw(flags)
    return Plan.model_validate(data)


@st.composite
def group_limits(draw: st.DrawFn, terms: Terms) -> dict[str, Any]:
    """One limit, whoever shares it."""
    if terms.free or not terms.limits:
        return {}
    limits: dict[str, Any] = {}
    if draw(flags):
        limits["visits"] = {"visit_limit": draw(small)}
    limits["resets"] = {"visit_limit_resets": draw(st.just("month") | terms.resets)}
    if draw(flags):
        limits["money"] = {
            "benefit_limit": draw(amounts),
            "benefit_limit_resets": draw(terms.resets),
            "limit_counts": draw(st.sampled_from(["plan_pays", "allowed"])),
        }
    return limits


@st.composite
def benefits_of(
    draw: st.DrawFn,
    cluster: Sequence[Service],
    groups: dict[str, dict[str, Any]],
    shared: dict[str, dict[str, Any]],
    terms: Terms,
) -> list[dict[str, Any]]:
    """The terms of a few services: none, one for both networks, or one for each."""
    networks = draw(st.sampled_from([[None], [None], ["any"], ["in_network"], ["in_network", "out_of_network"], []]))
    group = draw(st.sampled_from(["", "therapies", "scans"]))
    limits = groups[group] if group else draw(group_limits(terms))
    rarely = st.sampled_from([False, False, False, True])
    made: list[dict[str, Any]] = []
    for network in networks:
        benefit: dict[str, Any] = {"services": list(cluster), "network": network}
        if not terms.free:
            benefit |= {
                "copay_order": draw(st.sampled_from(["after_deductible", "before_deductible"])),
                "copay": draw(amounts) if draw(flags) else Decimal(0),
                "copay_per": draw(st.sampled_from(["visit", "visit", "unit", "day", "stay"])),
                "patient_coinsurance": Decimal(1) if terms.all_coinsurance else draw(rates),
                "deductible_applies": draw(flags),
                "counts_to_out_of_pocket_max": draw(st.sampled_from([True, True, True, False])),
            }
        if group:
            benefit["limit_group"] = group
        if not terms.free:
            if draw(rarely):
                benefit |= shared["bundle"] | {"copay_per": "visit"}
            if draw(rarely):
                benefit |= shared["separate"]
            if draw(rarely):
                benefit["fee_cap_per_visit"] = draw(amounts)
            if not terms.all_coinsurance and draw(rarely):
                benefit |= {"first_visits": draw(small), "first_visits_copay": draw(amounts)}
        for name, limit in limits.items():
            if name == "resets" or not draw(rarely):
                benefit |= limit
        benefit["visits_under_deductible_count"] = not draw(rarely)
        benefit["referral_required"] = draw(rarely)
        benefit["pays_as_in_network"] = network == "any" and draw(flags)
        if draw(rarely):
            benefit |= {
                "prior_authorization_after_visit": draw(small),
                "without_authorization": draw(st.sampled_from(["patient_pays", "provider_pays", "plan_pays_less"])),
                "authorization_penalty": draw(rates),
            }
        made.append(benefit)
    return made


@st.composite
def secondaries(draw: st.DrawFn) -> Plan:
    """Any second plan whose rules never speak of the same part of the same service twice."""
    rules: list[dict[str, Any]] = []
    limit, resets_on = draw(amounts), draw(resets)
    for services in draw(st.sampled_from([[None], [SERVICES[:2], SERVICES[2:]], [SERVICES[:3]]])):
        parts = draw(st.permutations(PARTS))
        cut = draw(st.integers(1, len(parts)))
        for of in (parts[:cut], parts[cut:]):
            if not of or not draw(st.sampled_from([True, True, False])):
                continue
            rule: dict[str, Any] = {"services": services, "of": of, "share": draw(rates)}
            if draw(flags):
                rule["visit_copay"] = draw(amounts)
            if draw(flags):
                rule |= {"limit": limit, "limit_group": "shared", "limit_resets": resets_on}
            rules.append(rule)
    data: dict[str, Any] = {"id": "second", "role": "secondary", "pays": rules}
    if draw(st.sampled_from([False, False, True])):
        data["secondary_deductible"] = draw(amounts)
    if draw(st.sampled_from([False, False, True])):
        data["out_of_pocket_limit"] = draw(amounts)
    return Plan.model_validate(data)


@st.composite
def used_before(draw: st.DrawFn) -> Used:
    """What the plan year has used up already; mostly nothing."""
    if draw(flags):
        return Used()
    by_name = st.dictionaries(st.sampled_from(["therapies", "scans", *SERVICES[:5]]), small, max_size=3)
    return Used(
        deductible=draw(amounts),
        out_of_pocket=draw(amounts),
        family_deductible=draw(amounts),
        family_out_of_pocket=draw(amounts),
        visits={str(name): count for name, count in draw(by_name).items()},
        benefit_paid={str(name): Decimal(50 * count) for name, count in draw(by_name).items()},
        thresholds=draw(st.sampled_from([{}, {"therapy_threshold": Decimal("99.99")}])),
        secondary_paid=draw(st.sampled_from([{}, {"shared": Decimal(150)}])),
        out_of_network_deductible=draw(amounts),
        out_of_network_out_of_pocket=draw(amounts),
        separate_deductibles=draw(st.sampled_from([{}, {"scans": Decimal(20)}])),
        secondary_deductible=draw(amounts),
        secondary_out_of_pocket=draw(amounts),
    )


paperwork = st.just(Paperwork()) | st.builds(
    Paperwork, referral=flags, prior_authorization=flags, medical_need_confirmed=flags, advance_notice=flags
)
cash = st.builds(Cash, st.frozensets(st.sampled_from(SERVICES), min_size=1), flags)


@dataclass(frozen=True)
class Bill:
    """One claim line with one price: what a draw of one holds."""

    day: date
    service: Service
    network: Network = Network.IN_NETWORK
    units: int = 1
    allowed: int = 0
    charge: int = 0


@st.composite
def bills(draw: st.DrawFn, *, days: int = 730, max_size: int = 10) -> list[Bill]:
    """Lines over two years in order of date, often several on one day; a visit is in or out of the network as a whole."""
    near = st.sampled_from([0, 0, 1, 2, 30, 364, 365, 400]).filter(lambda day: day < days)
    chosen = sorted(draw(st.lists(st.one_of(near, st.integers(0, days - 1)), min_size=1, max_size=max_size)))
    networks = draw(st.lists(st.sampled_from([*Network, Network.IN_NETWORK]), min_size=3, max_size=3))
    services = draw(st.lists(st.sampled_from(SERVICES), min_size=1, max_size=7, unique=True))
    made: list[Bill] = []
    for day in chosen:
        allowed = draw(minor_amounts)
        beyond = draw(st.sampled_from([0, 0, 1, 5_000, -5_000]))
        made.append(
            Bill(
                FIRST_DAY + timedelta(days=day),
                draw(st.sampled_from(services)),
                networks[day % 3],
                draw(st.sampled_from([1, 1, 2, 3])),
                allowed,
                max(allowed + beyond, 0),
            )
        )
    return made


def claim_lines(bills: Sequence[Bill], *others: Sequence[Bill]) -> ClaimLines:
    """Bills as claim lines; `others` are further draws of the same lines with other prices."""
    draws = (bills, *others)
    return ClaimLines(
        tuple(
            ClaimLine(number, bill.day, bill.service, "", bill.units, bill.network)
            for number, bill in enumerate(bills, start=1)
        ),
        "USD",
        np.array([[draw[i].charge for draw in draws] for i in range(len(bills))], dtype=np.int64).reshape(
            -1, len(draws)
        ),
        np.array([[draw[i].allowed for draw in draws] for i in range(len(bills))], dtype=np.int64).reshape(
            -1, len(draws)
        ),
        np.ones((len(bills), len(draws)), dtype=bool),
    )


@st.composite
def many_draws(draw: st.DrawFn, *, draws: int = 4, **how: int) -> ClaimLines:
    """Claim lines whose prices and presence differ from draw to draw."""
    lines = draw(bills(**how))
    shape = (len(lines), draws)
    allowed = np.array(
        [[bill.allowed, *(draw(minor_amounts) for _ in range(draws - 1))] for bill in lines], dtype=np.int64
    )
    beyond = np.array([[bill.charge - bill.allowed] for bill in lines], dtype=np.int64)
    present = np.array(
        draw(st.lists(st.sampled_from([True, True, False]), min_size=allowed.size, max_size=allowed.size))
    )
    present = present.reshape(shape)
    one = claim_lines(lines)
    charge = np.where(present, np.maximum(allowed + beyond, 0), 0)
    return ClaimLines(one.lines, one.currency, charge, np.where(present, allowed, 0), present)
