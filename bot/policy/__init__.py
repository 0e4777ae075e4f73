"""The policy: pure functions over dated data. POLICY.md of the company says what each clause means."""

from __future__ import annotations

from bot.policy.cancellations import decide_cancellation
from bot.policy.decision import CancelDecision, Finding, Outcome, RefundDecision
from bot.policy.facts import CancelRequest, RefundRequest
from bot.policy.refunds import decide_refund
from bot.policy.terms import NoTermsInForce, Policy, PolicyFileError, Terms

__all__ = [
    "CancelDecision",
    "CancelRequest",
    "Finding",
    "NoTermsInForce",
    "Outcome",
    "Policy",
    "PolicyFileError",
    "RefundDecision",
    "RefundRequest",
    "Terms",
    "decide",
    "decide_cancellation",
    "decide_refund",
]


def decide(request: RefundRequest | CancelRequest, policy: Policy) -> RefundDecision | CancelDecision:
    """Decide either kind of request."""
    if isinstance(request, RefundRequest):
        return decide_refund(request, policy)
    return decide_cancellation(request, policy)
