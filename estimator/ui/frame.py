"""What every page shares: the style sheet, the heading, and the note on the example."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st

STYLE = Path(__file__).parent / "style.css"


def style() -> None:
    """Put in the style sheet; it takes no room on the page."""
    st.html(STYLE)


def heading(title: str, below: str) -> None:
    """The page's one main heading, with a sentence under it."""
    st.html(f'<header class="hc top"><h1>{escape(title)}</h1><p>{escape(below)}</p></header>')


def example_note() -> None:
    """Say that this is an example, until the first answer is changed."""
    if st.session_state.get("is_example"):
        st.html('<p class="hc example">This is an example. Change the answers below and the estimate is yours.</p>')
