"""Every shipped file: it loads, it cites, its sentences end, and nothing is left open."""

from __future__ import annotations

import csv
import re
import tomllib
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from estimator.inspection import check_tariffs
from estimator.pathway import FOLDER, load_pathway
from estimator.plan import Plan, load_plans
from estimator.requirements import load_requirements
from estimator.tariff import Tariff, load_tariff
from estimator.vocabulary import SURGERY_PARTS, WANTED_SERVICES, Region, Service
from estimator.waits import load_waits
from tests.cases import EXAMPLES, ROOT, TARIFFS

TABLES = sorted([*TARIFFS.rglob("*.csv"), *FOLDER.glob("*.csv")])
TOML_FILES = sorted([*TARIFFS.rglob("*.toml"), *FOLDER.glob("*.toml"), *EXAMPLES.glob("*.toml")])
PLANS: list[tuple[Region, Plan]] = [(region, plan) for region in Region for plan in load_plans(region).values()]
PLAN_IDS = [f"{region}-{plan.id}" for region, plan in PLANS]
WORDS = (
    "allowed_amount", "deductible", "out_of_pocket_max", "coinsurance", "copay", "balance_bill", "plan_pays",
    "secondary_pays", "write_off", "visit_limit", "benefit_limit", "prior_authorization",
)  # fmt: skip


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def cells(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


MACHINE_PATH = re.compile("|".join(f"/{name}/" for name in ("work", "tmp", "root", "home")) + r"|[A-Z]:\\")


@pytest.fixture(scope="module", params=Region)
def tariff(request: pytest.FixtureRequest) -> Tariff:
    return load_tariff(request.param)


def known_sources(region: Region) -> set[str]:
    plans = load_plans(region).values()
    return {s.id for s in load_tariff(region).region.source} | {s.id for plan in plans for s in plan.sources}


# ---------------------------------------------------------------- every file


def test_the_check_of_all_tariffs_finds_nothing_wrong() -> None:
    report = check_tariffs()
    assert () == report.problems
    assert [*Region] == [region.id for region in report.regions]


def test_the_check_counts_what_the_files_hold() -> None:
    for region in check_tariffs().regions:
        folder = TARIFFS / region.id
        assert len(cells(folder / "prices.csv")) == region.prices
        assert len(list((folder / "plans").glob("*.toml"))) == region.plans
        assert (
            len(tomllib.loads((folder / "requirements.toml").read_text(encoding="utf-8"))["requirement"])
            == region.requirements
        )


def test_a_source_is_called_old_when_400_days_have_passed() -> None:
    assert any("was last read on 2026-11-2" in each for each in check_tariffs(today=date(2028, 6, 1)).warnings)
    assert not any("was last read on" in each for each in check_tariffs(today=date(2026, 12, 1)).warnings)


def test_a_price_that_has_ended_is_called_old() -> None:
    ended = [each for each in check_tariffs(today=date(2026, 12, 1)).warnings if "ended on 2026-03-31" in each]
    assert ended
    assert all(each.startswith("nhs/prices.csv: the last row of ") for each in ended)


@pytest.mark.parametrize("path", TABLES, ids=named)
def test_a_table_is_plain_utf_8_with_one_header_and_full_rows(path: Path) -> None:
    raw = path.read_bytes()
    assert b"\r" not in raw
    assert raw.endswith(b"\n")
    assert not raw.startswith((b"\xef\xbb\xbf", b"#"))
    header, *rows = csv.reader(raw.decode("utf-8").splitlines(keepends=True))
    assert len(set(header)) == len(header)
    assert [] == [number for number, row in enumerate(rows, start=2) if len(row) != len(header)]
    assert [] == [number for number, row in enumerate(rows, start=2) if any(cell != cell.strip() for cell in row)]


@pytest.mark.parametrize("path", TOML_FILES, ids=named)
def test_a_toml_file_can_be_read(path: Path) -> None:
    assert tomllib.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [*TABLES, *TOML_FILES], ids=named)
def test_no_shipped_file_names_a_folder_of_some_machine(path: Path) -> None:
    assert None is MACHINE_PATH.search(path.read_text(encoding="utf-8"))


# ---------------------------------------------------------------- a region


def test_every_price_has_a_description_that_ends_with_a_full_stop(tariff: Tariff) -> None:
    assert [] == [row.code for row in tariff.prices if not row.description.endswith(".") or len(row.description) < 5]


def test_every_note_ends_with_a_full_stop(tariff: Tariff) -> None:
    notes = [row.note for row in tariff.prices] + [row.note for row in tariff.billing]
    notes += [factor.note for factor in tariff.region.factor] + [source.note for source in tariff.region.source]
    notes += [cap.note for cap in tariff.region.visit_cap]
    notes += [*tariff.region.unpriced.values(), *tariff.region.not_offered.values(), *tariff.region.explain.values()]
    notes += [each.why for each in tariff.region.not_modelled]
    assert [] == [note for note in notes if note and not note.endswith((".", "?"))]


