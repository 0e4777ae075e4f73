"""A card that goes back: the customer is told where to, tells its tracking number, and is waited for (R5)."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.cases.customer.late_returns import look_after_returns
from bot.cases.customer.offers import offers
from bot.cases.customer.parcels import note_tracking
from bot.cases.customer.receipts import receipt_of
from bot.cases.customer.withdrawals import take_back
from bot.cases.desk.canned import canned
from bot.cases.desk.returns import attach_label, record_return
from bot.cases.desk.views import desk_case, queue
from bot.cases.errors import BadText, MoveNotAllowed, NotAllowed
from bot.cases.model import Case, CaseState, Cause, CauseCode
from bot.cases.outbound.notices import send_due_notices
from bot.cases.privacy.personal_data import erase
from bot.cases.return_terms import ReturnTerms, by_country
from bot.cases.services import Services
from bot.paper import print_receipt
from bot.worker import work as run_worker
from tests.cases.deciding import accepted, changed, decided, refunds
from tests.cases.test_execution import work
from tests.cases.test_notices import PostOffice
from tests.cases.test_quotes import case_file, confirmed, quoted
from tests.desk_builders import a_conversation, an_agent, said, taken, the_case
from tests.pdf_text import text_of
from tests.store_builders import Clock, problems, proven_address, store_order, verified

TERMS = ReturnTerms(
    addresses=by_country("1 Main St, Albany NY 12207 | DE: Hauptstr. 1, 10115 Berlin"),
    instructions=by_country("Use a padded envelope."),
)
NUMBER = "1Z999AA10123456784"
LABEL = "https://labels.example/rt/1?t=abc"


@pytest.fixture
def office() -> PostOffice:
    """A mail server that takes everything."""
    return PostOffice()


@pytest.fixture
def shop(alex: Services, office: PostOffice) -> Services:
    """Alex's card was shipped, and cards go back to an address."""
    a_conversation(alex)
    store_order(alex, shipped=True)
    return replace(alex, returns=TERMS, mailer=office)


@pytest.fixture
def case(shop: Services) -> Case:
    """A confirmed refund whose card is on its way back; nobody at the desk has it."""
    return confirmed(shop, quoted(shop)).case


def told(shop: Services) -> list[str]:
    return [message.text for message in said(shop)]


# --- where to ---------------------------------------------------------------------------------------------------------


def test_the_receipt_says_where_to_on_the_page_on_paper_and_as_json(shop: Services, case: Case) -> None:
    receipt = receipt_of(shop, case.reference)
    assert receipt is not None
    rows = dict(receipt.rows())
    assert rows["Send it to"] == "1 Main St, Albany NY 12207" and rows["How to send it"] == "Use a padded envelope."
    assert rows["Return number"] == case.return_number and "Tracking number" not in rows
    values = receipt.to_json()
    assert (values["return_address"], values["return_label"]) == ("1 Main St, Albany NY 12207", None)
    assert "1 Main St, Albany NY 12207" in text_of(print_receipt(receipt))


def test_the_mailed_receipt_says_where_to(shop: Services, office: PostOffice, case: Case) -> None:
    send_due_notices(shop)
    assert "Send it to: 1 Main St, Albany NY 12207" in office.mails[0][2]


def test_the_address_is_that_of_the_country_of_the_customers_phone(shop: Services) -> None:
    customer = {"name": "Bea Winkler", "email": "bea@example.com", "phone": "+49 30 901820"}
    store_order(shop, "CC-104251", "bea@example.com", shipped=True, customer=customer)
    proven_address(shop, "other", "bea@example.com")
    done = confirmed(shop, quoted(shop, "other", "CC-104251"), "other")
    receipt = receipt_of(shop, done.case.reference)
    assert receipt is not None and dict(receipt.rows())["Send it to"] == "Hauptstr. 1, 10115 Berlin"


def test_without_an_address_nothing_more_is_said_than_the_number(shop: Services, case: Case) -> None:
    receipt = receipt_of(replace(shop, returns=ReturnTerms()), case.reference)
    assert receipt is not None and receipt.sending is not None
    assert receipt.sending.words == "" and receipt.sending.rows() == [("Return number", case.return_number)]


