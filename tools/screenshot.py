"""A picture of a whole page of the app: `python -m tools.screenshot / app.png [--dark] [--width 1280]`.

A path such as `/compare` starts the app for it; an address such as `http://localhost:8501` must be running.
"""

import argparse
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from tools.browser import running_app, running_browser, settle, wait_until_ready

# The main area scrolls inside the page, so the window is made as tall as what it holds.
CONTENT_HEIGHT = """() => {
  const areas = document.querySelectorAll('[data-testid="stMain"], [data-testid="stSidebarContent"]');
  return Math.max(document.documentElement.scrollHeight, ...[...areas].map(area => area.scrollHeight));
}"""


def main() -> None:
    """Take one picture as the arguments say."""
    parser = argparse.ArgumentParser(description="A picture of a whole page of the app.")
    parser.add_argument("page", metavar="URL", help="an address, or a path of the app such as /")
    parser.add_argument("picture", metavar="OUT.png", type=Path)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, help="cut at this height; default: the whole page")
    parser.add_argument("--scale", type=float, default=1, help="pixels per point; 2 for a sharp print")
    parser.add_argument("--dark", action="store_true", help="as someone sees it who prefers dark screens")
    parser.add_argument("--scenario", type=Path, help="open this scenario file on the page first")
    parser.add_argument("--wait", type=float, default=60, help="most seconds to wait until the page is ready")
    options = parser.parse_args()

    options.picture.parent.mkdir(parents=True, exist_ok=True)
    with running_browser() as browser:
        if options.page.startswith("/"):
            with running_app() as address:
                _take(browser, address + options.page, options)
        else:
            _take(browser, options.page, options)
    print(options.picture)


def _take(browser: Browser, url: str, options: argparse.Namespace) -> None:
    page = browser.new_page(
        viewport={"width": options.width, "height": options.height or 900},
        device_scale_factor=options.scale,
        color_scheme="dark" if options.dark else "light",
        reduced_motion="reduce",
    )
    page.goto(url)
    wait_until_ready(page, seconds=options.wait)
    if options.scenario is not None:
        page.locator('input[type="file"]').first.set_input_files(options.scenario)
        page.wait_for_timeout(1500)
        wait_until_ready(page, seconds=options.wait)
    if page.locator(".stPlotlyChart").count():
        page.wait_for_selector(".stPlotlyChart .main-svg", timeout=options.wait * 1000)
    if options.height is None:
        _fit_window(page, options)
    settle(page)
    _save(page.screenshot(animations="disabled"), options.picture)
    page.close()


def _save(taken: bytes, to: Path) -> None:
    """Keep the picture with a palette of its own: a third of the size, and no difference to the eye."""
    with Image.open(BytesIO(taken)) as picture:
        picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(to, optimize=True)


def _fit_window(page: Page, options: argparse.Namespace) -> None:
    """Grow the window until nothing scrolls; charts may still settle, so look more than once."""
    height = 0
    for _ in range(5):
        page.wait_for_timeout(400)
        needed = page.evaluate(CONTENT_HEIGHT)
        if needed == height:
            return
        height = needed
        page.set_viewport_size({"width": options.width, "height": height})
        wait_until_ready(page, seconds=options.wait)


if __name__ == "__main__":
    main()
