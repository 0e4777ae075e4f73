"""The dated policy file: parsed, checked, and asked for the terms in force at a moment."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from itertools import pairwise
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.policy import money
from bot.policy.calendar import BusinessCalendar, country_is_known
from bot.policy.facts import Channel, Reason

_E = TypeVar("_E", bound=Enum)
_DECIMAL = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)


class PolicyFileError(Exception):
    """The policy file can't be used; the message names the place and the problem in one line."""


class NoTermsInForce(Exception):
    """No version of the policy had begun at that moment; the first ``begins_on`` a later day."""

    def __init__(self, begins_on: date) -> None:
        super().__init__(f"the policy begins on {begins_on.isoformat()}")
        self.begins_on = begins_on


class MinimumMeasured(str, Enum):
    """How R8 measures what is left: after the fee or before it."""

    NET = "net"
    GROSS = "gross"


class CardWorth(str, Enum):
    """What a card counts for where it did not cost what it holds (R6, R8): the share of what was paid for it, and the
    minimum measured in what it holds; or its face value up to what was paid, and the minimum measured in what would be
    paid back, of which an order of 0.00 has nothing."""

    SHARE = "share"
    FACE = "face"


@dataclass(frozen=True)
class FeeRow:
    """One row of the fee table (R10); ``"*"`` fits any product or payment method."""

    product: str
    payment_method: str
    rate: Decimal

    def fits(self, product: str, payment_method: str) -> bool:
        """Whether the row is about this product and payment method."""
        return self.product in ("*", product) and self.payment_method in ("*", payment_method)


@dataclass(frozen=True)
class Terms:
    """The parameters of one version of the policy; POLICY.md says what each means.

    Rates and ratios are fractions; ``automatic_limits`` is an amount by currency; windows are working days,
    ``velocity_days`` calendar days.
    """

    version: str
    starts_on: date
    calendar: BusinessCalendar
    window_working_days: int
    accepted_channels: frozenset[str]
    automatic_reasons: frozenset[Reason]
    processing_working_days: int
    default_fee_rate: Decimal
    fee_table: tuple[FeeRow, ...]
    confirmed_fault_fee_rate: Decimal
    minimum_ratio: Decimal
    minimum_measured: MinimumMeasured
    wallet_only_methods: frozenset[str]
    automatic_limits: Mapping[str, Decimal]
    velocity_refunds: int
    velocity_days: int
    card_worth: CardWorth = CardWorth.SHARE

    @property
    def time_zone(self) -> ZoneInfo:
        """The business time zone."""
        return self.calendar.time_zone

    def fee_rate(self, product: str, payment_method: str) -> Decimal:
        """The fee as a fraction (R6, R7, R10): the first row of the fee table that fits, else the default."""
        rows = (row.rate for row in self.fee_table if row.fits(product, payment_method))
        return next(rows, self.default_fee_rate)

    def takes_refunds(self, payment_method: str) -> bool:
        """Whether money can go back to this payment method (R9)."""
        return payment_method not in self.wallet_only_methods


