"""The picture frame of the app: page, icon and navigation. What hangs in it lives in estimator/ui/pages."""

from pathlib import Path

import streamlit as st

from estimator.messages import say
from estimator.ui import frame

UI = Path(__file__).parent / "estimator" / "ui"

frame.speak()
st.set_page_config(page_title=say("What will my hamstring cost?"), page_icon=str(UI / "icon.svg"), layout="wide")
st.navigation(
    [
        st.Page(UI / "pages" / "my_cost.py", title=say("My cost"), icon=":material/receipt_long:", default=True),
        st.Page(UI / "pages" / "compare.py", title=say("Compare"), icon=":material/compare_arrows:"),
        st.Page(UI / "pages" / "sources.py", title=say("Sources and method"), icon=":material/menu_book:"),
    ],
    position="top",
).run()
