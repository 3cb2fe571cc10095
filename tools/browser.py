"""A real Chromium in front of the running app: shared by the browser tests and the pictures."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
READY = '[data-test-script-state="notRunning"]'
# The app says that it works only when the server has answered; until then, what was sent last is on its way.
NOTE_WORK = """
window.work = {sent: -Infinity, begun: -Infinity};
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (message) { work.sent = performance.now(); return send.call(this, message); };
new MutationObserver(() => {
  if (document.querySelector('[data-test-script-state="running"]')) work.begun = performance.now();
}).observe(document, {subtree: true, attributes: true, attributeFilter: ['data-test-script-state']});
"""
# Done when the app is at rest and nothing has changed in several looks; a busy page puts off the looks too.
# Not every message makes the app work, so none is waited for longer than a second.
STILL = """([ready, looks]) => new Promise(done => {
  let calm = 0;
  const seen = new MutationObserver(() => { calm = 0; });
  seen.observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true});
  const look = setInterval(() => {
    const isOnItsWay = window.work && work.sent > work.begun && performance.now() - work.sent < 1000;
    const isMoving = document.getAnimations().some(each =>
      each.playState === 'running' && each.effect.getComputedTiming().endTime !== Infinity);
    calm = isOnItsWay || isMoving || !document.querySelector(ready) ? 0 : calm + 1;
    if (calm < looks) return;
    clearInterval(look);
    seen.disconnect();
    done();
  }, 20);
})"""
NO_CHROMIUM = "No Chromium here: install Debian's `chromium`, or name a Chrome in the variable CHROMIUM."
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str | None:
    """The Chromium to drive, or None."""
    candidates = (
        os.environ.get("CHROMIUM") or "chromium",
        "/usr/bin/chromium",
        "chromium-browser",
        "google-chrome",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    )
    return next((found for name in candidates if (found := shutil.which(name))), None)


@contextmanager
def running_app(app: Path = ROOT / "app.py", *, log: Path | None = None, seconds_to_start: float = 60) -> Iterator[str]:
    """The address of the app, served on a free port until the block ends; what the server says goes into the log."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://localhost:{port}"
    command = [sys.executable, "-m", "streamlit", "run", str(app)]
    command += ["--server.headless", "true", "--server.port", str(port), "--server.fileWatcherType", "none"]
    with log.open("w+") if log is not None else tempfile.TemporaryFile("w+") as said:
        server = subprocess.Popen(command, cwd=app.parent, stdout=said, stderr=subprocess.STDOUT)
        try:
            deadline = time.monotonic() + seconds_to_start
            while not _is_healthy(address):
                if server.poll() is not None or time.monotonic() > deadline:
                    said.seek(0)
                    raise RuntimeError(f"The app did not start:\n{said.read()}")
                time.sleep(0.1)
            yield address
        finally:
            server.terminate()
            try:
                server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _is_healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@contextmanager
def running_browser() -> Iterator[Browser]:
    """A headless Chromium until the block ends."""
    chromium = find_chromium()
    if chromium is None:
        raise FileNotFoundError(NO_CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()


def wait_until_ready(page: Page, *, seconds: float = 60) -> None:
    """Return when the app has finished drawing the page."""
    page.wait_for_selector(READY, state="attached", timeout=seconds * 1000)
    page.wait_for_function("document.fonts.status === 'loaded'", timeout=seconds * 1000)


def settle(page: Page) -> None:
    """Return when the app has done what it was asked for and the page has been still for a moment."""
    page.evaluate(STILL, [READY, 6])
