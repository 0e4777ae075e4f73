"""The plain pages of the running site, as a browser without script uses them."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from email import message_from_string
from email.message import Message

import httpx
import pytest
import sqlalchemy as sa

from bot.cases.conversation.messages import history
from bot.cases.customer.receipts import receipt_path
from bot.cases.desk.agent_decisions import decide_by_agent
from bot.cases.desk.work import say_to_customer, take
from bot.cases.model import Agent, Author, CaseFile, CaseKind, CaseState, Cause, Role, Verdict
from bot.policy.facts import Destination
from bot.store import tables as t
from bot.store.unit_of_work import SqlUnitOfWork
from tests.desk_builders import signed_up
from tests.e2e.plain_browser import PlainBrowser
from tests.e2e.running import Site, running_site
from tests.e2e.shop import Inbox
from tests.pdf_text import text_of

pytestmark = pytest.mark.e2e
_logins = itertools.count(1)


@pytest.fixture
def browser(site: Site) -> Iterator[PlainBrowser]:
    """A customer's browser."""
    with PlainBrowser(site.url) as browser:
        yield browser


@pytest.fixture(scope="module")
def mailing_site(tmp_path_factory: pytest.TempPathFactory, mail_server: tuple[Inbox, int]) -> Iterator[Site]:
    """A bot that mails receipts with links."""
    settings = {
        "smtp_url": f"smtp://127.0.0.1:{mail_server[1]}",
        "mail_from": "desk@example.org",
        "public_url": "https://desk.example",
    }
    with running_site(tmp_path_factory.mktemp("mailing"), **settings) as site:
        yield site


def cases_of(site: Site, number: str) -> list[CaseFile]:
    """The cases of an order, oldest first."""
    with site.services.unit_of_work() as uow:
        return [file for file in reversed(uow.case_files.all()) if file.order_number == number]


def change_order(site: Site, number: str, **values: object) -> None:
    """The shop changes an order."""
    with site.services.unit_of_work() as uow:
        stored = uow.orders.find(number)
        assert stored is not None
        uow.orders.change(stored.id, **values)
        uow.commit()


def quoted(browser: PlainBrowser, number: str, email: str, reason: str = "change_of_mind") -> str:
    """Ask for a refund up to its quote; the reference."""
    browser.get("/refund")
    page = browser.send(order_number=number, contact=email, reason=reason)
    assert page.status == 200 and page.title.startswith("You would get"), page.text
    return page.url.rpartition("/")[2]


# Refund


def test_a_whole_refund(site: Site, browser: PlainBrowser) -> None:
    number, email = site.order()
    reference = quoted(browser, number.lower().replace("-", " "), f" {email.upper()} ")

    for shown in ("$50.00", "$6.00", "$44.00", number, "The card is stopped before the money is sent."):
        assert shown in browser.page.text
    assert browser.page.links["R7"] == "/policy?version=2020-01#R7"
    assert cases_of(site, number)[0].case.state is CaseState.QUOTED and site.order_status(number) == "active"

    page = browser.send("Confirm the refund of $44.00", destination="original_payment_method")

    assert page.title.startswith("Done.") and reference in page.text and "the original payment method" in page.text
    (file,) = cases_of(site, number)
    assert file.case.state is CaseState.CONFIRMED and file.case.reference == reference
    assert file.case.destination is Destination.ORIGINAL_PAYMENT_METHOD
    assert site.order_status(number) == "refund_pending"
    said = history(site.services, browser.conversation_id)
    assert [message.author for message in said] == [Author.CUSTOMER, Author.BOT] * 2
    assert number in said[0].text and email.upper() in said[0].text and "changed my mind" in said[0].text
    assert "(12% fee)" in said[1].text and said[2].text.startswith(f"Confirm {reference}")
    assert all(message.answered_at or message.delivered_at for message in said), "nobody else has to answer or bring it"


