"""A slow, plain twin of the cost sharing: one draw, one line at a time, nothing but `Decimal`.

It is written from what the terms of a plan file mean, not from the engine: no arrays, no minor units, no parts per
million. Where the two differ, one of them is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar

from estimator.coverage import Cash
from estimator.plan import Benefit, Pays, Plan
from estimator.pricing import ClaimLine
from estimator.scenario import Paperwork, Used

ZERO = Decimal("0.00")
CENT = Decimal("0.01")
PARTS = ("deductible", "copay", "coinsurance", "over_limit", "not_covered", "balance_bill")
Money = dict[str, Decimal]
Visit = tuple[date, str]
Number = TypeVar("Number", int, Decimal)


@dataclass
class YearSoFar:
    """What has been used up. `None` as an amount left means that there is no such amount."""

    deductible: Decimal = ZERO
    family_deductible: Decimal = ZERO
    out_of_pocket: Decimal = ZERO
    family_out_of_pocket: Decimal = ZERO
    outside_deductible: Decimal = ZERO
    outside_out_of_pocket: Decimal = ZERO
    separate_deductibles: dict[str, Decimal] = field(default_factory=dict)
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
    terms = (benefit.visit_limit, benefit.prior_authorization_after_visit, benefit.first_visits)
    return any(term is not None for term in terms)


class Twin:
    """Adjudicates one list of lines, in order."""

    def __init__(
        self,
        plan: Plan,
        used: Used | None = None,
        secondary: Plan | None = None,
        paperwork: Paperwork | None = None,
        cash: Cash | None = None,
    ) -> None:
        self.plan, self.secondary, self.paperwork = plan, secondary, paperwork or Paperwork()
        self.cash = cash
        self.so_far = self._already_used(used or Used())
        self.taken: dict[tuple[object, ...], Decimal] = {}
        self.stays: dict[object, tuple[date, date]] = {}
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
        month: tuple[int, int] | None = None
        for line, charge, allow, is_present in zip(lines, charges, allowed, present, strict=True):
            this_year = self.plan.plan_year(line.day)
            if year is not None and this_year != year:
                self.so_far = self._carried_over()
            if month is not None and (line.day.year, line.day.month) != month:
                self._new_month()
            year, month = this_year, (line.day.year, line.day.month)
            if is_present:
                out.append(self._line(line, charge, min(charge, allow)))
            else:
                out.append(dict.fromkeys(AMOUNTS, ZERO))
                self._look(line)
        return TwinResult(out, self.reached, self.so_far)

    def _look(self, line: ClaimLine) -> None:
        """A line that is not billed changes nothing; it may find what was used up before the first line."""
        self._count_cash(line, ZERO)
        benefit = self._terms(line)
        if benefit is None:
            return
        for threshold in self.plan.threshold:
            if line.service in threshold.services and self.so_far.thresholds.get(threshold.id, ZERO) > threshold.amount:
                self.reached.add(threshold.id)
        if benefit.counts_to_out_of_pocket_max:
            self._count_out_of_pocket(ZERO, outside=self._is_outside(line))
        if benefit.deductible_applies:
            self._use_deductible(ZERO, benefit, outside=self._is_outside(line))

    # -------------------------------------------------------- opening and carrying over

    def _already_used(self, used: Used) -> YearSoFar:
        state = YearSoFar(
            deductible=used.deductible,
            family_deductible=used.family_deductible,
            out_of_pocket=used.out_of_pocket,
            family_out_of_pocket=used.family_out_of_pocket,
            thresholds=dict(used.thresholds),
            outside_deductible=used.out_of_network_deductible,
            outside_out_of_pocket=used.out_of_network_out_of_pocket,
            separate_deductibles=dict(used.separate_deductibles),
            secondary_limits=dict(used.secondary_paid),
            secondary_deductible=used.secondary_deductible,
            secondary_out_of_pocket=used.secondary_out_of_pocket,
        )
        for benefit in self.plan.benefit:
            counter, group = benefit.counter, benefit.group
            visits = used_by_name(used.visits, counter, services_of(self.plan, lambda each: each.counter, counter))
            money = used_by_name(used.benefit_paid, group, services_of(self.plan, lambda each: each.group, group))
            state.visits[counter], state.limits[group] = sum(visits), sum(money, ZERO)
        return state

    def _carried_over(self) -> YearSoFar:
        """A new plan year: everything starts again but what lasts for the episode."""
        old, new = self.so_far, self._already_used(Used())
        if self.plan.deductible is not None and self.plan.deductible.resets == "episode":
            new.deductible, new.family_deductible = old.deductible, old.family_deductible
        for separate in self.plan.separate_deductible:
            if separate.resets == "episode":
                new.separate_deductibles[separate.id] = old.separate_deductibles.get(separate.id, ZERO)
        for benefit in self.plan.benefit:
            if benefit.visit_limit_resets == "episode" and visits_counted(benefit):
                new.visits[benefit.counter] = old.visits[benefit.counter]
            if benefit.benefit_limit_resets == "episode" and benefit.benefit_limit is not None:
                new.limits[benefit.group] = old.limits.get(benefit.group, ZERO)
        for rule in self.secondary.pays if self.secondary else ():
            if rule.limit_resets == "episode":
                new.secondary_limits[rule.group] = old.secondary_limits.get(rule.group, ZERO)
        return new

    def _new_month(self) -> None:
        for benefit in self.plan.benefit:
            if benefit.visit_limit_resets == "month":
                self.so_far.visits[benefit.counter] = 0

    # -------------------------------------------------------- one line

    def _line(self, line: ClaimLine, charge: Decimal, allowed: Decimal) -> Money:
        money = dict.fromkeys(AMOUNTS, ZERO) | {"charge": charge, "allowed": allowed}
        benefit = self._terms(line)
        if benefit is None:
            unwarned = not self.paperwork.advance_notice and any(
                exclusion.needs_notice for exclusion in self.plan.exclusion if line.service in exclusion.services
            )
            money["write_off" if unwarned else "not_covered"] = charge
            self._count_cash(line, charge)
        else:
            outside = line.network == "out_of_network" and not benefit.pays_as_in_network
            excess = "balance_bill" if outside else "write_off"
            money[excess] = charge - allowed
            if benefit.fee_cap_per_visit is not None:
                recognised = self._once(("cap", benefit, visit_of(line)), benefit.fee_cap_per_visit, allowed)
                money["balance_bill"] += allowed - recognised
                money["allowed"] = allowed = recognised
            self._covered(line, benefit, allowed, money)
        owed = sum((money[part] for part in PARTS), ZERO)
        money["secondary_pays"] = self._secondary(line, money)
        money["patient_pays"] = owed - money["secondary_pays"]
        return money

    def _terms(self, line: ClaimLine) -> Benefit | None:
        return None if self._is_cash(line) else self._plan_terms(line)

    def _plan_terms(self, line: ClaimLine) -> Benefit | None:
        benefit = self.plan.benefit_for(line.service, line.network)
        if benefit is not None and benefit.referral_required and not self.paperwork.referral:
            return None
        return benefit

    def _is_cash(self, line: ClaimLine) -> bool:
        return self.cash is not None and line.service in self.cash.services

    def _count_cash(self, line: ClaimLine, paid: Decimal) -> None:
        """Cash for covered care uses up the deductible and the maximum, where it counts; the plan pays none of it."""
        benefit = self._plan_terms(line)
        if self.cash is None or not self.cash.counts or not self._is_cash(line) or benefit is None:
            return
        outside = (
            line.network == "out_of_network" and self.plan.out_of_network is not None and not benefit.pays_as_in_network
        )
        self._count_out_of_pocket(min(paid, self._out_of_pocket_room(outside=outside)), outside=outside)
        self._use_deductible(min(paid, self._deductible_room(benefit, outside=outside)), benefit, outside=outside)

    def _once(self, key: tuple[object, ...], amount: Decimal, wanted: Decimal) -> Decimal:
        """As much of `wanted` as is left of an amount that is given once for a key."""
        taken = min(wanted, amount - self.taken.get(key, ZERO))
        self.taken[key] = self.taken.get(key, ZERO) + taken
        return taken

    def _is_outside(self, line: ClaimLine) -> bool:
        terms = self._terms(line)
        as_inside = terms is not None and terms.pays_as_in_network
        return line.network == "out_of_network" and self.plan.out_of_network is not None and not as_inside

    def _covered(self, line: ClaimLine, benefit: Benefit, allowed: Decimal, money: Money) -> None:
        so_far, group, outside = self.so_far, benefit.group, self._is_outside(line)
        number = self._visit_number(line, benefit) if visits_counted(benefit) else 0
        eligible = allowed
        if benefit.visit_limit is not None and number > benefit.visit_limit:
            eligible = ZERO
            if allowed > 0:
                self.reached.add("visit_limit_reached")
        over = allowed - eligible

        after = benefit.prior_authorization_after_visit
        unapproved = after is not None and number > after and not self.paperwork.prior_authorization
        if unapproved and benefit.without_authorization != "plan_pays_less":
            refused_to = "not_covered" if benefit.without_authorization == "patient_pays" else "write_off"
            money[refused_to] += eligible
            eligible = ZERO
        for threshold in self.plan.threshold:
            if line.service in threshold.services:
                counted = so_far.thresholds.get(threshold.id, ZERO) + eligible
                so_far.thresholds[threshold.id] = counted
                if counted > threshold.amount:
                    self.reached.add(threshold.id)
                    if threshold.needs_confirmation and not self.paperwork.medical_need_confirmed:
                        money["not_covered" if self.paperwork.advance_notice else "write_off"] += eligible
                        eligible = ZERO

        if benefit.benefit_limit is not None and benefit.limit_counts == "allowed":
            within = min(eligible, room(benefit.benefit_limit, so_far.limits[group]))
            so_far.limits[group] += within
            if within < eligible:
                self.reached.add("benefit_limit_reached")
            over, eligible = over + eligible - within, within

        deductible, copay, coinsurance = self._sharing(line, benefit, number, eligible)
        if benefit.counts_to_out_of_pocket_max:
            most = self._out_of_pocket_room(outside=outside)
            deductible = min(deductible, most)
            copay = min(copay, most - deductible)
            coinsurance = min(coinsurance, most - deductible - copay)
            self._count_out_of_pocket(deductible + copay + coinsurance, outside=outside)
        if benefit.deductible_applies:
            self._use_deductible(deductible, benefit, outside=outside)

        plan_pays = eligible - deductible - copay - coinsurance
        if unapproved and benefit.without_authorization == "plan_pays_less":
            kept = cents(plan_pays * benefit.authorization_penalty)
            money["not_covered"] += kept
            plan_pays -= kept
        if benefit.benefit_limit is not None and benefit.limit_counts == "plan_pays":
            within = min(plan_pays, room(benefit.benefit_limit, so_far.limits[group]))
            so_far.limits[group] += within
            if within < plan_pays:
                self.reached.add("benefit_limit_reached")
            over, plan_pays = over + plan_pays - within, within
        money |= {"deductible": deductible, "copay": copay, "coinsurance": coinsurance}
        money |= {"over_limit": over, "plan_pays": plan_pays}

    def _sharing(
        self, line: ClaimLine, benefit: Benefit, number: int, eligible: Decimal
    ) -> tuple[Decimal, Decimal, Decimal]:
        """Deductible, copay and coinsurance, before the maximum."""
        if benefit.first_visits is not None and number <= benefit.first_visits:
            return ZERO, self._once(("first", benefit, visit_of(line)), benefit.first_visits_copay, eligible), ZERO
        left = self._deductible_room(benefit, outside=self._is_outside(line)) if benefit.deductible_applies else ZERO
        if benefit.copay_order == "before_deductible":
            copay = self._copay(line, benefit, eligible)
            deductible = min(eligible - copay, left)
        else:
            deductible = min(eligible, left)
            copay = self._copay(line, benefit, eligible - deductible)
        return deductible, copay, cents((eligible - deductible - copay) * benefit.patient_coinsurance)

    def _visit_number(self, line: ClaimLine, benefit: Benefit) -> int:
        """Every visit that falls under a counted group counts once in it, however many lines it has.

        A visit under the deductible has the number of the last one that counted, where such visits do not count.
        """
        counter, visit, numbers = benefit.counter, visit_of(line), self.so_far.numbers
        if (counter, visit) not in numbers:
            under = benefit.deductible_applies and self._deductible_room(benefit, outside=self._is_outside(line)) > 0
            if benefit.visits_under_deductible_count or not under:
                self.so_far.visits[counter] += 1
            numbers[counter, visit] = self.so_far.visits[counter]
        return numbers[counter, visit]

    def _copay(self, line: ClaimLine, benefit: Benefit, rest: Decimal) -> Decimal:
        what: object = benefit.bundle or self.plan.benefit.index(benefit)
        if benefit.copay_per == "unit":
            return min(rest, benefit.copay * line.units)
        when: object = line.day
        if benefit.copay_per == "stay":
            start, last = self.stays.get(what, (line.day, line.day))
            when = start if (line.day - last).days <= 1 else line.day
            self.stays[what] = (when, line.day)  # type: ignore[assignment]
        elif benefit.copay_per == "visit" and not benefit.bundle:
            when = visit_of(line)
        return self._once((benefit.copay_per, what, when), benefit.copay, rest)

    def _deductible_room(self, benefit: Benefit, *, outside: bool) -> Decimal:
        for separate in self.plan.separate_deductible:
            if separate.id == benefit.separate_deductible:
                return room(separate.amount, self.so_far.separate_deductibles.get(separate.id, ZERO))
        if outside and self.plan.out_of_network is not None:
            return room(self.plan.out_of_network.deductible, self.so_far.outside_deductible)
        terms = self.plan.deductible
        if terms is None:
            return ZERO
        family = room(terms.family_amount, self.so_far.family_deductible)
        return family if terms.is_aggregate else min(room(terms.amount, self.so_far.deductible), family)

    def _use_deductible(self, amount: Decimal, benefit: Benefit, *, outside: bool) -> None:
        so_far = self.so_far
        if benefit.separate_deductible is not None:
            met = so_far.separate_deductibles.get(benefit.separate_deductible, ZERO)
            so_far.separate_deductibles[benefit.separate_deductible] = met + amount
        elif outside:
            so_far.outside_deductible += amount
        else:
            so_far.deductible += amount
            so_far.family_deductible += amount
            terms = self.plan.deductible
            if terms and terms.amount and not self._deductible_room(benefit, outside=False):
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
        kept = self._once(("kept", number, visit_of(line)), rule.visit_copay, base)
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


def services_of(plan: Plan, name_of: Callable[[Benefit], str], name: str) -> set[str]:
    """The services of all benefits that go by one name."""
    return {service.value for benefit in plan.benefit if name_of(benefit) == name for service in benefit.services}


def used_by_name(used: Mapping[str, Number], name: str, services: Iterable[str]) -> list[Number]:
    """What is used of a limit: under its own name, or else of each of its services."""
    return [used[name]] if name in used else [used[service] for service in services if service in used]
