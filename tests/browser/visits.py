"""What a person does on the page, step by step; after each act the page has come to rest."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, Page, expect

from tools.browser import NOTE_WORK, settle, wait_until_ready

Visit = Callable[..., AbstractContextManager[Page]]
"""Opens a page of the app, as `watched` does."""
TITLES = {
    "My cost": "What will your hamstring injury cost you?",
    "Compare": "What could you do instead?",
    "Sources and method": "Sources and method",
}
PAGE_LINKS = '[data-testid="stTopNavLink"], [data-testid="stSidebarNavLink"]'
SIDEWAYS = """() => Math.max(
  document.documentElement.scrollWidth - document.documentElement.clientWidth,
  ...[...document.querySelectorAll('[data-testid="stMain"]')].map(area => area.scrollWidth - area.clientWidth))"""


@contextmanager
def watched(
    browser: Browser, app_url: str, query: str = "", *, width: int = 1280, height: int = 900, **options: object
) -> Iterator[Page]:
    """The app's first page, drawn. At the end: no console error, and no request to another host."""
    errors: list[str] = []
    strangers: list[str] = []

    def note_request(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != urlsplit(app_url).netloc:
            strangers.append(url)

    viewport = {"width": width, "height": height}
    context = browser.new_context(viewport=viewport, locale="en-US", reduced_motion="reduce", **options)
    context.add_init_script(NOTE_WORK)
    page = context.new_page()
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: note_request(request.url))
    page.on("websocket", lambda socket: note_request(socket.url))
    page.goto(f"{app_url}/{query}")
    wait_until_ready(page)
    settle(page)
    try:
        yield page
    finally:
        context.close()
    assert errors == [], "the page wrote errors to the browser's console"
    assert strangers == [], "the page called another host"


def go_to(page: Page, name: str) -> None:
    """Another page, by the links at the top; on a phone they lie in a drawer."""
    drawer = page.get_by_role("button", name="Expand sidebar")
    is_phone = drawer.is_visible()
    if is_phone:
        drawer.click()
    page.locator(PAGE_LINKS).filter(has_text=name, visible=True).click()
    expect(page.get_by_role("heading", level=1, name=TITLES[name])).to_be_visible()
    if is_phone:
        page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
    settle(page)


def no_warning_signs(page: Page) -> None:
    page.get_by_role("button", name="None of these").click()
    settle(page)


def step(page: Page, number: int) -> Locator:
    """The card of a question."""
    return page.locator(f".st-key-question_{number}")


def open_step(page: Page, number: int) -> Locator:
    """The card of a question, opened."""
    step(page, number).locator("summary").first.click()
    settle(page)
    return step(page, number)


def press(page: Page, label: str) -> None:
    """A button."""
    page.get_by_role("button", name=label).click()
    settle(page)


def choose(card: Locator, label: str) -> None:
    """One of several round buttons."""
    card.locator('[data-testid="stRadioOption"]').get_by_text(label, exact=True).click()
    settle(card.page)


def fill(card: Locator, label: str, text: str) -> None:
    """A field to type in."""
    field = card.get_by_role("textbox", name=label).or_(card.get_by_role("spinbutton", name=label))
    field.fill(text)
    field.press("Enter")
    settle(card.page)


def pick(card: Locator, label: str, option: str) -> None:
    """One of a long list, found by typing its name."""
    field = card.get_by_role("combobox", name=label)
    field.scroll_into_view_if_needed()  # a list closes when the page moves under it
    settle(card.page)
    field.fill(option)
    card.page.get_by_role("option", name=option, exact=True).click()
    settle(card.page)


def unfold(area: Locator) -> None:
    """Every section that is folded; of the five questions only one can be open."""
    folded = area.locator(".stExpander > details:not([open]) > summary").filter(
        has_not_text=re.compile(r"^\D*[1-5]\. ")
    )
    while folded.count():
        folded.first.click()
        settle(area.page)
    area.evaluate("area => area.querySelectorAll('.hc details').forEach(each => { each.open = true; })")


def answer(page: Page) -> Locator:
    """The sentence with the amount."""
    return page.get_by_role("region", name="Your estimate")


def scrolls_sideways(page: Page) -> list[int]:
    """By how much the page is wider than a phone and than a small phone."""
    before, wider = page.viewport_size, []
    assert before is not None
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": before["height"]})
        settle(page)
        wider.append(page.evaluate(SIDEWAYS))
    return wider
