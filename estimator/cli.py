"""The command line: a thin shell over the same calls as the app.

Exit status: 0 good, 2 for input that can be mended, 1 for a fault of our own. With `--json`, one JSON object goes to
standard output and nothing else. What a command does not need is imported late, so that each starts quickly.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from estimator.cli_imports import AsJson, Tariffs, importer
from estimator.errors import EstimatorError, FileProblems, InputError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from estimator.estimate import Case
    from estimator.scenario import Scenario

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="What treating a hamstring injury will cost you, under your own cover, before it starts.",
)
app.add_typer(importer, name="import")

ScenarioFile = Annotated[Path, typer.Argument(metavar="SCENARIO", help="A scenario file, TOML or JSON.")]
AsOf = Annotated[
    str | None,
    typer.Option("--prices-as-of", metavar="DATE", help="Serve dates that no price covers with prices of this date."),
]
DrawCount = Annotated[int, typer.Option("--draws", help="How many cases to draw.")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same numbers.")]
PAPERWORK = ("referral", "prior_authorization", "medical_need_confirmed", "advance_notice")
DEFAULT_DRAWS, DEFAULT_SEED = 10_000, 20_260_302


def main() -> None:
    """Run the command line and turn every error into a message and an exit status."""
    try:
        if status := app(standalone_mode=False):
            sys.exit(status)
    except typer.Exit as stop:
        sys.exit(stop.exit_code)
    except typer.Abort:
        sys.exit(1)
    except EstimatorError as error:
        _complain(error)
        sys.exit(2 if isinstance(error, InputError) else 1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if hasattr(error, "show") and hasattr(error, "exit_code"):  # a usage error of the command line itself
            error.show()
            sys.exit(error.exit_code)
        if os.environ.get("ESTIMATOR_DEBUG"):
            raise
        print(f"estimator: a fault of ours, not of your input: {type(error).__name__}: {error}", file=sys.stderr)
        print("Run again with ESTIMATOR_DEBUG=1 to see where it happened.", file=sys.stderr)
        sys.exit(1)


def _complain(error: EstimatorError) -> None:
    problems = error.problems if isinstance(error, FileProblems) else (str(error),)
    for problem in problems:
        print(f"estimator: {problem}", file=sys.stderr)
    if "--json" in sys.argv:
        print(json.dumps({"error": {"problems": list(problems)}}, ensure_ascii=False))


def _print(result: BaseModel, as_json: bool, text: Callable[[Any], str]) -> None:
    print(result.model_dump_json(indent=2) if as_json else text(result))


def _scenario(path: Path, prices_as_of: str | None) -> Scenario:
    from estimator.files import read_structured, validate
    from estimator.scenario import Scenario

    data = read_structured(path)
    if prices_as_of is not None:
        data["prices_as_of"] = _day("--prices-as-of", prices_as_of)
    return validate(Scenario, data, str(path))


def _case(path: Path, tariffs: Path | None, prices_as_of: str | None) -> Case:
    from estimator.errors import NoPrice
    from estimator.estimate import open_case

    scenario = _scenario(path, prices_as_of)
    try:
        return open_case(scenario, tariffs)
    except (FileProblems, NoPrice):
        raise
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{option}: expected a date such as 2026-12-31 (got {text!r}).") from None


# ---------------------------------------------------------------- one case


@app.command()
def quote(scenario: ScenarioFile, as_json: AsJson = False, tariffs: Tariffs = None, prices_as_of: AsOf = None) -> None:
    """The likely course, exact to the cent: every visit, line and reason."""
    from estimator.outputs import text
    from estimator.quote import quote as make

    _print(make(_case(scenario, tariffs, prices_as_of)), as_json, text.quote)


@app.command()
def project(
    scenario: ScenarioFile,
    draws: DrawCount = DEFAULT_DRAWS,
    seed: Seed = DEFAULT_SEED,
    as_json: AsJson = False,
    tariffs: Tariffs = None,
    prices_as_of: AsOf = None,
) -> None:
    """The range of what you may pay, by week, phase and service, and what the spread comes from."""
    from estimator.outputs import text
    from estimator.projection import project as make

    _print(make(_case(scenario, tariffs, prices_as_of), draws, seed), as_json, text.projection)


@app.command()
def compare(
    scenario: ScenarioFile,
    plan: Annotated[list[str], typer.Option("--plan", help="A plan to compare; give this two to six times.")],
    draws: DrawCount = DEFAULT_DRAWS,
    seed: Seed = DEFAULT_SEED,
    as_json: AsJson = False,
    tariffs: Tariffs = None,
    prices_as_of: AsOf = None,
) -> None:
    """The same injury under several plans, on the same draws."""
    from estimator.comparison import compare as make
    from estimator.outputs import text

    _print(make(_scenario(scenario, prices_as_of), plan, draws, seed, tariffs), as_json, text.comparison)


@app.command()
def requirements(
    scenario: ScenarioFile, as_json: AsJson = False, tariffs: Tariffs = None, prices_as_of: AsOf = None
) -> None:
    """What the cover asks for: a dated checklist, and the steps if cover is refused."""
    from estimator.outputs import text
    from estimator.quote import quote as make
    from estimator.requirements import checklist

    case = _case(scenario, tariffs, prices_as_of)
    _print(checklist(case, make(case)), as_json, text.checklist)


@app.command(name="scenario")
def scenario_example(
    example: Annotated[
        str,
        typer.Option("--example", metavar="REGION", help="us_private, medicare_part_b, nhs or uk_private."),
    ],
    as_json: AsJson = False,
) -> None:
    """Print a complete, commented scenario for a region."""
    from estimator.files import parse_toml, read_text, suggestion, validate
    from estimator.scenario import Scenario
    from estimator.vocabulary import Region

    if example not in {*Region}:
        raise InputError(
            f"--example: expected one of {', '.join(Region)} (got {example!r}){suggestion(example, [*Region])}."
        )
    written = read_text(Path(__file__).parent / "examples" / f"{example}.toml")
    if as_json:
        print(validate(Scenario, parse_toml(written, example), example).model_dump_json(indent=2, exclude_none=True))
    else:
        print(written, end="")


@app.command(name="start-dates")
def start_dates(
    scenario: ScenarioFile,
    draws: DrawCount = 2_000,
    seed: Seed = DEFAULT_SEED,
    as_json: AsJson = False,
    tariffs: Tariffs = None,
    prices_as_of: AsOf = None,
) -> None:
    """The same episode at other start dates inside the clinical window, and where the plan year ends."""
    from estimator.outputs import text
    from estimator.timing import start_dates as make

    _print(make(_case(scenario, tariffs, prices_as_of), draws, seed), as_json, text.timing)


@app.command(name="coverage-example")
def coverage_example(
    plan: Annotated[str, typer.Argument(metavar="PLAN.toml", help="A plan file, or the id of a shipped plan.")],
    edition: Annotated[str, typer.Option("--edition", help="current or 2016.")] = "current",
    as_json: AsJson = False,
    tariffs: Tariffs = None,
) -> None:
    """The federal Simple Fracture example under a plan, to hold against the plan's own printed document."""
    from estimator.coverage_example import coverage_example as make
    from estimator.outputs import text
    from estimator.plan import any_plan

    if edition not in ("current", "2016"):
        raise InputError(f"--edition: expected current or 2016 (got {edition!r}).")
    terms = any_plan(plan, "primary", tariffs)
    _print(make(terms, "2016" if edition == "2016" else "current"), as_json, text.coverage_example)


