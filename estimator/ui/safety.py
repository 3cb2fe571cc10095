"""Safety before money: the warning signs, which can be answered in one tap and lead to "get seen now"."""

from __future__ import annotations

import streamlit as st

from estimator.pathway import RedFlag, load_pathway
from estimator.ui import fields


def flagged() -> list[RedFlag]:
    """The warning signs answered with yes."""
    return [flag for flag in load_pathway().file.red_flag if st.session_state.get(f"flag_{flag.id}", False)]


def draw() -> None:
    """The warning signs, open until they are answered."""
    st.session_state.setdefault("safety_open", True)
    st.session_state.setdefault("safety_answered", False)
    yes = flagged()
    if yes:
        said = f"{len(yes)} {'sign needs' if len(yes) == 1 else 'signs need'} attention"
    else:
        said = "none of these" if st.session_state.safety_answered else "please answer first"
    with st.container(key="question_0"):
        with st.expander("**Is any of this true?**", key="safety_open", on_change="rerun") as step:
            for flag in load_pathway().file.red_flag:
                st.checkbox(flag.asks, key=f"flag_{flag.id}", persist_state="session", on_change=_answered_safety)
            if not yes:
                st.button("None of these", key="safety_none", on_click=_none_of_these, width="stretch")
        if not step.open:
            fields.said(said)


def _answered_safety() -> None:
    st.session_state.safety_answered = True


def _none_of_these() -> None:
    st.session_state.safety_answered = True
    st.session_state.safety_open = False