@dataclass(frozen=True)
class Policy:
    """All versions of the terms, oldest first. ``digest`` (SHA-256) identifies the file's exact text."""

    versions: tuple[Terms, ...]
    digest: str

    @classmethod
    def parse(cls, text: str) -> Policy:
        """Read the text of a policy file. Raises PolicyFileError."""
        try:
            data = YAML(typ="safe", pure=True).load(text)
        except YAMLError as error:
            raise PolicyFileError(f"not valid YAML: {' '.join(str(error).split())}") from None
        except RecursionError:
            raise PolicyFileError("not valid YAML: nested too deeply") from None
        except (ValueError, LookupError) as error:
            # An unquoted date that the calendar does not have, such as 2026-02-30, or a tag that does not fit.
            raise PolicyFileError(f"not valid YAML: a date or number can't be read: {error}") from None
        top = _Section(data, "the file")
        rows = top.take("versions", list)
        top.done()
        versions = tuple(_terms(_Section(row, f"versions[{index}]")) for index, row in enumerate(rows))
        _check_order(versions)
        return cls(versions, hashlib.sha256(text.encode()).hexdigest())

    def terms_for(self, moment: datetime) -> Terms:
        """The version in force at ``moment`` (aware): it starts with its first day, in its own time zone.

        Raises NoTermsInForce before the first version.
        """
        for terms in reversed(self.versions):
            if terms.calendar.business_date(moment) >= terms.starts_on:
                return terms
        raise NoTermsInForce(self.versions[0].starts_on)

    def reading(self, card_worth: CardWorth) -> Policy:
        """The same terms with one reading of what a card counts for in all versions."""
        versions = tuple(replace(terms, card_worth=card_worth) for terms in self.versions)
        return replace(self, versions=versions)

    def named(self, version: str) -> Terms | None:
        """The version of that name; None where the file has none."""
        return next((terms for terms in self.versions if terms.version == version), None)

    @property
    def country(self) -> str:
        """The company's country: the one whose holidays the newest terms have."""
        return self.versions[-1].calendar.holidays

    def ends_on(self, terms: Terms) -> date | None:
        """The last day of a version of this policy; None for the newest."""
        later = [other.starts_on for other in self.versions if other.starts_on > terms.starts_on]
        return min(later) - timedelta(days=1) if later else None


def _check_order(versions: tuple[Terms, ...]) -> None:
    if not versions:
        raise PolicyFileError("versions is empty: at least one version is needed")
    for earlier, later in pairwise(versions):
        if later.starts_on <= earlier.starts_on:
            raise PolicyFileError(f"version {later.version!r} must start after version {earlier.version!r}")
    names = [terms.version for terms in versions]
    if len(set(names)) < len(names):
        raise PolicyFileError("two versions have the same name")


def _terms(section: _Section) -> Terms:
    calendar = section.section("calendar")
    cancellation = section.section("cancellation")
    refund = section.section("refund")
    velocity = refund.section("velocity")
    terms = Terms(
        version=section.take("version", str),
        starts_on=section.take("from", date),
        calendar=BusinessCalendar(
            time_zone=calendar.time_zone("time_zone"),
            holidays=calendar.country("holidays"),
            extra=frozenset(calendar.items("extra_holidays", date)),
            working=frozenset(calendar.items("not_holidays", date)),
            cycle_day=cancellation.whole("cycle_starts_on_day", 1, 28),
        ),
        window_working_days=refund.whole("window_working_days", 1, 366),
        accepted_channels=frozenset(refund.channels("accepted_channels")),
        automatic_reasons=frozenset(refund.reasons("automatic_reasons")),
        processing_working_days=refund.whole("processing_working_days", 1, 366),
        default_fee_rate=refund.fraction("fee_rate"),
        fee_table=tuple(refund.fee_rows("fee_table")),
        confirmed_fault_fee_rate=refund.fraction("confirmed_fault_fee_rate"),
        minimum_ratio=refund.fraction("minimum_ratio"),
        minimum_measured=refund.choice("minimum_measured", MinimumMeasured),
        wallet_only_methods=frozenset(refund.items("wallet_only_methods", str)),
        automatic_limits=refund.limits("automatic_limit"),
        velocity_refunds=velocity.whole("refunds", 1, 1_000),
        velocity_days=velocity.whole("days", 1, 3_660),
        card_worth=refund.choice("card_worth", CardWorth, default=CardWorth.SHARE),
    )
    for part in (calendar, cancellation, velocity, refund, section):
        part.done()
    return terms


