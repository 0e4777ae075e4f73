"""What stands in a file of orders, row by row, in whichever format it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, TextIO

from bot.policy.parsing import InvalidInput
from bot.store.exports import streams
from bot.store.exports.columns import NEEDED, OPTIONAL, OURS, columns_refused
from bot.store.exports.mapped import Found, Stated, mapped, one_order
from bot.store.exports.problems import ImportRefused, RowSkipped
from bot.store.exports.shopify import SHOPIFY
from bot.store.exports.stripe import STRIPE
from bot.store.exports.woocommerce import ANALYTICS, REST, rest_row
from bot.wording import say

FORMATS = ("csv", "json", "shopify", "stripe", "woocommerce")
OWN = frozenset({"csv", "json"})
_TABLES = {export.name: export for export in (SHOPIFY, STRIPE, ANALYTICS)}
_BOOLEANS = {"true": True, "false": False, "": None}
_STRANGE = 3
"""So many fields of ours are missing where a JSON object is something else than an order with a mistake."""
_NEEDED_FIELDS = [*(column for column in NEEDED if "." not in column), "customer"]
_OPTIONAL_FIELDS = [column for column in OPTIONAL if "." not in column]


def read(file: BinaryIO, name: str, format_name: str | None = None, stated: Stated | None = None) -> Iterator[Found]:
    """What stands in the rows of a file; ``format_name`` is one of FORMATS, by default by the ``name``. Raises
    ImportRefused for the file as a whole, also while it is read."""
    format_name = format_name or ("csv" if name.lower().endswith(".csv") else "json")
    if format_name == "json":
        return _own_objects(streams.objects(streams.text_of(file), name), name)
    if format_name == REST.name and _is_json(streams.text_of(file), name):
        return _rest_orders(streams.objects(streams.text_of(file), name), stated or Stated())
    columns, rows = streams.table(streams.text_of(file), name)
    if format_name in OWN:
        return _own_table(columns, rows, name)
    return mapped(_TABLES[format_name], columns, rows, stated or Stated(), name)


def _is_json(text: TextIO, name: str) -> bool:
    try:
        return streams.begins_as_json(text)
    except UnicodeDecodeError:
        raise ImportRefused("not_text", name=name) from None


def found_objects(objects: Iterable[Any]) -> Iterator[Found]:
    """Orders of ours that are read already."""
    return (Found(row, data) for row, data in enumerate(objects, start=1))


def _own_objects(objects: Iterable[Any], name: str) -> Iterator[Found]:
    for found in found_objects(objects):
        if found.row == 1 and isinstance(found.data, Mapping):
            columns = [str(key) for key in found.data]
            missing = [field for field in _NEEDED_FIELDS if field not in columns]
            if len(missing) >= _STRANGE and not set(columns) <= {*_NEEDED_FIELDS, *_OPTIONAL_FIELDS}:
                raise columns_refused(name, columns, _NEEDED_FIELDS, _OPTIONAL_FIELDS)
        yield found


def _rest_orders(orders: Iterable[Any], stated: Stated) -> Iterator[Found]:
    for row, order in enumerate(orders, start=1):
        try:
            yield one_order(REST, row, [rest_row(order)], stated)
        except (InvalidInput, RowSkipped) as problem:
            yield Found(row, problem=problem)


def _own_table(columns: Sequence[str], rows: Iterable[list[str]], name: str) -> Iterator[Found]:
    if not set(NEEDED) <= set(columns) or not set(columns) <= OURS:
        export = next((one for one in _TABLES.values() if set(one.marks) <= set(columns)), None)
        hint = say("import_looks_like", format=export.name) if export else ""
        raise columns_refused(name, columns, NEEDED, OPTIONAL, hint=hint)
    return (Found(row, _own_row(columns, fields)) for row, fields in enumerate(rows, start=1))


def _own_row(columns: Sequence[str], fields: list[str]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    customer: dict[str, Any] = {}
    for key, value in zip(columns, fields, strict=False):
        if key.startswith("customer."):
            customer[key.removeprefix("customer.")] = value or None
        elif key in ("shipped", "used", "dispute_open"):
            data[key] = _BOOLEANS.get(value.lower(), value)
        else:
            data[key] = value or None
    extra = {"(extra)": fields[len(columns) :]} if len(fields) > len(columns) else {}
    return {**data, **extra, "customer": customer or None}
