"""Covered lines + plan -> who pays what.

The order of cost sharing is written down here and nowhere else. Care paid in cash is the patient's whole; where the plan
counts it, its deductible and maximum shrink by it. For each other line, in order of date:

1. network: what the provider asks above the allowed amount is written off, or billed to the patient out of network;
   what is above a fee cap of the plan is the patient's;
2. coverage and the visit limit: a visit beyond the limit is the patient's; then paperwork: a visit that lacked approval,
   or a confirmation above a threshold, is the patient's or the provider's loss, as the plan says;
3. a money limit that counts allowed amounts (a UK outpatient limit applied before the excess);
4. deductible, then copay (once a visit, day or stay), then coinsurance, none of them above what is left of the line;
   a plan may take the copay first, and its first visits at a copay alone;
5. the out-of-pocket maximum on this line, not on the next one: coinsurance gives way first, then copay, then deductible;
6. a money limit on what the plan pays;
7. the second payer, which sees what the first one left.

Amounts are whole minor units of shape (draws,); the loop runs over lines and each step works on all draws at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeVar

import numpy as np

from estimator.coverage import Coverage, CoveredLines
from estimator.draws import Flags
from estimator.money import Cents, rate, share, to_decimal, to_minor
from estimator.plan import Benefit, Deductible, Pays, Plan, Share
from estimator.pricing import ClaimLine
from estimator.scenario import Used

Number = TypeVar("Number", int, Decimal)

UNLIMITED = np.iinfo(np.int64).max // 4

PARTS: tuple[Share, ...] = ("deductible", "copay", "coinsurance", "over_limit", "not_covered", "balance_bill")
"""The parts of a line that the first payer leaves to the patient."""

AMOUNTS = ("charge", "allowed", *PARTS, "write_off", "plan_pays", "secondary_pays", "patient_pays")


@dataclass(frozen=True, slots=True)
class Adjudication:
    """Who pays what: every amount has shape (lines, draws); the accumulators are those after the last line."""

    charge: Cents
    allowed: Cents
    deductible: Cents
    copay: Cents
    coinsurance: Cents
    over_limit: Cents
    not_covered: Cents
    balance_bill: Cents
    write_off: Cents
    plan_pays: Cents
    secondary_pays: Cents
    patient_pays: Cents
    deductible_left: Cents
    """What is left of the deductible after each line, shape (lines, draws); `UNLIMITED` stands for no deductible."""
    out_of_pocket_left: Cents
    visit_number: Cents
    """The running visit count of the line's limit group, shape (lines, draws); 0 where nothing is counted."""
    reached: Mapping[str, Flags]
    """Whether each draw ever met the deductible, the maximum, a limit or a threshold."""
    above: Mapping[str, tuple[int, ...]]
    """The lines above each threshold, in a single-draw run; empty otherwise."""
    closing: tuple[Used, ...]
    """Accumulators after the last line, for the first draw of a single-draw run; empty otherwise."""


@dataclass(slots=True)
class Pot:
    """An amount that is used up; `left` has shape (draws,). It belongs to one run and is never shared."""

    amount: int
    left: Cents

    @classmethod
    def of(cls, amount: Decimal | None, used: Decimal, draws: int) -> Pot:
        minor = UNLIMITED if amount is None else to_minor(amount)
        return cls(minor, np.full(draws, max(minor - to_minor(used), 0) if amount is not None else UNLIMITED))

    def take(self, wanted: Cents) -> Cents:
        """As much of `wanted` as is left; the pot shrinks by it."""
        taken = np.minimum(wanted, self.left)
        self.left = self.left - taken
        return taken

    @property
    def is_limited(self) -> bool:
        return self.amount < UNLIMITED


