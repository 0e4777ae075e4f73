"""Two persons are two: nobody agrees to their own decision by an account that they made, reset or handed out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.cases.desk.accounts import add_agent, change_agent, external_agent, make_link, reset_second_factor
from bot.cases.desk.agent_decisions import check_second_person
from bot.cases.desk.password_links import use_link
from bot.cases.desk.second_person import hands
from bot.cases.desk.work import second_opinion, take
from bot.cases.errors import NotAllowed
from bot.cases.model import Agent, CaseState, Role
from bot.cases.payout_limits import PayoutLimits, parse_limits
from bot.cases.ports.helpdesk import Person
from bot.cases.services import Services
from tests.cases.deciding import decided
from tests.desk_builders import an_agent, in_review, signed_up, the_case, with_factor
from tests.store_builders import Clock, problems

PASSWORD = "correct horse battery"
Step = Callable[[Services, Agent, Clock], object]


def makes(login: str, maker: str = "ada") -> Step:
    return lambda shop, ada, clock: add_agent(shop, login, login.title(), Role.ADMIN, by=agent_of(shop, maker))


def changes(login: str, **values: object) -> Step:
    return lambda shop, ada, clock: change_agent(shop, login, by=ada, **values)  # type: ignore[arg-type]


def links(login: str, maker: str = "ada") -> Step:
    return lambda shop, ada, clock: make_link(shop, login, by=agent_of(shop, maker))


def at_the_command_line(login: str) -> Step:
    return lambda shop, ada, clock: use_link(shop, make_link(shop, login)[1], PASSWORD)


def uses_link_after(hours: int, login: str = "bea") -> Step:
    def step(shop: Services, ada: Agent, clock: Clock) -> None:
        token = make_link(shop, login, by=ada)[1]
        clock.passes(hours=hours)
        use_link(shop, token, PASSWORD)
        clock.passes(hours=24 - hours)

    return step


def resets_factor(shop: Services, ada: Agent, clock: Clock) -> None:
    with_factor(shop, agent_of(shop, "bea"), PASSWORD)
    reset_second_factor(shop, "bea", by=ada)


def a_day(shop: Services, ada: Agent, clock: Clock) -> None:
    clock.passes(hours=24)


def almost_a_day(shop: Services, ada: Agent, clock: Clock) -> None:
    clock.passes(hours=23, minutes=59)


def agent_of(shop: Services, login: str) -> Agent:
    with shop.unit_of_work() as uow:
        agent = uow.agents.by_login(login)
    assert agent is not None
    return agent


@pytest.fixture
def desk(shop: Services) -> Services:
    """Three admins of long ago, at a desk where everything takes two."""
    for login in ("ada", "bea", "cleo"):
        signed_up(shop, login, login.title(), Role.ADMIN, PASSWORD)
    return replace(shop, limits=PayoutLimits(parse_limits("EUR 100.00"), parse_limits("EUR 500.00")))


ONE_PERSON: dict[str, tuple[list[Step], str, str]] = {
    "the first made the second": ([makes("mole")], "ada", "mole"),
    "the second made the first": ([makes("mole")], "mole", "ada"),
    "the first made somebody who made the second": ([makes("mole"), makes("mouse", "mole")], "ada", "mouse"),
    "the second made somebody who made the first": ([makes("mole"), makes("mouse", "mole")], "mouse", "ada"),
    "both were made by the same": ([makes("mole"), makes("mouse")], "mole", "mouse"),
    "the first made somebody who reset the second": ([makes("mole"), links("bea", "mole")], "ada", "bea"),
    "the first made a link for the second": ([links("bea")], "ada", "bea"),
    "a link of the first was used within the day": ([uses_link_after(23)], "ada", "bea"),
    "the first reset the second factor of the second": ([resets_factor], "ada", "bea"),
    "the first gave the second their role": (
        [changes("bea", role=Role.AGENT), changes("bea", role=Role.ADMIN)],
        "ada",
        "bea",
    ),
    "the first opened the account of the second again": (
        [changes("bea", active=False), changes("bea", active=True)],
        "ada",
        "bea",
    ),
    "almost a day has passed": ([makes("mole"), almost_a_day], "ada", "mole"),
}


@pytest.mark.parametrize("kind", ONE_PERSON)
def test_one_person_with_two_accounts_is_no_second_person(
    desk: Services, clock: Clock, kind: str, record_property: Callable[[str, object], None]
) -> None:
    record_property("hostile inputs", "second person")
    steps, first, second = ONE_PERSON[kind]
    case = in_review(desk)
    for step in steps:
        step(desk, agent_of(desk, "ada"), clock)
    decision = decided(desk, agent_of(desk, first), case)
    for agrees in (True, False):
        with pytest.raises(NotAllowed, match=r"within the last day\. Somebody else has to agree"):
            second_opinion(desk, agent_of(desk, second), decision.id, agrees)
    with pytest.raises(NotAllowed, match="Somebody else"):
        check_second_person(desk, agent_of(desk, second), decision)
    assert the_case(desk, case.reference).state is CaseState.IN_REVIEW
    assert second_opinion(desk, agent_of(desk, "cleo"), decision.id, True).final, "anybody else may"
    assert problems(desk) == []


TWO_PERSONS: dict[str, tuple[list[Step], str, str]] = {
    "nobody did anything": ([], "ada", "bea"),
    "a day has passed": ([makes("mole"), a_day], "ada", "mole"),
    "another one made the second": ([makes("mole", "cleo")], "ada", "mole"),
    "the second came from the command line": ([at_the_command_line("bea")], "ada", "bea"),
    "the first gave the second another name": ([changes("bea", name="Bea B.")], "ada", "bea"),
    "the first closed somebody's account": ([changes("cleo", active=False)], "ada", "bea"),
}


@pytest.mark.parametrize("kind", TWO_PERSONS)
def test_two_persons_are_two(desk: Services, clock: Clock, kind: str) -> None:
    steps, first, second = TWO_PERSONS[kind]
    case = in_review(desk)
    for step in steps:
        step(desk, agent_of(desk, "ada"), clock)
    decision = decided(desk, agent_of(desk, first), case)
    check_second_person(desk, agent_of(desk, second), decision)
    assert second_opinion(desk, agent_of(desk, second), decision.id, True).final


def test_each_reason_is_said_as_it_is(desk: Services, clock: Clock) -> None:
    ada = agent_of(desk, "ada")
    makes("mole")(desk, ada, clock)
    makes("mouse")(desk, ada, clock)
    by_ada = decided(desk, ada, in_review(desk))

    def said(second: str) -> str:
        with pytest.raises(NotAllowed) as refusal:
            check_second_person(desk, agent_of(desk, second), by_ada)
        return str(refusal.value)

    assert said("mole").startswith("Your account was made or reset by Ada, or by somebody they let in,")
    by_mole = replace(by_ada, agent_id=agent_of(desk, "mole").id)
    with pytest.raises(NotAllowed, match=r"^You made or reset the account of Mole, or of somebody who did,"):
        check_second_person(desk, ada, by_mole)
    with pytest.raises(NotAllowed, match=r"^Your account and that of Mole were made or reset by Ada within"):
        check_second_person(desk, agent_of(desk, "mouse"), by_mole)


def test_who_is_behind_an_account_is_followed_in_circles_without_end() -> None:
    assert hands([(1, 2), (2, 3), (3, 1), (4, 1)], 1) == {1, 2, 3}
    assert hands([], 7) == {7}


def test_somebody_at_another_help_desk_neither_takes_nor_agrees(desk: Services) -> None:
    with desk.unit_of_work() as uow:
        outside = external_agent(desk, uow, "slack", Person("U123", "Sam"))
        uow.commit()
    case = in_review(desk)
    decision = decided(desk, agent_of(desk, "ada"), case)
    with pytest.raises(NotAllowed, match="another help desk"):
        second_opinion(desk, outside, decision.id, True)
    with pytest.raises(NotAllowed, match="another help desk"):
        take(desk, outside, case.reference)
    assert an_agent(desk, "zoe").external is False


@pytest.mark.parametrize(
    ("role", "amount", "currency", "alone"),
    [
        (Role.AGENT, "100.00", "USD", True),
        (Role.AGENT, "100.01", "USD", False),
        (Role.AGENT, "90.00", "EUR", True),
        (Role.AGENT, "90.01", "EUR", False),
        (Role.LEAD, "400.00", "EUR", True),
        (Role.LEAD, "400.01", "EUR", False),
        (Role.LEAD, "5.00", "GBP", False),
        (Role.ADMIN, "9999.00", "EUR", True),
        (Role.ADMIN, "5.00", "GBP", False),
    ],
)
def test_each_currency_has_its_own_limits(role: Role, amount: str, currency: str, alone: bool) -> None:
    limits = PayoutLimits(parse_limits("USD 100.00, EUR 90.00"), parse_limits("500.00,EUR400"))
    assert limits.needs_second(role, Decimal(amount), currency) is not alone
    assert limits.covers(role, Decimal(amount), currency) is (alone or role is Role.ADMIN)
