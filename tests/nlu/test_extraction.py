"""Order numbers, addresses and destinations, in the spellings that people use."""

from __future__ import annotations

import pytest

from bot.nlu.extraction import extract
from bot.nlu.wording import is_only_values


def values(text: str, entity: str) -> list[str]:
    """What the rules find of one kind."""
    return [found.value for found in extract(text) if found.entity == entity]


@pytest.mark.parametrize(
    "text",
    [
        "CC-104233",
        "cc104233",
        "Cc 104233",
        "cc - 104 233",
        "CC–104233",
        "cc_104233",
        "c c 104233",
        "order cc#104233",
        "104233",
        "#104233",
        "order nr. 104 233",
        "order number is 104-233.",
        "my order:104233",
        "104.233 is the number",
        "it's one zero four two three three",
        "one oh four, two double three",
        "CC-104233, thanks",
        "(104233)",
        "１０４２３３",
        "is it cc104233?",
        "alex@example.com 104233",
        "10 42 33",
        "1 0 4 2 3 3",
    ],
)
def test_an_order_number_in_any_spelling(text: str) -> None:
    assert values(text, "order_number") == ["CC-104233"]


@pytest.mark.parametrize(
    "text",
    [
        "1042337",
        "10423",
        "call me at +1 202 555 0123",
        "call 888-582-6840",
        "I paid 104233 dollars",
        "$104233",
        "I paid 1042.33 for it",
        "on 2026-11-20",
        "alex104233@example.com",
        "one two three",
        "my card number is 4111 1111 1111 1111",
        "",
    ],
)
def test_what_is_no_order_number(text: str) -> None:
    assert values(text, "order_number") == []


def test_two_numbers_in_one_message_in_their_order() -> None:
    assert values("not CC-104233 but 104244", "order_number") == ["CC-104233", "CC-104244"]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Alex@Example.COM", "alex@example.com"),
        ("it's alex.rivera+shop@mail.example.co.uk.", "alex.rivera+shop@mail.example.co.uk"),
        ("<alex@example.com>", "alex@example.com"),
        ("mail: 'alex@example.com'", "alex@example.com"),
        ("o'neil@example.com", "o'neil@example.com"),
    ],
)
def test_an_address(text: str, address: str) -> None:
    assert values(text, "email") == [address]


@pytest.mark.parametrize("text", ["alex at example", "@alex", "alex@", "alex@example"])
def test_what_is_no_address(text: str) -> None:
    assert values(text, "email") == []


@pytest.mark.parametrize(
    ("text", "destination"),
    [
        ("wallet", "wallet"),
        ("as store credit please", "wallet"),
        ("back to my card", "original_payment_method"),
        ("the way I paid", "original_payment_method"),
        ("paypal", "original_payment_method"),
        ("not the wallet, the original payment method", "original_payment_method"),
        ("wallet instead of my card", "wallet"),
    ],
)
def test_a_destination(text: str, destination: str) -> None:
    assert set(values(text, "destination")) == {destination}


def test_positions_are_those_of_the_text() -> None:
    text = "Ｏrder CC-104233, alex@example.com"
    assert [text[found.start : found.end] for found in extract(text)] == ["CC-104233", "alex@example.com"]


@pytest.mark.parametrize("text", ["CC-104233", "my order number is 104233", "it's alex@example.com and cc104233"])
def test_a_message_of_values_alone(text: str) -> None:
    assert is_only_values(text)


