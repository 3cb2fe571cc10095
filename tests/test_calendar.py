"""The checklist as a calendar file, held against RFC 5545."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimator.estimate import open_case
from estimator.messages import Language, speaking
from estimator.outputs.calendar import MOST_OCTETS, calendar, escape, fold
from estimator.pathway import Source
from estimator.quote import quote
from estimator.requirements import Checklist, ChecklistItem, checklist
from estimator.scenario import read_scenario
from estimator.vocabulary import Region, SourceKind
from tests.cases import EXAMPLES

MADE = datetime(2026, 3, 1, 12, tzinfo=UTC)


def item(what: str, due: date | None = date(2026, 3, 4), **more: object) -> ChecklistItem:
    source = Source(id="s", kind=SourceKind.OFFICIAL, title="A leaflet")
    fields = {
        "id": "a",
        "who": "You.",
        "due_words": "by",
        "status": "dated",
        "evidence": "A note.",
        "without_it": "No.",
    }
    return ChecklistItem(what=what, due=due, source=source, **(fields | more))  # type: ignore[arg-type]


def made(*items: ChecklistItem) -> str:
    return calendar(Checklist(plan="ppo", secondary=None, items=items, appeal=()), MADE)


def unfolded(text: str) -> list[str]:
    assert text.endswith("\r\n")
    return text.replace("\r\n ", "").removesuffix("\r\n").split("\r\n")


@pytest.mark.parametrize("region", list(Region))
def test_every_dated_item_of_an_example_is_an_event(region: Region) -> None:
    case = open_case(read_scenario(EXAMPLES / f"{region}.toml"))
    todo = checklist(case, quote(case))
    text = calendar(todo, MADE)
    lines = unfolded(text)
    dated = [each for each in todo.items if each.due is not None]
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == len(dated) > 0
    starts = [line.partition(":")[2] for line in lines if line.startswith("DTSTART;VALUE=DATE:")]
    assert starts == [f"{each.due:%Y%m%d}" for each in dated]
    uids = [line for line in lines if line.startswith("UID:")]
    assert len({*uids}) == len(dated)
    assert text == calendar(todo, MADE)
    assert {"VERSION:2.0", "METHOD:PUBLISH"} <= {*lines}
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")


def test_a_day_ends_on_the_next_and_blocks_nothing() -> None:
    lines = unfolded(made(item("Ask", date(2026, 12, 31))))
    assert "DTSTART;VALUE=DATE:20261231" in lines
    assert "DTEND;VALUE=DATE:20270101" in lines
    assert "TRANSP:TRANSPARENT" in lines
    assert "DTSTAMP:20260301T120000Z" in lines


def test_an_item_without_a_date_is_left_out_and_one_before_a_day_says_so() -> None:
    lines = unfolded(made(item("Later", None), item("Ask", due_words="before")))
    assert lines.count("BEGIN:VEVENT") == 1
    assert "SUMMARY:Before this day: Ask" in lines


def test_the_texts_of_an_event_name_the_language_in_use() -> None:
    with speaking(Language.SPANISH):
        lines = unfolded(made(item("Pregunte")))
    assert "SUMMARY;LANGUAGE=es-US:Pregunte" in lines
    assert [line.partition(":")[0] for line in lines if line.startswith("DESCRIPTION")] == [
        "DESCRIPTION;LANGUAGE=es-US"
    ] * 2
    assert "SUMMARY:Ask" in unfolded(made(item("Ask")))


def test_the_same_item_twice_on_a_day_keeps_two_ids() -> None:
    assert len({line for line in unfolded(made(item("A"), item("B"))) if line.startswith("UID:")}) == 2


def test_marks_of_the_format_and_control_characters_are_escaped() -> None:
    assert escape("a\\b;c,d\r\ne\x07f\rg") == "a\\\\b\\;c\\,d\\nef\\ng"
    assert "SUMMARY:Line\\nBEGIN:VEVENT" in unfolded(made(item("Line\nBEGIN:VEVENT")))


@given(st.text(max_size=300))
def test_folding_cuts_no_character_and_loses_nothing(line: str) -> None:
    pieces = list(fold(line))
    assert all(len(piece.encode()) <= MOST_OCTETS for piece in pieces)
    assert pieces[0] + "".join(piece[1:] for piece in pieces[1:]) == line
    assert all(piece.startswith(" ") for piece in pieces[1:])


@given(st.text(max_size=200))
def test_no_text_can_break_out_of_its_line(text: str) -> None:
    lines = unfolded(made(item(text)))
    assert lines.count("BEGIN:VEVENT") == 1
    assert len(lines) == len(unfolded(made(item("Ask"))))
