"""Every connector, a row for each: whatever lists connectors, or does something with all of them, is made from this.

The parts of a connector are imported when they are used: the worker gets by without the server's libraries, and no
process loads what is not switched on. By what a row says of itself its folder has

- ``settings.py``, always;
- ``deliver.py``: ``couriers(settings)`` where it delivers messages, ``help_desk(settings)`` where it delivers tickets,
  ``shop_system(settings, start_of, services)`` where it moves money;
- ``receive.py``: ``receivers(settings, services)`` where it posts messages to us, ``hook(settings, services)`` where it
  posts news of tickets, ``events(settings, services)`` where it posts news of orders;
- ``check.py``: ``check(settings)``, what ``refund-desk doctor`` looks at; a help desk is asked by its ``check`` method.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from typing import Any

from bot.connectors.billing_rest.settings import BillingRestSettings
from bot.connectors.chatwoot import settings as chatwoot
from bot.connectors.email.settings import EmailSettings
from bot.connectors.email_desk import settings as email_desk
from bot.connectors.freshdesk import settings as freshdesk
from bot.connectors.meta.settings import MetaSettings
from bot.connectors.shared.helpdesk_needs import Needs
from bot.connectors.shared.settings import HelpdeskSettings
from bot.connectors.slack.settings import SlackSettings
from bot.connectors.slack_desk import settings as slack_desk
from bot.connectors.smtp.settings import SmtpSettings
from bot.connectors.stripe.settings import StripeSettings
from bot.connectors.telegram.settings import TelegramSettings
from bot.connectors.twilio.settings import TwilioSettings
from bot.connectors.webhook_desk import settings as webhook_desk
from bot.connectors.woocommerce.settings import WooSettings
from bot.connectors.zendesk import settings as zendesk
from bot.setting_groups.base import Group, setting_name

MESSAGES, TICKETS, MONEY, EVENTS, MAIL = "messages", "tickets", "money", "events", "mail"


@dataclass(frozen=True)
class Connector:
    """A row. ``name`` is its folder, ``page`` its page under docs/connect.

    ``help_desk`` and ``billing`` are what the settings of these names call it; ``needs`` is what it needs as a help
    desk, and ``longest_hook`` how many bytes its webhook takes. ``beside``: it moves the money where nobody else does,
    and beside others stops services and knows balances.
    """

    name: str
    page: str
    settings: type[Group]
    delivers: tuple[str, ...]
    receives: tuple[str, ...] = ()
    checks: bool = True
    help_desk: str = ""
    needs: Needs | None = None
    longest_hook: int = 64 * 1024
    billing: str = ""
    beside: bool = False

    @property
    def switch(self) -> str:
        """The name of the setting that switches it on; for those that one setting does."""
        return setting_name(self.settings.__fields__[self.settings.switch])

    def part(self, name: str) -> Any:
        """One of its modules, imported when it is first asked for."""
        return importlib.import_module(f"bot.connectors.{self.name}.{name}")


def _channel(name: str, settings: type[Group], *, page: str = "") -> Connector:
    return Connector(name, page or name, settings, (MESSAGES,), (MESSAGES,))


def _desk(name: str, needs: Needs, *, called: str = "", page: str = "", is_channel: bool = False) -> Connector:
    delivers = (TICKETS, MESSAGES) if is_channel else (TICKETS,)
    called = called or name
    row = Connector(
        name, page or name, HelpdeskSettings, delivers, (TICKETS,), checks=False, help_desk=called, needs=needs
    )
    # Where customers are, too, mails come through: Chatwoot has each of them in its event twice.
    return replace(row, longest_hook=1024 * 1024) if is_channel else row


def _shop(name: str, settings: type[Group]) -> Connector:
    return Connector(name, name, settings, (MONEY,), (EVENTS,), billing=name)


CONNECTORS: tuple[Connector, ...] = (
    Connector("smtp", "email", SmtpSettings, (MAIL,)),
    Connector("billing_rest", "billing-gateway", BillingRestSettings, (MONEY,), billing="rest", beside=True),
    _shop("stripe", StripeSettings),
    _shop("woocommerce", WooSettings),
    _channel("slack", SlackSettings),
    _channel("telegram", TelegramSettings),
    _channel("twilio", TwilioSettings),
    _channel("meta", MetaSettings, page="whatsapp"),
    _channel("email", EmailSettings),
    _desk("chatwoot", chatwoot.NEEDS, is_channel=True),
    _desk("zendesk", zendesk.NEEDS),
    _desk("freshdesk", freshdesk.NEEDS),
    _desk("slack_desk", slack_desk.NEEDS, called="slack", page="slack-desk"),
    _desk("email_desk", email_desk.NEEDS, called="email", page="email-desk"),
    _desk("webhook_desk", webhook_desk.NEEDS, called="webhook", page="helpdesk-webhook"),
)
