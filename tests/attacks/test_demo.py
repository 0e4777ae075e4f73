"""The demo where it must not be: beside a real system, in a real store, over a real order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.__main__ import main
from bot.bootstrap import bootstrap, keys_of
from bot.cases.identity.verification import VerificationStatus, verify
from bot.cases.model import OPEN_STATES, CaseState, StoredOrder
from bot.cases.payout.execution import carry_out_due
from bot.cases.services import Services
from bot.settings import PREFIX, Settings
from bot.store import tables as t
from bot.store.demo import demo_orders, seed_demo
from bot.store.demo_cleaning import clean_demo
from bot.store.keys import customer
from bot.store.settings import StoreSettings
from bot.store.unit_of_work import SqlUnitOfWork
from tests.cases.gateways import FaultyGateway
from tests.cases.test_quotes import case_file, confirmed, quoted
from tests.migrated import a_shop, at_revision
from tests.ports import free_port
from tests.store_builders import Clock, an_order_row, problems, verified

SECRET = "a-secret-of-sixteen-letters-and-more"
MAIL = {"SMTP_URL": "smtp://127.0.0.1:2525", "MAIL_FROM": "desk@example.org"}
HELP = {"HELPDESK_TOKEN": SECRET, "HELPDESK_SECRET": SECRET, "HELPDESK_URL": "https://help.example"}
BESIDE: dict[str, tuple[dict[str, str], str]] = {
    "a billing gateway": ({"GATEWAY_URL": "https://pay.example", "GATEWAY_SECRET": SECRET}, "GATEWAY_"),
    "a billing gateway on this machine": ({"GATEWAY_URL": "http://127.0.0.1:9", "GATEWAY_SECRET": SECRET}, "GATEWAY_"),
    "a billing gateway that the ledger is set over": (
        {"GATEWAY_URL": "https://pay.example", "GATEWAY_SECRET": SECRET, "BILLING": "ledger"},
        "GATEWAY_",
    ),
    "the secret of a gateway that is to come": ({"GATEWAY_SECRET": SECRET}, "GATEWAY_SECRET"),
    "Stripe": ({"STRIPE_KEY": "rk_live_0123456789abcdef"}, "STRIPE_KEY"),
    "Stripe with its key in a file": ({"STRIPE_KEY_FILE": "‹file›"}, "STRIPE_KEY_FILE"),
    "Stripe at another address": ({"STRIPE_URL": "http://127.0.0.1:9"}, "STRIPE_URL"),
    "WooCommerce": (
        {"WOOCOMMERCE_URL": "https://shop.example", "WOOCOMMERCE_KEY": SECRET, "WOOCOMMERCE_SECRET": SECRET},
        "WOOCOMMERCE_",
    ),
    "Slack": ({"SLACK_BOT_TOKEN": SECRET, "SLACK_SIGNING_SECRET": SECRET}, "SLACK_"),
    "a Slack on this machine": ({"SLACK_URL": "http://127.0.0.1:5199"}, "SLACK_URL"),
    "Telegram": ({"TELEGRAM_TOKEN": SECRET, "TELEGRAM_SECRET": SECRET}, "TELEGRAM_"),
    "Twilio": (
        {
            "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
            "TWILIO_AUTH_TOKEN": SECRET,
            "TWILIO_SMS_FROM": "+15005550006",
            "PUBLIC_URL": "https://desk.example",
        },
        "PUBLIC_URL",
    ),
    "WhatsApp": (
        {
            "WHATSAPP_TOKEN": SECRET,
            "WHATSAPP_APP_SECRET": SECRET,
            "WHATSAPP_VERIFY_TOKEN": SECRET,
            "WHATSAPP_PHONE_ID": "1",
        },
        "WHATSAPP_",
    ),
    "Messenger": (
        {"MESSENGER_TOKEN": SECRET, "MESSENGER_APP_SECRET": SECRET, "MESSENGER_VERIFY_TOKEN": SECRET},
        "MESSENGER_",
    ),
    "e-mail as a channel": ({"EMAIL_SECRET": SECRET, "EMAIL_ADDRESS": "help@example.org", **MAIL}, "EMAIL_"),
    "Chatwoot": (
        {
            "HELPDESK": "chatwoot",
            "HELPDESK_ACCOUNT": "1",
            "HELPDESK_INBOX": "1",
            "HELPDESK_AGENT_TOKEN": SECRET,
            **HELP,
        },
        "HELPDESK",
    ),
    "Zendesk": ({"HELPDESK": "zendesk", "HELPDESK_ACCOUNT": "a@example.org", **HELP}, "HELPDESK"),
    "Freshdesk": ({"HELPDESK": "freshdesk", **HELP}, "HELPDESK"),
    "a Slack channel of the team": ({"HELPDESK": "slack", "HELPDESK_ACCOUNT": "C1", **HELP}, "HELPDESK"),
    "a mailbox of the team": (
        {"HELPDESK": "email", "HELPDESK_ACCOUNT": "a@example.org", "HELPDESK_INBOX": "b@example.org", **HELP, **MAIL},
        "HELPDESK",
    ),
    "a help desk's webhook": ({"HELPDESK": "webhook", **HELP}, "HELPDESK"),
    "the token of a help desk that is switched off": ({"HELPDESK_TOKEN": SECRET}, "HELPDESK_TOKEN"),
    "an address for customers": ({"PUBLIC_URL": "https://desk.example"}, "PUBLIC_URL"),
    "pages of a shop": ({"ALLOWED_ORIGINS": "https://shop.example"}, "ALLOWED_ORIGINS"),
    "a shop that signs its customers in": ({"TOKEN_SECRET": SECRET}, "TOKEN_SECRET"),
}
"""Settings of a real set-up, and the variable that is named."""


@pytest.mark.parametrize("what", list(BESIDE))
def test_no_demo_beside(
    what: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    record_property: Callable[[str, object], None],
) -> None:
    record_property("hostile inputs", "demo beside a real system")
    settings, named = BESIDE[what]
    home = tmp_path / "home"
    monkeypatch.setattr("bot.commands.run.ensure_model", lambda home: 7)  # what did not stop before would now start
    (tmp_path / "key").write_text("rk_live_0123456789abcdef")
    monkeypatch.setenv(f"{PREFIX}HOME", str(home))
    for name, value in settings.items():
        monkeypatch.setenv(PREFIX + name, value.replace("‹file›", str(tmp_path / "key")))

    assert main(["run", "--demo", "--no-browser", "--port", str(free_port())]) == 2
    told = capsys.readouterr().err.splitlines()

    assert len(told) == 1 and told[0].startswith(f"refund-desk: {PREFIX}{named}"), told
    assert "start without --demo" in told[0] and SECRET not in told[0] and "rk_live" not in told[0]
    assert not (home / "refund-desk.db").exists(), "nothing was seeded"


CHANGED: dict[str, dict[str, Any]] = {
    "another address": {"email": "alex@example.org"},
    "an address that only looks alike": {"email": "alex@example.com.example.net"},
    "another name": {"name": "Alexandra Rivers"},
    "a phone number": {"phone": "+12125550100"},
    "another product": {"product": "world-card"},
    "another kind of product": {"product_kind": "subscription"},
    "another currency": {"currency": "EUR"},
    "another sum": {"amount_paid": "49.00"},
    "a sum in other digits": {"amount_paid": "50.000"},
    "another balance of the beginning": {"original_balance": "55.00"},
    "no balance of the beginning": {"original_balance": None},
    "another way of paying": {"payment_method": "paypal"},
    "a renewal": {"charge": "renewal"},
    "a card that was sent": {"shipped": True},
    "a number beside those of the demo": {"number": "CC-104234"},
}
"""What an import has changed of an order that the demo had made up: since then it is a real one."""
SAME: dict[str, dict[str, Any]] = {
    "as it was seeded": {},
    "used by somebody who tried it": {"used": True, "remaining_balance": "12.00"},
    "refunded to somebody who tried it": {"status": "refunded"},
    "disputed": {"dispute_open": True},
}


@pytest.mark.parametrize("what", [*CHANGED, *SAME])
def test_only_what_is_still_made_up_is_marked_as_such(
    what: str,
    marked: Callable[[str], tuple[bool, bool]],
    record_property: Callable[[str, object], None],
) -> None:
    """Of a store that was seeded before: after the migration, and after the demo was taken out."""
    record_property("hostile inputs", "demo order with real contents")
    is_demo, is_there = marked(what)
    assert (is_demo, is_there) == ((False, True) if what in CHANGED else (True, False))


PLAIN = {
    "CC-104233": "Alex Rivera",
    "CC-104240": "Bella Stone",
    "CC-104273": "Eli Grant",
    "CC-104284": "Fay Holt",
    "CC-104295": "Gus Irving",
    "CC-104317": "Ivan King",
    "CC-104328": "Jana Lowe",
    "CC-104339": "Kim Mora",
    "CC-104363": "Nick Park",
    "CC-104407": "Rosa Tran",
}
"""The demo's plain cards and their buyers: each stands for one change."""


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[bool, bool]]:
    """Of each change: whether the migration has marked the order, and whether cleaning has left it."""
    found: dict[str, tuple[bool, bool]] = {}
    changes = list({**CHANGED, **SAME}.items())
    while changes:
        now, changes = changes[: len(PLAIN)], changes[len(PLAIN) :]
        found |= _through_the_update(tmp_path_factory.mktemp("old"), now)
    return lambda what: found[what]


