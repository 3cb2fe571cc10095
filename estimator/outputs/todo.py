"""The checklist as a to-do list in plain text, for a notes or tasks app: nobody's name in it."""

from __future__ import annotations

from datetime import date

from estimator.messages import say
from estimator.outputs.words import Words, deadline
from estimator.requirements import Checklist, ChecklistItem


def todo(checklist: Checklist, words: Words, disclaimer: str) -> str:
    """One line a thing to do with a box to tick, what has a date first; the disclaimer stands last.

    A list that is kept says nothing of how late a date is on the day it was made.
    """
    with_date = [_line(item, words) for item in checklist.items if item.due is not None]
    others = [_line(item, words) for item in checklist.items if item.due is None]
    parts = [with_date, others, [disclaimer]]
    return "\n\n".join("\n".join(part) for part in parts if part)


def _line(item: ChecklistItem, words: Words) -> str:
    on_time = item.due or date.min
    return "- [ ] " + say(
        "{when}: {what} Who: {who}",
        when=deadline(item.due, item.due_words, on_time, words),
        what=" ".join(item.what.split()),
        who=" ".join(item.who.split()),
    )
