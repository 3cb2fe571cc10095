"""Compare: the same injury under other plans, places and ways, on the same draws."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from estimator.errors import InputError
from estimator.messages import say
from estimator.ui import answer, comparison_view, frame, link, result, state

frame.style()
st.html(Path(comparison_view.__file__).with_name("pages.css"))
state.answers()
state.enter_region()
frame.heading(say("What could you do instead?"), say("The same injury under other covers, places and ways of care."))
link.arrive()
try:
    with st.spinner(say("Working out your estimate")):
        mine = result.answer(state.scenario())
except InputError as error:
    answer.cannot_answer(error)
    st.page_link("estimator/ui/pages/my_cost.py", label=say("Change your answers"), icon=":material/edit:")
else:
    comparison_view.draw(mine)
