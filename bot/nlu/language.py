"""Whether a message is in another language than English, the only one that the bot speaks so far."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

_LANGUAGES = "en es fr de pt it nl pl ru uk tr ar fa he zh ja ko hi vi id th sv da fi cs ro el".split()
"""What customers may write in; fewer candidates make fewer mistakes about short messages."""
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_KNOWN = 0.4
"""From this share of known English words on, a message is English, whatever it looks like."""


def is_another_language(text: str, is_known: Callable[[str], bool]) -> bool:
    """Whether a text is surely not English; ``is_known`` tells words of the training data, in lower case."""
    words = _WORD.findall(text.lower().replace("’", "'"))
    if not words or sum(map(is_known, words)) >= _KNOWN * len(words):
        return False
    language, share = _identifier().classify(" ".join(words))
    # A few words may be names, or English badly spelt.
    return bool(language != "en" and share >= (0.5 if len(words) > 3 else 0.95))


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # reads its model, so only when it is needed

    identifier = LanguageIdentifier.from_pickled_model(MODEL_FILE, norm_probs=True)
    identifier.set_languages(_LANGUAGES)
    return identifier
