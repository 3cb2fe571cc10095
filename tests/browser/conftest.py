"""The running app in a real Chromium. Every test ends with a look at the console and at who was called."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tools.browser import NO_CHROMIUM, find_chromium, running_app, running_browser, wait_until_ready


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "page" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if find_chromium() is None:
        pytest.skip(NO_CHROMIUM)
    with running_browser() as chromium:
        yield chromium


@pytest.fixture(scope="session")
def app_url(browser: Browser) -> Iterator[str]:  # noqa: ARG001 - without a browser the app need not start
    with running_app() as address:
        yield address


@pytest.fixture
def page(browser: Browser, app_url: str) -> Iterator[Page]:
    """The app's first page, drawn. At the end: no console error, and no request to another host."""
    errors: list[str] = []
    strangers: list[str] = []

    def note_request(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != urlsplit(app_url).netloc:
            strangers.append(url)

    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: note_request(request.url))
    page.on("websocket", lambda socket: note_request(socket.url))
    page.goto(app_url)
    wait_until_ready(page)
    yield page
    context.close()
    assert errors == [], "the page wrote errors to the browser's console"
    assert strangers == [], "the page called another host"
