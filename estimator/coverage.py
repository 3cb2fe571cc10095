"""Claim lines + plan -> covered lines: which terms apply to which line, and why not where none do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estimator.plan import Benefit, Plan
from estimator.pricing import ClaimLine, ClaimLines
from estimator.scenario import Paperwork
from estimator.vocabulary import Network, Reason, Service


@dataclass(frozen=True, slots=True)
class Cash:
    """Services that the person pays for in cash although the plan covers them: at self-pay prices, the plan pays nothing."""

    services: frozenset[Service]
    counts: bool = False
    """Whether the plan counts what is paid to its deductible and its maximum."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the plan says about one line."""

    benefit: Benefit | None
    reason: Reason
    plan_year: int
    visit_service: Service
    """What the visit is for: a therapist's evaluation and treatment of one day are one visit."""
    is_out_of_network: bool
    is_provider_liable: bool
    """Whether what is not covered is the provider's loss, because the patient was not told beforehand."""
    counts_under: Benefit | None = None
    """Where cash counts: the terms whose deductible and maximum it counts to."""


@dataclass(frozen=True, slots=True)
class CoveredLines:
    """Claim lines with the terms that apply to each."""

    claims: ClaimLines
    coverage: tuple[Coverage, ...]
    paperwork: Paperwork

    def block(self, first: int, last: int) -> CoveredLines:
        """The same lines for some of the draws."""
        return CoveredLines(self.claims.block(first, last), self.coverage, self.paperwork)


COUNTED = {"deductible_applies": True, "counts_to_out_of_pocket_max": True}
"""Cash that counts goes to both, whatever a visit under the plan would do."""


def cover(claims: ClaimLines, plan: Plan, paperwork: Paperwork | None = None, cash: Cash | None = None) -> CoveredLines:
    """Find the terms for every line; the allowed amount is never above the charge."""
    paperwork = paperwork or Paperwork()
    coverage: list[Coverage] = []
    for line in claims.lines:
        benefit = plan.benefit_for(line.service, line.network)
        reason = Reason.COVERED if benefit is not None else plan.reason_not_covered(line.service, line.network)
        if benefit is not None and benefit.referral_required and not paperwork.referral:
            benefit, reason = None, Reason.NO_REFERRAL
        counts_under = None
        if cash is not None and benefit is not None and line.service in cash.services:
            counts_under = benefit.model_copy(update=COUNTED) if cash.counts else None
            benefit, reason = None, Reason.SELF_PAY_ONLY
        terms = benefit or counts_under
        unwarned = benefit is None and not paperwork.advance_notice and plan.needs_notice(line.service)
        if line.in_surgical_fee:
            reason = Reason.IN_SURGICAL_FEE
        elif line.is_unpriced:
            reason = Reason.NO_PUBLISHED_PRICE
        coverage.append(
            Coverage(
                benefit,
                reason,
                plan.plan_year(line.day),
                _visit_service(line),
                line.network == Network.OUT_OF_NETWORK and not (terms is not None and terms.pays_as_in_network),
                unwarned,
                counts_under,
            )
        )
    lesser = ClaimLines(
        claims.lines,
        claims.currency,
        claims.charge,
        np.minimum(claims.charge, claims.allowed),
        claims.present,
    )
    return CoveredLines(lesser, tuple(coverage), paperwork)


def _visit_service(line: ClaimLine) -> Service:
    """The evaluation and the treatment of one day are one visit to the therapist."""
    service = line.service
    return Service.PHYSICAL_THERAPY if service == Service.PHYSICAL_THERAPY_EVALUATION else service
