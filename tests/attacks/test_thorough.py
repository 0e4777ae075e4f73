"""How many random inputs a run tries."""

from __future__ import annotations

import pytest

from tests.thorough import examples


@pytest.mark.parametrize(("number", "ordinary"), [(500, 125), (61, 15), (60, 15), (59, 15), (15, 15), (14, 14)])
def test_an_ordinary_run_tries_a_quarter_and_a_deep_one_all(number: int, ordinary: int) -> None:
    assert (examples(number, deep=False), examples(number, deep=True)) == (ordinary, number)
