"""Whatever comes over the wire, the running bot gives a short and clear answer, and goes on."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.attacks.scene import INSIDE, WEBHOOK, world
from tests.e2e.running import Site
from tests.thorough import examples

pytestmark = pytest.mark.e2e

texts = st.text(max_size=40)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts)
shapes = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))
senders = st.text(min_size=1, max_size=140) | st.sampled_from(
    ["fuzz-1", "fuzz-2", "a@b.co", "+12125550199", "' OR '1'='1"]
)
ascii_ = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)
headers = st.dictionaries(
    st.sampled_from(
        [
            "cookie",
            "authorization",
            "x-forwarded-for",
            "x-forwarded-proto",
            "origin",
            "content-type",
            "host",
            "expect",
            "x-http-method-override",
            "forwarded",
            "content-encoding",
            "accept",
            "upgrade",
        ]
    ),
    ascii_
    | st.sampled_from(["refund_desk=" + "A" * 43, "Bearer a.b.c", "application/json", "gzip", "127.0.0.1", "null"]),
    max_size=3,
)
bodies = st.one_of(
    st.binary(max_size=200),
    shapes.map(lambda data: json.dumps(data).encode()),
    st.fixed_dictionaries(
        {"sender": senders | scalars, "message": texts | scalars},
        optional={"message_id": texts | scalars, "metadata": shapes, "slots": shapes},
    ).map(lambda data: json.dumps(data).encode()),
)


def asked(site: Site, method: str, path: str, **request: Any) -> httpx.Response:
    """A request with whatever headers; those that no HTTP client sends are left out."""
    given_ = request.pop("headers", {})
    named = {name: value.strip() for name, value in given_.items() if value.strip()}
    return httpx.request(method, f"{site.url}{path}", headers=named, timeout=20, **request)


def is_clear(answer: httpx.Response) -> None:
    """200 with something said, or a short error."""
    assert answer.status_code == 200 or 400 <= answer.status_code < 500, answer.text
    if answer.status_code == 200:
        said = "\n".join(reply.get("text", "") for reply in answer.json())
        assert said.strip() and not INSIDE.search(said)
    elif answer.status_code == 429:
        assert answer.json()[0]["text"] and int(answer.headers["retry-after"]) > 0
    else:
        assert set(answer.json()) == {"error"} and len(answer.text) < 300 and not INSIDE.search(answer.text)


@given(bodies, headers)
@settings(max_examples=examples(150), deadline=None, suppress_health_check=list(HealthCheck))
def test_any_post_has_a_clear_answer(attacked: Site, body: bytes, named: dict[str, str]) -> None:
    is_clear(asked(attacked, "POST", WEBHOOK, content=body, headers=named))


@given(
    st.sampled_from(["GET", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30),
    headers,
)
@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
def test_any_other_request_has_a_clear_answer(attacked: Site, method: str, path: str, named: dict[str, str]) -> None:
    try:
        answer = asked(attacked, method, f"/{path}", headers=named)
    except httpx.InvalidURL:
        return
    assert answer.status_code < 500 and not INSIDE.search(answer.text[:300])


def test_after_all_that_nothing_has_happened(attacked: Site) -> None:
    """The last of this file, on the same bot."""
    before = world(attacked)
    assert httpx.get(f"{attacked.url}/health", timeout=20).status_code == 200
    buyer = attacked.customer()
    number, email = attacked.order()
    assert "reason" in buyer.says(f"I want a refund for {number}, {email}")
    assert world(attacked).ledger == before.ledger
    logs = "".join(path.read_text("utf-8", "replace") for path in (attacked.home / "logs").glob("*.log"))
    assert "Traceback" not in logs and "failed" not in logs, logs[-2_000:]
