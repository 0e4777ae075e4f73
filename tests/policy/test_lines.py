"""Orders of several lines (POLICY.md): examples worked out by hand, and what must hold of any order and any choice."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.policy import decide_line
from bot.policy import CancelDecision, CancelRequest, Policy, RefundDecision, RefundRequest, decide
from bot.policy.facts import Order, OrderLine, OrderStatus, ProductKind
from bot.policy.lines import part_of, pieces_of, with_extras
from bot.policy.money import is_payable, unit_of
from bot.policy.parsing import InvalidInput, parse_order, parse_request, request_to_json
from tests.policy.policy_builders import POLICY, default_terms, policy_with

CARD: dict[str, Any] = {
    "product": "global-card",
    "product_kind": "calling_card",
    "quantity": 1,
    "shipped": False,
    "amount_paid": "50.00",
    "tax": "0.00",
    "original_balance": "50.00",
    "remaining_balance": "50.00",
    "used": False,
    "charge": "purchase",
    "status": "active",
    "refunded": "0.00",
}
PLAN = CARD | {
    "product": "monthly-plan",
    "product_kind": "subscription",
    "amount_paid": "20.00",
    "original_balance": None,
    "remaining_balance": None,
}


def line(line_id: str, base: dict[str, Any] = CARD, **changes: Any) -> dict[str, Any]:
    return {"id": line_id, **base, **changes}


def a_case(*lines: dict[str, Any], chosen: dict[str, int] | None = None, **changes: Any) -> dict[str, Any]:
    order = {
        "number": "CC-104233",
        "currency": "USD",
        "placed_at": "2026-05-06T12:00:00-04:00",
        "payment_method": "card",
        "dispute_open": False,
        "lines": list(lines),
        **{key: changes.pop(key) for key in ("shipping_paid", "fees_paid", "refunded") if key in changes},
    }
    case = {
        "id": "1",
        "kind": "refund",
        "requested_at": "2026-05-07T12:00:00-04:00",
        "reason": "change_of_mind",
        "order": order,
    }
    return case | ({"lines": chosen} if chosen else {}) | changes


def answered(*lines: dict[str, Any], policy: Policy = POLICY, **changes: Any) -> dict[str, Any]:
    return decide_line(json.dumps(a_case(*lines, **changes)), policy)


def rest_of(line: OrderLine, part: OrderLine) -> OrderLine | None:
    """What is left of a line once ``part`` of it is taken: to the cent what the part is not. None where nothing is."""
    if part.quantity == line.quantity:
        return None

    def less(whole: Decimal | None, taken: Decimal | None) -> Decimal | None:
        return None if whole is None or taken is None else whole - taken

    return replace(
        line,
        quantity=line.quantity - part.quantity,
        amount_paid=line.amount_paid - part.amount_paid,
        tax=line.tax - part.tax,
        original_balance=less(line.original_balance, part.original_balance),
        remaining_balance=less(line.remaining_balance, part.remaining_balance),
        refunded=line.refunded - part.refunded,
    )


def sums(answer: dict[str, Any]) -> tuple[str, str | None, str | None, str | None]:
    return answer["outcome"], answer["base"], answer["fee"], answer["refund"]


def test_three_cards_are_decided_each_by_itself_and_summed() -> None:
    answer = answered(
        line("1"),
        line("2", remaining_balance="45.00"),
        line("3", remaining_balance="10.00"),
    )
    assert sums(answer) == ("approve", "95.00", "11.40", "83.60")
    assert [sums(one) for one in answer["lines"]] == [
        ("approve", "50.00", "6.00", "44.00"),
        ("approve", "45.00", "5.40", "39.60"),
        ("decline", None, None, None),
    ]
    assert answer["lines"][2]["clauses"] == ["R8"]
    assert answer["clauses"] == ["R2", "R3", "R7", "R4", "R6", "R8"]
    assert answer["process_by"] == "2026-05-18"
    assert answer["explanation"][0].startswith("Line 1 (1): The refund is the amount paid less the fee: $50.00")
    assert "less than 50% of the original balance" in answer["explanation"][2]


def test_only_what_is_chosen_is_decided() -> None:
    answer = answered(line("a"), line("b", PLAN), line("c"), chosen={"c": 1})
    assert [(one["id"], one["quantity"]) for one in answer["lines"]] == [("c", 1)]
    assert sums(answer) == ("approve", "50.00", "6.00", "44.00")


def test_two_of_three_take_their_share_half_up_and_the_last_the_rest() -> None:
    cards = line("1", quantity=3, amount_paid="10.00", original_balance="30.00", remaining_balance="30.00")
    assert sums(answered(cards, chosen={"1": 2})) == ("approve", "6.67", "0.80", "5.87")
    [whole] = parse_order(a_case(cards)["order"]).lines
    part = part_of(whole, 2, "USD")
    rest = rest_of(whole, part)
    assert rest is not None
    assert (part.amount_paid, rest.amount_paid, rest.quantity) == (Decimal("6.67"), Decimal("3.33"), 1)
    assert (part.remaining_balance, rest.remaining_balance) == (Decimal("20.00"), Decimal("10.00"))
    assert rest_of(whole, part_of(whole, 3, "USD")) is None


def test_shipping_and_fees_go_back_with_the_whole_order_unused() -> None:
    extras = {"shipping_paid": "7.00", "fees_paid": "3.01"}
    whole = answered(line("1"), line("2"), line("3"), **extras)
    assert [one["base"] for one in whole["lines"]] == ["53.34", "53.34", "53.33"]
    assert (whole["base"], whole["fee"], whole["refund"]) == ("160.01", "19.20", "140.81")


@pytest.mark.parametrize(
    ("second", "chosen"),
    [
        (line("2", quantity=2), {"1": 1, "2": 1}),
        (line("2", quantity=2), {"1": 1}),
        (line("2", remaining_balance="45.00"), None),
        (line("2", remaining_balance="10.00"), None),
        (line("2", status="refunded"), None),
    ],
    ids=["a part of a line", "one line", "one is used", "one is declined", "one went back before"],
)
def test_otherwise_they_stay_with_the_order_and_that_is_told(
    second: dict[str, Any], chosen: dict[str, int] | None
) -> None:
    answer = answered(line("1"), second, chosen=chosen, shipping_paid="7.00")
    assert answer["lines"][0]["base"] == "50.00"
    assert any("Shipping and fees of $7.00 stay" in sentence for sentence in answer["explanation"])


def test_a_shipped_line_makes_all_wait_for_its_return() -> None:
    answer = answered(line("1"), line("2", shipped=True))
    assert (answer["outcome"], answer["process_by"]) == ("approve_on_return", None)
    assert [one["outcome"] for one in answer["lines"]] == ["approve", "approve_on_return"]


def test_a_line_for_a_person_takes_the_request_there_with_what_the_others_give() -> None:
    answer = answered(line("1"), line("2", PLAN, used=True))
    assert sums(answer) == ("review", "50.00", "6.00", "44.00")
    assert [one["outcome"] for one in answer["lines"]] == ["approve", "review"]
    assert answer["clauses"] == ["R1", "R3"]


def test_all_declined_is_a_decline_that_names_its_clauses() -> None:
    answer = answered(line("1", remaining_balance="10.00"), line("2", status="cancelled"))
    assert sums(answer) == ("decline", None, None, None)
    assert answer["clauses"] == ["R8", "C2"]


def test_the_automatic_limit_holds_for_the_sum() -> None:
    dear = {"amount_paid": "100.00", "original_balance": "100.00", "remaining_balance": "100.00"}
    assert answered(line("1", **dear), line("2", **dear))["outcome"] == "approve"
    answer = answered(line("1", **dear), line("2", **dear), line("3", **dear))
    assert sums(answer) == ("review", "300.00", "36.00", "264.00")
    assert [one["outcome"] for one in answer["lines"]] == ["review"] * 3


def test_the_number_of_refunds_counts_requests() -> None:
    assert answered(line("1"), line("2"), customer_recent_refunds=2)["outcome"] == "approve"
    assert answered(line("1"), line("2"), customer_recent_refunds=3)["outcome"] == "review"


def test_what_was_refunded_elsewhere_counts_against_its_line() -> None:
    answer = answered(line("1", refunded="20.00"), line("2"), line("3", refunded="50.00"))
    assert [one["base"] for one in answer["lines"]] == ["30.00", "50.00", None]
    assert answer["lines"][2]["outcome"] == "decline"
    assert "due after $20.00 that were paid back before" in answer["explanation"][0]


def test_what_was_refunded_of_no_line_goes_to_a_person() -> None:
    assert answered(line("1"), line("2"), refunded="5.00")["outcome"] == "review"
    assert sums(answered(line("1"), refunded="5.00")) == ("approve", "45.00", "5.40", "39.60")


def test_a_part_refunded_of_a_single_order_leaves_the_rest() -> None:
    order = {key: value for key, value in CARD.items() if key not in ("quantity", "tax")}
    case = a_case(line("1"))
    case["order"] = {key: value for key, value in case["order"].items() if key != "lines"} | order
    case["order"]["refunded"] = "10.00"
    answer = decide_line(json.dumps(case), POLICY)
    assert (*sums(answer), "lines" in answer) == ("approve", "40.00", "4.80", "35.20", False)
    case["order"]["refunded"] = "50.00"
    assert decide_line(json.dumps(case), POLICY)["outcome"] == "decline"
    case["order"]["refunded"] = "-1.00"
    assert decide_line(json.dumps(case), POLICY)["outcome"] == "review"


def test_lines_are_ended_each_by_itself() -> None:
    answer = answered(line("1"), line("2", PLAN), line("3", status="cancelled"), kind="cancel")
    assert (answer["outcome"], answer["balance_lost"]) == ("cancel", "50.00")
    assert (answer["agreement_ends_on"], answer["next_charge_on"]) == ("2026-05-31", "2026-06-01")
    assert [one["outcome"] for one in answer["lines"]] == ["cancel", "cancel", "already_cancelled"]
    assert [one["balance_lost"] for one in answer["lines"]] == ["50.00", None, None]
    ended = answered(line("1", status="terminated"), line("2", status="cancelled"), kind="cancel")
    assert (ended["outcome"], ended["service_stops_at"]) == ("already_cancelled", None)


@pytest.mark.parametrize(
    ("case", "error"),
    [
        (a_case(line("1"), chosen={"2": 1}), "lines: the order has no line '2'"),
        (a_case(line("1", quantity=2), chosen={"1": 3}), "lines.1: must be a quantity from 1 to 2, not 3"),
        (a_case(line("1"), chosen={"1": 0}), "lines.1: must be a quantity from 1 to 1, not 0"),
        (a_case(line("1")) | {"lines": {}}, "lines: must be an object of line ids and quantities, not an object"),
        (a_case(), "order.lines: must be a list of at least one line, not a list"),
        (a_case(line("1"), line("1")), "order.lines.1.id: is that of another line: '1'"),
        (a_case(line("1", quantity=0)), "order.lines.0.quantity: must be at least 1"),
        (a_case(line("1", amount_paid="1.234")), "order.lines.0.amount_paid: has more decimals than USD has: '1.234'"),
    ],
)
def test_a_choice_or_a_line_that_is_none_gets_a_clear_answer(case: dict[str, Any], error: str) -> None:
    assert decide_line(json.dumps(case), POLICY) == {"id": "1", "error": error}


def test_an_order_is_said_in_one_form_only() -> None:
    with pytest.raises(InvalidInput, match="amount_paid: is said by each of the lines"):
        parse_order(a_case(line("1"))["order"] | {"amount_paid": "50.00"})


# What holds of any order and any choice

CURRENCIES = ("USD", "JPY", "KWD")


@st.composite
def orders(draw: st.DrawFn) -> Order:
    currency = draw(st.sampled_from(CURRENCIES))
    unit = unit_of(currency)

    def amount(most: int = 20_000, least: int = 0) -> Decimal:
        return draw(st.integers(least, most)) * unit

    def a_line(place: int) -> OrderLine:
        is_card = draw(st.booleans())
        quantity = draw(st.integers(1, 5))
        paid = amount()
        original = amount(least=1) if is_card else None
        whole = draw(st.booleans())
        remaining = original if original is None or whole else draw(st.integers(0, int(original / unit))) * unit
        return OrderLine(
            id=str(place),
            product="global-card" if is_card else "monthly-plan",
            product_kind=ProductKind.CALLING_CARD if is_card else ProductKind.SUBSCRIPTION,
            quantity=quantity,
            shipped=draw(st.booleans()),
            amount_paid=paid,
            tax=Decimal(0),
            original_balance=original,
            remaining_balance=remaining,
            used=False,
            charge=parse_order(a_case(line("1"))["order"]).charge,
            status=draw(st.sampled_from([OrderStatus.ACTIVE, OrderStatus.ACTIVE, OrderStatus.CANCELLED])),
            refunded=draw(st.sampled_from([Decimal(0), Decimal(0), paid])),
        )

    lines = tuple(a_line(place) for place in range(draw(st.integers(1, 6))))
    extras = amount(2_000)
    template = parse_order(a_case(line("1"))["order"])
    total = sum((one.amount_paid for one in lines), extras)
    return replace(template, currency=currency, amount_paid=total, extras=extras, lines=lines)


def no_limits() -> Policy:
    limits = {currency: Decimal(10**9) for currency in CURRENCIES}
    return policy_with(automatic_limits={**default_terms().automatic_limits, **limits})


LIMITLESS = no_limits()


def request_for(order: Order, *chosen: tuple[str, int]) -> RefundRequest:
    request = parse_request(a_case(line("1")))
    assert isinstance(request, RefundRequest)
    return replace(request, order=order, lines=chosen)


def taken(draw: st.DrawFn, order: Order) -> tuple[tuple[str, int], ...]:
    lines = draw(st.lists(st.sampled_from(order.lines), min_size=1, unique_by=lambda one: one.id))
    return tuple((one.id, draw(st.integers(1, one.quantity))) for one in lines)


@st.composite
def requests(draw: st.DrawFn) -> RefundRequest:
    order = draw(orders())
    return request_for(order, *(taken(draw, order) if draw(st.booleans()) else ()))


@given(requests())
def test_sums_of_lines_are_the_sums_of_the_request_to_the_last_unit(request_: RefundRequest) -> None:
    decision = decide(request_, LIMITLESS)
    assert isinstance(decision, RefundDecision)
    order = request_.order
    paid = [one for one in decision.lines if one.refund is not None]
    assert (decision.refund is None) == (not paid)
    if decision.base is None or decision.fee is None or decision.refund is None:
        return
    assert decision.base == sum(one.base for one in paid if one.base is not None)
    assert decision.fee == sum(one.fee for one in paid if one.fee is not None)
    assert decision.refund == decision.base - decision.fee <= order.amount_paid
    for one in paid:
        assert one.base is not None and one.fee is not None
        assert is_payable(one.base, order.currency) and one.refund == one.base - one.fee
    pieces = {piece.line_id: piece.order.kept for piece in pieces_of(order, request_.lines)}
    over = sum(max(Decimal(0), one.base - pieces[one.line_id]) for one in paid if one.base is not None)
    assert over in (Decimal(0), order.extras)


@given(requests())
def test_a_request_survives_json_and_is_decided_as_before(request_: RefundRequest) -> None:
    again = parse_request(json.loads(json.dumps(request_to_json(request_))))
    assert again == replace(request_, order=replace(request_.order, **_summary(again.order)))
    assert decide(again, POLICY).to_json() == decide(request_, POLICY).to_json()


def _summary(order: Order) -> dict[str, Any]:
    """What an order of lines says of itself only as a summary of its lines."""
    names = ("product", "product_kind", "shipped", "used", "status", "original_balance", "remaining_balance")
    return {name: getattr(order, name) for name in names}


@given(st.data())
def test_no_sequence_of_partial_refunds_gives_more_than_was_paid(data: st.DataObject) -> None:
    order = data.draw(orders())
    first = {one.id: one.amount_paid for one in order.lines}
    given_of = dict.fromkeys(first, Decimal(0))
    total = Decimal(0)
    while order.lines:
        chosen = taken(data.draw, order)
        decision = decide(request_for(order, *chosen), LIMITLESS)
        assert isinstance(decision, RefundDecision)
        left = []
        extras = order.extras
        for one in order.lines:
            quantity = dict(chosen).get(one.id)
            rest = one if quantity is None else rest_of(one, part_of(one, quantity, order.currency))
            left += [rest] if rest else []
        for decided in decision.lines:
            if decision.outcome.pays and decided.base is not None:
                given_of[decided.line_id] += decided.base
        if decision.outcome.pays and decision.base is not None:
            total += decision.base
            extras = Decimal(0) if not left else extras
        amount = sum((one.amount_paid for one in left), extras)
        order = replace(order, lines=tuple(left), extras=extras, amount_paid=amount)
    assert sum(given_of.values()) == total
    over = sum(max(Decimal(0), given_of[one] - first[one]) for one in first)
    assert over <= 2_000 * unit_of(order.currency)


@given(orders())
def test_the_parts_of_a_line_and_the_shares_of_extras_are_all_of_them(order: Order) -> None:
    for one in order.lines:
        for quantity in range(1, one.quantity):
            part = part_of(one, quantity, order.currency)
            rest = rest_of(one, part)
            assert rest is not None
            assert part.amount_paid + rest.amount_paid == one.amount_paid
            assert part.amount_paid >= 0 and rest.amount_paid >= 0
    pieces = pieces_of(order, ())
    if sum(piece.order.amount_paid for piece in pieces):
        shared = with_extras(pieces, order)
        assert sum(piece.order.extras for piece in shared) == order.extras
        assert all(piece.order.extras >= 0 for piece in shared)
        assert sum(piece.order.amount_paid for piece in shared) == order.amount_paid


@given(orders())
def test_a_line_alone_is_decided_as_an_order_alone(order: Order) -> None:
    one = order.lines[0]
    alone = replace(order, lines=(one,), amount_paid=one.amount_paid, extras=Decimal(0))
    by_line = decide(request_for(alone), LIMITLESS)
    [piece] = pieces_of(alone, ())
    by_order = decide(request_for(piece.order), LIMITLESS)
    assert isinstance(by_line, RefundDecision) and isinstance(by_order, RefundDecision)
    names = ("outcome", "base", "fee", "refund", "process_by", "clauses")
    assert [getattr(by_line, name) for name in names] == [getattr(by_order, name) for name in names]


@given(orders())
def test_ending_lines_loses_what_they_hold(order: Order) -> None:
    asked = request_for(order)
    ended = decide(CancelRequest(order, asked.requested_at, asked.decided_at), POLICY)
    assert isinstance(ended, CancelDecision)
    held = [one.remaining_balance for one in order.lines if one.status is OrderStatus.ACTIVE and one.remaining_balance]
    assert (ended.balance_lost or 0) == sum(held)
