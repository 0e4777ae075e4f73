"""What can go wrong in a case, named for what the caller can do about it.

CaseError
├── NotVerified         ask for the order number and the e-mail address
├── UnknownCase         there is no such case in this conversation
├── MoveNotAllowed      the case has moved on; look at it again
├── MailNotSent         try again later
├── BadAgent            an account of the desk can't be made or changed like this
├── SignInRefused       not signed in; the words don't tell why
├── CodeNeeded          the password was right, and a code of the second factor is asked for
├── NotAllowed          this agent may not do that: the role, or somebody else has the case
│   ├── TakenAlready    another agent has the case or its conversation
│   └── ChangedOutside  the account is not as it was recorded: somebody wrote into the database
├── BadAmount           a sum that can't be paid, or more than may be
└── BadText             words or a number that can't be taken down
"""

from __future__ import annotations

from bot.wording import DEFAULT, CodedError
from bot.wording.causes import error_words


class CaseError(CodedError):
    """Base of the errors of bot.cases: a code with values. Its sentence is the message ``error_<code>`` of
    bot.wording."""

    group = "error"

    def text(self, language: str = DEFAULT) -> str:
        """What a person is told."""
        return error_words(self.code, self.values, language)


class NotVerified(CaseError):
    """The conversation has not shown that it may see this order."""

    def __init__(self, order_number: str) -> None:
        super().__init__("not_verified", order=order_number)
        self.order_number = order_number


class UnknownCase(CaseError):
    """No case of this reference belongs to the conversation."""


class MoveNotAllowed(CaseError):
    """The case can't go from its state to that one."""


class MailNotSent(CaseError):
    """The mail server did not take a mail; the text is the kind of error."""

    def __init__(self, kind: str) -> None:
        super().__init__("mail_not_sent", kind=kind)


class BadAgent(CaseError):
    """An account of the desk can't be made, found or changed like this."""


class SignInRefused(CaseError):
    """Nobody is signed in. The same for an unknown login and a wrong password."""


class CodeNeeded(CaseError):
    """Half of a sign-in. ``ticket`` is what the other half shows."""

    def __init__(self, ticket: str) -> None:
        super().__init__("code_needed")
        self.ticket = ticket


class NotAllowed(CaseError):
    """The agent may not do that: not with their role, or not without having taken the case."""


class TakenAlready(NotAllowed):
    """Another agent has the case, or its conversation."""


class ChangedOutside(NotAllowed):
    """The account is not as it was recorded. Nobody works with it until an operator has looked."""

    def __init__(self) -> None:
        super().__init__("changed_outside")


class BadAmount(CaseError):
    """A sum that is none of its currency, that does not add up, or that is more than may be paid."""


class BadText(CaseError):
    """Words or a number that can't be taken down as they are."""
