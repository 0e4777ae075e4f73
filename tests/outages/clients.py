"""The programs that customers write with: they repeat what is not answered under the same id, follow the secrets that
they are given, and keep all that they were ever told."""

from __future__ import annotations

import json
import random
import re
import string
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx

from bot.http.web import RESUME, SENDER
from bot.wording import say
from tests.simulation.customer import question_in

PATIENCE = 240.0
"""Seconds for which a customer waits for one answer; longer than any outage here."""
STREAM_SILENCE = 25.0
"""Seconds without a sign of the server after which a stream is opened anew; it gives one every 15 s."""
TWICE = 0.05
"""How often a request arrives twice."""
MOST_APOLOGIES = 8
KEYS = 6
"""Of how many messages a client knows the keys, as the widget does."""
SORRY = say("turn_sorry")
_APOLOGY = re.compile(re.escape(SORRY) + r" (?:I've asked a person|Please try again)")
_TRY_AGAIN = re.compile(re.escape(SORRY) + r" Please try again")


class GaveUp(Exception):
    """The customer was not answered in all their patience."""


class HeardEnough(Exception):
    """The customer was told to be sorry so often that they wait for the person who was promised."""


@dataclass
class Sent:
    """A message: ``taken`` once the server has said that it has it, ``answered`` once there was an answer. Nobody but
    its client knows the ``key``."""

    id: str
    text: str
    at: float
    key: str
    taken: bool = False
    answered: bool = False


@dataclass
class Apology:
    """A message that was answered with no more than being sorry, and for how long it was on its way."""

    began: float
    ended: float
    text: str


