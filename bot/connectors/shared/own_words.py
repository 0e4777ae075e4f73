"""What somebody has written in a mail, without what they quote and how they sign: in English, German, French, Spanish,
Dutch, Portuguese and Italian.

A program that quotes says so with ">" before each line, or with a line or a block before all of it. Words of the writer
may stand above, below or between. Where a mail does not say for sure what is quoted, nothing is taken off.
"""

from __future__ import annotations

import re

_DATE = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}([./-])\d{1,2}\1\d{2,4}\b")
_ADDRESS = re.compile(r"[^\s@<>]{1,64}@[^\s@<>]{1,190}")
_LONGEST, _MOST_LINES = 400, 4
# Somebody who tells what was written ("On Nov 25, 2026 I wrote:") quotes nothing.
_TELLS = "".join(rf"(?<!\b{who})" for who in "I you we he she they usted él ella você ele ela lei lui".split())
_WROTE = re.compile(
    rf"On\b.+{_TELLS} wrote ?:"
    r"|Am\b.+\bschrieb (?!ich\b|er\b|sie\b|man\b).+:"
    r"|Le\b.+(?<!\bil)(?<!\belle)(?<!\bon) a écrit ?:"
    rf"|El\b.+{_TELLS} escribió ?:"
    r"|Op\b.+(?:\bschreef (?!ik\b|hij\b|zij\b|ze\b).+|\bheeft\b.+\bgeschreven) ?:"
    rf"|(?:Em|No dia|A)\b.+{_TELLS} escreveu ?:"
    rf"|Il\b.+{_TELLS} ha scritto ?:"
    r"|\d{4}-\d\d-\d\d \d\d:\d\d.+<.+> ?:",
    re.I,
)
_ORIGINAL = re.compile(
    r"-{2,} ?(?:Original Message|Ursprüngliche Nachricht|Message d['’]origine|Message original|Mensaje original"
    r"|Oorspronkelijk bericht|Mensagem original|Messaggio originale|Forwarded message|Weitergeleitete Nachricht"
    r"|Message transféré|Mensaje reenviado|Doorgestuurd bericht|Mensagem encaminhada|Messaggio inoltrato) ?-{2,}",
    re.I,
)
_HEADERS = [
    tuple(frozenset(words.lower().split()) for words in language.split("|"))
    for language in (
        "From|Sent Date|To Cc Subject",
        "Von|Gesendet Datum|An Cc Kopie Betreff",
        "De|Envoyé Date|À A Cc Objet",
        "De|Enviado Fecha|Para Cc Asunto",
        "Van|Verzonden Datum|Aan Cc Onderwerp",
        "De|Enviado Enviada Data|Para Cc Assunto",
        "Da|Inviato Data|A Cc Oggetto",
    )
]
"""In each language what a block of headers begins with, when it was sent, and what else stands in it."""
_HEADER = re.compile(r"\*?(\w{1,10})(?: (?:el|em|le|am|op|il))?\s?:\*?(?:\s.*)?")
_RULE = re.compile(r"_{10,}")
_SIGNATURE = re.compile(r"-- ?")
_SENT_FROM = re.compile(
    r"Sent from my .{1,40}|Get Outlook for .{1,20}|Von meinem .{1,40} gesendet|Gesendet von .{1,40}"
    r"|Envoyé (?:de|depuis) mon .{1,40}|Enviado desde mi .{1,40}|Verstuurd vanaf mijn .{1,40}"
    r"|Enviado do meu .{1,40}|Inviato da(?:l mio)? .{1,40}",
)


def own_words(text: str) -> str:
    """What somebody has written in a mail. Where nothing of their own stands above what is quoted without ">", all of
    it is kept: their words may be below."""
    lines = text.replace("\r\n", "\n").replace("\xa0", " ").split("\n")
    kept: list[str] = []
    place = 0
    while place < len(lines):
        line, length = lines[place], _attribution(lines, place)
        if length and _is_quoted(lines, place + length):
            place += length
        elif _SIGNATURE.fullmatch(line):
            break
        elif _ends_here(lines, place, length):
            if not "".join(kept).strip():
                kept += [line for line in lines[place:] if not line.startswith(">")]
            break
        else:
            if not line.startswith(">") and not _SENT_FROM.fullmatch(line.strip()):
                kept.append(line)
            place += 1
    return "\n".join(kept).strip()


def _attribution(lines: list[str], place: int) -> int:
    """How many lines a sentence takes that says who wrote what is quoted below it, and when; 0 where there is none."""
    for length in range(1, _MOST_LINES):
        part = lines[place : place + length]
        if not part[-1].strip():
            return 0
        sentence = " ".join(line.strip() for line in part)
        if len(sentence) > _LONGEST:
            return 0
        if _WROTE.fullmatch(sentence) and _DATE.search(sentence):
            # Words of the writer may begin alike: where the sentence could begin a line below, it does.
            below = _attribution(lines, place + 1) if length > 1 else 0
            return 0 if below else length
    return 0


def _is_quoted(lines: list[str], place: int) -> bool:
    """Whether what comes next has the mark of a quote; also where nothing comes, since it was taken off already."""
    return next((line for line in lines[place:] if line.strip()), ">").startswith(">")


def _ends_here(lines: list[str], place: int, attribution: int) -> bool:
    """Whether all that follows is quoted, without a mark."""
    if attribution:
        return bool(_ADDRESS.search(" ".join(lines[place : place + attribution])))
    line = lines[place].strip()
    if _ORIGINAL.fullmatch(line):
        return True
    if _RULE.fullmatch(line):
        following = next((line for line in lines[place + 1 :] if line.strip()), "")
        return _name(following) in {word for first, *_ in _HEADERS for word in first}
    return _is_block(lines, place)


def _is_block(lines: list[str], place: int) -> bool:
    """Whether a block of headers begins here: from whom, when, and to whom or about what, in one language."""
    names = [_name(line) for line in lines[place : place + 6]]
    return any(
        names[0] in first and any(name in sent for name in names[1:3]) and any(name in more for name in names[1:6])
        for first, sent, more in _HEADERS
    )


def _name(line: str) -> str:
    found = _HEADER.fullmatch(line.strip())
    return found[1].lower() if found else ""
