"""What the person can take away: the answers as a file, down and up, or as a link; the dates; the answer as a page of its own."""

from __future__ import annotations

from html import escape
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st

from estimator.errors import InputError
from estimator.messages import say, speaker
from estimator.outputs.calendar import calendar
from estimator.outputs.report import report
from estimator.scenario import Scenario
from estimator.ui import answer, frame, link, state
from estimator.ui.result import Answer

STYLE = Path(__file__).with_name("keep.css")
OWN_COMPUTER = ("localhost", "127.0.0.1", "::1")
COPY = """<script>
{
  const box = document.currentScript.parentElement;
  const field = box.querySelector("input");
  const said = box.querySelector("[role=status]");
  box.querySelector("button").addEventListener("click", async () => {
    field.select();
    let copied = true;
    try { await navigator.clipboard.writeText(field.value); }
    catch { copied = document.execCommand("copy"); } // without https there is no clipboard
    said.textContent = copied ? said.dataset.copied : said.dataset.failed;
  });
}
</script>"""
"""One press copies the link. What it reads stands in the field, so that no text of anybody's becomes part of a script."""


def draw(shown: Answer | None) -> None:
    """The scenario as a file, down and up, and as a link; calendar and report of the answer, where there is one."""
    st.html(STYLE)
    title, holds = (
        say("Keep or bring your answers"),
        say("The files hold your answers and no name. The answers work on the command line too."),
    )
    st.html(f'<div class="hc"><h2>{escape(title)}</h2><p>{escape(holds)}</p></div>')
    with st.container(key="downloads"):
        _save()
        if shown is not None:
            _take_away(shown)
    if shown is not None:
        _link(shown.scenario)
    st.file_uploader(say("Bring saved answers (.json or .toml)"), type=["json", "toml"], key="upload", on_change=_bring)
    if (problem := st.session_state.get("upload_problem")) is not None:
        answer.cannot_answer(problem)


def _save() -> None:
    """The answers as a file; those that do not fit together are no scenario yet."""
    try:
        text = state.scenario().model_dump_json(indent=2, exclude_none=True)
    except InputError:
        text = None
    st.download_button(
        say("Save my answers"),
        data=text or "",
        disabled=text is None,
        help=say("First change what the message says: these answers do not fit together.") if text is None else None,
        file_name="hamstring-scenario.json",
        mime="application/json",
        on_click="ignore",
        key="save",
        icon=":material/download:",
    )


def _take_away(shown: Answer) -> None:
    if any(item.due is not None for item in shown.checklist.items):
        st.download_button(
            say("Dates for my calendar"),
            data=speaker(lambda: calendar(shown.checklist)),
            file_name="hamstring-checklist.ics",
            mime="text/calendar",
            on_click="ignore",
            key="save_calendar",
            icon=":material/event:",
        )
    st.download_button(
        say("Report to print or send"),
        data=speaker(lambda: report(shown.case, shown.quote, shown.projection, shown.checklist)),
        file_name="hamstring-estimate.html",
        mime="text/html",
        on_click="ignore",
        key="save_report",
        icon=":material/description:",
    )


def _link(wanted: Scenario) -> None:
    """A link to these answers with what it holds, and the choice to put in what the person earns."""
    st.html(
        '<div class="hc link-lead">'
        f"<h3>{escape(say('Link to these answers'))}</h3>"
        f"<p>{escape(say('The link holds your answers: injury, dates, place, cover and amounts. It holds no name.'))}</p></div>"
    )
    plain = link.without_pay(wanted)
    if plain != wanted:
        is_whole = st.checkbox(
            say("Put my pay, tax rate and savings in the link too"),
            key="link_pay",
            persist_state="session",
            help=say("Without them the cost of care stays the same; only lost pay and saved tax are missing."),
        )
        wanted = wanted if is_whole else plain
    page = st.context.url
    try:
        _copied_with_one_press(link.address(page, {**frame.in_the_address(), **link.of(wanted)}))
    except InputError as error:
        answer.cannot_answer(error)
    else:
        st.html(f'<p class="hc note link-note">{escape(_who_can_open(page))}</p>')


def _who_can_open(page: str | None) -> str:
    if urlsplit(page or "").hostname in OWN_COMPUTER:
        return say(
            "This page runs on your own computer, and the link opens only there. "
            "To send your answers to someone, save them as a file."
        )
    return say("Whoever has the link can read what it holds.")


def _copied_with_one_press(text: str) -> None:
    button, copied = say("Copy the link"), say("The link is copied.")
    failed = say("The link could not be copied. It is marked now: copy it with your keyboard or a long press.")
    st.html(
        '<div class="hc link-row">'
        f'<input type="text" readonly aria-label="{escape(say("Link to these answers"))}" value="{escape(text)}">'
        f'<button type="button">{escape(button)}</button>'
        f'<p role="status" data-copied="{escape(copied)}" data-failed="{escape(failed)}"></p></div>{COPY}',
        unsafe_allow_javascript=True,
    )


def _bring() -> None:
    frame.speak()
    st.session_state.upload_problem = None
    brought = st.session_state.upload
    if brought is None:
        return
    try:
        state.load(state.read_upload(brought.name, brought.getvalue()))
        state.changed()
    except InputError as error:
        st.session_state.upload_problem = error
