"""The OpenAPI file is complete: what the client calls, what the server answers, and a worked example that holds."""

from __future__ import annotations

import ast
import hashlib
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from bot.cases.ports.billing import Unavailable
from bot.connectors.billing_rest import deliver as rest
from bot.connectors.billing_rest import signing
from bot.connectors.billing_rest.deliver import RestGateway
from bot.connectors.billing_rest.signing import Signer
from bot.connectors.shared import gateways
from bot.order_numbers import OrderNumbers
from bot.policy.facts import Destination
from tests.gateways import contract_rules as rules

DOCUMENT = rules.document()
EXAMPLE = DOCUMENT["x-signature-example"]
SECRET = EXAMPLE["secret"].encode()


def test_the_worked_example_of_a_request_is_what_client_and_contract_server_compute() -> None:
    for asked in (EXAMPLE["request"], EXAMPLE["read"]):
        body, key = asked.get("body", "").encode(), asked.get("idempotency_key", "")
        ours = Signer(SECRET).sign_request(asked["method"], asked["path"], key, asked["timestamp"], body)
        theirs = rules.sign_request(SECRET, asked["method"], asked["path"], key, str(asked["timestamp"]), body)
        assert f"t={asked['timestamp']},v1={ours}" == asked["header"]
        assert ours == theirs
    assert hashlib.sha256(EXAMPLE["request"]["body"].encode()).hexdigest() == EXAMPLE["request"]["body_sha256"]


def test_the_worked_example_of_an_answer_is_what_client_and_contract_server_compute() -> None:
    answer, asked = EXAMPLE["answer"], EXAMPLE["request"]["header"].rpartition("=")[2]
    ours = Signer(SECRET).sign_answer(asked, answer["status"], answer["body"].encode())
    assert f"v1={ours}" == answer["header"]
    assert ours == rules.sign_answer(SECRET, asked, answer["status"], answer["body"].encode())
    assert hashlib.sha256(answer["body"].encode()).hexdigest() == answer["body_sha256"]
    assert Signer(SECRET).is_signed(answer["header"], asked, answer["status"], answer["body"].encode())


def test_the_client_sends_the_worked_example_byte_for_byte() -> None:
    sent: list[httpx.Request] = []

    def keep(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        answer = EXAMPLE["answer"]
        body = httpx.ByteStream(answer["body"].encode())
        return httpx.Response(answer["status"], stream=body, headers={signing.HEADER: answer["header"]})

    asked = EXAMPLE["request"]
    gateway = RestGateway(
        "https://billing.example", SECRET, transport=httpx.MockTransport(keep), clock=lambda: asked["timestamp"] + 0.9
    )
    payment = gateway.refund("CC-104233", Decimal("44"), "USD", Destination.WALLET, key=asked["idempotency_key"])
    assert payment == "pay_1"
    assert (sent[0].method, sent[0].url.path, sent[0].content) == (
        asked["method"],
        asked["path"],
        asked["body"].encode(),
    )
    assert sent[0].headers[signing.HEADER] == asked["header"]


def test_every_call_of_the_client_is_described_and_nothing_else_is() -> None:
    called: set[tuple[str, str]] = set()

    def note(request: httpx.Request) -> httpx.Response:
        called.add((re.sub("CC-[0-9]{6}", "{order}", request.url.path), request.method.lower()))
        return httpx.Response(503, stream=httpx.ByteStream(b""))

    gateway = RestGateway("https://billing.example", SECRET, transport=httpx.MockTransport(note), repeats=0)
    for call in (
        lambda: gateway.stop_service("CC-104233", key="key-1"),
        lambda: gateway.end_agreement("CC-104233", date(2026, 12, 31), key="key-2"),
        lambda: gateway.refund("CC-104233", Decimal("1"), "USD", Destination.WALLET, key="key-3"),
        lambda: gateway.balance("CC-104233"),
        lambda: gateway.payments("CC-104233"),
    ):
        with pytest.raises(Unavailable):
            call()
    described = {
        (path, method) for path, item in DOCUMENT["paths"].items() for method in item if method != "parameters"
    }
    assert called == described


def test_every_operation_describes_its_signature_key_and_errors() -> None:
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            names = {parameter["$ref"].rpartition("/")[2] for parameter in operation["parameters"]}
            assert names == ({"Signature"} if method == "get" else {"Signature", "IdempotencyKey"}), path
            assert {"400", "401", "403", "404", "429", "500", "503"} <= set(operation["responses"]), path
            if method == "post":
                assert {"409", "422", "425"} <= set(operation["responses"]), path


def test_every_answer_is_signed_and_has_a_schema() -> None:
    answers: list[dict[str, Any]] = [*DOCUMENT["components"]["responses"].values()]
    for item in DOCUMENT["paths"].values():
        for operation in (item.get("get"), item.get("post")):
            answers += [answer for answer in (operation or {}).get("responses", {}).values() if "$ref" not in answer]
    for answer in answers:
        assert "Billing-Signature" in answer["headers"] and answer["content"]["application/json"]["schema"]


def test_every_reference_leads_somewhere_and_every_schema_is_one() -> None:
    def references(value: Any) -> list[str]:
        if isinstance(value, list):
            return [found for item in value for found in references(item)]
        if isinstance(value, dict):
            return [found for item in value.values() for found in references(item)] + (
                [value["$ref"]] if "$ref" in value else []
            )
        return []

    for reference in references(DOCUMENT):
        place = DOCUMENT
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_the_patterns_of_the_client_are_those_of_the_document() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    key = DOCUMENT["components"]["parameters"]["IdempotencyKey"]["schema"]["pattern"]
    assert key == f"^{gateways.KEY.pattern}$"
    for setting in ("CC-104233", "#1001", r"SO\d{4}-\d{5} SO2026-00017"):
        assert re.search(schemas["OrderNumber"]["pattern"], OrderNumbers.parse(setting).example)
    assert schemas["Money"]["pattern"] == f"^{rest._MONEY.pattern}$"
    assert schemas["Error"]["properties"]["code"]["pattern"] == f"^{gateways.CODE.pattern}$"
    assert schemas["Payment"]["properties"]["id"]["pattern"] == f"^{rest._PAYMENT.pattern}$"
    assert schemas["Refund"]["properties"]["destination"]["enum"] == [destination.value for destination in Destination]


def test_httpx_is_imported_by_no_case_policy_or_store() -> None:
    bot = Path(rest.__file__).parents[2]
    for file in [path for folder in ("cases", "policy", "store") for path in (bot / folder).rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.split(".")[0] in ("httpx", "httpcore", "stamina") for name in names), file
