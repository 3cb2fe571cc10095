"""The answers as a file, down and up."""

from __future__ import annotations

import streamlit as st

from estimator.errors import InputError
from estimator.ui import answer, state


def draw() -> None:
    """The scenario as a file, down and up."""
    st.html(
        '<div class="hc"><h2>Keep or bring your answers</h2>'
        "<p>The file holds your five answers and no name. It works on the command line too.</p></div>"
    )
    st.download_button(
        "Save my answers",
        data=_as_file,
        file_name="hamstring-scenario.json",
        mime="application/json",
        on_click="ignore",
        key="save",
        icon=":material/download:",
    )
    st.file_uploader("Bring saved answers (.json or .toml)", type=["json", "toml"], key="upload", on_change=_bring)
    if (problem := st.session_state.get("upload_problem")) is not None:
        answer.cannot_answer(problem)


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
