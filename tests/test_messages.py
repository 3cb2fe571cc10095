"""The message catalogues: complete, the same figures in every language, and one way to ask for a text."""

import ast
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from threading import Thread

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from estimator import messages
from estimator.messages import (
    LOCALES,
    Language,
    cached_by_language,
    language,
    listening,
    locale_of,
    say,
    say_figures,
    say_html,
    say_many,
    speaker,
    speaking,
)
from estimator.money import format_money, to_minor
from estimator.pathway import load_pathway
from tools.messages import KEYWORDS, is_said, of_code, texts, updated, written

FIGURE = re.compile(r"\d+(?:[.,:/-]\d+)*")
NAME = re.compile(r"\{(\w+)\}")
TAG = re.compile(r"<[^>]+>")
WORD = re.compile(r"[^\W\d_]{2,}")
every_language = pytest.mark.parametrize("wanted", list(Language))


def catalogue(wanted: Language) -> Catalog:
    with (LOCALES / f"{wanted}.po").open("rb") as file:
        return read_po(file, locale=wanted)


def said(wanted: Language) -> Iterator[tuple[Message, str, str]]:
    """Every message with each of its forms beside the key it stands for."""
    for message in catalogue(wanted):
        if not message.id:
            continue
        keys = [message.id] if isinstance(message.id, str) else message.id
        forms = [message.string] if isinstance(message.string, str) else message.string
        for number, form in enumerate(forms):
            yield message, keys[min(number, len(keys) - 1)], form


@every_language
def test_every_text_has_words_in_every_language(wanted: Language) -> None:
    held = {message.id: message for message in catalogue(wanted) if message.id}
    asked = texts(wanted)
    assert set() == asked.keys() - held.keys(), "run `make messages`, then translate what is new"
    assert set() == held.keys() - asked.keys(), "nobody asks for these any more: run `make messages`"
    assert [] == [key for key, message in held.items() if not is_said(message.string)]


@every_language
def test_a_catalogue_is_written_as_make_messages_writes_it(wanted: Language) -> None:
    file = LOCALES / f"{wanted}.po"
    assert file.read_bytes() == written(updated(wanted, file))


@every_language
def test_every_language_names_the_same_figures(wanted: Language) -> None:
    wrong = [key for _, key, form in said(wanted) if figures(key) != figures(form)]
    assert [] == wrong


def figures(text: str) -> list[str]:
    return sorted(FIGURE.findall(NAME.sub("", text)))


@every_language
def test_every_language_fills_in_the_same_names(wanted: Language) -> None:
    """One of something may be said without its count."""
    wrong = [
        key for message, key, form in said(wanted) if names(form) - names(f"{message.id}") or names(key) - names(form)
    ]
    assert [] == wrong


def names(text: str) -> set[str]:
    return set(NAME.findall(text))


@every_language
def test_every_language_keeps_the_markup(wanted: Language) -> None:
    assert [] == [key for _, key, form in said(wanted) if sorted(TAG.findall(key)) != sorted(TAG.findall(form))]


def test_no_long_text_is_left_in_english_in_spanish() -> None:
    left = [key for _, key, form in said(Language.SPANISH) if key == form and len(WORD.findall(NAME.sub(" ", key))) > 3]
    assert [] == left


def test_keys_are_texts_and_not_pieces_of_code() -> None:
    for place, key in of_code():
        for form in (key,) if isinstance(key, str) else key:
            assert form.strip() == form, f"{place}: {form!r} starts or ends with space"
            assert form.count("{") == len(NAME.findall(form)), f"{place}: {form!r}"


def test_no_text_is_put_together_before_it_is_looked_up() -> None:
    """An f-string or a sum is no key; a name, such as a constant that is marked, is looked up later."""
    for file in (messages.LOCALES.parent).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS:
                glued = [each for each in node.args if isinstance(each, ast.JoinedStr | ast.BinOp)]
                assert not glued, f"{file.name}, line {node.lineno}"


def test_the_functions_that_ask_for_a_text_are_the_ones_looked_for() -> None:
    for name in KEYWORDS:
        assert callable(getattr(messages, name))


# ---------------------------------------------------------------- asking


