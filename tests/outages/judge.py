"""What must hold after everything: nothing lost, nothing doubled, nothing in the wrong hands, and right sums.

Only what is left in the end counts: the log and the cases of the store, the book of the gateway, and what each client
was told. Everything here is data, so that tests can doctor it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from bot.cases.model import CaseKind, CaseState
from tests.simulation.runs import Verdict, judged
from tests.simulation.scenarios import Expected

_ONE = re.compile(r"CC-\d{6}|RD-[A-Z0-9]+|[\w.]+@example\.net|\bNam[a-z]{8}\b")
"""What belongs to one customer alone: order numbers, references, addresses, and the names that are given here."""
_SUM = re.compile(r"(?<![\d.])\d+\.\d\d(?![\d%])")
_BY_OUTAGE = "failure"
_PERSON_BY_OUTAGE = "person by outage"


@dataclass(frozen=True)
class Line:
    """A message of the log. ``client_id`` is a customer's, ``reply_to`` the ``seq`` that the bot answers."""

    seq: int
    text: str
    client_id: str | None = None
    reply_to: int | None = None
    answered: bool = True


@dataclass(frozen=True)
class CaseEnd:
    """A case. ``end`` is as the simulation words it; ``sums`` all that its decisions name; ``agreed`` the refund to be
    paid; ``cause`` why a person has it, ``facts`` whether they know what happened."""

    reference: str
    kind: CaseKind
    state: CaseState
    conversation_id: str
    number: str | None
    end: str
    confirmed: bool = False
    agreed: str | None = None
    destination: str | None = None
    cause: str | None = None
    facts: bool = True
    waiting_steps: int = 0
    sums: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Books:
    """What the gateway did: payments as order, amount and destination; orders that it stopped or whose agreement it
    ended, once for each key; and of which orders it was asked anything."""

    payments: tuple[tuple[str, str, str], ...] = ()
    stops: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    asked: frozenset[str] = frozenset()
    violations: tuple[str, ...] = ()


@dataclass
class Witness:
    """What one client did and was told. ``right`` is what the policy gives its customer; None for a stranger.

    ``sent`` are id and text of its messages, ``taken`` the ids that the server said to have. ``private`` are the words
    and sums that are this customer's own. ``log`` has each conversation that its messages are in; ``problem`` is why it
    gave up; ``waits``: it was told to be sorry so often that its customer waits for the person who was promised.
    """

    name: str
    channel: str
    right: Expected | None
    numbers: tuple[str, ...] = ()
    sent: tuple[tuple[str, str], ...] = ()
    taken: frozenset[str] = frozenset()
    heard: str = ""
    private: frozenset[str] = frozenset()
    log: dict[str, list[Line]] = field(default_factory=dict)
    cases: list[CaseEnd] = field(default_factory=list)
    transcript: list[str] = field(default_factory=list)
    problem: str = ""
    waits: bool = False


@dataclass
class Findings:
    """What was wrong, a line each with the name of the client; and the ends of the customers, counted."""

    lost: list[tuple[str, str]] = field(default_factory=list)
    doubled: list[tuple[str, str]] = field(default_factory=list)
    wrong_owner: list[tuple[str, str]] = field(default_factory=list)
    wrong: list[tuple[str, str]] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)

    @property
    def all(self) -> list[tuple[str, str, str]]:
        """Kind, client, and what was wrong."""
        kinds = ("lost", "doubled", "wrong_owner", "wrong")
        return [(kind.replace("_", " "), who, what) for kind in kinds for who, what in getattr(self, kind)]


