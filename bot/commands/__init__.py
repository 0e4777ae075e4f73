"""The verbs of ``refund-desk``, a module each."""

from __future__ import annotations


class CommandError(Exception):
    """Bad input to a command: one line that says what was wrong and what to do; exit status 2."""