def test_what_was_entered_can_be_changed_without_proving_again_whose_it_is(site: Site, browser: PlainBrowser) -> None:
    number, email = site.order()
    reference = quoted(browser, number, email)

    page = browser.follow("Change what you entered")
    assert page.forms[0].fields["order_number"] == number and page.forms[0].fields["reason"] == "change_of_mind"
    assert "contact" not in page.forms[0].names
    page = browser.send(reason="service_fault")

    assert "A person has to decide this one" in page.text and reference in page.text
    (file,) = cases_of(site, number)
    assert file.case.state is CaseState.IN_REVIEW and file.handoff is not None and file.handoff.cause is Cause.REVIEW
    turns = [(turn["who"], turn["text"]) for turn in file.handoff.transcript]
    assert [who for who, _ in turns] == ["customer", "bot", "customer"]
    assert "It doesn't work" in turns[-1][1]


def test_a_reason_is_asked_for_only_where_it_matters(site: Site, browser: PlainBrowser) -> None:
    number, email = site.order()
    browser.get("/refund")
    page = browser.send(order_number=number, contact=email)
    assert page.status == 422 and "Choose the reason" in page.described_error("reason")
    assert cases_of(site, number) == []

    late, late_email = site.order(days_ago=40)
    browser.get("/refund")
    page = browser.send(order_number=late, contact=late_email)
    assert page.title.startswith("This order can't be refunded") and page.links["R2"] == "/policy?version=2020-01#R2"
    assert "Asked for in time, it would have been accepted." in page.text


def test_something_else_needs_words_and_goes_to_a_person(site: Site, browser: PlainBrowser) -> None:
    number, email = site.order()
    browser.get("/refund")
    page = browser.send(order_number=number, contact=email, reason="other")
    assert page.status == 422 and "what the reason is" in page.described_error("words")

    page = browser.send(contact=email, words="It is a gift for someone who <b>moved</b>")

    assert "A person has to decide this one" in page.text
    (file,) = cases_of(site, number)
    assert file.case.reason_words == "It is a gift for someone who <b>moved</b>"


def test_a_decline_offers_a_person_who_gets_what_was_entered(site: Site, browser: PlainBrowser) -> None:
    number, email = site.order(days_ago=40)
    browser.get("/refund")
    browser.send(order_number=number, contact=email, reason="change_of_mind")

    page = browser.send("Ask a person", words="I was in hospital", email="not an address")
    assert page.status == 422 and "name@example.com" in page.described_error("email")
    assert page.forms[0].fields["words"] == "I was in hospital"
    page = browser.send("Ask a person", email="leo@example.net")

    assert "A person has your request" in page.text and "answer by" in page.text
    declined, question = cases_of(site, number)
    assert (declined.case.state, question.case.kind) == (CaseState.DECLINED, CaseKind.QUESTION)
    assert question.handoff is not None and question.handoff.transcript[-1]["text"].endswith("I was in hospital")
    with site.services.unit_of_work() as uow:
        assert uow.conversations.reply_email(browser.conversation_id) == "leo@example.net"
        stored = uow.conversations.find(browser.conversation_id)
    assert stored is not None and "leo" not in str(stored.reply_email)


def test_a_changed_balance_shows_the_new_quote_and_pays_nothing(site: Site, browser: PlainBrowser) -> None:
    number, email = site.order()
    reference = quoted(browser, number, email)
    change_order(site, number, remaining_balance=40)

    page = browser.send(destination="wallet")

    assert "Something changed" in page.text and "You would get $35.20 back" in page.text
    assert cases_of(site, number)[0].case.state is CaseState.QUOTED and site.order_status(number) == "active"
    page = browser.send("Confirm the refund of $35.20")
    assert "Done." in page.text and cases_of(site, number)[0].case.reference == reference


def test_a_yes_to_an_older_quote_confirms_nothing(site: Site, browser: PlainBrowser) -> None:
    number, email = site.order()
    quoted(browser, number, email)
    old = browser.page.forms[0]
    change_order(site, number, remaining_balance=40)
    quoted(browser, number, email)

    page = browser.post(old.action, {**old.fields, "destination": "wallet", "answer": "yes"})

    assert "Something changed" in page.text and cases_of(site, number)[0].case.state is CaseState.QUOTED


