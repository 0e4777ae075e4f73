"""Links to clauses lead to the version of the terms that decided."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.cases.case.clause_links import clause_links, policy_path
from bot.cases.model import Verdict
from bot.cases.services import Services
from tests.cases.deciding import changed, decided
from tests.desk_builders import an_agent, in_review, said
from tests.policy.policy_builders import ny, two_fees
from tests.store_builders import Clock, proven_address, store_order


def test_a_link_names_the_version_and_a_version_s_name_breaks_no_link() -> None:
    assert clause_links(["R7", "R4", "R7"], "2020-01") == [
        {"id": "R7", "url": "/policy?version=2020-01#R7"},
        {"id": "R4", "url": "/policy?version=2020-01#R4"},
    ]
    assert policy_path("ten % & more#") == "/policy?version=ten%20%25%20%26%20more%23"


def test_where_no_version_decided_the_link_leads_to_todays_terms() -> None:
    assert policy_path("none") == "/policy"


@pytest.mark.parametrize("verdict", [Verdict.CHANGE, Verdict.DECLINE])
def test_what_a_person_decides_links_to_the_terms_of_the_order(shop: Services, clock: Clock, verdict: Verdict) -> None:
    clock.now = ny("2027-01-04 12:00")
    later = replace(shop, policy=two_fees())
    store_order(later, "CC-104299", placed_at="2026-12-30T12:00:00-05:00")
    proven_address(later)
    case, dana = in_review(later, "CC-104299"), an_agent(later)
    if verdict is Verdict.CHANGE:
        changed(later, dana, case, "40.00")
    else:
        decided(later, dana, case, Verdict.DECLINE, reason="Not ours.")
    urls = {link["url"] for link in said(later)[-1].body["card"]["clauses"]}
    assert urls and all(url.startswith("/policy?version=2020-01#") for url in urls)
