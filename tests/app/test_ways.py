"""Other ways to be treated, and what NHS care still costs: the engine's numbers, opened only when wanted."""

import re
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from estimator.estimate import open_case
from estimator.mixes import Mixes, mixes
from estimator.nhs_costs import nhs_costs
from estimator.outputs import ways_chart
from estimator.outputs.words import Words
from estimator.scenario import read_scenario
from estimator.ui import state, ways
from estimator.vocabulary import Mode, Region, Service

APP = Path(__file__).parents[2] / "app.py"
UK = Words("GBP", "GB", {}, {})
NATIONS = ("England", "Scotland", "Wales", "Northern Ireland")


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(APP, default_timeout=30).run()


@pytest.fixture(scope="module")
def made() -> Mixes:
    return mixes(read_scenario(state.EXAMPLES / "nhs.toml"))


def show(app: AppTest, region: Region, **answers: object) -> AppTest:
    example = read_scenario(state.EXAMPLES / f"{region}.toml")
    app.session_state["answers"] = {**state.answers_of(example), **answers}
    return app.run()


def opened(app: AppTest) -> AppTest:
    app.session_state["ways"] = True
    return app.run()


def text(app: AppTest) -> str:
    bodies = [element.proto.body for element in app.get("html")]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", " ".join(bodies))))


# ---------------------------------------------------------------- the section


@pytest.mark.parametrize("region", [Region.NHS, Region.UK_PRIVATE])
def test_it_says_what_the_engine_says(app: AppTest, region: Region) -> None:
    opened(show(app, region))
    assert not app.exception
    reckoned = mixes(app.session_state["last_answer"].case.scenario)
    said = text(app)
    for option in reckoned.options:
        assert option.says in said
        assert UK.about(option.patient_pays.likely) in said
    for note in (*reckoned.notes, *(each.says for each in reckoned.break_even)):
        assert note in said
    assert reckoned.trial_source.title in said


@pytest.mark.parametrize("nation", NATIONS)
@pytest.mark.parametrize("region", [Region.NHS, Region.UK_PRIVATE])
def test_every_nation_has_its_ways(app: AppTest, region: Region, nation: str) -> None:
    opened(show(app, region, nation=nation))
    assert not app.exception
    assert "NHS diagnosis, private sessions" in text(app)


def test_closed_it_reckons_nothing(app: AppTest) -> None:
    show(app, Region.NHS)
    assert ways.KEPT not in app.session_state
    opened(app)
    assert ways.KEPT in app.session_state


def test_it_is_reckoned_once(app: AppTest) -> None:
    opened(show(app, Region.NHS))
    before = app.session_state[ways.KEPT]
    app.session_state["step_3"] = True
    app.run()
    assert before is app.session_state[ways.KEPT]


@pytest.mark.parametrize("region", [Region.US_PRIVATE, Region.MEDICARE_PART_B])
def test_the_united_states_have_no_such_section(app: AppTest, region: Region) -> None:
    opened(show(app, region))
    assert ways.KEPT not in app.session_state
    assert "What you still pay" not in text(app)


def test_average_use_asks_for_a_plan_of_care_instead(app: AppTest) -> None:
    opened(show(app, Region.NHS, mode=Mode.AVERAGE))
    assert not app.exception
    assert "This compares your own plan of care." in text(app)


def test_without_therapy_there_is_no_picture(app: AppTest) -> None:
    opened(show(app, Region.NHS, nhs_services=[Service.PHYSICIAN_VISIT]))
    assert not app.exception
    assert "The cheapest first." in text(app)
    assert "What you pay against the weeks" not in " ".join(e.proto.body for e in app.get("html"))


def test_nothing_is_promised_about_recovery(app: AppTest) -> None:
    said = text(opened(show(app, Region.NHS)))
    assert "Nothing shows that earlier massage shortens recovery" in said
    assert re.search(r"recover (faster|sooner)|heals? (faster|sooner)", said) is None


# ---------------------------------------------------------------- rows and picture


