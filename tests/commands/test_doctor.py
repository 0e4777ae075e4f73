"""``refund-desk doctor`` finds each broken setting, names it, and says what to do; and it changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from bot.__main__ import main
from bot.bootstrap import bootstrap
from bot.commands import doctor_basics
from bot.settings import Settings
from bot.store.demo import seed_demo
from tests.cases.test_quotes import confirmed, quoted
from tests.gateways.contract_server import ContractServer
from tests.gateways.shop_server import Reply, Sent
from tests.gateways.stripe_server import KEY, StripeServer
from tests.gateways.stripe_server import WEBHOOK_SECRET as WHSEC
from tests.gateways.woo_server import KEY as WOO_KEY
from tests.gateways.woo_server import SECRET as WOO_SECRET
from tests.gateways.woo_server import WooServer
from tests.store_builders import store_order, verified

Doctor = Any


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder; the model counts as trained."""
    monkeypatch.setenv("REFUND_DESK_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(doctor_basics, "is_current", lambda: True)
    return tmp_path / "home"


@pytest.fixture
def doctor(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Set settings and run it: its exit status, and the problems as "about: says -> fix"."""

    def run(**settings: str) -> tuple[int, list[str]]:
        for name, value in settings.items():
            monkeypatch.setenv(f"REFUND_DESK_{name.upper()}", value)
        status = main(["doctor", "--json"])
        found = json.loads(capsys.readouterr().out)
        return status, [f"{row['about']}: {row['says']} -> {row['fix']}" for row in found if not row["ok"]]

    return run


def only(outcome: tuple[int, list[str]]) -> str:
    """The one problem that was found."""
    status, problems = outcome
    assert status == 2 and len(problems) == 1, problems
    return problems[0]


def test_a_fresh_set_up_is_sound_and_nothing_is_made(doctor: Doctor, home: Path) -> None:
    assert doctor() == (0, []) and not home.exists()


def test_a_set_up_that_has_run_is_sound(doctor: Doctor, home: Path) -> None:
    bootstrap(Settings(home=home))
    assert doctor() == (0, [])


def test_it_prints_a_line_for_each_finding(doctor: Doctor, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    assert "ok       settings" in (said := capsys.readouterr().out) and said.endswith("Nothing is wrong.\n")
    doctor(redis_url="redis://127.0.0.1:9")
    assert main(["doctor"]) == 2
    said = capsys.readouterr().out
    assert "PROBLEM  redis" in said and "-> correct REFUND_DESK_REDIS_URL" in said and "1 of" in said


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"contcat": "x"}, "REFUND_DESK_CONTCAT is not a setting"),
        ({"stripe_key": "short"}, "REFUND_DESK_STRIPE_KEY: must have at least 16 characters"),
        ({"stripe_key": "pk_test_of_the_wrong_kind"}, "REFUND_DESK_STRIPE_KEY: must start with sk_ or rk_"),
        ({"stripe_webhook_secret": WHSEC}, "REFUND_DESK_STRIPE_WEBHOOK_SECRET: needs REFUND_DESK_STRIPE_KEY"),
        (
            {"woocommerce_url": "https://shop.example"},
            "needs REFUND_DESK_WOOCOMMERCE_KEY (or …_FILE) and REFUND_DESK_W",
        ),
        ({"woocommerce_key": "x" * 20}, "REFUND_DESK_WOOCOMMERCE_URL: is missing, though REFUND_DESK_WOOCOMMERCE_KEY"),
        ({"billing": "stripe"}, "REFUND_DESK_BILLING: stripe needs REFUND_DESK_STRIPE_KEY"),
        ({"gateway_url": "https://x.example"}, "REFUND_DESK_GATEWAY_URL: needs REFUND_DESK_GATEWAY_SECRET"),
        ({"smtp_url": "mail.example"}, "REFUND_DESK_SMTP_URL: must look like"),
        ({"database_url": "mysql://x"}, "REFUND_DESK_DATABASE_URL: must start with"),
    ],
)
def test_a_broken_variable_is_named(doctor: Doctor, settings: dict[str, str], told: str) -> None:
    assert told in only(doctor(**settings))


def test_two_shops_without_a_word_on_who_pays_are_a_problem(doctor: Doctor) -> None:
    both = {"woocommerce_url": "https://x.example", "woocommerce_key": "x" * 20, "woocommerce_secret": "y" * 20}
    assert "REFUND_DESK_BILLING: say which pays" in only(doctor(stripe_key=KEY, **both))


def test_all_broken_variables_are_named_at_once(doctor: Doctor) -> None:
    status, problems = doctor(take_back_minutes="-1", secret="short", smtp_url="x")
    assert status == 2 and len(problems) == 3


def test_a_policy_file_that_is_none_is_found(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / "policy.yml").write_text("versions: []")
    assert only(doctor(policy=str(tmp_path / "policy.yml"))).startswith("policy: REFUND_DESK_POLICY")


def test_a_data_folder_that_can_t_be_one_is_found(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "data folder: " in only(doctor(home=str(tmp_path / "file" / "home")))


def test_a_database_that_is_away_is_found(doctor: Doctor) -> None:
    assert "REFUND_DESK_DATABASE_URL" in only(doctor(database_url="postgresql://nobody@127.0.0.1:9/none"))


def test_a_database_of_a_newer_program_is_found(doctor: Doctor, home: Path) -> None:
    import sqlalchemy as sa

    bootstrap(Settings(home=home))
    with sa.create_engine(f"sqlite:///{home}/refund-desk.db", future=True).begin() as connection:
        connection.execute(sa.text("UPDATE refund_desk_version SET version_num = '9999'"))
    assert "newer than this program" in only(doctor())


def test_keys_that_are_lost_or_another_s_are_found(doctor: Doctor, home: Path) -> None:
    bootstrap(Settings(home=home))
    assert "keys" in only(doctor(keys_url=f"sqlite:///{home}/none.db")) and not (home / "none.db").exists()
    bootstrap(Settings(home=home / "other", database_url=f"sqlite:///{home}/other.db"))
    assert "keys" in only(doctor(keys_url=f"sqlite:///{home}/other/keys.db"))
    (home / "secret").unlink()
    assert "secret is missing" in only(doctor())
    assert not (home / "secret").exists()


def test_an_outbox_that_nobody_works_off_is_found(doctor: Doctor, home: Path) -> None:
    services = bootstrap(Settings(home=home, take_back_minutes=1))
    now = services.clock()
    early = bootstrap(Settings(home=home, take_back_minutes=1), lambda: now - timedelta(minutes=30))
    store_order(early, placed_at=(now - timedelta(hours=5)).isoformat())
    verified(early)
    confirmed(early, quoted(early))
    assert "start the worker" in only(doctor())


def test_a_model_that_is_old_is_found(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_basics, "is_current", lambda: False)
    assert "refund-desk train" in only(doctor())


def test_redis_and_a_mail_server_that_are_away_are_found(doctor: Doctor) -> None:
    _, problems = doctor(redis_url="redis://127.0.0.1:9", smtp_url="smtp://127.0.0.1:9", mail_from="desk@example.org")
    assert [line.partition(":")[0] for line in problems] == ["redis", "mail"]


def test_a_mail_server_that_is_there_is_sound(doctor: Doctor) -> None:
    from tests.ports import free_port

    controller = Controller(object(), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        assert doctor(smtp_url=f"smtp://127.0.0.1:{controller.port}", mail_from="desk@example.org") == (0, [])
    finally:
        controller.stop()


def test_a_gateway_is_sound_away_or_has_another_secret(doctor: Doctor) -> None:
    with ContractServer() as server:
        url = {"gateway_url": server.url}
        assert doctor(gateway_secret=server.secret.decode(), **url) == (0, [])
        assert "gateway" in only(doctor(gateway_secret="another secret of the tests", **url))
        server.book.violations.clear()
    assert "ConnectError" in only(doctor(gateway_secret=server.secret.decode(), **url))


class Restricted(StripeServer):
    """Stripe with a restricted key that may not read disputes."""

    def answer(self, sent: Sent) -> Reply:
        if sent.path == "/v1/disputes":
            return Reply(403, {"error": {"type": "invalid_request_error", "code": "more_permissions_required"}})
        return super().answer(sent)


def test_stripe_is_sound_away_or_refuses_the_key_or_a_right(doctor: Doctor) -> None:
    with StripeServer() as stripe:
        assert doctor(stripe_key=KEY, stripe_url=stripe.url) == (0, [])
        assert stripe.writes() == [] and stripe.violations == []
        refused = only(doctor(stripe_key="sk_test_somebody_else"))
        assert "refuses the key" in refused and "REFUND_DESK_STRIPE_KEY" in refused and "somebody" not in refused
    assert "ConnectError" in only(doctor(stripe_key=KEY))
    with Restricted() as stripe:
        assert "read disputes: more_permissions_required" in only(doctor(stripe_url=stripe.url))


class Plain(WooServer):
    """WordPress with plain permalinks: no REST API at that address."""

    def answer(self, sent: Sent) -> Reply:
        return Reply(404, b"<html>Page not found</html>")


class Elsewhere(WooServer):
    """A shop that lives at another address."""

    def answer(self, sent: Sent) -> Reply:
        return Reply(301, b"", {"Location": "https://www.shop.example/"})


@pytest.fixture
def woo() -> Iterator[WooServer]:
    with WooServer() as server:
        server.add_order(104233)
        yield server


def test_woocommerce_is_sound_or_refuses_the_key(doctor: Doctor, woo: WooServer) -> None:
    shop = {"woocommerce_url": woo.url, "woocommerce_key": WOO_KEY, "woocommerce_wallet": "terawallet"}
    assert doctor(woocommerce_secret=WOO_SECRET, **shop) == (0, [])
    assert woo.writes() == []
    assert "right Read/Write" in only(doctor(woocommerce_secret="cs_somebody_else_s"))
    woo.has_wallet = False
    assert "activate TeraWallet" in only(doctor(woocommerce_secret=WOO_SECRET))


@pytest.mark.parametrize("newer", [True, False])
def test_the_version_of_subscriptions_is_told(
    doctor: Doctor, woo: WooServer, newer: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    woo.has_order_subscriptions = newer
    shop = {"woocommerce_url": woo.url, "woocommerce_key": WOO_KEY, "woocommerce_secret": WOO_SECRET}
    assert doctor(**shop) == (0, [])
    main(["doctor"])
    said = capsys.readouterr().out
    assert (f"Subscriptions {'7.9.0' if newer else '7.6.0'}: " in said) and ("older than 7.9.0" in said) is not newer
    woo.has_subscriptions = False
    main(["doctor"])
    assert "Subscriptions" not in capsys.readouterr().out


def test_woocommerce_order_numbers_of_another_form_are_found(doctor: Doctor, woo: WooServer) -> None:
    woo.orders[104233]["number"] = "2026-0001"
    shop = {"woocommerce_url": woo.url, "woocommerce_key": WOO_KEY, "woocommerce_secret": WOO_SECRET}
    assert doctor(**shop) == (0, [])
    assert "REFUND_DESK_WOOCOMMERCE_NUMBERS" in only(doctor(woocommerce_numbers="number"))


@pytest.mark.parametrize("kind", [Plain, Elsewhere])
def test_a_woocommerce_address_that_is_not_quite_right_is_found(doctor: Doctor, kind: type[WooServer]) -> None:
    with kind() as server:
        told = only(doctor(woocommerce_url=server.url, woocommerce_key=WOO_KEY, woocommerce_secret=WOO_SECRET))
    assert "REFUND_DESK_WOOCOMMERCE_URL" in told


def test_a_check_that_breaks_says_so_and_shows_nothing(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(settings: Settings) -> Iterator[Any]:
        raise RuntimeError("sk_live_secret")
        yield

    monkeypatch.setattr("bot.commands.doctor_connectors.CHECKS", (("billing", breaks),))
    assert only(doctor()) == "billing: the check itself broke: RuntimeError -> report this"


def test_a_demo_in_a_real_store_and_a_real_store_in_the_demo_are_found(
    doctor: Doctor, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    services = bootstrap(Settings(home=home))
    seed_demo(services)
    assert only(doctor()).startswith("demo: the store holds orders of the demo") and "clean-demo" in only(doctor())
    assert main(["doctor", "--demo"]) == 0
    store_order(services, "CC-500001")
    monkeypatch.setenv("REFUND_DESK_PUBLIC_URL", "https://desk.example")
    capsys.readouterr()
    assert main(["doctor", "--demo"]) == 2
    told = capsys.readouterr().out
    assert "REFUND_DESK_PUBLIC_URL is set" in told and "not the demo's" in told


def test_shipped_cards_without_an_address_to_send_them_back_to_are_a_problem(doctor: Doctor, home: Path) -> None:
    store_order(bootstrap(Settings(home=home)), shipped=True)
    assert "returns: " in (problem := only(doctor())) and "set REFUND_DESK_RETURN_ADDRESS" in problem
    assert doctor(return_address="1 Main St, Albany NY 12207") == (0, [])


def test_no_address_is_missed_where_nothing_was_shipped(doctor: Doctor, home: Path) -> None:
    store_order(bootstrap(Settings(home=home)))
    assert doctor() == (0, [])