@app.command()
def mixes(
    scenario: ScenarioFile,
    plan: Annotated[
        list[str] | None, typer.Option("--plan", help="An insurance to set beside; may be given again.")
    ] = None,
    draws: DrawCount = 2_000,
    seed: Seed = DEFAULT_SEED,
    as_json: AsJson = False,
    tariffs: Tariffs = None,
    prices_as_of: AsOf = None,
) -> None:
    """NHS, private and mixed ways to treat one injury in the UK: cost against weeks of waiting."""
    from estimator.mixes import mixes as make
    from estimator.outputs import text

    _print(make(_scenario(scenario, prices_as_of), plan or (), draws, seed, tariffs), as_json, text.mixes)


@app.command(name="nhs-costs")
def nhs_costs(
    scenario: ScenarioFile, as_json: AsJson = False, tariffs: Tariffs = None, prices_as_of: AsOf = None
) -> None:
    """What an NHS patient still pays, what the care costs the system, and what a visitor would pay."""
    from estimator.nhs_costs import nhs_costs as make
    from estimator.outputs import text

    _print(make(_case(scenario, tariffs, prices_as_of)), as_json, text.nhs_costs)


# ---------------------------------------------------------------- prices and claims


@app.command()
def price(
    region: Annotated[str, typer.Option("--region", help="us_private, medicare_part_b, nhs or uk_private.")],
    code: Annotated[str | None, typer.Option("--code", help="The code to price.")] = None,
    area: Annotated[str, typer.Option("--area", help="OH, NY-01, 13202-01, NATIONAL, England/London or London.")] = "",
    setting: Annotated[str, typer.Option("--setting", help="Where the care takes place.")] = "",
    on: Annotated[str | None, typer.Option("--date", metavar="DATE", help="The date of service.")] = None,
    modifier: Annotated[str, typer.Option("--modifier", help="Medicare: 26 or TC.")] = "",
    reduced: Annotated[bool, typer.Option("--reduced", help="Medicare: the same-day reduced therapy amount.")] = False,
    qualifying_apm: Annotated[
        bool, typer.Option("--qualifying-apm", help="Medicare: the qualifying conversion factor.")
    ] = False,
    lines: Annotated[Path | None, typer.Option("--lines", help="Medicare: price every row of a CSV file.")] = None,
    as_json: AsJson = False,
    tariffs: Tariffs = None,
    prices_as_of: AsOf = None,
) -> None:
    """The price of one code at one place on one date, with its parts and sources."""
    from estimator import lookup
    from estimator.files import suggestion
    from estimator.outputs import text
    from estimator.vocabulary import Region

    if region not in {*Region}:
        raise InputError(
            f"--region: expected one of {', '.join(Region)} (got {region!r}){suggestion(region, [*Region])}."
        )
    if (code is None) == (lines is None):
        raise InputError("give either --code or --lines.")
    if lines is not None:
        if region != Region.MEDICARE_PART_B:
            raise InputError("--lines: only medicare_part_b prices a whole file.")
        _print(lookup.price_file(lines, qualifying_apm=qualifying_apm, tariffs=tariffs), as_json, text.prices)
        return
    found = lookup.price(
        Region(region),
        code or "",
        area,
        setting,
        _day("--date", on) if on else None,
        modifier=modifier,
        reduced=reduced,
        qualifying_apm=qualifying_apm,
        as_of=_day("--prices-as-of", prices_as_of) if prices_as_of else None,
        tariffs=tariffs,
    )
    _print(found, as_json, text.price)