def test_a_yes_that_comes_after_the_order_was_asked_for_elsewhere_shows_the_request_that_lives(
    site: Site, browser: PlainBrowser
) -> None:
    number, email = site.order()
    quoted(browser, number, email)
    old = browser.page.forms[0]
    with PlainBrowser(site.url) as other:
        living = quoted(other, number, email)
        page = browser.post(old.action, {**old.fields, "destination": "wallet", "answer": "yes"})
        assert page.url.endswith(living) and "It was begun elsewhere." in page.text
        other.send("Confirm the refund of $44.00", destination="wallet")
        page = browser.post(old.action, {**old.fields, "destination": "wallet", "answer": "yes"})
    assert page.url.endswith(living) and page.title.startswith("Done. Your refund is recorded")
    assert [file.case.state for file in cases_of(site, number)] == [CaseState.WITHDRAWN, CaseState.CONFIRMED]


def test_a_no_leaves_everything_as_it_was(site: Site, browser: PlainBrowser) -> None:
    number, email = site.order()
    quoted(browser, number, email)

    page = browser.send("No, leave it")

    assert page.title.startswith("Nothing is done") and cases_of(site, number)[0].case.state is CaseState.WITHDRAWN
    assert site.order_status(number) == "active"


def test_sending_twice_does_nothing_twice(site: Site, browser: PlainBrowser) -> None:
    number, email = site.order()
    browser.get("/refund")
    form = browser.page.forms[0]
    filled = {**form.fields, "order_number": number, "contact": email, "reason": "change_of_mind"}
    cookie = browser.client.cookies["refund_desk_page"]
    first = browser.post("/refund", filled)
    again = _posted(browser, "/refund", filled, cookie)  # the second click, before the first was answered
    assert again.headers["location"] == first.url and len(cases_of(site, number)) == 1
    assert f"refund_desk_page={browser.client.cookies['refund_desk_page']};" in again.headers["set-cookie"]
    assert browser.post("/refund", filled).status == 403, "a page of before the proof"
    browser.get(first.url)

    form = browser.page.forms[0]
    yes = {**form.fields, "destination": "wallet", "answer": "yes"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: _posted(browser, form.action, yes), range(4)))
    assert [answer.status_code for answer in answers] == [303] * 4
    assert "Done." in browser.get(first.url).text
    (file,) = cases_of(site, number)
    assert [entry.to_state for entry in file.log] == [CaseState.QUOTED, CaseState.CONFIRMED]
    assert len(file.steps) == 1


def _posted(browser: PlainBrowser, path: str, values: dict[str, str], cookie: str | None = None) -> httpx.Response:
    cookie = cookie or browser.client.cookies["refund_desk_page"]
    headers = {"Cookie": f"refund_desk_page={cookie}", "Origin": browser.url}
    return httpx.post(f"{browser.url}{path}", data=values, headers=headers, timeout=60)


# What a person has decided


@pytest.fixture
def agent(site: Site) -> Agent:
    """Somebody at the desk."""
    login = f"dana-{next(_logins)}"
    return signed_up(site.services, login, "Dana", Role.LEAD, "a long pass phrase for tests")


def reviewed(site: Site, browser: PlainBrowser, agent: Agent) -> str:
    """A refund that the agent has taken, wrote to and changed to $30; its reference."""
    number, email = site.order()
    browser.get("/refund")
    browser.send(order_number=number, contact=email, reason="other", words="It was a gift")
    reference = browser.page.url.rpartition("/")[2]
    take(site.services, agent, reference)
    say_to_customer(site.services, agent, reference, "I can give you <30> dollars.")
    decide_by_agent(
        site.services,
        agent,
        reference,
        verdict=Verdict.CHANGE,
        refund=Decimal(30),
        fee=Decimal(20),
        destination=Destination.WALLET,
        reason="As agreed",
    )
    return reference


def test_what_a_person_has_approved_is_confirmed_on_the_page(site: Site, browser: PlainBrowser, agent: Agent) -> None:
    reference = reviewed(site, browser, agent)

    page = browser.get(f"/refund/{reference}")
    assert "I can give you <30> dollars." in page.text and "Dana" in page.text
    assert "$30.00" in page.text and "$20.00" in page.text and "Nothing has been done yet" in page.text
    page = browser.send("Confirm the refund of $30.00")

    assert "Done." in page.text and "The refund of $30.00 goes to your store wallet" in page.text
    told = httpx.get(f"{site.url}{page.links['Receipt']}.json").json()
    assert (told["refund"], told["fee"], told["decided_by"]) == ("30.00", "20.00", "person")


