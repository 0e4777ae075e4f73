"""What is quoted and signed is taken off a mail, whatever program and language it was written with; words never are."""

from __future__ import annotations

import time

import pytest

from bot.connectors.shared.own_words import own_words

OWN = "Nein, danke.\nIch behalte sie."
QUOTED = "> Shall I go ahead?\n> 1. Yes"
PLAIN = "Shall I go ahead?\n1. Yes"

ATTRIBUTIONS = [
    "On Wed, Nov 25, 2026 at 8:00 PM Help <help@desk.example> wrote:",
    "On Wed, Nov 25, 2026 at 8:00 PM Refund Desk of a Company <\nhelp@desk.example> wrote:",
    "Am Mi., 25. Nov. 2026 um 20:00 Uhr schrieb Help <help@desk.example>:",
    "Am Mi., 25. Nov. 2026 um 20:00 Uhr schrieb Refund Desk of a Company <\nhelp@desk.example>:",
    "Am 25.11.2026 um 20:00 schrieb Help <help@desk.example>:",
    "Le mer. 25 nov. 2026 à 20:00, Help <help@desk.example> a écrit :",
    "Le mer. 25 nov. 2026 à 20:00, Help <help@desk.example> a\nécrit\u00a0:",
    "El mié, 25 nov 2026 a las 20:00, Help (<help@desk.example>) escribió:",
    "El 25 nov 2026, a las 20:00, Help\n<help@desk.example> escribió:",
    "Op wo 25 nov 2026 om 20:00 schreef Help <help@desk.example>:",
    "Op 25 nov. 2026 om 20:00 heeft Help <help@desk.example> het volgende\ngeschreven:",
    "Em qua., 25 de nov. de 2026 às 20:00, Help <help@desk.example> escreveu:",
    "No dia 25/11/2026, às 20:00, Help <help@desk.example> escreveu:",
    "Il giorno mer 25 nov 2026 alle ore 20:00 Help <help@desk.example> ha scritto:",
    "Il giorno mer 25 nov 2026 alle ore 20:00 Help <\nhelp@desk.example> ha scritto:",
    "Den ons. 25. nov. 2026 kl. 20:00 skrev Help <help@desk.example>:",
    "Den ons 25 nov. 2026 kl 20:00 skrev Help <help@desk.example>:",
    "ср, 25 нояб. 2026 г. в 20:00, Help <help@desk.example> пишет:",
    "2026-11-25 20:00 GMT+01:00 Help <help@desk.example>:",
]
WITHOUT_ADDRESS = [
    "On 25/11/2026 20:00, Help wrote:",
    "Am 25.11.26 um 20:00 schrieb Help:",
    "Le 25/11/2026 à 20:00, Help a écrit :",
    "El 25/11/26 a las 20:00, Help escribió:",
    "Op 25-11-2026 om 20:00 schreef Help:",
    "Em 25/11/2026 20:00, Help escreveu:",
    "Il 25/11/2026 20:00, Help ha scritto:",
]
BLOCKS = [
    "From: Help <help@desk.example>\nSent: Wednesday, 25 November 2026 20:00\nTo: Alex\nSubject: Re: Refund\n\n",
    "Von: Help <help@desk.example>\nGesendet: Mittwoch, 25. November 2026 20:00\nAn: Alex\nBetreff: AW: Karte\n\n",
    "*Von:* Help <help@desk.example>\n*Gesendet:* Mittwoch\n*An:* Alex\n*Betreff:* AW: Karte\n\n",
    "De : Help <help@desk.example>\nEnvoyé : mercredi 25 novembre 2026 20:00\nÀ : Alex\nObjet : RE: Carte\n\n",
    "De\u00a0: Help\nEnvoyé le\u00a0: mercredi\nÀ\u00a0: Alex\n\n",
    "De: Help <help@desk.example>\nEnviado el: miércoles, 25 de noviembre de 2026\nPara: Alex\nAsunto: RE: x\n\n",
    "Van: Help <help@desk.example>\nVerzonden: woensdag 25 november 2026\nAan: Alex\nOnderwerp: Re: x\n\n",
    "De: Help <help@desk.example>\nEnviada em: quarta-feira, 25 de novembro\nPara: Alex\nAssunto: RES: x\n\n",
    "Da: Help <help@desk.example>\nInviato: mercoledì 25 novembre 2026 20:00\nA: Alex\nOggetto: R: x\n\n",
    "Fra: Help <help@desk.example>\nSendt: onsdag 25. november 2026 20:00\nTil: Alex\nEmne: SV: x\n\n",
    "Från: Help <help@desk.example>\nSkickat: den 25 november 2026 20:00\nTill: Alex\nÄmne: SV: x\n\n",
    "От: Help <help@desk.example>\nОтправлено: 25 ноября 2026 г. 20:00\nКому: Alex\nТема: RE: x\n\n",
    "________________________________\nVon: Help\n",
    "-----Ursprüngliche Nachricht-----\nVon: Help\n",
    "-----Message d'origine-----\n",
    "-----Mensaje original-----\n",
    "-----Oorspronkelijk bericht-----\n",
    "-----Mensagem original-----\n",
    "-----Messaggio originale-----\n",
]