def _through_the_update(home: Path, changes: list[tuple[str, dict[str, Any]]]) -> dict[str, tuple[bool, bool]]:
    settings = Settings(home=home)
    keys = keys_of(settings)
    numbers, statements = {}, []
    for key, ((what, changed), (number, name)) in enumerate(zip(changes, PLAIN.items(), strict=False), start=1):
        buyer = {"name": name, "email": f"{name.split()[0].lower()}@example.com", "phone": None}
        row = {**an_order_row(number), "customer_id": key, "placed_at": "2026-05-05 16:00:00"} | changed
        buyer |= {field: row.pop(field) for field in list(row) if field in buyer}
        row["contact"], numbers[what] = keys.seal(customer(key), buyer), row["number"]
        del row["customer"]
        sealed = keys.seal(customer(key), {"email": buyer["email"]})
        index = keys.email_index(str(buyer["email"]))
        statements += [
            f"INSERT INTO customers (id, sealed, email_index) VALUES ({key}, '{sealed}', '{index}')",
            f"INSERT INTO orders ({', '.join(row)}) VALUES ({', '.join(map(_sql, row.values()))})",
        ]
    at_revision(settings[StoreSettings].database_url, "0006", home, statements)
    services = bootstrap(settings)
    before = {what: _stored(services, number) for what, number in numbers.items()}
    clean_demo(services)
    return {
        what: (bool(stored and stored.demo), _stored(services, numbers[what]) is not None)
        for what, stored in before.items()
    }