def test_a_no_to_what_a_person_has_approved_goes_back_to_them(site: Site, browser: PlainBrowser, agent: Agent) -> None:
    reference = reviewed(site, browser, agent)
    browser.get(f"/refund/{reference}")
    yes = dict(browser.page.forms[0].fields, answer="yes", decision="1")

    assert "A person has approved" in browser.post(f"/refund/{reference}", yes).text, "a yes to something else is none"
    page = browser.send("No, I'd like something else")

    assert "A person has your request" in page.text and "Receipt" not in page.links


# Cancel


def test_a_plan_is_cancelled_in_two_steps(site: Site, browser: PlainBrowser) -> None:
    plan = {"product": "monthly-plan", "product_kind": "subscription", "amount_paid": "25.00"}
    number, email = site.order(**plan, original_balance=None, remaining_balance=None)

    browser.get("/cancel")
    page = browser.send(order_number=number, contact=email)
    assert "Agreement ends on" in page.text and "Ask for the refund instead" in page.links
    page = browser.send("Cancel it now")

    assert "Done. The service is cancelled" in page.text and "Receipt" in page.links
    assert site.order_status(number) == "cancelled" and cases_of(site, number)[0].case.state is CaseState.DONE


def test_what_is_cancelled_already_says_since_when(site: Site, browser: PlainBrowser) -> None:
    number, email = site.order(status="cancelled")
    browser.get("/cancel")

    page = browser.send(order_number=number, contact=email)

    assert "needs no cancelling" in page.text and "Ask a person" in page.forms[0].buttons


# Take back


def test_a_request_is_taken_back_once_it_was_confirmed_that_it_should_be(site: Site, browser: PlainBrowser) -> None:
    number, email = site.order()
    reference = quoted(browser, number, email)
    browser.send(destination="wallet")

    with PlainBrowser(site.url) as elsewhere:
        elsewhere.get("/withdraw")
        page = elsewhere.send(order_number=number, contact=email)
        assert f"Take {reference} back" in page.links and "refund of $44.00" in page.text
        elsewhere.follow(f"Take {reference} back")
        assert cases_of(site, number)[0].case.state is CaseState.CONFIRMED
        page = elsewhere.send()

    assert "taken back" in page.text and cases_of(site, number)[0].case.state is CaseState.WITHDRAWN
    assert site.order_status(number) == "active"


def test_what_is_done_can_not_be_taken_back(site: Site, browser: PlainBrowser) -> None:
    number, email = site.order()
    browser.get("/cancel")
    browser.send(order_number=number, contact=email)
    browser.send("Cancel it now")

    page = browser.get("/withdraw")

    assert "nothing that can be taken back" in page.text and cases_of(site, number)[0].case.reference in page.text


# Whose order it is


@pytest.mark.parametrize("path", ["/refund", "/cancel", "/withdraw"])
def test_a_wrong_address_and_an_unknown_order_read_alike(site: Site, browser: PlainBrowser, path: str) -> None:
    number, _ = site.order()
    said = []
    for wrong in (number, "CC-999999"):
        with PlainBrowser(site.url) as stranger:
            stranger.get(path)
            page = stranger.send(order_number=wrong, contact="stranger@example.net")
            assert page.status == 422 and page.title.startswith("Error:")
            said.append(page.described_error("contact").replace(wrong, "…"))
    assert said[0] == said[1] and "Tries left: 2" in said[0]


