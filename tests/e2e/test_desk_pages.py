"""A case at the desk of the running site, by forms alone, as they work without script."""

from __future__ import annotations

import html
import json
import secrets
import threading
import time
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest

from bot.cases.model import AgentDecision, Author, CaseState, Message, Role, Verdict
from tests.e2e.desk_steps import Person, at_work, new_address, words
from tests.e2e.running import Customer, Site

pytestmark = pytest.mark.e2e


def asked(site: Site, state: CaseState = CaseState.IN_REVIEW, **order: object) -> tuple[str, str, Customer]:
    """A refund that a customer asks for in the chat, by default one that goes to a person: its reference, the order's
    number, and the customer."""
    customer = site.customer()
    number, email = site.order(**(order or {"dispute_open": True}))
    customer.says(f"I want a refund for {number}, {email}, I changed my mind")
    if state is not CaseState.IN_REVIEW:
        customer.says("wallet")
        customer.says("yes")
    case = site.cases(customer)[-1].case
    assert case.state is state
    return case.reference, number, customer


def state_of(site: Site, reference: str) -> CaseState:
    """How far a case is."""
    with site.services.unit_of_work() as uow:
        case = uow.cases.find(reference)
    assert case is not None
    return case.state


def decisions_of(site: Site, reference: str) -> list[AgentDecision]:
    """What people decided about a case."""
    with site.services.unit_of_work() as uow:
        file = uow.case_files.find(reference)
    assert file is not None
    return file.agent_decisions


def said_in(site: Site, customer: Customer) -> list[Message]:
    """The message log of a customer's conversation."""
    with site.services.unit_of_work() as uow:
        return uow.messages.of_conversation(customer.conversation_id)


# What is shown


def test_a_case_waits_in_the_queue_with_what_it_is_about(site: Site) -> None:
    reference, number, _ = asked(site)
    person = at_work(site)
    for path, there in (("/desk", True), ("/desk?show=free", True), ("/desk?show=mine", False)):
        assert (reference in person.sees(path)) is there, path
    assert f"Refund for {number}" in person.sees("/desk")
    person.does(reference, "take")
    assert reference in person.sees("/desk?show=mine") and reference not in person.sees("/desk?show=free")
    assert "You" in person.sees("/desk?show=mine")
    assert reference not in at_work(site).sees("/desk?show=mine")


def test_a_case_shows_what_is_asked_the_sums_the_clauses_and_the_order(site: Site) -> None:
    reference, number, _ = asked(site)
    page = at_work(site).sees(f"/desk/cases/{reference}")
    for text in (
        "Do you approve it?",
        "$50.00 − $6.00 fee = $44.00",
        f"Order {number}",
        "Dispute open on the payment",
        "How the policy decided",
        "A dispute or chargeback is open on the payment.",
        "I changed my mind",
    ):
        assert text in page, text


def test_hostile_words_are_shown_as_words(site: Site) -> None:
    reference, _, customer = asked(site)
    hostile = "<img src=x onerror=alert(1)> <script>alert(2)</script>"
    customer.says(f"human please {hostile}")
    person = at_work(site, name="<b>Dana</b>")
    person.does(reference, "take")
    person.does(reference, "say", to="note", text=hostile)
    for path in ("/desk", f"/desk/cases/{reference}"):
        page = person.browser.get(path).text
        assert "<img src=x" not in page and "<script>alert" not in page and "<b>Dana" not in page
    assert hostile in person.sees(f"/desk/cases/{reference}").replace("  ", " ") or "&lt;img" in page


def test_an_unknown_case_is_a_page_with_a_sentence(site: Site) -> None:
    person = at_work(site)
    assert "There is no such case." in person.sees("/desk/cases/RD-22222A", 404)
    assert person.sends("/desk/cases/RD-22222A/take").status_code == 404


def test_earlier_cases_of_the_customer_are_linked(site: Site) -> None:
    first, number, _ = asked(site)
    email = f"buyer{number[3:]}@example.net"
    second, _, _ = asked(site, dispute_open=True, email=email)
    assert f'href="/desk/cases/{first}"' in at_work(site).browser.get(f"/desk/cases/{second}").text


