"""What a form of the plain pages brings back."""

from __future__ import annotations

from urllib.parse import urlencode

from bot.http.pages.forms import read_fields

FORM = "application/x-www-form-urlencoded"


def test_the_token_of_a_form_comes_back_as_it_was_even_with_digits_like_a_card_s() -> None:
    token = f"{'a' * 24}4111111111111111{'b' * 24}"
    fields = read_fields(FORM, urlencode({"token": token, "words": "my card is 4111111111111111"}).encode())
    assert fields.values["token"] == token
    assert "4111" not in fields.values["words"] and fields.cards == {"words"}
