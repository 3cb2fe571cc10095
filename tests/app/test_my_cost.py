"""The page as a person reads it: the same numbers as the engine, an answer to every choice, a sentence for every mistake."""

import re
from datetime import date
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from estimator.estimate import open_case
from estimator.outputs.todo import todo
from estimator.outputs.words import Words, range_sentence
from estimator.plan import load_plans
from estimator.projection import project
from estimator.quote import quote
from estimator.scenario import Accounts, Area, Paperwork, Scenario, Work, read_scenario
from estimator.ui import state
from estimator.vocabulary import Assignment, Condition, JobDemand, Management, Mode, Network, Region, Service

APP = Path(__file__).parents[2] / "app.py"


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(APP, default_timeout=30).run()


def choose(app: AppTest, **answers: object) -> AppTest:
    """Set answers as a closed step holds them, and draw the page again."""
    held = {**app.session_state["answers"], **answers}
    app.session_state["answers"] = held
    for key in answers:
        if key in app.session_state:
            app.session_state[key] = answers[key]
    return app.run()


def open_step(app: AppTest, number: int) -> AppTest:
    app.session_state[f"step_{number}"] = True
    return app.run()


def text(app: AppTest) -> str:
    """Everything a person can read in what we draw ourselves, in order."""
    bodies = [element.proto.body for element in app.get("html")]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", " ".join(bodies))))


def hero(app: AppTest) -> str:
    found = re.search(r'class="hero-sum">([^<]*)<', " ".join(e.proto.body for e in app.get("html")))
    assert found is not None, "the page has no answer"
    return unescape(found[1])


def shown(app: AppTest) -> Scenario:
    """The scenario behind the answer in view."""
    assert not app.exception
    return app.session_state["last_answer"].scenario


def test_it_opens_on_the_complete_example_with_its_number(app: AppTest) -> None:
    example = read_scenario(state.EXAMPLES / "us_private.toml")
    case = open_case(example)
    words = Words.of(case.tariff.region)
    assert words.about(project(case).patient_pays.p50) == hero(app)
    assert range_sentence(project(case).patient_pays, words) in text(app)
    assert words.exact(quote(case).totals.patient_pays) in text(app)
    assert "This is an example." in text(app)
    assert text(app).count(quote(case).disclaimer) == 1


@pytest.mark.parametrize("region", list(Region))
def test_every_example_shows_the_engine_s_numbers(app: AppTest, region: Region) -> None:
    example = read_scenario(state.EXAMPLES / f"{region}.toml")
    app.session_state["answers"] = state.answers_of(example)
    app.run()
    assert (region, example.area, example.used, example.work) == (
        shown(app).region,
        shown(app).area,
        shown(app).used,
        shown(app).work,
    )
    case = open_case(example)
    words, spread = Words.of(case.tariff.region), project(case).patient_pays
    assert ("nothing" if spread.p90 == 0 else words.about(spread.p50)) == hero(app)
    assert words.exact(quote(case).totals.patient_pays) in text(app)


@pytest.mark.parametrize("region", list(Region))
def test_choosing_a_region_leads_to_an_answer(app: AppTest, region: Region) -> None:
    open_step(app, 2).radio(key="region").set_value(region).run()
    assert region == shown(app).region
    assert "Your checklist" in text(app)


@pytest.mark.parametrize("region", list(Region))
def test_every_injury_has_an_answer_everywhere(app: AppTest, region: Region) -> None:
    for condition in Condition:
        choose(app, region=region, condition=condition)
        assert (region, condition) == (shown(app).region, shown(app).condition)
    choose(app, mode=Mode.AVERAGE)
    assert shown(app).mode == Mode.AVERAGE


@pytest.mark.parametrize("region", [Region.US_PRIVATE, Region.MEDICARE_PART_B, Region.UK_PRIVATE])
def test_every_plan_has_an_answer(app: AppTest, region: Region) -> None:
    for plan in load_plans(region).values():
        if plan.role == "secondary":
            choose(app, region=region, **{f"{region}_secondary": plan.id})
            assert plan.id == shown(app).secondary
        elif plan.effective_to is None or plan.effective_to >= date(2026, 3, 4):
            choose(app, region=region, **{f"{region}_plan": plan.id})
            assert plan.id == shown(app).plan
            open_step(app, 4)
            labels = [widget.label for widget in app.number_input]
            assert [label for label in labels if "_" in label or "@" in label] == []


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("region", list(Region))
def test_every_step_opens_and_the_others_close(app: AppTest, region: Region, number: int) -> None:
    choose(app, region=region, condition=Condition.STRAIN_GRADE_3, has_work=True)
    open_step(app, number)
    assert not app.exception
    following = app.button(key=f"next_{number}").click().run()
    assert not following.session_state[f"step_{number}"]
    if number < 5:
        assert following.session_state[f"step_{number + 1}"]