# Who may do what


@pytest.mark.parametrize(
    ("what", "fields"),
    [
        ("say", {"to": "customer", "text": "hello"}),
        ("decide", {"verdict": "approve", "refund": "44.00", "fee": "6.00", "sure": "yes"}),
        ("decide", {"verdict": "decline", "reason": "no", "sure": "yes"}),
        ("return", {"complete": "yes", "sure": "yes"}),
        ("hand-back", {}),
        ("close", {}),
    ],
)
def test_whoever_has_not_taken_the_case_does_nothing_with_it(site: Site, what: str, fields: dict[str, str]) -> None:
    reference, _, customer = asked(site)
    before = len(said_in(site, customer))
    holder, other = at_work(site, Role.ADMIN), at_work(site, Role.ADMIN)
    assert other.is_refused(reference, what, **fields) == "Take the case first."
    holder.does(reference, "take")
    assert other.is_refused(reference, what, **fields) == "Take the case first."
    assert state_of(site, reference) is CaseState.IN_REVIEW and decisions_of(site, reference) == []
    assert [message.author for message in said_in(site, customer)][before:] == [Author.SYSTEM]  # the holder joined


def test_two_agents_cannot_take_the_same_case(site: Site) -> None:
    reference, _, _ = asked(site)
    dana, eli = at_work(site, name="Dana"), at_work(site, name="Eli")
    assert "You have this case." in dana.does(reference, "take")
    assert eli.is_refused(reference, "take") == "Dana has it."
    page = eli.sees(f"/desk/cases/{reference}")
    assert "Dana has it" in page and "Take this case" not in page and "Your decision" not in page


def test_only_a_lead_or_an_admin_ends_a_service(site: Site) -> None:
    reference, number, _ = asked(site)
    person = at_work(site)
    person.does(reference, "take")
    assert "End the service for a violation" not in person.sees(f"/desk/cases/{reference}")
    assert "Only a lead or admin" in person.is_refused(reference, "terminate", reason="resold", sure="yes")
    assert site.order_status(number) == "active"

    lead = at_work(site, Role.LEAD)
    assert "Give a reason" in lead.is_refused(reference, "terminate", reason=" ", sure="yes")
    shown = words(lead.sends(f"/desk/cases/{reference}/terminate", reason="resold").text)
    assert "stops at once (C1)" in shown and "Balance lost $50.00" in shown
    assert site.order_status(number) == "active"
    assert "The service is ended." in lead.does(reference, "terminate", reason="resold", sure="yes")
    assert site.order_status(number) == "terminated"


# Writing


def test_a_note_is_seen_by_the_desk_and_never_by_the_customer(site: Site) -> None:
    reference, _, customer = asked(site)
    person, other = at_work(site, name="Dana"), at_work(site)
    assert "Only the desk sees it" in person.does(reference, "say", to="note", text="smells of resale")
    assert "Private note, Dana" in other.sees(f"/desk/cases/{reference}")
    assert not [message for message in said_in(site, customer) if "resale" in message.text]
    assert "Write 1 to" in person.is_refused(reference, "say", to="note", text="  ")


def test_what_an_agent_writes_is_kept_for_the_customer(site: Site) -> None:
    reference, _, customer = asked(site)
    person = at_work(site, name="Dana")
    person.does(reference, "take")
    person.does(reference, "say", to="customer", text="Hello,\nI am Dana.")
    written = said_in(site, customer)[-1]
    assert (written.author, written.text, written.agent_name) == (Author.AGENT, "Hello,\nI am Dana.", "Dana")
    assert "Hello, I am Dana." in person.sees(f"/desk/cases/{reference}")


def test_a_canned_reply_comes_filled_and_is_not_sent_yet(site: Site) -> None:
    reference, _, customer = asked(site)
    person = at_work(site)
    person.does(reference, "take")
    before = len(said_in(site, customer))
    answer = person.sends(f"/desk/cases/{reference}/say", to="customer", text="Hi!", canned="0")
    assert answer.status_code == 200 and f"Hi!\n\nHello Alex, I&#39;m looking at {reference} now." in answer.text
    assert len(said_in(site, customer)) == before


