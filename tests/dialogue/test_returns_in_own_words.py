"""What customers write of a card that goes back, as the trained model and the rules understand it together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from tests.dialogue.in_process import Conversation, ends_of, store_order
from tests.simulation.in_process import ShopInProcess, shop_in_process

_numbers = count(300700)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopInProcess]:
    """A shop in this process, whose settings name no address."""
    with shop_in_process(tmp_path_factory.mktemp("returns")) as opened:
        yield opened


@pytest.fixture
def order(shop: ShopInProcess) -> str:
    """An order whose card was shipped."""
    number = f"CC-{next(_numbers)}"
    store_order(number, shipped=True)
    return number


def returning(order: str) -> Conversation:
    """Somebody who has just confirmed the refund of it."""
    talk = Conversation()
    talk.says(f"refund {order}, buyer{order[3:]}@example.net, changed my mind, wallet")
    assert "with the return number RT-" in talk.says("yes please")
    return talk


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("What address?", "I don't know the address for the parcel here"),
        ("where do I send the card", "I don't know the address for the parcel here"),
        ("I lost the return number", "The return number is RT-"),
        ("oh no i deleted the mail with the return number", "The return number is RT-"),
        ("ive mailed it", "If the parcel has a tracking number"),
        ("it's in the mail, here's the tracking number 1Z999AA10123456784", "1Z999AA10123456784 for RD-"),
        ("I posted the card today. Tracking RR123456785US", "RR123456785US for RD-"),
        ("USPS 9400 1000 0000 0000 0000 00", "9400100000000000000000 for RD-"),
        ("771234567890", "771234567890 for RD-"),
    ],
)
def test_it_is_understood_right_after_the_yes(order: str, said: str, answer: str) -> None:
    talk = returning(order)
    assert answer in talk.says(said)
    assert ends_of(talk) == [f"{order} refund awaiting_return 44.00"]


def test_a_tracking_number_begins_a_new_conversation(order: str) -> None:
    returning(order)
    talk = Conversation()
    assert "kept the tracking number 1Z999AA10123456784" in talk.says("it's in the mail, tracking 1Z999AA10123456784")
    talk.says(order)
    assert "1Z999AA10123456784 for RD-" in talk.says(f"buyer{order[3:]}@example.net")
    assert "The return number is RT-" in talk.says("and I lost the return number")
