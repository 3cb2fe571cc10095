"""The whole way through My cost by keyboard alone: every stop can be seen, none is a trap."""

import re

from playwright.sync_api import Page, expect

from tests.browser.visits import answer
from tools.browser import settle

MOST_STOPS = 40
# What has the focus, and whether one can see that it has: by a ring of its own or of its label, by the frame of its field,
# or by a ground of another colour. What counts must stand out by 3 to 1 from what is around it.
FOCUSED = """async () => {
  for (const _ of [1, 2]) await new Promise(requestAnimationFrame);  // the browser has moved it into view by then
  const moving = document.getAnimations().filter(each => each.effect.getComputedTiming().endTime !== Infinity);
  await Promise.all(moving.map(each => each.finished.catch(() => {})));
  const it = document.activeElement;
  const parts = colour => { const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
  const over = (top, below) => top.slice(0, 3).map((value, n) => value * top[3] + below[n] * (1 - top[3]));
  const light = colour => {
    const [r, g, b] = colour.map(value => value / 255)
      .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const page = parts(getComputedStyle(document.querySelector('.stApp')).backgroundColor);
  const standsOut = colour => {
    const [dark, bright] = [light(over(parts(colour), page)), light(page)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05) >= 3;
  };
  const ringed = each => {
    const style = getComputedStyle(each);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && standsOut(style.outlineColor);
  };
  const framed = each => {
    const style = getComputedStyle(each);
    return style.borderTopStyle !== 'none' && parseFloat(style.borderTopWidth) >= 1 && standsOut(style.borderTopColor);
  };
  const isTyped = it.matches('input:not([type=radio], [type=checkbox], [type=range])');
  const isPart = it.matches('[role=spinbutton]');
  const fields = [it, it.parentElement, it.parentElement?.parentElement, it.parentElement?.parentElement?.parentElement];
  const around = it.closest('label');
  const seen = ringed(it) || (around && ringed(around)) || (isTyped && fields.some(each => each && framed(each)))
    || (isPart && standsOut(getComputedStyle(it).backgroundColor));
  const name = it === document.body ? 'nothing' : it.ariaLabel || around?.innerText || it.innerText || it.value || it.tagName;
  const place = it.getBoundingClientRect();
  const inView = place.bottom > 0 && place.top < innerHeight && place.right > 0 && place.left < innerWidth;
  const stops = window.stops ??= [];
  const isNew = stops.at(-1) !== it;
  stops.push(it);
  return {name: name.trim().replace(/\\s+/g, ' '), tag: it.tagName, seen, inView, isNew};
}"""
# The area that scrolls takes the focus so that arrow keys move it; no ring is drawn around the whole page.
SCROLLS = "MAIN"


def tab_to(page: Page, name: str) -> None:
    """Press Tab until something of this name has the focus; every stop on the way can be seen and is left again."""
    passed = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        passed.append(stop["name"])
        assert stop["isNew"], f"the focus stays on {stop['name']!r}"
        if stop["tag"] != SCROLLS:
            assert stop["seen"], f"nobody sees that {stop['name']!r} has the focus"
            assert stop["inView"], f"{stop['name']!r} has the focus and is out of view"
        if re.search(name, stop["name"]):
            return
    raise AssertionError(f"{name!r} is not reached by Tab; passed: {passed}")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)
    settle(page)


def test_the_whole_way_to_the_answer_and_its_files_needs_no_mouse(page: Page) -> None:
    amount = answer(page).locator(".hero-sum")
    tab_to(page, "Is any of this true")
    tab_to(page, "^None of these$")
    press(page, "Enter")
    expect(page.get_by_text("none of these", exact=True)).to_be_visible()

    tab_to(page, "1. What happened")
    press(page, "Enter")
    tab_to(page, "^Grade 2 strain")
    before = amount.inner_text()
    press(page, "ArrowDown")
    expect(page.get_by_role("radio", name="Grade 3 strain")).to_be_checked()
    expect(amount).not_to_have_text(before)
    tab_to(page, "^day, When does care start")
    press(page, "ArrowUp")
    tab_to(page, "^Next: where you live$")
    expect(page.get_by_text("1. What happened")).to_be_visible()
    press(page, "Enter")
    expect(page.get_by_text("Grade 3 strain, hurt March 2, 2026, care from March 5")).to_be_visible()

    tab_to(page, "^State$")
    page.keyboard.type("Texas")
    expect(page.get_by_role("option", name="Texas")).to_be_visible()
    press(page, "Enter")
    expect(page.get_by_role("combobox", name="State")).to_have_value("Texas")
    tab_to(page, "^Next: what cover you have$")
    press(page, "Enter")
    expect(page.get_by_text("Texas; US private insurance")).to_be_visible()

    tab_to(page, "^About this cover")
    press(page, "Enter")
    expect(page.get_by_text("It is not part of this estimate.").first).to_be_visible()
    press(page, "Escape")
    tab_to(page, "^Next: what has been used this year$")
    press(page, "Enter")

    tab_to(page, "^Deductible paid so far")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("900")
    press(page, "Enter")
    tab_to(page, "^Next: how you would like to be treated$")
    press(page, "Enter")
    expect(page.get_by_text("$900.00 of the deductible")).to_be_visible()

    tab_to(page, "^I choose the kinds of care")
    tab_to(page, "^Physical therapy$")
    press(page, "ArrowRight", "Space")
    tab_to(page, "^Done$")
    press(page, "Enter")

    tab_to(page, "^The same numbers as a table$")
    press(page, "Enter")
    expect(page.get_by_role("table", name="What you will have paid, week by week")).to_be_visible()
    tab_to(page, "Why this number")
    press(page, "Enter")
    expect(page.locator("details:has(> summary:focus) table").first).to_be_visible()
    tab_to(page, "Report to print or send")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "hamstring-estimate.html"
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED)["name"] == "nothing":
            break
    else:
        raise AssertionError("the focus never leaves the page")
