"""The page and the command line give the same numbers for the same scenario file, in every region and language."""

import json
import re
import subprocess
import sys
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from estimator.outputs.words import Words
from estimator.scenario import read_scenario
from estimator.tariff import load_tariff
from estimator.ui import state
from estimator.vocabulary import Region

APP = Path(__file__).parents[2] / "app.py"


def command_line(*words: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "estimator", *words, "--json"],
        capture_output=True,
        text=True,
        check=True,
        cwd=APP.parent,
    )
    answer = json.loads(done.stdout)
    assert isinstance(answer, dict)
    return answer


def page(file: Path, language: str) -> str:
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params["lang"] = language
    app.run()
    app.session_state["answers"] = state.answers_of(state.read_upload(file.name, file.read_bytes()))
    app.run()
    assert not app.exception
    return " ".join(unescape(element.proto.body) for element in app.get("html"))


@pytest.mark.parametrize(
    ("region", "language"),
    [*((region, "en") for region in Region), (Region.US_PRIVATE, "es"), (Region.MEDICARE_PART_B, "es")],
)
def test_the_page_shows_what_the_command_line_prints(region: Region, language: str) -> None:
    file = state.EXAMPLES / f"{region}.toml"
    projected, quoted = command_line("project", str(file)), command_line("quote", str(file))
    words = Words.of(load_tariff(read_scenario(file).region).region)
    shown = page(file, language)
    spread, totals = projected["patient_pays"], quoted["totals"]
    assert isinstance(spread, dict)
    assert isinstance(totals, dict)
    likely, low, high = (Decimal(spread[name]) for name in ("p50", "p10", "p90"))
    hero = re.search(r'class="hero-sum">([^<]*)<', shown)
    assert hero is not None
    assert words.about(likely) == hero[1]
    for amount in (words.about(low, high), words.about(high), words.exact(Decimal(totals["patient_pays"]))):
        assert amount in shown, f"{amount} is not on the page"
