"""Bring the message catalogues up to date: `make messages`.

Gathers every text that code and shipped files can say, keeps what is translated, drops what is gone. English catalogues say
a new text as it is written until somebody changes it; in the others it stays empty, and the tests name it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from estimator import pathway, plan, requirements, sick_pay, tariff, timing
from estimator.messages import LOCALES, Language, listening, speaking
from estimator.outputs import figures
from estimator.vocabulary import Region

ROOT = Path(__file__).resolve().parents[1]
KEYWORDS: Mapping[str, tuple[int, ...] | None] = {"say": None, "say_many": (1, 2), "say_html": None, "marked": None}
REGIONS: Mapping[Language, tuple[Region, ...]] = {
    Language.AMERICAN: (Region.US_PRIVATE, Region.MEDICARE_PART_B),
    Language.SPANISH: (Region.US_PRIVATE, Region.MEDICARE_PART_B),
    Language.BRITISH: (Region.NHS, Region.UK_PRIVATE),
}
LEFT_OUT = (
    "Project-Id-Version",
    "Report-Msgid-Bugs-To",
    "POT-Creation-Date",
    "PO-Revision-Date",
    "Last-Translator",
    "Language-Team",
    "Generated-By",
)
"""Headers that say nothing here, or change from day to day."""
Key = str | tuple[str, str]
OF_A_REGION = (tariff.load_tariff, plan.load_plans, figures.factor_words)
READERS = (
    *OF_A_REGION,
    requirements.load_requirements,
    pathway.load_pathway,
    timing.load_windows,
    sick_pay.load_sick_pay,
)
"""Every reader of prose that the pages show; each keeps what it has read, by language."""


def main() -> None:
    """Rewrite every catalogue and say how many texts each lacks."""
    for language in Language:
        file = LOCALES / f"{language}.po"
        catalogue = updated(language, file)
        file.write_bytes(written(catalogue))
        missing = sum(not is_said(message.string) for message in catalogue if message.id)
        print(f"{file.name}: {len(catalogue)} texts, {missing} without words")


def is_said(string: str | tuple[str, ...] | list[str] | None) -> bool:
    """Whether a message has all its words, in one form or in each."""
    return bool(string) and (isinstance(string, str) or all(string))


def updated(language: Language, file: Path) -> Catalog:
    """The catalogue of a language with every text there is now."""
    template = Catalog()
    for key, places in texts(language).items():
        template.add(key, locations=[(place, 0) for place in sorted(places)])
    if file.exists():
        with file.open("rb") as stream:
            catalogue = read_po(stream, locale=str(language))
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
    else:
        catalogue = Catalog(locale=str(language))
        catalogue.update(template)
    catalogue.header_comment = f"# What the product says in {language}. `make messages` adds and removes keys."
    catalogue.fuzzy = False
    if language != Language.SPANISH:
        for message in catalogue:
            if message.id and not is_said(message.string):
                message.string = message.id
    return catalogue


def written(catalogue: Catalog) -> bytes:
    """A catalogue as a file, the same on every day."""
    for message in catalogue:
        message.flags -= {"python-format", "python-brace-format"}  # a percent sign in prose is no format
    stream = BytesIO()
    write_po(stream, catalogue, width=120, sort_output=True, include_lineno=False, omit_header=False)
    left_out = tuple(f'"{name}'.encode() for name in LEFT_OUT)
    return b"".join(line for line in stream.getvalue().splitlines(keepends=True) if not line.startswith(left_out))


def texts(language: Language) -> dict[Key, set[str]]:
    """Every text that can be said in a language, with the files it stands in."""
    found: dict[Key, set[str]] = {}
    for place, key in (*of_code(), *of_files(REGIONS[language])):
        found.setdefault(key, set()).add(place)
    return found


def of_code() -> Iterator[tuple[str, Key]]:
    """Texts marked in the code; read as a tree, because babel does not see a call inside an f-string."""
    for file in (ROOT / "app.py", *sorted((ROOT / "estimator").rglob("*.py"))):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS:
                wanted = KEYWORDS[node.func.id] or (1,)
                found = [each.value for each in node.args[: len(wanted)] if isinstance(each, ast.Constant)]
                if len(found) == len(wanted):
                    yield f"{file.relative_to(ROOT)}", found[0] if len(found) == 1 else (found[0], found[1])


def of_files(regions: tuple[Region, ...]) -> Iterator[tuple[str, Key]]:
    """The prose of the shipped files: what is said while they are read."""
    with speaking(None):
        for region in regions:
            for read in OF_A_REGION:
                yield from _heard(f"tariffs/{region}", read, region)
            asked = tariff.load_tariff(region).file("requirements.toml")
            yield from _heard(f"tariffs/{region}", requirements.load_requirements, asked)
        yield from _heard("estimator/pathways", pathway.load_pathway)
        yield from _heard("estimator/pathways", timing.load_windows)
        if Region.UK_PRIVATE in regions:
            yield from _heard("tariffs/uk_private", sick_pay.load_sick_pay)


def _heard(place: str, read: object, *args: object) -> Iterator[tuple[str, str]]:
    read.cache_clear()  # type: ignore[attr-defined]
    with listening() as heard:
        read(*args)  # type: ignore[operator]
    for text in dict.fromkeys(heard):
        if text:
            yield place, text


if __name__ == "__main__":
    main()