def test_the_tries_run_out_and_a_person_takes_over(site: Site, browser: PlainBrowser) -> None:
    number, email = site.order()
    browser.get("/refund")
    for _ in range(2):
        assert browser.send(order_number=number, contact="wrong@example.net", reason="change_of_mind").status == 422
    page = browser.send(contact="wrong@example.net")

    assert "A person has your request" in page.text and "could not be checked here" in page.text
    with site.services.unit_of_work() as uow:
        question = uow.cases.open_question(browser.conversation_id)
        assert question is not None
        handoff = uow.handoffs.of_case(question.id)
    assert handoff is not None and handoff.cause is Cause.VERIFICATION
    assert handoff.facts["claimed_email"] == "wrong@example.net" and handoff.facts["verified"] is False

    browser.get("/refund")
    page = browser.send(order_number=number, contact=email, reason="change_of_mind")
    assert "A person has your request" in page.text, "the right address does not help any more"
    assert cases_of(site, number) == []


def test_a_form_that_is_sent_again_costs_no_second_try(site: Site, browser: PlainBrowser) -> None:
    number, _ = site.order()
    browser.get("/refund")
    filled = {**browser.page.forms[0].fields, "order_number": number, "contact": "wrong@example.net"}

    tries = [browser.post("/refund", filled).described_error("contact") for _ in range(3)]

    assert len(set(tries)) == 1 and "Tries left: 2" in tries[0]


def test_a_phone_number_does_as_well(site: Site, browser: PlainBrowser) -> None:
    number, _ = site.order(customer={"name": "Test", "email": "phone1@example.net", "phone": "+12125550142"})
    browser.get("/cancel")

    assert "This is what cancelling means" in browser.send(order_number=number, contact="(212) 555-0142").text


def test_nobody_sees_or_answers_another_ones_request(site: Site, browser: PlainBrowser) -> None:
    number, email = site.order()
    reference = quoted(browser, number, email)
    mine, my_email = site.order()

    with PlainBrowser(site.url) as stranger:
        quoted(stranger, mine, my_email)
        form = stranger.page.forms[0]
        for path in (f"/refund/{reference}", f"/cancel/{reference}", f"/withdraw/{reference}"):
            page = stranger.get(path)
            assert page.status == 404 and "$" not in page.text and number not in page.text
            page = stranger.post(path, {**form.fields, "destination": "wallet", "answer": "yes"})
            assert page.status == 404
        page = stranger.get(f"/refund?from={reference}")
        assert number not in page.html
        stranger.post(f"/refund/{reference}/person", {**form.fields, "words": "x", "email": "x@example.net"})

    (file,) = cases_of(site, number)
    assert file.case.state is CaseState.QUOTED and file.handoff is None


def test_a_browser_without_the_cookie_is_not_let_in(site: Site, browser: PlainBrowser) -> None:
    number, email = site.order()
    reference = quoted(browser, number, email)
    name = browser.conversation_id
    for cookie in ("", f"{name}.{'A' * 43}", name, f"{name}.x"):
        headers = {"Cookie": f"refund_desk_page={cookie}", "X-Forwarded-For": "203.0.113.200"}
        page = httpx.get(f"{site.url}/refund/{reference}", headers=headers)
        assert page.status_code == 404 and number not in page.text


def test_a_proof_replaces_the_cookie_and_a_planted_one_opens_nothing_any_more(site: Site) -> None:
    number, email = site.order()
    with PlainBrowser(site.url) as planter, PlainBrowser(site.url) as victim:
        planted = planter.client.get("/refund").cookies["refund_desk_page"]
        for cookie in planter.client.cookies.jar:
            victim.client.cookies.jar.set_cookie(cookie)
        victim.get("/refund")
        form = victim.page.forms[0]
        typed = {**form.fields, "order_number": number, "contact": email, "reason": "change_of_mind"}
        page = victim.post("/refund", typed)
        assert page.title.startswith("You would get")
        new = victim.client.cookies["refund_desk_page"]
        assert new.partition(".")[0] == planted.partition(".")[0] and new != planted
        own = planter.get("/refund").forms[0]
        assert planter.get(page.url).status == 404 and number not in planter.page.html
        assert number not in planter.get(f"/refund?from={page.url[-9:]}").html
        assert planter.post(page.url, {**own.fields, "answer": "yes", "destination": "wallet"}).status == 404
        assert planter.client.cookies["refund_desk_page"] == planted
        lost = httpx.post(
            f"{site.url}/refund",
            data=typed,
            headers={"Cookie": f"refund_desk_page={planted}", "X-Forwarded-For": "203.0.113.201"},
        )
        assert f"refund_desk_page={new};" in lost.headers["set-cookie"], "the same form, whose answer was lost"
        victim.get(page.url)
        assert victim.send("Confirm the refund of $44.00", destination="wallet").title.startswith("Done.")