@app.command(name="therapy-day")
def therapy_day(
    units: Annotated[list[str] | None, typer.Option("--units", metavar="CODE=N", help="A code and its units.")] = None,
    minutes: Annotated[
        list[str] | None, typer.Option("--minutes", metavar="CODE=N", help="A timed code and its minutes.")
    ] = None,
    area: Annotated[str, typer.Option("--area", help="NY-01, 13202-01 or NATIONAL.")] = "NATIONAL",
    setting: Annotated[str, typer.Option("--setting", help="nonfacility or facility.")] = "nonfacility",
    on: Annotated[str | None, typer.Option("--date", metavar="DATE", help="The date of service.")] = None,
    assistant: Annotated[
        list[str] | None, typer.Option("--assistant", help="A code furnished by an assistant.")
    ] = None,
    deductible_left: Annotated[str, typer.Option("--deductible-left", help="What is left of the deductible.")] = "0",
    assignment: Annotated[
        str, typer.Option("--assignment", help="participating, accepted or not_accepted.")
    ] = "participating",
    coinsurance_on_reduced: Annotated[
        bool, typer.Option(help="The patient's share of an assistant's reduced amount.")
    ] = False,
    as_json: AsJson = False,
    tariffs: Tariffs = None,
) -> None:
    """One day of Medicare therapy: minutes to units, the same-day reduction, and who pays what."""
    from estimator.files import decimal_cell
    from estimator.money import to_minor
    from estimator.outputs import text
    from estimator.therapy_day import therapy_day as make
    from estimator.vocabulary import Assignment

    if assignment not in {*Assignment}:
        raise InputError(f"--assignment: expected one of {', '.join(Assignment)} (got {assignment!r}).")
    try:
        left = decimal_cell(deductible_left)
        to_minor(left)
    except (ValueError, InputError) as error:
        raise InputError(f"--deductible-left: {error}.") from None
    made = make(
        [(code, "", count) for code, count in _counts("--units", units)],
        area,
        setting,
        _day("--date", on) if on else date(2026, 1, 1),
        minutes=dict(_counts("--minutes", minutes)),
        by_assistant=frozenset(assistant or ()),
        deductible_left=left,
        assignment=Assignment(assignment),
        coinsurance_on_unreduced=not coinsurance_on_reduced,
        tariffs=tariffs,
    )
    _print(made, as_json, text.therapy_day)


