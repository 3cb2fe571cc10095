"""Why an amount is what it is: lines that add up to it, only the rules that touched them, and sources that are all listed."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from estimator import estimate, projection, quote
from estimator.errors import InputError
from estimator.estimate import Case, open_case
from estimator.messages import Language, speaking
from estimator.outputs import tables
from estimator.outputs.terms import Rule, Terms, total
from estimator.outputs.why import Reasons, Why
from estimator.outputs.words import Words
from estimator.plan import load_plans
from estimator.scenario import Accounts, Scenario, Used, read_scenario
from estimator.vocabulary import Condition, Management, Mode, Reason, Region, Service
from tests.cases import EXAMPLES, TREATMENTS, case, scenario

DRAWS = 200
MONEY = re.compile(r"[$£]\d[\d,]*(?:\.\d\d)?")
MARK = re.compile(r"\[(\d+)\]")
PARTS = ("deductible", "copay", "coinsurance", "over_limit", "not_covered", "balance_bill")
PLANS = [(region, name) for region in Region for name, plan in load_plans(region).items() if plan.role == "primary"]


@dataclass(frozen=True)
class Made:
    """One case with all that its reasons are made of."""

    case: Case
    quote: quote.Quote
    projection: projection.Projection
    words: Words
    reasons: Reasons

    @classmethod
    def of(cls, asked: Case, draws: int = DRAWS) -> "Made":
        quoted, projected, words = quote.quote(asked), projection.project(asked, draws), Words.of(asked.tariff.region)
        return cls(asked, quoted, projected, words, Reasons(asked, quoted, projected, words))

    def all(self) -> Iterator[Why]:
        """Every reason that the page shows."""
        reasons, made = self.reasons, self.quote
        yield reasons.headline()
        yield reasons.payer("patient_pays")
        yield reasons.payer("plan_pays")
        if made.secondary is not None:
            yield reasons.payer("secondary_pays")
        yield reasons.whole()
        yield from (reasons.phase(part) for part in made.by_phase)
        yield from (reasons.service(part) for part in made.by_service)
        yield from (reasons.alternative(each) for each in made.alternatives)
        yield from (why for why in (reasons.average("5"), reasons.lost_pay(), reasons.funding()) if why is not None)


def example(region: Region, **changes: Any) -> Made:
    return Made.of(open_case(read_scenario(EXAMPLES / f"{region}.toml").model_copy(update=changes)))


@pytest.fixture(scope="module", params=list(Region))
def made(request: pytest.FixtureRequest) -> Made:
    return example(request.param)


def money(text: str) -> Decimal:
    return Decimal(re.sub(r"[^\d.]", "", text))


def column(why: Why, title: str) -> int:
    assert why.table is not None
    return [each.title for each in why.table.columns].index(title)


def sum_of(why: Why, title: str) -> Decimal:
    """A column of the lines, added up by hand."""
    assert why.table is not None
    return sum((money(row[column(why, title)]) for row in why.table.rows), Decimal(0))


def named(rules: tuple[Rule, ...], name: str) -> list[Rule]:
    return [rule for rule in rules if rule.name == name]


def waiting(html: str) -> str:
    """What a reason puts in when it is opened."""
    found = re.search(r"data-why='([^']*)'", html)
    return unescape(found[1]) if found else ""


def text(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


# ---------------------------------------------------------------- the lines


def test_the_lines_of_a_phase_and_of_a_service_add_up_to_its_amount(made: Made) -> None:
    pairs = [(part, made.reasons.phase(part)) for part in made.quote.by_phase]
    pairs += [(part, made.reasons.service(part)) for part in made.quote.by_service]
    for part, why in pairs:
        assert why.table is not None
        assert sum_of(why, "You pay") == part.patient_pays
        assert why.table.total[column(why, "You pay")] == made.words.exact(part.patient_pays)
        if part.patient_pays:
            assert made.words.exact(part.patient_pays) in why.says[0]
            assert f"{len(why.table.rows)} lines" in why.says[0] or len(why.table.rows) == 1
        else:
            assert why.says[0] == "You pay nothing here. The lines below say who does."
            assert column(why, made.words.label("plan_pays")) > 0


def test_the_parts_have_every_line_once(made: Made) -> None:
    whole = made.reasons.whole()
    assert whole.table is not None
    assert len(whole.table.rows) == len(made.quote.lines)
    assert sum_of(whole, "You pay") == made.quote.totals.patient_pays
    for parts, why in ((made.quote.by_phase, made.reasons.phase), (made.quote.by_service, made.reasons.service)):
        found = [why(part).table for part in parts]
        assert sum(len(table.rows) for table in found if table is not None) == len(made.quote.lines)


def test_a_row_is_the_row_of_the_full_table(made: Made) -> None:
    every = tables.lines(made.quote, made.words)
    whole = made.reasons.whole().table
    assert whole is not None
    assert (whole.columns, whole.rows, whole.total) == (every.columns, every.rows, every.total)


def test_a_sum_over_many_courses_says_that_it_is_one(made: Made) -> None:
    spread, likely = made.projection.patient_pays, made.quote.totals.patient_pays
    why = made.reasons.headline()
    assert why.about == "Most likely you pay"
    assert made.words.about(spread.p50) in why.says[0]
    assert "possible courses" in why.says[0]
    assert f"comes to {made.words.exact(likely)}" in why.says[-1] or made.words.exact(likely) in why.says[-1]
    assert sum_of(why, "You pay") == likely
    drivers = " ".join(why.says)
    assert all(driver.name[1:] in drivers for driver in made.projection.drivers) or spread.p10 == spread.p90


def test_each_payer_has_the_lines_it_pays_on(made: Made) -> None:
    for who, title in (
        ("plan_pays", made.words.label("plan_pays")),
        ("secondary_pays", made.words.label("secondary_pays")),
    ):
        if not getattr(made.quote.totals, who):
            continue
        why = made.reasons.payer(who)  # type: ignore[arg-type]
        assert why.table is not None
        assert sum_of(why, title) == getattr(made.quote.totals, who)
        assert all(money(row[column(why, title)]) for row in why.table.rows)


def test_what_the_plan_does_not_pay_at_all_has_no_lines() -> None:
    made = Made.of(case(plan="uninsured"))
    why = made.reasons.payer("plan_pays")
    assert why.table is None
    assert why.says == (
        "In at least 9 of 10 possible courses it is nothing.",
        "In the one likely course it is nothing.",
    )


def test_no_reason_runs_the_engine(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the engine ran")

    for room, name in (
        (quote, "adjudicate"),
        (projection, "adjudicate"),
        (estimate, "price_visits"),
        (estimate, "cover"),
    ):
        monkeypatch.setattr(room, name, refuse)
    fresh = Reasons(made.case, made.quote, made.projection, made.words)
    again = Made(made.case, made.quote, made.projection, made.words, fresh)
    assert all(fresh.to_html(why).startswith('<details class="why">') for why in again.all())


# ---------------------------------------------------------------- the rules


def acted(asked: Case) -> tuple[quote.Quote, list[Rule]]:
    quoted = quote.quote(asked)
    return quoted, Terms(asked, quoted, Words.of(asked.tariff.region)).acted_on(quoted.lines)


def amounts(rules: list[Rule], words: Words, *, without: tuple[str, ...]) -> Decimal:
    skipped = {words.label(term) for term in without}
    return sum((rule.amount or Decimal(0) for rule in rules if rule.name not in skipped), Decimal(0))


@pytest.mark.parametrize(("region", "plan"), PLANS)
def test_the_rules_explain_every_cent_of_every_plan(region: Region, plan: str) -> None:
    """What the rules moved is what the first cover leaves to the patient, for every injury."""
    for condition, management in TREATMENTS:
        try:
            asked = open_case(
                scenario(
                    region=region,
                    plan=plan,
                    condition=condition,
                    management=management,
                    services=["physical_therapy", "massage_therapy", "physician_visit", "imaging_mri"],
                )
            )
            quoted, rules = acted(asked)
        except InputError:
            continue
        words = Words.of(asked.tariff.region)
        left = sum((total(quoted.lines, part) for part in PARTS), Decimal(0))
        explained = amounts(rules, words, without=("write_off", "plan_pays", "secondary_pays"))
        assert left == explained, (condition, management)


def test_only_rules_that_touched_the_lines_are_told() -> None:
    made = example(Region.US_PRIVATE)
    by_service = {part.id: made.reasons.service(part) for part in made.quote.by_service}
    names = {service: [rule.name for rule in why.rules] for service, why in by_service.items()}
    assert names["massage_therapy"] == ["Not covered"]
    assert names["physician_visit"] == ["Copay", "Network discount"]
    assert names["physical_therapy_evaluation"] == ["Deductible", "Network discount"]
    assert names["physical_therapy"] == ["Deductible", "Coinsurance", "Network discount"]


def test_a_deductible_says_what_was_paid_before_and_what_these_lines_add() -> None:
    made = example(Region.US_PRIVATE)
    [rule] = named(made.reasons.whole().rules, "Deductible")
    assert rule.amount == made.quote.totals.deductible == Decimal("650.00")
    assert rule.says == (
        "You pay the first $1,000.00 in each plan year, before your plan pays its part. $350.00 of it was paid before."
    )


def test_the_second_cover_says_what_it_pays_of_which_share() -> None:
    made = example(Region.UK_PRIVATE)
    [rule] = named(made.reasons.payer("secondary_pays").rules, "Cash plan pays back")
    assert rule.amount == made.quote.totals.secondary_pays
    assert "pays 75% of what the first cover leaves to you (excess, what is above a limit)" in rule.says
    assert "At most £200.00 in all." in rule.says


def test_two_rules_of_a_second_cover_share_its_payment() -> None:
    made = example(Region.MEDICARE_PART_B)
    rules = named(made.reasons.whole().rules, "Medigap pays")
    assert len(rules) == 2
    assert sum(rule.amount or Decimal(0) for rule in rules) == made.quote.totals.secondary_pays


TERMS: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "visits are limited": (
        "visit_limit = 3",
        {},
        "Visit limit",
        "Your plan pays for 3 visits in each plan year: Physical therapy.",
    ),
    "one visit in a month": (
        'visit_limit = 1\nvisit_limit_resets = "month"',
        {},
        "Visit limit",
        "Your plan pays for 1 visit in each month: Physical therapy evaluation, Physical therapy.",
    ),
    "money is limited": (
        'benefit_limit = 150.00\nbenefit_limit_resets = "episode"',
        {},
        "Benefit limit",
        "Your plan pays up to $150.00 for this injury: Physical therapy.",
    ),
    "bills are counted": (
        'benefit_limit = 150.00\nlimit_counts = "allowed"',
        {},
        "Benefit limit",
        "Your plan counts bills up to $150.00 in each plan year: Physical therapy.",
    ),
    "approval is given": (
        "prior_authorization_after_visit = 2",
        {},
        "Prior authorization",
        "After visit 2 your plan must approve further visits: Physical therapy. The estimate takes it that your plan does.",
    ),
    "approval is missing": (
        "prior_authorization_after_visit = 2",
        {"paperwork": {"prior_authorization": False}},
        "Prior authorization",
        "After visit 2 your plan must approve further visits: Physical therapy. Without it you pay for them.",
    ),
    "the provider bears it": (
        'prior_authorization_after_visit = 2\nwithout_authorization = "provider_pays"',
        {"paperwork": {"prior_authorization": False}},
        "Prior authorization",
        "After visit 2 your plan must approve further visits: Physical therapy. Without it nobody may charge you for them.",
    ),
    "the plan pays less": (
        'prior_authorization_after_visit = 2\nwithout_authorization = "plan_pays_less"\nauthorization_penalty = 0.25',
        {"paperwork": {"prior_authorization": False}},
        "Prior authorization",
        "After visit 2 your plan must approve further visits: Physical therapy. Without it your plan pays less.",
    ),
    "first visits cost less": (
        "first_visits = 2\nfirst_visits_copay = 10.00\ncopay = 30.00",
        {},
        "Copay",
        "$10.00 for each of the first 2 visits of a plan year: Physical therapy evaluation, Physical therapy. $30.00 for each "
        "visit: Physical therapy evaluation, Physical therapy.",
    ),
    "a copay for a day": (
        'copay = 15.00\ncopay_per = "day"',
        {},
        "Copay",
        "$15.00 for each day of care: Physical therapy evaluation, Physical therapy.",
    ),
    "a fee is capped": (
        "fee_cap_per_visit = 40.00",
        {},
        "Balance bill",
        "Your plan counts at most $40.00 for a visit: Physical therapy evaluation, Physical therapy.",
    ),
}


def plan_file(folder: Path, benefit: str, rest: str = "") -> str:
    path = folder / "own.toml"
    services = 'services = ["physical_therapy_evaluation", "physical_therapy"]'
    path.write_text(f'id = "own"\n{rest}\n[[benefit]]\n{services}\n{benefit}\n', encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("which", list(TERMS))
def test_each_kind_of_term_is_said_where_it_acted(which: str, tmp_path: Path) -> None:
    benefit, changes, name, says = TERMS[which]
    asked = case(plan=plan_file(tmp_path, benefit), **changes)
    _, rules = acted(asked)
    assert [rule.says for rule in rules if rule.name == name] == [says]


@pytest.mark.parametrize("which", ["visits are limited", "money is limited", "approval is given", "fee is not capped"])
def test_a_term_that_is_not_reached_is_not_told(which: str, tmp_path: Path) -> None:
    benefit = {
        "visits are limited": "visit_limit = 90",
        "money is limited": "benefit_limit = 90000.00",
        "approval is given": "prior_authorization_after_visit = 90",
        "fee is not capped": "fee_cap_per_visit = 90000.00",
    }[which]
    _, rules = acted(case(plan=plan_file(tmp_path, benefit)))
    assert [rule.name for rule in rules] == ["Plan pays", "Network discount"]


def test_the_most_you_pay_is_told_once_it_is_reached(tmp_path: Path) -> None:
    most = "[out_of_pocket_max]\namount = 120.00\n"
    asked = case(plan=plan_file(tmp_path, "patient_coinsurance = 0.50", most), used=Used(out_of_pocket=Decimal(20)))
    quoted, rules = acted(asked)
    assert any(line.reason == Reason.OUT_OF_POCKET_MAX for line in quoted.lines)
    [rule] = [rule for rule in rules if rule.name == "Out-of-pocket maximum"]
    assert rule.says == (
        "Once you have paid $120.00 for covered care in a plan year, more of it costs you nothing. $20.00 of it was paid before."
    )


def test_a_deductible_of_its_own_and_one_of_the_family_are_named(tmp_path: Path) -> None:
    apart = '[[separate_deductible]]\nid = "therapy"\namount = 90.00\n'
    asked = case(
        plan=plan_file(tmp_path, 'separate_deductible = "therapy"', apart),
        used=Used(separate_deductibles={"therapy": Decimal(30)}),
    )
    [rule] = [rule for rule in acted(asked)[1] if rule.name == "Deductible"]
    assert rule.amount == Decimal("60.00")
    assert rule.says.startswith("You pay the first $90.00 for this care")
    assert rule.says.endswith("$30.00 of it was paid before.")
    family = "[deductible]\namount = 50.00\nfamily_amount = 200.00\nis_aggregate = true\n"
    [rule] = [rule for rule in acted(case(plan=plan_file(tmp_path, "", family)))[1] if rule.name == "Deductible"]
    assert rule.says.startswith("Your family pays the first $200.00 in each plan year")
    injury = '[deductible]\namount = 50.00\nresets = "episode"\n'
    [rule] = [rule for rule in acted(case(plan=plan_file(tmp_path, "", injury)))[1] if rule.name == "Deductible"]
    assert rule.says.startswith("You pay the first $50.00 for this injury")


def test_care_outside_the_network_has_terms_of_its_own() -> None:
    quoted, rules = acted(case(plan="ppo", network="out_of_network"))
    [rule] = [rule for rule in rules if rule.name == "Deductible"]
    assert rule.says == "Outside the network you pay the first $3,000.00 in each plan year."
    [extra] = [rule for rule in rules if rule.name == "Balance bill"]
    assert extra.amount == quoted.totals.balance_bill > 0


def test_missing_paperwork_of_medicare_is_a_rule() -> None:
    asked = case(
        region=Region.MEDICARE_PART_B,
        condition=Condition.AVULSION_GRADE_4,
        management=Management.SURGICAL,
        used=Used(thresholds={"therapy_threshold": Decimal(2400)}),
        paperwork={"medical_need_confirmed": False},
    )
    quoted, rules = acted(asked)
    found = [rule for rule in rules if rule.name == "Paperwork check"]
    assert found
    assert found[0].says.startswith("The year's total passes $2,480.00.")
    assert found[0].amount == sum(l.not_covered for l in quoted.lines if l.reason == Reason.NOT_DOCUMENTED)  # noqa: E741


# ---------------------------------------------------------------- the sources


def test_every_number_in_brackets_stands_in_the_list(made: Made) -> None:
    for why in made.all():
        body = waiting(made.reasons.to_html(why))
        listed = set(re.findall(r'<li value="(\d+)">', body))
        assert set(MARK.findall(text(body))) <= listed, why.about
        assert len(listed) == len(why.sources)


def test_a_source_has_the_same_number_everywhere(made: Made) -> None:
    numbers: dict[str, str] = {}
    for why in made.all():
        for number, cited in re.findall(r'<li value="(\d+)">(.*?)</li>', waiting(made.reasons.to_html(why))):
            assert numbers.setdefault(number, cited) == cited
    assert len(set(numbers.values())) == len(numbers)
    order = [source.title for source in tables.sources(made.quote)]
    for place, title in enumerate(order, start=1):
        assert title in unescape(numbers.get(f"{place}", title))


def test_a_price_that_nobody_published_is_marked_and_dated() -> None:
    made = example(Region.US_PRIVATE)
    body = waiting(made.reasons.to_html(made.reasons.whole()))
    assert '<span class="guess">No published figure; our estimate</span> Read November 20, 2026.' in body


# ---------------------------------------------------------------- beside the cost of care


@pytest.mark.parametrize("region", [Region.NHS, Region.UK_PRIVATE])
def test_lost_pay_is_the_sum_of_its_weeks(region: Region) -> None:
    made = example(region)
    work, why = made.projection.work, made.reasons.lost_pay()
    assert work is not None
    assert work.lost_pay is not None
    assert why is not None
    assert sum_of(why, "Lost") == work.lost_pay.p50
    [rule] = named(why.rules, "Statutory Sick Pay")
    assert rule.amount == sum_of(why, "Statutory Sick Pay")
    assert rule.sources


def test_the_employer_s_sick_pay_is_told() -> None:
    base = read_scenario(EXAMPLES / "nhs.toml")
    assert base.work is not None
    made = example(Region.NHS, work=base.work.model_copy(update={"full_pay_days": 5, "half_pay_days": 3}))
    why = made.reasons.lost_pay()
    assert why is not None
    [rule] = named(why.rules, "Your employer")
    assert rule.amount == sum_of(why, "Your employer") > 0
    assert rule.says.startswith("You said: 5 working days at full pay, 3 at half pay.")


def test_where_no_sick_pay_is_taken_off_the_days_and_the_pay_are_told() -> None:
    made = example(Region.US_PRIVATE)
    work, known, why = made.projection.work, made.case.scenario.work, made.reasons.lost_pay()
    assert work is not None
    assert known is not None
    assert known.daily_pay is not None
    assert why is not None
    assert why.table is None
    days = work.days_off.p50
    assert f"off for {days} calendar days, with 5 working days a week at $180.00 each" in why.says[1]
    assert work.lost_pay is not None
    assert round(known.daily_pay * days * known.days_per_week / 7, 2) == work.lost_pay.p50


def test_without_pay_there_is_no_reason_for_lost_pay() -> None:
    assert Made.of(case()).reasons.lost_pay() is None
    assert Made.of(case()).reasons.to_html(None) == ""


def test_the_accounts_add_up_to_the_share() -> None:
    accounts = Accounts(employer_reimbursement=Decimal(100), health_savings=Decimal(150), tax_rate=Decimal("0.22"))
    made = example(Region.US_PRIVATE, accounts=accounts)
    why = made.reasons.funding()
    assert why is not None
    assert sum_of(why, "Pays") == made.quote.totals.patient_pays
    assert "Tax saved: 22% of $150.00 is $33.00." in why.says
    assert Made.of(case()).reasons.funding() is None


def test_an_alternative_says_what_it_is_and_the_likely_one_has_its_lines() -> None:
    made = example(Region.US_PRIVATE, condition=Condition.UNDIAGNOSED)
    assert len(made.quote.alternatives) == 3
    for each in made.quote.alternatives:
        why = made.reasons.alternative(each)
        assert made.words.exact(each.patient_pays) in why.says[0]
        assert f"{round(each.share * 100)} of 100 people" in why.says[1]
        assert why.sources
        if each.condition == made.quote.priced_condition:
            assert sum_of(why, "You pay") == each.patient_pays
        else:
            assert why.table is None
            assert why.says[-1] == "Choose this injury under question 1 to see its lines."


def test_the_last_phase_says_that_it_is_an_average() -> None:
    made = example(Region.US_PRIVATE)
    share = next(part for part in made.projection.by_phase if part.id == "5")
    why = made.reasons.average("5")
    assert why is not None
    assert why.says[0].startswith(f"{made.words.about(share.patient_mean)} is the average over 200 possible courses")
    assert why.says[1] == "The one likely course is over before this phase."
    longer = example(Region.MEDICARE_PART_B).reasons.average("5")
    assert longer is not None
    assert longer.table is not None
    assert longer.says[1] == "The one likely course has these lines, $20.00 in all."
    assert made.reasons.average("9") is None


# ---------------------------------------------------------------- on the page


def test_each_question_names_its_amount_and_no_two_are_the_same(made: Made) -> None:
    asked = [text(made.reasons.to_html(why).partition("</summary>")[0]) for why in made.all()]
    assert all(question.strip().startswith("Why this number?") for question in asked)
    assert [question for question, count in Counter(asked).items() if count > 1] == []


def test_a_plan_of_somebody_s_own_cannot_bring_in_markup(tmp_path: Path) -> None:
    rest = 'name = "<img src=x onerror=alert(1)> \'&\\" plan"\n[deductible]\namount = 50.00\n'
    made = Made.of(case(plan=plan_file(tmp_path, "", rest)))
    for why in made.all():
        html = made.reasons.to_html(why)
        assert re.sub(r"data-why='[^']*'", "", html).count("'") == html.count("class='why-more'") * 2
        assert "<img" not in html
        assert "<img" not in waiting(html)


def test_hostile_words_of_a_second_cover_stay_words(tmp_path: Path) -> None:
    path = tmp_path / "second.toml"
    path.write_text(
        'id = "second"\nrole = "secondary"\nname = "<script>alert(\'1\')</script>"\n[[pays]]\nof = ["not_covered", "deductible"]\n',
        encoding="utf-8",
    )
    made = Made.of(case(secondary=str(path), services=["massage_therapy", "physical_therapy"]))
    html = made.reasons.to_html(made.reasons.payer("secondary_pays"))
    assert "<script" not in html
    assert "<script" not in waiting(html)
    assert "<script>alert('1')</script>" in text(waiting(html))


@pytest.mark.parametrize("region", [Region.US_PRIVATE, Region.MEDICARE_PART_B])
@pytest.mark.parametrize("condition", [Condition.STRAIN_GRADE_2, Condition.UNDIAGNOSED])
def test_english_and_spanish_give_the_same_amounts_for_the_same_reasons(region: Region, condition: Condition) -> None:
    found: list[list[Counter[str]]] = []
    for language in (Language.AMERICAN, Language.SPANISH):
        with speaking(language):
            made = example(region, condition=condition)
            bodies = [made.reasons.to_html(why) for why in made.all()]
        found.append([Counter(MONEY.findall(f"{text(body)} {text(waiting(body))}")) for body in bodies])
    english, spanish = found
    assert sum(english, Counter())
    assert english == spanish


def test_average_use_has_its_reasons_too() -> None:
    fields = {"mode": Mode.AVERAGE, "injury_date": date(2026, 3, 2), "care_starts": date(2026, 3, 4)}
    made = Made.of(open_case(Scenario.model_validate({**scenario().model_dump(), **fields, "services": ()})))
    assert sum_of(made.reasons.whole(), "You pay") == made.quote.totals.patient_pays
    assert made.reasons.of_service(Service.TRAVEL) is None
