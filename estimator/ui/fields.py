"""Widgets that are views of answers: each shows the answer it is for, and keeps what the person makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TypeVar

import streamlit as st

from estimator.messages import say, speaker
from estimator.money import SYMBOLS
from estimator.scenario import EARLIEST, LATEST
from estimator.ui import state

Choice = TypeVar("Choice")


def quiet(text: str) -> str:
    """Text inside a label: no character of it may turn into markup."""
    return "".join(f"\\{c}" if c in "$*_[]`~:" else c for c in text)


def said(text: str) -> None:
    """The answer of a closed step, under its title."""
    st.html(f'<p class="said">{escape(text)}</p>')


def choice(
    label: str,
    key: str,
    options: Mapping[Choice, tuple[str, str]],
    changed: Callable[[str], None] = state.remember,
) -> Choice:
    """A choice with a sentence under each option."""
    if state.answers().get(key) not in options:
        state.put(key, next(iter(options)))
    names = {option: name for option, (name, _) in options.items()}
    return st.radio(
        label,
        list(options),
        key=state.seed(key),
        format_func=names.__getitem__,
        captions=[quiet(words) for _, words in options.values()],
        on_change=changed,
        args=(key,),
    )


def select(
    label: str,
    key: str,
    options: Sequence[str | None],
    shown: Callable[[str | None], str],
    changed: Callable[[str], None] = state.remember,
    help_text: str | None = None,
) -> str | None:
    """One of a list, such as a state."""
    if state.answers().get(key) not in options:
        state.put(key, options[0])
    return st.selectbox(
        label, options, key=state.seed(key), format_func=speaker(shown), on_change=changed, args=(key,), help=help_text
    )


def amount(label: str, key: str, help_text: str = "", *, optional: bool = False) -> None:
    """An amount of money, with two decimals as it is written."""
    words = state.words()
    st.number_input(
        label if (symbol := SYMBOLS[words.currency]) in label else f"{label} ({symbol})",
        min_value=0.0,
        max_value=1_000_000.0,
        value=None,
        step=10.0,
        format="%.2f",
        key=state.seed(key, None if optional else 0.0),
        on_change=state.remember,
        args=(key,),
        help=help_text or None,
        placeholder=say("Not known") if optional else "0.00",
    )


def count(label: str, key: str, most: int, help_text: str = "", least: int = 0) -> None:
    """A whole number, such as visits so far."""
    st.number_input(
        label,
        min_value=least,
        max_value=most,
        value=None,
        step=1,
        key=state.seed(key, least),
        on_change=state.remember,
        args=(key,),
        help=help_text or None,
    )


def percent(label: str, key: str, help_text: str = "") -> None:
    """A share in percent."""
    st.number_input(
        f"{label} (%)",
        min_value=0.0,
        max_value=100.0,
        value=None,
        step=1.0,
        format="%.1f",
        key=state.seed(key, 0.0),
        on_change=state.remember,
        args=(key,),
        help=help_text or None,
    )


def day(label: str, key: str, help_text: str = "", *, optional: bool = False) -> None:
    """A date, written as the country writes it."""
    st.date_input(
        label,
        min_value=EARLIEST,
        max_value=LATEST,
        key=state.seed(key),
        format="MM/DD/YYYY" if state.words().country == "US" else "DD/MM/YYYY",
        on_change=_date_changed,
        args=(key,),
        help=help_text or None,
        required=not optional,
    )


def _date_changed(key: str) -> None:
    state.remember(key)
    state.put("prices_as_of", None)
