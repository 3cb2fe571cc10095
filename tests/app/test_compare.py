"""The comparison as a person reads it: the engine's numbers on common draws, a sentence for every mistake."""

import csv
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html import unescape
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from streamlit.testing.v1 import AppTest

from estimator.comparison import BreakEven, Care, Pair, Terms, break_even, compare, paying_cash, with_terms
from estimator.estimate import open_case
from estimator.mixes import mixes
from estimator.outputs import comparison_chart
from estimator.outputs.comparison_chart import Row
from estimator.outputs.words import Words, chance
from estimator.outputs.workbook import Sheet, to_csv, to_xlsx
from estimator.projection import DRAWS, patient_totals, project
from estimator.scenario import read_scenario
from estimator.timing import begun_on
from estimator.ui import comparison_view, options, state
from estimator.ui.options import Change
from estimator.vocabulary import Condition, Management, Mode, Network, Region, Service

APP = Path(__file__).parents[2] / "app.py"
PAGE = "estimator/ui/pages/compare.py"
US = Words("USD", "US", {}, {})
BOTH = "Both physical therapy and massage therapy"
MISSING = "not counted against yours: a price is missing"


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
    every = [*plans, Change(care=Care.THERAPY).id]
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
    assert "A hospital's outpatient department" in text(app)


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
    assert "Deductible: $2,500" in text(app)
    case = open_case(read_scenario(state.EXAMPLES / "us_private.toml"))
    changed = with_terms(case.plan, Terms(deductible=Decimal(2500)), Network.IN_NETWORK)
    spread = project(replace(case, plan=changed)).patient_pays
    words = Words.of(case.tariff.region)
    assert f"{words.about(spread.p50)} 8 in 10: {words.span(spread.p10, spread.p90)}" in text(app)
    app.button(key="compare_if_reset").click().run()
    assert "What if" not in names(app)


@pytest.mark.parametrize(
    ("plan", "field", "value", "said"),
    [
        ("gold", "copay", Decimal(75), "Copay for a therapy visit: $75"),
        ("ppo", "coinsurance", Decimal("0.5"), "Coinsurance for therapy: 50%"),
        ("ppo", "out_of_pocket_max", Decimal(1000), "Out-of-pocket maximum: $1,000"),
        ("ppo", "visit_limit", Decimal(5), "Therapy visits a plan year: 5"),
    ],
)
def test_every_term_of_the_plan_can_be_moved(plan: str, field: str, value: Decimal, said: str) -> None:
    app = opened(us_private_plan=plan)
    app.session_state["compare_if"] = True
    app.run()
    app.select_slider(key=f"compare_if_{plan}_{field}").set_value(value).run()
    assert not app.exception
    assert "What if" in names(app)
    assert said in text(app)


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


# ---------------------------------------------------------------- care, cash, another start


def test_massage_or_therapy_or_both_are_rows_of_their_own() -> None:
    app = opened()
    chosen = [Change(care=care).id for care in (Care.THERAPY, Care.MASSAGE)]
    pick(app, Region.US_PRIVATE, lambda _: chosen)
    assert {"Your case", "Only physical therapy", "Only massage therapy"} == {*names(app)}
    assert "Massage alone leaves out the exercises that you do with a therapist." in text(app)


def test_massage_alone_is_not_offered_for_a_torn_off_tendon() -> None:
    torn_off: dict[str, object] = {
        "condition": Condition.AVULSION_GRADE_4,
        "us_private_services": [Service.PHYSICAL_THERAPY],
    }
    for management, massage in ((Management.CONSERVATIVE, []), (Management.SURGICAL, [BOTH])):
        app = opened(**torn_off, management=management)
        offered = app.button_group(key="compare_us_private_picked").options
        assert [each for each in offered if "massage" in f"{each}"] == massage


