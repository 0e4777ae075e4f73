"""What the bot's last words offered, by the responses that end with the offer."""

from __future__ import annotations

from bot.dialogue.state import Context

CANT = tuple(
    f"utter_cant/{name}"
    for name in (
        "pause downgrade auto_renewal_off reactivate exchange part_of_sum legal_withdrawal trial_charged "
        "charged_after_cancelling charged_twice other_destination send_by_mail change_recorded"
    ).split()
)
PART_OF_SUM = "utter_cant/part_of_sum"
"""Offers to show the sum that can be had."""
PERSON_OFFERS = (
    "utter_person_at_once/anger",
    "utter_person_at_once/legal",
    "utter_person_at_once/care",
    "utter_person_instead",
    "utter_dispute",
    "utter_still_not_understood",
    "utter_out_of_scope",
    "utter_other_language",
    "utter_declined",
    "utter_sorry",
    "utter_sorry_unsure",
    "utter_no_cases",
    "utter_no_cases_of_order",
    "utter_nothing_to_withdraw",
    "utter_under_way",
    "utter_bot_challenge",
    "utter_no_order_number",
    "utter_no_email",
    "utter_no_email_code",
    "utter_later",
    "utter_no_address_yet",
    "utter_no_return_label",
    "utter_nothing_to_undo",
    *(response for response in CANT if response != PART_OF_SUM),
)
"""Responses whose last words offer a person: a yes to them is a wish for one."""
WHICH_TASK = ("utter_which_task", "utter_which_task/second", "utter_which_task/third")
"""The question which task it shall be, and how it is put when it is asked again."""
PROBLEM = ("utter_report_problem/fault", "utter_report_problem/again")
"""Responses to something that does not work: a refund, or a person?"""
STOPPED = {"utter_stopped/refund": "refund", "utter_stopped/cancel": "cancel"}
"""Responses that say that a task was stopped, and which."""
HANDED_OVER = ("utter_handed_over", "utter_person_sees_it")
"""Responses that say that a person has the conversation."""
TASK_OFFERS = (*WHICH_TASK, "utter_help", "utter_greet", "utter_not_understood", "utter_nothing_to_stop")
"""Responses that ask which task it shall be."""
GUESSES = ("utter_not_understood", "utter_is_it_one_of_these")
"""Responses that did not understand."""
REFUND_RECORDED = ("utter_refund_confirmed", "utter_refund_paid", "utter_return_confirmed")
CANCEL_RECORDED = ("utter_cancel_confirmed", "utter_cancel_recorded")
"""Responses that tell of a request just recorded."""
WITH_A_PERSON = ("utter_in_review", "utter_left_with_person", "utter_added_to_request")
"""Responses that tell of a request that a person has."""


OF_THE_RETURN = ("return_number", "return_label", "return_address", "return_sent")
"""What can be asked, or said, about a card that goes back."""
OF_THE_REQUEST = ("why", "when_done", "went_through", "by_mail", *OF_THE_RETURN)
"""What can be asked about the request made last, or the quote just shown."""


def offers_person(context: Context) -> bool:
    """Whether the bot's last turn ended with the offer of a person, or had one beside its question."""
    ended_with = context.said_last(*PERSON_OFFERS)
    return ended_with or (context.asked not in ("answer", "reason_check") and context.said_lately(*PERSON_OFFERS))


def recorded_task(context: Context) -> str | None:
    """The task whose request the bot has just recorded."""
    if context.said_last(*REFUND_RECORDED):
        return "refund"
    return "cancel" if context.said_last(*CANCEL_RECORDED) else None
