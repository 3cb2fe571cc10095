"""What every test shares: steady hypothesis runs, and the snapshot shelf.

Hypothesis tries the same examples on every machine, so that a failure can be repeated. To look for new ones:
`HYPOTHESIS_PROFILE=explore make test`.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

SNAPSHOTS = Path(__file__).parent / "golden" / "snapshot"

settings.register_profile(
    "steady",
    derandomize=True,
    database=None,
    deadline=None,  # no timed asserts
    suppress_health_check=[HealthCheck.too_slow],  # a busy machine is not a failure
)
settings.register_profile("explore", max_examples=2000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-snapshots",
        action="store_true",
        help="run only the snapshot tests, and record today's output",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--rewrite-snapshots"):
        others = [item for item in items if "snapshot" not in getattr(item, "fixturenames", ())]
        items[:] = [item for item in items if item not in others]
        config.hook.pytest_deselected(items=others)


@pytest.fixture
def snapshot(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare text with a file in tests/golden/snapshot; `make snapshots` records it instead."""

    def check(name: str, text: str) -> None:
        file = SNAPSHOTS / name
        if request.config.getoption("--rewrite-snapshots"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
        assert file.exists(), f"{file.name} is not recorded yet: run `make snapshots` and review it."
        assert file.read_text(encoding="utf-8") == text, f"{file.name} has changed: `make snapshots`, then review."

    return check
