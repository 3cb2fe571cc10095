"""The walls of the house: who may import whom, what is public, and a map that matches the ground."""

import __future__

import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import estimator

ROOT = Path(__file__).parents[1]


def test_the_import_contracts_hold() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as main; main()"]
    run = subprocess.run([*command, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_all_names_exactly_what_is_exported() -> None:
    exported = [
        name
        for name in dir(estimator)
        if not name.startswith("_") and not isinstance(getattr(estimator, name), ModuleType | __future__._Feature)
    ]
    assert sorted(estimator.__all__) == sorted(exported)  # their order in the file is ruff's to check (RUF022)


@pytest.mark.parametrize(
    ("start", "kept_out"),
    [
        ("import estimator", {"streamlit", "plotly"}),
        ("import estimator.cli", {"streamlit", "plotly", "pandas", "holidays"}),
    ],
)
def test_a_start_imports_late_what_it_does_not_need(start: str, kept_out: set[str]) -> None:
    code = f"{start}, sys; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set() == kept_out & set(run.stdout.split())


def paths_on_the_map() -> list[tuple[str, list[Path]]]:
    """Each name in the first fenced tree of ARCHITECTURE.md, with the places it may mean.

    Two spaces of indent are one folder deeper. A line names one path and then says what it is, or names
    several paths two or more spaces apart; those after a folder may lie inside it or beside it. `<room>` is
    any word.
    """
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    tree = re.search(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert tree is not None, "ARCHITECTURE.md shows the tree in a fenced block"
    found: list[tuple[str, list[Path]]] = []
    parents = [Path()]
    for line in filter(str.strip, tree[1].splitlines()):
        depth = (len(line) - len(line.lstrip())) // 2
        del parents[depth + 1 :]
        first, *others = re.split(r"\s{2,}", line.strip())
        names = [first.split()[0], *(word for word in others if re.fullmatch(r"\S+(/|\.\w+)", word))]
        places = [parents[-1]]
        for position, written in enumerate(names):
            name = re.sub(r"<\w+>", "*", written)
            found.append((written, [place / name for place in places]))
            if position == 0 and name.endswith("/"):
                parents.append(parents[-1] / name)
                places.append(parents[-1])
            elif "/" in name:
                places.append(places[-1] / Path(name).parent)
    return found


def test_every_path_on_the_map_exists() -> None:
    missing = [
        written for written, places in paths_on_the_map() if not any(list(ROOT.glob(str(place))) for place in places)
    ]
    assert missing == []


def test_every_room_is_on_the_map() -> None:
    drawn = {file for _, places in paths_on_the_map() for place in places for file in ROOT.glob(str(place))}
    rooms = {file for file in (ROOT / "estimator").rglob("*.py") if file.name != "__init__.py"}
    assert sorted(str(room.relative_to(ROOT)) for room in rooms - drawn) == []