def test_a_token_of_the_shop_is_checked_on_each_page(strict_site: Site) -> None:
    with PlainBrowser(strict_site.url) as browser:
        fields = browser.get("/refund").forms[0].fields
        browser.client.headers["Authorization"] = "Bearer nonsense"
        for path in ("/refund", "/withdraw", "/refund/RD-AAAAAA"):
            assert browser.get(path).status == 401
            assert browser.post(path, fields).status == 401


# Codes by mail


def test_with_codes_by_mail_one_more_page_asks_for_it(strict_site: Site, mail_server: tuple[Inbox, int]) -> None:
    site, inbox = strict_site, mail_server[0]
    number, email = site.order()
    with PlainBrowser(site.url) as browser:
        browser.get("/refund")
        page = browser.send(order_number=number, contact=email, reason="change_of_mind")
        assert page.url == "/refund/code" and number not in page.text
        assert browser.send(code="12").status == 422
        code = _code(inbox, email)
        page = browser.send(code="000000" if code != "000000" else "000001")
        assert page.status == 422 and "Tries left: 2" in page.described_error("code")
        page = browser.send(code=f" {code[:3]} {code[3:]} ")
        assert page.title.startswith("You would get $44.00 back"), page.text
        page = browser.send(destination="wallet")
    assert "Done." in page.text and cases_of(site, number)[0].case.state is CaseState.CONFIRMED


def test_a_stranger_gets_the_page_for_the_code_and_no_mail(strict_site: Site, mail_server: tuple[Inbox, int]) -> None:
    number, email = strict_site.order()
    with PlainBrowser(strict_site.url) as browser:
        browser.get("/cancel")
        page = browser.send(order_number=number, contact="stranger@example.net")
        assert page.url == "/cancel/code"
    time.sleep(1.5)
    assert not {"stranger@example.net", email} & set(mail_server[0].by_address)


def _code(inbox: Inbox, email: str) -> str:
    mail = _mail(inbox, email)
    return re.findall(r"^\d{6}$", mail.get_payload().replace("\r", ""), re.M)[0]  # type: ignore[union-attr]


def _mail(inbox: Inbox, address: str) -> Message:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if address in inbox.by_address:
            return message_from_string(inbox.by_address[address][-1])
        time.sleep(0.1)
    raise AssertionError("no mail came")


# Forms of others, and too many


def test_a_form_without_the_right_token_is_refused(site: Site, browser: PlainBrowser) -> None:
    number, email = site.order()
    quoted(browser, number, email)
    form = browser.page.forms[0]
    with PlainBrowser(site.url) as other:
        other.get("/refund")
        foreign = other.page.forms[0].fields["token"]

    for token in ("", "x", foreign):
        page = browser.post(form.action, {**form.fields, "token": token, "destination": "wallet", "answer": "yes"})
        assert page.status == 403 and "open the page again" in page.text
    without = {name: value for name, value in form.fields.items() if name != "token"}
    assert browser.post(form.action, {**without, "destination": "wallet", "answer": "yes"}).status == 403
    assert cases_of(site, number)[0].case.state is CaseState.QUOTED


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_form_on_another_site_is_refused(site: Site, browser: PlainBrowser, origin: str) -> None:
    number, email = site.order()
    quoted(browser, number, email)
    form = browser.page.forms[0]

    page = browser.post(form.action, {**form.fields, "destination": "wallet", "answer": "yes"}, Origin=origin)

    assert page.status == 403 and cases_of(site, number)[0].case.state is CaseState.QUOTED


def test_the_cookie_is_out_of_the_reach_of_scripts_and_other_sites(site: Site) -> None:
    first = httpx.get(f"{site.url}/refund", headers={"X-Forwarded-Proto": "https"})
    (cookie,) = first.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-refund_desk_page=")
    assert cookie.split("; ")[1:] == ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"]
    assert first.headers["referrer-policy"] == "same-origin", "with no-referrer browsers post Origin: null"


