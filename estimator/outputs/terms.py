"""The rules of a cover that acted on some lines, in plain words, each with the money it moved and where it is written."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from estimator.estimate import Case
from estimator.events import Event
from estimator.messages import marked, say, say_many
from estimator.outputs.words import Words
from estimator.pathway import Source
from estimator.plan import Benefit, Plan, Share
from estimator.quote import Quote, QuoteLine
from estimator.vocabulary import Network, Reason, Service, reason_said

NOTHING = Decimal("0.00")
UNCOVERED = (
    Reason.NOT_COVERED,
    Reason.EXPERIMENTAL,
    Reason.NOT_OFFERED,
    Reason.SELF_PAY_ONLY,
    Reason.NO_INSURANCE,
    Reason.OUT_OF_NETWORK,
    Reason.NO_REFERRAL,
    Reason.PROVIDER_LIABLE,
)
"""No terms of the plan pay for such a line."""
WITHOUT_TERMS = (*UNCOVERED, Reason.IN_SURGICAL_FEE, Reason.NO_PUBLISHED_PRICE)
COPAYS = {
    "visit": marked("{amount} for each visit: {services}."),
    "unit": marked("{amount} for each item: {services}."),
    "day": marked("{amount} for each day of care: {services}."),
    "stay": marked("{amount} for each stay: {services}."),
}
MONEY_LIMITS = {
    ("plan_pays", "plan_year"): marked("Your plan pays up to {amount} in each plan year: {services}."),
    ("plan_pays", "episode"): marked("Your plan pays up to {amount} for this injury: {services}."),
    ("allowed", "plan_year"): marked("Your plan counts bills up to {amount} in each plan year: {services}."),
    ("allowed", "episode"): marked("Your plan counts bills up to {amount} for this injury: {services}."),
}
UNAPPROVED = {
    "patient_pays": marked("Without it you pay for them."),
    "provider_pays": marked("Without it nobody may charge you for them."),
    "plan_pays_less": marked("Without it your plan pays less."),
}
LEFT_TO_YOU: Mapping[Share, str] = {
    "over_limit": marked("what is above a limit"),
    "not_covered": marked("what is not covered"),
}
"""Shares that no region has a word for; the others are terms."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A term of the cover: its name, what it says, the money it moved on the lines, and where it is written."""

    name: str
    says: str
    amount: Decimal | None = None
    sources: tuple[Source, ...] = ()


