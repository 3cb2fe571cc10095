"""What the product says, in the reader's language.

A text in code or in a file is its own key; `locales/<language>.po` holds what each language says for it. Code asks with
`say`, or marks a text with `marked` and asks later; a field of a file that people read has the type `files.Prose`. Where no
language is in use, as on the command line, texts stand as they are written. `make messages` brings the catalogues up to date.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from functools import cache, wraps
from html import escape
from io import BytesIO
from pathlib import Path
from typing import ParamSpec, TypeVar

LOCALES = Path(__file__).parent / "locales"
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Language(StrEnum):
    """The languages there are catalogues for, by the name of their locale."""

    AMERICAN = "en_US"
    BRITISH = "en_GB"
    SPANISH = "es_US"


OFFERED: dict[str, tuple[Language, ...]] = {
    "US": (Language.AMERICAN, Language.SPANISH),
    "GB": (Language.BRITISH,),
}
"""The languages of each country, the usual one first."""

_in_use: ContextVar[Language | None] = ContextVar("language", default=None)
_heard: ContextVar[list[str] | None] = ContextVar("heard", default=None)


def language() -> Language | None:
    """The language in use; None where texts stand as they are written."""
    return _in_use.get()


def use(wanted: Language | None) -> None:
    """Speak this language from here on, in this thread."""
    _in_use.set(wanted)


@contextmanager
def speaking(wanted: Language | None) -> Iterator[None]:
    """Speak another language until the block ends."""
    before = _in_use.set(wanted)
    try:
        yield
    finally:
        _in_use.reset(before)


def speaker(make: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """A call that speaks the language in use now, whichever thread runs it later."""
    wanted = language()

    @wraps(make)
    def spoken(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        with speaking(wanted):
            return make(*args, **kwargs)

    return spoken


def locale_of(country: str) -> str:
    """The locale that writes numbers and dates: of the language in use, or the usual one of a country."""
    return language() or OFFERED[country][0]


# ---------------------------------------------------------------- saying


def say(text: str, **values: object) -> str:
    """A text in the language in use, its `{names}` filled in; one that no catalogue has stands as it is written."""
    found = _found(text)
    return found.format(**values) if values else found


def say_many(one: str, many: str, count: int, **values: object) -> str:
    """The text for one or for many; `{count}` is the number."""
    wanted = language()
    found = _catalogue(wanted).ngettext(one, many, count) if wanted else one if count == 1 else many
    return found.format(count=count, **values)


def say_html(text: str, **values: object) -> str:
    """A text that holds markup, its values made safe for HTML."""
    return _found(text).format(**{name: escape(f"{value}") for name, value in values.items()})


NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def say_figures(text: str) -> str:
    """A note made of a few words around figures: one key, such as `{0} hospitals.`, serves every count."""
    figures = NUMBER.findall(text)
    places = iter(range(len(figures)))
    return _found(NUMBER.sub(lambda _: f"{{{next(places)}}}", text)).format(*figures) if figures else _found(text)


NAMES = ("Medicare", "Medigap", "Parte ")
"""Spanish labels may start with one of these; a word after the first is a name more often than in English labels."""


def inside_a_sentence(label: str) -> str:
    """A label inside a sentence: small, unless it holds a name or an abbreviation, such as Part B or MRI."""
    if language() == Language.SPANISH:
        keeps = label[:2].isupper() or label.startswith(NAMES)
        return label if keeps else f"{label[:1].lower()}{label[1:]}"
    return label if any(letter.isupper() for letter in label[1:]) else label.lower()


def marked(text: str) -> str:
    """A text that goes into the catalogues and is said later."""
    return text


def _found(text: str) -> str:
    if (heard := _heard.get()) is not None:
        heard.append(text)
    wanted = language()
    return _catalogue(wanted).gettext(text) if wanted and text else text


@contextmanager
def listening() -> Iterator[list[str]]:
    """Every text asked for until the block ends."""
    heard: list[str] = []
    before = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(before)


@cache
def _catalogue(wanted: Language) -> gettext.NullTranslations:
    """The catalogue of a language, read once."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with (LOCALES / f"{wanted}.po").open("rb") as file:
        catalogue = read_po(file, locale=wanted)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def cached_by_language(read: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """A reader of files that holds prose: reads once for each language."""

    @cache
    def kept(_: Language | None, *args: object, **kwargs: object) -> Result:
        return read(*args, **kwargs)  # type: ignore[arg-type]

    @wraps(read)
    def reading(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        return kept(language(), *args, **kwargs)  # type: ignore[arg-type]

    reading.cache_clear = kept.cache_clear  # type: ignore[attr-defined]
    return reading
