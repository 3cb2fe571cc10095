"""`python -m benchmarks.imports`: a hospital's tall price file of 1 GB, ours beside pyarrow, polars and duckdb.

Everybody does the same: keep the rows that hold one of the episode's codes under the type CPT or HCPCS in any of
three code columns, with the columns the importer reads. Ours also takes the amounts apart and sums them up. Each
run is a process of its own; the runs take turns, and the fastest of each counts. polars and duckdb are used where
`--python` (an interpreter that has them) is given. Quote ratios, not seconds: machines are shared and noisy.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROWS, MEGABYTES = 6_500_000, 1000
OWN_SHARE = 0.005  # of the rows; hospitals list about twenty of our codes among thousands
COLUMNS = (
    "description,code|1,code|1|type,code|2,code|2|type,code|3,code|3|type,billing_class,setting,"
    "drug_unit_of_measurement,drug_type_of_measurement,modifiers,standard_charge|gross,standard_charge|discounted_cash,"
    "payer_name,plan_name,standard_charge|negotiated_dollar,standard_charge|negotiated_percentage,"
    "standard_charge|negotiated_algorithm,median_amount,10th_percentile,90th_percentile,count,"
    "standard_charge|methodology,standard_charge|min,standard_charge|max,additional_generic_notes"
)
TOP = "hospital_name,last_updated_on,version,license_number|OH\nExample Hospital,2026-04-01,3.0.0,1\n"

OURS = """
from pathlib import Path
from estimator.imports.hospital_prices import import_hospital_prices
read = import_hospital_prices(Path(file))
rows = read.rows_of_our_codes
"""
READ = """
keep = ["description", "code|1", "code|1|type", "code|2", "code|2|type", "code|3", "code|3|type", "billing_class",
        "setting", "modifiers", "standard_charge|gross", "standard_charge|discounted_cash", "payer_name", "plan_name",
        "standard_charge|negotiated_dollar", "standard_charge|negotiated_percentage",
        "standard_charge|negotiated_algorithm", "standard_charge|methodology", "standard_charge|min",
        "standard_charge|max", "additional_generic_notes"]
"""
PYARROW = (
    READ
    + """
import functools, operator
import pyarrow as pa, pyarrow.compute as pc, pyarrow.csv as pv
kinds, wanted = pa.array(["CPT", "HCPCS"]), pa.array(codes)
reader = pv.open_csv(file, read_options=pv.ReadOptions(skip_rows=2, block_size=8 << 20),
    convert_options=pv.ConvertOptions(include_columns=keep, column_types={name: pa.string() for name in keep}))
parts = []
for batch in reader:
    mask = functools.reduce(pc.or_, [pc.and_(pc.is_in(batch[f"code|{n}"], wanted),
        pc.is_in(batch[f"code|{n}|type"], kinds)) for n in (1, 2, 3)])
    parts.append(batch.filter(mask))
rows = pa.Table.from_batches(parts).num_rows
"""
)
PYARROW_WHOLE = PYARROW.replace("reader = pv.open_csv(", "reader = pv.read_csv(").replace(
    "for batch in reader:", "for batch in reader.to_batches():"
)
POLARS = (
    READ
    + """
import polars as pl
table = pl.scan_csv(file, skip_rows=2, infer_schema=False).select(keep)
mask = pl.any_horizontal([pl.col(f"code|{n}").is_in(codes) & pl.col(f"code|{n}|type").is_in(["CPT", "HCPCS"])
    for n in (1, 2, 3)])
rows = table.filter(mask).collect(engine="streaming").height
"""
)
DUCKDB = (
    READ
    + """
import duckdb
names = ", ".join(f'"{name}"' for name in keep)
listed = ", ".join(f"'{code}'" for code in codes)
where = " or ".join(f'("code|{n}" in ({listed}) and "code|{n}|type" in (\\'CPT\\', \\'HCPCS\\'))' for n in (1, 2, 3))
rows = len(duckdb.sql(f"select {names} from read_csv('{file}', skip=2, header=true, all_varchar=true, delim=',', "
    f"quote='\\"', escape='\\"') where {where}").fetchall())