def test_cash_beside_the_plan_is_a_row_and_says_what_it_rests_on() -> None:
    app = opened(us_private_plan="ppo")
    chosen = [Change(cash="cash").id, Change(cash="cash_counts").id]
    pick(app, Region.US_PRIVATE, lambda _: chosen)
    case = open_case(read_scenario(state.EXAMPLES / "us_private.toml"))
    words = Words.of(case.tariff.region)
    for counts in (False, True):
        spread = project(paying_cash(case, counts=counts)).patient_pays
        assert f"{words.about(spread.p50)} 8 in 10: {words.span(spread.p10, spread.p90)}" in text(app)
    assert "does not count to your deductible" in text(app)
    assert "Most plans count only what they are billed for" in text(app)


@pytest.mark.parametrize("region", [Region.MEDICARE_PART_B, Region.NHS])
def test_cash_is_no_choice_where_the_plan_must_be_billed_or_pays_everyone(region: Region) -> None:
    offered = opened(region).button_group(key=f"compare_{region}_picked").options
    assert not [each for each in offered if "cash for therapy" in f"{each}".lower()]


def test_the_form_offers_no_cash_beside_the_nhs() -> None:
    app = opened(Region.NHS)
    app.session_state["compare_add"] = True
    app.run()
    assert not [box for box in app.selectbox if box.key == "compare_add_nhs_cash"]


def test_cash_in_another_place_is_added_as_one_option() -> None:
    app = opened()
    app.session_state["compare_add"] = True
    app.run()
    app.selectbox(key="compare_add_us_private_setting").set_value("hospital_outpatient").run()
    app.selectbox(key="compare_add_us_private_cash").set_value("cash").run()
    app.button(key="compare_add_now").click().run()
    case = open_case(
        read_scenario(state.EXAMPLES / "us_private.toml").model_copy(update={"setting": "hospital_outpatient"})
    )
    spread, words = project(paying_cash(case, counts=False)).patient_pays, Words.of(case.tariff.region)
    assert "Could not be compared" not in text(app)
    assert f"{words.about(spread.p50)} 8 in 10: {words.span(spread.p10, spread.p90)}" in text(app)


def test_cash_beside_a_plan_that_pays_for_nothing_is_a_sentence_and_the_others_stay() -> None:
    app = opened()
    odd = Change(plan="uninsured", cash="cash")
    app.session_state["compare"] = {
        "us_private_added": [odd],
        "us_private_picked": [odd.id, Change(plan="gold").id],
    }
    app.run()
    assert not app.exception
    assert "No insurance (self-pay). Your cover: This cover pays for no therapy here" in text(app)
    assert "Marketplace gold plan" in names(app)


def test_the_average_patient_can_ask_about_cash_too() -> None:
    app = opened(mode=Mode.AVERAGE)
    app.session_state["compare_cash"] = True
    pick(app, Region.US_PRIVATE, lambda _: [Change(cash="cash").id])
    assert not app.exception
    assert "Cash for therapy" in names(app)


def test_the_break_even_of_cash_is_that_of_the_engine() -> None:
    app = opened()
    app.session_state["compare_cash"] = True
    app.run()
    case = open_case(read_scenario(state.EXAMPLES / "us_private.toml"))
    found, words = break_even(case), Words.of(case.tariff.region)
    assert found.plan_wins_from == 1
    assert "Your plan costs less than cash from the first therapy visit on." in text(app)
    with_plan, in_cash = found.with_plan[found.likely_visits], found.in_cash[found.likely_visits]
    assert f"you {words.exact(with_plan)} with the plan and {words.exact(in_cash)} with cash" in text(app)
    assert "Texas House Bill 2002 (2023)" in text(app)


YEAR_END: dict[str, object] = {
    "condition": Condition.PROXIMAL_TENDINOPATHY,
    "injury_date": date(2026, 9, 1),
    "care_starts": date(2026, 11, 30),
}