def test_a_warning_sign_stands_above_the_price(app: AppTest) -> None:
    app.checkbox(key="flag_R3").check().run()
    said = text(app)
    assert said.index("Get seen now") < said.index("Most likely you pay")
    assert "Go to an emergency department now." in said


def test_an_urgent_sign_asks_for_a_doctor_first(app: AppTest) -> None:
    app.checkbox(key="flag_R2").check().run()
    assert "See a doctor first" in text(app)
    assert "Get seen now" not in text(app)


def test_no_warning_sign_takes_one_tap(app: AppTest) -> None:
    app.button(key="safety_none").click().run()
    assert "none of these" in text(app)
    assert not app.session_state["safety_open"]


def test_care_before_the_injury_is_a_sentence_and_keeps_everything(app: AppTest) -> None:
    before = hero(app)
    open_step(app, 1).date_input(key="care_starts").set_value(date(2026, 1, 5)).run()
    assert not app.exception
    assert "Care cannot start before the injury" in text(app)
    assert before == hero(app)  # the last answer stays, dimmed
    assert date(2026, 1, 5) == app.date_input(key="care_starts").value
    app.date_input(key="care_starts").set_value(date(2026, 3, 9)).run()
    assert "One thing to change" not in text(app)


def test_not_examined_yet_says_what_each_grade_would_cost(app: AppTest) -> None:
    choose(app, condition=Condition.UNDIAGNOSED)
    assert "Once you know the grade" in text(app)
    assert "See a doctor or physical therapist first" in text(app)


def test_an_operation_is_offered_where_there_is_one(app: AppTest) -> None:
    choose(app, condition=Condition.STRAIN_GRADE_3)
    open_step(app, 5).radio(key="management").set_value(Management.SURGICAL).run()
    assert shown(app).management == Management.SURGICAL
    assert "Surgeon" in text(app)


def test_scotland_pays_nothing(app: AppTest) -> None:
    choose(app, region=Region.NHS, nation="Scotland")
    assert hero(app) == "nothing"
    assert shown(app).plan == "nhs_scotland"


def test_a_date_without_prices_is_answered_with_a_warning(app: AppTest) -> None:
    choose(app, region=Region.MEDICARE_PART_B, injury_date=date(2027, 2, 1), care_starts=date(2027, 2, 3))
    assert "Prices for 2027 are not published yet" in text(app)
    assert "December 31, 2026" in text(app)


def test_a_state_with_many_prices_asks_for_the_county(app: AppTest) -> None:
    choose(app, region=Region.MEDICARE_PART_B, state="CA")
    assert shown(app).area.state == "CA"
    open_step(app, 2).selectbox(key="county").set_value("Los Angeles").run()
    assert shown(app).area.county == "Los Angeles"


def test_a_first_visit_to_another_region_has_used_nothing(app: AppTest) -> None:
    assert shown(app).used.deductible == Decimal("350.00")
    open_step(app, 2).radio(key="region").set_value(Region.MEDICARE_PART_B).run()
    assert shown(app).used.deductible == 0
    app.radio(key="region").set_value(Region.US_PRIVATE).run()
    assert shown(app).used.deductible == Decimal("350.00")


def test_visits_counted_by_service_in_a_file_are_kept(app: AppTest) -> None:
    choose(app, us_private_used_visits_physical_therapy=3)
    assert shown(app).used.visits["physical_therapy"] == 3


def test_a_price_of_ones_own_replaces_ours(app: AppTest) -> None:
    choose(app, us_private_own_prices=[Service.MASSAGE_THERAPY])
    open_step(app, 5).number_input(key="us_private_price_massage_therapy").set_value(50.0).run()
    assert {Service.MASSAGE_THERAPY: Decimal("50.0")} == dict(shown(app).own_prices)
    assert "Your own figure" in text(app)


def test_an_unpriced_service_says_where_to_add_a_price(app: AppTest) -> None:
    choose(app, us_private_services=[Service.PHYSICAL_THERAPY, Service.HOME_CARE])
    assert "Not in the total yet" in text(app)