def test_looking_at_a_form_opens_no_conversation(site: Site) -> None:
    with PlainBrowser(site.url) as browser:
        browser.get("/refund")
        browser.get("/withdraw")
        with site.services.unit_of_work() as uow:
            assert uow.conversations.find(browser.conversation_id) is None


def test_too_much_is_answered_with_a_sentence(strict_site: Site) -> None:
    with PlainBrowser(strict_site.url) as browser:
        browser.get("/refund")
        pages = [browser.send(order_number="CC-99999") for _ in range(6)]
        assert {page.status for page in pages} == {422}
        form = browser.page.forms[0]
        page = browser.post("/refund", form.fields)
        assert page.status == 429 and "Please try again in" in page.text
        assert 1 <= int(page.headers["retry-after"]) <= 60


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{}", "application/json", 415),
        (b"a=" + b"x" * 20_000, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"a%d=1" % number for number in range(50)), "application/x-www-form-urlencoded", 400),
        (b"\xff\xfe=%zz&token=", "application/x-www-form-urlencoded", 400),
        (b"token=%ff%00", "application/x-www-form-urlencoded", 403),
    ],
)
def test_a_body_that_is_no_form_of_ours_gets_a_page(site: Site, body: bytes, kind: str, status: int) -> None:
    answer = httpx.post(f"{site.url}/refund", content=body, headers={"Content-Type": kind})

    assert answer.status_code == status and "<h1>This form was not taken</h1>" in answer.text


def test_hostile_words_are_shown_as_text(site: Site, browser: PlainBrowser) -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}'
    browser.get("/refund")
    page = browser.send(order_number=evil, contact=evil, words=evil)

    assert page.status == 422 and "<script" not in page.html and "<img" not in page.html and "49" not in page.text
    assert page.forms[0].fields["order_number"] == evil and page.forms[0].fields["words"] == evil
    assert "style=" not in page.html and "onerror" not in {name for _, a in page.attributes for name in a}

    number, email = site.order(product="<script>alert(2)</script> card")
    quoted(browser, number, email)
    assert "<script" not in browser.page.html and "<script>alert(2)</script> card" in browser.page.text


def test_a_card_number_is_not_kept(site: Site, browser: PlainBrowser) -> None:
    browser.get("/refund")
    card = "4111 1111 1111 1111"
    page = browser.send(order_number=card, contact="a@example.net", reason="other", words=card.replace(" ", ""))

    assert page.status == 422 and "4111" not in page.html
    assert all("never send one" in page.described_error(name) for name in ("order_number", "words"))
    assert not any("4111" in message.text for message in history(site.services, browser.conversation_id))


def test_a_request_counts_from_the_first_form_even_when_that_had_a_mistake(site: Site, browser: PlainBrowser) -> None:
    number, email = site.order()
    browser.get("/refund")
    browser.send(order_number="CC-1", contact=email, reason="change_of_mind")
    first = history(site.services, browser.conversation_id)[0]
    time.sleep(1.1)
    browser.send(order_number=number, contact=email)

    (file,) = cases_of(site, number)
    assert abs((file.case.requested_at - first.at).total_seconds()) < 1


# Receipts


def test_a_receipt_can_be_read_printed_and_parsed_by_whoever_has_the_link(site: Site, browser: PlainBrowser) -> None:
    number, email = site.order(product="Café card €")
    reference = quoted(browser, number, email)
    browser.send(destination="wallet")
    link = browser.page.links["Receipt"]

    page = httpx.get(f"{site.url}{link}")
    assert page.status_code == 200 and reference in page.text and "$44.00" in page.text and "Café card €" in page.text
    assert 'href="/policy?version=2020-01#R7"' in page.text and page.headers["x-robots-tag"] == "noindex"
    assert email not in page.text and "set-cookie" in page.headers
    told = httpx.get(f"{site.url}{link}.json").json()
    assert (told["reference"], told["refund"], told["destination"]) == (reference, "44.00", "wallet")
    paper = httpx.get(f"{site.url}{link}.pdf")
    assert paper.headers["content-type"] == "application/pdf"
    text = text_of(paper.content)
    assert reference in text and "$44.00" in text and "Café card €" in text and "R7: An unused product" in text


