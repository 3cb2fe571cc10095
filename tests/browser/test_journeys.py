"""Journeys through the app as people make them, from a first look to something to take away."""

import csv
import re
from io import BytesIO, StringIO
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, Request, expect

from tests.browser.visits import (
    TITLES,
    Visit,
    answer,
    choose,
    fill,
    go_to,
    no_warning_signs,
    open_step,
    pick,
    press,
    scrolls_sideways,
    step,
    unfold,
)
from tools.browser import settle

DOLLARS, POUNDS = r"\$\d[\d,]*", r"£\d[\d,]*(\.\d\d)?"


def amount(page: Page) -> str:
    return answer(page).locator(".hero-sum").inner_text()


# ---------------------------------------------------------------- one for each region


def test_someone_with_an_employers_plan_in_the_us(page: Page) -> None:
    expect(answer(page)).to_contain_text(re.compile(rf"Most likely you pay\s*{DOLLARS}"))
    expect(page.get_by_role("figure", name=re.compile("^What you will have paid, week by week"))).to_be_visible()
    before = amount(page)
    no_warning_signs(page)
    cover = open_step(page, 3)
    choose(cover, "High-deductible plan with HSA")
    expect(answer(page)).to_contain_text(re.compile(rf"In 8 of 10 cases between {DOLLARS} and {DOLLARS}\."))
    expect(answer(page)).not_to_contain_text(before)

    approval = cover.get_by_text("The plan's approval of further visits")
    choose(cover, "Employer PPO")
    expect(approval).not_to_be_visible()
    cover.get_by_text("Paperwork", exact=True).click()
    approval.click()
    settle(page)
    press(page, "Next: what has been used this year")
    expect(page.get_by_text("no approval of further visits")).to_be_visible()
    fill(step(page, 4), "Deductible paid so far", "1000")
    press(page, "Next: how you would like to be treated")
    expect(page.get_by_text("$1,000.00 of the deductible")).to_be_visible()
    assert amount(page) != before


def test_someone_with_medicare_and_a_second_cover(page: Page) -> None:
    no_warning_signs(page)
    place = open_step(page, 2)
    choose(place, "Medicare Part B")
    expect(answer(page)).to_contain_text(re.compile(rf"Most likely you pay\s*{DOLLARS}"))
    alone = amount(page)
    press(page, "Next: what cover you have")
    pick(step(page, 3), "Second cover", "Medigap Plan G")
    expect(answer(page)).not_to_contain_text(alone)
    expect(page.locator(".fact.second .fact-sum")).to_have_text(re.compile(DOLLARS))


def test_someone_who_waits_for_the_nhs(page: Page) -> None:
    no_warning_signs(page)
    place = open_step(page, 2)
    choose(place, "NHS")
    expect(answer(page)).to_contain_text("£29.70")
    expect(answer(page)).to_contain_text("after a wait of some 7 weeks")
    fill(place, "Postcode or region", "LS6 2AB")
    expect(page.get_by_text("That is England, North East and Yorkshire.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Postcode or region")).to_have_value("LS6")
    expect(step(page, 2).locator(".said")).to_have_count(0)  # the step is still open
    press(page, "Next: what cover you have")
    expect(step(page, 2).get_by_text("North East and Yorkshire, England; NHS")).to_be_visible()

    unfold(page.locator(".st-key-ways"))
    picture = page.get_by_role("img", name=re.compile("^What you pay against the weeks to the first session"))
    expect(picture).to_be_visible()
    assert picture.locator(".way-dot").count() >= 3
    assert [0, 0] == scrolls_sideways(page)


def test_someone_who_pays_privately_in_the_uk(page: Page) -> None:
    no_warning_signs(page)
    choose(open_step(page, 2), "UK private care")
    expect(answer(page)).to_contain_text(re.compile(rf"Most likely you pay\s*{POUNDS}"))
    expect(answer(page)).to_contain_text("these are prices for people who pay themselves")
    itself = amount(page)
    press(page, "Next: what cover you have")
    choose(step(page, 3), "Private medical insurance: excess only")
    expect(answer(page)).to_contain_text(re.compile(rf"Most likely you pay\s*{POUNDS}"))
    assert amount(page) != itself
    assert amount(page).startswith("£")


def test_a_warning_sign_comes_before_the_price(page: Page) -> None:
    page.get_by_text("A pop, then a large bruise near the buttock?").click()
    settle(page)
    alarm = page.get_by_role("alert")
    expect(alarm).to_contain_text("See a doctor first")
    above, price = alarm.bounding_box(), answer(page).bounding_box()
    assert above is not None
    assert price is not None
    assert above["y"] + above["height"] <= price["y"]


# ---------------------------------------------------------------- the comparison


