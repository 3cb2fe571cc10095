"""Why an amount is what it is: the lines behind it, the rules of the cover that acted on them, and the sources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from html import escape
from typing import Literal

from estimator.estimate import Case
from estimator.messages import say, say_html, say_many
from estimator.outputs import tables
from estimator.outputs.figures import Notes, cite
from estimator.outputs.tables import Column, Table
from estimator.outputs.terms import Rule, Terms, percent, total
from estimator.outputs.words import Words, number
from estimator.pathway import Source, WorkLossRow
from estimator.projection import Projection, Share, Spread
from estimator.quote import Alternative, Part, Quote, QuoteLine
from estimator.scenario import Work
from estimator.sick_pay import EmployerPay, SickPay, Spell, job_of, load_sick_pay, sick_pay
from estimator.vocabulary import Service

Payer = Literal["patient_pays", "plan_pays", "secondary_pays"]


@dataclass(frozen=True, slots=True)
class Why:
    """The reasons behind one amount; `about` names the amount for those who cannot see beside what it stands."""

    about: str
    says: tuple[str, ...]
    table: Table | None = None
    rules: tuple[Rule, ...] = ()
    sources: tuple[Source, ...] = ()


class Reasons:
    """The reasons behind the amounts of one answer. Runs no engine: it sorts what the answer holds already."""

    def __init__(self, case: Case, quote: Quote, projection: Projection, words: Words) -> None:
        self.case, self.quote, self.projection, self.words = case, quote, projection, words
        self.terms = Terms(case, quote, words)
        self.notes = Notes({source.id: source for source in tables.sources(quote)})
        """The numbers of the sources, those of the prices as everywhere on the page."""
        self.every_line = tables.lines(quote, words)
        self._payers = [field for field, _ in tables.payers(quote, words)]
        self._cited: dict[str, str] = {}

    # ------------------------------------------------------------ sums over many courses

    def headline(self) -> Why:
        """The middle of what the person pays, as the answer's first sentence says it."""
        return replace(self.payer("patient_pays"), about=say("Most likely you pay"))

    def payer(self, who: Payer) -> Why:
        """The middle of what one payer pays over all courses, and the lines of the likely one."""
        spread: Spread = getattr(self.projection, who)
        lines = [line for line in self.quote.lines if getattr(line, who)]
        likely: Decimal = getattr(self.quote.totals, who)
        about = say("You pay") if who == "patient_pays" else self.words.label(who)
        says = [self._middle(spread)]
        if who == "patient_pays" and spread.p10 != spread.p90:
            says += self._spread_over()
        says.append(self._likely(likely, self.words.about(spread.p50)))
        return self._of_lines(about, says, lines, [who])

    def _middle(self, spread: Spread) -> str:
        if spread.p90 == 0:
            return say("In at least 9 of 10 possible courses it is nothing.")
        if spread.p10 == spread.p90:
            return say("In at least 8 of 10 possible courses it is {amount}.", amount=self.words.about(spread.p50))
        return say(
            "{amount} is the middle of {draws} possible courses: half come to less, half to more.",
            amount=self.words.about(spread.p50),
            draws=number(self.projection.draws),
        )

    def _spread_over(self) -> list[str]:
        """What the spread comes from, and how steady the middle is."""
        drivers = [f"{driver.name[:1].lower()}{driver.name[1:]}" for driver in self.projection.drivers]
        says = []
        if drivers:
            says.append(say("What moves the total most, the strongest first: {drivers}.", drivers="; ".join(drivers)))
        error = self.words.exact(self.projection.patient_pays.p50_error)
        says.append(say("With other draws the middle would move by about {amount}.", amount=error))
        return says

    def _likely(self, amount: Decimal, middle: str) -> str:
        if not amount:
            return say("In the one likely course it is nothing.")
        exact = self.words.exact(amount)
        if middle in (exact, self.words.about(amount)):
            return say("The one likely course comes to the same sum, {amount}. Its lines are below.", amount=exact)
        return say("The one likely course comes to {amount}. Its lines are below.", amount=exact)

    def average(self, part_id: str) -> Why | None:
        """The mean of what the person pays in one phase, over all courses; None where no course reaches it."""
        share = self._share(part_id)
        if share is None:
            return None
        lines = [line for line in self.quote.lines if str(line.phase) == part_id]
        says = [
            say(
                "{amount} is the average over {draws} possible courses; not all of them come so far.",
                amount=self.words.about(share.patient_mean),
                draws=number(self.projection.draws),
            )
        ]
        if lines:
            paid = self.words.exact(total(lines, "patient_pays"))
            says.append(say("The one likely course has these lines, {amount} in all.", amount=paid))
        else:
            says.append(say("The one likely course is over before this phase."))
        return self._of_lines(share.name, says, lines, ["patient_pays"])

    # ------------------------------------------------------------ exact sums of the likely course

    def whole(self) -> Why:
        """What the person pays in the one likely course, to the cent."""
        lines = self.quote.lines
        return self._of_lines(
            say("The one likely course"), [self._adds_up(lines, self.quote.totals.patient_pays)], lines, self._payers
        )

    def phase(self, part: Part) -> Why:
        """What the person pays in one phase of the likely course."""
        about = say("You pay, phase {number}: {phase}", number=part.id, phase=part.name)
        return self._part(part, about, lambda line: str(line.phase))

    def service(self, part: Part) -> Why:
        """What the person pays for one kind of care in the likely course."""
        about = say("You pay: {service}", service=tables.name_of(part, self.words))
        return self._part(part, about, lambda line: line.service.value)

    def of_service(self, service: Service) -> Why | None:
        """The same, by the service; None where the likely course has none of it."""
        return next((self.service(part) for part in self.quote.by_service if part.id == service.value), None)

    def _part(self, part: Part, about: str, key: Callable[[QuoteLine], str]) -> Why:
        lines = [line for line in self.quote.lines if key(line) == part.id]
        says = [self._adds_up(lines, part.patient_pays)]
        if (share := self._share(part.id)) is not None and share.patient_p90:
            says.append(self._over_all(share))
        return self._of_lines(about, says, lines, self._asked(part.patient_pays))

    def _asked(self, amount: Decimal) -> Sequence[str]:
        """The person's own money; everybody's where they pay nothing."""
        return ["patient_pays"] if amount else self._payers

    def _adds_up(self, lines: Sequence[QuoteLine], amount: Decimal) -> str:
        if not amount:
            return say("You pay nothing here. The lines below say who does.")
        return say_many(
            "It is what you pay of the line below: {amount}.",
            "It is what you pay of the {count} lines below, added up: {amount}.",
            len(lines),
            amount=self.words.exact(amount),
        )

    def _share(self, part_id: str) -> Share | None:
        shares = (*self.projection.by_phase, *self.projection.by_service)
        return next((share for share in shares if share.id == part_id), None)

    def _over_all(self, share: Share) -> str:
        low, high = self.words.about(share.patient_p10, share.patient_p90), self.words.about(share.patient_p90)
        mean = self.words.about(share.patient_mean)
        if low == high:
            return say("Over all possible courses it is {amount} on average.", amount=mean)
        return say(
            "Over all possible courses it is {amount} on average; in 8 of 10 between {low} and {high}.",
            amount=mean,
            low=low,
            high=high,
        )

    def _of_lines(self, about: str, says: Iterable[str], lines: Sequence[QuoteLine], who: Sequence[str]) -> Why:
        """A reason that rests on lines of the likely course, with their rules and the sources of their prices."""
        rules = tuple(self.terms.acted_on(lines))
        priced = dict.fromkeys(line.price_source for line in lines)
        known = {source.id: source for source in tables.sources(self.quote)}
        prices = [known[name] for name in priced if name in known]
        table = self._table(lines, who) if lines else None
        return Why(about, tuple(says), table, rules, _each_once((*prices, *_of_rules(rules))))

    def _table(self, lines: Sequence[QuoteLine], who: Sequence[str]) -> Table:
        """Some of the lines of the likely course and some of the payers, with sums of their own."""
        first, last = 3, len(self.every_line.columns) - 1
        kept = [0, 1, 2, *(first + self._payers.index(field) for field in who if field in self._payers), last]
        sums = ("charge", *(field for field in who if field in self._payers))
        whole = (self.every_line.total[0], "", *(self.words.exact(total(lines, field)) for field in sums), "")
        rows = (self.every_line.rows[line.line - 1] for line in lines)
        return Table(
            say("Lines of the one likely course"),
            tuple(self.every_line.columns[column] for column in kept),
            tuple(tuple(row[column] for column in kept) for row in rows),
            whole,
        )

    # ------------------------------------------------------------ beside the cost of care

    def alternative(self, other: Alternative) -> Why:
        """What the person would pay if the injury turned out to be this one."""
        about = say("You would pay: {injury}", injury=other.name)
        share = say(
            "It is one of the injuries that yours may turn out to be: {share} of 100 people have it.",
            share=round(other.share * 100),
        )
        if other.condition == self.quote.priced_condition:
            lines = self.quote.lines
            says = (self._adds_up(lines, other.patient_pays), share)
            made = self._of_lines(about, says, lines, self._asked(other.patient_pays))
        else:
            priced = say(
                "{amount} is the one likely course of this injury, priced line by line under the same cover.",
                amount=self.words.exact(other.patient_pays),
            )
            made = Why(about, (priced, share, say("Choose this injury under question 1 to see its lines.")))
        known, stated = self.case.pathway.sources(), self.case.pathway.condition(self.case.scenario.condition)
        mix = [known[name] for name in stated.source.split() if name in known]
        return replace(made, sources=_each_once((*made.sources, *mix)))

    def lost_pay(self) -> Why | None:
        """The pay that is lost: from the days off, the pay of a day, and the sick pay; None where none is reckoned."""
        work, known = self.projection.work, self.case.scenario.work
        if work is None or work.lost_pay is None or known is None or known.daily_pay is None:
            return None
        studies, row = self.case.pathway.sources(), self._work_loss()
        sources = [studies[name] for name in row.source.split()] if row is not None else []
        made = self._absence(known, work.days_off.p50) if self.case.pays_sick_pay else None
        says = [self._middle(work.lost_pay), self._missed(known, work.days_off.p50)]
        if made is None:
            return Why(say("Lost pay"), tuple(says), None, (), _each_once(sources))
        says += [self.words.plain(note) for note in made.notes]
        rules = tuple(self._sick_pay(known, made))
        return Why(say("Lost pay"), tuple(says), _weeks(made, self.words), rules, _each_once((*sources, *made.sources)))

    def _sick_pay(self, work: Work, made: SickPay) -> Iterator[Rule]:
        """What replaces some of the pay: the law's part, and what the person said of the employer's."""
        if made.statutory_pay:
            dated = load_sick_pay(self.case.tariff.folder)
            row = dated.on(self.case.scenario.injury_date)
            terms = [say("Up to {amount} a week.", amount=self.words.exact(row.weekly_rate))]
            if row.earnings_share is not None:
                terms.append(say("Not more than {percent}% of your usual pay.", percent=percent(row.earnings_share)))
            if made.waiting_days:
                terms.append(
                    say_many(
                        "Nothing for the first working day.",
                        "Nothing for the first {count} working days.",
                        made.waiting_days,
                    )
                )
            sources = tuple(source for source in made.sources if source.id == row.source)
            yield Rule(say("Statutory Sick Pay"), " ".join(terms), made.statutory_pay, sources)
        if made.employer_pay:
            said = say(
                "You said: {full} working days at full pay, {half} at half pay. The sum is what that adds to Statutory Sick Pay.",
                full=work.full_pay_days,
                half=work.half_pay_days,
            )
            yield Rule(say("Your employer"), said, made.employer_pay)

    def _missed(self, work: Work, days: int) -> str:
        return say_many(
            "In the middle case you are off for {count} calendar day, with {week} working days a week at {pay} each.",
            "In the middle case you are off for {count} calendar days, with {week} working days a week at {pay} each.",
            days,
            week=work.days_per_week,
            pay=self.words.exact(work.daily_pay or Decimal(0)),
        )

    def _absence(self, work: Work, days: int) -> SickPay | None:
        """The middle absence, week by week."""
        job, first = job_of(work), self.case.scenario.injury_date
        if job is None or days < 1:
            return None
        employer = EmployerPay(full_pay_days=work.full_pay_days, half_pay_days=work.half_pay_days)
        spell = Spell(first=first, last=first + timedelta(days=days - 1))
        return sick_pay(spell, job, (), employer, self.case.tariff.folder)

    def _work_loss(self) -> WorkLossRow | None:
        work = self.case.scenario.work
        key = (self.quote.priced_condition, self.quote.management, work.job_demand if work is not None else None)
        return next(
            (row for row in self.case.pathway.work_loss if (row.condition, row.management, row.job_demand) == key), None
        )

    def funding(self) -> Why | None:
        """Where the person's share comes from; None without accounts."""
        funding, accounts = self.quote.funding, self.case.scenario.accounts
        if funding is None or accounts is None:
            return None
        exact = self.words.exact
        parts = (
            (
                say("Your employer's account"),
                accounts.employer_reimbursement,
                funding.employer_pays,
                funding.employer_left,
            ),
            (say("Your health savings"), accounts.health_savings, funding.from_savings, funding.savings_left),
        )
        rows = [(name, exact(held), exact(left), exact(pays)) for name, held, pays, left in parts if held]
        rows.append((say("Your own pocket"), "", "", exact(funding.own_pocket)))
        columns = (
            Column(say("From")),
            Column(say("You said it holds"), is_amount=True),
            Column(say("Left afterwards"), is_amount=True),
            Column(say("Pays"), is_amount=True),
        )
        whole = (say("Together"), "", "", exact(funding.patient_pays))
        says = [
            say(
                "The employer's account is used first, then the savings, then your own pocket. Together they are your share."
            )
        ]
        if funding.tax_saved:
            says.append(
                say(
                    "Tax saved: {percent}% of {savings} is {amount}.",
                    percent=percent(accounts.tax_rate),
                    savings=exact(funding.from_savings),
                    amount=exact(funding.tax_saved),
                )
            )
        table = Table(say("Where your share comes from, in the one likely course"), columns, tuple(rows), whole)
        return Why(say("Where your share comes from"), tuple(says), table)

    # ------------------------------------------------------------ on the page

    def to_html(self, why: Why | None) -> str:
        """A reason folded away under its question, right at its amount; nothing where there is none.

        Its sentences stand on the page; rules, lines and sources wait as text in `data-why` until somebody opens it,
        because a dozen tables that nobody looks at would make every change slower.
        """
        if why is None:
            return ""
        question = say_html('Why this number? <span class="unseen">{about}</span>', about=why.about)
        says, more = "".join(f"<p>{escape(text)}</p>" for text in why.says), self._more(why)
        waiting = f"<div class='why-more' data-why='{_in_single_quotes(more)}'></div>" if more else ""
        return (
            f'<details class="why"><summary>{question}</summary><div class="why-body">{says}{waiting}</div></details>'
        )

    def _more(self, why: Why) -> str:
        rules = "".join(f"<li>{self._rule(rule)}</li>" for rule in why.rules)
        sources = "".join(f'<li value="{self._number(source)}">{self._cite(source)}</li>' for source in why.sources)
        acted, cited = escape(say("Rules that acted here")), escape(say("Sources"))
        return (
            (f'<p class="why-head">{acted}</p><ul class="plain">{rules}</ul>' if rules else "")
            + (tables.to_html(why.table) if why.table is not None else "")
            + (f'<p class="why-head">{cited}</p><ol class="cites">{sources}</ol>' if sources else "")
        )

    def _rule(self, rule: Rule) -> str:
        marks = " ".join(self.notes.mark(source) for source in rule.sources)
        end = f" {marks}" if marks else ""
        if rule.amount is None:
            return say_html("<b>{rule}.</b> {terms}", rule=rule.name, terms=rule.says) + end
        amount = self.words.exact(rule.amount)
        return say_html("<b>{rule}, {amount}.</b> {terms}", rule=rule.name, amount=amount, terms=rule.says) + end

    def _number(self, source: Source) -> str:
        return self.notes.mark(source).strip("[]")

    def _cite(self, source: Source) -> str:
        if source.id not in self._cited:
            # what there is to know about a source stands with the full list; here it would come a dozen times
            self._cited[source.id] = cite(source.model_copy(update={"note": ""}), self.words)
        return self._cited[source.id]