def test_every_source_in_use_is_declared(tariff: Tariff) -> None:
    used = {row.source for row in (*tariff.prices, *tariff.billing)} | {f.source for f in tariff.region.factor}
    used |= {cap.source for cap in tariff.region.visit_cap}
    assert set() == used - {source.id for source in tariff.region.source}


def test_every_declared_source_says_what_it_is_and_when_it_was_read(tariff: Tariff) -> None:
    sources = tariff.region.source
    assert len({source.id for source in sources}) == len(sources)
    assert [] == [s.id for s in sources if not (s.title and s.publisher and s.retrieved)]


def test_an_assumption_says_how_it_was_reached(tariff: Tariff) -> None:
    assert [] == [source.id for source in tariff.region.source if source.kind == "assumption" and not source.note]


def test_every_service_is_billed_unpriced_or_not_offered(tariff: Tariff) -> None:
    region = tariff.region
    answered = {row.service for row in tariff.billing} | {*region.unpriced} | {*region.not_offered}
    if tariff.self_pay is not None:
        answered |= {row.service for row in tariff.self_pay.billing}
    assert set() == {*WANTED_SERVICES} - answered


def test_surgery_is_billed_in_its_parts(tariff: Tariff) -> None:
    parts = {row.billed_service for row in tariff.billing if row.service == Service.SURGERY}
    assert parts
    assert parts <= {*SURGERY_PARTS}


def test_two_prices_of_one_key_are_never_in_force_on_one_day(tariff: Tariff) -> None:
    groups: dict[tuple[object, ...], list[tuple[date, date]]] = {}
    for row in tariff.prices:
        groups.setdefault(row.key, []).append((row.effective_from, row.effective_to or date.max))
    overlaps = [key for key, spans in groups.items() for a, b in pairwise(sorted(spans)) if a[1] >= b[0]]
    assert [] == overlaps


def test_a_listed_code_that_a_visit_needs_has_a_price_or_a_reason(tariff: Tariff) -> None:
    """A local code is our own, so nobody else can price it."""
    priced = {row.code for row in tariff.prices} | (
        {r.code for r in tariff.self_pay.prices} if tariff.self_pay else set()
    )
    reasons = {*tariff.region.unpriced}
    gaps = {
        (row.service, row.billed_service, row.code)
        for row in tariff.billing
        if row.code_type == "LOCAL" and row.code not in priced and not {row.service, row.billed_service} & reasons
    }
    assert set() == gaps


def test_every_word_of_the_region_has_a_label_and_an_explanation(tariff: Tariff) -> None:
    assert {*WORDS} == {*tariff.region.labels} - {*Service}
    assert {*WORDS} == {*tariff.region.explain}


def test_a_region_says_what_was_verified_and_what_is_left_out(tariff: Tariff) -> None:
    assert tariff.region.verified
    assert tariff.region.not_modelled


def test_units_are_whole_and_phases_lie_between_1_and_5(tariff: Tariff) -> None:
    assert [] == [r.code for r in tariff.billing if r.units < 1 or min(r.phases) < 1 or max(r.phases) > 5]


def test_every_phase_of_a_billed_service_has_a_line(tariff: Tariff) -> None:
    """A visit with no billing line in its phase would cost nothing without anybody noticing."""
    wanted = {(row.service, row.phase) for row in load_pathway().visits}
    services = {row.service for row in tariff.billing}
    gaps = [
        (service, phase, cash)
        for service, phase in sorted(wanted)
        for cash in (False, True)
        if service in services and not tariff.lines_for(service, phase, cash=cash)
    ]
    assert [] == gaps


# ---------------------------------------------------------------- a plan


@pytest.mark.parametrize(("region", "plan"), PLANS, ids=PLAN_IDS)
def test_a_plan_names_itself_and_tells_a_patient_what_it_is(region: Region, plan: Plan) -> None:
    assert plan.region == region
    assert (TARIFFS / region / "plans" / f"{plan.id}.toml").is_file()
    assert plan.name
    assert plan.summary.endswith(".")
    assert plan.note == "" or plan.note.endswith(".")
    assert plan.effective_from is not None


@pytest.mark.parametrize(("region", "plan"), PLANS, ids=PLAN_IDS)
def test_a_plan_cites_sources_that_exist(region: Region, plan: Plan) -> None:
    known = {source.id for source in (*plan.sources, *load_tariff(region).region.source)}
    cited = {plan.source if isinstance(plan.source, str) else ""} | {e.source for e in plan.exclusion if e.source}
    assert cited
    assert set() == cited - known