# Deciding


def test_an_approval_is_shown_in_sums_first_and_done_at_the_second_yes(site: Site) -> None:
    reference, number, _ = asked(site)
    person = at_work(site)
    person.does(reference, "take")
    answer = person.sends(f"/desk/cases/{reference}/decide", verdict="approve", refund="49", fee="0")
    shown = words(answer.text)
    assert f"The customer gets $44.00 for order {number}" in shown and "Fee $6.00" in shown
    assert decisions_of(site, reference) == []
    assert '<input type="hidden" name="refund" value="44.00">' in answer.text

    fields = {"verdict": "approve", "refund": "44.00", "fee": "6.00", "sure": "yes"}
    assert "Decided." in person.does(reference, "decide", **fields)
    (decision,) = decisions_of(site, reference)
    assert (decision.verdict, decision.refund) == (Verdict.APPROVE, Decimal("44.00"))
    assert state_of(site, reference) is CaseState.APPROVED_BY_AGENT
    assert reference in person.sees("/desk?show=mine")  # until it is handed back
    assert "can't be decided now" in person.is_refused(reference, "decide", **fields)


def test_sums_that_changed_after_they_were_shown_are_not_approved(site: Site) -> None:
    reference, number, _ = asked(site)
    person = at_work(site)
    person.does(reference, "take")
    with site.services.unit_of_work() as uow:
        stored = uow.orders.find(number)
        assert stored is not None
        uow.orders.change(stored.id, remaining_balance=Decimal("30.00"))
        uow.commit()
    refused = person.is_refused(reference, "decide", verdict="approve", refund="44.00", fee="6.00", sure="yes")
    assert "Approving gives $26.40" in refused and decisions_of(site, reference) == []


def test_a_decline_needs_a_reason_and_what_was_typed_stays(site: Site) -> None:
    reference, _, _ = asked(site)
    person = at_work(site)
    person.does(reference, "take")
    assert "Give a reason" in person.is_refused(reference, "decide", verdict="decline", sure="yes")
    assert "Choose a decision" in person.is_refused(reference, "decide", reason="x", sure="yes")
    answer = person.sends(f"/desk/cases/{reference}/decide", verdict="change", refund="all", reason="They were kind.")
    assert answer.status_code == 409 and "They were kind." in answer.text
    assert "Decided." in person.does(reference, "decide", verdict="decline", reason="The bank decides.", sure="yes")
    assert state_of(site, reference) is CaseState.REFUSED_BY_AGENT
    assert "The bank decides." in person.sees(f"/desk/cases/{reference}")


@pytest.mark.parametrize(
    ("refund", "fee", "says"),
    [
        ("fifty", "0", "Write the refund as a number"),
        ("-1", "0", "Write the refund as a number"),
        ("1e3", "0", "Write the refund as a number"),
        ("44", "", "Write the fee as a number"),
        ("50.01", "0", "at most $50.00"),
        ("44.001", "0", "does not have so many decimals"),
        ("0", "0", "more than 0"),
    ],
)
def test_a_sum_that_cannot_be_is_refused_in_a_sentence(site: Site, refund: str, fee: str, says: str) -> None:
    reference, _, _ = asked(site)
    person = at_work(site)
    person.does(reference, "take")
    fields = {
        "verdict": "change",
        "destination": "wallet",
        "reason": "kind",
        "refund": refund,
        "fee": fee,
        "sure": "yes",
    }
    assert says in person.is_refused(reference, "decide", **fields)
    assert decisions_of(site, reference) == []


def above_the_limit(site: Site) -> tuple[str, Person]:
    """A refund of 352.00 that an agent has approved."""
    big = dict.fromkeys(("amount_paid", "original_balance", "remaining_balance"), "400.00")
    reference, _, _ = asked(site, **big)
    dana = at_work(site, name="Dana")
    dana.does(reference, "take")
    assert "Your limit is $100.00" in dana.sees(f"/desk/cases/{reference}")
    shown = words(dana.sends(f"/desk/cases/{reference}/decide", verdict="approve").text)
    assert "above your limit: a second person has to agree" in shown
    fields = {"verdict": "approve", "refund": "352.00", "fee": "48.00", "sure": "yes"}
    assert "until a second person agrees" in dana.does(reference, "decide", **fields)
    return reference, dana


