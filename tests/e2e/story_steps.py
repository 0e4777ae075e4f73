"""What really happened in a conversation, as the steps of a Rasa test story."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.running import Customer, Site, events_of

CONVERSATIONS = Path(__file__).parent.parent / "conversations"
_HIDDEN = ("action_listen", "action_extract_slots", "action_session_start")

Step = dict[str, Any]


def email_of(number: str) -> str:
    """The e-mail address on an order of a story."""
    return f"buyer{number[3:]}@example.net"


def stories() -> Iterator[tuple[str, Path, dict[str, Any]]]:
    """Category, file and content of every story; those in files named ``http_`` have a command with values."""
    for path in sorted(CONVERSATIONS.glob("*/*.yml")):
        for story in yaml.safe_load(path.read_text("utf-8"))["stories"]:
            yield path.parent.name, path, story


def converse(site: Site, story: dict[str, Any]) -> Customer:
    """Store the orders of a story and say its messages to the running bot."""
    for number, changes in story["metadata"]["orders"].items():
        site.order(number=number, **(changes or {}))
    customer = site.customer()
    for step in story["steps"]:
        if "user" in step:
            customer.says(plain(step["user"]))
    return customer


def plain(text: str) -> str:
    """A message of a story without its annotations: ``[cc104233]{…}`` is said as ``cc104233``."""
    said, rest = "", text.strip()
    while rest:
        start = rest.find("[")
        end = rest.find("]{", start)
        if start < 0 or end < 0:
            return said + rest
        close = rest.index("}", end)
        said, rest = said + rest[:start] + rest[start + 1 : end], rest[close + 1 :]
    return said


def steps_of(home: Path, customer: Customer) -> list[Step]:
    """The steps of a conversation from the tracker store."""
    steps: list[Step] = []
    for event in events_of(home, customer.conversation_id):
        kind = event["event"]
        if kind == "user":
            steps.append({"user": annotated(event), "intent": event["parse_data"]["intent"]["name"]})
        elif kind == "action" and event["name"] not in _HIDDEN:
            steps.append({"action": event["name"]})
        elif kind == "slot" and event["name"] in ("task", "asked"):
            steps.append({"slot_was_set": [{event["name"]: event["value"]}]})
    return steps


def annotated(event: dict[str, Any]) -> str:
    """A message with its entities, as Rasa writes them."""
    text, end = "", 0
    for entity in sorted(event["parse_data"]["entities"], key=lambda item: item["start"]):
        value = json.dumps({"entity": entity["entity"], "value": entity["value"]})
        text += event["text"][end : entity["start"]] + f"[{event['text'][entity['start'] : entity['end']]}]{value}"
        end = entity["end"]
    return text + event["text"][end:]


def ends_of(site: Site, customer: Customer) -> list[str]:
    """What came of it: each case as order, kind, state and, where one was promised, the sum."""
    ends = []
    for file in site.cases(customer):
        result = file.decisions[-1].result if file.decisions else {}
        paid = result.get("refund") if file.case.kind.value == "refund" else None
        words = [file.order_number or "-", file.case.kind.value, file.case.state.value, paid]
        ends.append(" ".join(word for word in words if word))
    return ends
