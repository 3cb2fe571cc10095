"""The `estimator import` commands: official files and price files brought into the project's own formats."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from estimator.errors import InputError

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Tariffs = Annotated[Path | None, typer.Option("--tariffs", help="Read tariffs from this folder.")]

importer = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Bring in official files and price files.")


def print_json(record: Any) -> None:
    """A dataclass as one JSON object."""
    print(json.dumps(dataclasses.asdict(record), default=str, indent=2, ensure_ascii=False))


@importer.command(name="pfs")
def pfs(
    pprrvu: Annotated[Path, typer.Argument(metavar="PPRRVU.csv", help="The agency's relative value file.")],
    gpci: Annotated[Path, typer.Argument(metavar="GPCI.csv", help="The agency's geographic index file.")],
    locco: Annotated[
        Path | None, typer.Argument(metavar="[LOCCO.csv]", help="The agency's counties of each locality.")
    ] = None,
    year: Annotated[int, typer.Option("--year", help="The year the files are for.")] = 0,
    codes: Annotated[
        str, typer.Option("--codes", help="episode: the codes of the episode; all: every code of the file.")
    ] = "episode",
    into: Annotated[
        Path | None, typer.Option("--into", help="A tariffs folder to write to, instead of the shipped one.")
    ] = None,
    as_json: AsJson = False,
    tariffs: Tariffs = None,
) -> None:
    """Bring in a year of the Medicare physician fee schedule from the agency's own files."""
    from estimator.files import data_folder
    from estimator.imports.pfs import import_pfs
    from estimator.outputs import text
    from estimator.vocabulary import Region

    if not 2000 <= year <= 2100:
        raise InputError("--year: name the year the files are for, such as --year 2027.")
    if codes not in ("episode", "all"):
        raise InputError(f"--codes: expected episode or all (got {codes!r}).")
    folder = (into or tariffs or data_folder()) / Region.MEDICARE_PART_B
    folder.mkdir(parents=True, exist_ok=True)
    done = import_pfs(pprrvu, gpci, locco, year=year, into=folder, codes="all" if codes == "all" else "episode")
    print(text.pfs_import_json(done) if as_json else text.pfs_import(done))


@importer.command(name="exchange-plan")
def exchange_plan(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A benefits-and-cost-sharing file of the marketplaces.")],
    plan_id: Annotated[str | None, typer.Option("--plan-id", help="The plan to bring in.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="PLAN.toml", help="Where to write the plan.")
    ] = None,
    attributes: Annotated[
        Path | None, typer.Option("--attributes", help="The plan attributes file, for deductibles.")
    ] = None,
    tier: Annotated[int, typer.Option("--tier", help="The network tier, 1 or 2.")] = 1,
    year: Annotated[int | None, typer.Option("--year", help="The plan year, where the file holds several.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Read the whole file and say what was not understood.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring in a marketplace plan as a plan file, or check how much of a file is understood."""
    from estimator.imports import exchange_plan as exchange
    from estimator.outputs import text

    if check:
        report = exchange.check(file)
        print_json(report) if as_json else print(text.exchange_check(report))
        return
    if plan_id is None:
        raise InputError("--plan-id: name the plan to bring in, or use --check to read the whole file.")
    made = exchange.read_plan(file, plan_id, attributes, tier=tier, year=year)
    if output is not None:
        exchange.write(made, output)
    if as_json:
        found = {"refused": [str(row) for row in made.refused], "missing": made.missing, "notices": made.notices}
        print(
            json.dumps({"plan": made.plan.model_dump(mode="json"), **found, "rows": made.rows}, indent=2, default=str)
        )
    else:
        print(
            text.exchange_plan(made, output) if output else exchange.to_toml(made), end="" if output is None else "\n"
        )


Codes = Annotated[
    list[str] | None, typer.Option("--code", help="A code to keep; give it again for more. Default: the episode's.")
]
PriceRows = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="PRICES.csv", help="Write the prices in the project's own format."),
]


@importer.command(name="hospital-prices")
def hospital_prices(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A hospital's price file: tall, wide or JSON; plain, gzip or zip.")
    ],
    code: Codes = None,
    output: PriceRows = None,
    as_json: AsJson = False,
) -> None:
    """Bring in a hospital's own price file: what it posts, per code, setting and payer."""
    from estimator.imports import hospital_prices as hospital
    from estimator.imports import rates
    from estimator.outputs import text

    made = hospital.import_hospital_prices(file, frozenset(code) if code else None)
    if output is not None:
        rates.write_rows(made.to_rows(), output)
    print(
        json.dumps(made.to_json(), indent=2, ensure_ascii=False)
        if as_json
        else text.price_file(made.hospital, made.prices, made.findings, output)
    )


@importer.command(name="insurer-rates")
def insurer_rates(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An insurer's in-network file, JSON, plain or gzip.")],
    code: Codes = None,
    output: PriceRows = None,
    as_json: AsJson = False,
) -> None:
    """Bring in an insurer's in-network file, for the episode's codes."""
    from estimator.imports import insurer_rates as insurer
    from estimator.imports import rates
    from estimator.outputs import text

    made = insurer.import_insurer_rates(file, frozenset(code) if code else None)
    if output is not None:
        rates.write_rows(made.to_rows(), output)
    print(
        json.dumps(made.to_json(), indent=2, ensure_ascii=False)
        if as_json
        else text.price_file(made.insurer, made.prices, made.findings, output)
    )
