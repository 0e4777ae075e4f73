"""Tables and lists of JSON objects, read piece by piece: the memory it takes does not grow with the file."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from io import TextIOWrapper
from typing import Any, BinaryIO, TextIO

from bot.policy.parsing import shown
from bot.store.exports.problems import ImportRefused

_PIECE = 1 << 16
_LONGEST = 1 << 20
"""Characters of a line of a table, or of one object of a list: more is no order."""
_ORDERS = re.compile(r'\{\s*"orders"\s*:\s*\[')
_SPACE = " \t\r\n"


def text_of(file: BinaryIO) -> TextIO:
    """The text of a file in UTF-8 from its beginning, with or without a byte order mark. The file stays open when the
    text goes."""
    file.seek(0)
    return _Text(file, "utf-8-sig", newline="")


class _Text(TextIOWrapper):
    def __del__(self) -> None:
        with suppress(ValueError):  # the file is closed already
            self.detach()


def begins_as_json(text: TextIO) -> bool:
    """Whether a text begins as a list or an object of JSON does; it is read from."""
    while piece := text.read(_PIECE):
        if piece.strip():
            return piece.lstrip()[0] in "[{"
    return False


def table(text: TextIO, name: str) -> tuple[list[str], Iterator[list[str]]]:
    """The columns of a CSV table, and its rows, without those that are empty. Raises ImportRefused, also while the
    rows are read."""
    reader = csv.reader(_lines(text, name), strict=True)
    try:
        columns = next((row for row in reader if row), None)
    except csv.Error as error:
        raise ImportRefused("csv_broken", name=name, line=reader.line_num, problem=str(error)) from None
    if columns is None or not any(map(str.strip, columns)):
        raise ImportRefused("empty", name=name)
    twice = next((column for column in columns if columns.count(column) > 1), None)
    if twice is not None:
        raise ImportRefused("column_twice", name=name, column=shown(twice))
    return columns, _rows(reader, name)


def _rows(reader: Any, name: str) -> Iterator[list[str]]:
    try:
        for row in reader:
            if row:
                yield row
    except csv.Error as error:
        raise ImportRefused("csv_broken", name=name, line=reader.line_num, problem=str(error)) from None


def _lines(text: TextIO, name: str) -> Iterator[str]:
    number = 0
    try:
        while line := text.readline(_LONGEST):
            number += 1
            if len(line) == _LONGEST and line[-1] not in "\r\n":
                raise ImportRefused("line_too_long", name=name, line=number)
            yield line
    except UnicodeDecodeError:
        raise ImportRefused("not_text", name=name) from None


def objects(text: TextIO, name: str) -> Iterator[Any]:
    """The values of a JSON list, of an object whose only field ``orders`` is one, or one object alone. Raises
    ImportRefused, also while they are read."""
    try:
        yield from _Values(text, name).all()
    except UnicodeDecodeError:
        raise ImportRefused("not_text", name=name) from None
    except RecursionError:
        raise ImportRefused("json_too_deep", name=name) from None


class _Values:
    """The text from where it is read, and what was read before."""

    def __init__(self, text: TextIO, name: str) -> None:
        self._text = text
        self._name = name
        self._buffer = ""
        self._at = 0
        self._line = 1  # of the beginning of the buffer
        self._decoder = json.JSONDecoder(object_pairs_hook=_object)

    def all(self) -> Iterator[Any]:
        """The values of the list."""
        start = self._peek()
        if not start:
            raise ImportRefused("empty", name=self._name)
        orders = _ORDERS.match(self._buffer, self._at)
        if start == "[" or orders:
            self._at = orders.end() if orders else self._at + 1
            yield from self._elements()
            if orders and self._peek() == ",":
                raise ImportRefused("no_list", name=self._name)
            if orders:
                self._take("}")
            self._end()
            return
        value = self._value()
        self._end()
        if isinstance(value, dict) and set(value) == {"orders"}:
            value = value["orders"]
        if not isinstance(value, dict):
            raise ImportRefused("no_list", name=self._name)
        yield value

    def _elements(self) -> Iterator[Any]:
        if self._peek() == "]":
            self._at += 1
            return
        while True:
            self._peek()
            yield self._value()
            if self._peek() == "]":
                self._at += 1
                return
            self._take(",")

    def _value(self) -> Any:
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                # It may be only cut off where the buffer ends.
                if len(self._buffer) - self._at > _LONGEST or not self._fill():
                    raise self._broken(error.msg, error.pos) from None
            except ValueError as error:  # a key that stands twice, or a number of thousands of digits
                raise ImportRefused("json_broken", name=self._name, problem=str(error)) from None
            else:
                if end < len(self._buffer) or not self._fill():
                    self._at = end
                    return value

    def _take(self, char: str) -> None:
        if self._peek() != char:
            raise self._broken(f"Expecting {char!r}", self._at)
        self._at += 1

    def _end(self) -> None:
        if self._peek():
            raise self._broken("Extra data", self._at)

    def _peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            while self._at < len(self._buffer) and self._buffer[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._fill():
                return ""

    def _fill(self) -> bool:
        """Read on; False at the end of the text. As much again as there is, so that a long value is not begun anew
        too often."""
        piece = self._text.read(max(_PIECE, len(self._buffer) - self._at))
        if not piece:
            return False
        self._line += self._buffer.count("\n", 0, self._at)
        self._buffer = self._buffer[self._at :] + piece
        self._at = 0
        return True

    def _broken(self, problem: str, at: int) -> ImportRefused:
        line = self._line + self._buffer.count("\n", 0, at)
        return ImportRefused("json_broken", name=self._name, problem=f"{problem}: line {line}")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object. Raises ValueError for a key that stands twice: which of two sums is meant, nobody can tell."""
    data = dict(pairs)
    if len(data) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"{shown(next(key for key in keys if keys.count(key) > 1))} stands twice in one object")
    return data
