"""A simulated customer: reads what the bot says, and answers as someone with that goal and those habits would."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.simulation.choices import Choices
from tests.simulation.scenarios import Scenario
from tests.wording.messages import PLACEHOLDERS, message_of, messages_of, pattern_of, responses

PHRASES: dict[str, list[str]] = YAML(typ="safe").load((Path(__file__).parent / "phrases.yml").read_text("utf-8"))
QUESTIONS = {
    "which_order": "number",
    "which_order/second": "number",
    "which_order/third": "number",
    "is_number/pin": "number",
    "is_number/card_back": "number",
    "which_of_your_orders": "number",
    "order_number_unclear": "number",
    "no_order_number": "number",
    "which_email": "email",
    "which_email/second": "email",
    "which_email/third": "email",
    "no_email": "email",
    "email_unclear": "email",
    "mismatch": "email",
    "which_reason": "reason",
    "which_reason/second": "reason",
    "which_reason/third": "reason",
    "reason_unclear": "reason",
    "which_destination": "destination",
    "which_destination/second": "destination",
    "which_destination/third": "destination",
    "cant/both_destinations": "destination",
    "destination_unclear": "destination",
    "refund_quote": "refund_quote",
    "cancel_quote": "cancel_quote",
    "refund_quote/again": "refund_quote",
    "cancel_quote/again": "cancel_quote",
    "take_your_time": "answer",
    "nothing_to_stop": "ended",
    "withdraw_quote": "withdraw_quote",
    "answer_unclear": "answer",
    "answer_unclear/refund": "answer",
    "answer_unclear/cancel": "answer",
    "answer_unclear/withdraw": "answer",
    "answer/second": "answer",
    "answer/third": "answer",
    "plan/calling_card": "plan",
    "plan/subscription": "plan",
    "plan/second": "plan",
    "plan/third": "plan",
    "plan_unclear": "plan",
    "which_cancel/cancel": "which_cancel",
    "which_cancel/refund": "which_cancel",
    "which_cancel/status": "which_cancel",
    "which_cancel/second": "which_cancel",
    "which_cancel/third": "which_cancel",
    "cancel_unclear": "which_cancel",
    "which_case": "which_case",
    "which_case/second": "which_case",
    "which_case/third": "which_case",
    "case_unclear": "which_case",
    "which_task": "wish",
    "help": "wish",
    "greet": "wish",
    "not_understood": "wish",
    "is_it_one_of_these": "wish",
    "report_problem/fault": "wish",
    "report_problem/wrong_product": "wish",
    "dispute": "wish",
    "nothing_else": "wish",
    "out_of_scope": "wish",
    "stopped": "ended",
    "stopped/refund": "ended",
    "stopped/cancel": "ended",
    "stopped/withdraw": "ended",
    "stopped/status": "ended",
    "refund_confirmed": "ended",
    "refund_paid": "ended",
    "return_confirmed": "ended",
    "cancel_confirmed": "ended",
    "cancel_recorded": "ended",
    "already_cancelled": "ended",
    "declined": "ended",
    "in_review": "ended",
    "under_way": "ended",
    "not_confirmed": "ended",
    "handed_over": "ended",
    "locked": "ended",
    "withdrawn": "ended",
    "nothing_to_withdraw": "ended",
    "not_withdrawn": "ended",
    "not_cancelled_yet": "ended",
    "cases": "ended",
    "no_cases": "ended",
    "no_cases_of_order": "ended",
    "sorry": "wish",
}
"""What the last of these responses in a turn asks for."""


_WHY = r"(?:There were|Many|A person has|I couldn't match) .*"
"""How the sentences of bot.cases.identity.refusals begin, which are all that a response says."""


def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    messages = messages_of("en")

    def pattern(response: str, text: str) -> str:
        if text not in PLACEHOLDERS:
            return re.escape(text)
        message = messages.get(message_of(response, text))
        return pattern_of(message.value) if message else _WHY

    return [
        (name.removeprefix("utter_"), re.compile(pattern(name, text), re.S))
        for name, texts in responses().items()
        for text in texts
    ]


_RESPONSES = _patterns()
_ENDS_OF_REFUND = ("refund_confirmed", "return_confirmed", "declined", "in_review", "under_way")


def question_in(replies: list[dict[str, Any]]) -> str | None:
    """What the bot asks for, by its last sentence that asks for something."""
    for reply in reversed(replies):
        names = [name for name, pattern in _RESPONSES if pattern.fullmatch(reply.get("text", ""))]
        assert names, f"not a sentence of the domain: {reply}"
        asked = [QUESTIONS[name] for name in names if name in QUESTIONS]
        if asked:
            return asked[0]
    return None


def refund_ended(replies: list[dict[str, Any]]) -> bool:
    """Whether the bot told the end of a refund."""
    ends = [pattern for name, pattern in _RESPONSES if name in _ENDS_OF_REFUND]
    return any(pattern.fullmatch(reply.get("text", "")) for reply in replies for pattern in ends)


class SimulatedCustomer:
    """Says the first thing with ``opens``, then answers with ``answers`` until that gives None."""

    def __init__(self, scenario: Scenario, orders: list[tuple[str, str]], choices: Choices) -> None:
        """``orders`` are numbers and e-mail addresses."""
        self.scenario, self.choices = scenario, choices
        self.orders = list(orders)
        self.wish = "cancel" if scenario.goal.startswith("cancel") or scenario.goal == "both, only cancel" else "refund"
        self.corrects = "correcting" in scenario.habits and choices.pick([None, "number", "destination", "email"])
        self.told_wrong: str | None = None
        self.changed = False
        """Whether the turn of the goal, its second half, has been taken."""
        self.interrupted = ""
        self.buttons: list[dict[str, Any]] = []
        self.shoved = 0

    @property
    def number(self) -> str:
        """The order that is talked about."""
        return self.orders[0][0]

    def opens(self) -> str:
        """The first message."""
        goal = self.scenario.goal
        if goal.startswith("both"):
            return self.says("both")
        if goal == "a person" and self.choices.chance(3):
            self.changed = True
            return self.says("human")
        if goal == "two refunds" and self.choices.chance(2):
            numbers = [number for number, _ in self.orders]
            return self.styled(f"refund {' and '.join(numbers)}, {self.orders[0][1]}")
        return self.says(self.wish + self.choices.pick(["", "_order", "_all"]))

    def answers(self, replies: list[dict[str, Any]]) -> str | None:
        """The answer to what the bot said; None when there is nothing more to say."""
        self.buttons = [button for reply in replies for button in reply.get("buttons", [])]
        asked = question_in(replies)
        if self.scenario.goal == "both, refund first" and refund_ended(replies):
            self.wish = "cancel"
        if asked == "ended":
            return self.after_the_end()
        if self.told_wrong:
            return self.corrected()
        if asked and asked != self.interrupted and "interrupting" in self.scenario.habits and self.choices.chance(4):
            self.interrupted = asked
            return self.says(self.choices.pick(["question", "question", "question", "smalltalk"]))
        if turned := self.turn_of_the_goal(asked):
            return turned
        if asked is None or asked == "wish":
            self.shoved += 1
            wish = "human" if self.scenario.goal == "a person" and self.changed else f"{self.wish}_again"
            return self.says(wish) if self.shoved < 4 else None
        return self.answer_to(asked)

    def answer_to(self, asked: str) -> str:
        """The plain answer to a question."""
        goal = self.scenario.goal
        if goal == "never mind" and self.changed:
            return self.says("nevermind")  # nobody who wants none of it goes on
        if asked == "number":
            if self.corrects == "number":
                self.corrects, self.told_wrong = None, "number"
                return self.says("number", number="CC-999999")
            return self.says(self.choices.pick(["number", "number_and_email"]))
        if asked == "email":
            if self.corrects == "email":
                self.corrects = None
                return self.says("email", email="someone.else@example.net")
            return self.says("email")
        if asked == "reason":
            return self.says(f"reason/{self.scenario.reason}")
        if asked == "destination":
            if self.corrects == "destination":
                self.told_wrong = "destination"
                return self.says(f"destination/{self.other_destination}")
            return self.says(f"destination/{self.scenario.destination}")
        if asked == "plan":
            return self.says("plan/refund" if goal == "both, refund first" else "plan/cancel")
        if asked == "which_cancel":
            return self.says("the_service")
        if asked == "which_case":
            return str(next(button["payload"] for button in self.buttons if "refund" in button["title"]))
        if asked == "cancel_quote" and self.wish == "refund":
            return self.says("to_refund")
        if asked == "refund_quote" and self.wish == "cancel":
            return self.says("to_cancel")
        if goal == "refund, but no" or goal == "cancel, but no":
            return self.says("no")
        return self.says("yes")

    def turn_of_the_goal(self, asked: str | None) -> str | None:
        """The second half of a goal that has one, at some question; at the quote at the latest."""
        goal = self.scenario.goal
        if self.changed or asked not in ("number", "email", "reason", "destination", "refund_quote", "cancel_quote"):
            return None
        if not (asked.endswith("quote") or self.choices.chance(2)):
            return None
        turns = {
            "refund, then rather cancel": "to_cancel",
            "cancel, then rather refund": "to_refund",
            "never mind": "nevermind",
            "a person": "human",
        }
        if goal not in turns:
            return None
        self.changed = True
        self.wish = {"to_cancel": "cancel", "to_refund": "refund"}.get(turns[goal], self.wish)
        return self.says(turns[goal])

    def after_the_end(self) -> str | None:
        """What is still to be said when a request has ended."""
        goal, again = self.scenario.goal, self.changed
        self.changed = True
        if goal == "two refunds" and len(self.orders) > 1:
            # If the bot has the other order already, its question comes with the end, and this isn't reached.
            self.orders.pop(0)
            return self.says("refund_order")
        if again:
            return None
        if goal == "refund, then rather cancel":
            self.wish = "cancel"
            return self.says("cancel_order")
        if goal == "cancel, then rather refund":
            self.wish = "refund"
            return self.says("refund_order")
        if goal == "refund, then take it back":
            return self.says("withdraw")
        if goal == "refund, then its status":
            return self.says("status")
        return self.says("human") if goal == "a person" else None

    def corrected(self) -> str:
        """The right detail in place of the one that was wrong."""
        wrong, self.told_wrong, self.corrects = self.told_wrong, None, None
        if wrong == "number":
            return self.says("correct_number")
        return self.says(f"correct_destination/{self.scenario.destination}")

    @property
    def other_destination(self) -> str:
        """The one that is not wanted."""
        both = {"wallet", "original_payment_method"}
        return (both - {self.scenario.destination}).pop()

    def says(self, phrase: str, **values: str) -> str:
        """A phrase in the customer's own style, or its button."""
        button = next((b for b in self.buttons if b["title"] == _BUTTONS.get(phrase)), None)
        if button and "pressing buttons" in self.scenario.habits:
            return str(button["payload"])
        known = {"number": self.number, "email": self.orders[0][1]}
        return self.styled(self.choices.pick(PHRASES[phrase]).format(**{**known, **values}))

    def styled(self, text: str) -> str:
        """The text with the customer's habits of writing."""
        if "chatty" in self.scenario.habits:
            before, after = self.choices.chance(3), self.choices.chance(3)
            text = f"{self.choices.pick(PHRASES['before'])} {text}" if before else text
            text = f"{text} {self.choices.pick(PHRASES['after'])}" if after else text
        if "typing badly" in self.scenario.habits:
            text = " ".join(self.mistyped(word) for word in text.split(" "))
        return text.upper() if "shouting" in self.scenario.habits else text

    def mistyped(self, word: str) -> str:
        """A word of letters, now and then with a slip."""
        if len(word) < 4 or not word.isalpha() or not self.choices.chance(4):
            return word
        at = self.choices.pick(range(1, len(word) - 1))
        swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        dropped, doubled = word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]
        return self.choices.pick([swapped, dropped, doubled])


_BUTTONS = {
    "refund": "I want a refund",
    "refund_again": "I want a refund",
    "cancel_again": "Cancel a service",
    "human": "Talk to a person",
    "reason/change_of_mind": "I changed my mind",
    "reason/service_fault": "It doesn't work",
    "reason/wrong_product": "It's the wrong product",
    "destination/wallet": "Store wallet",
    "destination/original_payment_method": "Original payment method",
    "yes": "Confirm",
    "plan/cancel": "Only cancel",
    "the_service": "A service",
    "to_refund": "Refund instead",
}
