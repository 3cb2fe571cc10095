"""The import of a marketplace plan: every wording of the samples, what a file does not say, files it must refuse."""

from __future__ import annotations

import csv
import os
import resource
import sys
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from estimator.errors import InputError
from estimator.files import parse_toml, validate
from estimator.imports.exchange_plan import ExchangePlan, check, read_plan, to_toml, write
from estimator.plan import Benefit, Plan
from estimator.plan import read_plan as read_plan_file
from estimator.vocabulary import Network, Service

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "tests" / "data" / "exchange"
NEWER, OLDER, ATTRIBUTES = DATA / "benefits_2026.csv", DATA / "benefits_2015_2016.csv", DATA / "attributes_2026.csv"
REFERENCE = Path(os.environ.get("ESTIMATOR_REFERENCE", ROOT.parent / "shared" / "reference"))
SAMPLES = REFERENCE / "us_private" / "exchange_puf"
OLD_SAMPLE = SAMPLES / "benefits_cost_sharing_puf_sample_2014_2016.csv"
STATE_SAMPLE = SAMPLES / "nj_sbe_benefits_sample_2026.csv"
PLAN, OTHER = "99999OH0010001-01", "88888TX0020002-00"
IN, OUT = Network.IN_NETWORK, Network.OUT_OF_NETWORK

needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the agency's samples are not here; set ESTIMATOR_REFERENCE to the reference folder"
)


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def write_rows(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return path


def one_row(path: Path, **cells: str) -> Path:
    """A file with one row of the newer layout: the primary care row, with other cells."""
    header, row = rows_of(NEWER)[:2]
    return write_rows(path, [header, [cells.get(name, cell) for name, cell in zip(header, row, strict=True)]])


def terms(imported: ExchangePlan, service: str, network: Network = IN) -> Benefit:
    benefit = imported.plan.benefit_for(Service(service), network)
    assert benefit is not None, service
    return benefit


def shown(imported: ExchangePlan, service: str, network: Network = IN) -> tuple[Any, ...]:
    benefit = terms(imported, service, network)
    order = benefit.copay_order if benefit.copay and benefit.deductible_applies else None
    return (
        float(benefit.copay),
        benefit.copay_per,
        order,
        float(benefit.patient_coinsurance),
        benefit.deductible_applies,
    )


# ---------------------------------------------------------------------- the agency's own samples


@needs_samples
def test_every_row_and_wording_of_the_older_sample_is_understood() -> None:
    report = check(OLD_SAMPLE)
    assert (report.rows, report.understood, report.refused) == (961, 961, ())
    assert report.wordings == {"copay": 57, "coinsurance": 28, "combination": 172, "limit": 9}
    assert (report.plans, report.used, report.silent) == (938, 712, 10)


@needs_samples
def test_no_distinct_cell_of_the_older_sample_is_left_out_of_the_count() -> None:
    header, *rows = rows_of(OLD_SAMPLE)

    def distinct(*names: str) -> set[str]:
        return {row[header.index(name)] for row in rows for name in names} - {""}

    counted = check(OLD_SAMPLE).wordings
    assert counted["copay"] == len(distinct("CopayInnTier1", "CopayInnTier2", "CopayOutofNet"))
    assert counted["coinsurance"] == len(distinct("CoinsInnTier1", "CoinsInnTier2", "CoinsOutofNet"))
    assert counted["limit"] == len(distinct("LimitUnit"))


@needs_samples
def test_every_plan_of_the_older_sample_is_written_and_reads_back_the_same() -> None:
    header, *rows = rows_of(OLD_SAMPLE)
    plans = {(row[header.index("PlanId")], int(row[header.index("BusinessYear")])) for row in rows}
    for plan_id, year in sorted(plans)[::12]:
        imported = read_plan(OLD_SAMPLE, plan_id, year=year)
        assert validate(Plan, parse_toml(to_toml(imported), plan_id), plan_id) == imported.plan


@needs_samples
def test_a_states_file_without_cost_sharing_gives_no_terms_and_says_so() -> None:
    report = check(STATE_SAMPLE)
    assert (report.rows, report.understood, report.used) == (13, 13, 11)
    imported = read_plan(STATE_SAMPLE, "17970NJ0010003-01")
    assert imported.plan.benefit == ()
    assert any(
        "Chiropractic" in each and "30 visit(s)" in each and "not what you pay" in each for each in imported.missing
    )


@needs_samples
def test_a_states_attributes_give_deductible_and_maximum(tmp_path: Path) -> None:
    benefits = one_row(tmp_path / "benefits.csv", PlanId="17970NJ0010003-03")
    imported = read_plan(benefits, "17970NJ0010003-03", SAMPLES / "nj_sbe_plans_layout_sample_2026.csv")
    deductible, most = imported.plan.deductible, imported.plan.out_of_pocket_max
    assert deductible is not None
    assert most is not None
    assert (deductible.amount, deductible.family_amount, deductible.is_aggregate) == (2500, 5000, False)
    assert (most.amount, most.family_amount) == (9800, 19600)
    assert imported.plan.tags == ("insured", "marketplace", "epo", "silver")


# ---------------------------------------------------------------------- terms


@pytest.fixture(scope="module")
def newer() -> ExchangePlan:
    return read_plan(NEWER, PLAN, ATTRIBUTES, retrieved=date(2026, 11, 20))


@pytest.fixture(scope="module")
def older() -> ExchangePlan:
    return read_plan(OLDER, OTHER, year=2015)


@pytest.mark.parametrize(
    ("copay", "coinsurance", "expected"),
    [
        ("$40.00", "Not Applicable", (40, "visit", None, 0, False)),
        ("$1,250", "No Charge", (1250, "visit", None, 0, False)),
        ("$30 Copay after deductible", "0%", (30, "visit", "after_deductible", 0, True)),
        ("$30 Copay before deductible", "Not Applicable", (30, "visit", "before_deductible", 0, True)),
        ("$30.00 Copay with deductible", "Not Applicable", (30, "visit", "before_deductible", 0, True)),
        (
            "$30 Copay with deductible",
            "20% Coinsurance after deductible",
            (30, "visit", "before_deductible", 0.2, True),
        ),
        (
            "$30 Copay after deductible",
            "20% Coinsurance after deductible",
            (30, "visit", "after_deductible", 0.2, True),
        ),
        ("$30", "20% Coinsurance after deductible", (30, "visit", "before_deductible", 0.2, True)),
        ("$30", "No Charge after deductible", (30, "visit", "before_deductible", 0, True)),
        ("$30", "17.5%", (30, "visit", None, 0.175, False)),
        ("$75.00 Copay per Day", "Not Applicable", (75, "day", None, 0, False)),
        ("$500 Copay per Stay after deductible", "Not Applicable", (500, "stay", "after_deductible", 0, True)),
        ("$500 Copay per Stay with deductible", "No Charge", (500, "stay", "before_deductible", 0, True)),
        ("No Charge", "No Charge", (0, "visit", None, 0, False)),
        ("No Charge", "No Charge after deductible", (0, "visit", None, 0, True)),
        ("No Charge after deductible", "0%", (0, "visit", None, 0, True)),
        ("Not Applicable", "35.00% Coinsurance after deductible", (0, "visit", None, 0.35, True)),
        ("$0 Copay after deductible", "10% Coinsurance after deductible", (0, "visit", None, 0.1, True)),
        ("0%", "$0", (0, "visit", None, 0, False)),
    ],
)
def test_a_wording_becomes_these_terms(tmp_path: Path, copay: str, coinsurance: str, expected: tuple[Any, ...]) -> None:
    file = one_row(tmp_path / "one.csv", CopayInnTier1=copay, CoinsInnTier1=coinsurance)
    assert shown(read_plan(file, PLAN), "physician_visit") == expected


@pytest.mark.parametrize(
    ("quantity", "unit", "expected"),
    [
        ("30.0", "Visit(s) per Year", (30, "plan_year", None, "plan_year")),
        ("30", "visits per benefit period", (30, "plan_year", None, "plan_year")),
        ("40", "Days per Year", (40, "plan_year", None, "plan_year")),
        ("12", "Treatment(s) per Month", (12, "month", None, "plan_year")),
        ("8", "Visit(s) per Episode", (8, "episode", None, "plan_year")),
        ("1", "Item(s) per 3 Years", (1, "episode", None, "plan_year")),
        ("60", "Lifetime visits", (60, "episode", None, "plan_year")),
        ("375.0", "Dollars per Year", (None, "plan_year", 375, "plan_year")),
    ],
)
def test_a_limit_becomes_these_terms(tmp_path: Path, quantity: str, unit: str, expected: tuple[Any, ...]) -> None:
    file = one_row(tmp_path / "one.csv", QuantLimitOnSvc="Yes", LimitQty=quantity, LimitUnit=unit)
    benefit = terms(read_plan(file, PLAN), "physician_visit")
    found = benefit.visit_limit, benefit.visit_limit_resets, benefit.benefit_limit, benefit.benefit_limit_resets
    assert found == expected


def test_one_benefit_can_be_several_services(newer: ExchangePlan) -> None:
    assert terms(newer, "imaging_xray") is terms(newer, "imaging_ultrasound")
    assert terms(newer, "surgery_surgeon") is terms(newer, "surgery_anaesthetist")
    assert terms(newer, "surgery_facility").copay_per == "stay"


def test_the_closer_of_two_therapy_benefits_decides_and_the_other_is_named(newer: ExchangePlan) -> None:
    assert shown(newer, "physical_therapy") == (0, "visit", None, 0.3, True)
    assert any("'Outpatient Rehabilitation Services' was not used" in notice for notice in newer.notices)


def test_a_hundred_percent_outside_the_network_is_not_covered_there(newer: ExchangePlan) -> None:
    assert newer.plan.benefit_for(Service.CHIROPRACTIC, OUT) is None
    assert shown(newer, "specialist_visit", OUT) == (0, "visit", None, 0.5, True)


def test_what_does_not_count_to_the_maximum_is_marked(newer: ExchangePlan) -> None:
    assert not terms(newer, "equipment").counts_to_out_of_pocket_max
    assert terms(newer, "specialist_visit").counts_to_out_of_pocket_max
    assert not terms(newer, "specialist_visit", OUT).counts_to_out_of_pocket_max


def test_a_shared_limit_is_counted_once(newer: ExchangePlan) -> None:
    assert terms(newer, "physical_therapy").counter == terms(newer, "chiropractic").counter == "combined"
    assert terms(newer, "physical_therapy").prior_authorization_after_visit == 12
    assert "prior_authorization" in newer.plan.tags


def test_what_the_filing_does_not_cover_is_an_exclusion(newer: ExchangePlan) -> None:
    assert [exclusion.services for exclusion in newer.plan.exclusion] == [(Service.ACUPUNCTURE,)]


def test_attributes_give_the_terms_of_the_whole_plan(newer: ExchangePlan) -> None:
    plan = newer.plan
    assert plan.deductible is not None
    assert (plan.deductible.amount, plan.deductible.family_amount, plan.deductible.is_aggregate) == (2500, 5000, True)
    assert plan.out_of_pocket_max is not None
    assert (plan.out_of_pocket_max.amount, plan.out_of_pocket_max.is_aggregate) == (9000, False)
    assert plan.out_of_network is not None
    assert (plan.out_of_network.deductible, plan.out_of_network.out_of_pocket_max) == (6000, None)
    assert [(each.id, each.amount) for each in plan.separate_deductible] == [("drugs", 200)]
    assert terms(newer, "prescription").separate_deductible == "drugs"
    assert terms(newer, "specialist_visit").referral_required
    assert (terms(newer, "physician_visit").first_visits, terms(newer, "physician_visit").first_visits_copay) == (2, 0)
    assert (plan.effective_from, plan.effective_to) == (date(2026, 1, 1), date(2026, 12, 31))
    assert plan.name == "Invented Silver, on the marketplace"


def test_a_deductible_for_both_networks_together_is_one_pot(tmp_path: Path) -> None:
    header, row, *_ = rows_of(ATTRIBUTES)
    cells = dict(zip(header, row, strict=True)) | {
        "MEHBDedInnTier1Individual": "Not Applicable", "MEHBDedInnTier1FamilyPerGroup": "", "MEHBDedOutOfNetIndividual": "",
        "MEHBDedCombInnOonIndividual": "$3,000", "TEHBInnTier1IndividualMOOP": "", "TEHBCombInnOonIndividualMOOP": "$8,000",
    }  # fmt: skip
    both = write_rows(tmp_path / "attributes.csv", [header, [*cells.values()]])
    plan = read_plan(NEWER, PLAN, both).plan
    assert plan.out_of_network is None
    assert plan.deductible is not None
    assert plan.deductible.amount == 3000


def test_first_visits_at_the_copay_are_read_from_the_explanation(older: ExchangePlan) -> None:
    benefit = terms(older, "physician_visit")
    assert (benefit.first_visits, benefit.first_visits_copay, benefit.copay) == (3, 30, 0)
    assert (benefit.deductible_applies, benefit.patient_coinsurance) == (True, Decimal("0.3"))


def test_words_and_deductible_column_in_conflict_are_reported(older: ExchangePlan) -> None:
    assert shown(older, "physical_therapy") == (50, "visit", None, 0, False)
    assert any("IsSubjToDedTier1 says Yes" in notice and notice.startswith("Row 3") for notice in older.notices)


def test_another_number_of_visits_in_the_explanation_is_reported(older: ExchangePlan) -> None:
    assert terms(older, "physical_therapy").visit_limit == 35
    assert any("also speaks of 20 visits" in notice for notice in older.notices)


def test_a_second_network_tier_is_read_when_asked_for(newer: ExchangePlan) -> None:
    assert any("second in-network tier" in notice for notice in newer.notices)
    second = read_plan(NEWER, PLAN, tier=2)
    assert shown(second, "physician_visit") == (60, "visit", None, 0, False)
    assert any("Specialist visit" in each and "not what you pay" in each for each in second.missing)
    with pytest.raises(InputError, match="no second in-network tier"):
        read_plan(NEWER, "99999OH0010001-02", tier=2)


# ---------------------------------------------------------------------- what the file does not say


def test_what_no_row_says_is_missing_and_never_assumed(newer: ExchangePlan, older: ExchangePlan) -> None:
    assert newer.plan.benefit_for(Service.HOME_HEALTH, IN) is None
    assert any("Therapy at home, Ambulance: the file has no row for it." in each for each in newer.missing)
    assert any("row 5 does not say whether it is covered" in each for each in older.missing)
    assert any(
        each.startswith("The deductible and the out-of-pocket maximum, and those outside") for each in older.missing
    )
    assert "Missing:" in older.plan.note


def test_the_plan_file_reads_back_as_the_same_plan_and_names_its_sources(newer: ExchangePlan, tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    write(newer, path)
    assert read_plan_file(path) == newer.plan
    text = path.read_text(encoding="utf-8")
    assert "# Not in the file, and not assumed:" in text
    assert [(each.id, each.kind, each.retrieved) for each in newer.plan.sources] == [
        ("benefits-file", "official", date(2026, 11, 20)),
        ("attributes-file", "official", date(2026, 11, 20)),
    ]
    write(newer, path)
    assert path.read_text(encoding="utf-8") == text
    assert [each.name for each in tmp_path.iterdir()] == ["plan.toml"]


def test_the_states_headings_mean_the_same(tmp_path: Path) -> None:
    spelled = {
        "BusinessYear": "BUSINESS YEAR", "PlanId": "PLAN ID", "BenefitName": "BENEFIT NAME", "IsCovered": "IS COVERED",
        "CopayInnTier1": "COPAY INN TIER 1", "CoinsInnTier1": "COINS INN TIER 1", "CopayOutofNet": "COPAY OUT OF NET",
        "CoinsOutofNet": "COINS OUT OF NET", "QuantLimitOnSvc": "QUANTITY LIMIT ON SVC", "LimitQty": "LIMIT QUANTITY",
        "LimitUnit": "LIMIT UNIT", "IsExclFromInnMOOP": "IS EXCLUDED FROM INN MOOP",
        "IsExclFromOonMOOP": "IS EXCLUDED FROM OON MOOP", "CopayInnTier2": "COPAY INN TIER 2", "CoinsInnTier2": "COINS INN TIER 2",
    }  # fmt: skip
    header, *rows = rows_of(NEWER)
    backwards = [[spelled.get(name, name.upper()) for name in header][::-1], *(row[::-1] for row in rows)]
    states = read_plan(write_rows(tmp_path / "state.csv", backwards), PLAN)
    assert [b.model_copy(update={"note": ""}) for b in states.plan.benefit] == [
        b.model_copy(update={"note": ""}) for b in read_plan(NEWER, PLAN).plan.benefit
    ]


# ---------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        ({"CopayInnTier1": "see brochure"}, "CopayInnTier1", "see brochure"),
        ({"CopayInnTier1": "20%"}, "CopayInnTier1", "20%"),
        ({"CopayInnTier1": "20"}, "CopayInnTier1", "20"),
        ({"CoinsInnTier1": "twenty percent"}, "CoinsInnTier1", "twenty percent"),
        ({"CoinsInnTier1": "$20"}, "CoinsInnTier1", "$20"),
        ({"CoinsInnTier1": "120%"}, "CoinsInnTier1", "120%"),
        ({"CoinsInnTier1": ""}, "CoinsInnTier1", ""),
        ({"CopayOutofNet": "$5 after lunch"}, "CopayOutofNet", "$5 after lunch"),
        ({"CopayInnTier2": "maybe"}, "CopayInnTier2", "maybe"),
        ({"IsCovered": "Sometimes"}, "IsCovered", "Sometimes"),
        ({"IsCovered": ""}, "IsCovered", ""),
        ({"IsExclFromInnMOOP": "partly"}, "IsExclFromInnMOOP", "partly"),
        ({"QuantLimitOnSvc": "Yes"}, "LimitQty", ""),
        ({"LimitQty": "30"}, "LimitUnit", ""),
        ({"LimitQty": "30", "LimitUnit": "Visit(s) per Fortnight"}, "LimitUnit", "Visit(s) per Fortnight"),
        ({"LimitQty": "some", "LimitUnit": "Visit(s) per Year"}, "LimitQty", "some"),
        ({"LimitQty": "2.5", "LimitUnit": "Visit(s) per Year"}, "LimitQty", "2.5"),
        ({"QuantLimitOnSvc": "No", "LimitQty": "30", "LimitUnit": "Visit(s) per Year"}, "QuantLimitOnSvc", "No"),
        ({"LimitQty": "3", "LimitUnit": "Hours per Week"}, "LimitUnit", "3 hour(s) per 1 week"),
        ({"LimitQty": "3", "LimitUnit": "Hours per Year"}, "LimitUnit", "3 hour(s) per 1 year"),
        ({"LimitQty": "50", "LimitUnit": "Dollars per Visit"}, "LimitUnit", "50 dollar(s) per 1 visit"),
        (
            {"CopayInnTier1": "$30 Copay after deductible", "CoinsInnTier1": "20%"},
            "CopayInnTier1 and CoinsInnTier1",
            "$30 Copay after deductible / 20%",
        ),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_by_name(
    tmp_path: Path, cells: dict[str, str], column: str, words: str
) -> None:
    file = one_row(tmp_path / "one.csv", **cells)
    imported = read_plan(file, PLAN)
    assert [(row.row, row.column, row.words) for row in imported.refused] == [(2, column, words)]
    assert imported.plan.benefit_for(Service.PHYSICIAN_VISIT, IN) is None
    assert any("row 2 was refused" in each for each in imported.missing)
    report = check(file)
    assert [(each.column, each.words, each.count, each.first_row) for each in report.refused] == [(column, words, 1, 2)]


def test_a_misspelt_benefit_is_refused_rather_than_passed_over(tmp_path: Path) -> None:
    file = one_row(tmp_path / "one.csv", BenefitName="Primary Care Visit to Treat an Injury or Ilness")
    assert "nearly 'Primary Care Visit to Treat an Injury or Illness'" in check(file).refused[0].why


def test_a_limit_that_no_plan_file_can_hold_matters_only_where_it_is_used() -> None:
    report = check(NEWER)
    assert (report.rows, report.understood, report.refused) == (15, 15, ())


def test_a_check_counts_each_refused_wording_once(tmp_path: Path) -> None:
    header, row, *_ = rows_of(NEWER)
    bad = [*row]
    bad[header.index("CopayInnTier1")] = "call us"
    report = check(write_rows(tmp_path / "many.csv", [header, row, bad, bad, row[:5]]))
    assert (report.rows, report.understood, report.refused_rows) == (4, 1, 3)
    assert [(each.words, each.count, each.first_row) for each in report.refused] == [
        ("call us", 2, 3),
        (f"5 of {len(header)} cells", 1, 5),
    ]


def test_a_row_given_twice_is_read_once_and_said(tmp_path: Path) -> None:
    rows = rows_of(NEWER)
    imported = read_plan(write_rows(tmp_path / "twice.csv", [*rows, rows[1]]), PLAN)
    assert any("Row 17 repeats row 2 word for word" in notice for notice in imported.notices)


def test_two_rows_that_contradict_each_other_are_an_error(tmp_path: Path) -> None:
    rows = rows_of(NEWER)
    other = ["$45.00" if cell == "$40.00" else cell for cell in rows[1]]
    file = write_rows(tmp_path / "twice.csv", [*rows, other])
    with pytest.raises(InputError, match=r"row 17: .* contradicts row 2: CopayInnTier1 '\$45.00', there '\$40.00'"):
        read_plan(file, PLAN)


def test_a_plan_of_two_years_asks_for_the_year() -> None:
    with pytest.raises(InputError, match=r"2015 \(from row 2\), 2016 \(from row 6\): name the year"):
        read_plan(OLDER, OTHER)
    assert shown(read_plan(OLDER, OTHER, year=2016), "physician_visit") == (35, "visit", None, 0, False)
    with pytest.raises(InputError, match="2015, 2016, not for 2014"):
        read_plan(OLDER, OTHER, year=2014)


def test_a_plan_without_its_variant_lists_the_variants() -> None:
    with pytest.raises(InputError, match=r"2 variants: 99999OH0010001-01, 99999OH0010001-02"):
        read_plan(NEWER, "99999OH0010001")


def test_an_unknown_plan_names_the_nearest() -> None:
    with pytest.raises(InputError, match=r"no plan '99999OH0010001-07' among 2 plans. Nearest: 99999OH0010001-0"):
        read_plan(NEWER, "99999OH0010001-07")
    with pytest.raises(InputError, match="no plan '88888TX0020002-00' of 2015 among 2 plans"):
        read_plan(OLDER, OTHER, ATTRIBUTES, year=2015)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "the file is empty"),
        (b"PK\x03\x04rest", "a zip archive or a spreadsheet"),
        (b"\x1f\x8b\x08rest", "a gzip file"),
        (b"PlanId,BenefitName\x00,IsCovered\n", "binary file"),
        ("PlanId,BenefitName,IsCovered\n".encode("utf-16"), "binary file or UTF-16"),
        (b"PlanId,BenefitName,IsCovered\n", "no rows below the headings"),
        (b"PlanId,Benefit,Covered\nx,y,z\n", r"row 1: no column 'benefitname', 'iscovered'"),
        (b"PlanId,PLAN ID,BenefitName,IsCovered\nx,x,y,z\n", "two columns for one field: 'PlanId', 'PLAN ID'"),
        (b'PlanId,BenefitName,IsCovered\nx,"y,z\n', r"row 2: not valid CSV: .* cut off"),
        (b"PlanId,BenefitName,IsCovered\n" + b"x" * 1_100_000, "a line of more than 1,000,000 bytes"),
        (b'PlanId,BenefitName,IsCovered\nx,"' + b"y\n" * 200_000, "field larger than field limit"),
    ],
)
def test_a_file_that_is_not_such_a_table_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "bad.csv"
    file.write_bytes(content)
    for read in (check, lambda path: read_plan(path, PLAN)):
        with pytest.raises(InputError, match=message):
            read(file)


