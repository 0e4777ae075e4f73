"""Every finer intent of a policy question has an answer whose figures come from the terms."""

from __future__ import annotations

from decimal import Decimal
from string import Formatter

import pytest
from ruamel.yaml import YAML

from actions.policy import policy_values
from bot.policy.facts import Channel, Reason
from bot.settings import Settings, load_policy
from bot.wording import say
from scripts.cross_validate import PROJECT, utterances
from tests.policy.policy_builders import policy_with

RESPONSES = YAML(typ="safe").load((PROJECT / "domain.yml").read_text("utf-8"))["responses"]
TOPICS = {label for _, label in utterances(PROJECT / "data" / "policy" / "nlu.yml")}


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_the_answer_cites_a_clause_and_is_filled_from_the_policy_file(topic: str) -> None:
    (answer,) = RESPONSES[f"utter_{topic}"]
    values = policy_values(load_policy(Settings()).versions[-1])
    text = answer["text"].format(**values)
    assert "(" in text or topic == "ask_policy/confirmation"
    typed = "".join(part for part, *_ in Formatter().parse(answer["text"])).replace("%", "")
    for figure in values.values():
        assert figure.strip() not in typed.split(), "a figure stands in the text, instead of coming from the file"


def test_answers_follow_the_accepted_reasons_and_the_fee_of_a_confirmed_fault() -> None:
    changed = {"automatic_reasons": frozenset({Reason.CHANGE_OF_MIND}), "confirmed_fault_fee_rate": Decimal("0.05")}
    values = policy_values(policy_with(**changed).versions[0])
    told = RESPONSES["utter_ask_policy/reasons"][0]["text"].format(**values)
    assert "an unused product 5%" in told and "A change of mind is accepted at once. Any other reason" in told
    for topic in ("overview", "fee", "reasons"):
        assert "5%" in RESPONSES[f"utter_ask_policy/{topic}"][0]["text"].format(**values)
    assert "no fee" not in say("desk_clause_R7b").lower()


@pytest.mark.parametrize(("channel", "counts"), [(Channel.CHAT, False), (Channel.FORM, True), (Channel.EMAIL, True)])
def test_answers_follow_the_ways_of_asking_that_count(channel: Channel, counts: bool) -> None:
    values = policy_values(policy_with(accepted_channels=frozenset({"form", "email"})).versions[0], channel)
    window, contact = (RESPONSES[f"utter_ask_policy/{it}"][0]["text"].format(**values) for it in ("window", "contact"))
    assert ("Your first message here counts as asking." in window) is counts
    assert ("this chat counts as the contact form" in contact) is counts
    if not counts:
        ways = "You can ask for a refund by the forms of this site or e-mail."
        assert ways in window and ways in contact


def test_no_answer_is_left_over() -> None:
    assert {name.removeprefix("utter_") for name in RESPONSES if name.startswith("utter_ask_policy/")} == TOPICS