def _stored(services: Services, number: str) -> StoredOrder | None:
    with services.unit_of_work() as uow:
        return uow.orders.find(number)


def _sql(value: Any) -> str:
    if value is None:
        return "NULL"
    return str(value).upper() if isinstance(value, bool) else f"'{value}'"


@pytest.mark.parametrize("codes", [False, True], ids=["by typing", "by a mailed code"])
def test_what_everybody_knows_of_the_demo_opens_nothing_in_a_real_store(
    codes: bool, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("hostile inputs", "proofs that everybody knows")
    clock = Clock()
    services = a_shop(clock, str(tmp_path))
    seed_demo(services)
    real = replace(services, email_code=codes)
    for row in demo_orders(clock(), services.policy.terms_for(clock()).calendar):
        number = row.order.number
        done = verify(real, conversation_id=number, message_id="m", order_number=number, email=row.customer.email)
        assert done.status is (VerificationStatus.CODE_SENT if codes else VerificationStatus.MISMATCH)
    with real.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        assert uow.connection.execute(sa.select(t.verifications.c.id)).all() == []
        mailed = sa.select(t.email_codes.c.id).where(t.email_codes.c.customer_id.isnot(None))
        assert uow.connection.execute(mailed).all() == [], "the same words, and no mail"


@pytest.mark.parametrize("cleaned", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("state", sorted(OPEN_STATES))
def test_in_no_state_of_its_case_a_demo_order_reaches_a_real_gateway(
    state: CaseState, cleaned: bool, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Before the demo was taken out, and after it."""
    record_property("hostile inputs", "demo order before a real gateway")
    clock = Clock()
    services = replace(a_shop(clock, str(tmp_path)), demo=True)
    seed_demo(services)
    verified(services)
    quote = quoted(services)
    confirmed(services, quote)
    with services.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        uow.connection.execute(t.cases.update().where(t.cases.c.id == quote.case.id).values(state=state.value))
        uow.commit()
    gateway = FaultyGateway(services.gateway)
    real = replace(services, demo=False, gateway=gateway)
    if cleaned:
        assert clean_demo(real).closed == 1
    clock.passes(minutes=30)
    assert carry_out_due(real) == 0 and gateway.calls == []
    file = case_file(real, quote.case.reference)
    assert file.case.state is (CaseState.WITHDRAWN if cleaned else state)
    assert {step.state.value for step in file.steps} == {"dropped" if cleaned else "waiting"}
    assert problems(real) == []
