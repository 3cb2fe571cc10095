"""The README shows what the commands print today."""

import re
from pathlib import Path

import pytest

from estimator.estimate import open_case
from estimator.outputs import text
from estimator.projection import project
from estimator.quote import quote
from estimator.scenario import read_scenario

ROOT = Path(__file__).parents[1]
BLOCKS = re.findall(r"^```text\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", [0, 1])
def test_the_worked_example_is_what_the_command_prints(number: int) -> None:
    case = open_case(read_scenario(ROOT / "estimator" / "examples" / "us_private.toml"))
    printed = text.quote(quote(case)) if number == 0 else text.projection(project(case))
    lines = iter(printed.splitlines())
    shown = [line for line in BLOCKS[number].splitlines() if line != "..."]
    assert len(shown) > 10
    missing = [line for line in shown if not any(line == each.rstrip() for each in lines)]
    assert [] == missing


def test_the_two_commands_are_those_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in ("run", "test"):
        assert f"make {command}" in readme
        assert re.search(rf"^{command}:", makefile, re.MULTILINE)


def test_every_picture_it_shows_is_there() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [] == [name for name in re.findall(r"\]\((docs/[^)]+)\)", readme) if not (ROOT / name).is_file()]
