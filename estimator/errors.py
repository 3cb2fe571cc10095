"""Everything that can go wrong, as a reader should meet it.

EstimatorError
├── InputError            something the person can mend: a file, a field, a date (exit status 2)
│   ├── FileProblems      every problem of one file at once, each with its row and field
│   └── NoPrice           no published price for this code, place and date
└── (anything else)       our own fault (exit status 1)
"""

from __future__ import annotations

from collections.abc import Iterable


class EstimatorError(Exception):
    """Base of every error this package raises on purpose."""


class InputError(EstimatorError):
    """Input that can be mended; the message says where it is and what to write instead."""


class FileProblems(InputError):
    """All problems of one file, collected before anything is raised."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class NoPrice(InputError):
    """No price is on file for a code at a place on a date."""
