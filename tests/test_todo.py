"""The checklist as plain text: every item once, what has a date first, and nothing that the person told us."""

from datetime import date

import pytest

from estimator.estimate import Case, open_case
from estimator.messages import Language, speaking
from estimator.outputs.todo import todo
from estimator.outputs.words import Words
from estimator.quote import Quote, quote
from estimator.requirements import Checklist, checklist
from estimator.scenario import read_scenario
from estimator.vocabulary import Region
from tests.cases import EXAMPLES, case

BOX = "- [ ] "


def made(asked: Case) -> tuple[Checklist, Quote, Words]:
    quoted = quote(asked)
    return checklist(asked, quoted), quoted, Words.of(asked.tariff.region)


def listed(asked: Case) -> list[str]:
    items, quoted, words = made(asked)
    return todo(items, words, quoted.disclaimer).splitlines()


@pytest.mark.parametrize("region", list(Region))
def test_every_item_is_one_line_with_a_box_and_who_does_it(region: Region) -> None:
    asked = case(region=region)
    items, quoted, _ = made(asked)
    lines = [line for line in listed(asked) if line.startswith(BOX)]
    assert len(lines) == len(items.items)
    for item in items.items:
        assert sum(item.what in line and line.endswith(f"Who: {item.who}") for line in lines) >= 1, item.what
    assert listed(asked)[-1] == quoted.disclaimer
    assert {line[: len(BOX)] for line in listed(asked)[:-1] if line} == {BOX}


def test_dates_come_first_and_what_has_none_after_an_empty_line() -> None:
    asked = case()
    items, _, words = made(asked)
    lines = listed(asked)
    dated = [item for item in items.items if item.due is not None]
    blank = lines.index("")
    assert blank == len(dated) < len(items.items)
    for item, line in zip(dated, lines, strict=False):
        assert item.due is not None
        lead = "Before" if item.due_words == "before" else "By"
        assert line.startswith(f"{BOX}{lead} {words.day(item.due, year=True)}: {item.what}")
    assert not any(str(year) in line.partition(":")[0] for line in lines[blank + 1 : -1] for year in range(2026, 2029))


def test_a_list_that_is_kept_does_not_say_how_late_it_was() -> None:
    asked = case(injury_date="2020-03-02", care_starts="2020-03-04", prices_as_of="2026-03-04")
    items, _, _ = made(asked)
    assert any(item.due is not None and item.due < date(2021, 1, 1) for item in items.items)
    assert "late)" not in "\n".join(listed(asked))


def test_nothing_that_the_person_told_us_is_in_it() -> None:
    example = read_scenario(EXAMPLES / "us_private.toml")
    text = "\n".join(listed(open_case(example)))
    told = ("Franklin", "OH", "180", "350", "420", "Grade 2")
    assert [word for word in told if word in text] == []


def test_it_speaks_the_reader_s_language() -> None:
    with speaking(Language.SPANISH):
        lines = listed(case())
        items, quoted, _ = made(case())
    assert lines[-1] == quoted.disclaimer != "An estimate, not medical or insurance advice."
    assert any(items.items[0].what in line for line in lines)
    assert "Who:" not in "\n".join(lines)


def test_a_cover_that_asks_for_nothing_leaves_the_disclaimer() -> None:
    items, quoted, words = made(case())
    empty = items.model_copy(update={"items": ()})
    assert todo(empty, words, quoted.disclaimer) == quoted.disclaimer
