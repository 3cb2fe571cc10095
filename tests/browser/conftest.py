"""The running app in a real Chromium: one server and one browser for all tests, and a visitor of its own for each."""

import re
from collections.abc import Iterator
from functools import partial

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.visits import Visit, watched
from tools.browser import NO_CHROMIUM, find_chromium, running_app, running_browser


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if find_chromium() is None:
        pytest.skip(NO_CHROMIUM)
    with running_browser() as chromium:
        yield chromium


@pytest.fixture(scope="session")
def app_url(
    browser: Browser,  # noqa: ARG001 - without a browser the app need not start
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The address of the app. At the end: the server wrote no warning and no error."""
    log = tmp_path_factory.mktemp("server") / "log.txt"
    with running_app(log=log) as address:
        yield address
    written = log.read_text(encoding="utf-8").splitlines()
    assert [] == [line for line in written if re.search(r"warning|error|traceback|exception", line, re.IGNORECASE)]


@pytest.fixture(scope="session")
def visit(browser: Browser, app_url: str) -> Visit:
    """Opens the app for a visitor who differs from the usual one, such as `visit(width=390, color_scheme="dark")`."""
    return partial(watched, browser, app_url)


@pytest.fixture
def page(visit: Visit) -> Iterator[Page]:
    """The app's first page, drawn."""
    with visit() as page:
        yield page
