"""Contract servers of help desks: HTTP in threads, that answers as the public documentation says, and keeps what it is
sent. What breaks the contract is kept as a violation, for the test to look at."""

from __future__ import annotations

import base64
import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Reply = tuple[int, Any]


@dataclass(frozen=True)
class Sent:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    data: Any
    body: bytes
    headers: Mapping[str, str]


@dataclass
class DeskServer(ABC):
    """Serves from ``start`` to ``stop``, on the same port if started again. ``faults``: what the next requests are
    answered with instead; "lost" is carried out, and its answer does not arrive."""

    sent: list[Sent] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    faults: list[Any] = field(default_factory=list)
    lock: Any = field(default_factory=threading.RLock)
    port: int = 0
    _http: ThreadingHTTPServer | None = None

    def start(self) -> None:
        """Serve, in threads of this process."""
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _any(self) -> None:
                server._serve(self)

            do_GET = do_POST = do_PUT = _any

            def log_message(self, *_: object) -> None: ...

        self._http = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._http.daemon_threads = True
        self.port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections."""
        if self._http is not None:
            self._http.shutdown()
            self._http.server_close()
            self._http = None

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.port}"

    @abstractmethod
    def answer(self, sent: Sent) -> Reply:
        """Carry a request out."""

    @abstractmethod
    def allowed(self, sent: Sent) -> bool:
        """Whether the request shows the right credentials."""

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        parts = urlsplit(handler.path)
        try:
            data = json.loads(body) if body else None
        except ValueError:
            data = None
            self.violations.append(f"{handler.path}: no JSON")
        sent = Sent(handler.command, parts.path, dict(parse_qsl(parts.query)), data, body, handler.headers)
        with self.lock:
            if self._http is None:  # stopped, and the client had kept its connection
                handler.close_connection = True
                return
            self.sent.append(sent)
            fault = self.faults.pop(0) if self.faults else None
            if isinstance(fault, tuple):
                status, answer = fault
            elif not self.allowed(sent):
                status, answer = 401, {"error": "credentials"}
            else:
                status, answer = self.answer(sent)
            if fault == "lost":
                handler.close_connection = True
                return
        content = json.dumps(answer).encode() if answer is not None else b""
        handler.send_response(status)
        if status == 429:
            handler.send_header("Retry-After", "30")
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def unknown(self, sent: Sent) -> Reply:
        """Nothing that the documentation knows."""
        self.violations.append(f"{sent.method} {sent.path}")
        return 404, {"error": "not found"}


def basic(user: str, password: str) -> str:
    """The value of an Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@dataclass
class ZendeskServer(DeskServer):
    """POST /api/v2/tickets.json with Idempotency-Key, PUT /api/v2/tickets/{id}.json, GET /api/v2/users/me.json."""

    tickets: dict[int, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)

    def allowed(self, sent: Sent) -> bool:
        """Basic, with the address and /token."""
        return sent.headers.get("Authorization") == basic("bot@shop.example/token", "zendesk-token-0123456789")

    def answer(self, sent: Sent) -> Reply:
        """See DeskServer."""
        if (sent.method, sent.path) == ("GET", "/api/v2/users/me.json"):
            return 200, {"user": {"id": 1, "role": "admin"}}
        if (sent.method, sent.path) == ("POST", "/api/v2/tickets.json"):
            key = sent.headers.get("Idempotency-Key") or ""
            if key in self.keys:
                return 201, {"ticket": {"id": self.keys[key]}}
            ticket = sent.data["ticket"]
            if not ticket["comment"]["body"] or ticket["comment"]["public"] is not False:
                self.violations.append("a first comment that the requester is mailed")
            number = 35436 + len(self.tickets)
            self.tickets[number] = {**ticket, "comments": [ticket["comment"]], "status": "new"}
            self.keys[key] = number
            return 201, {"ticket": {"id": number, "status": "new"}}
        number = int(sent.path.removeprefix("/api/v2/tickets/").removesuffix(".json") or 0)
        if sent.method != "PUT" or number not in self.tickets:
            return self.unknown(sent)
        if number in self.closed:
            return 422, {"error": "RecordInvalid", "description": "Status: closed prevents ticket update"}
        change = sent.data["ticket"]
        if change["comment"]["public"] is not False:
            self.violations.append("a public comment")
        self.tickets[number]["comments"].append(change["comment"])
        self.tickets[number]["status"] = change.get("status", self.tickets[number]["status"])
        return 200, {"ticket": {"id": number}, "audit": {}}