@pytest.mark.parametrize("attribution", [*ATTRIBUTIONS, *WITHOUT_ADDRESS])
def test_words_stand_above_below_and_between_what_is_marked_as_quoted(attribution: str) -> None:
    assert own_words(f"{OWN}\n\n{attribution}\n{QUOTED}\n") == OWN
    assert own_words(f"{OWN}\r\n\r\n{attribution}\r\n\r\n{QUOTED}\r\n".replace("\r\n", "\n")) == OWN
    assert own_words(f"{attribution}\n\n{QUOTED}\n\n{OWN}") == OWN
    assert own_words(f"{attribution}\n> Shall I?\nYes.\n> To the wallet?\nNo.").split("\n") == ["Yes.", "No."]
    assert own_words(f"{OWN}\n\n{attribution}\n") == OWN, "the quote itself was taken off with its HTML"


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_what_stands_under_a_sentence_with_an_address_is_quoted_without_marks_too(attribution: str) -> None:
    assert own_words(f"{OWN}\n\n{attribution}\n\n{PLAIN}\n") == OWN


@pytest.mark.parametrize(
    ("own", "attribution"),
    [
        ("On the card are $20.", "On Wed, Nov 25, 2026 at 8:00 PM Help <help@desk.example> wrote:"),
        ("Am Montag rief ich an.", "Am 25.11.2026 um 20:00 schrieb Help <\nhelp@desk.example>:"),
        ("Il credito è 20.", "Il 25/11/2026 20:00, Help <help@desk.example> ha scritto:"),
    ],
)
def test_words_right_above_a_quote_that_begin_like_it_stay(own: str, attribution: str) -> None:
    assert own_words(f"{own}\n{attribution}\n{QUOTED}") == own
    assert own_words(f"{own}\n{attribution}\n{PLAIN}") == own


@pytest.mark.parametrize("block", BLOCKS)
def test_what_stands_under_a_block_of_headers_is_quoted(block: str) -> None:
    assert own_words(f"{OWN}\n\n{block}{PLAIN}\n") == OWN


@pytest.mark.parametrize("before", [*ATTRIBUTIONS, *BLOCKS])
def test_with_no_words_above_and_no_marks_nothing_is_known_to_be_theirs(before: str) -> None:
    assert own_words(f"{before}\n{PLAIN}\n\n{OWN}") == ""


@pytest.mark.parametrize(
    "text",
    [
        "On 25.11.2026 I wrote:\nplease refund it.\nNothing came.",
        "On Nov 25, 2026 at 8:00 PM you wrote:\nwe refund it.\nNothing came.",
        "Am 25.11.2026 schrieb ich an help@desk.example:\nbitte erstatten.\nNichts kam.",
        "Am Montag schrieb Dana:\nwird erstattet.\nNichts kam.",
        "Le 25/11/2026 elle a écrit :\nvous serez remboursé.\nRien.",
        "El 25/11/2026 usted escribió:\nle devolvemos el dinero.\nNada.",
        "Den 25.11.2026 skrev jag:\nbetala tillbaka.\nInget kom.",
        "From: Berlin\nTo: Hamburg\nThat is where I called.",
        "Von: Berlin\nAn: Hamburg\nDorthin rief ich an.",
        "Da: Roma\nA: Milano\nLa chiamata non funziona.",
        "one\n____________\ntwo",
        "I want:\n- my money\n- soon",
    ],
)
def test_words_that_only_look_like_a_quote_stay(text: str) -> None:
    assert own_words(f"{OWN}\n{text}") == f"{OWN}\n{text}"


@pytest.mark.parametrize(
    "signed",
    ["Sent from my iPhone", "Von meinem iPhone gesendet", "Envoyé de mon iPhone", "Inviato da iPhone", "-- \nAlex Doe"],
)
def test_how_it_is_signed_is_taken_off(signed: str) -> None:
    assert own_words(f"{OWN}\n\n{signed}") == OWN


SIGNED = [
    "Best regards,\nAlex Doe",
    "Thanks,\nAlex",
    "Kind regards\n\nAlex Doe\nExample Ltd, +1 555 0100\nhttps://example.org",
    "Mit freundlichen Grüßen\nAlex Doe",
    "Cordialement,\nAlex",
    "Un saludo,\nAlex",
    "Com os melhores cumprimentos,\nAlex Doe",
    "Cordiali saluti\nAlex",
    "Met vriendelijke groet,\nAlex Doe",
    "Get Outlook for iOS<https://aka.ms/example>",
    "Sent from Yahoo Mail on Android",
    "Gesendet mit der GMX Mail App",
    "Holen Sie sich Outlook für Android",
    "Envoyé depuis Outlook pour iOS",
    "Enviado desde mi iPhone",
    "Enviado do meu iPhone",
    "Verzonden met de mail-app",
]


