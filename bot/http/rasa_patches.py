"""Where Rasa 3.6 fails quietly, made loud; where it is slow for no gain, made fast. Applied once, by the server.

Each patch replaces one name of the pinned Rasa; a test fails when the pin moves.
"""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import Any

from jsonschema import Draft7Validator
from rasa.core.actions import action
from rasa.core.policies.policy import PolicyPrediction  # noqa: F401  (imported first: action and policy import each other)
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.core.events import ActionExecuted, SessionStarted

from bot.http.stopping import stopping

PATCHED_RASA = "3.6.21"
ACTION_SECONDS = 10
"""How long an action may take. Rasa waits five minutes, longer than its conversation lock lasts."""

failed_actions: ContextVar[list[str]] = ContextVar("failed_actions")
"""The actions that failed in the running turn. Rasa logs such a failure and goes on as if the action had run."""

_run_remote_action = action.RemoteAction.run
_result_validator = Draft7Validator(action.RemoteAction.action_response_format_spec())


async def _run(self: Any, *args: Any, **kwargs: Any) -> Any:
    try:
        return await _run_remote_action(self, *args, **kwargs)
    except action.ActionExecutionRejection:
        raise
    except Exception:
        if stopping.begun:
            # The action server may be stopped, too. What is not saved is taken up at the next start.
            raise asyncio.CancelledError from None
        failed_actions.get([]).append(self.name())
        if self.name() == "action_session_start":
            # Without a session no message is understood; what it would have said is left out.
            return [SessionStarted(), ActionExecuted("action_listen")]
        raise


def _validate_action_result(self: Any, result: dict[str, Any]) -> bool:
    # Rasa checks the schema itself at every call, which costs more than all the rest of an action.
    _result_validator.validate(result)
    return True


def _raise(self: Any, error: Exception) -> None:
    # Rasa would answer from a blank conversation, and lose the turn.
    raise error


def apply() -> None:
    """Patch Rasa in this process."""
    action.RemoteAction.run = _run
    action.RemoteAction._validate_action_result = _validate_action_result
    action.DEFAULT_REQUEST_TIMEOUT = ACTION_SECONDS
    FailSafeTrackerStore.on_tracker_store_error = _raise
    FailSafeTrackerStore.on_tracker_store_retrieve_error = _raise