@dataclass
class FreshdeskServer(DeskServer):
    """POST /api/v2/tickets, GET and PUT /api/v2/tickets/{id}, …/notes, …/conversations, GET /api/v2/agents/{id}."""

    tickets: dict[int, dict[str, Any]] = field(default_factory=dict)
    said: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    agents: dict[int, str] = field(default_factory=dict)

    def allowed(self, sent: Sent) -> bool:
        """Basic, with the key as user and X as password."""
        return sent.headers.get("Authorization") == basic("freshdesk-key-0123456789", "X")

    def answer(self, sent: Sent) -> Reply:
        """See DeskServer."""
        words = sent.path.removeprefix("/api/v2/").split("/")
        if sent.method == "GET" and words == ["agents", "me"]:
            return 200, {"id": 1, "contact": {"name": "The key's agent"}}
        if sent.method == "GET" and words[0] == "agents":
            return 200, {"id": int(words[1]), "contact": {"name": self.agents[int(words[1])]}}
        if sent.method == "POST" and words == ["tickets"]:
            return self._open(sent.data)
        number = int(words[1]) if words[0] == "tickets" and words[1:] else 0
        if number not in self.tickets:
            return self.unknown(sent)
        if words[2:] == ["conversations"] and sent.method == "GET":
            page, size = int(sent.query.get("page", 1)), int(sent.query.get("per_page", 30))
            return 200, self.said[number][(page - 1) * size : page * size]
        if words[2:] == ["notes"] and sent.method == "POST":
            self.say(number, 1, sent.data["body"], private=sent.data.get("private", True))
            return 201, self.said[number][-1]
        if words[2:] == [] and sent.method == "GET":
            return 200, {"id": number, **self.tickets[number]}
        if words[2:] == [] and sent.method == "PUT":
            self.tickets[number] |= sent.data
            return 200, {"id": number, **self.tickets[number]}
        return self.unknown(sent)

    def _open(self, data: dict[str, Any]) -> Reply:
        missing = [name for name in ("subject", "description", "status", "priority", "source") if name not in data]
        if missing or not any(name in data for name in ("email", "phone", "unique_external_id", "requester_id")):
            return 400, {"description": "Validation failed", "errors": [{"field": name} for name in missing]}
        if "email" in data:
            self.violations.append("a requester who is mailed")
        number = 20 + len(self.tickets)
        self.tickets[number] = {**data, "responder_id": None, "updated_at": "2026-05-06T16:00:00Z"}
        self.said[number] = []
        return 201, {"id": number, **self.tickets[number]}

    def say(self, number: int, user: int, text: str, *, private: bool, incoming: bool = False) -> None:
        """Add to the conversation of a ticket."""
        at = f"2026-05-06T16:{len(self.said[number]) + 1:02}:00Z"
        self.tickets[number]["updated_at"] = at
        each = {"id": 1000 * number + len(self.said[number]), "body": text, "body_text": text, "created_at": at}
        self.said[number].append({**each, "user_id": user, "private": private, "incoming": incoming, "source": 0})


