"""The comparison as a person reads it: the engine's numbers on common draws, a sentence for every mistake."""

import csv
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from html import unescape
from io import StringIO
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from estimator.comparison import compare
from estimator.estimate import open_case
from estimator.mixes import mixes
from estimator.outputs import comparison_chart
from estimator.outputs.comparison_chart import Row
from estimator.outputs.words import Words
from estimator.outputs.workbook import Sheet, to_csv
from estimator.plan import find_plan
from estimator.projection import DRAWS, project
from estimator.scenario import read_scenario
from estimator.ui import options, state
from estimator.ui.options import Change
from estimator.vocabulary import Network, Region, Service

APP = Path(__file__).parents[2] / "app.py"
PAGE = "estimator/ui/pages/compare.py"
US = Words("USD", "US", {}, {})


def opened(region: Region = Region.US_PRIVATE, **answers: object) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=60).run()
    example = state.answers_of(read_scenario(state.EXAMPLES / f"{region}.toml"))
    app.session_state["answers"] = {**app.session_state["answers"], **example, **answers}
    return app.switch_page(PAGE).run()


def html(app: AppTest) -> str:
    return " ".join(
        element.proto.body for element in app.get("html") if element.proto.body.startswith(("<div", "<header"))
    )


def text(app: AppTest) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html(app))))


def names(app: AppTest) -> list[str]:
    """The names of the rows of the comparison, as they stand."""
    first = html(app).split("<details>")[0]
    return [unescape(name) for name in re.findall(r'class="cmp-name"><b>([^<]*)</b>', first)]


def pick(app: AppTest, region: Region, change: Callable[[list[str]], list[str]]) -> AppTest:
    pills = app.button_group(key=f"compare_{region}_picked")
    return pills.set_value(change(list(pills.value))).run()


def test_the_numbers_are_those_of_the_engine() -> None:
    app = opened()
    example = read_scenario(state.EXAMPLES / "us_private.toml")
    words = Words.of(open_case(example).tariff.region)
    made = compare(example, ["ppo", "gold", "bronze"])
    for option in made.options:
        spread = option.patient_pays
        assert f"{words.about(spread.p50)} 8 in 10: {words.span(spread.p10, spread.p90)}" in text(app)
    assert names(app).index("Marketplace gold plan") < names(app).index("Your case")


def test_the_share_of_cheaper_cases_is_the_engine_s() -> None:
    app = opened()
    gold = compare(read_scenario(state.EXAMPLES / "us_private.toml"), ["ppo", "gold"]).options[1]
    assert gold.cheaper_than_first is not None
    assert f"cheaper than yours in about {round(gold.cheaper_than_first * 100)} of 100 cases" in text(app)


@pytest.mark.parametrize("region", list(Region))
def test_every_region_compares_something(region: Region) -> None:
    app = opened(region)
    assert not app.exception
    assert len(names(app)) >= 4
    assert names(app).count("Your case") == 1
    case = open_case(read_scenario(state.EXAMPLES / f"{region}.toml"))
    words = Words.of(case.tariff.region)
    assert f"You most likely pay {words.about(project(case).patient_pays.p50)}" in text(app)
    assert "Could not be compared" not in text(app)


def test_the_rows_are_sorted_by_what_the_reader_pays() -> None:
    app = opened(Region.UK_PRIVATE)
    first = html(app).split("<details>")[0]
    sums = [Decimal(found.replace(",", "")) for found in re.findall(r'cmp-sum"><b>£([\d,.]+)<', first)]
    assert len(sums) >= 4
    assert sums == sorted(sums)


def test_the_nhs_is_compared_with_private_ways_and_weeks() -> None:
    app = opened(Region.NHS)
    made = mixes(read_scenario(state.EXAMPLES / "nhs.toml"), draws=DRAWS)
    private = next(option for option in made.options if option.way == "private")
    assert "Private, you pay" in names(app)
    assert f"£{private.patient_pays.p50:,.0f}" in text(app)
    assert re.search(r"First therapy session: about \d+ weeks", text(app))
    assert "First therapy session: under a week" in text(app)


