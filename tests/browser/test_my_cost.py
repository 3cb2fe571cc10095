"""One journey through the page as a person makes it."""

import re

from playwright.sync_api import Page, expect

from tools.browser import wait_until_ready

SIDEWAYS = """() => Math.max(
  document.documentElement.scrollWidth - document.documentElement.clientWidth,
  ...[...document.querySelectorAll('[data-testid="stMain"]')].map(area => area.scrollWidth - area.clientWidth))"""


def test_an_answer_another_region_and_a_narrow_phone(page: Page) -> None:
    answer = page.get_by_role("region", name="Your estimate")
    expect(answer).to_contain_text(re.compile(r"Most likely you pay\s*\$[\d,]+"))
    expect(answer).to_contain_text(re.compile(r"In 8 of 10 cases between \$[\d,]+ and \$[\d,]+\."))
    expect(page.get_by_role("figure", name=re.compile("^What you will have paid, week by week"))).to_be_visible()

    page.get_by_role("button", name="None of these").click()
    page.get_by_text("2. Where you live").click()
    page.get_by_text("NHS", exact=True).click()
    expect(answer).to_contain_text("£29.70")
    expect(answer).to_contain_text("after a wait of some 7 weeks")
    expect(page.get_by_text("England; NHS")).to_have_count(0)  # the step is still open
    page.get_by_role("button", name="Next: what cover you have").click()
    expect(page.get_by_text("England; NHS")).to_be_visible()

    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        wait_until_ready(page)
        page.wait_for_timeout(300)
        assert page.evaluate(SIDEWAYS) == 0, f"the page scrolls sideways at {width} px"


def test_other_ways_a_postcode_and_files_to_take_away(page: Page) -> None:
    page.get_by_role("button", name="None of these").click()
    page.get_by_text("2. Where you live").click()
    page.get_by_text("NHS", exact=True).click()
    page.get_by_role("textbox", name="Postcode or region").fill("LS6 2AB")
    page.get_by_role("textbox", name="Postcode or region").press("Enter")
    expect(page.get_by_text("That is England, North East and Yorkshire.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Postcode or region")).to_have_value("LS6")

    page.get_by_text("Other ways to be treated").click()
    picture = page.get_by_role("img", name=re.compile("^What you pay against the weeks to the first session"))
    expect(picture).to_be_visible()
    assert picture.locator(".way-dot").count() >= 3
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        wait_until_ready(page)
        page.wait_for_timeout(300)
        assert page.evaluate(SIDEWAYS) == 0, f"the page scrolls sideways at {width} px"

    for name, ending, begins in (
        ("Dates for my calendar", ".ics", b"BEGIN:VCALENDAR"),
        ("Report to print or send", ".html", b"<!doctype html>"),
    ):
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        assert download.value.suggested_filename.endswith(ending)
        assert download.value.path().read_bytes()[: len(begins)].lower() == begins.lower()


def test_paperwork_opens_inside_the_question(page: Page) -> None:
    page.get_by_text("3. What cover you have").click()
    approval = page.get_by_text("The plan's approval of further visits")
    expect(approval).not_to_be_visible()
    page.get_by_text("Paperwork", exact=True).click()
    expect(approval).to_be_visible()
    approval.click()
    page.get_by_role("button", name="Next: what has been used this year").click()
    expect(page.get_by_text("no approval of further visits")).to_be_visible()