def test_options_are_picked_seen_side_by_side_and_saved(page: Page) -> None:
    go_to(page, "Compare")
    rows = page.locator(".cmp-row")
    at_first = rows.count()
    more = page.locator(".st-key-compare_us_private_picked").get_by_role("button", pressed=False).first
    name = more.inner_text()
    more.click()
    expect(rows).to_have_count(at_first + 1)
    expect(rows.filter(has_text=name)).to_contain_text(re.compile(DOLLARS))
    page.locator(".st-key-compare_us_private_picked").get_by_role("button", pressed=True).first.click()
    expect(rows).to_have_count(at_first)
    settle(page)

    unfold(page.locator(".st-key-compare_if"))
    slider = page.get_by_role("slider", name=re.compile("^Deductible"))
    slider.focus()
    slider.press("ArrowRight")
    expect(rows.filter(has_text="What if")).to_contain_text(re.compile(DOLLARS))
    settle(page)

    names = [name.splitlines()[0] for name in page.locator(".cmp-name").all_inner_texts()]
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile(r"\(CSV\)")).click()
    lines = list(csv.reader(StringIO(download.value.path().read_text(encoding="utf-8-sig"))))
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile(r"\(Excel\)")).click()
    sheet = load_workbook(BytesIO(download.value.path().read_bytes())).active
    assert download.value.suggested_filename.endswith(".xlsx")
    assert sheet is not None
    cells = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    for name in names:
        assert [line[0] for line in lines].count(name) == 1
        assert [line[0] for line in cells].count(name) == 1


# ---------------------------------------------------------------- something to take away


def test_the_report_opens_from_disk_without_a_network(page: Page, browser: Browser, tmp_path: Path) -> None:
    with page.expect_download() as download:
        page.get_by_role("button", name="Report to print or send").click()
    kept = tmp_path / download.value.suggested_filename
    download.value.save_as(kept)
    assert kept.suffix == ".html"

    asked_for: list[str] = []

    def note(request: Request) -> None:
        asked_for.append(request.url)

    context = browser.new_context(offline=True)
    report = context.new_page()
    report.on("request", note)
    report.goto(kept.as_uri())
    expect(report.locator("body")).to_contain_text(amount(page))
    report.emulate_media(media="print")
    expect(report.locator("body")).to_contain_text(amount(page))
    context.close()
    assert [kept.as_uri()] == [url for url in asked_for if not url.startswith("data:")]


def test_the_dates_go_into_a_calendar(page: Page) -> None:
    with page.expect_download() as download:
        page.get_by_role("button", name="Dates for my calendar").click()
    assert download.value.suggested_filename.endswith(".ics")
    kept = download.value.path().read_bytes()
    assert kept.startswith(b"BEGIN:VCALENDAR\r\n")
    assert kept.count(b"BEGIN:VEVENT") == page.locator(".todo").first.locator("> li").count()


def test_saved_answers_come_back(page: Page, visit: Visit, tmp_path: Path) -> None:
    choose(open_step(page, 2), "UK private care")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save my answers").click()
    kept = tmp_path / "mine.json"
    download.value.save_as(kept)
    with visit() as other:
        assert amount(other) != amount(page)
        other.locator('input[type="file"]').set_input_files(kept)
        expect(answer(other).locator(".hero-sum")).to_have_text(amount(page))


def test_a_link_brings_someone_else_to_the_same_answer(page: Page, visit: Visit) -> None:
    choose(open_step(page, 1), "Grade 3 strain")
    choose(open_step(page, 3), "Marketplace gold plan")
    link = page.get_by_role("textbox", name="Link to these answers").input_value()
    query = urlsplit(link).query
    assert ["answers"] == list(parse_qs(query))
    with visit(f"?{query}") as other:
        expect(answer(other).locator(".hero-sum")).to_have_text(amount(page))
        expect(other.get_by_text("These are the answers of the link you opened.")).to_be_visible()
        expect(step(other, 3).get_by_text("Marketplace gold plan")).to_be_visible()
        choose(open_step(other, 1), "Grade 1 strain")
        expect(answer(other).locator(".hero-sum")).not_to_have_text(amount(page))
        assert "answers" not in urlsplit(other.url).query, (
            "a link in the address bar is not that of the answers in view"
        )


# ---------------------------------------------------------------- screens and languages


def test_dark_screens_get_a_dark_page(visit: Visit) -> None:
    with visit(color_scheme="dark") as page:
        for name in TITLES:
            go_to(page, name)
            ground = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
            ink = page.evaluate("getComputedStyle(document.querySelector('h1')).color")
            assert (ground, ink) == ("rgb(18, 23, 26)", "rgb(232, 236, 234)")


def test_spanish_is_one_choice_away_and_can_be_sent(page: Page, visit: Visit) -> None:
    english = amount(page)
    page.get_by_role("radio", name="Español").or_(page.get_by_role("button", name="Español")).click()
    expect(page.locator("html")).to_have_attribute("lang", "es-US")
    settle(page)
    assert parse_qs(urlsplit(page.url).query) == {"lang": ["es"]}
    expect(page.locator(".hero-sum")).to_have_text(english)
    with visit("?lang=es") as other:
        expect(other.locator("html")).to_have_attribute("lang", "es-US")
        heading = other.get_by_role("heading", level=1)
        assert heading.inner_text() == page.get_by_role("heading", level=1).inner_text() != TITLES["My cost"]
        expect(other.locator(".hero-sum")).to_have_text(english)
