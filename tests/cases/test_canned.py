"""Replies that are ready to be sent, filled with the figures of the case."""

from __future__ import annotations

import pytest

from bot.cases.desk.work import canned
from bot.cases.errors import UnknownCase
from bot.cases.services import Services
from tests.cases.deciding import NUMBER
from tests.desk_builders import a_question, in_review


def texts(services: Services, reference: str) -> dict[str, str]:
    return {reply.title: reply.text for reply in canned(services, reference)}


def test_they_hold_the_figures_of_the_case(alex: Services) -> None:
    case = in_review(alex)
    said = texts(alex, case.reference)
    assert said["Hello"].startswith("Hello Alex,") and case.reference in said["Hello"]
    assert NUMBER in said["What you would get"] and "$50.00 (no fee)" in said["What you would get"]
    assert "Friday, May 15, 2026" in said["When it comes"]
    assert "R1, R3" in said["Why it stopped"] and "Return the card" not in said
    assert not any("{" in text for text in said.values())


def test_what_the_case_does_not_have_is_not_offered(alex: Services) -> None:
    said = texts(alex, a_question(alex, "stranger").reference)
    assert said["Hello"].startswith("Hello, I'm") and set(said) == {"Hello", "Asking for more", "Anything else"}
    with pytest.raises(UnknownCase):
        canned(alex, "RD-NOBODY")