def _counts(option: str, words: list[str] | None) -> list[tuple[str, int]]:
    """`97110=2` as a code and a count."""
    pairs = []
    for word in words or ():
        code, _, count = word.partition("=")
        if not code or not count.isdigit():
            raise InputError(f"{option}: expected a code and a whole number, such as 97110=2 (got {word!r}).")
        pairs.append((code.upper(), int(count)))
    return pairs


@app.command()
def adjudicate(
    plan: Annotated[str, typer.Option("--plan", metavar="PLAN.toml", help="A plan file, or the id of a shipped plan.")],
    lines: Annotated[
        Path,
        typer.Option(
            "--lines",
            metavar="LINES.csv",
            help="Claim lines: "
            + ",".join(("line", "date", "service", "code", "units", "charge", "allowed", "network")),
        ),
    ],
    met: Annotated[Path | None, typer.Option("--met", help="What is used up already, TOML or JSON.")] = None,
    secondary: Annotated[
        str | None, typer.Option("--secondary", help="A second plan, which sees what the first one left.")
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", help="Paperwork that is missing: " + ", ".join(PAPERWORK) + ". May be given again."),
    ] = None,
    as_json: AsJson = False,
    tariffs: Tariffs = None,
) -> None:
    """Who pays what on given claim lines, with totals and closing accumulators."""
    from estimator.files import read_structured, validate
    from estimator.outputs import text
    from estimator.plan import any_plan
    from estimator.scenario import Paperwork, Used
    from estimator.statement import adjudicate_lines, read_lines
    from estimator.tariff import load_tariff
    from estimator.vocabulary import CURRENCIES

    first = any_plan(plan, "primary", tariffs)
    second = any_plan(secondary, "secondary", tariffs) if secondary else None
    used = None
    if met is not None:
        data = read_structured(met)
        used = validate(Used, data.get("accumulators", data), str(met))
    paperwork = validate(Paperwork, dict.fromkeys(without or (), False), "--without")
    currency = CURRENCIES[first.region] if first.region else "USD"
    labels = load_tariff(first.region, tariffs).region.labels if first.region else None
    _print(
        adjudicate_lines(read_lines(lines, currency), first, used, second, labels, paperwork), as_json, text.statement
    )


# ---------------------------------------------------------------- the house


@app.command(name="check-tariffs")
def check_tariffs(as_json: AsJson = False, tariffs: Tariffs = None) -> None:
    """Read every tariff, plan and requirement; say what is wrong or growing old."""
    from estimator.inspection import check_tariffs as check
    from estimator.outputs import text

    report = check(tariffs)
    _print(report, as_json, text.tariff_report)
    if report.problems:
        raise typer.Exit(2)


@app.command()
def schema(
    name: Annotated[str, typer.Argument(help="The name of a record; a wrong one lists them all.")],
) -> None:
    """Print the JSON Schema of a record: what a command reads or prints."""
    from estimator.files import suggestion
    from estimator.schemas import SCHEMAS, schema_of

    if name not in SCHEMAS:
        raise InputError(f"schema: expected one of {', '.join(SCHEMAS)} (got {name!r}){suggestion(name, [*SCHEMAS])}.")
    print(json.dumps(schema_of(name), indent=2, ensure_ascii=False))


@app.command(name="app")
def open_app(port: Annotated[int, typer.Option("--port", help="Where the app listens.")] = 8501) -> None:
    """Open the app on a complete example."""
    import subprocess

    page = Path(__file__).resolve().parent.parent / "app.py"
    if not page.is_file():
        raise InputError("the app runs from a checkout of the project; use `make run` there.")
    command = [sys.executable, "-m", "streamlit", "run", str(page), "--server.port", str(port)]
    try:
        raise typer.Exit(subprocess.run(command, cwd=page.parent, check=False).returncode)
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
