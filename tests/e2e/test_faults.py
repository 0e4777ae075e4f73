"""What breaks while people talk: an honest sentence, and in the end one case and one payment, or a person."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from decimal import Decimal

import pytest
import sqlalchemy as sa

from bot.cases.model import CaseFile, CaseKind, CaseState, Cause, StepState
from tests.cases.gateways import ledger_entries
from tests.e2e.faulty import PatientCustomer, kill, kill_after
from tests.e2e.running import Site, running_site, wait_for
from tests.outages.database import CuttableWay

pytestmark = pytest.mark.e2e

PAID = [("stop_service", None, None, None), ("refund", Decimal("44.00"), "wallet", None)]
STEPS = [
    ("I want a refund for {number}", ""),
    ("{email}", "reason"),
    ("I changed my mind", "wallet"),
    ("to my store wallet", "Shall I go ahead with"),
    ("yes", "RD-"),
]
"""What a customer says, and what the answer must hold."""


@pytest.fixture(scope="module")
def quick_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A bot that carries a refund out as soon as it is confirmed."""
    with running_site(tmp_path_factory.mktemp("quick"), take_back_minutes="0") as site:
        yield site


def settled(site: Site, buyer: PatientCustomer, seconds: float = 60) -> list[CaseFile]:
    """The cases about an order, once nothing is left to carry out."""
    until = time.monotonic() + seconds
    while True:
        files = [file for file in site.cases(buyer.customer) if file.case.kind is not CaseKind.QUESTION]
        waiting = any(step.state is StepState.WAITING for file in files for step in file.steps)
        if not waiting and not any(file.case.state in (CaseState.CONFIRMED, CaseState.EXECUTING) for file in files):
            return files
        assert time.monotonic() < until, [file.case for file in files]
        time.sleep(0.2)


def one_end(site: Site, buyer: PatientCustomer, number: str) -> CaseState:
    """One case: paid once, or with a person and not paid; and what the customer heard last names it."""
    (file,) = [file for file in settled(site, buyer) if file.case.state is not CaseState.WITHDRAWN]
    if file.case.state is CaseState.IN_REVIEW:
        assert file.handoff is not None and file.handoff.cause is Cause.FAILURE and file.handoff.transcript
        assert ledger_entries(site.services, number) == []
        assert "a person" in buyer.heard[-1]
    else:
        assert file.case.state is CaseState.DONE and ledger_entries(site.services, number) == PAID
    assert file.case.reference in buyer.heard[-1]
    return file.case.state


def assert_nobody_was_told_sorry(site: Site, buyer: PatientCustomer) -> None:
    """Nor given to a person."""
    assert not any("sorry" in said for said in buyer.heard)
    assert not any(file.case.kind is CaseKind.QUESTION for file in site.cases(buyer.customer))


@pytest.mark.parametrize("step", range(len(STEPS)))
@pytest.mark.parametrize("name", ["actions", "server", "worker"])
def test_a_process_killed_before_any_message_costs_no_case_and_no_second_payment(
    quick_site: Site, name: str, step: int
) -> None:
    number, email = quick_site.order()
    buyer = PatientCustomer(quick_site.customer(), quick_site.process)

    for index, (text, wanted) in enumerate(STEPS):
        if index == step:
            kill(quick_site, name)
        buyer.says(text.format(number=number, email=email), wanted)

    assert one_end(quick_site, buyer, number) is CaseState.DONE
    assert_nobody_was_told_sorry(quick_site, buyer)


@pytest.mark.parametrize("milliseconds", [0, 3, 8, 15, 25, 40])
@pytest.mark.parametrize("name", ["actions", "server", "worker"])
def test_a_process_killed_in_the_middle_of_the_yes_pays_once(quick_site: Site, name: str, milliseconds: int) -> None:
    number, email = quick_site.order()
    buyer = PatientCustomer(quick_site.customer(), quick_site.process)
    for text, wanted in STEPS[:-1]:
        buyer.says(text.format(number=number, email=email), wanted)

    killing = kill_after(quick_site, name, milliseconds / 1_000)
    try:
        buyer.says("yes")
    finally:
        killing.join()
    wait_for(quick_site.url, quick_site.process)
    # Whatever was answered, the status tells the truth, and a second request does not pay twice.
    files = settled(quick_site, buyer)
    said = buyer.says("where is my refund?")
    if "email" in said:
        said = buyer.says(f"{number}, {email}")
    (ended,) = [file for file in files if file.case.state is not CaseState.WITHDRAWN]
    assert ended.case.reference in said
    assert ended.case.state is CaseState.DONE and "done" in said
    assert ledger_entries(quick_site.services, number) == PAID
    assert_nobody_was_told_sorry(quick_site, buyer)


OUTAGE_SECONDS = 12


@pytest.mark.postgres
def test_a_database_that_is_gone_in_the_middle_of_a_form_loses_nothing_and_for_a_moment_is_not_noticed(
    empty_postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    direct = sa.engine.make_url(empty_postgres_url)
    way = CuttableWay(direct.host or "127.0.0.1", direct.port or 5432)
    through = direct.set(host="127.0.0.1", port=way.port).render_as_string(hide_password=False)
    with running_site(tmp_path_factory.mktemp("postgres"), take_back_minutes="0", database_url=through) as site:
        number, email = site.order()
        buyer = PatientCustomer(site.customer(), site.process)
        buyer.says(STEPS[0][0].format(number=number))
        way.cut()
        back = threading.Timer(1.5, way.mend)
        back.start()
        assert "reason" in buyer.customer.says(email)
        back.join()

        way.cut()
        gone = time.monotonic()
        try:
            during = [buyer.customer.says("I changed my mind")]
            assert time.monotonic() - gone > 3, "as long as a restart takes, nobody is told"
            wait_for(site.url, site.process, statuses=(503,))
            while time.monotonic() - gone < OUTAGE_SECONDS:
                time.sleep(5)
                during.append(buyer.customer.says("hello? I changed my mind"))
        finally:
            way.mend()

        for said in during:
            assert "sorry" in said and "+1 888-582-6840" in said, "an honest sentence, and a way to a person"
            assert "order number" not in said, "not from a blank conversation"
        wait_for(site.url, site.process)
        for text, wanted in STEPS[2:]:
            buyer.says(text.format(number=number, email=email), wanted)
        assert one_end(site, buyer, number) is CaseState.DONE
        with site.services.unit_of_work() as uow:
            assert uow.audit.verify()[1] == []
    way.cut()