def test_opening_a_step_computes_nothing(app: AppTest) -> None:
    before = app.session_state["last_answer"]
    open_step(app, 3)
    assert before is app.session_state["last_answer"]


@pytest.mark.parametrize(
    ("name", "raw", "says"),
    [
        ("mine.json", b'{"condition": "strain_grade_9"}', "strain_grade_9"),
        ("mine.toml", b"condition = ", "not valid TOML"),
        ("mine.toml", b"\xff\xfe\x00", "not UTF-8 text"),
        ("mine.json", b"", "empty"),
    ],
)
def test_a_broken_scenario_file_is_a_sentence(name: str, raw: bytes, says: str) -> None:
    with pytest.raises(state.InputError, match=says):
        state.read_upload(name, raw)


def test_an_answer_makes_the_round_trip_through_a_file(app: AppTest) -> None:
    saved = shown(app).model_dump_json(exclude_none=True).encode()
    assert shown(app) == state.read_upload("mine.json", saved)


# ---------------------------------------------------------------- why this number, and the list to copy


def html(app: AppTest) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


def questions(app: AppTest) -> list[str]:
    """What every "Why this number?" on the page asks about."""
    found = re.findall(r'<summary>Why this number\? <span class="unseen">([^<]*)</span></summary>', html(app))
    return [unescape(about) for about in found]


def test_every_amount_opens_its_reasons(app: AppTest) -> None:
    quoted = app.session_state["last_answer"].quote
    words = app.session_state["last_answer"].words
    assert questions(app) == [
        "Most likely you pay",
        "You pay",
        "Plan pays",
        "The one likely course",
        *(f"You pay, phase {part.id}: {part.name}" for part in quoted.by_phase),
        *(f"You pay: {words.service(Service(part.id))}" for part in quoted.by_service),
        "Return and prevent",
        "Lost pay",
    ]
    waiting = [unescape(found) for found in re.findall(r"data-why='([^']*)'", html(app))]
    assert len(waiting) == len(questions(app)) - 1  # the last phase is beyond the likely course: nothing to list
    assert words.exact(quoted.totals.deductible) in waiting[0]
    assert "Illustrative plan put together from published terms" in waiting[0]


def test_accounts_alternatives_and_a_second_cover_have_reasons_too(app: AppTest) -> None:
    choose(app, region=Region.MEDICARE_PART_B, condition=Condition.UNDIAGNOSED, medicare_part_b_secondary="medigap_g")
    assert "Medigap pays" in questions(app)
    assert [about for about in questions(app) if about.startswith("You would pay: ")] == [
        f"You would pay: {each.name}" for each in app.session_state["last_answer"].quote.alternatives
    ]
    choose(app, region=Region.US_PRIVATE, us_private_account_health_savings=150.0)
    assert "Where your share comes from" in questions(app)


def test_what_waits_behind_an_amount_comes_in_when_it_is_opened(app: AppTest) -> None:
    scripts = [element.proto for element in app.get("html") if "whysUnfold" in element.proto.body]
    assert [proto.unsafe_allow_javascript for proto in scripts] == [True]
    assert 'class="why-more"' not in html(app).replace("class='why-more'", "")


def test_the_checklist_can_be_copied_as_a_to_do_list(app: AppTest) -> None:
    answer = app.session_state["last_answer"]
    listed = re.search(r'data-list="([^"]*)"', html(app))
    assert listed is not None
    assert unescape(listed[1]) == todo(answer.checklist, answer.words, answer.quote.disclaimer)
    assert "Copy as to-do list" in text(app)


def test_what_dates_do_to_the_sum_stands_at_the_sum_and_the_rest_with_the_care(app: AppTest) -> None:
    def box(name: str) -> str:
        found = re.search(rf'<(?:section|div) class="{name}".*?</(?:section|div)>', html(app), re.DOTALL)
        assert found is not None
        return unescape(found[0])

    choose(app, region=Region.MEDICARE_PART_B, injury_date=date(2027, 2, 1), care_starts=date(2027, 2, 3))
    assert "Prices for 2027 are not published yet" in box("hero")
    assert "Prices for" not in box("safety")
    massage = {rule.says for rule in app.session_state["last_answer"].case.pathway.file.massage_rule}
    assert any(says in box("safety") for says in massage)
    assert not any(says in box("hero") for says in massage)