@pytest.mark.parametrize("signed", SIGNED)
def test_a_signature_is_taken_off_whatever_stands_below(signed: str) -> None:
    assert own_words(f"Yes\n\n{signed}") == "Yes"
    assert own_words(f"Yes\n\n{signed}\n\n{ATTRIBUTIONS[0]}\n{QUOTED}\n\nReally.") == "Yes\nReally."
    assert own_words(f"Yes\n\n{signed}\n\n{BLOCKS[0]}{PLAIN}") == "Yes"


@pytest.mark.parametrize(
    "words",
    [
        "Yes\n\nThanks",
        "Thanks,\nAlex",
        "Please refund it.\nThanks,\nCC-700001",
        "Please refund it.\nThanks,\nAlex\nCC-700001",
        "Yes\nThanks,\nNo",
        "Please refund it.\nThanks,\nWhen will the money be there?",
        "Please refund it.\nRegards,\nAlex\nBut not to the wallet, I closed that account.",
        "Bye.\nThanks,\n#solved",
        "I sent it from my phone\nand it was lost",
        "Best,\nI think, is to refund it.\nDo it.",
    ],
)
def test_words_that_only_look_like_a_signature_stay(words: str) -> None:
    assert own_words(words) == words


SENT = (
    "Order CC-700001: you would get $44.00 back to your wallet. Shall I go ahead? Please answer yes or no.\n\n"
    "To choose, answer with its number:\n1. Yes\n2. No"
)
WRAPPED = SENT.replace("you would get ", "you would get\n").replace("Please answer ", "Please answer\n")


@pytest.mark.parametrize("quote", [SENT, WRAPPED, WRAPPED.replace("\n", "\n\n"), SENT.replace(" ", "  ")])
@pytest.mark.parametrize("before", ["", "Fra: Help\n", ATTRIBUTIONS[0] + "\n\n", *BLOCKS])
def test_our_own_text_is_known_without_any_mark(quote: str, before: str) -> None:
    for header in (before, "") if before != "Fra: Help\n" else ("",):
        assert own_words(f"{header}{quote}", [SENT]) == ""
        assert own_words(f"No\n\n{header}{quote}", [SENT]) == "No"
        assert own_words(f"{header}{quote}\n\nNo", [SENT]) == "No"


def test_what_a_program_wraps_out_of_a_quotation_is_no_answer() -> None:
    marked = "> " + WRAPPED  # it has marked only the beginning of each line that it wrapped
    assert own_words(f"{ATTRIBUTIONS[0]}\n{marked}", [SENT]) == ""
    quoted = (
        "> Order CC-700001: you would get $44.00 back to your wallet. Shall I go ahead, then,\nyes or no?\n> Or not?"
    )
    assert own_words(f"No\n{quoted}") == "No"


def test_a_choice_that_is_copied_is_one_and_that_of_the_quotation_is_none() -> None:
    assert own_words(f"1. Yes\n\n{SENT}", [SENT]) == "1. Yes"
    assert own_words(f"{SENT}\n\n2. No", [SENT]) == "2. No"


def test_a_text_of_which_only_a_part_is_there_is_not_known_for_sure() -> None:
    part = "Shall I go ahead?\n1. Yes"
    assert own_words(part, [SENT]) == part


@pytest.mark.parametrize("before", [*ATTRIBUTIONS, *WITHOUT_ADDRESS, *BLOCKS, "##- Write your answer above -##", "> a"])
@pytest.mark.parametrize("yes", ["Yes", "1", "1. Yes", "ok, go ahead"])
def test_a_yes_in_a_quotation_is_nobody_s(before: str, yes: str) -> None:
    marked = f"{before}\n\n> Shall I go ahead?\n> {yes}\n>> {yes}"
    assert own_words(marked) == ""
    assert own_words(f"No\n\n{marked}") == "No"
    if before not in WITHOUT_ADDRESS and before != "> a":
        assert own_words(f"{before}\n\nShall I go ahead?\n{yes}") == ""
        assert own_words(f"No\n\n{before}\n\nShall I go ahead?\n{yes}") == "No"


@pytest.mark.parametrize(
    "attribution",
    [
        "On Saturday, Help <help@desk.example> wrote:",
        "Help <help@desk.example> schrieb:",
        "Am 28.11.2026 um 15:10 hat Help <help@desk.example> geschrieben:",
    ],
)
def test_an_address_is_as_good_as_a_date(attribution: str) -> None:
    assert own_words(f"{OWN}\n\n{attribution}\n\n{PLAIN}") == OWN


@pytest.mark.parametrize(
    "attribution", ["Den 28.11.2026 kl. 15:10 skrev Help:", "28 ноября, Help <help@desk.example>:"]
)
def test_a_line_in_another_language_belongs_to_what_is_marked_below(attribution: str) -> None:
    assert own_words(f"{OWN}\n\n{attribution}\n{QUOTED}") == OWN


def test_a_hostile_mail_is_read_in_no_time() -> None:
    since = time.monotonic()
    for line in ("On 2026 wrote" * 30, "Op 2026 heeft" * 30, "Am 2026 schrieb x" * 20, "1-1-2026 " * 40, "a@" * 150):
        own_words(f"{line}\n" * 2_000)
    assert time.monotonic() - since < 20