def test_a_yes_to_a_persons_offer_is_told_where_to_and_so_is_a_canned_reply(shop: Services, case: Case) -> None:
    dana = an_agent(shop)
    taken(shop, dana, case)
    reply = next(reply for reply in canned(shop, case.reference) if reply.title == "Return the card")
    assert "Send it to: 1 Main St, Albany NY 12207. Use a padded envelope." in reply.text
    assert case.return_number is not None and case.return_number in reply.text


# --- the label --------------------------------------------------------------------------------------------------------


def test_a_label_is_told_to_the_customer_and_stands_on_the_receipt(shop: Services, case: Case) -> None:
    dana = an_agent(shop)
    with pytest.raises(NotAllowed):
        attach_label(shop, dana, case.reference, LABEL)
    taken(shop, dana, case)
    attach_label(shop, dana, case.reference, f" {LABEL} ")
    assert LABEL in told(shop)[-1] and desk_case(shop, case.reference).may >= {"label"}
    receipt = receipt_of(shop, case.reference)
    assert receipt is not None and dict(receipt.rows())["Label for the parcel"] == LABEL
    assert receipt.to_json()["return_label"] == LABEL


@pytest.mark.parametrize(
    "link",
    [
        "http://labels.example/1",
        "javascript:alert(1)",
        "https:///no-host",
        "https://labels.example/a b",
        "https://me:secret@labels.example/",
        "https://labels.example:99999/",
        'https://labels.example/"onclick',
        "https://labels.example/1 https://labels.example/2",
        "https://" + "x" * 1000,
        "",
    ],
)
def test_what_is_not_one_https_link_is_no_label(shop: Services, case: Case, link: str) -> None:
    dana = an_agent(shop)
    taken(shop, dana, case)
    with pytest.raises(BadText):
        attach_label(shop, dana, case.reference, link)
    assert the_case(shop, case.reference).return_label is None


def test_a_card_that_is_back_needs_no_label(shop: Services, case: Case) -> None:
    dana = an_agent(shop)
    taken(shop, dana, case)
    record_return(shop, dana, case.reference, True)
    with pytest.raises(MoveNotAllowed):
        attach_label(shop, dana, case.reference, LABEL)


# --- the tracking number ----------------------------------------------------------------------------------------------


def test_a_tracking_number_is_seen_at_the_desk_and_on_the_receipt(shop: Services, case: Case) -> None:
    noted = note_tracking(shop, conversation_id="talk", tracking_number=NUMBER)
    assert noted is not None and (noted.case.reference, noted.order_number) == (case.reference, "CC-104233")
    seen = desk_case(shop, case.reference)
    assert seen.sending is not None and ("Tracking number", NUMBER) in seen.sending.rows()
    receipt = receipt_of(shop, case.reference)
    assert receipt is not None and receipt.to_json()["tracking_number"] == NUMBER


def test_it_is_noted_long_after_the_proof_has_run_out_and_in_a_new_conversation(
    shop: Services, case: Case, clock: Clock
) -> None:
    clock.passes(days=20)
    assert note_tracking(shop, conversation_id="talk", tracking_number="77") is not None
    assert note_tracking(shop, conversation_id="new", tracking_number=NUMBER) is None, "nothing is proven there"
    verified(shop, "new")
    assert note_tracking(shop, conversation_id="new", tracking_number=NUMBER) is not None
    assert the_case(shop, case.reference).tracking_number == NUMBER


def test_it_goes_to_the_order_that_is_named_and_to_no_card_that_is_back(shop: Services, case: Case) -> None:
    store_order(shop, "CC-104251", shipped=True)
    other = confirmed(shop, quoted(shop, "talk", "CC-104251")).case
    noted = note_tracking(shop, conversation_id="talk", tracking_number=NUMBER, order_number="CC-104233")
    assert noted is not None and noted.case.id == case.id
    newest = note_tracking(shop, conversation_id="talk", tracking_number=NUMBER)
    assert newest is not None and newest.case.id == other.id
    dana = an_agent(shop)
    taken(shop, dana, other)
    record_return(shop, dana, other.reference, True)
    assert note_tracking(shop, conversation_id="talk", tracking_number="1", order_number="CC-104251") is None


