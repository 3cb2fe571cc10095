"""A slow, plain twin of the cost sharing: one draw, one line at a time, nothing but `Decimal`.

It is written from what the terms of a plan file mean, not from the engine: no arrays, no minor units, no parts per
million. Where the two differ, one of them is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from estimator.plan import Benefit, Pays, Plan
from estimator.pricing import ClaimLine
from estimator.scenario import Used

ZERO = Decimal("0.00")
CENT = Decimal("0.01")
PARTS = ("deductible", "copay", "coinsurance", "over_limit", "not_covered", "balance_bill")
Money = dict[str, Decimal]
Visit = tuple[date, str]


@dataclass
class YearSoFar:
    """What has been used up. `None` as an amount left means that there is no such amount."""

    deductible: Decimal = ZERO
    family_deductible: Decimal = ZERO
    out_of_pocket: Decimal = ZERO
    family_out_of_pocket: Decimal = ZERO
    outside_deductible: Decimal = ZERO
    outside_out_of_pocket: Decimal = ZERO
    visits: dict[str, int] = field(default_factory=dict)
    numbers: dict[tuple[str, Visit], int] = field(default_factory=dict)
    limits: dict[str, Decimal] = field(default_factory=dict)
    thresholds: dict[str, Decimal] = field(default_factory=dict)
    secondary_limits: dict[str, Decimal] = field(default_factory=dict)
    secondary_deductible: Decimal = ZERO
    secondary_out_of_pocket: Decimal = ZERO


@dataclass
class TwinResult:
    """One dictionary of amounts per line, what was ever reached, and the state after the last line."""

    lines: list[Money]
    reached: set[str]
    closing: YearSoFar


def cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def room(amount: Decimal | None, used: Decimal) -> Decimal:
    """What is left of an amount; without an amount there is no end to it."""
    return Decimal("Infinity") if amount is None else max(amount - used, ZERO)


def visit_of(line: ClaimLine) -> Visit:
    """One day with one kind of provider; an evaluation and a treatment by the therapist are one visit."""
    name = line.service.value
    return line.day, name.removesuffix("_evaluation")


def visits_counted(benefit: Benefit) -> bool:
    return benefit.visit_limit is not None or benefit.prior_authorization_after_visit is not None


class Twin:
    """Adjudicates one list of lines, in order."""

    def __init__(self, plan: Plan, used: Used | None = None, secondary: Plan | None = None) -> None:
        self.plan, self.secondary = plan, secondary
        self.so_far = self._already_used(used or Used())
        self.copays: dict[tuple[int, Visit], Decimal] = {}
        self.kept: dict[tuple[int, Visit], Decimal] = {}
        self.reached: set[str] = set()

    def run(
        self,
        lines: Sequence[ClaimLine],
        charges: Sequence[Decimal],
        allowed: Sequence[Decimal],
        present: Sequence[bool],
    ) -> TwinResult:
        out: list[Money] = []
        year: int | None = None
        for line, charge, allow, is_present in zip(lines, charges, allowed, present, strict=True):
            this_year = self.plan.plan_year(line.day)
            if year is not None and this_year != year:
                self.so_far = self._carried_over()
            year = this_year
            if is_present:
                out.append(self._line(line, charge, min(charge, allow)))
            else:
                out.append(dict.fromkeys(AMOUNTS, ZERO))
                self._look(line)
        return TwinResult(out, self.reached, self.so_far)

    def _look(self, line: ClaimLine) -> None:
        """A line that is not billed changes nothing; it may find what was used up before the first line."""
        benefit = self.plan.benefit_for(line.service, line.network)
        if benefit is None:
            return
        for threshold in self.plan.threshold:
            if line.service in threshold.services and self.so_far.thresholds.get(threshold.id, ZERO) > threshold.amount:
                self.reached.add(threshold.id)
        outside = line.network == "out_of_network" and self.plan.out_of_network is not None
        if benefit.counts_to_out_of_pocket_max:
            self._count_out_of_pocket(ZERO, outside=outside)
        if benefit.deductible_applies and not outside:
            self._use_deductible(ZERO)

    # -------------------------------------------------------- opening and carrying over

    def _already_used(self, used: Used) -> YearSoFar:
        state = YearSoFar(
            deductible=used.deductible,
            family_deductible=used.family_deductible,
            out_of_pocket=used.out_of_pocket,
            family_out_of_pocket=used.family_out_of_pocket,
            thresholds=dict(used.thresholds),
            secondary_limits=dict(used.secondary_paid),
        )
        groups: dict[str, set[str]] = {}
        for benefit in self.plan.benefit:
            groups.setdefault(benefit.group, set()).update(service.value for service in benefit.services)
        for group, services in groups.items():
            state.visits[group] = sum(used_by_name(used.visits, group, services))
            state.limits[group] = sum(used_by_name(used.benefit_paid, group, services), ZERO)
        return state

    def _carried_over(self) -> YearSoFar:
        """A new plan year: everything starts again but what lasts for the episode."""
        old, new = self.so_far, self._already_used(Used())
        if self.plan.deductible is not None and self.plan.deductible.resets == "episode":
            new.deductible, new.family_deductible = old.deductible, old.family_deductible
        for benefit in self.plan.benefit:
            if benefit.visit_limit_resets == "episode" and visits_counted(benefit):
                new.visits[benefit.group] = old.visits.get(benefit.group, 0)
            if benefit.benefit_limit_resets == "episode" and benefit.benefit_limit is not None:
                new.limits[benefit.group] = old.limits.get(benefit.group, ZERO)
        for rule in self.secondary.pays if self.secondary else ():
            if rule.limit_resets == "episode":
                new.secondary_limits[rule.group] = old.secondary_limits.get(rule.group, ZERO)
        return new

    # -------------------------------------------------------- one line

    def _line(self, line: ClaimLine, charge: Decimal, allowed: Decimal) -> Money:
        money = dict.fromkeys(AMOUNTS, ZERO) | {"charge": charge, "allowed": allowed}
        benefit = self.plan.benefit_for(line.service, line.network)
        if benefit is None:
            money["not_covered"] = charge
        else:
            excess = "balance_bill" if line.network == "out_of_network" else "write_off"
            money[excess] = charge - allowed
            self._covered(line, benefit, allowed, money)
        owed = sum((money[part] for part in PARTS), ZERO)
        money["secondary_pays"] = self._secondary(line, money)
        money["patient_pays"] = owed - money["secondary_pays"]
        return money

    def _covered(self, line: ClaimLine, benefit: Benefit, allowed: Decimal, money: Money) -> None:
        so_far, group = self.so_far, benefit.group
        outside = line.network == "out_of_network" and self.plan.out_of_network is not None
        eligible = allowed

        if visits_counted(benefit):
            number = self._visit_number(group, visit_of(line))
            if benefit.visit_limit is not None and number > benefit.visit_limit:
                eligible = ZERO
                if allowed > 0:
                    self.reached.add("visit_limit_reached")

        if benefit.benefit_limit is not None and benefit.limit_counts == "allowed":
            within = min(eligible, room(benefit.benefit_limit, so_far.limits[group]))
            so_far.limits[group] += within
            if within < eligible:
                self.reached.add("benefit_limit_reached")
            eligible = within
        money["over_limit"] = allowed - eligible

        for threshold in self.plan.threshold:
            if line.service in threshold.services:
                counted = so_far.thresholds.get(threshold.id, ZERO) + eligible
                so_far.thresholds[threshold.id] = counted
                if counted > threshold.amount:
                    self.reached.add(threshold.id)

        deductible = min(eligible, self._deductible_room(outside=outside)) if benefit.deductible_applies else ZERO
        copay = self._copay(line, benefit, eligible - deductible)
        coinsurance = cents((eligible - deductible - copay) * benefit.patient_coinsurance)

        if benefit.counts_to_out_of_pocket_max:
            most = self._out_of_pocket_room(outside=outside)
            deductible = min(deductible, most)
            copay = min(copay, most - deductible)
            coinsurance = min(coinsurance, most - deductible - copay)
            self._count_out_of_pocket(deductible + copay + coinsurance, outside=outside)

        if benefit.deductible_applies:
            if outside:
                so_far.outside_deductible += deductible
            else:
                self._use_deductible(deductible)

        plan_pays = eligible - deductible - copay - coinsurance
        if benefit.benefit_limit is not None and benefit.limit_counts == "plan_pays":
            within = min(plan_pays, room(benefit.benefit_limit, so_far.limits[group]))
            so_far.limits[group] += within
            if within < plan_pays:
                self.reached.add("benefit_limit_reached")
            money["over_limit"] += plan_pays - within
            plan_pays = within
        money |= {"deductible": deductible, "copay": copay, "coinsurance": coinsurance, "plan_pays": plan_pays}

    def _visit_number(self, group: str, visit: Visit) -> int:
        """Every visit that falls under a counted group counts once in it, however many lines it has."""
        numbers = self.so_far.numbers
        if (group, visit) not in numbers:
            self.so_far.visits[group] += 1
            numbers[group, visit] = self.so_far.visits[group]
        return numbers[group, visit]

    def _copay(self, line: ClaimLine, benefit: Benefit, rest: Decimal) -> Decimal:
        if benefit.copay_per == "unit":
            return min(rest, benefit.copay * line.units)
        key = (self.plan.benefit.index(benefit), visit_of(line))
        taken = min(rest, benefit.copay - self.copays.get(key, ZERO))
        self.copays[key] = self.copays.get(key, ZERO) + taken
        return taken

    def _deductible_room(self, *, outside: bool) -> Decimal:
        if outside and self.plan.out_of_network is not None:
            return room(self.plan.out_of_network.deductible, self.so_far.outside_deductible)
        terms = self.plan.deductible
        if terms is None:
            return ZERO
        mine = room(terms.amount, self.so_far.deductible)
        return min(mine, room(terms.family_amount, self.so_far.family_deductible))

    def _use_deductible(self, amount: Decimal) -> None:
        self.so_far.deductible += amount
        self.so_far.family_deductible += amount
        if self.plan.deductible and self.plan.deductible.amount and not self._deductible_room(outside=False):
            self.reached.add("deductible_met")

    def _out_of_pocket_room(self, *, outside: bool) -> Decimal:
        if outside and self.plan.out_of_network is not None:
            return room(self.plan.out_of_network.out_of_pocket_max, self.so_far.outside_out_of_pocket)
        terms = self.plan.out_of_pocket_max
        if terms is None:
            return Decimal("Infinity")
        mine = room(terms.amount, self.so_far.out_of_pocket)
        return min(mine, room(terms.family_amount, self.so_far.family_out_of_pocket))

    def _count_out_of_pocket(self, amount: Decimal, *, outside: bool) -> None:
        if outside:
            self.so_far.outside_out_of_pocket += amount
        else:
            self.so_far.out_of_pocket += amount
            self.so_far.family_out_of_pocket += amount
        if self._out_of_pocket_room(outside=outside) == 0:
            self.reached.add("out_of_pocket_max_met")

    # -------------------------------------------------------- the second payer

    def _secondary(self, line: ClaimLine, money: Money) -> Decimal:
        paid = ZERO
        for number, rule in enumerate(self.secondary.pays if self.secondary else ()):
            if rule.services is None or line.service in rule.services:
                base = sum((money[part] for part in rule.of), ZERO)
                paid += self._rule(number, rule, line, base)
        return paid

    def _rule(self, number: int, rule: Pays, line: ClaimLine, base: Decimal) -> Decimal:
        assert self.secondary is not None
        so_far = self.so_far
        if self.secondary.secondary_deductible is not None:
            own = min(base, room(self.secondary.secondary_deductible, so_far.secondary_deductible))
            so_far.secondary_deductible += own
            base -= own
        key = (number, visit_of(line))
        kept = min(base, rule.visit_copay - self.kept.get(key, ZERO))
        self.kept[key] = self.kept.get(key, ZERO) + kept
        pays = cents((base - kept) * rule.share)
        if rule.limit is not None:
            spent = so_far.secondary_limits.get(rule.group, ZERO)
            pays = min(pays, room(rule.limit, spent))
            so_far.secondary_limits[rule.group] = spent + pays
        if self.secondary.out_of_pocket_limit is not None:
            left_to_patient = min(base - pays, room(self.secondary.out_of_pocket_limit, so_far.secondary_out_of_pocket))
            so_far.secondary_out_of_pocket += left_to_patient
            pays = base - left_to_patient
        return pays


AMOUNTS = ("charge", "allowed", *PARTS, "write_off", "plan_pays", "secondary_pays", "patient_pays")


def used_by_name(
    used: Mapping[str, int] | Mapping[str, Decimal], group: str, services: set[str]
) -> list[int] | list[Decimal]:
    """What is used of a group: under its own name, or else the sum over its services."""
    if group in used:
        return [used[group]]  # type: ignore[return-value]
    return [amount for name, amount in used.items() if name in services]  # type: ignore[return-value]
