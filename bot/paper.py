"""Receipts on paper: PDF."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import Any

from fpdf import FPDF, ViewerPreferences
from fpdf.enums import XPos, YPos

from bot.cases.ports.printing import Printable
from bot.wording import DEFAULT, say

_MISSING = "\ufffd"
_LABELS = 62.0
"""How wide the column of labels is, in millimetres."""


def print_receipt(receipt: Printable) -> bytes:
    """The receipt as a PDF of one or more A4 pages. Letters that no font at hand can draw become a question mark in a
    diamond, so that it never fails over a name."""
    paper = _Paper(say("page_receipt_title", reference=receipt.reference))
    paper.line(receipt.title, 20, bold=True)
    paper.line(say("receipt_state", reference=receipt.reference, state=receipt.state_words), 11)
    paper.gap(4)
    for label, value in receipt.rows():
        paper.row(label, value, bold=label in (say("label_demo"), say("label_refund")))
    paper.gap(6)
    paper.line(say("receipt_clauses"), 13, bold=True)
    for clause in receipt.clauses:
        paper.line(f"{clause.id}: {clause.title}. {clause.text}", 9.5)
    return paper.finished(receipt)


class _Paper:
    """Lines of text on A4."""

    def __init__(self, title: str) -> None:
        self._pdf = FPDF(format="A4")
        self._pdf.set_title(title)
        self._pdf.set_lang(DEFAULT)
        self._pdf.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self._pdf.set_margin(20)
        self._pdf.set_auto_page_break(True, margin=20)
        fonts = _fonts()
        self._family = "DejaVu" if fonts else "helvetica"
        self._known: frozenset[int] | None = None
        for style, file in fonts.items():
            self._pdf.add_font("DejaVu", style, file)
        if fonts:
            self._known = _letters(fonts[""])
        self._pdf.add_page()

    def line(self, text: str, size: float, *, bold: bool = False) -> None:
        self._set(size, bold)
        self._text(text, size * 0.52)

    def row(self, label: str, value: str, *, bold: bool = False) -> None:
        """A label, and beside it what it stands for."""
        self._set(10.5, False)
        self._pdf.cell(_LABELS, 6.5, self._shown(label))
        self._set(10.5, bold)
        self._pdf.set_left_margin(20 + _LABELS)
        self._pdf.set_x(20 + _LABELS)
        self._text(value, 6.5)
        self._pdf.set_left_margin(20)
        self._pdf.set_x(20)

    def gap(self, height: float) -> None:
        self._pdf.ln(height)

    def finished(self, receipt: Printable) -> bytes:
        self._pdf.set_creation_date(receipt.confirmed_at)
        return bytes(self._pdf.output())

    def _text(self, text: str, height: float) -> None:
        self._pdf.multi_cell(0, height, self._shown(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _set(self, size: float, bold: bool) -> None:
        self._pdf.set_font(self._family, "B" if bold else "", size)

    def _shown(self, text: str) -> str:
        if self._known is None:
            return text.encode("latin-1", "replace").decode("latin-1")
        return "".join(letter if ord(letter) in self._known else _MISSING for letter in text) or " "


@lru_cache(maxsize=1)
def _fonts() -> dict[str, Path]:
    """DejaVu Sans by style, as matplotlib brings it; empty where it does not."""
    found = importlib.util.find_spec("matplotlib")
    if found is None or found.origin is None:
        return {}
    folder = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"
    files = {"": folder / "DejaVuSans.ttf", "B": folder / "DejaVuSans-Bold.ttf"}
    return files if all(file.is_file() for file in files.values()) else {}


@lru_cache(maxsize=2)
def _letters(file: Path) -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(file, lazy=True) as font:
        letters: Any = font.getBestCmap()
    return frozenset(letters)