@pytest.mark.parametrize("change", ["wrong mac", "short mac", "other reference", "other format", "no yes"])
def test_without_the_right_link_there_is_no_receipt(site: Site, browser: PlainBrowser, change: str) -> None:
    number, email = site.order()
    reference = quoted(browser, number, email)
    if change == "no yes":
        link = receipt_path(site.services, reference)
    else:
        browser.send(destination="wallet")
        link = browser.page.links["Receipt"]
    head, _, mac = link.rpartition("/")
    links = {
        "wrong mac": f"{head}/{'0' * len(mac)}",
        "short mac": f"{head}/{mac[:-1]}",
        "other reference": f"/receipts/RD-AAAAAA/{mac}",
        "other format": f"{link}.xml",
        "no yes": link,
    }
    for ending in ("", ".pdf", ".json"):
        answer = httpx.get(f"{site.url}{links[change]}{ending}")
        assert answer.status_code == 404 and number not in answer.text


def test_a_receipt_is_mailed_once_with_its_paper(mailing_site: Site, mail_server: tuple[Inbox, int]) -> None:
    site, inbox = mailing_site, mail_server[0]
    number, email = site.order()
    with PlainBrowser(site.url) as browser:
        reference = quoted(browser, number, email)
        browser.send(destination="wallet")
        link = browser.page.links["Receipt"]

    mail = _mail(inbox, email)
    words, paper = mail.get_payload()  # type: ignore[misc]
    text = words.get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert mail["Subject"] == f"Receipt {reference}: Refund of $44.00"
    assert "Refund: $44.00" in text and f"https://desk.example{link}" in text and "R7: " in text
    assert reference in text_of(paper.get_payload(decode=True))  # type: ignore[union-attr]
    time.sleep(2)
    assert len(inbox.by_address[email]) == 1
    with site.services.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        assert uow.connection.execute(sa.select(sa.func.count()).select_from(t.notices)).scalar_one() == 0


# Reading


def test_every_clause_has_an_anchor_and_every_link_leads_to_one(site: Site, browser: PlainBrowser) -> None:
    page = browser.get("/policy")

    ids = {attributes.get("id") for _, attributes in page.attributes}
    assert {"C1", "C2", "C3", "C4", "C5", *(f"R{number}" for number in range(1, 11)), "R7b"} <= ids
    assert {link[1:] for link in page.links.values() if link.startswith("#")} <= ids
    for figure in ("5 working days", "7 working days", "12%", "50%", "America/New_York"):
        assert figure in page.text


def test_a_version_of_the_terms_has_a_page_and_an_unknown_one_a_clear_answer(site: Site, browser: PlainBrowser) -> None:
    page = browser.get("/policy?version=2020-01")
    assert "Version 2020-01, in force since Saturday, January 1, 2000" in page.text

    page = browser.get("/policy?version=1999-12")
    assert page.status == 404 and page.title.startswith("There is nothing here")
    assert "no terms of that version" in page.text and page.links["Go on"] == "/policy"


@pytest.mark.parametrize("path", ["/refund", "/cancel", "/withdraw", "/policy", "/refund/code", "/receipts/RD-AA/x"])
def test_pages_are_sound_html(site: Site, browser: PlainBrowser, path: str) -> None:
    page = browser.get(path)
    tags = [tag for tag, _ in page.attributes]

    assert tags.count("h1") == 1 and tags.count("main") == 1 and page.title
    assert ("html", {"lang": "en"}) in page.attributes
    assert "script" not in tags and not any("style" in attributes for _, attributes in page.attributes)
    ids = [attributes["id"] for _, attributes in page.attributes if "id" in attributes]
    assert len(ids) == len(set(ids))
    labelled = {attributes.get("for") for tag, attributes in page.attributes if tag == "label"}
    shown = [a for tag, a in page.attributes if tag in ("input", "textarea") and a.get("type") != "hidden"]
    assert all(attributes["id"] in labelled for attributes in shown)
