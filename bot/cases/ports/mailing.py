"""What the cases need from whoever sends mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail; ``kind`` is its media type."""

    name: str
    kind: str
    content: bytes = field(repr=False)


class Mailer(Protocol):
    """Sends mail."""

    def send(self, to: str, subject: str, body: str, attachments: Sequence[Attachment] = ()) -> None:
        """Raises MailNotSent."""
