"""Every name and every error that people can be shown has its message."""

from __future__ import annotations

import ast
from enum import Enum

import pytest

from bot.cases import errors
from bot.cases.conversation.notices import BadEmail
from bot.cases.model import CaseKind, CaseState, Cause, CustomerReason, Role, Verdict
from bot.cases.privacy.personal_data import CaseInFlight, UnknownPerson
from bot.policy.facts import Destination, OrderStatus, ProductKind
from bot.wording import say
from tests.wording.messages import ROOT, message_of, messages_of, responses
from tests.wording.test_catalogue import variables

ERRORS = {name for name, found in vars(errors).items() if isinstance(found, type)} | {
    error.__name__ for error in (BadEmail, CaseInFlight, UnknownPerson)
}


@pytest.mark.parametrize(
    ("prefix", "names"),
    [
        ("state", CaseState),
        ("desk_state", CaseState),
        ("kind", CaseKind),
        ("handoff", Cause),
        ("reason", CustomerReason),
        ("reason_mine", CustomerReason),
        ("verdict", Verdict),
        ("role", Role),
        ("product_kind", ProductKind),
    ],
)
def test_every_member_has_a_name_of_its_own(prefix: str, names: type[Enum]) -> None:
    said = [say(f"{prefix}_{member.value}") for member in names]
    assert len(set(said)) == len(said)


@pytest.mark.parametrize("label", ["destination_yours", "destination_the", "destination_card", "destination_mine"])
def test_every_destination_has_a_name_of_its_own(label: str) -> None:
    assert len({say(label, destination=member.value) for member in Destination}) == len(Destination)


@pytest.mark.parametrize("kind", ProductKind)
def test_every_kind_of_product_has_words_for_its_stop_and_for_both_wishes_at_once(kind: ProductKind) -> None:
    assert {f"stops_{kind.value}", message_of(f"utter_plan/{kind.value}")} <= set(messages_of("en"))
    assert f"utter_plan/{kind.value}" in responses()


def test_every_status_of_an_order_has_a_name_of_its_own() -> None:
    said = [say("order_status", status=member.value) for member in OrderStatus]
    assert len(set(said)) == len(said) and not any("_" in name for name in said)


def test_a_way_to_pay_is_named_in_words_or_as_the_shop_calls_it() -> None:
    assert [say("payment_method", method=method) for method in ("cash", "prepaid_voucher", "bacs")] == [
        "cash",
        "prepaid voucher",
        "bacs",
    ]


def test_every_error_has_a_message_and_its_values() -> None:
    messages, raised = variables("en"), set()
    for file in [*ROOT.glob("bot/**/*.py"), *ROOT.glob("actions/**/*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS):
                continue
            if node.args and isinstance(node.args[0], ast.Constant):
                code, given = f"error_{node.args[0].value}", {keyword.arg for keyword in node.keywords}
                raised.add(code)
                assert code in messages, f"{file}:{node.lineno}"
                assert None in given or given == messages[code], f"{file}:{node.lineno}"
    assert len(raised) > 50


def test_an_error_is_a_code_with_values_and_said_where_it_is_shown() -> None:
    error = errors.NotAllowed("agent_has_it", name="Dana")
    assert (error.code, error.values, error.text()) == ("agent_has_it", {"name": "Dana"}, "Dana has it.")
