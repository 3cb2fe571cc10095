"""`make bench`: every figure from one run on one machine. Quote ratios, not seconds: machines are shared and noisy."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median

import numpy as np

from estimator.adjudication import adjudicate
from estimator.draws import sample
from estimator.estimate import open_case, run
from estimator.lookup import price
from estimator.projection import BLOCK, project
from estimator.quote import quote
from estimator.scenario import read_scenario
from estimator.tariff import load_tariff
from estimator.vocabulary import Region

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "estimator" / "examples"


def timed(work: Callable[[], object], times: int = 7) -> float:
    """The median of several runs after one warm-up, in seconds."""
    work()
    runs = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        runs.append(time.perf_counter() - start)
    return median(runs)


def row(name: str, value: str, note: str = "") -> None:
    print(f"{name:<52} {value:>16}  {note}")


def engine() -> None:
    """Claim lines a second with the full rules, beside a bare loop of the same shape over numpy arrays."""
    case = open_case(read_scenario(EXAMPLES / "us_private.toml"))
    course = run(case, case.components[0], sample(10_000, 1))
    lines, draws = course.claims.charge.shape

    def full() -> None:
        for first in range(0, draws, BLOCK):
            adjudicate(
                course.covered.block(first, min(first + BLOCK, draws)), case.plan, case.scenario.used, case.secondary
            )

    def bare() -> None:
        for first in range(0, draws, BLOCK):
            allowed = course.claims.allowed[:, first : first + BLOCK]
            left = np.full(allowed.shape[1], 100_000, dtype=np.int64)
            room = np.full(allowed.shape[1], 500_000, dtype=np.int64)
            for line in allowed:
                deductible = np.minimum(line, left)
                left = left - deductible
                pays = deductible + ((line - deductible) * 200_000 + 500_000) // 1_000_000
                pays = np.minimum(pays, room)
                room = room - pays

    rules, toy = timed(full), timed(bare)
    row("engine, full rules", f"{lines * draws / rules / 1e6:.1f} M lines/s", f"{lines} lines x {draws:,} draws")
    row(
        "engine, bare deductible and coinsurance loop",
        f"{lines * draws / toy / 1e6:.1f} M lines/s",
        f"ratio {rules / toy:.1f}",
    )


def steps() -> None:
    """Quote, projection and tariff reading in process."""
    for region in Region:
        scenario = read_scenario(EXAMPLES / f"{region}.toml")
        case = open_case(scenario)
        one, many = timed(lambda case=case: quote(case)), timed(lambda case=case: project(case), 5)
        row(
            f"{region}: quote / project, 10,000 draws",
            f"{one * 1e3:.1f} / {many * 1e3:.0f} ms",
            f"ratio {many / one:.0f}",
        )
    case = open_case(read_scenario(EXAMPLES / "us_private.toml"))
    ten, hundred = timed(lambda: project(case), 3), timed(lambda: project(case, 100_000), 1)
    row("us_private: project, 100,000 draws", f"{hundred * 1e3:.0f} ms", f"{hundred / ten:.1f} times 10,000")

    def read() -> None:
        load_tariff.cache_clear()
        load_tariff(Region.US_PRIVATE)

    row("read the us_private tariff", f"{timed(read, 3) * 1e3:.0f} ms")
    places = [place.area for place in load_tariff(Region.MEDICARE_PART_B).schedule.localities(scenario_date())]  # type: ignore[union-attr]
    codes = ("97110", "97140", "97161", "99213", "73721")
    pairs = [(code, place) for code in codes for place in places]

    def prices() -> None:
        for code, place in pairs:
            price(Region.MEDICARE_PART_B, code, place, "nonfacility", scenario_date())

    row("medicare price look-ups", f"{len(pairs) / timed(prices, 3):,.0f} a second")


def scenario_date() -> date:
    return date(2026, 6, 1)


def memory() -> None:
    """Peak memory of a small and of a large projection, each in its own process."""
    peaks = [_peak(draws) for draws in (10_000, 1_000_000)]
    row(
        "peak memory, 10,000 / 1,000,000 draws",
        f"{peaks[0]:.0f} / {peaks[1]:.0f} MB",
        f"ratio {peaks[1] / peaks[0]:.2f}",
    )


def _peak(draws: int) -> float:
    code = (
        "import resource,sys;from pathlib import Path;from estimator import open_case,project,read_scenario;"
        f"project(open_case(read_scenario(Path('{EXAMPLES.relative_to(ROOT)}/us_private.toml'))),{draws});"
        "own=Path('/proc/self/status');"  # what a process inherits from its parent is not in it
        "print(own.read_text().split('VmHWM:')[1].split()[0] if own.exists() else"
        " resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return int(done.stdout) / (1024 if sys.platform != "darwin" else 1024**2)


def starts() -> None:
    """The command line from start to end, beside a bare interpreter."""
    example = str(EXAMPLES / "us_private.toml")

    def command(*words: str) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, check=True)

    bare = timed(command("-c", "pass"), 5)
    row("python, empty", f"{bare * 1e3:.0f} ms")
    for words in (["--help"], ["quote", example], ["project", example], ["check-tariffs"]):
        took = timed(command("-m", "estimator", *words), 5)
        row(f"estimator {words[0]}", f"{took * 1e3:.0f} ms", f"{took / bare:.1f} times empty")


def page() -> None:
    """First render and re-render of the page, without a browser."""
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    start = time.perf_counter()
    app.run()
    first = time.perf_counter() - start
    again = timed(lambda: app.run(), 5)
    row("page, first render / again", f"{first * 1e3:.0f} / {again * 1e3:.0f} ms", f"ratio {first / again:.1f}")


if __name__ == "__main__":
    for measure in (engine, steps, memory, starts, page):
        measure()
