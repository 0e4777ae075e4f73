"""From settings to services: the only place that constructs things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from bot import order_numbers
from bot.cases.business_hours import BusinessHours
from bot.cases.identity.phones import OWN
from bot.cases.model import Role
from bot.cases.outbound.delivery import Courier
from bot.cases.payout_limits import PayoutLimits, parse_limits
from bot.cases.ports.billing import BillingGateway
from bot.cases.ports.helpdesk import HelpDesk
from bot.cases.ports.printing import Printable
from bot.cases.ports.shop import OrderSource, PaymentReader
from bot.cases.return_terms import ReturnTerms, by_country
from bot.cases.services import Services
from bot.connectors.billing_rest.settings import BillingRestSettings
from bot.connectors.choices import billing_of, help_desk_of, switched_on
from bot.connectors.registry import MESSAGES, MONEY, Connector
from bot.connectors.shared.shop_system import ShopSystem
from bot.connectors.smtp.deliver import DemoMailer, SmtpMailer
from bot.connectors.smtp.settings import SmtpSettings
from bot.setting_groups.base import blamed_on
from bot.setting_groups.desk import DeskSettings
from bot.setting_groups.identity import IdentitySettings
from bot.setting_groups.limits import LimitSettings
from bot.setting_groups.orders import OrderSettings
from bot.setting_groups.policy import PolicySettings
from bot.setting_groups.returns import ReturnSettings
from bot.setting_groups.server import ServerSettings
from bot.settings import Settings, SettingsError, demo_refusal, load_policy, load_settings
from bot.store.engine import StoreUnavailable, open_engine
from bot.store.keys import Keys, open_keys, secret_at
from bot.store.ledger import Ledger
from bot.store.settings import StoreSettings
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
        raise refusal
    order_numbers.choose(settings[OrderSettings].order_numbers)
    policy = load_policy(settings)
    try:
        engine = open_engine(settings[StoreSettings].database_url)
        sealed = has_sealed_data(engine)
    except StoreUnavailable as error:
        raise SettingsError("wrong", variable="REFUND_DESK_DATABASE_URL", problem=str(error)) from error
    keys = keys_of(settings, new=not sealed, country=policy.country)
    try:
        migrate(engine, keys)
    except StoreUnavailable as error:
        raise SettingsError("wrong", variable="REFUND_DESK_DATABASE_URL", problem=str(error)) from error
    with SqlSnapshot(engine, keys) as uow:
        if not uow.personal.keys_fit():
            raise SettingsError("foreign_keys", variable="REFUND_DESK_KEYS_URL")
    clock = clock or _now
    now = clock
    shop = open_shop(settings, lambda day: policy.terms_for(now()).calendar.start_of(day))
    people, identity, limits = settings[DeskSettings], settings[IdentitySettings], settings[LimitSettings]
    mail = settings[SmtpSettings]
    mailer = SmtpMailer(mail.smtp_url.get_secret_value(), mail.mail_from) if mail.smtp_url else None
    return Services(
        unit_of_work=lambda: SqlUnitOfWork(engine, keys),
        reading=lambda: SqlSnapshot(engine, keys),
        policy=policy,
        clock=clock,
        gateway=shop.gateway or Ledger(engine, clock),
        take_back_minutes=settings[PolicySettings].take_back_minutes,
        gateway_attempts=settings[BillingRestSettings].attempts,
        verification_minutes=identity.verification_minutes,
        verification_tries=identity.verification_tries,
        answer_working_days=people.answer_working_days,
        hash_key=keys.hash_key,
        conversations_per_address=limits.conversations_per_address,
        address_handoffs_per_hour=limits.address_handoffs_per_hour,
        contact=people.contact,
        business_hours=BusinessHours.parse(people.business_hours),
        email_code=identity.email_code == "required",
        limits=PayoutLimits(parse_limits(people.agent_limit), parse_limits(people.lead_limit)),
        second_factor_for=_SECOND_FACTOR_FOR[people.second_factor],
        mailer=DemoMailer(mailer) if mailer and PROCESS.demo else mailer,
        print_receipt=_print_receipt,
        public_url=settings[ServerSettings].public_url,
        orders=shop.orders,
        payments=shop.payments,
        helpdesk=open_helpdesk(settings),
        returns=_return_terms(settings[ReturnSettings]),
        demo=PROCESS.demo,
    )


def _return_terms(settings: ReturnSettings) -> ReturnTerms:
    return ReturnTerms(
        addresses=by_country(settings.address),
        instructions=by_country(settings.instructions),
        remind_after=timedelta(days=settings.reminder_days) if settings.reminder_days else None,
        overdue_after=timedelta(days=settings.overdue_days),
    )


@dataclass(frozen=True)
class Shop:
    """The systems of the shop; None where the store itself takes the place."""

    gateway: BillingGateway | None = None
    orders: OrderSource | None = None
    payments: PaymentReader | None = None


def open_shop(settings: Settings, start_of: Callable[[date], datetime]) -> Shop:
    """The systems that are set up; nothing is connected yet. Beside Stripe or WooCommerce, the billing gateway stops
    services and knows balances, and they move the money. ``start_of`` gives the first instant of a business date.
    Raises SettingsError."""
    systems: dict[str, ShopSystem] = {}
    services: BillingGateway | None = None
    for row in sorted(_that_deliver(MONEY, settings), key=lambda row: not row.beside):
        systems[row.billing] = row.part("deliver").shop_system(settings, start_of, services)
        services = systems[row.billing].gateway if row.beside else services
    payer = systems.get(billing_of(settings))
    return Shop(
        gateway=payer.gateway if payer else None,
        orders=next((system.orders for system in systems.values() if system.orders), None),
        payments=next((system.payments for system in systems.values() if system.payments), None),
    )


def open_couriers(settings: Settings) -> list[Courier]:
    """Who brings messages, for each messaging channel that is switched on; nothing is connected yet. Raises
    SettingsError."""
    return [courier for row in _that_deliver(MESSAGES, settings) for courier in row.part("deliver").couriers(settings)]


def open_helpdesk(settings: Settings) -> HelpDesk | None:
    """The help desk of the settings; None for our own. Raises SettingsError."""
    row = help_desk_of(settings)
    if row is None:
        return None
    with blamed_on("helpdesk_url"):
        desk: HelpDesk = row.part("deliver").help_desk(settings)
    return desk


def _that_deliver(what: str, settings: Settings) -> list[Connector]:
    return [row for row in switched_on(settings) if what in row.delivers]


def keys_of(settings: Settings, *, new: bool = True, country: str = OWN) -> Keys:
    """The keys that seal personal data, made where there are none, unless there must have been some before (not
    ``new``). Phone numbers without a country are read as those of ``country``. Raises SettingsError."""
    ours = settings[StoreSettings]
    try:
        secret = ours.secret.get_secret_value() or secret_at(ours.home / "secret", new=new)
    except StoreUnavailable as error:
        raise SettingsError("wrong", variable="REFUND_DESK_SECRET", problem=str(error)) from error
    try:
        return open_keys(ours.keys_url, secret, new=new, country=country)
    except StoreUnavailable as error:
        raise SettingsError("wrong", variable="REFUND_DESK_KEYS_URL", problem=str(error)) from error


def _print_receipt(receipt: Printable) -> bytes:
    # Only now: its libraries would take half of the start of each process.
    from bot.paper import print_receipt

    return print_receipt(receipt)


def _now() -> datetime:
    return datetime.now(timezone.utc)