SMALL = r"""
msgid ""
msgstr ""
"Plural-Forms: nplurals=2; plural=(n != 1);\n"
"Content-Type: text/plain; charset=utf-8\n"

msgid "You pay {amount}."
msgstr "Usted paga {amount}."

msgid "{count} visit"
msgid_plural "{count} visits"
msgstr[0] "{count} visita"
msgstr[1] "{count} visitas"

msgid "<b>{name}</b> pays"
msgstr "paga <b>{name}</b>"

msgid "{0} hospitals in {1}."
msgstr "En {1}, {0} hospitales."
"""


@pytest.fixture
def spanish(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A small catalogue in the place of the real one."""
    monkeypatch.setattr(messages, "LOCALES", tmp_path)
    (tmp_path / "es_US.po").write_text(SMALL, encoding="utf-8")
    messages._catalogue.cache_clear()
    with speaking(Language.SPANISH):
        yield
    messages._catalogue.cache_clear()


@pytest.mark.usefixtures("spanish")
def test_a_text_is_said_in_the_language_in_use() -> None:
    assert "Usted paga $5.00." == say("You pay {amount}.", amount="$5.00")
    assert ["1 visita", "0 visitas", "12 visitas"] == [
        say_many("{count} visit", "{count} visits", n) for n in (1, 0, 12)
    ]
    assert "paga <b>&lt;i&gt; &amp; co</b>" == say_html("<b>{name}</b> pays", name="<i> & co")
    assert "En 2,026, 22 hospitales." == say_figures("22 hospitals in 2,026.")


@pytest.mark.usefixtures("spanish")
def test_a_text_without_words_stands_as_it_is_written() -> None:
    assert "Nobody translated this {brace}." == say("Nobody translated this {brace}.")
    assert "" == say("")
    assert "14 rates." == say_figures("14 rates.")


def test_without_a_language_texts_stand_as_they_are_written() -> None:
    assert language() is None
    assert "You pay $5.00." == say("You pay {amount}.", amount="$5.00")
    assert ["1 visit", "2 visits"] == [say_many("{count} visit", "{count} visits", n) for n in (1, 2)]


@pytest.mark.usefixtures("spanish")
def test_a_call_made_ready_here_speaks_the_same_language_in_another_thread() -> None:
    heard: list[str] = []

    def ask() -> None:
        heard.append(say("You pay {amount}.", amount="$1"))

    run(ask)
    run(speaker(ask))
    assert ["You pay $1.", "Usted paga $1."] == heard


def run(work: Callable[[], None]) -> None:
    thread = Thread(target=work)
    thread.start()
    thread.join()


def test_a_reader_of_prose_reads_once_for_each_language() -> None:
    read: list[Language | None] = []

    @cached_by_language
    def load(name: str) -> str:
        read.append(language())
        return f"{name} in {language()}"

    for wanted in (Language.SPANISH, None, Language.SPANISH, None):
        with speaking(wanted):
            assert f"file in {wanted}" == load("file")
    assert [Language.SPANISH, None] == read


def test_every_text_asked_for_can_be_listened_to() -> None:
    with listening() as heard:
        say("One.")
        say_figures("2 of 3.")
    assert ["One.", "{0} of {1}."] == heard


def test_a_file_is_read_in_the_language_in_use() -> None:
    with speaking(Language.SPANISH):
        spanish_names = [phase.name for phase in load_pathway().file.phase]
    english_names = [phase.name for phase in load_pathway().file.phase]
    assert len(english_names) == len(spanish_names)
    assert not {*english_names} & {*spanish_names}


@pytest.mark.parametrize(
    ("wanted", "currency", "exact", "whole"),
    [
        (None, "USD", "$1,240.50", "$1,241"),
        (None, "GBP", "£1,240.50", "£1,241"),
        (Language.AMERICAN, "USD", "$1,240.50", "$1,241"),
        (Language.SPANISH, "USD", "$1,240.50", "$1,241"),
        (Language.BRITISH, "GBP", "£1,240.50", "£1,241"),
    ],
)
def test_money_is_written_as_the_reader_s_locale_writes_it(
    wanted: Language | None, currency: str, exact: str, whole: str
) -> None:
    minor = to_minor(Decimal("1240.50"))
    with speaking(wanted):
        assert exact == format_money(minor, currency)
        assert whole == format_money(minor, currency, whole=True)
    assert {"en_US", "en_GB"} >= {locale_of("US"), locale_of("GB")}
