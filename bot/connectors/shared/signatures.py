"""How people and their programs sign mails: in English, German, French, Spanish, Dutch, Portuguese and Italian."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot import order_numbers
from bot.language.consent import plain_no, plain_yes

_LINE = re.compile(r"\s*-- ?|\s*—\s*")
_PROGRAM = r"my .{1,40}|(?:Yahoo|Outlook|Mail|Gmail|Proton|Samsung|iPhone|iPad|AOL)\b.{0,40}"
_SENT_FROM = re.compile(
    rf"(?:Sent (?:from|via|with|using) (?:{_PROGRAM})|Get (?:Outlook|BlueMail|Mail) for .{{1,30}}"
    r"|(?:Diese Nachricht wurde )?von meinem .{1,40} gesendet|Gesendet (?:von|mit|über) .{1,60}"
    r"|Holen Sie sich Outlook für .{1,20}|Outlook für .{1,20} (?:herunterladen|beziehen)"
    r"|Envoyé (?:de(?:puis)?|à partir de|avec) .{1,60}|Téléchargez? Outlook pour .{1,20}|Obtenez Outlook pour .{1,20}"
    r"|Enviado (?:desde|do|a partir do|via) .{1,60}|Obten(?:er|ga|ha|ir) (?:o )?Outlook para .{1,20}"
    r"|(?:Verstuurd|Verzonden) (?:vanaf|van|met|via) .{1,60}"
    r"|Outlook voor .{1,20} downloaden|Download Outlook voor .{1,20}"
    r"|Inviato (?:da|dal|con) .{1,60}|(?:Ottieni|Scarica) Outlook per .{1,20})"
    r"\s*(?:[<(\[]?https?://[^\s<>]{1,300}[>)\]]?)?\.?",
    re.I,
)
_CLOSES = re.compile(
    r"(?:many |kind |with |best |warm |kindest |warmest )*(?:thanks|thank you|regards|best|wishes|cheers|sincerely"
    r"|yours(?: (?:sincerely|faithfully|truly))?)(?: (?:again|in advance|so much|and (?:best|kind) regards|sincerely))?"
    r"|(?:mit )?(?:freundliche|beste|viele|liebe|schöne|herzliche)[nr]? (?:grüße?n?|gruß|grüsse?n?)"
    r"|(?:vielen )?dank|danke|mfg|lg|vg"
    r"|(?:bien )?cordialement|cordiales salutations|salutations(?: distinguées)?|merci(?: d['’]avance)?|bien à vous"
    r"|(?:un )?(?:cordial )?saludos?(?: cordial(?:es)?)?|atentamente|(?:muchas )?gracias"
    r"|(?:met )?(?:vriendelijke|hartelijke) groet(?:en)?|groet(?:en|jes)?|mvg|(?:alvast )?bedankt"
    r"|atenciosamente|(?:com os melhores )?cumprimentos|abraços?|(?:muito )?obrigad[oa]|att"
    r"|(?:cordiali|distinti) saluti|(?:un )?saluto?i?|cordialmente|grazie(?: mille)?",
    re.I,
)
_NAME = re.compile(r"[^\W\d_][\w.'’-]{0,24}(?: [^\W\d_][\w.'’-]{0,24}){0,3}")
_SENTENCE = re.compile(r"(?:\S+\s+){3,}\S*[.?!]|.*\?")
_MOST_LINES, _LONGEST = 7, 70
_LONGEST_LINE = 400


def without_signature(lines: Sequence[str]) -> list[str]:
    """Words without what signs them at their end. ``lines`` end where the mail does, or where a quotation begins."""
    cut = next((place for place, line in enumerate(lines) if _LINE.fullmatch(line)), len(lines))
    kept = [line for line in lines[:cut] if not _SENT_FROM.fullmatch(line.strip()[:_LONGEST_LINE])]
    end = len(kept)
    while end and not kept[end - 1].strip():
        end -= 1
    for place in range(max(1, end - _MOST_LINES - 1), end - 1):
        if _closes(kept[place]) and "".join(kept[:place]).strip() and _signs(kept[place + 1 : end]):
            return kept[:place]
    return kept


def _closes(line: str) -> bool:
    return bool(_CLOSES.fullmatch(line.strip()[:_LONGEST].rstrip(" ,.!")))


def _signs(lines: Sequence[str]) -> bool:
    """Whether these are a name and what belongs to it, and nothing that anybody could mean."""
    said = [line.strip() for line in lines if line.strip()]
    name = said[0].rstrip(",.") if said else ""
    if not _NAME.fullmatch(name) or not name[:1].isupper() or plain_yes(name) or plain_no(name):
        return False
    numbers = order_numbers.in_use()
    return all(
        len(line) <= _LONGEST
        and not line.startswith("#")
        and not _SENTENCE.fullmatch(line)
        and not plain_yes(line)
        and not plain_no(line)
        and not numbers.loose.search(line)
        and not numbers.typed(line)
        for line in said
    )