def test_an_erased_customer_leaves_no_tracking_number_behind(shop: Services, case: Case) -> None:
    note_tracking(shop, conversation_id="talk", tracking_number=NUMBER)
    take_back(shop, conversation_id="talk", reference=case.reference)
    erase(shop, "alex@example.com")
    assert the_case(shop, case.reference).tracking_number is None


# --- late, and never --------------------------------------------------------------------------------------------------


def test_the_customer_is_reminded_once_in_the_chat_and_by_mail(
    shop: Services, office: PostOffice, case: Case, clock: Clock
) -> None:
    send_due_notices(shop)
    clock.passes(days=13, hours=23)
    assert look_after_returns(shop) == 0
    clock.passes(hours=1)
    assert (look_after_returns(shop), look_after_returns(shop)) == (1, 0)
    assert case.return_number is not None and case.return_number in told(shop)[-1]
    assert "Send it to: 1 Main St" in told(shop)[-1]
    assert send_due_notices(shop) == 1 and send_due_notices(shop) == 0
    to, subject, body, _ = office.mails[-1]
    assert to == "alex@example.com" and case.reference in subject and "1 Main St" in body


def test_a_reminder_names_the_tracking_number_that_was_told(shop: Services, case: Case, clock: Clock) -> None:
    note_tracking(shop, conversation_id="talk", tracking_number=NUMBER)
    clock.passes(days=15)
    look_after_returns(shop)
    assert NUMBER in told(shop)[-1]


def test_no_mail_reminds_of_a_card_that_came_meanwhile(
    shop: Services, office: PostOffice, case: Case, clock: Clock
) -> None:
    send_due_notices(shop)
    clock.passes(days=15)
    look_after_returns(shop)
    dana = an_agent(shop)
    taken(shop, dana, case)
    record_return(shop, dana, case.reference, True)
    assert send_due_notices(shop) == 0


def test_nobody_is_reminded_where_that_is_switched_off_nor_of_what_is_back(
    shop: Services, case: Case, clock: Clock
) -> None:
    clock.passes(days=20)
    assert look_after_returns(replace(shop, returns=replace(TERMS, remind_after=None))) == 0
    dana = an_agent(shop)
    taken(shop, dana, case)
    record_return(shop, dana, case.reference, True)
    clock.passes(days=20)
    assert look_after_returns(shop) == 0


def test_a_card_that_never_came_becomes_a_persons_case_once(shop: Services, case: Case, clock: Clock) -> None:
    clock.passes(days=29, hours=23)
    look_after_returns(shop)
    assert the_case(shop, case.reference).state is CaseState.AWAITING_RETURN
    clock.passes(hours=1)
    assert (look_after_returns(shop), look_after_returns(shop)) == (1, 0)
    file = case_file(shop, case.reference)
    assert file.case.state is CaseState.IN_REVIEW and file.handoff is not None
    assert file.handoff.cause is Cause.RETURN_OVERDUE and file.log[-1].cause.code is CauseCode.CARD_OVERDUE
    assert [item.reference for item in queue(shop)] == [case.reference] and case.reference in told(shop)[-1]
    assert "not come back" in desk_case(shop, case.reference).open_question and problems(shop) == []


def test_a_bot_that_slept_for_months_does_not_remind_of_what_a_person_gets(
    shop: Services, case: Case, clock: Clock
) -> None:
    clock.passes(days=90)
    before = len(told(shop))
    assert look_after_returns(shop) == 1
    assert len(told(shop)) == before + 1 and the_case(shop, case.reference).reminded_at is None