def judge(witnesses: list[Witness], books: Books) -> Findings:
    """Look at everybody, and at the gateway."""
    findings = Findings()
    owners = {number: witness for witness in witnesses for number in witness.numbers}
    for witness in witnesses:
        findings.lost += [(witness.name, what) for what in lost_messages(witness)]
        findings.lost += [(witness.name, what) for what in lost_requests(witness, books)]
        findings.doubled += [(witness.name, what) for what in doubled(witness, books)]
        findings.wrong_owner += [(witness.name, what) for what in in_wrong_hands(witness)]
        verdict = end_of_talk(witness)
        findings.ends[verdict] += 1
        if verdict == Verdict.WRONG.value:
            right = [sorted(any_of) for any_of in witness.right.required] if witness.right else []
            findings.wrong.append((witness.name, f"ended {[case.end for case in witness.cases]}, right: {right}"))
    findings.wrong_owner += leaks(witnesses)
    findings.wrong_owner += strange_orders(books, owners)
    findings.wrong += [("gateway", violation) for violation in books.violations]
    return findings


def lost_messages(witness: Witness) -> Iterator[str]:
    """What a client was told is there and is not, and what was never answered."""
    if witness.problem:
        yield witness.problem
    if len(witness.log) > 1 and not any(_has_all(log, witness) for log in witness.log.values()):
        yield f"its conversation was lost, and it got another: {sorted(witness.log)}"
    lines = max(witness.log.values(), key=len, default=[])
    logged = {line.client_id: line for line in lines if line.client_id}
    for message_id, text in witness.sent:
        line = logged.get(message_id)
        if line is None and message_id in witness.taken:
            yield f"{text!r} was taken, and is not in the log"
        elif line is not None and not line.answered:
            yield f"{text!r} is not answered"
        elif line is not None and not (_is_replied_to(line, lines) or _is_overtaken(line, lines)):
            yield f"{text!r} was left without an answer"
    for log in witness.log.values():
        if [line.seq for line in log] != list(range(1, len(log) + 1)):
            yield f"the log has gaps: {[line.seq for line in log]}"


def lost_requests(witness: Witness, books: Books) -> Iterator[str]:
    """What was confirmed, and neither carried out nor with a person who knows of it."""
    for case in witness.cases:
        paid = [payment for payment in books.payments if payment[0] == case.number]
        if case.waiting_steps:
            yield f"{case.reference}: a step is left in the outbox"
        if case.state in (CaseState.CONFIRMED, CaseState.EXECUTING, CaseState.FAILED):
            yield f"{case.reference}: confirmed, and {case.state.value} for ever"
        if case.state is CaseState.IN_REVIEW and not (case.cause and case.facts):
            yield f"{case.reference}: with a person who has no facts"
        if case.state is CaseState.DONE and case.kind is CaseKind.REFUND:
            promised = (case.number or "", case.agreed or "", case.destination or "")
            if promised not in paid:
                yield f"{case.reference}: done, promised {promised}, paid {paid}"
        if case.state is CaseState.DONE and case.kind is CaseKind.CANCEL and case.number not in books.stops:
            yield f"{case.reference}: done, and never stopped"


def doubled(witness: Witness, books: Books) -> Iterator[str]:
    """What is there twice: payments, stops, requests, messages, answers."""
    for number in witness.numbers:
        paid = [payment for payment in books.payments if payment[0] == number]
        of_order = [case for case in witness.cases if case.number == number]
        if len(paid) > 1:
            yield f"{number} was paid {len(paid)} times: {paid}"
        agreed = [case for case in of_order if case.kind is CaseKind.REFUND and case.confirmed]
        if paid and all(case.state is CaseState.WITHDRAWN for case in agreed):
            yield f"{number} was paid without a yes, or after it was taken back"
        for kind in (CaseKind.REFUND, CaseKind.CANCEL):
            live = [case for case in of_order if case.kind is kind and _lives(case)]
            if len(live) > 1:
                yield f"{number} has {len(live)} requests: {[case.reference for case in live]}"
        carried = sum(case.confirmed and case.state is not CaseState.WITHDRAWN for case in of_order)
        for name, done in (("stopped", books.stops), ("its agreement ended", books.ends)):
            if done.count(number) > max(1, carried):
                yield f"{number} was {name} {done.count(number)} times for {carried} requests"
    questions = [case for case in witness.cases if case.kind is CaseKind.QUESTION and case.state is CaseState.IN_REVIEW]
    if len(questions) > 1:
        yield f"{len(questions)} questions are with a person: {[case.reference for case in questions]}"
    for lines in witness.log.values():
        for client_id, times in Counter(line.client_id for line in lines if line.client_id).items():
            if times > 1:
                yield f"the message {client_id} is {times} times in the log"
        for (reply_to, text), times in Counter((line.reply_to, line.text) for line in lines if line.reply_to).items():
            if times > 1:
                yield f"{text!r} was answered {times} times to message {reply_to}"