# ---------------------------------------------------------------- sick pay, accounts, paperwork


def test_sick_pay_of_the_employer_lowers_the_lost_pay(app: AppTest) -> None:
    choose(app, region=Region.NHS, has_work=True, nhs_daily_pay=120.0, full_pay_days=0)
    before = app.session_state["last_answer"].projection.work.lost_pay.p50
    assert "Statutory Sick Pay is taken off; your employer may pay more." in text(app)
    open_step(app, 5).number_input(key="full_pay_days").set_value(30).run()
    app.number_input(key="half_pay_days").set_value(10).run()
    assert (shown(app).work.full_pay_days, shown(app).work.half_pay_days) == (30, 10)  # type: ignore[union-attr]
    assert before > app.session_state["last_answer"].projection.work.lost_pay.p50
    assert "your employer's sick pay are taken off" in text(app)


def test_who_works_for_themselves_has_no_sick_pay_and_gets_it_back_later(app: AppTest) -> None:
    choose(app, region=Region.UK_PRIVATE, has_work=True, uk_private_daily_pay=120.0, full_pay_days=20)
    open_step(app, 5).radio(key="is_employee").set_value(False).run()
    assert shown(app).work == Work(
        job_demand=JobDemand.LIGHT_OR_STANDING, daily_pay=Decimal("120.00"), is_employee=False
    )
    assert "People who work for themselves have no sick pay." in text(app)
    app.radio(key="is_employee").set_value(True).run()
    assert shown(app).work.full_pay_days == 20  # type: ignore[union-attr]


def test_money_set_aside_is_shown_apart_and_changes_no_price(app: AppTest) -> None:
    before = hero(app)
    assert "Where your share comes from" not in text(app)
    open_step(app, 3).number_input(key="us_private_account_employer_reimbursement").set_value(100.0).run()
    app.number_input(key="us_private_account_health_savings").set_value(150.0).run()
    app.number_input(key="us_private_account_tax_percent").set_value(22.0).run()
    assert shown(app).accounts == Accounts(
        employer_reimbursement=Decimal(100), health_savings=Decimal(150), tax_rate=Decimal("0.22")
    )
    assert before == hero(app)
    said = text(app)
    assert said.index("Your employer's account pays $100.00 of it.") < said.index("Your money, week by week")
    assert "you saved $33.00 in tax" in said


def test_paperwork_that_is_missing_is_asked_for_and_told(app: AppTest) -> None:
    choose(app, region=Region.MEDICARE_PART_B)
    open_step(app, 3).checkbox(key="medicare_part_b_paper_medical_need_confirmed").uncheck().run()
    app.radio(key="medicare_part_b_assignment").set_value(Assignment.NOT_ACCEPTED).run()
    assert shown(app).paperwork == Paperwork(medical_need_confirmed=False)
    assert shown(app).assignment == Assignment.NOT_ACCEPTED
    app.button(key="next_3").click().run()
    assert "no confirmed need (KX)" in text(app)


def test_no_paperwork_is_asked_where_the_cover_needs_none(app: AppTest) -> None:
    choose(app, region=Region.US_PRIVATE, us_private_plan="uninsured")
    open_step(app, 3)
    assert shown(app).plan == "uninsured"
    assert [box.key for box in app.checkbox if "paper" in str(box.key)] == []


def test_a_counter_outside_the_network_says_so(app: AppTest) -> None:
    choose(app, us_private_network=Network.OUT_OF_NETWORK)
    labels = [widget.label for widget in open_step(app, 4).number_input]
    assert [label for label in labels if "@" in label] == []
    assert [label for label in labels if "Visits so far" in label and "outside the network" in label]


# ---------------------------------------------------------------- postcodes


def test_a_postcode_finds_the_region_for_waits_and_for_prices(app: AppTest) -> None:
    choose(app, region=Region.NHS)
    open_step(app, 2).text_input(key="postcode").set_value("ls6 2ab").run()
    assert shown(app).area == Area(nation="England", region="North East and Yorkshire")
    assert app.text_input(key="postcode").value == "LS6"  # the rest of it is dropped
    app.radio(key="region").set_value(Region.UK_PRIVATE).run()
    assert shown(app).area == Area(nation="England", region="Yorkshire and the Humber")
    app.radio(key="region").set_value(Region.NHS).run()
    assert shown(app).area == Area(nation="England", region="North East and Yorkshire")


