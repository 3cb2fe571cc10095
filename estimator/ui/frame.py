"""What every page shares: the language, the style sheets, the heading, and the note on the example."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path

import streamlit as st

from estimator.messages import OFFERED, Language, language, say, use
from estimator.ui import state
from estimator.vocabulary import Region

SHEETS = tuple(Path(__file__).with_name(name) for name in ("style.css", "frame.css", "print.css"))
LANGUAGE = "lang"
"""The choice of language: in the session, and in the address so that a page can be sent in a language.

Streamlit would bind a widget to the address by what the widget shows, `?lang=Español`; an address needs the code.
"""
SPOKEN = "spoken"
"""The language of the last run of this visit."""
SECTIONS = re.compile(r"step_\d|safety_open|ways|compare_(add|two|if|cash|dates)")
"""The keys of sections that remember whether they are open; the value of a button must not be set."""
NAMES: Mapping[str, str] = {"en": "English", "es": "Español"}
"""Each language calls itself by its own name, whatever language the page is in."""


def style() -> None:
    """What stands first on every page: it settles the language, puts in the style sheets, and offers other languages."""
    speak()
    _keep_choices()
    for sheet in SHEETS:
        st.html(sheet)
    _language_of_the_page()
    _choice_of_language()


def heading(title: str, below: str) -> None:
    """The page's one main heading, with a sentence under it."""
    st.html(f'<header class="hc top"><h1>{escape(title)}</h1><p>{escape(below)}</p></header>')


def put(markup: str) -> None:
    """Put markup on the page, in the dress of the style sheets; it says so where it speaks another language."""
    spoken = language()
    other = "" if spoken in (None, st.session_state.get(SPOKEN)) else f' lang="{spoken.replace("_", "-")}"'
    st.html(f'<div class="hc"{other}>{markup}</div>')


def items(sentences: Iterable[str]) -> str:
    """Sentences as the items of a list."""
    return "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)


def example_note() -> None:
    """Say that this is an example, until the first answer is changed."""
    if st.session_state.get("is_example"):
        said = say("This is an example. Change the answers below and the estimate is yours.")
        st.html(f'<p class="hc example">{escape(said)}</p>')


# ---------------------------------------------------------------- the language


def speak() -> None:
    """Speak the reader's language from here on; a callback that makes texts says so first, for it runs before the page.

    The country of the region in view offers its languages: the one that was chosen, else that of the address, else that
    of the browser, else the usual one.
    """
    offered = _offered()
    use(offered.get(st.session_state.get(LANGUAGE) or _asked_for(offered), OFFERED[_country()][0]))


def spoken_in(region: Region) -> Language | None:
    """The language for what is told of a region: the one in use where its country offers it, else its country's own."""
    offered, wanted = OFFERED[_country_of(region)], language()
    return wanted if wanted is None or wanted in offered else offered[0]


def in_the_address() -> dict[str, str]:
    """The query parameter that opens a page in the language in use; none for the usual one of the country."""
    spoken = language()
    return {LANGUAGE: code_of(spoken)} if spoken not in (None, OFFERED[_country()][0]) else {}


def _offered() -> dict[str, Language]:
    """The languages of the country in view, by their code."""
    return {code_of(each): each for each in OFFERED[_country()]}


def code_of(spoken: Language) -> str:
    """The code of a language without its country, such as `es`."""
    return spoken.partition("_")[0]


def _country() -> str:
    """The country of the region in view; before any answer, that of the example."""
    answers = st.session_state.get("answers")
    region = answers.get("region") if isinstance(answers, dict) else None
    return _country_of(region if isinstance(region, Region) else state.FIRST_REGION)


def _country_of(region: Region) -> str:
    """The country of a region, without reading its files."""
    return "GB" if region in state.UK else "US"


def _asked_for(offered: Mapping[str, Language]) -> str:
    """The language of the address, else that of the browser, else the usual one."""
    asked = st.query_params.get(LANGUAGE, "")
    return asked if asked in offered else _of_the_browser(offered)


def _of_the_browser(offered: Mapping[str, Language]) -> str:
    code = (st.context.locale or "").partition("-")[0].lower()
    return code if code in offered else next(iter(offered))


def _keep_choices() -> None:
    """What is chosen stays chosen, and what is open stays open, in another language.

    Streamlit knows an option and a section by its words; each is told again what it was, before new words are written.
    """
    before, st.session_state[SPOKEN] = st.session_state.get(SPOKEN), language()
    if before in (None, language()):
        return
    for key, value in dict(st.session_state).items():
        is_choice = isinstance(value, str | int | list | tuple) and not isinstance(value, bool)
        if is_choice or SECTIONS.fullmatch(str(key)):
            st.session_state[key] = value


def _choice_of_language() -> None:
    """The languages to choose from, where there are several; the choice goes into the address."""
    offered = _offered()
    if len(offered) < 2:
        return
    if st.session_state.get(LANGUAGE) not in offered:
        st.session_state[LANGUAGE] = _asked_for(offered)
    with st.container(key="language"):
        chosen = st.segmented_control(
            say("Language"),
            list(offered),
            format_func=lambda code: NAMES[code],
            required=True,
            key=LANGUAGE,
            label_visibility="collapsed",
            persist_state="session",
        )
    if chosen is not None and chosen != st.query_params.get(LANGUAGE, _of_the_browser(offered)):
        st.query_params[LANGUAGE] = chosen


def _language_of_the_page() -> None:
    """Tell the browser, and whoever has the page read aloud, which language it is in."""
    if (spoken := language()) is not None:
        tag = spoken.replace("_", "-")
        st.html(f"<script>document.documentElement.lang = '{tag}'</script>", unsafe_allow_javascript=True)