@dataclass
class SlackServer(DeskServer):
    """POST chat.postMessage and auth.test with a bearer; always 200 with ok, but for 429."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def allowed(self, sent: Sent) -> bool:
        """Slack says so itself."""
        return True

    def answer(self, sent: Sent) -> Reply:
        """See DeskServer."""
        if sent.headers.get("Authorization") != "Bearer xoxb-slack-token-0123456789":
            return 200, {"ok": False, "error": "invalid_auth"}
        if self.errors:
            return 200, {"ok": False, "error": self.errors.pop(0)}
        if sent.path == "/auth.test":
            return 200, {"ok": True, "user_id": "UBOT"}
        if sent.path != "/chat.postMessage":
            return self.unknown(sent)
        data = sent.data
        if data["channel"] != "C0DESK":
            return 200, {"ok": False, "error": "channel_not_found"}
        if len(data["text"]) > 40_000 or len(data.get("blocks") or []) > 50:
            return 200, {"ok": False, "error": "msg_too_long"}
        for block in data.get("blocks") or []:
            words = (block.get("text") or {}).get("text", "")
            if len(words) > (150 if block["type"] == "header" else 3000):
                return 200, {"ok": False, "error": "invalid_blocks"}
        ts = f"1778083200.{len(self.messages) + 1:06}"
        self.messages.append({**data, "ts": ts})
        return 200, {"ok": True, "channel": "C0DESK", "ts": ts, "message": {}}


@dataclass
class WebhookServer(DeskServer):
    """Our own format: checks every signature with code of its own."""

    events: list[dict[str, Any]] = field(default_factory=list)

    def allowed(self, sent: Sent) -> bool:
        """The signature, computed as the page says."""
        import hashlib
        import hmac

        header = sent.headers.get("Refund-Desk-Signature") or ""
        seconds = header.partition(",")[0].removeprefix("t=")
        signed = hmac.new(b"webhook-secret-0123456789", seconds.encode() + b"." + sent.body, hashlib.sha256)
        return header == f"t={seconds},v1={signed.hexdigest()}"

    def answer(self, sent: Sent) -> Reply:
        """See DeskServer. What has come before is answered, and not done again."""
        known = [event["id"] for event in self.events]
        if sent.data["id"] not in known and sent.data["event"] != "ping":
            self.events.append(sent.data)
        return 200, {"ticket": f"T-{sent.data['reference']}"} if sent.data["event"] == "ticket.opened" else {}


TOKEN_OF_BOT = "chatwoot-token-0123456789"


@dataclass
class ChatwootServer(DeskServer):
    """The application API of account 7: contacts, conversations, messages, toggle_status. To an agent bot Chatwoot
    refuses all but what changes a conversation; an administrator sees the secrets.
    ``may_see``: whether the person is in the inbox."""

    is_administrator: bool = True
    may_see: bool = True
    inbox_secret: str = "chatwoot-inbox-secret-0123456789"
    channel_type: str = "Channel::Api"
    contacts: dict[int, dict[str, Any]] = field(default_factory=dict)
    conversations: dict[int, dict[str, Any]] = field(default_factory=dict)

    def allowed(self, sent: Sent) -> bool:
        """The header api_access_token, and what its owner may do."""
        token = sent.headers.get("api_access_token")
        if not sent.path.startswith(("/api/v1/accounts/7/", "/api/v1/profile")):
            return False
        if token == "chatwoot-agent-token-0123456789":
            return True
        words = sent.path.removeprefix("/api/v1/accounts/7/").split("/")
        changes = words == ["conversations"] or words[2:] in (["messages"], ["toggle_status"])
        return token == TOKEN_OF_BOT and sent.method == "POST" and words[0] == "conversations" and changes

    def answer(self, sent: Sent) -> Reply:
        """See DeskServer."""
        words = sent.path.removeprefix("/api/v1/accounts/7/").split("/")
        if sent.method == "GET" and words == ["conversations"]:
            return 200, {"data": {"payload": []}}
        if (sent.method, sent.path) == ("GET", "/api/v1/profile"):
            return 200, {"id": 5, "accounts": [{"id": 7, "role": "administrator"}]}
        if sent.method == "GET" and words[0] == "inboxes" and not self.may_see:
            return 401, {"error": "You are not authorized to do this action"}
        if sent.method == "GET" and words[0] == "inboxes":
            shown = {"secret": self.inbox_secret} if self.is_administrator else {}
            row = {"id": 3, "channel_type": self.channel_type, "webhook_url": "https://desk.example/hook", **shown}
            return (200, row) if words[1:] == ["3"] else (404, {"error": "Resource could not be found"})
        if sent.method == "GET" and words == ["agent_bots"]:
            shown = {"access_token": TOKEN_OF_BOT, "secret": "chatwoot-secret-0123456789"}
            other = {"id": 1, "access_token": "another-token", "secret": "another-secret"}
            return 200, [other, {"id": 2, **(shown if self.is_administrator else {})}]
        if words[:2] == ["conversations", "0"]:
            return 404, {"error": "Resource could not be found"}
        if sent.method == "POST" and words == ["contacts"]:
            return self._contact(sent.data)
        if sent.method == "GET" and words == ["contacts", "search"]:
            found = [row for row in self.contacts.values() if sent.query["q"] in row["identifier"]]
            return 200, {"meta": {}, "payload": found}
        if sent.method == "GET" and words[0] == "contacts" and words[2:] == ["conversations"]:
            rows = [row for row in self.conversations.values() if row.get("contact_id") == int(words[1])]
            return 200, {"payload": rows}
        if sent.method == "POST" and words == ["conversations"]:
            return self._conversation(sent.data)
        row = self.conversations.get(int(words[1])) if words[0] == "conversations" else None
        if row is None or sent.method != "POST":
            return self.unknown(sent)
        if words[2:] == ["toggle_status"]:
            row["status"] = sent.data["status"]
            return 200, {"meta": {}, "payload": {"success": True, "current_status": row["status"]}}
        if words[2:] == ["messages"]:
            if sent.headers.get("api_access_token") != TOKEN_OF_BOT:
                self.violations.append("a person's words that are ours")
            return self._message(row, sent.data)
        return self.unknown(sent)

    def add(self, number: int, inbox: int, channel: str = "Channel::WebWidget") -> None:
        """A conversation of Chatwoot's own."""
        values = {"id": number, "inbox_id": inbox, "channel": channel}
        self.conversations[number] = {**values, "status": "pending", "messages": []}

    def _contact(self, data: dict[str, Any]) -> Reply:
        if any(row["identifier"] == data["identifier"] for row in self.contacts.values()):
            return 422, {"message": "Identifier has already been taken", "attributes": ["identifier"]}
        number = 50 + len(self.contacts)
        place = {"source_id": f"source-{number}", "inbox": {"id": data["inbox_id"]}}
        contact = {"id": number, "name": data["name"], "identifier": data["identifier"], "contact_inboxes": [place]}
        self.contacts[number] = contact
        return 200, {"payload": {"contact": contact, "contact_inbox": {**place, "inbox": place["inbox"]}}}

    def _conversation(self, data: dict[str, Any]) -> Reply:
        contact = self.contacts.get(data["contact_id"])
        if contact is None or contact["contact_inboxes"][0]["source_id"] != data["source_id"]:
            return 404, {"error": "Resource could not be found"}
        number = 900 + len(self.conversations)
        self.conversations[number] = {**data, "id": number, "messages": []}
        return 200, {"id": number, "account_id": 7, "inbox_id": data["inbox_id"]}

    def _message(self, row: dict[str, Any], data: dict[str, Any]) -> Reply:
        if data["message_type"] == "incoming" and row["inbox_id"] != 3:
            return 422, {"error": "Incoming messages are only allowed in Api inboxes"}
        if data.get("content_type") == "input_select" and not data["content_attributes"]["items"]:
            return 422, {"error": "items"}
        if data.get("content_type") == "input_select" and row.get("channel") != "Channel::WebWidget":
            self.violations.append("a list where nobody sees it")
        row["messages"].append(data)
        return 200, {"id": self.newest_message, **data}

    @property
    def newest_message(self) -> int:
        """The id of the message that was made last."""
        return 10_000 + sum(len(each["messages"]) for each in self.conversations.values())
