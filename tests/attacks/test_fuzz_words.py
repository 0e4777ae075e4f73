"""Whatever is written, it is read without an error, and reading it twice changes nothing."""

from __future__ import annotations

import json
import re
import time
from datetime import datetime, timezone
from typing import Any

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.http.clean_text import clean
from bot.http.rest import BadRequest, read, without_cards
from bot.http.tokens import BadToken, Claims, TokenKeys
from bot.masking import mask_cards
from bot.nlu.extraction import extract
from bot.nlu.intent_model import NOTHING
from bot.nlu.payload_guard import NO, PayloadGuard
from tests.attacks.hostile import SECRET, attempts
from tests.thorough import examples

INTENTS = ("affirm", "request_refund", "restart", "session_start", "inform", "back", "SetSlots", "nlu_fallback")
OFFERED = "/affirm"

pieces = st.one_of(
    st.text(max_size=15),
    st.text(st.characters(), max_size=8),
    st.sampled_from(
        ["/", "／", " ", "\n", "\u200b", "\u202e", "\ufeff", "\0", "\ud800", "{", '{"a": "b"}', "@1.0", "()"]
    ),
    st.sampled_from(INTENTS),
    st.sampled_from(["4111 1111 1111 1111", "CC-104233", "a@b.co", "RD-AAAAAA", "+1 212 555 0100", "$50.00", "²", "٣"]),
)
texts = st.lists(pieces, max_size=6).map("".join)


def guarded(text: str, *offers: str) -> str:
    """What the rest of the pipeline gets to see after an offer of buttons."""
    guard = PayloadGuard.create(PayloadGuard.get_default_config(), None, None, None)  # type: ignore[arg-type]
    buttons = [{"title": offer, "payload": offer} for offer in offers]
    tracker = DialogueStateTracker.from_events("talk", [UserUttered("hi"), BotUttered("Sure?", {"buttons": buttons})])
    (message,) = guard.process([Message({TEXT: text})], tracker)
    return str(message.get(TEXT))


@given(texts)
@settings(max_examples=examples(400), deadline=None)
def test_only_an_offered_payload_stays_one(text: str) -> None:
    seen = guarded(text, OFFERED)
    assert not seen.strip().startswith("/") or text.strip() == OFFERED
    assert (any(char.isalnum() for char in seen) or seen == NOTHING) and len(seen) <= 1_001
    assert guarded(seen) == seen or text.strip() == OFFERED


@given(st.sampled_from(INTENTS), st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2), texts)
@settings(max_examples=examples(200), deadline=None)
def test_no_payload_gets_through_that_nobody_offered(intent: str, slots: dict[str, str], after: str) -> None:
    for text in (
        f"/{intent}{json.dumps(slots)}",
        f" /{intent}",
        f"/{intent}@0.9{json.dumps(slots)}",
        f"/{intent}{after}",
    ):
        if text.strip() != OFFERED:
            assert not guarded(text, OFFERED).lstrip().startswith("/")


@given(texts)
@settings(max_examples=examples(400), deadline=None)
def test_a_text_is_cleaned_once_and_for_all(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    once.encode()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", once)


@given(texts)
@settings(max_examples=examples(400), deadline=None)
def test_card_numbers_are_masked_once_and_for_all(text: str) -> None:
    once, had = mask_cards(text)
    assert mask_cards(once) == (once, False)
    assert had == (once != text)
    name = clean(text)
    assert without_cards(without_cards(name)) == without_cards(name)


@given(texts)
@settings(max_examples=examples(400), deadline=None)
def test_what_is_found_in_a_text_has_the_form_of_its_kind(text: str) -> None:
    forms = {
        "order_number": r"CC-\d{6}",
        "email": r"[^@\s]+@[^@\s]+",
        "phone": r"\+?\d{7,15}",
        "reference": r"RD-[A-Z0-9]{6}",
        "amount": r"\d+\.\d\d [A-Z]{3}",
        "date": r"(?:\d{4}|-)-\d\d-\d\d",
        "destination": r"wallet|original_payment_method",
    }
    for found in extract(clean(text)):
        assert re.fullmatch(forms[found.entity], found.value, re.ASCII), found
        assert 0 <= found.start < found.end <= len(clean(text))


def test_the_longest_message_is_read_at_once() -> None:
    shapes = [
        "1 " * 1_000,
        "a@" * 1_000,
        "a." * 1_000,
        "one " * 500,
        "4" * 2_000,
        "4-" * 1_000,
        "c c " * 500,
        "(" * 2_000,
    ]
    shapes += ["0" * 12 + " " * 500, "\u0301" * 2_000, "$1,111" * 300, "a@a" + ".a" * 990, "phone " * 330, "+1" * 1_000]
    for text in shapes:
        started = time.process_time()  # a machine that is busy is no fault
        extract(clean(mask_cards(text)[0]))
        assert time.process_time() - started < 2, text[:20]


# The body of a request

scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts)
bodies = st.fixed_dictionaries(
    {},
    optional={"sender": scalars | st.lists(texts, max_size=2), "message": scalars, "message_id": scalars, "x": scalars},
)


