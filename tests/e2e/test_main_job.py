"""The main job over HTTP, with the outcome read from the database."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from bot.cases.model import CaseKind, CaseState, Cause, CustomerReason
from bot.policy.facts import Destination
from bot.settings import PROJECT
from bot.wording.decisions import explained
from tests.e2e.running import Site, environment

pytestmark = pytest.mark.e2e


def test_a_refund_is_quoted_in_numbers_confirmed_and_recorded(site: Site) -> None:
    alex = site.customer()

    said = alex.says("hi, I bought a card last Thursday and never used it, can I get my money back? order cc104233")
    assert "email address on order CC-104233" in said
    assert "reason" in alex.says("alex@example.com")
    assert "wallet" in alex.says("I changed my mind")
    quote = alex.says("store wallet please")
    assert "$50.00 - $6.00 (12% fee) = $44.00" in quote
    assert site.cases(alex)[0].case.state is CaseState.QUOTED
    assert site.order_status("CC-104233") == "active"

    done = alex.says("yes")

    (file,) = site.cases(alex)
    assert re.search(r"RD-[34679ACDEFGHJKMNPQRTWXY]{6}", done).group() == file.case.reference  # type: ignore[union-attr]
    assert "$44.00" in done and "wallet" in done
    assert (file.case.kind, file.case.state) == (CaseKind.REFUND, CaseState.CONFIRMED)
    assert (file.case.reason, file.case.destination) == (CustomerReason.CHANGE_OF_MIND, Destination.WALLET)
    assert file.order_number == "CC-104233"
    decision = file.decisions[-1]
    assert (decision.result["outcome"], decision.result["base"]) == ("approve", "50.00")
    assert (decision.result["fee"], decision.result["refund"]) == ("6.00", "44.00")
    assert {"R2", "R3", "R4", "R7"} <= set(decision.result["clauses"])
    assert decision.inputs["order"]["number"] == "CC-104233"
    assert [entry.to_state for entry in file.log] == [CaseState.QUOTED, CaseState.CONFIRMED]
    assert site.order_status("CC-104233") == "refund_pending"


def test_a_refund_after_the_window_is_declined_before_anyone_is_asked_for_a_reason(site: Site) -> None:
    eli = site.customer()

    eli.says("I want my money back for order CC-104273")
    said = eli.says("my email is eli@example.com")

    assert "can't refund" in said and "working day" in said
    assert any(button["payload"] == "/talk_to_human" for reply in eli.replies for button in reply.get("buttons", []))
    (file,) = site.cases(eli)
    assert file.case.state is CaseState.DECLINED
    assert file.decisions[-1].result["clauses"] == ["R2"]
    assert file.decisions[-1].result["refund"] is None
    assert site.order_status("CC-104273") == "active"


def test_a_subscription_is_cancelled_at_once_and_its_agreement_ends_with_the_cycle(site: Site) -> None:
    carlos = site.customer()

    carlos.says("I want to cancel my monthly plan")
    carlos.says("CC 104251")
    quote = carlos.says("carlos@example.com")
    assert "Shall I cancel it now?" in quote
    assert site.order_status("CC-104251") == "active"
    done = carlos.says("yes, cancel it")

    (file,) = site.cases(carlos)
    assert file.case.reference in done
    assert (file.case.kind, file.case.state) == (CaseKind.CANCEL, CaseState.DONE)
    result = file.decisions[-1].result
    assert result["outcome"] == "cancel" and result["refund"] == "0.00"
    assert result["clauses"] == ["C1", "C2", "C3", "C4"]
    assert site.order_status("CC-104251") == "cancelled"
    with site.services.unit_of_work() as uow:
        stored = uow.orders.find("CC-104251")
    assert stored is not None and stored.agreement_ends_on is not None
    assert stored.agreement_ends_on.isoformat() == result["agreement_ends_on"]
    assert (stored.agreement_ends_on + timedelta(days=1)).isoformat() == result["next_charge_on"]
    assert stored.cancelled_at is not None
    assert abs(stored.cancelled_at - datetime.now(timezone.utc)) < timedelta(minutes=5)


def test_a_human_in_the_middle_gets_the_transcript_the_facts_and_the_reasoning(site: Site) -> None:
    bella = site.customer()

    bella.says("refund please, order CC-104240, bella@example.com")
    bella.says("I don't want it any more, I changed my mind")
    said = bella.says("can I talk to a real person please")

    (file,) = site.cases(bella)
    assert (file.case.kind, file.case.state) == (CaseKind.QUESTION, CaseState.IN_REVIEW)
    assert file.case.reference in said and file.order_number == "CC-104240"
    assert file.handoff is not None and file.handoff.cause is Cause.ASKED
    assert str(file.handoff.answer_by.day) in said
    texts = [turn["text"] for turn in file.handoff.transcript]
    assert texts[0] == "refund please, order CC-104240, bella@example.com"
    assert texts[-1] == "can I talk to a real person please"
    assert file.handoff.facts["verified"] is True
    assert file.handoff.facts["preview"]["refund"] == "27.72"
    assert "12%" in explained(file.handoff.facts["preview"])
    assert site.order_status("CC-104240") == "active"


def test_a_human_instead_of_an_answer_takes_the_quote_along(site: Site) -> None:
    number, email = site.order()
    asker = site.customer()

    asker.says(f"I want a refund for {number}, my email is {email}")
    asker.says("changed my mind")
    asker.says("wallet")
    asker.presses("Talk to a person")

    (file,) = site.cases(asker)
    assert (file.case.kind, file.case.state) == (CaseKind.REFUND, CaseState.IN_REVIEW)
    assert file.handoff is not None and file.handoff.facts["decision"]["refund"] == "44.00"
    assert site.order_status(number) == "active"


def test_what_the_policy_leaves_to_a_person_is_handed_over(site: Site) -> None:
    number, email = site.order(amount_paid="400.00", original_balance="400.00", remaining_balance="400.00")
    buyer = site.customer()

    buyer.says(f"I want a refund for {number}, my email is {email}")
    said = buyer.says("I changed my mind")

    (file,) = site.cases(buyer)
    assert file.case.state is CaseState.IN_REVIEW and file.case.reference in said
    assert file.handoff is not None and file.handoff.cause is Cause.REVIEW
    assert Decimal(file.handoff.facts["decision"]["refund"]) == Decimal("352.00")


def test_a_no_to_the_quote_leaves_everything_as_it_was(site: Site) -> None:
    number, email = site.order()
    buyer = site.customer()

    buyer.says(f"I want a refund for {number}, my email is {email}")
    buyer.says("I changed my mind")
    buyer.says("to the original payment method")
    assert "this request was not made" in buyer.says("no")

    (file,) = site.cases(buyer)
    assert file.case.state is CaseState.WITHDRAWN
    assert site.order_status(number) == "active"


def test_a_quote_that_changed_before_the_yes_is_shown_again(site: Site) -> None:
    number, email = site.order()
    buyer = site.customer()
    buyer.says(f"I want a refund for {number}, my email is {email}")
    buyer.says("I changed my mind")
    assert "$44.00" in buyer.says("wallet")
    with site.services.unit_of_work() as uow:
        stored = uow.orders.find(number)
        assert stored is not None
        uow.orders.change(stored.id, remaining_balance=Decimal("40.00"))
        uow.commit()

    said = buyer.says("yes")

    assert "this was not done yet" in said and "$35.20" in said
    assert site.cases(buyer)[0].case.state is CaseState.QUOTED
    assert "$35.20" in buyer.says("yes")
    (file,) = site.cases(buyer)
    assert file.case.state is CaseState.CONFIRMED and file.decisions[-1].result["refund"] == "35.20"


def test_cancelling_a_card_with_money_on_it_names_the_loss_and_offers_the_refund(site: Site) -> None:
    number, email = site.order(remaining_balance="40.00")
    buyer = site.customer()

    buyer.says("cancel my calling card please")
    quote = buyer.says(f"{number} {email}")

    assert "$40.00" in quote and "$35.20" in quote
    assert quote.index("$35.20") < quote.index("$40.00"), "the refund is offered first"
    assert "reason" in buyer.presses("Refund instead").lower()
    assert site.order_status(number) == "active"


def test_three_wrong_addresses_end_with_a_person_and_unknown_orders_look_the_same(site: Site) -> None:
    number, _ = site.order()
    wrong, unknown = site.customer(), site.customer()
    wrong.says(f"I want a refund for {number}")
    unknown.says("I want a refund for CC-999999")

    for attempt in ("a@example.org", "b@example.org"):
        first, second = wrong.says(attempt), unknown.says(attempt)
        assert first.replace(number, "X") == second.replace("CC-999999", "X")
        assert "couldn't match" in first
    said = wrong.says("c@example.org")

    (file,) = site.cases(wrong)
    assert file.case.reference in said
    assert file.handoff is not None and file.handoff.cause is Cause.VERIFICATION
    assert file.handoff.facts["verified"] is False and file.order_number is None
    assert "couldn't match" in unknown.says("c@example.org")


def test_another_customers_order_stays_out_of_reach_in_a_verified_conversation(site: Site) -> None:
    mine, my_email = site.order()
    other, _ = site.order()
    buyer = site.customer()
    buyer.says(f"I want a refund for {mine}, my email is {my_email}")

    said = buyer.says(f"no wait, I mean order {other}")

    assert "email" in said and "$" not in said
    assert all(file.order_number != other for file in site.cases(buyer))


def test_the_cases_can_be_listed_and_every_decision_replayed(site: Site) -> None:
    number, email = site.order()
    buyer = site.customer()
    buyer.says(f"I want a refund for {number}, my email is {email}")
    buyer.says("I changed my mind")
    buyer.says("wallet")
    buyer.says("yes")

    listed = json.loads(refund_desk(site, "cases", "list", "--json"))
    (case,) = [case for case in listed if case["order_number"] == number]
    shown = json.loads(refund_desk(site, "cases", "show", case["reference"], "--json"))
    assert shown["decisions"][-1]["result"]["refund"] == "44.00"
    assert refund_desk(site, "policy", "replay").endswith(" 0 different\n")


def refund_desk(site: Site, *argv: str) -> str:
    """The command over the site's data; what it prints."""
    command = [sys.executable, "-m", "bot", *argv]
    done = subprocess.run(command, cwd=PROJECT, env=environment(site.home), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wrong_product_is_read_by_a_person_with_the_customers_words(site: Site) -> None:
    number, email = site.order()
    customer = site.customer()

    customer.says(f"refund please, order {number}, {email}")
    said = customer.presses("It's the wrong product")
    if "Where should the money go" in said:
        said = customer.presses("Store wallet")

    assert "person has to decide" in said
    (file,) = site.cases(customer)
    assert (file.case.state, file.case.reason) == (CaseState.IN_REVIEW, CustomerReason.WRONG_PRODUCT)
    assert file.decisions[-1].inputs["reason"] == "other" and file.case.reason_words == "It's the wrong product"


def test_a_question_in_between_is_answered_with_the_figures_of_this_order(site: Site) -> None:
    number, email = site.order()
    customer = site.customer()

    customer.says(f"refund please, order {number}, {email}, I changed my mind")
    said = customer.says("how is the fee computed?")

    assert "12%" in said and "$6.00" in said and f"order {number}" in said and "R7" in said
    assert "your store wallet, or" in said


def test_another_language_is_answered_politely_and_a_person_offered(site: Site) -> None:
    customer = site.customer()
    assert "only speak English" in customer.says("quiero que me devuelvan el dinero de la tarjeta")
    assert "passed this to a person" in customer.presses("Talk to a person")


@pytest.mark.parametrize(
    "messages",
    [
        ["I don't need it any longer, refund {number} to my wallet please, {email}", "yes"],
        ["refund {number}, {email}, I changed my mind", "store wallet", "yes"],
        ["refund", "{number}", "{email}", "I changed my mind", "store wallet", "yes"],
    ],
    ids=["everything at once", "without the destination", "one by one"],
)
def test_a_refund_takes_no_more_messages_than_it_has_details(site: Site, messages: list[str]) -> None:
    number, email = site.order()
    customer = site.customer()
    for message in messages[:-1]:
        assert "Done." not in customer.says(message.format(number=number, email=email))
    assert "Done. Your refund of $44.00" in customer.says(messages[-1])