def _in_single_quotes(markup: str) -> str:
    """Markup as the value of an attribute between single quotes, which leaves its own many quotes as they are."""
    return escape(markup, quote=False).replace("'", "&#39;")


def _of_rules(rules: Iterable[Rule]) -> list[Source]:
    return [source for rule in rules for source in rule.sources]


def _each_once(sources: Iterable[Source]) -> tuple[Source, ...]:
    return tuple({source.id: source for source in sources}.values())


def _weeks(made: SickPay, words: Words) -> Table:
    """An absence week by week: the usual pay, what replaces it, and what is lost."""
    columns = (
        Column(say("Week up to")),
        Column(say("Working days off"), is_amount=True),
        Column(say("Usual pay"), is_amount=True),
        Column(say("Statutory Sick Pay"), is_amount=True),
        Column(say("Your employer"), is_amount=True),
        Column(say("Lost"), is_amount=True),
    )
    fields = ("usual_pay", "statutory_pay", "employer_pay", "lost_pay")
    rows = tuple(
        (words.day(week.ends), f"{week.days_lost}", *(words.exact(getattr(week, field)) for field in fields))
        for week in made.weeks
    )
    whole = (say("Together"), f"{made.days_lost}", *(words.exact(getattr(made, field)) for field in fields))
    return Table(say("Pay in the middle case, week by week"), columns, rows, whole)
