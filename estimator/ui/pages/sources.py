"""Sources and method: where every figure comes from, and how an estimate is made of them."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from estimator.messages import say
from estimator.ui import frame, link, sources_view, state

frame.style()
st.html(Path(sources_view.__file__).with_name("pages.css"))
state.answers()
state.enter_region()
frame.heading(say("Sources and method"), say("Where every figure comes from, and how your estimate is made of them."))
link.arrive()
sources_view.draw()
