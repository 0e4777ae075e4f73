"""Every name and every error that people can be shown has its message."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum
from importlib import import_module
from pkgutil import walk_packages

import pytest

import bot.connectors
from bot.cases import errors
from bot.cases.model import CaseKind, CaseState, Cause, CustomerReason, Role, Verdict
from bot.connectors.billing_rest.deliver import GatewayRejected
from bot.connectors.registry import CONNECTORS, MAIL
from bot.connectors.shared.gateways import SystemRejected
from bot.policy.facts import Destination, OrderStatus, ProductKind
from bot.setting_groups.base import Group
from bot.settings import GROUPS
from bot.store.backups import BackupError
from bot.wording import CodedError, say
from tests.wording.messages import ROOT, message_of, messages_of, responses
from tests.wording.test_catalogue import variables

NO_VALUES = {"retry_after", "gone", "is_broken", "others", "settings"}
"""What errors have beside their values."""


def errors_below(kind: type[CodedError]) -> dict[str, type[CodedError]]:
    """The errors of that kind, by their names, whatever was imported before."""
    for module in walk_packages(bot.connectors.__path__, "bot.connectors."):
        import_module(module.name)
    found = {kind.__name__: kind}
    for below in kind.__subclasses__():
        found |= errors_below(below)
    return found


def raised_by_name(names: set[str]) -> Iterator[tuple[str, ast.Call]]:
    """Where errors of these names are made, and how."""
    for file in [*ROOT.glob("bot/**/*.py"), *ROOT.glob("actions/**/*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                yield f"{file}:{node.lineno}", node


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
    for row in CONNECTORS:
        assert row.delivers == (MAIL,) or row.part("deliver")
    kinds, messages, raised = errors_below(CodedError), variables("en"), set()
    for name in {**errors_below(SystemRejected), **errors_below(GatewayRejected)}:
        del kinds[name]  # their codes are those of others
    assert kinds[BackupError.__name__].group == "backup_error"
    for place, call in raised_by_name(set(kinds)):
        if call.args and isinstance(call.args[0], ast.Constant):
            assert isinstance(call.func, ast.Name)
            code = f"{kinds[call.func.id].group}_{call.args[0].value}"
            given = {keyword.arg for keyword in call.keywords} - NO_VALUES
            raised.add(code)
            assert code in messages, place
            assert None in given or given == messages[code], place
    assert {"error_take_first", "fault_answered", "setting_error_wrong", "store_error_no_url"} <= raised
    assert len(raised) > 120


def test_what_is_known_of_a_refusal_has_a_message_and_its_values() -> None:
    messages, known = variables("en"), set()
    for place, call in raised_by_name(set(errors_below(SystemRejected))):
        if len(call.args) > 1 and isinstance(call.args[1], ast.Constant):
            code, given = f"refusal_{call.args[1].value}", {keyword.arg for keyword in call.keywords} - {"status"}
            known.add(code)
            assert code in messages, place
            assert given == messages[code], place
    assert known == {code for code in messages if code.startswith("refusal_")}


def test_what_keeps_a_demo_away_has_a_name() -> None:
    fields = [field for group in GROUPS for field in group.fields().values()]
    codes = {group.stands_for for group in GROUPS} | {
        field.field_info.extra.get("stands_for", Group.stands_for) for field in fields
    }
    named = {code: say("stands_for", system=code) for code in codes}
    assert all(name != code or name[0].isupper() for code, name in named.items())


def test_an_error_is_a_code_with_values_and_said_where_it_is_shown() -> None:
    error = errors.NotAllowed("agent_has_it", name="Dana")
    assert (error.code, error.values, error.text()) == ("agent_has_it", {"name": "Dana"}, "Dana has it.")