@pytest.mark.parametrize(
    ("typed", "area"),
    [
        ("SW1A", Area(nation="England", region="London")),
        ("EH1", Area(nation="Scotland")),
        ("cf10 1aa", Area(nation="Wales")),
        ("BT1", Area(nation="Northern Ireland")),
        ("wales", Area(nation="Wales")),
        (" midlands ", Area(nation="England", region="Midlands")),
    ],
)
def test_a_postcode_or_a_name_finds_the_nation(app: AppTest, typed: str, area: Area) -> None:
    choose(app, region=Region.NHS)
    open_step(app, 2).text_input(key="postcode").set_value(typed).run()
    assert area == shown(app).area
    assert shown(app).plan == f"nhs_{(area.nation or '').lower().replace(' ', '_')}"


@pytest.mark.parametrize(("typed", "says"), [("Atlantis", "is no postcode"), ("JE2", "Jersey"), ("ZZ1", "no place is")])
def test_what_is_no_postcode_is_a_sentence_and_changes_nothing(app: AppTest, typed: str, says: str) -> None:
    choose(app, region=Region.NHS, nhs_place="London", nation="England")
    open_step(app, 2).text_input(key="postcode").set_value(typed).run()
    assert says.lower() in text(app).lower()
    assert app.text_input(key="postcode").value == typed
    assert shown(app).area == Area(nation="England", region="London")


def test_a_postcode_in_a_file_becomes_its_region() -> None:
    raw = (state.EXAMPLES / "nhs.toml").read_text(encoding="utf-8").replace('region = "London"', 'region = "LS6"')
    assert state.read_upload("mine.toml", raw.encode()).area.region == "North East and Yorkshire"


# ---------------------------------------------------------------- what is typed is kept


@pytest.mark.parametrize("region", list(Region))
def test_everything_in_a_file_comes_back_in_the_file(app: AppTest, region: Region) -> None:
    american = region in (Region.US_PRIVATE, Region.MEDICARE_PART_B)
    brought = read_scenario(state.EXAMPLES / f"{region}.toml").model_copy(
        update={
            "paperwork": Paperwork(referral=False, advance_notice=False),
            "accounts": Accounts(health_savings=Decimal("200.00"), tax_rate=Decimal("0.225")) if american else None,
            "assignment": Assignment.ACCEPTED,
            "secondary_since": date(2025, 1, 1),
            "work": Work(daily_pay=Decimal("99.50"), full_pay_days=7, half_pay_days=4),
        }
    )
    app.session_state["answers"] = state.answers_of(brought)
    app.run()
    saved = shown(app).model_dump_json(exclude_none=True).encode()
    again = state.read_upload("mine.json", saved)
    for field in ("paperwork", "accounts", "assignment", "secondary_since", "work", "area", "used"):
        assert getattr(brought, field) == getattr(again, field), field
    assert set(brought.services) == set(again.services)


def test_what_is_typed_stays_while_another_region_is_looked_at(app: AppTest) -> None:
    open_step(app, 3).number_input(key="us_private_account_health_savings").set_value(150.0).run()
    before = shown(app)
    open_step(app, 2)
    for region in (Region.NHS, Region.UK_PRIVATE, Region.MEDICARE_PART_B, Region.US_PRIVATE):
        app.radio(key="region").set_value(region).run()
        assert region == shown(app).region
    assert before == shown(app)


# ---------------------------------------------------------------- what to take away


def test_dates_and_report_can_be_taken_away(app: AppTest) -> None:
    labels = [button.proto.label for button in app.get("download_button")]
    assert labels == ["Save my answers", "Dates for my calendar", "Report to print or send"]


def test_an_answer_that_does_not_fit_is_not_taken_away(app: AppTest) -> None:
    open_step(app, 1).date_input(key="care_starts").set_value(date(2026, 1, 5)).run()
    assert [button.proto.label for button in app.get("download_button")] == ["Save my answers"]


def test_nhs_care_before_the_first_known_charge_is_answered_with_the_nearest_one(app: AppTest) -> None:
    example = state.answers_of(read_scenario(state.EXAMPLES / "nhs.toml"))
    long_ago = {"injury_date": date(2024, 2, 1), "care_starts": date(2024, 2, 5), "nhs_prescription_items": 2}
    choose(app, **{**example, **long_ago})
    assert not app.exception
    assert "£19.80" in text(app)
    assert "No prices for 2024 are loaded" in text(app)
