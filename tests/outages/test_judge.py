"""The judge of the service chaos notices each thing that must not be: every test takes ends in which all is well, and
doctors one of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.cases.model import CaseKind, CaseState
from tests.e2e.faulty import PROCESSES
from tests.outages.breaker import DATABASE, RUN, Outage, plan
from tests.outages.clients import Apology
from tests.outages.judge import Books, CaseEnd, Findings, Line, Witness, end_of_talk, judge, sums_in
from tests.outages.service_chaos import Report
from tests.simulation.scenarios import Expected

ANN, BEN, EVE = "CC-300000", "CC-300002", "CC-300004"
PAID = (ANN, "44.03", "wallet")


class World:
    """Two customers, of whom one was paid and one has cancelled, and a stranger; to be doctored."""

    def __init__(self) -> None:
        self.ann = Witness(
            "Ann",
            "web",
            Expected((frozenset({f"{ANN} refund confirmed 44.03 USD wallet"}),)),
            numbers=(ANN,),
            sent=(("a", f"refund {ANN}, buyer300000@example.net"), ("b", "yes")),
            taken=frozenset({"a", "b"}),
            heard=f"Order {ANN}: you would get $44.03 back. RD-AAAAAA",
            private=frozenset({ANN, "buyer300000@example.net", "Namabcdefgh", "44.03", "RD-AAAAAA"}),
            log={
                "ann": [
                    Line(1, "refund", "a"),
                    Line(2, "$44.03", None, 1),
                    Line(3, "yes", "b"),
                    Line(4, "Done", None, 3),
                ]
            },
            cases=[
                CaseEnd(
                    "RD-AAAAAA",
                    CaseKind.REFUND,
                    CaseState.DONE,
                    "ann",
                    ANN,
                    f"{ANN} refund confirmed 44.03 USD wallet",
                    confirmed=True,
                    agreed="44.03",
                    destination="wallet",
                )
            ],
        )
        self.ben = Witness(
            "Ben",
            "rest",
            Expected((frozenset({f"{BEN} cancel done"}),)),
            numbers=(BEN,),
            sent=(("c", f"cancel {BEN}"),),
            taken=frozenset({"c"}),
            heard="The service is cancelled; your reference is RD-BBBBBB.",
            private=frozenset({BEN, "buyer300002@example.net", "RD-BBBBBB", "50.09"}),
            log={"ben": [Line(1, "cancel", "c"), Line(2, "Done", None, 1)]},
            cases=[
                CaseEnd(
                    "RD-BBBBBB",
                    CaseKind.CANCEL,
                    CaseState.DONE,
                    "ben",
                    BEN,
                    f"{BEN} cancel done",
                    confirmed=True,
                )
            ],
        )
        self.eve = Witness(
            "Eve",
            "rest",
            None,
            numbers=(EVE,),
            sent=(("e", f"refund {ANN}"),),
            taken=frozenset({"e"}),
            heard=f"I couldn't match that with order {ANN}.",
            private=frozenset({EVE, "buyer300004@example.net"}),
            log={"eve": [Line(1, "refund", "e"), Line(2, "I couldn't match that", None, 1)]},
        )
        self.books = Books(payments=(PAID,), stops=(ANN, BEN), asked=frozenset({ANN, BEN}))

    def judged(self) -> Findings:
        """What the judge finds."""
        return judge([self.ann, self.ben, self.eve], self.books)

    def case(self, **changes: object) -> None:
        """Change Ann's case."""
        self.ann.cases = [replace(self.ann.cases[0], **changes)]  # type: ignore[arg-type]

    def line(self, at: int, **changes: object) -> None:
        """Change a line of Ann's log."""
        self.ann.log["ann"][at] = replace(self.ann.log["ann"][at], **changes)  # type: ignore[arg-type]


def test_ends_in_which_all_is_well_are_left_alone() -> None:
    found = World().judged()
    assert found.all == []
    assert found.ends == {"right": 2, "stranger": 1}


def _no_payment(world: World) -> None:
    world.books = replace(world.books, payments=())


def _another_sum_paid(world: World) -> None:
    world.books = replace(world.books, payments=((ANN, "50.03", "wallet"),))


def _paid_elsewhere(world: World) -> None:
    world.books = replace(world.books, payments=((ANN, "44.03", "original_payment_method"),))


def _never_stopped(world: World) -> None:
    world.books = replace(world.books, stops=(ANN,))


def _taken_but_not_in_the_log(world: World) -> None:
    world.ann.log["ann"] = world.ann.log["ann"][:2]


def _never_answered(world: World) -> None:
    world.line(2, answered=False)
    del world.ann.log["ann"][3]


