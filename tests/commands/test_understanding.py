"""``parse`` and ``evaluate`` with the trained model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.settings import PROJECT


def refund_desk(*argv: str, stdin: str = "", home: Path) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    command = [sys.executable, "-m", "bot", *argv]
    environment = {**os.environ, "REFUND_DESK_HOME": str(home)}
    return subprocess.run(command, cwd=PROJECT, env=environment, input=stdin, capture_output=True, text=True)


def test_parse_answers_each_line_with_what_the_bot_acts_on(tmp_path: Path) -> None:
    lines = [
        json.dumps({"text": "I want my money back for cc 104 233"}),
        "cancel my subscription",
        "",
        "qwpo zxmn vbtr",
        '/request_refund{"order_number": "CC-104341"}',
        json.dumps({"message": "x"}),
        "x" * 10_000,
        "quiero mi dinero de vuelta",
        "who pays for sending it back",
        "😡😡",
        "actually forget it. human",
    ]
    done = refund_desk("parse", stdin="\n".join(lines), home=tmp_path)
    answers: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]

    assert done.returncode == 2 and len(answers) == 11
    assert set(answers[0]) == {"text", "intent", "confidence", "entities", "detail"}
    assert answers[0]["intent"] == "request_refund" and answers[1]["intent"] == "cancel_service"
    assert answers[0]["entities"] == [{"entity": "order_number", "value": "CC-104233", "start": 25, "end": 35}]
    assert answers[2]["intent"] == answers[3]["intent"] == "out_of_scope"
    assert answers[4]["confidence"] < 1, "a typed payload is text"
    assert "text" in answers[5]["error"] and answers[6]["text"] == "x" * 10_000
    assert (answers[7]["intent"], answers[7]["detail"]) == ("out_of_scope", "other_language")
    assert (answers[8]["intent"], answers[8]["detail"]) == ("ask_policy", "return_shipping")
    assert answers[9]["intent"] == "out_of_scope" and answers[10]["intent"] == "talk_to_human"


def test_evaluate_prints_the_figures_as_json(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    rows = [("give me my money back", "request_refund"), ("hello", "greet"), ("play some music", "out_of_scope")]
    file.write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in rows))

    done = refund_desk("evaluate", str(file), "--json", "--report", str(tmp_path / "report"), home=tmp_path)

    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["messages"] == 3
    assert found["accuracy"] == 1.0 and found["out_of_scope_recall"] == 1.0 and found["wrong_money"] == 0.0
    assert (tmp_path / "report" / "index.html").is_file()


@pytest.mark.parametrize(
    ("content", "told"),
    [("", "no messages"), ("nope\n", "line 1: not JSON"), ('{"text": "x"}\n', "line 1: needs")],
)
def test_a_file_that_cannot_be_evaluated_is_one_clear_line(content: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(content)
    done = refund_desk("evaluate", str(file), home=tmp_path)
    assert done.returncode == 2 and told in done.stderr and len(done.stderr.splitlines()) == 1