def test_a_start_after_the_new_year_is_an_option_inside_the_window() -> None:
    app = opened(**YEAR_END)
    assert "Start on January 1, 2027" in names(app)
    assert "A later start is compared for its cost alone" in text(app)
    shown = app.session_state["last_answer"].case
    moved = begun_on(shown, date(2027, 1, 1))
    words = Words.of(shown.tariff.region)
    spread = project(moved).patient_pays
    assert f"{words.about(spread.p50)} 8 in 10: {words.span(spread.p10, spread.p90)}" in text(app)


def test_a_start_after_the_new_year_outside_the_window_is_a_sentence_and_no_option() -> None:
    app = opened(injury_date=date(2026, 11, 14), care_starts=date(2026, 11, 16))
    assert not [name for name in names(app) if name.startswith("Start on")]
    assert "A start after the new plan year begins, on January 1, 2027, is not compared" in text(app)
    assert "which closes on December 5, 2026" in text(app)


def test_nobody_is_told_of_a_new_year_that_is_far_away() -> None:
    assert "A start after the new plan year" not in text(opened())


# ---------------------------------------------------------------- any two of them


def test_any_two_options_are_counted_draw_by_draw() -> None:
    app = opened()
    app.session_state["compare_two"] = True
    app.run()
    assert not app.exception
    app.selectbox(key="compare_two_first").set_value(Change(plan="bronze").id).run()
    app.selectbox(key="compare_two_second").set_value(Change(plan="gold").id).run()
    example = read_scenario(state.EXAMPLES / "us_private.toml")
    first, second = (
        patient_totals(open_case(example.model_copy(update={"plan": plan}))) for plan in ("bronze", "gold")
    )
    share = Decimal(str(round(float((first < second).mean()), 4)))
    assert f"“Marketplace bronze plan” costs less than “Marketplace gold plan” {chance(share)}." in text(app)


def test_an_option_that_goes_takes_its_pair_along() -> None:
    app = opened()
    app.session_state["compare_two"] = True
    app.run()
    app.selectbox(key="compare_two_first").set_value(Change(plan="bronze").id).run()
    pick(app, Region.US_PRIVATE, lambda _: [Change(plan="gold").id])
    assert not app.exception
    assert "“Marketplace gold plan” costs less than “Your case”" in text(app)


def test_options_of_one_name_are_told_apart() -> None:
    app = opened()
    changes = [Change(plan="hmo"), Change(plan="hmo", setting="hospital_outpatient")]
    app.session_state["compare"] = {
        "us_private_added": changes[1:],
        "us_private_picked": [change.id for change in changes],
    }
    app.run()
    assert {"Employer HMO", "Employer HMO (A hospital's outpatient department)"} <= {*names(app)}


# ---------------------------------------------------------------- prices that are missing


def test_a_way_that_lacks_a_price_is_never_called_the_cheapest() -> None:
    app = opened(Region.NHS)
    said = text(app)
    assert "at least £" in said
    assert "No price is published for: Ultrasound scan" in said
    assert "not counted against yours: a price is missing" in said
    assert "costs least" not in said.split("The dot is")[0]


def test_the_average_patient_s_care_is_not_mixed_and_the_page_says_why() -> None:
    app = opened(Region.NHS, mode=Mode.AVERAGE)
    assert not app.exception
    assert "NHS and private care are compared for care that you choose yourself." in text(app)


# ---------------------------------------------------------------- words, table and file


def row(name: str, low: int, middle: int, high: int, **more: object) -> Row:
    return Row(name, "", Decimal(low), Decimal(middle), Decimal(high), **more)  # type: ignore[arg-type]