def in_wrong_hands(witness: Witness) -> Iterator[str]:
    """Requests of this client for orders that are not its own."""
    for case in witness.cases:
        if case.number is not None and case.number not in witness.numbers:
            yield f"{case.reference} ({case.kind.value}) is about {case.number}, which is somebody else's"


def leaks(witnesses: list[Witness]) -> Iterator[tuple[str, str]]:
    """What a client was told that is another's, and that it has not said itself."""
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for witness in witnesses:
        for word in witness.private:
            owners[word].add(witness.name)
    for witness in witnesses:
        said = set(_words(" ".join(text for _, text in witness.sent)))
        told = set(_words(witness.heard))
        for word in sorted(told - said):
            if owners[word] and witness.name not in owners[word]:
                yield witness.name, f"was told {word!r}, which is of {sorted(owners[word])}"


def strange_orders(books: Books, owners: dict[str, Witness]) -> Iterator[tuple[str, str]]:
    """Orders that the gateway was asked to move though their owners had confirmed nothing."""
    moved = {number for number, _, _ in books.payments} | set(books.stops) | set(books.ends) | books.asked
    for number in sorted(moved):
        owner = owners.get(number)
        if owner is None:
            yield "gateway", f"was asked about {number}, which is nobody's"
        elif not any(case.number == number and case.confirmed for case in owner.cases):
            yield owner.name, f"the gateway moved {number} without a yes of its owner"


def end_of_talk(witness: Witness) -> str:
    """How a conversation ended: a Verdict, or ``person by outage`` where only a failure on our side made it a person's,
    or ``stranger``."""
    if witness.right is None:
        return "stranger"
    if witness.problem:
        return Verdict.WRONG.value
    cases = [case for case in witness.cases if case.state is not CaseState.WITHDRAWN]
    by_outage = [case for case in cases if case.state is CaseState.IN_REVIEW and case.cause == _BY_OUTAGE]
    if witness.waits:
        return _PERSON_BY_OUTAGE if by_outage else Verdict.WRONG.value
    verdict = judged([case.end for case in cases if case not in by_outage], witness.right)
    if verdict is Verdict.WRONG and by_outage:
        # What a failure has given to a person may stand for what the policy would have given.
        held = frozenset(case.end for case in by_outage)
        missing = tuple(any_of | held for any_of in witness.right.required)
        verdict = judged([case.end for case in cases], Expected(missing, witness.right.allowed | held))
    if verdict is not Verdict.WRONG and by_outage:
        return _PERSON_BY_OUTAGE
    return verdict.value


def sums_in(text: str) -> frozenset[str]:
    """The sums of money that a text names."""
    return frozenset(_SUM.findall(text.replace(",", "")))


def cents(amount: Decimal | str) -> str:
    """A sum as ``sums_in`` finds it."""
    return f"{Decimal(amount):.2f}"


def _words(text: str) -> Iterator[str]:
    yield from _ONE.findall(text)
    yield from sums_in(text)


def _lives(case: CaseEnd) -> bool:
    return case.state not in (CaseState.WITHDRAWN, CaseState.DECLINED, CaseState.REFUSED_BY_AGENT, CaseState.QUOTED)


def _has_all(log: list[Line], witness: Witness) -> bool:
    """Whether one conversation has all that was taken. A repeat that comes late, with a secret of before, may lie in
    another one: nobody reads that."""
    return witness.taken <= {line.client_id for line in log}


def _is_replied_to(line: Line, lines: list[Line]) -> bool:
    return any(other.reply_to == line.seq for other in lines)


def _is_overtaken(line: Line, lines: list[Line]) -> bool:
    return any(other.client_id and other.seq > line.seq for other in lines)
