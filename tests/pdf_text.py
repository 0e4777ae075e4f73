"""The text of a PDF as bot.paper makes it: its fonts' own tables say which letter each glyph is."""

from __future__ import annotations

import re
import zlib

_ESCAPED = re.compile(rb"\\([\\()rntbf])")
_CODES = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_OPERATION = re.compile(rb"/F(\d+) [\d.]+ Tf|\(((?:\\.|[^\\()])*)\) ?Tj", re.S)


def text_of(pdf: bytes) -> str:
    """The lines of all pages, in the order in which they are drawn."""
    streams = [_opened(match[1]) for match in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.S)]
    tables = [_table(stream) for stream in streams if b"begincmap" in stream]
    lines, letters = [], tables[0]
    for stream in streams:
        if b" Tf" not in stream:
            continue
        for font, glyphs in _OPERATION.findall(stream):
            if font:
                letters = tables[int(font) - 1]
                continue
            codes = _ESCAPED.sub(lambda match: _CODES.get(match[1], match[1]), glyphs)
            pairs = (codes[at : at + 2] for at in range(0, len(codes), 2))
            lines.append("".join(letters.get(int.from_bytes(pair, "big"), "?") for pair in pairs))
    return "\n".join(lines)


def _opened(stream: bytes) -> bytes:
    try:
        # Not zlib.decompress: a checksum that ends with a carriage return looks like a part of the line's end.
        return zlib.decompressobj().decompress(stream)
    except zlib.error:
        return stream


def _table(stream: bytes) -> dict[int, str]:
    pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>", stream)
    return {int(glyph, 16): bytes.fromhex(letter.decode()).decode("utf-16-be") for glyph, letter in pairs}
