"""Every finer intent of a policy question has an answer whose figures come from the terms."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from actions.policy import policy_values
from bot.policy import Terms
from bot.policy.facts import Channel, Reason
from bot.settings import Settings, load_policy
from bot.wording import DEFAULT, say
from scripts.cross_validate import PROJECT, utterances
from tests.policy.policy_builders import policy_with
from tests.wording.messages import message_of, messages_of, responses, typed_in

ANSWERS = {name.removeprefix("utter_"): texts for name, texts in responses().items() if name.startswith("utter_ask_")}
TOPICS = {label for _, label in utterances(PROJECT / "data" / "policy" / "nlu.yml")}


def answer(topic: str, terms: Terms, channel: Channel = Channel.CHAT) -> str:
    """What is said to a question by these terms."""
    return say(message_of(f"utter_ask_policy/{topic}"), DEFAULT, **policy_values(terms, channel))


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_the_answer_cites_a_clause_and_is_filled_from_the_policy_file(topic: str) -> None:
    text = answer(topic.removeprefix("ask_policy/"), load_policy(Settings()).versions[-1])
    assert "(" in text or topic == "ask_policy/confirmation"
    typed = typed_in(messages_of(DEFAULT)[message_of(topic)])
    assert re.findall(r"\d", re.sub(r"\b[CR]\d+b?\b", "", typed)) == [], "a figure stands in the text"


@pytest.mark.parametrize("channel", [Channel.CHAT, Channel.FORM])
@pytest.mark.parametrize("topic", sorted(topic.removeprefix("ask_policy/") for topic in TOPICS))
def test_an_answer_says_what_was_asked_in_one_sentence_or_two(topic: str, channel: Channel) -> None:
    told = answer(topic, load_policy(Settings()).versions[-1], channel)
    assert len(told.split()) <= (60 if topic == "overview" else 35)
    assert len(re.findall(r"[.?!] (?=[A-Z])", told)) <= 1


def test_answers_follow_the_accepted_reasons_and_the_fee_of_a_confirmed_fault() -> None:
    changed = {"automatic_reasons": frozenset({Reason.CHANGE_OF_MIND}), "confirmed_fault_fee_rate": Decimal("0.05")}
    terms = policy_with(**changed).versions[0]
    told = answer("reasons", terms)
    assert "A change of mind is accepted at once; any other reason" in told
    for topic in ("overview", "fee"):
        assert "5%" in answer(topic, terms)
    assert "no fee" not in say("desk_clause_R7b").lower()


@pytest.mark.parametrize(("channel", "counts"), [(Channel.CHAT, False), (Channel.FORM, True), (Channel.EMAIL, True)])
def test_answers_follow_the_ways_of_asking_that_count(channel: Channel, counts: bool) -> None:
    terms = policy_with(accepted_channels=frozenset({"form", "email"})).versions[0]
    window, contact = (answer(topic, terms, channel) for topic in ("window", "contact"))
    assert ("Your first message here counts as asking." in window) is counts
    assert ("this chat counts as the contact form" in contact) is counts
    if not counts:
        ways = "You can ask for a refund by the forms of this site or e-mail."
        assert ways in window and ways in contact


def test_no_answer_is_left_over() -> None:
    assert {topic: ["{words}"] for topic in TOPICS} == ANSWERS