@dataclass(slots=True)
class Accumulators:
    """Running amounts of one plan year; passed in as `Used`, returned as `Used`."""

    deductible: Pot
    family_deductible: Pot
    out_of_pocket: Pot
    family_out_of_pocket: Pot
    outside_deductible: Pot
    outside_out_of_pocket: Pot
    separate_deductibles: dict[str, Pot] = field(default_factory=dict)
    visits: dict[str, Cents] = field(default_factory=dict)
    limits: dict[str, Pot] = field(default_factory=dict)
    thresholds: dict[str, Cents] = field(default_factory=dict)
    secondary_limits: dict[str, Pot] = field(default_factory=dict)
    secondary_deductible: Pot | None = None
    secondary_out_of_pocket: Pot | None = None


def open_accumulators(plan: Plan, secondary: Plan | None, used: Used, draws: int) -> Accumulators:
    """The accumulators at the start of a plan year, less what has been used already."""
    deductible, maximum, outside = plan.deductible, plan.out_of_pocket_max, plan.out_of_network
    zero = Decimal(0)
    accumulators = Accumulators(
        deductible=Pot.of(_own_amount(deductible), used.deductible, draws),
        family_deductible=Pot.of(deductible.family_amount if deductible else None, used.family_deductible, draws),
        out_of_pocket=Pot.of(maximum.amount if maximum else None, used.out_of_pocket, draws),
        family_out_of_pocket=Pot.of(maximum.family_amount if maximum else None, used.family_out_of_pocket, draws),
        outside_deductible=Pot.of(outside.deductible if outside else zero, used.out_of_network_deductible, draws),
        outside_out_of_pocket=Pot.of(
            outside.out_of_pocket_max if outside else None, used.out_of_network_out_of_pocket, draws
        ),
    )
    for separate in plan.separate_deductible:
        met = used.separate_deductibles.get(separate.id, zero)
        accumulators.separate_deductibles[separate.id] = Pot.of(separate.amount, met, draws)
    for benefit in plan.benefit:
        shared = [each for each in plan.benefit if each.counter == benefit.counter]
        visits = _used_under(benefit.counter, shared, used.visits, 0)
        accumulators.visits.setdefault(benefit.counter, np.full(draws, visits, dtype=np.int64))
        if benefit.benefit_limit is not None:
            shared = [each for each in plan.benefit if each.group == benefit.group]
            spent = _used_under(benefit.group, shared, used.benefit_paid, zero)
            accumulators.limits[benefit.group] = Pot.of(benefit.benefit_limit, spent, draws)
    for threshold in plan.threshold:
        counted = to_minor(used.thresholds.get(threshold.id, zero))
        accumulators.thresholds[threshold.id] = np.full(draws, counted, dtype=np.int64)
    if secondary is not None:
        for rule in secondary.pays:
            if rule.limit is not None:
                spent = used.secondary_paid.get(rule.group, zero)
                accumulators.secondary_limits[rule.group] = Pot.of(rule.limit, spent, draws)
        if secondary.secondary_deductible is not None:
            accumulators.secondary_deductible = Pot.of(secondary.secondary_deductible, used.secondary_deductible, draws)
        if secondary.out_of_pocket_limit is not None:
            accumulators.secondary_out_of_pocket = Pot.of(
                secondary.out_of_pocket_limit, used.secondary_out_of_pocket, draws
            )
    return accumulators


def _own_amount(deductible: Deductible | None) -> Decimal | None:
    """One person's own deductible: none at all is zero, an aggregate one has no share of a person."""
    if deductible is None:
        return Decimal(0)
    return None if deductible.is_aggregate else deductible.amount


def _used_under(name: str, shared: Sequence[Benefit], used: Mapping[str, Number], nothing: Number) -> Number:
    """What is used up of a shared limit: told by the limit's own name, or else by service, which add up."""
    if name in used:
        return used[name]
    services = dict.fromkeys(service.value for benefit in shared for service in benefit.services)
    return sum((used[service] for service in services if service in used), nothing)