def test_above_the_limit_a_second_person_agrees_after_seeing_the_sums(site: Site) -> None:
    reference, dana = above_the_limit(site)
    (decision,) = decisions_of(site, reference)
    assert decision.waits and state_of(site, reference) is CaseState.IN_REVIEW
    assert "Agree …" not in dana.sees(f"/desk/cases/{reference}")
    yes = {"decision": str(decision.id), "agrees": "yes", "sure": "yes"}
    assert dana.is_refused(reference, "second", **yes) == "Somebody else has to agree."
    agent, lead = at_work(site), at_work(site, Role.LEAD, name="Lea")
    assert agent.is_refused(reference, "second", **yes) == "$352.00 is above your limit."
    assert "Agree …" not in agent.sees(f"/desk/cases/{reference}")

    assert reference in lead.sees("/desk?show=second")
    shown = words(lead.sends(f"/desk/cases/{reference}/second", decision=str(decision.id), agrees="yes").text)
    assert "You agree with what Dana decided." in shown and "The customer gets $352.00" in shown
    assert decisions_of(site, reference)[0].waits
    assert "You agreed." in lead.does(reference, "second", **yes)
    assert state_of(site, reference) is CaseState.APPROVED_BY_AGENT
    assert "Lea agreed" in lead.sees(f"/desk/cases/{reference}")
    assert "does not wait for a second person any more" in lead.is_refused(reference, "second", **yes)


def test_a_second_person_may_disagree_and_it_is_decided_again(site: Site) -> None:
    reference, dana = above_the_limit(site)
    (decision,) = decisions_of(site, reference)
    lead = at_work(site, Role.LEAD)
    assert "You did not agree." in lead.does(reference, "second", decision=str(decision.id), agrees="no")
    assert state_of(site, reference) is CaseState.IN_REVIEW
    assert "Your decision" in dana.sees(f"/desk/cases/{reference}")


# Returned cards


def test_a_returned_card_is_recorded_by_who_has_the_case_at_the_second_yes(site: Site) -> None:
    reference, _, _ = asked(site, CaseState.AWAITING_RETURN, shipped=True)
    person = at_work(site)
    assert reference in person.sees("/desk?show=returns")
    person.does(reference, "take")
    assert "Say whether the card is complete." in person.is_refused(reference, "return", sure="yes")
    assert "Say what is missing." in person.is_refused(reference, "return", complete="no")
    assert "complete and as purchased (R5)" in words(
        person.sends(f"/desk/cases/{reference}/return", complete="yes").text
    )
    assert state_of(site, reference) is CaseState.AWAITING_RETURN
    assert "Recorded." in person.does(reference, "return", complete="yes", sure="yes")
    assert state_of(site, reference) is not CaseState.AWAITING_RETURN


def test_the_label_of_a_return_is_attached_by_who_has_the_case_and_the_page_says_where_to(site: Site) -> None:
    reference, _, _ = asked(site, CaseState.AWAITING_RETURN, shipped=True)
    person = at_work(site)
    assert "Attach the label" not in person.sees(f"/desk/cases/{reference}")
    person.does(reference, "take")
    assert "begins with https://" in person.is_refused(reference, "label", link="http://labels.example/1")
    link = "https://labels.example/1?a=b&c=d"
    page = person.does(reference, "label", link=link)
    assert "The label is attached." in page and f"Label for the parcel {link}" in page and "Replace the label" in page
    assert f'href="{html.escape(link)}"' in person.browser.get(f"/desk/cases/{reference}").text


# Ending