def test_a_sum_without_a_price_is_the_least_and_beats_nothing(made: Mixes) -> None:
    shown = ways_chart.ways(made)
    by_way = {way.option.way: way for way in shown}
    assert by_way["private_scan_nhs_care"].missing == (Service.IMAGING_ULTRASOUND,)
    assert by_way["nhs_diagnosis_private_sessions"].missing == ()
    assert ways_chart.pays(by_way["private"], UK).startswith("at least £")
    assert all("scan" not in name for way in shown for name in way.beaten_by)
    assert by_way["nhs_diagnosis_private_sessions"].beaten_by == ()


def test_a_way_that_is_beaten_says_by_which(made: Mixes) -> None:
    shown = ways_chart.ways(made)
    by_way = {way.option.way: way for way in shown}
    assert by_way["nhs_course_private_top_up"].beaten_by[0] == "NHS only"
    assert by_way["nhs"].beaten_by == ()


def test_picture_and_table_hold_every_way(made: Mixes) -> None:
    shown = ways_chart.ways(made)
    drawn, table = ways_chart.chart(shown, UK), ways_chart.table(shown, UK)
    dots = " ".join(re.findall(r'<b class="way-dot[^>]*>([^<]*)<', drawn))
    assert sorted(re.findall(r"\d+", dots)) == [str(way.number) for way in shown]
    assert [row[0] for row in table.rows] == [f"{way.number} {way.name}" for way in shown]
    assert all(way.name in ways_chart.alt(shown, UK) for way in shown)
    assert "way-line" in drawn


# ---------------------------------------------------------------- what the NHS leaves to pay


@pytest.mark.parametrize("nation", NATIONS)
def test_what_is_still_to_pay_and_what_it_costs_the_system(app: AppTest, nation: str) -> None:
    show(app, Region.NHS, nation=nation)
    answer = app.session_state["last_answer"]
    said = text(app)
    costs = nhs_costs(answer.case, answer.quote)
    assert f"This likely course costs the health service about {UK.about(costs.cost_to_system)}." in said
    assert "150%" in said
    free = f"They are free in {nation}."
    assert (free in said) == (nation != "England")


def test_what_is_still_to_pay_says_why(app: AppTest) -> None:
    show(app, Region.NHS)
    said = text(app)
    asked = "Why this number? You pay: Prescription item"
    assert said.count(asked) == 2  # in the list of what is still to pay, and under its bar
    assert said.index("What you still pay") < said.rindex(asked) < said.index("Travel, parking, tape")
    show(app, Region.NHS, nation="Scotland")
    assert text(app).count(asked) == 1


def test_a_range_of_one_amount_is_called_the_same() -> None:
    assert ways.in_ten(Decimal("9.90"), Decimal("9.90"), UK) == "the same in 8 of 10 cases"
    assert ways.in_ten(Decimal("80.16"), Decimal("643.20"), UK) == "8 in 10: £80–£643"
    assert ways.in_ten(Decimal("643.10"), Decimal("643.20"), UK) == "the same in 8 of 10 cases"


def test_a_certificate_is_named_where_it_saves(app: AppTest) -> None:
    show(app, Region.NHS, nhs_prescription_items=8)
    case = open_case(app.session_state["last_answer"].scenario)
    saves = nhs_costs(case).prescriptions.saves
    assert saves > 0
    assert f"{UK.exact(saves)} less" in text(app)
    assert "Buy a prepayment certificate" in text(app)
    show(app, Region.NHS, nhs_prescription_items=0)
    assert "Each item costs £9.90. You counted none." in text(app)


def test_trips_are_paid_back_only_with_low_income_and_a_referral(app: AppTest) -> None:
    show(app, Region.NHS)
    assert "No refund: your income must be low" in text(app)
    app.checkbox(key="trips_low_income").check().run()
    assert "must have referred you to hospital care" in text(app)
    app.checkbox(key="trips_referred").check().run()
    app.number_input(key="trips_miles").set_value(100).run()
    assert f"About {UK.exact(Decimal(15))} back by car" in text(app)
