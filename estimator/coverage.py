"""Claim lines + plan -> covered lines: which terms apply to which line, and why not where none do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from estimator.plan import Benefit, Plan
from estimator.pricing import ClaimLine, ClaimLines
from estimator.vocabulary import Network, Reason, Service


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the plan says about one line."""

    benefit: Benefit | None
    reason: Reason
    plan_year: int
    is_new_visit: bool
    """Whether this is the first line of its visit: copays and visit limits count visits, not lines."""
    is_out_of_network: bool


@dataclass(frozen=True, slots=True)
class CoveredLines:
    """Claim lines with the terms that apply to each."""

    claims: ClaimLines
    coverage: tuple[Coverage, ...]


def cover(claims: ClaimLines, plan: Plan) -> CoveredLines:
    """Find the terms for every line; the allowed amount is never above the charge."""
    seen: set[tuple[date, Service]] = set()
    coverage: list[Coverage] = []
    for line in claims.lines:
        visit = (line.day, _visit_service(line))
        benefit = plan.benefit_for(line.service, line.network)
        reason = Reason.COVERED if benefit is not None else plan.reason_not_covered(line.service, line.network)
        if line.in_surgical_fee:
            reason = Reason.IN_SURGICAL_FEE
        elif line.is_unpriced:
            reason = Reason.NO_PUBLISHED_PRICE
        coverage.append(
            Coverage(
                benefit,
                reason,
                plan.plan_year(line.day),
                visit not in seen,
                line.network == Network.OUT_OF_NETWORK,
            )
        )
        seen.add(visit)
    lesser = ClaimLines(
        claims.lines,
        claims.currency,
        claims.charge,
        np.minimum(claims.charge, claims.allowed),
        claims.present,
    )
    return CoveredLines(lesser, tuple(coverage))


def _visit_service(line: ClaimLine) -> Service:
    """The evaluation and the treatment of one day are one visit to the therapist."""
    service = line.service
    return Service.PHYSICAL_THERAPY if service == Service.PHYSICAL_THERAPY_EVALUATION else service
