"""What can go wrong in a case, named for what the caller can do about it.

CaseError
├── NotVerified         ask for the order number and the e-mail address
├── UnknownCase         there is no such case in this conversation
├── MoveNotAllowed      the case has moved on; look at it again
└── MailNotSent         try again later
"""

from __future__ import annotations


class CaseError(Exception):
    """Base of the errors of bot.cases."""


class NotVerified(CaseError):
    """The conversation has not shown that it may see this order."""


class UnknownCase(CaseError):
    """No case of this reference belongs to the conversation."""


class MoveNotAllowed(CaseError):
    """The case can't go from its state to that one."""


class MailNotSent(CaseError):
    """The mail server did not take a mail; the text is the kind of error."""