def test_a_question_is_closed_and_the_customer_asked_how_it_went(site: Site) -> None:
    customer = site.customer()
    customer.says("human please")
    reference = site.cases(customer)[-1].case.reference
    person = at_work(site)
    person.does(reference, "take")
    assert "Closed." in person.does(reference, "close")
    assert state_of(site, reference) is CaseState.DONE
    assert [message.kind.value for message in said_in(site, customer)][-2:] == ["left", "rating"]
    assert reference not in person.sees("/desk")


def test_a_case_that_is_handed_back_is_free_again(site: Site) -> None:
    reference, _, customer = asked(site)
    person = at_work(site)
    person.does(reference, "take")
    assert "Handed back." in person.does(reference, "hand-back")
    assert said_in(site, customer)[-1].kind.value == "left"
    assert reference in person.sees("/desk?show=free")


# A whole handoff, on the REST channel


def writes(customer: Customer, text: str) -> str:
    """What a customer gets back for a message, which may be nothing."""
    answer = httpx.post(
        f"{customer.url}/webhooks/rest/webhook",
        json={"sender": customer.conversation_id, "message": text},
        timeout=60,
    )
    assert answer.status_code == 200
    customer.replies = answer.json()
    return "\n".join(reply.get("text", "") for reply in customer.replies)


def test_a_customer_and_an_agent_talk_until_the_money_is_on_its_way(site: Site) -> None:
    reference, number, customer = asked(site)
    person = at_work(site, Role.ADMIN, name="Dana")
    person.does(reference, "take")

    heard = writes(customer, "is anybody there?")
    assert heard == "Dana joined the conversation."  # and nothing from the bot
    assert "is anybody there?" in person.sees(f"/desk/cases/{reference}")
    person.does(reference, "say", to="customer", text="Yes, I am. One moment.")
    assert writes(customer, "ok") == "Yes, I am. One moment."
    assert writes(customer, "/greet") == ""

    fields = {"verdict": "change", "refund": "45", "fee": "5", "destination": "wallet", "reason": "Half the fee."}
    assert decisions_of(site, reference) == []
    person.sends(f"/desk/cases/{reference}/decide", **fields)
    person.does(reference, "decide", **fields, sure="yes")
    person.does(reference, "close")
    heard = writes(customer, "hello?")
    assert "Your refund of $45.00" in heard and "$50.00 - $5.00 (fee) = $45.00" in heard and "Half the fee." in heard
    assert "Dana left the conversation." in heard
    assert state_of(site, reference) is CaseState.APPROVED_BY_AGENT

    customer.presses("Yes, go ahead")
    assert state_of(site, reference) is CaseState.CONFIRMED
    assert f"Refund for {number}" not in person.sees("/desk")


# Live


@pytest.mark.parametrize("of_case", [True, False])
def test_an_open_page_is_told_that_something_changed(site: Site, of_case: bool) -> None:
    reference, _, _ = asked(site)
    person, other = at_work(site), at_work(site)
    path = f"/desk/cases/{reference}/events" if of_case else "/desk/events"
    with person.browser.stream("GET", path, headers={"Accept": "text/event-stream"}) as stream:
        assert stream.headers["content-type"] == "text/event-stream"
        events = (line for line in stream.iter_lines() if line.startswith("event:"))
        assert next(events) == "event: ready"
        timer = threading.Timer(1.5, lambda: other.does(reference, "say", to="note", text="news"))
        timer.start()
        assert next(events) == "event: changed"
        timer.join()


def test_the_desk_sees_the_customer_typing_and_the_customer_only_the_one_who_has_the_case(site: Site) -> None:
    headers = {"X-Refund-Desk-Sender": secrets.token_hex(16)}
    with httpx.Client(base_url=site.url, timeout=60, headers=headers) as web:
        opened = web.post("/webhooks/web/open", json={})
        web.headers["X-Refund-Desk-Resume"] = opened.headers["x-refund-desk-resume"]
        web.post("/webhooks/web/messages", json={"message_id": secrets.token_hex(8), "text": "human please"})
        reference = _case_of(site, headers["X-Refund-Desk-Sender"])
        person, other = at_work(site), at_work(site)
        person.does(reference, "take")
        path = f"/desk/cases/{reference}/events"
        with person.browser.stream("GET", path, headers={"Accept": "text/event-stream"}) as stream:
            lines = (
                line for line in stream.iter_lines() if line.startswith(("event: ready", "event: typing", "data: on"))
            )
            assert next(lines) == "event: ready"
            assert web.post("/webhooks/web/typing", json={"on": True}).status_code == 204
            assert [next(lines), next(lines)] == ["event: typing", "data: on"]

        def sees() -> object:
            return web.get("/webhooks/web/messages?after=99&wait=0").json()["typing"]

        assert other.sends(f"/desk/cases/{reference}/typing").status_code == 204 and sees() is None
        assert person.sends(f"/desk/cases/{reference}/typing").status_code == 204
        assert sees() == {"who": "agent", "on": True}


