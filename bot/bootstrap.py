"""From settings to services: the only place that constructs things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import Any

from bot.cases.business_hours import BusinessHours
from bot.cases.identity.phones import OWN
from bot.cases.model import Role
from bot.cases.outbound.delivery import Courier
from bot.cases.payout_limits import PayoutLimits
from bot.cases.ports.billing import BillingGateway
from bot.cases.ports.helpdesk import HelpDesk
from bot.cases.ports.printing import Printable
from bot.cases.ports.shop import OrderSource, PaymentReader
from bot.cases.services import Services
from bot.gateways.helpdesks.chatwoot import Chatwoot
from bot.gateways.helpdesks.email import EmailDesk
from bot.gateways.helpdesks.freshdesk import Freshdesk
from bot.gateways.helpdesks.slack import SlackDesk
from bot.gateways.helpdesks.webhook import WebhookDesk
from bot.gateways.helpdesks.zendesk import Zendesk
from bot.gateways.mail import DemoMailer, SmtpMailer
from bot.gateways.messaging.chatwoot import ChatwootCourier
from bot.gateways.messaging.email import EmailCourier
from bot.gateways.messaging.meta import MessengerCourier, WhatsAppCourier
from bot.gateways.messaging.slack import SlackCourier
from bot.gateways.messaging.telegram import TelegramCourier
from bot.gateways.messaging.twilio import TwilioCourier
from bot.gateways.rest import RestGateway
from bot.gateways.stripe import StripeGateway
from bot.gateways.stripe_api import StripeApi
from bot.gateways.stripe_events import StripeEvents
from bot.gateways.woo_api import WooApi
from bot.gateways.woo_orders import WooOrders
from bot.gateways.woocommerce import WooGateway
from bot.settings import Settings, SettingsError, demo_refusal, load_policy, load_settings
from bot.store.engine import StoreUnavailable, open_engine
from bot.store.keys import Keys, open_keys, secret_at
from bot.store.ledger import Ledger
from bot.store.unit_of_work import SqlSnapshot, SqlUnitOfWork
from bot.store.upgrades import has_sealed_data, migrate

_SECOND_FACTOR_FOR: dict[str, tuple[Role, ...]] = {
    "optional": (),
    "leads": (Role.LEAD, Role.ADMIN),
    "all": tuple(Role),
}


@dataclass
class Process:
    """What the command line said of this process: whether it is one of the demo (``--demo``)."""

    demo: bool = False


PROCESS = Process()


def bootstrap(settings: Settings | None = None, clock: Callable[[], datetime] | None = None) -> Services:
    """Services over a migrated database. Raises SettingsError with one line where a setting can't be used, and for a
    demo beside a real system."""
    settings = settings or load_settings()
    refusal = demo_refusal(settings) if PROCESS.demo else None
    if refusal is not None:
        raise SettingsError(refusal)
    policy = load_policy(settings)
    try:
        engine = open_engine(settings.database_url)
        sealed = has_sealed_data(engine)
    except StoreUnavailable as error:
        raise SettingsError(f"REFUND_DESK_DATABASE_URL: {error}") from error
    keys = keys_of(settings, new=not sealed, country=policy.country)
    try:
        migrate(engine, keys)
    except StoreUnavailable as error:
        raise SettingsError(f"REFUND_DESK_DATABASE_URL: {error}") from error
    with SqlSnapshot(engine, keys) as uow:
        if not uow.personal.keys_fit():
            raise SettingsError(
                "REFUND_DESK_KEYS_URL: not the keys of the personal data in the database; bring those back, or name "
                "where they are"
            )
    clock = clock or _now
    now = clock
    shop = open_shop(settings, lambda day: policy.terms_for(now()).calendar.start_of(day))
    mailer = SmtpMailer(settings.smtp_url.get_secret_value(), settings.mail_from) if settings.smtp_url else None
    return Services(
        unit_of_work=lambda: SqlUnitOfWork(engine, keys),
        reading=lambda: SqlSnapshot(engine, keys),
        policy=policy,
        clock=clock,
        gateway=shop.gateway or Ledger(engine, clock),
        take_back_minutes=settings.take_back_minutes,
        gateway_attempts=settings.gateway_attempts,
        verification_minutes=settings.verification_minutes,
        verification_tries=settings.verification_tries,
        answer_working_days=settings.answer_working_days,
        hash_key=keys.hash_key,
        conversations_per_address=settings.conversations_per_address,
        address_handoffs_per_hour=settings.address_handoffs_per_hour,
        contact=settings.contact,
        business_hours=BusinessHours.parse(settings.business_hours),
        email_code=settings.email_code == "required",
        limits=PayoutLimits(settings.agent_limit, settings.lead_limit),
        second_factor_for=_SECOND_FACTOR_FOR[settings.second_factor],
        mailer=DemoMailer(mailer) if mailer and PROCESS.demo else mailer,
        print_receipt=_print_receipt,
        public_url=settings.public_url,
        orders=shop.orders,
        payments=shop.payments,
        helpdesk=open_helpdesk(settings),
        demo=PROCESS.demo,
    )


@dataclass(frozen=True)
class Shop:
    """The systems of the shop; None where the store itself takes the place. ``stripe`` and ``woocommerce`` are their
    bare APIs, ``services`` is the billing gateway of docs/connect/billing-gateway.openapi.yml."""

    gateway: BillingGateway | None
    orders: OrderSource | None
    payments: PaymentReader | None
    services: RestGateway | None
    stripe: StripeApi | None
    woocommerce: WooApi | None


def open_shop(settings: Settings, start_of: Callable[[date], datetime]) -> Shop:
    """The systems that are set up; nothing is connected yet. Beside Stripe or WooCommerce, the billing gateway stops
    services and knows balances, and they move the money. Raises SettingsError."""
    services: RestGateway | None = None
    stripe: StripeApi | None = None
    woo: WooApi | None = None
    name = "GATEWAY_URL"
    try:
        if settings.gateway_url:
            services = RestGateway(settings.gateway_url, settings.gateway_secret.get_secret_value().encode())
        name = "STRIPE_URL"
        if settings.stripe_key:
            key = settings.stripe_key.get_secret_value()
            stripe = StripeApi(key, settings.stripe_url, order_field=settings.stripe_order_field)
        name = "WOOCOMMERCE_URL"
        if settings.woocommerce_url:
            key, secret = (s.get_secret_value() for s in (settings.woocommerce_key, settings.woocommerce_secret))
            woo = WooApi(settings.woocommerce_url, key, secret, numbers=settings.woocommerce_numbers)
    except ValueError as error:
        raise SettingsError(f"REFUND_DESK_{name}: {error}") from None
    gateway: BillingGateway | None = services if settings.billing == "rest" else None
    card: dict[str, Any] = {
        "stop_status": settings.woocommerce_stop_status,
        "balance_field": settings.woocommerce_balance_field,
    }
    if settings.billing == "stripe" and stripe is not None:
        gateway = StripeGateway(stripe, start_of, services)
    elif settings.billing == "woocommerce" and woo is not None:
        gateway = WooGateway(woo, wallet=settings.woocommerce_wallet != "none", services=services, **card)
    return Shop(
        gateway=gateway,
        orders=WooOrders(woo, services=services, **card) if woo is not None else None,
        payments=StripeEvents(stripe) if stripe is not None else None,
        services=services,
        stripe=stripe,
        woocommerce=woo,
    )


def open_couriers(settings: Settings) -> list[Courier]:
    """Who brings messages, for each messaging channel that is switched on; nothing is connected yet. Raises
    SettingsError."""
    found: list[Courier] = []
    name = "SLACK_URL"
    try:
        if settings.slack_bot_token:
            found.append(SlackCourier(settings.slack_url, settings.slack_bot_token.get_secret_value()))
        name = "TELEGRAM_URL"
        if settings.telegram_token:
            found.append(TelegramCourier(settings.telegram_url, settings.telegram_token.get_secret_value()))
        name = "TWILIO_URL"
        numbers = {"sms": settings.twilio_sms_from, "twilio-whatsapp": settings.twilio_whatsapp_from}
        account = settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value()
        found += [
            TwilioCourier(channel, settings.twilio_url, *account, number, settings.public_url)
            for channel, number in numbers.items()
            if number
        ]
        name = "META_URL"
        if settings.whatsapp_token:
            token = settings.whatsapp_token.get_secret_value()
            found.append(WhatsAppCourier(settings.meta_url, token, settings.whatsapp_phone_id))
        if settings.messenger_token:
            found.append(MessengerCourier(settings.meta_url, settings.messenger_token.get_secret_value()))
    except ValueError as error:
        raise SettingsError(f"REFUND_DESK_{name}: {error}") from None
    if settings.email_secret:
        mailer = SmtpMailer(settings.smtp_url.get_secret_value(), settings.email_address)
        found.append(EmailCourier(mailer, settings.email_secret.get_secret_value().encode()))
    desk = open_helpdesk(settings)
    if isinstance(desk, Chatwoot):
        found.append(ChatwootCourier(desk))
    return found


def open_helpdesk(settings: Settings) -> HelpDesk | None:
    """The help desk of the settings; None for our own. Raises SettingsError."""
    url, account, inbox = settings.helpdesk_url, settings.helpdesk_account, settings.helpdesk_inbox
    token, secret = settings.helpdesk_token.get_secret_value(), settings.helpdesk_secret.get_secret_value().encode()
    try:
        if settings.helpdesk == "chatwoot":
            return Chatwoot(url, int(account), int(inbox), token)
        if settings.helpdesk == "zendesk":
            return Zendesk(url, account, token)
        if settings.helpdesk == "freshdesk":
            return Freshdesk(url, token)
        if settings.helpdesk == "slack":
            return SlackDesk(url or "https://slack.com/api", token, account)
        if settings.helpdesk == "email":
            mailer = SmtpMailer(settings.smtp_url.get_secret_value(), settings.mail_from)
            return EmailDesk(mailer, account, inbox, secret)
        if settings.helpdesk == "webhook":
            return WebhookDesk(url, secret)
    except ValueError as error:
        raise SettingsError(f"REFUND_DESK_HELPDESK_URL: {error}") from None
    return None


def keys_of(settings: Settings, *, new: bool = True, country: str = OWN) -> Keys:
    """The keys that seal personal data, made where there are none, unless there must have been some before (not
    ``new``). Phone numbers without a country are read as those of ``country``. Raises SettingsError."""
    try:
        secret = settings.secret.get_secret_value() or secret_at(settings.home / "secret", new=new)
    except StoreUnavailable as error:
        raise SettingsError(f"REFUND_DESK_SECRET: {error}") from error
    try:
        return open_keys(settings.keys_url, secret, new=new, country=country)
    except StoreUnavailable as error:
        raise SettingsError(f"REFUND_DESK_KEYS_URL: {error}") from error


def _print_receipt(receipt: Printable) -> bytes:
    # Only now: its libraries would take half of the start of each process.
    from bot.gateways.paper import print_receipt

    return print_receipt(receipt)


def _now() -> datetime:
    return datetime.now(timezone.utc)