def test_a_file_that_is_cut_off_gives_no_plan(tmp_path: Path) -> None:
    file = tmp_path / "cut.csv"
    file.write_bytes(NEWER.read_bytes()[:-60])
    with pytest.raises(InputError, match=r"row 16: \d+ cells, but the header has 24. Is the file cut off"):
        read_plan(file, PLAN)


def test_a_missing_file_or_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no such file. Did you mean .*benefits_2026.csv"):
        check(DATA / "benefits_2026.cvs")
    with pytest.raises(InputError, match="this is a folder"):
        check(tmp_path)


def test_attributes_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    header, row, *_ = rows_of(ATTRIBUTES)
    bad = ["about $5" if cell == "$6,000" else cell for cell in row]
    with pytest.raises(InputError, match=r"row 2, MEHBDedOutOfNetIndividual: 'about \$5': expected an amount"):
        read_plan(NEWER, PLAN, write_rows(tmp_path / "a.csv", [header, bad]))
    with pytest.raises(InputError, match="no column for a deductible"):
        read_plan(NEWER, PLAN, NEWER)
    twice = ["$1" if cell == "$200" else cell for cell in row]
    with pytest.raises(InputError, match=r"row 3: .* contradicts row 2: DEHBDedInnTier1Individual"):
        read_plan(NEWER, PLAN, write_rows(tmp_path / "b.csv", [header, row, twice]))


def test_nothing_is_written_where_the_plan_file_cannot_go(newer: ExchangePlan, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        write(newer, tmp_path / "nowhere" / "plan.toml")
    (tmp_path / "plan.toml").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        write(newer, tmp_path / "plan.toml")
    assert [each.name for each in tmp_path.iterdir()] == ["plan.toml"]


@pytest.mark.slow
def test_a_file_of_two_hundred_megabytes_is_read_in_little_memory(tmp_path: Path) -> None:
    header, *rows = NEWER.read_text(encoding="utf-8").splitlines(keepends=True)
    file = tmp_path / "large.csv"
    with file.open("w", encoding="utf-8") as out:
        out.write(header)
        while out.tell() < 200_000_000:
            out.writelines(rows * 500)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = check(file)
    assert report.understood == report.rows > 1_000_000
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 50_000 * (1 if sys.platform != "darwin" else 1024)  # kilobytes, on macOS bytes
    file.unlink()
