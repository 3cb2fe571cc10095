"""`make bench-ui`: how long people wait, measured in a real browser. The aims: an answer within 2 s, a change within 300 ms.

The clock runs inside the page, from the key or click to the frame in which the new answer stands. Server and browser share
this machine, so a figure holds the work of both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from statistics import median
from time import perf_counter
from typing import cast

from playwright.sync_api import Browser, Page
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks.__main__ import row
from tools.browser import READY, running_app, running_browser, wait_until_ready

TIMES = 7
PEOPLE = 10
OPENING, CHANGE = 2000, 300
"""The aims, in milliseconds."""

ANSWER = ".hero-sum"
SUM = re.compile(rb'class="hero-sum">([^<]+)<')
WIDGET = re.compile(rb"(\$\$ID-[0-9a-f]+-(\w+))")
"""The name of a widget in the messages; it ends with its key."""
# Notes when the watched text last changed and when the app came to rest after that; `from` is the first key or click.
CLOCK = """([watched, ready, from]) => {
  window.clock?.stop();
  const text = () => [...document.querySelectorAll(watched)].map(each => each.textContent).join('|');
  const clock = window.clock = {from, shown: null, rested: null};
  let before = from === 0 ? '' : text();
  const look = () => {
    if (clock.from === null) return;
    const now = text();
    if (now && now !== before) {
      before = now;
      clock.rested = null;
      requestAnimationFrame(() => { clock.shown = performance.now(); look(); });
    }
    if (clock.shown !== null && clock.rested === null && document.querySelector(ready)) clock.rested = performance.now();
  };
  const begin = () => { clock.from ??= performance.now(); };
  const kinds = ['click', 'keydown'];
  kinds.forEach(kind => document.addEventListener(kind, begin, true));
  const seen = new MutationObserver(look);
  seen.observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
  clock.stop = () => { seen.disconnect(); kinds.forEach(kind => document.removeEventListener(kind, begin, true)); };
}"""
SPOKEN = Subprotocol("streamlit")
GRADES = ("Grade 3 strain", "Grade 1 strain")
Waits = tuple[float, float]
"""Milliseconds until the answer stands, and until everything below it does."""


def main() -> None:
    """Every row, from one run on one machine."""
    with running_browser() as browser:
        print(f"{'':<52} {'median':>16}  slowest, the aim, until all is redrawn")
        opening(browser)
        with running_app() as address:
            wait(browser, address)  # tariffs are read by the first visitor
            waits("open, server warm, browser new", [wait(browser, address) for _ in range(TIMES)], OPENING)
            changes(browser, address)
            comparing(browser, address)
            many(address)


def waits(name: str, measured: list[Waits], aim: int | None = None) -> None:
    """One row: the median, beside the slowest and the aim."""
    shown, rested = zip(*measured, strict=True)
    parts = [f"slowest {max(shown):,.0f}"]
    if aim is not None:
        parts.append(f"{median(shown) / aim:.2f} of the aim of {aim:,}")
    parts.append(f"all {median(rested):,.0f}")
    row(name, f"{median(shown):,.0f} ms", "; ".join(parts))


# ---------------------------------------------------------------- the clock in the page


@contextmanager
def visitor(browser: Browser) -> Iterator[Page]:
    """Someone with an empty browser; any error of the page ends the measuring."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    if errors or page.locator(".stException").count():
        raise RuntimeError(f"The page met an error: {errors or page.locator('.stException').first.inner_text()}")
    context.close()


def open_page(page: Page, address: str) -> None:
    """Open the address with the clock running from the first moment."""
    page.add_init_script(f"({CLOCK})({[ANSWER, READY, 0]!r})")
    page.goto(address, wait_until="commit")


def read(page: Page) -> Waits:
    """What the clock says, once the app has come to rest."""
    said = page.wait_for_function(
        "window.clock?.rested && performance.now() - clock.rested > 200 && {...clock, stop: null}", timeout=120_000
    )
    clock = said.json_value()
    return clock["shown"] - clock["from"], clock["rested"] - clock["from"]


def wait(browser: Browser, address: str) -> Waits:
    """How long a new visitor waits for the first answer."""
    with visitor(browser) as page:
        open_page(page, address)
        return read(page)


def timed(page: Page, act: Callable[[], object], watched: str = ANSWER) -> Waits:
    """How long until the watched text has changed."""
    page.evaluate(CLOCK, [watched, READY, None])
    act()
    return read(page)


# ---------------------------------------------------------------- what is measured


def opening(browser: Browser) -> None:
    """The first answer of a server that has just been started."""
    measured = []
    for _ in range(3):
        with running_app() as address:
            measured.append(wait(browser, address))
    waits("open, server just started", measured, OPENING)


