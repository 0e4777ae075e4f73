"""The routes of the plain pages."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.cases.case.overview import conversation_requests, request_view
from bot.cases.conversation.messages import newest
from bot.cases.customer.wording import request_name, state_words
from bot.cases.errors import NotVerified, UnknownCase
from bot.cases.identity.verification import is_verified
from bot.cases.model import CaseState, CustomerReason
from bot.http.admission import Refused
from bot.http.pages import documents, steps
from bot.http.pages.forms import LONGEST_WORDS, BadForm, Entry, Fields, Task, read_entry, reason_words
from bot.http.pages.steps import Next, Sent
from bot.http.pages.views import case_page
from bot.http.pages.visits import Visit, Visits
from bot.http.shared import Shared
from bot.policy.facts import Destination
from bot.wording import say

REFERENCE = re.compile(r"RD-[34679ACDEFGHJKMNPQRTWXY]{6}")
_SHOWN = 200

logger = structlog.get_logger()
Handler = Callable[..., Coroutine[Any, Any, HTTPResponse]]


def register(app: Sanic, shared: Shared) -> None:
    """Add the pages to the app."""
    visits = Visits(shared)
    for task in Task:
        pages = TaskPages(task, visits)
        name = f"page_{task.value}"
        app.add_route(_guarded(visits, pages.form, task.path), task.path, name=f"{name}_form")
        app.add_route(_guarded(visits, pages.submit, task.path), task.path, ["POST"], name=f"{name}_submit")
        one = f"{task.path}/<reference:str>"
        app.add_route(_guarded(visits, pages.one, task.path), one, name=f"{name}_one")
        app.add_route(_guarded(visits, pages.answer, task.path), one, ["POST"], name=f"{name}_answer")
        app.add_route(_guarded(visits, pages.person, task.path), f"{one}/person", ["POST"], name=f"{name}_person")
    documents.register(app, visits, _guarded)


def _guarded(visits: Visits, handler: Handler, here: str) -> Handler:
    """The handler, with a page for whatever goes wrong in it."""

    async def answer(request: Request, **values: Any) -> HTTPResponse:
        visit = Visit(visits, request, here)
        try:
            return await handler(visit, request, **values)
        except BadForm as error:
            return visit.tell(error.status, say("page_form_title"), say(f"page_form_{error.code}"), back=here)
        except Refused as refused:
            if refused.answer.status != 429:
                return refused.answer
            seconds = refused.answer.headers["Retry-After"]
            text = say("page_too_much", seconds=int(seconds))
            slow = visit.tell(429, say("wait_capacity_title"), text, back=here)
            slow.headers["Retry-After"] = seconds
            return slow
        except NotVerified:
            return visit.tell(403, say("page_proof_title"), say("page_proof_again"), back=here)
        except UnknownCase:
            return visit.tell(404, say("page_nothing_title"), say("page_no_request"), back=here)
        except Exception as error:
            # The text may quote what was entered: only the kind of error is logged.
            logger.error("page.failed", error=type(error).__name__)
            return visit.tell(500, say("page_sorry_title"), say("page_sorry"), back=here)

    return answer


class TaskPages:
    """The pages of one task: its form, and the page of each request."""

    def __init__(self, task: Task, visits: Visits) -> None:
        self._task, self._services = task, visits.services

    async def form(self, visit: Visit, request: Request) -> HTTPResponse:
        """The first form; for a withdrawal what can be taken back, once it is known whose orders they are."""
        conversation_id = await visit.conversation()
        if self._task is Task.WITHDRAW and conversation_id and "other" not in request.args:
            listed = await asyncio.to_thread(self._listed, conversation_id)
            if listed:
                return visit.show("withdraw.html", title=say(f"page_title_{self._task.value}"), requests=listed)
        entry, verified = Entry(self._task), False
        if conversation_id and REFERENCE.fullmatch(request.args.get("from", "")):
            entry, verified = await asyncio.to_thread(self._entry_of, conversation_id, request.args["from"][0])
        return self._form(visit, entry, verified)

    async def submit(self, visit: Visit, request: Request) -> HTTPResponse:
        """The first form comes in."""
        sent, fields = await visit.submitted(self._task)
        entry = read_entry(self._task, fields)
        if entry.errors:
            await asyncio.to_thread(steps.note_errors, sent, entry)
            return self._form(visit, entry, False, 422)
        answer = await visit.does(steps.submit, sent, entry)
        if answer.errors:
            verified = await asyncio.to_thread(self._is_verified, sent.conversation_id, entry.order_number)
            return self._form(visit, entry, verified, 422, answer.errors)
        return visit.go(answer.path)

    async def one(self, visit: Visit, request: Request, reference: str) -> HTTPResponse:
        """The page of a request, or of the code that was mailed."""
        if reference == "code":
            return self._code_form(visit)
        return await self._case(visit, await self._own(visit), reference, changed="changed" in request.args)

    async def answer(self, visit: Visit, request: Request, reference: str) -> HTTPResponse:
        """The customer's answer to what was shown, or the digits of the code."""
        sent, fields = await visit.submitted(self._task)
        if reference == "code":
            return await self._code(visit, sent, fields)
        view = await asyncio.to_thread(self._view, sent.conversation_id, reference)
        decision_id = int(number) if (number := fields.line("decision")).isascii() and number.isdigit() else 0
        yes = fields.line("answer") != "no"
        if view.case.state is CaseState.APPROVED_BY_AGENT and self._task is not Task.WITHDRAW:
            answer = await visit.does(steps.answer_offer, sent, self._task, view, decision_id, yes=yes)
            return visit.go(answer.path)
        if not yes:
            return visit.go((await visit.does(steps.refuse_quote, sent, self._task, view)).path)
        if self._task is Task.WITHDRAW:
            return visit.go((await visit.does(steps.withdraw, sent, reference)).path)
        shown = await asyncio.to_thread(self._shown, sent.conversation_id, reference)
        chosen = next((known for known in Destination if known.value == fields.line("destination")), None)
        if shown.destinations and chosen is None:
            errors = {"destination": say("error_destination_missing")}
            return await self._case(visit, sent.conversation_id, reference, errors=errors, status=422)
        destination: Destination | None = chosen if shown.destinations else None
        answer = await visit.does(steps.answer_quote, sent, self._task, view, decision_id, destination)
        return visit.go(answer.path)

    async def person(self, visit: Visit, request: Request, reference: str) -> HTTPResponse:
        """A wish for a person, or words to the one who has the request."""
        sent, fields = await visit.submitted(self._task)
        view = await asyncio.to_thread(self._view, sent.conversation_id, reference)
        words, email = fields.words("words"), fields.line("email")
        problems = {"words": fields.problem("words", LONGEST_WORDS), "email": fields.problem("email")}
        errors = {name: problem for name, problem in problems.items() if problem}
        if not errors:
            answer = await visit.does(steps.ask_person, sent, self._task, view, words, email)
            if not answer.errors:
                return visit.go(answer.path)
            errors = dict(answer.errors)
        typed = {"words": words[:LONGEST_WORDS], "email": email[:_SHOWN]}
        return await self._case(visit, sent.conversation_id, reference, errors=errors, status=422, typed=typed)

    # What is shown

    def _form(self, visit: Visit, entry: Entry, verified: bool, status: int = 200, errors: Any = None) -> HTTPResponse:
        return visit.show(
            "request_form.html",
            status,
            title=say(f"page_title_{self._task.value}"),
            task=self._task.value,
            entry=entry,
            verified=verified,
            errors=dict(entry.errors) | dict(errors or {}),
            reasons={known: reason_words(known) for known in CustomerReason},
            form_id=secrets.token_hex(8),
        )

    def _code_form(self, visit: Visit, errors: Any = None, status: int = 200) -> HTTPResponse:
        return visit.show(
            "code.html",
            status,
            title=say("page_code_title"),
            task=self._task.value,
            errors=dict(errors or {}),
            form_id=secrets.token_hex(8),
        )

    async def _code(self, visit: Visit, sent: Sent, fields: Fields) -> HTTPResponse:
        digits = re.sub(r"\D", "", fields.line("code"), flags=re.A)
        if len(digits) != 6:
            return self._code_form(visit, {"code": say("page_code_short")}, 422)
        answer: Next = await visit.does(steps.submit_code, sent, self._task, digits)
        if answer.path:
            return visit.go(answer.path)
        if "code" in answer.errors:
            return self._code_form(visit, answer.errors, 422)
        pending = await asyncio.to_thread(steps.pending_form, self._services, sent.conversation_id, self._task)
        entry = Entry.of_kept(pending) if pending else Entry(self._task)
        verified = await asyncio.to_thread(self._is_verified, sent.conversation_id, entry.order_number)
        return self._form(visit, entry, verified, 422, answer.errors)

    async def _case(
        self,
        visit: Visit,
        conversation_id: str,
        reference: str,
        *,
        changed: bool = False,
        errors: Any = None,
        status: int = 200,
        typed: Any = None,
    ) -> HTTPResponse:
        shown = await asyncio.to_thread(self._shown, conversation_id, reference)
        values: dict[str, Any] = {"task": self._task.value, "reference": reference, "form_id": secrets.token_hex(8)}
        if self._task is Task.WITHDRAW and (shown.take_back or shown.confirm):
            view = await asyncio.to_thread(self._view, conversation_id, reference)
            name = request_name(view.request)
            return visit.show(
                "withdraw_one.html", status, title=say("page_withdraw_title"), name=name, shown=shown, **values
            )
        return visit.show(
            "case.html",
            status,
            title=shown.title,
            shown=shown,
            changed=changed and bool(shown.confirm or shown.with_person),
            errors=dict(errors or {}),
            typed=typed or {"words": "", "email": ""},
            **values,
        )

    # What is known; called in a thread

    async def _own(self, visit: Visit) -> str:
        conversation_id = await visit.conversation()
        if conversation_id is None:
            raise UnknownCase("no_conversation")
        return conversation_id

    def _view(self, conversation_id: str, reference: str) -> Any:
        if not REFERENCE.fullmatch(reference):
            raise UnknownCase("no_request_here", reference=reference)
        return request_view(self._services, conversation_id=conversation_id, reference=reference)

    def _shown(self, conversation_id: str, reference: str) -> Any:
        view = self._view(conversation_id, reference)
        return case_page(self._services, conversation_id, view, newest(self._services, conversation_id, _SHOWN))

    def _is_verified(self, conversation_id: str, order_number: str) -> bool:
        return is_verified(self._services, conversation_id=conversation_id, order_number=order_number)

    def _entry_of(self, conversation_id: str, reference: str) -> tuple[Entry, bool]:
        """The form of a request as it was filled in, so that it can be changed."""
        case = self._view(conversation_id, reference)
        number = case.request.order_number or ""
        entry = Entry(self._task, number, reason=case.case.reason, words=case.case.reason_words or "")
        return entry, self._is_verified(conversation_id, number)

    def _listed(self, conversation_id: str) -> list[dict[str, Any]]:
        requests = conversation_requests(self._services, conversation_id=conversation_id)
        return [
            {
                "reference": request.case.reference,
                "name": request_name(request),
                "state": state_words(request.case.state),
                "withdrawable": request.withdrawable,
            }
            for request in requests[:20]
        ]
