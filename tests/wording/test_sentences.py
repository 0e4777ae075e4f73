"""The check that finds texts for people outside of bot/wording."""

from __future__ import annotations

import pytest

from scripts.sentences import found, sentences_in


@pytest.mark.parametrize(
    "source",
    [
        'say = "You get it back."',
        'say = f"You get {refund} back."',
        'say = f"{refund} comes" + " back to you"',
        'raise MoveNotAllowed(f"{reference} can\'t be taken back.")',
        'TEXTS = {State.DONE: "all done"}',
        'row("Goes to", where)',
        'log.info("paid", said=f"{refund}") or tell("The refund is paid.")',
        'return response.text("There is no such page.")',
        'page.error("There is no such page.")',
        'return response.json({"text": "There is no such page."})',
        'facts = {"error": "The money came back."}',
        'raise Rejected(f"the shop has no order {number}")',
        'yield CheckResult("mail", "it lets us in", fix)',
    ],
)
def test_a_text_for_people_is_found(source: str) -> None:
    (sentence,) = sentences_in(source, "bot/cases/some.py")[:1]
    assert (sentence.file, sentence.line) == ("bot/cases/some.py", 1)


@pytest.mark.parametrize(
    "source",
    [
        '"""What it does, in words."""',
        'LIMIT = 5\n"""How many there may be."""',
        'code = "refund_pending"',
        'url = "https://example.com/a-page"',
        'say("finding_refunded", amount=f"{amount}")',
        'log.warning("the gateway is away")',
        'raise ValueError("no such thing here")',
        'assert known, "it was looked at before"',
        'pattern = re.compile("get it back")',
        'query = sa.text("SELECT id FROM cases")',
        'connection.exec_driver_sql("SELECT id FROM cases")',
        'words = frozenset("get it back".split())',
        'parser.add_argument("--days", help="how many days are kept")',
        'pattern = "#,##0.00"',
        'return response.json({"error": "send a JSON object"}, 400)',
        'raise BadRequest("send a JSON object")',
        'axes.legend(loc="lower right")',
        'index = keyed_hash(key, "code for", number)',
        'headers = {"Content-Disposition": \'inline; filename="the receipt.pdf"\'}',
        'url: str = Field("", description="Where it is.", shown="none: it is off")',
        'connection.execution_options(isolation_level="REPEATABLE READ")',
        'index = _derived(secret, "blind index")',
    ],
)
def test_what_nobody_reads_does_not_count(source: str) -> None:
    assert sentences_in(source, "bot/cases/some.py") == []


def test_no_sentence_is_where_none_may_be() -> None:
    assert found() == []