@dataclass(slots=True)
class Terms:
    """What the cover of one quote says; looked up once and asked for many groups of lines."""

    case: Case
    quote: Quote
    words: Words
    known: Mapping[str, Source] = field(init=False)
    _benefits: dict[tuple[Service, Network], Benefit | None] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        second = self.case.secondary.sources if self.case.secondary is not None else ()
        self.known = {
            source.id: source for source in (*self.case.tariff.region.source, *self.case.plan.sources, *second)
        }

    def acted_on(self, lines: Sequence[QuoteLine]) -> list[Rule]:
        """The rules that touched these lines, in the order in which a person meets them."""
        return [
            *self._deductibles(lines),
            *self._copays(lines),
            *self._coinsurance(lines),
            *self._out_of_pocket_max(lines),
            *self._visit_limits(lines),
            *self._money_limits(lines),
            *self._approvals(lines),
            *self._thresholds(lines),
            *self._without_sharing(lines),
            *self._uncovered(lines),
            *self._extra_charges(lines),
            *self._discounts(lines),
            *self._second_cover(lines),
        ]

    # ------------------------------------------------------------ what belongs together

    def written_in(self, plan: Plan) -> tuple[Source, ...]:
        """The sources of a plan's terms."""
        if plan.sources:
            return plan.sources
        named = self.known.get(plan.source) if isinstance(plan.source, str) else None
        return (named,) if named is not None else ()

    def _rule(self, name: str, says: Iterable[str], amount: Decimal | None = None) -> Rule:
        said = " ".join(text for text in says if text)
        return Rule(name, self.words.plain(said), amount, self.written_in(self.case.plan))

    def _benefit(self, line: QuoteLine) -> Benefit | None:
        if line.reason in WITHOUT_TERMS:
            return None
        key = (line.service, line.network)
        if key not in self._benefits:
            self._benefits[key] = self.case.plan.benefit_for(*key)
        return self._benefits[key]

    def _grouped(
        self, lines: Iterable[QuoteLine], key: Callable[[QuoteLine, Benefit], Hashable]
    ) -> Iterator[tuple[Benefit, list[QuoteLine]]]:
        """Covered lines under the same terms, with the terms of the first; a key of None leaves a line out."""
        found: dict[Hashable, tuple[Benefit, list[QuoteLine]]] = {}
        for line in lines:
            benefit = self._benefit(line)
            if benefit is not None and (name := key(line, benefit)) is not None:
                found.setdefault(name, (benefit, []))[1].append(line)
        yield from found.values()

    def _named(self, lines: Iterable[QuoteLine]) -> str:
        return ", ".join(dict.fromkeys(self.words.service(line.service) for line in lines))

    def _happened(self, lines: Iterable[QuoteLine], kind: str) -> list[Event]:
        numbers = {line.line for line in lines}
        return [event for event in self.quote.events if event.kind == kind and event.line in numbers]

    # ------------------------------------------------------------ what you share

    def _is_outside(self, line: QuoteLine, benefit: Benefit) -> bool:
        return (
            line.network == Network.OUT_OF_NETWORK
            and self.case.plan.out_of_network is not None
            and not benefit.pays_as_in_network
        )

    def _deductibles(self, lines: Sequence[QuoteLine]) -> Iterator[Rule]:
        def pot(line: QuoteLine, benefit: Benefit) -> Hashable:
            if not line.deductible:
                return None
            return benefit.separate_deductible or ("outside" if self._is_outside(line, benefit) else "own")

        name, used = self.words.label("deductible"), self.case.scenario.used
        for benefit, group in self._grouped(lines, pot):
            taken = total(group, "deductible")
            if benefit.separate_deductible is not None:
                apart = next(
                    each for each in self.case.plan.separate_deductible if each.id == benefit.separate_deductible
                )
                said = say(
                    "You pay the first {amount} for this care, before your plan pays its part: {services}.",
                    amount=self.words.exact(apart.amount),
                    services=self._named(group),
                )
                yield self._rule(
                    name, (said, self._paid_before(used.separate_deductibles.get(apart.id, NOTHING))), taken
                )
            elif self._is_outside(group[0], benefit) and self.case.plan.out_of_network is not None:
                said = say(
                    "Outside the network you pay the first {amount} in each plan year.",
                    amount=self.words.exact(self.case.plan.out_of_network.deductible),
                )
                yield self._rule(name, (said, self._paid_before(used.out_of_network_deductible)), taken)
            elif self.case.plan.deductible is not None:
                yield self._rule(name, (self._first(), self._paid_before(used.deductible)), taken)

    def _first(self) -> str:
        own = self.case.plan.deductible
        assert own is not None
        if own.is_aggregate and own.family_amount is not None:
            amount = self.words.exact(own.family_amount)
            return say(
                "Your family pays the first {amount} in each plan year, before your plan pays its part.", amount=amount
            )
        amount = self.words.exact(own.amount)
        if own.resets == "episode":
            return say("You pay the first {amount} for this injury, before your plan pays its part.", amount=amount)
        return say("You pay the first {amount} in each plan year, before your plan pays its part.", amount=amount)

    def _paid_before(self, amount: Decimal) -> str:
        return say("{amount} of it was paid before.", amount=self.words.exact(amount)) if amount else ""

    def _copays(self, lines: Sequence[QuoteLine]) -> Iterator[Rule]:
        def terms(line: QuoteLine, benefit: Benefit) -> Hashable:
            if not line.copay:
                return None
            return benefit.copay, benefit.copay_per, benefit.first_visits, benefit.first_visits_copay

        for benefit, group in self._grouped(lines, terms):
            said, services = [], self._named(group)
            if benefit.first_visits:
                said.append(
                    say_many(
                        "{amount} for the first visit of a plan year: {services}.",
                        "{amount} for each of the first {count} visits of a plan year: {services}.",
                        benefit.first_visits,
                        amount=self.words.exact(benefit.first_visits_copay),
                        services=services,
                    )
                )
            if benefit.copay:
                amount = self.words.exact(benefit.copay)
                said.append(say(COPAYS[benefit.copay_per], amount=amount, services=services))
            yield self._rule(self.words.label("copay"), said, total(group, "copay"))

    def _coinsurance(self, lines: Sequence[QuoteLine]) -> Iterator[Rule]:
        for benefit, group in self._grouped(
            lines, lambda line, benefit: benefit.patient_coinsurance if line.coinsurance else None
        ):
            said = say(
                "You pay {percent}% of the price that counts: {services}.",
                percent=percent(benefit.patient_coinsurance),
                services=self._named(group),
            )
            yield self._rule(self.words.label("coinsurance"), (said,), total(group, "coinsurance"))

    def _out_of_pocket_max(self, lines: Sequence[QuoteLine]) -> Iterator[Rule]:
        after = [line for line in lines if line.reason == Reason.OUT_OF_POCKET_MAX]
        if self.case.plan.out_of_pocket_max is None or not (after or self._happened(lines, "out_of_pocket_max_met")):
            return
        said = say(
            "Once you have paid {amount} for covered care in a plan year, more of it costs you nothing.",
            amount=self.words.exact(self.case.plan.out_of_pocket_max.amount),
        )
        before = self._paid_before(self.case.scenario.used.out_of_pocket)
        yield self._rule(self.words.label("out_of_pocket_max"), (said, before))

    # ------------------------------------------------------------ limits and paperwork

    def _visit_limits(self, lines: Sequence[QuoteLine]) -> Iterator[Rule]:
        reached = {event.line for event in self._happened(lines, "visit_limit_reached")}

        def counter(line: QuoteLine, benefit: Benefit) -> Hashable:
            acted = line.line in reached or (line.over_limit and line.reason == Reason.VISIT_LIMIT)
            return benefit.counter if acted and benefit.visit_limit is not None else None

        for benefit, group in self._grouped(lines, counter):
            said = _visits(benefit, self._named(group))
            yield self._rule(self.words.label("visit_limit"), (said,), total(group, "over_limit") or None)

    def _money_limits(self, lines: Sequence[QuoteLine]) -> Iterator[Rule]:
        def pot(line: QuoteLine, benefit: Benefit) -> Hashable:
            is_over = line.over_limit and line.reason != Reason.VISIT_LIMIT
            return benefit.group if is_over and benefit.benefit_limit is not None else None

        for benefit, group in self._grouped(lines, pot):
            said = say(
                MONEY_LIMITS[benefit.limit_counts, benefit.benefit_limit_resets],
                amount=self.words.exact(benefit.benefit_limit or NOTHING),
                services=self._named(group),
            )
            yield self._rule(self.words.label("benefit_limit"), (said,), total(group, "over_limit"))

    def _approvals(self, lines: Sequence[QuoteLine]) -> Iterator[Rule]:
        is_given = self.case.scenario.paperwork.prior_authorization
        due = {event.line for event in self._happened(lines, "prior_authorization_due")}

        def terms(line: QuoteLine, benefit: Benefit) -> Hashable:
            is_cut = not is_given and line.not_covered and benefit.without_authorization == "plan_pays_less"
            acted = line.line in due or line.reason == Reason.NO_AUTHORIZATION or is_cut
            return benefit.counter if acted and benefit.prior_authorization_after_visit is not None else None

        for benefit, group in self._grouped(lines, terms):
            said = say(
                "After visit {number} your plan must approve further visits: {services}.",
                number=benefit.prior_authorization_after_visit,
                services=self._named(group),
            )
            without = say(UNAPPROVED[benefit.without_authorization])
            then = say("The estimate takes it that your plan does.") if is_given else without
            yield self._rule(self.words.label("prior_authorization"), (said, then), total(group, "not_covered") or None)

    def _thresholds(self, lines: Sequence[QuoteLine]) -> Iterator[Rule]:
        passed = {event.id for event in self._happened(lines, "threshold")}
        refused = [line for line in lines if line.reason == Reason.NOT_DOCUMENTED]
        for threshold in self.case.plan.threshold:
            here = [line for line in refused if threshold.needs_confirmation and line.service in threshold.services]
            if threshold.id in passed or here:
                said = say("The year's total passes {amount}.", amount=self.words.exact(threshold.amount))
                then = reason_said(Reason.NOT_DOCUMENTED) if here else ""
                yield self._rule(
                    say("Paperwork check"), (said, threshold.note, then), total(here, "not_covered") or None
                )

    def _without_sharing(self, lines: Sequence[QuoteLine]) -> Iterator[Rule]:
        free = [line for line in lines if line.reason == Reason.NO_COST_SHARING and line.plan_pays]
        if free:
            said = say("Your plan pays these lines in full: {services}.", services=self._named(free))
            yield self._rule(self.words.label("plan_pays"), (said,), total(free, "plan_pays"))

    # ------------------------------------------------------------ what no term pays for

    def _uncovered(self, lines: Sequence[QuoteLine]) -> Iterator[Rule]:
        groups: dict[tuple[Reason, str], list[QuoteLine]] = {}
        for line in lines:
            if line.reason in UNCOVERED and line.charge:
                groups.setdefault((line.reason, self._exclusion(line.service)[0]), []).append(line)
        for (reason, note), group in groups.items():
            said = say("{services}: {reason}", services=self._named(group), reason=reason_said(reason))
            amount = total(group, "not_covered") or total(group, "write_off")
            named = self.known.get(self._exclusion(group[0].service)[1])
            sources = (named,) if named is not None else self.written_in(self.case.plan)
            name = say("No insurance") if reason == Reason.NO_INSURANCE else say("Not covered")
            yield Rule(name, self.words.plain(f"{said} {note}".strip()), amount, sources)

    def _exclusion(self, service: Service) -> tuple[str, str]:
        """The note and the source of what the plan leaves out."""
        return next(
            ((each.note, each.source) for each in self.case.plan.exclusion if service in each.services), ("", "")
        )

    def _extra_charges(self, lines: Sequence[QuoteLine]) -> Iterator[Rule]:
        for benefit, group in self._grouped(
            lines, lambda line, benefit: benefit.fee_cap_per_visit or NOTHING if line.balance_bill else None
        ):
            if benefit.fee_cap_per_visit is not None:
                said = say(
                    "Your plan counts at most {amount} for a visit: {services}.",
                    amount=self.words.exact(benefit.fee_cap_per_visit),
                    services=self._named(group),
                )
            else:
                said = self.words.explain("balance_bill") or say(
                    "The provider bills more than the price that counts, and you pay the difference."
                )
            yield self._rule(self.words.label("balance_bill"), (said,), total(group, "balance_bill"))

    def _discounts(self, lines: Sequence[QuoteLine]) -> Iterator[Rule]:
        """What nobody pays because of a contract; what is refused stands under its own rule."""
        amount = NOTHING
        for line in lines:
            if line.write_off and self._benefit(line) is not None:
                amount += min(line.write_off, max(line.charge - line.allowed, NOTHING))
        if amount:
            said = self.words.explain("write_off") or say("Your plan's contract keeps the provider from charging it.")
            yield self._rule(self.words.label("write_off"), (said,), amount)

    # ------------------------------------------------------------ the second cover

    def _second_cover(self, lines: Sequence[QuoteLine]) -> Iterator[Rule]:
        cover, paid = self.case.secondary, [line for line in lines if line.secondary_pays]
        if cover is None or not paid:
            return
        for number, rule in enumerate(cover.pays):
            here = [line for line in paid if rule.services is None or line.service in rule.services]
            parts = [part for part in rule.of if any(getattr(line, part) for line in here)]
            if not parts:
                continue
            left = ", ".join(
                say(LEFT_TO_YOU[part]) if part in LEFT_TO_YOU else self.words.inside(part) for part in parts
            )
            said = [
                say(
                    "{plan} pays {percent}% of what the first cover leaves to you ({parts}): {services}.",
                    plan=cover.title,
                    percent=percent(rule.share),
                    parts=left,
                    services=self._named(here),
                )
            ]
            if rule.limit is not None:
                said.append(say("At most {amount} in all.", amount=self.words.exact(rule.limit)))
            if rule.visit_copay and not rule.note:
                said.append(say("You keep up to {amount} of each visit.", amount=self.words.exact(rule.visit_copay)))
            if number == 0 and cover.secondary_deductible:
                said.append(say("First you pay {amount} a year.", amount=self.words.exact(cover.secondary_deductible)))
            apart = all(each is rule or not _meet(here, each.services) for each in cover.pays)
            yield Rule(
                self.words.label("secondary_pays"),
                self.words.plain(" ".join((*said, rule.note)).strip()),
                total(here, "secondary_pays") if apart else None,
                self.written_in(cover),
            )


def _visits(benefit: Benefit, services: str) -> str:
    """A visit limit in words."""
    count = benefit.visit_limit or 0
    match benefit.visit_limit_resets:
        case "plan_year":
            return say_many(
                "Your plan pays for {count} visit in each plan year: {services}.",
                "Your plan pays for {count} visits in each plan year: {services}.",
                count,
                services=services,
            )
        case "episode":
            return say_many(
                "Your plan pays for {count} visit for this injury: {services}.",
                "Your plan pays for {count} visits for this injury: {services}.",
                count,
                services=services,
            )
        case "month":
            return say_many(
                "Your plan pays for {count} visit in each month: {services}.",
                "Your plan pays for {count} visits in each month: {services}.",
                count,
                services=services,
            )


def _meet(lines: Iterable[QuoteLine], services: Sequence[Service] | None) -> bool:
    return services is None or any(line.service in services for line in lines)


def total(lines: Iterable[QuoteLine], amount: str) -> Decimal:
    """One amount of some lines, added up."""
    return sum((getattr(line, amount) for line in lines), NOTHING)


def percent(share: Decimal) -> str:
    """A share as a percentage without its sign."""
    return f"{(share * 100).normalize():f}"