def test_a_card_that_came_after_all_is_recorded_and_paid(shop: Services, case: Case, clock: Clock) -> None:
    clock.passes(days=31)
    look_after_returns(shop)
    dana = an_agent(shop)
    taken(shop, dana, case)
    assert desk_case(shop, case.reference).may >= {"return", "decide", "label"}
    assert record_return(shop, dana, case.reference, True).state is CaseState.DONE
    assert refunds(shop) == [(Decimal(44), "wallet")] and problems(shop) == []
    states = [entry.to_state.value for entry in case_file(shop, case.reference).log]
    assert states[1:] == ["awaiting_return", "in_review", "awaiting_return", "received", "executing", "done"]


def test_one_that_came_incomplete_after_all_stays_with_the_person(shop: Services, case: Case, clock: Clock) -> None:
    clock.passes(days=31)
    look_after_returns(shop)
    dana = an_agent(shop)
    taken(shop, dana, case)
    record_return(shop, dana, case.reference, False, "The sleeve is missing.")
    file = case_file(shop, case.reference)
    assert file.case.state is CaseState.IN_REVIEW and file.handoff is not None
    assert file.handoff.cause is Cause.RETURN and "return" not in desk_case(shop, case.reference).may
    assert look_after_returns(shop) == 0


def test_what_a_person_had_decided_is_paid_for_a_card_that_came_after_all(shop: Services, clock: Clock) -> None:
    dana = an_agent(shop)
    case = quoted(shop, reason=None).case
    decision = changed(shop, dana, case, "30.00")
    accepted(shop, decision)
    clock.passes(days=31)
    look_after_returns(shop)
    record_return(shop, dana, case.reference, True)
    assert refunds(shop) == [(Decimal(30), "wallet")]


def test_a_person_may_go_on_waiting_and_the_number_stays_the_same(shop: Services, case: Case, clock: Clock) -> None:
    clock.passes(days=31)
    look_after_returns(shop)
    dana = an_agent(shop)
    decision = decided(shop, dana, case)
    proven_address(shop)
    (offer,) = offers(shop, conversation_id="talk")
    assert offer.needs_return, "it is not back"
    waiting = accepted(shop, decision)
    assert (waiting.state, waiting.return_number) == (CaseState.AWAITING_RETURN, case.return_number)
    assert look_after_returns(shop) == 0
    clock.passes(days=15)
    assert look_after_returns(shop) == 1, "reminded anew"
    clock.passes(days=16)
    assert look_after_returns(shop) == 1 and the_case(shop, case.reference).state is CaseState.IN_REVIEW
    work(shop, clock)
    assert refunds(shop) == []


@pytest.mark.parametrize("days", [15, 31])
def test_of_several_workers_one_reminds_and_one_hands_over(shop: Services, clock: Clock, days: int) -> None:
    case = confirmed(shop, quoted(shop)).case
    clock.passes(days=days)
    before, done, failures = len(told(shop)), [], []
    start = threading.Barrier(4)

    def worker() -> None:
        start.wait()
        try:
            done.append(look_after_returns(shop))
        except BaseException as error:
            failures.append(error)

    workers = [threading.Thread(target=worker) for _ in range(4)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    assert failures == [] and sum(done) == 1
    assert len(told(shop)) == before + 1 and problems(shop) == []
    assert len(case_file(shop, case.reference).log) == (2 if days < 30 else 3)


class _OneRound(threading.Event):
    """A worker is told to stop as soon as it has nothing left to do."""

    def wait(self, timeout: float | None = None) -> bool:
        self.set()
        return True


def test_the_worker_reminds(shop: Services, case: Case, clock: Clock) -> None:
    clock.passes(days=15)
    run_worker(shop, _OneRound())
    assert the_case(shop, case.reference).reminded_at == clock()


def test_the_days_are_settings(shop: Services, case: Case, clock: Clock) -> None:
    terms = replace(TERMS, remind_after=timedelta(days=2), overdue_after=timedelta(days=5))
    patient = replace(shop, returns=terms)
    clock.passes(days=2)
    assert look_after_returns(patient) == 1 and the_case(shop, case.reference).state is CaseState.AWAITING_RETURN
    clock.passes(days=3)
    assert look_after_returns(patient) == 1 and the_case(shop, case.reference).state is CaseState.IN_REVIEW
