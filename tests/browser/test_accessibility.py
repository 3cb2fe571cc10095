"""axe in a real browser on every page, folded and unfolded, light and dark, on a desk and on a phone.

The window is as tall as the page, because axe can only judge the contrast of what is in view.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser.visits import (
    TITLES,
    Visit,
    choose,
    go_to,
    no_warning_signs,
    open_step,
    scrolls_sideways,
    step,
    unfold,
)
from tools.browser import settle
from tools.screenshot import CONTENT_HEIGHT

DESK, PHONE = 1280, 390
LEAST_HEIGHT = 8_000
UNFOLDED = {
    "light": (PHONE, ("Medicare Part B", "US private insurance")),
    "dark": (DESK, ("NHS",)),
}
"""What is unfolded is seen once in each scheme: in the light one on a phone in the US, in the dark one on a desk in the UK."""
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "resultTypes": ["violations", "passes"],
}
CONTRAST = 4.5


@dataclass(frozen=True, slots=True)
class Spared:
    """Something of Streamlit's own that we cannot mend: a rule, and the elements in which it may be broken."""

    rule: str
    inside: str
    reason: str


SPARED = (
    Spared(
        "aria-allowed-attr",
        '[data-testid="stDateInput"]',
        "A date that must be given has `aria-required` on a group, where only its three parts may have it.",
    ),
)
# The rows of a table and the items of a list are alike: three stand for all, and axe has done in a third of the time.
FEWER_ALIKE = ".hc :is(tbody tr, li):nth-child(n + 4) { display: none !important; }"
# What axe finds, and how many texts stand out enough from their ground; `own` is the number of the exception that fits.
SCAN = """async ([rules, own, inside]) => {
  const result = await axe.run(inside, rules);
  const broken = result.violations.flatMap(rule => rule.nodes
    .filter(node => ['serious', 'critical'].includes(node.impact))
    .map(node => ({
      says: `${rule.id}: ${node.target.join(' ')}: ${node.failureSummary}`,
      own: own.findIndex(each => each.rule === rule.id && document.querySelector(node.target.join(' '))?.closest(each.inside)),
    })));
  const readable = result.passes.filter(rule => rule.id === 'color-contrast').flatMap(rule => rule.nodes).length;
  return {broken, readable};
}"""
# The least contrast of a text in a chart with the grounds it may stand on; axe does not judge texts in a drawing.
CHART_CONTRAST = """() => {
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(Number)
      .map(value => value / 255).map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };
  const app = getComputedStyle(document.querySelector('.stApp'));
  const panel = document.querySelector('.stApp').appendChild(document.createElement('i'));
  panel.style.color = 'var(--panel)';
  const grounds = [app.backgroundColor, getComputedStyle(panel).color];
  panel.remove();
  return [...document.querySelectorAll('.stPlotlyChart text')].filter(text => text.textContent && text.checkVisibility())
    .map(text => [text.textContent, Math.min(...grounds.map(ground => contrast(getComputedStyle(text).fill, ground)))]);
}"""


@dataclass(frozen=True, slots=True)
class Scan:
    """What axe says about a page in one state."""

    state: str
    broken: list[dict[str, object]]
    readable: int
    wider: list[int]


@pytest.fixture(scope="module", params=["light", "dark"])
def scans(request: pytest.FixtureRequest, visit: Visit) -> list[Scan]:
    return list(every_state(visit, request.param))


def every_state(visit: Visit, scheme: str) -> Iterator[Scan]:
    """The pages as people see them: at first on both screens, then unfolded, and when something is wrong."""
    unfolded_width, regions = UNFOLDED[scheme]
    with visit(color_scheme=scheme) as page:
        page.add_style_tag(content=FEWER_ALIKE)
        for name in TITLES:
            go_to(page, name)
            for width in (PHONE, DESK):
                yield scan(page, f"{name}, {width} wide", width)
        go_to(page, "My cost")
        choose_the_first_warning_sign(page)
        yield scan(page, "My cost, with a warning sign", unfolded_width)
        choose_the_first_warning_sign(page)
        no_warning_signs(page)
        for region in regions:
            choose(open_step(page, 2), region)
            for number in (2, 1, 3, 4, 5) if region == regions[-1] else (2, 3, 5):
                card = step(page, number) if number == 2 else open_step(page, number)
                unfold(card)
                yield scan(page, f"question {number}, {region}", unfolded_width, f".st-key-question_{number}")
        for name in TITLES:
            go_to(page, name)
            unfold(page.locator("body"))
            yield scan(page, f"{name}, unfolded", unfolded_width)
        go_to(page, "My cost")
        start_care_before_the_injury(page)
        yield scan(page, "My cost, with dates that do not fit", unfolded_width)
        bring(page, b"{}")
        yield scan(page, "My cost, with a file that is no scenario", unfolded_width)


def show_all(page: Page, width: int) -> None:
    """Make the window as tall as the page is at this width."""
    height, needed = 0, LEAST_HEIGHT
    while height < needed:
        height = needed
        page.set_viewport_size({"width": width, "height": height})
        settle(page)
        needed = page.evaluate(CONTENT_HEIGHT)


def scan(page: Page, state: str, width: int, inside: str = "body") -> Scan:
    show_all(page, width)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    own = [{"rule": each.rule, "inside": each.inside} for each in SPARED]
    found = page.evaluate(SCAN, [RULES, own, inside])
    return Scan(state, **found, wider=scrolls_sideways(page) if width == PHONE else [])


def choose_the_first_warning_sign(page: Page) -> None:
    step(page, 0).locator("label").first.click()
    settle(page)


def start_care_before_the_injury(page: Page) -> None:
    open_step(page, 1)
    page.get_by_role("spinbutton", name="year, When does care start?").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="Next: where you live").focus()
    settle(page)
    page.locator('[role="alert"]').first.wait_for()


def bring(page: Page, content: bytes) -> None:
    file = {"name": "mine.json", "mimeType": "application/json", "buffer": content}
    page.locator('input[type="file"]').set_input_files(file)
    page.get_by_role("alert").nth(1).wait_for()
    settle(page)


def test_no_page_breaks_a_rule_of_wcag_seriously(scans: list[Scan]) -> None:
    assert [] == [f"{each.state}: {found['says']}" for each in scans for found in each.broken if found["own"] == -1]


def test_nothing_is_spared_that_axe_no_longer_finds(scans: list[Scan]) -> None:
    met = {found["own"] for each in scans for found in each.broken}
    assert [] == [each for number, each in enumerate(SPARED) if number not in met]


def test_axe_saw_the_whole_page(scans: list[Scan]) -> None:
    unfolded = {each.state: each.readable for each in scans if "unfolded" in each.state}
    assert len(unfolded) == len(TITLES)
    assert min(unfolded.values()) > 100, unfolded


def test_nothing_scrolls_sideways_on_a_phone(scans: list[Scan]) -> None:
    assert [] == [(each.state, each.wider) for each in scans if any(each.wider)]
    assert len([each for each in scans if each.wider]) >= len(TITLES), "every page is seen on a phone"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_in_the_chart_stands_out_from_its_ground(visit: Visit, scheme: str) -> None:
    with visit(color_scheme=scheme) as page:
        page.locator(".stPlotlyChart .main-svg").first.wait_for()
        settle(page)
        texts = page.evaluate(CHART_CONTRAST)
    assert len(texts) > 8
    assert [] == [(text, round(contrast, 2)) for text, contrast in texts if contrast < CONTRAST]
