"""Where shipped cards go back to, by country, and which settings say so."""

from __future__ import annotations

from typing import Any

import pytest

from bot.cases.return_terms import BadByCountry, ReturnTerms, by_country
from bot.settings import Settings, SettingsError

ADDRESSES = "1 Main St,  Albany NY | DE: Hauptstr. 1, Berlin|GB: 2 High St: back door, London"


def test_each_country_has_its_address_and_all_others_the_one_without() -> None:
    terms = ReturnTerms(addresses=by_country(ADDRESSES))
    assert terms.address("DE") == "Hauptstr. 1, Berlin"
    assert terms.address("GB") == "2 High St: back door, London"
    assert terms.address("FR") == terms.address(None) == "1 Main St, Albany NY"
    assert terms.instruction("DE") == ""


def test_a_country_without_an_address_has_none_where_none_is_for_all() -> None:
    terms = ReturnTerms(addresses=by_country("DE: Hauptstr. 1, Berlin"))
    assert (terms.address("DE"), terms.address("US"), terms.address(None)) == ("Hauptstr. 1, Berlin", "", "")


@pytest.mark.parametrize("text", ["one | two", "DE: one | DE: two", "XX: nowhere", "DE:"])
def test_what_is_no_list_by_country_is_refused_with_the_part(text: str) -> None:
    with pytest.raises(BadByCountry) as refused:
        by_country(text)
    assert refused.value.part and refused.value.part in text


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"return_address": "one | XX: two"}, 'RETURN_ADDRESS: "XX: two" can\'t be used'),
        ({"return_instructions": "x" * 2001}, "RETURN_INSTRUCTIONS: must have at most 2000 characters"),
        ({"return_overdue_days": 14}, "RETURN_OVERDUE_DAYS: must be higher than REFUND_DESK_RETURN_REMINDER_DAYS"),
    ],
)
def test_a_setting_that_says_nothing_is_named(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings(**settings)
    assert told in str(refused.value)


def test_no_reminder_at_all_can_be_set() -> None:
    assert Settings(return_reminder_days=0, return_overdue_days=1)