def _case_of(site: Site, sender: str) -> str:
    """The newest case of a conversation on the web, once there is one."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with site.services.unit_of_work() as uow:
            talk = next(iter(uow.conversations.named("web", sender)), None)
            case = talk and uow.cases.open_question(talk.id)
        if case:
            return case.reference
        time.sleep(0.2)
    raise AssertionError("no case was opened")


def test_what_one_address_asks_beyond_measure_is_held_back_and_an_agent_lets_one_in(site: Site) -> None:
    network = {"X-Forwarded-For": new_address()}
    answers = []
    for _ in range(8):
        body = {"sender": secrets.token_hex(8), "message": "human please, the spanner fell"}
        answers.append(httpx.post(f"{site.url}/webhooks/rest/webhook", json=body, headers=network, timeout=60).json())
    texts = [" ".join(message["text"] for message in answer) for answer in answers]
    assert ["RD-" in text for text in texts] == [True] * 6 + [False] * 2
    assert "came from your network" in texts[6] and "What you wrote is kept" in texts[6]

    person = at_work(site)
    assert "were held back since" in person.sees("/desk")
    assert "human please, the spanner fell" in person.sees("/desk/held-back")
    with site.services.unit_of_work() as uow:
        held = uow.strangers.held(site.services.clock() - timedelta(hours=1))[-2:]
    let_in = person.sends("/desk/held-back/put-in", conversation=held[0].conversation_id)
    assert let_in.status_code == 303 and "Not verified" in person.sees(let_in.headers["location"])
    assert person.sends("/desk/held-back/put-in", conversation=held[0].conversation_id).status_code == 404
    assert person.sends("/desk/held-back/drop", origin=held[1].origin).status_code == 303
    with site.services.unit_of_work() as uow:
        left = uow.strangers.held(site.services.clock() - timedelta(hours=1))
    assert held[1].origin not in {row.origin for row in left}


# Insight


def test_the_numbers_are_shown_for_a_span_and_exported_by_a_lead_only(site: Site) -> None:
    agent, lead = at_work(site), at_work(site, Role.LEAD)
    for path in ("/desk/insight/", "/desk/insight/?days=7", "/desk/insight/?days=90", "/desk/insight/?days=8"):
        assert "Resolved by the bot" in agent.sees(path)
    assert "Export as training candidates" not in agent.sees("/desk/insight/")
    assert agent.sends("/desk/insight/export").status_code == 403
    exported = lead.sends("/desk/insight/export", again="yes")
    assert exported.status_code == 200
    assert exported.headers["content-disposition"].startswith('attachment; filename="not-understood-')


def test_what_the_bot_did_not_understand_is_exported_without_card_numbers(site: Site) -> None:
    customer, lead = site.customer(), at_work(site, Role.LEAD)
    customer.says("flurb wibble 4111 1111 1111 1111 zonk <b>")
    assert "flurb wibble [card number] zonk <b>" in lead.sees("/desk/insight/?days=7")
    lines = [json.loads(line) for line in lead.sends("/desk/insight/export", again="yes").text.splitlines()]
    (found,) = [line for line in lines if "flurb" in line["text"]]
    assert found.keys() == {"text", "guess", "at"} and found["text"] == "flurb wibble [card number] zonk <b>"
    assert "flurb" not in lead.sends("/desk/insight/export").text