def changes(browser: Browser, address: str) -> None:
    """Changed answers on My cost; each is one that was not reckoned just before."""
    with visitor(browser) as page:
        page.goto(address)
        wait_until_ready(page)
        page.get_by_role("button", name="None of these").click()
        steps = [page.locator(f".st-key-question_{number} summary").first for number in range(1, 6)]

        opened = [
            timed(page, steps[number].click, f".st-key-question_{number + 1} .stExpander p")
            for number in (2, 3, 4, 2, 3, 4, 0)
        ]
        waits("open a step (computes nothing)", opened, CHANGE)
        options = [page.get_by_text(name, exact=True) for name in GRADES]
        waits("choose another grade", [timed(page, options[n % 2].click) for n in range(TIMES)], CHANGE)

        steps[3].click()
        amount = page.get_by_role("spinbutton", name="Deductible paid so far")
        measured = []
        for n in range(TIMES):
            amount.fill(f"{100 * (n + 1)}")
            measured.append(timed(page, lambda: amount.press("Enter")))
        waits("type another amount", measured, CHANGE)

        heading, links = "h1", page.get_by_role("banner").get_by_role("link")
        links.nth(1).click()
        page.wait_for_selector(".cmp-takeaway")
        there_and_back = [timed(page, links.nth(n).click, heading) for n in (2, 0, 1, 0, 2, 1, 0)]
        waits("change the page (computes nothing)", there_and_back, CHANGE)


def comparing(browser: Browser, address: str) -> None:
    """The comparison: first drawn, then with another deductible each time."""
    first = []
    for _ in range(3):
        with visitor(browser) as page:
            page.goto(address)
            wait_until_ready(page)
            first.append(timed(page, page.get_by_role("banner").get_by_role("link").nth(1).click, ".cmp-takeaway"))
    waits("open Compare, four options", first)
    with visitor(browser) as page:
        page.goto(address)
        wait_until_ready(page)
        timed(page, page.get_by_role("banner").get_by_role("link").nth(1).click, ".cmp-takeaway")
        page.get_by_text("What if your plan had other terms?").click()
        slider = page.get_by_role("slider").first
        slider.focus()
        rows = ".cmp-row"
        timed(page, lambda: slider.press("ArrowRight"), rows)  # the first adds the row
        waits(
            "move a slider on Compare",
            [timed(page, lambda: slider.press("ArrowRight"), rows) for _ in range(TIMES)],
            CHANGE,
        )


class Visitor:
    """Someone without a browser: the same messages over the same socket, so that ten fit beside the server on one machine."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.widgets: dict[str, str] = {}
        self.states: dict[str, dict[str, object]] = {}
        self.amount = ""

    def run(self) -> Waits:
        """Send what is answered so far, and read until the page is complete."""
        said = BackMsg()
        said.rerun_script.SetInParent()
        for key, value in self.states.items():
            said.rerun_script.widget_states.widgets.add(id=self.widgets[key], **value)
        start, shown = perf_counter(), 0.0
        self.socket.send(said.SerializeToString())
        while True:
            raw = cast(bytes, self.socket.recv(timeout=120))
            for name, key in WIDGET.findall(raw):
                self.widgets[key.decode()] = name.decode()
            if (found := SUM.search(raw)) is not None:
                self.amount, shown = found[1].decode(), perf_counter()
            message = ForwardMsg.FromString(raw)
            if message.delta.new_element.WhichOneof("type") == "exception":
                raise RuntimeError(message.delta.new_element.exception.message)
            if message.WhichOneof("type") == "script_finished":
                return (shown - start) * 1000, (perf_counter() - start) * 1000

    def answer(self, key: str, **value: object) -> Waits:
        """Change the widget of this key."""
        self.states[key] = value
        return self.run()


def many(address: str) -> None:
    """Ten people at once: all open the page, then all change an answer at the same moment."""
    stream = f"ws{address.removeprefix('http')}/_stcore/stream"
    with ExitStack() as open_sockets, ThreadPoolExecutor(PEOPLE) as pool:

        def arrive() -> Visitor:
            return Visitor(open_sockets.enter_context(connect(stream, subprotocols=[SPOKEN], max_size=None)))

        alone = arrive()
        alone.run()
        alone.answer("step_1", bool_value=True)
        waits(
            "1 person chooses another grade (server alone)",
            [alone.answer("condition", string_value=GRADES[n % 2]) for n in range(TIMES)],
        )
        people = [arrive() for _ in range(PEOPLE)]
        waits(f"{PEOPLE} people open the page at once", list(pool.map(Visitor.run, people)), OPENING)
        list(pool.map(lambda each: each.answer("step_1", bool_value=True), people))
        for grade in (*GRADES, GRADES[0]):
            changed = list(pool.map(lambda each, grade=grade: each.answer("condition", string_value=grade), people))
        waits(f"{PEOPLE} people choose another grade at once", changed)
        alone.answer("condition", string_value=grade)
        if {each.amount for each in people} != {alone.amount}:
            raise RuntimeError("Not everyone was told the same amount for the same answers.")


if __name__ == "__main__":
    main()
