"""The rules of docs/connect/billing-gateway.openapi.yml as the contract server checks them: written from that file
alone, not from the client, so that a mistake of one is not the mistake of both."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, RefResolver
from ruamel.yaml import YAML

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "connect" / "billing-gateway.openapi.yml"
TOLERANCE_SECONDS = 300
LONGEST_BODY = 65_536


@dataclass
class Refusal(Exception):
    """A broken rule: the status and code to answer with, and what to note."""

    status: int
    code: str
    violation: str


@dataclass(frozen=True)
class Request:
    """A request as it came; ``header`` gives all values of a header."""

    method: str
    target: str
    header: Callable[[str], list[str]]
    body: bytes


@dataclass(frozen=True)
class Wish:
    """What a request that keeps the rules asks for."""

    operation: str
    order: str
    key: str
    values: dict[str, Any]


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The OpenAPI file."""
    read: dict[str, Any] = YAML(typ="safe").load(DOCUMENT.read_text("utf-8"))
    return read


def sign_request(secret: bytes, method: str, target: str, key: str, timestamp: str, body: bytes) -> str:
    """The signature of a request, in hex."""
    text = f"v1\n{method}\n{target}\n{key}\n{timestamp}\n{hashlib.sha256(body).hexdigest()}"
    return hmac.digest(secret, text.encode(), "sha256").hex()


def sign_answer(secret: bytes, request_signature: str, status: int, body: bytes) -> str:
    """The signature of an answer, in hex."""
    text = f"v1-answer\n{request_signature}\n{status}\n{hashlib.sha256(body).hexdigest()}"
    return hmac.digest(secret, text.encode(), "sha256").hex()


def signature_of(request: Request) -> tuple[str, str]:
    """Timestamp and signature of a request, empty where they can't be read."""
    given = request.header("Billing-Signature")
    parts = re.fullmatch("t=([0-9]{1,12}),v1=([0-9a-f]{64})", given[0]) if len(given) == 1 else None
    return (parts[1], parts[2]) if parts else ("", "")


def check(request: Request, secret: bytes, now: float) -> Wish:
    """What the request asks for. Raises Refusal for the first rule that it breaks."""
    what = f"{request.method} {request.target}"
    timestamp, signature = signature_of(request)
    keys = request.header("Idempotency-Key")
    expected = sign_request(secret, request.method, request.target, ",".join(keys), timestamp, request.body)
    if not hmac.compare_digest(signature, expected):
        raise Refusal(401, "bad_signature", f"{what}: the signature is missing or wrong")
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        raise Refusal(401, "stale_timestamp", f"{what}: the timestamp is {now - int(timestamp):.0f} seconds old")
    operation, path_values = _operation(request)
    if operation is None:
        raise Refusal(404, "unknown_path", f"{what}: there is no such operation")
    problems = [f"{name} in the path: {problem}" for name, problem in _path_problems(path_values)]
    changes = "requestBody" in operation
    if changes:
        problems += _key_problems(keys) + _body_problems(operation, request, path_values)
    elif request.body or keys:
        problems.append("a read has neither body nor Idempotency-Key")
    if problems:
        raise Refusal(400, "malformed_request", f"{what}: {'; '.join(problems)}")
    values = json.loads(request.body) if changes else {}
    return Wish(operation["operationId"], path_values["order"], keys[0] if changes else "", values)


def problem_of_answer(operation: str, status: int, body: bytes) -> str | None:
    """What the file does not allow about an answer to an operation."""
    found = next(
        described
        for path in document()["paths"].values()
        for described in path.values()
        if isinstance(described, dict) and described.get("operationId") == operation
    )
    described = found["responses"].get(str(status))
    if described is None:
        return f"{operation}: the status {status} is not described"
    if "$ref" in described:
        described = document()["components"]["responses"][described["$ref"].rpartition("/")[2]]
    return next(iter(_schema_problems(described["content"]["application/json"]["schema"], json.loads(body))), None)


def _operation(request: Request) -> tuple[dict[str, Any] | None, dict[str, str]]:
    for template, described in document()["paths"].items():
        match = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/?#]+)", template), request.target)
        if match and request.method.lower() in described:
            return described[request.method.lower()], match.groupdict()
    return None, {}


def _path_problems(values: dict[str, str]) -> list[tuple[str, str]]:
    schema = {"$ref": "#/components/schemas/OrderNumber"}
    return [("order", problem) for problem in _schema_problems(schema, values["order"])]


def _key_problems(keys: list[str]) -> list[str]:
    if len(keys) != 1:
        return ["Idempotency-Key must be there exactly once"]
    return _schema_problems(document()["components"]["parameters"]["IdempotencyKey"]["schema"], keys[0])


def _body_problems(operation: dict[str, Any], request: Request, path_values: dict[str, str]) -> list[str]:
    if request.header("Content-Type") != ["application/json"]:
        return ["Content-Type must be application/json"]
    try:
        body = json.loads(request.body)
    except ValueError:
        return ["the body is no JSON"]
    problems = _schema_problems(operation["requestBody"]["content"]["application/json"]["schema"], body)
    if not problems and body["order"] != path_values["order"]:
        problems.append("the order in the body is another than in the path")
    return problems


def _schema_problems(schema: dict[str, Any], value: Any) -> list[str]:
    validator = Draft202012Validator(
        schema, resolver=RefResolver("", document()), format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    return [error.message for error in validator.iter_errors(value)]