class _Section:
    """A mapping of the file that is read key by key; says which key is missing, wrong or unknown."""

    def __init__(self, data: Any, place: str) -> None:
        if not isinstance(data, dict):
            raise PolicyFileError(f"{place} must be a mapping")
        self._data = dict(data)
        self._place = place

    def take(self, key: str, kind: type) -> Any:
        if key not in self._data:
            raise PolicyFileError(f"{self._place}.{key} is missing")
        value = self._data.pop(key)
        if type(value) is not kind:
            raise self._wrong(key, f"must be {_KIND_NAMES[kind]}, not {value!r}")
        return value

    def section(self, key: str) -> _Section:
        return _Section(self.take(key, dict), f"{self._place}.{key}")

    def items(self, key: str, kind: type) -> list[Any]:
        items = self.take(key, list)
        for item in items:
            if type(item) is not kind:
                raise self._wrong(key, f"must hold {_KIND_NAMES[kind]} only, not {item!r}")
        return list(items)

    def whole(self, key: str, least: int, most: int) -> int:
        value: int = self.take(key, int)
        if not least <= value <= most:
            raise self._wrong(key, f"must be from {least} to {most}, not {value}")
        return value

    def fraction(self, key: str) -> Decimal:
        value = self._decimal(key, self.take(key, str))
        if not 0 <= value <= 1:
            raise self._wrong(key, f"must be from 0 to 1, not {value}")
        return value

    def choice(self, key: str, kind: type[_E], default: _E | None = None) -> _E:
        if default is not None and key not in self._data:
            return default
        value = self.take(key, str)
        try:
            return kind(value)
        except ValueError:
            allowed = " or ".join(str(member.value) for member in kind)
            raise self._wrong(key, f"must be {allowed}, not {value!r}") from None

    def reasons(self, key: str) -> list[Reason]:
        names = self.items(key, str)
        unknown = set(names) - {Reason.SERVICE_FAULT.value, Reason.CHANGE_OF_MIND.value}
        if unknown:
            raise self._wrong(key, f"may hold service_fault and change_of_mind, not {sorted(unknown)[0]!r}")
        return [Reason(name) for name in names]

    def channels(self, key: str) -> list[str]:
        names = self.items(key, str)
        known = [channel.value for channel in Channel]
        unknown = [name for name in names if name not in known]
        if unknown:
            raise self._wrong(key, f"may hold {', '.join(known[:-1])} and {known[-1]}, not {unknown[0]!r}")
        return names

    def time_zone(self, key: str) -> ZoneInfo:
        name = self.take(key, str)
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise self._wrong(key, f"is no time zone: {name!r}; use a name such as America/New_York") from None

    def country(self, key: str) -> str:
        name: str = self.take(key, str)
        if not country_is_known(name):
            raise self._wrong(key, f"is no country with known holidays: {name!r}; use a code such as US")
        return name

    def fee_rows(self, key: str) -> list[FeeRow]:
        rows = []
        for index, data in enumerate(self.take(key, list)):
            row = _Section(data, f"{self._place}.{key}[{index}]")
            rows.append(FeeRow(row.take("product", str), row.take("payment_method", str), row.fraction("rate")))
            row.done()
        return rows

    def limits(self, key: str) -> dict[str, Decimal]:
        limits = {}
        for currency, text in self.take(key, dict).items():
            if not isinstance(currency, str) or not money.is_known(currency):
                raise self._wrong(key, f"names no known currency: {currency!r}")
            if not isinstance(text, str):
                raise self._wrong(key, f"must hold quoted amounts, not {text!r}")
            limits[currency] = self._decimal(key, text)
            if limits[currency] < 0:
                raise self._wrong(key, f"must not be negative: {text}")
        return limits

    def done(self) -> None:
        """Refuse keys that nothing reads: a misspelt parameter must not be silently ignored."""
        if self._data:
            raise PolicyFileError(f"{self._place} has an unknown key: {sorted(map(str, self._data))[0]!r}")

    def _decimal(self, key: str, text: str) -> Decimal:
        if not _DECIMAL.fullmatch(text):
            raise self._wrong(key, f'must be a quoted decimal such as "0.12", not {text!r}')
        return Decimal(text)

    def _wrong(self, key: str, problem: str) -> PolicyFileError:
        return PolicyFileError(f"{self._place}.{key} {problem}")


_KIND_NAMES: dict[type, str] = {
    str: "a quoted text",
    int: "a whole number",
    list: "a list",
    dict: "a mapping",
    date: "a date (YYYY-MM-DD)",
}
