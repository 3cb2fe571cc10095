"""What the person can take away: the answers as a file, down and up; the dates; the answer as a page of its own."""

from __future__ import annotations

import streamlit as st

from estimator.errors import InputError
from estimator.outputs.calendar import calendar
from estimator.outputs.report import report
from estimator.ui import answer, state
from estimator.ui.result import Answer


def draw(shown: Answer | None) -> None:
    """The scenario as a file, down and up; calendar and report of the answer in view, where there is one."""
    st.html(
        '<div class="hc"><h2>Keep or bring your answers</h2>'
        "<p>The files hold your answers and no name. The answers work on the command line too.</p></div>"
    )
    with st.container(key="downloads"):
        st.download_button(
            "Save my answers",
            data=_as_file,
            file_name="hamstring-scenario.json",
            mime="application/json",
            on_click="ignore",
            key="save",
            icon=":material/download:",
        )
        if shown is not None:
            _take_away(shown)
    st.file_uploader("Bring saved answers (.json or .toml)", type=["json", "toml"], key="upload", on_change=_bring)
    if (problem := st.session_state.get("upload_problem")) is not None:
        answer.cannot_answer(problem)


def _take_away(shown: Answer) -> None:
    if any(item.due is not None for item in shown.checklist.items):
        st.download_button(
            "Dates for my calendar",
            data=lambda: calendar(shown.checklist),
            file_name="hamstring-checklist.ics",
            mime="text/calendar",
            on_click="ignore",
            key="save_calendar",
            icon=":material/event:",
        )
    st.download_button(
        "Report to print or send",
        data=lambda: report(shown.case, shown.quote, shown.projection, shown.checklist),
        file_name="hamstring-estimate.html",
        mime="text/html",
        on_click="ignore",
        key="save_report",
        icon=":material/description:",
    )


def _as_file() -> str:
    return state.scenario().model_dump_json(indent=2, exclude_none=True)


def _bring() -> None:
    st.session_state.upload_problem = None
    brought = st.session_state.upload
    if brought is None:
        return
    try:
        state.load(state.read_upload(brought.name, brought.getvalue()))
        st.session_state.is_example = False
    except InputError as error:
        st.session_state.upload_problem = error
