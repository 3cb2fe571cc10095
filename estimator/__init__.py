"""What treating a hamstring injury will cost the patient, and what the cover asks for first.

The steps, in order: `Scenario` -> `open_case` -> `make_quote` (one exact course) or `project` (many draws) -> `checklist`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from estimator.comparison import compare
    from estimator.errors import EstimatorError, FileProblems, InputError, NoPrice
    from estimator.estimate import open_case
    from estimator.lookup import price
    from estimator.projection import project
    from estimator.quote import quote as make_quote
    from estimator.requirements import checklist
    from estimator.scenario import Scenario, read_scenario
    from estimator.statement import adjudicate_lines, read_lines

_HOME = {
    "EstimatorError": "errors",
    "FileProblems": "errors",
    "InputError": "errors",
    "NoPrice": "errors",
    "Scenario": "scenario",
    "adjudicate_lines": "statement",
    "checklist": "requirements",
    "compare": "comparison",
    "make_quote": "quote",
    "open_case": "estimate",
    "price": "lookup",
    "project": "projection",
    "read_lines": "statement",
    "read_scenario": "scenario",
}

__all__ = [
    "EstimatorError",
    "FileProblems",
    "InputError",
    "NoPrice",
    "Scenario",
    "adjudicate_lines",
    "checklist",
    "compare",
    "make_quote",
    "open_case",
    "price",
    "project",
    "read_lines",
    "read_scenario",
]


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for, so that a start stays quick."""
    if name not in _HOME:
        raise AttributeError(f"module 'estimator' has no attribute {name!r}")
    home = import_module(f"estimator.{_HOME[name]}")
    return getattr(home, "quote" if name == "make_quote" else name)


def __dir__() -> list[str]:
    return __all__
