"""A slice of the simulation against the running bot, and the simulation's own parts. ``make simulate`` runs it all."""

from __future__ import annotations

import pytest

from scripts.cross_validate import PROJECT, utterances
from scripts.simulate import played, tasks_of, told
from tests.e2e.running import Site
from tests.simulation.choices import Choices, simplest
from tests.simulation.customer import PHRASES, question_in
from tests.simulation.runs import Verdict, judged
from tests.simulation.scenarios import FACTS, GOALS, HABITS, Expected, Scenario


@pytest.mark.e2e
def test_forty_customers_get_what_the_policy_gives(site: Site) -> None:
    found = [done for _, done in played(site, tasks_of(scenarios=20, runs=2, seed=4), seed=4, jobs=2)]
    assert len(found) == 40
    assert [told(done) for done in found if done.verdict is Verdict.WRONG] == []
    assert sum(done.verdict is Verdict.UNRESOLVED for done in found) <= 2


def test_no_simulated_customer_speaks_from_the_training_data() -> None:
    trained = {text.lower() for path in PROJECT.glob("data/*/nlu.yml") for text, _ in utterances(path)}
    # "I changed my mind" is what everyone says; whoever says more has their own words.
    said = {text.lower() for phrases in PHRASES.values() for text in phrases if len(text.split()) > 4}
    assert len(said) > 60 and sorted(said & trained) == []


def test_the_same_seed_gives_the_same_customer_and_every_kind_comes_up() -> None:
    scenarios = [Scenario.choose(Choices(seed=seed)) for seed in range(400)]
    assert scenarios[:20] == [Scenario.choose(Choices(seed=seed)) for seed in range(20)]
    assert {scenario.goal for scenario in scenarios} == set(GOALS)
    assert {habit for scenario in scenarios for habit in scenario.habits} == set(HABITS) - {"plain"}
    assert all(any(facts in scenario.orders for scenario in scenarios) for facts in FACTS)
    assert Scenario.choose(Choices()).habits == (), "the plainest choices make the plainest customer"


@pytest.mark.parametrize(
    ("ends", "verdict"),
    [
        (["A refund confirmed 44.00 USD wallet"], Verdict.RIGHT),
        (["A refund confirmed 44.00 USD wallet", "A cancel declined"], Verdict.RIGHT),
        (["A refund confirmed 44.00 USD wallet", "- question in_review"], Verdict.UNRESOLVED),
        (["A refund in_review"], Verdict.UNRESOLVED),
        (["A refund confirmed 50.00 USD wallet"], Verdict.WRONG),
        (["A refund confirmed 44.00 USD original_payment_method"], Verdict.WRONG),
        (["A refund confirmed 44.00 USD wallet", "A cancel done"], Verdict.WRONG),
        (["A refund confirmed 44.00 USD wallet", "B refund declined"], Verdict.WRONG),
        (["- question in_review", "A cancel done"], Verdict.WRONG),
        (["A cancel declined"], Verdict.WRONG),
        ([], Verdict.WRONG),
    ],
)
def test_an_end_is_right_unresolved_or_wrong(ends: list[str], verdict: Verdict) -> None:
    right = Expected((frozenset({"A refund confirmed 44.00 USD wallet"}),), frozenset({"A cancel declined"}))
    assert judged(ends, right) is verdict


def test_a_failure_is_shrunk_to_what_makes_it_fail() -> None:
    def fails(made: list[int]) -> bool:
        return len(made) > 7 and made[2] == 3 and made[7] > 0

    assert simplest([5, 1, 3, 9, 9, 2, 4, 6, 1, 1, 8], fails) == [0, 0, 3, 0, 0, 0, 0, 6]


def test_the_bots_sentences_are_known_by_the_domain() -> None:
    assert question_in([{"text": "What is the email address on order CC-104233?"}]) == "email"
    assert question_in([{"text": "Glad to help."}]) is None
    with pytest.raises(AssertionError, match="not a sentence of the domain"):
        question_in([{"text": "I made this up."}])