def test_an_option_comes_and_goes_with_one_tap() -> None:
    app = opened()
    uninsured = Change(plan="uninsured").id
    pick(app, Region.US_PRIVATE, lambda picked: [*picked, uninsured])
    assert "No insurance (self-pay)" in names(app)
    pick(app, Region.US_PRIVATE, lambda picked: [each for each in picked if each != uninsured])
    assert "No insurance (self-pay)" not in names(app)


def test_six_rows_are_the_most() -> None:
    app = opened()
    plans = [Change(plan=name).id for name in ("bronze", "gold", "hmo", "hdhp_hsa", "uninsured")]
    every = [*plans, Change(massage=False).id]
    pick(app, Region.US_PRIVATE, lambda _: every)
    assert not app.exception
    assert len(names(app)) == 5
    assert any("Six rows at most" in caption.value for caption in app.caption)


def test_an_added_option_changes_more_than_one_thing() -> None:
    app = opened()
    app.session_state["compare_add"] = True
    app.run()
    app.selectbox(key="compare_add_us_private_plan").set_value("hmo").run()
    app.selectbox(key="compare_add_us_private_setting").set_value("hospital_outpatient").run()
    app.button(key="compare_add_now").click().run()
    assert "Employer HMO" in names(app)
    assert "a hospital's outpatient department" in text(app)


def test_nothing_can_be_added_that_differs_in_nothing() -> None:
    app = opened()
    app.session_state["compare_add"] = True
    app.run()
    assert app.button(key="compare_add_now").disabled


def test_a_what_if_deductible_is_a_row_of_its_own_and_goes_again() -> None:
    app = opened()
    app.session_state["compare_if"] = True
    app.run()
    app.select_slider(key="compare_if_ppo_deductible").set_value(Decimal(2500)).run()
    assert "What if" in names(app)
    assert "your plan with: deductible $2,500" in text(app)
    case = open_case(read_scenario(state.EXAMPLES / "us_private.toml"))
    changed = options.with_terms(case.plan, Change(deductible=Decimal(2500)), Network.IN_NETWORK)
    assert changed.deductible is not None
    assert changed.deductible.amount == 2500
    assert case.plan.deductible is not None
    assert case.plan.deductible.amount == 1000
    app.button(key="compare_if_reset").click().run()
    assert "What if" not in names(app)


@pytest.mark.parametrize(("plan", "field", "value"), [("gold", "copay", Decimal(75)), ("ppo", "share", Decimal("0.5"))])
def test_a_term_of_the_therapy_visit_can_be_changed(plan: str, field: str, value: Decimal) -> None:
    before = find_plan(plan, Region.US_PRIVATE)
    change = Change(copay=value) if field == "copay" else Change(share=value)
    after = options.with_terms(before, change, Network.IN_NETWORK)
    found = after.benefit_for(Service.PHYSICAL_THERAPY, Network.IN_NETWORK)
    assert found is not None
    assert getattr(found, "copay" if field == "copay" else "patient_coinsurance") == value
    assert after.benefit_for(Service.PHYSICIAN_VISIT, Network.IN_NETWORK) == before.benefit_for(
        Service.PHYSICIAN_VISIT, Network.IN_NETWORK
    )


def test_the_end_of_the_plan_year_opens_the_section_on_dates() -> None:
    app = opened(injury_date=date(2026, 12, 14), care_starts=date(2026, 12, 16))
    assert app.session_state["compare_dates"]
    assert "A new plan year begins on January 1, 2027" in text(app)
    assert "Start on December 16, 2026 your case" in text(app)


def test_far_from_the_end_of_the_plan_year_it_stays_closed_and_computes_nothing() -> None:
    app = opened()
    assert not app.session_state["compare_dates"]
    assert not [key for key in app.session_state["reckoned"] if key.startswith("dates|")]


def test_a_change_computes_only_what_is_new() -> None:
    app = opened()
    before = dict(app.session_state["reckoned"])
    pick(app, Region.US_PRIVATE, lambda picked: picked[:2])
    after = app.session_state["reckoned"]
    assert all(after[key] is value for key, value in before.items())
    assert len(after) == len(before)


