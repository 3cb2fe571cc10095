"""Published price files of any size: unpacked, told apart and walked through in bounded memory.

A file may be plain, gzip or zip. Its text is read in blocks, and what cannot hold a wanted code is passed over
without being parsed: whole lines of a table by one regular expression over the block's bytes (pyarrow), whole
elements of a JSON array by their brackets (numpy) and the same expression.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
import zipfile
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from estimator.errors import InputError

JsonObject = dict[str, Any]
Positions = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

BLOCK = 1 << 20
HEAD = 4 << 20  # a wide table's header names every plan nine times
NEWLINE, QUOTE = ord("\n"), ord('"')
LONGEST_ROW = 8 << 20  # of a table
LARGEST_PIECE = 8 << 20  # of JSON that is parsed at once
LARGEST_TOP = 2 << 20  # all of a JSON file outside its large arrays
EARLY = 16 << 20  # a file of another kind is refused after so many bytes
PACKED_RATIO = 400  # real tables shrink to a fiftieth; a bomb to a thousandth
THREADS = 2
NOISE = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|\._)")


# ---------------------------------------------------------------- bytes


class PriceFile:
    """One file's text as blocks of bytes, unpacked on the way; a context manager.

    `place` is what the reader has reached ("row 1,204"), so that a broken archive's message can say it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.place = ""
        self.unpacked = 0
        self._exit = ExitStack()
        self._rest = b""

    def __enter__(self) -> PriceFile:
        try:
            if self.path.is_dir():
                raise InputError(f"{self.path}: this is a folder; name a file in it.")
            self._raw = self._exit.enter_context(self.path.open("rb"))
            start = self._raw.read(4)
            self._raw.seek(0)
            self._packing: Literal["", "gzip", "zip"] = (
                "gzip" if start[:2] == b"\x1f\x8b" else "zip" if start[:2] == b"PK" else ""
            )
            self._stream: IO[bytes] = self._opened()
        except FileNotFoundError:
            raise InputError(f"{self.path}: there is no such file.") from None
        except OSError as error:
            raise InputError(f"{self.path}: the file cannot be read ({error.strerror or error}).") from None
        except InputError:
            self._exit.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    def _opened(self) -> IO[bytes]:
        if self._packing == "gzip":
            return cast(IO[bytes], self._exit.enter_context(gzip.open(self._raw)))
        if self._packing == "zip":
            return self._only_member()
        return self._raw

    def _only_member(self) -> IO[bytes]:
        try:
            archive = self._exit.enter_context(zipfile.ZipFile(self._raw))
        except zipfile.BadZipFile:
            raise InputError(f"{self.path}: the zip file is damaged or cut short; fetch it again.") from None
        members = [each for each in archive.infolist() if not each.is_dir() and not NOISE.search(each.filename)]
        names = ", ".join(each.filename for each in members[:5])
        if any(each.filename == "[Content_Types].xml" for each in members):
            raise InputError(f"{self.path}: this is a spreadsheet; save it as CSV (UTF-8) and import that.")
        if len(members) != 1:
            raise InputError(
                f"{self.path}: the zip file holds {len(members)} files{f' ({names})' if names else ''}; "
                "unpack it and import one of them."
            )
        member = members[0]
        if member.flag_bits & 1:
            raise InputError(f"{self.path}: {member.filename} is locked with a password; unpack it first.")
        if member.file_size > EARLY and member.file_size > PACKED_RATIO * max(1, member.compress_size):
            raise self._bomb()
        try:
            return self._exit.enter_context(archive.open(member))
        except (NotImplementedError, zipfile.BadZipFile) as error:
            raise InputError(f"{self.path}: {member.filename} cannot be unpacked ({error}).") from None

    def _bomb(self) -> InputError:
        return InputError(
            f"{self.path}: the file unpacks to more than {PACKED_RATIO} times its size, which no price list does; "
            "it was not read."
        )

    def read(self, size: int) -> bytes:
        """At most so many bytes; fewer only at the end."""
        parts = [self._rest[:size]]
        self._rest = self._rest[size:]
        have = len(parts[0])
        try:
            while have < size and (piece := self._stream.read(size - have)):
                parts.append(piece)
                have += len(piece)
                self.unpacked += len(piece)
        except EOFError:
            raise InputError(self._cut_short()) from None
        except (zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
            raise InputError(f"{self.path}: {self._reached()}the packed file is damaged ({error}).") from None
        except OSError as error:
            raise InputError(f"{self.path}: the file cannot be read ({error.strerror or error}).") from None
        if self._packing == "gzip" and self.unpacked > EARLY and self.unpacked > PACKED_RATIO * self._raw.tell():
            raise self._bomb()
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def read_after(self, carry: Bytes, size: int) -> Bytes:
        """What was carried over and at most so many bytes more, in one piece of memory."""
        block = np.empty(len(carry) + size, dtype=np.uint8)
        block[: len(carry)] = carry
        if self._rest or self._packing:
            piece = self.read(size)
            block[len(carry) : len(carry) + len(piece)] = np.frombuffer(piece, dtype=np.uint8)
            return block[: len(carry) + len(piece)]
        try:
            got = self._raw.readinto(block[len(carry) :].data)
        except OSError as error:
            raise InputError(f"{self.path}: the file cannot be read ({error.strerror or error}).") from None
        self.unpacked += got
        return block[: len(carry) + got]

    def unread(self, data: bytes) -> None:
        """Put bytes back, to be read next."""
        self._rest = data + self._rest

    def _cut_short(self) -> str:
        return (
            f"{self.path}: {self._reached()}the packed file is cut short after {self.unpacked / 1e6:,.1f} MB "
            "of text; fetch it again."
        )

    def _reached(self) -> str:
        return f"{self.place}: " if self.place else ""

    def layout(self) -> Literal["csv", "json"]:
        """What the first bytes look like; anything but a table or a JSON object is refused here."""
        start = self.read(1 << 16)
        where = f"{self.path}: "
        if start.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise InputError(where + "row 1: this is UTF-16 text; save it as UTF-8 and import that.")
        start = start.removeprefix(b"\xef\xbb\xbf")
        self.unread(start)
        shown = start.lstrip()
        if not shown:
            raise InputError(where + "the file is empty.")
        if shown.startswith((b"PK\x03\x04", b"\x1f\x8b")):
            raise InputError(where + "the file is packed twice; unpack it once and import the result.")
        if b"\0" in start or shown.startswith(b"%PDF"):
            raise InputError(where + "row 1: this is a binary file, not text. Is it the right file?")
        if shown.startswith(b"<"):
            raise InputError(where + "row 1: this is a web page or XML, not a price file; download the file itself.")
        if shown.startswith(b"["):
            raise InputError(
                where
                + "row 1: the JSON begins with a list; a price file is one object in braces. Is it the right file?"
            )
        return "json" if shown.startswith(b"{") else "csv"


def any_of(words: Iterable[str]) -> str:
    """An expression that finds any of the words standing alone."""
    return r"\b(?:" + "|".join(re.escape(word) for word in sorted(words)) + r")\b"


CELL = r'(?:"(?:[^"]|"")*"[^,]*|[^",][^,]*|)'
FAR = 40  # columns; an expression that counts further grows too large


@dataclass(frozen=True, slots=True)
class Wanted:
    """Words looked for in some columns of a table, in capitals, and the expression that finds them in its lines."""

    words: frozenset[str]
    columns: tuple[int, ...]
    pattern: str

    @classmethod
    def of(cls, words: frozenset[str], columns: Iterable[int]) -> Wanted:
        """The expression ends with the last of the columns, so that the rest of a line is not looked at."""
        places = tuple(sorted(columns))
        if places[-1] > FAR:
            return cls(words, places, "(?i)" + any_of(words))
        word = r'[\s"]*(?:' + "|".join(re.escape(each) for each in sorted(words)) + r')[\s"]*(?:,|$)'
        pattern = ""
        for at, before in reversed(list(zip(places, (-1, *places), strict=False))):
            otherwise = f"|{CELL},{pattern}" if pattern else ""
            pattern = f"(?:{CELL},){{{at - before - 1}}}(?:{word}{otherwise})"
        return cls(words, places, f"(?i)^{pattern}")

    def is_in(self, cells: Sequence[str]) -> bool:
        """Whether a record parsed already holds one of the words, or has swallowed a line that may."""
        if any(cells[at].strip().upper() in self.words for at in self.columns if at < len(cells)):
            return True
        return any("\n" in cell and re.search(any_of(self.words), cell) for cell in cells)


def _holding(data: bytes | Bytes, ends: Positions, pattern: str) -> Positions:
    """Which of the pieces of `data` (each up to its end) hold the pattern."""
    offsets = np.zeros(len(ends) + 1, dtype=np.int32)
    offsets[1:] = ends
    pieces = pa.Array.from_buffers(pa.binary(), len(ends), [None, pa.py_buffer(offsets), pa.py_buffer(data)])
    return np.flatnonzero(pc.match_substring_regex(pieces, pattern).to_numpy(zero_copy_only=False))


# ---------------------------------------------------------------- tables


class Table:
    """The records of a CSV file that may hold a wanted word, with the number of the line each begins on.

    The first records, and every record that holds none of the words, are passed over unparsed.
    """

    def __init__(self, file: PriceFile) -> None:
        self.file = file
        self.line = 1  # the first one not handed on
        self.records = 0  # below the head

    def head(self, count: int) -> list[tuple[int, list[str]]]:
        """The first records, parsed."""
        block = self.file.read(HEAD)
        try:
            found, used = _records(block, count, is_last=not self._more(block))
        except _BadRecordError as error:
            raise self._refused(error) from None
        self.file.unread(block[used:])
        rows = [(self.line + at, _cells(cells, self.file.path, self.line + at)) for at, cells in found]
        self.line += block.count(b"\n", 0, used)
        return rows

    def _more(self, block: bytes) -> bool:
        following = self.file.read(1)
        self.file.unread(following)
        return bool(following) and bool(block)

    def matching(self, wanted: Wanted) -> Iterator[tuple[int, list[str]]]:
        """The records that hold a wanted word, in the file's order."""
        waiting: deque[Future[_Found]] = deque()
        with ThreadPoolExecutor(THREADS) as pool:
            try:
                for block, quotes in self._blocks():
                    waiting.append(pool.submit(_found, block, quotes, wanted))
                    if len(waiting) > THREADS:
                        yield from self._taken(waiting.popleft())
                while waiting:
                    yield from self._taken(waiting.popleft())
            except _BadRecordError as error:
                while waiting:
                    yield from self._taken(waiting.popleft())
                raise self._refused(error) from None
            finally:
                for each in waiting:
                    each.cancel()

    def _taken(self, future: Future[_Found]) -> Iterator[tuple[int, list[str]]]:
        first = self.line
        try:
            found = future.result()
        except _BadRecordError as error:
            raise self._refused(error) from None
        self.records += found.records
        self.line += found.lines
        self.file.place = f"row {self.line:,}"
        for at, cells in found.rows:
            yield first + at, _cells(cells, self.file.path, first + at)

    def _refused(self, error: _BadRecordError) -> InputError:
        return InputError(
            f"{self.file.path}: row {self.line + error.line:,}: not valid CSV ({error}); is a quotation mark not closed?"
        )

    def _blocks(self) -> Iterator[tuple[Bytes, Positions]]:
        """Blocks of whole records, each with the places of its quotation marks."""
        carry = np.empty(0, dtype=np.uint8)
        while True:
            block = self.file.read_after(carry, BLOCK)
            is_last = len(block) == len(carry)
            if is_last and len(block) and block[-1] != NEWLINE:
                block = np.append(block, np.uint8(NEWLINE))
            end = len(block) if is_last else _last_newline(block) + 1
            quotes = np.flatnonzero(block == QUOTE)
            within = int(np.searchsorted(quotes, end))
            if within % 2 and not is_last:
                end = _whole_records(block.tobytes())
                within = int(np.searchsorted(quotes, end))
            if end:
                yield block[:end], quotes[:within]
            elif len(block) > LONGEST_ROW:
                raise _BadRecordError(0, f"it does not end within {LONGEST_ROW >> 20} MB")
            if is_last:
                return
            carry = block[end:]


@dataclass(frozen=True, slots=True)
class _Found:
    rows: list[tuple[int, list[str]]]  # line from the block's first, cells
    records: int
    lines: int


class _BadRecordError(Exception):
    """A record that is not CSV, `line` lines below the first one of its block."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        super().__init__(reason)


def _last_newline(block: Bytes) -> int:
    """Where the last line of a block ends; -1 without any."""
    for begin in range(len(block), 0, -(1 << 16)):
        first = max(0, begin - (1 << 16))
        found = block[first:begin].tobytes().rfind(b"\n")
        if found >= 0:
            return first + found
    return -1


def _whole_records(block: bytes) -> int:
    """Where the last whole record of a block ends, each record parsed; a broken one is left to the search."""
    try:
        return _records(block, None, is_last=False)[1]
    except _BadRecordError:
        return block.rfind(b"\n") + 1


def _found(block: Bytes, quotes: Positions, wanted: Wanted) -> _Found:
    """The records of a block that hold a wanted word."""
    newlines = np.flatnonzero(block == NEWLINE)
    lines: Positions | None = None  # the number of the line each record ends with; None: one each
    ends = newlines + 1
    if _is_any_inside(newlines, quotes):
        lines = np.flatnonzero(np.searchsorted(quotes, newlines) % 2 == 0)
        ends = ends[lines]
        if not _are_single(block, ends, lines):
            return _found_slowly(block.tobytes(), wanted, len(newlines))
    rows = []
    texts = []
    held = _holding(block, ends, wanted.pattern).tolist()
    if lines is not None:  # a quotation mark left open may have swallowed lines: their cells are counted then
        anywhere = _holding(block, ends, any_of(wanted.words))
        held = sorted({*held, *np.intersect1d(anywhere, _of_several_lines(lines)).tolist()})
    for at in held:
        rows.append(at if lines is None or not at else int(lines[at - 1]) + 1)
        texts.append(block[ends[at - 1] if at else 0 : ends[at]].tobytes())
    try:
        parsed = list(csv.reader(each.decode("utf-8", "surrogateescape") for each in texts))
    except csv.Error:
        parsed = []
    if len(parsed) != len(texts):  # one of them takes several lines, or is broken: each by itself, to name it
        parsed = [_one_record(each, line) for each, line in zip(texts, rows, strict=True)]
    return _Found(list(zip(rows, parsed, strict=True)), len(ends), len(newlines))


def _is_any_inside(newlines: Positions, quotes: Positions) -> bool:
    """Whether a line ends between an opening and a closing quotation mark, where marks alternate."""
    opening, closing = quotes[0::2], quotes[1::2]
    if len(opening) != len(closing):
        return True
    return bool((np.searchsorted(newlines, opening) != np.searchsorted(newlines, closing)).any())


def _one_record(text: bytes, line: int) -> list[str]:
    try:
        return _records(text, 1, is_last=True)[0][0][1]
    except _BadRecordError as error:
        raise _BadRecordError(line, str(error)) from None


def _of_several_lines(lines: Positions) -> Positions:
    """Which records take more than one line, by the line each ends with."""
    return np.flatnonzero(np.diff(lines, prepend=-1) > 1)


def _are_single(block: Bytes, ends: Positions, lines: Positions) -> bool:
    """Whether every group of lines that counted quotation marks join is one record indeed.

    It is not where a mark stands inside a cell without quotation marks around it, as in `6" splint`.
    """
    if not len(ends) or ends[-1] != len(block):
        return False
    starts = np.concatenate([[0], ends[:-1]])
    for at in _of_several_lines(lines):
        group = block[starts[at] : ends[at]].tobytes()
        try:
            found, used = _records(group, 1, is_last=False)
        except _BadRecordError:
            return False
        if len(found) != 1 or used != len(group):
            return False
    return True


def _found_slowly(block: bytes, wanted: Wanted, lines: int) -> _Found:
    """The same, each record parsed."""
    records, _ = _records(block, None, is_last=True)
    return _Found([(at, cells) for at, cells in records if wanted.is_in(cells)], len(records), lines)


def _records(block: bytes, count: int | None, *, is_last: bool) -> tuple[list[tuple[int, list[str]]], int]:
    """The first records of a block with the line each begins on (from 0), and how many bytes they take.

    Unless the block is the file's last, a record that its end cuts is left alone.
    """
    taken = 0
    is_over = False
    pieces = block.split(b"\n")

    def fed() -> Iterator[str]:
        nonlocal taken, is_over
        for piece in pieces[:-1]:
            taken += 1
            yield piece.decode("utf-8", "surrogateescape") + "\n"
        if pieces[-1] and is_last:
            taken += 1
            yield pieces[-1].decode("utf-8", "surrogateescape")
        is_over = True

    reader = csv.reader(fed())
    found: list[tuple[int, list[str]]] = []
    whole = begins = 0
    try:
        while count is None or len(found) < count:
            begins = taken
            cells = next(reader, None)
            if cells is None or (is_over and not is_last):
                break
            if is_over:  # the reader asked for more, although there is none
                raise csv.Error("the file ends inside quotation marks")
            whole = taken
            found.append((begins, cells))
    except csv.Error as error:
        raise _BadRecordError(begins, str(error)) from None
    used = sum(len(piece) + 1 for piece in pieces[:whole])
    return found, min(used, len(block))


def _cells(cells: list[str], path: Path, line: int) -> list[str]:
    """The cells of a record without the blanks around them; text that is not UTF-8 is refused."""
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        raise InputError(
            f"{path}: row {line:,}: this is not UTF-8 text (Latin-1 perhaps); save the file as UTF-8 and import that."
        ) from None
    return [cell.strip() for cell in cells]


# ---------------------------------------------------------------- JSON


@dataclass(slots=True)
class Element:
    """One element of a large array, or a part of one too large to hold: the same `number`, then `is_complete`."""

    array: str
    number: int  # from 1
    fields: JsonObject
    is_complete: bool = True


@dataclass(slots=True)
class JsonFile:
    """A JSON object whose large arrays are walked through element by element.

    `arrays` names each large array and, for elements that may themselves be huge, the array inside them; an
    empty name means that the elements are counted and not read. `code_key` is the field that holds the code.
    """

    file: PriceFile
    arrays: Mapping[str, str]
    code_key: str
    known: frozenset[str]  # names one may meet at the top of such a file
    what: str
    top: JsonObject = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def elements(self, pattern: str) -> Iterator[Element]:
        """The elements that hold the pattern; afterwards `top` has the other fields and `counts` all elements."""
        outline = bytearray()
        aside = bytearray()  # a small container of the top level, until it ends
        key: str | None = None  # the container of the top level that is being read
        depth, is_inside, carry, begun = 0, False, b"", 0
        while block := self._block():
            spots, kinds, is_inside = _brackets(block, is_inside)
            steps = _steps(kinds)
            after = depth + np.cumsum(steps)
            before = after - steps
            if len(after) and int(after.min()) < 0:
                raise self._broken("a bracket closes that was never opened")
            depth = int(after[-1]) if len(after) else depth
            shift, data = len(carry), carry + block
            spots = spots + shift
            shallow = np.minimum(before, after)
            cursor, from_index, is_pushed = 0 if key is not None else shift, 0, False
            for index in [*np.flatnonzero(shallow <= 1).tolist(), len(spots)]:
                is_end = index == len(spots)
                spot = len(data) if is_end else int(spots[index])
                if key is None:
                    outline += data[cursor : spot + (0 if is_end else 1)]
                    cursor = spot + 1
                    if not is_end and before[index] == 1 and after[index] == 2:
                        key = self._key(outline)
                        outline.pop()
                        aside.clear()
                        if key in self.arrays:
                            if kinds[index] != ord("["):
                                raise self._broken(f"{key} is not a list")
                            self.counts.setdefault(key, 0)
                            begun = self.file.unpacked
                        else:
                            aside += data[spot : spot + 1]
                elif key in self.arrays:
                    part = slice(from_index, index)
                    level = shallow[part] == 2
                    opens = spots[part][level & (after[part] == 3)]
                    closes = spots[part][level & (after[part] == 2)] + 1
                    if carry and cursor == 0:
                        opens = np.concatenate([[0], opens])
                    yield from self._whole(key, data, opens[: len(closes)], closes, pattern)
                    cursor = spot + 1
                    if not is_end:
                        outline += b"null"
                        key = None
                    elif len(opens) > len(closes):
                        cursor = int(opens[-1])
                        if len(data) - cursor > LARGEST_PIECE:
                            yield from self._huge(key, data[cursor:], pattern)
                            depth, is_inside, is_pushed = 2, False, True
                    elif not self.counts[key] and self.file.unpacked - begun > EARLY:
                        raise self._broken(f"{key} holds no objects; expected a list of objects in braces")
                else:
                    if len(aside) <= LARGEST_TOP:
                        aside += data[cursor : spot + (0 if is_end else 1)]
                    cursor = spot + 1
                    if not is_end:
                        outline += aside if len(aside) <= LARGEST_TOP // 4 else b"null"
                        key = None
                from_index = index + 1
            carry = data[cursor:] if key in self.arrays and not is_pushed else b""
            self._check_early(outline)
        if depth or is_inside:
            raise self._broken("the file is cut short")
        self.top = self._object(bytes(outline), "")

    def _block(self) -> bytes:
        """The next block; never one that ends between a backslash and what it escapes."""
        block = self.file.read(BLOCK)
        while block.endswith(b"\\") and (more := self.file.read(1)):
            block += more
        return block

    def _key(self, outline: bytearray) -> str:
        found = re.search(rb'"((?:[^"\\]|\\.)*)"\s*:\s*[\[{]$', outline[-1000:])
        return found[1].decode("utf-8", "replace") if found else ""

    def _whole(self, key: str, data: bytes, opens: Positions, closes: Positions, pattern: str) -> Iterator[Element]:
        """The elements that lie in the block from end to end."""
        if not len(closes):
            return
        first = self.counts[key] + 1
        self.counts[key] += len(closes)
        self.file.place = f"{key}, element {self.counts[key]:,}"
        if not self.arrays[key]:
            return
        begin = int(opens[0])
        for at in _holding(data[begin : int(closes[-1])], closes - begin, pattern).tolist():
            number = first + at
            yield Element(key, number, self._object(data[opens[at] : closes[at]], f"{key}, element {number:,}: "))

    def _huge(self, key: str, data: bytes, pattern: str) -> Iterator[Element]:
        """One element larger than a block: its inner array is handed on in parts."""
        inner = self.arrays[key]
        self.counts[key] += 1
        number = self.counts[key]
        where = f"{key}, element {number:,}: "
        self.file.place = where.removesuffix(": ")
        opening = re.compile(rb'"' + inner.encode() + rb'"\s*:\s*\[$')
        head: bytes | None = None
        tail: bytearray | None = None
        is_wanted = bool(inner)
        depth, is_inside, carry, block = 2, False, b"", data
        while block:
            spots, kinds, is_inside = _brackets(block, is_inside)
            steps = _steps(kinds)
            after = depth + np.cumsum(steps)
            before = after - steps
            depth = int(after[-1]) if len(after) else depth
            spots = spots + len(carry)
            block = carry + block
            cursor = 0
            parts: list[int] = []  # where the first part begins and the last one ends
            is_open = bool(carry) and head is not None and tail is None
            if is_open:
                parts = [0]
            shallow = np.minimum(before, after)
            for index in np.flatnonzero(shallow <= 4).tolist():
                spot, level = int(spots[index]), int(shallow[index])
                if level == 2 and after[index] == 2:  # the element ends
                    self.file.unread(block[spot + 1 :])
                    if not inner:
                        return
                    if tail is None or head is None:
                        raise self._broken(f"{where}its {inner or 'list'} was not found")
                    if is_wanted and len(parts) == 2:
                        yield Element(key, number, self._object(_listed(head, block, parts), where), is_complete=False)
                    if is_wanted:
                        fields = self._object(head + b"]" + bytes(tail) + block[cursor : spot + 1], where)
                        yield Element(key, number, fields)
                    return
                if (
                    head is None
                    and level == 3
                    and after[index] == 4
                    and opening.search(block, max(0, spot - 200), spot + 1)
                ):
                    head = block[: spot + 1]
                    code = f'"{self.code_key}"'.encode()
                    is_wanted = is_wanted and (code not in head or re.search(pattern.encode(), head) is not None)
                    cursor = spot + 1
                elif head is not None and tail is None:
                    if level == 4 and after[index] == 5 and not parts:
                        parts = [spot]
                    elif level == 4 and after[index] == 4:
                        parts[1:] = [spot + 1]
                        cursor = spot + 1
                    elif level == 3 and after[index] == 3:  # the inner array ends
                        tail = bytearray()
                        cursor = spot + 1
            if head is not None and is_wanted and len(parts) == 2:
                yield Element(key, number, self._object(_listed(head, block, parts), where), is_complete=False)
            if not inner:
                carry = b""
            elif head is None:
                carry = block
            elif tail is None:  # between parts stand only commas and blanks; an unfinished part is kept
                left = block[cursor:]
                carry = left[left.find(b"{") :] if b"{" in left else b""
            else:
                tail += block[cursor:]
                carry = b""
            if len(carry) > LARGEST_PIECE * 2 or len(tail or b"") > LARGEST_PIECE:
                raise self._broken(f"{where}a single part of it is larger than {LARGEST_PIECE >> 19} MB")
            block = self._block()
        raise self._broken("the file is cut short")

    def _check_early(self, outline: bytearray) -> None:
        """A file of another kind is refused before all of it is read."""
        if len(outline) > LARGEST_TOP:
            raise self._refused(outline)
        if self.file.unpacked > EARLY and not self.counts and not self._names(outline) & self.known:
            raise self._refused(outline)

    def _names(self, outline: bytes | bytearray) -> set[str]:
        found = re.findall(rb'"([^"\\]{1,60})"\s*:', bytes(outline[:100_000]))
        return {name.decode("utf-8", "replace") for name in found}

    def _refused(self, outline: bytearray) -> InputError:
        names = sorted(self._names(outline))[:8]
        seen = f" (its fields: {', '.join(names)})" if names else ""
        return InputError(
            f"{self.file.path}: row 1: this JSON is not {self.what}{seen}; {', '.join(self.arrays)} was expected "
            "at the top level."
        )

    def _broken(self, reason: str) -> InputError:
        place = f"{self.file.place}: " if self.file.place else ""
        return InputError(f"{self.file.path}: {place}not valid JSON: {reason}.")

    def _object(self, data: bytes, where: str) -> JsonObject:
        try:
            read = json.loads(data.decode("utf-8"), parse_float=Decimal, parse_constant=_no_number)
        except UnicodeDecodeError:
            raise InputError(
                f"{self.file.path}: {where}this is not UTF-8 text (Latin-1 perhaps); save the file as UTF-8."
            ) from None
        except (ValueError, ArithmeticError, RecursionError) as error:
            message = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            raise InputError(f"{self.file.path}: {where}not valid JSON: {message}.") from None
        if not isinstance(read, dict):
            raise InputError(f"{self.file.path}: {where}expected an object in braces.")
        return cast(JsonObject, read)


def _listed(head: bytes, block: bytes, parts: Sequence[int]) -> bytes:
    """The beginning of an element and the parts that lie in this block, as one object."""
    return head + block[parts[0] : parts[1]] + b"]}"


def _no_number(text: str) -> object:
    raise ValueError(f"{text} is not a number")


def _steps(kinds: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """+1 for an opening bracket, -1 for a closing one."""
    return np.where((kinds == ord("{")) | (kinds == ord("[")), 1, -1).astype(np.int64)


def _brackets(block: bytes, is_inside: bool) -> tuple[Positions, npt.NDArray[np.uint8], bool]:
    """Where brackets stand outside strings, which they are, and whether the block ends inside a string."""
    text = np.frombuffer(block, dtype=np.uint8)
    lowered = text | 32  # makes { of [ and } of ]
    spots = np.flatnonzero((lowered == ord("{")) | (lowered == ord("}")) | (text == ord('"')))
    if b'\\"' in block:
        spots = spots[~np.isin(spots, _escaped(block))]
    kinds = text[spots]
    quotes = kinds == ord('"')
    within = (np.cumsum(quotes) + is_inside) % 2 == 1
    outside = ~quotes & ~within
    return spots[outside], kinds[outside], bool(within[-1]) if len(within) else is_inside


def _escaped(block: bytes) -> Positions:
    """Where a quotation mark follows an odd number of backslashes."""
    found: Sequence[int] = [
        each.end() - 1 for each in re.finditer(rb'\\+"', block) if (each.end() - each.start()) % 2 == 0
    ]
    return np.array(found, dtype=np.int64)