def _answered_with_nothing(world: World) -> None:
    del world.ann.log["ann"][3]


def _a_hole_in_the_log(world: World) -> None:
    world.line(3, seq=5)


def _another_conversation(world: World) -> None:
    world.ann.log = {"ann": world.ann.log["ann"][:2], "other": [Line(1, "yes", "b"), Line(2, "Hello", None, 1)]}


@pytest.mark.parametrize(
    ("doctored", "said"),
    [
        (_no_payment, "promised"),
        (_another_sum_paid, "promised"),
        (_paid_elsewhere, "promised"),
        (_never_stopped, "never stopped"),
        (_taken_but_not_in_the_log, "not in the log"),
        (_never_answered, "is not answered"),
        (_answered_with_nothing, "without an answer"),
        (_a_hole_in_the_log, "gaps"),
        (_another_conversation, "got another"),
        (lambda world: world.case(state=CaseState.CONFIRMED), "for ever"),
        (lambda world: world.case(state=CaseState.EXECUTING), "for ever"),
        (lambda world: world.case(waiting_steps=1), "left in the outbox"),
        (lambda world: world.case(state=CaseState.IN_REVIEW, cause="failure", facts=False), "no facts"),
        (lambda world: world.case(state=CaseState.IN_REVIEW, cause=None), "no facts"),
        (lambda world: setattr(world.ann, "problem", "'yes' was not answered for 240 s"), "not answered for"),
    ],
)
def test_what_is_lost_is_noticed(doctored: Callable[[World], None], said: str) -> None:
    world = World()
    doctored(world)
    assert said in "\n".join(what for _, what in world.judged().lost)


def _paid_twice(world: World) -> None:
    world.books = replace(world.books, payments=(PAID, PAID))


def _paid_in_two_parts(world: World) -> None:
    world.books = replace(world.books, payments=(PAID, (ANN, "0.01", "wallet")))


def _stopped_twice(world: World) -> None:
    world.books = replace(world.books, stops=(ANN, ANN, BEN))


def _ended_twice(world: World) -> None:
    world.books = replace(world.books, ends=(BEN, BEN))


def _two_requests(world: World) -> None:
    world.ann.cases.append(
        replace(world.ann.cases[0], reference="RD-CCCCCC", state=CaseState.IN_REVIEW, cause="review")
    )


def _two_questions(world: World) -> None:
    asked = CaseEnd("RD-D", CaseKind.QUESTION, CaseState.IN_REVIEW, "ann", None, "- question in_review", cause="asked")
    world.ann.cases += [asked, replace(asked, reference="RD-E")]


def _a_message_twice(world: World) -> None:
    world.ann.log["ann"] += [Line(5, "yes", "b"), Line(6, "Fine", None, 5)]


def _an_answer_twice(world: World) -> None:
    world.ann.log["ann"].append(Line(5, "Done", None, 3))


@pytest.mark.parametrize(
    ("doctored", "said"),
    [
        (_paid_twice, "paid 2 times"),
        (_paid_in_two_parts, "paid 2 times"),
        (_stopped_twice, "stopped 2 times"),
        (_ended_twice, "its agreement ended 2 times"),
        (_two_requests, "has 2 requests"),
        (_two_questions, "2 questions"),
        (_a_message_twice, "2 times in the log"),
        (_an_answer_twice, "answered 2 times"),
        (lambda world: world.case(state=CaseState.WITHDRAWN), "taken back"),
        (lambda world: world.case(confirmed=False), "without a yes"),
    ],
)
def test_what_is_doubled_or_done_unasked_is_noticed(doctored: Callable[[World], None], said: str) -> None:
    world = World()
    doctored(world)
    assert said in "\n".join(what for _, what in world.judged().doubled)


def _hears(words: str) -> Callable[[World], None]:
    return lambda world: setattr(world.eve, "heard", words)


def _a_case_about_it(world: World) -> None:
    world.eve.cases = [CaseEnd("RD-F", CaseKind.REFUND, CaseState.DECLINED, "eve", ANN, f"{ANN} refund declined")]


def _moved_by_nobody(world: World) -> None:
    world.books = replace(world.books, stops=(ANN, BEN, EVE))


def _an_order_of_nobody(world: World) -> None:
    world.books = replace(world.books, asked=frozenset({"CC-999999"}))


def _in_the_others_conversation(world: World) -> None:
    world.eve.log = {"ann": world.ann.log["ann"]}
    world.eve.cases = world.ann.cases


