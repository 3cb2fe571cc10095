"""The dated checklist as a calendar file (iCalendar, RFC 5545): whole days, one reminder each, nobody's name in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from estimator.messages import language, say
from estimator.requirements import Checklist, ChecklistItem

PRODUCT = "-//Hamstring cost estimator//Checklist//EN"
MOST_OCTETS = 75
REMINDER = "-PT15H"
"""Nine in the morning of the day before."""


def calendar(checklist: Checklist, made: datetime | None = None, title: str | None = None) -> str:
    """Every dated item of a checklist as a whole-day event; the same checklist gives the same event ids.

    `made` is the moment stamped on every event, now where none is given. Items without a date are left out.
    """
    stamp = (made or datetime.now(UTC)).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escape(say('Hamstring checklist') if title is None else title)}",
    ]
    seen: dict[str, int] = {}
    for item in checklist.items:
        if item.due is None:
            continue
        key = f"{checklist.plan}|{item.id}|{item.due}"
        seen[key] = seen.get(key, 0) + 1
        lines += _event(item, item.due, f"{key}|{seen[key]}", stamp)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in fold(line))


def _event(item: ChecklistItem, due: date, key: str, stamp: str) -> list[str]:
    spoken = f";LANGUAGE={wanted.replace('_', '-')}" if (wanted := language()) else ""
    uid = sha256(key.encode()).hexdigest()[:32]
    about = "\n".join(
        (
            say("Who: {who}", who=item.who),
            say("Proof to keep: {proof}", proof=item.evidence),
            say("Without it: {consequence}", consequence=item.without_it),
            say("Source: {source}", source=f"{item.source.title} {item.source.url}".strip()),
            say("An estimate, not medical or insurance advice. Check the date with your cover."),
        )
    )
    what = say("Before this day: {what}", what=item.what) if item.due_words == "before" else item.what
    return [
        "BEGIN:VEVENT",
        f"UID:{uid}@hamstring-estimator",
        f"DTSTAMP:{stamp}",
        f"DTSTART;VALUE=DATE:{due:%Y%m%d}",
        f"DTEND;VALUE=DATE:{due + timedelta(days=1):%Y%m%d}",
        f"SUMMARY{spoken}:{escape(what)}",
        f"DESCRIPTION{spoken}:{escape(about)}",
        "CLASS:PRIVATE",
        "TRANSP:TRANSPARENT",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION{spoken}:{escape(item.what)}",
        f"TRIGGER:{REMINDER}",
        "END:VALARM",
        "END:VEVENT",
    ]


def escape(text: str) -> str:
    """Text as a property's value: backslash, semicolon, comma and line break are escaped; other controls go."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    plain = "".join(c for c in plain if c == "\n" or (ord(c) >= 32 and ord(c) != 127))
    for mark in "\\;,":
        plain = plain.replace(mark, f"\\{mark}")
    return plain.replace("\n", "\\n")


def fold(line: str) -> Iterator[str]:
    """A line in pieces of at most 75 octets, each but the first after a space; no character is cut in two."""
    piece, size = "", 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > MOST_OCTETS:
            yield piece
            piece, size = " ", 1
        piece, size = piece + letter, size + octets
    yield piece
