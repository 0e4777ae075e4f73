"""The tasks as data: what each needs, in which order, and what its wish is called."""

from __future__ import annotations

from dataclasses import dataclass

OPEN_TASKS = ("refund", "cancel")
"""Tasks that begin a request, and have a moment from which it counts (R2, C1)."""


@dataclass(frozen=True)
class Task:
    """``intent`` begins it, ``needs`` are the questions in their order; the last is the yes or no, if there is one.
    ``leaves`` are the tasks to which it gives way."""

    name: str
    intent: str
    needs: tuple[str, ...]
    leaves: frozenset[str]


TASKS = {
    task.name: task
    for task in (
        Task(
            "refund",
            "request_refund",
            ("order_number", "email", "email_code", "plan", "refund_reason", "refund_destination", "answer"),
            frozenset({"cancel"}),
        ),
        Task(
            "cancel",
            "cancel_service",
            ("order_number", "email", "email_code", "answer"),
            frozenset({"refund"}),
        ),
        Task(
            "withdraw",
            "withdraw_request",
            ("which_case", "order_number", "email", "email_code", "answer"),
            frozenset({"refund", "cancel"}),
        ),
        Task(
            "status",
            "check_request_status",
            ("order_number", "email", "email_code"),
            frozenset({"refund", "cancel"}),
        ),
    )
}

BY_INTENT = {task.intent: task.name for task in TASKS.values()}
"""The task that an intent begins."""
