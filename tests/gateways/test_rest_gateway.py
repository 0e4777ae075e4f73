"""The billing gateway over real HTTP: what is done, what is done once, and what each failure means."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.cases.ports.billing import Balance, Rejected, Unavailable
from bot.connectors.billing_rest.deliver import GatewayRejected, GatewayUnavailable, RestGateway
from bot.policy.facts import Destination
from bot.policy.money import is_payable, unit_of
from tests.gateways.contract_server import Answer, ContractServer, End, Fault, Stop
from tests.gateways.gateway_builders import CARD, PLAN, gateway_to, limits_for
from tests.thorough import examples

KEY = "RD-YTAF7F:refund"
WALLET = Destination.WALLET
REFUSED = [400, 401, 403, 404, 409, 422]
UNCLEAR = [202, 204, 301, 302, 307, 405, 408, 410, 418, 425, 429, 500, 501, 502, 503, 504, 599]
HARMFUL = [fault for fault in Fault if fault is not Fault.NONE]


def pay(gateway: RestGateway, amount: str = "44.00", key: str = KEY) -> str:
    """Refund to the wallet."""
    return gateway.refund(CARD, Decimal(amount), "USD", WALLET, key=key)


# What is done


def test_each_call_does_what_it_says_and_breaks_no_rule(server: ContractServer, gateway: RestGateway) -> None:
    gateway.stop_service(CARD, key="RD-1:stop")
    gateway.end_agreement(PLAN, date(2026, 12, 31), key="RD-2:end")
    payment = gateway.refund(CARD, Decimal("44"), "USD", Destination.ORIGINAL_PAYMENT_METHOD, key="RD-1:refund")
    assert server.stops == [Stop("RD-1:stop", CARD)]
    assert server.ends == [End("RD-2:end", PLAN, "2026-12-31")]
    assert [(paid.id, paid.key, paid.order, paid.amount, paid.destination) for paid in server.payments] == [
        (payment, "RD-1:refund", CARD, Decimal("44.00"), "original_payment_method")
    ]
    assert server.violations == []
    assert [call.operation for call in server.calls] == ["stop", "agreement-end", "refunds"]


def test_a_card_has_a_balance_and_a_plan_none(server: ContractServer, gateway: RestGateway) -> None:
    server.book.add_order("CC-104240", remaining="31.50", used=True)
    assert gateway.balance("CC-104240") == Balance(Decimal("31.50"), "USD", True)
    assert gateway.balance(PLAN) == Balance(None, "USD", False)
    assert server.violations == []


def test_a_balance_may_shrink_in_the_moment_of_the_stop(server: ContractServer, gateway: RestGateway) -> None:
    server.book.spend_at_stop(CARD, "20.00")
    assert gateway.balance(CARD) == Balance(Decimal("50.00"), "USD", False)
    gateway.stop_service(CARD, key="RD-1:stop")
    assert gateway.balance(CARD) == Balance(Decimal("30.00"), "USD", True)
    gateway.stop_service(CARD, key="RD-2:stop")
    assert gateway.balance(CARD).remaining == Decimal("30.00")


def test_a_url_may_have_a_path_of_its_own(server: ContractServer) -> None:
    with RestGateway(f"{server.url}/billing/", server.secret) as gateway, pytest.raises(GatewayRejected) as refused:
        gateway.balance(CARD)
    assert refused.value.code == "unknown_path"
    assert "GET /billing/v1/orders/CC-104233/balance" in server.violations[0]


# Once


def test_the_same_call_twice_pays_once_and_answers_the_same(server: ContractServer, gateway: RestGateway) -> None:
    assert pay(gateway) == pay(gateway)
    assert len(server.payments) == 1 and server.book.count("refunds", key=KEY) == 2


def test_another_amount_under_the_same_key_is_rejected(server: ContractServer, gateway: RestGateway) -> None:
    pay(gateway)
    with pytest.raises(GatewayRejected) as refused:
        pay(gateway, "43.00")
    assert (refused.value.code, refused.value.status) == ("key_reused", 409)
    assert [payment.amount for payment in server.payments] == [Decimal("44.00")]
    assert server.book.count("refunds") == 2  # not repeated


def test_one_key_for_a_stop_and_a_refund_is_rejected(server: ContractServer, gateway: RestGateway) -> None:
    gateway.stop_service(CARD, key=KEY)
    with pytest.raises(Rejected, match="key_reused"):
        pay(gateway)


@pytest.mark.parametrize("fault", [Fault.ERROR_AFTER, Fault.DROP_AFTER, Fault.LATE, Fault.WRONG_SIGNATURE, Fault.SLOW])
def test_a_refund_that_was_paid_behind_an_error_is_not_paid_again(
    server: ContractServer, gateway: RestGateway, fault: Fault
) -> None:
    server.faults = [fault]
    assert pay(gateway) == "pay_1"
    assert len(server.payments) == 1 and server.book.count("refunds", key=KEY) == 2
    assert server.violations == []


def test_a_later_call_after_an_outage_finds_the_payment(server: ContractServer, gateway: RestGateway) -> None:
    server.faults = [Fault.ERROR_AFTER] * 3
    with pytest.raises(Unavailable):
        pay(gateway)
    server.stop()
    with pytest.raises(Unavailable, match="ConnectError"):
        pay(gateway)
    server.start()
    assert pay(gateway) == "pay_1"
    assert len(server.payments) == 1


def test_many_at_once_with_one_key_pay_once(server: ContractServer) -> None:
    with RestGateway(server.url, server.secret) as gateway, ThreadPoolExecutor(8) as threads:
        assert set(threads.map(lambda _: pay(gateway), range(24))) == {"pay_1"}
    assert len(server.payments) == 1 and server.violations == []


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    faults=st.lists(st.sampled_from(HARMFUL), max_size=7), keys=st.lists(st.sampled_from("abc"), min_size=1, max_size=4)
)
def test_whatever_goes_wrong_each_key_pays_at_most_once(faults: list[Fault], keys: list[str]) -> None:
    with ContractServer(slow_seconds=0.06, drip_seconds=0.005) as server:
        server.book.add_order(CARD, paid="1000.00")
        server.faults = faults
        with RestGateway(
            server.url, server.secret, call_seconds=0.05, total_seconds=0.3, wait_seconds=0.001
        ) as gateway:
            answers: dict[str, set[str]] = {key: set() for key in keys}
            for key in keys:
                with contextlib.suppress(Unavailable):
                    answers[key].add(pay(gateway, key=f"key-{key}"))
            server.faults = []
            gateway._call_seconds = 5  # a machine that is busy is no fault
            gateway._total_seconds = 5
            for key in keys:
                answers[key].add(pay(gateway, key=f"key-{key}"))
        assert all(len(payments) == 1 for payments in server.payments_by_key.values())
        assert set(server.payments_by_key) == {f"key-{key}" for key in keys}
        assert all(len(ids) == 1 for ids in answers.values())
        assert server.violations == []


# What each failure means


@pytest.mark.parametrize("fault", HARMFUL)
@pytest.mark.parametrize("call", ["stop", "agreement-end", "refunds", "balance"])
def test_every_fault_of_the_network_or_the_gateway_is_unavailable(
    server: ContractServer, fault: Fault, call: str
) -> None:
    server.faults = [fault]
    calls: dict[str, Callable[[RestGateway], Any]] = {
        "stop": lambda gateway: gateway.stop_service(CARD, key=KEY),
        "agreement-end": lambda gateway: gateway.end_agreement(PLAN, date(2026, 12, 31), key=KEY),
        "refunds": pay,
        "balance": lambda gateway: gateway.balance(CARD),
    }
    with gateway_to(server, repeats=0, limits=limits_for(fault)) as gateway:
        with pytest.raises(GatewayUnavailable) as unclear:
            calls[call](gateway)
        calls[call](RestGateway(server.url, server.secret))
    assert server.violations == []
    assert (unclear.value.retry_after == 2) == (fault in (Fault.TOO_MANY, Fault.CLOSED))


@pytest.mark.parametrize("status", UNCLEAR)
def test_an_unclear_status_is_unavailable_and_repeated(
    server: ContractServer, gateway: RestGateway, status: int
) -> None:
    server.faults = [Answer(status)] * 3 if status != 204 else [Answer(204, b"")] * 3
    with pytest.raises(GatewayUnavailable, match=str(status)):
        pay(gateway)
    assert server.book.count("refunds") == 3
    assert pay(gateway) == "pay_1"


@pytest.mark.parametrize("status", REFUSED)
def test_a_refusal_is_rejected_with_the_code_and_never_repeated(
    server: ContractServer, gateway: RestGateway, status: int
) -> None:
    server.faults = [Answer(status, {"code": "card_expired", "message": "Card of alex@example.com"})]
    with pytest.raises(GatewayRejected) as refused:
        pay(gateway)
    assert (refused.value.code, refused.value.status) == ("card_expired", status)
    assert str(refused.value) == "the billing gateway refused: card_expired"
    assert server.book.count() == 1


@pytest.mark.parametrize(
    "code",
    [
        "Card of alex@example.com",
        "x" * 65,
        "",
        "a\nb",
        "\x1b[31m",
        "4111111111111111",
        "prix élevé",
        7,
        None,
        ["x"],
        {},
    ],
)
def test_a_code_that_is_none_is_replaced_by_the_status(
    server: ContractServer, gateway: RestGateway, code: object
) -> None:
    server.faults = [Answer(422, {"code": code})]
    with pytest.raises(GatewayRejected) as refused:
        pay(gateway)
    assert refused.value.code == "http_422"


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'"x"', b"{", b"\xff", pytest.param(b"[" * 60_000, id="deep"), b"NaN"]
)
@pytest.mark.parametrize("status", [201, 422])
def test_a_body_that_is_no_object_is_unavailable(
    server: ContractServer, gateway: RestGateway, status: int, body: bytes
) -> None:
    server.faults = [Answer(status, body)] * 3
    with pytest.raises(Unavailable):
        pay(gateway)


ECHO = {"id": "pay_9", "order": CARD, "amount": "44.00", "currency": "USD", "destination": "wallet"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"order": "CC-104234"},
        {"amount": "44.01"},
        {"amount": 44.0},
        {"amount": "44.0"},
        {"currency": "EUR"},
        {"destination": "original_payment_method"},
        {"id": ""},
        {"id": 9},
        {"id": "pay\n9"},
        {"id": "x" * 65},
        {"id": None},
        {"order": None},
    ],
)
def test_a_payment_that_is_not_the_one_asked_for_is_unavailable(
    server: ContractServer, gateway: RestGateway, wrong: dict[str, Any]
) -> None:
    server.faults = [Answer(201, {**ECHO, **wrong})] * 3
    with pytest.raises(Unavailable, match="makes no sense"):
        pay(gateway)
    server.faults = [Answer(201, ECHO)]
    assert pay(gateway) == "pay_9"


@pytest.mark.parametrize(
    "answer",
    [{"order": "CC-104234", "stopped": True}, {"order": CARD, "stopped": False}, {"order": CARD, "stopped": 1}, {}],
)
def test_a_stop_that_is_not_confirmed_is_unavailable(
    server: ContractServer, gateway: RestGateway, answer: dict[str, Any]
) -> None:
    server.faults = [Answer(200, answer)] * 3
    with pytest.raises(Unavailable):
        gateway.stop_service(CARD, key=KEY)


@pytest.mark.parametrize(
    "answer", [{"order": PLAN, "last_day": "2027-01-01"}, {"order": CARD, "last_day": "2026-12-31"}, {}]
)
def test_an_end_on_another_day_or_of_another_order_is_unavailable(
    server: ContractServer, gateway: RestGateway, answer: dict[str, Any]
) -> None:
    server.faults = [Answer(200, answer)] * 3
    with pytest.raises(Unavailable):
        gateway.end_agreement(PLAN, date(2026, 12, 31), key=KEY)


@pytest.mark.parametrize(
    "wrong",
    [
        {"order": PLAN},
        {"remaining": 31.5},
        {"remaining": "-1.00"},
        {"remaining": "1e3"},
        {"remaining": "NaN"},
        {"remaining": "31.505"},
        {"remaining": "٣"},
        {"remaining": ""},
        {"currency": "usd"},
        {"currency": "XXX"},
        {"currency": None},
        {"used": "false"},
        {"used": None},
    ],
)
def test_a_balance_that_makes_no_sense_is_unavailable(
    server: ContractServer, gateway: RestGateway, wrong: dict[str, Any]
) -> None:
    right = {"order": CARD, "remaining": "31.50", "currency": "USD", "used": True}
    server.faults = [Answer(200, {**right, **wrong})] * 3
    with pytest.raises(Unavailable, match="makes no sense"):
        gateway.balance(CARD)
    server.faults = [Answer(200, {name: right[name] for name in right if name != next(iter(wrong))})] * 3
    with pytest.raises(Unavailable, match="makes no sense"):
        gateway.balance(CARD)


@pytest.mark.parametrize(
    ("order", "amount", "currency", "code"),
    [
        ("CC-999999", "1.00", "USD", "unknown_order"),
        (CARD, "50.01", "USD", "exceeds_amount_paid"),
        (CARD, "1.00", "EUR", "currency_mismatch"),
    ],
)
def test_what_the_book_does_not_allow_is_rejected(
    server: ContractServer, gateway: RestGateway, order: str, amount: str, currency: str, code: str
) -> None:
    for _ in range(2):
        with pytest.raises(GatewayRejected) as refused:
            gateway.refund(order, Decimal(amount), currency, WALLET, key=KEY)
        assert refused.value.code == code
    assert server.payments == [] and server.book.count() == 2


def test_a_card_has_no_agreement_to_end(gateway: RestGateway) -> None:
    with pytest.raises(Rejected, match="no_agreement"):
        gateway.end_agreement(CARD, date(2026, 12, 31), key=KEY)


@pytest.mark.parametrize(
    "amount", ["0", "-1", "0.001", "NaN", "Infinity", "-Infinity", "sNaN", "1000000000000", "1e30"]
)
def test_an_amount_that_is_none_is_rejected_and_not_sent(
    server: ContractServer, gateway: RestGateway, amount: str
) -> None:
    with pytest.raises(GatewayRejected, match=r"not sent.*amount_not_payable"):
        pay(gateway, amount)
    assert server.calls == [] and server.violations == []


@pytest.mark.parametrize(
    "order", ["", "../v1", "CC-104233/stop", "CC-104233\n", "CC-1?x=1", "cc-104233", "CC-１０４２３３"]
)
def test_an_order_number_that_is_none_is_rejected_and_not_sent(
    server: ContractServer, gateway: RestGateway, order: str
) -> None:
    for call in (gateway.balance, lambda number: gateway.stop_service(number, key=KEY)):
        with pytest.raises(GatewayRejected, match="malformed_order_number"):
            call(order)
    assert server.calls == [] and server.violations == []


@pytest.mark.parametrize("key", ["", "abc", "a b c d", "key\r\nX: y", "x" * 129, "schlüssel"])
def test_a_key_that_is_none_is_rejected_and_not_sent(server: ContractServer, gateway: RestGateway, key: str) -> None:
    with pytest.raises(GatewayRejected, match="malformed_key"):
        pay(gateway, key=key)
    assert server.calls == [] and server.violations == []


CURRENCIES = ["USD", "JPY", "KWD", "CLF"]


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(units=st.integers(1, 10**10), currency=st.sampled_from(CURRENCIES), number=st.integers(0, 999_999))
def test_every_amount_arrives_as_it_was_sent(
    server: ContractServer, gateway: RestGateway, units: int, currency: str, number: int
) -> None:
    amount, order = units * unit_of(currency), f"CC-{number:06}"
    server.book.add_order(order, paid="1000000000000000", currency=currency, remaining=f"{amount:f}")
    before = len(server.payments)
    key = f"{order}:{currency}:{units}:{before}"
    gateway.refund(order, amount.normalize(), currency, WALLET, key=key)
    paid = server.payments[-1]
    assert (len(server.payments), paid.order, paid.amount, paid.currency) == (before + 1, order, amount, currency)
    left = gateway.balance(order).remaining
    assert left == amount and is_payable(left, currency)
    assert server.violations == []


# Repeats and time


def test_an_outage_of_a_moment_goes_unnoticed(server: ContractServer, gateway: RestGateway) -> None:
    server.faults = [Fault.DROP_BEFORE, Fault.ERROR_BEFORE]
    gateway.stop_service(CARD, key=KEY)
    assert [call.fault for call in server.calls] == ["drop_before", "error_before", "none"]


def test_after_two_repeats_it_gives_up(server: ContractServer, gateway: RestGateway) -> None:
    server.faults = [Fault.ERROR_BEFORE] * 9
    with pytest.raises(Unavailable):
        gateway.stop_service(CARD, key=KEY)
    assert server.book.count() == 3


@pytest.mark.parametrize("seconds", ["2", "120"])
def test_a_gateway_that_asks_for_time_is_not_repeated_at_once(server: ContractServer, seconds: str) -> None:
    server.retry_after = seconds
    server.faults = [Fault.TOO_MANY]
    with RestGateway(server.url, server.secret) as gateway, pytest.raises(GatewayUnavailable) as unclear:
        pay(gateway)
    assert unclear.value.retry_after == int(seconds) and server.book.count() == 1


def test_a_short_wait_is_kept_to_and_then_repeated(server: ContractServer) -> None:
    server.retry_after = "1"
    server.faults = [Fault.TOO_MANY]
    began = time.monotonic()
    with RestGateway(server.url, server.secret, wait_seconds=0.01) as gateway:
        assert pay(gateway) == "pay_1"
    assert time.monotonic() - began >= 1 and server.book.count() == 2


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        ("999999999", 3600),
        ("Thu, 01 Jan 1970 00:01:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_never_more_than_an_hour(
    server: ContractServer, header: str, seconds: float | None
) -> None:
    server.faults = [Answer(503, headers={"Retry-After": header})]
    with gateway_to(server, repeats=0) as gateway, pytest.raises(GatewayUnavailable) as unclear:
        pay(gateway)
    assert unclear.value.retry_after == seconds


def test_the_limit_of_calls_is_unavailable_too(server: ContractServer, gateway: RestGateway) -> None:
    server.calls_per_minute = 2
    gateway.balance(CARD)
    gateway.balance(CARD)
    with pytest.raises(GatewayUnavailable) as unclear:
        gateway.balance(CARD)
    assert unclear.value.retry_after == 2


@pytest.mark.parametrize("fault", [Fault.LATE, Fault.SLOW, Fault.HANG, Fault.DRIP])
def test_slow_answers_take_no_more_than_the_time_of_a_call(server: ContractServer, fault: Fault) -> None:
    server.slow_seconds, server.drip_seconds = 20, 0.2
    server.faults = [fault] * 9
    began = time.monotonic()
    gateway = RestGateway(server.url, server.secret, call_seconds=0.4, total_seconds=0.9, wait_seconds=0.01)
    with gateway, pytest.raises(Unavailable, match="in time"):
        pay(gateway)
    assert 0.4 <= time.monotonic() - began < 10


def test_a_repeat_gets_only_the_time_that_is_left(server: ContractServer) -> None:
    server.slow_seconds = 40
    server.faults = [Fault.LATE] * 9
    began = time.monotonic()
    gateway = RestGateway(server.url, server.secret, call_seconds=2, total_seconds=3, wait_seconds=0.01)
    with gateway, pytest.raises(Unavailable, match="in time"):
        pay(gateway)
    took = time.monotonic() - began
    assert 2.9 <= took < 20 and server.book.count() == 2


def test_a_server_that_accepts_and_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        gateway = RestGateway(url, b"x" * 16, call_seconds=0.2, total_seconds=0.5)
        with pytest.raises(Unavailable, match="in time"):
            gateway.balance(CARD)


def test_the_time_limits_are_those_of_the_agreement() -> None:
    gateway = RestGateway("https://billing.example", b"x" * 16)
    limits = gateway._client.limits
    assert (limits.connect, limits.exchange, limits.call) == (2, 4, 6)
    assert gateway._repeats == 2


def test_a_huge_answer_is_not_read_to_its_end() -> None:
    sent = 0

    def flood(listener: socket.socket) -> None:
        nonlocal sent
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            try:
                while sent < 64 * 1024 * 1024:
                    connection.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
                    sent += 65536
            except OSError:
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=flood, args=(listener,))
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with RestGateway(url, b"x" * 16, repeats=0) as gateway, pytest.raises(Unavailable, match="too long"):
            gateway.balance(CARD)
        thread.join(10)
    assert sent < 32 * 1024 * 1024


def test_an_answer_of_64_kib_is_read_and_one_more_byte_is_too_long(server: ContractServer) -> None:
    balance = b'{"order":"CC-104233","remaining":null,"currency":"USD","used":false}'
    with gateway_to(server, repeats=0) as gateway:
        server.faults = [Answer(200, balance.ljust(65_536)), Answer(200, balance.ljust(65_537))]
        assert gateway.balance(CARD).remaining is None
        with pytest.raises(Unavailable, match="too long"):
            gateway.balance(CARD)


def test_a_redirect_is_not_followed(server: ContractServer, gateway: RestGateway) -> None:
    server.faults = [Fault.REDIRECT] * 3
    with pytest.raises(Unavailable, match="307"):
        pay(gateway)
    assert server.violations == [] and server.payments == []


def test_no_cookie_of_the_gateway_is_sent_back(server: ContractServer, gateway: RestGateway) -> None:
    server.faults = [Answer(503, headers={"Set-Cookie": "a=b"})]
    gateway.balance(CARD)
    assert not gateway._client._client.cookies
