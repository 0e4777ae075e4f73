"""The plain pages: refund, cancellation, withdrawal, policy and receipts, usable without any script.

They ask, quote, confirm and record as the chat does, by the same functions of bot.cases.
"""

from __future__ import annotations

from bot.http.pages.routes import register

__all__ = ["register"]