def test_answers_that_do_not_fit_are_a_sentence_and_a_way_back() -> None:
    app = opened(injury_date=date(2026, 3, 2), care_starts=date(2026, 1, 5))
    assert not app.exception
    assert "Care cannot start before the injury" in text(app)


def test_an_option_without_a_price_is_a_sentence_and_the_others_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = options.case_of

    def without_gold(change: Change, own: object) -> object:
        if change.plan == "gold":
            raise options.InputError("plan: the prices of this plan are missing")
        return whole(change, own)  # type: ignore[arg-type]

    monkeypatch.setattr(options, "case_of", without_gold)
    app = opened()
    assert not app.exception
    assert "Marketplace gold plan. Your cover: The prices of this plan are missing." in text(app)
    assert "Marketplace bronze plan" in names(app)


def test_a_hospital_is_not_compared_where_its_own_bill_is_unknown() -> None:
    assert "A hospital" not in names(opened(Region.MEDICARE_PART_B))


# ---------------------------------------------------------------- words, table and file


def row(name: str, low: int, middle: int, high: int, **more: object) -> Row:
    return Row(name, "", Decimal(low), Decimal(middle), Decimal(high), **more)  # type: ignore[arg-type]


YOURS = row("Your case", 100, 200, 300, cheaper=Decimal(0), same=Decimal(1), difference=Decimal(0), is_yours=True)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (row("A", 1, 2, 3, cheaper=Decimal("0.7"), same=Decimal(0)), "cheaper than yours in about 7 of 10 cases"),
        (row("A", 1, 2, 3, cheaper=Decimal("0.2"), same=Decimal("0.1")), "dearer than yours in about 7 of 10 cases"),
        (row("A", 1, 2, 3, cheaper=Decimal(1), same=Decimal(0)), "cheaper than yours in every case"),
        (row("A", 1, 2, 3, cheaper=Decimal(0), same=Decimal(1)), "costs the same in every case"),
        (row("A", 301, 400, 500), "dearer than yours in at least 8 of 10 cases"),
        (row("A", 10, 20, 99), "cheaper than yours in at least 8 of 10 cases"),
        (row("A", 150, 250, 350), ""),
    ],
)
def test_how_an_option_stands_is_counted_in_cases(other: Row, said: str) -> None:
    assert comparison_chart.against(other, YOURS) == said


def test_the_takeaway_names_the_cheapest() -> None:
    other = row("Gold", 50, 120, 200, cheaper=Decimal("0.9"), same=Decimal(0))
    said = comparison_chart.takeaway([YOURS, other], US)
    assert said == "“Gold” costs least: most likely $120 instead of $200; cheaper than yours in about 9 of 10 cases."
    assert comparison_chart.takeaway([YOURS, row("A", 300, 400, 500)], US).startswith("Your own case is the cheapest")


def test_no_amount_is_ever_negative() -> None:
    cheaper = row("A", 1, 2, 3, difference=Decimal(-120))
    assert comparison_chart.usual_difference(cheaper, US) == "$120 less"
    table = comparison_chart.table([YOURS, cheaper], US)
    assert not [cell for cells in table.rows for cell in cells if "-" in cell]


def test_the_file_holds_plain_numbers_and_no_formula() -> None:
    rows = [YOURS, row("=HYPERLINK(1)", 1, 2, 3, difference=Decimal(-198))]
    read = list(csv.reader(StringIO(to_csv(comparison_chart.sheet(rows, "USD")).removeprefix("\ufeff"))))
    assert read[0][2] == "most likely (USD)"
    assert read[2][0] == "'=HYPERLINK(1)"
    assert read[2][2:6] == ["2", "1", "3", "-198"]
    assert {len(cells) for cells in read} == {len(read[0])}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_text_that_looks_like_a_formula_is_disarmed(start: str) -> None:
    made = to_csv(Sheet("s", ("a",), ((f"{start}1+1",),)))
    [_, [cell]] = csv.reader(StringIO(made.removeprefix("\ufeff"), newline=""))
    assert cell == f"'{start}1+1"
