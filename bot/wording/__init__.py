"""The only place with sentences: message catalogues by language, and how money, dates and rates are written in it.

It knows codes and values, and nothing of cases. ``say`` gives the sentence of a code. The messages are files of Fluent
(https://projectfluent.org/fluent/guide), ``<language>/*.ftl``; another language is another folder of them, and needs no
code. Fluent, because one message may choose by several values (plural forms, net or gross, wallet or card), where
gettext has plural forms of one number only and wants a message, and code that chooses, for each combination; and
because a value that is missing comes back as an error beside the text, where ``str.format`` raises. Both were tried on
the pins: Fluent brings two pure packages, and costs 20 microseconds a sentence instead of one.
"""

from __future__ import annotations

from bot.wording.catalogue import DEFAULT, LANGUAGES, say
from bot.wording.errors import CodedError

__all__ = ["DEFAULT", "LANGUAGES", "CodedError", "say"]