class Client(ABC):
    """One customer's program. ``heard`` is everything that the server sent, as it came."""

    channel: str

    def __init__(self, url: str, name: str, address: str, rng: random.Random) -> None:
        """``name`` is what it calls its conversation, ``address`` where it writes from."""
        self.name, self.address = name, address
        self.replies: list[dict[str, Any]] = []
        self.sent: list[Sent] = []
        self.heard: list[str] = []
        self.apologies: list[Apology] = []
        self._rng = rng
        self._url = url
        self._http = self._dialled()

    def says(self, text: str) -> str:
        """Send a message until it is answered; what it is answered with. After an apology it is said anew, as the
        apology asks for. Raises GaveUp and HeardEnough."""
        for _ in range(MOST_APOLOGIES):
            sent = Sent(letters(self._rng, 20), text, time.monotonic(), letters(self._rng, 32))
            self.sent.append(sent)
            said = self._answered(sent)
            sent.answered = True
            answer = "\n".join(reply.get("text", "") for reply in said)
            if SORRY in answer:
                self.apologies.append(Apology(sent.at, time.monotonic(), answer))
            if not _APOLOGY.search(answer):
                self.replies = [reply for reply in said if _is_of_the_domain(reply)]
                return answer
            time.sleep(self._rng.uniform(0.5, 2))
        raise HeardEnough(text)

    def hangs_up(self) -> None:
        """Close all connections; the next request opens new ones."""
        self._http.close()
        self._http = self._dialled(self._http.cookies)

    @abstractmethod
    def reads_all(self) -> list[dict[str, Any]]:
        """The whole conversation as the server shows it now; empty for a channel that shows none."""

    @abstractmethod
    def _answered(self, sent: Sent) -> list[dict[str, Any]]:
        """Send it, and repeat it until it is answered; the answers. Raises GaveUp."""

    def _dialled(self, cookies: httpx.Cookies | None = None) -> httpx.Client:
        return httpx.Client(
            headers={"X-Forwarded-For": self.address},
            cookies=cookies,
            timeout=httpx.Timeout(20, connect=2),
            verify=False,  # nothing here is encrypted, and reading certificates takes 30 ms
        )

    def _post(self, path: str, body: dict[str, Any], **headers: str) -> httpx.Response | None:
        """The answer; None where none came. Now and then the same is sent twice at once, as by a proxy that repeats."""
        if self._rng.random() < TWICE:
            threading.Thread(target=self._twin, args=(path, body, headers)).start()
        try:
            answer = self._http.post(f"{self._url}{path}", json=body, headers=headers)
        except httpx.HTTPError:
            return None
        self.heard.append(answer.text)
        return answer

    def _twin(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> None:
        """What it is answered with is read by nobody: no cookie of it is kept, either."""
        with suppress(httpx.HTTPError), self._dialled(self._http.cookies) as other:
            self.heard.append(other.post(f"{self._url}{path}", json=body, headers=headers).text)

    def _pauses(self, since: float) -> Iterator[None]:
        """A pause before each further try, longer and longer, until the patience ends. Raises GaveUp."""
        pause = 0.2
        while time.monotonic() - since < PATIENCE:
            yield
            time.sleep(pause * self._rng.uniform(0.7, 1))
            pause = min(3.0, pause * 1.5)
        raise GaveUp(f"{self.sent[-1].text!r} was not answered for {PATIENCE:.0f} s")


class RestClient(Client):
    """Writes by ``/webhooks/rest/webhook``, with the cookies that it is given."""

    channel = "rest"

    def reads_all(self) -> list[dict[str, Any]]:
        """This channel shows no history."""
        return []

    def _answered(self, sent: Sent) -> list[dict[str, Any]]:
        body = {"sender": self.name, "message": sent.text, "message_id": sent.id}
        refused = 0
        for _ in self._pauses(sent.at):
            answer = self._post("/webhooks/rest/webhook", body)
            if answer is None or answer.status_code >= 500:
                continue
            if answer.status_code == 429:
                time.sleep(float(answer.headers.get("Retry-After", "1")))
                continue
            assert answer.status_code == 200, answer.text
            said: list[dict[str, Any]] = answer.json()
            text = "\n".join(reply.get("text", "") for reply in said)
            if not said:
                sent.taken = True
                continue  # somebody else's turn for this message still runs
            if _TRY_AGAIN.search(text) and refused < 3:
                refused += 1  # perhaps nothing of it was stored: this channel says so in words only
                continue
            sent.taken = sent.taken or not _TRY_AGAIN.search(text)
            return said
        raise AssertionError("not reached")


class WebClient(Client):
    """Does what the widget does, by stream or by long poll."""

    channel = "web"

    def __init__(self, url: str, name: str, address: str, rng: random.Random, secret: str = "") -> None:
        """``secret`` is one that this client was never given."""
        super().__init__(url, name, address, rng)
        self._secret = secret
        self._after = 0
        self._is_open = False
        self._streams = rng.random() < 0.5

    def reads_all(self) -> list[dict[str, Any]]:
        """All that is in the log."""
        for _ in self._pauses(time.monotonic()):
            answer = self._get("messages?after=0&wait=0")
            if answer is not None and answer.status_code == 200:
                found: list[dict[str, Any]] = answer.json()["messages"]
                return found
        raise AssertionError("not reached")

    def _answered(self, sent: Sent) -> list[dict[str, Any]]:
        for _ in self._pauses(sent.at):
            if self._is_open or self._opens():
                break
        seq = self._sends(sent)
        said: list[dict[str, Any]] = []
        for _ in self._pauses(sent.at):
            for messages, answering in self._stream() if self._streams else self._poll():
                fresh = [message for message in messages if message["seq"] > self._after]
                said += [message for message in fresh if message["who"] != "customer" and message["seq"] > seq]
                self._after = max([self._after, *(message["seq"] for message in fresh)])
                if said and not answering:
                    return said
        raise AssertionError("not reached")

    def _opens(self) -> bool:
        answer = self._post("/webhooks/web/open", {}, **self._own())
        if answer is None or answer.status_code != 200:
            return False
        self._keep(answer)
        self._is_open = True
        return True

    def _sends(self, sent: Sent) -> int:
        """The place in the log that the message got."""
        for _ in self._pauses(sent.at):
            body = {"message_id": sent.id, "key": sent.key, "text": sent.text, "seen": self._after}
            answer = self._post("/webhooks/web/messages", body, **self._own())
            if answer is None or answer.status_code >= 500 or self._has_renewed(answer):
                continue
            self._keep(answer)
            if answer.status_code == 429:
                time.sleep(float(answer.headers.get("Retry-After", "1")))
                continue
            assert answer.status_code in (200, 202), answer.text
            sent.taken = True
            return int(answer.json()["seq"])
        raise AssertionError("not reached")

    def _poll(self, wait: int = 10) -> Iterator[tuple[list[dict[str, Any]], bool]]:
        answer = self._get(f"messages?after={self._after}&wait={wait}")
        if answer is not None and answer.status_code == 200:
            found = answer.json()
            yield found["messages"], _is_answering(found["typing"])

    def _stream(self) -> Iterator[tuple[list[dict[str, Any]], bool]]:
        """What comes, and whether the bot is still answering; until the stream ends or breaks."""
        headers = {**self._own(), "Accept": "text/event-stream"}
        timeout = httpx.Timeout(STREAM_SILENCE, connect=2)
        url = f"{self._url}/webhooks/web/messages?after={self._after}"
        with suppress(httpx.HTTPError), self._http.stream("GET", url, headers=headers, timeout=timeout) as answer:
            if answer.status_code != 200:
                self.heard.append(answer.read().decode())
                self._has_renewed(answer)
                return
            self._keep(answer)
            yield from self._events(answer)

    def _events(self, answer: httpx.Response) -> Iterator[tuple[list[dict[str, Any]], bool]]:
        kind, answering, told = "", True, False
        for line in answer.iter_lines():
            name, _, value = line.strip().partition(": ")
            kind = value if name == "event" else kind
            if name != "data":
                continue
            self.heard.append(value)
            data = json.loads(value)
            if kind == "status" and not told:
                told = True
                yield from self._poll(wait=0)  # a stream tells who is typing only if somebody is
                continue
            answering = _is_answering(data) if kind == "typing" else answering
            yield ([data] if kind == "message" else []), answering

    def _get(self, path: str) -> httpx.Response | None:
        try:
            answer = self._http.get(f"{self._url}/webhooks/web/{path}", headers=self._own())
        except httpx.HTTPError:
            return None
        self.heard.append(answer.text)
        if not self._has_renewed(answer):
            self._keep(answer)
        return answer

    def _has_renewed(self, answer: httpx.Response) -> bool:
        """Whether the secret has lost its place, and whoever knows the key of a message was given the next one: a
        server that died between a proof and its answer told nobody."""
        if answer.status_code != 410 or not self.sent:
            return False
        newest = [{"message_id": sent.id, "key": sent.key} for sent in reversed(self.sent[-KEYS:])]
        given = self._post("/webhooks/web/secret", {"messages": newest}, **self._own())
        if given is None or given.status_code != 204:
            return False
        self._keep(given)
        return True

    def _own(self) -> dict[str, str]:
        return {SENDER: self.name, **({RESUME: self._secret} if self._secret else {})}

    def _keep(self, answer: httpx.Response) -> None:
        self._secret = answer.headers.get(RESUME, self._secret)


def letters(rng: random.Random, count: int) -> str:
    """A name that looks like no number of anything."""
    return "".join(rng.choices(string.ascii_letters, k=count))


def _is_answering(typing: dict[str, Any] | None) -> bool:
    return bool(typing) and typing["who"] == "bot" and typing["on"]  # type: ignore[index]


def _is_of_the_domain(reply: dict[str, Any]) -> bool:
    try:
        question_in([reply])
    except AssertionError:
        return False
    return True