def adjudicate(
    covered: CoveredLines,
    plan: Plan,
    used: Used | None = None,
    secondary: Plan | None = None,
    secondary_from: date | None = None,
    keep: Sequence[str] = AMOUNTS,
) -> Adjudication:
    """Split every line between plan, second payer, patient and nobody.

    Lines must be in order of date. `used` is what the first line's plan year has used up already; later plan years start
    afresh. The second payer pays for care from `secondary_from` on. Always
    `charge == plan_pays + secondary_pays + patient_pays + write_off`, on every line and in every draw. `keep` names the
    amounts to write down; the others come back without lines, which saves memory traffic over many draws.
    """
    run = _Run(covered, plan, used or Used(), secondary, secondary_from, keep)
    for index in range(len(covered.coverage)):
        run.line(index)
    return run.result()


class _Run:
    """One walk over the lines: the amounts so far and the accumulators. Lives for one call of `adjudicate`."""

    def __init__(
        self,
        covered: CoveredLines,
        plan: Plan,
        used: Used,
        secondary: Plan | None,
        secondary_from: date | None,
        keep: Sequence[str],
    ) -> None:
        self.covered, self.plan, self.secondary = covered, plan, secondary
        self.secondary_from = secondary_from or date.min
        self.draws = covered.claims.draws
        self.year = covered.coverage[0].plan_year if covered.coverage else 0
        self.now = open_accumulators(plan, secondary, used, self.draws)
        shape = (len(covered.coverage), self.draws)
        self.keep, unkept = keep, (0, self.draws)
        self.out: dict[str, Cents] = {n: np.zeros(shape if n in keep else unkept, dtype=np.int64) for n in AMOUNTS}
        self.deductible_left = np.zeros(shape, dtype=np.int64) if self.draws == 1 else np.zeros((0, 1), dtype=np.int64)
        self.out_of_pocket_left = self.deductible_left.copy()
        self.visit_number = self.deductible_left.copy()
        self.nothing: Cents = np.zeros(self.draws, dtype=np.int64)
        first = covered.claims.lines[0].day if covered.coverage else date.min
        self.month = (first.year, first.month)
        self.counted = {benefit.counter for benefit in plan.benefit if benefit.counts_visits}
        self.never: Flags = np.zeros(self.draws, dtype=bool)
        self.is_present = self.never
        self.seen: dict[tuple[object, ...], Flags] = {}
        self.number = self.nothing
        """The number of the current line's visit in its count."""
        self.numbers: dict[tuple[object, ...], Cents] = {}
        self.once: dict[tuple[object, ...], Cents] = {}
        self.stays: dict[object, tuple[Cents, Cents]] = {}
        """The last day of a stay, as an ordinal, and what is left of its copay."""
        self.reached: dict[str, Flags] = {}
        self.above: dict[str, list[int]] = {threshold.id: [] for threshold in plan.threshold}

    # -------------------------------------------------------- one line

    def line(self, index: int) -> None:
        line, coverage = self.covered.claims.lines[index], self.covered.coverage[index]
        if coverage.plan_year != self.year:
            self._next_plan_year(coverage.plan_year)
        if (line.day.year, line.day.month) != self.month:
            self._next_month(line.day)
        self.is_present = self.covered.claims.present[index]
        charge, allowed = self.covered.claims.charge[index], self.covered.claims.allowed[index]
        parts: dict[Share, Cents] = {}
        nobody, plan_pays = self.nothing, self.nothing
        benefit = coverage.benefit
        if benefit is None and coverage.is_provider_liable:
            nobody = charge
        elif benefit is None:
            parts["not_covered"] = charge
            if coverage.counts_under is not None:
                self._count_cash(coverage, coverage.counts_under, charge)
        else:
            if benefit.fee_cap_per_visit is not None:
                cap = to_minor(benefit.fee_cap_per_visit)
                agreed, key = allowed, ("cap", line.day, benefit.services, coverage.visit_service)
                allowed = self._once_a_visit(key, cap, agreed)
                parts["balance_bill"] = agreed - allowed
            if coverage.is_out_of_network:
                parts["balance_bill"] = charge - allowed
            else:
                nobody = charge - allowed - parts.get("balance_bill", self.nothing)
            plan_pays, unpaid = self._share_allowed(index, line, coverage, benefit, allowed, parts)
            nobody = nobody + unpaid
        left = sum(parts.values(), start=self.nothing)
        secondary_pays = self._second_payer(line, coverage, parts)
        row: dict[str, Cents] = {"charge": charge, "allowed": allowed, "write_off": nobody, "plan_pays": plan_pays}
        row |= {"secondary_pays": secondary_pays, "patient_pays": left - secondary_pays}
        row |= {part: amount for part, amount in parts.items()}  # noqa: C416 - the keys widen to str
        for name in self.keep:
            if name in row:
                self.out[name][index] = row[name]
        if self.draws == 1:
            self.deductible_left[index] = self._deductible_left(coverage, benefit)
            self.out_of_pocket_left[index] = self._out_of_pocket_left(coverage)

    def _share_allowed(
        self,
        index: int,
        line: ClaimLine,
        coverage: Coverage,
        benefit: Benefit,
        allowed: Cents,
        parts: dict[Share, Cents],
    ) -> tuple[Cents, Cents]:
        """Steps 2 to 6 on one covered line; fills `parts` and returns (what the plan pays, what nobody pays)."""
        over_limit, eligible = self._visit_limit(index, coverage, benefit, allowed)
        parts["not_covered"], unpaid, eligible = self._paperwork(index, line, benefit, eligible)
        limit = self.now.limits[benefit.group] if benefit.benefit_limit is not None else None
        if limit is not None and benefit.limit_counts == "allowed":
            within = limit.take(eligible)
            self._mark("benefit_limit_reached", eligible > within)
            over_limit, eligible = over_limit + eligible - within, within
        deductible, copay, coinsurance = self._cost_sharing(line, coverage, benefit, eligible)
        if benefit.counts_to_out_of_pocket_max:
            deductible, copay, coinsurance = self._out_of_pocket_max(coverage, deductible, copay, coinsurance)
        self._use_deductible(coverage, benefit, deductible)
        plan_pays = eligible - deductible - copay - coinsurance
        if self._is_unauthorized(benefit) and benefit.without_authorization == "plan_pays_less":
            late = self._beyond_authorization(benefit)
            kept = np.where(late, share(plan_pays, rate(benefit.authorization_penalty)), 0)
            parts["not_covered"], plan_pays = parts["not_covered"] + kept, plan_pays - kept
        if limit is not None and benefit.limit_counts == "plan_pays":
            within = limit.take(plan_pays)
            self._mark("benefit_limit_reached", plan_pays > within)
            over_limit, plan_pays = over_limit + plan_pays - within, within
        parts |= {"deductible": deductible, "copay": copay, "coinsurance": coinsurance, "over_limit": over_limit}
        return plan_pays, unpaid

    # -------------------------------------------------------- the steps

    def _visit_limit(self, index: int, coverage: Coverage, benefit: Benefit, allowed: Cents) -> tuple[Cents, Cents]:
        """Step 2: (over the limit, within it). A visit counts once, whatever it is billed as."""
        if not benefit.counts_visits:
            return self.nothing, allowed
        visit = (self.covered.claims.lines[index].day, coverage.visit_service, benefit.counter)
        is_new = self.covered.claims.present[index] & ~self.seen.get(visit, self.never)
        self.seen[visit] = self.seen.get(visit, self.never) | is_new
        counts = is_new
        if benefit.deductible_applies and not benefit.visits_under_deductible_count:
            counts = is_new & (self._deductible_left(coverage, benefit) == 0)
        running = self.now.visits[benefit.counter] + counts
        self.now.visits[benefit.counter] = running
        self.number = self.numbers[visit] = np.where(is_new, running, self.numbers.get(visit, running))
        number = self.number
        if self.draws == 1:
            self.visit_number[index] = number
        if benefit.visit_limit is None:
            return self.nothing, allowed
        is_over = number > benefit.visit_limit
        self._mark("visit_limit_reached", is_over & (allowed > 0))
        over = np.where(is_over, allowed, 0)
        return over, allowed - over

    def _paperwork(self, index: int, line: ClaimLine, benefit: Benefit, eligible: Cents) -> tuple[Cents, Cents, Cents]:
        """What is refused for want of approval or confirmation: (the patient's, nobody's, still eligible)."""
        patient, nobody = self.nothing, self.nothing
        if self._is_unauthorized(benefit) and benefit.without_authorization != "plan_pays_less":
            refused = np.where(self._beyond_authorization(benefit), eligible, 0)
            patient, nobody = (
                (refused, nobody) if benefit.without_authorization == "patient_pays" else (patient, refused)
            )
            eligible = eligible - refused
        for threshold in self.plan.threshold:
            if line.service not in threshold.services:
                continue
            running = self.now.thresholds[threshold.id] + eligible
            self.now.thresholds[threshold.id] = running
            is_above = running > to_minor(threshold.amount)
            self._mark(threshold.id, is_above)
            if self.draws == 1 and is_above[0]:
                self.above[threshold.id].append(index)
            if threshold.needs_confirmation and not self.covered.paperwork.medical_need_confirmed:
                refused = np.where(is_above, eligible, 0)
                told = self.covered.paperwork.advance_notice
                patient, nobody = (patient + refused, nobody) if told else (patient, nobody + refused)
                eligible = eligible - refused
        return patient, nobody, eligible

    def _is_unauthorized(self, benefit: Benefit) -> bool:
        return benefit.prior_authorization_after_visit is not None and not self.covered.paperwork.prior_authorization

    def _beyond_authorization(self, benefit: Benefit) -> Flags:
        return np.asarray(self.number > (benefit.prior_authorization_after_visit or 0))

    def _cost_sharing(
        self, line: ClaimLine, coverage: Coverage, benefit: Benefit, eligible: Cents
    ) -> tuple[Cents, Cents, Cents]:
        """Step 4: what the line would take as deductible, copay and coinsurance before the maximum."""
        early = self.nothing
        if benefit.first_visits is not None:
            is_first = self.number <= benefit.first_visits
            first = np.where(is_first, eligible, 0)
            key = ("first", line.day, benefit.services, coverage.visit_service)
            early = self._once_a_visit(key, to_minor(benefit.first_visits_copay), first)
            eligible = eligible - first
        if benefit.deductible_applies and benefit.copay_order == "before_deductible":
            copay = self._copay(line, coverage, benefit, eligible)
            deductible = np.minimum(eligible - copay, self._deductible_left(coverage, benefit))
        else:
            deductible = self._deductible(coverage, benefit, eligible)
            copay = self._copay(line, coverage, benefit, eligible - deductible)
        coinsurance = share(eligible - deductible - copay, rate(benefit.patient_coinsurance))
        return deductible, copay + early, coinsurance

    def _deductible(self, coverage: Coverage, benefit: Benefit, eligible: Cents) -> Cents:
        if not benefit.deductible_applies:
            return self.nothing
        return np.minimum(eligible, self._deductible_left(coverage, benefit))

    def _deductible_left(self, coverage: Coverage, benefit: Benefit | None) -> Cents:
        if benefit is not None and benefit.separate_deductible is not None:
            return self.now.separate_deductibles[benefit.separate_deductible].left
        if self._is_outside(coverage):
            return self.now.outside_deductible.left
        return np.minimum(self.now.deductible.left, self.now.family_deductible.left)

    def _is_outside(self, coverage: Coverage) -> bool:
        """Whether the out-of-network deductible and maximum apply."""
        return coverage.is_out_of_network and self.plan.out_of_network is not None

    def _use_deductible(self, coverage: Coverage, benefit: Benefit, amount: Cents) -> None:
        if not benefit.deductible_applies:
            return
        if benefit.separate_deductible is not None:
            self.now.separate_deductibles[benefit.separate_deductible].take(amount)
            return
        if self._is_outside(coverage):
            self.now.outside_deductible.take(amount)
            return
        self.now.deductible.take(amount)
        self.now.family_deductible.take(amount)
        if self.plan.deductible is not None and self.plan.deductible.amount > 0:
            self._mark("deductible_met", self._deductible_left(coverage, benefit) == 0)

    def _count_cash(self, coverage: Coverage, benefit: Benefit, paid: Cents) -> None:
        """Count what was paid in cash to the deductible and the maximum, as far as anything of them is left."""
        deductible = self._deductible(coverage, benefit, paid)
        self._out_of_pocket_max(coverage, deductible, self.nothing, paid - deductible)
        self._use_deductible(coverage, benefit, deductible)

    def _copay(self, line: ClaimLine, coverage: Coverage, benefit: Benefit, rest: Cents) -> Cents:
        """The copay: once a visit, day or stay, and never above what is left of the line."""
        amount = to_minor(benefit.copay)
        if amount == 0:
            return self.nothing
        what: object = benefit.bundle or (benefit.services, benefit.network)
        match benefit.copay_per:
            case "unit":
                return np.minimum(rest, amount * line.units)
            case "day":
                key: tuple[object, ...] = ("day", line.day, what)
            case "stay":
                return self._once_a_stay(line.day, what, amount, rest)
            case _:
                key = ("visit", line.day, what, None if benefit.bundle else coverage.visit_service)
        return self._once_a_visit(key, amount, rest)

    def _once_a_stay(self, day: date, what: object, amount: int, rest: Cents) -> Cents:
        """The copay of an unbroken run of days; each draw has its own stays."""
        last, left = self.stays.get(what, (self.nothing, self.nothing))
        left = np.where(day.toordinal() - last <= 1, left, amount)
        taken = np.minimum(left, rest)
        self.stays[what] = (np.where(self.is_present, day.toordinal(), last), left - taken)
        return taken

    def _once_a_visit(self, key: tuple[object, ...], amount: int, rest: Cents) -> Cents:
        """As much of an amount owed once for `key` as is left of it and fits into `rest`."""
        left = self.once.get(key)
        if left is None:
            left = np.full(self.draws, amount, dtype=np.int64)
        taken = np.minimum(left, rest)
        self.once[key] = left - taken
        return taken

    def _out_of_pocket_left(self, coverage: Coverage) -> Cents:
        if self._is_outside(coverage):
            return self.now.outside_out_of_pocket.left
        return np.minimum(self.now.out_of_pocket.left, self.now.family_out_of_pocket.left)

    def _out_of_pocket_max(
        self, coverage: Coverage, deductible: Cents, copay: Cents, coinsurance: Cents
    ) -> tuple[Cents, Cents, Cents]:
        """Step 5: the line that reaches the maximum stops exactly on it."""
        own = [self.now.out_of_pocket, self.now.family_out_of_pocket]
        pots = [self.now.outside_out_of_pocket] if self._is_outside(coverage) else own
        if not any(pot.is_limited for pot in pots):
            return deductible, copay, coinsurance
        room = self._out_of_pocket_left(coverage)
        deductible = np.minimum(deductible, room)
        copay = np.minimum(copay, room - deductible)
        coinsurance = np.minimum(coinsurance, room - deductible - copay)
        for pot in pots:
            pot.take(deductible + copay + coinsurance)
        self._mark("out_of_pocket_max_met", self._out_of_pocket_left(coverage) == 0)
        return deductible, copay, coinsurance

    # -------------------------------------------------------- the second payer

    def _second_payer(self, line: ClaimLine, coverage: Coverage, parts: dict[Share, Cents]) -> Cents:
        """Step 7: what the second plan pays of what the first one left; never more than that."""
        paid = self.nothing
        if self.secondary is None or line.day < self.secondary_from:
            return paid
        left = sum(parts.values(), start=self.nothing)
        for rule in self.secondary.pays:
            if rule.services is not None and line.service not in rule.services:
                continue
            base = sum((parts[part] for part in rule.of if part in parts), start=self.nothing)
            base = np.minimum(base, left - paid)
            if self.now.secondary_deductible is not None:
                base = base - self.now.secondary_deductible.take(base)
            paid = paid + self._rule_pays(rule, line, coverage, base)
        return paid

    def _rule_pays(self, rule: Pays, line: ClaimLine, coverage: Coverage, base: Cents) -> Cents:
        key = ("kept", line.day, rule.services, rule.of, coverage.visit_service)
        kept = self._once_a_visit(key, to_minor(rule.visit_copay), base)
        pays = share(base - kept, rate(rule.share))
        limit = self.now.secondary_limits.get(rule.group) if rule.limit is not None else None
        if limit is not None:
            pays = limit.take(pays)
        if self.now.secondary_out_of_pocket is not None:
            pays = base - self.now.secondary_out_of_pocket.take(base - pays)
        return pays

    # -------------------------------------------------------- plan years and the result

    def _next_plan_year(self, year: int) -> None:
        """A new plan year starts afresh; what resets with the episode goes on."""
        self.year = year
        before, self.now = self.now, open_accumulators(self.plan, self.secondary, Used(), self.draws)
        if self.plan.deductible is not None and self.plan.deductible.resets == "episode":
            self.now.deductible, self.now.family_deductible = before.deductible, before.family_deductible
        for separate in self.plan.separate_deductible:
            if separate.resets == "episode":
                self.now.separate_deductibles[separate.id] = before.separate_deductibles[separate.id]
        for benefit in self.plan.benefit:
            if benefit.visit_limit_resets == "episode":
                self.now.visits[benefit.counter] = before.visits[benefit.counter]
            if benefit.benefit_limit_resets == "episode" and benefit.group in before.limits:
                self.now.limits[benefit.group] = before.limits[benefit.group]
        for rule in self.secondary.pays if self.secondary else ():
            if rule.limit_resets == "episode" and rule.group in before.secondary_limits:
                self.now.secondary_limits[rule.group] = before.secondary_limits[rule.group]

    def _next_month(self, day: date) -> None:
        self.month = (day.year, day.month)
        for benefit in self.plan.benefit:
            if benefit.visit_limit_resets == "month":
                self.now.visits[benefit.counter] = self.nothing

    def _mark(self, event: str, is_so: Flags) -> None:
        self.reached[event] = self.reached[event] | is_so if event in self.reached else is_so

    def result(self) -> Adjudication:
        return Adjudication(
            **self.out,
            deductible_left=self.deductible_left,
            out_of_pocket_left=self.out_of_pocket_left,
            visit_number=self.visit_number,
            reached=self.reached,
            above={name: tuple(lines) for name, lines in self.above.items()},
            closing=(self._closing(),) if self.draws == 1 else (),
        )

    def _closing(self) -> Used:
        now = self.now

        def used(pot: Pot) -> Decimal:
            return to_decimal(pot.amount - int(pot.left[0])) if pot.is_limited else Decimal("0.00")

        return Used(
            deductible=used(now.deductible),
            out_of_pocket=used(now.out_of_pocket),
            family_deductible=used(now.family_deductible),
            family_out_of_pocket=used(now.family_out_of_pocket),
            out_of_network_deductible=used(now.outside_deductible),
            out_of_network_out_of_pocket=used(now.outside_out_of_pocket),
            separate_deductibles={name: used(pot) for name, pot in now.separate_deductibles.items()},
            visits={name: int(count[0]) for name, count in now.visits.items() if name in self.counted},
            benefit_paid={group: used(pot) for group, pot in now.limits.items()},
            thresholds={name: to_decimal(int(amount[0])) for name, amount in now.thresholds.items()},
            secondary_paid={group: used(pot) for group, pot in now.secondary_limits.items()},
            secondary_deductible=used(now.secondary_deductible) if now.secondary_deductible else Decimal("0.00"),
            secondary_out_of_pocket=used(now.secondary_out_of_pocket)
            if now.secondary_out_of_pocket
            else Decimal("0.00"),
        )
