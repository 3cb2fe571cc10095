"""My cost: the five questions at the left, the answer at the right; on a phone one above the other."""

from __future__ import annotations

import streamlit as st

from estimator.errors import InputError
from estimator.messages import say
from estimator.ui import answer, frame, keep, link, result, safety, scenario_form, state

frame.style()
state.answers()
state.enter_region()
frame.heading(
    say("What will your hamstring injury cost you?"), say("Five questions, one answer, and what your cover asks for.")
)
link.arrive()
answer.see_someone_now(safety.flagged())
with st.container(key="two_sides"):
    left, right = st.columns([5, 8], gap="large")
with left, st.container(key="questions"):
    frame.example_note()
    scenario_form.draw()
with right, st.container(key="answer"):
    shown: result.Answer | None = None
    try:
        with st.spinner(say("Working out your estimate")):
            shown = result.answer(state.scenario())
    except InputError as error:
        answer.cannot_answer(error)
        if (before := result.last_answer()) is not None:
            answer.from_before()
            with st.container(key="stale"):
                answer.draw(before)
    else:
        answer.draw(shown)
    keep.draw(shown)
