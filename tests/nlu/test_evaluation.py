"""The figures of an evaluation, checked by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.nlu.evaluation import Example, calibration, figures, summary, worst, write_report

EXAMPLES = [
    Example("refund", "request_refund", "request_refund", 0.95),
    Example("my money", "request_refund", "cancel_service", 0.75),
    Example("what fee", "ask_policy", "ask_policy", 0.92),
    Example("fee?", "ask_policy", "out_of_scope", 0.40),
    Example("weather", "out_of_scope", "out_of_scope", 0.90),
    Example("pizza", "out_of_scope", "ask_policy", 0.97),
    Example("<b>song</b>", "out_of_scope", "request_refund", 0.51),
    Example("news", "out_of_scope", "out_of_scope", 0.80),
]


def test_the_figures() -> None:
    found = figures(EXAMPLES)
    assert (found.messages, found.accuracy, found.rejected) == (8, 0.5, 0.25)
    assert (found.out_of_scope_recall, found.out_of_scope_precision) == (0.5, pytest.approx(2 / 3))
    assert found.wrong_money == 0.25
    assert found.per_label["request_refund"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "messages": 2}
    assert found.macro_f1 == 0.5


def test_the_figures_are_a_table() -> None:
    assert "\n".join(summary(figures(EXAMPLES))).splitlines() == [
        "messages               8",
        "accuracy (in scope)    0.500",
        "macro-F1 (in scope)    0.500",
        "rejected (in scope)    0.250",
        "out-of-scope recall    0.500",
        "out-of-scope precision 0.667",
        "wrong money intent     0.2500",
        "",
        "label                  precision  recall     F1 messages",
        "ask_policy                 0.500   0.500  0.500        2",
        "out_of_scope               0.667   0.500  0.571        4",
        "request_refund             0.500   0.500  0.500        2",
    ]


def test_a_label_that_is_never_hit_counts_as_nothing() -> None:
    found = figures([Example("hi", "greet", "thank", 0.9), Example("ty", "thank", "thank", 0.9)])
    assert found.per_label["greet"]["f1"] == 0.0 and found.macro_f1 == pytest.approx(1 / 3)
    assert found.out_of_scope_recall is None


def test_calibration_leaves_rejections_out() -> None:
    bins = calibration(EXAMPLES)
    assert [(round(b["confidence"], 3), b["messages"]) for b in bins] == [(0.51, 1), (0.75, 1), (0.947, 3)]
    assert bins[-1]["right"] == pytest.approx(2 / 3)
    assert calibration([Example("x", "greet", "greet", 1.0)])[0]["messages"] == 1


def test_the_worst_mistakes_move_money() -> None:
    assert [example.text for example in worst(EXAMPLES)] == ["my money", "<b>song</b>", "pizza", "fee?"]


def test_a_report_is_a_page_with_pictures_that_shows_texts_as_texts(tmp_path: Path) -> None:
    write_report(EXAMPLES, tmp_path / "report", "a & b")
    page = (tmp_path / "report" / "index.html").read_text("utf-8")
    assert "&lt;b&gt;song&lt;/b&gt;" in page and "a &amp; b" in page and "<b>song" not in page
    for name in ("confusion.png", "labels.png", "calibration.png"):
        assert f'src="{name}"' in page and (tmp_path / "report" / name).read_bytes().startswith(b"\x89PNG")