messages = st.fixed_dictionaries(
    {"sender": st.text(min_size=1, max_size=130), "message": texts}, optional={"message_id": texts}
)


def is_message_or_refused(body: bytes) -> None:
    try:
        sender, text, message_id = read(body)
    except BadRequest as error:
        assert 0 < len(str(error)) < 200
        return
    assert 1 <= len(sender) <= 128 and sender == sender.strip() == clean(sender)
    assert text == clean(text)
    assert message_id is None or (message_id.isprintable() and 1 <= len(message_id) <= 100)


@given(st.binary(max_size=100))
@settings(max_examples=examples(300), deadline=None)
def test_any_bytes_are_a_message_or_refused(body: bytes) -> None:
    is_message_or_refused(body)


@given(bodies | messages, st.sampled_from(["utf-8", "utf-16", "utf-32"]))
@settings(max_examples=examples(400), deadline=None)
def test_any_object_is_a_message_or_refused(data: dict[str, Any], encoding: str) -> None:
    is_message_or_refused(json.dumps(data).encode(encoding))


# Tokens

NOW = datetime(2026, 5, 6, 16, 0, tzinfo=timezone.utc)
KEYS = TokenKeys({"HS256": SECRET})
CLAIMS = {"sub": "u", "email": "alex@example.com", "aud": "refund-desk", "exp": NOW.timestamp() + 60}
GOOD = jwt.encode(CLAIMS, SECRET)


def refused(token: str) -> None:
    with pytest.raises(BadToken) as told:
        KEYS.check(token, NOW)
    assert 0 < len(str(told.value)) < 100


def test_the_token_that_the_others_are_made_of_is_good() -> None:
    assert isinstance(KEYS.check(GOOD, NOW), Claims)


@pytest.mark.parametrize("signature", [GOOD.rpartition(".")[2], ""])
def test_a_token_that_names_somebody_else_needs_a_signature_of_its_own(signature: str) -> None:
    payload = json.dumps({**CLAIMS, "email": "somebody@example.com"}).encode()
    refused(".".join([GOOD.partition(".")[0], jwt.utils.base64url_encode(payload).decode(), signature]))


@given(st.text(max_size=100) | st.binary(max_size=100).map(lambda data: data.decode("latin-1")))
@settings(max_examples=examples(300), deadline=None)
def test_no_text_is_a_token(token: str) -> None:
    refused(token)


@given(st.integers(0, len(GOOD) - 1), st.characters(whitelist_categories=("Lu", "Ll", "Nd")))
@settings(max_examples=examples(300), deadline=None)
def test_no_token_with_another_letter_names_somebody_else(place: int, letter: str) -> None:
    changed = GOOD[:place] + letter + GOOD[place + 1 :]
    try:
        claims = KEYS.check(changed, NOW)
    except BadToken:
        return
    assert claims.email == "alex@example.com" and claims.subject == "u", "the unused bits of the last letter"


@given(
    st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit", "jku", "b64"]), scalars, max_size=3),
    st.dictionaries(st.sampled_from([*CLAIMS, "nbf", "iat", "email_verified"]), scalars, min_size=1, max_size=3),
    st.sampled_from(["", "none", "x" * 43]),
)
@settings(max_examples=examples(300), deadline=None)
def test_no_claims_without_the_secret_are_taken(header: Any, changes: Any, signature: str) -> None:
    def part(data: Any) -> str:
        return jwt.utils.base64url_encode(json.dumps(data).encode()).decode()

    refused(".".join([part({"alg": "HS256", **header}), part({**CLAIMS, **changes}), signature]))


@given(st.dictionaries(st.sampled_from([*CLAIMS, "nbf", "iat", "email_verified"]), scalars, min_size=1, max_size=3))
@settings(max_examples=examples(300), deadline=None)
def test_odd_claims_of_the_shop_itself_are_good_or_refused(changes: dict[str, Any]) -> None:
    token = jwt.encode(CLAIMS, SECRET)
    head, _, _ = token.split(".")
    payload = jwt.utils.base64url_encode(json.dumps({**CLAIMS, **changes}).encode()).decode()
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
        f"{head}.{payload}".encode(), SECRET.encode()
    )
    try:
        claims = KEYS.check(f"{head}.{payload}.{jwt.utils.base64url_encode(signature).decode()}", NOW)
    except BadToken:
        return
    assert claims.expires_at > NOW and re.fullmatch(r"[^@\s]+@[^@\s]+", claims.email) and claims.subject


def test_every_hostile_message_is_read_without_an_error() -> None:
    for hostile, _ in attempts():
        for post in hostile.posts:
            text = clean(post["message"])
            extract(mask_cards(text)[0])
            assert not guarded(text).startswith("/") or text == NO