@pytest.mark.parametrize("text", ["refund 104233", "cancel cc104233", "hello", ""])
def test_a_message_that_says_more(text: str) -> None:
    assert not is_only_values(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I paid $50", ["50.00 USD"]),
        ("50 bucks and 12.5 euros", ["50.00 USD", "12.50 EUR"]),
        ("1,250.00 USD was taken", ["1250.00 USD"]),
        ("it cost €9.99", ["9.99 EUR"]),
        ("I made 5 calls", []),
        ("order 104233", []),
    ],
)
def test_amounts_need_a_currency(text: str, found: list[str]) -> None:
    assert values(text, "amount") == found
    assert values(text, "order_number") == (["CC-104233"] if "104233" in text else [])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bought it on 2026-11-20", ["2026-11-20"]),
        ("on Nov 20th, 2026", ["2026-11-20"]),
        ("the 20th of november", ["--11-20"]),
        ("between 1 March 2026 and Mar. 5", ["2026-03-01", "--03-05"]),
        ("2026-02-30", []),
        ("11/12/2026", []),  # the 11th of December, or November 12th: not exact
    ],
)
def test_dates_are_taken_where_they_can_mean_one_day_only(text: str, found: list[str]) -> None:
    assert sorted(values(text, "date"), reverse=True) == sorted(found, reverse=True)


@pytest.mark.parametrize(
    ("text", "destination"),
    [
        ("refund what's left on my card", None),
        ("put it on my card", "original_payment_method"),
        ("my choice is wallet", "wallet"),
    ],
)
def test_what_is_on_a_card_is_no_destination(text: str, destination: str | None) -> None:
    found = [item.value for item in extract(text) if item.entity == "destination"]
    assert found == ([destination] if destination else [])


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("it's o’neil@example.com", "o'neil@example.com"),
        ("O‘Neil＠example。com", None),
        ("o＇neil＠example．com", "o'neil@example.com"),
        ("oʼneil@my‑shop.example.com", "o'neil@my-shop.example.com"),
        ("anne‐marie@example.com", "anne-marie@example.com"),
        ("‘alex@example.com’", "alex@example.com"),
        ("that’s me: ’alex@example.com’.", "alex@example.com"),
        ("here you go—alex@example.com–thanks", "alex@example.com"),
    ],
)
def test_an_address_as_a_phone_keyboard_writes_it(text: str, email: str | None) -> None:
    assert values(text, "email") == ([email] if email else [])


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("my phone is +1 212 555 0100", "+12125550100"),
        ("it's (212) 555-0100.", "2125550100"),
        ("212.555.0100", "2125550100"),
        ("2125550100", "2125550100"),
        ("1-212-555-0100", "+12125550100"),
        ("tel. 0044 20 7946 0958", "+442079460958"),
        ("+44 (20) 7946-0958, CC-104233", "+442079460958"),
        ("my phone number is 555 0134", "5550134"),
        ("phone +49 (30) 123456", "+4930123456"),
        ("＋１２１２５５５０１００", "+12125550100"),
        ("104233, my mobile: 2125550100", "2125550100"),
    ],
)
def test_a_phone_number(text: str, phone: str) -> None:
    assert values(text, "phone") == [phone]
    assert values(text, "order_number") == (["CC-104233"] if "104233" in text else [])


@pytest.mark.parametrize(
    "text",
    [
        "CC-104233",
        "cc 104 233",
        "104233",
        "10 42 33",
        "my order is 104-233",
        "order 1042331234",
        "refund 104233 5 times",
        "my zip code is 555 2211",
        "my pin 1234567890 does not work",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111 1111 1111",
        "my card number is 4111111111",
        "2026-11-20",
        "11/12/2026",
        "20.11.2026",
        "2026-02-30",
        "$1,250,000.00",
        "1234567 dollars",
        "2125550100@example.com",
        "membership number 00031245",
        "1234567890123456789",
        "RD-7K3M9P",
        "at 10:30",
        "10 or 12 or 2125",
    ],
)
def test_what_is_no_phone_number(text: str) -> None:
    assert values(text, "phone") == []


def test_a_long_run_of_digits_is_read_in_no_time() -> None:
    assert extract("1 " * 1_000 + "(" * 500 + "1-" * 1_000) == []


@pytest.mark.parametrize("text", ["my phone is +1 212 555 0100", "(212) 555-0100", "my mobile number 2125550100"])
def test_a_phone_number_alone_says_nothing_more(text: str) -> None:
    assert is_only_values(text)
