"""Words at which a person is offered at once, whatever else the message asks for."""

from __future__ import annotations

import re
from enum import Enum


class Signal(str, Enum):
    """Why a person is offered; the value ends the name of the response."""

    LEGAL = "legal"
    CARE = "care"
    ANGER = "anger"


_PATTERNS = {
    Signal.CARE: (
        r"\b(?:suicid\w*|kill(?:ing)? myself|end my life|hurt(?:ing)? myself|self.?harm|dementia|alzheimer\w*|"
        r"terminally ill|widow(?:er|ed)?|bereave\w*|funeral|homeless|hospice|chemo\w*|"
        r"in (?:the )?hospital|hospitali[sz]ed|can(?:'|no)?t afford (?:food|rent|to eat|my (?:rent|medic\w*))|"
        r"(?:mother|father|mum|mom|dad|husband|wife|son|daughter|partner|brother|sister|parents?|he|she) "
        r"(?:has |have |just |recently |suddenly )*(?:died|passed away|is dying)|"
        r"(?:death|passing) of my|lost my (?:job|home|husband|wife|son|daughter|mother|father|mum|mom|dad)|"
        r"(?:i am|i'm|im) (?:blind|deaf|disabled|very ill|seriously ill|dying|(?:8|9)\d\b)|"
        r"(?:can(?:'|no)?t|hard to) (?:see|read) (?:well|properly|very well|the screen)|"
        r"(?:can(?:'|no)?t) cope|panic attack|i have (?:cancer|depression))\b"
    ),
    Signal.LEGAL: (
        r"\b(?:lawyers?|attorney|solicitor|su(?:e|ing) (?:you|your|u)|i(?:'ll| will) sue|legal (?:action|steps|advice)|"
        r"take (?:you|this) to court|small claims|see you in court|ombudsman|regulators?|fcc|ftc|"
        r"attorney general|consumer (?:protection|rights)|trading standards|better business bureau|bbb|"
        r"charge ?backs?|reverse the charge|disput\w+ (?:it|this|the (?:charge|payment)|that) with (?:my|the) bank|"
        r"my bank (?:will|can) (?:reverse|dispute|take)|(?:call|tell|ask|contact) my bank to (?:reverse|dispute|stop)|"
        r"police|press charges)\b"
    ),
    Signal.ANGER: (
        r"\b(?:fuck\w*|f\*+\w*|shit\w*|bullshit|damn\w*|goddamn|crap|asshole\w*|bastards?|wtf|idiots?|morons?|stupid|"
        r"useless|thie(?:f|ves)|scam(?:mers?)?|rip.?off|ridiculous|unacceptable|disgrace\w*|outrageous|furious|"
        r"sick (?:and tired )?of (?:this|you)|fed up|worst (?:company|service|support|bot)|screw (?:you|this)|"
        r"waste of (?:my )?time|joke of a)\b"
    ),
}
_COMPILED = {signal: re.compile(pattern, re.I) for signal, pattern in _PATTERNS.items()}


def signal_in(text: str) -> Signal | None:
    """The gravest signal in a text: someone who needs care, a threat of legal steps, anger."""
    plain = text.replace("’", "'")
    return next((signal for signal, pattern in _COMPILED.items() if pattern.search(plain)), None)
