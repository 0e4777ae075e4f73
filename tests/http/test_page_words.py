"""The words of a mail's HTML part, however hostile it is."""

from __future__ import annotations

import pytest

from bot.connectors.shared.mail_words import mail_words
from bot.connectors.shared.own_words import own_words
from bot.connectors.shared.page_words import _Page, page_words


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("<p>I want a <b>refund</b> for CC-700001</p>", "I want a refund for CC-700001"),
        ("<div>one</div><div>two<br>three</div>", "one\ntwo\nthree"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<p>a\n  b&nbsp;c &amp; d &lt;e&gt; &#65; &#x42;</p>", "a b c & d <e> A B"),
        ("<pre>a\n  b</pre>", "a\nb"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("x < y and <3", "x < y and <3"),
        ("<html><head><title>t</title><style>p {}</style></head><body>seen</body></html>", "seen"),
        ("<script>if (a</b) c</script>seen<!-- <p>not</p> -->", "seen"),
        ("<span style='display: none'>not</span>seen", "seen"),
        ('<a title="a > b" href=x>seen</a>', "seen"),
        ("<p title=don't>seen</p><p>don't</p>", "seen\n\ndon't"),
        ("<p>No</p><div class='gmail_signature'>Alex Doe</div>", "No"),
        ("No<blockquote>Yes</blockquote>below", "No\n> Yes\nbelow"),
        ("No<blockquote>Yes<blockquote>Yes</blockquote>Yes", "No\n> Yes\n> Yes\n> Yes"),
        ("No<div class='yahoo_quoted'><div>Yes</div></div>", "No\n> Yes"),
        ("<div>No</div><div id='divRplyFwdMsg'>Fra: x</div><div>Yes</div>", "No\n> Fra: x\n> Yes"),
        ("</p></div>seen</b>", "seen"),
        ("seen<p", "seen"),
        ("&#99999999999999999999; &#x110000;", "&#99999999999999999999; �"),
    ],
)
def test_what_a_reader_sees(page: str, words: str) -> None:
    assert page_words(page) == words


def test_gmail_s_quotation_is_taken_off_in_every_language() -> None:
    quote = "<div class=gmail_quote><div class=gmail_attr>Den lør. 28. nov. skrev Help:</div><blockquote>Yes"
    assert own_words(page_words(f"<div>No</div>{quote}</blockquote></div>")) == "No"


class Counted(str):
    """A text that counts how many of its characters were looked at to find something in it."""

    looked_at = 0

    def find(self, what: str, start: int = 0) -> int:  # type: ignore[override]
        found = super().find(what, start)
        Counted.looked_at += (len(self) if found < 0 else found) - start
        return found


HOSTILE = (
    "<div> < <! <!-- <a <? <a\tb=\" <a\tb=' </ <script> <script></ & &#1 b=c\t <br> </b> <div><b></i> <pre>\n "
    "<p\ta='\"> <blockquote> <a\t'x'\t\" <title></titl <td></td> <a\tb=\"'"
)


@pytest.mark.parametrize("piece", HOSTILE.split(" "))
def test_a_hostile_page_is_looked_through_once(piece: str) -> None:
    page, Counted.looked_at = Counted(piece * (1_000_000 // len(piece))), 0
    _Page(page).words()
    assert Counted.looked_at <= 8 * len(page), "once for each thing that is looked for"


@pytest.mark.parametrize(
    "plain", ["", " \n", "-- \nAlex", "Sent from my iPhone", "____\nlist of the shop: https://x.example"]
)
def test_the_page_has_the_words_where_the_plain_part_has_none_or_a_footer(plain: str) -> None:
    assert mail_words(plain, "<p>I want a refund</p>") == "I want a refund"


def test_the_plain_part_has_the_words_where_both_say_the_same() -> None:
    assert mail_words("No\n\n> Yes", "<p>No</p><div>Yes</div>") == "No"
    assert mail_words("No", "") == mail_words("No", "<p> </p>") == "No"


def test_a_page_takes_nothing_out_of_what_the_plain_part_marks_as_quoted() -> None:
    assert mail_words("> Shall I go ahead?\n> Yes", "<div>Shall I go ahead?</div><div>Yes</div>") == ""