"""
)


def make(file: Path, megabytes: int) -> int:
    """A tall file of about so many MB with the shape of a real one: items repeated for each of 60 plans."""
    from estimator.imports.rates import episode_codes

    draw = random.Random(2026)
    own = sorted(episode_codes())
    plans = [(f"Payer {at // 3}", draw.choice(["PPO", "HMO", "Exchange", "Medicare Managed Care"])) for at in range(60)]
    rows = 0
    with file.open("w", encoding="utf-8", newline="") as stream:
        stream.write(TOP + COLUMNS + "\n")
        while rows < ROWS * megabytes / MEGABYTES:
            code = draw.choice(own) if draw.random() < OWN_SHARE else f"{draw.randrange(10_000, 97_000)}"
            text = f"HC ITEM {rows:07d} OF LEVEL {draw.randrange(9)}"
            if draw.random() < 0.2:
                text = f'"{text}, EACH"'
            gross = draw.uniform(20, 5000)
            start = (
                f"{text},{draw.randrange(10**7):08d},CDM,{draw.randrange(1000):04d},RC,{code},HCPCS,facility,outpatient,"
                f",,,{gross:.2f},{gross / 2:.2f}"
            )
            lines = []
            for payer, plan in plans:
                amount = gross * draw.uniform(0.2, 0.9)
                lines.append(f"{start},{payer},{plan},{amount:.2f},,,,,,,fee schedule,{gross / 5:.2f},{gross:.2f},\n")
            stream.write("".join(lines))
            rows += len(plans)
    return rows


def timed(interpreter: str, work: str, file: Path, codes: list[str]) -> dict[str, float]:
    """Seconds, rows and peak memory of one run in a process of its own; start-up and imports count for all."""
    script = (
        "import resource, sys, json\n"
        f"file, codes = {str(file)!r}, {codes!r}\n{work}\n"
        "print(json.dumps({'rows': rows, 'peak': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))"
    )
    start = time.perf_counter()
    done = subprocess.run([interpreter, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    took = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(done.stderr)
    return {**json.loads(done.stdout.splitlines()[-1]), "seconds": took}


def main() -> None:
    from estimator.imports.rates import episode_codes

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", help="an interpreter with polars and duckdb")
    parser.add_argument("--mb", type=int, default=MEGABYTES)
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args()
    codes = sorted(episode_codes())
    work = {"ours": (sys.executable, OURS), "pyarrow, streamed": (sys.executable, PYARROW)}
    work["pyarrow, whole"] = (sys.executable, PYARROW_WHOLE)
    if given.python:
        work |= {"polars": (given.python, POLARS), "duckdb": (given.python, DUCKDB)}
    handle, name = tempfile.mkstemp(suffix=".csv", prefix="hospital-")
    os.close(handle)
    file = Path(name)
    try:
        rows = make(file, given.mb)
        size = file.stat().st_size / 1e6
        print(f"{size:,.0f} MB, {rows:,} rows, {len(codes)} codes; the fastest of {given.times} runs each")
        best: dict[str, dict[str, float]] = {}
        for _ in range(given.times):
            for who, (interpreter, script) in work.items():
                run = timed(interpreter, script, file, codes)
                if who not in best or run["seconds"] < best[who]["seconds"]:
                    best[who] = run
    finally:
        file.unlink(missing_ok=True)
    fastest = min(run["seconds"] for who, run in best.items() if who != "ours")
    for who, run in best.items():
        print(
            f"{who:<20} {run['seconds']:6.2f} s {size / run['seconds']:8,.0f} MB/s  ratio to the fastest other "
            f"{run['seconds'] / fastest:5.2f}  peak {run['peak']:6,.0f} MB  {run['rows']:,.0f} rows"
        )


if __name__ == "__main__":
    main()
