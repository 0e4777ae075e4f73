"""Every finer intent of a policy question has an answer whose figures come from the terms."""

from __future__ import annotations

from string import Formatter

import pytest
from ruamel.yaml import YAML

from actions.policy import policy_values
from bot.settings import Settings, load_policy
from scripts.cross_validate import PROJECT, utterances

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


def test_no_answer_is_left_over() -> None:
    assert {name.removeprefix("utter_") for name in RESPONSES if name.startswith("utter_ask_policy/")} == TOPICS
