"""Safety before money: the warning signs, which can be answered in one tap and lead to "get seen now"."""

from __future__ import annotations

import streamlit as st

from estimator.messages import say, say_many
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
        said = say_many("{count} sign needs attention", "{count} signs need attention", len(yes))
    else:
        said = say("none of these") if st.session_state.safety_answered else say("please answer first")
    with st.container(key="question_0"):
        with st.expander(f"**{say('Is any of this true?')}**", key="safety_open", on_change="rerun") as step:
            for flag in load_pathway().file.red_flag:
                st.checkbox(flag.asks, key=f"flag_{flag.id}", persist_state="session", on_change=_answered_safety)
            if not yes:
                st.button(say("None of these"), key="safety_none", on_click=_none_of_these, width="stretch")
        if not step.open:
            fields.said(said)


def _answered_safety() -> None:
    st.session_state.safety_answered = True


def _none_of_these() -> None:
    st.session_state.safety_answered = True
    st.session_state.safety_open = False