YOURS = row("Your case", 100, 200, 300, cheaper=Decimal(0), same=Decimal(1), difference=Decimal(0), is_yours=True)
GOLD = row("Gold", 50, 120, 200, cheaper=Decimal("0.9"), same=Decimal(0), difference=Decimal(-80))


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (row("A", 1, 2, 3, cheaper=Decimal("0.7"), same=Decimal(0)), "cheaper than yours in about 7 of 10 cases"),
        (row("A", 1, 2, 3, cheaper=Decimal("0.2"), same=Decimal("0.05")), "dearer than yours in about 8 of 10 cases"),
        (
            row("A", 1, 2, 3, cheaper=Decimal("0.4"), same=Decimal("0.6")),
            "cheaper than yours in about 4 of 10 cases, the same in about 6 of 10 cases",
        ),
        (
            row("A", 1, 2, 3, cheaper=Decimal(0), same=Decimal("0.3")),
            "dearer than yours in about 7 of 10 cases, the same in about 3 of 10 cases",
        ),
        (row("A", 1, 2, 3, cheaper=Decimal(1), same=Decimal(0)), "cheaper than yours in every case"),
        (row("A", 1, 2, 3, cheaper=Decimal(0), same=Decimal(1)), "costs the same in every case"),
        (row("A", 1, 2, 3, cheaper=Decimal(1), same=Decimal(0), missing=("MRI scan",)), MISSING),
        (row("A", 150, 250, 350), ""),
    ],
)
def test_how_an_option_stands_is_counted_in_cases(other: Row, said: str) -> None:
    assert comparison_chart.against(other) == said


def test_the_takeaway_names_the_cheapest() -> None:
    said = comparison_chart.takeaway([YOURS, GOLD], US)
    assert said == "“Gold” costs least: most likely $120 instead of $200; cheaper than yours in about 9 of 10 cases."
    assert comparison_chart.takeaway([YOURS, row("A", 300, 400, 500)], US).startswith("Your own case is the cheapest")
    assert comparison_chart.takeaway([YOURS, row("A", 1, 2, 3, missing=("MRI scan",)), GOLD], US) == said
    assert comparison_chart.takeaway([YOURS], US) == "Choose something to compare with."


def test_the_worst_case_in_ten_stands_in_the_row_and_in_the_table() -> None:
    assert comparison_chart.worst_in_ten(GOLD, US) == "worst case in ten: $200 or more"
    assert "worst case in ten: $200 or more" in comparison_chart.chart([YOURS, GOLD], US, alt="")
    table = comparison_chart.table([YOURS, GOLD], US)
    column = [column.title for column in table.columns].index("Worst case in ten")
    assert [cells[column] for cells in table.rows] == ["$300", "$200"]


def test_one_amount_in_all_cases_has_no_worst_one() -> None:
    flat = row("A", 20, 20, 20)
    assert comparison_chart.worst_in_ten(flat, US) == ""
    assert comparison_chart.eight_in_ten(flat, US) == "the same in 8 of 10 cases"


def test_no_amount_is_ever_negative() -> None:
    cheaper = row("A", 1, 2, 3, difference=Decimal(-120))
    assert comparison_chart.usual_difference(cheaper, US) == "$120 less"
    table = comparison_chart.table([YOURS, cheaper], US)
    assert not [cell for cells in table.rows for cell in cells if "-" in cell]


@pytest.mark.parametrize(
    ("counted", "said"),
    [
        (
            Pair(Decimal("0.7"), Decimal(0), Decimal("0.3"), Decimal(-150)),
            "“A” costs less than “B” in about 7 of 10 cases. “B” usually costs $150 more.",
        ),
        (
            Pair(Decimal("0.3"), Decimal("0.2"), Decimal("0.5"), Decimal(0)),
            "“A” costs less than “B” in about 3 of 10 cases. They cost the same in about 2 of 10 cases.",
        ),
        (Pair(Decimal(0), Decimal(1), Decimal(0), Decimal(0)), "“A” and “B” cost the same in every case."),
    ],
)
def test_a_pair_is_told_in_cases(counted: Pair, said: str) -> None:
    assert comparison_chart.duel("A", "B", counted, US) == said


