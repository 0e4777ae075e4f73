"""How mail programs say that a quotation begins: in English, German, French, Spanish, Dutch, Portuguese, Italian,
Danish and Norwegian, Swedish, Russian."""

from __future__ import annotations

import re
from collections.abc import Sequence

_DATE = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}([./-])\d{1,2}\1\d{2,4}\b")
_TIME = re.compile(r"\b\d{1,2}[:.h]\d\d\b")
_ADDRESS = re.compile(r"[^\s@<>]{1,64}@[^\s@<>]{1,190}")
_IN_BRACKETS = re.compile(r"[<(\[][^\s@<>()\[\]]{1,64}@[^\s@<>()\[\]]{1,190}[>)\]]")
_LONGEST, _MOST_LINES = 400, 4
# Somebody who tells what was written ("On Nov 25, 2026 I wrote:") quotes nothing.
_TELLS = "".join(rf"(?<!\b{who})" for who in "I you we he she they usted él ella você ele ela lei lui".split())
_WROTE = re.compile(
    rf"On\b.+{_TELLS} wrote ?:"
    r"|Am\b.+\bschrieb (?!ich\b|er\b|sie\b|man\b).+:"
    r"|Am\b.+\bhat (?!er\b|sie\b|man\b).+\bgeschrieben ?:"
    r"|Le\b.+(?<!\bil)(?<!\belle)(?<!\bon) a écrit ?:"
    rf"|El\b.+{_TELLS} escribió ?:"
    r"|Op\b.+(?:\bschreef (?!ik\b|hij\b|zij\b|ze\b).+|\bheeft\b.+\bgeschreven) ?:"
    rf"|(?:Em|No dia|A)\b.+{_TELLS} escreveu ?:"
    rf"|Il\b.+{_TELLS} ha scritto ?:"
    r"|(?:Den|På)\b.+\b(?:skrev|skrev följande) ?(?!jeg\b|jag\b|du\b|han\b|hun\b|hon\b|vi\b|de\b).*:"
    r"|.+\b(?:пишет|написала?|написал\(а\)) ?:"
    r"|\d{4}-\d\d-\d\d \d\d:\d\d.+<.+> ?:",
    re.I,
)
_NAMED = re.compile(
    r".*[<(\[][^\s@<>]{1,64}@[^\s@<>]{1,190}[>)\]],? "
    r"(?:wrote|skrev|schrieb|a écrit|escribió|escreveu|ha scritto|schreef) ?:",
    re.I,
)
_ORIGINAL = re.compile(
    r"-{2,} ?(?:Original (?:Message|Appointment)|Ursprüngliche (?:Nachricht|Mail)|Originalnachricht"
    r"|Message d['’]origine|Message original|Mensaje original"
    r"|Oorspronkelijk bericht|Mensagem original|Messaggio originale|Forwarded message|Weitergeleitete Nachricht"
    r"|Opprinnelig melding|Oprindelig meddelelse|Ursprungligt meddelande|Исходное сообщение|Пересылаемое сообщение"
    r"|Videresendt melding|Vidarebefordrat meddelande"
    r"|Message transféré|Mensaje reenviado|Doorgestuurd bericht|Mensagem encaminhada|Messaggio inoltrato) ?-{2,}"
    r"|(?:Begin forwarded message|Anfang der weitergeleiteten Nachricht|Début du message transféré"
    r"|Inicio del mensaje reenviado|Inizio messaggio inoltrato|Início da mensagem encaminhada"
    r"|Begin doorgestuurd bericht) ?:",
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
        "Fra|Sendt Dato|Til Kopi Cc Emne",
        "Från|Skickat Datum|Till Kopia Cc Ämne",
        "От|Отправлено Дата|Кому Копия Тема",
    )
]
"""In each language what a block of headers begins with, when it was sent, and what else stands in it."""
_HEADER = re.compile(r"\*?(\w{1,10})(?: (?:el|em|le|am|op|il))?\s?:\*?(?:\s.*)?")
_RULE = re.compile(r"_{10,}")


def length_of_attribution(lines: Sequence[str], place: int) -> int:
    """How many lines a sentence takes that says who wrote what is quoted below it; 0 where there is none."""
    is_named = len(lines[place]) <= _LONGEST and _NAMED.fullmatch(lines[place].strip())
    return _dated(lines, place) or int(bool(is_named))


def _dated(lines: Sequence[str], place: int) -> int:
    for length in range(1, _MOST_LINES):
        part = lines[place : place + length]
        if not part[-1].strip():
            return 0
        sentence = " ".join(line.strip() for line in part)
        if len(sentence) > _LONGEST:
            return 0
        if _WROTE.fullmatch(sentence) and (_DATE.search(sentence) or _IN_BRACKETS.search(sentence)):
            # Words of the writer may begin alike: where the sentence could begin a line below, it does.
            below = _dated(lines, place + 1) if length > 1 else 0
            return 0 if below else length
    return 0


def names_its_writer(lines: Sequence[str]) -> bool:
    """Whether a sentence has the address of whoever wrote what is quoted: a program has made it."""
    return bool(_ADDRESS.search(" ".join(lines)))


def is_unknown_attribution(line: str) -> bool:
    """Whether a line above what is marked as quoted is the program's, in whatever language: it ends with a colon, and
    has an address, or a date and a time."""
    line = line.strip()
    if len(line) > _LONGEST or not line.endswith(":"):
        return False
    return bool(_IN_BRACKETS.search(line) or (_DATE.search(line) and _TIME.search(line)))


def length_of_block(lines: Sequence[str], place: int) -> int:
    """How many lines a block of headers takes, or a line that says that the original mail follows, or both; 0 where
    there is none. All that follows is quoted, with or without marks."""
    line = lines[place].strip()
    if _ORIGINAL.fullmatch(line):
        return 1 + _headers_below(lines, place + 1)
    if _RULE.fullmatch(line):
        below = next((n for n in range(place + 1, min(place + 4, len(lines))) if lines[n].strip()), None)
        if below is None or _name(lines[below]) not in _FIRST:
            return 0
        return below - place + _headers_below(lines, below)
    return _block(lines, place)


def _headers_below(lines: Sequence[str], place: int) -> int:
    """How many lines there are of headers, whichever, and of what is empty before them."""
    begin = place + 1 if place < len(lines) and not lines[place].strip() else place
    end = begin
    while end < len(lines) and _name(lines[end]) in _NAMES:
        end += 1
    return end - place if end > begin else 0


def _block(lines: Sequence[str], place: int) -> int:
    """How many lines a block of headers takes: from whom, when, and to whom or about what, in one language."""
    names = [_name(line) for line in lines[place : place + 6]]
    for first, sent, more in _HEADERS:
        if names[0] not in first | sent:
            continue
        begin = names[:4]
        if first.intersection(begin) and sent.intersection(begin) and more.intersection(names):
            return max(n for n, name in enumerate(names, 1) if name in first | sent | more)
    return 0


def _name(line: str) -> str:
    found = _HEADER.fullmatch(line.strip()[:_LONGEST])
    return found[1].lower() if found else ""


_NAMES = frozenset[str]().union(*(group for language in _HEADERS for group in language))
_FIRST = frozenset(name for first, *_ in _HEADERS for name in first)
