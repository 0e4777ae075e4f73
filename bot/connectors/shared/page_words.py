"""The words of an HTML page that a mail program has made, as plain text: what is quoted is marked as the plain text of
a mail marks it, with ">", since mail programs say so in their tags.

A stranger writes the page. So it is read once, from its beginning to its end, however its tags are nested or left open;
``html.parser`` takes a time that grows with the square of the size for tags that do not end.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from typing import NamedTuple

_UNSEEN = frozenset(("head", "template", "noscript"))
_RAW = frozenset(("script", "style", "title", "textarea", "iframe"))
"""What has no tags inside, and nothing to read."""
_BREAKS = frozenset(
    "address article blockquote div dl dt dd h1 h2 h3 h4 h5 h6 hr li ol p pre section table tr ul".split()
)
_EMPTY = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_QUOTED = re.compile(r"\b(?:gmail_attr|yahoo_quoted|moz-cite-prefix|protonmail_quote|tutanota_quote)\b")
_QUOTED_FROM_HERE = re.compile(r"\b(?:divRplyFwdMsg|OutlookMessageHeader)\b")
_SIGNED = re.compile(r"\b(?:gmail_signature|moz-signature|ms-outlook-mobile-signature)\b")
_HIDDEN = re.compile(r"display\s*:\s*none", re.I)
_NAME = re.compile(r"[a-z][a-z0-9:_-]{0,30}", re.I)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}(?![0-9])|#x[0-9a-f]{1,6}(?![0-9a-f])|[a-z][a-z0-9]{1,31});?", re.I)
_SPACES = re.compile(r"[ \t\r\n\f]+")
_LONGEST_TAG = 2_000
"""Characters in which to look for what a tag says of itself."""


class _Open(NamedTuple):
    """A tag that is open, and whether what is inside is quoted, not shown, or set as it is written."""

    name: str
    quoted: bool
    unseen: bool
    as_written: bool


def page_words(page: str) -> str:
    """The text that a reader sees, with "> " before the lines of a quotation."""
    return _Page(page).words()


class _Page:
    """A page that is being read."""

    def __init__(self, page: str) -> None:
        self._page = page
        self._found: dict[str, int] = {}
        self._open: list[_Open] = []
        self._names: Counter[str] = Counter()
        self._quoted = self._unseen = self._as_written = 0
        self._lines: list[str] = []
        self._line: list[str] = []

    def words(self) -> str:
        place, end = 0, len(self._page)
        while place < end:
            opens = self._next("<", place)
            self._words(self._page[place:opens])
            place = self._tag(opens) if opens < end else end
        self._end_line()
        return "\n".join(self._lines).strip()

    def _next(self, what: str, start: int) -> int:
        """Where it comes next; the end of the page where it does not. Each place of the page is looked at once for each
        ``what``."""
        known = self._found.get(what, -1)
        if known < start:
            found = self._page.find(what, start)
            known = self._found[what] = len(self._page) if found < 0 else found
        return known

    def _tag(self, opens: int) -> int:
        """Take what begins with "<"; where what follows it begins."""
        page = self._page
        if page.startswith("<!--", opens):
            return self._next("-->", opens + 2) + 3
        if page.startswith(("<!", "<?"), opens):
            return self._next(">", opens) + 1
        closes = page.startswith("</", opens)
        name = _NAME.match(page, opens + 1 + closes)
        if name is None:
            self._words("<")
            return opens + 1
        after = self._end_of_tag(name.end()) + 1
        if closes:
            self._close(name[0].lower())
        else:
            after = self._begin(name[0].lower(), page[name.end() : min(after, opens + _LONGEST_TAG)], after)
        return after

    def _end_of_tag(self, place: int) -> int:
        """Where its ">" is, outside of the values of its attributes."""
        end = len(self._page)
        while True:
            closes, double, single = (self._next(what, place) for what in (">", '"', "'"))
            quote = min(double, single)
            if quote > closes or quote == end:
                return closes
            is_value = self._page[max(quote - 3, 0) : quote].rstrip().endswith("=")
            value_ends = self._next(self._page[quote], quote + 1) if is_value else quote
            if value_ends == end:
                return closes
            place = value_ends + 1

    def _begin(self, name: str, about: str, after: int) -> int:
        if name == "br" or name in _BREAKS:
            self._end_line(blank=name in ("br", "p"))
        if name in _RAW:
            return self._end_of_raw(name, after)
        if name in _EMPTY or about.endswith("/>"):
            return after
        if _QUOTED_FROM_HERE.search(about):
            self._end_line()
            self._quoted += 1
        opened = _Open(
            name,
            quoted=name == "blockquote" or bool(_QUOTED.search(about)),
            unseen=name in _UNSEEN or bool(_SIGNED.search(about) or _HIDDEN.search(about)),
            as_written=name == "pre",
        )
        self._open.append(opened)
        self._names[name] += 1
        self._count(opened, 1)
        return after

    def _close(self, name: str) -> None:
        if name in _BREAKS:
            self._end_line()
        if name in ("td", "th"):
            self._line.append(" ")
        while self._names[name]:  # with it is closed what is open inside
            last = self._open.pop()
            self._names[last.name] -= 1
            self._count(last, -1)
            if last.name == name:
                return

    def _count(self, one: _Open, step: int) -> None:
        if one.quoted:
            self._end_line()
        self._quoted += step * one.quoted
        self._unseen += step * one.unseen
        self._as_written += step * one.as_written

    def _end_of_raw(self, name: str, place: int) -> int:
        while place < len(self._page):
            place = self._next("</", place)
            if self._page[place + 2 : place + 2 + len(name)].lower() == name:
                return self._next(">", place) + 1
            place += 2
        return place

    def _words(self, text: str) -> None:
        if self._unseen:
            return
        if not self._as_written:
            self._line.append(_plain(_SPACES.sub(" ", text)))
            return
        first, *more = text.replace("\r\n", "\n").split("\n")
        self._line.append(_plain(first))
        for line in more:
            self._end_line(blank=True)
            self._line.append(_plain(line))

    def _end_line(self, *, blank: bool = False) -> None:
        line = "".join(self._line).strip()
        self._line.clear()
        if line:
            self._lines.append(f"> {line}" if self._quoted else line)
        elif blank and self._lines and self._lines[-1]:
            self._lines.append("")


def _plain(text: str) -> str:
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text).replace("\xa0", " ")