@pytest.mark.parametrize(
    ("doctored", "said"),
    [
        (_hears(f"refund {BEN}"), BEN),
        (_hears("It belongs to buyer300000@example.net."), "buyer300000@example.net"),
        (_hears("Dear Namabcdefgh Rivera,"), "Namabcdefgh"),
        (_hears("There is already a request: RD-AAAAAA."), "RD-AAAAAA"),
        (_hears("You would get $44.03 back."), "44.03"),
        (_hears('{"card": {"rows": [{"label": "Paid", "value": "€50.09"}]}}'), "50.09"),
        (lambda world: setattr(world.ann, "heard", "your balance of 50.09"), "50.09"),
        (_a_case_about_it, "somebody else's"),
        (_in_the_others_conversation, "somebody else's"),
        (_moved_by_nobody, "without a yes of its owner"),
        (_an_order_of_nobody, "nobody's"),
    ],
)
def test_what_comes_into_wrong_hands_is_noticed(doctored: Callable[[World], None], said: str) -> None:
    world = World()
    doctored(world)
    assert said in "\n".join(what for _, what in world.judged().wrong_owner)


def test_what_a_stranger_has_said_themselves_is_no_leak() -> None:
    world = World()
    world.eve.heard = f"I couldn't match that with order {ANN}; 12 % of 44.031 is no sum, nor is 44.03 %."
    assert world.judged().wrong_owner == [("Eve", "was told '44.03', which is of ['Ann']")]
    assert sums_in("$1,044.03 and 44.030 or 12.50%") == {"1044.03"}


@pytest.mark.parametrize(
    "doctored",
    [
        lambda world: world.case(end=f"{ANN} refund confirmed 50.03 USD wallet"),
        lambda world: world.case(end=f"{ANN} refund declined", state=CaseState.DECLINED, confirmed=False),
        lambda world: setattr(world.ann, "cases", []),
        lambda world: setattr(world, "books", replace(world.books, violations=("a key was used again",))),
    ],
)
def test_another_end_than_the_policys_is_noticed(doctored: Callable[[World], None]) -> None:
    world = World()
    doctored(world)
    assert world.judged().wrong


def test_a_late_repeat_in_a_conversation_of_its_own_is_not_lost() -> None:
    world = World()
    world.ann.log["other"] = [Line(1, "refund", "a"), Line(2, "What is the address?", None, 1)]
    assert world.judged().all == []


def test_a_person_because_of_an_outage_is_counted_apart() -> None:
    world = World()
    failed = f"{ANN} refund in_review"
    world.case(end=failed, state=CaseState.IN_REVIEW, cause="failure")
    assert end_of_talk(world.ann) == "person by outage"
    world.case(cause="review")
    assert end_of_talk(world.ann) != "person by outage", "the policy would not have asked one"
    world = World()
    question = CaseEnd(
        "RD-G", CaseKind.QUESTION, CaseState.IN_REVIEW, "ann", None, "- question in_review", cause="failure"
    )
    world.ann.cases.append(question)
    assert end_of_talk(world.ann) == "person by outage", "though the refund went through"


def test_who_waits_for_a_promised_person_is_lost_where_nobody_was_asked() -> None:
    world = World()
    world.ann.waits = True
    assert end_of_talk(world.ann) == "wrong"
    asked = CaseEnd(
        "RD-G", CaseKind.QUESTION, CaseState.IN_REVIEW, "ann", None, "- question in_review", cause="failure"
    )
    world.ann.cases.append(asked)
    assert end_of_talk(world.ann) == "person by outage"


def test_an_apology_is_needless_where_all_was_back_quickly() -> None:
    quick, slow = Outage("kill", ("server",), 10, back=12), Outage("stop", ("run",), 20, back=30)
    apologies = [Apology(11, 13, "quick"), Apology(19, 22, "slow"), Apology(11, 25, "both"), Apology(40, 41, "nothing")]
    report = Report(Findings(), [], [quick, slow], apologies, 60.0, 4, 0)
    assert [apology.text for apology in report.needless] == ["quick", "nothing"]


def test_the_same_seed_breaks_the_same_things_and_everything_comes_up() -> None:
    def some(seed: int, *, with_database: bool) -> list[tuple[float, str, tuple[str, ...], float]]:
        return list(itertools.islice(plan(seed, (1, 8), with_database=with_database), 200))

    assert some(7, with_database=True) == some(7, with_database=True) != some(8, with_database=True)
    parts = {part for _, _, parts, _ in some(7, with_database=True) for part in parts}
    assert parts == {*PROCESSES, RUN, DATABASE}
    assert DATABASE not in {part for _, _, parts, _ in some(7, with_database=False) for part in parts}
    assert {how for _, how, _, _ in some(7, with_database=True)} == {"kill", "stop", "cut"}
