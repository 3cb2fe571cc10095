"""The command line: one JSON object, honest exit statuses, and never a traceback for bad input."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest

from estimator.cli import main
from estimator.comparison import compare
from estimator.estimate import open_case
from estimator.projection import project
from estimator.quote import quote
from estimator.requirements import checklist
from estimator.scenario import read_scenario
from estimator.schemas import SCHEMAS, schema_of
from estimator.vocabulary import Region
from tests.cases import EXAMPLES, ROOT, TARIFFS


class Ran(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def estimator(*words: object) -> Ran:
    """The command line in this process, with its exit status and both streams."""
    out, err = io.StringIO(), io.StringIO()
    status = 0
    with patch.object(sys, "argv", ["estimator", *map(str, words)]), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 1
    return Ran(status, out.getvalue(), err.getvalue())


def really(*words: object, **environment: str) -> Ran:
    """The command line in a process of its own."""
    run = subprocess.run(
        [sys.executable, "-m", "estimator", *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )
    return Ran(run.returncode, run.stdout, run.stderr)


def is_told_kindly(ran: Ran) -> bool:
    return ran.status == 2 and "Traceback" not in ran.err and "a fault of ours" not in ran.err and ran.err != ""


def example(region: str) -> Path:
    return EXAMPLES / f"{region}.toml"


def edited(folder: Path, pattern: str, replacement: str, region: str = "us_private") -> Path:
    """An example with one line changed."""
    text, count = re.subn(
        pattern, lambda _: replacement, example(region).read_text(encoding="utf-8"), count=1, flags=re.MULTILINE
    )
    assert count == 1, f"the example no longer has a line like {pattern}"
    path = folder / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    return path


LINES = """line,date,service,code,units,charge,allowed,network
1,2026-03-02,physical_therapy_evaluation,97161,1,180.00,120.00,in_network
2,2026-03-05,physical_therapy,97110,2,150.00,110.00,in_network
3,2026-03-09,physical_therapy,97110,2,150.00,110.00,in_network
4,2026-03-12,massage_therapy,,1,90.00,90.00,in_network
5,2026-03-16,imaging_mri,73718,1,900.00,600.00,in_network
6,2026-12-14,physical_therapy,97110,2,150.00,110.00,in_network
"""
SILVER = """id = "silver"
[deductible]
amount = 1500.00
[out_of_pocket_max]
amount = 6000.00
[[benefit]]
services = ["physical_therapy_evaluation", "physical_therapy", "imaging_mri"]
patient_coinsurance = 0.20
visit_limit = 20
limit_group = "therapies"
"""


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "lines.csv"
    path.write_text(LINES, encoding="utf-8")
    return path


@pytest.fixture
def silver(tmp_path: Path) -> Path:
    path = tmp_path / "silver.toml"
    path.write_text(SILVER, encoding="utf-8")
    return path


# ---------------------------------------------------------------- the same numbers as in Python


@pytest.mark.parametrize("region", Region)
def test_the_command_line_gives_the_numbers_of_the_library_to_the_cent(region: Region) -> None:
    opened = open_case(read_scenario(example(region)))
    made = quote(opened)
    assert json.loads(made.model_dump_json()) == estimator("quote", example(region), "--json").json
    projected = estimator("project", example(region), "--draws", 500, "--seed", 7, "--json").json
    assert json.loads(project(opened, 500, 7).model_dump_json()) == projected
    assert (
        json.loads(checklist(opened, made).model_dump_json())
        == estimator("requirements", example(region), "--json").json
    )


def test_comparing_gives_the_numbers_of_the_library() -> None:
    ran = estimator("compare", example("us_private"), "--plan", "ppo", "--plan", "gold", "--draws", 500, "--json")
    assert json.loads(compare(read_scenario(example("us_private")), ["ppo", "gold"], 500).model_dump_json()) == ran.json


def test_the_text_of_a_quote_begins_with_the_answer() -> None:
    ran = estimator("quote", example("us_private"))
    total = quote(open_case(read_scenario(example("us_private")))).totals
    assert f"You pay ${total.patient_pays:,.2f} of ${total.charge:,.2f}." == ran.out.splitlines()[0]
    assert ran.out.rstrip().endswith("An estimate, not medical or insurance advice.")


# ---------------------------------------------------------------- one JSON object, in its schema

COMMANDS: dict[str, tuple[str, tuple[object, ...]]] = {
    "quote": ("quote", ("quote", example("us_private"))),
    "quote nhs": ("quote", ("quote", example("nhs"))),
    "project": ("project", ("project", example("uk_private"), "--draws", 200)),
    "compare": (
        "compare",
        ("compare", example("medicare_part_b"), "--plan", "part_b", "--plan", "medicare_advantage", "--draws", 200),
    ),
    "requirements": ("requirements", ("requirements", example("medicare_part_b"))),
    "scenario": ("scenario", ("scenario", "--example", "nhs")),
    "price": ("price", ("price", "--region", "medicare_part_b", "--code", "97110", "--area", "NY-01")),
    "price of a bundled code": ("price", ("price", "--region", "medicare_part_b", "--code", "97010")),
    "price in the US": ("price", ("price", "--region", "us_private", "--code", "97110", "--area", "OH")),
    "price in the UK": ("price", ("price", "--region", "uk_private", "--code", "physio-follow-up", "--area", "London")),
    "price in the NHS": ("price", ("price", "--region", "nhs", "--code", "A08A1")),
    "check-tariffs": ("check-tariffs", ("check-tariffs",)),
}


def keeps_to(name: str, data: Any) -> None:
    """Valid under the published schema, or, without a validator at hand, readable by the record."""
    try:
        import jsonschema
    except ImportError:
        SCHEMAS[name].model_validate(data)
    else:
        jsonschema.Draft202012Validator(schema_of(name)).validate(data)


@pytest.mark.parametrize("command", COMMANDS)
def test_json_is_one_object_that_keeps_to_its_schema_and_nothing_else(command: str) -> None:
    name, words = COMMANDS[command]
    ran = estimator(*words, "--json")
    assert (0, "") == (ran.status, ran.err)
    assert isinstance(ran.json, dict)
    keeps_to(name, ran.json)


@pytest.mark.parametrize("command", COMMANDS)
def test_without_json_there_is_text_for_a_reader(command: str) -> None:
    _, words = COMMANDS[command]
    ran = estimator(*words)
    assert (0, "") == (ran.status, ran.err)
    assert ran.out.strip()
    assert not ran.out.lstrip().startswith("{")


def test_adjudicating_prints_one_object_too(lines: Path, silver: Path) -> None:
    ran = estimator("adjudicate", "--plan", silver, "--lines", lines, "--json")
    assert (0, "") == (ran.status, ran.err)
    keeps_to("adjudicate", ran.json)
    text = estimator("adjudicate", "--plan", silver, "--lines", lines)
    assert (0, True) == (text.status, "total" in text.out)


def test_a_file_of_prices_prints_one_object_too(tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    path.write_text("code,area\n97110,NATIONAL\n9711O,NATIONAL\n97140,OH-00\n", encoding="utf-8")
    ran = estimator("price", "--region", "medicare_part_b", "--lines", path, "--json")
    assert 0 == ran.status
    keeps_to("prices", ran.json)
    first, second, third = ran.json["prices"]
    assert ("29.06", "26.59") == (first["allowed"], third["allowed"])
    assert f"{path}: row 3: " in second["error"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_printed(name: str) -> None:
    assert schema_of(name) == estimator("schema", name).json


def test_money_is_printed_as_text_with_two_decimals_and_a_currency() -> None:
    made = estimator("quote", example("nhs"), "--json").json
    assert "GBP" == made["currency"]
    assert all(re.fullmatch(r"\d+\.\d\d", amount) for amount in made["totals"].values())


# ---------------------------------------------------------------- examples


@pytest.mark.parametrize("region", Region)
def test_the_printed_example_is_a_complete_commented_scenario(region: Region, tmp_path: Path) -> None:
    ran = estimator("scenario", "--example", region)
    path = tmp_path / "mine.toml"
    path.write_text(ran.out, encoding="utf-8")
    assert ran.out.startswith("# A complete scenario for ")
    assert example(region).read_text(encoding="utf-8") == ran.out
    assert estimator("quote", path, "--json").json == estimator("quote", example(region), "--json").json


@pytest.mark.parametrize("region", Region)
def test_the_example_as_json_is_the_same_scenario(region: Region, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(estimator("scenario", "--example", region, "--json").out, encoding="utf-8")
    assert read_scenario(example(region)) == read_scenario(path)


# ---------------------------------------------------------------- who pays what on given lines


def test_adjudicated_lines_carry_every_amount_and_add_up(lines: Path, silver: Path) -> None:
    made = estimator("adjudicate", "--plan", silver, "--lines", lines, "--json").json
    names = (
        "charge allowed deductible copay coinsurance over_limit not_covered balance_bill write_off plan_pays "
        "secondary_pays patient_pays reason"
    ).split()
    assert [1, 2, 3, 4, 5, 6] == [line["line"] for line in made["lines"]]
    for line in made["lines"]:
        assert set() == {*names} - {*line}
        paid = sum(Decimal(line[name]) for name in ("plan_pays", "secondary_pays", "patient_pays", "write_off"))
        assert Decimal(line["charge"]) == paid


def test_the_worked_case_of_a_deductible_that_runs_out_in_the_second_visit(tmp_path: Path, silver: Path) -> None:
    path, met = tmp_path / "lines.csv", tmp_path / "met.toml"
    path.write_text(
        "line,date,service,code,units,charge,allowed,network\n"
        "1,2026-03-02,physical_therapy_evaluation,97161,1,120.00,120.00,in_network\n"
        "2,2026-03-05,physical_therapy,97110,2,110.00,110.00,in_network\n"
        "3,2026-03-09,physical_therapy,97110,2,110.00,110.00,in_network\n",
        encoding="utf-8",
    )
    met.write_text("deductible = 1300.00\n", encoding="utf-8")
    made = estimator("adjudicate", "--plan", silver, "--lines", path, "--met", met, "--json").json
    assert ["120.00", "86.00", "22.00"] == [line["patient_pays"] for line in made["lines"]]
    assert "228.00" == made["totals"]["patient_pays"]


@pytest.mark.parametrize("cut", [1, 2, 3, 4, 5])
def test_closing_accumulators_of_one_run_open_the_next(cut: int, tmp_path: Path, silver: Path, lines: Path) -> None:
    """Two halves of a year, the second with `--met` of the first, cost what the whole year costs."""
    header, *rows = LINES.splitlines(keepends=True)
    halves = []
    for name, some in (("first", rows[:cut]), ("second", rows[cut:])):
        path = tmp_path / f"{name}.csv"
        path.write_text("".join([header, *some]), encoding="utf-8")
        halves.append(path)
    whole = estimator("adjudicate", "--plan", silver, "--lines", lines, "--json").json
    first = estimator("adjudicate", "--plan", silver, "--lines", halves[0], "--json")
    met = tmp_path / "met.json"
    met.write_text(first.out, encoding="utf-8")
    second = estimator("adjudicate", "--plan", silver, "--lines", halves[1], "--met", met, "--json").json
    assert [line["patient_pays"] for line in whole["lines"]] == [
        line["patient_pays"] for line in (*first.json["lines"], *second["lines"])
    ]
    assert whole["accumulators"] == second["accumulators"]


def test_a_shipped_plan_is_named_by_its_id_and_a_second_cover_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_text(
        "line,date,service,code,units,charge,allowed,network\n1,2026-03-02,physical_therapy,97110,2,400.00,383.00,not_applicable\n",
        encoding="utf-8",
    )
    alone = estimator("adjudicate", "--plan", "part_b", "--lines", path, "--json").json
    both = estimator("adjudicate", "--plan", "part_b", "--secondary", "medigap_g", "--lines", path, "--json").json
    assert ("303.00", "283.00") == (alone["totals"]["patient_pays"], both["totals"]["patient_pays"])
    assert ("17.00", "20.00") == (both["totals"]["write_off"], both["totals"]["secondary_pays"])


def lines_with(tmp_path: Path, column: str, value: str) -> Path:
    table = list(csv.reader(LINES.splitlines()))
    table[3][table[0].index(column)] = value
    path = tmp_path / "lines.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(table)
    return path


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("allowed", "-1.00", "row 4: allowed: an amount must lie between 0.00 and 100,000,000.00 (got -1.00)"),
        ("allowed", "NaN", "row 4: allowed: expected a number such as 120.00 (got 'NaN')"),
        ("charge", "1,50", "row 4: charge: expected a number such as 120.00 (got '1,50')"),
        ("charge", "1.005", "row 4: charge: an amount has at most two decimals, such as 120.00 (got 1.005)"),
        ("date", "2026-02-30", "row 4: date: expected a date such as 2026-03-02 (got '2026-02-30')"),
        ("date", "1990-01-01", "row 4: date: expected a date from 2015-01-01 to 2035-12-31 (got 1990-01-01)"),
        ("service", "physio", "row 4: service: expected one of physical_therapy_evaluation, physical_therapy"),
        (
            "service",
            "surgery",
            "row 4: service: surgery is billed as surgery_surgeon, surgery_anaesthetist and surgery_facility",
        ),
        ("units", "0", "row 4: units: expected a whole number from 1 to 1000 (got 0)"),
        ("units", "two", "row 4: units: expected a whole number such as 1 (got 'two')"),
        (
            "network",
            "outside",
            "row 4: network: expected one of in_network, out_of_network, not_applicable (got 'outside')",
        ),
        ("line", "2", "line 2 stands twice."),
    ],
)
def test_a_bad_claim_line_is_named_by_file_row_and_field(
    tmp_path: Path, silver: Path, column: str, value: str, message: str
) -> None:
    path = lines_with(tmp_path, column, value)
    ran = estimator("adjudicate", "--plan", silver, "--lines", path)
    assert is_told_kindly(ran)
    assert f"estimator: {path}: {message}" in ran.err


def test_a_percentage_written_20_for_0_20_is_explained(tmp_path: Path, lines: Path) -> None:
    plan = tmp_path / "wrong.toml"
    plan.write_text(SILVER.replace("0.20", "20"), encoding="utf-8")
    ran = estimator("adjudicate", "--plan", plan, "--lines", lines)
    assert is_told_kindly(ran)
    assert f"estimator: {plan}: benefit[1].patient_coinsurance: a rate is a share of one: write 0.2 for 20%." in ran.err


def test_a_wrong_met_file_is_named(tmp_path: Path, silver: Path, lines: Path) -> None:
    met = tmp_path / "met.toml"
    met.write_text("deductable = 1300.00\n", encoding="utf-8")
    ran = estimator("adjudicate", "--plan", silver, "--lines", lines, "--met", met)
    assert is_told_kindly(ran)
    assert f"{met}: deductable: unknown field; did you mean 'deductible'?" in ran.err


# ---------------------------------------------------------------- bad input: a message, exit 2, never a traceback

MISTAKES: dict[str, tuple[str, str, str]] = {
    "an unknown field": (r"^plan = .*", 'plna = "ppo"', "plna: unknown field; did you mean 'plan'?"),
    "a date that is none": (
        r"^injury_date = .*",
        'injury_date = "2026-02-30"',
        "injury_date: expected a date such as 2026-03-02 (got '2026-02-30')",
    ),
    "a bare date that is none": (r"^injury_date = .*", "injury_date = 2026-02-30", "not valid TOML: "),
    "a number for a date": (
        r"^injury_date = .*",
        "injury_date = 20260302",
        "injury_date: expected a date such as 2026-03-02 (got 20260302)",
    ),
    "a plan that does not exist": (
        r"^plan = .*",
        'plan = "pppo"',
        "plan: there is no plan 'pppo' in us_private; did you mean 'ppo'?",
    ),
    "a plan with a zero byte": (r"^plan = .*", 'plan = "a\\u0000.toml"', "plan"),
    "a plan that is a folder": (r"^plan = .*", 'plan = "/"', "there is no plan '/'"),
    "a negative price": (
        r"^# massage_therapy = .*",
        "massage_therapy = -85.00",
        "own_prices.massage_therapy: an amount must lie between 0.00 and 100,000,000.00 (got -85.00)",
    ),
    "an amount of NaN": (r"^deductible = .*", "deductible = nan", "nan is not a number; write one such as 120.00"),
    "an endless amount": (r"^deductible = .*", "deductible = inf", "inf is not a number; write one such as 120.00"),
    "a yes for a number": (r"^daily_pay = .*", "daily_pay = true", "work.daily_pay: write a number such as 120.00"),
    "an unknown table": (r"^\[area\]", "[areas]", "areas: unknown field; did you mean 'area'?"),
    "an unknown service": (r'^  "massage_therapy",', '  "massage",', "services[3]: expected one of "),
    "a setting that is none": (
        r"^setting = .*",
        'setting = "moon"',
        "setting: us_private has the settings independent_clinic, hospital_outpatient",
    ),
    "a Medicare place in another region": (r"^state = .*", 'locality = "zz"', "locality"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("command", ["quote", "project", "requirements"])
def test_a_mistake_in_a_scenario_is_named_with_what_to_write(command: str, mistake: str, tmp_path: Path) -> None:
    pattern, replacement, message = MISTAKES[mistake]
    ran = estimator(command, edited(tmp_path, pattern, replacement))
    assert is_told_kindly(ran), ran.err
    assert message in ran.err


def test_a_state_in_the_uk_is_refused(tmp_path: Path) -> None:
    ran = estimator("quote", edited(tmp_path, r"^nation = .*", 'state = "OH"', "uk_private"))
    assert is_told_kindly(ran)
    assert "area.state: uk_private takes a nation or region, such as England or London." in ran.err


FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "the file is empty."),
    "big": (b"#" * 6_000_000, "the file has 6 MB; at most 5 MB are read. Is it the right file?"),
    "binary": (bytes(range(256)) * 50, "is not UTF-8 text. Is it the right file?"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(1000), "is not UTF-8 text. Is it the right file?"),
    "zero bytes": (b'a = "\0\0"', "this is a binary file, not text."),
    "a table": (LINES.encode(), "not valid TOML: "),
    "deep": (b"a = " + b"[" * 100_000, "recursion"),
}


TABLES, TEXTS = ("lines", "prices"), ("scenario", "plan", "met")
ONLY_TOML = ("a table", "deep")


@pytest.mark.parametrize(
    ("kind", "place"),
    [(kind, place) for kind in FILES for place in (*TABLES, *TEXTS) if place in TEXTS or kind not in ONLY_TOML],
)
def test_a_file_of_the_wrong_kind_is_refused_wherever_it_is_given(
    kind: str, place: str, tmp_path: Path, lines: Path, silver: Path
) -> None:
    raw, message = FILES[kind]
    path = tmp_path / ("wrong.csv" if place in TABLES else "wrong.toml")
    path.write_bytes(raw)
    ran = {
        "scenario": lambda: estimator("quote", path),
        "plan": lambda: estimator("adjudicate", "--plan", path, "--lines", lines),
        "lines": lambda: estimator("adjudicate", "--plan", silver, "--lines", path),
        "met": lambda: estimator("adjudicate", "--plan", silver, "--lines", lines, "--met", path),
        "prices": lambda: estimator("price", "--region", "medicare_part_b", "--lines", path),
    }[place]()
    assert is_told_kindly(ran)
    assert f"estimator: {path}: " in ran.err
    assert message in ran.err


WRONG: dict[str, tuple[tuple[object, ...], str]] = {
    "a folder as a file": (("quote", TARIFFS), "this is a folder; name a file in it."),
    "a missing file": (
        ("quote", EXAMPLES / "us_privat.toml"),
        f"there is no such file. Did you mean {EXAMPLES / 'us_private.toml'}?",
    ),
    "too few draws": (
        ("project", example("nhs"), "--draws", 99),
        "draws: choose a number from 100 to 1,000,000 (got 99).",
    ),
    "too many draws": (
        ("project", example("nhs"), "--draws", 1_000_001),
        "draws: choose a number from 100 to 1,000,000 (got 1,000,001).",
    ),
    "a word for draws": (("project", example("nhs"), "--draws", "many"), "--draws"),
    "a negative seed": (("project", example("nhs"), "--seed", -1), "seed: choose a whole number from 0 to"),
    "one plan to compare": (
        ("compare", example("us_private"), "--plan", "ppo"),
        "plan: name 2 to 6 plans with --plan (got 1).",
    ),
    "an unknown plan to compare": (
        ("compare", example("us_private"), "--plan", "ppo", "--plan", "zinc"),
        "there is no plan 'zinc' in us_private",
    ),
    "an unknown region": (
        ("price", "--region", "us_privat", "--code", "97110"),
        "--region: expected one of us_private, medicare_part_b, nhs, uk_private (got 'us_privat'); did you mean 'us_private'?",
    ),
    "an unknown example": (
        ("scenario", "--example", "france"),
        "--example: expected one of us_private, medicare_part_b, nhs, uk_private (got 'france')",
    ),
    "an unknown schema": (("schema", "quotes"), "did you mean 'quote'?"),
    "neither code nor lines": (("price", "--region", "nhs"), "give either --code or --lines."),
    "both code and lines": (
        ("price", "--region", "nhs", "--code", "A08A1", "--lines", "x.csv"),
        "give either --code or --lines.",
    ),
    "a file of prices elsewhere": (
        ("price", "--region", "nhs", "--lines", "x.csv"),
        "--lines: only medicare_part_b prices a whole file.",
    ),
    "a date that is none": (
        ("price", "--region", "nhs", "--code", "A08A1", "--date", "31/12/2026"),
        "--date: expected a date such as 2026-12-31 (got '31/12/2026').",
    ),
    "prices as of no date": (
        ("quote", example("nhs"), "--prices-as-of", "soon"),
        "--prices-as-of: expected a date such as 2026-12-31 (got 'soon').",
    ),
    "a year without a table": (
        ("price", "--region", "medicare_part_b", "--code", "97110", "--date", "2027-02-01"),
        "No 2027 fee schedule table is loaded",
    ),
    "an unknown locality": (
        ("price", "--region", "medicare_part_b", "--code", "97110", "--area", "Ohioo"),
        "Nearest: OH-00 Ohio",
    ),
    "a US state in the UK": (
        ("price", "--region", "uk_private", "--code", "physio-initial", "--area", "OH"),
        "area: uk_private takes a nation or region, such as England or London (got 'OH').",
    ),
    "a state that is none": (
        ("price", "--region", "us_private", "--code", "97110", "--area", "ZZ"),
        "area: expected a US state's two letters, such as OH (got 'ZZ').",
    ),
    "tariffs that are none": (("quote", example("nhs"), "--tariffs", "/nowhere"), "/nowhere"),
    "an unknown plan to adjudicate": (
        ("adjudicate", "--plan", "pppo", "--lines", "x.csv"),
        "there is no plan 'pppo'; did you mean 'ppo'?",
    ),
    "a second cover as the first": (
        ("adjudicate", "--plan", "medigap_g", "--lines", "x.csv"),
        "'medigap_g' is a secondary plan; name it under secondary.",
    ),
    "an unknown command": (("quoat", example("nhs")), "quoat"),
    "an unknown option": (("quote", example("nhs"), "--draw", "5"), "--draw"),
    "no scenario": (("quote",), "SCENARIO"),
    "no year to import": (
        ("import", "pfs", "a.csv", "b.csv"),
        "--year: name the year the files are for, such as --year 2027.",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_command_is_answered_with_what_to_write(what: str) -> None:
    words, message = WRONG[what]
    ran = estimator(*words)
    assert is_told_kindly(ran), ran.err
    assert message in ran.err
    assert "" == ran.out


def test_with_json_a_mistake_is_one_json_object_too(tmp_path: Path) -> None:
    path = edited(tmp_path, r"^plan = .*", 'plna = "ppo"')
    ran = estimator("quote", path, "--json")
    assert 2 == ran.status
    (problem,) = ran.json["error"]["problems"]
    assert problem.startswith(f"{path}: plna: unknown field")


def test_every_mistake_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text('condition = "sprain"\nregion = "mars"\n', encoding="utf-8")
    assert 4 == estimator("quote", path).err.count(f"estimator: {path}: ")


# ---------------------------------------------------------------- dates without prices


def test_a_date_without_prices_is_refused_and_served_with_a_warning_on_request(tmp_path: Path) -> None:
    path = edited(
        tmp_path,
        r"^injury_date = .*\ncare_starts = .*",
        "injury_date = 2027-03-01\ncare_starts = 2027-03-03",
        "medicare_part_b",
    )
    refused = estimator("quote", path)
    assert is_told_kindly(refused)
    assert "--prices-as-of 2026-12-31" in refused.err
    served = estimator("quote", path, "--prices-as-of", "2026-12-31")
    assert 0 == served.status
    assert "Prices for 2027 are not published yet" in served.out


def test_a_single_price_served_as_of_another_date_says_so() -> None:
    words = (
        "price",
        "--region",
        "medicare_part_b",
        "--code",
        "97110",
        "--date",
        "2027-02-01",
        "--prices-as-of",
        "2026-12-31",
    )
    ran = estimator(*words)
    assert 0 == ran.status
    assert {"2027", "2026-12-31"} == {text for text in ("2027", "2026-12-31") if text in ran.out}


def test_a_bundled_code_is_explained() -> None:
    ran = estimator("price", "--region", "medicare_part_b", "--code", "97010")
    assert "no price." in ran.out
    assert "bundled" in ran.out
    assert 1 == ran.out.splitlines()[0].count("97010 is bundled")


# ---------------------------------------------------------------- tariffs


def test_sound_tariffs_are_exit_0_and_damaged_ones_exit_2(tmp_path: Path) -> None:
    assert 0 == estimator("check-tariffs").status
    broken = tmp_path / "nhs" / "plans"
    broken.mkdir(parents=True)
    (broken / "mine.toml").write_text('id = "yours"\n', encoding="utf-8")
    ran = estimator("check-tariffs", "--tariffs", tmp_path)
    assert "nhs/plans/mine.toml: id: expected 'mine', the name of the file (got 'yours')." in ran.out
    assert 2 == ran.status


# ---------------------------------------------------------------- as a process


def test_a_process_prints_json_and_nothing_else() -> None:
    ran = really("quote", example("uk_private"), "--json")
    assert (0, "") == (ran.status, ran.err)
    assert json.loads(ran.out)["currency"] == "GBP"


def test_a_process_ends_with_2_for_bad_input() -> None:
    ran = really("quote", "missing.toml")
    assert is_told_kindly(ran)
    assert "" == ran.out


def test_a_process_ends_with_2_for_damaged_tariffs(tmp_path: Path) -> None:
    broken = tmp_path / "nhs" / "plans"
    broken.mkdir(parents=True)
    (broken / "mine.toml").write_text('id = "yours"\n', encoding="utf-8")
    assert 2 == really("check-tariffs", "--tariffs", tmp_path).status


def test_without_a_command_the_help_is_shown() -> None:
    ran = estimator()
    assert "quote" in ran.out + ran.err
    assert "Traceback" not in ran.err


def test_our_own_fault_is_exit_1_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("out of cheese")

    monkeypatch.setattr("estimator.quote.quote", fail)
    monkeypatch.delenv("ESTIMATOR_DEBUG", raising=False)
    ran = estimator("quote", example("nhs"))
    assert 1 == ran.status
    assert "estimator: a fault of ours, not of your input: RuntimeError: out of cheese" in ran.err
    assert "Traceback" not in ran.err


def test_every_public_name_stays_what_it_is_however_often_it_is_imported() -> None:
    """A submodule of the same name must not take a function's place once it is loaded."""
    code = (
        "import estimator\n"
        "for _ in range(2):\n"
        "    for name in estimator.__all__:\n"
        "        scope = {}\n"
        "        exec(f'from estimator import {name}', scope)\n"
        "        assert callable(scope[name]), f'{name} is {scope[name]}'\n"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (0, "") == (run.returncode, run.stderr)
