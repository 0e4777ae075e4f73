"""Receipts: what was confirmed, with its time and clauses, for whoever has the link."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from actions.cards import refund_quote
from bot.cases.customer.quotes import Quote, confirm, quote_cancellation, quote_refund
from bot.cases.customer.receipts import Receipt, is_receipt_mac, receipt_of, receipt_path
from bot.cases.customer.withdrawals import take_back
from bot.cases.model import CaseKind, CaseState, CustomerReason
from bot.cases.payout.execution import carry_out_due
from bot.cases.services import Services
from bot.paper import print_receipt
from bot.policy.facts import Destination
from tests.pdf_text import text_of
from tests.store_builders import PLAN, TRANSCRIPT, Clock, store_order, verified


def quoted(services: Services, number: str = "CC-104233") -> Quote:
    """A refund of the order, quoted in the conversation ``talk``."""
    return quote_refund(
        services,
        conversation_id="talk",
        order_number=number,
        reason=CustomerReason.CHANGE_OF_MIND,
        reason_words="",
        destination=Destination.ORIGINAL_PAYMENT_METHOD,
        requested_at=services.clock(),
        transcript=TRANSCRIPT,
    )


def cancelled(services: Services, number: str) -> Quote:
    """A quoted cancellation."""
    return quote_cancellation(
        services,
        conversation_id="talk",
        order_number=number,
        requested_at=services.clock(),
        transcript=TRANSCRIPT,
    )


def receipt_after_yes(services: Services, quote: Quote, **more: Any) -> Receipt:
    """The receipt of a quote that was confirmed."""
    assert quote.decision is not None
    reference = quote.case.reference
    confirm(
        services,
        conversation_id="talk",
        reference=reference,
        decision_id=quote.decision.id,
        transcript=TRANSCRIPT,
        **more,
    )
    receipt = receipt_of(services, reference)
    assert receipt is not None
    return receipt


def test_a_refund_has_a_receipt_from_its_yes_on_and_not_before(alex: Services, clock: Clock) -> None:
    quote = quoted(alex)
    assert receipt_of(alex, quote.case.reference) is None
    clock.passes(minutes=3)

    receipt = receipt_after_yes(alex, quote)

    agreed = receipt.agreed
    assert (receipt.kind, receipt.order_number, receipt.product) == (CaseKind.REFUND, "CC-104233", "global-card")
    assert (agreed.base, agreed.fee, agreed.refund) == (Decimal("50.00"), Decimal("6.00"), Decimal("44.00"))
    assert agreed.destination is Destination.ORIGINAL_PAYMENT_METHOD
    assert [clause.id for clause in receipt.clauses] == ["R2", "R3", "R7", "R4"]
    assert agreed.confirmed_at == clock.now and agreed.confirmed_at.tzname() == "EDT"
    assert receipt.requested_at.isoformat() == "2026-05-06T12:00:00-04:00"
    rows = dict(receipt.rows())
    assert rows["Refund"] == "$44.00" and rows["Confirmed"] == "Wednesday, May 6, 2026, 12:03 (EDT)"
    assert rows["Goes to"] == "the original payment method" and rows["Policy version"] == "2020-01"


def test_a_receipt_shows_how_far_the_case_is_now(alex: Services, clock: Clock) -> None:
    receipt = receipt_after_yes(alex, quoted(alex))
    assert receipt.state_words == "accepted and on its way"

    clock.passes(minutes=11)
    while carry_out_due(alex):
        pass

    paid = receipt_of(alex, receipt.reference)
    assert paid is not None and paid.state is CaseState.DONE
    assert paid.agreed == receipt.agreed, "what was confirmed stays as it was"


def test_a_request_that_was_taken_back_says_so(alex: Services) -> None:
    receipt = receipt_after_yes(alex, quoted(alex))

    take_back(alex, conversation_id="talk", reference=receipt.reference)

    left = receipt_of(alex, receipt.reference)
    assert left is not None and left.state_words == "withdrawn"


def test_the_receipt_of_a_cancelled_plan_has_its_dates(services: Services) -> None:
    store_order(services, "CC-104251", "carlos@example.com", **PLAN)
    verified(services, number="CC-104251", email="carlos@example.com")

    receipt = receipt_after_yes(services, cancelled(services, "CC-104251"))

    rows = dict(receipt.rows())
    assert receipt.title == "Cancellation" and "Refund" not in rows and "Goes to" not in rows
    assert rows["Service stops"] == "Wednesday, May 6, 2026, 12:00 (EDT)"
    assert rows["Agreement ends on"] == "Sunday, May 31, 2026"
    assert rows["First charge that is not taken"] == "Monday, June 1, 2026"
    assert [clause.id for clause in receipt.clauses] == ["C1", "C2", "C3", "C4"]


def test_the_receipt_of_a_refunded_plan_says_when_its_agreement_ends(services: Services) -> None:
    store_order(services, "CC-104251", "carlos@example.com", **PLAN)
    verified(services, number="CC-104251", email="carlos@example.com")

    receipt = receipt_after_yes(services, quoted(services, "CC-104251"))

    assert dict(receipt.rows())["Agreement ends on"] == "Sunday, May 31, 2026"


def test_a_destination_that_is_chosen_with_the_yes_is_on_the_receipt(alex: Services) -> None:
    receipt = receipt_after_yes(alex, quoted(alex), destination=Destination.WALLET)

    assert receipt.agreed.destination is Destination.WALLET


def test_a_link_fits_its_own_receipt_only(alex: Services) -> None:
    path = receipt_path(alex, "RD-AAAAAA")
    mac = path.rpartition("/")[2]

    assert path.startswith("/receipts/RD-AAAAAA/") and len(mac) == 32
    assert is_receipt_mac(alex, "RD-AAAAAA", mac)
    assert not is_receipt_mac(alex, "RD-AAAAAC", mac)
    assert not is_receipt_mac(alex, "RD-AAAAAA", mac[:-1]) and not is_receipt_mac(alex, "RD-AAAAAA", "")
    assert not is_receipt_mac(alex, "RD-AAAAAA", "é" * 32)


def test_the_json_has_plain_values(alex: Services) -> None:
    told = receipt_after_yes(alex, quoted(alex)).to_json()

    assert told["refund"] == "44.00" and told["fee"] == "6.00" and told["currency"] == "USD"
    assert datetime.fromisoformat(told["confirmed_at"]).utcoffset() is not None
    assert told["destination"] == "original_payment_method" and told["state"] == "confirmed"
    assert [clause["id"] for clause in told["clauses"]] == ["R2", "R3", "R7", "R4"]


@pytest.mark.parametrize(
    "product",
    [
        "Café €20 – Ångström",
        "名前のカード",
        "🎁 card",
        "\u202ebackwards",
        "بطاقة",
        "a" * 100,
        "e\u0301\u0301",
        "\U0010ffff",
    ],
)
def test_no_name_of_a_product_breaks_the_paper(services: Services, product: str) -> None:
    store_order(services, product="card")
    verified(services)
    receipt = receipt_after_yes(services, quoted(services))

    named = Receipt(**{**vars(receipt), "product": product})
    pdf = print_receipt(named)

    assert pdf.startswith(b"%PDF") and pdf.rstrip().endswith(b"%%EOF")
    assert b"/Lang (en)" in pdf and "Refund of $44.00" in text_of(pdf)


def test_the_paper_can_draw_the_euro_and_accents(alex: Services) -> None:
    receipt = receipt_after_yes(alex, quoted(alex))
    pdf = print_receipt(Receipt(**{**vars(receipt), "product": "Café €"}))

    text = text_of(pdf)
    assert "Café €" in text and "$44.00" in text and receipt.reference in text
    assert "An unused product gives the amount paid less the fee" in text.replace("\n", " ")


@pytest.mark.parametrize(
    ("order", "rows"),
    [
        pytest.param(
            {"amount_paid": "55.00", "extras": "5.00"},
            {"Paid": "$55.00", "Shipping and fees": "$5.00, included", "Fee": "$6.60", "Refund": "$48.40"},
            id="unused: the shipping goes back, too",
        ),
        pytest.param(
            {"amount_paid": "45.00", "extras": "5.00", "remaining_balance": "45.00"},
            {
                "Paid for what is left": "$36.00",
                "Shipping and fees": "$5.00, not refunded",
                "Fee": "$4.32",
                "Refund": "$31.68",
            },
            id="used and bought with a coupon",
        ),
        pytest.param(
            {"remaining_balance": "45.00"},
            {"Remaining balance": "$45.00", "Fee": "$5.40", "Refund": "$39.60"},
            id="used, bought at its face, without shipping",
        ),
    ],
)
def test_shipping_and_fees_stand_in_the_quote_and_on_the_receipt(
    services: Services, order: dict[str, str], rows: dict[str, str]
) -> None:
    store_order(services, "CC-104299", "alex@example.com", **order)
    verified(services, number="CC-104299", email="alex@example.com")

    quote = quoted(services, "CC-104299")

    assert quote.decision is not None
    shown = {
        row["label"]: row["value"] for row in refund_quote("CC-104299", quote.case, quote.decision)["card"]["rows"]
    }
    receipt = receipt_after_yes(services, quote)
    sums = {"Paid", "Paid for what is left", "Remaining balance", "Shipping and fees", "Fee", "Refund"}
    assert {label: value for label, value in shown.items() if label in sums} == rows
    assert {label: value for label, value in receipt.rows() if label in sums} == rows
    assert receipt.to_json()["extras"] == order.get("extras", "0.00")
