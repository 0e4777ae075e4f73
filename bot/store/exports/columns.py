"""The columns of a table: ours, and what to say of a table that lacks some."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Sequence

from bot.store.exports.problems import ImportRefused, named
from bot.store.tables import ORDER_COLUMNS
from bot.wording import say

NEEDED = (
    "number product product_kind currency amount_paid placed_at payment_method status customer.name customer.email"
).split()
"""The columns that a table of ours must have."""
OPTIONAL = [*(name for name in ORDER_COLUMNS if name not in NEEDED), "customer.phone"]
OURS = frozenset([*NEEDED, *OPTIONAL])

_MOST_SHOWN = 20
_ALIKE = 0.8
_ELSEWHERE = {
    "number": "order_number (metadata), order number, order #, order id, order, name, id",
    "product": "lineitem name, lineitem sku, product(s), product name, item name, description, sku",
    "product_kind": "product type, kind",
    "currency": "order currency",
    "amount_paid": "total, amount, order total, paid, net sales",
    "placed_at": "created at, created date (utc), date, created, date created, order date, paid at",
    "payment_method": "payment method, payment source type, gateway, payment method title",
    "status": "financial status, order status, state",
    "customer.name": "billing name, customer name, customer, name, card name",
    "customer.email": "email, customer email, billing email, e-mail",
    "customer.phone": "phone, customer phone, billing phone",
    "shipped": "lineitem requires shipping, requires shipping",
    "remaining_balance": "balance, card_balance, remaining",
    "original_balance": "face value, card_balance_original",
    "dispute_open": "dispute status, disputed",
}
"""What other systems call it; what comes first is meant most likely."""


def columns_refused(
    name: str,
    columns: Sequence[str],
    needed: Sequence[str],
    optional: Sequence[str] = (),
    known: Collection[str] = (),
    hint: str = "",
) -> ImportRefused:
    """The refusal of a table that lacks needed columns, or has unknown ones: which are missing and which of its own may
    be meant, which nobody knows, what is expected. ``known`` are columns that may be there, too, and ``hint`` is a
    sentence more."""
    missing = [column for column in needed if column not in columns]
    strange = [column for column in columns if column not in {*needed, *optional, *known}]
    meant = _meant([field for field in (*needed, *optional) if field not in columns], strange)
    told = [
        say("import_column_meant", field=field, column=named(meant[field])) if field in meant else field
        for field in [*missing, *(field for field in meant if field not in missing)]
    ]
    parts = [say("import_columns_missing", columns=tuple(told))] if told else []
    if strange:
        shown = [named(column) for column in strange[:_MOST_SHOWN]]
        rest = max(0, len(strange) - _MOST_SHOWN)
        parts.append(say("import_columns_strange", columns=tuple(shown), more=rest))
    expected = say(
        "import_columns_expected", needed=tuple(needed), optional=tuple(optional), has_optional=bool(optional)
    )
    return ImportRefused("columns", name=name, problem="; ".join(parts), expected=f"{expected} {hint}".strip())


def _meant(fields: Iterable[str], columns: Sequence[str]) -> dict[str, str]:
    """Which of the columns may be meant by which field, each by one at most."""
    free = {_plain(column): column for column in columns[:200]}
    found: dict[str, str] = {}
    for alike in (False, True):
        for field in fields:
            names = [_plain(name) for name in (field, *_ELSEWHERE.get(field, "").split(", ")) if name]
            if field in found:
                continue
            match = next((name for name in names if name in free), None)
            if match is None and alike:
                match = next(iter(difflib.get_close_matches(names[0], free, 1, _ALIKE)), None)
            if match is not None:
                found[field] = free.pop(match)
    return found


def _plain(column: str) -> str:
    return re.sub(r"[^\w#]+", " ", column.replace("_", " ").lower()).strip()[:60]
