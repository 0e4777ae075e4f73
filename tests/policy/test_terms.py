"""The policy file: what it holds, and what is refused with the place and the problem."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from bot.policy import NoTermsInForce, Policy, PolicyFileError
from tests.policy.policy_builders import TERMS_TEXT, ny

TWO_VERSIONS = TERMS_TEXT + TERMS_TEXT[TERMS_TEXT.index("  - version") :].replace("2020-01", "2027-01").replace(
    "2000-01-01", "2027-01-01"
)


def test_a_version_holds_from_its_first_instant_in_business_time() -> None:
    policy = Policy.parse(TWO_VERSIONS)
    assert policy.terms_for(ny("2026-12-31 23:59:59")).version == "2020-01"
    assert policy.terms_for(ny("2027-01-01 00:00:00")).version == "2027-01"
    assert policy.terms_for(datetime(2027, 1, 1, 4, 59, 59, tzinfo=timezone.utc)).version == "2020-01"


def test_before_the_first_version_there_are_no_terms() -> None:
    with pytest.raises(NoTermsInForce, match="2000-01-01"):
        Policy.parse(TERMS_TEXT).terms_for(ny("1999-12-31 23:59:59"))


def test_the_digest_tells_two_texts_apart() -> None:
    assert Policy.parse(TERMS_TEXT).digest != Policy.parse(TERMS_TEXT + "\n").digest
    assert Policy.parse(TERMS_TEXT).digest == Policy.parse(TERMS_TEXT).digest


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('fee_rate: "0.12"', "fee_rate: 0.12", "versions[0].refund.fee_rate must be a quoted text, not 0.12"),
        ('fee_rate: "0.12"', 'fee_rate: "12 %"', "fee_rate must be a quoted decimal"),
        ('fee_rate: "0.12"', 'fee_rate: "1.2"', "fee_rate must be from 0 to 1"),
        ('fee_rate: "0.12"', 'fee: "0.12"', "fee_rate is missing"),
        ("fee_table: []", 'fee_table: [{product: "*", rate: "0.1"}]', "fee_table[0].payment_method is missing"),
        ("window_working_days: 5", "window_working_days: 0", "window_working_days must be from 1 to 366, not 0"),
        ("window_working_days: 5", "window_working_days: true", "window_working_days must be a whole number"),
        ("cycle_starts_on_day: 1", "cycle_starts_on_day: 31", "cycle_starts_on_day must be from 1 to 28"),
        ("America/New_York", "America/Springfield", "time_zone is no time zone"),
        ("holidays: US", "holidays: XX", "holidays is no country"),
        ("minimum_measured: net", "minimum_measured: both", "minimum_measured must be net or gross"),
        ("[service_fault, change_of_mind]", "[other]", "may hold service_fault and change_of_mind"),
        ('{USD: "250.00"}', '{USDX: "250.00"}', "names no known currency"),
        ('{USD: "250.00"}', '{USD: "-1"}', "must not be negative"),
        ("velocity: {refunds: 3", "surprise: 1\n      velocity: {refunds: 3", "unknown key: 'surprise'"),
        ("from: 2000-01-01", "from: 2000-02-30", "can't be read"),
        ("[chat, form, email, phone]", "[chat, e-mail]", "may hold chat, form, email and phone, not 'e-mail'"),
        ("versions:", "versions: [", "not valid YAML"),
        ("extra_holidays: []", "extra_holidays: [soon]", "extra_holidays must hold a date"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_place_in_one_line(before: str, after: str, told: str) -> None:
    assert before in TERMS_TEXT
    with pytest.raises(PolicyFileError) as refused:
        Policy.parse(TERMS_TEXT.replace(before, after, 1))
    assert told in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize("text", ["", "versions: []", "- 1", "versions: {}", "versions: [1]"])
def test_a_file_without_a_version_is_refused(text: str) -> None:
    with pytest.raises(PolicyFileError):
        Policy.parse(text)


def test_versions_must_follow_each_other_and_have_names_of_their_own() -> None:
    with pytest.raises(PolicyFileError, match="must start after"):
        Policy.parse(TWO_VERSIONS.replace("2027-01-01", "2000-01-01"))
    with pytest.raises(PolicyFileError, match="same name"):
        Policy.parse(TWO_VERSIONS.replace('"2027-01"', '"2020-01"'))
