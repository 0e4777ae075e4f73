"""What ``refund-desk doctor`` finds, and how it asks whether our credentials are taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.cases.outbound.delivery import Courier, DeliveryError, Undeliverable
from bot.wording import say


@dataclass(frozen=True)
class CheckResult:
    """One thing that was looked at: ``says`` what was found, ``fix`` what to do about it; empty if nothing is wrong."""

    about: str
    says: str
    fix: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing is to be done."""
        return not self.fix


def credentials(courier: Courier, fix: str, more: Callable[[], CheckResult | None] = lambda: None) -> CheckResult:
    """Whether a provider takes our credentials; ``fix`` is what to do where it doesn't. ``more`` is looked at once it
    does, and may raise DeliveryError, too."""
    about = courier.channel
    try:
        courier.check()
        found = more()
    except Undeliverable as refused:
        return CheckResult(about, str(refused), fix)
    except DeliveryError as error:
        return CheckResult(about, str(error), say("check_reachable", fix=fix))
    return found or CheckResult(about, say("check_credentials_taken"))