def test_every_pair_stands_in_a_table_both_ways_and_no_case_is_rounded_away() -> None:
    pairs = {
        (0, 1): Pair(Decimal("0.7"), Decimal("0.1"), Decimal("0.2"), Decimal(-1)),
        (0, 2): Pair(Decimal("0.0001"), Decimal(0), Decimal("0.9999"), Decimal(1)),
    }
    names = ["A", "B", "C"]
    table = comparison_chart.pairs_table(names, lambda first, second: pairs.get((first, second)))
    assert table.rows == (("A", "", "70", "< 1"), ("B", "20", "", "–"), ("C", "> 99", "–", ""))
    sheet = comparison_chart.pairs_sheet(names, lambda first, second: pairs.get((first, second)))
    assert sheet.rows[0] == ("A", None, Decimal("0.7"), Decimal("0.0001"))


@pytest.mark.parametrize(
    ("with_plan", "in_cash", "said"),
    [
        ([0, 9, 9, 9], [0, 5, 10, 15], "With fewer than 2 therapy visits cash costs no more; from then on your plan"),
        ([0, 4, 8, 20], [0, 5, 10, 15], "from the first therapy visit on. That holds up to visit 2."),
        ([0, 9, 19, 29], [0, 5, 10, 15], "Cash costs no more than your plan, however many therapy visits you need"),
    ],
)
def test_a_break_even_is_told_in_visits(with_plan: list[int], in_cash: list[int], said: str) -> None:
    found = BreakEven(2, tuple(map(Decimal, with_plan)), tuple(map(Decimal, in_cash)), Decimal(4), Decimal(5))
    assert said in " ".join(comparison_chart.break_even_says(found, US))
    table = comparison_chart.break_even_table(found, US)
    assert [cells[0] for cells in table.rows][:2] == ["1", "2 (your likely course)"]


def test_the_file_holds_plain_numbers_and_no_formula() -> None:
    rows = [YOURS, row("=HYPERLINK(1)", 1, 2, 3, difference=Decimal(-198))]
    read = list(csv.reader(StringIO(to_csv(comparison_chart.sheet(rows, "USD")).removeprefix("\ufeff"))))
    assert read[0][2] == "most likely (USD)"
    assert read[2][0] == "'=HYPERLINK(1)"
    assert read[2][2:6] == ["2", "1", "3", "-198"]
    assert {len(cells) for cells in read} == {len(read[0])}


def test_the_workbook_holds_the_rows_and_every_pair() -> None:
    rows = [YOURS, replace(GOLD, name="=1+1")]
    counted = Pair(Decimal("0.1"), Decimal(0), Decimal("0.9"), Decimal(80))
    sheets = [
        comparison_chart.sheet(rows, "USD"),
        comparison_chart.pairs_sheet([each.name for each in rows], lambda *_: counted),
    ]
    book = load_workbook(BytesIO(to_xlsx(sheets)))
    assert book.sheetnames == ["comparison", "any two"]
    first, second = book.worksheets
    assert (first["A3"].value, first["A3"].data_type) == ("=1+1", "s")
    assert [first.cell(3, column).value for column in (3, 4, 5)] == [120, 50, 200]
    assert [second.cell(2, 3).value, second.cell(3, 2).value] == [0.1, 0.9]


def test_both_files_are_made_when_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[str, object] = {}

    def button(_: str, *, data: Callable[[], object], file_name: str, mime: str, **__: object) -> None:
        made[file_name] = (mime, data())

    monkeypatch.setattr(comparison_view.st, "download_button", button)
    opened()
    csv_file, workbook = made["hamstring-comparison.csv"], made["hamstring-comparison.xlsx"]
    assert isinstance(csv_file, tuple)
    assert isinstance(workbook, tuple)
    assert "Marketplace gold plan" in f"{csv_file[1]}"
    assert workbook[0] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert len(load_workbook(BytesIO(workbook[1])).worksheets) == 2


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_text_that_looks_like_a_formula_is_disarmed(start: str) -> None:
    made = to_csv(Sheet("s", ("a",), ((f"{start}1+1",),)))
    [_, [cell]] = csv.reader(StringIO(made.removeprefix("\ufeff"), newline=""))
    assert cell == f"'{start}1+1"