@pytest.mark.parametrize(("region", "plan"), PLANS, ids=PLAN_IDS)
def test_every_term_of_a_plan_ends_with_a_full_stop(region: Region, plan: Plan) -> None:
    notes = [e.note for e in (*plan.benefit, *plan.exclusion, *plan.threshold, *plan.pays)]
    assert [] == [note for note in notes if note and not note.endswith(".")], region


@pytest.mark.parametrize(("region", "plan"), PLANS, ids=PLAN_IDS)
def test_a_plan_says_about_every_service_whether_it_covers_it(region: Region, plan: Plan) -> None:
    if plan.role == "secondary" or plan.prices == "cash":
        return
    said = {s for benefit in plan.benefit for s in benefit.services} | {s for e in plan.exclusion for s in e.services}
    asked = ({*WANTED_SERVICES} - {Service.SURGERY}) | {*SURGERY_PARTS}
    assert set() == asked - said, region


def test_the_plans_of_the_issue_are_there() -> None:
    expected = {
        Region.US_PRIVATE: {"ppo", "hmo", "hdhp_hsa", "bronze", "gold", "uninsured"},
        Region.MEDICARE_PART_B: {"part_b", "medigap_g", "medigap_n", "medicare_advantage"},
        Region.NHS: {"nhs_england", "nhs_scotland", "nhs_wales", "nhs_northern_ireland"},
        Region.UK_PRIVATE: {
            "uk_self_pay",
            "pmi_excess_only",
            "pmi_excess_outpatient_limit",
            "pmi_therapies_limit",
            "cash_plan",
        },
    }
    assert {} == {region: gone for region, plans in expected.items() if (gone := plans - {*load_plans(region)})}


def test_amounts_of_the_year_in_a_plan_are_those_of_its_region() -> None:
    part_b = load_plans(Region.MEDICARE_PART_B)["part_b"]
    tariff = load_tariff(Region.MEDICARE_PART_B)
    assert part_b.deductible is not None
    assert Decimal("283.00") == part_b.deductible.amount == tariff.factor("part_b_deductible", date(2026, 6, 1)).value
    charges = [b.copay for b in load_plans(Region.NHS)["nhs_england"].benefit if Service.PRESCRIPTION in b.services]
    assert (
        [Decimal("9.90")] == charges == [load_tariff(Region.NHS).factor("prescription_charge", date(2026, 6, 1)).value]
    )


# ---------------------------------------------------------------- requirements


@pytest.mark.parametrize("region", Region)
def test_every_requirement_is_told_in_whole_sentences(region: Region) -> None:
    file = load_requirements(TARIFFS / region / "requirements.toml")
    texts = [text for r in file.requirement for text in (r.what, r.who, r.evidence, r.without_it)]
    texts += [text for step in file.appeal for text in (step.what, step.who)]
    assert [] == [text for text in texts if not text.endswith((".", "?"))]


@pytest.mark.parametrize("region", Region)
def test_every_requirement_cites_a_source_that_exists(region: Region) -> None:
    file = load_requirements(TARIFFS / region / "requirements.toml")
    assert set() == {entry.source for entry in (*file.requirement, *file.appeal)} - known_sources(region)


@pytest.mark.parametrize("region", Region)
def test_every_requirement_has_its_own_name(region: Region) -> None:
    names = [entry.id for entry in load_requirements(TARIFFS / region / "requirements.toml").requirement]
    assert [] == sorted({name for name in names if names.count(name) > 1})


@pytest.mark.parametrize("region", Region)
def test_a_requirement_for_a_plan_or_a_tag_names_one_that_exists(region: Region) -> None:
    plans = load_plans(region)
    tags = {tag for plan in plans.values() for tag in plan.tags}
    file = load_requirements(TARIFFS / region / "requirements.toml")
    whens = [entry.when for entry in (*file.requirement, *file.appeal)]
    assert set() == {name for when in whens for name in when.plans} - {*plans}
    assert set() == {tag for when in whens for tag in when.tags} - tags


@pytest.mark.parametrize("region", Region)
def test_an_event_a_requirement_waits_for_can_happen(region: Region) -> None:
    possible = {
        "deductible_met",
        "out_of_pocket_max_met",
        "visit_limit_reached",
        "benefit_limit_reached",
        "prior_authorization_due",
    }
    possible |= {threshold.id for plan in load_plans(region).values() for threshold in plan.threshold}
    anchors = [entry.due.anchor for entry in load_requirements(TARIFFS / region / "requirements.toml").requirement]
    assert set() == {a.partition(":")[2] for a in anchors if a.startswith("event:")} - possible


def test_the_waits_can_be_read() -> None:
    assert load_waits(TARIFFS / Region.NHS / "waits.csv")
